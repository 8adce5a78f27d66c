/* SPDX-License-Identifier: BSD-2-Clause */
/* Go func values: a pointer to a closure object, whose first word is the address of the code. */
#include "decode/walk.h"

void sd_decode_func(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	const struct sd_snapshot *snap = w->snap;
	struct sd_value_code code;
	u64 addr = 0, pc;
	const char *why = sd_place_read(w, p, 0, &addr, 8);
	bool fault;

	if (why) {
		sd_value_unavailable(v, why);
		return;
	}
	v->has_addr = true;
	v->addr = addr;
	v->kind = addr ? SD_V_FUNC : SD_V_NIL;
	if (!addr || !snap->func_name || !sd_snapshot_read(snap, addr, &pc, sizeof(pc), &fault))
		return;
	v->text = snap->func_name(snap->rodata_ctx, pc, w->arena);
	if (v->text && snap->func_line &&
	    snap->func_line(snap->rodata_ctx, pc, &code.file, &code.line))
		v->code = sd_arena_memdup(w->arena, &code, sizeof(code));
}
