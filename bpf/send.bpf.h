/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Hands records to the buffer and counts what became of them; decides when the reader is woken. */
#ifndef SD_BPF_SEND_H
#define SD_BPF_SEND_H

#include "maps.bpf.h"

#define SD_RING_HEADER 8 /* BPF_RINGBUF_HDR_SZ */
#define SD_REC_SIZE    sizeof(struct sdw_rec)

/*
 * A wake-up costs more than an event, so records go without, except the one that crosses a multiple
 * of wakeup_bytes: the pages of the ring are mapped in one piece, so the record's address says so
 * without a question to the ring.
 */
static __always_inline __u64 sd_wake_at(__u64 addr, __u64 size)
{
	return (addr ^ (addr + size)) & config.wakeup_bytes ? BPF_RB_FORCE_WAKEUP
							    : BPF_RB_NO_WAKEUP;
}

/* Of a reserved record of fixed size. */
static __always_inline __u64 sd_wake_record(struct sdw_rec *r)
{
	__u64 site = *(__u64 *)&r->site, addr;

	*(struct sdw_rec *volatile *)&r->site = r; /* the pointer as a number: through memory */
	addr = *(volatile __u64 *)&r->site;
	*(volatile __u64 *)&r->site = site;
	return sd_wake_at(addr, sizeof(*r) + SD_RING_HEADER);
}

/* As above for bpf_ringbuf_output(), where the address is not known: by the position in the ring.
 */
static __always_inline __u64 sd_wake_next(__u64 size)
{
	return sd_wake_at(bpf_ringbuf_query(&events, BPF_RB_PROD_POS), size);
}

static __always_inline void sd_lost(struct sdw_counts *c, __u64 size)
{
	__sync_fetch_and_add(&sd_losses, 1);
	if (((size + SD_RING_HEADER + 7) & ~7ULL) > config.ring_bytes)
		sd_count(c->lost_big);
	else
		sd_count(c->lost_full);
}

#ifdef SD_PREEMPT
/* This CPU's ring, NULL when there are none. */
static __always_inline struct sdw_ring *sd_ring(void)
{
	__u32 cpu;

	if (!config.ring_mask)
		return 0;
	cpu = bpf_get_smp_processor_id(); /* no call where this build loads (6.10, 1ae6921009e5) */
	return bpf_map_lookup_elem(&rings, &cpu);
}

/* Where this CPU's next record goes, if up to size bytes of it have room there; else NULL. */
static __always_inline struct sdw_rec *sd_ring_place(struct sdw_ring *ring, __u64 size)
{
	__u64 head = ring->head;

	if (head - *(volatile __u64 *)&ring->tail + size > config.ring_mask + 1)
		return 0;
	return (struct sdw_rec *)(ring->data + (head & config.ring_mask & ~7ULL));
}

/* The record at the place is complete: size bytes, a multiple of 8. */
static __always_inline void sd_publish(struct sdw_ring *ring, __u64 size)
{
	__u64 head = ring->head;

	asm volatile("" ::: "memory"); /* x86: stores are seen in this order */
	*(volatile __u64 *)&ring->head = head + size;
	if ((head ^ (head + size)) & config.wakeup_bytes)
		bpf_ringbuf_output(&events, &ring->head, 8, BPF_RB_FORCE_WAKEUP);
}
#endif

/* Hands over a record of fixed size that was built elsewhere. True when there was no room. */
static __always_inline long sd_send_fixed(struct pt_regs *ctx, struct sdw_rec *r)
{
#ifdef SD_PREEMPT
	struct sdw_ring *ring = sd_ring();
	struct sdw_rec *to;

	if (ring) {
		to = sd_ring_place(ring, sizeof(*r));
		if (!to)
			return 1;
		*to = *r;
		sd_publish(ring, sizeof(*r));
		return 0;
	}
#endif
	if (config.use_perf_buffer)
		return bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, r, sizeof(*r));
	return bpf_ringbuf_output(&events, r, sizeof(*r), sd_wake_next(sizeof(*r)));
}

/* Where a general record is built: in the CPU's ring, or in the slot. NULL when there may be no
 * room. */
static __always_inline struct sdw_rec *sd_begin(struct sd_scratch *s)
{
#ifdef SD_PREEMPT
	struct sdw_ring *ring = sd_ring();

	if (config.ring_mask)
		return ring ? sd_ring_place(ring, SDW_REC_MAX) : 0;
#endif
	return &s->rec;
}

static __always_inline long sd_output(struct pt_regs *ctx, struct sdw_rec *r, __u64 size)
{
	if (config.use_perf_buffer)
		return bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, r, size);
	return bpf_ringbuf_output(&events, r, size, sd_wake_next(size));
}

/* The size of what was built, as the verifier must know it. */
static __always_inline __u64 sd_size(const struct sd_scratch *s)
{
	__u64 size = s->off;

	sd_opaque(size);
	return size > SDW_REC_MAX ? SDW_REC_MAX : size;
}

/* Hands over a record that another one continues: the place for that, with this one's header; NULL
 * when there is no room. */
static __always_inline struct sdw_rec *sd_send_part(struct pt_regs *ctx, struct sd_scratch *s,
						    struct sdw_rec *r)
{
	__u64 size = sd_size(s);

	r->size = size;
	r->flags |= SDW_REC_CONTINUES;
#ifdef SD_PREEMPT
	if (config.ring_mask) {
		struct sdw_ring *ring = sd_ring();
		struct sdw_rec *to;
		__u64 head;

		if (!ring)
			return 0;
		head = ring->head + size;
		if (head - *(volatile __u64 *)&ring->tail + SDW_REC_MAX > config.ring_mask + 1)
			return 0;
		to = (struct sdw_rec *)(ring->data + (head & config.ring_mask & ~7ULL));
		*to = *r;
		sd_publish(ring, size);
		r = to;
		goto out;
	}
#endif
	if (sd_output(ctx, r, size))
		return 0;
#ifdef SD_PREEMPT
out:
#endif
	r->flags &= ~SDW_REC_CONTINUES;
	return r;
}

/* Hands over the last record, or the only one. */
static __always_inline void sd_send(struct pt_regs *ctx, struct sd_scratch *s, struct sdw_rec *r)
{
	struct sdw_counts *c;
	__u64 size = sd_size(s);

	sd_opaque(s); /* &s->site is not kept on the stack */
	c = bpf_map_lookup_elem(&counts, &s->site);
	if (!c)
		return;
	r->size = size;
#ifdef SD_PREEMPT
	if (config.ring_mask) {
		struct sdw_ring *ring = sd_ring();

		if (!ring)
			return;
		sd_count(c->delivered);
		sd_publish(ring, size);
		return;
	}
#endif
	if (sd_output(ctx, r, size))
		sd_lost(c, size);
	else
		sd_count(c->delivered);
}

/* A part could not be sent: the event is lost, and what was sent of it is left out by the reader.
 */
static __always_inline void sd_lost_part(struct sd_scratch *s)
{
	struct sdw_counts *c;

	sd_opaque(s);
	c = bpf_map_lookup_elem(&counts, &s->site);
	if (c)
		sd_lost(c, s->off);
}

#endif
