/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the function table (pclntab) of a Go program and checks its header, so that later reads
 * only need bounds. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "lang/go/priv.h"

#define OLDEST_MINOR 15

struct go_bytes go_bytes_at(const struct sd_go *go, u64 addr)
{
	struct go_bytes b;

	b.p = sd_elf_bytes(go->elf, (struct sd_vaddr){addr}, &b.n);
	return b;
}

bool go_read_ptr(struct sd_elf *elf, u64 addr, u64 *ret)
{
	u64 n;
	const u8 *p = sd_elf_bytes(elf, (struct sd_vaddr){addr}, &n);

	if (!p || n < 8)
		return false;
	*ret = go_u64(p);
	/* Go's linker and GNU ld write the value besides the relocation; others leave 0. Asking
	 * costs a sort. */
	return *ret || !sd_elf_is_pie(elf) || sd_elf_read_ptr(elf, (struct sd_vaddr){addr}, ret);
}

static bool format_of(const u8 *p, enum go_format *ret)
{
	/* Little-endian magic, two zeros, instruction quantum 1 (amd64), pointer size. */
	if (p[1] != 0xff || p[2] != 0xff || p[3] != 0xff || p[4] || p[5] || p[6] != 1 || p[7] != 8)
		return false;
	switch (p[0]) {
	case 0xfb:
		*ret = GO_FORMAT_12;
		return true;
	case 0xfa:
		*ret = GO_FORMAT_116;
		return true;
	case 0xf0:
		*ret = GO_FORMAT_118;
		return true;
	case 0xf1:
		*ret = GO_FORMAT_120;
		return true;
	}
	return false;
}

/* Up to and including the last NUL: strings that start in it end in it. */
static struct go_bytes strings(const u8 *p, u64 n)
{
	const u8 *nul = n ? memrchr(p, 0, n) : NULL;

	return (struct go_bytes){p, nul ? (u64)(nul - p) + 1 : 0};
}

/* The part of the table that starts at the header's word i; it ends where the next part starts. */
static bool part(const struct sd_go *go, const u64 *starts, u32 n, u32 i, struct go_bytes *ret)
{
	u64 end = go->tab.n;

	if (starts[i] > go->tab.n)
		return false;
	for (u32 k = 0; k < n; k++)
		if (starts[k] > starts[i] && starts[k] < end)
			end = starts[k];
	*ret = (struct go_bytes){go->tab.p + starts[i], end - starts[i]};
	return true;
}

/* nfunc entries and one more pc. */
static bool functab_fits(const struct sd_go *go)
{
	u64 size = go->format >= GO_FORMAT_118 ? 8 : 16;

	return go->nfuncs && go->funcs.n >= size / 2 &&
	       (go->funcs.n - size / 2) / size >= go->nfuncs;
}

static bool header_12(struct sd_go *go)
{
	u64 at;

	go->funcs = (struct go_bytes){go->tab.p + 16, go->tab.n - 16};
	go->pctab = go->tab;
	if (!functab_fits(go))
		return false;
	at = 16 + (u64)go->nfuncs * 16 + 8;
	if (go->tab.n - at < 4)
		return false;
	at = go_u32(go->tab.p + at);
	if (at > go->tab.n || go->tab.n - at < 4)
		return false;
	go->filetab.p = go->tab.p + at;
	go->filetab.n = SD_MIN((u64)go_u32(go->filetab.p) * 4, go->tab.n - at);
	go->names = strings(go->tab.p, go->tab.n);
	go->files = go->names;
	return true;
}

static bool header(struct sd_go *go, u64 addr, struct go_bytes tab)
{
	struct go_bytes names, files;
	u64 starts[5], nfuncs, at;

	if (tab.n < 72 || !format_of(tab.p, &go->format))
		return false;
	go->addr = addr;
	go->tab = tab;
	go->quantum = tab.p[6];
	nfuncs = go_u64(tab.p + 8);
	if (!nfuncs || nfuncs > tab.n / 8)
		return false;
	go->nfuncs = (u32)SD_MIN(nfuncs, UINT32_MAX - 1);
	if (go->format == GO_FORMAT_12)
		return header_12(go);
	at = go->format == GO_FORMAT_116 ? 24 : 32;
	for (u32 i = 0; i < 5; i++)
		starts[i] = go_u64(tab.p + at + 8 * i);
	if (!part(go, starts, 5, 0, &names) || !part(go, starts, 5, 1, &go->cutab) ||
	    !part(go, starts, 5, 2, &files) || !part(go, starts, 5, 3, &go->pctab) ||
	    !part(go, starts, 5, 4, &go->funcs))
		return false;
	if (!functab_fits(go))
		return false;
	go->names = strings(names.p, names.n);
	go->files = strings(files.p, files.n);
	return true;
}

/* Where sections do not help: the magic, at the 8-byte steps that linkers align it to. */
static bool scan(struct sd_go *go, u64 addr, u64 size)
{
	struct go_bytes b = go_bytes_at(go, addr);
	u64 n = SD_MIN(b.n, size), skew = -addr & 7;
	enum go_format format;

	for (u64 i = skew; i + 72 <= n; i += 8)
		if (b.p[i + 1] == 0xff && format_of(b.p + i, &format) &&
		    header(go, addr + i, (struct go_bytes){b.p + i, b.n - i}))
			return true;
	return false;
}

static bool find_table(struct sd_go *go)
{
	static const char *const names[] = {".gopclntab", ".data.rel.ro.gopclntab"};
	const struct sd_section *s;
	struct sd_vaddr addr;
	u64 size;
	u32 flags;

	for (u32 i = 0; i < SD_ARRAY_SIZE(names); i++) {
		struct go_bytes b;

		s = sd_elf_section(go->elf, names[i]);
		if (!s)
			continue;
		b = go_bytes_at(go, s->addr.v);
		b.n = SD_MIN(b.n, s->size);
		if (header(go, s->addr.v, b))
			return true;
	}
	/* External linkers merge .data.rel.ro.gopclntab of PIE into .data.rel.ro (up to Go 1.25).
	 */
	s = sd_elf_section(go->elf, ".data.rel.ro");
	if (s && scan(go, s->addr.v, s->size))
		return true;
	for (u32 i = 0; sd_elf_segment_at(go->elf, i, &addr, &size, &flags); i++)
		if (scan(go, addr.v, size))
			return true;
	return false;
}

/* Entries ascend and lie in code that is in the file: what later loops over functions are bounded
 * by. */
static struct sd_err *check_entries(struct sd_go *go)
{
	u64 last = go_entry(go, 0), first = last, n;

	for (u32 i = 1; i <= go->nfuncs; i++) {
		u64 entry = go_entry(go, i);

		if (entry < last)
			return sd_err_new(SD_ERR_FAILED,
					  "%s: the function table is damaged: entry %u of %u "
					  "is out of order",
					  sd_elf_display(go->elf), i, go->nfuncs);
		last = entry;
	}
	n = go_bytes_at(go, first).n;
	if (last - first > n)
		return sd_err_new(SD_ERR_FAILED,
				  "%s: the function table is damaged: it names code that "
				  "is not in the file",
				  sd_elf_display(go->elf));
	return NULL;
}

/* Where the table keeps addresses and these need relocations, they are read once. */
static struct sd_err *read_entries(struct sd_go *go)
{
	if (go->format >= GO_FORMAT_118 || !sd_elf_is_pie(go->elf))
		return NULL;
	go->entries = sd_xcalloc((u64)go->nfuncs + 1, sizeof(u64));
	for (u64 i = 0; i <= go->nfuncs; i++) {
		u64 at = go->addr + (u64)(go->funcs.p - go->tab.p) + 16 * i;

		if (!go_read_ptr(go->elf, at, &go->entries[i]))
			return sd_err_new(SD_ERR_FAILED,
					  "%s: the function table is damaged: entry %llu is "
					  "unreadable",
					  sd_elf_display(go->elf), (unsigned long long)i);
	}
	return NULL;
}

static struct sd_err *set_text(struct sd_go *go)
{
	struct sd_symbol sym;
	u64 text = 0;

	SD_TRY(read_entries(go));
	if (go->text)
		return NULL;
	if (go->format < GO_FORMAT_118)
		go->text = go_entry(go, 0);
	else if (go_read_ptr(go->elf, go->addr + 24, &text) && text)
		go->text = text;
	else if (sd_elf_symbol(go->elf, "runtime.text", &sym))
		go->text = sym.addr.v;
	if (go->text)
		return NULL;
	/* Not the start of .text: cgo puts other code there first. */
	return sd_err_new(SD_ERR_FAILED,
			  "%s: nothing says where its Go code starts: no module data, no "
			  "symbol runtime.text",
			  sd_elf_display(go->elf));
}

static struct sd_err *open_tables(struct sd_go *go)
{
	const struct sd_go_version *v = &go->version;
	const char *name = sd_elf_display(go->elf);

	if (v->major > 1)
		return sd_err_new(SD_ERR_FAILED, "%s was built with %s, which is not known here",
				  name, v->text);
	if (v->minor && v->minor < OLDEST_MINOR)
		return sd_err_new(SD_ERR_FAILED,
				  "%s was built with %s: only Go 1.%d and later are known here",
				  name, v->text, OLDEST_MINOR);
	if (!find_table(go))
		return sd_err_new(SD_ERR_FAILED,
				  "%s is a Go program%s%s, but it has no function table of a "
				  "known format",
				  name, v->text[0] ? " of " : "", v->text);
	go_module_find(go);
	SD_TRY(set_text(go));
	SD_TRY(check_entries(go));
	go_layout_init(go);
	sd_debug(
		"lang",
		"%s: %s, pclntab format %d at 0x%llx, %u functions, text 0x%llx, moduledata 0x%llx",
		name, v->text, go->format, (unsigned long long)go->addr, go->nfuncs,
		(unsigned long long)go->text, (unsigned long long)go->moduledata);
	return NULL;
}

struct sd_err *sd_go_open(struct sd_elf *elf, struct sd_go **ret)
{
	struct sd_go_version version;
	struct sd_err *err;
	struct sd_go *go;

	if (!go_version_find(elf, &version)) {
		*ret = NULL;
		return NULL;
	}
	go = sd_xcalloc(1, sizeof(*go));
	go->elf = elf;
	go->version = version;
	err = open_tables(go);
	if (err) {
		sd_go_close(go);
		return err;
	}
	*ret = go;
	return NULL;
}

void sd_go_close(struct sd_go *go)
{
	if (!go)
		return;
	sd_map_deinit(&go->full_names);
	go_rtypes_free(go->rtypes);
	sd_vec_free(&go->dicts);
	go_file_users_free(go);
	free(go->entries);
	free(go);
}

const struct sd_go_version *sd_go_version(const struct sd_go *go)
{
	return &go->version;
}
