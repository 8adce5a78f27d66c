/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which part of a condition needs no machine: a comparison of a register, or of what lies at most
 * three loads behind one, with a constant. It is what most conditions begin with, and costs a
 * fraction of a program.
 */
#include "plan/code_priv.h"

#include <string.h>

/* What is compared: `loads` dereferences from reg; size bytes, after them at byte `at`. */
struct path {
	u8 reg;
	u32 loads;
	s64 off[4];
	const struct sd_loc *loc; /* still in a variable: at off[0] of its value */
};

static bool enter_memory(struct sd_code *c, struct path *p, const struct sd_piece *piece, u64 off)
{
	s64 k = (s64)(off - piece->value_off);

	switch (piece->kind) {
	case SD_PIECE_CFA:
		if (!c->site->cfa.known)
			return false;
		p->reg = c->site->cfa.reg;
		p->off[0] = c->site->cfa.off + piece->off + (piece->deref ? 0 : k);
		break;
	case SD_PIECE_MEM:
		if (piece->reg >= SDW_NREGS)
			return false;
		p->reg = piece->reg;
		p->off[0] = piece->off + (piece->deref ? 0 : k);
		break;
	default:
		return false;
	}
	p->loads = 1;
	if (piece->deref) {
		p->loads = 2;
		p->off[1] = piece->off2 + k;
	}
	p->loc = NULL;
	return true;
}

/* The path to n's value: the last load is of the value itself. */
static bool path_of(struct sd_code *c, const struct sd_node *n, struct path *p)
{
	const struct sd_piece *piece;

	switch (n->kind) {
	case SD_NODE_VAR:
		if (n->when != c->when || n->var >= c->nvars || c->vars[n->var].loc.why)
			return false;
		*p = (struct path){.loc = &c->vars[n->var].loc};
		return true;
	case SD_NODE_FIELD:
		if (n->field->bit_size || !path_of(c, n->a, p))
			return false;
		p->off[p->loc ? 0 : p->loads - 1] += (s64)n->field->off;
		return true;
	case SD_NODE_DEREF:
		if (!path_of(c, n->a, p))
			return false;
		if (p->loc) { /* the pointer lies in a register, or is loaded */
			u64 off = (u64)p->off[0];

			piece = sd_code_piece(p->loc, off, 8);
			if (!piece)
				return false;
			if (piece->kind == SD_PIECE_REG && piece->reg < SDW_NREGS &&
			    piece->value_off == off) {
				*p = (struct path){.reg = piece->reg, .loads = 1};
				return true;
			}
			if (!enter_memory(c, p, piece, off))
				return false;
		}
		if (p->loads >= 3)
			return false;
		p->off[p->loads++] = 0;
		return true;
	default:
		return false;
	}
}

/* Brings a path to its end: size bytes at `at` of the value. *low_ret: in which byte of the
 * register they begin. */
static bool finish(struct sd_code *c, struct path *p, u32 at, u32 size, u32 *low_ret)
{
	const struct sd_piece *piece;
	u64 off;

	*low_ret = 0;
	if (!p->loc) {
		p->off[p->loads - 1] += at;
		return true;
	}
	off = (u64)p->off[0] + at;
	piece = sd_code_piece(p->loc, off, size);
	if (!piece)
		return false;
	if (piece->kind != SD_PIECE_REG)
		return enter_memory(c, p, piece, off);
	*low_ret = (u32)(off - piece->value_off);
	p->reg = piece->reg;
	p->off[0] = 0;
	return piece->reg < SDW_NREGS && *low_ret + size <= 8;
}

struct range {
	u64 lo, span;
	bool not ;
};

/* The values v (left-aligned, unsigned or with the top bit flipped) with v OP k; unit: the distance
 * between two of them. */
static bool range_of(enum sd_xop op, u64 k, u64 unit, struct range *ret)
{
	switch (op) {
	case SD_XOP_EQ:
	case SD_XOP_NE:
		*ret = (struct range){k, 0, op == SD_XOP_NE};
		return true;
	case SD_XOP_LE:
	case SD_XOP_GT:
		*ret = (struct range){0, k, op == SD_XOP_GT};
		return true;
	case SD_XOP_LT:
	case SD_XOP_GE:
		if (!k) /* nothing is less */
			*ret = (struct range){0, ~0ULL, op == SD_XOP_LT};
		else
			*ret = (struct range){0, k - unit, op == SD_XOP_GE};
		return true;
	default:
		return false;
	}
}

static enum sd_xop mirror(enum sd_xop op)
{
	switch (op) {
	case SD_XOP_LT:
		return SD_XOP_GT;
	case SD_XOP_GT:
		return SD_XOP_LT;
	case SD_XOP_LE:
		return SD_XOP_GE;
	case SD_XOP_GE:
		return SD_XOP_LE;
	default:
		return op;
	}
}

/* `at`, size: of what lies at the path's end. */
static bool put(struct path *p, u32 size, struct sdw_pre *ret)
{
	if (p->loads > 3)
		return false;
	ret->reg = p->reg;
	ret->loads = (u8)p->loads;
	ret->size = (u8)size;
	for (u32 i = 0; i < p->loads; i++) {
		if (p->off[i] != (s32)p->off[i])
			return false;
		ret->off[i] = (s32)p->off[i];
	}
	return true;
}

static bool number(struct sd_code *c, const struct sd_node *place, u32 at, u32 size, bool is_signed,
		   enum sd_xop op, u64 k, struct sdw_pre *ret, u32 *flags_ret)
{
	u32 shift = 64 - 8 * size, low;
	struct range r;
	struct path p;

	if (!path_of(c, place, &p) || !finish(c, &p, at, size, &low) || !put(&p, size, ret))
		return false;
	k <<= shift;
	if (is_signed)
		k ^= 1ULL << 63;
	if (!range_of(op, k, 1ULL << shift, &r))
		return false;
	ret->shift = (u8)(shift - 8 * low);
	/* in a register, what lies below is not 0: it must not matter */
	if (low)
		return false;
	ret->lo = r.lo;
	ret->span = r.span;
	*flags_ret = SDW_SITE_PRE | (r.not ? SDW_SITE_PRE_NOT : 0) |
		     (is_signed ? SDW_SITE_PRE_SIGNED : 0);
	return true;
}

static bool text(struct sd_code *c, const struct sd_node *place, const struct sd_node *k,
		 bool prefix, bool not, struct sdw_pre *ret, u32 *flags_ret)
{
	const struct sd_piece *ptr, *len;
	struct path p;
	u32 low;

	if (place->type->kind != SD_KIND_STRING || k->constant.n > SDW_TEXT_MAX ||
	    !path_of(c, place, &p))
		return false;
	if (p.loc) {
		u64 off = (u64)p.off[0];

		ptr = sd_code_piece(p.loc, off, 8);
		len = sd_code_piece(p.loc, off + 8, 8);
		if (ptr && len && ptr->kind == SD_PIECE_REG && len->kind == SD_PIECE_REG) {
			if (ptr->reg >= SDW_NREGS || len->reg >= SDW_NREGS ||
			    ptr->value_off != off || len->value_off != off + 8)
				return false;
			*ret = (struct sdw_pre){.reg = ptr->reg, .size = 16, .off = {len->reg}};
			goto constant;
		}
	}
	if (!finish(c, &p, 0, 16, &low) || !p.loads || !put(&p, 16, ret))
		return false;
constant:
	ret->lo = sd_code_text(c->t, k->constant.bytes, k->constant.n);
	ret->span = k->constant.n;
	*flags_ret = SDW_SITE_PRE | (prefix ? SDW_SITE_PRE_PREFIX : 0) |
		     (not ? SDW_SITE_PRE_NOT : 0);
	return true;
}

static bool compare(struct sd_code *c, const struct sd_node *n, struct sdw_pre *ret, u32 *flags_ret)
{
	const struct sd_node *a = n->a, *b = n->b;
	enum sd_xop op = n->op;
	const struct sd_type *t;

	if (a->kind == SD_NODE_CONST) {
		a = n->b;
		b = n->a;
		op = mirror(op);
	}
	t = a->type;
	if (b->kind == SD_NODE_NIL) {
		if (t->kind == SD_KIND_IFACE || t->kind == SD_KIND_EFACE ||
		    t->kind == SD_KIND_SLICE || (sd_kind_is_word(t) && t->size == 8))
			return number(c, a, 0, 8, false, op, 0, ret, flags_ret);
		return false;
	}
	if (b->kind != SD_NODE_CONST)
		return false;
	if (t->kind == SD_KIND_STRING)
		return (op == SD_XOP_EQ || op == SD_XOP_NE) &&
		       text(c, a, b, false, op == SD_XOP_NE, ret, flags_ret);
	if (a->kind == SD_NODE_LEN &&
	    (a->a->type->kind == SD_KIND_STRING || a->a->type->kind == SD_KIND_SLICE))
		return number(c, a->a, 8, 8, true, op, b->constant.u, ret, flags_ret);
	if (!sd_kind_is_word(t) || t->kind == SD_KIND_FLOAT || t->kind == SD_KIND_BOOL)
		return false;
	return number(c, a, 0, (u32)t->size, sd_kind_is_signed(t), op, b->constant.u, ret,
		      flags_ret);
}

static bool match(struct sd_code *c, const struct sd_node *n, struct sdw_pre *ret, u32 *flags_ret)
{
	bool not = false;

	memset(ret, 0, sizeof(*ret));
	while (n->kind == SD_NODE_NOT) {
		not = !not ;
		n = n->a;
	}
	if (n->kind == SD_NODE_PREFIX && n->b->kind == SD_NODE_CONST)
		return text(c, n->a, n->b, true, not, ret, flags_ret);
	if (n->kind == SD_NODE_COMPARE) {
		if (!compare(c, n, ret, flags_ret))
			return false;
		*flags_ret ^= not ? SDW_SITE_PRE_NOT : 0;
		return true;
	}
	if (n->type->kind == SD_KIND_BOOL && n->type->size == 1)
		return number(c, n, 0, 1, false, not ? SD_XOP_EQ : SD_XOP_NE, 0, ret, flags_ret);
	return false;
}

u32 sd_code_pre(struct sd_code *c, const struct sd_node *const *parts, u32 n, struct sdw_site *wire)
{
	struct sdw_pre pre;
	u32 best = n, flags;

	for (u32 i = 0; i < n; i++) {
		u32 cost, had = wire->pre.loads + (wire->pre.size > 8);

		if (!match(c, parts[i], &pre, &flags))
			continue;
		cost = pre.loads + (pre.size > 8);
		if (best < n && cost >= had)
			continue;
		best = i;
		wire->pre = pre;
		wire->flags &= ~(u32)(SDW_SITE_PRE | SDW_SITE_PRE_NOT | SDW_SITE_PRE_SIGNED |
				      SDW_SITE_PRE_PREFIX);
		wire->flags |= flags;
	}
	return best;
}
