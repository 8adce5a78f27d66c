/* SPDX-License-Identifier: BSD-2-Clause */
/* Follows the value in a place back through the code, over moves, to the instructions that computed
 * it. */
#include "site/assigned.h"

#include <stdlib.h>
#include <string.h>

static void go_on(struct sd_asg_walk *w, u32 point, u32 place, u32 pending, u32 flags)
{
	u64 key = (u64)place << 32 | (u64)point << 8 | pending | flags;
	bool is_new;

	sd_map_put(&w->seen, key, &is_new);
	if (!is_new)
		return;
	if (w->seen.n > SD_ASG_MAX_STATES)
		w->why = sd_asg_since;
	else
		sd_vec_push(&w->todo, key);
}

/* Whether the assignment stands in a branch that the line is behind, and instruction i is executed
 * whichever branch is taken: it is of a conditional move, or was moved out. */
static bool is_speculative(const struct sd_asg_walk *w, const struct sd_assignment *a, u32 i)
{
	const struct sd_go_source_func *f = w->src;
	u32 here = sd_go_source_block_at(f, w->line);

	if (!sd_block_dominates(&w->l->blocks, w->l->blocks.of[i], w->l->blocks.of[w->insn]))
		return false;
	for (u32 b = a->block; b != SD_GO_NO_BLOCK && !sd_asg_is_within(f, here, b);
	     b = f->blocks[b].parent)
		if (f->blocks[b].kind == SD_GO_BRANCH)
			return true;
	return false;
}

/* Whether instruction i, which is of a loop's clause, is in that loop's body: the step of the next
 * turn, executed early. */
static bool is_step(const struct sd_asg_walk *w, const struct sd_assignment *a, u32 i)
{
	const struct sd_go_source_func *f = w->src;
	const struct sd_blocks *bs = &w->l->blocks;
	u32 loop = bs->v[bs->of[w->insn]].loop;

	for (u32 b = sd_go_source_block_at(f, w->line); b != SD_GO_NO_BLOCK && b != a->block;
	     b = f->blocks[b].parent)
		if (f->blocks[b].kind == SD_GO_LOOP && loop != SD_NO_BLOCK)
			loop = bs->v[loop].outer;
	return loop == SD_NO_BLOCK ? !sd_asg_is_constant(w, i)
				   : sd_block_in_loop(bs, bs->of[i], loop);
}

/* Whether instruction i counts down what the source counts up: where nothing but the loop uses the
 * variable, Go's compiler turns the loop round. */
static bool is_reversed(const struct sd_asg_walk *w, u32 i, u32 line)
{
	const struct sd_code *c = &w->l->flow.code;
	const struct sd_insn *in = &w->l->flow.v.v[i];
	bool up = false, down = false;
	char text[96];

	for (u32 k = 0; k < w->n; k++)
		if (w->a[k].clause && line >= w->a[k].first && line <= w->a[k].last) {
			up |= w->a[k].up;
			down |= w->a[k].step && !w->a[k].up;
		}
	if (!up || down)
		return false;
	sd_insn_text(c->p + (in->addr - c->lo), c->hi - in->addr, in->addr, text, sizeof(text));
	return !strncmp(text, "dec", 3);
}

/* Whether instruction i reads no memory, and calls nothing. */
static bool is_counted(const struct sd_asg_walk *w, u32 i)
{
	const struct sd_insn *in = &w->l->flow.v.v[i];
	struct sd_operands o;

	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&w->l->flow.code, in->addr, &o))
		return false;
	for (unsigned int k = 0; k < o.n; k++)
		if (o.v[k].kind == SD_OPND_MEM && o.op != SD_OP_LEA)
			return false;
	return true;
}

/* Instruction i, which is of that line, has computed the value. */
static void comes_from(struct sd_asg_walk *w, u32 i, u32 line, u32 flags)
{
	if (is_reversed(w, i, line))
		w->why = sd_asg_since;
	for (u32 k = 0; k < w->n; k++) {
		struct sd_assignment *a = &w->a[k];

		if (line < a->first || line > a->last)
			continue;
		a->reached = true;
		/* the compiler counts in a variable of its own, which is one further behind the
		 * loop */
		if (a->range && is_counted(w, i))
			w->why = sd_asg_since;
		/* of this turn, but the line is before it: too early */
		if (a->last >= w->line && !(flags & SD_ASG_TURNED) && !a->clause)
			w->why = sd_asg_since;
		if (a->step && (w->line < a->first || w->line > a->last) &&
		    !(flags & SD_ASG_TURNED) && is_step(w, a, i))
			w->why = sd_asg_since;
		if (!(flags & SD_ASG_CHOSEN) && is_speculative(w, a, i))
			w->why = sd_asg_since;
	}
	w->earliest = SD_MIN(w->earliest, line);
}

/* The value was in that place when the function began: there must be the parameter's by the calling
 * convention. Location lists are no witness: `p, q = q, p` makes both registers places of both. */
static void comes_from_caller(struct sd_asg_walk *w, u32 place)
{
	const struct sd_piece *p = &w->v->loc.pieces[w->piece];
	struct sd_loc loc;
	bool is = false;
	u32 other;

	if (w->l->ways.argument && w->l->ways.argument(w->l->ways.ctx, &w->l->fn, w->v->name, &loc))
		for (u32 k = 0; k < loc.n; k++)
			is |= sd_asg_place_of(&loc.pieces[k], &other) && other == place &&
			      loc.pieces[k].value_off == p->value_off;
	if (!is)
		w->why = sd_asg_since;
	w->earliest = SD_MIN(w->earliest, w->src->first);
}

/* Whether the assignment has code that computes something. */
static bool has_code(const struct sd_asg_walk *w, const struct sd_assignment *a)
{
	u32 from;

	for (u32 i = 0; i < w->l->flow.v.n; i++) {
		u32 line = sd_asg_line_of(w, i);

		if (line >= a->first && line <= a->last && w->l->flow.v.v[i].cls != SD_INSN_NOP &&
		    !sd_asg_is_move(w, i, &from))
			return true;
	}
	return false;
}

/* Code of that line, which does not assign the variable, has computed the value: then `x := y` has
 * declared the variable with it, if it can be of no other assignment. */
static void comes_from_copy(struct sd_asg_walk *w, u32 line)
{
	bool declared = false;

	for (u32 k = 0; k < w->n; k++) {
		struct sd_assignment *a = &w->a[k];

		if (a->declares) {
			declared |= line ? line < a->first : w->copy != SD_NO_COPY;
			a->reached = true;
			w->earliest = SD_MIN(w->earliest, a->first);
		} else if (!sd_asg_leads_to(w, a) && !has_code(w, a)) {
			w->why = sd_asg_since;
		}
	}
	if (!declared)
		w->why = sd_asg_since;
}

/* Whether what instruction i, which is of the assignment, has written to the place is no more than
 * a part of the assignment's value: another instruction of it computes on. */
static bool is_part(const struct sd_asg_walk *w, u32 i, u32 place, const struct sd_assignment *a)
{
	const struct sd_block *b = &w->l->blocks.v[w->l->blocks.of[i]];
	const struct sd_piece p = sd_asg_piece_of(place);
	u32 from;

	for (u32 k = i + 1; k < b->end; k++) {
		u32 line = sd_asg_line_of(w, k);

		if (line >= a->first && line <= a->last && sd_asg_is_work(w, k) &&
		    w->l->flow.v.v[k].cls == SD_INSN_OTHER && sd_code_reads(w->l, k, &p) &&
		    sd_code_computes(w->l, k) && !sd_asg_is_choice(w, k, &from))
			return true;
		if (sd_code_writes(w->l, k, &p))
			return false;
	}
	return false;
}

/* Whether instruction i is a call, and results of calls are in no such place: it has overwritten
 * what was there. */
static bool is_overwritten(const struct sd_asg_walk *w, u32 i, u32 place)
{
	static const u32 results = 1u << SD_RAX | 1u << SD_RBX | 1u << SD_RCX | 1u << SD_RDI |
				   1u << SD_RSI | 1u << SD_R8 | 1u << SD_R9 | 1u << SD_R10 |
				   1u << SD_R11;

	if (w->l->flow.v.v[i].cls == SD_INSN_OTHER || place & SD_ASG_FRAME)
		return false;
	if (!w->l->go || !sd_go_layout(w->l->go)->regabi)
		return true;
	return !(place & SD_ASG_XMM) && !(results & 1u << place);
}

/* Whether the location list says at addr that the variable's part in hand, or the pointer to it, is
 * there. */
static bool is_named_at(const struct sd_asg_walk *w, u64 addr, u32 place)
{
	u32 part = w->v->escaped ? 0 : w->v->loc.pieces[w->piece].value_off;
	struct sd_arena tmp = {0};
	struct sd_loc loc = sd_dwarf_param_loc(w->l->dw, &w->v->param, (struct sd_vaddr){addr},
					       &tmp);
	bool is = false;
	u32 at;

	for (u32 k = 0; k < loc.n; k++)
		is |= sd_asg_place_of(&loc.pieces[k], &at) && at == place &&
		      loc.pieces[k].value_off == part;
	sd_arena_deinit(&tmp);
	return is;
}

/* Whether instruction i, which is of that line, computes a value where the list begins to name its
 * place, if it is the variable's. So it is for pointers to variables. Other values may get their
 * names later; but lists of Go up to 1.18 also name, where ways of the code meet, what a place has
 * had on one of them. */
static bool is_strict(const struct sd_asg_walk *w, u32 i, u32 line)
{
	if (w->captured || w->v->escaped)
		return true;
	return w->l->go && sd_go_version(w->l->go)->minor < 19 &&
	       sd_asg_at_line(w, line) == SD_ASG_NONE && !sd_asg_is_constant(w, i);
}

/* Instruction i, which is of that line, has given the place a value that is never assigned again:
 * registers that are given other values keep their old names where ways of the code meet (seen on
 * 1.17 and 1.18). */
static void begins_with(struct sd_asg_walk *w, u32 i, u32 line, u32 place)
{
	const struct sd_insn *in = &w->l->flow.v.v[i];

	if ((in->cls != SD_INSN_OTHER && sd_asg_at_line(w, line) == SD_ASG_NONE && line) ||
	    is_reversed(w, i, line) ||
	    (line && is_strict(w, i, line) &&
	     (!is_named_at(w, in->addr + in->len, place) || is_named_at(w, in->addr, place))))
		w->why = sd_asg_since;
}

/* Whether what instruction i loads from that place is a result of the call before it, which up to
 * Go 1.16 lies on the stack. */
static bool is_result(const struct sd_asg_walk *w, u32 i, u32 from)
{
	const struct sd_lines *l = w->l;
	const struct sd_piece p = sd_asg_piece_of(from);
	u32 first = l->blocks.v[l->blocks.of[i]].first, index;
	s64 size;

	if (!(from & SD_ASG_FRAME) || !l->go || sd_go_layout(l->go)->regabi)
		return false;
	while (i-- > first) {
		const struct sd_insn *in = &l->flow.v.v[i];

		if (in->cls == SD_INSN_CALL && in->has_target &&
		    l->frames[i].sp != SD_FRAME_UNKNOWN)
			return sd_go_func_at(l->go, (struct sd_vaddr){in->target}, &index) &&
			       sd_go_args_size(l->go, index, &size) &&
			       p.off + l->frames[i].sp < size;
		if (in->cls != SD_INSN_OTHER || sd_code_writes(l, i, &p))
			return false;
	}
	return false;
}

/* Instruction i is executed right before a point where the place has the value; pending: the
 * assignment whose code has been met since, without any that writes the place. */
static void step_back(struct sd_asg_walk *w, u32 i, u32 place, u32 pending, u32 flags)
{
	const struct sd_piece p = sd_asg_piece_of(place);
	u32 line = sd_asg_line_of(w, i), a = sd_asg_at_line(w, line), from;

	if (!sd_code_writes(w->l, i, &p)) {
		if (!w->lenient && a != SD_ASG_NONE && w->a[a].clause && sd_asg_is_next(w, i, &p))
			w->why = sd_asg_since;
		if (line && !w->lenient && !(flags & SD_ASG_CHOSEN) && sd_asg_is_work(w, i)) {
			if (pending != SD_ASG_NONE && a != pending)
				w->why = sd_asg_since;
			else if (a != SD_ASG_NONE && !w->a[a].clause)
				pending = a;
		}
		go_on(w, i, place, pending, flags);
		return;
	}
	if (is_overwritten(w, i, place)) {
		w->why = sd_asg_since;
		return;
	}
	if (w->lenient && !sd_asg_is_choice(w, i, &from) && !sd_asg_is_move(w, i, &from)) {
		begins_with(w, i, line, place);
		return;
	}
	if (sd_asg_is_choice(w, i, &from)) {
		go_on(w, i, place, pending, flags | SD_ASG_CHOSEN);
		go_on(w, i, from, pending, flags | SD_ASG_CHOSEN);
		return;
	}
	if (sd_asg_is_move(w, i, &from)) {
		if (w->lenient && is_result(w, i, from))
			begins_with(w, i, line, place);
		else
			go_on(w, i, from, pending, flags);
		return;
	}
	if (pending != SD_ASG_NONE && a != pending)
		w->why = sd_asg_since;
	else if (a != SD_ASG_NONE && is_part(w, i, place, &w->a[a]))
		w->why = sd_asg_since;
	else if (a != SD_ASG_NONE)
		comes_from(w, i, line, flags);
	else if (w->v->kind == SD_LOCAL_PARAM && !w->n && w->copy == SD_NO_COPY && !w->captured)
		w->why = sd_asg_since; /* it has no value but the caller's */
	else if (sd_asg_is_constant(w, i))
		comes_from(w, i, SD_MAX(line, w->v->decl_line), flags);
	else
		comes_from_copy(w, line);
	if (a != SD_ASG_NONE)
		sd_vec_push(&w->origins, i);
}

/* The way goes over another turn of the loop with that header around the line: each assignment in
 * it that stands before the line, in no branch, has been executed since. */
static void turn(struct sd_asg_walk *w, u32 header)
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
		    sd_asg_is_within(f, here, w->a[k].block) &&
		    sd_asg_inner_loops(w, &w->a[k]) <= which)
			w->why = sd_asg_since;
}

/* Whether the place may have a value when the function begins: the frame has none but what was
 * passed on the stack. */
static bool is_passed(const struct sd_asg_walk *w, u32 place)
{
	const struct sd_lines *l = w->l;
	const struct sd_piece p = sd_asg_piece_of(place);

	return !(place & SD_ASG_FRAME) || sd_code_is_passed(l, &p);
}

/* Whether code of the assignment is in the loop with that header. */
static bool is_in_loop(const struct sd_asg_walk *w, const struct sd_assignment *a, u32 header)
{
	const struct sd_blocks *bs = &w->l->blocks;

	for (u32 i = 0; i < w->l->flow.v.n; i++) {
		u32 line = sd_asg_line_of(w, i);

		if (line >= a->first && line <= a->last && sd_block_in_loop(bs, bs->of[i], header))
			return true;
	}
	return false;
}

/* The way goes over a turn of the loop with that header, which control has left for the line. If it
 * is around the line in the source (`if x { return }`), this is as in turn(). */
static void leave(struct sd_asg_walk *w, u32 header)
{
	const struct sd_go_source_func *f = w->src;
	u32 here = sd_go_source_block_at(f, w->line);

	for (u32 k = 0; k < w->n; k++) {
		const struct sd_assignment *a = &w->a[k];
		u32 loop = a->block;

		while (loop != SD_GO_NO_BLOCK && f->blocks[loop].kind != SD_GO_LOOP)
			loop = f->blocks[loop].parent;
		if (!a->clause && a->last < w->line && loop != SD_GO_NO_BLOCK &&
		    sd_asg_is_within(f, here, a->block) && is_in_loop(w, a, header))
			w->why = sd_asg_since;
	}
}

void sd_asg_walk_back(struct sd_asg_walk *w, u32 place)
{
	const struct sd_blocks *bs = &w->l->blocks;

	go_on(w, w->insn, place, SD_ASG_NONE, 0);
	while (w->todo.n && !w->why) {
		u64 key = w->todo.v[--w->todo.n];
		u32 at = (u32)(key >> 8) & 0xffffff, pending = key & SD_ASG_NONE;
		u32 flags = key & (SD_ASG_CHOSEN | SD_ASG_TURNED);
		const struct sd_block *b = &bs->v[bs->of[at]];

		place = (u32)(key >> 32);
		if (at > b->first) {
			step_back(w, at - 1, place, pending, flags);
			continue;
		}
		for (u32 k = 0; k < b->npred; k++) {
			u32 from = bs->back[b->pred + k];
			bool back = sd_block_dominates(bs, bs->of[at], from);
			bool turns = back && sd_block_in_loop(bs, bs->of[w->insn], bs->of[at]);

			if (turns && !w->lenient)
				turn(w, bs->of[at]);
			else if (back && !w->lenient)
				leave(w, bs->of[at]);
			step_back(w, bs->v[from].end - 1, place, pending,
				  (flags & SD_ASG_TURNED) | (turns ? SD_ASG_TURNED : 0));
		}
		if (w->lenient) {
			if ((w->v->escaped || w->v->kind != SD_LOCAL_VARIABLE) &&
			    is_strict(w, 0, 0) && at == 0 && w->copy == SD_NO_COPY &&
			    !is_named_at(w, w->l->flow.v.v[0].addr, place))
				w->why = sd_asg_since;
			if (w->argument && at == 0 && !is_passed(w, place))
				w->why = sd_asg_since;
			continue;
		}
		if (at == 0 && w->copy == SD_NO_COPY && pending == SD_ASG_NONE) {
			if (w->v->kind != SD_LOCAL_VARIABLE)
				comes_from_caller(w, place);
			else if (place & SD_ASG_FRAME && sd_asg_frame_offset(place) < 0)
				w->why = sd_asg_since; /* what was there before the call */
			else
				comes_from_copy(w, w->src->first);
		} else if (at == 0 || !b->npred)
			w->why = sd_asg_since;
	}
}

/* Goes on behind what instruction i reads. */
static void read_back(struct sd_asg_walk *w, u32 i)
{
	const struct sd_insn *in = &w->l->flow.v.v[i];
	struct sd_operands o;
	u32 place;

	for (u32 reg = 0; reg < 16; reg++)
		for (int xmm = 0; xmm < 2; xmm++) {
			place = xmm ? SD_ASG_XMM | reg : reg;
			if (reg != SD_RSP &&
			    sd_code_reads(
				    w->l, i,
				    &(struct sd_piece){.kind = xmm ? SD_PIECE_XMM : SD_PIECE_REG,
						       .reg = (u8)reg}))
				go_on(w, i, place, SD_ASG_NONE, 0);
		}
	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&w->l->flow.code, in->addr, &o))
		return;
	for (unsigned int k = 0; k < o.n; k++)
		if (o.v[k].kind == SD_OPND_MEM && o.v[k].read &&
		    sd_asg_operand_place(w, i, &o.v[k], &place))
			go_on(w, i, place, SD_ASG_NONE, 0);
}

/* An assignment whose value an assignment behind it has used (`t += x; t++`) has been accounted
 * for, too. */
static void mark_used(struct sd_asg_walk *w)
{
	const struct sd_blocks *bs = &w->l->blocks;

	for (size_t k = 0; k < w->origins.n; k++)
		read_back(w, w->origins.v[k]);
	while (w->todo.n && !w->why) {
		u64 key = w->todo.v[--w->todo.n];
		u32 at = (u32)(key >> 8) & 0xffffff, place = (u32)(key >> 32), from;
		const struct sd_block *b = &bs->v[bs->of[at]];
		const struct sd_piece p = sd_asg_piece_of(place);
		u32 n = at > b->first ? 1 : b->npred;

		for (u32 k = 0; k < n; k++) {
			u32 i = at > b->first ? at - 1 : bs->v[bs->back[b->pred + k]].end - 1;
			u32 line = sd_asg_line_of(w, i);

			if (!sd_code_writes(w->l, i, &p)) {
				go_on(w, i, place, SD_ASG_NONE, 0);
			} else if (sd_asg_is_choice(w, i, &from)) {
				go_on(w, i, place, SD_ASG_NONE, 0);
				go_on(w, i, from, SD_ASG_NONE, 0);
			} else if (sd_asg_is_move(w, i, &from)) {
				go_on(w, i, from, SD_ASG_NONE, 0);
			} else if (sd_asg_at_line(w, line) != SD_ASG_NONE) {
				for (u32 j = 0; j < w->n; j++)
					w->a[j].reached |= line >= w->a[j].first &&
							   line <= w->a[j].last;
				read_back(w, i);
			}
		}
	}
}

void sd_asg_forget(struct sd_asg_walk *w)
{
	sd_map_deinit(&w->seen);
	w->seen = (struct sd_map){0};
	w->todo.n = 0;
}

void sd_asg_check_pieces(struct sd_asg_walk *w, bool once)
{
	for (u32 k = 0; k < w->v->loc.n && !w->why; k++) {
		const struct sd_piece *p = &w->v->loc.pieces[k];
		u32 place;

		if (p->kind == SD_PIECE_NONE || p->kind == SD_PIECE_CONST)
			continue;
		w->piece = k;
		w->lenient = once && (w->argument || p->kind != SD_PIECE_CFA);
		if (!sd_asg_place_of(p, &place)) {
			w->why = once ? NULL : sd_asg_since;
			continue;
		}
		for (u32 i = 0; i < w->n; i++)
			w->a[i].reached = false;
		w->earliest = UINT32_MAX;
		w->origins.n = 0;
		sd_asg_walk_back(w, place);
		sd_asg_forget(w);
		if (!w->why && !once)
			mark_used(w);
		sd_asg_forget(w);
		for (u32 i = 0; i < w->n && !w->why && !once; i++)
			if (!w->a[i].reached && w->a[i].first > w->earliest &&
			    sd_asg_leads_to(w, &w->a[i]))
				w->why = sd_asg_since;
	}
}
