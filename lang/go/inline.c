/* SPDX-License-Identifier: BSD-2-Clause */
/* Inlining trees: which calls were inlined into which functions, from where, and which code came of
 * each. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "lang/go/priv.h"

#define PCDATA_INL_TREE_INDEX 2

struct row {
	u64 lo, hi;
	s32 value;
};

struct rows {
	struct row *v; /* owned */
	size_t n, cap;
};

/* A function's tree and, once they are asked for, its tables as rows to search. */
struct tree {
	struct go_func f;
	const u8 *nodes;
	u32 n;
	u32 pcdata; /* offset of PCDATA_InlTreeIndex in pctab */
	bool tables;
	struct rows index, files, lines;
};

struct node {
	u32 nameoff, parent_pc;
	s32 parent; /* −2: by parent_pc (≥ 1.20) */
	u8 id;	    /* as go_func.id */
};

static u32 node_size(const struct sd_go *go)
{
	return go->format >= GO_FORMAT_120 ? 16 : 20;
}

/* runtime.inlinedCall of 1.15 and 1.20. */
static struct node node_at(const struct sd_go *go, const struct tree *t, u32 i)
{
	const u8 *p = t->nodes + (u64)i * node_size(go);

	if (go->format >= GO_FORMAT_120)
		return (struct node){
			.nameoff = go_u32(p + 4),
			.parent_pc = go_u32(p + 8),
			.parent = -2,
			.id = p[0],
		};
	return (struct node){
		.nameoff = go_u32(p + 12),
		.parent_pc = go_u32(p + 16),
		.parent = (s16)go_u16(p),
		.id = p[2],
	};
}

static struct go_bytes tree_bytes(struct sd_go *go, const struct go_func *f)
{
	u32 i = go->format == GO_FORMAT_12 ? 4 : 3; /* FUNCDATA_InlTree */
	struct go_bytes none = {0};
	u64 at;
	u32 off;

	if (f->nfuncdata <= i)
		return none;
	if (go->format < GO_FORMAT_118)
		return go_read_ptr(go->elf, f->funcdata_addr + 8 * i, &at) && at
			       ? go_bytes_at(go, at)
			       : none;
	off = go_u32(f->funcdata + 4 * i);
	if (off >= go->gofunc_bytes.n)
		return none;
	return (struct go_bytes){go->gofunc_bytes.p + off, go->gofunc_bytes.n - off};
}

/* The table does not say how many nodes it has: as many as the code refers to. */
static bool tree_open(struct sd_go *go, u32 index, struct tree *t)
{
	struct go_pcwalk w;
	struct go_bytes b;
	s32 max = -1;
	u64 n;

	if (!go_func_record(go, index, &t->f) || t->f.npcdata <= PCDATA_INL_TREE_INDEX)
		return false;
	t->pcdata = go_u32(t->f.pcdata + 4 * PCDATA_INL_TREE_INDEX);
	if (!t->pcdata)
		return false;
	b = tree_bytes(go, &t->f);
	if (b.n < node_size(go))
		return false;
	go_pcwalk_init(&w, go, &t->f, t->pcdata);
	while (go_pcwalk_next(&w))
		max = SD_MAX(max, w.value);
	/* Each inlined call leaves an instruction at least (its mark), so that this bounds damaged
	 * tables only. */
	n = SD_MIN(SD_MIN((u64)(max + 1L), b.n / node_size(go)), t->f.end - t->f.entry + 1);
	t->nodes = b.p;
	t->n = (u32)n;
	t->tables = false;
	return n > 0;
}

static void tree_free(struct tree *t)
{
	sd_vec_free(&t->index);
	sd_vec_free(&t->files);
	sd_vec_free(&t->lines);
}

static void rows_fill(const struct sd_go *go, const struct go_func *f, u32 off, struct rows *rows)
{
	struct go_pcwalk w;

	rows->n = 0;
	go_pcwalk_init(&w, go, f, off);
	while (go_pcwalk_next(&w))
		sd_vec_push(rows, (struct row){w.lo, w.hi, w.value});
}

static bool rows_at(const struct rows *rows, u64 pc, s32 *ret)
{
	size_t lo = 0, hi = rows->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (rows->v[mid].hi <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == rows->n || pc < rows->v[lo].lo)
		return false;
	*ret = rows->v[lo].value;
	return true;
}

static void tree_tables(const struct sd_go *go, struct tree *t)
{
	if (t->tables)
		return;
	t->tables = true;
	rows_fill(go, &t->f, t->pcdata, &t->index);
	rows_fill(go, &t->f, t->f.pcfile, &t->files);
	rows_fill(go, &t->f, t->f.pcln, &t->lines);
}

/* −1: the function itself. A parent comes before its children; anything else is damage. */
static s32 parent_of(const struct tree *t, u32 i, const struct node *node)
{
	s32 parent = node->parent;

	if (parent == -2 && !rows_at(&t->index, t->f.entry + node->parent_pc, &parent))
		parent = -1;
	return parent >= 0 && (u32)parent < i ? parent : -1;
}

static void describe(struct sd_go *go, struct tree *t, u32 i, const struct node *node,
		     const char *callee, struct sd_go_inlined *ret)
{
	u64 pc = t->f.entry + node->parent_pc;
	s32 file, line;

	tree_tables(go, t);
	*ret = (struct sd_go_inlined){
		.outer = t->f.index,
		.node = i,
		.parent = parent_of(t, i, node),
		.callee = callee,
		.parent_pc.v = pc,
	};
	if (pc >= t->f.end || !rows_at(&t->files, pc, &file) || !rows_at(&t->lines, pc, &line) ||
	    line < 0)
		return;
	ret->call_file = go_file_name(go, &t->f, file);
	ret->call_line = ret->call_file ? (u32)line : 0;
}

void sd_go_each_inlined(struct sd_go *go, bool (*want)(void *ctx, const char *callee),
			bool (*cb)(void *ctx, const struct sd_go_inlined *inl), void *ctx)
{
	struct tree t = {0};
	bool more = true;

	for (u32 i = 0; more && i < go->nfuncs; i++) {
		if (!tree_open(go, i, &t))
			continue;
		for (u32 k = 0; more && k < t.n; k++) {
			struct node node = node_at(go, &t, k);
			const char *callee = go_name_at(go, node.nameoff);
			struct sd_go_inlined inl;

			if (!*callee || (want && !want(ctx, callee)))
				continue;
			describe(go, &t, k, &node, callee, &inl);
			more = cb(ctx, &inl);
		}
	}
	tree_free(&t);
}

u32 sd_go_frames_at(struct sd_go *go, struct sd_vaddr pc, struct sd_go_frame *ret, u32 max)
{
	struct tree t = {0};
	struct go_func f;
	struct node node;
	s32 inl = -1;
	u32 index, n = 0;

	if (!sd_go_func_at(go, pc, &index) || !go_func_record(go, index, &f))
		return 0;
	if (tree_open(go, index, &t)) {
		tree_tables(go, &t);
		if (!rows_at(&t.index, pc.v, &inl))
			inl = -1;
	}
	for (;; n++) {
		bool inlined = inl >= 0 && (u32)inl < t.n;
		struct sd_go_frame frame = {.inlined = inlined};

		if (inlined)
			node = node_at(go, &t, (u32)inl);
		frame.func = go_name_at(go, inlined ? node.nameoff : f.nameoff);
		frame.wrapper = go->wrapper_id && (inlined ? node.id : f.id) == go->wrapper_id;
		if (!go_line_in(go, &f, pc.v, &frame.file, &frame.line))
			frame.file = NULL;
		if (n < max)
			ret[n] = frame;
		if (!inlined)
			break;
		pc.v = f.entry + node.parent_pc;
		inl = parent_of(&t, (u32)inl, &node); /* always less: this ends */
	}
	tree_free(&t);
	return n + 1;
}

/* Which nodes of the tree are node or, when deep, descend from it. Owned by the caller. */
static bool *members_of(struct sd_go *go, struct tree *t, u32 node, bool deep)
{
	bool *in = sd_xcalloc(t->n, sizeof(*in));

	in[node] = true;
	for (u32 k = node + 1; deep && k < t->n; k++) {
		struct node n = node_at(go, t, k);
		s32 parent = parent_of(t, k, &n);

		in[k] = parent >= 0 && in[parent];
	}
	return in;
}

void sd_go_inlined_ranges(struct sd_go *go, const struct sd_go_inlined *inl, bool deep,
			  struct sd_arena *arena, u64 (**ranges_ret)[2], u32 *n_ret)
{
	struct tree t = {0};
	u64(*ranges)[2] = NULL;
	u32 n = 0;

	if (tree_open(go, inl->outer, &t) && inl->node < t.n) {
		bool *in;

		tree_tables(go, &t);
		in = members_of(go, &t, inl->node, deep);
		ranges = sd_arena_alloc(arena, t.index.n * sizeof(*ranges));
		for (size_t i = 0; i < t.index.n; i++) {
			const struct row *r = &t.index.v[i];

			if (r->value < 0 || (u32)r->value >= t.n || !in[r->value])
				continue;
			if (n && ranges[n - 1][1] == r->lo) {
				ranges[n - 1][1] = r->hi;
				continue;
			}
			ranges[n][0] = r->lo;
			ranges[n++][1] = r->hi;
		}
		free(in);
	}
	tree_free(&t);
	*ranges_ret = ranges;
	*n_ret = n;
}

void sd_go_inlining(struct sd_go *go, u32 index, struct sd_arena *arena, struct sd_go_inlining *ret)
{
	struct sd_go_inlining in = {0};
	struct tree t = {0};

	if (tree_open(go, index, &t)) {
		tree_tables(go, &t);
		in.nodes = sd_arena_array(arena, struct sd_go_inlined, t.n);
		for (u32 k = 0; k < t.n; k++) {
			struct node node = node_at(go, &t, k);

			describe(go, &t, k, &node, go_name_at(go, node.nameoff), &in.nodes[k]);
		}
		in.n = t.n;
		in.spans = sd_arena_array(arena, struct sd_go_span, t.index.n + 1);
		for (size_t i = 0; i < t.index.n; i++) {
			const struct row *r = &t.index.v[i];

			if (r->value >= 0 && (u32)r->value < t.n)
				in.spans[in.nspans++] = (struct sd_go_span){r->lo, r->hi,
									    (u32)r->value};
		}
	}
	tree_free(&t);
	*ret = in;
}
