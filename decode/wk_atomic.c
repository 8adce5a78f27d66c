/* SPDX-License-Identifier: BSD-2-Clause */
/* sync/atomic's numbers, sync.Mutex and sync.RWMutex: text output says what they hold. */
#include <string.h>

#include "decode/wellknown.h"

/* {_ noCopy; v T}, and align64 in some */
static void refine_number(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *n = sd_wk_field(v, "v");

	if (n && n->kind == SD_V_INT)
		v->text = sd_arena_printf(arena, "%lld", (long long)n->s);
	else if (n && n->kind == SD_V_UINT)
		v->text = sd_arena_printf(arena, "%llu", (unsigned long long)n->u);
}

static void refine_bool(struct sd_value *v, struct sd_arena *arena)
{
	s64 n;

	if (sd_wk_int(v, "v", &n) && (n == 0 || n == 1))
		v->text = n ? "true" : "false";
}

/* sync/mutex.go, internal/sync/mutex.go from 1.24 on: state is 1 locked, 2 woken, 4 starving, from
 * 8 on how many wait. */
static void refine_mutex(struct sd_value *v, struct sd_arena *arena)
{
	s64 state;

	if (!sd_wk_int(v, "state", &state))
		return;
	v->text = state & 1 ? "locked" : "unlocked";
	if (state >> 3)
		v->text = sd_arena_printf(arena, "%s, %lld waiting", v->text,
					  (long long)((u32)state >> 3));
}

static void refine_outer(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *mu = sd_wk_field(v, "mu");

	if (mu && mu->kind == SD_V_STRUCT)
		v->text = mu->text;
	else
		refine_mutex(v, arena);
}

static bool number_in(const struct sd_value *v, const char *name, s64 *ret)
{
	const struct sd_value *f = sd_wk_field(v, name);

	if (f && f->kind == SD_V_STRUCT) /* an atomic.Int32 from 1.20 on */
		return sd_wk_int(f, "v", ret);
	return sd_wk_int(v, name, ret);
}

/* sync/rwmutex.go: readerCount is 1 << 30 less while a writer holds the lock or waits for readers.
 */
static void refine_rwmutex(struct sd_value *v, struct sd_arena *arena)
{
	s64 readers, wait;

	if (!number_in(v, "readerCount", &readers) || !number_in(v, "readerWait", &wait))
		return;
	if (readers < 0 && wait)
		v->text = sd_arena_printf(arena, "read-locked by %lld, a writer waiting",
					  (long long)wait);
	else if (readers < 0)
		v->text = "locked";
	else if (readers)
		v->text = sd_arena_printf(arena, "read-locked by %lld", (long long)readers);
	else
		v->text = "unlocked";
}

#define NUMBER(var, name)                                                                          \
	const struct sd_wellknown var = {.type_name = "sync/atomic." name, .refine = refine_number}

NUMBER(sd_wk_atomic_int32, "Int32");
NUMBER(sd_wk_atomic_int64, "Int64");
NUMBER(sd_wk_atomic_uint32, "Uint32");
NUMBER(sd_wk_atomic_uint64, "Uint64");
NUMBER(sd_wk_atomic_uintptr, "Uintptr");
const struct sd_wellknown sd_wk_atomic_bool = {.type_name = "sync/atomic.Bool",
					       .refine = refine_bool};
const struct sd_wellknown sd_wk_mutex_inner = {.type_name = "internal/sync.Mutex",
					       .refine = refine_mutex};
const struct sd_wellknown sd_wk_mutex = {.type_name = "sync.Mutex", .refine = refine_outer};
const struct sd_wellknown sd_wk_rwmutex = {.type_name = "sync.RWMutex", .refine = refine_rwmutex};
