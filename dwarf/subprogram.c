/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions and their parameters: out-of-line ones by entry address, inlined copies inside of them
 * by name. */
#include <stdlib.h>
#include <string.h>

#include "dwarf/priv.h"

#define MAX_RANGES 65536
#define MAX_PARAMS 1024

bool sd_dw_entry(Dwarf_Die *die, u64 *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Addr base, lo, hi, pc;
	Dwarf_Word off;

	if (dwarf_attr(die, DW_AT_entry_pc, &attr)) {
		if (!dwarf_formaddr(&attr, &pc)) {
			*ret = pc;
			return true;
		}
		/* DWARF 5 §2.18: a constant is an offset from the base address. */
		if (!dwarf_formudata(&attr, &off) && dwarf_ranges(die, 0, &base, &lo, &hi) > 0) {
			*ret = (dwarf_hasattr(die, DW_AT_low_pc) ? base : lo) + off;
			return true;
		}
	}
	if (dwarf_attr(die, DW_AT_low_pc, &attr) && !dwarf_hasattr(die, DW_AT_ranges)) {
		if (dwarf_formaddr(&attr, &pc))
			return false;
		*ret = pc;
		return true;
	}
	if (!dwarf_hasattr(die, DW_AT_ranges) || dwarf_ranges(die, 0, &base, &lo, &hi) <= 0)
		return false;
	*ret = lo;
	return true;
}

struct walk {
	bool (*fn)(void *ctx, Dwarf_Die *die);
	void *ctx;
	bool is_go;
};

static bool walk_functions(const struct walk *w, Dwarf_Die *parent, unsigned int depth)
{
	Dwarf_Die die;

	if (depth > SD_DWARF_MAX_DEPTH || !sd_dw_child(parent, &die))
		return true;
	do {
		bool descend = false;

		switch (dwarf_tag(&die)) {
		case DW_TAG_subprogram:
			if ((dwarf_hasattr(&die, DW_AT_low_pc) ||
			     dwarf_hasattr(&die, DW_AT_ranges)) &&
			    !w->fn(w->ctx, &die))
				return false;
			descend = !w->is_go;
			break;
		case DW_TAG_namespace:
		case DW_TAG_module:
		case DW_TAG_structure_type:
		case DW_TAG_class_type:
		case DW_TAG_union_type:
		case DW_TAG_enumeration_type:
		case DW_TAG_lexical_block:
			descend = !w->is_go;
			break;
		}
		if (descend && !walk_functions(w, &die, depth + 1))
			return false;
	} while (sd_dw_next(&die));
	return true;
}

bool sd_dw_each_function(Dwarf_Die *unit, bool is_go, bool (*fn)(void *ctx, Dwarf_Die *die),
			 void *ctx)
{
	struct walk w = {.fn = fn, .ctx = ctx, .is_go = is_go};

	return walk_functions(&w, unit, 0);
}

static void read_ranges(Dwarf_Die *die, struct sd_arena *arena, struct sd_subprogram *sp)
{
	SD_VEC(struct sd_range_v) ranges = {0};
	Dwarf_Addr base, lo, hi;
	ptrdiff_t at = 0;

	while (ranges.n < MAX_RANGES && (at = dwarf_ranges(die, at, &base, &lo, &hi)) > 0)
		if (lo < hi)
			sd_vec_push(&ranges, (struct sd_range_v){lo, hi});
	for (size_t i = 0; i < ranges.n; i++)
		if (sp->low.v >= ranges.v[i].lo && sp->low.v < ranges.v[i].hi) {
			sp->high.v = ranges.v[i].hi;
			break;
		}
	if (ranges.n > !sp->inlined) {
		sp->ranges = sd_arena_memdup(arena, ranges.v, ranges.n * sizeof(ranges.v[0]));
		sp->nranges = (u32)ranges.n;
	}
	sd_vec_free(&ranges);
}

static struct sd_param read_param(struct sd_dwarf *dw, Dwarf_Die *die, Dwarf_Die *origin)
{
	const char *name = dwarf_diename(die);
	struct sd_param p = {
		.name = name ? name : "",
		.type = sd_dw_type_of(dw, die),
		.result = sd_dw_flag(die, DW_AT_variable_parameter),
		.die = dwarf_dieoffset(die),
		.origin = origin ? dwarf_dieoffset(origin) : 0,
	};
	Dwarf_Die type;
	u64 word;

	if (sd_dw_ref(die, DW_AT_type, &type) && sd_dw_udata(&type, SD_AT_GO_DICT_INDEX, &word) &&
	    word < UINT16_MAX) {
		p.has_dict_word = true;
		p.dict_word = (u32)word;
	}
	return p;
}

struct params {
	struct sd_param *v; /* MAX_PARAMS of them at most, malloced */
	size_t n;
	size_t cap;
};

/*
 * Captured results may be listed twice (FACTS B4), the second time without a location. Unnamed and
 * blank ones are each their own. Where only the second has a location, it stands in for the first.
 */
static bool merge_duplicate(struct sd_dwarf *dw, struct params *params, const struct sd_param *p,
			    Dwarf_Die *die)
{
	if (!*p->name || !strcmp(p->name, "_"))
		return false;
	for (size_t i = 0; i < params->n; i++) {
		struct sd_param *first = &params->v[i];
		Dwarf_Die first_die;

		if (strcmp(first->name, p->name) || first->type != p->type ||
		    first->result != p->result)
			continue;
		if (!sd_dw_has_location(die))
			return true;
		if (dwarf_offdie(dw->dw, first->die, &first_die) &&
		    !sd_dw_has_location(&first_die)) {
			first->die = p->die;
			first->origin = p->origin;
			return true;
		}
		return false;
	}
	return false;
}

/* The parameters of the abstract instance come first, without locations: those of the concrete one
 * fill them in. */
static void list_abstract(struct sd_dwarf *dw, Dwarf_Die *origin, struct params *params)
{
	Dwarf_Die die;

	if (!sd_dw_child(origin, &die))
		return;
	do {
		if (dwarf_tag(&die) != DW_TAG_formal_parameter || params->n >= MAX_PARAMS)
			continue;
		struct sd_param p = read_param(dw, &die, &die);

		if (!merge_duplicate(dw, params, &p, &die))
			sd_vec_push(params, p);
	} while (sd_dw_next(&die));
}

/* Gives the abstract parameter origin its concrete DIE; *at_ret: the place behind it. */
static bool fill_in(struct params *params, u64 origin, u64 die, size_t *at_ret)
{
	for (size_t i = 0; i < params->n; i++)
		if (params->v[i].origin == origin) {
			if (params->v[i].die == origin)
				params->v[i].die = die;
			*at_ret = i + 1;
			return true;
		}
	return false;
}

static void insert(struct params *params, size_t at, struct sd_param p)
{
	sd_vec_push(params, p);
	memmove(&params->v[at + 1], &params->v[at], (params->n - 1 - at) * sizeof(p));
	params->v[at] = p;
}

/* Go's abstract instances lack blank parameters and unnamed results: those go where the concrete
 * one has them. */
static void add_concrete(struct sd_dwarf *dw, struct params *params, Dwarf_Die *die, size_t *at)
{
	Dwarf_Die origin;
	bool has_origin = sd_dw_ref(die, DW_AT_abstract_origin, &origin);
	struct sd_param p;

	if (has_origin && fill_in(params, dwarf_dieoffset(&origin), dwarf_dieoffset(die), at))
		return;
	p = read_param(dw, die, has_origin ? &origin : NULL);
	if (merge_duplicate(dw, params, &p, die))
		return;
	while (p.result && *at < params->n && !params->v[*at].result)
		(*at)++;
	insert(params, *at, p);
	(*at)++;
}

static void read_params(struct sd_dwarf *dw, Dwarf_Die *fn, struct sd_arena *arena,
			struct sd_subprogram *sp)
{
	struct params params = {0};
	Dwarf_Die die, origin;
	size_t at = 0;

	if (sd_dw_ref(fn, DW_AT_abstract_origin, &origin))
		list_abstract(dw, &origin, &params);
	if (sd_dw_child(fn, &die))
		do {
			if (dwarf_tag(&die) == DW_TAG_formal_parameter && params.n < MAX_PARAMS)
				add_concrete(dw, &params, &die, &at);
		} while (sd_dw_next(&die));
	if (params.n)
		sp->params = sd_arena_memdup(arena, params.v, params.n * sizeof(params.v[0]));
	sp->nparams = (u32)params.n;
	sd_vec_free(&params);
}

static bool frame_base_is_cfa(Dwarf_Die *owner)
{
	Dwarf_Attribute attr;
	Dwarf_Op *ops;
	size_t n;

	return sd_dw_location(owner, DW_AT_frame_base, &attr) &&
	       !dwarf_getlocation(&attr, &ops, &n) && n == 1 && ops[0].atom == DW_OP_call_frame_cfa;
}

/* A file name needs .debug_line, which the image has only when that costs nothing. */
static const char *file_name(Dwarf_Die *die, unsigned int attr_name)
{
	Dwarf_Attribute attr;
	Dwarf_Die cu;
	Dwarf_Files *files;
	Dwarf_Word number;
	size_t n;

	if (!dwarf_attr_integrate(die, attr_name, &attr) || dwarf_formudata(&attr, &number) ||
	    !dwarf_diecu(die, &cu, NULL, NULL) || dwarf_getsrcfiles(&cu, &files, &n) || number >= n)
		return NULL;
	return dwarf_filesrc(files, number, NULL, NULL);
}

struct sd_subprogram *sd_dw_describe(struct sd_dwarf *dw, Dwarf_Die *die, Dwarf_Die *owner,
				     struct sd_arena *arena)
{
	struct sd_subprogram *sp = sd_arena_new(arena, struct sd_subprogram);
	struct sd_dw_unit *unit = sd_dw_unit_of(dw, die);
	Dwarf_Attribute attr;
	const char *name = dwarf_diename(die);
	Dwarf_Addr high;
	Dwarf_Word cc;
	int line;
	u64 v;

	sp->name = name ? name : "";
	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr))
		sp->linkage = dwarf_formstring(&attr);
	sp->die = dwarf_dieoffset(die);
	sp->inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine;
	if (sd_dw_entry(die, &v))
		sp->low.v = v;
	sp->high = sp->low;
	if (!dwarf_highpc(die, &high) && high > sp->low.v)
		sp->high.v = high;
	if (sp->inlined || dwarf_hasattr(die, DW_AT_ranges))
		read_ranges(die, arena, sp);
	if (!dwarf_decl_line(die, &line) && line > 0)
		sp->decl_line = (u32)line;
	sp->decl_file = file_name(die, DW_AT_decl_file);
	if (sp->inlined) {
		if (sd_dw_udata(die, DW_AT_call_line, &v))
			sp->call_line = (u32)v;
		sp->call_file = file_name(die, DW_AT_call_file);
	}
	sp->trampoline = dwarf_hasattr_integrate(die, DW_AT_trampoline);
	sp->has_frame_base_cfa = frame_base_is_cfa(owner);
	if (unit) {
		sp->lang = unit->lang;
		sp->optimized = unit->optimized;
		sp->regabi = unit->regabi;
	}
	sp->nocall = sp->lang == DW_LANG_Rust ||
		     (dwarf_attr_integrate(die, DW_AT_calling_convention, &attr) &&
		      !dwarf_formudata(&attr, &cc) && cc == DW_CC_nocall);
	if (sp->lang != DW_LANG_Go)
		sp->returns = sd_dw_type_of(dw, die);
	read_params(dw, die, arena, sp);
	return sp;
}

/* Remembers whose frame base the parameters' locations are relative to. */
static void own_params(struct sd_dwarf *dw, const struct sd_subprogram *sp, u64 owner)
{
	for (u32 i = 0; i < sp->nparams; i++)
		*sd_map_put(&dw->owners, sp->params[i].die, NULL) = owner * 2 + sp->inlined;
}

struct sd_err *sd_dwarf_subprogram_at(struct sd_dwarf *dw, struct sd_vaddr pc,
				      const char *unit_hint, struct sd_subprogram **ret)
{
	u64 *known = sd_map_get(&dw->by_pc, pc.v);
	struct sd_subprogram *sp;
	Dwarf_Die die;

	if (known) {
		*ret = (struct sd_subprogram *)(uintptr_t)*known;
		return NULL;
	}
	if (!sd_dw_find_entry(dw, pc.v, unit_hint, &die)) {
		*ret = NULL;
		return NULL;
	}
	sp = sd_dw_describe(dw, &die, &die, &dw->arena);
	own_params(dw, sp, sp->die);
	*sd_map_put(&dw->by_pc, pc.v, NULL) = (uintptr_t)sp;
	*ret = sp;
	return NULL;
}

struct search {
	struct sd_dwarf *dw;
	Dwarf_Die *outer;
	const char *callee;
	SD_VEC(struct sd_subprogram *) found;
	bool too_deep;
};

static void find_inlined(struct search *s, Dwarf_Die *parent, unsigned int depth)
{
	Dwarf_Die die;

	if (depth > SD_DWARF_MAX_DEPTH) {
		s->too_deep = true;
		return;
	}
	if (!sd_dw_child(parent, &die))
		return;
	do {
		int tag = dwarf_tag(&die);
		const char *name;

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block)
			continue;
		name = tag == DW_TAG_inlined_subroutine ? dwarf_diename(&die) : NULL;
		if (name && !strcmp(name, s->callee)) {
			struct sd_subprogram *sp = sd_dw_describe(s->dw, &die, s->outer,
								  &s->dw->arena);

			own_params(s->dw, sp, dwarf_dieoffset(s->outer));
			sd_vec_push(&s->found, sp);
		}
		find_inlined(s, &die, depth + 1);
	} while (sd_dw_next(&die));
}

struct sd_err *sd_dwarf_inlined_in(struct sd_dwarf *dw, struct sd_vaddr outer,
				   const char *unit_hint, const char *callee,
				   struct sd_subprogram ***ret, u32 *n_ret)
{
	Dwarf_Die die;
	struct search s = {.dw = dw, .outer = &die, .callee = callee};

	if (sd_dw_find_entry(dw, outer.v, unit_hint, &die))
		find_inlined(&s, &die, 0);
	if (s.too_deep) {
		sd_vec_free(&s.found);
		return sd_err_new(
			SD_ERR_FAILED,
			"the debug information of %s is damaged: inlined copies nest too deeply",
			sd_elf_display(dw->elf));
	}
	*ret = NULL;
	if (s.found.n)
		*ret = sd_arena_memdup(&dw->arena, s.found.v, s.found.n * sizeof(s.found.v[0]));
	*n_ret = (u32)s.found.n;
	sd_vec_free(&s.found);
	return NULL;
}

struct each {
	struct sd_dwarf *dw;
	bool (*cb)(void *ctx, const struct sd_subprogram *sp);
	void *ctx;
	struct sd_arena arena;
};

static bool describe_one(void *ctx, Dwarf_Die *die)
{
	struct each *e = ctx;

	sd_arena_reset(&e->arena);
	e->dw->walking = dwarf_dieoffset(die);
	return e->cb(e->ctx, sd_dw_describe(e->dw, die, die, &e->arena));
}

struct sd_err *sd_dwarf_each_subprogram(struct sd_dwarf *dw,
					bool (*cb)(void *ctx, const struct sd_subprogram *sp),
					void *ctx)
{
	struct each e = {.dw = dw, .cb = cb, .ctx = ctx};

	for (size_t i = 0; i < dw->units.n; i++) {
		Dwarf_Die die;

		if (dwarf_offdie(dw->dw, dw->units.v[i].die, &die) &&
		    !sd_dw_each_function(&die, dw->units.v[i].lang == DW_LANG_Go, describe_one, &e))
			break;
	}
	dw->walking = 0;
	sd_arena_deinit(&e.arena);
	return NULL;
}

bool sd_dwarf_is_optimized(struct sd_dwarf *dw, struct sd_vaddr entry, const char *unit_hint)
{
	const struct sd_dw_unit *unit;
	Dwarf_Die die;

	if (!sd_dw_find_entry(dw, entry.v, unit_hint, &die))
		return true;
	unit = sd_dw_unit_of(dw, &die);
	return !unit || unit->optimized;
}
