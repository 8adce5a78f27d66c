/* SPDX-License-Identifier: BSD-2-Clause */
/* Go interfaces, two words: a type or itab word, which is 0 in the nil interface only, and a data
 * word. */
#include "decode/walk.h"

/* The empty interface's first word is the type; others' is an itab, which has it in its second
 * word. */
static const char *dynamic_type(struct sd_walk *w, const struct sd_type *t, u64 word)
{
	bool fault;

	if (!w->snap->type_name)
		return NULL;
	if (t->kind == SD_KIND_IFACE && !sd_snapshot_read(w->snap, word + 8, &word, 8, &fault))
		return NULL;
	return w->snap->type_name(w->snap->rodata_ctx, word, w->arena);
}

void sd_decode_iface(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	u64 type_word = 0, data = 0;
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
	v->dyn = dynamic_type(w, t, type_word);
}
