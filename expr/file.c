/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of probes → probes, or all of their errors. A line that ends in a backslash goes on in the
 * next one; errors name the line that they are in, not the one in which the probe began.
 */
#include "expr/file.h"

#include <stdlib.h>

#include "base/vec.h"
#include "expr/spec.h"

struct reader {
	const char *name;
	const char *pos, *end;
	u32 line;
	struct sd_buf text;		   /* the joined line */
	SD_VEC(struct sd_file_line) lines; /* of the probe in hand */
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

struct sd_err *sd_file_error(const struct sd_file_place *place, struct sd_err *err, bool whole)
{
	const struct sd_file_line *at = &place->lines[0];
	int start = SD_MAX(err->span_start, 0), end = SD_MAX(err->span_end, start), n;
	bool all = err->span_start < 0;

	for (u32 i = 1; i < place->n && place->lines[i].off <= (u32)start; i++)
		at = &place->lines[i];
	n = (int)strlen(at->text);
	start = SD_MIN(start - (int)at->off + (int)at->skip, n);
	end = SD_MIN(end - (int)at->off + (int)at->skip, n);
	if (!all || whole)
		sd_err_span(err, at->text, all ? 0 : start, all ? n : SD_MAX(start + 1, end));
	return sd_err_prefix(err, "%s:%u", place->file, at->line);
}

void sd_file_place_deinit(struct sd_file_place *place)
{
	for (u32 i = 0; i < place->n; i++)
		free(place->lines[i].text);
	free(place->lines);
	free(place->file);
	memset(place, 0, sizeof(*place));
}

/* The lines in hand as the place of a probe: they are no longer the reader's. */
static struct sd_file_place take_place(struct reader *r)
{
	struct sd_file_place place = {
		.file = sd_xstrdup(r->name),
		.lines = r->lines.v,
		.n = (u32)r->lines.n,
	};

	memset(&r->lines, 0, sizeof(r->lines));
	return place;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Adds [p, end) of a line to the text: the blanks around a break are one. */
static void add_line(struct reader *r, const char *p, const char *end, bool first)
{
	struct sd_file_line *line = &r->lines.v[r->lines.n - 1];
	const char *start = p;
	bool blank = false;

	while (!first && p < end && is_blank(*p))
		p++;
	blank = p > start;
	while (!first && r->text.n && is_blank(r->text.p[r->text.n - 1])) {
		r->text.n--;
		blank = true;
	}
	if (blank)
		sd_buf_ch(&r->text, ' ');
	line->off = (u32)r->text.n;
	line->skip = (u32)(p - start);
	sd_buf_add(&r->text, p, (size_t)(end - p));
}

/* Reads a line and those that continue it into text. */
static void read_line(struct reader *r)
{
	bool more = true;

	r->text.n = 0;
	while (more && r->pos < r->end) {
		const char *eol = memchr(r->pos, '\n', (size_t)(r->end - r->pos));
		const char *next = eol ? eol + 1 : r->end, *start = r->pos;
		struct sd_file_line line = {.line = ++r->line};
		bool first = !r->lines.n;
		size_t n;

		if (!eol)
			eol = r->end;
		if (eol > start && eol[-1] == '\r')
			eol--;
		n = (size_t)(eol - start);
		more = n && eol[-1] == '\\';
		line.text = sd_xstrndup(start, n);
		if (first && line.text[strspn(line.text, " \t")] == '#')
			more = false;
		sd_vec_push(&r->lines, line);
		add_line(r, start, eol - more, first);
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
						      r->probes.v[i].place.lines[0].line, p->name),
					   p->text, start, start + (int)strlen(p->name));
		}
	return NULL;
}

/* "main.f{x} # why \\": what the next line has would be a part of the comment. */
static struct sd_err *check_comment(const struct reader *r, const struct sd_probe_spec *p)
{
	u32 i = p->text_end;

	while (p->text[i] && p->text[i] != '#')
		i++;
	if (!p->text[i] || r->lines.v[r->lines.n - 1].off <= i)
		return NULL;
	return sd_err_hint(sd_err_span(sd_err_new(SD_ERR_USAGE,
						  "a comment ends the probe, and the line goes on"),
				       p->text, (int)i, (int)i + 1),
			   "put the comment behind the last line of the probe");
}

static void forget_lines(struct reader *r)
{
	for (size_t i = 0; i < r->lines.n; i++)
		free(r->lines.v[i].text);
	r->lines.n = 0;
}

static struct sd_err *parse_line(struct reader *r)
{
	struct sd_file_probe p = {0};
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
	if (!err)
		err = check_comment(r, &p.spec);
	if (!err && r->probes.n == SD_PROBE_FILE_PROBES)
		err = sd_err_new(SD_ERR_USAGE, "more than %d probes", SD_PROBE_FILE_PROBES);
	if (err) {
		sd_probe_spec_deinit(&p.spec);
		return err;
	}
	p.place = take_place(r);
	sd_vec_push(&r->probes, p);
	return NULL;
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
			add_error(r,
				  sd_file_error(&(struct sd_file_place){(char *)r->name, r->lines.v,
									(u32)r->lines.n},
						err, true));
		forget_lines(r);
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
	sd_vec_free(&r.lines);
	f = (struct sd_probe_file){.probes = r.probes.v, .n = (u32)r.probes.n};
	if (r.first)
		sd_probe_file_deinit(&f);
	else
		*ret = f;
	return r.first;
}

void sd_probe_file_deinit(struct sd_probe_file *f)
{
	for (u32 i = 0; i < f->n; i++) {
		sd_probe_spec_deinit(&f->probes[i].spec);
		sd_file_place_deinit(&f->probes[i].place);
	}
	free(f->probes);
	memset(f, 0, sizeof(*f));
}
