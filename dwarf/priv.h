/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the dwarf room share. Nobody else includes this. */
#ifndef SD_DWARF_PRIV_H
#define SD_DWARF_PRIV_H

#include <dwarf.h>
#include <elfutils/libdw.h>

#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"
#include "dwarf/dwarf.h"

/* Go's own attributes (cmd/internal/dwarf). */
#define SD_AT_GO_KIND		0x2900
#define SD_AT_GO_KEY		0x2901
#define SD_AT_GO_ELEM		0x2902
#define SD_AT_GO_EMBEDDED	0x2903
#define SD_AT_GO_RUNTIME_TYPE	0x2904
#define SD_AT_GO_DICT_INDEX	0x2906
#define SD_AT_GO_CLOSURE_OFFSET 0x2907

/* Trees of DIEs deeper than this are damage, not programs. */
#define SD_DWARF_MAX_DEPTH	200

struct sd_dw_unit {
	Dwarf_Off die;	  /* of the unit's own DIE */
	const char *name; /* "" when it has none */
	u16 lang;
	bool optimized, regabi;
	bool indexed;		/* its functions are in sd_dwarf.entries */
	struct sd_strmap types; /* names of its types → DIE + 1, as far as they were walked */
	Dwarf_Off types_at;	/* the next DIE to walk, 0 before the first */
	bool types_done;
};

struct sd_dw_range {
	u64 lo, hi, max_hi; /* max_hi: of this and all ranges before it */
	u32 unit;
};

struct sd_dwarf {
	struct sd_elf *elf; /* borrowed */
	Elf *image;	    /* owned; its memory is elf's */
	Dwarf *dw;	    /* owned */
	struct sd_arena arena;
	SD_VEC(struct sd_dw_unit) units;
	SD_VEC(struct sd_dw_range) ranges;
	bool ranges_built;
	struct sd_map entries;	     /* entry address → DIE of the subprogram */
	struct sd_map by_pc;	     /* entry address → struct sd_subprogram * */
	sd_captured_fn how_captured; /* NULL: nobody can tell */
	void *how_captured_ctx;
	struct sd_map closures; /* entry address → struct sd_type * of what it captures, or 0 */
	struct sd_map owners; /* DIE of a parameter → DIE of the subprogram that has its frame base,
			       * 2 + inlined */
	Dwarf_Off walking;   /* subprogram that sd_dwarf_each_subprogram() shows now, 0 when none */
	struct sd_map types; /* DIE → struct sd_type *, or SD_DW_BUSY while it is made */
	struct sd_type_source source;
	struct sd_type *void_type;
	unsigned int depth;	       /* of types that are being made */
	struct sd_map constants;       /* struct sd_type * → struct sd_map * (value → name) */
	struct sd_dw_lines *lines;     /* owned; NULL until a line is asked for */
	struct sd_dw_globals *globals; /* owned; NULL until a name is asked for */
};

#define SD_DW_BUSY 1

/** Unit of a DIE; NULL when it is none of ours. */
struct sd_dw_unit *sd_dw_unit_of(struct sd_dwarf *dw, Dwarf_Die *die);
/** The first child / the next sibling; false at the end, or where the DIEs are damaged. */
bool sd_dw_child(Dwarf_Die *die, Dwarf_Die *ret);
bool sd_dw_next(Dwarf_Die *die);
bool sd_dw_flag(Dwarf_Die *die, unsigned int name);
/** An attribute of the DIE itself (or, with integrate, of its origin too) as unsigned; false when
 * it is not there. */
bool sd_dw_udata(Dwarf_Die *die, unsigned int name, u64 *ret);
bool sd_dw_ref(Dwarf_Die *die, unsigned int name, Dwarf_Die *ret);
/** Where a subprogram or inlined copy starts: entry_pc, low_pc, the first range; false when it has
 * no code. */
bool sd_dw_entry(Dwarf_Die *die, u64 *ret);
/** The DIE of the subprogram at pc (see sd_dwarf_subprogram_at()); false: none. */
bool sd_dw_find_entry(struct sd_dwarf *dw, u64 pc, const char *unit_hint, Dwarf_Die *ret);
/** Walks the subprograms with code under a unit's DIE; fn returns false to stop. Go: only its
 * direct children. */
bool sd_dw_each_function(Dwarf_Die *unit, bool is_go, bool (*fn)(void *ctx, Dwarf_Die *die),
			 void *ctx);
/** Describes a subprogram or an inlined copy; owner: the DIE with its frame base; everything into
 * arena. */
struct sd_subprogram *sd_dw_describe(struct sd_dwarf *dw, Dwarf_Die *die, Dwarf_Die *owner,
				     struct sd_arena *arena);
/** The attribute (or its origin's) as one that dwarf_getlocation*() accept; false when it is not
 * there. */
bool sd_dw_location(Dwarf_Die *die, unsigned int name, Dwarf_Attribute *ret);
/** Whether the DIE of a parameter says for any address where it lies. */
bool sd_dw_has_location(Dwarf_Die *die);

struct sd_dw_globals;
void sd_dw_globals_free(struct sd_dw_globals *g);
struct sd_dw_lines;
void sd_dw_lines_free(struct sd_dw_lines *l);
/** File number n of the line table of die's unit; NULL: none. */
const char *sd_dw_file(struct sd_dwarf *dw, Dwarf_Die *die, u64 n);

/** The type that die describes; the type that attribute DW_AT_type of die (and its origin) names.
 * Never NULL. */
struct sd_type *sd_dw_type(struct sd_dwarf *dw, Dwarf_Die *die);
struct sd_type *sd_dw_type_of(struct sd_dwarf *dw, Dwarf_Die *die);
/** Whether the DIE has one place, not a list of places by address. */
bool sd_dw_is_fixed(Dwarf_Die *die);
/** Follows typedefs and qualifiers (bounded) to what lies underneath; false when there is none
 * (void). */
bool sd_dw_peel(Dwarf_Die *die, Dwarf_Die *ret);
void sd_dw_complete(struct sd_type_source *src, struct sd_type *type);
/** A Go type's kind (reflect.Kind) when the DIE has one, else 0. */
unsigned int sd_dw_go_kind(Dwarf_Die *die);
/** Fields of a struct, class or union (into the arena); false when they cannot be described (Rust's
 * enums). */
bool sd_dw_fields(struct sd_dwarf *dw, Dwarf_Die *die, struct sd_type *type);
/** The name as the language writes it, made up where DWARF has none ("int *"). */
const char *sd_dw_type_name(struct sd_dwarf *dw, Dwarf_Die *die, unsigned int depth);

/** The name of a Go type as Go says it: the same, or a copy in the arena. */
const char *sd_dw_go_name(const char *name, struct sd_arena *arena);

/** Places n pieces of known sizes in a value of type (FACTS C2); why is set when they do not fit.
 */
struct sd_loc sd_dw_place(struct sd_piece *pieces, u32 n, struct sd_type *type, bool by_leaves);
/** The number of leaves (words, scalars) of type; 0 when there are too many to be in registers. The
 * outputs: place and size of the first. */
u32 sd_dw_leaves(struct sd_type *type, u64 *off_ret, u64 *size_ret);

#endif
