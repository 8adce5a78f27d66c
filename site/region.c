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

enum { MAX_POINTS = 512 };

/* A block where a statement of the line starts. */
struct point {
	u32 block;
	u32 insn;
	bool own;     /* not only of what the line calls */
	bool is_head; /* the head of its loop, and control meets the line there before others */
	bool moves;   /* all of the line there moves values between registers and the frame */
	bool dropped;
};

struct region {
	const struct sd_region_request *req;
	const struct sd_blocks *bs;
	s32 copy;
	u8 *stmt; /* by instruction, shared */
	struct point v[MAX_POINTS];
	u32 n;
	u8 *marks; /* by block, scratch */
	u32 *work; /* by block, scratch */
};

const struct sd_dwarf_row *sd_code_row(const struct sd_code_lines *code, u64 addr)
{
	size_t lo = 0, hi = code->nrows;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (code->rows[mid].hi <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < code->nrows && code->rows[lo].lo <= addr ? &code->rows[lo] : NULL;
}

s32 sd_code_copy(const struct sd_code_lines *code, u64 addr)
{
	size_t lo = 0, hi = code->nspans;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (code->spans[mid].hi <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == code->nspans || code->spans[lo].lo > addr ||
	    code->spans[lo].node >= code->ncopies)
		return SD_NO_COPY;
	return (s32)code->spans[lo].node;
}

bool sd_code_is_statement(const struct sd_code_lines *code, u64 addr)
{
	size_t lo = 0, hi = code->nstmts;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (code->stmts[mid] < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < code->nstmts && code->stmts[lo] == addr;
}

static bool is_line(const struct sd_region_request *req, const char *file, u32 line)
{
	return line == req->line && file && (file == req->file || !strcmp(file, req->file));
}

bool sd_region_owns(const struct sd_region_request *req, s32 copy, u32 i)
{
	u64 addr = req->blocks->f->v.v[i].addr;
	const struct sd_dwarf_row *row = sd_code_row(req->code, addr);

	return row && is_line(req, row->file, row->line) && sd_code_copy(req->code, addr) == copy;
}

/* Whether instruction i belongs to a call that the line of this copy makes, inlined. */
static bool is_callee(const struct region *r, u32 i)
{
	const struct sd_code_lines *code = r->req->code;
	s32 c = sd_code_copy(code, r->bs->f->v.v[i].addr);

	while (c != SD_NO_COPY && c != r->copy) {
		const struct sd_dwarf_copy *copy = &code->copies[c];

		if (copy->parent == r->copy)
			return is_line(r->req, copy->call_file, copy->call_line);
		c = copy->parent < c ? copy->parent : SD_NO_COPY;
	}
	return false;
}

static u8 *statements(const struct sd_region_request *req)
{
	const struct sd_flow *f = req->blocks->f;
	u8 *stmt = sd_xcalloc(f->v.n + 1, 1);

	for (u32 k = 0; k < req->code->nstmts; k++) {
		u32 i = sd_flow_find(f, req->code->stmts[k]);

		if (i != SD_FLOW_NONE)
			stmt[i] = 1;
	}
	stmt[0] = 1;
	return stmt;
}

/* ---- points ---- */

static bool is_frame_move(const struct region *r, u32 i)
{
	const struct sd_insn *in = &r->bs->f->v.v[i];
	struct sd_operands o;
	bool reg = false, frame = false;

	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&r->bs->f->code, in->addr, &o) ||
	    (o.op != SD_OP_MOV && o.op != SD_OP_MOVZX && o.op != SD_OP_MOVSS))
		return false;
	for (unsigned int k = 0; k < o.n; k++) {
		reg |= o.v[k].kind == SD_OPND_REG || o.v[k].kind == SD_OPND_XMM;
		frame |= o.v[k].kind == SD_OPND_MEM && o.v[k].base == SD_RSP && !o.v[k].segment;
	}
	return reg && frame;
}

/* `test %dl,%dl` of a bool that was loaded, or bytes that only fill up. */
static bool is_idle(const struct region *r, u32 i)
{
	const struct sd_insn *in = &r->bs->f->v.v[i];
	struct sd_operands o;

	if (in->cls == SD_INSN_NOP)
		return in->len > 1; /* of one byte: where an inlined call was */
	return in->cls == SD_INSN_OTHER && sd_code_operands(&r->bs->f->code, in->addr, &o) &&
	       o.op == SD_OP_TEST && o.n >= 2 && o.v[0].kind == SD_OPND_REG && o.v[0].size == 1 &&
	       o.v[1].kind == SD_OPND_REG && o.v[1].reg == o.v[0].reg;
}

/* Whether registers are saved or loaded again in that block, and nothing else is done there for the
 * line or for what it calls. Compilers give that the line of the value's assignment or of its next
 * use, wherever it is; so they do the comparison of a bool that a jump of another line needs. */
static bool is_moves_only(const struct region *r, u32 block)
{
	bool any = false;

	for (u32 i = r->bs->v[block].first; i < r->bs->v[block].end; i++) {
		if (!sd_region_owns(r->req, r->copy, i) && !is_callee(r, i))
			continue;
		if (is_frame_move(r, i))
			any = true;
		else if (!is_idle(r, i))
			return false;
	}
	return any;
}

static void add_point(struct region *r, u32 block, u32 insn, bool own, bool is_head)
{
	bool moves = is_moves_only(r, block);

	if (r->n < MAX_POINTS)
		r->v[r->n++] = (struct point){.block = block,
					      .insn = insn,
					      .own = own,
					      .is_head = is_head && !moves,
					      .moves = moves};
}

struct view {
	u32 own, own_stmt, callee_stmt; /* first of each, SD_FLOW_NONE: none */
	u32 other;			/* first statement of another line */
};

static struct view look(const struct region *r, u32 block)
{
	struct view v = {SD_FLOW_NONE, SD_FLOW_NONE, SD_FLOW_NONE, SD_FLOW_NONE};

	for (u32 i = r->bs->v[block].first; i < r->bs->v[block].end; i++) {
		bool own = sd_region_owns(r->req, r->copy, i);

		if (own && v.own == SD_FLOW_NONE)
			v.own = i;
		if (!r->stmt[i])
			continue;
		if (own && v.own_stmt == SD_FLOW_NONE)
			v.own_stmt = i;
		else if (!own && is_callee(r, i))
			v.callee_stmt = v.callee_stmt == SD_FLOW_NONE ? i : v.callee_stmt;
		else if (!own && v.other == SD_FLOW_NONE)
			v.other = i;
	}
	return v;
}

static bool is_header(const struct sd_blocks *bs, u32 b)
{
	return bs->v[b].loop == b;
}

/* The instruction of block b's last comparison and jump that is of the line; SD_FLOW_NONE: none. */
static u32 own_test(const struct region *r, u32 b)
{
	const struct sd_block *v = &r->bs->v[b];
	const struct sd_flow *f = r->bs->f;

	if (f->v.v[v->end - 1].cls != SD_INSN_JCC)
		return SD_FLOW_NONE;
	if (sd_region_owns(r->req, r->copy, v->end - 1))
		return v->end - 1;
	for (u32 i = v->end - 1; i-- > v->first;) {
		struct sd_operands o;

		if (!sd_code_operands(&f->code, f->v.v[i].addr, &o))
			return SD_FLOW_NONE;
		if (o.op == SD_OP_CMP || o.op == SD_OP_TEST)
			return sd_region_owns(r->req, r->copy, i) ? i : SD_FLOW_NONE;
	}
	return SD_FLOW_NONE;
}

/* Whether a statement of the line starts in the loop with that header. */
static bool has_statement(const struct region *r, u32 header)
{
	for (u32 b = 0; b < r->bs->n; b++)
		if (sd_block_in_loop(r->bs, b, header) && look(r, b).own_stmt != SD_FLOW_NONE)
			return true;
	return false;
}

static void find_points(struct region *r)
{
	const struct sd_blocks *bs = r->bs;

	for (u32 b = 0; b < bs->n; b++) {
		struct view v;
		u32 at;

		if (bs->v[b].order == SD_NO_BLOCK || bs->v[b].restarts)
			continue;
		v = look(r, b);
		at = SD_MIN(v.own_stmt, v.callee_stmt);
		/* The test of a loop may be no statement of its own: its init and step are. */
		if (is_header(bs, b) && v.own < v.other && own_test(r, b) != SD_FLOW_NONE &&
		    has_statement(r, b) && (at != SD_FLOW_NONE || !is_moves_only(r, b)))
			add_point(r, b, SD_MIN(v.own, at), true, true);
		else if (at != SD_FLOW_NONE)
			add_point(r, b, at, v.own_stmt != SD_FLOW_NONE,
				  is_header(bs, b) && at < v.other);
	}
}

static bool has_outer_point(const struct region *r, u32 header, bool own)
{
	for (u32 k = 0; k < r->n; k++)
		if (r->bs->v[r->v[k].block].loop == r->bs->v[header].outer &&
		    (r->v[k].own || !own) && sd_block_dominates(r->bs, r->v[k].block, header))
			return true;
	return false;
}

static void drop_level(struct region *r, u32 header)
{
	for (u32 k = 0; k < r->n; k++)
		if (r->bs->v[r->v[k].block].loop == header)
			r->v[k].dropped = true;
}

/* Whether all code in the loop is of the line or of what it calls. */
static bool is_all_ours(const struct region *r, u32 header)
{
	for (u32 b = 0; b < r->bs->n; b++) {
		if (!r->bs->v[b].alive || !sd_block_in_loop(r->bs, b, header))
			continue;
		for (u32 i = r->bs->v[b].first; i < r->bs->v[b].end; i++)
			if (!sd_region_owns(r->req, r->copy, i) && !is_callee(r, i))
				return false;
	}
	return true;
}

/* Whether nothing of the line is in the loop but a value that is loaded again, which the line has
 * assigned before the loop. */
static bool is_moves_level(const struct region *r, u32 header)
{
	bool before = false;

	for (u32 k = 0; k < r->n; k++) {
		u32 b = r->v[k].block;

		if (sd_block_in_loop(r->bs, b, header)) {
			if (!r->v[k].moves)
				return false;
		} else if (!r->v[k].moves) {
			before |= sd_block_dominates(r->bs, b, header);
		}
	}
	return before;
}

/* Loops inside of what the line calls, or that the compiler made of the line alone (a cache that is
 * looked through, bytes that are cleared), or where it loads a value again, are no turns of the
 * line's. */
static void drop_inner_loops(struct region *r)
{
	for (u32 i = 0; i < r->n; i++) {
		u32 header = r->bs->v[r->v[i].block].loop;
		bool own = false;

		if (r->v[i].dropped || header == SD_NO_BLOCK)
			continue;
		for (u32 k = 0; k < r->n; k++)
			own |= r->v[k].own && r->bs->v[r->v[k].block].loop == header;
		if (own ? has_outer_point(r, header, true) && is_all_ours(r, header)
			: has_outer_point(r, header, false))
			drop_level(r, header);
		else if (is_moves_level(r, header))
			drop_level(r, header);
	}
}

/* ---- loops that are tested at their end ---- */

static bool has_other_statement(const struct region *r, u32 b)
{
	for (u32 i = r->bs->v[b].first; i < r->bs->v[b].end; i++)
		if (r->stmt[i] && !sd_region_owns(r->req, r->copy, i) && !is_callee(r, i))
			return true;
	return false;
}

/* Whether control goes from block b to the loop's head at once. */
static bool is_way_to(const struct region *r, u32 b, u32 header)
{
	return b == header || (r->bs->v[b].nsucc == 1 && r->bs->edges[r->bs->v[b].succ] == header &&
			       !has_other_statement(r, b));
}

static bool leaves(const struct region *r, u32 b, u32 header)
{
	const struct sd_block *v = &r->bs->v[b];

	for (u32 k = 0; k < v->nsucc; k++) {
		u32 to = r->bs->edges[v->succ + k];

		if (r->bs->v[to].alive && !sd_block_in_loop(r->bs, to, header))
			return true;
	}
	return false;
}

static bool is_exit_test(const struct region *r, u32 b, u32 header)
{
	const struct sd_block *v = &r->bs->v[b];
	bool turns = false;

	if (own_test(r, b) == SD_FLOW_NONE)
		return false;
	for (u32 k = 0; k < v->nsucc; k++) {
		u32 to = r->bs->edges[v->succ + k];

		turns |= is_way_to(r, to, header);
	}
	return turns && leaves(r, b, header);
}

static bool has_body(const struct region *r, u32 header)
{
	for (u32 b = 0; b < r->bs->n; b++)
		if (sd_block_in_loop(r->bs, b, header) && has_other_statement(r, b))
			return true;
	return false;
}

/* What leads into the loop from outside, of the line though no statement of it starts there. */
static void add_init(struct region *r, u32 header)
{
	const struct sd_block *h = &r->bs->v[header];

	if (has_outer_point(r, header, true))
		return;
	for (u32 k = 0; k < h->npred; k++) {
		u32 p = r->bs->back[h->pred + k], last = r->bs->v[p].end - 1;

		if (r->bs->v[p].order != SD_NO_BLOCK && r->bs->v[p].loop == h->outer &&
		    sd_region_owns(r->req, r->copy, last))
			add_point(r, p, last, true, false);
	}
}

/* A loop whose first test the compiler left out has one at its end alone, together with the step:
 * arrivals are the init and that test, which has the step behind it. */
static void find_end_tests(struct region *r)
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
		    (test == header && look(r, header).other > r->bs->v[header].end))
			continue;
		drop_level(r, header);
		add_point(r, test, own_test(r, test), true, false);
		add_init(r, header);
	}
}

/* ---- ways between points ---- */

/* Marks what can be reached from the blocks in work[0..n) in one turn of the loop with that header,
 * without passing avoid. True when the turn's or the loop's end is among it, or the function's:
 * calls that do not return are no end. */
static bool reach(struct region *r, u32 n, u32 header, u32 avoid)
{
	const struct sd_blocks *bs = r->bs;
	bool end = false;

	while (n) {
		const struct sd_block *b = &bs->v[r->work[--n]];

		if (!b->nsucc && !b->dead_end && !b->restarts)
			end = true;
		for (u32 k = 0; k < b->nsucc; k++) {
			u32 to = bs->edges[b->succ + k];

			if (!bs->v[to].alive)
				continue;
			if (to == header || !sd_block_in_loop(bs, to, header)) {
				end = true;
				continue;
			}
			if (to == avoid || r->marks[to])
				continue;
			r->marks[to] = 1;
			r->work[n++] = to;
		}
	}
	return end;
}

static void clear(struct region *r)
{
	memset(r->marks, 0, r->bs->n);
}

/* Marks what a turn can reach without passing avoid. */
static void reach_from_start(struct region *r, u32 header, u32 avoid)
{
	u32 n = 0;

	clear(r);
	for (u32 b = 0; b < r->bs->n; b++) {
		bool starts = header == SD_NO_BLOCK ? r->bs->v[b].is_root : b == header;

		if (starts && b != avoid) {
			r->marks[b] = 1;
			r->work[n++] = b;
		}
	}
	reach(r, n, header, avoid);
}

static bool reach_from(struct region *r, u32 block, u32 header, u32 avoid)
{
	clear(r);
	r->marks[block] = 1;
	r->work[0] = block;
	return reach(r, 1, header, avoid);
}

/* Whether each turn that meets u meets d too. */
static bool covers(struct region *r, u32 d, u32 u, u32 header)
{
	if (d == u)
		return true;
	reach_from_start(r, header, d);
	if (!r->marks[u])
		return true;
	return !reach_from(r, u, header, d);
}

/* Whether a statement of an earlier line of the same source starts in block b, from instruction
 * from on. */
static bool has_earlier_statement(const struct region *r, u32 b, u32 from)
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

/* ---- choice ---- */

struct group {
	struct point *v[MAX_POINTS];
	u32 n;
};

/* Whether statements of earlier lines lie between p and another point of the group: then p is code
 * of the line that was moved up, and the other one is where the line begins. */
static bool is_hoisted(struct region *r, const struct group *g, const struct point *p, u32 header)
{
	sd_autofree u8 *between = NULL;

	for (u32 i = 0; i < g->n; i++) {
		const struct point *q = g->v[i];

		if (q == p)
			continue;
		reach_from(r, p->block, header, q->block);
		between = memcpy(sd_xrealloc(between, r->bs->n, 1), r->marks, r->bs->n);
		for (u32 b = 0; b < r->bs->n; b++) {
			if (!between[b] ||
			    !has_earlier_statement(r, b, b == p->block ? p->insn : 0))
				continue;
			reach_from(r, b, header, SD_NO_BLOCK);
			if (r->marks[q->block] && q->block != b)
				return true;
		}
	}
	return false;
}

/* The earliest point that every turn which meets one of the group meets. */
static struct point *single(struct region *r, const struct group *g, u32 header)
{
	struct point *best = NULL;
	bool best_hoisted = false;

	for (u32 i = 0; i < g->n; i++) {
		bool all = true, hoisted;

		for (u32 k = 0; k < g->n && all; k++)
			all = covers(r, g->v[i]->block, g->v[k]->block, header);
		if (!all)
			continue;
		hoisted = g->n > 1 && is_hoisted(r, g, g->v[i], header);
		if (best && hoisted && !best_hoisted)
			continue;
		if (best && hoisted == best_hoisted) {
			reach_from_start(r, header, g->v[i]->block);
			if (r->marks[best->block])
				continue;
		}
		best = g->v[i];
		best_hoisted = hoisted;
	}
	return best;
}

/* Splits g into parts that no way leads between; part[i] is the number of point i's. */
static u32 split(struct region *r, const struct group *g, u32 header, u32 *part)
{
	u32 parts = 0;

	for (u32 i = 0; i < g->n; i++)
		part[i] = i;
	for (u32 i = 0; i < g->n; i++) {
		reach_from(r, g->v[i]->block, header, SD_NO_BLOCK);
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

static void choose_point(struct region *r, struct chosen *out, const struct point *p,
			 const char *why)
{
	sd_vec_push(&out->v, (struct sd_region_site){.copy = r->copy, .insn = p->insn, .why = why});
}

/* Whether a turn that meets one of the group meets one of the first ones, at the latest there. */
static bool is_all_ways(struct region *r, const struct group *g, u32 header, const bool *first)
{
	u32 n = 0;

	clear(r);
	for (u32 i = 0; i < g->n; i++)
		r->marks[g->v[i]->block] = first[i];
	for (u32 b = 0; b < r->bs->n; b++) {
		bool starts = header == SD_NO_BLOCK ? r->bs->v[b].is_root : b == header;

		if (starts && !r->marks[b]) {
			r->marks[b] = 1;
			r->work[n++] = b;
		}
	}
	reach(r, n, header, SD_NO_BLOCK);
	for (u32 i = 0; i < g->n; i++)
		if (!first[i] && r->marks[g->v[i]->block])
			return false;
	return true;
}

/* Whether a turn that meets one of the group goes on to one of the last ones. */
static bool is_every_end(struct region *r, const struct group *g, u32 header, const bool *last)
{
	u32 n = 0;

	clear(r);
	for (u32 i = 0; i < g->n; i++) {
		r->marks[g->v[i]->block] = 1;
		if (!last[i])
			r->work[n++] = g->v[i]->block;
	}
	return !reach(r, n, header, SD_NO_BLOCK);
}

/* No single point will do: those that no other one leads to, or, when these are not all ways, those
 * that lead to no other one. */
static void choose_several(struct region *r, const struct group *g, u32 header, struct chosen *out)
{
	bool first[MAX_POINTS], last[MAX_POINTS];

	for (u32 i = 0; i < g->n; i++)
		first[i] = last[i] = true;
	for (u32 i = 0; i < g->n; i++) {
		reach_from(r, g->v[i]->block, header, SD_NO_BLOCK);
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

static const char *why_of(const struct point *p, const struct group *g)
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

static void choose(struct region *r, u32 header, struct chosen *out)
{
	struct group all = {.n = 0};
	u32 part[MAX_POINTS], parts;

	for (u32 i = 0; i < r->n; i++)
		if (!r->v[i].dropped && r->bs->v[r->v[i].block].loop == header)
			all.v[all.n++] = &r->v[i];
	if (!all.n)
		return;
	parts = split(r, &all, header, part);
	for (u32 p = 0; p < parts; p++) {
		struct group g = {.n = 0};
		struct point *one;

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

/* The line of instruction i where a statement of the same source starts that is not the line's,
 * else 0. */
static u32 other_line(const struct region *r, u32 i)
{
	u64 addr = r->bs->f->v.v[i].addr;
	const struct sd_dwarf_row *row = r->stmt[i] ? sd_code_row(r->req->code, addr) : NULL;

	return row && row->line != r->req->line && sd_code_copy(r->req->code, addr) == r->copy
		       ? row->line
		       : 0;
}

/* Whether the source has the line outside of that loop, by the lines of the statements in it:
 * before all of them, or behind them and others that follow the loop. */
static bool is_outside(const struct region *r, u32 header)
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
static void drop_moved_out(struct region *r)
{
	for (u32 i = 0; i < r->n; i++) {
		u32 header = r->bs->v[r->v[i].block].loop;
		bool body = true, stray;

		if (r->v[i].dropped || !r->v[i].own || header == SD_NO_BLOCK)
			continue;
		for (u32 b = 0; b < r->bs->n && body; b++)
			body = !sd_block_in_loop(r->bs, b, header) ||
			       own_test(r, b) == SD_FLOW_NONE || !leaves(r, b, header);
		stray = body && is_outside(r, header);
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
static bool is_tested_first(const struct region *r, u32 header)
{
	for (u32 b = 0; b < r->bs->n; b++)
		if (r->bs->v[b].loop == header && own_test(r, b) != SD_FLOW_NONE &&
		    leaves(r, b, header) && !is_exit_test(r, b, header))
			return true;
	return false;
}

/* A loop that the line tests first: what of it leads there from outside is its init, and what lies
 * behind is the rest of its end. */
static void drop_inits(struct region *r)
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
			if (!reach_from(r, b, outer, head) || sd_block_dominates(r->bs, head, b))
				r->v[k].dropped = true;
		}
	}
}

/* ---- conditions over several lines ---- */

/* A block that only looks at a truth value which others have computed: `a &&` on one line, `b` on
 * the next, and their result tested as one. */
static bool is_truth_test(const struct region *r, u32 b)
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

static void drop_truth_tests(struct region *r)
{
	for (u32 i = 0; i < r->n; i++) {
		u32 header = r->bs->v[r->v[i].block].loop;

		if (r->v[i].dropped || r->v[i].is_head || !is_truth_test(r, r->v[i].block))
			continue;
		for (u32 k = 0; k < r->n; k++) {
			if (r->v[k].dropped || r->bs->v[r->v[k].block].loop != header ||
			    is_truth_test(r, r->v[k].block))
				continue;
			reach_from(r, r->v[k].block, header, SD_NO_BLOCK);
			r->v[i].dropped |= r->marks[r->v[i].block];
		}
	}
}

static void sites_of_copy(struct region *r, struct chosen *out)
{
	r->n = 0;
	find_points(r);
	drop_inner_loops(r);
	find_end_tests(r);
	drop_moved_out(r);
	drop_inits(r);
	drop_truth_tests(r);
	for (u32 i = 0; i < r->n; i++) {
		u32 header = r->bs->v[r->v[i].block].loop;
		bool done = r->v[i].dropped;

		for (u32 k = 0; k < i && !done; k++)
			done = !r->v[k].dropped && r->bs->v[r->v[k].block].loop == header;
		if (!done)
			choose(r, header, out);
	}
}

void sd_region_sites(const struct sd_region_request *req, struct sd_region_site **ret, u32 *n_ret)
{
	const struct sd_code_lines *code = req->code;
	const struct sd_blocks *bs = req->blocks;
	sd_autofree u8 *copies = sd_xcalloc(code->ncopies + 2, 1); /* by copy + 1 */
	sd_autofree u8 *stmt = statements(req);
	sd_autofree u8 *marks = sd_xcalloc(bs->n + 1, 1);
	sd_autofree u32 *work = sd_xcalloc(bs->n + 1, sizeof(*work));
	sd_autofree struct region *r = sd_xcalloc(1, sizeof(*r));
	struct chosen out = {0};

	*r = (struct region){.req = req, .bs = bs, .stmt = stmt, .marks = marks, .work = work};
	for (u32 i = 0; i < bs->f->v.n; i++) {
		const struct sd_dwarf_row *row = sd_code_row(code, bs->f->v.v[i].addr);

		if (row && is_line(req, row->file, row->line))
			copies[sd_code_copy(code, bs->f->v.v[i].addr) + 1] = 1;
	}
	for (u32 c = 0; c < code->ncopies; c++)
		if (is_line(req, code->copies[c].call_file, code->copies[c].call_line) &&
		    code->copies[c].parent < (s32)c)
			copies[code->copies[c].parent + 1] = 1;
	for (u32 c = 0; c <= code->ncopies; c++) {
		if (!copies[c])
			continue;
		r->copy = (s32)c - 1;
		sites_of_copy(r, &out);
	}
	*ret = out.v.v;
	*n_ret = (u32)out.v.n;
}
