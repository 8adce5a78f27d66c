/* SPDX-License-Identifier: BSD-2-Clause */
/* What bpf/chase.bpf.h must send, computed in plain C over memory of which it is known what can be
 * read. */
#ifndef SD_TESTS_BPF_CHASE_REF_H
#define SD_TESTS_BPF_CHASE_REF_H

#include "base/base.h"
#include "bpf/wire.h"

struct sd_ref {
	const struct sdw_site *site;
	const struct sdw_type *types;
	u32 ntypes;
	const struct sdw_ptr *ptrs;
	u32 nptrs;
	const u64 *rtype_keys;
	const struct sdw_rtype *rtypes;
	u32 nrtypes;
	u32 steps; /* SDW_STEPS_LOOP() or SDW_STEPS_PLAIN */
	bool (*readable)(u64 addr, u64 len);
	u64 tls_g; /* what lies at fs base + tls_off */
};

/** Fills the record that a hit with these registers (DWARF order, then rip) gives, but for ts, pid,
 * tid and losses. out has SDW_EVENT_MAX bytes. Returns its size. */
u32 sd_ref_record(const struct sd_ref *ref, u32 index, const u64 *regs, u8 *out);

#endif
