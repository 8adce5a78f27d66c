/* SPDX-License-Identifier: BSD-2-Clause */
/* expr: expressions → trees, their errors, and that trees print as text that parses back to them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr/expr.h"

/* ---- trees ---- */

static void sexp(const struct sd_expr *x, struct sd_buf *out)
{
	static const char *const kinds[] = {"int",    "float",	"string", "",	    "field",
					    "index",  "slice",	"unary",  "binary", "call",
					    "assert", "typeof", "type"};
	static const char *const ops[] = {
		[SD_XOP_NONE] = "",	[SD_XOP_DEREF] = "deref", [SD_XOP_ADDR] = "addr",
		[SD_XOP_NEG] = "neg",	[SD_XOP_NOT] = "not",	  [SD_XOP_COMPL] = "compl",
		[SD_XOP_MUL] = "*",	[SD_XOP_DIV] = "/",	  [SD_XOP_MOD] = "%",
		[SD_XOP_SHL] = "<<",	[SD_XOP_SHR] = ">>",	  [SD_XOP_BAND] = "&",
		[SD_XOP_BCLEAR] = "&^", [SD_XOP_ADD] = "+",	  [SD_XOP_SUB] = "-",
		[SD_XOP_BOR] = "|",	[SD_XOP_XOR] = "^",	  [SD_XOP_EQ] = "==",
		[SD_XOP_NE] = "!=",	[SD_XOP_LT] = "<",	  [SD_XOP_LE] = "<=",
		[SD_XOP_GT] = ">",	[SD_XOP_GE] = ">=",	  [SD_XOP_AND] = "&&",
		[SD_XOP_OR] = "||",
	};
	const struct sd_expr *const under[] = {x->a, x->b, x->c};

	switch (x->kind) {
	case SD_EXPR_INT:
		sd_buf_printf(out, "%s%llu",
			      x->rune	    ? "rune "
			      : x->duration ? "ns "
					    : "",
			      (unsigned long long)x->num);
		return;
	case SD_EXPR_FLOAT:
		sd_buf_printf(out, "%a", x->f);
		return;
	case SD_EXPR_STRING:
		sd_buf_ch(out, '"');
		for (u64 i = 0; i < x->n; i++)
			sd_buf_printf(out, x->str[i] >= ' ' ? "%c" : "<%02x>", (u8)x->str[i]);
		sd_buf_ch(out, '"');
		return;
	case SD_EXPR_NAME:
		sd_buf_str(out, x->str);
		return;
	case SD_EXPR_TYPE:
		sd_buf_printf(out, "<%s>", x->str);
		return;
	default:
		break;
	}
	sd_buf_printf(out, "(%s", x->op ? ops[x->op] : kinds[x->kind]);
	if (x->kind == SD_EXPR_TYPEOF)
		sd_buf_str(out, " typeof");
	for (size_t i = 0; i < 3; i++) {
		if (!under[i] && (x->kind != SD_EXPR_SLICE || !i))
			continue;
		sd_buf_ch(out, ' ');
		if (under[i])
			sexp(under[i], out);
		else
			sd_buf_ch(out, '_');
	}
	if (x->kind == SD_EXPR_FIELD)
		sd_buf_printf(out, " %s", x->str);
	for (u32 i = 0; i < x->nargs; i++) {
		sd_buf_ch(out, ' ');
		sexp(x->args[i], out);
	}
	sd_buf_ch(out, ')');
}

static void check_prints_back(const struct sd_expr *x)
{
	struct sd_buf b = {0};
	struct sd_arena arena = {0};
	struct sd_expr *again = NULL;
	struct sd_err *err;

	sd_expr_print(x, &b);
	err = sd_expr_parse_all(sd_buf_cstr(&b), &arena, &again);
	if (err)
		fail_msg("%s: %s", b.p, err->msg);
	if (!sd_expr_equal(x, again))
		fail_msg("another tree: %s", b.p);
	sd_arena_deinit(&arena);
	sd_buf_deinit(&b);
}

static void parses(void **state)
{
	static const struct {
		const char *text, *tree;
	} cases[] = {
		/* names, fields */
		{"x", "x"},
		{"~r0", "~r0"},
		{"~x", "(compl x)"},
		{"~r0x", "(compl r0x)"},
		{".dict", ".dict"},
		{"größe", "größe"},
		{"req.URL.Path", "(field (field req URL) Path)"},
		{"p->next -> x", "(field (field p next) x)"},
		{"ns::x", "(field ns x)"},
		{"ret.0", "(field ret 0)"},
		{"ret.1.x", "(field (field ret 1) x)"},
		{"t.0.1", "(field (field t 0) 1)"},
		{"\"net/http\".DefaultClient", "(field \"net/http\" DefaultClient)"},
		{"(*p).x", "(field (deref p) x)"},
		{"*p.x", "(deref (field p x))"},
		{"a\n.b", "(field a b)"},
		/* literals */
		{"0", "0"},
		{"0x2a", "42"},
		{"0b101", "5"},
		{"0o17", "15"},
		{"017", "15"},
		{"1_000", "1000"},
		{"0x_ff", "255"},
		{"18446744073709551615", "18446744073709551615"},
		{"-9223372036854775808", "(neg 9223372036854775808)"},
		{"1.5", "0x1.8p+0"},
		{".5", "0x1p-1"},
		{"1.", "0x1p+0"},
		{"1e3", "0x1.f4p+9"},
		{"0x1p-2", "0x1p-2"},
		{"0x1.8p1", "0x1.8p+1"},
		{"'a'", "rune 97"},
		{"'\\n'", "rune 10"},
		{"'\\''", "rune 39"},
		{"'\\xff'", "rune 255"},
		{"'é'", "rune 233"},
		{"'\\U0001f600'", "rune 128512"},
		{"10ms", "ns 10000000"},
		{"1.5s", "ns 1500000000"},
		{"100us", "ns 100000"},
		{"100µs", "ns 100000"},
		{"1h30m", "ns 5400000000000"},
		{"1m0.5s", "ns 60500000000"},
		{"0s", "ns 0"},
		{".5ms", "ns 500000"},
		{"2562047h", "ns 9223369200000000000"},
		{"\"a\\tb\\\"\\x00\\u00e9\\101\"", "\"a<09>b\"<00><c3><a9>A\""},
		{"`a\\b\"`", "\"a\\b\"\""},
		{"\"\"", "\"\""},
		/* precedence is Go's */
		{"a & b == c", "(== (& a b) c)"},
		{"a | b & c", "(| a (& b c))"},
		{"a + b * c", "(+ a (* b c))"},
		{"a - b - c", "(- (- a b) c)"},
		{"a << 1 + b", "(+ (<< a 1) b)"},
		{"a &^ b", "(&^ a b)"},
		{"a || b && c || d", "(|| (|| a (&& b c)) d)"},
		{"!a == b", "(== (not a) b)"},
		{"-a * b", "(* (neg a) b)"},
		{"a<-b", "(< a (neg b))"},
		{"a - -b", "(- a (neg b))"},
		{"+a", "a"},
		{"a*(b+c)", "(* a (+ b c))"},
		{"a < b == c", "(== (< a b) c)"},
		{"**p", "(deref (deref p))"},
		{"&x.y", "(addr (field x y))"},
		{"a&&&b", "(&& a (addr b))"},
		{"a ^ b", "(^ a b)"},
		{"a^^b", "(^ a (compl b))"},
		{"a && not_b", "(&& a not_b)"},
		/* what follows an operand */
		{"xs[0]", "(index xs 0)"},
		{"m[\"k\"].x", "(field (index m \"k\") x)"},
		{"xs[i+1][j]", "(index (index xs (+ i 1)) j)"},
		{"xs[1:2]", "(slice xs 1 2)"},
		{"xs[:]", "(slice xs _ _)"},
		{"xs[1:]", "(slice xs 1 _)"},
		{"xs[:n]", "(slice xs _ n)"},
		{"len(xs)", "(call len xs)"},
		{"goid()", "(call goid)"},
		{"strings.HasPrefix(a, \"b\")", "(call (field strings HasPrefix) a \"b\")"},
		{"err.Error()", "(call (field err Error))"},
		{"map[k]", "(index map k)"},
		{"func.x", "(field func x)"},
		/* types */
		{"err.(*net.OpError).Op", "(field (assert err <*net.OpError>) Op)"},
		{"x.(type) == *net.OpError", "(== typeof x <*net.OpError>)"},
		{"x.(type) != nil && y", "(&& (!= typeof x <nil>) y)"},
		{"y || x.( type )==T", "(|| y (== typeof x <T>))"},
		{"x.(type) == T == b", "(== (== typeof x <T>) b)"},
		{"x.(*github.com/a/b-c/v2.T)", "(assert x <*github.com/a/b-c/v2.T>)"},
		{"x.(*gopkg.in/yaml%2ev3.Node)", "(assert x <*gopkg.in/yaml%2ev3.Node>)"},
		{"x.(*\"gopkg.in/yaml.v3\".Node)", "(assert x <*gopkg.in/yaml.v3.Node>)"},
		{"x.(9fans.net/go/acme.Win)", "(assert x <9fans.net/go/acme.Win>)"},
		{"x.(main.Pair[int, string])", "(assert x <main.Pair[int,string]>)"},
		{"x.(main.P[main.Q[int],[]*T])", "(assert x <main.P[main.Q[int],[]*T]>)"},
		{"x.([] byte)", "(assert x <[]byte>)"},
		{"x.([4]int)", "(assert x <[4]int>)"},
		{"x.(map[ string ][]int)", "(assert x <map[string][]int>)"},
		{"x.(chan int)", "(assert x <chan int>)"},
		{"x.(<-chan int)", "(assert x <<-chan int>)"},
		{"x.(chan<- int)", "(assert x <chan<- int>)"},
		{"x.(chan (<-chan int))", "(assert x <chan (<-chan int)>)"},
		{"x.(func())", "(assert x <func()>)"},
		{"x.(func(int,...string) (bool,error))",
		 "(assert x <func(int, ...string) (bool, error)>)"},
		{"x.(func() (int))", "(assert x <func() int>)"},
		{"x.(func(func(int, int)) (func(int, int)))",
		 "(assert x <func(func(int, int)) func(int, int)>)"},
		{"x.(struct{})", "(assert x <struct {}>)"},
		{"x.(struct{X int;Y string `json:\"y\"`;T})",
		 "(assert x <struct { X int; Y string \"json:\\\"y\\\"\"; T }>)"},
		{"x.(interface{})", "(assert x <interface {}>)"},
		{"x.(interface{M(int) error; N()})",
		 "(assert x <interface { M(int) error; N() }>)"},
		{"float64(x)", "(call float64 x)"},
		{"[]byte(s)[0]", "(index (call <[]byte> s) 0)"},
		{"(*main.T)(p).x", "(field (call <*main.T> p) x)"},
		{"(main.T)(p)", "(call (field main T) p)"},
		{"map[string]int(m)", "(call <map[string]int> m)"},
		{"main.Pair[int,string](x).a", "(field (call <main.Pair[int,string]> x) a)"},
		{"(github.com/a/b.T)(x)", "(call <github.com/a/b.T> x)"},
		{"(func(int) bool)(f) != nil", "(!= (call <func(int) bool> f) nil)"},
		{"time.Duration(x) > 10ms", "(> (call (field time Duration) x) ns 10000000)"},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
		struct sd_arena arena = {0};
		struct sd_expr *x = NULL;
		struct sd_buf b = {0};
		struct sd_err *err = sd_expr_parse_all(cases[i].text, &arena, &x);

		if (err)
			fail_msg("%s: %s (%d..%d)", cases[i].text, err->msg, err->span_start,
				 err->span_end);
		sexp(x, &b);
		assert_string_equal(sd_buf_cstr(&b), cases[i].tree);
		assert_int_equal(x->start, 0);
		assert_int_equal(x->end, strlen(cases[i].text));
		check_prints_back(x);
		sd_buf_deinit(&b);
		sd_arena_deinit(&arena);
	}
}

static void spans(void **state)
{
	struct sd_arena arena = {0};
	struct sd_expr *x;
	u32 end;

	/* one that begins and ends inside of a text: blanks behind it are not part of it */
	assert_null(sd_expr_parse("{ (a + bc)*len( d ) , e}", 1, &arena, &x, &end));
	assert_int_equal(x->start, 2);
	assert_int_equal(x->end, 19);
	assert_int_equal(end, 19);
	assert_int_equal(x->a->start, 2);
	assert_int_equal(x->a->end, 10);
	assert_int_equal(x->a->b->start, 7);
	assert_int_equal(x->a->b->end, 9);
	assert_int_equal(x->b->start, 11);
	assert_int_equal(x->b->args[0]->start, 16);
	assert_int_equal(x->b->args[0]->end, 17);
	sd_arena_deinit(&arena);
}

/* ---- errors: the caret and what is said ---- */

static void refuses(void **state)
{
	static const struct {
		const char *text, *carets, *msg;
	} cases[] = {
		{"", "^", "the text ends where an operand should be"},
		{"a +", "   ^", "the text ends where an operand should be"},
		{"a = 1", "  ^", "did you mean '=='?"},
		{"a === 1", "  ^^^", "did you mean '=='?"},
		{"a !== 1", "  ^^^", "did you mean '!='?"},
		{"a <> 1", "  ^^", "did you mean '!='?"},
		{"a += 1", "  ^^", "'+=' assigns"},
		{"a := 1", "  ^^", "':=' assigns"},
		{"a++", " ^^", "'++' assigns"},
		{"--a", "^^", "'--' assigns"},
		{"a and b", "  ^^^", "did you mean '&&'?"},
		{"a or b", "  ^^", "did you mean '||'?"},
		{"not a", "^^^", "did you mean '!'?"},
		{"a && not(b)", "     ^^^", "did you mean '!'?"},
		{"x as u32", "  ^^", "uint32(x)"},
		{"a =~ \"b\"", "  ^^", "matches("},
		{"a ? b : c", "  ^", "there is no '?'"},
		{"a b", "  ^", "unexpected 'b' behind the expression"},
		{"(int)x", "     ^", "unexpected 'x' behind"},
		{"(a", "^", "'(' is never closed"},
		{"f(a, b", " ^", "'(' is never closed"},
		{"f(a b)", "    ^", "unexpected 'b' where ',' or ')' should be"},
		{"f(a,)", "    ^", "unexpected ')' where an operand should be"},
		{"xs[1", "  ^", "'[' is never closed"},
		{"xs[]", "  ^^", "an index is missing"},
		{"xs[1:2:3]", "      ^", "two bounds"},
		{"a)", " ^", "')' was never opened"},
		{"a]", " ^", "']' was never opened"},
		{"(a]", "  ^", "unexpected ']' where ')' should be"},
		{"\"abc", "^^^^", "the string is never closed"},
		{"'abc'", "^^^^^", "strings are written \"...\""},
		{"''", "^^", "no character"},
		{"'a", "^^", "never closed"},
		{"\"\\q\"", " ^^", "unknown escape '\\q'"},
		{"\"\\xg1\"", " ^^^", "2 hexadecimal digits"},
		{"\"\\ud800\"", " ^^^^^^", "U+D800 is no character"},
		{"\"\\400\"", " ^^^^", "octal escapes end"},
		{"10ux", "^^^^", "malformed number '10ux'"},
		{"1__0", "^^^^", "malformed number"},
		{"0x", "^^", "malformed number"},
		{"08", "^^", "octal digits end at 7"},
		{"18446744073709551616", "^^^^^^^^^^^^^^^^^^^^", "larger than 64 bits"},
		{"1e400", "^^^^^", "larger than any"},
		{"1.5ns", "^^^^^", "not a whole number of nanoseconds"},
		{"1m1h", "^^^^", "from large to small"},
		{"1h30", "^^^^", "a unit is missing"},
		{"9999999999999h", "^^^^^^^^^^^^^^", "292 years"},
		{"a.", "  ^", "the text ends where a field's name should be"},
		{"a.(", "   ^", "the text ends where a type should be"},
		{"a.(int", "  ^", "'(' is never closed"},
		{"a.00", "  ^^", "malformed number of a field"},
		{"a.(type)", "^^^^^^^^", ".(type) is only compared with a type"},
		{"!a.(type) == T", " ^^^^^^^^", "only compared with a type"},
		{"a.(type) + 1 == T", "^^^^^^^^", "only compared with a type"},
		{"T == a.(type)", "     ^^^^^^^^", "only compared with a type"},
		{"a.(type) == 5", "            ^", "unexpected '5' where a type should be"},
		{"a.(type) == T + 1", "              ^", "unexpected '+' behind a type"},
		{"a.(func(x int))", "          ^^^", "names of parameters are left out"},
		{"f(1)(2)", "^^^^", "only types and the functions of sonde-expr(7) are called"},
		{"<-c", "^^", "nothing can be received"},
		{"m[\\\"k\\\"]", "  ^^", "quotes need no backslash"},
		{"a == “b”", "     ^^^", "typographic quote"},
		{"a # b", "  ^", "unexpected '#' behind the expression"},
		{"a == \x01", "     ^", "unexpected byte 0x01"},
		{"a == \xff", "     ^", "unexpected byte 0xff"},
		{"a.b.(x.y", "    ^", "'(' is never closed"},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
		struct sd_arena arena = {0};
		struct sd_expr *x = NULL;
		struct sd_err *err = sd_expr_parse_all(cases[i].text, &arena, &x);
		int start = (int)strspn(cases[i].carets, " ");
		int end = (int)strlen(cases[i].carets);

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
		sd_arena_deinit(&arena);
	}
}

/* What is nested n times, or strung together. */
static char *repeated(const char *head, u32 n, const char *middle, const char *tail)
{
	struct sd_buf b = {0};

	for (u32 i = 0; i < n; i++)
		sd_buf_str(&b, head);
	sd_buf_str(&b, middle);
	for (u32 i = 0; i < n; i++)
		sd_buf_str(&b, tail);
	sd_buf_ch(&b, '\0');
	return b.p;
}

static void limits(void **state)
{
	static const struct {
		const char *head;
		u32 n;
		const char *middle, *tail;
		const char *msg; /* NULL: fine */
	} cases[] = {
		{"-(", 63, "x", ")", NULL},
		{"-(", 64, "x", ")", "nested deeper than 64"},
		{"x + (", 63, "x", ")", NULL},
		{"x + (", 64, "x", ")", "nested deeper than 64"},
		{"x + ", 63, "x", "", NULL},
		{"x + ", 64, "x", "", "nested deeper than 64"},
		{"", 63, "x", ".y", NULL},
		{"", 64, "x", ".y", "nested deeper than 64"},
		{"!", 63, "x", "", NULL},
		{"!", 64, "x", "", "nested deeper than 64"},
		{"f(", 63, "x", ")", NULL},
		{"f(", 100, "x", ")", "nested deeper than 64"},
		{"x[", 63, "1", "]", NULL},
		{"x[", 5000, "1", "]", "more than 512 parts"},
		{"(", 200, "x", ")", NULL},
		{"(", 100000, "x", ")", "nested deeper than 256 levels"},
		{"!", 100000, "x", "", "nested deeper than 256 levels"},
		{"x.(", 1, "*T", ")", NULL},
		{"[]", 100000, "x", "(y)", "unexpected '['"},
		{"map[", 3000, "x", "]", "more than 512 parts"},
		{"f(x, x, x, x, x, x, x, x) + ", 63, "x", "", "more than 512 parts"},
		{"f(", 1, "x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x", ")",
		 "too many arguments"},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
		char *text = repeated(cases[i].head, cases[i].n, cases[i].middle, cases[i].tail);
		struct sd_arena arena = {0};
		struct sd_expr *x = NULL;
		struct sd_err *err = sd_expr_parse_all(text, &arena, &x);

		if (!err != !cases[i].msg || (err && !strstr(err->msg, cases[i].msg)))
			fail_msg("%zu (%s): %s", i, cases[i].head, err ? err->msg : "taken");
		if (!err) {
			assert_true(x->height <= SD_EXPR_DEPTH);
			check_prints_back(x);
		}
		sd_err_free(err);
		sd_arena_deinit(&arena);
		free(text);
	}
}

/* ---- random trees print and parse back equal ---- */

static u64 seed;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(seed >> 33) % n;
}

static struct sd_expr *leaf(struct sd_arena *arena)
{
	static const char *const names[] = {"x",    "ret", "nil",   "~r0", ".dict", "map",
					    "func", "r0",  "größe", "if",  "not"};
	static const char *const strings[] = {"", "a\"b\\", "\n\x01\x7f\xff", "\xc3\xa9",
					      "net/http"};
	struct sd_expr *x = sd_arena_new(arena, struct sd_expr);

	switch (rnd(5)) {
	case 0:
		x->num = rnd(2) ? rnd(20) : (u64)rnd(~0U) << rnd(32);
		x->duration = !rnd(3) && x->num <= INT64_MAX;
		break;
	case 1:
		x->rune = true;
		do {
			x->num = rnd(2) ? rnd(256) : rnd(0x110000);
		} while (x->num >= 0xd800 && x->num < 0xe000);
		break;
	case 2:
		x->kind = SD_EXPR_FLOAT;
		x->f = (double)rnd(1000000) / (rnd(1000) + 1) * (rnd(2) ? 1 : 1e300);
		break;
	case 3:
		x->kind = SD_EXPR_STRING;
		x->str = strings[rnd(SD_ARRAY_SIZE(strings))];
		x->n = strlen(x->str);
		break;
	default:
		x->kind = SD_EXPR_NAME;
		x->str = names[rnd(SD_ARRAY_SIZE(names))];
		x->n = strlen(x->str);
	}
	return x;
}

static struct sd_expr *type_of(struct sd_arena *arena, bool called)
{
	/* the first ones are what only a type can be, so that a call of them is a conversion */
	static const char *const types[] = {"*net.OpError",
					    "[]byte",
					    "[3]map[string]*T",
					    "chan (<-chan int)",
					    "<-chan T",
					    "func(int, ...string) (bool, error)",
					    "func()",
					    "main.Pair[int,[]string]",
					    "github.com/a/b-c.T",
					    "struct { X int; Y func() \"t\" }",
					    "interface { M() error }",
					    "map[[2]int]chan<- int",
					    "int",
					    "nil",
					    "main.T"};
	struct sd_expr *x = sd_arena_new(arena, struct sd_expr);

	x->kind = SD_EXPR_TYPE;
	x->str = types[rnd(SD_ARRAY_SIZE(types) - (called ? 3 : 0))];
	x->n = strlen(x->str);
	return x;
}

static struct sd_expr *tree(struct sd_arena *arena, u32 depth)
{
	static const char *const fields[] = {"x", "0", "12", "Path", "type"};
	struct sd_expr *x, *args[3];

	if (!depth || !rnd(6))
		return leaf(arena);
	x = sd_arena_new(arena, struct sd_expr);
	switch (rnd(9)) {
	case 0:
		x->kind = SD_EXPR_FIELD;
		x->a = tree(arena, depth - 1);
		x->str = fields[rnd(SD_ARRAY_SIZE(fields))];
		x->n = strlen(x->str);
		break;
	case 1:
		x->kind = SD_EXPR_INDEX;
		x->a = tree(arena, depth - 1);
		x->b = tree(arena, depth - 1);
		break;
	case 2:
		x->kind = SD_EXPR_SLICE;
		x->a = tree(arena, depth - 1);
		x->b = rnd(2) ? tree(arena, depth - 1) : NULL;
		x->c = rnd(2) ? tree(arena, depth - 1) : NULL;
		break;
	case 3:
		x->kind = SD_EXPR_UNARY;
		x->op = SD_XOP_DEREF + rnd(5);
		x->a = tree(arena, depth - 1);
		break;
	case 4:
		x->kind = SD_EXPR_CALL;
		if (rnd(2)) {
			x->a = type_of(arena, true);
		} else {
			do {
				x->a = leaf(arena);
			} while (x->a->kind != SD_EXPR_NAME || !strcmp(x->a->str, "not") ||
				 !strcmp(x->a->str, "func"));
		}
		x->nargs = rnd(4);
		for (u32 i = 0; i < x->nargs; i++)
			args[i] = tree(arena, depth - 1);
		x->args = sd_arena_memdup(arena, args, x->nargs * sizeof(args[0]));
		break;
	case 5:
		x->kind = SD_EXPR_ASSERT;
		x->a = tree(arena, depth - 1);
		x->b = type_of(arena, false);
		break;
	case 6:
		x->kind = SD_EXPR_TYPEOF;
		x->op = rnd(2) ? SD_XOP_EQ : SD_XOP_NE;
		x->a = tree(arena, depth - 1);
		x->b = type_of(arena, false);
		break;
	default:
		x->kind = SD_EXPR_BINARY;
		x->op = SD_XOP_MUL + rnd(SD_XOP_OR - SD_XOP_MUL + 1);
		x->a = tree(arena, depth - 1);
		x->b = tree(arena, depth - 1);
	}
	return x;
}

static u32 count(const struct sd_expr *x)
{
	const struct sd_expr *const under[] = {x->a, x->b, x->c};
	u32 n = 1;

	for (size_t i = 0; i < 3; i++)
		n += under[i] ? count(under[i]) : 0;
	for (u32 i = 0; i < x->nargs; i++)
		n += count(x->args[i]);
	return n;
}

static void random_trees(void **state)
{
	u32 checked = 0, large = 0;

	seed = 20261122;
	for (u32 i = 0; i < 20000; i++) {
		struct sd_arena arena = {0};
		struct sd_expr *x = tree(&arena, rnd(12));
		u32 n = count(x);

		if (n <= SD_EXPR_NODES) {
			check_prints_back(x);
			checked++;
			large += n > 100;
		}
		sd_arena_deinit(&arena);
	}
	assert_true(checked > 10000);
	assert_true(large > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses), cmocka_unit_test(spans),	  cmocka_unit_test(refuses),
		cmocka_unit_test(limits), cmocka_unit_test(random_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
