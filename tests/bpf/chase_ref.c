/* SPDX-License-Identifier: BSD-2-Clause */
/* The reference for the capture programs, written from bpf/wire.h: a queue, a cursor, and no
 * thought of verifiers. */
#include <string.h>

#include "tests/bpf/chase_ref.h"

#define PAGE 4096ull

struct value {
	u64 addr;
	u32 type;
	u64 count;
	u32 depth;
};

struct chase {
	const struct sd_ref *ref;
	struct sdw_rec *rec;
	u8 *out;
	u64 at;
	u64 budget, used; /* bytes that are left to the event, that are in this part */
	u32 part;
	const u8 *bytes;      /* of the value whose pointers are followed, as read last */
	u64 value, value_len; /* the range that holds it; 0: registers, or none */
	u64 start;	      /* where it begins there */
	bool following;
	bool ended;
	struct value queue[SDW_STEPS_LOOP(SDW_BYTES_MAX) * 2]; /* a step queues one value at most */
	u32 head, tail;
	struct sdw_seen seen[SDW_SEEN_MAX];
	u32 left; /* steps */
};

static u64 word(const void *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool peek(const struct sd_ref *ref, u64 addr, u64 *ret)
{
	if (!ref->readable(addr, 8))
		return false;
	*ret = word((const void *)(uintptr_t)addr);
	return true;
}

static u64 room(const struct chase *c)
{
	const u64 head = sizeof(struct sdw_range);

	return c->budget > head ? SD_MIN(c->budget - head, (u64)SDW_READ_MAX) : 0;
}

static bool step(struct chase *c)
{
	if (c->left) {
		c->left--;
		return true;
	}
	c->rec->flags |= SDW_REC_CUT_QUEUE;
	c->ended = true;
	return false;
}

static void spend(struct chase *c, u64 n)
{
	c->at += n;
	c->used += n;
	c->budget -= n;
}

/* The bytes that were read, NULL when they could not be. */
static const u8 *range(struct chase *c, u64 addr, u64 len)
{
	struct sdw_range r = {.addr = addr, .len = (u32)len};
	u8 *bytes = c->out + c->at + sizeof(r);

	if (!len)
		return NULL;
	c->rec->nranges++;
	r.status = c->ref->readable(addr, len) ? SDW_OK : SDW_FAULT;
	memcpy(c->out + c->at, &r, sizeof(r));
	spend(c, sizeof(r));
	if (r.status != SDW_OK)
		return NULL;
	memset(bytes, 0, (len + 7) & ~7ull);
	memcpy(bytes, (const void *)(uintptr_t)addr, len);
	spend(c, (len + 7) & ~7ull);
	return bytes;
}

/*
 * Makes room for a range, in another part when need be, which is a step and reads the value once
 * more. False when that cannot be: c->ended, or the value is gone.
 */
static bool ready(struct chase *c, u64 len)
{
	u32 frames = SD_MIN(c->ref->site->frames, (u32)SDW_FRAMES_MAX);
	u64 budget = c->budget;

	if (c->used + sizeof(struct sdw_range) + ((len + 7) & ~7ull) <= SDW_PART_CAP(frames))
		return true;
	if (++c->part == SDW_PARTS_MAX) {
		c->rec->flags |= SDW_REC_CUT_BYTES;
		c->left = 0;
	}
	c->used = 0;
	if (!step(c))
		return false;
	if (!c->following)
		c->value_len = 0;
	if (!c->value_len)
		return true;
	c->bytes = range(c, c->value, c->value_len);
	c->budget = budget;
	if (c->bytes)
		c->bytes += c->start;
	else
		c->value_len = 0;
	return c->bytes != NULL;
}

static void push(struct chase *c, struct value v)
{
	struct sdw_seen *seen = &c->seen[SDW_SEEN_PLACE(v.addr, v.type)];

	if (seen->event && seen->addr == v.addr && seen->type == v.type && v.count <= seen->count &&
	    v.depth <= seen->depth)
		return;
	if (c->tail - c->head == SDW_QUEUE_MAX) {
		c->rec->flags |= SDW_REC_CUT_QUEUE;
		return;
	}
	*seen = (struct sdw_seen){.addr = v.addr,
				  .event = 1,
				  .type = v.type,
				  .count = (u32)v.count,
				  .depth = v.depth};
	c->queue[c->tail++] = v;
}

/* The value of an interface, by the address of its type's descriptor. */
static void boxed(struct chase *c, u64 type, u64 data, u32 depth)
{
	u64 key = SDW_RTYPE_KEY(c->ref->site->module,
				type - (c->rec->regs[16] - c->ref->site->addr));

	for (u32 i = 0; i < c->ref->nrtypes; i++) {
		const struct sdw_rtype *r = &c->ref->rtypes[i];
		bool deeper = (r->flags & SDW_RTYPE_DIRECT) && !(r->flags & SDW_RTYPE_SAME);

		if (c->ref->rtype_keys[i] != key || !r->type || !data || (deeper && !depth))
			continue;
		push(c, (struct value){data, r->type, 0, deeper ? depth - 1 : depth});
	}
}

/* Bytes without pointers, all of them or none. */
static const u8 *whole(struct chase *c, u64 addr, u64 len)
{
	if (len > room(c)) {
		c->rec->flags |= SDW_REC_CUT_BYTES;
		return NULL;
	}
	return len && ready(c, len) ? range(c, addr, len) : NULL;
}

/* How many elements a pointer of these kinds leads to, by the word that lies at len_off; 0: to
 * none. */
static u64 elements(const struct chase *c, const struct sdw_ptr *p, u64 w)
{
	u64 max = p->count, exponent = w & 0xff;

	switch (p->kind) {
	case SDW_PTR_SLICE:
		break;
	case SDW_PTR_RING:
		max = 0;
		break;
	case SDW_PTR_LOG2:
		if (p->count % 2 && exponent)
			exponent--;
		w = exponent > 32 ? 1ull << 32 : 1ull << exponent;
		max = p->count / 2;
		break;
	case SDW_PTR_PLUS1:
		w++;
		break;
	case SDW_PTR_SWISS:
		w = w ? w : 1;
		break;
	default:
		return 0;
	}
	if (w > 1ull << 40)
		return 0;
	return SD_MIN(w, max ? max : c->ref->site->items);
}

/* The word at off of a value, or a register. */
static bool field(const struct chase *c, const u8 *bytes, u64 size, u32 off, u64 *ret)
{
	if (off >= SDW_OFF_REG)
		*ret = c->rec->regs[off / 8 % 16];
	else if (off + 8ull <= size)
		*ret = word(bytes + off);
	else
		return false;
	return true;
}

/*
 * Follows the pointers of n values of a type that lie at c->bytes; false when the steps are used
 * up. Each is a step, but for the first one of a value that was just read: one step does both.
 */
static bool follow(struct chase *c, const struct sdw_type *type, u64 size, u64 n, u32 depth,
		   bool first_is_done)
{
	const struct sdw_site *site = c->ref->site;

	for (u64 e = 0; e < n; e++) {
		for (u32 i = 0; c->bytes && i < type->nptr; i++) {
			const struct sdw_ptr *p = &c->ref->ptrs[type->first_ptr + i];
			u64 addr, len;

			if ((e || i || !first_is_done) && !step(c))
				return false;
			if (!field(c, c->bytes + e * size, size, p->off, &addr) || !addr)
				continue;
			if (p->kind == SDW_PTR_ONE || p->kind == SDW_PTR_SAME) {
				bool same = p->kind == SDW_PTR_SAME;

				if (same || depth)
					push(c, (struct value){addr, p->type, p->count,
							       same ? depth : depth - 1});
				continue;
			}
			if (p->kind == SDW_PTR_RAW) {
				whole(c, addr, p->count);
				if (c->ended)
					return false;
				continue;
			}
			if (!field(c, c->bytes + e * size, size, p->len_off, &len))
				continue;
			if (p->kind == SDW_PTR_IFACE) {
				u64 head = p->count & SDW_IFACE_FUNC   ? 8
					   : p->count & SDW_IFACE_ITAB ? 16
								       : 0;
				const u8 *first = head ? whole(c, addr, head) : NULL;

				if (c->ended)
					return false;
				if (!c->bytes)
					break;
				if (p->count & SDW_IFACE_SELF)
					len = c->value + c->start + e * size;
				if (first)
					boxed(c, word(first + head - 8), len, depth);
				else if (!head)
					boxed(c, addr, len, depth);
			} else if (p->kind == SDW_PTR_BYTES) {
				if (!len || len > 1ull << 40)
					continue;
				len = SD_MIN(len, site->str_limit);
				if (len > room(c)) {
					len = room(c);
					c->rec->flags |= SDW_REC_CUT_BYTES;
				}
				if (len && ready(c, len))
					range(c, addr, len);
				if (c->ended)
					return false;
			} else {
				u64 count;

				if (p->kind == SDW_PTR_RING) {
					u64 all = 0;
					const u8 *before =
						p->off >= SDW_OFF_REG
							? (const u8 *)&c->rec->regs[p->off / 8 % 16]
							: c->bytes + e * size + p->off;

					all = word(before - 8);
					if (len >= all)
						continue;
					addr += len * p->count;
					len = all - len;
				}
				count = elements(c, p, len);
				if (count)
					push(c, (struct value){
							addr,
							p->type + (p->kind == SDW_PTR_SWISS && len),
							count, depth});
			}
		}
	}
	return true;
}

static bool roots(struct chase *c)
{
	const struct sdw_site *site = c->ref->site;

	for (u32 i = 0; i < site->nroots && i < SDW_MAX_ROOTS; i++) {
		const struct sdw_root *r = &site->roots[i];
		u64 addr = (u64)r->off;

		if (!step(c))
			return false;
		if (r->base < SDW_NREGS)
			addr += c->rec->regs[r->base];
		else if (r->base == SDW_BASE_G)
			addr += c->rec->g;
		else
			addr += c->rec->regs[16] - site->addr;
		if (r->deref) {
			const u8 *p;

			if (room(c) < 8) {
				c->rec->flags |= SDW_REC_CUT_BYTES;
				continue;
			}
			if (!ready(c, 8))
				return false;
			p = range(c, addr, 8);
			if (!p || !word(p))
				continue;
			addr = word(p) + (u64)r->off2;
		}
		push(c, (struct value){addr, r->type, r->count, site->depth});
	}
	return true;
}

/* The next values of the queue, n of them, at c->bytes; those that cannot be read are none. False
 * when the steps are used up. */
static bool take(struct chase *c, struct value *v, const struct sdw_type *t, u64 *n)
{
	u64 rest = 0, max = room(c), budget, len, in_page = PAGE - v->addr % PAGE;

	*n = v->count ? v->count : 1;
	len = *n * t->size;
	c->head++;
	if (v->addr - c->value < c->value_len && len <= c->value_len - (v->addr - c->value)) {
		c->bytes += v->addr - c->value - c->start;
		c->start = v->addr - c->value;
		return true;
	}
	if (len > max) {
		rest = *n - max / t->size;
		*n -= rest;
		len = *n * t->size;
		if (!*n || max < SDW_READ_MAX) {
			rest = 0;
			c->rec->flags |= SDW_REC_CUT_BYTES;
		}
	}
	if (!len)
		return true;
	if (!ready(c, SD_MAX(len, SD_MIN(in_page, (u64)SDW_WINDOW))))
		return false;
	budget = c->budget;
	c->value = v->addr;
	c->value_len = SD_MAX(len, SD_MIN(in_page, (u64)SDW_WINDOW));
	c->start = 0;
	c->bytes = range(c, c->value, c->value_len);
	if (!c->bytes) {
		c->value_len = 0;
		return true;
	}
	c->budget = budget - sizeof(struct sdw_range) - ((len + 7) & ~7ull);
	if (rest) {
		c->head--;
		v->addr += len;
		v->count = rest;
	}
	return true;
}

static void chase(struct chase *c)
{
	const struct sd_ref *ref = c->ref;
	const struct sdw_site *site = ref->site;

	if (!roots(c))
		return;
	c->bytes = (const u8 *)c->rec->regs;
	if (site->regs_type && site->regs_type < ref->ntypes && ref->types[site->regs_type].nptr &&
	    !follow(c, &ref->types[site->regs_type], 8 * SDW_NREGS, 1, site->depth, false))
		return;
	while (c->head < c->tail) {
		struct value *v = &c->queue[c->head];
		const struct sdw_type *t = v->type < ref->ntypes ? &ref->types[v->type] : NULL;
		u32 depth = v->depth;
		bool ok;
		u64 n;

		if (!step(c))
			return;
		if (!t || !t->size) {
			c->head++;
			continue;
		}
		if (!take(c, v, t, &n))
			return;
		if (!n || !c->value_len || !t->nptr)
			continue;
		c->following = true;
		ok = follow(c, t, t->size, n, depth, true);
		c->following = false;
		if (!ok)
			return;
	}
}

static void goroutine(const struct sd_ref *ref, struct sdw_rec *rec)
{
	const struct sdw_site *site = ref->site;
	u64 g, goid, lo = 0, hi = 0, m = 0, curg = 0;
	bool ok;

	if (site->flags & SDW_SITE_G_R14)
		g = rec->regs[14];
	else if (site->flags & SDW_SITE_G_TLS)
		g = ref->tls_g;
	else
		return;
	ok = peek(ref, g + site->goid_off, &goid);
	if (ok && (site->flags & SDW_SITE_WANT_STACK) && !(site->flags & SDW_SITE_USER_G))
		ok = peek(ref, g, &lo) && peek(ref, g + 8, &hi);
	if (ok && !goid) {
		rec->flags |= SDW_REC_SYSTEM;
		ok = site->m_off && peek(ref, g + site->m_off, &m) && m &&
		     peek(ref, m + site->curg_off, &curg) && curg &&
		     peek(ref, curg + site->goid_off, &goid);
		g = ok ? curg : 0;
		goid = ok ? goid : 0;
		ok = true;
	}
	if (ok && g && (site->flags & SDW_SITE_WANT_STACK) && (site->flags & SDW_SITE_USER_G))
		ok = peek(ref, g, &lo) && peek(ref, g + 8, &hi);
	if (!ok) {
		rec->flags |= SDW_REC_G_BAD;
		return;
	}
	rec->g = g;
	rec->goid = goid;
	rec->stack_lo = lo;
	rec->stack_hi = hi;
}

static u64 word_or_0(const struct sd_ref *ref, u64 addr)
{
	u64 v = 0;

	peek(ref, addr, &v);
	return v;
}

/* The walk along the frame pointers, whatever the byte budget has left. */
static void call_stack(struct chase *c)
{
	const struct sdw_site *site = c->ref->site;
	const u64 *regs = c->rec->regs;
	struct sdw_stack head = {0};
	struct sdw_range r = {.addr = regs[6], .len = sizeof(head), .status = SDW_STACK};
	u8 *at = c->out + c->at + sizeof(r);
	u64 fp = regs[6];

	if (site->cfa_reg == 6 || site->cfa_reg == 7)
		head.ret = word_or_0(c->ref, regs[site->cfa_reg] + (u64)(s64)site->cfa_off - 8);
	if (c->rec->g) {
		head.gopc = site->gopc_off ? word_or_0(c->ref, c->rec->g + site->gopc_off) : 0;
		head.parent = site->parent_off ? word_or_0(c->ref, c->rec->g + site->parent_off)
					       : 0;
	}
	memcpy(at, &head, sizeof(head));
	for (u32 i = 0; i < site->frames && i < SDW_FRAMES_MAX && c->ref->readable(fp, 16); i++) {
		u64 up = word((const void *)(uintptr_t)fp);

		memcpy(at + r.len, (const void *)(uintptr_t)fp, 16);
		r.len += 16;
		if (!up || (up <= fp && !(c->rec->flags & SDW_REC_SYSTEM)))
			break;
		fp = up;
	}
	memcpy(c->out + c->at, &r, sizeof(r));
	c->at += sizeof(r) + r.len;
	c->rec->nranges++;
}

u32 sd_ref_record(const struct sd_ref *ref, u32 index, const u64 *regs, u8 *out)
{
	struct sdw_rec *rec = (struct sdw_rec *)out;
	static struct chase c; /* too large for a stack */

	memset(&c, 0, sizeof(c));
	c.ref = ref;
	c.rec = rec;
	c.out = out;
	c.at = sizeof(*rec);
	c.left = ref->steps;
	memset(rec, 0, sizeof(*rec));
	rec->version = SDW_VERSION;
	rec->site = index;
	memcpy(rec->regs, regs, sizeof(rec->regs));
	goroutine(ref, rec);
	c.budget = SD_MIN(ref->site->bytes, (u32)SDW_BYTES_MAX) & ~7u;
	if (!(ref->site->flags & SDW_SITE_REGS_ONLY))
		chase(&c);
	if (ref->site->frames && !index)
		call_stack(&c);
	rec->size = (u32)c.at;
	return rec->size;
}
