/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * null BINARY PID OFFSET...: puts a program that does nothing at these file offsets of a process'
 * binary, says how it did that ("multi" or "perf"), and holds it until standard input ends. It is
 * what a hit costs at least (the trap and the call of a BPF program), so nothing is shared with
 * sonde: raw system calls, two instructions.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_SITES    16
#define UPROBE_MULTI 48 /* BPF_TRACE_UPROBE_MULTI of linux/bpf.h, since 6.6 */

static int bpf(int cmd, void *attr, unsigned int size)
{
	return (int)syscall(SYS_bpf, cmd, attr, size);
}

static int load(uint32_t expected_attach_type)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_KPROBE;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t) "Dual BSD/GPL";
	attr.expected_attach_type = expected_attach_type;
	memcpy(attr.prog_name, "null", 5);
	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int attach_multi(const char *path, uint32_t pid, const uint64_t *offsets, uint32_t n)
{
	/* link_create with uprobe_multi, which older headers lack */
	struct {
		uint32_t prog_fd, target_fd, attach_type, flags;
		uint64_t path, offsets, ref_ctr_offsets, cookies;
		uint32_t cnt, multi_flags, pid, pad;
	} attr = {
		.attach_type = UPROBE_MULTI,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)offsets,
		.cnt = n,
		.pid = pid,
	};
	int prog = load(UPROBE_MULTI);

	if (prog < 0)
		return -1;
	attr.prog_fd = (uint32_t)prog;
	return bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

static int attach_perf(const char *path, int pid, const uint64_t *offsets, int n)
{
	struct perf_event_attr attr = {.size = sizeof(attr)};
	FILE *f = fopen("/sys/bus/event_source/devices/uprobe/type", "r");
	int prog = load(0);

	if (!f || fscanf(f, "%u", &attr.type) != 1 || prog < 0)
		return -1;
	fclose(f);
	for (int i = 0; i < n; i++) {
		int fd;

		attr.config1 = (uintptr_t)path;
		attr.config2 = offsets[i];
		fd = (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
		if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog) ||
		    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t offsets[MAX_SITES];
	const char *how = "multi";
	int n = argc - 3;
	char c;

	if (n < 1 || n > MAX_SITES) {
		fprintf(stderr, "usage: null BINARY PID OFFSET... (1 to %d)\n", MAX_SITES);
		return 2;
	}
	for (int i = 0; i < n; i++)
		offsets[i] = strtoull(argv[3 + i], NULL, 0);
	if (attach_multi(argv[1], (uint32_t)atoi(argv[2]), offsets, (uint32_t)n) < 0) {
		how = "perf";
		if (attach_perf(argv[1], atoi(argv[2]), offsets, n)) {
			fprintf(stderr, "null: %s\n", strerror(errno));
			return 1;
		}
	}
	printf("%s\n", how);
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}
