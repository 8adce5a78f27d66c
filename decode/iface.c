/* SPDX-License-Identifier: BSD-2-Clause */
/* Go interfaces, two words: a type or itab word, which is 0 in the nil interface only, and a data word. */
#include "decode/walk.h"

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
}
