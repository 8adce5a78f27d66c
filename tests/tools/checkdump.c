/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What check says of N random expressions and of those on standard input, one a line: "ok" or "no",
 * type or message, text, value of an integer or bool constant, between tabs. For go/types to
 * compare.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/expr_gen.h"

static void print(const struct sd_node *n, const char *text)
{
	printf("ok\t%s\t%s\t", n->type->name, text);
	if (n->kind == SD_NODE_CONST && n->constant.kind == SD_KIND_INT)
		printf("%lld", (long long)n->constant.s);
	if (n->kind == SD_NODE_CONST && n->constant.kind == SD_KIND_UINT)
		printf("%llu", (unsigned long long)n->constant.u);
	if (n->kind == SD_NODE_CONST && n->constant.kind == SD_KIND_BOOL)
		printf("%s", n->constant.u ? "true" : "false");
	printf("\n");
}

static bool dump(const char *text)
{
	struct sd_scope scope = sd_world_go()->scope;
	struct sd_arena arena = {0};
	struct sd_expr *x = NULL;
	struct sd_node *n = NULL;
	u32 end = 0;
	sd_autoerr err = sd_expr_parse(text, 0, &arena, &x, &end);
	bool parsed = !err;

	scope.refused = NULL;
	if (!err)
		err = sd_check(x, text, &scope, &arena, &n);
	if (err)
		printf("no\t%s\t%s\t\n", err->msg, text);
	else
		print(n, text);
	sd_node_release(n);
	sd_arena_deinit(&arena);
	return parsed;
}

int main(int argc, char **argv)
{
	u64 n = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	char line[4096];
	bool ok = true;

	for (u64 i = 0; i < n; i++) {
		struct sd_gen g = {.w = sd_world_go(), .rng = i};
		struct sd_buf text = {0};

		if (i & 1)
			sd_gen_condition(&g, 3, &text);
		else
			sd_gen_value(&g, 3, &text);
		ok &= dump(sd_buf_cstr(&text));
		sd_buf_deinit(&text);
	}
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		ok &= dump(line);
	}
	return ok ? 0 : 1;
}
