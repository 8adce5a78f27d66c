/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a function's entry is probed: at an instruction that runs exactly once a call while the
 * arguments still lie where the ABI put them, and that the kernel emulates where there is such a
 * one (DESIGN §4.2; FACTS B2, C3).
 */
#include <inttypes.h>
#include <string.h>

#include "site/priv.h"

#define GO_INT_ARGS                                                                                \
	(1U << SD_RAX | 1U << SD_RBX | 1U << SD_RCX | 1U << SD_RDI | 1U << SD_RSI | 1U << SD_R8 |  \
	 1U << SD_R9 | 1U << SD_R10 | 1U << SD_R11)
#define SYSV_INT_ARGS                                                                              \
	(1U << SD_RDI | 1U << SD_RSI | 1U << SD_RDX | 1U << SD_RCX | 1U << SD_R8 | 1U << SD_R9 |   \
	 1U << SD_RAX)

/* Registers whose values at function entry must still be there at the site. */
struct wanted {
	u32 ints;
	u32 xmms;
};

static struct wanted wanted_regs(const struct sd_func *fn, const struct sd_entry_request *req)
{
	struct wanted w = {0};

	if (req->lang != SD_LANG_GO)
		return (struct wanted){SYSV_INT_ARGS | 1U << SD_R10, 0xff};
	if (fn->abi0)
		return w;
	w.ints = 1U << SD_RDX; /* a closure's captured variables */
	if (!req->regabi)
		return w;
	w.ints |= 1U << SD_R14; /* g */
	if (req->arg_regs) {
		w.ints |= req->arg_regs & 0xffff;
		w.xmms |= req->arg_regs >> SD_XMM0 & 0x7fff;
	} else {
		w.ints |= GO_INT_ARGS;
		w.xmms |= 0x7fff;
	}
	return w;
}

/* Whether the code at addr is what a stack check jumps to: (spills,) call morestack, (reloads,)
 * jump back to the start. */
static bool is_morestack_call(const struct sd_code *c, u64 addr, u64 branch)
{
	unsigned int calls = 0;

	if (addr <= branch || addr >= c->hi)
		return false;
	for (unsigned int i = 0; i < 80; i++) {
		struct sd_insn in;

		if (!sd_code_insn(c, addr, &in))
			return false;
		if (in.cls == SD_INSN_CALL)
			calls++;
		else if (in.cls == SD_INSN_JMP)
			return calls == 1 && in.target >= c->lo && in.target < branch;
		else if (in.cls != SD_INSN_OTHER && in.cls != SD_INSN_NOP)
			return false;
		addr += in.len;
	}
	return false;
}

static bool is_reg(const struct sd_operand *o, u8 reg)
{
	return o->kind == SD_OPND_REG && o->size == 8 && o->reg == reg;
}

/* Registers of a stack check: g (r14, or rcx up to 1.16), and the scratch ones that it computes a
 * limit in. */
static bool is_check_scratch(u8 reg)
{
	return reg == SD_R12 || reg == SD_RAX || reg == SD_RSI || reg == SD_R13;
}

/* Whether the instruction at addr may be part of a stack check before its jbe: loads of g,
 * computing sp - framesize, and comparing. *cmp_ret: it compares with g's guard, or (≤ 1.16, huge
 * frames) with the frame's size. */
static bool is_check_part(const struct sd_code *c, const struct sd_insn *in, bool *cmp_ret,
			  bool *g_ret)
{
	const u8 *p = c->p + (in->addr - c->lo);
	size_t n = c->hi - in->addr;
	struct sd_operands o;
	s32 disp;
	u8 reg;

	*cmp_ret = false;
	if (sd_insn_is_go_stack_check_cmp(p, n, in->addr)) {
		*cmp_ret = true;
		return true;
	}
	if (sd_insn_is_fs_load(p, n, in->addr, &disp, &reg)) {
		*g_ret = true;
		return reg == SD_RCX || reg == SD_R14;
	}
	if (!sd_insn_operands(p, n, &o) || o.n != 2 || o.v[0].kind != SD_OPND_REG ||
	    o.v[0].size != 8)
		return false;
	switch (o.op) {
	case SD_OP_MOV:
		/* PIE and cgo: mov $-8 or off(%rip) to rcx; mov %fs:(%rcx) to rcx */
		if (is_reg(&o.v[0], SD_RCX) || is_reg(&o.v[0], SD_R14)) {
			bool fs = o.v[1].kind == SD_OPND_MEM && o.v[1].segment &&
				  o.v[1].base == o.v[0].reg;

			*g_ret |= fs;
			return fs || o.v[1].kind == SD_OPND_IMM ||
			       (o.v[1].kind == SD_OPND_MEM && o.v[1].base == 16 && !o.v[1].segment);
		}
		/* mov %rsp,%r12; mov 0x10(%rcx),%rsi */
		return is_check_scratch(o.v[0].reg) &&
		       (is_reg(&o.v[1], SD_RSP) ||
			(o.v[1].kind == SD_OPND_MEM && o.v[1].base == SD_RCX && *g_ret));
	case SD_OP_LEA:
		return is_check_scratch(o.v[0].reg) && o.v[1].base == SD_RSP &&
		       o.v[1].index == SD_OPND_NOREG;
	case SD_OP_SUB:
		return is_check_scratch(o.v[0].reg) &&
		       (o.v[1].kind == SD_OPND_IMM ||
			(o.v[1].kind == SD_OPND_REG && is_check_scratch(o.v[1].reg)));
	case SD_OP_CMP:
		if (!is_check_scratch(o.v[0].reg) || o.v[1].kind != SD_OPND_IMM || !*g_ret)
			return false;
		*cmp_ret = true;
		return true;
	default:
		return false;
	}
}

/* The address of the final jbe of Go's stack check; false when the function has none. All forms
 * of 1.15–1.27: cmp 16(g),sp; jbe · lea -N(sp),tmp; cmp 16(g),tmp; jbe · mov sp,tmp; sub $N,tmp;
 * jb; cmp 16(g),tmp; jbe mov 16(g),rsi; cmp $StackPreempt,rsi; je; lea 928(sp),rax; sub rsi,rax;
 * cmp $N,rax; jbe with g in r14, or loaded into rcx or r14 from thread-local storage first (up
 * to 1.16, and ABI0 functions). */
static bool find_stack_check(const struct sd_code *c, struct sd_insn *jbe_ret)
{
	u64 addr = c->lo, jumps_to = 0;
	bool cmp = false, g = false;

	for (unsigned int i = 0; i < 12; i++) {
		struct sd_insn in;

		if (!sd_code_insn(c, addr, &in))
			return false;
		if (in.cls == SD_INSN_JCC) {
			/* jb, je: to the same place as the jbe */
			if (jumps_to && in.target != jumps_to)
				return false;
			jumps_to = in.target;
			if (in.cc == 6 && cmp && is_morestack_call(c, in.target, addr)) {
				*jbe_ret = in;
				return true;
			}
			if (in.cc != 2 && in.cc != 4)
				return false;
		} else if (in.cls != SD_INSN_OTHER || !is_check_part(c, &in, &cmp, &g)) {
			return false;
		}
		addr += in.len;
	}
	return false;
}

u32 sd_code_lost_args(const struct sd_code *c, u64 *back_ret)
{
	u32 kept = 0;
	struct sd_insn jbe;
	u64 addr, back = 0;

	if (!find_stack_check(c, &jbe))
		return 0;
	addr = jbe.target;
	for (;;) { /* is_morestack_call() has seen its end */
		struct sd_insn in;
		sd_autoerr err = sd_insn_decode(c->p + (addr - c->lo), c->hi - addr, addr, &in);

		if (err || in.cls == SD_INSN_JMP)
			break;
		addr += in.len;
		if (in.cls == SD_INSN_CALL)
			back = addr;
		else if (back)
			kept |= in.writes | (u32)in.xmm_writes << SD_XMM0;
	}
	*back_ret = back;
	return (GO_INT_ARGS | 0x7fffu << SD_XMM0) & ~kept;
}

static struct sd_cfa cfa_at_entry(void)
{
	return (struct sd_cfa){.reg = SD_RSP, .known = true, .off = 8};
}

/* Go with a stack check: `push %rbp` behind it, else the jbe itself. */
static struct sd_err *after_stack_check(struct sd_elf *elf, const struct sd_code *c,
					const struct sd_insn *jbe, struct sd_site *site)
{
	struct sd_insn next;

	site->cfa = cfa_at_entry();
	if (sd_code_insn(c, jbe->addr + jbe->len, &next) && next.cls == SD_INSN_PUSH_REG &&
	    next.push_reg == SD_RBP && next.completion == SD_EMULATED) {
		site->why = "push after the stack check: emulated, once a call, arguments intact";
		return sd_site_fill(elf, c, next.addr, site);
	}
	site->drop_if_be = true;
	site->why = "branch of the stack check: emulated; a taken branch starts the function again "
		    "and is dropped";
	return sd_site_fill(elf, c, jbe->addr, site);
}

/* Whether what `in` does leaves arguments and frame as the ABI defines them at entry. */
static bool keeps_arguments(const struct sd_code *c, const struct sd_insn *in, struct wanted w,
			    struct sd_frame fr)
{
	struct sd_insn full;
	struct sd_operands o;
	struct sd_err *err = sd_insn_decode(c->p + (in->addr - c->lo), c->hi - in->addr, in->addr,
					    &full);

	if (err) {
		sd_err_free(err);
		return false;
	}
	if (full.writes & w.ints || full.xmm_writes & w.xmms)
		return false;
	if (!full.writes_mem)
		return true;
	if (in->cls == SD_INSN_PUSH_REG)
		return true;
	/* Other stores: below the return address only; any other may hit what an argument points
	 * to. */
	if (!sd_code_operands(c, in->addr, &o))
		return false;
	for (unsigned int i = 0; i < o.n; i++) {
		const struct sd_operand *v = &o.v[i];

		if (v->kind != SD_OPND_MEM || !v->written)
			continue;
		if (v->base != SD_RSP || v->index != SD_OPND_NOREG || v->segment ||
		    fr.sp == SD_FRAME_UNKNOWN || v->value + v->size > (s64)fr.sp - 8)
			return false;
		return true;
	}
	return false; /* an implicit store: stos, movs, push of memory, maskmov … */
}

/* Walks the entry block, from its start to the first jump or call (included), to the first place
 * that control comes back to, or to where arguments or frame are lost. Chooses the first
 * instruction from `first` on that can be probed; with want_emulated the first emulated one, if
 * any. False: there is none. */
static bool scan_entry_block(const struct sd_flow *f, u32 first, struct wanted w,
			     bool want_emulated, u32 *at_ret, struct sd_cfa *cfa_ret)
{
	sd_autofree u8 *target = sd_xcalloc(f->v.n + 1, 1);
	struct sd_frame fr = {.sp = 8, .bp = SD_FRAME_UNKNOWN};
	bool found = false;

	sd_flow_targets(f, target);
	for (u32 i = 0; i < f->v.n && !target[i]; i++) {
		const struct sd_insn *in = &f->v.v[i];
		bool emulated = in->completion == SD_EMULATED;

		if (i >= first && in->completion != SD_REFUSED && (!found || emulated)) {
			*at_ret = i;
			*cfa_ret = sd_frame_cfa(fr);
			found = true;
			if (emulated || !want_emulated)
				break;
		}
		if (!sd_insn_falls_through(in) || in->cls == SD_INSN_JCC ||
		    in->cls == SD_INSN_CALL || in->cls == SD_INSN_CALL_IND ||
		    sd_code_may_fault(&f->code, in) || !keeps_arguments(&f->code, in, w, fr))
			break;
		sd_frame_step(&f->code, in, &fr);
		if (fr.sp == SD_FRAME_UNKNOWN)
			break;
	}
	return found;
}

static struct sd_err *no_site(const struct sd_flow *f, u32 first)
{
	sd_autofree u8 *target = sd_xcalloc(f->v.n + 1, 1);

	if (!f->v.n)
		return sd_err_new(SD_ERR_FAILED, "%s: bytes at 0x%" PRIx64 " cannot be decoded",
				  f->code.fn->name, f->code.lo);
	sd_flow_targets(f, target);
	if (target[0] || (first < f->v.n && target[first]))
		return sd_err_new(SD_ERR_FAILED,
				  "%s: its first instruction is also the head of a loop, so that "
				  "hits would not be calls",
				  f->code.fn->name);
	return sd_err_new(
		SD_ERR_FAILED,
		"%s: no instruction at its start can be probed while the arguments are intact",
		f->code.fn->name);
}

static struct sd_err *go_without_check(struct sd_elf *elf, const struct sd_flow *f, struct wanted w,
				       struct sd_site *site)
{
	u32 at;

	if (!scan_entry_block(f, 0, w, true, &at, &site->cfa))
		return no_site(f, 0);
	if (f->v.v[at].completion != SD_EMULATED)
		site->why = "no stack check; nothing emulated while the arguments are intact: "
			    "first instruction";
	else if (at)
		site->why = "no stack check: first emulated instruction, arguments intact";
	else
		site->why = "no stack check: first instruction, emulated";
	return sd_site_fill(elf, &f->code, f->v.v[at].addr, site);
}

static struct sd_err *c_entry(struct sd_elf *elf, const struct sd_flow *f, struct wanted w,
			      struct sd_site *site)
{
	u32 first = f->v.n > 1 && f->v.v[0].cls == SD_INSN_ENDBR ? 1 : 0, at;

	if (!scan_entry_block(f, first, w, false, &at, &site->cfa))
		return no_site(f, first);
	if (at != first)
		site->why = "first instruction that can be probed, arguments intact";
	else if (f->v.v[at].cls == SD_INSN_PUSH_REG)
		site->why = first ? "push past endbr64" : "push at the entry";
	else
		site->why = first ? "first instruction past endbr64" : "first instruction";
	return sd_site_fill(elf, &f->code, f->v.v[at].addr, site);
}

struct sd_err *sd_site_entry(struct sd_elf *elf, const struct sd_func *fn,
			     const struct sd_entry_request *req, struct sd_arena *arena,
			     struct sd_site *ret)
{
	struct sd_site site = {.kind = SD_SITE_ENTRY, .args_at_abi = true};
	struct wanted w = wanted_regs(fn, req);
	struct sd_code c;
	struct sd_insn jbe;
	struct sd_flow f;
	struct sd_err *err;

	if (fn->runtime_internal)
		return sd_err_new(SD_ERR_FAILED,
				  "%s: a part of the runtime that must not be probed", fn->name);
	SD_TRY(sd_code_init(elf, fn, &c));
	if (req->lang == SD_LANG_GO && find_stack_check(&c, &jbe)) {
		SD_TRY(after_stack_check(elf, &c, &jbe, &site));
		if (req->regabi)
			site.frail = sd_code_lost_args(&c, &site.restart) & req->arg_regs;
		*ret = site;
		return NULL;
	}
	SD_TRY(sd_flow_init(elf, fn, &f));
	if (f.bad && f.v.n)
		err = sd_err_new(SD_ERR_FAILED, "%s: bytes at 0x%" PRIx64 " cannot be decoded",
				 fn->name, f.bad);
	else if (req->lang == SD_LANG_GO)
		err = go_without_check(elf, &f, w, &site);
	else
		err = c_entry(elf, &f, w, &site);
	sd_flow_deinit(&f);
	if (!err)
		*ret = site;
	return err;
}
