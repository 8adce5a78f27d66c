/* SPDX-License-Identifier: BSD-2-Clause */
/* Operators: which types they take, and the nodes that they become. */
#include "check/checker.h"

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
		return sd_ck_mismatch(c, x, a, b);
	SD_TRY(sd_ck_match(c, x, true, a, b));
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

	SD_TRY(sd_ck_match(c, x, false, a, b));
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
		sd_ck_promote(c, x->a, a);
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
	    !(sd_ck_is_arith(o->n->type) || sd_type_is_pointer_shaped(o->n->type))) {
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
		sd_ck_promote(c, x->a, &a);
	n = sd_ck_node(c, x->op == SD_XOP_NEG ? SD_NODE_NEG : SD_NODE_COMPL, x, a.n->type);
	n->a = a.n;
	*ret = sd_ck_typed(n);
	return NULL;
}
