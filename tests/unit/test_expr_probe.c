/* SPDX-License-Identifier: BSD-2-Clause */
/* expr: templates, whole probes with their options, and files of probes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr/file.h"
#include "expr/probe.h"

static void print_template(const struct sd_template *t, struct sd_buf *out)
{
	for (u32 i = 0; i < t->n; i++) {
		const struct sd_template_part *p = &t->parts[i];

		if (i)
			sd_buf_ch(out, ' ');
		if (p->text) {
			assert_int_equal(p->text[p->n], '\0');
			sd_buf_ch(out, '[');
			for (u64 k = 0; k < p->n; k++)
				sd_buf_printf(out, (u8)p->text[k] >= ' ' ? "%c" : "<%02x>",
					      (u8)p->text[k]);
			sd_buf_ch(out, ']');
			continue;
		}
		sd_buf_ch(out, '{');
		if (p->expr)
			sd_expr_print(p->expr, out);
		if (p->format[0])
			sd_buf_printf(out, ":%s", p->format);
		sd_buf_ch(out, '}');
	}
}

static void templates(void **state)
{
	static const struct {
		const char *text, *parts;
	} cases[] = {
		{"\"plain\"", "[plain]"},
		{"'it is \"it\"'", "[it is \"it\"]"},
		{"'it\\'s'", "[it's]"},
		{"\"a {x} b\"", "[a ] {x} [ b]"},
		{"\"{x}{y}\"", "{x} {y}"},
		{"\"{}\"", "{}"},
		{"\"{ } { x }\"", "{} [ ] {x}"},
		{"\"{x:x} {x : .2f}\"", "{x:x} [ ] {x:.2f}"},
		{"\"{xs[1:2]} {xs[1:2]:q}\"", "{xs[1:2]} [ ] {xs[1:2]:q}"},
		{"\"{ns::x} {ns::x:d}\"", "{ns.x} [ ] {ns.x:d}"},
		{"\"{m[\"k}\"]} {f(a, ':')}\"", "{m[\"k}\"]} [ ] {f(a, ':')}"},
		{"'{m[\"k\"]:s}{c == '}'}'", "{m[\"k\"]:s} {c == '}'}"},
		{"\"{{x}} {{{x}}}\"", "[{x} {] {x} [}]"},
		{"\"\\t\\x00\\u00e9\\\\\\\"\"", "[<09><00>\xc3\xa9\\\"]"},
		{"\"{x.(type) == *T:t}\"", "{x.(type) == *T:t}"},
		{"\"100% if ; # done\"", "[100% if ; # done]"},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
		struct sd_arena arena = {0};
		struct sd_buf b = {0};
		struct sd_template t;
		struct sd_err *err;
		u32 end = 0, last = 1;

		err = sd_template_parse(cases[i].text, 0, &arena, &t, &end);
		if (err)
			fail_msg("%s: %s", cases[i].text, err->msg);
		print_template(&t, &b);
		assert_string_equal(sd_buf_cstr(&b), cases[i].parts);
		assert_int_equal(end, strlen(cases[i].text));
		for (u32 k = 0; k < t.n; k++) { /* the parts' spans adjoin */
			assert_int_equal(t.parts[k].start, last);
			last = t.parts[k].end;
		}
		assert_int_equal(last, end - 1);
		sd_buf_deinit(&b);
		sd_arena_deinit(&arena);
	}
}

static void all_formats(void **state)
{
	static const char *const good[] = {"x", "X", "d", "b", "o", "c",   "q",	  "s",
					   "t", "v", "e", "f", "g", ".2f", ".0e", ".17g"};
	static const char *const bad[] = {"y",	"xx",  "%d", "2f", ".f",  ".100f", ".2d",
					  "5d", "08x", "",   " ",  "hex", ".2",	   "x y"};

	for (size_t i = 0; i < SD_ARRAY_SIZE(good) + SD_ARRAY_SIZE(bad); i++) {
		bool fine = i < SD_ARRAY_SIZE(good);
		const char *format = fine ? good[i] : bad[i - SD_ARRAY_SIZE(good)];
		struct sd_arena arena = {0};
		struct sd_template t;
		struct sd_err *err;
		char text[64];
		u32 end;

		snprintf(text, sizeof(text), "'{n:%s}'", format);
		err = sd_template_parse(text, 0, &arena, &t, &end);
		if (!err != fine)
			fail_msg("%s: %s", text, err ? err->msg : "taken");
		if (fine)
			assert_string_equal(t.parts[0].format, format);
		sd_err_free(err);
		sd_arena_deinit(&arena);
	}
}

/* ---- probes ---- */

static void print_spec(const struct sd_probe_spec *p, struct sd_buf *out)
{
	static const char *const matches[] = {"name", "glob", "regex", "addr", "line"};
	static const char *const parts[] = {"", ":entry", ":return"};
	static const char *const options[] = {"rate",  "sample",       "sample-by", "first-per",
					      "stack", "min-duration", "log",	    "trace"};

	if (p->name)
		sd_buf_printf(out, "%s: ", p->name);
	sd_buf_printf(out, "%s <%s>%s", matches[p->match], p->pattern, parts[p->part]);
	if (p->match == SD_MATCH_LINE)
		sd_buf_printf(out, " line %u", p->line);
	if (p->has_exprs) {
		sd_buf_str(out, " {");
		for (u32 i = 0; i < p->nexprs; i++) {
			sd_buf_str(out, i ? " | " : "");
			assert_int_equal(strlen(p->exprs[i].text),
					 p->exprs[i].expr->end - p->exprs[i].expr->start);
			assert_memory_equal(p->exprs[i].text, p->text + p->exprs[i].expr->start,
					    strlen(p->exprs[i].text));
			sd_buf_str(out, p->exprs[i].text);
		}
		sd_buf_ch(out, '}');
	}
	if (p->has_template) {
		sd_buf_str(out, " template ");
		print_template(&p->template, out);
	}
	if (p->cond) {
		sd_buf_str(out, " if ");
		sd_expr_print(p->cond, out);
	}
	for (size_t i = 0; i < SD_NOPTIONS; i++) {
		if (!p->has_option[i])
			continue;
		sd_buf_printf(out, " ; %s", options[i]);
		if (p->option[i].expr) {
			sd_buf_str(out, " expr ");
			sd_expr_print(p->option[i].expr, out);
		} else if (p->option[i].value) {
			sd_buf_printf(out, " %s %llu", p->option[i].value,
				      (unsigned long long)p->option[i].num);
		}
	}
}

static void probes(void **state)
{
	static const struct {
		const char *text, *spec;
	} cases[] = {
		{"main.f", "name <main.f>"},
		{" main.f ", "name <main.f>"},
		{"main.f{}", "name <main.f> {}"},
		{"main.f { }", "name <main.f> {}"},
		{"main.f{a,b.c , len(xs)}", "name <main.f> {a | b.c | len(xs)}"},
		{"main.f if x", "name <main.f> if x"},
		{"main.f\tif(x)", "name <main.f> if x"},
		{"main.f \"t {x}\" if x > 1", "name <main.f> template [t ] {x} if x > 1"},
		{"main.f 't' ;rate=5", "name <main.f> template [t] ; rate 5 5"},
		{"main.f\"t\"", "name <main.f> template [t]"},
		{"main.f:entry{a} if a == \" if \"", "name <main.f>:entry {a} if a == \" if \""},
		{"main.f:return if ret.1 != nil", "name <main.f>:return if ret.1 != nil"},
		{"main.*{x}", "glob <main.*> {x}"},
		{"main.Max[*{x}", "glob <main.Max[*> {x}"},
		{"main.(*T).M{t}", "name <main.(*T).M> {t}"},
		{"main.main.func1 if x", "name <main.main.func1> if x"},
		{"0x4a1b20{x} if y", "addr <0x4a1b20> {x} if y"},
		/* FACTS C6: names are not tidy */
		{"main.Max[struct { X int }]{a}", "name <main.Max[struct { X int }]> {a}"},
		{"main.F[go.shape.struct { A string \"j:\\\"]{ if x\\\"\"; B int }] if a",
		 "name <main.F[go.shape.struct { A string \"j:\\\"]{ if x\\\"\"; B int }]> if a"},
		{"go:(*struct { io.Reader; io.WriterTo }).Read {p}",
		 "name <go:(*struct { io.Reader; io.WriterTo }).Read> {p}"},
		{"go:struct { io.Reader }.Read {p}", "name <go:struct { io.Reader }.Read> {p}"},
		{"type:.eq.struct {} {p}", "name <type:.eq.struct {}> {p}"},
		{"internal/abi.TypeFor[go.shape.[]interface {}] if x",
		 "name <internal/abi.TypeFor[go.shape.[]interface {}]> if x"},
		{"core::ops::FnOnce::call_once{{vtable.shim}}{x}",
		 "name <core::ops::FnOnce::call_once{{vtable.shim}}> {x}"},
		{"app::run::{{closure}} {x}", "name <app::run::{{closure}}> {x}"},
		{"app::run::{closure#0}{x}", "name <app::run::{closure#0}> {x}"},
		{"f::call_once{shim:vtable#0} if x", "name <f::call_once{shim:vtable#0}> if x"},
		{"<alloc::vec::Vec<T> as core::fmt::Debug>::fmt{f}",
		 "name <<alloc::vec::Vec<T> as core::fmt::Debug>::fmt> {f}"},
		{"operator new(unsigned long) if x", "name <operator new(unsigned long)> if x"},
		{"foo(int) [clone .cold] {x}", "name <foo(int) [clone .cold]> {x}"},
		{"ifs.where", "name <ifs.where>"},
		/* regular expressions */
		{"/^net\\/http\\./{x}", "regex <^net\\/http\\.> {x}"},
		{"/net/http/ if x/2 == 1", "regex <net/http> if x / 2 == 1"},
		{"/a{2}/:entry \"/x/\"", "regex <a{2}>:entry template [/x/]"},
		{"/a/{2}b/", "regex <a/{2}b>"},
		{"/a \"b\" if c/ if d", "regex <a \"b\" if c> if d"},
		{"/[^/]*x/;log", "regex <[^/]*x> ; log"},
		/* lines */
		{"app.go:31", "line <app.go> line 31"},
		{"dir/app.go:31{x}", "line <dir/app.go> line 31 {x}"},
		{"/home/me/app.go:31 if x", "line </home/me/app.go> line 31 if x"},
		{"x.c:10", "line <x.c> line 10"},
		{"src/main.rs:5 \"{x}\"", "line <src/main.rs> line 5 template {x}"},
		{"cmd/Makefile:3", "line <cmd/Makefile> line 3"},
		{"std::f::31", "name <std::f::31>"},
		/* names of probes and options */
		{"slow: main.f if duration() > 10ms", "slow: name <main.f> if duration() > 10ms"},
		{"a-b_1:\tapp.go:40", "a-b_1: line <app.go> line 40"},
		{"main.f; rate=100/s sample=1/10 sample-by=goid() first-per=s.key[0] stack=8 "
		 "min-duration=1.5ms log",
		 "name <main.f> ; rate 100/s 100 ; sample 1/10 10 ; sample-by expr goid() ; "
		 "first-per expr s.key[0] ; stack 8 8 ; min-duration 1.5ms 1500000 ; log"},
		{"main.f{x} if y; stack; trace;", "name <main.f> {x} if y ; stack ; trace"},
		{"main.f;", "name <main.f>"},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
		struct sd_probe_spec p;
		struct sd_buf b = {0};
		struct sd_err *err = sd_probe_parse(cases[i].text, &p);

		if (err)
			fail_msg("%s: %s", cases[i].text, err->msg);
		print_spec(&p, &b);
		assert_string_equal(sd_buf_cstr(&b), cases[i].spec);
		assert_string_equal(p.text, cases[i].text);
		sd_buf_deinit(&b);
		sd_probe_spec_deinit(&p);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *carets, *msg;
	} cases[] = {
		{"", "^", "empty probe"},
		{"  ", "  ^", "empty probe"},
		{"slow: ", "      ^", "empty probe"},
		{"{a}", "^", "a function, address or line is missing before '{'"},
		{"main.f{a", "      ^", "'{' is never closed"},
		{"main.f{a,}", "         ^", "where an expression should be"},
		{"main.f{,a}", "       ^", "where an operand should be"},
		{"main.f{a b}", "         ^", "where ',' or '}' should be"},
		{"main.f{a:x}", "        ^", "formats are for templates"},
		{"main.f{a}}", "         ^", "'}' was never opened"},
		{"main.f{a} x", "          ^", "where 'if' or the end of the probe should be"},
		{"main.f{a} \"t\"", "          ^", "not two of them"},
		{"main.f \"t\" {a}", "           ^", "not two of them"},
		{"main.f if a {b}", "            ^", "the condition comes last"},
		{"main.f if a \"t\"", "            ^", "the condition comes last"},
		{"main.f if", "       ^^", "a condition is missing"},
		{"main.f if a b", "            ^", "unexpected 'b' behind the condition"},
		{"main.f if a)", "           ^", "')' was never opened"},
		{"main.f if a = b", "            ^", "did you mean '=='?"},
		{"main.f when a", "       ^^^^", "did you mean 'if'?"},
		{"main.f{a} where b", "          ^^^^^", "did you mean 'if'?"},
		{"main.f \"a {x\"", "            ^", "unexpected '\"' where '}' should be"},
		{"main.f \"a {x", "          ^", "'{' is never closed"},
		{"main.f \"a", "       ^^", "the template is never closed"},
		{"main.f \"a } b\"", "          ^", "'}' without a '{'"},
		{"main.f \"\"", "       ^^", "the template is empty"},
		{"main.f \"{x y}\"", "           ^", "where '}' should be"},
		{"main.f \"{x:y}\"", "           ^", "'y' is no format"},
		{"main.f \"{x:%d}\"", "           ^^", "no percent sign"},
		{"main.f:sideways{a}", "      ^^^^^^^^^", "neither :entry nor :return"},
		{"/a/:exit if x", "   ^^^^^", "neither :entry nor :return"},
		{"/a(/ if x", "^^^^", "bad regular expression"},
		{"/(a)\\1/", "^^^^^^^", "back references"},
		{"/(a{900}){900}/", "^^^^^^^^^^^^^^^", "multiply to more than 1000"},
		{"/abc", "^^^^", "second '/' is missing"},
		{"app.go:0", "       ^", "lines are 1 to"},
		{"app.go:99999999999", "       ^^^^^^^^^^^", "lines are 1 to"},
		{"app.go:31:5", "         ^^", "lines have no columns here"},
		{"main:31", "^^^^", "'main' is no file"},
		{"f(int):31", "^^^^^^", "'f(int)' is no file"},
		{"0x12:entry", "^^^^^^^^^^", "is not an address"},
		{"main.f; rat=5", "        ^^^", "did you mean 'rate'?"},
		{"main.f; rate", "        ^^^^", "rate=100/s"},
		{"main.f; rate=0", "        ^^^^^^", "rate=100/s"},
		{"main.f; rate=5/m", "        ^^^^^^^^", "rate=100/s"},
		{"main.f; rate=99999999999999999999999", "        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
		 "rate=100/s"},
		{"main.f; sample=2/3", "        ^^^^^^^^^^", "sample=1/10"},
		{"main.f; sample=1/0", "        ^^^^^^^^^^", "sample=1/10"},
		{"main.f; stack=128", "        ^^^^^^^^^", "stack=8"},
		{"main.f; min-duration=10", "        ^^^^^^^^^^^^^^^", "min-duration=10ms"},
		{"main.f; sample-by=", "                  ^", "where an operand should be"},
		{"main.f; log=1", "        ^^^", "write it as in log"},
		{"main.f; log log", "            ^^^", "'log' is given twice"},
		{"main.f; log trace", "            ^^^^^", "exclude each other"},
		{"main.f; =5", "        ^", "where an option should be"},
		{"main.f # x", "", NULL}, /* comments are for files: this is a name */
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
		struct sd_probe_spec p;
		struct sd_err *err = sd_probe_parse(cases[i].text, &p);
		int start = (int)strspn(cases[i].carets, " ");
		int end = (int)strlen(cases[i].carets);

		if (!cases[i].msg) {
			assert_null(err);
			sd_probe_spec_deinit(&p);
			continue;
		}
		if (!err)
			fail_msg("taken: %s", cases[i].text);
		assert_int_equal(err->kind, SD_ERR_USAGE);
		assert_string_equal(err->text, cases[i].text);
		if (!strstr(err->msg, cases[i].msg))
			fail_msg("%s: %s", cases[i].text, err->msg);
		if (err->span_start != start || SD_MAX(err->span_end, start + 1) != end)
			fail_msg("%s: %s at %d..%d", cases[i].text, err->msg, err->span_start,
				 err->span_end);
		sd_err_free(err);
	}
}

static void bounded(void **state)
{
	struct sd_buf b = {0};
	struct sd_probe_spec p;
	struct sd_err *err;

	sd_buf_str(&b, "f{x");
	for (u32 i = 1; i < SD_PROBE_EXPRS; i++)
		sd_buf_str(&b, ",x");
	sd_buf_ch(&b, '}');
	assert_null(sd_probe_parse(sd_buf_cstr(&b), &p));
	assert_int_equal(p.nexprs, SD_PROBE_EXPRS);
	sd_probe_spec_deinit(&p);
	b.n--;
	sd_buf_str(&b, ",x}");
	err = sd_probe_parse(sd_buf_cstr(&b), &p);
	assert_non_null(err);
	assert_string_equal(err->msg, "a probe shows up to 64 expressions");
	sd_err_free(err);

	b.n = 0;
	for (u32 i = 0; i < SD_PROBE_TEXT; i++)
		sd_buf_ch(&b, 'f');
	assert_null(sd_probe_parse(sd_buf_cstr(&b), &p));
	sd_probe_spec_deinit(&p);
	sd_buf_ch(&b, 'f');
	err = sd_probe_parse(sd_buf_cstr(&b), &p);
	assert_non_null(err);
	sd_err_free(err);
	sd_buf_deinit(&b);
}

/* ---- files ---- */

static void files(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf# probes of the store \\\n"
		"\n"
		"slow: main.(*Store).Get{key} if duration() > 10ms # slow ones\r\n"
		"  \t\n"
		"app.go:40 \"# is {x} # no comment\" \\\n"
		"\tif x == \"#\" && \\\n"
		"\ty # but this is\n"
		"  # nor is \\\n"
		"f::{closure#0} {x};rate=5 # c\n"
		"/a #b/ if x#c\n"
		"last: main.f;log";
	static const struct {
		u32 line;
		const char *spec;
	} want[] = {
		{3, "slow: name <main.(*Store).Get> {key} if duration() > 10ms"},
		{5,
		 "line <app.go> line 40 template [# is ] {x} [ # no comment] if x == \"#\" && y"},
		{9, "name <f::{closure#0}> {x} ; rate 5 5"},
		{10, "regex <a #b> if x"},
		{11, "last: name <main.f> ; log"},
	};
	struct sd_probe_file f;
	struct sd_err *err = sd_probe_file_parse("p", text, sizeof(text) - 1, &f);

	if (err)
		fail_msg("%s", err->msg);
	assert_int_equal(f.n, SD_ARRAY_SIZE(want));
	for (u32 i = 0; i < f.n; i++) {
		struct sd_buf b = {0};

		print_spec(&f.probes[i].spec, &b);
		assert_string_equal(sd_buf_cstr(&b), want[i].spec);
		assert_int_equal(f.probes[i].place.lines[0].line, want[i].line);
		sd_buf_deinit(&b);
	}
	sd_probe_file_deinit(&f);
}

static void file_errors(void **state)
{
	static const char text[] = "a: main.f{x and y}\n"
				   "b: main.g\n"
				   "main.h{x} \\\r\n"
				   "  if x = \\\n"
				   "  1\n"
				   "b: main.i\n"
				   "main.f\0{x}\n"
				   "main.j; rate=5 bogus\n"
				   "main.k{x\\\n"
				   ",y # never closed\n"
				   "main.l{x} # why \\\n"
				   "if x == 1\n";
	static const struct {
		const char *msg, *text;
		int start, end;
	} want[] = {
		{"d/p:1: did you mean '&&'?", "a: main.f{x and y}", 12, 15},
		{"d/p:4: did you mean '=='?", "  if x = \\", 7, 8},
		{"d/p:6: line 2 has a probe called 'b' too", "b: main.i", 0, 1},
		{"d/p:7: a NUL byte", "main.f", 6, 7},
		{"d/p:8: no option of a probe is called 'bogus'", "main.j; rate=5 bogus", 15, 20},
		{"d/p:10: unexpected '#' where ',' or '}' should be", ",y # never closed", 3, 4},
		{"d/p:11: a comment ends the probe, and the line goes on", "main.l{x} # why \\", 10,
		 11},
	};
	struct sd_probe_file f;
	struct sd_err *err = sd_probe_file_parse("d/p", text, sizeof(text) - 1, &f), *e = err;

	for (size_t i = 0; i < SD_ARRAY_SIZE(want); i++, e = e->next) {
		assert_non_null(e);
		assert_string_equal(e->msg, want[i].msg);
		assert_string_equal(e->text, want[i].text);
		assert_int_equal(e->span_start, want[i].start);
		assert_int_equal(e->span_end, want[i].end);
	}
	assert_null(e);
	sd_err_free(err);

	err = sd_probe_file_parse("p", "# nothing\n", 10, &f);
	assert_non_null(err);
	assert_string_equal(err->msg, "p: no probe in it");
	sd_err_free(err);
}

static void file_limits(void **state)
{
	struct sd_buf b = {0};
	struct sd_probe_file f;
	struct sd_err *err, *e;
	u32 n = 0;

	for (u32 i = 0; i < SD_PROBE_FILE_PROBES; i++)
		sd_buf_printf(&b, "n%u: f%u\n", i, i);
	assert_null(sd_probe_file_parse("p", b.p, b.n, &f));
	assert_int_equal(f.n, SD_PROBE_FILE_PROBES);
	sd_probe_file_deinit(&f);
	sd_buf_str(&b, "g");
	err = sd_probe_file_parse("p", b.p, b.n, &f);
	assert_string_equal(err->msg, "p:4097: more than 4096 probes");
	sd_err_free(err);

	b.n = 0;
	for (u32 i = 0; i < 5000; i++)
		sd_buf_str(&b, "f{\n");
	err = sd_probe_file_parse("p", b.p, b.n, &f);
	for (e = err; e; e = e->next)
		n++;
	assert_int_equal(n, SD_PROBE_FILE_ERRORS + 1);
	sd_err_free(err);

	b.n = 0;
	for (u32 i = 0; i < SD_PROBE_FILE_SIZE / 16 + 1; i++)
		sd_buf_str(&b, "###############\n");
	err = sd_probe_file_parse("p", b.p, b.n, &f);
	assert_string_equal(err->msg, "p: a file of probes is at most 1048576 bytes");
	sd_err_free(err);
	sd_buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates),   cmocka_unit_test(all_formats),
		cmocka_unit_test(probes),      cmocka_unit_test(refuses),
		cmocka_unit_test(bounded),     cmocka_unit_test(files),
		cmocka_unit_test(file_errors), cmocka_unit_test(file_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
