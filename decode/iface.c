/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Go interfaces, two words: a type or itab word, which is 0 in the nil interface only, and a data
 * word, which is the value or its address, as the dynamic type says. A typed nil is an interface
 * whose value is nil.
 */
#include "decode/walk.h"

/* The empty interface's first word is the type; others' is an itab, which has it in its second
 * word. */
static bool type_address(struct sd_walk *w, const struct sd_type *t, u64 word, u64 *ret)
{
	bool fault;

	*ret = word;
	return t->kind != SD_KIND_IFACE || sd_snapshot_read(w->snap, word + 8, ret, 8, &fault);
}

/* The value at data, which the interface alone points to; NULL when none of it was captured. */
static struct sd_value *decode_boxed(struct sd_walk *w, struct sd_type *t, u64 data)
{
	struct sd_hop hop = {.addr = data, .type = t, .up = w->path};
	bool fault = false;
	struct sd_value *v;

	if (t->size && !sd_snapshot_touches(w->snap, data, t->size, &fault) && !fault)
		return NULL;
	v = sd_walk_items(w, 1);
	if (!v)
		return NULL;
	if (fault) {
		v->type = t;
		sd_value_unavailable(v, sd_why_missing(w, data, true));
	} else if (t->size && sd_walk_inside(w, data, t)) {
		v->type = t;
		v->has_addr = true;
		v->addr = data;
		sd_value_unavailable(v, "cycle");
	} else {
		w->path = &hop;
		sd_walk_value(w, t, (struct sd_place){.at = data}, v);
		w->path = hop.up;
	}
	return v;
}

/* The type whose descriptor is at type_addr; sets v's dyn. */
static struct sd_type *dynamic_type(struct sd_walk *w, u64 type_addr, struct sd_value *v)
{
	const struct sd_snapshot *snap = w->snap;
	struct sd_type *t = snap->rtype ? snap->rtype(snap->rodata_ctx, type_addr) : NULL;

	if (snap->type_name)
		v->dyn = snap->type_name(snap->rodata_ctx, type_addr, w->arena);
	if (!t || t->kind == SD_KIND_UNKNOWN)
		return NULL;
	if (!v->dyn)
		v->dyn = t->name;
	return t;
}

void sd_walk_stored(struct sd_walk *w, u64 type_addr, u64 addr, struct sd_value *v)
{
	struct sd_type *t = dynamic_type(w, type_addr, v);

	v->items = t ? decode_boxed(w, t, addr) : NULL;
	v->n = v->items != NULL;
}

void sd_walk_dynamic(struct sd_walk *w, u64 type_addr, struct sd_place word, u64 data,
		     struct sd_value *v)
{
	struct sd_type *t = dynamic_type(w, type_addr, v);

	if (!t)
		return;
	if (!sd_type_is_direct(t)) {
		v->items = decode_boxed(w, t, data);
	} else if (t->size == 8) {
		v->items = sd_walk_items(w, 1);
		if (v->items)
			sd_walk_value(w, t, word, v->items);
	}
	v->n = v->items != NULL;
}

void sd_decode_iface(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	u64 type_word = 0, data = 0, type_addr;
	const char *why = sd_place_read(w, p, 0, &type_word, 8);

	if (!why && !type_word) {
		v->kind = SD_V_NIL;
		return;
	}
	if (!why)
		why = sd_place_read(w, p, 8, &data, 8);
	if (why) {
		sd_value_unavailable(v, why);
		return;
	}
	v->kind = SD_V_IFACE;
	v->u = type_word;
	v->has_addr = true;
	v->addr = data;
	if (type_address(w, t, type_word, &type_addr))
		sd_walk_dynamic(w, type_addr, sd_place_at(p, 8), data, v);
}
