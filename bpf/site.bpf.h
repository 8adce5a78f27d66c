/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Which site a hit belongs to, whether it is a hit at all, and whose it is: process, thread,
 * goroutine. */
#ifndef SD_BPF_SITE_H
#define SD_BPF_SITE_H

#include "maps.bpf.h"

/* Loads that clang cannot merge into one with a computed offset, which the verifier refuses. */
#define sd_ctx_load(ret, ctx, reg)                                                                 \
	asm volatile("%0 = *(u64 *)(%1 + %2)"                                                      \
		     : "=r"(ret)                                                                   \
		     : "r"(ctx), "i"(__builtin_offsetof(struct pt_regs, reg)))

#define SD_EFLAGS_CF 0x01
#define SD_EFLAGS_ZF 0x40

/* Index of the site that the instruction pointer names; ~0 when there is none. A function of its
 * own for its stack. */
static __noinline __u32 sd_site_by_addr(struct pt_regs *ctx)
{
	struct sdw_addr_key key = {.addr = ctx->rip};
	struct sdw_module *m;
	__u32 *index;
	__u64 *n;

	if (config.by_addr == SDW_FIND_MODULE)
		key.module = bpf_get_attach_cookie(ctx);
	m = bpf_map_lookup_elem(&modules, &key.module);
	if (!m)
		return ~0U;
	if (m->pie && config.mm_off) {
		/* mm->start_code: where the ELF loader put the lowest executable segment
		 * (fs/binfmt_elf.c) */
		if (bpf_probe_read_kernel(&key.addr, 8,
					  (void *)(bpf_get_current_task() + config.mm_off)) ||
		    !key.addr ||
		    bpf_probe_read_kernel(&key.addr, 8, (void *)(key.addr + config.start_code_off)))
			return ~0U;
		key.addr = ctx->rip - (key.addr - m->first_exec);
	}
	index = bpf_map_lookup_elem(&addr_sites, &key);
	if (index)
		return *index;
	key.module = 0;
	n = bpf_map_lookup_elem(&strays, &key.module);
	if (n)
		__sync_fetch_and_add(n, 1);
	return ~0U;
}

static __always_inline __u32 sd_site_index(struct pt_regs *ctx)
{
	return config.by_addr == SDW_FIND_COOKIE ? (__u32)bpf_get_attach_cookie(ctx)
						 : sd_site_by_addr(ctx);
}

static __noinline __u64 sd_ns_pid_tid(void)
{
	struct bpf_pidns_info ns = {};

	bpf_get_ns_current_pid_tgid((__u64)config.pidns_dev_hi << 32 | config.pidns_dev_lo,
				    config.pidns_ino, &ns, sizeof(ns));
	return (__u64)ns.tgid << 32 | ns.pid;
}

/* tgid << 32 | tid as sonde's own pid namespace numbers them; 0 for a task of another namespace. */
static __always_inline __u64 sd_pid_tid(void)
{
	return config.pidns_ino ? sd_ns_pid_tid() : bpf_get_current_pid_tgid();
}

/* Whether the process is one of map `pids`. */
static __noinline int sd_is_wanted(void)
{
	__u32 pid = sd_pid_tid() >> 32;

	return !!bpf_map_lookup_elem(&pids, &pid);
}

/* Whether the instruction counts as reached: a stack check that is taken and a foreign process do
 * not. */
static __always_inline int sd_is_hit(struct pt_regs *ctx, const struct sdw_site *site,
				     struct sdw_counts *c)
{
	if ((site->flags & SDW_SITE_DROP_BE) && (ctx->eflags & (SD_EFLAGS_CF | SD_EFLAGS_ZF))) {
		sd_count(c->dropped);
		return 0;
	}
	if ((site->flags & SDW_SITE_PID_FILTER) && !sd_is_wanted())
		return 0;
	sd_count(c->hits);
	return 1;
}

/*
 * What is left when goid is read but is 0, or the stack is wanted and could not be read with it. On
 * a system stack (g0, gsignal: goid 0) the goroutine is m.curg's. 1: something that must be there
 * cannot be read.
 */
static __noinline int sd_other_g(const struct sdw_site *site, struct sdw_rec *r)
{
	__u64 p = 0;

	if ((site->flags & (SDW_SITE_WANT_STACK | SDW_SITE_USER_G)) == SDW_SITE_WANT_STACK &&
	    bpf_probe_read_user(&r->stack_lo, 16, (void *)r->g))
		return 1;
	if (!r->goid) {
		r->flags |= SDW_REC_SYSTEM;
		if (!site->m_off || bpf_probe_read_user(&p, 8, (void *)(r->g + site->m_off)) ||
		    !p || bpf_probe_read_user(&p, 8, (void *)(p + site->curg_off)) || !p ||
		    bpf_probe_read_user(&r->goid, 8, (void *)(p + site->goid_off))) {
			r->goid = 0;
			p = 0;
		}
		r->g = p;
	}
	return !(~site->flags & (SDW_SITE_WANT_STACK | SDW_SITE_USER_G)) && r->g &&
	       bpf_probe_read_user(&r->stack_lo, 16, (void *)r->g);
}

/*
 * stack and goid of the g at r->g in one read, which costs less than two: over r's members from
 * goid on, before they are filled. 0 when that is impossible, or there is a goid 0: then the reads
 * are done one by one.
 */
#define SD_G_SPAN (sizeof(struct sdw_rec) - __builtin_offsetof(struct sdw_rec, goid))
static __always_inline int sd_whole_g(const struct sdw_site *site, struct sdw_rec *r)
{
	__u64 off = site->goid_off, lo, hi, goid;
	__u8 *p = (__u8 *)&r->goid;

	sd_opaque(off);
	if (off > SD_G_SPAN - 8)
		return 0;
	if (bpf_probe_read_user(p, off + 8, (void *)r->g))
		return 0;
	goid = *(__u64 *)(p + off);
	lo = *(__u64 *)p;
	hi = *(__u64 *)(p + 8);
	r->goid = goid;
	r->stack_lo = lo;
	r->stack_hi = hi;
	return goid != 0;
}

/*
 * Fills g, goid, stack_lo, stack_hi, adds to flags. goid by way of the stack: where the kernel
 * checks what user memory is copied to (HARDENED_USERCOPY), its stack passes at once, and the
 * memory of a map costs 20 ns more.
 */
static __always_inline void sd_goroutine(struct pt_regs *ctx, const struct sdw_site *site,
					 struct sdw_rec *r)
{
	__u64 goid;

	r->g = 0;
	if (site->flags & SDW_SITE_G_R14) {
		r->g = ctx->r14;
	} else if (site->flags & SDW_SITE_G_TLS) {
		if (!config.fsbase_off ||
		    bpf_probe_read_kernel(&r->g, 8,
					  (void *)(bpf_get_current_task() + config.fsbase_off)) ||
		    bpf_probe_read_user(&r->g, 8, (void *)(r->g + site->tls_off)))
			goto bad;
	} else {
		goto none;
	}
	if ((site->flags & SDW_SITE_WANT_STACK) && sd_whole_g(site, r))
		return;
	r->stack_lo = 0;
	r->stack_hi = 0;
	if (bpf_probe_read_user(&goid, 8, (void *)(r->g + site->goid_off)))
		goto bad;
	r->goid = goid;
	if (goid && !(site->flags & SDW_SITE_WANT_STACK))
		return;
	if (!sd_other_g(site, r))
		return;
bad:
	r->flags |= SDW_REC_G_BAD;
	r->g = 0;
none:
	r->goid = 0;
	r->stack_lo = 0;
	r->stack_hi = 0;
}

/* For programs that have no stack to spare. */
static __noinline void sd_goroutine_call(struct pt_regs *ctx, const struct sdw_site *site,
					 struct sdw_rec *r)
{
	sd_goroutine(ctx, site, r);
}

/*
 * Asks for the cache lines of the record that were the reader's last: they come while clock and
 * goid are read. The first is being written anyway.
 */
static __always_inline void sd_touch(struct sdw_rec *r)
{
	_Static_assert(__builtin_offsetof(struct sdw_rec, losses) == 64 &&
			       __builtin_offsetof(struct sdw_rec, regs[7]) == 128 &&
			       __builtin_offsetof(struct sdw_rec, regs[15]) == 192,
		       "a word of each cache line");
	*(volatile __u64 *)&r->losses = 0;
	*(volatile __u64 *)&r->regs[7] = 0;
	*(volatile __u64 *)&r->regs[15] = 0;
}

/* The fixed part of a record but its size, site, number of ranges and flags of the chase. spare: a
 * constant of the program, whether it has stack to spare: a call costs 10 ns. */
static __always_inline void sd_header(struct pt_regs *ctx, const struct sdw_site *site,
				      struct sdw_rec *r, __u16 flags, const int spare)
{
	__u64 pid_tid;

	sd_touch(r);
	pid_tid = sd_pid_tid();
	r->version = SDW_VERSION;
	r->part = 0;
	r->flags = flags;
	r->pid = pid_tid >> 32;
	r->tid = pid_tid;
	r->nranges = 0;
	r->ts = bpf_ktime_get_ns();
	if (spare)
		sd_goroutine(ctx, site, r);
	else
		sd_goroutine_call(ctx, site, r);
	r->losses = *(volatile __u64 *)&sd_losses + 1;
	r->regs[0] = ctx->rax;
	r->regs[1] = ctx->rdx;
	r->regs[2] = ctx->rcx;
	r->regs[3] = ctx->rbx;
	r->regs[4] = ctx->rsi;
	r->regs[5] = ctx->rdi;
	r->regs[6] = ctx->rbp;
	r->regs[7] = ctx->rsp;
	r->regs[8] = ctx->r8;
	r->regs[9] = ctx->r9;
	r->regs[10] = ctx->r10;
	r->regs[11] = ctx->r11;
	r->regs[12] = ctx->r12;
	r->regs[13] = ctx->r13;
	r->regs[14] = ctx->r14;
	r->regs[15] = ctx->r15;
	r->regs[16] = ctx->rip;
}

#endif
