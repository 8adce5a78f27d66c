/* SPDX-License-Identifier: BSD-2-Clause */
/* Which variables are in scope at a pc of a function or of an inlined copy in it, and where each
 * lies there; the inlined copies of a function. */
#include <string.h>

#include "dwarf/priv.h"

enum {
	MAX_LOCALS = 4096,
	MAX_COPIES = 65536,
};

struct found {
	Dwarf_Off die;
	u32 block;
	bool concrete; /* has an own DIE in this copy, not the abstract one alone */
};

struct collect {
	struct sd_dwarf *dw;
	u64 pc;
	bool is_go;
	SD_VEC(struct found) v;
};

static bool is_variable(int tag)
{
	return tag == DW_TAG_formal_parameter || tag == DW_TAG_variable;
}

/* Variables of the blocks around pc, outer ones first. */
static void collect(struct collect *c, Dwarf_Die *parent, u32 block)
{
	Dwarf_Die die;

	if (block > SD_DWARF_MAX_DEPTH || !sd_dw_child(parent, &die))
		return;
	do {
		if (is_variable(dwarf_tag(&die)) && c->v.n < MAX_LOCALS)
			sd_vec_push(&c->v, (struct found){dwarf_dieoffset(&die), block, true});
	} while (sd_dw_next(&die));
	if (!sd_dw_child(parent, &die))
		return;
	do {
		if (dwarf_tag(&die) == DW_TAG_lexical_block && dwarf_haspc(&die, c->pc) > 0)
			collect(c, &die, block + 1);
	} while (sd_dw_next(&die));
}

/* Those that the abstract instance has and the copy has not: the compiler dropped them. */
static void collect_abstract(struct collect *c, Dwarf_Die *copy)
{
	size_t concrete = c->v.n;
	Dwarf_Die origin, die;

	if (!sd_dw_ref(copy, DW_AT_abstract_origin, &origin) || !sd_dw_child(&origin, &die))
		return;
	do {
		Dwarf_Off at = dwarf_dieoffset(&die);
		bool known = false;

		if (!is_variable(dwarf_tag(&die)) || c->v.n >= MAX_LOCALS)
			continue;
		for (size_t i = 0; i < concrete && !known; i++) {
			Dwarf_Die other, its;

			known = dwarf_offdie(c->dw->dw, c->v.v[i].die, &other) &&
				sd_dw_ref(&other, DW_AT_abstract_origin, &its) &&
				dwarf_dieoffset(&its) == at;
		}
		if (!known)
			sd_vec_push(&c->v, (struct found){at, 0, false});
	} while (sd_dw_next(&die));
}

/* The copy at the next depth around pc; false: pc is in none. */
static bool inner_copy(Dwarf_Die *parent, u64 pc, unsigned int depth, Dwarf_Die *ret)
{
	Dwarf_Die die;

	if (depth > SD_DWARF_MAX_DEPTH || !sd_dw_child(parent, &die))
		return false;
	do {
		int tag = dwarf_tag(&die);

		if ((tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block) ||
		    dwarf_haspc(&die, pc) <= 0)
			continue;
		if (tag == DW_TAG_inlined_subroutine) {
			*ret = die;
			return true;
		}
		if (inner_copy(&die, pc, depth + 1, ret))
			return true;
	} while (sd_dw_next(&die));
	return false;
}

/* One place, not a list of places by address: also where it is not assigned yet. */
bool sd_dw_is_fixed(Dwarf_Die *die)
{
	Dwarf_Attribute attr;

	if (!sd_dw_location(die, DW_AT_location, &attr))
		return false;
	switch (dwarf_whatform(&attr)) {
	case DW_FORM_sec_offset:
	case DW_FORM_loclistx:
	case DW_FORM_data4:
	case DW_FORM_data8:
		return false;
	}
	return true;
}

/* The variable that a pointer stands for: what lies where the pointer points. */
static struct sd_loc through(const struct sd_loc *ptr, u64 size, struct sd_arena *arena)
{
	struct sd_piece *p;

	if (ptr->why)
		return *ptr;
	if (!size)
		return (struct sd_loc){0};
	if (ptr->n != 1 || size > UINT32_MAX)
		return (struct sd_loc){.why = "no location"};
	p = sd_arena_memdup(arena, &ptr->pieces[0], sizeof(*p));
	p->value_off = 0;
	p->size = (u32)size;
	switch (p->kind) {
	case SD_PIECE_REG:
		p->kind = SD_PIECE_MEM;
		p->off = 0;
		break;
	case SD_PIECE_REGVAL:
		p->kind = p->reg == 255 ? SD_PIECE_CFA : SD_PIECE_MEM;
		if (p->reg == 255)
			p->reg = 0;
		break;
	case SD_PIECE_CFA:
	case SD_PIECE_MEM:
	case SD_PIECE_ADDR:
		if (p->deref)
			return (struct sd_loc){.why = "location follows more than one pointer"};
		p->deref = true;
		p->off2 = 0;
		break;
	default:
		return (struct sd_loc){.why = "no location"};
	}
	return (struct sd_loc){.pieces = p, .n = 1};
}

static void set_type(struct sd_dwarf *dw, Dwarf_Die *die, struct sd_param *p)
{
	Dwarf_Die type;
	u64 word;

	p->type = sd_dw_type_of(dw, die);
	if (sd_dw_ref(die, DW_AT_type, &type) && sd_dw_udata(&type, SD_AT_GO_DICT_INDEX, &word) &&
	    word < UINT16_MAX) {
		p->has_dict_word = true;
		p->dict_word = (u32)word;
	}
}

static bool describe(struct collect *c, const struct found *f, struct sd_arena *arena,
		     struct sd_local *ret)
{
	struct sd_local v = {.block = f->block};
	Dwarf_Die die, origin;
	const char *name;
	u64 unused;
	int line;

	if (!dwarf_offdie(c->dw->dw, f->die, &die))
		return false;
	name = dwarf_diename(&die);
	if (!name || !*name)
		return false;
	v.param.name = name;
	v.param.die = f->die;
	if (sd_dw_ref(&die, DW_AT_abstract_origin, &origin))
		v.param.origin = dwarf_dieoffset(&origin);
	set_type(c->dw, &die, &v.param);
	if (!v.param.has_dict_word && v.param.origin)
		set_type(c->dw, &origin, &v.param);
	v.param.result = sd_dw_flag(&die, DW_AT_variable_parameter);
	if (dwarf_tag(&die) == DW_TAG_formal_parameter)
		v.kind = v.param.result ? SD_LOCAL_RESULT : SD_LOCAL_PARAM;
	else if (sd_dw_udata(&die, SD_AT_GO_CLOSURE_OFFSET, &unused))
		v.kind = SD_LOCAL_CAPTURED;
	else
		v.kind = SD_LOCAL_VARIABLE;
	if (!dwarf_decl_line(&die, &line) && line > 0)
		v.decl_line = (u32)line;
	v.fixed = sd_dw_is_fixed(&die);
	v.name = name;
	v.type = v.param.type;
	v.loc = (struct sd_loc){.why = "optimized out"};
	if (f->concrete)
		v.loc = sd_dwarf_param_loc(c->dw, &v.param, (struct sd_vaddr){c->pc}, arena);
	if (v.loc.unsure && v.kind != SD_LOCAL_PARAM) /* no rules are there to ask */
		v.loc = (struct sd_loc){.why = "only a part of it has a location"};
	if (c->is_go && name[0] == '&' && sd_type_complete(v.type)->kind == SD_KIND_PTR) {
		v.name = name + 1;
		v.type = sd_type_elem(v.type);
		v.escaped = true;
		v.loc = through(&v.loc, v.type->size, arena);
	}
	*ret = v;
	return true;
}

/* Innermost block first; in a block the later declaration first; captured ones, parameters and
 * results last, as they stand. */
static bool is_before(const struct sd_local *a, const struct sd_local *b)
{
	bool outer_a = a->kind != SD_LOCAL_VARIABLE, outer_b = b->kind != SD_LOCAL_VARIABLE;

	if (outer_a != outer_b)
		return outer_b;
	if (outer_a) {
		static const u8 rank[] = {
			[SD_LOCAL_CAPTURED] = 2, [SD_LOCAL_PARAM] = 0, [SD_LOCAL_RESULT] = 1};

		return rank[a->kind] < rank[b->kind];
	}
	if (a->block != b->block)
		return a->block > b->block;
	return a->decl_line > b->decl_line;
}

static void sort(struct sd_local *v, u32 n)
{
	for (u32 i = 1; i < n; i++) {
		struct sd_local x = v[i];
		u32 k = i;

		for (; k && is_before(&x, &v[k - 1]); k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

struct sd_err *sd_dwarf_locals(struct sd_dwarf *dw, struct sd_vaddr entry, const char *unit_hint,
			       struct sd_vaddr pc, u32 depth, struct sd_arena *arena,
			       struct sd_local **ret, u32 *n_ret)
{
	struct collect c = {.dw = dw, .pc = pc.v};
	struct sd_local *v;
	struct sd_dw_unit *unit;
	Dwarf_Die fn, scope, inner;
	u64 owner;
	u32 n = 0;

	*ret = NULL;
	*n_ret = 0;
	if (!sd_dw_find_entry(dw, entry.v, unit_hint, &fn))
		return NULL;
	unit = sd_dw_unit_of(dw, &fn);
	c.is_go = unit && unit->lang == DW_LANG_Go;
	scope = fn;
	for (u32 d = 0; d < depth && d < SD_DWARF_MAX_DEPTH; d++) {
		if (!inner_copy(&scope, pc.v, 0, &inner)) {
			if (depth == UINT32_MAX)
				break;
			return NULL;
		}
		scope = inner;
	}
	collect(&c, &scope, 0);
	collect_abstract(&c, &scope);
	owner = dwarf_dieoffset(&fn) * 2 + (dwarf_tag(&scope) == DW_TAG_inlined_subroutine);
	v = sd_arena_array(arena, struct sd_local, c.v.n + 1);
	for (size_t i = 0; i < c.v.n; i++) {
		*sd_map_put(&dw->owners, c.v.v[i].die, NULL) = owner;
		n += describe(&c, &c.v.v[i], arena, &v[n]);
	}
	sd_vec_free(&c.v);
	sort(v, n);
	*ret = v;
	*n_ret = n;
	return NULL;
}

/* ---- inlined copies ---- */

struct copies {
	struct sd_dwarf *dw;
	struct sd_arena *arena;
	SD_VEC(struct sd_dwarf_copy) v;
};

static void read_copy(struct copies *c, Dwarf_Die *die, s32 parent)
{
	struct sd_dwarf_copy copy = {.parent = parent};
	SD_VEC(struct sd_range_v) ranges = {0};
	Dwarf_Addr base, lo, hi;
	ptrdiff_t at = 0;
	u64 v;

	while (ranges.n < MAX_COPIES && (at = dwarf_ranges(die, at, &base, &lo, &hi)) > 0)
		if (lo < hi)
			sd_vec_push(&ranges, (struct sd_range_v){lo, hi});
	if (ranges.n)
		copy.ranges = sd_arena_memdup(c->arena, ranges.v, ranges.n * sizeof(*ranges.v));
	copy.nranges = (u32)ranges.n;
	sd_vec_free(&ranges);
	copy.name = dwarf_diename(die);
	if (!copy.name)
		copy.name = "";
	if (sd_dw_udata(die, DW_AT_call_line, &v) && v <= UINT32_MAX)
		copy.call_line = (u32)v;
	if (sd_dw_udata(die, DW_AT_call_file, &v))
		copy.call_file = sd_dw_file(c->dw, die, v);
	sd_vec_push(&c->v, copy);
}

static void find_copies(struct copies *c, Dwarf_Die *parent_die, s32 parent, unsigned int depth)
{
	Dwarf_Die die;

	if (depth > SD_DWARF_MAX_DEPTH || !sd_dw_child(parent_die, &die))
		return;
	do {
		int tag = dwarf_tag(&die);

		if (c->v.n >= MAX_COPIES)
			return;
		if (tag == DW_TAG_lexical_block) {
			find_copies(c, &die, parent, depth + 1);
		} else if (tag == DW_TAG_inlined_subroutine) {
			s32 self = (s32)c->v.n;

			read_copy(c, &die, parent);
			find_copies(c, &die, self, depth + 1);
		}
	} while (sd_dw_next(&die));
}

void sd_dwarf_copies(struct sd_dwarf *dw, struct sd_vaddr entry, const char *unit_hint,
		     struct sd_arena *arena, struct sd_dwarf_copy **ret, u32 *n_ret)
{
	struct copies c = {.dw = dw, .arena = arena};
	Dwarf_Die die;

	*ret = NULL;
	if (sd_dw_find_entry(dw, entry.v, unit_hint, &die))
		find_copies(&c, &die, -1, 0);
	if (c.v.n)
		*ret = sd_arena_memdup(arena, c.v.v, c.v.n * sizeof(*c.v.v));
	*n_ret = (u32)c.v.n;
	sd_vec_free(&c.v);
}
