/* SPDX-License-Identifier: BSD-2-Clause */
/* The traced instructions: functions of this program itself, entered with registers and flags of
 * the test's choice. */
#ifndef SD_TESTS_BPF_SPOT_H
#define SD_TESTS_BPF_SPOT_H

#include "base/base.h"

#define SD_NSPOTS   100
#define SD_BAD_SPOT 37 /* a lock prefix: no kernel probes it */

/** Functions that begin with an emulated `push %rbp`. */
extern const char spot_fast[], spot_general[], spot_null[];
/** SD_NSPOTS functions of 16 bytes each; the one at SD_BAD_SPOT begins with what no kernel probes.
 */
extern const char spots[];

/** Calls spot with the registers (DWARF order; rsp is what it is) and the low byte of eflags. */
void spot_hit(const void *spot, const u64 *regs, u64 eflags);
/** Calls spot n times with the registers that arguments and g lie in. */
void spot_loop(const void *spot, const u64 *regs, u64 n);

/** The offset of code of this program in its file, and its link-time address. */
u64 spot_offset(const void *p);
u64 spot_addr(const void *p);

#endif
