/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conditions whose outcome an earlier one decides: the same value is compared before, and on one of
 * its edges control goes past the line to where the line's own condition would lead.
 */
#include "site/doubt.h"

enum { MAX_STEPS = 16 }; /* blocks that are looked back through */

static bool is_register(const struct sd_operand *o)
{
	return o->kind == SD_OPND_REG || o->kind == SD_OPND_XMM;
}

/* The frame's place (from rsp) that a move at i has in common with the register, SD_FRAME_UNKNOWN:
 * it is none. */
static s64 place_of(const struct sd_region *r, u32 i, const struct sd_operand *reg, bool load)
{
	struct sd_operands o;

	if (!sd_region_is_move(r, i) ||
	    !sd_code_operands(&r->bs->f->code, r->bs->f->v.v[i].addr, &o) || o.n != 2 ||
	    !sd_operand_same(&o.v[load ? 0 : 1], reg))
		return SD_FRAME_UNKNOWN;
	return o.v[load ? 1 : 0].value;
}

static bool changes(const struct sd_region *r, u32 i, const struct sd_operand *reg)
{
	const struct sd_insn *in = &r->bs->f->v.v[i];
	struct sd_operands o;

	return in->cls == SD_INSN_CALL || in->cls == SD_INSN_CALL_IND ||
	       (in->cls == SD_INSN_OTHER && sd_code_operands(&r->bs->f->code, in->addr, &o) &&
		o.n && o.v[0].written && sd_operand_same(&o.v[0], reg));
}

/* Whether the register keeps its value from block q on, where it is compared, to block b; or from
 * what place of the frame it is loaded in between. Looks back along single ways. */
static bool is_kept(const struct sd_region *r, u32 q, u32 b, const struct sd_operand *reg,
		    s64 *place_ret)
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
static bool has_place(const struct sd_region *r, u32 q, const struct sd_operand *reg, s64 place)
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
		return sd_operand_same(x, y);
	if (y->kind == SD_OPND_MEM)
		return y->base == SD_RSP && is_register(x) && has_place(r, q, x, y->value);
	if (!is_register(y))
		return false;
	if (is_kept(r, q, b, y, &place))
		return sd_operand_same(x, y);
	if (place == SD_FRAME_UNKNOWN)
		return false;
	return is_register(x) ? has_place(r, q, x, place)
			      : x->kind == SD_OPND_MEM && x->base == SD_RSP && x->value == place;
}

/* What block b compares before its jump, there or at the end of a block that leads to it. */
static bool compares(const struct sd_region *r, u32 b, struct sd_comparison *ret, u32 *at_ret)
{
	const struct sd_block *v = &r->bs->v[b];

	*at_ret = b;
	if (sd_branch_compares(r, b, ret))
		return true;
	for (u32 k = 0; k < v->npred && v->end - v->first == 1; k++) {
		*at_ret = r->bs->back[v->pred + k];
		if (sd_branch_compares(r, *at_ret, ret))
			return true;
	}
	return false;
}

/* Whether block b does nothing but load values that what follows needs. */
static bool is_passing(const struct sd_region *r, u32 b)
{
	const struct sd_block *v = &r->bs->v[b];

	for (u32 i = v->first; i < v->end; i++) {
		enum sd_insn_class cls = r->bs->f->v.v[i].cls;

		if (cls != SD_INSN_JMP && cls != SD_INSN_NOP && !sd_region_is_move(r, i))
			return false;
	}
	return v->nsucc == 1;
}

/* Where control that goes to block b comes to where there is something to do. */
static u32 end_of_way(const struct sd_region *r, u32 b)
{
	for (u32 steps = 0; steps < MAX_STEPS && is_passing(r, b); steps++)
		b = r->bs->edges[r->bs->v[b].succ];
	return b;
}

static bool leads_to(const struct sd_region *r, u32 q, u32 end)
{
	const struct sd_block *v = &r->bs->v[q];

	for (u32 k = 0; k < v->nsucc; k++)
		if (end_of_way(r, r->bs->edges[v->succ + k]) == end)
			return true;
	return false;
}

/* Whether the outcome of a comparison of the same value on one edge can decide the line's: cases of
 * a `switch` are equalities with different values, and found in any order. */
static bool may_decide(const struct sd_region *r, u32 q, const struct sd_comparison *before, u32 b,
		       const struct sd_comparison *ours)
{
	return !ours->equality || (before->equality && before->with.value == ours->with.value) ||
	       sd_block_dominates(r->bs, q, b);
}

/* Whether branch q, of an earlier line, compares what block b does, before its jump or before. */
static bool is_earlier_test(const struct sd_region *r, u32 q, u32 b)
{
	struct sd_comparison ours, before;
	u32 at, before_at;

	return sd_branch_lines(r, q).last < r->req->line && compares(r, b, &ours, &at) &&
	       compares(r, q, &before, &before_at) && may_decide(r, q, &before, b, &ours) &&
	       is_same_value(r, before_at, &before.v, at, &ours.v);
}

/* Compilers let a branch whose outcome is known go to its end at once. */
bool sd_doubt_is_decided_before(const struct sd_doubt *d, u32 insn)
{
	const struct sd_blocks *bs = d->r->bs;
	u32 b = bs->of[insn];

	if (sd_region_own_test(d->r, b) == SD_FLOW_NONE)
		return false;
	for (u32 q = 0; q < bs->n; q++) {
		if (q == b || bs->v[q].order == SD_NO_BLOCK || !sd_is_branch(d->r, q) ||
		    !is_earlier_test(d->r, q, b))
			continue;
		for (u32 k = 0; k < bs->v[b].nsucc; k++)
			if (leads_to(d->r, q, end_of_way(d->r, bs->edges[bs->v[b].succ + k])))
				return true;
	}
	return false;
}
