/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Hands records to the buffer and counts what became of them; decides when the reader is woken. */
#ifndef SD_BPF_SEND_H
#define SD_BPF_SEND_H

#include "maps.bpf.h"

#define SD_RING_HEADER 8 /* BPF_RINGBUF_HDR_SZ */

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

static __always_inline void sd_send(struct pt_regs *ctx, struct sdw_rec *r, __u64 size,
				    struct sdw_counts *c)
{
	long err;

	sd_opaque(size);
	if (size > SDW_REC_MAX)
		size = SDW_REC_MAX;
	r->size = size;
	if (config.use_perf_buffer)
		err = bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, r, size);
	else
		err = bpf_ringbuf_output(&events, r, size, sd_wake_next(size));
	if (err)
		sd_lost(c, size);
	else
		sd_count(c->delivered);
}

#endif
