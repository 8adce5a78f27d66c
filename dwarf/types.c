/* SPDX-License-Identifier: BSD-2-Clause */
/* DIEs to types: kinds, sizes and alignments at once, what lies behind pointers on demand; one node
 * for a DIE. */
#include <string.h>

#include "dwarf/priv.h"

#define MAX_TYPE_DEPTH 100
#define MAX_PEEL       64
#define MAX_ARRAY_DIMS 16

unsigned int sd_dw_go_kind(Dwarf_Die *die)
{
	u64 kind;

	/* Older compilers set flags above the kind's five bits (internal/abi.KindMask). */
	return sd_dw_udata(die, SD_AT_GO_KIND, &kind) ? (unsigned int)(kind & 31) : 0;
}

enum go_kind {
	GO_BOOL = 1,
	GO_INT = 2,
	GO_INT64 = 6,
	GO_UINT = 7,
	GO_UINTPTR = 12,
	GO_FLOAT32 = 13,
	GO_FLOAT64 = 14,
	GO_COMPLEX64 = 15,
	GO_COMPLEX128 = 16,
	GO_ARRAY = 17,
	GO_CHAN = 18,
	GO_FUNC = 19,
	GO_INTERFACE = 20,
	GO_MAP = 21,
	GO_POINTER = 22,
	GO_SLICE = 23,
	GO_STRING = 24,
	GO_STRUCT = 25,
	GO_UNSAFE_POINTER = 26,
};

/* Go's maps, channels and interfaces are typedefs of what the runtime makes of them: the typedef is
 * the type. */
static bool is_go_typedef(Dwarf_Die *die)
{
	unsigned int kind = dwarf_tag(die) == DW_TAG_typedef ? sd_dw_go_kind(die) : 0;

	return kind == GO_CHAN || kind == GO_INTERFACE || kind == GO_MAP;
}

static bool is_qualifier(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
	case DW_TAG_immutable_type:
	case DW_TAG_shared_type:
		return true;
	}
	return false;
}

bool sd_dw_peel(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Die at = *die;

	for (unsigned int i = 0; i < MAX_PEEL; i++) {
		if (is_go_typedef(&at) ||
		    (dwarf_tag(&at) != DW_TAG_typedef && !is_qualifier(&at))) {
			*ret = at;
			return true;
		}
		if (!sd_dw_ref(&at, DW_AT_type, &at))
			return false;
	}
	return false;
}

static u32 align_of_size(u64 size)
{
	return size >= 16 ? 16 : size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1;
}

static void set_base(Dwarf_Die *die, struct sd_type *t)
{
	u64 encoding = 0;

	sd_dw_udata(die, DW_AT_encoding, &encoding);
	switch (encoding) {
	case DW_ATE_boolean:
		t->kind = SD_KIND_BOOL;
		break;
	case DW_ATE_float:
		t->kind = SD_KIND_FLOAT;
		break;
	case DW_ATE_complex_float:
		t->kind = SD_KIND_COMPLEX;
		break;
	case DW_ATE_signed:
	case DW_ATE_signed_char:
		t->kind = SD_KIND_INT;
		break;
	case DW_ATE_unsigned:
	case DW_ATE_unsigned_char:
	case DW_ATE_UTF:
	case DW_ATE_address:
		t->kind = SD_KIND_UINT;
		break;
	}
	if (!t->size || t->size > 32 || (t->size > 16 && t->kind != SD_KIND_COMPLEX))
		t->kind = t->size ? SD_KIND_UNKNOWN : SD_KIND_VOID;
	t->align = align_of_size(t->kind == SD_KIND_COMPLEX ? t->size / 2 : t->size);
}

static void set_word(struct sd_type *t, enum sd_kind kind, u64 size, bool incomplete)
{
	t->kind = kind;
	t->size = size;
	t->align = 8;
	t->incomplete = incomplete;
}

/* runtime.eface or runtime.iface, whichever the chain of typedefs ends in. */
static enum sd_kind interface_kind(Dwarf_Die *die)
{
	Dwarf_Die at = *die;

	for (unsigned int i = 0; i < 8 && sd_dw_ref(&at, DW_AT_type, &at); i++) {
		const char *name = dwarf_diename(&at);

		if (name && !strcmp(name, "runtime.eface"))
			return SD_KIND_EFACE;
		if (name && !strcmp(name, "runtime.iface"))
			return SD_KIND_IFACE;
	}
	return SD_KIND_UNKNOWN;
}

static void set_go_typedef(Dwarf_Die *die, struct sd_type *t)
{
	switch (sd_dw_go_kind(die)) {
	case GO_CHAN:
		set_word(t, SD_KIND_CHAN, 8, true);
		break;
	case GO_MAP:
		set_word(t, SD_KIND_MAP, 8, true);
		break;
	default:
		set_word(t, interface_kind(die), 16, false);
		break;
	}
}

static bool is_subroutine(Dwarf_Die *die)
{
	Dwarf_Die to;

	return sd_dw_ref(die, DW_AT_type, &to) && sd_dw_peel(&to, &to) &&
	       dwarf_tag(&to) == DW_TAG_subroutine_type;
}

static void set_pointer(Dwarf_Die *die, struct sd_type *t)
{
	struct sd_dwarf *dw = (struct sd_dwarf *)((char *)t->src -
						  offsetof(struct sd_dwarf, source));
	struct sd_dw_unit *unit = sd_dw_unit_of(dw, die);

	if (t->size && t->size != 8)
		return;
	/* C's pointers to functions are the function values; Go's are pointers to function values.
	 */
	if (unit && unit->lang != DW_LANG_Go && is_subroutine(die))
		set_word(t, SD_KIND_FUNC, 8, false);
	else
		set_word(t, SD_KIND_PTR, 8, true);
}

/* The number of elements of one dimension; 0 when it is open. Compilers write bounds in the
 * shortest unsigned form, where 255 is one byte of ones; -1, which some give for no elements, has a
 * form that has room for its sign. */
static bool subrange_count(Dwarf_Die *die, u64 *ret)
{
	u64 low = 0, high;
	Dwarf_Attribute attr;

	if (sd_dw_udata(die, DW_AT_count, ret))
		return true;
	*ret = 0;
	if (!dwarf_attr(die, DW_AT_upper_bound, &attr))
		return true;
	sd_dw_udata(die, DW_AT_lower_bound, &low);
	if (!sd_dw_udata(die, DW_AT_upper_bound, &high) || (high > INT64_MAX && high != UINT64_MAX))
		return false;
	*ret = high == UINT64_MAX ? 0 : high + 1 - low;
	return *ret <= high + 1;
}

/* Inner dimensions become arrays of their own. */
static void set_array(struct sd_dwarf *dw, Dwarf_Die *die, struct sd_type *t)
{
	u64 counts[MAX_ARRAY_DIMS];
	unsigned int n = 0;
	struct sd_type *elem;
	Dwarf_Die sub;

	if (sd_dw_child(die, &sub))
		do {
			if (dwarf_tag(&sub) != DW_TAG_subrange_type)
				continue;
			if (n == MAX_ARRAY_DIMS || !subrange_count(&sub, &counts[n]))
				return;
			n++;
		} while (sd_dw_next(&sub));
	if (!n)
		return;
	elem = sd_dw_type_of(dw, die);
	while (n-- > 0) {
		struct sd_type *a = n ? sd_arena_new(&dw->arena, struct sd_type) : t;
		u64 size;

		if (elem->kind == SD_KIND_UNKNOWN ||
		    __builtin_mul_overflow(elem->size, counts[n], &size) ||
		    (!n && t->size && t->size != size))
			return;
		if (n) {
			*a = (struct sd_type){.src = t->src};
			a->name = sd_arena_printf(&dw->arena, "%s[%llu]", elem->name,
						  (unsigned long long)counts[n]);
		}
		a->kind = SD_KIND_ARRAY;
		a->size = size;
		a->align = elem->align;
		a->count = counts[n];
		a->elem = elem;
		elem = a;
	}
}

static void set_enum(struct sd_dwarf *dw, Dwarf_Die *die, struct sd_type *t)
{
	Dwarf_Die under;

	if (!t->size || t->size > 8)
		return;
	t->kind = SD_KIND_ENUM;
	t->align = align_of_size(t->size);
	if (sd_dw_ref(die, DW_AT_type, &under)) {
		t->elem = sd_dw_type(dw, &under);
	} else {
		t->elem = sd_arena_new(&dw->arena, struct sd_type);
		*t->elem = (struct sd_type){
			.kind = SD_KIND_INT, .name = "int", .size = t->size, .align = t->align};
	}
}

static void set_struct(struct sd_dwarf *dw, Dwarf_Die *die, struct sd_type *t)
{
	unsigned int go_kind = sd_dw_go_kind(die);
	u64 align;

	if (go_kind == GO_STRING && t->size == 16) {
		set_word(t, SD_KIND_STRING, 16, false);
	} else if (go_kind == GO_SLICE && t->size == 24) {
		set_word(t, SD_KIND_SLICE, 24, true);
	} else if (!sd_dw_flag(die, DW_AT_declaration) && sd_dw_fields(dw, die, t)) {
		t->kind = dwarf_tag(die) == DW_TAG_union_type ? SD_KIND_UNION : SD_KIND_STRUCT;
		t->align = 1;
		for (u32 i = 0; i < t->nfields; i++)
			t->align = SD_MAX(t->align, t->fields[i].type->align);
	}
	if (sd_dw_udata(die, DW_AT_alignment, &align) && align && align <= 65536 &&
	    !(align & (align - 1)))
		t->align = SD_MAX(t->align, (u32)align);
}

/* Kind, size and alignment of a type that is neither typedef nor qualifier. */
static void set_kind(struct sd_dwarf *dw, Dwarf_Die *die, struct sd_type *t)
{
	sd_dw_udata(die, DW_AT_byte_size, &t->size);
	switch (dwarf_tag(die)) {
	case DW_TAG_base_type:
		set_base(die, t);
		break;
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		set_pointer(die, t);
		break;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
		set_struct(dw, die, t);
		break;
	case DW_TAG_enumeration_type:
		set_enum(dw, die, t);
		break;
	case DW_TAG_array_type:
		set_array(dw, die, t);
		break;
	case DW_TAG_subroutine_type:
		set_word(t, SD_KIND_FUNC, 8, false);
		break;
	case DW_TAG_unspecified_type:
		t->kind = SD_KIND_VOID;
		break;
	case DW_TAG_typedef:
		set_go_typedef(die, t);
		break;
	}
}

/* Go: names with a package, and the predeclared error; not literals, not the shapes of generics. */
static bool is_defined_go_name(const char *name)
{
	static const char *const literals[] = {
		"[",	    "*",	   "map[",	"func(",	  "chan ",  "<-chan ",
		"struct {", "interface {", "go.shape.", "unsafe.Pointer", "noalg.",
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(literals); i++)
		if (!strncmp(name, literals[i], strlen(literals[i])))
			return false;
	return strchr(name, '.') || !strcmp(name, "error");
}

static bool is_named(const struct sd_dw_unit *unit, Dwarf_Die *die, const char *name)
{
	int tag = dwarf_tag(die);

	if (unit && unit->lang == DW_LANG_Go)
		return is_defined_go_name(name);
	return tag == DW_TAG_typedef ||
	       ((tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
		 tag == DW_TAG_union_type || tag == DW_TAG_enumeration_type) &&
		dwarf_diename(die));
}

static u64 runtime_type(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Addr addr;
	Dwarf_Word v;

	if (!dwarf_attr(die, SD_AT_GO_RUNTIME_TYPE, &attr))
		return 0;
	if (!dwarf_formudata(&attr, &v))
		return v;
	return dwarf_formaddr(&attr, &addr) ? 0 : addr;
}

/* A typedef with a name of its own: the type underneath under that name. */
static void set_typedef(struct sd_dwarf *dw, Dwarf_Die *die, struct sd_type *t)
{
	struct sd_type *under = sd_dw_type_of(dw, die);
	const char *name = t->name;
	u64 id = t->id;
	bool named = t->named;

	*t = *under;
	t->name = name;
	t->named = named;
	t->id = id;
	t->src = &dw->source;
	/* A literal's descriptor is not that of the type that was made of it. */
	if (strcmp(name, under->name))
		t->go_rtype = runtime_type(die);
}

static struct sd_type *make(struct sd_dwarf *dw, Dwarf_Die *die)
{
	struct sd_dw_unit *unit = sd_dw_unit_of(dw, die);
	struct sd_type *t;

	if (is_qualifier(die) ||
	    (dwarf_tag(die) == DW_TAG_typedef && dwarf_hasattr(die, SD_AT_GO_DICT_INDEX)))
		return sd_dw_type_of(dw, die);
	t = sd_arena_new(&dw->arena, struct sd_type);
	t->align = 1;
	t->name = sd_dw_type_name(dw, die, 0);
	t->named = is_named(unit, die, t->name);
	if (unit && unit->lang == DW_LANG_Go)
		t->name = sd_dw_go_name(t->name, &dw->arena);
	t->id = dwarf_dieoffset(die);
	t->src = &dw->source;
	if (dwarf_tag(die) == DW_TAG_typedef && !is_go_typedef(die)) {
		set_typedef(dw, die, t);
	} else {
		t->go_rtype = runtime_type(die);
		set_kind(dw, die, t);
	}
	return t;
}

struct sd_type *sd_dw_type(struct sd_dwarf *dw, Dwarf_Die *die)
{
	u64 id = dwarf_dieoffset(die);
	bool is_new;
	u64 *slot = sd_map_put(&dw->types, id, &is_new);
	struct sd_type *t;

	/* Busy: the type holds itself by value, which no program's does. */
	if (!is_new)
		return *slot == SD_DW_BUSY ? sd_type_unknown() : (struct sd_type *)(uintptr_t)*slot;
	*slot = SD_DW_BUSY;
	if (dw->depth < MAX_TYPE_DEPTH) {
		dw->depth++;
		t = make(dw, die);
		dw->depth--;
	} else {
		t = sd_type_unknown();
	}
	*sd_map_put(&dw->types, id, NULL) = (uintptr_t)t;
	return t;
}

struct sd_type *sd_dw_type_of(struct sd_dwarf *dw, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Die type;

	if (!dwarf_attr_integrate(die, DW_AT_type, &attr))
		return dw->void_type;
	return dwarf_formref_die(&attr, &type) ? sd_dw_type(dw, &type) : sd_type_unknown();
}

static struct sd_type *type_at(struct sd_dwarf *dw, Dwarf_Die *die, unsigned int attr)
{
	Dwarf_Die type;

	return sd_dw_ref(die, attr, &type) ? sd_dw_type(dw, &type) : NULL;
}

/* A slice's element without DW_AT_go_elem: what its field "array" points to. */
static struct sd_type *slice_elem(struct sd_dwarf *dw, Dwarf_Die *die)
{
	struct sd_type *elem = type_at(dw, die, SD_AT_GO_ELEM);
	Dwarf_Die member;

	if (!elem && sd_dw_child(die, &member))
		elem = sd_type_elem(sd_dw_type_of(dw, &member));
	return elem;
}

void sd_dw_complete(struct sd_type_source *src, struct sd_type *t)
{
	struct sd_dwarf *dw = (struct sd_dwarf *)((char *)src - offsetof(struct sd_dwarf, source));
	Dwarf_Die die;

	if (!dwarf_offdie(dw->dw, t->id, &die) || !sd_dw_peel(&die, &die))
		return;
	switch (t->kind) {
	case SD_KIND_PTR:
		t->elem = sd_dw_type_of(dw, &die);
		break;
	case SD_KIND_SLICE:
		t->elem = slice_elem(dw, &die);
		break;
	case SD_KIND_MAP:
		t->key = type_at(dw, &die, SD_AT_GO_KEY);
		t->elem = type_at(dw, &die, SD_AT_GO_ELEM);
		t->hmap = sd_type_elem(sd_dw_type_of(dw, &die));
		break;
	case SD_KIND_CHAN:
		t->elem = type_at(dw, &die, SD_AT_GO_ELEM);
		t->hmap = sd_type_elem(sd_dw_type_of(dw, &die));
		break;
	default:
		break;
	}
}
