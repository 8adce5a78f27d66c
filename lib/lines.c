/* SPDX-License-Identifier: BSD-2-Clause */
/* Probes on source lines: FILE:LINE → the places that hold its code, each traced by itself. */
#include <string.h>

#include "lib/exprs.h"
#include "lib/source.h"
#include "site/line.h"

enum { MOST_FILES = 3 }; /* that are named when arguments are marked */

/* ---- what the lines ask for ---- */

static const struct sd_go_source *source_of(void *ctx, const char *path)
{
	struct sd_module *m = ctx;

	return sd_sources_go(m->sources, path, NULL);
}

static bool argument_of(void *ctx, const struct sd_func *fn, const char *name, struct sd_loc *ret)
{
	struct sd_module *m = ctx;
	struct sd_signature sig;
	sd_autoerr err = sd_signature_of(sd_module_dwarf(m), m->go, fn, sd_module_full_name(m, fn),
					 &m->arena, &sig);

	for (u32 i = 0; !err && i < sig.nparams; i++)
		if (!strcmp(sig.params[i].name, name)) {
			*ret = sig.params[i].loc;
			return !ret->why;
		}
	return false;
}

static bool argument_at(void *ctx, const struct sd_func *fn, s64 off)
{
	struct sd_module *m = ctx;
	struct sd_signature sig;
	sd_autoerr err = sd_signature_of(sd_module_dwarf(m), m->go, fn, sd_module_full_name(m, fn),
					 &m->arena, &sig);

	for (u32 i = 0; !err && i < sig.nparams; i++)
		for (u32 k = 0; k < sig.params[i].loc.n; k++) {
			const struct sd_piece *p = &sig.params[i].loc.pieces[k];

			if (p->kind == SD_PIECE_CFA && off >= p->off && off < p->off + p->size)
				return true;
		}
	return false;
}

static struct sd_lines *lines_of(const struct sonde_session *s, struct sd_module *m)
{
	if (!m->lines) {
		m->lines = sd_lines_create(m->elf, m->go, sd_module_dwarf(m));
		m->sources = sd_sources_create(m->ref.path, s->opts.sources, s->opts.nsources);
		sd_lines_set_ways(m->lines, &(struct sd_lines_ways){.ctx = m,
								    .source = source_of,
								    .argument = argument_of,
								    .argument_at = argument_at});
	}
	return m->lines;
}

struct sd_err *sd_lines_resolve(struct sonde_session *s, struct sd_module *m, u32 probe)
{
	struct sd_probe *p = &s->probes.v[probe];
	struct sd_line_place *places;
	u32 n;

	SD_TRY(sd_lines_find(lines_of(s, m), p->spec.pattern, p->spec.line, &s->arena, &places,
			     &n));
	for (u32 i = 0; i < n; i++) {
		struct sd_traced t = {.module = m, .fn = places[i].fn, .probe = probe};

		t.line_place = &places[i];
		t.inlined = places[i].inlined;
		t.file = places[i].file;
		t.line = places[i].line;
		t.sig.name = places[i].inlined ? places[i].in : sd_module_full_name(m, &t.fn);
		sd_vec_push(&s->traced, t);
		if (places[i].inlined)
			p->copies++;
		else
			p->functions++;
	}
	return NULL;
}

/* What the calling convention has to say about parameters; asked only where it is needed. */
static struct sd_err *settle(struct sonde_session *s, struct sd_module *m, const struct sd_func *fn,
			     bool args_at_abi, u32 line, struct sd_local *v, u32 n)
{
	struct sd_signature sig;
	bool needed = false;

	for (u32 i = 0; i < n; i++)
		needed |= v[i].kind == SD_LOCAL_PARAM &&
			  (args_at_abi || v[i].known == SD_KNOWN_PASSED ||
			   (v[i].loc.unsure && !v[i].loc.why));
	if (!needed)
		return NULL;
	SD_TRY(sd_signature_of(sd_module_dwarf(m), m->go, fn, sd_module_full_name(m, fn), &s->arena,
			       &sig));
	sd_signature_settle(&sig, args_at_abi, line, v, n);
	return NULL;
}

/* x := x + 1: what is declared on the line is not in scope where it begins; the one that it shadows
 * from then on is. */
static u32 in_scope(const struct sd_local *v, u32 n, u32 i, u32 line)
{
	for (u32 k = i + 1; k < n && line && v[i].decl_line >= line && v[i].loc.why &&
			    !strcmp(v[i].loc.why, "not assigned yet");
	     k++)
		if (v[k].shadowed && !strcmp(v[i].name, v[k].name))
			i = k;
	return i;
}

void sd_lines_dropped(struct sd_variable *vars, u32 n)
{
	/* What is in no place yet, and what sonde cannot make out. All else the compiler has
	 * dropped, or a value before it was left where the location list points. */
	static const char *const others[] = {
		"optimized out", "not assigned yet", "several variables", "type is unknown",
		"too large",	 "location ",	     "a constant ",	  "no debug information",
		"changed before"};

	for (u32 i = 0; i < n; i++) {
		const char *why = vars[i].loc.why;
		bool other = !why;

		for (size_t k = 0; !other && k < SD_ARRAY_SIZE(others); k++)
			other = !strncmp(why, others[k], strlen(others[k]));
		if (other)
			continue;
		vars[i].dropped = why;
		vars[i].loc.why = "optimized out";
	}
}

/* Why the value in v's place may be an older one; NULL: it is not. */
static const char *unsure(struct sonde_session *s, struct sd_module *m, const char *file,
			  const struct sd_local *v)
{
	const char *why, *slash;

	if (v->known != SD_KNOWN_NOT || v->loc.why || !v->type->size)
		return NULL;
	if (!file)
		return "its file is not known";
	if (!sd_sources_go(m->sources, file, &why))
		return why;
	slash = strrchr(file, '/');
	return sd_arena_printf(&s->arena, "%s does not tell", slash ? slash + 1 : file);
}

static bool has_pointer(struct sd_type *t, u32 level)
{
	sd_type_complete(t);
	switch (t->kind) {
	case SD_KIND_ARRAY:
		return t->count && (level > 8 || has_pointer(sd_type_elem(t), level + 1));
	case SD_KIND_STRUCT:
		for (u32 i = 0; i < t->nfields; i++)
			if (level > 8 || has_pointer(t->fields[i].type, level + 1))
				return true;
		return false;
	default:
		return t->kind == SD_KIND_STRING || t->kind == SD_KIND_SLICE ||
		       t->kind >= SD_KIND_PTR;
	}
}

struct sd_err *sd_lines_variables(struct sonde_session *s, struct sd_module *m,
				  const struct sd_func *fn, const struct sd_site *site,
				  const char *file, u32 line, u32 depth, bool captured_only,
				  struct sd_variable **ret, u32 *n_ret)
{
	struct sd_local *locals;
	struct sd_variable *vars;
	u32 n, k = 0;

	SD_TRY(sd_lines_locals(lines_of(s, m), fn, site->addr, line, depth, &s->arena, &locals,
			       &n));
	if (!captured_only)
		SD_TRY(settle(s, m, fn, site->args_at_abi && !depth, line, locals, n));
	vars = sd_arena_array(&s->arena, struct sd_variable, n + 1);
	for (u32 i = 0; i < n; i++) {
		const struct sd_local *v = &locals[in_scope(locals, n, i, line)];

		/* Go's compiler lists parts of a variable beside it: "name.ptr" */
		if (locals[i].shadowed || strchr(v->name, '.') ||
		    (captured_only && v->kind != SD_LOCAL_CAPTURED))
			continue;
		vars[k++] = (struct sd_variable){
			.name = v->name,
			.named = true,
			.type = v->type,
			.loc = v->loc,
			.dw = &v->param,
			.unsure = captured_only ? NULL : unsure(s, m, file, v),
			.let_go = v->let_go && !v->loc.why &&
				  (v->escaped || has_pointer(v->type, 0)),
		};
	}
	sd_lines_dropped(vars, k);
	*ret = vars;
	*n_ret = k;
	return NULL;
}

struct sd_err *sd_lines_copy_arguments(struct sonde_session *s, struct sd_traced *t,
				       struct sd_vaddr pc)
{
	struct sd_module *m = t->module;
	struct sd_local *args;
	const char *file;
	bool any = false;
	u32 n, k;

	for (u32 i = 0; i < t->sig.nparams; i++)
		any |= !t->sig.params[i].loc.why;
	if (!any || t->fn.lang != SD_LANG_GO)
		return NULL;
	SD_TRY(sd_lines_arguments(lines_of(s, m), &t->fn, pc, t->copy->name, t->copy->call_line,
				  &s->arena, &args, &n, &file));
	for (u32 i = 0; i < t->sig.nparams; i++) {
		struct sd_variable *v = &t->sig.params[i];

		if (v->loc.why || !v->named)
			continue;
		for (k = 0; k < n && strcmp(args[k].name, v->name) != 0;)
			k++;
		if (k == n)
			v->loc = (struct sd_loc){.why = "no location"};
		else if (args[k].loc.why)
			v->loc = args[k].loc;
		else
			v->unsure = unsure(s, m, file, &args[k]);
	}
	return NULL;
}

/* ---- what is said of values that may be older ---- */

struct said {
	struct sd_strmap texts;
	u32 files; /* whose inlined copies have marked arguments */
};

static bool is_said(struct said *said, const char *text)
{
	bool is_new;

	sd_strmap_put(&said->texts, text, &is_new);
	return !is_new;
}

static void say_marked(struct sonde_session *s, struct said *said, const struct sd_traced *t,
		       const struct sd_variable *v)
{
	const char *how = s->opts.format == SONDE_JSON ? "listed as unsure" : "marked ?";
	const char *text;

	if (!v || !v->unsure)
		return;
	text = t->copy ? sd_arena_printf(&s->event_arena,
					 "%s: arguments of inlined calls %s may be other values of "
					 "the parameter; --source DIR says where it is",
					 v->unsure, how)
		       : sd_arena_printf(&s->event_arena,
					 "%s: values %s may be older than their line; --source DIR "
					 "says where it is",
					 v->unsure, how);
	if (!is_said(said, text) && !(t->copy && said->files++ >= MOST_FILES))
		sd_say(s, SONDE_STATUS, "%s", text);
}

/* Decided by v: the condition, or what the flow is tamed by. */
static void say_decided(struct sonde_session *s, struct said *said, const struct sd_traced *t,
			const char *what, const struct sd_variable *v)
{
	const char *slash = t->file ? strrchr(t->file, '/') : NULL, *at = t->sig.name, *text;
	const char *but = t->copy ? "be another value of the parameter" : "be older than the line";

	if (!v)
		return;
	if (t->file)
		at = sd_arena_printf(&s->event_arena, "%s:%u", slash ? slash + 1 : t->file,
				     t->line);
	text = sd_arena_printf(&s->event_arena,
			       "%s at %s uses %s, which may %s: hits may be passed over; %s: "
			       "--source DIR says where it is",
			       what, at, v->name, but, v->unsure);
	if (!is_said(said, text))
		sd_say(s, SONDE_WARNING, "%s", text);
}

void sd_lines_say_unsure(struct sonde_session *s)
{
	struct said said = {0};

	for (size_t i = 0; i < s->traced.n; i++) {
		const struct sd_traced *t = &s->traced.v[i];
		const struct sd_exprs *ex = t->exprs;

		if (!t->npoints)
			continue;
		for (u32 k = 0; k < t->sig.nparams && (!ex || ex->all); k++)
			say_marked(s, &said, t, &t->sig.params[k]);
		for (u32 k = 0; ex && k < ex->n; k++)
			say_marked(s, &said, t, ex->unsure[k]);
		if (ex && ex->cond)
			say_decided(s, &said, t, "the condition", ex->unsure[ex->n]);
		if (ex && ex->key)
			say_decided(s, &said, t, "the key", ex->key_unsure);
	}
	if (said.files > MOST_FILES)
		sd_say(s, SONDE_STATUS, "arguments of inlined calls of %u more files: the same",
		       said.files - MOST_FILES);
	sd_strmap_deinit(&said.texts);
	sd_arena_reset(&s->event_arena);
}
