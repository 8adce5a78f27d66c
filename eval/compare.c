/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparisons: numbers, texts, nil, and whatever Go compares part by part. A part that differs
 * decides whatever else is missing.
 */
#include <string.h>

#include "eval/priv.h"

static bool is_iface(const struct sd_type *t)
{
	return t && (t->kind == SD_KIND_IFACE || t->kind == SD_KIND_EFACE);
}

/* Whether x is nil. NULL, or why that cannot be told. */
static const char *nil_test(struct sd_ev *ev, const struct sd_node *n, struct sd_x x, bool *ret)
{
	const char *why = "never nil";
	u64 word = 0;

	if (x.kind == SD_X_NIL) {
		*ret = true;
		return NULL;
	}
	x = sd_x_load(ev, n, x);
	if (x.kind == SD_X_NONE)
		return x.why;
	if (x.kind == SD_X_WORD) {
		*ret = !x.word;
		return NULL;
	}
	if (x.kind == SD_X_PLACE && (is_iface(x.type) || x.type->kind == SD_KIND_SLICE))
		why = sd_place_read(x.w, x.p, 0, &word, 8);
	if (!why)
		*ret = !word;
	return why;
}

static enum sd_truth both(enum sd_truth a, enum sd_truth b)
{
	if (a == SD_FALSE || b == SD_FALSE)
		return SD_FALSE;
	return a == SD_UNSURE || b == SD_UNSURE ? SD_UNSURE : SD_TRUE;
}

static enum sd_truth unsure(const char *why, const char **why_ret)
{
	*why_ret = why;
	return SD_UNSURE;
}

static enum sd_truth equal_fields(struct sd_ev *ev, struct sd_x a, struct sd_x b,
				  const char **why_ret)
{
	enum sd_truth all = SD_TRUE;

	sd_type_complete(a.type);
	for (u32 i = 0; i < a.type->nfields && all != SD_FALSE; i++) {
		const struct sd_field *f = &a.type->fields[i];
		struct sd_type *t = f->type ? f->type : sd_type_unknown();
		struct sd_value va = {0}, vb = {0};

		if (f->name && !strcmp(f->name, "_"))
			continue; /* Go compares no blank fields */
		if (!f->bit_size) {
			all = both(all, sd_x_equal(ev, sd_x_place(a.w, t, sd_place_at(a.p, f->off)),
						   sd_x_place(b.w, t, sd_place_at(b.p, f->off)),
						   why_ret));
			continue;
		}
		sd_decode_bits(a.w, f, a.p, &va);
		sd_decode_bits(b.w, f, b.p, &vb);
		if (va.kind == SD_V_UNAVAILABLE || vb.kind == SD_V_UNAVAILABLE)
			all = unsure(va.kind == SD_V_UNAVAILABLE ? va.why : vb.why, why_ret);
		else if (va.u != vb.u)
			all = SD_FALSE;
	}
	return all;
}

static enum sd_truth equal_elements(struct sd_ev *ev, struct sd_x a, struct sd_x b,
				    const char **why_ret)
{
	struct sd_type *elem = sd_type_elem(a.type);
	enum sd_truth all = SD_TRUE;

	for (u64 i = 0; i < a.type->count && all != SD_FALSE && ev->steps; i++)
		all = both(all,
			   sd_x_equal(ev, sd_x_place(a.w, elem, sd_place_at(a.p, i * elem->size)),
				      sd_x_place(b.w, elem, sd_place_at(b.p, i * elem->size)),
				      why_ret));
	if (all == SD_TRUE && !ev->steps)
		return unsure("too many parts to compare", why_ret);
	return all;
}

/* Equal when they hold equal values of one type. */
static enum sd_truth equal_ifaces(struct sd_ev *ev, struct sd_x a, struct sd_x b,
				  const char **why_ret)
{
	u64 word[2] = {0}, rtype[2] = {0};
	struct sd_type *t = NULL;
	struct sd_place p[2];
	const char *why;

	why = sd_x_dynamic(a, &word[0], NULL);
	if (!why)
		why = sd_x_dynamic(b, &word[1], NULL);
	if (why)
		return unsure(why, why_ret);
	if (!word[0] || !word[1])
		return word[0] == word[1];
	why = sd_x_dynamic(a, &word[0], &rtype[0]);
	if (!why)
		why = sd_x_dynamic(b, &word[1], &rtype[1]);
	if (why)
		return unsure(why, why_ret);
	if (rtype[0] != rtype[1])
		return SD_FALSE;
	if (a.w->snap->rtype)
		t = a.w->snap->rtype(a.w->snap->rodata_ctx, rtype[0]);
	if (!t || t->kind == SD_KIND_UNKNOWN)
		return unsure("type not known", why_ret);
	why = sd_x_inside(a, t, &p[0]);
	if (!why)
		why = sd_x_inside(b, t, &p[1]);
	if (why)
		return unsure(why, why_ret);
	return sd_x_equal(ev, sd_x_place(a.w, t, p[0]), sd_x_place(b.w, t, p[1]), why_ret);
}

static enum sd_truth equal_texts(struct sd_ev *ev, struct sd_x a, struct sd_x b,
				 const char **why_ret)
{
	struct sd_text ta, tb;
	const char *why = sd_text_open(ev, a, &ta);

	if (!why)
		why = sd_text_open(ev, b, &tb);
	return why ? unsure(why, why_ret) : sd_text_equal(ev, &ta, &tb, why_ret);
}

static enum sd_truth equal_complex(struct sd_x a, struct sd_x b, const char **why_ret)
{
	struct sd_value va = {0}, vb = {0};

	sd_decode_complex(a.w, a.type, a.p, &va);
	sd_decode_complex(b.w, b.type, b.p, &vb);
	if (va.kind == SD_V_UNAVAILABLE || vb.kind == SD_V_UNAVAILABLE)
		return unsure(va.kind == SD_V_UNAVAILABLE ? va.why : vb.why, why_ret);
	return va.f == vb.f && va.f2 == vb.f2;
}

static enum sd_truth equal_places(struct sd_ev *ev, struct sd_x a, struct sd_x b,
				  const char **why_ret)
{
	if (is_iface(a.type) && is_iface(b.type))
		return equal_ifaces(ev, a, b, why_ret);
	if (a.type->kind != b.type->kind)
		return unsure("not comparable", why_ret);
	switch (a.type->kind) {
	case SD_KIND_STRUCT:
		return equal_fields(ev, a, b, why_ret);
	case SD_KIND_ARRAY:
		return equal_elements(ev, a, b, why_ret);
	case SD_KIND_COMPLEX:
		return equal_complex(a, b, why_ret);
	default:
		return unsure("not comparable", why_ret);
	}
}

/* Struct within struct: the steps bound how many parts there are, and so how deep. */
enum sd_truth sd_x_equal(struct sd_ev *ev, struct sd_x a, struct sd_x b, const char **why_ret)
{
	if (!ev->steps || ev->w[0].level >= SD_WALK_LEVELS)
		return unsure("too many parts to compare", why_ret);
	ev->steps--;
	if (sd_x_is_text(a) || sd_x_is_text(b))
		return equal_texts(ev, a, b, why_ret);
	a = sd_x_load(ev, NULL, a);
	b = sd_x_load(ev, NULL, b);
	if (a.kind == SD_X_NONE || b.kind == SD_X_NONE)
		return unsure(a.kind == SD_X_NONE ? a.why : b.why, why_ret);
	if (a.kind == SD_X_WORD && b.kind == SD_X_WORD)
		return a.word == b.word;
	if (a.kind == SD_X_FLOAT && b.kind == SD_X_FLOAT)
		return a.f == b.f;
	if (a.kind == SD_X_PLACE && b.kind == SD_X_PLACE) {
		enum sd_truth same;

		ev->w[0].level++;
		same = equal_places(ev, a, b, why_ret);
		ev->w[0].level--;
		return same;
	}
	return unsure("not comparable", why_ret);
}

static bool decide(enum sd_xop op, int order)
{
	switch (op) {
	case SD_XOP_LT:
		return order < 0;
	case SD_XOP_LE:
		return order <= 0;
	case SD_XOP_GT:
		return order > 0;
	case SD_XOP_GE:
		return order >= 0;
	case SD_XOP_NE:
		return order != 0;
	default:
		return order == 0;
	}
}

static bool decide_floats(enum sd_xop op, double a, double b)
{
	/* nothing is less than, more than or equal to what is no number */
	if (a != a || b != b)
		return op == SD_XOP_NE;
	return decide(op, (a > b) - (a < b));
}

static struct sd_x compare_nil(struct sd_ev *ev, const struct sd_node *n, struct sd_x a,
			       struct sd_x b)
{
	bool first = b.kind == SD_X_NIL, nil = false;
	const char *why = first ? nil_test(ev, n->a, a, &nil) : nil_test(ev, n->b, b, &nil);

	if (why)
		return sd_x_none(first ? n->a : n->b, why);
	return sd_x_word(n->type, nil == (n->op != SD_XOP_NE));
}

static struct sd_x compare_order(struct sd_ev *ev, const struct sd_node *n, struct sd_x a,
				 struct sd_x b)
{
	bool is_signed = sd_x_signed(a.type);
	struct sd_text ta, tb;
	const char *why;
	int order;

	if (sd_x_is_text(a) || sd_x_is_text(b)) {
		why = sd_text_open(ev, a, &ta);
		if (!why)
			why = sd_text_open(ev, b, &tb);
		if (!why)
			why = sd_text_order(ev, &ta, &tb, &order);
		return why ? sd_x_none(n->a, why) : sd_x_word(n->type, decide(n->op, order));
	}
	a = sd_x_load(ev, n->a, a);
	b = sd_x_load(ev, n->b, b);
	if (a.kind == SD_X_NONE || b.kind == SD_X_NONE)
		return a.kind == SD_X_NONE ? a : b;
	if (a.kind == SD_X_FLOAT && b.kind == SD_X_FLOAT)
		return sd_x_word(n->type, decide_floats(n->op, a.f, b.f));
	if (a.kind != SD_X_WORD || b.kind != SD_X_WORD)
		return sd_x_none(n, "not comparable");
	order = is_signed ? ((s64)a.word > (s64)b.word) - ((s64)a.word < (s64)b.word)
			  : (a.word > b.word) - (a.word < b.word);
	return sd_x_word(n->type, decide(n->op, order));
}

struct sd_x sd_x_compare(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x a = sd_x_eval(ev, n->a), b;
	const char *why = NULL;
	enum sd_truth same;

	if (a.kind == SD_X_NONE)
		return a;
	b = sd_x_eval(ev, n->b);
	if (b.kind == SD_X_NONE)
		return b;
	if (a.kind == SD_X_NIL || b.kind == SD_X_NIL)
		return compare_nil(ev, n, a, b);
	if (n->op != SD_XOP_EQ && n->op != SD_XOP_NE)
		return compare_order(ev, n, a, b);
	/* the numbers by themselves, so that a reason names its operand */
	if (!sd_x_is_text(a) && !sd_x_is_text(b)) {
		a = sd_x_load(ev, n->a, a);
		b = sd_x_load(ev, n->b, b);
	}
	if (a.kind == SD_X_NONE || b.kind == SD_X_NONE)
		return a.kind == SD_X_NONE ? a : b;
	same = sd_x_equal(ev, a, b, &why);
	if (same == SD_UNSURE)
		return sd_x_none(n->a, why);
	return sd_x_word(n->type, (same == SD_TRUE) == (n->op == SD_XOP_EQ));
}
