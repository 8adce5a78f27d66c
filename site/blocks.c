/* SPDX-License-Identifier: BSD-2-Clause */
/* Basic blocks, dominators (Cooper, Harvey and Kennedy's iteration over reverse postorder) and
 * natural loops. */
#include "site/blocks.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_BLOCKS = 1 << 20 };

static bool is_direct_jump(const struct sd_insn *in)
{
	return (in->cls == SD_INSN_JMP || in->cls == SD_INSN_JCC) && in->has_target;
}

static bool never_returns(const struct sd_insn *in, bool (*no_return)(void *ctx, u64 addr),
			  void *ctx)
{
	return in->cls == SD_INSN_CALL && in->has_target && no_return && no_return(ctx, in->target);
}

/* A mark for each instruction that begins a block. */
static u8 *leaders_of(const struct sd_flow *f, const u8 *dead)
{
	u8 *leader = sd_xcalloc(f->v.n + 1, 1);

	sd_flow_targets(f, leader);
	leader[0] = 1;
	for (size_t i = 0; i + 1 < f->v.n; i++)
		if (f->v.v[i].cls == SD_INSN_JCC || !sd_insn_falls_through(&f->v.v[i]) || dead[i])
			leader[i + 1] = 1;
	return leader;
}

static void cut(struct sd_blocks *bs, const u8 *leader, const u8 *dead)
{
	const struct sd_flow *f = bs->f;
	u32 n = (u32)f->v.n;

	for (u32 i = 0; i < n; i++)
		bs->n += leader[i];
	bs->v = sd_xcalloc(bs->n + 1, sizeof(*bs->v));
	bs->of = sd_xcalloc(n + 1, sizeof(*bs->of));
	bs->n = 0;
	for (u32 i = 0; i < n; i++) {
		if (leader[i]) {
			if (bs->n)
				bs->v[bs->n - 1].end = i;
			bs->v[bs->n++] = (struct sd_block){.first = i,
							   .idom = SD_NO_BLOCK,
							   .order = SD_NO_BLOCK,
							   .loop = SD_NO_BLOCK,
							   .outer = SD_NO_BLOCK};
		}
		bs->of[i] = bs->n - 1;
	}
	if (bs->n)
		bs->v[bs->n - 1].end = n;
	for (u32 b = 0; b < bs->n; b++)
		bs->v[b].dead_end = dead[bs->v[b].end - 1];
}

/* Go: calls morestack, then jumps back before the stack check. Its code is of the entry's line. */
static bool restarts(const struct sd_blocks *bs, const struct sd_block *b)
{
	const struct sd_flow *f = bs->f;
	const struct sd_insn *last = &f->v.v[b->end - 1];
	u32 calls = 0;

	if (f->code.fn->lang != SD_LANG_GO || last->cls != SD_INSN_JMP ||
	    last->addr < last->target || last->target < f->code.lo)
		return false;
	/* Between the entry and where it jumps to nothing decides anything. */
	for (u32 i = 0; i < f->v.n && f->v.v[i].addr < last->target; i++)
		if (f->v.v[i].cls != SD_INSN_OTHER && f->v.v[i].cls != SD_INSN_NOP)
			return false;
	for (u32 i = b->first; i < b->end; i++)
		calls += f->v.v[i].cls == SD_INSN_CALL;
	return calls == 1 && b->first > 0;
}

/* Fills edges of block b, at most cap; returns how many. tables: where indirect jumps may go. */
static u32 successors(const struct sd_blocks *bs, u32 b, const u32 *tables, u32 ntables, u32 *out)
{
	const struct sd_flow *f = bs->f;
	const struct sd_insn *last = &f->v.v[bs->v[b].end - 1];
	u32 n = 0;

	if (bs->v[b].dead_end || bs->v[b].restarts)
		return 0;
	if (is_direct_jump(last)) {
		u32 t = sd_flow_find(f, last->target);

		if (t != SD_FLOW_NONE)
			out[n++] = bs->of[t];
	}
	if (last->cls == SD_INSN_JMP_IND)
		for (u32 k = 0; k < ntables; k++)
			out[n++] = tables[k];
	if (sd_insn_falls_through(last) && b + 1 < bs->n && (!n || out[0] != b + 1))
		out[n++] = b + 1;
	return n;
}

static bool is_filler(const struct sd_blocks *bs, const struct sd_block *b)
{
	for (u32 i = b->first; i < b->end; i++)
		if (bs->f->v.v[i].cls != SD_INSN_NOP && bs->f->v.v[i].cls != SD_INSN_TRAP)
			return false;
	return true;
}

/* Blocks that nothing visible leads to: an indirect jump's table may. */
static u32 *orphans(const struct sd_blocks *bs, u32 *n_ret)
{
	sd_autofree u8 *known = sd_xcalloc(bs->n + 1, 1);
	u32 *list = sd_xcalloc(bs->n + 1, sizeof(*list)), n = 0, out[2];

	for (u32 b = 0; b < bs->n; b++) {
		u32 k = successors(bs, b, NULL, 0, out);

		while (k)
			known[out[--k]] = 1;
	}
	for (u32 b = 1; b < bs->n; b++)
		if (!known[b] && !is_filler(bs, &bs->v[b]))
			list[n++] = b;
	*n_ret = n;
	return list;
}

static struct sd_err *link_blocks(struct sd_blocks *bs)
{
	u32 norphans, nind = 0;
	sd_autofree u32 *lost = orphans(bs, &norphans);
	sd_autofree u32 *at = NULL;
	u64 total = 0;

	for (u32 b = 0; b < bs->n; b++)
		nind += bs->f->v.v[bs->v[b].end - 1].cls == SD_INSN_JMP_IND;
	total = 2ULL * bs->n + (u64)nind * norphans;
	if (bs->n > MAX_BLOCKS || total > 16ULL * MAX_BLOCKS)
		return sd_err_new(SD_ERR_FAILED, "%s: too large to be understood",
				  bs->f->code.fn->name);
	bs->edges = sd_xcalloc(total + 1, sizeof(*bs->edges));
	bs->back = sd_xcalloc(total + 1, sizeof(*bs->back));
	at = sd_xcalloc(bs->n + 1, sizeof(*at));
	total = 0;
	for (u32 b = 0; b < bs->n; b++) {
		bs->v[b].succ = (u32)total;
		bs->v[b].nsucc = successors(bs, b, lost, norphans, bs->edges + total);
		for (u32 k = 0; k < bs->v[b].nsucc; k++)
			bs->v[bs->edges[total + k]].npred++;
		total += bs->v[b].nsucc;
	}
	total = 0;
	for (u32 b = 0; b < bs->n; b++) {
		bs->v[b].pred = (u32)total;
		total += bs->v[b].npred;
	}
	for (u32 b = 0; b < bs->n; b++)
		for (u32 k = 0; k < bs->v[b].nsucc; k++) {
			u32 to = bs->edges[bs->v[b].succ + k];

			bs->back[bs->v[to].pred + at[to]++] = b;
		}
	bs->v[0].is_root = true;
	/* C++: landing pads. In Go it is what a recovered panic returns by, of whatever line. */
	for (u32 i = 0; i < norphans && !nind && bs->f->code.fn->lang != SD_LANG_GO; i++)
		bs->v[lost[i]].is_root = true;
	return NULL;
}

/* Reverse postorder from all roots; returns how many blocks can be reached; order[place] = block.
 */
static u32 number(struct sd_blocks *bs, u32 *order)
{
	sd_autofree u32 *stack = sd_xcalloc(bs->n + 1, sizeof(*stack));
	sd_autofree u32 *next = sd_xcalloc(bs->n + 1, sizeof(*next));
	sd_autofree u8 *seen = sd_xcalloc(bs->n + 1, 1);
	u32 done = 0;

	/* The entry last, so that it is first in the reverse. */
	for (u32 r = bs->n; r-- > 0;) {
		u32 depth = 0;

		if (!bs->v[r].is_root || seen[r])
			continue;
		seen[r] = 1;
		stack[depth++] = r;
		while (depth) {
			u32 b = stack[depth - 1];

			if (next[b] < bs->v[b].nsucc) {
				u32 to = bs->edges[bs->v[b].succ + next[b]++];

				if (!seen[to]) {
					seen[to] = 1;
					stack[depth++] = to;
				}
			} else {
				order[done++] = b;
				depth--;
			}
		}
	}
	for (u32 i = 0; i < done / 2; i++) {
		u32 t = order[i];

		order[i] = order[done - 1 - i];
		order[done - 1 - i] = t;
	}
	for (u32 i = 0; i < done; i++)
		bs->v[order[i]].order = i;
	return done;
}

/* The nearest common dominator; SD_NO_BLOCK stands for the point before all roots. */
static u32 meet(const struct sd_blocks *bs, u32 a, u32 b)
{
	while (a != b) {
		if (a == SD_NO_BLOCK || b == SD_NO_BLOCK)
			return SD_NO_BLOCK;
		if (bs->v[a].order > bs->v[b].order)
			a = bs->v[a].idom;
		else
			b = bs->v[b].idom;
	}
	return a;
}

static void dominators(struct sd_blocks *bs)
{
	sd_autofree u32 *order = sd_xcalloc(bs->n + 1, sizeof(*order));
	sd_autofree u8 *known = sd_xcalloc(bs->n + 1, 1);
	u32 n = number(bs, order);
	bool changed = true;

	while (changed) {
		changed = false;
		for (u32 i = 0; i < n; i++) {
			struct sd_block *b = &bs->v[order[i]];
			u32 idom = SD_NO_BLOCK;
			bool any = b->is_root;

			for (u32 k = 0; k < b->npred; k++) {
				u32 p = bs->back[b->pred + k];

				if (bs->v[p].order == SD_NO_BLOCK || !known[p])
					continue;
				idom = any ? meet(bs, idom, p) : p;
				any = true;
			}
			if (!known[order[i]] || b->idom != idom) {
				known[order[i]] = 1;
				b->idom = idom;
				changed = true;
			}
		}
	}
}

bool sd_block_dominates(const struct sd_blocks *bs, u32 a, u32 b)
{
	if (bs->v[a].order == SD_NO_BLOCK || bs->v[b].order == SD_NO_BLOCK)
		return false;
	while (b != SD_NO_BLOCK && bs->v[b].order > bs->v[a].order)
		b = bs->v[b].idom;
	return a == b;
}

/* Marks the body of header's loop, from its back edges upwards; returns how many blocks. */
static u32 body_of(const struct sd_blocks *bs, u32 header, u8 *in, u32 *list)
{
	const struct sd_block *h = &bs->v[header];
	u32 n = 0, done = 0;

	list[n++] = header;
	in[header] = 1;
	for (u32 k = 0; k < h->npred; k++) {
		u32 p = bs->back[h->pred + k];

		if (!in[p] && sd_block_dominates(bs, header, p)) {
			in[p] = 1;
			list[n++] = p;
		}
	}
	for (done = 1; done < n; done++)
		for (u32 k = 0; k < bs->v[list[done]].npred; k++) {
			u32 p = bs->back[bs->v[list[done]].pred + k];

			if (!in[p] && bs->v[p].order != SD_NO_BLOCK) {
				in[p] = 1;
				list[n++] = p;
			}
		}
	return n;
}

static bool is_header(const struct sd_blocks *bs, u32 b)
{
	for (u32 k = 0; k < bs->v[b].npred; k++)
		if (sd_block_dominates(bs, b, bs->back[bs->v[b].pred + k]))
			return true;
	return false;
}

/* Outer headers come first in reverse postorder: so inner loops overwrite outer ones. */
static void loops(struct sd_blocks *bs)
{
	sd_autofree u32 *order = sd_xcalloc(bs->n + 1, sizeof(*order));
	sd_autofree u32 *list = sd_xcalloc(bs->n + 1, sizeof(*list));
	sd_autofree u8 *in = sd_xcalloc(bs->n + 1, 1);
	u32 n = 0;

	for (u32 b = 0; b < bs->n; b++)
		if (bs->v[b].order != SD_NO_BLOCK) {
			order[bs->v[b].order] = b;
			n++;
		}
	for (u32 i = 0; i < n; i++) {
		u32 h = order[i], size;

		if (!is_header(bs, h))
			continue;
		size = body_of(bs, h, in, list);
		bs->v[h].outer = bs->v[h].loop;
		for (u32 k = 0; k < size; k++) {
			bs->v[list[k]].loop = h;
			in[list[k]] = 0;
		}
	}
}

static void find_alive(struct sd_blocks *bs)
{
	sd_autofree u32 *work = sd_xcalloc(bs->n + 1, sizeof(*work));
	u32 n = 0;

	for (u32 b = 0; b < bs->n; b++) {
		struct sd_block *v = &bs->v[b];

		v->alive = v->loop != SD_NO_BLOCK || (!v->nsucc && !v->dead_end && !v->restarts);
		if (v->alive)
			work[n++] = b;
	}
	while (n) {
		const struct sd_block *v = &bs->v[work[--n]];

		for (u32 k = 0; k < v->npred; k++) {
			u32 p = bs->back[v->pred + k];

			if (!bs->v[p].alive) {
				bs->v[p].alive = true;
				work[n++] = p;
			}
		}
	}
}

bool sd_block_in_loop(const struct sd_blocks *bs, u32 b, u32 header)
{
	u32 loop = bs->v[b].loop;

	if (header == SD_NO_BLOCK)
		return true;
	for (; loop != SD_NO_BLOCK; loop = bs->v[loop].outer)
		if (loop == header)
			return true;
	return false;
}

struct sd_err *sd_blocks_init(const struct sd_flow *f, bool (*no_return)(void *ctx, u64 addr),
			      void *ctx, struct sd_blocks *ret)
{
	struct sd_blocks bs = {.f = f};
	sd_autofree u8 *dead = sd_xcalloc(f->v.n + 1, 1);
	sd_autofree u8 *leader = NULL;
	struct sd_err *err;

	if (!f->v.n)
		return sd_err_new(SD_ERR_FAILED, "%s has no code", f->code.fn->name);
	for (size_t i = 0; i < f->v.n; i++)
		dead[i] = never_returns(&f->v.v[i], no_return, ctx);
	leader = leaders_of(f, dead);
	cut(&bs, leader, dead);
	for (u32 b = 0; b < bs.n; b++)
		bs.v[b].restarts = restarts(&bs, &bs.v[b]);
	err = link_blocks(&bs);
	if (err) {
		sd_blocks_deinit(&bs);
		return err;
	}
	dominators(&bs);
	loops(&bs);
	find_alive(&bs);
	*ret = bs;
	return NULL;
}

void sd_blocks_deinit(struct sd_blocks *b)
{
	free(b->v);
	free(b->of);
	free(b->edges);
	free(b->back);
	*b = (struct sd_blocks){0};
}
