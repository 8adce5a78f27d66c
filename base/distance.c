/* SPDX-License-Identifier: BSD-2-Clause */
/* How far apart two names are. */
#include "base/distance.h"

#include <string.h>

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
