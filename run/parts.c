/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events of several records (SDW_REC_CONTINUES) are put together before anybody else sees them. A
 * part that does not follow on the one before it, or a thread that has gone on, means that the
 * event was lost on the way: the kernel side has counted it, what came of it is left out.
 */
#include <stdlib.h>
#include <string.h>

#include "run/state.h"

struct partial {
	struct sdw_rec *rec; /* owned; size is what it has so far, part the number of the next */
	size_t cap;
};

struct sd_parts {
	SD_VEC(struct partial) v; /* few: no more than programs can run at one time */
	u32 max;
};

struct sd_parts *sd_parts_create(u32 max)
{
	struct sd_parts *p = sd_xcalloc(1, sizeof(*p));

	p->max = max;
	return p;
}

void sd_parts_destroy(struct sd_parts *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->v.n; i++)
		free(p->v.v[i].rec);
	sd_vec_free(&p->v);
	free(p);
}

static void drop(struct sd_parts *p, size_t i)
{
	free(p->v.v[i].rec);
	p->v.v[i] = p->v.v[--p->v.n];
}

/* Where the thread's event is; v.n: none is begun. */
static size_t find(const struct sd_parts *p, const struct sdw_rec *rec)
{
	size_t i = 0;

	while (i < p->v.n && (p->v.v[i].rec->pid != rec->pid || p->v.v[i].rec->tid != rec->tid))
		i++;
	return i;
}

static void begin(struct sd_parts *p, const struct sdw_rec *rec)
{
	struct partial new = {.cap = 4 * (size_t)rec->size};

	while (p->v.n >= p->max) {
		size_t oldest = 0;

		for (size_t i = 1; i < p->v.n; i++)
			if (p->v.v[i].rec->ts < p->v.v[oldest].rec->ts)
				oldest = i;
		drop(p, oldest);
	}
	new.rec = sd_xmalloc(new.cap);
	memcpy(new.rec, rec, rec->size);
	new.rec->part = 1;
	sd_vec_push(&p->v, new);
}

static bool follows(const struct sdw_rec *sum, const struct sdw_rec *rec)
{
	return rec->part && sum->ts == rec->ts && sum->site == rec->site &&
	       sum->part == rec->part && sum->size + rec->size <= SDW_EVENT_MAX;
}

static void add(struct partial *to, const struct sdw_rec *rec)
{
	u32 more = rec->size - (u32)sizeof(*rec);

	if (to->rec->size + more > to->cap) {
		to->cap = 2 * ((size_t)to->rec->size + more);
		to->rec = sd_xrealloc(to->rec, to->cap, 1);
	}
	memcpy((u8 *)to->rec + to->rec->size, rec + 1, more);
	to->rec->size += more;
	to->rec->nranges += rec->nranges;
	to->rec->flags = rec->flags;
	to->rec->part++;
}

bool sd_parts_take(struct sd_parts *p, const struct sdw_rec *rec,
		   bool (*cb)(void *ctx, const struct sdw_rec *rec), void *ctx)
{
	size_t i = p->v.n ? find(p, rec) : 0;
	struct partial whole;
	bool more;

	if (i < p->v.n && !follows(p->v.v[i].rec, rec)) {
		drop(p, i);
		i = p->v.n;
	}
	if (!(rec->flags & SDW_REC_CONTINUES) && !rec->part)
		return cb(ctx, rec);
	if (i == p->v.n) {
		if (!rec->part)
			begin(p, rec);
		return true;
	}
	add(&p->v.v[i], rec);
	if (rec->flags & SDW_REC_CONTINUES)
		return true;
	whole = p->v.v[i];
	p->v.v[i] = p->v.v[--p->v.n];
	whole.rec->part = 0;
	more = cb(ctx, whole.rec);
	free(whole.rec);
	return more;
}
