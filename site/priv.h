/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside site: a function's code, decoded; where control goes in it; where the frame lies at each
 * instruction. */
#ifndef SD_SITE_PRIV_H
#define SD_SITE_PRIV_H

#include "base/vec.h"
#include "site/site.h"

#define SD_FLOW_NONE UINT32_MAX
#define SD_FLOW_MAX_SIZE                                                                           \
	(16u << 20) /* bytes of one function: what is larger is damage, not code                   \
		     */

/* Function bytes as they lie in the file: from fn->entry to fn->end or to the end of the segment.
 */
struct sd_code {
	const struct sd_func *fn; /* borrowed */
	const u8 *p;		  /* borrowed from the ELF file */
	u64 lo;
	u64 hi;
	u64 tail; /* from here on only int3 and zero bytes: padding at an instruction boundary */
};

/* Decoded, in ascending order, without gaps from lo on. */
struct sd_flow {
	struct sd_code code;
	SD_VEC(struct sd_insn) v; /* as sd_insn_try() leaves them */
	u64 bad; /* address where decoding stopped before the end; 0: all is code or padding */
	bool has_indirect_jump;
};

struct sd_err *sd_code_init(struct sd_elf *elf, const struct sd_func *fn, struct sd_code *ret);
/** Go: registers of arguments (bits of DWARF numbers) that do not survive a taken stack check,
 * which starts the function again: the compiler saves none where no parameter is used (seen on 1.17
 * to 1.27). *back_ret: the address behind the call to morestack; control comes from runtime.gogo,
 * with it in rbx. */
u32 sd_code_lost_args(const struct sd_code *c, u64 *back_ret);
/** The instruction at addr in code; false when addr is outside or the bytes are none. */
bool sd_code_insn(const struct sd_code *c, u64 addr, struct sd_insn *ret);
bool sd_code_operands(const struct sd_code *c, u64 addr, struct sd_operands *ret);

struct sd_err *sd_flow_init(struct sd_elf *elf, const struct sd_func *fn, struct sd_flow *ret);
void sd_flow_deinit(struct sd_flow *f);
/** The index of the instruction at addr, SD_FLOW_NONE when none starts there. */
u32 sd_flow_find(const struct sd_flow *f, u64 addr);
/** Whether control goes on to the next instruction. */
bool sd_insn_falls_through(const struct sd_insn *in);
/** Marks (marks[n], zeroed by the caller) all instructions that control can reach from the entry
 * without executing instruction `without` (SD_FLOW_NONE: none left out). Indirect jumps go to every
 * place that nothing else leads to. */
void sd_flow_reach(const struct sd_flow *f, u32 without, u8 *marks);
/** A bit for each instruction that a direct jump in the function goes to. */
void sd_flow_targets(const struct sd_flow *f, u8 *marks);
/** Where the frame lies before each instruction; ret[n]. */
void sd_flow_frames(const struct sd_flow *f, struct sd_cfa *ret);

/* rsp and rbp as offsets from the CFA: CFA = rsp + sp = rbp + bp. */
#define SD_FRAME_UNKNOWN INT32_MIN
struct sd_frame {
	s32 sp;
	s32 bp;
};

/** As sd_flow_frames(), by both registers. at[n], zeroed by the caller. */
void sd_flow_frame_regs(const struct sd_flow *f, struct sd_frame *at);
/** What the instruction at in does to the frame. */
void sd_frame_step(const struct sd_code *c, const struct sd_insn *in, struct sd_frame *fr);
struct sd_cfa sd_frame_cfa(struct sd_frame fr);

/** Fills addr, off and insn (all of it) of the site; error when the kernel refuses a probe there,
 * or it is not in the file. */
struct sd_err *sd_site_fill(struct sd_elf *elf, const struct sd_code *c, u64 addr,
			    struct sd_site *ret);

/** Whether it may fault: then the call ends (Go: a nil dereference panics) before a later site sees
 * it. */
bool sd_code_may_fault(const struct sd_code *c, const struct sd_insn *in);

#endif
