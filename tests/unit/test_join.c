/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Joining of records: written cases; a simulated program whose every call is known, with and
 * without losses; random records against a second implementation that searches a flat list.
 * `test_join --bench` prints the cost of a pair.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/base.h"
#include "join/join.h"
#include "types/loc.h"

/* Sites 0–19: entry and return of functions 0–9, alternately; then the others. */
enum {
	S_GOEXIT = 20,
	S_RECOVERED,
	S_EONLY,
	S_RONLY,
	S_FRAMEPTR,
	S_BADPROBE,
	S_TWIN,
	S_TWIN_RET,
	NSITES
};
static struct sd_join_site sites[NSITES];

/* What was handed out: kind letter, serial numbers of entry and return (in rax). */
static char out[1 << 16];
static size_t nout;
static bool lost_entries, lost_returns;
static bool show_places; /* number of the stack, seq, level, left, parent */

static void collect(void *ctx, const struct sd_call *c)
{
	nout += (size_t)snprintf(out + nout, sizeof(out) - nout, "%s%c", nout ? " " : "",
				 "DEROUW"[c->kind]);
	if (c->entry)
		nout += (size_t)snprintf(out + nout, sizeof(out) - nout, "%llu",
					 (unsigned long long)c->entry->regs[SD_RAX]);
	if (c->ret)
		nout += (size_t)snprintf(out + nout, sizeof(out) - nout, ">%llu",
					 (unsigned long long)c->ret->regs[SD_RAX]);
	if (c->return_lost)
		nout += (size_t)snprintf(out + nout, sizeof(out) - nout, "?");
	if (show_places)
		nout += (size_t)snprintf(out + nout, sizeof(out) - nout, "@%llu.%llu:%u/%u^%llu",
					 (unsigned long long)c->stack, (unsigned long long)c->seq,
					 c->level, c->left, (unsigned long long)c->parent);
	assert_true(nout < sizeof(out));
}

static bool is_lost(void *ctx, u32 func, bool entries)
{
	return entries ? lost_entries : lost_returns;
}

static void set_up(void)
{
	for (u32 i = 0; i < 20; i++)
		sites[i] = (struct sd_join_site){.role = i % 2 ? SD_JOIN_RETURN : SD_JOIN_ENTRY,
						 .func = i / 2,
						 .probe = i / 2 % 3,
						 .cfa_reg = SD_RSP,
						 .cfa_off = 8};
	sites[S_GOEXIT] = (struct sd_join_site){.role = SD_JOIN_GOEXIT};
	sites[S_RECOVERED] = (struct sd_join_site){.role = SD_JOIN_RECOVERED};
	sites[S_EONLY] = (struct sd_join_site){
		.role = SD_JOIN_ENTRY_ONLY, .func = 10, .cfa_reg = SD_RSP, .cfa_off = 8};
	sites[S_RONLY] = (struct sd_join_site){
		.role = SD_JOIN_RETURN_ONLY, .func = 11, .cfa_reg = SD_RSP, .cfa_off = 8};
	sites[S_FRAMEPTR] = (struct sd_join_site){
		.role = SD_JOIN_RETURN, .func = 0, .cfa_reg = SD_RBP, .cfa_off = 16};
	sites[S_BADPROBE] = (struct sd_join_site){.role = SD_JOIN_ENTRY, .probe = 99};
	sites[S_TWIN] = (struct sd_join_site){
		.role = SD_JOIN_ENTRY, .func = 12, .probe = 1, .cfa_reg = SD_RSP, .cfa_off = 8};
	sites[S_TWIN_RET] = sites[S_TWIN];
	sites[S_TWIN_RET].role = SD_JOIN_RETURN;
	nout = 0;
	out[0] = '\0';
	lost_entries = lost_returns = show_places = false;
}

static struct sd_join *fresh(void)
{
	set_up();
	return sd_join_create(sites, NSITES, 3, collect, is_lost, NULL);
}

#define HI 0x10000ULL

static u64 clock_now;

/* A record of goroutine goid whose frame lies `depth` below HI; serial tells it from others. */
static struct sdw_rec rec(u32 site, u64 goid, u64 depth, u64 serial)
{
	struct sdw_rec r = {.size = sizeof(r),
			    .version = SDW_VERSION,
			    .site = site,
			    .pid = 7,
			    .tid = 70,
			    .ts = ++clock_now,
			    .g = goid ? 0xc000 + goid * 512 : 0,
			    .goid = goid,
			    .stack_lo = HI - 0x8000,
			    .stack_hi = HI,
			    .losses = 1};

	r.regs[SD_RAX] = serial;
	r.regs[SD_RSP] = HI - depth - 8;
	r.regs[SD_RIP] = 0x400000 + site * 16;
	return r;
}

static void feed(struct sd_join *j, struct sdw_rec r)
{
	sd_join_record(j, &r);
}

static void entry(struct sd_join *j, u32 func, u64 goid, u64 depth, u64 serial)
{
	feed(j, rec(func * 2, goid, depth, serial));
}

static void ret(struct sd_join *j, u32 func, u64 goid, u64 depth, u64 serial)
{
	feed(j, rec(func * 2 + 1, goid, depth, serial));
}

static void recovered(struct sd_join *j, u64 goid, u64 sp_depth)
{
	struct {
		struct sdw_rec r;
		struct sdw_range range;
		u64 sp;
	} m = {rec(S_RECOVERED, goid, 0x7000, 0), {.addr = 1, .len = 8}, HI - sp_depth};

	m.r.flags = SDW_REC_SYSTEM; /* seen on g0, told of the user's goroutine */
	m.r.size = sizeof(m);
	m.r.nranges = 1;
	sd_join_record(j, &m.r);
}

static void expect(struct sd_join *j, const char *want)
{
	assert_string_equal(out, want);
	nout = 0;
	out[0] = '\0';
}

static void test_pairs(void **state)
{
	struct sd_join *j = fresh();

	entry(j, 1, 5, 0x100, 1);
	ret(j, 1, 5, 0x100, 2);
	expect(j, "D1>2");
	/* recursion: one function at three depths */
	entry(j, 1, 5, 0x100, 1);
	entry(j, 1, 5, 0x200, 2);
	entry(j, 1, 5, 0x300, 3);
	assert_int_equal(sd_join_open_calls(j), 3);
	assert_true(sd_join_open_bytes(j) >= 3 * sizeof(struct sdw_rec));
	ret(j, 1, 5, 0x300, 4);
	ret(j, 1, 5, 0x200, 5);
	ret(j, 1, 5, 0x100, 6);
	expect(j, "D3>4 D2>5 D1>6");
	/* two goroutines in turn, and one process's goroutine 5 is not another's */
	entry(j, 1, 5, 0x100, 1);
	entry(j, 1, 6, 0x100, 2);
	ret(j, 1, 5, 0x100, 3);
	ret(j, 1, 6, 0x100, 4);
	expect(j, "D1>3 D2>4");
	/* the return's site finds the CFA through rbp */
	entry(j, 0, 5, 0x100, 1);
	struct sdw_rec r = rec(S_FRAMEPTR, 5, 0x180, 2);
	r.regs[SD_RBP] = HI - 0x100 - 16;
	feed(j, r);
	expect(j, "D1>2");
	feed(j, rec(S_EONLY, 5, 0x100, 8));
	feed(j, rec(S_RONLY, 5, 0x100, 9));
	expect(j, "E8 R>9");
	assert_int_equal(sd_join_open_calls(j), 0);
	assert_int_equal(sd_join_open_bytes(j), 0);
	assert_int_equal(sd_join_account(j, 0)->delivered, 3);
	assert_int_equal(sd_join_account(j, 1)->delivered, 6);
	assert_int_equal(sd_join_account(j, 0)->before, 0);
	sd_join_destroy(j);
}

/* Where calls stand among those of their goroutine. */
static void test_places(void **state)
{
	struct sd_join *j = fresh();

	sd_join_want_places(j);
	show_places = true;
	feed(j, rec(S_EONLY, 5, 0x100, 9)); /* nothing is open */
	expect(j, "E9@0.1:0/0^0");
	entry(j, 1, 5, 0x100, 1);
	entry(j, 2, 5, 0x200, 2);
	entry(j, 1, 6, 0x100, 3); /* another goroutine */
	feed(j, rec(S_EONLY, 5, 0x300, 4));
	feed(j, rec(S_EONLY, 5, 0x200, 5)); /* an inlined copy in function 2 */
	expect(j, "E4@1.5:2/2^3 E5@1.6:2/2^3");
	feed(j, rec(S_EONLY, 5, 0x180, 6)); /* above it, so function 2 is gone: none of its */
	expect(j, "E6@1.7:1/2^2");
	ret(j, 2, 5, 0x200, 7);
	feed(j, rec(S_RONLY, 5, 0x300, 8));
	expect(j, "D2>7@1.3:1/1^2 R>8@1.8:1/1^2");
	ret(j, 1, 5, 0x100, 9);
	expect(j, "D1>9@1.2:0/0^0");
	ret(j, 1, 6, 0x100, 10);
	expect(j, "D3>10@2.4:0/0^0");
	/* unwound ones from the deepest on, open ones from the oldest on: the last has none left */
	entry(j, 1, 5, 0x100, 1);
	entry(j, 2, 5, 0x200, 2);
	entry(j, 3, 5, 0x300, 3);
	entry(j, 4, 5, 0x200, 4);
	expect(j, "U3@3.11:2/2^10 U2@3.10:1/1^9");
	entry(j, 5, 5, 0x300, 5);
	sd_join_finish(j);
	expect(j, "O1@3.9:0/2^0 O4@3.12:1/1^9 O5@3.13:2/0^12");
	sd_join_destroy(j);
}

static void test_processes(void **state)
{
	struct sd_join *j = fresh();
	struct sdw_rec r = rec(2, 5, 0x100, 1), s = rec(2, 5, 0x100, 2), t;

	s.pid = 8;
	feed(j, r);
	feed(j, s);
	t = rec(3, 5, 0x100, 3);
	feed(j, t);
	expect(j, "D1>3");
	entry(j, 1, 6, 0x100, 4);
	sd_join_process_gone(j, 8);
	expect(j, "O2");
	sd_join_process_gone(j, 8);
	sd_join_process_gone(j, 9);
	expect(j, "");
	/* the end: oldest first, whatever the order of arrival */
	r = rec(2, 9, 0x100, 5);
	entry(j, 1, 10, 0x100, 6);
	feed(j, r);
	sd_join_finish(j);
	expect(j, "O4 O5 O6");
	assert_int_equal(sd_join_open_calls(j), 0);
	sd_join_finish(j);
	expect(j, "");
	sd_join_destroy(j);
}

/* The stack moves: the same depth at other addresses. */
static void test_stack_moves(void **state)
{
	struct sd_join *j = fresh();
	struct sdw_rec r;

	entry(j, 1, 5, 0x100, 1);
	entry(j, 2, 5, 0x200, 2);
	for (u32 i = 2; i >= 1; i--) {
		r = rec(i * 2 + 1, 5, i * 0x100, 10 + i);
		r.stack_lo += 0x123000;
		r.stack_hi += 0x123000;
		r.regs[SD_RSP] += 0x123000;
		r.tid = 71; /* and it changed threads */
		feed(j, r);
	}
	expect(j, "D2>12 D1>11");
	sd_join_destroy(j);
}

static void test_unwound(void **state)
{
	struct sd_join *j = fresh();

	/* a return ends what is deeper */
	entry(j, 1, 5, 0x100, 1);
	entry(j, 2, 5, 0x200, 2);
	entry(j, 3, 5, 0x300, 3);
	ret(j, 1, 5, 0x100, 4);
	expect(j, "U3 U2 D1>4");
	/* an entry ends what is as deep or deeper */
	entry(j, 1, 5, 0x100, 1);
	entry(j, 2, 5, 0x200, 2);
	entry(j, 3, 5, 0x300, 3);
	entry(j, 4, 5, 0x200, 4);
	expect(j, "U3 U2");
	ret(j, 2, 5, 0x200, 5); /* not function 4: it began before, as no entry was lost */
	expect(j, "R>5");
	assert_int_equal(sd_join_account(j, 2)->before, 1);
	ret(j, 4, 5, 0x200, 6); /* which stayed open */
	ret(j, 1, 5, 0x100, 7);
	expect(j, "D4>6 D1>7");
	/* Goexit */
	entry(j, 1, 5, 0x100, 1);
	entry(j, 2, 5, 0x200, 2);
	entry(j, 1, 6, 0x100, 3);
	feed(j, rec(S_GOEXIT, 5, 0x7000, 0));
	expect(j, "U2 U1");
	feed(j, rec(S_GOEXIT, 5, 0x7000, 0));
	feed(j, rec(S_GOEXIT, 0, 0x7000, 0));
	expect(j, "");
	/* recover: function 1 goes on with sp at depth 0x200: 1 lives, what it called (CFA = that
	 * sp) does not */
	entry(j, 2, 6, 0x200, 4);
	entry(j, 3, 6, 0x300, 5);
	recovered(j, 6, 0x200);
	expect(j, "U5 U4");
	ret(j, 1, 6, 0x100, 6);
	expect(j, "D3>6");
	recovered(j, 6, 0x200);
	expect(j, "");
	assert_int_equal(sd_join_bad_records(j), 0);
	/* a new goroutine on the same g: the old one is gone, also when it returns from something
	 * first */
	entry(j, 1, 5, 0x100, 1);
	struct sdw_rec r = rec(4, 77, 0x500, 2);
	r.g = 0xc000 + 5 * 512;
	feed(j, r);
	expect(j, "U1");
	/* a record of the old one that comes late harms nobody */
	r = rec(3, 5, 0x100, 3);
	r.ts = 1;
	feed(j, r);
	r = rec(4, 5, 0x100, 4);
	r.ts = 1;
	feed(j, r);
	expect(j, "R>3 U4");
	r = rec(5, 77, 0x500, 5);
	r.g = 0xc000 + 5 * 512;
	feed(j, r);
	expect(j, "D2>5");
	assert_int_equal(sd_join_open_calls(j), 0);
	sd_join_destroy(j);
}

static void test_threads(void **state)
{
	struct sd_join *j = fresh();
	struct sdw_rec r[6];

	/* threads without goroutines: −CFA is the depth */
	for (u32 i = 0; i < 6; i++) {
		r[i] = rec(i < 3 ? 2 : 3, 0, i < 3 ? i * 0x100 : (5 - i) * 0x100, i);
		r[i].stack_lo = r[i].stack_hi = 0;
		feed(j, r[i]);
		r[i].tid = 71;
		r[i].regs[SD_RAX] += 100;
		if (i == 2)
			feed(j, r[i]);
	}
	expect(j, "D2>3 D1>4 D0>5");
	sd_join_finish(j);
	expect(j, "O102");
	/* the system stack of a thread, its goroutine's stack and its signal stack do not mix */
	entry(j, 1, 5, 0x100, 1);
	r[0] = rec(2, 5, 0x80, 2); /* shallower, but on g0 */
	r[0].flags = SDW_REC_SYSTEM;
	r[0].stack_lo += 0x500000;
	r[0].stack_hi += 0x500000;
	r[0].regs[SD_RSP] += 0x500000;
	feed(j, r[0]);
	r[1] = rec(2, 5, 0x40, 3); /* on gsignal */
	r[1].flags = SDW_REC_SYSTEM;
	r[1].stack_lo += 0x600000;
	r[1].stack_hi += 0x600000;
	r[1].regs[SD_RSP] += 0x600000;
	feed(j, r[1]);
	r[2] = rec(2, 0, 0x20, 4); /* C code on the thread: g not readable */
	r[2].flags = SDW_REC_G_BAD;
	feed(j, r[2]);
	r[3] = rec(2, 5, 0x10, 5); /* sp outside of the stack that g names */
	r[3].regs[SD_RSP] += 0x700000;
	r[3].tid = 72;
	feed(j, r[3]);
	expect(j, "");
	assert_int_equal(sd_join_open_calls(j), 5);
	r[3].site = 3;
	r[1].site = 3;
	feed(j, r[1]);
	r[0].site = 3;
	feed(j, r[0]);
	ret(j, 1, 5, 0x100, 6);
	feed(j, r[3]);
	r[2].site = 3;
	feed(j, r[2]);
	expect(j, "D3>3 D2>2 D1>6 D5>5 D4>4");
	/* goroutines whose g is not known by address */
	r[0] = rec(2, 5, 0x100, 1);
	r[0].g = 0;
	feed(j, r[0]);
	r[0].site = 3;
	feed(j, r[0]);
	expect(j, "D1>1");
	sd_join_destroy(j);
}

/* Two probes on one function: each has its own frame at the same depth. */
static void test_twins(void **state)
{
	struct sd_join *j = fresh();
	struct sdw_rec r;

	for (int round = 0; round < 2; round++) {
		entry(j, 1, 5, 0x100, 1);
		r = rec(S_TWIN, 5, 0x100, 2);
		r.regs[SD_RIP] = 0x400000 + 2 * 16;
		feed(j, r);
		if (round) { /* both are replaced by the next call */
			entry(j, 1, 5, 0x100, 5);
			expect(j, "U1");
			r.regs[SD_RAX] = 6;
			feed(j, r);
			expect(j, "U2");
		}
		ret(j, 1, 5, 0x100, 3);
		feed(j, rec(S_TWIN_RET, 5, 0x100, 4));
		expect(j, round ? "D5>3 D6>4" : "D1>3 D2>4");
	}
	/* a function that was left through a jump to another: the second returns for both */
	entry(j, 1, 5, 0x100, 1);
	entry(j, 2, 5, 0x100, 2);
	ret(j, 2, 5, 0x100, 3);
	expect(j, "U1 D2>3");
	sd_join_destroy(j);
}

static void test_lost(void **state)
{
	struct sd_join *j = fresh();
	struct sdw_rec r;

	/* a return without an entry: began before, unless an entry was lost */
	ret(j, 1, 5, 0x100, 1);
	expect(j, "R>1");
	lost_entries = true;
	ret(j, 1, 5, 0x100, 2);
	expect(j, "");
	assert_int_equal(sd_join_account(j, 1)->before, 1);
	assert_int_equal(sd_join_account(j, 1)->orphans, 1);
	assert_int_equal(sd_join_account(j, 1)->delivered, 1);
	/* an entry without a return */
	lost_entries = false;
	lost_returns = true;
	entry(j, 1, 5, 0x100, 3);
	entry(j, 1, 5, 0x100, 4);
	expect(j, "U3?");
	sd_join_finish(j);
	expect(j, "O4?");
	/* entry 1, [return 1, entry 2 lost], return 2: never a pair */
	lost_entries = true;
	entry(j, 1, 5, 0x100, 5);
	r = rec(3, 5, 0x100, 6);
	r.losses = 3;
	feed(j, r);
	expect(j, "U5?");
	assert_int_equal(sd_join_account(j, 1)->orphans, 2);
	/* nothing was lost between these */
	entry(j, 1, 5, 0x100, 7);
	ret(j, 1, 5, 0x100, 8);
	expect(j, "D7>8");
	/* something was, but no entry of this function ever */
	lost_entries = false;
	entry(j, 1, 5, 0x100, 9);
	r.losses = 9;
	feed(j, r);
	expect(j, "D9>6");
	/* the kernel side does not count losses: 0 is not equal to 0 */
	lost_entries = true;
	r = rec(2, 5, 0x100, 10);
	r.losses = 0;
	feed(j, r);
	r.site = 3;
	feed(j, r);
	expect(j, "U10?");
	sd_join_destroy(j);
}

/* Entries that a condition refuses send nothing; refused returns send a note. */
static void test_refused(void **state)
{
	struct sd_join *j = fresh();
	struct sdw_rec r;

	sites[0].refuses = sites[1].refuses = true;
	ret(j, 0, 5, 0x100, 1); /* of a refused entry */
	expect(j, "");
	entry(j, 0, 5, 0x100, 2);
	ret(j, 0, 5, 0x100, 3);
	expect(j, "D2>3");
	entry(j, 0, 5, 0x100, 4);
	r = rec(1, 5, 0x100, 5);
	r.flags |= SDW_REC_REFUSED;
	feed(j, r);
	expect(j, "");
	assert_int_equal(sd_join_account(j, 0)->filtered, 1);
	feed(j, r); /* of a call that began before tracing */
	expect(j, "");
	/* the return of 6 was lost, the next entry refused: its return must not pass for the
	 * lost one */
	entry(j, 0, 5, 0x100, 6);
	lost_returns = true;
	r = rec(1, 5, 0x100, 7);
	r.losses = 2;
	feed(j, r);
	expect(j, "U6?");
	assert_int_equal(sd_join_account(j, 0)->before, 0);
	assert_int_equal(sd_join_account(j, 0)->filtered, 1);
	/* a function without a condition has its refused returns noted as well */
	entry(j, 3, 5, 0x100, 8);
	r = rec(7, 5, 0x100, 9);
	r.flags |= SDW_REC_REFUSED;
	feed(j, r);
	expect(j, "");
	assert_int_equal(sd_join_account(j, 0)->filtered, 2);
	assert_int_equal(sd_join_open_calls(j), 0);
	/* whoever wants to know where calls stand is told */
	sd_join_want_places(j);
	entry(j, 0, 5, 0x100, 10);
	r = rec(1, 5, 0x100, 11);
	r.flags |= SDW_REC_REFUSED;
	feed(j, r);
	expect(j, "W10");
	assert_int_equal(sd_join_account(j, 0)->filtered, 3);
	assert_int_equal(sd_join_bad_records(j), 0);
	sd_join_destroy(j);
}

static void test_damaged(void **state)
{
	struct sd_join *j = fresh();
	struct sdw_rec r = rec(NSITES, 5, 0x100, 1);
	struct {
		struct sdw_rec r;
		struct sdw_range range;
		u64 sp;
	} m;

	feed(j, r);
	r.site = UINT32_MAX;
	feed(j, r);
	r = rec(S_BADPROBE, 5, 0x100, 1);
	feed(j, r);
	r = rec(2, 5, 0x100, 1);
	r.version++;
	feed(j, r);
	r = rec(2, 5, 0x100, 1);
	r.size = sizeof(r) - 1;
	feed(j, r);
	r.size = UINT32_MAX;
	feed(j, r);
	assert_int_equal(sd_join_bad_records(j), 6);
	/* recovered: without its range, with one that faulted, with an sp of another stack */
	entry(j, 1, 5, 0x100, 1);
	feed(j, rec(S_RECOVERED, 5, 0x100, 1));
	m.r = rec(S_RECOVERED, 5, 0x100, 1);
	m.r.size = sizeof(m);
	m.r.nranges = 1;
	m.range = (struct sdw_range){.len = 8, .status = SDW_FAULT};
	m.sp = HI - 0x50;
	sd_join_record(j, &m.r);
	m.range.status = SDW_OK;
	m.range.len = 4;
	sd_join_record(j, &m.r);
	m.range.len = 8;
	m.sp = HI + 1;
	sd_join_record(j, &m.r);
	m.sp = HI - 0x8001;
	sd_join_record(j, &m.r);
	assert_int_equal(sd_join_bad_records(j), 11);
	expect(j, "");
	sd_join_finish(j);
	expect(j, "O1");
	sd_join_destroy(j);
	sd_join_destroy(NULL);
}

/* Records of every size are kept whole; memory of what ended is given back. */
static void test_memory(void **state)
{
	static u8 big[SDW_EVENT_MAX + 8];
	struct sd_join *j = fresh();
	struct sdw_rec *r = (struct sdw_rec *)big;

	for (u32 size = sizeof(*r); size <= SDW_REC_MAX; size += 8) {
		*r = rec(2, 1 + size, 0x100, size);
		r->size = size;
		sd_join_record(j, r);
	}
	assert_true(sd_join_open_bytes(j) > 16u << 20);
	assert_true(sd_join_open_bytes(j) < 24u << 20);
	for (u32 size = sizeof(*r); size <= SDW_REC_MAX; size += 8) {
		char want[64];

		ret(j, 1, 1 + size, 0x100, 1);
		snprintf(want, sizeof(want), "D%u>1", size);
		expect(j, want);
	}
	assert_int_equal(sd_join_open_bytes(j), 0);
	for (u32 size = SDW_EVENT_MAX; size <= SDW_EVENT_MAX + 8; size += 8) {
		*r = rec(2, 1, 0x100, 7);
		r->size = size;
		sd_join_record(j, r);
	}
	assert_int_equal(sd_join_bad_records(j), 1);
	ret(j, 1, 1, 0x100, 1);
	expect(j, "D7>1");
	assert_int_equal(sd_join_open_bytes(j), 0);
	/* left open: destroy gives it back (the leak checker looks) */
	entry(j, 1, 5, 0x100, 1);
	sd_join_destroy(j);
}

/* ---- a simulated program ---- */

static u64 rnd_state;

static u32 rnd(u32 n)
{
	rnd_state = rnd_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)((rnd_state >> 33) % n);
}

enum { GOS = 12, DEEP = 40, SERIALS = 400000 };

enum fate { NEVER, RUNNING, RETURNED, GONE };

struct sim_frame {
	u32 func;
	u64 depth;
	u64 serial;
};

struct sim_go {
	u64 goid, hi;
	u32 n;
	struct sim_frame frames[DEEP];
};

static struct sim_go gos[GOS];
static u8 fate[SERIALS], seen_as[SERIALS];
static bool entry_lost[SERIALS], ret_lost[SERIALS];
static u64 serials, losses, lost_e[10], lost_r[10], mispaired, sim_wrong, sim_uncertain;
static u32 loss_rate; /* per 1000; 1 in 2 goes on */
static bool refusing; /* functions 0–4 have a condition: half of the entries are refused */
static u8 refused[SERIALS];
static bool losing;

static bool sim_is_lost(void *ctx, u32 func, bool entries)
{
	return entries ? lost_e[func] : lost_r[func];
}

static void sim_collect(void *ctx, const struct sd_call *c)
{
	u64 e = c->entry ? c->entry->regs[SD_RAX] : 0, r = c->ret ? c->ret->regs[SD_RAX] : 0;

	if (c->kind == SD_CALL_DONE) {
		mispaired += e != r || c->ret->ts < c->entry->ts;
		mispaired += seen_as[e] || fate[e] != RETURNED;
		seen_as[e] = 'D';
	} else if (c->kind == SD_CALL_RETURN) {
		mispaired += !entry_lost[r]; /* nothing began before */
	} else {
		mispaired += seen_as[e] != 0;
		seen_as[e] = c->kind == SD_CALL_OPEN ? 'O' : 'U';
		/* "unwound" and "open" are claims that hold unless a return may be lost */
		if (!c->return_lost)
			sim_wrong += fate[e] != (c->kind == SD_CALL_OPEN ? RUNNING : GONE);
		else
			sim_uncertain++;
	}
}

static void sim_send(struct sd_join *j, u32 site, struct sim_go *g, u64 depth, u64 serial)
{
	struct sdw_rec r = rec(site, g->goid, depth, serial);

	r.g = 0xc000 + (u64)(g - gos) * 512;
	r.stack_hi = g->hi;
	r.stack_lo = g->hi - 0x40000;
	r.regs[SD_RSP] = g->hi - depth - 8;
	r.tid = 70 + rnd(4);
	r.losses = losses + 1;
	losing = losing ? rnd(2) : rnd(1000) < loss_rate;
	if (!losing) {
		sd_join_record(j, &r);
		return;
	}
	losses++;
	if (site == S_GOEXIT)
		return;
	if (site % 2) {
		lost_r[site / 2]++;
		ret_lost[serial] = true;
	} else {
		lost_e[site / 2]++;
		entry_lost[serial] = true;
	}
}

static void sim_recovered(struct sd_join *j, struct sim_go *g, u64 sp)
{
	struct {
		struct sdw_rec r;
		struct sdw_range range;
		u64 sp;
	} m = {rec(S_RECOVERED, g->goid, 0, 0), {.addr = 1, .len = 8}, sp};

	m.r.g = 0xc000 + (u64)(g - gos) * 512;
	m.r.stack_hi = g->hi;
	m.r.stack_lo = g->hi - 0x40000;
	m.r.size = sizeof(m);
	m.r.nranges = 1;
	sd_join_record(j, &m.r);
}

static u64 frame_size(u32 func)
{
	return 32 + func * 24;
}

static void sim_step(struct sd_join *j, struct sim_go *g)
{
	struct sim_frame *top = g->n ? &g->frames[g->n - 1] : NULL;
	u32 what = rnd(100), keep;

	if (what < 50 && g->n < DEEP && serials < SERIALS) {
		struct sim_frame f = {.func = rnd(10),
				      .serial = serials++,
				      .depth = top ? top->depth + frame_size(top->func) : 48};

		fate[f.serial] = RUNNING;
		g->frames[g->n++] = f;
		refused[f.serial] = refusing && f.func < 5 && rnd(2);
		if (!refused[f.serial])
			sim_send(j, f.func * 2, g, f.depth, f.serial);
	} else if (what < 92 && top) {
		fate[top->serial] = RETURNED;
		g->n--;
		sim_send(j, top->func * 2 + 1, g, top->depth, top->serial);
	} else if (what < 94) {
		g->hi += 0x100000;	    /* the stack moves */
	} else if (what < 97 && g->n > 1) { /* panic and recover: the top `keep` frames stay */
		keep = 1 + rnd(g->n - 1);
		while (g->n > keep)
			fate[g->frames[--g->n].serial] = GONE;
		top = &g->frames[g->n - 1];
		if (what < 96 || refusing) /* else: nobody tells */
			sim_recovered(j, g, g->hi - top->depth - frame_size(top->func));
	} else if (what == 99) { /* the goroutine ends, said or not; another gets its g */
		while (g->n)
			fate[g->frames[--g->n].serial] = GONE;
		if (rnd(2))
			sim_send(j, S_GOEXIT, g, 0x100, 0);
		g->goid += GOS;
	}
}

static void simulate(u32 seed, u32 rate)
{
	struct sd_join *j;
	u64 sum = 0, delivered = 0, arrived = 0;

	set_up();
	j = sd_join_create(sites, NSITES, 3, sim_collect, sim_is_lost, NULL);
	memset(fate, NEVER, sizeof(fate));
	memset(seen_as, 0, sizeof(seen_as));
	memset(entry_lost, 0, sizeof(entry_lost));
	memset(ret_lost, 0, sizeof(ret_lost));
	memset(lost_e, 0, sizeof(lost_e));
	memset(lost_r, 0, sizeof(lost_r));
	for (u32 i = 0; i < 10; i++)
		sites[i].refuses = refusing;
	serials = 1;
	losses = mispaired = sim_wrong = sim_uncertain = 0;
	loss_rate = rate;
	losing = false;
	rnd_state = seed;
	for (u32 i = 0; i < GOS; i++)
		gos[i] = (struct sim_go){.goid = 1 + i, .hi = 0x100000 + i * 0x1000000ULL};
	for (u32 i = 0; i < 20000; i++)
		sim_step(j, &gos[rnd(GOS)]);
	sd_join_finish(j);
	assert_int_equal(mispaired, 0);
	assert_int_equal(sd_join_open_bytes(j), 0);
	for (u64 s = 1; s < serials; s++) {
		arrived += !entry_lost[s] && !refused[s];
		/* every entry that arrived is handed out once, none that did not */
		assert_true(!!seen_as[s] == (!entry_lost[s] && !refused[s]));
		sum += seen_as[s] == 'D';
		if (!rate && !refused[s])
			assert_true((seen_as[s] == 'D') == (fate[s] == RETURNED));
	}
	for (u32 p = 0; p < 3; p++)
		delivered += sd_join_account(j, p)->delivered - sd_join_account(j, p)->before;
	assert_int_equal(delivered, arrived);
	if (!rate) {
		/* frames that nobody said were unwound may be open at the end; nothing else is
		 * unsure */
		assert_int_equal(sim_uncertain, 0);
		for (u64 s = 1; s < serials; s++)
			assert_true(fate[s] != RUNNING || seen_as[s] == 'O' || refused[s]);
	}
	assert_true(sum > (rate < 20 ? serials / 8 : 20));
	sd_join_destroy(j);
}

static void test_program(void **state)
{
	for (u32 seed = 1; seed <= 40; seed++)
		simulate(seed, 0);
}

static void test_program_loses(void **state)
{
	for (u32 seed = 1; seed <= 100; seed++)
		simulate(seed, 1 + seed * 2);
}

static void test_program_refuses(void **state)
{
	refusing = true;
	for (u32 seed = 1; seed <= 100; seed++)
		simulate(seed, seed < 20 ? 0 : seed * 2);
	refusing = false;
}

/* ---- random records against a flat list ---- */

struct flat {
	u32 pid, kind, func, site, tid;
	u64 id, hi, goid, depth, ts, order, ip, serial;
};

static struct flat flats[4096];
static u32 nflat;
static u64 flat_order;
static char want[1 << 16];
static size_t nwant;

static void want_add(const char *fmt, ...)
{
	va_list ap;

	if (nwant)
		want[nwant++] = ' ';
	va_start(ap, fmt);
	nwant += (size_t)vsnprintf(want + nwant, sizeof(want) - nwant, fmt, ap);
	va_end(ap);
	assert_true(nwant < sizeof(want));
}

/* Ends the frames that match (same stack, depth at least), the deepest and youngest first. */
static void flat_unwind(const struct flat *like, u64 depth)
{
	for (;;) {
		u32 best = UINT32_MAX;

		for (u32 i = 0; i < nflat; i++) {
			struct flat *f = &flats[i];

			if (f->pid != like->pid || f->kind != like->kind || f->id != like->id ||
			    f->hi != like->hi || f->depth < depth)
				continue;
			if (best == UINT32_MAX || f->depth > flats[best].depth ||
			    (f->depth == flats[best].depth && f->order > flats[best].order))
				best = i;
		}
		if (best == UINT32_MAX)
			return;
		want_add("U%llu%s", (unsigned long long)flats[best].serial,
			 lost_returns ? "?" : "");
		flats[best] = flats[--nflat];
	}
}

static void model(const struct sdw_rec *r)
{
	const struct sd_join_site *s = &sites[r->site];
	u64 cfa = r->regs[SD_RSP] + 8;
	struct flat like = {.pid = r->pid,
			    .func = s->func,
			    .site = r->site,
			    .tid = r->tid,
			    .goid = r->goid,
			    .ts = r->ts,
			    .ip = r->regs[SD_RIP],
			    .serial = r->regs[SD_RAX],
			    .depth = 0 - cfa,
			    .kind = 2,
			    .id = r->tid};
	bool bounds = r->stack_hi && !(r->flags & SDW_REC_G_BAD) &&
		      r->regs[SD_RSP] >= r->stack_lo && r->regs[SD_RSP] < r->stack_hi &&
		      cfa <= r->stack_hi;
	bool book = s->role == SD_JOIN_GOEXIT;

	if (r->flags & SDW_REC_SYSTEM)
		like.kind = 3;
	if (bounds) {
		like.depth = r->stack_hi - cfa;
		if (r->flags & SDW_REC_SYSTEM)
			like.hi = r->stack_hi;
	}
	if (book && ((r->flags & SDW_REC_G_BAD) || !r->g))
		return;
	if (book || (bounds && r->goid && !(r->flags & SDW_REC_SYSTEM))) {
		like.kind = 0;
		like.id = r->g;
		like.hi = 0;
		/* does somebody else have this g? */
		for (u32 i = 0; i < nflat; i++)
			if (flats[i].kind == 0 && flats[i].pid == r->pid && flats[i].id == r->g &&
			    flats[i].goid != r->goid && r->goid) {
				flat_unwind(&like, 0);
				break;
			}
	}
	if (book) {
		flat_unwind(&like, 0);
		return;
	}
	if (s->role == SD_JOIN_ENTRY) {
		flat_unwind(&like, like.depth + 1);
		for (u32 i = nflat;
		     i-- > 0;) { /* youngest first: order is ascending but for removals */
			u32 best = UINT32_MAX;

			for (u32 k = 0; k < nflat; k++) {
				struct flat *f = &flats[k];

				if (f->pid == like.pid && f->kind == like.kind &&
				    f->id == like.id && f->hi == like.hi &&
				    f->depth == like.depth &&
				    !(f->site != like.site && f->tid == like.tid &&
				      f->ip == like.ip) &&
				    (best == UINT32_MAX || f->order > flats[best].order))
					best = k;
			}
			if (best == UINT32_MAX)
				break;
			want_add("U%llu%s", (unsigned long long)flats[best].serial,
				 lost_returns ? "?" : "");
			flats[best] = flats[--nflat];
		}
		like.order = flat_order++;
		assert_true(nflat < SD_ARRAY_SIZE(flats));
		flats[nflat++] = like;
		return;
	}
	flat_unwind(&like, like.depth + 1);
	u32 best = UINT32_MAX;
	for (u32 k = 0; k < nflat; k++) {
		struct flat *f = &flats[k];

		if (f->pid == like.pid && f->kind == like.kind && f->id == like.id &&
		    f->hi == like.hi && f->depth == like.depth && f->func == like.func &&
		    (best == UINT32_MAX || f->order > flats[best].order))
			best = k;
	}
	if (best != UINT32_MAX) {
		want_add("D%llu>%llu", (unsigned long long)flats[best].serial,
			 (unsigned long long)like.serial);
		flats[best] = flats[--nflat];
	} else if (!lost_entries) {
		want_add("R>%llu", (unsigned long long)like.serial);
	}
}

static int flat_by_age(const void *a, const void *b)
{
	const struct flat *x = a, *y = b;

	return x->ts < y->ts ? -1 : x->ts > y->ts;
}

static void test_random(void **state)
{
	for (u32 seed = 1; seed <= 300; seed++) {
		struct sd_join *j = fresh();

		rnd_state = seed;
		nflat = 0;
		lost_entries = seed % 3 == 0;
		lost_returns = seed % 5 == 0;
		for (u32 i = 0; i < 1500; i++) {
			u32 go = 1 + rnd(6);
			struct sdw_rec r = rec(rnd(20), go, (1 + rnd(12)) * 0x20, i);

			if (rnd(40) == 0)
				r.site = S_GOEXIT;
			if (rnd(10) == 0) {
				r.site = S_TWIN + rnd(2);
				r.regs[SD_RIP] = 0x400000 + rnd(4) * 32;
			}
			r.pid = 7 + rnd(2);
			r.tid = 70 + rnd(2);
			if (rnd(6) == 0)
				r.goid += 100 * (1 + rnd(2)); /* another owner of the g */
			if (rnd(8) == 0)
				r.flags |= SDW_REC_SYSTEM;
			if (rnd(20) == 0)
				r.flags |= SDW_REC_G_BAD;
			if (rnd(12) == 0)
				r.goid = r.g = 0;
			if (rnd(20) == 0)
				r.stack_hi = 0;
			if (rnd(20) == 0)
				r.regs[SD_RSP] += 0x100000;
			nwant = 0;
			want[0] = '\0';
			model(&r);
			sd_join_record(j, &r);
			if (strcmp(out, want))
				fail_msg("seed %u, record %u: got \"%s\", want \"%s\"", seed, i,
					 out, want);
			assert_int_equal(sd_join_open_calls(j), nflat);
			nout = 0;
			out[0] = '\0';
		}
		nwant = 0;
		want[0] = '\0';
		qsort(flats, nflat, sizeof(*flats), flat_by_age);
		for (u32 i = 0; i < nflat; i++)
			want_add("O%llu%s", (unsigned long long)flats[i].serial,
				 lost_returns ? "?" : "");
		sd_join_finish(j);
		assert_string_equal(out, want);
		sd_join_destroy(j);
	}
}

/* ---- the cost of a pair ---- */

static u64 bench_calls;

static void bench_collect(void *ctx, const struct sd_call *c)
{
	bench_calls++;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int bench(void)
{
	static const u32 goroutines[] = {1, 100, 10000, 50000};

	set_up();
	for (u32 k = 0; k < SD_ARRAY_SIZE(goroutines); k++) {
		u32 n = goroutines[k], rounds = 4000000 / n / 3;
		struct sd_join *j = sd_join_create(sites, NSITES, 3, bench_collect, is_lost, NULL);
		struct sdw_rec r = rec(0, 1, 0x100, 0);
		double start;

		bench_calls = 0;
		start = now();
		for (u32 i = 0; i < rounds; i++) {
			for (u32 step = 0; step < 6; step++) { /* three calls deep and back */
				u32 f = step < 3 ? step : 5 - step;

				r.site = f * 2 + (step >= 3);
				r.regs[SD_RSP] = HI - 0x100 * (1 + f);
				for (u32 g = 1; g <= n; g++) {
					r.goid = g;
					r.g = 0xc000 + g * 448ULL;
					sd_join_record(j, &r);
				}
			}
		}
		printf("%u goroutines: %.1f ns per entry and return of %zu bytes each\n", n,
		       (now() - start) / (double)bench_calls, sizeof(r));
		sd_join_destroy(j);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),	      cmocka_unit_test(test_processes),
		cmocka_unit_test(test_places),	      cmocka_unit_test(test_stack_moves),
		cmocka_unit_test(test_unwound),	      cmocka_unit_test(test_threads),
		cmocka_unit_test(test_twins),	      cmocka_unit_test(test_lost),
		cmocka_unit_test(test_damaged),	      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_memory),	      cmocka_unit_test(test_program),
		cmocka_unit_test(test_program_loses), cmocka_unit_test(test_program_refuses),
		cmocka_unit_test(test_random),
	};

	if (argc > 1 && !strcmp(argv[1], "--bench"))
		return bench();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
