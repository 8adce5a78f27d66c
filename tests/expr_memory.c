/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of the made-up program: seeded values of every variable, good and bad. */
#include <string.h>

#include "tests/expr_world.h"

enum { MAX_LEVEL = 5 };

struct fill {
	const struct sd_world *w;
	struct sd_world_memory *m;
};

static u64 random_of(struct fill *f, u64 n)
{
	f->m->rng += 0x9e3779b97f4a7c15ULL;
	u64 z = f->m->rng;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (z ^ (z >> 31)) % n;
}

static void put(struct fill *f, u64 addr, const void *p, u64 n)
{
	if (addr >= SD_WORLD_BASE && addr - SD_WORLD_BASE + n <= SD_WORLD_SIZE)
		memcpy(f->m->bytes + (addr - SD_WORLD_BASE), p, n);
}

static void put_word(struct fill *f, u64 addr, u64 v)
{
	put(f, addr, &v, 8);
}

/* Room for n bytes; an address that cannot be read when there is none left. */
static u64 allocate(struct fill *f, u64 n)
{
	u64 at = f->m->used;

	n = (n + 15) & ~15ULL;
	if (n > SD_WORLD_SIZE - at)
		return 0xdead0000 + 16 * random_of(f, 16);
	f->m->used += n;
	return SD_WORLD_BASE + at;
}

static const char *const words[] = {
	"",	 "user/17", "USER/17", "POST",	       "GET",	      "a",
	"hello", "k",	    "user/",   "\xff\x00zero", "/index.html", "hello world"};

static u64 text(struct fill *f, bool terminated, u64 *len_ret)
{
	const char *s = words[random_of(f, SD_ARRAY_SIZE(words))];
	u64 n = strlen(s), addr;

	if (!terminated && !random_of(f, 12)) { /* a long one */
		n = 200 + random_of(f, 100);
		addr = allocate(f, n);
		for (u64 i = 0; i < n; i++)
			put(f, addr + i, &"abcdefgh"[i % 8], 1);
	} else {
		addr = n || terminated ? allocate(f, n + 1) : 0;
		put(f, addr, s, n);
	}
	*len_ret = n;
	return random_of(f, 25) ? addr : 0xdead0100;
}

static u64 integer(struct fill *f)
{
	static const u64 marks[] = {0,	 1,   2,   3,	 7,	8,	    100,	127,
				    128, 255, 256, 1000, 32767, 0x7fffffff, 0x80000000, 0xffffffff};

	switch (random_of(f, 8)) {
	case 0:
		return random_of(f, ~0ULL);
	case 1:
		return 1ULL << 63;
	case 2:
		return -marks[random_of(f, SD_ARRAY_SIZE(marks))];
	default:
		return marks[random_of(f, SD_ARRAY_SIZE(marks))];
	}
}

static double real(struct fill *f)
{
	static const double marks[] = {0,   -0.0, 1,	1.5,   -2.25, 3.25,
				       100, 1e9,  1e20, -1e30, 0.1,   255.9};

	switch (random_of(f, 12)) {
	case 0:
		return __builtin_nan("");
	case 1:
		return __builtin_inf();
	default:
		return marks[random_of(f, SD_ARRAY_SIZE(marks))];
	}
}

static void value(struct fill *f, struct sd_type *t, u64 addr, int level);

static void floating(struct fill *f, u64 size, u64 addr)
{
	double d = real(f);
	float single = (float)d;

	if (size == 4)
		put(f, addr, &single, 4);
	else
		put(f, addr, &d, 8);
}

static void elements(struct fill *f, struct sd_type *elem, u64 n, u64 addr, int level)
{
	for (u64 i = 0; i < n; i++)
		value(f, elem, addr + i * elem->size, level);
}

static u64 pointee(struct fill *f, struct sd_type *elem, int level)
{
	u64 addr, n = 0;
	bool chars = elem->kind == SD_KIND_INT && elem->size == 1;

	if (level >= MAX_LEVEL || !random_of(f, 7))
		return 0;
	if (!random_of(f, 10))
		return 0xdead0000 + 8 * random_of(f, 64);
	if (chars && f->w->scope.c_like)
		return text(f, true, &n);
	n = f->w->scope.c_like && elem->kind != SD_KIND_STRUCT ? 4 : 1;
	addr = allocate(f, n * elem->size);
	elements(f, elem, n, addr, level + 1);
	return addr;
}

static void slice(struct fill *f, struct sd_type *t, u64 addr, int level)
{
	u64 len = random_of(f, 5), cap = len + random_of(f, 3), data;

	if (level >= MAX_LEVEL || !random_of(f, 6))
		return;
	data = allocate(f, cap * t->elem->size);
	elements(f, t->elem, cap, data, level + 1);
	put_word(f, addr, random_of(f, 20) ? data : 0xdead0200);
	put_word(f, addr + 8, len);
	put_word(f, addr + 16, cap);
}

static void interface(struct fill *f, struct sd_type *t, u64 addr, int level)
{
	struct sd_world_rtype *r = &f->w->rtypes[random_of(f, f->w->nrtypes)];
	u64 data;

	if (level >= MAX_LEVEL || !random_of(f, 4))
		return;
	data = allocate(f, SD_MAX(r->type->size, 8));
	value(f, r->type, data, level + 1);
	if (r->type->kind == SD_KIND_PTR) /* the word itself */
		sd_world_read(f->m, data, &data, 8);
	put_word(f, addr, t->kind == SD_KIND_IFACE ? r->itab : r->addr);
	put_word(f, addr + 8, data);
}

static void bits(struct fill *f, struct sd_type *t, u64 addr)
{
	u64 v = random_of(f, 1ULL << 32);

	put(f, addr, &v, SD_MIN(t->size, 8));
}

static void fields(struct fill *f, struct sd_type *t, u64 addr, int level)
{
	for (u32 i = 0; i < t->nfields; i++) {
		if (t->fields[i].bit_size)
			bits(f, t->fields[i].type, addr + t->fields[i].off);
		else
			value(f, t->fields[i].type, addr + t->fields[i].off, level);
	}
}

static void channel(struct fill *f, u64 addr)
{
	u64 cap = random_of(f, 5), at;

	if (!random_of(f, 5))
		return;
	at = allocate(f, 96);
	put_word(f, at, random_of(f, cap + 1));
	put_word(f, at + 8, cap);
	put_word(f, addr, at);
}

static void value(struct fill *f, struct sd_type *t, u64 addr, int level)
{
	u64 v, n;

	switch (t->kind) {
	case SD_KIND_BOOL:
		put(f, addr, random_of(f, 2) ? "\1" : "", 1);
		break;
	case SD_KIND_ENUM:
		v = random_of(f, 4);
		put(f, addr, &v, SD_MIN(t->size, 8));
		break;
	case SD_KIND_INT:
	case SD_KIND_UINT:
		v = integer(f);
		put(f, addr, &v, SD_MIN(t->size, 8));
		break;
	case SD_KIND_FLOAT:
		floating(f, t->size, addr);
		break;
	case SD_KIND_COMPLEX:
		floating(f, t->size / 2, addr);
		floating(f, t->size / 2, addr + t->size / 2);
		break;
	case SD_KIND_STRING:
		v = text(f, false, &n);
		put_word(f, addr, v);
		put_word(f, addr + 8, n);
		break;
	case SD_KIND_SLICE:
		slice(f, t, addr, level);
		break;
	case SD_KIND_ARRAY:
		elements(f, t->elem, t->count, addr, level);
		if (f->w->scope.c_like && t->elem->kind == SD_KIND_INT && t->elem->size == 1) {
			const char *word = words[random_of(f, SD_ARRAY_SIZE(words))];

			put(f, addr, word, SD_MIN(t->count, strlen(word) + 1));
		}
		break;
	case SD_KIND_STRUCT:
	case SD_KIND_UNION:
		fields(f, t, addr, level);
		break;
	case SD_KIND_PTR:
		put_word(f, addr, pointee(f, t->elem, level));
		break;
	case SD_KIND_IFACE:
	case SD_KIND_EFACE:
		interface(f, t, addr, level);
		break;
	case SD_KIND_MAP:
	case SD_KIND_FUNC:
		put_word(f, addr, random_of(f, 3) ? 0xdead1000 : 0);
		break;
	case SD_KIND_CHAN:
		channel(f, addr);
		break;
	case SD_KIND_UNKNOWN:
	case SD_KIND_VOID:
		break;
	}
}

void sd_world_fill(const struct sd_world *w, u64 seed, struct sd_world_memory *m)
{
	struct fill f = {.w = w, .m = m};

	memset(m, 0, sizeof(*m));
	m->rng = seed;
	m->used = 0x4000; /* variables, globals and itabs lie before it */
	for (u32 i = 0; i < w->nrtypes; i++)
		put_word(&f, w->rtypes[i].itab + 8, w->rtypes[i].addr);
	for (int when = 0; when < 2; when++)
		for (u32 i = 0; i < w->nvars[when]; i++)
			value(&f, w->vars[when][i].type, w->vars[when][i].addr, 0);
	for (u32 i = 0; i < w->nglobals; i++)
		value(&f, w->globals[i].type, w->globals[i].addr, 0);
}

bool sd_world_read(const struct sd_world_memory *m, u64 addr, void *dst, u64 n)
{
	if (addr < SD_WORLD_BASE || n > SD_WORLD_SIZE || addr - SD_WORLD_BASE > SD_WORLD_SIZE - n)
		return false;
	memcpy(dst, m->bytes + (addr - SD_WORLD_BASE), n);
	return true;
}
