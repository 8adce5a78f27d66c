/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors as values. */
#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *format(const char *fmt, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	return s;
}

static struct sd_err *make(enum sd_err_kind kind, char *msg)
{
	struct sd_err *err = sd_xcalloc(1, sizeof(*err));

	err->kind = kind;
	err->msg = msg;
	err->span_start = -1;
	err->span_end = -1;
	return err;
}

struct sd_err *sd_err_new(enum sd_err_kind kind, const char *fmt, ...)
{
	va_list ap;
	char *msg;

	va_start(ap, fmt);
	msg = format(fmt, ap);
	va_end(ap);
	return make(kind, msg);
}

struct sd_err *sd_err_errno(enum sd_err_kind kind, int errnum, const char *fmt, ...)
{
	struct sd_err *err;
	va_list ap;
	char *msg, *full = NULL;

	va_start(ap, fmt);
	msg = format(fmt, ap);
	va_end(ap);
	if (asprintf(&full, "%s: %s", msg, strerror(errnum)) < 0)
		abort();
	err = make(kind, full);
	free(msg);
	return err;
}

struct sd_err *sd_err_hint(struct sd_err *err, const char *fmt, ...)
{
	va_list ap;

	free(err->hint);
	va_start(ap, fmt);
	err->hint = format(fmt, ap);
	va_end(ap);
	return err;
}

struct sd_err *sd_err_span(struct sd_err *err, const char *text, int start, int end)
{
	free(err->text);
	err->text = sd_xstrdup(text);
	err->span_start = start;
	err->span_end = end;
	return err;
}

struct sd_err *sd_err_prefix(struct sd_err *err, const char *fmt, ...)
{
	char *prefix, *msg = NULL;
	va_list ap;

	va_start(ap, fmt);
	prefix = format(fmt, ap);
	va_end(ap);
	if (asprintf(&msg, "%s: %s", prefix, err->msg) < 0)
		abort();
	free(prefix);
	free(err->msg);
	err->msg = msg;
	return err;
}

void sd_err_free(struct sd_err *err)
{
	while (err) {
		struct sd_err *next = err->next;

		free(err->msg);
		free(err->hint);
		free(err->text);
		free(err);
		err = next;
	}
}

void sd_err_freep(struct sd_err **err)
{
	sd_err_free(*err);
}
