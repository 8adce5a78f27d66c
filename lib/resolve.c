/* SPDX-License-Identifier: BSD-2-Clause */
/* Probes → functions and inlined copies: by name, source name of generic instances, glob, regular
 * expression, address. */
#include <stdlib.h>
#include <string.h>

#include "lib/session.h"

enum {
	MAX_COPIES = 2000,   /* inlined copies of one pattern; a name has no limit */
	MAX_MATCHES = 50000, /* functions of one pattern */
	NEAREST = 3,
};

static bool name_matches(struct sonde_session *s, const struct sd_probe_spec *spec,
			 const char *name)
{
	struct sd_arena tmp = {0};
	bool yes;

	if (sd_probe_matches(spec, name))
		return true;
	if (!strchr(name, '[') && !strchr(name, '%'))
		return false;
	/* as the source has it: without type arguments, dots of the import path unescaped */
	yes = sd_probe_matches(spec, sd_go_source_name(sd_go_unescape(name, &tmp), &tmp));
	sd_arena_deinit(&tmp);
	return yes;
}

static bool func_matches(struct sonde_session *s, struct sd_module *m,
			 const struct sd_probe_spec *spec, const struct sd_func *fn)
{
	if (name_matches(s, spec, fn->name))
		return true;
	return fn->lang == SD_LANG_GO && strstr(fn->name, "[...]") &&
	       sd_probe_matches(spec, sd_module_full_name(m, fn));
}

/* Whether a pattern finds what a name or another pattern traces in the same way already: at addr,
 * as what. Names are traced as often as they are given. */
static bool is_repeated(struct sonde_session *s, u32 probe, u64 addr, const char *what,
			struct sd_strmap *seen)
{
	struct sd_probe *p = &s->probes.v[probe];
	bool is_new = true;

	if (seen)
		sd_strmap_put(seen,
			      sd_arena_printf(&s->arena, "%d %llx %s", (int)p->spec.part,
					      (unsigned long long)addr, what),
			      &is_new);
	if (is_new || p->spec.match == SD_MATCH_NAME)
		return false;
	p->repeated++;
	return true;
}

static void add_function(struct sonde_session *s, struct sd_module *m, u32 probe,
			 const struct sd_func *fn, struct sd_strmap *seen)
{
	struct sd_traced t = {.module = m, .fn = *fn, .probe = probe};

	if (is_repeated(s, probe, fn->entry.v, "", seen))
		return;
	if (!sd_module_line(m, fn->entry, &t.file, &t.line))
		t.file = NULL;
	if (fn->start_line)
		t.line = fn->start_line;
	sd_vec_push(&s->traced, t);
	s->probes.v[probe].functions++;
}

static struct sd_err *match_functions(struct sonde_session *s, struct sd_module *m, u32 probe,
				      struct sd_strmap *seen)
{
	const struct sd_probe_spec *spec = &s->probes.v[probe].spec;
	bool pattern = spec->match != SD_MATCH_NAME;
	u32 n = sd_module_nfuncs(m), before = s->probes.v[probe].functions, internals = 0;
	struct sd_func fn, internal = {0};

	for (u32 i = 0; i < n; i++) {
		if (!sd_module_func(m, i, &fn) || !func_matches(s, m, spec, &fn))
			continue;
		if (fn.runtime_internal) {
			internals++;
			internal = fn;
			continue;
		}
		/* a generic function's source name stands for its bodies, not for the wrappers of
		 * its instances */
		if (fn.wrapper &&
		    (pattern || (strchr(fn.name, '[') && !strchr(spec->pattern, '['))))
			continue;
		if (s->probes.v[probe].functions - before >= MAX_MATCHES)
			return sd_err_hint(sd_err_new(SD_ERR_USAGE,
						      "'%s' matches more than %d functions",
						      spec->pattern, MAX_MATCHES),
					   "narrow it, e.g. 'main.*' or /^net.http\\./");
		add_function(s, m, probe, &fn, seen);
	}
	if (internals && !pattern && s->probes.v[probe].functions == before)
		return sd_err_hint(sd_err_new(SD_ERR_PERM,
					      "%s is part of the runtime's own machinery and is "
					      "not probed: it runs "
					      "where a probe could harm the program",
					      internal.name),
				   "sonde list %s 'runtime.*' names what can be probed",
				   m->ref.display);
	return NULL;
}

/* ---- inlined copies ---- */

struct copy_search {
	struct sonde_session *s;
	struct sd_module *m;
	const struct sd_probe_spec *spec;
	SD_VEC(struct sd_go_inlined) nodes;
	u64 skipped;
	u32 limit;
};

static bool want_callee(void *ctx, const char *callee)
{
	struct copy_search *c = ctx;

	return name_matches(c->s, c->spec, callee);
}

static bool take_node(void *ctx, const struct sd_go_inlined *inl)
{
	struct copy_search *c = ctx;

	if (c->nodes.n >= c->limit)
		c->skipped++;
	else
		sd_vec_push(&c->nodes, *inl);
	return true;
}

static void add_copy(struct sonde_session *s, struct sd_module *m, u32 probe,
		     const struct sd_func *outer, const struct sd_subprogram *copy,
		     const struct sd_go_inlined *node)
{
	struct sd_traced t = {.module = m, .fn = *outer, .probe = probe, .inlined = true};

	/* The line table of the debug information is not inflated: the function table knows the
	 * file. */
	t.file = copy->call_file ? copy->call_file : node->call_file;
	t.line = copy->call_line ? copy->call_line : node->call_line;
	t.sig.name = copy->name;
	t.copy = copy;
	sd_vec_push(&s->traced, t);
	s->probes.v[probe].copies++;
}

/* A copy known from the function table alone: where it is, nothing of its arguments. */
static void add_bare_copy(struct sonde_session *s, struct sd_module *m, u32 probe,
			  const struct sd_func *outer, const struct sd_go_inlined *node)
{
	struct sd_subprogram *sp = sd_arena_new(&s->arena, struct sd_subprogram);
	u64(*ranges)[2];
	u32 n;

	sd_go_inlined_ranges(m->go, node, true, &s->arena, &ranges, &n);
	if (!n)
		return;
	sp->name = node->callee;
	sp->inlined = true;
	sp->call_file = node->call_file;
	sp->call_line = node->call_line;
	sp->ranges = sd_arena_array(&s->arena, struct sd_range_v, n);
	for (u32 i = 0; i < n; i++)
		sp->ranges[i] = (struct sd_range_v){ranges[i][0], ranges[i][1]};
	sp->nranges = n;
	sp->low.v = ranges[0][0];
	add_copy(s, m, probe, outer, sp, node);
	s->traced.v[s->traced.n - 1].bare = true;
}

static struct sd_err *match_copies(struct sonde_session *s, struct sd_module *m, u32 probe,
				   struct sd_strmap *seen)
{
	struct copy_search c = {.s = s, .m = m, .spec = &s->probes.v[probe].spec};
	struct sd_strmap done = {0};
	struct sd_err *err = NULL;
	struct sd_dwarf *dw;

	if (!m->go)
		return NULL;
	c.limit = c.spec->match == SD_MATCH_NAME ? UINT32_MAX : MAX_COPIES;
	sd_go_each_inlined(m->go, want_callee, take_node, &c);
	if (c.skipped)
		sd_say(s, SONDE_WARNING,
		       "'%s' matches %llu more inlined copies, left out: name a function to trace "
		       "its copies",
		       c.spec->pattern, (unsigned long long)c.skipped);
	dw = c.nodes.n ? sd_module_dwarf(m) : NULL;
	for (size_t i = 0; i < c.nodes.n && !err; i++) {
		const struct sd_go_inlined *node = &c.nodes.v[i];
		struct sd_subprogram **copies = NULL;
		struct sd_func outer;
		u32 n = 0;
		bool is_new;

		if (!sd_go_func(m->go, node->outer, &outer) || outer.runtime_internal)
			continue;
		if (dw) {
			/* All copies of one callee in one function come together. */
			const char *key = sd_arena_printf(&s->arena, "%u/%s", node->outer,
							  node->callee);

			sd_strmap_put(&done, key, &is_new);
			if (!is_new)
				continue;
			err = sd_dwarf_inlined_in(
				dw, outer.entry,
				sd_go_unescape(sd_go_package(outer.name, &s->arena), &s->arena),
				node->callee, &copies, &n);
			for (u32 k = 0; k < n && !err; k++)
				if (!is_repeated(s, probe, copies[k]->low.v, node->callee, seen))
					add_copy(s, m, probe, &outer, copies[k], node);
			if (n)
				continue;
		}
		if (!err && !is_repeated(s, probe, ((u64)node->outer << 32) + node->node,
					 node->callee, seen))
			add_bare_copy(s, m, probe, &outer, node);
	}
	sd_strmap_deinit(&done);
	sd_vec_free(&c.nodes);
	return err;
}

/* ---- nothing matched ---- */

struct near {
	unsigned int distance;
	const char *name;
};

static void keep_nearest(struct near *best, unsigned int distance, const char *name)
{
	for (int i = 0; i < NEAREST; i++) {
		if (best[i].name && !strcmp(best[i].name, name))
			return;
		if (!best[i].name || distance < best[i].distance) {
			memmove(&best[i + 1], &best[i], sizeof(*best) * (size_t)(NEAREST - 1 - i));
			best[i] = (struct near){distance, name};
			return;
		}
	}
}

/* The last component decides when the package is missing: "handle" for "main.handle". */
static unsigned int distance_to(const char *wanted, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *dot = strchr(slash ? slash : name, '.');
	unsigned int d = sd_name_distance(wanted, name);

	if (dot)
		d = SD_MIN(d, sd_name_distance(wanted, dot + 1) + 1);
	if (strcasestr(name, wanted))
		d = SD_MIN(d, 2u);
	return d;
}

static struct sd_err *nothing_matched(struct sonde_session *s, const struct sd_probe_spec *spec)
{
	struct near best[NEAREST + 1] = {0};
	struct sd_buf names = {0};
	struct sd_err *err;
	struct sd_func fn;
	u32 searched = 0;
	const char *where = s->modules.v[0]->ref.display;

	for (size_t k = 0; k < s->modules.n; k++) {
		struct sd_module *m = s->modules.v[k];
		u32 n = sd_module_nfuncs(m);

		searched += n;
		for (u32 i = 0; i < n; i++)
			if (sd_module_func(m, i, &fn) && fn.name[0] && !fn.runtime_internal)
				keep_nearest(best, distance_to(spec->pattern, fn.name), fn.name);
	}
	for (int i = 0; i < NEAREST && best[i].name; i++)
		if (best[i].distance <= strlen(spec->pattern) / 2 + 1)
			sd_buf_printf(&names, "%s%s", names.n ? ", " : "", best[i].name);
	err = sd_err_new(SD_ERR_NOMATCH,
			 "no function matches '%.*s': searched %u functions%s of %s%s%s",
			 (int)(spec->end - spec->start), spec->text + spec->start, searched,
			 s->modules.v[0]->go ? " and all inlined copies" : "", where,
			 names.n ? "; nearest: " : "", names.n ? sd_buf_cstr(&names) : "");
	sd_buf_deinit(&names);
	return sd_err_hint(err, "sonde list %s '*%s*'", where,
			   spec->match == SD_MATCH_NAME ? spec->pattern : "");
}

static struct sd_err *resolve_address(struct sonde_session *s, struct sd_module *m, u32 probe)
{
	struct sd_probe *p = &s->probes.v[probe];
	struct sd_traced t = {.module = m, .probe = probe, .at_addr = true};

	t.addr.v = p->spec.addr;
	if (!sd_module_func_at(m, t.addr, &t.fn))
		return sd_err_hint(
			sd_err_new(SD_ERR_NOMATCH, "no function of %s contains the address %s",
				   m->ref.display, p->spec.pattern),
			"sonde list %s names the functions; addresses are link-time ones, as in nm",
			m->ref.display);
	if (!sd_module_line(m, t.addr, &t.file, &t.line))
		t.file = NULL;
	sd_vec_push(&s->traced, t);
	p->functions++;
	return NULL;
}

/* Whether the probe shows something of its own, or counts for itself. */
static bool is_special(const struct sonde_session *s, const struct sd_probe_spec *spec)
{
	bool options = false;

	for (u32 i = 0; i < SD_NOPTIONS; i++)
		options |= spec->has_option[i];
	return s->opts.log || options || spec->name || spec->has_exprs || spec->has_template ||
	       spec->cond;
}

/* seen: what plain probes trace. */
static struct sd_err *resolve_names(struct sonde_session *s, struct sd_module *m, u32 probe,
				    struct sd_strmap *seen)
{
	const struct sd_probe_spec *spec = &s->probes.v[probe].spec;

	if (is_special(s, spec))
		seen = NULL;
	SD_TRY(match_functions(s, m, probe, seen));
	return spec->part != SD_PART_RETURN ? match_copies(s, m, probe, seen) : NULL;
}

static struct sd_err *resolve_in(struct sonde_session *s, struct sd_module *m, u32 probe,
				 struct sd_strmap *seen)
{
	switch (s->probes.v[probe].spec.match) {
	case SD_MATCH_LINE:
		return sd_lines_resolve(s, m, probe);
	case SD_MATCH_ADDR:
		return resolve_address(s, m, probe);
	default:
		return resolve_names(s, m, probe, seen);
	}
}

/* All probes in that module that are patterns, or that are not. */
static struct sd_err *resolve_all(struct sonde_session *s, struct sd_module *m, bool patterns,
				  struct sd_strmap *seen)
{
	for (u32 i = 0; i < s->probes.n; i++) {
		const struct sd_probe *p = &s->probes.v[i];
		struct sd_err *err;

		if (p->wrong ||
		    patterns != (p->spec.match == SD_MATCH_GLOB || p->spec.match == SD_MATCH_REGEX))
			continue;
		err = resolve_in(s, m, i, seen);
		if (err)
			SD_TRY(sd_probe_wrong(s, i, err));
	}
	return NULL;
}

struct sd_err *sd_resolve(struct sonde_session *s)
{
	for (size_t k = 0; k < s->modules.n; k++) {
		struct sd_strmap seen = {0};
		struct sd_err *err = resolve_all(s, s->modules.v[k], false, &seen);

		if (!err)
			err = resolve_all(s, s->modules.v[k], true, &seen);
		sd_strmap_deinit(&seen);
		if (err)
			return err;
	}
	for (u32 i = 0; i < s->probes.n; i++) {
		const struct sd_probe *p = &s->probes.v[i];

		if (!p->functions && !p->copies && !p->repeated && !p->wrong)
			SD_TRY(sd_probe_wrong(s, i, nothing_matched(s, &p->spec)));
	}
	return NULL;
}
