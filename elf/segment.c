/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel maps where: addresses to file bytes and offsets, and which bytes cannot change at
 * run time. */
#include <string.h>

#include "elf/priv.h"

/* The PT_LOAD whose file part holds addr, or NULL. */
static const Elf64_Phdr *segment_of(const struct sd_elf *elf, u64 addr, bool exec_only)
{
	for (u32 i = 0; i < elf->nphdrs; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];

		if (ph->p_type == PT_LOAD && addr >= ph->p_vaddr &&
		    addr - ph->p_vaddr < ph->p_filesz && (!exec_only || (ph->p_flags & PF_X)))
			return ph;
	}
	return NULL;
}

struct sd_vaddr sd_elf_first_exec(const struct sd_elf *elf)
{
	for (u32 i = 0; i < elf->nphdrs; i++)
		if (elf->phdrs[i].p_type == PT_LOAD && (elf->phdrs[i].p_flags & PF_X))
			return (struct sd_vaddr){elf->phdrs[i].p_vaddr};
	return (struct sd_vaddr){0};
}

bool sd_elf_segment_at(const struct sd_elf *elf, u32 index, struct sd_vaddr *addr_ret,
		       u64 *size_ret, u32 *flags_ret)
{
	for (u32 i = 0; i < elf->nphdrs; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];

		if (ph->p_type != PT_LOAD || index--)
			continue;
		addr_ret->v = ph->p_vaddr;
		*size_ret = ph->p_filesz;
		*flags_ret = ph->p_flags;
		return true;
	}
	return false;
}

const u8 *sd_elf_bytes(const struct sd_elf *elf, struct sd_vaddr addr, u64 *n_ret)
{
	const Elf64_Phdr *ph = segment_of(elf, addr.v, false);
	u64 in = ph ? addr.v - ph->p_vaddr : 0;
	const u8 *p = ph ? sd_elf_file_bytes(elf, ph->p_offset + in, ph->p_filesz - in) : NULL;

	*n_ret = p ? ph->p_filesz - in : 0;
	return p;
}

bool sd_elf_offset(const struct sd_elf *elf, struct sd_vaddr addr, bool exec_only,
		   struct sd_foff *ret)
{
	const Elf64_Phdr *ph = segment_of(elf, addr.v, exec_only);

	if (!ph)
		return false;
	ret->v = ph->p_offset + (addr.v - ph->p_vaddr);
	return true;
}

bool sd_elf_is_readonly(const struct sd_elf *elf, struct sd_vaddr addr, u64 n)
{
	bool inside = false;

	if (elf->textrel || addr.v + n < addr.v)
		return false;
	for (u32 i = 0; i < elf->nphdrs; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];
		u64 end = ph->p_vaddr + ph->p_memsz;

		if (ph->p_type != PT_LOAD && ph->p_type != PT_GNU_RELRO)
			continue;
		if (addr.v >= end || addr.v + n <= ph->p_vaddr)
			continue;
		if (ph->p_type == PT_GNU_RELRO || (ph->p_flags & PF_W))
			return false;
		if (addr.v >= ph->p_vaddr && addr.v - ph->p_vaddr <= ph->p_filesz &&
		    ph->p_filesz - (addr.v - ph->p_vaddr) >= n)
			inside = true;
	}
	return inside;
}

bool sd_elf_tls(const struct sd_elf *elf, u64 *vaddr_ret, u64 *memsz_ret, u64 *align_ret)
{
	for (u32 i = 0; i < elf->nphdrs; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];

		if (ph->p_type != PT_TLS)
			continue;
		*vaddr_ret = ph->p_vaddr;
		*memsz_ret = ph->p_memsz;
		*align_ret = ph->p_align;
		return true;
	}
	return false;
}
