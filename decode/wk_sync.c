/* SPDX-License-Identifier: BSD-2-Clause */
/* sync.Once and sync.WaitGroup: text output says what they hold. */
#include <string.h>

#include "decode/walk.h"
#include "decode/wellknown.h"

/* An integer field, or the integer in an atomic one. */
static bool number_in(const struct sd_value *v, const char *name, u64 *ret)
{
	const struct sd_value *f = sd_wk_field(v, name);

	if (f && f->kind == SD_V_STRUCT)
		f = sd_wk_field(f, "v");
	if (!f || (f->kind != SD_V_INT && f->kind != SD_V_UINT))
		return false;
	*ret = f->u;
	return true;
}

/* sync/once.go: done is set after the function has returned, which runs with m locked. */
static void refine_once(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *m = sd_wk_field(v, "m");
	u64 done;

	if (!number_in(v, "done", &done))
		return;
	if (done)
		v->text = "done";
	else if (m && m->kind == SD_V_STRUCT && m->text)
		v->text = !strncmp(m->text, "locked", 6) ? "running" : "not done";
}

static u64 element(const struct sd_value *list, u64 i)
{
	return list->items[i].u & UINT32_MAX;
}

/*
 * sync/waitgroup.go: the counter is the state's high half, who waits the low one, without its
 * highest bit from 1.25 on. To 1.17 the state is at the first multiple of 8 in state1 [3]uint32,
 * for which the address must be known; in 1.18 and 1.19 state1, later state.
 */
static bool state_of(const struct sd_value *v, struct sd_place p, u64 *ret)
{
	const struct sd_value *words = sd_wk_field(v, "state1");
	u64 at = p.at & 4 ? 1 : 0;

	if (number_in(v, "state", ret) || number_in(v, "state1", ret))
		return true;
	if (!words || words->kind != SD_V_LIST || words->n != 3 || p.loc)
		return false;
	for (u64 i = 0; i < words->n; i++)
		if (words->items[i].kind != SD_V_UINT)
			return false;
	*ret = element(words, at) | element(words, at + 1) << 32;
	return true;
}

static bool decode_group(struct sd_walk *w, struct sd_type *t, struct sd_place p,
			 struct sd_value *v)
{
	u64 state;
	u32 waiting;

	if (t->kind != SD_KIND_STRUCT)
		return false;
	sd_decode_struct(w, t, p, v);
	if (v->kind != SD_V_STRUCT || !state_of(v, p, &state))
		return true;
	waiting = (u32)state & 0x7fffffff;
	v->text = sd_arena_printf(w->arena, "counter %d", (int)(state >> 32));
	if (waiting)
		v->text = sd_arena_printf(w->arena, "%s, %u waiting", v->text, waiting);
	return true;
}

const struct sd_wellknown sd_wk_once = {.type_name = "sync.Once", .refine = refine_once};
const struct sd_wellknown sd_wk_waitgroup = {.type_name = "sync.WaitGroup", .decode = decode_group};
