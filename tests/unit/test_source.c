/* SPDX-License-Identifier: BSD-2-Clause */
/* Which source file is taken for the one that a program was made from. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/source.h"

enum { OLD = 1000000000, PROGRAM = 1500000000, NEW = 1600000000 };

static char top[] = "/tmp/sonde-source-XXXXXX";
static struct sd_arena arena;

static char *path_of(const char *name)
{
	return sd_arena_printf(&arena, "%s/%s", top, name);
}

/* A file of the temporary folder, with its folders. */
static void put(const char *name, const char *text, time_t when)
{
	struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};
	char *path = path_of(name);
	FILE *f;

	for (char *p = strchr(path + strlen(top) + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static int setup(void **state)
{
	assert_non_null(mkdtemp(top));
	put("app", "", PROGRAM);
	return 0;
}

static int teardown(void **state)
{
	char *cmd = sd_arena_printf(&arena, "rm -r %s", top);
	int status = system(cmd);

	sd_arena_deinit(&arena);
	return status;
}

/* How many functions it has, and where the first begins; else why it is not at hand. */
static const char *source(const char *const *dirs, size_t ndirs, const char *path)
{
	struct sd_sources *s = sd_sources_create(path_of("app"), dirs, ndirs);
	const char *why = NULL, *again = NULL, *text;
	const struct sd_go_source *go = sd_sources_go(s, path, &why);

	assert_ptr_equal(sd_sources_go(s, path, &again), go); /* read once */
	assert_ptr_equal(again, why);
	text = go ? sd_arena_printf(&arena, "%u functions, the first at %u", go->nfuncs,
				    go->nfuncs ? go->funcs[0].first : 0)
		  : sd_arena_strdup(&arena, why);
	assert_true(!go == !!why);
	sd_sources_destroy(s);
	return text;
}

#define AT_2 "package main\nfunc f() {\n}\n"
#define AT_3 "package main\n\nfunc f() {\n}\n"
#define AT_4 "package main\n\n\nfunc f() {\n}\n"

static void test_recorded_path(void **state)
{
	put("src/old.go", AT_2, OLD);
	put("src/same.go", AT_2, PROGRAM);
	put("src/new.go", AT_2, NEW);
	assert_string_equal(source(NULL, 0, path_of("src/old.go")), "1 functions, the first at 2");
	assert_string_equal(source(NULL, 0, path_of("src/same.go")), "1 functions, the first at 2");
	assert_string_equal(source(NULL, 0, path_of("src/new.go")),
			    "new.go is newer than the program");
	assert_string_equal(source(NULL, 0, path_of("src/none.go")), "none.go is not here");
	/* -trimpath: a path that says nothing, whatever the folder that sonde runs in */
	assert_int_equal(chdir(top), 0);
	assert_string_equal(source(NULL, 0, "src/old.go"), "old.go is not here");
	assert_string_equal(source(NULL, 0, "old.go"), "old.go is not here");
	assert_string_equal(source(NULL, 0, ""), " is not here");
	assert_int_equal(chdir("/"), 0);
}

static void test_folders(void **state)
{
	const char *dirs[] = {path_of("a"), path_of("b")};

	put("a/main.go", AT_3, NEW); /* believed, whatever its time */
	put("b/web/main.go", AT_4, OLD);
	put("b/main.go", AT_2, OLD);
	put("real/web/main.go", AT_2, OLD);
	assert_string_equal(source(dirs, 2, path_of("real/web/main.go")),
			    "1 functions, the first at 3");
	assert_string_equal(source(dirs + 1, 1, path_of("real/web/main.go")),
			    "1 functions, the first at 4"); /* of the longest tail */
	assert_string_equal(source(dirs + 1, 1, "example.org/x/web/main.go"),
			    "1 functions, the first at 4");
	assert_string_equal(source(dirs + 1, 1, path_of("real/other.go")), "other.go is not here");
	put("real/other.go", AT_2, OLD);
	assert_string_equal(source(dirs + 1, 1, path_of("real/other.go")),
			    "1 functions, the first at 2");
}

static void test_no_source(void **state)
{
	const char *dir = path_of("odd");

	put("odd/text.go", "package main\nfunc f() { \"\n}\n", OLD);
	put("odd/folder.go/x", "", OLD);
	put("odd/large.go", "", OLD);
	assert_int_equal(truncate(path_of("odd/large.go"), (16 << 20) + 1), 0);
	assert_int_equal(mkfifo(path_of("odd/fifo.go"), 0600), 0);
	assert_string_equal(source(&dir, 1, "text.go"),
			    "text.go cannot be followed: line 2: a string has no end");
	assert_string_equal(source(&dir, 1, "folder.go"), "folder.go is not here");
	assert_string_equal(source(&dir, 1, "large.go"), "large.go is too large");
	assert_string_equal(source(&dir, 1, "fifo.go"), "fifo.go is not here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_path),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_no_source),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
