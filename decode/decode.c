/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk over one value: which function decodes which kind, and the bounds that all of them keep.
 */
#include "decode/walk.h"

struct sd_value *sd_walk_items(struct sd_walk *w, u64 n)
{
	if (n > w->nodes)
		return NULL;
	w->nodes -= (u32)n;
	return sd_arena_array(w->arena, struct sd_value, n);
}

bool sd_walk_inside(const struct sd_walk *w, u64 addr, const struct sd_type *t)
{
	for (const struct sd_hop *h = w->path; h; h = h->up)
		if (h->addr == addr && h->type == t)
			return true;
	return false;
}

static void decode_unknown(struct sd_walk *w, struct sd_type *t, struct sd_place p,
			   struct sd_value *v)
{
	sd_value_unavailable(v, "no debug information");
}

static sd_decode_fn *const by_kind[] = {
	[SD_KIND_UNKNOWN] = decode_unknown,    [SD_KIND_VOID] = decode_unknown,
	[SD_KIND_BOOL] = sd_decode_bool,       [SD_KIND_INT] = sd_decode_int,
	[SD_KIND_UINT] = sd_decode_int,	       [SD_KIND_FLOAT] = sd_decode_float,
	[SD_KIND_COMPLEX] = sd_decode_complex, [SD_KIND_STRING] = sd_decode_string,
	[SD_KIND_SLICE] = sd_decode_slice,     [SD_KIND_ARRAY] = sd_decode_array,
	[SD_KIND_STRUCT] = sd_decode_struct,   [SD_KIND_UNION] = sd_decode_struct,
	[SD_KIND_ENUM] = sd_decode_enum,       [SD_KIND_PTR] = sd_decode_ptr,
	[SD_KIND_IFACE] = sd_decode_iface,     [SD_KIND_EFACE] = sd_decode_iface,
	[SD_KIND_MAP] = sd_decode_map,	       [SD_KIND_CHAN] = sd_decode_chan,
	[SD_KIND_FUNC] = sd_decode_func,
};

/* Each value asks, and there are few types: found once. */
static const struct sd_wellknown *rule_of(struct sd_type *t)
{
	if (!t->named)
		return NULL;
	if (!t->rule_known) {
		t->rule = sd_wellknown_find(t);
		t->rule_known = true;
	}
	return t->rule;
}

void sd_walk_value(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	const struct sd_wellknown *rule;

	if (!t)
		t = sd_type_unknown();
	v->type = t;
	if (w->level >= SD_WALK_LEVELS) {
		sd_value_unavailable(v, "nested too deeply");
		return;
	}
	rule = rule_of(t);
	w->level++;
	if (rule && rule->decode && rule->decode(w, t, p, v))
		rule = NULL;
	else if ((unsigned int)t->kind < SD_ARRAY_SIZE(by_kind))
		by_kind[t->kind](w, t, p, v);
	else
		decode_unknown(w, t, p, v);
	w->level--;
	if (rule && rule->refine)
		rule->refine(v, w->arena);
}

/* The commonest value of all, an integer in one register: no walk. */
static bool decode_register_int(const struct sd_snapshot *snap, const struct sd_type *t,
				const struct sd_loc *loc, struct sd_value *v)
{
	const struct sd_piece *pc = loc->pieces;

	if (loc->n != 1 || (t->kind != SD_KIND_INT && t->kind != SD_KIND_UINT))
		return false;
	if (pc->kind != SD_PIECE_REG || pc->reg >= SDW_NREGS || pc->value_off || pc->size < t->size)
		return false;
	if (snap->lost >> pc->reg & 1)
		return false;
	if (t->size != 8 && t->size != 4 && t->size != 2 && t->size != 1)
		return false;
	sd_value_int(v, snap->rec->regs[pc->reg], t->size, t->kind == SD_KIND_INT);
	return true;
}

/* v has its name and its type. */
static void decode_place(const struct sd_snapshot *snap, struct sd_place p, struct sd_value *v,
			 struct sd_type *type, const struct sd_decode_limits *limits,
			 struct sd_arena *arena)
{
	struct sd_walk w = {.snap = snap, .limits = limits, .arena = arena, .nodes = limits->nodes};
	bool fault = false;

	if (!p.loc && type->size && !sd_snapshot_touches(snap, p.at, type->size, &fault))
		sd_value_unavailable(v, sd_why_missing(&w, p.at, fault));
	else
		sd_walk_value(&w, type, p, v);
}

static struct sd_value *new_value(struct sd_type *type, const char *name, struct sd_arena *arena)
{
	struct sd_value *v = sd_arena_new(arena, struct sd_value);

	v->name = name;
	v->type = type;
	return v;
}

struct sd_value *sd_decode_place(const struct sd_snapshot *snap, struct sd_type *type,
				 struct sd_place p, const char *name,
				 const struct sd_decode_limits *limits, struct sd_arena *arena)
{
	struct sd_type *t = type ? type : sd_type_unknown();
	struct sd_value *v = new_value(t, name, arena);

	decode_place(snap, p, v, t, limits, arena);
	return v;
}

struct sd_value *sd_decode(const struct sd_snapshot *snap, struct sd_type *type,
			   const struct sd_loc *loc, const char *name,
			   const struct sd_decode_limits *limits, struct sd_arena *arena)
{
	struct sd_type *t = type ? type : sd_type_unknown();
	struct sd_value *v = new_value(t, name, arena);
	struct sd_walk w = {.snap = snap, .limits = limits, .arena = arena};
	const struct sd_wellknown *rule;
	const char *why = loc->why;
	struct sd_place p;

	if (!why && decode_register_int(snap, t, loc, v)) {
		sd_value_constant(snap, t, arena, v);
		rule = rule_of(t);
		if (rule && rule->refine)
			rule->refine(v, arena);
		return v;
	}
	if (!why)
		why = sd_place_of(&w, loc, t->size, &p);
	if (why)
		sd_value_unavailable(v, why);
	else
		decode_place(snap, p, v, t, limits, arena);
	return v;
}
