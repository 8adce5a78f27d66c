/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lang/go: names; the smallest programs of each table format (tests/fuzz/corpus/pclntab) down to
 * each value; damage; a program built by the machine's own Go, skipped without one.
 * tests/go_tables.py does all toolchains and modes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "lang/go/go.h"
#include "lang/go/priv.h"

static struct sd_arena arena;

static void package_of_names(void **state)
{
	static const char *const cases[][2] = {
		{"main.main", "main"},
		{"net/http.(*conn).serve", "net/http"},
		{"github.com/a/b%2ec.F", "github.com/a/b%2ec"},
		{"gopkg.in/yaml%2ev3.(*Decoder).Decode", "gopkg.in/yaml%2ev3"},
		{"go.uber.org/zap.New", "go.uber.org/zap"},
		{"main.Max[go.shape.int_0]", "main"},
		{"main.(*L[net/http.Client]).Put", "main"},
		{"a/b.Map[string,c/d.T[e/f.G]].func1", "a/b"},
		{"main.glob..func1", "main"},
		{"main.main.func1.2", "main"},
		{"main.T.Val-fm", "main"},
		{"type:.eq.[2]net/http.T", ""},
		{"type..hash.main.T", ""},
		{"go:textfipsstart", ""},
		{"_rt0_amd64_linux", ""},
		{"gosave_systemstack_switch", ""},
		{"", ""},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++)
		assert_string_equal(sd_go_package(cases[i][0], &arena), cases[i][1]);
}

static void source_names(void **state)
{
	static const char *const cases[][2] = {
		{"main.main", "main.main"},
		{"main.Max[go.shape.int_0]", "main.Max"},
		{"main.Max[...]", "main.Max"},
		{"main.(*L[go.shape.int]).Put", "main.(*L).Put"},
		{"main.(*L[...]).Put.func1", "main.(*L).Put.func1"},
		{"main.L[go.shape.[]main.T[go.shape.int]].Put", "main.L.Put"},
		{"main.F[go.shape.struct { A int \"json:\\\"x]\\\"\" }].func1", "main.F.func1"},
		{"main.F[go.shape.struct { A [3]int \"]\"; B map[string]int }]", "main.F"},
		{"main.F[unclosed", "main.F[unclosed"},
		{"main.F[\"unclosed]", "main.F[\"unclosed]"},
		{"type:.eq.[2]string", "type:.eq.[2]string"},
		{"type..eq.[2]string", "type..eq.[2]string"},
		{"", ""},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++)
		assert_string_equal(sd_go_source_name(cases[i][0], &arena), cases[i][1]);
}

static void shapes_and_escapes(void **state)
{
	assert_true(sd_go_is_shape("main.Max[go.shape.int_0]"));
	assert_true(sd_go_is_shape("main.(*L[go.shape.struct { a int }]).Put"));
	assert_false(sd_go_is_shape("main.Max[int]"));
	assert_false(sd_go_is_shape("main.Max[...]"));
	assert_false(sd_go_is_shape("main.main"));
	assert_false(sd_go_is_shape("type:.eq.main.T[go.shape.int]"));
	assert_string_equal(sd_go_unescape("example.com/do%2et", &arena), "example.com/do.t");
	assert_string_equal(sd_go_unescape("a%22b%zz%2", &arena), "a\"b%zz%2");
	assert_string_equal(sd_go_unescape("a%00b%", &arena), "a%00b%");
}

static void internal_functions(void **state)
{
	assert_true(go_is_runtime_internal("runtime.morestack_noctxt"));
	assert_true(go_is_runtime_internal("runtime.gcWriteBarrier2"));
	assert_true(go_is_runtime_internal("_rt0_amd64"));
	assert_true(go_is_runtime_internal("gogo"));
	assert_true(go_is_runtime_internal("runtime.goexit"));
	assert_false(go_is_runtime_internal("runtime.goexit1"));
	assert_false(go_is_runtime_internal("runtime.mallocgc"));
	assert_false(go_is_runtime_internal("runtime.main"));
	assert_false(go_is_runtime_internal("main.gogo"));
	assert_false(go_is_runtime_internal(""));
	assert_true(sd_go_is_unprobeable("runtime.sigreturn__sigaction"));
	assert_true(sd_go_is_unprobeable("runtime.clone"));
	assert_false(sd_go_is_unprobeable("runtime.morestack"));
}

static void versions(void **state)
{
	static const struct {
		const char *text;
		int major, minor, patch;
	} cases[] = {
		{"go1.26.8", 1, 26, 8},
		{"go1.27rc1", 1, 27, 0},
		{"go1.26.8 X:nodwarf5", 1, 26, 8},
		{"go1.21-20230317-RC00", 1, 21, 0},
		{"devel go1.22-abcdef Tue Jan 2 2024", 1, 22, 0},
		{"devel +abcdef Tue", 0, 0, 0},
		{"devel", 0, 0, 0},
		{"", 0, 0, 0},
		{"go", 0, 0, 0},
		{"go99999999999999.999999999999999", 99999, 0, 0},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
		struct sd_go_version v;

		go_version_parse(cases[i].text, strlen(cases[i].text), &v);
		assert_string_equal(v.text, cases[i].text);
		assert_int_equal(v.minor, cases[i].minor);
		assert_int_equal(v.patch, cases[i].patch);
		if (cases[i].major != 99999)
			assert_int_equal(v.major, cases[i].major);
	}
}

/* The path is relative to where the compiler ran: the build directory, where Meson runs tests too.
 */
static struct sd_buf read_corpus(const char *name)
{
	struct sd_buf path = {0}, data = {0};
	u8 bytes[4096];
	size_t n;
	FILE *f;

	sd_buf_printf(&path, "%.*s/../fuzz/corpus/pclntab/%s",
		      (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__, name);
	f = fopen(sd_buf_cstr(&path), "rb");
	if (!f)
		fail_msg("%s is not there", sd_buf_cstr(&path));
	while ((n = fread(bytes, 1, sizeof(bytes), f)))
		sd_buf_add(&data, bytes, n);
	fclose(f);
	sd_buf_deinit(&path);
	return data;
}

static bool add_line(void *ctx, u64 lo, u64 hi, const char *file, u32 line)
{
	sd_buf_printf(ctx, "%llx-%llx:%u ", (unsigned long long)lo & 0xfff,
		      (unsigned long long)hi & 0xfff, line);
	return true;
}

static struct sd_go *tree_of;

static bool add_inlined(void *ctx, const struct sd_go_inlined *inl)
{
	u64(*own)[2], (*deep)[2];
	u32 n, ndeep;

	sd_go_inlined_ranges(tree_of, inl, false, &arena, &own, &n);
	sd_go_inlined_ranges(tree_of, inl, true, &arena, &deep, &ndeep);
	assert_int_equal(n, 1);
	assert_int_equal(ndeep, 1);
	sd_buf_printf(ctx, "%u.%u<%d %s @%s:%u %llx-%llx %llx-%llx; ", inl->outer, inl->node,
		      inl->parent, inl->callee, inl->call_file, inl->call_line,
		      (unsigned long long)own[0][0] & 0xfff, (unsigned long long)own[0][1] & 0xfff,
		      (unsigned long long)deep[0][0] & 0xfff,
		      (unsigned long long)deep[0][1] & 0xfff);
	return true;
}

static bool want_mid(void *ctx, const char *callee)
{
	return !strcmp(callee, "main.mid");
}

/* "mid:14<leaf:11<main:21": the calls at pc, at most max of them. */
static const char *frames_at(struct sd_go *go, u64 pc, u32 max, u32 *n_ret)
{
	struct sd_go_frame f[8];
	const char *text = "";

	*n_ret = sd_go_frames_at(go, (struct sd_vaddr){pc}, f, max);
	for (u32 i = 0; i < SD_MIN(*n_ret, max); i++)
		text = sd_arena_printf(&arena, "%s%s%s:%u%s", text, i ? "<" : "", f[i].func,
				       f[i].line, f[i].wrapper ? "w" : "");
	for (u32 i = 0; i < SD_MIN(*n_ret, max); i++)
		assert_int_equal(f[i].inlined, i + 1 < *n_ret);
	return text;
}

static void check_frames(struct sd_go *go)
{
	u32 n;

	assert_string_equal(frames_at(go, 0x400108, 8, &n), "main.main:21");
	assert_string_equal(frames_at(go, 0x400110, 8, &n), "main.leaf:11<main.main:21");
	assert_string_equal(frames_at(go, 0x40011f, 8, &n),
			    "main.mid:14<main.leaf:11<main.main:21");
	assert_string_equal(frames_at(go, 0x40011f, 1, &n), "main.mid:14");
	assert_int_equal(n, 3);
	assert_string_equal(frames_at(go, 0x400120, 8, &n), "main.main:22");
	assert_string_equal(frames_at(go, 0x400140, 8, &n), "");
	assert_int_equal(n, 0);
}

static void check_program(struct sd_go *go, int minor)
{
	struct sd_buf b = {0};
	struct sd_func f;
	const char *file;
	u32 at, line;
	s64 sp;

	assert_int_equal(sd_go_version(go)->minor, minor);
	assert_int_equal(sd_go_nfuncs(go), 3);
	assert_true(sd_go_func(go, 2, &f));
	assert_string_equal(f.name, "main.main");
	assert_int_equal(f.entry.v, 0x400100);
	assert_int_equal(f.end.v, 0x400140);
	assert_int_equal(f.start_line, 20);
	assert_false(f.wrapper || f.abi0 || f.runtime_internal);
	assert_true(sd_go_func(go, 0, &f));
	assert_string_equal(f.name, "runtime.asmcgocall");
	assert_true(f.runtime_internal);
	assert_int_equal(f.abi0, minor >= 17);
	assert_false(sd_go_func(go, 3, &f));
	assert_true(sd_go_func_at(go, (struct sd_vaddr){0x40013f}, &at) && at == 2);
	assert_true(sd_go_func_at(go, (struct sd_vaddr){0x4000c0}, &at) && at == 1);
	assert_false(sd_go_func_at(go, (struct sd_vaddr){0x400140}, &at));
	assert_false(sd_go_func_at(go, (struct sd_vaddr){0x40007f}, &at));
	assert_true(sd_go_line(go, (struct sd_vaddr){0x40010f}, &file, &line));
	assert_string_equal(file, "/src/main.go");
	assert_int_equal(line, 21);
	assert_true(sd_go_line(go, (struct sd_vaddr){0x400080}, &file, &line));
	assert_string_equal(file, "/src/asm.s");
	assert_true(sd_go_spdelta(go, (struct sd_vaddr){0x400107}, &sp) && sp == 0);
	assert_true(sd_go_spdelta(go, (struct sd_vaddr){0x400108}, &sp) && sp == 24);
	assert_true(sd_go_spdelta(go, (struct sd_vaddr){0x40013f}, &sp) && sp == 0);
	assert_true(sd_go_args_size(go, 2, &sp) && sp == 16);
	sd_go_each_line(go, 2, add_line, &b);
	assert_string_equal(sd_buf_cstr(&b),
			    "100-108:20 108-110:21 110-118:11 118-120:14 120-140:22 ");
	b.n = 0;
	tree_of = go;
	sd_go_each_inlined(go, NULL, add_inlined, &b);
	assert_string_equal(sd_buf_cstr(&b), "2.0<-1 main.leaf @/src/main.go:21 110-118 110-120; "
					     "2.1<0 main.mid @/src/main.go:11 118-120 118-120; ");
	b.n = 0;
	sd_go_each_inlined(go, want_mid, add_inlined, &b);
	assert_string_equal(sd_buf_cstr(&b), "2.1<0 main.mid @/src/main.go:11 118-120 118-120; ");
	check_frames(go);
	assert_true(sd_go_layout(go)->known && sd_go_layout(go)->tls_known);
	assert_int_equal(sd_go_layout(go)->tls_off, -8);
	assert_int_equal(sd_go_layout(go)->regabi, minor >= 17);
	sd_buf_deinit(&b);
}

static const struct {
	const char *file;
	int minor;
} programs[] = {{"go1.15.15", 15}, {"go1.16.15", 16}, {"go1.19.13", 19}, {"go1.26.8", 26}};

static void smallest_programs(void **state)
{
	for (size_t i = 0; i < SD_ARRAY_SIZE(programs); i++) {
		struct sd_buf data = read_corpus(programs[i].file);
		struct sd_elf *elf;
		struct sd_go *go;

		assert_null(sd_elf_open_memory(data.p, data.n, programs[i].file, &elf));
		assert_null(sd_go_open(elf, &go));
		assert_non_null(go);
		check_program(go, programs[i].minor);
		sd_go_close(go);
		sd_elf_close(elf);
		sd_buf_deinit(&data);
	}
}

/* The error of opening data, "" when it opens, "not Go". */
static char *open_error(const struct sd_buf *data)
{
	struct sd_go *go = NULL;
	struct sd_elf *elf;
	struct sd_err *err;
	char *msg;

	assert_null(sd_elf_open_memory(data->p, data->n, "prog", &elf));
	err = sd_go_open(elf, &go);
	msg = sd_arena_strdup(&arena, err ? err->msg : go ? "" : "not Go");
	sd_err_free(err);
	sd_go_close(go);
	sd_elf_close(elf);
	return msg;
}

static size_t find(const struct sd_buf *data, const void *what, size_t n)
{
	const char *p = memmem(data->p, data->n, what, n);

	assert_non_null(p);
	return (size_t)(p - data->p);
}

static void damage(void **state)
{
	static const u8 magic[] = {0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8};
	struct sd_buf data = read_corpus("go1.26.8");
	size_t at = find(&data, magic, sizeof(magic));
	u64 pcln;
	u32 entry;
	char *p;

	assert_string_equal(open_error(&data), "");
	/* A format that is not known: no guess. */
	data.p[at] = (char)0xf7;
	assert_non_null(strstr(open_error(&data),
			       "prog is a Go program of go1.26.8, but it has no function table"));
	data.p[at] = (char)0xf1;
	/* Entries out of order, or past the code. */
	memcpy(&pcln, data.p + at + 64, sizeof(pcln));
	entry = 0x41;
	memcpy(data.p + at + pcln, &entry, 4);
	assert_non_null(strstr(open_error(&data), "entry 1 of 3 is out of order"));
	entry = 0;
	memcpy(data.p + at + pcln, &entry, 4);
	entry = 0x7fffffff;
	memcpy(data.p + at + pcln + 24, &entry, 4);
	assert_non_null(strstr(open_error(&data), "it names code that is not in the file"));
	entry = 0xc0;
	memcpy(data.p + at + pcln + 24, &entry, 4);
	assert_string_equal(open_error(&data), "");
	/* Versions before and after what is known. */
	p = data.p + find(&data, "go1.26.8", 8);
	memcpy(p, "go1.14.8", 8);
	assert_non_null(
		strstr(open_error(&data), "built with go1.14.8: only Go 1.15 and later are known"));
	memcpy(p, "go2.26.8", 8);
	assert_non_null(strstr(open_error(&data), "built with go2.26.8, which is not known"));
	memcpy(p, "go1.26.8", 8);
	/* Without module data nothing says where the code is: an error, not the start of .text. */
	for (size_t i = 0; i + 8 <= data.n; i += 8) {
		u64 word = 0x400000 + at;

		if (!memcmp(data.p + i, &word, 8) && i > at)
			memset(data.p + i, 0, 8);
	}
	assert_non_null(strstr(open_error(&data), "nothing says where its Go code starts"));
	sd_buf_deinit(&data);
}

static void unknown_versions(void **state)
{
	struct sd_buf data = read_corpus("go1.26.8");
	struct sd_go_layout layout = {.g_goid = 1000, .known = true, .from_dwarf = true};
	struct sd_elf *elf;
	struct sd_go *go;

	memcpy(data.p + find(&data, "go1.26.8", 8), "go1.99.8", 8);
	assert_null(sd_elf_open_memory(data.p, data.n, "prog", &elf));
	assert_null(sd_go_open(elf, &go));
	/* Its table is read, but no offset is guessed. */
	assert_int_equal(sd_go_nfuncs(go), 3);
	assert_false(sd_go_layout(go)->known);
	assert_true(sd_go_layout(go)->regabi);
	sd_go_set_layout(go, &layout);
	assert_int_equal(sd_go_layout(go)->g_goid, 1000);
	sd_go_close(go);
	sd_elf_close(elf);
	sd_buf_deinit(&data);
}

static void not_go(void **state)
{
	struct sd_go *go = (struct sd_go *)&arena;
	struct sd_elf *elf;

	/* This test is a C program. */
	assert_null(sd_elf_open("/proc/self/exe", "test_go", &elf));
	assert_null(sd_go_open(elf, &go));
	assert_null(go);
	sd_elf_close(elf);
}

static void own_toolchain(void **state)
{
	static const char source[] =
		"package main\n\nfunc leaf(x int) int { return x * 3 }\n\n"
		"//go:noinline\nfunc outer(x int) int {\n\tprintln(x)\n\treturn leaf(x) + 1\n}\n\n"
		"func main() { println(outer(2)) }\n";
	char dir[] = "/tmp/sonde-test-go-XXXXXX";
	u32 index = 0, line;
	struct sd_elf *elf;
	struct sd_func f;
	struct sd_go *go;
	const char *file;
	char *path;
	FILE *out;

	if (system("go version >/dev/null 2>&1")) {
		print_message("no go on PATH\n");
		skip();
	}
	assert_non_null(mkdtemp(dir));
	path = sd_arena_printf(&arena, "%s/main.go", dir);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(source, out);
	fclose(out);
	assert_int_equal(
		system(sd_arena_printf(
			&arena, "cd %s && GO111MODULE=off GOFLAGS= go build -o prog main.go", dir)),
		0);
	assert_null(sd_elf_open(sd_arena_printf(&arena, "%s/prog", dir), "prog", &elf));
	assert_null(sd_go_open(elf, &go));
	assert_non_null(go);
	while (sd_go_func(go, index, &f) && strcmp(f.name, "main.outer"))
		index++;
	assert_true(index < sd_go_nfuncs(go));
	assert_true(sd_go_line(go, f.entry, &file, &line));
	assert_string_equal(strrchr(file, '/'), "/main.go");
	assert_int_equal(line, 6);
	assert_int_equal(f.start_line, 6);
	assert_true(sd_go_version(go)->minor >= 15);
	sd_go_close(go);
	sd_elf_close(elf);
	assert_int_equal(system(sd_arena_printf(&arena, "rm -r %s", dir)), 0);
}

static int teardown(void **state)
{
	sd_arena_deinit(&arena);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(package_of_names),
		cmocka_unit_test(source_names),
		cmocka_unit_test(shapes_and_escapes),
		cmocka_unit_test(internal_functions),
		cmocka_unit_test(versions),
		cmocka_unit_test(smallest_programs),
		cmocka_unit_test(damage),
		cmocka_unit_test(unknown_versions),
		cmocka_unit_test(not_go),
		cmocka_unit_test(own_toolchain),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
