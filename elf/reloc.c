/* SPDX-License-Identifier: BSD-2-Clause */
/* Relocations of position-independent files: what a word will hold at run time, less the load bias.
 */
#include <stdlib.h>
#include <string.h>

#include "elf/priv.h"

static Elf64_Rela rela_at(const struct sd_elf_relocs *r, u64 i)
{
	Elf64_Rela rela;

	memcpy(&rela, r->p + i * sizeof(rela), sizeof(rela));
	return rela;
}

static int by_offset(const void *a, const void *b, void *ctx)
{
	u64 x = rela_at(ctx, *(const u64 *)a).r_offset, y = rela_at(ctx, *(const u64 *)b).r_offset;

	return x < y ? -1 : x > y;
}

static void add_table(struct sd_elf *elf, const u8 *p, u64 size, u32 symtab)
{
	struct sd_elf_relocs r = {.p = p, .n = size / sizeof(Elf64_Rela), .symtab = symtab};
	u64 last = 0;

	/* Linkers sort relative relocations first: search them where they are, and sort only the
	 * rest. */
	for (; r.sorted_n < r.n; r.sorted_n++) {
		u64 off = rela_at(&r, r.sorted_n).r_offset;

		if (off < last)
			break;
		last = off;
	}
	r.nrest = r.n - r.sorted_n;
	if (r.nrest) {
		r.rest = sd_xcalloc(r.nrest, sizeof(*r.rest));
		for (u64 i = 0; i < r.nrest; i++)
			r.rest[i] = r.sorted_n + i;
		qsort_r(r.rest, r.nrest, sizeof(*r.rest), by_offset, &r);
	}
	elf->relocs = sd_xrealloc(elf->relocs, elf->nrelocs + 1, sizeof(*elf->relocs));
	elf->relocs[elf->nrelocs++] = r;
}

static void find_tables(struct sd_elf *elf)
{
	if (elf->relocs_found)
		return;
	elf->relocs_found = true;
	for (u32 i = 1; i < elf->nsections && elf->nrelocs < 64; i++) {
		const struct sd_section *s = &elf->sections[i];
		const u8 *p;

		if (s->type != SHT_RELA || !(s->flags & SHF_ALLOC))
			continue;
		p = sd_elf_file_bytes(elf, s->off.v, s->size);
		if (p)
			add_table(elf, p, s->size, elf->links[i]);
	}
}

void sd_elf_relocs_deinit(struct sd_elf *elf)
{
	for (u32 i = 0; i < elf->nrelocs; i++)
		free(elf->relocs[i].rest);
	free(elf->relocs);
}

static bool symbol_value(struct sd_elf *elf, u32 symtab, u64 index, u64 *ret)
{
	const struct sd_section *s = sd_elf_section_at(elf, symtab);
	Elf64_Sym sym;
	const u8 *p;

	if (!s || (s->type != SHT_DYNSYM && s->type != SHT_SYMTAB) ||
	    index >= s->size / sizeof(sym))
		return false;
	p = sd_elf_file_bytes(elf, s->off.v, s->size);
	if (!p)
		return false;
	memcpy(&sym, p + index * sizeof(sym), sizeof(sym));
	if (sym.st_shndx == SHN_UNDEF || sym.st_shndx == SHN_ABS)
		return false;
	*ret = sym.st_value;
	return true;
}

static bool apply(struct sd_elf *elf, const struct sd_elf_relocs *r, const Elf64_Rela *rela,
		  u64 *ret)
{
	u64 value = 0;

	switch (ELF64_R_TYPE(rela->r_info)) {
	case R_X86_64_RELATIVE:
		*ret = (u64)rela->r_addend;
		return true;
	case R_X86_64_64:
		if (!symbol_value(elf, r->symtab, ELF64_R_SYM(rela->r_info), &value))
			return false;
		*ret = value + (u64)rela->r_addend;
		return true;
	}
	return false;
}

/* The first of entries 0..n (through order when not NULL) at or after addr. */
static u64 lower_bound(const struct sd_elf_relocs *r, const u64 *order, u64 n, u64 addr)
{
	u64 lo = 0, hi = n;

	while (lo < hi) {
		u64 mid = lo + (hi - lo) / 2;

		if (rela_at(r, order ? order[mid] : mid).r_offset < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool sd_elf_reloc(struct sd_elf *elf, struct sd_vaddr addr, u64 *value_ret)
{
	find_tables(elf);
	for (u32 i = 0; i < elf->nrelocs; i++) {
		const struct sd_elf_relocs *r = &elf->relocs[i];
		u64 at = lower_bound(r, NULL, r->sorted_n, addr.v);
		Elf64_Rela rela;

		if (at < r->sorted_n) {
			rela = rela_at(r, at);
			if (rela.r_offset == addr.v)
				return apply(elf, r, &rela, value_ret);
		}
		at = lower_bound(r, r->rest, r->nrest, addr.v);
		if (at < r->nrest) {
			rela = rela_at(r, r->rest[at]);
			if (rela.r_offset == addr.v)
				return apply(elf, r, &rela, value_ret);
		}
	}
	return false;
}

bool sd_elf_read_ptr(struct sd_elf *elf, struct sd_vaddr addr, u64 *ret)
{
	u64 n, value;
	const u8 *p = sd_elf_bytes(elf, addr, &n);

	if (!p || n < sizeof(value))
		return false;
	/* Packed relative relocations (SHT_RELR) keep their addend in the word itself. */
	memcpy(&value, p, sizeof(value));
	if (sd_elf_is_pie(elf))
		sd_elf_reloc(elf, addr, &value);
	*ret = value;
	return true;
}
