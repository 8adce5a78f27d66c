/* SPDX-License-Identifier: BSD-2-Clause */
/* Types that expressions bring along, and when two types are one. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "check/checker.h"

#define BASIC(k, n, s)                                                                             \
	{                                                                                          \
		.kind = SD_KIND_##k, .named = true, .name = n, .size = s, .align = s               \
	}

struct sd_type *sd_type_basic(const char *go_name)
{
	static struct sd_type types[] = {BASIC(INT, "int", 8),		BASIC(INT, "int8", 1),
					 BASIC(INT, "int16", 2),	BASIC(INT, "int32", 4),
					 BASIC(INT, "int64", 8),	BASIC(UINT, "uint", 8),
					 BASIC(UINT, "uint8", 1),	BASIC(UINT, "uint16", 2),
					 BASIC(UINT, "uint32", 4),	BASIC(UINT, "uint64", 8),
					 BASIC(UINT, "uintptr", 8),	BASIC(FLOAT, "float32", 4),
					 BASIC(FLOAT, "float64", 8),	BASIC(BOOL, "bool", 1),
					 BASIC(INT, "time.Duration", 8)};
	static struct sd_type string = {
		.kind = SD_KIND_STRING, .named = true, .name = "string", .size = 16, .align = 8};
	static struct sd_type bytes = {.kind = SD_KIND_SLICE,
				       .name = "[]uint8",
				       .size = 24,
				       .align = 8,
				       .elem = &types[6]};
	static struct sd_type strings = {
		.kind = SD_KIND_SLICE, .name = "[]string", .size = 24, .align = 8, .elem = &string};
	static struct sd_type nothing = {.kind = SD_KIND_VOID, .name = "void", .align = 1};
	static struct sd_type pointer = {.kind = SD_KIND_PTR,
					 .named = true,
					 .name = "unsafe.Pointer",
					 .size = 8,
					 .align = 8,
					 .elem = &nothing};
	static const struct {
		const char *name;
		struct sd_type *type;
	} others[] = {{"byte", &types[6]},	   {"rune", &types[3]}, {"string", &string},
		      {"[]byte", &bytes},	   {"[]uint8", &bytes}, {"[]string", &strings},
		      {"unsafe.Pointer", &pointer}};

	for (size_t i = 0; i < SD_ARRAY_SIZE(types); i++)
		if (!strcmp(types[i].name, go_name))
			return &types[i];
	for (size_t i = 0; i < SD_ARRAY_SIZE(others); i++)
		if (!strcmp(others[i].name, go_name))
			return others[i].type;
	return NULL;
}

static bool is_shape(const struct sd_type *t)
{
	return t->name && !strncmp(t->name, "go.shape.", 9);
}

/* One character of a name; DWARF writes some of an import path's as %xx. */
static u8 next_char(const char **p)
{
	u8 c = (u8) * (*p)++;
	unsigned int v;

	if (c != '%' || !isxdigit((u8)(*p)[0]) || !isxdigit((u8)(*p)[1]) ||
	    sscanf(*p, "%2x", &v) != 1)
		return c;
	*p += 2;
	return (u8)v;
}

/* Whether two names are the same; *rest_ret: where a goes on when b ends first. */
static bool begins(const char *a, const char *b, const char **rest_ret)
{
	while (*b)
		if (!*a || next_char(&a) != next_char(&b))
			return false;
	*rest_ret = a;
	return true;
}

/* Runtime descriptors say "http.Request" and the path apart, DWARF "net/http.Request". */
static bool same_name(const struct sd_type *a, const struct sd_type *b)
{
	const char *rest = "";

	if (!a->name || !b->name)
		return false;
	if (a->pkg && !b->pkg)
		return same_name(b, a);
	if (b->pkg && !a->pkg) {
		const char *dot = strchr(b->name, '.');

		return dot && begins(a->name, b->pkg, &rest) && begins(rest, dot, &rest) && !*rest;
	}
	return begins(a->name, b->name, &rest) && !*rest && (!a->pkg || !strcmp(a->pkg, b->pkg));
}

static bool same(struct sd_type *a, struct sd_type *b, int level)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->size != b->size || a->kind == SD_KIND_UNKNOWN)
		return false;
	if (is_shape(a) || is_shape(b))
		return true;
	if (same_name(a, b))
		return true;
	if (a->named || b->named || level > 16)
		return false;
	switch (a->kind) {
	case SD_KIND_ARRAY:
		sd_type_complete(a);
		sd_type_complete(b);
		if (a->count != b->count)
			return false;
		/* fall through */
	case SD_KIND_PTR:
	case SD_KIND_SLICE:
	case SD_KIND_CHAN:
		return same(sd_type_elem(a), sd_type_elem(b), level + 1);
	case SD_KIND_MAP:
		return same(sd_type_key(a), sd_type_key(b), level + 1) &&
		       same(sd_type_elem(a), sd_type_elem(b), level + 1);
	default:
		return false;
	}
}

bool sd_type_same(struct sd_type *a, struct sd_type *b)
{
	return same(a, b, 0);
}

static bool is_width(u64 size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

bool sd_ck_is_int(struct sd_type *t)
{
	if (t->kind == SD_KIND_ENUM) {
		struct sd_type *e = sd_type_elem(t);

		return is_width(t->size) && e->size == t->size &&
		       (e->kind == SD_KIND_INT || e->kind == SD_KIND_UINT);
	}
	return (t->kind == SD_KIND_INT || t->kind == SD_KIND_UINT) && is_width(t->size);
}

bool sd_ck_is_signed(struct sd_type *t)
{
	return (t->kind == SD_KIND_ENUM ? sd_type_elem(t) : t)->kind == SD_KIND_INT;
}

bool sd_ck_is_float(const struct sd_type *t)
{
	return t->kind == SD_KIND_FLOAT && (t->size == 4 || t->size == 8);
}

bool sd_ck_is_byte(const struct sd_type *t)
{
	return (t->kind == SD_KIND_INT || t->kind == SD_KIND_UINT) && t->size == 1;
}

bool sd_ck_is_iface(const struct sd_type *t)
{
	return t->kind == SD_KIND_IFACE || t->kind == SD_KIND_EFACE;
}

const char *sd_ck_type_name(const struct sd_type *t)
{
	return t->name && t->name[0] ? t->name : sd_kind_name(t->kind);
}

struct sd_type *sd_ck_pointer_to(struct sd_checker *c, struct sd_type *t)
{
	struct sd_type *p = sd_arena_new(c->arena, struct sd_type);

	p->kind = SD_KIND_PTR;
	p->name = c->scope->c_like ? sd_arena_printf(c->arena, "%s *", sd_ck_type_name(t))
				   : sd_arena_printf(c->arena, "*%s", sd_ck_type_name(t));
	p->size = p->align = 8;
	p->elem = t;
	return p;
}

struct sd_type *sd_ck_slice_of(struct sd_checker *c, struct sd_type *t)
{
	struct sd_type *s = sd_arena_new(c->arena, struct sd_type);

	s->kind = SD_KIND_SLICE;
	s->name = sd_arena_printf(c->arena, "[]%s", sd_ck_type_name(t));
	s->size = 24;
	s->align = 8;
	s->elem = t;
	return s;
}

const char *sd_ck_op_text(enum sd_xop op)
{
	static const char *const texts[] = {
		[SD_XOP_NONE] = "?", [SD_XOP_DEREF] = "*",   [SD_XOP_ADDR] = "&",
		[SD_XOP_NEG] = "-",  [SD_XOP_NOT] = "!",     [SD_XOP_COMPL] = "^",
		[SD_XOP_MUL] = "*",  [SD_XOP_DIV] = "/",     [SD_XOP_MOD] = "%",
		[SD_XOP_SHL] = "<<", [SD_XOP_SHR] = ">>",    [SD_XOP_BAND] = "&",
		[SD_XOP_ADD] = "+",  [SD_XOP_BCLEAR] = "&^", [SD_XOP_SUB] = "-",
		[SD_XOP_BOR] = "|",  [SD_XOP_XOR] = "^",     [SD_XOP_EQ] = "==",
		[SD_XOP_NE] = "!=",  [SD_XOP_LT] = "<",	     [SD_XOP_LE] = "<=",
		[SD_XOP_GT] = ">",   [SD_XOP_GE] = ">=",     [SD_XOP_AND] = "&&",
		[SD_XOP_OR] = "||",
	};

	return (unsigned int)op < SD_ARRAY_SIZE(texts) ? texts[op] : "?";
}
