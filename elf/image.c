/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image that libdw reads: an ELF file in memory with only the debug sections that matter.
 * Compressed ones are inflated straight into it on two threads, the largest first; plain ones are
 * mapped from the file, not copied.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf/priv.h"

#define PAGE	    4096ULL
/* A second thread costs some 0.1 ms: below this many bytes it does not pay. */
#define THREAD_PAYS (1U << 20)

struct part {
	const struct sd_section *s;
	struct sd_elf_packed packed;
	u64 pos; /* in the image */
	u32 name;
	bool ok;
};

struct layout {
	struct sd_elf *elf; /* the file that has the sections */
	struct part parts[16];
	u32 n;
	u64 size;
	u64 strtab;
	char names[256];
	u32 names_size;
	u8 *image;
	u32 next; /* part to inflate next, by threads */
};

static const char *const wanted[] = {
	".debug_info",	      ".debug_abbrev",	 ".debug_addr", ".debug_rnglists",
	".debug_ranges",      ".debug_loclists", ".debug_loc",	".debug_str",
	".debug_str_offsets", ".debug_line_str", ".debug_line", /* with lines, or when it need not
								   be inflated */
	".debug_frame",	      ".eh_frame",			/* only with lines */
};
#define LINE		     10
#define WANTED_WITHOUT_LINES 11

static struct sd_err *collect(struct layout *l, bool with_lines)
{
	u32 n = with_lines ? SD_ARRAY_SIZE(wanted) : WANTED_WITHOUT_LINES;

	l->names_size = 1;
	memcpy(l->names + l->names_size, ".shstrtab", 10);
	l->names_size += 10;
	for (u32 i = 0; i < n; i++) {
		const struct sd_section *s = sd_elf_section(l->elf, wanted[i]);
		struct part *part = &l->parts[l->n];
		size_t len = strlen(wanted[i]) + 1;

		if (!s || s->type == SHT_NOBITS)
			continue;
		SD_TRY(sd_elf_packed_init(l->elf, s, &part->packed));
		if (i == LINE && part->packed.packed && !with_lines)
			continue;
		part->s = s;
		part->name = l->names_size;
		memcpy(l->names + l->names_size, wanted[i], len);
		l->names_size += (u32)len;
		l->n++;
	}
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	u64 x = ((const struct part *)a)->packed.n, y = ((const struct part *)b)->packed.n;

	return x > y ? -1 : x < y;
}

static bool is_mapped(const struct layout *l, const struct part *part)
{
	return !part->packed.packed && l->elf->fd >= 0 && part->packed.size >= 4 * PAGE;
}

/* Places the parts; mapped ones on pages of their own, at the offset in the page that they have in
 * the file. */
static bool place(struct layout *l)
{
	u64 pos = PAGE;

	qsort(l->parts, l->n, sizeof(l->parts[0]), by_size);
	for (u32 i = 0; i < l->n; i++) {
		struct part *part = &l->parts[i];

		if (is_mapped(l, part)) {
			u64 in = part->s->off.v % PAGE;

			part->pos = ((pos + PAGE - 1) & ~(PAGE - 1)) + in;
			pos = (part->pos + part->packed.size + PAGE - 1) & ~(PAGE - 1);
		} else {
			part->pos = (pos + 63) & ~63ULL;
			pos = part->pos + part->packed.size;
		}
		if (pos > SD_ELF_MAX_INFLATED)
			return false;
	}
	l->strtab = (pos + 63) & ~63ULL;
	l->size = l->strtab + sizeof(l->names);
	return true;
}

static void write_headers(const struct layout *l)
{
	Elf64_Ehdr *eh = (Elf64_Ehdr *)l->image;
	Elf64_Shdr *sh = (Elf64_Shdr *)(l->image + 256);

	memcpy(eh->e_ident, ELFMAG, SELFMAG);
	eh->e_ident[EI_CLASS] = ELFCLASS64;
	eh->e_ident[EI_DATA] = ELFDATA2LSB;
	eh->e_ident[EI_VERSION] = EV_CURRENT;
	eh->e_type = ET_EXEC;
	eh->e_machine = EM_X86_64;
	eh->e_version = EV_CURRENT;
	eh->e_ehsize = sizeof(*eh);
	eh->e_shoff = 256;
	eh->e_shentsize = sizeof(*sh);
	eh->e_shnum = (u16)(l->n + 2);
	eh->e_shstrndx = (u16)(l->n + 1);
	for (u32 i = 0; i < l->n; i++)
		sh[i + 1] = (Elf64_Shdr){
			.sh_name = l->parts[i].name,
			.sh_type = SHT_PROGBITS,
			.sh_addr = l->parts[i].s->addr.v,
			.sh_offset = l->parts[i].pos,
			.sh_size = l->parts[i].packed.size,
			.sh_addralign = 1,
		};
	sh[l->n + 1] = (Elf64_Shdr){
		.sh_name = 1,
		.sh_type = SHT_STRTAB,
		.sh_offset = l->strtab,
		.sh_size = l->names_size,
		.sh_addralign = 1,
	};
	memcpy(l->image + l->strtab, l->names, l->names_size);
}

/* The image keeps pages of the file where they need not be changed. */
static bool map_part(const struct layout *l, const struct part *part)
{
	u64 in = part->s->off.v % PAGE;
	void *at = l->image + part->pos - in;

	return mmap(at, part->packed.size + in, PROT_READ, MAP_PRIVATE | MAP_FIXED, l->elf->fd,
		    (off_t)(part->s->off.v - in)) == at;
}

/* Packed bytes are not needed twice: they need not count as our memory. */
static void forget(const struct sd_elf *elf, const u8 *p, u64 n)
{
	uintptr_t from = ((uintptr_t)p + PAGE - 1) & ~(PAGE - 1),
		  to = ((uintptr_t)p + n) & ~(PAGE - 1);

	if (elf->fd >= 0 && from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
}

static void *fill(void *ctx)
{
	struct layout *l = ctx;
	u32 i;

	while ((i = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED)) < l->n) {
		struct part *part = &l->parts[i];

		if (is_mapped(l, part)) {
			part->ok = map_part(l, part);
		} else if (part->packed.packed) {
			part->ok = sd_elf_inflate(&part->packed, l->image + part->pos);
			forget(l->elf, part->packed.p, part->packed.n);
		} else {
			memcpy(l->image + part->pos, part->packed.p, part->packed.size);
			part->ok = true;
		}
	}
	return NULL;
}

static struct sd_err *fill_all(struct layout *l)
{
	u64 packed = 0;
	pthread_t thread;
	bool threaded = false;

	for (u32 i = 0; i < l->n; i++)
		if (l->parts[i].packed.packed)
			packed += l->parts[i].packed.size;
	if (packed >= THREAD_PAYS)
		threaded = !pthread_create(&thread, NULL, fill, l);
	fill(l);
	if (threaded)
		pthread_join(thread, NULL);
	for (u32 i = 0; i < l->n; i++)
		if (!l->parts[i].ok)
			return sd_err_new(SD_ERR_FAILED,
					  "%s is damaged: section %s cannot be inflated",
					  l->elf->display, l->parts[i].s->name);
	return NULL;
}

static struct sd_err *make_image(struct sd_elf *file, bool with_lines, struct sd_elf_image *image)
{
	struct layout l = {.elf = file};
	struct sd_err *err;

	SD_TRY(collect(&l, with_lines));
	if (!place(&l))
		return sd_err_new(SD_ERR_FAILED, "%s: more than 4 GiB of debug information",
				  file->display);
	l.image = mmap(NULL, l.size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (l.image == MAP_FAILED)
		return sd_err_errno(SD_ERR_FAILED, errno, "%s: memory for its debug information",
				    file->display);
	madvise(l.image, l.size,
		MADV_HUGEPAGE); /* a fifth faster to fill; where it is refused, so be it */
	write_headers(&l);
	err = fill_all(&l);
	if (err) {
		munmap(l.image, l.size);
		return err;
	}
	*image = (struct sd_elf_image){.p = l.image, .size = l.size, .mapped = l.size};
	return NULL;
}

struct sd_err *sd_elf_debug_image(struct sd_elf *elf, bool with_lines, void **image_ret,
				  size_t *size_ret)
{
	struct sd_elf *file = sd_elf_debug_file(elf);
	struct sd_elf_image *image = &elf->images[with_lines];

	if (!file)
		return sd_err_hint(
			sd_err_new(SD_ERR_FAILED, "%s has no debug information", elf->display),
			"build it with debug information (Go: without -ldflags=-w or -s; others: "
			"with -g) "
			"and do not strip it");
	if (!image->p)
		SD_TRY(make_image(file, with_lines, image));
	*image_ret = image->p;
	*size_ret = image->size;
	return NULL;
}
