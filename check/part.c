/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of values: fields (promoted ones too), elements, slices. */
#include <string.h>

#include "base/buf.h"
#include "check/checker.h"

static bool is_record(const struct sd_type *t)
{
	return t->kind == SD_KIND_STRUCT || t->kind == SD_KIND_UNION;
}

/* A struct within a struct in the search for a field; by whom it was reached. */
struct hop {
	struct sd_type *type;
	const struct sd_field *via; /* of from's type; NULL: the struct itself */
	u32 from;
	u32 level;
	bool deref; /* via is a pointer to type */
};

enum { MAX_HOPS = 256 };

/* The struct that an embedded field leads to; NULL: none. */
static struct sd_type *embedded(const struct sd_field *f, bool *deref_ret)
{
	struct sd_type *t = f->type;

	*deref_ret = false;
	if (!t || !(f->embedded || !f->name[0]))
		return NULL;
	if (t->kind == SD_KIND_PTR && f->embedded) {
		*deref_ret = true;
		t = sd_type_elem(t);
	}
	return is_record(t) ? t : NULL;
}

static bool was_there(const struct hop *hops, u32 n, const struct hop *h)
{
	for (u32 i = 0; i < n; i++)
		if (hops[i].type == h->type && hops[i].level < h->level)
			return true;
	return false;
}

/* Breadth first (Go specification, "Selectors"): how many fields of that name are at the shallowest
 * level. The first is field *ret of hops[*at_ret]. */
static u32 search(struct sd_type *t, const char *name, struct hop *hops, u32 *nhops_ret,
		  u32 *at_ret, const struct sd_field **ret, u32 *other_ret)
{
	u32 n = 1, found = 0;

	hops[0] = (struct hop){.type = t};
	for (u32 i = 0; i < n; i++) {
		struct sd_type *s = sd_type_complete(hops[i].type);

		if (found && hops[i].level > hops[*at_ret].level)
			break;
		for (u32 f = 0; f < s->nfields; f++) {
			struct hop next = {
				.via = &s->fields[f], .from = i, .level = hops[i].level + 1};

			if (!strcmp(s->fields[f].name, name) && name[0]) {
				if (found++) {
					*other_ret = i;
					continue;
				}
				*at_ret = i;
				*ret = &s->fields[f];
			}
			next.type = embedded(&s->fields[f], &next.deref);
			if (next.type && n < MAX_HOPS && !was_there(hops, n, &next))
				hops[n++] = next;
		}
	}
	*nhops_ret = n;
	return found;
}

static struct sd_node *deref(struct sd_checker *c, const struct sd_expr *x, struct sd_node *a)
{
	struct sd_node *n = sd_ck_node(c, SD_NODE_DEREF, x, sd_type_elem(a->type));

	n->end = a->end;
	n->a = a;
	return n;
}

static struct sd_node *field_node(struct sd_checker *c, const struct sd_expr *x, struct sd_node *a,
				  const struct sd_field *f)
{
	struct sd_node *n = sd_ck_node(c, SD_NODE_FIELD, x, f->type ? f->type : sd_type_unknown());

	n->a = a;
	n->field = f;
	n->name = f->name;
	return n;
}

/* base.path…, where path are the embedded structs down to hops[at] */
static struct sd_err *follow(struct sd_checker *c, const struct sd_expr *x, const struct hop *hops,
			     u32 at, struct sd_node **n)
{
	if (!at)
		return NULL;
	SD_TRY(follow(c, x, hops, hops[at].from, n));
	SD_TRY(sd_ck_refused(c, hops[at].via->name, x->start, x->end));
	*n = field_node(c, x, *n, hops[at].via);
	if (hops[at].deref)
		*n = deref(c, x, *n);
	return NULL;
}

/* All structs of a search. */
struct hops {
	const struct hop *v;
	u32 n;
};

static const char *next_field(void *ctx, u32 i)
{
	const struct hops *hops = ctx;

	for (u32 h = 0; h < hops->n; i -= hops->v[h++].type->nfields)
		if (i < hops->v[h].type->nfields)
			return hops->v[h].type->fields[i].name;
	return NULL;
}

static struct sd_err *no_field(struct sd_checker *c, u32 start, u32 end, struct hops *hops,
			       const char *name)
{
	enum { FEW = 10 };
	const char *near = sd_ck_nearest(name, next_field, hops);
	const struct sd_type *t = hops->v[0].type;
	struct sd_buf b = {0};
	struct sd_err *err;
	u32 n = 0;

	if (near)
		sd_buf_printf(&b, "; nearest: %s", near);
	for (u32 h = 0; t->nfields <= FEW && h < hops->n; h++) {
		const struct hop *hop = &hops->v[h];

		if (hop->via && hop->via->name[0]) /* promoted fields are not listed, those of C's
						      anonymous members are */
			continue;
		for (u32 i = 0; i < hop->type->nfields; i++)
			if (hop->type->fields[i].name[0] && strcmp(hop->type->fields[i].name, "_"))
				sd_buf_printf(&b, "%s%s",
					      n++ ? ", " : "; it has: ", hop->type->fields[i].name);
	}
	if (!t->nfields)
		sd_buf_str(&b, "; it has none");
	err = sd_ck_err(c, start, end, "%s has no field '%s'%s", sd_ck_type_name(t), name,
			sd_buf_cstr(&b));
	sd_buf_deinit(&b);
	return err;
}

static struct sd_err *no_fields(struct sd_checker *c, const struct sd_expr *x, struct sd_type *t)
{
	struct sd_err *err = sd_ck_error(c, x->a, "%s is of type %s, which has no fields",
					 sd_ck_source(c, x->a), sd_ck_type_name(t));

	if (sd_ck_is_iface(t))
		return sd_err_hint(err,
				   "an interface's fields are those of the type that it holds: "
				   "%.*s.(*T).%s",
				   (int)(x->a->end - x->a->start), c->text + x->a->start, x->str);
	if (t->kind == SD_KIND_PTR && sd_type_elem(t)->kind == SD_KIND_PTR)
		return sd_err_hint(err, "what it points to is *%.*s",
				   (int)(x->a->end - x->a->start), c->text + x->a->start);
	if (t->kind == SD_KIND_MAP)
		return sd_err_hint(err, "an element of a map is m[\"%s\"]", x->str);
	if (t->kind == SD_KIND_UNKNOWN)
		return sd_err_hint(err, "the binary does not describe that type");
	return err;
}

/* Field x->str of a, a struct or union. */
static struct sd_err *select_field(struct sd_checker *c, const struct sd_expr *x, struct sd_node *a,
				   struct sd_operand *ret)
{
	u32 start = x->end - (u32)SD_MIN(strlen(x->str), (size_t)(x->end - x->start));
	struct hop hops[MAX_HOPS];
	const struct sd_field *f = NULL;
	struct sd_type *t = a->type;
	u32 at = 0, other = 0, nhops = 0, n;

	n = search(t, x->str, hops, &nhops, &at, &f, &other);
	if (!n || !strcmp(x->str, "_"))
		return no_field(c, start, x->end, &(struct hops){hops, nhops}, x->str);
	if (n > 1)
		return sd_ck_err(c, start, x->end, "%s has several fields '%s': in %s and in %s",
				 sd_ck_type_name(t), x->str, sd_ck_type_name(hops[at].type),
				 sd_ck_type_name(hops[other].type));
	SD_TRY(sd_ck_refused(c, x->str, start, x->end));
	SD_TRY(follow(c, x, hops, at, &a));
	*ret = sd_ck_typed(field_node(c, x, a, f));
	return NULL;
}

struct sd_err *sd_ck_field(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	struct sd_operand o;
	bool found = false;

	SD_TRY(sd_ck_qualified(c, x, ret, &found));
	if (found)
		return NULL;
	SD_TRY(sd_ck_value(c, x->a, &o));
	if (o.n->type->kind == SD_KIND_PTR && is_record(sd_type_elem(o.n->type)))
		o.n = deref(c, x, o.n);
	if (!is_record(o.n->type))
		return no_fields(c, x, o.n->type);
	return select_field(c, x, o.n, ret);
}

/* An index or a bound: an integer; *known_ret: a constant, *ret its value. */
static struct sd_err *whole_number(struct sd_checker *c, const struct sd_expr *x, bool negative,
				   struct sd_node **node_ret, bool *known_ret, s64 *ret)
{
	struct sd_operand o;

	SD_TRY(sd_ck_expr(c, x, &o));
	if (o.u == SD_U_INT || o.u == SD_U_RUNE || o.u == SD_U_FLOAT)
		SD_TRY(sd_ck_give_type(c, x, sd_type_basic("int"), &o));
	if (o.u != SD_TYPED || !sd_ck_is_int(o.n->type))
		return sd_ck_error(c, x, "an index is an integer, and %s is %s", sd_ck_source(c, x),
				   o.u == SD_U_NIL ? "nil" : sd_ck_type_name(o.n->type));
	*known_ret = sd_ck_is_const(&o);
	if (*known_ret) {
		s128 v = sd_ck_int_of(&o);

		if (v < 0 && !negative)
			return sd_ck_error(c, x, "an index is not negative");
		if (v > INT64_MAX)
			return sd_ck_error(c, x, "the index does not fit int");
		*ret = (s64)v;
	}
	*node_ret = o.n;
	return NULL;
}

static struct sd_err *map_index(struct sd_checker *c, const struct sd_expr *x, struct sd_node *map,
				struct sd_operand *ret)
{
	struct sd_type *key = sd_type_key(map->type);
	struct sd_operand k;
	struct sd_node *n;

	switch (key->kind) {
	case SD_KIND_BOOL:
	case SD_KIND_STRING:
	case SD_KIND_PTR:
	case SD_KIND_CHAN:
		break;
	default:
		if (!sd_ck_is_int(key) && !sd_ck_is_float(key))
			return sd_ck_error(c, x,
					   "elements of %s cannot be asked for: its keys are %s "
					   "(bools, numbers, strings and pointers can be)",
					   sd_ck_type_name(map->type), sd_ck_type_name(key));
	}
	SD_TRY(sd_ck_expr(c, x->b, &k));
	if (k.n->kind == SD_NODE_CONST && k.n->constant.kind == SD_KIND_STRING)
		SD_TRY(sd_ck_refused(
			c, sd_arena_strndup(c->arena, k.n->constant.bytes, k.n->constant.n),
			x->b->start, x->b->end));
	if (k.u == SD_U_NIL)
		return sd_ck_error(c, x->b, "nil is no key");
	if (!k.u || sd_ck_may_be(&k, key))
		SD_TRY(sd_ck_give_type(c, x->b, key, &k));
	if (k.u)
		return sd_ck_error(c, x->b, "%s is %s, and the keys of %s are %s",
				   sd_ck_source(c, x->b), sd_ck_describe(&k),
				   sd_ck_type_name(map->type), sd_ck_type_name(key));
	if (!sd_type_same(k.n->type, key) &&
	    !(key->kind == SD_KIND_BOOL && k.n->type->kind == SD_KIND_BOOL))
		return sd_ck_error(c, x->b, "%s is %s, and the keys of %s are %s",
				   sd_ck_source(c, x->b), sd_ck_type_name(k.n->type),
				   sd_ck_type_name(map->type), sd_ck_type_name(key));
	n = sd_ck_node(c, SD_NODE_MAPINDEX, x, sd_type_elem(map->type));
	n->a = map;
	n->b = k.n;
	*ret = sd_ck_typed(n);
	return NULL;
}

/* What of a value can be indexed or sliced: Go goes through a pointer to an array by itself. */
static struct sd_node *indexable(struct sd_checker *c, const struct sd_expr *x, struct sd_node *n)
{
	if (n->type->kind == SD_KIND_PTR && !c->scope->c_like &&
	    sd_type_elem(n->type)->kind == SD_KIND_ARRAY)
		return deref(c, x->a, n);
	return n;
}

static bool has_size(const struct sd_type *t)
{
	return t->kind != SD_KIND_UNKNOWN && t->kind != SD_KIND_VOID && t->size;
}

struct sd_err *sd_ck_index(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	struct sd_type *elem = NULL;
	struct sd_operand a;
	struct sd_node *i, *n;
	bool known = false;
	s64 v = 0;

	SD_TRY(sd_ck_value(c, x->a, &a));
	a.n = indexable(c, x, a.n);
	switch (a.n->type->kind) {
	case SD_KIND_MAP:
		return map_index(c, x, a.n, ret);
	case SD_KIND_STRING:
		elem = sd_type_basic("uint8");
		break;
	case SD_KIND_ARRAY:
	case SD_KIND_SLICE:
		elem = sd_type_elem(a.n->type);
		break;
	case SD_KIND_PTR:
		if (c->scope->c_like && has_size(sd_type_elem(a.n->type)))
			elem = sd_type_elem(a.n->type);
		break;
	default:
		break;
	}
	if (!elem)
		return sd_ck_error(c, x->a, "%s is of type %s, which has no elements",
				   sd_ck_source(c, x->a), sd_ck_type_name(a.n->type));
	SD_TRY(whole_number(c, x->b, a.n->type->kind == SD_KIND_PTR, &i, &known, &v));
	if (known && a.n->type->kind == SD_KIND_ARRAY && (u64)v >= a.n->type->count)
		return sd_ck_error(c, x->b, "index %lld is out of range of %s (0 to %lld)",
				   (long long)v, sd_ck_type_name(a.n->type),
				   (long long)a.n->type->count - 1);
	if (known && sd_ck_is_const(&a)) {
		if ((u64)v >= a.n->constant.n)
			return sd_ck_error(c, x->b, "index %lld is out of range of %s",
					   (long long)v, sd_ck_source(c, x->a));
		*ret = sd_ck_int(c, x, SD_U_INT, (u8)a.n->constant.bytes[v]);
		return sd_ck_give_type(c, x, elem, ret);
	}
	n = sd_ck_node(c, SD_NODE_INDEX, x, elem);
	n->a = a.n;
	n->b = i;
	*ret = sd_ck_typed(n);
	return NULL;
}

struct sd_err *sd_ck_slice(struct sd_checker *c, const struct sd_expr *x, struct sd_operand *ret)
{
	struct sd_type *type = NULL;
	bool known[2] = {false, false};
	struct sd_operand a;
	struct sd_node *n;
	s64 v[2] = {0, 0};

	SD_TRY(sd_ck_value(c, x->a, &a));
	a.n = indexable(c, x, a.n);
	switch (a.n->type->kind) {
	case SD_KIND_STRING:
	case SD_KIND_SLICE:
		type = a.n->type;
		break;
	case SD_KIND_ARRAY:
		type = sd_ck_slice_of(c, sd_type_elem(a.n->type));
		break;
	case SD_KIND_PTR:
		if (!c->scope->c_like || !has_size(sd_type_elem(a.n->type)))
			break;
		if (!x->b || !x->c)
			return sd_ck_error(c, x,
					   "a slice of a pointer wants both bounds: p[0:count]");
		type = sd_ck_slice_of(c, sd_type_elem(a.n->type));
		break;
	default:
		break;
	}
	if (!type)
		return sd_ck_error(c, x->a, "%s is of type %s, which cannot be sliced",
				   sd_ck_source(c, x->a), sd_ck_type_name(a.n->type));
	n = sd_ck_node(c, SD_NODE_SLICE, x, type);
	n->a = a.n;
	if (x->b)
		SD_TRY(whole_number(c, x->b, a.n->type->kind == SD_KIND_PTR, &n->b, &known[0],
				    &v[0]));
	if (x->c)
		SD_TRY(whole_number(c, x->c, a.n->type->kind == SD_KIND_PTR, &n->c, &known[1],
				    &v[1]));
	if (known[0] && known[1] && v[0] > v[1])
		return sd_ck_error(c, x, "the bounds are the wrong way round: %lld > %lld",
				   (long long)v[0], (long long)v[1]);
	for (int i = 0; i < 2 && a.n->type->kind == SD_KIND_ARRAY; i++)
		if (known[i] && (u64)v[i] > a.n->type->count)
			return sd_ck_error(c, i ? x->c : x->b, "%lld is out of range of %s",
					   (long long)v[i], sd_ck_type_name(a.n->type));
	*ret = sd_ck_typed(n);
	return NULL;
}
