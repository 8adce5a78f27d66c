/* SPDX-License-Identifier: BSD-2-Clause */
/* Which file holds the debug information: this one, or a separate one found by build id or
 * .gnu_debuglink. */
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "elf/priv.h"

#define DEBUG_ROOT "/usr/lib/debug"

/* Looks for the GNU build id (owner "GNU", type 3) in a run of notes. */
static bool find_note(const u8 *p, u64 n, struct sd_buf *hex)
{
	struct sd_cursor c = sd_cursor_at(p, n);

	while (c.end - c.p >= 12) {
		u32 namesz = sd_cursor_u32(&c), descsz = sd_cursor_u32(&c),
		    type = sd_cursor_u32(&c);
		const u8 *name = c.p, *desc;

		sd_cursor_skip(&c, ((u64)namesz + 3) & ~3ULL);
		desc = c.p;
		sd_cursor_skip(&c, descsz);
		if (c.bad)
			return false;
		if (type == NT_GNU_BUILD_ID && namesz == 4 && !memcmp(name, "GNU", 4) && descsz &&
		    descsz <= 64) {
			for (u32 i = 0; i < descsz; i++)
				sd_buf_printf(hex, "%02x", desc[i]);
			return true;
		}
		sd_cursor_skip(&c, -(u64)descsz & 3);
		if (c.bad)
			return false;
	}
	return false;
}

const char *sd_elf_build_id(struct sd_elf *elf)
{
	struct sd_buf hex = {0};
	bool found = false;

	if (elf->build_id)
		return elf->build_id;
	for (u32 i = 1; i < elf->nsections && !found; i++) {
		const struct sd_section *s = &elf->sections[i];
		const u8 *p = s->type == SHT_NOTE ? sd_elf_file_bytes(elf, s->off.v, s->size)
						  : NULL;

		found = p && find_note(p, s->size, &hex);
	}
	for (u32 i = 0; i < elf->nphdrs && !found && !elf->debug_only; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];
		const u8 *p = NULL;

		if (ph->p_type == PT_NOTE)
			p = sd_elf_file_bytes(elf, ph->p_offset, ph->p_filesz);
		found = p && find_note(p, ph->p_filesz, &hex);
	}
	elf->build_id = sd_xstrdup(sd_buf_cstr(&hex));
	sd_buf_deinit(&hex);
	return elf->build_id;
}

static bool has_info(const struct sd_elf *elf)
{
	const struct sd_section *s = sd_elf_section(elf, ".debug_info");

	return s && s->type != SHT_NOBITS && s->size;
}

/* Opens path when it holds debug information for elf: same build id, or the checksum that the link
 * names. */
static struct sd_elf *try_debug(struct sd_elf *elf, const char *path, const u32 *crc)
{
	const char *id = sd_elf_build_id(elf);
	struct sd_elf *debug = NULL;
	sd_autoerr err = sd_elf_open_debug(path, &debug);

	if (err)
		return NULL;
	if (has_info(debug)) {
		const char *its_id = sd_elf_build_id(debug);

		if (*id && *its_id ? !strcmp(id, its_id)
				   : crc && libdeflate_crc32(0, debug->map, debug->size) == *crc)
			return debug;
	}
	sd_elf_close(debug);
	return NULL;
}

static struct sd_elf *by_build_id(struct sd_elf *elf)
{
	const char *id = sd_elf_build_id(elf);
	char path[256];

	if (strlen(id) < 6)
		return NULL;
	snprintf(path, sizeof(path), DEBUG_ROOT "/.build-id/%.2s/%s.debug", id, id + 2);
	return try_debug(elf, path, NULL);
}

/* .gnu_debuglink: a file name, NUL, padding to 4, a CRC-32 of that file. */
static struct sd_elf *by_link(struct sd_elf *elf)
{
	static const char *const where[][2] = {{"", ""}, {"", "/.debug"}, {DEBUG_ROOT, ""}};
	const struct sd_section *s = sd_elf_section(elf, ".gnu_debuglink");
	const u8 *p = s && s->type != SHT_NOBITS ? sd_elf_file_bytes(elf, s->off.v, s->size) : NULL;
	struct sd_cursor c = sd_cursor_at(p, p ? s->size : 0);
	const char *name = p ? sd_cursor_cstr(&c) : NULL;
	sd_autofree char *dir = NULL;
	u32 crc;

	if (!name || !*name || strchr(name, '/') || !elf->path || elf->path[0] != '/')
		return NULL;
	sd_cursor_skip(&c, -(u64)(c.p - p) & 3);
	crc = sd_cursor_u32(&c);
	if (c.bad)
		return NULL;
	dir = sd_xstrndup(elf->path, (size_t)(strrchr(elf->path, '/') - elf->path));
	for (size_t i = 0; i < SD_ARRAY_SIZE(where); i++) {
		struct sd_buf path = {0};
		struct sd_elf *debug;

		sd_buf_printf(&path, "%s%s%s/%s", where[i][0], dir, where[i][1], name);
		debug = try_debug(elf, sd_buf_cstr(&path), &crc);
		sd_buf_deinit(&path);
		if (debug)
			return debug;
	}
	return NULL;
}

struct sd_elf *sd_elf_debug_file(struct sd_elf *elf)
{
	if (!elf->debug_found) {
		elf->debug_found = true;
		if (has_info(elf))
			elf->debug = elf;
		else if (elf->fd >= 0)
			elf->debug = by_build_id(elf);
		if (!elf->debug && elf->fd >= 0)
			elf->debug = by_link(elf);
	}
	return elf->debug;
}

bool sd_elf_has_debug(struct sd_elf *elf)
{
	return sd_elf_debug_file(elf) != NULL;
}

struct sd_err *sd_elf_debug_section(struct sd_elf *elf, const char *name, const u8 **p_ret,
				    u64 *n_ret)
{
	struct sd_elf *file = sd_elf_debug_file(elf);
	const struct sd_section *s = file ? sd_elf_section(file, name) : NULL;

	if (!s || s->type == SHT_NOBITS) {
		*p_ret = NULL;
		*n_ret = 0;
		return NULL;
	}
	return sd_elf_section_data(file, s, p_ret, n_ret);
}
