/* SPDX-License-Identifier: BSD-2-Clause */
/* The reference for the machine, written from bpf/wire.h: a slot is a value, a length and whether
 * it is bad; strings are compared whole. */
#include <string.h>

#include "tests/bpf/vm_ref.h"

struct slot {
	u64 v, n;
	bool bad;
};

struct machine {
	struct sd_vm_ref *vm;
	struct slot slot[SDW_SLOTS];
	u32 pc, left;
};

static struct slot operand(const struct machine *m, const struct sdw_op *op, u8 x)
{
	x &= SDW_OPERANDS - 1;
	if (x < SDW_SLOTS)
		return m->slot[x];
	if (x - SDW_REG < SDW_NREGS)
		return (struct slot){.v = m->vm->regs[x - SDW_REG]};
	if (x == SDW_BIAS)
		return (struct slot){.v = m->vm->bias};
	return (struct slot){.v = x == SDW_IMM ? op->imm : 0};
}

static const u8 *bytes(const struct sd_vm_ref *vm, u64 addr, u64 n)
{
	return vm->readable(addr, n) ? (const u8 *)(uintptr_t)addr : NULL;
}

static u64 little_endian(const u8 *p, u64 n, bool is_signed)
{
	u64 v = 0;

	for (u64 i = n; i--;)
		v = v << 8 | p[i];
	if (is_signed && n < 8 && v >> (8 * n - 1) & 1)
		v |= ~0ULL << 8 * n;
	return v;
}

static struct slot load(struct machine *m, const struct sdw_op *op, struct slot a)
{
	u64 n = op->b & 15;
	const u8 *p;

	if (a.bad || !a.v)
		return (struct slot){.bad = a.bad || !(op->b & SDW_LOAD_OR_0)};
	if (m->vm->send)
		p = m->vm->send(m->vm->ctx, a.v + op->imm, (u64)op->off);
	else
		p = bytes(m->vm, a.v + op->imm, n ? n : 16);
	if (!p)
		return (struct slot){.bad = true};
	if (!n)
		return (struct slot){.v = little_endian(p, 8, false),
				     .n = little_endian(p + 8, 8, false)};
	return (struct slot){.v = little_endian(p, n, op->b & SDW_LOAD_SIGNED)};
}

static struct slot arith(const struct sdw_op *op, struct slot a, struct slot b)
{
	u32 alu = (u32)op->off & 31, bits = (u32)op->off >> 8 & 127;
	bool is_signed = op->off & SDW_ALU_SIGNED;
	struct slot r = {.bad = a.bad || b.bad};
	s64 sa = (s64)a.v, sb = (s64)b.v;

	switch (alu) {
	case SDW_ALU_ADD:
		r.v = a.v + b.v;
		break;
	case SDW_ALU_SUB:
		r.v = a.v - b.v;
		break;
	case SDW_ALU_MUL:
		r.v = a.v * b.v;
		break;
	case SDW_ALU_DIV:
	case SDW_ALU_MOD:
		if (!b.v)
			r.bad = true;
		else if (is_signed && sb == -1)
			r.v = alu == SDW_ALU_DIV ? -a.v : 0;
		else if (is_signed)
			r.v = (u64)(alu == SDW_ALU_DIV ? sa / sb : sa % sb);
		else
			r.v = alu == SDW_ALU_DIV ? a.v / b.v : a.v % b.v;
		break;
	case SDW_ALU_AND:
		r.v = a.v & b.v;
		break;
	case SDW_ALU_OR:
		r.v = a.v | b.v;
		break;
	case SDW_ALU_XOR:
		r.v = a.v ^ b.v;
		break;
	case SDW_ALU_ANDNOT:
		r.v = a.v & ~b.v;
		break;
	case SDW_ALU_SHL:
		r.v = b.v < bits ? a.v << b.v : 0;
		break;
	default:
		if (b.v >= bits)
			r.v = is_signed && sa < 0 ? ~0ULL : 0;
		else
			r.v = is_signed ? (u64)(sa >> b.v) : a.v >> b.v;
	}
	if (alu >= SDW_ALU_SHL && (op->off & SDW_ALU_COUNT_SIGNED) && sb < 0)
		r.bad = true;
	if (bits == 8)
		r.v = is_signed ? (u64)(s8)r.v : (u8)r.v;
	else if (bits == 16)
		r.v = is_signed ? (u64)(s16)r.v : (u16)r.v;
	else if (bits == 32)
		r.v = is_signed ? (u64)(s32)r.v : (u32)r.v;
	return r;
}

static struct slot compare(const struct sdw_op *op, struct slot a, struct slot b)
{
	u32 how = (u32)op->off, is;
	double x, y;
	float f;

	if (how & (SDW_CMP_FLOAT32 | SDW_CMP_FLOAT64)) {
		if (how & SDW_CMP_FLOAT32) {
			memcpy(&f, &a.v, 4);
			x = (double)f;
			memcpy(&f, &b.v, 4);
			y = (double)f;
		} else {
			memcpy(&x, &a.v, 8);
			memcpy(&y, &b.v, 8);
		}
		is = x < y ? SDW_LT : x > y ? SDW_GT : x == y ? SDW_EQ : SDW_UNORDERED;
	} else if (how & SDW_CMP_SIGNED) {
		is = (s64)a.v < (s64)b.v ? SDW_LT : a.v == b.v ? SDW_EQ : SDW_GT;
	} else {
		is = a.v < b.v ? SDW_LT : a.v == b.v ? SDW_EQ : SDW_GT;
	}
	return (struct slot){.v = how & is ? 1 : 0, .bad = a.bad || b.bad};
}

/* ---- strings ---- */

struct string {
	const u8 *p; /* NULL: of memory at addr */
	u64 addr, n;
};

/* n bytes at `at` of s, 64 at most. */
static const u8 *chunk(const struct sd_vm_ref *vm, const struct string *s, u64 at, u64 n)
{
	return s->p ? s->p + at : bytes(vm, s->addr + at, n);
}

static u8 fold(u8 c)
{
	return c >= 'A' && c <= 'Z' ? (u8)(c + 32) : c;
}

static int order_of(const u8 *a, const u8 *b, u64 n, bool folded)
{
	for (u64 i = 0; i < n; i++) {
		int d = folded ? fold(a[i]) - fold(b[i]) : a[i] - b[i];

		if (d)
			return d;
	}
	return 0;
}

/* One step of comparing: 64 bytes of each, in order; false: unavailable. */
static bool compare_texts(struct machine *m, struct string a, struct string b, u32 how, bool *ret)
{
	bool folded = how == SDW_TEXT_FOLD, equality;
	u64 total;
	int d = 0;

	if (how == SDW_TEXT_PREFIX || how == SDW_TEXT_SUFFIX) {
		*ret = false;
		if (b.n > a.n)
			return true;
		if (how == SDW_TEXT_SUFFIX)
			a.addr += a.n - b.n;
		a.n = b.n;
		how = SDW_EQ;
	}
	equality = folded || how == SDW_EQ || how == SDW_NE;
	if (folded)
		how = SDW_EQ;
	if (equality && a.n != b.n) {
		*ret = how == SDW_NE;
		return true;
	}
	total = SD_MIN(a.n, b.n);
	for (u64 at = 0; at < total && !d;) {
		u64 n = SD_MIN(total - at, (u64)SDW_TEXT_MAX);
		const u8 *x, *y;

		if (at && !m->left--) {
			m->vm->gave_up = true;
			return false;
		}
		if (at >= SDW_STRING_MAX)
			return false;
		x = chunk(m->vm, &a, at, n);
		y = x ? chunk(m->vm, &b, at, n) : NULL;
		if (!y)
			return false;
		d = order_of(x, y, n, folded);
		at += n;
	}
	if (!d)
		d = a.n < b.n ? -1 : a.n > b.n;
	*ret = how & (d < 0 ? SDW_LT : d ? SDW_GT : SDW_EQ);
	return true;
}

/* A search takes 32 places a step, and goes on behind a place that was none. */
static bool search(struct machine *m, struct string a, struct string b, bool *ret)
{
	u64 at = 0;

	*ret = !b.n;
	if (!b.n || b.n > a.n)
		return true;
	for (bool first = true;; first = false) {
		u64 n, i;
		const u8 *x, *y;

		if (!first && !m->left--) {
			m->vm->gave_up = true;
			return false;
		}
		if (b.n > SDW_TEXT_MAX || at >= SDW_STRING_MAX)
			return false;
		y = chunk(m->vm, &b, 0, b.n);
		n = SD_MIN(a.n - at, 40);
		x = y ? bytes(m->vm, a.addr + at, n) : NULL;
		if (!x)
			return false;
		for (i = 0; i < 32; i++) {
			u64 k = SD_MIN(b.n, 8);

			/* behind the string there are zeroes */
			for (u64 j = 0; j < SD_MIN(b.n, 8) && k; j++)
				if ((i + j < n ? x[i + j] : 0) != y[j])
					k = 0;
			if (k)
				break;
		}
		at += i;
		if (at > a.n - b.n)
			return true;
		if (i == 32)
			continue;
		if (b.n <= 8) {
			*ret = true;
			return true;
		}
		x = bytes(m->vm, a.addr + at, b.n);
		if (!x)
			return false;
		if (!memcmp(x, y, b.n)) {
			*ret = true;
			return true;
		}
		at++;
	}
}

static struct slot text(struct machine *m, const struct sdw_op *op, struct slot a, struct slot b)
{
	struct string x = {.addr = a.v, .n = a.n}, y = {.addr = b.v, .n = b.n};
	bool truth = false;

	if (op->b == SDW_IMM) {
		if ((u32)op->imm >= m->vm->ntexts)
			return (struct slot){.bad = true};
		y = (struct string){.p = m->vm->texts[(u32)op->imm].bytes, .n = op->imm >> 32};
	}
	if (a.bad || b.bad || (x.n | y.n) >> 40)
		return (struct slot){.bad = true};
	if (!(op->off == SDW_TEXT_CONTAINS ? search(m, x, y, &truth)
					   : compare_texts(m, x, y, (u32)op->off, &truth)))
		return (struct slot){.bad = true};
	return (struct slot){.v = truth};
}

static u64 mix(u64 key, u64 v)
{
	key = (key ^ v) * 0x9e3779b97f4a7c15ULL;
	return key ^ key >> 29;
}

static struct slot hash(struct machine *m, const struct sdw_op *op, struct slot a)
{
	u64 key = mix(0, op->b == 1 ? a.n : a.v);

	for (u64 at = 0; op->b == 1 && !a.bad && at < a.n && at < SDW_STRING_MAX;) {
		u64 n = SD_MIN(a.n - at, (u64)SDW_TEXT_MAX), words[8] = {0};
		const u8 *p;

		if (at && !m->left--) {
			m->vm->gave_up = true;
			return (struct slot){.bad = true};
		}
		p = bytes(m->vm, a.v + at, n);
		if (!p) {
			a.bad = true;
			break;
		}
		memcpy(words, p, n);
		for (u32 i = 0; i < 8; i++)
			key = mix(key, words[i]);
		at += n;
	}
	m->vm->key = key;
	return (struct slot){.v = key, .bad = a.bad};
}

static struct slot logic(const struct sdw_op *op, struct slot a, struct slot b)
{
	bool decides = op->code == SDW_OP_OR;

	if ((!a.bad && !!a.v == decides) || (!b.bad && !!b.v == decides))
		return (struct slot){.v = decides};
	return (struct slot){.v = !decides, .bad = a.bad || b.bad};
}

/* ---- programs ---- */

/* The new value of slot dst; what keeps the length says so in *n_ret. */
static struct slot value_of(struct machine *m, const struct sdw_op *op, struct slot a,
			    struct slot b, bool *n_ret)
{
	struct sd_vm_ref *vm = m->vm;
	bool bad = a.bad || b.bad;
	u64 v;

	*n_ret = false;
	switch (op->code) {
	case SDW_OP_CONST:
		*n_ret = true;
		return (struct slot){.v = op->imm, .n = (u64)(s64)op->off};
	case SDW_OP_BITS:
		v = a.v << (op->b & 63);
		v = op->imm & 1 ? (u64)((s64)v >> (op->off & 63)) : v >> (op->off & 63);
		return (struct slot){.v = v, .bad = a.bad};
	case SDW_OP_PAIR:
		*n_ret = true;
		return (struct slot){.v = a.v, .n = b.v, .bad = bad};
	case SDW_OP_LEN:
		return (struct slot){.v = a.n, .bad = a.bad};
	case SDW_OP_ADD:
		return (struct slot){.v = a.v + op->imm, .bad = a.bad};
	case SDW_OP_LOAD:
		*n_ret = true;
		return load(m, op, a);
	case SDW_OP_INDEX:
		*n_ret = true;
		bad |= !a.v || b.v >= (op->off ? (u32)op->off : a.n);
		return (struct slot){.v = a.v + b.v * op->imm, .n = a.n - b.v, .bad = bad};
	case SDW_OP_TAIL:
		*n_ret = true;
		return (struct slot){
			.v = a.v + b.v * op->imm, .n = a.n - b.v, .bad = bad || b.v > a.n};
	case SDW_OP_HEAD:
		*n_ret = true;
		return (struct slot){.v = a.v, .n = b.v, .bad = bad || b.v > a.n};
	case SDW_OP_ARITH:
		return arith(op, a, b);
	case SDW_OP_CMP:
		return compare(op, a, b);
	case SDW_OP_TEXT:
		return text(m, op, a, b);
	case SDW_OP_NOT:
		return (struct slot){.v = !a.v, .bad = a.bad};
	case SDW_OP_AND:
	case SDW_OP_OR:
		return logic(op, a, b);
	case SDW_OP_GOID:
		return (struct slot){.v = vm->goid, .bad = vm->goid_bad};
	case SDW_OP_PID:
		return (struct slot){.v = vm->pid};
	case SDW_OP_TID:
		return (struct slot){.v = vm->tid};
	case SDW_OP_HITS:
		return (struct slot){.v = vm->hits, .bad = !vm->hits};
	default:
		return hash(m, op, a);
	}
}

enum sd_ref_truth sd_vm_ref_run(struct sd_vm_ref *vm, u32 first)
{
	struct machine m = {.vm = vm, .pc = first, .left = vm->steps};

	vm->gave_up = false;
	while (m.left--) {
		const struct sdw_op *op = m.pc < vm->nops ? &vm->ops[m.pc] : NULL;
		struct slot a, b, *dst, r;
		bool with_n;

		if (!op)
			return SD_REF_UNSURE;
		m.pc++;
		a = operand(&m, op, op->a);
		b = operand(&m, op, op->b);
		dst = &m.slot[op->dst & (SDW_SLOTS - 1)];
		switch (op->code) {
		case SDW_OP_END:
			return a.bad ? SD_REF_UNSURE : a.v ? SD_REF_TRUE : SD_REF_FALSE;
		case SDW_OP_JFALSE:
			m.pc += !a.bad && !a.v ? (u32)op->off : 0;
			continue;
		case SDW_OP_JTRUE:
			m.pc += !a.bad && a.v ? (u32)op->off : 0;
			continue;
		case SDW_OP_BAD:
			dst->bad = true;
			continue;
		case SDW_OP_EXPECT:
			dst->bad |= a.bad || b.bad || a.v != b.v + op->imm;
			continue;
		case SDW_OP_CAPTURE:
			if (vm->capture && !a.bad && a.v)
				vm->capture(vm->ctx, a.v + op->imm, op);
			continue;
		default:
			break;
		}
		if (!op->code || op->code > SDW_OP_CAPTURE)
			return SD_REF_UNSURE;
		r = value_of(&m, op, a, b, &with_n);
		if (vm->gave_up)
			return SD_REF_UNSURE;
		dst->v = r.v;
		dst->bad = r.bad;
		if (with_n)
			dst->n = r.n;
	}
	vm->gave_up = true;
	return SD_REF_UNSURE;
}

enum sd_ref_truth sd_pre_ref(struct sd_vm_ref *vm, const struct sdw_site *site)
{
	const struct sdw_pre *pre = &site->pre;
	bool not = site->flags & SDW_SITE_PRE_NOT, prefix = site->flags & SDW_SITE_PRE_PREFIX;
	struct machine m = {.vm = vm};
	u64 v = vm->regs[pre->reg], n = 0;
	bool same;

	for (u32 i = 0; i < pre->loads; i++) {
		bool last = i + 1 == pre->loads;
		const u8 *p = v ? bytes(vm, v + (u64)(s64)pre->off[i], last ? pre->size : 8) : NULL;

		if (!p)
			return SD_REF_UNSURE;
		v = little_endian(p, last ? SD_MIN(pre->size, 8) : 8, false);
		if (last && pre->size == 16)
			n = little_endian(p + 8, 8, false);
	}
	if (pre->size == 16) {
		struct string a = {.addr = v, .n = pre->loads ? n : vm->regs[pre->off[0]]};
		struct string b = {.p = vm->texts[pre->lo].bytes, .n = pre->span};

		if (!compare_texts(&m, a, b, prefix ? SDW_TEXT_PREFIX : SDW_EQ, &same))
			return SD_REF_UNSURE;
		return same != not ;
	}
	v <<= pre->shift;
	if (site->flags & SDW_SITE_PRE_SIGNED)
		v ^= 1ULL << 63;
	return (v - pre->lo <= pre->span) != not ;
}
