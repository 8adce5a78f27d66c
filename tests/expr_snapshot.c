/* SPDX-License-Identifier: BSD-2-Clause */
/* A record of the made-up program's memory, and what a decoder may ask of its binary. */
#include <string.h>

#include "tests/expr_snapshot.h"

enum { BLOCK = 32, HOLES = 8 };

static const struct sd_world_rtype *rtype_at(void *ctx, u64 addr)
{
	const struct sd_world *w = ctx;

	for (u32 i = 0; i < w->nrtypes; i++)
		if (w->rtypes[i].addr == addr)
			return &w->rtypes[i];
	return NULL;
}

static struct sd_type *type_at(void *ctx, u64 addr)
{
	const struct sd_world_rtype *r = rtype_at(ctx, addr);

	return r ? r->type : NULL;
}

static const char *name_at(void *ctx, u64 addr, struct sd_arena *arena)
{
	const struct sd_world_rtype *r = rtype_at(ctx, addr);

	return r ? r->name : NULL;
}

static bool is_hole(u64 *rng)
{
	*rng = *rng * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*rng >> 33) % HOLES == 0;
}

static struct sdw_rec *make_record(const struct sd_world_memory *m, u64 holes,
				   struct sd_arena *arena)
{
	u32 room = sizeof(struct sdw_rec) +
		   SD_WORLD_SIZE / BLOCK * (BLOCK + sizeof(struct sdw_range));
	struct sdw_rec *rec = sd_arena_alloc(arena, room);

	rec->version = SDW_VERSION;
	rec->size = sizeof(*rec);
	for (u64 at = 0; at < SD_WORLD_SIZE;) {
		struct sdw_range r = {.addr = SD_WORLD_BASE + at};
		u8 *to = (u8 *)rec + rec->size;

		while (at + r.len < SD_WORLD_SIZE && !(holes && is_hole(&holes)))
			r.len += BLOCK;
		if (r.len) {
			memcpy(to, &r, sizeof(r));
			memcpy(to + sizeof(r), m->bytes + at, r.len);
			rec->size += (u32)sizeof(r) + r.len;
			rec->nranges++;
		}
		at += r.len + BLOCK;
	}
	return rec;
}

static void open_hit(struct sd_world_event *ev, const struct sd_world *w, enum sd_when when,
		     struct sd_arena *arena)
{
	u32 n = w->nvars[when];
	struct sd_eval_var *vars = sd_arena_array(arena, struct sd_eval_var, n + 1);
	struct sd_loc *locs = sd_arena_array(arena, struct sd_loc, n + 1);
	struct sd_piece *pieces = sd_arena_array(arena, struct sd_piece, n + 1);

	for (u32 i = 0; i < n; i++) {
		const struct sd_world_var *v = &w->vars[when][i];

		pieces[i] = (struct sd_piece){
			.kind = SD_PIECE_ADDR, .size = (u32)v->type->size, .off = (s64)v->addr};
		locs[i] = (struct sd_loc){.pieces = &pieces[i], .n = 1};
		vars[i] = (struct sd_eval_var){.type = v->type, .loc = &locs[i]};
	}
	ev->hit[when] = (struct sd_eval_hit){
		.snap = &ev->snap, .vars = vars, .nvars = n, .ts_ns = 1000 + 500 * when};
	ev->eval.hit[when] = &ev->hit[when];
}

void sd_world_event_init(struct sd_world_event *ev, const struct sd_world *w,
			 const struct sd_world_memory *m, u64 holes, struct sd_arena *arena)
{
	*ev = (struct sd_world_event){
		.limits = {.depth = 3, .items = 8, .str = 256, .nodes = 1000}};
	ev->eval = (struct sd_eval){.limits = &ev->limits,
				    .arena = arena,
				    .goid = 18,
				    .hits = 7,
				    .pid = 4242,
				    .tid = 4243,
				    .has_duration = true,
				    .duration_ns = 500};
	sd_snapshot_init(&ev->snap, make_record(m, holes, arena), 0, NULL, arena);
	ev->snap.rodata_ctx = (void *)(uintptr_t)w;
	ev->snap.rtype = type_at;
	ev->snap.type_name = name_at;
	for (u32 when = 0; when < 2; when++)
		open_hit(ev, w, when, arena);
}
