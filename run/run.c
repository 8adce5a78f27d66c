/* SPDX-License-Identifier: BSD-2-Clause */
/* A session: which rung and buffer, the tables, the end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "run/state.h"

/* The rung is chosen before loading: programs of uprobe_multi links are loaded with another attach
 * type. */
static struct sd_err *choose_rung(struct sd_run *run)
{
	enum sd_attach want = run->opts.attach;

	if (want == SD_ATTACH_AUTO)
		want = sd_has_multi()	  ? SD_ATTACH_MULTI
		       : sd_tracefs_dir() ? SD_ATTACH_TRACEFS
					  : SD_ATTACH_PERF;
	else if (want == SD_ATTACH_MULTI && !sd_has_multi())
		return sd_rights_err(sd_has_cap(SD_CAP_SYS_ADMIN) || (sd_has_cap(SD_CAP_BPF) &&
								      sd_has_cap(SD_CAP_PERFMON))
					     ? EOPNOTSUPP
					     : EPERM,
				     false, "this kernel has no uprobe_multi links (6.6)");
	else if (want == SD_ATTACH_TRACEFS && !sd_tracefs_dir())
		return sd_err_hint(sd_err_errno(SD_ERR_PERM, errno, "cannot write uprobe_events"),
				   "sudo mount -t tracefs tracefs /sys/kernel/tracing");
	run->rung = want;
	if (want == SD_ATTACH_TRACEFS)
		run->find = sd_has_helper(BPF_FUNC_get_attach_cookie) ? SDW_FIND_MODULE
								      : SDW_FIND_ADDR;
	else if (want == SD_ATTACH_PERF)
		run->find = sd_has_helper(BPF_FUNC_get_attach_cookie) ? SDW_FIND_COOKIE
								      : SDW_FIND_ADDR;
	return NULL;
}

static struct sd_err *choose_buffer(struct sd_run *run)
{
	if (run->opts.buffer == SD_BUFFER_PERF)
		run->use_perf_buffer = true;
	else if (run->opts.buffer == SD_BUFFER_AUTO)
		run->use_perf_buffer = !sd_has_ring() &&
				       (sd_has_cap(SD_CAP_BPF) || sd_has_cap(SD_CAP_SYS_ADMIN));
	return NULL;
}

sd_must_check struct sd_err *sd_run_create(const struct sd_run_opts *opts, struct sd_run **ret)
{
	struct sd_run *run = sd_xcalloc(1, sizeof(*run));
	struct sd_err *err;

	run->opts = *opts;
	run->ncpu = libbpf_num_possible_cpus();
	run->fast_fd = run->general_fd = run->floats_fd = run->frame_fd = run->rings_fd = -1;
	run->sites = sd_xcalloc(SD_MAX(opts->nsites, 1u), sizeof(*run->sites));
	err = run->ncpu > 0 ? NULL
			    : sd_err_errno(SD_ERR_FAILED, -run->ncpu, "cannot count the CPUs");
	if (!err)
		err = choose_rung(run);
	if (!err)
		err = choose_buffer(run);
	if (!err)
		err = sd_load(run);
	if (!err && run->use_perf_buffer)
		err = sd_perfbuf_open(run->events_fd, run->buffer_bytes, &run->perfbuf);
	else if (!err && run->rings_fd >= 0)
		err = sd_rings_open(run->rings_fd, (u32)run->ncpu, run->buffer_bytes,
				    run->events_fd, &run->rings);
	else if (!err)
		err = sd_ring_open(run->events_fd, run->buffer_bytes, &run->ring);
	if (err) {
		sd_run_destroy(run);
		return err;
	}
	run->parts = sd_parts_create(SD_SLOTS_MAX * (u32)run->ncpu);
	run->opts.build = NULL; /* borrowed until here */
	*ret = run;
	return NULL;
}

void sd_run_destroy(struct sd_run *run)
{
	if (!run)
		return;
	sd_run_detach(run);
	sd_vec_free(&run->links);
	sd_parts_destroy(run->parts);
	sd_rings_close(run->rings);
	sd_ring_close(run->ring);
	sd_perfbuf_close(run->perfbuf);
	bpf_object__close(run->obj);
	free(run->sites);
	free(run);
}

const char *sd_run_attach_name(const struct sd_run *run)
{
	static const char *const names[] = {
		[SD_ATTACH_MULTI] = "uprobe_multi",
		[SD_ATTACH_TRACEFS] = "tracefs",
		[SD_ATTACH_PERF] = "perf",
	};

	return run->attached ? names[run->rung] : NULL;
}

const char *sd_run_buffer_name(const struct sd_run *run)
{
	return run->use_perf_buffer ? "perf" : "ring";
}

int sd_run_fd(struct sd_run *run)
{
	return run->use_perf_buffer ? sd_perfbuf_fd(run->perfbuf) : run->events_fd;
}

struct drain {
	struct sd_parts *parts;
	bool (*cb)(void *ctx, const struct sdw_rec *rec);
	void *ctx;
};

static bool take(void *ctx, const struct sdw_rec *rec)
{
	struct drain *d = ctx;

	return sd_parts_take(d->parts, rec, d->cb, d->ctx);
}

u64 sd_run_drain(struct sd_run *run, bool flush, bool (*cb)(void *ctx, const struct sdw_rec *rec),
		 void *ctx)
{
	struct drain d = {run->parts, cb, ctx};

	return run->use_perf_buffer ? sd_perfbuf_drain(run->perfbuf, flush, take, &d)
	       : run->rings	    ? sd_rings_drain(run->rings, flush, take, &d)
				    : sd_ring_drain(run->ring, take, &d);
}

/*
 * Fills elements 0..n-1 of an array map that can be mapped: 100,000 take 0.3 ms, a batch update 20.
 * False when that is not possible. The values' size is a multiple of 8, as the kernel has them.
 */
static bool fill_mapped(int fd, const void *values, size_t size, u32 n)
{
	size_t bytes = size * n;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return false;
	memcpy(p, values, bytes);
	munmap(p, bytes);
	return true;
}

/* Fills elements 0..n-1 of an array map. */
static struct sd_err *fill(int fd, const void *values, size_t size, u32 n, const char *what)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	sd_autofree u32 *keys = sd_xmalloc(SD_MAX(n, 1u) * sizeof(*keys));
	u32 count = n;

	if (!n)
		return NULL;
	for (u32 i = 0; i < n; i++)
		keys[i] = i;
	if (!bpf_map_update_batch(fd, keys, values, &count, &opts))
		return NULL;
	for (u32 i = 0; i < n; i++)
		if (bpf_map_update_elem(fd, &i, (const u8 *)values + i * size, BPF_ANY))
			return sd_err_errno(SD_ERR_FAILED, errno,
					    "cannot fill the table of %s (%u of %u)", what, i, n);
	return NULL;
}

bool sd_run_is_judged(const struct sdw_site *site)
{
	return site->cond || site->paths || site->pre.loads || site->pre.size > 8 ||
	       (site->flags & (SDW_SITE_TAME | SDW_SITE_HITS | SDW_SITE_MARK | SDW_SITE_MARKED));
}

static void keep(struct sd_run *run, u32 i, const struct sdw_site *site)
{
	run->sites[i] = (struct sd_site_info){
		.flags = site->flags,
		.addr = site->addr,
		.judged = sd_run_is_judged(site),
	};
}

sd_must_check struct sd_err *sd_run_set_site(struct sd_run *run, u32 index,
					     const struct sdw_site *site)
{
	if (index >= run->opts.nsites)
		return sd_err_new(SD_ERR_FAILED, "site %u of %u", index, run->opts.nsites);
	keep(run, index, site);
	if (bpf_map_update_elem(run->sites_fd, &index, site, BPF_ANY))
		return sd_err_errno(SD_ERR_FAILED, errno, "cannot set site %u", index);
	return NULL;
}

sd_must_check struct sd_err *sd_run_set_sites(struct sd_run *run, const struct sdw_site *sites,
					      u32 n)
{
	if (n > run->opts.nsites)
		return sd_err_new(SD_ERR_FAILED, "%u sites in a table of %u", n, run->opts.nsites);
	for (u32 i = 0; i < n; i++)
		keep(run, i, &sites[i]);
	return fill(run->sites_fd, sites, sizeof(*sites), n, "sites");
}

sd_must_check struct sd_err *sd_run_set_types(struct sd_run *run, const struct sdw_type *types,
					      u32 ntypes, const struct sdw_ptr *ptrs, u32 nptrs)
{
	if (ntypes > run->opts.ntypes || nptrs > run->opts.nptrs)
		return sd_err_new(SD_ERR_FAILED, "%u types, %u pointers in tables of %u, %u",
				  ntypes, nptrs, run->opts.ntypes, run->opts.nptrs);
	if (ntypes && fill_mapped(run->types_fd, types, sizeof(*types), ntypes) &&
	    (!nptrs || fill_mapped(run->ptrs_fd, ptrs, sizeof(*ptrs), nptrs)))
		return NULL;
	SD_TRY(fill(run->types_fd, types, sizeof(*types), ntypes, "types"));
	return fill(run->ptrs_fd, ptrs, sizeof(*ptrs), nptrs, "pointers");
}

sd_must_check struct sd_err *sd_run_set_rtypes(struct sd_run *run, const u64 *keys,
					       const struct sdw_rtype *values, u32 n)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	u32 count = n;

	if (n > run->opts.nrtypes)
		return sd_err_new(SD_ERR_FAILED, "%u runtime types in a table of %u", n,
				  run->opts.nrtypes);
	if (!n || !bpf_map_update_batch(run->rtypes_fd, keys, values, &count, &opts))
		return NULL;
	for (u32 i = 0; i < n; i++)
		if (bpf_map_update_elem(run->rtypes_fd, &keys[i], &values[i], BPF_ANY))
			return sd_err_errno(SD_ERR_FAILED, errno,
					    "cannot fill the table of runtime types (%u of %u)", i,
					    n);
	return NULL;
}

sd_must_check struct sd_err *sd_run_set_ops(struct sd_run *run, const struct sdw_op *ops, u32 nops,
					    const struct sdw_text *texts, u32 ntexts)
{
	if (nops > run->opts.nops || ntexts > run->opts.ntexts)
		return sd_err_new(SD_ERR_FAILED,
				  "programs of %u operations, %u strings in tables of %u, %u", nops,
				  ntexts, run->opts.nops, run->opts.ntexts);
	SD_TRY(fill(run->ops_fd, ops, sizeof(*ops), nops, "operations"));
	return fill(run->texts_fd, texts, sizeof(*texts), ntexts, "strings");
}

sd_must_check struct sd_err *sd_run_set_probes(struct sd_run *run, const struct sdw_probe *probes,
					       u32 n)
{
	if (n > run->opts.nprobes)
		return sd_err_new(SD_ERR_FAILED, "%u probes in a table of %u", n,
				  run->opts.nprobes);
	return fill(run->probes_fd, probes, sizeof(*probes), n, "probes");
}

sd_must_check struct sd_err *sd_run_allow_pid(struct sd_run *run, pid_t pid)
{
	u32 key = (u32)pid, one = 1;

	if (bpf_map_update_elem(run->pids_fd, &key, &one, BPF_ANY))
		return sd_err_errno(SD_ERR_FAILED, errno, "cannot allow process %d", (int)pid);
	return NULL;
}
