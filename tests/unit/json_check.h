/* SPDX-License-Identifier: BSD-2-Clause */
/* A strict reader of JSON (RFC 8259) that only says whether the text is one value: the judge of the
 * json sink. */
#ifndef SD_TESTS_JSON_CHECK_H
#define SD_TESTS_JSON_CHECK_H

#include <ctype.h>
#include <string.h>

#include "base/base.h"

struct json_check {
	const char *p, *end;
	int level;
};

static bool json_value(struct json_check *j);

static inline bool json_take(struct json_check *j, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0)
		return false;
	j->p += n;
	return true;
}

static inline bool json_digits(struct json_check *j)
{
	const char *start = j->p;

	while (j->p < j->end && isdigit((unsigned char)*j->p))
		j->p++;
	return j->p > start;
}

static inline bool json_number(struct json_check *j)
{
	json_take(j, "-");
	if (!json_take(j, "0") && !json_digits(j))
		return false;
	if (json_take(j, ".") && !json_digits(j))
		return false;
	if (json_take(j, "e") || json_take(j, "E")) {
		if (!json_take(j, "+"))
			json_take(j, "-");
		return json_digits(j);
	}
	return true;
}

static inline bool json_string(struct json_check *j)
{
	if (!json_take(j, "\""))
		return false;
	while (j->p < j->end && *j->p != '"') {
		unsigned char c = (unsigned char)*j->p++;

		if (c < 0x20 || c == 0x7f)
			return false;
		if (c != '\\')
			continue;
		if (j->p == j->end)
			return false;
		c = (unsigned char)*j->p++;
		if (c == 'u') {
			for (int i = 0; i < 4; i++)
				if (j->p == j->end || !isxdigit((unsigned char)*j->p++))
					return false;
		} else if (!c || !strchr("\"\\/bfnrt", c)) {
			return false;
		}
	}
	return json_take(j, "\"");
}

static inline bool json_members(struct json_check *j, bool named, const char *close)
{
	if (json_take(j, close))
		return true;
	do {
		if (named && (!json_string(j) || !json_take(j, ":")))
			return false;
		if (!json_value(j))
			return false;
	} while (json_take(j, ","));
	return json_take(j, close);
}

static bool json_value(struct json_check *j)
{
	bool ok;

	if (++j->level > 2000)
		return false;
	if (json_take(j, "{"))
		ok = json_members(j, true, "}");
	else if (json_take(j, "["))
		ok = json_members(j, false, "]");
	else if (j->p < j->end && *j->p == '"')
		ok = json_string(j);
	else
		ok = json_take(j, "null") || json_take(j, "true") || json_take(j, "false") ||
		     json_number(j);
	j->level--;
	return ok;
}

/* Whether the n bytes at s are one JSON value (no white space: sonde writes none) and nothing else.
 */
static inline bool json_valid(const char *s, size_t n)
{
	struct json_check j = {.p = s, .end = s + n};

	return json_value(&j) && j.p == j.end;
}

#endif
