/* SPDX-License-Identifier: BSD-2-Clause */
/* Call stacks from synthetic records: recursion, frames that are set up already or not yet, callers
 * that keep no frame pointer, stacks that change, damaged chains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/decode.h"
#include "decode/stack.h"

enum { CODE = 0x400000, SP = 0xc000001000, WANTED = 8, SIZE = 0x40 };

/* Functions of 0x100 bytes from CODE on, by their letters; what lies there is in `table`. */
struct function {
	const char *name;
	enum sd_code_frame kind;
	bool wrapper, injected;
};

static const struct function table[] = {
	['a' - 'a'] = {"a", SD_FRAME_SIZE, false, false},
	['b' - 'a'] = {"b", SD_FRAME_SIZE, false, false},
	['c' - 'a'] = {"c", SD_FRAME_KEPT, false, false},
	['d' - 'a'] = {"d", SD_FRAME_NONE, false, false},
	['e' - 'a'] = {"e", SD_FRAME_END, false, false},
	['f' - 'a'] = {"runtime.sigpanic", SD_FRAME_SIZE, false, true},
	['g' - 'a'] = {"runtime.gopanic", SD_FRAME_SIZE, false, false},
	['h' - 'a'] = {"h", SD_FRAME_BREAK, false, false},
	['s' - 'a'] = {"s", SD_FRAME_SWITCH, false, false},
	['t' - 'a'] = {"t", SD_FRAME_TOP, false, false},
	['w' - 'a'] = {"w", SD_FRAME_SIZE, true, false},
};

struct fixture {
	struct sd_arena arena;
	struct sd_cfa cfa;
	u32 max;
	u64 call_target;
	bool inlined;
	u64 no_call; /* a return address that follows no call */
	union {
		struct sdw_rec rec;
		u8 bytes[4096];
	};
};

static u64 code(char letter)
{
	return CODE + 0x100 * (u64)(letter - 'a') + 0x10;
}

static const struct sd_code *code_at(void *ctx, u64 addr, bool exact)
{
	struct fixture *f = ctx;
	struct sd_code *c = sd_arena_new(&f->arena, struct sd_code);
	struct sd_code_call *calls = sd_arena_array(&f->arena, struct sd_code_call, 2);
	u64 i = (addr - CODE) / 0x100;
	const struct function *fn = addr >= CODE && i < SD_ARRAY_SIZE(table) ? &table[i] : NULL;

	if (!fn || !fn->name) {
		*c = (struct sd_code){.calls = calls,
				      .n = 1,
				      .kind = SD_FRAME_BREAK,
				      .why = "far",
				      .after_call = true};
		return c;
	}
	c->calls = calls;
	if (f->inlined && fn->name[0] == 'b')
		calls[c->n++].frame = (struct sd_stack_frame){.func = "inl", .inlined = true};
	calls[c->n].wrapper = fn->wrapper;
	calls[c->n++].frame.func = fn->name;
	c->name = fn->name;
	c->entry = addr & ~0xffull;
	c->kind = fn->kind;
	c->delta = SIZE - 8;
	c->why = "broken here";
	c->injected = fn->injected;
	c->after_call = !exact && addr != f->no_call;
	c->call_target = f->call_target;
	return c;
}

/*
 * A record in the function `calls[0]`, called by calls[1] and so on, each with a frame of SIZE
 * bytes. own: the first one's frame is set up.
 */
static void fill(struct fixture *f, const char *calls, bool own)
{
	struct sdw_range *range = (void *)(&f->rec + 1);
	struct sdw_stack *stack = (void *)(range + 1);
	u64 cfa = SP + (own ? SIZE : 8), fp;
	u32 n = 0;

	memset(f->bytes, 0, sizeof(f->bytes));
	f->rec.version = SDW_VERSION;
	f->rec.nranges = 1;
	f->rec.regs[SD_RIP] = code(calls[0]);
	f->rec.regs[SD_RSP] = SP;
	f->rec.regs[SD_RBP] = own ? cfa - 16 : cfa + SIZE - 16;
	f->cfa = (struct sd_cfa){.known = true, .reg = SD_RSP, .off = (s64)(cfa - SP)};
	stack->ret = calls[1] ? code(calls[1]) : 0;
	fp = f->rec.regs[SD_RBP];
	for (const char *p = calls + !own; *p && p[1] && n < WANTED; p++) {
		stack->frames[n++] = (struct sdw_frame){.up = fp + SIZE, .ret = code(p[1])};
		fp += SIZE;
	}
	*range = (struct sdw_range){
		.addr = f->rec.regs[SD_RBP], .len = (u32)SDW_STACK_BYTES(n), .status = SDW_STACK};
	f->rec.size = (u32)(sizeof(f->rec) + sizeof(*range) + range->len);
}

static struct sdw_stack *raw(struct fixture *f)
{
	return (void *)((u8 *)(&f->rec + 1) + sizeof(struct sdw_range));
}

/* "a<b<c|why" */
static const char *walk(struct fixture *f)
{
	struct sd_stack *s = sd_stack_walk(&f->rec, &f->cfa, WANTED, f->max, code_at, f, &f->arena);
	const char *text = "";

	assert_non_null(s);
	for (u32 i = 0; i < s->n; i++)
		text = sd_arena_printf(&f->arena, "%s%s%s", text, i ? "<" : "",
				       s->frames[i].func ? s->frames[i].func : "?");
	return s->end_why ? sd_arena_printf(&f->arena, "%s|%s", text, s->end_why) : text;
}

static void assert_walk(struct fixture *f, const char *calls, const char *want)
{
	fill(f, calls, false);
	assert_string_equal(walk(f), want);
	fill(f, calls, true);
	assert_string_equal(walk(f), want);
}

static int setup(void **state)
{
	*state = sd_xcalloc(1, sizeof(struct fixture));
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sd_arena_deinit(&f->arena);
	free(f);
	return 0;
}

static void test_whole(void **state)
{
	assert_walk(*state, "abe", "a<b");
	assert_walk(*state, "aaaaae", "a<a<a<a<a");
	assert_walk(*state, "abt", "a<b<t");
	assert_walk(*state, "ae", "a");
	assert_walk(*state, "t", "t");
	assert_walk(*state, "acbe", "a<c<b");
}

static void test_inlined(void **state)
{
	struct fixture *f = *state;

	f->inlined = true;
	assert_walk(f, "abbe", "a<inl<b<inl<b");
	f->max = 3;
	assert_walk(f, "abbe", "a<inl<b|cut at 3 frames");
}

static void test_wrappers(void **state)
{
	assert_walk(*state, "awbe", "a<b");
	assert_walk(*state, "wbe", "w<b");
	assert_walk(*state, "agwbe", "a<runtime.gopanic<w<b");
}

static void test_cut(void **state)
{
	struct fixture *f = *state;

	f->max = 4;
	assert_walk(f, "aaaae", "a<a<a<a");
	assert_walk(f, "aaaaae", "a<a<a<a|cut at 4 frames");
	f->max = WANTED;
	assert_walk(f, "aaaaaaaaaaaae", "a<a<a<a<a<a<a<a|cut at 8 frames");
}

static void test_ends(void **state)
{
	struct fixture *f = *state;

	assert_walk(f, "adbe", "a<d|d keeps no frame pointer");
	assert_walk(f, "ahbe", "a<h|broken here");
	assert_walk(f, "az", "a<?|far");
	f->no_call = code('b');
	assert_walk(f, "aabe", "a<a|0x400110 is no return address");
	assert_walk(f, "afbe", "a<runtime.sigpanic<b"); /* it was not called */
	f->no_call = 0;
	fill(f, "abe", false);
	f->cfa.known = false;
	assert_string_equal(walk(f), "a|the frame is not known at this place");
	fill(f, "abe", false);
	raw(f)->ret = 0;
	assert_string_equal(walk(f), "a|fault at 0xc000001000");
}

/* A frame pointer that is not the caller's: the caller's caller would be shown in its place. */
static void test_skipped(void **state)
{
	struct fixture *f = *state;

	fill(f, "abbae", false);
	f->rec.regs[SD_RBP] += SIZE;
	((struct sdw_range *)(&f->rec + 1))->addr += SIZE;
	assert_string_equal(walk(f), "a<b|b keeps no frame pointer");
	fill(f, "abbae", false);
	raw(f)->frames[0].up += SIZE;
	assert_string_equal(walk(f), "a<b<b|b keeps no frame pointer");
	fill(f, "abbae", false);
	raw(f)->frames[1].up = raw(f)->frames[0].up;
	assert_string_equal(walk(f), "a<b<b<a|a keeps no frame pointer");
	fill(f, "abbae", true);
	raw(f)->frames[0].ret = code('a');
	assert_string_equal(walk(f), "a|the stack changed while it was read");
}

static void test_switch(void **state)
{
	struct fixture *f = *state;

	fill(f, "asbae", false);
	f->rec.regs[SD_RBP] -= 0x100000; /* the goroutine's stack lies lower */
	((struct sdw_range *)(&f->rec + 1))->addr -= 0x100000;
	for (u32 i = 0; i < 3; i++)
		raw(f)->frames[i].up -= 0x100000;
	assert_string_equal(walk(f), "a<s<b<a");
	f->call_target = code('s') & ~0xffull;
	assert_string_equal(walk(f), "a<s<b<a");
	f->call_target = code('b') & ~0xffull;
	assert_string_equal(walk(f), "a<s|0x400110 is no return address");
}

static void test_fault(void **state)
{
	struct fixture *f = *state;
	struct sdw_range *range = (void *)(&f->rec + 1);

	fill(f, "abbbe", false);
	range->len = (u32)SDW_STACK_BYTES(1);
	f->rec.size = (u32)(sizeof(f->rec) + sizeof(*range) + range->len);
	assert_string_equal(walk(f), "a<b<b|fault at 0xc000001078");
	range->len = (u32)SDW_STACK_BYTES(0);
	f->rec.size = (u32)(sizeof(f->rec) + sizeof(*range) + range->len);
	assert_string_equal(walk(f), "a<b|fault at 0xc000001038");
}

static void test_record(void **state)
{
	struct fixture *f = *state;
	struct sdw_range *range = (void *)(&f->rec + 1);
	struct sd_snapshot snap;
	u64 fp;
	u32 n;

	fill(f, "abbe", false);
	assert_non_null(sd_record_stack(&f->rec, &fp, &n));
	assert_int_equal(fp, f->rec.regs[SD_RBP]);
	assert_int_equal(n, 2);
	range->addr = UINT64_MAX - 3; /* no address of what follows: any will do */
	assert_true(sd_snapshot_init(&snap, &f->rec, 0, NULL, &f->arena));
	assert_int_equal(snap.nranges, 0);
	range->len = sizeof(struct sdw_stack) - 8;
	assert_null(sd_record_stack(&f->rec, &fp, &n));
	assert_false(sd_snapshot_init(&snap, &f->rec, 0, NULL, &f->arena));
	range->len = (u32)SDW_STACK_BYTES(3);
	assert_null(sd_record_stack(&f->rec, &fp, &n));
	f->rec.nranges = 0;
	assert_null(sd_record_stack(&f->rec, &fp, &n));
	assert_null(sd_stack_walk(&f->rec, &f->cfa, WANTED, 0, code_at, f, &f->arena));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(test_inlined, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrappers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_switch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fault, setup, teardown),
		cmocka_unit_test_setup_teardown(test_record, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
