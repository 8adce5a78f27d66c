/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader's side of the rings of the CPUs (struct sdw_ring), merged by time. Whatever a record
 * can follow on (an entry, another part) was complete before its time stamp was taken. So when the
 * records of up to some moment are handed out, and the rings are looked at after that moment, none
 * comes before what it follows on, wherever the thread went in between.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "run/state.h"

#define SKEW_NS 10000ull /* the programs' clock (ktime_get_mono_fast_ns) may be off by some ns */

struct sd_rings_cpu {
	struct sdw_ring *ring; /* in `map` */
	u64 tail, head;
	u64 given; /* back: what ring->tail says */
	u64 ts;	   /* of the record at tail */
};

struct sd_rings {
	void *map; /* mapped */
	size_t map_bytes;
	u32 ncpu;
	u64 bytes;		    /* of one ring */
	struct sd_rings_cpu *cpus;  /* owned */
	struct sd_rings_cpu **more; /* owned: those that have records left */
	struct sd_ring *bell;	    /* owned: the buffer that wakes the reader */
};

u64 sd_rings_stride(u64 bytes)
{
	u64 page = (u64)getpagesize();

	return (sizeof(struct sdw_ring) + bytes + SDW_RING_SLACK + page - 1) & ~(page - 1);
}

struct sd_err *sd_rings_open(int map_fd, u32 ncpu, u64 bytes, int bell_fd, struct sd_rings **ret)
{
	struct sd_rings *r = sd_xcalloc(1, sizeof(*r));
	struct sd_err *err;
	u8 *p;

	r->ncpu = ncpu;
	r->bytes = bytes;
	r->map_bytes = sd_rings_stride(bytes) * ncpu;
	p = mmap(NULL, r->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (p == MAP_FAILED) {
		err = sd_err_hint(sd_err_errno(SD_ERR_FAILED, errno,
					       "cannot map the rings of %u CPUs, %llu bytes each",
					       ncpu, (unsigned long long)bytes),
				  "sonde … --ring-size 1M");
		sd_rings_close(r);
		return err;
	}
	r->map = p;
	r->cpus = sd_xcalloc(ncpu, sizeof(*r->cpus));
	r->more = sd_xcalloc(ncpu, sizeof(struct sd_rings_cpu *));
	for (u32 i = 0; i < ncpu; i++)
		r->cpus[i].ring = (struct sdw_ring *)(void *)(p + i * sd_rings_stride(bytes));
	err = sd_ring_open(bell_fd, (u64)getpagesize(), &r->bell);
	if (err) {
		sd_rings_close(r);
		return err;
	}
	*ret = r;
	return NULL;
}

void sd_rings_close(struct sd_rings *r)
{
	if (!r)
		return;
	sd_ring_close(r->bell);
	if (r->map)
		munmap(r->map, r->map_bytes);
	free(r->more);
	free(r->cpus);
	free(r);
}

/* The kernel side looks at ring->tail at each hit: seldom written, it stays in that CPU's cache. */
static void give_back(struct sd_rings_cpu *c)
{
	if (c->given == c->tail)
		return;
	c->given = c->tail;
	__atomic_store_n(&c->ring->tail, c->tail, __ATOMIC_RELEASE);
}

static const struct sdw_rec *record_at(const struct sd_rings *r, const struct sd_rings_cpu *c)
{
	return (const void *)(c->ring->data + (c->tail & (r->bytes - 1)));
}

/* Whether there is a record at the CPU's tail; it must be one, since only our programs write there.
 */
static bool look(const struct sd_rings *r, struct sd_rings_cpu *c)
{
	const struct sdw_rec *rec = record_at(r, c);

	if (c->tail == c->head)
		return false;
	if (c->head - c->tail > r->bytes || rec->size < sizeof(*rec) || rec->size > SDW_REC_MAX ||
	    rec->size % 8 || rec->size > c->head - c->tail || rec->version != SDW_VERSION) {
		sd_log(SD_LOG_WARN, "run", "a record of %u bytes is no record", rec->size);
		c->tail = c->head;
		return false;
	}
	c->ts = rec->ts;
	return true;
}

/* Hands out records of the CPU that has the oldest, until another has an older one. */
static bool drain_first(struct sd_rings *r, u32 *left, u64 horizon,
			bool (*cb)(void *ctx, const struct sdw_rec *rec), void *ctx, u64 *n)
{
	struct sd_rings_cpu *c;
	u64 until = horizon;
	u32 first = 0;
	bool more;

	for (u32 i = 1; i < *left; i++)
		if (r->more[i]->ts < r->more[first]->ts)
			first = i;
	for (u32 i = 0; i < *left; i++)
		if (i != first && r->more[i]->ts < until)
			until = r->more[i]->ts;
	c = r->more[first];
	if (c->ts > horizon)
		return false;
	do {
		const struct sdw_rec *rec = record_at(r, c);

		++*n;
		more = cb(ctx, rec);
		c->tail += rec->size;
		if (c->tail - c->given > r->bytes / 8)
			give_back(c);
		if (!more)
			return false;
		more = look(r, c);
	} while (more && c->ts <= until);
	if (!more)
		r->more[first] = r->more[--*left];
	return true;
}

u64 sd_rings_drain(struct sd_rings *r, bool flush, bool (*cb)(void *ctx, const struct sdw_rec *rec),
		   void *ctx)
{
	struct timespec now;
	u64 horizon, n = 0;
	u32 left = 0;

	sd_ring_clear(r->bell);
	clock_gettime(CLOCK_MONOTONIC, &now);
	horizon = (u64)now.tv_sec * 1000000000ull + (u64)now.tv_nsec - (flush ? 0 : SKEW_NS);
	for (u32 i = 0; i < r->ncpu; i++) {
		r->cpus[i].head = __atomic_load_n(&r->cpus[i].ring->head, __ATOMIC_ACQUIRE);
		if (look(r, &r->cpus[i]))
			r->more[left++] = &r->cpus[i];
	}
	while (left && drain_first(r, &left, horizon, cb, ctx, &n))
		;
	for (u32 i = 0; i < r->ncpu; i++)
		give_back(&r->cpus[i]);
	return n;
}
