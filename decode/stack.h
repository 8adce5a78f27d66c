/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The call stack of a hit, innermost first: from the frame pointers that a record has (struct
 * sdw_stack), each held against what the code says its frame is. What does not fit ends the stack
 * and says why: a caller is never left out, shown twice or made up. Pure.
 */
#ifndef SD_DECODE_STACK_H
#define SD_DECODE_STACK_H

#include "base/arena.h"
#include "bpf/wire.h"
#include "types/loc.h"

/** A call. Strings are borrowed from the binary or its session. */
struct sd_stack_frame {
	const char *func; /* NULL: unknown; then addr and module say where it is */
	const char *file; /* NULL: unknown */
	u32 line;
	bool inlined;	    /* into the function of the next frame */
	u64 addr;	    /* runtime address at which the call goes on; the first: of the probe */
	const char *module; /* func NULL: path of the file that is mapped there; NULL: none known */
};

struct sd_stack {
	const struct sd_stack_frame *frames;
	u32 n;
	const char *end_why; /* why there are no more; NULL: they are all that there are */
	bool has_creator;
	struct sd_stack_frame creator; /* Go: the function with the `go` statement */
	u64 creator_goid;	       /* 0: not known */
};

/** How the frame of a function lies. */
enum sd_code_frame {
	SD_FRAME_NONE,	 /* it may keep no frame pointer */
	SD_FRAME_SIZE,	 /* its CFA is rsp + delta + 8; the frame pointer is kept at CFA − 16 when
			    delta > 0 */
	SD_FRAME_KEPT,	 /* it keeps the frame pointer, at CFA − 16 */
	SD_FRAME_SWITCH, /* as KEPT, but on another stack than what it has called */
	SD_FRAME_BREAK,	 /* its caller cannot be found: why says why */
	SD_FRAME_TOP,	 /* the first function of its stack */
	SD_FRAME_END,	 /* nothing is there any more: not even shown */
};

struct sd_code_call {
	struct sd_stack_frame frame;
	bool wrapper; /* made by the compiler: left out unless a panic called it */
};

/** What is known of the code at some address. */
struct sd_code {
	const struct sd_code_call *calls; /* n ≥ 1: inlined ones first */
	u32 n;
	const char *name; /* of the function that holds the code, NULL: unknown */
	u64 entry;	  /* its runtime address */
	enum sd_code_frame kind;
	s64 delta;	 /* SIZE */
	const char *why; /* BREAK */
	bool injected;	 /* it was not called: the instruction that it goes back to comes next */
	bool after_call; /* a call precedes the address */
	u64 call_target; /* of that call; 0: indirect */
};

/** Asked for each address: what code is there? exact: at the address itself, else before it, as it
 * is a return address. Never NULL. */
typedef const struct sd_code *(*sd_code_fn)(void *ctx, u64 addr, bool exact);

/**
 * The stack of a record, at most max frames (0: all that were captured). cfa: at the site. wanted:
 * how many frames the plan asked for (sdw_site.frames). The creator is left to the caller. NULL:
 * the record has no stack. In the arena.
 */
struct sd_stack *sd_stack_walk(const struct sdw_rec *rec, const struct sd_cfa *cfa, u32 wanted,
			       u32 max, sd_code_fn code, void *ctx, struct sd_arena *arena);

#endif
