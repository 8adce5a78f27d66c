/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Go func values: a pointer to a closure object, whose first word is the address of the code.
 * What it captured lies behind that word.
 */
#include "decode/handle.h"

/* The variables that code at pc captured, which lie in the func value at v->addr. */
static void decode_captured(struct sd_walk *w, u64 pc, struct sd_value *v)
{
	struct sd_type *t = w->snap->captured(w->snap->rodata_ctx, pc);
	struct sd_hop hop = {.addr = v->addr, .type = t, .up = w->path};
	bool fault;

	if (!t || t->kind != SD_KIND_STRUCT || t->nfields > w->nodes ||
	    sd_walk_inside(w, v->addr, t) ||
	    !sd_snapshot_touches(w->snap, v->addr + 8, t->size, &fault))
		return;
	v->items = sd_walk_items(w, t->nfields);
	v->n = t->nfields;
	w->path = &hop;
	for (u32 i = 0; i < t->nfields; i++) {
		const struct sd_field *f = &t->fields[i];

		v->items[i].name = f->name;
		if (f->type->kind == SD_KIND_UNKNOWN) {
			sd_value_unavailable(&v->items[i], "type not known");
			continue;
		}
		sd_walk_value(w, f->type, (struct sd_place){.at = v->addr + f->off}, &v->items[i]);
	}
	w->path = hop.up;
}

void sd_decode_func(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	const struct sd_snapshot *snap = w->snap;
	struct sd_value_code code;
	u64 addr = 0, pc;
	const char *why = sd_place_read(w, p, 0, &addr, 8);

	if (why) {
		sd_value_unavailable(v, why);
		return;
	}
	v->has_addr = true;
	v->addr = addr;
	v->kind = addr ? SD_V_FUNC : SD_V_NIL;
	if (!addr || !snap->func_name || !sd_handle_read(w, v, &pc, sizeof(pc)))
		return;
	v->text = snap->func_name(snap->rodata_ctx, pc, w->arena);
	if (v->text && snap->func_line &&
	    snap->func_line(snap->rodata_ctx, pc, &code.file, &code.line))
		v->code = sd_arena_memdup(w->arena, &code, sizeof(code));
	if (v->text && snap->captured)
		decode_captured(w, pc, v);
}
