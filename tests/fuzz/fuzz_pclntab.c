/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Go's tables in ELF files that nobody vouches for. Beyond memory: what callers rely on, that
 * ranges ascend inside their function, that names are found again, and that no table makes more
 * rows than its code has bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/go/go.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
	struct sd_go *go;
	struct sd_func f;
	struct sd_arena arena;
	u64 last;
	u64 nodes, files;
};

static void require(bool ok)
{
	if (!ok)
		abort();
}

static bool on_line(void *ctx, u64 lo, u64 hi, const char *file, u32 line)
{
	struct state *s = ctx;

	require(lo < hi && lo >= s->last && lo >= s->f.entry.v && hi <= s->f.end.v);
	require(strlen(file) < 1 << 16);
	s->last = hi;
	return true;
}

static bool on_inlined(void *ctx, const struct sd_go_inlined *inl)
{
	u64(*ranges)[2], (*deep)[2];
	struct state *s = ctx;
	struct sd_func f;
	u32 n, ndeep;
	u64 own = 0, all = 0;

	require(sd_go_func(s->go, inl->outer, &f) && *inl->callee && inl->parent < (s32)inl->node);
	require(!inl->call_file || inl->parent_pc.v >= f.entry.v);
	sd_go_inlined_ranges(s->go, inl, false, &s->arena, &ranges, &n);
	sd_go_inlined_ranges(s->go, inl, true, &s->arena, &deep, &ndeep);
	for (u32 i = 0; i < n; i++) {
		require(ranges[i][0] < ranges[i][1] && ranges[i][0] >= f.entry.v &&
			ranges[i][1] <= f.end.v);
		own += ranges[i][1] - ranges[i][0];
	}
	for (u32 i = 0; i < ndeep; i++) {
		require(deep[i][0] < deep[i][1] && (!i || deep[i - 1][1] < deep[i][0]));
		all += deep[i][1] - deep[i][0];
	}
	require(own <= all && all <= f.end.v - f.entry.v);
	/* Ranges of a node cost its function's table: not for each of thousands here. */
	return ++s->nodes < 256;
}

static void check_inlining(struct state *s, u32 index)
{
	struct sd_go_inlining in;
	u64 last = 0;

	sd_go_inlining(s->go, index, &s->arena, &in);
	for (u32 i = 0; i < in.n; i++)
		require(in.nodes[i].node == i && in.nodes[i].parent < (s32)i);
	for (u32 i = 0; i < in.nspans; i++) {
		require(in.spans[i].lo < in.spans[i].hi && in.spans[i].lo >= last);
		require(in.spans[i].node < in.n);
		last = in.spans[i].hi;
	}
}

static bool on_row(void *ctx, u32 func, u64 lo, u64 hi, u32 line)
{
	struct state *s = ctx;

	require(lo < hi && func < sd_go_nfuncs(s->go));
	return true;
}

static bool on_file(void *ctx, const char *file)
{
	struct state *s = ctx;
	struct sd_go_row_sink sink = {.cb = on_row, .ctx = s};

	require(*file);
	sd_go_each_row(s->go, file, &sink);
	/* Each walks all functions: not for each of thousands here. */
	return ++s->files < 8;
}

static void walk(struct state *s)
{
	const char *file;
	u32 line, at;
	s64 v;

	for (u32 i = 0; i < sd_go_nfuncs(s->go) && i < 1024; i++) {
		const char *name;

		if (!sd_go_func(s->go, i, &s->f))
			continue;
		require(s->f.entry.v <= s->f.end.v);
		s->last = 0;
		sd_go_each_line(s->go, i, on_line, s);
		if (i < 64)
			check_inlining(s, i);
		sd_go_args_size(s->go, i, &v);
		sd_go_line(s->go, s->f.entry, &file, &line);
		sd_go_spdelta(s->go, s->f.entry, &v);
		if (s->f.entry.v < s->f.end.v)
			require(sd_go_func_at(s->go, s->f.entry, &at) && at == i);
		name = sd_go_full_name(s->go, i);
		require(strlen(sd_go_source_name(name, &s->arena)) <= strlen(name));
		require(strlen(sd_go_unescape(sd_go_package(name, &s->arena), &s->arena)) <=
			strlen(name));
		sd_go_is_shape(name);
		sd_go_is_unprobeable(name);
	}
	sd_go_each_inlined(s->go, NULL, on_inlined, s);
	sd_go_each_file(s->go, on_file, s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state s = {0};
	struct sd_elf *elf;
	struct sd_err *err;

	err = sd_elf_open_memory(data, size, "fuzz", &elf);
	if (err) {
		sd_err_free(err);
		return 0;
	}
	err = sd_go_open(elf, &s.go);
	if (err) {
		require(*err->msg);
		sd_err_free(err);
	} else if (s.go) {
		walk(&s);
		sd_go_close(s.go);
	}
	sd_arena_deinit(&s.arena);
	sd_elf_close(elf);
	return 0;
}
