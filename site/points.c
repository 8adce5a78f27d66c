/* SPDX-License-Identifier: BSD-2-Clause */
/* What of a function's code is of a line: the blocks where its statements start, and what of it is
 * none: registers that are saved or loaded again, bytes that fill up. */
#include "site/points.h"

#include <stdlib.h>
#include <string.h>

bool sd_region_is_line(const struct sd_region_request *req, const char *file, u32 line)
{
	return line == req->line && file && (file == req->file || !strcmp(file, req->file));
}

bool sd_region_owns(const struct sd_region_request *req, s32 copy, u32 i)
{
	u64 addr = req->blocks->f->v.v[i].addr;
	const struct sd_dwarf_row *row = sd_code_row(req->code, addr);

	return row && sd_region_is_line(req, row->file, row->line) &&
	       sd_code_copy(req->code, addr) == copy;
}

/* Whether instruction i belongs to a call that the line of this copy makes, inlined. */
bool sd_region_calls(const struct sd_region *r, u32 i)
{
	const struct sd_code_lines *code = r->req->code;
	s32 c = sd_code_copy(code, r->bs->f->v.v[i].addr);

	while (c != SD_NO_COPY && c != r->copy) {
		const struct sd_dwarf_copy *copy = &code->copies[c];

		if (copy->parent == r->copy)
			return sd_region_is_line(r->req, copy->call_file, copy->call_line);
		c = copy->parent;
	}
	return false;
}

u8 *sd_region_statements(const struct sd_region_request *req)
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

bool sd_region_is_move(const struct sd_region *r, u32 i)
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

bool sd_region_is_idle(const struct sd_region *r, u32 i)
{
	const struct sd_insn *in = &r->bs->f->v.v[i];
	struct sd_operands o;

	if (in->cls == SD_INSN_NOP)
		return in->len > 1; /* of one byte: where an inlined call was */
	return in->cls == SD_INSN_OTHER && sd_code_operands(&r->bs->f->code, in->addr, &o) &&
	       o.op == SD_OP_TEST && o.n >= 2 && o.v[0].kind == SD_OPND_REG && o.v[0].size == 1 &&
	       o.v[1].kind == SD_OPND_REG && o.v[1].reg == o.v[0].reg;
}

bool sd_region_is_copy(const struct sd_region *r, u32 i)
{
	const struct sd_insn *in = &r->bs->f->v.v[i];
	struct sd_operands o;

	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&r->bs->f->code, in->addr, &o) ||
	    o.n != 2 || (o.v[0].kind != SD_OPND_REG && o.v[0].kind != SD_OPND_XMM))
		return false;
	if (o.op == SD_OP_LEA)
		return o.v[1].base == SD_RIP;
	if (o.op == SD_OP_XOR)
		return o.v[1].kind == o.v[0].kind && o.v[1].reg == o.v[0].reg;
	return (o.op == SD_OP_MOV || o.op == SD_OP_MOVSS) && o.v[1].kind != SD_OPND_MEM;
}

/* Whether registers are saved or loaded again in that block, and nothing else is done there for the
 * line or for what it calls. Compilers give that the line of the value's assignment or of its next
 * use, wherever it is; so they do the comparison of a bool that a jump of another line needs. */
static bool is_moves_only(const struct sd_region *r, u32 block)
{
	bool any = false;

	for (u32 i = r->bs->v[block].first; i < r->bs->v[block].end; i++) {
		if (!sd_region_owns(r->req, r->copy, i) && !sd_region_calls(r, i))
			continue;
		if (sd_region_is_move(r, i))
			any = true;
		else if (!sd_region_is_idle(r, i))
			return false;
	}
	return any;
}

void sd_region_add_point(struct sd_region *r, u32 block, u32 insn, bool own, bool is_head)
{
	bool moves = !r->req->code->as_written && is_moves_only(r, block);

	if (r->n < SD_MAX_LINE_POINTS)
		r->v[r->n++] = (struct sd_line_point){.block = block,
						      .insn = insn,
						      .own = own,
						      .is_head = is_head && !moves,
						      .moves = moves};
}

struct sd_line_view sd_region_look(const struct sd_region *r, u32 block)
{
	struct sd_line_view v = {SD_FLOW_NONE, SD_FLOW_NONE, SD_FLOW_NONE, SD_FLOW_NONE};

	for (u32 i = r->bs->v[block].first; i < r->bs->v[block].end; i++) {
		bool own = sd_region_owns(r->req, r->copy, i);

		if (r->copy != SD_NO_COPY && r->bs->f->v.v[i].cls == SD_INSN_RET)
			continue; /* the outer function's: the copy's line has come there by chance
				   */
		if (own && v.own == SD_FLOW_NONE)
			v.own = i;
		if (!r->stmt[i])
			continue;
		if (own && v.own_stmt == SD_FLOW_NONE)
			v.own_stmt = i;
		else if (!own && sd_region_calls(r, i))
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
u32 sd_region_own_test(const struct sd_region *r, u32 b)
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
		if (sd_op_compares(o.op))
			return sd_region_owns(r->req, r->copy, i) ? i : SD_FLOW_NONE;
	}
	return SD_FLOW_NONE;
}

/* Whether a statement of the line starts in the loop with that header. */
static bool has_statement(const struct sd_region *r, u32 header)
{
	for (u32 b = 0; b < r->bs->n; b++)
		if (sd_block_in_loop(r->bs, b, header) &&
		    sd_region_look(r, b).own_stmt != SD_FLOW_NONE)
			return true;
	return false;
}

static bool is_ours(const struct sd_region *r, u32 i)
{
	return sd_region_owns(r->req, r->copy, i) || sd_region_calls(r, i);
}

/* Unoptimized code assigns by storing to the frame. */
static bool is_assignment(const struct sd_region *r, u32 i)
{
	struct sd_operands o;

	return r->req->code->as_written &&
	       sd_code_operands(&r->bs->f->code, r->bs->f->v.v[i].addr, &o) && o.n &&
	       o.v[0].kind == SD_OPND_MEM;
}

/* Where control comes to the line when all that block b has of it from instruction at on is a jump
 * to more of it, or values that are loaded for that: the mark of a statement's start may have been
 * left on one of the ways to it. */
static u32 past_jumps(const struct sd_region *r, u32 b, u32 at)
{
	const struct sd_blocks *bs = r->bs;

	for (u32 tries = 0; tries < bs->n; tries++) {
		const struct sd_block *v = &bs->v[b];
		u32 to;

		for (u32 i = at; i < v->end; i++)
			if (!is_ours(r, i) || (bs->f->v.v[i].cls != SD_INSN_JMP &&
					       (!sd_region_is_move(r, i) || is_assignment(r, i))))
				return at;
		if (v->nsucc != 1)
			break;
		to = bs->edges[v->succ];
		if (bs->v[to].loop != v->loop || !sd_region_owns(r->req, r->copy, bs->v[to].first))
			break;
		b = to;
		at = bs->v[to].first;
	}
	return at;
}

static bool has_point(const struct sd_region *r, u32 block)
{
	for (u32 k = 0; k < r->n; k++)
		if (r->v[k].block == block)
			return true;
	return false;
}

/* Whether a statement of the line goes to block b at once: the init of its loop. */
static bool is_entered(const struct sd_region *r, u32 b)
{
	for (u32 k = 0; k < r->bs->v[b].npred; k++) {
		u32 p = r->bs->back[r->bs->v[b].pred + k];

		if (sd_region_owns(r->req, r->copy, r->bs->v[p].end - 1) &&
		    sd_region_look(r, p).own_stmt != SD_FLOW_NONE)
			return true;
	}
	return false;
}

static void add_block(struct sd_region *r, u32 b, bool jumps)
{
	struct sd_line_view v = sd_region_look(r, b);
	u32 at = SD_MIN(v.own_stmt, v.callee_stmt), to;

	/* The test of a loop may be no statement of its own: its init and step are. */
	if (is_header(r->bs, b) && v.own < v.other && sd_region_own_test(r, b) != SD_FLOW_NONE &&
	    (has_statement(r, b) || is_entered(r, b)) &&
	    (at != SD_FLOW_NONE || !is_moves_only(r, b))) {
		if (!jumps)
			sd_region_add_point(r, b, SD_MIN(v.own, at), true, true);
		return;
	}
	if (at == SD_FLOW_NONE)
		return;
	to = past_jumps(r, b, at);
	if (jumps == (to == at) || (jumps && has_point(r, r->bs->of[to])))
		return;
	sd_region_add_point(r, r->bs->of[to], to, v.own_stmt != SD_FLOW_NONE,
			    is_header(r->bs, b) && at < v.other);
}

void sd_region_find_points(struct sd_region *r)
{
	for (int jumps = 0; jumps < 2; jumps++)
		for (u32 b = 0; b < r->bs->n; b++)
			if (r->bs->v[b].order != SD_NO_BLOCK && !r->bs->v[b].restarts)
				add_block(r, b, jumps);
}
