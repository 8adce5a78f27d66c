/* SPDX-License-Identifier: BSD-2-Clause */
/* Where an expression's value lies, as ops: variables, what pointers lead to, fields, elements,
 * what interfaces hold. */
#include "plan/code_priv.h"

enum { HEADER = 24 /* bytes of a slice */ };

const struct sd_piece *sd_code_piece(const struct sd_loc *loc, u64 off, u32 size)
{
	for (u32 i = 0; i < loc->n; i++) {
		const struct sd_piece *p = &loc->pieces[i];

		if (p->value_off <= off && off + size <= (u64)p->value_off + p->size)
			return p;
	}
	return NULL;
}

/* Loads size bytes at base + off, and sends `send` of them. */
static void load(struct sd_code *c, u32 slot, u8 base, u64 off, u32 size, u32 flags, u32 send)
{
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_LOAD,
				      .dst = (u8)slot,
				      .a = base,
				      .b = (u8)((size == 16 ? 0 : size) | flags),
				      .off = (s32)SD_MAX(send, size),
				      .imm = off});
}

static void add(struct sd_code *c, u32 slot, u8 a, u64 imm)
{
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_ADD, .dst = (u8)slot, .a = a, .imm = imm});
}

/* Cuts `size` bytes at byte k out of a word. */
static u8 cut(struct sd_code *c, u32 slot, u8 a, u32 k, u32 size, bool is_signed)
{
	if (size == 8)
		return a;
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_BITS,
				      .dst = (u8)slot,
				      .a = a,
				      .b = (u8)(64 - 8 * (k + size)),
				      .off = (s32)(64 - 8 * size),
				      .imm = is_signed});
	return (u8)slot;
}

static u8 bad(struct sd_code *c, u32 slot)
{
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_BAD, .dst = (u8)slot});
	return (u8)slot;
}

/* The place of the piece's byte k, when it is in memory: *ret and true; *none_ret: nobody knows it.
 */
static bool piece_address(struct sd_code *c, const struct sd_node *n, const struct sd_piece *p,
			  u32 k, u32 slot, struct sd_code_place *ret, bool *none_ret)
{
	u8 base;
	u64 off = (u64)p->off;

	*none_ret = false;
	switch (p->kind) {
	case SD_PIECE_CFA:
		if (!c->site->cfa.known) {
			*none_ret = true;
			return false;
		}
		base = SDW_REG + c->site->cfa.reg;
		off += (u64)c->site->cfa.off;
		break;
	case SD_PIECE_MEM:
		if (p->reg >= SDW_NREGS)
			return sd_code_fail(c, n, "it lies relative to a register of another kind");
		base = SDW_REG + p->reg;
		break;
	case SD_PIECE_ADDR:
		add(c, slot, SDW_BIAS, off);
		base = (u8)slot;
		off = 0;
		break;
	default:
		return false;
	}
	if (p->deref) {
		load(c, slot, base, off, 8, 0, 8);
		base = (u8)slot;
		off = (u64)p->off2;
	}
	*ret = (struct sd_code_place){.in = SD_IN_MEMORY, .base = base, .off = off + k};
	return true;
}

static bool var_word(struct sd_code *c, const struct sd_node *n, const struct sd_loc *loc, u64 off,
		     u32 size, bool is_signed, u32 slot, u8 *ret)
{
	const struct sd_piece *p = loc->why ? NULL : sd_code_piece(loc, off, size);
	struct sd_code_place at;
	bool none = false;
	u32 k;

	if (loc->why) {
		*ret = bad(c, slot);
		return true;
	}
	if (!p)
		return sd_code_fail(c, n, "it lies in several places");
	k = (u32)(off - p->value_off);
	switch (p->kind) {
	case SD_PIECE_NONE:
		*ret = bad(c, slot);
		return true;
	case SD_PIECE_REG:
		if (p->reg >= SDW_NREGS || k + size > 8)
			return sd_code_fail(c, n, "it lies in a register of another kind");
		if (!c->paths && c->site->frail >> p->reg & 1)
			return sd_code_fail(c, n, "it is lost at some hits");
		*ret = cut(c, slot, SDW_REG + p->reg, k, size, is_signed);
		return true;
	case SD_PIECE_XMM:
		return sd_code_fail(c, n, "it lies in a floating-point register");
	case SD_PIECE_CONST:
	case SD_PIECE_REGVAL:
		if (k + size > 8)
			return sd_code_fail(c, n, "it lies in several places");
		if (p->kind == SD_PIECE_CONST) {
			sd_code_op(c, (struct sdw_op){.code = SDW_OP_CONST,
						      .dst = (u8)slot,
						      .imm = (u64)p->off});
		} else if (p->reg == 255) {
			if (!c->site->cfa.known) {
				*ret = bad(c, slot);
				return true;
			}
			add(c, slot, SDW_REG + c->site->cfa.reg, (u64)(c->site->cfa.off + p->off));
		} else if (p->reg < SDW_NREGS) {
			add(c, slot, SDW_REG + p->reg, (u64)p->off);
		} else {
			return sd_code_fail(c, n, "it lies in a register of another kind");
		}
		*ret = cut(c, slot, (u8)slot, k, size, is_signed);
		return true;
	default:
		if (piece_address(c, n, p, k, slot, &at, &none)) {
			load(c, slot, at.base, at.off, size, is_signed ? SDW_LOAD_SIGNED : 0, size);
			*ret = (u8)slot;
			return true;
		}
		if (none)
			*ret = bad(c, slot);
		return none;
	}
}

bool sd_code_word(struct sd_code *c, const struct sd_node *n, const struct sd_code_place *p,
		  u64 off, u32 size, bool is_signed, u32 slot, u8 *ret)
{
	off += p->off;
	switch (p->in) {
	case SD_IN_MEMORY:
		load(c, slot, p->base, off, size, is_signed ? SDW_LOAD_SIGNED : 0, size);
		*ret = (u8)slot;
		return true;
	case SD_IN_SLOT:
		if (off + size > 8)
			return sd_code_fail(c, n, "it is larger than a word");
		*ret = cut(c, slot, p->base, (u32)off, size, is_signed);
		return true;
	default:
		return var_word(c, n, p->loc, off, size, is_signed, slot, ret);
	}
}

bool sd_code_address(struct sd_code *c, const struct sd_node *n, const struct sd_code_place *p,
		     u32 slot, u8 *ret)
{
	struct sd_code_place at = *p;
	const struct sd_piece *piece;
	bool none = false;

	if (p->in == SD_IN_SLOT)
		return sd_code_fail(c, n, "it is not in memory");
	if (p->in == SD_IN_VAR) {
		piece = p->loc->why ? NULL : sd_code_piece(p->loc, p->off, 1);
		if (!piece || !piece_address(c, n, piece, (u32)(p->off - piece->value_off), slot,
					     &at, &none)) {
			if (c->why)
				return false;
			*ret = bad(c, slot);
			return true;
		}
	}
	*ret = at.base;
	if (at.off) {
		add(c, slot, at.base, at.off);
		*ret = (u8)slot;
	}
	return true;
}

/* ---- strings and slices ---- */

static bool place_header(struct sd_code *c, const struct sd_node *n, const struct sd_code_place *p,
			 u32 slot)
{
	u8 ptr, len;

	if (p->in == SD_IN_MEMORY) {
		load(c, slot, p->base, p->off, 16, 0, n->type->kind == SD_KIND_SLICE ? HEADER : 16);
		return true;
	}
	if (!sd_code_word(c, n, p, 0, 8, false, slot, &ptr) ||
	    !sd_code_word(c, n, p, 8, 8, false, slot + 1, &len))
		return false;
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_PAIR, .dst = (u8)slot, .a = ptr, .b = len});
	return true;
}

static bool slice_header(struct sd_code *c, const struct sd_node *n, u32 slot)
{
	struct sd_type *elem;
	u64 size = 1;
	u8 bound;

	if (n->a->type->kind != SD_KIND_STRING &&
	    (n->a->type->kind != SD_KIND_SLICE || n->c)) /* it may reach the capacity */
		return sd_code_fail(c, n, "such a slice");
	if (n->a->type->kind == SD_KIND_SLICE) {
		elem = sd_type_elem(n->a->type);
		size = elem->size;
	}
	if (!sd_code_header(c, n->a, slot))
		return false;
	if (n->c) {
		if (!sd_code_value(c, n->c, slot + 1, &bound))
			return false;
		sd_code_op(c, (struct sdw_op){.code = SDW_OP_HEAD,
					      .dst = (u8)slot,
					      .a = (u8)slot,
					      .b = bound});
	}
	if (n->b) {
		if (!sd_code_value(c, n->b, slot + 1, &bound))
			return false;
		sd_code_op(c, (struct sdw_op){.code = SDW_OP_TAIL,
					      .dst = (u8)slot,
					      .a = (u8)slot,
					      .b = bound,
					      .imm = size});
	}
	return true;
}

bool sd_code_header(struct sd_code *c, const struct sd_node *n, u32 slot)
{
	struct sd_code_place p;

	if (slot + 1 >= SDW_SLOTS)
		return sd_code_fail(c, n, "it is nested too deeply");
	switch (n->kind) {
	case SD_NODE_SLICE:
		return slice_header(c, n, slot);
	case SD_NODE_CONVERT: /* the same pointer and length under another name */
		if (n->a->type->kind == SD_KIND_STRING || n->a->type->kind == SD_KIND_SLICE)
			return sd_code_header(c, n->a, slot);
		return sd_code_fail(c, n, "text that ends with a NUL");
	case SD_NODE_VAR:
	case SD_NODE_GLOBAL:
	case SD_NODE_DEREF:
	case SD_NODE_FIELD:
	case SD_NODE_INDEX:
	case SD_NODE_ASSERT:
		return sd_code_place(c, n, slot, &p) && place_header(c, n, &p, slot);
	case SD_NODE_CONST:
		return sd_code_fail(c, n, "a constant on this side");
	default:
		return sd_code_beyond(c, n, "making a string");
	}
}

/* ---- interfaces ---- */

bool sd_code_dynamic(struct sd_code *c, const struct sd_node *n, bool nil, bool with_data, u32 slot)
{
	struct sd_code_place p;
	u8 word, data;

	if (slot + 2 >= SDW_SLOTS)
		return sd_code_fail(c, n, "it is nested too deeply");
	if (n->type->kind != SD_KIND_IFACE && n->type->kind != SD_KIND_EFACE)
		return sd_code_fail(c, n, "no interface");
	if (!sd_code_place(c, n, slot, &p))
		return false;
	if (p.in == SD_IN_MEMORY) {
		load(c, slot, p.base, p.off, 16, 0, 16);
		if (with_data)
			sd_code_op(c, (struct sdw_op){.code = SDW_OP_LEN,
						      .dst = (u8)(slot + 1),
						      .a = (u8)slot});
		word = (u8)slot;
	} else {
		if (with_data) {
			if (!sd_code_word(c, n, &p, 8, 8, false, slot + 1, &data))
				return false;
			if (data != slot + 1)
				add(c, slot + 1, data, 0);
		}
		if (!sd_code_word(c, n, &p, 0, 8, false, slot, &word))
			return false;
	}
	if (n->type->kind == SD_KIND_IFACE) /* an itab has the type in its second word */
		load(c, slot, word, 8, 8, nil ? SDW_LOAD_OR_0 : 0, 8);
	else if (word != slot)
		add(c, slot, word, 0);
	return true;
}

static bool assert_place(struct sd_code *c, const struct sd_node *n, u32 slot,
			 struct sd_code_place *ret)
{
	const struct sd_type *t = n->type;

	if (t->kind == SD_KIND_IFACE || t->kind == SD_KIND_EFACE)
		return sd_code_fail(c, n, "an assertion to an interface");
	if (!n->rtype)
		return sd_code_fail(c, n, "a type that is known by its name only");
	if (t->direct == SD_DIRECT_UNKNOWN &&
	    (t->kind == SD_KIND_STRUCT || t->kind == SD_KIND_ARRAY))
		return sd_code_fail(c, n, "how an interface holds this type");
	if (!sd_code_dynamic(c, n->a, false, true, slot))
		return false;
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_EXPECT,
				      .dst = (u8)(slot + 1),
				      .a = (u8)slot,
				      .b = SDW_BIAS,
				      .imm = n->rtype});
	add(c, slot, (u8)(slot + 1), 0);
	*ret = (struct sd_code_place){.in = sd_type_is_direct(n->type) ? SD_IN_SLOT : SD_IN_MEMORY,
				      .base = (u8)slot};
	return true;
}

/* ---- places ---- */

static bool index_place(struct sd_code *c, const struct sd_node *n, u32 slot,
			struct sd_code_place *ret)
{
	struct sd_type *a = n->a->type;
	u64 size = a->kind == SD_KIND_STRING ? 1 : sd_type_elem(a)->size;
	bool constant = n->b->kind == SD_NODE_CONST;
	u64 i = n->b->constant.u, limit = 0, off = 0;
	u8 base, index;

	if (slot + 2 >= SDW_SLOTS)
		return sd_code_fail(c, n, "it is nested too deeply");
	if (a->kind == SD_KIND_ARRAY) {
		struct sd_code_place p;

		if (!sd_code_place(c, n->a, slot, &p))
			return false;
		sd_type_complete(a);
		limit = a->count;
		if (constant && i < limit) {
			p.off += i * size;
			*ret = p;
			return true;
		}
		if (!limit || limit > INT32_MAX)
			return sd_code_fail(c, n, "such an array");
		if (p.in == SD_IN_SLOT)
			return sd_code_fail(c, n, "an index into a register");
		if (p.in == SD_IN_VAR) { /* in memory, and in one piece? */
			const struct sd_piece *piece = p.loc->why
							       ? NULL
							       : sd_code_piece(p.loc, p.off,
									       (u32)(limit * size));

			if (!p.loc->why && (!piece || piece->kind == SD_PIECE_REG))
				return sd_code_fail(c, n, "an index into registers");
			if (!sd_code_address(c, n->a, &p, slot, &base))
				return false;
		} else { /* not the offset yet: NULL must look like NULL */
			base = p.base;
			off = p.off;
		}
	} else if (a->kind == SD_KIND_SLICE || a->kind == SD_KIND_STRING) {
		if (!sd_code_header(c, n->a, slot))
			return false;
		base = (u8)slot;
	} else if (a->kind == SD_KIND_PTR) {
		if (!sd_code_value(c, n->a, slot, &base))
			return false;
		if (constant) {
			*ret = (struct sd_code_place){
				.in = SD_IN_MEMORY, .base = base, .off = i * size};
			return true;
		}
		limit = UINT32_MAX;
	} else {
		return sd_code_fail(c, n, "such an index");
	}
	if (!sd_code_value(c, n->b, base == slot ? slot + 1 : slot, &index))
		return false;
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_INDEX,
				      .dst = (u8)slot,
				      .a = base,
				      .b = index,
				      .off = (s32)(u32)limit,
				      .imm = size});
	*ret = (struct sd_code_place){.in = SD_IN_MEMORY, .base = (u8)slot, .off = off};
	return true;
}

bool sd_code_place(struct sd_code *c, const struct sd_node *n, u32 slot, struct sd_code_place *ret)
{
	u8 base;

	if (slot + 1 >= SDW_SLOTS)
		return sd_code_fail(c, n, "it is nested too deeply");
	switch (n->kind) {
	case SD_NODE_VAR:
		if (n->when != c->when || n->var >= c->nvars)
			return sd_code_fail(c, n, "it belongs to the call's other hit");
		*ret = (struct sd_code_place){.in = SD_IN_VAR, .loc = &c->vars[n->var].loc};
		return true;
	case SD_NODE_GLOBAL:
		if (n->when != c->when)
			return sd_code_fail(c, n, "it belongs to the call's other hit");
		add(c, slot, SDW_BIAS, n->addr);
		*ret = (struct sd_code_place){.in = SD_IN_MEMORY, .base = (u8)slot};
		return true;
	case SD_NODE_DEREF:
		if (!sd_code_value(c, n->a, slot, &base))
			return false;
		*ret = (struct sd_code_place){.in = SD_IN_MEMORY, .base = base};
		return true;
	case SD_NODE_FIELD:
		if (!sd_code_place(c, n->a, slot, ret))
			return false;
		ret->off += n->field->off;
		return true;
	case SD_NODE_INDEX:
		return index_place(c, n, slot, ret);
	case SD_NODE_ASSERT:
		return assert_place(c, n, slot, ret);
	case SD_NODE_CONVERT: /* the type's name alone changes */
		if (n->a->type->kind == n->type->kind && n->a->type->size == n->type->size &&
		    !sd_kind_is_word(n->type))
			return sd_code_place(c, n->a, slot, ret);
		return sd_code_fail(c, n, "such a conversion");
	default:
		return sd_code_beyond(c, n, "what this makes");
	}
}
