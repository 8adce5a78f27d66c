/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a line is arrived at. Compilers mix the instructions of neighbouring lines, give a
 * statement several rows, and put a loop's init, test and step, all of one line, in three places.
 * Structured source comes to a line at most once in each turn of the innermost loop around it. So,
 * per inlined copy and per loop, of all blocks where a statement of the line starts, as few are
 * chosen as every turn that meets any of them meets exactly one of: mostly a single one, the
 * earliest. A loop whose head is of the line counts its turns there, and its init does not count
 * besides.
 */
#include "site/region.h"

#include <stdlib.h>
#include <string.h>

#include "site/doubt.h"

/* Whether a statement of an earlier line of the same source starts in block b, from instruction
 * from on. */
static bool has_earlier_statement(const struct sd_region *r, u32 b, u32 from)
{
	for (u32 i = SD_MAX(from, r->bs->v[b].first); i < r->bs->v[b].end; i++) {
		u64 addr = r->bs->f->v.v[i].addr;
		const struct sd_dwarf_row *row = sd_code_row(r->req->code, addr);

		if (r->stmt[i] && row && row->line < r->req->line &&
		    sd_code_copy(r->req->code, addr) == r->copy)
			return true;
	}
	return false;
}

struct group {
	struct sd_line_point *v[SD_MAX_LINE_POINTS];
	u32 n;
};

/* Whether statements of earlier lines lie between p and another point of the group: then p is code
 * of the line that was moved up, and the other one is where the line begins. */
static bool is_hoisted(struct sd_region *r, const struct group *g, const struct sd_line_point *p,
		       u32 header)
{
	sd_autofree u8 *between = NULL;

	for (u32 i = 0; i < g->n; i++) {
		const struct sd_line_point *q = g->v[i];

		if (q == p)
			continue;
		sd_region_reach_from(r, p->block, header, q->block);
		between = memcpy(sd_xrealloc(between, r->bs->n, 1), r->marks, r->bs->n);
		for (u32 b = 0; b < r->bs->n; b++) {
			if (!between[b] ||
			    !has_earlier_statement(r, b, b == p->block ? p->insn : 0))
				continue;
			sd_region_reach_from(r, b, header, SD_NO_BLOCK);
			if (r->marks[q->block] && q->block != b)
				return true;
		}
	}
	return false;
}

/* The earliest point that every turn which meets one of the group meets. */
static struct sd_line_point *single(struct sd_region *r, const struct group *g, u32 header)
{
	struct sd_line_point *best = NULL;
	bool best_hoisted = false;

	for (u32 i = 0; i < g->n; i++) {
		bool all = true, hoisted;

		for (u32 k = 0; k < g->n && all; k++)
			all = sd_region_covers(r, g->v[i]->block, g->v[k]->block, header);
		if (!all)
			continue;
		hoisted = g->n > 1 && is_hoisted(r, g, g->v[i], header);
		if (best && hoisted && !best_hoisted)
			continue;
		if (best && hoisted == best_hoisted) {
			sd_region_reach_from_start(r, header, g->v[i]->block);
			if (r->marks[best->block])
				continue;
		}
		best = g->v[i];
		best_hoisted = hoisted;
	}
	return best;
}

/* Splits g into parts that no way leads between; part[i] is the number of point i's. */
static u32 split(struct sd_region *r, const struct group *g, u32 header, u32 *part)
{
	u32 parts = 0;

	for (u32 i = 0; i < g->n; i++)
		part[i] = i;
	for (u32 i = 0; i < g->n; i++) {
		sd_region_reach_from(r, g->v[i]->block, header, SD_NO_BLOCK);
		for (u32 k = 0; k < g->n; k++) {
			u32 from = part[k], to = part[i];

			if (from == to || !r->marks[g->v[k]->block])
				continue;
			for (u32 j = 0; j < g->n; j++)
				if (part[j] == from)
					part[j] = to;
		}
	}
	for (u32 i = 0; i < g->n; i++)
		parts = SD_MAX(parts, part[i] + 1);
	return parts;
}

struct chosen {
	SD_VEC(struct sd_region_site) v;
};

/* Whether instruction i does what others can see: it calls, or stores elsewhere than in the frame.
 */
static bool has_effect(const struct sd_region *r, u32 i)
{
	const struct sd_insn *in = &r->bs->f->v.v[i];
	struct sd_operands o;

	if (in->cls != SD_INSN_OTHER)
		return in->cls == SD_INSN_CALL || in->cls == SD_INSN_CALL_IND;
	return sd_code_operands(&r->bs->f->code, in->addr, &o) && o.n &&
	       o.v[0].kind == SD_OPND_MEM && o.v[0].written && o.v[0].base != SD_RSP;
}

/* Where the line's code goes on behind what earlier lines do in the same block, when all that it
 * has before is addresses and values that are loaded ahead: memory is as earlier lines leave it. */
static u32 behind_earlier(const struct sd_region *r, u32 i)
{
	u32 end = r->bs->v[r->bs->of[i]].end, ret = i;
	bool behind = false;

	for (u32 k = i; k < end; k++) {
		bool own = sd_region_owns(r->req, r->copy, k);
		u32 line;

		if (own && behind) {
			ret = k;
			behind = false;
		}
		if (!has_effect(r, k))
			continue;
		line = sd_doubt_line_of(r, k);
		if (!line || line >= r->req->line)
			break;
		behind = true;
	}
	return ret;
}

static void choose_point(struct sd_region *r, struct chosen *out, const struct sd_line_point *p,
			 const char *why)
{
	u32 i = r->req->code->fn->lang == SD_LANG_GO ? behind_earlier(r, p->insn) : p->insn;

	sd_vec_push(&out->v, (struct sd_region_site){.copy = r->copy, .insn = i, .why = why});
}

/* Whether a turn that meets one of the group meets one of the first ones, at the latest there. */
static bool is_all_ways(struct sd_region *r, const struct group *g, u32 header, const bool *first)
{
	u32 n = 0;

	sd_region_clear_marks(r);
	for (u32 i = 0; i < g->n; i++)
		r->marks[g->v[i]->block] = first[i];
	for (u32 b = 0; b < r->bs->n; b++) {
		bool starts = header == SD_NO_BLOCK ? r->bs->v[b].is_root : b == header;

		if (starts && !r->marks[b]) {
			r->marks[b] = 1;
			r->work[n++] = b;
		}
	}
	sd_region_reach(r, n, header, SD_NO_BLOCK);
	for (u32 i = 0; i < g->n; i++)
		if (!first[i] && r->marks[g->v[i]->block])
			return false;
	return true;
}

/* Whether a turn that meets one of the group goes on to one of the last ones. */
static bool is_every_end(struct sd_region *r, const struct group *g, u32 header, const bool *last)
{
	u32 n = 0;

	sd_region_clear_marks(r);
	for (u32 i = 0; i < g->n; i++) {
		r->marks[g->v[i]->block] = 1;
		if (!last[i])
			r->work[n++] = g->v[i]->block;
	}
	return !sd_region_reach(r, n, header, SD_NO_BLOCK);
}

/* No single point will do: those that no other one leads to, or, when these are not all ways, those
 * that lead to no other one. */
static void choose_several(struct sd_region *r, const struct group *g, u32 header,
			   struct chosen *out)
{
	bool first[SD_MAX_LINE_POINTS], last[SD_MAX_LINE_POINTS];

	for (u32 i = 0; i < g->n; i++)
		first[i] = last[i] = true;
	for (u32 i = 0; i < g->n; i++) {
		sd_region_reach_from(r, g->v[i]->block, header, SD_NO_BLOCK);
		for (u32 k = 0; k < g->n; k++)
			if (k != i && r->marks[g->v[k]->block]) {
				first[k] = false;
				last[i] = false;
			}
	}
	if (!is_all_ways(r, g, header, first) && is_every_end(r, g, header, last))
		memcpy(first, last, sizeof(first));
	for (u32 i = 0; i < g->n; i++)
		if (first[i])
			choose_point(r, out, g->v[i],
				     "one of several places where control comes to the line");
}

static const char *why_of(const struct sd_line_point *p, const struct group *g)
{
	if (p->is_head)
		return "the line's part at the head of its loop: each turn passes it";
	return g->n > 1 ? "the line's first statement on all ways through it"
			: "the line's statement";
}

/* Moves alone are no beginning of a line that has others on the same ways. */
static void drop_moves(struct group *g)
{
	u32 n = 0;

	for (u32 i = 0; i < g->n; i++)
		if (!g->v[i]->moves)
			g->v[n++] = g->v[i];
	if (n)
		g->n = n;
}

static void choose(struct sd_region *r, u32 header, struct chosen *out)
{
	struct group all = {.n = 0};
	u32 part[SD_MAX_LINE_POINTS], parts;

	for (u32 i = 0; i < r->n; i++)
		if (!r->v[i].dropped && r->bs->v[r->v[i].block].loop == header)
			all.v[all.n++] = &r->v[i];
	if (!all.n)
		return;
	parts = split(r, &all, header, part);
	for (u32 p = 0; p < parts; p++) {
		struct group g = {.n = 0};
		struct sd_line_point *one;

		for (u32 i = 0; i < all.n; i++)
			if (part[i] == p)
				g.v[g.n++] = all.v[i];
		if (!g.n)
			continue;
		drop_moves(&g);
		one = single(r, &g, header);
		if (one)
			choose_point(r, out, one, why_of(one, &g));
		else
			choose_several(r, &g, header, out);
	}
}

/* ---- conditions over several lines ---- */

bool sd_region_is_truth_test(const struct sd_region *r, u32 b)
{
	const struct sd_flow *f = r->bs->f;
	const struct sd_block *v = &r->bs->v[b];

	if (f->v.v[v->end - 1].cls != SD_INSN_JCC || v->end - v->first > 5)
		return false;
	for (u32 i = v->first; i + 1 < v->end; i++) {
		bool bytes = f->v.v[i].cls == SD_INSN_NOP;
		struct sd_operands o;

		if (!bytes && f->v.v[i].cls == SD_INSN_OTHER &&
		    sd_code_operands(&f->code, f->v.v[i].addr, &o))
			for (unsigned int k = 0; k < o.n; k++)
				bytes |= o.v[k].size == 1 && o.v[k].kind != SD_OPND_IMM;
		if (!bytes)
			return false;
	}
	return true;
}

static void drop_truth_tests(struct sd_region *r)
{
	for (u32 i = 0; i < r->n; i++) {
		u32 header = r->bs->v[r->v[i].block].loop;

		if (r->v[i].dropped || r->v[i].is_head ||
		    !sd_region_is_truth_test(r, r->v[i].block))
			continue;
		for (u32 k = 0; k < r->n; k++) {
			if (r->v[k].dropped || r->bs->v[r->v[k].block].loop != header ||
			    sd_region_is_truth_test(r, r->v[k].block))
				continue;
			sd_region_reach_from(r, r->v[k].block, header, SD_NO_BLOCK);
			r->v[i].dropped |= r->marks[r->v[i].block];
		}
	}
}

/* ---- what unoptimized code has of a line behind its statement ---- */

/* Whether all that block b has of the line from instruction at on is a jump. */
static bool is_jump_only(const struct sd_region *r, u32 b, u32 at)
{
	for (; at < r->bs->v[b].end; at++) {
		enum sd_insn_class cls = r->bs->f->v.v[at].cls;

		if (cls != SD_INSN_JMP && cls != SD_INSN_NOP && sd_region_owns(r->req, r->copy, at))
			return false;
	}
	return true;
}

/* Whether control comes to instruction at of block b from later lines alone, or from blocks that
 * are marked. */
static bool is_from_later(const struct sd_region *r, const u8 *ends, u32 b, u32 at)
{
	const struct sd_block *v = &r->bs->v[b];
	bool any = false;

	if (at > v->first)
		return sd_doubt_line_of(r, at - 1) > r->req->line;
	for (u32 k = 0; k < v->npred; k++) {
		u32 p = r->bs->back[v->pred + k];

		if (r->bs->v[p].order == SD_NO_BLOCK)
			continue;
		if (!ends[p] && sd_doubt_line_of(r, r->bs->v[p].end - 1) <= r->req->line)
			return false;
		any = true;
	}
	return any;
}

/* Whether what goes on from an earlier line to block b always comes there. */
static bool is_always_met(struct sd_region *r, u32 b)
{
	u32 from = r->bs->v[b].idom;

	while (from != SD_NO_BLOCK && sd_doubt_line_of(r, r->bs->v[from].end - 1) >= r->req->line)
		from = r->bs->v[from].idom;
	return from != SD_NO_BLOCK && r->bs->v[from].loop == r->bs->v[b].loop &&
	       sd_region_covers(r, b, from, r->bs->v[b].loop);
}

static bool is_end(struct sd_region *r, const u8 *ends, u32 b, u32 at)
{
	bool jump = is_jump_only(r, b, at);

	return (jump || sd_region_is_truth_test(r, b)) && is_from_later(r, ends, b, at) &&
	       (jump || !is_always_met(r, b));
}

/* The cases of a `switch` and the arms of an `if` whose outcome is known end with jumps that have
 * its line; so do tests of what conditions over several lines came to. `switch {` often has nothing
 * else. */
static void drop_ends(struct sd_region *r)
{
	sd_autofree u8 *ends = sd_xcalloc(r->bs->n + 1, 1); /* by block */
	bool more = true;

	while (more) {
		more = false;
		for (u32 b = 0; b < r->bs->n; b++) {
			u32 first = r->bs->v[b].first;

			if (ends[b] || r->bs->v[b].order == SD_NO_BLOCK ||
			    !sd_region_owns(r->req, r->copy, first) || !is_end(r, ends, b, first))
				continue;
			ends[b] = 1;
			more = true;
		}
	}
	for (u32 i = 0; i < r->n; i++)
		r->v[i].dropped |= is_end(r, ends, r->v[i].block, r->v[i].insn);
}

static void sites_of_copy(struct sd_region *r, struct chosen *out)
{
	size_t first = out->v.n;

	r->n = 0;
	sd_region_find_points(r);
	if (r->req->code->as_written)
		drop_ends(r);
	sd_region_settle_loops(r);
	drop_truth_tests(r);
	for (u32 i = 0; i < r->n; i++) {
		u32 header = r->bs->v[r->v[i].block].loop;
		bool done = r->v[i].dropped;

		for (u32 k = 0; k < i && !done; k++)
			done = !r->v[k].dropped && r->bs->v[r->v[k].block].loop == header;
		if (!done)
			choose(r, header, out);
	}
	for (size_t i = first; i < out->v.n; i++)
		out->v.v[i].doubt = sd_region_doubt(r, out->v.v + first, (u32)(out->v.n - first),
						    (u32)(i - first));
}

/* Whether the line itself calls that inlined copy, whose body it holds too (`func() { x++ }()`):
 * control is on the line already when it gets there. */
static bool is_called_by_line(const struct sd_region_request *req, s32 copy)
{
	const struct sd_dwarf_copy *c = copy < 0 ? NULL : &req->code->copies[copy];

	return c && sd_region_is_line(req, c->call_file, c->call_line);
}

void sd_region_sites(const struct sd_region_request *req, struct sd_region_site **ret, u32 *n_ret)
{
	const struct sd_code_lines *code = req->code;
	const struct sd_blocks *bs = req->blocks;
	sd_autofree u8 *copies = sd_xcalloc(code->ncopies + 2, 1); /* by copy + 1 */
	sd_autofree u8 *stmt = sd_region_statements(req);
	sd_autofree u8 *marks = sd_xcalloc(bs->n + 1, 1);
	sd_autofree u32 *work = sd_xcalloc(bs->n + 1, sizeof(*work));
	sd_autofree struct sd_region *r = sd_xcalloc(1, sizeof(*r));
	struct chosen out = {0};

	*r = (struct sd_region){.req = req, .bs = bs, .stmt = stmt, .marks = marks, .work = work};
	for (u32 i = 0; i < bs->f->v.n; i++) {
		const struct sd_dwarf_row *row = sd_code_row(code, bs->f->v.v[i].addr);

		if (row && sd_region_is_line(req, row->file, row->line))
			copies[sd_code_copy(code, bs->f->v.v[i].addr) + 1] = 1;
	}
	for (u32 c = 0; c < code->ncopies; c++)
		if (sd_region_is_line(req, code->copies[c].call_file, code->copies[c].call_line))
			copies[code->copies[c].parent + 1] = 1;
	for (u32 c = 0; c <= code->ncopies; c++) {
		r->copy = (s32)c - 1;
		if (!copies[c] || is_called_by_line(req, r->copy))
			continue;
		sites_of_copy(r, &out);
	}
	*ret = out.v.v;
	*n_ret = (u32)out.v.n;
}
