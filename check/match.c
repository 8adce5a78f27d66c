/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two operands of one operator become one type: constants take that of the other side, C's usual
 * arithmetic conversions are made visible as CONVERT nodes; else the error that says what they are.
 */
#include "check/checker.h"

bool sd_ck_is_arith(struct sd_type *t)
{
	return sd_ck_is_int(t) || sd_ck_is_float(t) || t->kind == SD_KIND_BOOL;
}

/* o as type: a CONVERT node, or the constant itself converted (wrapping, as C does). */
static void cast(struct sd_checker *c, const struct sd_expr *x, struct sd_type *type,
		 struct sd_operand *o)
{
	struct sd_node *n;

	if (sd_type_same(o->n->type, type))
		return;
	if (sd_ck_is_const(o) && o->n->type->kind != SD_KIND_FLOAT && sd_ck_is_int(type)) {
		u64 unused = 64 - type->size * 8, v = o->n->constant.u << unused;

		o->n->constant.kind = sd_ck_is_signed(type) ? SD_KIND_INT : SD_KIND_UINT;
		if (sd_ck_is_signed(type))
			o->n->constant.s = (s64)v >> unused;
		else
			o->n->constant.u = v >> unused;
		o->n->type = type;
		return;
	}
	if (sd_ck_is_const(o) && sd_ck_is_float(type)) {
		sd_ck_set_float(type, sd_ck_float_of(o), o);
		return;
	}
	n = sd_ck_node(c, SD_NODE_CONVERT, x, type);
	n->a = o->n;
	*o = sd_ck_typed(n);
}

/* C: what is narrower than int becomes int (C11 6.3.1.1). */
void sd_ck_promote(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *o)
{
	struct sd_type *t = o->n->type;

	if (t->kind == SD_KIND_FLOAT)
		return;
	if (t->size < 4 || t->kind == SD_KIND_BOOL)
		cast(c, x, sd_type_basic("int32"), o);
	else if (t->kind == SD_KIND_ENUM)
		cast(c, x,
		     sd_type_basic(t->size == 4		? sd_ck_is_signed(t) ? "int32" : "uint32"
				   : sd_ck_is_signed(t) ? "int64"
							: "uint64"),
		     o);
}

/* C11 6.3.1.8 for two promoted types. */
static struct sd_type *common(struct sd_type *a, struct sd_type *b)
{
	struct sd_type *wide, *narrow;

	if (a->kind == SD_KIND_FLOAT || b->kind == SD_KIND_FLOAT) {
		if (a->kind != b->kind)
			return a->kind == SD_KIND_FLOAT ? a : b;
		return a->size >= b->size ? a : b;
	}
	wide = a->size > b->size ? a : b;
	narrow = wide == a ? b : a;
	if (wide->size == narrow->size)
		return wide->kind == SD_KIND_UINT ? wide : narrow;
	return wide;
}

static void usual_conversions(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
			      struct sd_operand *b)
{
	struct sd_type *t;

	sd_ck_promote(c, x->a, a);
	sd_ck_promote(c, x->b, b);
	t = common(a->n->type, b->n->type);
	cast(c, x->a, t, a);
	cast(c, x->b, t, b);
}

const char *sd_ck_describe(const struct sd_operand *o)
{
	switch (o->u) {
	case SD_TYPED:
		return sd_ck_type_name(o->n->type);
	case SD_U_INT:
		return o->duration ? "a duration" : "an integer";
	case SD_U_RUNE:
		return "a character";
	case SD_U_FLOAT:
		return "a float";
	case SD_U_STRING:
		return "a string";
	case SD_U_NIL:
		break;
	}
	return "nil";
}

/* What to write instead; either order of the operands. */
static struct sd_err *hint(struct sd_checker *c, struct sd_err *err, const struct sd_expr *xa,
			   const struct sd_operand *a, const struct sd_expr *xb,
			   const struct sd_operand *b)
{
	const char *s = c->text + xa->start;
	int n = (int)(xa->end - xa->start);
	struct sd_type *t = a->u ? NULL : a->n->type;
	bool bstring = b->u == SD_U_STRING || (!b->u && b->n->type->kind == SD_KIND_STRING);

	if (!t || err->hint)
		return err;
	if (sd_ck_is_iface(t) && b->u != SD_U_NIL)
		return sd_err_hint(err,
				   "the type that an interface holds is named: %.*s.(T) == …, "
				   "%.*s.(type) == T%s",
				   n, s, n, s, bstring ? "; an error's text is err.Error()" : "");
	if (t->kind == SD_KIND_SLICE && sd_ck_is_byte(sd_type_elem(t)) && bstring)
		return sd_err_hint(err, "bytes are compared as string(%.*s)", n, s);
	if (sd_ck_is_int(t) && b->u == SD_U_STRING && b->n->constant.n == 1)
		return sd_err_hint(err, "a character is written in single quotes: '%c'",
				   b->n->constant.bytes[0]);
	if (!b->u && t->kind == SD_KIND_STRING && b->n->type->kind == t->kind)
		return sd_err_hint(err, "convert one of them: %s(%.*s)",
				   sd_ck_type_name(b->n->type), n, s);
	if (t->kind == SD_KIND_STRING && b->u == SD_U_RUNE)
		return sd_err_hint(err, "a string is written in double quotes");
	if (sd_ck_is_arith(t) && !b->u && sd_ck_is_arith(b->n->type) && t->kind != SD_KIND_BOOL &&
	    b->n->type->kind != SD_KIND_BOOL)
		return sd_err_hint(err, "convert one of them: %s(%.*s)",
				   sd_ck_type_name(b->n->type), n, s);
	if (t->kind == SD_KIND_PTR && (b->u == SD_U_INT || (!b->u && sd_ck_is_int(b->n->type))) &&
	    !sd_ck_is_arith(sd_type_elem(t)))
		return sd_err_hint(err, "an address is compared as uintptr(%.*s)", n, s);
	if (t->kind == SD_KIND_PTR)
		return sd_err_hint(err, "what it points to is *%.*s", n, s);
	return err;
}

struct sd_err *sd_ck_mismatch(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
			      struct sd_operand *b)
{
	struct sd_err *err;

	if (a->u == SD_U_NIL || b->u == SD_U_NIL) {
		bool left = a->u == SD_U_NIL;

		return sd_ck_error(c, x, "%s is %s, which is never nil",
				   sd_ck_source(c, left ? x->b : x->a),
				   sd_ck_describe(left ? b : a));
	}
	err = sd_ck_error(c, x, "%s is %s and %s is %s: %s wants both of one type",
			  sd_ck_source(c, x->a), sd_ck_describe(a), sd_ck_source(c, x->b),
			  sd_ck_describe(b), sd_ck_op_text(x->op));

	if (c->scope->c_like && !a->u && a->n->type->kind == SD_KIND_PTR &&
	    (x->op == SD_XOP_ADD || x->op == SD_XOP_SUB))
		return sd_err_hint(err, "pointers are indexed: p[i], &p[i]");
	return hint(c, hint(c, err, x->a, a, x->b, b), x->b, b, x->a, a);
}

bool sd_ck_may_be(const struct sd_operand *o, struct sd_type *t)
{
	switch (o->u) {
	case SD_U_STRING:
		return t->kind == SD_KIND_STRING;
	case SD_U_NIL:
		return sd_type_is_pointer_shaped(t) || sd_ck_is_iface(t) ||
		       t->kind == SD_KIND_SLICE;
	default:
		return sd_ck_is_int(t) || sd_ck_is_float(t);
	}
}

/* An untyped constant beside a typed operand of C: as C would type the literal. */
static struct sd_err *c_literal(struct sd_checker *c, const struct sd_expr *x, bool compare,
				const struct sd_operand *typed, struct sd_operand *o)
{
	struct sd_type *t = typed->n->type;

	if (o->u == SD_U_FLOAT && sd_ck_is_int(t))
		return sd_ck_give_type(c, x, sd_type_basic("float64"), o);
	if (compare && t->kind != SD_KIND_BOOL) /* a literal that cannot be equal is a mistake */
		return sd_ck_give_type(c, x, t, o);
	if (o->u == SD_U_FLOAT || sd_ck_is_float(t))
		return sd_ck_give_type(c, x, sd_ck_is_float(t) ? t : sd_type_basic("float64"), o);
	return sd_ck_give_type(c, x,
			       sd_type_basic(o->i >= INT32_MIN && o->i <= INT32_MAX ? "int32"
					     : o->i <= INT64_MAX		    ? "int64"
										    : "uint64"),
			       o);
}

static bool is_zero(const struct sd_operand *o)
{
	return o->u == SD_U_INT && !o->i;
}

static void make_nil(struct sd_operand *o)
{
	o->n->kind = SD_NODE_NIL;
	o->n->type = NULL;
	o->u = SD_U_NIL;
}

static bool is_text(const struct sd_operand *o)
{
	return o->u == SD_U_STRING || (!o->u && o->n->type->kind == SD_KIND_STRING);
}

/* C's ways to make two operands one type. *done_ret: it did. */
static struct sd_err *match_c(struct sd_checker *c, const struct sd_expr *x, bool compare,
			      struct sd_operand *a, struct sd_operand *b, bool *done_ret)
{
	*done_ret = false;
	if (is_text(b) && !a->u && sd_ck_is_c_text(c, a->n->type))
		return sd_ck_text(c, x->a, a);
	if (is_text(a) && !b->u && sd_ck_is_c_text(c, b->n->type))
		return sd_ck_text(c, x->b, b);
	if (compare && !a->u && sd_type_is_pointer_shaped(a->n->type) && is_zero(b)) {
		make_nil(b);
		return NULL;
	}
	if (compare && !b->u && sd_type_is_pointer_shaped(b->n->type) && is_zero(a)) {
		make_nil(a);
		return NULL;
	}
	if (!a->u && sd_ck_is_arith(a->n->type) && b->u && b->u < SD_U_STRING)
		SD_TRY(c_literal(c, x->b, compare, a, b));
	else if (!b->u && sd_ck_is_arith(b->n->type) && a->u && a->u < SD_U_STRING)
		SD_TRY(c_literal(c, x->a, compare, b, a));
	if (a->u || b->u || !sd_ck_is_arith(a->n->type) || !sd_ck_is_arith(b->n->type))
		return NULL;
	if (!compare || !(sd_type_same(a->n->type, b->n->type) ||
			  (a->n->type->kind == SD_KIND_BOOL && b->n->type->kind == SD_KIND_BOOL)))
		usual_conversions(c, x, a, b);
	*done_ret = true;
	return NULL;
}

static bool is_void_pointer(struct sd_type *t)
{
	return t->kind == SD_KIND_PTR && sd_type_elem(t)->kind == SD_KIND_VOID;
}

/* Gives both operands one type; for comparisons b may be nil. */
struct sd_err *sd_ck_match(struct sd_checker *c, const struct sd_expr *x, bool compare,
			   struct sd_operand *a, struct sd_operand *b)
{
	struct sd_type *ta, *tb;
	bool done = false;

	if (c->scope->c_like)
		SD_TRY(match_c(c, x, compare, a, b, &done));
	if (done)
		return NULL;
	if (!compare && (b->u == SD_U_NIL || a->u == SD_U_NIL))
		return sd_ck_error(c, x, "%s is not there for nil", sd_ck_op_text(x->op));
	if (a->u && !b->u) {
		if (!sd_ck_may_be(a, b->n->type))
			return sd_ck_mismatch(c, x, a, b);
		return sd_ck_give_type(c, x->a, b->n->type, a);
	}
	if (b->u && !a->u) {
		if (!sd_ck_may_be(b, a->n->type))
			return sd_ck_mismatch(c, x, a, b);
		return sd_ck_give_type(c, x->b, a->n->type, b);
	}
	ta = a->n->type;
	tb = b->n->type;
	if (sd_type_same(ta, tb))
		return NULL;
	if (compare && ta->kind == SD_KIND_BOOL && tb->kind == SD_KIND_BOOL)
		return NULL;
	if (compare && ta->kind == SD_KIND_EFACE && tb->kind == SD_KIND_EFACE)
		return NULL;
	if (compare && ta->kind == SD_KIND_PTR && tb->kind == SD_KIND_PTR &&
	    (c->scope->c_like || is_void_pointer(ta) || is_void_pointer(tb) ||
	     sd_type_same(sd_type_elem(ta), sd_type_elem(tb))))
		return NULL;
	return sd_ck_mismatch(c, x, a, b);
}
