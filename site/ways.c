/* SPDX-License-Identifier: BSD-2-Clause */
/* Ways between blocks within one turn of a loop. */
#include "site/points.h"

#include <string.h>

/* Marks what can be reached from the blocks in work[0..n) in one turn of the loop with that header,
 * without passing avoid. True when the turn's or the loop's end is among it, or the function's:
 * calls that do not return are no end. */
bool sd_region_reach(struct sd_region *r, u32 n, u32 header, u32 avoid)
{
	const struct sd_blocks *bs = r->bs;
	bool end = false;

	while (n) {
		const struct sd_block *b = &bs->v[r->work[--n]];

		if (!b->nsucc && !b->dead_end && !b->restarts)
			end = true;
		for (u32 k = 0; k < b->nsucc; k++) {
			u32 to = bs->edges[b->succ + k];

			if (!bs->v[to].alive)
				continue;
			if (to == header || !sd_block_in_loop(bs, to, header)) {
				end = true;
				continue;
			}
			if (to == avoid || r->marks[to])
				continue;
			r->marks[to] = 1;
			r->work[n++] = to;
		}
	}
	return end;
}

void sd_region_clear_marks(struct sd_region *r)
{
	memset(r->marks, 0, r->bs->n);
}

/* Marks what a turn can reach without passing avoid. */
void sd_region_reach_from_start(struct sd_region *r, u32 header, u32 avoid)
{
	u32 n = 0;

	sd_region_clear_marks(r);
	for (u32 b = 0; b < r->bs->n; b++) {
		bool starts = header == SD_NO_BLOCK ? r->bs->v[b].is_root : b == header;

		if (starts && b != avoid) {
			r->marks[b] = 1;
			r->work[n++] = b;
		}
	}
	sd_region_reach(r, n, header, avoid);
}

bool sd_region_reach_from(struct sd_region *r, u32 block, u32 header, u32 avoid)
{
	sd_region_clear_marks(r);
	r->marks[block] = 1;
	r->work[0] = block;
	return sd_region_reach(r, 1, header, avoid);
}

/* Whether each turn that meets u meets d too. */
bool sd_region_covers(struct sd_region *r, u32 d, u32 u, u32 header)
{
	if (d == u)
		return true;
	sd_region_reach_from_start(r, header, d);
	if (!r->marks[u])
		return true;
	return !sd_region_reach_from(r, u, header, d);
}
