/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Go maps: which slots of which buckets (to Go 1.23) or groups (Swiss tables, from 1.24) hold a key
 * and an element. Layouts: lang/go/layouts.h. The number of elements is the header's first word
 * everywhere; the walk over the rest ends at what was captured, so that fewer may be shown than
 * there are, and never more.
 */
#include "decode/handle.h"

#include <string.h>

enum {
	MAX_BLOCKS = 1 << 13, /* buckets and groups of one map that are looked at */
	MAX_LOG2 = 40,	      /* of buckets: more is no map */
};

struct map_walk {
	struct sd_walk *w;
	u64 addr; /* of the header */
	enum sd_go_map_kind kind;
	struct sd_go_map_slots slots;
	struct sd_type *key, *elem;
	/* a full slot; sets enough to end the walk */
	void (*full)(struct map_walk *m, u64 block, u32 i);
	bool enough;
	u32 blocks, read; /* looked at; and captured */
	u64 all;	  /* how many there are, chains left out; 0: not known */
	bool fault;	  /* memory that was tried and could not be read */
	u64 fault_at;
	struct sd_value *v; /* decoding: the map, and how many pairs at most */
	u64 want;
	const struct sd_map_key *wanted; /* looking for a key */
	u64 seen;			 /* full slots */
	bool found;
	struct sd_place found_at;
	const char *why; /* a key or the element could not be read */
};

static bool done(struct map_walk *m)
{
	return m->enough || m->blocks >= MAX_BLOCKS;
}

static bool read_mem(struct map_walk *m, u64 addr, void *dst, u64 n)
{
	bool fault, ok = sd_snapshot_read(m->w->snap, addr, dst, n, &fault);

	if (!ok && fault && !m->fault) {
		m->fault = true;
		m->fault_at = addr;
	}
	return ok;
}

static void decode_slot(struct map_walk *m, struct sd_type *t, u64 addr, bool indirect,
			struct sd_value *v)
{
	u64 to = addr;
	bool fault;

	if (indirect && !sd_snapshot_read(m->w->snap, addr, &to, 8, &fault)) {
		v->type = t;
		sd_value_unavailable(v, sd_why_missing(m->w, addr, fault));
		return;
	}
	sd_walk_value(m->w, t, (struct sd_place){.at = to}, v);
}

static u64 key_slot(const struct map_walk *m, u64 block, u32 i)
{
	return block + m->slots.key_off + (u64)i * m->slots.key_stride;
}

static u64 elem_slot(const struct map_walk *m, u64 block, u32 i)
{
	return block + m->slots.elem_off + (u64)i * m->slots.elem_stride;
}

static void take_pair(struct map_walk *m, u64 block, u32 i)
{
	struct sd_value *pair = &m->v->items[2 * m->v->n++];

	decode_slot(m, m->key, key_slot(m, block, i), m->slots.key_indirect, &pair[0]);
	decode_slot(m, m->elem, elem_slot(m, block, i), m->slots.elem_indirect, &pair[1]);
	m->enough = m->v->n >= m->want;
}

/* The full slots of the bucket or group at addr; false when it was not captured. */
static bool take_block(struct map_walk *m, u64 addr, bool swiss)
{
	u8 state[SD_GO_MAP_SLOTS];

	m->blocks++;
	if (!read_mem(m, addr, state, sizeof(state)))
		return false;
	m->read++;
	for (u32 i = 0; i < SD_GO_MAP_SLOTS && !m->enough; i++) {
		bool full = swiss ? !(state[i] & SD_GO_CTRL_NOT_FULL)
				  : state[i] >= SD_GO_HMAP_MIN_TOP;

		if (full)
			m->full(m, addr, i);
	}
	return true;
}

/* n buckets at addr, each with its chain. Old ones that have moved have no full slots left. */
static void take_buckets(struct map_walk *m, u64 addr, u64 n)
{
	for (u64 i = 0; i < n && !done(m); i++) {
		u64 at = addr + i * m->slots.size;

		if (!take_block(m, at, false))
			return;
		while (!done(m) && read_mem(m, at + m->slots.overflow_off, &at, 8) && at)
			if (!take_block(m, at, false))
				break;
	}
}

static void walk_classic(struct map_walk *m)
{
	u8 h[SD_GO_HMAP_SIZE];
	u64 buckets, old;
	u8 log2;

	if (!read_mem(m, m->addr, h, sizeof(h)))
		return;
	memcpy(&buckets, h + SD_GO_HMAP_BUCKETS, 8);
	memcpy(&old, h + SD_GO_HMAP_OLD, 8);
	log2 = h[SD_GO_HMAP_B];
	if (log2 > MAX_LOG2 || !buckets)
		return;
	m->all = 1ULL << log2;
	if (old) {
		bool same = h[SD_GO_HMAP_FLAGS] & SD_GO_HMAP_FLAG_SAME_SIZE;

		take_buckets(m, old, 1ULL << (same || !log2 ? log2 : log2 - 1));
	}
	take_buckets(m, buckets, 1ULL << log2);
}

/* A table stands in the directory several times, and counts at its index only. */
static void take_table(struct map_walk *m, u64 addr, u64 dir_index)
{
	u8 t[SD_GO_TABLE_SIZE];
	u64 index, groups, mask;

	if (!read_mem(m, addr, t, sizeof(t)))
		return;
	memcpy(&index, t + SD_GO_TABLE_INDEX, 8);
	memcpy(&groups, t + SD_GO_TABLE_GROUPS, 8);
	memcpy(&mask, t + SD_GO_TABLE_LENGTH_MASK, 8);
	if (index != dir_index)
		return;
	m->all += mask + 1;
	for (u64 i = 0; i <= mask && !done(m); i++)
		if (!take_block(m, groups + i * m->slots.size, true))
			return;
}

static void walk_swiss(struct map_walk *m)
{
	u8 h[SD_GO_SWISS_SIZE];
	u64 dir, len, table;

	if (!read_mem(m, m->addr, h, sizeof(h)))
		return;
	memcpy(&dir, h + SD_GO_SWISS_DIR, 8);
	memcpy(&len, h + SD_GO_SWISS_DIR_LEN, 8);
	if (!len && dir)
		take_block(m, dir, true);
	for (u64 i = 0; i < len && !done(m); i++) {
		m->blocks++;
		if (!read_mem(m, dir + 8 * i, &table, 8))
			return;
		take_table(m, table, i);
	}
}

/* Sets m up for the map of type t whose header is at addr; NULL, or why it cannot be walked. */
static const char *open_map(struct map_walk *m, struct sd_walk *w, struct sd_type *t, u64 addr)
{
	*m = (struct map_walk){
		.w = w, .addr = addr, .key = sd_type_key(t), .elem = sd_type_elem(t)};
	m->kind = w->snap->go ? w->snap->go->map_kind : SD_GO_MAP_UNKNOWN;
	if (!sd_go_map_slots(m->kind, m->key->size, m->key->align, m->elem->size, m->elem->align,
			     &m->slots))
		return "layout of maps not known";
	if (m->key->kind == SD_KIND_UNKNOWN || m->elem->kind == SD_KIND_UNKNOWN)
		return "type not known";
	return NULL;
}

static void walk_map(struct map_walk *m)
{
	if (m->kind == SD_GO_MAP_CLASSIC)
		walk_classic(m);
	else
		walk_swiss(m);
}

static void walk_pairs(struct sd_walk *w, struct sd_type *t, struct sd_value *v)
{
	struct sd_hop hop = {.addr = v->addr, .type = t, .up = w->path};
	struct map_walk m;

	v->why = open_map(&m, w, t, v->addr);
	if (v->why)
		return;
	m.v = v;
	m.full = take_pair;
	m.want = SD_MIN(SD_MIN(v->total, w->limits->items), w->nodes / 2);
	m.enough = !m.want;
	v->items = sd_walk_items(w, 2 * m.want);
	w->path = &hop;
	walk_map(&m);
	w->path = hop.up;
	if (v->n || !v->total)
		return;
	v->why = sd_why_missing(w, m.fault_at, m.fault);
	if (m.read && !m.fault) /* a few entries in much room */
		v->why = sd_arena_printf(w->arena, "not in the %u of %llu %s that were read",
					 m.read, (unsigned long long)SD_MAX(m.all, (u64)m.read),
					 m.kind == SD_GO_MAP_CLASSIC ? "buckets" : "groups");
}

void sd_decode_map(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	u64 count;

	if (!sd_decode_handle(w, p, SD_V_MAP, v))
		return;
	if (sd_walk_inside(w, v->addr, t)) {
		sd_value_unavailable(v, "cycle");
		return;
	}
	if (!sd_handle_read(w, v, &count, sizeof(count)) || count > SD_LEN_MAX)
		return;
	v->opened = true;
	v->total = count;
	if (count)
		walk_pairs(w, t, v);
}

/* What lies in a slot, or where its pointer leads. */
static const char *slot_place(struct map_walk *m, u64 addr, bool indirect, struct sd_place *ret)
{
	struct sd_place p = {.at = addr};
	const char *why = indirect ? sd_place_read(m->w, p, 0, &p.at, 8) : NULL;

	if (!why)
		*ret = p;
	return why;
}

static void compare_key(struct map_walk *m, u64 block, u32 i)
{
	const char *why;
	struct sd_place key;
	bool same = false;

	m->seen++;
	why = slot_place(m, key_slot(m, block, i), m->slots.key_indirect, &key);
	if (!why)
		why = m->wanted->is(m->wanted->ctx, key, &same);
	if (why && !m->why)
		m->why = why;
	if (why || !same)
		return;
	m->found = m->enough = true;
	m->why = slot_place(m, elem_slot(m, block, i), m->slots.elem_indirect, &m->found_at);
}

const char *sd_map_find(struct sd_walk *w, struct sd_type *t, u64 addr,
			const struct sd_map_key *wanted, bool *found_ret, struct sd_place *elem_ret)
{
	struct map_walk m;
	const char *why = open_map(&m, w, t, addr);
	u64 count;

	if (!why)
		why = sd_place_read(w, (struct sd_place){.at = addr}, 0, &count, sizeof(count));
	if (why)
		return why;
	m.full = compare_key;
	m.wanted = wanted;
	m.enough = !count;
	walk_map(&m);
	if (m.why)
		return m.why;
	if (!m.found && m.seen != count) {
		if (m.fault)
			return sd_why_missing(w, m.fault_at, true);
		return sd_arena_printf(w->arena, "not among %llu captured of %llu",
				       (unsigned long long)m.seen, (unsigned long long)count);
	}
	*found_ret = m.found;
	if (m.found)
		*elem_ret = m.found_at;
	return NULL;
}
