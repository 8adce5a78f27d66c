/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads the programs: which build, how large the maps, what the configuration says. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "run/state.h"
#include "bpf/sonde_plain.skel.h"
#include "bpf/sonde_preempt.skel.h"
#include "bpf/sonde_slots.skel.h"

/* Placeholders for kfunc calls; bpf/build.bpf.h has the same numbers. */
#define SD_CALL_PREEMPT_DISABLE 0x5d000001
#define SD_CALL_PREEMPT_ENABLE	0x5d000002
#define SD_PROC_PID_INIT_INO	0xeffffffcu /* include/linux/proc_ns.h */

static const struct {
	const char *name;
	const void *(*bytes)(size_t *size_ret);
} builds[SD_NBUILDS] = {
	[SD_BUILD_PREEMPT] = {"preempt", sonde_preempt__elf_bytes},
	[SD_BUILD_SLOTS] = {"slots", sonde_slots__elf_bytes},
	[SD_BUILD_PLAIN] = {"plain", sonde_plain__elf_bytes},
};

const char *sd_run_build_name(const struct sd_run *run)
{
	return builds[run->build].name;
}

/* libbpf's own words are for `--debug run`, a line a message; what matters of them comes back as an
 * error. */
static int libbpf_says(enum libbpf_print_level level, const char *fmt, va_list args)
{
	sd_autofree char *text = NULL;
	char *rest;

	if (!sd_log_debugging("run") || vasprintf(&text, fmt, args) < 0)
		return 0;
	rest = text;
	for (char *line; (line = strsep(&rest, "\n"));)
		if (*line)
			sd_debug("run", "%s", line);
	return 0;
}

static u64 buffer_pages(u64 bytes)
{
	u64 page = (u64)getpagesize(), n = page;

	while (n < bytes && n < (1ULL << 31))
		n *= 2;
	return n;
}

/* Only where preemption can be switched off are records built in rings of the CPUs' own. */
static bool has_rings(const struct sd_run *run, enum sd_build build)
{
	return build == SD_BUILD_PREEMPT && !run->use_perf_buffer;
}

static void set_buffer_bytes(struct sd_run *run, enum sd_build build)
{
	u64 asked = run->opts.ring_size, share;

	run->buffer_bytes = buffer_pages(asked ?: SD_RING_DEFAULT);
	if (!has_rings(run, build))
		return;
	if (asked)
		share = SD_MAX(run->buffer_bytes / (u32)run->ncpu, (u64)SD_RINGS_MIN);
	else
		share = SD_MIN(SD_MAX(SD_RINGS_TOTAL / (u32)run->ncpu, SD_RINGS_DEFAULT_MIN),
			       SD_RING_DEFAULT);
	run->buffer_bytes = buffer_pages(share);
}

static const char *find_fsbase(u64 *ret)
{
	if (!sd_has_helper(BPF_FUNC_probe_read_kernel))
		return "the kernel is locked down";
	return sd_btf_member("task_struct", "thread.fsbase", ret) ? NULL : "the kernel has no BTF";
}

const char *sd_run_no_fsbase(void)
{
	u64 off;

	return find_fsbase(&off);
}

static void set_config(struct sd_run *run, enum sd_build build, struct sdw_config *c)
{
	const struct sd_run_opts *o = &run->opts;
	const char *why;
	struct stat st;

	memset(c, 0, sizeof(*c));
	why = o->need_fsbase ? find_fsbase(&c->fsbase_off) : NULL;
	if (why)
		sd_log(SD_LOG_WARN, "run", "goroutines of this program cannot be told apart: %s",
		       why);
	if (run->find != SDW_FIND_COOKIE && sd_has_helper(BPF_FUNC_probe_read_kernel) &&
	    !(sd_btf_member("task_struct", "mm", &c->mm_off) &&
	      sd_btf_member("mm_struct", "start_code", &c->start_code_off)))
		c->mm_off = c->start_code_off = 0;
	run->knows_bias = c->mm_off != 0;
	c->by_addr = run->find;
	c->use_perf_buffer = run->use_perf_buffer;
	c->programs = o->judges;
	if (!stat("/proc/self/ns/pid", &st) && st.st_ino != SD_PROC_PID_INIT_INO) {
		c->pidns_ino = st.st_ino;
		c->pidns_dev_lo = major(st.st_dev) << 20 |
				  minor(st.st_dev); /* as the kernel's own dev_t */
	}
	c->wakeup_bytes = run->buffer_bytes / 4;
	/* a buffer never fills its last byte; a perf record has 8 bytes of header more */
	c->ring_bytes = run->buffer_bytes - (run->use_perf_buffer ? 9 : 1);
	c->ring_mask = has_rings(run, build) ? run->buffer_bytes - 1 : 0;
}

/* Turns the placeholder calls into kfunc calls. */
static int patch_kfuncs(struct bpf_program *prog)
{
	size_t n = bpf_program__insn_cnt(prog);
	sd_autofree struct bpf_insn *insns = sd_xmalloc(n * sizeof(*insns));
	u32 disable, enable, found = 0;

	if (!sd_preempt_kfuncs(&disable, &enable))
		return -ENOENT;
	memcpy(insns, bpf_program__insns(prog), n * sizeof(*insns));
	for (size_t i = 0; i < n; i++) {
		struct bpf_insn *in = &insns[i];

		if (in->code != (BPF_JMP | BPF_CALL) || in->src_reg ||
		    (in->imm != SD_CALL_PREEMPT_DISABLE && in->imm != SD_CALL_PREEMPT_ENABLE))
			continue;
		in->src_reg = BPF_PSEUDO_KFUNC_CALL;
		in->imm = (s32)(in->imm == SD_CALL_PREEMPT_DISABLE ? disable : enable);
		in->off = 0;
		found++;
	}
	if (found < 2)
		return -EINVAL; /* the build is not what it says */
	return bpf_program__set_insns(prog, insns, n);
}

/*
 * libbpf takes a kernel without bpf_probe_read_kernel for one of before 5.5 and turns our user
 * reads into calls of bpf_probe_read. Under lockdown=confidentiality it is only the kernel reads
 * that are missing: undo that, just before the load. (The kernel reads among them are in branches
 * that the configuration switches off.)
 */
static int undo_probe_read(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	struct bpf_insn *insns = (struct bpf_insn *)(uintptr_t)bpf_program__insns(prog);

	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) && !insns[i].src_reg &&
		    insns[i].imm == BPF_FUNC_probe_read)
			insns[i].imm = BPF_FUNC_probe_read_user;
	return 0;
}

static int size_map(struct bpf_object *obj, const char *name, u32 entries)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);

	return map ? bpf_map__set_max_entries(map, SD_MAX(entries, 1u)) : -ENOENT;
}

static int size_maps(struct sd_run *run, enum sd_build build, struct bpf_object *obj)
{
	const struct sd_run_opts *o = &run->opts;
	struct bpf_map *events = bpf_object__find_map_by_name(obj, "events");
	bool by_addr = run->find != SDW_FIND_COOKIE;
	int err = 0;

	err = err ?: size_map(obj, "sites", o->nsites);
	err = err ?: size_map(obj, "counts", o->nsites);
	err = err ?: size_map(obj, "types", o->ntypes);
	err = err ?: size_map(obj, "ptrs", o->nptrs);
	err = err ?: size_map(obj, "nexts", o->want_floats ? o->nsites : 1);
	err = err ?: size_map(obj, "requests", o->want_floats ? SD_REQUESTS_MAX : 1);
	err = err ?: size_map(obj, "rtypes", o->nrtypes);
	err = err ?: size_map(obj, "ops", o->nops);
	err = err ?: size_map(obj, "texts", o->ntexts);
	err = err ?: size_map(obj, "probes", o->nprobes);
	err = err ?: size_map(obj, "firsts", o->nfirsts);
	err = err ?: size_map(obj, "opens", o->nopens);
	err = err ?: size_map(obj, "pids", SD_PIDS_MAX);
	err = err ?: size_map(obj, "modules", by_addr ? 1024 : 1);
	err = err ?: size_map(obj, "addr_sites", by_addr ? o->nsites : 1);
	if (err || !events)
		return err ?: -ENOENT;
	if (has_rings(run, build)) {
		err = size_map(obj, "rings", (u32)run->ncpu);
		err = err
			      ?: bpf_map__set_value_size(bpf_object__find_map_by_name(obj, "rings"),
							 (u32)sd_rings_stride(run->buffer_bytes));
		return err ?: bpf_map__set_max_entries(events, (u32)getpagesize());
	}
	if (!run->use_perf_buffer)
		return bpf_map__set_max_entries(events, (u32)run->buffer_bytes);
	err = bpf_map__set_type(events, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	err = err ?: bpf_map__set_key_size(events, 4);
	err = err ?: bpf_map__set_value_size(events, 4);
	return err ?: bpf_map__set_max_entries(events, (u32)run->ncpu);
}

static int map_fd(struct bpf_object *obj, const char *name)
{
	return bpf_object__find_map_fd_by_name(obj, name);
}

/* −errno. */
static int load_object(struct sd_run *run, enum sd_build build)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "sonde");
	struct bpf_program *fast, *general, *floats, *frame;
	struct bpf_object *obj;
	struct sdw_config config;
	size_t size = 0;
	const void *bytes = builds[build].bytes(&size);
	int err;

	if (build == SD_BUILD_PREEMPT) {
		u32 a, b;

		if (!sd_preempt_kfuncs(&a, &b))
			return -EOPNOTSUPP;
	}
	set_buffer_bytes(run, build);
	obj = bpf_object__open_mem(bytes, size, &opts);
	if (!obj)
		return -errno;
	fast = bpf_object__find_program_by_name(obj, "fast");
	general = bpf_object__find_program_by_name(obj, "general");
	floats = bpf_object__find_program_by_name(obj, "floats");
	frame = bpf_object__find_program_by_name(obj, "frame");
	err = fast && general && floats && frame ? size_maps(run, build, obj) : -ENOENT;
	if (!err) {
		size_t n = 0;
		struct bpf_map *rodata = bpf_object__find_map_by_name(obj, ".rodata");

		if (rodata)
			bpf_map__initial_value(rodata, &n);
		set_config(run, build, &config);
		err = n == sizeof(config) ? bpf_map__set_initial_value(rodata, &config, n)
					  : -ENOENT;
	}
	if (!err && run->rung == SD_ATTACH_MULTI) {
		err = bpf_program__set_expected_attach_type(fast, SD_BPF_TRACE_UPROBE_MULTI);
		err = err
			      ?: bpf_program__set_expected_attach_type(general,
								       SD_BPF_TRACE_UPROBE_MULTI);
		err = err
			      ?: bpf_program__set_expected_attach_type(floats,
								       SD_BPF_TRACE_UPROBE_MULTI);
		err = err
			      ?: bpf_program__set_expected_attach_type(frame,
								       SD_BPF_TRACE_UPROBE_MULTI);
	}
	if (!err && build == SD_BUILD_PREEMPT) {
		err = patch_kfuncs(fast);
		err = err ?: patch_kfuncs(general);
		err = err ?: patch_kfuncs(floats);
		err = err ?: patch_kfuncs(frame);
	}
	if (!err && !run->opts.want_floats) {
		err = bpf_program__set_autoload(floats, false);
		err = err ?: bpf_program__set_autoload(frame, false);
	}
	if (!err && run->use_perf_buffer)
		err = bpf_program__set_autoload(fast, false);
	err = err ?: bpf_object__load(obj);
	if (err) {
		bpf_object__close(obj);
		sd_debug("run", "build %s does not load: %s", builds[build].name, strerror(-err));
		return err;
	}
	run->obj = obj;
	run->build = build;
	run->fast_fd = run->use_perf_buffer ? -1 : bpf_program__fd(fast);
	run->general_fd = bpf_program__fd(general);
	run->floats_fd = run->opts.want_floats ? bpf_program__fd(floats) : -1;
	run->frame_fd = run->opts.want_floats ? bpf_program__fd(frame) : -1;
	run->nexts_fd = map_fd(obj, "nexts");
	run->ops_fd = map_fd(obj, "ops");
	run->texts_fd = map_fd(obj, "texts");
	run->probes_fd = map_fd(obj, "probes");
	run->sites_fd = map_fd(obj, "sites");
	run->types_fd = map_fd(obj, "types");
	run->ptrs_fd = map_fd(obj, "ptrs");
	run->rtypes_fd = map_fd(obj, "rtypes");
	run->counts_fd = map_fd(obj, "counts");
	run->strays_fd = map_fd(obj, "strays");
	run->pids_fd = map_fd(obj, "pids");
	run->modules_fd = map_fd(obj, "modules");
	run->addr_sites_fd = map_fd(obj, "addr_sites");
	run->events_fd = map_fd(obj, "events");
	run->rings_fd = has_rings(run, build) ? map_fd(obj, "rings") : -1;
	return 0;
}

/* −errno. */
static int load_build(struct sd_run *run, enum sd_build build)
{
	/* registered for good: libbpf before 1.3 frees its table twice when the last handler goes
	 */
	static int handler = -1;
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = undo_probe_read);

	if (handler < 0)
		handler = libbpf_register_prog_handler("uprobe", BPF_PROG_TYPE_KPROBE, 0, &opts);
	return handler < 0 ? handler : load_object(run, build);
}

static int build_by_name(const char *name)
{
	for (int i = 0; i < SD_NBUILDS; i++)
		if (!strcmp(builds[i].name, name))
			return i;
	return -1;
}

struct sd_err *sd_load(struct sd_run *run)
{
	bool may = sd_has_cap(SD_CAP_SYS_ADMIN) || sd_has_cap(SD_CAP_BPF);
	int err = -EINVAL, only = -1;

	libbpf_set_print(libbpf_says);
	if (run->opts.build) {
		only = build_by_name(run->opts.build);
		if (only < 0)
			return sd_err_new(SD_ERR_USAGE, "no such build of the BPF programs: %s",
					  run->opts.build);
	}
	for (int b = 0; b < SD_NBUILDS; b++) {
		if (only >= 0 && b != only)
			continue;
		/*
		 * plain trusts that it is not preempted: only for kernels without bpf_loop (5.17),
		 * where uprobe programs run under preempt_disable() (until 6.0, 8c7dcb84e3b7)
		 */
		if (b == SD_BUILD_SLOTS && !sd_has_helper(BPF_FUNC_loop)) {
			err = -EOPNOTSUPP;
			continue;
		}
		if (b == SD_BUILD_PLAIN && only < 0 && sd_has_helper(BPF_FUNC_loop))
			break;
		err = load_build(run, (enum sd_build)b);
		if (!err)
			return NULL;
		/* with the rights, EACCES is the verifier's: the next build may please it */
		if (err == -EPERM || (err == -EACCES && !may))
			break;
	}
	if (err == -EACCES && may)
		return sd_err_hint(
			sd_err_new(SD_ERR_PERM, "the kernel's verifier refuses the BPF programs"),
			"sonde doctor --debug run");
	return sd_rights_err(-err, false, "cannot load the BPF programs");
}
