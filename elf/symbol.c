/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbols: .symtab where there is one, else .dynsym; by number, and by name through an index once
 * that pays. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "elf/priv.h"

/* A file is searched from front to end this often before it gets an index of names. */
#define QUERIES_BEFORE_INDEX 12

static bool use_table(struct sd_elf *elf, u32 type)
{
	for (u32 i = 1; i < elf->nsections; i++) {
		const struct sd_section *s = &elf->sections[i], *str;
		const u8 *p, *names;

		if (s->type != type || elf->links[i] >= elf->nsections)
			continue;
		str = &elf->sections[elf->links[i]];
		p = sd_elf_file_bytes(elf, s->off.v, s->size);
		names = str->type == SHT_STRTAB ? sd_elf_file_bytes(elf, str->off.v, str->size)
						: NULL;
		if (!p || !names)
			continue;
		elf->syms = p;
		elf->nsyms = SD_MIN(s->size / sizeof(Elf64_Sym), UINT32_MAX - 1);
		elf->symstr = (const char *)names;
		/* Names end inside the table: what follows its last NUL is none. */
		elf->symstr_size = str->size;
		while (elf->symstr_size && names[elf->symstr_size - 1])
			elf->symstr_size--;
		return true;
	}
	return false;
}

u64 sd_elf_nsymbols(struct sd_elf *elf)
{
	if (!elf->symbols_found) {
		elf->symbols_found = true;
		if (!use_table(elf, SHT_SYMTAB))
			use_table(elf, SHT_DYNSYM);
	}
	return elf->nsyms;
}

bool sd_elf_symbol_at(struct sd_elf *elf, u64 index, struct sd_symbol *ret)
{
	Elf64_Sym sym;

	if (index >= sd_elf_nsymbols(elf))
		return false;
	memcpy(&sym, elf->syms + index * sizeof(sym), sizeof(sym));
	*ret = (struct sd_symbol){
		.name = sym.st_name < elf->symstr_size ? elf->symstr + sym.st_name : "",
		.addr.v = sym.st_value,
		.size = sym.st_size,
		.type = ELF64_ST_TYPE(sym.st_info),
		.bind = ELF64_ST_BIND(sym.st_info),
		.shndx = sym.st_shndx,
	};
	return true;
}

static u64 slot_of(u64 hash, u64 number)
{
	return (hash & ~(u64)UINT32_MAX) | (number + 1);
}

/* Where name is, or the empty slot where it would be. A slot: half of the hash, and the symbol's
 * number + 1. */
static u64 *find_slot(struct sd_elf *elf, const char *name, u64 hash)
{
	u64 mask = elf->symbol_index_cap - 1;

	for (u64 at = hash & mask;; at = (at + 1) & mask) {
		u64 slot = elf->symbol_index[at];
		struct sd_symbol s;

		if (!slot)
			return &elf->symbol_index[at];
		if ((slot ^ hash) >> 32)
			continue;
		if (sd_elf_symbol_at(elf, (u32)slot - 1, &s) && !strcmp(s.name, name))
			return &elf->symbol_index[at];
	}
}

static void build_index(struct sd_elf *elf)
{
	u64 cap = 64;

	while (cap < elf->nsyms * 2)
		cap *= 2;
	elf->symbol_index = sd_xcalloc(cap, sizeof(*elf->symbol_index));
	elf->symbol_index_cap = cap;
	for (u64 i = 0; i < elf->nsyms; i++) {
		struct sd_symbol s;
		u64 hash, *slot;

		if (!sd_elf_symbol_at(elf, i, &s) || s.shndx == SHN_UNDEF || !*s.name)
			continue;
		hash = sd_hash_bytes(s.name, strlen(s.name));
		slot = find_slot(elf, s.name, hash);
		if (!*slot)
			*slot = slot_of(hash, i);
	}
}

bool sd_elf_symbol(struct sd_elf *elf, const char *name, struct sd_symbol *ret)
{
	u64 n = sd_elf_nsymbols(elf);
	struct sd_symbol s;

	if (!elf->symbol_index && elf->symbol_queries++ >= QUERIES_BEFORE_INDEX)
		build_index(elf);
	if (elf->symbol_index) {
		u64 slot = *find_slot(elf, name, sd_hash_bytes(name, strlen(name)));

		return slot && sd_elf_symbol_at(elf, (u32)slot - 1, ret);
	}
	for (u64 i = 0; i < n; i++)
		if (sd_elf_symbol_at(elf, i, &s) && s.shndx != SHN_UNDEF && !strcmp(s.name, name)) {
			*ret = s;
			return true;
		}
	return false;
}
