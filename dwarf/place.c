/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which bytes of a value a DWARF piece is. Go's location lists leave padding out, so that adding
 * sizes up is wrong: there, each piece is one leaf of the type, or a run of leaves, in order (FACTS
 * C2).
 */
#include "dwarf/priv.h"

#define MAX_LEAVES 256

struct leaves {
	struct {
		u64 off, size;
	} v[MAX_LEAVES];
	u32 n;
};

static bool add_leaf(struct leaves *l, u64 off, u64 size)
{
	/* Fields that overlap or run backwards are none that a Go compiler made. */
	if (l->n == MAX_LEAVES || (l->n && off < l->v[l->n - 1].off + l->v[l->n - 1].size))
		return false;
	l->v[l->n].off = off;
	l->v[l->n].size = size;
	l->n += size > 0;
	return true;
}

static bool add_words(struct leaves *l, u64 off, u64 size, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (!add_leaf(l, off + i * size, size))
			return false;
	return true;
}

/* False when there are too many leaves, or parts that nobody knows. */
static bool flatten(struct leaves *l, struct sd_type *t, u64 off, unsigned int depth)
{
	if (depth > 32)
		return false;
	sd_type_complete(t);
	switch (t->kind) {
	case SD_KIND_UNKNOWN:
	case SD_KIND_UNION:
		return false;
	case SD_KIND_STRING:
	case SD_KIND_IFACE:
	case SD_KIND_EFACE:
		return add_words(l, off, 8, 2);
	case SD_KIND_SLICE:
		return add_words(l, off, 8, 3);
	case SD_KIND_COMPLEX:
		return add_words(l, off, t->size / 2, 2);
	case SD_KIND_ARRAY:
		if (t->count > MAX_LEAVES)
			return false;
		for (u64 i = 0; i < t->count && sd_type_elem(t)->size; i++)
			if (!flatten(l, t->elem, off + i * t->elem->size, depth + 1))
				return false;
		return true;
	case SD_KIND_STRUCT:
		for (u32 i = 0; i < t->nfields; i++)
			if (t->fields[i].bit_size ||
			    !flatten(l, t->fields[i].type, off + t->fields[i].off, depth + 1))
				return false;
		return true;
	default:
		return add_leaf(l, off, t->size);
	}
}

/*
 * Gives each piece the next run of leaves of exactly its size; all leaves must be used up.
 * skip_gone: pieces that are nowhere stand for padding and get no leaf.
 */
static bool one_by_one(struct sd_piece *pieces, u32 n, const struct leaves *l, bool skip_gone)
{
	u32 at = 0;

	for (u32 i = 0; i < n; i++) {
		u32 last = at;

		if (skip_gone && pieces[i].kind == SD_PIECE_NONE)
			continue;
		while (last < l->n &&
		       l->v[last].off + l->v[last].size - l->v[at].off < pieces[i].size)
			last++;
		if (last >= l->n ||
		    l->v[last].off + l->v[last].size - l->v[at].off != pieces[i].size)
			return false;
		pieces[i].value_off = (u32)l->v[at].off;
		at = last + 1;
	}
	return at == l->n;
}

static bool starts_leaf(const struct leaves *l, u64 off)
{
	for (u32 i = 0; i < l->n; i++)
		if (l->v[i].off == off)
			return true;
	return false;
}

static bool ends_leaf(const struct leaves *l, u64 off)
{
	for (u32 i = 0; i < l->n; i++)
		if (l->v[i].off + l->v[i].size == off)
			return true;
	return false;
}

static bool holds_leaf(const struct leaves *l, u64 off, u64 size)
{
	for (u32 i = 0; i < l->n; i++)
		if (l->v[i].off < off + size && l->v[i].off + l->v[i].size > off)
			return true;
	return false;
}

/* Side by side from the first byte on, padding included; what is somewhere must be whole leaves. */
static bool side_by_side(struct sd_piece *pieces, u32 n, const struct leaves *l, u64 size)
{
	u64 at = 0;

	for (u32 i = 0; i < n; i++) {
		pieces[i].value_off = (u32)at;
		at += pieces[i].size;
		if (at > size || (pieces[i].kind != SD_PIECE_NONE &&
				  (!starts_leaf(l, pieces[i].value_off) || !ends_leaf(l, at))))
			return false;
	}
	return at == size;
}

/*
 * Go. Optimised code: a piece for each leaf, none for padding. -N: padding has pieces too, to 1.24
 * after each further leaf once more [seen with 1.17 to 1.24], since 1.25 where it belongs. So
 * first: when the pieces that are somewhere are all the leaves, the others are padding.
 */
static struct sd_loc place_go(struct sd_piece *pieces, u32 n, struct sd_type *type)
{
	struct leaves l = {.n = 0};
	bool complete;
	u32 kept = 0;

	if (!flatten(&l, type, 0, 0))
		return (struct sd_loc){.why = "pieces do not fit the type"};
	complete = one_by_one(pieces, n, &l, true);
	if (!complete && !one_by_one(pieces, n, &l, false) &&
	    !side_by_side(pieces, n, &l, type->size))
		return (struct sd_loc){.why = "pieces do not fit the type"};
	for (u32 i = 0; i < n; i++)
		if (pieces[i].kind != SD_PIECE_NONE ||
		    (!complete && holds_leaf(&l, pieces[i].value_off, pieces[i].size)))
			pieces[kept++] = pieces[i];
	return (struct sd_loc){.pieces = pieces, .n = kept};
}

u32 sd_dw_leaves(struct sd_type *type, u64 *off_ret, u64 *size_ret)
{
	struct leaves l = {.n = 0};

	if (!flatten(&l, type, 0, 0) || !l.n)
		return 0;
	*off_ret = l.v[0].off;
	*size_ret = l.v[0].size;
	return l.n;
}

struct sd_loc sd_dw_place(struct sd_piece *pieces, u32 n, struct sd_type *type, bool by_leaves)
{
	u64 total = 0;

	if (by_leaves)
		return place_go(pieces, n, type);
	for (u32 i = 0; i < n; i++) {
		pieces[i].value_off = (u32)total;
		total += pieces[i].size;
	}
	if (total != type->size)
		return (struct sd_loc){.why = "pieces do not fit the type"};
	return (struct sd_loc){.pieces = pieces, .n = n};
}
