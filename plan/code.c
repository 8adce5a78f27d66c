/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conditions: what of a conjunction the kernel side decides at a site, and why not the rest. Each
 * part by itself, as what is false makes the whole false whatever else is unavailable.
 */
#include "plan/code_priv.h"

#include <string.h>

struct parts {
	SD_VEC(const struct sd_node *) v;
};

static void split(const struct sd_node *n, struct parts *parts)
{
	if (n->kind == SD_NODE_AND) {
		split(n->a, parts);
		split(n->b, parts);
		return;
	}
	sd_vec_push(&parts->v, n);
}

/* Whether the kernel side can decide n at all: tries. */
static bool can(struct sd_code *c, const struct sd_node *n)
{
	struct sd_code try = *c;
	bool ok;
	u8 slot;

	memset(&try.ops, 0, sizeof(try.ops));
	ok = sd_code_value(&try, n, 0, &slot) && !try.why;
	if (ok && try.ops.n + 4 > SDW_OPS_MAX) {
		ok = false;
		try.why = "a part of more than 250 steps";
	}
	sd_vec_free(&try.ops);
	c->why = try.why;
	c->at = try.at;
	return ok;
}

static const char *left_over(struct sd_code *c)
{
	const struct sd_node *n = c->at;

	if (n && n->name && *n->name &&
	    (n->kind == SD_NODE_VAR || n->kind == SD_NODE_GLOBAL || n->kind == SD_NODE_FIELD))
		return sd_arena_printf(c->arena, "%s: %s", n->name, c->why);
	return c->why;
}

/* All parts but one that is decided already, as one program; false when it is too long. */
static bool program(struct sd_code *c, const struct parts *parts, u32 but, u32 *ret)
{
	SD_VEC(u32) jumps = {0};
	bool first = true, ok = true;
	u8 v = 0;

	c->ops.n = 0;
	for (u32 i = 0; i < parts->v.n && ok; i++) {
		if (i == but)
			continue;
		if (!first) {
			sd_vec_push(&jumps, (u32)c->ops.n);
			sd_code_op(c, (struct sdw_op){.code = SDW_OP_JFALSE});
		}
		ok = sd_code_value(c, parts->v.v[i], first ? 0 : 1, &v);
		if (!first)
			sd_code_op(c, (struct sdw_op){.code = SDW_OP_AND, .b = v});
		else if (v)
			sd_code_op(c, (struct sdw_op){.code = SDW_OP_ADD, .a = v});
		first = false;
	}
	for (size_t i = 0; i < jumps.n; i++)
		c->ops.v[jumps.v[i]].off = (s32)(c->ops.n - jumps.v[i] - 1);
	sd_vec_free(&jumps);
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_END});
	if (!ok || c->ops.n > SDW_OPS_MAX)
		return false;
	*ret = first ? 0 : sd_code_add(c);
	return true;
}

void sd_plan_no_condition(struct sdw_site *wire)
{
	wire->flags &= ~(u32)(SDW_SITE_PRE | SDW_SITE_PRE_NOT | SDW_SITE_PRE_SIGNED |
			      SDW_SITE_PRE_PREFIX);
	wire->pre = (struct sdw_pre){0};
	wire->cond = 0;
}

void sd_plan_condition(struct sd_tables *t, const struct sd_site *site, enum sd_when when,
		       const struct sd_variable *vars, u32 nvars, const struct sd_node *cond,
		       struct sd_arena *arena, struct sdw_site *wire, struct sd_code_condition *ret)
{
	struct sd_code c = {
		.t = t, .site = site, .when = when, .vars = vars, .nvars = nvars, .arena = arena};
	struct sd_code_condition out = {.whole = true};
	struct parts all = {0}, mine = {0};
	u32 pre, first;

	sd_plan_no_condition(wire);
	split(cond, &all);
	for (u32 i = 0; i < all.v.n; i++) {
		const struct sd_node *n = all.v.v[i];

		if (!sd_code_is_here(&c, n)) {
			out.whole = false;
			if (!out.why)
				out.why = "it is about both the entry and the return of a call";
		} else if (can(&c, n)) {
			sd_vec_push(&mine.v, n);
		} else {
			out.whole = false;
			out.why = left_over(&c);
		}
		c.why = NULL;
	}
	pre = sd_code_pre(&c, mine.v.v, (u32)mine.v.n, wire);
	while (!program(&c, &mine, pre, &first)) {
		/* too long together: the last one is left over */
		c.why = NULL;
		out.whole = false;
		out.why = "a condition of more than 256 steps";
		mine.v.n--;
		if (pre == mine.v.n) {
			sd_plan_no_condition(wire);
			pre = sd_code_pre(&c, mine.v.v, (u32)mine.v.n, wire);
		}
	}
	wire->cond = first;
	wire->flags |= c.flags;
	out.any = mine.v.n;
	sd_vec_free(&c.ops);
	sd_vec_free(&all.v);
	sd_vec_free(&mine.v);
	*ret = out;
}

bool sd_plan_key(struct sd_tables *t, const struct sd_site *site, enum sd_when when,
		 const struct sd_variable *vars, u32 nvars, const struct sd_node *key,
		 struct sd_arena *arena, struct sdw_site *wire, const char **why_ret)
{
	struct sd_code c = {
		.t = t, .site = site, .when = when, .vars = vars, .nvars = nvars, .arena = arena};
	bool text = key->type && key->type->kind == SD_KIND_STRING;
	u8 v = 0;
	bool ok;

	*why_ret = "it is about both the entry and the return of a call";
	if (!sd_code_is_here(&c, key))
		return false;
	ok = text ? sd_code_header(&c, key, 0) : sd_code_value(&c, key, 0, &v);
	sd_code_op(&c, (struct sdw_op){.code = SDW_OP_HASH, .a = v, .b = text});
	sd_code_op(&c, (struct sdw_op){.code = SDW_OP_END});
	if (ok && !c.why && c.ops.n <= SDW_OPS_MAX) {
		wire->key = sd_code_add(&c);
		wire->flags |= c.flags;
		*why_ret = NULL;
	} else {
		*why_ret = c.why ? left_over(&c) : "it takes more than 256 steps";
	}
	sd_vec_free(&c.ops);
	return !*why_ret;
}
