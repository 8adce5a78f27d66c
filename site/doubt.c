/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the sites of a line are executed once each time control comes to it in the source: no
 * code of it was moved over a branch, none is on a way that passes no site, and what is there are
 * not only moves between registers, which have the line of their value's use wherever they are.
 */
#include <string.h>

#include "site/doubt.h"

u32 sd_doubt_line_of(const struct sd_region *r, u32 i)
{
	const struct sd_code_lines *code = r->req->code;
	u64 addr = r->bs->f->v.v[i].addr;
	s32 c = sd_code_copy(code, addr);

	if (c == r->copy) {
		const struct sd_dwarf_row *row = sd_code_row(code, addr);

		return row && row->file && !strcmp(row->file, r->req->file) ? row->line : 0;
	}
	for (; c != SD_NO_COPY; c = code->copies[c].parent)
		if (code->copies[c].parent == r->copy)
			return code->copies[c].call_line;
	return 0;
}

bool sd_doubt_is_passage(const struct sd_doubt *d, u32 b, u32 header)
{
	const struct sd_block *v = &d->r->bs->v[b];

	return v->loop == header ? d->site[b] : v->loop == b && v->outer == header && d->holds[b];
}

/* Whether a turn can pass block b and no site. */
static bool is_free(const struct sd_doubt *d, u32 b, u32 header)
{
	struct sd_region *r = d->r;
	u32 n = 0;

	for (int back = 0; back < 2; back++) {
		sd_region_clear_marks(r);
		for (u32 k = 0; k < r->bs->n; k++) {
			bool starts = header == SD_NO_BLOCK ? r->bs->v[k].is_root : k == header;

			r->marks[k] = sd_doubt_is_passage(d, k, header);
			if (!r->marks[k] && (back ? k == b : starts)) {
				r->marks[k] = 1;
				r->work[n++] = k;
			}
		}
		if (back)
			return sd_region_reach(r, n, header, SD_NO_BLOCK);
		sd_region_reach(r, n, header, SD_NO_BLOCK);
		n = 0;
		if (!r->marks[b])
			return false;
	}
	return false;
}

/* ---- what is left of the line ---- */

/* What an instruction tells of where the line is. */
enum sort {
	FOREIGN = 0,	/* nothing: it is another line's */
	EMPTY = 1 << 0, /* a jump, bytes that fill up */
	COPY = 1 << 1,	/* a register gets a constant or another's value: the line may be any */
	SPILL = 1 << 2, /* one is saved or loaded again, between assignment and use */
	WORK = 1 << 3,
};

static enum sort sort_of(const struct sd_region *r, u32 i)
{
	const struct sd_insn *in = &r->bs->f->v.v[i];

	if (!sd_region_owns(r->req, r->copy, i) && !sd_region_calls(r, i))
		return FOREIGN;
	if (in->cls == SD_INSN_JMP || in->cls == SD_INSN_NOP || sd_region_is_idle(r, i))
		return EMPTY;
	if (sd_region_is_move(r, i))
		return SPILL;
	return sd_region_is_copy(r, i) ? COPY : WORK;
}

static bool is_store(const struct sd_region *r, u32 i)
{
	struct sd_operands o;

	return sd_code_operands(&r->bs->f->code, r->bs->f->v.v[i].addr, &o) && o.n &&
	       o.v[0].kind == SD_OPND_MEM;
}

/* The sorts of block b's instructions. Unoptimized code loads a value and stores it: that is an
 * assignment. */
static u32 sorts_of(const struct sd_region *r, u32 b)
{
	enum sort last = FOREIGN;
	u32 all = 0;

	for (u32 i = r->bs->v[b].first; i < r->bs->v[b].end; i++) {
		enum sort sort = sort_of(r, i);

		all |= sort == SPILL && last == SPILL && is_store(r, i) ? WORK : sort;
		last = sort;
	}
	return all;
}

/* Whether such code of the line is on a way that passes no site. */
static bool is_bypassed(const struct sd_doubt *d, u32 header, u32 sorts)
{
	const struct sd_blocks *bs = d->r->bs;

	for (u32 b = 0; b < bs->n; b++)
		if (bs->v[b].loop == header && bs->v[b].order != SD_NO_BLOCK && bs->v[b].alive &&
		    !bs->v[b].restarts && !sd_doubt_is_passage(d, b, header) &&
		    sorts_of(d->r, b) & sorts && !sd_region_is_truth_test(d->r, b) &&
		    is_free(d, b, header))
			return true;
	return false;
}

/* The line of the last instruction of block b that has one in the copy, but for moves. */
static u32 last_line(const struct sd_region *r, u32 b)
{
	for (u32 i = r->bs->v[b].end; i-- > r->bs->v[b].first;)
		if (!sd_region_is_move(r, i) && sd_doubt_line_of(r, i))
			return sd_doubt_line_of(r, i);
	return 0;
}

/* Whether block b, of which the line has a jump alone, goes to where only code of earlier lines
 * goes besides: then the line may be behind all of these. */
static bool is_behind_join(const struct sd_doubt *d, u32 b)
{
	const struct sd_blocks *bs = d->r->bs;
	const struct sd_block *to;
	u32 others = 0;

	if (bs->v[b].nsucc != 1)
		return false;
	to = &bs->v[bs->edges[bs->v[b].succ]];
	for (u32 k = 0; k < to->npred; k++) {
		u32 p = bs->back[to->pred + k];

		if (p == b || bs->v[p].order == SD_NO_BLOCK)
			continue;
		if (last_line(d->r, p) >= d->r->req->line)
			return false;
		others++;
	}
	return others > 0 && to->loop == bs->v[b].loop && bs->v[b].loop != bs->edges[bs->v[b].succ];
}

/* Whether the line has a conditional move in block b, between what it computes there and what was
 * there before. */
static bool is_chosen(const struct sd_region *r, u32 b)
{
	u64 computed = 0; /* by register */

	for (u32 i = r->bs->v[b].first; i < r->bs->v[b].end; i++) {
		struct sd_operands o;

		if (!sd_region_owns(r->req, r->copy, i) || !(sort_of(r, i) & (COPY | WORK)) ||
		    !sd_code_operands(&r->bs->f->code, r->bs->f->v.v[i].addr, &o) || !o.n ||
		    o.v[0].kind != SD_OPND_REG || o.v[0].reg >= 64 || sd_op_compares(o.op))
			continue;
		if (o.op == SD_OP_CMOV && o.n == 2 && o.v[1].kind == SD_OPND_REG &&
		    o.v[1].reg < 64 && (computed >> o.v[0].reg & 1) != (computed >> o.v[1].reg & 1))
			return true;
		computed |= 1ull << o.v[0].reg;
	}
	return false;
}

/* Whether all code of the loop is of what the line calls: its turns are not the line's. */
static bool is_callee_loop(const struct sd_region *r, u32 header)
{
	for (u32 b = 0; b < r->bs->n; b++) {
		if (!r->bs->v[b].alive || !sd_block_in_loop(r->bs, b, header))
			continue;
		for (u32 i = r->bs->v[b].first; i < r->bs->v[b].end; i++)
			if (!sd_region_calls(r, i))
				return false;
	}
	return true;
}

static const char *left_over(const struct sd_doubt *d, u32 insn)
{
	u32 b = d->r->bs->of[insn], header = d->r->bs->v[b].loop;
	u32 sorts = sorts_of(d->r, b), elsewhere = WORK;

	if (!(sorts & WORK))
		elsewhere |= sorts == EMPTY ? SPILL | COPY : SPILL;
	if (is_bypassed(d, header, elsewhere))
		return "hits may be fewer than passages: some of its code is on other ways";
	if (!(sorts & (WORK | COPY)) && sorts & SPILL && b) /* each call passes the first block */
		return "hits may be more or fewer than passages: nothing of it is left but a value "
		       "that is saved or loaded";
	if (sorts == EMPTY && is_behind_join(d, b))
		return "hits may be fewer than passages: nothing of it is left but a jump";
	if (header != SD_NO_BLOCK && is_callee_loop(d->r, header))
		return "hits may be more than passages: it begins in a loop of what it calls";
	if (is_chosen(d->r, b))
		return "hits may be more than passages: it may have become a conditional move";
	return NULL;
}

/* Whether the line does something at one of the sites, and at that one only copies a register, as
 * do the ways to where several values of a variable come together. */
static bool is_mere_copy(const struct sd_doubt *d, const struct sd_region_site *sites, u32 n,
			 u32 which)
{
	const struct sd_blocks *bs = d->r->bs;

	u32 own = bs->of[sites[which].insn];

	if (sorts_of(d->r, own) & WORK)
		return false;
	for (u32 i = 0; i < n; i++) {
		u32 b = bs->of[sites[i].insn];

		if (bs->v[b].loop == bs->v[own].loop && sorts_of(d->r, b) & WORK)
			return true;
	}
	return false;
}

/* The first line of the copy's code in the loop with that header, 0: none. */
static u32 first_line(const struct sd_region *r, u32 header)
{
	u32 first = 0;

	for (u32 b = 0; b < r->bs->n; b++)
		for (u32 i = r->bs->v[b].first;
		     i < r->bs->v[b].end && sd_block_in_loop(r->bs, b, header); i++) {
			u32 line = sd_doubt_line_of(r, i);

			if (line && (!first || line < first))
				first = line;
		}
	return first;
}

/* Whether block b leads to itself and does something that is not the line's. */
static bool has_others(const struct sd_region *r, u32 b)
{
	const struct sd_block *v = &r->bs->v[b];
	bool itself = false, others = false;

	for (u32 k = 0; k < v->nsucc; k++)
		itself |= r->bs->edges[v->succ + k] == b;
	for (u32 i = v->first; i < v->end; i++) {
		u32 line = sd_doubt_line_of(r, i);

		others |= line && line != r->req->line && !sd_region_is_move(r, i);
	}
	return itself && others;
}

/* Whether the site is a loop's test behind its turns, and a way leads into the loop past it: the
 * compiler knew that there is a first turn. */
static bool is_late_test(const struct sd_doubt *d, u32 insn)
{
	const struct sd_blocks *bs = d->r->bs;
	u32 b = bs->of[insn], header = bs->v[b].loop;

	if (header == SD_NO_BLOCK || sd_region_own_test(d->r, b) == SD_FLOW_NONE ||
	    (header == b && !has_others(d->r, b)) || first_line(d->r, header) != d->r->req->line)
		return false;
	for (u32 k = 0; k < bs->v[header].npred; k++) {
		u32 p = bs->back[bs->v[header].pred + k];

		if (sd_block_in_loop(bs, p, header) || bs->v[p].order == SD_NO_BLOCK)
			continue;
		while (p != SD_NO_BLOCK && !d->site[p])
			p = bs->v[p].idom;
		if (p == SD_NO_BLOCK || bs->v[p].loop != bs->v[header].outer)
			return true;
	}
	return false;
}

const char *sd_region_doubt(struct sd_region *r, const struct sd_region_site *sites, u32 n,
			    u32 which)
{
	const struct sd_blocks *bs = r->bs;
	sd_autofree u8 *site = sd_xcalloc(bs->n + 1, 1), *holds = sd_xcalloc(bs->n + 1, 1);
	sd_autofree u8 *ahead = sd_xcalloc(bs->n + 1, 1);
	struct sd_doubt d = {.r = r, .site = site, .holds = holds, .ahead = ahead};
	u32 header = r->bs->v[r->bs->of[sites[which].insn]].loop;
	const char *why;

	if (r->req->code->as_written)
		return NULL;
	for (u32 i = 0; i < n; i++) {
		u32 b = bs->of[sites[i].insn], loop = bs->v[b].loop;

		site[b] = 1;
		for (; loop != SD_NO_BLOCK; loop = bs->v[loop].outer)
			holds[loop] = 1;
	}
	for (;; header = r->bs->v[header].outer) {
		if (sd_doubt_is_sunk(&d, header))
			return "hits may be more or fewer than passages: its code lies behind a "
			       "branch of a later line";
		if (header == SD_NO_BLOCK)
			break;
	}
	why = r->req->code->fn->lang == SD_LANG_GO ? left_over(&d, sites[which].insn) : NULL;
	if (why)
		return why;
	if (r->req->code->fn->lang == SD_LANG_GO && is_mere_copy(&d, sites, n, which))
		return "hits may be more than passages: at one of its places a register is copied, "
		       "no more";
	if (r->req->code->fn->lang == SD_LANG_GO &&
	    sd_doubt_is_decided_before(&d, sites[which].insn))
		return "hits may be fewer than passages: an earlier condition may decide its own";
	if (r->req->code->fn->lang == SD_LANG_GO && is_late_test(&d, sites[which].insn))
		return "hits may be fewer than passages: the first turn is not tested";
	if (sd_doubt_is_hoisted(&d, sites[which].insn))
		return "hits may be more or fewer than passages: its code lies before a branch of "
		       "an "
		       "earlier line";
	return NULL;
}
