/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Go channels (runtime/chan.go, layouts: lang/go/layouts.h): length and capacity, whether closed,
 * the buffered elements from the oldest on, and how many goroutines wait. What was not captured is
 * left out.
 */
#include "decode/handle.h"

enum { MAX_WAITING = 1 << 14 };

/* The goroutines in the queue whose struct waitq is at addr; false when its end was not captured.
 */
static bool count_waiting(struct sd_walk *w, u64 addr, u64 *ret)
{
	u64 sudog, n = 0;

	if (!sd_walk_mem(w, addr + SD_GO_WAITQ_FIRST, &sudog, 8))
		return false;
	while (sudog) {
		if (++n > MAX_WAITING || !sd_walk_mem(w, sudog + SD_GO_SUDOG_NEXT, &sudog, 8))
			return false;
	}
	*ret = n;
	return true;
}

/* Elements from the oldest on, as far as they were captured. */
static void decode_queue(struct sd_walk *w, struct sd_type *t, const struct sd_go_chan_layout *l,
			 struct sd_value *v)
{
	struct sd_hop hop = {.addr = v->addr, .type = t, .up = w->path};
	struct sd_type *elem = sd_type_elem(t);
	u64 want = SD_MIN(SD_MIN(v->total, w->limits->items), w->nodes);
	u64 buf, recvx, at = 0, cap = v->chan->cap;
	u16 elem_size;
	bool fault = false;

	v->why = "not captured";
	if (!want || elem->kind == SD_KIND_UNKNOWN ||
	    !sd_walk_mem(w, v->addr + l->buf, &buf, sizeof(buf)) ||
	    !sd_walk_mem(w, v->addr + l->recvx, &recvx, sizeof(recvx)) ||
	    !sd_walk_mem(w, v->addr + l->elemsize, &elem_size, sizeof(elem_size)) || recvx >= cap ||
	    elem_size != elem->size)
		return;
	v->items = sd_walk_items(w, want);
	w->path = &hop;
	for (; v->n < want; v->n++) {
		at = buf + (recvx + v->n) % cap * elem_size;
		if (elem_size && !sd_snapshot_touches(w->snap, at, elem_size, &fault))
			break;
		sd_walk_value(w, elem, (struct sd_place){.at = at}, &v->items[v->n]);
	}
	if (!v->n)
		v->why = sd_why_missing(w, at, fault);
	w->path = hop.up;
}

void sd_decode_chan(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	const struct sd_go_chan_layout *l = w->snap->go ? &w->snap->go->chan : NULL;
	struct sd_value_chan *c;
	u64 counts[2]; /* qcount and dataqsiz of all versions */
	u32 closed;

	if (!sd_decode_handle(w, p, SD_V_CHAN, v))
		return;
	if (sd_walk_inside(w, v->addr, t)) {
		sd_value_unavailable(v, "cycle");
		return;
	}
	if (!sd_handle_read(w, v, counts, sizeof(counts)) || counts[1] > SD_LEN_MAX ||
	    counts[0] > counts[1])
		return;
	v->chan = c = sd_arena_new(w->arena, struct sd_value_chan);
	v->opened = true;
	v->total = counts[0];
	c->cap = counts[1];
	if (!l || !l->size || !sd_walk_mem(w, v->addr + l->closed, &closed, sizeof(closed)))
		return;
	c->has_closed = true;
	c->closed = closed != 0;
	c->has_senders = count_waiting(w, v->addr + l->sendq, &c->senders);
	c->has_receivers = count_waiting(w, v->addr + l->recvq, &c->receivers);
	decode_queue(w, t, l, v);
}
