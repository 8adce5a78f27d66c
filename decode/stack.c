/* SPDX-License-Identifier: BSD-2-Clause */
/* From frame pointers to calls: which of the words that were captured are frames, and where they
 * end. */
#include "decode/stack.h"

#include <string.h>

#include "decode/decode.h"

struct walk {
	struct sd_arena *arena;
	struct sd_stack_frame *frames;
	struct sd_stack *out;
	u32 max;
	const char *callee; /* of the call that comes next; NULL: none yet */
};

/* Wrappers are left out as Go's tracebacks do: runtime.elideWrapperCalling(). */
static bool is_left_out(const struct walk *w, const struct sd_code_call *call)
{
	return call->wrapper && w->callee && strcmp(w->callee, "runtime.gopanic") &&
	       strcmp(w->callee, "runtime.sigpanic") && strcmp(w->callee, "runtime.panicwrap");
}

/* False when there is no room for all of them. */
static bool add(struct walk *w, const struct sd_code *code, u64 addr)
{
	for (u32 i = 0; i < code->n; i++) {
		const struct sd_code_call *call = &code->calls[i];
		bool left_out = is_left_out(w, call);

		w->callee = call->frame.func ? call->frame.func : "";
		if (left_out)
			continue;
		if (w->out->n == w->max) {
			w->out->end_why = sd_arena_printf(w->arena, "cut at %u frames", w->max);
			return false;
		}
		w->frames[w->out->n] = call->frame;
		w->frames[w->out->n++].addr = addr;
	}
	return true;
}

static const char *fault_at(struct walk *w, u64 addr)
{
	return sd_arena_printf(w->arena, "fault at 0x%llx", (unsigned long long)addr);
}

static const char *no_frame_pointer(struct walk *w, const struct sd_code *code)
{
	return sd_arena_printf(w->arena, "%s keeps no frame pointer",
			       code->name ? code->name : "its code");
}

/* Where the frame of code ends, when fp is its frame pointer and the stack pointer is sp in it; or
 * why that cannot be. */
static const char *frame_end(struct walk *w, const struct sd_code *code, u64 fp, u64 sp,
			     u64 *cfa_ret)
{
	u64 cfa = fp + 16;

	switch (code->kind) {
	case SD_FRAME_SIZE:
		if (code->delta <= 0 || cfa != sp + (u64)code->delta + 8)
			return no_frame_pointer(w, code);
		break;
	case SD_FRAME_KEPT:
		if (fp < sp)
			return no_frame_pointer(w, code);
		break;
	case SD_FRAME_SWITCH:
		break;
	case SD_FRAME_BREAK:
		return code->why;
	case SD_FRAME_NONE:
	case SD_FRAME_TOP:
	case SD_FRAME_END:
		return no_frame_pointer(w, code);
	}
	*cfa_ret = cfa;
	return NULL;
}

/* Why addr cannot be where a call of callee goes on; NULL: it can. */
static const char *is_no_return(struct walk *w, const struct sd_code *code, u64 addr,
				const struct sd_code *callee)
{
	bool other = callee->kind == SD_FRAME_SWITCH && code->call_target &&
		     code->call_target != callee->entry;

	if (code->kind == SD_FRAME_END || (code->after_call && !other))
		return NULL;
	return sd_arena_printf(w->arena, "0x%llx is no return address", (unsigned long long)addr);
}

static const char *walk_up(struct walk *w, const struct sdw_rec *rec, u64 cfa, u32 wanted,
			   const struct sd_code *code, sd_code_fn ask, void *ctx)
{
	u64 fp = 0, ret, at = cfa - 8;
	u32 n = 0, i = 0;
	const struct sdw_stack *stack = sd_record_stack(rec, &fp, &n);
	const char *why;

	ret = stack->ret;
	if (fp == cfa - 16 &&
	    n) { /* the probed function's own frame: its return address is known */
		if (stack->frames[0].ret != ret)
			return "the stack changed while it was read";
		fp = stack->frames[i++].up;
	}
	for (;;) {
		const struct sd_code *callee = code;

		if (!ret)
			return fault_at(w, at);
		code = ask(ctx, ret, callee->injected);
		why = callee->injected ? NULL : is_no_return(w, code, ret, callee);
		if (why || code->kind == SD_FRAME_END)
			return why;
		if (!add(w, code, ret))
			return w->out->end_why;
		if (code->kind == SD_FRAME_TOP)
			return NULL;
		why = frame_end(w, code, fp, cfa, &cfa);
		if (why)
			return why;
		if (i == n)
			return n >= wanted
				       ? sd_arena_printf(w->arena, "cut at %u frames", w->out->n)
				       : fault_at(w, fp);
		ret = stack->frames[i].ret;
		at = fp + 8;
		fp = stack->frames[i++].up;
	}
}

struct sd_stack *sd_stack_walk(const struct sdw_rec *rec, const struct sd_cfa *cfa, u32 wanted,
			       u32 max, sd_code_fn code, void *ctx, struct sd_arena *arena)
{
	u32 n;
	u64 fp, ip = rec->regs[SD_RIP];
	struct walk w = {.arena = arena, .max = max ? max : SDW_FRAMES_MAX};
	const struct sd_code *first;

	if (!sd_record_stack(rec, &fp, &n))
		return NULL;
	w.out = sd_arena_new(arena, struct sd_stack);
	w.frames = sd_arena_array(arena, struct sd_stack_frame, w.max);
	w.out->frames = w.frames;
	first = code(ctx, ip, true);
	if (!add(&w, first, ip) || first->kind == SD_FRAME_TOP)
		return w.out;
	if (!cfa->known || cfa->reg >= SDW_NREGS)
		w.out->end_why = "the frame is not known at this place";
	else
		w.out->end_why = walk_up(&w, rec, rec->regs[cfa->reg] + (u64)cfa->off, wanted,
					 first, code, ctx);
	return w.out;
}
