/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Typed expressions → what the kernel side does at a site: the condition that decides whether a hit
 * is a hit, and the memory that the expressions read, as programs of bpf/wire.h.
 */
#ifndef SD_PLAN_CODE_H
#define SD_PLAN_CODE_H

#include "check/check.h"
#include "plan/plan.h"

/** How much of a condition the kernel side decides at a site. */
struct sd_code_condition {
	bool any;   /* some of it: the site refuses hits */
	bool whole; /* all of it, but for hits that come marked SDW_REC_COND_UNSURE */
	const char
		*why; /* not whole: what is left for user space and why; literal or in the arena */
};

/**
 * Compiles cond for site, whose hit is when. Of a conjunction the parts are taken that need this
 * hit alone; the rest is user space's. vars: the site's variables by sd_node.var (of this when).
 * Adds to the programs in t and sets the condition of *wire. What it reads is not captured by that:
 * see sd_plan_expressions().
 */
void sd_plan_condition(struct sd_tables *t, const struct sd_site *site, enum sd_when when,
		       const struct sd_variable *vars, u32 nvars, const struct sd_node *cond,
		       struct sd_arena *arena, struct sdw_site *wire,
		       struct sd_code_condition *ret);

/** Takes back what sd_plan_condition() set in *wire. */
void sd_plan_no_condition(struct sdw_site *wire);

/**
 * Compiles key, an integer or a string, as what tells hits apart where the flow is tamed by it
 * (sdw_site.key). False: the kernel side cannot, and *why_ret says why.
 */
bool sd_plan_key(struct sd_tables *t, const struct sd_site *site, enum sd_when when,
		 const struct sd_variable *vars, u32 nvars, const struct sd_node *key,
		 struct sd_arena *arena, struct sdw_site *wire, const char **why_ret);

/**
 * Plans the capture of all that n expressions read at this hit: whole variables as
 * sd_plan_capture() does it, paths through pointers, indices and assertions by programs that send
 * every word they read. printed[i]: expression i is shown, so what it leads to is captured as deep
 * as the limits say; else only what evaluating it needs. Sets roots, regs_type, limits and flags of
 * *wire as sd_plan_capture() does. also/nalso: variables that are captured whole besides (a trace's
 * arguments). Errors: SD_ERR_USAGE, an expression that is too long for the kernel side, with its
 * span in text.
 */
sd_must_check struct sd_err *sd_plan_expressions(struct sd_tables *t, const struct sd_site *site,
						 enum sd_when when, const struct sd_variable *vars,
						 u32 nvars, const struct sd_variable *also,
						 u32 nalso, struct sd_node *const *nodes,
						 const bool *printed, u32 n, const char *text,
						 struct sdw_site *wire);

#endif
