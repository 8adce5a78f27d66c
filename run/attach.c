/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts uprobes at sites: splits them between the two programs, walks down to the refused ones (the
 * kernel takes all sites of a link or none, and does not say which it minds), and takes everything
 * off again.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "run/state.h"

int sd_multi_link(int prog_fd, const char *path, const u64 *offs, const u64 *cookies, u32 n,
		  u32 pid)
{
	/* union bpf_attr's link_create with uprobe_multi, which Debian 12's headers lack */
	struct {
		u32 prog_fd, target_fd, attach_type, flags;
		u64 path, offsets, ref_ctr_offsets, cookies;
		u32 cnt, multi_flags, pid, pad;
	} attr = {
		.prog_fd = (u32)prog_fd,
		.attach_type = SD_BPF_TRACE_UPROBE_MULTI,
		.path = (u64)(uintptr_t)path,
		.offsets = (u64)(uintptr_t)offs,
		.cookies = (u64)(uintptr_t)cookies,
		.cnt = n,
		.pid = pid,
	};
	long fd = sd_bpf(BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : (int)fd;
}

/* What one call of sd_run_attach() hands around. */
struct job {
	struct sd_run *run;
	int prog_fd;
	const char *path;
	pid_t pid;
	u32 module;
	u64 *offs, *cookies;	       /* of all sites of this program */
	struct sd_attach_site **sites; /* the same order */
	u32 attached;
	u32 refusals;
};

static void refuse(struct job *j, u32 i, int err)
{
	j->sites[i]->failed = true;
	j->sites[i]->errnum = -err;
	j->refusals++;
	sd_debug("run", "%s+0x%llx: refused (%d)", j->path, (unsigned long long)j->offs[i], -err);
}

static void keep(struct job *j, struct sd_link link, u32 n)
{
	sd_vec_push(&j->run->links, link);
	j->attached += n;
}

static int link_range(struct job *j, u32 from, u32 n)
{
	struct sd_link link = {.link_fd = -1, .perf_fd = -1};
	int err;

	if (j->run->rung == SD_ATTACH_TRACEFS) {
		err = sd_tracefs_link(j->run, j->prog_fd, j->path, j->pid, j->module,
				      j->offs + from, n, &link);
	} else {
		link.link_fd = sd_multi_link(j->prog_fd, j->path, j->offs + from, j->cookies + from,
					     n, (u32)j->pid);
		err = link.link_fd < 0 ? link.link_fd : 0;
	}
	if (!err)
		keep(j, link, n);
	return err;
}

/* Not a matter of single sites. */
static bool concerns_all(int err)
{
	switch (-err) {
	case EPERM:
	case EACCES:
	case ESRCH:
	case EBADF:
	case ENOENT:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case EINTR:
		return true;
	default:
		return false;
	}
}

/* Attaches [from, from + n), halving what is refused. −errno for what concerns all sites. */
static int attach_range(struct job *j, u32 from, u32 n)
{
	int err = n ? link_range(j, from, n) : 0;

	if (!err)
		return 0;
	if (concerns_all(err))
		return err;
	if (n == 1) {
		refuse(j, from, err);
		return 0;
	}
	err = attach_range(j, from, n / 2);
	return err ?: attach_range(j, from + n / 2, n - n / 2);
}

/* One event for each site: nothing to halve. */
static int attach_single(struct job *j, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		struct sd_link link = {.link_fd = -1, .perf_fd = -1};
		int err = sd_perf_link(j->run, j->prog_fd, j->path, j->pid, j->cookies[i],
				       j->offs[i], &link);

		if (err && concerns_all(err))
			return err;
		if (err)
			refuse(j, i, err);
		else
			keep(j, link, 1);
	}
	return 0;
}

static int program_of(const struct sd_run *run, const struct sd_site_info *site)
{
	u32 flags = site->flags;

	if (flags & SDW_SITE_FRAME)
		return run->frame_fd;
	if ((flags & SDW_SITE_WANT_XMM) && run->floats_fd >= 0)
		return run->floats_fd;
	return run->fast_fd >= 0 && (flags & SDW_SITE_REGS_ONLY) && !site->judged ? run->fast_fd
										  : run->general_fd;
}

/* The sites of one program. */
static int attach_program(struct job *j, struct sd_attach_site *sites, u32 n, int prog_fd)
{
	struct sd_run *run = j->run;
	u32 k = 0;

	if (prog_fd < 0)
		return 0;
	j->prog_fd = prog_fd;
	for (u32 i = 0; i < n; i++) {
		if (program_of(run, &run->sites[sites[i].index]) != prog_fd || sites[i].failed)
			continue;
		j->offs[k] = sites[i].off;
		j->cookies[k] = sites[i].index;
		j->sites[k++] = &sites[i];
	}
	return run->rung == SD_ATTACH_PERF ? attach_single(j, k) : attach_range(j, 0, k);
}

/* Where the file is linked to be, for sites that are found by address. */
static struct sd_err *set_module(struct sd_run *run, const char *path, u32 module)
{
	struct sdw_module m = {.first_exec = ~0ULL};
	sd_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr eh;

	if (fd < 0 || pread(fd, &eh, sizeof(eh), 0) != sizeof(eh) ||
	    memcmp(eh.e_ident, ELFMAG, SELFMAG) || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_phentsize != sizeof(Elf64_Phdr))
		return sd_err_new(SD_ERR_FAILED, "%s: not a 64-bit ELF file", path);
	m.pie = eh.e_type == ET_DYN;
	if (m.pie && !run->knows_bias)
		return sd_err_hint(sd_err_new(SD_ERR_PERM,
					      "%s: position-independent, and this kernel has no "
					      "BTF (or is locked "
					      "down) to say where it was loaded",
					      path),
				   "sonde doctor");
	for (u32 i = 0; i < eh.e_phnum; i++) {
		Elf64_Phdr ph;

		if (pread(fd, &ph, sizeof(ph), (off_t)(eh.e_phoff + i * sizeof(ph))) != sizeof(ph))
			return sd_err_new(SD_ERR_FAILED, "%s: truncated program headers", path);
		if (ph.p_type == PT_LOAD && (ph.p_flags & PF_X) && ph.p_vaddr < m.first_exec)
			m.first_exec = ph.p_vaddr;
	}
	if (bpf_map_update_elem(run->modules_fd, &module, &m, BPF_ANY))
		return sd_err_errno(SD_ERR_FAILED, errno, "cannot set module %u", module);
	return NULL;
}

/* Without cookies for sites: the address table. An address that another site has is refused, not
 * guessed. */
static struct sd_err *set_addresses(struct sd_run *run, const char *path, u32 *module,
				    struct sd_attach_site *sites, u32 n)
{
	if (run->find == SDW_FIND_ADDR) {
		if (*module && run->nmodules)
			return sd_err_hint(
				sd_err_new(SD_ERR_PERM,
					   "this kernel can trace only one binary at a time "
					   "(no attach cookies before 5.15)"),
				"sonde doctor");
		*module = 0;
	}
	SD_TRY(set_module(run, path, *module));
	run->nmodules++;
	for (u32 i = 0; i < n; i++) {
		struct sdw_addr_key key = {.addr = run->sites[sites[i].index].addr,
					   .module = *module};
		u32 old;

		if (!bpf_map_lookup_elem(run->addr_sites_fd, &key, &old) && old == sites[i].index)
			continue;
		if (bpf_map_update_elem(run->addr_sites_fd, &key, &sites[i].index, BPF_NOEXIST)) {
			sites[i].failed = true;
			sites[i].errnum = errno;
		}
	}
	return NULL;
}

/* Kernels whose uprobe_multi pid filter is broken: all processes, and the programs look the pid up.
 */
static struct sd_err *filter_in_bpf(struct sd_run *run, pid_t pid, struct sd_attach_site *sites,
				    u32 n)
{
	SD_TRY(sd_run_allow_pid(run, pid));
	for (u32 i = 0; i < n; i++) {
		struct sdw_site site;

		if (run->sites[sites[i].index].flags & SDW_SITE_PID_FILTER)
			continue;
		if (bpf_map_lookup_elem(run->sites_fd, &sites[i].index, &site))
			return sd_err_errno(SD_ERR_FAILED, errno, "cannot read site %u",
					    sites[i].index);
		site.flags |= SDW_SITE_PID_FILTER;
		SD_TRY(sd_run_set_site(run, sites[i].index, &site));
	}
	return NULL;
}

sd_must_check struct sd_err *sd_run_attach(struct sd_run *run, const char *path, pid_t pid,
					   u32 module, struct sd_attach_site *sites, u32 n)
{
	struct job j = {.run = run, .path = path, .pid = pid, .module = module};
	sd_autofree u64 *offs = sd_xcalloc(SD_MAX(n, 1u), sizeof(u64));
	sd_autofree u64 *cookies = sd_xcalloc(SD_MAX(n, 1u), sizeof(u64));
	sd_autofree struct sd_attach_site **order = sd_xcalloc(SD_MAX(n, 1u), sizeof(*order));
	size_t before = run->links.n;
	int err;

	for (u32 i = 0; i < n; i++) {
		sites[i].failed = false;
		sites[i].errnum = 0;
		if (sites[i].index >= run->opts.nsites)
			return sd_err_new(SD_ERR_FAILED, "site %u of %u", sites[i].index,
					  run->opts.nsites);
	}
	if (!n)
		return NULL;
	if (run->find != SDW_FIND_COOKIE)
		SD_TRY(set_addresses(run, path, &j.module, sites, n));
	if (pid && ((run->rung == SD_ATTACH_MULTI && !sd_has_multi_pid()) ||
		    run->opts.pid_filter_in_bpf)) {
		SD_TRY(filter_in_bpf(run, pid, sites, n));
		j.pid = 0;
	}
	if (run->rung == SD_ATTACH_PERF && n > 100)
		sd_log(SD_LOG_WARN, "run", "%u single perf events: detaching takes about %u s", n,
		       n / 9);
	j.offs = offs;
	j.cookies = cookies;
	j.sites = order;
	/* frames first: a hit may ask for one at once */
	err = attach_program(&j, sites, n, run->frame_fd);
	err = err ?: attach_program(&j, sites, n, run->floats_fd);
	err = err ?: attach_program(&j, sites, n, run->general_fd);
	err = err ?: attach_program(&j, sites, n, run->fast_fd);
	if (err) {
		struct sd_err *e = sd_rights_err(-err, run->rung != SD_ATTACH_MULTI,
						 "cannot attach");

		while (run->links.n > before) {
			struct sd_link *l = &run->links.v[--run->links.n];

			sd_closep(&l->link_fd);
			sd_closep(&l->perf_fd);
			sd_tracefs_remove(l->event);
			free(l->event);
		}
		return e;
	}
	run->attached |= j.attached != 0;
	if (!j.attached) {
		int why = sites[0].errnum;

		if (why == 524) /* the kernel's own ENOTSUPP, which strerror() does not know */
			return sd_err_new(
				SD_ERR_PERM,
				"%s: the kernel cannot probe the instruction%s at %s%u site%s",
				path, n > 1 ? "s" : "", n > 1 ? "any of " : "", n,
				n > 1 ? "s" : "");
		return sd_err_errno(SD_ERR_FAILED, why, "%s: no site could be probed (%u tried)",
				    path, n);
	}
	return NULL;
}

/* Hits of no site cannot be counted as any probe's: say so. */
static void report_strays(struct sd_run *run)
{
	sd_autofree u64 *percpu = sd_xcalloc((size_t)run->ncpu, sizeof(*percpu));
	u32 zero = 0;
	u64 n = 0;

	if (run->find == SDW_FIND_COOKIE || !run->links.n ||
	    bpf_map_lookup_elem(run->strays_fd, &zero, percpu))
		return;
	for (int i = 0; i < run->ncpu; i++)
		n += percpu[i];
	if (n)
		sd_log(SD_LOG_WARN, "run", "%llu hits at addresses of no probe: they were lost",
		       (unsigned long long)n);
}

void sd_run_detach(struct sd_run *run)
{
	report_strays(run);
	/* perf events first of all, together: each close waits for a grace period of its own
	 * otherwise */
	for (size_t i = 0; i < run->links.n; i++)
		sd_closep(&run->links.v[i].link_fd);
	for (size_t i = 0; i < run->links.n; i++)
		sd_closep(&run->links.v[i].perf_fd);
	for (size_t i = 0; i < run->links.n; i++) {
		if (run->links.v[i].event)
			sd_tracefs_remove(run->links.v[i].event);
		free(run->links.v[i].event);
	}
	run->links.n = 0;
}
