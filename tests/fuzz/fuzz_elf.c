/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF files that nobody vouches for: every question that other rooms ask. */
#include <stdlib.h>
#include <string.h>

#include "elf/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile u64 sum; /* reads must not be optimised away */

static void touch(const void *p, u64 n)
{
	if (n) {
		sum += ((const u8 *)p)[0];
		sum += ((const u8 *)p)[n - 1];
	}
}

static void ask_sections(struct sd_elf *elf)
{
	for (u32 i = 0; i < sd_elf_nsections(elf) && i < 64; i++) {
		const struct sd_section *s = sd_elf_section_at(elf, i);
		const u8 *p;
		u64 n;
		sd_autoerr err = NULL;

		touch(s->name, strlen(s->name) + 1);
		if (s->size > 1 << 20)
			continue; /* what inflates to gigabytes may, but not here */
		err = sd_elf_section_data(elf, s, &p, &n);
		if (!err)
			touch(p, n);
	}
}

static void ask_addresses(struct sd_elf *elf, size_t size)
{
	u64 addrs[8], v, n;
	struct sd_symbol s;
	struct sd_foff off;

	addrs[0] = sd_elf_entry(elf).v;
	addrs[1] = sd_elf_first_exec(elf).v;
	for (u32 i = 2; i < 8; i++)
		addrs[i] = sd_elf_symbol_at(elf, i, &s) ? s.addr.v : UINT64_MAX - i;
	for (u32 i = 0; i < 8; i++) {
		struct sd_vaddr at = {addrs[i]};
		const u8 *p = sd_elf_bytes(elf, at, &n);

		if (p)
			touch(p, n);
		if (sd_elf_offset(elf, at, i % 2, &off) && off.v >= size)
			abort();
		sum += sd_elf_is_readonly(elf, at, 8);
		sum += sd_elf_read_ptr(elf, at, &v);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sd_elf *elf = NULL;
	sd_autoerr err = sd_elf_open_memory(data, size, "fuzz", &elf);
	sd_autoerr image_err = NULL;
	struct sd_symbol s;
	void *image;
	size_t n;

	if (err)
		return 0;
	ask_sections(elf);
	for (u64 i = 0; i < sd_elf_nsymbols(elf) && i < 256; i++)
		if (sd_elf_symbol_at(elf, i, &s))
			touch(s.name, strlen(s.name) + 1);
	for (int i = 0; i < 14; i++) /* often enough to make the index */
		sum += sd_elf_symbol(elf, i % 2 ? "main" : "runtime.main", &s);
	ask_addresses(elf, size);
	touch(sd_elf_build_id(elf), 1);
	image_err = sd_elf_debug_image(elf, size % 2, &image, &n);
	if (!image_err)
		touch(image, n);
	sd_elf_close(elf);
	return 0;
}
