/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists a binary's functions: signature, file:line, inlined copies. */
#include <stdlib.h>
#include <string.h>

#include "lib/session.h"

enum {
	FLUSH_AT = 1 << 16,
	MAX_DESCRIBED = 1000, /* functions that exist as inlined copies only: more are listed by
				 name alone */
};

/** The inlined copies of one function. */
struct copies {
	u32 n;
	u32 outer; /* a function that holds one */
};

struct listing {
	const struct sonde_options *opts;
	struct sd_module *m;
	struct sd_probe_spec spec;
	bool has_spec;
	struct sd_strmap by_callee; /* callee -> index in copies */
	SD_VEC(struct copies) copies;
	struct sd_strmap listed;
	struct sd_buf out;
	u64 n;
	bool reader_gone;
};

static bool wanted(struct listing *l, const char *name)
{
	struct sd_arena tmp = {0};
	bool yes;

	if (!l->has_spec || sd_probe_matches(&l->spec, name))
		return true;
	if (!strchr(name, '[') && !strchr(name, '%'))
		return false;
	yes = sd_probe_matches(&l->spec, sd_go_source_name(sd_go_unescape(name, &tmp), &tmp));
	sd_arena_deinit(&tmp);
	return yes;
}

static bool want_callee(void *ctx, const char *callee)
{
	return wanted(ctx, callee);
}

static bool count_copy(void *ctx, const struct sd_go_inlined *inl)
{
	struct listing *l = ctx;
	bool is_new;
	u64 *index = sd_strmap_put(&l->by_callee, inl->callee, &is_new);

	if (is_new) {
		*index = l->copies.n;
		sd_vec_push(&l->copies, (struct copies){.outer = inl->outer});
	}
	l->copies.v[*index].n++;
	return true;
}

static void flush(struct listing *l, bool force)
{
	if (!l->out.n || (!force && l->out.n < FLUSH_AT))
		return;
	if (!l->reader_gone && !l->opts->write(l->opts->ctx, l->out.p, l->out.n))
		l->reader_gone = true;
	l->out.n = 0;
}

static void print_one(struct listing *l, const char *name, const char *text, const char *file,
		      u32 line, u64 copies, u64 addr)
{
	l->n++;
	if (l->opts->format == SONDE_JSON) {
		sd_buf_str(&l->out, "{\"func\":");
		sd_out_json_string(name, strlen(name), &l->out);
		sd_buf_str(&l->out, ",\"signature\":");
		sd_out_json_string(text, strlen(text), &l->out);
		if (file) {
			sd_buf_str(&l->out, ",\"file\":");
			sd_out_json_string(file, strlen(file), &l->out);
			sd_buf_printf(&l->out, ",\"line\":%u", line);
		}
		if (addr)
			sd_buf_printf(&l->out, ",\"addr\":\"0x%llx\"", (unsigned long long)addr);
		sd_buf_printf(&l->out, ",\"inlined_copies\":%llu}\n", (unsigned long long)copies);
	} else {
		sd_buf_str(&l->out, text);
		if (file)
			sd_buf_printf(&l->out, "  %s:%u", file, line);
		if (copies)
			sd_buf_printf(&l->out, "  [%llu inlined cop%s%s]",
				      (unsigned long long)copies, copies == 1 ? "y" : "ies",
				      addr ? "" : " only");
		sd_buf_ch(&l->out, '\n');
	}
	flush(l, false);
}

static struct sd_err *list_function(struct listing *l, const struct sd_func *fn)
{
	const char *full = sd_module_full_name(l->m, fn), *file = NULL;
	struct sd_signature sig;
	struct sd_arena tmp = {0};
	struct sd_err *err;
	u64 *copies = sd_strmap_get(&l->by_callee, fn->name);
	u32 line = 0;

	if (!sd_module_line(l->m, fn->entry, &file, &line))
		file = NULL;
	if (fn->start_line)
		line = fn->start_line;
	err = sd_signature_of(sd_module_dwarf(l->m), l->m->go, fn, full, &tmp, &sig);
	if (!err) {
		if (sig.decl_file) {
			file = sig.decl_file;
			line = sig.decl_line;
		}
		print_one(l, full, sd_signature_text(&sig, &tmp), file, line,
			  copies ? l->copies.v[*copies].n : 0, fn->entry.v);
		sd_strmap_put(&l->listed, fn->name, NULL);
	}
	sd_arena_deinit(&tmp);
	return err;
}

/* A function that exists as inlined copies only: one of them has its signature. */
static struct sd_err *list_inlined(struct listing *l, const char *callee, const struct copies *c)
{
	struct sd_dwarf *dw = l->copies.n <= MAX_DESCRIBED ? sd_module_dwarf(l->m) : NULL;
	struct sd_subprogram **copies = NULL;
	struct sd_arena tmp = {0};
	struct sd_signature sig = {.name = callee, .params_why = ""};
	struct sd_err *err = NULL;
	struct sd_func outer;
	u32 n = 0;

	if (dw && sd_go_func(l->m->go, c->outer, &outer))
		err = sd_dwarf_inlined_in(dw, outer.entry,
					  sd_go_unescape(sd_go_package(outer.name, &tmp), &tmp),
					  callee, &copies, &n);
	if (!err && n)
		sd_signature_inlined(dw, copies[0], copies[0]->low, &tmp, &sig);
	if (!err)
		print_one(l, callee, n ? sd_signature_text(&sig, &tmp) : callee, NULL, 0, c->n, 0);
	sd_arena_deinit(&tmp);
	return err;
}

static struct sd_err *list_all(struct listing *l)
{
	u32 n = sd_module_nfuncs(l->m);
	struct sd_func fn;
	size_t pos;

	if (l->m->go)
		sd_go_each_inlined(l->m->go, want_callee, count_copy, l);
	for (u32 i = 0; i < n && !l->reader_gone; i++) {
		if (!sd_module_func(l->m, i, &fn) || fn.wrapper || !fn.name[0])
			continue;
		if (wanted(l, fn.name) ||
		    (strstr(fn.name, "[...]") && wanted(l, sd_module_full_name(l->m, &fn))))
			SD_TRY(list_function(l, &fn));
	}
	pos = 0;
	for (const char *callee;
	     (callee = sd_strmap_next(&l->by_callee, &pos)) != NULL && !l->reader_gone;)
		if (!sd_strmap_get(&l->listed, callee))
			SD_TRY(list_inlined(l, callee,
					    &l->copies.v[*sd_strmap_get(&l->by_callee, callee)]));
	return NULL;
}

static struct sd_err *list(const struct sonde_options *opts, const char *binary,
			   const char *pattern)
{
	struct listing l = {.opts = opts};
	struct sd_binary_ref ref;
	struct sd_err *err;

	if (pattern) {
		SD_TRY(sd_probe_parse(pattern, &l.spec));
		l.has_spec = true;
		if (l.spec.match == SD_MATCH_LINE || l.spec.end < strlen(l.spec.text)) {
			err = sd_err_span(sd_err_new(SD_ERR_USAGE,
						     "functions are listed by their names alone"),
					  pattern, 0, (int)strlen(pattern));
			sd_probe_spec_deinit(&l.spec);
			return err;
		}
	}
	err = sd_target_of_path(binary, false, &ref);
	if (!err)
		err = sd_module_open(&ref, &l.m);
	if (!err)
		err = list_all(&l);
	flush(&l, true);
	if (!err && !l.n)
		err = sd_err_hint(
			sd_err_new(SD_ERR_NOMATCH,
				   "no function of %s matches '%s': searched %u functions", binary,
				   pattern ? pattern : "*", sd_module_nfuncs(l.m)),
			"sonde list %s", binary);
	sd_strmap_deinit(&l.by_callee);
	sd_vec_free(&l.copies);
	sd_strmap_deinit(&l.listed);
	sd_buf_deinit(&l.out);
	sd_module_close(l.m);
	if (l.has_spec)
		sd_probe_spec_deinit(&l.spec);
	return err;
}

struct sonde_error *sonde_list(const struct sonde_options *opts, const char *binary,
			       const char *pattern)
{
	return sd_error_public(list(opts, binary, pattern));
}
