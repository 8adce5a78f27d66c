/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the elf room share: the open file. Nobody else includes this. */
#ifndef SD_ELF_PRIV_H
#define SD_ELF_PRIV_H

#include "elf/elf.h"

/** The largest thing that is ever inflated from one section, and the largest image for libdw. */
#define SD_ELF_MAX_INFLATED (4ULL << 30)

struct sd_elf_secdata {
	u8 *inflated; /* owned, NULL when not inflated (yet) */
	u64 size;
};

/** A relocation table; entries before sorted_n ascend by r_offset and are searched in place. */
struct sd_elf_relocs {
	const u8 *p; /* Elf64_Rela, unaligned */
	u64 n;
	u64 sorted_n;
	u64 *rest; /* owned: indices of the other entries, sorted by their r_offset */
	u64 nrest;
	u32 symtab; /* section index of its symbols, 0 when none */
};

struct sd_elf_image {
	void *p; /* owned mapping */
	size_t size;
	size_t mapped;
};

struct sd_elf {
	const u8 *map; /* the file's bytes: owned mapping when fd >= 0, else borrowed */
	u64 size;
	int fd; /* owned duplicate, -1 for memory */
	u64 dev, ino;
	char *path;	 /* owned: resolved path, for .gnu_debuglink; NULL when unknown */
	char *display;	 /* owned */
	bool debug_only; /* a separate debug file: its segments' bytes are elsewhere */
	Elf64_Ehdr eh;
	Elf64_Phdr *phdrs; /* owned copies */
	u32 nphdrs;
	struct sd_section *sections;	/* owned */
	struct sd_elf_secdata *secdata; /* owned, as many */
	u32 nsections;
	u32 *links; /* owned: sh_link by section */
	bool textrel;

	bool symbols_found; /* the two below are valid */
	const u8 *syms;	    /* Elf64_Sym, unaligned */
	u64 nsyms;
	const char *symstr;
	u64 symstr_size;
	u32 symbol_queries;
	u64 *symbol_index; /* owned: open addressing */
	u64 symbol_index_cap;

	bool relocs_found;
	struct sd_elf_relocs *relocs; /* owned */
	u32 nrelocs;

	char *build_id;	      /* owned, NULL until asked for */
	bool debug_found;     /* debug is valid */
	struct sd_elf *debug; /* this file, or an owned separate one, or NULL: there is none */
	struct sd_elf_image images[2]; /* without and with lines */
};

/** p[0..n) of the file, NULL when that is not inside it. */
const u8 *sd_elf_file_bytes(const struct sd_elf *elf, u64 off, u64 n);
/** Opens a separate debug file; as sd_elf_open(). */
sd_must_check struct sd_err *sd_elf_open_debug(const char *path, struct sd_elf **ret);
void sd_elf_relocs_deinit(struct sd_elf *elf);
/** The file that holds the debug sections, found once; NULL when there is none. */
struct sd_elf *sd_elf_debug_file(struct sd_elf *elf);

/** What inflating a section means; filled by sd_elf_packed_init(). */
struct sd_elf_packed {
	const u8 *p; /* in the file: packed bytes, or the plain ones */
	u64 n;
	u64 size; /* inflated */
	bool packed;
};

/** Checks the headers of a section: bounds, the kind of compression, the size that it claims. */
sd_must_check struct sd_err *sd_elf_packed_init(const struct sd_elf *elf,
						const struct sd_section *s,
						struct sd_elf_packed *ret);
/** Inflates into size bytes at dst; false when the stream is damaged or has another size. */
bool sd_elf_inflate(const struct sd_elf_packed *packed, u8 *dst);

#endif
