/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a Go source file declares and assigns variables. Debug information does not say it, and
 * the optimizer leaves no trace of many assignments (`p += 100; x := p * 65` has one instruction),
 * so that whether a place still holds a variable's value cannot be told without the source.
 *
 * What is read is tokens, not types: an identifier is taken for a variable wherever it could be
 * one. In doubt, it is an assignment.
 */
#ifndef SD_LANG_GO_SOURCE_H
#define SD_LANG_GO_SOURCE_H

#include "base/arena.h"
#include "base/err.h"

enum sd_go_use_kind {
	SD_GO_DECLARES, /* `x := …`, `var x …`, `const x`, `for x := range`, `switch x := y.(type)`,
			 * a parameter or named result of a function or of a literal */
	SD_GO_ASSIGNS, /* `x = …`, `x += …`, `x++`, `for x = range …`, `case x = <-ch:`; also the x
			* of `x, y := …` where x is one of that same block already */
	SD_GO_ASSIGNS_PART, /* `x.f = …`, `x[i]++`, `x.f[i].g = …`: an assignment to x if x is a
			     * struct or an array. Not `*x = …`. */
	SD_GO_ADDRESSES,    /* `&x`, `&x.f`, `&x[i]`: first and last are that line */
	SD_GO_CALLS_METHOD, /* `x.m(…)`, `x.f.m(…)`, `x[i].m(…)`: an assignment to x if the method
			     * is one of a pointer; also what is no method: `x.f(…)`, `pkg.F(…)` */
};

/** A block of the source, or what a statement puts around one: lines are both inclusive. */
struct sd_go_block {
	u32 parent; /* index; the function's own body has SD_GO_NO_BLOCK */
	u32 first, last;
	enum {
		SD_GO_PLAIN,	/* { … } by itself, the body of a function */
		SD_GO_FUNC_LIT, /* a function literal in the function: parameters and body */
		SD_GO_LOOP, /* `for …` with its clauses and its body: one block, declarations of the
			     * clauses are in it; the body is a block of its own in it */
		SD_GO_HEADER, /* `if x := …; …` with all of its branches, `switch …`, `select`: what
			       * their clauses declare is in scope here */
		SD_GO_BRANCH, /* one of the branches of a HEADER: { … } of if and of each else, one
			       * case with the statement of its `case` (its end: the last line
			       * before the next case). `else if` is a HEADER in the else's BRANCH.
			       */
	} kind;
	bool leaves; /* a BRANCH, LOOP body or PLAIN whose last statement is return, panic(…),
		      * break, continue or goto: what comes behind it is not reached from its end.
		      * Of a LOOP body that is also its next round and what is behind the loop, of a
		      * BRANCH what is behind the HEADER: false if any break (or of a loop continue)
		      * in it is of that very loop, switch or select */
	bool falls_through; /* BRANCH: ends with fallthrough */
};

#define SD_GO_NO_BLOCK UINT32_MAX

struct sd_go_use {
	const char *name;   /* in the source's arena */
	const char *method; /* likewise; of CALLS_METHOD, else NULL */
	enum sd_go_use_kind kind;
	u32 first, last; /* lines of the whole statement (or clause of a for, if, switch or case;
			  * one line of `var (`), inclusive; of parameters from `func` to the { */
	u32 line;	 /* of the identifier itself */
	u32 block;  /* the innermost one that it stands in; of a declaration: its scope (from `last`
		     * on, to the block's end) */
	bool step;  /* the post statement of a for loop with three clauses */
	bool up;    /* `x++` */
	bool range; /* of a `range` clause */
};

/** A function declaration, with the literals in it. */
struct sd_go_source_func {
	u32 first, last;	    /* lines from `func` to the closing brace */
	struct sd_go_block *blocks; /* [0]: the body with the parameters; parents before children */
	u32 nblocks;
	struct sd_go_use *uses; /* in the order of the source */
	u32 nuses;
	bool has_goto;
};

struct sd_go_source {
	struct sd_go_source_func *funcs; /* by first line; bodies at package level only */
	u32 nfuncs;
};

/** Reads a file's text (any bytes). *ret in the arena. Error: it is no Go source that can be
 * followed (brackets do not match, a string has no end); nothing is half-read. */
sd_must_check struct sd_err *sd_go_source_read(const char *text, size_t size,
					       struct sd_arena *arena, struct sd_go_source **ret);
/** The function declaration that has the line; NULL: none (package-level initializers with
 * literals among them). */
const struct sd_go_source_func *sd_go_source_func_at(const struct sd_go_source *src, u32 line);
/** The innermost block at the line, SD_GO_NO_BLOCK if none. If one begins or ends on that very line
 * it is the outermost that does: what is before the statement. */
u32 sd_go_source_block_at(const struct sd_go_source_func *fn, u32 line);

#endif
