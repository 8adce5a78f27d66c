/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the parameters of an inlined copy have the call's arguments where the copy is entered. No
 * calling convention has put them anywhere: there are the location lists alone, and of what the
 * body assigns to a parameter these name the new value's place as soon as that value is computed.
 * With `a, b = b, a` in the body both arguments have both names, from before the call. So the
 * source must have no assignment to the parameter at all.
 */
#include <string.h>

#include "site/assigned.h"

static const char assigned[] = "the function assigns to it: which value is there is not known";
static const char not_stored[] = "not assigned yet";

/* The inlined copy of callee around insn that is called in that line; SD_NO_COPY: none. */
static s32 copy_around(const struct sd_lines *l, u64 pc, const char *callee, u32 call_line)
{
	const struct sd_code_lines *code = &l->code;
	s32 copy = sd_code_copy(code, pc);

	while (copy != SD_NO_COPY &&
	       (!code->copies[copy].name || strcmp(code->copies[copy].name, callee) != 0 ||
		(call_line && code->copies[copy].call_line != call_line)))
		copy = code->copies[copy].parent;
	return copy;
}

/* Whether all ways to insn pass instruction i before. */
static bool is_before(const struct sd_lines *l, u32 i, u32 insn)
{
	u32 a = l->blocks.of[i], b = l->blocks.of[insn];

	return a == b ? i < insn : sd_block_dominates(&l->blocks, a, b);
}

/* Of a parameter that lies in the frame for good: whether all of it has been stored before insn. */
static bool is_stored(struct sd_lines *l, u32 insn, const struct sd_local *v)
{
	const struct sd_piece *p = v->loc.pieces;

	if (v->loc.n != 1 || p->kind != SD_PIECE_CFA || p->deref)
		return false;
	for (u64 at = 0; at < v->type->size; at += 8) {
		bool stored = false;

		for (u32 i = 0; i < l->flow.v.n && !stored; i++)
			stored = is_before(l, i, insn) &&
				 sd_code_overwrites(l, i, p->off + (s64)at, 1);
		if (!stored)
			return false;
	}
	return true;
}

/* The last instruction of [from, to) that stores to the piece; to: none. */
static u32 last_store(const struct sd_lines *l, u32 from, u32 to, const struct sd_piece *p)
{
	for (u32 i = to; i-- > from;)
		if (sd_code_touches(l, i, p->off, p->deref ? 8 : SD_MAX(p->size, 1)))
			return i;
	return to;
}

/* Whether what lies in the piece at insn is the value of one store alone, or what the caller has
 * passed there. Lists name the slot of a loop's variable before it is stored there (1.17). */
static bool has_one_value(const struct sd_lines *l, u32 insn, const struct sd_piece *p)
{
	const struct sd_blocks *bs = &l->blocks;
	sd_autofree u8 *seen = sd_xcalloc(bs->n + 1, 1);
	sd_autofree u32 *work = sd_xcalloc(bs->n + 1, sizeof(*work));
	u32 start = bs->of[insn], n = 0, found = SD_FLOW_NONE;
	bool passed = false;

	if (last_store(l, bs->v[start].first, insn, p) != insn)
		return true;
	for (work[n++] = start; n;) {
		const struct sd_block *b = &bs->v[work[--n]];

		passed |= b->first == 0;
		for (u32 k = 0; k < b->npred; k++) {
			u32 from = bs->back[b->pred + k], i;

			if (seen[from])
				continue;
			seen[from] = 1;
			i = last_store(l, bs->v[from].first, bs->v[from].end, p);
			if (i == bs->v[from].end)
				work[n++] = from;
			else if (found != SD_FLOW_NONE && found != i)
				return false;
			else
				found = i;
		}
	}
	return passed == (found == SD_FLOW_NONE) && (!passed || sd_code_is_passed(l, p));
}

static bool have_one_value(const struct sd_lines *l, u32 insn, const struct sd_loc *loc)
{
	for (u32 k = 0; k < loc->n; k++)
		if (loc->pieces[k].kind == SD_PIECE_CFA && !has_one_value(l, insn, &loc->pieces[k]))
			return false;
	return true;
}

/* Go 1.17 counts the first store of an inlined body to the call's line, and the copy begins behind
 * it: what an argument points to has been changed. */
static bool has_stored_before(const struct sd_lines *l, u32 insn, u32 depth)
{
	const struct sd_code_lines *code = &l->code;
	u32 first = l->blocks.v[l->blocks.of[insn]].first;
	struct sd_position at = sd_code_position(code, l->flow.v.v[insn].addr, depth - 1);

	if (!l->go || sd_go_version(l->go)->minor > 20)
		return false;
	for (u32 i = insn; i-- > first;) {
		const struct sd_insn *in = &l->flow.v.v[i];
		struct sd_operands o;

		if (sd_code_position(code, in->addr, depth - 1).line != at.line)
			break;
		if (in->cls != SD_INSN_OTHER || !sd_code_operands(&l->flow.code, in->addr, &o))
			continue;
		for (unsigned int k = 0; k < o.n; k++)
			if (o.v[k].kind == SD_OPND_MEM && o.v[k].written && o.v[k].base != SD_RSP)
				return true;
	}
	return false;
}

/* Whether the source has no assignment to the parameter and nowhere its address; *known_ret:
 * whether it tells. */
static bool is_never_assigned(struct sd_asg_walk *w, bool *known_ret)
{
	u32 assignments;

	w->scope = sd_asg_scope_of(w);
	*known_ret = w->scope != SD_GO_NO_BLOCK && sd_asg_collect(w, &assignments);
	return *known_ret && !assignments && !sd_asg_is_addressed(w);
}

static void judge(struct sd_lines *l, const struct sd_go_source_func *src, u32 line, u8 body,
		  struct sd_asg_walk w)
{
	struct sd_local *v = w.v;
	bool known = false, never;

	v->known = SD_KNOWN_NOT;
	if (v->loc.why)
		return;
	if (v->fixed || v->escaped) {
		v->known = SD_KNOWN_MEMORY;
		if (v->escaped || !is_stored(l, w.insn, v))
			v->loc = (struct sd_loc){.why = not_stored};
	}
	sd_code_check_stored(l, w.insn, v);
	sd_code_check_lost(l, w.insn, v);
	if (!src || v->loc.why)
		return;
	if (!v->decl_line)
		v->decl_line = sd_code_param_line(src, body,
						  body == SD_GO_PLAIN ? src->first : line, v->name);
	never = is_never_assigned(&w, &known);
	if (!known)
		return;
	if (!never)
		w.why = assigned;
	else if (!v->fixed && !have_one_value(l, w.insn, &v->loc))
		w.why = sd_asg_since;
	else
		sd_asg_check_pieces(&w, true);
	sd_vec_free(&w.todo);
	sd_vec_free(&w.origins);
	v->known = SD_KNOWN_ONCE;
	if (w.why)
		v->loc = (struct sd_loc){.why = w.why};
}

struct sd_err *sd_lines_arguments(struct sd_lines *l, const struct sd_func *fn, struct sd_vaddr pc,
				  const char *callee, u32 call_line, struct sd_arena *arena,
				  struct sd_local **ret, u32 *n_ret, const char **file_ret)
{
	const struct sd_go_source_func *src = NULL;
	struct sd_position at;
	struct sd_local *v;
	u32 n, kept = 0, insn, depth;
	s32 copy;

	*ret = NULL;
	*n_ret = 0;
	*file_ret = NULL;
	SD_TRY(sd_code_take(l, fn));
	insn = sd_flow_find(&l->flow, pc.v);
	copy = copy_around(l, pc.v, callee, call_line);
	if (!l->dw || insn == SD_FLOW_NONE || copy == SD_NO_COPY)
		return NULL;
	depth = sd_code_depth(&l->code, copy);
	at = sd_code_position(&l->code, pc.v, depth);
	SD_TRY(sd_dwarf_locals(l->dw, fn->entry, l->unit, pc, depth, arena, &v, &n));
	if (at.line)
		src = sd_code_source(l, &at, at.line);
	sd_code_frames(l);
	for (u32 i = 0; i < n; i++) {
		if (v[i].kind != SD_LOCAL_PARAM)
			continue;
		judge(l, src, at.line, sd_code_body(l, copy),
		      (struct sd_asg_walk){.l = l,
					   .src = src,
					   .v = &v[i],
					   .insn = insn,
					   .line = src ? src->first : 0,
					   .argument = true,
					   .copy = copy});
		if (!v[i].loc.why && sd_code_leads_on(v[i].type, 4) &&
		    has_stored_before(l, insn, depth))
			v[i].loc = (struct sd_loc){.why = "what it points to has been changed"};
		v[kept++] = v[i];
	}
	*ret = v;
	*n_ret = kept;
	*file_ret = at.file;
	return NULL;
}
