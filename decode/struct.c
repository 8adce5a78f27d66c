/* SPDX-License-Identifier: BSD-2-Clause */
/* Structs and unions: a field whose bytes are missing says so, and the others stand. */
#include "decode/walk.h"

#include <string.h>

enum {
	BRIEF = 8, /* fields: of larger structs text output leaves the zero ones out */
};

/* An embedded field goes by its type's name: "*pkg.T[int]" is T. */
static const char *field_name(const struct sd_field *f, struct sd_arena *arena)
{
	const char *name, *end, *dot = NULL;

	if (!f->embedded || (f->name && f->name[0]) || !f->type || !f->type->name)
		return f->name ? f->name : "";
	name = f->type->name + (f->type->name[0] == '*');
	end = name + strcspn(name, "[");
	for (const char *s = name; s < end; s++)
		if (*s == '.' || *s == '/')
			dot = s;
	if (dot)
		name = dot + 1;
	return sd_arena_strndup(arena, name, (size_t)(end - name));
}

/* Every field is missing for one and the same reason: then that is said once. */
static bool all_missing(const struct sd_value *v)
{
	for (u64 i = 0; i < v->n; i++) {
		const struct sd_value *f = &v->items[i];

		if (f->kind != SD_V_UNAVAILABLE || f->opened ||
		    strcmp(f->why, v->items[0].why) != 0)
			return false;
	}
	return v->n > 0;
}

void sd_decode_struct(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	sd_type_complete(t);
	v->items = sd_walk_items(w, t->nfields);
	if (!v->items) {
		sd_value_unavailable(v, "too many values");
		return;
	}
	v->kind = SD_V_STRUCT;
	v->n = v->total = t->nfields;
	v->brief = t->nfields > BRIEF && !w->limits->zero;
	for (u32 i = 0; i < t->nfields; i++) {
		const struct sd_field *f = &t->fields[i];

		v->items[i].name = field_name(f, w->arena);
		if (f->bit_size)
			sd_decode_bits(w, f, p, &v->items[i]);
		else
			sd_walk_value(w, f->type, sd_place_at(p, f->off), &v->items[i]);
	}
	if (all_missing(v)) {
		sd_value_unavailable(v, v->items[0].why);
		v->n = v->total = 0;
		v->items = NULL;
	}
}
