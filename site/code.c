/* SPDX-License-Identifier: BSD-2-Clause */
/* The function in hand: its instructions, its blocks, its lines, from the function table and the
 * debug information. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "site/lines.h"

void sd_code_drop(struct sd_lines *l)
{
	if (!l->taken)
		return;
	sd_blocks_deinit(&l->blocks);
	sd_flow_deinit(&l->flow);
	free(l->frames);
	l->frames = NULL;
	free(l->effects);
	l->effects = NULL;
	l->taken = false;
	l->code = (struct sd_code_lines){0};
	sd_arena_reset(&l->arena);
}

/* ---- calls that do not return ---- */

static bool go_no_return(struct sd_go *go, u64 addr)
{
	static const char *const names[] = {"runtime.gopanic", "runtime.throw",
					    "runtime.fatalthrow", "runtime.fatal", "runtime.block"};
	struct sd_func fn;
	u32 index;

	if (!sd_go_func_at(go, (struct sd_vaddr){addr}, &index) || !sd_go_func(go, index, &fn) ||
	    fn.entry.v != addr)
		return false;
	if (!strncmp(fn.name, "runtime.panic", 13) || !strncmp(fn.name, "runtime.goPanic", 15))
		return true;
	for (size_t i = 0; i < SD_ARRAY_SIZE(names); i++)
		if (!strcmp(fn.name, names[i]))
			return true;
	return false;
}

static bool no_return(void *ctx, u64 addr)
{
	struct sd_lines *l = ctx;
	bool is_new;
	u64 *slot;

	if (!l->go)
		return false;
	slot = sd_map_put(&l->no_return, addr, &is_new);
	if (is_new)
		*slot = go_no_return(l->go, addr);
	return *slot;
}

/* ---- lines ---- */

struct rows {
	SD_VEC(struct sd_dwarf_row) v;
};

static bool add_row(void *ctx, u64 lo, u64 hi, const char *file, u32 line)
{
	struct rows *r = ctx;

	sd_vec_push(&r->v, (struct sd_dwarf_row){.lo = lo, .hi = hi, .file = file, .line = line});
	return true;
}

static void go_rows(struct sd_lines *l)
{
	struct sd_go_inlining in;
	struct rows r = {0};

	sd_go_each_line(l->go, l->fn.index, add_row, &r);
	if (r.v.n)
		l->code.rows = sd_arena_memdup(&l->arena, r.v.v, r.v.n * sizeof(*r.v.v));
	l->code.nrows = (u32)r.v.n;
	sd_vec_free(&r.v);
	sd_go_inlining(l->go, l->fn.index, &l->arena, &in);
	l->code.spans = in.spans;
	l->code.nspans = in.nspans;
	l->code.copies = sd_arena_array(&l->arena, struct sd_dwarf_copy, in.n + 1);
	for (u32 i = 0; i < in.n; i++)
		l->code.copies[i] = (struct sd_dwarf_copy){.parent = in.nodes[i].parent,
							   .name = in.nodes[i].callee,
							   .call_file = in.nodes[i].call_file,
							   .call_line = in.nodes[i].call_line};
	l->code.ncopies = in.n;
}

static struct sd_err *dwarf_rows(struct sd_lines *l, struct sd_dwarf_row **ret, u32 *n_ret)
{
	*ret = NULL;
	*n_ret = 0;
	if (!l->dw)
		return NULL;
	return sd_dwarf_rows(l->dw, l->fn.entry, l->unit, l->fn.entry.v, l->fn.end.v, &l->arena,
			     ret, n_ret);
}

/* Where statements start. The function table does not say: without debug information each of its
 * rows counts. */
static struct sd_err *statements(struct sd_lines *l)
{
	struct sd_code_lines *code = &l->code;
	struct sd_dwarf_row *rows;
	u32 n;

	SD_TRY(dwarf_rows(l, &rows, &n));
	code->stmts = sd_arena_array(&l->arena, u64, SD_MAX(n, code->nrows) + 1);
	code->nstmts = 0;
	for (u32 i = 0; i < n; i++)
		if (rows[i].is_stmt)
			code->stmts[code->nstmts++] = rows[i].lo;
	if (!n)
		for (u32 i = 0; i < code->nrows; i++)
			code->stmts[code->nstmts++] = code->rows[i].lo;
	if (l->fn.lang != SD_LANG_GO) {
		code->rows = rows;
		code->nrows = n;
	}
	return NULL;
}

/* The deepest copy at each address: later ones in the list lie in earlier ones. */
static void dwarf_spans(struct sd_lines *l)
{
	struct sd_code_lines *code = &l->code;
	SD_VEC(struct sd_go_span) spans = {0};
	const struct sd_flow *f = &l->flow;
	sd_autofree s32 *of = sd_xcalloc(f->v.n + 1, sizeof(*of));

	sd_dwarf_copies(l->dw, l->fn.entry, l->unit, &l->arena, &code->copies, &code->ncopies);
	for (size_t i = 0; i < f->v.n; i++)
		of[i] = SD_NO_COPY;
	for (u32 c = 0; c < code->ncopies; c++)
		for (u32 k = 0; k < code->copies[c].nranges; k++) {
			const struct sd_range_v *r = &code->copies[c].ranges[k];

			for (u32 i = sd_flow_find(f, r->lo);
			     i != SD_FLOW_NONE && i < f->v.n && f->v.v[i].addr < r->hi; i++)
				of[i] = (s32)c;
		}
	for (u32 i = 0; i < f->v.n; i++) {
		const struct sd_insn *in = &f->v.v[i];

		if (of[i] == SD_NO_COPY)
			continue;
		if (spans.n && spans.v[spans.n - 1].hi == in->addr &&
		    spans.v[spans.n - 1].node == (u32)of[i])
			spans.v[spans.n - 1].hi += in->len;
		else
			sd_vec_push(&spans,
				    (struct sd_go_span){in->addr, in->addr + in->len, (u32)of[i]});
	}
	if (spans.n)
		code->spans = sd_arena_memdup(&l->arena, spans.v, spans.n * sizeof(*spans.v));
	code->nspans = (u32)spans.n;
	sd_vec_free(&spans);
}

static struct sd_err *read_code(struct sd_lines *l)
{
	bool go = l->fn.lang == SD_LANG_GO && l->go;

	l->code.fn = &l->fn;
	if (go) {
		const char *name = sd_go_full_name(l->go, l->fn.index);

		l->unit = sd_go_unescape(sd_go_package(name, &l->arena), &l->arena);
		go_rows(l);
		l->code.as_written = l->dw && !sd_dwarf_is_optimized(l->dw, l->fn.entry, l->unit);
	}
	SD_TRY(statements(l));
	if (!go && l->dw)
		dwarf_spans(l);
	return NULL;
}

struct sd_err *sd_code_take(struct sd_lines *l, const struct sd_func *fn)
{
	struct sd_err *err;

	if (l->taken && l->fn.entry.v == fn->entry.v && l->fn.end.v == fn->end.v)
		return NULL;
	sd_code_drop(l);
	l->fn = *fn;
	l->unit = NULL;
	SD_TRY(sd_flow_init(l->elf, &l->fn, &l->flow));
	err = sd_blocks_init(&l->flow, no_return, l, &l->blocks);
	if (err) {
		sd_flow_deinit(&l->flow);
		return err;
	}
	l->taken = true;
	err = read_code(l);
	if (err)
		sd_code_drop(l);
	return err;
}

const struct sd_frame *sd_code_frames(struct sd_lines *l)
{
	if (!l->frames) {
		l->frames = sd_xcalloc(l->flow.v.n + 1, sizeof(*l->frames));
		sd_flow_frame_regs(&l->flow, l->frames);
	}
	return l->frames;
}
