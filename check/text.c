/* SPDX-License-Identifier: BSD-2-Clause */
/* Text: what counts as a string, the functions of package strings that are there, regular
 * expressions. */
#include <string.h>

#include "check/checker.h"
#include "expr/regex.h"

bool sd_ck_is_c_text(struct sd_checker *c, struct sd_type *t)
{
	return c->scope->c_like && (t->kind == SD_KIND_PTR || t->kind == SD_KIND_ARRAY) &&
	       sd_ck_is_byte(sd_type_elem(t));
}

struct sd_err *sd_ck_text(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *o)
{
	struct sd_type *t;
	struct sd_node *n;

	SD_TRY(sd_ck_default(c, x, o));
	if (o->u == SD_U_NIL)
		return sd_ck_error(c, x, "text is wanted, and %s is nil", sd_ck_source(c, x));
	t = o->n->type;
	if (t->kind == SD_KIND_STRING)
		return NULL;
	if (!(t->kind == SD_KIND_SLICE && sd_ck_is_byte(sd_type_elem(t))) &&
	    !sd_ck_is_c_text(c, t)) {
		struct sd_err *err = sd_ck_error(c, x, "text is wanted, and %s is %s",
						 sd_ck_source(c, x), sd_ck_type_name(t));

		if (sd_ck_is_iface(t))
			return sd_err_hint(err, "an error's text is %.*s.Error()",
					   (int)(x->end - x->start), c->text + x->start);
		return err;
	}
	n = sd_ck_node(c, SD_NODE_CONVERT, x, sd_type_basic("string"));
	n->a = o->n;
	*o = sd_ck_typed(n);
	return NULL;
}

static u8 lower(u8 ch)
{
	return ch >= 'A' && ch <= 'Z' ? (u8)(ch | 0x20) : ch;
}

static bool fold_equal(const struct sd_constant *a, const struct sd_constant *b)
{
	if (a->n != b->n)
		return false;
	for (u64 i = 0; i < a->n; i++)
		if (lower((u8)a->bytes[i]) != lower((u8)b->bytes[i]))
			return false;
	return true;
}

static bool decide(enum sd_node_kind kind, const struct sd_constant *a, const struct sd_constant *b)
{
	if (kind == SD_NODE_FOLD)
		return fold_equal(a, b);
	if (b->n > a->n)
		return false;
	if (!b->n)
		return true;
	if (kind == SD_NODE_PREFIX)
		return !memcmp(a->bytes, b->bytes, b->n);
	if (kind == SD_NODE_SUFFIX)
		return !memcmp(a->bytes + a->n - b->n, b->bytes, b->n);
	return memmem(a->bytes, a->n, b->bytes, b->n);
}

struct sd_err *sd_ck_strings(struct sd_checker *c, const struct sd_expr *x, const char *pkg,
			     const char *name, struct sd_operand *ret)
{
	static const struct {
		const char *name;
		enum sd_node_kind kind;
	} functions[] = {{"HasPrefix", SD_NODE_PREFIX},
			 {"HasSuffix", SD_NODE_SUFFIX},
			 {"Contains", SD_NODE_CONTAINS},
			 {"EqualFold", SD_NODE_FOLD}};
	struct sd_operand a, b;
	struct sd_node *n;
	size_t i = 0;

	while (i < SD_ARRAY_SIZE(functions) && strcmp(functions[i].name, name))
		i++;
	if (i == SD_ARRAY_SIZE(functions))
		return sd_ck_error(c, x->a,
				   "%s.%s is not there: %s has HasPrefix, HasSuffix, Contains and "
				   "EqualFold; matches(s, \"REGEX\") does the rest",
				   pkg, name, pkg);
	if (x->nargs != 2)
		return sd_ck_error(c, x, "%s.%s takes two strings", pkg, name);
	SD_TRY(sd_ck_expr(c, x->args[0], &a));
	SD_TRY(sd_ck_text(c, x->args[0], &a));
	SD_TRY(sd_ck_expr(c, x->args[1], &b));
	SD_TRY(sd_ck_text(c, x->args[1], &b));
	if (sd_ck_is_const(&a) && sd_ck_is_const(&b)) {
		*ret = sd_ck_constant_bool(
			c, x, decide(functions[i].kind, &a.n->constant, &b.n->constant));
		return NULL;
	}
	n = sd_ck_node(c, functions[i].kind, x, sd_type_basic("bool"));
	n->a = a.n;
	n->b = b.n;
	*ret = sd_ck_typed(n);
	return NULL;
}

static struct sd_err *compile(struct sd_checker *c, const struct sd_expr *x,
			      const struct sd_constant *k, void **ret)
{
	enum { MAX_LENGTH = 256 };
	const char *re = sd_arena_strndup(c->arena, k->bytes, k->n);
	char msg[SD_REGEX_MESSAGE];
	void *compiled;

	if (memchr(k->bytes, '\0', k->n))
		return sd_ck_error(c, x, "a regular expression holds no NUL");
	compiled = sd_regex_compile(re, MAX_LENGTH, msg);
	if (!compiled)
		return sd_ck_error(c, x, "bad regular expression: %s", msg);
	sd_vec_push(&c->regexes, compiled);
	*ret = compiled;
	return NULL;
}

struct sd_err *sd_ck_matches(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	struct sd_operand a, b;
	struct sd_node *n;

	if (x->nargs != 2)
		return sd_ck_error(c, x, "matches takes two arguments: matches(text, \"REGEX\")");
	SD_TRY(sd_ck_expr(c, x->args[0], &a));
	SD_TRY(sd_ck_text(c, x->args[0], &a));
	SD_TRY(sd_ck_expr(c, x->args[1], &b));
	if (!sd_ck_is_const(&b) || b.n->constant.kind != SD_KIND_STRING)
		return sd_ck_error(c, x->args[1],
				   "a regular expression is a constant string: \"^user/\"");
	SD_TRY(sd_ck_default(c, x->args[1], &b));
	n = sd_ck_node(c, SD_NODE_MATCHES, x, sd_type_basic("bool"));
	SD_TRY(compile(c, x->args[1], &b.n->constant, &n->regex));
	n->a = a.n;
	n->b = b.n;
	*ret = sd_ck_typed(n);
	return NULL;
}
