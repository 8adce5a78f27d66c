/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of open calls: blocks in size classes, kept for the next call while as much is in use,
 * else given back. */
#ifndef SD_JOIN_POOL_H
#define SD_JOIN_POOL_H

#include "base/base.h"

/* Four classes to a power of two, from 256 bytes: at most a quarter of a block is wasted. */
enum { SD_POOL_CLASSES = 64, SD_POOL_KEEP = 1 << 20 };

struct sd_pool_block {
	struct sd_pool_block *next;
};

/** A zeroed pool is empty and ready. */
struct sd_pool {
	struct sd_pool_block *free[SD_POOL_CLASSES]; /* owned */
	u64 used;				     /* bytes handed out */
	u64 kept;				     /* bytes on the lists */
};

void sd_pool_deinit(struct sd_pool *p);
/** At least size bytes, not zeroed; *class_ret goes back to sd_pool_free(). */
void *sd_pool_alloc(struct sd_pool *p, size_t size, u32 *class_ret);
void sd_pool_free(struct sd_pool *p, void *block, u32 class);

#endif
