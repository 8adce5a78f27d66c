/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a place still holds a Go variable's value, by the source. Go's location lists name every
 * place that any value of a variable was put in and that has not been overwritten since: also where
 * a later assignment put the new value elsewhere, or left no code at all (`p += 100; x := p * 65`
 * is one multiplication and one addition). The source has all assignments. A variable that is
 * assigned once is where its list says. For others the value in the place is followed back through
 * the code, over moves, to the instructions that computed it: each must be of a line that assigns
 * the variable, and no other line that does may lie between there and here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "site/lines.h"

static const char assigned_since[] = "its new value has no known place";
static const char hidden[] = "an inner variable of this name is optimized out";

enum {
	MAX_STATES = 1 << 15,
	MAX_ASSIGNMENTS = 60,
	NO_ASSIGNMENT = 63, /* fits in 6 bits */
	CHOSEN = 64,  /* a state's flags: a conditional move decides whether it is that value, */
	TURNED = 128, /* the way goes over another turn of a loop around */
};

/* A statement, or clause, that assigns the variable. */
struct assignment {
	u32 first, last;
	u32 block;
	bool declares;
	bool step;    /* what a loop does behind each turn */
	bool clause;  /* of a `for`: its test is of the same line */
	bool reached; /* the value may be of it */
};

struct walk {
	struct sd_lines *l;
	const struct sd_go_source_func *src;
	struct sd_local *v;
	s32 copy; /* the variable's */
	u32 insn, line;
	u32 scope; /* block of its declaration */
	u32 piece; /* of its location: the one in hand */
	bool captured;
	bool lenient; /* whatever instruction computes the value, a call has not overwritten it */
	struct assignment a[MAX_ASSIGNMENTS];
	u32 n;
	u32 earliest; /* the first line that the value may come from */
	struct sd_map seen;
	SD_VEC(u64) todo;
	SD_VEC(u32) origins; /* instructions of assignments that have computed the value */
	const char *why;
};

/* ---- the source ---- */

static bool is_within(const struct sd_go_source_func *f, u32 block, u32 outer)
{
	for (; block != SD_GO_NO_BLOCK; block = f->blocks[block].parent)
		if (block == outer)
			return true;
	return false;
}

/* Whether that use is of a variable of its name which is declared further in than `scope`. */
static bool is_inner(const struct walk *w, const struct sd_go_use *use)
{
	const struct sd_go_source_func *f = w->src;

	for (u32 i = 0; i < f->nuses; i++) {
		const struct sd_go_use *d = &f->uses[i];

		if (d->kind == SD_GO_DECLARES && d->block != w->scope && d->last <= use->first &&
		    d != use && !strcmp(d->name, use->name) && is_within(f, d->block, w->scope) &&
		    is_within(f, use->block, d->block))
			return true;
	}
	return false;
}

static bool is_aggregate(const struct sd_type *t)
{
	return t->kind == SD_KIND_STRUCT || t->kind == SD_KIND_ARRAY;
}

static bool is_own_declaration(const struct sd_local *v, const struct sd_go_use *use)
{
	return use->kind == SD_GO_DECLARES && v->decl_line >= use->first &&
	       v->decl_line <= use->last;
}

/* The innermost function literal that the line is in; SD_GO_NO_BLOCK: none. */
static u32 literal_at(const struct walk *w)
{
	const struct sd_go_source_func *f = w->src;
	u32 b = sd_go_source_block_at(f, w->line);

	while (b != SD_GO_NO_BLOCK && f->blocks[b].kind != SD_GO_FUNC_LIT)
		b = f->blocks[b].parent;
	return b;
}

/* The block that a captured variable is declared in: the innermost around the literal that has one
 * of its name. */
static u32 scope_of_captured(const struct walk *w)
{
	const struct sd_go_source_func *f = w->src;
	u32 lit = literal_at(w), found = SD_GO_NO_BLOCK;

	for (u32 i = 0; lit != SD_GO_NO_BLOCK && i < f->nuses; i++) {
		const struct sd_go_use *d = &f->uses[i];

		if (d->kind == SD_GO_DECLARES && !strcmp(d->name, w->v->name) && d->block != lit &&
		    is_within(f, lit, d->block) && d->first <= f->blocks[lit].first &&
		    (found == SD_GO_NO_BLOCK || is_within(f, d->block, found)))
			found = d->block;
	}
	return found;
}

/* `switch x := y.(type)` declares x in each clause anew, on the line of its `case`. */
static u32 clause_of(const struct walk *w)
{
	const struct sd_go_source_func *f = w->src;
	u32 found = SD_GO_NO_BLOCK;

	for (u32 i = 0; i < f->nuses; i++) {
		const struct sd_go_use *d = &f->uses[i];

		if (d->kind != SD_GO_DECLARES || f->blocks[d->block].kind != SD_GO_HEADER ||
		    strcmp(d->name, w->v->name) != 0)
			continue;
		for (u32 b = 0; b < f->nblocks; b++) {
			if (f->blocks[b].parent != d->block || f->blocks[b].kind != SD_GO_BRANCH ||
			    f->blocks[b].first != w->v->decl_line)
				continue;
			if (found != SD_GO_NO_BLOCK)
				return SD_GO_NO_BLOCK; /* two on one line */
			found = b;
		}
	}
	return found;
}

/* The block that the variable is declared in; SD_GO_NO_BLOCK: the source does not have it. */
static u32 scope_of(const struct walk *w)
{
	const struct sd_go_source_func *f = w->src;
	u32 found = SD_GO_NO_BLOCK;

	if (w->captured)
		return scope_of_captured(w);

	for (u32 i = 0; i < f->nuses; i++) {
		const struct sd_go_use *d = &f->uses[i];

		if (strcmp(d->name, w->v->name) != 0 || !is_own_declaration(w->v, d))
			continue;
		if (found != SD_GO_NO_BLOCK && found != d->block)
			return SD_GO_NO_BLOCK; /* two on one line */
		found = d->block;
	}
	return found != SD_GO_NO_BLOCK ? found : clause_of(w);
}

/* Collects what assigns the variable; its declaration counts as one. False: too many. */
static bool collect(struct walk *w, u32 *assignments_ret)
{
	const struct sd_go_source_func *f = w->src;

	*assignments_ret = 0;
	for (u32 i = 0; i < f->nuses; i++) {
		const struct sd_go_use *use = &f->uses[i];
		bool declares = is_own_declaration(w->v, use);

		if (strcmp(use->name, w->v->name) != 0 || !is_within(f, use->block, w->scope) ||
		    (use->kind == SD_GO_DECLARES && !declares) ||
		    (use->kind == SD_GO_ASSIGNS_PART && !is_aggregate(w->v->type)) ||
		    (!declares && is_inner(w, use)))
			continue;
		*assignments_ret += !declares;
		if (declares && w->v->kind != SD_LOCAL_VARIABLE)
			continue;
		if (w->n == MAX_ASSIGNMENTS)
			return false;
		w->a[w->n++] = (struct assignment){
			.first = use->first,
			.last = use->last,
			.block = use->block,
			.declares = declares,
			.step = use->step,
			.clause = f->blocks[use->block].kind == SD_GO_LOOP,
		};
	}
	return true;
}

/* Whether control may come from the assignment to the line without another declaration of the
 * variable. */
static bool leads_to(const struct walk *w, const struct assignment *a)
{
	const struct sd_go_source_func *f = w->src;
	u32 here = sd_go_source_block_at(f, w->line), b, below = SD_GO_NO_BLOCK;

	for (b = a->block; b != SD_GO_NO_BLOCK && !is_within(f, here, b); b = f->blocks[b].parent)
		below = b;
	for (u32 c = b; c != SD_GO_NO_BLOCK; c = f->blocks[c].parent) {
		if (f->blocks[c].kind == SD_GO_LOOP)
			return true;
		if (c == w->scope)
			break; /* what goes around it goes over the declaration */
	}
	if (f->has_goto)
		return true;
	if (b != SD_GO_NO_BLOCK && f->blocks[b].kind == SD_GO_HEADER && below != SD_GO_NO_BLOCK &&
	    f->blocks[below].kind == SD_GO_BRANCH && here != b && !f->blocks[below].falls_through)
		return false; /* in another branch */
	return a->last < w->line;
}

/* Whether the source has another variable of this name in scope at the line, further in. */
static bool is_hidden(const struct walk *w)
{
	const struct sd_go_source_func *f = w->src;
	u32 here = sd_go_source_block_at(f, w->line);

	for (u32 i = 0; i < f->nuses; i++) {
		const struct sd_go_use *d = &f->uses[i];

		if (d->kind == SD_GO_DECLARES && d->block != w->scope && d->last < w->line &&
		    !strcmp(d->name, w->v->name) && is_within(f, d->block, w->scope) &&
		    is_within(f, here, d->block))
			return true;
	}
	return false;
}

/* ---- the code ---- */

/* The inlined copy around addr that is `depth` deep; SD_NO_COPY: the function itself. */
static s32 copy_at(const struct sd_code_lines *code, u64 addr, u32 depth)
{
	s32 copy = sd_code_copy(code, addr);
	u32 d = 0;

	for (s32 c = copy; c >= 0; c = code->copies[c].parent < c ? code->copies[c].parent : -1)
		d++;
	for (; d > depth && copy >= 0; d--)
		copy = code->copies[copy].parent < copy ? code->copies[copy].parent : SD_NO_COPY;
	return copy;
}

/* The line of instruction i in the source of the variable's function; 0: it is of no line of it. */
static u32 line_of(const struct walk *w, u32 i)
{
	const struct sd_code_lines *code = &w->l->code;
	u64 addr = w->l->flow.v.v[i].addr;
	const struct sd_dwarf_row *row = sd_code_row(code, addr);
	s32 copy = sd_code_copy(code, addr);
	u32 line = row ? row->line : 0;

	while (copy != w->copy) {
		if (copy < 0)
			return 0;
		line = code->copies[copy].call_line;
		copy = code->copies[copy].parent < copy ? code->copies[copy].parent : SD_NO_COPY;
	}
	return line;
}

/* Places as numbers: registers, XMM registers, the frame by its distance from the CFA. */
enum { XMM = 0x100, FRAME = 1 << 31 };

static bool place_of(const struct sd_piece *p, u32 *ret)
{
	if (p->kind == SD_PIECE_REG && p->reg < 16)
		*ret = p->reg;
	else if (p->kind == SD_PIECE_XMM)
		*ret = XMM | p->reg;
	else if (p->kind == SD_PIECE_CFA && !p->deref && p->off > -(1 << 30) && p->off < 1 << 30)
		*ret = FRAME | ((u32)p->off & ~(u32)FRAME);
	else
		return false;
	return true;
}

static s64 frame_offset(u32 place)
{
	return (s32)(place << 1) >> 1;
}

static struct sd_piece piece_of(u32 place)
{
	if (place & FRAME)
		return (struct sd_piece){
			.kind = SD_PIECE_CFA, .off = frame_offset(place), .size = 1};
	return (struct sd_piece){.kind = place & XMM ? SD_PIECE_XMM : SD_PIECE_REG,
				 .reg = place & 0xff};
}

static bool operand_place(const struct walk *w, u32 i, const struct sd_operand *o, u32 *ret)
{
	struct sd_frame fr = w->l->frames[i];
	struct sd_piece p = {.kind = SD_PIECE_CFA};
	s32 base = o->base == SD_RSP ? fr.sp : o->base == SD_RBP ? fr.bp : SD_FRAME_UNKNOWN;

	switch (o->kind) {
	case SD_OPND_REG:
		p.kind = SD_PIECE_REG;
		p.reg = o->reg;
		break;
	case SD_OPND_XMM:
		p.kind = SD_PIECE_XMM;
		p.reg = o->reg;
		break;
	case SD_OPND_MEM:
		if (o->segment || base == SD_FRAME_UNKNOWN || o->index != SD_OPND_NOREG)
			return false;
		p.off = o->value - base;
		break;
	default:
		return false;
	}
	return place_of(&p, ret);
}

/* Whether instruction i does no more than move something to a place; *from_ret: from there. */
static bool is_move(const struct walk *w, u32 i, u32 *from_ret)
{
	const struct sd_insn *in = &w->l->flow.v.v[i];
	struct sd_operands o;
	u32 to;

	return in->cls == SD_INSN_OTHER && sd_code_operands(&w->l->flow.code, in->addr, &o) &&
	       o.n == 2 && (o.op == SD_OP_MOV || o.op == SD_OP_MOVSS) &&
	       operand_place(w, i, &o.v[0], &to) && operand_place(w, i, &o.v[1], from_ret);
}

/* Whether instruction i moves something to a register if a condition holds. */
static bool is_choice(const struct walk *w, u32 i, u32 *from_ret)
{
	const struct sd_insn *in = &w->l->flow.v.v[i];
	struct sd_operands o;

	return in->cls == SD_INSN_OTHER && sd_code_operands(&w->l->flow.code, in->addr, &o) &&
	       o.n == 2 && o.op == SD_OP_CMOV && operand_place(w, i, &o.v[1], from_ret);
}

/* Whether instruction i gives its place a value that the code has as a constant. */
static bool is_constant(const struct walk *w, u32 i)
{
	const struct sd_insn *in = &w->l->flow.v.v[i];
	struct sd_operands o;

	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&w->l->flow.code, in->addr, &o) ||
	    o.n != 2)
		return false;
	if (o.op == SD_OP_XOR)
		return o.v[0].kind == o.v[1].kind && o.v[0].reg == o.v[1].reg;
	if (o.op == SD_OP_LEA) /* of a string */
		return o.v[1].base == SD_RIP;
	return (o.op == SD_OP_MOV && o.v[1].kind == SD_OPND_IMM) ||
	       (o.op == SD_OP_MOVSS && o.v[1].kind == SD_OPND_MEM && o.v[1].base == SD_RIP);
}

static u32 assignment_at(const struct walk *w, u32 line)
{
	for (u32 i = 0; line && i < w->n; i++)
		if (line >= w->a[i].first && line <= w->a[i].last)
			return i;
	return NO_ASSIGNMENT;
}

static void go_on(struct walk *w, u32 point, u32 place, u32 pending, u32 flags)
{
	u64 key = (u64)place << 32 | (u64)point << 8 | pending | flags;
	bool is_new;

	sd_map_put(&w->seen, key, &is_new);
	if (!is_new)
		return;
	if (w->seen.n > MAX_STATES)
		w->why = assigned_since;
	else
		sd_vec_push(&w->todo, key);
}

/* Whether the assignment stands in a branch that the line is behind, and instruction i is executed
 * whichever branch is taken: it is of a conditional move, or was moved out. */
static bool is_speculative(const struct walk *w, const struct assignment *a, u32 i)
{
	const struct sd_go_source_func *f = w->src;
	u32 here = sd_go_source_block_at(f, w->line);

	if (!sd_block_dominates(&w->l->blocks, w->l->blocks.of[i], w->l->blocks.of[w->insn]))
		return false;
	for (u32 b = a->block; b != SD_GO_NO_BLOCK && !is_within(f, here, b);
	     b = f->blocks[b].parent)
		if (f->blocks[b].kind == SD_GO_BRANCH)
			return true;
	return false;
}

/* Whether instruction i, which is of a loop's clause, is in that loop's body: the step of the next
 * turn, executed early. */
static bool is_step(const struct walk *w, const struct assignment *a, u32 i)
{
	const struct sd_go_source_func *f = w->src;
	const struct sd_blocks *bs = &w->l->blocks;
	u32 loop = bs->v[bs->of[w->insn]].loop;

	for (u32 b = sd_go_source_block_at(f, w->line); b != SD_GO_NO_BLOCK && b != a->block;
	     b = f->blocks[b].parent)
		if (f->blocks[b].kind == SD_GO_LOOP && loop != SD_NO_BLOCK)
			loop = bs->v[loop].outer;
	return loop == SD_NO_BLOCK ? !is_constant(w, i) : sd_block_in_loop(bs, bs->of[i], loop);
}

/* Instruction i, which is of that line, has computed the value. */
static void comes_from(struct walk *w, u32 i, u32 line, u32 flags)
{
	for (u32 k = 0; k < w->n; k++) {
		struct assignment *a = &w->a[k];

		if (line < a->first || line > a->last)
			continue;
		a->reached = true;
		/* of this turn, but the line is before it: too early */
		if (a->last >= w->line && !(flags & TURNED) && !a->clause)
			w->why = assigned_since;
		if (a->step && (w->line < a->first || w->line > a->last) && !(flags & TURNED) &&
		    is_step(w, a, i))
			w->why = assigned_since;
		if (!(flags & CHOSEN) && is_speculative(w, a, i))
			w->why = assigned_since;
	}
	w->earliest = SD_MIN(w->earliest, line);
}

/* The value was in that place when the function began: there must be the parameter's by the calling
 * convention. Location lists are no witness: `p, q = q, p` makes both registers places of both. */
static void comes_from_caller(struct walk *w, u32 place)
{
	const struct sd_piece *p = &w->v->loc.pieces[w->piece];
	struct sd_loc loc;
	bool is = false;
	u32 other;

	if (w->l->ways.argument && w->l->ways.argument(w->l->ways.ctx, &w->l->fn, w->v->name, &loc))
		for (u32 k = 0; k < loc.n; k++)
			is |= place_of(&loc.pieces[k], &other) && other == place &&
			      loc.pieces[k].value_off == p->value_off;
	if (!is)
		w->why = assigned_since;
	w->earliest = SD_MIN(w->earliest, w->src->first);
}

/* Whether the assignment has code that computes something. */
static bool has_code(const struct walk *w, const struct assignment *a)
{
	u32 from;

	for (u32 i = 0; i < w->l->flow.v.n; i++) {
		u32 line = line_of(w, i);

		if (line >= a->first && line <= a->last && w->l->flow.v.v[i].cls != SD_INSN_NOP &&
		    !is_move(w, i, &from))
			return true;
	}
	return false;
}

/* Code of that line, which does not assign the variable, has computed the value: then `x := y` has
 * declared the variable with it, if it can be of no other assignment. */
static void comes_from_copy(struct walk *w, u32 line)
{
	bool declared = false;

	for (u32 k = 0; k < w->n; k++) {
		struct assignment *a = &w->a[k];

		if (a->declares) {
			declared |= line ? line < a->first : w->copy != SD_NO_COPY;
			a->reached = true;
			w->earliest = SD_MIN(w->earliest, a->first);
		} else if (!leads_to(w, a) && !has_code(w, a)) {
			w->why = assigned_since;
		}
	}
	if (!declared)
		w->why = assigned_since;
}

/* Whether instruction i says that a statement of its line is executed there: register allocation
 * puts moves and constants wherever it likes. */
static bool is_work(const struct walk *w, u32 i)
{
	u32 from;

	return w->l->flow.v.v[i].cls != SD_INSN_NOP && !is_move(w, i, &from) && !is_constant(w, i);
}

/* Whether what instruction i, which is of the assignment, has written to the place is no more than
 * a part of the assignment's value: another instruction of it computes on. */
static bool is_part(const struct walk *w, u32 i, u32 place, const struct assignment *a)
{
	const struct sd_block *b = &w->l->blocks.v[w->l->blocks.of[i]];
	const struct sd_piece p = piece_of(place);
	u32 from;

	for (u32 k = i + 1; k < b->end; k++) {
		u32 line = line_of(w, k);

		if (line >= a->first && line <= a->last && is_work(w, k) &&
		    w->l->flow.v.v[k].cls == SD_INSN_OTHER && sd_code_reads(w->l, k, &p) &&
		    sd_code_computes(w->l, k) && !is_choice(w, k, &from))
			return true;
		if (sd_code_writes(w->l, k, &p))
			return false;
	}
	return false;
}

/* Whether instruction i, which is of a loop's clause, computes the next turn's value from the
 * place's. Which of the two the variable has at the line is not known. */
static bool is_next(const struct walk *w, u32 i, const struct sd_piece *p)
{
	u32 from;

	return w->l->flow.v.v[i].cls == SD_INSN_OTHER && is_work(w, i) && !is_choice(w, i, &from) &&
	       sd_code_reads(w->l, i, p) && sd_code_computes(w->l, i);
}

/* Instruction i is executed right before a point where the place has the value; pending: the
 * assignment whose code has been met since, without any that writes the place. */
static void step_back(struct walk *w, u32 i, u32 place, u32 pending, u32 flags)
{
	const struct sd_insn *in = &w->l->flow.v.v[i];
	const struct sd_piece p = piece_of(place);
	u32 line = line_of(w, i), a = assignment_at(w, line), from;

	if (!sd_code_writes(w->l, i, &p)) {
		if (!w->lenient && a != NO_ASSIGNMENT && w->a[a].clause && is_next(w, i, &p))
			w->why = assigned_since;
		if (line && !w->lenient && !(flags & CHOSEN) && is_work(w, i)) {
			if (pending != NO_ASSIGNMENT && a != pending)
				w->why = assigned_since;
			else if (a != NO_ASSIGNMENT && !w->a[a].clause)
				pending = a;
		}
		go_on(w, i, place, pending, flags);
		return;
	}
	if (w->lenient && !is_choice(w, i, &from) && !is_move(w, i, &from)) {
		if (in->cls != SD_INSN_OTHER && a == NO_ASSIGNMENT && line)
			w->why = assigned_since;
		return;
	}
	if (is_choice(w, i, &from)) {
		go_on(w, i, place, pending, flags | CHOSEN);
		go_on(w, i, from, pending, flags | CHOSEN);
		return;
	}
	if (is_move(w, i, &from)) {
		go_on(w, i, from, pending, flags);
		return;
	}
	if (pending != NO_ASSIGNMENT && a != pending)
		w->why = assigned_since;
	else if (a != NO_ASSIGNMENT && is_part(w, i, place, &w->a[a]))
		w->why = assigned_since;
	else if (a != NO_ASSIGNMENT)
		comes_from(w, i, line, flags);
	else if (is_constant(w, i))
		comes_from(w, i, SD_MAX(line, w->v->decl_line), flags);
	else
		comes_from_copy(w, line);
	if (a != NO_ASSIGNMENT)
		sd_vec_push(&w->origins, i);
}

/* How many of the source's loops around the line do not have the assignment in them. */
static u32 inner_loops(const struct walk *w, const struct assignment *a)
{
	const struct sd_go_source_func *f = w->src;
	u32 n = 0;

	for (u32 b = sd_go_source_block_at(f, w->line); b != SD_GO_NO_BLOCK;
	     b = f->blocks[b].parent)
		n += f->blocks[b].kind == SD_GO_LOOP && !is_within(f, a->block, b);
	return n;
}

/* The way goes over another turn of the loop with that header around the line: each assignment in
 * it that stands before the line, in no branch, has been executed since. */
static void turn(struct walk *w, u32 header)
{
	const struct sd_go_source_func *f = w->src;
	const struct sd_blocks *bs = &w->l->blocks;
	u32 here = sd_go_source_block_at(f, w->line), of_code = 0, of_source = 0, which = 0;

	for (u32 h = bs->v[bs->of[w->insn]].loop; h != SD_NO_BLOCK; h = bs->v[h].outer) {
		if (h == header)
			which = of_code;
		of_code++;
	}
	for (u32 b = here; b != SD_GO_NO_BLOCK; b = f->blocks[b].parent)
		of_source += f->blocks[b].kind == SD_GO_LOOP;
	if (of_source > of_code) /* some have become straight code: which is not known */
		which += of_source - of_code;
	for (u32 k = 0; k < w->n; k++)
		if (!w->a[k].clause && w->a[k].last < w->line &&
		    is_within(f, here, w->a[k].block) && inner_loops(w, &w->a[k]) <= which)
			w->why = assigned_since;
}

static void walk_back(struct walk *w, u32 place)
{
	const struct sd_blocks *bs = &w->l->blocks;

	go_on(w, w->insn, place, NO_ASSIGNMENT, 0);
	while (w->todo.n && !w->why) {
		u64 key = w->todo.v[--w->todo.n];
		u32 at = (u32)(key >> 8) & 0xffffff, pending = key & NO_ASSIGNMENT;
		u32 flags = key & (CHOSEN | TURNED);
		const struct sd_block *b = &bs->v[bs->of[at]];

		place = (u32)(key >> 32);
		if (at > b->first) {
			step_back(w, at - 1, place, pending, flags);
			continue;
		}
		for (u32 k = 0; k < b->npred; k++) {
			u32 from = bs->back[b->pred + k];
			bool turns = sd_block_dominates(bs, bs->of[at], from) &&
				     sd_block_in_loop(bs, bs->of[w->insn], bs->of[at]);

			if (turns && !w->lenient)
				turn(w, bs->of[at]);
			step_back(w, bs->v[from].end - 1, place, pending,
				  (flags & TURNED) | (turns ? TURNED : 0));
		}
		if (w->lenient)
			continue;
		if (at == 0 && w->copy == SD_NO_COPY && pending == NO_ASSIGNMENT) {
			if (w->v->kind != SD_LOCAL_VARIABLE)
				comes_from_caller(w, place);
			else if (place & FRAME && frame_offset(place) < 0)
				w->why = assigned_since; /* what was there before the call */
			else
				comes_from_copy(w, w->src->first);
		} else if (at == 0 || !b->npred)
			w->why = assigned_since;
	}
}

/* Goes on behind what instruction i reads. */
static void read_back(struct walk *w, u32 i)
{
	const struct sd_insn *in = &w->l->flow.v.v[i];
	struct sd_operands o;
	u32 place;

	for (u32 reg = 0; reg < 16; reg++)
		for (int xmm = 0; xmm < 2; xmm++) {
			place = xmm ? XMM | reg : reg;
			if (reg != SD_RSP &&
			    sd_code_reads(
				    w->l, i,
				    &(struct sd_piece){.kind = xmm ? SD_PIECE_XMM : SD_PIECE_REG,
						       .reg = (u8)reg}))
				go_on(w, i, place, NO_ASSIGNMENT, 0);
		}
	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&w->l->flow.code, in->addr, &o))
		return;
	for (unsigned int k = 0; k < o.n; k++)
		if (o.v[k].kind == SD_OPND_MEM && o.v[k].read &&
		    operand_place(w, i, &o.v[k], &place))
			go_on(w, i, place, NO_ASSIGNMENT, 0);
}

/* An assignment whose value an assignment behind it has used (`t += x; t++`) has been accounted
 * for, too. */
static void mark_used(struct walk *w)
{
	const struct sd_blocks *bs = &w->l->blocks;

	for (size_t k = 0; k < w->origins.n; k++)
		read_back(w, w->origins.v[k]);
	while (w->todo.n && !w->why) {
		u64 key = w->todo.v[--w->todo.n];
		u32 at = (u32)(key >> 8) & 0xffffff, place = (u32)(key >> 32), from;
		const struct sd_block *b = &bs->v[bs->of[at]];
		const struct sd_piece p = piece_of(place);
		u32 n = at > b->first ? 1 : b->npred;

		for (u32 k = 0; k < n; k++) {
			u32 i = at > b->first ? at - 1 : bs->v[bs->back[b->pred + k]].end - 1;
			u32 line = line_of(w, i);

			if (!sd_code_writes(w->l, i, &p)) {
				go_on(w, i, place, NO_ASSIGNMENT, 0);
			} else if (is_choice(w, i, &from)) {
				go_on(w, i, place, NO_ASSIGNMENT, 0);
				go_on(w, i, from, NO_ASSIGNMENT, 0);
			} else if (is_move(w, i, &from)) {
				go_on(w, i, from, NO_ASSIGNMENT, 0);
			} else if (assignment_at(w, line) != NO_ASSIGNMENT) {
				for (u32 j = 0; j < w->n; j++)
					w->a[j].reached |= line >= w->a[j].first &&
							   line <= w->a[j].last;
				read_back(w, i);
			}
		}
	}
}

static void forget(struct walk *w)
{
	sd_map_deinit(&w->seen);
	w->seen = (struct sd_map){0};
	w->todo.n = 0;
}

/* Whether block b is the header of a loop around the line, but for the `inner` innermost ones. */
static bool is_outer_header(const struct walk *w, u32 b, u32 inner)
{
	const struct sd_blocks *bs = &w->l->blocks;

	for (u32 h = bs->v[bs->of[w->insn]].loop; h != SD_NO_BLOCK; h = bs->v[h].outer) {
		if (inner)
			inner--;
		else if (h == b)
			return true;
	}
	return false;
}

/* Whether code of the assignment, which the source has before the line, is executed behind it in
 * the same turn of the loops around both. */
static bool is_behind(const struct walk *w, const struct assignment *a)
{
	const struct sd_blocks *bs = &w->l->blocks;
	sd_autofree u8 *seen = sd_xcalloc(bs->n + 1, 1);
	sd_autofree u32 *work = sd_xcalloc(bs->n + 1, sizeof(*work));
	u32 start = bs->of[w->insn], todo = 0, inner = inner_loops(w, a);
	bool again = false; /* the site's own block has been come to again */

	work[todo++] = start;
	while (todo) {
		u32 b = work[--todo];
		u32 i = b == start && !again ? w->insn : bs->v[b].first;

		again |= b == start;
		for (; i < bs->v[b].end; i++) {
			u32 line = line_of(w, i);

			if (line >= a->first && line <= a->last && is_work(w, i))
				return true;
		}
		for (u32 k = 0; k < bs->v[b].nsucc; k++) {
			u32 to = bs->edges[bs->v[b].succ + k];

			if (seen[to] ||
			    (sd_block_dominates(bs, to, b) && is_outer_header(w, to, inner)))
				continue;
			seen[to] = 1;
			work[todo++] = to;
		}
	}
	return false;
}

/* Whether code of an earlier line that assigns the variable is executed only behind the line. */
static bool is_put_off(const struct walk *w)
{
	for (u32 k = 0; k < w->n; k++)
		if (!w->a[k].clause && w->a[k].last < w->line && is_behind(w, &w->a[k]))
			return true;
	return false;
}

/* ---- both ---- */

static void check_pieces(struct walk *w, bool once)
{
	for (u32 k = 0; k < w->v->loc.n && !w->why; k++) {
		const struct sd_piece *p = &w->v->loc.pieces[k];
		u32 place;

		if (p->kind == SD_PIECE_NONE || p->kind == SD_PIECE_CONST)
			continue;
		w->piece = k;
		w->lenient = once && p->kind != SD_PIECE_CFA;
		if (!place_of(p, &place)) {
			w->why = once ? NULL : assigned_since;
			continue;
		}
		for (u32 i = 0; i < w->n; i++)
			w->a[i].reached = false;
		w->earliest = UINT32_MAX;
		w->origins.n = 0;
		walk_back(w, place);
		forget(w);
		if (!w->why && !once)
			mark_used(w);
		forget(w);
		for (u32 i = 0; i < w->n && !w->why && !once; i++)
			if (!w->a[i].reached && w->a[i].first > w->earliest &&
			    leads_to(w, &w->a[i]))
				w->why = assigned_since;
	}
}

/* Whether the line is of the statement that declares the variable, which is no clause of a loop. */
static bool is_being_declared(const struct walk *w)
{
	const struct sd_go_source_func *f = w->src;

	for (u32 i = 0; i < f->nuses && w->v->kind == SD_LOCAL_VARIABLE && !w->captured; i++) {
		const struct sd_go_use *d = &f->uses[i];

		if (d->block == w->scope && !strcmp(d->name, w->v->name) &&
		    is_own_declaration(w->v, d) && w->line >= d->first && w->line <= d->last &&
		    f->blocks[d->block].kind != SD_GO_LOOP)
			return true;
	}
	return false;
}

/* Whether the source has the name at all. */
static bool is_of_source(const struct walk *w)
{
	for (u32 i = 0; i < w->src->nuses; i++)
		if (!strcmp(w->src->uses[i].name, w->v->name))
			return true;
	return false;
}

/* Whether the loop's test comes behind instruction i, with no other line between. */
static bool is_tested(const struct walk *w, u32 i, const struct assignment *clause)
{
	const struct sd_blocks *bs = &w->l->blocks;

	for (u32 steps = 0; steps < 64; steps++) {
		const struct sd_block *b = &bs->v[bs->of[i]];
		u32 line = line_of(w, i);

		if (line < clause->first || line > clause->last)
			return false;
		if (w->l->flow.v.v[i].cls == SD_INSN_JCC)
			return true;
		if (i + 1 < b->end)
			i++;
		else if (b->nsucc == 1)
			i = bs->v[bs->edges[b->succ]].first;
		else
			return false;
	}
	return false;
}

/* Of a `for` line: whether the step of a turn that has begun is executed behind the instruction. */
static bool is_before_step(const struct walk *w)
{
	const struct sd_blocks *bs = &w->l->blocks;
	sd_autofree u8 *seen = NULL;
	sd_autofree u32 *work = NULL;
	u32 a = assignment_at(w, w->line), todo = 0;

	if (a == NO_ASSIGNMENT || !w->a[a].clause)
		return false;
	seen = sd_xcalloc(bs->n + 1, 1);
	work = sd_xcalloc(bs->n + 1, sizeof(*work));
	work[todo++] = bs->of[w->insn];
	while (todo) {
		u32 b = work[--todo], i = b == bs->of[w->insn] ? w->insn : bs->v[b].first, line = 0;

		for (; i < bs->v[b].end; i++) {
			line = line_of(w, i); /* 0: behind the loop of an inlined copy */
			if (line < w->a[a].first || line > w->a[a].last)
				break;
			for (u32 p = 0; p < w->v->loc.n; p++)
				if (is_next(w, i, &w->v->loc.pieces[p]) &&
				    is_tested(w, i, &w->a[a]))
					return true;
		}
		for (u32 k = 0; i == bs->v[b].end && k < bs->v[b].nsucc; k++) {
			u32 to = bs->edges[bs->v[b].succ + k];

			if (seen[to])
				continue;
			seen[to] = 1;
			work[todo++] = to;
		}
	}
	return false;
}

/* Whether the variable lies in the frame for good: its address is taken, or it is too large for
 * registers. Assignments store there. */
static bool is_memory(const struct walk *w)
{
	const struct sd_local *v = w->v;
	u32 place, at;

	if (v->fixed)
		return true;
	if (v->loc.n != 1 || v->loc.pieces[0].kind != SD_PIECE_CFA)
		return false;
	if (v->loc.pieces[0].size > 8 || !place_of(&v->loc.pieces[0], &place))
		return true;
	for (u32 i = 0; i < w->l->flow.v.n; i++) {
		struct sd_operands o;

		if (w->l->flow.v.v[i].cls == SD_INSN_OTHER &&
		    sd_code_operands(&w->l->flow.code, w->l->flow.v.v[i].addr, &o) &&
		    o.op == SD_OP_LEA && o.n == 2 && operand_place(w, i, &o.v[1], &at) &&
		    at == place)
			return true;
	}
	return false;
}

/* Whether instruction i may write to the variable, which lies in memory. */
static bool stores(const struct walk *w, u32 i)
{
	const struct sd_insn *in = &w->l->flow.v.v[i];
	struct sd_operands o;
	u32 place;

	if (in->cls == SD_INSN_CALL) {
		static const char *const names[] = {"runtime.duff", "runtime.typedmem",
						    "runtime.wb", "runtime.memmove",
						    "runtime.memclr"};
		struct sd_func fn;
		u32 index;

		if (!in->has_target || !w->l->go ||
		    !sd_go_func_at(w->l->go, (struct sd_vaddr){in->target}, &index) ||
		    !sd_go_func(w->l->go, index, &fn))
			return true;
		for (size_t k = 0; k < SD_ARRAY_SIZE(names); k++)
			if (!strncmp(fn.name, names[k], strlen(names[k])))
				return true;
		return false;
	}
	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&w->l->flow.code, in->addr, &o))
		return in->cls == SD_INSN_OTHER;
	for (unsigned int k = 0; k < o.n; k++)
		if (o.v[k].kind == SD_OPND_MEM && o.v[k].written &&
		    !(w->v->escaped && operand_place(w, i, &o.v[k], &place)))
			return true;
	return false;
}

/* Whether the code of the assignment, and its store, are in another function: that of another
 * literal, or around the literal that has captured the variable. */
static bool is_elsewhere(const struct walk *w, const struct assignment *a)
{
	const struct sd_go_source_func *f = w->src;
	u32 here = sd_go_source_block_at(f, w->line);

	if (w->captured && !is_within(f, a->block, literal_at(w)))
		return true;
	for (u32 b = a->block; b != SD_GO_NO_BLOCK && !is_within(f, here, b);
	     b = f->blocks[b].parent)
		if (f->blocks[b].kind == SD_GO_FUNC_LIT)
			return true;
	return false;
}

/* Of a variable in memory: whether an assignment that leads to the line has no store, since a later
 * one overwrites it. */
static bool is_dropped(const struct walk *w)
{
	for (u32 k = 0; k < w->n; k++) {
		bool found = false;

		if (!leads_to(w, &w->a[k]) || is_elsewhere(w, &w->a[k]))
			continue;
		for (u32 i = 0; i < w->l->flow.v.n && !found; i++) {
			u32 line = line_of(w, i);

			found = line >= w->a[k].first && line <= w->a[k].last && stores(w, i);
		}
		if (!found)
			return true;
	}
	return false;
}

/* A register that points to the variable has not been overwritten by a call. */
static void check_pointer(struct walk *w)
{
	const struct sd_piece *p = w->v->loc.pieces;

	if (!w->v->escaped || w->v->loc.n != 1 || p->kind != SD_PIECE_MEM || p->reg >= 16)
		return;
	w->lenient = true;
	walk_back(w, p->reg);
	forget(w);
	sd_vec_free(&w->todo);
	if (w->why)
		w->v->loc = (struct sd_loc){.why = w->why};
}

/* The variable is in memory of its own. */
static enum sd_known check_memory(struct walk *w)
{
	u32 assignments;

	if (w->scope == SD_GO_NO_BLOCK)
		return SD_KNOWN_MEMORY;
	if (!collect(w, &assignments) || is_put_off(w) || is_dropped(w))
		w->v->loc = (struct sd_loc){.why = assigned_since};
	return SD_KNOWN_MEMORY;
}

bool sd_code_is_over(const struct sd_go_source_func *src, u32 line, struct sd_local *v)
{
	struct walk w = {.src = src, .v = v, .line = line};
	u32 scope = v->kind == SD_LOCAL_VARIABLE ? scope_of(&w) : SD_GO_NO_BLOCK;

	return scope != SD_GO_NO_BLOCK && !is_within(src, sd_go_source_block_at(src, line), scope);
}

/* Whether the variable lies in several places, some of them in the frame. */
static bool has_slots(const struct sd_loc *loc)
{
	for (u32 i = 0; loc->n > 1 && i < loc->n; i++)
		if (loc->pieces[i].kind == SD_PIECE_CFA)
			return true;
	return false;
}

enum sd_known sd_code_assigned(struct sd_lines *l, const struct sd_go_source_func *src, u32 insn,
			       u32 depth, u32 line, struct sd_local *v)
{
	struct walk w = {.l = l,
			 .src = src,
			 .v = v,
			 .insn = insn,
			 .line = line,
			 .copy = copy_at(&l->code, l->flow.v.v[insn].addr, depth)};
	u32 assignments;
	bool once;

	sd_code_frames(l);
	if (v->kind == SD_LOCAL_CAPTURED && !v->escaped) /* what is never assigned again */
		return SD_KNOWN_ONCE;
	w.captured = v->kind == SD_LOCAL_CAPTURED;
	w.scope = src ? scope_of(&w) : SD_GO_NO_BLOCK;
	if (src && w.scope == SD_GO_NO_BLOCK && !w.captured) {
		/* up to Go 1.22 what was captured is declared where it is used first; a closure
		 * that is only called gets it as parameters */
		w.scope = scope_of_captured(&w);
		w.captured = w.scope != SD_GO_NO_BLOCK;
		if (w.captured && !v->escaped)
			return SD_KNOWN_ONCE;
	}
	if (w.scope != SD_GO_NO_BLOCK && v->kind == SD_LOCAL_VARIABLE && !w.captured &&
	    !is_within(src, sd_go_source_block_at(src, line), w.scope)) {
		v->shadowed = true; /* a block that has ended */
		return SD_KNOWN_HIDDEN;
	}
	if (w.scope != SD_GO_NO_BLOCK && is_hidden(&w)) {
		v->loc = (struct sd_loc){.why = hidden};
		return SD_KNOWN_HIDDEN;
	}
	if (src && v->kind == SD_LOCAL_VARIABLE && !is_of_source(&w)) {
		v->shadowed = true; /* the compiler's own: a part of another (Go 1.27: "eX" of e) */
		return SD_KNOWN_HIDDEN;
	}
	if (v->loc.why)
		return SD_KNOWN_MEMORY;
	if (w.scope != SD_GO_NO_BLOCK && is_being_declared(&w)) {
		v->loc = (struct sd_loc){.why = "not assigned yet"};
		return SD_KNOWN_MEMORY;
	}
	if (v->escaped || is_memory(&w)) {
		check_pointer(&w);
		return v->loc.why ? SD_KNOWN_MEMORY : check_memory(&w);
	}
	if (!src || w.scope == SD_GO_NO_BLOCK)
		return SD_KNOWN_NOT;
	if (!collect(&w, &assignments))
		return SD_KNOWN_NOT;
	/* each `return x` assigns a result; slots of a struct's parts are not told apart */
	if (v->kind == SD_LOCAL_RESULT ||
	    (assignments && is_aggregate(v->type) && has_slots(&v->loc))) {
		v->loc = (struct sd_loc){.why = assigned_since};
		return SD_KNOWN_MEMORY;
	}
	once = !assignments;
	if (once && v->decl_line == line)
		return SD_KNOWN_MEMORY; /* `for x := range`: it has one value a turn */
	if (is_put_off(&w) || is_before_step(&w))
		w.why = assigned_since;
	check_pieces(&w, once);
	sd_vec_free(&w.todo);
	sd_vec_free(&w.origins);
	if (w.why)
		v->loc = (struct sd_loc){.why = w.why};
	return w.why ? SD_KNOWN_MEMORY : once ? SD_KNOWN_ONCE : SD_KNOWN_LATEST;
}
