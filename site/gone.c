/* SPDX-License-Identifier: BSD-2-Clause */
/* What no code uses any more, and so need not be there: arguments that the stack check loses, what
 * a dead variable points to. */
#include "site/lines.h"

/* Whether instructions [from, to) write what the piece names. */
static bool is_written(const struct sd_lines *l, u32 from, u32 to, const struct sd_piece *p)
{
	for (u32 i = from; i < to; i++)
		if (sd_code_writes(l, i, p))
			return true;
	return false;
}

/* Whether the register of the piece may still hold, before instruction insn, what the function was
 * called with. */
static bool may_be_argument(const struct sd_lines *l, const struct sd_piece *p, u32 insn)
{
	const struct sd_blocks *bs = &l->blocks;
	struct sd_arena tmp = {0};
	bool *seen = sd_arena_array(&tmp, bool, bs->n), may = false;
	u32 *todo = sd_arena_array(&tmp, u32, bs->n + 1), n = 0, b = bs->of[insn];

	if (!is_written(l, bs->v[b].first, insn, p))
		todo[n++] = b;
	while (n && !may) {
		const struct sd_block *at = &bs->v[todo[--n]];

		may = !at->first;
		for (u32 k = 0; k < at->npred; k++) {
			b = bs->back[at->pred + k];
			if (seen[b] || is_written(l, bs->v[b].first, bs->v[b].end, p))
				continue;
			seen[b] = true;
			todo[n++] = b;
		}
	}
	sd_arena_deinit(&tmp);
	return may;
}

void sd_code_check_lost(const struct sd_lines *l, u32 insn, struct sd_local *v)
{
	u64 back;
	u32 lost;

	if (!l->go || !sd_go_layout(l->go)->regabi || l->fn.abi0 || !v->loc.n)
		return;
	lost = sd_code_lost_args(&l->flow.code, &back);
	for (u32 i = 0; i < v->loc.n && lost; i++) {
		const struct sd_piece *p = &v->loc.pieces[i];
		u32 reg = p->kind == SD_PIECE_XMM ? (u32)SD_XMM0 + p->reg : p->reg;

		if ((p->kind == SD_PIECE_XMM || p->kind == SD_PIECE_REG) && reg < 32 &&
		    lost >> reg & 1 && may_be_argument(l, p, insn)) {
			v->loc = (struct sd_loc){
				.why = "unused argument, may be lost in the stack check"};
			return;
		}
	}
}

/* Whether a call may have been made since the place was used for the last time. */
static bool is_call_since(const struct sd_lines *l, const struct sd_piece *p, u32 insn)
{
	const struct sd_blocks *bs = &l->blocks;
	struct sd_arena tmp = {0};
	bool *seen = sd_arena_array(&tmp, bool, bs->n), call = false;
	u32 *todo = sd_arena_array(&tmp, u32, bs->n + 1), n = 0, i = insn, b = bs->of[insn];

	todo[n++] = b;
	while (n && !call) {
		b = todo[--n];
		for (i = i == insn ? insn : bs->v[b].end; i > bs->v[b].first; i--) {
			u8 cls = l->flow.v.v[i - 1].cls;

			if (sd_code_writes(l, i - 1, p) || sd_code_reads(l, i - 1, p))
				break;
			call |= cls == SD_INSN_CALL || cls == SD_INSN_CALL_IND;
		}
		for (u32 k = 0; k < bs->v[b].npred && i == bs->v[b].first; k++) {
			u32 from = bs->back[bs->v[b].pred + k];

			if (!seen[from])
				todo[n++] = from;
			seen[from] = true;
		}
		i = SD_FLOW_NONE;
	}
	sd_arena_deinit(&tmp);
	return call;
}

bool sd_code_is_let_go(struct sd_lines *l, u32 insn, const struct sd_local *v)
{
	for (u32 i = 0; i < v->loc.n; i++) {
		struct sd_piece p = v->loc.pieces[i];

		if (p.kind != SD_PIECE_CFA) /* in a register: used since the last call */
			continue;
		if (p.deref)
			p.size = 8;
		p.deref = false;
		if (!sd_code_is_live(l, insn, &p, v->fixed && !v->escaped, 0) &&
		    is_call_since(l, &p, insn))
			return true;
	}
	return false;
}
