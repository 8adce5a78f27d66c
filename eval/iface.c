/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Go interfaces: which type is in one, the value as that type, an error's text. Types are told
 * apart by the addresses of their runtime descriptors, which a binary has once each; by name where
 * the type that is asked for has no known descriptor.
 */
#include <string.h>

#include "decode/wellknown.h"
#include "eval/priv.h"

static bool is_iface(struct sd_x x)
{
	return x.kind == SD_X_PLACE &&
	       (x.type->kind == SD_KIND_IFACE || x.type->kind == SD_KIND_EFACE);
}

const char *sd_x_dynamic(struct sd_x x, u64 *word_ret, u64 *rtype_ret)
{
	const char *why;
	u64 word = 0;

	if (!is_iface(x))
		return "no interface";
	why = sd_place_read(x.w, x.p, 0, &word, 8);
	if (why)
		return why;
	*word_ret = word;
	if (!rtype_ret || !word)
		return NULL;
	if (x.type->kind == SD_KIND_EFACE)
		*rtype_ret = word;
	else /* an itab has the type in its second word */
		why = sd_place_read(x.w, (struct sd_place){.at = word}, 8, rtype_ret, 8);
	return why;
}

const char *sd_x_inside(struct sd_x x, struct sd_type *t, struct sd_place *ret)
{
	struct sd_place p = {0};
	const char *why;

	if (sd_type_is_direct(t)) {
		*ret = sd_place_at(x.p, 8);
		return NULL;
	}
	why = sd_place_read(x.w, x.p, 8, &p.at, 8);
	if (!why)
		*ret = p;
	return why;
}

static const char *type_name(const struct sd_walk *w, u64 rtype)
{
	const struct sd_snapshot *s = w->snap;

	return s->type_name ? s->type_name(s->rodata_ctx, rtype, w->arena) : NULL;
}

/* The runtime's names have the last part of a package's path, DWARF's all of it. */
static bool same_name(const char *runtime, const char *wanted)
{
	const char *slash, *rest = wanted;
	size_t star = strspn(wanted, "*");

	if (!strcmp(runtime, wanted))
		return true;
	if (strspn(runtime, "*") != star || strpbrk(wanted, "[({ "))
		return false;
	slash = strrchr(wanted, '/');
	rest = slash ? slash + 1 : wanted + star;
	return !strcmp(runtime + star, rest);
}

/* Whether the dynamic type at rtype is the one that n names. NULL, or why that cannot be told. */
static const char *is_wanted(struct sd_x x, const struct sd_node *n, u64 rtype, bool *ret)
{
	const char *name;

	if (n->rtype) {
		*ret = rtype == n->rtype + x.w->snap->bias;
		return NULL;
	}
	name = type_name(x.w, rtype);
	if (!name || !n->name)
		return "type not known";
	*ret = same_name(name, n->name);
	return NULL;
}

/* The type that n asks for is itself an interface: what it holds may be anything that fits. */
static bool asks_for_iface(const struct sd_node *n)
{
	const struct sd_type *t = n->kind == SD_NODE_ASSERT ? n->type : n->target;

	return t && (t->kind == SD_KIND_IFACE || t->kind == SD_KIND_EFACE);
}

struct sd_x sd_x_is_type(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x x = sd_x_eval(ev, n->a);
	u64 word = 0, rtype = 0, not = n->op == SD_XOP_NE;
	const char *why;
	bool same = false;

	if (x.kind == SD_X_NONE)
		return x;
	why = sd_x_dynamic(x, &word, n->target ? &rtype : NULL);
	if (why)
		return sd_x_none(n->a, why);
	if (!n->target)
		return sd_x_word(n->type, !word ^ not );
	if (!word)
		return sd_x_word(n->type, not );
	if (n->target->kind == SD_KIND_EFACE)
		return sd_x_word(n->type, !not );
	if (asks_for_iface(n))
		why = "whether it has these methods is not known";
	else
		why = is_wanted(x, n, rtype, &same);
	return why ? sd_x_none(n->a, why) : sd_x_word(n->type, same ^ not );
}

static struct sd_x other_type(struct sd_ev *ev, const struct sd_node *n, struct sd_x x, u64 rtype)
{
	const char *name = type_name(x.w, rtype), *wanted = n->name ? n->name : n->type->name;

	return sd_x_none(NULL, sd_arena_printf(ev->e->arena, "%s is %s, not %s",
					       sd_x_name(ev, n->a), name ? name : "another type",
					       wanted ? wanted : "that type"));
}

struct sd_x sd_x_assert(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x x = sd_x_eval(ev, n->a);
	struct sd_type *t = n->type, *truth = NULL;
	u64 word = 0, rtype = 0;
	struct sd_place p;
	bool same = false;
	const char *why;

	if (x.kind == SD_X_NONE)
		return x;
	why = sd_x_dynamic(x, &word, &rtype);
	if (!why && !word)
		return sd_x_is_nil(ev, n->a);
	if (!why && asks_for_iface(n)) {
		if (t->kind == x.type->kind && t->kind == SD_KIND_EFACE)
			return sd_x_place(x.w, t, x.p);
		why = "whether it has these methods is not known";
	}
	if (!why)
		why = is_wanted(x, n, rtype, &same);
	if (why)
		return sd_x_none(n->a, why);
	if (!same)
		return other_type(ev, n, x, rtype);
	/* what the descriptor says of the type decides where the value lies */
	if (x.w->snap->rtype)
		truth = x.w->snap->rtype(x.w->snap->rodata_ctx, rtype);
	why = sd_x_inside(x, truth && truth->kind != SD_KIND_UNKNOWN ? truth : t, &p);
	return why ? sd_x_none(n->a, why) : sd_x_place(x.w, sd_x_type(t, truth), p);
}

struct sd_x sd_x_error(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x x = sd_x_eval(ev, n->a);
	struct sd_x ret = {.kind = SD_X_TEXT, .type = n->type};
	struct sd_value *v;
	const char *text;

	if (x.kind != SD_X_PLACE)
		return x.kind == SD_X_NONE ? x : sd_x_none(n->a, "no error");
	v = sd_decode_place(x.w->snap, x.type, x.p, NULL, ev->e->limits, ev->e->arena);
	if (v->kind == SD_V_NIL)
		return sd_x_is_nil(ev, n->a);
	if (v->kind == SD_V_UNAVAILABLE)
		return sd_x_none(n->a, v->why);
	text = sd_wk_message(v);
	if (!text)
		return sd_x_none(n->a, sd_arena_printf(ev->e->arena, "text of %s not known",
						       v->dyn ? v->dyn : "this error"));
	ret.bytes = (const u8 *)text;
	ret.n = strlen(text);
	return ret;
}
