/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a session: what the files of lib share. */
#ifndef SD_LIB_SESSION_H
#define SD_LIB_SESSION_H

#include <signal.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/vec.h"
#include "decode/decode.h"
#include "decode/redact.h"
#include "check/check.h"
#include "expr/file.h"
#include "include/sonde/sonde.h"
#include "join/join.h"
#include "lib/module.h"
#include "out/out.h"
#include "plan/plan.h"
#include "plan/signature.h"
#include "run/run.h"
#include "site/line.h"
#include "site/site.h"
#include "target/target.h"

/** A process, or every process, that runs a module. */
struct sd_target {
	struct sd_module *module; /* borrowed */
	pid_t pid;		  /* 0: every process */
	struct sd_watch *watch;	  /* owned; NULL for pid 0 */
	bool ended;
};

/** What a generic function is with one dictionary. In the session's arena. */
struct sd_instance {
	u64 dict;	  /* link-time address */
	const char *name; /* "main.Max[int]"; NULL: no dictionary of that function */
	struct sd_type **params, **results; /* as many as the signature has: the true types */
	struct sd_instance *next;
};

struct sd_exprs;

/** A function that is traced: out of line, or one inlined copy. */
struct sd_traced {
	struct sd_module *module; /* borrowed */
	struct sd_func fn;	  /* copies: the function that holds the code */
	struct sd_signature sig;
	u32 probe; /* index of the probe that asked for it */
	bool inlined;
	const char *file; /* declaration; copies: the call's place. NULL: unknown */
	u32 line;
	u32 first_point, npoints;
	const struct sd_subprogram
		*copy; /* copies: from the debug information, or made from the function table */
	bool bare;     /* copies: known from the function table alone */
	bool at_addr;  /* an address the user gave: addr */
	struct sd_vaddr addr;
	u32 tail_jumps;
	bool apart; /* its entries are events by themselves, its returns are left out */
	struct sd_instance *instances; /* generics: those that were seen */
	const char *problem;	       /* not NULL: part of it could not be probed, and why */
	const struct sd_line_place *line_place; /* a source line: where; NULL: none */
	struct sd_exprs *exprs;			/* of its probe, checked here; NULL: none */
};

/** One site with its plan and its meaning. Its index is the cookie. */
struct sd_point {
	struct sd_site site;
	enum sd_join_role role;
	u32 traced;		  /* index, or SD_NO_TRACED: the runtime's bookkeeping */
	struct sd_module *module; /* borrowed */
	struct sdw_site wire;
	struct sdw_next next; /* with SDW_SITE_WANT_XMM */
	bool refused;	      /* the kernel would not take it */
};
#define SD_NO_TRACED UINT32_MAX

struct sd_probe {
	struct sd_probe_spec spec;
	struct sdw_probe taming; /* which of its hits are let through */
	bool default_rate;	 /* its rate is nobody's wish */
	u32 functions, copies;	 /* matched */
	u32 repeated; /* matched by a pattern, and traced by another probe in the same way */
	struct sd_file_place place; /* owned: in the file of probes that it is from; n 0: none */
	struct sd_err *wrong; /* owned: why it cannot be traced; the others are looked at first */
	struct sd_account account;
};

struct sonde_session {
	struct sonde_options opts;
	struct sd_redact *redact;	    /* owned: which values are not shown */
	char *debug;			    /* owned: opts.debug */
	struct sd_arena arena;		    /* signatures, sites: as long as the session */
	SD_VEC(struct sd_node *) checked;   /* expressions, to be released */
	SD_VEC(struct sd_module *) modules; /* owned */
	SD_VEC(struct sd_target) targets;
	SD_VEC(struct sd_probe) probes;
	SD_VEC(struct sd_traced) traced;
	SD_VEC(struct sd_point) points;
	SD_VEC(struct sd_join_site) join_sites;
	struct sd_tables tables;
	SD_VEC(struct sdw_rec *) waiting; /* owned: records whose XMM registers have not come yet */
	struct sd_limits limits;
	struct sd_run *run;	  /* owned */
	struct sd_join *join;	  /* owned */
	struct sd_trees *trees;	  /* owned; NULL until the first call of a tree */
	struct sd_stacks *stacks; /* owned; NULL until the first call stack */
	struct sd_sink *sink;	  /* owned */
	struct sd_buf out;
	struct sd_arena event_arena; /* reset at each event */
	char **argv;		     /* owned: the command */
	struct sd_child child;
	bool has_child, child_released, child_ended;
	int child_status;
	u64 clock_offset; /* CLOCK_REALTIME − CLOCK_MONOTONIC, ns */
	u64 emitted;
	u64 suppressed; /* events beyond opts.count */
	bool reader_gone;
	bool prepared, started, finished, finishing;
	bool many_pids;
	volatile sig_atomic_t stop;
	struct sd_account sum;
	u64 idle_polls;
	u64 watched; /* when the counters were looked at for limits, CLOCK_MONOTONIC ns */
	const struct sd_expr *sample_by, *first_per; /* opts.sample_by, opts.first_per */
};

/** err is about that probe. Of one from a file it is kept, with its line, so that all that is wrong
 * with the file is told at once, and NULL is returned. */
struct sd_err *sd_probe_wrong(struct sonde_session *s, u32 probe, struct sd_err *err);

/** Status, warning or debug line to the caller. */
void sd_say(struct sonde_session *s, enum sonde_message kind, const char *fmt, ...)
	sd_printf_like(3, 4);
/** Wraps an internal error for the API; NULL stays NULL. */
struct sonde_error *sd_error_public(struct sd_err *err);

/** resolve.c: probes → traced functions. */
sd_must_check struct sd_err *sd_resolve(struct sonde_session *s);
/** lines.c: the places of a line as traced functions; and the variables in scope at pc, of an
 * inlined copy at that depth (all, or those that a closure captured). file: where its source is,
 * NULL: unknown. line: 0: not asked for. */
sd_must_check struct sd_err *sd_lines_resolve(struct sonde_session *s, struct sd_module *m,
					      u32 probe);
sd_must_check struct sd_err *sd_lines_variables(struct sonde_session *s, struct sd_module *m,
						const struct sd_func *fn,
						const struct sd_site *site, const char *file,
						u32 line, u32 depth, bool captured_only,
						struct sd_variable **ret, u32 *n_ret);
/** Of an inlined copy that is entered at pc, whose parameters are located there: takes the
 * locations that may be of other values than the call's arguments, or marks them. */
sd_must_check struct sd_err *sd_lines_copy_arguments(struct sonde_session *s, struct sd_traced *t,
						     struct sd_vaddr pc);
/** Says "optimized out" of variables of optimized code for what shows it, which explain tells. */
void sd_lines_dropped(struct sd_variable *vars, u32 n);
/** Names the files for lack of which values may be older than their line, and what is to be done.
 */
void sd_lines_say_unsure(struct sonde_session *s);
/** points.c: traced functions → points, plans, join table. */
sd_must_check struct sd_err *sd_make_points(struct sonde_session *s);
/** float.c: which points of a module get XMM registers through signal frames; adds the point that
 * reads the frames. */
void sd_floats_prepare(struct sonde_session *s, struct sd_module *m);
/** The instruction at a link-time address; false: there is none. */
bool sd_floats_insn(const struct sd_module *m, u64 pc, struct sd_insn *ret);
/** float_frame.c: where m's signal handler is probed for frames; false: it is not as expected. */
bool sd_floats_frame_site(struct sd_module *m, struct sd_site *ret);
/** Leaves them alone where the kernel cannot; and fills the table of where threads go on, before
 * attaching. */
void sd_floats_check(struct sonde_session *s);
sd_must_check struct sd_err *sd_floats_set(struct sonde_session *s);
/** A record on its way to join: handed on with its XMM registers when they have come. */
void sd_floats_record(struct sonde_session *s, const struct sdw_rec *rec);
/** Hands on what has waited for too long (now: CLOCK_MONOTONIC, ns); all of a process (0: of all),
 * oldest first. */
void sd_floats_expire(struct sonde_session *s, u64 now);
void sd_floats_flush(struct sonde_session *s, u32 pid);
void sd_floats_deinit(struct sonde_session *s);
/** emit.c: join's call back, its question about losses, and writing out. */
void sd_emit_call(void *ctx, const struct sd_call *call);
bool sd_emit_lost(void *ctx, u32 func, bool entries);
/** Whether an event of that probe comes too late to be shown: counted as limited then. And that it
 * was written to s->out: counted as delivered; unsure: its condition could not be decided. */
bool sd_emit_refuses(struct sonde_session *s, u32 probe);
void sd_emit_count(struct sonde_session *s, u32 probe, bool unsure);
void sd_emit_flush(struct sonde_session *s, bool force);
/** account.c: the sums at the end, checked (law 3). */
sd_must_check struct sd_err *sd_account(struct sonde_session *s);
void sd_account_say(struct sonde_session *s);
/** generic.c: what t was in the call with that entry record; NULL: as the signature has it (not
 * generic, or unknown). */
const struct sd_instance *sd_instance_of(struct sonde_session *s, struct sd_traced *t,
					 const struct sdw_rec *entry);
/** Gives variables of the generic function fn (its own code, not that of a copy that was inlined
 * into it) their true types where only one instance of it can be meant, whose name is returned;
 * NULL: it is not generic, or several can. */
const char *sd_generic_sole(struct sonde_session *s, struct sd_module *m, const struct sd_func *fn,
			    struct sd_variable *vars, u32 n);
/** What to capture of n variables of t so that each of its instances can be shown: the variables,
 * and some again with their true types. Returns how many. */
u32 sd_generic_vars(struct sonde_session *s, const struct sd_traced *t,
		    const struct sd_variable *vars, u32 n, const struct sd_variable **ret);
/** explain.c */
void sd_explain_text(struct sonde_session *s);
void sd_explain_json(struct sonde_session *s);

#endif
