/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens what a binary says of itself, and puts its function tables side by side. */
#include "lib/module.h"

#include "lib/source.h"
#include "site/line.h"

#include <stdlib.h>
#include <string.h>

struct sd_err *sd_module_open(struct sd_binary_ref *ref, struct sd_module **ret)
{
	struct sd_module *m = sd_xcalloc(1, sizeof(*m));
	struct sd_err *err;

	m->ref = *ref;
	memset(ref, 0, sizeof(*ref));
	err = sd_elf_open(m->ref.path, m->ref.display, &m->elf);
	if (!err)
		err = sd_go_open(m->elf, &m->go);
	if (err) {
		sd_module_close(m);
		return err;
	}
	*ret = m;
	return NULL;
}

void sd_module_close(struct sd_module *m)
{
	if (!m)
		return;
	sd_lines_destroy(m->lines);
	sd_sources_destroy(m->sources);
	sd_dwarf_close(m->dwarf);
	sd_go_close(m->go);
	sd_elf_close(m->elf);
	sd_binary_ref_deinit(&m->ref);
	sd_vec_free(&m->symbols);
	sd_arena_deinit(&m->arena);
	free(m->dwarf_why);
	free(m);
}

struct sd_dwarf *sd_module_dwarf(struct sd_module *m)
{
	sd_autoerr err = NULL;

	if (m->dwarf_tried)
		return m->dwarf;
	m->dwarf_tried = true;
	if (!sd_elf_has_debug(m->elf)) {
		m->dwarf_why = sd_xstrdup("no debug information");
		return NULL;
	}
	sd_elf_trim(m->elf); /* the function table was walked; now come the debug sections */
	err = sd_dwarf_open(m->elf, &m->dwarf);
	if (err)
		m->dwarf_why = sd_xstrdup(err->msg);
	else
		sd_dwarf_on_captured(m->dwarf, sd_site_captured, m->elf);
	return m->dwarf;
}

static bool in_language_table(struct sd_module *m, u64 addr)
{
	u32 index;

	return m->go && sd_go_func_at(m->go, (struct sd_vaddr){addr}, &index);
}

static int by_entry(const void *a, const void *b)
{
	const struct sd_func *x = a, *y = b;

	return x->entry.v < y->entry.v ? -1 : x->entry.v > y->entry.v;
}

static void read_symbols(struct sd_module *m)
{
	u64 n = sd_elf_nsymbols(m->elf);
	struct sd_symbol sym;

	m->symbols_read = true;
	for (u64 i = 0; i < n; i++) {
		struct sd_foff off;

		if (!sd_elf_symbol_at(m->elf, i, &sym) || sym.type != STT_FUNC || !sym.addr.v ||
		    !sym.size)
			continue;
		if (!sd_elf_offset(m->elf, sym.addr, true, &off) ||
		    in_language_table(m, sym.addr.v))
			continue;
		sd_vec_push(&m->symbols, (struct sd_func){.name = sym.name,
							  .entry = sym.addr,
							  .end = {sym.addr.v + sym.size},
							  .lang = SD_LANG_C});
	}
	if (m->symbols.n)
		qsort(m->symbols.v, m->symbols.n, sizeof(*m->symbols.v), by_entry);
}

u32 sd_module_nfuncs(struct sd_module *m)
{
	if (!m->symbols_read)
		read_symbols(m);
	return (m->go ? sd_go_nfuncs(m->go) : 0) + (u32)m->symbols.n;
}

bool sd_module_func(struct sd_module *m, u32 index, struct sd_func *ret)
{
	u32 ngo = m->go ? sd_go_nfuncs(m->go) : 0;

	if (index < ngo)
		return sd_go_func(m->go, index, ret);
	if (!m->symbols_read)
		read_symbols(m);
	if (index - ngo >= m->symbols.n)
		return false;
	*ret = m->symbols.v[index - ngo];
	ret->index = index;
	return true;
}

bool sd_module_func_at(struct sd_module *m, struct sd_vaddr pc, struct sd_func *ret)
{
	u32 index;

	if (m->go && sd_go_func_at(m->go, pc, &index))
		return sd_go_func(m->go, index, ret);
	if (!m->symbols_read)
		read_symbols(m);
	for (size_t i = 0; i < m->symbols.n; i++) {
		if (pc.v >= m->symbols.v[i].entry.v && pc.v < m->symbols.v[i].end.v) {
			*ret = m->symbols.v[i];
			ret->index = (m->go ? sd_go_nfuncs(m->go) : 0) + (u32)i;
			return true;
		}
	}
	return false;
}

const char *sd_module_full_name(struct sd_module *m, const struct sd_func *fn)
{
	if (fn->lang == SD_LANG_GO && strstr(fn->name, "[...]"))
		return sd_go_full_name(m->go, fn->index);
	return fn->name;
}

bool sd_module_line(struct sd_module *m, struct sd_vaddr pc, const char **file_ret, u32 *line_ret)
{
	return m->go && sd_go_line(m->go, pc, file_ret, line_ret);
}
