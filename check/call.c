/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls: conversions and the functions that sonde itself has. Functions of the program are never
 * called.
 */
#include <string.h>

#include "check/checker.h"

static struct sd_err *arity(struct sd_checker *c, const struct sd_expr *x, u32 n)
{
	static const char *const counts[] = {"no arguments", "one argument", "two arguments"};

	if (x->nargs == n)
		return NULL;
	return sd_ck_error(c, x, "%s() takes %s, not %u", x->a->str, counts[n], x->nargs);
}

static struct sd_err *length(struct sd_checker *c, const struct sd_expr *x, bool cap,
			     struct sd_operand *ret)
{
	struct sd_type *t;
	struct sd_operand a;
	struct sd_node *n;
	bool ok;

	SD_TRY(arity(c, x, 1));
	SD_TRY(sd_ck_value(c, x->args[0], &a));
	if (!cap && a.n->type->kind == SD_KIND_PTR && sd_ck_is_c_text(c, a.n->type))
		SD_TRY(sd_ck_text(c, x->args[0], &a));
	t = a.n->type;
	if (t->kind == SD_KIND_PTR && sd_type_elem(t)->kind == SD_KIND_ARRAY)
		t = sd_type_elem(t);
	if (t->kind == SD_KIND_ARRAY || (sd_ck_is_const(&a) && t->kind == SD_KIND_STRING && !cap)) {
		sd_type_complete(t);
		*ret = sd_ck_int(c, x, SD_U_INT,
				 t->kind == SD_KIND_ARRAY ? t->count : a.n->constant.n);
		return sd_ck_give_type(c, x, sd_type_basic("int"), ret);
	}
	ok = t->kind == SD_KIND_SLICE || t->kind == SD_KIND_CHAN ||
	     (!cap && (t->kind == SD_KIND_STRING || t->kind == SD_KIND_MAP));
	if (!ok)
		return sd_ck_error(c, x->args[0], "%s is of type %s, which has no %s",
				   sd_ck_source(c, x->args[0]), sd_ck_type_name(t),
				   cap ? "capacity" : "length");
	n = sd_ck_node(c, cap ? SD_NODE_CAP : SD_NODE_LEN, x, sd_type_basic("int"));
	n->a = a.n;
	*ret = sd_ck_typed(n);
	return NULL;
}

static struct sd_err *stack(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	enum { MAX_FRAMES = 127 };
	struct sd_operand o;
	struct sd_node *n;
	s128 frames = 0;

	if (x->nargs > 1)
		return sd_ck_error(c, x, "stack() takes one argument: how many frames");
	if (x->nargs) {
		SD_TRY(sd_ck_expr(c, x->args[0], &o));
		if (!sd_ck_is_const(&o) ||
		    (o.u != SD_U_INT && !(o.u == SD_TYPED && sd_ck_is_int(o.n->type))))
			return sd_ck_error(c, x->args[0], "the number of frames is a constant");
		frames = sd_ck_int_of(&o);
		if (frames < 1 || frames > MAX_FRAMES)
			return sd_ck_error(c, x->args[0], "the number of frames is 1 to %d",
					   MAX_FRAMES);
	}
	n = sd_ck_node(c, SD_NODE_STACK, x, sd_type_basic("[]string"));
	n->constant.u = (u64)frames;
	n->when = c->scope->return_alone ? SD_AT_RETURN : SD_AT_HIT;
	*ret = sd_ck_typed(n);
	return NULL;
}

/* Functions without arguments. */
static struct sd_err *simple(struct sd_checker *c, const struct sd_expr *x, enum sd_node_kind kind,
			     const char *type, struct sd_operand *ret)
{
	struct sd_node *n;

	SD_TRY(arity(c, x, 0));
	if (kind == SD_NODE_DURATION && !c->scope->returns)
		return sd_err_hint(sd_ck_error(c, x, "duration() is there at a return, not at %s",
					       c->scope->where),
				   "a probe on the function by its name has its return too");
	n = sd_ck_node(c, kind, x, sd_type_basic(type));
	if (kind == SD_NODE_DURATION || c->scope->return_alone)
		n->when = SD_AT_RETURN;
	*ret = sd_ck_typed(n);
	return NULL;
}

static struct sd_err *builtin(struct sd_checker *c, const struct sd_expr *x, bool *found_ret,
			      struct sd_operand *ret)
{
	static const struct {
		const char *name;
		enum sd_node_kind kind;
		const char *type;
	} functions[] = {{"goid", SD_NODE_GOID, "uint64"},
			 {"pid", SD_NODE_PID, "int"},
			 {"tid", SD_NODE_TID, "int"},
			 {"now", SD_NODE_NOW, "int64"},
			 {"duration", SD_NODE_DURATION, "time.Duration"},
			 {"hits", SD_NODE_HITS, "uint64"},
			 {"caller", SD_NODE_CALLER, "string"}};
	const char *name = x->a->str;

	*found_ret = true;
	if (!strcmp(name, "len") || !strcmp(name, "cap"))
		return length(c, x, name[0] == 'c', ret);
	if (!strcmp(name, "matches"))
		return sd_ck_matches(c, x, ret);
	if (!strcmp(name, "stack"))
		return stack(c, x, ret);
	for (size_t i = 0; i < SD_ARRAY_SIZE(functions); i++)
		if (!strcmp(functions[i].name, name))
			return simple(c, x, functions[i].kind, functions[i].type, ret);
	*found_ret = false;
	return NULL;
}

static const char *next_builtin(void *ctx, u32 i)
{
	static const char *const names[] = {"len", "cap", "matches", "stack",  "goid",	  "pid",
					    "tid", "now", "hits",    "caller", "duration"};

	return i < SD_ARRAY_SIZE(names) ? names[i] : NULL;
}

static struct sd_err *error_text(struct sd_checker *c, const struct sd_expr *x,
				 struct sd_operand *ret)
{
	struct sd_operand a;
	struct sd_type *t;
	struct sd_node *n;

	if (x->nargs)
		return sd_ck_error(c, x, "Error() takes no arguments, not %u", x->nargs);
	SD_TRY(sd_ck_value(c, x->a->a, &a));
	t = a.n->type;
	if (t->kind == SD_KIND_PTR)
		t = sd_type_elem(t);
	if (!sd_ck_is_iface(t) && (!t->named || sd_type_basic(sd_ck_type_name(t))))
		return sd_ck_error(c, x->a->a, "%s is of type %s, which has no Error()",
				   sd_ck_source(c, x->a->a), sd_ck_type_name(a.n->type));
	n = sd_ck_node(c, SD_NODE_ERROR, x, sd_type_basic("string"));
	n->a = a.n;
	*ret = sd_ck_typed(n);
	return NULL;
}

static struct sd_err *convert(struct sd_checker *c, const struct sd_expr *x, struct sd_type *type,
			      struct sd_operand *ret)
{
	struct sd_operand o;

	if (x->nargs != 1)
		return sd_ck_error(c, x, "a conversion takes one value, not %u", x->nargs);
	SD_TRY(sd_ck_expr(c, x->args[0], &o));
	SD_TRY(sd_ck_convert(c, x->args[0], type, &o));
	o.n->start = x->start;
	o.n->end = x->end;
	*ret = o;
	return NULL;
}

static struct sd_err *no_calls(struct sd_checker *c, const struct sd_expr *x)
{
	struct sd_err *err = sd_ck_error(c, x->a,
					 "%s is not there: the program's own functions are not "
					 "called",
					 sd_ck_source(c, x->a));

	return sd_err_hint(err,
			   "there are len cap matches goid pid tid now duration hits caller stack, "
			   "strings.HasPrefix HasSuffix Contains EqualFold, err.Error(), and "
			   "conversions");
}

static bool is_package(struct sd_checker *c, const struct sd_expr *x, const char *name)
{
	return x->kind == SD_EXPR_NAME && !strcmp(x->str, name) && !sd_ck_is_value(c, x);
}

/* x.f(args): package strings, Error(), a conversion to pkg.T. */
static struct sd_err *call_field(struct sd_checker *c, const struct sd_expr *x,
				 struct sd_operand *ret)
{
	const struct sd_expr *f = x->a;
	struct sd_type *type = NULL;
	u64 rtype = 0;

	if (is_package(c, f->a, "strings") || is_package(c, f->a, "bytes"))
		return sd_ck_strings(c, x, f->a->str, f->str, ret);
	if ((f->a->kind == SD_EXPR_NAME && !sd_ck_is_value(c, f->a)) ||
	    (f->a->kind == SD_EXPR_STRING && f->a->n && strlen(f->a->str) == f->a->n)) {
		SD_TRY(sd_ck_find_type(c, f, sd_arena_printf(c->arena, "%s.%s", f->a->str, f->str),
				       &type, &rtype));
		if (type)
			return convert(c, x, type, ret);
	}
	if (!strcmp(f->str, "Error") && !c->scope->c_like)
		return error_text(c, x, ret);
	return no_calls(c, x);
}

static struct sd_err *call_name(struct sd_checker *c, const struct sd_expr *x,
				struct sd_operand *ret)
{
	const struct sd_expr *f = x->a;
	struct sd_entity e;
	struct sd_type *type = NULL;
	const char *near;
	bool found = false;
	u64 rtype = 0;

	if (c->scope->variable && c->scope->variable(c->scope->ctx, f->str, &e))
		return sd_ck_error(c, f, "'%s' is a variable here, not a function", f->str);
	SD_TRY(builtin(c, x, &found, ret));
	if (found)
		return NULL;
	SD_TRY(sd_ck_find_type(c, f, f->str, &type, &rtype));
	if (type)
		return convert(c, x, type, ret);
	near = sd_ck_nearest(f->str, next_builtin, NULL);
	if (near)
		return sd_ck_error(c, f, "no function '%s'; nearest: %s()", f->str, near);
	return no_calls(c, x);
}

struct sd_err *sd_ck_call(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	struct sd_type *type = NULL;
	u64 rtype = 0;

	switch (x->a->kind) {
	case SD_EXPR_NAME:
		return call_name(c, x, ret);
	case SD_EXPR_FIELD:
		return call_field(c, x, ret);
	case SD_EXPR_TYPE:
		SD_TRY(sd_ck_find_type(c, x->a, x->a->str, &type, &rtype));
		if (!type)
			return sd_ck_error(c, x->a, "no type '%s' in the binary", x->a->str);
		return convert(c, x, type, ret);
	default:
		return no_calls(c, x);
	}
}
