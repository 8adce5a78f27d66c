/* SPDX-License-Identifier: BSD-2-Clause */
/* Typed trees over snapshots made by hand: each node, each width, everything that can be missing
 * and the reason that is given for it. */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "eval/eval.h"
#include "lang/go/go.h"
#include "out/out.h"

/* ---- types ---- */
#define SCALAR(var, k, go, n)                                                                      \
	static struct sd_type var = {                                                              \
		.kind = (k), .name = (go), .size = (n), .align = (n) < 8 ? (n) : 8}

SCALAR(t_bool, SD_KIND_BOOL, "bool", 1);
SCALAR(t_int, SD_KIND_INT, "int", 8);
SCALAR(t_int8, SD_KIND_INT, "int8", 1);
SCALAR(t_int16, SD_KIND_INT, "int16", 2);
SCALAR(t_int32, SD_KIND_INT, "int32", 4);
SCALAR(t_uint8, SD_KIND_UINT, "uint8", 1);
SCALAR(t_uint16, SD_KIND_UINT, "uint16", 2);
SCALAR(t_uint32, SD_KIND_UINT, "uint32", 4);
SCALAR(t_uint64, SD_KIND_UINT, "uint64", 8);
SCALAR(t_f32, SD_KIND_FLOAT, "float32", 4);
SCALAR(t_f64, SD_KIND_FLOAT, "float64", 8);
SCALAR(t_c128, SD_KIND_COMPLEX, "complex128", 16);
SCALAR(t_string, SD_KIND_STRING, "string", 16);
SCALAR(t_error, SD_KIND_IFACE, "error", 16);
SCALAR(t_any, SD_KIND_EFACE, "interface {}", 16);
SCALAR(t_func, SD_KIND_FUNC, "func()", 8);
SCALAR(t_char, SD_KIND_INT, "char", 1);
static struct sd_type t_duration = {
	.kind = SD_KIND_INT, .name = "time.Duration", .size = 8, .align = 8, .named = true};
static struct sd_type t_colour = {
	.kind = SD_KIND_ENUM, .name = "colour", .size = 4, .align = 4, .elem = &t_int32};
#define OF(var, k, go, n, of)                                                                      \
	static struct sd_type var = {                                                              \
		.kind = (k), .name = (go), .size = (n), .align = 8, .elem = (of)}

OF(t_bytes, SD_KIND_SLICE, "[]uint8", 24, &t_uint8);
OF(t_int32s, SD_KIND_SLICE, "[]int32", 24, &t_int32);
OF(t_strings, SD_KIND_SLICE, "[]string", 24, &t_string);
OF(t_pint, SD_KIND_PTR, "*int", 8, &t_int);
OF(t_pchar, SD_KIND_PTR, "char *", 8, &t_char);
OF(t_pint32, SD_KIND_PTR, "int *", 8, &t_int32);
OF(t_chan, SD_KIND_CHAN, "chan int", 8, &t_int);
static struct sd_type t_array = {.kind = SD_KIND_ARRAY,
				 .name = "[3]uint16",
				 .size = 6,
				 .align = 2,
				 .elem = &t_uint16,
				 .count = 3};
static struct sd_type t_chars = {.kind = SD_KIND_ARRAY,
				 .name = "char [8]",
				 .size = 8,
				 .align = 1,
				 .elem = &t_char,
				 .count = 8};
static struct sd_type t_map = {.kind = SD_KIND_MAP,
			       .name = "map[string]int",
			       .size = 8,
			       .align = 8,
			       .key = &t_string,
			       .elem = &t_int};
static struct sd_type t_node,
	t_pnode = {
		.kind = SD_KIND_PTR, .name = "*main.node", .size = 8, .align = 8, .elem = &t_node};
static struct sd_field node_fields[] = {
	{.name = "Name", .type = &t_string, .off = 0},
	{.name = "Next", .type = &t_pnode, .off = 16},
	{.name = "N", .type = &t_int32, .off = 24},
	{.name = "low", .type = &t_int32, .off = 28, .bit_off = 0, .bit_size = 3},
	{.name = "high", .type = &t_uint32, .off = 28, .bit_off = 3, .bit_size = 5},
};
static struct sd_type t_node = {.kind = SD_KIND_STRUCT,
				.name = "main.node",
				.size = 32,
				.align = 8,
				.named = true,
				.fields = node_fields,
				.nfields = 5};
static struct sd_field es_fields[] = {{.name = "s", .type = &t_string, .off = 0}};
static struct sd_type t_es = {.kind = SD_KIND_STRUCT,
			      .name = "errors.errorString",
			      .size = 16,
			      .align = 8,
			      .named = true,
			      .fields = es_fields,
			      .nfields = 1};
OF(t_pes, SD_KIND_PTR, "*errors.errorString", 8, &t_es);

/* ---- an event ---- */
enum { NVARS = 8, NNODES = 64, BIAS = 0x1000 };

struct hit {
	union {
		struct sdw_rec rec;
		u8 mem[SDW_REC_MAX + 64];
	};
	struct sd_snapshot snap;
	struct sd_eval_var vars[NVARS];
	struct sd_loc locs[NVARS];
	struct sd_piece pieces[NVARS][3];
	struct sd_eval_hit hit;
};

struct fixture {
	struct hit at, ret;
	struct sd_arena arena;
	struct sd_decode_limits limits;
	struct sd_eval e;
	struct sd_go_layout go;
	struct sd_node nodes[NNODES];
	u32 nnodes;
	struct sd_buf buf;
};

static void hit_init(struct hit *h)
{
	h->rec.size = sizeof(h->rec);
	h->rec.version = SDW_VERSION;
}

static int setup(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	hit_init(&f->at);
	hit_init(&f->ret);
	f->limits = (struct sd_decode_limits){.depth = 4, .items = 16, .str = 256, .nodes = 4096};
	f->go = (struct sd_go_layout){.map_kind = SD_GO_MAP_SWISS};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sd_arena_deinit(&f->arena);
	sd_buf_deinit(&f->buf);
	test_free(f);
	return 0;
}

static void put(struct hit *h, u64 addr, const void *bytes, u32 len)
{
	struct sdw_range r = {.addr = addr, .len = len, .status = bytes ? SDW_OK : SDW_FAULT};

	memcpy(h->mem + h->rec.size, &r, sizeof(r));
	h->rec.size += (u32)sizeof(r);
	if (bytes) {
		memcpy(h->mem + h->rec.size, bytes, len);
		h->rec.size += (len + 7) & ~7u;
	}
	h->rec.nranges++;
}

static void put_words(struct hit *h, u64 addr, u32 n, ...)
{
	u64 words[16];
	va_list ap;

	va_start(ap, n);
	for (u32 i = 0; i < n; i++)
		words[i] = va_arg(ap, u64);
	va_end(ap);
	put(h, addr, words, n * 8);
}

/* Variable i has these words, as a value in registers has. */
static void var(struct hit *h, u32 i, struct sd_type *type, u32 n, ...)
{
	va_list ap;

	va_start(ap, n);
	for (u32 k = 0; k < n; k++)
		h->pieces[i][k] = (struct sd_piece){.kind = SD_PIECE_CONST,
						    .value_off = 8 * k,
						    .size = 8,
						    .off = (s64)va_arg(ap, u64)};
	va_end(ap);
	h->locs[i] = (struct sd_loc){.pieces = h->pieces[i], .n = n};
	h->vars[i] = (struct sd_eval_var){.type = type, .loc = &h->locs[i]};
}

static void hit_ready(struct fixture *f, struct hit *h)
{
	const char *(*name)(void *, u64, struct sd_arena *) = h->snap.type_name;
	struct sd_type *(*rtype)(void *, u64) = h->snap.rtype;

	assert_true(sd_snapshot_init(&h->snap, &h->rec, BIAS, NULL, &f->arena));
	h->snap.type_name = name;
	h->snap.rtype = rtype;
	h->snap.go = &f->go;
	h->hit.snap = &h->snap;
	h->hit.vars = h->vars;
	h->hit.nvars = NVARS;
}

static void ready(struct fixture *f)
{
	hit_ready(f, &f->at);
	hit_ready(f, &f->ret);
	f->e.hit[SD_AT_HIT] = &f->at.hit;
	f->e.limits = &f->limits;
	f->e.arena = &f->arena;
}

/* ---- trees ---- */
static struct sd_node *mk(struct fixture *f, enum sd_node_kind kind, struct sd_type *type,
			  struct sd_node *a, struct sd_node *b)
{
	struct sd_node *n = &f->nodes[f->nnodes++];

	assert_true(f->nnodes <= NNODES);
	*n = (struct sd_node){.kind = kind, .type = type, .a = a, .b = b};
	return n;
}

static struct sd_node *v(struct fixture *f, u32 i, struct sd_type *type)
{
	static const char *const names[NVARS] = {"p", "q", "s", "m", "i", "x", "err", "c"};
	struct sd_node *n = mk(f, SD_NODE_VAR, type, NULL, NULL);

	n->var = i;
	n->name = names[i];
	return n;
}

static struct sd_node *num(struct fixture *f, struct sd_type *type, s64 value)
{
	struct sd_node *n = mk(f, SD_NODE_CONST, type, NULL, NULL);

	n->constant.kind = type->kind == SD_KIND_ENUM ? SD_KIND_INT : type->kind;
	n->constant.s = value;
	return n;
}

static struct sd_node *flt(struct fixture *f, struct sd_type *type, double value)
{
	struct sd_node *n = mk(f, SD_NODE_CONST, type, NULL, NULL);

	n->constant.kind = SD_KIND_FLOAT;
	n->constant.f = value;
	return n;
}

static struct sd_node *str(struct fixture *f, const char *text)
{
	struct sd_node *n = mk(f, SD_NODE_CONST, &t_string, NULL, NULL);

	n->constant.kind = SD_KIND_STRING;
	n->constant.bytes = text;
	n->constant.n = strlen(text);
	return n;
}

static struct sd_node *op(struct fixture *f, enum sd_node_kind kind, enum sd_xop xop,
			  struct sd_type *type, struct sd_node *a, struct sd_node *b)
{
	struct sd_node *n = mk(f, kind, type, a, b);

	n->op = xop;
	return n;
}

static struct sd_node *cmp(struct fixture *f, struct sd_node *a, enum sd_xop xop, struct sd_node *b)
{
	return op(f, SD_NODE_COMPARE, xop, &t_bool, a, b);
}

static struct sd_node *nil(struct fixture *f)
{
	return mk(f, SD_NODE_NIL, NULL, NULL, NULL);
}

static struct sd_node *deref(struct fixture *f, struct sd_node *a)
{
	return mk(f, SD_NODE_DEREF, a->type->elem, a, NULL);
}

static struct sd_node *field(struct fixture *f, struct sd_node *a, u32 i)
{
	struct sd_node *n = mk(f, SD_NODE_FIELD, a->type->fields[i].type, a, NULL);

	n->field = &a->type->fields[i];
	n->name = n->field->name;
	return n;
}

static struct sd_node *at(struct fixture *f, struct sd_node *a, struct sd_node *b)
{
	return mk(f, a->type->kind == SD_KIND_MAP ? SD_NODE_MAPINDEX : SD_NODE_INDEX,
		  a->type->elem ? a->type->elem : &t_uint8, a, b);
}

static struct sd_node *part(struct fixture *f, struct sd_type *type, struct sd_node *a,
			    struct sd_node *b, struct sd_node *c)
{
	struct sd_node *n = mk(f, SD_NODE_SLICE, type, a, b);

	n->c = c;
	return n;
}

static void shows(struct fixture *f, const struct sd_node *n, const char *text)
{
	ready(f);
	f->buf.n = 0;
	sd_out_text_value(sd_eval(&f->e, n, "x"), &f->buf);
	assert_string_equal(sd_buf_cstr(&f->buf), text);
}

static void decides(struct fixture *f, const struct sd_node *n, enum sd_truth truth,
		    const char *why)
{
	const char *said = NULL;

	ready(f);
	assert_int_equal(sd_eval_condition(&f->e, n, &said), truth);
	if (why)
		assert_string_equal(said, why);
}

/* ---- numbers ---- */
static void arith_is(struct fixture *f, struct sd_type *type, s64 a, enum sd_xop xop, s64 b,
		     const char *text)
{
	f->nnodes = 0;
	shows(f, op(f, SD_NODE_ARITH, xop, type, num(f, type, a), num(f, type, b)), text);
}

static void test_integers_wrap(void **state)
{
	struct fixture *f = *state;

	arith_is(f, &t_int8, 127, SD_XOP_ADD, 1, "-128");
	arith_is(f, &t_uint8, 255, SD_XOP_ADD, 1, "0");
	arith_is(f, &t_uint8, 0, SD_XOP_SUB, 1, "255");
	arith_is(f, &t_int16, -32768, SD_XOP_SUB, 1, "32767");
	arith_is(f, &t_int32, 1 << 30, SD_XOP_MUL, 2, "-2147483648");
	arith_is(f, &t_int, INT64_MAX, SD_XOP_ADD, 1, "-9223372036854775808");
	arith_is(f, &t_uint64, -1, SD_XOP_MUL, -1, "1");
	arith_is(f, &t_int, -7, SD_XOP_DIV, 2, "-3");
	arith_is(f, &t_int, -7, SD_XOP_MOD, 2, "-1");
	arith_is(f, &t_uint64, -1, SD_XOP_DIV, 2, "9223372036854775807");
	arith_is(f, &t_int, INT64_MIN, SD_XOP_DIV, -1, "-9223372036854775808");
	arith_is(f, &t_int, INT64_MIN, SD_XOP_MOD, -1, "0");
	arith_is(f, &t_int8, -128, SD_XOP_DIV, -1, "-128");
	arith_is(f, &t_int, 1, SD_XOP_DIV, 0, "<division by zero>");
	arith_is(f, &t_uint32, 1, SD_XOP_MOD, 0, "<division by zero>");
	arith_is(f, &t_uint8, 0xf0, SD_XOP_BAND, 0x3c, "48");
	arith_is(f, &t_uint8, 0xf0, SD_XOP_BCLEAR, 0x3c, "192");
	arith_is(f, &t_uint8, 0xf0, SD_XOP_BOR, 0x0f, "255");
	arith_is(f, &t_int8, -1, SD_XOP_XOR, 1, "-2");
	arith_is(f, &t_duration, 1500000000, SD_XOP_MUL, 2, "3s");
}

static void test_shifts(void **state)
{
	struct fixture *f = *state;

	arith_is(f, &t_uint8, 1, SD_XOP_SHL, 7, "128");
	arith_is(f, &t_uint8, 1, SD_XOP_SHL, 8, "0");
	arith_is(f, &t_int, 1, SD_XOP_SHL, 64, "0");
	arith_is(f, &t_int8, -128, SD_XOP_SHR, 100, "-1");
	arith_is(f, &t_int, -8, SD_XOP_SHR, 1, "-4");
	arith_is(f, &t_uint32, 0x80000000, SD_XOP_SHR, 31, "1");
	arith_is(f, &t_uint64, -1, SD_XOP_SHR, 64, "0");
	arith_is(f, &t_int, 1, SD_XOP_SHL, -1, "<negative shift count>");
	f->nnodes = 0; /* the count is of a type of its own: uint8 200 is no negative number */
	shows(f, op(f, SD_NODE_ARITH, SD_XOP_SHL, &t_int, num(f, &t_int, 1), num(f, &t_uint8, 200)),
	      "0");
}

static void test_unary(void **state)
{
	struct fixture *f = *state;

	shows(f, mk(f, SD_NODE_NEG, &t_int8, num(f, &t_int8, -128), NULL), "-128");
	shows(f, mk(f, SD_NODE_NEG, &t_uint8, num(f, &t_uint8, 1), NULL), "255");
	shows(f, mk(f, SD_NODE_COMPL, &t_uint16, num(f, &t_uint16, 1), NULL), "65534");
	shows(f, mk(f, SD_NODE_NEG, &t_f64, flt(f, &t_f64, 1.5), NULL), "-1.5");
	shows(f, mk(f, SD_NODE_NOT, &t_bool, num(f, &t_bool, 0), NULL), "true");
}

static void test_floats(void **state)
{
	struct fixture *f = *state;
	double nan = __builtin_nan(""), big = 1e300;

	shows(f, op(f, SD_NODE_ARITH, SD_XOP_ADD, &t_f64, flt(f, &t_f64, 0.1), flt(f, &t_f64, 0.2)),
	      "0.30000000000000004");
	shows(f, op(f, SD_NODE_ARITH, SD_XOP_ADD, &t_f32, flt(f, &t_f32, 0.1), flt(f, &t_f32, 0.2)),
	      "0.3");
	shows(f, op(f, SD_NODE_ARITH, SD_XOP_DIV, &t_f64, flt(f, &t_f64, 1), flt(f, &t_f64, 0)),
	      "+Inf");
	f->nnodes = 0;
	decides(f, cmp(f, flt(f, &t_f64, nan), SD_XOP_EQ, flt(f, &t_f64, nan)), SD_FALSE, NULL);
	decides(f, cmp(f, flt(f, &t_f64, nan), SD_XOP_NE, flt(f, &t_f64, nan)), SD_TRUE, NULL);
	decides(f, cmp(f, flt(f, &t_f64, nan), SD_XOP_LT, flt(f, &t_f64, 1)), SD_FALSE, NULL);
	decides(f, cmp(f, flt(f, &t_f64, nan), SD_XOP_GE, flt(f, &t_f64, 1)), SD_FALSE, NULL);
	decides(f, cmp(f, flt(f, &t_f64, -0.0), SD_XOP_EQ, flt(f, &t_f64, 0)), SD_TRUE, NULL);
	f->nnodes = 0;
	shows(f, mk(f, SD_NODE_CONVERT, &t_int, flt(f, &t_f64, -1.9), NULL), "-1");
	shows(f, mk(f, SD_NODE_CONVERT, &t_int, flt(f, &t_f64, big), NULL), "<1e+300 is no int>");
	shows(f, mk(f, SD_NODE_CONVERT, &t_uint8, flt(f, &t_f64, 255.9), NULL), "255");
	shows(f, mk(f, SD_NODE_CONVERT, &t_uint8, flt(f, &t_f64, 256), NULL), "<256 is no uint8>");
	shows(f, mk(f, SD_NODE_CONVERT, &t_uint8, flt(f, &t_f64, -0.5), NULL), "0");
	shows(f, mk(f, SD_NODE_CONVERT, &t_uint64, flt(f, &t_f64, 18446744073709549568.0), NULL),
	      "18446744073709549568");
	shows(f, mk(f, SD_NODE_CONVERT, &t_int, flt(f, &t_f64, nan), NULL), "<nan is no int>");
	shows(f, mk(f, SD_NODE_CONVERT, &t_f32, num(f, &t_int, 16777217), NULL), "16777216");
	shows(f, mk(f, SD_NODE_CONVERT, &t_f64, num(f, &t_uint64, -1), NULL),
	      "18446744073709552000");
	shows(f, mk(f, SD_NODE_CONVERT, &t_int8, num(f, &t_int, 200), NULL), "-56");
	shows(f, mk(f, SD_NODE_CONVERT, &t_uint64, num(f, &t_int8, -1), NULL),
	      "18446744073709551615");
	shows(f, mk(f, SD_NODE_CONVERT, &t_uint64, num(f, &t_colour, -1), NULL),
	      "18446744073709551615");
}

static void test_integers_compare_by_sign(void **state)
{
	struct fixture *f = *state;

	decides(f, cmp(f, num(f, &t_int8, -1), SD_XOP_LT, num(f, &t_int8, 1)), SD_TRUE, NULL);
	decides(f, cmp(f, num(f, &t_uint8, 255), SD_XOP_GT, num(f, &t_uint8, 1)), SD_TRUE, NULL);
	decides(f, cmp(f, num(f, &t_uint64, -1), SD_XOP_LE, num(f, &t_uint64, 1)), SD_FALSE, NULL);
	decides(f, cmp(f, num(f, &t_colour, -1), SD_XOP_GE, num(f, &t_colour, 0)), SD_FALSE, NULL);
	decides(f, cmp(f, num(f, &t_int, 3), SD_XOP_NE, num(f, &t_int, 3)), SD_FALSE, NULL);
}

/* ---- places ---- */
/* p: a *main.node at 0xc000 {Name: "abc", Next: 0xc100, N: -5, low: -3, high: 9}; *p.Next faults */
static void list(struct fixture *f)
{
	struct {
		u64 name, len, next;
		s32 n;
		u32 bits;
	} node = {0xc200, 3, 0xc100, -5, 9 << 3 | 5};

	var(&f->at, 0, &t_pnode, 1, 0xc000ULL);
	put(&f->at, 0xc000, &node, 32);
	put(&f->at, 0xc200, "abc", 3);
	put(&f->at, 0xc100, NULL, 32);
}

static void test_fields(void **state)
{
	struct fixture *f = *state;
	struct sd_node *p = deref(f, v(f, 0, &t_pnode)), *next = field(f, p, 1);

	list(f);
	shows(f, field(f, p, 0), "\"abc\"");
	shows(f, field(f, p, 2), "-5");
	shows(f, field(f, p, 3), "-3");
	shows(f, field(f, p, 4), "9");
	shows(f, p, "{Name:\"abc\" Next:0xc100<fault at 0xc100> N:-5 low:-3 high:9}");
	shows(f, field(f, deref(f, next), 2), "<fault at 0xc118>");
	decides(f, cmp(f, field(f, deref(f, next), 2), SD_XOP_EQ, num(f, &t_int32, 1)), SD_UNSURE,
		"p.Next.N: fault at 0xc118");
	decides(f, cmp(f, next, SD_XOP_NE, nil(f)), SD_TRUE, NULL);
	shows(f, mk(f, SD_NODE_ADDR, &t_pint32, field(f, p, 2), NULL), "&-5");
	shows(f, mk(f, SD_NODE_ADDR, &t_pint, v(f, 0, &t_pnode), NULL), "<not in memory>");
}

static void test_nil_pointers_and_missing_variables(void **state)
{
	struct fixture *f = *state;
	struct sd_node *p = v(f, 0, &t_pnode), *n = field(f, deref(f, p), 2);
	struct sd_node *gone = v(f, 1, &t_int), *ret = v(f, 0, &t_int);

	var(&f->at, 0, &t_pnode, 1, 0ULL);
	f->at.locs[1] = (struct sd_loc){.why = "optimized out"};
	f->at.vars[1] = (struct sd_eval_var){.type = &t_int, .loc = &f->at.locs[1]};
	shows(f, n, "<p is nil>");
	shows(f, field(f, deref(f, field(f, deref(f, p), 1)), 2), "<p is nil>");
	decides(f, cmp(f, n, SD_XOP_EQ, num(f, &t_int32, 1)), SD_UNSURE, "p is nil");
	decides(f, cmp(f, p, SD_XOP_EQ, nil(f)), SD_TRUE, NULL);
	shows(f, gone, "<optimized out>");
	decides(f, cmp(f, gone, SD_XOP_EQ, num(f, &t_int, 1)), SD_UNSURE, "q: optimized out");
	ret->when = SD_AT_RETURN;
	shows(f, ret, "<no return>");
	ready(f);
	f->e.hit[SD_AT_RETURN] = &f->ret.hit;
	var(&f->ret, 0, &t_int, 1, 42ULL);
	shows(f, ret, "42");
	shows(f, mk(f, SD_NODE_VAR, &t_int, NULL, NULL), "0"); /* p as the int that it is not */
	f->nodes[f->nnodes - 1].var = NVARS;
	shows(f, &f->nodes[f->nnodes - 1], "<no such variable here>");
}

static void test_globals(void **state)
{
	struct fixture *f = *state;
	struct sd_node *g = mk(f, SD_NODE_GLOBAL, &t_int, NULL, NULL);

	g->addr = 0x5000;
	g->name = "main.count";
	put_words(&f->at, 0x5000 + BIAS, 1, 7ULL);
	shows(f, g, "7");
	decides(f, cmp(f, g, SD_XOP_EQ, num(f, &t_int, 7)), SD_TRUE, NULL);
	g->addr = 0x6000;
	decides(f, cmp(f, g, SD_XOP_EQ, num(f, &t_int, 7)), SD_UNSURE, "main.count: not captured");
}

static void test_true_types(void **state)
{
	static struct sd_type shape = {
		.kind = SD_KIND_INT, .name = "go.shape.int", .size = 8, .align = 8, .named = true};
	struct fixture *f = *state;

	var(&f->at, 0, &t_duration, 1, 2000000000ULL);
	shows(f, v(f, 0, &shape), "2s");
	var(&f->at, 0, &t_string, 1, 5ULL); /* of another kind: not believed */
	shows(f, v(f, 0, &shape), "5");
}

/* ---- elements ---- */
static void test_index(void **state)
{
	struct fixture *f = *state;
	s32 ints[] = {10, -20, 30};
	u16 shorts[] = {1, 2, 3};
	struct sd_node *s = v(f, 2, &t_int32s), *i = v(f, 4, &t_int), *text, *c, *a;

	var(&f->at, 2, &t_int32s, 3, 0xc000ULL, 3ULL, 4ULL);
	var(&f->at, 4, &t_int, 1, 1ULL);
	put(&f->at, 0xc000, ints, sizeof(ints));
	put(&f->at, 0xc100, shorts, sizeof(shorts));
	put(&f->at, 0xc200, "hello", 5);
	shows(f, at(f, s, i), "-20");
	shows(f, at(f, s, num(f, &t_uint8, 2)), "30");
	shows(f, at(f, s, num(f, &t_int, 3)), "<index 3 out of range 3>");
	shows(f, at(f, s, num(f, &t_int, -1)), "<index -1 out of range 3>");
	shows(f, at(f, s, num(f, &t_uint64, -1)), "<index 18446744073709551615 out of range 3>");
	a = mk(f, SD_NODE_GLOBAL, &t_array, NULL, NULL);
	a->addr = 0xc100 - BIAS;
	shows(f, at(f, a, i), "2");
	shows(f, at(f, a, num(f, &t_int, 3)), "<index 3 out of range 3>");
	text = v(f, 5, &t_string);
	var(&f->at, 5, &t_string, 2, 0xc200ULL, 9ULL);
	shows(f, at(f, text, i), "101");
	shows(f, at(f, text, num(f, &t_int, 7)), "<not captured>");
	shows(f, at(f, text, num(f, &t_int, 9)), "<index 9 out of range 9>");
	shows(f, at(f, str(f, "xyz"), i), "121");
	c = v(f, 7, &t_pint32); /* C: no bounds */
	var(&f->at, 7, &t_pint32, 1, 0xc004ULL);
	shows(f, at(f, c, num(f, &t_int, -1)), "10");
	shows(f, at(f, c, i), "30");
	shows(f, at(f, c, num(f, &t_int, 2)), "<not captured>");
}

static void test_slices_of_slices(void **state)
{
	struct fixture *f = *state;
	s32 ints[] = {10, -20, 30, 40};
	struct sd_node *s = v(f, 2, &t_int32s), *text = v(f, 5, &t_string), *a, *c;
	struct sd_node *one = num(f, &t_int, 1), *two = num(f, &t_int, 2);

	var(&f->at, 2, &t_int32s, 3, 0xc000ULL, 3ULL, 4ULL);
	var(&f->at, 5, &t_string, 2, 0xc200ULL, 5ULL);
	put(&f->at, 0xc000, ints, sizeof(ints));
	put(&f->at, 0xc200, "hello", 5);
	shows(f, part(f, &t_int32s, s, one, NULL), "[-20 30]");
	shows(f, part(f, &t_int32s, s, NULL, two), "[10 -20]");
	shows(f, part(f, &t_int32s, part(f, &t_int32s, s, one, two), NULL, two), "[-20 30]");
	shows(f, part(f, &t_int32s, s, one, num(f, &t_int, 4)), "[-20 30 40]");
	shows(f, part(f, &t_int32s, s, one, num(f, &t_int, 5)), "<slice 1:5 out of range 4>");
	shows(f, part(f, &t_int32s, s, two, one), "<slice 2:1 out of range 4>");
	shows(f, mk(f, SD_NODE_LEN, &t_int, part(f, &t_int32s, s, one, NULL), NULL), "2");
	shows(f, mk(f, SD_NODE_CAP, &t_int, part(f, &t_int32s, s, one, NULL), NULL), "3");
	shows(f, part(f, &t_string, text, one, num(f, &t_int, 4)), "\"ell\"");
	shows(f, part(f, &t_string, text, num(f, &t_int, 6), NULL), "<slice 6:5 out of range 5>");
	shows(f, part(f, &t_string, str(f, "hello"), two, NULL), "\"llo\"");
	f->nnodes = 0;
	a = mk(f, SD_NODE_GLOBAL, &t_array, NULL, NULL);
	a->addr = 0xc000 - BIAS;
	shows(f, mk(f, SD_NODE_LEN, &t_int, part(f, &t_bytes, a, num(f, &t_int, 1), NULL), NULL),
	      "2");
	c = v(f, 7, &t_pint32);
	var(&f->at, 7, &t_pint32, 1, 0xc000ULL);
	shows(f, part(f, &t_int32s, c, num(f, &t_int, 1), num(f, &t_int, 4)), "[-20 30 40]");
	shows(f, part(f, &t_int32s, c, num(f, &t_int, 4), num(f, &t_int, 1)),
	      "<slice 4:1 out of range>");
}

static void test_bad_headers(void **state)
{
	struct fixture *f = *state;
	struct sd_node *s = v(f, 2, &t_int32s), *text = v(f, 5, &t_string);

	var(&f->at, 2, &t_int32s, 3, 0xc000ULL, 5ULL, 4ULL);
	var(&f->at, 5, &t_string, 2, 0xc200ULL, ~0ULL);
	shows(f, at(f, s, num(f, &t_int, 0)), "<bad length 5 of capacity 4>");
	shows(f, mk(f, SD_NODE_LEN, &t_int, s, NULL), "<bad length 5 of capacity 4>");
	shows(f, mk(f, SD_NODE_LEN, &t_int, text, NULL), "<bad length -1>");
	decides(f, cmp(f, text, SD_XOP_EQ, str(f, "x")), SD_UNSURE, "x: bad length -1");
}

static void test_len(void **state)
{
	struct fixture *f = *state;
	struct sd_node *text = v(f, 5, &t_string), *m = v(f, 3, &t_map), *c = v(f, 7, &t_chan);

	var(&f->at, 5, &t_string, 2, 0xc200ULL, 9ULL);
	shows(f, mk(f, SD_NODE_LEN, &t_int, text, NULL), "9");
	/* the pointer is dead, the length is not */
	f->at.pieces[5][0].kind = SD_PIECE_NONE;
	shows(f, mk(f, SD_NODE_LEN, &t_int, text, NULL), "9");
	shows(f, text, "<optimized out>");
	shows(f, mk(f, SD_NODE_LEN, &t_int, str(f, "abc"), NULL), "3");
	var(&f->at, 3, &t_map, 1, 0ULL);
	shows(f, mk(f, SD_NODE_LEN, &t_int, m, NULL), "0");
	var(&f->at, 7, &t_chan, 1, 0xc300ULL);
	put_words(&f->at, 0xc300, 2, 3ULL, 8ULL);
	shows(f, mk(f, SD_NODE_LEN, &t_int, c, NULL), "3");
	shows(f, mk(f, SD_NODE_CAP, &t_int, c, NULL), "8");
	var(&f->at, 3, &t_map, 1, 0xc400ULL);
	shows(f, mk(f, SD_NODE_LEN, &t_int, m, NULL), "<not captured>");
}

/* m: a Swiss map with one group: "one": 1, "two": 2; count of the header as given */
static void small_map(struct fixture *f, u64 count)
{
	u64 group[1 + 8 * 3] = {0x8080808080800503ULL, 0xc700, 3, 1, 0xc800, 3, 2};

	var(&f->at, 3, &t_map, 1, 0xc500ULL);
	put_words(&f->at, 0xc500, 6, count, 0ULL, 0xc600ULL, 0ULL, 0ULL, 0ULL);
	put(&f->at, 0xc600, group, sizeof(group));
	put(&f->at, 0xc700, "one", 3);
	put(&f->at, 0xc800, "two", 3);
}

static void test_maps(void **state)
{
	struct fixture *f = *state;
	struct sd_node *m = v(f, 3, &t_map), *key = v(f, 2, &t_string);

	small_map(f, 2);
	shows(f, at(f, m, str(f, "one")), "1");
	shows(f, at(f, m, str(f, "two")), "2");
	shows(f, at(f, m, str(f, "six")), "0");
	decides(f, cmp(f, at(f, m, str(f, "two")), SD_XOP_GT, num(f, &t_int, 1)), SD_TRUE, NULL);
	var(&f->at, 2, &t_string, 2, 0xc800ULL, 3ULL);
	shows(f, at(f, m, key), "2");
	var(&f->at, 2, &t_string, 2, 0xc900ULL, 3ULL);
	shows(f, at(f, m, key), "<not captured>");
	var(&f->at, 3, &t_map, 1, 0ULL);
	shows(f, at(f, m, str(f, "one")), "0");
	var(&f->at, 3, &t_map, 1, 0xdead00ULL);
	decides(f, cmp(f, at(f, m, str(f, "two")), SD_XOP_GT, num(f, &t_int, 1)), SD_UNSURE,
		"m[…]: not captured");
}

static void test_maps_in_part(void **state)
{
	struct fixture *f = *state;
	struct sd_node *m = v(f, 3, &t_map);

	small_map(f, 700);
	shows(f, at(f, m, str(f, "two")), "2");
	shows(f, at(f, m, str(f, "six")), "<not among 2 captured of 700>");
	f->go.map_kind = SD_GO_MAP_UNKNOWN;
	shows(f, at(f, m, str(f, "two")), "<layout of maps not known>");
}

static void test_classic_maps(void **state)
{
	static struct sd_type m_int = {.kind = SD_KIND_MAP,
				       .name = "map[int32]float64",
				       .size = 8,
				       .align = 8,
				       .key = &t_int32,
				       .elem = &t_f64};
	struct fixture *f = *state;
	struct {
		u8 top[8];
		s32 keys[8];
		double elems[8];
		u64 overflow;
	} b[2] = {
		{{7, 1, 0, 0, 0, 0, 0, 0}, {5, 6}, {0.5, 0.6}, 0xc700},
		{{9, 9, 0, 0, 0, 0, 0, 0}, {-7, 8}, {0.7, 0.8}, 0},
	};
	struct sd_node *m = v(f, 3, &m_int);

	f->go.map_kind = SD_GO_MAP_CLASSIC;
	var(&f->at, 3, &m_int, 1, 0xc500ULL);
	put_words(&f->at, 0xc500, 6, 3ULL, 0ULL, 0xc600ULL, 0ULL, 0ULL, 0ULL);
	put(&f->at, 0xc600, &b[0], sizeof(b[0]));
	put(&f->at, 0xc700, &b[1], sizeof(b[1]));
	shows(f, at(f, m, num(f, &t_int32, 5)), "0.5");
	shows(f, at(f, m, num(f, &t_int32, -7)), "0.7");
	shows(f, at(f, m, num(f, &t_int32, 6)), "0"); /* an empty slot's key is no key */
}

/* ---- texts ---- */
static void test_strings_captured_in_part(void **state)
{
	struct fixture *f = *state;
	struct sd_node *s = v(f, 2, &t_string);
	const char *some = "s: 5 of 700 bytes captured";

	var(&f->at, 2, &t_string, 2, 0xc000ULL, 700ULL);
	put(&f->at, 0xc000, "user/", 5);
	decides(f, cmp(f, s, SD_XOP_EQ, str(f, "user/")), SD_FALSE, NULL); /* by length */
	decides(f, mk(f, SD_NODE_PREFIX, &t_bool, s, str(f, "user/")), SD_TRUE, NULL);
	decides(f, mk(f, SD_NODE_PREFIX, &t_bool, s, str(f, "usr")), SD_FALSE, NULL);
	decides(f, mk(f, SD_NODE_PREFIX, &t_bool, s, str(f, "user/bob")), SD_UNSURE, some);
	decides(f, mk(f, SD_NODE_SUFFIX, &t_bool, s, str(f, "x")), SD_UNSURE, some);
	decides(f, mk(f, SD_NODE_CONTAINS, &t_bool, s, str(f, "ser")), SD_TRUE, NULL);
	decides(f, mk(f, SD_NODE_CONTAINS, &t_bool, s, str(f, "xyz")), SD_UNSURE, some);
	decides(f, cmp(f, s, SD_XOP_LT, str(f, "v")), SD_TRUE, NULL);
	decides(f, cmp(f, s, SD_XOP_GT, str(f, "user")), SD_TRUE, NULL);
	decides(f, cmp(f, s, SD_XOP_GT, str(f, "user/a")), SD_UNSURE, some);
	/* the end was captured, the middle was not */
	put(&f->at, 0xc000 + 690, "0123456789", 10);
	decides(f, mk(f, SD_NODE_SUFFIX, &t_bool, s, str(f, "789")), SD_TRUE, NULL);
	decides(f, mk(f, SD_NODE_SUFFIX, &t_bool, s, str(f, "780")), SD_FALSE, NULL);
	shows(f, s, "\"user/\"<truncated 5 of 700>");
}

static void test_strings_of_equal_length(void **state)
{
	struct fixture *f = *state;
	struct sd_node *s = v(f, 2, &t_string), *q = v(f, 1, &t_string);

	var(&f->at, 2, &t_string, 2, 0xc000ULL, 8ULL);
	var(&f->at, 1, &t_string, 2, 0xc100ULL, 8ULL);
	put(&f->at, 0xc000, "user", 4);
	put(&f->at, 0xc100, "userbob!", 8);
	decides(f, cmp(f, s, SD_XOP_EQ, str(f, "usex....")), SD_FALSE, NULL);
	decides(f, cmp(f, s, SD_XOP_NE, str(f, "usex....")), SD_TRUE, NULL);
	decides(f, cmp(f, s, SD_XOP_EQ, q), SD_UNSURE, "s: 4 of 8 bytes captured");
	put(&f->at, 0xc004, NULL, 4);
	decides(f, cmp(f, s, SD_XOP_EQ, q), SD_UNSURE, "s: fault at 0xc004");
	decides(f, cmp(f, q, SD_XOP_EQ, str(f, "userbob!")), SD_TRUE, NULL);
	decides(f, cmp(f, q, SD_XOP_GE, str(f, "userbob")), SD_TRUE, NULL);
	decides(f, mk(f, SD_NODE_FOLD, &t_bool, q, str(f, "USERBOB!")), SD_TRUE, NULL);
	decides(f, mk(f, SD_NODE_FOLD, &t_bool, q, str(f, "USERBOB[")), SD_FALSE, NULL);
}

static void test_string_building(void **state)
{
	struct fixture *f = *state;
	struct sd_node *s = v(f, 2, &t_string), *b = v(f, 1, &t_bytes);

	var(&f->at, 2, &t_string, 2, 0xc000ULL, 3ULL);
	var(&f->at, 1, &t_bytes, 3, 0xc000ULL, 3ULL, 8ULL);
	put(&f->at, 0xc000, "abc", 3);
	shows(f, op(f, SD_NODE_ARITH, SD_XOP_ADD, &t_string, s, str(f, "!")), "\"abc!\"");
	decides(f,
		cmp(f, op(f, SD_NODE_ARITH, SD_XOP_ADD, &t_string, str(f, "x"), s), SD_XOP_EQ,
		    str(f, "xabc")),
		SD_TRUE, NULL);
	decides(f, cmp(f, mk(f, SD_NODE_CONVERT, &t_string, b, NULL), SD_XOP_EQ, str(f, "abc")),
		SD_TRUE, NULL);
	shows(f, mk(f, SD_NODE_CONVERT, &t_string, b, NULL), "\"abc\"");
	shows(f, mk(f, SD_NODE_CONVERT, &t_bytes, s, NULL), "\"abc\"");
	decides(f, cmp(f, b, SD_XOP_EQ, nil(f)), SD_FALSE, NULL);
}

static void test_matches(void **state)
{
	struct fixture *f = *state;
	struct sd_node *s = v(f, 2, &t_string), *n = mk(f, SD_NODE_MATCHES, &t_bool, s, NULL);
	regex_t re;

	assert_int_equal(regcomp(&re, "^us(e|x)r/[0-9]+$", REG_EXTENDED | REG_NOSUB), 0);
	n->regex = &re;
	var(&f->at, 2, &t_string, 2, 0xc000ULL, 7ULL);
	put(&f->at, 0xc000, "user/12\0x", 9);
	decides(f, n, SD_TRUE, NULL);
	var(&f->at, 2, &t_string, 2, 0xc000ULL, 6ULL);
	decides(f, n, SD_TRUE, NULL);
	var(&f->at, 2, &t_string, 2, 0xc000ULL, 5ULL);
	decides(f, n, SD_FALSE, NULL);
	var(&f->at, 2, &t_string, 2, 0xc000ULL, 9ULL); /* up to the NUL */
	decides(f, n, SD_TRUE, NULL);
	var(&f->at, 2, &t_string, 2, 0xc000ULL, 90ULL);
	decides(f, n, SD_TRUE, NULL);
	var(&f->at, 2, &t_string, 2, 0xc001ULL, 90ULL);
	put(&f->at, 0xd000, "abc", 3);
	var(&f->at, 2, &t_string, 2, 0xd000ULL, 90ULL);
	decides(f, n, SD_UNSURE, "s: 3 of 90 bytes captured");
	regfree(&re);
}

static void test_c_strings(void **state)
{
	struct fixture *f = *state;
	struct sd_node *c = v(f, 7, &t_pchar), *s, *a;

	s = mk(f, SD_NODE_CONVERT, &t_string, c, NULL);
	var(&f->at, 7, &t_pchar, 1, 0xc000ULL);
	put(&f->at, 0xc000, "hello\0xx", 8);
	shows(f, s, "\"hello\"");
	shows(f, mk(f, SD_NODE_LEN, &t_int, s, NULL), "5");
	decides(f, cmp(f, s, SD_XOP_EQ, str(f, "hello")), SD_TRUE, NULL);
	decides(f, cmp(f, s, SD_XOP_EQ, str(f, "hell")), SD_FALSE, NULL);
	decides(f, cmp(f, s, SD_XOP_LT, str(f, "help")), SD_TRUE, NULL);
	var(&f->at, 7, &t_pchar, 1, 0xc006ULL); /* "xx" and no end */
	shows(f, s, "<no end among 2 bytes captured>");
	decides(f, cmp(f, s, SD_XOP_EQ, str(f, "x")), SD_FALSE, NULL);
	decides(f, cmp(f, s, SD_XOP_EQ, str(f, "xxx")), SD_UNSURE,
		"c: no end among 2 bytes captured");
	decides(f, mk(f, SD_NODE_PREFIX, &t_bool, s, str(f, "xx")), SD_TRUE, NULL);
	decides(f, mk(f, SD_NODE_PREFIX, &t_bool, s, str(f, "xxx")), SD_UNSURE, NULL);
	decides(f, mk(f, SD_NODE_CONTAINS, &t_bool, s, str(f, "x")), SD_TRUE, NULL);
	shows(f, part(f, &t_string, s, NULL, num(f, &t_int, 1)), "\"x\"");
	var(&f->at, 7, &t_pchar, 1, 0ULL);
	shows(f, s, "<c is nil>");
	a = mk(f, SD_NODE_GLOBAL, &t_chars, NULL, NULL);
	a->addr = 0xc000 - BIAS;
	shows(f, mk(f, SD_NODE_CONVERT, &t_string, a, NULL), "\"hello\"");
}

/* ---- interfaces ---- */
enum { RT_INT = 0x7000, RT_PES = 0x7100, RT_OTHER = 0x7200, ITAB = 0x7300 };

static struct sd_type *rtype(void *ctx, u64 addr)
{
	return addr == RT_INT + BIAS ? &t_int : addr == RT_PES + BIAS ? &t_pes : NULL;
}

static const char *type_name(void *ctx, u64 addr, struct sd_arena *arena)
{
	return addr == RT_INT + BIAS	 ? "int"
	       : addr == RT_PES + BIAS	 ? "*errors.errorString"
	       : addr == RT_OTHER + BIAS ? "*net.OpError"
					 : NULL;
}

static void with_types(struct fixture *f)
{
	f->at.snap.rtype = rtype;
	f->at.snap.type_name = type_name;
	put_words(&f->at, ITAB, 2, 0ULL, (u64)RT_PES + BIAS);
	put_words(&f->at, 0xc000, 2, 0xc100ULL, 4ULL);
	put(&f->at, 0xc100, "oops", 4);
	put_words(&f->at, 0xc200, 1, 42ULL);
	var(&f->at, 6, &t_error, 2, (u64)ITAB, 0xc000ULL);
	var(&f->at, 5, &t_any, 2, (u64)RT_INT + BIAS, 0xc200ULL);
}

static struct sd_node *is(struct fixture *f, struct sd_node *a, enum sd_xop xop, struct sd_type *t,
			  const char *name, u64 rt)
{
	struct sd_node *n = op(f, SD_NODE_IS_TYPE, xop, &t_bool, a, NULL);

	n->target = t;
	n->name = name;
	n->rtype = rt;
	return n;
}

static struct sd_node *as(struct fixture *f, struct sd_node *a, struct sd_type *t, u64 rt)
{
	struct sd_node *n = mk(f, SD_NODE_ASSERT, t, a, NULL);

	n->name = t->name;
	n->rtype = rt;
	return n;
}

static void test_type_tests(void **state)
{
	struct fixture *f = *state;
	struct sd_node *err = v(f, 6, &t_error), *x = v(f, 5, &t_any);

	with_types(f);
	decides(f, is(f, err, SD_XOP_EQ, &t_pes, "*errors.errorString", RT_PES), SD_TRUE, NULL);
	decides(f, is(f, err, SD_XOP_NE, &t_pes, "*errors.errorString", RT_PES), SD_FALSE, NULL);
	decides(f, is(f, err, SD_XOP_EQ, &t_pint, "*int", RT_OTHER), SD_FALSE, NULL);
	decides(f, is(f, err, SD_XOP_EQ, &t_pes, "*errors.errorString", 0), SD_TRUE, NULL);
	decides(f, is(f, err, SD_XOP_EQ, &t_pes, "*a/errors.errorString", 0), SD_TRUE, NULL);
	decides(f, is(f, err, SD_XOP_EQ, &t_pes, "errors.errorString", 0), SD_FALSE, NULL);
	decides(f, is(f, err, SD_XOP_EQ, &t_error, "error", 0), SD_UNSURE, NULL);
	decides(f, is(f, x, SD_XOP_EQ, &t_int, "int", RT_INT), SD_TRUE, NULL);
	decides(f, is(f, x, SD_XOP_EQ, NULL, "nil", 0), SD_FALSE, NULL);
	decides(f, is(f, x, SD_XOP_NE, NULL, "nil", 0), SD_TRUE, NULL);
	f->nnodes = 2;
	var(&f->at, 5, &t_any, 2, 0ULL, 0ULL);
	decides(f, is(f, x, SD_XOP_EQ, &t_int, "int", RT_INT), SD_FALSE, NULL);
	decides(f, is(f, x, SD_XOP_NE, &t_int, "int", RT_INT), SD_TRUE, NULL);
	decides(f, is(f, x, SD_XOP_EQ, NULL, "nil", 0), SD_TRUE, NULL);
	decides(f, cmp(f, x, SD_XOP_EQ, nil(f)), SD_TRUE, NULL);
	decides(f, cmp(f, err, SD_XOP_NE, nil(f)), SD_TRUE, NULL);
	var(&f->at, 6, &t_error, 2, 0x9999ULL, 0xc000ULL); /* an itab that was not captured */
	decides(f, is(f, err, SD_XOP_EQ, &t_pes, "*errors.errorString", RT_PES), SD_UNSURE,
		"err: not captured");
}

static void test_assertions(void **state)
{
	struct fixture *f = *state;
	struct sd_node *err = v(f, 6, &t_error), *x = v(f, 5, &t_any);

	with_types(f);
	shows(f, field(f, deref(f, as(f, err, &t_pes, RT_PES)), 0), "\"oops\"");
	shows(f, as(f, x, &t_int, RT_INT), "42");
	shows(f, as(f, err, &t_pint, RT_OTHER), "<err is *errors.errorString, not *int>");
	decides(f, cmp(f, as(f, x, &t_int, RT_INT), SD_XOP_EQ, num(f, &t_int, 42)), SD_TRUE, NULL);
	decides(f, cmp(f, as(f, x, &t_string, RT_OTHER), SD_XOP_EQ, str(f, "")), SD_UNSURE,
		"x is int, not string");
	var(&f->at, 6, &t_error, 2, 0ULL, 0ULL);
	shows(f, as(f, err, &t_pes, RT_PES), "<err is nil>");
}

static void test_error_texts(void **state)
{
	struct fixture *f = *state;
	struct sd_node *err = v(f, 6, &t_error), *text = mk(f, SD_NODE_ERROR, &t_string, err, NULL);

	with_types(f);
	shows(f, text, "\"oops\"");
	decides(f, mk(f, SD_NODE_CONTAINS, &t_bool, text, str(f, "oop")), SD_TRUE, NULL);
	var(&f->at, 6, &t_error, 2, 0ULL, 0ULL);
	shows(f, text, "<err is nil>");
	put_words(&f->at, ITAB + 0x100, 2, 0ULL, (u64)RT_OTHER + BIAS);
	var(&f->at, 6, &t_error, 2, (u64)ITAB + 0x100, 0xc000ULL);
	shows(f, text, "<text of *net.OpError not known>");
}

static void test_interfaces_compare(void **state)
{
	struct fixture *f = *state;
	struct sd_node *err = v(f, 6, &t_error), *q = v(f, 1, &t_error);
	struct sd_node *x = v(f, 5, &t_any), *y = v(f, 0, &t_any);

	with_types(f);
	var(&f->at, 1, &t_error, 2, (u64)ITAB, 0xc000ULL);
	decides(f, cmp(f, err, SD_XOP_EQ, q), SD_TRUE, NULL);
	var(&f->at, 1, &t_error, 2, (u64)ITAB, 0xc008ULL); /* two errors of one text are two */
	decides(f, cmp(f, err, SD_XOP_EQ, q), SD_FALSE, NULL);
	var(&f->at, 1, &t_error, 2, 0ULL, 0ULL);
	decides(f, cmp(f, err, SD_XOP_EQ, q), SD_FALSE, NULL);
	put_words(&f->at, 0xc300, 1, 42ULL);
	var(&f->at, 0, &t_any, 2, (u64)RT_INT + BIAS, 0xc300ULL); /* two boxes, one value */
	decides(f, cmp(f, x, SD_XOP_EQ, y), SD_TRUE, NULL);
	var(&f->at, 0, &t_any, 2, (u64)RT_OTHER + BIAS, 0xc200ULL);
	decides(f, cmp(f, x, SD_XOP_NE, y), SD_TRUE, NULL);
}

static void test_equality_of_parts(void **state)
{
	struct fixture *f = *state;
	struct sd_node *p = v(f, 0, &t_pnode), *q = v(f, 1, &t_pnode);
	struct sd_node *same = cmp(f, deref(f, p), SD_XOP_EQ, deref(f, q));
	struct {
		u64 name, len, next;
		s32 n;
		u32 bits;
	} node = {0xd200, 3, 0xc100, -5, 9 << 3 | 5};

	list(f);
	var(&f->at, 1, &t_pnode, 1, 0xd000ULL);
	put(&f->at, 0xd000, &node, 32);
	decides(f, same, SD_UNSURE, "*p: not captured");
	put(&f->at, 0xd200, "abc", 3);
	decides(f, same, SD_TRUE, NULL);
	node.bits = 8 << 3 | 5;
	put(&f->at, 0xe000, &node, 32);
	var(&f->at, 1, &t_pnode, 1, 0xe000ULL);
	decides(f, same, SD_FALSE, NULL);
	f->nnodes = 0;
	var(&f->at, 4, &t_c128, 2, 0x3ff0000000000000ULL, 0ULL);
	decides(f, cmp(f, v(f, 4, &t_c128), SD_XOP_EQ, v(f, 4, &t_c128)), SD_TRUE, NULL);
}

/* ---- logic, builtins ---- */
static void test_logic(void **state)
{
	static const enum sd_truth t = SD_TRUE, n = SD_FALSE, u = SD_UNSURE;
	static const struct {
		enum sd_truth a, b, both, either;
	} rows[] = {
		{t, t, t, t}, {t, n, n, t}, {t, u, u, t}, {n, t, n, t}, {n, n, n, n},
		{n, u, n, u}, {u, t, u, t}, {u, n, n, u}, {u, u, u, u},
	};
	struct fixture *f = *state;

	var(&f->at, 0, &t_bool, 1, 0ULL);
	var(&f->at, 1, &t_bool, 1, 1ULL);
	f->at.locs[2] = (struct sd_loc){.why = "optimized out"};
	f->at.vars[2] = (struct sd_eval_var){.type = &t_bool, .loc = &f->at.locs[2]};
	for (size_t i = 0; i < SD_ARRAY_SIZE(rows); i++) {
		struct sd_node *a, *b;

		f->nnodes = 0;
		a = v(f, rows[i].a, &t_bool);
		b = v(f, rows[i].b, &t_bool);
		decides(f, mk(f, SD_NODE_AND, &t_bool, a, b), rows[i].both, NULL);
		decides(f, mk(f, SD_NODE_OR, &t_bool, a, b), rows[i].either, NULL);
	}
	decides(f, v(f, 2, &t_bool), SD_UNSURE, "s: optimized out");
	var(&f->at, 0, &t_bool, 1, 0x80ULL); /* any byte but 0, to both evaluators */
	decides(f, v(f, 0, &t_bool), SD_TRUE, NULL);
}

static struct sd_value *one_caller(void *ctx, enum sd_when when, struct sd_arena *arena)
{
	struct sd_value *x = sd_arena_new(arena, struct sd_value);

	x->kind = SD_V_STRING;
	x->bytes = (const u8 *)"main.main";
	x->n = x->total = 9;
	return x;
}

static void test_builtins(void **state)
{
	struct fixture *f = *state;
	struct sd_node *d = mk(f, SD_NODE_DURATION, &t_duration, NULL, NULL);
	struct sd_node *caller = mk(f, SD_NODE_CALLER, &t_string, NULL, NULL);
	struct sd_node *now = mk(f, SD_NODE_NOW, &t_int, NULL, NULL);

	f->e.goid = 18;
	f->e.pid = 4242;
	f->e.tid = 4243;
	f->at.hit.ts_ns = 1234567;
	shows(f, mk(f, SD_NODE_GOID, &t_uint64, NULL, NULL), "18");
	shows(f, mk(f, SD_NODE_PID, &t_int, NULL, NULL), "4242");
	shows(f, mk(f, SD_NODE_TID, &t_int, NULL, NULL), "4243");
	shows(f, now, "1234567");
	shows(f, mk(f, SD_NODE_HITS, &t_uint64, NULL, NULL), "<not counted>");
	f->e.hits = 3;
	shows(f, mk(f, SD_NODE_HITS, &t_uint64, NULL, NULL), "3");
	shows(f, d, "<no return>");
	f->e.has_duration = true;
	f->e.duration_ns = 1500000;
	shows(f, d, "1.5ms");
	decides(f, cmp(f, d, SD_XOP_GT, num(f, &t_duration, 1000000)), SD_TRUE, NULL);
	shows(f, caller, "<no call stack>");
	f->e.caller = one_caller;
	shows(f, caller, "\"main.main\"");
	decides(f, cmp(f, caller, SD_XOP_EQ, str(f, "main.main")), SD_TRUE, NULL);
	shows(f, mk(f, SD_NODE_STACK, &t_strings, NULL, NULL), "<no call stack>");
	now->when = SD_AT_RETURN;
	shows(f, now, "<no return>");
}

static void test_funcs(void **state)
{
	struct fixture *f = *state;

	var(&f->at, 0, &t_func, 1, 0ULL);
	decides(f, cmp(f, v(f, 0, &t_func), SD_XOP_EQ, nil(f)), SD_TRUE, NULL);
	var(&f->at, 0, &t_int32s, 3, 0ULL, 0ULL, 0ULL);
	decides(f, cmp(f, v(f, 0, &t_int32s), SD_XOP_EQ, nil(f)), SD_TRUE, NULL);
	shows(f, mk(f, SD_NODE_LEN, &t_int, v(f, 0, &t_int32s), NULL), "0");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_integers_wrap),
		T(test_shifts),
		T(test_unary),
		T(test_floats),
		T(test_integers_compare_by_sign),
		T(test_fields),
		T(test_nil_pointers_and_missing_variables),
		T(test_globals),
		T(test_true_types),
		T(test_index),
		T(test_slices_of_slices),
		T(test_bad_headers),
		T(test_len),
		T(test_maps),
		T(test_maps_in_part),
		T(test_classic_maps),
		T(test_strings_captured_in_part),
		T(test_strings_of_equal_length),
		T(test_string_building),
		T(test_matches),
		T(test_c_strings),
		T(test_type_tests),
		T(test_assertions),
		T(test_error_texts),
		T(test_interfaces_compare),
		T(test_equality_of_parts),
		T(test_logic),
		T(test_builtins),
		T(test_funcs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
