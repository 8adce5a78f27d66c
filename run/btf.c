/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two questions to the kernel's BTF: the ids of functions, and where a member lies. Streams the file through a small
 * buffer: neither the 15 ms nor the 20 MB of a parser. The kernel wrote it, but lengths are checked all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <linux/btf.h>

#include "run/state.h"

#define SD_BTF_PATH "/sys/kernel/btf/vmlinux"
#define SD_BTF_CHUNK 65536
#define SD_KIND_ENUM64 19	/* newer than some headers */

struct sd_btf {
	int fd;
	struct btf_header hdr;
	u8 buf[SD_BTF_CHUNK];
};

static struct sd_btf *btf_open(void)
{
	struct sd_btf *b = sd_xmalloc(sizeof(*b));

	b->fd = open(SD_BTF_PATH, O_RDONLY | O_CLOEXEC);
	if (b->fd >= 0 && pread(b->fd, &b->hdr, sizeof(b->hdr), 0) == sizeof(b->hdr) &&
	    b->hdr.magic == BTF_MAGIC && b->hdr.hdr_len >= sizeof(b->hdr))
		return b;
	sd_closep(&b->fd);
	free(b);
	return NULL;
}

static void btf_close(struct sd_btf *b)
{
	close(b->fd);
	free(b);
}

/* String offsets of n names (strings are unique in BTF); 0 for those that are not there. */
static void btf_strings(struct sd_btf *b, const char *const *names, u32 n, u32 *offs_ret)
{
	u64 start = (u64)b->hdr.hdr_len + b->hdr.str_off, done = 0;
	size_t keep = 0;

	memset(offs_ret, 0, n * sizeof(*offs_ret));
	while (done < b->hdr.str_len) {
		size_t want = SD_MIN(sizeof(b->buf) - keep, (size_t)(b->hdr.str_len - done));
		ssize_t got = pread(b->fd, b->buf + keep, want, (off_t)(start + done));
		size_t have;

		if (got <= 0)
			return;
		have = keep + (size_t)got;
		for (u32 i = 0; i < n; i++) {
			size_t len = strlen(names[i]);
			char pattern[64] = ""; /* NUL, name, NUL */
			const u8 *hit;

			if (offs_ret[i] || len + 2 > sizeof(pattern))
				continue;
			memcpy(pattern + 1, names[i], len + 1);
			hit = memmem(b->buf, have, pattern, len + 2);
			if (hit)
				offs_ret[i] = (u32)(done - keep + (u64)(hit - b->buf) + 1);
		}
		done += (u64)got;
		keep = SD_MIN(have, (size_t)64);
		memmove(b->buf, b->buf + have - keep, keep);
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

/* Calls fn for each type, with its id, until it returns true; false when no call did. */
static bool btf_each(struct sd_btf *b, bool (*fn)(void *ctx, u32 id, const struct btf_type *t), void *ctx)
{
	u64 start = (u64)b->hdr.hdr_len + b->hdr.type_off, done = 0;
	size_t have = 0, pos = 0;
	u32 id = 1;

	for (;;) {
		const struct btf_type *t = (const void *)(b->buf + pos);
		size_t size = sizeof(*t);

		if (have - pos >= sizeof(*t))
			size += btf_extra(t);
		if (have - pos >= size) {
			if (BTF_INFO_KIND(t->info) > SD_KIND_ENUM64)
				return false; /* a kind of unknown size */
			if (fn(ctx, id++, t))
				return true;
			pos += size;
			continue;
		}
		memmove(b->buf, b->buf + pos, have - pos);
		have -= pos;
		pos = 0;
		if (size > sizeof(b->buf)) { /* thousands of members: none that is looked for */
			done += size - have;
			have = 0;
			id++;
			continue;
		}
		if (have < sizeof(b->buf) && done < b->hdr.type_len) {
			size_t want = SD_MIN(sizeof(b->buf) - have, (size_t)(b->hdr.type_len - done));
			ssize_t got = pread(b->fd, b->buf + have, want, (off_t)(start + done));

			if (got <= 0)
				return false;
			have += (size_t)got;
			done += (u64)got;
			continue;
		}
		return false; /* the end */
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
	struct sd_btf *b = btf_open();
	u32 offs[8];
	struct funcs_ctx c = { .names = offs, .ids = ids_ret, .n = n };

	memset(ids_ret, 0, n * sizeof(*ids_ret));
	if (!b)
		return false;
	if (n <= SD_ARRAY_SIZE(offs)) {
		btf_strings(b, names, n, offs);
		for (u32 i = 0; i < n; i++)
			c.left += offs[i] != 0;
		if (c.left)
			btf_each(b, funcs_type, &c);
	}
	btf_close(b);
	return true;
}

struct member_ctx {
	u32 struct_name;	/* 0: by id */
	u32 struct_id;
	u32 member;
	bool found;
	u64 off;
	u32 type;
	u32 anon[16];		/* ids of anonymous members, to look into */
	u64 anon_off[16];
	u32 nanon;
};

static bool member_type(void *ctx, u32 id, const struct btf_type *t)
{
	struct member_ctx *c = ctx;
	const struct btf_member *m = (const void *)(t + 1);
	u32 kind = BTF_INFO_KIND(t->info);

	if ((kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION) ||
	    (c->struct_name ? t->name_off != c->struct_name : id != c->struct_id) || !BTF_INFO_VLEN(t->info))
		return false;
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u64 off = (BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m[i].offset) : m[i].offset) / 8;

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
static bool btf_member(struct sd_btf *b, u32 struct_name, u32 struct_id, u32 member, u64 *off_ret, u32 *type_ret)
{
	struct member_ctx c = { .struct_name = struct_name, .struct_id = struct_id, .member = member };

	btf_each(b, member_type, &c);
	for (u32 i = 0; !c.found && i < c.nanon; i++) {
		struct member_ctx inner = { .struct_id = c.anon[i], .member = member };

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
	struct sd_btf *b = btf_open();
	char name[64];
	const char *dot = strchr(member, '.');
	const char *names[3] = { structure, name, dot ? dot + 1 : structure };
	u32 offs[3], type = 0;
	u64 off = 0, inner = 0;
	bool ok;

	if (!b)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(dot ? dot - member : (long)strlen(member)), member);
	btf_strings(b, names, 3, offs);
	ok = offs[0] && offs[1] && btf_member(b, offs[0], 0, offs[1], &off, &type);
	if (ok && dot)
		ok = offs[2] && btf_member(b, 0, type, offs[2], &inner, &type);
	btf_close(b);
	if (ok)
		*off_ret = off + inner;
	return ok;
}
