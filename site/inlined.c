/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an inlined copy of a function is entered: a place that control passes exactly once each time it comes into the
 * copy. The copy's ranges come from the compiler's tables; that its lowest address is where it is entered is checked, not
 * believed (DESIGN §4.2; FACTS C5, C7).
 */
#include <inttypes.h>

#include "site/priv.h"

struct copy {
	const struct sd_flow *f;
	const u64 (*ranges)[2];
	u32 nranges;
	u64 lo; /* lowest address */
	u64 hi; /* end of the run of ranges that starts there */
};

static bool in_copy(const struct copy *c, u64 addr)
{
	for (u32 i = 0; i < c->nranges; i++) {
		if (addr >= c->ranges[i][0] && addr < c->ranges[i][1])
			return true;
	}
	return false;
}

static void copy_init(struct copy *c, const struct sd_flow *f, const u64 (*ranges)[2], u32 nranges)
{
	bool grown = true;

	*c = (struct copy){ .f = f, .ranges = ranges, .nranges = nranges, .lo = UINT64_MAX };
	for (u32 i = 0; i < nranges; i++) {
		if (ranges[i][0] < ranges[i][1] && ranges[i][0] < c->lo) {
			c->lo = ranges[i][0];
			c->hi = ranges[i][1];
		}
	}
	while (grown) {
		grown = false;
		for (u32 i = 0; i < nranges; i++) {
			if (ranges[i][0] <= c->hi && ranges[i][1] > c->hi) {
				c->hi = ranges[i][1];
				grown = true;
			}
		}
	}
}

/* The end (an index) of the straight piece of code that starts with the copy: behind its first branch, or before the first
 * instruction that something else jumps to, or where the copy's ranges end. */
static u32 block_end(const struct copy *c, u32 first)
{
	const struct sd_flow *f = c->f;
	sd_autofree u8 *target = sd_xcalloc(f->v.n + 1, 1);
	u32 i;

	sd_flow_targets(f, target);
	for (i = first; i < f->v.n && f->v.v[i].addr < c->hi; i++) {
		const struct sd_insn *in = &f->v.v[i];

		if (i > first && target[i])
			return i;
		if (!sd_insn_falls_through(in) || in->cls == SD_INSN_JCC || in->cls == SD_INSN_CALL ||
		    in->cls == SD_INSN_CALL_IND)
			return i + 1;
	}
	return i;
}

/* A jump from inside the copy back to its start would count the turns of a loop. */
static bool is_loop_head(const struct copy *c, u32 first, u64 *from_ret)
{
	const struct sd_flow *f = c->f;

	for (u32 i = 0; i < f->v.n; i++) {
		const struct sd_insn *in = &f->v.v[i];

		if ((in->cls == SD_INSN_JMP || in->cls == SD_INSN_JCC) && in->target == f->v.v[first].addr &&
		    in_copy(c, in->addr)) {
			*from_ret = in->addr;
			return true;
		}
	}
	return false;
}

/* Whether control can come to the copy's code without passing its start. */
static bool has_other_way_in(const struct copy *c, u32 first, u64 *to_ret)
{
	const struct sd_flow *f = c->f;
	sd_autofree u8 *marks = sd_xcalloc(f->v.n + 1, 1);

	sd_flow_reach(f, first, marks);
	for (u32 i = 0; i < f->v.n; i++) {
		if (marks[i] && in_copy(c, f->v.v[i].addr)) {
			*to_ret = f->v.v[i].addr;
			return true;
		}
	}
	return false;
}

struct by_address {
	const u64 *from;
	u32 n;
};

static u32 have_by_address(void *ctx, u64 pc)
{
	const struct by_address *a = ctx;
	u32 have = 0;

	for (u32 i = 0; i < a->n; i++)
		have += a->from[i] && a->from[i] <= pc;
	return have;
}

static struct sd_err *choose(struct sd_elf *elf, const struct copy *c, sd_site_have_fn have, void *ctx,
			     struct sd_site *site)
{
	const struct sd_flow *f = c->f;
	const char *name = f->code.fn->name;
	u32 first, end, best = SD_FLOW_NONE, best_have = 0;
	sd_autofree struct sd_cfa *cfa = NULL;
	u64 other;

	first = sd_flow_find(f, c->lo);
	if (first == SD_FLOW_NONE) {
		if (f->bad)
			return sd_err_new(SD_ERR_FAILED, "%s: bytes at 0x%" PRIx64 " cannot be decoded", name, f->bad);
		return sd_err_new(SD_ERR_FAILED, "the inlined copy at 0x%" PRIx64 " does not start at an instruction of %s",
				  c->lo, name);
	}
	if (is_loop_head(c, first, &other))
		return sd_err_new(SD_ERR_FAILED,
				  "the inlined copy at 0x%" PRIx64 " starts with the head of a loop (jump at 0x%" PRIx64
				  "), so that hits would not be calls",
				  c->lo, other);
	if (has_other_way_in(c, first, &other))
		return sd_err_new(SD_ERR_FAILED,
				  "the inlined copy at 0x%" PRIx64 " can be entered at 0x%" PRIx64
				  " without passing its start, so that hits would not be all calls",
				  c->lo, other);
	end = block_end(c, first);
	for (u32 i = first; i < end; i++) {
		const struct sd_insn *in = &f->v.v[i];
		u32 k;

		if (in->completion == SD_REFUSED)
			continue;
		k = have ? have(ctx, in->addr) : 0;
		if (best == SD_FLOW_NONE || k > best_have ||
		    (k == best_have && in->completion == SD_EMULATED && f->v.v[best].completion != SD_EMULATED)) {
			best = i;
			best_have = k;
		}
	}
	if (best == SD_FLOW_NONE)
		return sd_err_new(SD_ERR_FAILED, "the inlined copy at 0x%" PRIx64 " starts with nothing that can be probed",
				  c->lo);
	cfa = sd_xcalloc(f->v.n, sizeof(*cfa));
	sd_flow_frames(f, cfa);
	site->cfa = cfa[best];
	if (f->v.v[best].completion == SD_EMULATED)
		site->why = best == first ? "start of the inlined copy: emulated" :
					    "first emulated instruction of the inlined copy's entry block where most "
					    "arguments have locations";
	else
		site->why = best == first ? "start of the inlined copy" :
					    "first instruction of the inlined copy's entry block where most arguments have "
					    "locations";
	return sd_site_fill(elf, &f->code, f->v.v[best].addr, site);
}

struct sd_err *sd_site_inlined_where(struct sd_elf *elf, const struct sd_func *fn, const u64 (*ranges)[2], u32 nranges,
				     sd_site_have_fn have, void *ctx, struct sd_arena *arena, struct sd_site *ret)
{
	struct sd_site site = { .kind = SD_SITE_INLINED };
	struct sd_flow f;
	struct sd_err *err;
	struct copy c;

	if (fn->runtime_internal)
		return sd_err_new(SD_ERR_FAILED, "%s: a part of the runtime that must not be probed", fn->name);
	SD_TRY(sd_flow_init(elf, fn, &f));
	copy_init(&c, &f, ranges, nranges);
	if (c.lo == UINT64_MAX)
		err = sd_err_new(SD_ERR_FAILED, "the inlined copy in %s has no code", fn->name);
	else
		err = choose(elf, &c, have, ctx, &site);
	sd_flow_deinit(&f);
	if (!err)
		*ret = site;
	return err;
}

struct sd_err *sd_site_inlined(struct sd_elf *elf, const struct sd_func *fn, const u64 (*ranges)[2], u32 nranges,
			       const u64 *from_pc, u32 nfrom, struct sd_arena *arena, struct sd_site *ret)
{
	struct by_address a = { .from = from_pc, .n = nfrom };

	return sd_site_inlined_where(elf, fn, ranges, nranges, have_by_address, &a, arena, ret);
}
