/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One semantics: random expressions over random memory, decided by the programs in the kernel, by
 * the reference in plain C, and by the evaluator of user space, on all of the memory and on the
 * record that the capture programs make for it. The memory of the made-up program is this
 * program's own.
 *
 *   test_cond [CASES] [SEED]
 *   test_cond --reference [CASES] [SEED]    without the kernel, and without root
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "eval/eval.h"
#include "expr/expr.h"
#include "out/text.h"
#include "plan/code.h"
#include "plan/types.h"
#include "run/run.h"
#include "tests/bpf/spot.h"
#include "tests/bpf/vm_ref.h"
#include "tests/expr_gen.h"

enum { MAX_OPS = 4096, MAX_TEXTS = 512, PIECES = 3, DEPTH = 3 };

static u64 seed;
static u32 failed, passed, skipped;
static struct sd_world_memory *memory; /* what lies at SD_WORLD_BASE */

static u64 rnd(u64 n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed * 0x2545f4914f6cdd1dull >> 16) % n;
}

static bool readable(u64 addr, u64 len)
{
	u64 a = (u64)(uintptr_t)&memory, n = sizeof(memory);

	if (addr >= a && len <= n && addr - a <= n - len)
		return true;
	return addr >= SD_WORLD_BASE && len <= SD_WORLD_SIZE &&
	       addr - SD_WORLD_BASE <= SD_WORLD_SIZE - len;
}

/* ---- where the variables lie ---- */

struct hit {
	u64 regs[SDW_NREGS];
	struct sd_variable *vars;
	struct sd_eval_var *eval_vars;
	struct sd_loc *locs;
	u32 nvars;
	struct sd_site site;
};

static u64 word_at(u64 addr, u64 n)
{
	u64 v = 0;

	memcpy(&v, memory->bytes + (addr - SD_WORLD_BASE), n);
	return v;
}

/* A variable's value goes into registers that are still free, with rubbish above it; false: there
 * are not enough. */
static bool in_registers(struct hit *h, const struct sd_world_var *v, struct sd_loc *loc, u32 *used)
{
	u64 size = v->type->size, n = (size + 7) / 8;

	if (n > PIECES)
		return false;
	for (u32 i = 0; i < n; i++) {
		u64 part = SD_MIN(size - 8 * i, 8ull), word;
		u32 reg = (u32)rnd(16);

		for (u32 tries = 0; *used >> reg & 1; tries++) {
			if (tries == 16)
				return false;
			reg = (reg + 1) % 16;
		}
		*used |= 1u << reg;
		word = rnd(~0ull) << 16 ^ rnd(~0ull);
		memcpy(&word, &(u64){word_at(v->addr + 8 * i, part)}, part);
		h->regs[reg] = word;
		loc->pieces[i] = (struct sd_piece){.kind = SD_PIECE_REG,
						   .reg = (u8)reg,
						   .value_off = 8 * i,
						   .size = (u32)part};
	}
	loc->n = (u32)n;
	return true;
}

static void in_memory(struct hit *h, const struct sd_world_var *v, struct sd_loc *loc)
{
	struct sd_piece *p = loc->pieces;

	*p = (struct sd_piece){.size = (u32)v->type->size};
	loc->n = 1;
	switch (rnd(4)) {
	case 0:
		p->kind = SD_PIECE_ADDR;
		p->off = (s64)v->addr;
		break;
	case 1:
		p->kind = SD_PIECE_CFA;
		p->off = (s64)(v->addr - h->regs[SD_RBP]) - h->site.cfa.off;
		break;
	case 2: /* by way of a pointer */
		p->kind = SD_PIECE_ADDR;
		p->deref = true;
		p->off = (s64)(uintptr_t)&memory;
		p->off2 = (s64)(v->addr - SD_WORLD_BASE) +
			  (s64)(SD_WORLD_BASE - (u64)(uintptr_t)memory);
		break;
	default:
		p->kind = SD_PIECE_MEM;
		p->reg = SD_R12;
		p->off = (s64)(v->addr - h->regs[SD_R12]);
	}
}

static void place(const struct sd_world *w, struct hit *h, struct sd_arena *arena)
{
	u32 used = 1u << SD_RSP | 1u << SD_RBP | 1u << SD_R12, first;

	memset(h, 0, sizeof(*h));
	h->nvars = w->nvars[SD_AT_HIT];
	h->vars = sd_arena_array(arena, struct sd_variable, h->nvars);
	h->eval_vars = sd_arena_array(arena, struct sd_eval_var, h->nvars);
	h->site = (struct sd_site){.addr = {(u64)(uintptr_t)spot_general}, /* bias 0 */
				   .cfa = {.reg = SD_RBP, .known = true, .off = 24}};
	for (u32 i = 0; i < 16; i++)
		h->regs[i] = rnd(~0ull);
	h->regs[SD_RBP] = SD_WORLD_BASE + 0x100;
	h->regs[SD_R12] = SD_WORLD_BASE + 0x1000;
	first = (u32)rnd(h->nvars); /* others get the registers in other cases */
	for (u32 k = 0; k < h->nvars; k++) {
		u32 i = (first + k) % h->nvars;
		const struct sd_world_var *v = &w->vars[SD_AT_HIT][i];
		struct sd_variable *var = &h->vars[i];

		*var = (struct sd_variable){.name = v->name, .type = v->type};
		var->loc.pieces = sd_arena_array(arena, struct sd_piece, PIECES);
		if (!rnd(40))
			var->loc = (struct sd_loc){.why = "optimized out"};
		else if (rnd(2) || !in_registers(h, v, &var->loc, &used))
			in_memory(h, v, &var->loc);
		h->eval_vars[i] = (struct sd_eval_var){.type = v->type, .loc = &var->loc};
	}
}

/* ---- the evaluator of user space ---- */

static struct sd_type *rtype_of(void *ctx, u64 addr)
{
	const struct sd_world *w = ctx;

	for (u32 i = 0; i < w->nrtypes; i++)
		if (w->rtypes[i].addr == addr)
			return w->rtypes[i].type;
	return NULL;
}

/* What a record says of n: its truth, or (text not NULL) its value as text. */
static enum sd_truth decide(struct sd_world *w, const struct hit *h, const struct sdw_rec *rec,
			    const struct sd_node *cond, struct sd_arena *arena, const char **why,
			    struct sd_buf *text)
{
	static const struct sd_decode_limits limits = {
		.depth = 4, .items = 64, .str = 512, .nodes = 4096};
	struct sd_snapshot snap;
	struct sd_eval_hit hit = {.snap = &snap, .vars = h->eval_vars, .nvars = h->nvars};
	struct sd_eval e = {.hit = {&hit},
			    .limits = &limits,
			    .arena = arena,
			    .goid = 0,
			    .hits = 1,
			    .pid = (u32)getpid(),
			    .tid = (u32)syscall(SYS_gettid)};

	if (!sd_snapshot_init(&snap, rec, 0, &h->site.cfa, arena)) {
		printf("  a damaged record\n");
		failed++;
		return SD_UNSURE;
	}
	snap.rodata_ctx = w;
	snap.rtype = rtype_of;
	if (!text)
		return sd_eval_condition(&e, cond, why);
	sd_out_text_value(sd_eval(&e, cond, "x"), text);
	return SD_TRUE;
}

/* A record that has all of the memory. */
static const struct sdw_rec *whole_record(const struct hit *h)
{
	static u8 buf[sizeof(struct sdw_rec) + SD_WORLD_SIZE + 4 * sizeof(struct sdw_range) + 64];
	struct sdw_rec *rec = (struct sdw_rec *)buf;
	u8 *at = (u8 *)(rec + 1);
	struct {
		u64 addr, len;
		const void *p;
	} parts[] = {{SD_WORLD_BASE, SD_WORLD_SIZE, memory->bytes},
		     {(u64)(uintptr_t)&memory, 8, &memory}};

	*rec = (struct sdw_rec){.version = SDW_VERSION, .nranges = SD_ARRAY_SIZE(parts) + 1};
	memcpy(rec->regs, h->regs, sizeof(rec->regs));
	for (u32 i = 0; i < SD_ARRAY_SIZE(parts); i++) {
		struct sdw_range r = {.addr = parts[i].addr, .len = (u32)parts[i].len};

		memcpy(at, &r, sizeof(r));
		memcpy(at + sizeof(r), parts[i].p, parts[i].len);
		at += sizeof(r) + parts[i].len;
	}
	/* what of it cannot be read */
	*(struct sdw_range *)at = (struct sdw_range){
		.addr = 0xdead0000, .len = 0x10000, .status = SDW_FAULT};
	rec->size = (u32)(at + sizeof(struct sdw_range) - buf);
	return rec;
}

/* ---- one case ---- */

struct got {
	u32 n;
	u8 rec[SDW_REC_MAX + 64];
};

static bool take(void *ctx, const struct sdw_rec *rec)
{
	struct got *g = ctx;

	if (!g->n++)
		memcpy(g->rec, rec, SD_MIN(rec->size, (u32)sizeof(g->rec)));
	return true;
}

struct counts {
	u64 cases, whole, part, pre, programs, by_truth[3], unsure_here, captured, cut, values,
		cut_values;
};

static const char truths[] = "FT?";

static void complain(const char *text, u64 case_seed, const char *what, enum sd_truth a,
		     enum sd_truth b, const char *why)
{
	printf("  seed %llx: %s: %c and %c%s%s\n    %s\n", (unsigned long long)case_seed, what,
	       truths[a], truths[b], why ? ": " : "", why ? why : "", text);
	failed++;
}

static void must(struct sd_err *err)
{
	if (!err)
		return;
	printf("  %s\n", err->msg);
	sd_err_free(err);
	exit(1);
}

/* The hit as the kernel decides it: FALSE when there is no record. */
static enum sd_truth hit_kernel(struct sd_run *run, const struct sd_tables *t,
				const struct sdw_site *wire, struct hit *h, struct got *got)
{
	struct sdw_probe probe = {0};
	const struct sdw_rec *rec = (const struct sdw_rec *)got->rec;

	must(sd_run_set_types(run, t->types.v, (u32)t->types.n, t->ptrs.v, (u32)t->ptrs.n));
	must(sd_run_set_ops(run, t->ops.v, (u32)t->ops.n, t->texts.v, (u32)t->texts.n));
	must(sd_run_set_probes(run, &probe, 1));
	must(sd_run_set_site(run, 0, wire));
	got->n = 0;
	spot_hit(spot_general, h->regs, 0);
	sd_run_drain(run, true, take, got);
	if (!got->n)
		return SD_FALSE;
	h->regs[SD_RSP] = rec->regs[SD_RSP];
	h->regs[SD_RIP] = rec->regs[SD_RIP];
	return rec->flags & SDW_REC_COND_UNSURE ? SD_UNSURE : SD_TRUE;
}

static enum sd_truth both(enum sd_truth a, enum sd_truth b)
{
	if (a == SD_FALSE || b == SD_FALSE)
		return SD_FALSE;
	return a == SD_UNSURE || b == SD_UNSURE ? SD_UNSURE : SD_TRUE;
}

static enum sd_truth reference(const struct sd_tables *t, const struct sdw_site *wire,
			       const struct hit *h, u32 steps)
{
	struct sd_vm_ref vm = {.ops = t->ops.v,
			       .nops = (u32)t->ops.n,
			       .texts = t->texts.v,
			       .ntexts = (u32)t->texts.n,
			       .steps = steps,
			       .readable = readable,
			       .hits = steps == SDW_VM_STEPS_PLAIN ? 0 : 1,
			       .pid = (u32)getpid(),
			       .tid = (u32)syscall(SYS_gettid)};
	enum sd_truth truth = SD_TRUE;

	memcpy(vm.regs, h->regs, sizeof(vm.regs));
	if (wire->flags & SDW_SITE_PRE)
		truth = (enum sd_truth)sd_pre_ref(&vm, wire);
	if (wire->cond && truth != SD_FALSE)
		truth = both(truth, (enum sd_truth)sd_vm_ref_run(&vm, wire->cond));
	return truth;
}

/* What interfaces of the made-up program hold, as sd_plan_rtypes() does it for a real one. */
static void set_rtypes(struct sd_run *run, const struct sd_world *w, struct sd_tables *t)
{
	u64 keys[32];
	struct sdw_rtype values[32];
	u32 n = 0;

	for (u32 i = 0; i < w->nrtypes && n < 32; i++) {
		struct sd_type *type = w->rtypes[i].type;
		bool direct = sd_type_is_direct(type);

		if (direct && type->kind == SD_KIND_PTR)
			type = sd_type_elem(type);
		values[n].flags = direct ? SDW_RTYPE_DIRECT : 0;
		values[n].type = sd_types_value(t, type, t->limits.depth);
		keys[n++] = SDW_RTYPE_KEY(0, w->rtypes[i].addr);
	}
	sd_types_finish(t);
	must(sd_run_set_rtypes(run, keys, values, n));
}

/* What the record of a hit without a condition lets user space decide. */
static void captured(struct sd_run *run, struct sd_world *w, struct sd_tables *t, struct hit *h,
		     struct sd_node *cond, const char *text, enum sd_truth want, u64 case_seed,
		     struct got *got, struct sd_arena *arena, struct counts *c)
{
	const struct sdw_rec *rec = (const struct sdw_rec *)got->rec;
	struct sdw_site wire = {0};
	bool printed = false;
	const char *why = NULL;
	enum sd_truth truth;

	must(sd_plan_expressions(t, &h->site, SD_AT_HIT, h->vars, h->nvars, NULL, 0, &cond,
				 &printed, 1, text, &wire));
	wire.addr = h->site.addr.v;
	set_rtypes(run, w, t);
	hit_kernel(run, t, &wire, h, got);
	if (!got->n) {
		complain(text, case_seed, "no record", want, SD_UNSURE, NULL);
		return;
	}
	truth = decide(w, h, rec, cond, arena, &why, NULL);
	c->captured++;
	if (rec->flags & (SDW_REC_CUT_BYTES | SDW_REC_CUT_QUEUE))
		c->cut++;
	else if (truth != want)
		complain(text, case_seed, "all of the memory and what was captured", want, truth,
			 why);
	if (truth != want && truth != SD_UNSURE)
		complain(text, case_seed, "another value of what was captured", want, truth, why);
}

/* An expression that is printed: the record that the capture programs make shows what all of the
 * memory does. */
static void one_value(struct sd_run *run, struct sd_world *w, struct got *got, struct counts *c)
{
	struct sd_gen gen = {.w = w, .plain = rnd(4) != 0};
	struct sd_limits limits = {.depth = 4, .items = 64, .str = 512, .bytes = SDW_DATA_CAP};
	const struct sdw_rec *rec = (const struct sdw_rec *)got->rec;
	struct sd_buf text = {0}, all = {0}, some = {0};
	struct sdw_site wire = {0};
	struct sd_arena arena = {0};
	u64 case_seed = seed;
	bool printed = true;
	const char *why;
	struct sd_tables t;
	struct sd_expr *x;
	struct sd_node *n;
	struct hit h;
	u32 end;

	place(w, &h, &arena);
	gen.rng = rnd(~0ull);
	sd_gen_value(&gen, 1 + (int)rnd(DEPTH), &text);
	must(sd_expr_parse(sd_buf_cstr(&text), 0, &arena, &x, &end));
	must(sd_check(x, sd_buf_cstr(&text), &w->scope, &arena, &n));
	sd_tables_init(&t, &limits);
	must(sd_plan_expressions(&t, &h.site, SD_AT_HIT, h.vars, h.nvars, NULL, 0, &n, &printed, 1,
				 sd_buf_cstr(&text), &wire));
	wire.addr = h.site.addr.v;
	set_rtypes(run, w, &t);
	hit_kernel(run, &t, &wire, &h, got);
	decide(w, &h, whole_record(&h), n, &arena, &why, &all);
	decide(w, &h, rec, n, &arena, &why, &some);
	c->values++;
	if (rec->flags & (SDW_REC_CUT_BYTES | SDW_REC_CUT_QUEUE)) {
		c->cut_values++;
	} else if (strcmp(sd_buf_cstr(&all), sd_buf_cstr(&some)) != 0) {
		printf("  seed %llx: %s\n    is       %s\n    captured %s\n",
		       (unsigned long long)case_seed, sd_buf_cstr(&text), sd_buf_cstr(&all),
		       sd_buf_cstr(&some));
		failed++;
	}
	sd_node_release(n);
	sd_tables_deinit(&t);
	sd_buf_deinit(&text);
	sd_buf_deinit(&all);
	sd_buf_deinit(&some);
	sd_arena_deinit(&arena);
}

static void one_case(struct sd_run *run, struct sd_world *w, u32 steps, struct got *got,
		     struct counts *c)
{
	struct sd_gen gen = {.w = w, .plain = rnd(4) != 0};
	struct sd_arena arena = {0};
	struct sd_limits limits = {.depth = 4, .items = 64, .str = 512, .bytes = SDW_DATA_CAP};
	struct sd_code_condition kernel;
	struct sdw_site wire = {.flags = SDW_SITE_REGS_ONLY};
	u64 case_seed = seed;
	struct sd_buf text = {0};
	struct sd_tables t;
	struct sd_expr *x;
	struct sd_node *cond;
	struct hit h;
	const char *why = NULL;
	enum sd_truth in_kernel, in_user, by_ref;
	u32 end;

	if (c->cases++ % 16 == 0) {
		sd_world_fill(w, rnd(~0ull), memory);
		memcpy((void *)(uintptr_t)SD_WORLD_BASE, memory->bytes, SD_WORLD_SIZE);
	}
	place(w, &h, &arena);
	gen.rng = rnd(~0ull);
	sd_gen_condition(&gen, 1 + (int)rnd(DEPTH), &text);
	must(sd_expr_parse(sd_buf_cstr(&text), 0, &arena, &x, &end));
	must(sd_check_condition(x, sd_buf_cstr(&text), &w->scope, &arena, &cond));
	sd_tables_init(&t, &limits);
	sd_plan_condition(&t, &h.site, SD_AT_HIT, h.vars, h.nvars, cond, &arena, &wire, &kernel);
	wire.addr = h.site.addr.v;
	in_kernel = run ? hit_kernel(run, &t, &wire, &h, got) : SD_FALSE;
	if (!run || !got->n)
		h.regs[SD_RIP] = h.site.addr.v;
	by_ref = reference(&t, &wire, &h, steps);
	if (!run)
		in_kernel = by_ref;
	in_user = decide(w, &h, whole_record(&h), cond, &arena, &why, NULL);
	c->whole += kernel.whole;
	c->part += kernel.any && !kernel.whole;
	c->pre += wire.flags & SDW_SITE_PRE ? 1 : 0;
	c->programs += wire.cond != 0;
	c->by_truth[in_user]++;
	if (in_kernel != by_ref)
		complain(sd_buf_cstr(&text), case_seed, "kernel and reference", in_kernel, by_ref,
			 why);
	if (kernel.whole && in_user == SD_UNSURE && in_kernel != SD_UNSURE)
		complain(sd_buf_cstr(&text), case_seed, "the kernel knows more than user space",
			 in_kernel, in_user, why);
	if (kernel.whole && in_kernel != SD_UNSURE && in_kernel != in_user)
		complain(sd_buf_cstr(&text), case_seed, "kernel and user space", in_kernel, in_user,
			 why);
	if (kernel.whole && in_kernel == SD_UNSURE && in_user != SD_UNSURE)
		c->unsure_here++;
	if (!kernel.whole && in_kernel == SD_FALSE && in_user != SD_FALSE)
		complain(sd_buf_cstr(&text), case_seed, "a part that is false and the whole",
			 in_kernel, in_user, why);
	if (run)
		captured(run, w, &t, &h, cond, sd_buf_cstr(&text), in_user, case_seed, got, &arena,
			 c);
	sd_node_release(cond);
	sd_tables_deinit(&t);
	sd_buf_deinit(&text);
	sd_arena_deinit(&arena);
}

static void verdict(bool ok, const char *what, const char *detail)
{
	if (ok)
		passed++;
	printf("%s: %s%s%s\n", ok ? "ok" : "FAIL", what, *detail ? ": " : "", detail);
}

static void say(const char *what, const struct counts *c, u32 before)
{
	char detail[400];

	snprintf(detail, sizeof(detail),
		 "%llu cases: %llu false, %llu true, %llu unavailable; decided in the kernel %llu "
		 "whole, %llu in part (%llu by a comparison, %llu by a program), %llu unavailable "
		 "there alone; captured %llu, %llu cut short; values %llu, %llu cut short",
		 (unsigned long long)c->cases, (unsigned long long)c->by_truth[0],
		 (unsigned long long)c->by_truth[1], (unsigned long long)c->by_truth[2],
		 (unsigned long long)c->whole, (unsigned long long)c->part,
		 (unsigned long long)c->pre, (unsigned long long)c->programs,
		 (unsigned long long)c->unsure_here, (unsigned long long)c->captured,
		 (unsigned long long)c->cut, (unsigned long long)c->values,
		 (unsigned long long)c->cut_values);
	verdict(failed == before, what, detail);
}

/* As deep as expressions may be nested, on either side: planned at once, within the slots. */
static void test_deep(void)
{
	struct sd_limits limits = {.depth = 4, .items = 64, .str = 512, .bytes = SDW_DATA_CAP};
	struct sd_world *w = sd_world_go();
	struct sd_code_condition kernel;
	struct sdw_site wire = {0};
	struct sd_arena arena = {0};
	struct sd_buf text = {0};
	struct sd_tables t;
	struct sd_expr *x;
	struct sd_node *cond;
	struct hit h;
	u32 end;

	place(w, &h, &arena);
	sd_buf_str(&text, "i");
	for (u32 i = 0; i < 28; i++)
		sd_buf_str(&text, i % 2 ? " - (i" : " + (j");
	for (u32 i = 0; i < 28; i++)
		sd_buf_str(&text, ")");
	sd_buf_str(&text, " > 3");
	must(sd_expr_parse(sd_buf_cstr(&text), 0, &arena, &x, &end));
	must(sd_check_condition(x, sd_buf_cstr(&text), &w->scope, &arena, &cond));
	sd_tables_init(&t, &limits);
	sd_plan_condition(&t, &h.site, SD_AT_HIT, h.vars, h.nvars, cond, &arena, &wire, &kernel);
	if (!kernel.whole)
		failed++;
	verdict(kernel.whole, "a deep expression", kernel.whole ? "" : kernel.why);
	sd_tables_deinit(&t);
	sd_buf_deinit(&text);
	sd_arena_deinit(&arena);
}

static void test_reference(u32 cases)
{
	struct sd_world w = *sd_world_go();
	struct counts c = {0};

	w.nvars[SD_AT_RETURN] = 0;
	for (u32 i = 0; i < cases && failed < 12; i++)
		one_case(NULL, &w, SDW_VM_STEPS_LOOP, NULL, &c);
	say("random conditions, the reference", &c, 0);
}

static void test_build(const char *build, u32 cases)
{
	struct sd_world w = *sd_world_go();
	struct sd_run_opts opts = {.nsites = 1,
				   .ntypes = 4096,
				   .nptrs = 65536,
				   .nrtypes = 64,
				   .judges = true,
				   .nops = MAX_OPS,
				   .ntexts = MAX_TEXTS,
				   .nprobes = 1,
				   .build = build,
				   .ring_size = 1 << 20};
	struct sd_attach_site site = {.off = spot_offset(spot_general)};
	struct sdw_site first = {.cond = 1, .addr = (u64)(uintptr_t)spot_general};
	static struct got got;
	struct sd_run *run = NULL;
	struct counts c = {0};
	u32 before = failed;
	u32 steps = strcmp(build, "plain") ? SDW_VM_STEPS_LOOP : SDW_VM_STEPS_PLAIN;
	char what[64];
	struct sd_err *err = sd_run_create(&opts, &run);

	snprintf(what, sizeof(what), "random conditions, build %s", build);
	if (err) {
		printf("skip: %s: %s\n", what, err->msg);
		sd_err_free(err);
		skipped++;
		return;
	}
	w.nvars[SD_AT_RETURN] = 0; /* one hit: nothing of a return is asked for */
	must(sd_run_set_site(run, 0, &first));
	must(sd_run_attach(run, "/proc/self/exe", getpid(), 0, &site, 1));
	for (u32 i = 0; i < cases && failed < before + 12; i++) {
		one_case(run, &w, steps, &got, &c);
		one_value(run, &w, &got, &c);
	}
	say(what, &c, before);
	sd_run_destroy(run);
}

int main(int argc, char **argv)
{
	bool kernel = argc < 2 || strcmp(argv[1], "--reference") != 0;
	u32 cases;

	argc -= !kernel;
	argv += !kernel;
	cases = argc > 1 ? (u32)strtoul(argv[1], NULL, 0) : 3000;
	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 0x9e3779b97f4a7c15ull;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (kernel && geteuid()) {
		printf("skip: not root\n0 passed, 0 failed, 1 skipped\n");
		return 77;
	}
	memory = sd_xcalloc(1, sizeof(*memory));
	if (mmap((void *)(uintptr_t)SD_WORLD_BASE, SD_WORLD_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		return 1;
	if (kernel) {
		test_build("preempt", cases);
		test_build("slots", cases);
		test_build("plain", cases);
	} else {
		test_reference(cases);
		test_deep();
	}
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed ? 1 : passed ? 0 : 77;
}
