/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Follows pointers through the target's memory, breadth first, one step at a time (the order and the limits: wire.h).
 * tests/bpf/chase_ref.c does the same in plain C; the two must stay byte for byte alike.
 */
#ifndef SD_BPF_CHASE_H
#define SD_BPF_CHASE_H

#include "maps.bpf.h"

#define SD_REC_SIZE sizeof(struct sdw_rec)
#define SD_RANGE_SIZE sizeof(struct sdw_range)
#define SD_LEN_ABSURD (1ULL << 40)

/* Bytes that a further range can have; 0: none. */
static __always_inline __u64 sd_room(const struct sd_scratch *s)
{
	__u64 used = s->off + SD_RANGE_SIZE;
	__u64 limit = s->limit;

	if (used >= limit)
		return 0;
	limit -= used;
	return limit < SDW_READ_MAX ? limit : SDW_READ_MAX;
}

/* Appends a range of len bytes (checked against sd_room() by the caller) at addr; 0 when it could be read. */
static __always_inline long sd_read(struct sd_scratch *s, __u64 addr, __u64 len)
{
	__u8 *buf = (__u8 *)&s->rec;
	struct sdw_range *range;
	__u64 off = s->off;
	long err;

	sd_opaque(off);
	if (off > SDW_REC_MAX - SD_RANGE_SIZE)
		return -1;
	range = (struct sdw_range *)(buf + off);
	if (!len)
		return -1;
	sd_opaque(len); /* else one comparison of len − 1, which says nothing of len to kernels before 6.13 */
	if (len > SDW_READ_MAX)
		return -1;
	range->addr = addr;
	range->len = len;
	range->pad = 0;
	off += SD_RANGE_SIZE;
	*(__u64 *)(buf + off + ((len - 1) & (SDW_READ_MAX - 8))) = 0; /* the padding */
	err = bpf_probe_read_user(buf + off, len, (void *)addr);
	range->status = err ? SDW_FAULT : SDW_OK;
	s->off = off + (err ? 0 : (len + 7) & ~7ULL);
	s->rec.nranges++;
	return err;
}

static __always_inline void sd_push(struct sd_scratch *s, __u64 addr, __u32 type, __u32 count, __u32 depth)
{
	__u32 tail = s->tail;

	if (tail >= SDW_QUEUE_MAX) {
		s->rec.flags |= SDW_REC_CUT_QUEUE;
		return;
	}
	tail &= SDW_QUEUE_MAX - 1;
	s->queue[tail].addr = addr;
	s->queue[tail].type = type;
	s->queue[tail].count = count;
	s->queue[tail].depth = depth;
	s->tail = tail + 1;
}

/* The word at off in the record; off is checked. */
static __always_inline __u64 sd_word(const struct sd_scratch *s, __u64 off)
{
	sd_opaque(off);
	if (off > SDW_REC_MAX - 8)
		return 0;
	return *(const __u64 *)((const __u8 *)&s->rec + off);
}

static __always_inline void sd_step_root(struct sd_scratch *s, const struct sdw_site *site)
{
	const struct sdw_root *root = &site->roots[s->root & (SDW_MAX_ROOTS - 1)];
	__u64 addr = root->off;

	s->root++;
	if (root->base < SDW_NREGS)
		addr += sd_word(s, __builtin_offsetof(struct sdw_rec, regs) + 8 * (__u64)root->base);
	else if (root->base == SDW_BASE_G)
		addr += s->rec.g;
	else
		addr += s->rec.regs[16] - site->addr;
	if (root->deref) {
		if (sd_room(s) < 8) {
			s->rec.flags |= SDW_REC_CUT_BYTES;
			return;
		}
		if (sd_read(s, addr, 8))
			return;
		addr = sd_word(s, s->off - 8);
		if (!addr)
			return;
		addr += root->off2;
	}
	sd_push(s, addr, root->type, root->count, site->depth);
}

/* The next pointer of the element that is being scanned, or the next element. */
static __always_inline void sd_step_ptr(struct sd_scratch *s, const struct sdw_site *site)
{
	const struct sdw_ptr *ptr;
	__u64 addr, len, room;

	if (s->ptr >= s->ptr_end) {
		s->elems--;
		s->elem += s->elem_size;
		s->ptr = s->first_ptr;
		return;
	}
	ptr = bpf_map_lookup_elem(&ptrs, &s->ptr);
	s->ptr++;
	if (!ptr || ptr->off + 8ULL > s->elem_size)
		return;
	addr = sd_word(s, s->elem + ptr->off);
	if (!addr)
		return;
	if (ptr->kind == SDW_PTR_ONE) {
		if (s->depth)
			sd_push(s, addr, ptr->type, ptr->count, s->depth - 1);
		return;
	}
	if (ptr->kind == SDW_PTR_RAW) {
		len = ptr->count;
		if (len > sd_room(s))
			s->rec.flags |= SDW_REC_CUT_BYTES;
		else
			sd_read(s, addr, len);
		return;
	}
	if (ptr->len_off + 8ULL > s->elem_size)
		return;
	len = sd_word(s, s->elem + ptr->len_off);
	if (len - 1 >= SD_LEN_ABSURD)
		return;
	if (ptr->kind == SDW_PTR_SLICE) {
		if (len > site->items)
			len = site->items;
		if (len)
			sd_push(s, addr, ptr->type, len, s->depth);
		return;
	}
	if (ptr->kind != SDW_PTR_BYTES)
		return;
	if (len > site->str_limit)
		len = site->str_limit;
	room = sd_room(s);
	if (len > room) {
		len = room;
		s->rec.flags |= SDW_REC_CUT_BYTES;
	}
	sd_read(s, addr, len);
}

/* The next value of the queue; its pointers come next. */
static __always_inline void sd_step_item(struct sd_scratch *s)
{
	struct sd_item *item = &s->queue[s->head & (SDW_QUEUE_MAX - 1)];
	const struct sdw_type *type = bpf_map_lookup_elem(&types, &item->type);
	__u64 n = item->count, len;

	s->head++;
	if (!type || !type->size)
		return;
	if (!n)
		n = 1;
	len = sd_room(s);
	if (n * type->size > len) {
		n = len / type->size;
		s->rec.flags |= SDW_REC_CUT_BYTES;
	}
	len = n * type->size;
	s->elem = s->off + SD_RANGE_SIZE;
	s->elem_size = type->size;
	s->first_ptr = type->first_ptr;
	s->ptr = type->first_ptr;
	s->ptr_end = type->first_ptr + type->nptr;
	s->depth = item->depth;
	if (type->nptr)
		s->elems = n;
	if (sd_read(s, item->addr, len))
		s->elems = 0;
}

/* 1 when there is nothing left to do. */
static __always_inline int sd_step(struct sd_scratch *s, const struct sdw_site *site)
{
	if (s->root < site->nroots && s->root < SDW_MAX_ROOTS)
		sd_step_root(s, site);
	else if (s->elems)
		sd_step_ptr(s, site);
	else if (s->head < s->tail && s->head < SDW_QUEUE_MAX)
		sd_step_item(s);
	else
		return 1;
	return 0;
}

/* After the last step that is allowed. */
static __always_inline void sd_chase_end(struct sd_scratch *s, const struct sdw_site *site)
{
	if ((s->root < site->nroots && s->root < SDW_MAX_ROOTS) || s->elems || s->head < s->tail)
		s->rec.flags |= SDW_REC_CUT_QUEUE;
}

/* Before the first step: rec's header is filled. */
static __always_inline void sd_chase_begin(struct sd_scratch *s, const struct sdw_site *site)
{
	__u64 bytes = site->bytes;
	const struct sdw_type *type;

	s->head = 0;
	s->tail = 0;
	s->root = 0;
	s->elems = 0;
	s->off = SD_REC_SIZE;
	if (bytes > SDW_DATA_CAP)
		bytes = SDW_DATA_CAP;
	s->limit = SD_REC_SIZE + (bytes & ~7ULL);
	if (!site->regs_type)
		return;
	type = bpf_map_lookup_elem(&types, &site->regs_type);
	if (!type || !type->nptr)
		return;
	s->elem = __builtin_offsetof(struct sdw_rec, regs);
	s->elem_size = 8 * SDW_NREGS;
	s->elems = 1;
	s->first_ptr = type->first_ptr;
	s->ptr = type->first_ptr;
	s->ptr_end = type->first_ptr + type->nptr;
	s->depth = site->depth;
}

#ifdef SD_PLAIN
static __noinline int sd_chase_step(struct sd_scratch *s, struct sdw_site *site)
{
	return sd_step(s, site);
}

static __always_inline void sd_chase(struct sd_scratch *s, struct sdw_site *site)
{
	sd_chase_begin(s, site);
	for (int i = 0; i < SD_STEPS; i++)
		if (sd_chase_step(s, site))
			return;
	sd_chase_end(s, site);
}
#else
struct sd_chase_ctx {
	struct sd_scratch *s;
	struct sdw_site *site;
};

static long sd_chase_step(__u32 i, struct sd_chase_ctx *c)
{
	return sd_step(c->s, c->site);
}

static __always_inline void sd_chase(struct sd_scratch *s, struct sdw_site *site)
{
	struct sd_chase_ctx c = { s, site };

	sd_chase_begin(s, site);
	bpf_loop(SD_STEPS, sd_chase_step, &c, 0);
	sd_chase_end(s, site);
}
#endif

#endif
