/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections and their bytes: what is compressed is inflated once, and never beyond what its bytes
 * can hold. */
#include <inttypes.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "elf/priv.h"

u32 sd_elf_nsections(const struct sd_elf *elf)
{
	return elf->nsections;
}

const struct sd_section *sd_elf_section_at(const struct sd_elf *elf, u32 index)
{
	return index < elf->nsections ? &elf->sections[index] : NULL;
}

static bool is_named(const char *have, const char *want)
{
	/* ".debug_x" is also found as ".zdebug_x" (Go to 1.16, old binutils). */
	return !strcmp(have, want) ||
	       (!strncmp(want, ".debug_", 7) && !strncmp(have, ".zdebug_", 8) &&
		!strcmp(have + 8, want + 7));
}

const struct sd_section *sd_elf_section(const struct sd_elf *elf, const char *name)
{
	for (u32 i = 1; i < elf->nsections; i++)
		if (is_named(elf->sections[i].name, name))
			return &elf->sections[i];
	return NULL;
}

static struct sd_err *damaged(const struct sd_elf *elf, const struct sd_section *s, const char *how)
{
	return sd_err_new(SD_ERR_FAILED, "%s is damaged: section %s %s", elf->display, s->name,
			  how);
}

/* SHF_COMPRESSED: an Elf64_Chdr in front (gABI, "Section compression"). */
static struct sd_err *unpack_chdr(const struct sd_elf *elf, const struct sd_section *s,
				  struct sd_elf_packed *packed)
{
	Elf64_Chdr ch;

	if (packed->n < sizeof(ch))
		return damaged(elf, s, "is too short for its compression header");
	memcpy(&ch, packed->p, sizeof(ch));
	if (ch.ch_type != ELFCOMPRESS_ZLIB)
		return sd_err_new(
			SD_ERR_PERM, "%s: section %s is compressed with %s, only zlib is supported",
			elf->display, s->name, ch.ch_type == 2 ? "zstd" : "an unknown method");
	packed->p += sizeof(ch);
	packed->n -= sizeof(ch);
	packed->size = ch.ch_size;
	packed->packed = true;
	return NULL;
}

/* .zdebug_*: "ZLIB" and the size, big endian; without them the section is plain. */
static void unpack_zdebug(struct sd_elf_packed *packed)
{
	u64 size = 0;

	if (packed->n < 12 || memcmp(packed->p, "ZLIB", 4))
		return;
	for (int i = 4; i < 12; i++)
		size = size << 8 | packed->p[i];
	packed->p += 12;
	packed->n -= 12;
	packed->size = size;
	packed->packed = true;
}

struct sd_err *sd_elf_packed_init(const struct sd_elf *elf, const struct sd_section *s,
				  struct sd_elf_packed *ret)
{
	struct sd_elf_packed packed = {.n = s->size, .size = s->size};

	if (s->type == SHT_NOBITS)
		return sd_err_new(SD_ERR_FAILED, "%s: section %s has no bytes in the file",
				  elf->display, s->name);
	packed.p = sd_elf_file_bytes(elf, s->off.v, s->size);
	if (!packed.p)
		return damaged(elf, s, "lies outside of the file");
	if (s->flags & SHF_COMPRESSED)
		SD_TRY(unpack_chdr(elf, s, &packed));
	else if (!strncmp(s->name, ".zdebug_", 8))
		unpack_zdebug(&packed);
	/* Deflate makes at most 1,032 bytes of one. */
	if (packed.packed &&
	    (packed.size > packed.n * 1100 + 65536 || packed.size > SD_ELF_MAX_INFLATED))
		return damaged(elf, s, "claims to inflate to more than it can");
	*ret = packed;
	return NULL;
}

bool sd_elf_inflate(const struct sd_elf_packed *packed, u8 *dst)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	enum libdeflate_result r;

	if (!d)
		abort();
	r = libdeflate_zlib_decompress(d, packed->p, packed->n, dst, packed->size, NULL);
	libdeflate_free_decompressor(d);
	return r == LIBDEFLATE_SUCCESS;
}

struct sd_err *sd_elf_section_data(struct sd_elf *elf, const struct sd_section *s, const u8 **p_ret,
				   u64 *n_ret)
{
	struct sd_elf_secdata *data = &elf->secdata[s->index];
	struct sd_elf_packed packed;

	if (!data->inflated) {
		sd_autofree u8 *dst = NULL;

		SD_TRY(sd_elf_packed_init(elf, s, &packed));
		if (!packed.packed) {
			*p_ret = packed.p;
			*n_ret = packed.n;
			return NULL;
		}
		dst = malloc(packed.size ? packed.size : 1);
		if (!dst)
			return damaged(elf, s, "claims to inflate to more than there is memory");
		if (!sd_elf_inflate(&packed, dst))
			return damaged(elf, s, "cannot be inflated");
		data->inflated = dst;
		data->size = packed.size;
		dst = NULL;
	}
	*p_ret = data->inflated;
	*n_ret = data->size;
	return NULL;
}
