/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the code of one function is in the source. Inside site. */
#ifndef SD_SITE_POSITION_H
#define SD_SITE_POSITION_H

#include "dwarf/dwarf.h"
#include "lang/go/go.h"

/** The lines of a function's code. */
struct sd_code_lines {
	const struct sd_func *fn;
	struct sd_dwarf_row *rows; /* ascending, without overlap; is_stmt is not looked at */
	u32 nrows;
	u64 *stmts; /* ascending: where statements start */
	u32 nstmts;
	struct sd_go_span *spans; /* ascending: code of inlined copies, by index */
	u32 nspans;
	struct sd_dwarf_copy *copies;
	u32 ncopies;
	bool as_written; /* Go without optimization: nothing is moved, left out or merged */
};

#define SD_NO_COPY (-1) /* the function itself */

/** A place in the source of one function. */
struct sd_position {
	s32 copy;	  /* the inlined copy of that function */
	const char *file; /* NULL: unknown */
	u32 line;	  /* 0: unknown */
};

/** The row of addr, NULL: none. */
const struct sd_dwarf_row *sd_code_row(const struct sd_code_lines *code, u64 addr);
/** Whether a statement starts at addr. */
bool sd_code_is_statement(const struct sd_code_lines *code, u64 addr);
/** The innermost inlined copy that addr belongs to. */
s32 sd_code_copy(const struct sd_code_lines *code, u64 addr);
/** How many calls are inlined around the code of that copy; 0: SD_NO_COPY. */
u32 sd_code_depth(const struct sd_code_lines *code, s32 copy);
/** Where addr is in the source of the function at that inlining depth: its own row, or that of the
 * call which the code came from. */
struct sd_position sd_code_position(const struct sd_code_lines *code, u64 addr, u32 depth);

#endif
