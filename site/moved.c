/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code over branches. In structured source one turn of a loop passes its lines in ascending order.
 * So a branch of a later line that decides whether a site is reached, or one of an earlier line
 * behind it, shows that the compiler moved the line's code over that branch. The tests that find
 * the case of a `switch` or a `select` come in any order.
 */
#include <string.h>

#include "site/doubt.h"

/* ---- the sites of one level of loops ---- */

/* What a turn can come to from block b on, until it passes a site. */
struct ways {
	bool site; /* one */
	bool end;  /* the end of the turn, without */
};

/* Goes to block b, behind branch a; loops around a are not gone through again. True when b is to be
 * gone on from. */
static bool enter(const struct sd_doubt *d, u32 b, u32 a, u32 header, struct ways *ret)
{
	const struct sd_blocks *bs = d->r->bs;

	if (!bs->v[b].alive || d->r->marks[b])
		return false;
	if (b == header || !sd_block_in_loop(bs, b, header) ||
	    (bs->v[b].loop == b && sd_block_in_loop(bs, a, b))) {
		ret->end = true;
		return false;
	}
	d->r->marks[b] = 1;
	if (!sd_doubt_is_passage(d, b, header))
		return true;
	ret->site = true;
	return false;
}

/* Whether branch a decides whether a site is passed in the turn of the loop with that header. */
static bool decides(const struct sd_doubt *d, u32 a, u32 header)
{
	const struct sd_blocks *bs = d->r->bs;
	struct ways ways = {false, false};
	u32 n = 0;

	sd_region_clear_marks(d->r);
	d->r->work[n++] = a;
	while (n) {
		const struct sd_block *v = &bs->v[d->r->work[--n]];

		ways.end |= !v->nsucc && !v->dead_end && !v->restarts;
		for (u32 k = 0; k < v->nsucc; k++)
			if (enter(d, bs->edges[v->succ + k], a, header, &ways))
				d->r->work[n++] = bs->edges[v->succ + k];
	}
	return ways.site && ways.end;
}

/* ---- code over branches ---- */

/* Whether block b is in a loop inside of that with that header, which holds a site. */
static bool in_passage(const struct sd_doubt *d, u32 b, u32 header)
{
	const struct sd_blocks *bs = d->r->bs;
	u32 loop = bs->v[b].loop;

	for (; loop != SD_NO_BLOCK && loop != header; loop = bs->v[loop].outer)
		if (d->holds[loop])
			return true;
	return false;
}

/* Whether block b does nothing but compare and jump. */
static bool is_test_only(const struct sd_region *r, u32 b)
{
	const struct sd_block *v = &r->bs->v[b];

	for (u32 i = v->first; i + 1 < v->end; i++) {
		struct sd_operands o;

		if (r->bs->f->v.v[i].cls == SD_INSN_NOP)
			continue;
		if (!sd_code_operands(&r->bs->f->code, r->bs->f->v.v[i].addr, &o) ||
		    !sd_op_compares(o.op))
			return false;
	}
	return sd_is_branch(r, b);
}

/* Whether test b goes on with what test a, which leads to it, has begun: one value, or still the
 * same comparison. */
static bool is_next_test(const struct sd_region *r, u32 a, u32 b)
{
	struct sd_comparison x, y;

	if (!sd_is_branch(r, a) || !is_test_only(r, b))
		return false;
	return !sd_branch_compares(r, b, &y) ||
	       (sd_branch_compares(r, a, &x) && sd_operand_same(&x.v, &y.v));
}

/* Marks the tests of one value one after another that block b is part of, the cases of a `switch`
 * or a `select`, which compilers take in any order; returns how many. */
static u32 mark_tests(struct sd_region *r, u32 b)
{
	const struct sd_blocks *bs = r->bs;
	u32 n = 0, count = 0;

	sd_region_clear_marks(r);
	r->marks[b] = 1;
	r->work[n++] = b;
	while (n) {
		const struct sd_block *v = &bs->v[b = r->work[--n]];

		count++;
		for (u32 k = 0; k < v->nsucc + v->npred; k++) {
			bool back = k >= v->nsucc;
			u32 o = back ? bs->back[v->pred + k - v->nsucc] : bs->edges[v->succ + k];

			if (r->marks[o] || bs->v[o].order == SD_NO_BLOCK ||
			    !(back ? is_next_test(r, o, b) : is_next_test(r, b, o)))
				continue;
			r->marks[o] = 1;
			r->work[n++] = o;
		}
	}
	return count;
}

/* The line of the call whose result block b tests at once, `switch f() {` or a `select`; 0: none.
 */
static u32 call_line(const struct sd_region *r, u32 b)
{
	for (u32 i = r->bs->v[b].end - 1; i-- > r->bs->v[b].first;) {
		struct sd_operands o;

		if (r->bs->f->v.v[i].cls == SD_INSN_CALL)
			return sd_doubt_line_of(r, i);
		if (!sd_code_operands(&r->bs->f->code, r->bs->f->v.v[i].addr, &o) ||
		    o.op != SD_OP_TEST)
			return 0;
	}
	return 0;
}

/* Whether branch b only finds the case of a `switch` that the line is in. */
static bool is_case_of(const struct sd_doubt *d, u32 b)
{
	const struct sd_blocks *bs = d->r->bs;

	if (mark_tests(d->r, b) < 2)
		return false;
	for (u32 k = 0; k < bs->n; k++) {
		u32 line;

		if (!d->r->marks[k])
			continue;
		line = sd_branch_lines(d->r, k).first;
		if (line && line <= d->r->req->line)
			return true;
		line = call_line(d->r, k);
		if (line && line <= d->r->req->line)
			return true;
	}
	return false;
}

/* Marks in d->ahead the blocks that lead to a site within a turn of the loop with that header. */
static void find_ahead(const struct sd_doubt *d, u32 header)
{
	const struct sd_blocks *bs = d->r->bs;
	u32 n = 0;

	for (u32 b = 0; b < bs->n; b++) {
		d->ahead[b] = sd_block_in_loop(bs, b, header) && sd_doubt_is_passage(d, b, header);
		if (d->ahead[b])
			d->r->work[n++] = b;
	}
	while (n) {
		u32 b = d->r->work[--n];
		const struct sd_block *v = &bs->v[b];

		for (u32 k = 0; k < v->npred && b != header; k++) {
			u32 p = bs->back[v->pred + k];

			if (d->ahead[p] || !sd_block_in_loop(bs, p, header))
				continue;
			d->ahead[p] = 1;
			d->r->work[n++] = p;
		}
	}
}

bool sd_doubt_is_sunk(const struct sd_doubt *d, u32 header)
{
	const struct sd_blocks *bs = d->r->bs;

	find_ahead(d, header);
	for (u32 b = 0; b < bs->n; b++)
		if (d->ahead[b] && bs->v[b].order != SD_NO_BLOCK && sd_is_branch(d->r, b) &&
		    sd_branch_lines(d->r, b).first > d->r->req->line &&
		    !sd_doubt_is_passage(d, b, header) && !in_passage(d, b, header) &&
		    decides(d, b, header) && !is_case_of(d, b))
			return true;
	return false;
}

/* Whether a branch of that line leads to block b, and is passed once for each time that b is. */
static bool is_within(const struct sd_doubt *d, u32 b, u32 line)
{
	const struct sd_blocks *bs = d->r->bs;
	u32 loop = bs->v[b].loop;

	for (b = bs->v[b].idom; b != SD_NO_BLOCK; b = bs->v[b].idom)
		if (bs->v[b].loop == loop && sd_is_branch(d->r, b) &&
		    sd_branch_lines(d->r, b).first == line)
			return true;
	return false;
}

/* Whether branch b is the test at the end of the loop's turns. */
static bool ends_turn(const struct sd_doubt *d, u32 b, u32 header)
{
	const struct sd_blocks *bs = d->r->bs;

	for (u32 k = 0; k < bs->v[b].nsucc && bs->v[b].loop == header && header != SD_NO_BLOCK;
	     k++) {
		u32 to = bs->edges[bs->v[b].succ + k];

		for (u32 steps = 0; steps < 4 && to != header && bs->v[to].nsucc == 1; steps++)
			to = bs->edges[bs->v[to].succ];
		if (to == header)
			return true;
	}
	return false;
}

bool sd_doubt_is_hoisted(const struct sd_doubt *d, u32 insn)
{
	const struct sd_blocks *bs = d->r->bs;
	u32 at = bs->of[insn], header = bs->v[at].loop;
	sd_autofree u8 *behind = NULL;

	sd_region_reach_from(d->r, at, header, SD_NO_BLOCK);
	behind = memcpy(sd_xcalloc(bs->n + 1, 1), d->r->marks, bs->n);
	for (u32 b = 0; b < bs->n; b++) {
		struct sd_branch_lines lines;

		if (!behind[b] || !sd_is_branch(d->r, b))
			continue;
		if (sd_code_copy(d->r->req->code, bs->f->v.v[bs->v[b].end - 1].addr) != d->r->copy)
			continue; /* of what is called: its statement may go on to later lines */
		lines = sd_branch_lines(d->r, b);
		if (!lines.first || lines.last >= d->r->req->line || is_within(d, at, lines.last) ||
		    ends_turn(d, b, header))
			continue;
		mark_tests(d->r, at);
		if (!d->r->marks[b])
			return true;
	}
	return false;
}
