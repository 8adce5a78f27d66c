/* SPDX-License-Identifier: BSD-2-Clause */
/* Pointers: when they are followed, and what is said when they are not. */
#include "decode/walk.h"

/* Why the pointee of type elem at addr is not looked at, NULL when it is. */
static const char *why_not(struct sd_walk *w, struct sd_type *elem, u64 addr)
{
	bool fault;

	if (elem->kind == SD_KIND_UNKNOWN)
		return "type not known";
	if (sd_walk_inside(w, addr, elem))
		return "cycle";
	if (w->hops >= w->limits->depth)
		return "depth";
	if (elem->size && !sd_snapshot_touches(w->snap, addr, elem->size, &fault))
		return sd_why_missing(w, addr, fault);
	return NULL;
}

void sd_decode_ptr(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	struct sd_type *elem = sd_type_elem(t);
	u64 addr = 0;
	const char *why = sd_place_read(w, p, 0, &addr, 8);

	if (why) {
		sd_value_unavailable(v, why);
		return;
	}
	v->has_addr = true;
	v->addr = addr;
	v->kind = !addr ? SD_V_NIL : elem->kind == SD_KIND_VOID ? SD_V_ADDR : SD_V_PTR;
	if (v->kind != SD_V_PTR)
		return;
	v->why = why_not(w, elem, addr);
	if (v->why)
		return;
	v->items = sd_walk_items(w, 1);
	if (!v->items) {
		v->why = "too many values";
		return;
	}
	v->n = 1;
	w->path = &(struct sd_hop){.addr = addr, .type = elem, .up = w->path};
	w->hops++;
	sd_walk_value(w, elem, (struct sd_place){.at = addr}, v->items);
	w->hops--;
	w->path = w->path->up;
}
