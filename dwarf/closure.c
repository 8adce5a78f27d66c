/* SPDX-License-Identifier: BSD-2-Clause */
/* What a Go closure captured: the variables of its function that lie in the func value itself
 * (DW_AT_go_closure_offset, from Go 1.23 on; FACTS B4). */
#include <string.h>

#include "dwarf/priv.h"

enum {
	MAX_CAPTURED = 64,
	BY_VALUE_MAX = 128, /* bytes (cmd/compile/internal/escape, flowClosure) */
};

struct slot {
	struct sd_field f;
	Dwarf_Off die;
};

static bool read_captured(struct sd_dwarf *dw, Dwarf_Die *die, struct slot *ret)
{
	const char *name = dwarf_diename(die);
	u64 off;

	/* the code pointer is the first word */
	if (dwarf_tag(die) != DW_TAG_variable || !name ||
	    !sd_dw_udata(die, SD_AT_GO_CLOSURE_OFFSET, &off) || off < 8 || off > UINT32_MAX)
		return false;
	ret->f = (struct sd_field){.name = name, .type = sd_dw_type_of(dw, die), .off = off};
	ret->die = dwarf_dieoffset(die);
	return true;
}

/* From where on the variable's value is in which register, as its location list says. */
static void read_places(struct sd_dwarf *dw, Dwarf_Off die_off, struct sd_capture *c)
{
	Dwarf_Addr base, lo, hi;
	Dwarf_Attribute attr;
	ptrdiff_t at = 0;
	Dwarf_Die die;
	Dwarf_Op *ops;
	size_t n;

	if (!dwarf_offdie(dw->dw, die_off, &die) || !sd_dw_location(&die, DW_AT_location, &attr))
		return;
	if (sd_dw_is_fixed(&die)) {
		c->fixed = !dwarf_getlocation(&attr, &ops, &n) && n;
		return;
	}
	while (c->n < SD_ARRAY_SIZE(c->at) &&
	       (at = dwarf_getlocations(&attr, at, &base, &lo, &hi, &ops, &n)) > 0)
		if (n == 1 && lo < hi && ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg15) {
			c->at[c->n].pc = lo;
			c->at[c->n++].reg = (u8)(ops[0].atom - DW_OP_reg0);
		}
}

/*
 * "&x" of type *T is a pointer to x where x is captured by reference. But a copy of x that the
 * code needs the address of, or that is too large for registers, is described in the same way
 * (cmd/compile/internal/ssagen, setHeapaddr), though it lies there itself. What is larger than
 * BY_VALUE_MAX, or than the room before what comes next, is no copy; else the code tells.
 */
static void judge(struct sd_dwarf *dw, struct sd_capture c, const struct slot *s, u64 room,
		  struct sd_field *ret)
{
	struct sd_type *t = s->f.type->kind == SD_KIND_PTR ? sd_type_elem(s->f.type) : NULL;
	enum sd_captured how = SD_CAPTURED_UNKNOWN;

	*ret = s->f;
	if (s->f.name[0] != '&' || !t)
		return;
	sd_type_complete(t);
	if (t->kind != SD_KIND_UNKNOWN && (t->size > BY_VALUE_MAX || t->size > room))
		return;
	c.off = s->f.off;
	c.size = t->size;
	read_places(dw, s->die, &c);
	if (t->kind != SD_KIND_UNKNOWN && dw->how_captured)
		how = dw->how_captured(dw->how_captured_ctx, &c);
	if (how == SD_CAPTURED_UNKNOWN)
		ret->type = sd_type_unknown();
	if (how == SD_CAPTURED_COPY) {
		ret->name++;
		ret->type = t;
	}
}

/* In the order of their places, as a struct; NULL when there are none. */
static struct sd_type *captured(struct sd_dwarf *dw, Dwarf_Die *fn)
{
	struct sd_field fields[MAX_CAPTURED];
	struct slot slots[MAX_CAPTURED], s;
	struct sd_capture code = {0};
	struct sd_type *type;
	Dwarf_Die child;
	u32 n = 0;

	if (!sd_dw_child(fn, &child))
		return NULL;
	do {
		u32 at = n;

		if (n == MAX_CAPTURED || !read_captured(dw, &child, &s))
			continue;
		for (; at && slots[at - 1].f.off > s.f.off; at--)
			slots[at] = slots[at - 1];
		slots[at] = s;
		n++;
	} while (sd_dw_next(&child));
	if (!n)
		return NULL;
	code.generic = dwarf_diename(fn) && strchr(dwarf_diename(fn), '[');
	if (dwarf_lowpc(fn, &code.entry.v) || dwarf_highpc(fn, &code.end.v))
		code.entry.v = code.end.v = 0;
	for (u32 i = 0; i < n; i++)
		judge(dw, code, &slots[i],
		      i + 1 < n ? slots[i + 1].f.off - slots[i].f.off : UINT64_MAX, &fields[i]);
	type = sd_arena_new(&dw->arena, struct sd_type);
	*type = (struct sd_type){
		.kind = SD_KIND_STRUCT, .name = "closure", .align = 8, .nfields = n};
	type->size = fields[n - 1].off + fields[n - 1].type->size;
	type->fields = sd_arena_memdup(&dw->arena, fields, n * sizeof(*fields));
	return type;
}

void sd_dwarf_on_captured(struct sd_dwarf *dw, sd_captured_fn fn, void *ctx)
{
	dw->how_captured = fn;
	dw->how_captured_ctx = ctx;
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
