/* SPDX-License-Identifier: BSD-2-Clause */
/* The syntax of a probe: LOCATION (later: captured expressions, templates, conditions). Pure. */
#ifndef SD_EXPR_PROBE_H
#define SD_EXPR_PROBE_H

#include "base/base.h"
#include "base/err.h"

enum sd_match { SD_MATCH_NAME, SD_MATCH_GLOB, SD_MATCH_REGEX, SD_MATCH_ADDR };
enum sd_part { SD_PART_CALL, SD_PART_ENTRY, SD_PART_RETURN };

struct sd_probe_spec {
	char *text;    /* owned: as typed */
	char *pattern; /* owned: the name, glob or regular expression */
	enum sd_match match;
	enum sd_part part;
	u64 addr;    /* SD_MATCH_ADDR: link-time address */
	void *regex; /* owned: compiled, SD_MATCH_REGEX */
};

/** Parses text. Errors carry a span in it. */
sd_must_check struct sd_err *sd_probe_parse(const char *text, struct sd_probe_spec *ret);
void sd_probe_spec_deinit(struct sd_probe_spec *p);
/** Whether a function of that name matches. In globs `*` and `?` are special, but the `(*` of a Go
 * receiver is not. */
bool sd_probe_matches(const struct sd_probe_spec *p, const char *name);
/** Glob matching by itself, in linear time for practical purposes. */
bool sd_glob(const char *pattern, const char *name);
/** How far apart two names are (Damerau–Levenshtein on at most 128 bytes each), for "did you mean".
 */
unsigned int sd_name_distance(const char *a, const char *b);

#endif
