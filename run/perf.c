/* SPDX-License-Identifier: BSD-2-Clause */
/* The last rung: one perf event for each site (4.17). Attaches fast, detaches at 0.1 s an event. */
#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include <bpf/bpf.h>

#include "run/state.h"

int sd_perf_uprobe_type(void)
{
	FILE *f = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	int type = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%d", &type) != 1)
		type = -1;
	fclose(f);
	return type;
}

int sd_perf_set_prog(struct sd_run *run, int perf_fd, int prog_fd, u64 cookie, int *link_fd_ret)
{
	*link_fd_ret = -1;
	if (run->find != SDW_FIND_ADDR) {
		LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = cookie);
		int fd = bpf_link_create(prog_fd, perf_fd, BPF_PERF_EVENT, &opts);

		if (fd < 0)
			return -errno;
		*link_fd_ret = fd;
	} else if (ioctl(perf_fd, PERF_EVENT_IOC_SET_BPF, prog_fd)) {
		return -errno;
	}
	if (ioctl(perf_fd, PERF_EVENT_IOC_ENABLE, 0)) {
		int err = -errno;

		sd_closep(link_fd_ret);
		*link_fd_ret = -1;
		return err;
	}
	return 0;
}

int sd_perf_link(struct sd_run *run, int prog_fd, const char *path, pid_t pid, u64 cookie, u64 off,
		 struct sd_link *ret)
{
	struct perf_event_attr attr = {.size = sizeof(attr), .disabled = 1};
	int type = sd_perf_uprobe_type();
	struct sd_link link = {.link_fd = -1, .perf_fd = -1};
	int err;

	if (type < 0)
		return -EOPNOTSUPP;
	attr.type = (u32)type;
	attr.config1 = (u64)(uintptr_t)path; /* uprobe_path */
	attr.config2 = off;
	/* with a pid: all threads of its address space; without: one event is enough for all CPUs
	 */
	link.perf_fd = sd_perf_event_open(&attr, pid ? pid : -1, pid ? -1 : 0);
	if (link.perf_fd < 0)
		return -errno;
	err = sd_perf_set_prog(run, link.perf_fd, prog_fd, cookie, &link.link_fd);
	if (err) {
		close(link.perf_fd);
		return err;
	}
	*ret = link;
	return 0;
}
