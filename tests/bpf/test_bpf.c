/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The capture programs as they run: each build, each way to attach and each buffer against the
 * reference, on random plans, types and memory; the accounts under loss; refused sites; pid
 * filters. The program traces itself.
 */
#include <asm/prctl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "run/run.h"
#include "tests/bpf/chase_ref.h"
#include "tests/bpf/spot.h"

#define PAGES	24
#define PAGE	4096ull
#define NTYPES	12
#define NPTRS	64
#define NRTYPES 8

static u32 passed, failed, skipped;
static u64 seed;
static u8 *arena;
#define GLOBALS	      16384
#define RING_SIZE_MAX 64
/* How far behind its start an element of a ring may lie: nothing there changes. */
#define BEYOND	      (65536 * RING_SIZE_MAX)
static u8 global_pages[GLOBALS + BEYOND + 2 * PAGE]
	__attribute__((aligned(4096))); /* with what cannot be read on both sides */
#define globals	    (global_pages + PAGE)
#define descriptors (globals + 8192)
static u32 holes; /* pages of the arena that cannot be read: bits */
static __thread u64 tls_g;
static u64 tls_off;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dull;
}

static u64 below(u64 n)
{
	return (rnd() >> 16) % n;
}

static bool readable(u64 addr, u64 len)
{
	u64 a = (u64)(uintptr_t)arena, b = (u64)(uintptr_t)globals;

	if (addr >= b && len <= GLOBALS + BEYOND && addr <= b + GLOBALS + BEYOND - len)
		return true;
	if (addr < a || addr >= a + PAGES * PAGE || len > PAGES * PAGE ||
	    addr > a + PAGES * PAGE - len)
		return false;
	for (u64 p = (addr - a) / PAGE; len && p <= (addr + len - 1 - a) / PAGE; p++)
		if (holes >> p & 1)
			return false;
	return true;
}

/* What a word of memory or a register holds: mostly a pointer into the arena or a small number. */
static u64 any_word(void)
{
	static const u64 odd[] = {1,
				  8,
				  0xff8,
				  0xffff,
				  1ull << 40,
				  (1ull << 40) + 1,
				  1ull << 63,
				  ~0ull,
				  0xffff888000001000,
				  0x7fffffffffff};

	switch (below(10)) {
	case 0:
		return 0;
	case 1:
		return odd[below(SD_ARRAY_SIZE(odd))];
	case 2:
	case 3:
		return below(40);
	case 4:
		return below(6000);
	case 5:
		return (u64)(uintptr_t)arena +
		       below(16) * 1024; /* meets again and again what was queued */
	case 6:
		return (u64)(uintptr_t)descriptors +
		       8 * below(NRTYPES + 2); /* a type's descriptor, mostly */
	default:
		return (u64)(uintptr_t)arena + below(PAGES * PAGE / 8) * 8;
	}
}

static void new_arena(void)
{
	u32 want = below(2) ? 0 : (u32)(1u << below(PAGES) | 1u << below(PAGES));

	mprotect(arena, PAGES * PAGE, PROT_READ | PROT_WRITE);
	for (u64 i = 0; i < PAGES * PAGE; i += 8) {
		u64 v = any_word();

		memcpy(arena + i, &v, 8);
	}
	for (u64 i = 0; i < GLOBALS; i += 8) {
		u64 v = any_word();

		memcpy(globals + i, &v, 8);
	}
	for (u32 p = 0; p < PAGES; p++)
		if (want >> p & 1)
			mprotect(arena + p * PAGE, PAGE, PROT_NONE);
	holes = want;
}

struct plan {
	struct sdw_site site;
	struct sdw_type types[NTYPES];
	struct sdw_ptr ptrs[NPTRS];
	u64 rtype_keys[NRTYPES];
	struct sdw_rtype rtypes[NRTYPES];
};

static u32 one_of(const u32 *v, u32 n)
{
	return v[below(n)];
}
#define ONE_OF(...)                                                                                \
	one_of((const u32[]){__VA_ARGS__}, sizeof((const u32[]){__VA_ARGS__}) / sizeof(u32))

static u32 any_type(void)
{
	return below(30) ? 1 + (u32)below(NTYPES - 2) : ONE_OF(0, NTYPES + 5, ~0u);
}

static void new_ptr(struct sdw_ptr *p, u32 size, bool regs)
{
	u32 words = size / 8 ? size / 8 : 1;

	*p = (struct sdw_ptr){.kind = (u16)ONE_OF(SDW_PTR_ONE, SDW_PTR_ONE, SDW_PTR_BYTES,
						  SDW_PTR_BYTES, SDW_PTR_SLICE, SDW_PTR_RAW,
						  SDW_PTR_SAME, SDW_PTR_IFACE, SDW_PTR_IFACE,
						  SDW_PTR_LOG2, SDW_PTR_PLUS1, SDW_PTR_SWISS,
						  SDW_PTR_RING),
			      .type = any_type(),
			      .count = (u16)ONE_OF(0, 0, 1, 2, 3, 4, 20)};
	if (p->kind == SDW_PTR_RAW)
		p->count = (u16)ONE_OF(0, 1, 8, 16, 64, 100, 4096, 5000);
	do
		p->off = 8 * (u32)below(words) + (regs || below(10) ? 0 : 1 + (u32)below(8));
	while (regs && (p->off == 56 || p->off >= 128));
	do
		p->len_off = 8 * (u32)below(words + (below(20) ? 0 : 1));
	while (regs && (p->len_off == 56 || p->len_off >= 128));
	if (!below(6))
		p->off = SDW_OFF_REG + 8 * ONE_OF(0, 1, 5, 6, 8, 13, 15);
	if (!below(6))
		p->len_off = SDW_OFF_REG + 8 * ONE_OF(0, 1, 5, 6, 8, 13, 15);
	if (p->kind == SDW_PTR_RING) {
		p->count = (u16)below(RING_SIZE_MAX + 1);
		p->off += p->off & ~SDW_OFF_REG ? 0 : 8; /* what is before the registers differs */
	}
	if (!below(100))
		p->kind = (u16)ONE_OF(0, 11, 77);
}

static void new_plan(struct plan *pl)
{
	struct sdw_site *s = &pl->site;
	u32 nptr = 0;

	memset(pl, 0, sizeof(*pl));
	for (u32 t = 1; t < NTYPES; t++) {
		bool regs = t == NTYPES - 1;
		struct sdw_type *ty = &pl->types[t];

		ty->size = regs ? 8 * SDW_NREGS
				: ONE_OF(8, 8, 16, 24, 32, 40, 48, 64, 100, 256, 1000, 4096);
		if (!regs && !below(20))
			ty->size = (u32)below(SDW_READ_MAX) + 1;
		ty->first_ptr = nptr;
		ty->nptr = (u32)below(regs ? 8 : 6);
		if (nptr + ty->nptr > NPTRS)
			ty->nptr = NPTRS - nptr;
		for (u32 i = 0; i < ty->nptr; i++)
			new_ptr(&pl->ptrs[nptr++], ty->size, regs);
	}
	s->module = ONE_OF(0, 0, 1, 7);
	for (u32 i = 0; i < NRTYPES; i++) {
		pl->rtype_keys[i] = SDW_RTYPE_KEY(s->module, spot_addr(descriptors) + 8 * i);
		pl->rtypes[i] = (struct sdw_rtype){
			.type = any_type(),
			.flags = ONE_OF(0, 0, SDW_RTYPE_DIRECT, SDW_RTYPE_SAME,
					SDW_RTYPE_DIRECT | SDW_RTYPE_SAME)};
	}
	s->flags = ONE_OF(0, SDW_SITE_G_R14, SDW_SITE_G_R14, SDW_SITE_G_TLS);
	if (below(2))
		s->flags |= SDW_SITE_WANT_STACK;
	if (below(2))
		s->flags |= SDW_SITE_USER_G;
	s->goid_off = ONE_OF(152, 160);
	s->m_off = ONE_OF(48, 48, 48, 0);
	s->curg_off = ONE_OF(184, 192);
	s->tls_off = (s32)tls_off;
	s->depth = (u32)below(7);
	s->str_limit = ONE_OF(0, 7, 16, 256, 256, 4096);
	s->items = ONE_OF(0, 1, 3, 16, 100, 1000);
	s->bytes = ONE_OF(0, 16, 23, 24, 100, 512, 4096, 4096, 16384, 16384, 20000, 40000, 200000,
			  SDW_BYTES_MAX, SDW_BYTES_MAX + 9);
	if (!below(4)) {
		s->flags |= SDW_SITE_REGS_ONLY;
		return;
	}
	s->frames = below(2) ? 0 : ONE_OF(1, 2, 32, SDW_FRAMES_MAX, SDW_FRAMES_MAX + 9);
	s->cfa_reg = ONE_OF(6, 6, 0);
	s->cfa_off = ONE_OF(8, 16, 24);
	s->gopc_off = ONE_OF(0, 288);
	s->parent_off = ONE_OF(0, 280);
	s->regs_type = below(3) ? NTYPES - 1 : 0;
	s->nroots = (u32)below(6) * (u32)below(4);
	for (u32 i = 0; i < s->nroots && i < SDW_MAX_ROOTS; i++) {
		struct sdw_root *r = &s->roots[i];

		do
			r->base = (u8)ONE_OF((u32)below(16), (u32)below(16), SDW_BASE_G,
					     SDW_BASE_ABS);
		while (r->base == 7);
		r->deref = !below(3);
		r->count = (u16)below(5);
		r->type = any_type();
		r->off = r->base == SDW_BASE_ABS ? (s64)(spot_addr(globals) + 8 * below(100))
						 : (s64)below(64) - 8;
		r->off2 = (s64)below(32);
	}
}

struct got {
	u32 n;
	u8 rec[SDW_EVENT_MAX];
};

static bool take(void *ctx, const struct sdw_rec *rec)
{
	struct got *g = ctx;

	if (!g->n++)
		memcpy(g->rec, rec, SD_MIN(rec->size, (u32)sizeof(g->rec)));
	return true;
}

static void dump(const char *who, const u8 *p)
{
	const struct sdw_rec *r = (const void *)p;
	u64 at = sizeof(*r);

	printf("  %s: size %u flags %x nranges %u g %llx goid %llx lo %llx hi %llx\n", who, r->size,
	       r->flags, r->nranges, (unsigned long long)r->g, (unsigned long long)r->goid,
	       (unsigned long long)r->stack_lo, (unsigned long long)r->stack_hi);
	for (u32 i = 0; i < r->nranges && at + sizeof(struct sdw_range) <= r->size; i++) {
		const struct sdw_range *g = (const void *)(p + at);

		printf("    %llx %u %s\n", (unsigned long long)g->addr, g->len,
		       g->status == SDW_STACK ? "stack"
		       : g->status	      ? "fault"
					      : "ok");
		at += sizeof(*g) + (g->status == SDW_FAULT ? 0 : (g->len + 7) & ~7u);
	}
}

/* A chain of frames in the arena, and where it begins. */
static u64 new_chain(void)
{
	u64 fp = (u64)(uintptr_t)arena + 8 * below(PAGES * PAGE / 8), first = fp, up;
	u64 most = 2 + below(2) * 100;

	while (readable(fp, 8)) {
		up = below(100) ? fp + 8 * below(most) : any_word();
		memcpy((void *)(uintptr_t)fp, &up, 8);
		if (up <= fp)
			break;
		fp = up;
	}
	return first;
}

/* One random case; false (and words) when the record is not the reference's. */
static bool one_case(struct sd_run *run, struct got *got, u64 *big)
{
	static struct plan pl;
	static u8 want[SDW_EVENT_MAX];
	struct sd_ref ref = {.site = &pl.site,
			     .types = pl.types,
			     .ntypes = NTYPES,
			     .ptrs = pl.ptrs,
			     .nptrs = NPTRS,
			     .rtype_keys = pl.rtype_keys,
			     .rtypes = pl.rtypes,
			     .nrtypes = NRTYPES,
			     .readable = readable};
	u64 regs[SDW_NREGS], case_seed = seed;
	struct sdw_rec *rec = (struct sdw_rec *)got->rec;
	bool fast, be = !below(8);
	const char *spot;
	u32 size;
	struct sd_err *err;

	if (!below(8))
		new_arena();
	new_plan(&pl);
	fast = pl.site.flags & SDW_SITE_REGS_ONLY;
	spot = fast ? spot_fast : spot_general;
	if (below(2))
		pl.site.flags |= SDW_SITE_DROP_BE;
	pl.site.addr = spot_addr(spot);
	for (u32 i = 0; i < 16; i++)
		regs[i] = any_word();
	if (pl.site.frames && below(4))
		regs[6] = new_chain();
	tls_g = any_word();
	ref.tls_g = tls_g;
	ref.steps = strcmp(sd_run_build_name(run), "plain")
			    ? SDW_STEPS_LOOP(SD_MIN(pl.site.bytes, SDW_BYTES_MAX))
			    : SDW_STEPS_PLAIN;
	err = sd_run_set_types(run, pl.types, NTYPES, pl.ptrs, NPTRS);
	if (!err)
		err = sd_run_set_rtypes(run, pl.rtype_keys, pl.rtypes, NRTYPES);
	if (!err)
		err = sd_run_set_site(run, fast, &pl.site);
	if (err) {
		printf("  tables: %s\n", err->msg);
		sd_err_free(err);
		return false;
	}
	got->n = 0;
	spot_hit(spot, regs, be ? ONE_OF(0x01, 0x40, 0x41) : 0);
	sd_run_drain(run, true, take, got);
	if (be && (pl.site.flags & SDW_SITE_DROP_BE)) {
		if (got->n)
			printf("  seed %llx: a taken stack check gave a record\n",
			       (unsigned long long)case_seed);
		return !got->n;
	}
	if (got->n != 1) {
		printf("  seed %llx: %u records of one hit\n", (unsigned long long)case_seed,
		       got->n);
		return false;
	}
	regs[7] = rec->regs[7];
	regs[16] = (u64)(uintptr_t)spot;
	size = sd_ref_record(&ref, fast, regs, want);
	*big = SD_MAX(*big, size);
	if (rec->pid != (u32)getpid() || rec->tid != (u32)syscall(SYS_gettid) || !rec->ts ||
	    !rec->losses) {
		printf("  seed %llx: pid %u tid %u ts %llu\n", (unsigned long long)case_seed,
		       rec->pid, rec->tid, (unsigned long long)rec->ts);
		return false;
	}
	rec->pid = rec->tid = 0;
	rec->ts = rec->losses = 0;
	if (rec->size == size && !memcmp(got->rec, want, size))
		return true;
	printf("  seed %llx: not the reference's record\n", (unsigned long long)case_seed);
	dump("kernel", got->rec);
	dump("reference", want);
	return false;
}

static const char *const attach_names[] = {"auto", "uprobe_multi", "tracefs", "perf"};

/* A session, or NULL with the case counted as skipped or failed. */
static struct sd_run *session(const char *what, const struct sd_run_opts *opts)
{
	struct sd_run *run = NULL;
	struct sd_err *err = sd_run_create(opts, &run);

	if (!err)
		return run;
	/* a build or a rung that this kernel has not; the best of all must always be there */
	if (opts->build || opts->attach != SD_ATTACH_AUTO) {
		skipped++;
		printf("skip: %s: %s\n", what, err->msg);
	} else {
		failed++;
		printf("FAIL: %s: %s\n", what, err->msg);
	}
	sd_err_free(err);
	return NULL;
}

static void verdict(bool ok, const char *what, const char *detail)
{
	if (ok)
		passed++;
	else
		failed++;
	printf("%s: %s%s%s\n", ok ? "ok" : "FAIL", what, *detail ? ": " : "", detail);
}

static bool attach(struct sd_run *run, struct sd_attach_site *sites, u32 n, pid_t pid)
{
	struct sd_err *err = sd_run_attach(run, "/proc/self/exe", pid, 0, sites, n);

	if (err)
		printf("  attach: %s\n", err->msg);
	sd_err_free(err);
	return !err;
}

static void test_random(const char *build, enum sd_attach how, enum sd_buffer buffer, u32 cases)
{
	struct sd_run_opts opts = {.nsites = 2,
				   .ntypes = NTYPES,
				   .nptrs = NPTRS,
				   .nrtypes = 4 * NRTYPES,
				   .build = build,
				   .attach = how,
				   .buffer = buffer,
				   .need_fsbase = true,
				   .pie = true,
				   .ring_size = 4 << 20};
	struct sd_attach_site sites[2] = {
		{.index = 0, .off = spot_offset(spot_general)},
		{.index = 1, .off = spot_offset(spot_fast)},
	};
	struct sdw_site s = {.addr = spot_addr(spot_general)};
	static struct got got;
	char what[160], detail[80] = "";
	struct sd_run *run;
	u64 big = 0;
	u32 bad = 0;

	snprintf(what, sizeof(what), "random plans: build %s, attach %s, buffer %s",
		 build ?: "best", attach_names[how], buffer == SD_BUFFER_PERF ? "perf" : "ring");
	run = session(what, &opts);
	if (!run)
		return;
	sd_err_free(sd_run_set_site(run, 0, &s));
	s = (struct sdw_site){.addr = spot_addr(spot_fast), .flags = SDW_SITE_REGS_ONLY};
	sd_err_free(sd_run_set_site(run, 1, &s));
	if (!attach(run, sites, 2, getpid())) {
		verdict(false, what, "");
		sd_run_destroy(run);
		return;
	}
	for (u32 i = 0; i < cases && bad < 3; i++)
		if (!one_case(run, &got, &big))
			bad++;
	snprintf(detail, sizeof(detail), "%u cases, build %s, %s, longest record %llu", cases,
		 sd_run_build_name(run), sd_run_attach_name(run), (unsigned long long)big);
	verdict(!bad, what, detail);
	sd_run_destroy(run);
}

static bool count_only(void *ctx, const struct sdw_rec *rec)
{
	++*(u64 *)ctx;
	return true;
}

struct hitter {
	const void *spot;
	u32 n;
};

static void *hitter(void *arg)
{
	struct hitter *h = arg;
	u64 regs[SDW_NREGS] = {[0] = (u64)(uintptr_t)arena};

	for (u32 i = 0; i < h->n; i++)
		spot_hit(h->spot, regs, 0);
	return NULL;
}

static bool sums(const struct sdw_counts *c)
{
	return c->hits ==
	       c->delivered + c->filtered + c->limited + c->lost_full + c->lost_busy + c->lost_big;
}

/* Threads that hit as fast as they can, a small buffer: every hit is delivered or counted as lost.
 */
static void test_accounts(const char *build, enum sd_buffer buffer, bool drain)
{
	enum { THREADS = 4, HITS = 20000 };
	struct sd_run_opts opts = {.nsites = 2,
				   .ntypes = 2,
				   .nptrs = 1,
				   .build = build,
				   .buffer = buffer,
				   .ring_size = 8192};
	struct sd_attach_site sites[2] = {
		{.index = 0, .off = spot_offset(spot_general)},
		{.index = 1, .off = spot_offset(spot_fast)},
	};
	struct sdw_type types[2] = {{}, {.size = 64}};
	struct sdw_site s = {.nroots = 1,
			     .bytes = 4096,
			     .roots = {{.base = 0, .type = 1}},
			     .addr = spot_addr(spot_general)};
	struct sdw_site regs_only = {.flags = SDW_SITE_REGS_ONLY, .addr = spot_addr(spot_fast)};
	struct hitter jobs[THREADS];
	pthread_t threads[THREADS];
	struct sdw_counts c[2] = {};
	char what[160], detail[160];
	struct sd_run *run;
	u64 got = 0, sent, lost;
	bool ok;

	snprintf(what, sizeof(what), "accounts: build %s, buffer %s, %s", build ?: "best",
		 buffer == SD_BUFFER_PERF ? "perf" : "ring", drain ? "drained" : "full");
	run = session(what, &opts);
	if (!run)
		return;
	mprotect(arena, PAGES * PAGE, PROT_READ | PROT_WRITE);
	sd_err_free(sd_run_set_types(run, types, 2, NULL, 0));
	sd_err_free(sd_run_set_site(run, 0, &s));
	sd_err_free(sd_run_set_site(run, 1, &regs_only));
	ok = attach(run, sites, 2, 0);
	for (u32 i = 0; i < THREADS; i++) {
		jobs[i] = (struct hitter){i & 1 ? spot_fast : spot_general, HITS};
		pthread_create(&threads[i], NULL, hitter, &jobs[i]);
	}
	for (u32 i = 0; drain && i < 2000; i++) {
		sd_run_drain(run, false, count_only, &got);
		usleep(100);
	}
	for (u32 i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	sd_run_drain(run, true, count_only, &got);
	sd_err_free(sd_run_all_counts(run, 2, c));
	sent = c[0].delivered + c[1].delivered;
	lost = c[0].lost_full + c[1].lost_full + c[0].lost_busy + c[1].lost_busy;
	ok = ok && c[0].hits == THREADS / 2 * HITS && c[1].hits == THREADS / 2 * HITS &&
	     sums(&c[0]) && sums(&c[1]) && got == sent && lost && sent && !c[0].lost_big &&
	     !c[1].lost_big;
	snprintf(detail, sizeof(detail), "%llu hits = %llu delivered (%llu drained) + %llu lost",
		 (unsigned long long)(c[0].hits + c[1].hits), (unsigned long long)sent,
		 (unsigned long long)got, (unsigned long long)lost);
	verdict(ok, what, detail);
	sd_run_destroy(run);
}

/* ---- records under preemption: each must be of one thread alone ---- */
#define MIX_WORDS 32

struct mixer {
	u64 own[MIX_WORDS]; /* g, its members, and the string: all the same word */
	u64 leaf[MIX_WORDS];
	u64 tag;
	u32 n;
};

struct mixed {
	u64 records, wrong;
	u64 per_thread[64];
};

static void *mixer(void *arg)
{
	struct mixer *m = arg;
	u64 regs[SDW_NREGS];

	for (u32 i = 0; i < 16; i++)
		regs[i] = m->tag;
	regs[0] = (u64)(uintptr_t)m->own;
	regs[14] = (u64)(uintptr_t)m->own;
	for (u32 i = 0; i < m->n; i++)
		spot_hit(i & 1 ? spot_fast : spot_general, regs, 0);
	return NULL;
}

static bool check_mixed(void *ctx, const struct sdw_rec *rec)
{
	struct mixed *x = ctx;
	u64 tag = rec->goid, at = sizeof(*rec);
	bool ok = tag >> 8 == 0x7a67 && rec->stack_lo == tag && rec->stack_hi == tag &&
		  rec->nranges == (rec->site ? 0 : 2);

	for (u32 i = 0; i < 16; i++)
		if (i != 0 && i != 7 && i != 14)
			ok = ok && rec->regs[i] == tag;
	for (u32 i = 0; ok && i < rec->nranges; i++) {
		const struct sdw_range *r = (const void *)((const u8 *)rec + at);
		const u64 *w = (const void *)(r + 1);

		ok = r->status == SDW_OK && r->len == 8 * MIX_WORDS;
		for (u32 k = 0; ok && k < MIX_WORDS; k++)
			ok = w[k] == tag || (!i && k == 2);
		at += sizeof(*r) + r->len;
	}
	x->records++;
	if (ok)
		x->per_thread[tag & 63]++;
	else
		x->wrong++;
	return true;
}

static void test_mixed(const char *build, enum sd_buffer buffer, u32 hits)
{
	enum { THREADS = 8 };
	struct sd_run_opts opts = {
		.nsites = 2, .ntypes = 3, .nptrs = 1, .build = build, .buffer = buffer};
	struct sd_attach_site sites[2] = {
		{.index = 0, .off = spot_offset(spot_general)},
		{.index = 1, .off = spot_offset(spot_fast)},
	};
	struct sdw_type types[3] = {
		{}, {.size = 8 * MIX_WORDS, .nptr = 1}, {.size = 8 * MIX_WORDS}};
	struct sdw_ptr ptr = {.kind = SDW_PTR_ONE, .off = 16, .type = 2};
	struct sdw_site s = {.flags = SDW_SITE_G_R14 | SDW_SITE_WANT_STACK,
			     .nroots = 1,
			     .bytes = 4096,
			     .depth = 1,
			     .goid_off = 152,
			     .roots = {{.base = 0, .type = 1}},
			     .addr = spot_addr(spot_general)};
	static struct mixer jobs[THREADS];
	pthread_t threads[THREADS];
	struct sdw_counts c[2] = {};
	char what[160], detail[160];
	struct mixed x = {};
	struct sd_run *run;
	u64 lost, other = 0;
	bool ok, going = true;

	snprintf(what, sizeof(what), "8 threads at once: build %s, buffer %s", build ?: "best",
		 buffer == SD_BUFFER_PERF ? "perf" : "ring");
	run = session(what, &opts);
	if (!run)
		return;
	sd_err_free(sd_run_set_types(run, types, 3, &ptr, 1));
	sd_err_free(sd_run_set_site(run, 0, &s));
	s.flags |= SDW_SITE_REGS_ONLY;
	s.addr = spot_addr(spot_fast);
	sd_err_free(sd_run_set_site(run, 1, &s));
	ok = attach(run, sites, 2, 0);
	for (u32 i = 0; i < THREADS; i++) {
		jobs[i].tag = 0x7a6700 + i;
		jobs[i].n = hits / THREADS;
		for (u32 k = 0; k < MIX_WORDS; k++)
			jobs[i].own[k] = jobs[i].leaf[k] = jobs[i].tag;
		jobs[i].own[2] = (u64)(uintptr_t)jobs[i].leaf;
	}
	for (u32 i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, mixer, &jobs[i]);
	for (u32 done = 0; going;) {
		sd_run_drain(run, false, check_mixed, &x);
		usleep(1000);
		while (done < THREADS && !pthread_tryjoin_np(threads[done], NULL))
			done++;
		going = done < THREADS;
	}
	sd_run_drain(run, true, check_mixed, &x);
	sd_err_free(sd_run_all_counts(run, 2, c));
	lost = c[0].lost_full + c[1].lost_full + c[0].lost_busy + c[1].lost_busy;
	for (u32 i = 0; i < 64; i++)
		other += x.per_thread[i];
	ok = ok && !x.wrong && c[0].hits + c[1].hits == hits && sums(&c[0]) && sums(&c[1]) &&
	     x.records == c[0].delivered + c[1].delivered && other == x.records &&
	     x.records + lost == hits;
	snprintf(detail, sizeof(detail),
		 "%u hits, %llu records, %llu mixed up, %llu lost (%llu busy), build %s", hits,
		 (unsigned long long)x.records, (unsigned long long)x.wrong,
		 (unsigned long long)lost, (unsigned long long)(c[0].lost_busy + c[1].lost_busy),
		 sd_run_build_name(run));
	verdict(ok, what, detail);
	sd_run_destroy(run);
}

/* Records around the largest that a buffer of one page can hold: lost(too big) exactly when an
 * empty one has no room. */
static void test_too_big(enum sd_buffer buffer)
{
	struct sd_run_opts opts = {.nsites = 1,
				   .ntypes = 2,
				   .nptrs = 1,
				   .buffer = buffer,
				   .build = buffer == SD_BUFFER_PERF ? NULL : "slots",
				   .ring_size = 4096};
	struct sd_attach_site site = {.off = spot_offset(spot_general)};
	const char *what = buffer == SD_BUFFER_PERF ? "too big: perf" : "too big: ring";
	u64 regs[SDW_NREGS] = {[0] = (u64)(uintptr_t)arena};
	u32 small = 0, large = 0, bad = 0;
	struct sdw_counts c = {};
	struct sd_run *run;
	char detail[120];
	u64 got = 0;

	mprotect(arena, PAGES * PAGE, PROT_READ | PROT_WRITE);
	run = session(what, &opts);
	if (!run)
		return;
	for (u32 n = 0, len = 3200; len <= 4096; len += 8, n++) {
		struct sdw_type types[2] = {{}, {.size = len}};
		struct sdw_site s = {.nroots = 1,
				     .bytes = 16384,
				     .roots = {{.base = 0, .type = 1}},
				     .addr = spot_addr(spot_general)};
		u64 before = c.lost_big;

		sd_err_free(sd_run_set_types(run, types, 2, NULL, 0));
		sd_err_free(sd_run_set_site(run, 0, &s));
		if (!n && !attach(run, &site, 1, getpid()))
			bad++;
		got = 0;
		spot_hit(spot_general, regs, 0);
		sd_run_drain(run, true, count_only, &got);
		sd_err_free(sd_run_counts(run, 0, &c));
		/* the buffer was empty: either it arrived, or no empty buffer can hold it */
		if (got + (c.lost_big - before) != 1 || c.lost_full || !sums(&c))
			bad++;
		*(got ? &small : &large) += 1;
	}
	snprintf(detail, sizeof(detail), "%u fit, %u do not, %u wrong", small, large, bad);
	verdict(!bad && small && large, what, detail);
	sd_run_destroy(run);
}

static void test_refused(enum sd_attach how)
{
	struct sd_run_opts opts = {
		.nsites = SD_NSPOTS, .ntypes = 1, .nptrs = 1, .attach = how, .pie = true};
	struct sd_attach_site sites[SD_NSPOTS];
	u32 n = how == SD_ATTACH_PERF ? 8 : SD_NSPOTS,
	    first = how == SD_ATTACH_PERF ? SD_BAD_SPOT - 4 : 0;
	u64 regs[SDW_NREGS] = {}, got = 0;
	char what[80], detail[120];
	struct sd_run *run;
	u32 marked = 0, silent = 0;
	bool ok;

	snprintf(what, sizeof(what), "one refused site of %u, attach %s", n, attach_names[how]);
	run = session(what, &opts);
	if (!run)
		return;
	for (u32 i = 0; i < n; i++) {
		struct sdw_site s = {.flags = i & 1 ? SDW_SITE_REGS_ONLY : 0,
				     .addr = spot_addr(spots + 16 * (first + i))};

		sites[i] = (struct sd_attach_site){.index = i,
						   .off = spot_offset(spots + 16 * (first + i))};
		sd_err_free(sd_run_set_site(run, i, &s));
	}
	ok = attach(run, sites, n, getpid());
	for (u32 i = 0; i < n; i++)
		if (sites[i].failed)
			marked += first + i == SD_BAD_SPOT && sites[i].errnum ? 1 : 1000;
	for (u32 i = 0; i < n; i++)
		spot_hit(spots + 16 * (first + i), regs, 0);
	sd_run_drain(run, true, count_only, &got);
	for (u32 i = 0; i < n; i++) {
		struct sdw_counts c = {};

		sd_err_free(sd_run_counts(run, i, &c));
		silent += c.hits != (first + i == SD_BAD_SPOT ? 0 : 1);
	}
	snprintf(detail, sizeof(detail), "%u marked, %u with wrong counts, %llu records", marked,
		 silent, (unsigned long long)got);
	verdict(ok && marked == 1 && !silent && got == n - 1, what, detail);
	sd_run_destroy(run);
}

static void child_hits(u32 n)
{
	u64 regs[SDW_NREGS] = {};
	pid_t pid = fork();

	if (!pid) {
		for (u32 i = 0; i < n; i++)
			spot_hit(spot_fast, regs, 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void test_pids(enum sd_attach how, bool in_bpf)
{
	struct sd_run_opts opts = {.nsites = 1,
				   .ntypes = 1,
				   .nptrs = 1,
				   .attach = how,
				   .pid_filter_in_bpf = in_bpf,
				   .pie = true};
	struct sd_attach_site site = {.off = spot_offset(spot_fast)};
	struct sdw_site s = {.flags = SDW_SITE_REGS_ONLY, .addr = spot_addr(spot_fast)};
	struct hitter job = {spot_fast, 10};
	struct sdw_counts c = {};
	pthread_t thread;
	char what[80], detail[80];
	struct sd_run *run;
	bool ok;

	snprintf(what, sizeof(what), "one process of two, attach %s%s", attach_names[how],
		 in_bpf ? ", filter in BPF" : "");
	run = session(what, &opts);
	if (!run)
		return;
	sd_err_free(sd_run_set_site(run, 0, &s));
	ok = attach(run, &site, 1, getpid());
	child_hits(7);
	hitter(&job);
	pthread_create(&thread, NULL, hitter, &job); /* all threads of the process */
	pthread_join(thread, NULL);
	sd_err_free(sd_run_counts(run, 0, &c));
	snprintf(detail, sizeof(detail), "%llu hits", (unsigned long long)c.hits);
	verdict(ok && c.hits == 20, what, detail);
	sd_run_destroy(run);
}

/* Two sessions of one process on one site: each has its own events, and each hit once. */
static void test_two(enum sd_attach how)
{
	struct sd_run_opts opts = {
		.nsites = 1, .ntypes = 1, .nptrs = 1, .attach = how, .pie = true};
	struct sdw_site s = {.flags = SDW_SITE_REGS_ONLY, .addr = spot_addr(spot_fast)};
	struct hitter job = {spot_fast, 10};
	struct sdw_counts c[2] = {};
	char what[80], detail[80];
	struct sd_run *runs[2] = {};
	bool ok = true;

	snprintf(what, sizeof(what), "two sessions, attach %s", attach_names[how]);
	for (u32 i = 0; i < 2; i++) {
		struct sd_attach_site site = {.off = spot_offset(spot_fast)};

		runs[i] = session(what, &opts);
		if (!runs[i])
			goto out;
		sd_err_free(sd_run_set_site(runs[i], 0, &s));
		ok = attach(runs[i], &site, 1, getpid()) && ok;
	}
	hitter(&job);
	for (u32 i = 0; i < 2; i++)
		sd_err_free(sd_run_counts(runs[i], 0, &c[i]));
	snprintf(detail, sizeof(detail), "%llu and %llu hits", (unsigned long long)c[0].hits,
		 (unsigned long long)c[1].hits);
	verdict(ok && c[0].hits == 10 && c[1].hits == 10, what, detail);
out:
	for (u32 i = 0; i < 2; i++)
		sd_run_destroy(runs[i]);
}

static void test_detach(void)
{
	struct sd_run_opts opts = {.nsites = 1, .ntypes = 1, .nptrs = 1};
	struct sd_attach_site site = {.off = spot_offset(spot_fast)};
	struct sdw_site s = {.flags = SDW_SITE_REGS_ONLY, .addr = spot_addr(spot_fast)};
	u8 before = *(const volatile u8 *)spot_fast, during, after;
	struct sd_run *run = session("text", &opts);
	char detail[80];

	if (!run)
		return;
	sd_err_free(sd_run_set_site(run, 0, &s));
	attach(run, &site, 1, getpid());
	during = *(const volatile u8 *)spot_fast;
	sd_run_detach(run);
	after = *(const volatile u8 *)spot_fast;
	snprintf(detail, sizeof(detail), "%02x %02x %02x", before, during, after);
	verdict(before == 0x55 && during == 0xcc && after == 0x55,
		"the instruction before, during, after", detail);
	sd_run_destroy(run);
}

static void say(void *ctx, enum sd_log_level level, const char *domain, const char *msg)
{
	printf("  %s: %s\n", domain, msg);
}

int main(int argc, char **argv)
{
	u32 cases = argc > 1 ? (u32)strtoul(argv[1], NULL, 0) : 2000;
	u64 fs = 0;

	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 0x9e3779b97f4a7c15ull;
	setvbuf(stdout, NULL, _IOLBF, 0);
	sd_log_set(say, NULL, getenv("SONDE_DEBUG"));
	if (geteuid()) {
		printf("skip: not root\n0 passed, 0 failed, 1 skipped\n");
		return 77;
	}
	/* with what cannot be read on both sides */
	arena = mmap(NULL, 2 * PAGES * PAGE + BEYOND, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	if (arena == MAP_FAILED || syscall(SYS_arch_prctl, ARCH_GET_FS, &fs))
		return 1;
	arena += PAGES * PAGE;
	memset(globals, 1, GLOBALS + BEYOND); /* pages that were never touched cannot be read */
	if (mprotect(global_pages, PAGE, PROT_NONE) ||
	    mprotect(globals + GLOBALS + BEYOND, PAGE, PROT_NONE))
		return 1;
	tls_off = (u64)(uintptr_t)&tls_g - fs;
	new_arena();
	test_random(NULL, SD_ATTACH_AUTO, SD_BUFFER_AUTO, cases);
	test_random("preempt", SD_ATTACH_AUTO, SD_BUFFER_RING, cases);
	test_random("slots", SD_ATTACH_AUTO, SD_BUFFER_RING, cases);
	test_random("plain", SD_ATTACH_AUTO, SD_BUFFER_RING, cases);
	test_random(NULL, SD_ATTACH_TRACEFS, SD_BUFFER_AUTO, cases / 4);
	test_random(NULL, SD_ATTACH_PERF, SD_BUFFER_AUTO, cases / 4);
	test_random(NULL, SD_ATTACH_AUTO, SD_BUFFER_PERF, cases / 4);
	test_random("plain", SD_ATTACH_TRACEFS, SD_BUFFER_PERF, cases / 4);
	test_accounts(NULL, SD_BUFFER_RING, true);
	test_accounts(NULL, SD_BUFFER_RING, false);
	test_accounts("slots", SD_BUFFER_RING, true);
	test_accounts("plain", SD_BUFFER_RING, true);
	test_accounts(NULL, SD_BUFFER_PERF, true);
	test_accounts(NULL, SD_BUFFER_PERF, false);
	test_mixed(NULL, SD_BUFFER_RING, cases * 50);
	test_mixed("slots", SD_BUFFER_RING, cases * 50);
	test_mixed(NULL, SD_BUFFER_PERF, cases * 50);
	test_too_big(SD_BUFFER_RING);
	test_too_big(SD_BUFFER_PERF);
	test_refused(SD_ATTACH_MULTI);
	test_refused(SD_ATTACH_TRACEFS);
	test_refused(SD_ATTACH_PERF);
	test_pids(SD_ATTACH_AUTO, false);
	test_pids(SD_ATTACH_AUTO, true);
	test_pids(SD_ATTACH_TRACEFS, false);
	test_pids(SD_ATTACH_PERF, false);
	test_two(SD_ATTACH_AUTO);
	test_two(SD_ATTACH_TRACEFS);
	test_detach();
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed ? 1 : passed ? 0 : 77;
}
