/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variables at a pc, less those that are not assigned there yet. Optimized code has location lists
 * that begin behind the assignment; a variable with one place for all of the function holds what
 * was there before until a store to that place, or something that takes its address, has been
 * passed on every way to the pc.
 */
#include <stdlib.h>
#include <string.h>

#include "site/assigned.h"
#include "site/lines.h"

static const char not_yet[] = "not assigned yet";

/* The bytes of the frame that a variable lies in, from the CFA; false: somewhere else. */
static bool slot_of(const struct sd_local *v, s64 *off_ret, u64 *size_ret)
{
	const struct sd_piece *p = v->loc.pieces;

	if (v->loc.why || !v->loc.n || p->kind != SD_PIECE_CFA)
		return false;
	*off_ret = p->off;
	*size_ret = p->deref ? 8 : SD_MAX(v->type->size, 1);
	return true;
}

/* Where from the CFA the memory operand is; false: not in the frame, or nobody knows. */
static bool from_cfa(const struct sd_operand *v, struct sd_frame fr, s64 *ret)
{
	s32 base = v->base == SD_RSP ? fr.sp : v->base == SD_RBP ? fr.bp : SD_FRAME_UNKNOWN;

	if (v->kind != SD_OPND_MEM || v->segment || base == SD_FRAME_UNKNOWN)
		return false;
	*ret = v->value - base;
	return true;
}

bool sd_code_touches(const struct sd_lines *l, u32 i, s64 off, u64 size)
{
	const struct sd_insn *in = &l->flow.v.v[i];
	struct sd_frame fr = l->frames[i];
	struct sd_operands o;

	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&l->flow.code, in->addr, &o))
		return false;
	for (unsigned int k = 0; k < o.n; k++) {
		s64 at, n = SD_MAX(o.v[k].size, (u16)1);

		if (o.op == SD_OP_MOV && k == 1 && o.v[k].kind == SD_OPND_REG &&
		    o.v[k].reg == SD_RSP && fr.sp != SD_FRAME_UNKNOWN) {
			at = -(s64)fr.sp;
			n = 1;
		} else if (!from_cfa(&o.v[k], fr, &at) ||
			   (o.op == SD_OP_LEA ? sd_operand_is_below(&o.v[k]) : !o.v[k].written)) {
			continue;
		}
		if (o.op == SD_OP_LEA)
			n = 1;
		if (at + n > off && at < off + (s64)size)
			return true;
	}
	return false;
}

struct stores {
	struct sd_lines *l;
	const struct sd_local *v;
	u32 insn; /* the pc's */
};

static u32 line_of(const struct sd_lines *l, u32 i)
{
	const struct sd_dwarf_row *row = sd_code_row(&l->code, l->flow.v.v[i].addr);

	return row ? row->line : 0;
}

/* Compilers clear places at a function's start: that is no assignment. What is there of a
 * variable's own line or a later one is. */
static bool may_assign(const struct stores *s, u32 i)
{
	return s->v->kind != SD_LOCAL_VARIABLE || !s->v->decl_line ||
	       line_of(s->l, i) >= s->v->decl_line;
}

/* Whether all ways to the pc pass instruction i before. */
static bool is_before(const struct stores *s, u32 i)
{
	u32 a = s->l->blocks.of[i], b = s->l->blocks.of[s->insn];

	return a == b ? i < s->insn : sd_block_dominates(&s->l->blocks, a, b);
}

static bool is_assigned(const struct stores *s)
{
	bool spilled = false;
	u64 size;
	s64 off;

	if (!slot_of(s->v, &off, &size))
		return true;
	sd_code_frames(s->l);
	for (u32 i = 0; i < s->l->flow.v.n; i++) {
		if (!sd_code_touches(s->l, i, off, size))
			continue;
		if (may_assign(s, i) && is_before(s, i))
			return true;
		spilled |= line_of(s->l, i) == line_of(s->l, 0);
	}
	/* Arguments on the stack are there from the start; those that came in registers are stored
	 * to their places first. */
	return s->v->kind == SD_LOCAL_PARAM && off >= 0 && !spilled;
}

/* ---- lines ---- */

/* Whether pc is where a loop of the line is tested: at the loop's head with a part of the line (its
 * init) before the loop, or in a block that ends with a test that leaves the loop. What the line
 * declares has been assigned there. */
static bool is_loop_test(const struct sd_lines *l, u32 insn, u32 line)
{
	const struct sd_blocks *bs = &l->blocks;
	u32 block = bs->of[insn], loop = bs->v[block].loop;
	const struct sd_block *b = &bs->v[block];

	if (loop == SD_NO_BLOCK)
		return false;
	for (u32 k = 0; k < b->nsucc && l->flow.v.v[b->end - 1].cls == SD_INSN_JCC; k++)
		if (!sd_block_in_loop(bs, bs->edges[b->succ + k], loop))
			return true;
	for (u32 i = 0; block == loop && i < l->flow.v.n; i++)
		if (line_of(l, i) == line && !sd_block_in_loop(bs, bs->of[i], loop) &&
		    sd_block_dominates(bs, bs->of[i], loop))
			return true;
	return false;
}

/* A variable that this line or a later one declares. Its place may hold the value already, as that
 * of another variable. */
static bool is_declared_later(const struct sd_local *v, u32 line, bool loop_test)
{
	if (v->kind != SD_LOCAL_VARIABLE || !v->decl_line || !line)
		return false;
	return v->decl_line > line || (v->decl_line == line && !loop_test && !v->fixed);
}

/* ---- old places ---- */

static const char stale[] = "its old value may be all that is left";

/* Go: pieces in places that are not used again may be of an older value (site/live.c). */
static void drop_stale(struct sd_lines *l, u32 insn, u32 line, struct sd_local *v)
{
	if (v->escaped || v->loc.why)
		return;
	for (u32 i = 0; i < v->loc.n; i++) {
		const struct sd_piece *p = &v->loc.pieces[i];

		if ((p->kind == SD_PIECE_REG || p->kind == SD_PIECE_XMM ||
		     (p->kind == SD_PIECE_CFA && !p->deref)) &&
		    !sd_code_is_live(l, insn, p, v->fixed, v->fixed ? 0 : line)) {
			v->loc = (struct sd_loc){.why = stale};
			return;
		}
	}
}

/* ---- source ---- */

const struct sd_go_source_func *sd_code_source(const struct sd_lines *l,
					       const struct sd_position *at, u32 line)
{
	const struct sd_code_lines *code = &l->code;
	const struct sd_go_source_func *fn;
	const struct sd_go_source *src;

	src = l->ways.source && at->file ? l->ways.source(l->ways.ctx, at->file) : NULL;
	fn = src ? sd_go_source_func_at(src, line) : NULL;
	/* of another version, the code's lines lie elsewhere */
	for (u32 i = 0; fn && i < code->nrows; i++)
		if (sd_code_copy(code, code->rows[i].lo) == at->copy &&
		    code->rows[i].file == at->file &&
		    (code->rows[i].line < fn->first || code->rows[i].line > fn->last))
			fn = NULL;
	return fn;
}

u8 sd_code_body(const struct sd_lines *l, s32 copy)
{
	const char *name = copy == SD_NO_COPY ? l->fn.name : l->code.copies[copy].name;
	const char *range = NULL, *func = NULL;

	for (const char *p = name; p && (p = strstr(p, "-range")); p++)
		range = p;
	for (const char *p = name; p && (p = strstr(p, ".func")); p++)
		func = p;
	if (range && (!func || func < range) && !strchr(range, '.'))
		return SD_GO_LOOP;
	return func || !name ? SD_GO_FUNC_LIT : SD_GO_PLAIN;
}

u32 sd_code_param_line(const struct sd_go_source_func *src, u8 body, u32 line, const char *name)
{
	u32 b = sd_go_source_block_at(src, line), found = 0;

	while (b != SD_GO_NO_BLOCK && src->blocks[b].kind != SD_GO_FUNC_LIT &&
	       src->blocks[b].parent != SD_GO_NO_BLOCK && body != SD_GO_LOOP)
		b = src->blocks[b].parent;
	if (b == SD_GO_NO_BLOCK || (body != SD_GO_LOOP && (src->blocks[b].kind == SD_GO_FUNC_LIT) !=
								  (body == SD_GO_FUNC_LIT)))
		return 0;
	for (u32 i = 0; i < src->nuses; i++) {
		const struct sd_go_use *use = &src->uses[i];

		if (use->kind != SD_GO_DECLARES || strcmp(use->name, name) != 0 ||
		    (body == SD_GO_LOOP ? src->blocks[use->block].kind != SD_GO_LOOP ||
						  !sd_asg_is_within(src, b, use->block)
					: use->block != b))
			continue;
		if (found)
			return 0;
		found = use->line;
	}
	return found;
}

/* Whether instructions [from, to) write one of the places. */
static bool is_written(const struct sd_lines *l, u32 from, u32 to, const struct sd_loc *loc)
{
	for (u32 i = from; i < to; i++)
		for (u32 k = 0; k < loc->n; k++)
			if (sd_code_writes(l, i, &loc->pieces[k]))
				return true;
	return false;
}

/* Whether nothing that may be executed between the function's entry and instruction insn writes the
 * places. */
static bool is_untouched(const struct sd_lines *l, const struct sd_loc *loc, u32 insn)
{
	const struct sd_blocks *bs = &l->blocks;
	struct sd_arena tmp = {0};
	bool *seen = sd_arena_array(&tmp, bool, bs->n);
	u32 *todo = sd_arena_array(&tmp, u32, bs->n), n = 0, b = bs->of[insn];
	bool is = !loc->why && bs->v[b].loop == SD_NO_BLOCK &&
		  !is_written(l, bs->v[b].first, insn, loc);

	for (todo[n++] = b; n && is;) {
		const struct sd_block *at = &bs->v[todo[--n]];

		for (u32 k = 0; k < at->npred && is; k++) {
			b = bs->back[at->pred + k];
			if (seen[b])
				continue;
			seen[b] = true;
			todo[n++] = b;
			is = !is_written(l, bs->v[b].first, bs->v[b].end, loc);
		}
	}
	sd_arena_deinit(&tmp);
	return is;
}

/* Seen on 1.25 to 1.27: of what a function allocates together, results and parameters on the heap,
 * one pointer is said to be where another is. */
static void drop_joint_results(struct sd_local *v, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (v[i].kind == SD_LOCAL_RESULT && !v[i].loc.why && v[i].loc.n &&
		    v[i].loc.pieces[0].kind == SD_PIECE_CFA && v[i].loc.pieces[0].deref)
			v[i].loc = (struct sd_loc){.why = "another variable may lie there"};
}

/* ---- shadowing ---- */

/* The debug information of Go's inlined copies has no blocks: which of several variables of one
 * name is in scope at a line is not known. */
static void settle_names(struct sd_local *v, u32 n, u32 line, bool flat)
{
	for (u32 i = 0; i < n; i++) /* the source knows which is meant */
		for (u32 k = 0; k < n && v[i].known == SD_KNOWN_HIDDEN; k++)
			v[i].shadowed |= v[k].known != SD_KNOWN_HIDDEN &&
					 !strcmp(v[i].name, v[k].name) && v[k].decl_line <= line;
	for (u32 i = 0; i < n; i++)
		for (u32 k = i + 1; k < n && !v[i].shadowed; k++) {
			if (strcmp(v[i].name, v[k].name) != 0 || v[k].shadowed)
				continue;
			if (flat && v[i].kind == SD_LOCAL_VARIABLE && line &&
			    v[i].decl_line > line) {
				v[i].shadowed = true;
				break;
			}
			v[k].shadowed = true;
			if (flat && v[i].kind == SD_LOCAL_VARIABLE)
				v[i].loc = v[k].loc = (struct sd_loc){
					.why = "several variables have this name in the inlined "
					       "copy"};
		}
}

/* The compiler's own ("~r0", ".dict"), and blank ones: nobody can name them. */
static u32 drop_nameless(struct sd_local *v, u32 n)
{
	u32 kept = 0;

	for (u32 i = 0; i < n; i++)
		if (!strchr("~.", v[i].name[0]) && strcmp(v[i].name, "_") != 0)
			v[kept++] = v[i];
	return kept;
}

/* What the source does not have at the line. */
static u32 drop_absent(struct sd_local *v, u32 n)
{
	u32 kept = 0;

	for (u32 i = 0; i < n; i++)
		if (v[i].known != SD_KNOWN_NONE)
			v[kept++] = v[i];
	return kept;
}

struct sd_err *sd_lines_locals(struct sd_lines *l, const struct sd_func *fn, struct sd_vaddr pc,
			       u32 line, u32 depth, struct sd_arena *arena, struct sd_local **ret,
			       u32 *n_ret)
{
	struct sd_local *v = NULL;
	struct stores s = {.l = l};
	const struct sd_go_source_func *src = NULL;
	struct sd_subprogram *sp = NULL;
	u32 n = 0, body;
	struct sd_position at;
	bool optimized, loop_test;

	*ret = NULL;
	*n_ret = 0;
	if (!l->dw)
		return NULL;
	SD_TRY(sd_code_take(l, fn));
	SD_TRY(sd_dwarf_subprogram_at(l->dw, fn->entry, l->unit, &sp));
	optimized = fn->lang == SD_LANG_GO && sp && sp->optimized;
	SD_TRY(sd_dwarf_locals(l->dw, fn->entry, l->unit, pc, depth, arena, &v, &n));
	n = drop_nameless(v, n);
	s.insn = sd_flow_find(&l->flow, pc.v);
	if (s.insn == SD_FLOW_NONE)
		return sd_err_new(SD_ERR_FAILED, "%s: no instruction starts at 0x%llx", fn->name,
				  (unsigned long long)pc.v);
	at = sd_code_position(&l->code, pc.v, depth);
	if (!line)
		line = at.line;
	body = line;
	for (u32 i = 0; i < n; i++) /* in the first line of the body nothing has been put off */
		if (v[i].kind <= SD_LOCAL_RESULT && v[i].decl_line + 1 >= line)
			body = 0;
	loop_test = is_loop_test(l, s.insn, line);
	if (fn->lang == SD_LANG_GO)
		src = sd_code_source(l, &at, line);
	for (u32 i = 0; i < n; i++) {
		s.v = &v[i];
		if (is_declared_later(&v[i], line, loop_test) || (v[i].fixed && !is_assigned(&s)))
			v[i].loc = (struct sd_loc){.why = not_yet};
		v[i].known = SD_KNOWN_MEMORY;
		if (!optimized) { /* Go 1.18, 1.19: not all blocks are in the debug information */
			if (src)
				v[i].known = (u8)sd_code_named(l, src, line, &v[i]);
			continue;
		}
		if (src && v[i].kind <= SD_LOCAL_RESULT && !v[i].decl_line)
			v[i].decl_line = sd_code_param_line(src, sd_code_body(l, at.copy), line,
							    v[i].name);
		if (l->go)
			sd_code_check_stored(l, s.insn, &v[i]);
		sd_code_check_lost(l, s.insn, &v[i]);
		v[i].known = (u8)sd_code_assigned(l, src, s.insn, depth, line, &v[i]);
		if (v[i].known == SD_KNOWN_NOT || v[i].known == SD_KNOWN_MEMORY)
			drop_stale(l, s.insn, body, &v[i]);
		if (v[i].known == SD_KNOWN_NOT && v[i].kind == SD_LOCAL_PARAM && line && !body &&
		    is_untouched(l, &v[i].loc, s.insn))
			v[i].known = SD_KNOWN_PASSED;
	}
	n = drop_absent(v, n);
	if (optimized && l->go && sd_go_version(l->go)->minor >= 25)
		drop_joint_results(v, n);
	if (line && optimized)
		sd_code_check_order(l, s.insn, line, v, n);
	for (u32 i = 0; i < n && optimized && l->go; i++)
		v[i].let_go = sd_code_is_let_go(l, s.insn, &v[i]);
	settle_names(v, n, line,
		     fn->lang == SD_LANG_GO && sd_code_copy(&l->code, pc.v) != SD_NO_COPY);
	*ret = v;
	*n_ret = n;
	return NULL;
}

/* ---- moving a site ---- */

static void registers_of(const struct sd_loc *loc, u32 *gprs, u32 *xmms)
{
	for (u32 i = 0; i < loc->n; i++) {
		const struct sd_piece *p = &loc->pieces[i];

		if (p->kind == SD_PIECE_XMM)
			*xmms |= 1u << p->reg;
		else if ((p->kind == SD_PIECE_REG || p->kind == SD_PIECE_MEM ||
			  p->kind == SD_PIECE_REGVAL) &&
			 p->reg < 16)
			*gprs |= 1u << p->reg;
	}
}

bool sd_code_same_locals(struct sd_lines *l, u64 a, u64 b, u32 line, u32 depth, u32 gprs, u32 xmms)
{
	struct sd_func fn = l->fn;
	struct sd_arena tmp = {0};
	struct sd_local *x = NULL, *y = NULL;
	u32 nx = 0, ny = 0, used = 0, used_xmms = 0;
	sd_autoerr err = sd_lines_locals(l, &fn, (struct sd_vaddr){a}, line, depth, &tmp, &x, &nx);
	bool same = !err;

	if (same)
		err = sd_lines_locals(l, &fn, (struct sd_vaddr){b}, line, depth, &tmp, &y, &ny);
	same = same && !err && nx == ny;
	for (u32 i = 0; same && i < nx; i++) {
		same = x[i].param.die == y[i].param.die && sd_loc_same(&x[i].loc, &y[i].loc);
		registers_of(&x[i].loc, &used, &used_xmms);
	}
	sd_arena_deinit(&tmp);
	return same && !(used & gprs) && !(used_xmms & xmms);
}
