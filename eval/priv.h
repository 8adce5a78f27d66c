/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the eval room: what an expression is on the way to its value. Nothing is read before it is
 * needed: a place stays a place until a number, a text or the printed value is asked of it.
 */
#ifndef SD_EVAL_PRIV_H
#define SD_EVAL_PRIV_H

#include "decode/walk.h"
#include "eval/eval.h"

enum sd_x_kind {
	SD_X_NONE,  /* unavailable: why, at */
	SD_X_PLACE, /* what lies at p */
	SD_X_WORD,  /* word: a bool, an integer (extended to 64 bits as its type says) or an address
		     */
	SD_X_FLOAT, /* f */
	SD_X_TEXT,  /* n bytes that are sonde's own: a string or []byte */
	SD_X_OPEN,  /* a text of C at address word, of which n bytes were captured and no end */
	SD_X_NIL,
	SD_X_VALUE, /* decoded already */
};

/** An operand. */
struct sd_x {
	enum sd_x_kind kind;
	struct sd_type *type; /* the true one where it is known better than the node's; NIL: NULL */
	struct sd_walk *w;    /* the snapshot of PLACE, and where an address leads; else NULL */
	struct sd_place p;
	union {
		u64 word;
		double f;
		const u8 *bytes;
		struct sd_value *value;
		const char *why; /* a literal or in the arena */
	};
	u64 n;
	const struct sd_node *at; /* NONE: what could not be read; NULL: why says it itself */
};

/** One evaluation. */
struct sd_ev {
	const struct sd_eval *e;
	struct sd_walk w[2]; /* by enum sd_when; snap NULL: no such hit */
	u32 steps;	     /* comparisons of parts that are left: bounds equality */
};

enum {
	SD_X_TEXT_MAX = 1 << 16, /* bytes of a text that are looked at, where all are needed */
	SD_X_STEPS = 1 << 16,
};

struct sd_x sd_x_eval(struct sd_ev *ev, const struct sd_node *n);

static inline struct sd_x sd_x_none(const struct sd_node *at, const char *why)
{
	return (struct sd_x){.kind = SD_X_NONE, .at = at, .why = why};
}

static inline struct sd_x sd_x_word(struct sd_type *type, u64 word)
{
	return (struct sd_x){.kind = SD_X_WORD, .type = type, .word = word};
}

static inline struct sd_x sd_x_place(struct sd_walk *w, struct sd_type *type, struct sd_place p)
{
	return (struct sd_x){.kind = SD_X_PLACE, .type = type, .w = w, .p = p};
}

/** "NAME is nil"; NAME is that of n. */
struct sd_x sd_x_is_nil(struct sd_ev *ev, const struct sd_node *n);
/** n as its text might be: "p.next", "m[3]"; for reasons. In the arena. */
const char *sd_x_name(struct sd_ev *ev, const struct sd_node *n);
/** The true type where it can stand for the node's. */
struct sd_type *sd_x_type(struct sd_type *node, struct sd_type *truth);
/** C's text at x, a PTR or ARRAY of characters, as a string. */
struct sd_x sd_x_c_string(struct sd_ev *ev, const struct sd_node *n, struct sd_x x);
/** Why the end of an OPEN x is not known. */
const char *sd_x_no_end(struct sd_ev *ev, struct sd_x x);
/** n words as a place of their own: headers that were computed. In the arena. */
struct sd_place sd_x_words(struct sd_ev *ev, const u64 *words, u32 n);

/** The number, bool or address of x: WORD or FLOAT, or NONE. Its NONE is of node n. */
struct sd_x sd_x_load(struct sd_ev *ev, const struct sd_node *n, struct sd_x x);
/** sd_x_load() of what n gives. */
struct sd_x sd_x_scalar(struct sd_ev *ev, const struct sd_node *n);
/** Whether integers of t are signed. */
bool sd_x_signed(struct sd_type *t);
/** v as an integer of type t: wrapped and extended. */
u64 sd_x_wrap(struct sd_type *t, u64 v);

/* place.c: VAR, GLOBAL, DEREF, ADDR, FIELD, INDEX, MAPINDEX, SLICE, LEN, CAP */
struct sd_x sd_x_var(struct sd_ev *ev, const struct sd_node *n);
struct sd_x sd_x_global(struct sd_ev *ev, const struct sd_node *n);
struct sd_x sd_x_deref(struct sd_ev *ev, const struct sd_node *n);
struct sd_x sd_x_addr(struct sd_ev *ev, const struct sd_node *n);
struct sd_x sd_x_field(struct sd_ev *ev, const struct sd_node *n);
/* element.c */
struct sd_x sd_x_index(struct sd_ev *ev, const struct sd_node *n);
struct sd_x sd_x_mapindex(struct sd_ev *ev, const struct sd_node *n);
struct sd_x sd_x_slice(struct sd_ev *ev, const struct sd_node *n);
struct sd_x sd_x_len(struct sd_ev *ev, const struct sd_node *n);
/* iface.c: IS_TYPE, ASSERT, ERROR */
struct sd_x sd_x_is_type(struct sd_ev *ev, const struct sd_node *n);
struct sd_x sd_x_assert(struct sd_ev *ev, const struct sd_node *n);
struct sd_x sd_x_error(struct sd_ev *ev, const struct sd_node *n);
/** The type word of the interface x (0: nil) and, unless ret is NULL, the address of the dynamic
 * type's descriptor. NULL, or why not. */
const char *sd_x_dynamic(struct sd_x x, u64 *word_ret, u64 *rtype_ret);
/** Where the value of type t that the interface x holds lies. NULL, or why not. */
const char *sd_x_inside(struct sd_x x, struct sd_type *t, struct sd_place *ret);
/* number.c: NEG, COMPL, NOT, ARITH, CONVERT */
struct sd_x sd_x_unary(struct sd_ev *ev, const struct sd_node *n);
struct sd_x sd_x_arith(struct sd_ev *ev, const struct sd_node *n);
struct sd_x sd_x_convert(struct sd_ev *ev, const struct sd_node *n);
/* compare.c */
struct sd_x sd_x_compare(struct sd_ev *ev, const struct sd_node *n);
/** Whether a and b are equal; *why_ret with UNSURE. */
enum sd_truth sd_x_equal(struct sd_ev *ev, struct sd_x a, struct sd_x b, const char **why_ret);
/* text.c: PREFIX, SUFFIX, CONTAINS, FOLD, MATCHES, + of strings */
struct sd_x sd_x_text_op(struct sd_ev *ev, const struct sd_node *n);
struct sd_x sd_x_concat(struct sd_ev *ev, const struct sd_node *n, struct sd_x a, struct sd_x b);

/** A text: a string, a []byte, C's characters up to a NUL. */
struct sd_text {
	struct sd_walk *w; /* NULL: all bytes are in own */
	const u8 *own;
	u64 addr;
	u64 len;
	bool open; /* no NUL among what was captured: there are at least len bytes */
};

/** Whether x is something that sd_text_open() takes and that is no mere pointer comparison. */
bool sd_x_is_text(struct sd_x x);
/** NULL, or why x is no text. */
const char *sd_text_open(struct sd_ev *ev, struct sd_x x, struct sd_text *ret);
enum sd_truth sd_text_equal(struct sd_ev *ev, const struct sd_text *a, const struct sd_text *b,
			    const char **why_ret);
/** < 0, 0, > 0 in *ret. NULL, or why that cannot be told. */
const char *sd_text_order(struct sd_ev *ev, const struct sd_text *a, const struct sd_text *b,
			  int *ret);

#endif
