/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strings, byte slices, slices and arrays: how much of them is shown, and what is not believed. A
 * length is only believed when memory could hold it; what was not captured is cut off or, when
 * nothing was, says why.
 */
#include "decode/walk.h"

#include <string.h>

/* The bytes at the end of a cut text that begin a UTF-8 sequence which the cut split. */
static u64 split_rune(const u8 *p, u64 n)
{
	for (u64 back = 1; back <= 3 && back <= n; back++) {
		u8 b = p[n - back];
		u64 want;

		if ((b & 0xc0) == 0x80)
			continue;
		want = b >= 0xf0 && b < 0xf5   ? 4
		       : b >= 0xe0 && b < 0xf0 ? 3
		       : b >= 0xc2 && b < 0xe0 ? 2
					       : 1;
		return want > back ? back : 0;
	}
	return 0;
}

/* The length is known, the contents are not. */
static void contents_missing(struct sd_walk *w, u64 addr, u64 len, bool fault, struct sd_value *v)
{
	sd_value_unavailable(v, sd_why_missing(w, addr, fault));
	v->has_addr = true;
	v->addr = addr;
	v->opened = true;
	v->total = len;
}

/* len bytes at addr, as many as are there and asked for. */
static void decode_bytes(struct sd_walk *w, u64 addr, u64 len, struct sd_value *v)
{
	u64 want = SD_MIN(len, w->limits->str);
	bool fault = false;
	u8 *bytes;

	if (want) {
		u64 have = sd_snapshot_avail(w->snap, addr, want);

		if (!have) {
			sd_snapshot_touches(w->snap, addr, 1, &fault);
			contents_missing(w, addr, len, fault, v);
			return;
		}
		want = have;
	}
	bytes = sd_arena_alloc_raw(w->arena, want + 1);
	if (want)
		sd_snapshot_read(w->snap, addr, bytes, want, &fault);
	if (want < len)
		want -= split_rune(bytes, want);
	v->bytes = bytes;
	v->n = want;
	v->total = len;
}

const char *sd_walk_header(struct sd_walk *w, struct sd_place p, u64 *addr_ret, u64 *len_ret)
{
	u64 words[2] = {0};
	const char *why = sd_place_read(w, p, 0, &words[0], 8);

	if (!why)
		why = sd_place_read(w, p, 8, &words[1], 8);
	if (why)
		return why;
	if (words[1] > SD_LEN_MAX)
		return sd_arena_printf(w->arena, "bad length %lld", (long long)words[1]);
	if (words[1] && !words[0])
		return sd_arena_printf(w->arena, "nil pointer with length %llu",
				       (unsigned long long)words[1]);
	*addr_ret = words[0];
	*len_ret = words[1];
	return NULL;
}

void sd_decode_string(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	u64 addr, len;
	const char *why = sd_walk_header(w, p, &addr, &len);

	if (why) {
		sd_value_unavailable(v, why);
		return;
	}
	v->kind = SD_V_STRING;
	decode_bytes(w, addr, len, v);
}

/* []byte and what is defined as that; a slice of a defined byte type is a list of its values. */
static bool is_byte(const struct sd_type *t)
{
	return t->kind == SD_KIND_UINT && t->size == 1 && t->name &&
	       (!strcmp(t->name, "uint8") || !strcmp(t->name, "byte"));
}

/* n elements of type elem from p on; want of them are decoded. */
static void decode_items(struct sd_walk *w, struct sd_type *elem, struct sd_place p, u64 want,
			 struct sd_value *v)
{
	v->items = sd_walk_items(w, want);
	for (u64 i = 0; i < want; i++)
		sd_walk_value(w, elem, sd_place_at(p, i * elem->size), &v->items[i]);
	v->n = want;
}

static u64 shown_items(const struct sd_walk *w, u64 len)
{
	return SD_MIN(SD_MIN(len, w->limits->items), w->nodes);
}

static void decode_elements(struct sd_walk *w, struct sd_type *t, struct sd_type *elem, u64 addr,
			    u64 len, struct sd_value *v)
{
	struct sd_hop hop = {.addr = addr, .type = t, .up = w->path};
	u64 want = shown_items(w, len);
	bool fault = false;

	if (want && elem->size) {
		u64 have = sd_snapshot_avail(w->snap, addr, want * elem->size) / elem->size;

		/* an element larger than what one range holds is shown in part */
		if (!have && sd_snapshot_touches(w->snap, addr, elem->size, &fault))
			have = 1;
		if (!have) {
			contents_missing(w, addr, len, fault, v);
			return;
		}
		want = have;
	}
	v->kind = SD_V_LIST;
	v->total = len;
	w->path = &hop;
	decode_items(w, elem, (struct sd_place){.at = addr}, want, v);
	w->path = hop.up;
}

void sd_decode_slice(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	struct sd_type *elem = sd_type_elem(t);
	u64 addr, len, cap;
	const char *why = sd_walk_header(w, p, &addr, &len);

	/* the capacity is not shown and may be dead; where it is known it vouches for the length */
	if (!why && !sd_place_read(w, p, 16, &cap, 8) && (cap < len || cap > SD_LEN_MAX))
		why = sd_arena_printf(w->arena, "bad length %llu of capacity %lld",
				      (unsigned long long)len, (long long)cap);
	if (!why && elem->size && len > SD_LEN_MAX / elem->size)
		why = sd_arena_printf(w->arena, "bad length %llu", (unsigned long long)len);
	if (why) {
		sd_value_unavailable(v, why);
		return;
	}
	v->has_addr = true;
	v->addr = addr;
	if (!addr) {
		v->kind = SD_V_NIL;
	} else if (is_byte(elem)) {
		v->kind = SD_V_BYTES;
		decode_bytes(w, addr, len, v);
	} else if (len && sd_walk_inside(w, addr, t)) {
		sd_value_unavailable(v, "cycle");
	} else {
		decode_elements(w, t, elem, addr, len, v);
	}
}

void sd_decode_array(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	struct sd_type *elem = sd_type_elem(t);

	v->kind = SD_V_LIST;
	v->total = t->count;
	decode_items(w, elem, p, shown_items(w, t->count), v);
}
