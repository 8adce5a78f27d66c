/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as Go source. What is taken has functions in order, blocks that lie in their parents
 * and uses that lie in their blocks; the answers about each line are among them.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/go/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_func(const struct sd_go_source_func *fn)
{
	require(fn->first >= 1 && fn->first <= fn->last && fn->nblocks >= 1);
	for (u32 i = 0; i < fn->nblocks; i++) {
		const struct sd_go_block *b = &fn->blocks[i];

		require(b->first <= b->last);
		if (!i) {
			require(b->parent == SD_GO_NO_BLOCK && b->kind == SD_GO_PLAIN);
			require(b->first == fn->first && b->last == fn->last);
			continue;
		}
		require(b->parent < i);
		require(b->first >= fn->blocks[b->parent].first);
		require(b->last <= fn->blocks[b->parent].last);
		require(b->kind != SD_GO_BRANCH || fn->blocks[b->parent].kind == SD_GO_HEADER);
	}
	for (u32 i = 0; i < fn->nuses; i++) {
		const struct sd_go_use *u = &fn->uses[i];

		require(u->block < fn->nblocks && u->name[0] && strcmp(u->name, "_") != 0);
		require(u->first <= u->line && u->line <= u->last);
		require(u->first >= fn->blocks[u->block].first);
		require(u->last <= fn->blocks[u->block].last);
		require(!i || fn->uses[i - 1].line <= u->line);
		require(!u->step || fn->blocks[u->block].kind == SD_GO_LOOP);
	}
	for (u32 line = fn->first; line <= fn->last && line < fn->first + 100; line++) {
		u32 b = sd_go_source_block_at(fn, line);

		require(b < fn->nblocks && fn->blocks[b].first <= line &&
			line <= fn->blocks[b].last);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sd_arena arena = {0};
	struct sd_go_source *src;
	struct sd_err *err = sd_go_source_read((const char *)data, size, &arena, &src);

	if (err)
		require(err->kind == SD_ERR_FAILED && err->msg[0]);
	for (u32 i = 0; !err && i < src->nfuncs; i++) {
		const struct sd_go_source_func *at;

		require(!i || src->funcs[i].first >= src->funcs[i - 1].last);
		check_func(&src->funcs[i]);
		at = sd_go_source_func_at(src, src->funcs[i].first);
		require(!at || at == &src->funcs[i]);
	}
	sd_err_free(err);
	sd_arena_deinit(&arena);
	return 0;
}
