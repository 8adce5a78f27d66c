/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a place of the frame has been stored to. Go's location lists name the place that a value
 * is spilled to before it is: the register of a parameter, say, where the argument area has room
 * for it (seen on 1.17 and 1.18). What lies there then is of an earlier call.
 */
#include "site/lines.h"

/* Whether instructions [from, to) store there. */
static bool is_stored_in(const struct sd_lines *l, u32 from, u32 to, const struct sd_piece *p)
{
	for (u32 i = from; i < to; i++)
		if (sd_code_touches(l, i, p->off, p->deref ? 8 : SD_MAX(p->size, 1)))
			return true;
	return false;
}

/* Whether every way from the function's entry to instruction insn does. */
static bool is_stored(const struct sd_lines *l, u32 insn, const struct sd_piece *p)
{
	const struct sd_blocks *bs = &l->blocks;
	sd_autofree bool *seen = sd_xcalloc(bs->n + 1, sizeof(*seen));
	sd_autofree u32 *work = sd_xcalloc(bs->n + 1, sizeof(*work));
	u32 n = 0, start = bs->of[insn];

	if (is_stored_in(l, bs->v[start].first, insn, p))
		return true;
	work[n++] = start;
	while (n) {
		const struct sd_block *b = &bs->v[work[--n]];

		if (b == &bs->v[0])
			return false;
		for (u32 k = 0; k < b->npred; k++) {
			u32 from = bs->back[b->pred + k];

			if (seen[from])
				continue;
			seen[from] = true;
			if (!is_stored_in(l, bs->v[from].first, bs->v[from].end, p))
				work[n++] = from;
		}
	}
	return true;
}

bool sd_code_is_passed(const struct sd_lines *l, const struct sd_piece *p)
{
	if (p->off < 0)
		return false;
	if (!l->go || !sd_go_layout(l->go)->regabi)
		return true;
	return l->ways.argument_at && l->ways.argument_at(l->ways.ctx, &l->fn, p->off);
}

void sd_code_check_stored(struct sd_lines *l, u32 insn, struct sd_local *v)
{
	sd_code_frames(l);
	for (u32 i = 0; i < v->loc.n; i++) {
		const struct sd_piece *p = &v->loc.pieces[i];

		if (p->kind == SD_PIECE_CFA && !is_stored(l, insn, p) && !sd_code_is_passed(l, p)) {
			v->loc = (struct sd_loc){.why = "it is not stored yet"};
			return;
		}
	}
}
