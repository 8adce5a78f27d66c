/* SPDX-License-Identifier: BSD-2-Clause */
/* Any file as a program whose source lines are asked for: an error, or places inside of it, with
 * variables that have a location or a reason. */
#include <stdlib.h>

#include "site/line.h"

enum { LAST_LINE = 42 };

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_place(struct sd_lines *l, const struct sd_line_place *p, struct sd_arena *arena)
{
	struct sd_local *v;
	sd_autoerr err = NULL;
	u32 n = 0;

	require(p->fn.name && p->in && p->file);
	if (p->why_not)
		return;
	require(p->site.kind == SD_SITE_LINE && p->site.why);
	require(p->site.addr.v >= p->fn.entry.v && p->site.addr.v < p->fn.end.v);
	err = sd_lines_locals(l, &p->fn, p->site.addr, p->line, p->depth, arena, &v, &n);
	for (u32 i = 0; !err && i < n; i++) {
		require(v[i].name && v[i].type && v[i].param.type);
		require(!v[i].loc.why || !v[i].loc.n);
	}
}

static void check_globals(struct sd_dwarf *dw)
{
	static const char *const names[] = {"total", "calls", "HIGH", "LOW"};

	for (size_t i = 0; i < SD_ARRAY_SIZE(names); i++) {
		struct sd_global *g;
		u32 n;

		require(!sd_dwarf_globals(dw, NULL, names[i], &g, &n));
		for (u32 k = 0; k < n; k++)
			require(g[k].name && g[k].where &&
				(g[k].kind != SD_GLOBAL_VAR || g[k].type));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sd_elf *elf = NULL;
	struct sd_dwarf *dw = NULL;
	struct sd_lines *l;
	sd_autoerr err = sd_elf_open_memory(data, size, "fuzz", &elf);

	if (err)
		return 0;
	err = sd_dwarf_open(elf, &dw);
	if (!err) {
		l = sd_lines_create(elf, NULL, dw);
		for (u32 line = 7; line < LAST_LINE; line++) {
			struct sd_line_place *v = NULL;
			struct sd_arena arena = {0};
			u32 n = 0;
			sd_autoerr none = sd_lines_find(l, "c_lines.c", line, &arena, &v, &n);

			require(!none == (n > 0));
			for (u32 i = 0; i < n; i++)
				check_place(l, &v[i], &arena);
			sd_arena_deinit(&arena);
		}
		check_globals(dw);
		sd_lines_destroy(l);
		sd_dwarf_close(dw);
	}
	sd_elf_close(elf);
	return 0;
}
