/* SPDX-License-Identifier: BSD-2-Clause */
/* What decode/stack.c asks of the binary: which function, file and line an address is, and how the
 * frame there lies. Remembered by address: the same few come again and again. */
#include "lib/stack.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_INLINED = 64, MAX_CODES = 1 << 16 };

struct sd_stacks {
	struct sd_arena arena;
	struct sd_map codes; /* key_of() → struct sd_code */
	struct {	     /* the mapping that was asked for last */
		u32 pid;
		u64 lo, hi;
		const char *path;
	} mapping;
};

/* At one hit. */
struct asker {
	struct sonde_session *s;
	struct sd_module *module;
	u64 bias;
	u32 pid;
};

void sd_stacks_destroy(struct sd_stacks *k)
{
	if (!k)
		return;
	sd_map_deinit(&k->codes);
	sd_arena_deinit(&k->arena);
	free(k);
}

void sd_stack_plan(struct sonde_session *s, struct sd_point *p, u32 frames)
{
	bool go = p->traced != SD_NO_TRACED && s->traced.v[p->traced].fn.lang == SD_LANG_GO;

	sd_plan_stack(go ? sd_go_layout(p->module->go) : NULL, &p->site, frames, &p->wire);
}

/* ---- how the frame of a function lies ---- */

/* The runtime's functions at which stacks begin, change or end: runtime/asm_amd64.s,
 * runtime/sys_linux_amd64.s. */
static void special(const struct sd_module *m, const struct sd_func *fn, struct sd_code *c)
{
	static const struct {
		const char *name;
		enum sd_code_frame kind;
		const char *why;
	} table[] = {
		{"goexit", SD_FRAME_END, NULL},
		{"mstart", SD_FRAME_TOP, NULL},
		{"rt0_go", SD_FRAME_TOP, NULL},
		{"mcall", SD_FRAME_TOP, NULL},
		{"morestack", SD_FRAME_TOP, NULL},
		{"sigtramp", SD_FRAME_TOP, NULL},
		{"cgoSigtramp", SD_FRAME_TOP, NULL},
		{"cgocallback", SD_FRAME_BREAK, "called from C"},
		{"cgocallback_gofunc", SD_FRAME_BREAK, "called from C"},
		{"systemstack", SD_FRAME_SWITCH, "the goroutine's own stack is not followed"},
		{"asmcgocall", SD_FRAME_SWITCH, "the goroutine's own stack is not followed"},
	};
	static const char *const injected[] = {"sigpanic", "asyncPreempt", "debugCallV1",
					       "debugCallV2"};
	const char *name;

	if (strncmp(fn->name, "runtime.", 8))
		return;
	name = fn->name + 8;
	for (size_t i = 0; i < SD_ARRAY_SIZE(injected); i++)
		c->injected |= !strcmp(name, injected[i]);
	if (fn->wrapper)
		return;
	for (size_t i = 0; i < SD_ARRAY_SIZE(table); i++) {
		if (strcmp(name, table[i].name))
			continue;
		c->kind = table[i].kind;
		c->why = table[i].why;
		/* they keep a frame pointer since Go 1.21 (cmd/internal/obj/x86: hasCalls) */
		if (c->kind == SD_FRAME_SWITCH && sd_go_version(m->go)->minor < 21)
			c->kind = SD_FRAME_BREAK;
	}
}

/* C functions that keep a frame pointer begin with push %rbp; mov %rsp,%rbp. */
static bool begins_with_frame(const struct sd_module *m, const struct sd_func *fn)
{
	static const u8 endbr[] = {0xf3, 0x0f, 0x1e, 0xfa}, push_mov[] = {0x55, 0x48, 0x89, 0xe5};
	u64 n = 0;
	const u8 *p = sd_elf_bytes(m->elf, fn->entry, &n);

	if (p && n >= 4 && !memcmp(p, endbr, 4)) {
		p += 4;
		n -= 4;
	}
	return p && n >= 4 && !memcmp(p, push_mov, 4);
}

/* ---- what precedes a return address ---- */

static bool insn_ends_at(const struct sd_module *m, u64 pc, u32 len, struct sd_insn *ret)
{
	u64 n = 0;
	const u8 *p = sd_elf_bytes(m->elf, (struct sd_vaddr){pc - len}, &n);

	return p && n >= len && sd_insn_try(p, len, pc - len, ret) && ret->len == len;
}

/* The direct call at pc. */
static bool direct_call_at(const struct sd_module *m, u64 pc, u64 *target_ret)
{
	struct sd_insn in;
	u64 n = 0;
	const u8 *p = sd_elf_bytes(m->elf, (struct sd_vaddr){pc}, &n);

	if (!p || !sd_insn_try(p, n, pc, &in) || in.cls != SD_INSN_CALL || !in.has_target)
		return false;
	*target_ret = in.target;
	return true;
}

/* Whether a call may go on at pc; *target_ret: which, 0 unknown. Up to Go 1.17 deferred functions
 * return to the call of runtime.deferreturn itself (runtime.jmpdefer). */
static bool follows_call(struct sd_module *m, u64 pc, u64 *target_ret)
{
	static const u8 lengths[] = {5, 2, 3, 6, 7, 4, 8};
	struct sd_insn in;
	struct sd_func fn;
	u64 target;

	*target_ret = 0;
	for (size_t i = 0; i < sizeof(lengths); i++) {
		if (!insn_ends_at(m, pc, lengths[i], &in))
			continue;
		if (in.cls == SD_INSN_CALL && in.has_target)
			*target_ret = in.target;
		if (in.cls == SD_INSN_CALL || in.cls == SD_INSN_CALL_IND)
			return true;
	}
	return m->go && sd_go_version(m->go)->minor < 18 && direct_call_at(m, pc, &target) &&
	       sd_module_func_at(m, (struct sd_vaddr){target}, &fn) &&
	       !strcmp(fn.name, "runtime.deferreturn");
}

/* ---- names ---- */

/* As Go's tracebacks have it: "main.Max[...]". */
static const char *shown_name(const char *name, struct sd_arena *arena)
{
	const char *open = strchr(name, '['), *close = strrchr(name, ']');

	if (!open || !close || close < open)
		return name;
	return sd_arena_printf(arena, "%.*s[...]%s", (int)(open - name), name, close + 1);
}

static void name_go(struct sd_module *m, u64 pc, struct sd_arena *arena, struct sd_code *c)
{
	struct sd_go_frame frames[MAX_INLINED];
	u32 n = sd_go_frames_at(m->go, (struct sd_vaddr){pc}, frames, MAX_INLINED);
	struct sd_code_call *calls;

	if (n > MAX_INLINED) {
		frames[MAX_INLINED - 1] = (struct sd_go_frame){.func = c->name};
		n = MAX_INLINED;
	}
	calls = sd_arena_array(arena, struct sd_code_call, n);
	for (u32 i = 0; i < n; i++) {
		calls[i].wrapper = frames[i].wrapper;
		calls[i].frame = (struct sd_stack_frame){
			.func = shown_name(frames[i].func, arena),
			.file = frames[i].file,
			.line = frames[i].line,
			.inlined = frames[i].inlined,
		};
	}
	c->calls = calls;
	c->n = n;
}

static const char *mapped_file(struct asker *a, u64 addr)
{
	struct sd_stacks *k = a->s->stacks;
	sd_autofree char *path = NULL;
	u64 lo, hi;

	if (k->mapping.pid == a->pid && addr >= k->mapping.lo && addr < k->mapping.hi)
		return k->mapping.path;
	path = sd_target_mapping((pid_t)a->pid, addr, &lo, &hi);
	if (!path)
		return NULL;
	k->mapping.pid = a->pid;
	k->mapping.lo = lo;
	k->mapping.hi = hi;
	k->mapping.path = sd_arena_strdup(&k->arena, path);
	return k->mapping.path;
}

/* ---- code ---- */

static struct sd_code *new_code(struct asker *a, struct sd_arena *arena, u64 pc, bool exact)
{
	struct sd_code *c = sd_arena_new(arena, struct sd_code);
	struct sd_vaddr at = {exact ? pc : pc - 1};
	struct sd_code_call *one;
	struct sd_module *m = a->module;
	struct sd_func fn;

	c->after_call = !exact && follows_call(m, pc, &c->call_target);
	if (!sd_module_func_at(m, at, &fn))
		return NULL;
	c->name = shown_name(fn.name, arena);
	c->entry = fn.entry.v;
	if (fn.lang == SD_LANG_GO) {
		if (sd_go_spdelta(m->go, at, &c->delta))
			c->kind = SD_FRAME_SIZE;
		special(m, &fn, c);
		name_go(m, at.v, arena, c);
		if (c->n)
			return c;
	} else if (begins_with_frame(m, &fn)) {
		c->kind = SD_FRAME_KEPT;
	}
	one = sd_arena_new(arena, struct sd_code_call);
	one->frame.func = c->name;
	c->calls = one;
	c->n = 1;
	return c;
}

/* Code of another file: its name at most. */
static const struct sd_code *foreign(struct asker *a, u64 addr)
{
	struct sd_code *c = sd_arena_new(&a->s->event_arena, struct sd_code);
	struct sd_code_call *one = sd_arena_new(&a->s->event_arena, struct sd_code_call);

	one->frame.module = mapped_file(a, addr);
	*c = (struct sd_code){.calls = one,
			      .n = 1,
			      .kind = SD_FRAME_BREAK,
			      .why = "the code there is not known",
			      .after_call = true}; /* as far as can be told */
	return c;
}

static const struct sd_code *code_at(void *ctx, u64 addr, bool exact)
{
	struct asker *a = ctx;
	struct sd_stacks *k = a->s->stacks;
	u64 pc = addr - a->bias, key = pc << 1 ^ exact ^ (u64)a->module->index << 56;
	u64 *known = sd_map_get(&k->codes, key);
	struct sd_code *c;

	if (known && *known)
		return (const struct sd_code *)(uintptr_t)*known;
	c = new_code(a, k->codes.n < MAX_CODES ? &k->arena : &a->s->event_arena, pc, exact);
	if (!c)
		return foreign(a, addr);
	if (k->codes.n < MAX_CODES)
		*sd_map_put(&k->codes, key, NULL) = (u64)(uintptr_t)c;
	return c;
}

static void set_creator(struct asker *a, const struct sdw_rec *rec, struct sd_stack *ret)
{
	u64 fp;
	u32 n;
	const struct sdw_stack *raw = sd_record_stack(rec, &fp, &n);
	struct sd_vaddr pc = {raw->gopc - a->bias - 1};
	struct sd_func fn;

	/* the first goroutine was made by no `go` statement */
	if (!raw->gopc || rec->goid <= 1 || !a->module->go ||
	    !sd_module_func_at(a->module, pc, &fn) || fn.lang != SD_LANG_GO)
		return;
	ret->has_creator = true;
	ret->creator = code_at(a, raw->gopc, false)->calls[0].frame;
	ret->creator.addr = raw->gopc;
	ret->creator_goid = raw->parent;
}

const struct sd_stack *sd_stack_of(struct sonde_session *s, const struct sdw_rec *rec, u32 max,
				   struct sd_arena *arena)
{
	const struct sd_point *p = &s->points.v[rec->site];
	struct asker a = {.s = s,
			  .module = p->module,
			  .bias = rec->regs[SD_RIP] - p->site.addr.v,
			  .pid = rec->pid};
	struct sd_stack *stack;

	if (!p->wire.frames)
		return NULL;
	if (!s->stacks)
		s->stacks = sd_xcalloc(1, sizeof(*s->stacks));
	stack = sd_stack_walk(rec, &p->site.cfa, p->wire.frames, max, code_at, &a, arena);
	if (stack)
		set_creator(&a, rec, stack);
	return stack;
}
