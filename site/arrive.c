/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a point of a line to the instruction that is probed: never before the stack check, which is
 * passed again when the stack has grown; an emulated instruction of the line behind it where
 * nothing that the user would see has changed by then.
 */
#include <inttypes.h>
#include <string.h>

#include "site/lines.h"

static bool has_stack_check(const struct sd_blocks *bs)
{
	for (u32 b = 0; b < bs->n; b++)
		if (bs->v[b].restarts)
			return true;
	return false;
}

/* The entry site when point i lies before it. */
static bool entry_site(struct sd_lines *l, u32 i, struct sd_arena *arena, struct sd_site *ret)
{
	struct sd_entry_request req = {
		.lang = l->fn.lang,
		.regabi = l->go && sd_go_layout(l->go)->regabi && !l->fn.abi0,
	};
	struct sd_site site;
	sd_autoerr err = NULL;

	if (!l->go || l->fn.lang != SD_LANG_GO || !has_stack_check(&l->blocks))
		return false;
	err = sd_site_entry(l->elf, &l->fn, &req, arena, &site);
	if (err || l->flow.v.v[i].addr > site.addr.v)
		return false;
	*ret = site;
	return true;
}

/* Behind instruction i nothing is as before: it may not be passed on the way to a better one. */
static bool is_barrier(const struct sd_lines *l, u32 i, u32 *gprs, u32 *xmms)
{
	const struct sd_flow *f = &l->flow;
	const struct sd_insn *in = &f->v.v[i];
	struct sd_insn full;
	sd_autoerr err = NULL;

	if (in->cls != SD_INSN_OTHER && in->cls != SD_INSN_NOP)
		return true;
	if (in->frame || sd_code_may_fault(&f->code, in))
		return true;
	err = sd_insn_decode(f->code.p + (in->addr - f->code.lo), f->code.hi - in->addr, in->addr,
			     &full);
	if (err || full.writes_mem)
		return true;
	*gprs |= full.writes;
	*xmms |= full.xmm_writes;
	return false;
}

/* The first emulated instruction of the line in this straight piece of code that is as good as i; i
 * when there is none. */
static u32 emulated_near(struct sd_lines *l, const struct sd_region_request *req, s32 copy,
			 u32 depth, u32 i)
{
	const struct sd_flow *f = &l->flow;
	u32 end = l->blocks.v[l->blocks.of[i]].end, gprs = 0, xmms = 0;

	if (f->v.v[i].completion == SD_EMULATED)
		return i;
	for (u32 k = i; k < end; k++) {
		if (!sd_region_owns(req, copy, k))
			return i;
		if (f->v.v[k].completion == SD_EMULATED)
			return sd_code_same_locals(l, f->v.v[i].addr, f->v.v[k].addr, req->line,
						   depth, gprs, xmms)
				       ? k
				       : i;
		if (is_barrier(l, k, &gprs, &xmms))
			return i;
	}
	return i;
}

/* The next instruction that can be probed, no call, store or fault further on. */
static u32 past_refused(const struct sd_lines *l, u32 i)
{
	const struct sd_flow *f = &l->flow;
	u32 end = l->blocks.v[l->blocks.of[i]].end, k = i, gprs = 0, xmms = 0;

	while (k < end && f->v.v[k].completion == SD_REFUSED) {
		if (is_barrier(l, k, &gprs, &xmms))
			return i;
		k++;
	}
	return k < end ? k : i;
}

/* rbx, rbp, r12–r15: what C code keeps over calls. Go keeps nothing. */
#define KEPT_BY_CALLS (1u << 3 | 1u << 6 | 0xfu << 12)

/* The last instruction before k in its block that writes register reg; SD_FLOW_NONE: none, or a
 * call. */
static u32 last_writer(const struct sd_lines *l, u32 k, u8 reg)
{
	const struct sd_flow *f = &l->flow;
	u32 first = l->blocks.v[l->blocks.of[k]].first;

	while (reg < 16 && k-- > first) {
		struct sd_insn full;
		sd_autoerr err = sd_insn_decode(f->code.p + (f->v.v[k].addr - f->code.lo),
						f->code.hi - f->v.v[k].addr, f->v.v[k].addr, &full);

		if (!err && full.writes & 1u << reg)
			return k;
		if (f->v.v[k].cls == SD_INSN_CALL && !(KEPT_BY_CALLS & 1u << reg))
			return SD_FLOW_NONE;
	}
	return SD_FLOW_NONE;
}

/* The place of the frame (from rsp) that the move at k loads reg from (store: saves it to);
 * SD_FRAME_UNKNOWN: it is none. */
static s64 frame_place(const struct sd_lines *l, u32 k, u8 *reg, bool store)
{
	struct sd_operands o;

	if (l->flow.v.v[k].cls != SD_INSN_OTHER ||
	    !sd_code_operands(&l->flow.code, l->flow.v.v[k].addr, &o) || o.op != SD_OP_MOV ||
	    o.n != 2 || o.v[store].kind != SD_OPND_REG || o.v[!store].kind != SD_OPND_MEM ||
	    o.v[!store].base != SD_RSP || o.v[!store].segment)
		return SD_FRAME_UNKNOWN;
	*reg = o.v[store].reg;
	return o.v[!store].value;
}

/* As last_writer(), behind places of the frame where the value was saved in between. */
static u32 last_value(const struct sd_lines *l, u32 k, u8 reg)
{
	u32 first = l->blocks.v[l->blocks.of[k]].first, w = last_writer(l, k, reg);

	while (w != SD_FLOW_NONE) {
		s64 place = frame_place(l, w, &reg, false);
		u32 i = w;

		if (place == SD_FRAME_UNKNOWN)
			return w;
		while (i > first && frame_place(l, i - 1, &reg, true) != place)
			i--;
		if (i == first)
			return w;
		w = last_writer(l, i - 1, reg);
	}
	return w;
}

/* The line of the statement whose comparison decides the conditional move at k; 0: not known. */
static u32 line_of_condition(const struct sd_lines *l, s32 copy, u32 k)
{
	u32 first = l->blocks.v[l->blocks.of[k]].first;

	while (k-- > first) {
		u64 addr = l->flow.v.v[k].addr;
		const struct sd_dwarf_row *row;
		struct sd_operands o;

		if (!sd_code_operands(&l->flow.code, addr, &o) ||
		    (o.op != SD_OP_CMP && o.op != SD_OP_TEST))
			continue;
		row = sd_code_row(&l->code, addr);
		return row && sd_code_copy(&l->code, addr) == copy &&
				       (l->fn.lang != SD_LANG_GO ||
					sd_code_is_statement(&l->code, addr))
			       ? row->line
			       : 0;
	}
	return 0;
}

static bool has_line_between(const struct sd_lines *l, u32 from, u32 to)
{
	for (u32 i = 0; i < l->code.nrows; i++)
		if (l->code.rows[i].line > from && l->code.rows[i].line < to)
			return true;
	return false;
}

/* Whether one of the values that the conditional move at k chooses from was computed by the line,
 * which is behind the `if`. The comparison often has lost its line; then the other value's tells.
 */
static bool chooses_from(struct sd_lines *l, const struct sd_region_request *req, s32 copy, u32 k,
			 u8 ours, u8 other)
{
	u32 w = last_value(l, k, ours), o = last_value(l, k, other);
	u32 condition = line_of_condition(l, copy, k);
	const struct sd_dwarf_row *row;

	if (w == SD_FLOW_NONE || !sd_region_owns(req, copy, w))
		return false;
	if (condition)
		return condition < req->line;
	row = o == SD_FLOW_NONE ? NULL : sd_code_row(&l->code, l->flow.v.v[o].addr);
	return !row || sd_code_copy(&l->code, l->flow.v.v[o].addr) != copy ||
	       row->line < req->line || !has_line_between(l, req->line, row->line);
}

/* Whether the line is computed in any case and its result kept by a conditional move: the statement
 * of an `if` that became no branch. */
static bool is_speculated(struct sd_lines *l, const struct sd_region_request *req, s32 copy, u32 i)
{
	const struct sd_block *b = &l->blocks.v[l->blocks.of[i]];

	for (u32 k = b->first; k < b->end; k++) {
		struct sd_operands o;

		if (l->flow.v.v[k].cls != SD_INSN_OTHER || sd_region_owns(req, copy, k) ||
		    !sd_code_operands(&l->flow.code, l->flow.v.v[k].addr, &o) ||
		    o.op != SD_OP_CMOV || o.n != 2)
			continue;
		for (unsigned int n = 0; n < 2; n++)
			if (o.v[n].kind == SD_OPND_REG &&
			    chooses_from(l, req, copy, k, o.v[n].reg, o.v[!n].reg))
				return true;
	}
	return false;
}

/* `return` runs what was deferred from the function's last line, before its own code loads the
 * results. */
static bool runs_deferred(const struct sd_lines *l, const struct sd_insn *in)
{
	struct sd_func fn;
	u32 index;

	return in->cls == SD_INSN_CALL && in->has_target && l->go &&
	       sd_go_func_at(l->go, (struct sd_vaddr){in->target}, &index) &&
	       sd_go_func(l->go, index, &fn) && !strcmp(fn.name, "runtime.deferreturn");
}

/* Of straight code, what is of later lines and was put before the line's has not been executed yet
 * where control comes to the line. */
static u32 before_later_lines(const struct sd_lines *l, const struct sd_region_request *req,
			      const struct sd_region_site *at)
{
	u32 first = l->blocks.v[l->blocks.of[at->insn]].first, i = at->insn;

	while (i > first) {
		const struct sd_insn *in = &l->flow.v.v[i - 1];
		const struct sd_dwarf_row *row = sd_code_row(&l->code, in->addr);

		if ((in->cls != SD_INSN_OTHER && !runs_deferred(l, in)) || !row ||
		    row->line <= req->line || sd_code_copy(&l->code, in->addr) != at->copy)
			break;
		i--;
	}
	return i;
}

struct sd_err *sd_line_site(struct sd_lines *l, const struct sd_region_request *req,
			    const struct sd_region_site *at, u32 depth, struct sd_arena *arena,
			    struct sd_site *ret)
{
	struct sd_site site = {.kind = SD_SITE_LINE};
	u32 i = before_later_lines(l, req, at), k;

	if (l->flow.bad && l->flow.bad < l->flow.code.tail)
		return sd_err_new(SD_ERR_FAILED, "%s: bytes at 0x%" PRIx64 " cannot be decoded",
				  l->fn.name, l->flow.bad);
	if (entry_site(l, i, arena, &site)) {
		site.kind = SD_SITE_LINE;
		*ret = site;
		return NULL;
	}
	if (is_speculated(l, req, at->copy, i))
		return sd_err_new(
			SD_ERR_FAILED,
			"the compiler turned the condition around it into a conditional move: "
			"its code runs in any case");
	k = past_refused(l, i);
	if (k == i)
		k = emulated_near(l, req, at->copy, depth, i);
	site.why = k == i ? at->why
			  : sd_arena_printf(arena, "%s; moved by %u to %s", at->why,
					    (u32)(l->flow.v.v[k].addr - l->flow.v.v[i].addr),
					    l->flow.v.v[i].completion == SD_REFUSED
						    ? "one that can be probed"
						    : "one that is emulated");
	site.args_at_abi = k == 0;
	site.cfa = sd_frame_cfa(sd_code_frames(l)[k]);
	SD_TRY(sd_site_fill(l->elf, &l->flow.code, l->flow.v.v[k].addr, &site));
	*ret = site;
	return NULL;
}
