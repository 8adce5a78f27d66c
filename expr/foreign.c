/* SPDX-License-Identifier: BSD-2-Clause */
/* What people write in expressions out of habit from other languages, and what to write instead. */
#include "expr/scan.h"

struct sd_err *sd_scan_no_operand(const struct sd_scan *s)
{
	const char *p = s->text + s->pos;
	char before = s->pos >= 2 ? p[-1] : 0;

	if (*p == '=' && before == '=')
		return sd_scan_error(s, s->pos - 2, s->pos + 1, "did you mean '%c='?", p[-2]);
	if (*p == '=' && before && strchr("+-*/%&|^<>", before))
		return sd_scan_error(s, s->pos - 1, s->pos + 1,
				     "'%c=' assigns: expressions only read", before);
	if (*p == '>' && before == '<')
		return sd_scan_error(s, s->pos - 1, s->pos + 1, "did you mean '!='?");
	if (p[0] == '<' && p[1] == '-')
		return sd_scan_error(
			s, s->pos, s->pos + 2,
			"nothing can be received from channels: expressions only read");
	if (p[0] == '\\' && (p[1] == '"' || p[1] == '\''))
		return sd_scan_error(s, s->pos, s->pos + 2,
				     "quotes need no backslash here, inside a template neither");
	return sd_scan_unexpected(s, "where an operand should be");
}

struct sd_err *sd_scan_foreign(struct sd_scan *s)
{
	static const struct {
		const char *text, *instead;
	} words[] = {
		{"and", "did you mean '&&'?"},
		{"or", "did you mean '||'?"},
		{"is", "did you mean '=='?"},
		{"eq", "did you mean '=='?"},
		{"ne", "did you mean '!='?"},
		{"lt", "did you mean '<'?"},
		{"le", "did you mean '<='?"},
		{"gt", "did you mean '>'?"},
		{"ge", "did you mean '>='?"},
		{"as", "a conversion is written uint32(x)"},
		{"in",
		 "look an element up with m[key], search text with strings.Contains(x, \"...\")"},
		{"like", "did you mean matches(x, \"...\")?"},
		{"contains", "did you mean strings.Contains(x, \"...\")?"},
		{"startswith", "did you mean strings.HasPrefix(x, \"...\")?"},
		{"endswith", "did you mean strings.HasSuffix(x, \"...\")?"},
		{"matches", "did you mean matches(x, \"...\")?"},
	};
	static const struct {
		const char *text, *instead;
	} signs[] = {
		{"=~", "did you mean matches(x, \"...\")?"},
		{"~=", "did you mean matches(x, \"...\")?"},
		{"!~", "did you mean !matches(x, \"...\")?"},
		{":=", "':=' assigns: expressions only read"},
		{"=", "did you mean '=='?"},
		{"?", "there is no '?' in expressions"},
	};
	u32 end = s->pos;
	const char *p;

	sd_scan_blanks(s);
	p = s->text + s->pos;
	for (size_t i = 0; i < SD_ARRAY_SIZE(words); i++)
		if (sd_scan_word(p, words[i].text))
			return sd_scan_error(s, s->pos, s->pos + (u32)strlen(words[i].text), "%s",
					     words[i].instead);
	for (size_t i = 0; i < SD_ARRAY_SIZE(signs); i++)
		if (!strncmp(p, signs[i].text, strlen(signs[i].text)))
			return sd_scan_error(s, s->pos, s->pos + (u32)strlen(signs[i].text), "%s",
					     signs[i].instead);
	s->pos = end;
	return NULL;
}
