/* SPDX-License-Identifier: BSD-2-Clause */
/* Go source: which blocks functions have, and where what is declared and assigned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "lang/go/source.h"

/*
 * What is known of a text, as text. A function is `func 1-9`, with ` goto`. A block is its letter
 * (P plain, F literal, L loop, H header, B branch), its lines, `^` and its parent, `!` if it leaves
 * and `|` if it falls through. A use is + (declares), = or . (assigns a part) and the name, `:` and
 * its line if it is not the statement's first, `/` and the statement's lines, `@` and the block,
 * `s` of a step.
 */
static void tell(const struct sd_go_source *src, struct sd_buf *b)
{
	for (u32 f = 0; f < src->nfuncs; f++) {
		const struct sd_go_source_func *fn = &src->funcs[f];

		sd_buf_printf(b, "%sfunc %u-%u%s", f ? "\n" : "", fn->first, fn->last,
			      fn->has_goto ? " goto" : "");
		for (u32 i = 0; i < fn->nblocks; i++) {
			const struct sd_go_block *k = &fn->blocks[i];

			sd_buf_printf(b, " %c%u-%u", "PFLHB"[k->kind], k -> first, k -> last);
			if (k->parent != SD_GO_NO_BLOCK)
				sd_buf_printf(b, "^%u", k->parent);
			sd_buf_printf(b, "%s%s", k->leaves ? "!" : "", k->falls_through ? "|" : "");
		}
		for (u32 i = 0; i < fn->nuses; i++) {
			const struct sd_go_use *u = &fn->uses[i];

			sd_buf_printf(b, " %c%s", "+=.&("[u->kind], u -> name);
			if (u->line != u->first)
				sd_buf_printf(b, ":%u", u->line);
			sd_buf_printf(b, "/%u-%u@%u%s", u->first, u->last, u->block,
				      u->step ? "s" : "");
		}
	}
}

static void check_text(const char *text, const char *want)
{
	struct sd_arena arena = {0};
	struct sd_go_source *src;
	struct sd_buf b = {0};
	struct sd_err *err = sd_go_source_read(text, strlen(text), &arena, &src);

	if (err)
		fail_msg("%s: in %s", err->msg, text);
	tell(src, &b);
	if (strcmp(sd_buf_cstr(&b), want))
		fail_msg("of\n%s\nis said\n%s\nnot\n%s", text, sd_buf_cstr(&b), want);
	sd_buf_deinit(&b);
	sd_arena_deinit(&arena);
}

/* Statements from line 2 on, in a function that ends on the line `last`: what is known besides the
 * function itself. */
static void check_body(const char *body, u32 last, const char *want)
{
	struct sd_buf text = {0}, all = {0};

	sd_buf_printf(&text, "func f() {\n%s\n}\n", body);
	sd_buf_printf(&all, "func 1-%u P1-%u%s%s", last, last, *want ? " " : "", want);
	check_text(sd_buf_cstr(&text), sd_buf_cstr(&all));
	sd_buf_deinit(&text);
	sd_buf_deinit(&all);
}

static void test_functions(void **state)
{
	(void)state;
	check_text("", "");
	check_text("package p\n", "");
	check_text("\xef\xbb\xbfpackage p\nimport (\n\"fmt\"\n)\nvar x = func() { y = 1 }\n"
		   "type T struct {\n a int }\nconst c = 1\nfunc asm(a int)\nfunc f() {}",
		   "func 10-10 P10-10");
	check_text("func f(a, b int, c ...string) (d int, err error) {\n}",
		   "func 1-2 P1-2 +a/1-1@0 +b/1-1@0 +c/1-1@0 +d/1-1@0 +err/1-1@0");
	check_text("func (r *T) m(\n\ta []int,\n\t_ int,\n) (x [2]int) {\n}",
		   "func 1-5 P1-5 +r/1-4@0 +a:2/1-4@0 +x:4/1-4@0");
	check_text("func (r T[K, V]) m() {}", "func 1-1 P1-1 +r/1-1@0");
	check_text("func (T[K]) m(int, p.T, G[int], *q, [4]int, func(n int) error) (p.T, G[x]) {}",
		   "func 1-1 P1-1");
	check_text("func f[K comparable, V interface{ ~int | string }](m map[K]V, s G[K]) {}",
		   "func 1-1 P1-1 +m/1-1@0 +s/1-1@0");
	check_text("func f(a [n]int, b func(c int) (d, e int), g chan<- int, h <-chan int) func(i "
		   "int) {}",
		   "func 1-1 P1-1 +a/1-1@0 +b/1-1@0 +g/1-1@0 +h/1-1@0");
	check_text("func f() struct{ a int } { x = 1 }; func g() interface{} {\n}\n",
		   "func 1-1 P1-1 =x/1-1@0\nfunc 1-2 P1-2");
	check_text("func f() map[string][]*T { x = 1 }", "func 1-1 P1-1 =x/1-1@0");
	check_text("func f(été int) { été++ }", "func 1-1 P1-1 +été/1-1@0 =été/1-1@0");
}

static void test_assignments(void **state)
{
	(void)state;
	check_body("x = 1", 3, "=x/2-2@0");
	check_body("x += 1; x -= 1; x *= 1; x /= 1; x %= 1; x &= 1; x |= 1; x ^= 1", 3,
		   "=x/2-2@0 =x/2-2@0 =x/2-2@0 =x/2-2@0 =x/2-2@0 =x/2-2@0 =x/2-2@0 =x/2-2@0");
	check_body("x <<= 1; x >>= 1; x &^= 1; x++; x--", 3,
		   "=x/2-2@0 =x/2-2@0 =x/2-2@0 =x/2-2@0 =x/2-2@0");
	check_body("x == 1; x <- 1; x(1); <-x; x != y; x &^ 1; x <= 1; x << 1", 3, "");
	check_body("x.y(); x.f.y(1,\n2); x[i].y(); x.y; y(); z = x.y(w.v())", 4,
		   "(x/2-2@0 (x/2-3@0 (x/3-3@0 =z/3-3@0 (x/3-3@0 (w/3-3@0");
	check_body("(x) = 1; ((x)) = 1; _ = 1; _, y = 1, 2", 3, "=x/2-2@0 =x/2-2@0 =y/2-2@0");
	check_body("a, b = b, a\na,\n\tb =\n\tb,\n\ta", 7, "=a/2-2@0 =b/2-2@0 =a/3-6@0 =b:4/3-6@0");
	check_body("x.f = 1; x[i] = 1; x.f[i].g++; x[i][j].k += 1; (x).f = 1; (x.f).g = 1", 3,
		   ".x/2-2@0 .x/2-2@0 .x/2-2@0 .x/2-2@0 .x/2-2@0 .x/2-2@0");
	check_body("x[1:2][0] = 1; p.x, q[i], r = f()", 3, ".x/2-2@0 .p/2-2@0 .q/2-2@0 =r/2-2@0");
	check_body("*p = 1; (*p).f = 1; **p = 1; *p.f = 1; *f() = 1; f().x = 1; f()[0] = 1", 3, "");
	check_body("(*p)[0] = 1; x.(*T).f = 1; (<-c).f = 1; T{}.x = 1; []int{1}[0] = 2", 3, "");
	check_body("*&x = 1; (&x).f = 1; (*&x).f = 1; *&x.f = 1; (&x)[0]++; *(&(x)) = 1", 3,
		   "&x/2-2@0 =x/2-2@0 &x/2-2@0 .x/2-2@0 &x/2-2@0 .x/2-2@0 &x/2-2@0 .x/2-2@0 "
		   "&x/2-2@0 .x/2-2@0 &x/2-2@0 =x/2-2@0");
	check_body("f(&x, &y.a, &z[0], &T{}, -x)\np := &\n(x)", 5,
		   "&x/2-2@0 &y/2-2@0 &z/2-2@0 +p/3-4@0 &x:4/3-3@0");
	check_body("x = <-c; x, ok = <-c; x, ok := m[k]", 3,
		   "=x/2-2@0 =x/2-2@0 =ok/2-2@0 +x/2-2@0 +ok/2-2@0");
	check_body("x = f(\n1,\n`a\nb`,\n)\ny = 2", 8, "=x/2-6@0 =y/7-7@0");
	check_body("x = 1 + // y = 2\n2 /* z = 3\n */\ny = 4", 6, "=x/2-3@0 =y/5-5@0");
	check_body("x = y /* a\n b */ z = 1", 4, "=x/2-2@0 =z/3-3@0");
	check_body("x =\n`a\n}` + \"}\\\"\" + string('}') + string('\\'')\ny = 1", 6,
		   "=x/2-4@0 =y/5-5@0");
	check_body("x = 1e+5+0x1p-2+0x1e+y+.5e-3+1_000i+'a'\ny = a[1:]\nz = 1.", 5,
		   "=x/2-2@0 =y/3-3@0 =z/4-4@0");
}

static void test_declarations(void **state)
{
	(void)state;
	check_body("x := 1\nx, y := 1, 2\nx, z := 1, 2\n{\nx, y := 1, 2\n}", 8,
		   "P5-7^0 +x/2-2@0 =x/3-3@0 +y/3-3@0 =x/4-4@0 +z/4-4@0 +x/6-6@1 +y/6-6@1");
	check_text("func f(a int) (b int) {\na, b, c := 1, 2, 3\n}",
		   "func 1-3 P1-3 +a/1-1@0 +b/1-1@0 =a/2-2@0 =b/2-2@0 +c/2-2@0");
	check_text("func f() {\nx := 1\n}\nfunc g() {\nx := 1\n}",
		   "func 1-3 P1-3 +x/2-2@0\nfunc 4-6 P4-6 +x/5-5@0");
	check_body("var x int\nvar y, z = 1,\n2\nvar w []func(a int) T = nil\nvar _ = 1", 7,
		   "+x/2-2@0 +y/3-4@0 +z/3-4@0 +w/5-5@0");
	check_body("var (\na = 1\nb, c int\nd =\n3\n); var ()\nconst (\ne = iota\ng\n)", 12,
		   "+a/3-3@0 +b/4-4@0 +c/4-4@0 +d/5-6@0 +e/9-9@0 +g/10-10@0");
	check_body("type T struct {\na int\n}\ntype (\nU = int\nV[P any] []P\n)\nx = 1", 10,
		   "=x/9-9@0");
	check_body(
		"x := T{a: 1, b: {2, 3}, c: []int{4}, d: map[string]struct{ e int }{\"a\": {1}}}",
		3, "+x/2-2@0");
	check_body("x := [...]T{\n{1},\n}\ny := [2][2]int{{1, 2}}\nz := pkg.T[int, []string]{a: 1}",
		   7, "+x/2-4@0 +y/5-5@0 +z/6-6@0");
	check_body(
		"x := interface{}(1)\ny := struct{}{}\nz := chan<- int(nil)\nw := (<-chan int)(c)",
		6, "+x/2-2@0 +y/3-3@0 +z/4-4@0 +w/5-5@0");
}

static void test_if(void **state)
{
	(void)state;
	check_body("if a {\n}", 4, "H2-3^0 B2-3^1");
	check_body("if x := f(); x > 0 {\nx = 1\n} else if y := 2; y == x {\ny++\nreturn\n} else "
		   "{\nz = 1\n}",
		   10,
		   "H2-9^0 B2-4^1 B4-9^1 H4-9^3 B4-7^4! B7-9^4 +x/2-2@1 =x/3-3@2 +y/4-4@4 =y/5-5@5 "
		   "=z/8-8@6");
	check_body("if x := f()\nx > 0 {\n} else { x = 1 }", 5,
		   "H2-4^0 B3-4^1 B4-4^1 +x/2-2@1 =x/4-4@3");
	check_body("if v, ok := m[k]; ok && (T{1} == v) {\n}", 4,
		   "H2-3^0 B2-3^1 +v/2-2@1 +ok/2-2@1");
	check_body("if x == (T{1}) || f(T{1}) || [1]T{} == y || m[T{}] {\nx = 1\n}", 5,
		   "H2-4^0 B2-4^1 =x/3-3@2");
	check_body("if struct{ a int }{1} == x { y = 1 }", 3, "H2-2^0 B2-2^1 =y/2-2@2");
	check_body("if f := func() bool { g = 1; return T{} == h }; f() { y = 1 }", 3,
		   "H2-2^0 F2-2^1 B2-2^1 +f/2-2@1 =g/2-2@2 =y/2-2@3");
	check_body("if len([]byte(s)) > 0 && x[a] == b { y = 1 }", 3, "H2-2^0 B2-2^1 =y/2-2@2");
	check_body("if err := f(); err != nil {\npanic(err)\n}\nif a {\npanic(1); x = 1\n}", 8,
		   "H2-4^0 B2-4^1! H5-7^0 B5-7^3 +err/2-2@1 =x/6-6@4");
}

static void test_for(void **state)
{
	(void)state;
	check_body("for {\nx = 1\n}", 5, "L2-4^0 P2-4^1 =x/3-3@2");
	check_body("for x < T[1] {\n}", 4, "L2-3^0 P2-3^1");
	check_body("for i := 0; i < n; i++ {\ni, j := 1, 2\n}", 5,
		   "L2-4^0 P2-4^1 +i/2-2@1 =i/2-2@1s +i/3-3@2 +j/3-3@2");
	check_body("for i, j = 0,\n1; ; i, a[j] = i+1,\n2 {\n}", 6,
		   "L2-5^0 P4-5^1 =i/2-3@1 =j/2-3@1 =i/3-4@1s .a/3-4@1s");
	check_body("for ; ; {\n}\nfor ; x < 1; {\n}\nfor ; ; x++ {\n}\nfor x = 0; x < 1; {\n}", 10,
		   "L2-3^0 P2-3^1 L4-5^0 P4-5^3 L6-7^0 P6-7^5 L8-9^0 P8-9^7 =x/6-6@5s =x/8-8@7");
	check_body("for i, x := range []int{1, 2} {\n}\nfor i = range a {\n}\nfor range c {\n}", 8,
		   "L2-3^0 P2-3^1 L4-5^0 P4-5^3 L6-7^0 P6-7^5 +i/2-2@1 +x/2-2@1 =i/4-4@3");
	check_body("for _, c := range []byte(s) {\nx = c\n}\nfor i := range 10 {\n}", 7,
		   "L2-4^0 P2-4^1 L5-6^0 P5-6^3 +c/2-2@1 =x/3-3@2 +i/5-5@3");
	check_body("for x.f, a[i] = range y {\n}\nfor i := range func(yield func(int) bool) {\nz = "
		   "1\n} {\n}",
		   8,
		   "L2-3^0 P2-3^1 L4-7^0 F4-6^3 P6-7^3 .x/2-2@1 .a/2-2@1 +i/4-6@3 +yield/4-4@4 "
		   "=z/5-5@4");
	check_body("for k, v := range map[string]T{\n\"a\": {},\n} {\n}", 6,
		   "L2-5^0 P4-5^1 +k/2-4@1 +v/2-4@1");
}

static void test_leaves(void **state)
{
	(void)state;
	/* of the loop itself: what is behind it is reached */
	check_body("for {\nx = 1\nbreak\n}", 6, "L2-5^0 P2-5^1 =x/3-3@2");
	check_body("for {\nif a { continue }\nif b { break }\nreturn\n}", 7,
		   "L2-6^0 P2-6^1 H3-3^2 B3-3^3! H4-4^2 B4-4^5!");
	check_body("for {\nif a { return }\nreturn;\n}", 6, "L2-5^0 P2-5^1! H3-3^2 B3-3^3!");
	/* of one around it */
	check_body("L:\nfor {\nfor {\nbreak L\n}\n}", 8, "L3-7^0 P3-7^1 L4-6^2 P4-6^3!");
	check_body("L:\nfor {\nfor {\ncontinue L\n}\nreturn\n}", 9, "L3-8^0 P3-8^1 L4-6^2 P4-6^3!");
	check_body("L: M: for {\nfor {\nbreak M\n}\n}", 7, "L2-6^0 P2-6^1 L3-5^2 P3-5^3!");
	/* a switch's own break */
	check_body("for {\nswitch {\ncase a:\nbreak\ncase b:\ncontinue\ncase c:\nif d { break "
		   "}\nreturn\n"
		   "default:\nreturn\n}\n}",
		   15, "L2-14^0 P2-14^1 H3-13^2 B4-5^3 B6-7^3! B8-10^3 H9-9^6 B9-9^7! B11-12^3!");
	check_body("S: switch {\ncase a:\nfor { break S }\nreturn\ncase b: func() { break "
		   "}()\nreturn\n}",
		   9, "H2-8^0 B3-5^1 L4-4^2 P4-4^3! B6-7^1! F6-6^5");
	check_body("{\nx = 1\nreturn\n}\n{\n}", 8, "P2-5^0! P6-7^0 =x/3-3@1");
}

static void test_switch(void **state)
{
	(void)state;
	check_body("switch {\n}\nswitch x := f(); x {\n}\nselect {}", 7,
		   "H2-3^0 H4-5^0 H6-6^0 +x/4-4@2");
	check_body("switch x {\ncase 1, 2:\na = 1\nfallthrough\n\n// c\ncase f(func() { b = 1 }):\n"
		   "default:\nc = 1\n}",
		   12, "H2-11^0 B3-7^1| B8-8^1 F8-8^3 B9-10^1 =a/4-4@2 =b/8-8@4 =c/10-10@5");
	check_body("switch x { case 1: a = 1; case 2: b = 2 }", 3,
		   "H2-2^0 B2-2^1 B2-2^1 =a/2-2@2 =b/2-2@3");
	check_body("switch y := x.(type) {\ncase int, []T, map[K]V, func(int) T, *T, struct{}, "
		   "interface{ M() }, chan<- int, <-chan int, nil:\ny, z := 1, 2\ncase T[int]:\n}",
		   7, "H2-6^0 B3-4^1 B5-5^1 +y/2-2@1 =y/4-4@2 +z/4-4@2");
	check_body("switch e := f(); e := e.(type) {\n}\nswitch x.(type) {\n}", 6,
		   "H2-3^0 H4-5^0 +e/2-2@1 +e/2-2@1");
	check_body("switch x := (T{1}); x.a {\ncase T{2}.a: x = 1\n}", 5,
		   "H2-4^0 B3-3^1 +x/2-2@1 =x/3-3@2");
	check_body(
		"select {\ncase v, ok := <-c:\nv, w := 1, 2\ncase x = <-c:\ncase a[i], p.f = <-c:\n"
		"case c <- 1:\ncase <-c:\ndefault:\n}",
		11,
		"H2-10^0 B3-4^1 B5-5^1 B6-6^1 B7-7^1 B8-8^1 B9-9^1 +v/3-3@2 +ok/3-3@2 =v/4-4@2 "
		"+w/4-4@2 =x/5-5@3 .a/6-6@4 .p/6-6@4");
	check_body("switch x {\ncase 1:\nL:\ndefault:\nM: ;\n}", 8, "H2-7^0 B3-4^1 B5-6^1");
}

static void test_literals(void **state)
{
	(void)state;
	check_body("f := func(a, b int) (c int) {\na = 1\nf = nil\nreturn\n}", 7,
		   "F2-6^0 +f/2-6@0 +a/2-2@1 +b/2-2@1 +c/2-2@1 =a/3-3@1 =f/4-4@1");
	check_body("go func() {\nx++\n}()\ndefer func(y int) { y, z := 1, 2 }(1)", 6,
		   "F2-4^0 F5-5^0 =x/3-3@1 +y/5-5@2 =y/5-5@2 +z/5-5@2");
	check_body("return func() { x = 1 }, T{f: func() { y = 1 }}", 3,
		   "F2-2^0 F2-2^0 =x/2-2@1 =y/2-2@2");
	/* the literal comes before the b that is assigned by the statement that it stands in */
	check_body("a[func() int { x = 1; return 0 }()], b = 1, 2", 3,
		   "F2-2^0 .a/2-2@0 =x/2-2@1 =b/2-2@0");
	check_body("var f func(a int) = func(b int) {\n}\nvar g = []func(){func() { x = 1 }, nil}",
		   5, "F2-3^0 F4-4^0 +f/2-3@0 +b/2-2@1 +g/4-4@0 =x/4-4@2");
}

static void test_goto(void **state)
{
	(void)state;
	check_text("func f() {\nL:\nx = 1\ngoto L\n}\nfunc g() {\nL: for { break L }\n}",
		   "func 1-5 goto P1-5 =x/3-3@0\nfunc 6-8 P6-8 L7-7^0 P7-7^1");
	check_text("func f() {\nif a { goto L }\nL:\nx = 1\n}",
		   "func 1-5 goto P1-5 H2-2^0 B2-2^1! =x/4-4@0");
	check_text("func f() {\nx := func() T { goto L; L: return T{} }().a\n}",
		   "func 1-3 goto P1-3 F2-2^0 +x/2-2@0");
	check_text("func f() {\nf(func(int) {}, func(a int) { goto L\nL: }, g...)\n}",
		   "func 1-4 goto P1-4 F2-2^0 F2-3^0 +a/2-2@2");
}

static void check_refused(const char *text, size_t size, const char *why)
{
	struct sd_arena arena = {0};
	struct sd_go_source *src = NULL;
	struct sd_err *err = sd_go_source_read(text, size, &arena, &src);

	if (!err)
		fail_msg("is taken: %s", text);
	assert_null(src);
	assert_string_equal(err->msg, why);
	sd_err_free(err);
	sd_arena_deinit(&arena);
}

#define refused(text, why) check_refused((text), sizeof(text) - 1, (why))

static void test_refused(void **state)
{
	(void)state;
	refused("func f() {\n", "line 1: a bracket is not closed");
	refused("func f() {\n(}", "line 2: brackets do not match");
	refused("\n}", "line 2: a bracket has none before it that it closes");
	refused("x\n\"a\n\"", "line 2: a string has no end");
	refused("`a\n", "line 2: a string has no end");
	refused("'a", "line 1: a string has no end");
	refused("'a\\", "line 1: a string has no end");
	refused("/* \n *", "line 2: a comment has no end");
	refused("a\0b", "line 1: this is no Go");
	refused("#define x", "line 1: this is no Go");
	refused("func f() { a b }", "line 1: no Go that could be followed");
	refused("func f() {\nif x }", "line 2: no Go that could be followed");
	refused("func f() {\nif x\n}", "line 3: no Go that could be followed");
	refused("func f() { x = }", "line 1: no Go that could be followed");
	refused("func f() { switch x { y = 1 } }", "line 1: no Go that could be followed");
	refused("func f() { if x { } else y }", "line 1: no Go that could be followed");
	refused("func f() { var 1 }", "line 1: no Go that could be followed");
	refused("func f() {} func g() {}", "line 1: no Go that could be followed");
	refused("func", "line 1: the file ends here");
	refused("package p\n//line a.go:10\nfunc f() {}", "line 2: a line directive");
	refused("package p /*line a.go:10:1*/\nfunc f() {}", "line 1: a line directive");
	/* these are none */
	check_text("//line up\n //line a:1\nfunc f() {}", "func 3-3 P3-3");
}

static void check_deep(const char *open, const char *in, char close)
{
	for (int n = 900; n <= 2000; n += 1100) {
		struct sd_arena arena = {0};
		struct sd_go_source *src;
		struct sd_buf b = {0};
		struct sd_err *err;

		sd_buf_printf(&b, "func f() {");
		for (int i = 0; i < n; i++)
			sd_buf_printf(&b, "%s", open);
		sd_buf_printf(&b, "%s", in);
		for (int i = 0; i < n; i++)
			sd_buf_printf(&b, "%c", close);
		sd_buf_printf(&b, "}");
		err = sd_go_source_read(b.p, b.n, &arena, &src);
		if (n < 1000)
			assert_null(err);
		else
			assert_string_equal(err->msg, "line 1: brackets are nested too deep");
		sd_err_free(err);
		sd_buf_deinit(&b);
		sd_arena_deinit(&arena);
	}
}

static void test_deep(void **state)
{
	struct sd_buf b = {0};

	(void)state;
	check_deep("f(", "", ')');
	check_deep("[]T{", "", '}');
	check_deep("x = func() {", "", '}');
	check_deep("if x {", "", '}');
	check_deep("switch { case a: ", "", '}');
	check_deep("for {", "", '}');
	check_deep("a[", "0", ']');
	/* what needs no bracket has no bound */
	sd_buf_printf(&b, "func f() { if a { }");
	for (int i = 0; i < 5000; i++)
		sd_buf_printf(&b, " else if a { }");
	sd_buf_printf(&b, "\nx = ");
	for (int i = 0; i < 5000; i++)
		sd_buf_printf(&b, "-*&!y + ");
	sd_buf_printf(&b, "1 }");

	struct sd_arena arena = {0};
	struct sd_go_source *src;

	assert_null(sd_go_source_read(b.p, b.n, &arena, &src));
	assert_int_equal(src->funcs[0].nblocks, 1 + 5001 * 3 - 1);
	assert_int_equal(src->funcs[0].nuses, 1);
	sd_buf_deinit(&b);
	sd_arena_deinit(&arena);
}

static void test_at(void **state)
{
	static const char text[] = "package p\n"		 /* 1 */
				   "func f() {\n"		 /* 2: 0 */
				   "x := 1\n"			 /* 3 */
				   "if x > 1 {\n"		 /* 4: 1, with 2 */
				   "x = 2\n"			 /* 5 */
				   "} else {\n"			 /* 6: 3 begins where 2 ends */
				   "x = 3\n"			 /* 7 */
				   "}\n"			 /* 8 */
				   "f(func() { }, func() { })\n" /* 9 */
				   "for {\n"			 /* 10: 6, 7 */
				   "x = 4\n"			 /* 11 */
				   "switch {\n"			 /* 12: 8 */
				   "case a:\n"			 /* 13: 9 */
				   "x = 5\n"			 /* 14 */
				   "// c\n"			 /* 15 */
				   "case b:\n"			 /* 16: 10 */
				   "}\n"			 /* 17 */
				   "}\n"			 /* 18 */
				   "}; func g() {\n"		 /* 19 */
				   "}\n"			 /* 20 */
				   "\n"				 /* 21 */
				   "func h() {}\n";		 /* 22 */
	static const u32 want[] = {0, 0, 0, 0, 1, 2, 1, 3, 1, 0, 6, 7, 8, 9, 9, 9, 10, 8, 6, 0};
	struct sd_arena arena = {0};
	struct sd_go_source *src;

	(void)state;
	assert_null(sd_go_source_read(text, sizeof(text) - 1, &arena, &src));
	assert_int_equal(src->nfuncs, 3);
	assert_null(sd_go_source_func_at(src, 0));
	assert_null(sd_go_source_func_at(src, 1));
	assert_ptr_equal(sd_go_source_func_at(src, 2), &src->funcs[0]);
	assert_ptr_equal(sd_go_source_func_at(src, 18), &src->funcs[0]);
	assert_null(sd_go_source_func_at(src, 19)); /* there are two */
	assert_ptr_equal(sd_go_source_func_at(src, 20), &src->funcs[1]);
	assert_null(sd_go_source_func_at(src, 21));
	assert_ptr_equal(sd_go_source_func_at(src, 22), &src->funcs[2]);
	assert_null(sd_go_source_func_at(src, 23));
	for (u32 line = 2; line <= 19; line++)
		if (sd_go_source_block_at(&src->funcs[0], line) != want[line])
			fail_msg("line %u: block %u, not %u", line,
				 sd_go_source_block_at(&src->funcs[0], line), want[line]);
	assert_int_equal(sd_go_source_block_at(&src->funcs[0], 1), SD_GO_NO_BLOCK);
	assert_int_equal(sd_go_source_block_at(&src->funcs[0], 20), SD_GO_NO_BLOCK);
	sd_arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),    cmocka_unit_test(test_assignments),
		cmocka_unit_test(test_declarations), cmocka_unit_test(test_if),
		cmocka_unit_test(test_for),	     cmocka_unit_test(test_leaves),
		cmocka_unit_test(test_switch),	     cmocka_unit_test(test_literals),
		cmocka_unit_test(test_goto),	     cmocka_unit_test(test_refused),
		cmocka_unit_test(test_deep),	     cmocka_unit_test(test_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
