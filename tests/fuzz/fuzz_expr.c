/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any text as an expression, a template, a probe and a file of probes. What is taken has spans that
 * lie in the text and in each other, keeps the limits, and prints as text that parses back to an
 * equal tree; what is refused says so with a span in the text.
 */
#include <stdlib.h>

#include "expr/file.h"
#include "expr/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_error(struct sd_err *err, size_t size)
{
	for (const struct sd_err *e = err; e; e = e->next) {
		require(e->kind == SD_ERR_USAGE && e->msg && e->msg[0]);
		if (!e->text)
			continue;
		require(strlen(e->text) <= size);
		require(e->span_start >= 0 && e->span_start <= e->span_end);
		require((size_t)e->span_start <= size);
	}
	sd_err_free(err);
}

static u32 check_tree(const struct sd_expr *x, u32 start, u32 end)
{
	const struct sd_expr *const under[] = {x->a, x->b, x->c};
	u32 n = 1;

	require(x->start >= start && x->start < x->end && x->end <= end);
	require(x->height >= 1 && x->height <= SD_EXPR_DEPTH);
	require(!x->str || x->kind == SD_EXPR_STRING || strlen(x->str) == x->n);
	for (size_t i = 0; i < SD_ARRAY_SIZE(under); i++) {
		if (!under[i])
			continue;
		require(under[i]->height < x->height);
		n += check_tree(under[i], x->start, x->end);
	}
	for (u32 i = 0; i < x->nargs; i++)
		n += check_tree(x->args[i], x->start, x->end);
	return n;
}

static void check_expr(const struct sd_expr *x, size_t size)
{
	struct sd_arena arena = {0};
	struct sd_buf b = {0};
	struct sd_expr *again = NULL;

	require(check_tree(x, 0, (u32)size) <= SD_EXPR_NODES);
	sd_expr_print(x, &b);
	require(!sd_expr_parse_all(sd_buf_cstr(&b), &arena, &again));
	require(sd_expr_equal(x, again));
	sd_buf_deinit(&b);
	sd_arena_deinit(&arena);
}

static void check_spec(const struct sd_probe_spec *p)
{
	size_t size = strlen(p->text);

	require(p->start < p->end && p->end <= size && p->pattern[0]);
	require(p->match != SD_MATCH_REGEX || p->regex);
	require(p->nexprs <= SD_PROBE_EXPRS && !(p->has_exprs && p->has_template));
	for (u32 i = 0; i < p->nexprs; i++)
		check_expr(p->exprs[i].expr, size);
	for (u32 i = 0; i < p->template.n; i++) {
		require(p->template.parts[i].start < p->template.parts[i].end);
		if (p->template.parts[i].expr)
			check_expr(p->template.parts[i].expr, size);
	}
	if (p->cond)
		check_expr(p->cond, size);
	for (size_t i = 0; i < SD_NOPTIONS; i++)
		if (p->has_option[i] && p->option[i].expr)
			check_expr(p->option[i].expr, size);
	sd_probe_matches(p, "main.f");
}

static void fuzz_template(const char *text, struct sd_arena *arena)
{
	size_t size = strlen(text);
	struct sd_template t;
	struct sd_err *err;
	u32 end;

	if (*text != '"' && *text != '\'')
		return;
	err = sd_template_parse(text, 0, arena, &t, &end);
	if (err) {
		check_error(err, size);
		return;
	}
	require(end > 1 && end <= size && t.n);
	for (u32 i = 0; i < t.n; i++)
		if (t.parts[i].expr)
			check_expr(t.parts[i].expr, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = sd_xmalloc(size + 1);
	struct sd_arena arena = {0};
	struct sd_probe_file file;
	struct sd_probe_spec spec;
	struct sd_expr *x = NULL;
	struct sd_err *err;

	memcpy(text, data, size);
	text[size] = '\0';
	err = sd_expr_parse_all(text, &arena, &x);
	check_error(err, size);
	if (!err)
		check_expr(x, size);
	fuzz_template(text, &arena);
	err = sd_probe_parse(text, &spec);
	check_error(err, size);
	if (!err) {
		check_spec(&spec);
		sd_probe_spec_deinit(&spec);
	}
	free(text);
	err = sd_probe_file_parse("p", (const char *)data, size, &file);
	check_error(err, size);
	if (!err) {
		for (u32 i = 0; i < file.n; i++)
			check_spec(&file.probes[i].spec);
		sd_probe_file_deinit(&file);
	}
	sd_arena_deinit(&arena);
	return 0;
}
