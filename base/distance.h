/* SPDX-License-Identifier: BSD-2-Clause */
/* How far apart two names are, for "did you mean". */
#ifndef SD_BASE_DISTANCE_H
#define SD_BASE_DISTANCE_H

#include "base/base.h"

/** Damerau–Levenshtein distance of the first 128 bytes of each. */
unsigned int sd_name_distance(const char *a, const char *b);

#endif
