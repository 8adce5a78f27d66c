/* SPDX-License-Identifier: BSD-2-Clause */
/* What this kernel can do, found by trying it, once per process. Never by its version. */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "run/state.h"

/* The feature cache (STYLE): 0 not tried, 1 no, 2 yes. */
static struct {
	u8 multi, multi_pid, ring, kfuncs;
	u8 helpers[256];
	u32 kfunc_ids[2];
} trial;

static bool remember(u8 *slot, bool yes)
{
	*slot = yes ? 2 : 1;
	return yes;
}

/* A program that returns 0. */
static int nothing_prog(u32 expected_attach_type)
{
	struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = expected_attach_type);

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "sonde_trial", "Dual BSD/GPL", insns, 2, &opts);
}

bool sd_has_multi(void)
{
	u64 off = 0;
	int fd, err;

	if (trial.multi)
		return trial.multi == 2;
	fd = nothing_prog(SD_BPF_TRACE_UPROBE_MULTI);
	if (fd < 0)
		return false; /* no rights: not the kernel's answer, so not remembered */
	/* a directory: EBADF where the link type is known, EINVAL where it is not */
	err = sd_multi_link(fd, "/", &off, NULL, 1, 0);
	if (err >= 0)
		close(err);
	remember(&trial.multi, err == -EBADF);
	/* as libbpf does: with pid −1, fixed kernels refuse the pid first */
	if (trial.multi == 2) {
		err = sd_multi_link(fd, "/", &off, NULL, 1, (u32)-1);
		remember(&trial.multi_pid, err == -EINVAL);
	}
	close(fd);
	return trial.multi == 2;
}

bool sd_has_multi_pid(void)
{
	return sd_has_multi() && trial.multi_pid == 2;
}

bool sd_has_helper(u32 id)
{
	int r;

	if (id >= SD_ARRAY_SIZE(trial.helpers))
		return false;
	if (trial.helpers[id])
		return trial.helpers[id] == 2;
	r = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, (enum bpf_func_id)id, NULL);
	if (r < 0)
		return false;
	return remember(&trial.helpers[id], r == 1);
}

bool sd_has_ring(void)
{
	int fd;

	if (trial.ring)
		return trial.ring == 2;
	fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "sonde_trial", 0, 0, (u32)getpagesize(), NULL);
	if (fd < 0)
		return errno == EINVAL ? remember(&trial.ring, false) : false;
	close(fd);
	return remember(&trial.ring, true);
}

bool sd_preempt_kfuncs(u32 *disable_ret, u32 *enable_ret)
{
	static const char *const names[] = {"bpf_preempt_disable", "bpf_preempt_enable"};

	if (!trial.kfuncs)
		remember(&trial.kfuncs, sd_btf_funcs(names, 2, trial.kfunc_ids) &&
						trial.kfunc_ids[0] && trial.kfunc_ids[1]);
	if (trial.kfuncs != 2)
		return false;
	*disable_ret = trial.kfunc_ids[0];
	*enable_ret = trial.kfunc_ids[1];
	return true;
}
