/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a probe's LOCATION ends, and what it is: a name, glob, /regex/, address, or FILE:LINE.
 * Names of functions hold nearly anything (main.Max[struct { X int "a b" }], f::{closure#0},
 * operator new(unsigned long)), so a name ends where what may follow it begins outside of brackets.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "expr/regex.h"
#include "expr/spec.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Whether the brace at p, not the first character, belongs to a name: struct { X int },
 * f::{{closure}}, f::{closure#0}, f{shim:vtable#0}. No expression begins with '{' or has digits
 * behind '#'. */
static bool is_name_brace(const char *p, const char *start)
{
	static const char *const keywords[] = {"struct", "interface"};
	const char *end = p;
	size_t n = 1;

	while (end > start && is_blank(end[-1]))
		end--;
	for (size_t i = 0; i < SD_ARRAY_SIZE(keywords); i++) {
		size_t len = strlen(keywords[i]);

		if ((size_t)(end - start) >= len && !memcmp(end - len, keywords[i], len) &&
		    ((size_t)(end - start) == len ||
		     (!isalnum((u8)end[-1 - (int)len]) && end[-1 - (int)len] != '_')))
			return true;
	}
	if (end != p)
		return false;
	if (p[1] == '{' || (p > start && p[-1] == ':'))
		return true;
	while (islower((u8)p[n]) || p[n] == '_' || p[n] == ':')
		n++;
	return p[n] == '#' && isdigit((u8)p[n + 1]);
}

/* Whether what may follow a location stands at p. */
static bool rest_at(const char *p, bool blank_before, bool comments)
{
	static const char *const words[] = {"if", "when", "where", "unless"};

	if (!*p || *p == ';' || *p == '{' || *p == '"')
		return true;
	if (!blank_before)
		return false;
	if (*p == '\'' || (*p == '#' && comments))
		return true;
	for (size_t i = 0; i < SD_ARRAY_SIZE(words); i++)
		if (sd_scan_word(p, words[i]))
			return true;
	return false;
}

/* Behind the string in double quotes at i; 0 when it is never closed. */
static u32 string_end(const char *text, u32 i)
{
	for (i++; text[i] && text[i] != '"'; i++)
		if (text[i] == '\\' && text[i + 1])
			i++;
	return text[i] ? i + 1 : 0;
}

/* Where the name that begins at start ends; 0 with nest: brackets do not pair. */
static u32 name_end(const char *text, u32 start, bool comments, bool nest)
{
	u32 i = start, depth = 0;

	while (text[i]) {
		char c = text[i];

		if (!depth && is_blank(c)) {
			u32 next = i + 1;

			while (is_blank(text[next]))
				next++;
			if (rest_at(text + next, true, comments) &&
			    !(text[next] == '{' && is_name_brace(text + next, text + start)))
				return i;
			i = next;
			continue;
		}
		if (!depth && c == '{' && !is_name_brace(text + i, text + start))
			return i;
		if (!depth && (c == ';' || c == '"'))
			return i;
		if (depth && c == '"') {
			i = string_end(text, i);
			if (!i)
				return 0;
			continue;
		}
		if (nest && strchr("([{", c))
			depth++;
		else if (depth && strchr(")]}", c))
			depth--;
		i++;
	}
	return depth ? 0 : i;
}

/* The slash that ends the regular expression at start: the first one that is not escaped and has
 * behind it what may follow. 0: none. */
static u32 regex_end(const char *text, u32 start, bool comments)
{
	for (u32 i = start + 1; text[i]; i++) {
		u32 next = i + 1;

		if (text[i] == '\\' && text[i + 1]) {
			i++;
			continue;
		}
		if (text[i] != '/' || i == start + 1)
			continue;
		if (text[next] == ':' && islower((u8)text[next + 1])) {
			next += 2;
			while (islower((u8)text[next]))
				next++;
		}
		if (text[next] == '{' && isdigit((u8)text[next + 1]))
			continue;
		if (!is_blank(text[next]) && rest_at(text + next, false, comments))
			return i;
		while (is_blank(text[next]))
			next++;
		if (is_blank(text[next - 1]) && rest_at(text + next, true, comments))
			return i;
	}
	return 0;
}

static struct sd_err *compile_regex(const struct sd_scan *s, struct sd_probe_spec *p)
{
	enum { MAX_LENGTH = 4096 };
	char msg[SD_REGEX_MESSAGE];

	p->regex = sd_regex_compile(p->pattern, MAX_LENGTH, msg);
	if (p->regex)
		return NULL;
	return sd_scan_error(s, p->start, p->start + (u32)strlen(p->pattern) + 2,
			     "bad regular expression: %s", msg);
}

/* In Go names "(*T)" is a receiver, not a wildcard. */
static bool is_glob(const char *s)
{
	for (const char *p = s; *p; p++) {
		if (*p == '?')
			return true;
		if (*p == '*' && (p == s || p[-1] != '('))
			return true;
	}
	return false;
}

/* :entry or :return at text[colon..p->end). */
static struct sd_err *part(const struct sd_scan *s, u32 colon, struct sd_probe_spec *p)
{
	const char *t = s->text + colon;
	size_t n = p->end - colon;

	if (n == strlen(":entry") && !memcmp(t, ":entry", n))
		p->part = SD_PART_ENTRY;
	else if (n == strlen(":return") && !memcmp(t, ":return", n))
		p->part = SD_PART_RETURN;
	else
		return sd_scan_error(s, colon, p->end, "'%.*s' is neither :entry nor :return",
				     (int)n, t);
	return NULL;
}

/* FILE:LINE, with the colon of the line at text[colon]. */
static struct sd_err *line(const struct sd_scan *s, u32 colon, struct sd_probe_spec *p)
{
	const char *file = p->pattern, *slash = strrchr(file, '/'),
		   *base = slash ? slash + 1 : file;
	const char *before = strrchr(file, ':');
	u64 v = 0;

	if (before && before[1] && strspn(before + 1, "0123456789") == strlen(before + 1))
		return sd_err_hint(sd_scan_error(s, colon, p->end, "lines have no columns here"),
				   "%s is the line", file);
	if (!*base || strpbrk(file, "()[]{}<>*?\"' \t"))
		return sd_scan_error(s, p->start, colon, "'%s' is no file of FILE:LINE", file);
	if (!slash && !strchr(file, '.'))
		return sd_err_hint(
			sd_scan_error(s, p->start, colon, "'%s' is no file of FILE:LINE", file),
			"give the file with its extension, as in main.go:31");
	for (u32 i = colon + 1; i < p->end && v <= INT32_MAX; i++)
		v = v * 10 + (u32)(s->text[i] - '0');
	if (!v || v > INT32_MAX)
		return sd_scan_error(s, colon + 1, p->end, "lines are 1 to %d", INT32_MAX);
	p->line = (u32)v;
	p->match = SD_MATCH_LINE;
	return NULL;
}

/* A name, glob, address or FILE:LINE in text[p->start..p->end). */
static struct sd_err *plain(const struct sd_scan *s, struct sd_probe_spec *p)
{
	const char *t = s->text;
	u32 colon = p->end, n;
	bool is_line = false;
	char *end;

	while (colon > p->start && t[colon - 1] != ':')
		colon--;
	if (colon-- > p->start && !(colon > p->start && t[colon - 1] == ':')) {
		n = p->end - colon - 1;
		is_line = n && strspn(t + colon + 1, "0123456789") >= n;
		/* "type:.eq.T" and the like are names */
		if (!is_line && n && strspn(t + colon + 1, "abcdefghijklmnopqrstuvwxyz") >= n)
			SD_TRY(part(s, colon, p));
		else if (!is_line)
			colon = p->end;
	} else {
		colon = p->end;
	}
	if (colon == p->start)
		return sd_scan_error(s, p->start, p->end, "no function name before '%.*s'",
				     (int)(p->end - colon), t + colon);
	p->pattern = sd_xstrndup(t + p->start, colon - p->start);
	if (is_line)
		return line(s, colon, p);
	if (!strncmp(p->pattern, "0x", 2)) {
		errno = 0;
		p->addr = strtoull(p->pattern, &end, 16);
		if (*end || errno || end == p->pattern + 2 || p->part != SD_PART_CALL)
			return sd_scan_error(s, p->start, p->end, "'%.*s' is not an address",
					     (int)(p->end - p->start), t + p->start);
		p->match = SD_MATCH_ADDR;
		return NULL;
	}
	p->match = is_glob(p->pattern) ? SD_MATCH_GLOB : SD_MATCH_NAME;
	return NULL;
}

struct sd_err *sd_location_parse(struct sd_scan *s, bool comments, struct sd_probe_spec *p)
{
	const char *t = s->text;
	u32 slash = t[s->pos] == '/' ? regex_end(t, s->pos, comments) : 0;

	p->start = s->pos;
	if (slash) {
		p->match = SD_MATCH_REGEX;
		p->pattern = sd_xstrndup(t + p->start + 1, slash - p->start - 1);
		s->pos = slash + 1;
		while (t[s->pos] == ':' || islower((u8)t[s->pos]))
			s->pos++;
		p->end = s->pos;
		if (p->end > slash + 1)
			SD_TRY(part(s, slash + 1, p));
		return compile_regex(s, p);
	}
	p->end = name_end(t, s->pos, comments, true);
	if (!p->end)
		p->end = name_end(t, s->pos, comments, false);
	s->pos = p->end;
	if (p->end == p->start)
		return sd_err_hint(
			sd_scan_error(s, p->start, p->start + (t[p->start] != 0),
				      t[p->start] ? "a function, address or line is missing before "
						    "'%c'"
						  : "empty probe",
				      t[p->start]),
			"give a function name: sonde trace TARGET main.handle");
	SD_TRY(plain(s, p));
	if (t[p->start] == '/' && p->match != SD_MATCH_LINE)
		return sd_scan_error(s, p->start, p->end,
				     "the regular expression's second '/' is missing");
	return NULL;
}
