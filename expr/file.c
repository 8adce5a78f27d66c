/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of probes → probes, or all of their errors. A line that ends in a backslash goes on in the
 * next one; errors name the line that they are in, not the one in which the probe began.
 */
#include "expr/file.h"

#include <stdlib.h>

#include "base/vec.h"
#include "expr/spec.h"

/* A line of the file and where it begins in the joined text. */
struct segment {
	u32 line, off, n;
	const char *text; /* borrowed from the file */
};

struct reader {
	const char *name;
	const char *pos, *end;
	u32 line;
	struct sd_buf text; /* the joined line */
	SD_VEC(struct segment) segments;
	SD_VEC(struct sd_file_probe) probes;
	struct sd_err *first, *last;
	u32 nerrors;
};

static void add_error(struct reader *r, struct sd_err *err)
{
	if (r->last)
		r->last->next = err;
	else
		r->first = err;
	r->last = err;
	r->nerrors++;
}

/* err, whose span is in the joined text, as one about the line of the file that it is in. */
static void add_line_error(struct reader *r, struct sd_err *err)
{
	const struct segment *at = &r->segments.v[0];
	int start = SD_MAX(err->span_start, 0), end = SD_MAX(err->span_end, start);
	char *text;

	for (size_t i = 1; i < r->segments.n && r->segments.v[i].off <= (u32)start; i++)
		at = &r->segments.v[i];
	text = sd_xstrndup(at->text, at->n);
	start = SD_MIN(start - (int)at->off, (int)at->n);
	end = SD_MIN(end - (int)at->off, (int)at->n);
	sd_err_span(err, text, err->span_start < 0 ? 0 : start,
		    err->span_start < 0 ? (int)at->n : end);
	free(text);
	sd_err_prefix(err, "%s:%u", r->name, at->line);
	add_error(r, err);
}

/* Reads a line and those that continue it into text. */
static void read_line(struct reader *r)
{
	bool more = true;

	r->text.n = 0;
	r->segments.n = 0;
	while (more && r->pos < r->end) {
		const char *eol = memchr(r->pos, '\n', (size_t)(r->end - r->pos));
		const char *next = eol ? eol + 1 : r->end;
		struct segment s = {.line = ++r->line, .off = (u32)r->text.n, .text = r->pos};

		if (!eol)
			eol = r->end;
		if (eol > r->pos && eol[-1] == '\r')
			eol--;
		s.n = (u32)(eol - r->pos);
		sd_vec_push(&r->segments, s);
		more = s.n && eol[-1] == '\\' &&
		       (r->segments.n > 1 || s.text[strspn(s.text, " \t")] != '#');
		if (s.n - more)
			sd_buf_add(&r->text, s.text, s.n - more);
		r->pos = next;
	}
}

static struct sd_err *check_name(const struct reader *r, const struct sd_probe_spec *p)
{
	for (size_t i = 0; p->name && i < r->probes.n; i++)
		if (r->probes.v[i].spec.name && !strcmp(r->probes.v[i].spec.name, p->name)) {
			int start = (int)strspn(p->text, " \t");

			return sd_err_span(sd_err_new(SD_ERR_USAGE,
						      "line %u has a probe called '%s' too",
						      r->probes.v[i].line, p->name),
					   p->text, start, start + (int)strlen(p->name));
		}
	return NULL;
}

static struct sd_err *parse_line(struct reader *r)
{
	struct sd_file_probe p = {.line = r->segments.v[0].line};
	const char *text = sd_buf_cstr(&r->text), *nul = memchr(text, '\0', r->text.n);
	struct sd_err *err;
	int at;

	if (nul) {
		at = (int)(nul - text);
		return sd_err_span(sd_err_new(SD_ERR_USAGE, "a NUL byte"), text, at, at + 1);
	}
	text += strspn(text, " \t\r");
	if (!*text || *text == '#')
		return NULL;
	text = sd_buf_cstr(&r->text);
	SD_TRY(sd_spec_parse(text, true, &p.spec));
	err = check_name(r, &p.spec);
	if (!err && r->probes.n == SD_PROBE_FILE_PROBES)
		err = sd_err_new(SD_ERR_USAGE, "more than %d probes", SD_PROBE_FILE_PROBES);
	if (err)
		sd_probe_spec_deinit(&p.spec);
	else
		sd_vec_push(&r->probes, p);
	return err;
}

static void parse(struct reader *r)
{
	if (r->end - r->pos > SD_PROBE_FILE_SIZE) {
		add_error(r, sd_err_new(SD_ERR_USAGE, "%s: a file of probes is at most %d bytes",
					r->name, SD_PROBE_FILE_SIZE));
		return;
	}
	if (r->end - r->pos >= 3 && !memcmp(r->pos, "\xef\xbb\xbf", 3))
		r->pos += 3;
	while (r->pos < r->end && r->nerrors < SD_PROBE_FILE_ERRORS) {
		struct sd_err *err;

		read_line(r);
		err = parse_line(r);
		if (err)
			add_line_error(r, err);
	}
	if (r->nerrors == SD_PROBE_FILE_ERRORS)
		add_error(r, sd_err_new(SD_ERR_USAGE,
					"%s: %d errors: what is behind line %u was not looked at",
					r->name, SD_PROBE_FILE_ERRORS, r->line));
	if (!r->probes.n && !r->nerrors)
		add_error(r, sd_err_hint(sd_err_new(SD_ERR_USAGE, "%s: no probe in it", r->name),
					 "one probe a line, as sonde-expr(7) has them"));
}

struct sd_err *sd_probe_file_parse(const char *name, const char *text, size_t size,
				   struct sd_probe_file *ret)
{
	struct reader r = {.name = name, .pos = text, .end = text + size};
	struct sd_probe_file f;

	parse(&r);
	sd_buf_deinit(&r.text);
	sd_vec_free(&r.segments);
	f = (struct sd_probe_file){.probes = r.probes.v, .n = (u32)r.probes.n};
	if (r.first)
		sd_probe_file_deinit(&f);
	else
		*ret = f;
	return r.first;
}

void sd_probe_file_deinit(struct sd_probe_file *f)
{
	for (u32 i = 0; i < f->n; i++)
		sd_probe_spec_deinit(&f->probes[i].spec);
	free(f->probes);
	memset(f, 0, sizeof(*f));
}
