/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code over branches. In structured source one turn of a loop passes its lines in ascending order.
 * So a branch of a later line that decides whether a site is reached, or one of an earlier line
 * behind it, shows that the compiler moved the line's code over that branch. The tests that find
 * the case of a `switch` or a `select` come in any order.
 */
#include <string.h>

#include "site/doubt.h"

struct lines {
	u32 first, last; /* 0: unknown */
};

/* The lines of block b's last comparison and of its jump: that of the condition and that of the
 * statement. Either may have been lost to another line, unless a statement starts there. */
static struct lines branch_lines(const struct sd_region *r, u32 b)
{
	const struct sd_block *v = &r->bs->v[b];
	u32 jump = sd_doubt_line_of(r, v->end - 1), test = 0;

	for (u32 i = v->end - 1; !test && i-- > v->first;) {
		struct sd_operands o;

		if (!sd_code_operands(&r->bs->f->code, r->bs->f->v.v[i].addr, &o) ||
		    (o.op != SD_OP_CMP && o.op != SD_OP_TEST))
			continue;
		test = sd_doubt_line_of(r, i);
		if (test && r->stmt[i])
			return (struct lines){test, test};
	}
	if (!jump || !test || r->stmt[v->end - 1])
		return (struct lines){jump ? jump : test, jump ? jump : test};
	return (struct lines){SD_MIN(jump, test), SD_MAX(jump, test)};
}

struct comparison {
	struct sd_operand v, with; /* test: with itself, mostly */
	bool equality;		   /* what is asked: je, jne */
};

static bool is_equality(const struct sd_region *r, u32 jump)
{
	const struct sd_code *code = &r->bs->f->code;
	const u8 *p = code->p + (r->bs->f->v.v[jump].addr - code->lo);
	u8 op = p[0] == 0x0f && r->bs->f->v.v[jump].len > 1 ? p[1] - 0x10 : p[0];

	return op == 0x74 || op == 0x75;
}

/* What block b compares before its jump; false: nothing that is known. */
static bool compared(const struct sd_region *r, u32 b, struct comparison *ret)
{
	const struct sd_block *v = &r->bs->v[b];

	for (u32 i = v->end - 1; i-- > v->first;) {
		struct sd_operands o;

		if (!sd_code_operands(&r->bs->f->code, r->bs->f->v.v[i].addr, &o))
			return false;
		if ((o.op == SD_OP_CMP || o.op == SD_OP_TEST) && o.n == 2) {
			*ret = (struct comparison){.v = o.v[0],
						   .with = o.v[1],
						   .equality = is_equality(r, v->end - 1)};
			return true;
		}
	}
	return false;
}

static bool is_same_operand(const struct sd_operand *a, const struct sd_operand *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == SD_OPND_REG)
		return a->reg == b->reg;
	return a->kind == SD_OPND_MEM && a->base == b->base && a->index == b->index &&
	       a->value == b->value;
}

/* Whether block b decides where control goes on: to one of several blocks that do not end in a call
 * that never returns. */
static bool is_branch(const struct sd_region *r, u32 b)
{
	const struct sd_block *v = &r->bs->v[b];
	u32 alive = 0;

	for (u32 k = 0; k < v->nsucc; k++)
		alive += r->bs->v[r->bs->edges[v->succ + k]].alive;
	return alive > 1;
}

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
		    (o.op != SD_OP_CMP && o.op != SD_OP_TEST))
			return false;
	}
	return is_branch(r, b);
}

/* Whether test b goes on with what test a, which leads to it, has begun: one value, or still the
 * same comparison. */
static bool is_next_test(const struct sd_region *r, u32 a, u32 b)
{
	struct comparison x, y;

	if (!is_branch(r, a) || !is_test_only(r, b))
		return false;
	return !compared(r, b, &y) || (compared(r, a, &x) && is_same_operand(&x.v, &y.v));
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
		line = branch_lines(d->r, k).first;
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
		if (d->ahead[b] && bs->v[b].order != SD_NO_BLOCK && is_branch(d->r, b) &&
		    branch_lines(d->r, b).first > d->r->req->line &&
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
		if (bs->v[b].loop == loop && is_branch(d->r, b) &&
		    branch_lines(d->r, b).first == line)
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
		struct lines lines;

		if (!behind[b] || !is_branch(d->r, b))
			continue;
		if (sd_code_copy(d->r->req->code, bs->f->v.v[bs->v[b].end - 1].addr) != d->r->copy)
			continue; /* of what is called: its statement may go on to later lines */
		lines = branch_lines(d->r, b);
		if (!lines.first || lines.last >= d->r->req->line || is_within(d, at, lines.last) ||
		    ends_turn(d, b, header))
			continue;
		mark_tests(d->r, at);
		if (!d->r->marks[b])
			return true;
	}
	return false;
}

/* ---- conditions that were decided before ---- */

enum { MAX_STEPS = 16 }; /* blocks that are looked back through */

/* The frame's place (from rsp) that a move at i has in common with the register, SD_FRAME_UNKNOWN:
 * it is none. */
static s64 place_of(const struct sd_region *r, u32 i, u8 reg, bool load)
{
	struct sd_operands o;

	if (!sd_region_is_move(r, i) ||
	    !sd_code_operands(&r->bs->f->code, r->bs->f->v.v[i].addr, &o) || o.n != 2 ||
	    o.v[load ? 0 : 1].kind != SD_OPND_REG || o.v[load ? 0 : 1].reg != reg)
		return SD_FRAME_UNKNOWN;
	return o.v[load].value;
}

static bool changes(const struct sd_region *r, u32 i, u8 reg)
{
	const struct sd_insn *in = &r->bs->f->v.v[i];
	struct sd_operands o;

	return in->cls == SD_INSN_CALL || in->cls == SD_INSN_CALL_IND ||
	       (in->cls == SD_INSN_OTHER && sd_code_operands(&r->bs->f->code, in->addr, &o) &&
		o.n && o.v[0].written && o.v[0].kind == SD_OPND_REG && o.v[0].reg == reg);
}

/* Whether the register keeps its value from block q on, where it is compared, to block b; or from
 * what place of the frame it is loaded in between. Looks back along single ways. */
static bool is_kept(const struct sd_region *r, u32 q, u32 b, u8 reg, s64 *place_ret)
{
	const struct sd_blocks *bs = r->bs;

	*place_ret = SD_FRAME_UNKNOWN;
	for (u32 steps = 0; steps < MAX_STEPS && b != SD_NO_BLOCK && b != q; steps++) {
		for (u32 i = bs->v[b].end; i-- > bs->v[b].first;) {
			if (!changes(r, i, reg))
				continue;
			*place_ret = place_of(r, i, reg, true);
			return false;
		}
		b = bs->v[b].idom;
	}
	return b == q;
}

/* Whether the register that block q compares is saved to or loaded from that place there or before.
 */
static bool has_place(const struct sd_region *r, u32 q, u8 reg, s64 place)
{
	const struct sd_blocks *bs = r->bs;

	for (u32 steps = 0; steps < MAX_STEPS && q != SD_NO_BLOCK; steps++, q = bs->v[q].idom)
		for (u32 i = bs->v[q].first; i < bs->v[q].end; i++)
			if (place_of(r, i, reg, true) == place ||
			    place_of(r, i, reg, false) == place)
				return true;
	return false;
}

/* Whether blocks q and b compare the same value. */
static bool is_same_value(const struct sd_region *r, u32 q, const struct sd_operand *x, u32 b,
			  const struct sd_operand *y)
{
	s64 place;

	if (y->kind == SD_OPND_MEM && x->kind == SD_OPND_MEM)
		return is_same_operand(x, y);
	if (y->kind == SD_OPND_MEM)
		return y->base == SD_RSP && x->kind == SD_OPND_REG &&
		       has_place(r, q, x->reg, y->value);
	if (y->kind != SD_OPND_REG || is_kept(r, q, b, y->reg, &place))
		return y->kind == SD_OPND_REG && x->kind == SD_OPND_REG && x->reg == y->reg;
	if (place == SD_FRAME_UNKNOWN)
		return false;
	return x->kind == SD_OPND_REG
		       ? has_place(r, q, x->reg, place)
		       : x->kind == SD_OPND_MEM && x->base == SD_RSP && x->value == place;
}

/* Whether the outcome of a comparison of the same value on one edge can decide the line's: cases of
 * a `switch` are equalities with different values. */
static bool may_decide(const struct comparison *before, const struct comparison *ours)
{
	return !ours->equality || (before->equality && before->with.value == ours->with.value);
}

/* Compilers let a branch whose outcome is known go to its end at once. */
bool sd_doubt_is_decided_before(const struct sd_doubt *d, u32 insn)
{
	const struct sd_blocks *bs = d->r->bs;
	u32 b = bs->of[insn];
	struct comparison ours, before;

	if (sd_region_own_test(d->r, b) == SD_FLOW_NONE || !compared(d->r, b, &ours))
		return false;
	for (u32 k = 0; k < bs->v[b].nsucc; k++) {
		const struct sd_block *to = &bs->v[bs->edges[bs->v[b].succ + k]];

		for (u32 j = 0; j < to->npred; j++) {
			u32 q = bs->back[to->pred + j];

			if (q == b || bs->v[q].order == SD_NO_BLOCK || !is_branch(d->r, q) ||
			    branch_lines(d->r, q).last >= d->r->req->line ||
			    !compared(d->r, q, &before) || !may_decide(&before, &ours))
				continue;
			if (is_same_value(d->r, q, &before.v, b, &ours.v))
				return true;
		}
	}
	return false;
}
