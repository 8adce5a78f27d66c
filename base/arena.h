/* SPDX-License-Identifier: BSD-2-Clause */
/* Arenas: memory that is given back all at once. For long-lived graphs and for one event's values.
 */
#ifndef SD_BASE_ARENA_H
#define SD_BASE_ARENA_H

#include "base/base.h"

struct sd_arena_block;

struct sd_arena {
	struct sd_arena_block *first; /* owned list of blocks */
	struct sd_arena_block *cur;
};

/** A zeroed arena is ready to use; deinit gives everything back. */
void sd_arena_deinit(struct sd_arena *a);
/** Forgets all allocations but keeps the blocks for the next round. */
void sd_arena_reset(struct sd_arena *a);
/** size zeroed bytes, aligned to 16; never NULL. */
void *sd_arena_alloc(struct sd_arena *a, size_t size);
/** As sd_arena_alloc(), not zeroed. */
void *sd_arena_alloc_raw(struct sd_arena *a, size_t size);
char *sd_arena_strdup(struct sd_arena *a, const char *s);
char *sd_arena_strndup(struct sd_arena *a, const char *s, size_t n);
char *sd_arena_printf(struct sd_arena *a, const char *fmt, ...) sd_printf_like(2, 3);
void *sd_arena_memdup(struct sd_arena *a, const void *p, size_t size);

#define sd_arena_new(a, type)	   ((type *)sd_arena_alloc((a), sizeof(type)))
#define sd_arena_array(a, type, n) ((type *)sd_arena_alloc((a), sizeof(type) * (size_t)(n)))

#endif
