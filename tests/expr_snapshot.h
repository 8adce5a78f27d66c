/* SPDX-License-Identifier: BSD-2-Clause */
/* The made-up program's memory (tests/expr_world.h) as an event that expressions are evaluated
 * over: all of it captured, or with holes. */
#ifndef SD_TESTS_EXPR_SNAPSHOT_H
#define SD_TESTS_EXPR_SNAPSHOT_H

#include "eval/eval.h"
#include "tests/expr_world.h"

struct sd_world_event {
	struct sd_eval eval; /* both hits; the caller may set goid, … */
	struct sd_eval_hit hit[2];
	struct sd_snapshot snap;
	struct sd_decode_limits limits;
};

/** All is in the arena, but ev itself. holes: a seed for which blocks of 32 bytes were not captured
 * (one in eight); 0: none. */
void sd_world_event_init(struct sd_world_event *ev, const struct sd_world *w,
			 const struct sd_world_memory *m, u64 holes, struct sd_arena *arena);

#endif
