/* SPDX-License-Identifier: BSD-2-Clause */
/* The expressions of a probe at one traced place: checked, planned, evaluated. */
#ifndef SD_LIB_EXPRS_H
#define SD_LIB_EXPRS_H

#include "eval/eval.h"
#include "lib/hit.h"
#include "plan/code.h"

#define SD_NO_NODE UINT32_MAX

/** In the session's arena. */
struct sd_exprs {
	struct sd_node *cond;		/* NULL: none */
	struct sd_code_condition at[2]; /* what the kernel side decides of it, by enum sd_when */
	struct sd_node **nodes;		/* the values: n, and behind them cond when there is one */
	bool *printed;			/* of each */
	const char **names;		/* of the values: as typed */
	const struct sd_variable **unsure; /* of each: the first variable in it whose value may be
					      an older one, NULL: none */
	const struct sd_variable *key_unsure; /* that of the key */
	const char **judged;		      /* and what they are judged by for secrets */
	bool *keyed; /* of each: maps are looked up in it by variable keys */
	u32 n;
	u32 *part_node; /* by part of the template: which value, SD_NO_NODE: none */
	bool all;	/* the variables are shown too */
	const struct sd_variable *vars[2]; /* by enum sd_when: sd_node.var counts in them */
	u32 nvars[2];
	bool uses[2];			 /* whether something is read at that hit */
	const struct sd_node *of_return; /* the first that only a return has; NULL: none */
	const char *of_return_text;	 /* what that was parsed from */
	struct sd_node *key;		 /* that the flow is tamed by; NULL: none */
	const char *key_text;		 /* what it was parsed from */
	u32 frames;			 /* of the call stack that values need; 0: none */
};

/** Whether the probe of that traced function has expressions, or shows variables as if it had. */
bool sd_exprs_wanted(const struct sonde_session *s, u32 index);
/** Checks the expressions of traced function index, whose variables are hit and (returns) results,
 * and sets its exprs; nothing when its probe has none. */
sd_must_check struct sd_err *sd_exprs_check(struct sonde_session *s, u32 index,
					    const struct sd_variable *hit, u32 nhit, bool returns,
					    const struct sd_variable *results, u32 nresults);
/** Whether events of t are lines of the user's own. */
bool sd_exprs_is_log(const struct sonde_session *s, const struct sd_traced *t);
/** How many frames of the call stack are shown with each event of t; 0: none. */
u32 sd_exprs_stack(const struct sonde_session *s, const struct sd_traced *t);
/** Plans p, a point of a traced function with exprs: also: what is captured whole besides. */
sd_must_check struct sd_err *sd_exprs_plan(struct sonde_session *s, struct sd_point *p,
					   enum sd_when when, const struct sd_variable *also,
					   u32 nalso);

/** The expressions over one event. */
struct sd_exprs_event {
	struct sonde_session *session;
	const struct sdw_rec *recs[2]; /* by enum sd_when */
	struct sd_eval_hit hit[2];
	struct sd_eval eval;
	struct sd_decode_limits limits;
	const struct sd_exprs *ex;
};

/** Makes ret ready: hits by enum sd_when, NULL where there is none. ret must not move. */
void sd_exprs_open(struct sonde_session *s, const struct sd_call *call, struct sd_traced *t,
		   const struct sd_instance *in, struct sd_hit *const hits[2],
		   struct sd_exprs_event *ret);
/** Whether the condition lets the event pass; *why_ret not NULL: it could not be read, and why. */
bool sd_exprs_pass(struct sd_exprs_event *e, const struct sd_call *call, const char **why_ret);
/** The values, ex->n of them, in the event's arena; secrets are taken out. */
struct sd_value *sd_exprs_values(struct sd_exprs_event *e);

#endif
