/* SPDX-License-Identifier: BSD-2-Clause */
/* Where Go's signal handler is probed for the frame of a signal: an instruction that the kernel
 * emulates and at which the handler's arguments are known to be in registers. */
#include <string.h>

#include "lib/session.h"

/* The first call of fn, up to which no register of the set `kept` is written; false: none such. */
static bool first_call(const struct sd_module *m, const struct sd_func *fn, u32 kept,
		       struct sd_insn *ret)
{
	struct sd_insn in;

	for (u64 pc = fn->entry.v; pc < fn->end.v; pc += in.len) {
		if (!sd_floats_insn(m, pc, &in))
			return false;
		if (in.cls == SD_INSN_CALL || in.cls == SD_INSN_CALL_IND) {
			*ret = in;
			return true;
		}
		if (in.writes & kept || (in.cls != SD_INSN_OTHER && in.cls != SD_INSN_NOP))
			return false;
	}
	return false;
}

static bool operands_at(const struct sd_module *m, u64 pc, struct sd_operands *ret)
{
	u64 have = 0;
	const u8 *bytes = sd_elf_bytes(m->elf, (struct sd_vaddr){pc}, &have);

	return bytes && sd_insn_operands(bytes, have, ret) && ret->n >= 2;
}

static bool is_at_sp(const struct sd_operand *o, s64 off)
{
	return o->kind == SD_OPND_MEM && o->base == SD_RSP && o->index == SD_OPND_NOREG &&
	       !o->segment && o->size == 8 && o->value == off;
}

static bool is_rdx(const struct sd_operand *o)
{
	return o->kind == SD_OPND_REG && o->reg == SD_RDX && o->size == 8;
}

/* Whether the last thing that fn does with rdx up to `call` is to load it from the third word of
 * its arguments on the stack. */
static bool loads_third(const struct sd_module *m, const struct sd_func *fn, u64 call)
{
	s64 frame = 0; /* bytes below the return address */
	bool loaded = false;
	struct sd_operands o;
	struct sd_insn in;

	for (u64 pc = fn->entry.v; pc < call; pc += in.len) {
		if (!sd_floats_insn(m, pc, &in))
			return false;
		if (!(in.writes & (1u << SD_RSP | 1u << SD_RDX)))
			continue;
		if (!operands_at(m, pc, &o))
			return false;
		if (in.writes >> SD_RSP & 1) {
			if (frame || o.op != SD_OP_SUB || o.v[1].kind != SD_OPND_IMM)
				return false;
			frame = o.v[1].value;
		}
		if (in.writes >> SD_RDX & 1)
			loaded = o.op == SD_OP_MOV && is_rdx(&o.v[0]) &&
				 is_at_sp(&o.v[1], frame + 8 + 16);
	}
	return loaded;
}

/* Whether fn's last store above the stack pointer at 16 up to `call` is of rdx. */
static bool stores_third(const struct sd_module *m, const struct sd_func *fn, u64 call)
{
	bool stored = false;
	struct sd_operands o;
	struct sd_insn in;

	for (u64 pc = fn->entry.v; pc < call; pc += in.len) {
		if (!sd_floats_insn(m, pc, &in))
			return false;
		if (in.writes >> SD_RSP & 1)
			stored = false;
		else if (operands_at(m, pc, &o) && o.op == SD_OP_MOV && is_at_sp(&o.v[0], 16))
			stored = is_rdx(&o.v[1]);
	}
	return stored;
}

/*
 * Where the handler's first and third argument are in rdi and rdx. From 1.17 on that is the call of
 * runtime.sigtrampgo in runtime.sigtramp (cgoSigtramp jumps there). Before, that call is an
 * indirect one, which the kernel single-steps, and it is the first call in runtime.sigtrampgo,
 * which loads rdx for it from its own arguments (1.15, 1.16). All of this is checked here.
 */
static bool is_frame_site(struct sd_module *m, const struct sd_func *tramp,
			  const struct sd_func *callee, struct sd_site *ret)
{
	const u32 args = 1u << SD_RDI | 1u << SD_RSI | 1u << SD_RDX;
	struct sd_insn call, in;

	if (!first_call(m, tramp, args, &call))
		return false;
	if (call.cls == SD_INSN_CALL)
		return call.target == callee->entry.v &&
		       sd_site_call_to(m->elf, tramp, callee->entry, ret) &&
		       ret->addr.v == call.addr;
	return stores_third(m, tramp, call.addr) && first_call(m, callee, 1u << SD_RDI, &in) &&
	       in.cls == SD_INSN_CALL && loads_third(m, callee, in.addr) &&
	       sd_site_call_to(m->elf, callee, (struct sd_vaddr){in.target}, ret) &&
	       ret->addr.v == in.addr;
}

bool sd_floats_frame_site(struct sd_module *m, struct sd_site *ret)
{
	u32 n = sd_go_nfuncs(m->go);
	struct sd_func tramp, callee;

	for (u32 i = 0; i < n; i++) {
		if (!sd_go_func(m->go, i, &tramp) || strcmp(tramp.name, "runtime.sigtramp"))
			continue;
		for (u32 k = 0; k < n; k++) /* one of each calling convention */
			if (sd_go_func(m->go, k, &callee) &&
			    !strcmp(callee.name, "runtime.sigtrampgo") &&
			    is_frame_site(m, &tramp, &callee, ret))
				return true;
	}
	return false;
}
