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
#include "site/assigned.h"

#include <stdlib.h>
#include <string.h>

const char sd_asg_since[] = "its new value has no known place";
static const char hidden[] = "an inner variable of this name is optimized out";

/* Whether block b is the header of a loop around the line, but for the `inner` innermost ones. */
static bool is_outer_header(const struct sd_asg_walk *w, u32 b, u32 inner)
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

/* Whether that many bytes, so far from the CFA, are some of the variable's. */
static bool is_part_of(const struct sd_local *v, s64 off, u32 size)
{
	for (u32 k = 0; !v->escaped && k < v->loc.n; k++) {
		const struct sd_piece *p = &v->loc.pieces[k];

		if (p->kind != SD_PIECE_CFA || p->deref ||
		    (off < p->off + (s64)p->size && off + (s64)size > p->off))
			return true;
	}
	return false;
}

/* Whether instruction i may write to the variable, which lies in memory. */
static bool stores(const struct sd_asg_walk *w, u32 i)
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
		    (!sd_asg_operand_place(w, i, &o.v[k], &place) ||
		     is_part_of(w->v, sd_asg_frame_offset(place), o.v[k].size)))
			return true;
	return false;
}

/* Whether code of the assignment, which the source has before the line, is executed behind it in
 * the same turn of the loops around both. memory: the variable lies there. */
static bool is_behind(const struct sd_asg_walk *w, const struct sd_assignment *a, bool memory)
{
	const struct sd_blocks *bs = &w->l->blocks;
	sd_autofree u8 *seen = sd_xcalloc(bs->n + 1, 1);
	sd_autofree u32 *work = sd_xcalloc(bs->n + 1, sizeof(*work));
	u32 start = bs->of[w->insn], todo = 0, inner = sd_asg_inner_loops(w, a);
	bool again = false; /* the site's own block has been come to again */

	work[todo++] = start;
	while (todo) {
		u32 b = work[--todo];
		u32 i = b == start && !again ? w->insn : bs->v[b].first;

		again |= b == start;
		for (; i < bs->v[b].end; i++) {
			u32 line = sd_asg_line_of(w, i);

			if (line >= a->first && line <= a->last &&
			    (sd_asg_is_work(w, i) || (memory && stores(w, i))))
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

/* Whether code of an earlier line that assigns the variable is executed only behind the line.
 * memory: the variable lies there. */
static bool is_put_off(const struct sd_asg_walk *w, bool memory)
{
	for (u32 k = 0; k < w->n; k++)
		if (!w->a[k].clause && w->a[k].last < w->line && is_behind(w, &w->a[k], memory))
			return true;
	return false;
}

/* Whether the loop's test comes behind instruction i, with no other line between. */
static bool is_tested(const struct sd_asg_walk *w, u32 i, const struct sd_assignment *clause)
{
	const struct sd_blocks *bs = &w->l->blocks;

	for (u32 steps = 0; steps < 64; steps++) {
		const struct sd_block *b = &bs->v[bs->of[i]];
		u32 line = sd_asg_line_of(w, i);

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
static bool is_before_step(const struct sd_asg_walk *w)
{
	const struct sd_blocks *bs = &w->l->blocks;
	sd_autofree u8 *seen = NULL;
	sd_autofree u32 *work = NULL;
	u32 a = sd_asg_at_line(w, w->line), todo = 0;

	if (a == SD_ASG_NONE || !w->a[a].clause)
		return false;
	seen = sd_xcalloc(bs->n + 1, 1);
	work = sd_xcalloc(bs->n + 1, sizeof(*work));
	work[todo++] = bs->of[w->insn];
	while (todo) {
		u32 b = work[--todo], i = b == bs->of[w->insn] ? w->insn : bs->v[b].first, line = 0;

		for (; i < bs->v[b].end; i++) {
			line = sd_asg_line_of(w, i); /* 0: behind the loop of an inlined copy */
			if (line < w->a[a].first || line > w->a[a].last)
				break;
			for (u32 p = 0; p < w->v->loc.n; p++)
				if (sd_asg_is_next(w, i, &w->v->loc.pieces[p]) &&
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

/* Whether an instruction takes the address of a place of the frame. */
static bool takes_address(const struct sd_asg_walk *w, u32 place)
{
	for (u32 i = 0; i < w->l->flow.v.n; i++) {
		struct sd_operands o;
		u32 at;

		if (w->l->flow.v.v[i].cls == SD_INSN_OTHER &&
		    sd_code_operands(&w->l->flow.code, w->l->flow.v.v[i].addr, &o) &&
		    o.op == SD_OP_LEA && o.n == 2 && !sd_operand_is_below(&o.v[1]) &&
		    sd_asg_operand_place(w, i, &o.v[1], &at) && at == place)
			return true;
	}
	return false;
}

/* Whether a parameter that came in registers is stored to its place in the caller's frame, and the
 * address of that is taken: it lies there from then on (1.17 goes on to name the registers, and
 * what they are saved to). */
static bool is_stored_for_good(const struct sd_asg_walk *w)
{
	u32 reg, from, to;
	struct sd_loc loc;

	if (w->v->kind != SD_LOCAL_PARAM || w->copy != SD_NO_COPY || !w->l->ways.argument ||
	    !w->l->ways.argument(w->l->ways.ctx, &w->l->fn, w->v->name, &loc) || !loc.n ||
	    !sd_asg_place_of(&loc.pieces[0], &reg) || reg & SD_ASG_FRAME)
		return false;
	for (u32 i = 0; i < w->l->flow.v.n && w->l->flow.v.v[i].cls != SD_INSN_CALL; i++) {
		struct sd_operands o;

		if (sd_asg_is_move(w, i, &from) && from == reg &&
		    sd_code_operands(&w->l->flow.code, w->l->flow.v.v[i].addr, &o) &&
		    sd_asg_operand_place(w, i, &o.v[0], &to) && to & SD_ASG_FRAME &&
		    sd_asg_frame_offset(to) >= 0 && takes_address(w, to))
			return true;
		if (sd_code_writes(w->l, i, &loc.pieces[0]))
			break;
	}
	return false;
}

/* Whether the variable lies in the frame for good: its address is taken, or it is too large for
 * registers. Assignments store there. */
static bool is_memory(const struct sd_asg_walk *w)
{
	const struct sd_local *v = w->v;
	u32 place;

	if (v->fixed)
		return true;
	if (v->loc.n != 1 || v->loc.pieces[0].kind != SD_PIECE_CFA)
		return false;
	if (v->loc.pieces[0].size > 8 || !sd_asg_place_of(&v->loc.pieces[0], &place))
		return true;
	return takes_address(w, place);
}

/* Of a variable in memory: whether an assignment that leads to the line has no store, since a later
 * one overwrites it. */
static bool is_dropped(const struct sd_asg_walk *w)
{
	for (u32 k = 0; k < w->n; k++) {
		bool found = false;

		if (!sd_asg_leads_to(w, &w->a[k]) || sd_asg_is_elsewhere(w, &w->a[k]))
			continue;
		for (u32 i = 0; i < w->l->flow.v.n && !found; i++) {
			u32 line = sd_asg_line_of(w, i);

			found = line >= w->a[k].first && line <= w->a[k].last &&
				(stores(w, i) ||
				 (w->a[k].method && w->l->flow.v.v[i].cls == SD_INSN_CALL));
		}
		if (!found)
			return true;
	}
	return false;
}

/* A register that points to the variable has not been overwritten by a call. */
static void check_pointer(struct sd_asg_walk *w)
{
	const struct sd_piece *p = w->v->loc.pieces;

	if (!w->v->escaped || w->v->loc.n != 1 || p->kind != SD_PIECE_MEM || p->reg >= 16)
		return;
	w->lenient = true;
	sd_asg_walk_back(w, p->reg);
	sd_asg_forget(w);
	sd_vec_free(&w->todo);
	if (w->why)
		w->v->loc = (struct sd_loc){.why = w->why};
}

/* A variable that is captured by value lies wherever the closure has put it, until a call has
 * overwritten that. */
static enum sd_known check_captured(struct sd_asg_walk *w)
{
	u32 place;

	w->lenient = true;
	for (u32 k = 0; k < w->v->loc.n && !w->why; k++) {
		w->piece = k;
		if (sd_asg_place_of(&w->v->loc.pieces[k], &place))
			sd_asg_walk_back(w, place);
		sd_asg_forget(w);
	}
	sd_vec_free(&w->todo);
	if (!w->why)
		return SD_KNOWN_ONCE;
	w->v->loc = (struct sd_loc){.why = w->why};
	return SD_KNOWN_MEMORY;
}

/* The variable is in memory of its own. */
static enum sd_known check_memory(struct sd_asg_walk *w)
{
	u32 assignments;

	if (w->scope == SD_GO_NO_BLOCK)
		return SD_KNOWN_MEMORY;
	if (!sd_asg_collect(w, &assignments) || is_put_off(w, true) || is_dropped(w))
		w->v->loc = (struct sd_loc){.why = sd_asg_since};
	return SD_KNOWN_MEMORY;
}

enum sd_known sd_code_named(struct sd_lines *l, const struct sd_go_source_func *src, u32 line,
			    struct sd_local *v)
{
	struct sd_asg_walk w = {.l = l,
				.src = src,
				.v = v,
				.line = line,
				.copy = SD_NO_COPY,
				.captured = v->kind == SD_LOCAL_CAPTURED};

	w.scope = sd_asg_scope_of(&w);
	if (w.scope == SD_GO_NO_BLOCK)
		return SD_KNOWN_MEMORY;
	if (v->kind == SD_LOCAL_VARIABLE &&
	    !sd_asg_is_within(src, sd_go_source_block_at(src, line), w.scope))
		return SD_KNOWN_NONE;
	if (!sd_asg_is_hidden(&w))
		return SD_KNOWN_MEMORY;
	v->loc = (struct sd_loc){.why = "a constant of this name hides it"};
	return SD_KNOWN_HIDDEN;
}

/* Whether the variable lies in several places, some of them in the frame. */
static bool has_slots(const struct sd_loc *loc)
{
	for (u32 i = 0; loc->n > 1 && i < loc->n; i++)
		if (loc->pieces[i].kind == SD_PIECE_CFA)
			return true;
	return false;
}

/* Up to Go 1.22 what a closure has captured is declared where it uses it first: `x := x + 1` there
 * may declare either. */
static bool may_be_captured(const struct sd_asg_walk *w)
{
	return w->scope != SD_GO_NO_BLOCK && w->l->go && sd_go_version(w->l->go)->minor < 23 &&
	       w->v->kind == SD_LOCAL_VARIABLE && !w->captured &&
	       sd_asg_scope_of_captured(w) != SD_GO_NO_BLOCK &&
	       sd_asg_scope_of_captured(w) != w->scope;
}

enum sd_known sd_code_assigned(struct sd_lines *l, const struct sd_go_source_func *src, u32 insn,
			       u32 depth, u32 line, struct sd_local *v)
{
	struct sd_asg_walk w = {
		.l = l,
		.src = src,
		.v = v,
		.insn = insn,
		.line = line,
		.depth = depth,
		.copy = sd_code_position(&l->code, l->flow.v.v[insn].addr, depth).copy};
	u32 assignments;
	bool once;

	sd_code_frames(l);
	w.captured = v->kind == SD_LOCAL_CAPTURED;
	w.scope = src ? sd_asg_scope_of(&w) : SD_GO_NO_BLOCK;
	if (src && w.scope == SD_GO_NO_BLOCK && !w.captured) {
		/* up to Go 1.22 what was captured is declared where it is used first; a closure
		 * that is only called gets it as parameters */
		w.scope = sd_asg_scope_of_captured(&w);
		w.captured = w.scope != SD_GO_NO_BLOCK;
	}
	if (w.scope != SD_GO_NO_BLOCK && v->kind == SD_LOCAL_VARIABLE && !w.captured &&
	    !sd_asg_is_within(src, sd_go_source_block_at(src, line), w.scope))
		return SD_KNOWN_NONE; /* a block that has ended */
	if (w.scope != SD_GO_NO_BLOCK && sd_asg_is_hidden(&w)) {
		v->loc = (struct sd_loc){.why = hidden};
		return SD_KNOWN_HIDDEN;
	}
	if (src && v->kind == SD_LOCAL_VARIABLE && !sd_asg_is_of_source(&w))
		return SD_KNOWN_NONE; /* the compiler's own: a part of another (1.27: "eX" of e) */
	if (v->loc.why)
		return SD_KNOWN_MEMORY;
	if (may_be_captured(&w)) {
		v->loc = (struct sd_loc){.why = "another variable of this name may lie there"};
		return SD_KNOWN_MEMORY;
	}
	if (w.captured && !v->escaped) /* what is never assigned again */
		return check_captured(&w);
	if (w.scope != SD_GO_NO_BLOCK && sd_asg_is_being_declared(&w)) {
		v->loc = (struct sd_loc){.why = "not assigned yet"};
		return SD_KNOWN_MEMORY;
	}
	v->addressed = w.scope != SD_GO_NO_BLOCK && sd_asg_is_addressed(&w);
	if (v->escaped || is_memory(&w)) {
		check_pointer(&w);
		return v->loc.why ? SD_KNOWN_MEMORY : check_memory(&w);
	}
	if (!src || w.scope == SD_GO_NO_BLOCK)
		return SD_KNOWN_NOT;
	if (!sd_asg_collect(&w, &assignments))
		return SD_KNOWN_NOT;
	/* it is in memory, whatever register it came in; each `return x` assigns a result; slots of
	 * a struct's parts are not told apart */
	if (v->kind == SD_LOCAL_RESULT || sd_asg_is_addressed(&w) || is_stored_for_good(&w) ||
	    (assignments && sd_asg_is_aggregate(v->type) && has_slots(&v->loc))) {
		v->loc = (struct sd_loc){.why = sd_asg_since};
		return SD_KNOWN_MEMORY;
	}
	once = !assignments;
	if (once && v->decl_line == line)
		return SD_KNOWN_MEMORY; /* `for x := range`: it has one value a turn */
	if (is_put_off(&w, false) || is_before_step(&w))
		w.why = sd_asg_since;
	sd_asg_check_pieces(&w, once);
	sd_vec_free(&w.todo);
	sd_vec_free(&w.origins);
	if (w.why)
		v->loc = (struct sd_loc){.why = w.why};
	return w.why ? SD_KNOWN_MEMORY : once ? SD_KNOWN_ONCE : SD_KNOWN_LATEST;
}
