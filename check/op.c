/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operators: which types they take. Go wants both operands of one type and constants adapt; C's
 * usual arithmetic conversions are made visible as CONVERT nodes.
 */
#include <string.h>

#include "check/checker.h"

static bool is_arith(struct sd_type *t)
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
static void promote(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *o)
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

	promote(c, x->a, a);
	promote(c, x->b, b);
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
	if (is_arith(t) && !b->u && is_arith(b->n->type) && t->kind != SD_KIND_BOOL &&
	    b->n->type->kind != SD_KIND_BOOL)
		return sd_err_hint(err, "convert one of them: %s(%.*s)",
				   sd_ck_type_name(b->n->type), n, s);
	if (t->kind == SD_KIND_PTR && (b->u == SD_U_INT || (!b->u && sd_ck_is_int(b->n->type))) &&
	    !is_arith(sd_type_elem(t)))
		return sd_err_hint(err, "an address is compared as uintptr(%.*s)", n, s);
	if (t->kind == SD_KIND_PTR)
		return sd_err_hint(err, "what it points to is *%.*s", n, s);
	return err;
}

static struct sd_err *mismatch(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
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
	if (!a->u && is_arith(a->n->type) && b->u && b->u < SD_U_STRING)
		SD_TRY(c_literal(c, x->b, compare, a, b));
	else if (!b->u && is_arith(b->n->type) && a->u && a->u < SD_U_STRING)
		SD_TRY(c_literal(c, x->a, compare, b, a));
	if (a->u || b->u || !is_arith(a->n->type) || !is_arith(b->n->type))
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
static struct sd_err *match(struct sd_checker *c, const struct sd_expr *x, bool compare,
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
			return mismatch(c, x, a, b);
		return sd_ck_give_type(c, x->a, b->n->type, a);
	}
	if (b->u && !a->u) {
		if (!sd_ck_may_be(b, a->n->type))
			return mismatch(c, x, a, b);
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
	return mismatch(c, x, a, b);
}

static struct sd_err *operator_error(struct sd_checker *c, const struct sd_expr *x,
				     struct sd_type *t)
{
	return sd_ck_error(c, x, "%s is not there for %s", sd_ck_op_text(x->op),
			   sd_ck_type_name(t));
}

static struct sd_err *comparable(struct sd_checker *c, const struct sd_expr *x, struct sd_type *t,
				 bool nil)
{
	bool order = x->op != SD_XOP_EQ && x->op != SD_XOP_NE;

	if (sd_ck_is_int(t) || sd_ck_is_float(t) || t->kind == SD_KIND_STRING)
		return NULL;
	switch (t->kind) {
	case SD_KIND_BOOL:
	case SD_KIND_PTR:
	case SD_KIND_CHAN:
	case SD_KIND_IFACE:
	case SD_KIND_EFACE:
		return order ? operator_error(c, x, t) : NULL;
	case SD_KIND_COMPLEX:
		if (t->size != 8 && t->size != 16)
			break;
		return order ? operator_error(c, x, t) : NULL;
	case SD_KIND_SLICE:
	case SD_KIND_MAP:
	case SD_KIND_FUNC:
		if (nil)
			return order ? operator_error(c, x, t) : NULL;
		return sd_ck_error(c, x, "a %s can only be compared with nil",
				   sd_kind_name(t->kind));
	case SD_KIND_STRUCT:
	case SD_KIND_UNION:
	case SD_KIND_ARRAY:
		return sd_err_hint(sd_ck_error(c, x, "values of %s are not compared as a whole",
					       sd_ck_type_name(t)),
				   t->kind == SD_KIND_ARRAY ? "compare its elements: x[0] == …"
							    : "compare its fields: x.f == …");
	default:
		break;
	}
	return sd_ck_error(c, x, "values of %s cannot be compared", sd_ck_type_name(t));
}

static enum sd_xop mirrored(enum sd_xop op)
{
	switch (op) {
	case SD_XOP_LT:
		return SD_XOP_GT;
	case SD_XOP_LE:
		return SD_XOP_GE;
	case SD_XOP_GT:
		return SD_XOP_LT;
	case SD_XOP_GE:
		return SD_XOP_LE;
	default:
		return op;
	}
}

static struct sd_err *binary_node(struct sd_checker *c, const struct sd_expr *x,
				  enum sd_node_kind kind, struct sd_type *type,
				  struct sd_operand *a, struct sd_operand *b,
				  struct sd_operand *ret)
{
	struct sd_node *n = sd_ck_node(c, kind, x, type);

	n->op = x->op;
	n->a = a->n;
	n->b = b->n;
	*ret = sd_ck_typed(n);
	return NULL;
}

static struct sd_err *compare(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
			      struct sd_operand *b, struct sd_operand *ret)
{
	bool nil = a->u == SD_U_NIL || b->u == SD_U_NIL;

	if (a->u == SD_U_NIL && b->u == SD_U_NIL)
		return sd_ck_error(c, x, "nil is compared with nil");
	if (nil && ((a->u && a->u != SD_U_NIL) || (b->u && b->u != SD_U_NIL)))
		return mismatch(c, x, a, b);
	SD_TRY(match(c, x, true, a, b));
	nil = a->u == SD_U_NIL || b->u == SD_U_NIL;
	SD_TRY(comparable(c, x, a->u == SD_U_NIL ? b->n->type : a->n->type, nil));
	if (sd_ck_is_const(a) && sd_ck_is_const(b))
		return sd_ck_fold(c, x, a, b, ret);
	if (a->u == SD_U_NIL) { /* nil stands right */
		SD_TRY(binary_node(c, x, SD_NODE_COMPARE, sd_type_basic("bool"), b, a, ret));
		ret->n->op = mirrored(x->op);
		return NULL;
	}
	return binary_node(c, x, SD_NODE_COMPARE, sd_type_basic("bool"), a, b, ret);
}

static bool for_floats(enum sd_xop op)
{
	return op == SD_XOP_ADD || op == SD_XOP_SUB || op == SD_XOP_MUL || op == SD_XOP_DIV;
}

static struct sd_err *arith(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
			    struct sd_operand *b, struct sd_operand *ret)
{
	struct sd_type *t;

	SD_TRY(match(c, x, false, a, b));
	t = a->n->type;
	if (!sd_ck_is_int(t) && !(sd_ck_is_float(t) && for_floats(x->op)) &&
	    !(t->kind == SD_KIND_STRING && x->op == SD_XOP_ADD)) {
		struct sd_err *err = operator_error(c, x, t);

		return t->kind == SD_KIND_PTR && c->scope->c_like
			       ? sd_err_hint(err, "pointers are indexed: p[i], &p[i]")
			       : err;
	}
	if (sd_ck_is_const(a) && sd_ck_is_const(b))
		return sd_ck_fold(c, x, a, b, ret);
	if ((x->op == SD_XOP_DIV || x->op == SD_XOP_MOD) && sd_ck_is_int(t) && sd_ck_is_const(b) &&
	    !sd_ck_int_of(b))
		return sd_ck_error(c, x->b, "division by zero");
	return binary_node(c, x, SD_NODE_ARITH, t, a, b, ret);
}

/* An untyped operand of a shift that is an integer in value. */
static struct sd_err *shift_integer(struct sd_checker *c, const struct sd_expr *x,
				    struct sd_operand *o)
{
	if (o->u == SD_U_FLOAT && o->f > -9e15 && o->f < 9e15 && o->f == (double)(s64)o->f)
		*o = sd_ck_int(c, x, SD_U_INT, (s128)o->f);
	if (o->u == SD_U_INT || o->u == SD_U_RUNE || (!o->u && sd_ck_is_int(o->n->type)))
		return NULL;
	return sd_ck_error(c, x, "shifts are for integers, and %s is %s", sd_ck_source(c, x),
			   sd_ck_describe(o));
}

static struct sd_err *shift(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
			    struct sd_operand *b, struct sd_operand *ret)
{
	SD_TRY(shift_integer(c, x->a, a));
	SD_TRY(shift_integer(c, x->b, b));
	if (sd_ck_is_const(b)) {
		s128 count = sd_ck_int_of(b);

		if (count < 0)
			return sd_ck_error(c, x->b, "the shift count is negative");
		if (sd_ck_is_const(a))
			return sd_ck_fold_shift(c, x, a, (u64)SD_MIN(count, (s128)1 << 32), ret);
	}
	SD_TRY(sd_ck_default(c, x->a, a));
	SD_TRY(sd_ck_default(c, x->b, b));
	if (c->scope->c_like)
		promote(c, x->a, a);
	return binary_node(c, x, SD_NODE_ARITH, a->n->type, a, b, ret);
}

struct sd_err *sd_ck_bool(struct sd_checker *c, const struct sd_expr *x, const char *what,
			  struct sd_operand *o)
{
	struct sd_operand zero;
	struct sd_node *n;

	SD_TRY(sd_ck_default(c, x, o));
	if (o->u != SD_U_NIL && o->n->type->kind == SD_KIND_BOOL)
		return NULL;
	if (!c->scope->c_like || o->u == SD_U_NIL || sd_ck_is_const(o) ||
	    !(is_arith(o->n->type) || sd_type_is_pointer_shaped(o->n->type))) {
		struct sd_err *err = sd_ck_error(c, x, "%s is a bool, and %s is %s", what,
						 sd_ck_source(c, x), sd_ck_describe(o));

		if (o->u != SD_U_NIL && sd_type_is_pointer_shaped(o->n->type))
			return sd_err_hint(err, "compare it: %.*s != nil", (int)(x->end - x->start),
					   c->text + x->start);
		return err;
	}
	if (sd_type_is_pointer_shaped(o->n->type)) {
		zero = (struct sd_operand){.n = sd_ck_node(c, SD_NODE_NIL, x, NULL), .u = SD_U_NIL};
	} else {
		zero = sd_ck_int(c, x, SD_U_INT, 0);
		SD_TRY(sd_ck_give_type(c, x, o->n->type, &zero));
	}
	n = sd_ck_node(c, SD_NODE_COMPARE, x, sd_type_basic("bool"));
	n->op = SD_XOP_NE;
	n->a = o->n;
	n->b = zero.n;
	*o = sd_ck_typed(n);
	return NULL;
}

static struct sd_err *logic(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
			    struct sd_operand *b, struct sd_operand *ret)
{
	bool and = x->op == SD_XOP_AND;

	SD_TRY(sd_ck_bool(c, x->a, and? "an operand of &&" : "an operand of ||", a));
	SD_TRY(sd_ck_bool(c, x->b, and? "an operand of &&" : "an operand of ||", b));
	if (sd_ck_is_const(a) && sd_ck_is_const(b)) {
		bool p = a->n->constant.u, q = b->n->constant.u;

		*ret = sd_ck_constant_bool(c, x, and? p && q : p || q);
		return NULL;
	}
	return binary_node(c, x, and? SD_NODE_AND : SD_NODE_OR, sd_type_basic("bool"), a, b, ret);
}

/* net/http.X without quotes looks like a division. */
static struct sd_err *maybe_path(struct sd_checker *c, const struct sd_expr *x, struct sd_err *err)
{
	const char *dot = c->text + x->end;

	if (!err || x->op != SD_XOP_DIV || x->b->kind != SD_EXPR_FIELD || c->scope->c_like)
		return err;
	while (dot > c->text + x->start && *dot != '/')
		dot--;
	while (dot < c->text + x->end && *dot != '.')
		dot++;
	return sd_err_hint(err, "the path of a package stands in quotes: \"%.*s\"%.*s",
			   (int)(dot - (c->text + x->start)), c->text + x->start,
			   (int)(c->text + x->end - dot), dot);
}

struct sd_err *sd_ck_binary(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	struct sd_operand a, b;

	SD_TRY(maybe_path(c, x, sd_ck_expr(c, x->a, &a)));
	SD_TRY(sd_ck_expr(c, x->b, &b));
	switch (x->op) {
	case SD_XOP_AND:
	case SD_XOP_OR:
		return logic(c, x, &a, &b, ret);
	case SD_XOP_SHL:
	case SD_XOP_SHR:
		return shift(c, x, &a, &b, ret);
	case SD_XOP_EQ:
	case SD_XOP_NE:
	case SD_XOP_LT:
	case SD_XOP_LE:
	case SD_XOP_GT:
	case SD_XOP_GE:
		if (a.u && b.u && a.u != SD_U_NIL && b.u != SD_U_NIL)
			return sd_ck_fold(c, x, &a, &b, ret);
		return compare(c, x, &a, &b, ret);
	default:
		if (a.u && b.u && a.u != SD_U_NIL && b.u != SD_U_NIL)
			return sd_ck_fold(c, x, &a, &b, ret);
		return arith(c, x, &a, &b, ret);
	}
}

static bool addressable(const struct sd_node *n)
{
	for (;;) {
		switch (n->kind) {
		case SD_NODE_VAR:
		case SD_NODE_GLOBAL:
		case SD_NODE_DEREF:
			return true;
		case SD_NODE_FIELD:
			if (n->field->bit_size)
				return false;
			n = n->a;
			break;
		case SD_NODE_INDEX:
			if (n->a->type->kind == SD_KIND_SLICE || n->a->type->kind == SD_KIND_PTR)
				return true;
			if (n->a->type->kind != SD_KIND_ARRAY)
				return false;
			n = n->a;
			break;
		default:
			return false;
		}
	}
}

static struct sd_err *address(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	struct sd_operand a;
	struct sd_node *n;

	SD_TRY(sd_ck_value(c, x->a, &a));
	if (!addressable(a.n))
		return sd_ck_error(c, x, "%s has no address", sd_ck_source(c, x->a));
	n = sd_ck_node(c, SD_NODE_ADDR, x, sd_ck_pointer_to(c, a.n->type));
	n->a = a.n;
	*ret = sd_ck_typed(n);
	return NULL;
}

static struct sd_err *dereference(struct sd_checker *c, const struct sd_expr *x,
				  struct sd_operand *ret)
{
	struct sd_operand a;
	struct sd_node *n;

	SD_TRY(sd_ck_value(c, x->a, &a));
	if (a.n->type->kind == SD_KIND_ARRAY && c->scope->c_like && a.n->type->count) {
		struct sd_operand zero = sd_ck_int(c, x, SD_U_INT, 0);

		SD_TRY(sd_ck_default(c, x, &zero));
		n = sd_ck_node(c, SD_NODE_INDEX, x, sd_type_elem(a.n->type));
		n->b = zero.n;
	} else if (a.n->type->kind != SD_KIND_PTR) {
		return sd_ck_error(c, x, "%s is of type %s, which is no pointer",
				   sd_ck_source(c, x->a), sd_ck_type_name(a.n->type));
	} else if (sd_type_elem(a.n->type)->kind == SD_KIND_VOID) {
		return sd_err_hint(sd_ck_error(c, x, "%s does not say what %s points to",
					       sd_ck_type_name(a.n->type), sd_ck_source(c, x->a)),
				   "*(*T)(%.*s) says it", (int)(x->a->end - x->a->start),
				   c->text + x->a->start);
	} else {
		n = sd_ck_node(c, SD_NODE_DEREF, x, sd_type_elem(a.n->type));
	}
	n->a = a.n;
	*ret = sd_ck_typed(n);
	return NULL;
}

static struct sd_err *negation(struct sd_checker *c, const struct sd_expr *x,
			       struct sd_operand *ret)
{
	struct sd_operand a;
	struct sd_node *n;

	SD_TRY(sd_ck_expr(c, x->a, &a));
	SD_TRY(sd_ck_bool(c, x->a, "the operand of !", &a));
	if (sd_ck_is_const(&a)) {
		*ret = sd_ck_constant_bool(c, x, !a.n->constant.u);
		return NULL;
	}
	n = sd_ck_node(c, SD_NODE_NOT, x, sd_type_basic("bool"));
	n->a = a.n;
	*ret = sd_ck_typed(n);
	return NULL;
}

struct sd_err *sd_ck_unary(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	struct sd_operand a;
	struct sd_node *n;

	switch (x->op) {
	case SD_XOP_DEREF:
		return dereference(c, x, ret);
	case SD_XOP_ADDR:
		return address(c, x, ret);
	case SD_XOP_NOT:
		return negation(c, x, ret);
	default:
		break;
	}
	SD_TRY(sd_ck_expr(c, x->a, &a));
	if (a.u == SD_U_NIL || a.u == SD_U_STRING ||
	    !(sd_ck_is_int(a.n->type) || (c->scope->c_like && a.n->type->kind == SD_KIND_BOOL) ||
	      (sd_ck_is_float(a.n->type) && x->op == SD_XOP_NEG)))
		return sd_ck_error(c, x, "%s is not there for %s", sd_ck_op_text(x->op),
				   sd_ck_describe(&a));
	if (sd_ck_is_const(&a) && !(c->scope->c_like && a.n->type->kind == SD_KIND_BOOL))
		return sd_ck_fold_unary(c, x, &a, ret);
	if (c->scope->c_like)
		promote(c, x->a, &a);
	n = sd_ck_node(c, x->op == SD_XOP_NEG ? SD_NODE_NEG : SD_NODE_COMPL, x, a.n->type);
	n->a = a.n;
	*ret = sd_ck_typed(n);
	return NULL;
}
