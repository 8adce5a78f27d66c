/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Package-level variables, constants and enumerators by name. Go: only the units of the package are
 * looked at. Others: what stands at the top of their units and in namespaces, listed once.
 */
#include <stdlib.h>
#include <string.h>

#include "dwarf/priv.h"

enum { MAX_SAME = 16 };

struct entry {
	Dwarf_Off die;
	Dwarf_Off parent;  /* of an enumerator: its enumeration */
	const char *space; /* the innermost namespace around it, NULL: none */
	u64 next;	   /* index + 1 of the next one of that name, 0: none */
};

/* Names of the variables and enumerators of all units that are not Go's. */
struct sd_dw_globals {
	struct sd_strmap names; /* name → index + 1 in entries */
	SD_VEC(struct entry) entries;
};

void sd_dw_globals_free(struct sd_dw_globals *g)
{
	if (!g)
		return;
	sd_strmap_deinit(&g->names);
	sd_vec_free(&g->entries);
	free(g);
}

static bool address_of(Dwarf_Die *die, u64 *ret)
{
	Dwarf_Attribute attr, at;
	Dwarf_Addr addr;
	Dwarf_Op *ops;
	size_t n;

	if (!sd_dw_location(die, DW_AT_location, &attr) || dwarf_getlocation(&attr, &ops, &n) ||
	    n != 1)
		return false;
	if (ops[0].atom == DW_OP_addr) {
		*ret = ops[0].number;
		return true;
	}
	if ((ops[0].atom != DW_OP_addrx && ops[0].atom != DW_OP_GNU_addr_index) ||
	    dwarf_getlocation_attr(&attr, &ops[0], &at) || dwarf_formaddr(&at, &addr))
		return false;
	*ret = addr;
	return true;
}

static bool value_of(Dwarf_Die *die, struct sd_global *g)
{
	bool is_float = g->type && sd_type_complete(g->type)->kind == SD_KIND_FLOAT;
	Dwarf_Attribute attr;
	Dwarf_Block block;
	Dwarf_Sword v;
	float f;

	if (!dwarf_attr_integrate(die, DW_AT_const_value, &attr))
		return false;
	g->kind = SD_GLOBAL_INT;
	if (!is_float && !dwarf_formsdata(&attr, &v)) {
		g->num = (u64)v;
		return true;
	}
	if (dwarf_whatform(&attr) == DW_FORM_string || dwarf_whatform(&attr) == DW_FORM_strp) {
		g->kind = SD_GLOBAL_STRING;
		g->bytes = dwarf_formstring(&attr);
		g->nbytes = g->bytes ? strlen(g->bytes) : 0;
		return g->bytes != NULL;
	}
	if (!is_float || dwarf_formblock(&attr, &block) || block.length != g->type->size)
		return false;
	g->kind = SD_GLOBAL_FLOAT;
	if (block.length == 8) {
		memcpy(&g->f, block.data, 8);
		return true;
	}
	memcpy(&f, block.data, SD_MIN((size_t)block.length, sizeof(f)));
	g->f = (double)f;
	return block.length == sizeof(f);
}

/* Fills in what die says; false when it has neither a fixed address nor a value (thread-local ones,
 * declarations). */
static bool describe(struct sd_dwarf *dw, Dwarf_Die *die, Dwarf_Off parent, const char *name,
		     struct sd_global *g)
{
	struct sd_dw_unit *unit = sd_dw_unit_of(dw, die);
	Dwarf_Die of;

	*g = (struct sd_global){.name = name};
	if (dwarf_tag(die) == DW_TAG_enumerator) {
		g->type = dwarf_offdie(dw->dw, parent, &of) ? sd_dw_type(dw, &of) : NULL;
	} else if (dwarf_hasattr_integrate(die, DW_AT_type)) {
		g->type = sd_dw_type_of(dw, die);
	}
	g->where = unit && unit->lang != DW_LANG_Go && *unit->name
			   ? sd_arena_printf(&dw->arena, "%s (%s)", name, unit->name)
			   : name;
	if (dwarf_tag(die) == DW_TAG_variable && address_of(die, &g->addr.v)) {
		g->kind = SD_GLOBAL_VAR;
		return g->type != NULL;
	}
	return value_of(die, g);
}

struct results {
	struct sd_global v[MAX_SAME];
	u32 n;
};

static void add(struct results *r, const struct sd_global *g)
{
	for (u32 i = 0; i < r->n; i++) {
		const struct sd_global *o = &r->v[i];

		if (o->kind == g->kind && o->addr.v == g->addr.v && o->num == g->num &&
		    !strcmp(o->name, g->name) && (g->kind == SD_GLOBAL_VAR || o->type == g->type))
			return;
	}
	if (r->n < MAX_SAME)
		r->v[r->n++] = *g;
}

/* ---- Go ---- */

/* "Var" of "example.com/do%2et.Var"; NULL when it has no package. */
static const char *own_name(const char *full)
{
	const char *slash = strrchr(full, '/'), *dot = strchr(slash ? slash : full, '.');

	return dot ? dot + 1 : NULL;
}

static bool is_package(const char *unit, const char *pkg)
{
	const char *slash = strrchr(unit, '/');

	return !strcmp(unit, pkg) || (slash && !strcmp(slash + 1, pkg));
}

static void find_go(struct sd_dwarf *dw, const struct sd_dw_unit *unit, const char *name,
		    struct results *r)
{
	Dwarf_Die die;

	if (!dwarf_offdie(dw->dw, unit->die, &die) || !sd_dw_child(&die, &die))
		return;
	do {
		int tag = dwarf_tag(&die);
		const char *full, *own;
		struct sd_global g;

		if (tag != DW_TAG_variable && tag != DW_TAG_constant)
			continue;
		full = dwarf_diename(&die);
		own = full ? own_name(full) : NULL;
		if (own && !strcmp(own, name) && describe(dw, &die, 0, full, &g))
			add(r, &g);
	} while (sd_dw_next(&die));
}

/* ---- others ---- */

static void list(struct sd_dw_globals *g, Dwarf_Die *parent, const char *space, unsigned int depth)
{
	Dwarf_Die die;

	if (depth > SD_DWARF_MAX_DEPTH || !sd_dw_child(parent, &die))
		return;
	do {
		int tag = dwarf_tag(&die);
		const char *name;
		u64 *slot;

		if (tag == DW_TAG_namespace || tag == DW_TAG_module) {
			list(g, &die, dwarf_diename(&die), depth + 1);
			continue;
		}
		if (tag == DW_TAG_enumeration_type) {
			list(g, &die, space, depth + 1);
			continue;
		}
		if ((tag != DW_TAG_variable && tag != DW_TAG_enumerator) ||
		    sd_dw_flag(&die, DW_AT_declaration))
			continue;
		name = dwarf_diename(&die);
		if (!name)
			continue;
		slot = sd_strmap_put(&g->names, name, NULL);
		sd_vec_push(&g->entries, (struct entry){.die = dwarf_dieoffset(&die),
							.parent = dwarf_dieoffset(parent),
							.space = space,
							.next = *slot});
		*slot = g->entries.n;
	} while (sd_dw_next(&die));
}

static const struct sd_dw_globals *listed(struct sd_dwarf *dw)
{
	struct sd_dw_globals *g = dw->globals;

	if (g)
		return g;
	dw->globals = g = sd_xcalloc(1, sizeof(*g));
	for (size_t i = 0; i < dw->units.n; i++) {
		Dwarf_Die die;

		if (dw->units.v[i].lang != DW_LANG_Go &&
		    dwarf_offdie(dw->dw, dw->units.v[i].die, &die))
			list(g, &die, NULL, 0);
	}
	return g;
}

static void find_listed(struct sd_dwarf *dw, const char *pkg, const char *name, struct results *r)
{
	const struct sd_dw_globals *all = listed(dw);
	u64 *at = sd_strmap_get(&all->names, name);

	for (u64 i = at ? *at : 0; i; i = all->entries.v[i - 1].next) {
		const struct entry *e = &all->entries.v[i - 1];
		struct sd_global g;
		Dwarf_Die die;

		if ((!pkg || (e->space && !strcmp(e->space, pkg))) &&
		    dwarf_offdie(dw->dw, e->die, &die) && describe(dw, &die, e->parent, name, &g))
			add(r, &g);
	}
}

struct sd_err *sd_dwarf_globals(struct sd_dwarf *dw, const char *pkg, const char *name,
				struct sd_global **ret, u32 *n_ret)
{
	struct results r = {.n = 0};

	for (size_t i = 0; pkg && i < dw->units.n; i++)
		if (dw->units.v[i].lang == DW_LANG_Go && is_package(dw->units.v[i].name, pkg))
			find_go(dw, &dw->units.v[i], name, &r);
	if (!r.n)
		find_listed(dw, pkg, name, &r);
	*ret = r.n ? sd_arena_memdup(&dw->arena, r.v, r.n * sizeof(r.v[0])) : NULL;
	*n_ret = r.n;
	return NULL;
}
