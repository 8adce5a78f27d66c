/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What expressions read at a site: variables, or parts of them, as roots; what lies behind
 * pointers, indices and assertions as a program that sends each word it loads and queues what is at
 * the end. What such a program cannot reach (behind a key of a map) is captured with all before it.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/code_priv.h"
#include "plan/types.h"

enum {
	MAP_ITEMS = 512, /* elements of a map in which a key is looked up */
	MAX_DEPTH = 16,
};

struct paths {
	struct sd_code c;
	SD_VEC(struct sd_wanted) wanted;
	struct sd_arena arena; /* of locations */
	u32 items;
};

static void collect(struct paths *p, const struct sd_node *n, u32 depth, bool shown);

static void want(struct paths *p, struct sd_type *type, struct sd_loc loc, u32 depth,
		 bool bytes_only)
{
	if (loc.why || !type->size)
		return;
	for (u32 i = 0; i < p->wanted.n; i++) {
		struct sd_wanted *w = &p->wanted.v[i];

		if (w->type != type || !sd_loc_same(&w->loc, &loc))
			continue;
		w->depth = SD_MAX(w->depth, depth);
		w->bytes_only &= bytes_only;
		return;
	}
	sd_vec_push(&p->wanted, (struct sd_wanted){type, loc, depth, bytes_only});
}

/* Of a value's location that of the bytes [off, off + size). Parts of registers are left out: all
 * registers are sent anyway. */
static struct sd_loc part_of(struct paths *p, const struct sd_loc *loc, u64 off, u64 size)
{
	struct sd_loc ret = {.pieces = sd_arena_array(&p->arena, struct sd_piece, loc->n + 1)};

	for (u32 i = 0; i < loc->n; i++) {
		struct sd_piece piece = loc->pieces[i];
		u64 lo = SD_MAX(off, (u64)piece.value_off);
		u64 hi = SD_MIN(off + size, (u64)piece.value_off + piece.size);
		u64 skip = lo - piece.value_off;
		bool memory = piece.kind == SD_PIECE_CFA || piece.kind == SD_PIECE_MEM ||
			      piece.kind == SD_PIECE_ADDR;

		if (lo >= hi || (skip && !memory && piece.kind != SD_PIECE_XMM))
			continue;
		piece.value_off = (u32)(lo - off);
		piece.size = (u32)(hi - lo);
		if (memory && piece.deref)
			piece.off2 += (s64)skip;
		else if (memory)
			piece.off += (s64)skip;
		ret.pieces[ret.n++] = piece;
	}
	return ret;
}

/* Whether n is a variable of this hit or a part of one at a fixed place; *off_ret: its first byte.
 */
static const struct sd_variable *variable_of(const struct sd_code *c, const struct sd_node *n,
					     u64 *off_ret)
{
	const struct sd_variable *v;
	u64 i;

	switch (n->kind) {
	case SD_NODE_VAR:
		*off_ret = 0;
		return n->when == c->when && n->var < c->nvars ? &c->vars[n->var] : NULL;
	case SD_NODE_FIELD:
		v = variable_of(c, n->a, off_ret);
		*off_ret += n->field->off;
		return v;
	case SD_NODE_INDEX:
		i = n->b->constant.u;
		if (n->a->type->kind != SD_KIND_ARRAY || n->b->kind != SD_NODE_CONST)
			return NULL;
		v = variable_of(c, n->a, off_ret);
		if (!v || i >= sd_type_complete(n->a->type)->count)
			return NULL;
		*off_ret += i * n->type->size;
		return v;
	default:
		return NULL;
	}
}

static bool collect_variable(struct paths *p, const struct sd_node *n, u32 depth, bool bytes_only)
{
	const struct sd_variable *v;
	u64 off;

	if (n->kind == SD_NODE_FIELD && n->field->bit_size)
		return collect_variable(p, n->a, depth, true);
	v = variable_of(&p->c, n, &off);
	if (!v)
		return false;
	if (v->loc.why)
		return true;
	if (n->kind == SD_NODE_VAR)
		want(p, v->type, v->loc, depth, bytes_only);
	else
		want(p, n->type, part_of(p, &v->loc, off, n->type->size), depth, bytes_only);
	return true;
}

/* Tries a part of the program; what cannot be done leaves nothing behind. */
#define TRY(p, expr)                                                                               \
	({                                                                                         \
		size_t before_ = (p)->c.ops.n;                                                     \
		bool ok_ = (expr);                                                                 \
		if (!ok_)                                                                          \
			(p)->c.ops.n = before_;                                                    \
		(p)->c.why = NULL;                                                                 \
		ok_;                                                                               \
	})

static bool try_value(struct paths *p, const struct sd_node *n)
{
	u8 slot;

	return TRY(p, sd_code_value(&p->c, n, 0, &slot));
}

static void capture(struct paths *p, u8 a, u64 imm, u32 type, u32 depth)
{
	if (type)
		sd_code_op(&p->c, (struct sdw_op){.code = SDW_OP_CAPTURE,
						  .dst = (u8)depth,
						  .a = a,
						  .off = (s32)type,
						  .imm = imm});
}

static bool path(struct paths *p, const struct sd_node *n, u32 depth, bool bytes_only)
{
	struct sd_tables *t = p->c.t;
	struct sd_code_place at;
	u8 addr;

	if (!sd_code_place(&p->c, n, 0, &at))
		return false;
	if (at.in == SD_IN_SLOT) { /* a pointer in an interface's data word, which was sent */
		if (!depth || n->type->kind != SD_KIND_PTR)
			return !depth || n->type->kind != SD_KIND_STRUCT;
		capture(p, at.base, 0, sd_types_value(t, sd_type_elem(n->type), depth - 1),
			depth - 1);
		return true;
	}
	if (at.in == SD_IN_VAR) {
		if (!sd_code_address(&p->c, n, &at, 0, &addr))
			return false;
		at = (struct sd_code_place){.in = SD_IN_MEMORY, .base = addr};
	}
	if (bytes_only || (n->kind == SD_NODE_FIELD && n->field->bit_size))
		capture(p, at.base, at.off, sd_types_add(t, n->type->size, NULL, 0), 0);
	else
		capture(p, at.base, at.off, sd_types_value(t, n->type, depth), depth);
	return true;
}

/* The value at a place, and what it leads to. */
static void collect_place(struct paths *p, const struct sd_node *n, u32 depth, bool bytes_only)
{
	if (collect_variable(p, n, depth, bytes_only))
		return;
	if (!depth && sd_kind_is_word(n->type) && !sd_type_is_pointer_shaped(n->type) &&
	    try_value(p, n))
		return;
	if (n->type->size <= SDW_READ_MAX && TRY(p, path(p, n, depth, bytes_only)))
		return;
	/* by way of a map, or of the other hit: all that comes before */
	if (n->a)
		collect(p, n->a,
			SD_MIN(depth + (n->kind == SD_NODE_DEREF || n->kind == SD_NODE_ASSERT),
			       (u32)MAX_DEPTH),
			true);
	if (n->b)
		collect(p, n->b, 0, false);
}

static bool is_place(const struct sd_node *n)
{
	return n->kind == SD_NODE_VAR || n->kind == SD_NODE_GLOBAL || n->kind == SD_NODE_DEREF ||
	       n->kind == SD_NODE_FIELD || n->kind == SD_NODE_INDEX || n->kind == SD_NODE_ASSERT;
}

static bool is_iface(const struct sd_node *n)
{
	return n->type && (n->type->kind == SD_KIND_IFACE || n->type->kind == SD_KIND_EFACE);
}

static void collect_length(struct paths *p, const struct sd_node *n)
{
	enum sd_kind kind = n->a->type->kind;

	if ((kind == SD_KIND_STRING || kind == SD_KIND_SLICE) && is_place(n->a))
		collect_place(p, n->a, 0, true);
	else if (!try_value(p, n))
		collect(p, n->a, 0, false);
}

static void collect_compare(struct paths *p, const struct sd_node *n)
{
	u32 depth = p->c.t->limits.depth;

	if (n->b->kind == SD_NODE_NIL && is_place(n->a)) {
		collect_place(p, n->a, 0, true);
	} else if (is_iface(n->a) && n->b->kind != SD_NODE_NIL) {
		collect(p, n->a, depth, true);
		collect(p, n->b, depth, true);
	} else {
		collect(p, n->a, 0, false);
		collect(p, n->b, 0, false);
	}
}

static bool is_c_text(const struct sd_node *n)
{
	return n->type->kind == SD_KIND_STRING && n->a->type->kind == SD_KIND_PTR;
}

/* shown: all that n is, depth pointers deep; else what computing with it needs. */
static void collect(struct paths *p, const struct sd_node *n, u32 depth, bool shown)
{
	if (!n)
		return;
	if (!shown)
		depth = 0;
	switch (n->kind) {
	case SD_NODE_VAR:
	case SD_NODE_GLOBAL:
	case SD_NODE_DEREF:
	case SD_NODE_FIELD:
	case SD_NODE_INDEX:
	case SD_NODE_ASSERT:
		collect_place(p, n, depth, false);
		return;
	case SD_NODE_ADDR:
		if (depth)
			collect(p, n->a, depth - 1, true);
		else if (!try_value(p, n))
			collect(p, n->a, 0, false);
		return;
	case SD_NODE_MAPINDEX:
		sd_types_want_map_items(p->c.t, MAP_ITEMS);
		p->items = SD_MAX(p->items, (u32)MAP_ITEMS);
		collect(p, n->a, depth, true);
		collect(p, n->b, 0, false);
		return;
	case SD_NODE_LEN:
	case SD_NODE_CAP:
		collect_length(p, n);
		return;
	case SD_NODE_IS_TYPE:
		if (!try_value(p, n))
			collect(p, n->a, 0, false);
		return;
	case SD_NODE_COMPARE:
		collect_compare(p, n);
		return;
	case SD_NODE_ERROR:
		collect(p, n->a, p->c.t->limits.depth, true);
		return;
	case SD_NODE_HITS:
		if (n->when == p->c.when)
			p->c.flags |= SDW_SITE_HITS;
		return;
	case SD_NODE_CONVERT:
		if (is_c_text(n))
			depth = SD_MAX(depth, 1u);
		collect(p, n->a, depth, depth > 0);
		return;
	case SD_NODE_SLICE:
		collect(p, n->a, depth, true);
		collect(p, n->b, 0, false);
		collect(p, n->c, 0, false);
		return;
	default: /* operands */
		collect(p, n->a, 0, false);
		collect(p, n->b, 0, false);
		collect(p, n->c, 0, false);
	}
}

static struct sd_err *plan(struct paths *p, const struct sd_variable *also, u32 nalso,
			   struct sd_node *const *nodes, const bool *printed, u32 n,
			   const char *text, struct sdw_site *wire)
{
	struct sd_tables *t = p->c.t;

	for (u32 i = 0; i < nalso; i++)
		want(p, also[i].type, also[i].loc, t->limits.depth, false);
	for (u32 i = 0; i < n; i++) {
		collect(p, nodes[i], printed[i] ? t->limits.depth : 0, printed[i]);
		if (p->c.ops.n + 1 > SDW_OPS_MAX)
			return sd_err_hint(
				sd_err_span(sd_err_new(SD_ERR_USAGE,
						       "the expressions need %zu steps at one "
						       "place, more than the %d that the kernel "
						       "side has",
						       p->c.ops.n + 1, SDW_OPS_MAX),
					    text, (int)nodes[i]->start, (int)nodes[i]->end),
				"use fewer expressions in one probe");
	}
	sd_capture_wanted(t, p->c.site, p->wanted.v, (u32)p->wanted.n, wire);
	wire->items = SD_MAX(wire->items, p->items);
	wire->paths = 0;
	if (p->c.ops.n) {
		sd_code_op(&p->c, (struct sdw_op){.code = SDW_OP_END});
		wire->paths = sd_code_add(&p->c);
	}
	wire->flags |= p->c.flags & SDW_SITE_HITS;
	if (wire->paths || (wire->flags & SDW_SITE_HITS))
		wire->flags &= ~(u32)SDW_SITE_REGS_ONLY;
	return NULL;
}

struct sd_err *sd_plan_expressions(struct sd_tables *t, const struct sd_site *site,
				   enum sd_when when, const struct sd_variable *vars, u32 nvars,
				   const struct sd_variable *also, u32 nalso,
				   struct sd_node *const *nodes, const bool *printed, u32 n,
				   const char *text, struct sdw_site *wire)
{
	struct paths p = {.c = {.t = t,
				.site = site,
				.when = when,
				.vars = vars,
				.nvars = nvars,
				.paths = true}};
	struct sd_err *err = plan(&p, also, nalso, nodes, printed, n, text, wire);

	sd_vec_free(&p.c.ops);
	sd_vec_free(&p.wanted);
	sd_arena_deinit(&p.arena);
	return err;
}
