/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The maps (their sizes are set before loading) and the scratch memory in which a general record is
 * built. */
#ifndef SD_BPF_MAPS_H
#define SD_BPF_MAPS_H

#include "build.bpf.h"

const volatile struct sdw_config config = {};

__u64 sd_losses; /* records lost so far, by all CPUs: what struct sdw_rec.losses reports */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sdw_site);
} sites SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE); /* filled in one piece: sd_run_set_types() */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sdw_type);
} types SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sdw_ptr);
} ptrs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct sdw_rtype);
} rtypes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sdw_counts);
} counts SEC(".maps");

/* Hits of no known site (by address only): a wrong load bias would show here. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} strays SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} pids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sdw_module);
} modules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct sdw_addr_key);
	__type(value, __u32);
} addr_sites SEC(".maps");

/*
 * Ring buffer, or perf event array when config.use_perf_buffer: the loader sets the type. With
 * `rings` it is only the bell that wakes the reader.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

#ifdef SD_PREEMPT
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* CPUs */
	__uint(key_size, 4);
	__uint(value_size, 4096); /* struct sdw_ring, its data, SDW_RING_SLACK */
} rings SEC(".maps");
#endif

struct sd_item { /* values that wait to be read */
	__u64 addr;
	__u32 type;
	__u32 count;
	__u32 depth;
	__u32 pad;
};

/*
 * All state of a chase is here, none in BPF registers: that is what lets the verifier of every
 * kernel see that one step is like the other. Offsets count from the start of rec. 32 KiB is the
 * most that a CPU's copy may have (PCPU_MIN_UNIT_SIZE).
 */
struct sd_scratch {
	__u32 busy;			/* SD_SLOTS: taken */
	__u32 head, tail;		/* of queue; free-running */
	__u32 root, nroots;		/* the next root */
	__u32 steps;			/* left */
	__u32 str_limit, items, module; /* the site's */
	__u64 bias;			/* the load bias */
	__u64 off;			/* where the next range goes */
	__u64 limit;			/* where ranges must end in a record */
	__u64 left;			/* bytes that the event may still have */
	__u64 base;			/* of the value whose pointers are followed */
	__u64 elem;			/* in it, of the element */
	__u64 value, value_len;		/* the range that holds it */
	__u64 want;			/* bytes of it that count */
	__u32 have;			/* it need not be read */
	__u32 rest;			/* elements of it that are still in the queue */
	__u32 lost;			/* the event: a part could not be sent */
	__u32 again;			/* the value is to be read again, in another record */
	__u32 site;			/* the key in `sites`, `counts` */
	__u32 elem_size;
	__u32 elems;	    /* elements left, this one included */
	__u32 ptr, ptr_end; /* its next pointer, in `ptrs` */
	__u32 first_ptr;
	__u32 depth;
	__u64 rtype;	     /* a key of `rtypes` */
	__u64 boxed;	     /* an interface's data word */
	__u64 off2;	     /* of the root whose address is read */
	__u32 then;	     /* enum sd_then: after this step's read */
	__u64 frame;	     /* of the call stack: the next */
	__u64 stack_at;	     /* where its range is */
	__u64 frames;	     /* SD_PLAIN: left */
	__u64 hits;	     /* which hit of its probe this is; 0: not wanted */
	struct sd_item next; /* to be queued */
	__u64 event;	     /* counts this slot's events: what `seen` is valid for */
	struct sd_item queue[SDW_QUEUE_MAX];
	struct sdw_seen seen[SDW_SEEN_MAX];
	struct sdw_rec rec;
	__u8 data[SDW_DATA_CAP + SDW_READ_MAX +
		  64]; /* reads are checked to end in DATA_CAP; the verifier sees less */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SD_NSLOTS);
	__type(key, __u32);
	__type(value, struct sd_scratch);
} scratch SEC(".maps");

/* A scratch slot of this CPU that is ours until sd_release(); NULL when all are taken. */
#ifdef SD_SLOTS
static __noinline struct sd_scratch *sd_take(void)
{
	struct sd_scratch *s;
	__u32 i = 0;

#pragma unroll
	for (int n = 0; n < SD_NSLOTS; n++) {
		i = n;
		s = bpf_map_lookup_elem(&scratch, &i);
		if (s && !__sync_val_compare_and_swap(&s->busy, 0, 1))
			return s;
	}
	return 0;
}
#else
static __always_inline struct sd_scratch *sd_take(void)
{
	__u32 i = 0;

	return bpf_map_lookup_elem(&scratch, &i);
}
#endif

/* Only tasks of the same CPU look at busy, and they see this CPU's stores in order. */
static __always_inline void sd_release(struct sd_scratch *s)
{
#ifdef SD_SLOTS
	asm volatile("" ::: "memory");
	*(volatile __u32 *)&s->busy = 0;
#endif
}

#endif
