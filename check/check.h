/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names and types of expressions: trees of expr → typed trees, against what is in scope at one
 * site. The typed tree is what plan turns into programs of the kernel side and what eval walks over
 * a snapshot: one semantics, written down here. Pure: whoever asks brings the scope.
 *
 * Semantics, for both evaluators. One that has less memory at hand than the other may answer
 * "unavailable" where the other has a value; never another value.
 *
 * Unavailable is: memory that faults or was not captured, a variable without a location, a nil
 * pointer that is followed, an index or slice bound out of range, an integer division by zero, a
 * negative shift count, an assertion that does not hold, a conversion to an integer that the float
 * does not fit, and every node with an unavailable operand, but for && and ||: they are
 * three-valued (Kleene): false && unavailable is false from either side, true || unavailable true.
 * They evaluate left to right and stop when the left side decides. A condition that is unavailable
 * lets the hit pass, marked and counted.
 *
 * - Integers are of their type's width and wrap as Go's do: + − * −x ^x <<, and the smallest number
 *   / −1, which is itself, its remainder 0. / and % round towards zero. >> of signed ones keeps the
 *   sign. A shift by the width or more gives 0 (−1 for negative signed ones, shifted right). The
 *   count b of a shift is an integer of a type of its own. ENUM is an integer of its elem.
 * - Floats are IEEE, of their type's width after each operation; comparisons with NaN are false (!=
 *   is true). COMPLEX has == and != only, by its two halves.
 * - BOOL: any byte but 0 is true.
 * - COMPARE, by the kind of a (b has an identical type, or is NIL): == and != of BOOL, COMPLEX,
 *   PTR, CHAN, IFACE, EFACE; all six of INT, UINT, ENUM, FLOAT, STRING. Bools and pointers may
 *   differ in the names of their types. Strings compare bytewise, a prefix is less. With NIL: PTR,
 *   MAP, CHAN, FUNC: the word is 0; SLICE: the data pointer is 0; IFACE, EFACE: the first word is
 *   0. NIL is always b. Two interfaces (of one interface type): not equal when their dynamic types
 *   are not the same, equal when the data words are the same too (or both are nil); with one type
 *   and two data words: not equal where values of that type are the data word itself, else by the
 *   value: unavailable for an evaluator that does not look there.
 * - Places: VAR, GLOBAL, DEREF and FIELD, INDEX of a place. Of a place under FIELD, INDEX, SLICE,
 *   LEN, CAP and ADDR only those bytes are read that the outer node needs: p.x does not depend on
 *   whether all of *p can be read.
 * - FIELD: bytes of a from field->off, bit-fields by bit_off and bit_size (little endian,
 *   sign-extended for INT). Bounds that the type gives are not checked again.
 * - INDEX: 0 ≤ b < length, of the value b has in its own type. C pointers: no bounds, b may be
 *   negative.
 * - SLICE: 0 ≤ b ≤ c ≤ length; of slices c may reach the capacity. b NULL is 0, c NULL the length.
 *   A C pointer has both: c − b elements from a + b; its type is a slice of them.
 * - MAPINDEX: b has the key's type: BOOL, INT, UINT, FLOAT, STRING, PTR, CHAN. A nil map has no
 *   keys. A key that is not there gives the zero value; a map of which not all was seen is
 *   unavailable unless the key was found.
 * - LEN, CAP: nil has 0. Of arrays they are constants, so no such node is made.
 * - ADDR: the address of a, of which nothing is read but what leads there: &*p is p, &p.f is p +
 *   off. &x of a variable that is not in memory is unavailable. a is VAR, GLOBAL, DEREF, FIELD or
 *   INDEX down to one of these or to an element of a slice.
 * - CONVERT, from a's kind to type's: INT, UINT, ENUM, BOOL → INT, UINT, ENUM: cut to the width,
 *   extended by a's sign (BOOL is 0 or 1; it comes from C alone). INT, UINT, ENUM → FLOAT and FLOAT
 *   → FLOAT: to the nearest, ties to even. FLOAT → INT, UINT: towards zero; what does not fit is
 *   unavailable. PTR, MAP, CHAN, FUNC → UINT or INT of 8 bytes: the word; and → PTR: the same word.
 *   BOOL → BOOL, STRING → STRING, SLICE of bytes → STRING: the same bytes. Other kinds: the type's
 *   name alone changes. C: PTR to a 1-byte integer → STRING: the bytes up to the first NUL, NULL is
 *   unavailable; ARRAY of 1-byte integers → STRING: up to the first NUL or all of it.
 * - PREFIX, SUFFIX, CONTAINS: an empty b is always found.
 * - IS_TYPE of a nil interface: false (== T), true (!= T); of a nil T: whether the first word is 0.
 *   ASSERT: the dynamic value as T.
 * - ERROR: a nil error is unavailable.
 * - goid(), pid(), tid(), hits() are the first hit's; now(), caller(), stack() are those of their
 *   when: the first hit, and the return where it is the only one.
 * - GLOBAL is read at its when: the return, in a part of a conjunction that has something of the
 *   return in it (or where that is the only hit), else the first hit.
 * - STACK stands alone: it is never an operand.
 *
 * Constants are folded here: integers exactly, floats in double precision. A CONST's constant.kind
 * follows its type: BOOL → u is 0 or 1; INT → s; UINT → u; ENUM as its elem; FLOAT → f (rounded to
 * float32 where the type is); STRING → bytes, n. There is no CONST of another kind. C (c_like): the
 * usual arithmetic conversions are CONVERT nodes, with int32 for int and int64 for long.
 */
#ifndef SD_CHECK_CHECK_H
#define SD_CHECK_CHECK_H

#include "base/arena.h"
#include "base/err.h"
#include "expr/expr.h"
#include "types/type.h"

/** Which hit of a call a variable is read at. */
enum sd_when {
	SD_AT_HIT,    /* entry, line, address: the first or only hit */
	SD_AT_RETURN, /* the return */
};

enum sd_entity_kind { SD_ENTITY_VAR, SD_ENTITY_GLOBAL, SD_ENTITY_CONST };

struct sd_constant {
	enum sd_kind kind; /* BOOL, INT (s), UINT (u), FLOAT (f), STRING (bytes, n) */
	union {
		u64 u;
		s64 s;
		double f;
	};
	const char *bytes;
	u64 n;
};

struct sd_entity {
	enum sd_entity_kind kind;
	const char *name;
	struct sd_type *type; /* CONST: NULL when untyped */
	enum sd_when when;    /* VAR */
	u32 var;	      /* VAR: index among the site's variables of that when */
	u64 addr;	      /* GLOBAL: link-time address */
	struct sd_constant constant;
};

/** What expressions at one site may name. All functions get ctx; strings that they return live in
 * the arena that the checker was given, or longer. */
struct sd_scope {
	void *ctx;
	const char *where; /* for messages: "main.handle", "app.go:40" */
	bool c_like;	   /* C, C++, Rust: char pointers compare with strings; p[i] on pointers */
	bool returns;	   /* there is a return hit: results, duration() */
	u32 nresults;	   /* ret.0 … */
	const char *variables_why, *results_why; /* for messages: why none are known; NULL: there
						    are none */
	/** A variable by its plain name; innermost first. */
	bool (*variable)(void *ctx, const char *name, struct sd_entity *ret);
	/** Result i. */
	bool (*result)(void *ctx, u32 i, struct sd_entity *ret);
	/** A package-level variable or constant: pkg is the last element of the package's path, or
	 * all of it, or NULL (C: a plain name). *ambiguous_ret: not NULL: several, listed there. */
	bool (*global)(void *ctx, const char *pkg, const char *name, struct sd_entity *ret,
		       const char **ambiguous_ret);
	/** The type of that name as written in an expression ("*net.OpError", "[]byte", "int");
	 * *rtype_ret: link-time address of its runtime descriptor, 0 when it has none.
	 * *ambiguous_ret as above. */
	bool (*type)(void *ctx, const char *text, struct sd_type **ret, u64 *rtype_ret,
		     const char **ambiguous_ret);
	/** Name i of the variables, NULL after the last: to name the nearest. */
	const char *(*name)(void *ctx, u32 i);
	/** Whether that name may not be asked for (secrets): why, or NULL. NULL: nothing is secret.
	 */
	const char *(*refused)(void *ctx, const char *name);
	/** The return is the only hit: now(), caller(), stack() are the return's. */
	bool return_alone;
};

enum sd_node_kind {
	SD_NODE_CONST,	/* constant; type set (default types as Go's when nothing else decides) */
	SD_NODE_NIL,	/* only as an operand of COMPARE */
	SD_NODE_VAR,	/* symbol var at when */
	SD_NODE_GLOBAL, /* memory at link-time address addr */
	SD_NODE_DEREF,	/* *a; also where Go follows a pointer by itself (p.x, p[i] of *[N]T) */
	SD_NODE_ADDR,  /* &a: a is in memory; type: pointer (type.elem is a's) or uintptr when there
			  is none */
	SD_NODE_FIELD, /* field of struct or union a, at field->off */
	SD_NODE_INDEX, /* a[b]: array, slice, string (a byte: uint8), C pointer; b an integer */
	SD_NODE_MAPINDEX, /* a[b]: map; a key that is not there gives the zero value as Go does */
	SD_NODE_SLICE,	 /* a[b:c]: string, slice, array, C pointer; b, c may be NULL; type: string,
			    or a slice of the elements */
	SD_NODE_LEN,	 /* of string, slice, array, map, chan: int */
	SD_NODE_CAP,	 /* of slice, array, chan: int */
	SD_NODE_NEG,	 /* −a: integers, floats */
	SD_NODE_COMPL,	 /* ^a: integers */
	SD_NODE_NOT,	 /* !a */
	SD_NODE_ARITH,	 /* a op b: both of type; shifts: b any integer; + of strings too */
	SD_NODE_COMPARE, /* a op b: bool; both of one type, or one NIL */
	SD_NODE_AND,	 /* a && b */
	SD_NODE_OR,	 /* a || b */
	SD_NODE_CONVERT, /* a as type: between integers and floats; []byte → string; pointers; C
			    text → string */
	SD_NODE_PREFIX,	 /* strings.HasPrefix(a, b) */
	SD_NODE_SUFFIX,	 /* strings.HasSuffix(a, b) */
	SD_NODE_CONTAINS, /* strings.Contains(a, b) */
	SD_NODE_FOLD,	 /* strings.EqualFold(a, b): ASCII letters fold, other bytes compare as they
			    are */
	SD_NODE_MATCHES, /* matches(a, "re"): regex (POSIX extended); a is text up to its first NUL;
			    b: the pattern, a CONST */
	SD_NODE_IS_TYPE, /* a.(type) == T: bool; rtype, target; op NE negates. T nil: the interface
			    is nil */
	SD_NODE_ASSERT,	 /* a.(T): type; rtype */
	SD_NODE_ERROR,	 /* err.Error(): the text that the decoder finds for an error value */
	SD_NODE_GOID,	 /* goid(): uint64 */
	SD_NODE_PID,	 /* pid(): int */
	SD_NODE_TID,	 /* tid(): int */
	SD_NODE_NOW,	 /* now(): ns since the Unix epoch of the hit (of the return where when is
			    RETURN), int64 */
	SD_NODE_DURATION, /* duration(): time.Duration, ns, at a return */
	SD_NODE_HITS,	  /* hits(): uint64: which hit of this probe this is, from 1 */
	SD_NODE_CALLER,	  /* caller(): string: name of the calling function */
	SD_NODE_STACK,	  /* stack(n): constant.u frames (0: all); type []string */
};

/** In the arena that the checker was given. */
struct sd_node {
	enum sd_node_kind kind;
	enum sd_xop op; /* ARITH, COMPARE, IS_TYPE */
	enum sd_when when;
	u32 start, end;	      /* in the probe's text */
	struct sd_type *type; /* never NULL but for NIL */
	struct sd_node *a, *b, *c;
	const struct sd_field *field;
	const char *name; /* VAR, GLOBAL: the name; FIELD: the field's ("" anonymous); IS_TYPE,
			     ASSERT: the type's */
	u32 var;
	u64 addr;
	u64 rtype; /* IS_TYPE, ASSERT: link-time address of T's runtime descriptor; 0: not known by
		      address, compare names */
	struct sd_type *target; /* IS_TYPE: T; NULL: nil */
	struct sd_constant constant;
	void *regex; /* MATCHES: a compiled regex_t; freed by sd_node_release() */
};

/** Errors: SD_ERR_USAGE with a span in text, the nearest name where one is close. text: what x was
 * parsed from. */
sd_must_check struct sd_err *sd_check(const struct sd_expr *x, const char *text,
				      const struct sd_scope *scope, struct sd_arena *arena,
				      struct sd_node **ret);
/** As sd_check(), and the expression must be a condition: a bool. */
sd_must_check struct sd_err *sd_check_condition(const struct sd_expr *x, const char *text,
						const struct sd_scope *scope,
						struct sd_arena *arena, struct sd_node **ret);
/** Frees what a tree holds outside of its arena (regular expressions). NULL is fine. */
void sd_node_release(struct sd_node *n);
/** A literal rendering of a typed tree, for tests and debug messages: "(== (field (deref (var p))
 * x) (int 3))". Constants are "(TYPE VALUE)"; what is read at the return is "(rvar x)", "(rglobal
 * x)". */
void sd_node_print(const struct sd_node *n, struct sd_buf *out);
/** Calls fn for n and everything under it, parents first; fn returns false to leave out what is
 * under a node. */
void sd_node_walk(const struct sd_node *n, bool (*fn)(void *ctx, const struct sd_node *n),
		  void *ctx);

/** The types of constants and builtins, shared: Go's predeclared bool, string, int…, uint…,
 * uintptr, byte, rune, float32, float64, and time.Duration, []byte, []string, unsafe.Pointer.
 * NULL: another name. */
struct sd_type *sd_type_basic(const char *go_name);
/** Whether two types are one: the same object, or described twice (several compilation units). Go's
 * shape types stand for every type of their kind and size. */
bool sd_type_same(struct sd_type *a, struct sd_type *b);

#endif
