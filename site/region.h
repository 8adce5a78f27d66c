/* SPDX-License-Identifier: BSD-2-Clause */
/* One line in one function: the few instructions of which exactly one is executed each time control
 * comes to it. Inside site. */
#ifndef SD_SITE_REGION_H
#define SD_SITE_REGION_H

#include "dwarf/dwarf.h"
#include "lang/go/go.h"
#include "site/blocks.h"

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

struct sd_region_site {
	s32 copy; /* in whose source the line is */
	u32 insn; /* index in the flow */
	const char *why;
	const char *doubt; /* why hits may be more or fewer than arrivals; NULL: they are as many */
};

struct sd_region_request {
	const struct sd_code_lines *code;
	const struct sd_blocks *blocks;
	const char *file;
	u32 line;
};

/** All sites of the line in the function, by copy; *ret malloced, the caller's. None when no
 * statement of it starts there. */
void sd_region_sites(const struct sd_region_request *req, struct sd_region_site **ret, u32 *n_ret);
/** Whether FILE:LINE is the line. */
bool sd_region_is_line(const struct sd_region_request *req, const char *file, u32 line);
/** Whether instruction i is of the line in the source of that copy (not of a callee of it). */
bool sd_region_owns(const struct sd_region_request *req, s32 copy, u32 i);
/** The row of addr, NULL: none. */
const struct sd_dwarf_row *sd_code_row(const struct sd_code_lines *code, u64 addr);
/** Whether a statement starts at addr. */
bool sd_code_is_statement(const struct sd_code_lines *code, u64 addr);
/** The innermost inlined copy that addr belongs to. */
s32 sd_code_copy(const struct sd_code_lines *code, u64 addr);

#endif
