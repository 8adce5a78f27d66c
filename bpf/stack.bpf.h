/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The call stack at a hit: the chain of saved frame pointers, as it lies there (struct sdw_stack).
 * Which of it is true is the user side's to say (lib/stack.c): it knows the code. Not
 * bpf_get_stack(): what that takes for the first frame differs between kernels.
 */
#ifndef SD_BPF_STACK_H
#define SD_BPF_STACK_H

#include "maps.bpf.h"

/* A word of the target at addr, 0 when it cannot be read, to the end of the record. */
static __always_inline void sd_stack_word(struct sd_scratch *s, struct sdw_rec *rec, __u64 addr)
{
	__u64 off = s->off;

	sd_opaque(off);
	if (off > SDW_REC_MAX - 8)
		return;
	bpf_probe_read_user((__u8 *)rec + off, 8, (void *)addr); /* zeroes it when it fails */
	s->off = off + 8;
}

/* The frame at s->frame. 1 when there are no more. */
static __always_inline int sd_stack_frame(struct sd_scratch *s, struct sdw_rec *rec)
{
	struct sdw_frame f; /* not read into the record: sd_goroutine() */
	__u64 off = s->off;

	sd_opaque(off);
	if (off > SDW_REC_MAX - sizeof(f) || bpf_probe_read_user(&f, sizeof(f), (void *)s->frame))
		return 1;
	s->off += sizeof(f);
	*(struct sdw_frame *)((__u8 *)rec + off) = f;
	/* up to another stack only from a system stack */
	if (!f.up || (f.up <= s->frame && !(rec->flags & SDW_REC_SYSTEM)))
		return 1;
	s->frame = f.up;
	return 0;
}

#ifdef SD_PLAIN
static __noinline int sd_stack_step(struct sd_scratch *s)
{
	return sd_stack_frame(s, &s->rec);
}

static __always_inline void sd_stack_loop(struct sd_scratch *s, struct sdw_rec *rec, __u32 frames)
{
	s->frames = frames;
	for (int i = 0; i < SDW_FRAMES_MAX; i++) {
		if (!s->frames)
			return;
		s->frames--;
		if (sd_stack_step(s))
			return;
	}
}
#else
struct sd_stack_ctx {
	struct sd_scratch *s;
	struct sdw_rec *rec;
};

static long sd_stack_step(__u32 i, struct sd_stack_ctx *c)
{
	return sd_stack_frame(c->s, c->rec);
}

static __always_inline void sd_stack_loop(struct sd_scratch *s, struct sdw_rec *rec, __u32 frames)
{
	struct sd_stack_ctx c = {s, rec};

	bpf_loop(frames, sd_stack_step, &c, 0);
}
#endif

/* The range with SDW_STACK, last in the record: the plan has left room for it. A function of its
 * own for its stack. */
static __noinline void sd_stack(struct sd_scratch *s, struct sdw_rec *rec)
{
	const struct sdw_site *site = bpf_map_lookup_elem(&sites, &rec->site);
	__u64 off = s->off, addr = 0;
	struct sdw_range *range;
	__u32 frames;

	sd_opaque(off);
	if (!site || off > SDW_REC_MAX - sizeof(*range))
		return;
	s->stack_at = off;
	range = (struct sdw_range *)((__u8 *)rec + off);
	s->frame = rec->regs[6];
	range->addr = s->frame;
	range->status = SDW_STACK;
	range->pad = 0;
	s->off = off + sizeof(*range);
	rec->nranges++;
	if (site->cfa_reg == 6)
		addr = rec->regs[6] + site->cfa_off - 8;
	else if (site->cfa_reg == 7)
		addr = rec->regs[7] + site->cfa_off - 8;
	sd_stack_word(s, rec, addr);
	sd_stack_word(s, rec, rec->g && site->gopc_off ? rec->g + site->gopc_off : 0);
	sd_stack_word(s, rec, rec->g && site->parent_off ? rec->g + site->parent_off : 0);
	frames = site->frames;
	if (frames > SDW_FRAMES_MAX)
		frames = SDW_FRAMES_MAX;
	sd_stack_loop(s, rec, frames);
	off = s->stack_at;
	sd_opaque(off);
	if (off > SDW_REC_MAX - sizeof(*range))
		return;
	range = (struct sdw_range *)((__u8 *)rec + off);
	range->len = s->off - off - sizeof(*range);
}

#endif
