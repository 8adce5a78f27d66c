/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of check/check.h about types and shapes of nodes, once more and independently. */
#include "tests/expr_tree.h"

#include <string.h>

static bool is_int(const struct sd_type *t)
{
	return t->kind == SD_KIND_INT || t->kind == SD_KIND_UINT || t->kind == SD_KIND_ENUM;
}

static bool is_bool(const struct sd_node *n)
{
	return n && n->type && n->type->kind == SD_KIND_BOOL;
}

static bool is_string(const struct sd_node *n)
{
	return n && n->type && n->type->kind == SD_KIND_STRING;
}

static const char *constant(const struct sd_node *n)
{
	const struct sd_constant *k = &n->constant;
	enum sd_kind kind = n->type->kind == SD_KIND_ENUM ? n->type->elem->kind : n->type->kind;
	u32 unused = n->type->size < 8 ? 64 - 8 * (u32)n->type->size : 0;

	if (k->kind != kind)
		return "a constant of another kind than its type";
	switch (kind) {
	case SD_KIND_BOOL:
		return k->u > 1 ? "a bool that is neither 0 nor 1" : NULL;
	case SD_KIND_UINT:
		return k->u << unused >> unused != k->u ? "an unsigned constant that does not fit"
							: NULL;
	case SD_KIND_INT:
		return (s64)(k->u << unused) >> unused != k->s ? "a constant that does not fit"
							       : NULL;
	case SD_KIND_FLOAT:
		return n->type->size == 4 && k->f == k->f && (double)(float)k->f != k->f
			       ? "a float32 that is not rounded"
			       : NULL;
	case SD_KIND_STRING:
		return k->n && !k->bytes ? "a string without bytes" : NULL;
	default:
		return "a constant of a kind that has none";
	}
}

static bool nil_able(const struct sd_type *t)
{
	return sd_type_is_pointer_shaped(t) || t->kind == SD_KIND_SLICE ||
	       t->kind == SD_KIND_IFACE || t->kind == SD_KIND_EFACE;
}

static const char *compare(const struct sd_node *n)
{
	bool order = n->op != SD_XOP_EQ && n->op != SD_XOP_NE;
	struct sd_type *a = n->a->type, *b;

	if (n->op < SD_XOP_EQ || n->op > SD_XOP_GE || !is_bool(n) || !n->b)
		return "a comparison that is none";
	if (!a)
		return "nil on the left";
	if (n->b->kind == SD_NODE_NIL)
		return !nil_able(a) || order ? "nil beside what has none" : NULL;
	b = n->b->type;
	switch (a->kind) {
	case SD_KIND_INT:
	case SD_KIND_UINT:
	case SD_KIND_ENUM:
	case SD_KIND_FLOAT:
	case SD_KIND_STRING:
		return sd_type_same(a, b) ? NULL : "operands of two types";
	case SD_KIND_BOOL:
	case SD_KIND_PTR:
	case SD_KIND_CHAN:
	case SD_KIND_IFACE:
	case SD_KIND_EFACE:
	case SD_KIND_COMPLEX:
		return order		    ? "an order of what has none"
		       : a->kind == b->kind ? NULL
					    : "operands of two kinds";
	default:
		return "a comparison of a kind that has none";
	}
}

static const char *arith(const struct sd_node *n)
{
	struct sd_type *t = n->type;

	if (!n->b || !sd_type_same(n->a->type, t))
		return "arithmetic of another type";
	if (n->op == SD_XOP_SHL || n->op == SD_XOP_SHR)
		return is_int(t) && is_int(n->b->type) ? NULL : "a shift of no integers";
	if (n->op < SD_XOP_MUL || n->op > SD_XOP_XOR || !sd_type_same(n->b->type, t))
		return "arithmetic of two types";
	if (t->kind == SD_KIND_STRING)
		return n->op == SD_XOP_ADD ? NULL : "arithmetic of strings";
	if (t->kind == SD_KIND_FLOAT)
		return n->op == SD_XOP_ADD || n->op == SD_XOP_SUB || n->op == SD_XOP_MUL ||
				       n->op == SD_XOP_DIV
			       ? NULL
			       : "no operator of floats";
	return is_int(t) ? NULL : "arithmetic of no numbers";
}

static const char *index_of(const struct sd_node *n, bool c_like)
{
	enum sd_kind k = n->a->type->kind;

	if (k != SD_KIND_ARRAY && k != SD_KIND_SLICE && k != SD_KIND_STRING &&
	    !(c_like && k == SD_KIND_PTR))
		return "an index of what has no elements";
	if (n->kind == SD_NODE_SLICE) {
		if ((n->b && !is_int(n->b->type)) || (n->c && !is_int(n->c->type)))
			return "a bound that is no integer";
		if (k == SD_KIND_PTR && (!n->b || !n->c))
			return "a slice of a pointer without both bounds";
		return (k == SD_KIND_STRING) == (n->type->kind == SD_KIND_STRING) &&
				       (n->type->kind == SD_KIND_STRING ||
					n->type->kind == SD_KIND_SLICE)
			       ? NULL
			       : "a slice of another type";
	}
	if (!n->b || !is_int(n->b->type))
		return "an index that is no integer";
	if (k == SD_KIND_STRING)
		return n->type->kind == SD_KIND_UINT && n->type->size == 1 ? NULL
									   : "a byte of a string";
	return n->type == sd_type_elem(n->a->type) ? NULL : "an element of another type";
}

static const char *field(const struct sd_node *n)
{
	struct sd_type *t = n->a->type;

	if (t->kind != SD_KIND_STRUCT && t->kind != SD_KIND_UNION)
		return "a field of what has none";
	if (n->field < t->fields || n->field >= t->fields + t->nfields)
		return "a field of another struct";
	return n->field->type == n->type && !strcmp(n->name, n->field->name)
		       ? NULL
		       : "a field of another type";
}

static const char *converted(const struct sd_node *n, bool c_like)
{
	struct sd_type *a = n->a->type, *t = n->type;
	bool a_number = is_int(a) || a->kind == SD_KIND_FLOAT;
	bool t_number = is_int(t) || t->kind == SD_KIND_FLOAT;

	if (a_number && t_number)
		return NULL;
	if (c_like && a->kind == SD_KIND_BOOL && is_int(t))
		return NULL;
	if (t->kind == SD_KIND_STRING && a->kind != SD_KIND_STRING)
		return (a->kind == SD_KIND_SLICE ||
			(c_like && (a->kind == SD_KIND_PTR || a->kind == SD_KIND_ARRAY))) &&
				       sd_type_elem(a)->size == 1
			       ? NULL
			       : "no text";
	if (is_int(t) && t->size == 8 && sd_type_is_pointer_shaped(a))
		return NULL;
	if (t->kind == SD_KIND_PTR && is_int(a) && a->size == 8)
		return NULL;
	return a->kind == t->kind ? NULL : "a conversion between kinds";
}

static const char *interface(const struct sd_node *n)
{
	enum sd_kind k = n->a->type->kind;

	if (k != SD_KIND_IFACE && k != SD_KIND_EFACE)
		return "a type test of no interface";
	if (n->kind == SD_NODE_IS_TYPE)
		return is_bool(n) && (n->op == SD_XOP_EQ || n->op == SD_XOP_NE) && n->name
			       ? NULL
			       : "no type test";
	return n->name ? NULL : "an assertion without a name";
}

static const char *measure(const struct sd_node *n)
{
	enum sd_kind k = n->a->type->kind;
	bool both = k == SD_KIND_SLICE || k == SD_KIND_CHAN;

	if (!sd_type_same(n->type, sd_type_basic("int")))
		return "a length that is no int";
	return both || (n->kind == SD_NODE_LEN && (k == SD_KIND_STRING || k == SD_KIND_MAP))
		       ? NULL
		       : "a length of what has none";
}

/* n alone; its children have types. */
static const char *node(const struct sd_node *n, bool c_like)
{
	switch (n->kind) {
	case SD_NODE_CONST:
		return constant(n);
	case SD_NODE_NIL:
		return n->type ? "nil with a type" : NULL;
	case SD_NODE_VAR:
	case SD_NODE_GLOBAL:
		return n->name ? NULL : "a variable without a name";
	case SD_NODE_DEREF:
		return n->a->type->kind == SD_KIND_PTR && n->type == sd_type_elem(n->a->type) &&
				       n->type->kind != SD_KIND_VOID
			       ? NULL
			       : "no pointer is followed";
	case SD_NODE_ADDR:
		return n->type->kind == SD_KIND_PTR && n->type->elem == n->a->type ? NULL
										   : "no address";
	case SD_NODE_FIELD:
		return field(n);
	case SD_NODE_INDEX:
	case SD_NODE_SLICE:
		return index_of(n, c_like);
	case SD_NODE_MAPINDEX:
		return n->a->type->kind == SD_KIND_MAP && n->b &&
				       n->type == sd_type_elem(n->a->type) &&
				       (sd_type_same(n->b->type, sd_type_key(n->a->type)) ||
					(is_bool(n->b) &&
					 sd_type_key(n->a->type)->kind == SD_KIND_BOOL))
			       ? NULL
			       : "no element of a map";
	case SD_NODE_LEN:
	case SD_NODE_CAP:
		return measure(n);
	case SD_NODE_NEG:
		return sd_type_same(n->type, n->a->type) &&
				       (is_int(n->type) || n->type->kind == SD_KIND_FLOAT)
			       ? NULL
			       : "- of no number";
	case SD_NODE_COMPL:
		return sd_type_same(n->type, n->a->type) && is_int(n->type) ? NULL
									    : "^ of no integer";
	case SD_NODE_NOT:
		return is_bool(n) && is_bool(n->a) ? NULL : "! of no bool";
	case SD_NODE_AND:
	case SD_NODE_OR:
		return is_bool(n) && is_bool(n->a) && is_bool(n->b) ? NULL : "&& of no bools";
	case SD_NODE_ARITH:
		return arith(n);
	case SD_NODE_COMPARE:
		return compare(n);
	case SD_NODE_CONVERT:
		return converted(n, c_like);
	case SD_NODE_MATCHES:
		if (!n->regex || n->b->kind != SD_NODE_CONST)
			return "no regular expression";
		/* fall through */
	case SD_NODE_PREFIX:
	case SD_NODE_SUFFIX:
	case SD_NODE_CONTAINS:
	case SD_NODE_FOLD:
		return is_bool(n) && is_string(n->a) && is_string(n->b) ? NULL : "no text";
	case SD_NODE_IS_TYPE:
	case SD_NODE_ASSERT:
		return interface(n);
	case SD_NODE_ERROR:
	case SD_NODE_CALLER:
		return is_string(n) ? NULL : "no string";
	case SD_NODE_GOID:
	case SD_NODE_PID:
	case SD_NODE_TID:
	case SD_NODE_NOW:
	case SD_NODE_DURATION:
	case SD_NODE_HITS:
		return is_int(n->type) ? NULL : "no integer";
	case SD_NODE_STACK:
		return n->type->kind == SD_KIND_SLICE ? NULL : "no list";
	}
	return "a node of no kind";
}

static bool is_leaf(enum sd_node_kind k)
{
	return k == SD_NODE_CONST || k == SD_NODE_NIL || k == SD_NODE_VAR || k == SD_NODE_GLOBAL ||
	       (k >= SD_NODE_GOID && k <= SD_NODE_STACK);
}

static const char *wrong(const struct sd_node *n, bool c_like, u32 len, bool root, bool nil)
{
	const struct sd_node *children[] = {n->a, n->b, n->c};
	const char *why;

	if (n->start > n->end || n->end > len)
		return "a span outside of the text";
	if (n->kind == SD_NODE_NIL ? !nil : !n->type)
		return "a node without a type";
	if (n->kind == SD_NODE_STACK && !root)
		return "a stack within an expression";
	if (is_leaf(n->kind) ? n->a || n->b || n->c : !n->a)
		return "too many or too few operands";
	for (int i = 0; i < 3; i++) {
		why = children[i] ? wrong(children[i], c_like, len, false,
					  n->kind == SD_NODE_COMPARE && i == 1)
				  : NULL;
		if (why)
			return why;
	}
	return node(n, c_like);
}

const char *sd_tree_wrong(const struct sd_node *n, bool c_like, u32 len)
{
	return wrong(n, c_like, len, true, false);
}
