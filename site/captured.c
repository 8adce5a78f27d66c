/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a Go closure captured a variable: where DWARF says that "&x" is in a register from here on,
 * the instruction before loaded it from x's slot of the func value (by reference) or computed the
 * slot's own address (a copy). Code that is not optimized begins with one of the two for each slot.
 */
#include "site/priv.h"

enum { NEAR = 256 }; /* instructions of a closure that are looked at */

static bool is_frame(u8 reg)
{
	return reg == SD_RSP || reg == SD_RBP;
}

/* What an instruction does with the slot at off of the func value that base (any register that can
 * have it: SD_OPND_NOREG) has, when it makes the value of register reg. */
static enum sd_captured made(const struct sd_operands *o, u64 off, u8 base, u8 reg)
{
	const struct sd_operand *d = &o->v[0], *s = &o->v[1];

	if (o->op == SD_OP_ADD && o->n >= 2 && d->kind == SD_OPND_REG && d->size == 8 &&
	    d->reg == reg && s->kind == SD_OPND_IMM && s->value == (s64)off)
		return SD_CAPTURED_COPY; /* the func value's address was in reg */
	if ((o->op != SD_OP_MOV && o->op != SD_OP_LEA) || o->n < 2 || d->kind != SD_OPND_REG ||
	    d->size != 8 || s->kind != SD_OPND_MEM || s->segment || s->index != SD_OPND_NOREG ||
	    s->base > 15 || is_frame(s->base) || s->value != (s64)off)
		return SD_CAPTURED_UNKNOWN;
	if ((base != SD_OPND_NOREG && s->base != base) || (reg != SD_OPND_NOREG && d->reg != reg))
		return SD_CAPTURED_UNKNOWN;
	return o->op == SD_OP_LEA ? SD_CAPTURED_COPY : SD_CAPTURED_REF;
}

/* Whether the instruction reads a part of x that no pointer to it can lie in: only a copy has it.
 */
static bool reads_inside(const struct sd_operands *o, const struct sd_capture *c)
{
	for (u32 i = 0; i < o->n && !c->generic; i++) {
		const struct sd_operand *m = &o->v[i];

		if (m->kind == SD_OPND_MEM && m->base == SD_RDX && m->index == SD_OPND_NOREG &&
		    !m->segment && m->value >= (s64)c->off + 8 &&
		    m->value < (s64)(c->off + c->size))
			return true;
	}
	return false;
}

/* Whether reg has the address of x from pc on, and the instruction before says whence. */
static enum sd_captured at_place(const struct sd_capture *c, const struct sd_operands *o, u64 pc)
{
	for (u32 i = 0; i < c->n; i++)
		if (c->at[i].pc == pc)
			return made(o, c->off, SD_OPND_NOREG, c->at[i].reg);
	return SD_CAPTURED_UNKNOWN;
}

enum sd_captured sd_site_captured(void *ctx, const struct sd_capture *c)
{
	struct sd_func fn = {.name = "closure", .entry = c->entry, .end = c->end};
	bool has_rdx = true; /* the func value's address, at the entry */
	sd_autoerr err = NULL;
	struct sd_code code;
	struct sd_insn in;
	u64 at = c->entry.v;

	err = sd_code_init(ctx, &fn, &code);
	if (err)
		return SD_CAPTURED_UNKNOWN;
	for (u32 n = 0; n < NEAR && at < code.hi; n++, at += in.len) {
		enum sd_captured how = SD_CAPTURED_UNKNOWN;
		struct sd_operands o;
		sd_autoerr bad = NULL;

		if (!sd_code_insn(&code, at, &in) || !sd_code_operands(&code, at, &o))
			break;
		if (c->fixed && has_rdx)
			how = made(&o, c->off, SD_RDX, SD_OPND_NOREG);
		else if (!c->fixed)
			how = at_place(c, &o, at + in.len);
		if (how == SD_CAPTURED_UNKNOWN && has_rdx && !c->fixed && reads_inside(&o, c))
			how = SD_CAPTURED_COPY;
		if (how != SD_CAPTURED_UNKNOWN)
			return how;
		if (in.cls == SD_INSN_CALL || in.cls == SD_INSN_CALL_IND)
			has_rdx = false;
		else if (o.n && o.v[0].kind == SD_OPND_REG && o.v[0].reg == SD_RDX &&
			 o.v[0].written)
			has_rdx = false;
	}
	return SD_CAPTURED_UNKNOWN;
}
