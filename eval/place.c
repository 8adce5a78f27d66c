/* SPDX-License-Identifier: BSD-2-Clause */
/* Places: variables, what pointers lead to, fields, addresses; and the number that lies at a place.
 */
#include <string.h>

#include "eval/priv.h"

static const char *no_hit(const struct sd_node *n)
{
	return n->when == SD_AT_RETURN ? "no return" : "no entry";
}

struct sd_x sd_x_var(struct sd_ev *ev, const struct sd_node *n)
{
	const struct sd_eval_hit *hit = ev->e->hit[n->when];
	struct sd_walk *w = &ev->w[n->when];
	const struct sd_eval_var *var;
	struct sd_type *type;
	struct sd_place p;
	const char *why;

	if (!w->snap)
		return sd_x_none(n, no_hit(n));
	if (n->var >= hit->nvars)
		return sd_x_none(n, "no such variable here");
	var = &hit->vars[n->var];
	type = sd_x_type(n->type, var->type);
	why = var->loc->why;
	if (!why)
		why = sd_place_of(w, var->loc, type->size, &p);
	return why ? sd_x_none(n, why) : sd_x_place(w, type, p);
}

struct sd_x sd_x_global(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_walk *w = &ev->w[n->when];

	if (!w->snap)
		return sd_x_none(n, no_hit(n));
	return sd_x_place(w, n->type, (struct sd_place){.at = n->addr + w->snap->bias});
}

struct sd_x sd_x_deref(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x a = sd_x_scalar(ev, n->a);
	struct sd_type *to = NULL;

	if (a.kind == SD_X_NONE)
		return a;
	if (a.kind != SD_X_WORD || !a.w)
		return sd_x_none(n, "no pointer");
	if (!a.word)
		return sd_x_is_nil(ev, n->a);
	if (a.type && a.type->kind == SD_KIND_PTR)
		to = sd_type_elem(a.type);
	return sd_x_place(a.w, sd_x_type(n->type, to), (struct sd_place){.at = a.word});
}

struct sd_x sd_x_addr(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x a = sd_x_eval(ev, n->a);

	if (a.kind == SD_X_NONE)
		return a;
	if (a.kind != SD_X_PLACE || a.p.loc)
		return sd_x_none(n->a, "not in memory");
	return (struct sd_x){.kind = SD_X_WORD, .type = n->type, .w = a.w, .word = a.p.at};
}

/* The true type of the field of the struct t. */
static struct sd_type *field_type(struct sd_type *t, const struct sd_field *f)
{
	if (!t || (t->kind != SD_KIND_STRUCT && t->kind != SD_KIND_UNION))
		return NULL;
	sd_type_complete(t);
	for (u32 i = 0; i < t->nfields; i++) {
		const struct sd_field *g = &t->fields[i];

		if (g == f || (g->off == f->off && g->name && f->name && !strcmp(g->name, f->name)))
			return g->type;
	}
	return NULL;
}

static struct sd_x load_bits(struct sd_ev *ev, const struct sd_node *n, struct sd_x a)
{
	struct sd_value v = {0};

	sd_decode_bits(a.w, n->field, a.p, &v);
	if (v.kind == SD_V_UNAVAILABLE)
		return sd_x_none(n, v.why);
	return sd_x_word(n->type, v.u);
}

struct sd_x sd_x_field(struct sd_ev *ev, const struct sd_node *n)
{
	const struct sd_field *f = n->field;
	struct sd_x a = sd_x_eval(ev, n->a);

	if (a.kind == SD_X_NONE)
		return a;
	if (a.kind != SD_X_PLACE || !f)
		return sd_x_none(n, "no fields");
	if (f->bit_size)
		return load_bits(ev, n, a);
	return sd_x_place(a.w, sd_x_type(n->type, field_type(a.type, f)), sd_place_at(a.p, f->off));
}

bool sd_x_signed(struct sd_type *t)
{
	if (t && t->kind == SD_KIND_ENUM)
		t = sd_type_elem(t);
	return t && t->kind == SD_KIND_INT;
}

u64 sd_x_wrap(struct sd_type *t, u64 v)
{
	unsigned int unused;

	if (!t || t->size == 0 || t->size >= 8)
		return v;
	unused = 64 - 8 * (unsigned int)t->size;
	v <<= unused;
	return sd_x_signed(t) ? (u64)((s64)v >> unused) : v >> unused;
}

static struct sd_x load_float(const struct sd_node *n, struct sd_x x)
{
	struct sd_x ret = {.kind = SD_X_FLOAT, .type = x.type};
	const char *why;
	float f;

	if (x.type->size != 4 && x.type->size != 8)
		return sd_x_none(n, "float of an unknown size");
	why = x.type->size == 4 ? sd_place_read(x.w, x.p, 0, &f, 4)
				: sd_place_read(x.w, x.p, 0, &ret.f, 8);
	if (why)
		return sd_x_none(n, why);
	if (x.type->size == 4)
		ret.f = (double)f;
	return ret;
}

struct sd_x sd_x_load(struct sd_ev *ev, const struct sd_node *n, struct sd_x x)
{
	const char *why;
	u64 raw = 0, size = 8;

	if (x.kind != SD_X_PLACE)
		return x;
	switch (x.type->kind) {
	case SD_KIND_FLOAT:
		return load_float(n, x);
	case SD_KIND_BOOL:
	case SD_KIND_INT:
	case SD_KIND_UINT:
	case SD_KIND_ENUM:
		size = x.type->kind == SD_KIND_BOOL ? 1 : x.type->size;
		break;
	case SD_KIND_PTR:
	case SD_KIND_MAP:
	case SD_KIND_CHAN:
	case SD_KIND_FUNC:
		break;
	default:
		return x;
	}
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return sd_x_none(n, "integer of an unknown size");
	why = sd_place_read(x.w, x.p, 0, &raw, (u32)size);
	if (why)
		return sd_x_none(n, why);
	if (x.type->kind == SD_KIND_BOOL)
		raw = raw != 0;
	else if (size < 8)
		raw = sd_x_wrap(x.type, raw);
	return (struct sd_x){.kind = SD_X_WORD, .type = x.type, .w = x.w, .word = raw};
}

struct sd_x sd_x_scalar(struct sd_ev *ev, const struct sd_node *n)
{
	return sd_x_load(ev, n, sd_x_eval(ev, n));
}
