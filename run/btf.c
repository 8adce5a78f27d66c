/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two questions to the kernel's BTF: the ids of functions, and where a member lies. Reads what is
 * asked for, without the 15 ms and 20 MB of a parser. The kernel wrote it, but lengths are checked
 * all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <linux/btf.h>

#include "run/state.h"

#define SD_BTF_PATH    "/sys/kernel/btf/vmlinux"
#define SD_KIND_ENUM64 19 /* newer than some headers */

struct sd_btf {
	const u8 *types; /* the type section */
	const u8 *strings;
	u32 types_len, strings_len;
	void *map; /* mapped (6.16, a539e2a6d51d) … */
	size_t map_len;
	u8 *copy; /* … or owned: read in pages, at 3 ms more */
};

static void btf_close(struct sd_btf *b)
{
	if (b->map)
		munmap(b->map, b->map_len);
	free(b->copy);
}

static bool btf_open(struct sd_btf *b)
{
	sd_autoclose int fd = open(SD_BTF_PATH, O_RDONLY | O_CLOEXEC);
	struct btf_header hdr;
	struct stat st;
	const u8 *p;
	size_t len;

	memset(b, 0, sizeof(*b));
	if (fd < 0 || fstat(fd, &st) || st.st_size < (off_t)sizeof(hdr) || st.st_size > (1 << 28))
		return false;
	len = (size_t)st.st_size;
	b->map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	b->map_len = len;
	if (b->map == MAP_FAILED) {
		size_t have = 0;
		ssize_t n;

		b->map = NULL;
		b->copy = sd_xmalloc(len);
		while (have < len && (n = read(fd, b->copy + have, len - have)) > 0)
			have += (size_t)n;
		len = have;
	}
	p = b->map ? b->map : b->copy;
	memcpy(&hdr, p, SD_MIN(sizeof(hdr), len));
	if (len < sizeof(hdr) || hdr.magic != BTF_MAGIC ||
	    (u64)hdr.hdr_len + hdr.type_off + hdr.type_len > len ||
	    (u64)hdr.hdr_len + hdr.str_off + hdr.str_len > len) {
		btf_close(b);
		return false;
	}
	b->types = p + hdr.hdr_len + hdr.type_off;
	b->types_len = hdr.type_len;
	b->strings = p + hdr.hdr_len + hdr.str_off;
	b->strings_len = hdr.str_len;
	return true;
}

/* String offsets of n names (strings are unique in BTF); 0 for those that are not there. */
static void btf_strings(struct sd_btf *b, const char *const *names, u32 n, u32 *offs_ret)
{
	for (u32 i = 0; i < n; i++) {
		size_t len = strlen(names[i]);
		char pattern[64] = ""; /* NUL, name, NUL */
		const u8 *hit = NULL;

		if (len + 2 <= sizeof(pattern)) {
			memcpy(pattern + 1, names[i], len + 1);
			hit = memmem(b->strings, b->strings_len, pattern, len + 2);
		}
		offs_ret[i] = hit ? (u32)(hit - b->strings + 1) : 0;
	}
}

static size_t btf_extra(const struct btf_type *t)
{
	size_t vlen = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case SD_KIND_ENUM64:
		return 12 * vlen;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return 8 * vlen;
	default:
		return 0;
	}
}

/* Calls fn for each type, with its id, until it returns true. */
static void btf_each(struct sd_btf *b, bool (*fn)(void *ctx, u32 id, const struct btf_type *t),
		     void *ctx)
{
	u64 pos = 0;

	for (u32 id = 1; pos + sizeof(struct btf_type) <= b->types_len; id++) {
		const struct btf_type *t = (const void *)(b->types + pos);

		pos += sizeof(*t) + btf_extra(t);
		if (BTF_INFO_KIND(t->info) > SD_KIND_ENUM64 || pos > b->types_len)
			return; /* a kind of unknown size, or the end is missing */
		if (fn(ctx, id, t))
			return;
	}
}

struct funcs_ctx {
	const u32 *names;
	u32 *ids;
	u32 n, left;
};

static bool funcs_type(void *ctx, u32 id, const struct btf_type *t)
{
	struct funcs_ctx *c = ctx;

	if (BTF_INFO_KIND(t->info) != BTF_KIND_FUNC)
		return false;
	for (u32 i = 0; i < c->n; i++) {
		if (c->names[i] && c->names[i] == t->name_off && !c->ids[i]) {
			c->ids[i] = id;
			c->left--;
		}
	}
	return !c->left;
}

bool sd_btf_funcs(const char *const *names, u32 n, u32 *ids_ret)
{
	struct sd_btf b;
	u32 offs[8];
	struct funcs_ctx c = {.names = offs, .ids = ids_ret, .n = n};

	memset(ids_ret, 0, n * sizeof(*ids_ret));
	if (!btf_open(&b))
		return false;
	if (n <= SD_ARRAY_SIZE(offs)) {
		btf_strings(&b, names, n, offs);
		for (u32 i = 0; i < n; i++)
			c.left += offs[i] != 0;
		if (c.left)
			btf_each(&b, funcs_type, &c);
	}
	btf_close(&b);
	return true;
}

struct member_ctx {
	u32 struct_name; /* 0: by id */
	u32 struct_id;
	u32 member;
	bool found;
	u64 off;
	u32 type;
	u32 anon[16]; /* ids of anonymous members, to look into */
	u64 anon_off[16];
	u32 nanon;
};

static bool member_type(void *ctx, u32 id, const struct btf_type *t)
{
	struct member_ctx *c = ctx;
	const struct btf_member *m = (const void *)(t + 1);
	u32 kind = BTF_INFO_KIND(t->info);

	if ((kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION) ||
	    (c->struct_name ? t->name_off != c->struct_name : id != c->struct_id) ||
	    !BTF_INFO_VLEN(t->info))
		return false;
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u64 off = (BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m[i].offset)
						   : m[i].offset) /
			  8;

		if (m[i].name_off == c->member) {
			c->found = true;
			c->off = off;
			c->type = m[i].type;
			return true;
		}
		if (!m[i].name_off && c->nanon < SD_ARRAY_SIZE(c->anon)) {
			c->anon[c->nanon] = m[i].type;
			c->anon_off[c->nanon++] = off;
		}
	}
	return true;
}

/* Depth 1 of anonymous members is what mm_struct needs; deeper ones are not looked into. */
static bool btf_member(struct sd_btf *b, u32 struct_name, u32 struct_id, u32 member, u64 *off_ret,
		       u32 *type_ret)
{
	struct member_ctx c = {
		.struct_name = struct_name, .struct_id = struct_id, .member = member};

	btf_each(b, member_type, &c);
	for (u32 i = 0; !c.found && i < c.nanon; i++) {
		struct member_ctx inner = {.struct_id = c.anon[i], .member = member};

		btf_each(b, member_type, &inner);
		if (inner.found) {
			c.found = true;
			c.off = c.anon_off[i] + inner.off;
			c.type = inner.type;
		}
	}
	if (!c.found)
		return false;
	*off_ret = c.off;
	*type_ret = c.type;
	return true;
}

bool sd_btf_member(const char *structure, const char *member, u64 *off_ret)
{
	struct sd_btf b;
	char name[64];
	const char *dot = strchr(member, '.');
	const char *names[3] = {structure, name, dot ? dot + 1 : structure};
	u32 offs[3], type = 0;
	u64 off = 0, inner = 0;
	bool ok;

	if (!btf_open(&b))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(dot ? dot - member : (long)strlen(member)),
		 member);
	btf_strings(&b, names, 3, offs);
	ok = offs[0] && offs[1] && btf_member(&b, offs[0], 0, offs[1], &off, &type);
	if (ok && dot)
		ok = offs[2] && btf_member(&b, 0, type, offs[2], &inner, &type);
	btf_close(&b);
	if (ok)
		*off_ret = off + inner;
	return ok;
}
