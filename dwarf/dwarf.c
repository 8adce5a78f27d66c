/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening debug information; its units, found by name or by the addresses that they cover. */
#include "dwarf/dwarf.h"

#include <stdlib.h>
#include <string.h>

#include "dwarf/priv.h"

bool sd_dw_child(Dwarf_Die *die, Dwarf_Die *ret)
{
	return dwarf_child(die, ret) == 0;
}

bool sd_dw_next(Dwarf_Die *die)
{
	Dwarf_Die next;

	/* Offsets must grow, or damaged siblings would lead in circles. */
	if (dwarf_siblingof(die, &next) || dwarf_dieoffset(&next) <= dwarf_dieoffset(die))
		return false;
	*die = next;
	return true;
}

bool sd_dw_flag(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attr;
	bool flag = false;

	return dwarf_attr_integrate(die, name, &attr) && !dwarf_formflag(&attr, &flag) && flag;
}

bool sd_dw_udata(Dwarf_Die *die, unsigned int name, u64 *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;

	if (!dwarf_attr(die, name, &attr) || dwarf_formudata(&attr, &v))
		return false;
	*ret = v;
	return true;
}

bool sd_dw_ref(Dwarf_Die *die, unsigned int name, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, name, &attr) && dwarf_formref_die(&attr, ret);
}

/* "Go cmd/compile go1.26.8; -N -l regabi": the words after the semicolon are flags and experiments.
 */
static bool producer_says(const char *producer, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = strchr(producer, ';'); p; p = strchr(p + 1, ' ')) {
		const char *w = p + strspn(p, "; ");

		if (!strncmp(w, word, n) && (!w[n] || strchr(" ;,", w[n])))
			return true;
	}
	return false;
}

static void add_unit(struct sd_dwarf *dw, Dwarf_Die *die)
{
	struct sd_dw_unit unit = {.die = dwarf_dieoffset(die)};
	Dwarf_Attribute attr;
	const char *producer = NULL;
	int lang = dwarf_srclang(die);

	unit.name = dwarf_diename(die);
	if (!unit.name)
		unit.name = "";
	unit.lang = lang > 0 ? (u16)lang : 0;
	if (dwarf_attr(die, DW_AT_producer, &attr))
		producer = dwarf_formstring(&attr);
	unit.optimized = !producer || !producer_says(producer, "-N");
	unit.regabi = producer && producer_says(producer, "regabi");
	sd_vec_push(&dw->units, unit);
}

static void read_units(struct sd_dwarf *dw)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	Dwarf_Half version;
	uint8_t type;

	while (dwarf_get_units(dw->dw, cu, &cu, &version, &type, &die, NULL) == 0)
		if (type == DW_UT_compile || type == DW_UT_partial)
			add_unit(dw, &die);
}

struct sd_err *sd_dwarf_open(struct sd_elf *elf, struct sd_dwarf **ret)
{
	struct sd_dwarf *dw;
	void *image;
	size_t size;

	SD_TRY(sd_elf_debug_image(elf, false, &image, &size));
	dw = sd_xcalloc(1, sizeof(*dw));
	dw->elf = elf;
	dw->source.complete = sd_dw_complete;
	dw->void_type = sd_arena_new(&dw->arena, struct sd_type);
	*dw->void_type = (struct sd_type){.kind = SD_KIND_VOID, .name = "void", .align = 1};
	elf_version(EV_CURRENT);
	dw->image = elf_memory(image, size);
	if (dw->image)
		dw->dw = dwarf_begin_elf(dw->image, DWARF_C_READ, NULL);
	if (dw->dw)
		read_units(dw);
	if (!dw->units.n) {
		const char *why = dw->dw ? "no compilation unit can be read" : dwarf_errmsg(-1);
		struct sd_err *err = sd_err_new(SD_ERR_FAILED,
						"the debug information of %s is damaged: %s",
						sd_elf_display(elf), why ? why : "not readable");

		sd_dwarf_close(dw);
		return err;
	}
	sd_debug("dwarf", "%s: %zu units", sd_elf_display(elf), dw->units.n);
	*ret = dw;
	return NULL;
}

void sd_dwarf_close(struct sd_dwarf *dw)
{
	size_t pos = 0;
	u64 key, *value;

	if (!dw)
		return;
	for (size_t i = 0; i < dw->units.n; i++)
		sd_strmap_deinit(&dw->units.v[i].types);
	while (sd_map_next(&dw->constants, &pos, &key, &value))
		sd_map_deinit((struct sd_map *)(uintptr_t)*value);
	sd_map_deinit(&dw->constants);
	sd_dw_lines_free(dw->lines);
	sd_dw_globals_free(dw->globals);
	sd_map_deinit(&dw->entries);
	sd_map_deinit(&dw->by_pc);
	sd_map_deinit(&dw->closures);
	sd_map_deinit(&dw->owners);
	sd_map_deinit(&dw->types);
	sd_vec_free(&dw->units);
	sd_vec_free(&dw->ranges);
	if (dw->dw)
		dwarf_end(dw->dw);
	if (dw->image)
		elf_end(dw->image);
	sd_arena_deinit(&dw->arena);
	free(dw);
}

struct sd_dw_unit *sd_dw_unit_of(struct sd_dwarf *dw, Dwarf_Die *die)
{
	Dwarf_Off at = dwarf_dieoffset(die);
	size_t lo = 0, hi = dw->units.n;

	/* Units ascend: the last one that starts at or before the DIE. */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (dw->units.v[mid].die <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &dw->units.v[lo - 1] : NULL;
}

static int by_lo(const void *a, const void *b)
{
	u64 x = ((const struct sd_dw_range *)a)->lo, y = ((const struct sd_dw_range *)b)->lo;

	return x < y ? -1 : x > y;
}

static void build_ranges(struct sd_dwarf *dw)
{
	u64 max_hi = 0;

	if (dw->ranges_built)
		return;
	dw->ranges_built = true;
	for (size_t i = 0; i < dw->units.n; i++) {
		Dwarf_Addr base, lo, hi;
		ptrdiff_t at = 0;
		Dwarf_Die die;

		if (!dwarf_offdie(dw->dw, dw->units.v[i].die, &die))
			continue;
		while ((at = dwarf_ranges(&die, at, &base, &lo, &hi)) > 0)
			if (lo < hi)
				sd_vec_push(&dw->ranges, (struct sd_dw_range){lo, hi, 0, (u32)i});
	}
	if (dw->ranges.n)
		qsort(dw->ranges.v, dw->ranges.n, sizeof(dw->ranges.v[0]), by_lo);
	for (size_t i = 0; i < dw->ranges.n; i++) {
		max_hi = SD_MAX(max_hi, dw->ranges.v[i].hi);
		dw->ranges.v[i].max_hi = max_hi;
	}
}

static bool index_function(void *ctx, Dwarf_Die *die)
{
	struct sd_dwarf *dw = ctx;
	bool is_new;
	u64 pc, *slot;

	if (!sd_dw_entry(die, &pc))
		return true;
	slot = sd_map_put(&dw->entries, pc, &is_new);
	if (is_new)
		*slot = dwarf_dieoffset(die);
	return true;
}

static bool entry_in_unit(struct sd_dwarf *dw, struct sd_dw_unit *unit, u64 pc, Dwarf_Die *ret)
{
	Dwarf_Die die;
	u64 *off;

	if (!unit->indexed) {
		unit->indexed = true;
		if (dwarf_offdie(dw->dw, unit->die, &die))
			sd_dw_each_function(&die, unit->lang == DW_LANG_Go, index_function, dw);
	}
	off = sd_map_get(&dw->entries, pc);
	return off && dwarf_offdie(dw->dw, *off, ret);
}

bool sd_dw_find_entry(struct sd_dwarf *dw, u64 pc, const char *unit_hint, Dwarf_Die *ret)
{
	u64 *known = sd_map_get(&dw->entries, pc);
	size_t lo = 0, hi;

	if (known)
		return dwarf_offdie(dw->dw, *known, ret) != NULL;
	for (size_t i = 0; unit_hint && i < dw->units.n; i++)
		if (!strcmp(dw->units.v[i].name, unit_hint) &&
		    entry_in_unit(dw, &dw->units.v[i], pc, ret))
			return true;
	build_ranges(dw);
	hi = dw->ranges.n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (dw->ranges.v[mid].lo <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo && dw->ranges.v[lo - 1].max_hi > pc; lo--)
		if (dw->ranges.v[lo - 1].hi > pc &&
		    entry_in_unit(dw, &dw->units.v[dw->ranges.v[lo - 1].unit], pc, ret))
			return true;
	return false;
}
