/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree view. Calls come when they end, inner ones first; each stack of open calls has those
 * that have ended since its outermost call began, as the lines that they are shown as. In order of
 * entry and indented by their level these lines are the tree.
 */
#include "lib/tree.h"

#include <stdlib.h>

/* Beyond these a stack's calls are shown before those around them have ended. */
enum { MAX_CALLS = 10000, MAX_ALL_CALLS = 100000, MAX_ALL_BYTES = 64 << 20 };

struct node {
	u64 seq;
	size_t off, n; /* of the lines in the tree's text */
	u32 probe;
	bool unsure;
};

struct tree {
	SD_VEC(struct node) nodes; /* in order of their ends */
	struct sd_buf text;
};

struct sd_trees {
	struct sd_map by_stack; /* sd_call.stack → struct tree *, owned */
	u64 calls, bytes;	/* in all trees */
	u64 parted;		/* trees that became too large */
};

static void forget(struct sd_trees *k, u64 stack, struct tree *t)
{
	k->calls -= t->nodes.n;
	k->bytes -= t->text.n;
	sd_map_del(&k->by_stack, stack);
	sd_vec_free(&t->nodes);
	sd_buf_deinit(&t->text);
	free(t);
}

static int by_entry(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void show(struct sonde_session *s, u64 stack, struct tree *t)
{
	if (t->nodes.n)
		qsort(t->nodes.v, t->nodes.n, sizeof(*t->nodes.v), by_entry);
	for (size_t i = 0; i < t->nodes.n; i++) {
		const struct node *n = &t->nodes.v[i];

		if (sd_emit_refuses(s, n->probe))
			continue;
		sd_buf_add(&s->out, t->text.p + n->off, n->n);
		sd_emit_count(s, n->probe, n->unsure);
	}
	forget(s->trees, stack, t);
}

static struct tree *tree_of(struct sd_trees *k, u64 stack)
{
	u64 *at = sd_map_get(&k->by_stack, stack);

	return at ? (struct tree *)(uintptr_t)*at : NULL;
}

static void say_parted(struct sonde_session *s, const struct sd_event *ev)
{
	if (s->trees->parted++)
		return;
	sd_say(s, SONDE_WARNING,
	       "too many calls in one call of %s %llu: they are shown before it ends (--max-depth, "
	       "--min-duration or fewer probes help)",
	       ev->goid ? "goroutine" : "thread",
	       (unsigned long long)(ev->goid ? ev->goid : ev->tid));
}

void sd_tree_add(struct sonde_session *s, const struct sd_call *call, u32 probe,
		 struct sd_event *ev)
{
	struct sd_trees *k = s->trees ?: (s->trees = sd_xcalloc(1, sizeof(*k)));
	struct tree *t = tree_of(k, call->stack);
	struct node node = {.seq = call->seq, .probe = probe, .unsure = ev->cond_why != NULL};

	ev->in_tree = true;
	ev->depth = call->level;
	ev->id = call->seq;
	ev->parent = call->parent;
	if (!t) {
		t = sd_xcalloc(1, sizeof(*t));
		*sd_map_put(&k->by_stack, call->stack, NULL) = (u64)(uintptr_t)t;
	}
	node.off = t->text.n;
	s->sink->event(s->sink, ev, &t->text);
	node.n = t->text.n - node.off;
	sd_vec_push(&t->nodes, node);
	k->calls++;
	k->bytes += node.n;
	if (!call->left || !call->stack) {
		show(s, call->stack, t);
	} else if (t->nodes.n >= MAX_CALLS || k->calls >= MAX_ALL_CALLS ||
		   k->bytes >= MAX_ALL_BYTES) {
		say_parted(s, ev);
		show(s, call->stack, t);
	}
}

void sd_tree_refuse(struct sonde_session *s, const struct sd_call *call, bool inside)
{
	struct tree *t = s->trees && call->stack ? tree_of(s->trees, call->stack) : NULL;

	if (!t)
		return;
	/* what was made in the call has ended after it began: the last ones */
	while (inside && t->nodes.n && t->nodes.v[t->nodes.n - 1].seq > call->seq) {
		const struct node *n = &t->nodes.v[--t->nodes.n];

		s->probes.v[n->probe].account.filtered++;
		s->trees->calls--;
		s->trees->bytes -= n->n;
		t->text.n -= n->n;
	}
	if (!call->left)
		show(s, call->stack, t);
}

static int by_number(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

void sd_tree_finish(struct sonde_session *s)
{
	struct sd_trees *k = s->trees;
	sd_autofree u64 *stacks = NULL;
	size_t n = 0, pos = 0;
	u64 stack, *at;

	if (!k)
		return;
	stacks = sd_xcalloc(k->by_stack.n + 1, sizeof(*stacks));
	while (sd_map_next(&k->by_stack, &pos, &stack, &at))
		stacks[n++] = stack;
	qsort(stacks, n, sizeof(*stacks), by_number);
	for (size_t i = 0; i < n; i++)
		show(s, stacks[i], tree_of(k, stacks[i]));
	if (k->parted > 1)
		sd_say(s, SONDE_WARNING,
		       "%llu times there were too many calls in one to show them together",
		       (unsigned long long)k->parted);
}

void sd_trees_destroy(struct sd_trees *k)
{
	size_t pos = 0;
	u64 stack, *at;

	if (!k)
		return;
	while (sd_map_next(&k->by_stack, &pos, &stack, &at))
		forget(k, stack, (struct tree *)(uintptr_t)*at);
	sd_map_deinit(&k->by_stack);
	free(k);
}
