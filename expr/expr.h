/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The syntax of expressions and templates: text → trees. Knows no types and no names of the target.
 * Pure. The grammar is sonde-expr(7)'s.
 */
#ifndef SD_EXPR_EXPR_H
#define SD_EXPR_EXPR_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum sd_expr_kind {
	SD_EXPR_INT,	/* num: 42, 0x2a, 0b101, 0o17, 1_000, 'a' (rune is set), 10ms (a duration in
			   ns) */
	SD_EXPR_FLOAT,	/* f */
	SD_EXPR_STRING, /* str, n: "…" with Go's escapes, or `…` */
	SD_EXPR_NAME,	/* str: x, ~r0, true, nil, .dict */
	SD_EXPR_FIELD,	/* a.str; a->str; a::str; str is a number in ret.0 */
	SD_EXPR_INDEX,	/* a[b] */
	SD_EXPR_SLICE,	/* a[b:c]; b, c may be NULL */
	SD_EXPR_UNARY,	/* op a: DEREF, ADDR, NEG, NOT, COMPL */
	SD_EXPR_BINARY, /* a op b */
	SD_EXPR_CALL, /* a(args…): a is a NAME or a FIELD; conversions too: float64(x), []byte(s)
			 with a TYPE */
	SD_EXPR_ASSERT, /* a.(T): b is the TYPE */
	SD_EXPR_TYPEOF, /* a.(type) == T, a.(type) != T: b is the TYPE, op EQ or NE */
	SD_EXPR_TYPE, /* str: a type as written, blanks normalised: *net.OpError, map[string]int */
};

enum sd_xop {
	SD_XOP_NONE,
	SD_XOP_DEREF,
	SD_XOP_ADDR,
	SD_XOP_NEG,
	SD_XOP_NOT,
	SD_XOP_COMPL, /* ^x, ~x */
	SD_XOP_MUL,
	SD_XOP_DIV,
	SD_XOP_MOD,
	SD_XOP_SHL,
	SD_XOP_SHR,
	SD_XOP_BAND,
	SD_XOP_BCLEAR, /* &^ */
	SD_XOP_ADD,
	SD_XOP_SUB,
	SD_XOP_BOR,
	SD_XOP_XOR,
	SD_XOP_EQ,
	SD_XOP_NE,
	SD_XOP_LT,
	SD_XOP_LE,
	SD_XOP_GT,
	SD_XOP_GE,
	SD_XOP_AND, /* && */
	SD_XOP_OR,  /* || */
};

/** Lives in an arena, children included. start, end: bytes of the text it was parsed from. */
struct sd_expr {
	enum sd_expr_kind kind;
	enum sd_xop op;
	u32 start, end;
	const char *str; /* NUL-terminated; STRING: n bytes, which may hold NULs */
	u64 n;
	u64 num;
	double f;
	bool rune;     /* INT: written as a character */
	bool duration; /* INT: written with a unit */
	struct sd_expr *a, *b, *c;
	struct sd_expr **args;
	u32 nargs;
	u32 height; /* of the tree: 1 for a leaf, at most SD_EXPR_DEPTH */
};

enum {
	SD_EXPR_DEPTH = 64,  /* height of a tree, chains such as a + b + c included; higher is an
				error */
	SD_EXPR_NODES = 512, /* parts of one expression */
};

/**
 * Parses an expression that begins at text[start] and returns how far it reaches in *end_ret
 * (bytes; blanks behind it are not part of it): the caller decides what may follow. Spans of errors
 * and trees count from text. Errors: SD_ERR_USAGE with a span.
 */
sd_must_check struct sd_err *sd_expr_parse(const char *text, u32 start, struct sd_arena *arena,
					   struct sd_expr **ret, u32 *end_ret);
/** Parses a text that is one expression and nothing else. */
sd_must_check struct sd_err *sd_expr_parse_all(const char *text, struct sd_arena *arena,
					       struct sd_expr **ret);
/** The expression as text that parses back to an equal tree: for messages and tests. */
void sd_expr_print(const struct sd_expr *x, struct sd_buf *out);
/** Whether two trees are the same but for their spans. */
bool sd_expr_equal(const struct sd_expr *a, const struct sd_expr *b);

/** A part of a template. */
struct sd_template_part {
	const char *text; /* literal text, n bytes; NULL: an expression, or all variables */
	u64 n;
	struct sd_expr *expr; /* NULL with text NULL: {}: all variables */
	char format[8];	      /* what is behind the colon of {EXPR:x}: "x", "q", ".2f"; "" none */
	u32 start, end;
};

struct sd_template {
	struct sd_template_part *parts; /* in the arena */
	u32 n;
};

/** Parses the template whose opening quote (' or ") is text[start]; *end_ret: behind the closing
 * quote.
 * {{ and }} stand for braces. Formats are checked: x X d b o c q s t v e f g and .Nf .Ne .Ng. */
sd_must_check struct sd_err *sd_template_parse(const char *text, u32 start, struct sd_arena *arena,
					       struct sd_template *ret, u32 *end_ret);

#endif
