/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Whether a hit is one that was asked for: the condition, and then what tames the flow. Comes
 * before ids, clock and reservation: a hit that is refused costs little more than the trap.
 */
#ifndef SD_BPF_COND_H
#define SD_BPF_COND_H

#include "vm.bpf.h"
#include "limit.bpf.h"
#include "open.bpf.h"

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

#define SD_PIECE 32 /* bytes of a string that are compared at once: they lie on the stack */

/* Whether n bytes of the target at addr are the constant's. enum sd_truth */
static __noinline int sd_pre_bytes(__u64 addr, struct sdw_text *t, __u64 n)
{
	__u64 w[SD_PIECE / 8] = {};
	const __u64 *p = (const __u64 *)t;

	sd_opaque(n);
	if (n > SD_PIECE) {
		if (n > SDW_TEXT_MAX || bpf_probe_read_user(w, SD_PIECE, (void *)addr))
			return SD_UNSURE;
		if (w[0] != p[0] || w[1] != p[1] || w[2] != p[2] || w[3] != p[3])
			return SD_FALSE;
		addr += SD_PIECE;
		n -= SD_PIECE;
		p += SD_PIECE / 8;
		w[0] = 0;
		w[1] = 0;
		w[2] = 0;
		w[3] = 0;
	}
	sd_opaque(n);
	if (!n || n > SD_PIECE || bpf_probe_read_user(w, n, (void *)addr))
		return SD_UNSURE;
	return w[0] == p[0] && w[1] == p[1] && w[2] == p[2] && w[3] == p[3];
}

/* The string of len bytes at addr against the constant. enum sd_truth */
static __always_inline int sd_pre_text(const struct sdw_site *site, __u64 addr, __u64 len)
{
	__u32 index = site->pre.lo;
	struct sdw_text *t = bpf_map_lookup_elem(&texts, &index);
	__u64 n = site->pre.span;
	int truth = SD_TRUE;

	if (len != n && (!(site->flags & SDW_SITE_PRE_PREFIX) || len < n))
		truth = SD_FALSE;
	else if (!t)
		return SD_UNSURE;
	else if (n)
		truth = sd_pre_bytes(addr, t, n);
	if (truth == SD_UNSURE)
		return SD_UNSURE;
	return truth != !!(site->flags & SDW_SITE_PRE_NOT);
}

/* Any pre: enum sd_truth. With its own stack and no other memory: it may be preempted. */
static __noinline int sd_pre_any(struct pt_regs *ctx, struct sdw_site *site)
{
	__u64 v = sd_reg(ctx, site->pre.reg), n = site->pre.size, w[2];
	__u32 loads = site->pre.loads, i = 0;

	if (!loads)
		return n > 8 ? sd_pre_text(site, v, sd_reg(ctx, site->pre.off[0]))
			     : sd_pre_holds(site, v);
	if (loads > 2) {
		if (!v || bpf_probe_read_user(w, 8, (void *)(v + site->pre.off[i])))
			return SD_UNSURE;
		v = w[0];
		i++;
	}
	if (loads > 1) {
		if (!v || bpf_probe_read_user(w, 8, (void *)(v + site->pre.off[i & 1])))
			return SD_UNSURE;
		v = w[0];
		i++;
	}
	if (!v)
		return SD_UNSURE;
	v += site->pre.off[i & 3];
	if (n > 8) {
		if (bpf_probe_read_user(w, 16, (void *)v))
			return SD_UNSURE;
		return sd_pre_text(site, w[0], w[1]);
	}
	w[0] = 0;
	sd_opaque(n);
	if (!n || n > 8 || bpf_probe_read_user(w, n, (void *)v))
		return SD_UNSURE;
	return sd_pre_holds(site, w[0]);
}

#define SD_NOT_ASKED 3 /* beside enum sd_truth */

/*
 * What pre says before all else, so that a hit that it refuses costs little: SD_FALSE, the hit is
 * refused and counted, or what sd_verdict() is to be told. A task may be preempted here: one
 * addition that nothing interrupts, instead of two. memory: a constant of the program, whether pre
 * may be of memory.
 */
static __always_inline int sd_early(struct pt_regs *ctx, struct sdw_site *site,
				    struct sdw_counts *c, const int memory)
{
	__u32 flags = site->flags;
	int truth;

	if (memory && (flags & SDW_SITE_MARKED) && config.programs &&
	    !(flags & SDW_SITE_PID_FILTER) && sd_open_is_none(ctx, site)) {
		__sync_fetch_and_add(&c->refused, 1);
		return SD_FALSE;
	}
	if ((flags & (SDW_SITE_PRE | SDW_SITE_HITS | SDW_SITE_REFUSE | SDW_SITE_PID_FILTER)) !=
	    SDW_SITE_PRE)
		return SD_NOT_ASKED;
	if ((flags & SDW_SITE_DROP_BE) && (ctx->eflags & (SD_EFLAGS_CF | SD_EFLAGS_ZF)))
		return SD_NOT_ASKED;
	if (!site->pre.loads && site->pre.size <= 8)
		truth = sd_pre_holds(site, sd_reg(ctx, site->pre.reg));
	else if (memory && config.programs)
		truth = sd_pre_any(ctx, site);
	else
		return SD_NOT_ASKED;
	if (truth == SD_FALSE)
		__sync_fetch_and_add(&c->refused, 1);
	return truth;
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

/* What pre, unless it was asked already, the programs and the probe's limits say: as sd_verdict().
 */
static __noinline __u64 sd_judge(struct pt_regs *ctx, struct sdw_site *site, struct sdw_counts *c,
				 int pre)
{
	struct sd_vm *vm = sd_vm_take();
	__u64 ret = 0;

	if (!vm)
		return SDW_REC_COND_UNSURE;
	sd_number(vm, site);
	if (pre == SD_NOT_ASKED && (site->flags & SDW_SITE_PRE))
		pre = sd_pre_any(ctx, site);
	if (pre == SD_FALSE)
		goto refused;
	if (pre == SD_UNSURE)
		ret = SDW_REC_COND_UNSURE;
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

/* Flags for the record and which hit of its probe it is, or SD_STOP: no record. pre: as sd_early()
 * said. */
static __always_inline __u64 sd_verdict(struct pt_regs *ctx, struct sdw_site *site,
					struct sdw_counts *c, int pre)
{
	__u32 flags = site->flags;

	if (!config.programs) { /* pre is of a register then */
		if (pre == SD_NOT_ASKED && (flags & SDW_SITE_PRE) &&
		    !sd_pre_holds(site, sd_reg(ctx, site->pre.reg)))
			return sd_refuse(site, c);
		return 0;
	}
	if (site->cond || (flags & (SDW_SITE_TAME | SDW_SITE_HITS)) ||
	    (pre == SD_NOT_ASKED && (flags & SDW_SITE_PRE)))
		return sd_judge(ctx, site, c, pre);
	return pre == SD_UNSURE ? SDW_REC_COND_UNSURE : 0;
}

#endif
