/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF files made here byte by byte, whole and damaged, and this test's own executable. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "elf/elf.h"

#define PLAIN_SIZE 300000

/* A file under construction: sections one after the other, headers at the end. */
struct maker {
	struct sd_buf file, names;
	Elf64_Shdr sh[24];
	u16 nsh;
	Elf64_Phdr ph[8];
	u16 nph;
	u16 type, machine;
};

static struct maker maker_init(void)
{
	struct maker m = {.nsh = 1, .type = ET_DYN, .machine = EM_X86_64};

	for (int i = 0; i < 4096; i++)
		sd_buf_ch(&m.file, 0);
	sd_buf_ch(&m.names, 0);
	return m;
}

static Elf64_Shdr *add(struct maker *m, const char *name, u32 type, u64 flags, u64 addr,
		       const void *p, size_t n)
{
	Elf64_Shdr *sh = &m->sh[m->nsh++];

	while (m->file.n % 8)
		sd_buf_ch(&m->file, 0);
	*sh = (Elf64_Shdr){.sh_name = (u32)m->names.n,
			   .sh_type = type,
			   .sh_flags = flags,
			   .sh_addr = addr,
			   .sh_offset = m->file.n,
			   .sh_size = n};
	sd_buf_add(&m->names, name, strlen(name) + 1);
	sd_buf_add(&m->file, p, n);
	return sh;
}

static void segment(struct maker *m, u32 type, u32 flags, u64 off, u64 vaddr, u64 filesz, u64 memsz)
{
	m->ph[m->nph++] = (Elf64_Phdr){.p_type = type,
				       .p_flags = flags,
				       .p_offset = off,
				       .p_vaddr = vaddr,
				       .p_filesz = filesz,
				       .p_memsz = memsz,
				       .p_align = 4096};
}

static void finish(struct maker *m)
{
	Elf64_Shdr *names = add(m, ".shstrtab", SHT_STRTAB, 0, 0, "", 0);
	Elf64_Ehdr eh = {.e_type = m->type,
			 .e_machine = m->machine,
			 .e_version = 1,
			 .e_entry = 0x1010,
			 .e_ehsize = sizeof(eh),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_phnum = m->nph,
			 .e_shnum = m->nsh};

	names->sh_size = m->names.n;
	sd_buf_add(&m->file, m->names.p, m->names.n);
	while (m->file.n % 8)
		sd_buf_ch(&m->file, 0);
	memcpy(eh.e_ident, ELFMAG "\2\1\1", 7);
	eh.e_phoff = sizeof(eh);
	eh.e_shoff = m->file.n;
	eh.e_shstrndx = (u16)(m->nsh - 1);
	sd_buf_add(&m->file, m->sh, m->nsh * sizeof(m->sh[0]));
	memcpy(m->file.p, &eh, sizeof(eh));
	memcpy(m->file.p + sizeof(eh), m->ph, m->nph * sizeof(m->ph[0]));
}

static void maker_deinit(struct maker *m)
{
	sd_buf_deinit(&m->file);
	sd_buf_deinit(&m->names);
}

static struct sd_elf *open_whole(const struct maker *m)
{
	struct sd_elf *elf = NULL;
	sd_autoerr err = sd_elf_open_memory(m->file.p, m->file.n, "made", &elf);

	if (err)
		fail_msg("%s", err->msg);
	return elf;
}

/* The message with which opening fails must hold word. */
static void refuse(const void *p, size_t n, const char *word, enum sd_err_kind kind)
{
	struct sd_elf *elf = NULL;
	sd_autoerr err = sd_elf_open_memory(p, n, "made", &elf);

	assert_non_null(err);
	assert_null(elf);
	if (!strstr(err->msg, word))
		fail_msg("'%s' does not say '%s'", err->msg, word);
	assert_int_equal(err->kind, kind);
}

static void test_refusals(void **state)
{
	struct maker m = maker_init();
	u8 *p;
	Elf64_Ehdr *eh;

	segment(&m, PT_LOAD, PF_R | PF_X, 0, 0x1000, 4096, 4096);
	finish(&m);
	p = (u8 *)m.file.p;
	eh = (Elf64_Ehdr *)p;
	refuse("#!/bin/sh\n", 10, "not an ELF file", SD_ERR_FAILED);
	refuse("", 0, "not an ELF file", SD_ERR_FAILED);
	refuse(p, 12, "truncated", SD_ERR_FAILED);
	refuse(p, 40, "truncated", SD_ERR_FAILED);
	refuse(p, 2000, "truncated", SD_ERR_FAILED);
	refuse(p, m.file.n - 1, "truncated", SD_ERR_FAILED);
	p[EI_CLASS] = ELFCLASS32;
	eh->e_machine = EM_386;
	refuse(p, m.file.n, "32-bit program (i386)", SD_ERR_PERM);
	p[EI_CLASS] = ELFCLASS64;
	eh->e_machine = EM_AARCH64;
	refuse(p, m.file.n, "arm64", SD_ERR_PERM);
	eh->e_machine = EM_X86_64;
	eh->e_type = ET_REL;
	refuse(p, m.file.n, "object file", SD_ERR_FAILED);
	eh->e_type = ET_CORE;
	refuse(p, m.file.n, "core dump", SD_ERR_FAILED);
	eh->e_type = ET_EXEC;
	eh->e_phentsize = 32;
	refuse(p, m.file.n, "truncated or damaged", SD_ERR_FAILED);
	eh->e_phentsize = sizeof(Elf64_Phdr);
	((Elf64_Phdr *)(p + sizeof(*eh)))->p_filesz = UINT64_MAX;
	refuse(p, m.file.n, "segments", SD_ERR_FAILED);
	maker_deinit(&m);
}

static void open_path_fails(const char *path, const char *want, enum sd_err_kind kind)
{
	struct sd_elf *elf = NULL;
	sd_autoerr err = sd_elf_open(path, path, &elf);

	assert_non_null(err);
	assert_string_equal(err->msg, want);
	assert_int_equal(err->kind, kind);
}

static void test_paths(void **state)
{
	open_path_fails("/", "/ is a directory", SD_ERR_FAILED);
	open_path_fails("/nowhere/at/all", "/nowhere/at/all: No such file or directory",
			SD_ERR_FAILED);
	open_path_fails("/dev/null", "/dev/null is not a regular file", SD_ERR_FAILED);
}

static void test_segments(void **state)
{
	struct maker m = maker_init();
	struct sd_elf *elf;
	struct sd_foff off;
	u64 n, vaddr, memsz, align;

	memset(m.file.p + 2048, 0xcc, 2048);
	segment(&m, PT_LOAD, PF_R, 0, 0, 1024, 1024);
	segment(&m, PT_LOAD, PF_R | PF_X, 1024, 0x1400, 1024, 1024);
	segment(&m, PT_LOAD, PF_R | PF_W, 2048, 0x2800, 1024, 8192);
	segment(&m, PT_GNU_RELRO, PF_R, 2048, 0x2800, 512, 512);
	segment(&m, PT_TLS, PF_R, 2048, 0x2800, 16, 64);
	finish(&m);
	elf = open_whole(&m);
	assert_true(sd_elf_is_pie(elf));
	assert_int_equal(sd_elf_entry(elf).v, 0x1010);
	assert_int_equal(sd_elf_first_exec(elf).v, 0x1400);
	assert_true(sd_elf_offset(elf, (struct sd_vaddr){0x1410}, true, &off));
	assert_int_equal(off.v, 1040);
	assert_false(sd_elf_offset(elf, (struct sd_vaddr){0x10}, true, &off));
	assert_true(sd_elf_offset(elf, (struct sd_vaddr){0x10}, false, &off));
	assert_false(sd_elf_offset(elf, (struct sd_vaddr){0x1800}, false, &off));
	assert_non_null(sd_elf_bytes(elf, (struct sd_vaddr){0x2bff}, &n));
	assert_int_equal(n, 1);
	assert_null(sd_elf_bytes(elf, (struct sd_vaddr){0x2c00}, &n));
	assert_int_equal(n, 0);
	assert_true(sd_elf_is_readonly(elf, (struct sd_vaddr){0}, 1024));
	assert_false(sd_elf_is_readonly(elf, (struct sd_vaddr){0}, 1025));
	assert_true(sd_elf_is_readonly(elf, (struct sd_vaddr){0x1400}, 8));
	assert_false(sd_elf_is_readonly(elf, (struct sd_vaddr){0x2800}, 8));
	assert_false(sd_elf_is_readonly(elf, (struct sd_vaddr){0x2f00}, 8));
	assert_false(sd_elf_is_readonly(elf, (struct sd_vaddr){UINT64_MAX}, 8));
	assert_true(sd_elf_tls(elf, &vaddr, &memsz, &align));
	assert_int_equal(memsz, 64);
	sd_elf_close(elf);
	maker_deinit(&m);
}

static void test_symbols(void **state)
{
	Elf64_Sym syms[40] = {0};
	char strings[1024] = "";
	struct maker m = maker_init();
	struct sd_symbol s;
	struct sd_elf *elf;
	size_t at = 1;

	for (int i = 1; i < 38; i++) {
		syms[i] = (Elf64_Sym){.st_name = (u32)at,
				      .st_value = 0x1000u + (u64)i,
				      .st_size = 4,
				      .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
				      .st_shndx = 1};
		at += (size_t)sprintf(strings + at, "pkg.f%d", i) + 1;
	}
	syms[2].st_shndx = SHN_UNDEF;
	syms[38] = syms[3]; /* the same name again, elsewhere */
	syms[38].st_value = 0x9999;
	syms[39].st_name = 5000; /* outside of the names */
	syms[39].st_shndx = 1;
	strings[at++] = 'x'; /* and an unterminated last one */
	add(&m, ".strtab", SHT_STRTAB, 0, 0, strings, at);
	add(&m, ".symtab", SHT_SYMTAB, 0, 0, syms, sizeof(syms))->sh_link = 1;
	finish(&m);
	elf = open_whole(&m);
	assert_int_equal(sd_elf_nsymbols(elf), 40);
	/* More often than it takes until the index of names is made. */
	for (int round = 0; round < 20; round++) {
		assert_true(sd_elf_symbol(elf, "pkg.f3", &s));
		assert_int_equal(s.addr.v, 0x1003);
		assert_int_equal(s.type, STT_FUNC);
		assert_false(sd_elf_symbol(elf, "pkg.f2", &s));
		assert_false(sd_elf_symbol(elf, "pkg.f", &s));
		assert_false(sd_elf_symbol(elf, "", &s) && *s.name);
	}
	assert_true(sd_elf_symbol_at(elf, 39, &s));
	assert_string_equal(s.name, "");
	assert_false(sd_elf_symbol_at(elf, 40, &s));
	sd_elf_close(elf);
	maker_deinit(&m);
}

static void test_relocations(void **state)
{
	/* Two ascending runs, as linkers make them, and a third that is not. */
	Elf64_Rela rela[] = {
		{0x3000, ELF64_R_INFO(0, R_X86_64_RELATIVE), 0x1111},
		{0x3008, ELF64_R_INFO(0, R_X86_64_RELATIVE), 0x2222},
		{0x3018, ELF64_R_INFO(1, R_X86_64_GLOB_DAT), 0},
		{0x2ff8, ELF64_R_INFO(1, R_X86_64_64), 0x10},
		{0x3010, ELF64_R_INFO(2, R_X86_64_64), 0x10},
		{0x2ff0, ELF64_R_INFO(9, R_X86_64_64), 0x10},
	};
	Elf64_Sym syms[3] = {{0}, {.st_value = 0x5000, .st_shndx = 1}, {0}};
	struct maker m = maker_init();
	struct sd_elf *elf;
	u64 word = 0x77, v;

	segment(&m, PT_LOAD, PF_R | PF_W, 0, 0x3000, 4096, 4096);
	memcpy(m.file.p + 0x100, &word, 8);
	add(&m, ".dynsym", SHT_DYNSYM, SHF_ALLOC, 0, syms, sizeof(syms));
	add(&m, ".rela.dyn", SHT_RELA, SHF_ALLOC, 0, rela, sizeof(rela))->sh_link = 1;
	finish(&m);
	elf = open_whole(&m);
	assert_true(sd_elf_reloc(elf, (struct sd_vaddr){0x3008}, &v));
	assert_int_equal(v, 0x2222);
	assert_true(sd_elf_reloc(elf, (struct sd_vaddr){0x2ff8}, &v));
	assert_int_equal(v, 0x5010);
	assert_false(sd_elf_reloc(elf, (struct sd_vaddr){0x3010}, &v)); /* undefined symbol */
	assert_false(sd_elf_reloc(elf, (struct sd_vaddr){0x2ff0}, &v)); /* no such symbol */
	assert_false(sd_elf_reloc(elf, (struct sd_vaddr){0x3018}, &v)); /* of another kind */
	assert_false(sd_elf_reloc(elf, (struct sd_vaddr){0x3001}, &v));
	assert_true(sd_elf_read_ptr(elf, (struct sd_vaddr){0x3000}, &v));
	assert_int_equal(v, 0x1111);
	assert_true(sd_elf_read_ptr(elf, (struct sd_vaddr){0x3100}, &v));
	assert_int_equal(v, 0x77);
	assert_false(sd_elf_read_ptr(elf, (struct sd_vaddr){0x3ffc}, &v));
	sd_elf_close(elf);
	maker_deinit(&m);
}

static void fill_plain(u8 *p)
{
	for (size_t i = 0; i < PLAIN_SIZE; i++)
		p[i] = (u8)(i * i >> 7);
}

/* zlib's bytes behind room for a header; the caller frees. */
static u8 *compress(size_t header, u64 *n_ret)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	sd_autofree u8 *plain = malloc(PLAIN_SIZE);
	u8 *out = calloc(1, PLAIN_SIZE);

	fill_plain(plain);
	*n_ret = header +
		 libdeflate_zlib_compress(c, plain, PLAIN_SIZE, out + header, PLAIN_SIZE - header);
	assert_true(*n_ret > header);
	libdeflate_free_compressor(c);
	return out;
}

enum packing { PLAIN, CHDR, ZDEBUG };

static void add_packed(struct maker *m, const char *name, enum packing packing, u64 claimed,
		       size_t cut)
{
	Elf64_Chdr ch = {.ch_type = ELFCOMPRESS_ZLIB, .ch_size = claimed, .ch_addralign = 1};
	size_t header = packing == CHDR ? sizeof(ch) : packing == ZDEBUG ? 12 : 0;
	u64 n;
	sd_autofree u8 *p = compress(header, &n);

	if (packing == CHDR) {
		memcpy(p, &ch, sizeof(ch));
	} else if (packing == ZDEBUG) {
		memcpy(p, "ZLIB", 4);
		for (int i = 0; i < 8; i++)
			p[11 - i] = (u8)(claimed >> (8 * i));
	} else {
		n = PLAIN_SIZE;
		fill_plain(p);
	}
	add(m, name, SHT_PROGBITS, packing == CHDR ? SHF_COMPRESSED : 0, 0, p, n - cut);
}

static void check_plain(const u8 *p, u64 n)
{
	sd_autofree u8 *plain = malloc(PLAIN_SIZE);

	fill_plain(plain);
	assert_int_equal(n, PLAIN_SIZE);
	assert_memory_equal(p, plain, PLAIN_SIZE);
}

static void test_section_data(void **state)
{
	static const char *const names[] = {".debug_info", ".debug_info", ".zdebug_info"};

	for (int packing = PLAIN; packing <= ZDEBUG; packing++) {
		struct maker m = maker_init();
		const struct sd_section *s;
		struct sd_elf *elf;
		const u8 *p;
		u64 n;

		add_packed(&m, names[packing], (enum packing)packing, PLAIN_SIZE, 0);
		finish(&m);
		elf = open_whole(&m);
		s = sd_elf_section(elf, ".debug_info");
		assert_non_null(s);
		for (int twice = 0; twice < 2; twice++) {
			assert_null(sd_elf_section_data(elf, s, &p, &n));
			check_plain(p, n);
		}
		assert_null(sd_elf_section(elf, ".debug_inf"));
		assert_true(sd_elf_has_debug(elf));
		assert_int_equal(sd_elf_nsections(elf), 3);
		assert_null(sd_elf_section_at(elf, 3));
		sd_elf_close(elf);
		maker_deinit(&m);
	}
}

static void packed_fails(enum packing packing, u64 claimed, size_t cut, const char *word)
{
	struct maker m = maker_init();
	struct sd_elf *elf;
	const u8 *p;
	void *image;
	size_t size;
	u64 n;

	add_packed(&m, packing == ZDEBUG ? ".zdebug_info" : ".debug_info", packing, claimed, cut);
	finish(&m);
	elf = open_whole(&m);
	{
		sd_autoerr err = sd_elf_section_data(elf, sd_elf_section(elf, ".debug_info"), &p,
						     &n);
		sd_autoerr err2 = sd_elf_debug_image(elf, false, &image, &size);

		assert_non_null(err);
		assert_non_null(err2);
		if (!strstr(err->msg, word) || !strstr(err2->msg, word))
			fail_msg("'%s', '%s' do not say '%s'", err->msg, err2->msg, word);
	}
	sd_elf_close(elf);
	maker_deinit(&m);
}

static void test_damaged_sections(void **state)
{
	packed_fails(CHDR, PLAIN_SIZE + 1, 0, "cannot be inflated");
	packed_fails(CHDR, PLAIN_SIZE - 1, 0, "cannot be inflated");
	packed_fails(CHDR, PLAIN_SIZE, 20, "cannot be inflated");
	packed_fails(CHDR, UINT64_MAX, 0, "more than it can");
	packed_fails(CHDR, 1ULL << 40, 0, "more than it can");
	packed_fails(ZDEBUG, 1ULL << 40, 0, "more than it can");
	packed_fails(ZDEBUG, PLAIN_SIZE, 20, "cannot be inflated");
}

static void test_section_outside(void **state)
{
	struct maker m = maker_init();
	struct sd_elf *elf;
	const u8 *p;
	u64 n;

	add(&m, ".far", SHT_PROGBITS, 0, 0, "x", 1)->sh_offset = 1 << 30;
	add(&m, ".wide", SHT_PROGBITS, 0, 0, "x", 1)->sh_size = UINT64_MAX;
	add(&m, ".bss", SHT_NOBITS, 0, 0, "", 0)->sh_size = 4096;
	finish(&m);
	elf = open_whole(&m);
	for (u32 i = 1; i <= 3; i++) {
		sd_autoerr err = sd_elf_section_data(elf, sd_elf_section_at(elf, i), &p, &n);

		assert_non_null(err);
	}
	assert_false(sd_elf_has_debug(elf));
	sd_elf_close(elf);
	maker_deinit(&m);
}

/* The image: an ELF file of its own with the sections plain. */
static void check_image(struct sd_elf *elf)
{
	static const char *const names[] = {".debug_info", ".debug_abbrev", ".debug_loc"};
	struct sd_elf *image;
	void *mem, *again;
	const u8 *p;
	size_t size;
	u64 n;

	assert_null(sd_elf_debug_image(elf, false, &mem, &size));
	assert_null(sd_elf_debug_image(elf, false, &again, &size));
	assert_ptr_equal(mem, again);
	assert_null(sd_elf_open_memory(mem, size, "image", &image));
	for (size_t i = 0; i < SD_ARRAY_SIZE(names); i++) {
		assert_null(sd_elf_section_data(image, sd_elf_section(image, names[i]), &p, &n));
		check_plain(p, n);
	}
	assert_null(sd_elf_section(image, ".text"));
	assert_null(sd_elf_section(image, ".debug_line"));
	sd_elf_close(image);
}

static void test_image(void **state)
{
	char path[] = "/tmp/sonde-test-elf-XXXXXX";
	struct maker m = maker_init();
	struct sd_elf *elf, *file;
	int fd = mkstemp(path);
	void *mem;
	size_t size;

	add(&m, ".text", SHT_PROGBITS, SHF_ALLOC, 0x1000, "\xc3", 1);
	add_packed(&m, ".debug_info", CHDR, PLAIN_SIZE, 0);
	add_packed(&m, ".zdebug_abbrev", ZDEBUG, PLAIN_SIZE, 0);
	add_packed(&m, ".debug_loc", PLAIN, 0, 0);
	add_packed(&m, ".debug_line", CHDR, PLAIN_SIZE, 0);
	finish(&m);
	elf = open_whole(&m);
	check_image(elf);
	assert_null(sd_elf_debug_image(elf, true, &mem, &size));
	sd_elf_close(elf);
	/* The same from a file, of which plain sections are mapped. */
	assert_true(fd >= 0);
	assert_int_equal(write(fd, m.file.p, m.file.n), m.file.n);
	assert_null(sd_elf_open(path, "file", &file));
	unlink(path);
	close(fd);
	assert_true(sd_elf_ino(file) != 0);
	check_image(file);
	sd_elf_close(file);
	maker_deinit(&m);
}

static void test_build_id(void **state)
{
	static const char note[] = "\4\0\0\0\5\0\0\0\4\0\0\0Go\0\0xxxxx\0\0\0"
				   "\4\0\0\0\3\0\0\0\3\0\0\0GNU\0\xab\xcd\xef";
	struct maker m = maker_init();
	struct sd_elf *elf;

	add(&m, ".note", SHT_NOTE, SHF_ALLOC, 0, note, sizeof(note) - 1);
	finish(&m);
	elf = open_whole(&m);
	assert_string_equal(sd_elf_build_id(elf), "abcdef");
	sd_elf_close(elf);
	maker_deinit(&m);
}

/* Every byte of a small file set to every of a few values: opened or refused, never more than that.
 */
static void test_damage(void **state)
{
	static const u8 values[] = {0, 1, 0x7f, 0x80, 0xff};
	Elf64_Sym sym = {.st_name = 1, .st_shndx = 1};
	struct maker m = maker_init();
	int opened = 0, refused = 0;

	segment(&m, PT_LOAD, PF_R | PF_X, 0, 0x1000, 4096, 4096);
	add(&m, ".strtab", SHT_STRTAB, 0, 0, "\0name", 6);
	add(&m, ".symtab", SHT_SYMTAB, 0, 0, &sym, sizeof(sym))->sh_link = 1;
	add(&m, ".debug_info", SHT_PROGBITS, 0, 0, "x", 1);
	finish(&m);
	for (size_t i = 0; i < m.file.n; i = i == 200 ? 4096 : i + 1)
		for (size_t v = 0; v < sizeof(values); v++) {
			char was = m.file.p[i];
			struct sd_elf *elf = NULL;
			struct sd_symbol s;
			sd_autoerr err = NULL;
			void *image;
			size_t size;

			m.file.p[i] = (char)values[v];
			err = sd_elf_open_memory(m.file.p, m.file.n, "damaged", &elf);
			if (!err) {
				sd_elf_symbol(elf, "name", &s);
				err = sd_elf_debug_image(elf, true, &image, &size);
				opened++;
			} else {
				refused++;
			}
			sd_elf_close(elf);
			m.file.p[i] = was;
		}
	assert_true(opened > 100 && refused > 100);
	maker_deinit(&m);
}

static void test_self(void **state)
{
	struct sd_elf *elf;
	struct sd_symbol s;
	struct sd_foff off;

	assert_null(sd_elf_open("/proc/self/exe", "self", &elf));
	assert_string_equal(sd_elf_display(elf), "self");
	assert_true(sd_elf_symbol(elf, "main", &s));
	assert_true(sd_elf_offset(elf, s.addr, true, &off));
	assert_true(sd_elf_is_readonly(elf, s.addr, 16));
	assert_true(sd_elf_dev(elf) != 0);
	sd_elf_close(elf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_relocations),
		cmocka_unit_test(test_section_data),
		cmocka_unit_test(test_damaged_sections),
		cmocka_unit_test(test_section_outside),
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_build_id),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_self),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
