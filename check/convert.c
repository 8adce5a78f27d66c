/* SPDX-License-Identifier: BSD-2-Clause */
/* Types by name: conversions to them, tests for them, assertions. */
#include <string.h>

#include "check/checker.h"

static struct sd_err *ask_scope(struct sd_checker *c, const struct sd_expr *x, const char *text,
				struct sd_type **ret, u64 *rtype_ret)
{
	const char *several = NULL;
	struct sd_type *t = NULL;
	u64 rtype = 0;

	if (!c->scope->type || !c->scope->type(c->scope->ctx, text, &t, &rtype, &several))
		t = NULL;
	if (several)
		return sd_err_hint(sd_ck_error(c, x, "'%s' is several types: %s", text, several),
				   "write the whole path of the package: *net/http.T");
	*ret = t;
	*rtype_ret = t ? rtype : 0;
	return NULL;
}

struct sd_err *sd_ck_find_type(struct sd_checker *c, const struct sd_expr *x, const char *text,
			       struct sd_type **ret, u64 *rtype_ret)
{
	enum { MAX_POINTERS = 16 };
	struct sd_type *t = NULL;
	u64 rtype = 0;

	SD_TRY(ask_scope(c, x, text, &t, &rtype));
	if (!t)
		t = sd_type_basic(text);
	if (!t && strspn(text, "*[]") > MAX_POINTERS)
		return sd_ck_error(c, x, "a type of so many pointers is not supported");
	if (!t && text[0] == '*') { /* a pointer type that the binary does not spell out */
		SD_TRY(sd_ck_find_type(c, x, text + 1, &t, &rtype));
		t = t ? sd_ck_pointer_to(c, t) : NULL;
		rtype = 0;
	} else if (!t && text[0] == '[' && text[1] == ']') {
		SD_TRY(sd_ck_find_type(c, x, text + 2, &t, &rtype));
		t = t ? sd_ck_slice_of(c, t) : NULL;
		rtype = 0;
	}
	*ret = t;
	*rtype_ret = rtype;
	return NULL;
}

static struct sd_err *cannot(struct sd_checker *c, const struct sd_expr *x, struct sd_type *type,
			     const struct sd_operand *o)
{
	return sd_ck_error(c, x, "%s cannot be converted to %s",
			   o->u == SD_U_NIL ? "nil" : sd_ck_type_name(o->n->type),
			   sd_ck_type_name(type));
}

static struct sd_err *convert_constant(struct sd_checker *c, const struct sd_expr *x,
				       struct sd_type *type, struct sd_operand *o)
{
	enum sd_kind k = o->n->constant.kind;

	if (k == SD_KIND_STRING || k == SD_KIND_BOOL) {
		if (type->kind != k)
			return cannot(c, x, type, o);
		o->n->type = type;
		o->u = SD_TYPED;
		return NULL;
	}
	if (o->u == SD_TYPED) { /* as the untyped constant of its value */
		if (k == SD_KIND_FLOAT) {
			o->f = o->n->constant.f;
			o->u = SD_U_FLOAT;
		} else {
			o->i = sd_ck_int_of(o);
			o->u = SD_U_INT;
		}
	}
	o->duration = false;
	if (sd_ck_is_int(type) || sd_ck_is_float(type))
		return sd_ck_give_type(c, x, type, o);
	return cannot(c, x, type, o);
}

static bool is_number(struct sd_type *t)
{
	return sd_ck_is_int(t) || sd_ck_is_float(t);
}

static bool is_void_pointer(struct sd_type *t)
{
	return t->kind == SD_KIND_PTR && sd_type_elem(t)->kind == SD_KIND_VOID;
}

static bool is_word(struct sd_type *t)
{
	return sd_ck_is_int(t) && t->kind != SD_KIND_ENUM && t->size == 8;
}

/* Types that differ in their name alone. */
static bool same_shape(struct sd_type *a, struct sd_type *b)
{
	if (sd_type_same(a, b))
		return true;
	if (a->kind != b->kind || a->size != b->size)
		return false;
	sd_type_complete(a);
	sd_type_complete(b);
	switch (a->kind) {
	case SD_KIND_ARRAY:
	case SD_KIND_SLICE:
	case SD_KIND_CHAN:
		return a->count == b->count && sd_type_same(sd_type_elem(a), sd_type_elem(b));
	case SD_KIND_MAP:
		return sd_type_same(sd_type_elem(a), sd_type_elem(b)) &&
		       sd_type_same(sd_type_key(a), sd_type_key(b));
	case SD_KIND_STRUCT:
		for (u32 i = 0; a->nfields == b->nfields && i < a->nfields; i++)
			if (strcmp(a->fields[i].name, b->fields[i].name) != 0 ||
			    a->fields[i].off != b->fields[i].off || !a->fields[i].type ||
			    !b->fields[i].type ||
			    !sd_type_same(a->fields[i].type, b->fields[i].type))
				return false;
		return a->nfields && a->nfields == b->nfields;
	default:
		return false;
	}
}

static bool convertible(struct sd_checker *c, struct sd_type *from, struct sd_type *to)
{
	bool c_like = c->scope->c_like;

	if (is_number(from) && is_number(to))
		return from->kind != SD_KIND_FLOAT || to->kind != SD_KIND_ENUM;
	if (c_like && from->kind == SD_KIND_BOOL && is_number(to))
		return sd_ck_is_int(to);
	if (from->kind == to->kind && (from->kind == SD_KIND_BOOL || from->kind == SD_KIND_STRING))
		return true;
	if (to->kind == SD_KIND_STRING)
		return from->kind == SD_KIND_SLICE && sd_ck_is_byte(sd_type_elem(from));
	if (sd_type_is_pointer_shaped(from) && is_word(to))
		return true;
	if (from->kind == SD_KIND_PTR && to->kind == SD_KIND_PTR)
		return c_like || is_void_pointer(from) || is_void_pointer(to) ||
		       sd_type_same(sd_type_elem(from), sd_type_elem(to));
	if (is_word(from) && to->kind == SD_KIND_PTR)
		return true;
	return same_shape(from, to);
}

struct sd_err *sd_ck_convert(struct sd_checker *c, const struct sd_expr *x, struct sd_type *type,
			     struct sd_operand *o)
{
	struct sd_node *n;

	if (o->u == SD_U_NIL)
		return sd_err_hint(cannot(c, x, type, o), "compare with nil as it is");
	if (sd_ck_is_const(o) && !(is_word(o->n->type) && type->kind == SD_KIND_PTR)) {
		if (type->kind == SD_KIND_SLICE && o->n->constant.kind == SD_KIND_STRING)
			return sd_err_hint(cannot(c, x, type, o),
					   "strings and bytes are compared as string(x)");
		return convert_constant(c, x, type, o);
	}
	SD_TRY(sd_ck_default(c, x, o));
	if (sd_type_same(o->n->type, type))
		return NULL;
	if (type->kind == SD_KIND_STRING && sd_ck_is_c_text(c, o->n->type))
		return sd_ck_text(c, x, o);
	if (!convertible(c, o->n->type, type)) {
		struct sd_err *err = cannot(c, x, type, o);

		if (sd_ck_is_iface(o->n->type))
			return sd_err_hint(err, "what an interface holds is x.(%s)",
					   sd_ck_type_name(type));
		if (type->kind == SD_KIND_STRING && sd_ck_is_int(o->n->type))
			return sd_err_hint(err, "a template prints it: {%.*s}",
					   (int)(x->end - x->start), c->text + x->start);
		return err;
	}
	n = sd_ck_node(c, SD_NODE_CONVERT, x, type);
	n->a = o->n;
	*o = sd_ck_typed(n);
	return NULL;
}

/* a of x.(T), x.(type): an interface. */
static struct sd_err *interface(struct sd_checker *c, const struct sd_expr *x,
				struct sd_operand *ret)
{
	SD_TRY(sd_ck_value(c, x, ret));
	if (sd_ck_is_iface(ret->n->type))
		return NULL;
	return sd_ck_error(c, x, "%s is of type %s, which is no interface: it has that type always",
			   sd_ck_source(c, x), sd_ck_type_name(ret->n->type));
}

/* T of x.(T): a type that an interface can hold. */
static struct sd_err *held_type(struct sd_checker *c, const struct sd_expr *x, struct sd_type **ret,
				u64 *rtype_ret)
{
	struct sd_type *t = NULL;
	u64 rtype = 0;

	SD_TRY(sd_ck_find_type(c, x, x->str, &t, &rtype));
	if (!t) {
		struct sd_err *err = sd_ck_error(c, x, "no type '%s' in the binary", x->str);

		if (!strchr(x->str, '.') && x->str[0])
			return sd_err_hint(err, "types are written with their package: main.%s",
					   x->str + strspn(x->str, "*[]"));
		return err;
	}
	if (sd_ck_is_iface(t))
		return sd_err_hint(sd_ck_error(c, x,
					       "%s is an interface: which types have its methods "
					       "is not known here",
					       x->str),
				   "name a concrete type: *net.OpError, main.T");
	*ret = t;
	*rtype_ret = rtype;
	return NULL;
}

struct sd_err *sd_ck_assert(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	struct sd_type *t = NULL;
	struct sd_operand a;
	struct sd_node *n;
	u64 rtype = 0;

	SD_TRY(interface(c, x->a, &a));
	SD_TRY(held_type(c, x->b, &t, &rtype));
	n = sd_ck_node(c, SD_NODE_ASSERT, x, t);
	n->a = a.n;
	n->rtype = rtype;
	n->name = sd_ck_type_name(t);
	*ret = sd_ck_typed(n);
	return NULL;
}

struct sd_err *sd_ck_typeof(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	struct sd_type *t = NULL;
	struct sd_operand a;
	struct sd_node *n;
	u64 rtype = 0;

	SD_TRY(interface(c, x->a, &a));
	if (strcmp(x->b->str, "nil") != 0)
		SD_TRY(held_type(c, x->b, &t, &rtype));
	n = sd_ck_node(c, SD_NODE_IS_TYPE, x, sd_type_basic("bool"));
	n->op = x->op;
	n->a = a.n;
	n->rtype = rtype;
	n->target = t;
	n->name = t ? sd_ck_type_name(t) : "nil";
	*ret = sd_ck_typed(n);
	return NULL;
}
