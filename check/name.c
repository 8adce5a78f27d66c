/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names: variables innermost first, results, predeclared constants, package variables and
 * constants. What is not there is told with the nearest name that is.
 */
#include <string.h>

#include "base/buf.h"
#include "check/checker.h"

static bool variable(struct sd_checker *c, const char *name, struct sd_entity *ret)
{
	return c->scope->variable && c->scope->variable(c->scope->ctx, name, ret);
}

static struct sd_err *ambiguous(struct sd_checker *c, u32 start, u32 end, const char *pkg,
				const char *name, const char *list)
{
	struct sd_err *err = sd_ck_err(c, start, end, "'%s%s%s' is several things: %s",
				       pkg ? pkg : "", pkg ? "." : "", name, list);
	size_t first = strcspn(list, ", "), path = first;

	while (path && list[path] != '.')
		path--;
	if (!pkg || !path || c->scope->c_like)
		return err;
	return sd_err_hint(err, "write the whole path of the package, in quotes: \"%.*s\".%s",
			   (int)path, list, name);
}

static struct sd_err *global(struct sd_checker *c, const struct sd_expr *x, const char *pkg,
			     const char *name, struct sd_entity *ret, bool *found_ret)
{
	const char *several = NULL;

	*found_ret = c->scope->global && c->scope->global(c->scope->ctx, pkg, name, ret, &several);
	if (several) {
		*found_ret = false;
		return ambiguous(c, x->start, x->end, pkg, name, several);
	}
	return NULL;
}

static struct sd_err *constant(struct sd_checker *c, const struct sd_expr *x,
			       const struct sd_entity *e, struct sd_operand *ret)
{
	const struct sd_constant *k = &e->constant;
	struct sd_operand o;

	switch (k->kind) {
	case SD_KIND_BOOL:
		o = sd_ck_constant_bool(c, x, k->u);
		if (e->type && e->type->kind == SD_KIND_BOOL)
			o.n->type = e->type;
		*ret = o;
		return NULL;
	case SD_KIND_INT:
		o = sd_ck_int(c, x, SD_U_INT, k->s);
		break;
	case SD_KIND_UINT:
		o = sd_ck_int(c, x, SD_U_INT, k->u);
		break;
	case SD_KIND_FLOAT:
		o = sd_ck_float(c, x, k->f);
		break;
	case SD_KIND_STRING:
		o = sd_ck_string(c, x, k->bytes, k->n);
		break;
	default:
		return sd_ck_error(c, x, "the value of %s is not known", sd_ck_source(c, x));
	}
	if (e->type)
		SD_TRY(sd_ck_give_type(c, x, e->type, &o));
	*ret = o;
	return NULL;
}

/* The operand that an entity is. label: for GLOBAL the name with its package. */
static struct sd_err *entity(struct sd_checker *c, const struct sd_expr *x,
			     const struct sd_entity *e, const char *label, struct sd_operand *ret)
{
	struct sd_node *n;

	if (e->kind == SD_ENTITY_CONST)
		return constant(c, x, e, ret);
	n = sd_ck_node(c, e->kind == SD_ENTITY_VAR ? SD_NODE_VAR : SD_NODE_GLOBAL, x,
		       e->type ? e->type : sd_type_unknown());
	n->name = label;
	n->when = e->when;
	n->var = e->var;
	n->addr = e->addr;
	*ret = sd_ck_typed(n);
	return NULL;
}

static struct sd_err *result(struct sd_checker *c, const struct sd_expr *x, const char *index,
			     struct sd_operand *ret)
{
	const struct sd_scope *s = c->scope;
	struct sd_entity e = {0};
	unsigned long i = 0;

	if (!s->returns && s->c_like)
		return sd_ck_error(c, x, "results are there at a return, not at %s", s->where);
	if (!s->returns)
		return sd_err_hint(
			sd_ck_error(c, x, "results are there at a return, not at %s", s->where),
			"a probe on the function by its name has its return too; "
			"FUNC:return has that alone");
	if (!s->nresults && s->results_why)
		return sd_ck_error(c, x, "the results of %s are not known: %s", s->where,
				   s->results_why);
	if (!s->nresults)
		return sd_ck_error(c, x, "%s has no results", s->where);
	if (!index && s->nresults > 1)
		return sd_ck_error(c, x, "%s has %u results: ret.0 to ret.%u", s->where,
				   s->nresults, s->nresults - 1);
	for (const char *p = index; p && *p && i <= s->nresults; p++)
		i = i * 10 + (unsigned long)(*p - '0');
	if (i >= s->nresults)
		return sd_ck_error(c, x,
				   s->nresults == 1 ? "%s has one result: ret.0"
						    : "%s has %u results: ret.0 to ret.%u",
				   s->where, s->nresults, s->nresults - 1);
	if (!s->result || !s->result(s->ctx, (u32)i, &e))
		return sd_ck_error(c, x, "result %lu of %s is not described", i, s->where);
	if (e.name)
		SD_TRY(sd_ck_refused(c, e.name, x->start, x->end));
	return entity(c, x, &e, sd_arena_printf(c->arena, "ret.%lu", i), ret);
}

bool sd_ck_is_value(struct sd_checker *c, const struct sd_expr *x)
{
	struct sd_entity e;
	const char *several = NULL;

	if (x->kind != SD_EXPR_NAME)
		return true;
	return variable(c, x->str, &e) || !strcmp(x->str, "ret") ||
	       (c->scope->global &&
		(c->scope->global(c->scope->ctx, NULL, x->str, &e, &several) || several));
}

static const char *next_variable(void *ctx, u32 i)
{
	const struct sd_scope *s = ctx;

	return s->name ? s->name(s->ctx, i) : NULL;
}

/* "; nearest: x", or the names when they are few. */
static const char *suggest(struct sd_checker *c, const char *name)
{
	enum { FEW = 8 };
	const char *near = sd_ck_nearest(name, next_variable, (void *)c->scope), *s;
	struct sd_buf b = {0};

	if (near)
		return sd_arena_printf(c->arena, "; nearest: %s", near);
	for (u32 i = 0; i <= FEW && (s = next_variable((void *)c->scope, i)); i++) {
		if (i == FEW) {
			b.n = 0;
			break;
		}
		sd_buf_printf(&b, "%s%s", i ? ", " : "; there are: ", s);
	}
	near = sd_arena_strdup(c->arena, sd_buf_cstr(&b));
	sd_buf_deinit(&b);
	return near;
}

/* Which result is an error; nresults: none. */
static u32 error_result(const struct sd_checker *c)
{
	const struct sd_scope *s = c->scope;
	struct sd_entity e = {0};
	u32 i = 0;

	while (i < s->nresults && !(s->result && s->result(s->ctx, i, &e) && e.type &&
				    e.type->name && !strcmp(e.type->name, "error")))
		i++;
	return i;
}

static struct sd_err *unknown(struct sd_checker *c, const struct sd_expr *x, const char *name)
{
	u32 i = !strcmp(name, "err") && c->scope->returns ? error_result(c) : c->scope->nresults;

	if (i < c->scope->nresults)
		return sd_err_hint(sd_ck_error(c, x, "no variable '%s' in %s%s", name,
					       c->scope->where, suggest(c, name)),
				   "the error that it returns has no name: ret.%u", i);
	if (c->scope->variables_why)
		return sd_ck_error(c, x, "no variable '%s' in %s: %s", name, c->scope->where,
				   c->scope->variables_why);
	if (c->scope->returns && !c->scope->nresults && c->scope->results_why)
		return sd_err_hint(sd_ck_error(c, x, "no variable '%s' in %s%s", name,
					       c->scope->where, suggest(c, name)),
				   "its results are not known: %s", c->scope->results_why);
	return sd_err_hint(sd_ck_error(c, x, "no variable '%s' in %s%s", name, c->scope->where,
				       suggest(c, name)),
			   "sonde explain TARGET '%s' lists what is in scope there",
			   c->scope->where);
}

static bool is_nil(struct sd_checker *c, const char *name)
{
	return !strcmp(name, "nil") ||
	       (c->scope->c_like && (!strcmp(name, "NULL") || !strcmp(name, "nullptr")));
}

struct sd_err *sd_ck_name(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	static const char *const functions[] = {"len",	  "cap",   "goid",     "pid",
						"tid",	  "now",   "duration", "hits",
						"caller", "stack", "matches"};
	struct sd_entity e = {0};
	bool found = false;

	if (variable(c, x->str, &e)) {
		SD_TRY(sd_ck_refused(c, x->str, x->start, x->end));
		return entity(c, x, &e, sd_arena_strdup(c->arena, x->str), ret);
	}
	if (!strcmp(x->str, "ret"))
		return result(c, x, NULL, ret);
	if (!strcmp(x->str, "true") || !strcmp(x->str, "false")) {
		*ret = sd_ck_constant_bool(c, x, x->str[0] == 't');
		return NULL;
	}
	if (is_nil(c, x->str)) {
		*ret = (struct sd_operand){.n = sd_ck_node(c, SD_NODE_NIL, x, NULL), .u = SD_U_NIL};
		return NULL;
	}
	SD_TRY(global(c, x, NULL, x->str, &e, &found));
	if (found) {
		SD_TRY(sd_ck_refused(c, x->str, x->start, x->end));
		return entity(c, x, &e, sd_arena_strdup(c->arena, x->str), ret);
	}
	for (size_t i = 0; i < SD_ARRAY_SIZE(functions); i++)
		if (!strcmp(functions[i], x->str))
			return sd_ck_error(c, x, "'%s' is a function: %s()", x->str, x->str);
	if (sd_type_basic(x->str))
		return sd_ck_error(c, x, "'%s' is a type, and a value is wanted", x->str);
	return unknown(c, x, x->str);
}

/* Units of package time: a binary has no constants that it does not use. */
static bool time_unit(const char *pkg, const char *name, s64 *ret)
{
	static const struct {
		const char *name;
		s64 ns;
	} units[] = {{"Nanosecond", 1},	     {"Microsecond", 1000},	{"Millisecond", 1000000},
		     {"Second", 1000000000}, {"Minute", 60000000000LL}, {"Hour", 3600000000000LL}};

	for (size_t i = 0; !strcmp(pkg, "time") && i < SD_ARRAY_SIZE(units); i++)
		if (!strcmp(units[i].name, name)) {
			*ret = units[i].ns;
			return true;
		}
	return false;
}

/* What stands before the last "." or "::" as the name of a package or namespace; NULL when it
 * cannot be one. */
static const char *package_text(struct sd_checker *c, const struct sd_expr *x)
{
	u32 name_at = x->end - (u32)SD_MIN(strlen(x->str), (size_t)(x->end - x->start));

	if (x->a->kind == SD_EXPR_STRING)
		return strlen(x->a->str) == x->a->n ? x->a->str : NULL;
	if (x->a->kind == SD_EXPR_NAME)
		return sd_ck_is_value(c, x->a) ? NULL : x->a->str;
	if (x->a->kind == SD_EXPR_FIELD && name_at > x->a->end && c->text[x->a->end] == ':')
		return sd_arena_strndup(c->arena, c->text + x->a->start, x->a->end - x->a->start);
	return NULL;
}

/* ret.err, where there are several results: the one of that name. */
static bool result_named(const struct sd_checker *c, const char *name, u32 *ret)
{
	const struct sd_scope *s = c->scope;
	struct sd_entity e = {0};

	for (*ret = 0; *ret < s->nresults; ++*ret)
		if (s->result && s->result(s->ctx, *ret, &e) && e.name && !strcmp(e.name, name))
			return true;
	return false;
}

struct sd_err *sd_ck_qualified(struct sd_checker *c, const struct sd_expr *x,
			       struct sd_operand *ret, bool *found_ret)
{
	struct sd_entity e = {0};
	const char *pkg;
	s64 ns;
	u32 i;

	*found_ret = true;
	if (x->a->kind == SD_EXPR_NAME && !strcmp(x->a->str, "ret") && x->str[0] &&
	    strspn(x->str, "0123456789") == strlen(x->str))
		return result(c, x, x->str, ret);
	if (x->a->kind == SD_EXPR_NAME && !strcmp(x->a->str, "ret") && c->scope->nresults > 1 &&
	    result_named(c, x->str, &i))
		return result(c, x, sd_arena_printf(c->arena, "%u", i), ret);
	pkg = package_text(c, x);
	if (pkg) {
		bool found = false;

		SD_TRY(global(c, x, pkg, x->str, &e, &found));
		if (found) {
			SD_TRY(sd_ck_refused(c, x->str, x->start, x->end));
			return entity(c, x, &e,
				      sd_arena_printf(c->arena,
						      c->scope->c_like ? "%s::%s" : "%s.%s", pkg,
						      x->str),
				      ret);
		}
		if (!c->scope->c_like && time_unit(pkg, x->str, &ns)) {
			*ret = sd_ck_int(c, x, SD_U_INT, ns);
			ret->duration = true;
			return NULL;
		}
		if (x->a->kind == SD_EXPR_NAME)
			return sd_err_hint(
				sd_ck_error(c, x,
					    "no variable '%s' in %s, and no package variable or "
					    "constant '%s.%s'%s",
					    pkg, c->scope->where, pkg, x->str, suggest(c, pkg)),
				"sonde explain TARGET '%s' lists what is in scope there",
				c->scope->where);
		if (x->a->kind == SD_EXPR_STRING)
			return sd_ck_error(c, x, "no variable or constant '%s' in package \"%s\"",
					   x->str, pkg);
	}
	*found_ret = false;
	return NULL;
}
