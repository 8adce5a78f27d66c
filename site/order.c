/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Optimizing compilers execute statements in another order than the source has them, and location
 * lists follow the instructions. So at a line a variable may have a value already that a later line
 * gives it, or lack the one of an earlier line. In structured source, control passes the lines of
 * one turn of a loop in ascending order, but for the loop's own line.
 */
#include <stdlib.h>
#include <string.h>

#include "site/lines.h"

struct order {
	struct sd_lines *l;
	u32 insn, line;
	s32 copy;
	u32 loop_lines[32]; /* of the loops around insn: their steps and tests come last */
	u32 nloops;
};

static u32 line_of(const struct order *o, u32 i)
{
	u64 addr = o->l->flow.v.v[i].addr;
	const struct sd_dwarf_row *row = sd_code_row(&o->l->code, addr);

	return row && sd_code_copy(&o->l->code, addr) == o->copy ? row->line : 0;
}

u32 sd_code_first_line(const struct sd_lines *l, u32 loop, s32 copy)
{
	const struct sd_blocks *bs = &l->blocks;
	const struct order o = {.l = (struct sd_lines *)l, .copy = copy};
	u32 first = 0;

	for (u32 b = 0; b < bs->n; b++) {
		if (!sd_block_in_loop(bs, b, loop))
			continue;
		for (u32 i = bs->v[b].first; i < bs->v[b].end; i++) {
			u32 line = line_of(&o, i);

			if (line && (!first || line < first))
				first = line;
		}
	}
	return first;
}

/* The first line of each loop around: that of its `for`. */
static void find_loops(struct order *o)
{
	const struct sd_blocks *bs = &o->l->blocks;
	u32 loop = bs->v[bs->of[o->insn]].loop;

	for (; loop != SD_NO_BLOCK && o->nloops < SD_ARRAY_SIZE(o->loop_lines);
	     loop = bs->v[loop].outer)
		o->loop_lines[o->nloops++] = sd_code_first_line(o->l, loop, o->copy);
}

static bool is_loop_line(const struct order *o, u32 line)
{
	for (u32 i = 0; i < o->nloops; i++)
		if (o->loop_lines[i] == line)
			return true;
	return false;
}

/* Whether instruction i writes what the piece names. */
static bool writes(struct sd_lines *l, u32 i, const struct sd_piece *p)
{
	const struct sd_flow *f = &l->flow;
	const struct sd_insn *in = &f->v.v[i];
	struct sd_insn full;
	sd_autoerr err = NULL;

	if (p->kind == SD_PIECE_CFA)
		return sd_code_overwrites(l, i, p->off, p->size);
	if (in->cls == SD_INSN_CALL || in->cls == SD_INSN_CALL_IND)
		return p->kind == SD_PIECE_REG || p->kind == SD_PIECE_XMM;
	err = sd_insn_decode(f->code.p + (in->addr - f->code.lo), f->code.hi - in->addr, in->addr,
			     &full);
	if (err)
		return false;
	if (p->kind == SD_PIECE_XMM)
		return full.xmm_writes & 1u << p->reg;
	return p->kind == SD_PIECE_REG && full.writes & 1u << p->reg;
}

static bool is_checked(const struct sd_local *v)
{
	return !v->fixed && !v->escaped && !v->loc.why && v->loc.n;
}

/* ---- what later lines have done already ---- */

static bool in_frame(const struct sd_operand *v)
{
	return v->kind == SD_OPND_MEM && !v->segment && (v->base == SD_RSP || v->base == SD_RBP);
}

/* Register allocation moves values between registers and the frame: none is assigned by that. */
static bool is_copy(struct sd_lines *l, u32 i)
{
	struct sd_operands o;

	if (l->flow.v.v[i].cls != SD_INSN_OTHER ||
	    !sd_code_operands(&l->flow.code, l->flow.v.v[i].addr, &o) || o.n != 2 ||
	    (o.op != SD_OP_MOV && o.op != SD_OP_MOVSS))
		return false;
	for (unsigned int k = 0; k < 2; k++)
		if (o.v[k].kind != SD_OPND_REG && o.v[k].kind != SD_OPND_XMM && !in_frame(&o.v[k]))
			return false;
	return true;
}

/* A conditional move's line is that of whatever comes behind: it says nothing. */
static bool is_move(struct sd_lines *l, u32 i)
{
	struct sd_operands o;

	return is_copy(l, i) ||
	       (l->flow.v.v[i].cls == SD_INSN_OTHER &&
		sd_code_operands(&l->flow.code, l->flow.v.v[i].addr, &o) && o.op == SD_OP_CMOV);
}

/* Whether instruction i computes with registers alone: of a loop's line that is its step, while
 * loads and calls are what gives a turn its values. */
static bool is_step(const struct order *o, u32 i)
{
	const struct sd_insn *in = &o->l->flow.v.v[i];
	struct sd_operands ops;

	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&o->l->flow.code, in->addr, &ops))
		return false;
	for (unsigned int k = 0; k < ops.n; k++)
		if (ops.v[k].kind == SD_OPND_MEM && ops.op != SD_OP_LEA && !in_frame(&ops.v[k]))
			return false;
	return true;
}

/* Whether what instruction i writes to the variable's place is a value that the source gives it
 * only behind the line. */
static bool is_too_early(const struct order *o, u32 i)
{
	u32 line = line_of(o, i);

	if (is_loop_line(o, line))
		return line != o->line && is_step(o, i);
	return line > o->line && !is_loop_line(o, o->line);
}

static void check_before(const struct order *o, struct sd_local *v)
{
	struct sd_lines *l = o->l;
	u32 first = l->blocks.v[l->blocks.of[o->insn]].first;

	for (u32 k = 0; k < v->loc.n; k++)
		for (u32 i = o->insn; i-- > first;) {
			if (!writes(l, i, &v->loc.pieces[k]))
				continue;
			if (!is_move(l, i) && is_too_early(o, i)) {
				v->loc = (struct sd_loc){
					.why = "a later line has been executed already"};
				return;
			}
			break;
		}
}

/* ---- what earlier lines have yet to do ---- */

/* The variable has another place behind instruction i, which i has written. */
static bool assigns(const struct order *o, u32 i, const struct sd_local *v, struct sd_arena *arena)
{
	const struct sd_insn *in = &o->l->flow.v.v[i];
	struct sd_loc loc = sd_dwarf_param_loc(o->l->dw, &v->param,
					       (struct sd_vaddr){in->addr + in->len}, arena);

	if (loc.why || !loc.n || sd_loc_same(&loc, &v->loc))
		return false;
	for (u32 k = 0; k < loc.n; k++)
		if (writes(o->l, i, &loc.pieces[k]))
			return true;
	return false;
}

static void check_one(const struct order *o, u32 i, struct sd_local *v, u32 n,
		      struct sd_arena *arena)
{
	u32 line = line_of(o, i);

	if (!line || line >= o->line || is_loop_line(o, line))
		return;
	for (u32 k = 0; k < n; k++)
		if (is_checked(&v[k]) && v[k].decl_line <= line && assigns(o, i, &v[k], arena))
			v[k].loc = (struct sd_loc){.why = "an earlier line is executed later"};
	sd_arena_reset(arena);
}

static void check_after(const struct order *o, struct sd_local *v, u32 n)
{
	const struct sd_blocks *bs = &o->l->blocks;
	sd_autofree u8 *seen = sd_xcalloc(bs->n + 1, 1);
	sd_autofree u32 *work = sd_xcalloc(bs->n + 1, sizeof(*work));
	u32 start = bs->of[o->insn], loop = bs->v[start].loop, todo = 0;
	struct sd_arena arena = {0};

	work[todo++] = start;
	seen[start] = 1;
	while (todo) {
		u32 b = work[--todo];

		for (u32 i = b == start ? o->insn : bs->v[b].first; i < bs->v[b].end; i++)
			check_one(o, i, v, n, &arena);
		for (u32 k = 0; k < bs->v[b].nsucc; k++) {
			u32 to = bs->edges[bs->v[b].succ + k];

			if (seen[to] || to == loop || !sd_block_in_loop(bs, to, loop) ||
			    bs->v[to].loop != loop)
				continue;
			seen[to] = 1;
			work[todo++] = to;
		}
	}
	sd_arena_deinit(&arena);
}

/* ---- conditions without a branch ---- */

static bool effects(const struct sd_lines *l, u32 i, struct sd_insn *full, struct sd_operands *ops)
{
	const struct sd_flow *f = &l->flow;
	u64 addr = f->v.v[i].addr;
	sd_autoerr err = sd_insn_decode(f->code.p + (addr - f->code.lo), f->code.hi - addr, addr,
					full);

	return !err && sd_code_operands(&f->code, addr, ops);
}

/* The registers whose values a condition without a branch decides about in the line's straight
 * piece of code: what a conditional move chooses from behind the line, what is computed with a
 * truth value. */
static u32 decided_registers(const struct order *o)
{
	const struct sd_lines *l = o->l;
	const struct sd_block *b = &l->blocks.v[l->blocks.of[o->insn]];
	u32 truth = 0, decided = 0;

	for (u32 i = b->first; i < b->end; i++) {
		struct sd_operands ops;
		struct sd_insn full;

		if (!effects(l, i, &full, &ops))
			continue;
		if (ops.op == SD_OP_CMOV) {
			if (i >= o->insn)
				decided |= full.reads | full.writes;
			continue;
		}
		if (ops.op == SD_OP_SETCC) {
			truth |= full.writes;
			continue;
		}
		if (!(full.reads & truth)) {
			truth &= ~full.writes;
			continue;
		}
		if (is_copy(o->l, i) || ops.op == SD_OP_MOVZX)
			truth |= full.writes;
		else if (i >= o->insn && ops.op != SD_OP_TEST && ops.op != SD_OP_CMP)
			decided |= full.writes;
	}
	return decided;
}

/* Whether one of these registers is loaded from the frame's place behind the line. */
static bool is_loaded(const struct order *o, const struct sd_piece *p, u32 regs)
{
	const struct sd_block *b = &o->l->blocks.v[o->l->blocks.of[o->insn]];

	for (u32 i = o->insn; i < b->end; i++) {
		struct sd_operands ops;
		struct sd_insn full;

		if (is_copy(o->l, i) && effects(o->l, i, &full, &ops) && full.writes & regs &&
		    sd_code_reads(o->l, i, p))
			return true;
	}
	return false;
}

static void check_decided(const struct order *o, struct sd_local *v, u32 decided)
{
	for (u32 k = 0; k < v->loc.n; k++)
		if ((v->loc.pieces[k].kind == SD_PIECE_REG && v->loc.pieces[k].reg < 16 &&
		     decided & 1u << v->loc.pieces[k].reg) ||
		    (v->loc.pieces[k].kind == SD_PIECE_CFA &&
		     is_loaded(o, &v->loc.pieces[k], decided))) {
			v->loc = (struct sd_loc){
				.why = "a condition that became no branch decides its value"};
			return;
		}
}

/* ---- two variables in one place ---- */

/* Whether code of the line that declares the variable writes its place, and it lies there from then
 * on: then the place is its own, and other variables are there because they were assigned from it.
 */
static bool owns_place(const struct order *o, const struct sd_local *v)
{
	struct sd_lines *l = o->l;
	struct sd_arena arena = {0};
	bool owns = false;

	if (v->kind != SD_LOCAL_VARIABLE) /* a parameter may long have another value too */
		return false;
	for (u32 i = 0; i < l->flow.v.n && !owns; i++) {
		const struct sd_insn *in = &l->flow.v.v[i];
		struct sd_loc loc;

		if (line_of(o, i) != v->decl_line || !writes(l, i, &v->loc.pieces[0]))
			continue;
		loc = sd_dwarf_param_loc(l->dw, &v->param, (struct sd_vaddr){in->addr + in->len},
					 &arena);
		owns = sd_loc_same(&loc, &v->loc);
		sd_arena_reset(&arena);
	}
	sd_arena_deinit(&arena);
	return owns;
}

static bool is_place(const struct sd_loc *loc)
{
	for (u32 i = 0; i < loc->n; i++)
		if (loc->pieces[i].kind == SD_PIECE_CONST || loc->pieces[i].kind == SD_PIECE_NONE)
			return false;
	return loc->n > 0;
}

/*
 * Go: `best = i` gives one value two names, and its place counts as that of best too where best has
 * long had another value again.
 */
static void check_shared(const struct order *o, struct sd_local *v, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		bool shared = false;
		struct sd_loc at;

		if (!is_checked(&v[i]) || !is_place(&v[i].loc))
			continue;
		for (u32 k = i + 1; k < n; k++)
			shared |= is_checked(&v[k]) && sd_loc_same(&v[i].loc, &v[k].loc);
		if (!shared)
			continue;
		at = v[i].loc;
		for (u32 k = i; k < n; k++)
			if (is_checked(&v[k]) && v[k].known != SD_KNOWN_ONCE &&
			    sd_loc_same(&at, &v[k].loc) && !owns_place(o, &v[k]))
				v[k].loc = (struct sd_loc){
					.why = "its place is another variable's too"};
	}
}

/* ---- a line that was put behind later ones ---- */

static bool stores(const struct order *o, u32 i)
{
	const struct sd_insn *in = &o->l->flow.v.v[i];
	struct sd_operands ops;

	if (in->cls == SD_INSN_CALL || in->cls == SD_INSN_CALL_IND)
		return true;
	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&o->l->flow.code, in->addr, &ops))
		return false;
	for (unsigned int k = 0; k < ops.n; k++)
		if (ops.v[k].kind == SD_OPND_MEM && ops.v[k].written)
			return true;
	return false;
}

/* Whether what later lines do to memory has been done before the line in the same turn of the
 * innermost loop around it. */
static bool is_late(const struct order *o)
{
	const struct sd_blocks *bs = &o->l->blocks;
	sd_autofree u8 *seen = sd_xcalloc(bs->n + 1, 1);
	sd_autofree u32 *work = sd_xcalloc(bs->n + 1, sizeof(*work));
	u32 start = bs->of[o->insn], loop = bs->v[start].loop, todo = 0;

	if (is_loop_line(o, o->line))
		return false;
	work[todo++] = start;
	seen[start] = 1;
	while (todo) {
		u32 b = work[--todo];
		u32 end = b == start ? o->insn : bs->v[b].end;

		for (u32 i = bs->v[b].first; i < end; i++)
			if (line_of(o, i) > o->line && stores(o, i))
				return true;
		for (u32 k = 0; b != loop && k < bs->v[b].npred; k++) {
			u32 from = bs->back[bs->v[b].pred + k];

			if (seen[from] || !sd_block_in_loop(bs, from, loop))
				continue;
			seen[from] = 1;
			work[todo++] = from;
		}
	}
	return false;
}

/* ---- a line that was put before earlier ones ---- */

/* Whether instruction i may change what others point to: it calls, or stores to what is no place of
 * the frame. */
static bool changes_memory(const struct sd_lines *l, u32 i)
{
	const struct sd_insn *in = &l->flow.v.v[i];
	struct sd_operands ops;

	if (in->cls == SD_INSN_CALL || in->cls == SD_INSN_CALL_IND)
		return true;
	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&l->flow.code, in->addr, &ops))
		return false;
	for (unsigned int k = 0; k < ops.n; k++)
		if (ops.v[k].kind == SD_OPND_MEM && ops.v[k].written && !in_frame(&ops.v[k]))
			return true;
	return false;
}

/* Whether what earlier lines do to memory is done behind the line in the same turn of the innermost
 * loop around it. */
static bool is_early(const struct order *o)
{
	const struct sd_blocks *bs = &o->l->blocks;
	sd_autofree u8 *seen = sd_xcalloc(bs->n + 1, 1);
	sd_autofree u32 *work = sd_xcalloc(bs->n + 1, sizeof(*work));
	u32 start = bs->of[o->insn], loop = bs->v[start].loop, todo = 0;

	if (is_loop_line(o, o->line))
		return false;
	work[todo++] = start;
	seen[start] = 1;
	while (todo) {
		u32 b = work[--todo];

		if (bs->v[b].restarts)
			continue;
		for (u32 i = b == start ? o->insn : bs->v[b].first; i < bs->v[b].end; i++) {
			u32 line = line_of(o, i);

			if (line && line < o->line && !is_loop_line(o, line) &&
			    changes_memory(o->l, i))
				return true;
		}
		for (u32 k = 0; k < bs->v[b].nsucc; k++) {
			u32 to = bs->edges[bs->v[b].succ + k];

			if (seen[to] || to == loop || !sd_block_in_loop(bs, to, loop) ||
			    sd_block_dominates(bs, to, b))
				continue;
			seen[to] = 1;
			work[todo++] = to;
		}
	}
	return false;
}

bool sd_code_leads_on(struct sd_type *t, u32 depth)
{
	sd_type_complete(t);
	switch (t->kind) {
	case SD_KIND_PTR:
	case SD_KIND_SLICE:
	case SD_KIND_MAP:
	case SD_KIND_CHAN:
	case SD_KIND_IFACE:
	case SD_KIND_EFACE:
	case SD_KIND_FUNC:
		return true;
	case SD_KIND_STRUCT:
		for (u32 i = 0; i < t->nfields && depth; i++)
			if (sd_code_leads_on(t->fields[i].type, depth - 1))
				return true;
		return !depth;
	case SD_KIND_ARRAY:
		return !depth || sd_code_leads_on(sd_type_elem(t), depth - 1);
	default:
		return false;
	}
}

static void check_late(const struct order *o, struct sd_local *v, u32 n)
{
	bool late = is_late(o);

	for (u32 i = 0; late && i < n; i++)
		if (!v[i].loc.why && v[i].loc.n &&
		    (v[i].fixed || v[i].escaped || v[i].known == SD_KNOWN_MEMORY ||
		     sd_code_leads_on(v[i].type, 4)))
			v[i].loc = (struct sd_loc){.why = "a later line has been executed already"};
}

static void check_early(const struct order *o, struct sd_local *v, u32 n)
{
	bool early = is_early(o);

	for (u32 i = 0; early && i < n; i++)
		if (!v[i].loc.why && v[i].loc.n &&
		    (v[i].addressed || v[i].escaped || sd_code_leads_on(v[i].type, 4)))
			v[i].loc = (struct sd_loc){.why = "an earlier line is executed later"};
}

void sd_code_check_order(struct sd_lines *l, u32 insn, u32 line, struct sd_local *v, u32 n)
{
	struct order o = {.l = l,
			  .insn = insn,
			  .line = line,
			  .copy = sd_code_copy(&l->code, l->flow.v.v[insn].addr)};

	u32 decided;

	sd_code_frames(l);
	find_loops(&o);
	for (u32 i = 0; i < n; i++)
		if (is_checked(&v[i]) && v[i].known != SD_KNOWN_ONCE)
			check_before(&o, &v[i]);
	decided = decided_registers(&o);
	for (u32 i = 0; i < n; i++)
		if (is_checked(&v[i]))
			check_decided(&o, &v[i], decided);
	check_after(&o, v, n);
	check_late(&o, v, n);
	check_early(&o, v, n);
	check_shared(&o, v, n);
}
