/* SPDX-License-Identifier: BSD-2-Clause */
/* sync/atomic.Pointer as the pointer, sync/atomic.Value as the interface that it holds. */
#include "decode/walk.h"
#include "decode/wellknown.h"

static bool decode_pointer(struct sd_walk *w, struct sd_type *t, struct sd_place p,
			   struct sd_value *v)
{
	u64 off;
	struct sd_type *ptr = sd_type_atomic_pointer(t, &off);

	if (!ptr)
		return false;
	sd_walk_value(w, ptr, sd_place_at(p, off), v);
	return true;
}

static void refine_value(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *held = sd_wk_field(v, "v");
	const char *name = v->name;

	if (!held || (held->kind != SD_V_IFACE && held->kind != SD_V_NIL))
		return;
	*v = *held;
	v->name = name;
}

const struct sd_wellknown sd_wk_atomic_pointer = {.type_name = "sync/atomic.Pointer",
						  .decode = decode_pointer};
const struct sd_wellknown sd_wk_atomic_value = {.type_name = "sync/atomic.Value",
						.refine = refine_value};
