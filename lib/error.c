/* SPDX-License-Identifier: BSD-2-Clause */
/* Public errors: an internal error and its text. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lib/session.h"

struct sonde_error {
	struct sd_err *err; /* owned */
	struct sd_buf text;
};

struct sonde_error *sd_error_public(struct sd_err *err)
{
	struct sonde_error *e;

	if (!err)
		return NULL;
	e = sd_xcalloc(1, sizeof(*e));
	e->err = err;
	return e;
}

/* The user's text with the span underlined; text that would not fit a line is left out. */
static void add_caret(struct sd_buf *b, const struct sd_err *err)
{
	if (err->span_start < 0 || !err->text || strlen(err->text) > 200)
		return;
	sd_buf_printf(b, "  %s\n  %*s", err->text, err->span_start, "");
	for (int i = err->span_start; i < SD_MAX(err->span_end, err->span_start + 1); i++)
		sd_buf_ch(b, '^');
	sd_buf_ch(b, '\n');
}

int sonde_error_code(const struct sonde_error *err)
{
	return (int)err->err->kind;
}

const char *sonde_error_text(struct sonde_error *err)
{
	const char *hint = NULL;

	if (err->text.n)
		return sd_buf_cstr(&err->text);
	for (const struct sd_err *e = err->err; e; e = e->cause) {
		sd_buf_printf(&err->text, "%s%s", e == err->err ? "" : ": ", e->msg);
		if (e->hint)
			hint = e->hint;
	}
	sd_buf_ch(&err->text, '\n');
	add_caret(&err->text, err->err);
	if (hint)
		sd_buf_printf(&err->text, "hint: %s\n", hint);
	return sd_buf_cstr(&err->text);
}

void sonde_error_free(struct sonde_error *err)
{
	if (!err)
		return;
	sd_err_free(err->err);
	sd_buf_deinit(&err->text);
	free(err);
}
