/* SPDX-License-Identifier: BSD-2-Clause */
/* What the values of interfaces are, and what lies behind func values: all type descriptors of a Go
 * binary, and all closures, as entries of the map `rtypes` (bpf/wire.h). */
#include "plan/types.h"

enum { MAX_LEVEL = 16 };

/* The pointer that a value of a pointer-shaped type consists of: struct{p *T}, [1]*T. *elem_ret:
 * what is behind it, if that is known. */
static struct sd_type *unwrap(struct sd_type *type, struct sd_type **elem_ret)
{
	*elem_ret = NULL;
	for (u32 level = 0; level < MAX_LEVEL; level++) {
		struct sd_type *inner;
		u64 off;

		sd_type_complete(type);
		inner = sd_type_atomic_pointer(type, &off);
		if (inner) {
			type = inner;
			break;
		}
		if (type->kind == SD_KIND_ARRAY)
			inner = sd_type_elem(type);
		for (u32 i = 0; type->kind == SD_KIND_STRUCT && i < type->nfields; i++)
			if (type->fields[i].type->size == type->size)
				inner = type->fields[i].type;
		if (!inner)
			break;
		type = inner;
	}
	if (type->kind == SD_KIND_PTR)
		*elem_ret = sd_type_elem(type);
	return type;
}

static void put(struct sd_tables *t, struct sd_vaddr addr, struct sdw_rtype r)
{
	if (!r.type)
		return;
	sd_vec_push(&t->rtype_keys, SDW_RTYPE_KEY(t->module, addr.v));
	sd_vec_push(&t->rtypes, r);
}

struct rtypes_walk {
	struct sd_tables *t;
	struct sd_go *go;
};

static bool add(void *ctx, struct sd_vaddr addr)
{
	struct rtypes_walk *w = ctx;
	struct sd_type *type = sd_go_rtype_type(w->go, addr), *elem;
	struct sdw_rtype r = {0};
	u32 depth = w->t->limits.depth;

	if (!type || !type->size)
		return true;
	if (!sd_type_is_direct(type)) {
		r.type = sd_types_value(w->t, type, depth);
	} else {
		type = unwrap(type, &elem);
		r.flags = SDW_RTYPE_DIRECT;
		if (!elem) {
			r.flags |= SDW_RTYPE_SAME;
			r.type = sd_types_behind(w->t, type, depth);
		} else if (depth) {
			r.type = sd_types_value(w->t, elem, depth - 1);
		}
	}
	put(w->t, addr, r);
	return true;
}

bool sd_plan_wants_rtypes(const struct sd_tables *t, u32 module)
{
	return sd_map_get(&t->iface_modules, module) != NULL;
}

void sd_plan_rtypes(struct sd_tables *t, u32 module, struct sd_go *go)
{
	struct rtypes_walk w = {.t = t, .go = go};

	sd_tables_module(t, module, sd_go_layout(go));
	t->from_descriptors = true;
	sd_go_each_rtype(go, add, &w);
	sd_types_finish(t);
	t->from_descriptors = false;
}

static bool add_closure(void *ctx, struct sd_vaddr pc, struct sd_type *captured)
{
	struct sd_tables *t = ctx;

	put(t, pc, (struct sdw_rtype){.type = sd_types_value(t, captured, t->limits.depth)});
	return true;
}

bool sd_plan_wants_closures(const struct sd_tables *t, u32 module)
{
	return sd_map_get(&t->func_modules, module) != NULL;
}

void sd_plan_closures(struct sd_tables *t, u32 module, const struct sd_go_layout *layout,
		      struct sd_dwarf *dw)
{
	sd_tables_module(t, module, layout);
	sd_dwarf_each_closure(dw, add_closure, t);
	sd_types_finish(t);
}
