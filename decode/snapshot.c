/* SPDX-License-Identifier: BSD-2-Clause */
/* Which bytes of the target a record holds: the check of its ranges, their index by address,
 * reading through it. */
#include "decode/decode.h"

#include <string.h>

/* Where the walk over a record's ranges stands; false from next_range() with ok unset: out of
 * bounds. */
struct range_cursor {
	const u8 *p;
	u64 left;
	bool ok;
};

static const struct sdw_range *next_range(struct range_cursor *c)
{
	const struct sdw_range *r = (const struct sdw_range *)c->p;
	u64 size = sizeof(*r);

	c->ok = false;
	if (c->left < size)
		return NULL;
	if (r->status == SDW_OK || r->status == SDW_XMM || r->status == SDW_STACK) {
		if (r->status == SDW_XMM && r->len != SDW_XMM_BYTES)
			return NULL;
		if (r->status == SDW_STACK && r->len < sizeof(struct sdw_stack))
			return NULL;
		if (r->status == SDW_OK && r->addr + r->len < r->addr)
			return NULL;
		size += ((u64)r->len + 7) & ~7ULL;
	} else if (r->status == SDW_HITS) {
		if (r->len)
			return NULL;
	} else if (r->status != SDW_FAULT) {
		return NULL;
	}
	if (c->left < size)
		return NULL;
	c->p += size;
	c->left -= size;
	c->ok = true;
	return r;
}

/* In place and without memory of its own: there are few ranges, and this runs once an event. */
static void sort_ranges(const struct sdw_range **v, u32 n)
{
	static const u32 gaps[] = {301, 132, 57, 23, 10, 4, 1};

	for (u32 g = 0; g < SD_ARRAY_SIZE(gaps); g++) {
		u32 gap = gaps[g];

		for (u32 i = gap; i < n; i++) {
			const struct sdw_range *r = v[i];
			u32 j = i;

			for (; j >= gap && v[j - gap]->addr > r->addr; j -= gap)
				v[j] = v[j - gap];
			v[j] = r;
		}
	}
}

/* One past the range's last byte; ranges that faulted may claim more than there is. */
static u64 range_end(const struct sdw_range *r)
{
	u64 end = r->addr + r->len;

	return end < r->addr ? UINT64_MAX : end;
}

static u32 *index_ends(const struct sdw_range **v, u32 n, struct sd_arena *arena)
{
	u32 *cover = sd_arena_alloc_raw(arena, sizeof(*cover) * (size_t)n);

	for (u32 i = 0; i < n; i++)
		cover[i] = i && range_end(v[cover[i - 1]]) >= range_end(v[i]) ? cover[i - 1] : i;
	return cover;
}

bool sd_snapshot_init(struct sd_snapshot *snap, const struct sdw_rec *rec, u64 bias,
		      const struct sd_cfa *cfa, struct sd_arena *arena)
{
	struct range_cursor c;
	u32 size;

	memset(snap, 0, sizeof(*snap));
	memcpy(&size, rec, sizeof(size));
	if (size < sizeof(*rec))
		return false;
	if ((uintptr_t)rec & 7)
		rec = sd_arena_memdup(arena, rec, size);
	if (rec->version != SDW_VERSION ||
	    rec->nranges > (size - sizeof(*rec)) / sizeof(struct sdw_range))
		return false;
	snap->rec = rec;
	snap->bias = bias;
	if (cfa && cfa->known && cfa->reg < SDW_NREGS)
		snap->cfa = rec->regs[cfa->reg] + (u64)cfa->off;
	if (!rec->nranges)
		return true;
	snap->ranges = sd_arena_alloc_raw(arena, sizeof(*snap->ranges) * (size_t)rec->nranges);
	c = (struct range_cursor){.p = (const u8 *)(rec + 1), .left = size - sizeof(*rec)};
	for (u32 i = 0; i < rec->nranges; i++) {
		const struct sdw_range *r = next_range(&c);

		if (!c.ok) {
			snap->nranges = snap->nfaults = 0;
			return false;
		}
		if (r->status == SDW_HITS)
			snap->hits = r->addr;
		if (!r->len)
			continue;
		if (r->status == SDW_XMM) {
			snap->xmm = (const u64 *)(r + 1);
			continue;
		}
		if (r->status == SDW_STACK)
			continue;
		/* read ones fill the array from its start, faulted ones from its end */
		if (r->status == SDW_OK)
			snap->ranges[snap->nranges++] = r;
		else
			snap->ranges[rec->nranges - ++snap->nfaults] = r;
	}
	snap->faults = snap->ranges + (rec->nranges - snap->nfaults);
	sort_ranges(snap->ranges, snap->nranges);
	sort_ranges(snap->faults, snap->nfaults);
	snap->cover = index_ends(snap->ranges, snap->nranges, arena);
	snap->fault_cover = index_ends(snap->faults, snap->nfaults, arena);
	return true;
}

const struct sdw_stack *sd_record_stack(const struct sdw_rec *rec, u64 *fp_ret, u32 *n_ret)
{
	struct range_cursor c;

	if (rec->size < sizeof(*rec))
		return NULL;
	c = (struct range_cursor){.p = (const u8 *)(rec + 1), .left = rec->size - sizeof(*rec)};
	for (u32 i = 0; i < rec->nranges; i++) {
		const struct sdw_range *r = next_range(&c);
		const struct sdw_stack *stack;

		if (!c.ok)
			return NULL;
		if (r->status != SDW_STACK)
			continue;
		stack = (const void *)(r + 1);
		*fp_ret = r->addr;
		*n_ret = (u32)((r->len - sizeof(*stack)) / sizeof(stack->frames[0]));
		return stack;
	}
	return NULL;
}

/* Of the ranges that start at or before addr, the one that ends last; NULL when none starts there.
 */
static const struct sdw_range *reaching(const struct sdw_range **v, const u32 *cover, u32 n,
					u64 addr)
{
	u32 lo = 0, hi = n;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (v[mid]->addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? v[cover[lo - 1]] : NULL;
}

/* Whether one of the ranges has a byte of [addr, addr + n). */
static bool overlaps(const struct sdw_range **v, const u32 *cover, u32 count, u64 addr, u64 n)
{
	u64 last = addr + (n - 1) < addr ? UINT64_MAX : addr + (n - 1);
	const struct sdw_range *r;

	if (!n || !count)
		return false;
	r = reaching(v, cover, count, last);
	return r && range_end(r) > addr;
}

/* Copies (dst not NULL) the bytes from addr on that are there, up to n; returns how many. */
static u64 copy_prefix(const struct sd_snapshot *snap, u64 addr, u8 *dst, u64 n)
{
	u64 done = 0;

	if (n && addr + (n - 1) < addr)
		return 0;
	while (done < n) {
		u64 at = addr + done;
		const struct sdw_range *r = reaching(snap->ranges, snap->cover, snap->nranges, at);
		u64 take;

		if (!r || range_end(r) <= at)
			break;
		take = SD_MIN(range_end(r) - at, n - done);
		if (dst)
			memcpy(dst + done, (const u8 *)(r + 1) + (at - r->addr), take);
		done += take;
	}
	if (done < n && snap->rodata) {
		const u8 *p = snap->rodata(snap->rodata_ctx, addr + done, n - done);

		if (p && dst)
			memcpy(dst + done, p, n - done);
		if (p)
			done = n;
	}
	return done;
}

bool sd_snapshot_read(const struct sd_snapshot *snap, u64 addr, void *dst, u64 n, bool *fault_ret)
{
	u64 done = copy_prefix(snap, addr, dst, n);

	*fault_ret = done < n && overlaps(snap->faults, snap->fault_cover, snap->nfaults,
					  addr + done, n - done);
	return done == n;
}

u64 sd_snapshot_avail(const struct sd_snapshot *snap, u64 addr, u64 n)
{
	return copy_prefix(snap, addr, NULL, n);
}

bool sd_snapshot_touches(const struct sd_snapshot *snap, u64 addr, u64 n, bool *fault_ret)
{
	*fault_ret = false;
	if (overlaps(snap->ranges, snap->cover, snap->nranges, addr, n))
		return true;
	if (n && snap->rodata && snap->rodata(snap->rodata_ctx, addr, n))
		return true;
	*fault_ret = overlaps(snap->faults, snap->fault_cover, snap->nfaults, addr, n);
	return false;
}
