/* SPDX-License-Identifier: BSD-2-Clause */
/* What a Go closure captured: the variables of its function that lie in the func value itself
 * (DW_AT_go_closure_offset, from Go 1.23 on; FACTS B4). */
#include <string.h>

#include "dwarf/priv.h"

enum {
	MAX_CAPTURED = 64,
	MAX_LEVEL = 5, /* structs within structs: what lies deeper is not known to be in SSA form */
	BY_VALUE_MAX = 128, /* bytes (cmd/compile/internal/escape, flowClosure) */
};

static bool read_captured(struct sd_dwarf *dw, Dwarf_Die *die, struct sd_field *ret)
{
	const char *name = dwarf_diename(die);
	u64 off;

	/* the code pointer is the first word */
	if (dwarf_tag(die) != DW_TAG_variable || !name ||
	    !sd_dw_udata(die, SD_AT_GO_CLOSURE_OFFSET, &off) || off < 8 || off > UINT32_MAX)
		return false;
	*ret = (struct sd_field){.name = name, .type = sd_dw_type_of(dw, die), .off = off};
	return true;
}

/*
 * Whether the compiler keeps every value of type t in SSA form, in all versions that say what
 * closures capture (cmd/compile/internal/ssa, CanSSA).
 */
static bool is_ssa(struct sd_type *t, u32 level)
{
	if (level > MAX_LEVEL || t->kind == SD_KIND_UNKNOWN || t->size > 4 * 8)
		return false;
	if (t->kind != SD_KIND_STRUCT && t->kind != SD_KIND_ARRAY)
		return true;
	sd_type_complete(t);
	if (t->kind == SD_KIND_ARRAY)
		return t->count <= 1 && is_ssa(sd_type_elem(t), level + 1);
	for (u32 i = 0; i < t->nfields; i++)
		if (t->nfields > 4 || !is_ssa(t->fields[i].type, level + 1))
			return false;
	return true;
}

/*
 * "&x" of type *T is a pointer to x where x is captured by reference. But a captured copy of x that
 * is not in SSA form is described in the same way (cmd/compile/internal/ssagen, setHeapaddr),
 * though it lies there itself: then only what comes next can tell, if it leaves no room for a T.
 * What is larger than BY_VALUE_MAX is always captured by reference.
 */
static bool is_ambiguous(const struct sd_field *f, const struct sd_field *next)
{
	struct sd_type *t = f->type->kind == SD_KIND_PTR ? sd_type_elem(f->type) : NULL;

	return f->name[0] == '&' && t && t->size <= BY_VALUE_MAX && !is_ssa(t, 0) &&
	       !(next && next->off < f->off + t->size);
}

/* In the order of their places, as a struct; NULL when there are none. */
static struct sd_type *captured(struct sd_dwarf *dw, Dwarf_Die *fn)
{
	struct sd_field fields[MAX_CAPTURED], f;
	struct sd_type *type;
	Dwarf_Die child;
	u32 n = 0;

	if (!sd_dw_child(fn, &child))
		return NULL;
	do {
		u32 at = n;

		if (n == MAX_CAPTURED || !read_captured(dw, &child, &f))
			continue;
		for (; at && fields[at - 1].off > f.off; at--)
			fields[at] = fields[at - 1];
		fields[at] = f;
		n++;
	} while (sd_dw_next(&child));
	if (!n)
		return NULL;
	for (u32 i = 0; i < n; i++)
		if (is_ambiguous(&fields[i], i + 1 < n ? &fields[i + 1] : NULL))
			fields[i].type = sd_type_unknown();
	type = sd_arena_new(&dw->arena, struct sd_type);
	*type = (struct sd_type){
		.kind = SD_KIND_STRUCT, .name = "closure", .align = 8, .nfields = n};
	type->size = fields[n - 1].off + fields[n - 1].type->size;
	type->fields = sd_arena_memdup(&dw->arena, fields, n * sizeof(*fields));
	return type;
}

/* What the compiler calls functions that get a func value of their own: main.f.func1, main.T.M-fm,
 * main.f.gowrap1, main.f.deferwrap1, main.f-range1. */
static bool is_closure_name(const char *name)
{
	const char *last = strrchr(name, '.');

	return last && (strstr(last, "func") || strstr(last, "wrap") || strchr(last, '-') ||
			strstr(name, ".func"));
}

struct each_closure {
	struct sd_dwarf *dw;
	bool (*cb)(void *ctx, struct sd_vaddr pc, struct sd_type *type);
	void *ctx;
};

static bool show_closure(void *ctx, Dwarf_Die *die)
{
	struct each_closure *e = ctx;
	const char *name = dwarf_diename(die);
	struct sd_type *type;
	bool is_new;
	u64 pc, *slot;

	if (!name || !is_closure_name(name) || !sd_dw_entry(die, &pc))
		return true;
	slot = sd_map_put(&e->dw->closures, pc, &is_new);
	type = is_new ? captured(e->dw, die) : (struct sd_type *)(uintptr_t)*slot;
	*slot = (uintptr_t)type;
	return !type || e->cb(e->ctx, (struct sd_vaddr){pc}, type);
}

void sd_dwarf_each_closure(struct sd_dwarf *dw,
			   bool (*cb)(void *ctx, struct sd_vaddr pc, struct sd_type *type),
			   void *ctx)
{
	struct each_closure e = {.dw = dw, .cb = cb, .ctx = ctx};

	for (size_t i = 0; i < dw->units.n; i++) {
		Dwarf_Die die;

		if (dw->units.v[i].lang == DW_LANG_Go &&
		    dwarf_offdie(dw->dw, dw->units.v[i].die, &die) &&
		    !sd_dw_each_function(&die, true, show_closure, &e))
			break;
	}
}

struct sd_type *sd_dwarf_closure(struct sd_dwarf *dw, struct sd_vaddr pc, const char *unit_hint)
{
	u64 *known = sd_map_get(&dw->closures, pc.v);
	struct sd_type *type = NULL;
	Dwarf_Die die;

	if (known)
		return (struct sd_type *)(uintptr_t)*known;
	if (sd_dw_find_entry(dw, pc.v, unit_hint, &die))
		type = captured(dw, &die);
	*sd_map_put(&dw->closures, pc.v, NULL) = (uintptr_t)type;
	return type;
}
