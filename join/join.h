/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records → calls: entry with return, by (process, goroutine, stack.hi − frame address, function)
 * (DESIGN §4.8). Pure: knows records and a table of what each site number means; nothing of types
 * or formats.
 */
#ifndef SD_JOIN_JOIN_H
#define SD_JOIN_JOIN_H

#include "base/base.h"
#include "bpf/wire.h"

enum sd_join_role {
	SD_JOIN_ENTRY_ONLY,  /* each record is an event (":entry", inlined copies, addresses) */
	SD_JOIN_RETURN_ONLY, /* ":return" */
	SD_JOIN_ENTRY,	     /* begins a call */
	SD_JOIN_RETURN,	     /* ends it */
	SD_JOIN_WHOLE,	/* entry and return are one instruction (a function that is only a RET): a
			   call by itself */
	SD_JOIN_SILENT, /* sends no records of its own */
	SD_JOIN_GOEXIT, /* bookkeeping: the goroutine ends: every open frame of it is unwound */
	SD_JOIN_RECOVERED, /* bookkeeping: frames whose CFA lies at or below the sp that is resumed
			      are unwound; new_sp is the 8-byte range at g + sched.sp (root 0) */
};

struct sd_join_site {
	u32 role;     /* enum sd_join_role */
	u32 func;     /* which function: pairs entry and return sites */
	u32 probe;    /* index for the accounts */
	u8 cfa_reg;   /* SD_RSP or SD_RBP: DWARF number */
	s32 cfa_off;  /* CFA = reg + off at the site */
	bool refuses; /* ENTRY, RETURN: not every entry of the function sends a record (a condition,
			 a limit): returns that come without one are nobody's */
};

enum sd_call_kind {
	SD_CALL_DONE,
	SD_CALL_ENTRY,
	SD_CALL_RETURN,
	SD_CALL_OPEN,
	SD_CALL_UNWOUND,
	SD_CALL_WITHDRAWN, /* refused at its return, so that it is no event; told after
			      sd_join_want_places() only */
};

/** What join hands out; records are valid during the call back only. */
struct sd_call {
	enum sd_call_kind kind;
	const struct sdw_rec *entry; /* NULL: RETURN */
	const struct sdw_rec *ret;   /* NULL: ENTRY, OPEN, UNWOUND */
	/* Where it stands among the calls of its goroutine or thread. Without
	 * sd_join_want_places(): of calls that had a frame only (not ENTRY, RETURN, nor a function
	 * that is only a RET). */
	u64 stack;	  /* number of the stack of open calls that it was on; 0: there was none */
	u64 seq;	  /* order of entry among all calls; 0: not known */
	u64 parent;	  /* seq of the call that it was made in; 0: none is known */
	u32 level;	  /* in how many open calls it was made */
	u32 left;	  /* how many calls are still open there */
	bool return_lost; /* OPEN, UNWOUND: may have returned: a return record of this function was
			     lost, or one came that may belong to a later call whose entry was lost
			   */
};

struct sd_join_account {
	u64 delivered; /* calls handed out */
	u64 before;    /* of these, RETURN of calls that began before tracing */
	u64 filtered;  /* calls that were withdrawn, as their return was refused */
	u64 orphans; /* returns whose entry was lost: not handed out, counted with the entry's loss
		      */
};

struct sd_join;
typedef void (*sd_join_fn)(void *ctx, const struct sd_call *call);
/** Asked when a return has no entry: has any entry of that function been lost so far? And at an
 * unwound frame: any return? Reads the kernel's counters. */
typedef bool (*sd_join_lost_fn)(void *ctx, u32 func, bool entries);

/** sites (n of them, borrowed) by site number. */
struct sd_join *sd_join_create(const struct sd_join_site *sites, u32 n, u32 nprobes, sd_join_fn fn,
			       sd_join_lost_fn lost, void *ctx);
void sd_join_destroy(struct sd_join *j);
/** Says where calls without a frame stand too, and which are withdrawn. Their records need stack_lo
 * and stack_hi. */
void sd_join_want_places(struct sd_join *j);
/** Takes one record (copied when it must be kept). Damaged records (site out of range) are ignored
 * and counted. */
void sd_join_record(struct sd_join *j, const struct sdw_rec *rec);
/** A process is gone: its open calls are handed out as OPEN. */
void sd_join_process_gone(struct sd_join *j, u32 pid);
/** The end: everything open is handed out, oldest first. */
void sd_join_finish(struct sd_join *j);
const struct sd_join_account *sd_join_account(const struct sd_join *j, u32 probe);
u64 sd_join_bad_records(const struct sd_join *j);
/** Open frames now, and the bytes they hold. */
u64 sd_join_open_calls(const struct sd_join *j);
u64 sd_join_open_bytes(const struct sd_join *j);

#endif
