/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the decode room: the state of one walk over a value, where bytes are taken from, and one
 * function per kind. Bounds: nodes limits the values that are made, level the C stack, hops the
 * pointers, path tells cycles.
 */
#ifndef SD_DECODE_WALK_H
#define SD_DECODE_WALK_H

#include "decode/decode.h"

enum {
	SD_WALK_LEVELS = 256, /* values within values; bounds the C stack */
};
#define SD_LEN_MAX (1ULL << 47) /* longer than the user half of the address space: not a length */

/** Where a value's bytes are: loc NULL: in memory at address at; else from byte at of what loc
 * describes. */
struct sd_place {
	const struct sd_loc *loc; /* borrowed */
	u64 at;
};

/** Memory that the walk is inside of: lives on the C stack of whoever went there. */
struct sd_hop {
	u64 addr;
	const struct sd_type *type;
	const struct sd_hop *up;
};

struct sd_walk {
	const struct sd_snapshot *snap;
	const struct sd_decode_limits *limits;
	struct sd_arena *arena;
	u32 nodes; /* values that may still be made */
	u32 level;
	u32 hops; /* pointers followed so far */
	const struct sd_hop *path;
};

/** n bytes from byte off of the value at p: NULL, or why they are not there (dst is then
 * undefined). */
const char *sd_place_read(struct sd_walk *w, struct sd_place p, u64 off, void *dst, u32 n);
/** The place of a value of size bytes at loc: memory when all of it lies in one run of memory.
 * NULL, or why not. */
const char *sd_place_of(struct sd_walk *w, const struct sd_loc *loc, u64 size,
			struct sd_place *ret);
static inline struct sd_place sd_place_at(struct sd_place p, u64 off)
{
	p.at += off;
	return p;
}

/** Why memory at addr is missing: "fault at 0x…" or which limit ended the capture. A literal or in
 * the arena. */
const char *sd_why_missing(struct sd_walk *w, u64 addr, bool fault);

/** As sd_decode() for a place that is already known, by a walk of its own. p.loc NULL: memory. */
struct sd_value *sd_decode_place(const struct sd_snapshot *snap, struct sd_type *type,
				 struct sd_place p, const char *name,
				 const struct sd_decode_limits *limits, struct sd_arena *arena);
/** Decodes the value of type t at p into v, whose name is set. */
void sd_walk_value(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v);
/** n zeroed values, charged to the limit; NULL when there are not that many left. */
struct sd_value *sd_walk_items(struct sd_walk *w, u64 n);
/** The value in an interface: of the type whose descriptor lies at runtime address type_addr; its
 * data word is data and lies at word. Sets v's dyn, items and n. */
void sd_walk_dynamic(struct sd_walk *w, u64 type_addr, struct sd_place word, u64 data,
		     struct sd_value *v);
/** The same for a value that lies in memory at addr whatever its type. */
void sd_walk_stored(struct sd_walk *w, u64 type_addr, u64 addr, struct sd_value *v);
/** The address and length at p of a string or slice: NULL, or why they are not there or not to be
 * believed. */
const char *sd_walk_header(struct sd_walk *w, struct sd_place p, u64 *addr_ret, u64 *len_ret);

/** A key that is looked for in a map. */
struct sd_map_key {
	/** Whether the key at p is it: NULL, or why that cannot be told. */
	const char *(*is)(void *ctx, struct sd_place p, bool *ret);
	void *ctx;
};

/**
 * Looks for a key among the captured part of the map of type t whose header (not nil) lies at addr.
 * That it is not there is said only when every element was seen. NULL with *found_ret, and
 * *elem_ret when it is there; or why that cannot be told.
 */
const char *sd_map_find(struct sd_walk *w, struct sd_type *t, u64 addr,
			const struct sd_map_key *wanted, bool *found_ret,
			struct sd_place *elem_ret);

/** Whether the walk is already inside a value of that type at that address. */
bool sd_walk_inside(const struct sd_walk *w, u64 addr, const struct sd_type *t);

static inline void sd_value_unavailable(struct sd_value *v, const char *why)
{
	v->kind = SD_V_UNAVAILABLE;
	v->why = why;
}

/** Makes v the integer whose low size bytes (1, 2, 4, 8) are in raw. */
void sd_value_int(struct sd_value *v, u64 raw, u64 size, bool is_signed);
/** Gives an integer of type t the text "time.March(3)" when it is a constant of that type: its name
 * without the path of the package. */
void sd_value_constant(const struct sd_snapshot *snap, const struct sd_type *t,
		       struct sd_arena *arena, struct sd_value *v);

typedef void sd_decode_fn(struct sd_walk *w, struct sd_type *t, struct sd_place p,
			  struct sd_value *v);

/* One per kind, with the contract of sd_walk_value(). */
sd_decode_fn sd_decode_bool, sd_decode_int, sd_decode_enum, sd_decode_float, sd_decode_complex;
sd_decode_fn sd_decode_string, sd_decode_slice, sd_decode_array;
sd_decode_fn sd_decode_struct, sd_decode_ptr, sd_decode_iface;
sd_decode_fn sd_decode_map, sd_decode_chan, sd_decode_func;
/** A C bit-field of the struct at p. */
void sd_decode_bits(struct sd_walk *w, const struct sd_field *f, struct sd_place p,
		    struct sd_value *v);

/** The rule of a well-known type; NULL: it has none. */
const struct sd_wellknown *sd_wellknown_find(const struct sd_type *t);

#endif
