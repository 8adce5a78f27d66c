/* SPDX-License-Identifier: BSD-2-Clause */
/* What one machine instruction is, and how the kernel would complete it under a uprobe. The only
 * user of Zydis. */
#ifndef SD_INSN_INSN_H
#define SD_INSN_INSN_H

#include "base/base.h"
#include "base/err.h"

enum sd_insn_class {
	SD_INSN_OTHER,
	SD_INSN_NOP,
	SD_INSN_PUSH_REG, /* push r64 */
	SD_INSN_JMP,	  /* unconditional, direct */
	SD_INSN_JMP_IND,  /* unconditional, indirect; also far returns */
	SD_INSN_JCC,	  /* conditional, direct; also jrcxz, loop*, xbegin (cc is SD_CC_OTHER) */
	SD_INSN_CALL,	  /* direct */
	SD_INSN_CALL_IND,
	SD_INSN_RET,
	SD_INSN_ENDBR,
	SD_INSN_TRAP, /* int3, int1, ud0–ud2, hlt, sysret, sysexit; syscall excluded */
};

#define SD_CC_OTHER 16

/** How the kernel completes the probed instruction (FACTS A1.1); what differs by kernel is what
 * most kernels do. */
enum sd_completion {
	SD_EMULATED, /* in the int3 handler */
	SD_STEPPED, /* a copy is single-stepped: 10–30 times dearer where the hypervisor traps #DB
		     */
	SD_REFUSED, /* no probe here: the kernel refuses it (lock, cs prefix …), or accepts it and
		       then gets the instruction wrong (see insn/completion.c) */
};

struct sd_insn {
	u64 addr;
	u8 len;
	u8 cls;		 /* enum sd_insn_class */
	u8 completion;	 /* enum sd_completion */
	u8 cc;		 /* JCC: condition code, low nibble of the opcode (6: jbe/jna) */
	s8 push_reg;	 /* PUSH_REG: DWARF register number */
	bool has_target; /* JMP, JCC, CALL: target is valid */
	u64 target;
	bool frame; /* may change rsp or rbp: ask sd_insn_operands() (may be true for nothing, never
		       false wrongly) */
	/* sd_insn_try() leaves these 0 (they cost three times the rest); sd_insn_decode() fills
	 * them: */
	u32 reads;	/* bit set of DWARF integer registers 0–15 read (explicit and implicit) */
	u32 writes;	/* bit set of DWARF integer registers 0–15 written, whole or in part */
	u32 xmm_writes; /* bit set of XMM registers written */
	bool writes_mem;
	u16 mnemonic; /* Zydis' own number; compare within insn only */
};

/** Decodes one instruction of 64-bit code at bytes (n available), which lies at link-time address
 * addr. Error when the bytes are no instruction. */
sd_must_check struct sd_err *sd_insn_decode(const u8 *bytes, size_t n, u64 addr,
					    struct sd_insn *ret);
/** As sd_insn_decode() without an error object and without reads, writes, xmm_writes, writes_mem
 * (0): false when the bytes are no instruction. For hot loops. */
bool sd_insn_try(const u8 *bytes, size_t n, u64 addr, struct sd_insn *ret);
/** Intel or AT&T text of the instruction ("push %rbp", AT&T as objdump writes it) into buf; returns
 * buf. */
const char *sd_insn_text(const u8 *bytes, size_t n, u64 addr, char *buf, size_t bufsize);

/** The few operations that prologues are made of; everything else is SD_OP_OTHER. */
enum sd_op {
	SD_OP_OTHER,
	SD_OP_MOV,   /* also of segment-relative memory; not movzx, movsx, SSE */
	SD_OP_MOVSS, /* movss, movsd, movups, movaps of XMM registers */
	SD_OP_LEA,
	SD_OP_ADD,
	SD_OP_SUB,
	SD_OP_AND,
	SD_OP_CMP,
	SD_OP_TEST,
	SD_OP_PUSH,
	SD_OP_POP,
	SD_OP_LEAVE,
	SD_OP_XOR, /* integers; xorps and pxor too */
	SD_OP_SETCC,
	SD_OP_MOVZX,
	SD_OP_CMOV, /* any condition; integers */
	SD_OP_FCMP, /* ucomiss, ucomisd, comiss, comisd */
};

enum sd_operand_kind { SD_OPND_OTHER, SD_OPND_REG, SD_OPND_XMM, SD_OPND_MEM, SD_OPND_IMM };
#define SD_OPND_NOREG 255

struct sd_operand {
	u8 kind; /* enum sd_operand_kind */
	bool read;
	bool written;
	u8 reg;	  /* REG: DWARF number, of the whole register; XMM: 0–31 */
	u8 base;  /* MEM: DWARF number, 16 for rip, SD_OPND_NOREG */
	u8 index; /* MEM: as base */
	u8 scale;
	bool segment; /* MEM: relative to fs or gs */
	u16 size;     /* bytes */
	s64 value;    /* IMM, or MEM: displacement */
};

/** Explicit operands, destination first (Intel's order); implicit ones (push's rsp) are not listed.
 */
struct sd_operands {
	u8 op; /* enum sd_op */
	u8 n;
	struct sd_operand v[4];
};

/** The operands of the instruction at bytes; false when the bytes are no instruction. */
bool sd_insn_operands(const u8 *bytes, size_t n, struct sd_operands *ret);
/** Recognises Go's stack check helper pieces: `cmp 0x10(%r14),%rsp`-like (memory operand disp 16,
 * g.stackguard0, off r14 or rcx; 24, g.stackguard1, in functions that run on the system stack). */
bool sd_insn_is_go_stack_check_cmp(const u8 *bytes, size_t n, u64 addr);
/** `mov %fs:DISP,%reg`: true and the displacement (how Go ≤ 1.16 and ABI0 find g). */
bool sd_insn_is_fs_load(const u8 *bytes, size_t n, u64 addr, s32 *disp_ret, u8 *reg_ret);
const char *sd_completion_name(enum sd_completion c); /* "emulated", "single-stepped", "refused" */

#endif
