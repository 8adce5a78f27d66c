/* SPDX-License-Identifier: BSD-2-Clause */
/* Growing byte buffers. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

void sd_buf_deinit(struct sd_buf *b)
{
	free(b->p);
	memset(b, 0, sizeof(*b));
}

void sd_buf_grow(struct sd_buf *b, size_t more)
{
	size_t want = b->n + more;

	if (want <= b->cap)
		return;
	b->cap = SD_MAX(want, b->cap * 2 + 64);
	b->p = sd_xrealloc(b->p, b->cap, 1);
}

void sd_buf_printf(struct sd_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	sd_buf_grow(b, 64);
	va_start(ap, fmt);
	n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	if ((size_t)n >= b->cap - b->n) {
		sd_buf_grow(b, (size_t)n + 1);
		va_start(ap, fmt);
		vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
		va_end(ap);
	}
	b->n += (size_t)n;
}

void sd_buf_u64(struct sd_buf *b, u64 v)
{
	char tmp[20];
	size_t i = sizeof(tmp);

	do {
		tmp[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	sd_buf_add(b, tmp + i, sizeof(tmp) - i);
}

void sd_buf_s64(struct sd_buf *b, s64 v)
{
	u64 u = (u64)v;

	if (v < 0) {
		sd_buf_ch(b, '-');
		u = 0 - u;
	}
	sd_buf_u64(b, u);
}

void sd_buf_hex(struct sd_buf *b, u64 v)
{
	char tmp[16];
	size_t i = sizeof(tmp);

	do {
		tmp[--i] = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v);
	sd_buf_add(b, "0x", 2);
	sd_buf_add(b, tmp + i, sizeof(tmp) - i);
}

const char *sd_buf_cstr(struct sd_buf *b)
{
	sd_buf_grow(b, 1);
	b->p[b->n] = '\0';
	return b->p;
}
