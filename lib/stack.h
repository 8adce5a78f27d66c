/* SPDX-License-Identifier: BSD-2-Clause */
/* Call stacks of a session's records. */
#ifndef SD_LIB_STACK_H
#define SD_LIB_STACK_H

#include "decode/stack.h"
#include "lib/session.h"

/** Adds the call stack to what p captures, `frames` of them. After its other plans. */
void sd_stack_plan(struct sonde_session *s, struct sd_point *p, u32 frames);
/** The stack of a record, at most max frames (0: all that were captured), with the goroutine's
 * creator. NULL: none was asked for at that site. In the arena; its strings live as long as the
 * session. */
const struct sd_stack *sd_stack_of(struct sonde_session *s, const struct sdw_rec *rec, u32 max,
				   struct sd_arena *arena);
/** What is remembered of the code; NULL is fine. */
void sd_stacks_destroy(struct sd_stacks *k);

#endif
