/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether what lies in a register or in a place of the frame is used again. Go's location lists go
 * on to name the old place of a variable when its new value is one that the compiler lost the name
 * of: that old value is then never read again. A value that is read again is believed.
 */
#include <stdlib.h>
#include <string.h>

#include "site/lines.h"

/* What one instruction does to registers. */
struct sd_effect {
	u32 reads, writes;   /* integer registers, bit sets */
	u32 xreads, xwrites; /* XMM registers */
	bool known;
	bool seen; /* it has been decoded: that is what takes the time */
};

static struct sd_effect *effects_in(struct sd_lines *l)
{
	if (!l->effects)
		l->effects = sd_xcalloc(l->flow.v.n + 1, sizeof(*l->effects));
	return l->effects;
}

static const u8 int_args[] = {SD_RAX, SD_RBX, SD_RCX, SD_RDI, SD_RSI, SD_R8, SD_R9, SD_R10, SD_R11};

static u32 arg_registers(u32 words)
{
	u32 regs = 0;

	for (u32 i = 0; i < words && i < SD_ARRAY_SIZE(int_args); i++)
		regs |= 1u << int_args[i];
	return regs;
}

/* The registers that a call may take arguments in: as many as the callee's argument area has words.
 */
static u32 call_reads(const struct sd_lines *l, const struct sd_insn *in)
{
	u32 index, regs = 1u << SD_RDX;
	s64 size;

	if (!l->go || !sd_go_layout(l->go)->regabi)
		return regs;
	if (in->cls != SD_INSN_CALL || !in->has_target ||
	    !sd_go_func_at(l->go, (struct sd_vaddr){in->target}, &index) ||
	    !sd_go_args_size(l->go, index, &size))
		return regs | arg_registers(SD_ARRAY_SIZE(int_args));
	return regs | arg_registers((u32)SD_MAX(size, 0) / 8);
}

static struct sd_effect read_effect(const struct sd_lines *l, u32 i)
{
	const struct sd_flow *f = &l->flow;
	const struct sd_insn *in = &f->v.v[i];
	struct sd_effect e = {.known = true};
	struct sd_operands o;
	struct sd_insn full;
	sd_autoerr err = sd_insn_decode(f->code.p + (in->addr - f->code.lo), f->code.hi - in->addr,
					in->addr, &full);

	if (err || !sd_code_operands(&f->code, in->addr, &o))
		return (struct sd_effect){0};
	e.reads = full.reads;
	e.writes = full.writes;
	e.xwrites = full.xmm_writes;
	for (unsigned int k = 0; k < o.n; k++)
		if (o.v[k].kind == SD_OPND_XMM && o.v[k].read && o.v[k].reg < 16)
			e.xreads |= 1u << o.v[k].reg;
	/* xor %eax,%eax reads nothing */
	if (o.n == 2 && o.v[0].kind == o.v[1].kind && o.v[0].reg == o.v[1].reg &&
	    o.op == SD_OP_XOR) {
		if (o.v[0].kind == SD_OPND_REG)
			e.reads &= ~(1u << o.v[0].reg);
		if (o.v[0].kind == SD_OPND_XMM)
			e.xreads &= ~(1u << o.v[0].reg);
	}
	if (in->cls == SD_INSN_CALL || in->cls == SD_INSN_CALL_IND) {
		e.reads |= call_reads(l, in);
		e.xreads |= 0x7fff;
		if (l->fn.lang == SD_LANG_GO) {
			e.writes |= 0xffffu & ~(1u << SD_RSP | 1u << SD_RBP | 1u << SD_R14);
			e.xwrites |= 0x7fff;
		}
	}
	if (in->cls == SD_INSN_RET) {
		e.reads |= arg_registers(SD_ARRAY_SIZE(int_args));
		e.xreads |= 0x7fff;
	}
	return e;
}

static struct sd_effect effect_of(const struct sd_lines *l, u32 i)
{
	struct sd_effect *e = &effects_in((struct sd_lines *)l)[i];

	if (!e->seen)
		*e = read_effect(l, i);
	e->seen = true;
	return *e;
}

enum use { UNUSED, READ, OVERWRITTEN };

/* What instruction i does to a place of the frame. */
static enum use frame_use(const struct sd_lines *l, u32 i, s64 off, u64 size)
{
	struct sd_frame fr = l->frames[i];
	const struct sd_insn *in = &l->flow.v.v[i];
	struct sd_operands o;
	enum use use = UNUSED;

	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&l->flow.code, in->addr, &o))
		return UNUSED;
	for (unsigned int k = 0; k < o.n; k++) {
		const struct sd_operand *v = &o.v[k];
		s32 base = v->base == SD_RSP ? fr.sp : v->base == SD_RBP ? fr.bp : SD_FRAME_UNKNOWN;
		s64 at;

		if (v->kind != SD_OPND_MEM || v->segment || base == SD_FRAME_UNKNOWN ||
		    (o.op == SD_OP_LEA && sd_operand_is_below(v)))
			continue;
		at = v->value - base;
		if (o.op == SD_OP_LEA ? at >= off && at < off + (s64)size
				      : at + (s64)v->size > off && at < off + (s64)size) {
			if (v->read || o.op == SD_OP_LEA || v->index != SD_OPND_NOREG)
				return READ;
			if (at <= off && at + (s64)v->size >= off + (s64)size)
				use = OVERWRITTEN;
		}
	}
	return use;
}

static bool frame_written(const struct sd_lines *l, u32 i, s64 off, u64 size)
{
	struct sd_frame fr = l->frames[i];
	const struct sd_insn *in = &l->flow.v.v[i];
	struct sd_operands o;

	if (in->cls != SD_INSN_OTHER || !sd_code_operands(&l->flow.code, in->addr, &o))
		return false;
	for (unsigned int k = 0; k < o.n; k++) {
		const struct sd_operand *v = &o.v[k];
		s32 base = v->base == SD_RSP ? fr.sp : v->base == SD_RBP ? fr.bp : SD_FRAME_UNKNOWN;
		s64 at = v->value - base;

		if (v->kind == SD_OPND_MEM && !v->segment && base != SD_FRAME_UNKNOWN &&
		    v->written && at + (s64)SD_MAX(v->size, (u16)1) > off && at < off + (s64)size)
			return true;
	}
	return false;
}

bool sd_code_writes(const struct sd_lines *l, u32 insn, const struct sd_piece *p)
{
	struct sd_effect e;

	if (p->kind == SD_PIECE_CFA)
		return frame_written(l, insn, p->off, p->size);
	e = effect_of(l, insn);
	if (!e.known)
		return true;
	return p->kind == SD_PIECE_XMM ? e.xwrites & 1u << p->reg
				       : p->kind == SD_PIECE_REG && e.writes & 1u << p->reg;
}

bool sd_code_computes(const struct sd_lines *l, u32 insn)
{
	struct sd_effect e = effect_of(l, insn);

	return !e.known || e.writes || e.xwrites;
}

bool sd_code_overwrites(const struct sd_lines *l, u32 insn, s64 off, u64 size)
{
	return frame_use(l, insn, off, size) == OVERWRITTEN;
}

bool sd_code_reads(const struct sd_lines *l, u32 insn, const struct sd_piece *p)
{
	struct sd_effect e;

	if (p->kind == SD_PIECE_CFA)
		return frame_use(l, insn, p->off, p->size) == READ;
	e = effect_of(l, insn);
	return !e.known || (p->kind == SD_PIECE_XMM   ? e.xreads & 1u << p->reg
			    : p->kind == SD_PIECE_REG ? e.reads & 1u << p->reg
						      : false);
}

static enum use use_of(const struct sd_lines *l, u32 i, const struct sd_piece *p, bool shared)
{
	u8 cls = l->flow.v.v[i].cls;
	struct sd_effect e;

	if (shared && (cls == SD_INSN_CALL || cls == SD_INSN_CALL_IND || cls == SD_INSN_RET))
		return READ;

	if (p->kind == SD_PIECE_CFA)
		return frame_use(l, i, p->off, p->size);
	e = effect_of(l, i);
	if (!e.known)
		return READ;
	if (p->kind == SD_PIECE_REG) {
		if (e.reads & 1u << p->reg)
			return READ;
		return e.writes & 1u << p->reg ? OVERWRITTEN : UNUSED;
	}
	if (e.xreads & 1u << p->reg)
		return READ;
	return e.xwrites & 1u << p->reg ? OVERWRITTEN : UNUSED;
}

/* A way through the code, by whether it has begun another turn of a loop. */
enum { SAME_TURN = 1, NEXT_TURN = 2 };

/* Whether instruction i, which reads the place, is of an earlier line than `line` in the same copy
 * of the source, and is no step or test of a loop around. */
static bool is_put_off(const struct sd_lines *l, u32 i, u32 insn, u32 line)
{
	u64 addr = l->flow.v.v[i].addr;
	const struct sd_dwarf_row *row = sd_code_row(&l->code, addr);
	const struct sd_blocks *bs = &l->blocks;

	if (!line || !row || !row->line || row->line >= line ||
	    sd_code_copy(&l->code, addr) != sd_code_copy(&l->code, l->flow.v.v[insn].addr))
		return false;
	for (u32 loop = bs->v[bs->of[insn]].loop; loop != SD_NO_BLOCK; loop = bs->v[loop].outer)
		if (sd_code_first_line(l, loop, sd_code_copy(&l->code, addr)) == row->line)
			return false;
	return true;
}

bool sd_code_is_live(struct sd_lines *l, u32 insn, const struct sd_piece *p, bool shared, u32 line)
{
	const struct sd_blocks *bs = &l->blocks;
	sd_autofree u8 *seen = sd_xcalloc(bs->n + 1, 1);
	sd_autofree u32 *work = sd_xcalloc(2 * (size_t)bs->n + 2, sizeof(*work));
	u32 n = 0, from = insn;

	sd_code_frames(l);
	work[n++] = bs->of[insn] << 2 | SAME_TURN;
	while (n) {
		u32 turn = work[--n] & 3, at = work[n] >> 2;
		const struct sd_block *b = &bs->v[at];
		u32 i = SD_MAX(from, b->first);
		enum use use = UNUSED;

		if (from != UINT32_MAX)
			from = UINT32_MAX;
		for (i = i == UINT32_MAX ? b->first : i; i < b->end && use == UNUSED; i++) {
			use = use_of(l, i, p, shared);
			if (use == READ &&
			    (turn == SAME_TURN ||
			     !sd_block_in_loop(bs, at, bs->v[bs->of[insn]].loop)) &&
			    is_put_off(l, i, insn, line))
				use = UNUSED;
		}
		if (use == READ)
			return true;
		if (use == OVERWRITTEN)
			continue;
		for (u32 k = 0; k < b->nsucc; k++) {
			u32 to = bs->edges[b->succ + k], how = turn;

			if (sd_block_dominates(bs, to, at) &&
			    sd_block_in_loop(bs, bs->of[insn], to))
				how = NEXT_TURN;
			if (!(seen[to] & how)) {
				seen[to] |= (u8)how;
				work[n++] = to << 2 | how;
			}
		}
	}
	return false;
}
