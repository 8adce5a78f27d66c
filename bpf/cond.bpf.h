/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Whether a hit is one that was asked for: the condition, and then what tames the flow. Comes
 * before ids, clock and reservation: a hit that is refused costs little more than the trap.
 */
#ifndef SD_BPF_COND_H
#define SD_BPF_COND_H

#include "vm.bpf.h"
#include "limit.bpf.h"

/* Loads that clang cannot merge into one with a computed offset, which the verifier refuses. */
#define sd_ctx_load(ret, ctx, reg)                                                                 \
	asm volatile("%0 = *(u64 *)(%1 + %2)"                                                      \
		     : "=r"(ret)                                                                   \
		     : "r"(ctx), "i"(__builtin_offsetof(struct pt_regs, reg)))

/* Register n, as DWARF numbers it; 16: rip. */
static __always_inline __u64 sd_reg(struct pt_regs *ctx, __u32 n)
{
	__u64 v;

	switch (n) {
#define SD_REG(number, reg)                                                                        \
	case number:                                                                               \
		sd_ctx_load(v, ctx, reg);                                                          \
		return v;
		SD_REG(0, rax)
		SD_REG(1, rdx)
		SD_REG(2, rcx)
		SD_REG(3, rbx)
		SD_REG(4, rsi)
		SD_REG(5, rdi)
		SD_REG(6, rbp)
		SD_REG(7, rsp)
		SD_REG(8, r8)
		SD_REG(9, r9)
		SD_REG(10, r10)
		SD_REG(11, r11)
		SD_REG(12, r12)
		SD_REG(13, r13)
		SD_REG(14, r14)
		SD_REG(15, r15)
#undef SD_REG
	default:
		sd_ctx_load(v, ctx, rip);
		return v;
	}
}

/* Whether v, which is loaded, is what pre wants. */
static __always_inline int sd_pre_holds(const struct sdw_site *site, __u64 v)
{
	v <<= site->pre.shift & 63;
	if (site->flags & SDW_SITE_PRE_SIGNED)
		v ^= SD_TOP;
	return (v - site->pre.lo <= site->pre.span) != !!(site->flags & SDW_SITE_PRE_NOT);
}

/* Whether pre is of a register, and comes before all else. */
static __always_inline int sd_pre_is_first(const struct sdw_site *site)
{
	return (site->flags & (SDW_SITE_PRE | SDW_SITE_HITS)) == SDW_SITE_PRE && !site->pre.loads &&
	       site->pre.size <= 8;
}

/* Whether such a pre lets the hit through. */
static __always_inline int sd_pre(struct pt_regs *ctx, const struct sdw_site *site)
{
	return !sd_pre_is_first(site) || sd_pre_holds(site, sd_reg(ctx, site->pre.reg));
}

/* The string at vm->w against the constant. enum sd_truth */
static __always_inline __u32 sd_pre_text(struct sd_vm *vm, struct sdw_site *site)
{
	__u64 n = site->pre.span;
	const __u64 *w = (const __u64 *)vm->x, *t;
	__u32 same = !(site->flags & SDW_SITE_PRE_NOT);

	if (vm->w[1] != n && (!(site->flags & SDW_SITE_PRE_PREFIX) || vm->w[1] < n))
		return !same;
	if (!n)
		return same;
	vm->text = site->pre.lo;
	t = bpf_map_lookup_elem(&texts, &vm->text);
	sd_opaque(n);
	if (!t || n > SDW_TEXT_MAX)
		return SD_UNSURE;
	*(__u64 *)(vm->x + ((n - 1) & (SDW_TEXT_MAX - 8))) = 0;
	if (bpf_probe_read_user(vm->x, n, (void *)vm->w[0]))
		return SD_UNSURE;
#pragma unroll
	for (int i = 0; i < SDW_TEXT_MAX / 8; i++) {
		if (8 * i >= n)
			break;
		if (w[i] != t[i])
			return !same;
	}
	return same;
}

/* Any pre: enum sd_truth. */
static __always_inline __u32 sd_pre_any(struct sd_vm *vm, struct pt_regs *ctx,
					struct sdw_site *site)
{
	__u64 v = sd_reg(ctx, site->pre.reg), n = site->pre.size;
	__u32 i = 0;

	if (site->pre.loads > 2) {
		if (!v || bpf_probe_read_user(vm->w, 8, (void *)(v + site->pre.off[i])))
			return SD_UNSURE;
		v = vm->w[0];
		i++;
	}
	if (site->pre.loads > 1) {
		if (!v || bpf_probe_read_user(vm->w, 8, (void *)(v + site->pre.off[i & 1])))
			return SD_UNSURE;
		v = vm->w[0];
		i++;
	}
	if (!site->pre.loads && n <= 8)
		return sd_pre_holds(site, v);
	if (!site->pre.loads) {
		vm->w[0] = v;
		vm->w[1] = sd_reg(ctx, site->pre.off[0]);
		return sd_pre_text(vm, site);
	}
	if (!v)
		return SD_UNSURE;
	v += site->pre.off[i & 3];
	if (n == 16) {
		if (bpf_probe_read_user(vm->w, 16, (void *)v))
			return SD_UNSURE;
		return sd_pre_text(vm, site);
	}
	vm->w[0] = 0;
	sd_opaque(n);
	if (n > 8 || !n || bpf_probe_read_user(vm->w, n, (void *)v))
		return SD_UNSURE;
	return sd_pre_holds(site, vm->w[0]);
}

#define SD_STOP	      0x10000 /* beside flags of a record */
#define SD_HITS_SHIFT 20      /* above them which hit of its probe it is, 0: not known */

static __always_inline __u64 sd_refuse(const struct sdw_site *site, struct sdw_counts *c)
{
	if (site->flags & SDW_SITE_REFUSE)
		return SDW_REC_REFUSED;
	sd_count(c->filtered);
	return SD_STOP;
}

/* What the memory and the programs that decide, and its probe's limits say: as sd_verdict(). */
static __noinline __u64 sd_judge(struct pt_regs *ctx, struct sdw_site *site, struct sdw_counts *c)
{
	struct sd_vm *vm = sd_vm_take();
	__u64 ret = 0;

	if (!vm)
		return SDW_REC_COND_UNSURE;
	sd_number(vm, site);
	if ((site->flags & SDW_SITE_PRE) && !sd_pre_is_first(site)) {
		vm->truth = sd_pre_any(vm, ctx, site);
		if (vm->truth == SD_FALSE)
			goto refused;
		if (vm->truth == SD_UNSURE)
			ret = SDW_REC_COND_UNSURE;
	}
	if (site->cond | site->key)
		sd_vm_begin(vm, ctx, site);
	if (site->cond) {
		sd_vm_run(vm, site->cond);
		if (vm->truth == SD_FALSE)
			goto refused;
		if (vm->truth == SD_UNSURE)
			ret = SDW_REC_COND_UNSURE;
	}
	if (site->flags & SDW_SITE_TAME) {
		if (site->key)
			sd_vm_run(vm, site->key);
		if (!sd_is_let(vm, site)) {
			sd_count(c->limited);
			ret = SD_STOP;
		}
	}
	ret |= vm->hits << SD_HITS_SHIFT;
	sd_vm_release(vm);
	return ret;
refused:
	sd_vm_release(vm);
	return sd_refuse(site, c);
}

/* Whether there is more to it than pre of a register. */
static __always_inline int sd_is_judged(const struct sdw_site *site)
{
	return config.programs && (site->cond | site->pre.loads | (site->pre.size > 8) |
				   (site->flags & (SDW_SITE_TAME | SDW_SITE_HITS)));
}

/* Flags for the record and which hit of its probe it is, or SD_STOP: no record. */
static __always_inline __u64 sd_verdict(struct pt_regs *ctx, struct sdw_site *site,
					struct sdw_counts *c)
{
	if (!sd_pre(ctx, site))
		return sd_refuse(site, c);
	return sd_is_judged(site) ? sd_judge(ctx, site, c) : 0;
}

#endif
