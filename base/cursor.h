/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading bytes that nobody vouches for: every read is checked, and a read past the end sets `bad`
 * and yields 0. */
#ifndef SD_BASE_CURSOR_H
#define SD_BASE_CURSOR_H

#include <string.h>

#include "base/base.h"

struct sd_cursor {
	const u8 *p; /* borrowed */
	const u8 *end;
	bool bad;
};

static inline struct sd_cursor sd_cursor_at(const void *p, size_t n)
{
	return (struct sd_cursor){.p = p, .end = (const u8 *)p + n};
}

static inline bool sd_cursor_read(struct sd_cursor *c, void *dst, size_t n)
{
	if (c->bad || (size_t)(c->end - c->p) < n) {
		c->bad = true;
		memset(dst, 0, n);
		return false;
	}
	memcpy(dst, c->p, n);
	c->p += n;
	return true;
}

static inline u8 sd_cursor_u8(struct sd_cursor *c)
{
	u8 v;

	sd_cursor_read(c, &v, sizeof(v));
	return v;
}

static inline u16 sd_cursor_u16(struct sd_cursor *c)
{
	u16 v;

	sd_cursor_read(c, &v, sizeof(v));
	return v;
}

static inline u32 sd_cursor_u32(struct sd_cursor *c)
{
	u32 v;

	sd_cursor_read(c, &v, sizeof(v));
	return v;
}

static inline u64 sd_cursor_u64(struct sd_cursor *c)
{
	u64 v;

	sd_cursor_read(c, &v, sizeof(v));
	return v;
}

/** LEB128 (DWARF 5 §7.6); more than 64 bits set bad. */
static inline u64 sd_cursor_uleb(struct sd_cursor *c)
{
	u64 v = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		u8 b = sd_cursor_u8(c);

		v |= (u64)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	c->bad = true;
	return 0;
}

static inline s64 sd_cursor_sleb(struct sd_cursor *c)
{
	u64 v = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		u8 b = sd_cursor_u8(c);

		v |= (u64)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			if ((b & 0x40) && shift + 7 < 64)
				v |= ~0ULL << (shift + 7);
			return (s64)v;
		}
	}
	c->bad = true;
	return 0;
}

/** A NUL-terminated string inside the bytes; NULL (and bad) when there is no NUL. */
static inline const char *sd_cursor_cstr(struct sd_cursor *c)
{
	const u8 *nul = c->bad ? NULL : memchr(c->p, 0, (size_t)(c->end - c->p));
	const char *s = (const char *)c->p;

	if (!nul) {
		c->bad = true;
		return NULL;
	}
	c->p = nul + 1;
	return s;
}

static inline void sd_cursor_skip(struct sd_cursor *c, u64 n)
{
	if (c->bad || (u64)(c->end - c->p) < n)
		c->bad = true;
	else
		c->p += n;
}

#endif
