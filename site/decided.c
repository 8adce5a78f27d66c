/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conditions whose outcome an earlier one decides: the same value is compared before, and on one of
 * its edges control goes past the line to where the line's own condition would lead.
 */
#include "site/doubt.h"

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
		return sd_operand_same(x, y);
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
static bool may_decide(const struct sd_comparison *before, const struct sd_comparison *ours)
{
	return !ours->equality || (before->equality && before->with.value == ours->with.value);
}

/* Compilers let a branch whose outcome is known go to its end at once. */
bool sd_doubt_is_decided_before(const struct sd_doubt *d, u32 insn)
{
	const struct sd_blocks *bs = d->r->bs;
	u32 b = bs->of[insn];
	struct sd_comparison ours, before;

	if (sd_region_own_test(d->r, b) == SD_FLOW_NONE || !sd_branch_compares(d->r, b, &ours))
		return false;
	for (u32 k = 0; k < bs->v[b].nsucc; k++) {
		const struct sd_block *to = &bs->v[bs->edges[bs->v[b].succ + k]];

		for (u32 j = 0; j < to->npred; j++) {
			u32 q = bs->back[to->pred + j];

			if (q == b || bs->v[q].order == SD_NO_BLOCK || !sd_is_branch(d->r, q) ||
			    sd_branch_lines(d->r, q).last >= d->r->req->line ||
			    !sd_branch_compares(d->r, q, &before) || !may_decide(&before, &ours))
				continue;
			if (is_same_value(d->r, q, &before.v, b, &ours.v))
				return true;
		}
	}
	return false;
}
