/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source lines: where FILE:LINE is probed, in every function that holds code of it, and which
 * variables are in scope there.
 *
 * A hit is control coming to the line from another line of the same function (an inlined copy is a
 * function of its own here; calls that the line makes, inlined or not, belong to the line). So:
 * - `for i := 0; i < n; i++ {` is hit n + 1 times, at its test, for n turns: i counts already;
 *   `for k, v := range x` likewise, before k and v have this turn's values.
 * - A statement over several lines is hit once on each of its lines that has code.
 * - What the compiler put in several places (unrolled, inlined, generic instances) has several
 *   sites, one of which is hit each time.
 * - A loop that the compiler makes of one statement is hit once when it is entered; a `for` counts
 * its tests where its body is on the same line, or has no code, as well.
 * - `f := func() {` is hit where f is made, not when f is called; a body on the same line is hit
 * with each call from elsewhere besides: `func() { x++ }()` is hit once. A statement that
 * became a conditional move has no site.
 * What optimizing compilers move over a branch, merge or leave out in part cannot be counted: such
 * places have a doubt (site/doubt.c, site/moved.c).
 */
#ifndef SD_SITE_LINE_H
#define SD_SITE_LINE_H

#include "dwarf/dwarf.h"
#include "lang/go/go.h"
#include "lang/go/source.h"
#include "site/site.h"

/** What is known of the lines of one binary. Remembers what it has read. */
struct sd_lines;

/** go NULL: no Go program. dw NULL: no debug information: only Go programs have lines then, and
 * where a statement starts is less certain. All are borrowed and must outlive it. Cheap: nothing is
 * read yet. */
struct sd_lines *sd_lines_create(struct sd_elf *elf, struct sd_go *go, struct sd_dwarf *dw);
void sd_lines_destroy(struct sd_lines *l);

/** What sd_lines_locals() asks others for, to know what assigns a variable; each may be NULL. */
struct sd_lines_ways {
	void *ctx;
	/** The Go source of that path, as the binary has it; NULL: it is not at hand. Borrowed,
	 * until the lines are destroyed. */
	const struct sd_go_source *(*source)(void *ctx, const char *path);
	/** Where the calling convention puts the parameter of that name at fn's entry; false: not
	 * known. */
	bool (*argument)(void *ctx, const struct sd_func *fn, const char *name, struct sd_loc *ret);
	/** Whether it puts an argument, or a part of one, so far from the CFA. */
	bool (*argument_at)(void *ctx, const struct sd_func *fn, s64 off);
};
void sd_lines_set_ways(struct sd_lines *l, const struct sd_lines_ways *ways);

/** One place of a line: a site, or why there is none in that function or copy. Strings are borrowed
 * or in the arena. */
struct sd_line_place {
	struct sd_func fn; /* holds the code */
	const char *in;	   /* the function whose source has the line: fn.name, or the callee of an
			      inlined copy */
	bool inlined;	   /* in an inlined copy of `in` */
	u32 depth; /* of the inlined copy: calls that were inlined between fn and it, 0: fn itself;
		      for sd_line_locals() */
	s32 copy;  /* of fn's inlined copies, counted from 0; -1: fn itself */
	const char *call_file; /* inlined: where the copy is called; may be NULL */
	u32 call_line;
	const char *file; /* whole path, as the binary has it */
	u32 line;
	const char *why_not; /* not NULL: no site here, and why; site is not valid */
	const char *doubt;   /* not NULL: hits may be more or fewer than arrivals, and why */
	struct sd_site site; /* kind SD_SITE_LINE; site.why for explain */
};

/** All places of FILE:LINE. file: any tail of the path that begins at a path element ("app.go",
 * "web/app.go"). At least one has a site. Runtime functions that must not be probed are left out.
 * Errors, kind SD_ERR_NOMATCH: no such file (names the nearest), several files of that tail (lists
 * them), no code at that line (names the nearest lines before and after that have some), nothing of
 * it can be probed (says why). */
sd_must_check struct sd_err *sd_lines_find(struct sd_lines *l, const char *file, u32 line,
					   struct sd_arena *arena, struct sd_line_place **ret,
					   u32 *n_ret);

/** What is known of the value in a variable's place (site/assigned.c): sd_local.known. */
enum sd_known {
	SD_KNOWN_NOT,	 /* it may be an old one: there is no source */
	SD_KNOWN_PASSED, /* the same of a parameter in the first line: what the place has was put
			    there by the caller, and the calling convention knows which it is */
	SD_KNOWN_MEMORY, /* the place is the variable's alone, or there is none */
	SD_KNOWN_ONCE,	 /* the variable is assigned once: the place has that value */
	SD_KNOWN_LATEST, /* it is assigned more than once: the place has the latest value */
	SD_KNOWN_HIDDEN, /* at the line the name is another variable's */
	SD_KNOWN_NONE, /* there is no such variable at the line: its block has ended, or the source
			  has none of that name; sd_lines_locals() leaves it out */
};

/** Variables in scope at pc in fn, innermost first (by block, then the later declaration first;
 * captured variables, parameters and results of the function last): locals, parameters, results and
 * captured variables of the function in whose source pc lies, at inlining depth `depth` (0: fn
 * itself; UINT32_MAX: the innermost copy at pc), none of its caller's. Shadowed ones come after
 * those that shadow them, marked. *ret in the arena. No debug information: none, and no error.
 * line: the one whose statement has yet to be executed at pc; 0: that of the instruction at pc.
 *
 * loc is that at pc, and why says why there is none: not assigned yet; or Go's location list cannot
 * be believed there: the place is not used again, so that an older value may be left in it; a line
 * further on has been executed already, or an earlier one has not; another variable has the same
 * place; a condition without a branch decides about it. What is in no list at all cannot be told:
 * up to Go 1.23 an inner variable that was optimized away lets an outer one of its name show. */
sd_must_check struct sd_err *sd_lines_locals(struct sd_lines *l, const struct sd_func *fn,
					     struct sd_vaddr pc, u32 line, u32 depth,
					     struct sd_arena *arena, struct sd_local **ret,
					     u32 *n_ret);
/** The parameters of the inlined copy of callee around pc, which call_line calls (0: unknown), as
 * arguments of that call: pc is where the copy is entered. A location is taken where it may be of
 * another value of the parameter; SD_KNOWN_NOT: the source does not tell. *ret in the arena, 0
 * when DWARF does not have the copy there. *file_ret: where the copy's source is, as the binary has
 * it, NULL: unknown. */
sd_must_check struct sd_err *sd_lines_arguments(struct sd_lines *l, const struct sd_func *fn,
						struct sd_vaddr pc, const char *callee,
						u32 call_line, struct sd_arena *arena,
						struct sd_local **ret, u32 *n_ret,
						const char **file_ret);

#endif
