/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The programs that sit on sites: `fast` where the plan is registers only, `floats` where it wants
 * XMM registers, `general` on all others; and `frame`, which takes the XMM registers where signals
 * come in. No function of theirs has 64 bytes of BPF stack or more: since 6.13 larger stacks are
 * shared by the tasks of a CPU (a76ab5731e32). tests/bpf/stack_check.py refuses a build that has.
 */
#include "chase.bpf.h"
#include "cond.bpf.h"
#include "float.bpf.h"
#include "path.bpf.h"
#include "send.bpf.h"
#include "site.bpf.h"
#include "stack.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* A record of fixed size, built where it is read from. */
static __always_inline void sd_fast(struct pt_regs *ctx, __u32 index, struct sdw_site *site,
				    struct sdw_counts *c, int pre)
{
	struct sdw_rec *r;
#ifdef SD_PREEMPT
	struct sdw_ring *ring;
#endif
	__u64 verdict = 0;

	if (!sd_is_hit(ctx, site, c))
		return;
	if (pre == SD_NOT_ASKED && (site->flags & SDW_SITE_PRE) &&
	    !sd_pre_holds(site, sd_reg(ctx, site->pre.reg))) {
		verdict = sd_refuse(site, c);
		if (verdict & SD_STOP)
			return;
	}
#ifdef SD_PREEMPT
	ring = sd_ring();
	r = ring ? sd_ring_place(ring, sizeof(*r)) : 0;
#else
	r = bpf_ringbuf_reserve(&events, sizeof(*r), 0);
#endif
	if (!r) {
		sd_lost(c, sizeof(*r));
		return;
	}
	r->size = sizeof(*r);
	r->site = index;
	sd_header(ctx, site, r, verdict, 1);
	sd_count(c->delivered);
#ifdef SD_PREEMPT
	sd_publish(ring, sizeof(*r));
#else
	bpf_ringbuf_submit(r, sd_wake_record(r));
#endif
}

/* The last record of the event, not sent yet; NULL: lost. */
static __always_inline struct sdw_rec *sd_capture(struct pt_regs *ctx, struct sd_scratch *s,
						  struct sdw_rec *r, struct sdw_site *site)
{
	sd_chase_begin(s, r, site);
	if (config.programs) {
		if (s->hits)
			sd_path_hits(s, r);
		if (site->paths)
			sd_paths(s, r, site->paths);
	}
	return sd_chase(ctx, s, r);
}

/* floats: a constant of the program, so that `general` has nothing of it. */
static __always_inline void sd_general(struct pt_regs *ctx, __u32 index, struct sdw_site *site,
				       struct sdw_counts *c, int pre, const int floats)
{
	struct sd_scratch *s;
	struct sdw_rec *r;
	__u64 verdict;

	if (!sd_is_hit(ctx, site, c))
		return;
	verdict = sd_verdict(ctx, site, c, pre);
	if (verdict & SD_STOP)
		return;
	if (config.programs && (site->flags & SDW_SITE_MARK))
		sd_open_mark(ctx, site);
	s = sd_take();
	if (!s) {
		__sync_fetch_and_add(&sd_losses, 1);
		sd_count(c->lost_busy);
		return;
	}
	r = sd_begin(s);
	if (!r) {
		sd_lost(c, SD_REC_SIZE);
		sd_release(s);
		return;
	}
	s->site = index;
	r->site = index;
	s->hits = verdict >> SD_HITS_SHIFT;
	sd_header(ctx, site, r, verdict, SD_IS_PREEMPT);
	s->frames = r->flags & SDW_REC_REFUSED ? 0 : site->frames;
	/* perf buffers have no fast program */
	if ((site->flags & SDW_SITE_REGS_ONLY) || (r->flags & SDW_REC_REFUSED))
		s->off = SD_REC_SIZE;
	else
		r = sd_capture(ctx, s, r, site);
	if (!r) {
		sd_lost_part(s);
		sd_release(s);
		return;
	}
	sd_opaque(s);
	if (s->frames)
		sd_stack(s, r);
	if (floats && !(r->flags & SDW_REC_REFUSED))
		sd_ask(ctx, r);
	sd_send(ctx, s, r);
	sd_release(s);
}

/* For the stack's sake. */
static __noinline void sd_with_floats(struct pt_regs *ctx, __u32 index, struct sdw_site *site,
				      struct sdw_counts *c, int pre)
{
	sd_general(ctx, index, site, c, pre, 1);
}

enum sd_program { SD_FAST, SD_GENERAL, SD_FLOATS };

static __always_inline int sd_hit(struct pt_regs *ctx, const enum sd_program program)
{
	__u32 index = sd_site_index(ctx);
	struct sdw_site *site = bpf_map_lookup_elem(&sites, &index);
	struct sdw_counts *c = bpf_map_lookup_elem(&counts, &index);
	int pre;

	if (!site || !c)
		return 0;
	pre = sd_early(ctx, site, c, program != SD_FAST);
	if (pre == SD_FALSE)
		return 0;
	sd_preempt_disable();
	if (program == SD_FAST)
		sd_fast(ctx, index, site, c, pre);
	else if (program == SD_GENERAL)
		sd_general(ctx, index, site, c, pre, 0);
	else
		sd_with_floats(ctx, index, site, c, pre);
	sd_preempt_enable();
	if (program == SD_FLOATS)
		sd_interrupt(ctx);
	return 0;
}

SEC("uprobe")
int fast(struct pt_regs *ctx)
{
	return sd_hit(ctx, SD_FAST);
}

SEC("uprobe")
int general(struct pt_regs *ctx)
{
	return sd_hit(ctx, SD_GENERAL);
}

SEC("uprobe")
int floats(struct pt_regs *ctx)
{
	return sd_hit(ctx, SD_FLOATS);
}

SEC("uprobe")
int frame(struct pt_regs *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct sd_request *q;

	if ((__u32)ctx->rdi != SD_SIGURG)
		return 0;
	q = bpf_map_lookup_elem(&requests, &tid);
	if (!q)
		return 0;
	sd_take_frame(q, ctx->rdx);
	sd_answer(ctx, q);
	bpf_map_delete_elem(&requests, &tid);
	return 0;
}
