/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FILE:LINE → sites, in all functions of a binary. Go: rows and inlined copies come from the
 * function table, the debug information adds where statements start. Others: from the debug
 * information alone.
 */
#include "site/line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/distance.h"
#include "base/map.h"
#include "site/lines.h"

enum {
	NEAREST_LINES = 24, /* lines that are tried in each direction before none is named */
};

struct sd_lines *sd_lines_create(struct sd_elf *elf, struct sd_go *go, struct sd_dwarf *dw)
{
	struct sd_lines *l = sd_xcalloc(1, sizeof(*l));

	l->elf = elf;
	l->go = go;
	l->dw = dw;
	return l;
}

void sd_lines_set_ways(struct sd_lines *l, const struct sd_lines_ways *ways)
{
	l->ways = *ways;
}

void sd_lines_destroy(struct sd_lines *l)
{
	if (!l)
		return;
	sd_code_drop(l);
	sd_map_deinit(&l->no_return);
	sd_strmap_deinit(&l->files);
	sd_arena_deinit(&l->arena);
	free(l);
}

/* ---- which functions have which lines of a file ---- */

struct use {
	u32 line;
	bool go;
	u32 unit; /* not Go */
	u64 key;  /* Go: index in the function table; else: a pc */
};

struct uses {
	SD_VEC(struct use) v;
	const char *file;
	u32 unit;
};

static void add_use(struct uses *u, struct use use)
{
	const struct use *last = u->v.n ? &u->v.v[u->v.n - 1] : NULL;

	if (!last || last->line != use.line || last->key != use.key || last->go != use.go)
		sd_vec_push(&u->v, use);
}

static bool take_go_row(void *ctx, u32 func, u64 lo, u64 hi, u32 line)
{
	add_use(ctx, (struct use){.line = line, .go = true, .key = func});
	return true;
}

static bool take_dwarf_row(void *ctx, const struct sd_dwarf_row *row)
{
	struct uses *u = ctx;

	if (!strcmp(row->file, u->file))
		add_use(u, (struct use){.line = row->line, .unit = u->unit, .key = row->lo});
	return true;
}

struct unit_search {
	struct sd_lines *l;
	struct uses *u;
	u32 done; /* the next unit */
};

static bool take_unit(void *ctx, u32 unit, const char *file)
{
	struct unit_search *s = ctx;

	if (unit < s->done || strcmp(file, s->u->file) != 0)
		return true;
	s->done = unit + 1;
	s->u->unit = unit;
	sd_dwarf_each_row(s->l->dw, unit, take_dwarf_row, s->u);
	return true;
}

static int by_line(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static void find_uses(struct sd_lines *l, const char *file, struct uses *u)
{
	struct sd_go_row_sink sink = {.cb = take_go_row, .ctx = u};
	struct unit_search s = {.l = l, .u = u};

	u->file = file;
	if (l->go)
		sd_go_each_row(l->go, file, &sink);
	if (l->dw)
		sd_dwarf_each_file(l->dw, take_unit, &s);
	if (u->v.n)
		qsort(u->v.v, u->v.n, sizeof(*u->v.v), by_line);
}

/* ---- places ---- */

struct places {
	SD_VEC(struct sd_line_place) v;
	SD_VEC(bool) entries; /* for each: only the entry of a closure */
	struct sd_map called; /* entries of closures that the line only calls → 1 */
	u32 first, last;      /* lines of the functions whose source has the line */
	u32 sites;
	u32 kept_out; /* functions that must not be probed */
};

static bool function_of(struct sd_lines *l, const struct use *use, struct sd_func *ret)
{
	struct sd_func fn = {.lang = SD_LANG_C};

	if (use->go)
		return sd_go_func(l->go, (u32)use->key, ret);
	if (!sd_dwarf_function_at(l->dw, use->unit, use->key, &fn.entry, &fn.end, &fn.name))
		return false;
	*ret = fn;
	return true;
}

static void push_place(struct places *out, struct sd_line_place p, bool entry)
{
	sd_vec_push(&out->v, p);
	sd_vec_push(&out->entries, entry);
}

static void places_deinit(struct places *p)
{
	sd_vec_free(&p->v);
	sd_vec_free(&p->entries);
	sd_map_deinit(&p->called);
}

/* "main.f.func1", not "main.f-range1", whose entry is each turn of its loop. */
static bool is_closure(const struct sd_func *fn)
{
	const char *at = fn->lang == SD_LANG_GO ? strrchr(fn->name, '.') : NULL;

	return at && !strncmp(at, ".func", 5) && at[5] >= '0' && at[5] <= '9';
}

/* Whether the function in hand has that code's address from somewhere, or the closure's that has
 * it: then others may call it too. */
static bool is_taken(struct sd_lines *l, u64 entry)
{
	for (size_t i = 0; i < l->flow.v.n; i++) {
		const struct sd_insn *in = &l->flow.v.v[i];
		struct sd_operands o;

		if (in->cls != SD_INSN_OTHER || !sd_code_operands(&l->flow.code, in->addr, &o) ||
		    o.op != SD_OP_LEA)
			continue;
		for (unsigned int k = 0; k < o.n; k++) {
			u64 at = in->addr + in->len + (u64)o.v[k].value, inside;

			if (o.v[k].kind == SD_OPND_MEM && o.v[k].base == SD_RIP &&
			    (at == entry ||
			     (sd_elf_read_ptr(l->elf, (struct sd_vaddr){at}, &inside) &&
			      inside == entry)))
				return true;
		}
	}
	return false;
}

/* Closures that the line calls where it makes them (`func() { x++ }()`). */
static void find_called(struct sd_lines *l, const struct sd_region_request *req, struct places *out)
{
	for (u32 i = 0; l->go && i < l->flow.v.n; i++) {
		const struct sd_insn *in = &l->flow.v.v[i];
		const struct sd_dwarf_row *row;
		struct sd_func fn;
		bool is_new;
		u32 index;

		if (in->cls != SD_INSN_CALL || !in->has_target)
			continue;
		row = sd_code_row(&l->code, in->addr);
		if (row && sd_region_is_line(req, row->file, row->line) &&
		    sd_go_func_at(l->go, (struct sd_vaddr){in->target}, &index) &&
		    sd_go_func(l->go, index, &fn) && is_closure(&fn) && !is_taken(l, in->target))
			sd_map_put(&out->called, in->target, &is_new);
	}
}

/* Whether the closure in hand has nothing of the line but what stands before its body: the line is
 * that of `func(…) {`, which belongs to the function around it. */
static bool is_entry_only(struct sd_lines *l, const struct sd_region_request *req, s32 copy)
{
	const struct sd_code_lines *code = &l->code;
	bool other = false;

	if (copy != SD_NO_COPY || !is_closure(&l->fn))
		return false;
	for (u32 k = 0; k < code->nstmts; k++) {
		u32 i = sd_flow_find(&l->flow, code->stmts[k]);

		if (i == SD_FLOW_NONE || l->blocks.v[l->blocks.of[i]].restarts ||
		    l->blocks.v[l->blocks.of[i]].order == SD_NO_BLOCK)
			continue;
		if (!sd_region_owns(req, copy, i))
			other = true;
		else if (other)
			return false;
	}
	return other;
}

/* The lines of that copy's own code in the function in hand. */
static void note_lines(struct sd_lines *l, const struct sd_region_request *req, s32 copy,
		       struct places *out)
{
	for (u32 i = 0; i < l->flow.v.n; i++) {
		u64 addr = l->flow.v.v[i].addr;
		const struct sd_dwarf_row *row = sd_code_row(&l->code, addr);

		if (!row || sd_code_copy(&l->code, addr) != copy || !row->file ||
		    strcmp(row->file, req->file) != 0)
			continue;
		out->first = out->first ? SD_MIN(out->first, row->line) : row->line;
		out->last = SD_MAX(out->last, row->line);
	}
}

static void add_place(struct sd_lines *l, const struct sd_region_request *req,
		      const struct sd_region_site *at, struct sd_arena *arena, struct places *out)
{
	const struct sd_code_lines *code = &l->code;
	struct sd_line_place p = {
		.fn = l->fn,
		.in = l->fn.name,
		.inlined = at->copy >= 0,
		.depth = sd_code_depth(code, at->copy),
		.copy = at->copy,
		.file = req->file,
		.line = req->line,
		.doubt = at->doubt,
	};
	sd_autoerr err = NULL;

	if (at->copy == SD_NO_COPY && l->fn.wrapper)
		return; /* a deferred call's or a method value's: the line has its own code */
	if (at->copy >= 0) {
		const struct sd_dwarf_copy *copy = &code->copies[at->copy];

		p.in = copy->name;
		p.call_file = copy->call_file;
		p.call_line = copy->call_line;
	}
	err = sd_line_site(l, req, at, p.depth, arena, &p.site);
	if (err)
		p.why_not = sd_arena_strdup(arena, err->msg);
	else
		out->sites++;
	push_place(out, p, is_entry_only(l, req, at->copy));
	note_lines(l, req, at->copy, out);
}

static void places_in(struct sd_lines *l, const struct sd_func *fn, const char *file, u32 line,
		      struct sd_arena *arena, struct places *out)
{
	struct sd_region_request req = {.file = file, .line = line};
	sd_autofree struct sd_region_site *sites = NULL;
	sd_autoerr err = sd_code_take(l, fn);
	u32 n = 0;

	if (err) {
		struct sd_line_place p = {.fn = *fn, .in = fn->name, .file = file, .line = line};

		p.why_not = sd_arena_strdup(arena, err->msg);
		push_place(out, p, false);
		return;
	}
	req.code = &l->code;
	req.blocks = &l->blocks;
	find_called(l, &req, out);
	sd_region_sites(&req, &sites, &n);
	for (u32 i = 0; i < n; i++)
		add_place(l, &req, &sites[i], arena, out);
}

/* A closure that the line calls itself is no other place of it: control is on the line already. */
static void drop_called_closures(struct places *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->v.n; i++) {
		if (!p->v.v[i].inlined && sd_map_get(&p->called, p->v.v[i].fn.entry.v)) {
			p->sites -= !p->v.v[i].why_not;
			continue;
		}
		p->entries.v[n] = p->entries.v[i];
		p->v.v[n++] = p->v.v[i];
	}
	p->v.n = p->entries.n = n;
}

/* A closure's entry is left out where the function around it has code of the line; where nothing
 * has, its calls are no passages. */
static void drop_closure_entries(struct places *p)
{
	bool others = false;
	size_t n = 0;

	for (size_t i = 0; i < p->v.n; i++)
		others |= !p->entries.v[i] && !p->v.v[i].why_not;
	for (size_t i = 0; !others && i < p->v.n; i++)
		if (p->entries.v[i])
			p->v.v[i].doubt =
				"hits are calls, not passages: only the closure's entry has "
				"code of it";
	for (size_t i = 0; others && i < p->v.n; i++) {
		if (p->entries.v[i]) {
			p->sites -= !p->v.v[i].why_not;
			continue;
		}
		p->entries.v[n] = false;
		p->v.v[n++] = p->v.v[i];
	}
	if (others)
		p->v.n = p->entries.n = n;
}

/* All places of uses [from, to), which are of one line. */
static void places_of(struct sd_lines *l, const struct uses *u, size_t from, size_t to,
		      struct sd_arena *arena, struct places *out)
{
	struct sd_map seen = {0};

	for (size_t i = from; i < to; i++) {
		struct sd_func fn;
		bool is_new;

		if (!function_of(l, &u->v.v[i], &fn))
			continue;
		sd_map_put(&seen, fn.entry.v, &is_new);
		if (!is_new)
			continue;
		if (fn.runtime_internal) {
			out->kept_out++;
			continue;
		}
		places_in(l, &fn, u->file, u->v.v[i].line, arena, out);
	}
	sd_map_deinit(&seen);
	drop_called_closures(out);
	drop_closure_entries(out);
}

static size_t lower_bound(const struct uses *u, u32 line)
{
	size_t lo = 0, hi = u->v.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (u->v.v[mid].line < line)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* ---- inlined copies without code of the line ---- */

static bool has_code(struct sd_lines *l, s32 copy)
{
	for (u32 i = 0; i < l->flow.v.n; i++)
		if (sd_code_copy(&l->code, l->flow.v.v[i].addr) == copy &&
		    l->blocks.v[l->blocks.of[i]].order != SD_NO_BLOCK)
			return true;
	return false;
}

static const char *past_brackets(const char *p)
{
	u32 depth = 0;

	if (*p != '[')
		return p;
	do
		depth += (*p == '[') - (*p == ']');
	while (*p++ && depth && *p);
	return p;
}

/* Whether two names are those of instances of one function, "main.pick[go.shape.int]". */
static bool is_same_source(const char *a, const char *b)
{
	for (; *(a = past_brackets(a)) == *(b = past_brackets(b)); a++, b++)
		if (!*a)
			return true;
	return false;
}

/* Whether the function in hand has an inlined copy of one whose source has the line, but in that
 * copy no place of it. */
static bool has_bare_copy(struct sd_lines *l, const struct sd_region_request *req,
			  const struct places *p)
{
	for (u32 c = 0; c < l->code.ncopies; c++) {
		const struct sd_dwarf_copy *copy = &l->code.copies[c];
		bool ours = false, found = false;

		for (size_t i = 0; i < p->v.n; i++) {
			ours |= is_same_source(p->v.v[i].in, copy->name);
			found |= p->v.v[i].fn.entry.v == l->fn.entry.v && p->v.v[i].copy == (s32)c;
		}
		if (ours && !found && has_code(l, (s32)c) &&
		    !sd_region_is_line(req, copy->call_file, copy->call_line))
			return true;
	}
	return false;
}

/* Go: a copy may have lost the line: merged with other code, or never come to there. */
static void doubt_bare_copies(struct sd_lines *l, const struct uses *u, u32 line,
			      struct sd_arena *arena, struct places *p)
{
	struct sd_region_request req = {.file = u->file, .line = line};
	struct sd_map seen = {0};

	for (size_t i = lower_bound(u, p->first); l->go && i < u->v.n && u->v.v[i].line <= p->last;
	     i++) {
		sd_autoerr err = NULL;
		struct sd_func fn;
		bool is_new;

		if (!u->v.v[i].go || !function_of(l, &u->v.v[i], &fn))
			continue;
		sd_map_put(&seen, fn.entry.v, &is_new);
		if (!is_new || fn.runtime_internal || fn.wrapper)
			continue;
		err = sd_code_take(l, &fn);
		if (err || l->code.as_written || !has_bare_copy(l, &req, p))
			continue;
		for (size_t k = 0; k < p->v.n; k++)
			if (!p->v.v[k].doubt && !p->v.v[k].why_not)
				p->v.v[k].doubt = sd_arena_printf(
					arena,
					"hits may be fewer than passages: the inlined copy in %s "
					"has no code of it",
					fn.name);
		break;
	}
	sd_map_deinit(&seen);
}

/* The nearest line in that direction that has a site; 0: none. */
static u32 nearest(struct sd_lines *l, const struct uses *u, u32 line, int step)
{
	for (int tries = 0; tries < NEAREST_LINES; tries++) {
		size_t at = lower_bound(u, step > 0 ? line + 1 : line);
		struct sd_arena tmp = {0};
		struct places p = {0};

		if (step < 0 ? !at : at >= u->v.n)
			return 0;
		line = u->v.v[step < 0 ? at - 1 : at].line;
		places_of(l, u, lower_bound(u, line), lower_bound(u, line + 1), &tmp, &p);
		places_deinit(&p);
		sd_arena_deinit(&tmp);
		if (p.sites)
			return line;
	}
	return 0;
}

static struct sd_err *no_code(struct sd_lines *l, const struct uses *u, const char *tail, u32 line)
{
	u32 before = nearest(l, u, line, -1), after = nearest(l, u, line, 1);
	struct sd_err *err;

	if (before && after)
		err = sd_err_new(
			SD_ERR_NOMATCH,
			"%s:%u has no code; the nearest lines that have some are %u and %u", tail,
			line, before, after);
	else if (before || after)
		err = sd_err_new(SD_ERR_NOMATCH,
				 "%s:%u has no code; the nearest line that has some is %u", tail,
				 line, before ? before : after);
	else
		return sd_err_new(SD_ERR_NOMATCH, "%s:%u has no code", tail, line);
	return err;
}

struct sd_err *sd_lines_find(struct sd_lines *l, const char *file, u32 line, struct sd_arena *arena,
			     struct sd_line_place **ret, u32 *n_ret)
{
	struct places p = {0};
	struct uses u = {0};
	struct sd_err *err = NULL;
	const char *path = NULL;

	if (!l->go && !l->dw)
		return sd_err_new(SD_ERR_NOMATCH, "%s has no lines: it has no debug information",
				  sd_elf_display(l->elf));
	SD_TRY(sd_lines_file(l, file, &path));
	find_uses(l, path, &u);
	places_of(l, &u, lower_bound(&u, line), lower_bound(&u, line + 1), arena, &p);
	if (!p.v.n && p.kept_out)
		err = sd_err_new(SD_ERR_PERM,
				 "%s:%u is part of the runtime's own machinery and is not probed",
				 file, line);
	else if (!p.v.n)
		err = no_code(l, &u, file, line);
	else if (!p.sites)
		err = sd_err_new(SD_ERR_NOMATCH, "%s:%u cannot be probed: %s", file, line,
				 p.v.v[0].why_not);
	if (!err) {
		doubt_bare_copies(l, &u, line, arena, &p);
		*ret = sd_arena_memdup(arena, p.v.v, p.v.n * sizeof(*p.v.v));
		*n_ret = (u32)p.v.n;
	}
	places_deinit(&p);
	sd_vec_free(&u.v);
	return err;
}
