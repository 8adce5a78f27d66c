/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the capture programs add to a null program on the same kind of instruction: blocks of 1,000
 * hits on two twin functions take turns, the figure is the median of the blocks' differences and
 * ratios. Kernel part only. Prints, asserts nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "run/state.h"
#include "tests/bpf/spot.h"

#define BLOCKS 300
#define HITS   1000

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *v, u32 n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

static bool count_only(void *ctx, const struct sdw_rec *rec)
{
	++*(u64 *)ctx;
	return true;
}

static int null_link(void)
{
	struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = SD_BPF_TRACE_UPROBE_MULTI);
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "sonde_null", "GPL", insns, 2, &opts);
	u64 off = spot_offset(spot_null), cookie = 0;

	return fd < 0 ? fd : sd_multi_link(fd, "/proc/self/exe", &off, &cookie, 1, (u32)getpid());
}

static void die(struct sd_err *err)
{
	if (!err)
		return;
	fprintf(stderr, "bench_bpf: %s\n", err->msg);
	exit(err->kind);
}

static u64 text[512], object[64], chain[4][8], g[64], behind[1], held[3];

/* Types: 1 {string, string, string}; 2 a pointer in register rdi's place to 1; 3 a string in rdi,
 * rsi; 4 a chain. */
static const struct sdw_ptr ptrs[] = {
	{.kind = SDW_PTR_BYTES, .off = 0, .len_off = 8},
	{.kind = SDW_PTR_BYTES, .off = 16, .len_off = 24},
	{.kind = SDW_PTR_BYTES, .off = 32, .len_off = 40},
	{.kind = SDW_PTR_ONE, .off = 40, .type = 1},
	{.kind = SDW_PTR_BYTES, .off = 40, .len_off = 32},
	{.kind = SDW_PTR_ONE, .off = 40, .type = 5},
	{.kind = SDW_PTR_ONE, .off = 0, .type = 5},
};
static const struct sdw_type types[] = {
	{},
	{.size = 48, .first_ptr = 0, .nptr = 3},
	{.size = 136, .first_ptr = 3, .nptr = 1},
	{.size = 136, .first_ptr = 4, .nptr = 1},
	{.size = 136, .first_ptr = 5, .nptr = 1},
	{.size = 64, .first_ptr = 6, .nptr = 1},
};

/* Conditions that are false: a string behind two pointers, then integers. */
static const struct sdw_op ops[] = {
	{},
	{.code = SDW_OP_LOAD, .a = SDW_REG + 5, .imm = 0},
	{.code = SDW_OP_LOAD, .a = 0, .imm = 8},
	{.code = SDW_OP_TEXT, .a = 0, .b = SDW_IMM, .off = SDW_EQ, .imm = 32ull << 32},
	{.code = SDW_OP_END, .a = 0},
	{.code = SDW_OP_TEXT, .a = 0, .b = SDW_IMM, .off = SDW_EQ, .imm = 31ull << 32},
	{.code = SDW_OP_END, .a = 0},
	{.code = SDW_OP_CMP, .a = SDW_REG + 4, .b = SDW_IMM, .off = SDW_EQ, .imm = 7},
	{.code = SDW_OP_END, .a = 0},
	{.code = SDW_OP_LOAD, .a = SDW_REG + 5, .b = 8, .imm = 0},
	{.code = SDW_OP_CMP, .a = 0, .b = SDW_IMM, .off = SDW_EQ, .imm = 7},
	{.code = SDW_OP_END, .a = 0},
	{.code = SDW_OP_LOAD, .a = SDW_REG + 5, .imm = 0},
	{.code = SDW_OP_LOAD, .a = 0, .imm = 8},
	{.code = SDW_OP_TEXT, .a = 0, .b = SDW_IMM, .off = SDW_EQ, .imm = 31ull << 32},
	{.code = SDW_OP_END, .a = 0},
	{.code = SDW_OP_TEXT, .a = 0, .b = SDW_IMM, .off = SDW_TEXT_CONTAINS, .imm = 31ull << 32},
	{.code = SDW_OP_END, .a = 0},
};
static const struct sdw_text texts[1] = {{"exactly 32 bytes of other text!"}};
static const struct sdw_probe rate = {.flags = SDW_TAME_RATE, .interval = 1000000000};

static const struct {
	const char *name;
	u32 flags, regs_type, cond;
	struct sdw_pre pre;
} cases[] = {
	{"false: register", SDW_SITE_REGS_ONLY | SDW_SITE_PRE, 0, 0, {4, .span = 7}},
	{"false: loaded int",
	 SDW_SITE_REGS_ONLY | SDW_SITE_PRE,
	 0,
	 0,
	 {5, 1, 8, .lo = 0, .span = 7}},
	{"false: string of 32, 2 reads",
	 SDW_SITE_REGS_ONLY | SDW_SITE_PRE,
	 0,
	 0,
	 {3, 1, 16, .off = {8}, .lo = 0, .span = 32}},
	{"false: string of 32, 3 reads",
	 SDW_SITE_REGS_ONLY | SDW_SITE_PRE,
	 0,
	 0,
	 {5, 2, 16, .off = {0, 8}, .lo = 0, .span = 32}},
	{"false: string, other length",
	 SDW_SITE_REGS_ONLY | SDW_SITE_PRE,
	 0,
	 0,
	 {5, 2, 16, .off = {0, 8}, .lo = 0, .span = 31}},

	{"false: register, by program", SDW_SITE_REGS_ONLY, 0, 7},
	{"… by program", SDW_SITE_REGS_ONLY, 0, 9},
	{"false: string of 32, program", SDW_SITE_REGS_ONLY, 0, 1},
	{"false: string, other length", SDW_SITE_REGS_ONLY, 0, 12},
	{"limited", SDW_SITE_REGS_ONLY | SDW_SITE_TAME, 0, 0},
	{"registers", SDW_SITE_REGS_ONLY, 0},
	{"registers, goid", SDW_SITE_REGS_ONLY | SDW_SITE_G_R14, 0},
	{"registers, goid, stack", SDW_SITE_REGS_ONLY | SDW_SITE_G_R14 | SDW_SITE_WANT_STACK, 0},
	{"registers, stack check", SDW_SITE_REGS_ONLY | SDW_SITE_DROP_BE, 0},
	{"general, registers, goid", SDW_SITE_G_R14, 0},
	{"string of 32, goid", SDW_SITE_G_R14, 3},
	{"struct of 3 strings, goid", SDW_SITE_G_R14, 2},
	{"chain of 4, goid", SDW_SITE_G_R14, 4},
};

int main(int argc, char **argv)
{
	/* by type: what rdi points to */
	const void *const first[] = {[2] = object, [3] = text, [4] = chain[0]};
	struct sd_run_opts opts = {.nsites = 16,
				   .ntypes = 8,
				   .nptrs = 8,
				   .judges = true,
				   .nops = 64,
				   .ntexts = 1,
				   .nprobes = 1,
				   .attach = SD_ATTACH_MULTI,
				   .build = argc > 1 ? argv[1] : NULL};
	int null;

	if (geteuid()) {
		printf("skip: not root\n");
		return 77;
	}
	for (u32 i = 0; i < 3; i++) {
		object[2 * i] = (u64)(uintptr_t)text;
		object[2 * i + 1] = 24;
		chain[i][0] = (u64)(uintptr_t)chain[i + 1];
	}
	g[19] = 7;
	behind[0] = (u64)(uintptr_t)held;
	held[1] = (u64)(uintptr_t)text;
	held[2] = 32;
	memcpy(text, "exactly 32 bytes of other text?", 32);
	null = null_link();
	if (null < 0)
		die(sd_err_errno(SD_ERR_FAILED, -null, "null program"));
	for (u32 c = 0; c < SD_ARRAY_SIZE(cases); c++) {
		struct sdw_site s = {.flags = cases[c].flags,
				     .regs_type = cases[c].regs_type,
				     .goid_off = 152,
				     .cond = cases[c].cond,
				     .pre = cases[c].pre,
				     .depth = 4,
				     .str_limit = 256,
				     .items = 16,
				     .bytes = 4096};
		bool fast = s.flags & SDW_SITE_REGS_ONLY;
		bool cond = cases[c].cond || (s.flags & (SDW_SITE_PRE | SDW_SITE_TAME));
		const char *spot = fast ? spot_fast : spot_general;
		struct sd_attach_site site = {.index = 0, .off = spot_offset(spot)};
		u64 regs[SDW_NREGS] = {
			[3] = (u64)(uintptr_t)held,
			[4] = 32,
			[5] = (u64)(uintptr_t)(cond ? (const void *)behind
						    : first[SD_MAX(cases[c].regs_type, 2u)]),
			[14] = (u64)(uintptr_t)g};
		double added[BLOCKS], ratio[BLOCKS], base[BLOCKS];
		struct sdw_counts counts;
		struct sd_run *run;
		u64 got = 0;

		die(sd_run_create(&opts, &run));
		die(sd_run_set_types(run, types, SD_ARRAY_SIZE(types), ptrs, SD_ARRAY_SIZE(ptrs)));
		die(sd_run_set_ops(run, ops, SD_ARRAY_SIZE(ops), texts, 1));
		die(sd_run_set_probes(run, &rate, 1));
		die(sd_run_set_site(run, 0, &s));
		die(sd_run_attach(run, "/proc/self/exe", getpid(), 0, &site, 1));
		/* types 3 reads its length from rsi (DWARF 4), at offset 32 */
		spot_loop(spot, regs, HITS);
		spot_loop(spot_null, regs, HITS);
		for (u32 b = 0; b < BLOCKS; b++) {
			u64 t0 = now(), t1, t2;

			spot_loop(spot_null, regs, HITS);
			t1 = now();
			spot_loop(spot, regs, HITS);
			t2 = now();
			sd_run_drain(run, true, count_only, &got);
			base[b] = (double)(t1 - t0) / HITS;
			added[b] = (double)(t2 - t1) / HITS - base[b];
			ratio[b] = (double)(t2 - t1) / (double)(t1 - t0);
		}
		die(sd_run_counts(run, 0, &counts));
		printf("%-28s null %5.0f ns, added %5.0f ns, ratio %.2f  (%s; %llu hits, %llu "
		       "delivered, %llu drained, %llu filtered, %llu limited)\n",
		       cases[c].name, median(base, BLOCKS), median(added, BLOCKS),
		       median(ratio, BLOCKS), sd_run_build_name(run),
		       (unsigned long long)counts.hits, (unsigned long long)counts.delivered,
		       (unsigned long long)got, (unsigned long long)counts.filtered,
		       (unsigned long long)counts.limited);
		sd_run_destroy(run);
	}
	close(null);
	return 0;
}
