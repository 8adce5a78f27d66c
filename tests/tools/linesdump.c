/* SPDX-License-Identifier: BSD-2-Clause */
/* For whoever works on source lines: the sites of FILE:LINE and the variables there, as text.
 * linesdump BINARY FILE LINE... */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "site/line.h"

static void say(struct sd_err *err)
{
	printf("error: %s%s%s\n", err->msg, err->hint ? "; " : "", err->hint ? err->hint : "");
	sd_err_free(err);
}

static void show_locals(struct sd_lines *l, const struct sd_line_place *p, struct sd_arena *arena)
{
	struct sd_local *v;
	struct sd_err *err;
	u32 n;

	err = sd_lines_locals(l, &p->fn, p->site.addr, p->line, p->depth, arena, &v, &n);
	if (err) {
		say(err);
		return;
	}
	for (u32 i = 0; i < n; i++)
		printf("    %s%s %s = %s%s%s%s line %u block %u\n", v[i].name,
		       v[i].shadowed ? " (shadowed)" : "", v[i].type->name, v[i].loc.why ? "<" : "",
		       v[i].loc.why ? v[i].loc.why : sd_loc_text(&v[i].loc, arena),
		       v[i].loc.why ? ">" : "", v[i].loc.unsure ? " (unsure)" : "", v[i].decl_line,
		       v[i].block);
}

static void show(struct sd_lines *l, const char *file, u32 line)
{
	struct sd_arena arena = {0};
	struct sd_line_place *p;
	struct sd_err *err;
	u32 n;

	err = sd_lines_find(l, file, line, &arena, &p, &n);
	if (err)
		say(err);
	for (u32 i = 0; !err && i < n; i++) {
		printf("%s:%u in %s%s%s depth %u: ", file, line, p[i].in,
		       p[i].inlined ? " inlined in " : "", p[i].inlined ? p[i].fn.name : "",
		       p[i].depth);
		if (p[i].why_not) {
			printf("none: %s\n", p[i].why_not);
			continue;
		}
		printf("0x%" PRIx64 " %s%s: %s\n", p[i].site.addr.v,
		       sd_completion_name(p[i].site.insn.completion),
		       p[i].site.drop_if_be ? " (dropped when taken)" : "", p[i].site.why);
		if (p[i].doubt)
			printf("    count: %s\n", p[i].doubt);
		show_locals(l, &p[i], &arena);
	}
	sd_arena_deinit(&arena);
}

int main(int argc, char **argv)
{
	struct sd_elf *elf;
	struct sd_go *go = NULL;
	struct sd_dwarf *dw = NULL;
	struct sd_lines *l;
	struct sd_err *err;

	if (argc < 4) {
		fprintf(stderr, "linesdump BINARY FILE LINE...\n");
		return 2;
	}
	err = sd_elf_open(argv[1], argv[1], &elf);
	if (!err)
		err = sd_go_open(elf, &go);
	if (!err && sd_elf_has_debug(elf))
		err = sd_dwarf_open(elf, &dw);
	if (err) {
		say(err);
		return 1;
	}
	l = sd_lines_create(elf, go, dw);
	for (int i = 3; i < argc; i++)
		show(l, argv[2], (u32)atoi(argv[i]));
	sd_lines_destroy(l);
	sd_dwarf_close(dw);
	sd_go_close(go);
	sd_elf_close(elf);
	return 0;
}
