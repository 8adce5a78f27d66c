/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an inlined copy of a function is entered: a place that control passes exactly once each
 * time it comes into the copy. The copy's ranges come from the compiler's tables; they do not say
 * where it is entered: its lowest address may be the body of its loop, or a load that was moved up
 * before the branch that decides whether the call is made at all. So the ways of control are
 * followed (DESIGN §4.2; FACTS C5, C7).
 */
#include <inttypes.h>

#include "site/priv.h"

#define MAX_STARTS 64 /* places where a copy may be entered that are looked at */
#define MAX_PRELUDE                                                                                \
	8 /* instructions of a copy that may lie before the place where it is entered              \
	   */

struct copy {
	const struct sd_flow *f;
	u8 *in; /* owned; for each instruction: belongs to the copy */
	u64 lo; /* lowest address of the ranges, UINT64_MAX: no code */
};

static void copy_init(struct copy *c, const struct sd_flow *f, const u64 (*ranges)[2], u32 nranges)
{
	*c = (struct copy){.f = f, .lo = UINT64_MAX, .in = sd_xcalloc(f->v.n + 1, 1)};
	for (u32 i = 0; i < nranges; i++) {
		size_t lo = 0, hi = f->v.n;

		if (ranges[i][0] >= ranges[i][1])
			continue;
		c->lo = SD_MIN(c->lo, ranges[i][0]);
		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (f->v.v[mid].addr < ranges[i][0])
				lo = mid + 1;
			else
				hi = mid;
		}
		for (; lo < f->v.n && f->v.v[lo].addr < ranges[i][1]; lo++)
			c->in[lo] = 1;
	}
}

static void copy_deinit(struct copy *c)
{
	sd_freep(&c->in);
}

static bool ends_block(const struct sd_insn *in)
{
	return !sd_insn_falls_through(in) || in->cls == SD_INSN_JCC || in->cls == SD_INSN_CALL ||
	       in->cls == SD_INSN_CALL_IND;
}

/* The end (an index) of the straight piece of the copy's code that begins at start: behind its
 * first branch, or before the first instruction that something else jumps to, or where the copy's
 * code ends. */
static u32 block_end(const struct copy *c, u32 start)
{
	const struct sd_flow *f = c->f;
	sd_autofree u8 *target = sd_xcalloc(f->v.n + 1, 1);
	u32 i;

	sd_flow_targets(f, target);
	for (i = start; i < f->v.n && c->in[i]; i++) {
		if (i > start && target[i])
			return i;
		if (ends_block(&f->v.v[i]))
			return i + 1;
	}
	return i;
}

enum verdict { ENTRY, LOOP, OTHER_WAY, PRELUDE };

/* A jump from inside the copy back to its start would count the turns of a loop. */
static bool is_loop_head(const struct copy *c, u32 start)
{
	const struct sd_flow *f = c->f;

	for (u32 i = 0; i < f->v.n; i++) {
		const struct sd_insn *in = &f->v.v[i];

		if ((in->cls == SD_INSN_JMP || in->cls == SD_INSN_JCC) &&
		    in->target == f->v.v[start].addr && c->in[i])
			return true;
	}
	return false;
}

/* Whether all ways to `to` lead over `over`. */
static bool dominates(const struct sd_flow *f, u32 over, u32 to)
{
	sd_autofree u8 *marks = sd_xcalloc(f->v.n + 1, 1);

	sd_flow_reach(f, over, marks);
	return !marks[to];
}

/* mov off(%rsp),%reg: the register allocator puts such on the ways to a place, and the compiler's
 * tables count them to what lies there. */
static bool is_reload(const struct copy *c, u32 i)
{
	struct sd_operands o;

	return c->f->v.v[i].cls == SD_INSN_OTHER &&
	       sd_code_operands(&c->f->code, c->f->v.v[i].addr, &o) && o.op == SD_OP_MOV &&
	       o.n == 2 && o.v[0].kind == SD_OPND_REG && o.v[1].kind == SD_OPND_MEM &&
	       o.v[1].base == SD_RSP && o.v[1].index == SD_OPND_NOREG && !o.v[1].segment;
}

/* Marks in prelude the copy's instructions that can be reached without passing start. False when
 * one of them is a way into the copy: it is one unless it is a reload, or control always comes to
 * start over it (the compiler moved it up: a load done early). Not everything that is left may be
 * reloads: they would be no entry either. */
static bool is_only_way_in(const struct copy *c, u32 start, u8 *prelude, u32 *other_ret)
{
	const struct sd_flow *f = c->f;
	u32 n = 0;
	bool reloads = false;

	sd_flow_reach(f, start, prelude);
	for (u32 i = 0; i < f->v.n; i++) {
		if (!prelude[i] || !c->in[i]) {
			prelude[i] = 0;
			continue;
		}
		if (++n <= MAX_PRELUDE) {
			if (dominates(f, i, start))
				continue;
			reloads = true;
			if (is_reload(c, i))
				continue;
		}
		*other_ret = i;
		return false;
	}
	for (u32 i = start; reloads && i < f->v.n; i++)
		reloads = !c->in[i] || prelude[i] || is_reload(c, i);
	if (reloads)
		*other_ret = start;
	return !reloads;
}

/* Whether start's straight piece of code ends with somebody else's branch or call while more of the
 * copy lies beyond: then what is at start was moved up, and control may yet not come to the copy at
 * all. */
static bool is_moved_up(const struct copy *c, u32 start, const u8 *prelude)
{
	const struct sd_flow *f = c->f;
	u32 at = start, end;

	while (at + 1 < f->v.n && !ends_block(&f->v.v[at]))
		at++;
	end = at;
	for (unsigned int hops = 0; hops < 8 && f->v.v[at].cls == SD_INSN_JMP; hops++) {
		u32 to = sd_flow_find(f, f->v.v[at].target);

		if (to == SD_FLOW_NONE)
			break;
		for (at = to; at + 1 < f->v.n && !ends_block(&f->v.v[at]);)
			at++;
	}
	if (c->in[at])
		return false;
	for (u32 i = 0; i < f->v.n; i++) {
		if (c->in[i] && !prelude[i] && (i < start || i > end))
			return true;
	}
	return false;
}

static enum verdict judge(const struct copy *c, u32 start, u32 *other_ret)
{
	sd_autofree u8 *prelude = sd_xcalloc(c->f->v.n + 1, 1);

	if (is_loop_head(c, start))
		return LOOP;
	if (!is_only_way_in(c, start, prelude, other_ret))
		return OTHER_WAY;
	return is_moved_up(c, start, prelude) ? PRELUDE : ENTRY;
}

/* Where the copy is entered: the first of its runs of instructions that fits. */
static struct sd_err *find_start(const struct copy *c, u32 *ret)
{
	const struct sd_flow *f = c->f;
	enum verdict first_verdict = ENTRY;
	u32 tried = 0, first_other = 0;

	for (u32 i = 0; i < f->v.n && tried < MAX_STARTS; i++) {
		enum verdict v;
		u32 other = 0;

		if (!c->in[i] || (i && c->in[i - 1] && sd_insn_falls_through(&f->v.v[i - 1])))
			continue;
		v = judge(c, i, &other);
		if (v == ENTRY) {
			*ret = i;
			return NULL;
		}
		if (!tried++) {
			first_verdict = v;
			first_other = other;
		}
	}
	switch (first_verdict) {
	case LOOP:
		return sd_err_new(
			SD_ERR_FAILED,
			"the inlined copy at 0x%" PRIx64
			" starts with the head of a loop, so that hits would not be calls",
			c->lo);
	case OTHER_WAY:
		return sd_err_new(SD_ERR_FAILED,
				  "the inlined copy at 0x%" PRIx64 " can be entered at 0x%" PRIx64
				  " without passing its start, so that hits would not be all calls",
				  c->lo, f->v.v[first_other].addr);
	default:
		return sd_err_new(
			SD_ERR_FAILED,
			"the inlined copy at 0x%" PRIx64
			" is mixed with its caller's code, so that hits would not be calls",
			c->lo);
	}
}

static struct sd_err *choose(struct sd_elf *elf, const struct copy *c, sd_site_have_fn have,
			     void *ctx, struct sd_site *site)
{
	const struct sd_flow *f = c->f;
	const char *name = f->code.fn->name;
	u32 start = 0, end, best = SD_FLOW_NONE, best_have = 0;
	sd_autofree struct sd_cfa *cfa = NULL;

	if (f->bad)
		return sd_err_new(SD_ERR_FAILED, "%s: bytes at 0x%" PRIx64 " cannot be decoded",
				  name, f->bad);
	if (sd_flow_find(f, c->lo) == SD_FLOW_NONE)
		return sd_err_new(SD_ERR_FAILED,
				  "the inlined copy at 0x%" PRIx64
				  " does not start at an instruction of %s",
				  c->lo, name);
	SD_TRY(find_start(c, &start));
	end = block_end(c, start);
	for (u32 i = start; i < end; i++) {
		const struct sd_insn *in = &f->v.v[i];
		u32 k;

		if (in->completion == SD_REFUSED) {
			if (sd_code_may_fault(&f->code, in))
				break;
			continue;
		}
		k = have ? have(ctx, in->addr) : 0;
		if (best == SD_FLOW_NONE || k > best_have ||
		    (k == best_have && in->completion == SD_EMULATED &&
		     f->v.v[best].completion != SD_EMULATED)) {
			best = i;
			best_have = k;
		}
		if (sd_code_may_fault(&f->code, in))
			break;
	}
	if (best == SD_FLOW_NONE)
		return sd_err_new(SD_ERR_FAILED,
				  "the inlined copy at 0x%" PRIx64
				  " starts with nothing that can be probed",
				  c->lo);
	cfa = sd_xcalloc(f->v.n, sizeof(*cfa));
	sd_flow_frames(f, cfa);
	site->cfa = cfa[best];
	if (f->v.v[best].completion == SD_EMULATED)
		site->why = best == start ? "start of the inlined copy: emulated"
					  : "first emulated instruction of the inlined copy's "
					    "entry block where most "
					    "arguments have locations";
	else
		site->why = best == start ? "start of the inlined copy"
					  : "first instruction of the inlined copy's entry block "
					    "where most arguments have "
					    "locations";
	return sd_site_fill(elf, &f->code, f->v.v[best].addr, site);
}

struct sd_err *sd_site_inlined_where(struct sd_elf *elf, const struct sd_func *fn,
				     const u64 (*ranges)[2], u32 nranges, sd_site_have_fn have,
				     void *ctx, struct sd_arena *arena, struct sd_site *ret)
{
	struct sd_site site = {.kind = SD_SITE_INLINED};
	struct sd_flow f;
	struct sd_err *err;
	struct copy c;

	if (fn->runtime_internal)
		return sd_err_new(SD_ERR_FAILED,
				  "%s: a part of the runtime that must not be probed", fn->name);
	SD_TRY(sd_flow_init(elf, fn, &f));
	copy_init(&c, &f, ranges, nranges);
	if (c.lo == UINT64_MAX)
		err = sd_err_new(SD_ERR_FAILED, "the inlined copy in %s has no code", fn->name);
	else
		err = choose(elf, &c, have, ctx, &site);
	copy_deinit(&c);
	sd_flow_deinit(&f);
	if (!err)
		*ret = site;
	return err;
}
