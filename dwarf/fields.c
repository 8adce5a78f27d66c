/* SPDX-License-Identifier: BSD-2-Clause */
/* Members of structs and unions, bit-fields and base classes with them; and names of types that
 * DWARF leaves out. */
#include <string.h>

#include "dwarf/priv.h"

/* DW_AT_data_member_location: a constant, or (DWARF 2) an expression of one DW_OP_plus_uconst. */
static bool member_offset(Dwarf_Die *die, u64 *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;
	Dwarf_Op *ops;
	size_t n;

	*ret = 0;
	if (!dwarf_attr(die, DW_AT_data_member_location, &attr))
		return true;
	if (!dwarf_formudata(&attr, &v)) {
		*ret = v;
		return true;
	}
	if (dwarf_getlocation(&attr, &ops, &n) || n != 1 || ops[0].atom != DW_OP_plus_uconst)
		return false;
	*ret = ops[0].number;
	return true;
}

/* Bits as from the first byte, little endian, whatever way DWARF counts (DWARF 5 §5.7.6, DWARF 3
 * §5.6.6). */
static bool bit_field(Dwarf_Die *die, struct sd_field *f)
{
	u64 size, at, storage = f->type->size;

	if (!sd_dw_udata(die, DW_AT_bit_size, &size) || !size)
		return true;
	if (size > 64 || !storage || storage > 8)
		return false;
	if (sd_dw_udata(die, DW_AT_data_bit_offset, &at)) {
		if (at > UINT64_MAX / 2)
			return false;
		f->off = at / (8 * storage) * storage;
		if (at - f->off * 8 + size > 8 * storage)
			f->off = at / 8;
		at -= f->off * 8;
	} else if (sd_dw_udata(die, DW_AT_bit_offset, &at)) {
		sd_dw_udata(die, DW_AT_byte_size, &storage);
		if (storage > 8 || at + size > storage * 8)
			return false;
		at = storage * 8 - at - size;
	} else {
		at = 0;
	}
	f->bit_off = (u16)at;
	f->bit_size = (u16)size;
	return true;
}

static bool read_member(struct sd_dwarf *dw, Dwarf_Die *die, struct sd_field *f)
{
	const char *name = dwarf_diename(die);

	*f = (struct sd_field){.name = name ? name : "", .type = sd_dw_type_of(dw, die)};
	if (dwarf_tag(die) == DW_TAG_inheritance) {
		f->embedded = true;
		f->name = f->type->name;
	} else {
		f->embedded = sd_dw_flag(die, SD_AT_GO_EMBEDDED);
	}
	return member_offset(die, &f->off) && bit_field(die, f);
}

static bool fits(const struct sd_field *f, u64 size)
{
	u64 need = f->bit_size ? (u64)(f->bit_off + f->bit_size + 7) / 8 : f->type->size;

	return f->off <= size && size - f->off >= need;
}

bool sd_dw_fields(struct sd_dwarf *dw, Dwarf_Die *die, struct sd_type *type)
{
	SD_VEC(struct sd_field) fields = {0};
	Dwarf_Die child;
	bool ok = true;

	if (sd_dw_child(die, &child))
		do {
			struct sd_field f;
			int tag = dwarf_tag(&child);

			if (tag == DW_TAG_variant_part)
				ok = false;
			if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
				continue;
			/* Static members lie elsewhere. */
			if (sd_dw_flag(&child, DW_AT_external) ||
			    sd_dw_flag(&child, DW_AT_declaration))
				continue;
			/* Virtual bases: their place is known only at run time. */
			if (!read_member(dw, &child, &f) || !fits(&f, type->size)) {
				f.type = sd_type_unknown();
				f.off = SD_MIN(f.off, type->size);
				f.bit_off = f.bit_size = 0;
			}
			sd_vec_push(&fields, f);
		} while (ok && sd_dw_next(&child));
	if (ok && fields.n) {
		type->fields = sd_arena_memdup(&dw->arena, fields.v,
					       fields.n * sizeof(fields.v[0]));
		type->nfields = (u32)fields.n;
	}
	sd_vec_free(&fields);
	return ok;
}

static const char *prefix_of(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_structure_type:
		return "struct";
	case DW_TAG_class_type:
		return "class";
	case DW_TAG_union_type:
		return "union";
	case DW_TAG_enumeration_type:
		return "enum";
	}
	return NULL;
}

static bool is_c(u16 lang)
{
	return lang == DW_LANG_C || lang == DW_LANG_C89 || lang == DW_LANG_C99 ||
	       lang == DW_LANG_C11;
}

static const char *target_name(struct sd_dwarf *dw, Dwarf_Die *die, unsigned int depth)
{
	Dwarf_Die to;

	if (!sd_dw_ref(die, DW_AT_type, &to))
		return "void";
	return depth >= 8 ? "..." : sd_dw_type_name(dw, &to, depth + 1);
}

static const char *made_up_name(struct sd_dwarf *dw, Dwarf_Die *die, unsigned int depth)
{
	const char *prefix = prefix_of(die), *to;

	if (prefix)
		return sd_arena_printf(&dw->arena, "%s {...}", prefix);
	to = target_name(dw, die, depth);
	switch (dwarf_tag(die)) {
	case DW_TAG_pointer_type:
		return sd_arena_printf(&dw->arena, to[strlen(to) - 1] == '*' ? "%s*" : "%s *", to);
	case DW_TAG_reference_type:
		return sd_arena_printf(&dw->arena, "%s &", to);
	case DW_TAG_rvalue_reference_type:
		return sd_arena_printf(&dw->arena, "%s &&", to);
	case DW_TAG_const_type:
		return sd_arena_printf(&dw->arena, "const %s", to);
	case DW_TAG_volatile_type:
		return sd_arena_printf(&dw->arena, "volatile %s", to);
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
		return to;
	case DW_TAG_array_type:
		return sd_arena_printf(&dw->arena, "%s[]", to);
	case DW_TAG_subroutine_type:
		return sd_arena_printf(&dw->arena, "%s (...)", to);
	}
	return "?";
}

const char *sd_dw_type_name(struct sd_dwarf *dw, Dwarf_Die *die, unsigned int depth)
{
	const char *name = dwarf_diename(die), *prefix;
	struct sd_dw_unit *unit = sd_dw_unit_of(dw, die);

	if (!name || !*name)
		return made_up_name(dw, die, depth);
	prefix = unit && is_c(unit->lang) ? prefix_of(die) : NULL;
	return prefix ? sd_arena_printf(&dw->arena, "%s %s", prefix, name) : name;
}
