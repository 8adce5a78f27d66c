/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of check share: the state of one call, and operands, which may still be constants
 * without a type. */
#ifndef SD_CHECK_CHECKER_H
#define SD_CHECK_CHECKER_H

#include "base/vec.h"
#include "check/check.h"

typedef __int128 s128;

struct sd_checker {
	const char *text; /* borrowed: what the expression was parsed from */
	const struct sd_scope *scope;
	struct sd_arena *arena;
	SD_VEC(void *) regexes; /* compiled so far: given back when there is an error */
};

/** A constant that takes the type of what it meets; by rising rank for arithmetic. */
enum sd_untyped { SD_TYPED, SD_U_INT, SD_U_RUNE, SD_U_FLOAT, SD_U_STRING, SD_U_NIL };

struct sd_operand {
	struct sd_node *n; /* a CONST with the default type meanwhile, NIL, or any node */
	enum sd_untyped u;
	bool duration; /* U_INT: written with a unit */
	s128 i;	       /* U_INT, U_RUNE */
	double f;      /* U_FLOAT */
};

/* ---- checker.c ---- */
struct sd_node *sd_ck_node(struct sd_checker *c, enum sd_node_kind kind, const struct sd_expr *x,
			   struct sd_type *type);
struct sd_operand sd_ck_typed(struct sd_node *n);
/** A usage error with a span in the text. */
struct sd_err *sd_ck_err(struct sd_checker *c, u32 start, u32 end, const char *fmt, ...)
	sd_printf_like(4, 5);
#define sd_ck_error(c, x, ...) sd_ck_err((c), (x)->start, (x)->end, __VA_ARGS__)
/** The text of x, shortened, for messages; in the arena. */
const char *sd_ck_source(struct sd_checker *c, const struct sd_expr *x);
/** " 'x' is a secret" as an error, when the scope says so. */
struct sd_err *sd_ck_refused(struct sd_checker *c, const char *name, u32 start, u32 end);
/** The nearest of the names that come from next, or NULL when none is near. */
const char *sd_ck_nearest(const char *name, const char *(*next)(void *ctx, u32 i), void *ctx);

/* ---- check.c, name.c ---- */
struct sd_err *sd_ck_expr(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret);
/** As sd_ck_expr(); an untyped constant gets its default type; nil is an error. */
struct sd_err *sd_ck_value(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret);
struct sd_err *sd_ck_name(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret);
/** Whether a plain name is a value: a variable, a result, a global. */
bool sd_ck_is_value(struct sd_checker *c, const struct sd_expr *x);
/** A FIELD that is no field: ret.0, pkg.Var. *found_ret false: it is one. */
struct sd_err *sd_ck_qualified(struct sd_checker *c, const struct sd_expr *x,
			       struct sd_operand *ret, bool *found_ret);

/* ---- part.c: fields, indices, slices ---- */
struct sd_err *sd_ck_field(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret);
struct sd_err *sd_ck_index(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret);
struct sd_err *sd_ck_slice(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret);

/* ---- match.c ---- */
/** What an operand is, in words: a type, "an integer". */
const char *sd_ck_describe(const struct sd_operand *o);
/** Whether an untyped constant may become a type at all; how large it is matters later. */
bool sd_ck_may_be(const struct sd_operand *o, struct sd_type *t);
/** Numbers and bools: what C calculates with. */
bool sd_ck_is_arith(struct sd_type *t);
/** C: what is narrower than int becomes int (C11 6.3.1.1). */
void sd_ck_promote(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *o);
/** Gives both operands of x one type; in a comparison one may be nil. Not two untyped constants. */
struct sd_err *sd_ck_match(struct sd_checker *c, const struct sd_expr *x, bool compare,
			   struct sd_operand *a, struct sd_operand *b);
/** Says that the operands of x do not go together. */
struct sd_err *sd_ck_mismatch(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
			      struct sd_operand *b);

/* ---- op.c ---- */
struct sd_err *sd_ck_unary(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret);
struct sd_err *sd_ck_binary(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret);
/** Makes o a bool where the language does that by itself (C). */
struct sd_err *sd_ck_bool(struct sd_checker *c, const struct sd_expr *x, const char *what,
			  struct sd_operand *o);

/* ---- call.c, text.c, convert.c ---- */
struct sd_err *sd_ck_call(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret);
/** strings.NAME(args), bytes.NAME(args). */
struct sd_err *sd_ck_strings(struct sd_checker *c, const struct sd_expr *x, const char *pkg,
			     const char *name, struct sd_operand *ret);
struct sd_err *sd_ck_matches(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret);
/** Makes o a string: C text, []byte. */
struct sd_err *sd_ck_text(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *o);
bool sd_ck_is_c_text(struct sd_checker *c, struct sd_type *t);
/** The type of that name, for a conversion or a type test; *ret NULL when there is none. */
struct sd_err *sd_ck_find_type(struct sd_checker *c, const struct sd_expr *x, const char *text,
			       struct sd_type **ret, u64 *rtype_ret);
struct sd_err *sd_ck_convert(struct sd_checker *c, const struct sd_expr *x, struct sd_type *type,
			     struct sd_operand *o);
struct sd_err *sd_ck_assert(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret);
struct sd_err *sd_ck_typeof(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret);

/* ---- const.c ---- */
bool sd_ck_is_const(const struct sd_operand *o);
struct sd_operand sd_ck_int(struct sd_checker *c, const struct sd_expr *x, enum sd_untyped u,
			    s128 v);
struct sd_operand sd_ck_float(struct sd_checker *c, const struct sd_expr *x, double v);
struct sd_operand sd_ck_string(struct sd_checker *c, const struct sd_expr *x, const char *s, u64 n);
struct sd_operand sd_ck_constant_bool(struct sd_checker *c, const struct sd_expr *x, bool v);
/** The value of an integer constant, typed or not. */
s128 sd_ck_int_of(const struct sd_operand *o);
double sd_ck_float_of(const struct sd_operand *o);
/** Makes o an integer (float, …) constant of type; an error when it does not fit. */
struct sd_err *sd_ck_set_int(struct sd_checker *c, const struct sd_expr *x, struct sd_type *type,
			     s128 v, struct sd_operand *o);
void sd_ck_set_float(struct sd_type *type, double v, struct sd_operand *o);
/** Gives an untyped constant that type, or says why it cannot have it. */
struct sd_err *sd_ck_give_type(struct sd_checker *c, const struct sd_expr *x, struct sd_type *type,
			       struct sd_operand *o);
/** Gives an untyped constant its default type. NIL stays. */
struct sd_err *sd_ck_default(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *o);
/** a op b of two constants of one type, or both untyped: arithmetic, comparison. */
struct sd_err *sd_ck_fold(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
			  struct sd_operand *b, struct sd_operand *ret);
struct sd_err *sd_ck_fold_shift(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
				u64 count, struct sd_operand *ret);
struct sd_err *sd_ck_fold_unary(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
				struct sd_operand *ret);

/* ---- type.c ---- */
/** Integers and floats of a width that has arithmetic. */
bool sd_ck_is_int(struct sd_type *t);
bool sd_ck_is_signed(struct sd_type *t);
bool sd_ck_is_float(const struct sd_type *t);
bool sd_ck_is_byte(const struct sd_type *t);
bool sd_ck_is_iface(const struct sd_type *t);
/** The name for messages; never NULL. */
const char *sd_ck_type_name(const struct sd_type *t);
struct sd_type *sd_ck_pointer_to(struct sd_checker *c, struct sd_type *t);
struct sd_type *sd_ck_slice_of(struct sd_checker *c, struct sd_type *t);
const char *sd_ck_op_text(enum sd_xop op);

#endif
