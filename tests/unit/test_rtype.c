/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lang/go: types from descriptors, dictionaries, layouts of maps: on small images that are made
 * here, and damaged. tests/go_types.py holds them against reflect over all toolchains.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lang/go/go.h"
#include "lang/go/priv.h"

#define BASE  0x400000ULL
#define TYPES (BASE + 0x1000)

/* An ELF file: a page of headers, then a page or two of types at TYPES, then symbols. */
struct image {
	union {
		struct {
			Elf64_Ehdr eh;
			Elf64_Phdr ph;
			Elf64_Shdr sh[4]; /* none, .symtab, .strtab, .shstrtab */
		};
		u8 head[4096];
	};
	u8 types[8192];
	Elf64_Sym sym[8];
	char str[512];
};
static struct image im;
static u32 ntypes, nsyms, nstr;
static struct sd_go *go;
static struct sd_arena arena;

static void put64(u32 at, u64 v)
{
	memcpy(im.types + at, &v, 8);
}

/* abi.Name; returns its offset. */
static u32 name_at(u8 flags, const char *s)
{
	u32 at = ntypes, n = (u32)strlen(s);

	im.types[ntypes++] = flags;
	if (go->minor <= 16) {
		im.types[ntypes++] = (u8)(n >> 8);
		im.types[ntypes++] = (u8)n;
	} else if (n < 128) {
		im.types[ntypes++] = (u8)n;
	} else {
		im.types[ntypes++] = (u8)(n | 0x80);
		im.types[ntypes++] = (u8)(n >> 7);
	}
	memcpy(im.types + ntypes, s, n);
	ntypes += n;
	return at;
}

/* abi.Type with words behind it; returns its offset. */
static u32 type_at(u8 kind, u8 tflag, u64 size, u8 align, const char *name, const u64 *words, u32 n)
{
	u32 str = name_at(1, name), at = ntypes = (ntypes + 7) & ~7U;

	put64(at, size);
	im.types[at + 20] = tflag;
	im.types[at + 21] = im.types[at + 22] = align;
	im.types[at + 23] = kind;
	memcpy(im.types + at + 40, &str, 4);
	for (u32 i = 0; i < n; i++)
		put64(at + 48 + 8 * i, words[i]);
	ntypes += 48 + n * 8;
	return at;
}

#define WORDS(...) (const u64[]){__VA_ARGS__}, sizeof((u64[]){__VA_ARGS__}) / 8

static void symbol(const char *name, u64 addr, u64 size)
{
	strcpy(im.str + nstr, name);
	im.sym[nsyms++] = (Elf64_Sym){.st_name = nstr,
				      .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
				      .st_shndx = 1,
				      .st_value = addr,
				      .st_size = size};
	nstr += (u32)strlen(name) + 1;
}

static void begin(int minor)
{
	memset(&im, 0, sizeof(im));
	ntypes = 8;
	nsyms = nstr = 1;
	go = sd_xcalloc(1, sizeof(*go));
	go->minor = minor;
}

/* The image is complete: what lang/go reads of it is what the tests ask for. */
static void open_image(void)
{
	struct sd_err *err;

	memcpy(im.eh.e_ident, ELFMAG "\2\1\1", 7);
	im.eh.e_type = ET_EXEC;
	im.eh.e_machine = EM_X86_64;
	im.eh.e_version = 1;
	im.eh.e_ehsize = sizeof(im.eh);
	im.eh.e_phoff = offsetof(struct image, ph);
	im.eh.e_phentsize = sizeof(im.ph);
	im.eh.e_phnum = 1;
	im.eh.e_shoff = offsetof(struct image, sh);
	im.eh.e_shentsize = sizeof(im.sh[0]);
	im.eh.e_shnum = 4;
	im.eh.e_shstrndx = 3;
	im.ph = (Elf64_Phdr){.p_type = PT_LOAD,
			     .p_flags = PF_R | PF_X,
			     .p_vaddr = BASE,
			     .p_filesz = offsetof(struct image, sym),
			     .p_memsz = offsetof(struct image, sym),
			     .p_align = 4096};
	im.sh[1] = (Elf64_Shdr){.sh_name = 500,
				.sh_type = SHT_SYMTAB,
				.sh_offset = offsetof(struct image, sym),
				.sh_size = nsyms * sizeof(im.sym[0]),
				.sh_entsize = sizeof(im.sym[0]),
				.sh_link = 2,
				.sh_info = 1};
	im.sh[2] = im.sh[3] = (Elf64_Shdr){.sh_name = 500,
					   .sh_type = SHT_STRTAB,
					   .sh_offset = offsetof(struct image, str),
					   .sh_size = sizeof(im.str)};
	strcpy(im.str + 500, ".x");
	err = sd_elf_open_memory(&im, sizeof(im), "image", &go->elf);
	if (err)
		fail_msg("%s", err->msg);
	go->types = TYPES;
	go->type_bytes = (struct go_bytes){im.types, sizeof(im.types)};
}

static int end(void **state)
{
	struct sd_elf *elf = go ? go->elf : NULL;

	sd_go_close(go);
	go = NULL;
	sd_elf_close(elf);
	sd_arena_deinit(&arena);
	return 0;
}

static struct sd_type *get(u32 off)
{
	return sd_go_rtype_type(go, (struct sd_vaddr){TYPES + off});
}

static void struct_of(int minor)
{
	u32 i, s, fields, a, b, c, t, p;
	struct sd_type *type;
	char longer[200];

	memset(longer, 'x', sizeof(longer));
	longer[199] = 0;
	begin(minor);
	i = type_at(GO_KIND_INT, GO_TFLAG_NAMED | GO_TFLAG_EXTRA_STAR, 8, 8, "*int", NULL, 0);
	s = type_at(GO_KIND_STRING, GO_TFLAG_NAMED | GO_TFLAG_EXTRA_STAR, 16, 8, "*string", NULL,
		    0);
	a = name_at(1, "A");
	b = name_at(8, "string"); /* embedded, as 1.19 says it */
	c = name_at(0, longer);
	fields = ntypes = (ntypes + 7) & ~7U;
	for (u32 k = 0; k < 3; k++) {
		u64 off = k == 2 ? 24 : 8 * k;

		put64(ntypes, TYPES + (k == 0 ? a : k == 1 ? b : c));
		put64(ntypes + 8, TYPES + (k == 1 ? s : i));
		put64(ntypes + 16, minor <= 18 ? off << 1 | (k == 1) : off);
		ntypes += 24;
	}
	t = type_at(GO_KIND_STRUCT, GO_TFLAG_NAMED | GO_TFLAG_EXTRA_STAR, 32, 8, "*main.T",
		    WORDS(0, TYPES + fields, 3, 3));
	p = type_at(GO_KIND_PTR | (minor <= 25 ? 32 : 0), minor >= 26 ? 32 : 0, 8, 8, "*main.T",
		    WORDS(TYPES + t));
	open_image();
	type = get(p);
	assert_non_null(type);
	assert_int_equal(type->kind, SD_KIND_PTR);
	assert_string_equal(type->name, "*main.T");
	assert_false(type->named);
	assert_int_equal(type->direct, SD_DIRECT_YES);
	assert_int_equal(type->go_rtype, p);
	type = sd_type_elem(type);
	assert_ptr_equal(type, get(t));
	assert_string_equal(type->name, "main.T");
	assert_true(type->named);
	assert_int_equal(type->direct, SD_DIRECT_NO);
	sd_type_complete(type);
	assert_int_equal(type->kind, SD_KIND_STRUCT);
	assert_int_equal(type->nfields, 3);
	assert_string_equal(type->fields[0].name, "A");
	assert_ptr_equal(type->fields[0].type, get(i));
	assert_false(type->fields[0].embedded);
	assert_string_equal(type->fields[1].name, "string");
	assert_int_equal(type->fields[1].off, 8);
	assert_true(type->fields[1].embedded);
	assert_int_equal(type->fields[1].type->kind, SD_KIND_STRING);
	assert_false(type->fields[1].type->named);
	assert_string_equal(type->fields[2].name, longer);
	assert_int_equal(type->fields[2].off, 24);
}

static void structs_115(void **state)
{
	struct_of(15);
}

static void structs_118(void **state)
{
	struct_of(18);
}

static void structs_119(void **state)
{
	struct_of(19);
}

static void structs_127(void **state)
{
	struct_of(27);
}

static void other_kinds(void **state)
{
	u32 i, arr, any, err, m, ch, sl, fn, up;
	struct sd_type *t;

	begin(24);
	i = type_at(GO_KIND_UINT16, GO_TFLAG_NAMED, 2, 2, "uint16", NULL, 0);
	arr = type_at(GO_KIND_ARRAY, 0, 6, 2, "[3]uint16", WORDS(TYPES + i, 0, 3));
	any = type_at(GO_KIND_IFACE, 0, 16, 8, "interface {}", WORDS(0, 0, 0, 0));
	err = type_at(GO_KIND_IFACE, GO_TFLAG_NAMED, 16, 8, "error", WORDS(0, 0, 1, 1));
	m = type_at(GO_KIND_MAP | 32, 0, 8, 8, "map[[3]uint16]error",
		    WORDS(TYPES + arr, TYPES + err));
	ch = type_at(GO_KIND_CHAN | 32, 0, 8, 8, "chan uint16", WORDS(TYPES + i));
	sl = type_at(GO_KIND_SLICE, 0, 24, 8, "[]uint16", WORDS(TYPES + i));
	fn = type_at(GO_KIND_FUNC | 32, 0, 8, 8, "func()", WORDS(0));
	up = type_at(GO_KIND_UNSAFE_POINTER | 32, GO_TFLAG_NAMED, 8, 8, "unsafe.Pointer", NULL, 0);
	open_image();
	t = sd_type_complete(get(arr));
	assert_int_equal(t->kind, SD_KIND_ARRAY);
	assert_int_equal(t->count, 3);
	assert_ptr_equal(t->elem, get(i));
	assert_int_equal(get(any)->kind, SD_KIND_EFACE);
	assert_int_equal(get(err)->kind, SD_KIND_IFACE);
	assert_true(get(err)->named);
	t = get(m);
	assert_int_equal(t->kind, SD_KIND_MAP);
	assert_ptr_equal(sd_type_key(t), get(arr));
	assert_ptr_equal(sd_type_elem(t), get(err));
	assert_ptr_equal(sd_type_elem(get(ch)), get(i));
	assert_ptr_equal(sd_type_elem(get(sl)), get(i));
	assert_int_equal(get(fn)->kind, SD_KIND_FUNC);
	assert_int_equal(get(up)->kind, SD_KIND_PTR);
	assert_int_equal(sd_type_elem(get(up))->kind, SD_KIND_VOID);
	assert_false(get(up)->named);
}

struct seen {
	u64 addrs[16];
	u32 n, stop;
};

static bool see(void *ctx, struct sd_vaddr type)
{
	struct seen *s = ctx;

	s->addrs[s->n++] = type.v;
	return s->n < s->stop;
}

static void scan(void **state)
{
	struct seen s = {.stop = 16}, first = {.stop = 1};
	u32 i, p;

	begin(21);
	i = type_at(GO_KIND_INT32, GO_TFLAG_NAMED, 4, 4, "main.lonely", NULL, 0);
	type_at(GO_KIND_PTR, 0, 8, 8, "main.T", WORDS(0));		/* no pointer's name */
	type_at(GO_KIND_INT32, 0, 4, 4, "int32", NULL, 0);		/* numbers have names */
	type_at(27, GO_TFLAG_NAMED, 4, 4, "int32", NULL, 0);		/* no kind */
	type_at(GO_KIND_INT32, GO_TFLAG_NAMED, 4, 3, "int32", NULL, 0); /* no alignment */
	type_at(GO_KIND_INT32, GO_TFLAG_NAMED, 4, 4, "a\nb", NULL, 0);	/* no name */
	p = type_at(GO_KIND_PTR, 0, 8, 8, "*main.lonely", WORDS(TYPES + i));
	open_image();
	sd_go_each_rtype(go, see, &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.addrs[0], TYPES + i);
	assert_int_equal(s.addrs[1], TYPES + p);
	sd_go_each_rtype(go, see, &first);
	assert_int_equal(first.n, 1);
}

static void damage(void **state)
{
	u32 i, p, arr, zero, t, far, big, fields, name;
	struct sd_type *type;

	begin(26);
	i = type_at(GO_KIND_INT32, GO_TFLAG_NAMED, 4, 4, "int32", NULL, 0);
	p = type_at(GO_KIND_PTR, 32, 8, 8, "*nowhere", WORDS(TYPES + 1000000));
	arr = type_at(GO_KIND_ARRAY, 0, 12, 4, "[4]int32", WORDS(TYPES + i, 0, 4));
	zero = type_at(GO_KIND_ARRAY, 0, 0, 4, "[0]int32", WORDS(TYPES + i, 0, 0));
	name = name_at(0, "f");
	fields = ntypes = (ntypes + 7) & ~7U;
	put64(ntypes, TYPES + name);
	put64(ntypes + 8, TYPES + i);
	put64(ntypes + 16, 6); /* ends 2 bytes behind the struct */
	ntypes += 24;
	t = type_at(GO_KIND_STRUCT, 0, 8, 8, "struct { f int32 }", WORDS(0, TYPES + fields, 1, 1));
	far = type_at(GO_KIND_STRUCT, 0, 8, 8, "struct { g int32 }",
		      WORDS(0, TYPES + fields, 1ULL << 60, 1ULL << 60));
	big = type_at(GO_KIND_INT32, GO_TFLAG_NAMED, 8, 8, "int32", NULL, 0);
	open_image();
	type = sd_type_complete(get(p));
	assert_int_equal(type->kind, SD_KIND_PTR); /* its value is still one */
	assert_ptr_equal(sd_type_elem(type), sd_type_unknown());
	assert_int_equal(sd_type_complete(get(arr))->kind, SD_KIND_UNKNOWN);
	assert_int_equal(sd_type_complete(get(zero))->kind, SD_KIND_ARRAY);
	assert_int_equal(sd_type_complete(get(t))->kind, SD_KIND_UNKNOWN);
	assert_int_equal(get(t)->nfields, 0);
	assert_int_equal(sd_type_complete(get(far))->kind, SD_KIND_UNKNOWN);
	assert_null(get(big));
	assert_null(get(i + 8));
	assert_null(get(sizeof(im.types)));
	assert_null(get(sizeof(im.types) - 8));
	assert_null(sd_go_rtype_type(go, (struct sd_vaddr){0}));
	assert_null(sd_go_rtype_type(go, (struct sd_vaddr){UINT64_MAX}));
}

static bool count_instances(void *ctx, struct sd_vaddr dict, const char *name)
{
	(*(u32 *)ctx)++;
	assert_string_equal(name, sd_go_instance_name(go, "main.Max[go.shape.int]", dict, &arena));
	return true;
}

static void dictionaries(void **state)
{
	static const char *const list = "main.(*L[go.shape.*uint8]).Put";
	u32 i, dict, n = 0;

	begin(27);
	i = type_at(GO_KIND_INT, GO_TFLAG_NAMED, 8, 8, "int", NULL, 0);
	dict = ntypes = (ntypes + 7) & ~7U;
	put64(dict, TYPES + i);
	ntypes += 64;
	symbol("main..dict.Max[int]", TYPES + dict, 8);
	symbol("main..dict.L[*main.T]", TYPES + dict + 8, 16);
	symbol("main..dict.(*L[string]).Put", TYPES + dict + 24, 8);
	symbol("main..dict.Max[string]", TYPES + dict + 32, 0); /* empty: one address for two */
	symbol("main..dict.Max[main.S]", TYPES + dict + 32, 0);
	symbol("main..dict.M[struct { A int \"]\" }]", TYPES + dict + 40, 8);
	open_image();
#define NAME(func, off)                                                                            \
	sd_go_instance_name(go, func, (struct sd_vaddr){TYPES + dict + (off)}, &arena)
	assert_string_equal(NAME("main.Max[go.shape.int]", 0), "main.Max[int]");
	assert_string_equal(NAME("main.Max[go.shape.int_0]", 0), "main.Max[int]");
	assert_null(NAME("main.Min[go.shape.int]", 0));
	assert_null(NAME("main.Maxi[go.shape.int]", 0));
	assert_null(NAME("main.Max[go.shape.int]", 4));
	assert_string_equal(NAME(list, 8), "main.(*L[*main.T]).Put");
	assert_string_equal(NAME("main.L[go.shape.*uint8].Len", 8), "main.L[*main.T].Len");
	assert_null(NAME("main.(*L[go.shape.*uint8]).Put.func1", 8));
	assert_null(NAME("main.L2[go.shape.*uint8].Len", 8));
	assert_string_equal(NAME("main.(*L[go.shape.string]).Put", 24), "main.(*L[string]).Put");
	assert_null(NAME("main.Max[go.shape.string]", 32));
	assert_string_equal(NAME("main.M[go.shape.struct { A int \"]\" }].Get", 40),
			    "main.M[struct { A int \"]\" }].Get");
#undef NAME
	assert_ptr_equal(sd_go_dict_type(go, (struct sd_vaddr){TYPES + dict}, 0), get(i));
	assert_null(sd_go_dict_type(go, (struct sd_vaddr){TYPES + dict}, 1));
	assert_null(sd_go_dict_type(go, (struct sd_vaddr){TYPES + dict + 8}, 0)); /* nil */
	assert_null(sd_go_dict_type(go, (struct sd_vaddr){TYPES + dict + 4}, 0));
	sd_go_each_instance(go, "main.Min[go.shape.int]", count_instances, &n);
	assert_int_equal(n, 0);
}

/* Each as the compiler's own descriptor has it (tests/go_types.py sees the same in every version).
 */
static void map_slots(void **state)
{
	static const struct {
		u8 kind;
		u16 ksize, kalign, esize, ealign;
		struct sd_go_map_slots want;
	} cases[] = {
		{SD_GO_MAP_CLASSIC, 16, 8, 8, 8, {208, 8, 16, 136, 8, false, false, 200}},
		{SD_GO_MAP_CLASSIC, 4, 4, 0, 1, {48, 8, 4, 40, 0, false, false, 40}},
		{SD_GO_MAP_CLASSIC, 200, 1, 200, 1, {144, 8, 8, 72, 8, true, true, 136}},
		{SD_GO_MAP_CLASSIC, 128, 1, 129, 1, {1104, 8, 128, 1032, 8, false, true, 1096}},
		{SD_GO_MAP_SWISS, 16, 8, 8, 8, {200, 8, 24, 24, 24, false, false, 0}},
		{SD_GO_MAP_SWISS, 4, 4, 0, 1, {72, 8, 8, 12, 8, false, false, 0}},
		{SD_GO_MAP_SWISS, 1, 1, 0, 1, {24, 8, 2, 9, 2, false, false, 0}},
		{SD_GO_MAP_SWISS, 0, 1, 0, 1, {16, 8, 0, 8, 0, false, false, 0}},
		{SD_GO_MAP_SWISS, 200, 1, 4, 4, {136, 8, 16, 16, 16, true, false, 0}},
		{SD_GO_MAP_SWISS_SPLIT, 4, 4, 8, 8, {104, 8, 4, 40, 8, false, false, 0}},
		{SD_GO_MAP_SWISS_SPLIT, 8, 8, 0, 1, {80, 8, 8, 72, 0, false, false, 0}},
	};
	struct sd_go_map_slots s = {0};

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
		assert_true(sd_go_map_slots(cases[i].kind, cases[i].ksize, cases[i].kalign,
					    cases[i].esize, cases[i].ealign, &s));
		if (s.size != cases[i].want.size || s.key_off != cases[i].want.key_off ||
		    s.key_stride != cases[i].want.key_stride ||
		    s.elem_off != cases[i].want.elem_off ||
		    s.elem_stride != cases[i].want.elem_stride ||
		    s.key_indirect != cases[i].want.key_indirect ||
		    s.elem_indirect != cases[i].want.elem_indirect ||
		    s.overflow_off != cases[i].want.overflow_off)
			fail_msg("case %zu: %llu %u %u %u %u %d %d %u", i,
				 (unsigned long long)s.size, s.key_off, s.key_stride, s.elem_off,
				 s.elem_stride, s.key_indirect, s.elem_indirect, s.overflow_off);
	}
	assert_false(sd_go_map_slots(SD_GO_MAP_UNKNOWN, 8, 8, 8, 8, &s));
	assert_false(sd_go_map_slots(SD_GO_MAP_SWISS, 8, 3, 8, 8, &s));
	assert_false(sd_go_map_slots(SD_GO_MAP_SWISS, 8, 8, 8, 16, &s));
	assert_true(sd_go_map_slots(SD_GO_MAP_SWISS, UINT64_MAX, 1, UINT64_MAX, 1, &s));
	assert_int_equal(s.size, 136);
	assert_int_equal(sd_go_chan_layout(28).size, 0);
	assert_int_equal(sd_go_chan_layout(22).recvx, 48);
	assert_int_equal(sd_go_chan_layout(23).recvx, 56);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(structs_115, end),
		cmocka_unit_test_teardown(structs_118, end),
		cmocka_unit_test_teardown(structs_119, end),
		cmocka_unit_test_teardown(structs_127, end),
		cmocka_unit_test_teardown(other_kinds, end),
		cmocka_unit_test_teardown(scan, end),
		cmocka_unit_test_teardown(damage, end),
		cmocka_unit_test_teardown(dictionaries, end),
		cmocka_unit_test(map_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
