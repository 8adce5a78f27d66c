/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gosourcedump: says for each file that standard input names (one a line) what lang/go/source.h
 * knows of it: `file PATH`, then `error MESSAGE`, or per function `func FIRST LAST GOTO`, `block
 * PARENT KIND FIRST LAST LEAVES FALLS`, `use NAME KIND FIRST LAST LINE BLOCK STEP`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lang/go/source.h"

static void dump_func(const struct sd_go_source_func *fn)
{
	printf("func %u %u %d\n", fn->first, fn->last, fn->has_goto);
	for (u32 i = 0; i < fn->nblocks; i++) {
		const struct sd_go_block *b = &fn->blocks[i];

		printf("block %d %d %u %u %d %d\n", (int)b->parent, b->kind, b->first, b->last,
		       b->leaves, b->falls_through);
	}
	for (u32 i = 0; i < fn->nuses; i++) {
		const struct sd_go_use *u = &fn->uses[i];

		printf("use %s %d %u %u %u %u %d\n", u->name, u->kind, u->first, u->last, u->line,
		       u->block, u->step);
	}
}

static bool dump(const char *path)
{
	struct sd_arena arena = {0};
	struct sd_go_source *src;
	struct sd_buf text = {0};
	FILE *f = fopen(path, "rb");
	struct sd_err *err;
	char part[65536];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(part, 1, sizeof(part), f)))
		sd_buf_add(&text, part, n);
	fclose(f);
	printf("file %s\n", path);
	err = sd_go_source_read(text.p, text.n, &arena, &src);
	if (err)
		printf("error %s\n", err->msg);
	for (u32 i = 0; !err && i < src->nfuncs; i++)
		dump_func(&src->funcs[i]);
	sd_err_free(err);
	sd_buf_deinit(&text);
	sd_arena_deinit(&arena);
	return true;
}

int main(void)
{
	char path[4096];

	while (fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = '\0';
		if (!dump(path)) {
			perror(path);
			return 1;
		}
	}
	return 0;
}
