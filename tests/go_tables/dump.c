/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints what lang/go reads of a binary, a fact a line, for tests/go_tables.py to compare with what
 * others read. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lang/go/priv.h"

static struct sd_go *go;
static struct sd_arena arena;
static const char *prefix;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int fail(struct sd_err *err)
{
	fprintf(stderr, "%s\n", err->msg);
	sd_err_free(err);
	return 1;
}

static bool wanted(const char *name)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static bool print_line(void *ctx, u64 lo, u64 hi, const char *file, u32 line)
{
	s64 sp = -1;

	sd_go_spdelta(go, (struct sd_vaddr){lo}, &sp);
	printf("line %" PRIx64 " %" PRIx64 " %u %s\n", lo, hi, line, file);
	return true;
}

static bool print_inlined(void *ctx, const struct sd_go_inlined *inl)
{
	struct sd_func outer;
	u64(*ranges)[2];
	u32 n;

	if (!sd_go_func(go, inl->outer, &outer) || !wanted(outer.name))
		return true;
	sd_go_inlined_ranges(go, inl, true, &arena, &ranges, &n);
	printf("inlined\t%" PRIx64 "\t%u\t%d\t%s\t%s\t%u\t", outer.entry.v, inl->node, inl->parent,
	       inl->callee, inl->call_file ? inl->call_file : "?", inl->call_line);
	for (u32 i = 0; i < n; i++)
		printf("%s%" PRIx64 "-%" PRIx64, i ? "," : "", ranges[i][0], ranges[i][1]);
	printf("\n");
	return true;
}

static bool count_inlined(void *ctx, const struct sd_go_inlined *inl)
{
	++*(u32 *)ctx;
	return true;
}

static bool want_none(void *ctx, const char *callee)
{
	return !strcmp(callee, "no.such");
}

static void print_all(void)
{
	for (u32 i = 0; i < sd_go_nfuncs(go); i++) {
		const char *file = "?";
		struct sd_func f;
		u32 line = 0, at;

		if (!sd_go_func(go, i, &f)) {
			printf("bad %u\n", i);
			continue;
		}
		if (!sd_go_func_at(go, f.entry, &at) || at != i)
			printf("lost %u\n", i);
		sd_go_line(go, f.entry, &file, &line);
		printf("func\t%" PRIx64 "\t%" PRIx64 "\t%s\t%s\t%s\t%u\t%u\t%d%d%d\n", f.entry.v,
		       f.end.v, f.name, sd_go_full_name(go, i), file, line, f.start_line, f.wrapper,
		       f.abi0, f.runtime_internal);
		if (!wanted(f.name))
			continue;
		sd_go_each_line(go, i, print_line, NULL);
		for (u64 pc = f.entry.v; pc < f.end.v; pc++) {
			s64 sp, before;

			if (sd_go_spdelta(go, (struct sd_vaddr){pc}, &sp) &&
			    (pc == f.entry.v ||
			     !sd_go_spdelta(go, (struct sd_vaddr){pc - 1}, &before) ||
			     before != sp))
				printf("sp %" PRIx64 " %" PRId64 "\n", pc, sp);
		}
	}
	sd_go_each_inlined(go, NULL, print_inlined, NULL);
}

int main(int argc, char **argv)
{
	const struct sd_go_layout *l;
	double start, opened, scanned;
	struct sd_elf *elf;
	struct sd_err *err;
	u32 n = 0;

	if (argc < 2)
		return 2;
	err = sd_elf_open(argv[1], argv[1], &elf);
	if (err)
		return fail(err);
	start = now_ms();
	err = sd_go_open(elf, &go);
	opened = now_ms();
	if (err)
		return fail(err);
	if (!go) {
		printf("not go\n");
		sd_elf_close(elf);
		return 0;
	}
	if (argc == 2) {
		sd_go_each_inlined(go, want_none, count_inlined, &n);
		scanned = now_ms();
		n = 0;
		sd_go_each_inlined(go, NULL, count_inlined, &n);
		printf("%s: %u functions, %u inlined; open %.2f ms, trees %.2f ms, all described "
		       "%.2f ms\n",
		       sd_go_version(go)->text, sd_go_nfuncs(go), n, opened - start,
		       scanned - opened, now_ms() - scanned);
		return 0;
	}
	prefix = argv[2];
	l = sd_go_layout(go);
	printf("version %d %d %d %s\n", sd_go_version(go)->major, sd_go_version(go)->minor,
	       sd_go_version(go)->patch, sd_go_version(go)->text);
	printf("layout goid=%u parentGoid=%u gopc=%u startpc=%u m=%u sched.sp=%u stack.lo=%u "
	       "stack.hi=%u curg=%u g0=%u\n",
	       l->g_goid, l->g_parent_goid, l->g_gopc, l->g_startpc, l->g_m, l->g_sched_sp,
	       l->g_stack_lo, l->g_stack_hi, l->m_curg, l->m_g0);
	printf("tls %d %d\nregabi %d\nknown %d\n", l->tls_known, l->tls_off, l->regabi, l->known);
	printf("text %" PRIx64 "\ntypes %" PRIx64 "\ninlining %d\n", go->text, go->types,
	       go->format < GO_FORMAT_118 || go->gofunc_bytes.n);
	print_all();
	sd_go_close(go);
	sd_elf_close(elf);
	sd_arena_deinit(&arena);
	return 0;
}
