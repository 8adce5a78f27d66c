/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debug information → functions with parameters, their types and where they lie; inlined copies.
 * The only user of libdw. Never walks all of it: a unit is found by name or by ranges, then one
 * function in it (DESIGN §4.1).
 */
#ifndef SD_DWARF_DWARF_H
#define SD_DWARF_DWARF_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "elf/elf.h"
#include "types/loc.h"
#include "types/type.h"

struct sd_dwarf;

/** A formal parameter or a result (Go: DW_AT_variable_parameter). Names as DWARF has them. */
struct sd_param {
	const char *name; /* "" when it has none */
	struct sd_type *type;
	bool result;
	u64 die;	    /* for sd_dwarf_param_loc() */
	u64 origin;	    /* abstract origin's DIE, 0 when none */
	bool has_dict_word; /* Go generics: its type is a shape; the true one is in the dictionary,
			     */
	u32 dict_word;	    /* in that word (DW_AT_go_dict_index) */
};

/** One subprogram (out of line), or one inlined copy of it. In the arena of sd_dwarf. */
struct sd_subprogram {
	const char *name;      /* DW_AT_name (Go: full path "main.(*T).F"; C++: unqualified) */
	const char *linkage;   /* DW_AT_linkage_name or NULL */
	const char *decl_file; /* or NULL */
	u32 decl_line;
	struct sd_vaddr low, high; /* low = entry; high = end of the first range */
	bool trampoline;	   /* DW_AT_trampoline: a compiler-made wrapper */
	bool inlined;		   /* an inlined copy: the call_ members are valid */
	const char *call_file;
	u32 call_line;
	struct sd_range_v {
		u64 lo, hi;
	} * ranges; /* of an inlined copy, or of a split function */
	u32 nranges;
	struct sd_param
		*params; /* declaration order, results where DWARF has them; duplicates removed by
			    name+type only when the second has no location (FACTS B4, C6) */
	u32 nparams;
	bool has_frame_base_cfa;
	u64 die;
	u16 lang;		 /* DW_LANG_* */
	bool nocall;		 /* not called by the platform's rules: Rust, or said to be so */
	struct sd_type *returns; /* not Go */
	bool optimized;		 /* Go: producer lacks -N */
	bool regabi;		 /* Go: producer says "regabi" */
};

/** Opens the debug information of elf (which must outlive it); an error says that there is none, or
 * is damaged. */
sd_must_check struct sd_err *sd_dwarf_open(struct sd_elf *elf, struct sd_dwarf **ret);
void sd_dwarf_close(struct sd_dwarf *dw);

/** The subprogram whose entry is pc. unit_hint: name of its unit (Go: the package path; NULL:
 * none), a hint only: ranges decide when it does not lead there. *ret NULL when DWARF does not have
 * it (no error). */
sd_must_check struct sd_err *sd_dwarf_subprogram_at(struct sd_dwarf *dw, struct sd_vaddr pc,
						    const char *unit_hint,
						    struct sd_subprogram **ret);
/** All inlined copies of callee (DW_AT_name, exactly) inside the subprogram whose entry is outer,
 * nested ones too. */
sd_must_check struct sd_err *sd_dwarf_inlined_in(struct sd_dwarf *dw, struct sd_vaddr outer,
						 const char *unit_hint, const char *callee,
						 struct sd_subprogram ***ret, u32 *n_ret);
/** Where parameter p (of an out-of-line function or an inlined copy) lies at pc: its location list
 * or expression there. size = the type's size. why is set when there is none ("optimized out", "no
 * location", or an operation that is not understood). Pieces are placed by the type's own leaf
 * fields when DWARF's sizes leave out padding (FACTS C2). */
struct sd_loc sd_dwarf_param_loc(struct sd_dwarf *dw, const struct sd_param *p, struct sd_vaddr pc,
				 struct sd_arena *arena);
/** Whether what is said of where p lies holds at the entry: a list of places by address, a
 * register, a constant. A single place in memory is written to by the function's first
 * instructions. */
bool sd_dwarf_param_from_entry(struct sd_dwarf *dw, const struct sd_param *p);
enum sd_captured {
	SD_CAPTURED_UNKNOWN,
	SD_CAPTURED_REF,  /* the slot has the variable's address */
	SD_CAPTURED_COPY, /* the slot has a copy of the variable */
};

/** Go: a variable x of which DWARF names the address, "&x", with a slot at byte off of the func
 * value: what the slot has only the code of the closure tells. */
struct sd_capture {
	struct sd_vaddr entry, end; /* of the closure's code; end 0: not known */
	u64 off;
	u64 size;     /* of x */
	bool generic; /* there may be a slot more, of a dictionary that DWARF does not name */
	bool fixed;   /* the address of x has one place, on the stack: code that is not optimized */
	u32 n;
	struct {
		u64 pc; /* from here on the address of x is in reg */
		u8 reg; /* DWARF number, 0–15 */
	} at[8];
};

typedef enum sd_captured (*sd_captured_fn)(void *ctx, const struct sd_capture *c);
/** Whom to ask how such a variable was captured; without: never known. Before the first
 * sd_dwarf_closure(). */
void sd_dwarf_on_captured(struct sd_dwarf *dw, sd_captured_fn fn, void *ctx);
/** Go: what the function at pc finds in its func value, as a struct whose offsets count from the
 * func value's start; fields that it captured by reference are pointers named "&x", those of which
 * that is not known have no type. NULL: nothing, or not known (before Go 1.23). */
struct sd_type *sd_dwarf_closure(struct sd_dwarf *dw, struct sd_vaddr pc, const char *unit_hint);
/** Go: all functions that find something in their func value (sd_dwarf_closure()); cb returns false
 * to stop. Walks all units: 0.1 s for a binary of 40 MB. */
void sd_dwarf_each_closure(struct sd_dwarf *dw,
			   bool (*cb)(void *ctx, struct sd_vaddr pc, struct sd_type *type),
			   void *ctx);
/** The type with Go runtime descriptor offset or of that name ("runtime.g"); unit_hint as above.
 * NULL: none. */
struct sd_type *sd_dwarf_type_named(struct sd_dwarf *dw, const char *name, const char *unit_hint);
/** Every concrete subprogram (for `list`): cb returns false to stop. Walks unit by unit. sp is
 * valid only during cb (its types and strings stay). */
sd_must_check struct sd_err *sd_dwarf_each_subprogram(
	struct sd_dwarf *dw, bool (*cb)(void *ctx, const struct sd_subprogram *sp), void *ctx);
/** The name of the one constant of a named Go integer type ("net/http.StateNew"), or enumerator of
 * an enumeration, with this value; NULL: none, or several. Looks them up once per type. */
const char *sd_dwarf_constant_name(struct sd_dwarf *dw, const struct sd_type *type, s64 value);

/** A row of a line table. */
struct sd_dwarf_row {
	u64 lo, hi; /* its code */
	const char
		*file; /* whole path as far as DWARF has it; the same pointer for the same path */
	u32 line;
	bool is_stmt; /* a statement starts at lo */
};

/** Whether the unit that has the subprogram with that entry was compiled by an optimizing Go
 * compiler: its producer lacks -N. True when that is not known. */
bool sd_dwarf_is_optimized(struct sd_dwarf *dw, struct sd_vaddr entry, const char *unit_hint);

/** Rows of the line table of the unit that has the subprogram with that entry, as far as they lie
 * in [lo, hi), in ascending order. *ret in the arena; 0 rows when DWARF has none. Error: the table
 * is damaged. */
sd_must_check struct sd_err *sd_dwarf_rows(struct sd_dwarf *dw, struct sd_vaddr entry,
					   const char *unit_hint, u64 lo, u64 hi,
					   struct sd_arena *arena, struct sd_dwarf_row **ret,
					   u32 *n_ret);
/** Every source file of the units that are not Go's (those are in the function table), some more
 * than once; cb returns false to stop. Tables that are damaged are left out. */
void sd_dwarf_each_file(struct sd_dwarf *dw, bool (*cb)(void *ctx, u32 unit, const char *file),
			void *ctx);
/** Every row of a unit's line table in its own order; cb returns false to stop. */
void sd_dwarf_each_row(struct sd_dwarf *dw, u32 unit,
		       bool (*cb)(void *ctx, const struct sd_dwarf_row *row), void *ctx);
/** The subprogram of the unit that contains pc: low and high are set of *ret, its name is the
 * linkage name where it has one (borrowed). False: none. */
bool sd_dwarf_function_at(struct sd_dwarf *dw, u32 unit, u64 pc, struct sd_vaddr *low_ret,
			  struct sd_vaddr *high_ret, const char **name_ret);

/** An inlined copy inside a function, in a list where parents come before their children. */
struct sd_dwarf_copy {
	s32 parent; /* index in the list, less than its own; −1: the function itself */
	const char *name;
	const char *call_file; /* may be NULL; the same pointer for the same path as in rows */
	u32 call_line;
	struct sd_range_v *ranges;
	u32 nranges;
};
/** All inlined copies inside the subprogram with that entry. *ret in the arena. */
void sd_dwarf_copies(struct sd_dwarf *dw, struct sd_vaddr entry, const char *unit_hint,
		     struct sd_arena *arena, struct sd_dwarf_copy **ret, u32 *n_ret);

enum sd_local_kind {
	SD_LOCAL_PARAM,
	SD_LOCAL_RESULT,
	SD_LOCAL_VARIABLE,
	SD_LOCAL_CAPTURED, /* of the function around a closure */
};

/** A variable that is in scope at one pc. */
struct sd_local {
	const char *name;     /* as the source has it: x, also where DWARF has "&x" */
	struct sd_type *type; /* its own: T, also where DWARF has the *T of "&x" */
	struct sd_loc loc;    /* at that pc; why: not there, and why */
	u8 kind;	      /* enum sd_local_kind */
	bool escaped;	/* on the heap, or captured by reference: loc goes through a pointer */
	bool fixed;	/* one place for all of the function: that place does not say whether
			   it has been assigned yet */
	bool shadowed;	/* another one of that name is in scope further in */
	bool addressed; /* for the one who asks about lines: the source takes its address */
	u8 known;	/* for the one who asks about lines: enum sd_known, site/line.h */
	bool let_go;	/* likewise, Go: no code uses it any more, and calls have been made since it
			 * did: the garbage collector may have taken what it points to */
	u32 decl_line;	/* 0: unknown */
	u32 block;	/* how many lexical blocks around it, 0: the function's own */
	struct sd_param param; /* as DWARF has it: die, origin, has_dict_word; name and type are
				  those of "&x" */
};

/** The variables of the subprogram with that entry that are in scope at pc: of the inlined copy at
 * that depth around pc (0: of the subprogram itself; UINT32_MAX: of the innermost copy), and none
 * of its callers'. Order: innermost block first, then the later declaration first; captured ones,
 * parameters (in order), results last. Whether a variable has been assigned yet is not known here
 * (unoptimized code has one place for all of a function): see sd_lines_locals(). *ret NULL and 0
 * when DWARF does not have the function. */
sd_must_check struct sd_err *sd_dwarf_locals(struct sd_dwarf *dw, struct sd_vaddr entry,
					     const char *unit_hint, struct sd_vaddr pc, u32 depth,
					     struct sd_arena *arena, struct sd_local **ret,
					     u32 *n_ret);

enum sd_global_kind {
	SD_GLOBAL_VAR,	 /* addr */
	SD_GLOBAL_INT,	 /* a constant: num, of type's sign */
	SD_GLOBAL_FLOAT, /* a constant: f */
	SD_GLOBAL_STRING,
};

/** A package-level variable, a constant, an enumerator. */
struct sd_global {
	u8 kind;	      /* enum sd_global_kind */
	const char *name;     /* whole: "net/http.DefaultClient"; C: "errors_total" */
	const char *where;    /* for messages that list several: its name, and its unit where that
				 tells more */
	struct sd_type *type; /* NULL: untyped constant */
	struct sd_vaddr addr; /* link-time */
	u64 num;
	double f;
	const char *bytes;
	u64 nbytes;
};

/** Package-level variables and constants named name in package pkg: the last element of its import
 * path, or all of it; NULL: a plain name (C, C++, Rust: global and static variables, enumerators).
 * Several: the name is ambiguous. None: *ret NULL and 0. In dw's arena. */
sd_must_check struct sd_err *sd_dwarf_globals(struct sd_dwarf *dw, const char *pkg,
					      const char *name, struct sd_global **ret, u32 *n_ret);

#endif
