/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random well-typed expressions over the made-up program (tests/expr_world.h), as text: what tests
 * that compare evaluators feed to sd_expr_parse() and sd_check(). All of them are accepted there.
 */
#ifndef SD_TESTS_EXPR_GEN_H
#define SD_TESTS_EXPR_GEN_H

#include "base/buf.h"
#include "tests/expr_world.h"

struct sd_gen {
	struct sd_world *w; /* Go's */
	u64 rng;	    /* the seed */
	bool plain; /* only what the kernel side may do: no floats, regular expressions, maps,
		       conversions of floats, err.Error(), caller(), + of strings */
};

/** Appends a bool expression, at most so deep (3 is good), to out. */
void sd_gen_condition(struct sd_gen *g, int depth, struct sd_buf *out);
/** Appends an expression of any type. */
void sd_gen_value(struct sd_gen *g, int depth, struct sd_buf *out);

#endif
