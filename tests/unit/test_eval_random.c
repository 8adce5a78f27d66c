/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random expressions over the made-up program: who has less memory at hand may say "unavailable"
 * where another has a value, and never another value; laws that hold of every condition.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "expr/expr.h"
#include "out/out.h"
#include "tests/expr_gen.h"
#include "tests/expr_snapshot.h"

enum { SEEDS = 3000, HOLES = 4, DEPTH = 3 };

struct one {
	struct sd_arena arena; /* the tree's */
	struct sd_buf text;
	struct sd_node *node;
};

static void make(struct one *o, u64 seed, bool condition)
{
	struct sd_gen g = {.w = sd_world_go(), .rng = seed};
	struct sd_expr *x = NULL;
	struct sd_err *err;
	u32 end = 0;

	*o = (struct one){0};
	if (condition)
		sd_gen_condition(&g, DEPTH, &o->text);
	else
		sd_gen_value(&g, DEPTH, &o->text);
	err = sd_expr_parse(sd_buf_cstr(&o->text), 0, &o->arena, &x, &end);
	if (!err)
		err = condition ? sd_check_condition(x, o->text.p, &g.w->scope, &o->arena, &o->node)
				: sd_check(x, o->text.p, &g.w->scope, &o->arena, &o->node);
	if (err)
		fail_msg("%s: %s", o->text.p, err->msg);
}

static void unmake(struct one *o)
{
	sd_node_release(o->node);
	sd_buf_deinit(&o->text);
	sd_arena_deinit(&o->arena);
}

static enum sd_truth decide(const struct sd_world_memory *m, u64 holes, const struct sd_node *n)
{
	struct sd_arena arena = {0};
	struct sd_world_event ev;
	const char *why = NULL;
	enum sd_truth truth;

	sd_world_event_init(&ev, sd_world_go(), m, holes, &arena);
	truth = sd_eval_condition(&ev.eval, n, &why);
	assert_true(truth != SD_UNSURE || (why && *why));
	sd_arena_deinit(&arena);
	return truth;
}

static void test_conditions(void **state)
{
	static struct sd_world_memory m;
	u32 count[3] = {0}, lost = 0;

	for (u64 seed = 1; seed <= SEEDS; seed++) {
		enum sd_truth whole;
		struct one o;

		make(&o, seed, true);
		sd_world_fill(sd_world_go(), seed, &m);
		whole = decide(&m, 0, o.node);
		count[whole]++;
		for (u64 i = 1; i <= HOLES; i++) {
			enum sd_truth part = decide(&m, seed * HOLES + i, o.node);

			if (part != whole && part != SD_UNSURE)
				fail_msg("seed %llu: %s: %d with all, %d with holes",
					 (unsigned long long)seed, o.text.p, whole, part);
			lost += part != whole;
		}
		unmake(&o);
	}
	/* all answers come, and holes matter: something was tested */
	assert_true(count[SD_FALSE] > SEEDS / 10 && count[SD_TRUE] > SEEDS / 10 &&
		    count[SD_UNSURE] > SEEDS / 50 && lost > SEEDS / 10);
}

static void show(const struct sd_world_memory *m, u64 holes, const struct one *o,
		 struct sd_buf *out)
{
	struct sd_arena arena = {0};
	struct sd_world_event ev;

	sd_world_event_init(&ev, sd_world_go(), m, holes, &arena);
	out->n = 0;
	sd_out_text_value(sd_eval(&ev.eval, o->node, "x"), out);
	sd_buf_cstr(out);
	sd_arena_deinit(&arena);
}

static void test_values(void **state)
{
	static struct sd_world_memory m;
	struct sd_buf whole = {0}, part = {0};
	u32 same = 0;

	for (u64 seed = 1; seed <= SEEDS; seed++) {
		struct one o;

		make(&o, seed, false);
		sd_world_fill(sd_world_go(), seed, &m);
		show(&m, 0, &o, &whole);
		show(&m, seed, &o, &part);
		/* a value with a reason in it has lost something */
		if (!strchr(part.p, '<')) {
			/* an interface's value that was not captured is left out, and an error's
			 * text */
			bool less = part.n < whole.n;

			if (!less && strcmp(whole.p, part.p) != 0)
				fail_msg("seed %llu: %s: %s with all, %s with holes",
					 (unsigned long long)seed, o.text.p, whole.p, part.p);
			same += !less;
		}
		unmake(&o);
	}
	assert_true(same > SEEDS / 4);
	sd_buf_deinit(&whole);
	sd_buf_deinit(&part);
}

static enum sd_truth not(enum sd_truth t) {
	return t == SD_UNSURE ? t
	       : t == SD_TRUE ? SD_FALSE
			      : SD_TRUE;
}

static struct sd_node node(enum sd_node_kind kind, const struct one *a, const struct one *b)
{
	return (struct sd_node){
		.kind = kind, .type = sd_type_basic("bool"), .a = a->node, .b = b ? b->node : NULL};
}

/* Kleene's tables, on whatever a and b are. */
static void test_laws(void **state)
{
	static struct sd_world_memory m;

	for (u64 seed = 1; seed <= SEEDS / 4; seed++) {
		enum sd_truth ta, tb, both, either;
		struct sd_node n;
		struct one a, b;

		make(&a, 2 * seed, true);
		make(&b, 2 * seed + 1, true);
		sd_world_fill(sd_world_go(), seed, &m);
		ta = decide(&m, 0, a.node);
		tb = decide(&m, 0, b.node);
		both = ta == SD_FALSE || tb == SD_FALSE ? SD_FALSE
		       : ta == SD_TRUE && tb == SD_TRUE ? SD_TRUE
							: SD_UNSURE;
		either = ta == SD_TRUE || tb == SD_TRUE	    ? SD_TRUE
			 : ta == SD_FALSE && tb == SD_FALSE ? SD_FALSE
							    : SD_UNSURE;
		n = node(SD_NODE_AND, &a, &b);
		assert_int_equal(decide(&m, 0, &n), both);
		n = node(SD_NODE_AND, &b, &a);
		assert_int_equal(decide(&m, 0, &n), both);
		n = node(SD_NODE_OR, &a, &b);
		assert_int_equal(decide(&m, 0, &n), either);
		n = node(SD_NODE_NOT, &a, NULL);
		assert_int_equal(decide(&m, 0, &n), not(ta));
		if (a.node->kind == SD_NODE_COMPARE && ta != SD_UNSURE &&
		    (a.node->op == SD_XOP_EQ || a.node->op == SD_XOP_NE)) {
			n = *a.node;
			n.op = n.op == SD_XOP_EQ ? SD_XOP_NE : SD_XOP_EQ;
			assert_int_equal(decide(&m, 0, &n), not(ta));
		}
		unmake(&a);
		unmake(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_conditions),
					   cmocka_unit_test(test_values),
					   cmocka_unit_test(test_laws)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
