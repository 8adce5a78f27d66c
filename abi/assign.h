/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of the abi room: the two families of rules behind sd_abi_assign(). */
#ifndef SD_ABI_ASSIGN_H
#define SD_ABI_ASSIGN_H

#include "abi/abi.h"

/** A type may hold this many types by value before it is called damaged: hostile DWARF makes trees
 * without end. */
enum { SD_ABI_NODES = 1 << 16, SD_ABI_DEPTH = 64 };
/** Values and argument areas beyond this are damage, too: no offset can overflow below it. */
#define SD_ABI_SIZE_MAX ((u64)1 << 30)

void sd_abi_assign_go(bool regs, struct sd_type *const *params, u32 np,
		      struct sd_type *const *results, u32 nr, enum sd_dict dict,
		      struct sd_arena *arena, struct sd_loc *params_ret, struct sd_loc *results_ret,
		      struct sd_loc *dict_ret);
void sd_abi_assign_sysv(struct sd_type *const *params, u32 np, struct sd_type *const *results,
			u32 nr, struct sd_arena *arena, struct sd_loc *params_ret,
			struct sd_loc *results_ret);

static inline struct sd_loc sd_abi_unavailable(const char *why)
{
	return (struct sd_loc){.why = why};
}

static inline u64 sd_abi_align(u64 v, u64 align)
{
	return (v + align - 1) & ~(align - 1);
}

/** A value that lies in one run of memory at CFA + off; no piece when it has no size. */
static inline struct sd_loc sd_abi_at_cfa(struct sd_arena *arena, u64 off, u64 size)
{
	struct sd_loc loc = {0};

	if (!size)
		return loc;
	loc.pieces = sd_arena_new(arena, struct sd_piece);
	loc.n = 1;
	*loc.pieces = (struct sd_piece){.kind = SD_PIECE_CFA, .size = (u32)size, .off = (s64)off};
	return loc;
}

#endif
