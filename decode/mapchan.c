/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Go maps and channels, one pointer each. Both headers begin with the number of elements:
 * hmap.count (to 1.23), maps.Map.used (from 1.24), hchan.qcount, then hchan.dataqsiz
 * (src/runtime/map.go, internal/runtime/maps/map.go, runtime/chan.go). A header that was not
 * captured, or holds no possible number, leaves the length out.
 */
#include "decode/walk.h"

/* The pointer at p; v is unavailable or nil and false is returned when there is nothing behind it.
 */
static bool decode_handle(struct sd_walk *w, struct sd_place p, enum sd_value_kind kind,
			  struct sd_value *v)
{
	const char *why = sd_place_read(w, p, 0, &v->addr, 8);

	if (why) {
		v->addr = 0;
		sd_value_unavailable(v, why);
		return false;
	}
	v->has_addr = true;
	v->kind = v->addr ? kind : SD_V_NIL;
	return v->addr != 0;
}

void sd_decode_map(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	bool fault;
	u64 count;

	if (!decode_handle(w, p, SD_V_MAP, v))
		return;
	if (!sd_snapshot_read(w->snap, v->addr, &count, sizeof(count), &fault) ||
	    count > SD_LEN_MAX)
		return;
	v->opened = true;
	v->total = count;
}

void sd_decode_chan(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	u64 counts[2];
	bool fault;

	if (!decode_handle(w, p, SD_V_CHAN, v))
		return;
	if (!sd_snapshot_read(w->snap, v->addr, counts, sizeof(counts), &fault) ||
	    counts[1] > SD_LEN_MAX || counts[0] > counts[1])
		return;
	v->opened = true;
	v->n = counts[0];
	v->total = counts[1];
}
