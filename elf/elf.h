/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One ELF file, read-only and untrusted: sections (inflated on demand), symbols, segments, build
 * id. Also makes the image that libdw reads: the debug sections that matter, inflated by libdeflate
 * on two threads (FACTS C7).
 */
#ifndef SD_ELF_ELF_H
#define SD_ELF_ELF_H

#include <elf.h>

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"

struct sd_elf;

struct sd_section {
	const char *name; /* borrowed from the file */
	struct sd_vaddr addr;
	struct sd_foff off;
	u64 size; /* in the file */
	u64 flags;
	u32 type;
	u32 index;
};

struct sd_symbol {
	const char *name; /* borrowed */
	struct sd_vaddr addr;
	u64 size;
	u8 type; /* STT_* */
	u8 bind;
	u16 shndx;
};

/** Opens path for reading. Errors say which of: not there, a directory, not ELF, 32-bit, another
 * machine (names it), not an executable or shared object, truncated. display is how messages name
 * it (path may be /proc/PID/exe). */
sd_must_check struct sd_err *sd_elf_open(const char *path, const char *display,
					 struct sd_elf **ret);
/** Of bytes in memory (borrowed), for tests and fuzzing. */
sd_must_check struct sd_err *sd_elf_open_memory(const void *p, size_t n, const char *display,
						struct sd_elf **ret);
void sd_elf_close(struct sd_elf *elf);

/** Gives the file's pages back to the page cache; bytes borrowed from elf stay valid and come back
 * when read. Keeps the peak of memory down between two phases that each read much of a large file.
 */
void sd_elf_trim(const struct sd_elf *elf);

const char *sd_elf_display(const struct sd_elf *elf);
/** Device and inode of the file, 0 for memory. */
u64 sd_elf_dev(const struct sd_elf *elf);
u64 sd_elf_ino(const struct sd_elf *elf);
/** True for ET_DYN: position independent. */
bool sd_elf_is_pie(const struct sd_elf *elf);
struct sd_vaddr sd_elf_entry(const struct sd_elf *elf);
/** vaddr of the first executable PT_LOAD's first byte: mm->start_code − this = load bias (link-time
 * page start as the kernel computes it: the segment's p_vaddr). */
struct sd_vaddr sd_elf_first_exec(const struct sd_elf *elf);

u32 sd_elf_nsections(const struct sd_elf *elf);
const struct sd_section *sd_elf_section_at(const struct sd_elf *elf, u32 index);
/** The section of that name, NULL when there is none. */
const struct sd_section *sd_elf_section(const struct sd_elf *elf, const char *name);
/** The section's bytes, inflated when compressed (SHF_COMPRESSED zlib, and .zdebug_*: ask for
 * ".debug_x" and get
 *  ".zdebug_x" too). Borrowed from elf. SHT_NOBITS: an error. Sizes from the file are bounded. */
sd_must_check struct sd_err *sd_elf_section_data(struct sd_elf *elf, const struct sd_section *s,
						 const u8 **p_ret, u64 *n_ret);

/** Bytes of the file that are mapped at addr, at least want of them or fewer at the segment's end
 * (*n_ret says). NULL when addr lies in no PT_LOAD's file part. Borrowed from elf. */
const u8 *sd_elf_bytes(const struct sd_elf *elf, struct sd_vaddr addr, u64 *n_ret);
/** File offset of a mapped address; false when it lies in no PT_LOAD's file part. exec_only: PF_X
 * segments only. */
bool sd_elf_offset(const struct sd_elf *elf, struct sd_vaddr addr, bool exec_only,
		   struct sd_foff *ret);
/** The index-th PT_LOAD: its address, the size of its file part and its PF_* flags; false past the
 * last. */
bool sd_elf_segment_at(const struct sd_elf *elf, u32 index, struct sd_vaddr *addr_ret,
		       u64 *size_ret, u32 *flags_ret);
/** True when addr lies in a PT_LOAD without PF_W: file bytes there cannot have changed (DESIGN
 * §4.5). RELRO and relocated read-only data in PIE (.data.rel.ro) are not such. */
bool sd_elf_is_readonly(const struct sd_elf *elf, struct sd_vaddr addr, u64 n);

/** Symbols of .symtab, or of .dynsym when there is no .symtab; NULL-terminated walk by index. */
u64 sd_elf_nsymbols(struct sd_elf *elf);
bool sd_elf_symbol_at(struct sd_elf *elf, u64 index, struct sd_symbol *ret);
/** The first defined symbol of that name. */
bool sd_elf_symbol(struct sd_elf *elf, const char *name, struct sd_symbol *ret);
/** PT_TLS: false when there is none. */
bool sd_elf_tls(const struct sd_elf *elf, u64 *vaddr_ret, u64 *memsz_ret, u64 *align_ret);
/** The build id note's bytes as hex (GNU), "" when none; borrowed from elf. */
const char *sd_elf_build_id(struct sd_elf *elf);
/** For PIE: the addend of a R_X86_64_RELATIVE (or symbol value of R_X86_64_64) relocation at addr:
 * what the word at addr will hold, less the load bias. False when no relocation applies there.
 * Sorted once, then binary search. */
bool sd_elf_reloc(struct sd_elf *elf, struct sd_vaddr addr, u64 *value_ret);
/** A pointer-sized word at a mapped address with relocations applied (link-time value). */
bool sd_elf_read_ptr(struct sd_elf *elf, struct sd_vaddr addr, u64 *ret);

/** Whether there is .debug_info (or .zdebug_info), here or in a separate debug file (build id,
 * .gnu_debuglink). */
bool sd_elf_has_debug(struct sd_elf *elf);
/** The ELF image for libdw (elf_memory): .debug_info, .debug_abbrev, .debug_addr, .debug_rnglists,
 * .debug_ranges, .debug_loclists, .debug_loc, .debug_str, .debug_str_offsets, .debug_line_str,
 * .debug_line when it is not compressed, and with lines also .debug_line and .debug_frame/.eh_frame
 * in any case; inflated on two threads. Owned by elf, lives as long. Error when the sections are
 * damaged. */
sd_must_check struct sd_err *sd_elf_debug_image(struct sd_elf *elf, bool with_lines,
						void **image_ret, size_t *size_ret);
/** A debug section's bytes by name (".debug_line"), inflated, from where the debug sections are:
 * this file or its separate debug file. Borrowed from elf. *p_ret NULL and 0 when there is none. */
sd_must_check struct sd_err *sd_elf_debug_section(struct sd_elf *elf, const char *name,
						  const u8 **p_ret, u64 *n_ret);

#endif
