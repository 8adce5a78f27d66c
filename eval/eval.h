/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Typed expressions over snapshots → values: what the kernel side could not decide, and every value
 * that is printed. The semantics is check/check.h's. Pure and total: any record gives a value or
 * says why not.
 */
#ifndef SD_EVAL_EVAL_H
#define SD_EVAL_EVAL_H

#include "check/check.h"
#include "decode/decode.h"

/** A variable at one hit. */
struct sd_eval_var {
	struct sd_type *type; /* the true one where generics are known better than the checker knew;
				 else the node's */
	const struct sd_loc *loc; /* borrowed */
};

/** One hit of the event: its snapshot and its variables by sd_node.var. */
struct sd_eval_hit {
	const struct sd_snapshot *snap;
	const struct sd_eval_var *vars;
	u32 nvars;
	u64 ts_ns; /* since the Unix epoch */
};

struct sd_eval {
	const struct sd_eval_hit *hit[2]; /* by enum sd_when; NULL: the event has no such hit */
	const struct sd_decode_limits *limits;
	struct sd_arena *arena;
	u64 goid, hits; /* hits 0: not known */
	u32 pid, tid;
	bool has_duration;
	u64 duration_ns;
	/** Frames of the stack at when as a value (a list of strings, or unavailable); caller: one
	 * string. NULL: unavailable. */
	struct sd_value *(*stack)(void *ctx, enum sd_when when, u32 n, struct sd_arena *arena);
	struct sd_value *(*caller)(void *ctx, enum sd_when when, struct sd_arena *arena);
	void *ctx;
};

enum sd_truth { SD_FALSE, SD_TRUE, SD_UNSURE };

/** The value of n, decoded as deep as e->limits says. name: of the value (the expression's text).
 * Never NULL. */
struct sd_value *sd_eval(const struct sd_eval *e, const struct sd_node *n, const char *name);
/** A condition. *why_ret with UNSURE: which operand and why, a literal or in the arena. */
enum sd_truth sd_eval_condition(const struct sd_eval *e, const struct sd_node *n,
				const char **why_ret);

#endif
