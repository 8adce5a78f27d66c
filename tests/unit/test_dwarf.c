/* SPDX-License-Identifier: BSD-2-Clause */
/* Debug information of Go 1.15, 1.24 (-N -l), 1.26, gcc and clang (tests/fixtures), and damaged
 * copies of it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dwarf/priv.h"
#include "tests/fixtures/fixture.h"

struct image {
	u8 *p;
	size_t n;
	struct sd_elf *elf;
	struct sd_dwarf *dw;
	struct sd_arena arena;
};

static void open_image(struct image *im, const char *name)
{
	*im = (struct image){0};
	im->p = fixture_load(name, &im->n);
	assert_non_null(im->p);
	assert_null(sd_elf_open_memory(im->p, im->n, name, &im->elf));
	assert_null(sd_dwarf_open(im->elf, &im->dw));
}

static void close_image(struct image *im)
{
	sd_dwarf_close(im->dw);
	sd_elf_close(im->elf);
	sd_arena_deinit(&im->arena);
	free(im->p);
}

struct lookup {
	const char *name;
	struct sd_vaddr low;
};

static bool is_it(void *ctx, const struct sd_subprogram *sp)
{
	struct lookup *l = ctx;

	if (strcmp(sp->name, l->name))
		return true;
	l->low = sp->low;
	return false;
}

static struct sd_subprogram *function(struct image *im, const char *name, const char *unit)
{
	struct lookup l = {.name = name};
	struct sd_subprogram *sp;

	assert_null(sd_dwarf_each_subprogram(im->dw, is_it, &l));
	if (!l.low.v)
		fail_msg("no function %s", name);
	assert_null(sd_dwarf_subprogram_at(im->dw, l.low, unit, &sp));
	assert_non_null(sp);
	assert_string_equal(sp->name, name);
	assert_int_equal(sp->low.v, l.low.v);
	assert_true(sp->high.v > sp->low.v);
	return sp;
}

/* "name type: location; …" of all parameters at low + offset, results behind a "|". */
static const char *signature(struct image *im, const struct sd_subprogram *sp, u64 offset)
{
	struct sd_arena *a = &im->arena;
	const char *text = "";

	for (u32 i = 0; i < sp->nparams; i++) {
		const struct sd_param *p = &sp->params[i];
		struct sd_loc loc = sd_dwarf_param_loc(im->dw, p,
						       (struct sd_vaddr){sp->low.v + offset}, a);

		text = sd_arena_printf(a, "%s%s%s %s: %s%s", text,
				       !i	   ? ""
				       : p->result ? " | "
						   : "; ",
				       p->name, p->type->name, sd_loc_text(&loc, a),
				       loc.unsure ? " (unsure)" : "");
	}
	return text;
}

static void check_function(struct image *im, const char *name, const char *want)
{
	assert_string_equal(signature(im, function(im, name, "main"), 0), want);
}

static void test_go_1_26(void **state)
{
	struct image im;
	struct sd_subprogram *sp;

	open_image(&im, "go1.26.image");
	sp = function(&im, "main.scalars", "main");
	assert_true(sp->optimized && sp->regabi && sp->has_frame_base_cfa && !sp->inlined &&
		    !sp->trampoline);
	assert_int_equal(sp->lang, 0x16);
	check_function(
		&im, "main.scalars",
		"a int: rax; b uint8: rbx; c bool: rcx; d float64: xmm0; e main.Celsius: xmm1; "
		"f complex128: xmm2, xmm3; g main.Duration: rdi | x int: <no location> | "
		"err error: <no location>");
	check_function(&im, "main.small",
		       "s main.Small: rax, rbx, rcx, rdi, xmm0; n int: rsi | "
		       "~r0 main.Small: <no location>");
	check_function(&im, "main.big",
		       "b main.Big: CFA (192 bytes); p *main.Big: rax | ~r0 int: <no location>");
	/* l: of the slice only the length is used, which its location does not say; the slice lies
	 * at the CFA. */
	check_function(&im, "main.refs",
		       "n *main.Node: rax; f main.Fn: rbx; m main.M: rcx; c main.Ch: rdi; i "
		       "interface {}: rsi, r8; "
		       "s main.Shower: r9, r10; u unsafe.Pointer: r11; l []string: CFA+8 (24 "
		       "bytes) (unsure); "
		       "e error: CFA+24 (8 bytes), CFA+32 (8 bytes) | ~r0 int: <no location>");
	check_function(&im, "main.arr",
		       "a main.Arr1: rax; b [3]int: CFA (24 bytes); e main.Emb: rbx, rcx, rdi, "
		       "rsi, xmm0, r8, r9, r10 | "
		       "~r0 int64: <no location>");
	check_function(&im, "main.(*Node).Sum",
		       "n *main.Node: rax; extra []int: rbx, rcx, rdi | "
		       "total int: <no location>");
	check_function(&im, "main.blank",
		       "a int: rax; ~p1 string: <no location>; b int: rdi | "
		       "~r0 int: <no location> | ~r1 string: <no location>");
	close_image(&im);
}

static void test_go_duplicates(void **state)
{
	struct image im;

	/* Captured results are listed twice, without a location. */
	open_image(&im, "go1.26.image");
	check_function(&im, "main.deferred",
		       "a int: rax | r int: <no location> | err error: <optimized out>");
	close_image(&im);
}

struct captures {
	struct image *im;
	const char *text;
};

static bool list_captured(void *ctx, struct sd_vaddr pc, struct sd_type *type)
{
	struct captures *c = ctx;
	struct sd_subprogram *sp;

	assert_null(sd_dwarf_subprogram_at(c->im->dw, pc, "main", &sp));
	if (strncmp(sp->name, "main.", 5))
		return true;
	c->text = sd_arena_printf(&c->im->arena, "%s%s: ", c->text, sp->name);
	assert_ptr_equal(sd_dwarf_closure(c->im->dw, pc, "main"), type);
	for (u32 i = 0; i < type->nfields; i++)
		c->text = sd_arena_printf(&c->im->arena, "%s%s %s %llu; ", c->text,
					  type->fields[i].name, type->fields[i].type->name,
					  (unsigned long long)type->fields[i].off);
	return true;
}

struct judged {
	enum sd_captured how; /* the answer */
	bool fixed;	      /* what main.deferred.func1's two are asked with */
	u32 places;
	u32 asked; /* with that */
};

static enum sd_captured how_captured(void *ctx, const struct sd_capture *c)
{
	struct judged *j = ctx;

	assert_true(c->entry.v && c->end.v > c->entry.v);
	j->asked += !c->generic && c->fixed == j->fixed && c->n == j->places &&
		    ((c->off == 8 && c->size == 8) || (c->off == 16 && c->size == 16));
	return j->how;
}

/* A name with an & is believed as far as whoever knows the code says. */
static void test_go_closures(void **state)
{
	static const char ref[] = "main.deferred.func1: &r *int 8; &err *error 16; ";
	static const char copy[] = "main.deferred.func1: r int 8; err error 16; ";
	static const char unknown[] = "main.deferred.func1: &r ? 8; &err ? 16; ";
	static const struct {
		const char *image;
		struct judged judged;
		const char *text;
	} want[] = {
		{"go1.15.image", {SD_CAPTURED_REF}, ""}, /* not said before Go 1.23 */
		{"go1.24-N.image", {SD_CAPTURED_REF, true}, ref},
		{"go1.24-N.image", {SD_CAPTURED_COPY, true}, copy},
		{"go1.26.image", {SD_CAPTURED_REF, .places = 1}, ref},
		{"go1.26.image", {SD_CAPTURED_UNKNOWN, .places = 1}, unknown},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(want); i++) {
		struct judged j = want[i].judged;
		struct captures c = {.text = ""};
		struct image im;

		open_image(&im, want[i].image);
		sd_dwarf_on_captured(im.dw, how_captured, &j);
		c.im = &im;
		sd_dwarf_each_closure(im.dw, list_captured, &c);
		assert_string_equal(c.text, want[i].text);
		assert_true(!*want[i].text || j.asked >= 2);
		close_image(&im);
	}
}

static void test_go_names(void **state)
{
	static const char *const names[][2] = {
		{"int", "int"},
		{"struct {}", "struct {}"},
		{"struct { A int }", "struct { A int }"},
		{"struct { main.a int }", "struct { a int }"},
		{"chan struct { example.com/x/y.a, B int; sync/atomic.Uint32; *main.N; main._ int "
		 "}",
		 "chan struct { a, B int; sync/atomic.Uint32; *main.N; _ int }"},
		{"struct { G0 = main.G0[int8,interface {}]; main.b struct { main.c []main.d } }",
		 "struct { main.G0[int8,interface {}]; b struct { c []main.d } }"},
		{"func(map[string]struct { main.f func(main.a) main.b }) interface { main.m() }",
		 "func(map[string]struct { f func(main.a) main.b }) interface { main.m() }"},
		{"struct { main.a int \"json:\\\"; x.y z\\\"\"; main.b bool }",
		 "struct { a int \"json:\\\"; x.y z\\\"\"; b bool }"},
		{"struct { main.a int", "struct { main.a int"}, /* damaged: as it stands */
		{"struct { main.a int }}", "struct { main.a int }}"},
		{"struct {\"", "struct {\""},
	};
	struct sd_arena arena = {0};

	for (size_t i = 0; i < SD_ARRAY_SIZE(names); i++)
		assert_string_equal(sd_dw_go_name(names[i][0], &arena), names[i][1]);
	sd_arena_deinit(&arena);
}

static void test_go_padding(void **state)
{
	static const u32 off[] = {0, 4, 8, 16, 24}, size[] = {4, 1, 8, 8, 8};
	static const char *const images[] = {"go1.15.image", "go1.24-N.image", "go1.26.image"};

	/* FACTS C2; with -N and 1.24 padding has pieces as well, and too many of them. */
	for (size_t k = 0; k < SD_ARRAY_SIZE(images); k++) {
		struct sd_subprogram *sp;
		struct sd_loc loc;
		struct image im;

		open_image(&im, images[k]);
		sp = function(&im, "main.small", "main");
		loc = sd_dwarf_param_loc(im.dw, &sp->params[0], sp->low, &im.arena);
		assert_null(loc.why);
		assert_int_equal(loc.n, 5);
		for (u32 i = 0; i < 5; i++) {
			assert_int_equal(loc.pieces[i].value_off, off[i]);
			assert_int_equal(loc.pieces[i].size, size[i]);
			assert_true(loc.pieces[i].kind != SD_PIECE_NONE);
		}
		close_image(&im);
	}
}

static void test_go_1_15(void **state)
{
	struct image im;
	struct sd_subprogram *sp;

	open_image(&im, "go1.15.image");
	sp = function(&im, "main.usesInl", "main");
	assert_true(sp->optimized && !sp->regabi);
	/* A local comes first in DWARF. */
	check_function(&im, "main.usesInl",
		       "q int: CFA (8 bytes); s string: CFA+16 (16 bytes) (unsure) | "
		       "~r2 int: <no location>");
	check_function(&im, "main.big",
		       "b main.Big: CFA (192 bytes); p *main.Big: CFA+192 (8 bytes) | "
		       "~r2 int: <no location>");
	/* Two pieces, pointer and length: the third, unused, is left out and could be any. */
	check_function(&im, "main.(*Node).Sum",
		       "n *main.Node: CFA (8 bytes); extra []int: "
		       "<pieces do not fit the type> | total int: <optimized out>");
	close_image(&im);
}

static void test_go_not_optimized(void **state)
{
	struct image im;
	struct sd_subprogram *sp;

	open_image(&im, "go1.24-N.image");
	sp = function(&im, "main.scalars", "main");
	assert_true(!sp->optimized && sp->regabi);
	check_function(&im, "main.refs",
		       "n *main.Node: rax; f main.Fn: rbx; m main.M: rcx; c main.Ch: rdi; i "
		       "interface {}: rsi, r8; "
		       "s main.Shower: r9, r10; u unsafe.Pointer: r11; l []string: CFA (24 bytes); "
		       "e error: CFA+24 (16 bytes) | ~r0 int: CFA-96 (8 bytes)");
	close_image(&im);
}

static void check_kind(struct image *im, const char *name, enum sd_kind kind, u64 size, u32 align,
		       bool named)
{
	struct sd_type *t = sd_dwarf_type_named(im->dw, name, "main");

	if (!t)
		fail_msg("no type %s", name);
	assert_string_equal(t->name, name);
	assert_int_equal(t->kind, kind);
	assert_int_equal(t->size, size);
	assert_int_equal(t->align, align);
	assert_int_equal(t->named, named);
	assert_ptr_equal(sd_dwarf_type_named(im->dw, name, NULL), t);
}

static void check_go_types(struct image *im)
{
	struct sd_type *t;

	check_kind(im, "int", SD_KIND_INT, 8, 8, false);
	check_kind(im, "uint8", SD_KIND_UINT, 1, 1, false);
	check_kind(im, "bool", SD_KIND_BOOL, 1, 1, false);
	check_kind(im, "complex128", SD_KIND_COMPLEX, 16, 8, false);
	check_kind(im, "string", SD_KIND_STRING, 16, 8, false);
	check_kind(im, "[]string", SD_KIND_SLICE, 24, 8, false);
	check_kind(im, "main.Celsius", SD_KIND_FLOAT, 8, 8, true);
	check_kind(im, "main.Duration", SD_KIND_INT, 8, 8, true);
	check_kind(im, "main.Fn", SD_KIND_FUNC, 8, 8, true);
	check_kind(im, "main.M", SD_KIND_MAP, 8, 8, true);
	check_kind(im, "main.Ch", SD_KIND_CHAN, 8, 8, true);
	check_kind(im, "main.Shower", SD_KIND_IFACE, 16, 8, true);
	check_kind(im, "error", SD_KIND_IFACE, 16, 8, true);
	check_kind(im, "interface {}", SD_KIND_EFACE, 16, 8, false);
	check_kind(im, "unsafe.Pointer", SD_KIND_PTR, 8, 8, false);
	check_kind(im, "main.Small", SD_KIND_STRUCT, 32, 8, true);
	check_kind(im, "*main.Node", SD_KIND_PTR, 8, 8, false);
	check_kind(im, "[3]int", SD_KIND_ARRAY, 24, 8, false);
	assert_null(sd_dwarf_type_named(im->dw, "main.None", "main"));

	assert_string_equal(sd_type_elem(sd_dwarf_type_named(im->dw, "[]string", NULL))->name,
			    "string");
	assert_int_equal(sd_type_elem(sd_dwarf_type_named(im->dw, "unsafe.Pointer", NULL))->kind,
			 SD_KIND_VOID);
	t = sd_dwarf_type_named(im->dw, "main.M", NULL);
	assert_string_equal(sd_type_key(t)->name, "string");
	assert_string_equal(sd_type_elem(t)->name, "main.Small");
	assert_non_null(t->hmap);
	assert_int_equal(t->hmap->kind, SD_KIND_STRUCT);
	t = sd_dwarf_type_named(im->dw, "main.Ch", NULL);
	assert_string_equal(sd_type_elem(t)->name, "main.Node");
	assert_non_null(sd_type_field(t->hmap, "qcount"));
	t = sd_dwarf_type_named(im->dw, "[3]int", NULL);
	assert_int_equal(t->count, 3);
	assert_string_equal(sd_type_elem(t)->name, "int");
	/* A cycle. */
	t = sd_dwarf_type_named(im->dw, "main.Node", NULL);
	assert_ptr_equal(sd_type_elem(sd_type_field(t, "Next")->type)->fields, t->fields);
	t = sd_dwarf_type_named(im->dw, "main.Emb", NULL);
	assert_int_equal(sd_type_complete(t)->nfields, 4);
	assert_true(t->fields[0].embedded && t->fields[1].embedded && !t->fields[2].embedded);
	assert_string_equal(t->fields[2].name, "_");
	assert_int_equal(t->fields[3].off, 48);
	t = sd_dwarf_type_named(im->dw, "runtime.g", "runtime");
	assert_non_null(sd_type_field(t, "goid"));
}

static void test_go_types(void **state)
{
	static const char *const images[] = {"go1.15.image", "go1.24-N.image", "go1.26.image"};

	for (size_t k = 0; k < SD_ARRAY_SIZE(images); k++) {
		struct image im;

		open_image(&im, images[k]);
		check_go_types(&im);
		close_image(&im);
	}
}

static void test_go_constants(void **state)
{
	struct image im;
	struct sd_type *t;

	open_image(&im, "go1.26.image");
	t = sd_dwarf_type_named(im.dw, "main.Duration", "main");
	assert_string_equal(sd_dwarf_constant_name(im.dw, t, 60000), "main.Minute");
	assert_null(sd_dwarf_constant_name(im.dw, t, 60001));
	/* An int is nobody's constant. */
	assert_null(sd_dwarf_constant_name(im.dw, sd_dwarf_type_named(im.dw, "int", NULL), 60000));
	close_image(&im);
}

static void check_go_inlined(const char *name, u32 line, const char *first)
{
	struct sd_subprogram *sp, **copies;
	struct sd_vaddr pc;
	struct image im;
	u32 n;

	open_image(&im, name);
	sp = function(&im, "main.usesInl", NULL);
	assert_null(sd_dwarf_inlined_in(im.dw, sp->low, "main", "main.inl", &copies, &n));
	assert_int_equal(n, 2);
	for (u32 i = 0; i < n; i++) {
		assert_true(copies[i]->inlined && copies[i]->nranges >= 1);
		assert_true(copies[i]->low.v >= sp->low.v && copies[i]->high.v <= sp->high.v);
		assert_int_equal(copies[i]->ranges[0].lo, copies[i]->low.v);
		/* name is in the abstract instance, whether this copy has it or not. */
		assert_int_equal(copies[i]->nparams, 2);
		assert_string_equal(copies[i]->params[0].name, "k");
		assert_string_equal(copies[i]->params[1].name, "name");
		assert_string_equal(copies[i]->params[1].type->name, "string");
	}
	assert_int_equal(copies[0]->call_line, line);
	assert_int_equal(copies[1]->call_line, line + 2);
	pc = sp->low;
	while (sd_dwarf_param_loc(im.dw, &copies[0]->params[0], pc, &im.arena).why)
		assert_true(++pc.v < sp->high.v);
	assert_string_equal(signature(&im, copies[0], pc.v - copies[0]->low.v), first);
	/* No such callee, no such function: no copies. */
	assert_null(sd_dwarf_inlined_in(im.dw, sp->low, "main", "main.in", &copies, &n));
	assert_int_equal(n, 0);
	assert_null(sd_dwarf_inlined_in(im.dw, (struct sd_vaddr){sp->low.v + 1}, "main", "main.inl",
					&copies, &n));
	assert_int_equal(n, 0);
	close_image(&im);
}

/* Of the string only the length is used, which may not pass for the string. */
static void test_go_inlined(void **state)
{
	check_go_inlined("go1.15.image", 84,
			 "k int: rdx; name string: <only a part of it has a location>");
	check_go_inlined("go1.26.image", 84,
			 "k int: rdx; name string: <only a part of it has a location>");
}

static void test_hints(void **state)
{
	struct sd_subprogram *sp, *again;
	struct image im;

	open_image(&im, "go1.26.image");
	sp = function(&im, "main.main", "runtime"); /* a wrong hint */
	assert_null(sd_dwarf_subprogram_at(im.dw, sp->low, "no/such/unit", &again));
	assert_ptr_equal(sp, again);
	assert_null(sd_dwarf_subprogram_at(im.dw, (struct sd_vaddr){sp->low.v + 1}, "main", &sp));
	assert_null(sp);
	assert_null(sd_dwarf_subprogram_at(im.dw, (struct sd_vaddr){0}, NULL, &sp));
	assert_null(sp);
	close_image(&im);
}

static bool count_all(void *ctx, const struct sd_subprogram *sp)
{
	(*(int *)ctx)++;
	assert_true(sp->low.v && *sp->name);
	return true;
}

static bool count_one(void *ctx, const struct sd_subprogram *sp)
{
	(*(int *)ctx)++;
	return false;
}

static void test_each(void **state)
{
	struct image im;
	int n = 0;

	open_image(&im, "go1.26.image");
	assert_null(sd_dwarf_each_subprogram(im.dw, count_all, &n));
	assert_true(n > 1000);
	n = 0;
	assert_null(sd_dwarf_each_subprogram(im.dw, count_one, &n));
	assert_int_equal(n, 1);
	close_image(&im);
}

static void check_c_types(struct image *im)
{
	struct sd_subprogram *sp = function(im, "c_structs", NULL);
	struct sd_type *node = sd_type_elem(sp->params[1].type),
		       *flags = sd_type_elem(sp->params[2].type), *t;
	const struct sd_field *f;

	assert_string_equal(node->name, "struct node");
	assert_int_equal(node->size, 56);
	assert_int_equal(node->nfields, 6);
	assert_ptr_equal(sd_type_elem(sd_type_field(node, "next")->type), node);
	assert_string_equal(sd_type_field(node, "name")->type->name, "const char *");
	f = sd_type_field(node, "at");
	assert_int_equal(f->off, 16);
	assert_int_equal(f->type->nfields, 2);
	t = sd_type_field(node, "u")->type;
	assert_int_equal(t->kind, SD_KIND_UNION);
	assert_int_equal(t->nfields, 2);
	t = sd_type_field(node, "grid")->type;
	assert_int_equal(t->kind, SD_KIND_ARRAY);
	assert_int_equal(t->count, 2);
	assert_int_equal(sd_type_elem(t)->count, 3);
	assert_int_equal(sd_type_elem(t)->size, 12);
	assert_int_equal(sd_type_field(node, "tail")->type->count, 0);

	f = sd_type_field(flags, "b");
	assert_int_equal(f->off * 8 + f->bit_off, 3);
	assert_int_equal(f->bit_size, 13);
	f = sd_type_field(flags, "c");
	assert_int_equal(f->off * 8 + f->bit_off, 16);
	assert_int_equal(f->type->kind, SD_KIND_INT);
	f = sd_type_field(flags, "wide");
	assert_int_equal(f->off * 8 + f->bit_off, 64);
	assert_int_equal(f->bit_size, 40);

	t = sp->params[3].type;
	assert_int_equal(t->kind, SD_KIND_ENUM);
	assert_string_equal(sd_dwarf_constant_name(im->dw, t, 5), "GREEN");
	assert_string_equal(sd_dwarf_constant_name(im->dw, t, -1), "BLUE");
	assert_null(sd_dwarf_constant_name(im->dw, t, 4));
	assert_int_equal(sd_type_elem(sp->params[5].type)->kind, SD_KIND_UNKNOWN);
	assert_int_equal(sp->params[6].type->kind, SD_KIND_FUNC);
	assert_string_equal(sp->params[6].type->name, "callback");
	assert_int_equal(sp->params[7].type->kind, SD_KIND_UINT);
	assert_string_equal(sp->params[7].type->name, "size_type");
	assert_int_equal(function(im, "c_scalars", NULL)->params[0].type->kind, SD_KIND_INT);
	assert_int_equal(function(im, "c_scalars", NULL)->params[0].type->size, 1);
	assert_int_equal(function(im, "c_scalars", NULL)->params[7].type->kind, SD_KIND_BOOL);
}

static void test_c_types(void **state)
{
	static const char *const images[] = {"gcc-O0.image", "gcc-O2.image", "clang-O0.image",
					     "clang-O2.image"};

	for (size_t k = 0; k < SD_ARRAY_SIZE(images); k++) {
		struct image im;

		open_image(&im, images[k]);
		check_c_types(&im);
		close_image(&im);
	}
}

static void test_c_locations(void **state)
{
	struct sd_subprogram **copies, *sp;
	struct image im;
	u32 n;

	open_image(&im, "gcc-O2.image");
	assert_string_equal(
		signature(&im, function(&im, "c_structs", NULL), 0),
		"p struct pair: rdi, xmm0; n struct node *: rsi; f struct flags *: rdx; "
		"k enum colour: rcx; e union either *: r8; o struct opaque *: r9; "
		"cb callback: CFA (8 bytes); z size_type: CFA+8 (8 bytes)");
	sp = function(&im, "c_uses", NULL);
	assert_null(sd_dwarf_inlined_in(im.dw, sp->low, NULL, "c_inlined", &copies, &n));
	assert_int_equal(n, 2);
	assert_string_equal(signature(&im, copies[1], 0),
			    "k int: constant 3; v const int *: <location uses DW_OP_0x24>");
	close_image(&im);

	open_image(&im, "clang-O0.image");
	sp = function(&im, "c_scalars", NULL);
	assert_false(sp->has_frame_base_cfa);
	assert_string_equal(signature(&im, sp, 0),
			    "c char: [rbp-1] (1 byte); u unsigned char: [rbp-2] (1 byte); s short: "
			    "[rbp-4] (2 bytes); "
			    "i unsigned int: [rbp-8] (4 bytes); l long: [rbp-16] (8 bytes); f "
			    "float: [rbp-20] (4 bytes); "
			    "d double: [rbp-32] (8 bytes); b _Bool: [rbp-33] (1 byte)");
	close_image(&im);
}

static bool read_all(void *ctx, const struct sd_subprogram *sp)
{
	struct image *im = ctx;

	for (u32 i = 0; i < sp->nparams; i++) {
		struct sd_loc loc = sd_dwarf_param_loc(im->dw, &sp->params[i], sp->low, &im->arena);
		u64 end = 0;

		assert_true(!loc.why || !loc.n);
		for (u32 k = 0; k < loc.n; k++) {
			assert_true(loc.pieces[k].size && loc.pieces[k].value_off >= end);
			end = (u64)loc.pieces[k].value_off + loc.pieces[k].size;
			assert_true(end <= sp->params[i].type->size);
		}
		sd_type_complete(sp->params[i].type);
		sd_arena_reset(&im->arena);
	}
	return true;
}

/* Bytes of C's debug information turned over, one at a time: read or refused, pieces always inside
 * the value. */
static void test_damage(void **state)
{
	struct image im = {0};
	const struct sd_section *s;
	struct sd_elf *elf;
	int opened = 0, refused = 0;

	im.p = fixture_load("gcc-O2.image", &im.n);
	assert_non_null(im.p);
	assert_null(sd_elf_open_memory(im.p, im.n, "gcc", &elf));
	for (u32 i = 1; (s = sd_elf_section_at(elf, i)); i++)
		for (u64 at = 0; s->type == SHT_PROGBITS && at < s->size; at++) {
			u8 *p = im.p + s->off.v + at, was = *p;
			sd_autoerr err = NULL;

			*p ^= (u8)(at % 3 ? 0xff : 1 << at % 8);
			assert_null(sd_elf_open_memory(im.p, im.n, "damaged", &im.elf));
			err = sd_dwarf_open(im.elf, &im.dw);
			if (!err) {
				assert_null(sd_dwarf_each_subprogram(im.dw, read_all, &im));
				sd_dwarf_close(im.dw);
				opened++;
			} else {
				refused++;
			}
			sd_elf_close(im.elf);
			*p = was;
		}
	print_message("%d damaged files opened, %d refused\n", opened, refused);
	assert_true(opened > 1000 && refused >= 1);
	sd_elf_close(elf);
	sd_arena_deinit(&im.arena);
	free(im.p);
}

static void test_no_debug(void **state)
{
	static const Elf64_Ehdr eh = {
		.e_ident = ELFMAG "\2\1\1", .e_type = ET_EXEC, .e_machine = EM_X86_64};
	struct sd_elf *elf;
	struct sd_dwarf *dw;

	assert_null(sd_elf_open_memory(&eh, sizeof(eh), "bare", &elf));
	{
		sd_autoerr err = sd_dwarf_open(elf, &dw);

		assert_non_null(err);
		assert_string_equal(err->msg, "bare has no debug information");
		assert_non_null(err->hint);
	}
	sd_elf_close(elf);
	sd_dwarf_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_go_1_26),
		cmocka_unit_test(test_go_duplicates),
		cmocka_unit_test(test_go_closures),
		cmocka_unit_test(test_go_padding),
		cmocka_unit_test(test_go_names),
		cmocka_unit_test(test_go_1_15),
		cmocka_unit_test(test_go_not_optimized),
		cmocka_unit_test(test_go_types),
		cmocka_unit_test(test_go_constants),
		cmocka_unit_test(test_go_inlined),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_c_types),
		cmocka_unit_test(test_c_locations),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_no_debug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
