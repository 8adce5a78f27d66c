/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular expressions that the user typed: POSIX extended ones, of bounded cost. */
#ifndef SD_EXPR_REGEX_H
#define SD_EXPR_REGEX_H

#include "base/base.h"

enum { SD_REGEX_MESSAGE = 128 };

/**
 * Compiles re for matches without sub-matches. max: bytes that it may have. Refuses what would cost
 * time or memory without bound: back references, and repetitions whose counts multiply. NULL: msg
 * says why. A regex_t, freed with sd_regex_free().
 */
void *sd_regex_compile(const char *re, size_t max, char msg[SD_REGEX_MESSAGE]);
void sd_regex_free(void *regex);
bool sd_regex_matches(const void *regex, const char *text);

#endif
