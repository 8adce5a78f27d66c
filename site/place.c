/* SPDX-License-Identifier: BSD-2-Clause */
/* Places as numbers, and what one instruction does with a place: a move, a choice, a constant, work
 * of a statement. */
#include "site/assigned.h"

#include <stdlib.h>
#include <string.h>

u32 sd_asg_line_of(const struct sd_asg_walk *w, u32 i)
{
	const struct sd_position at = sd_code_position(&w->l->code, w->l->flow.v.v[i].addr,
						       w->depth);

	return at.copy == w->copy ? at.line : 0;
}

bool sd_asg_place_of(const struct sd_piece *p, u32 *ret)
{
	if (p->kind == SD_PIECE_REG && p->reg < 16)
		*ret = p->reg;
	else if (p->kind == SD_PIECE_XMM)
		*ret = SD_ASG_XMM | p->reg;
	else if (p->kind == SD_PIECE_CFA && !p->deref && p->off > -(1 << 30) && p->off < 1 << 30)
		*ret = SD_ASG_FRAME | ((u32)p->off & ~(u32)SD_ASG_FRAME);
	else
		return false;
	return true;
}

s64 sd_asg_frame_offset(u32 place)
{
	return (s32)(place << 1) >> 1;
}

struct sd_piece sd_asg_piece_of(u32 place)
{
	if (place & SD_ASG_FRAME)
		return (struct sd_piece){
			.kind = SD_PIECE_CFA, .off = sd_asg_frame_offset(place), .size = 1};
	return (struct sd_piece){.kind = place & SD_ASG_XMM ? SD_PIECE_XMM : SD_PIECE_REG,
				 .reg = place & 0xff};
}

bool sd_asg_operand_place(const struct sd_asg_walk *w, u32 i, const struct sd_operand *o, u32 *ret)
{
	struct sd_frame fr = w->l->frames[i];
	struct sd_piece p = {.kind = SD_PIECE_CFA};
	s32 base = o->base == SD_RSP ? fr.sp : o->base == SD_RBP ? fr.bp : SD_FRAME_UNKNOWN;

	switch (o->kind) {
	case SD_OPND_REG:
		p.kind = SD_PIECE_REG;
		p.reg = o->reg;
		break;
	case SD_OPND_XMM:
		p.kind = SD_PIECE_XMM;
		p.reg = o->reg;
		break;
	case SD_OPND_MEM:
		if (o->segment || base == SD_FRAME_UNKNOWN || o->index != SD_OPND_NOREG)
			return false;
		p.off = o->value - base;
		break;
	default:
		return false;
	}
	return sd_asg_place_of(&p, ret);
}

bool sd_asg_is_move(const struct sd_asg_walk *w, u32 i, u32 *from_ret)
{
	const struct sd_insn *in = &w->l->flow.v.v[i];
	struct sd_operands o;
	u32 to;

	return in->cls == SD_INSN_OTHER && sd_code_operands(&w->l->flow.code, in->addr, &o) &&
	       o.n == 2 && (o.op == SD_OP_MOV || o.op == SD_OP_MOVSS) &&
	       sd_asg_operand_place(w, i, &o.v[0], &to) &&
	       sd_asg_operand_place(w, i, &o.v[1], from_ret);
}

bool sd_asg_is_choice(const struct sd_asg_walk *w, u32 i, u32 *from_ret)
{
	const struct sd_insn *in = &w->l->flow.v.v[i];
	struct sd_operands o;

	return in->cls == SD_INSN_OTHER && sd_code_operands(&w->l->flow.code, in->addr, &o) &&
	       o.n == 2 && o.op == SD_OP_CMOV && sd_asg_operand_place(w, i, &o.v[1], from_ret);
}

bool sd_asg_is_constant(const struct sd_asg_walk *w, u32 i)
{
	const struct sd_insn *in = &w->l->flow.v.v[i];
	struct sd_operands o;

	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&w->l->flow.code, in->addr, &o) ||
	    o.n != 2)
		return false;
	if (o.op == SD_OP_XOR)
		return o.v[0].kind == o.v[1].kind && o.v[0].reg == o.v[1].reg;
	if (o.op == SD_OP_LEA) /* of a string */
		return o.v[1].base == SD_RIP;
	return (o.op == SD_OP_MOV && o.v[1].kind == SD_OPND_IMM) ||
	       (o.op == SD_OP_MOVSS && o.v[1].kind == SD_OPND_MEM && o.v[1].base == SD_RIP);
}

u32 sd_asg_at_line(const struct sd_asg_walk *w, u32 line)
{
	for (u32 i = 0; line && i < w->n; i++)
		if (line >= w->a[i].first && line <= w->a[i].last)
			return i;
	return SD_ASG_NONE;
}

bool sd_asg_is_work(const struct sd_asg_walk *w, u32 i)
{
	u32 from;

	return w->l->flow.v.v[i].cls != SD_INSN_NOP && !sd_asg_is_move(w, i, &from) &&
	       !sd_asg_is_constant(w, i);
}

bool sd_asg_is_next(const struct sd_asg_walk *w, u32 i, const struct sd_piece *p)
{
	u32 from;

	return w->l->flow.v.v[i].cls == SD_INSN_OTHER && sd_asg_is_work(w, i) &&
	       !sd_asg_is_choice(w, i, &from) && sd_code_reads(w->l, i, p) &&
	       sd_code_computes(w->l, i);
}
