/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The consumer's side of perf buffers, one for each CPU, merged by time: the oldest of the CPUs'
 * next records is handed out, once it is old enough that no other CPU can still come with an older
 * one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include <bpf/bpf.h>

#include "run/state.h"

#define SD_SETTLE_NS 2000000ull /* between a record's time stamp and its place in the buffer */

struct sd_perf_cpu {
	int fd;
	struct perf_event_mmap_page *page; /* mapped; the data follow */
	u64 head, tail; /* what the kernel wrote when last looked at, what was handed out */
	u64 rec;	/* position of the next record's bytes, 0: none known */
	u32 raw;	/* how many */
	u64 next;	/* where the record after it begins */
	u64 ts;
};

struct sd_perfbuf {
	int epoll_fd;
	u32 ncpu;
	struct sd_perf_cpu *cpus; /* owned */
	u64 bytes;
	size_t page;
	u64 lost; /* as PERF_RECORD_LOST says; the programs count the same ones themselves */
	struct sdw_rec *copy; /* owned: the record that is handed out; in the buffer it is not
				 aligned and may wrap */
};

static int online_cpus(u32 *cpus, u32 max)
{
	FILE *f = fopen("/sys/devices/system/cpu/online", "re");
	int n = 0, a, b;
	char sep;

	if (!f)
		return 0;
	while (fscanf(f, "%d", &a) == 1) {
		b = a;
		sep = (char)fgetc(f);
		if (sep == '-') {
			if (fscanf(f, "%d", &b) != 1)
				break;
			sep = (char)fgetc(f);
		}
		for (int c = a; c <= b && (u32)n < max; c++)
			cpus[n++] = (u32)c;
		if (sep != ',')
			break;
	}
	fclose(f);
	return n;
}

static int open_cpu(struct sd_perfbuf *pb, int map_fd, u32 cpu, struct sd_perf_cpu *ret)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.size = sizeof(attr),
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.watermark = 1,
		.wakeup_watermark = (u32)(pb->bytes / 4),
	};
	struct epoll_event ev = {.events = EPOLLIN};
	void *p;
	int fd = sd_perf_event_open(&attr, -1, (int)cpu);

	if (fd < 0)
		return -errno;
	ret->fd = fd;
	p = mmap(NULL, pb->page + pb->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	ret->page = p;
	if (bpf_map_update_elem(map_fd, &cpu, &fd, BPF_ANY) ||
	    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) || epoll_ctl(pb->epoll_fd, EPOLL_CTL_ADD, fd, &ev))
		return -errno;
	return 0;
}

struct sd_err *sd_perfbuf_open(int map_fd, u64 bytes, struct sd_perfbuf **ret)
{
	struct sd_perfbuf *pb = sd_xcalloc(1, sizeof(*pb));
	u32 cpus[4096];
	int n = online_cpus(cpus, SD_ARRAY_SIZE(cpus)), err = 0;

	pb->bytes = bytes;
	pb->page = (size_t)getpagesize();
	pb->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	pb->copy = sd_xmalloc(SDW_REC_MAX);
	pb->cpus = sd_xcalloc((size_t)SD_MAX(n, 1), sizeof(*pb->cpus));
	if (n <= 0 || pb->epoll_fd < 0)
		err = -EINVAL;
	for (int i = 0; !err && i < n; i++) {
		pb->cpus[i].fd = -1;
		pb->ncpu++;
		err = open_cpu(pb, map_fd, cpus[i], &pb->cpus[i]);
		if (err == -ENODEV) /* went offline meanwhile */
			err = 0;
	}
	if (err) {
		sd_perfbuf_close(pb);
		if (err == -EPERM || err == -EACCES)
			return sd_rights_err(
				-err, false,
				"cannot map perf buffers (kernel.perf_event_mlock_kb)");
		return sd_err_hint(sd_err_errno(SD_ERR_FAILED, -err,
						"cannot open perf buffers of %llu bytes per CPU",
						(unsigned long long)bytes),
				   "sonde … --ring-size 1M");
	}
	*ret = pb;
	return NULL;
}

void sd_perfbuf_close(struct sd_perfbuf *pb)
{
	if (!pb)
		return;
	for (u32 i = 0; i < pb->ncpu; i++) {
		if (pb->cpus[i].page)
			munmap(pb->cpus[i].page, pb->page + pb->bytes);
		sd_closep(&pb->cpus[i].fd);
	}
	free(pb->copy);
	sd_closep(&pb->epoll_fd);
	free(pb->cpus);
	free(pb);
}

int sd_perfbuf_fd(const struct sd_perfbuf *pb)
{
	return pb->epoll_fd;
}

/* Copies out of the buffer, which wraps. */
static void copy(const struct sd_perfbuf *pb, const u8 *data, u64 pos, void *dst, size_t n)
{
	size_t at = (size_t)(pos & (pb->bytes - 1)), first = SD_MIN(n, (size_t)pb->bytes - at);

	memcpy(dst, data + at, first);
	memcpy((u8 *)dst + first, data, n - first);
}

/* Goes to the CPU's next record that is one; false when there is none yet. */
static bool find_next(struct sd_perfbuf *pb, struct sd_perf_cpu *cpu)
{
	const u8 *data = (const u8 *)cpu->page + pb->page;

	while (!cpu->rec && cpu->tail < cpu->head) {
		struct perf_event_header h;
		struct sdw_rec rec;
		u32 raw = 0;

		copy(pb, data, cpu->tail, &h, sizeof(h));
		if (h.size < sizeof(h) || h.size > cpu->head - cpu->tail) {
			cpu->tail = cpu->head;
			break;
		}
		cpu->next = cpu->tail + h.size;
		if (h.type == PERF_RECORD_LOST && h.size >= sizeof(h) + 16) {
			u64 lost;

			copy(pb, data, cpu->tail + sizeof(h) + 8, &lost, sizeof(lost));
			pb->lost += lost;
		}
		if (h.type == PERF_RECORD_SAMPLE && h.size >= sizeof(h) + sizeof(raw))
			copy(pb, data, cpu->tail + sizeof(h), &raw, sizeof(raw));
		if (h.type != PERF_RECORD_SAMPLE || raw < sizeof(rec) ||
		    raw > h.size - sizeof(h) - sizeof(raw)) {
			cpu->tail = cpu->next;
			continue;
		}
		copy(pb, data, cpu->tail + sizeof(h) + sizeof(raw), &rec, sizeof(rec));
		if (rec.size < sizeof(rec) || rec.size > raw || rec.size > SDW_REC_MAX ||
		    rec.version != SDW_VERSION) {
			sd_log(SD_LOG_WARN, "run", "a record of %u bytes says it has %u", raw,
			       rec.size);
			cpu->tail = cpu->next;
			continue;
		}
		cpu->rec = cpu->tail + sizeof(h) + sizeof(raw);
		cpu->raw = rec.size;
		cpu->ts = rec.ts;
	}
	return cpu->rec != 0;
}

u64 sd_perfbuf_drain(struct sd_perfbuf *pb, bool flush,
		     bool (*cb)(void *ctx, const struct sdw_rec *rec), void *ctx)
{
	struct timespec now;
	bool more = true;
	u64 horizon, n = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	horizon = flush ? ~0ull : (u64)now.tv_sec * 1000000000ull + (u64)now.tv_nsec - SD_SETTLE_NS;
	for (u32 i = 0; i < pb->ncpu; i++)
		if (pb->cpus[i].page)
			pb->cpus[i].head = __atomic_load_n(&pb->cpus[i].page->data_head,
							   __ATOMIC_ACQUIRE);
	while (more) {
		struct sd_perf_cpu *first = NULL;

		for (u32 i = 0; i < pb->ncpu; i++) {
			struct sd_perf_cpu *cpu = &pb->cpus[i];

			if (cpu->page && find_next(pb, cpu) && (!first || cpu->ts < first->ts))
				first = cpu;
		}
		if (!first || first->ts > horizon)
			break;
		copy(pb, (const u8 *)first->page + pb->page, first->rec, pb->copy, first->raw);
		first->rec = 0;
		first->tail = first->next;
		__atomic_store_n(&first->page->data_tail, first->tail, __ATOMIC_RELEASE);
		more = cb(ctx, pb->copy);
		n++;
	}
	return n;
}
