/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which hits come through: refused, unsure and noted ones; rates, samples, keys, first hits; from
 * several threads at once, and each hit counted once. On each build of the programs.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "run/run.h"
#include "tests/bpf/spot.h"

enum { THREADS = 4, HITS = 3000, KEYS = 1000 };

static u32 passed, failed, skipped;

struct seen {
	u64 n, refused, unsure, odd;
	u64 hits[THREADS * HITS + 1]; /* how often each number came */
	u64 keys[KEYS];		      /* rbx */
};

static struct seen seen;

static bool look(void *ctx, const struct sdw_rec *rec)
{
	const struct sdw_range *r = (const void *)(rec + 1);

	seen.n++;
	seen.refused += !!(rec->flags & SDW_REC_REFUSED);
	seen.unsure += !!(rec->flags & SDW_REC_COND_UNSURE);
	if ((rec->flags & SDW_REC_REFUSED) && (rec->size != sizeof(*rec) || rec->nranges))
		seen.odd++;
	if (rec->nranges && r->status == SDW_HITS) {
		if (r->addr > THREADS * HITS || r->len)
			seen.odd++;
		else
			seen.hits[r->addr]++;
	}
	if (rec->regs[3] < KEYS)
		seen.keys[rec->regs[3]]++;
	return true;
}

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
}

static void *hit_many(void *arg)
{
	u64 regs[SDW_NREGS] = {[0] = 5};

	for (u32 i = 0; i < HITS; i++)
		spot_hit(spot_general, regs, 0);
	return NULL;
}

static void from_threads(struct sd_run *run)
{
	pthread_t t[THREADS];

	for (u32 i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, hit_many, NULL);
	for (u32 i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	sd_run_drain(run, true, look, NULL);
}

static char texts_of_keys[KEYS][32];

/* Hits with rbx = key, and a string in rcx, rdi. */
static void by_keys(struct sd_run *run, u32 keys, u32 times)
{
	for (u32 round = 0; round < times; round++)
		for (u32 k = 0; k < keys; k++) {
			u64 regs[SDW_NREGS] = {[3] = k,
					       [2] = (u64)(uintptr_t)texts_of_keys[k],
					       [5] = strlen(texts_of_keys[k])};

			spot_hit(spot_general, regs, 0);
		}
	sd_run_drain(run, true, look, NULL);
}

static struct sd_run *run;
static struct sdw_counts counts;

static void must(struct sd_err *err)
{
	if (!err)
		return;
	printf("  %s\n", err->msg);
	exit(1);
}

/* A fresh session, so that its counters and states begin at 0; false: this build is not for this
 * kernel. */
static bool begin(const char *build, struct sdw_site site, const struct sdw_probe *probe)
{
	static const struct sdw_op ops[] = {
		{},
		/* 1: *NULL == 0 */
		{.code = SDW_OP_LOAD, .a = SDW_REG + 1, .b = 8},
		{.code = SDW_OP_CMP, .a = 0, .b = SDW_IMM, .off = SDW_EQ},
		{.code = SDW_OP_END},
		/* 4: rbx as the key */
		{.code = SDW_OP_HASH, .a = SDW_REG + 3},
		{.code = SDW_OP_END},
		/* 6: a string as the key */
		{.code = SDW_OP_PAIR, .a = SDW_REG + 2, .b = SDW_REG + 5},
		{.code = SDW_OP_HASH, .a = 0, .b = 1},
		{.code = SDW_OP_END},
		/* 9: rax == 5 */
		{.code = SDW_OP_CMP, .a = SDW_REG + 0, .b = SDW_IMM, .off = SDW_EQ, .imm = 5},
		{.code = SDW_OP_END},
	};
	struct sd_run_opts opts = {.nsites = 1,
				   .ntypes = 1,
				   .nptrs = 1,
				   .judges = true,
				   .nops = SD_ARRAY_SIZE(ops),
				   .nprobes = 2,
				   .nfirsts = 4 * KEYS,
				   .build = build,
				   .ring_size = 16 << 20};
	struct sd_attach_site at = {.off = spot_offset(spot_general)};
	struct sdw_probe probes[2] = {{0}};
	struct sd_err *err = sd_run_create(&opts, &run);

	if (err) {
		printf("skip: build %s: %s\n", build, err->msg);
		sd_err_free(err);
		skipped++;
		return false;
	}
	site.addr = spot_addr(spot_general);
	site.bytes = 4096;
	site.probe = 1;
	if (probe)
		probes[1] = *probe;
	must(sd_run_set_ops(run, ops, SD_ARRAY_SIZE(ops), NULL, 0));
	must(sd_run_set_probes(run, probes, 2));
	must(sd_run_set_site(run, 0, &site));
	must(sd_run_attach(run, "/proc/self/exe", getpid(), 0, &at, 1));
	memset(&seen, 0, sizeof(seen));
	return true;
}

static void end(const char *what, const char *build, bool ok)
{
	const struct sdw_counts *c = &counts;

	must(sd_run_counts(run, 0, &counts));
	sd_run_destroy(run);
	run = NULL;
	ok = ok && !seen.odd && seen.n == c->delivered &&
	     c->hits == c->delivered + c->filtered + c->limited + c->lost_full + c->lost_busy +
				c->lost_big;
	if (ok)
		passed++;
	else
		failed++;
	printf("%s: %s, build %s: %llu hits = %llu delivered + %llu filtered + %llu limited + %llu "
	       "lost\n",
	       ok ? "ok" : "FAIL", what, build, (unsigned long long)c->hits,
	       (unsigned long long)c->delivered, (unsigned long long)c->filtered,
	       (unsigned long long)c->limited,
	       (unsigned long long)(c->lost_full + c->lost_busy + c->lost_big));
}

/* Of all kinds of conditions the ways in which a hit ends. */
static void test_refused(const char *build)
{
	const u32 all = THREADS * HITS;
	struct sdw_site pre = {.flags = SDW_SITE_PRE, .pre = {.reg = 0, .size = 8, .lo = 6}};

	if (!begin(build, pre, NULL))
		return;
	from_threads(run);
	end("a register that is refused", build, !seen.n);
	pre.flags |= SDW_SITE_REGS_ONLY;
	begin(build, pre, NULL);
	from_threads(run);
	end("a register that is refused, registers only", build, !seen.n);
	pre.flags |= SDW_SITE_REFUSE;
	begin(build, pre, NULL);
	from_threads(run);
	end("a note of the refusal, registers only", build, seen.refused == all);
	pre.pre.lo = 5;
	begin(build, pre, NULL);
	from_threads(run);
	end("a register that is right, registers only", build, seen.n == all && !seen.refused);
	begin(build, (struct sdw_site){.cond = 9}, NULL);
	from_threads(run);
	end("a program that is right", build, seen.n == all && !seen.unsure);
	begin(build, (struct sdw_site){.cond = 1}, NULL);
	from_threads(run);
	end("a program that cannot tell", build, seen.unsure == all);
	begin(build,
	      (struct sdw_site){.cond = 1,
				.flags = SDW_SITE_PRE | SDW_SITE_REFUSE,
				.pre = {.reg = 0, .size = 8, .lo = 6}},
	      NULL);
	from_threads(run);
	end("false beside what cannot be told", build, seen.refused == all && !seen.unsure);
	/* memory comes first, the program can still refuse */
	begin(build,
	      (struct sdw_site){
		      .cond = 9, .flags = SDW_SITE_PRE, .pre = {.reg = 1, .loads = 1, .size = 8}},
	      NULL);
	from_threads(run);
	end("what cannot be told beside true", build, seen.unsure == all);
}

static void test_hits(const char *build)
{
	struct sdw_site site = {.flags = SDW_SITE_HITS};
	bool exact = strcmp(build, "plain") != 0, ok = true;

	if (!begin(build, site, NULL))
		return;
	from_threads(run);
	for (u32 i = 1; i <= THREADS * HITS; i++)
		ok &= seen.hits[i] == exact;
	end("the number of each hit", build, ok && !seen.hits[0]);
}

static void test_sample(const char *build)
{
	struct sdw_site site = {.flags = SDW_SITE_TAME};
	struct sdw_probe probe = {.flags = SDW_TAME_SAMPLE, .sample = 7};
	bool exact = strcmp(build, "plain") != 0;
	u64 want = (THREADS * HITS + 6) / 7, share = 0;
	bool ok = true;

	if (!begin(build, site, &probe))
		return;
	from_threads(run);
	end("every 7th", build, exact ? seen.n == want : seen.n > want / 2 && seen.n < want * 2);
	site.key = 4;
	begin(build, site, &probe);
	by_keys(run, KEYS, 3);
	for (u32 k = 0; k < KEYS; k++) {
		ok &= seen.keys[k] == 0 || seen.keys[k] == 3;
		share += seen.keys[k] == 3;
	}
	end("the keys of a 7th", build, ok && share > KEYS / 14 && share < KEYS * 2 / 7);
}

static void test_first(const char *build)
{
	struct sdw_site site = {.flags = SDW_SITE_TAME, .key = 4};
	struct sdw_probe probe = {.flags = SDW_TAME_FIRST};
	bool ok = true;

	if (!begin(build, site, &probe))
		return;
	by_keys(run, KEYS / 2, 4);
	for (u32 k = 0; k < KEYS / 2; k++)
		ok &= seen.keys[k] == 1;
	end("the first of each number", build, ok);
	site.key = 6;
	begin(build, site, &probe);
	by_keys(run, KEYS / 2, 4);
	ok = true;
	for (u32 k = 0; k < KEYS / 2; k++)
		ok &= seen.keys[k] == 1;
	end("the first of each string", build, ok);
}

static void test_rate(const char *build)
{
	struct sdw_site site = {.flags = SDW_SITE_TAME};
	/* 500 a second, a tenth of that at once */
	struct sdw_probe probe = {.flags = SDW_TAME_RATE, .interval = 2000000, .burst = 100000000};
	bool exact = strcmp(build, "plain") != 0;
	u64 t0, most;

	if (!begin(build, site, &probe))
		return;
	t0 = now();
	for (u32 i = 0; i < 4; i++) {
		from_threads(run);
		usleep(20000);
	}
	most = 50 + (now() - t0) / probe.interval + 1;
	end("at most so many a second", build, seen.n >= 50 && seen.n <= (exact ? most : 2 * most));
}

/* ---- returns of refused entries ---- */

enum { GOS = 8, DEEP = 30, STEPS = 6000 };

struct fake_g {
	u64 lo, hi;
};

static struct fake_g gs[GOS];
static struct {
	u64 depth, serial;
	bool accepted;
} frames[GOS][DEEP];
static u32 nframes[GOS];
static bool came[STEPS + 1], wanted[STEPS + 1];
static u64 in_vain, rng = 88172645463325252ull;

static u64 rnd(u64 n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 8) % n;
}

static bool note(void *ctx, const struct sdw_rec *rec)
{
	u64 serial = rec->regs[1];

	if (rec->site != 1 || serial > STEPS)
		return true;
	if (!wanted[serial])
		in_vain++;
	came[serial] = true;
	return true;
}

/* One event of goroutine k: the function is called or returns, a panic ends calls unseen, the stack
 * moves. */
static void step(u32 k, u64 serial)
{
	u64 regs[SDW_NREGS] = {[14] = (u64)(uintptr_t)&gs[k], [1] = serial};
	u32 n = nframes[k], what = (u32)rnd(20);
	u64 depth = n ? frames[k][n - 1].depth : 0;

	if (what < 9 && n < DEEP) {
		bool accepted = !rnd(3);

		depth += 32 + 8 * rnd(5);
		frames[k][n].depth = depth;
		frames[k][n].serial = serial;
		frames[k][n].accepted = accepted;
		nframes[k]++;
		regs[0] = accepted ? 5 : 6;
		regs[6] = gs[k].hi - depth - 16;
		spot_hit(spot_general, regs, 0);
	} else if (what < 17 && n) {
		nframes[k]--;
		regs[1] = frames[k][n - 1].serial;
		wanted[regs[1]] = frames[k][n - 1].accepted;
		regs[6] = gs[k].hi - depth - 16;
		spot_hit(spot_fast, regs, 0);
	} else if (what < 18) {
		gs[k].hi += 0x1000;
	} else if (what < 19 && n) {
		nframes[k] = (u32)rnd(n);
	}
}

static void test_open(const char *build, u32 room)
{
	struct sd_run_opts opts = {.nsites = 2,
				   .ntypes = 1,
				   .nptrs = 1,
				   .judges = true,
				   .nopens = room,
				   .build = build,
				   .ring_size = 16 << 20};
	struct sd_attach_site at[2] = {{.index = 0, .off = spot_offset(spot_general)},
				       {.index = 1, .off = spot_offset(spot_fast)}};
	struct sdw_site entry = {.flags = SDW_SITE_REGS_ONLY | SDW_SITE_PRE | SDW_SITE_MARK,
				 .pre = {.reg = 0, .size = 8, .lo = 5},
				 .func = 3,
				 .cfa_reg = 6,
				 .cfa_off = 16,
				 .addr = spot_addr(spot_general)};
	struct sdw_site ret = {.flags = SDW_SITE_REGS_ONLY | SDW_SITE_MARKED,
			       .func = 3,
			       .cfa_reg = 6,
			       .cfa_off = 16,
			       .addr = spot_addr(spot_fast)};
	struct sd_err *err = sd_run_create(&opts, &run);
	u64 missing = 0, refused = 0;
	struct sdw_counts c;
	bool ok;

	if (err) {
		printf("skip: build %s: %s\n", build, err->msg);
		sd_err_free(err);
		skipped++;
		return;
	}
	must(sd_run_set_site(run, 0, &entry));
	must(sd_run_set_site(run, 1, &ret));
	must(sd_run_attach(run, "/proc/self/exe", getpid(), 0, at, 2));
	memset(nframes, 0, sizeof(nframes));
	memset(came, 0, sizeof(came));
	memset(wanted, 0, sizeof(wanted));
	in_vain = 0;
	for (u32 k = 0; k < GOS; k++)
		gs[k] = (struct fake_g){.hi = 0xc000100000 + k * 0x10000000};
	for (u32 i = 1; i <= STEPS; i++)
		step((u32)rnd(GOS), i);
	sd_run_drain(run, true, note, NULL);
	for (u32 i = 1; i <= STEPS; i++)
		missing += wanted[i] && !came[i];
	must(sd_run_counts(run, 1, &c));
	refused = c.filtered;
	sd_run_destroy(run);
	/* with no room for marks all are sent; within an open call all are sent as well */
	ok = !missing && (room > GOS ? refused > 200 : refused < 50) &&
	     c.hits == c.delivered + c.filtered;
	if (ok)
		passed++;
	else
		failed++;
	printf("%s: returns of refused entries, room for %u, build %s: %llu held back, %llu sent "
	       "in "
	       "vain, %llu missing\n",
	       ok ? "ok" : "FAIL", room, build, (unsigned long long)refused,
	       (unsigned long long)in_vain, (unsigned long long)missing);
}

int main(int argc, char **argv)
{
	static const char *const builds[] = {"preempt", "slots", "plain"};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid()) {
		printf("skip: not root\n0 passed, 0 failed, 1 skipped\n");
		return 77;
	}
	for (u32 k = 0; k < KEYS; k++)
		snprintf(texts_of_keys[k], sizeof(texts_of_keys[k]), "/path/of/a/request/%u", k);
	for (u32 i = 0; i < SD_ARRAY_SIZE(builds); i++) {
		test_refused(builds[i]);
		test_hits(builds[i]);
		test_sample(builds[i]);
		test_first(builds[i]);
		test_rate(builds[i]);
		test_open(builds[i], 1024);
		test_open(builds[i], 1);
	}
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed ? 1 : passed ? 0 : 77;
}
