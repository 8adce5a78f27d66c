/* SPDX-License-Identifier: BSD-2-Clause */
/* Function type → where each piece of each argument and result lies, by the calling convention's
 * rules. Pure. */
#ifndef SD_ABI_ABI_H
#define SD_ABI_ABI_H

#include "base/arena.h"
#include "types/loc.h"
#include "types/type.h"

enum sd_abi {
	SD_ABI_GO_STACK, /* ABI0: Go ≤ 1.16, assembly */
	SD_ABI_GO_REGS,	 /* ABIInternal, Go ≥ 1.17 amd64 (abi-internal.md) */
	SD_ABI_SYSV,	 /* System V AMD64 */
};

/** Where the hidden dictionary pointer of a generic shape function stands (FACTS B4). */
enum sd_dict {
	SD_DICT_NONE,
	SD_DICT_FIRST,	/* before everything: functions; methods of 1.18, 1.19 */
	SD_DICT_SECOND, /* after the receiver: methods of ≥ 1.20 */
};

/** Locations of params[i] and results[i] at function entry and at RET. CFA is the address just
 * above the return address: stack pieces are SD_PIECE_CFA. A type that cannot be assigned (unknown,
 * incomplete) makes it and everything whose place depends on it unavailable, with the reason; never
 * a guess. params_ret and results_ret: arrays of np and nr locations, in the arena. dict_ret (may
 * be NULL): the dictionary's. */
void sd_abi_assign(enum sd_abi abi, struct sd_type *const *params, u32 np,
		   struct sd_type *const *results, u32 nr, enum sd_dict dict,
		   struct sd_arena *arena, struct sd_loc *params_ret, struct sd_loc *results_ret,
		   struct sd_loc *dict_ret);

/** Cross-check (DESIGN §5): does what DWARF says (dw) agree with the ABI's own account (abi) for a
 * value of that type? Padding may be missing in dw. Agreement: every dw piece that is present lies
 * where abi has those bytes. */
bool sd_loc_agree(const struct sd_loc *abi, const struct sd_loc *dw);

#endif
