/* SPDX-License-Identifier: BSD-2-Clause */
/* Growing byte buffers: what text is built in before it is written. */
#ifndef SD_BASE_BUF_H
#define SD_BASE_BUF_H

#include <stdarg.h>
#include <string.h>

#include "base/base.h"

/** A zeroed buffer is empty and ready. p is not NUL-terminated unless sd_buf_cstr() was called. */
struct sd_buf {
	char *p; /* owned */
	size_t n;
	size_t cap;
};

void sd_buf_deinit(struct sd_buf *b);
/** Room for `more` further bytes. */
void sd_buf_grow(struct sd_buf *b, size_t more);
void sd_buf_printf(struct sd_buf *b, const char *fmt, ...) sd_printf_like(2, 3);
/** Decimal integers without the cost of printf. */
void sd_buf_u64(struct sd_buf *b, u64 v);
void sd_buf_s64(struct sd_buf *b, s64 v);
/** "0x" and lower-case hexadecimal digits. */
void sd_buf_hex(struct sd_buf *b, u64 v);
/** NUL-terminated view, valid until the next change. */
const char *sd_buf_cstr(struct sd_buf *b);

static inline void sd_buf_add(struct sd_buf *b, const void *p, size_t n)
{
	if (!n)
		return; /* p may be NULL */
	if (b->cap - b->n < n)
		sd_buf_grow(b, n);
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static inline void sd_buf_str(struct sd_buf *b, const char *s)
{
	sd_buf_add(b, s, strlen(s));
}

static inline void sd_buf_ch(struct sd_buf *b, char c)
{
	if (b->cap == b->n)
		sd_buf_grow(b, 1);
	b->p[b->n++] = c;
}

#endif
