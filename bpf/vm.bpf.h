/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The machine that programs of wire.h run on: a step is an op, or a piece of a long string. All
 * state is in a CPU's memory, none in BPF registers, so that to the verifier one step is like the
 * other and no program can be refused. tests/bpf/vm_ref.c does the same in plain C.
 */
#ifndef SD_BPF_VM_H
#define SD_BPF_VM_H

#include "maps.bpf.h"
#include "site.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sdw_op);
} ops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sdw_text);
} texts SEC(".maps");

enum sd_truth { SD_FALSE, SD_TRUE, SD_UNSURE };

struct sd_vm {
	__u32 busy;  /* SD_SLOTS: taken */
	__u32 pc;    /* in `ops` */
	__u32 truth; /* of END: enum sd_truth */
	__u32 text;  /* in `texts` */
	__u64 bad;   /* operands that are: bits; none but slots */
	__u64 hits;  /* which hit of the probe this is; 0: not known */
	__u64 w[2];  /* what LOAD reads */
	/* the string that is at work */
	__u64 a, b, la, lb; /* addresses, lengths */
	__u64 at;	    /* bytes that are done */
	__u64 pos;
	__u64 key; /* of HASH */
	struct sdw_key first;
	__u64 v[SDW_OPERANDS];
	__u64 n[SDW_OPERANDS];
	__u8 x[SDW_TEXT_MAX + 8], y[SDW_TEXT_MAX];
	struct sdw_rec who; /* SDW_SITE_WHO: pid, tid, goid */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SD_NSLOTS);
	__type(key, __u32);
	__type(value, struct sd_vm);
} vms SEC(".maps");

/* As sd_take(). */
#ifdef SD_SLOTS
static __noinline struct sd_vm *sd_vm_take(void)
{
	__u32 i = 0;
	struct sd_vm *vm;

#pragma unroll
	for (int n = 0; n < SD_NSLOTS; n++) {
		i = n;
		vm = bpf_map_lookup_elem(&vms, &i);
		if (vm && !__sync_val_compare_and_swap(&vm->busy, 0, 1))
			return vm;
	}
	return 0;
}
#else
static __always_inline struct sd_vm *sd_vm_take(void)
{
	__u32 i = 0;

	return bpf_map_lookup_elem(&vms, &i);
}
#endif

static __always_inline void sd_vm_release(struct sd_vm *vm)
{
#ifdef SD_SLOTS
	asm volatile("" ::: "memory");
	*(volatile __u32 *)&vm->busy = 0;
#endif
}

static __always_inline __u64 *sd_v(struct sd_vm *vm, __u32 x)
{
	return &vm->v[x & (SDW_OPERANDS - 1)];
}

static __always_inline __u64 *sd_n(struct sd_vm *vm, __u32 x)
{
	return &vm->n[x & (SDW_OPERANDS - 1)];
}

static __always_inline __u64 sd_is_bad(const struct sd_vm *vm, __u32 x)
{
	return vm->bad >> (x & (SDW_OPERANDS - 1)) & 1;
}

static __always_inline void sd_mark(struct sd_vm *vm, __u32 dst, __u64 bad)
{
	dst &= SDW_SLOTS - 1;
	vm->bad = (vm->bad & ~(1ULL << dst)) | bad << dst;
}

static __always_inline void sd_set(struct sd_vm *vm, __u32 dst, __u64 v, __u64 bad)
{
	*sd_v(vm, dst & (SDW_SLOTS - 1)) = v;
	sd_mark(vm, dst, bad);
}

/* ---- arithmetic ---- */

static __always_inline __u64 sd_divide(__u64 a, __u64 b, __u32 alu, int is_signed)
{
	__u64 na = is_signed ? a >> 63 : 0, nb = is_signed ? b >> 63 : 0, r;

	/* no BPF before version 4 divides with a sign */
	if (na)
		a = -a;
	if (nb)
		b = -b;
	r = alu == SDW_ALU_DIV ? a / b : a % b;
	if (alu == SDW_ALU_DIV)
		na ^= nb;
	return na ? -r : r;
}

static __always_inline void sd_vm_arith(struct sd_vm *vm, const struct sdw_op *op, __u64 a, __u64 b,
					__u64 bad)
{
	__u32 how = op->off, alu = how & 31, bits = how >> 8 & 127, sh = (64 - bits) & 63;
	int is_signed = !!(how & SDW_ALU_SIGNED);
	__u64 r = 0;

	switch (alu) {
	case SDW_ALU_ADD:
		r = a + b;
		break;
	case SDW_ALU_SUB:
		r = a - b;
		break;
	case SDW_ALU_MUL:
		r = a * b;
		break;
	case SDW_ALU_DIV:
	case SDW_ALU_MOD:
		if (!b)
			bad = 1;
		else
			r = sd_divide(a, b, alu, is_signed);
		break;
	case SDW_ALU_AND:
		r = a & b;
		break;
	case SDW_ALU_OR:
		r = a | b;
		break;
	case SDW_ALU_XOR:
		r = a ^ b;
		break;
	case SDW_ALU_ANDNOT:
		r = a & ~b;
		break;
	default: /* shifts */
		if ((how & SDW_ALU_COUNT_SIGNED) && b >> 63)
			bad = 1;
		if (b >= bits) {
			b = 63;
			if (alu == SDW_ALU_SHL || !is_signed)
				a = 0;
		}
		if (alu == SDW_ALU_SHL)
			r = a << (b & 63);
		else if (is_signed)
			r = (__s64)a >> (b & 63);
		else
			r = a >> (b & 63);
	}
	r <<= sh;
	r = is_signed ? (__u64)((__s64)r >> sh) : r >> sh;
	sd_set(vm, op->dst, r, bad);
}

#define SD_TOP (1ULL << 63)

/* A float's bits (at the top of v) as a number that orders as the float does. */
static __always_inline __u64 sd_float_key(__u64 v)
{
	if (!(v << 1))
		return SD_TOP; /* −0 == 0 */
	return v & SD_TOP ? ~v : v | SD_TOP;
}

static __always_inline void sd_vm_cmp(struct sd_vm *vm, const struct sdw_op *op, __u64 a, __u64 b,
				      __u64 bad)
{
	__u64 inf = 0x7ff0000000000000ULL, how = op->off, is;

	if (how & SDW_CMP_SIGNED) {
		a ^= SD_TOP;
		b ^= SD_TOP;
	}
	if (how & (SDW_CMP_FLOAT32 | SDW_CMP_FLOAT64)) {
		if (how & SDW_CMP_FLOAT32) {
			a <<= 32;
			b <<= 32;
			inf = 0x7f80000000000000ULL;
		}
		if ((a & ~SD_TOP) > inf || (b & ~SD_TOP) > inf) {
			sd_set(vm, op->dst, !!(how & SDW_UNORDERED), bad);
			return;
		}
		a = sd_float_key(a);
		b = sd_float_key(b);
	}
	is = a == b ? SDW_EQ : a < b ? SDW_LT : SDW_GT;
	sd_set(vm, op->dst, !!(how & is), bad);
}

/* ---- memory ---- */

/* Puts what a LOAD read, which is in w, 0 behind it, into the slot. */
static __always_inline void sd_vm_loaded(struct sd_vm *vm, const struct sdw_op *op, __u64 bad)
{
	__u32 sh = (64 - 8 * (op->b & 15)) & 63;
	__u64 v = vm->w[0];

	if (op->b & SDW_LOAD_SIGNED)
		v = (__s64)(v << sh) >> sh;
	*sd_n(vm, op->dst & (SDW_SLOTS - 1)) = vm->w[1];
	sd_set(vm, op->dst, v, bad);
}

static __always_inline void sd_vm_load(struct sd_vm *vm, const struct sdw_op *op, __u64 a,
				       __u64 bad)
{
	__u64 n = op->b & 15;

	vm->w[0] = 0;
	vm->w[1] = 0;
	if (!a)
		bad |= !(op->b & SDW_LOAD_OR_0);
	else if (!n)
		bad |= !!bpf_probe_read_user(vm->w, 16, (void *)(a + op->imm));
	else
		bad |= !!bpf_probe_read_user(vm->w, n, (void *)(a + op->imm));
	sd_vm_loaded(vm, op, bad);
}

static __always_inline void sd_vm_index(struct sd_vm *vm, const struct sdw_op *op, __u64 a, __u64 b,
					__u64 bad)
{
	__u64 n = *sd_n(vm, op->a), limit = (__u32)op->off;

	if (op->code == SDW_OP_TAIL)
		bad |= b > n;
	else
		bad |= !a || b >= (limit ? limit : n);
	*sd_n(vm, op->dst & (SDW_SLOTS - 1)) = n - b;
	sd_set(vm, op->dst, a + b * op->imm, bad);
}

#include "text.bpf.h"

/* ---- one op ---- */

static __always_inline void sd_vm_logic(struct sd_vm *vm, const struct sdw_op *op, __u64 a, __u64 b)
{
	__u64 bad_a = sd_is_bad(vm, op->a), bad_b = sd_is_bad(vm, op->b);
	__u64 decides = op->code == SDW_OP_OR;

	if ((!bad_a && !!a == decides) || (!bad_b && !!b == decides))
		sd_set(vm, op->dst, decides, 0);
	else
		sd_set(vm, op->dst, !decides, bad_a | bad_b);
}

/* 1: the end. */
static __always_inline int sd_vm_op(struct sd_vm *vm, const struct sdw_op *op)
{
	__u64 a, b, bad;

	vm->v[SDW_IMM] = op->imm;
	a = *sd_v(vm, op->a);
	b = *sd_v(vm, op->b);
	bad = sd_is_bad(vm, op->a) | sd_is_bad(vm, op->b);
	switch (op->code) {
	case SDW_OP_CMP:
		sd_vm_cmp(vm, op, a, b, bad);
		return 0;
	case SDW_OP_TEXT:
		sd_vm_text(vm, op);
		return 0;
	case SDW_OP_CONST:
		*sd_n(vm, op->dst & (SDW_SLOTS - 1)) = op->off;
		sd_set(vm, op->dst, op->imm, 0);
		return 0;
	case SDW_OP_BITS:
		a <<= op->b & 63;
		a = op->imm & 1 ? (__u64)((__s64)a >> (op->off & 63)) : a >> (op->off & 63);
		sd_set(vm, op->dst, a, sd_is_bad(vm, op->a));
		return 0;
	case SDW_OP_PAIR:
		*sd_n(vm, op->dst & (SDW_SLOTS - 1)) = b;
		sd_set(vm, op->dst, a, bad);
		return 0;
	case SDW_OP_LEN:
		sd_set(vm, op->dst, *sd_n(vm, op->a), sd_is_bad(vm, op->a));
		return 0;
	case SDW_OP_ADD:
		sd_set(vm, op->dst, a + op->imm, sd_is_bad(vm, op->a));
		return 0;
	case SDW_OP_BAD:
		sd_mark(vm, op->dst, 1);
		return 0;
	case SDW_OP_LOAD:
		sd_vm_load(vm, op, a, sd_is_bad(vm, op->a));
		return 0;
	case SDW_OP_INDEX:
	case SDW_OP_TAIL:
		sd_vm_index(vm, op, a, b, bad);
		return 0;
	case SDW_OP_HEAD:
		bad |= b > *sd_n(vm, op->a);
		*sd_n(vm, op->dst & (SDW_SLOTS - 1)) = b;
		sd_set(vm, op->dst, a, bad);
		return 0;
	case SDW_OP_EXPECT:
		sd_mark(vm, op->dst, sd_is_bad(vm, op->dst) | bad | (a != b + op->imm));
		return 0;
	case SDW_OP_ARITH:
		sd_vm_arith(vm, op, a, b, bad);
		return 0;
	case SDW_OP_NOT:
		sd_set(vm, op->dst, !a, sd_is_bad(vm, op->a));
		return 0;
	case SDW_OP_AND:
	case SDW_OP_OR:
		sd_vm_logic(vm, op, a, b);
		return 0;
	case SDW_OP_JFALSE:
		if (!a && !sd_is_bad(vm, op->a))
			vm->pc += op->off;
		return 0;
	case SDW_OP_JTRUE:
		if (a && !sd_is_bad(vm, op->a))
			vm->pc += op->off;
		return 0;
	case SDW_OP_GOID:
		sd_set(vm, op->dst, vm->who.goid, !!(vm->who.flags & SDW_REC_G_BAD));
		return 0;
	case SDW_OP_PID:
		sd_set(vm, op->dst, vm->who.pid, 0);
		return 0;
	case SDW_OP_TID:
		sd_set(vm, op->dst, vm->who.tid, 0);
		return 0;
	case SDW_OP_HITS:
		sd_set(vm, op->dst, vm->hits, !vm->hits);
		return 0;
	case SDW_OP_HASH:
		sd_vm_hash(vm, op);
		return 0;
	case SDW_OP_END:
		vm->truth = sd_is_bad(vm, op->a) ? SD_UNSURE : a ? SD_TRUE : SD_FALSE;
	}
	return 1;
}

static __always_inline int sd_vm_step(struct sd_vm *vm)
{
	const struct sdw_op *op = bpf_map_lookup_elem(&ops, &vm->pc);

	if (!op)
		return 1;
	vm->pc++;
	return sd_vm_op(vm, op);
}

#ifdef SD_PLAIN
static __noinline int sd_vm_one(struct sd_vm *vm)
{
	return sd_vm_step(vm);
}
#else
static long sd_vm_one(__u32 i, struct sd_vm **vm)
{
	return sd_vm_step(*vm);
}
#endif

/* Runs the program at first; what it says is in vm->truth, vm->key. */
static __noinline void sd_vm_run(struct sd_vm *vm, __u32 first)
{
	vm->pc = first;
	vm->bad = 0;
	vm->at = 0;
	vm->truth = SD_UNSURE;
#ifdef SD_PLAIN
	for (int i = 0; i < SDW_VM_STEPS_PLAIN; i++)
		if (sd_vm_one(vm))
			return;
#else
	bpf_loop(SDW_VM_STEPS_LOOP, sd_vm_one, &vm, 0);
#endif
}

/* Before the first program of a hit. */
static __noinline void sd_vm_begin(struct sd_vm *vm, struct pt_regs *ctx, struct sdw_site *site)
{
	__u64 *r = &vm->v[SDW_REG];

	r[0] = ctx->rax;
	r[1] = ctx->rdx;
	r[2] = ctx->rcx;
	r[3] = ctx->rbx;
	r[4] = ctx->rsi;
	r[5] = ctx->rdi;
	r[6] = ctx->rbp;
	r[7] = ctx->rsp;
	r[8] = ctx->r8;
	r[9] = ctx->r9;
	r[10] = ctx->r10;
	r[11] = ctx->r11;
	r[12] = ctx->r12;
	r[13] = ctx->r13;
	r[14] = ctx->r14;
	r[15] = ctx->r15;
	r[16] = ctx->rip;
	vm->v[SDW_BIAS] = ctx->rip - site->addr;
	if (!(site->flags & SDW_SITE_WHO))
		return;
	vm->pos = sd_pid_tid();
	vm->who.pid = vm->pos >> 32;
	vm->who.tid = vm->pos;
	vm->who.flags = 0;
	sd_goroutine_call(ctx, site, &vm->who);
}

#endif
