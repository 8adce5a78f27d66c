/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints what the dwarf room makes of one function: parameters, types, locations at its entry (or
 * at +OFFSET), and the inlined copies of CALLEE inside of it.  dwarfdump BINARY FUNCTION|0xADDR
 * [+OFFSET] [CALLEE] -t TYPE [UNIT]: a type; -a: how many parameters have a location; -i FILE:
 * writes the image that libdw reads.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "dwarf/dwarf.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int fail(struct sd_err *err)
{
	int kind = err->kind;

	fprintf(stderr, "%s\n", err->msg);
	if (err->hint)
		fprintf(stderr, "  %s\n", err->hint);
	sd_err_free(err);
	return kind;
}

static void print_type(struct sd_type *t, int depth)
{
	printf("%s%s %s size %" PRIu64 " align %" PRIu32, t->name, t->named ? " (named)" : "",
	       sd_kind_name(t->kind), t->size, t->align);
	if (t->go_rtype)
		printf(" rtype 0x%" PRIx64, t->go_rtype);
	sd_type_complete(t);
	if (t->kind == SD_KIND_ARRAY)
		printf(" count %" PRIu64, t->count);
	if (t->key)
		printf(" key %s", t->key->name);
	if (t->elem)
		printf(" elem %s", t->elem->name);
	if (t->hmap)
		printf(" hmap %s", t->hmap->name);
	putchar('\n');
	if (depth <= 0 && t->nfields)
		return;
	for (u32 i = 0; i < t->nfields; i++) {
		printf("        +%-4" PRIu64 "%s %s", t->fields[i].off,
		       t->fields[i].embedded ? " embedded" : "", t->fields[i].name);
		if (t->fields[i].bit_size)
			printf(" bits %d..%d", t->fields[i].bit_off,
			       t->fields[i].bit_off + t->fields[i].bit_size);
		printf(": ");
		print_type(t->fields[i].type, 0);
	}
}

static void print_subprogram(struct sd_dwarf *dw, const struct sd_subprogram *sp, u64 offset)
{
	struct sd_arena arena = {0};

	printf("%s%s at 0x%" PRIx64 "..0x%" PRIx64 " %s:%" PRIu32 "%s%s%s lang 0x%x",
	       sp->inlined ? "inlined " : "", sp->name, sp->low.v, sp->high.v,
	       sp->decl_file ? sp->decl_file : "?", sp->decl_line,
	       sp->trampoline ? " trampoline" : "", sp->optimized ? " optimized" : "",
	       sp->regabi ? " regabi" : "", sp->lang);
	if (sp->inlined)
		printf(" called at %s:%" PRIu32 ", %" PRIu32 " ranges",
		       sp->call_file ? sp->call_file : "?", sp->call_line, sp->nranges);
	printf("%s\n", sp->has_frame_base_cfa ? "" : " frame base is not the CFA");
	for (u32 i = 0; i < sp->nparams; i++) {
		const struct sd_param *p = &sp->params[i];
		struct sd_vaddr pc = {sp->low.v + offset};
		struct sd_loc loc = sd_dwarf_param_loc(dw, p, pc, &arena);

		printf("    %s %s: %s", p->result ? "result" : "param ", p->name,
		       sd_loc_text(&loc, &arena));
		if (loc.unsure)
			printf(" (or that of a part)");
		printf("\n        ");
		print_type(p->type, 1);
	}
	sd_arena_deinit(&arena);
}

struct totals {
	u64 functions, params, located;
	struct sd_dwarf *dw;
	struct sd_arena arena;
};

static bool count_one(void *ctx, const struct sd_subprogram *sp)
{
	struct totals *t = ctx;

	t->functions++;
	for (u32 i = 0; i < sp->nparams; i++) {
		struct sd_loc loc;

		if (sp->params[i].result)
			continue;
		sd_arena_reset(&t->arena);
		t->params++;
		if (getenv("NOLOC"))
			continue;
		loc = sd_dwarf_param_loc(t->dw, &sp->params[i], sp->low, &t->arena);
		t->located += !loc.why;
		if (loc.why && getenv("WHY"))
			printf("%s %s: %s\n", sp->name, sp->params[i].name, loc.why);
	}
	return true;
}

static int print_all(struct sd_dwarf *dw)
{
	struct totals t = {.dw = dw};
	struct sd_err *err = sd_dwarf_each_subprogram(dw, count_one, &t);

	sd_arena_deinit(&t.arena);
	if (err)
		return fail(err);
	printf("%" PRIu64 " functions, %" PRIu64 " parameters, %" PRIu64
	       " with a location at the entry\n",
	       t.functions, t.params, t.located);
	return 0;
}

static int print_function(struct sd_elf *elf, struct sd_dwarf *dw, char **args)
{
	struct sd_subprogram *sp, **copies;
	struct sd_symbol sym = {0};
	const char *what = *args++;
	sd_autofree char *unit = NULL;
	struct sd_err *err;
	u64 offset = 0;
	u32 n;

	if (!strncmp(what, "0x", 2)) {
		sym.addr.v = strtoull(what, NULL, 16);
	} else if (!sd_elf_symbol(elf, what, &sym)) {
		fprintf(stderr, "no symbol %s\n", what);
		return 3;
	} else {
		const char *slash = strrchr(what, '/'), *dot = strchr(slash ? slash : what, '.');

		unit = sd_xstrndup(what, dot ? (size_t)(dot - what) : 0);
	}
	if (*args && **args == '+')
		offset = strtoull(*args++, NULL, 0);
	err = sd_dwarf_subprogram_at(dw, sym.addr, unit, &sp);
	if (err)
		return fail(err);
	if (!sp) {
		fprintf(stderr, "DWARF has no function at 0x%" PRIx64 "\n", sym.addr.v);
		return 3;
	}
	print_subprogram(dw, sp, offset);
	if (!*args)
		return 0;
	err = sd_dwarf_inlined_in(dw, sp->low, unit, *args, &copies, &n);
	if (err)
		return fail(err);
	for (u32 i = 0; i < n; i++)
		print_subprogram(dw, copies[i], 0);
	return n ? 0 : 3;
}

static int write_image(struct sd_elf *elf, const char *path)
{
	void *image;
	size_t size;
	struct sd_err *err = sd_elf_debug_image(elf, false, &image, &size);
	FILE *f;

	if (err)
		return fail(err);
	f = fopen(path, "w");
	if (!f || fwrite(image, 1, size, f) != size || fclose(f)) {
		perror(path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sd_elf *elf;
	struct sd_dwarf *dw;
	double start = now(), opened;
	struct sd_err *err;
	struct rusage usage;
	int ret;

	if (argc < 3)
		return 2;
	err = sd_elf_open(argv[1], argv[1], &elf);
	if (err)
		return fail(err);
	err = sd_dwarf_open(elf, &dw);
	if (err) {
		sd_elf_close(elf);
		return fail(err);
	}
	opened = now();
	if (!strcmp(argv[2], "-i") && argc > 3) {
		ret = write_image(elf, argv[3]);
	} else if (!strcmp(argv[2], "-a")) {
		ret = print_all(dw);
	} else if (!strcmp(argv[2], "-t") && argc > 3) {
		struct sd_type *t = sd_dwarf_type_named(dw, argv[3], argv[4]);

		if (t)
			print_type(t, 1);
		ret = t ? 0 : 3;
	} else {
		ret = print_function(elf, dw, argv + 2);
	}
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "opened in %.1f ms, all %.1f ms, peak RSS %ld MB\n", opened - start,
		now() - start, usage.ru_maxrss / 1024);
	sd_dwarf_close(dw);
	sd_elf_close(elf);
	return ret;
}
