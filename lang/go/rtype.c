/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types from the runtime's own descriptors (internal/abi.Type; reflect.rtype before 1.21): what an
 * interface's type word points to, with or without DWARF. Everything is read from the file and
 * checked; pointers there are link-time addresses, in PIE too.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/go/priv.h"

enum {
	/* abi.Type */
	TYPE_PTR_BYTES = 8,
	TYPE_TFLAG = 20,
	TYPE_ALIGN = 21,
	TYPE_FIELD_ALIGN = 22,
	TYPE_KIND = 23,
	TYPE_STR = 40, /* offset of the name from moduledata.types */
	KIND_MASK = 31,
	KIND_DIRECT = 32,  /* to 1.25 */
	TFLAG_DIRECT = 32, /* from 1.26 on */
	TFLAGS = 63,
	/* behind it, by kind */
	DESC_ELEM = 48, /* array, chan, ptr, slice; key of maps */
	DESC_LEN = 64,	/* array */
	DESC_MAP_ELEM = 56,
	DESC_METHODS_LEN = 64, /* interface: a slice @56 */
	DESC_FIELDS = 56,      /* struct: a slice */
	DESC_FIELDS_LEN = 64,
	FIELD_SIZE = 24, /* name, type, offset */
	/* abi.Name's first byte */
	NAME_FLAGS = 15,
	NAME_EMBEDDED = 8,
	MAX_NAME = 1 << 16,
	MAX_FIELDS = 1 << 16,
};
#define MAX_SIZE (1ULL << 47)

/** Types that were asked for. */
struct go_rtypes {
	struct sd_type_source src;
	struct sd_go *go; /* borrowed */
	struct sd_arena arena;
	struct sd_map by_addr;	/* link-time address → struct sd_type *, 0: there is none */
	struct sd_type nothing; /* what unsafe.Pointer points to */
};

/* abi.Name at off behind types: a byte of flags, the length (two bytes, big endian, to Go 1.16; a
 * varint after), the bytes. */
static bool read_name(const struct sd_go *go, u64 off, u8 *flags_ret, const char **p_ret,
		      u64 *n_ret)
{
	const struct go_bytes *b = &go->type_bytes;
	const u8 *p;
	u64 n, head = 3;

	if (off >= b->n || b->n - off < 4)
		return false;
	p = b->p + off;
	if (*p & ~NAME_FLAGS)
		return false;
	if (go->minor && go->minor <= 16) {
		n = (u64)p[1] << 8 | p[2];
	} else if (!(p[1] & 0x80)) {
		n = p[1];
		head = 2;
	} else {
		n = (p[1] & 0x7f) | (u64)(p[2] & 0x7f) << 7;
		if (p[2] & 0x80) { /* as many as MAX_NAME takes */
			n |= (u64)(p[3] & 0x7f) << 14;
			head = 4;
			if (p[3] & 0x80)
				return false;
		}
	}
	if (!n || n > MAX_NAME || b->n - off < head || n > b->n - off - head)
		return false;
	for (u64 i = 0; i < n; i++)
		if (p[head + i] < ' ')
			return false;
	*flags_ret = *p;
	*p_ret = (const char *)p + head;
	*n_ret = n;
	return true;
}

bool go_desc_at(const struct sd_go *go, u64 off, struct go_desc *ret)
{
	const struct go_bytes *b = &go->type_bytes;
	struct go_desc d;

	if (off >= b->n || b->n - off < GO_DESC_SIZE)
		return false;
	d.p = b->p + off;
	d.align = d.p[TYPE_ALIGN];
	d.kind = d.p[TYPE_KIND] & KIND_MASK;
	/* Most places that are no descriptor end here. */
	if (d.align != d.p[TYPE_FIELD_ALIGN] || !d.align || d.align > 8 ||
	    (d.align & (d.align - 1)) || !d.kind || d.kind > GO_KIND_UNSAFE_POINTER ||
	    (d.p[TYPE_TFLAG] & ~TFLAGS))
		return false;
	d.n = b->n - off;
	d.tflag = d.p[TYPE_TFLAG];
	d.size = go_u64(d.p);
	d.ptr_bytes = go_u64(d.p + TYPE_PTR_BYTES);
	d.str = (s32)go_u32(d.p + TYPE_STR);
	if (d.size > MAX_SIZE || d.ptr_bytes > d.size || (d.ptr_bytes & 7) || d.size % d.align ||
	    d.str <= 0)
		return false;
	*ret = d;
	return true;
}

bool go_desc_name(const struct sd_go *go, const struct go_desc *d, const char **p_ret, u64 *n_ret)
{
	const char *p;
	u8 flags;
	u64 n;

	if (!read_name(go, (u64)d->str, &flags, &p, &n))
		return false;
	if (d->tflag & GO_TFLAG_EXTRA_STAR) {
		if (*p != '*' || n < 2)
			return false;
		p++;
		n--;
	}
	*p_ret = p;
	*n_ret = n;
	return true;
}

const char *sd_go_type_name(struct sd_go *go, struct sd_vaddr type, struct sd_arena *arena)
{
	struct go_desc d;
	const char *name;
	u64 n;

	if (!go->types || type.v < go->types || !go_desc_at(go, type.v - go->types, &d) ||
	    !go_desc_name(go, &d, &name, &n))
		return NULL;
	return sd_arena_strndup(arena, name, n);
}

static const struct {
	u8 kind, size; /* size 0: any */
} kinds[GO_KIND_UNSAFE_POINTER + 1] = {
	[GO_KIND_BOOL] = {SD_KIND_BOOL, 1},	    [GO_KIND_INT] = {SD_KIND_INT, 8},
	[GO_KIND_INT8] = {SD_KIND_INT, 1},	    [GO_KIND_INT16] = {SD_KIND_INT, 2},
	[GO_KIND_INT32] = {SD_KIND_INT, 4},	    [GO_KIND_INT64] = {SD_KIND_INT, 8},
	[GO_KIND_UINT] = {SD_KIND_UINT, 8},	    [GO_KIND_UINT8] = {SD_KIND_UINT, 1},
	[GO_KIND_UINT16] = {SD_KIND_UINT, 2},	    [GO_KIND_UINT32] = {SD_KIND_UINT, 4},
	[GO_KIND_UINT64] = {SD_KIND_UINT, 8},	    [GO_KIND_UINTPTR] = {SD_KIND_UINT, 8},
	[GO_KIND_FLOAT32] = {SD_KIND_FLOAT, 4},	    [GO_KIND_FLOAT64] = {SD_KIND_FLOAT, 8},
	[GO_KIND_COMPLEX64] = {SD_KIND_COMPLEX, 8}, [GO_KIND_COMPLEX128] = {SD_KIND_COMPLEX, 16},
	[GO_KIND_ARRAY] = {SD_KIND_ARRAY, 0},	    [GO_KIND_CHAN] = {SD_KIND_CHAN, 8},
	[GO_KIND_FUNC] = {SD_KIND_FUNC, 8},	    [GO_KIND_IFACE] = {SD_KIND_IFACE, 16},
	[GO_KIND_MAP] = {SD_KIND_MAP, 8},	    [GO_KIND_PTR] = {SD_KIND_PTR, 8},
	[GO_KIND_SLICE] = {SD_KIND_SLICE, 24},	    [GO_KIND_STRING] = {SD_KIND_STRING, 16},
	[GO_KIND_STRUCT] = {SD_KIND_STRUCT, 0},	    [GO_KIND_UNSAFE_POINTER] = {SD_KIND_PTR, 8},
};

static bool has_members(enum sd_kind kind)
{
	return kind == SD_KIND_ARRAY || kind == SD_KIND_CHAN || kind == SD_KIND_MAP ||
	       kind == SD_KIND_PTR || kind == SD_KIND_SLICE || kind == SD_KIND_STRUCT;
}

static u8 direct_of(const struct sd_go *go, const struct go_desc *d)
{
	if (!go->minor)
		return SD_DIRECT_UNKNOWN;
	if (go->minor >= 26)
		return d->tflag & TFLAG_DIRECT ? SD_DIRECT_YES : SD_DIRECT_NO;
	return d->p[TYPE_KIND] & KIND_DIRECT ? SD_DIRECT_YES : SD_DIRECT_NO;
}

/* The package path of a defined type, from abi.UncommonType behind the descriptor; NULL: not known.
 */
static const char *package_of(struct go_rtypes *r, const struct go_desc *d)
{
	static const u8 sizes[GO_KIND_UNSAFE_POINTER + 1] = {
		[GO_KIND_ARRAY] = 72,  [GO_KIND_CHAN] = 64, [GO_KIND_FUNC] = 56,
		[GO_KIND_IFACE] = 80,  [GO_KIND_PTR] = 56,  [GO_KIND_SLICE] = 56,
		[GO_KIND_STRUCT] = 80,
	};
	u64 at = sizes[d->kind] ? sizes[d->kind] : GO_DESC_SIZE, n;
	const char *name;
	s32 off;
	u8 flags;

	/* what maps have depends on more than the kind */
	if (!(d->tflag & GO_TFLAG_UNCOMMON) || d->kind == GO_KIND_MAP || d->n < at + 4)
		return NULL;
	off = (s32)go_u32(d->p + at);
	if (off <= 0 || !read_name(r->go, (u64)off, &flags, &name, &n))
		return NULL;
	return sd_arena_strndup(&r->arena, name, n);
}

static struct sd_type *make(struct go_rtypes *r, u64 off)
{
	struct sd_type *t;
	struct go_desc d;
	const char *name;
	u64 n;

	if (!go_desc_at(r->go, off, &d) || !go_desc_name(r->go, &d, &name, &n))
		return NULL;
	if (kinds[d.kind].size && kinds[d.kind].size != d.size)
		return NULL;
	t = sd_arena_new(&r->arena, struct sd_type);
	t->kind = kinds[d.kind].kind;
	t->name = sd_arena_strndup(&r->arena, name, n);
	/* The predeclared ones have names too, but are no defined types in the sense of sd_type. */
	t->named = (d.tflag & GO_TFLAG_NAMED) && d.kind != GO_KIND_UNSAFE_POINTER &&
		   (strchr(t->name, '.') || !strcmp(t->name, "error"));
	t->pkg = t->named ? package_of(r, &d) : NULL;
	t->size = d.size;
	t->align = d.align;
	t->go_rtype = off;
	t->id = r->go->types + off;
	t->direct = direct_of(r->go, &d);
	t->src = &r->src;
	t->incomplete = has_members(t->kind);
	if (t->kind == SD_KIND_IFACE) {
		if (d.n < DESC_METHODS_LEN + 8)
			return NULL;
		if (!go_u64(d.p + DESC_METHODS_LEN))
			t->kind = SD_KIND_EFACE;
	}
	if (d.kind == GO_KIND_UNSAFE_POINTER) {
		t->elem = &r->nothing;
		t->incomplete = false;
	}
	return t;
}

static struct sd_type *type_at(struct go_rtypes *r, u64 addr)
{
	struct sd_go *go = r->go;
	bool is_new;
	u64 *slot;

	if (addr < go->types || addr - go->types >= go->type_bytes.n)
		return NULL;
	slot = sd_map_put(&r->by_addr, addr, &is_new);
	if (is_new)
		*slot = (u64)(uintptr_t)make(r, addr - go->types);
	return (struct sd_type *)(uintptr_t)*slot;
}

/* The type that the word at offset at of the descriptor points to; NULL when it does not. */
static struct sd_type *type_by(struct go_rtypes *r, const struct go_desc *d, u64 desc, u64 at)
{
	u64 addr;

	if (d->n < at + 8 || !go_read_ptr(r->go->elf, desc + at, &addr))
		return NULL;
	return type_at(r, addr);
}

/* 1.18 and before: offset << 1 | embedded; after: the offset, and embedded is in the name. */
static bool read_field(struct go_rtypes *r, struct sd_type *t, u64 addr, struct sd_field *ret)
{
	struct go_bytes b = go_bytes_at(r->go, addr);
	struct sd_field f = {0};
	const char *name;
	u64 name_addr, type_addr, n;
	u8 flags;

	if (b.n < FIELD_SIZE || !go_read_ptr(r->go->elf, addr, &name_addr) ||
	    !go_read_ptr(r->go->elf, addr + 8, &type_addr) || name_addr < r->go->types ||
	    !read_name(r->go, name_addr - r->go->types, &flags, &name, &n))
		return false;
	f.type = type_at(r, type_addr);
	f.off = go_u64(b.p + 16);
	if (r->go->minor && r->go->minor <= 18) {
		f.embedded = f.off & 1;
		f.off >>= 1;
	} else {
		f.embedded = flags & NAME_EMBEDDED;
	}
	if (!f.type || f.off > t->size || f.type->size > t->size - f.off)
		return false;
	f.name = sd_arena_strndup(&r->arena, name, n);
	*ret = f;
	return true;
}

static bool read_fields(struct go_rtypes *r, struct sd_type *t, const struct go_desc *d)
{
	u64 addr, n;

	if (d->n < DESC_FIELDS_LEN + 8)
		return false;
	n = go_u64(d->p + DESC_FIELDS_LEN);
	if (!n)
		return true;
	if (n > MAX_FIELDS || !go_read_ptr(r->go->elf, t->id + DESC_FIELDS, &addr) ||
	    go_bytes_at(r->go, addr).n / FIELD_SIZE < n)
		return false;
	t->fields = sd_arena_array(&r->arena, struct sd_field, n);
	for (u64 i = 0; i < n; i++)
		if (!read_field(r, t, addr + i * FIELD_SIZE, &t->fields[i]))
			return false;
	t->nfields = (u32)n;
	return true;
}

static bool read_members(struct go_rtypes *r, struct sd_type *t)
{
	struct go_desc d;

	if (!go_desc_at(r->go, t->go_rtype, &d))
		return false;
	switch (t->kind) {
	case SD_KIND_ARRAY:
		t->elem = type_by(r, &d, t->id, DESC_ELEM);
		if (!t->elem || d.n < DESC_LEN + 8)
			return false;
		t->count = go_u64(d.p + DESC_LEN);
		return t->elem->size
			       ? t->count == t->size / t->elem->size && t->size % t->elem->size == 0
			       : !t->size && t->count <= MAX_SIZE;
	case SD_KIND_MAP:
		t->key = type_by(r, &d, t->id, DESC_ELEM);
		t->elem = type_by(r, &d, t->id, DESC_MAP_ELEM);
		return t->key && t->elem;
	case SD_KIND_STRUCT:
		return read_fields(r, t, &d);
	default:
		t->elem = type_by(r, &d, t->id, DESC_ELEM);
		return t->elem;
	}
}

static void complete(struct sd_type_source *src, struct sd_type *t)
{
	struct go_rtypes *r = (struct go_rtypes *)((char *)src - offsetof(struct go_rtypes, src));

	if (read_members(r, t))
		return;
	/* Damaged: what it has inside cannot be shown. A pointer's value still can. */
	t->elem = t->key = NULL;
	t->nfields = 0;
	if (!sd_type_is_pointer_shaped(t))
		t->kind = SD_KIND_UNKNOWN;
}

struct sd_type *sd_go_rtype_type(struct sd_go *go, struct sd_vaddr type)
{
	if (!go->type_bytes.n)
		return NULL;
	if (!go->rtypes) {
		go->rtypes = sd_xcalloc(1, sizeof(*go->rtypes));
		go->rtypes->go = go;
		go->rtypes->src.complete = complete;
		go->rtypes->nothing = (struct sd_type){
			.kind = SD_KIND_VOID, .name = "void", .align = 1};
	}
	return type_at(go->rtypes, type.v);
}

void go_rtypes_free(struct go_rtypes *r)
{
	if (!r)
		return;
	sd_map_deinit(&r->by_addr);
	sd_arena_deinit(&r->arena);
	free(r);
}
