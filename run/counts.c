/* SPDX-License-Identifier: BSD-2-Clause */
/* The counters of sites: sums over the CPUs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "run/state.h"

static void add(struct sdw_counts *sum, const struct sdw_counts *c)
{
	sum->hits += c->hits + c->refused;
	sum->delivered += c->delivered;
	sum->filtered += c->filtered + c->refused;
	sum->limited += c->limited;
	sum->lost_full += c->lost_full;
	sum->lost_busy += c->lost_busy;
	sum->lost_big += c->lost_big;
	sum->dropped += c->dropped;
}

sd_must_check struct sd_err *sd_run_counts(struct sd_run *run, u32 site, struct sdw_counts *ret)
{
	sd_autofree struct sdw_counts *percpu = sd_xcalloc((size_t)run->ncpu, sizeof(*percpu));
	struct sdw_counts sum = {};

	if (bpf_map_lookup_elem(run->counts_fd, &site, percpu))
		return sd_err_errno(SD_ERR_FAILED, errno, "cannot read the counters of site %u",
				    site);
	for (int i = 0; i < run->ncpu; i++)
		add(&sum, &percpu[i]);
	*ret = sum;
	return NULL;
}

sd_must_check struct sd_err *sd_run_all_counts(struct sd_run *run, u32 n, struct sdw_counts *ret)
{
	for (u32 i = 0; i < n; i++)
		SD_TRY(sd_run_counts(run, i, &ret[i]));
	return NULL;
}
