/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What tames the flow: which of a probe's hits are let through when not all of them shall be. All
 * sites of a probe share one state. Where programs have no atomic operations that say what was
 * there before (5.11), two CPUs at once may let one hit too many or too few through; each hit is
 * counted once all the same.
 */
#ifndef SD_BPF_LIMIT_H
#define SD_BPF_LIMIT_H

#include "vm.bpf.h"

#define SD_TRIES 8 /* against other CPUs */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sdw_probe);
} probes SEC(".maps");

/* Keys that were seen, the ones that are longest ago forgotten. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct sdw_key);
	__type(value, __u32);
} firsts SEC(".maps");

/* Adds 1; what there was before. */
static __always_inline __u64 sd_fetch(__u64 *p)
{
#ifdef SD_PLAIN
	return (*(volatile __u64 *)p)++;
#else
	return __sync_fetch_and_add(p, 1);
#endif
}

/* 1: *p was `old` and is `new`. */
static __always_inline int sd_exchange(__u64 *p, __u64 old, __u64 new)
{
#ifdef SD_PLAIN
	*(volatile __u64 *)p = new;
	return 1;
#else
	return __sync_val_compare_and_swap(p, old, new) == old;
#endif
}

/* Which hit of its probe this is. */
static __always_inline void sd_number(struct sd_vm *vm, struct sdw_site *site)
{
	vm->hits = 0;
#ifndef SD_PLAIN /* it would not be exact */
	if (site->flags & SDW_SITE_HITS) {
		struct sdw_probe *p = bpf_map_lookup_elem(&probes, &site->probe);

		if (p)
			vm->hits = sd_fetch(&p->hits) + 1;
	}
#endif
}

/*
 * A token bucket as the time at which it is full again: a hit puts that off by `interval`, and is
 * too much when it would come to lie more than `burst` from now.
 */
static __always_inline int sd_has_token(struct sdw_probe *p)
{
	__u64 now = bpf_ktime_get_ns(), full, next;

#pragma unroll
	for (int i = 0; i < SD_TRIES; i++) {
		full = *(volatile __u64 *)&p->full;
		next = (full > now ? full : now) + p->interval;
		if (next - now > p->burst)
			return 0;
		if (sd_exchange(&p->full, full, next))
			return 1;
	}
	return 0;
}

/* Whether the hit is let through; its key is vm's. */
static __noinline int sd_is_let(struct sd_vm *vm, struct sdw_site *site)
{
	struct sdw_probe *p = bpf_map_lookup_elem(&probes, &site->probe);
	__u64 flags, sample;

	if (!p)
		return 1;
	flags = p->flags;
	sample = p->sample ? p->sample : 1;
	if (!site->key) {
		if ((flags & SDW_TAME_SAMPLE) && sd_fetch(&p->seen) % sample)
			return 0;
	} else if (vm->truth != SD_UNSURE) { /* what has no key is let through */
		if ((flags & SDW_TAME_SAMPLE) && (vm->key >> 16) % sample)
			return 0;
		vm->first.key = vm->key;
		vm->first.probe = site->probe;
		if ((flags & SDW_TAME_FIRST) &&
		    bpf_map_update_elem(&firsts, &vm->first, &site->probe, BPF_NOEXIST))
			return 0;
	}
	return flags & SDW_TAME_RATE ? sd_has_token(p) : 1;
}

#endif
