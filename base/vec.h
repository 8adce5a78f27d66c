/* SPDX-License-Identifier: BSD-2-Clause */
/* Growing arrays: `SD_VEC(struct thing) things = {0}; sd_vec_push(&things, t); things.v[i];
 * sd_vec_free(&things);` */
#ifndef SD_BASE_VEC_H
#define SD_BASE_VEC_H

#include <stdlib.h>

#include "base/base.h"

#define SD_VEC(type)                                                                               \
	struct {                                                                                   \
		type *v;                                                                           \
		size_t n;                                                                          \
		size_t cap;                                                                        \
	}

#define sd_vec_reserve(vec, want)                                                                  \
	do {                                                                                       \
		if ((vec)->cap < (size_t)(want)) {                                                 \
			(vec)->cap = SD_MAX((size_t)(want), (vec)->cap * 2 + 8);                   \
			(vec)->v = sd_xrealloc((vec)->v, (vec)->cap, sizeof(*(vec)->v));           \
		}                                                                                  \
	} while (0)

#define sd_vec_push(vec, ...)                                                                      \
	do {                                                                                       \
		sd_vec_reserve(vec, (vec)->n + 1);                                                 \
		(vec)->v[(vec)->n++] = (__VA_ARGS__);                                              \
	} while (0)

#define sd_vec_free(vec)                                                                           \
	do {                                                                                       \
		free((vec)->v);                                                                    \
		(vec)->v = NULL;                                                                   \
		(vec)->n = (vec)->cap = 0;                                                         \
	} while (0)

#endif
