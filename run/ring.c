/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The consumer's side of a BPF ring buffer (kernel/bpf/ringbuf.c): one page with our position, one
 * with the kernel's, then the data mapped twice, so that a record never wraps.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "run/state.h"

struct sd_ring {
	u64 *consumer;	     /* mapped, ours to write */
	const u64 *producer; /* mapped, followed by the data */
	const u8 *data;
	u64 bytes;
	size_t page;
};

struct sd_err *sd_ring_open(int map_fd, u64 bytes, struct sd_ring **ret)
{
	struct sd_ring *r = sd_xcalloc(1, sizeof(*r));
	void *p;

	r->bytes = bytes;
	r->page = (size_t)getpagesize();
	p = mmap(NULL, r->page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (p != MAP_FAILED) {
		r->consumer = p;
		p = mmap(NULL, r->page + 2 * bytes, PROT_READ, MAP_SHARED, map_fd, (off_t)r->page);
	}
	if (p == MAP_FAILED) {
		struct sd_err *err = sd_err_errno(SD_ERR_FAILED, errno,
						  "cannot map the ring buffer of %llu bytes",
						  (unsigned long long)bytes);

		sd_ring_close(r);
		return sd_err_hint(err, "sonde … --ring-size 1M");
	}
	r->producer = p;
	r->data = (const u8 *)p + r->page;
	*ret = r;
	return NULL;
}

void sd_ring_close(struct sd_ring *r)
{
	if (!r)
		return;
	if (r->consumer)
		munmap(r->consumer, r->page);
	if (r->producer)
		munmap((void *)(uintptr_t)r->producer, r->page + 2 * r->bytes);
	free(r);
}

void sd_ring_clear(struct sd_ring *r)
{
	u64 end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);

	if (*r->consumer != end)
		__atomic_store_n(r->consumer, end, __ATOMIC_RELEASE);
}

u64 sd_ring_drain(struct sd_ring *r, bool (*cb)(void *ctx, const struct sdw_rec *rec), void *ctx)
{
	u64 pos = __atomic_load_n(r->consumer, __ATOMIC_RELAXED), n = 0;
	bool more = true;

	while (more) {
		u64 end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);

		if (pos >= end)
			break;
		while (more && pos < end) {
			const u32 *head = (const u32 *)(r->data + (pos & (r->bytes - 1)));
			u32 len = __atomic_load_n(head, __ATOMIC_ACQUIRE);
			const struct sdw_rec *rec = (const void *)(head + 2);

			if (len & BPF_RINGBUF_BUSY_BIT)
				return n;
			if (!(len & BPF_RINGBUF_DISCARD_BIT)) {
				if (len >= sizeof(*rec) && rec->size == len &&
				    rec->version == SDW_VERSION) {
					more = cb(ctx, rec);
					n++;
				} else {
					sd_log(SD_LOG_WARN, "run",
					       "a record of %u bytes is no record", len);
				}
			}
			len &= ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
			pos += (len + BPF_RINGBUF_HDR_SZ + 7) & ~7ULL;
			__atomic_store_n(r->consumer, pos, __ATOMIC_RELEASE);
		}
	}
	return n;
}
