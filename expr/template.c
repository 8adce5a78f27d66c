/* SPDX-License-Identifier: BSD-2-Clause */
/* Templates: "text {EXPR} {EXPR:x} {}" in double or single quotes. */
#include "base/vec.h"
#include "expr/scan.h"

#include <ctype.h>

struct parts {
	SD_VEC(struct sd_template_part) v;
	struct sd_buf text; /* literal text that is not yet a part */
	u32 text_start;
};

static void end_text(struct sd_scan *s, struct parts *p, u32 end)
{
	struct sd_template_part part = {.n = p->text.n, .start = p->text_start, .end = end};

	if (p->text.n) {
		sd_buf_ch(&p->text, '\0');
		part.text = sd_arena_memdup(s->arena, p->text.p, p->text.n);
		sd_vec_push(&p->v, part);
	}
	p->text.n = 0;
}

static bool is_format(const char *f, u32 n)
{
	u32 digits;

	if (n == 1)
		return strchr("xXdbocqstvefg", *f) != NULL;
	if (*f != '.')
		return false;
	digits = (u32)strspn(f + 1, "0123456789");
	return digits >= 1 && digits <= 2 && n == digits + 2 && strchr("efg", f[n - 1]);
}

static struct sd_err *format(struct sd_scan *s, struct sd_template_part *part)
{
	u32 start, end;

	s->pos++;
	sd_scan_blanks(s);
	start = end = s->pos;
	while (s->text[end] && !strchr("}\"' \t\r\n", s->text[end]))
		end++;
	if (end == start)
		return sd_scan_unexpected(s, "where a format should be");
	if (!is_format(s->text + start, end - start))
		return sd_err_hint(sd_scan_error(s, start, end, "'%.*s' is no format%s",
						 (int)SD_MIN(end - start, 64), s->text + start,
						 s->text[start] == '%'
							 ? ": formats have no percent sign"
							 : ""),
				   "formats are x X d b o c q s t v e f g and .2f .2e .2g: {n:x}");
	memcpy(part->format, s->text + start, end - start);
	s->pos = end;
	return NULL;
}

/* {EXPR}, {EXPR:x}, {}. */
static struct sd_err *braces(struct sd_scan *s, struct parts *p)
{
	struct sd_template_part part = {.start = s->pos};
	u32 open = s->pos++;

	sd_scan_blanks(s);
	if (s->text[s->pos] != '}') {
		SD_TRY(sd_scan_expr(s, &part.expr));
		sd_scan_blanks(s);
		if (s->text[s->pos] == ':')
			SD_TRY(format(s, &part));
		sd_scan_blanks(s);
	}
	if (!s->text[s->pos])
		return sd_scan_error(s, open, open + 1, "'{' is never closed");
	if (s->text[s->pos] != '}')
		return sd_err_hint(sd_scan_unexpected(s, "where '}' should be"),
				   "a brace that is text is written {{");
	s->pos++;
	part.end = s->pos;
	sd_vec_push(&p->v, part);
	p->text_start = s->pos;
	return NULL;
}

static struct sd_err *parse(struct sd_scan *s, struct parts *p)
{
	u32 start = s->pos;
	char quote = s->text[s->pos++];

	p->text_start = s->pos;
	for (;;) {
		const char *at = s->text + s->pos;

		if (!*at)
			return sd_scan_error(s, start, s->pos, "the template is never closed");
		if (*at == quote)
			break;
		if (*at == '\\') {
			SD_TRY(sd_scan_escape(s, "\"'", &p->text, NULL));
		} else if ((at[0] == '{' || at[0] == '}') && at[1] == at[0]) {
			sd_buf_ch(&p->text, *at);
			s->pos += 2;
		} else if (*at == '{') {
			end_text(s, p, s->pos);
			SD_TRY(braces(s, p));
		} else if (*at == '}') {
			return sd_err_hint(
				sd_scan_error(s, s->pos, s->pos + 1, "'}' without a '{' before it"),
				"a brace that is text is written }}");
		} else {
			sd_buf_ch(&p->text, *at);
			s->pos++;
		}
	}
	end_text(s, p, s->pos);
	s->pos++;
	if (!p->v.n)
		return sd_err_hint(sd_scan_error(s, start, s->pos, "the template is empty"),
				   "\"{}\" shows all variables");
	return NULL;
}

struct sd_err *sd_template_parse(const char *text, u32 start, struct sd_arena *arena,
				 struct sd_template *ret, u32 *end_ret)
{
	struct sd_scan s = {.text = text, .pos = start, .arena = arena};
	struct parts p = {0};
	struct sd_err *err = parse(&s, &p);

	if (!err) {
		ret->parts = sd_arena_memdup(arena, p.v.v, p.v.n * sizeof(*p.v.v));
		ret->n = (u32)p.v.n;
		*end_ret = s.pos;
	}
	sd_buf_deinit(&p.text);
	sd_vec_free(&p.v);
	return err;
}
