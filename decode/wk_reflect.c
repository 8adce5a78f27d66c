/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reflect.Value: {type, ptr, flag} (src/reflect/value.go) as the value that it stands for, like an
 * interface. ptr is the address of the value where flag says so, else its data word.
 */
#include "decode/walk.h"
#include "decode/wellknown.h"

enum { FLAG_INDIRECT = 1 << 7, FLAG_METHOD = 1 << 9 };

static bool decode(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	u64 type, ptr, flag;

	if (t->kind != SD_KIND_STRUCT || t->size != 24 || sd_place_read(w, p, 0, &type, 8) ||
	    sd_place_read(w, p, 8, &ptr, 8) || sd_place_read(w, p, 16, &flag, 8))
		return false;
	if (!type) {
		v->kind = SD_V_NIL;
		return true;
	}
	if (flag & FLAG_METHOD)
		return false;
	v->kind = SD_V_IFACE;
	v->u = type;
	v->has_addr = true;
	v->addr = ptr;
	if (flag & FLAG_INDIRECT)
		sd_walk_stored(w, type, ptr, v);
	else
		sd_walk_dynamic(w, type, sd_place_at(p, 8), ptr, v);
	return true;
}

const struct sd_wellknown sd_wk_reflect_value = {.type_name = "reflect.Value", .decode = decode};
