/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Strings in programs: comparing, searching, hashing. A step takes 64 bytes at most (32 places of a
 * search); a string that needs more is gone on with in the next step, by going back one op.
 */
#ifndef SD_BPF_TEXT_H
#define SD_BPF_TEXT_H

#define SD_PLACES 32 /* of a search in one step */

/* Reads n bytes, 64 at most, and fills up with 0. 0 when they could be read. */
static __always_inline long sd_text_read(__u8 *buf, __u64 addr, __u64 n)
{
	__u64 *w = (__u64 *)buf;

#pragma unroll
	for (int i = 0; i < SDW_TEXT_MAX / 8; i++)
		w[i] = 0;
	sd_opaque(n);
	if (n > SDW_TEXT_MAX)
		return -1;
	if (!n)
		return 0;
	return bpf_probe_read_user(buf, n, (void *)addr);
}

/* ASCII capitals made small, 8 bytes at once. */
static __always_inline __u64 sd_text_fold(__u64 w)
{
	__u64 low = w & 0x7f7f7f7f7f7f7f7fULL;
	__u64 from_a = low + 0x3f3f3f3f3f3f3f3fULL;  /* ≥ 'A': the top bit */
	__u64 above_z = low + 0x2525252525252525ULL; /* > 'Z' */
	__u64 capital = from_a & ~above_z & ~w & 0x8080808080808080ULL;

	return w | capital >> 2;
}

/* How x's 64 bytes are to p's: enum sdw_cond. */
static __always_inline __u32 sd_text_order(const struct sd_vm *vm, const __u64 *p, int fold)
{
	const __u64 *w = (const __u64 *)vm->x;
	__u64 a = 0, b = 0;

#pragma unroll
	for (int i = 0; i < SDW_TEXT_MAX / 8; i++) {
		a = w[i];
		b = p[i];
		if (a != b) {
			if (!fold)
				goto differ;
			a = sd_text_fold(a);
			b = sd_text_fold(b);
			if (a != b)
				goto differ;
		}
	}
	return SDW_EQ;
differ:
	return __builtin_bswap64(a) < __builtin_bswap64(b) ? SDW_LT : SDW_GT;
}

/* Goes on with the same op in the next step. */
static __always_inline void sd_vm_again(struct sd_vm *vm, __u64 at)
{
	vm->at = at;
	vm->pc--;
}

static __always_inline void sd_text_done(struct sd_vm *vm, const struct sdw_op *op, __u64 v,
					 __u64 bad)
{
	vm->at = 0;
	sd_set(vm, op->dst, v, bad);
}

/* Of strings a, b (t: b is this constant): whether a holds b. */
static __always_inline void sd_text_search(struct sd_vm *vm, const struct sdw_op *op,
					   const struct sdw_text *t)
{
	const __u64 *p = t ? (const __u64 *)t : (const __u64 *)vm->y;
	__u64 last = vm->la - vm->lb, n = vm->la - vm->at, mask = ~0ULL, first, w = 0;
	__u64 pos;

	if (vm->lb > vm->la || !vm->lb) {
		sd_text_done(vm, op, !vm->lb, 0);
		return;
	}
	if (vm->lb > SDW_TEXT_MAX || vm->at >= SDW_STRING_MAX)
		goto bad;
	if (!t && sd_text_read(vm->y, vm->b, vm->lb))
		goto bad;
	if (n > SD_PLACES + 8)
		n = SD_PLACES + 8;
	if (sd_text_read(vm->x, vm->a + vm->at, n))
		goto bad;
	if (vm->lb < 8)
		mask = (1ULL << 8 * vm->lb) - 1;
	first = p[0];
	pos = SD_PLACES;
#pragma unroll
	for (int i = 0; i < SD_PLACES; i++) {
		w = *(const __u64 *)(vm->x + i);
		if ((w & mask) == first) {
			pos = i;
			break;
		}
	}
	*(volatile __u64 *)&vm->pos = pos; /* a number like any other to the verifier */
	pos = vm->at + *(volatile __u64 *)&vm->pos;
	if (pos > last) {
		sd_text_done(vm, op, 0, 0);
		return;
	}
	if (*(volatile __u64 *)&vm->pos >= SD_PLACES) {
		sd_vm_again(vm, pos);
		return;
	}
	if (vm->lb > 8) {
		if (sd_text_read(vm->x, vm->a + pos, vm->lb))
			goto bad;
		if (sd_text_order(vm, p, 0) != SDW_EQ) {
			sd_vm_again(vm, pos + 1);
			return;
		}
	}
	sd_text_done(vm, op, 1, 0);
	return;
bad:
	sd_text_done(vm, op, 0, 1);
}

static __always_inline void sd_text_compare(struct sd_vm *vm, const struct sdw_op *op,
					    const struct sdw_text *t)
{
	__u64 total = vm->la < vm->lb ? vm->la : vm->lb, n;
	__u32 how = op->off, order;

	if (how == SDW_TEXT_PREFIX || how == SDW_TEXT_SUFFIX) {
		if (vm->lb > vm->la) {
			sd_text_done(vm, op, 0, 0);
			return;
		}
		if (how == SDW_TEXT_SUFFIX)
			vm->a += vm->la - vm->lb;
		how = SDW_EQ;
		vm->la = vm->lb;
	}
	if (how == SDW_TEXT_FOLD || how == SDW_EQ || how == SDW_NE) {
		if (vm->la != vm->lb) { /* before anything is read */
			sd_text_done(vm, op, how == SDW_NE, 0);
			return;
		}
	}
	n = total - vm->at;
	if (n > SDW_TEXT_MAX)
		n = SDW_TEXT_MAX;
	order = SDW_EQ;
	if (n) {
		if (vm->at >= SDW_STRING_MAX || sd_text_read(vm->x, vm->a + vm->at, n))
			goto bad;
		/* what a constant has behind n bytes makes it the greater one, rightly */
		if (!t && sd_text_read(vm->y, vm->b + vm->at, n))
			goto bad;
		order = sd_text_order(vm, t ? (const __u64 *)t : (const __u64 *)vm->y,
				      how == SDW_TEXT_FOLD);
		if (order == SDW_EQ && vm->at + n < total) {
			sd_vm_again(vm, vm->at + n);
			return;
		}
	}
	if (order == SDW_EQ && vm->la != vm->lb)
		order = vm->la < vm->lb ? SDW_LT : SDW_GT;
	if (how == SDW_TEXT_FOLD)
		how = SDW_EQ;
	sd_text_done(vm, op, !!(how & order), 0);
	return;
bad:
	sd_text_done(vm, op, 0, 1);
}

static __noinline int sd_vm_text(struct sd_vm *vm, const struct sdw_op *op)
{
	const struct sdw_text *t = 0;
	__u64 bad = sd_is_bad(vm, op->a) | sd_is_bad(vm, op->b);

	vm->a = *sd_v(vm, op->a);
	vm->la = *sd_n(vm, op->a);
	vm->b = *sd_v(vm, op->b);
	vm->lb = *sd_n(vm, op->b);
	if (op->b == SDW_IMM) {
		vm->text = op->imm;
		vm->lb = op->imm >> 32;
		t = bpf_map_lookup_elem(&texts, &vm->text);
		if (!t)
			bad = 1;
	}
	if (bad || (vm->la | vm->lb) >> 40)
		sd_text_done(vm, op, 0, 1);
	else if (op->off == SDW_TEXT_CONTAINS)
		sd_text_search(vm, op, t);
	else
		sd_text_compare(vm, op, t);
	return 0;
}

/* ---- keys ---- */

static __always_inline __u64 sd_mix_key(__u64 key, __u64 v)
{
	key = (key ^ v) * 0x9e3779b97f4a7c15ULL;
	return key ^ key >> 29;
}

/* Of a string the first SDW_STRING_MAX bytes and its length. */
static __noinline int sd_vm_hash(struct sd_vm *vm, const struct sdw_op *op)
{
	__u64 n, bad = sd_is_bad(vm, op->a);
	const __u64 *w = (const __u64 *)vm->x;

	vm->a = *sd_v(vm, op->a);
	vm->la = *sd_n(vm, op->a);
	if (!vm->at)
		vm->key = sd_mix_key(0, op->b == 1 ? vm->la : vm->a);
	if (bad || op->b != 1 || !vm->la)
		goto done;
	n = vm->la - vm->at;
	if (n > SDW_TEXT_MAX)
		n = SDW_TEXT_MAX;
	bad = !!sd_text_read(vm->x, vm->a + vm->at, n);
	if (bad)
		goto done;
#pragma unroll
	for (int i = 0; i < SDW_TEXT_MAX / 8; i++)
		vm->key = sd_mix_key(vm->key, w[i]);
	n += vm->at;
	if (n < vm->la && n < SDW_STRING_MAX) {
		sd_vm_again(vm, n);
		return 0;
	}
done:
	sd_text_done(vm, op, vm->key, bad);
	return 0;
}

#endif
