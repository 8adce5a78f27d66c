/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds runtime.firstmoduledata, symbols or none: where the code, the types and the inlining trees
 * are. */
#include <string.h>

#include "lang/go/priv.h"

/* Offsets in runtime.moduledata; seen in DWARF of go1.15.15 … go1.27.4. */
struct module_layout {
	u16 minpc, maxpc, text, etext, types, etypes;
	u16 gofunc; /* 0: FUNCDATA holds pointers (≤ 1.17) */
};

static const struct module_layout layout_115 = {80, 88, 96, 104, 200, 208, 0};
static const struct module_layout layout_116 = {160, 168, 176, 184, 280, 288, 0};
static const struct module_layout layout_118 = {160, 168, 176, 184, 280, 288, 304};
static const struct module_layout layout_120 = {160, 168, 176, 184, 296, 304, 320};
static const struct module_layout layout_127 = {160, 168, 176, 184, 296, 312, 344};

/* types @296, then up to 1.26: etypes, rodata, gofunc; since 1.27: typedesclen, etypes, two
 * lengths, rodata, gofunc. */
static bool is_127(const struct sd_go *go, u64 at)
{
	u64 types, second, third;

	if (go->version.minor)
		return go->version.minor >= 27;
	return go_read_ptr(go->elf, at + 296, &types) && go_read_ptr(go->elf, at + 304, &second) &&
	       go_read_ptr(go->elf, at + 312, &third) && second <= third && types <= third - second;
}

static const struct module_layout *layout_of(const struct sd_go *go, u64 at)
{
	switch (go->format) {
	case GO_FORMAT_12:
		return &layout_115;
	case GO_FORMAT_116:
		return &layout_116;
	case GO_FORMAT_118:
		return &layout_118;
	case GO_FORMAT_120:
		break;
	}
	return is_127(go, at) ? &layout_127 : &layout_120;
}

/* Where the types' descriptors and names are; none when the words make no sense. */
static void take_types(struct sd_go *go, u64 at, const struct module_layout *l, u64 types)
{
	u64 etypes;

	go->types = go_bytes_at(go, types).n ? types : 0;
	if (!go->types || !go_read_ptr(go->elf, at + l->etypes, &etypes) || etypes <= types)
		return;
	go->type_bytes = go_bytes_at(go, types);
	go->type_bytes.n = SD_MIN(go->type_bytes.n, etypes - types);
}

/* Takes what at holds if that is this table's module data. */
static bool take(struct sd_go *go, u64 at)
{
	const struct module_layout *l;
	u64 tab, minpc, maxpc, text, etext, types, gofunc = 0;
	struct sd_foff off;

	if (!go_read_ptr(go->elf, at, &tab) || tab != go->addr)
		return false;
	l = layout_of(go, at);
	if (!go_read_ptr(go->elf, at + l->minpc, &minpc) ||
	    !go_read_ptr(go->elf, at + l->maxpc, &maxpc) ||
	    !go_read_ptr(go->elf, at + l->text, &text) ||
	    !go_read_ptr(go->elf, at + l->etext, &etext) ||
	    !go_read_ptr(go->elf, at + l->types, &types))
		return false;
	if (l->gofunc && !go_read_ptr(go->elf, at + l->gofunc, &gofunc))
		return false;
	if (text > minpc || minpc > maxpc || maxpc > etext ||
	    !sd_elf_offset(go->elf, (struct sd_vaddr){text}, true, &off))
		return false;
	go->moduledata = at;
	go->text = text;
	take_types(go, at, l, types);
	go->gofunc = gofunc;
	return true;
}

/* Its first word points at the table: look for that. */
static bool scan(struct sd_go *go, u64 addr, u64 size)
{
	struct go_bytes b = go_bytes_at(go, addr);
	u64 n = SD_MIN(b.n, size);

	for (u64 i = -addr & 7; i + 8 <= n; i += 8)
		if (go_u64(b.p + i) == go->addr && take(go, addr + i))
			return true;
	return false;
}

/* PIE by a linker that leaves the words zero: the relocation that will make that word. */
static bool scan_relocs(struct sd_go *go)
{
	const struct sd_section *s = sd_elf_section(go->elf, ".rela.dyn");
	struct go_bytes b;

	if (!s || !sd_elf_is_pie(go->elf))
		return false;
	b = go_bytes_at(go, s->addr.v);
	for (u64 i = 0; i + sizeof(Elf64_Rela) <= SD_MIN(b.n, s->size); i += sizeof(Elf64_Rela)) {
		Elf64_Rela r;

		memcpy(&r, b.p + i, sizeof(r));
		if ((u64)r.r_addend == go->addr && ELF64_R_TYPE(r.r_info) == R_X86_64_RELATIVE &&
		    take(go, r.r_offset))
			return true;
	}
	return false;
}

static bool find(struct sd_go *go)
{
	static const char *const names[] = {".noptrdata", ".data"};
	const struct sd_section *s = sd_elf_section(go->elf, ".go.module");
	struct sd_symbol sym;
	struct sd_vaddr addr;
	u64 size;
	u32 flags;

	if (s && take(go, s->addr.v))
		return true;
	for (u32 i = 0; i < SD_ARRAY_SIZE(names); i++) {
		s = sd_elf_section(go->elf, names[i]);
		if (s && scan(go, s->addr.v, s->size))
			return true;
	}
	if (scan_relocs(go))
		return true;
	if (sd_elf_symbol(go->elf, "runtime.firstmoduledata", &sym) && take(go, sym.addr.v))
		return true;
	if (sd_elf_nsections(go->elf) > 1)
		return false;
	for (u32 i = 0; sd_elf_segment_at(go->elf, i, &addr, &size, &flags); i++)
		if ((flags & PF_W) && scan(go, addr.v, size))
			return true;
	return false;
}

void go_module_find(struct sd_go *go)
{
	struct sd_symbol sym;

	if (!find(go) && go->format >= GO_FORMAT_118 &&
	    (sd_elf_symbol(go->elf, "go:func.*", &sym) ||
	     sd_elf_symbol(go->elf, "go.func.*", &sym)))
		go->gofunc = sym.addr.v;
	if (go->gofunc)
		go->gofunc_bytes = go_bytes_at(go, go->gofunc);
}
