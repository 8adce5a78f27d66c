/* SPDX-License-Identifier: BSD-2-Clause */
/* A function's basic blocks: how control goes between them, which dominate which, and the loops. */
#ifndef SD_SITE_BLOCKS_H
#define SD_SITE_BLOCKS_H

#include "site/priv.h"

#define SD_NO_BLOCK UINT32_MAX

struct sd_block {
	u32 first, end;	 /* instructions [first, end) of the flow */
	u32 succ, nsucc; /* in sd_blocks.edges */
	u32 pred, npred; /* in sd_blocks.back */
	u32 idom;	 /* immediate dominator; SD_NO_BLOCK: a root, or not reachable */
	u32 order;	 /* its place in reverse postorder; SD_NO_BLOCK: not reachable */
	u32 loop;	 /* header of the innermost loop around it, SD_NO_BLOCK: none */
	u32 outer;	 /* of a header: the header of the next loop out */
	bool dead_end;	 /* ends with a call that does not return */
	bool restarts;	 /* Go: grows the stack and starts the function again */
	bool alive;   /* leads to a return or into a loop, not to calls that do not return alone */
	bool is_root; /* the entry, or code that nothing visible leads to (landing pads) */
};

struct sd_blocks {
	const struct sd_flow *f; /* borrowed */
	struct sd_block *v;	 /* owned, in address order */
	u32 n;
	u32 *of;    /* owned: instruction → block */
	u32 *edges; /* owned */
	u32 *back;  /* owned */
};

/** no_return (may be NULL) says whether the function at that address never returns. */
struct sd_err *sd_blocks_init(const struct sd_flow *f, bool (*no_return)(void *ctx, u64 addr),
			      void *ctx, struct sd_blocks *ret);
void sd_blocks_deinit(struct sd_blocks *b);
/** Whether every way to b leads over a. */
bool sd_block_dominates(const struct sd_blocks *bs, u32 a, u32 b);
/** Whether block b is in the loop with that header (SD_NO_BLOCK: the whole function). */
bool sd_block_in_loop(const struct sd_blocks *bs, u32 b, u32 header);

#endif
