/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of types from the runtime's own descriptors (internal/abi.Type): what an interface's type word points to. */
#include <string.h>

#include "lang/go/priv.h"

enum {
	TYPE_TFLAG = 20,     /* abi.Type.TFlag */
	TYPE_STR = 40,	     /* abi.Type.Str: offset of the name from moduledata.types */
	TFLAG_EXTRA_STAR = 2, /* the name has a star in front that does not belong to it */
	MAX_NAME = 1 << 16,
};

/* abi.Name: a byte of flags, the length (two bytes, big endian, to Go 1.16; a varint after), the bytes. */
static bool read_name(struct sd_go *go, u64 addr, const char **p_ret, u64 *n_ret)
{
	u64 have = 0, n;
	const u8 *p = sd_elf_bytes(go->elf, (struct sd_vaddr){ addr }, &have);
	struct sd_cursor c = sd_cursor_at(p, p ? have : 0);

	sd_cursor_u8(&c);
	if (go->minor && go->minor <= 16) {
		n = (u64)sd_cursor_u8(&c) << 8;
		n |= sd_cursor_u8(&c);
	} else {
		n = sd_cursor_uleb(&c);
	}
	if (c.bad || !n || n > MAX_NAME || n > (u64)(c.end - c.p))
		return false;
	*p_ret = (const char *)c.p;
	*n_ret = n;
	return true;
}

const char *sd_go_type_name(struct sd_go *go, struct sd_vaddr type, struct sd_arena *arena)
{
	u64 have = 0, n;
	const u8 *desc;
	const char *name;
	s32 str;

	if (!go->types || type.v < go->types)
		return NULL;
	desc = sd_elf_bytes(go->elf, type, &have);
	if (!desc || have < TYPE_STR + 4)
		return NULL;
	memcpy(&str, desc + TYPE_STR, sizeof(str));
	if (str <= 0 || !read_name(go, go->types + (u64)str, &name, &n))
		return NULL;
	if (desc[TYPE_TFLAG] & TFLAG_EXTRA_STAR && *name == '*') {
		name++;
		n--;
	}
	return sd_arena_strndup(arena, name, n);
}
