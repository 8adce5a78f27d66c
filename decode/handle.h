/* SPDX-License-Identifier: BSD-2-Clause */
/* Go's maps, channels and functions are one pointer each: what their files share. */
#ifndef SD_DECODE_HANDLE_H
#define SD_DECODE_HANDLE_H

#include "decode/walk.h"
#include "lang/go/go.h"

/** The pointer at p goes into v->addr; v is unavailable or nil, and false is returned, when there
 * is nothing behind it. */
static inline bool sd_decode_handle(struct sd_walk *w, struct sd_place p, enum sd_value_kind kind,
				    struct sd_value *v)
{
	const char *why = sd_place_read(w, p, 0, &v->addr, 8);

	if (why) {
		v->addr = 0;
		sd_value_unavailable(v, why);
		return false;
	}
	v->has_addr = true;
	v->kind = v->addr ? kind : SD_V_NIL;
	return v->addr != 0;
}

/** n bytes of the target's memory at addr, all of them. */
static inline bool sd_walk_mem(const struct sd_walk *w, u64 addr, void *dst, u64 n)
{
	bool fault;

	return sd_snapshot_read(w->snap, addr, dst, n, &fault);
}

/** The first n bytes behind v's pointer. Without them v is unavailable when reading them was tried
 * and failed; else it stays the pointer that nobody followed. */
static inline bool sd_handle_read(struct sd_walk *w, struct sd_value *v, void *dst, u64 n)
{
	bool fault = false;

	if (sd_snapshot_read(w->snap, v->addr, dst, n, &fault))
		return true;
	if (fault)
		sd_value_unavailable(v, sd_why_missing(w, v->addr, true));
	return false;
}

#endif
