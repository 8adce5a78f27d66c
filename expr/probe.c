/* SPDX-License-Identifier: BSD-2-Clause */
/* Parses probes and matches names: exact, glob, regular expression, address. */
#include "expr/probe.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

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

bool sd_glob(const char *pattern, const char *name)
{
	const char *p = pattern, *n = name, *star = NULL, *mark = NULL;

	while (*n) {
		bool wild = *p == '*' && (p == pattern || p[-1] != '(');

		if (wild) {
			star = p++;
			mark = n;
		} else if (*p == *n || *p == '?') {
			p++;
			n++;
		} else if (star) {
			p = star + 1;
			n = ++mark;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

static struct sd_err *compile_regex(struct sd_probe_spec *p, size_t text_len)
{
	char msg[256];
	regex_t *re = sd_xcalloc(1, sizeof(*re));
	int rc = regcomp(re, p->pattern, REG_EXTENDED | REG_NOSUB);

	if (!rc) {
		p->regex = re;
		return NULL;
	}
	regerror(rc, re, msg, sizeof(msg));
	free(re);
	return sd_err_span(sd_err_new(SD_ERR_USAGE, "bad regular expression: %s", msg), p->text, 0,
			   (int)text_len);
}

static struct sd_err *parse(struct sd_probe_spec *p)
{
	size_t len = strlen(p->text);
	const char *colon;
	char *end;

	if (!len)
		return sd_err_hint(sd_err_new(SD_ERR_USAGE, "empty probe"),
				   "give a function name: sonde trace TARGET main.handle");
	if (p->text[0] == '/' && len > 1) {
		const char *close = strrchr(p->text, '/');
		const char *rest = close + 1;

		if (close != p->text && (!*rest || *rest == ':')) {
			p->match = SD_MATCH_REGEX;
			p->pattern = sd_xstrndup(p->text + 1, (size_t)(close - p->text) - 1);
			if (!strcmp(rest, ":entry"))
				p->part = SD_PART_ENTRY;
			else if (!strcmp(rest, ":return"))
				p->part = SD_PART_RETURN;
			else if (*rest)
				return sd_err_span(sd_err_new(SD_ERR_USAGE,
							      "'%s' is neither :entry nor :return",
							      rest),
						   p->text, (int)(rest - p->text), (int)len);
			return compile_regex(p, len);
		}
	}
	colon = strrchr(p->text, ':');
	if (colon && !strcmp(colon, ":entry"))
		p->part = SD_PART_ENTRY;
	else if (colon && !strcmp(colon, ":return"))
		p->part = SD_PART_RETURN;
	else if (colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1))
		return sd_err_span(
			sd_err_hint(
				sd_err_new(SD_ERR_USAGE,
					   "'%s' is a source line; only functions and addresses "
					   "can be probed so far",
					   p->text),
				"sonde list BINARY names the functions and where they are"),
			p->text, 0, (int)len);
	else if (colon && colon > p->text && colon[-1] != ':' && colon[1] &&
		 strspn(colon + 1, "abcdefghijklmnopqrstuvwxyz") ==
			 strlen(colon + 1)) /* "type:.eq.T", "std::f" are names */
		return sd_err_span(
			sd_err_new(SD_ERR_USAGE, "'%s' is neither :entry nor :return", colon),
			p->text, (int)(colon - p->text), (int)len);
	else
		colon = NULL;
	p->pattern = sd_xstrndup(p->text, colon ? (size_t)(colon - p->text) : len);
	if (!p->pattern[0])
		return sd_err_span(sd_err_new(SD_ERR_USAGE, "no function name before '%s'", colon),
				   p->text, 0, (int)len);
	if (!strncmp(p->pattern, "0x", 2)) {
		errno = 0;
		p->addr = strtoull(p->pattern, &end, 16);
		if (*end || errno || end == p->pattern + 2)
			return sd_err_span(
				sd_err_new(SD_ERR_USAGE, "'%s' is not an address", p->pattern),
				p->text, 0, (int)strlen(p->pattern));
		p->match = SD_MATCH_ADDR;
		return NULL;
	}
	p->match = is_glob(p->pattern) ? SD_MATCH_GLOB : SD_MATCH_NAME;
	return NULL;
}

struct sd_err *sd_probe_parse(const char *text, struct sd_probe_spec *ret)
{
	struct sd_probe_spec p = {.text = sd_xstrdup(text)};
	struct sd_err *err = parse(&p);

	if (err) {
		sd_probe_spec_deinit(&p);
		return err;
	}
	*ret = p;
	return NULL;
}

void sd_probe_spec_deinit(struct sd_probe_spec *p)
{
	free(p->text);
	free(p->pattern);
	if (p->regex)
		regfree(p->regex);
	free(p->regex);
	memset(p, 0, sizeof(*p));
}

bool sd_probe_matches(const struct sd_probe_spec *p, const char *name)
{
	switch (p->match) {
	case SD_MATCH_NAME:
		return !strcmp(p->pattern, name);
	case SD_MATCH_GLOB:
		return sd_glob(p->pattern, name);
	case SD_MATCH_REGEX:
		return !regexec(p->regex, name, 0, NULL, 0);
	case SD_MATCH_ADDR:
		break;
	}
	return false;
}

unsigned int sd_name_distance(const char *a, const char *b)
{
	enum { MAX = 128 };
	size_t na = strnlen(a, MAX), nb = strnlen(b, MAX);
	unsigned int rows[3][MAX + 1];

	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned int *cur = rows[i % 3], *prev = rows[(i + 2) % 3],
			     *prev2 = rows[(i + 1) % 3];

		cur[0] = (unsigned int)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned int best = prev[j - 1] + (a[i - 1] != b[j - 1]);

			best = SD_MIN(best, prev[j] + 1);
			best = SD_MIN(best, cur[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = SD_MIN(best, prev2[j - 2] + 1);
			cur[j] = best;
		}
	}
	return rows[na % 3][nb];
}
