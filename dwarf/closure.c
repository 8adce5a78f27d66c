/* SPDX-License-Identifier: BSD-2-Clause */
/* What a Go closure captured: the variables of its function that lie in the func value itself
 * (DW_AT_go_closure_offset, from Go 1.23 on; FACTS B4). */
#include <string.h>

#include "dwarf/priv.h"

enum { MAX_CAPTURED = 64 };

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
	type = sd_arena_new(&dw->arena, struct sd_type);
	*type = (struct sd_type){
		.kind = SD_KIND_STRUCT, .name = "closure", .align = 8, .nfields = n};
	type->size = fields[n - 1].off + fields[n - 1].type->size;
	type->fields = sd_arena_memdup(&dw->arena, fields, n * sizeof(*fields));
	return type;
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
