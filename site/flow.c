/* SPDX-License-Identifier: BSD-2-Clause */
/* A function's instructions, how control passes between them, and where its frame lies at each. */
#include <inttypes.h>
#include <string.h>

#include "site/priv.h"

struct sd_err *sd_code_init(struct sd_elf *elf, const struct sd_func *fn, struct sd_code *ret)
{
	struct sd_code c = {.fn = fn, .lo = fn->entry.v};
	u64 n = 0;

	if (fn->end.v <= fn->entry.v)
		return sd_err_new(SD_ERR_FAILED, "%s: its size is unknown", fn->name);
	c.p = sd_elf_bytes(elf, fn->entry, &n);
	if (!c.p || !n)
		return sd_err_new(SD_ERR_FAILED, "%s: its code at 0x%" PRIx64 " is not in the file",
				  fn->name, fn->entry.v);
	c.hi = fn->entry.v + SD_MIN(n, fn->end.v - fn->entry.v);
	if (c.hi - c.lo > SD_FLOW_MAX_SIZE)
		return sd_err_new(SD_ERR_FAILED,
				  "%s: a function of %" PRIu64 " bytes cannot be right", fn->name,
				  c.hi - c.lo);
	c.tail = c.hi;
	while (c.tail > c.lo && (c.p[c.tail - 1 - c.lo] == 0xcc || !c.p[c.tail - 1 - c.lo]))
		c.tail--;
	*ret = c;
	return NULL;
}

bool sd_code_insn(const struct sd_code *c, u64 addr, struct sd_insn *ret)
{
	if (addr < c->lo || addr >= c->hi)
		return false;
	return sd_insn_try(c->p + (addr - c->lo), c->hi - addr, addr, ret);
}

bool sd_code_operands(const struct sd_code *c, u64 addr, struct sd_operands *ret)
{
	if (addr < c->lo || addr >= c->hi)
		return false;
	return sd_insn_operands(c->p + (addr - c->lo), c->hi - addr, ret);
}

void sd_flow_deinit(struct sd_flow *f)
{
	sd_vec_free(&f->v);
}

struct sd_err *sd_flow_init(struct sd_elf *elf, const struct sd_func *fn, struct sd_flow *ret)
{
	struct sd_flow f = {0};
	u64 at;

	SD_TRY(sd_code_init(elf, fn, &f.code));
	sd_vec_reserve(&f.v, (f.code.hi - f.code.lo) / 4 + 1);
	for (at = f.code.lo; at < f.code.hi;) {
		struct sd_insn in;

		/* Padding only follows what does not go on. */
		if (at >= f.code.tail && f.v.n && !sd_insn_falls_through(&f.v.v[f.v.n - 1]))
			break;
		if (!sd_code_insn(&f.code, at, &in)) {
			if (at < f.code.tail)
				f.bad = at;
			break;
		}
		f.has_indirect_jump |= in.cls == SD_INSN_JMP_IND;
		sd_vec_push(&f.v, in);
		at += in.len;
	}
	*ret = f;
	return NULL;
}

u32 sd_flow_find(const struct sd_flow *f, u64 addr)
{
	size_t lo = 0, hi = f->v.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->v.v[mid].addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < f->v.n && f->v.v[lo].addr == addr ? (u32)lo : SD_FLOW_NONE;
}

bool sd_insn_falls_through(const struct sd_insn *in)
{
	switch (in->cls) {
	case SD_INSN_JMP:
	case SD_INSN_JMP_IND:
	case SD_INSN_RET:
	case SD_INSN_TRAP:
		return false;
	default:
		return true;
	}
}

static bool is_direct_jump(const struct sd_insn *in)
{
	return (in->cls == SD_INSN_JMP || in->cls == SD_INSN_JCC) && in->has_target;
}

void sd_flow_targets(const struct sd_flow *f, u8 *marks)
{
	for (size_t i = 0; i < f->v.n; i++) {
		u32 t;

		if (!is_direct_jump(&f->v.v[i]))
			continue;
		t = sd_flow_find(f, f->v.v[i].target);
		if (t != SD_FLOW_NONE)
			marks[t] = 1;
	}
}

static void visit(const struct sd_flow *f, u32 root, u32 without, u8 *marks, u32 *stack)
{
	u32 n = 0;

	if (root == without || marks[root])
		return;
	marks[root] = 1;
	stack[n++] = root;
	while (n) {
		u32 i = stack[--n];
		const struct sd_insn *in = &f->v.v[i];
		u32 next[2], k = 0;

		if (is_direct_jump(in))
			next[k++] = sd_flow_find(f, in->target);
		if (sd_insn_falls_through(in) && i + 1 < f->v.n)
			next[k++] = i + 1;
		while (k) {
			u32 to = next[--k];

			if (to == SD_FLOW_NONE || to == without || marks[to])
				continue;
			marks[to] = 1;
			stack[n++] = to;
		}
	}
}

void sd_flow_reach(const struct sd_flow *f, u32 without, u8 *marks)
{
	sd_autofree u32 *stack = sd_xcalloc(f->v.n + 1, sizeof(*stack));
	sd_autofree u8 *all = NULL;
	bool jumped = false;

	if (!f->v.n)
		return;
	visit(f, 0, without, marks, stack);
	if (!f->has_indirect_jump)
		return;
	for (size_t i = 0; i < f->v.n && !jumped; i++)
		jumped = marks[i] && f->v.v[i].cls == SD_INSN_JMP_IND;
	if (!jumped)
		return;
	/* The entries of a jump table are starts of code that nothing else leads to. */
	all = sd_xcalloc(f->v.n, 1);
	visit(f, 0, SD_FLOW_NONE, all, stack);
	for (u32 i = 1; i < f->v.n; i++) {
		if (all[i] || sd_insn_falls_through(&f->v.v[i - 1]) ||
		    f->v.v[i].cls == SD_INSN_TRAP)
			continue;
		visit(f, i, SD_FLOW_NONE, all, stack);
		visit(f, i, without, marks, stack);
	}
}

static s32 add_offset(s32 a, s64 b)
{
	s64 r = (s64)a + b;

	return a == SD_FRAME_UNKNOWN || r > INT32_MAX || r <= INT32_MIN ? SD_FRAME_UNKNOWN : (s32)r;
}

void sd_frame_step(const struct sd_code *c, const struct sd_insn *in, struct sd_frame *fr)
{
	struct sd_operands o;
	struct sd_insn full;
	struct sd_err *err;
	const struct sd_operand *dst = &o.v[0], *src = &o.v[1];

	if (!in->frame)
		return;
	err = sd_insn_decode(c->p + (in->addr - c->lo), c->hi - in->addr, in->addr, &full);
	if (err || !sd_code_operands(c, in->addr, &o)) {
		sd_err_free(err);
		fr->sp = fr->bp = SD_FRAME_UNKNOWN;
		return;
	}
	if (in->cls == SD_INSN_CALL || in->cls == SD_INSN_CALL_IND)
		return; /* the callee gives rsp and rbp back */
	if (!(full.writes & (1U << SD_RSP | 1U << SD_RBP)))
		return;
	if (o.op == SD_OP_PUSH && dst->size == 8) {
		fr->sp = add_offset(fr->sp, 8);
		return;
	}
	if (o.op == SD_OP_POP && dst->size == 8 && dst->kind == SD_OPND_REG && dst->reg != SD_RSP) {
		fr->sp = add_offset(fr->sp, -8);
		if (dst->reg == SD_RBP)
			fr->bp = SD_FRAME_UNKNOWN;
		return;
	}
	if (o.op == SD_OP_LEAVE) {
		fr->sp = add_offset(fr->bp, -8);
		fr->bp = SD_FRAME_UNKNOWN;
		return;
	}
	if (o.n == 2 && dst->kind == SD_OPND_REG && dst->size == 8 &&
	    (dst->reg == SD_RSP || dst->reg == SD_RBP)) {
		s32 *d = dst->reg == SD_RSP ? &fr->sp : &fr->bp;

		/* The CFA stays where it is: what is added to the register goes off its offset. */
		if ((o.op == SD_OP_ADD || o.op == SD_OP_SUB) && src->kind == SD_OPND_IMM) {
			*d = add_offset(*d, o.op == SD_OP_ADD ? -src->value : src->value);
			return;
		}
		if (o.op == SD_OP_MOV && src->kind == SD_OPND_REG &&
		    (src->reg == SD_RSP || src->reg == SD_RBP)) {
			*d = src->reg == SD_RSP ? fr->sp : fr->bp;
			return;
		}
		if (o.op == SD_OP_LEA && src->kind == SD_OPND_MEM && src->index == SD_OPND_NOREG &&
		    (src->base == SD_RSP || src->base == SD_RBP)) {
			*d = add_offset(src->base == SD_RSP ? fr->sp : fr->bp, -src->value);
			return;
		}
		*d = SD_FRAME_UNKNOWN;
		return;
	}
	if (in->mnemonic && full.writes & 1U << SD_RSP && o.n == 0 && full.writes_mem) {
		fr->sp = add_offset(fr->sp, 8); /* pushf */
		return;
	}
	if (full.writes & 1U << SD_RSP)
		fr->sp = SD_FRAME_UNKNOWN;
	if (full.writes & 1U << SD_RBP)
		fr->bp = SD_FRAME_UNKNOWN;
}

struct sd_cfa sd_frame_cfa(struct sd_frame fr)
{
	if (fr.sp != SD_FRAME_UNKNOWN)
		return (struct sd_cfa){.reg = SD_RSP, .known = true, .off = fr.sp};
	if (fr.bp != SD_FRAME_UNKNOWN)
		return (struct sd_cfa){.reg = SD_RBP, .known = true, .off = fr.bp};
	return (struct sd_cfa){.reg = SD_RSP};
}

struct frames {
	const struct sd_flow *f;
	struct sd_frame *at;
	u8 *seen;
	u8 *by_call; /* seen only because the call before it may return */
	u8 *queued;
	u8 *deferred;
	u32 *work; /* ring of cap */
	u32 first, last, cap;
	u32 *calls; /* queue: calls whose return is not followed yet */
	u32 calls_first, calls_last;
};

static void enqueue(struct frames *w, u32 i)
{
	if (w->queued[i])
		return;
	w->queued[i] = 1;
	w->work[w->last] = i;
	w->last = (w->last + 1) % w->cap;
}

/* Control comes to i with frame fr. Each part of a frame goes from known to unknown once, so this
 * ends. */
static void arrive(struct frames *w, u32 i, struct sd_frame fr)
{
	struct sd_frame *at = &w->at[i], old = *at;

	if (!w->seen[i]) {
		w->seen[i] = 1;
		*at = fr;
		enqueue(w, i);
		return;
	}
	if (i == 0)
		return; /* the function's start is a fact */
	if (at->sp != fr.sp)
		at->sp = SD_FRAME_UNKNOWN;
	if (at->bp != fr.bp)
		at->bp = SD_FRAME_UNKNOWN;
	if (at->sp != old.sp || at->bp != old.bp)
		enqueue(w, i);
}

/* A call may never return (panics): that its end leads to the next instruction counts for nothing
 * where something else does, so it is followed last. */
static void arrive_from_call(struct frames *w, u32 call, struct sd_frame fr)
{
	if (w->by_call[call + 1]) {
		arrive(w, call + 1, fr);
	} else if (!w->seen[call + 1] && !w->deferred[call]) {
		w->deferred[call] = 1;
		w->calls[w->calls_last++] = call;
	}
}

static void follow(struct frames *w)
{
	const struct sd_flow *f = w->f;

	while (w->first != w->last) {
		u32 i = w->work[w->first], t = SD_FLOW_NONE;
		const struct sd_insn *in = &f->v.v[i];
		struct sd_frame fr = w->at[i];

		w->first = (w->first + 1) % w->cap;
		w->queued[i] = 0;
		sd_frame_step(&f->code, in, &fr);
		if (is_direct_jump(in))
			t = sd_flow_find(f, in->target);
		if (t != SD_FLOW_NONE)
			arrive(w, t, fr);
		if (!sd_insn_falls_through(in) || i + 1 >= f->v.n)
			continue;
		if (in->cls == SD_INSN_CALL || in->cls == SD_INSN_CALL_IND)
			arrive_from_call(w, i, fr);
		else
			arrive(w, i + 1, fr);
	}
}

static void settle(struct frames *w)
{
	follow(w);
	while (w->calls_first < w->calls_last) {
		u32 call = w->calls[w->calls_first++];

		if (w->seen[call + 1])
			continue;
		w->by_call[call + 1] = 1;
		arrive(w, call + 1, w->at[call]);
		follow(w);
	}
}

/* Jump tables: code that nothing else leads to has the frame of the indirect jumps, where all of
 * them agree. Go's compiler only: in C such code may as well be reached from the function's cold
 * part or by an exception. */
static void follow_tables(struct frames *w)
{
	const struct sd_flow *f = w->f;
	struct sd_frame fr = {0};
	bool any = false;

	for (u32 i = 0; i < f->v.n; i++) {
		if (!w->seen[i] || f->v.v[i].cls != SD_INSN_JMP_IND)
			continue;
		if (!any)
			fr = w->at[i];
		if (fr.sp != w->at[i].sp)
			fr.sp = SD_FRAME_UNKNOWN;
		if (fr.bp != w->at[i].bp)
			fr.bp = SD_FRAME_UNKNOWN;
		any = true;
	}
	for (u32 i = 1; any && i < f->v.n; i++) {
		if (w->seen[i] || sd_insn_falls_through(&f->v.v[i - 1]))
			continue;
		arrive(w, i, fr);
		settle(w);
	}
}

void sd_flow_frame_regs(const struct sd_flow *f, struct sd_frame *at)
{
	u32 n = (u32)f->v.n;
	sd_autofree u8 *marks = sd_xcalloc(n + 1, 4);
	sd_autofree u32 *work = sd_xcalloc(n + 1, sizeof(*work));
	sd_autofree u32 *calls = sd_xcalloc(n + 1, sizeof(*calls));
	struct frames w = {.f = f,
			   .at = at,
			   .seen = marks,
			   .by_call = marks + n,
			   .queued = marks + 2 * (size_t)n,
			   .deferred = marks + 3 * (size_t)n,
			   .work = work,
			   .cap = n + 1,
			   .calls = calls};

	if (!n)
		return;
	arrive(&w, 0, (struct sd_frame){.sp = 8, .bp = SD_FRAME_UNKNOWN});
	settle(&w);
	if (f->has_indirect_jump && f->code.fn->lang == SD_LANG_GO && !f->code.fn->abi0)
		follow_tables(&w);
	for (u32 i = 0; i < n; i++)
		if (!w.seen[i])
			at[i] = (struct sd_frame){SD_FRAME_UNKNOWN, SD_FRAME_UNKNOWN};
}

void sd_flow_frames(const struct sd_flow *f, struct sd_cfa *ret)
{
	sd_autofree struct sd_frame *at = sd_xcalloc(f->v.n + 1, sizeof(*at));

	sd_flow_frame_regs(f, at);
	for (size_t i = 0; i < f->v.n; i++)
		ret[i] = sd_frame_cfa(at[i]);
}

struct sd_err *sd_site_fill(struct sd_elf *elf, const struct sd_code *c, u64 addr,
			    struct sd_site *ret)
{
	SD_TRY(sd_insn_decode(c->p + (addr - c->lo), c->hi - addr, addr, &ret->insn));
	ret->addr = (struct sd_vaddr){addr};
	if (ret->insn.completion == SD_REFUSED) {
		char text[96];

		return sd_err_new(
			SD_ERR_FAILED, "%s: no probe can be set on `%s` at 0x%" PRIx64, c->fn->name,
			sd_insn_text(c->p + (addr - c->lo), c->hi - addr, addr, text, sizeof(text)),
			addr);
	}
	if (!sd_elf_offset(elf, ret->addr, true, &ret->off))
		return sd_err_new(SD_ERR_FAILED, "%s: 0x%" PRIx64 " is not in executable code",
				  c->fn->name, addr);
	return NULL;
}

bool sd_code_may_fault(const struct sd_code *c, const struct sd_insn *in)
{
	struct sd_operands o;

	if (in->cls == SD_INSN_NOP || in->cls == SD_INSN_PUSH_REG)
		return false;
	if (!sd_code_operands(c, in->addr, &o))
		return true;
	for (unsigned int i = 0; i < o.n && o.op != SD_OP_LEA; i++)
		if (o.v[i].kind == SD_OPND_MEM && !o.v[i].segment && o.v[i].base != SD_RSP &&
		    o.v[i].base != SD_RIP)
			return true;
	return false;
}
