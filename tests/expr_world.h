/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A made-up program for tests of expressions: what is in scope at one of its functions (Go:
 * main.handle, C: handle), and a memory in which all of that has seeded values, some of them bad.
 */
#ifndef SD_TESTS_EXPR_WORLD_H
#define SD_TESTS_EXPR_WORLD_H

#include "check/check.h"

struct sd_world_var {
	const char *name; /* globals: with the package, "main.limit" */
	struct sd_type *type;
	u64 addr; /* where its value lies in the memory; globals: the link-time address too (bias 0)
		   */
};

/** A type that interfaces of this program hold. */
struct sd_world_rtype {
	const char *name;
	struct sd_type *type;
	u64 addr; /* of its runtime descriptor: the type word; not in the memory */
	u64 itab; /* of the itab of (error, it), in the memory: addr lies at itab + 8; also used for
		     io.Reader */
};

struct sd_world {
	struct sd_scope scope;	      /* returns, 2 results: n int, e error (also by name) */
	struct sd_world_var *vars[2]; /* by enum sd_when; index = sd_entity.var */
	u32 nvars[2];
	struct sd_world_var *globals;
	u32 nglobals;
	struct sd_world_rtype *rtypes;
	u32 nrtypes;
};

/** Built once, shared, never freed. */
struct sd_world *sd_world_go(void);
struct sd_world *sd_world_c(void);
/** A type of that world by its text ("[]main.Inner", "*main.Node"; C: "struct node *"), NULL when
 * there is none. */
struct sd_type *sd_world_type(struct sd_world *w, const char *text);

enum { SD_WORLD_BASE = 0x10000000, SD_WORLD_SIZE = 1 << 17 };

/** All that can be read of the target: SD_WORLD_SIZE bytes at SD_WORLD_BASE, zeroes where nothing
 * is. */
struct sd_world_memory {
	u8 bytes[SD_WORLD_SIZE];
	u64 used;
	u64 rng;
};

/**
 * Fills m with values of all variables and globals of w: pointers to more of them, some nil, some
 * to nowhere (0xdead0000…: unreadable); NaNs, extremes; strings of 0 to 300 bytes. Maps are nil or
 * unreadable: their layouts are the decoder's. A channel leads to {qcount, dataqsiz u64}. C text is
 * NUL-terminated.
 */
void sd_world_fill(const struct sd_world *w, u64 seed, struct sd_world_memory *m);
/** n bytes at addr; false when they are not all in the memory. */
bool sd_world_read(const struct sd_world_memory *m, u64 addr, void *dst, u64 n);

#endif
