/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parsers of expressions, templates and probes share: a place in a text, the tokens that
 * need more than a look at one byte, and errors that point into the text.
 */
#ifndef SD_EXPR_SCAN_H
#define SD_EXPR_SCAN_H

#include "expr/expr.h"

/** A place in a text, and what was built from it so far. */
struct sd_scan {
	const char *text; /* borrowed, NUL-terminated */
	u32 pos;
	struct sd_arena *arena; /* borrowed */
	u32 nodes;		/* made so far */
	u32 nest;		/* brackets, calls and unary operators that are open */
};

/* Open brackets, operators and types; bounds the parsers' own recursion. The height of the tree is
 * bounded by itself (SD_EXPR_DEPTH); printing a tree of that height needs up to two brackets a
 * level. */
enum { SD_SCAN_NEST = 4 * SD_EXPR_DEPTH };

/** Goes past blanks. */
void sd_scan_blanks(struct sd_scan *s);
/** Bytes of the name at p: letters, digits, _, and all beyond ASCII that is no punctuation; 0 when
 * none begins there. */
u32 sd_scan_name(const char *p);
/** Whether the word stands at p, and no longer name. */
bool sd_scan_word(const char *p, const char *word);
/** Bytes of the UTF-8 sequence at p and its code point; 0 when it is none (in a text that ends at a
 * NUL). */
u32 sd_scan_utf8(const char *p, u32 *ret);
/** An error about text[start..end). */
struct sd_err *sd_scan_error(const struct sd_scan *s, u32 start, u32 end, const char *fmt, ...)
	sd_printf_like(4, 5);
/** "unexpected 'X' WHERE", or "the text ends WHERE", about what stands at the place. */
struct sd_err *sd_scan_unexpected(const struct sd_scan *s, const char *where);
/** Counts one more level of nesting. */
sd_must_check struct sd_err *sd_scan_enter(struct sd_scan *s);

/** A number or duration, into kind, num, f and duration of *ret. */
sd_must_check struct sd_err *sd_scan_number(struct sd_scan *s, struct sd_expr *ret);
/** The character in single quotes at the place. */
sd_must_check struct sd_err *sd_scan_rune(struct sd_scan *s, u64 *ret);
/** The string in double or back quotes at the place: n bytes in the arena, a NUL behind them. */
sd_must_check struct sd_err *sd_scan_string(struct sd_scan *s, const char **ret, u64 *n_ret);
/** The escape (a backslash) at the place, as bytes of a string; or, with code_ret, as one
 * character. */
sd_must_check struct sd_err *sd_scan_escape(struct sd_scan *s, const char *quotes,
					    struct sd_buf *out, u32 *code_ret);
/** A type, blanks normalised as Go's own names of types have them. */
sd_must_check struct sd_err *sd_scan_type(struct sd_scan *s, const char **ret);
/** The error about an operand that is not at the place. */
struct sd_err *sd_scan_no_operand(const struct sd_scan *s);
/** An error when what stands behind an expression goes on as in another language; else NULL, and
 * the place is as before. */
sd_must_check struct sd_err *sd_scan_foreign(struct sd_scan *s);
/** An expression; the place is behind it, blanks not included. */
sd_must_check struct sd_err *sd_scan_expr(struct sd_scan *s, struct sd_expr **ret);
/** Text as a literal in double quotes. */
void sd_quote(struct sd_buf *out, const char *p, u64 n);

#endif
