/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Constants: which type an untyped one may take, and arithmetic on them. Integers are exact up to
 * 128 bits, more is an error; floats are of double precision.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/checker.h"

bool sd_ck_is_const(const struct sd_operand *o)
{
	return o->n->kind == SD_NODE_CONST;
}

struct sd_operand sd_ck_int(struct sd_checker *c, const struct sd_expr *x, enum sd_untyped u,
			    s128 v)
{
	struct sd_node *n = sd_ck_node(c, SD_NODE_CONST, x, sd_type_basic("int"));

	n->constant.kind = SD_KIND_INT;
	return (struct sd_operand){.n = n, .u = u, .i = v};
}

struct sd_operand sd_ck_float(struct sd_checker *c, const struct sd_expr *x, double v)
{
	struct sd_node *n = sd_ck_node(c, SD_NODE_CONST, x, sd_type_basic("float64"));

	n->constant.kind = SD_KIND_FLOAT;
	return (struct sd_operand){.n = n, .u = SD_U_FLOAT, .f = v};
}

struct sd_operand sd_ck_string(struct sd_checker *c, const struct sd_expr *x, const char *s, u64 n)
{
	struct sd_node *k = sd_ck_node(c, SD_NODE_CONST, x, sd_type_basic("string"));

	k->constant = (struct sd_constant){.kind = SD_KIND_STRING, .bytes = s, .n = n};
	return (struct sd_operand){.n = k, .u = SD_U_STRING};
}

struct sd_operand sd_ck_constant_bool(struct sd_checker *c, const struct sd_expr *x, bool v)
{
	struct sd_node *n = sd_ck_node(c, SD_NODE_CONST, x, sd_type_basic("bool"));

	n->constant = (struct sd_constant){.kind = SD_KIND_BOOL, .u = v};
	return sd_ck_typed(n);
}

s128 sd_ck_int_of(const struct sd_operand *o)
{
	if (o->u != SD_TYPED)
		return o->i;
	return o->n->constant.kind == SD_KIND_INT ? o->n->constant.s : (s128)o->n->constant.u;
}

static bool is_int(const struct sd_operand *o)
{
	return o->u == SD_U_INT || o->u == SD_U_RUNE ||
	       (o->u == SD_TYPED && sd_ck_is_int(o->n->type));
}

double sd_ck_float_of(const struct sd_operand *o)
{
	if (o->u == SD_U_FLOAT)
		return o->f;
	return is_int(o) ? (double)sd_ck_int_of(o) : o->n->constant.f;
}

/* -17…, in the arena */
static const char *digits(struct sd_checker *c, s128 v)
{
	unsigned __int128 u = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
	char buf[48], *p = buf + sizeof(buf);

	*--p = '\0';
	do {
		*--p = (char)('0' + (int)(u % 10));
		u /= 10;
	} while (u);
	if (v < 0)
		*--p = '-';
	return sd_arena_strdup(c->arena, p);
}

struct sd_err *sd_ck_set_int(struct sd_checker *c, const struct sd_expr *x, struct sd_type *type,
			     s128 v, struct sd_operand *o)
{
	u32 bits = (u32)type->size * 8;
	bool sign = sd_ck_is_signed(type);
	s128 min = sign ? -((s128)1 << (bits - 1)) : 0;
	s128 max = ((s128)1 << (bits - sign)) - 1;

	if (v < min || v > max)
		return sd_ck_error(c, x, "%s does not fit %s (%s to %s)", digits(c, v),
				   sd_ck_type_name(type), digits(c, min), digits(c, max));
	o->n->constant = (struct sd_constant){.kind = sign ? SD_KIND_INT : SD_KIND_UINT};
	o->n->constant.u = (u64)v;
	o->n->type = type;
	o->u = SD_TYPED;
	return NULL;
}

void sd_ck_set_float(struct sd_type *type, double v, struct sd_operand *o)
{
	o->n->constant = (struct sd_constant){.kind = SD_KIND_FLOAT,
					      .f = type->size == 4 ? (double)(float)v : v};
	o->n->type = type;
	o->u = SD_TYPED;
}

/* With as few digits as say it, in the arena. */
static const char *shortest(struct sd_checker *c, double f)
{
	char buf[40];

	for (int precision = 6; precision <= 17; precision++) {
		snprintf(buf, sizeof(buf), "%.*g", precision, f);
		if (strtod(buf, NULL) == f)
			break;
	}
	return sd_arena_strdup(c->arena, buf);
}

/* Floats without a fraction may stand for integers. */
static struct sd_err *integral(struct sd_checker *c, const struct sd_expr *x, double f,
			       struct sd_type *type, s128 *ret)
{
	if (f != floor(f) || fabs(f) > 1e38)
		return sd_ck_error(c, x, "%s is not an integer: it does not fit %s", shortest(c, f),
				   sd_ck_type_name(type));
	*ret = (s128)f;
	return NULL;
}

static struct sd_err *cannot_be(struct sd_checker *c, const struct sd_expr *x, const char *what,
				struct sd_type *type)
{
	return sd_ck_error(c, x, "%s cannot be of type %s", what, sd_ck_type_name(type));
}

static struct sd_err *nil_type(struct sd_checker *c, const struct sd_expr *x, struct sd_type *type)
{
	switch (type->kind) {
	case SD_KIND_PTR:
	case SD_KIND_MAP:
	case SD_KIND_CHAN:
	case SD_KIND_FUNC:
	case SD_KIND_SLICE:
	case SD_KIND_IFACE:
	case SD_KIND_EFACE:
		return NULL;
	case SD_KIND_STRING:
		return sd_err_hint(cannot_be(c, x, "nil", type), "an empty string is \"\"");
	default:
		return cannot_be(c, x, "nil", type);
	}
}

static struct sd_err *number_type(struct sd_checker *c, const struct sd_expr *x,
				  struct sd_type *type, struct sd_operand *o)
{
	s128 v = o->i;

	if (sd_ck_is_int(type)) {
		if (o->duration && (type->size != 8 || !sd_ck_is_signed(type)))
			return sd_ck_error(c, x, "a duration is an int64 in nanoseconds, not %s",
					   sd_ck_type_name(type));
		if (o->u == SD_U_FLOAT)
			SD_TRY(integral(c, x, o->f, type, &v));
		return sd_ck_set_int(c, x, type, v, o);
	}
	if (sd_ck_is_float(type)) {
		double f = sd_ck_float_of(o);

		if (o->duration)
			return sd_ck_error(c, x, "a duration is an int64 in nanoseconds, not %s",
					   sd_ck_type_name(type));
		if (type->size == 4 && isinf((float)f) && !isinf(f))
			return sd_ck_error(c, x, "%s does not fit %s", shortest(c, f),
					   sd_ck_type_name(type));
		sd_ck_set_float(type, f, o);
		return NULL;
	}
	return cannot_be(c, x, o->u == SD_U_FLOAT ? "a float" : "an integer", type);
}

struct sd_err *sd_ck_give_type(struct sd_checker *c, const struct sd_expr *x, struct sd_type *type,
			       struct sd_operand *o)
{
	switch (o->u) {
	case SD_TYPED:
		return NULL;
	case SD_U_NIL:
		return nil_type(c, x, type);
	case SD_U_STRING:
		if (type->kind != SD_KIND_STRING)
			return cannot_be(c, x, "a string", type);
		o->n->type = type;
		o->u = SD_TYPED;
		return NULL;
	default:
		return number_type(c, x, type, o);
	}
}

struct sd_err *sd_ck_default(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *o)
{
	struct sd_type *type = NULL;

	switch (o->u) {
	case SD_TYPED:
	case SD_U_NIL:
		return NULL;
	case SD_U_INT:
		type = sd_type_basic(o->duration	       ? "time.Duration"
				     : o->i <= (s128)INT64_MAX ? "int"
							       : "uint64");
		break;
	case SD_U_RUNE:
		type = sd_type_basic("int32");
		break;
	case SD_U_FLOAT:
		type = sd_type_basic("float64");
		break;
	case SD_U_STRING:
		type = sd_type_basic("string");
		break;
	}
	return sd_ck_give_type(c, x, type, o);
}

static struct sd_err *too_large(struct sd_checker *c, const struct sd_expr *x)
{
	return sd_ck_error(c, x, "the constant does not fit 128 bits");
}

static struct sd_err *no_operator(struct sd_checker *c, const struct sd_expr *x, const char *what)
{
	return sd_ck_error(c, x, "%s is not there for %s", sd_ck_op_text(x->op), what);
}

/* -1, 0, 1; 2: not comparable (NaN) */
static bool decide(enum sd_xop op, int order)
{
	switch (op) {
	case SD_XOP_EQ:
		return order == 0;
	case SD_XOP_NE:
		return order != 0;
	case SD_XOP_LT:
		return order == -1;
	case SD_XOP_LE:
		return order == -1 || order == 0;
	case SD_XOP_GT:
		return order == 1;
	default:
		return order == 1 || order == 0;
	}
}

static bool is_compare(enum sd_xop op)
{
	return op >= SD_XOP_EQ && op <= SD_XOP_GE;
}

static struct sd_err *fold_ints(struct sd_checker *c, const struct sd_expr *x, s128 a, s128 b,
				s128 *ret)
{
	bool over = false;

	switch (x->op) {
	case SD_XOP_ADD:
		over = __builtin_add_overflow(a, b, ret);
		break;
	case SD_XOP_SUB:
		over = __builtin_sub_overflow(a, b, ret);
		break;
	case SD_XOP_MUL:
		over = __builtin_mul_overflow(a, b, ret);
		break;
	case SD_XOP_DIV:
	case SD_XOP_MOD:
		if (!b)
			return sd_ck_error(c, x->b, "division by zero");
		over = b == -1 && __builtin_sub_overflow((s128)0, a, ret);
		if (!over)
			*ret = x->op == SD_XOP_DIV ? a / b : a % b;
		break;
	case SD_XOP_BAND:
		*ret = a & b;
		break;
	case SD_XOP_BCLEAR:
		*ret = a & ~b;
		break;
	case SD_XOP_BOR:
		*ret = a | b;
		break;
	case SD_XOP_XOR:
		*ret = a ^ b;
		break;
	default:
		return no_operator(c, x, "integers");
	}
	return over ? too_large(c, x) : NULL;
}

static struct sd_err *fold_floats(struct sd_checker *c, const struct sd_expr *x, double a, double b,
				  double *ret)
{
	switch (x->op) {
	case SD_XOP_ADD:
		*ret = a + b;
		break;
	case SD_XOP_SUB:
		*ret = a - b;
		break;
	case SD_XOP_MUL:
		*ret = a * b;
		break;
	case SD_XOP_DIV:
		if (b == 0)
			return sd_ck_error(c, x->b, "division by zero");
		*ret = a / b;
		break;
	default:
		return no_operator(c, x, "floats");
	}
	if (!isfinite(*ret))
		return sd_ck_error(c, x, "the constant does not fit float64");
	return NULL;
}

static int order_strings(const struct sd_constant *a, const struct sd_constant *b)
{
	u64 n = SD_MIN(a->n, b->n);
	int r = n ? memcmp(a->bytes, b->bytes, n) : 0;

	if (!r && a->n != b->n)
		r = a->n < b->n ? -1 : 1;
	return r < 0 ? -1 : r > 0;
}

static struct sd_err *fold_strings(struct sd_checker *c, const struct sd_expr *x,
				   struct sd_operand *a, struct sd_operand *b,
				   struct sd_operand *ret)
{
	const struct sd_constant *p = &a->n->constant, *q = &b->n->constant;
	char *s;

	if (is_compare(x->op)) {
		*ret = sd_ck_constant_bool(c, x, decide(x->op, order_strings(p, q)));
		return NULL;
	}
	if (x->op != SD_XOP_ADD)
		return no_operator(c, x, "strings");
	s = sd_arena_alloc(c->arena, p->n + q->n + 1);
	memcpy(s, p->bytes, p->n);
	memcpy(s + p->n, q->bytes, q->n);
	*ret = sd_ck_string(c, x, s, p->n + q->n);
	ret->n->type = a->n->type;
	ret->u = a->u;
	return NULL;
}

static struct sd_err *fold_numbers(struct sd_checker *c, const struct sd_expr *x,
				   struct sd_operand *a, struct sd_operand *b,
				   struct sd_operand *ret)
{
	struct sd_type *type = a->n->type;
	struct sd_operand r;

	if (is_int(a) && is_int(b)) {
		s128 p = sd_ck_int_of(a), q = sd_ck_int_of(b), v = 0;

		if (is_compare(x->op)) {
			*ret = sd_ck_constant_bool(c, x, decide(x->op, p < q ? -1 : p > q));
			return NULL;
		}
		SD_TRY(fold_ints(c, x, p, q, &v));
		r = sd_ck_int(c, x, SD_MAX(a->u, b->u), v);
		r.duration = a->duration || b->duration;
		if (a->u == SD_TYPED)
			SD_TRY(sd_ck_set_int(c, x, type, v, &r));
	} else {
		double p = sd_ck_float_of(a), q = sd_ck_float_of(b), v = 0;

		if (is_compare(x->op)) {
			*ret = sd_ck_constant_bool(c, x,
						   decide(x->op, p < q	  ? -1
								 : p > q  ? 1
								 : p == q ? 0
									  : 2));
			return NULL;
		}
		SD_TRY(fold_floats(c, x, p, q, &v));
		r = sd_ck_float(c, x, v);
		if (a->duration || b->duration) { /* 1.5 * 10ms */
			s128 i = 0;

			SD_TRY(integral(c, x, v, sd_type_basic("time.Duration"), &i));
			r = sd_ck_int(c, x, SD_U_INT, i);
			r.duration = true;
		}
		if (a->u == SD_TYPED) {
			if (type->size == 4 && isinf((float)v))
				return sd_ck_error(c, x, "%s does not fit %s", shortest(c, v),
						   sd_ck_type_name(type));
			sd_ck_set_float(type, v, &r);
		}
	}
	*ret = r;
	return NULL;
}

struct sd_err *sd_ck_fold(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
			  struct sd_operand *b, struct sd_operand *ret)
{
	enum sd_kind p = a->n->constant.kind, q = b->n->constant.kind;

	if (p == SD_KIND_STRING && q == SD_KIND_STRING)
		return fold_strings(c, x, a, b, ret);
	if (p == SD_KIND_BOOL && q == SD_KIND_BOOL) {
		if (x->op != SD_XOP_EQ && x->op != SD_XOP_NE)
			return no_operator(c, x, "bools");
		*ret = sd_ck_constant_bool(
			c, x, (!a->n->constant.u == !b->n->constant.u) == (x->op == SD_XOP_EQ));
		return NULL;
	}
	if (p == SD_KIND_STRING || q == SD_KIND_STRING || p == SD_KIND_BOOL || q == SD_KIND_BOOL)
		return sd_ck_error(c, x, "%s is %s and %s is %s: %s wants both of one type",
				   sd_ck_source(c, x->a), sd_kind_name(p), sd_ck_source(c, x->b),
				   sd_kind_name(q), sd_ck_op_text(x->op));
	return fold_numbers(c, x, a, b, ret);
}

struct sd_err *sd_ck_fold_shift(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
				u64 count, struct sd_operand *ret)
{
	s128 v = sd_ck_int_of(a);
	struct sd_operand r;

	if (x->op == SD_XOP_SHR) {
		v = v >> SD_MIN(count, 127ULL);
	} else {
		s128 wide = (s128)((unsigned __int128)v << SD_MIN(count, 127ULL));

		if (v && (count > 126 || (wide >> count) != v))
			return too_large(c, x);
		v = wide;
	}
	r = sd_ck_int(c, x, a->u, v);
	if (a->u == SD_TYPED)
		SD_TRY(sd_ck_set_int(c, x, a->n->type, v, &r));
	r.duration = a->duration;
	*ret = r;
	return NULL;
}

struct sd_err *sd_ck_fold_unary(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *a,
				struct sd_operand *ret)
{
	struct sd_type *type = a->n->type;
	struct sd_operand r;

	if (is_int(a)) {
		s128 v = sd_ck_int_of(a);

		if (x->op == SD_XOP_NEG && __builtin_sub_overflow((s128)0, v, &v))
			return too_large(c, x);
		if (x->op == SD_XOP_COMPL)
			v = ~v;
		/* ^ of an unsigned type has its width */
		if (x->op == SD_XOP_COMPL && a->u == SD_TYPED && !sd_ck_is_signed(type))
			v &= ((s128)1 << (type->size * 8)) - 1;
		r = sd_ck_int(c, x, a->u, v);
		r.duration = a->duration;
		if (a->u == SD_TYPED)
			SD_TRY(sd_ck_set_int(c, x, type, v, &r));
	} else {
		if (x->op != SD_XOP_NEG)
			return no_operator(c, x, "floats");
		r = sd_ck_float(c, x, -sd_ck_float_of(a));
		if (a->u == SD_TYPED)
			sd_ck_set_float(type, -sd_ck_float_of(a), &r);
	}
	*ret = r;
	return NULL;
}
