/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calling conventions: cases from abi-internal.md and FACTS, lines from Go's own reflect
 * package, random types against a second implementation, and (System V) real calls into a function
 * that records its registers. `test_abi --oracle` reads lines as tests/oracle/abi/main.go makes
 * them from stdin.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"

static struct sd_arena arena;

/* ---- types from text: see tests/oracle/abi/main.go ---- */

static u64 up(u64 v, u64 align)
{
	return (v + align - 1) / align * align;
}

static struct sd_type *mk(enum sd_kind kind, u64 size, u32 align)
{
	struct sd_type *t = sd_arena_new(&arena, struct sd_type);

	t->kind = kind;
	t->size = size;
	t->align = align;
	t->name = "t";
	return t;
}

static struct sd_type *array_of(struct sd_type *elem, u64 count)
{
	struct sd_type *t = mk(SD_KIND_ARRAY, elem->size * count, elem->align);

	t->elem = elem;
	t->count = count;
	return t;
}

/* go: Go's layout, which keeps the address of a last field without size inside. */
static struct sd_type *struct_of(struct sd_type **types, u32 n, bool go)
{
	struct sd_type *t = mk(SD_KIND_STRUCT, 0, 1);

	t->fields = sd_arena_array(&arena, struct sd_field, n + 1);
	t->nfields = n;
	for (u32 i = 0; i < n; i++) {
		t->size = up(t->size, types[i]->align);
		t->fields[i] = (struct sd_field){.name = "f", .type = types[i], .off = t->size};
		t->size += types[i]->size;
		t->align = SD_MAX(t->align, types[i]->align);
	}
	if (go && t->size && !types[n - 1]->size)
		t->size++;
	t->size = up(t->size, t->align);
	return t;
}

static struct sd_type *parse(const char **p)
{
	struct sd_type *fields[16], *t;
	u64 n = 0;
	char c;

	while (**p == ' ')
		(*p)++;
	c = *(*p)++;
	if (strchr("iufc[", c))
		n = strtoull(*p, (char **)p, 10);
	switch (c) {
	case 'b':
		return mk(SD_KIND_BOOL, 1, 1);
	case 'i':
		return mk(SD_KIND_INT, n, (u32)n);
	case 'u':
		return mk(SD_KIND_UINT, n, (u32)n);
	case 'f':
		return mk(SD_KIND_FLOAT, n, (u32)n);
	case 'c':
		return mk(SD_KIND_COMPLEX, n, (u32)n / 2);
	case 's':
		return mk(SD_KIND_STRING, 16, 8);
	case 'l':
		return mk(SD_KIND_SLICE, 24, 8);
	case 'e':
		return mk(SD_KIND_IFACE, 16, 8);
	case 'p':
		return mk(SD_KIND_PTR, 8, 8);
	case '?':
		return mk(SD_KIND_UNKNOWN, 0, 1);
	case '[':
		t = array_of(parse(p), n);
		assert_int_equal(*(*p)++, ']');
		return t;
	case '{':
		for (n = 0; **p != '}'; n++) {
			assert_true(n < 16);
			fields[n] = parse(p);
			while (**p == ' ')
				(*p)++;
		}
		(*p)++;
		return struct_of(fields, (u32)n, true);
	}
	fail_msg("not a type: %c%s", c, *p);
	return NULL;
}

/* Types up to the stop character; the text is left behind it. */
static u32 parse_list(const char **p, char stop, struct sd_type **ret)
{
	u32 n = 0;

	for (;;) {
		while (**p == ' ')
			(*p)++;
		if (**p == stop || !**p)
			break;
		assert_true(n < 32);
		ret[n++] = parse(p);
	}
	if (**p)
		(*p)++;
	return n;
}

static void show(const struct sd_loc *loc, char *out, size_t size)
{
	static const u8 order[] = {SD_RAX, SD_RBX, SD_RCX, SD_RDI, SD_RSI,
				   SD_R8,  SD_R9,  SD_R10, SD_R11};
	size_t at = 0;

	out[0] = '\0';
	if (loc->why)
		snprintf(out, size, "?");
	else if (!loc->n)
		snprintf(out, size, "-");
	for (u32 i = 0; i < loc->n; i++) {
		const struct sd_piece *p = &loc->pieces[i];
		unsigned int k = 0;

		while (p->kind == SD_PIECE_REG && order[k] != p->reg)
			assert_true(++k < SD_ARRAY_SIZE(order));
		if (p->kind == SD_PIECE_CFA)
			at += (size_t)snprintf(out + at, size - at, "%sm@%lld:%u", i ? "+" : "",
					       (long long)p->off, p->size);
		else
			at += (size_t)snprintf(out + at, size - at, "%s%c%u@%u:%u", i ? "+" : "",
					       p->kind == SD_PIECE_REG	 ? 'r'
					       : p->kind == SD_PIECE_XMM ? 'x'
									 : '!',
					       p->kind == SD_PIECE_REG ? k : p->reg, p->value_off,
					       p->size);
		assert_true(at < size);
	}
}

/* Runs "PARAMS > RESULTS" and compares with "LOC LOC …"; 0 when they are equal. */
static int compare(const char *line, enum sd_abi abi, enum sd_dict dict)
{
	struct sd_type *params[32], *results[32];
	struct sd_loc ploc[32], rloc[32], dloc;
	char got[8192] = "", one[2048];
	const char *p = line;
	u32 np, nr;
	bool same;

	np = parse_list(&p, '>', params);
	nr = parse_list(&p, '=', results);
	sd_abi_assign(abi, params, np, results, nr, dict, &arena, ploc, rloc, &dloc);
	assert_true(dict == SD_DICT_NONE ? dloc.why != NULL : true);
	for (u32 i = 0; i < np + nr + (dict != SD_DICT_NONE); i++) {
		show(i < np ? &ploc[i] : i < np + nr ? &rloc[i - np] : &dloc, one, sizeof(one));
		if (i)
			strcat(got, " ");
		strcat(got, one);
	}
	while (*p == ' ')
		p++;
	same = !strcmp(got, p);
	if (!same)
		print_error("%s\n   got: %s\n", line, got);
	sd_arena_reset(&arena);
	return !same;
}

/* ---- Go: written cases ---- */

static void test_go_regs(void **state)
{
	static const char *const cases[] = {
		/* the document's example */
		"u1 [2u8] u1 > {u8 [2u8]} s = r0@0:1 m@0:16 r1@0:1 m@16:24 r0@0:8+r1@8:8",
		/* FACTS C6: registers overflow in the middle: the bool is in one again */
		"l l l l b > = r0@0:8+r1@8:8+r2@16:8 r3@0:8+r4@8:8+r5@16:8 r6@0:8+r7@8:8+r8@16:8 "
		"m@0:24 m@24:1",
		"l l p p l b > = r0@0:8+r1@8:8+r2@16:8 r3@0:8+r4@8:8+r5@16:8 r6@0:8 r7@0:8 m@0:24 "
		"r8@0:1",
		/* a result of 20 words on the stack, its error in registers */
		"p > [20u8] e = r0@0:8 m@0:160 r0@0:8+r1@8:8",
		/* FACTS C2: padding */
		"{i4 b s f8} > = r0@0:4+r1@4:1+r2@8:8+r3@16:8+x0@24:8",
		"{b b p b} > = r0@0:1+r1@1:1+r2@8:8+r3@16:1",
		/* floats: 15 registers, then the stack; float32 in the low 4 bytes */
		"f4 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 c8 f4 f8 > f4 = x0@0:4 x1@0:8 x2@0:8 "
		"x3@0:8 x4@0:8 x5@0:8 x6@0:8 x7@0:8 x8@0:8 x9@0:8 x10@0:8 x11@0:8 x12@0:8 x13@0:8 "
		"m@0:8 x14@0:4 m@8:8 x0@0:4",
		/* arrays of one, of none, of things without size */
		"[1{i4 s}] [0i8] {i1 [0i8]} > = r0@0:4+r1@8:8+r2@16:8 - r3@0:1",
		"{i8 [2{}]} i8 > i8 = m@0:16 r0@0:8 r0@0:8",
		/* things without size align what follows on the stack */
		"[3u1] [0i8] [3u1] > [2u1] = m@0:3 - m@8:3 m@16:2",
		"> = ",
		/* an unknown type takes what depends on it along; results keep their registers, not
		   their stack */
		"i8 ? i8 [2i8] > i8 [2i8] i8 = r0@0:8 ? ? ? r0@0:8 ? r1@0:8",
		"i8 > i8 {i8 ?} {} i8 = r0@0:8 r0@0:8 ? - ?",
		"i8 [2?] > = r0@0:8 ?",
	};
	int bad = 0;

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++)
		bad += compare(cases[i], SD_ABI_GO_REGS, SD_DICT_NONE);
	assert_int_equal(bad, 0);
}

static void test_go_stack(void **state)
{
	static const char *const cases[] = {
		"i8 > i8 = m@0:8 m@8:8",
		"i1 i8 i2 > b s = m@0:1 m@8:8 m@16:2 m@24:1 m@32:16",
		"u1 [2u8] u1 > {u8 [2u8]} s = m@0:1 m@8:16 m@24:1 m@32:24 m@56:16",
		"f4 c8 {b f8} > e = m@0:4 m@4:8 m@16:16 m@32:16",
		"b {} [0i8] b > {} b = m@0:1 - - m@8:1 - m@16:1",
		"i8 ? i8 > i8 = m@0:8 ? ? ?",
		"> = ",
	};
	int bad = 0;

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++)
		bad += compare(cases[i], SD_ABI_GO_STACK, SD_DICT_NONE);
	assert_int_equal(bad, 0);
}

/* The dictionary comes last in these lines. FACTS B4. */
static void test_go_dict(void **state)
{
	assert_int_equal(compare("s i8 > i8 = r1@0:8+r2@8:8 r3@0:8 r0@0:8 r0@0:8", SD_ABI_GO_REGS,
				 SD_DICT_FIRST),
			 0);
	assert_int_equal(
		compare("s i8 > = r0@0:8+r1@8:8 r3@0:8 r2@0:8", SD_ABI_GO_REGS, SD_DICT_SECOND), 0);
	assert_int_equal(compare("p > = r0@0:8 r1@0:8", SD_ABI_GO_REGS, SD_DICT_SECOND), 0);
	assert_int_equal(compare("> i4 = r0@0:4 r0@0:8", SD_ABI_GO_REGS, SD_DICT_FIRST), 0);
	assert_int_equal(compare("? i8 > = ? ? ?", SD_ABI_GO_REGS, SD_DICT_SECOND), 0);
	assert_int_equal(compare("? i8 > = ? ? r0@0:8", SD_ABI_GO_REGS, SD_DICT_FIRST), 0);
	assert_int_equal(compare("> = ?", SD_ABI_GO_REGS, SD_DICT_SECOND), 0);
}

static const char *const go_lines[] = {
#include "abi_go.inc"
};

static void test_go_reflect(void **state)
{
	int bad = 0;

	assert_true(SD_ARRAY_SIZE(go_lines) >= 100);
	for (size_t i = 0; i < SD_ARRAY_SIZE(go_lines); i++)
		bad += compare(go_lines[i], SD_ABI_GO_REGS, SD_DICT_NONE);
	assert_int_equal(bad, 0);
}

/* ---- Go: damaged types are refused ---- */

static const char *why_of(struct sd_type *t)
{
	struct sd_loc loc, after;
	struct sd_type *types[2] = {t, mk(SD_KIND_INT, 8, 8)};

	sd_abi_assign(SD_ABI_GO_REGS, types, 1, types + 1, 1, SD_DICT_NONE, &arena, &loc, &after,
		      NULL);
	assert_null(after.why);
	return loc.why;
}

static void complete_again(struct sd_type_source *src, struct sd_type *t)
{
	t->fields = sd_arena_new(&arena, struct sd_field);
	t->nfields = 1;
	t->fields->type = mk(SD_KIND_INT, 8, 8);
}

static void test_go_damaged(void **state)
{
	struct sd_type *i4 = mk(SD_KIND_INT, 4, 4), *i8 = mk(SD_KIND_INT, 8, 8), *t, *cycle;
	struct sd_type_source src = {.complete = complete_again};

	assert_non_null(why_of(mk(SD_KIND_INT, 3, 1)));
	assert_non_null(why_of(mk(SD_KIND_INT, 16, 8)));
	assert_non_null(why_of(mk(SD_KIND_STRING, 8, 8)));
	assert_non_null(why_of(mk(SD_KIND_FLOAT, 2, 2)));
	assert_non_null(why_of(mk(SD_KIND_COMPLEX, 4, 4)));
	assert_non_null(why_of(mk(SD_KIND_BOOL, 0, 1)));
	assert_non_null(why_of(mk(SD_KIND_VOID, 0, 1)));
	assert_non_null(why_of(mk(SD_KIND_UNION, 8, 8)));
	assert_non_null(why_of(mk((enum sd_kind)99, 8, 8)));
	assert_non_null(why_of(NULL));
	assert_non_null(why_of(mk(SD_KIND_ARRAY, 8, 8))); /* of nothing */
	t = array_of(i8, 2);
	t->count = 1ULL << 62;
	assert_non_null(why_of(t));
	t = struct_of((struct sd_type *[]){i4, i4, i8}, 3, true);
	assert_null(why_of(t));
	t->fields[1].off = 5;
	assert_non_null(why_of(t));
	t = struct_of((struct sd_type *[]){i4, i4, i8}, 3, true);
	t->nfields = 2; /* the last field is not described */
	assert_non_null(why_of(t));
	t->nfields = 3;
	t->fields[0] = t->fields[1]; /* the first one is not */
	assert_non_null(why_of(t));
	cycle = struct_of(&i8, 1, true);
	cycle->fields[0].type = cycle;
	assert_non_null(why_of(cycle));
	cycle->size = 0;
	assert_non_null(why_of(cycle));
	/* a tree that doubles at each level */
	t = mk(SD_KIND_STRUCT, 0, 1);
	for (int i = 0; i < 40; i++)
		t = struct_of((struct sd_type *[]){t, t}, 2, true);
	assert_non_null(why_of(t));
	/* members that come on demand */
	t = mk(SD_KIND_STRUCT, 8, 8);
	t->incomplete = true;
	t->src = &src;
	assert_null(why_of(t));
	assert_false(t->incomplete);
	sd_arena_reset(&arena);
}

/* GOEXPERIMENT=simd: one vector register whatever the fields are. */
static void test_go_simd(void **state)
{
	struct sd_type *tag = mk(SD_KIND_STRUCT, 0, 8), *params[3];
	struct sd_loc loc[3];

	for (u32 width = 16; width <= 32; width *= 2) {
		tag->fields = sd_arena_new(&arena, struct sd_field);
		tag->fields->type = array_of(mk(SD_KIND_FUNC, 8, 8), 0);
		tag->nfields = 1;
		tag->name = width == 16 ? "simd/archsimd.v128" : "simd/archsimd.v256";
		params[0] = mk(SD_KIND_FLOAT, 4, 4);
		params[1] = struct_of(
			(struct sd_type *[]){tag, array_of(mk(SD_KIND_FLOAT, 4, 4), width / 4)}, 2,
			true);
		params[2] = params[0];
		sd_abi_assign(SD_ABI_GO_REGS, params, 3, NULL, 0, SD_DICT_NONE, &arena, loc, NULL,
			      NULL);
		assert_int_equal(loc[1].n, 1);
		assert_int_equal(loc[1].pieces->kind, width == 16 ? SD_PIECE_XMM : SD_PIECE_NONE);
		assert_true(width == 16 ? loc[1].pieces->reg == 1 : loc[1].pieces->why != NULL);
		assert_int_equal(loc[2].pieces->kind, SD_PIECE_XMM);
		assert_int_equal(loc[2].pieces->reg, 2);
	}
	sd_arena_reset(&arena);
}

/* ---- Go: a second implementation: flatten to base values, count, lay out the stack at the end
 * ---- */

struct base_value {
	bool fp;
	u64 off, size;
};

struct flat {
	struct base_value v[256];
	u32 n, nint, nfp;
	bool array; /* a non-trivial array is in it */
};

static void flat_add(struct flat *f, bool fp, u64 off, u64 size)
{
	if (f->n < SD_ARRAY_SIZE(f->v))
		f->v[f->n] = (struct base_value){fp, off, size};
	f->n++;
	f->nint += !fp;
	f->nfp += fp;
}

static void flatten(struct flat *f, struct sd_type *t, u64 off)
{
	switch (t->kind) {
	case SD_KIND_STRUCT:
		for (u32 i = 0; i < t->nfields; i++)
			flatten(f, t->fields[i].type, off + t->fields[i].off);
		break;
	case SD_KIND_ARRAY:
		f->array |= t->count > 1;
		if (t->count == 1)
			flatten(f, t->elem, off);
		break;
	case SD_KIND_FLOAT:
		flat_add(f, true, off, t->size);
		break;
	case SD_KIND_COMPLEX:
		flat_add(f, true, off, t->size / 2);
		flat_add(f, true, off + t->size / 2, t->size / 2);
		break;
	case SD_KIND_STRING:
	case SD_KIND_SLICE:
	case SD_KIND_IFACE:
		for (u64 i = 0; i < t->size; i += 8)
			flat_add(f, false, off + i, 8);
		break;
	default:
		flat_add(f, false, off, t->size);
	}
}

struct frame_entry {
	struct sd_type *type; /* NULL: alignment to 8 */
	int value;	      /* params, then results */
};

static void reference(bool regs, struct sd_type **params, u32 np, struct sd_type **results, u32 nr,
		      char texts[][2048])
{
	u32 ni = regs ? 9 : 0, nf = regs ? 15 : 0, i_used = 0, f_used = 0, nframe = 0;
	struct frame_entry frame[80];
	u64 at = 0;

	for (u32 k = 0; k < np + nr; k++) {
		struct sd_type *t = k < np ? params[k] : results[k - np];
		struct flat f = {0};
		size_t len = 0;

		if (k == np) {
			frame[nframe++] = (struct frame_entry){0};
			i_used = f_used = 0;
		}
		flatten(&f, t, 0);
		if (!t->size || f.array || i_used + f.nint > ni || f_used + f.nfp > nf) {
			frame[nframe++] = (struct frame_entry){t, (int)k};
			continue;
		}
		for (u32 b = 0; b < f.n; b++)
			len += (size_t)sprintf(
				texts[k] + len, "%s%c%u@%llu:%llu", b ? "+" : "",
				f.v[b].fp ? 'x' : 'r', f.v[b].fp ? f_used++ : i_used++,
				(unsigned long long)f.v[b].off, (unsigned long long)f.v[b].size);
	}
	for (u32 e = 0; e < nframe; e++) {
		at = up(at, frame[e].type ? frame[e].type->align : 8);
		if (!frame[e].type)
			continue;
		if (frame[e].type->size)
			sprintf(texts[frame[e].value], "m@%llu:%llu", (unsigned long long)at,
				(unsigned long long)frame[e].type->size);
		else
			strcpy(texts[frame[e].value], "-");
		at += frame[e].type->size;
	}
}

static u64 rnd_state;

static u32 rnd(u32 n)
{
	rnd_state = rnd_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)((rnd_state >> 33) % n);
}

static struct sd_type *random_type(int depth)
{
	static const char *const basics[] = {"b",  "i1", "i2", "i4",  "i8", "u1", "u2", "u4", "u8",
					     "f4", "f8", "c8", "c16", "s",  "l",  "e",	"p"};
	struct sd_type *fields[6];
	const char *text;
	u32 n = rnd(100);

	if (n < 25 && depth) {
		n = rnd(6);
		for (u32 i = 0; i < n; i++)
			fields[i] = random_type(depth - 1);
		return struct_of(fields, n, true);
	}
	if (n < 35 && depth)
		return array_of(random_type(depth - 1), (u32[]){0, 1, 1, 1, 2, 5}[rnd(6)]);
	text = basics[rnd(SD_ARRAY_SIZE(basics))];
	return parse(&text);
}

static void test_go_random(void **state)
{
	static char want[32][2048];

	for (u32 seed = 1; seed <= 20000; seed++) {
		struct sd_type *params[16], *results[16];
		struct sd_loc locs[32];
		char got[2048];
		u32 np, nr;
		bool regs;

		rnd_state = seed;
		np = rnd(12);
		nr = rnd(6);
		regs = rnd(4) != 0;
		for (u32 i = 0; i < np; i++)
			params[i] = random_type(3);
		for (u32 i = 0; i < nr; i++)
			results[i] = random_type(3);
		reference(regs, params, np, results, nr, want);
		sd_abi_assign(regs ? SD_ABI_GO_REGS : SD_ABI_GO_STACK, params, np, results, nr,
			      SD_DICT_NONE, &arena, locs, locs + np, NULL);
		for (u32 i = 0; i < np + nr; i++) {
			show(&locs[i], got, sizeof(got));
			if (strcmp(got, want[i]))
				fail_msg("seed %u, value %u: got %s, want %s", seed, i, got,
					 want[i]);
		}
		sd_arena_reset(&arena);
	}
}

/* ---- System V: real calls ---- */

/* What sysv_capture() saw: general registers by DWARF number, XMM0–7, 256 bytes from the CFA. */
struct seen {
	u64 regs[16];
	u8 xmm[8][16];
	u8 stack[256];
};

struct seen seen;
void sysv_capture(void);
void sysv_call(void *fn, void *buf, struct seen *out);

__asm__(".text\n"
	".globl sysv_capture\n"
	"sysv_capture:\n"
	"	lea seen(%rip), %r11\n"
	"	mov %rdx, 8(%r11)\n"
	"	mov %rcx, 16(%r11)\n"
	"	mov %rsi, 32(%r11)\n"
	"	mov %rdi, 40(%r11)\n"
	"	mov %r8, 64(%r11)\n"
	"	mov %r9, 72(%r11)\n"
	"	movups %xmm0, 128(%r11)\n"
	"	movups %xmm1, 144(%r11)\n"
	"	movups %xmm2, 160(%r11)\n"
	"	movups %xmm3, 176(%r11)\n"
	"	movups %xmm4, 192(%r11)\n"
	"	movups %xmm5, 208(%r11)\n"
	"	movups %xmm6, 224(%r11)\n"
	"	movups %xmm7, 240(%r11)\n"
	"	lea 8(%rsp), %rsi\n"
	"	lea 256(%r11), %rdi\n"
	"	mov $256, %ecx\n"
	"	rep movsb\n"
	"	ret\n"
	".globl sysv_call\n" /* calls fn with rdi = buf, keeps rax, rdx, xmm0, xmm1 */
	"sysv_call:\n"
	"	push %rbx\n"
	"	mov %rdx, %rbx\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	call *%rax\n"
	"	mov %rax, 0(%rbx)\n"
	"	mov %rdx, 8(%rbx)\n"
	"	movups %xmm0, 128(%rbx)\n"
	"	movups %xmm1, 144(%rbx)\n"
	"	pop %rbx\n"
	"	ret\n");

struct two_i4 {
	s32 a, b;
};
struct i8_f8 {
	s64 a;
	double b;
};
struct f8_i4 {
	double a;
	s32 b;
};
struct three_f4 {
	float a, b, c;
};
struct i4_f4 {
	s32 a;
	float b;
};
struct big {
	s64 a, b, c;
};
struct bytes13 {
	u8 v[13];
};
struct nested {
	struct i4_f4 a;
	struct {
		u16 b;
		u8 c[3];
	} d;
};
struct __attribute__((packed)) odd {
	u8 a;
	double b;
};
union mixed {
	double a;
	s32 b;
};
union floats {
	double a;
	float b;
};
struct ld {
	long double a;
};
struct i16 {
	__int128 a;
};
struct bits {
	u32 a : 3;
	u32 b : 30;
	double c;
};

/* Their types as the debug information would describe them. */
static struct sd_type *c_type(const char *name)
{
	struct sd_type *i4 = mk(SD_KIND_INT, 4, 4), *i8 = mk(SD_KIND_INT, 8, 8);
	struct sd_type *u1 = mk(SD_KIND_UINT, 1, 1), *u2 = mk(SD_KIND_UINT, 2, 2);
	struct sd_type *f4 = mk(SD_KIND_FLOAT, 4, 4), *f8 = mk(SD_KIND_FLOAT, 8, 8), *t, *in;
	struct sd_type *f16 = mk(SD_KIND_FLOAT, 16, 16), *i16 = mk(SD_KIND_INT, 16, 16);

	f16->name = "long double";
#define S(...)                                                                                     \
	struct_of((struct sd_type *[]){__VA_ARGS__},                                               \
		  sizeof((struct sd_type *[]){__VA_ARGS__}) / sizeof(void *), false)
	if (!strcmp(name, "two_i4"))
		return S(i4, i4);
	if (!strcmp(name, "i8_f8"))
		return S(i8, f8);
	if (!strcmp(name, "f8_i4"))
		return S(f8, i4);
	if (!strcmp(name, "three_f4"))
		return S(f4, f4, f4);
	if (!strcmp(name, "i4_f4"))
		return S(i4, f4);
	if (!strcmp(name, "big"))
		return S(i8, i8, i8);
	if (!strcmp(name, "bytes13"))
		return S(array_of(u1, 13));
	if (!strcmp(name, "ld"))
		return S(f16);
	if (!strcmp(name, "i16"))
		return S(i16);
	if (!strcmp(name, "nested")) {
		in = S(u2, array_of(u1, 3));
		return S(S(i4, f4), in);
	}
	if (!strcmp(name, "odd")) {
		t = S(u1, f8);
		t->fields[1].off = 1;
		t->size = 9;
		t->align = 1;
		return t;
	}
	if (!strcmp(name, "mixed") || !strcmp(name, "floats")) {
		t = !strcmp(name, "mixed") ? S(f8, i4) : S(f8, f4);
		t->kind = SD_KIND_UNION;
		t->fields[1].off = 0;
		t->size = 8;
		return t;
	}
	if (!strcmp(name, "bits")) {
		t = S(u1, u1, f8);
		t->fields[0].bit_size = 3;
		t->fields[1] = (struct sd_field){.name = "b", .type = u1, .off = 4, .bit_size = 30};
		t->fields[2].off = 8;
		t->size = 16;
		return t;
	}
#undef S
	if (!strcmp(name, "int"))
		return i4;
	if (!strcmp(name, "long"))
		return i8;
	if (!strcmp(name, "short"))
		return mk(SD_KIND_INT, 2, 2);
	if (!strcmp(name, "char"))
		return mk(SD_KIND_INT, 1, 1);
	if (!strcmp(name, "float"))
		return f4;
	if (!strcmp(name, "double"))
		return f8;
	if (!strcmp(name, "ptr"))
		return mk(SD_KIND_PTR, 8, 8);
	if (!strcmp(name, "int128"))
		return i16;
	if (!strcmp(name, "longdouble"))
		return f16;
	if (!strcmp(name, "cfloat"))
		return mk(SD_KIND_COMPLEX, 8, 4);
	if (!strcmp(name, "cdouble"))
		return mk(SD_KIND_COMPLEX, 16, 8);
	fail_msg("no type %s", name);
	return NULL;
}

/* The value's bytes as its location and what was seen say; false when it is unavailable. */
static bool gather(const struct sd_loc *loc, const struct seen *s, u8 *out)
{
	if (loc->why)
		return false;
	for (u32 i = 0; i < loc->n; i++) {
		const struct sd_piece *p = &loc->pieces[i];

		if (p->kind == SD_PIECE_REG)
			memcpy(out + p->value_off, &s->regs[p->reg], p->size);
		else if (p->kind == SD_PIECE_XMM)
			memcpy(out + p->value_off, s->xmm[p->reg], p->size);
		else if (p->kind == SD_PIECE_CFA)
			memcpy(out + p->value_off, s->stack + p->off, p->size);
		else if (p->kind == SD_PIECE_MEM)
			memcpy(out + p->value_off, (u8 *)s->regs[p->reg] + p->off, p->size);
		else
			fail_msg("piece of kind %d", p->kind);
	}
	return true;
}

static u64 c_hits;

/* names: types by name, separated by blanks; values: their addresses. Compares every byte that is
 * not padding. */
static void check_args(const char *result, const char *names, const void *const *values)
{
	struct sd_type *params[32], *results[1];
	struct sd_loc locs[32], rloc[1];
	char list[256], *word, *save;
	u32 n = 0;

	snprintf(list, sizeof(list), "%s", names);
	for (word = strtok_r(list, " ", &save); word; word = strtok_r(NULL, " ", &save))
		params[n++] = c_type(word);
	if (result)
		results[0] = c_type(result);
	sd_abi_assign(SD_ABI_SYSV, params, n, results, result ? 1 : 0, SD_DICT_NONE, &arena, locs,
		      rloc, NULL);
	for (u32 i = 0; i < n; i++) {
		u8 got[64] = {0};
		u64 size = params[i]->size;

		if (!gather(&locs[i], &seen, got)) {
			assert_string_equal(params[i]->name, "long double");
			continue;
		}
		c_hits++;
		/* bytes past the last field are padding that the compiler need not copy */
		if (params[i]->kind == SD_KIND_STRUCT) {
			const struct sd_field *f = &params[i]->fields[params[i]->nfields - 1];

			size = f->off + f->type->size;
		}
		if (params[i]->kind == SD_KIND_FLOAT && size == 16)
			size = 10;
		if (memcmp(got, values[i], size))
			fail_msg("(%s), argument %u is not where it was said to be", names, i);
	}
	sd_arena_reset(&arena);
}

static void *volatile capture_fn = (void *)
	sysv_capture; /* volatile: hides the type from the compiler */
#define CALL(type, ...) (((type)capture_fn)(__VA_ARGS__))
#define VALUES(...)	((const void *const[]){__VA_ARGS__})

static void test_sysv_args(void **state)
{
	struct two_i4 v2 = {-1, 2};
	struct i8_f8 vif = {0x1122334455667788, 2.5};
	struct f8_i4 vfi = {-7.25, 77};
	struct three_f4 vfff = {1.5f, 2.5f, 3.5f};
	struct i4_f4 vi4f4 = {9, 0.5f};
	struct big vbig = {11, 22, 33};
	struct bytes13 v13 = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}};
	struct nested vn = {{5, 1.25f}, {0x1234, {7, 8, 9}}};
	struct odd vodd = {3, 8.125};
	union mixed vm = {.a = 6.5};
	union floats vf = {.a = -6.5};
	struct i16 v16 = {((__int128)5 << 64) | 6};
	struct bits vb = {.a = 5, .b = 0x2aaaaaaa, .c = 3.75};
	struct ld vld = {2.25L};
	__int128 w = ((__int128)7 << 64) | 8;
	long double ld = 1.25L;
	int i[8] = {101, 102, 103, 104, 105, 106, 107, 108};
	double d[10] = {.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5};
	float f = 0.75f;
	short s = -5;
	char c = 'x';
	_Complex float cf = 1.5f + 2.5fi;
	_Complex double cd = 3.5 + 4.5i;

	c_hits = 0;
	CALL(void (*)(int, char, short, float, double, int), i[0], c, s, f, d[1], i[1]);
	check_args(NULL, "int char short float double int",
		   VALUES(&i[0], &c, &s, &f, &d[1], &i[1]));
	CALL(void (*)(int, int, int, int, int, int, int, char, int), i[0], i[1], i[2], i[3], i[4],
	     i[5], i[6], c, i[7]);
	check_args(NULL, "int int int int int int int char int",
		   VALUES(&i[0], &i[1], &i[2], &i[3], &i[4], &i[5], &i[6], &c, &i[7]));
	CALL(void (*)(double, double, double, double, double, double, double, double, double, float,
		      int),
	     d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], f, i[0]);
	check_args(
		NULL, "double double double double double double double double double float int",
		VALUES(&d[0], &d[1], &d[2], &d[3], &d[4], &d[5], &d[6], &d[7], &d[8], &f, &i[0]));
	CALL(void (*)(struct two_i4, struct i8_f8, struct f8_i4, struct three_f4, struct i4_f4), v2,
	     vif, vfi, vfff, vi4f4);
	check_args(NULL, "two_i4 i8_f8 f8_i4 three_f4 i4_f4",
		   VALUES(&v2, &vif, &vfi, &vfff, &vi4f4));
	/* a struct that finds one of its two registers taken goes to memory, the next int is in a
	 * register again */
	CALL(void (*)(int, int, int, int, int, struct bytes13, int, struct i8_f8), i[0], i[1], i[2],
	     i[3], i[4], v13, i[5], vif);
	check_args(NULL, "int int int int int bytes13 int i8_f8",
		   VALUES(&i[0], &i[1], &i[2], &i[3], &i[4], &v13, &i[5], &vif));
	CALL(void (*)(struct big, int, struct nested, struct odd, union mixed, union floats), vbig,
	     i[0], vn, vodd, vm, vf);
	check_args(NULL, "big int nested odd mixed floats",
		   VALUES(&vbig, &i[0], &vn, &vodd, &vm, &vf));
	CALL(void (*)(int, __int128, struct i16, int, int, __int128, int), i[0], w, v16, i[1], i[2],
	     w, i[3]);
	check_args(NULL, "int int128 i16 int int int128 int",
		   VALUES(&i[0], &w, &v16, &i[1], &i[2], &w, &i[3]));
	CALL(void (*)(int, int, int, int, int, int, char, __int128, char), i[0], i[1], i[2], i[3],
	     i[4], i[5], c, w, c);
	check_args(NULL, "int int int int int int char int128 char",
		   VALUES(&i[0], &i[1], &i[2], &i[3], &i[4], &i[5], &c, &w, &c));
	CALL(void (*)(struct bits, int), vb, i[0]);
	check_args(NULL, "bits int", VALUES(&vb, &i[0]));
	CALL(void (*)(long double, struct ld, char *, struct big), ld, vld, (char *)&c, vbig);
	check_args(NULL, "longdouble ld ptr big", VALUES(&ld, &vld, &(char *){&c}, &vbig));
	CALL(void (*)(_Complex float, _Complex double, double), cf, cd, d[0]);
	check_args(NULL, "cfloat cdouble double", VALUES(&cf, &cd, &d[0]));
	(void)CALL(struct big(*)(int, double), i[0], d[0]);
	check_args("big", "int double", VALUES(&i[0], &d[0]));
	assert_true(c_hits >= 50);
}

#define MAKER(type, var, ...)                                                                      \
	static type make_##var(void)                                                               \
	{                                                                                          \
		type v = __VA_ARGS__;                                                              \
		return v;                                                                          \
	}
MAKER(struct two_i4, two_i4, {-1, 2})
MAKER(struct i8_f8, i8_f8, {5, 2.5})
MAKER(struct f8_i4, f8_i4, {1.5, -4})
MAKER(struct three_f4, three_f4, {1, 2, 3})
MAKER(struct big, big, {1, 2, 3})
MAKER(struct bytes13, bytes13, {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}})
MAKER(struct odd, odd, {3, 8.125})
MAKER(struct i16, i16, {((__int128)5 << 64) | 6})
MAKER(short, short, -3)
MAKER(float, float, 1.5f)
MAKER(_Complex double, cdouble, 3.5 + 4.5i)
MAKER(_Complex float, cfloat, 3.5f + 4.5fi)

/* What a call of fn left behind, against the n bytes of want. */
static void check_result(const char *name, void *fn, const void *want, size_t n)
{
	struct sd_type *t = c_type(name);
	struct seen out = {0};
	u8 got[64] = {0}, buf[64];
	struct sd_loc loc;

	sysv_call(fn, buf, &out);
	sd_abi_assign(SD_ABI_SYSV, NULL, 0, &t, 1, SD_DICT_NONE, &arena, NULL, &loc, NULL);
	assert_true(gather(&loc, &out, got));
	if (t->kind == SD_KIND_STRUCT)
		n = t->fields[t->nfields - 1].off + t->fields[t->nfields - 1].type->size;
	assert_memory_equal(got, want, n);
}

#define RESULT(ctype, var)                                                                         \
	do {                                                                                       \
		ctype want = make_##var();                                                         \
                                                                                                   \
		check_result(#var, (void *)make_##var, &want, sizeof(want));                       \
	} while (0)

static void test_sysv_results(void **state)
{
	struct sd_type *t[2];
	struct sd_loc loc[2];

	RESULT(struct two_i4, two_i4);
	RESULT(struct i8_f8, i8_f8);
	RESULT(struct f8_i4, f8_i4);
	RESULT(struct three_f4, three_f4);
	RESULT(struct big, big);
	RESULT(struct bytes13, bytes13);
	RESULT(struct odd, odd);
	RESULT(struct i16, i16);
	RESULT(short, short);
	RESULT(float, float);
	RESULT(_Complex double, cdouble);
	RESULT(_Complex float, cfloat);
	/* x87 results and second results do not exist for us; void has no bytes */
	t[0] = c_type("longdouble");
	t[1] = c_type("int");
	sd_abi_assign(SD_ABI_SYSV, NULL, 0, t, 2, SD_DICT_NONE, &arena, NULL, loc, NULL);
	assert_non_null(loc[0].why);
	assert_non_null(loc[1].why);
	t[0] = c_type("ld");
	sd_abi_assign(SD_ABI_SYSV, NULL, 0, t, 1, SD_DICT_NONE, &arena, NULL, loc, NULL);
	assert_non_null(loc[0].why);
	t[0] = mk(SD_KIND_VOID, 0, 1);
	sd_abi_assign(SD_ABI_SYSV, NULL, 0, t, 1, SD_DICT_NONE, &arena, NULL, loc, NULL);
	assert_null(loc[0].why);
	assert_int_equal(loc[0].n, 0);
	sd_arena_reset(&arena);
}

static void test_sysv_damaged(void **state)
{
	struct sd_type *i8 = mk(SD_KIND_INT, 8, 8), *t[3], *cycle;
	struct sd_loc p[3], r[1], dict;

	/* an unknown argument hides those behind it, an unknown result all */
	t[0] = i8;
	t[1] = mk(SD_KIND_UNKNOWN, 0, 1);
	t[2] = i8;
	sd_abi_assign(SD_ABI_SYSV, t, 3, NULL, 0, SD_DICT_NONE, &arena, p, NULL, &dict);
	assert_null(p[0].why);
	assert_non_null(p[1].why);
	assert_non_null(p[2].why);
	assert_non_null(dict.why);
	sd_abi_assign(SD_ABI_SYSV, t, 1, t + 1, 1, SD_DICT_NONE, &arena, p, r, NULL);
	assert_non_null(p[0].why);
	assert_non_null(r[0].why);
	/* cycles, fields outside, vectors, alignments */
	cycle = struct_of(&i8, 1, false);
	cycle->fields[0].type = cycle;
	t[0] = cycle;
	sd_abi_assign(SD_ABI_SYSV, t, 1, NULL, 0, SD_DICT_NONE, &arena, p, NULL, NULL);
	assert_non_null(p[0].why);
	t[0] = struct_of(&i8, 1, false);
	t[0]->fields[0].off = 4;
	sd_abi_assign(SD_ABI_SYSV, t, 1, NULL, 0, SD_DICT_NONE, &arena, p, NULL, NULL);
	assert_non_null(p[0].why);
	t[1] = array_of(mk(SD_KIND_FLOAT, 4, 4), 4);
	t[1]->align = 16;
	t[0] = struct_of(t + 1, 1, false);
	sd_abi_assign(SD_ABI_SYSV, t, 2, NULL, 0, SD_DICT_NONE, &arena, p, NULL, NULL);
	assert_non_null(p[0].why);
	assert_non_null(p[1].why);
	t[0] = struct_of(&i8, 1, false);
	t[0]->align = t[0]->size = 32;
	sd_abi_assign(SD_ABI_SYSV, t, 1, NULL, 0, SD_DICT_NONE, &arena, p, NULL, NULL);
	assert_non_null(p[0].why);
	t[0]->align = 0;
	sd_abi_assign(SD_ABI_SYSV, t, 1, NULL, 0, SD_DICT_NONE, &arena, p, NULL, NULL);
	assert_non_null(p[0].why);
	sd_arena_reset(&arena);
}

/* ---- cross-check with debug information ---- */

#define LOC(...)                                                                                   \
	{                                                                                          \
		.pieces = (struct sd_piece[]){__VA_ARGS__},                                        \
		.n = sizeof((struct sd_piece[]){__VA_ARGS__}) / sizeof(struct sd_piece)            \
	}
#define P(k, r, v, s, o)                                                                           \
	{                                                                                          \
		.kind = SD_PIECE_##k, .reg = r, .value_off = v, .size = s, .off = o                \
	}

static void test_agree(void **state)
{
	/* FACTS C2: {A int32; B bool; C string; D float64} */
	struct sd_loc abi = LOC(P(REG, SD_RAX, 0, 4, 0), P(REG, SD_RBX, 4, 1, 0),
				P(REG, SD_RCX, 8, 8, 0), P(REG, SD_RDI, 16, 8, 0),
				P(XMM, 0, 24, 8, 0));
	struct sd_loc same = LOC(P(REG, SD_RAX, 0, 4, 0), P(REG, SD_RBX, 4, 1, 0),
				 P(NONE, 0, 8, 8, 0), P(REG, SD_RDI, 16, 8, 0),
				 P(XMM, 0, 24, 8, 0));
	struct sd_loc shifted = LOC(P(REG, SD_RAX, 0, 4, 0), P(REG, SD_RBX, 4, 1, 0),
				    P(REG, SD_RCX, 5, 8, 0));
	struct sd_loc other = LOC(P(REG, SD_RSI, 0, 4, 0));
	struct sd_loc padded = LOC(P(REG, SD_RBX, 4, 4, 0)); /* the padding with it */
	struct sd_loc value = LOC(P(REGVAL, SD_RAX, 0, 4, 0));
	struct sd_loc value_off = LOC(P(REGVAL, SD_RAX, 0, 4, 8));
	struct sd_loc constant = LOC(P(CONST, 0, 0, 4, 0));
	struct sd_loc gone = {.why = "optimized out"};
	struct sd_loc stack = LOC(P(CFA, 0, 0, 24, 16));
	struct sd_loc words = LOC(P(CFA, 0, 0, 8, 16), P(CFA, 0, 8, 8, 24), P(CFA, 0, 16, 8, 32));
	struct sd_loc moved = LOC(P(CFA, 0, 0, 8, 16), P(CFA, 0, 8, 8, 32));
	struct sd_loc heap = LOC({.kind = SD_PIECE_CFA, .size = 24, .off = 16, .deref = true});

	assert_true(sd_loc_agree(&abi, &abi));
	assert_true(sd_loc_agree(&abi, &same));
	assert_false(sd_loc_agree(&abi, &shifted));
	assert_false(sd_loc_agree(&abi, &other));
	assert_true(sd_loc_agree(&abi, &padded));
	assert_true(sd_loc_agree(&abi, &value));
	assert_false(sd_loc_agree(&abi, &value_off));
	assert_false(sd_loc_agree(&abi, &constant));
	assert_true(sd_loc_agree(&abi, &gone));
	assert_true(sd_loc_agree(&gone, &gone));
	assert_false(sd_loc_agree(&gone, &abi));
	assert_false(sd_loc_agree(&abi, &stack));
	assert_true(sd_loc_agree(&stack, &words));
	assert_true(sd_loc_agree(&words, &stack));
	assert_false(sd_loc_agree(&stack, &moved));
	assert_false(sd_loc_agree(&stack, &heap));
}

/* Lines from stdin; the status says whether all agree. */
static int oracle(void)
{
	char line[1 << 14];
	int bad = 0, n = 0;

	for (; fgets(line, sizeof(line), stdin); n++) {
		line[strcspn(line, "\n")] = '\0';
		bad += compare(line, SD_ABI_GO_REGS, SD_DICT_NONE);
	}
	if (bad || !n)
		fprintf(stderr, "%d of %d lines differ\n", bad, n);
	sd_arena_deinit(&arena);
	return bad || !n;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_go_regs),	     cmocka_unit_test(test_go_stack),
		cmocka_unit_test(test_go_dict),	     cmocka_unit_test(test_go_reflect),
		cmocka_unit_test(test_go_damaged),   cmocka_unit_test(test_go_simd),
		cmocka_unit_test(test_go_random),    cmocka_unit_test(test_sysv_args),
		cmocka_unit_test(test_sysv_results), cmocka_unit_test(test_sysv_damaged),
		cmocka_unit_test(test_agree),
	};
	int failed;

	if (argc > 1 && !strcmp(argv[1], "--oracle"))
		return oracle();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	sd_arena_deinit(&arena);
	return failed;
}
