/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the three builds differ in: how loops run, how a CPU's scratch memory is kept from a task
 * that preempts its owner, and how counters are added to. SD_PLAIN    ≤ 5.15: unrolled by the
 * verifier, programs cannot be preempted (trace_call_bpf() under preempt_disable)
 *   SD_SLOTS    6.0–6.9: bpf_loop(); uprobe programs can be preempted: slots by cmpxchg, atomic
 * counters SD_PREEMPT  ≥ 6.10: bpf_loop(); bpf_preempt_disable() around the body
 */
#ifndef SD_BPF_BUILD_H
#define SD_BPF_BUILD_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>

#include "wire.h"

/* Keeps clang from merging or re-deriving a value between the comparison and the use that the
 * verifier must see. */
#define sd_opaque(x)		asm volatile("" : "+r"(x))

/*
 * Calls with these numbers are no helpers: the loader turns them into calls of the kfuncs, whose
 * BTF ids it finds by itself (libbpf would parse all of vmlinux's BTF for two names: 15 ms).
 */
#define SD_CALL_PREEMPT_DISABLE 0x5d000001
#define SD_CALL_PREEMPT_ENABLE	0x5d000002

#ifdef SD_PREEMPT
#define SD_IS_PREEMPT 1
static void (*const sd_preempt_disable)(void) = (void *)SD_CALL_PREEMPT_DISABLE;
static void (*const sd_preempt_enable)(void) = (void *)SD_CALL_PREEMPT_ENABLE;
#else
#define SD_IS_PREEMPT 0
static __always_inline void sd_preempt_disable(void)
{
}
static __always_inline void sd_preempt_enable(void)
{
}
#endif

#ifdef SD_SLOTS
#define SD_NSLOTS	 4
#define sd_count(member) __sync_fetch_and_add(&(member), 1)
#else
#define SD_NSLOTS	 1
#define sd_count(member) ((member)++)
#endif

/* Steps of one chase: a root; a value of the queue with its first pointer; each pointer more. */
#ifdef SD_PLAIN
#define SD_STEPS(bytes) SDW_STEPS_PLAIN
#else
#define SD_STEPS(bytes) SDW_STEPS_LOOP(bytes)
#endif

#endif
