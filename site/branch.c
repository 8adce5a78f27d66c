/* SPDX-License-Identifier: BSD-2-Clause */
/* Branches: of which line they are, and what they compare. */
#include "site/doubt.h"

struct sd_branch_lines sd_branch_lines(const struct sd_region *r, u32 b)
{
	const struct sd_block *v = &r->bs->v[b];
	u32 jump = sd_doubt_line_of(r, v->end - 1), test = 0;

	for (u32 i = v->end - 1; !test && i-- > v->first;) {
		struct sd_operands o;

		if (!sd_code_operands(&r->bs->f->code, r->bs->f->v.v[i].addr, &o) ||
		    !sd_op_compares(o.op))
			continue;
		test = sd_doubt_line_of(r, i);
		if (test && r->stmt[i])
			return (struct sd_branch_lines){test, test};
	}
	if (!jump || !test || r->stmt[v->end - 1])
		return (struct sd_branch_lines){jump ? jump : test, jump ? jump : test};
	return (struct sd_branch_lines){SD_MIN(jump, test), SD_MAX(jump, test)};
}

static bool is_equality(const struct sd_region *r, u32 jump)
{
	const struct sd_code *code = &r->bs->f->code;
	const u8 *p = code->p + (r->bs->f->v.v[jump].addr - code->lo);
	u8 op = p[0] == 0x0f && r->bs->f->v.v[jump].len > 1 ? p[1] - 0x10 : p[0];

	return op == 0x74 || op == 0x75;
}

bool sd_branch_compares(const struct sd_region *r, u32 b, struct sd_comparison *ret)
{
	const struct sd_block *v = &r->bs->v[b];

	for (u32 i = v->end - 1; i-- > v->first;) {
		struct sd_operands o;

		if (!sd_code_operands(&r->bs->f->code, r->bs->f->v.v[i].addr, &o))
			return false;
		if (sd_op_compares(o.op) && o.n == 2) {
			*ret = (struct sd_comparison){.v = o.v[0],
						      .with = o.v[1],
						      .equality = is_equality(r, v->end - 1)};
			return true;
		}
	}
	return false;
}

bool sd_operand_same(const struct sd_operand *a, const struct sd_operand *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == SD_OPND_REG || a->kind == SD_OPND_XMM)
		return a->reg == b->reg;
	return a->kind == SD_OPND_MEM && a->base == b->base && a->index == b->index &&
	       a->value == b->value;
}

bool sd_is_branch(const struct sd_region *r, u32 b)
{
	const struct sd_block *v = &r->bs->v[b];
	u32 alive = 0;

	for (u32 k = 0; k < v->nsucc; k++)
		alive += r->bs->v[r->bs->edges[v->succ + k]].alive;
	return alive > 1;
}
