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

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The user's text with the span underlined: of a long text what surrounds the span, one column a
 * character. */
static void add_caret(struct sd_buf *b, const struct sd_err *err)
{
	enum { BEFORE = 60, LINE = 100 };
	int n, start = err->span_start, end, from, to, columns = 0;

	if (start < 0 || !err->text)
		return;
	n = (int)strlen(err->text);
	start = SD_MIN(start, n);
	end = SD_MIN(SD_MAX(err->span_end, start + 1), n);
	from = n > LINE && start > BEFORE ? start - BEFORE : 0;
	while (from && is_tail(err->text[from]))
		from--;
	to = SD_MIN(n, from + LINE);
	while (to < n && is_tail(err->text[to]))
		to++;
	sd_buf_str(b, from ? "  ..." : "  ");
	for (int i = from; i < to; i++)
		sd_buf_ch(b, (unsigned char)err->text[i] < ' ' || err->text[i] == 0x7f
				     ? ' '
				     : err->text[i]);
	sd_buf_printf(b, "%s\n%s", to < n ? "..." : "", from ? "     " : "  ");
	for (int i = from; i < start; i++)
		if (!is_tail(err->text[i]))
			sd_buf_ch(b, ' ');
	for (int i = start; i < SD_MIN(end, to); i++)
		if (!is_tail(err->text[i])) {
			sd_buf_ch(b, '^');
			columns++;
		}
	sd_buf_str(b, columns ? "\n" : "^\n");
}

static void add_text(struct sd_buf *b, const struct sd_err *err)
{
	sd_buf_printf(b, "%s\n", err->msg);
	add_caret(b, err);
	if (err->hint)
		sd_buf_printf(b, "hint: %s\n", err->hint);
}

int sonde_error_code(const struct sonde_error *err)
{
	return (int)err->err->kind;
}

const char *sonde_error_text(struct sonde_error *err)
{
	if (!err->text.n)
		for (const struct sd_err *e = err->err; e; e = e->next)
			add_text(&err->text, e);
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
