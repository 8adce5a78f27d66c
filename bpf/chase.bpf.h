/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Follows pointers through the target's memory, breadth first, one step at a time (the order and
 * the limits: wire.h). tests/bpf/chase_ref.c does the same in plain C; the two must stay byte for
 * byte alike.
 */
#ifndef SD_BPF_CHASE_H
#define SD_BPF_CHASE_H

#include "maps.bpf.h"
#include "send.bpf.h"

#define SD_RANGE_SIZE sizeof(struct sdw_range)
#define SD_LEN_ABSURD (1ULL << 40)
#define PAGE	      4096ULL

/* Bytes that a further range can have; 0: none. */
static __always_inline __u64 sd_room(const struct sd_scratch *s)
{
	__u64 left = s->left;

	if (left <= SD_RANGE_SIZE)
		return 0;
	left -= SD_RANGE_SIZE;
	return left < SDW_READ_MAX ? left : SDW_READ_MAX;
}

/* Whether a range of len bytes, which is not more than that, has room in this record. */
static __always_inline int sd_fits(const struct sd_scratch *s, __u64 len)
{
	return s->off + SD_RANGE_SIZE + ((len + 7) & ~7ULL) <= s->limit;
}

/* Appends a range of len bytes (checked against sd_room(), sd_fits() by the caller) at addr; 0 when
 * it could be read. */
static __always_inline long sd_read(struct sd_scratch *s, struct sdw_rec *rec, __u64 addr,
				    __u64 len)
{
	__u8 *buf = (__u8 *)rec;
	struct sdw_range *range;
	__u64 off = s->off;
	long err;

	sd_opaque(off);
	if (off > SDW_REC_MAX - SD_RANGE_SIZE)
		return -1;
	range = (struct sdw_range *)(buf + off);
	if (!len)
		return -1;
	range->addr = addr;
	range->len = len;
	range->pad = 0;
	off += SD_RANGE_SIZE;
	*(__u64 *)(buf + off + ((len - 1) & (SDW_READ_MAX - 8))) = 0; /* the padding */
	/* Just before the call: older kernels forget what they know of a number on the stack.
	 * Opaque: else one comparison of len − 1, which says nothing of len to kernels before 6.13.
	 */
	sd_opaque(len);
	if (len > SDW_READ_MAX)
		return -1;
	err = bpf_probe_read_user(buf + off, len, (void *)addr);
	range->status = err ? SDW_FAULT : SDW_OK;
	len = err ? 0 : (len + 7) & ~7ULL;
	s->off = off + len;
	s->left -= SD_RANGE_SIZE + len;
	rec->nranges++;
	return err;
}

/* Queues s->next, which is in memory for the sake of the stack. */
static __always_inline void sd_push(struct sd_scratch *s, struct sdw_rec *rec)
{
	struct sdw_seen *seen = &s->seen[SDW_SEEN_PLACE(s->next.addr, s->next.type)];
	__u32 tail = s->tail;

	if (seen->addr == s->next.addr && seen->event == s->event && seen->type == s->next.type &&
	    seen->count >= s->next.count && seen->depth >= s->next.depth)
		return;
	if (tail - s->head >= SDW_QUEUE_MAX) {
		rec->flags |= SDW_REC_CUT_QUEUE;
		return;
	}
	seen->addr = s->next.addr;
	seen->event = s->event;
	seen->type = s->next.type;
	seen->count = s->next.count;
	seen->depth = s->next.depth;
	s->tail = tail + 1;
	s->queue[tail & (SDW_QUEUE_MAX - 1)] = s->next;
}

/* The word at off in the record; off is checked. */
static __always_inline __u64 sd_word(const struct sdw_rec *rec, __u64 off)
{
	sd_opaque(off);
	if (off > SDW_REC_MAX - 8)
		return 0;
	return *(const __u64 *)((const __u8 *)rec + off);
}

/* Where the word at off of the element lies in the record; 0: not in the element. */
static __always_inline __u64 sd_place(const struct sd_scratch *s, __u32 off)
{
	if (off & SDW_OFF_REG)
		return __builtin_offsetof(struct sdw_rec, regs) + (off & 0x78);
	if (off + 8ULL > s->elem_size)
		return 0;
	return s->base + s->elem + off;
}

enum sd_step_ret {
	SD_STEP_ON,   /* to the next one */
	SD_STEP_END,  /* nothing is left to do */
	SD_STEP_PART, /* nothing was done: the record is full */
};

/*
 * What is to be read or queued is in s->next; the functions below return how many bytes there are
 * to be read at s->next.addr, 0: none; what comes after the read is in s->then. One place reads
 * values, one all else, and one queues, which keeps the program and its stack small.
 */
enum sd_then {
	SD_THEN_NOTHING,
	SD_THEN_ROOT, /* the address was read: queue what lies there */
	SD_THEN_ITAB,
	SD_THEN_QUEUE, /* without a read */
	SD_THEN_IFACE, /* without a read */
};

static __always_inline __u64 sd_step_root(struct sd_scratch *s, struct sdw_rec *rec)
{
	const struct sdw_site *site;
	const struct sdw_root *root;
	__u64 addr;

	site = bpf_map_lookup_elem(&sites, &s->site);
	if (!site)
		return 0;
	root = &site->roots[s->root & (SDW_MAX_ROOTS - 1)];
	addr = root->off;
	if (root->base < SDW_NREGS)
		addr += sd_word(rec,
				__builtin_offsetof(struct sdw_rec, regs) + 8 * (__u64)root->base);
	else if (root->base == SDW_BASE_G)
		addr += rec->g;
	else
		addr += s->bias;
	s->next.addr = addr;
	s->next.type = root->type;
	s->next.count = root->count;
	s->next.depth = site->depth;
	s->then = SD_THEN_QUEUE;
	if (!root->deref)
		return 0;
	s->then = SD_THEN_ROOT;
	s->off2 = root->off2;
	if (sd_room(s) >= 8)
		return 8;
	rec->flags |= SDW_REC_CUT_BYTES;
	s->then = SD_THEN_NOTHING;
	return 0;
}

/* The number of elements that a word says for these kinds of pointers; wrong ones are absurdly
 * many. */
static __always_inline __u64 sd_elements(struct sd_scratch *s, const struct sdw_ptr *ptr,
					 __u64 word)
{
	if (ptr->kind == SDW_PTR_PLUS1)
		return word + 1;
	if (ptr->kind == SDW_PTR_SWISS) {
		if (!word)
			return 1;
		s->next.type++;
	}
	if (ptr->kind == SDW_PTR_LOG2) {
		word &= 0xff;
		if (word && (ptr->count & 1))
			word--;
		return 1ULL << (word < 32 ? word : 32);
	}
	return word;
}

/* The next pointer of the element that is being scanned. */
static __always_inline __u64 sd_step_ptr(struct sd_scratch *s, struct sdw_rec *rec)
{
	const struct sdw_ptr *ptr = bpf_map_lookup_elem(&ptrs, &s->ptr);
	__u64 at, len, max;

	at = ptr ? sd_place(s, ptr->off) : 0;
	if (!at)
		return 0;
	s->next.addr = sd_word(rec, at);
	if (!s->next.addr)
		return 0;
	s->next.type = ptr->type;
	s->next.count = ptr->count;
	s->next.depth = s->depth;
	if (ptr->kind == SDW_PTR_SAME || (ptr->kind == SDW_PTR_ONE && s->depth)) {
		s->next.depth -= ptr->kind == SDW_PTR_ONE;
		s->then = SD_THEN_QUEUE;
		return 0;
	}
	if (ptr->kind == SDW_PTR_ONE)
		return 0;
	if (ptr->kind == SDW_PTR_RAW) {
		len = ptr->count;
		goto whole;
	}
	at = sd_place(s, ptr->len_off);
	if (!at)
		return 0;
	len = sd_word(rec, at);
	if (ptr->kind == SDW_PTR_BYTES) {
		if (len - 1 >= SD_LEN_ABSURD)
			return 0;
		if (len > s->str_limit)
			len = s->str_limit;
		max = sd_room(s);
		if (len > max) {
			len = max;
			rec->flags |= SDW_REC_CUT_BYTES;
		}
		return len;
	}
	if (ptr->kind == SDW_PTR_IFACE) {
		s->boxed = len;
		if (ptr->count & SDW_IFACE_SELF)
			s->boxed = s->value + s->elem; /* the element's address */
		s->then = SD_THEN_IFACE;
		if (!(ptr->count & (SDW_IFACE_ITAB | SDW_IFACE_FUNC)))
			return 0;
		s->then = SD_THEN_ITAB;
		len = ptr->count & SDW_IFACE_FUNC ? 8 : 16;
		goto whole;
	}
	if (ptr->kind == SDW_PTR_RING) {
		max = sd_word(rec, sd_place(s, ptr->off) - 8);
		if (len >= max)
			return 0;
		s->next.addr += len * ptr->count;
		len = max - len;
	} else if (ptr->kind != SDW_PTR_SLICE &&
		   (ptr->kind < SDW_PTR_LOG2 || ptr->kind > SDW_PTR_SWISS)) {
		return 0;
	}
	len = sd_elements(s, ptr, len);
	if (len - 1 >= SD_LEN_ABSURD)
		return 0;
	max = ptr->kind == SDW_PTR_RING ? 0 : ptr->count;
	if (ptr->kind == SDW_PTR_LOG2)
		max >>= 1;
	if (!max)
		max = s->items;
	if (len > max)
		len = max;
	s->next.count = len;
	if (len)
		s->then = SD_THEN_QUEUE;
	return 0;
whole:
	if (len <= sd_room(s))
		return len;
	rec->flags |= SDW_REC_CUT_BYTES;
	s->then = SD_THEN_NOTHING;
	return 0;
}

/*
 * The next value of the queue: it lies in the range of the one before (s->have), or s->value_len
 * bytes at s->value are to be read. One that is larger than a range can be is read in several, each
 * followed by what its elements point to; of a small one its neighbours are read too.
 */
static __always_inline int sd_step_item(struct sd_scratch *s, struct sdw_rec *rec)
{
	struct sd_item *item = &s->queue[s->head & (SDW_QUEUE_MAX - 1)];
	const struct sdw_type *type = bpf_map_lookup_elem(&types, &item->type);
	__u64 n = item->count, len, max;

	s->have = 1;
	s->rest = 0;
	if (!type || !type->size)
		goto done;
	s->elem_size = type->size;
	s->first_ptr = type->first_ptr;
	s->ptr = type->first_ptr;
	s->ptr_end = type->first_ptr + type->nptr;
	s->depth = item->depth;
	asm volatile("" ::: "memory"); /* all is in memory now, not on the stack */
	if (!n)
		n = 1;
	len = n * s->elem_size;
	s->elem = item->addr - s->value;
	if (s->elem < s->value_len && len <= s->value_len - s->elem)
		goto found;
	max = sd_room(s);
	if (len > max) {
		s->rest = n;
		n = max / s->elem_size;
		s->rest -= n;
		if (max < SDW_READ_MAX || !n) {
			s->rest = 0;
			rec->flags |= SDW_REC_CUT_BYTES;
		}
		len = n * s->elem_size;
		if (!len)
			goto done;
	}
	s->want = len;
	max = PAGE - (item->addr & (PAGE - 1));
	if (max > SDW_WINDOW)
		max = SDW_WINDOW;
	if (len < max)
		len = max;
	if (!sd_fits(s, len))
		return SD_STEP_PART;
	s->have = 0;
	s->elem = 0;
	s->value = item->addr;
	s->value_len = len;
found:
	s->elems = n;
	if (s->ptr == s->ptr_end)
		s->elems = 0;
	if (s->rest) {
		item->addr += s->want;
		item->count = s->rest;
		return 0;
	}
done:
	s->head++;
	return 0;
}

/* What the value of an interface is, by the type at addr; its data word is s->boxed. True:
 * something to queue. */
static __always_inline int sd_unbox(struct sd_scratch *s, __u64 addr)
{
	const struct sdw_rtype *rtype;

	s->rtype = SDW_RTYPE_KEY(s->module, addr - s->bias);
	rtype = bpf_map_lookup_elem(&rtypes, &s->rtype);
	if (!rtype || !rtype->type || !s->boxed)
		return 0;
	if ((rtype->flags & (SDW_RTYPE_DIRECT | SDW_RTYPE_SAME)) == SDW_RTYPE_DIRECT) {
		if (!s->depth)
			return 0;
		s->next.depth = s->depth - 1;
	}
	s->next.addr = s->boxed;
	s->next.type = rtype->type;
	s->next.count = 0;
	return 1;
}

/* Reads the value whose pointers come next; 0 when they do. */
static __always_inline int sd_value(struct sd_scratch *s, struct sdw_rec *rec)
{
	__u64 left = s->left;

	if (s->have && !s->again)
		return !s->elems;
	s->base = s->off + SD_RANGE_SIZE;
	if (sd_read(s, rec, s->value, s->value_len)) {
		s->elems = 0;
		s->head += !!s->rest; /* nor is what follows on it read */
		s->value_len = 0;
		s->want = 0;
	}
	s->left = left;
	if (!s->again)
		s->left -= SD_RANGE_SIZE + ((s->want + 7) & ~7ULL);
	s->again = 0;
	s->rest = 0;
	return !s->elems;
}

/* enum sd_step_ret. */
static __always_inline int sd_step(struct sd_scratch *s, struct sdw_rec *rec)
{
	__u64 len;

	s->then = SD_THEN_NOTHING;
	if (s->root < s->nroots) {
		len = sd_step_root(s, rec);
		if (len && !sd_fits(s, len))
			return SD_STEP_PART;
		s->root++;
	} else {
		if (!s->elems || s->again) {
			if (!s->again && s->head == s->tail)
				return SD_STEP_END;
			if (!s->again && sd_step_item(s, rec))
				return SD_STEP_PART;
			if (sd_value(s, rec))
				return 0;
		}
		len = sd_step_ptr(s, rec);
		if (len && !sd_fits(s, len))
			return SD_STEP_PART;
		if (++s->ptr >= s->ptr_end) {
			s->elems--;
			s->elem += s->elem_size;
			s->ptr = s->first_ptr;
		}
	}
	if (len && sd_read(s, rec, s->next.addr, len))
		return 0;
	if (s->then == SD_THEN_ROOT) {
		s->next.addr = sd_word(rec, s->off - 8);
		if (!s->next.addr)
			return 0;
		s->next.addr += s->off2;
	} else if (s->then == SD_THEN_ITAB) { /* the interface's type, the value's type */
		if (!sd_unbox(s, sd_word(rec, s->off - 8)))
			return 0;
	} else if (s->then == SD_THEN_IFACE) {
		if (!sd_unbox(s, s->next.addr))
			return 0;
	} else if (s->then != SD_THEN_QUEUE) {
		return 0;
	}
	sd_push(s, rec);
	return 0;
}

/* After the last step that is allowed. */
static __always_inline void sd_chase_end(struct sd_scratch *s, struct sdw_rec *rec)
{
	if (s->root < s->nroots || s->elems || s->head != s->tail)
		rec->flags |= SDW_REC_CUT_QUEUE;
}

/* Before the first step: rec's header is filled. */
static __always_inline void sd_chase_begin(struct sd_scratch *s, struct sdw_rec *rec,
					   const struct sdw_site *site)
{
	__u64 bytes = site->bytes, frames = s->frames;
	const struct sdw_type *type;

	s->event++;
	s->head = 0;
	s->tail = 0;
	s->root = 0;
	s->nroots = site->nroots < SDW_MAX_ROOTS ? site->nroots : SDW_MAX_ROOTS;
	s->bias = rec->regs[16] - site->addr;
	s->str_limit = site->str_limit;
	s->items = site->items;
	s->module = site->module;
	s->elems = 0;
	s->again = 0;
	s->rest = 0;
	s->value = 0;
	s->value_len = 0;
	s->off = SD_REC_SIZE;
	if (bytes > SDW_BYTES_MAX)
		bytes = SDW_BYTES_MAX;
	s->left = bytes & ~7ULL;
	s->steps = SD_STEPS(bytes);
	if (frames > SDW_FRAMES_MAX)
		frames = SDW_FRAMES_MAX;
	s->limit = SD_REC_SIZE + SDW_PART_CAP(frames);
	if (!site->regs_type)
		return;
	type = bpf_map_lookup_elem(&types, &site->regs_type);
	if (!type || !type->nptr)
		return;
	s->base = __builtin_offsetof(struct sdw_rec, regs);
	s->elem = 0;
	s->elem_size = 8 * SDW_NREGS;
	s->elems = 1;
	s->first_ptr = type->first_ptr;
	s->ptr = type->first_ptr;
	s->ptr_end = type->first_ptr + type->nptr;
	s->depth = site->depth;
}

/*
 * Sends the record, which is full, and begins the next one of the event: NULL when it is lost. The
 * bytes come to an end with the last part that can be numbered. A function of its own for its
 * stack.
 */
static __noinline struct sdw_rec *sd_next_part(struct pt_regs *ctx, struct sd_scratch *s,
					       struct sdw_rec *rec)
{
	if (rec->part == SDW_PARTS_MAX - 1) {
		rec->flags |= SDW_REC_CUT_BYTES;
		s->steps = 0;
		return rec;
	}
	rec = sd_send_part(ctx, s, rec);
	if (!rec)
		return 0;
	rec->part++;
	rec->nranges = 0;
	s->off = SD_REC_SIZE;
	/* registers are in the header again */
	s->again = s->elems && s->base != __builtin_offsetof(struct sdw_rec, regs);
	if (!s->again)
		s->value_len = 0;
	return rec;
}

#if defined(SD_PREEMPT)
/* may_goto (6.9), which clang's assembler need not know: out of the loop after 8 million rounds. */
#define sd_may_break(label)                                                                        \
	asm volatile goto("1: .8byte ((((%l[" #label "] - 1b - 8) / 8) & 0xffff) << 16) | 0xe5"    \
			  :                                                                        \
			  :                                                                        \
			  :                                                                        \
			  : label)

/* The last record of the event, not sent yet; NULL: lost. */
static __always_inline struct sdw_rec *sd_chase(struct pt_regs *ctx, struct sd_scratch *s,
						struct sdw_rec *rec)
{
	while (s->steps) {
		int ret;

		s->steps--;
		sd_opaque(s); /* nothing is worked out before the loop: it would lie on the stack */
		sd_opaque(rec);
		ret = sd_step(s, rec);
		if (ret == SD_STEP_END)
			return rec;
		if (ret == SD_STEP_PART) {
			rec = sd_next_part(ctx, s, rec);
			if (!rec)
				return 0;
		}
		asm volatile("r0 = 0\n\tr1 = 0\n\tr2 = 0\n\tr3 = 0\n\tr4 = 0\n\tr5 = 0" ::
				     : "r0", "r1", "r2", "r3", "r4", "r5");
		sd_may_break(end);
	}
end:
	sd_chase_end(s, rec);
	return rec;
}
#else
/* True when it ends: by END, by the last step, or because the event is lost (s->lost). */
static __always_inline int sd_step_or_part(struct pt_regs *ctx, struct sd_scratch *s)
{
	int ret;

	if (!s->steps)
		return 1;
	s->steps--;
	ret = sd_step(s, &s->rec);
	if (ret == SD_STEP_PART && !sd_next_part(ctx, s, &s->rec)) {
		s->lost = 1;
		return 1;
	}
	return ret == SD_STEP_END;
}

#ifdef SD_SLOTS
struct sd_chase_ctx {
	struct pt_regs *ctx;
	struct sd_scratch *s;
};

static long sd_chase_step(__u32 i, struct sd_chase_ctx *c)
{
	return sd_step_or_part(c->ctx, c->s);
}

static __always_inline void sd_chase_loop(struct pt_regs *ctx, struct sd_scratch *s)
{
	struct sd_chase_ctx c = {ctx, s};

	bpf_loop(s->steps + 1, sd_chase_step, &c, 0);
}
#else
static __noinline int sd_chase_step(struct pt_regs *ctx, struct sd_scratch *s)
{
	return sd_step_or_part(ctx, s);
}

static __always_inline void sd_chase_loop(struct pt_regs *ctx, struct sd_scratch *s)
{
	for (int i = 0; i < SDW_STEPS_PLAIN; i++)
		if (sd_chase_step(ctx, s))
			return;
}
#endif

static __always_inline struct sdw_rec *sd_chase(struct pt_regs *ctx, struct sd_scratch *s,
						struct sdw_rec *rec)
{
	s->lost = 0;
	sd_chase_loop(ctx, s);
	if (s->lost)
		return 0;
	sd_chase_end(s, &s->rec);
	return &s->rec;
}
#endif

#endif
