/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a function's name is what a probe asks for, and how near it is when it is not. */
#include <regex.h>
#include <string.h>

#include "expr/probe.h"

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
	case SD_MATCH_LINE:
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
