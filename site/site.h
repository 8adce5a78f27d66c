/* SPDX-License-Identifier: BSD-2-Clause */
/* Where to probe a function, and why there: entry, returns, inlined copies (DESIGN §4.2). */
#ifndef SD_SITE_SITE_H
#define SD_SITE_SITE_H

#include "base/arena.h"
#include "base/err.h"
#include "dwarf/dwarf.h"
#include "elf/elf.h"
#include "insn/insn.h"
#include "lang/func.h"
#include "types/loc.h"

enum sd_site_kind {
	SD_SITE_ENTRY,
	SD_SITE_RETURN,
	SD_SITE_INLINED, /* entry of an inlined copy */
	SD_SITE_ADDR,	 /* an address the user gave */
	SD_SITE_LINE,	 /* a source line (later) */
};

struct sd_site {
	enum sd_site_kind kind;
	struct sd_vaddr addr;
	struct sd_foff off;
	struct sd_insn insn;
	bool drop_if_be;  /* drop the hit when CF or ZF is set: the jbe of a stack check will be
			     taken */
	bool args_at_abi; /* entry: arguments still lie where the ABI puts them at function entry */
	struct sd_cfa cfa; /* at addr, before the instruction runs */
	u32 frail;   /* bits of DWARF registers (sd_code_lost_args()) whose arguments are lost at
		      * hits that a taken stack check comes before: those at which rbx is `restart`
		      */
	u64 restart; /* link-time address; 0: such hits cannot be told */
	const char *why; /* why this place; literal or in the arena */
};

struct sd_entry_request {
	enum sd_lang lang;
	bool regabi;  /* Go ≥ 1.17 */
	u32 arg_regs; /* bit set of DWARF registers that hold arguments (they must be intact at the
			 site); 0 with regabi: all nine */
};

/** The entry site of the function [entry, end). Decodes from entry only along boundaries. Error:
 * the bytes cannot be decoded, or no instruction there can be probed. */
sd_must_check struct sd_err *sd_site_entry(struct sd_elf *elf, const struct sd_func *fn,
					   const struct sd_entry_request *req,
					   struct sd_arena *arena, struct sd_site *ret);
/** All return sites (every RET) of the function; tail_jumps_ret: jumps that leave the function (no
 * return seen there). Linear decoding that checks that control never falls into undecodable bytes;
 * jump tables and padding handled. For Go the whole [entry, end) is code; int3/ud2/zero padding at
 * the end is skipped. */
sd_must_check struct sd_err *sd_site_returns(struct sd_elf *elf, const struct sd_func *fn,
					     struct sd_arena *arena, struct sd_site **ret,
					     u32 *n_ret, u32 *tail_jumps_ret);
/** How many of the wanted arguments have a location at pc. */
typedef u32 (*sd_site_have_fn)(void *ctx, u64 pc);
/** The site of an inlined copy: have() (NULL: nothing is wanted) is asked at each instruction of
 * the entry block, for locations that end again within it are seen too. Chooses the first emulated
 * instruction of those where most arguments have locations, else the first of those; loop heads are
 * avoided: a block that is jumped to from inside itself would be hit again. fn is the function that
 * holds the code (its boundaries are decoded from its entry). Ask for the locations again at the
 * site that comes back: fewer than all may be there. */
sd_must_check struct sd_err *sd_site_inlined_where(struct sd_elf *elf, const struct sd_func *fn,
						   const u64 (*ranges)[2], u32 nranges,
						   sd_site_have_fn have, void *ctx,
						   struct sd_arena *arena, struct sd_site *ret);
/** The site at an address the user gave: must be an instruction boundary of fn. */
sd_must_check struct sd_err *sd_site_addr(struct sd_elf *elf, const struct sd_func *fn,
					  struct sd_vaddr addr, struct sd_arena *arena,
					  struct sd_site *ret);
/** The direct call from fn to the function at callee (first one); for the runtime's bookkeeping
 * sites. ret untouched and false when there is none. */
bool sd_site_call_to(struct sd_elf *elf, const struct sd_func *fn, struct sd_vaddr callee,
		     struct sd_site *ret);

/** Go: how a closure captured a variable, from its code (sd_captured_fn; ctx: the struct sd_elf).
 */
enum sd_captured sd_site_captured(void *ctx, const struct sd_capture *c);

#endif
