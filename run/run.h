/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load, attach, drain, count: everything that talks to the kernel about BPF. The only user of
 * libbpf. Knows sites as numbers, offsets and plans (wire.h); nothing of functions or types.
 */
#ifndef SD_RUN_RUN_H
#define SD_RUN_RUN_H

#include <sys/types.h>

#include "base/base.h"
#include "base/err.h"
#include "bpf/wire.h"

enum sd_attach { SD_ATTACH_AUTO, SD_ATTACH_MULTI, SD_ATTACH_TRACEFS, SD_ATTACH_PERF };
enum sd_buffer { SD_BUFFER_AUTO, SD_BUFFER_RING, SD_BUFFER_PERF };

struct sd_run_opts {
	enum sd_attach attach;
	enum sd_buffer buffer;
	u64 ring_size; /* bytes; 0: 16 MiB. Ring: rounded up to a power of two of pages */
	u32 nsites;    /* capacity of the maps */
	u32 ntypes, nptrs, nrtypes;
	bool judges;	   /* some site is one of sd_run_is_judged() */
	u32 nops, ntexts;  /* of programs */
	u32 nprobes;	   /* of `probes`; 0: no site has SDW_SITE_TAME or SDW_SITE_HITS */
	u32 nfirsts;	   /* keys that SDW_TAME_FIRST remembers; 0: no probe has it */
	u32 nopens;	   /* calls that SDW_SITE_MARK remembers; 0: no site has it */
	bool want_floats;  /* some site has SDW_SITE_WANT_XMM */
	bool need_fsbase;  /* some site has SDW_SITE_G_TLS */
	bool pie;	   /* not needed any more: run sees it in the file */
	const char *build; /* "preempt", "slots", "plain": this one only, for tests; NULL: the best.
			      Borrowed by create */
	bool pid_filter_in_bpf; /* do not use the links' own pid filter, for tests: as kernels whose
				   filter is broken */
};

struct sd_run;

/** Whether a site needs more of the programs than the comparison of a register. */
bool sd_run_is_judged(const struct sdw_site *site);

/** Loads the BPF programs: the newest build that this kernel accepts (preempt-guarded, slots,
 * plain), by trial. Errors name the missing right or feature and the command that helps. Does not
 * need opts->nsites to be final: maps are made here, so give upper bounds. */
sd_must_check struct sd_err *sd_run_create(const struct sd_run_opts *opts, struct sd_run **ret);
/** Detaches everything and frees. NULL is fine. */
void sd_run_destroy(struct sd_run *run);

/** Fill the tables; before attaching. */
sd_must_check struct sd_err *sd_run_set_site(struct sd_run *run, u32 index,
					     const struct sdw_site *site);
/** All sites 0..n-1 at once (batch update where the kernel has it). */
sd_must_check struct sd_err *sd_run_set_sites(struct sd_run *run, const struct sdw_site *sites,
					      u32 n);
sd_must_check struct sd_err *sd_run_set_types(struct sd_run *run, const struct sdw_type *types,
					      u32 ntypes, const struct sdw_ptr *ptrs, u32 nptrs);
/** What n of Go's type descriptors lead to; keys by SDW_RTYPE_KEY(). May be called several times
 * (several modules). */
sd_must_check struct sd_err *sd_run_set_rtypes(struct sd_run *run, const u64 *keys,
					       const struct sdw_rtype *values, u32 n);

/** The programs that sites name by index, and their constant strings. */
sd_must_check struct sd_err *sd_run_set_ops(struct sd_run *run, const struct sdw_op *ops, u32 nops,
					    const struct sdw_text *texts, u32 ntexts);
/** What the sites of each probe share: struct sdw_site.probe. */
sd_must_check struct sd_err *sd_run_set_probes(struct sd_run *run, const struct sdw_probe *probes,
					       u32 n);

/** NULL when this kernel's programs can send a signal to their own thread (5.6, 8482941f0906),
 * which SDW_SITE_WANT_XMM needs; else why not. */
const char *sd_run_no_floats(void);
/** NULL when programs can read thread-local storage, which SDW_SITE_G_TLS needs; else why not. */
const char *sd_run_no_fsbase(void);
/** Where a thread goes on behind site index, which has SDW_SITE_WANT_XMM; before attaching. Needs
 * opts->want_floats. */
sd_must_check struct sd_err *sd_run_set_next(struct sd_run *run, u32 index,
					     const struct sdw_next *next);

struct sd_attach_site {
	u32 index;   /* cookie */
	u64 off;     /* file offset of the instruction */
	bool failed; /* set by sd_run_attach(): the kernel refused this one (bisected); errnum says
			why */
	int errnum;
};

/** Puts uprobes at sites of one file. path must be one the kernel can open (/proc/PID/exe,
 * /proc/PID/root/…, a plain path). pid 0: every process. All other sites stay attached when one is
 * refused: it is marked. Error when none can be attached, or for a lack of rights. May be called
 * several times (several files, several pids). */
sd_must_check struct sd_err *sd_run_attach(struct sd_run *run, const char *path, pid_t pid,
					   u32 module, struct sd_attach_site *sites, u32 n);
/** Which rung was taken: "uprobe_multi", "tracefs", "perf"; NULL before the first attach. */
const char *sd_run_attach_name(const struct sd_run *run);
/** Which program build: "preempt", "slots", "plain". */
const char *sd_run_build_name(const struct sd_run *run);
const char *sd_run_buffer_name(const struct sd_run *run);
void sd_run_detach(struct sd_run *run);

/** A descriptor to poll for readability along with others; −1: use the timer only. */
int sd_run_fd(struct sd_run *run);
/** Hands every waiting record to cb, in order (perf buffer: ordered by time across CPUs, which may
 * hold some back until the next call; flush hands those out too). rec is valid during the call
 * only; its size was checked against what the buffer held, nothing else: contents are input.
 * Events of several records come as one, of up to SDW_EVENT_MAX bytes. Returns the number of
 * records that were taken from the buffer. cb returns false to stop early. */
u64 sd_run_drain(struct sd_run *run, bool flush, bool (*cb)(void *ctx, const struct sdw_rec *rec),
		 void *ctx);
/** Sums the per-CPU counters of a site; perf buffer losses are included under lost_full. */
sd_must_check struct sd_err *sd_run_counts(struct sd_run *run, u32 site, struct sdw_counts *ret);
/** Sums of all sites in [0, n). ret has n elements. */
sd_must_check struct sd_err *sd_run_all_counts(struct sd_run *run, u32 n, struct sdw_counts *ret);
/** Restricts SDW_SITE_PID_FILTER sites to these processes too. */
sd_must_check struct sd_err *sd_run_allow_pid(struct sd_run *run, pid_t pid);

/** One requirement, for `doctor`. */
struct sd_check {
	const char *name; /* "uprobe_multi", "ring buffer", "CAP_BPF", "lockdown", "tracefs", "BTF",
			     "build preempt", … */
	bool ok;
	bool needed;	  /* sonde cannot trace without it; else something degrades */
	char found[160];  /* what there is */
	char effect[160]; /* what its lack means, "" */
	char help[160];	  /* the command that helps, "" */
};

/** Tries everything that tracing needs and may use; n_ret checks in *ret, freed with free(). Never
 * fails as a whole. */
void sd_run_doctor(struct sd_check **ret, u32 *n_ret);

#endif
