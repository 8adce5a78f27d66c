/* SPDX-License-Identifier: BSD-2-Clause */
/* Which rules a function follows, and whether debug information tells the same story as the rules.
 */
#include "abi/assign.h"

void sd_abi_assign(enum sd_abi abi, struct sd_type *const *params, u32 np,
		   struct sd_type *const *results, u32 nr, enum sd_dict dict,
		   struct sd_arena *arena, struct sd_loc *params_ret, struct sd_loc *results_ret,
		   struct sd_loc *dict_ret)
{
	if (abi != SD_ABI_SYSV) {
		sd_abi_assign_go(abi == SD_ABI_GO_REGS, params, np, results, nr, dict, arena,
				 params_ret, results_ret, dict_ret);
		return;
	}
	sd_abi_assign_sysv(params, np, results, nr, arena, params_ret, results_ret);
	if (dict_ret)
		*dict_ret = sd_abi_unavailable("the function has no dictionary");
}

/* Where byte `skip` of a piece lies, in a form that can be compared. */
struct place {
	u8 kind, reg;
	bool deref;
	s64 off, off2;
};

static struct place place_of(const struct sd_piece *p, u32 skip)
{
	struct place at = {.kind = p->kind};

	switch (p->kind) {
	case SD_PIECE_REG:
	case SD_PIECE_XMM:
		at.reg = p->reg;
		at.off = skip;
		break;
	case SD_PIECE_REGVAL: /* "the value is the register": as if it were in it */
		at.reg = p->reg;
		at.off = p->off;
		if (!p->off) {
			at.kind = SD_PIECE_REG;
			at.off = skip;
		}
		break;
	case SD_PIECE_CFA:
	case SD_PIECE_MEM:
	case SD_PIECE_ADDR:
		at.reg = p->kind == SD_PIECE_MEM ? p->reg : 0;
		at.deref = p->deref;
		at.off = p->deref ? p->off : (s64)((u64)p->off + skip);
		at.off2 = p->deref ? (s64)((u64)p->off2 + skip) : 0;
		break;
	default:
		at.off = p->off;
		break;
	}
	return at;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->kind == b->kind && a->reg == b->reg && a->deref == b->deref && a->off == b->off &&
	       a->off2 == b->off2;
}

bool sd_loc_agree(const struct sd_loc *abi, const struct sd_loc *dw)
{
	for (u32 i = 0; i < dw->n; i++) {
		const struct sd_piece *d = &dw->pieces[i];
		u64 d_end = (u64)d->value_off + d->size;

		if (d->kind == SD_PIECE_NONE || !d->size)
			continue;
		if (abi->why)
			return false;
		for (u32 k = 0; k < abi->n; k++) {
			const struct sd_piece *a = &abi->pieces[k];
			u32 from = SD_MAX(a->value_off, d->value_off);
			struct place pa, pd;

			if (from >= (u64)a->value_off + a->size || from >= d_end)
				continue;
			pa = place_of(a, from - a->value_off);
			pd = place_of(d, from - d->value_off);
			if (a->kind == SD_PIECE_NONE || !same_place(&pa, &pd))
				return false;
		}
	}
	return true;
}
