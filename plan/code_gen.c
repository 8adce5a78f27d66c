/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expressions → ops that compute their values, and which of them the kernel side cannot compute.
 * Of two operands the one that needs more slots comes first, so that nesting, however deep, needs
 * few; only && and || have an order.
 */
#include "plan/code_priv.h"

#include <string.h>

bool sd_code_fail(struct sd_code *c, const struct sd_node *n, const char *why)
{
	if (!c->why) {
		c->why = why;
		c->at = n;
	}
	return false;
}

bool sd_code_beyond(struct sd_code *c, const struct sd_node *n, const char *else_why)
{
	static const char *const why[] = {
		[SD_NODE_MAPINDEX] = "looking a key up in a map",
		[SD_NODE_MATCHES] = "a regular expression",
		[SD_NODE_ERROR] = "the text of an error",
		[SD_NODE_NOW] = "the time of day",
		[SD_NODE_DURATION] = "how long a call took",
		[SD_NODE_CALLER] = "who called",
		[SD_NODE_STACK] = "the call stack",
	};

	return sd_code_fail(c, n,
			    n->kind < SD_ARRAY_SIZE(why) && why[n->kind] ? why[n->kind] : else_why);
}

void sd_code_op(struct sd_code *c, struct sdw_op op)
{
	sd_vec_push(&c->ops, op);
}

bool sd_code_is_here(const struct sd_code *c, const struct sd_node *n)
{
	if (!n)
		return true;
	switch (n->kind) {
	case SD_NODE_VAR:
	case SD_NODE_GLOBAL:
	case SD_NODE_NOW:
	case SD_NODE_CALLER:
	case SD_NODE_STACK:
	case SD_NODE_HITS:
		return n->when == c->when;
	case SD_NODE_DURATION:
		return c->when == SD_AT_RETURN;
	default:
		return sd_code_is_here(c, n->a) && sd_code_is_here(c, n->b) &&
		       sd_code_is_here(c, n->c);
	}
}

u32 sd_code_text(struct sd_tables *t, const char *bytes, u64 n)
{
	struct sdw_text text = {{0}};

	memcpy(text.bytes, bytes, SD_MIN(n, (u64)SDW_TEXT_MAX));
	for (u32 i = 0; i < t->texts.n; i++)
		if (!memcmp(&t->texts.v[i], &text, sizeof(text)))
			return i;
	sd_vec_push(&t->texts, text);
	return (u32)t->texts.n - 1;
}

u32 sd_code_add(struct sd_code *c)
{
	struct sd_tables *t = c->t;
	u32 n = (u32)c->ops.n;

	if (!t->ops.n)
		sd_vec_push(&t->ops, (struct sdw_op){0});
	if (t->ops.n > n && !memcmp(&t->ops.v[t->ops.n - n], c->ops.v, n * sizeof(*c->ops.v)) &&
	    (t->ops.n == n + 1 || t->ops.v[t->ops.n - n - 1].code == SDW_OP_END))
		return (u32)t->ops.n - n;
	for (u32 i = 0; i < n; i++)
		sd_vec_push(&t->ops, c->ops.v[i]);
	return (u32)t->ops.n - n;
}

/* How many slots a value needs, roughly (Sethi and Ullman's number). */
static u32 need(const struct sd_node *n)
{
	u32 a, b, c;

	if (!n)
		return 0;
	a = need(n->a);
	b = need(n->b);
	c = need(n->c);
	b = SD_MAX(b, c);
	return a == b ? a + 1 : SD_MAX(a, b);
}

/* Two operands: the one that needs more slots first. Results that lie in registers take none. */
static bool gen_both(struct sd_code *c, const struct sd_node *a, const struct sd_node *b, u32 slot,
		     u8 *a_ret, u8 *b_ret)
{
	if (need(b) > need(a))
		return sd_code_value(c, b, slot, b_ret) &&
		       sd_code_value(c, a, *b_ret == slot ? slot + 1 : slot, a_ret);
	return sd_code_value(c, a, slot, a_ret) &&
	       sd_code_value(c, b, *a_ret == slot ? slot + 1 : slot, b_ret);
}

static void constant(struct sd_code *c, u32 slot, u64 v, u8 *ret)
{
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_CONST, .dst = (u8)slot, .imm = v});
	*ret = (u8)slot;
}

/* A constant's 64 bits, extended; false: it has none. */
static bool bits_of(const struct sd_node *n, u64 *ret)
{
	float f;

	if (n->kind == SD_NODE_NIL) {
		*ret = 0;
		return true;
	}
	if (n->kind != SD_NODE_CONST || n->constant.kind == SD_KIND_STRING)
		return false;
	*ret = n->constant.u;
	if (n->constant.kind == SD_KIND_FLOAT && n->type->size == 4) {
		u32 bits;

		f = (float)n->constant.f;
		memcpy(&bits, &f, 4);
		*ret = bits;
	}
	return true;
}

static s32 alu_of(enum sd_xop op)
{
	switch (op) {
	case SD_XOP_ADD:
		return SDW_ALU_ADD;
	case SD_XOP_SUB:
		return SDW_ALU_SUB;
	case SD_XOP_MUL:
		return SDW_ALU_MUL;
	case SD_XOP_DIV:
		return SDW_ALU_DIV;
	case SD_XOP_MOD:
		return SDW_ALU_MOD;
	case SD_XOP_BAND:
		return SDW_ALU_AND;
	case SD_XOP_BOR:
		return SDW_ALU_OR;
	case SD_XOP_XOR:
		return SDW_ALU_XOR;
	case SD_XOP_BCLEAR:
		return SDW_ALU_ANDNOT;
	case SD_XOP_SHL:
		return SDW_ALU_SHL;
	case SD_XOP_SHR:
		return SDW_ALU_SHR;
	default:
		return -1;
	}
}

static bool is_integer(const struct sd_type *t)
{
	return (t->kind == SD_KIND_INT || t->kind == SD_KIND_UINT || t->kind == SD_KIND_ENUM) &&
	       sd_kind_is_word(t);
}

static bool gen_arith(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret)
{
	const struct sd_node *a = n->a, *b = n->b;
	s32 alu = n->kind == SD_NODE_ARITH ? alu_of(n->op)
		  : n->kind == SD_NODE_NEG ? SDW_ALU_SUB
					   : SDW_ALU_XOR;
	s32 flags = sd_kind_is_signed(n->type) ? SDW_ALU_SIGNED : 0;
	u64 imm = 0;
	u8 x, y;

	if (!is_integer(n->type))
		return sd_code_fail(c, n,
				    n->type->kind == SD_KIND_FLOAT ? "arithmetic of floats"
								   : "joining strings");
	if (alu < 0)
		return sd_code_fail(c, n, "such arithmetic");
	if (n->kind == SD_NODE_NEG) { /* 0 − a */
		if (!sd_code_value(c, a, slot + 1, &y))
			return false;
		constant(c, slot, 0, &x);
	} else if (n->kind == SD_NODE_COMPL) { /* a ^ −1 */
		if (!sd_code_value(c, a, slot, &x))
			return false;
		y = SDW_IMM;
		imm = ~0ULL;
	} else if (bits_of(b, &imm)) {
		if (!sd_code_value(c, a, slot, &x))
			return false;
		y = SDW_IMM;
	} else if (!gen_both(c, a, b, slot, &x, &y)) {
		return false;
	}
	if ((alu == SDW_ALU_SHL || alu == SDW_ALU_SHR) && sd_kind_is_signed(b->type))
		flags |= SDW_ALU_COUNT_SIGNED;
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_ARITH,
				      .dst = (u8)slot,
				      .a = x,
				      .b = y,
				      .off = SDW_ALU(alu, 8 * (s32)n->type->size, flags),
				      .imm = imm});
	*ret = (u8)slot;
	return true;
}

/* ---- comparisons ---- */

static u32 accepts(enum sd_xop op)
{
	switch (op) {
	case SD_XOP_EQ:
		return SDW_EQ;
	case SD_XOP_LT:
		return SDW_LT;
	case SD_XOP_LE:
		return SDW_LE;
	case SD_XOP_GT:
		return SDW_GT;
	case SD_XOP_GE:
		return SDW_GE;
	default:
		return SDW_NE;
	}
}

static u32 mirrored(u32 how)
{
	return (how & ~(u32)(SDW_LT | SDW_GT)) | (how & SDW_LT ? SDW_GT : 0) |
	       (how & SDW_GT ? SDW_LT : 0);
}

/* a HOW b, where HOW is enum sdw_cond or sdw_text_op. */
static bool gen_text(struct sd_code *c, const struct sd_node *n, u32 how, u32 slot, u8 *ret)
{
	const struct sd_node *a = n->a, *b = n->b;
	struct sdw_op op = {.code = SDW_OP_TEXT, .dst = (u8)slot, .a = (u8)slot};

	if (a->kind == SD_NODE_CONST && (how <= SDW_COND || how == SDW_TEXT_FOLD)) {
		a = n->b;
		b = n->a;
		how = how == SDW_TEXT_FOLD ? how : mirrored(how);
	}
	if (b->kind == SD_NODE_CONST) {
		if (b->constant.n > SDW_TEXT_MAX)
			return sd_code_fail(c, b, "a constant of more than 64 bytes");
		if (!sd_code_header(c, a, slot))
			return false;
		op.b = SDW_IMM;
		op.imm = sd_code_text(c->t, b->constant.bytes, b->constant.n) | (u64)b->constant.n
											<< 32;
	} else {
		op.b = (u8)(slot + 1);
		if (need(b) > need(a)) {
			op.a = (u8)(slot + 1);
			op.b = (u8)slot;
			if (!sd_code_header(c, b, slot) || !sd_code_header(c, a, slot + 1))
				return false;
		} else if (!sd_code_header(c, a, slot) || !sd_code_header(c, b, slot + 1)) {
			return false;
		}
	}
	op.off = (s32)how;
	sd_code_op(c, op);
	*ret = (u8)slot;
	return true;
}

static bool gen_nil(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret)
{
	const struct sd_type *t = n->a->type;
	struct sd_code_place p;

	if (sd_kind_is_word(t))
		return sd_code_value(c, n->a, slot, ret);
	if (t->kind != SD_KIND_SLICE && t->kind != SD_KIND_IFACE && t->kind != SD_KIND_EFACE)
		return sd_code_fail(c, n, "such a comparison with nil");
	if (n->a->kind == SD_NODE_SLICE) {
		*ret = (u8)slot;
		return sd_code_header(c, n->a, slot);
	}
	return sd_code_place(c, n->a, slot, &p) &&
	       sd_code_word(c, n->a, &p, 0, 8, false, slot, ret);
}

/* A bool as 0 or 1. */
static bool gen_bool(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret)
{
	u8 a;

	if (!sd_code_value(c, n, slot, &a))
		return false;
	sd_code_op(
		c,
		(struct sdw_op){
			.code = SDW_OP_CMP, .dst = (u8)slot, .a = a, .b = SDW_IMM, .off = SDW_NE});
	*ret = (u8)slot;
	return true;
}

static bool gen_compare(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret)
{
	const struct sd_node *a = n->a, *b = n->b;
	u32 how = accepts(n->op);
	u8 x, y = SDW_IMM;
	u64 imm;

	if (a->type && a->type->kind == SD_KIND_STRING)
		return gen_text(c, n, how, slot, ret);
	if (b->kind == SD_NODE_NIL) {
		imm = 0;
		if (!gen_nil(c, n, slot, &x))
			return false;
	} else {
		if (!sd_kind_is_word(a->type))
			return sd_code_fail(c, n, "comparing values of several parts");
		if (a->type->kind == SD_KIND_FLOAT)
			how |= a->type->size == 4 ? SDW_CMP_FLOAT32 : SDW_CMP_FLOAT64;
		else if (sd_kind_is_signed(a->type))
			how |= SDW_CMP_SIGNED;
		if (a->kind == SD_NODE_CONST && b->kind != SD_NODE_CONST) {
			how = mirrored(how);
			a = n->b;
			b = n->a;
		}
		if (bits_of(b, &imm)) {
			if (!(a->type->kind == SD_KIND_BOOL ? gen_bool(c, a, slot, &x)
							    : sd_code_value(c, a, slot, &x)))
				return false;
		} else if (a->type->kind == SD_KIND_BOOL) {
			imm = 0;
			if (!gen_bool(c, a, slot, &x) || !gen_bool(c, b, slot + 1, &y))
				return false;
		} else {
			imm = 0;
			if (!gen_both(c, a, b, slot, &x, &y))
				return false;
		}
	}
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_CMP,
				      .dst = (u8)slot,
				      .a = x,
				      .b = y,
				      .off = (s32)how,
				      .imm = imm});
	*ret = (u8)slot;
	return true;
}

static bool gen_is_type(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret)
{
	u32 how = n->op == SD_XOP_NE ? SDW_NE : SDW_EQ;
	struct sd_code_place p;
	u8 word, b = SDW_IMM;

	if (!n->target) {
		if (!sd_code_place(c, n->a, slot, &p) ||
		    !sd_code_word(c, n->a, &p, 0, 8, false, slot, &word))
			return false;
	} else {
		if (n->target->kind == SD_KIND_IFACE || n->target->kind == SD_KIND_EFACE)
			return sd_code_fail(c, n, "whether a type has certain methods");
		if (!n->rtype)
			return sd_code_fail(c, n, "a type that is known by its name only");
		if (!sd_code_dynamic(c, n->a, true, false, slot))
			return false;
		word = (u8)slot;
		b = (u8)(slot + 1);
		sd_code_op(c,
			   (struct sdw_op){
				   .code = SDW_OP_ADD, .dst = b, .a = SDW_BIAS, .imm = n->rtype});
	}
	sd_code_op(
		c,
		(struct sdw_op){
			.code = SDW_OP_CMP, .dst = (u8)slot, .a = word, .b = b, .off = (s32)how});
	*ret = (u8)slot;
	return true;
}

/* ---- logic ---- */

struct chain {
	enum sd_node_kind kind;
	bool begun;
	SD_VEC(u32) jumps;
};

/* a && (b && c) is (a && b) && c, three-valued too: one slot more for the whole chain. */
static bool gen_chain(struct sd_code *c, const struct sd_node *n, struct chain *chain, u32 slot)
{
	bool and = chain->kind == SD_NODE_AND;
	u8 v;

	if (n->kind == chain->kind)
		return gen_chain(c, n->a, chain, slot) && gen_chain(c, n->b, chain, slot);
	if (!chain->begun) {
		chain->begun = true;
		if (!sd_code_value(c, n, slot, &v))
			return false;
		if (v != slot)
			sd_code_op(c, (struct sdw_op){.code = SDW_OP_ADD, .dst = (u8)slot, .a = v});
		return true;
	}
	sd_vec_push(&chain->jumps, (u32)c->ops.n);
	sd_code_op(c, (struct sdw_op){.code = and? SDW_OP_JFALSE : SDW_OP_JTRUE, .a = (u8)slot});
	if (!sd_code_value(c, n, slot + 1, &v))
		return false;
	sd_code_op(c, (struct sdw_op){.code = and? SDW_OP_AND : SDW_OP_OR,
				      .dst = (u8)slot,
				      .a = (u8)slot,
				      .b = v});
	return true;
}

static bool gen_logic(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret)
{
	struct chain chain = {.kind = n->kind};
	bool ok = gen_chain(c, n, &chain, slot);

	for (size_t i = 0; i < chain.jumps.n; i++) {
		u32 at = chain.jumps.v[i];

		c->ops.v[at].off = (s32)(c->ops.n - at - 1);
	}
	sd_vec_free(&chain.jumps);
	*ret = (u8)slot;
	return ok;
}

/* ---- lengths, conversions ---- */

static bool gen_len(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret)
{
	const struct sd_type *t = n->a->type;
	u32 off = n->kind == SD_NODE_CAP ? 16 : 8;
	struct sd_code_place p;
	u8 word;

	if (t->kind == SD_KIND_MAP || t->kind == SD_KIND_CHAN) {
		const struct sd_go_layout *go = c->t->go;

		if (!go ||
		    (t->kind == SD_KIND_CHAN ? !go->chan.size : go->map_kind == SD_GO_MAP_UNKNOWN))
			return sd_code_fail(c, n, "maps and channels of this Go version");
		off = t->kind == SD_KIND_MAP   ? SD_GO_HMAP_COUNT
		      : n->kind == SD_NODE_CAP ? go->chan.dataqsiz
					       : go->chan.qcount;
		if (!sd_code_value(c, n->a, slot, &word))
			return false;
		sd_code_op(c, (struct sdw_op){.code = SDW_OP_LOAD,
					      .dst = (u8)slot,
					      .a = word,
					      .b = 8 | SDW_LOAD_OR_0,
					      .off = t->kind == SD_KIND_MAP ? SD_GO_HMAP_SIZE
									    : go->chan.size,
					      .imm = off});
		*ret = (u8)slot;
		return true;
	}
	if (t->kind != SD_KIND_STRING && t->kind != SD_KIND_SLICE)
		return sd_code_fail(c, n, "such a length");
	if (n->kind == SD_NODE_LEN &&
	    (n->a->kind == SD_NODE_SLICE || n->a->kind == SD_NODE_CONVERT)) {
		if (!sd_code_header(c, n->a, slot))
			return false;
		sd_code_op(c, (struct sdw_op){.code = SDW_OP_LEN, .dst = (u8)slot, .a = (u8)slot});
		*ret = (u8)slot;
		return true;
	}
	if (!sd_code_place(c, n->a, slot, &p))
		return false;
	if (c->paths && p.in == SD_IN_MEMORY) { /* all of the header is wanted */
		sd_code_op(c, (struct sdw_op){.code = SDW_OP_LOAD,
					      .dst = (u8)slot,
					      .a = p.base,
					      .b = 8,
					      .off = t->kind == SD_KIND_SLICE ? 24 : 16,
					      .imm = p.off});
		*ret = (u8)slot;
		return true;
	}
	return sd_code_word(c, n, &p, off, 8, true, slot, ret);
}

static bool gen_convert(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret)
{
	const struct sd_type *from = n->a->type, *to = n->type;
	u8 a;

	if (!sd_kind_is_word(from) || !sd_kind_is_word(to))
		return sd_code_fail(c, n, "such a conversion");
	if ((from->kind == SD_KIND_FLOAT) != (to->kind == SD_KIND_FLOAT) ||
	    (to->kind == SD_KIND_FLOAT && from->size != to->size))
		return sd_code_fail(c, n, "arithmetic of floats");
	if (from->kind == SD_KIND_BOOL && to->kind != SD_KIND_BOOL)
		return gen_bool(c, n->a, slot, ret);
	if (!sd_code_value(c, n->a, slot, &a))
		return false;
	*ret = a;
	if (!is_integer(to) || to->size == 8)
		return true;
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_BITS,
				      .dst = (u8)slot,
				      .a = a,
				      .b = (u8)(64 - 8 * to->size),
				      .off = (s32)(64 - 8 * to->size),
				      .imm = sd_kind_is_signed(to)});
	*ret = (u8)slot;
	return true;
}

/* ---- values ---- */

static bool gen_bits(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret)
{
	const struct sd_field *f = n->field;
	u32 end = (u32)f->bit_off + f->bit_size, size = (end + 7) / 8;
	struct sd_code_place p;
	u8 word;

	if (end > 64 || !f->bit_size)
		return sd_code_fail(c, n, "such a bit-field");
	if (!sd_code_place(c, n->a, slot, &p))
		return false;
	if (p.in != SD_IN_MEMORY)
		return sd_code_fail(c, n, "a bit-field in a register");
	if (!sd_code_word(c, n, &p, f->off, size, false, slot, &word))
		return false;
	sd_code_op(c, (struct sdw_op){.code = SDW_OP_BITS,
				      .dst = (u8)slot,
				      .a = word,
				      .b = (u8)(64 - end),
				      .off = 64 - f->bit_size,
				      .imm = sd_kind_is_signed(n->type)});
	*ret = (u8)slot;
	return true;
}

static bool gen_place_value(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret)
{
	struct sd_code_place p;

	if (!sd_kind_is_word(n->type))
		return sd_code_fail(c, n, "a value of several parts");
	if (n->kind == SD_NODE_FIELD && n->field->bit_size)
		return gen_bits(c, n, slot, ret);
	return sd_code_place(c, n, slot, &p) &&
	       sd_code_word(c, n, &p, 0, (u32)n->type->size, sd_kind_is_signed(n->type), slot, ret);
}

static bool gen_who(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret)
{
	u8 code = n->kind == SD_NODE_GOID  ? SDW_OP_GOID
		  : n->kind == SD_NODE_PID ? SDW_OP_PID
		  : n->kind == SD_NODE_TID ? SDW_OP_TID
					   : SDW_OP_HITS;

	c->flags |= n->kind == SD_NODE_HITS ? SDW_SITE_HITS : SDW_SITE_WHO;
	sd_code_op(c, (struct sdw_op){.code = code, .dst = (u8)slot});
	*ret = (u8)slot;
	return true;
}

bool sd_code_value(struct sd_code *c, const struct sd_node *n, u32 slot, u8 *ret)
{
	struct sd_code_place p;
	u64 bits;
	u8 a;

	if (c->why)
		return false;
	if (slot + 2 >= SDW_SLOTS)
		return sd_code_fail(c, n, "it is nested too deeply");
	switch (n->kind) {
	case SD_NODE_CONST:
	case SD_NODE_NIL:
		if (!bits_of(n, &bits))
			return sd_code_fail(c, n, "a string by itself");
		constant(c, slot, bits, ret);
		return true;
	case SD_NODE_VAR:
	case SD_NODE_GLOBAL:
	case SD_NODE_DEREF:
	case SD_NODE_FIELD:
	case SD_NODE_INDEX:
	case SD_NODE_ASSERT:
		return gen_place_value(c, n, slot, ret);
	case SD_NODE_ADDR:
		return sd_code_place(c, n->a, slot, &p) && sd_code_address(c, n, &p, slot, ret);
	case SD_NODE_LEN:
	case SD_NODE_CAP:
		return gen_len(c, n, slot, ret);
	case SD_NODE_NEG:
	case SD_NODE_COMPL:
	case SD_NODE_ARITH:
		return gen_arith(c, n, slot, ret);
	case SD_NODE_NOT:
		if (!sd_code_value(c, n->a, slot, &a))
			return false;
		sd_code_op(c, (struct sdw_op){.code = SDW_OP_NOT, .dst = (u8)slot, .a = a});
		*ret = (u8)slot;
		return true;
	case SD_NODE_COMPARE:
		return gen_compare(c, n, slot, ret);
	case SD_NODE_AND:
	case SD_NODE_OR:
		return gen_logic(c, n, slot, ret);
	case SD_NODE_CONVERT:
		return gen_convert(c, n, slot, ret);
	case SD_NODE_PREFIX:
		return gen_text(c, n, SDW_TEXT_PREFIX, slot, ret);
	case SD_NODE_SUFFIX:
		return gen_text(c, n, SDW_TEXT_SUFFIX, slot, ret);
	case SD_NODE_CONTAINS:
		return gen_text(c, n, SDW_TEXT_CONTAINS, slot, ret);
	case SD_NODE_FOLD:
		return gen_text(c, n, SDW_TEXT_FOLD, slot, ret);
	case SD_NODE_IS_TYPE:
		return gen_is_type(c, n, slot, ret);
	case SD_NODE_GOID:
	case SD_NODE_PID:
	case SD_NODE_TID:
	case SD_NODE_HITS:
		return gen_who(c, n, slot, ret);
	case SD_NODE_SLICE:
		return sd_code_fail(c, n, "a value of several parts");
	default:
		return sd_code_beyond(c, n, "this expression");
	}
}
