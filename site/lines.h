/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files about source lines share. Inside site. */
#ifndef SD_SITE_LINES_H
#define SD_SITE_LINES_H

#include "base/map.h"
#include "site/line.h"
#include "site/region.h"

struct sd_lines {
	struct sd_elf *elf;	 /* borrowed */
	struct sd_go *go;	 /* borrowed, may be NULL */
	struct sd_dwarf *dw;	 /* borrowed, may be NULL */
	struct sd_map no_return; /* address of a function → 1 + whether it never returns */
	struct sd_strmap files;	 /* tail of a path → the path, borrowed from the binary */
	struct sd_arena arena;	 /* of the function in hand */
	/* the function in hand: */
	bool taken;
	struct sd_func fn;
	const char *unit; /* for DWARF: the name of its unit */
	struct sd_code_lines code;
	struct sd_flow flow;
	struct sd_blocks blocks;
	struct sd_frame *frames;   /* owned; by instruction, NULL until asked for */
	struct sd_effect *effects; /* owned; by instruction (site/live.c), NULL until asked for */
	struct sd_lines_ways ways;
};

/** Whether the operand of a `lea` is below the stack pointer: what the stack check compares with,
 * and no variable. */
static inline bool sd_operand_is_below(const struct sd_operand *o)
{
	return o->kind == SD_OPND_MEM && o->base == SD_RSP && o->index == SD_OPND_NOREG &&
	       o->value < 0;
}

/** The whole path of the only file whose path ends in tail; borrowed. Errors, kind SD_ERR_NOMATCH:
 * none (names the nearest), several (lists them by the shortest tails that tell them apart). */
struct sd_err *sd_lines_file(struct sd_lines *l, const char *tail, const char **ret);
/** Takes that function in hand: decodes it and reads its lines. */
struct sd_err *sd_code_take(struct sd_lines *l, const struct sd_func *fn);
void sd_code_drop(struct sd_lines *l);
/** Where the frame lies at each instruction of the function in hand. */
const struct sd_frame *sd_code_frames(struct sd_lines *l);
/** Whether what lies in the piece (a register, or a place of the frame) before instruction insn of
 * the function in hand is read again before it is overwritten, on any way. shared: others know the
 * place: calls and returns may read it. line: what code of earlier lines reads on the way is put
 * off, and does not count; 0: all counts. */
bool sd_code_is_live(struct sd_lines *l, u32 insn, const struct sd_piece *p, bool shared, u32 line);
/** The first line of that copy's code in the loop with that header; 0: none. */
u32 sd_code_first_line(const struct sd_lines *l, u32 loop, s32 copy);
/** Whether instruction insn stores to that place of the frame, counted from the CFA; the frames
 * must have been asked for. */
bool sd_code_overwrites(const struct sd_lines *l, u32 insn, s64 off, u64 size);
/** Whether it leaves something in a register. */
bool sd_code_computes(const struct sd_lines *l, u32 insn);
/** Whether it writes what the piece names (a register, or part of a place of the frame); as above.
 */
bool sd_code_writes(const struct sd_lines *l, u32 insn, const struct sd_piece *p);
/** Whether it reads from there; as above. */
bool sd_code_reads(const struct sd_lines *l, u32 insn, const struct sd_piece *p);
/** Whether instruction insn stores to [off, off + size) from the CFA, or takes an address in there;
 * the frames must have been asked for. */
bool sd_code_touches(const struct sd_lines *l, u32 insn, s64 off, u64 size);
/** Takes v's location when a place of the frame in it has not been stored to on every way from the
 * function's entry to instruction insn. */
void sd_code_check_stored(struct sd_lines *l, u32 insn, struct sd_local *v);
/** Go: takes the location of what no code of the function uses, if it may be an argument in a
 * register: these are not saved when the stack check starts the function again. */
void sd_code_check_lost(const struct sd_lines *l, u32 insn, struct sd_local *v);
/** Whether no code uses what lies in the frame any more, and calls may have been made since it did.
 */
bool sd_code_is_let_go(struct sd_lines *l, u32 insn, const struct sd_local *v);
/** Takes their locations from variables that instructions out of their lines' order have assigned
 * before instruction insn, which is of that line, or have not yet. */
void sd_code_check_order(struct sd_lines *l, u32 insn, u32 line, struct sd_local *v, u32 n);
/** Of unoptimized code: whether the source has v at the line of the function in hand: NONE, or
 * HIDDEN by what is not in the debug information; takes v's location then. Else MEMORY. */
enum sd_known sd_code_named(struct sd_lines *l, const struct sd_go_source_func *src, u32 line,
			    struct sd_local *v);
/** What is known of v's place before instruction insn, which is of that line of the variable's
 * function, at that inlining depth. Takes v's location where it may have an old value. src: of the
 * variable's function; NULL: not at hand. */
enum sd_known sd_code_assigned(struct sd_lines *l, const struct sd_go_source_func *src, u32 insn,
			       u32 depth, u32 line, struct sd_local *v);
/** Whether a value of the type may show memory that is not its variable's alone; structs and arrays
 * are looked into that deep. */
bool sd_code_leads_on(struct sd_type *t, u32 depth);
/** Whether the function's caller has put an argument in that place of the frame. */
bool sd_code_is_passed(const struct sd_lines *l, const struct sd_piece *p);
/** The source of the function around that position; NULL: none, or not the one that the code was
 * made from. line: one in the function. */
const struct sd_go_source_func *sd_code_source(const struct sd_lines *l,
					       const struct sd_position *at, u32 line);
/** The kind of block that is the body of that copy's function: of a literal ("main.f.func1"), or of
 * a loop over a function ("main.f-range1"); SD_GO_PLAIN: of a declaration. */
u8 sd_code_body(const struct sd_lines *l, s32 copy);
/** The debug information of inlined copies does not say on which line a parameter is declared; 0:
 * nor does the source. body: as above; line: one in the function. */
u32 sd_code_param_line(const struct sd_go_source_func *src, u8 body, u32 line, const char *name);
/** The site at or shortly behind a point of the function in hand. */
struct sd_err *sd_line_site(struct sd_lines *l, const struct sd_region_request *req,
			    const struct sd_region_site *at, u32 depth, struct sd_arena *arena,
			    struct sd_site *ret);
/** Whether the same variables lie in the same places at b as at a, and none of them in one of those
 * registers (bit sets). */
bool sd_code_same_locals(struct sd_lines *l, u64 a, u64 b, u32 line, u32 depth, u32 gprs, u32 xmms);

#endif
