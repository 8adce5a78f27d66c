/* SPDX-License-Identifier: BSD-2-Clause */
/* Parses probes: [NAME ':'] LOCATION ['{' EXPR, … '}' | TEMPLATE] ['if' CONDITION] [';' OPTION …]
 */
#include "expr/probe.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "expr/regex.h"
#include "expr/spec.h"

/* "slow: main.f": a word, a colon, a blank; no location has a blank behind a colon. */
static void label(struct sd_scan *s, struct sd_probe_spec *p)
{
	const char *t = s->text + s->pos;
	u32 n = 0;

	if (!isalpha((u8)*t) && *t != '_')
		return;
	while (isalnum((u8)t[n]) || t[n] == '_' || t[n] == '-')
		n++;
	if (t[n] != ':' || (t[n + 1] != ' ' && t[n + 1] != '\t'))
		return;
	p->name = sd_arena_strndup(s->arena, t, n);
	s->pos += n + 1;
	sd_scan_blanks(s);
}

static struct sd_err *too_many(const struct sd_scan *s, u32 start)
{
	return sd_scan_error(s, start, s->pos, "a probe shows up to %d expressions",
			     SD_PROBE_EXPRS);
}

/* '{' EXPR, … '}' */
static struct sd_err *captures(struct sd_scan *s, struct sd_probe_spec *p)
{
	struct sd_probe_expr exprs[SD_PROBE_EXPRS];
	u32 open = s->pos++;

	p->has_exprs = true;
	sd_scan_blanks(s);
	while (s->text[s->pos] != '}') {
		struct sd_probe_expr *e = &exprs[p->nexprs];

		if (p->nexprs == SD_PROBE_EXPRS)
			return too_many(s, open);
		SD_TRY(sd_scan_expr(s, &e->expr));
		e->text = sd_arena_strndup(s->arena, s->text + e->expr->start,
					   e->expr->end - e->expr->start);
		p->nexprs++;
		sd_scan_blanks(s);
		if (s->text[s->pos] == ',') {
			s->pos++;
			sd_scan_blanks(s);
			if (s->text[s->pos] == '}')
				return sd_scan_unexpected(s, "where an expression should be");
		} else if (s->text[s->pos] == ':') {
			return sd_err_hint(
				sd_scan_error(s, s->pos, s->pos + 1, "formats are for templates"),
				"in a template: \"{%s:x}\"", e->text);
		} else if (s->text[s->pos] && s->text[s->pos] != '}') {
			return sd_scan_unexpected(s, "where ',' or '}' should be");
		}
		if (!s->text[s->pos])
			return sd_scan_error(s, open, open + 1, "'{' is never closed");
	}
	s->pos++;
	p->exprs = sd_arena_memdup(s->arena, exprs, p->nexprs * sizeof(exprs[0]));
	return NULL;
}

static struct sd_err *template(struct sd_scan *s, struct sd_probe_spec *p)
{
	u32 start = s->pos, n = 0;

	p->has_template = true;
	SD_TRY(sd_template_parse(s->text, s->pos, s->arena, &p->template, &s->pos));
	for (u32 i = 0; i < p->template.n; i++)
		n += p->template.parts[i].expr != NULL;
	return n > SD_PROBE_EXPRS ? too_many(s, start) : NULL;
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

static struct sd_err *show(struct sd_scan *s, struct sd_probe_spec *p)
{
	char c = s->text[s->pos];

	if (c != '{' && !is_quote(c))
		return NULL;
	p->show_start = s->pos;
	if (c == '{')
		SD_TRY(captures(s, p));
	else
		SD_TRY(template(s, p));
	p->show_end = s->pos;
	sd_scan_blanks(s);
	c = s->text[s->pos];
	if (c == '{' || is_quote(c))
		return sd_scan_error(s, s->pos, s->pos + 1,
				     "a probe shows { } or a template, not two of them");
	return NULL;
}

static struct sd_err *condition(struct sd_scan *s, struct sd_probe_spec *p)
{
	static const char *const others[] = {"when", "where", "unless"};
	u32 start = s->pos;

	for (size_t i = 0; i < SD_ARRAY_SIZE(others); i++)
		if (sd_scan_word(s->text + start, others[i]))
			return sd_scan_error(s, start, start + (u32)strlen(others[i]),
					     "did you mean 'if'?");
	if (!sd_scan_word(s->text + start, "if"))
		return NULL;
	s->pos += 2;
	sd_scan_blanks(s);
	if (!s->text[s->pos])
		return sd_scan_error(s, start, start + 2, "a condition is missing behind 'if'");
	SD_TRY(sd_scan_expr(s, &p->cond));
	sd_scan_blanks(s);
	if (s->text[s->pos] == '{' || is_quote(s->text[s->pos]))
		return sd_scan_error(s, s->pos, s->pos + 1,
				     "the condition comes last: LOCATION { } if CONDITION");
	return NULL;
}

/* main.f{x}:return: that belongs to the location. NULL: something else is there. */
static const char *part_behind(const struct sd_scan *s, const struct sd_probe_spec *p)
{
	static const char *const parts[] = {":return", ":entry"};

	for (size_t i = 0; p->show_end && !p->cond && i < SD_ARRAY_SIZE(parts); i++)
		if (!strncmp(s->text + s->pos, parts[i], strlen(parts[i])))
			return parts[i];
	return NULL;
}

static struct sd_err *parse(struct sd_scan *s, bool comments, struct sd_probe_spec *p)
{
	const char *part;
	struct sd_err *err;
	u32 before;

	sd_scan_blanks(s);
	label(s, p);
	SD_TRY(sd_location_parse(s, comments, p));
	before = s->pos;
	sd_scan_blanks(s);
	SD_TRY(show(s, p));
	sd_scan_blanks(s);
	SD_TRY(condition(s, p));
	sd_scan_blanks(s);
	if (s->text[s->pos] == ';')
		return sd_options_parse(s, comments, p);
	if (!s->text[s->pos] || (comments && s->text[s->pos] == '#' && s->pos > before))
		return NULL;
	if (s->text[s->pos] == ')' || s->text[s->pos] == ']' || s->text[s->pos] == '}')
		return sd_scan_error(s, s->pos, s->pos + 1, "'%c' was never opened",
				     s->text[s->pos]);
	err = sd_scan_unexpected(s, p->cond ? "behind the condition"
					    : "where 'if' or the end of the probe should be");
	part = part_behind(s, p);
	return part ? sd_err_hint(err, "write %.*s%s %.*s", (int)(p->end - p->start),
				  s->text + p->start, part, (int)(p->show_end - p->show_start),
				  s->text + p->show_start)
		    : err;
}

static void set_title(const struct sd_scan *s, struct sd_probe_spec *p)
{
	u32 start = (u32)strspn(p->text, " \t\r\n"), end = s->pos;

	p->text_end = end;
	while (end > start && strchr(" \t\r\n;", p->text[end - 1]))
		end--;
	p->title = sd_arena_strndup(s->arena, p->text + start, end - start);
}

struct sd_err *sd_spec_parse(const char *text, bool comments, struct sd_probe_spec *ret)
{
	struct sd_probe_spec p = {0};
	struct sd_scan s = {.arena = &p.arena};
	struct sd_err *err;

	if (strnlen(text, SD_PROBE_TEXT + 1) > SD_PROBE_TEXT)
		return sd_err_new(SD_ERR_USAGE, "a probe is longer than %d bytes", SD_PROBE_TEXT);
	s.text = p.text = sd_xstrdup(text);
	err = parse(&s, comments, &p);
	if (err) {
		sd_probe_spec_deinit(&p);
		return err;
	}
	set_title(&s, &p);
	*ret = p;
	return NULL;
}

struct sd_err *sd_probe_parse(const char *text, struct sd_probe_spec *ret)
{
	return sd_spec_parse(text, false, ret);
}

void sd_probe_spec_deinit(struct sd_probe_spec *p)
{
	free(p->text);
	free(p->pattern);
	sd_regex_free(p->regex);
	sd_arena_deinit(&p->arena);
	memset(p, 0, sizeof(*p));
}
