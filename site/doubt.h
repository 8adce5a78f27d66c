/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files share that doubt whether a line's hits are as many as its passages: doubt.c,
 * branch.c, moved.c, decided.c. Inside site. */
#ifndef SD_SITE_DOUBT_H
#define SD_SITE_DOUBT_H

#include "site/points.h"

struct sd_doubt {
	struct sd_region *r;
	u8 *site;  /* by block: one of the copy's sites is in it */
	u8 *holds; /* by block: it is the header of a loop that holds one */
	u8 *ahead; /* by block: scratch */
};

/** The line of instruction i in the source of the copy: its own, or that of the call in the copy
 * which it was inlined for; 0: neither, or unknown. */
u32 sd_doubt_line_of(const struct sd_region *r, u32 i);
/** Whether block b counts as a passage of the line in a turn of the loop with that header: a site,
 * or the loop that holds one. */
bool sd_doubt_is_passage(const struct sd_doubt *d, u32 b, u32 header);

struct sd_branch_lines {
	u32 first, last; /* 0: unknown */
};

struct sd_comparison {
	struct sd_operand v, with; /* test: with itself, mostly */
	bool equality;		   /* what is asked: je, jne */
};

/** The lines of block b's last comparison and of its jump: that of the condition and that of the
 * statement. Either may have been lost to another line, unless a statement starts there. */
struct sd_branch_lines sd_branch_lines(const struct sd_region *r, u32 b);
/** What block b compares before its jump; false: nothing that is known. */
bool sd_branch_compares(const struct sd_region *r, u32 b, struct sd_comparison *ret);
/** Whether two operands name the same register or the same place in memory. */
bool sd_operand_same(const struct sd_operand *a, const struct sd_operand *b);
/** Whether block b decides where control goes on: to one of several blocks that do not end in a
 * call that never returns. */
bool sd_is_branch(const struct sd_region *r, u32 b);

/** Whether a branch of a later line decides about the sites in the loop with that header. */
bool sd_doubt_is_sunk(const struct sd_doubt *d, u32 header);
/** Whether a branch of an earlier line comes behind the site. */
bool sd_doubt_is_hoisted(const struct sd_doubt *d, u32 insn);
/** Whether an earlier comparison of the same value leads to where the line's goes, past the line.
 */
bool sd_doubt_is_decided_before(const struct sd_doubt *d, u32 insn);

#endif
