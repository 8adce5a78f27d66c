/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the plan room: pointers found in values, ids of types. */
#ifndef SD_PLAN_TYPES_H
#define SD_PLAN_TYPES_H

#include "plan/plan.h"

enum {
	SD_TYPE_PTRS = 512, /* of one type: an array of structs of strings ends here */
};

/** Pointers inside a value, before it is known where the value lies. */
struct sd_found {
	struct sdw_ptr *v;
	u32 n, cap;
};

static inline void sd_found_add(struct sd_found *f, struct sdw_ptr p)
{
	if (f->n < f->cap)
		f->v[f->n++] = p;
}

/** Whether something else than the pointer is read at len_off. */
static inline bool sd_ptr_has_len(const struct sdw_ptr *p)
{
	return p->kind != SDW_PTR_ONE && p->kind != SDW_PTR_SAME && p->kind != SDW_PTR_RAW;
}

/** Every pointer worth following in a value of type, in field order, with depth pointers still to
 * go. */
void sd_types_find(struct sd_tables *t, struct sd_found *f, struct sd_type *type, u32 depth);
/** The id of values of type, reached with depth pointers still to go; 0: nothing there can be read.
 */
u32 sd_types_value(struct sd_tables *t, struct sd_type *type, u32 depth);
/** The id of what a map, channel or function value points to. */
u32 sd_types_behind(struct sd_tables *t, struct sd_type *type, u32 depth);
/** A new id of size bytes with these pointers. */
u32 sd_types_add(struct sd_tables *t, u64 size, const struct sdw_ptr *ptrs, u32 n);
/** Finds the pointers of all types that were given ids (and of those that come to light thereby).
 */
void sd_types_finish(struct sd_tables *t);

/** A value to capture, and with it what it leads to with depth pointers. */
struct sd_wanted {
	struct sd_type *type;
	struct sd_loc loc;
	u32 depth;
	bool bytes_only; /* what it leads to is not wanted */
};

/** sd_plan_capture() of values with depths of their own. */
void sd_capture_wanted(struct sd_tables *t, const struct sd_site *site,
		       const struct sd_wanted *wanted, u32 n, struct sdw_site *ret);
/** From now on so many elements of a map are captured, where they fit. */
void sd_types_want_map_items(struct sd_tables *t, u32 items);

#endif
