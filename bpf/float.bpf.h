/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The floating-point registers of Go code, which no BPF program can read: a hit asks for a signal
 * to its own thread, the kernel writes the registers into the signal's frame, and a second probe,
 * in Go's signal handler, reads them there. What ties a frame to its hit: the thread, that
 * it is the thread's next SIGURG, and the interrupted ip, sp and general registers, all of which
 * are known at the hit. Else the hit has no numbers, never another's.
 */
#ifndef SD_BPF_FLOAT_H
#define SD_BPF_FLOAT_H

#include "send.bpf.h"
#include "site.bpf.h"

#define SD_SIGURG                                                                                  \
	23 /* what Go's scheduler sends itself: handlers must tolerate it (runtime/preempt) */
#define SD_UC_REGS                                                                                   \
	40 /* uc_mcontext in struct ucontext: r8–r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, \
	      … */
#define SD_UC_SP      15
#define SD_UC_IP      16
#define SD_UC_FPSTATE 23 /* … fpstate: the words that are read end with it */
#define SD_UC_WORDS   24
#define SD_FX_XMM     160 /* XMM0 in the FXSAVE image (Intel SDM 1, 10.5.1) */
#define SD_XMM_WORDS  (2 * SDW_NXMM)

/* What a thread waits for. Only its own thread looks at it, from its two programs, one after the
 * other. */
struct sd_request {
	__u64 ip, alt; /* where the thread goes on: the frame's rip is one of them */
	__u64 at;      /* where it was asked for */
	__u64 sp;
	__u64 sum;  /* of the general registers: sd_sum() */
	__u32 next; /* enum sdw_next_flags: which of these are known */
	__u32 sent; /* the signal */
	union {
		struct sdw_rec rec; /* what is sent */
		struct {
			__u8 head[__builtin_offsetof(struct sdw_rec, regs)];
			__u64 words[SD_XMM_WORDS]; /* begins as rec.regs; the frame is read here too
						    */
		};
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32); /* tid, as the initial pid namespace numbers it */
	__type(value, struct sd_request);
} requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sdw_next);
} nexts SEC(".maps");

__u64 sd_no_request[sizeof(struct sd_request) / 8]; /* what a request begins as; never written */

/* Mixes the general registers but sp, in the order of the signal frame; one after the other, for
 * the stack's sake. */
#define sd_mix(sum, reg)                                                                           \
	do {                                                                                       \
		(sum) = (sum)*31 + (reg);                                                          \
		asm volatile("" : "+r"(sum) : : "memory");                                         \
	} while (0)

static __always_inline __u64 sd_sum(struct pt_regs *ctx)
{
	__u64 sum = ctx->r8;

	sd_mix(sum, ctx->r9);
	sd_mix(sum, ctx->r10);
	sd_mix(sum, ctx->r11);
	sd_mix(sum, ctx->r12);
	sd_mix(sum, ctx->r13);
	sd_mix(sum, ctx->r14);
	sd_mix(sum, ctx->r15);
	sd_mix(sum, ctx->rdi);
	sd_mix(sum, ctx->rsi);
	sd_mix(sum, ctx->rbp);
	sd_mix(sum, ctx->rbx);
	sd_mix(sum, ctx->rdx);
	sd_mix(sum, ctx->rax);
	sd_mix(sum, ctx->rcx);
	return sum;
}

static __always_inline struct sd_request *sd_request_of(__u32 tid)
{
	struct sd_request *q = bpf_map_lookup_elem(&requests, &tid);

	if (!q && !bpf_map_update_elem(&requests, &tid, sd_no_request, BPF_NOEXIST))
		q = bpf_map_lookup_elem(&requests, &tid);
	return q;
}

/*
 * Notes what the thread's next SIGURG must look like to be that of the record of this hit. Not on
 * system stacks: SIGURG is blocked while a signal is handled.
 */
static __noinline void sd_ask(struct pt_regs *ctx, struct sdw_rec *r)
{
	__u32 index = r->site;
	const struct sdw_next *next = bpf_map_lookup_elem(&nexts, &index);
	struct sd_request *q;

	r->flags |= SDW_REC_XMM;
	if (!next || (r->flags & (SDW_REC_SYSTEM | SDW_REC_G_BAD)) || !r->goid) {
		r->flags |= SDW_REC_XMM_SYSTEM;
		return;
	}
	q = sd_request_of(bpf_get_current_pid_tgid());
	if (!q) {
		r->flags |= SDW_REC_XMM_UNSENT;
		return;
	}
	/* A signal that is on its way comes before the thread goes on: this is another probe on the
	 * instruction that was asked for. */
	if (q->sent && q->at == ctx->rip && q->sp == ctx->rsp + next->sp && q->sum == sd_sum(ctx)) {
		r->flags |= SDW_REC_XMM_SHARED;
		return;
	}
	q->sent = 0;
	q->at = ctx->rip;
	q->next = next->flags;
	q->ip = ctx->rip + next->ip;
	q->alt = ctx->rip + next->alt;
	if (next->flags & SDW_NEXT_RET) {
		if (bpf_probe_read_user(&q->ip, 8, (void *)ctx->rsp))
			q->ip = 0;
		q->alt = q->ip;
	}
	q->sp = ctx->rsp + next->sp;
	q->sum = sd_sum(ctx);
	q->rec.size = sizeof(q->rec);
	q->rec.version = SDW_VERSION;
	q->rec.flags = SDW_REC_FLOATS;
	q->rec.site = index;
	q->rec.pid = r->pid;
	q->rec.tid = r->tid;
	q->rec.g = r->ts;
	q->rec.losses = r->losses;
}

/* Lost ones are not counted: their value says why it is not there. */
static __always_inline void sd_answer(struct pt_regs *ctx, struct sd_request *q)
{
	sd_preempt_disable();
	q->rec.ts = bpf_ktime_get_ns();
	sd_send_fixed(ctx, &q->rec);
	sd_preempt_enable();
}

/*
 * Interrupts the thread where it goes on, if the hit has asked. Call it with preemption allowed:
 * else newer kernels send the signal by an interrupt of its own. Inline for the loader, which turns
 * placeholders into kfunc calls in the programs themselves only.
 */
#ifdef SD_PREEMPT
static __always_inline
#else
static __noinline
#endif
	void
	sd_interrupt(struct pt_regs *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct sd_request *q = bpf_map_lookup_elem(&requests, &tid);

	if (!q || q->sent)
		return;
	q->sent = 1;
	if (!bpf_send_signal_thread(SD_SIGURG))
		return;
	q->rec.flags |= SDW_REC_XMM_UNSENT;
	sd_answer(ctx, q);
	bpf_map_delete_elem(&requests, &tid);
}

/* Whether the frame, which is in q->words, is the one that was asked for. */
static __always_inline int sd_is_asked(const struct sd_request *q)
{
	__u64 sum = q->words[0];

	if (q->words[SD_UC_IP] != q->ip && q->words[SD_UC_IP] != q->alt)
		return 0;
	if ((q->next & SDW_NEXT_SP) && q->words[SD_UC_SP] != q->sp)
		return 0;
	if (!(q->next & SDW_NEXT_REGS))
		return 1;
#pragma unroll
	for (int i = 1; i < SD_UC_SP; i++)
		sd_mix(sum, q->words[i]);
	return sum == q->sum;
}

/* The registers of the frame, or what is wrong with it, into q->rec. ucontext: struct ucontext of
 * the signal. */
static __noinline void sd_take_frame(struct sd_request *q, __u64 ucontext)
{
	if (bpf_probe_read_user(q->words, 8 * SD_UC_WORDS, (void *)(ucontext + SD_UC_REGS))) {
		q->rec.flags |= SDW_REC_XMM_FAULT;
		return;
	}
	if (!sd_is_asked(q)) {
		q->rec.flags |= SDW_REC_XMM_OTHER;
		return;
	}
	if (!q->words[SD_UC_FPSTATE] ||
	    bpf_probe_read_user(q->words, 8 * SD_XMM_WORDS,
				(void *)(q->words[SD_UC_FPSTATE] + SD_FX_XMM))) {
		q->rec.flags |= SDW_REC_XMM_FAULT;
		return;
	}
#pragma unroll
	for (int i = 1; i < SDW_NXMM; i++)
		q->words[i] = q->words[2 * i];
}

#endif
