/* SPDX-License-Identifier: BSD-2-Clause */
/* expr: probe syntax, globs, nearest names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr/probe.h"

static void parses(void **state)
{
	static const struct {
		const char *text, *pattern;
		enum sd_match match;
		enum sd_part part;
		u64 addr;
	} cases[] = {
		{"main.computeE", "main.computeE", SD_MATCH_NAME, SD_PART_CALL, 0},
		{"net/http.(*conn).serve", "net/http.(*conn).serve", SD_MATCH_NAME, SD_PART_CALL,
		 0},
		{"main.f:entry", "main.f", SD_MATCH_NAME, SD_PART_ENTRY, 0},
		{"main.f:return", "main.f", SD_MATCH_NAME, SD_PART_RETURN, 0},
		{"main.*", "main.*", SD_MATCH_GLOB, SD_PART_CALL, 0},
		{"main.(*T).*:entry", "main.(*T).*", SD_MATCH_GLOB, SD_PART_ENTRY, 0},
		{"main.?", "main.?", SD_MATCH_GLOB, SD_PART_CALL, 0},
		{"/^main\\..*Get/", "^main\\..*Get", SD_MATCH_REGEX, SD_PART_CALL, 0},
		{"/a/b/:return", "a/b", SD_MATCH_REGEX, SD_PART_RETURN, 0},
		{"0x4a1b20", "0x4a1b20", SD_MATCH_ADDR, SD_PART_CALL, 0x4a1b20},
		{"type:.eq.main.T", "type:.eq.main.T", SD_MATCH_NAME, SD_PART_CALL, 0},
		{"app.go:31", "app.go", SD_MATCH_LINE, SD_PART_CALL, 0},
		{"dir/app.go:31", "dir/app.go", SD_MATCH_LINE, SD_PART_CALL, 0},
		{"/abs/app.go:31", "/abs/app.go", SD_MATCH_LINE, SD_PART_CALL, 0},
		{"std::sort", "std::sort", SD_MATCH_NAME, SD_PART_CALL, 0},
		{"main.Max[go.shape.int]", "main.Max[go.shape.int]", SD_MATCH_NAME, SD_PART_CALL,
		 0},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
		struct sd_probe_spec p;
		struct sd_err *err = sd_probe_parse(cases[i].text, &p);

		assert_null(err);
		assert_string_equal(p.pattern, cases[i].pattern);
		assert_int_equal(p.match, cases[i].match);
		assert_int_equal(p.part, cases[i].part);
		assert_int_equal(p.addr, cases[i].addr);
		sd_probe_spec_deinit(&p);
	}
}

static void refuses(void **state)
{
	static const char *const bad[] = {"",	      ":entry",	 "/(/",
					  "0x",	      "0x12g",	 "0x11112222333344445",
					  "/a/:exit", "main:31", "main.f:sideways"};

	for (size_t i = 0; i < SD_ARRAY_SIZE(bad); i++) {
		struct sd_probe_spec p;
		struct sd_err *err = sd_probe_parse(bad[i], &p);

		assert_non_null(err);
		assert_int_equal(err->kind, SD_ERR_USAGE);
		sd_err_free(err);
	}
}

static void globs(void **state)
{
	assert_true(sd_glob("*", ""));
	assert_true(sd_glob("main.*", "main.f"));
	assert_false(sd_glob("main.*", "domain.f"));
	assert_true(sd_glob("*.Get*", "main.(*Store).GetAll"));
	assert_true(sd_glob("main.(*Store).*", "main.(*Store).Get"));
	assert_false(sd_glob("main.(*Store).*",
			     "main.(Store).Get")); /* "(*" is a receiver, not a wildcard */
	assert_true(sd_glob("a*b*c", "aXbYbZc"));
	assert_false(sd_glob("a*b*c", "aXbYbZ"));
	assert_true(sd_glob("ma?n.f", "main.f"));
}

static void distances(void **state)
{
	assert_int_equal(sd_name_distance("main.handle", "main.handle"), 0);
	assert_int_equal(sd_name_distance("main.hadnle", "main.handle"), 1);
	assert_int_equal(sd_name_distance("main.handl", "main.handle"), 1);
	assert_int_equal(sd_name_distance("", "abc"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(parses), cmocka_unit_test(refuses),
					   cmocka_unit_test(globs), cmocka_unit_test(distances)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
