/* SPDX-License-Identifier: BSD-2-Clause */
/* Go's composite values on a picture of memory made by hand: interfaces, maps, channels, functions,
 * errors and the well-known types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "decode/walk.h"
#include "decode/wellknown.h"
#include "lang/go/go.h"
#include "out/out.h"
#include "tests/unit/json_check.h"

#define BASE 0x10000ULL
enum { MEM = 1 << 15, RTYPES = 32 };

/* One range of memory at BASE, filled from its start on. */
struct fixture {
	union {
		struct sdw_rec rec;
		u8 bytes[sizeof(struct sdw_rec) + sizeof(struct sdw_range) + MEM + 64];
	};
	u8 *mem;
	u64 used;
	struct sd_snapshot snap;
	struct sd_go_layout go;
	struct sd_arena arena;
	struct sd_decode_limits limits;
	struct sd_buf buf;
	struct sd_type *rtypes[RTYPES]; /* descriptor i is at i + 1 */
	u32 nrtypes;
};

static struct fixture *f;

static struct sd_type *rtype(void *ctx, u64 addr)
{
	return addr && addr <= f->nrtypes ? f->rtypes[addr - 1] : NULL;
}

static const char *func_name(void *ctx, u64 addr, struct sd_arena *arena)
{
	return addr == 0x400000 ? "main.f.func1" : NULL;
}

static bool func_line(void *ctx, u64 addr, const char **file_ret, u32 *line_ret)
{
	*file_ret = "/src/app.go";
	*line_ret = 31;
	return addr == 0x400000;
}

static int setup(void **state)
{
	struct sdw_range r = {.addr = BASE, .len = MEM};

	f = test_calloc(1, sizeof(*f));
	f->rec.version = SDW_VERSION;
	f->rec.size = sizeof(f->rec) + sizeof(r) + MEM;
	f->rec.nranges = 1;
	memcpy(f->bytes + sizeof(f->rec), &r, sizeof(r));
	f->mem = f->bytes + sizeof(f->rec) + sizeof(r);
	f->limits = (struct sd_decode_limits){.depth = 8, .items = 16, .str = 256, .nodes = 4096};
	f->go.map_kind = SD_GO_MAP_SWISS;
	f->go.chan = sd_go_chan_layout(26);
	return 0;
}

static int teardown(void **state)
{
	sd_arena_deinit(&f->arena);
	sd_buf_deinit(&f->buf);
	test_free(f);
	return 0;
}

/* ---- memory ---- */

/* n bytes, aligned to 8; their address. */
static u64 put(const void *p, u64 n)
{
	u64 at = f->used;

	assert_true(at + n + 8 <= MEM);
	if (p)
		memcpy(f->mem + at, p, n);
	f->used = (at + n + 7) & ~7ULL;
	return BASE + at;
}

static void poke(u64 addr, const void *p, u64 n)
{
	memcpy(f->mem + (addr - BASE), p, n);
}

static void poke8(u64 addr, u64 v)
{
	poke(addr, &v, 8);
}

static u64 words(u32 n, ...)
{
	u64 addr = put(NULL, 8 * (u64)n);
	va_list ap;

	va_start(ap, n);
	for (u32 i = 0; i < n; i++)
		poke8(addr + 8 * i, va_arg(ap, u64));
	va_end(ap);
	return addr;
}

/* Puts a string's header at addr. */
static void string_at(u64 addr, const char *s)
{
	poke8(addr, put(s, strlen(s)));
	poke8(addr + 8, strlen(s));
}

/* ---- types ---- */
static struct sd_type *type(enum sd_kind kind, const char *name, u64 size)
{
	struct sd_type *t = sd_arena_new(&f->arena, struct sd_type);

	*t = (struct sd_type){.kind = kind,
			      .name = name,
			      .size = size,
			      .align = size >= 8 || !size ? 8 : (u32)size,
			      .named = strchr(name, '.') && !strpbrk(name, "*[] ")};
	return t;
}

static struct sd_type *of(enum sd_kind kind, const char *name, u64 size, struct sd_type *elem)
{
	struct sd_type *t = type(kind, name, size);

	t->elem = elem;
	return t;
}

#define T_INT		type(SD_KIND_INT, "int", 8)
#define T_INT32		type(SD_KIND_INT, "int32", 4)
#define T_UINT64	type(SD_KIND_UINT, "uint64", 8)
#define T_STRING	type(SD_KIND_STRING, "string", 16)
#define T_BOOL		type(SD_KIND_BOOL, "bool", 1)
#define T_ANY		type(SD_KIND_EFACE, "interface {}", 16)
#define T_ERROR		type(SD_KIND_IFACE, "error", 16)
#define T_BYTES		of(SD_KIND_SLICE, "[]uint8", 24, type(SD_KIND_UINT, "uint8", 1))
#define PTR(name, to)	of(SD_KIND_PTR, name, 8, to)
#define SLICE(name, to) of(SD_KIND_SLICE, name, 24, to)

/* Fields as pairs of a name and a type, laid out as Go does; ends with NULL. */
static struct sd_type *structure(const char *name, ...)
{
	struct sd_type *t = type(SD_KIND_STRUCT, name, 0);
	const char *field;
	va_list ap;

	t->fields = sd_arena_array(&f->arena, struct sd_field, 16);
	t->named = true;
	va_start(ap, name);
	while ((field = va_arg(ap, const char *))) {
		struct sd_type *ft = va_arg(ap, struct sd_type *);

		t->size = (t->size + ft->align - 1) / ft->align * ft->align;
		t->fields[t->nfields++] = (struct sd_field){
			.name = field, .type = ft, .off = t->size};
		t->size += ft->size;
	}
	va_end(ap);
	t->size = (t->size + 7) & ~7ULL;
	return t;
}

static u64 off(const struct sd_type *t, const char *name)
{
	for (u32 i = 0; i < t->nfields; i++)
		if (!strcmp(t->fields[i].name, name))
			return t->fields[i].off;
	fail_msg("no field %s", name);
	return 0;
}

/* The address of its descriptor. */
static u64 descriptor(struct sd_type *t)
{
	assert_true(f->nrtypes < RTYPES);
	f->rtypes[f->nrtypes++] = t;
	return f->nrtypes;
}

/* An error interface's words at addr, with an itab of its own. */
static void error_at(u64 addr, struct sd_type *t, u64 data)
{
	poke8(addr, words(2, 0ULL, descriptor(t)));
	poke8(addr + 8, data);
}

static const struct sd_value *decode(struct sd_type *t, u64 addr)
{
	struct sd_piece piece = {.kind = SD_PIECE_ADDR, .off = (s64)addr, .size = (u32)t->size};
	struct sd_loc loc = {.pieces = &piece, .n = 1};

	assert_true(sd_snapshot_init(&f->snap, &f->rec, 0, NULL, &f->arena));
	f->snap.rtype = rtype;
	f->snap.func_name = func_name;
	f->snap.func_line = func_line;
	f->snap.go = &f->go;
	return sd_decode(&f->snap, t, &loc, "v", &f->limits, &f->arena);
}

static void shows(struct sd_type *t, u64 addr, const char *text, const char *json)
{
	const struct sd_value *v = decode(t, addr);

	f->buf.n = 0;
	sd_out_text_value(v, &f->buf);
	assert_string_equal(sd_buf_cstr(&f->buf), text);
	f->buf.n = 0;
	sd_out_json_value(v, &f->buf);
	assert_true(json_valid(f->buf.p, f->buf.n));
	assert_string_equal(sd_buf_cstr(&f->buf), json);
}

/* ---- interfaces ---- */
static void test_interfaces(void **state)
{
	struct sd_type *t = structure("main.T", "A", T_INT, NULL);
	struct sd_type *pt = PTR("*main.T", t), *holder = structure("main.H", "P", pt, NULL);
	u64 value = words(1, 7ULL), any = words(2, descriptor(T_INT), value);

	shows(T_ANY, any, "int(7)", "{\"type\":\"int\",\"value\":7}");
	/* the data word is a pointer's value, and its address for a struct */
	any = words(2, descriptor(pt), value);
	shows(T_ANY, any, "*main.T{A:7}", "{\"type\":\"*main.T\",\"value\":{\"A\":7}}");
	any = words(2, descriptor(t), value);
	shows(T_ANY, any, "main.T{A:7}", "{\"type\":\"main.T\",\"value\":{\"A\":7}}");
	any = words(2, descriptor(holder), value);
	shows(T_ANY, any, "main.H{P:&{A:7}}", "{\"type\":\"main.H\",\"value\":{\"P\":{\"A\":7}}}");
	/* what the descriptor says counts more than the shape */
	holder->direct = SD_DIRECT_NO;
	poke8(any + 8, words(1, value));
	shows(T_ANY, any, "main.H{P:&{A:7}}", "{\"type\":\"main.H\",\"value\":{\"P\":{\"A\":7}}}");
	any = words(2, descriptor(pt), 0ULL);
	shows(T_ANY, any, "(*main.T)(nil)", "{\"type\":\"*main.T\",\"value\":null}");
	shows(T_ANY, words(2, 0ULL, 0ULL), "nil", "null");
	error_at(any, pt, value);
	shows(T_ERROR, any, "*main.T{A:7}", "{\"type\":\"*main.T\",\"value\":{\"A\":7}}");
	/* not captured: the type stands */
	any = words(2, descriptor(T_INT), 0x900000ULL);
	shows(T_ANY, any, "int(<at 0x900000>)", "{\"type\":\"int\",\"addr\":\"0x900000\"}");
	any = words(2, 0x900000ULL, value);
	shows(T_ANY, any, "interface {}(<at 0x10000>)", "{\"addr\":\"0x10000\"}");
}

static void test_interface_cycle(void **state)
{
	struct sd_type *any = T_ANY, *anys = SLICE("[]interface {}", any);
	u64 header = words(3, 0ULL, 1ULL, 1ULL), item = words(2, descriptor(anys), header);

	poke8(header, item);
	shows(any, item, "[]interface {}([[]interface {}(<cycle>)])",
	      "{\"type\":\"[]interface {}\",\"value\":[{\"type\":\"[]interface {}\","
	      "\"value\":{\"unavailable\":\"cycle\",\"addr\":\"0x10000\"}}]}");
}

/* ---- maps ---- */
static struct sd_type *map_type(const char *name, struct sd_type *key, struct sd_type *elem)
{
	struct sd_type *t = of(SD_KIND_MAP, name, 8, elem);

	t->key = key;
	return t;
}

/* n buckets or groups of a map[string]int, side by side. */
static u64 blocks(u32 n)
{
	struct sd_go_map_slots s = {0};

	assert_true(sd_go_map_slots(f->go.map_kind, 16, 8, 8, 8, &s));
	assert_int_equal(s.size, f->go.map_kind == SD_GO_MAP_CLASSIC ? 208 : 200);
	return put(NULL, n * s.size);
}

/* Fills the one at addr: all slots, from "k<first>" on; the states of the first n, and of the
 * others. */
static u64 fill(u64 addr, u32 first, u32 n, u8 full, u8 empty)
{
	struct sd_go_map_slots s = {0};

	assert_true(sd_go_map_slots(f->go.map_kind, 16, 8, 8, 8, &s));
	for (u32 i = 0; i < 8; i++) {
		char key[16];

		f->mem[addr - BASE + i] = i < n ? full : empty;
		snprintf(key, sizeof(key), "k%u", first + i);
		string_at(addr + s.key_off + i * s.key_stride, key);
		poke8(addr + s.elem_off + i * s.elem_stride, first + i);
	}
	return addr;
}

static void test_swiss_maps(void **state)
{
	struct sd_type *t = map_type("map[string]int", T_STRING, T_INT);
	u64 group = fill(blocks(1), 1, 2, 5, 0x80);
	u64 m = words(6, 2ULL, 0ULL, group, 0ULL, 0ULL, 0ULL), h = words(1, m), a, b, two, one;
	char json[192];

	shows(t, h, "map[string]int{\"k1\":1, \"k2\":2}", "{\"k1\":1,\"k2\":2}");
	f->mem[group - BASE] = 0xfe; /* deleted */
	poke8(m, 1);
	shows(t, h, "map[string]int{\"k2\":2}", "{\"k2\":2}");
	/* the header says fewer than there are: torn, and never more than it says */
	f->mem[group - BASE] = 5;
	shows(t, h, "map[string]int{\"k1\":1}", "{\"k1\":1}");
	poke8(m, 0);
	poke8(m + 16, 0);
	shows(t, h, "map[string]int{}", "{}");
	/* a directory of 4: the first table twice, two split ones; the last has two groups */
	two = blocks(2);
	fill(two, 30, 1, 5, 0x80);
	fill(two + 200, 40, 1, 5, 0x80);
	a = words(4, 0ULL, 0ULL, fill(blocks(1), 10, 1, 5, 0x80), 0ULL);
	b = words(4, 0ULL, 2ULL, fill(blocks(1), 20, 1, 5, 0x80), 0ULL);
	m = words(6, 4ULL, 0ULL, words(4, a, a, b, words(4, 0ULL, 3ULL, two, 1ULL)), 4ULL, 0ULL,
		  0ULL);
	h = words(1, m);
	shows(t, h, "map[string]int{\"k10\":10, \"k20\":20, \"k30\":30, \"k40\":40}",
	      "{\"k10\":10,\"k20\":20,\"k30\":30,\"k40\":40}");
	f->limits.items = 3;
	shows(t, h, "map[string]int{\"k10\":10, \"k20\":20, \"k30\":30, <truncated 3 of 4>}",
	      "{\"value\":{\"k10\":10,\"k20\":20,\"k30\":30},\"cut\":{\"shown\":3,\"len\":4}}");
	/* nothing but the header */
	poke8(m + 16, 0x900000);
	snprintf(json, sizeof(json),
		 "{\"type\":\"map[string]int\",\"addr\":\"0x%llx\",\"len\":4,"
		 "\"value\":{\"unavailable\":\"not captured\"}}",
		 (unsigned long long)m);
	shows(t, h, "map[string]int(len 4 <not captured>)", json);
	/* some of it, but not what is in it */
	one = blocks(4);
	for (u64 i = 0; i < 4; i++)
		poke8(one + 200 * i, 0x8080808080808080);
	poke8(m + 16, words(1, words(4, 0ULL, 0ULL, one, 3ULL)));
	poke8(m + 24, 1);
	snprintf(json, sizeof(json),
		 "{\"type\":\"map[string]int\",\"addr\":\"0x%llx\",\"len\":4,"
		 "\"value\":{\"unavailable\":\"not in the 4 of 4 groups that were read\"}}",
		 (unsigned long long)m);
	shows(t, h, "map[string]int(len 4 <not in the 4 of 4 groups that were read>)", json);
}

static void test_classic_maps(void **state)
{
	struct sd_type *t = map_type("map[string]int", T_STRING, T_INT);
	u64 buckets, old, m, h, more;

	f->go.map_kind = SD_GO_MAP_CLASSIC;
	buckets = blocks(4);
	fill(buckets, 1, 2, 5, 0);
	fill(buckets + 208, 9, 1, 255, 1);
	m = words(6, 3ULL, 1ULL << 8, buckets, 0ULL, 0ULL, 0ULL); /* B 1: two buckets */
	h = words(1, m);
	f->mem[m - BASE + 9] = 1;
	f->mem[m - BASE + 8] = 0;
	shows(t, h, "map[string]int{\"k1\":1, \"k2\":2, \"k9\":9}", "{\"k1\":1,\"k2\":2,\"k9\":9}");
	more = fill(blocks(1), 5, 1, 77, 0);
	poke8(buckets + 200, more); /* overflow */
	poke8(m, 4);
	shows(t, h, "map[string]int{\"k1\":1, \"k2\":2, \"k5\":5, \"k9\":9}",
	      "{\"k1\":1,\"k2\":2,\"k5\":5,\"k9\":9}");
	/* it grows: of the old buckets one has moved (its slots say so), one has not */
	old = blocks(2);
	fill(old, 50, 8, 2, 2);
	fill(old + 208, 60, 1, 9, 0);
	poke8(m, 5);
	f->mem[m - BASE + 9] = 2;
	poke8(m + 24, old);
	shows(t, h, "map[string]int{\"k60\":60, \"k1\":1, \"k2\":2, \"k5\":5, \"k9\":9}",
	      "{\"k60\":60,\"k1\":1,\"k2\":2,\"k5\":5,\"k9\":9}");
	/* a chain that leads back to itself ends, and so does a number of buckets that no map has
	 */
	poke8(more + 200, more);
	poke8(m, 1000000);
	f->limits.items = 100000;
	f->limits.nodes = 1000000;
	assert_true(decode(t, h)->n < 100000);
	f->mem[m - BASE + 9] = 63;
	assert_int_equal(decode(t, h)->n, 0);
}

static void test_map_shapes(void **state)
{
	struct sd_type *big = of(SD_KIND_ARRAY, "[17]int", 136, T_INT), *any = T_ANY;
	struct sd_type *t = map_type("map[int][17]int", T_INT, big), *anys;
	u64 elem = put(NULL, 136), group = put(NULL, 8 + 8 * 16), m, h;

	big->count = 17;
	f->limits.items = 2;
	poke8(elem, 11);
	memset(f->mem + (group - BASE), 0x80, 8);
	f->mem[group - BASE + 3] = 0;
	poke8(group + 8 + 3 * 16, 5);
	poke8(group + 16 + 3 * 16, elem); /* larger than 128 bytes: behind a pointer */
	m = words(6, 1ULL, 0ULL, group, 0ULL, 0ULL, 0ULL);
	h = words(1, m);
	shows(t, h, "map[int][17]int{5:[11 0 <truncated 2 of 17>]}",
	      "[[5,{\"value\":[11,0],\"cut\":{\"shown\":2,\"len\":17}}]]");
	/* a map that holds itself */
	anys = map_type("map[interface {}]interface {}", any, any);
	group = put(NULL, 8 + 8 * 32);
	memset(f->mem + (group - BASE), 0x80, 8);
	f->mem[group - BASE] = 0;
	m = words(6, 1ULL, 0ULL, group, 0ULL, 0ULL, 0ULL);
	poke8(group + 8, descriptor(T_INT));
	poke8(group + 16, words(1, 3ULL));
	poke8(group + 24, descriptor(anys));
	poke8(group + 32, m);
	shows(anys, words(1, m),
	      "map[interface {}]interface {}{int(3):map[interface {}]interface {}(<cycle>)}",
	      "[[{\"type\":\"int\",\"value\":3},{\"type\":\"map[interface {}]interface {}\","
	      "\"value\":{\"unavailable\":\"cycle\",\"addr\":\"0x10250\"}}]]");
}

/* ---- channels, functions ---- */
static void test_channels(void **state)
{
	const struct sd_go_chan_layout *l = &f->go.chan;
	struct sd_type *t = of(SD_KIND_CHAN, "chan int", 8, T_INT);
	u64 buf = words(4, 30ULL, 40ULL, 10ULL, 20ULL), c = put(NULL, 128), h = words(1, c);
	u64 first = words(2, 0ULL, words(2, 0ULL, 0ULL));
	u16 elem_size = 8;
	u32 closed = 1;

	poke8(c + l->qcount, 3);
	poke8(c + l->dataqsiz, 4);
	poke8(c + l->buf, buf);
	poke8(c + l->recvx, 2);
	poke(c + l->elemsize, &elem_size, 2);
	shows(t, h, "chan int(len 3 cap 4)[10 20 30]",
	      "{\"type\":\"chan int\",\"addr\":\"0x10020\",\"len\":3,\"cap\":4,\"closed\":false,"
	      "\"value\":[10,20,30],\"senders\":0,\"receivers\":0}");
	poke(c + l->closed, &closed, 4);
	poke8(c + l->sendq, first);
	poke8(c + l->recvq, 0x900000); /* not captured: not counted */
	f->limits.items = 2;
	shows(t, h, "chan int(len 3 cap 4 closed senders 2)[10 20 <truncated 2 of 3>]",
	      "{\"type\":\"chan int\",\"addr\":\"0x10020\",\"len\":3,\"cap\":4,\"closed\":true,"
	      "\"value\":[10,20],\"cut\":{\"shown\":2,\"len\":3},\"senders\":2}");
	/* another element size than the type's: whatever this is, its elements are not that */
	elem_size = 16;
	poke(c + l->elemsize, &elem_size, 2);
	shows(t, h, "chan int(len 3 cap 4 closed senders 2 <not captured>)",
	      "{\"type\":\"chan int\",\"addr\":\"0x10020\",\"len\":3,\"cap\":4,\"closed\":true,"
	      "\"value\":{\"unavailable\":\"not captured\"},\"senders\":2}");
	/* a queue that leads back to itself is not counted */
	poke8(first + 8, first);
	shows(t, h, "chan int(len 3 cap 4 closed <not captured>)",
	      "{\"type\":\"chan int\",\"addr\":\"0x10020\",\"len\":3,\"cap\":4,\"closed\":true,"
	      "\"value\":{\"unavailable\":\"not captured\"}}");
}

static void test_functions(void **state)
{
	struct sd_type *t = type(SD_KIND_FUNC, "func(int) int", 8);

	shows(t, words(1, words(1, 0x400000ULL)), "main.f.func1(app.go:31)",
	      "{\"type\":\"func(int) int\",\"addr\":\"0x10000\",\"name\":\"main.f.func1\","
	      "\"file\":\"/src/app.go\",\"line\":31}");
	shows(t, words(1, words(1, 0x400001ULL)), "func(int) int(0x10010)",
	      "{\"type\":\"func(int) int\",\"addr\":\"0x10010\"}");
}

static struct sd_type *closure;

static struct sd_type *captured(void *ctx, u64 addr)
{
	return closure;
}

/* What a function captured lies in its func value, as far as that was captured. */
static void test_captured(void **state)
{
	struct sd_type *t = type(SD_KIND_FUNC, "func()", 8), *pint = PTR("*int", T_INT);
	u64 fn = words(4, 0x400000ULL, 5ULL, 0x900000ULL, 0ULL), v = words(1, fn);
	const struct sd_value *got;

	closure = structure("closure", "x", T_INT, "&y", pint, "self", t, NULL);
	for (u32 i = 0; i < 3; i++)
		closure->fields[i].off += 8;
	poke8(fn + 24, fn);
	decode(t, v);
	f->snap.captured = captured;
	got = sd_decode(&f->snap, t,
			&(struct sd_loc){.pieces = &(struct sd_piece){.kind = SD_PIECE_ADDR,
								      .off = (s64)v,
								      .size = 8},
					 .n = 1},
			"v", &f->limits, &f->arena);
	f->buf.n = 0;
	sd_out_text_value(got, &f->buf);
	assert_string_equal(sd_buf_cstr(&f->buf),
			    "main.f.func1(app.go:31){x:5 &y:0x900000<not captured> "
			    "self:main.f.func1(app.go:31)}");
}

/* ---- errors ---- */
static void error_shows(u64 addr, const char *text, const char *json_text)
{
	const struct sd_value *v = decode(T_ERROR, addr);

	f->buf.n = 0;
	sd_out_text_value(v, &f->buf);
	assert_string_equal(sd_buf_cstr(&f->buf), text);
	f->buf.n = 0;
	sd_out_json_value(v, &f->buf);
	assert_true(json_valid(f->buf.p, f->buf.n));
	sd_buf_cstr(&f->buf);
	if (json_text)
		assert_non_null(strstr(f->buf.p, json_text));
	else
		assert_null(strstr(f->buf.p, "\"text\""));
}

static void test_errors(void **state)
{
	struct sd_type *plain = structure("errors.errorString", "s", T_STRING, NULL);
	struct sd_type *errno_type = type(SD_KIND_UINT, "syscall.Errno", 8);
	struct sd_type *path = structure("io/fs.PathError", "Op", T_STRING, "Path", T_STRING, "Err",
					 T_ERROR, NULL);
	struct sd_type *num = structure("strconv.NumError", "Func", T_STRING, "Num", T_STRING,
					"Err", T_ERROR, NULL);
	struct sd_type *wrap = structure("fmt.wrapError", "msg", T_STRING, "err", T_ERROR, NULL);
	struct sd_type *join = structure("errors.joinError", "errs", SLICE("[]error", T_ERROR),
					 NULL);
	struct sd_type *own = structure("main.MyErr", "Code", T_INT, NULL);
	u64 e = words(2, 0ULL, 0ULL), obj, errs;

	obj = put(NULL, plain->size);
	string_at(obj, "boom");
	error_at(e, PTR("*errors.errorString", plain), obj);
	error_shows(
		e, "*errors.errorString(\"boom\")",
		"{\"type\":\"*errors.errorString\",\"text\":\"boom\",\"value\":{\"s\":\"boom\"}}");
	error_at(e, errno_type, words(1, 2ULL));
	error_shows(e, "syscall.Errno(\"no such file or directory\")",
		    "\"text\":\"no such file or directory\",\"value\":2}");
	error_at(e, errno_type, words(1, 4095ULL));
	error_shows(e, "syscall.Errno(\"errno 4095\")", "\"text\":\"errno 4095\",\"value\":4095}");
	obj = put(NULL, path->size);
	string_at(obj, "open");
	string_at(obj + 16, "/x");
	error_at(obj + 32, errno_type, words(1, 2ULL));
	error_at(e, PTR("*fs.PathError", path), obj);
	error_shows(e, "*fs.PathError(\"open /x: no such file or directory\")",
		    "\"text\":\"open /x: no such file or directory\",\"value\":{\"Op\":\"open\","
		    "\"Path\":\"/x\",\"Err\":{\"type\":\"syscall.Errno\",\"text\":");
	/* without the inner one nothing is told of the outer one */
	poke8(obj + 40, 0x900000);
	error_shows(e, "*fs.PathError{Op:\"open\" Path:\"/x\" Err:syscall.Errno(<at 0x900000>)}",
		    NULL);
	obj = put(NULL, num->size);
	string_at(obj, "Atoi");
	string_at(obj + 16, "1\"x");
	error_at(obj + 32, PTR("*errors.errorString", plain), BASE + 0x10);
	error_at(e, PTR("*strconv.NumError", num), obj);
	error_shows(e, "*strconv.NumError(\"strconv.Atoi: parsing \\\"1\\\\\\\"x\\\": boom\")",
		    "\"text\":\"strconv.Atoi: parsing \\\"1\\\\\\\"x\\\": boom\"");
	obj = put(NULL, wrap->size);
	string_at(obj, "more: boom");
	error_at(obj + 16, PTR("*errors.errorString", plain), BASE + 0x10);
	error_at(e, PTR("*fmt.wrapError", wrap), obj);
	error_shows(e, "*fmt.wrapError(\"more: boom\")",
		    "\"text\":\"more: boom\",\"value\":{\"msg\":\"more: boom\",\"err\":{");
	errs = put(NULL, 32);
	error_at(errs, PTR("*errors.errorString", plain), BASE + 0x10);
	error_at(errs + 16, errno_type, words(1, 1ULL));
	error_at(e, PTR("*errors.joinError", join), words(3, errs, 2ULL, 2ULL));
	error_shows(e, "*errors.joinError(\"boom\\noperation not permitted\")",
		    "\"text\":\"boom\\noperation not permitted\"");
	f->limits.items = 1;
	error_shows(e, "*errors.joinError{errs:[*errors.errorString(\"boom\") <truncated 1 of 2>]}",
		    "\"value\":{\"errs\":{\"value\":[");
	error_at(e, PTR("*main.MyErr", own), words(1, 5ULL));
	error_shows(e, "*main.MyErr{Code:5}", NULL);
}

static void test_composed_errors(void **state)
{
	struct sd_type *dns = structure("net.DNSError", "Err", T_STRING, "Name", T_STRING, "Server",
					T_STRING, NULL);
	struct sd_type *authority = structure("crypto/x509.UnknownAuthorityError", "Cert", T_INT,
					      "hintErr", T_ERROR, NULL);
	struct sd_type *wait = type(SD_KIND_UINT, "syscall.WaitStatus", 8);
	struct sd_type *process = structure("os.ProcessState", "pid", T_INT, "status", wait, NULL);
	struct sd_type *exits = structure("os/exec.ExitError", "ProcessState",
					  PTR("*os.ProcessState", process), NULL);
	struct sd_type *plain = structure("errors.errorString", "s", T_STRING, NULL);
	struct sd_type *with = structure("github.com/pkg/errors.withMessage", "cause", T_ERROR,
					 "msg", T_STRING, NULL);
	struct sd_type *stack = structure("github.com/pkg/errors.withStack", "error", T_ERROR,
					  NULL);
	u64 e = words(2, 0ULL, 0ULL), obj, inner, status;

	obj = put(NULL, dns->size);
	string_at(obj, "no such host");
	string_at(obj + 16, "h");
	error_at(e, PTR("*net.DNSError", dns), obj);
	error_shows(e, "*net.DNSError(\"lookup h: no such host\")",
		    "\"text\":\"lookup h: no such host\"");
	string_at(obj + 32, "1.1.1.1:53");
	error_shows(e, "*net.DNSError(\"lookup h on 1.1.1.1:53: no such host\")",
		    "\"text\":\"lookup h on 1.1.1.1:53: no such host\"");
	/* of a part that is cut nothing is told */
	f->limits.str = 4;
	error_shows(e,
		    "*net.DNSError{Err:\"no s\"<truncated 4 of 12> Name:\"h\" "
		    "Server:\"1.1.\"<truncated 4 of 10>}",
		    NULL);
	f->limits.str = 256;

	obj = put(NULL, authority->size);
	error_at(e, authority, obj);
	error_shows(e,
		    "crypto/x509.UnknownAuthorityError(\"x509: certificate signed by unknown "
		    "authority\")",
		    "\"text\":\"x509: certificate");
	inner = put(NULL, plain->size);
	string_at(inner, "boom");
	error_at(obj + 8, PTR("*errors.errorString", plain), inner);
	error_shows(
		e,
		"crypto/x509.UnknownAuthorityError{Cert:0 hintErr:*errors.errorString(\"boom\")}",
		"\"text\":\"boom\"");

	status = words(2, 7ULL, 3ULL << 8);
	error_at(e, PTR("*exec.ExitError", exits), words(1, status));
	error_shows(e, "*exec.ExitError(\"exit status 3\")", "\"text\":\"exit status 3\"");
	poke8(status + 8, 9); /* killed */
	error_shows(e, "*exec.ExitError{ProcessState:&{pid:7 status:9}}", NULL);

	obj = put(NULL, with->size);
	error_at(obj, PTR("*errors.errorString", plain), inner);
	string_at(obj + 16, "more");
	error_at(e, PTR("*errors.withMessage", with), obj);
	error_shows(e, "*errors.withMessage(\"more: boom\")", "\"text\":\"more: boom\"");
	status = put(NULL, stack->size);
	error_at(status, PTR("*errors.withMessage", with), obj);
	error_at(e, PTR("*errors.withStack", stack), status);
	error_shows(e, "*errors.withStack(\"more: boom\")", "\"text\":\"more: boom\"");
}

/* ---- well-known types ---- */
static void test_rules(void **state)
{
	struct sd_type *t = structure("url.URL", NULL);

	assert_true(sd_wellknown_sorted());
	/* the short name, and the package beside it when it is known */
	assert_ptr_equal(sd_wellknown_find(t), &sd_wk_url);
	t->pkg = "net/url";
	assert_ptr_equal(sd_wellknown_find(t), &sd_wk_url);
	t->pkg = "example.com/url";
	assert_null(sd_wellknown_find(t));
	t->pkg = NULL;
	t->name = "example.com/url.URL";
	assert_null(sd_wellknown_find(t));
	t->name = "net/url.URL";
	assert_ptr_equal(sd_wellknown_find(t), &sd_wk_url);
	t->name = "sync.Mutex";
	assert_ptr_equal(sd_wellknown_find(t), &sd_wk_mutex);
	t->pkg = "internal/sync";
	assert_ptr_equal(sd_wellknown_find(t), &sd_wk_mutex_inner);
	t->pkg = "sync/atomic";
	t->name = "atomic.Pointer[main.T]";
	assert_ptr_equal(sd_wellknown_find(t), &sd_wk_atomic_pointer);
	t->name = "atomic.Nothing";
	assert_null(sd_wellknown_find(t));
}

static void test_time(void **state)
{
	struct sd_type *zone = structure("time.zone", "name", T_STRING, "offset", T_INT, NULL);
	struct sd_type *location = structure(
		"time.Location", "name", T_STRING, "zone", SLICE("[]time.zone", zone), "cacheStart",
		T_INT, "cacheEnd", T_INT, "cacheZone", PTR("*time.zone", zone), NULL);
	struct sd_type *t = structure("time.Time", "wall", T_UINT64, "ext", T_INT, "loc",
				      PTR("*time.Location", location), NULL);
	const s64 unix_2026 = 1763789160; /* 2025-11-22T05:26:00Z */
	u64 at = words(3, 500000000ULL, unix_2026 + 62135596800, 0ULL);
	u64 cet = words(3, 0ULL, 0ULL, 3600ULL), loc = put(NULL, location->size);

	shows(t, at, "2025-11-22T05:26:00.5Z", "\"2025-11-22T05:26:00.5Z\"");
	/* monotonic: seconds since 1885 in the 33 bits above the nanoseconds */
	poke8(at, 1ULL << 63 | (u64)(unix_2026 + 62135596800 - 59453308800) << 30 | 1);
	poke8(at + 8, 12345);
	shows(t, at, "2025-11-22T05:26:00.000000001Z", "\"2025-11-22T05:26:00.000000001Z\"");
	shows(t, words(3, 0ULL, 0ULL, 0ULL), "0001-01-01T00:00:00Z", "\"0001-01-01T00:00:00Z\"");
	string_at(loc, "Europe/Oslo");
	poke8(loc + off(location, "zone"), cet);
	poke8(loc + off(location, "zone") + 8, 1);
	poke8(loc + off(location, "zone") + 16, 1);
	poke8(loc + off(location, "cacheZone"), cet);
	poke8(loc + off(location, "cacheEnd"), (u64)INT64_MAX);
	poke8(at + 16, loc);
	shows(t, at, "2025-11-22T06:26:00.000000001+01:00[Europe/Oslo]",
	      "\"2025-11-22T06:26:00.000000001+01:00\"");
	/* outside of what the location keeps: the instant in UTC */
	poke8(loc + off(location, "cacheEnd"), 5);
	shows(t, at, "2025-11-22T05:26:00.000000001Z[Europe/Oslo]",
	      "\"2025-11-22T05:26:00.000000001Z\"");
	poke8(at + 16, 0x900000);
	shows(t, at, "2025-11-22T05:26:00.000000001Z[?]", "\"2025-11-22T05:26:00.000000001Z\"");
	/* no such year, no such nanosecond */
	shows(t, words(3, 0ULL, 1ULL << 50, 0ULL), "{wall:0 ext:1125899906842624 loc:nil}",
	      "{\"wall\":0,\"ext\":1125899906842624,\"loc\":null}");
	shows(t, words(3, 1000000000ULL, 0ULL, 0ULL), "{wall:1000000000 ext:0 loc:nil}",
	      "{\"wall\":1000000000,\"ext\":0,\"loc\":null}");
	assert_string_equal(sd_wk_rfc3339(951782400, 0, -19800, &f->arena),
			    "2000-02-28T18:30:00-05:30");
	assert_string_equal(sd_wk_rfc3339(951868800, 0, 0, &f->arena), "2000-03-01T00:00:00Z");
	assert_string_equal(sd_wk_rfc3339(253402300799, 0, 0, &f->arena), "9999-12-31T23:59:59Z");
	assert_null(sd_wk_rfc3339(253402300800, 0, 0, &f->arena));
}

static void ip_is(const char *bytes, u64 n, bool four, const char *want)
{
	assert_string_equal(sd_wk_ip((const u8 *)bytes, n, four, &f->arena), want);
}

static void test_addresses(void **state)
{
	struct sd_type *ip = T_BYTES, *u128, *detail, *handle, *addr, *port;
	u64 a, d;

	/* what go1.26 prints for each */
	ip_is("\x0a\0\0\1", 4, true, "10.0.0.1");
	ip_is("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1", 16, true, "10.0.0.1");
	ip_is("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1", 16, false, "::ffff:10.0.0.1");
	ip_is("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, true, "::");
	ip_is("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16, true, "::1");
	ip_is("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, true, "2001:db8::1");
	ip_is("\x20\1\xd\xb8\0\0\0\0\0\1\0\0\0\0\0\0", 16, true, "2001:db8:0:0:1::");
	ip_is("\x20\1\0\0\0\1\0\0\0\1\0\1\0\1\0\1", 16, true, "2001:0:1:0:1:1:1:1");
	ip_is("\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\xab\xcd", 16, true, "fe80::abcd");
	assert_null(sd_wk_ip((const u8 *)"abc", 3, true, &f->arena));

	ip->name = "net.IP";
	ip->named = true;
	shows(ip, words(3, put("\x7f\0\0\1", 4), 4ULL, 4ULL), "127.0.0.1", "\"127.0.0.1\"");
	shows(ip, words(3, put("abc", 3), 3ULL, 3ULL), "\"abc\"", "\"abc\"");

	u128 = structure("net/netip.uint128", "hi", T_UINT64, "lo", T_UINT64, NULL);
	detail = structure("net/netip.addrDetail", "isV6", T_BOOL, "zoneV6", T_STRING, NULL);
	handle = structure("unique.Handle[net/netip.addrDetail]", "value",
			   PTR("*net/netip.addrDetail", detail), NULL);
	addr = structure("net/netip.Addr", "addr", u128, "z", handle, NULL);
	port = structure("net/netip.AddrPort", "ip", addr, "port", T_INT, NULL);
	d = put(NULL, detail->size);
	a = words(4, 0ULL, 0xffff0a000001ULL, d, 80ULL);
	string_at(d + 8, "");
	shows(addr, a, "10.0.0.1", "\"10.0.0.1\"");
	shows(port, a, "10.0.0.1:80", "\"10.0.0.1:80\"");
	f->mem[d - BASE] = 1;
	shows(addr, a, "::ffff:10.0.0.1", "\"::ffff:10.0.0.1\"");
	poke8(a, 0xfe80ULL << 48);
	poke8(a + 8, 1);
	string_at(d + 8, "eth0");
	shows(addr, a, "fe80::1%eth0", "\"fe80::1%eth0\"");
	shows(port, a, "[fe80::1%eth0]:80", "\"[fe80::1%eth0]:80\"");
	poke8(a + 16, 0);
	shows(addr, a, "invalid IP", "\"invalid IP\"");
	poke8(a + 16, 0x900000);
	shows(addr, a, "{addr:{hi:18338657682652659712 lo:1} z:{value:0x900000<not captured>}}",
	      "{\"addr\":{\"hi\":18338657682652659712,\"lo\":1},\"z\":{\"value\":"
	      "{\"unavailable\":\"not captured\",\"addr\":\"0x900000\"}}}");
}

static void test_url(void **state)
{
	struct sd_type *user = structure("net/url.Userinfo", "username", T_STRING, NULL);
	struct sd_type *t = structure("net/url.URL", "Scheme", T_STRING, "Opaque", T_STRING, "User",
				      PTR("*net/url.Userinfo", user), "Host", T_STRING, "Path",
				      T_STRING, "RawPath", T_STRING, "RawQuery", T_STRING,
				      "Fragment", T_STRING, NULL);
	u64 u = put(NULL, t->size);

	shows(t, u, "", "\"\"");
	string_at(u + off(t, "Path"), "/a b/\xc3\xa9");
	shows(t, u, "/a%20b/%C3%A9", "\"/a%20b/%C3%A9\"");
	string_at(u + off(t, "Scheme"), "https");
	string_at(u + off(t, "Host"), "[::1]:80");
	string_at(u + off(t, "RawQuery"), "q=1&r=%20");
	shows(t, u, "https://[::1]:80/a%20b/%C3%A9?q=1&r=%20",
	      "\"https://[::1]:80/a%20b/%C3%A9?q=1&r=%20\"");
	poke8(u + off(t, "User"), words(2, 0ULL, 0ULL));
	assert_int_equal(decode(t, u)->kind, SD_V_STRUCT);
}

static void test_big(void **state)
{
	struct sd_type *nat = SLICE("math/big.nat", type(SD_KIND_UINT, "math/big.Word", 8));
	struct sd_type *t = structure("math/big.Int", "neg", T_BOOL, "abs", nat, NULL);

	shows(t, words(4, 0ULL, 0ULL, 0ULL, 0ULL), "0", "0");
	shows(t, words(4, 1ULL, words(1, 5ULL), 1ULL, 1ULL), "-5", "-5");
	shows(t, words(4, 0ULL, words(2, 0ULL, 1ULL), 2ULL, 2ULL), "18446744073709551616",
	      "18446744073709551616");
	shows(t, words(4, 1ULL, words(3, UINT64_MAX, UINT64_MAX, UINT64_MAX), 3ULL, 3ULL),
	      "-6277101735386680763835789423207666416102355444464034512895",
	      "-6277101735386680763835789423207666416102355444464034512895");
	f->limits.items = 1;
	assert_int_equal(decode(t, words(4, 0ULL, words(2, 0ULL, 1ULL), 2ULL, 2ULL))->kind,
			 SD_V_STRUCT);
}

static void test_buffers(void **state)
{
	struct sd_type *t = structure("bytes.Buffer", "buf", T_BYTES, "off", T_INT, NULL);
	struct sd_type *b = structure("strings.Builder", "addr", T_INT, "buf", T_BYTES, NULL);
	u64 at = words(4, put("read unread", 11), 11ULL, 64ULL, 5ULL);

	shows(t, at, "\"unread\"", "\"unread\"");
	f->limits.str = 8;
	shows(t, at, "\"unr\"<truncated 3 of 6>",
	      "{\"value\":\"unr\",\"cut\":{\"shown\":3,\"len\":6}}");
	poke8(at + 24, 9); /* nothing of the unread part was captured */
	assert_int_equal(decode(t, at)->kind, SD_V_STRUCT);
	poke8(at + 24, 0);
	poke8(at, 0);
	poke8(at + 8, 0);
	shows(t, at, "\"\"", "\"\"");
	shows(b, words(4, 1ULL, put("built", 5), 5ULL, 8ULL), "\"built\"", "\"built\"");
	shows(b, words(4, 0ULL, 0ULL, 0ULL, 0ULL), "\"\"", "\"\"");
}

static void test_contexts(void **state)
{
	struct sd_type *ctx = type(SD_KIND_IFACE, "context.Context", 16);
	struct sd_type *background = structure("context.backgroundCtx", NULL);
	struct sd_type *cancel = structure("context.cancelCtx", "Context", ctx, "err", T_ERROR,
					   NULL);
	struct sd_type *value = structure("context.valueCtx", "Context", ctx, "key", T_ANY, "val",
					  T_ANY, NULL);
	struct sd_type *plain = structure("errors.errorString", "s", T_STRING, NULL);
	struct sd_type *key = type(SD_KIND_STRING, "main.key", 16);
	u64 c = put(NULL, cancel->size), v = put(NULL, value->size), e = words(2, 0ULL, 0ULL);
	u64 name = put(NULL, 16), error = put(NULL, 16);

	string_at(name, "user");
	string_at(error, "context canceled");
	error_at(c, background, 0x900000);
	error_at(v, PTR("*context.cancelCtx", cancel), c);
	poke8(v + 16, descriptor(key));
	poke8(v + 24, name);
	poke8(v + 32, descriptor(T_INT));
	poke8(v + 40, words(1, 7ULL));
	error_at(e, PTR("*context.valueCtx", value), v);
	error_shows(
		e,
		"*context.valueCtx(context.Background.WithCancel.WithValue(main.key(\"user\"), 7))",
		"\"text\":\"context.Background.WithCancel.WithValue(main.key(\\\"user\\\"), 7)\","
		"\"value\":{\"Context\":");
	error_at(c + 16, PTR("*errors.errorString", plain), error);
	error_shows(e,
		    "*context.valueCtx(context.Background.WithCancel<context canceled>"
		    ".WithValue(main.key(\"user\"), 7))",
		    "WithCancel<context canceled>");
	/* a parent that was not captured goes by its type */
	poke8(v + 8, 0x900000);
	error_shows(e, "*context.valueCtx(*context.cancelCtx.WithValue(main.key(\"user\"), 7))",
		    "\"text\":\"*context.cancelCtx.WithValue(");
}

static void test_locks(void **state)
{
	struct sd_type *inner = structure("internal/sync.Mutex", "state", T_INT32, "sema", T_INT32,
					  NULL);
	struct sd_type *mutex = structure("sync.Mutex", "mu", inner, NULL);
	struct sd_type *old = structure("sync.Mutex", "state", T_INT32, "sema", T_INT32, NULL);
	struct sd_type *rw = structure("sync.RWMutex", "w", mutex, "readerCount", T_INT32,
				       "readerWait", T_INT32, NULL);
	struct sd_type *flag = structure("sync/atomic.Bool", "v", T_INT32, NULL);
	struct sd_type *n = structure("sync/atomic.Int64", "v", T_INT, NULL);

	shows(mutex, words(1, 0ULL), "unlocked", "{\"mu\":{\"state\":0,\"sema\":0}}");
	shows(old, words(1, 1ULL), "locked", "{\"state\":1,\"sema\":0}");
	shows(mutex, words(1, 17ULL), "locked, 2 waiting", "{\"mu\":{\"state\":17,\"sema\":0}}");
	shows(rw, words(2, 0ULL, 2ULL), "read-locked by 2",
	      "{\"w\":{\"mu\":{\"state\":0,\"sema\":0}},\"readerCount\":2,\"readerWait\":0}");
	shows(rw, words(2, 1ULL, (u64)(u32) - (1 << 30)), "locked",
	      "{\"w\":{\"mu\":{\"state\":1,\"sema\":0}},\"readerCount\":-1073741824,"
	      "\"readerWait\":0}");
	shows(flag, words(1, 1ULL), "true", "{\"v\":1}");
	shows(n, words(1, 42ULL), "42", "{\"v\":42}");
}

static void test_once_and_groups(void **state)
{
	struct sd_type *mutex = structure("sync.Mutex", "state", T_INT32, "sema", T_INT32, NULL);
	struct sd_type *flag = structure("sync/atomic.Bool", "v", T_INT32, NULL);
	struct sd_type *once = structure("sync.Once", "done", flag, "m", mutex, NULL);
	struct sd_type *old = structure("sync.Once", "done", T_INT32, "m", mutex, NULL);
	struct sd_type *state64 = structure("sync/atomic.Uint64", "v", T_UINT64, NULL);
	struct sd_type *group = structure("sync.WaitGroup", "state", state64, "sema", T_INT, NULL);
	struct sd_type *damaged = structure("sync.WaitGroup", "sema", T_INT, NULL);
	struct sd_type *three = of(SD_KIND_ARRAY, "[3]uint32", 12, type(SD_KIND_UINT, "uint32", 4));
	struct sd_type *go117 = structure("sync.WaitGroup", "state1", three, NULL);
	u64 at = words(2, 2ULL << 32 | 1, 7ULL << 32 | 9);
	char json[160];

	shows(once, words(2, 0ULL, 0ULL), "not done",
	      "{\"done\":{\"v\":0},\"m\":{\"state\":0,\"sema\":0}}");
	shows(once, words(2, 0ULL, 1ULL), "running",
	      "{\"done\":{\"v\":0},\"m\":{\"state\":1,\"sema\":0}}");
	shows(old, words(2, 1ULL, 0ULL), "done", "{\"done\":1,\"m\":{\"state\":0,\"sema\":0}}");
	shows(group, words(2, 0ULL, 0ULL), "counter 0", "{\"state\":{\"v\":0},\"sema\":0}");
	snprintf(json, sizeof(json), "{\"state\":{\"v\":%llu},\"sema\":5}",
		 3ULL << 32 | 0x80000002);
	shows(group, words(2, 3ULL << 32 | 0x80000002, 5ULL), "counter 3, 2 waiting", json);
	shows(damaged, words(1, 5ULL), "{sema:5}", "{\"sema\":5}");
	/* the state lies where a multiple of 8 is */
	three->count = 3;
	shows(go117, at, "counter 2, 1 waiting", "{\"state1\":[1,2,9]}");
	shows(go117, at + 4, "counter 7, 9 waiting", "{\"state1\":[2,9,7]}");
}

static void test_atomic_pointers(void **state)
{
	struct sd_type *to = structure("main.T", "A", T_INT, NULL), *ptr = PTR("*main.T", to);
	struct sd_type *none = of(SD_KIND_ARRAY, "[0]*main.T", 0, ptr);
	struct sd_type *t = structure("sync/atomic.Pointer[main.T]", "_", none, "v",
				      PTR("unsafe.Pointer", type(SD_KIND_VOID, "void", 0)), NULL);
	struct sd_type *v = structure("sync/atomic.Value", "v", T_ANY, NULL);

	t->named = true;
	shows(t, words(1, words(1, 7ULL)), "&{A:7}", "{\"A\":7}");
	shows(t, words(1, 0ULL), "nil", "null");
	shows(v, words(2, descriptor(T_INT), words(1, 7ULL)), "int(7)",
	      "{\"type\":\"int\",\"value\":7}");
	shows(v, words(2, 0ULL, 0ULL), "nil", "null");
}

/* Zero fields of structs of more than 8 are left out of text; what is not known is not zero. */
static void test_large_structs(void **state)
{
	struct sd_type *two = structure("main.two", "A", T_INT, "B", T_INT, NULL);
	struct sd_type *array = of(SD_KIND_ARRAY, "[2]int", 16, T_INT);
	struct sd_type *eight = structure("main.eight", "a", T_INT, "b", T_INT, "c", T_INT, "d",
					  T_INT, "e", T_INT, "f", T_INT, "g", T_INT, "h", T_INT,
					  NULL);
	struct sd_type *nine = structure("main.nine", "n", T_INT, "u", T_UINT64, "s", T_STRING, "p",
					 PTR("*int", T_INT), "l", SLICE("[]int", T_INT), "i", T_ANY,
					 "t", two, "a", array, "f",
					 type(SD_KIND_FLOAT, "float64", 8), NULL);
	u64 zeros = put(NULL, nine->size), some = put(NULL, nine->size);
	const char *json = "{\"n\":0,\"u\":0,\"s\":\"\",\"p\":null,\"l\":null,\"i\":null,"
			   "\"t\":{\"A\":0,\"B\":0},\"a\":[0,0],\"f\":0}";

	array->count = 2;
	shows(eight, put(NULL, 64), "{a:0 b:0 c:0 d:0 e:0 f:0 g:0 h:0}",
	      "{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0}");
	shows(nine, zeros, "{…}", json);
	f->limits.zero = true;
	shows(nine, zeros, "{n:0 u:0 s:\"\" p:nil l:nil i:nil t:{A:0 B:0} a:[0 0] f:0}", json);
	f->limits.zero = false;
	poke8(some + 32, zeros);		       /* s and p: behind n, u and s */
	poke8(some + 40, zeros);		       /* an empty slice is not nil */
	poke8(some + nine->fields[6].off + 8, 5);      /* t.B */
	poke8(some + nine->fields[7].off + 8, 6);      /* a[1] */
	poke8(some + nine->fields[8].off, 1ULL << 63); /* −0 */
	shows(nine, some, "{p:&0 l:[] t:{A:0 B:5} a:[0 6] f:-0 …}",
	      "{\"n\":0,\"u\":0,\"s\":\"\",\"p\":0,\"l\":[],\"i\":null,"
	      "\"t\":{\"A\":0,\"B\":5},\"a\":[0,6],\"f\":-0}");
	/* the end of the memory that was captured */
	f->limits.items = 1;
	shows(nine, zeros, "{a:[0 <truncated 1 of 2>] …}",
	      "{\"n\":0,\"u\":0,\"s\":\"\",\"p\":null,\"l\":null,\"i\":null,"
	      "\"t\":{\"A\":0,\"B\":0},\"a\":{\"value\":[0],\"cut\":{\"shown\":1,\"len\":2}},"
	      "\"f\":0}");
}

static void test_reflect(void **state)
{
	struct sd_type *t = structure("reflect.Value", "typ_", T_INT, "ptr", T_INT, "flag", T_INT,
				      NULL);
	struct sd_type *to = structure("main.T", "A", T_INT, NULL), *ptr = PTR("*main.T", to);
	u64 value = words(1, 7ULL);

	shows(t, words(3, 0ULL, 0ULL, 0ULL), "nil", "null");
	shows(t, words(3, descriptor(T_INT), value, 128ULL | 2), "int(7)",
	      "{\"type\":\"int\",\"value\":7}");
	shows(t, words(3, descriptor(ptr), value, 22ULL), "*main.T{A:7}",
	      "{\"type\":\"*main.T\",\"value\":{\"A\":7}}");
	/* a pointer that lies in memory: an element of a slice */
	shows(t, words(3, descriptor(ptr), words(1, value), 128ULL | 22), "*main.T{A:7}",
	      "{\"type\":\"*main.T\",\"value\":{\"A\":7}}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_interfaces),
		TEST(test_interface_cycle),
		TEST(test_swiss_maps),
		TEST(test_classic_maps),
		TEST(test_map_shapes),
		TEST(test_channels),
		TEST(test_functions),
		TEST(test_captured),
		TEST(test_errors),
		TEST(test_composed_errors),
		TEST(test_rules),
		TEST(test_time),
		TEST(test_addresses),
		TEST(test_url),
		TEST(test_big),
		TEST(test_buffers),
		TEST(test_contexts),
		TEST(test_locks),
		TEST(test_once_and_groups),
		TEST(test_atomic_pointers),
		TEST(test_large_structs),
		TEST(test_reflect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
