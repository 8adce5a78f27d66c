/* SPDX-License-Identifier: BSD-2-Clause */
/* From a tree to a typed tree: which part of check answers for which kind of expression. */
#include "check/check.h"

#include <regex.h>
#include <stdlib.h>

#include "check/checker.h"

struct sd_err *sd_ck_expr(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	switch (x->kind) {
	case SD_EXPR_INT:
		*ret = sd_ck_int(c, x, x->rune ? SD_U_RUNE : SD_U_INT, (s128)x->num);
		ret->duration = x->duration;
		return NULL;
	case SD_EXPR_FLOAT:
		*ret = sd_ck_float(c, x, x->f);
		return NULL;
	case SD_EXPR_STRING:
		*ret = sd_ck_string(c, x, sd_arena_memdup(c->arena, x->str, x->n), x->n);
		return NULL;
	case SD_EXPR_NAME:
		return sd_ck_name(c, x, ret);
	case SD_EXPR_FIELD:
		return sd_ck_field(c, x, ret);
	case SD_EXPR_INDEX:
		return sd_ck_index(c, x, ret);
	case SD_EXPR_SLICE:
		return sd_ck_slice(c, x, ret);
	case SD_EXPR_UNARY:
		return sd_ck_unary(c, x, ret);
	case SD_EXPR_BINARY:
		return sd_ck_binary(c, x, ret);
	case SD_EXPR_CALL:
		return sd_ck_call(c, x, ret);
	case SD_EXPR_ASSERT:
		return sd_ck_assert(c, x, ret);
	case SD_EXPR_TYPEOF:
		return sd_ck_typeof(c, x, ret);
	case SD_EXPR_TYPE:
		break;
	}
	return sd_ck_error(c, x, "%s is a type, and a value is wanted", sd_ck_source(c, x));
}

struct sd_err *sd_ck_value(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	struct sd_operand o;

	SD_TRY(sd_ck_expr(c, x, &o));
	SD_TRY(sd_ck_default(c, x, &o));
	if (o.u == SD_U_NIL)
		return sd_ck_error(c, x, "nil can only be compared with something");
	*ret = o;
	return NULL;
}

struct stack_search {
	const struct sd_node *root, *found;
};

static bool find_stack(void *ctx, const struct sd_node *n)
{
	struct stack_search *s = ctx;

	if (n->kind == SD_NODE_STACK && n != s->root)
		s->found = n;
	return true;
}

static bool find_return(void *ctx, const struct sd_node *n)
{
	bool *found = ctx;

	*found |= n->kind == SD_NODE_DURATION ||
		  (n->kind == SD_NODE_VAR && n->when == SD_AT_RETURN);
	return !*found;
}

static void read_globals(struct sd_node *n, enum sd_when when)
{
	if (!n)
		return;
	if (n->kind == SD_NODE_GLOBAL)
		n->when = when;
	read_globals(n->a, when);
	read_globals(n->b, when);
	read_globals(n->c, when);
}

/* Package variables are read at the hit that the rest of their part of a conjunction needs. */
static void settle_globals(struct sd_node *n, bool at_return)
{
	if (n->kind == SD_NODE_AND) {
		settle_globals(n->a, at_return);
		settle_globals(n->b, at_return);
		return;
	}
	sd_node_walk(n, find_return, &at_return);
	read_globals(n, at_return ? SD_AT_RETURN : SD_AT_HIT);
}

static struct sd_err *whole(struct sd_checker *c, const struct sd_expr *x, bool condition,
			    struct sd_node **ret)
{
	struct sd_operand o;
	struct stack_search search = {0};

	SD_TRY(sd_ck_value(c, x, &o));
	if (condition)
		SD_TRY(sd_ck_bool(c, x, "a condition", &o));
	search.root = o.n;
	sd_node_walk(o.n, find_stack, &search);
	if (search.found)
		return sd_ck_err(c, search.found->start, search.found->end,
				 "stack() can only stand alone");
	settle_globals(o.n, c->scope->return_alone);
	*ret = o.n;
	return NULL;
}

static struct sd_err *check(const struct sd_expr *x, const char *text, const struct sd_scope *scope,
			    struct sd_arena *arena, bool condition, struct sd_node **ret)
{
	struct sd_checker c = {.text = text, .scope = scope, .arena = arena};
	struct sd_err *err = whole(&c, x, condition, ret);

	for (size_t i = 0; err && i < c.regexes.n; i++) {
		regfree(c.regexes.v[i]);
		free(c.regexes.v[i]);
	}
	sd_vec_free(&c.regexes);
	return err;
}

struct sd_err *sd_check(const struct sd_expr *x, const char *text, const struct sd_scope *scope,
			struct sd_arena *arena, struct sd_node **ret)
{
	return check(x, text, scope, arena, false, ret);
}

struct sd_err *sd_check_condition(const struct sd_expr *x, const char *text,
				  const struct sd_scope *scope, struct sd_arena *arena,
				  struct sd_node **ret)
{
	return check(x, text, scope, arena, true, ret);
}
