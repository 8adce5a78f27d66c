/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a value lies at a site: the one model that the ABI rules, DWARF location lists, the planner
 * and the decoder share. A value is a run of bytes; each piece says where some of them are.
 */
#ifndef SD_TYPES_LOC_H
#define SD_TYPES_LOC_H

#include "base/arena.h"
#include "base/base.h"

/** x86-64 register numbers are DWARF's (System V psABI, figure 3.36): they are the indices of a
 * record's registers. */
enum sd_reg {
	SD_RAX,
	SD_RDX,
	SD_RCX,
	SD_RBX,
	SD_RSI,
	SD_RDI,
	SD_RBP,
	SD_RSP,
	SD_R8,
	SD_R9,
	SD_R10,
	SD_R11,
	SD_R12,
	SD_R13,
	SD_R14,
	SD_R15,
	SD_RIP,	      /* 16 */
	SD_XMM0 = 17, /* XMMn is 17 + n, to 32 */
	SD_NREGS = 17,
};

enum sd_piece_kind {
	SD_PIECE_NONE,	 /* not there: why says so ("optimized out") */
	SD_PIECE_REG,	 /* in integer register reg, from its lowest byte */
	SD_PIECE_XMM,	 /* in XMM register reg (0–15), from its lowest byte */
	SD_PIECE_CFA,	 /* in memory at CFA + off */
	SD_PIECE_MEM,	 /* in memory at register reg + off */
	SD_PIECE_ADDR,	 /* in memory at link-time address off (+ load bias) */
	SD_PIECE_CONST,	 /* the bytes of the constant off, little endian */
	SD_PIECE_REGVAL, /* the value is register reg + off itself (DW_OP_breg, DW_OP_stack_value);
			    reg 255: CFA + off */
};

struct sd_piece {
	u8 kind;
	u8 reg;
	bool deref; /* CFA, MEM, ADDR: what lies there is the address of the piece (then + off2) */
	u32 value_off; /* which bytes of the value */
	u32 size;
	s64 off;
	s64 off2;
	const char *why; /* NONE: the reason, a literal or in the owner's arena */
};

/** pieces in ascending value_off, without overlap; bytes that no piece covers are padding, never
 * data. */
struct sd_loc {
	struct sd_piece *pieces; /* borrowed from an arena */
	u32 n;
	const char
		*why; /* not NULL: the whole value is unavailable, and this is why; then n is 0 */
	bool unsure;  /* Go: the list has one place in the argument area for a value of several
			 parts, which  may be that of a part alone: believe it only when the ABI
			 rules  say the same */
};

/** How the canonical frame address is found at one instruction: register + offset. */
struct sd_cfa {
	u8 reg; /* SD_RSP or SD_RBP */
	bool known;
	s64 off;
};

/** Whether two locations are the same places; the reasons of what is in none may differ. */
bool sd_loc_same(const struct sd_loc *a, const struct sd_loc *b);

/** One-line text of a location for `explain`, in the arena: "rax, rbx", "CFA+8 (16 bytes)", "xmm0".
 */
const char *sd_loc_text(const struct sd_loc *loc, struct sd_arena *arena);
/** The name of a register by DWARF number: "rax"; xmm from 17. */
const char *sd_reg_name(unsigned int dwarf_reg);

#endif
