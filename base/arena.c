/* SPDX-License-Identifier: BSD-2-Clause */
/* Arenas: blocks of growing size, bump allocation. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sd_arena_block {
	struct sd_arena_block *next;
	size_t used;
	size_t cap;
	_Alignas(16) u8 data[];
};

enum { FIRST_BLOCK = 4096, MAX_BLOCK = 1 << 20 };

void sd_arena_deinit(struct sd_arena *a)
{
	struct sd_arena_block *b = a->first;

	while (b) {
		struct sd_arena_block *next = b->next;

		free(b);
		b = next;
	}
	a->first = NULL;
	a->cur = NULL;
}

void sd_arena_reset(struct sd_arena *a)
{
	struct sd_arena_block *b;

	for (b = a->first; b; b = b->next) {
		b->used = 0;
		if (b == a->cur)
			break;
	}
	a->cur = a->first;
}

static struct sd_arena_block *add_block(struct sd_arena *a, size_t size)
{
	size_t cap = a->cur ? SD_MIN(a->cur->cap * 2, (size_t)MAX_BLOCK) : FIRST_BLOCK;
	struct sd_arena_block *b;

	if (cap < size)
		cap = size;
	b = sd_xmalloc(sizeof(*b) + cap);
	b->used = 0;
	b->cap = cap;
	if (a->cur) {
		b->next = a->cur->next;
		a->cur->next = b;
	} else {
		b->next = NULL;
		a->first = b;
	}
	a->cur = b;
	return b;
}

void *sd_arena_alloc_raw(struct sd_arena *a, size_t size)
{
	struct sd_arena_block *b = a->cur;
	void *p;

	if (size > SIZE_MAX / 2)
		abort();
	size = (size + 15) & ~(size_t)15;
	while (b && b->cap - b->used < size) {
		b = b->next;
		if (b) {
			b->used = 0;
			a->cur = b;
		}
	}
	if (!b)
		b = add_block(a, size);
	p = b->data + b->used;
	b->used += size;
	return p;
}

void *sd_arena_alloc(struct sd_arena *a, size_t size)
{
	return memset(sd_arena_alloc_raw(a, size), 0, size);
}

char *sd_arena_strndup(struct sd_arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = sd_arena_alloc_raw(a, len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *sd_arena_strdup(struct sd_arena *a, const char *s)
{
	return sd_arena_strndup(a, s, strlen(s));
}

char *sd_arena_printf(struct sd_arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	p = sd_arena_alloc_raw(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void *sd_arena_memdup(struct sd_arena *a, const void *p, size_t size)
{
	return memcpy(sd_arena_alloc_raw(a, size), p, size);
}
