/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening an ELF file: which files are accepted, its headers checked against its size, and its
 * loadable segments. */
#include "elf/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf/priv.h"

/* Far more than linkers make (one a function and a few); a bound on what a damaged header can ask
 * for. */
#define MAX_SECTIONS (1U << 20)

const u8 *sd_elf_file_bytes(const struct sd_elf *elf, u64 off, u64 n)
{
	if (off > elf->size || elf->size - off < n)
		return NULL;
	return elf->map + off;
}

static struct sd_err *truncated(const struct sd_elf *elf, const char *what)
{
	return sd_err_new(SD_ERR_FAILED,
			  "%s is truncated or damaged: its %s lie outside of the file",
			  elf->display, what);
}

static const char *machine_name(unsigned int machine, char *buf, size_t size)
{
	static const struct {
		u16 machine;
		const char *name;
	} known[] = {
		{EM_386, "i386"},      {EM_ARM, "arm"},
		{EM_AARCH64, "arm64"}, {EM_PPC64, "ppc64"},
		{EM_S390, "s390x"},    {EM_RISCV, "riscv"},
		{EM_MIPS, "mips"},     {EM_LOONGARCH, "loongarch"},
		{EM_BPF, "bpf"},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(known); i++)
		if (known[i].machine == machine)
			return known[i].name;
	snprintf(buf, size, "machine number %u", machine);
	return buf;
}

static struct sd_err *check_ident(struct sd_elf *elf)
{
	const u8 *id = sd_elf_file_bytes(elf, 0, EI_NIDENT);
	u16 machine = 0;
	char buf[40];

	if (elf->size < SELFMAG || memcmp(elf->map, ELFMAG, SELFMAG))
		return sd_err_new(SD_ERR_FAILED, "%s is not an ELF file", elf->display);
	if (!id || elf->size < 20)
		return truncated(elf, "headers");
	if (id[EI_DATA] == ELFDATA2LSB)
		memcpy(&machine, elf->map + 18, 2);
	else if (id[EI_DATA] == ELFDATA2MSB)
		machine = (u16)(elf->map[18] << 8 | elf->map[19]);
	if (id[EI_CLASS] == ELFCLASS32)
		return sd_err_new(SD_ERR_PERM,
				  "%s is a 32-bit program (%s): only x86-64 is supported",
				  elf->display, machine_name(machine, buf, sizeof(buf)));
	if (id[EI_CLASS] != ELFCLASS64 || !machine)
		return sd_err_new(SD_ERR_FAILED,
				  "%s is damaged: its ELF class or byte order is unknown",
				  elf->display);
	if (machine != EM_X86_64 || id[EI_DATA] != ELFDATA2LSB)
		return sd_err_new(SD_ERR_PERM, "%s is a program for %s: only x86-64 is supported",
				  elf->display, machine_name(machine, buf, sizeof(buf)));
	return NULL;
}

static struct sd_err *read_header(struct sd_elf *elf)
{
	const u8 *p;

	SD_TRY(check_ident(elf));
	p = sd_elf_file_bytes(elf, 0, sizeof(elf->eh));
	if (!p)
		return truncated(elf, "headers");
	memcpy(&elf->eh, p, sizeof(elf->eh));
	if (elf->eh.e_type != ET_EXEC && elf->eh.e_type != ET_DYN) {
		const char *what = elf->eh.e_type == ET_REL    ? "an object file"
				   : elf->eh.e_type == ET_CORE ? "a core dump"
							       : "an unknown kind of ELF file";

		return sd_err_new(SD_ERR_FAILED, "%s is %s, not an executable or shared object",
				  elf->display, what);
	}
	return NULL;
}

static struct sd_err *read_segments(struct sd_elf *elf)
{
	const u8 *p;
	u32 n = elf->eh.e_phnum;

	if (n == PN_XNUM)
		return truncated(elf, "program headers");
	if (!n || (elf->debug_only && !elf->eh.e_phoff))
		return NULL;
	if (elf->eh.e_phentsize != sizeof(Elf64_Phdr))
		return truncated(elf, "program headers");
	p = sd_elf_file_bytes(elf, elf->eh.e_phoff, (u64)n * sizeof(Elf64_Phdr));
	if (!p)
		return truncated(elf, "program headers");
	elf->phdrs = sd_xcalloc(n, sizeof(*elf->phdrs));
	memcpy(elf->phdrs, p, (size_t)n * sizeof(*elf->phdrs));
	elf->nphdrs = n;
	for (u32 i = 0; i < n; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];

		if (ph->p_type != PT_LOAD || elf->debug_only)
			continue;
		if (!sd_elf_file_bytes(elf, ph->p_offset, ph->p_filesz))
			return truncated(elf, "segments");
		if (ph->p_filesz > ph->p_memsz || ph->p_vaddr + ph->p_memsz < ph->p_vaddr)
			return sd_err_new(SD_ERR_FAILED,
					  "%s is damaged: a segment's sizes contradict each other",
					  elf->display);
	}
	return NULL;
}

/* Number of section headers, and of the one with their names; both may be in section 0 (gABI,
 * e_shnum). */
static struct sd_err *count_sections(struct sd_elf *elf, u32 *n_ret, u32 *names_ret)
{
	Elf64_Shdr first;
	const u8 *p;
	u64 n = elf->eh.e_shnum;
	u32 names = elf->eh.e_shstrndx;

	if (!elf->eh.e_shoff) {
		*n_ret = 0;
		*names_ret = 0;
		return NULL;
	}
	p = sd_elf_file_bytes(elf, elf->eh.e_shoff, sizeof(first));
	if (!p || elf->eh.e_shentsize != sizeof(first))
		return truncated(elf, "section headers");
	memcpy(&first, p, sizeof(first));
	if (!n)
		n = first.sh_size;
	if (names == SHN_XINDEX)
		names = first.sh_link;
	if (n > MAX_SECTIONS || n > elf->size / sizeof(first) ||
	    !sd_elf_file_bytes(elf, elf->eh.e_shoff, n * sizeof(first)))
		return truncated(elf, "section headers");
	*n_ret = (u32)n;
	*names_ret = names;
	return NULL;
}

static struct sd_err *read_sections(struct sd_elf *elf)
{
	const u8 *table, *names = NULL;
	u64 names_size = 0;
	u32 n = 0, shstrndx = 0;

	SD_TRY(count_sections(elf, &n, &shstrndx));
	if (!n)
		return NULL;
	table = elf->map + elf->eh.e_shoff;
	if (shstrndx < n) {
		Elf64_Shdr sh;

		memcpy(&sh, table + (u64)shstrndx * sizeof(sh), sizeof(sh));
		names = sd_elf_file_bytes(elf, sh.sh_offset, sh.sh_size);
		if (!names || sh.sh_type == SHT_NOBITS)
			return truncated(elf, "section names");
		names_size = sh.sh_size;
		/* Names end inside the table: what follows its last NUL is none. */
		while (names_size && names[names_size - 1])
			names_size--;
	}
	elf->sections = sd_xcalloc(n, sizeof(*elf->sections));
	elf->secdata = sd_xcalloc(n, sizeof(*elf->secdata));
	elf->links = sd_xcalloc(n, sizeof(*elf->links));
	elf->nsections = n;
	for (u32 i = 0; i < n; i++) {
		Elf64_Shdr sh;

		memcpy(&sh, table + (u64)i * sizeof(sh), sizeof(sh));
		elf->sections[i] = (struct sd_section){
			.name = "",
			.addr.v = sh.sh_addr,
			.off.v = sh.sh_offset,
			.size = sh.sh_size,
			.flags = sh.sh_flags,
			.type = sh.sh_type,
			.index = i,
		};
		elf->links[i] = sh.sh_link;
		if (sh.sh_name < names_size)
			elf->sections[i].name = (const char *)names + sh.sh_name;
	}
	return NULL;
}

/* Text relocations make bytes of read-only segments differ from the file's. */
static void read_dynamic(struct sd_elf *elf)
{
	for (u32 i = 0; i < elf->nphdrs; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];
		const u8 *p;

		if (ph->p_type != PT_DYNAMIC)
			continue;
		p = sd_elf_file_bytes(elf, ph->p_offset, ph->p_filesz);
		for (u64 o = 0; p && ph->p_filesz - o >= sizeof(Elf64_Dyn);
		     o += sizeof(Elf64_Dyn)) {
			Elf64_Dyn d;

			memcpy(&d, p + o, sizeof(d));
			if (d.d_tag == DT_NULL)
				break;
			if (d.d_tag == DT_TEXTREL ||
			    (d.d_tag == DT_FLAGS && (d.d_un.d_val & DF_TEXTREL)))
				elf->textrel = true;
		}
	}
}

static struct sd_err *read_all(struct sd_elf *elf)
{
	SD_TRY(read_header(elf));
	SD_TRY(read_segments(elf));
	SD_TRY(read_sections(elf));
	if (!elf->debug_only)
		read_dynamic(elf);
	return NULL;
}

static struct sd_err *finish(struct sd_elf *elf, struct sd_elf **ret)
{
	struct sd_err *err = read_all(elf);

	if (err) {
		sd_elf_close(elf);
		return err;
	}
	*ret = elf;
	return NULL;
}

/* Maps fd, which elf then owns. */
static struct sd_err *map_file(struct sd_elf *elf)
{
	struct stat st;
	void *p;

	if (fstat(elf->fd, &st))
		return sd_err_errno(SD_ERR_FAILED, errno, "%s", elf->display);
	if (S_ISDIR(st.st_mode))
		return sd_err_new(SD_ERR_FAILED, "%s is a directory", elf->display);
	if (!S_ISREG(st.st_mode))
		return sd_err_new(SD_ERR_FAILED, "%s is not a regular file", elf->display);
	if (!st.st_size)
		return sd_err_new(SD_ERR_FAILED, "%s is not an ELF file: it is empty",
				  elf->display);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, elf->fd, 0);
	if (p == MAP_FAILED)
		return sd_err_errno(SD_ERR_FAILED, errno, "%s: mapping it", elf->display);
	elf->map = p;
	elf->size = (u64)st.st_size;
	elf->dev = st.st_dev;
	elf->ino = st.st_ino;
	return NULL;
}

void sd_elf_trim(const struct sd_elf *elf)
{
	if (elf->fd >= 0)
		madvise((void *)elf->map, elf->size, MADV_DONTNEED);
}

static char *resolved_path(int fd)
{
	char link[40], path[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	return n > 0 && (size_t)n < sizeof(path) ? sd_xstrndup(path, (size_t)n) : NULL;
}

static struct sd_err *open_fd(int fd, const char *display, bool debug_only, struct sd_elf **ret)
{
	struct sd_elf *elf = sd_xcalloc(1, sizeof(*elf));
	struct sd_err *err;

	elf->fd = fd;
	elf->display = sd_xstrdup(display);
	elf->debug_only = debug_only;
	elf->path = resolved_path(fd);
	err = map_file(elf);
	if (err) {
		sd_elf_close(elf);
		return err;
	}
	return finish(elf, ret);
}

static struct sd_err *open_path(const char *path, const char *display, bool debug_only,
				struct sd_elf **ret)
{
	/* O_NONBLOCK: a FIFO must not make us wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return sd_err_errno(errno == EACCES || errno == EPERM ? SD_ERR_PERM : SD_ERR_FAILED,
				    errno, "%s", display);
	return open_fd(fd, display, debug_only, ret);
}

struct sd_err *sd_elf_open(const char *path, const char *display, struct sd_elf **ret)
{
	return open_path(path, display, false, ret);
}

struct sd_err *sd_elf_open_debug(const char *path, struct sd_elf **ret)
{
	return open_path(path, path, true, ret);
}

struct sd_err *sd_elf_open_memory(const void *p, size_t n, const char *display, struct sd_elf **ret)
{
	struct sd_elf *elf = sd_xcalloc(1, sizeof(*elf));

	elf->fd = -1;
	elf->map = p;
	elf->size = n;
	elf->display = sd_xstrdup(display);
	return finish(elf, ret);
}

void sd_elf_close(struct sd_elf *elf)
{
	if (!elf)
		return;
	if (elf->debug != elf)
		sd_elf_close(elf->debug);
	for (size_t i = 0; i < SD_ARRAY_SIZE(elf->images); i++)
		if (elf->images[i].p)
			munmap(elf->images[i].p, elf->images[i].mapped);
	for (u32 i = 0; i < elf->nsections; i++)
		free(elf->secdata[i].inflated);
	sd_elf_relocs_deinit(elf);
	if (elf->fd >= 0 && elf->map)
		munmap((void *)elf->map, elf->size);
	sd_closep(&elf->fd);
	free(elf->symbol_index);
	free(elf->build_id);
	free(elf->links);
	free(elf->secdata);
	free(elf->sections);
	free(elf->phdrs);
	free(elf->path);
	free(elf->display);
	free(elf);
}

const char *sd_elf_display(const struct sd_elf *elf)
{
	return elf->display;
}

u64 sd_elf_dev(const struct sd_elf *elf)
{
	return elf->dev;
}

u64 sd_elf_ino(const struct sd_elf *elf)
{
	return elf->ino;
}

bool sd_elf_is_pie(const struct sd_elf *elf)
{
	return elf->eh.e_type == ET_DYN;
}

struct sd_vaddr sd_elf_entry(const struct sd_elf *elf)
{
	return (struct sd_vaddr){elf->eh.e_entry};
}
