/* SPDX-License-Identifier: BSD-2-Clause */
/* Types and constants by name: units are walked from where the last search stopped, and no further
 * than needed. */
#include <stdlib.h>
#include <string.h>

#include "dwarf/priv.h"

static bool is_type_tag(int tag)
{
	switch (tag) {
	case DW_TAG_base_type:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_typedef:
	case DW_TAG_pointer_type:
	case DW_TAG_array_type:
	case DW_TAG_subroutine_type:
		return true;
	}
	return false;
}

/* Continues the walk of a unit until name turns up: 0, or its DIE + 1. */
static u64 walk_types(struct sd_dwarf *dw, struct sd_dw_unit *unit, const char *name)
{
	Dwarf_Die die;

	if (unit->types_done)
		return 0;
	if (!unit->types_at) {
		if (!dwarf_offdie(dw->dw, unit->die, &die) || !sd_dw_child(&die, &die)) {
			unit->types_done = true;
			return 0;
		}
	} else if (!dwarf_offdie(dw->dw, unit->types_at, &die)) {
		return 0;
	}
	do {
		const char *its_name;
		bool is_new;
		u64 *slot;

		unit->types_at = dwarf_dieoffset(&die);
		its_name = is_type_tag(dwarf_tag(&die)) ? dwarf_diename(&die) : NULL;
		if (!its_name || sd_dw_flag(&die, DW_AT_declaration))
			continue;
		slot = sd_strmap_put(&unit->types, its_name, &is_new);
		if (is_new)
			*slot = unit->types_at + 1;
		if (!strcmp(its_name, name))
			return *slot;
	} while (sd_dw_next(&die));
	unit->types_done = true;
	return 0;
}

static struct sd_type *named_in(struct sd_dwarf *dw, struct sd_dw_unit *unit, const char *name)
{
	u64 *known = sd_strmap_get(&unit->types, name);
	u64 at = known ? *known : walk_types(dw, unit, name);
	Dwarf_Die die;

	return at && dwarf_offdie(dw->dw, at - 1, &die) ? sd_dw_type(dw, &die) : NULL;
}

struct sd_type *sd_dwarf_type_named(struct sd_dwarf *dw, const char *name, const char *unit_hint)
{
	/* Go's linker puts all types into a unit of their own that is named runtime, as many others
	 * are. */
	const char *const first[] = {unit_hint, "runtime"};

	for (size_t pass = 0; pass <= SD_ARRAY_SIZE(first); pass++)
		for (size_t i = 0; i < dw->units.n; i++) {
			const char *want = pass < SD_ARRAY_SIZE(first) ? first[pass]
								       : dw->units.v[i].name;
			struct sd_type *t;

			if (!want || strcmp(dw->units.v[i].name, want))
				continue;
			t = named_in(dw, &dw->units.v[i], name);
			if (t)
				return t;
		}
	return NULL;
}

/* A constant's value as a value of size bytes has it: two of them are equal when their bytes are.
 */
static u64 constant_key(u64 value, u64 size)
{
	return size < 8 ? value & ((1ull << 8 * size) - 1) : value;
}

/* Of a value that several constants have, none is the name. */
static const char several[] = "";

static void add_constant(struct sd_map *names, u64 size, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	Dwarf_Attribute attr;
	Dwarf_Sword value;
	Dwarf_Word word;
	bool is_new;
	u64 *slot;

	if (!name || !dwarf_attr(die, DW_AT_const_value, &attr))
		return;
	switch (dwarf_whatform(&attr)) {
	case DW_FORM_data1: /* what is negative is no data: elfutils would extend the sign */
	case DW_FORM_data2:
	case DW_FORM_data4:
		if (dwarf_formudata(&attr, &word))
			return;
		break;
	default:
		if (dwarf_formsdata(&attr, &value))
			return;
		word = (Dwarf_Word)value;
	}
	slot = sd_map_put(names, constant_key(word, size), &is_new);
	if (is_new)
		*slot = (uintptr_t)name;
	else if (strcmp((const char *)(uintptr_t)*slot, name) != 0)
		*slot = (uintptr_t)several;
}

/* Whether the type at die is that one. Of another source it is known by its descriptor: a type that
 * is declared in a function may go by the same name. */
static bool is_type(struct sd_dwarf *dw, Dwarf_Die *die, const struct sd_type *type)
{
	const struct sd_type *t;

	if (type->src == &dw->source && dwarf_dieoffset(die) == type->id)
		return true;
	t = sd_dw_type(dw, die);
	return type->src == &dw->source ? t->name && !strcmp(t->name, type->name)
					: t->go_rtype && t->go_rtype == type->go_rtype;
}

/* Go: constants of this very type, in the unit of the type's package ("time" for "time.Duration").
 */
static void read_go_constants(struct sd_dwarf *dw, const struct sd_type *type, struct sd_map *names)
{
	const char *slash = strrchr(type->name, '/'),
		   *dot = strrchr(slash ? slash : type->name, '.');
	const char *package = type->pkg ? type->pkg : type->name;
	size_t n = type->pkg ? strlen(type->pkg) : dot ? (size_t)(dot - type->name) : 0;

	for (size_t i = 0; n && i < dw->units.n; i++) {
		const char *unit = dw->units.v[i].name;
		Dwarf_Die die, its;

		if (strncmp(unit, package, n) || unit[n] ||
		    !dwarf_offdie(dw->dw, dw->units.v[i].die, &die) || !sd_dw_child(&die, &die))
			continue;
		do {
			if (dwarf_tag(&die) == DW_TAG_constant &&
			    sd_dw_ref(&die, DW_AT_type, &its) && is_type(dw, &its, type))
				add_constant(names, type->size, &die);
		} while (sd_dw_next(&die));
	}
}

static void read_enumerators(struct sd_dwarf *dw, const struct sd_type *type, struct sd_map *names)
{
	Dwarf_Die die;

	if (!dwarf_offdie(dw->dw, type->id, &die) || !sd_dw_peel(&die, &die) ||
	    !sd_dw_child(&die, &die))
		return;
	do
		if (dwarf_tag(&die) == DW_TAG_enumerator)
			add_constant(names, type->size, &die);
	while (sd_dw_next(&die));
}

const char *sd_dwarf_constant_name(struct sd_dwarf *dw, const struct sd_type *type, s64 value)
{
	struct sd_map *names;
	bool is_new;
	u64 *slot, *name;

	if (!type->named || (type->src != &dw->source && !type->go_rtype) ||
	    (type->kind != SD_KIND_INT && type->kind != SD_KIND_UINT && type->kind != SD_KIND_ENUM))
		return NULL;
	slot = sd_map_put(&dw->constants, (uintptr_t)type, &is_new);
	if (is_new) {
		names = sd_arena_new(&dw->arena, struct sd_map);
		*slot = (uintptr_t)names;
		if (type->kind == SD_KIND_ENUM && type->src == &dw->source)
			read_enumerators(dw, type, names);
		else if (type->kind != SD_KIND_ENUM)
			read_go_constants(dw, type, names);
	} else {
		names = (struct sd_map *)(uintptr_t)*slot;
	}
	name = sd_map_get(names, constant_key((u64)value, type->size));
	return name && *(const char *)(uintptr_t)*name ? (const char *)(uintptr_t)*name : NULL;
}
