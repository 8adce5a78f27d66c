/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this room share: the session's state, raw bpf(2) where libbpf 1.1 has no words,
 * the trials. */
#ifndef SD_RUN_STATE_H
#define SD_RUN_STATE_H

#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/perf_event.h>

#include "base/log.h"
#include "base/vec.h"
#include "run/run.h"

#define SD_RING_DEFAULT		  (16u << 20)
#define SD_RINGS_TOTAL		  (64u << 20) /* by default, if no CPU has more than SD_RING_DEFAULT */
#define SD_RINGS_DEFAULT_MIN	  (1u << 20)  /* of a CPU's share of it */
#define SD_RINGS_MIN		  (64u << 10) /* of a CPU's share of what was asked for */
#define SD_SLOTS_MAX		  4	      /* programs at one time on a CPU: bpf/build.bpf.h */
#define SD_BPF_TRACE_UPROBE_MULTI 48	      /* include/uapi/linux/bpf.h, 6.6 */
#define SD_PIDS_MAX		  16384
#define SD_REQUESTS_MAX		  4096 /* threads between a hit and their signal frame */

enum sd_build { SD_BUILD_PREEMPT, SD_BUILD_SLOTS, SD_BUILD_PLAIN, SD_NBUILDS };

/** What one attachment holds, in the order in which it is given back. */
struct sd_link {
	int link_fd; /* −1: none */
	int perf_fd; /* −1: none */
	char *event; /* owned or NULL: tracefs "group/name" */
};

struct sd_site_info {
	u32 flags;
	bool judged; /* more decides about its hits than SDW_SITE_PRE */
	u64 addr;
};

struct sd_ring;
struct sd_rings;
struct sd_parts;
struct sd_perfbuf;
struct bpf_object;

struct sd_run {
	struct sd_run_opts opts;
	struct bpf_object *obj;
	enum sd_build build;
	enum sd_attach rung; /* the one in use */
	bool attached;
	bool use_perf_buffer;
	u64 buffer_bytes; /* of each CPU's, if each has one */
	u32 find;	  /* enum sdw_find */
	u32 nmodules;
	bool knows_bias;	 /* by address: where position-independent files are loaded */
	int fast_fd, general_fd; /* fast_fd −1: all sites use general */
	int floats_fd, frame_fd; /* −1: no site wants XMM registers */
	int nexts_fd, ops_fd, texts_fd, probes_fd;
	int sites_fd, types_fd, ptrs_fd, rtypes_fd, counts_fd, strays_fd, pids_fd, modules_fd,
		addr_sites_fd, events_fd, rings_fd; /* rings_fd −1: none */
	int ncpu;
	struct sd_site_info *sites; /* owned, opts.nsites */
	SD_VEC(struct sd_link) links;
	u32 nevents; /* names given to tracefs events */
	struct sd_ring *ring;
	struct sd_rings *rings; /* NULL: `ring` or `perfbuf` */
	struct sd_perfbuf *perfbuf;
	struct sd_parts *parts;
};

static inline long sd_bpf(int cmd, void *attr, size_t size)
{
	return syscall(__NR_bpf, cmd, attr, size);
}

static inline int sd_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	return (int)syscall(__NR_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/** A uprobe_multi link of n sites; −errno on failure. */
int sd_multi_link(int prog_fd, const char *path, const u64 *offs, const u64 *cookies, u32 n,
		  u32 pid);

/* ---- trials: asked of the kernel once per process ---- */
/** Whether uprobe_multi links exist (6.6, 89ae89f53d20). */
bool sd_has_multi(void);
/** Whether their pid filter means the process and not one thread (6.10, 46ba0e49b642). */
bool sd_has_multi_pid(void);
/** Whether kprobe programs may call helper id. */
bool sd_has_helper(u32 id);
/** Whether ring buffers exist (5.8, 457f44363a88). */
bool sd_has_ring(void);
/** BTF ids of bpf_preempt_disable and bpf_preempt_enable (6.10, fc7566ad0a82); false when they are
 * not there. */
bool sd_preempt_kfuncs(u32 *disable_ret, u32 *enable_ret);

/* ---- kernel BTF, read without building anything (libbpf's parser takes 15 ms) ---- */
/** The type ids of n kernel functions, 0 for those that are not there; false when there is no BTF.
 */
bool sd_btf_funcs(const char *const *names, u32 n, u32 *ids_ret);
/** The byte offset of a member ("thread.fsbase" goes into named members) in a kernel structure;
 * false: not found. */
bool sd_btf_member(const char *structure, const char *member, u64 *off_ret);

/* ---- rungs below uprobe_multi ---- */
/** One tracefs event with all of the n sites. −errno; *ret is complete on success. */
int sd_tracefs_link(struct sd_run *run, int prog_fd, const char *path, pid_t pid, u32 module,
		    const u64 *offs, u32 n, struct sd_link *ret);
/** The directory where uprobe_events can be written, NULL: none (errno says why). */
const char *sd_tracefs_dir(void);
void sd_tracefs_remove(const char *event);
/** Removes the events of sondes that were killed. */
void sd_tracefs_sweep(void);
/** One perf event for one site. */
int sd_perf_link(struct sd_run *run, int prog_fd, const char *path, pid_t pid, u64 cookie, u64 off,
		 struct sd_link *ret);
/** The dynamic perf type of uprobes, −1 when the kernel has none. */
int sd_perf_uprobe_type(void);
/** Attaches prog to an open perf event, with a cookie where there are cookies. */
int sd_perf_set_prog(struct sd_run *run, int perf_fd, int prog_fd, u64 cookie, int *link_fd_ret);

/* ---- buffers ---- */
struct sd_err *sd_ring_open(int map_fd, u64 bytes, struct sd_ring **ret);
void sd_ring_close(struct sd_ring *ring);
u64 sd_ring_drain(struct sd_ring *ring, bool (*cb)(void *ctx, const struct sdw_rec *rec),
		  void *ctx);
/** Forgets what is in it. */
void sd_ring_clear(struct sd_ring *ring);
/** Bytes from one CPU's ring of `bytes` to the next one's: map_fd's value size. */
u64 sd_rings_stride(u64 bytes);
/** bell_fd: a ring buffer of one page. */
struct sd_err *sd_rings_open(int map_fd, u32 ncpu, u64 bytes, int bell_fd, struct sd_rings **ret);
void sd_rings_close(struct sd_rings *rings);
u64 sd_rings_drain(struct sd_rings *rings, bool flush,
		   bool (*cb)(void *ctx, const struct sdw_rec *rec), void *ctx);
struct sd_err *sd_perfbuf_open(int map_fd, u64 bytes, struct sd_perfbuf **ret);
void sd_perfbuf_close(struct sd_perfbuf *pb);
int sd_perfbuf_fd(const struct sd_perfbuf *pb);
u64 sd_perfbuf_drain(struct sd_perfbuf *pb, bool flush,
		     bool (*cb)(void *ctx, const struct sdw_rec *rec), void *ctx);

/** Of events in several records: max of them can be under way at one time. */
struct sd_parts *sd_parts_create(u32 max);
void sd_parts_destroy(struct sd_parts *parts);
/** Hands rec to cb, or what it is the last part of, or nothing; what cb says, else true. */
bool sd_parts_take(struct sd_parts *parts, const struct sdw_rec *rec,
		   bool (*cb)(void *ctx, const struct sdw_rec *rec), void *ctx);

/* ---- rights ---- */
/** Whether this process has the capability (its number). */
bool sd_has_cap(unsigned int cap);
#define SD_CAP_SYS_ADMIN    21
#define SD_CAP_SYS_RESOURCE 24
#define SD_CAP_SYS_PTRACE   19
#define SD_CAP_PERFMON	    38
#define SD_CAP_BPF	    39
/** The lockdown mode: "none", "integrity", "confidentiality", or "unknown". */
const char *sd_lockdown(void);
/** An error for errnum of a step that needs rights: which one is missing, and the command that
 * helps. */
struct sd_err *sd_rights_err(int errnum, bool perf, const char *what);

/** Loads opts->build or the newest that works. */
struct sd_err *sd_load(struct sd_run *run);

#endif
