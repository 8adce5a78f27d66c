/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular expressions that the user typed. */
#include "expr/regex.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *too_costly(const char *re)
{
	enum { MAX_COPIES = 1000 };
	unsigned long copies = 1;

	for (const char *p = re; *p; p++) {
		if (*p == '\\' && p[1]) {
			if (p[1] >= '1' && p[1] <= '9')
				return "back references are not supported";
			p++;
		} else if (*p == '{') {
			char *end;
			unsigned long low = strtoul(p + 1, &end, 10), high = low;

			if (*end == ',')
				high = strtoul(end + 1, &end, 10);
			high = SD_MAX(SD_MAX(low, high), 1UL);
			if (high > MAX_COPIES || (copies *= high) > MAX_COPIES)
				return "the counts of its repetitions multiply to more than 1000";
		}
	}
	return NULL;
}

void *sd_regex_compile(const char *re, size_t max, char msg[SD_REGEX_MESSAGE])
{
	const char *why = too_costly(re);
	regex_t *compiled;
	int rc;

	if (strlen(re) > max) {
		snprintf(msg, SD_REGEX_MESSAGE, "longer than %zu bytes", max);
		return NULL;
	}
	if (why) {
		snprintf(msg, SD_REGEX_MESSAGE, "%s", why);
		return NULL;
	}
	compiled = sd_xcalloc(1, sizeof(*compiled));
	rc = regcomp(compiled, re, REG_EXTENDED | REG_NOSUB);
	if (!rc)
		return compiled;
	regerror(rc, compiled, msg, SD_REGEX_MESSAGE);
	free(compiled);
	return NULL;
}

void sd_regex_free(void *regex)
{
	if (regex)
		regfree(regex);
	free(regex);
}

bool sd_regex_matches(const void *regex, const char *text)
{
	return !regexec(regex, text, 0, NULL, 0);
}
