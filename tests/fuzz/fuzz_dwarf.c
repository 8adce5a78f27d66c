/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debug information that nobody vouches for: every function with its parameters, types to some
 * depth, locations, inlined copies. Checks what readers rely on: pieces inside the value,
 * ascending, apart; fields inside the struct.
 */
#include <stdlib.h>
#include <string.h>

#include "dwarf/dwarf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct walk {
	struct sd_dwarf *dw;
	struct sd_arena arena;
	int functions;
	int types;
};

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_type(struct walk *w, struct sd_type *t, int depth)
{
	require(t && t->name && t->align);
	if (depth > 6 || w->types++ > 2000)
		return;
	sd_type_complete(t);
	for (u32 i = 0; i < t->nfields && i < 64; i++) {
		const struct sd_field *f = &t->fields[i];

		require(f->type && f->name && f->off <= t->size);
		require(f->bit_size || t->size - f->off >= f->type->size);
		check_type(w, f->type, depth + 1);
	}
	if (t->kind == SD_KIND_ARRAY)
		require(!t->count || sd_type_elem(t)->size <= t->size / t->count);
	if (t->elem)
		check_type(w, t->elem, depth + 1);
	if (t->key)
		check_type(w, t->key, depth + 1);
	sd_dwarf_constant_name(w->dw, t, 1);
}

static void check_loc(const struct sd_loc *loc, const struct sd_type *t)
{
	u64 end = 0;

	require(!loc->why || !loc->n);
	for (u32 i = 0; i < loc->n; i++) {
		require(loc->pieces[i].size && loc->pieces[i].value_off >= end);
		end = (u64)loc->pieces[i].value_off + loc->pieces[i].size;
		require(end <= t->size);
	}
}

static void check_function(struct walk *w, const struct sd_subprogram *sp)
{
	require(sp->name && sp->high.v >= sp->low.v);
	for (u32 i = 0; i < sp->nparams; i++) {
		const struct sd_param *p = &sp->params[i];
		struct sd_loc loc;

		require(p->name && p->type);
		check_type(w, p->type, 0);
		loc = sd_dwarf_param_loc(w->dw, p, sp->low, &w->arena);
		check_loc(&loc, p->type);
		sd_arena_reset(&w->arena);
	}
}

static bool one(void *ctx, const struct sd_subprogram *sp)
{
	struct walk *w = ctx;

	check_function(w, sp);
	return w->functions++ < 200;
}

static bool again(void *ctx, const struct sd_subprogram *sp)
{
	struct walk *w = ctx;
	struct sd_subprogram *found, **copies;
	sd_autoerr err = sd_dwarf_subprogram_at(w->dw, sp->low, "main", &found);
	sd_autoerr err2 = NULL;
	u32 n = 0;

	require(!err);
	if (found)
		check_function(w, found);
	err2 = sd_dwarf_inlined_in(w->dw, sp->low, NULL, "c_inlined", &copies, &n);
	for (u32 i = 0; i < n && i < 16 && !err2; i++)
		check_function(w, copies[i]);
	return w->functions++ < 50;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sd_elf *elf = NULL;
	struct walk w = {0};
	struct sd_type *t;
	sd_autoerr err = sd_elf_open_memory(data, size, "fuzz", &elf);

	if (err)
		return 0;
	err = sd_dwarf_open(elf, &w.dw);
	if (!err) {
		require(!sd_dwarf_each_subprogram(w.dw, one, &w));
		w.functions = 0;
		require(!sd_dwarf_each_subprogram(w.dw, again, &w));
		t = sd_dwarf_type_named(w.dw, "node", NULL);
		if (t)
			check_type(&w, t, 0);
		sd_dwarf_close(w.dw);
	}
	sd_arena_deinit(&w.arena);
	sd_elf_close(elf);
	return 0;
}
