/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree view, over a sink that writes depth and name: order, what is filtered with what is in
 * it, limits, trees that are too large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/tree.h"

static struct sonde_session session;
static struct sd_probe probe;
static struct sd_sink sink;
static u32 said;

/* ---- what lib/emit.c and lib/session.c do ---- */

bool sd_emit_refuses(struct sonde_session *s, u32 p)
{
	if (!s->opts.count || s->emitted < s->opts.count)
		return false;
	s->probes.v[p].account.limited++;
	return true;
}

void sd_emit_count(struct sonde_session *s, u32 p, bool unsure)
{
	s->emitted++;
	s->probes.v[p].account.delivered++;
}

void sd_say(struct sonde_session *s, enum sonde_message kind, const char *fmt, ...)
{
	said++;
}

static void write_event(struct sd_sink *unused, const struct sd_event *ev, struct sd_buf *out)
{
	assert_true(ev->in_tree);
	sd_buf_printf(out, "%u%s ", ev->depth, ev->func);
}

static int setup(void **state)
{
	memset(&session, 0, sizeof(session));
	memset(&probe, 0, sizeof(probe));
	sink.event = write_event;
	session.sink = &sink;
	session.probes.v = &probe;
	session.probes.n = 1;
	said = 0;
	return 0;
}

static int teardown(void **state)
{
	sd_trees_destroy(session.trees);
	sd_buf_deinit(&session.out);
	return 0;
}

static struct sd_call call_of(u64 stack, u64 seq, u32 level, u32 left)
{
	return (struct sd_call){.stack = stack, .seq = seq, .level = level, .left = left};
}

static void ends(u64 stack, u64 seq, u32 level, u32 left, const char *name)
{
	struct sd_call call = call_of(stack, seq, level, left);
	struct sd_event ev = {.func = name};

	sd_tree_add(&session, &call, 0, &ev);
}

static void refuse(u64 stack, u64 seq, u32 level, u32 left, bool inside)
{
	struct sd_call call = call_of(stack, seq, level, left);

	probe.account.filtered++;
	sd_tree_refuse(&session, &call, inside);
}

#define shown(text) assert_string_equal(sd_buf_cstr(&session.out), text)

static void test_order(void **state)
{
	/* a(b(c, d), e) and, between, f on another stack and g on none */
	ends(1, 3, 2, 2, "c");
	ends(2, 7, 1, 1, "f");
	ends(1, 4, 2, 2, "d");
	ends(1, 2, 1, 1, "b");
	shown("");
	ends(0, 9, 0, 0, "g");
	shown("0g ");
	ends(1, 8, 1, 1, "e");
	ends(1, 1, 0, 0, "a");
	shown("0g 0a 1b 2c 2d 1e ");
	assert_int_equal(probe.account.delivered, 6);
	sd_tree_finish(&session);
	shown("0g 0a 1b 2c 2d 1e 1f ");
	ends(1, 10, 0, 0, "h"); /* the stack's next tree */
	shown("0g 0a 1b 2c 2d 1e 1f 0h ");
}

static void test_refused(void **state)
{
	/* a(b(c(d), e), f): b was too quick */
	ends(1, 4, 3, 3, "d");
	ends(1, 3, 2, 2, "c");
	ends(1, 5, 2, 2, "e");
	refuse(1, 2, 1, 1, true);
	ends(1, 6, 1, 1, "f");
	ends(1, 1, 0, 0, "a");
	shown("0a 1f ");
	assert_int_equal(probe.account.filtered, 4);
	assert_int_equal(probe.account.delivered, 2);
	/* the outermost one itself: all of it */
	ends(1, 12, 1, 1, "b");
	refuse(1, 11, 0, 0, true);
	shown("0a 1f ");
	assert_int_equal(probe.account.filtered, 6);
	/* refused for another reason: it takes nothing along */
	ends(1, 22, 1, 1, "b");
	refuse(1, 21, 0, 0, false);
	shown("0a 1f 1b ");
	refuse(7, 31, 0, 0, true); /* a stack without anything */
	sd_tree_finish(&session);
	shown("0a 1f 1b ");
}

static void test_limited(void **state)
{
	session.opts.count = 2;
	ends(1, 2, 1, 1, "b");
	ends(1, 3, 1, 1, "c");
	ends(1, 1, 0, 0, "a");
	shown("0a 1b ");
	assert_int_equal(probe.account.delivered, 2);
	assert_int_equal(probe.account.limited, 1);
}

static void test_too_large(void **state)
{
	const u32 n = 25000;

	for (u32 i = 0; i < n; i++)
		ends(1, 2 + i, 1, 1, "b");
	assert_int_equal(probe.account.delivered, 20000);
	ends(1, 1, 0, 0, "a");
	assert_int_equal(probe.account.delivered, n + 1);
	assert_int_equal(said, 1);
	sd_tree_finish(&session);
	assert_int_equal(said, 2);
	assert_int_equal(session.out.n, 3 * (n + 1));
}

/* Many stacks with little each: bounded as well. */
static void test_too_many(void **state)
{
	const u32 n = 150000;

	for (u32 i = 0; i < n; i++)
		ends(1 + i, 1 + i, 1, 1, "b");
	assert_int_equal(probe.account.delivered, n - 99999);
	sd_tree_finish(&session);
	assert_int_equal(probe.account.delivered, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
