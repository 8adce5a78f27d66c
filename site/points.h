/* SPDX-License-Identifier: BSD-2-Clause */
/* The places of one line in one function while they are sorted out. Inside site, shared by the
 * files that choose the sites of a line: points.c, ways.c, turns.c, region.c, doubt.c. */
#ifndef SD_SITE_POINTS_H
#define SD_SITE_POINTS_H

#include "site/region.h"

enum { SD_MAX_LINE_POINTS = 512 };

/* A block where a statement of the line starts. */
struct sd_line_point {
	u32 block;
	u32 insn;
	bool own;     /* not only of what the line calls */
	bool is_head; /* the head of its loop, and control meets the line there before others */
	bool moves;   /* all of the line there moves values between registers and the frame, and
	is no assignment of unoptimized code */
	bool dropped;
};

struct sd_region {
	const struct sd_region_request *req;
	const struct sd_blocks *bs;
	s32 copy;
	u8 *stmt; /* by instruction, shared */
	struct sd_line_point v[SD_MAX_LINE_POINTS];
	u32 n;
	u8 *marks; /* by block, scratch */
	u32 *work; /* by block, scratch */
};

struct sd_line_view {
	u32 own, own_stmt, callee_stmt; /* first of each, SD_FLOW_NONE: none */
	u32 other;			/* first statement of another line */
};

/** Whether the operation does nothing but compare two values for what comes behind it. */
static inline bool sd_op_compares(u8 op)
{
	return op == SD_OP_CMP || op == SD_OP_TEST || op == SD_OP_FCMP;
}
/** Whether instruction i belongs to a call that the line of this copy makes, inlined. */
bool sd_region_calls(const struct sd_region *r, u32 i);
/** Whether instruction i only moves a value between a register and the frame. */
bool sd_region_is_move(const struct sd_region *r, u32 i);
/** Whether instruction i is `test %dl,%dl` of a bool that was loaded, or bytes that only fill up.
 */
bool sd_region_is_idle(const struct sd_region *r, u32 i);
/** Whether instruction i gives a register a constant or another register's value. */
bool sd_region_is_copy(const struct sd_region *r, u32 i);
/** By instruction whether a statement starts there; the caller's to free. */
u8 *sd_region_statements(const struct sd_region_request *req);
/** The blocks where statements of the line in that copy start. */
void sd_region_find_points(struct sd_region *r);
void sd_region_add_point(struct sd_region *r, u32 block, u32 insn, bool own, bool is_head);
struct sd_line_view sd_region_look(const struct sd_region *r, u32 block);
/** The instruction of block b's last comparison and jump that is of the line; SD_FLOW_NONE: none.
 */
u32 sd_region_own_test(const struct sd_region *r, u32 b);

/** Marks what can be reached from the blocks in work[0..n) in one turn of the loop with that
 * header, without passing avoid. True when the turn's or the loop's end is among it, or the
 * function's: calls that do not return are no end. */
bool sd_region_reach(struct sd_region *r, u32 n, u32 header, u32 avoid);
void sd_region_clear_marks(struct sd_region *r);
/** Marks what a turn can reach without passing avoid. */
void sd_region_reach_from_start(struct sd_region *r, u32 header, u32 avoid);
/** As sd_region_reach(), from one block. */
bool sd_region_reach_from(struct sd_region *r, u32 block, u32 header, u32 avoid);
/** Whether each turn that meets u meets d too. */
bool sd_region_covers(struct sd_region *r, u32 d, u32 u, u32 header);

/** Whether block b only looks at a truth value which others have computed: `a &&` on one line, `b`
 * on the next, and their result tested as one. */
bool sd_region_is_truth_test(const struct sd_region *r, u32 b);
/** Why hits at site `which` of the copy's n sites may be more or fewer than control's arrivals at
 * the line; NULL: nothing speaks against it. */
const char *sd_region_doubt(struct sd_region *r, const struct sd_region_site *sites, u32 n,
			    u32 which);

/** Drops the points that are no arrivals at the line because of the loops around them, and finds
 * those of loops that are tested at their end. */
void sd_region_settle_loops(struct sd_region *r);
/** Whether control can go from block b out of the loop with that header. */
bool sd_region_leaves(const struct sd_region *r, u32 b, u32 header);

#endif
