/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Which returns belong to entries that were let through, where entries can be refused: only their
 * records are sent. A goroutine is marked with the depth (stack.hi − CFA) of the outermost call of
 * that function that is open; a return from less deep proves that call gone, one from deeper down
 * may belong to another: it is sent, and the reader knows. A mark may be stale, then returns are
 * sent in vain; none that is wanted is ever held back.
 */
#ifndef SD_BPF_OPEN_H
#define SD_BPF_OPEN_H

#include "site.bpf.h"

__u32 sd_opens_full; /* a mark could not be set: all returns are sent from now on */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct sdw_open);
	__type(value, __u64);
} opens SEC(".maps");

static __always_inline void sd_open_key(struct pt_regs *ctx, const struct sdw_site *site,
					struct sdw_open *key)
{
	key->g = ctx->r14;
	key->func = site->func;
	key->pid = bpf_get_current_pid_tgid() >> 32;
}

/* 0: not known. */
static __always_inline __u64 sd_open_depth(struct pt_regs *ctx, const struct sdw_site *site,
					   __u64 g)
{
	__u64 hi = 0, cfa;

	if (site->cfa_reg == 6)
		sd_ctx_load(cfa, ctx, rbp);
	else
		sd_ctx_load(cfa, ctx, rsp);
	if (bpf_probe_read_user(&hi, 8, (void *)(g + 8))) /* g.stack.hi */
		return 0;
	return hi - (cfa + site->cfa_off);
}

/* An entry is let through. */
static __noinline void sd_open_mark(struct pt_regs *ctx, struct sdw_site *site)
{
	struct sdw_open key;
	__u64 depth, *outer;

	sd_open_key(ctx, site, &key);
	depth = sd_open_depth(ctx, site, key.g);
	outer = bpf_map_lookup_elem(&opens, &key);
	if (!depth)
		goto full;
	if (outer) {
		if (depth < *outer)
			*outer = depth;
		return;
	}
	if (!bpf_map_update_elem(&opens, &key, &depth, BPF_ANY))
		return;
full:
	*(volatile __u32 *)&sd_opens_full = 1;
}

/* Whether a return is of an entry that was refused. */
static __noinline int sd_open_is_none(struct pt_regs *ctx, struct sdw_site *site)
{
	struct sdw_open key;
	__u64 depth, outermost, *outer;

	if (*(volatile __u32 *)&sd_opens_full)
		return 0;
	sd_open_key(ctx, site, &key);
	outer = bpf_map_lookup_elem(&opens, &key);
	if (!outer)
		return 1;
	outermost = *outer;
	depth = sd_open_depth(ctx, site, key.g);
	if (!depth || depth > outermost)
		return 0;
	bpf_map_delete_elem(&opens, &key);
	return depth < outermost;
}

#endif
