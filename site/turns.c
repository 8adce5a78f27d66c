/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loops around a line's statements: whose turns count as the line's. A loop's init, test and step
 * are of one line in three places; compilers move code out of loops and into them, leave the first
 * test out, and make loops of a single statement.
 */
#include "site/points.h"

#include <string.h>

static bool has_outer_point(const struct sd_region *r, u32 header, bool own)
{
	for (u32 k = 0; k < r->n; k++)
		if (r->bs->v[r->v[k].block].loop == r->bs->v[header].outer &&
		    (r->v[k].own || !own) && sd_block_dominates(r->bs, r->v[k].block, header))
			return true;
	return false;
}

static void drop_level(struct sd_region *r, u32 header)
{
	for (u32 k = 0; k < r->n; k++)
		if (r->bs->v[r->v[k].block].loop == header)
			r->v[k].dropped = true;
}

/* Whether all code in the loop is of the line or of what it calls. */
static bool is_all_ours(const struct sd_region *r, u32 header)
{
	for (u32 b = 0; b < r->bs->n; b++) {
		if (!r->bs->v[b].alive || !sd_block_in_loop(r->bs, b, header))
			continue;
		for (u32 i = r->bs->v[b].first; i < r->bs->v[b].end; i++)
			if (!sd_region_owns(r->req, r->copy, i) && !sd_region_calls(r, i))
				return false;
	}
	return true;
}

static bool reads_memory(const struct sd_region *r, u32 i)
{
	const struct sd_insn *in = &r->bs->f->v.v[i];
	struct sd_operands o;

	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&r->bs->f->code, in->addr, &o))
		return false;
	for (unsigned int k = 0; k < o.n && o.op != SD_OP_LEA; k++)
		if (o.v[k].kind == SD_OPND_MEM && o.v[k].base != SD_RSP)
			return true;
	return false;
}

/* Whether a loop that is all of the line is a `for` whose body has no code: its step begins a
 * statement behind the head, or it does nothing but count. What the compiler makes a loop of (a
 * cache to be looked through, bytes to be cleared) is one statement. */
static bool is_for(const struct sd_region *r, u32 header)
{
	bool counts = true;

	for (u32 i = 0; i < r->bs->f->v.n; i++) {
		if (!sd_block_in_loop(r->bs, r->bs->of[i], header))
			continue;
		if (r->stmt[i] && r->bs->of[i] != header && sd_region_owns(r->req, r->copy, i))
			return true;
		counts &= !reads_memory(r, i);
	}
	return counts;
}

/* Whether nothing of the line is in the loop but a value that is loaded again, which the line has
 * assigned before the loop, or needs behind it. */
static bool is_moves_level(const struct sd_region *r, u32 header)
{
	bool outside = false;

	for (u32 k = 0; k < r->n; k++) {
		u32 b = r->v[k].block;

		if (sd_block_in_loop(r->bs, b, header)) {
			if (!r->v[k].moves)
				return false;
		} else if (!r->v[k].moves) {
			outside |= sd_block_dominates(r->bs, b, header) ||
				   sd_block_dominates(r->bs, header, b);
		}
	}
	return outside;
}

/* Whether all of the line's own code in that block copies registers or loads them again. */
static bool is_copies_only(const struct sd_region *r, u32 block)
{
	for (u32 i = r->bs->v[block].first; i < r->bs->v[block].end; i++)
		if (sd_region_owns(r->req, r->copy, i) && !sd_region_is_move(r, i) &&
		    !sd_region_is_copy(r, i) && !sd_region_is_idle(r, i))
			return false;
	return true;
}

/* Whether a call that the line makes, inlined, has code in that block. */
static bool has_callee(const struct sd_region *r, u32 block)
{
	for (u32 i = r->bs->v[block].first; i < r->bs->v[block].end; i++)
		if (sd_region_calls(r, i))
			return true;
	return false;
}

/* Loops inside of what the line calls, or that the compiler made of the line alone (a cache that is
 * looked through, bytes that are cleared), or where it loads a value again, are no turns of the
 * line's. */
static void drop_inner_loops(struct sd_region *r)
{
	for (u32 i = 0; i < r->n; i++) {
		u32 header = r->bs->v[r->v[i].block].loop;
		bool own = false;

		if (r->v[i].dropped || header == SD_NO_BLOCK)
			continue;
		for (u32 k = 0; k < r->n; k++)
			own |= r->v[k].own && r->bs->v[r->v[k].block].loop == header &&
			       !(has_callee(r, header) && is_copies_only(r, r->v[k].block));
		if (own ? has_outer_point(r, header, true) && is_all_ours(r, header) &&
				    !is_for(r, header)
			: has_outer_point(r, header, false))
			drop_level(r, header);
		else if (is_moves_level(r, header))
			drop_level(r, header);
	}
}

/* ---- loops that are tested at their end ---- */

static bool has_other_statement(const struct sd_region *r, u32 b)
{
	for (u32 i = r->bs->v[b].first; i < r->bs->v[b].end; i++)
		if (r->stmt[i] && !sd_region_owns(r->req, r->copy, i) && !sd_region_calls(r, i))
			return true;
	return false;
}

/* Whether control goes from block b to the loop's head at once. */
static bool is_way_to(const struct sd_region *r, u32 b, u32 header)
{
	return b == header || (r->bs->v[b].nsucc == 1 && r->bs->edges[r->bs->v[b].succ] == header &&
			       !has_other_statement(r, b));
}

bool sd_region_leaves(const struct sd_region *r, u32 b, u32 header)
{
	const struct sd_block *v = &r->bs->v[b];

	for (u32 k = 0; k < v->nsucc; k++) {
		u32 to = r->bs->edges[v->succ + k];

		if (r->bs->v[to].alive && !sd_block_in_loop(r->bs, to, header))
			return true;
	}
	return false;
}

static bool is_exit_test(const struct sd_region *r, u32 b, u32 header)
{
	const struct sd_block *v = &r->bs->v[b];
	bool turns = false;

	if (sd_region_own_test(r, b) == SD_FLOW_NONE)
		return false;
	for (u32 k = 0; k < v->nsucc; k++) {
		u32 to = r->bs->edges[v->succ + k];

		turns |= is_way_to(r, to, header);
	}
	return turns && sd_region_leaves(r, b, header);
}

static bool has_body(const struct sd_region *r, u32 header)
{
	for (u32 b = 0; b < r->bs->n; b++)
		if (sd_block_in_loop(r->bs, b, header) && has_other_statement(r, b))
			return true;
	return false;
}

/* What leads into the loop from outside, of the line though no statement of it starts there. */
static void add_init(struct sd_region *r, u32 header)
{
	const struct sd_block *h = &r->bs->v[header];

	if (has_outer_point(r, header, true))
		return;
	for (u32 k = 0; k < h->npred; k++) {
		u32 p = r->bs->back[h->pred + k], last = r->bs->v[p].end - 1;

		if (r->bs->v[p].order != SD_NO_BLOCK && r->bs->v[p].loop == h->outer &&
		    sd_region_owns(r->req, r->copy, last))
			sd_region_add_point(r, p, last, true, false);
	}
}

/* A loop whose first test the compiler left out has one at its end alone, together with the step:
 * arrivals are the init and that test, which has the step behind it. */
static void find_end_tests(struct sd_region *r)
{
	u32 n = r->n;

	for (u32 i = 0; i < n; i++) {
		u32 header = r->bs->v[r->v[i].block].loop, test = SD_NO_BLOCK;

		if (r->v[i].dropped || !r->v[i].own || header == SD_NO_BLOCK)
			continue;
		for (u32 b = 0; b < r->bs->n && test == SD_NO_BLOCK; b++)
			if (sd_block_in_loop(r->bs, b, header) && is_exit_test(r, b, header))
				test = b;
		if (test == SD_NO_BLOCK || !has_body(r, header) ||
		    (test == header && sd_region_look(r, header).other > r->bs->v[header].end))
			continue;
		drop_level(r, header);
		sd_region_add_point(r, test, sd_region_own_test(r, test), true, false);
		add_init(r, header);
	}
}

/* ---- code that was moved out of its loop, or into one ---- */

/* The line of instruction i where a statement of the same source starts that is not the line's,
 * else 0. */
static u32 other_line(const struct sd_region *r, u32 i)
{
	u64 addr = r->bs->f->v.v[i].addr;
	const struct sd_dwarf_row *row = r->stmt[i] ? sd_code_row(r->req->code, addr) : NULL;

	return row && row->line != r->req->line && sd_code_copy(r->req->code, addr) == r->copy
		       ? row->line
		       : 0;
}

/* Whether the source has the line outside of that loop, by the lines of the statements in it:
 * before all of them, or behind them and others that follow the loop. */
static bool is_outside(const struct sd_region *r, u32 header)
{
	u32 first = UINT32_MAX, last = 0, line = r->req->line;

	for (u32 i = 0; i < r->bs->f->v.n; i++) {
		u32 other = other_line(r, i);

		if (!other || !sd_block_in_loop(r->bs, r->bs->of[i], header))
			continue;
		first = SD_MIN(first, other);
		last = SD_MAX(last, other);
	}
	if (!last || line < first)
		return last != 0;
	for (u32 i = 0; line > last && i < r->bs->f->v.n; i++) {
		u32 other = other_line(r, i), b = r->bs->of[i];

		if (other > last && other < line && r->bs->v[b].order != SD_NO_BLOCK &&
		    !sd_block_in_loop(r->bs, b, header))
			return true;
	}
	return false;
}

/* A line with code in a loop that does not test it lies in its body: what there is of it before or
 * behind the loop, compilers have moved there. Or what is in the loop, where the line is none of
 * it. */
static void drop_moved_out(struct sd_region *r)
{
	for (u32 i = 0; i < r->n; i++) {
		u32 header = r->bs->v[r->v[i].block].loop;
		bool body = true, stray;

		if (r->v[i].dropped || !r->v[i].own || header == SD_NO_BLOCK)
			continue;
		for (u32 b = 0; b < r->bs->n && body; b++)
			body = !sd_block_in_loop(r->bs, b, header) ||
			       sd_region_own_test(r, b) == SD_FLOW_NONE ||
			       !sd_region_leaves(r, b, header);
		stray = body && !r->req->code->as_written && is_outside(r, header);
		for (u32 k = 0; k < r->n && body; k++) {
			u32 b = r->v[k].block;

			if (sd_block_in_loop(r->bs, b, header) ||
			    !(sd_block_dominates(r->bs, b, header) ||
			      sd_block_dominates(r->bs, header, b)))
				continue;
			if (stray)
				drop_level(r, header);
			else
				r->v[k].dropped = true;
		}
	}
}

/* Whether the line has a test in the loop that each turn passes before anything else, its head. */
static bool is_tested_first(const struct sd_region *r, u32 header)
{
	for (u32 b = 0; b < r->bs->n; b++)
		if (r->bs->v[b].loop == header && sd_region_own_test(r, b) != SD_FLOW_NONE &&
		    sd_region_leaves(r, b, header) && !is_exit_test(r, b, header))
			return true;
	return false;
}

/* A loop that the line tests first: what of it leads there from outside is its init, and what lies
 * behind is the rest of its end. */
static void drop_inits(struct sd_region *r)
{
	for (u32 i = 0; i < r->n; i++) {
		u32 head = r->bs->v[r->v[i].block].loop, outer;

		if (r->v[i].dropped || head == SD_NO_BLOCK ||
		    !(r->v[i].is_head || (r->v[i].own && is_tested_first(r, head))))
			continue;
		outer = r->bs->v[head].outer;
		for (u32 k = 0; k < r->n; k++) {
			u32 b = r->v[k].block;

			if (r->bs->v[b].loop != outer || b == head)
				continue;
			if (!sd_region_reach_from(r, b, outer, head) ||
			    sd_block_dominates(r->bs, head, b))
				r->v[k].dropped = true;
		}
	}
}

void sd_region_settle_loops(struct sd_region *r)
{
	drop_inner_loops(r);
	find_end_tests(r);
	drop_moved_out(r);
	drop_inits(r);
}
