/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that make programs share: the program that grows, operands, places. */
#ifndef SD_PLAN_CODE_PRIV_H
#define SD_PLAN_CODE_PRIV_H

#include "plan/code.h"

/** A program in the making. What fails says why once and then stays so. */
struct sd_code {
	struct sd_tables *t;
	const struct sd_site *site;
	enum sd_when when;
	const struct sd_variable *vars;
	u32 nvars;
	struct sd_arena *arena;
	bool paths; /* its loads are sent */
	SD_VEC(struct sdw_op) ops;
	u32 flags;		  /* SDW_SITE_*: what the site must provide */
	const char *why;	  /* not NULL: it cannot be done; literal or in the arena */
	const struct sd_node *at; /* of why */
};

enum { SD_NO_SLOT = 255 };

/** Where a value lies. */
struct sd_code_place {
	enum { SD_IN_MEMORY, SD_IN_VAR, SD_IN_SLOT } in;
	u8 base;		  /* IN_MEMORY: operand; IN_SLOT: the slot that has the word */
	u64 off;		  /* IN_MEMORY: from base; else of the value's bytes */
	const struct sd_loc *loc; /* IN_VAR */
};

/** false: it cannot be done, and c says why. */
bool sd_code_fail(struct sd_code *c, const struct sd_node *n, const char *why);
/** Fails because of what no program can do, by the kind of n, or because of else_why. */
bool sd_code_beyond(struct sd_code *c, const struct sd_node *n, const char *else_why);
void sd_code_op(struct sd_code *c, struct sdw_op op);

/* slot: the lowest that is free; results of several parts go there. */

/** Where n's value lies; sends what leads there. */
bool sd_code_place(struct sd_code *c, const struct sd_node *n, u32 slot, struct sd_code_place *ret);
/** A word of size bytes at off of a place, extended. */
bool sd_code_word(struct sd_code *c, const struct sd_node *n, const struct sd_code_place *p,
		  u64 off, u32 size, bool is_signed, u32 slot, u8 *ret);
/** A scalar's value: an operand. */
bool sd_code_value(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret);
/** Pointer and length of a string or slice, into slot. */
bool sd_code_header(struct sd_code *c, const struct sd_node *n, u32 slot);
/** The address of a place in memory: an operand. */
bool sd_code_address(struct sd_code *c, const struct sd_node *n, const struct sd_code_place *p,
		     u32 slot, u8 *ret);
/** The word that says the dynamic type of interface n, 0 for nil when `nil` is set, else bad; its
 * data word in slot + 1 when `data` is set. */
bool sd_code_dynamic(struct sd_code *c, const struct sd_node *n, bool nil, bool data, u32 slot);

/** The piece that has all of [off, off + size), NULL: none has. */
const struct sd_piece *sd_code_piece(const struct sd_loc *loc, u64 off, u32 size);
/** Whether all that n reads is of this hit. */
bool sd_code_is_here(const struct sd_code *c, const struct sd_node *n);
/** The index of a constant string of at most SDW_TEXT_MAX bytes in t->texts. */
u32 sd_code_text(struct sd_tables *t, const char *bytes, u64 n);
/** Adds the program to t and returns its index. The same one as the last is not added again. */
u32 sd_code_add(struct sd_code *c);

/** The part of a condition that needs no machine, of n parts; sets *wire and returns which one it
 * was, or n when none. */
u32 sd_code_pre(struct sd_code *c, const struct sd_node *const *parts, u32 n,
		struct sdw_site *wire);

static inline bool sd_kind_is_signed(const struct sd_type *t)
{
	if (t->kind == SD_KIND_ENUM)
		return t->elem && t->elem->kind == SD_KIND_INT;
	return t->kind == SD_KIND_INT;
}

static inline bool sd_kind_is_word(const struct sd_type *t)
{
	switch (t->kind) {
	case SD_KIND_BOOL:
	case SD_KIND_INT:
	case SD_KIND_UINT:
	case SD_KIND_ENUM:
	case SD_KIND_FLOAT:
	case SD_KIND_PTR:
	case SD_KIND_MAP:
	case SD_KIND_CHAN:
	case SD_KIND_FUNC:
		return t->size == 1 || t->size == 2 || t->size == 4 || t->size == 8;
	default:
		return false;
	}
}

#endif
