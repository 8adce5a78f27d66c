/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder on records made by hand: each kind, each place a value can be in, and everything that
 * can be missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "decode/decode.h"
#include "out/out.h"
#include "tests/unit/json_check.h"

/* ---- types ---- */
#define SCALAR(var, k, go, n)                                                                      \
	static struct sd_type var = {.kind = (k), .name = (go), .size = (n), .align = (n)}

SCALAR(t_bool, SD_KIND_BOOL, "bool", 1);
SCALAR(t_int, SD_KIND_INT, "int", 8);
SCALAR(t_int8, SD_KIND_INT, "int8", 1);
SCALAR(t_int16, SD_KIND_INT, "int16", 2);
SCALAR(t_int32, SD_KIND_INT, "int32", 4);
SCALAR(t_uint8, SD_KIND_UINT, "uint8", 1);
SCALAR(t_uint16, SD_KIND_UINT, "uint16", 2);
SCALAR(t_uint32, SD_KIND_UINT, "uint32", 4);
SCALAR(t_uint64, SD_KIND_UINT, "uint64", 8);
SCALAR(t_int128, SD_KIND_INT, "__int128", 16);
SCALAR(t_f32, SD_KIND_FLOAT, "float32", 4);
SCALAR(t_f64, SD_KIND_FLOAT, "float64", 8);
SCALAR(t_c64, SD_KIND_COMPLEX, "complex64", 8);
SCALAR(t_c128, SD_KIND_COMPLEX, "complex128", 16);
SCALAR(t_string, SD_KIND_STRING, "string", 16);
SCALAR(t_error, SD_KIND_IFACE, "error", 16);
SCALAR(t_any, SD_KIND_EFACE, "interface {}", 16);
SCALAR(t_void, SD_KIND_VOID, "void", 0);
SCALAR(t_func, SD_KIND_FUNC, "func(int) int", 8);
static struct sd_type t_flags = {
	.kind = SD_KIND_UINT, .name = "main.flags", .size = 1, .align = 1, .named = true};
static struct sd_type t_duration = {
	.kind = SD_KIND_INT, .name = "time.Duration", .size = 8, .align = 8, .named = true};
static struct sd_type t_enum = {
	.kind = SD_KIND_ENUM, .name = "colour", .size = 4, .align = 4, .elem = &t_int32};
static struct sd_type t_bytes = {
	.kind = SD_KIND_SLICE, .name = "[]uint8", .size = 24, .align = 8, .elem = &t_uint8};
static struct sd_type t_ints = {
	.kind = SD_KIND_SLICE, .name = "[]int", .size = 24, .align = 8, .elem = &t_int};
static struct sd_type t_flagss = {
	.kind = SD_KIND_SLICE, .name = "[]main.flags", .size = 24, .align = 8, .elem = &t_flags};
static struct sd_type t_array = {.kind = SD_KIND_ARRAY,
				 .name = "[4]uint8",
				 .size = 4,
				 .align = 1,
				 .elem = &t_uint8,
				 .count = 4};
static struct sd_type t_pint = {
	.kind = SD_KIND_PTR, .name = "*int", .size = 8, .align = 8, .elem = &t_int};
static struct sd_type t_unsafe = {
	.kind = SD_KIND_PTR, .name = "unsafe.Pointer", .size = 8, .align = 8, .elem = &t_void};
static struct sd_type t_map = {.kind = SD_KIND_MAP,
			       .name = "map[string]int",
			       .size = 8,
			       .align = 8,
			       .key = &t_string,
			       .elem = &t_int};
static struct sd_type t_chan = {.kind = SD_KIND_CHAN, .name = "chan int", .size = 8, .align = 8};
static struct sd_type t_empty = {.kind = SD_KIND_STRUCT, .name = "struct {}", .align = 1};
static struct sd_type t_pempty = {
	.kind = SD_KIND_PTR, .name = "*struct {}", .size = 8, .align = 8, .elem = &t_empty};

/* FACTS C2: {A int32; B bool; C string; D float64}, three bytes of padding after B */
static struct sd_field mixed_fields[] = {
	{.name = "A", .type = &t_int32, .off = 0},
	{.name = "B", .type = &t_bool, .off = 4},
	{.name = "C", .type = &t_string, .off = 8},
	{.name = "D", .type = &t_f64, .off = 24},
};
static struct sd_type t_mixed = {.kind = SD_KIND_STRUCT,
				 .name = "main.mixed",
				 .size = 32,
				 .align = 8,
				 .named = true,
				 .fields = mixed_fields,
				 .nfields = 4};
static struct sd_type t_node,
	t_pnode = {
		.kind = SD_KIND_PTR, .name = "*main.node", .size = 8, .align = 8, .elem = &t_node};
static struct sd_field node_fields[] = {
	{.name = "Name", .type = &t_string, .off = 0},
	{.name = "Next", .type = &t_pnode, .off = 16},
};
static struct sd_type t_node = {.kind = SD_KIND_STRUCT,
				.name = "main.node",
				.size = 24,
				.align = 8,
				.named = true,
				.fields = node_fields,
				.nfields = 2};

/* ---- records ---- */
struct fixture {
	union {
		struct sdw_rec rec;
		u8 mem[SDW_REC_MAX + 64];
	};
	struct sd_snapshot snap;
	struct sd_arena arena;
	struct sd_decode_limits limits;
	struct sd_cfa cfa;
	struct sd_buf buf;
};

static int setup(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	f->rec.size = sizeof(f->rec);
	f->rec.version = SDW_VERSION;
	f->limits = (struct sd_decode_limits){.depth = 4, .items = 16, .str = 256, .nodes = 4096};
	f->cfa = (struct sd_cfa){.reg = SD_RSP, .known = true, .off = 8};
	f->rec.regs[SD_RSP] = 0xc000100000 - 8;
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

static void add_range(struct fixture *f, u64 addr, const void *bytes, u32 len, u16 status)
{
	struct sdw_range r = {.addr = addr, .len = len, .status = status};

	memcpy(f->mem + f->rec.size, &r, sizeof(r));
	f->rec.size += (u32)sizeof(r);
	if (status != SDW_FAULT) {
		memcpy(f->mem + f->rec.size, bytes, len);
		f->rec.size += (len + 7) & ~7u;
	}
	f->rec.nranges++;
}

static void add(struct fixture *f, u64 addr, const void *bytes, u32 len)
{
	add_range(f, addr, bytes, len, SDW_OK);
}

static void add_words(struct fixture *f, u64 addr, u32 n, ...)
{
	u64 words[8];
	va_list ap;

	va_start(ap, n);
	for (u32 i = 0; i < n; i++)
		words[i] = va_arg(ap, u64);
	va_end(ap);
	add(f, addr, words, n * 8);
}

static void fault(struct fixture *f, u64 addr, u32 len)
{
	add_range(f, addr, NULL, len, SDW_FAULT);
}

static struct sd_value *decode_at(struct fixture *f, struct sd_type *t, struct sd_piece *pieces,
				  u32 n)
{
	struct sd_loc loc = {.pieces = pieces, .n = n};
	const u8 *(*rodata)(void *, u64, u64) = f->snap.rodata;
	void *ctx = f->snap.rodata_ctx;

	assert_true(sd_snapshot_init(&f->snap, &f->rec, 0, &f->cfa, &f->arena));
	f->snap.rodata = rodata;
	f->snap.rodata_ctx = ctx;
	return sd_decode(&f->snap, t, &loc, "v", &f->limits, &f->arena);
}

static void shows(struct fixture *f, const struct sd_value *v, const char *text, const char *json)
{
	f->buf.n = 0;
	sd_out_text_value(v, &f->buf);
	assert_string_equal(sd_buf_cstr(&f->buf), text);
	f->buf.n = 0;
	sd_out_json_value(v, &f->buf);
	assert_true(json_valid(f->buf.p, f->buf.n));
	if (json)
		assert_string_equal(sd_buf_cstr(&f->buf), json);
}

#define IN(r, o, n)                                                                                \
	{                                                                                          \
		.kind = SD_PIECE_REG, .reg = (r), .value_off = (o), .size = (n)                    \
	}
#define PIECES(...)                                                                                \
	(struct sd_piece[]){__VA_ARGS__}, SD_ARRAY_SIZE(((struct sd_piece[]){__VA_ARGS__}))
#define ON_STACK(n) PIECES({.kind = SD_PIECE_CFA, .size = (n)})
#define STACK	    0xc000100000ULL

static void in_register(struct fixture *f, struct sd_type *t, u64 reg, const char *text,
			const char *json)
{
	f->rec.regs[SD_RBX] = reg;
	shows(f, decode_at(f, t, PIECES(IN(SD_RBX, 0, (u32)t->size))), text, json);
}

static void test_integers(void **state)
{
	struct fixture *f = *state;

	in_register(f, &t_int, 100, "100", "100");
	in_register(f, &t_int, (u64)INT64_MIN, "-9223372036854775808", "-9223372036854775808");
	in_register(f, &t_uint64, UINT64_MAX, "18446744073709551615", "18446744073709551615");
	/* what lies above the value in its register is not the value's */
	in_register(f, &t_int8, 0xffffffffffffff80, "-128", "-128");
	in_register(f, &t_int8, 0xffffffffffffff7f, "127", "127");
	in_register(f, &t_int16, 0xdeadbeef8000, "-32768", "-32768");
	in_register(f, &t_int32, 0xdeadbeef80000000, "-2147483648", "-2147483648");
	in_register(f, &t_uint8, 0xffffff, "255", "255");
	in_register(f, &t_uint16, ~0ULL, "65535", "65535");
	in_register(f, &t_uint32, ~0ULL, "4294967295", "4294967295");
	in_register(f, &t_enum, 0xffffffff, "-1", "-1");
	in_register(f, &t_int128, 1, "<integer of an unknown size>",
		    "{\"unavailable\":\"integer of an unknown size\"}");
}

static void test_bool(void **state)
{
	struct fixture *f = *state;

	in_register(f, &t_bool, 0xab00, "false", "false");
	in_register(f, &t_bool, 0xab01, "true", "true");
	in_register(f, &t_bool, 2, "<bad bool 0x02>", "{\"unavailable\":\"bad bool 0x02\"}");
}

static void test_duration(void **state)
{
	/* what go1.26 prints for each */
	static const struct {
		s64 ns;
		const char *text;
	} cases[] = {
		{0, "0s"},
		{1, "1ns"},
		{100, "100ns"},
		{999, "999ns"},
		{1000, "1\xc2\xb5s"},
		{1500, "1.5\xc2\xb5s"},
		{1100000, "1.1ms"},
		{2200000000, "2.2s"},
		{1500000000, "1.5s"},
		{3600000000000, "1h0m0s"},
		{60000000000, "1m0s"},
		{200000000000, "3m20s"},
		{19205000000000, "5h20m5s"},
		{19205001000000, "5h20m5.001s"},
		{1000001, "1.000001ms"},
		{-1500000000, "-1.5s"},
		{INT64_MAX, "2562047h47m16.854775807s"},
		{INT64_MIN, "-2562047h47m16.854775808s"},
	};
	struct fixture *f = *state;
	char json[32];

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
		snprintf(json, sizeof(json), "%lld", (long long)cases[i].ns);
		in_register(f, &t_duration, (u64)cases[i].ns, cases[i].text, json);
	}
	/* and from memory, where the general walk decodes it */
	add_words(f, STACK, 1, 1500000000ULL);
	shows(f, decode_at(f, &t_duration, ON_STACK(8)), "1.5s", "1500000000");
}

static void test_floats(void **state)
{
	struct fixture *f = *state;
	float parts32[2] = {1.5f, -2.25f};
	double parts64[2] = {0.1, -3};

	add(f, STACK, parts64, 16);
	add(f, STACK + 16, parts32, 8);
	shows(f, decode_at(f, &t_f64, ON_STACK(8)), "0.1", "0.1");
	shows(f, decode_at(f, &t_c128, ON_STACK(16)), "(0.1-3i)", "{\"real\":0.1,\"imag\":-3}");
	shows(f, decode_at(f, &t_f32, PIECES({.kind = SD_PIECE_CFA, .size = 4, .off = 16})), "1.5",
	      "1.5");
	shows(f, decode_at(f, &t_c64, PIECES({.kind = SD_PIECE_CFA, .size = 8, .off = 16})),
	      "(1.5-2.25i)", "{\"real\":1.5,\"imag\":-2.25}");
	shows(f, decode_at(f, &t_f64, PIECES({.kind = SD_PIECE_XMM, .reg = 3, .size = 8})),
	      "<in xmm3: not readable>", "{\"unavailable\":\"in xmm3: not readable\"}");
}

/* Of what a signal frame gave: all pieces of a value, halves of one register, none beyond it. */
static void test_float_registers(void **state)
{
	struct fixture *f = *state;
	static const struct {
		u16 flags;
		const char *text;
	} why[] = {
		{SDW_REC_XMM, "<in xmm14: the signal frame did not come>"},
		{SDW_REC_XMM | SDW_REC_XMM_SYSTEM, "<in xmm14: not readable on a system stack>"},
		{SDW_REC_XMM | SDW_REC_XMM_UNSENT, "<in xmm14: no signal could be sent>"},
		{SDW_REC_XMM | SDW_REC_XMM_OTHER, "<in xmm14: the signal came elsewhere>"},
		{SDW_REC_XMM | SDW_REC_XMM_FAULT, "<in xmm14: the signal frame could not be read>"},
	};
	u64 xmm[SDW_NXMM] = {0};
	double parts64[2] = {0.1, -3};
	float part32 = 1.5f;

	for (u32 i = 0; i < SD_ARRAY_SIZE(why); i++) {
		f->rec.flags = why[i].flags;
		shows(f, decode_at(f, &t_f64, PIECES({.kind = SD_PIECE_XMM, .reg = 14, .size = 8})),
		      why[i].text, NULL);
	}
	f->rec.flags = SDW_REC_XMM;
	memcpy(&xmm[3], &parts64[0], 8);
	memcpy(&xmm[14], &parts64[1], 8);
	memcpy(&xmm[0], &part32, 4);
	add_range(f, 0, xmm, sizeof(xmm), SDW_XMM);
	shows(f, decode_at(f, &t_f64, PIECES({.kind = SD_PIECE_XMM, .reg = 14, .size = 8})), "-3",
	      "-3");
	shows(f, decode_at(f, &t_f32, PIECES({.kind = SD_PIECE_XMM, .size = 4})), "1.5", "1.5");
	shows(f,
	      decode_at(f, &t_c128,
			PIECES({.kind = SD_PIECE_XMM, .reg = 3, .size = 8},
			       {.kind = SD_PIECE_XMM, .reg = 14, .size = 8, .value_off = 8})),
	      "(0.1-3i)", "{\"real\":0.1,\"imag\":-3}");
	shows(f, decode_at(f, &t_f64, PIECES({.kind = SD_PIECE_XMM, .reg = 15, .size = 8})),
	      "<in xmm15: the signal frame did not come>", NULL);
	shows(f, decode_at(f, &t_c128, PIECES({.kind = SD_PIECE_XMM, .reg = 3, .size = 16})),
	      "<wider than its register>", NULL);
	/* no memory lies where the range says, and one of another size is damage */
	shows(f, decode_at(f, &t_f64, PIECES({.kind = SD_PIECE_ADDR, .size = 8})), "<not captured>",
	      NULL);
	add_range(f, 0, xmm, 8, SDW_XMM);
	assert_false(sd_snapshot_init(&f->snap, &f->rec, 0, &f->cfa, &f->arena));
}

static void test_mixed_struct(void **state)
{
	struct fixture *f = *state;
	struct sd_piece mixed[] = {
		IN(SD_RAX, 0, 4),
		IN(SD_RBX, 4, 1),
		IN(SD_RCX, 8, 8),
		IN(SD_RDI, 16, 8),
		{.kind = SD_PIECE_XMM, .reg = 0, .value_off = 24, .size = 8},
	};
	u8 stack[32] = {7, 0, 0, 0, 1, 0xff, 0xff, 0xff};
	double d = 2.5;

	f->rec.regs[SD_RAX] = 0xffffffff00000007;
	f->rec.regs[SD_RBX] = 0x1234567890ab01;
	f->rec.regs[SD_RCX] = 0xc000200000;
	f->rec.regs[SD_RDI] = 3;
	add(f, 0xc000200000, "bob", 3);
	shows(f, decode_at(f, &t_mixed, mixed, 5),
	      "{A:7 B:true C:\"bob\" D:<in xmm0: not readable>}",
	      "{\"A\":7,\"B\":true,\"C\":\"bob\",\"D\":{\"unavailable\":\"in xmm0: not "
	      "readable\"}}");
	/* padding has no place; a field without one is not made up from what is near it */
	mixed[3] = mixed[4];
	shows(f, decode_at(f, &t_mixed, mixed, 4),
	      "{A:7 B:true C:<no location> D:<in xmm0: not readable>}",
	      "{\"A\":7,\"B\":true,\"C\":{\"unavailable\":\"no location\"},"
	      "\"D\":{\"unavailable\":\"in xmm0: not readable\"}}");
	/* on the stack, padding full of rubbish */
	memcpy(stack + 8, (u64[]){0xc000200000, 3}, 16);
	memcpy(stack + 24, &d, 8);
	add(f, STACK, stack, 32);
	shows(f, decode_at(f, &t_mixed, ON_STACK(32)), "{A:7 B:true C:\"bob\" D:2.5}",
	      "{\"A\":7,\"B\":true,\"C\":\"bob\",\"D\":2.5}");
}

static void test_struct_reasons(void **state)
{
	static struct sd_field blank_fields[] = {
		{.name = "_", .type = &t_int, .off = 0},
		{.name = "X", .type = &t_int, .off = 8},
		{.name = "_", .type = &t_int, .off = 16},
	};
	static struct sd_type blanks = {.kind = SD_KIND_STRUCT,
					.name = "main.b",
					.size = 24,
					.align = 8,
					.fields = blank_fields,
					.nfields = 3};
	static struct sd_field embed_fields[] = {
		{.name = "", .type = &t_pnode, .off = 0, .embedded = true},
		{.name = "", .type = &t_int, .off = 8},
	};
	static struct sd_type embeds = {.kind = SD_KIND_STRUCT,
					.name = "main.e",
					.size = 16,
					.align = 8,
					.fields = embed_fields,
					.nfields = 2};
	struct fixture *f = *state;

	f->rec.regs[SD_RAX] = 5;
	f->rec.regs[SD_RBX] = 6;
	shows(f, decode_at(f, &blanks, PIECES(IN(SD_RAX, 0, 8), IN(SD_RBX, 8, 8))), "{_:5 X:6}",
	      "{\"X\":6}");
	shows(f, decode_at(f, &blanks, PIECES({.kind = SD_PIECE_NONE, .size = 24})),
	      "<optimized out>", "{\"unavailable\":\"optimized out\"}");
	shows(f, decode_at(f, &t_empty, NULL, 0), "{}", "{}");
	f->rec.regs[SD_RAX] = 0;
	shows(f, decode_at(f, &embeds, PIECES(IN(SD_RAX, 0, 8), IN(SD_RBX, 8, 8))), "{node:nil 6}",
	      "{\"node\":null,\"_1\":6}");
	shows(f, decode_at(f, &t_mixed, ON_STACK(32)), "<not captured>",
	      "{\"unavailable\":\"not captured\"}");
	fault(f, STACK, 32);
	shows(f, decode_at(f, &t_mixed, ON_STACK(32)), "<fault at 0xc000100000>",
	      "{\"unavailable\":\"fault at 0xc000100000\"}");
}

static void test_bitfields(void **state)
{
	static struct sd_field fields[] = {
		{.name = "a", .type = &t_uint32, .off = 0, .bit_off = 0, .bit_size = 3},
		{.name = "b", .type = &t_int32, .off = 0, .bit_off = 3, .bit_size = 5},
		{.name = "c", .type = &t_uint64, .off = 0, .bit_off = 11, .bit_size = 60},
		{.name = "d", .type = &t_bool, .off = 8, .bit_off = 7, .bit_size = 1},
		{.name = "e", .type = &t_uint64, .off = 0, .bit_off = 0, .bit_size = 64},
		{.name = "f", .type = &t_string, .off = 0, .bit_off = 0, .bit_size = 4},
	};
	static struct sd_type bits = {.kind = SD_KIND_STRUCT,
				      .name = "bits",
				      .size = 16,
				      .align = 8,
				      .fields = fields,
				      .nfields = 6};
	struct fixture *f = *state;
	u64 low = 5 | 0x1eULL << 3 | 0x123456789abcdULL << 11;

	add_words(f, STACK, 2, low, 0x80ULL);
	shows(f, decode_at(f, &bits, ON_STACK(16)),
	      "{a:5 b:-2 c:320255973501901 d:true e:655884233731893493 f:<bit-field of an unknown "
	      "type>}",
	      "{\"a\":5,\"b\":-2,\"c\":320255973501901,\"d\":true,\"e\":655884233731893493,"
	      "\"f\":{\"unavailable\":\"bit-field of an unknown type\"}}");
}

static void test_strings(void **state)
{
	struct fixture *f = *state;
	struct sd_piece in_regs[] = {IN(SD_RAX, 0, 8), IN(SD_RBX, 8, 8)};

#define STRING(ptr, len, text, json)                                                               \
	do {                                                                                       \
		f->rec.regs[SD_RAX] = (ptr);                                                       \
		f->rec.regs[SD_RBX] = (len);                                                       \
		shows(f, decode_at(f, &t_string, in_regs, 2), (text), (json));                     \
	} while (0)
	add(f, 0x1000, "hello\n\x1b[31m", 11);
	add(f, 0x2000,
	    "gr\xc3\xbc\xc3\x9f"
	    "e",
	    7);
	add(f, 0x3000, "\xff\x00z", 3);
	fault(f, 0x4000, 256);
	STRING(0x1000, 11, "\"hello\\n\\x1b[31m\"", "\"hello\\n\\u001b[31m\"");
	STRING(0x2000, 7,
	       "\"gr\xc3\xbc\xc3\x9f"
	       "e\"",
	       "\"gr\xc3\xbc\xc3\x9f"
	       "e\"");
	STRING(0x3000, 3, "\"\\xff\\x00z\"", "{\"hex\":\"ff007a\"}");
	STRING(0, 0, "\"\"", "\"\"");
	STRING(0x9999, 0, "\"\"", "\"\"");
	STRING(0x1000, 70000, "\"hello\\n\\x1b[31m\"<truncated 11 of 70000>",
	       "{\"value\":\"hello\\n\\u001b[31m\",\"cut\":{\"shown\":11,\"len\":70000}}");
	f->limits.str = 3; /* the cut goes through a rune: that is left out, not shown in halves */
	STRING(0x2000, 7, "\"gr\"<truncated 2 of 7>",
	       "{\"value\":\"gr\",\"cut\":{\"shown\":2,\"len\":7}}");
	f->limits.str = 256;
	STRING(0x4000, 5, "<fault at 0x4000, len 5>",
	       "{\"unavailable\":\"fault at 0x4000\",\"addr\":\"0x4000\",\"len\":5}");
	STRING(0x5000, 5, "<not captured, len 5>",
	       "{\"unavailable\":\"not captured\",\"addr\":\"0x5000\",\"len\":5}");
	f->rec.flags = SDW_REC_CUT_BYTES;
	STRING(0x5000, 5, "<event size, len 5>",
	       "{\"unavailable\":\"event size\",\"addr\":\"0x5000\",\"len\":5}");
	STRING(0x1000, (u64)-5, "<bad length -5>", "{\"unavailable\":\"bad length -5\"}");
	STRING(0, 5, "<nil pointer with length 5>",
	       "{\"unavailable\":\"nil pointer with length 5\"}");
	in_regs[1] = (struct sd_piece){
		.kind = SD_PIECE_NONE, .value_off = 8, .size = 8, .why = "dead"};
	STRING(0x1000, 5, "<dead>", "{\"unavailable\":\"dead\"}");
#undef STRING
}

static void test_bytes(void **state)
{
	struct fixture *f = *state;
	struct sd_piece regs[] = {IN(SD_RAX, 0, 8), IN(SD_RBX, 8, 8), IN(SD_RCX, 16, 8)};

#define BYTES(type, ptr, len, cap, text, json)                                                     \
	do {                                                                                       \
		f->rec.regs[SD_RAX] = (ptr);                                                       \
		f->rec.regs[SD_RBX] = (len);                                                       \
		f->rec.regs[SD_RCX] = (cap);                                                       \
		shows(f, decode_at(f, (type), regs, 3), (text), (json));                           \
	} while (0)
	add(f, 0x1000, "GET /\r\n\t\xff\x01", 10);
	BYTES(&t_bytes, 0x1000, 8, 16, "\"GET /\\r\\n\\t\"", "\"GET /\\r\\n\\t\"");
	BYTES(&t_bytes, 0x1008, 2, 8, "hex:ff01", "{\"hex\":\"ff01\"}");
	BYTES(&t_bytes, 0x1008, 9, 9, "hex:ff01<truncated 2 of 9>",
	      "{\"hex\":\"ff01\",\"cut\":{\"shown\":2,\"len\":9}}");
	BYTES(&t_bytes, 0, 0, 0, "nil", "null");
	BYTES(&t_bytes, 0x1000, 0, 0, "\"\"", "\"\"");
	BYTES(&t_bytes, 0x1000, 9, 8, "<bad length 9 of capacity 8>",
	      "{\"unavailable\":\"bad length 9 of capacity 8\"}");
	/* a defined byte type is not a byte */
	BYTES(&t_flagss, 0x1000, 2, 2, "[71 69]", "[71,69]");
	/* a dead capacity does not hide the contents */
	regs[2] = (struct sd_piece){.kind = SD_PIECE_NONE, .value_off = 16, .size = 8};
	BYTES(&t_bytes, 0x1000, 3, 0, "\"GET\"", "\"GET\"");
#undef BYTES
}

static void test_slices(void **state)
{
	struct fixture *f = *state;
	static struct sd_type strings = {.kind = SD_KIND_SLICE,
					 .name = "[]string",
					 .size = 24,
					 .align = 8,
					 .elem = &t_string};
	static struct sd_type empties = {.kind = SD_KIND_SLICE,
					 .name = "[]struct {}",
					 .size = 24,
					 .align = 8,
					 .elem = &t_empty};

	add_words(f, STACK, 3, 0x1000ULL, 5ULL, 8ULL);
	add_words(f, 0x1000, 3, 1ULL, (u64)-2, 3ULL);
	shows(f, decode_at(f, &t_ints, ON_STACK(24)), "[1 -2 3 <truncated 3 of 5>]",
	      "{\"value\":[1,-2,3],\"cut\":{\"shown\":3,\"len\":5}}");
	f->limits.items = 2;
	shows(f, decode_at(f, &t_ints, ON_STACK(24)), "[1 -2 <truncated 2 of 5>]",
	      "{\"value\":[1,-2],\"cut\":{\"shown\":2,\"len\":5}}");
	f->limits.items = 16;
	add_words(f, STACK + 24, 3, 0x2000ULL, 2ULL, 2ULL);
	add_words(f, 0x2000, 4, 0x3000ULL, 1ULL, 0x3001ULL, 2ULL);
	add(f, 0x3000, "abc", 3);
	shows(f, decode_at(f, &strings, PIECES({.kind = SD_PIECE_CFA, .off = 24, .size = 24})),
	      "[\"a\" \"bc\"]", "[\"a\",\"bc\"]");
	add_words(f, STACK + 48, 3, 0x7000ULL, 3ULL, 3ULL);
	shows(f, decode_at(f, &empties, PIECES({.kind = SD_PIECE_CFA, .off = 48, .size = 24})),
	      "[{} {} {}]", "[{},{},{}]");
	shows(f, decode_at(f, &t_ints, PIECES({.kind = SD_PIECE_CFA, .off = 48, .size = 24})),
	      "<not captured, len 3>",
	      "{\"unavailable\":\"not captured\",\"addr\":\"0x7000\",\"len\":3}");
	fault(f, 0x7008, 8);
	fault(f, 0x6ff0, 64);
	shows(f, decode_at(f, &t_ints, PIECES({.kind = SD_PIECE_CFA, .off = 48, .size = 24})),
	      "<fault at 0x7000, len 3>",
	      "{\"unavailable\":\"fault at 0x7000\",\"addr\":\"0x7000\",\"len\":3}");
	add_words(f, STACK + 72, 3, 0x7000ULL, 1ULL << 46, 1ULL << 46);
	shows(f, decode_at(f, &t_ints, PIECES({.kind = SD_PIECE_CFA, .off = 72, .size = 24})),
	      "<bad length 70368744177664>", "{\"unavailable\":\"bad length 70368744177664\"}");
}

static void test_arrays(void **state)
{
	struct fixture *f = *state;
	static struct sd_type grid = {.kind = SD_KIND_ARRAY,
				      .name = "[2][4]uint8",
				      .size = 8,
				      .align = 1,
				      .elem = &t_array,
				      .count = 2};
	static struct sd_type none = {
		.kind = SD_KIND_ARRAY, .name = "[0]int", .align = 8, .elem = &t_int};
	static struct sd_type one = {.kind = SD_KIND_ARRAY,
				     .name = "[1]int",
				     .size = 8,
				     .align = 8,
				     .elem = &t_int,
				     .count = 1};

	add(f, STACK, "\1\2\3\4\5\6\7\10", 8);
	shows(f, decode_at(f, &t_array, ON_STACK(4)), "[1 2 3 4]", "[1,2,3,4]");
	shows(f, decode_at(f, &grid, ON_STACK(8)), "[[1 2 3 4] [5 6 7 8]]",
	      "[[1,2,3,4],[5,6,7,8]]");
	shows(f, decode_at(f, &none, NULL, 0), "[]", "[]");
	f->rec.regs[SD_R11] = 9;
	shows(f, decode_at(f, &one, PIECES(IN(SD_R11, 0, 8))), "[9]", "[9]");
	f->limits.items = 3;
	shows(f, decode_at(f, &t_array, ON_STACK(4)), "[1 2 3 <truncated 3 of 4>]",
	      "{\"value\":[1,2,3],\"cut\":{\"shown\":3,\"len\":4}}");
}

static void test_pointers(void **state)
{
	struct fixture *f = *state;

	in_register(f, &t_pint, 0, "nil", "null");
	in_register(f, &t_unsafe, 0, "nil", "null");
	in_register(f, &t_unsafe, 0xc000012340, "0xc000012340", "\"0xc000012340\"");
	in_register(f, &t_pint, 0x1000, "0x1000<not captured>",
		    "{\"unavailable\":\"not captured\",\"addr\":\"0x1000\"}");
	in_register(f, &t_pempty, 0x5a5a5a, "&{}", "{}");
	add_words(f, 0x1000, 1, 42ULL);
	add_words(f, 0x2000, 3, 0x3000ULL, 3ULL, 0x2000ULL);
	add(f, 0x3000, "bob", 3);
	add_words(f, 0x4000, 3, 0x3000ULL, 3ULL, 0x8ULL);
	fault(f, 8, 24);
	in_register(f, &t_pint, 0x1000, "&42", "42");
	in_register(f, &t_pnode, 0x2000, "&{Name:\"bob\" Next:0x2000<cycle>}",
		    "{\"Name\":\"bob\",\"Next\":{\"unavailable\":\"cycle\",\"addr\":\"0x2000\"}}");
	in_register(
		f, &t_pnode, 0x4000, "&{Name:\"bob\" Next:0x8<fault at 0x8>}",
		"{\"Name\":\"bob\",\"Next\":{\"unavailable\":\"fault at 0x8\",\"addr\":\"0x8\"}}");
	add_words(f, 0x6000, 3, 0ULL, 0ULL, 0x4000ULL);
	f->limits.depth = 1;
	in_register(f, &t_pnode, 0x6000, "&{Name:\"\" Next:0x4000<depth>}",
		    "{\"Name\":\"\",\"Next\":{\"unavailable\":\"depth\",\"addr\":\"0x4000\"}}");
	f->limits.depth = 0;
	in_register(f, &t_pint, 0x1000, "0x1000<depth>",
		    "{\"unavailable\":\"depth\",\"addr\":\"0x1000\"}");
}

/* A pointee of which only the beginning was captured: what is there stands. */
static void test_partial_pointee(void **state)
{
	struct fixture *f = *state;

	add_words(f, 0x4000, 2, 0ULL, 0ULL);
	fault(f, 0x4010, 8);
	in_register(f, &t_pnode, 0x4000, "&{Name:\"\" Next:<fault at 0x4010>}",
		    "{\"Name\":\"\",\"Next\":{\"unavailable\":\"fault at 0x4010\"}}");
}

static void test_interfaces(void **state)
{
	struct fixture *f = *state;

	add_words(f, STACK, 4, 0ULL, 0ULL, 0x500000ULL, 0xc000012340ULL);
	shows(f, decode_at(f, &t_error, ON_STACK(16)), "nil", "null");
	shows(f, decode_at(f, &t_any, ON_STACK(16)), "nil", "null");
	shows(f, decode_at(f, &t_error, PIECES({.kind = SD_PIECE_CFA, .off = 16, .size = 16})),
	      "error(<at 0xc000012340>)", "{\"addr\":\"0xc000012340\"}");
	shows(f, decode_at(f, &t_error, PIECES({.kind = SD_PIECE_NONE, .size = 16})),
	      "<optimized out>", "{\"unavailable\":\"optimized out\"}");
}

/* Stands for a table of the binary's types and functions. */
static const char *known_type(void *ctx, u64 addr, struct sd_arena *arena)
{
	return addr == 0x480000 ? "*errors.errorString" : NULL;
}

static const char *known_func(void *ctx, u64 addr, struct sd_arena *arena)
{
	return addr == 0x4a1b20 ? "main.f.func1" : NULL;
}

static void test_names(void **state)
{
	struct fixture *f = *state;
	struct sd_piece pieces[] = {{.kind = SD_PIECE_CFA, .size = 16}};
	struct sd_loc loc = {.pieces = pieces, .n = 1};

	/* an itab whose second word is the type; a type; neither; a closure */
	add_words(f, STACK, 8, 0x500000ULL, 0x10ULL, 0x480000ULL, 0x20ULL, 0x500100ULL, 0x30ULL,
		  0x600000ULL, 0x700000ULL);
	add_words(f, 0x500000, 2, 0x1ULL, 0x480000ULL);
	add_words(f, 0x500100, 2, 0x1ULL, 0x490000ULL);
	add_words(f, 0x600000, 1, 0x4a1b20ULL);
	assert_true(sd_snapshot_init(&f->snap, &f->rec, 0, &f->cfa, &f->arena));
	f->snap.type_name = known_type;
	f->snap.func_name = known_func;
	shows(f, sd_decode(&f->snap, &t_error, &loc, NULL, &f->limits, &f->arena),
	      "*errors.errorString(0x10)", "{\"type\":\"*errors.errorString\",\"addr\":\"0x10\"}");
	pieces[0].off = 16;
	shows(f, sd_decode(&f->snap, &t_any, &loc, NULL, &f->limits, &f->arena),
	      "*errors.errorString(0x20)", "{\"type\":\"*errors.errorString\",\"addr\":\"0x20\"}");
	/* the same words as a non-empty interface: its itab is not there, so no name is made up */
	shows(f, sd_decode(&f->snap, &t_error, &loc, NULL, &f->limits, &f->arena),
	      "error(<at 0x20>)", "{\"addr\":\"0x20\"}");
	pieces[0].off = 32;
	shows(f, sd_decode(&f->snap, &t_error, &loc, NULL, &f->limits, &f->arena),
	      "error(<at 0x30>)", "{\"addr\":\"0x30\"}");
	pieces[0].off = 48;
	shows(f, sd_decode(&f->snap, &t_func, &loc, NULL, &f->limits, &f->arena),
	      "main.f.func1(0x600000)",
	      "{\"type\":\"func(int) int\",\"addr\":\"0x600000\",\"name\":\"main.f.func1\"}");
	pieces[0].off = 56;
	shows(f, sd_decode(&f->snap, &t_func, &loc, NULL, &f->limits, &f->arena),
	      "func(int) int(0x700000)", "{\"type\":\"func(int) int\",\"addr\":\"0x700000\"}");
}

static void test_maps_chans_funcs(void **state)
{
	struct fixture *f = *state;

	in_register(f, &t_map, 0, "nil", "null");
	in_register(f, &t_chan, 0, "nil", "null");
	in_register(f, &t_func, 0, "nil", "null");
	in_register(f, &t_map, 0x1000, "map[string]int(0x1000)",
		    "{\"type\":\"map[string]int\",\"addr\":\"0x1000\"}");
	in_register(f, &t_chan, 0x2000, "chan int(0x2000)",
		    "{\"type\":\"chan int\",\"addr\":\"0x2000\"}");
	in_register(f, &t_func, 0x4a1b20, "func(int) int(0x4a1b20)",
		    "{\"type\":\"func(int) int\",\"addr\":\"0x4a1b20\"}");
	add_words(f, 0x1000, 1, 3ULL);
	add_words(f, 0x2000, 2, 2ULL, 5ULL);
	add_words(f, 0x3000, 2, 9ULL, 5ULL);
	add_words(f, 0x4000, 1, 0ULL);
	in_register(f, &t_map, 0x1000, "map[string]int(len 3 <layout of maps not known>)",
		    "{\"type\":\"map[string]int\",\"addr\":\"0x1000\",\"len\":3,"
		    "\"value\":{\"unavailable\":\"layout of maps not known\"}}");
	in_register(f, &t_map, 0x4000, "map[string]int{}", "{}");
	in_register(f, &t_chan, 0x2000, "chan int(len 2 cap 5)",
		    "{\"type\":\"chan int\",\"addr\":\"0x2000\",\"len\":2,\"cap\":5}");
	/* more elements than room: not a channel's header */
	in_register(f, &t_chan, 0x3000, "chan int(0x3000)",
		    "{\"type\":\"chan int\",\"addr\":\"0x3000\"}");
	fault(f, 0x5000, 96);
	in_register(f, &t_map, 0x5000, "<fault at 0x5000>",
		    "{\"unavailable\":\"fault at 0x5000\",\"addr\":\"0x5000\"}");
	in_register(f, &t_chan, 0x5000, "<fault at 0x5000>",
		    "{\"unavailable\":\"fault at 0x5000\",\"addr\":\"0x5000\"}");
}

static void test_places(void **state)
{
	struct fixture *f = *state;
	struct sd_loc why = {.why = "no debug information"};
	struct sd_loc addr_loc = {
		.pieces = (struct sd_piece[]){{.kind = SD_PIECE_ADDR, .off = 0x100, .size = 8}},
		.n = 1};
	struct sd_value *v;

	f->rec.regs[SD_R8] = 0x1000;
	add_words(f, 0x1010, 2, 0x2000ULL, 7ULL);
	add_words(f, 0x2008, 1, 99ULL);
	add_words(f, 0x555000100, 1, 11ULL);
	shows(f,
	      decode_at(f, &t_int,
			PIECES({.kind = SD_PIECE_MEM, .reg = SD_R8, .off = 0x18, .size = 8})),
	      "7", "7");
	/* moved to the heap: its address lies in the frame */
	shows(f,
	      decode_at(f, &t_int,
			PIECES({.kind = SD_PIECE_MEM,
				.reg = SD_R8,
				.off = 0x10,
				.deref = true,
				.off2 = 8,
				.size = 8})),
	      "99", "99");
	shows(f, decode_at(f, &t_int, PIECES({.kind = SD_PIECE_CONST, .off = -5, .size = 8})), "-5",
	      "-5");
	shows(f,
	      decode_at(f, &t_int,
			PIECES({.kind = SD_PIECE_REGVAL, .reg = SD_R8, .off = -1, .size = 8})),
	      "4095", "4095");
	shows(f,
	      decode_at(f, &t_unsafe,
			PIECES({.kind = SD_PIECE_REGVAL, .reg = 255, .off = 16, .size = 8})),
	      "0xc000100010", "\"0xc000100010\"");
	/* half in a register, half in memory */
	shows(f,
	      decode_at(f, &t_int,
			PIECES(IN(SD_R8, 0, 4), {.kind = SD_PIECE_MEM,
						 .reg = SD_R8,
						 .off = 0x18,
						 .value_off = 4,
						 .size = 4})),
	      "30064775168", "30064775168");
	shows(f, decode_at(f, &t_int, PIECES(IN(40, 0, 8))), "<unknown register>",
	      "{\"unavailable\":\"unknown register\"}");
	shows(f, decode_at(f, &t_string, PIECES(IN(SD_R8, 0, 16))), "<wider than its register>",
	      "{\"unavailable\":\"wider than its register\"}");
	shows(f, decode_at(f, &t_int, NULL, 0), "<no location>",
	      "{\"unavailable\":\"no location\"}");
	f->cfa.known = false;
	shows(f, decode_at(f, &t_int, ON_STACK(8)), "<frame address unknown>",
	      "{\"unavailable\":\"frame address unknown\"}");
	/* a position-independent binary */
	assert_true(sd_snapshot_init(&f->snap, &f->rec, 0x555000000, NULL, &f->arena));
	shows(f, sd_decode(&f->snap, &t_int, &addr_loc, NULL, &f->limits, &f->arena), "11", "11");
	v = sd_decode(&f->snap, &t_int, &why, "x", &f->limits, &f->arena);
	assert_string_equal(v->name, "x");
	assert_ptr_equal(v->type, &t_int);
	shows(f, v, "<no debug information>", "{\"unavailable\":\"no debug information\"}");
	shows(f, sd_decode(&f->snap, NULL, &addr_loc, NULL, &f->limits, &f->arena),
	      "<no debug information>", "{\"unavailable\":\"no debug information\"}");
}

static void test_snapshot_reads(void **state)
{
	struct fixture *f = *state;
	u8 got[8];
	bool faulted;

	/* adjacent, overlapping, one inside another, out of order */
	add(f, 0x1008, "89abcdef", 8);
	add(f, 0x1000, "01234567", 8);
	add(f, 0x1002, "23", 2);
	add(f, 0x100c, "cdefGHIJ", 8);
	fault(f, 0x1014, 4);
	fault(f, UINT64_MAX - 3, 64);
	assert_true(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, &f->arena));
	assert_int_equal(f->snap.nranges, 4);
	assert_int_equal(f->snap.nfaults, 2);
	assert_true(sd_snapshot_read(&f->snap, 0x1005, got, 8, &faulted));
	assert_memory_equal(got, "56789abc", 8);
	assert_true(sd_snapshot_read(&f->snap, 0x100c, got, 8, &faulted));
	assert_memory_equal(got, "cdefGHIJ", 8);
	assert_false(faulted);
	assert_false(sd_snapshot_read(&f->snap, 0x100e, got, 8, &faulted));
	assert_true(faulted);
	assert_false(sd_snapshot_read(&f->snap, 0xff8, got, 8, &faulted));
	assert_false(faulted);
	assert_false(sd_snapshot_read(&f->snap, UINT64_MAX - 1, got, 1, &faulted));
	assert_true(faulted);
	assert_false(sd_snapshot_read(&f->snap, UINT64_MAX - 1, got, 8, &faulted));
	assert_int_equal(sd_snapshot_avail(&f->snap, 0x1004, 100), 16);
	assert_int_equal(sd_snapshot_avail(&f->snap, 0x2000, 100), 0);
	assert_true(sd_snapshot_touches(&f->snap, 0xff0, 17, &faulted));
	assert_false(sd_snapshot_touches(&f->snap, 0xff0, 16, &faulted));
	assert_false(faulted);
}

/* Many ranges: every byte is found, whatever the order they came in. */
static void test_many_ranges(void **state)
{
	struct fixture *f = *state;
	u32 n = 600;

	for (u32 i = 0; i < n; i++) {
		u64 k = i * 37ULL % n;

		add_words(f, 0x10000 + 8 * k, 1, k);
	}
	assert_true(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, &f->arena));
	for (u64 k = 0; k < n; k++) {
		bool faulted;
		u64 got;

		assert_true(sd_snapshot_read(&f->snap, 0x10000 + 8 * k, &got, 8, &faulted));
		assert_int_equal(got, k);
	}
	assert_int_equal(sd_snapshot_avail(&f->snap, 0x10000, 8 * n + 1), 8 * n);
}

static const u8 *rodata(void *ctx, u64 addr, u64 n)
{
	const char *text = ctx;
	u64 len = strlen(text);

	return addr >= 0x4000 && addr - 0x4000 <= len && n <= len - (addr - 0x4000)
		       ? (const u8 *)text + (addr - 0x4000)
		       : NULL;
}

static void test_rodata(void **state)
{
	static char text[] = "a constant";
	struct fixture *f = *state;
	struct sd_piece in_regs[] = {IN(SD_RAX, 0, 8), IN(SD_RBX, 8, 8)};

	f->rec.regs[SD_RAX] = 0x4000;
	f->rec.regs[SD_RBX] = 10;
	fault(f, 0x4000, 10);
	shows(f, decode_at(f, &t_string, in_regs, 2), "<fault at 0x4000, len 10>",
	      "{\"unavailable\":\"fault at 0x4000\",\"addr\":\"0x4000\",\"len\":10}");
	f->snap.rodata = rodata;
	f->snap.rodata_ctx = text;
	shows(f, decode_at(f, &t_string, in_regs, 2), "\"a constant\"", "\"a constant\"");
	add(f, 0x3ffc, "not ", 4); /* half in the record, half in the file */
	f->rec.regs[SD_RAX] = 0x3ffc;
	f->rec.regs[SD_RBX] = 14;
	shows(f, decode_at(f, &t_string, in_regs, 2), "\"not a constant\"", "\"not a constant\"");
}

static void test_damaged_records(void **state)
{
	struct fixture *f = *state;
	struct sd_arena *a = &f->arena;
	struct sdw_range *r = (struct sdw_range *)(f->mem + sizeof(f->rec));

	add(f, 0x1000, "12345678", 8);
	assert_true(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, a));
	f->rec.version++;
	assert_false(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, a));
	f->rec.version--;
	f->rec.nranges = 2;
	assert_false(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, a));
	f->rec.nranges = UINT32_MAX;
	assert_false(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, a));
	f->rec.nranges = 1;
	r->len = 9;
	assert_false(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, a));
	assert_int_equal(f->snap.nranges, 0);
	r->len = UINT32_MAX;
	assert_false(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, a));
	r->len = 8;
	r->status = 7;
	assert_false(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, a));
	r->status = SDW_OK;
	r->addr = UINT64_MAX - 3;
	assert_false(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, a));
	r->addr = 0x1000;
	f->rec.size = sizeof(f->rec) - 1;
	assert_false(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, a));
	f->rec.size = 0;
	assert_false(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, a));
}

/* The perf buffer hands out records at addresses that are 4 past a multiple of 8. */
static void test_unaligned_record(void **state)
{
	struct fixture *f = *state;
	u8 *copy;
	bool faulted;
	u64 got;

	add_words(f, 0x1000, 1, 77ULL);
	copy = sd_arena_alloc_raw(&f->arena, f->rec.size + 4);
	memcpy(copy + 4, f->mem, f->rec.size);
	assert_true(sd_snapshot_init(&f->snap, (const struct sdw_rec *)(const void *)(copy + 4), 0,
				     NULL, &f->arena));
	assert_true(sd_snapshot_read(&f->snap, 0x1000, &got, 8, &faulted));
	assert_int_equal(got, 77);
}

static u64 count_values(const struct sd_value *v)
{
	u64 n = 1, items = v->items ? v->n : 0;

	for (u64 i = 0; i < items; i++)
		n += count_values(&v->items[i]);
	return n;
}

/* Types and memory that contain themselves: every bound holds. */
static void test_bounds(void **state)
{
	static struct sd_type self_slice = {
		.kind = SD_KIND_SLICE, .name = "main.S", .size = 24, .align = 8};
	static struct sd_type self_struct = {
		.kind = SD_KIND_STRUCT, .name = "main.T", .size = 8, .align = 8};
	static struct sd_field self_fields[] = {
		{.name = "a", .type = &self_struct},
		{.name = "b", .type = &self_struct},
	};
	static struct sd_field one_field[] = {{.name = "a", .type = NULL}};
	static struct sd_type wide = {.kind = SD_KIND_ARRAY,
				      .name = "[1<<40]int",
				      .size = 1ULL << 43,
				      .align = 8,
				      .elem = &t_int,
				      .count = 1ULL << 40};
	struct fixture *f = *state;
	struct sd_value *v;

	self_slice.elem = &self_slice;
	add_words(f, STACK, 3, STACK, 1ULL, 1ULL);
	shows(f, decode_at(f, &self_slice, ON_STACK(24)), "[<cycle>]",
	      "[{\"unavailable\":\"cycle\",\"addr\":\"0xc000100000\"}]");
	self_struct.fields = self_fields;
	self_struct.nfields = 2;
	v = decode_at(f, &self_struct, ON_STACK(8));
	assert_in_range(count_values(v), 2, f->limits.nodes + 1);
	self_struct.fields = one_field;
	self_struct.nfields = 1;
	one_field[0].type = &self_struct;
	v = decode_at(f, &self_struct, ON_STACK(8));
	shows(f, v, "<nested too deeply>", "{\"unavailable\":\"nested too deeply\"}");
	f->limits.nodes = 10;
	f->limits.items = UINT32_MAX;
	v = decode_at(f, &wide, ON_STACK(8));
	assert_int_equal(v->n, 10);
	assert_int_equal(v->total, 1ULL << 40);
	f->limits.nodes = 3;
	v = decode_at(f, &t_mixed, ON_STACK(32));
	shows(f, v, "<too many values>", "{\"unavailable\":\"too many values\"}");
}

/* Types are completed when the walk first needs to look inside. */
static void complete_node(struct sd_type_source *src, struct sd_type *t)
{
	t->fields = node_fields;
	t->nfields = 2;
}

static void test_completes_types(void **state)
{
	struct sd_type_source src = {.complete = complete_node};
	struct sd_type lazy = {.kind = SD_KIND_STRUCT,
			       .name = "main.node",
			       .size = 24,
			       .align = 8,
			       .incomplete = true,
			       .src = &src};
	struct fixture *f = *state;

	add_words(f, STACK, 3, 0ULL, 0ULL, 0ULL);
	shows(f, decode_at(f, &lazy, ON_STACK(24)), "{Name:\"\" Next:nil}",
	      "{\"Name\":\"\",\"Next\":null}");
}

/* ---- not a test: what decoding and formatting cost, printed for whoever looks ---- */
static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

static void one_line(struct fixture *f, struct sd_sink *sink, struct sd_type *t,
		     const struct sd_loc *locs, u32 n)
{
	struct sd_value args[2];
	struct sd_event ev = {.kind = SD_EV_CALL,
			      .ts_ns = 1700000000123456789,
			      .goid = 18,
			      .func = "main.add",
			      .has_args = true,
			      .args = args,
			      .nargs = n,
			      .has_duration = true,
			      .duration_ns = 310};

	sd_arena_reset(&f->arena);
	sd_snapshot_init(&f->snap, &f->rec, 0, &f->cfa, &f->arena);
	for (u32 i = 0; i < n; i++)
		args[i] = *sd_decode(&f->snap, t, &locs[i], i ? "b" : "a", &f->limits, &f->arena);
	f->buf.n = 0;
	sink->event(sink, &ev, &f->buf);
}

static void measure(struct fixture *f, const char *what, struct sd_sink *sink, struct sd_type *t,
		    const struct sd_loc *locs, u32 n)
{
	enum { ROUNDS = 20000 };
	u64 best = UINT64_MAX;

	for (int block = 0; block < 5; block++) {
		u64 start = now_ns();

		for (int i = 0; i < ROUNDS; i++)
			one_line(f, sink, t, locs, n);
		best = SD_MIN(best, now_ns() - start);
	}
	print_message("  %s: %.0f ns a line: %s", what, (double)best / ROUNDS,
		      sd_buf_cstr(&f->buf));
}

static void test_measure(void **state)
{
	struct fixture *f = *state;
	struct sd_sink *text = sd_sink_text_create(false, true), *json = sd_sink_json_create();
	struct sd_piece regs[] = {IN(SD_RAX, 0, 8), IN(SD_RBX, 0, 8), IN(SD_RAX, 0, 8),
				  IN(SD_RBX, 8, 8)};
	struct sd_loc ints[] = {{.pieces = &regs[0], .n = 1}, {.pieces = &regs[1], .n = 1}};
	struct sd_loc string = {.pieces = &regs[2], .n = 2};

	f->rec.regs[SD_RAX] = 123456;
	f->rec.regs[SD_RBX] = 32;
	measure(f, "2 ints, text", text, &t_int, ints, 2);
	measure(f, "2 ints, JSON", json, &t_int, ints, 2);
	f->rec.regs[SD_RAX] = 0x1000;
	add(f, 0x1000, "a string of thirty-two bytes ...", 32);
	measure(f, "string of 32, text", text, &t_string, &string, 1);
	measure(f, "string of 32, JSON", json, &t_string, &string, 1);
	assert_non_null(strstr(sd_buf_cstr(&f->buf), "\"a\":\"a string of thirty-two bytes ...\""));
	text->destroy(text);
	json->destroy(json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_integers),	     TEST(test_bool),
		TEST(test_duration),	     TEST(test_floats),
		TEST(test_float_registers),  TEST(test_mixed_struct),
		TEST(test_struct_reasons),   TEST(test_bitfields),
		TEST(test_strings),	     TEST(test_bytes),
		TEST(test_slices),	     TEST(test_arrays),
		TEST(test_pointers),	     TEST(test_partial_pointee),
		TEST(test_interfaces),	     TEST(test_names),
		TEST(test_maps_chans_funcs), TEST(test_places),
		TEST(test_snapshot_reads),   TEST(test_many_ranges),
		TEST(test_rodata),	     TEST(test_damaged_records),
		TEST(test_unaligned_record), TEST(test_bounds),
		TEST(test_completes_types),  TEST(test_measure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
