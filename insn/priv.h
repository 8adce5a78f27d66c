/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside insn: the parts of an instruction that the kernel's rules depend on. */
#ifndef SD_INSN_PRIV_H
#define SD_INSN_PRIV_H

#include "insn/insn.h"

enum sd_map { SD_MAP_ONE_BYTE, SD_MAP_0F, SD_MAP_OTHER };

struct sd_raw {
	u8 map;	   /* enum sd_map of legacy encodings; of vector encodings whatever it is */
	u8 opcode; /* last opcode byte */
	u8 rex;	   /* the REX byte, 0 when there is none */
	u8 len;
	u8 modrm_reg;	 /* without REX.R */
	bool vector;	 /* VEX or EVEX: a single opcode byte to the kernel's decoder */
	bool alien;	 /* XOP, 3DNow!, MVEX: unknown to the kernel's decoder */
	bool p66;	 /* has the operand-size prefix */
	bool bad_prefix; /* ES, CS, SS, DS, LOCK */
};

/** How the kernel completes such an instruction under a uprobe. */
enum sd_completion sd_insn_completion(const struct sd_raw *r);

#endif
