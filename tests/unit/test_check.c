/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check: expressions over the made-up program. Cases are in test_check.txt: a line "SCOPE> TEXT"
 * ("SCOPE? TEXT": a condition), then "= TREE : TYPE", or the caret line, "! MESSAGE" and maybe "#
 * HINT".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/check.h"
#include "tests/expr_gen.h"
#include "tests/expr_tree.h"

FILE *check_cases_open(void);

enum { RANDOM = 3000, DEPTH = 3, MIN_CASES = 200 };

/* The scopes that cases name. */
static bool find_scope(const char *name, struct sd_scope *ret)
{
	*ret = strcmp(name, "c") ? sd_world_go()->scope : sd_world_c()->scope;
	if (!strcmp(name, "go") || !strcmp(name, "c"))
		return true;
	if (!strcmp(name, "line")) {
		ret->returns = false;
		ret->where = "app.go:40";
		return true;
	}
	if (!strcmp(name, "return")) {
		ret->return_alone = true;
		return true;
	}
	if (!strcmp(name, "shown")) {
		ret->refused = NULL;
		return true;
	}
	if (!strcmp(name, "void")) {
		ret->nresults = 0;
		return true;
	}
	return false;
}

static void render_error(const struct sd_err *err, size_t indent, struct sd_buf *out)
{
	assert_int_equal(err->kind, SD_ERR_USAGE);
	assert_non_null(err->text);
	assert_true(err->span_start >= 0 && err->span_start <= err->span_end &&
		    err->span_end <= (int)strlen(err->text));
	for (size_t i = 0; i < indent + (size_t)err->span_start; i++)
		sd_buf_ch(out, ' ');
	for (int i = err->span_start; i < err->span_end; i++)
		sd_buf_ch(out, '^');
	sd_buf_printf(out, "\n! %s\n", err->msg);
	if (err->hint)
		sd_buf_printf(out, "# %s\n", err->hint);
}

/* Checks one expression and says what came out. */
static void run(const struct sd_scope *scope, const char *text, bool condition, size_t indent,
		struct sd_buf *out)
{
	struct sd_arena arena = {0};
	struct sd_expr *x = NULL;
	struct sd_node *n = NULL;
	struct sd_err *err;
	u32 end = 0;

	err = sd_expr_parse(text, 0, &arena, &x, &end);
	assert_null(err); /* the parser's own errors are not cases of this file */
	assert_int_equal(end, strlen(text));
	err = condition ? sd_check_condition(x, text, scope, &arena, &n)
			: sd_check(x, text, scope, &arena, &n);
	if (err) {
		assert_null(n);
		render_error(err, indent, out);
		sd_err_free(err);
	} else {
		const char *why = sd_tree_wrong(n, scope->c_like, (u32)strlen(text));

		if (why)
			fail_msg("%s: %s", text, why);
		sd_buf_str(out, "= ");
		sd_node_print(n, out);
		sd_buf_printf(out, " : %s\n", n->type->name);
		sd_node_release(n);
	}
	sd_arena_deinit(&arena);
}

/* A case: its first line, and what is expected. */
static bool run_case(char *line, const char *expected)
{
	struct sd_buf out = {0};
	struct sd_scope scope;
	char *sign = line + strcspn(line, ">?");
	bool condition = *sign == '?', same;

	assert_true(*sign && sign[1] == ' ');
	*sign = '\0';
	if (!find_scope(line, &scope))
		fail_msg("no scope '%s'", line);
	run(&scope, sign + 2, condition, (size_t)(sign + 2 - line), &out);
	same = !strcmp(sd_buf_cstr(&out), expected);
	if (!same)
		fprintf(stderr, "%s%c %s\n%s--- expected:\n%s\n", line, condition ? '?' : '>',
			sign + 2, sd_buf_cstr(&out), expected);
	sd_buf_deinit(&out);
	return same;
}

static void cases(void **state)
{
	struct sd_buf expected = {0};
	FILE *f = check_cases_open();
	char line[1024], first[1024] = "";
	u32 n = 0, wrong = 0;
	bool more = true;

	assert_non_null(f);
	while (more) {
		more = fgets(line, sizeof(line), f);
		if (more && line[0] == '#' && !first[0])
			continue;
		if (!more || line[0] == '\n') {
			if (first[0]) {
				wrong += !run_case(first, sd_buf_cstr(&expected));
				n++;
			}
			first[0] = '\0';
			expected.n = 0;
		} else if (!first[0]) {
			memcpy(first, line, sizeof(line));
			first[strcspn(first, "\n")] = '\0';
		} else {
			sd_buf_str(&expected, line);
		}
	}
	fclose(f);
	sd_buf_deinit(&expected);
	assert_true(n >= MIN_CASES);
	assert_int_equal(wrong, 0);
}

/* The generator keeps its word, whatever the seed: all is accepted, every tree is sound. */
static void generated(void **state)
{
	struct sd_scope *scope = &sd_world_go()->scope;
	u32 kinds[SD_NODE_STACK + 1] = {0};

	for (u64 seed = 0; seed < RANDOM; seed++) {
		struct sd_gen g = {.w = sd_world_go(), .rng = seed, .plain = seed % 3 == 0};
		struct sd_arena arena = {0};
		struct sd_buf text = {0};
		struct sd_expr *x = NULL;
		struct sd_node *n = NULL;
		bool condition = seed & 1;
		struct sd_err *err;
		u32 end = 0;

		if (condition)
			sd_gen_condition(&g, DEPTH, &text);
		else
			sd_gen_value(&g, DEPTH, &text);
		err = sd_expr_parse(sd_buf_cstr(&text), 0, &arena, &x, &end);
		if (!err)
			err = condition
				      ? sd_check_condition(x, sd_buf_cstr(&text), scope, &arena, &n)
				      : sd_check(x, sd_buf_cstr(&text), scope, &arena, &n);
		if (err)
			fail_msg("%s: %s", sd_buf_cstr(&text), err->msg);
		assert_int_equal(end, text.n);
		if (sd_tree_wrong(n, false, end))
			fail_msg("%s: %s", sd_buf_cstr(&text), sd_tree_wrong(n, false, end));
		kinds[n->kind]++;
		if (condition && n->kind == SD_NODE_COMPARE)
			kinds[n->a->kind]++;
		sd_node_release(n);
		sd_buf_deinit(&text);
		sd_arena_deinit(&arena);
	}
	assert_true(kinds[SD_NODE_AND] && kinds[SD_NODE_OR] && kinds[SD_NODE_NOT] &&
		    kinds[SD_NODE_COMPARE] && kinds[SD_NODE_IS_TYPE] && kinds[SD_NODE_MATCHES] &&
		    kinds[SD_NODE_PREFIX] && kinds[SD_NODE_ARITH] && kinds[SD_NODE_CONVERT] &&
		    kinds[SD_NODE_SLICE] && kinds[SD_NODE_LEN] && kinds[SD_NODE_MAPINDEX]);
}

static bool count(void *ctx, const struct sd_node *n)
{
	u32 *counts = ctx;

	counts[0]++;
	return n->kind != SD_NODE_DEREF; /* what is under it is left out */
}

static void walks(void **state)
{
	static const char text[] = "matches(p.Method, \"^P\") && i > 3";
	struct sd_arena arena = {0};
	struct sd_expr *x = NULL;
	struct sd_node *n = NULL;
	u32 end = 0, n_nodes = 0;

	assert_null(sd_expr_parse(text, 0, &arena, &x, &end));
	assert_null(sd_check_condition(x, text, &sd_world_go()->scope, &arena, &n));
	sd_node_walk(n, count, &n_nodes);
	assert_int_equal(n_nodes, 8); /* && matches field deref "^P" > i 3 */
	assert_non_null(n->a->regex);
	assert_int_equal(n->a->start, 0);
	assert_int_equal(n->a->end, 23);
	sd_node_release(n);
	assert_null(n->a->regex);
	sd_node_release(n); /* twice is fine */
	sd_node_release(NULL);
	sd_arena_deinit(&arena);
}

static void types(void **state)
{
	struct sd_world *w = sd_world_go();
	struct sd_type twice = *sd_world_type(w, "main.Req"), other = twice, shape = {0};

	assert_null(sd_type_basic("main.Req"));
	assert_ptr_equal(sd_type_basic("byte"), sd_type_basic("uint8"));
	assert_int_equal(sd_type_basic("rune")->size, 4);
	assert_int_equal(sd_type_basic("time.Duration")->size, 8);
	assert_true(sd_type_same(&twice, sd_world_type(w, "main.Req")));
	assert_true(sd_type_same(sd_type_basic("int"), sd_world_type(w, "int")));
	assert_true(sd_type_same(sd_type_basic("[]byte"), sd_world_type(w, "[]uint8")));
	assert_false(sd_type_same(sd_type_basic("int"), sd_type_basic("int64")));
	assert_false(sd_type_same(sd_type_basic("int"), sd_type_basic("uint")));
	assert_false(sd_type_same(sd_type_unknown(), sd_world_type(w, "main.Opaque")));
	twice.pkg = "example.com/a/main";
	other.pkg = "example.com/b/main";
	assert_false(sd_type_same(&twice, &other));
	twice.pkg = NULL;
	twice.name = "net/http.Request";
	other.name = "http.Request";
	other.pkg = "net/http";
	assert_true(sd_type_same(&twice, &other)); /* DWARF, and a runtime descriptor */
	assert_true(sd_type_same(&other, &twice));
	other.pkg = "example.com/http";
	assert_false(sd_type_same(&twice, &other));
	twice.name = "gopkg.in/yaml%2ev3.Node";
	other.name = "yaml.Node";
	other.pkg = "gopkg.in/yaml.v3";
	assert_true(sd_type_same(&twice, &other));
	other.name = "yaml.Nodes";
	assert_false(sd_type_same(&twice, &other));
	shape = *sd_type_basic("int");
	shape.name = "go.shape.int";
	assert_true(sd_type_same(&shape, sd_type_basic("time.Duration")));
	assert_false(sd_type_same(&shape, sd_type_basic("int32")));
}

/* The memory holds together: variables are where they are said to be, itabs name their types. */
static void memory(void **state)
{
	static struct sd_world_memory m, again;
	struct sd_world *worlds[] = {sd_world_go(), sd_world_c()};
	u32 nils = 0, followed = 0;

	for (u64 seed = 0; seed < 50; seed++) {
		struct sd_world *w = worlds[seed & 1];
		u64 word = 0, value = 0;

		sd_world_fill(w, seed, &m);
		sd_world_fill(w, seed, &again);
		assert_memory_equal(&m, &again, sizeof(m));
		for (u32 i = 0; i < w->nvars[SD_AT_HIT]; i++) {
			struct sd_world_var *v = &w->vars[SD_AT_HIT][i];

			assert_true(v->addr + v->type->size <= SD_WORLD_BASE + 0x4000);
			if (v->type->kind != SD_KIND_PTR)
				continue;
			assert_true(sd_world_read(&m, v->addr, &word, 8));
			nils += !word;
			followed += sd_world_read(&m, word, &value, 1);
		}
		for (u32 i = 0; i < w->nrtypes; i++) {
			assert_true(sd_world_read(&m, w->rtypes[i].itab + 8, &word, 8));
			assert_int_equal(word, w->rtypes[i].addr);
		}
		assert_false(sd_world_read(&m, SD_WORLD_BASE + SD_WORLD_SIZE - 4, &word, 8));
	}
	assert_true(nils > 5 && followed > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(generated),
					   cmocka_unit_test(walks), cmocka_unit_test(types),
					   cmocka_unit_test(memory)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
