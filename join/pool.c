/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of open calls: which size class a record belongs to, and how much is kept. */
#include "join/pool.h"

#include <stdlib.h>

enum { MIN_SHIFT = 8 };

static size_t class_size(u32 class)
{
	return (size_t)(4 + class % 4) << (class / 4 + MIN_SHIFT - 2);
}

static u32 class_of(size_t size)
{
	u32 shift, quarter;

	if (size <= (size_t)1 << MIN_SHIFT)
		return 0;
	shift = 63 - (u32)__builtin_clzll(size - 1);	    /* 2^shift < size <= 2^(shift + 1) */
	quarter = (u32)((size - 1) >> (shift - 2)) - 4 + 1; /* in quarters of it, rounded up */
	return (shift - MIN_SHIFT) * 4 + quarter;
}

void sd_pool_deinit(struct sd_pool *p)
{
	for (u32 class = 0; class < SD_POOL_CLASSES; class ++) {
		while (p->free[class]) {
			struct sd_pool_block *next = p->free[class]->next;

			free(p->free[class]);
			p->free[class] = next;
		}
	}
	p->kept = 0;
}

void *sd_pool_alloc(struct sd_pool *p, size_t size, u32 *class_ret)
{
	u32 class = class_of(size);
	struct sd_pool_block *b;
	size_t have;

	if (class >= SD_POOL_CLASSES)
		abort();
	have = class_size(class);
	b = p->free[class];
	if (b) {
		p->free[class] = b->next;
		p->kept -= have;
	} else {
		b = sd_xmalloc(have);
	}
	p->used += have;
	*class_ret = class;
	return b;
}

void sd_pool_free(struct sd_pool *p, void *block, u32 class)
{
	size_t have = class_size(class);
	struct sd_pool_block *b = block;

	p->used -= have;
	if (p->kept > p->used + SD_POOL_KEEP) {
		free(b);
		return;
	}
	b->next = p->free[class];
	p->free[class] = b;
	p->kept += have;
}
