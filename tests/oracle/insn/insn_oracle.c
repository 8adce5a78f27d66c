/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Oracle for instruction lengths and sites: sweeps all functions of a binary. Built by Meson, not
 * by default (tests/oracle/run.sh), with Capstone where it is installed; that is needed here only.
 *   insn_oracle lengths BINARY   compares with Capstone and with our own slow decoder; exit 1 when
 *                                lengths differ, 77 when there is no Capstone
 *   insn_oracle dump BINARY      prints the address of every instruction (for insn_oracle.py, which
 *                                asks objdump)
 *   insn_oracle sites BINARY c|go|regabi
 *                                how many functions get which kind of site, why, and how long it
 * took insn_oracle frames BINARY    compares where we say the frame lies at every instruction with
 * the binary's unwind tables insn_oracle inlined BINARY   sites of all inlined copies that DWARF
 * knows: how many, and why not the others
 */
#ifdef HAVE_CAPSTONE
#include <capstone/capstone.h>
#endif
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/map.h"
#include "base/vec.h"
#include "elf/elf.h"
#include "site/priv.h"
#include "site/site.h"

SD_VEC(struct sd_func) funcs;

static int by_addr(const void *a, const void *b)
{
	const struct sd_func *x = a, *y = b;

	return x->entry.v < y->entry.v ? -1 : x->entry.v > y->entry.v;
}

/* Functions of the symbol table, the first symbol of each address; sizes as they are, or (Go) to
 * the next function. */
static void load_funcs(struct sd_elf *elf)
{
	struct sd_symbol s;
	size_t n = 0;

	for (u64 i = 0; i < sd_elf_nsymbols(elf); i++) {
		if (!sd_elf_symbol_at(elf, i, &s) || s.type != STT_FUNC || !s.addr.v || !s.size)
			continue;
		struct sd_func f = {.name = s.name, .entry = s.addr, .end = {s.addr.v + s.size}};
		size_t len = strlen(s.name);

		f.abi0 = len > 5 && !strcmp(s.name + len - 5, ".abi0");
		sd_vec_push(&funcs, f);
	}
	qsort(funcs.v, funcs.n, sizeof(funcs.v[0]), by_addr);
	for (size_t i = 0; i < funcs.n; i++) {
		if (n && funcs.v[n - 1].entry.v == funcs.v[i].entry.v)
			continue;
		funcs.v[n++] = funcs.v[i];
	}
	funcs.n = n;
}

#ifdef HAVE_CAPSTONE
enum { HAS_THEIRS = 1 };

struct theirs {
	csh cs;
	cs_insn *in;
};

static struct theirs open_theirs(void)
{
	struct theirs t;

	cs_open(CS_ARCH_X86, CS_MODE_64, &t.cs);
	t.in = cs_malloc(t.cs);
	return t;
}

static void close_theirs(struct theirs *t)
{
	cs_free(t->in, 1);
	cs_close(&t->cs);
}

/* 0: it cannot decode that. */
static u32 their_length(struct theirs *t, const u8 *p, u64 size, u64 addr)
{
	size_t left = size;

	return cs_disasm_iter(t->cs, &p, &left, &addr, t->in) ? t->in->size : 0;
}

static const char *their_text(struct theirs *t)
{
	return t->in->mnemonic;
}
#else
enum { HAS_THEIRS = 0 };

struct theirs {
	int none;
};

static struct theirs open_theirs(void)
{
	return (struct theirs){0};
}

static void close_theirs(struct theirs *t)
{
}

static u32 their_length(struct theirs *t, const u8 *p, u64 size, u64 addr)
{
	return 0;
}

static const char *their_text(struct theirs *t)
{
	return "";
}
#endif

static int lengths(struct sd_elf *elf)
{
	u64 total = 0, fns = 0, zydis_stops = 0, cs_stops = 0, differ = 0, slow_differ = 0;
	struct theirs t = open_theirs();

	for (size_t i = 0; i < funcs.n; i++) {
		const struct sd_func *f = &funcs.v[i];
		u64 n = 0, size = f->end.v - f->entry.v, at = 0;
		const u8 *p = sd_elf_bytes(elf, f->entry, &n);
		bool cs_stopped = false;

		if (!p)
			continue;
		size = SD_MIN(size, n);
		fns++;
		while (at < size) {
			struct sd_insn in, full;
			u64 addr = f->entry.v + at;
			struct sd_err *err = sd_insn_decode(p + at, size - at, addr, &full);
			bool ok = sd_insn_try(p + at, size - at, addr, &in);

			if (ok != !err || (ok && (in.len != full.len || in.cls != full.cls ||
						  in.completion != full.completion ||
						  in.target != full.target))) {
				printf("fast and slow decoding differ at 0x%" PRIx64 "\n", addr);
				slow_differ++;
			}
			sd_err_free(err);
			if (!ok) {
				zydis_stops++;
				printf("  sonde stops at 0x%" PRIx64 " in %s\n", addr, f->name);
				break;
			}
			total++;
			u32 theirs = HAS_THEIRS ? their_length(&t, p + at, size - at, addr)
						: in.len;

			if (!theirs) {
				if (!cs_stopped && ++cs_stops <= 20)
					printf("  Capstone stops at 0x%" PRIx64 " (%s) in %s\n",
					       f->entry.v + at,
					       sd_insn_text(p + at, size - at, f->entry.v + at,
							    (char[96]){0}, 96),
					       f->name);
				cs_stopped = true;
			} else if (theirs != in.len && ++differ <= 20) {
				printf("  0x%" PRIx64 " in %s: %u bytes (%s), Capstone %u (%s)\n",
				       f->entry.v + at, f->name, in.len,
				       sd_insn_text(p + at, size - at, f->entry.v + at,
						    (char[96]){0}, 96),
				       theirs, their_text(&t));
			}
			at += in.len;
		}
	}
	close_theirs(&t);
	printf("%" PRIu64 " functions, %" PRIu64 " instructions: %" PRIu64
	       " lengths differ from Capstone's; functions in which "
	       "decoding stops: sonde %" PRIu64 ", Capstone %" PRIu64
	       "; fast against slow decoding: %" PRIu64 " differ\n",
	       fns, total, differ, zydis_stops, cs_stops, slow_differ);
	return slow_differ || differ ? 1 : HAS_THEIRS ? 0 : 77;
}

static void dump(struct sd_elf *elf)
{
	for (size_t i = 0; i < funcs.n; i++) {
		u64 n = 0, at = funcs.v[i].entry.v, end = funcs.v[i].end.v;
		const u8 *p = sd_elf_bytes(elf, funcs.v[i].entry, &n);
		struct sd_insn in;

		if (!p)
			continue;
		end = SD_MIN(end, at + n);
		printf("F %" PRIx64 " %" PRIx64 "\n", at, end);
		while (at < end && sd_insn_try(p + (at - funcs.v[i].entry.v), end - at, at, &in)) {
			printf("%" PRIx64 "\n", at);
			at += in.len;
		}
	}
}

static int frames(struct sd_elf *elf, const char *path)
{
	int fd = open(path, O_RDONLY);
	Elf *e;
	Dwarf *dw;
	Dwarf_CFI *eh, *debug;
	u64 same = 0, differ = 0, by_rbp = 0, unknown = 0, none = 0;

	elf_version(EV_CURRENT);
	e = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	dw = dwarf_begin_elf(e, DWARF_C_READ, NULL);
	debug = dw ? dwarf_getcfi(dw) : NULL;
	eh = dwarf_getcfi_elf(e);
	for (size_t i = 0; i < funcs.n; i++) {
		struct sd_flow f;
		struct sd_err *err;
		sd_autofree struct sd_cfa *cfa = NULL;

		funcs.v[i].lang = debug && !eh ? SD_LANG_GO : SD_LANG_C;
		err = sd_flow_init(elf, &funcs.v[i], &f);
		if (err) {
			sd_err_free(err);
			continue;
		}
		cfa = sd_xcalloc(f.v.n + 1, sizeof(*cfa));
		sd_flow_frames(&f, cfa);
		for (size_t k = 0; k < f.v.n; k++) {
			Dwarf_Frame *fr = NULL;
			Dwarf_Op *ops;
			size_t nops = 0;

			if ((!debug || dwarf_cfi_addrframe(debug, f.v.v[k].addr, &fr)) &&
			    (!eh || dwarf_cfi_addrframe(eh, f.v.v[k].addr, &fr))) {
				none++;
				continue;
			}
			if (dwarf_frame_cfa(fr, &ops, &nops) || nops != 1 ||
			    ops[0].atom != DW_OP_bregx)
				none++;
			else if (!cfa[k].known)
				unknown++;
			else if (cfa[k].reg != ops[0].number)
				by_rbp++;
			else if (cfa[k].off == (s64)ops[0].number2)
				same++;
			else if (++differ <= 40)
				printf("  0x%" PRIx64 " in %s: %s+%lld, unwind tables %lld\n",
				       f.v.v[k].addr, funcs.v[i].name,
				       cfa[k].reg == SD_RSP ? "rsp" : "rbp", (long long)cfa[k].off,
				       (long long)ops[0].number2);
			free(fr);
		}
		sd_flow_deinit(&f);
	}
	printf("CFA at instructions: %" PRIu64 " as the unwind tables say, %" PRIu64
	       " differ, %" PRIu64 " by another register, %" PRIu64 " unknown to us, %" PRIu64
	       " without table\n",
	       same, differ, by_rbp, unknown, none);
	dwarf_end(dw);
	elf_end(e);
	close(fd);
	return 0;
}

struct inlined_stats {
	struct sd_elf *elf;
	struct sd_arena arena;
	u64 copies, emulated, stepped, no_code, no_cfa, errors[4];
};

static const char *const inlined_errors[4] = {"head of a loop", "without passing", "mixed", ""};

static void one_copy(struct inlined_stats *st, Dwarf_Die *die)
{
	u64 ranges[64][2];
	u32 n = 0;
	Dwarf_Addr base, lo, hi;
	ptrdiff_t off = 0;
	struct sd_site s;
	struct sd_err *err;
	size_t a = 0, b = funcs.n;

	st->copies++;
	while (n < 64 && (off = dwarf_ranges(die, off, &base, &lo, &hi)) > 0) {
		ranges[n][0] = lo;
		ranges[n++][1] = hi;
	}
	if (!n) {
		st->no_code++;
		return;
	}
	while (b - a > 1) {
		size_t mid = a + (b - a) / 2;

		if (funcs.v[mid].entry.v <= ranges[0][0])
			a = mid;
		else
			b = mid;
	}
	funcs.v[a].lang = SD_LANG_GO;
	err = sd_site_inlined_where(st->elf, &funcs.v[a], (const u64(*)[2])ranges, n, NULL, NULL,
				    &st->arena, &s);
	if (err) {
		int k = 0;

		while (!strstr(err->msg, inlined_errors[k]))
			k++;
		if (++st->errors[k] <= 6)
			printf("  %s: %s in %s\n", dwarf_diename(die) ?: "?", err->msg,
			       funcs.v[a].name);
		sd_err_free(err);
		return;
	}
	if (s.insn.completion == SD_EMULATED)
		st->emulated++;
	else
		st->stepped++;
	st->no_cfa += !s.cfa.known;
}

static void walk(struct inlined_stats *st, Dwarf_Die *die)
{
	Dwarf_Die child;

	if (dwarf_tag(die) == DW_TAG_inlined_subroutine)
		one_copy(st, die);
	if (dwarf_child(die, &child))
		return;
	do
		walk(st, &child);
	while (!dwarf_siblingof(&child, &child));
}

static void inlined(struct sd_elf *elf, const char *path)
{
	struct inlined_stats st = {.elf = elf};
	int fd = open(path, O_RDONLY);
	Dwarf *dw = dwarf_begin(fd, DWARF_C_READ);
	Dwarf_Off off = 0, next;
	size_t hsize;

	while (dw && !dwarf_nextcu(dw, off, &next, &hsize, NULL, NULL, NULL)) {
		Dwarf_Die cu;

		if (dwarf_offdie(dw, off + hsize, &cu))
			walk(&st, &cu);
		off = next;
	}
	printf("%" PRIu64 " inlined copies: %" PRIu64 " emulated, %" PRIu64
	       " stepped (frame unknown at %" PRIu64 "), %" PRIu64
	       " have no code; refused: %" PRIu64 " start with a loop, %" PRIu64
	       " entered elsewhere, %" PRIu64 " mixed with the caller, %" PRIu64 " other\n",
	       st.copies, st.emulated, st.stepped, st.no_cfa, st.no_code, st.errors[0],
	       st.errors[1], st.errors[2], st.errors[3]);
	sd_arena_deinit(&st.arena);
	dwarf_end(dw);
	close(fd);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void count(struct sd_strmap *m, const char *key)
{
	++*sd_strmap_put(m, key, NULL);
}

static void sites(struct sd_elf *elf, const char *mode)
{
	struct sd_entry_request req = {.lang = *mode == 'c' ? SD_LANG_C : SD_LANG_GO,
				       .regabi = *mode == 'r'};
	struct sd_arena arena = {0};
	struct sd_strmap why = {0};
	const char *keys[64];
	u32 nkeys = 0, errors = 0, no_returns = 0, targets = 0, by_completion[3] = {0};
	u64 rets = 0, tails = 0;
	double t0 = now(), t1, t2;

	for (size_t i = 0; i < funcs.n; i++) {
		struct sd_site s;
		struct sd_err *err;

		funcs.v[i].lang = (u8)req.lang;
		err = sd_site_entry(elf, &funcs.v[i], &req, &arena, &s);
		if (err) {
			if (++errors <= 40)
				printf("  entry: %s\n", err->msg);
			sd_err_free(err);
			continue;
		}
		if (!sd_strmap_get(&why, s.why) && nkeys < SD_ARRAY_SIZE(keys))
			keys[nkeys++] = s.why;
		count(&why, s.why);
		by_completion[s.insn.completion]++;
	}
	t1 = now();
	for (size_t i = 0; i < funcs.n; i++) {
		struct sd_site *r;
		u32 n = 0, tail = 0;
		struct sd_err *err = sd_site_returns(elf, &funcs.v[i], &arena, &r, &n, &tail);

		if (err) {
			if (++no_returns <= 40)
				printf("  returns: %s\n", err->msg);
			sd_err_free(err);
			continue;
		}
		rets += n;
		tails += tail;
	}
	t2 = now();
	/* Nothing in the function may jump to its entry site: that would be a second hit in one
	 * call. */
	for (size_t i = 0; i < funcs.n; i++) {
		u64 n = 0, at = funcs.v[i].entry.v, end = funcs.v[i].end.v;
		const u8 *p = sd_elf_bytes(elf, funcs.v[i].entry, &n);
		struct sd_err *err;
		struct sd_site s;
		struct sd_insn in;

		err = sd_site_entry(elf, &funcs.v[i], &req, &arena, &s);
		if (err) {
			sd_err_free(err);
			continue;
		}
		for (end = SD_MIN(end, at + n);
		     at < end && sd_insn_try(p + (at - funcs.v[i].entry.v), end - at, at, &in);
		     at += in.len) {
			if ((in.cls == SD_INSN_JMP || in.cls == SD_INSN_JCC) &&
			    in.target == s.addr.v) {
				printf("  jumped to: site 0x%" PRIx64 " of %s\n", s.addr.v,
				       funcs.v[i].name);
				targets++;
			}
		}
	}
	printf("%zu functions: %u emulated, %u stepped, %u errors; %u entry sites are jumped to\n",
	       funcs.n, by_completion[SD_EMULATED], by_completion[SD_STEPPED], errors, targets);
	for (u32 i = 0; i < nkeys; i++)
		printf("%8" PRIu64 "  %s\n", *sd_strmap_get(&why, keys[i]), keys[i]);
	printf("returns: %" PRIu64 " sites, %" PRIu64 " tail jumps, %u functions without (error)\n",
	       rets, tails, no_returns);
	printf("entry %.0f ns a function, returns %.0f ns a function\n",
	       (t1 - t0) / (double)funcs.n * 1e9, (t2 - t1) / (double)funcs.n * 1e9);
	sd_strmap_deinit(&why);
	sd_arena_deinit(&arena);
}

int main(int argc, char **argv)
{
	struct sd_elf *elf;
	struct sd_err *err;
	int rc = 0;

	if (argc < 3)
		return 2;
	err = sd_elf_open(argv[2], argv[2], &elf);
	if (err) {
		fprintf(stderr, "%s\n", err->msg);
		return 2;
	}
	load_funcs(elf);
	if (!strcmp(argv[1], "lengths"))
		rc = lengths(elf);
	else if (!strcmp(argv[1], "dump"))
		dump(elf);
	else if (!strcmp(argv[1], "inlined"))
		inlined(elf, argv[2]);
	else if (!strcmp(argv[1], "frames"))
		rc = frames(elf, argv[2]);
	else if (argc > 3)
		sites(elf, argv[3]);
	else
		rc = 2;
	sd_elf_close(elf);
	sd_vec_free(&funcs);
	return rc;
}
