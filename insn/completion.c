/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the kernel completes a probed instruction: emulated, single-stepped out of line, or not at
 * all. The rules are those of arch/x86/kernel/uprobes.c (uprobe_init_insn, branch_setup_xol_ops,
 * push_setup_xol_ops), Linux 5.10 to 7.2; what only newer kernels emulate (long nops) counts as
 * stepped. Instructions that the kernel accepts and then completes wrongly are refused here: a
 * probe there would change what the traced program computes.
 */
#include "insn/priv.h"

/* One-byte opcodes that the kernel refuses in 64-bit code (the zeroes of its good_insns_64). */
static bool refused_opcode(u8 op)
{
	switch (op) {
	case 0x06:
	case 0x07:
	case 0x0e:
	case 0x16:
	case 0x17:
	case 0x1e:
	case 0x1f:
	case 0x27:
	case 0x2f:
	case 0x37:
	case 0x3f:
	case 0x60:
	case 0x61:
	case 0x62:
	case 0x6c:
	case 0x6d:
	case 0x6e:
	case 0x6f: /* ins, outs; VEX: vmovdqa loads */
	case 0x82:
	case 0x9a:
	case 0xcc:
	case 0xcd:
	case 0xce:
	case 0xcf: /* int3, int, iret */
	case 0xd4:
	case 0xd5:
	case 0xd6:
	case 0xe4:
	case 0xe5:
	case 0xe6:
	case 0xe7:
	case 0xea: /* in, out */
	case 0xec:
	case 0xed:
	case 0xee:
	case 0xef: /* in, out; VEX: vpxor */
	case 0xf1:
	case 0xf4:
	case 0xfa:
	case 0xfb: /* int1, hlt, cli, sti */
		return true;
	default:
		return false;
	}
}

static bool is_jcc8(u8 op)
{
	return op >= 0x70 && op <= 0x7f;
}

enum sd_completion sd_insn_completion(const struct sd_raw *r)
{
	if (r->bad_prefix || r->alien)
		return SD_REFUSED;
	/* The kernel sees the one opcode byte of a VEX or EVEX instruction and takes it for the
	 * legacy instruction of that number: vpcmpeqb (74) for je, vmovdqu to memory (7f) for jg,
	 * vpor (eb) for jmp; it then "emulates" a jump by 0, so that the instruction is never
	 * executed. Seen on 6.18: results lost without a word. */
	if (r->vector) {
		if (is_jcc8(r->opcode) || r->opcode == 0xe8 || r->opcode == 0xe9 ||
		    r->opcode == 0xeb || r->opcode == 0x90 || refused_opcode(r->opcode))
			return SD_REFUSED;
		if (r->opcode == 0x8e && r->modrm_reg == 2)
			return SD_REFUSED; /* taken for mov to ss */
		return SD_STEPPED;
	}
	if (r->map == SD_MAP_0F) {
		if (r->opcode >= 0x80 && r->opcode <= 0x8f)
			return r->p66 ? SD_REFUSED : SD_EMULATED;
		/* syscall, sysenter: a stepped rt_sigreturn would corrupt the ip it restores, and
		 * the child of a clone would come back inside the copy */
		if (r->opcode == 0x05 || r->opcode == 0x34)
			return SD_REFUSED;
		return SD_STEPPED;
	}
	if (r->map != SD_MAP_ONE_BYTE)
		return SD_STEPPED;
	if (r->opcode == 0x8e && r->modrm_reg == 2)
		return SD_REFUSED; /* mov to ss masks the next trap (insn_masking_exception) */
	if (refused_opcode(r->opcode))
		return SD_REFUSED;
	if (r->opcode == 0x90) /* with REX.B it is xchg with r8, which the kernel would leave out */
		return r->rex & 1 ? SD_REFUSED : SD_EMULATED;
	if (is_jcc8(r->opcode) || r->opcode == 0xe8 || r->opcode == 0xe9 || r->opcode == 0xeb)
		return r->p66 ? SD_REFUSED : SD_EMULATED;
	if (r->opcode >= 0x50 && r->opcode <= 0x57 &&
	    (r->len == 1 || (r->len == 2 && r->rex == 0x41)))
		return SD_EMULATED;
	return SD_STEPPED;
}

const char *sd_completion_name(enum sd_completion c)
{
	switch (c) {
	case SD_EMULATED:
		return "emulated";
	case SD_STEPPED:
		return "single-stepped";
	case SD_REFUSED:
		return "refused";
	}
	return "unknown";
}
