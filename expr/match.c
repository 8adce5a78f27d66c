/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a function's name is what a probe asks for, and how near it is when it is not. */
#include <string.h>

#include "expr/probe.h"
#include "expr/regex.h"

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
		return sd_regex_matches(p->regex, name);
	case SD_MATCH_ADDR:
	case SD_MATCH_LINE:
		break;
	}
	return false;
}
