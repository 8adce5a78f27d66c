/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which entry a return belongs to. Each goroutine, thread and system stack has its open frames, the
 * deepest on top. A frame's depth is stack.hi − CFA, which a moving stack keeps (FACTS B5); without
 * a stack's bounds it is −CFA, as threads' stacks grow down and stay. What a record proves to be
 * gone is handed out as unwound.
 */
#include "join/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "join/pool.h"
#include "types/loc.h"

/* Which stack a record was taken on. */
enum kind {
	GOROUTINE, /* id: address of its g; the goid tells who has the g now */
	GOID,	   /* id: goid, when g's address is missing */
	THREAD,	   /* id: tid */
	SYSTEM,	   /* id: tid, hi: g0's and gsignal's stacks are two */
};

struct key {
	u32 pid;
	u32 kind;
	u64 id;
	u64 hi;
};

struct frame {
	struct frame *below;
	u64 depth;
	u64 seq;	    /* order of arrival, from 1 on */
	u64 parent;	    /* seq of the frame below when it was entered */
	u64 stack;	    /* its number */
	u32 level;	    /* frames below when it was entered */
	u32 left;	    /* frames of its stack when it is handed out */
	u32 class;	    /* of the pool */
	struct sdw_rec rec; /* the copy; its ranges follow */
};

struct stack {
	struct stack *next; /* in the bucket */
	struct key key;
	u64 number; /* from 1 on; of this set of open frames */
	u64 goid;
	u64 last_ts;
	u32 nframes;
	struct frame *top;
};

struct sd_join {
	const struct sd_join_site *sites; /* borrowed */
	u32 nsites;
	u32 nprobes;
	struct sd_join_account *accounts; /* owned */
	sd_join_fn fn;
	sd_join_lost_fn lost;
	void *ctx;
	struct stack **buckets; /* owned; ncap, a power of two */
	size_t cap;
	size_t nstacks;
	struct stack *spare; /* owned */
	size_t nspare;
	struct sd_pool pool;
	u64 open;
	u64 bad;
	u64 seq;
	u64 stacks; /* made so far */
	bool places;
};

enum { MIN_BUCKETS = 64, MAX_SPARE = 256 };

/* ---- handing out ---- */

static void hand_out(struct sd_join *j, const struct sd_call *call)
{
	const struct sdw_rec *rec = call->entry ? call->entry : call->ret;

	j->accounts[j->sites[rec->site].probe].delivered++;
	j->fn(j->ctx, call);
}

/* Takes the frame at *at off its stack. */
static struct frame *take_frame(struct stack *s, struct frame **at)
{
	struct frame *f = *at;

	*at = f->below;
	f->left = --s->nframes;
	return f;
}

static struct sd_call called(const struct frame *f, enum sd_call_kind kind)
{
	return (struct sd_call){.kind = kind,
				.entry = &f->rec,
				.stack = f->stack,
				.seq = f->seq,
				.parent = f->parent,
				.level = f->level,
				.left = f->left};
}

/* Hands out a frame that was taken off its stack, with ret or as an unfinished call, and frees it.
 */
static void end_frame(struct sd_join *j, struct frame *f, enum sd_call_kind kind,
		      const struct sdw_rec *ret, bool return_lost)
{
	struct sd_call call = called(f, kind);

	call.ret = ret;
	call.return_lost = return_lost;
	hand_out(j, &call);
	j->open--;
	sd_pool_free(&j->pool, f, f->class);
}

static void end_unfinished(struct sd_join *j, struct frame *f, enum sd_call_kind kind)
{
	end_frame(j, f, kind, NULL, j->lost(j->ctx, j->sites[f->rec.site].func, false));
}

/* ---- stacks ---- */

static size_t bucket_of(const struct sd_join *j, const struct key *k)
{
	return sd_hash64(k->id ^ (k->hi << 8) ^ ((u64)k->pid << 40) ^ ((u64)k->kind << 62)) &
	       (j->cap - 1);
}

static bool same_key(const struct key *a, const struct key *b)
{
	return a->id == b->id && a->pid == b->pid && a->kind == b->kind && a->hi == b->hi;
}

static struct stack **find(const struct sd_join *j, const struct key *k)
{
	struct stack **at = &j->buckets[bucket_of(j, k)];

	while (*at && !same_key(&(*at)->key, k))
		at = &(*at)->next;
	return at;
}

static void resize(struct sd_join *j, size_t cap)
{
	struct stack **old = j->buckets;
	size_t old_cap = j->cap;

	j->buckets = sd_xcalloc(cap, sizeof(*j->buckets));
	j->cap = cap;
	for (size_t i = 0; i < old_cap; i++) {
		while (old[i]) {
			struct stack *s = old[i];
			size_t b = bucket_of(j, &s->key);

			old[i] = s->next;
			s->next = j->buckets[b];
			j->buckets[b] = s;
		}
	}
	free(old);
}

static struct stack *add(struct sd_join *j, struct stack **at, const struct key *k, u64 goid)
{
	struct stack *s = j->spare;

	if (s) {
		j->spare = s->next;
		j->nspare--;
	} else {
		s = sd_xmalloc(sizeof(*s));
	}
	*s = (struct stack){.key = *k, .goid = goid, .number = ++j->stacks};
	*at = s;
	if (++j->nstacks > j->cap)
		resize(j, j->cap * 2);
	return s;
}

/* Forgets a stack without open frames. */
static void forget(struct sd_join *j, struct stack *s)
{
	struct stack **at = &j->buckets[bucket_of(j, &s->key)];

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (j->nspare < MAX_SPARE) {
		s->next = j->spare;
		j->spare = s;
		j->nspare++;
	} else {
		free(s);
	}
	if (--j->nstacks < j->cap / 8 && j->cap > MIN_BUCKETS)
		resize(j, j->cap / 2);
}

/* Ends the open frames at `depth` or deeper as unwound; deepest first. */
static void unwind(struct sd_join *j, struct stack *s, u64 depth)
{
	while (s->top && s->top->depth >= depth)
		end_unfinished(j, take_frame(s, &s->top), SD_CALL_UNWOUND);
}

/* ---- where a record was taken ---- */

static void goroutine_key(const struct sdw_rec *rec, struct key *ret)
{
	*ret = (struct key){.pid = rec->pid,
			    .kind = rec->g ? GOROUTINE : GOID,
			    .id = rec->g ? rec->g : rec->goid};
}

static u64 locate(const struct sd_join_site *site, const struct sdw_rec *rec, struct key *ret)
{
	u64 cfa = rec->regs[site->cfa_reg & 15] + (u64)(s64)site->cfa_off;
	u64 sp = rec->regs[SD_RSP];

	if (!rec->stack_hi || (rec->flags & SDW_REC_G_BAD) || sp < rec->stack_lo ||
	    sp >= rec->stack_hi || cfa <= rec->stack_lo || cfa > rec->stack_hi) {
		*ret = (struct key){.pid = rec->pid,
				    .id = rec->tid,
				    .kind = rec->flags & SDW_REC_SYSTEM ? SYSTEM : THREAD};
		return 0 - cfa;
	}
	if (rec->flags & SDW_REC_SYSTEM)
		*ret = (struct key){
			.pid = rec->pid, .kind = SYSTEM, .id = rec->tid, .hi = rec->stack_hi};
	else if (rec->goid)
		goroutine_key(rec, ret);
	else
		*ret = (struct key){.pid = rec->pid, .kind = THREAD, .id = rec->tid};
	return rec->stack_hi - cfa;
}

/*
 * The stack of that key, NULL when it has no open frames. When another goroutine has the g by now,
 * the frames of the old one are gone. A record that is older than the last one of the new owner
 * comes late (*late_ret): it proves nothing.
 */
static struct stack *stack_of(struct sd_join *j, const struct key *k, const struct sdw_rec *rec,
			      bool *late_ret)
{
	struct stack *s = *find(j, k);

	*late_ret = false;
	if (!s || k->kind != GOROUTINE || s->goid == rec->goid || !rec->goid)
		return s;
	if (rec->ts < s->last_ts) {
		*late_ret = true;
		return s;
	}
	unwind(j, s, 0);
	forget(j, s);
	return NULL;
}

/* ---- records ---- */

/* Two probes on one instruction: one hit, one frame for each. */
static bool is_sibling(const struct frame *f, u64 depth, const struct sdw_rec *rec)
{
	return f->depth == depth && f->rec.site != rec->site && f->rec.tid == rec->tid &&
	       f->rec.regs[SD_RIP] == rec->regs[SD_RIP];
}

static void on_entry(struct sd_join *j, const struct sd_join_site *site, const struct sdw_rec *rec)
{
	struct frame **at, *f;
	struct stack *s;
	struct key k;
	bool late;
	u64 depth = locate(site, rec, &k);
	u32 class;

	s = stack_of(j, &k, rec, &late);
	if (late) {
		hand_out(j, &(struct sd_call){.kind = SD_CALL_UNWOUND,
					      .entry = rec,
					      .seq = ++j->seq,
					      .return_lost = j->lost(j->ctx, site->func, false)});
		return;
	}
	if (!s)
		s = add(j, find(j, &k), &k, rec->goid);
	unwind(j, s, depth == UINT64_MAX ? depth : depth + 1);
	for (at = &s->top; *at && (*at)->depth == depth;) {
		f = *at;
		if (is_sibling(f, depth, rec)) {
			at = &f->below;
			continue;
		}
		end_unfinished(j, take_frame(s, at), SD_CALL_UNWOUND);
	}
	f = sd_pool_alloc(&j->pool, offsetof(struct frame, rec) + rec->size, &class);
	f->class = class;
	f->depth = depth;
	f->seq = ++j->seq;
	f->parent = s->top ? s->top->seq : 0;
	f->stack = s->number;
	f->level = s->nframes++;
	memcpy(&f->rec, rec, rec->size);
	f->below = s->top;
	s->top = f;
	s->last_ts = rec->ts;
	j->open++;
}

/*
 * Whether an entry and a return at one depth are of one call. It may not be so when the return's
 * own entry is among the records that were lost between them: a hot loop that loses in bursts often
 * loses a return and the next entry.
 */
static bool is_one_call(struct sd_join *j, const struct sd_join_site *site,
			const struct sdw_rec *entry, const struct sdw_rec *ret)
{
	if (entry->losses && entry->losses == ret->losses)
		return true;
	/* the entry's own return may be what was lost, and this one's entry have been refused */
	return !site->refuses && !j->lost(j->ctx, site->func, true);
}

/* The return of f's call was refused: there was no call. */
static void withdraw(struct sd_join *j, const struct sd_join_site *site, struct frame *f)
{
	struct sd_call call = called(f, SD_CALL_WITHDRAWN);

	j->accounts[site->probe].filtered++;
	if (j->places)
		j->fn(j->ctx, &call);
	j->open--;
	sd_pool_free(&j->pool, f, f->class);
}

/* Hands out what has no frame: in the calls that are open at its depth or above. */
static void hand_out_alone(struct sd_join *j, enum sd_call_kind kind,
			   const struct sd_join_site *site, const struct sdw_rec *entry,
			   const struct sdw_rec *ret)
{
	const struct sdw_rec *rec = entry ? entry : ret;
	struct sd_call call = {.kind = kind, .entry = entry, .ret = ret};

	if (j->places) {
		struct frame *f;
		struct stack *s;
		struct key k;
		u64 depth = locate(site, rec, &k);

		call.seq = ++j->seq;
		s = *find(j, &k);
		if (s && s->goid == rec->goid) {
			call.left = call.level = s->nframes;
			for (f = s->top; f && f->depth > depth; f = f->below)
				call.level--;
			call.parent = f ? f->seq : 0;
			call.stack = s->number;
		}
	}
	hand_out(j, &call);
}

static void on_return(struct sd_join *j, const struct sd_join_site *site, const struct sdw_rec *rec)
{
	struct frame **at, *f = NULL;
	struct stack *s;
	struct key k;
	bool late;
	u64 depth = locate(site, rec, &k);

	s = stack_of(j, &k, rec, &late);
	if (s && !late) {
		s->last_ts = rec->ts;
		if (depth != UINT64_MAX)
			unwind(j, s, depth + 1);
		/* a frame of another function at this depth stays: what comes next says whether it
		 * lives */
		for (at = &s->top; *at && (*at)->depth == depth; at = &(*at)->below) {
			if (j->sites[(*at)->rec.site].func == site->func) {
				f = take_frame(s, at);
				break;
			}
		}
		if (!s->top)
			forget(j, s);
	}
	if (f && is_one_call(j, site, &f->rec, rec)) {
		if (rec->flags & SDW_REC_REFUSED)
			withdraw(j, site, f);
		else
			end_frame(j, f, SD_CALL_DONE, rec, false);
	} else if (f) {
		j->accounts[site->probe].orphans++;
		end_frame(j, f, SD_CALL_UNWOUND, NULL, true);
	} else if (site->refuses || (rec->flags & SDW_REC_REFUSED)) {
		/* of an entry that was refused, or of a call that is refused itself */
	} else if (j->lost(j->ctx, site->func, true)) {
		j->accounts[site->probe].orphans++;
	} else {
		j->accounts[site->probe].before++;
		hand_out_alone(j, SD_CALL_RETURN, site, NULL, rec);
	}
}

/* The open stack of the goroutine that a bookkeeping record speaks of. */
static struct stack *spoken_of(struct sd_join *j, const struct sdw_rec *rec)
{
	struct stack *s;
	struct key k;
	bool late;

	if ((rec->flags & SDW_REC_G_BAD) || (!rec->g && !rec->goid))
		return NULL;
	goroutine_key(rec, &k);
	s = stack_of(j, &k, rec, &late);
	return late ? NULL : s;
}

static void on_goexit(struct sd_join *j, const struct sdw_rec *rec)
{
	struct stack *s = spoken_of(j, rec);

	if (!s)
		return;
	unwind(j, s, 0);
	forget(j, s);
}

/*
 * gobuf.sp is the stack pointer that the function with the deferred recover() goes on with: its own
 * frame lies above it, and the CFA of a function that it called is at or below it. So what has its
 * CFA at or below the new sp is gone.
 */
static void on_recovered(struct sd_join *j, const struct sdw_rec *rec)
{
	const struct sdw_range *range = (const void *)(rec + 1);
	struct stack *s;
	u64 sp;

	if (rec->size < sizeof(*rec) + sizeof(*range) + sizeof(sp) || !rec->nranges ||
	    range->status != SDW_OK || range->len < sizeof(sp)) {
		j->bad++;
		return;
	}
	memcpy(&sp, range + 1, sizeof(sp));
	if (!rec->stack_hi || sp < rec->stack_lo || sp > rec->stack_hi) {
		j->bad++;
		return;
	}
	s = spoken_of(j, rec);
	if (!s)
		return;
	unwind(j, s, rec->stack_hi - sp);
	if (!s->top)
		forget(j, s);
}

void sd_join_record(struct sd_join *j, const struct sdw_rec *rec)
{
	const struct sd_join_site *site;

	if (rec->size < sizeof(*rec) || rec->size > SDW_EVENT_MAX || rec->version != SDW_VERSION ||
	    rec->site >= j->nsites || j->sites[rec->site].probe >= j->nprobes) {
		j->bad++;
		return;
	}
	site = &j->sites[rec->site];
	switch ((enum sd_join_role)site->role) {
	case SD_JOIN_ENTRY_ONLY:
		hand_out_alone(j, SD_CALL_ENTRY, site, rec, NULL);
		break;
	case SD_JOIN_RETURN_ONLY:
		hand_out_alone(j, SD_CALL_RETURN, site, NULL, rec);
		break;
	case SD_JOIN_WHOLE:
		hand_out_alone(j, SD_CALL_DONE, site, rec, rec);
		break;
	case SD_JOIN_ENTRY:
		on_entry(j, site, rec);
		break;
	case SD_JOIN_RETURN:
		on_return(j, site, rec);
		break;
	case SD_JOIN_SILENT:
		j->bad++;
		break;
	case SD_JOIN_GOEXIT:
		on_goexit(j, rec);
		break;
	case SD_JOIN_RECOVERED:
		on_recovered(j, rec);
		break;
	}
}

/* ---- the end ---- */

static int by_age(const void *a, const void *b)
{
	const struct frame *x = *(struct frame *const *)a, *y = *(struct frame *const *)b;

	if (x->rec.ts != y->rec.ts)
		return x->rec.ts < y->rec.ts ? -1 : 1;
	return x->seq < y->seq ? -1 : 1;
}

/* Hands out what is open as such, oldest first: of process pid, or of all. */
static void end_all(struct sd_join *j, bool all, u32 pid)
{
	struct frame **frames = NULL;
	size_t n = 0;

	if (!j->open)
		return;
	frames = sd_xcalloc(j->open, sizeof(struct frame *));
	for (size_t i = 0; i < j->cap; i++) {
		struct stack **at = &j->buckets[i];

		while (*at) {
			struct stack *s = *at;

			if (!all && s->key.pid != pid) {
				at = &s->next;
				continue;
			}
			for (u32 left = 0; s->top; left++) { /* handed out from the bottom on */
				frames[n] = take_frame(s, &s->top);
				frames[n++]->left = left;
			}
			*at = s->next;
			free(s);
			j->nstacks--;
		}
	}
	qsort(frames, n, sizeof(struct frame *), by_age);
	for (size_t i = 0; i < n; i++)
		end_unfinished(j, frames[i], SD_CALL_OPEN);
	free(frames);
}

void sd_join_process_gone(struct sd_join *j, u32 pid)
{
	end_all(j, false, pid);
}

void sd_join_finish(struct sd_join *j)
{
	end_all(j, true, 0);
}

struct sd_join *sd_join_create(const struct sd_join_site *sites, u32 n, u32 nprobes, sd_join_fn fn,
			       sd_join_lost_fn lost, void *ctx)
{
	struct sd_join *j = sd_xcalloc(1, sizeof(*j));

	j->sites = sites;
	j->nsites = n;
	j->nprobes = nprobes;
	j->accounts = sd_xcalloc(nprobes ? nprobes : 1, sizeof(*j->accounts));
	j->fn = fn;
	j->lost = lost;
	j->ctx = ctx;
	resize(j, MIN_BUCKETS);
	return j;
}

void sd_join_want_places(struct sd_join *j)
{
	j->places = true;
}

void sd_join_destroy(struct sd_join *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->cap; i++) {
		while (j->buckets[i]) {
			struct stack *s = j->buckets[i];

			while (s->top) {
				struct frame *f = s->top;

				s->top = f->below;
				sd_pool_free(&j->pool, f, f->class);
			}
			j->buckets[i] = s->next;
			free(s);
		}
	}
	while (j->spare) {
		struct stack *next = j->spare->next;

		free(j->spare);
		j->spare = next;
	}
	sd_pool_deinit(&j->pool);
	free(j->buckets);
	free(j->accounts);
	free(j);
}

const struct sd_join_account *sd_join_account(const struct sd_join *j, u32 probe)
{
	return &j->accounts[probe];
}

u64 sd_join_bad_records(const struct sd_join *j)
{
	return j->bad;
}

u64 sd_join_open_calls(const struct sd_join *j)
{
	return j->open;
}

u64 sd_join_open_bytes(const struct sd_join *j)
{
	return j->pool.used;
}
