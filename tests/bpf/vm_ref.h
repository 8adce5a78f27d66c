/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine of bpf/wire.h's programs in plain C, over memory of which it is known what can be
 * read. */
#ifndef SD_TESTS_BPF_VM_REF_H
#define SD_TESTS_BPF_VM_REF_H

#include "base/base.h"
#include "bpf/wire.h"

enum sd_ref_truth { SD_REF_FALSE, SD_REF_TRUE, SD_REF_UNSURE };

struct sd_vm_ref {
	const struct sdw_op *ops;
	u32 nops;
	const struct sdw_text *texts;
	u32 ntexts;
	u32 steps; /* SDW_VM_STEPS_* */
	bool (*readable)(u64 addr, u64 len);
	u64 regs[SDW_NREGS];
	u64 bias;
	u64 goid, hits;
	bool goid_bad;
	u32 pid, tid;
	/* of `paths`: reads len bytes and notes it; NULL: could not be read. And what is queued. */
	const u8 *(*send)(void *ctx, u64 addr, u64 len);
	void (*capture)(void *ctx, u64 addr, const struct sdw_op *op);
	void *ctx;
	u64 key; /* of the last HASH */
	bool gave_up;
};

/** Runs the program at first. */
enum sd_ref_truth sd_vm_ref_run(struct sd_vm_ref *vm, u32 first);
/** What a site's comparison that needs no machine says. */
enum sd_ref_truth sd_pre_ref(struct sd_vm_ref *vm, const struct sdw_site *site);

#endif
