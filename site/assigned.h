/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files share that say whether a Go variable's place holds its latest value: the source's
 * side (declared.c), the code's (place.c), following a value back (follow.c), the answer
 * (assigned.c). Inside site. */
#ifndef SD_SITE_ASSIGNED_H
#define SD_SITE_ASSIGNED_H

#include "base/map.h"
#include "base/vec.h"
#include "site/lines.h"

extern const char sd_asg_since[]; /* the reason why a value is not shown */

enum {
	SD_ASG_MAX_STATES = 1 << 15,
	SD_ASG_MAX = 60,
	SD_ASG_NONE = 63, /* fits in 6 bits */
	SD_ASG_CHOSEN =
		64, /* a state's flags: a conditional move decides whether it is that value, */
	SD_ASG_TURNED = 128, /* the way goes over another turn of a loop around */
};

/* A statement, or clause, that assigns the variable. Lines are both inclusive. */
struct sd_assignment {
	u32 first, last;
	u32 block;
	bool declares;
	bool step;    /* what a loop does behind each turn */
	bool clause;  /* of a `for`: its test is of the same line */
	bool up;      /* `x++`; also of a `range` clause */
	bool range;   /* of a `range` clause, and declares nothing */
	bool method;  /* a call of one of its methods */
	bool reached; /* the value may be of it */
};

/* What is asked: about v before instruction insn, which is of that line. */
struct sd_asg_walk {
	struct sd_lines *l;
	const struct sd_go_source_func *src;
	struct sd_local *v;
	s32 copy;  /* the variable's */
	u32 depth; /* how many calls are inlined around it */
	u32 insn, line;
	u32 scope; /* block of its declaration */
	u32 piece; /* of its location: the one in hand */
	bool captured;
	bool argument; /* of an inlined copy, where that is entered */
	bool lenient;  /* whatever instruction computes the value, a call has not overwritten it */
	struct sd_assignment a[SD_ASG_MAX];
	u32 n;
	u32 earliest; /* the first line that the value may come from */
	struct sd_map seen;
	SD_VEC(u64) todo;
	SD_VEC(u32) origins; /* instructions of assignments that have computed the value */
	const char *why;
};

/* Places as numbers: registers, XMM registers, the frame by its distance from the CFA. */
enum { SD_ASG_XMM = 0x100, SD_ASG_FRAME = 1 << 31 };

/* declared.c */
/** Whether block is outer, or in it. */
bool sd_asg_is_within(const struct sd_go_source_func *f, u32 block, u32 outer);
/** A struct or an array: assigning a part assigns it. */
bool sd_asg_is_aggregate(const struct sd_type *t);
/** The block that a captured variable is declared in: the innermost around the literal that has one
 * of its name. */
u32 sd_asg_scope_of_captured(const struct sd_asg_walk *w);
/** The block that the variable is declared in; SD_GO_NO_BLOCK: the source does not have it. */
u32 sd_asg_scope_of(const struct sd_asg_walk *w);
/** Collects what assigns the variable; its declaration counts as one. False: too many. */
bool sd_asg_collect(struct sd_asg_walk *w, u32 *assignments_ret);
/** Whether its address is taken: then assignments through pointers are not seen. */
bool sd_asg_is_addressed(const struct sd_asg_walk *w);
/** Whether control may come from the assignment to the line without another declaration of the
 * variable. */
bool sd_asg_leads_to(const struct sd_asg_walk *w, const struct sd_assignment *a);
/** Whether the source has another variable of this name in scope at the line, further in. */
bool sd_asg_is_hidden(const struct sd_asg_walk *w);
/** How many of the source's loops around the line do not have the assignment in them. */
u32 sd_asg_inner_loops(const struct sd_asg_walk *w, const struct sd_assignment *a);
/** Whether the line is of the statement that declares the variable, which is no clause of a loop.
 */
bool sd_asg_is_being_declared(const struct sd_asg_walk *w);
/** Whether the source has the name at all. */
bool sd_asg_is_of_source(const struct sd_asg_walk *w);
/** Whether the code of the assignment, and its store, are in another function: that of another
 * literal, or around the literal that has captured the variable. */
bool sd_asg_is_elsewhere(const struct sd_asg_walk *w, const struct sd_assignment *a);

/* place.c */
/** The line of instruction i in the source of the variable's function; 0: it is of no line of it.
 */
u32 sd_asg_line_of(const struct sd_asg_walk *w, u32 i);
/** The piece as a place; false: it is in none that can be followed. */
bool sd_asg_place_of(const struct sd_piece *p, u32 *ret);
/** Of a place in the frame: its distance from the CFA, bytes. */
s64 sd_asg_frame_offset(u32 place);
/** The place as a piece, of 1 byte in the frame. */
struct sd_piece sd_asg_piece_of(u32 place);
/** The place that operand o of instruction i names; false: none. */
bool sd_asg_operand_place(const struct sd_asg_walk *w, u32 i, const struct sd_operand *o, u32 *ret);
/** Whether instruction i does no more than move something to a place; *from_ret: from there. */
bool sd_asg_is_move(const struct sd_asg_walk *w, u32 i, u32 *from_ret);
/** Whether instruction i moves something to a register if a condition holds. */
bool sd_asg_is_choice(const struct sd_asg_walk *w, u32 i, u32 *from_ret);
/** Whether instruction i gives its place a value that the code has as a constant. */
bool sd_asg_is_constant(const struct sd_asg_walk *w, u32 i);
/** The assignment that has the line, by its index; SD_ASG_NONE: none. */
u32 sd_asg_at_line(const struct sd_asg_walk *w, u32 line);
/** Whether instruction i says that a statement of its line is executed there: register allocation
 * puts moves and constants wherever it likes. */
bool sd_asg_is_work(const struct sd_asg_walk *w, u32 i);
/** Whether instruction i, which is of a loop's clause, computes the next turn's value from the
 * place's. Which of the two the variable has at the line is not known. */
bool sd_asg_is_next(const struct sd_asg_walk *w, u32 i, const struct sd_piece *p);

/* follow.c */
/** Follows the value that the place has before w->insn: marks the assignments that it may come
 * from, and sets why when it may be an old one. */
void sd_asg_walk_back(struct sd_asg_walk *w, u32 place);
/** Makes w ready for the next walk; gives memory back. */
void sd_asg_forget(struct sd_asg_walk *w);
/** Does so for each piece of the variable's location, and asks which assignment may have been
 * executed since. once: it has but one. */
void sd_asg_check_pieces(struct sd_asg_walk *w, bool once);

#endif
