/* SPDX-License-Identifier: BSD-2-Clause */
/* XMM registers through signal frames: whether the kernel has what it takes, and where threads go
 * on behind a site. */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "run/state.h"

const char *sd_run_no_floats(void)
{
	if (!sd_has_helper(BPF_FUNC_send_signal_thread))
		return "this kernel's programs can send no signals (5.6)";
	/* sending takes locks that may sleep there, which older kernels' uprobe programs must not
	 * (until 6.0) */
	if (!access("/sys/kernel/realtime", F_OK) && !sd_has_multi())
		return "programs of this real-time kernel must not send signals (6.6)";
	return NULL;
}

sd_must_check struct sd_err *sd_run_set_next(struct sd_run *run, u32 index,
					     const struct sdw_next *next)
{
	if (!run->opts.want_floats || index >= run->opts.nsites)
		return sd_err_new(SD_ERR_FAILED, "site %u of %u", index, run->opts.nsites);
	if (bpf_map_update_elem(run->nexts_fd, &index, next, BPF_ANY))
		return sd_err_errno(SD_ERR_FAILED, errno, "cannot set where site %u goes on",
				    index);
	return NULL;
}
