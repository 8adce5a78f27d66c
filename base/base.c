/* SPDX-License-Identifier: BSD-2-Clause */
/* Allocation that does not return NULL, and the helpers of the cleanup attribute. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *sd_xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		abort();
	return p;
}

void *sd_xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		abort();
	return p;
}

void *sd_xrealloc(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		abort();
	p = realloc(p, bytes ? bytes : 1);
	if (!p)
		abort();
	return p;
}

char *sd_xstrdup(const char *s)
{
	return sd_xstrndup(s, strlen(s));
}

char *sd_xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = sd_xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

void sd_freep(void *pp)
{
	free(*(void **)pp);
}

void sd_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
