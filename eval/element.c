/* SPDX-License-Identifier: BSD-2-Clause */
/* Elements of arrays, slices, strings and maps; parts of them; how many there are. Lengths come
 * from the target and are held against each other before anything is read by them. */
#include "eval/priv.h"

enum { ZERO_MAX = 1 << 14 }; /* bytes of a zero value */

/* What a string or a slice is made of. */
struct run {
	u64 addr, len, cap;
};

static struct sd_x range_error(struct sd_ev *ev, bool is_signed, u64 i, u64 len)
{
	if (is_signed)
		return sd_x_none(NULL, sd_arena_printf(ev->e->arena, "index %lld out of range %llu",
						       (long long)i, (unsigned long long)len));
	return sd_x_none(NULL, sd_arena_printf(ev->e->arena, "index %llu out of range %llu",
					       (unsigned long long)i, (unsigned long long)len));
}

/* The index that n gives: WORD, or NONE. */
static struct sd_x index_of(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x i = sd_x_scalar(ev, n);

	if (i.kind != SD_X_NONE && i.kind != SD_X_WORD)
		return sd_x_none(n, "no index");
	return i;
}

static bool in_range(struct sd_x i, u64 len)
{
	return i.word < len && !(sd_x_signed(i.type) && (s64)i.word < 0);
}

/* The header of the string or slice at the place a. */
static const char *read_run(struct sd_ev *ev, struct sd_x a, struct run *ret)
{
	const char *why = sd_walk_header(a.w, a.p, &ret->addr, &ret->len);
	u64 elem_size;

	ret->cap = ret->len;
	if (why || a.type->kind != SD_KIND_SLICE)
		return why;
	/* the capacity may be dead, and then vouches for nothing */
	if (sd_place_read(a.w, a.p, 16, &ret->cap, 8))
		ret->cap = ret->len;
	elem_size = sd_type_elem(a.type)->size;
	if (ret->cap < ret->len || ret->cap > SD_LEN_MAX ||
	    (elem_size && ret->cap > SD_LEN_MAX / elem_size))
		return sd_arena_printf(ev->e->arena, "bad length %llu of capacity %lld",
				       (unsigned long long)ret->len, (long long)ret->cap);
	return NULL;
}

static struct sd_x byte_of(struct sd_ev *ev, const struct sd_node *n, struct sd_x a, struct sd_x i)
{
	if (!in_range(i, a.n))
		return range_error(ev, sd_x_signed(i.type), i.word, a.n);
	return sd_x_word(n->type, a.bytes[i.word]);
}

/* An element by its number of the array, slice, string or C pointer at the place a. */
static struct sd_x element_at(struct sd_ev *ev, const struct sd_node *n, struct sd_x a,
			      struct sd_x i)
{
	struct sd_type *elem = a.type->kind == SD_KIND_STRING
				       ? n->type
				       : sd_x_type(n->type, sd_type_elem(a.type));
	struct sd_place p = {0};
	const char *why;
	struct run run;

	switch (a.type->kind) {
	case SD_KIND_ARRAY:
		if (!in_range(i, a.type->count))
			return range_error(ev, sd_x_signed(i.type), i.word, a.type->count);
		return sd_x_place(a.w, elem, sd_place_at(a.p, i.word * elem->size));
	case SD_KIND_SLICE:
	case SD_KIND_STRING:
		why = read_run(ev, a, &run);
		if (why)
			return sd_x_none(n->a, why);
		if (!in_range(i, run.len))
			return range_error(ev, sd_x_signed(i.type), i.word, run.len);
		p.at = run.addr + i.word * elem->size;
		return sd_x_place(a.w, elem, p);
	default:
		return sd_x_none(n, "no elements");
	}
}

struct sd_x sd_x_index(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x a = sd_x_eval(ev, n->a), i;
	struct sd_type *elem;

	if (a.kind == SD_X_NONE)
		return a;
	i = index_of(ev, n->b);
	if (i.kind == SD_X_NONE)
		return i;
	if (a.kind == SD_X_TEXT)
		return byte_of(ev, n, a, i);
	if (a.kind == SD_X_OPEN)
		return in_range(i, a.n)
			       ? sd_x_place(a.w, n->type, (struct sd_place){.at = a.word + i.word})
			       : sd_x_none(n->a, sd_x_no_end(ev, a));
	if (a.kind == SD_X_PLACE && a.type->kind != SD_KIND_PTR)
		return element_at(ev, n, a, i);
	a = sd_x_load(ev, n->a, a);
	if (a.kind == SD_X_NONE)
		return a;
	if (a.kind != SD_X_WORD || !a.w || !a.type || a.type->kind != SD_KIND_PTR)
		return sd_x_none(n, "no elements");
	if (!a.word)
		return sd_x_is_nil(ev, n->a);
	elem = sd_x_type(n->type, sd_type_elem(a.type));
	return sd_x_place(a.w, elem, (struct sd_place){.at = a.word + i.word * elem->size});
}

/* The key that is looked for. */
struct wanted {
	struct sd_ev *ev;
	struct sd_walk *w;
	struct sd_type *type;
	struct sd_x key;
};

static const char *is_wanted(void *ctx, struct sd_place p, bool *ret)
{
	struct wanted *k = ctx;
	const char *why = NULL;
	enum sd_truth same = sd_x_equal(k->ev, sd_x_place(k->w, k->type, p), k->key, &why);

	*ret = same == SD_TRUE;
	return same == SD_UNSURE ? why : NULL;
}

/* What Go gives for a key that is not there. */
static struct sd_x zero(struct sd_ev *ev, const struct sd_node *n, struct sd_walk *w,
			struct sd_type *type)
{
	if (type->size > ZERO_MAX)
		return sd_x_none(n, "zero value too large");
	return sd_x_place(w, type, sd_x_words(ev, NULL, (u32)(type->size + 7) / 8));
}

struct sd_x sd_x_mapindex(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x a = sd_x_scalar(ev, n->a);
	struct wanted k = {.ev = ev, .w = a.w};
	struct sd_map_key wanted = {.is = is_wanted, .ctx = &k};
	struct sd_type *elem;
	struct sd_place p;
	const char *why;
	bool found;

	if (a.kind == SD_X_NONE)
		return a;
	if (a.kind != SD_X_WORD || !a.w || !a.type || a.type->kind != SD_KIND_MAP)
		return sd_x_none(n, "no map");
	k.type = sd_type_key(a.type);
	k.key = sd_x_eval(ev, n->b);
	if (k.key.kind == SD_X_NONE)
		return k.key;
	k.key = sd_x_load(ev, n->b, k.key);
	if (k.key.kind == SD_X_NONE)
		return k.key;
	elem = sd_x_type(n->type, sd_type_elem(a.type));
	if (!a.word)
		return zero(ev, n, a.w, elem);
	why = sd_map_find(a.w, a.type, a.word, &wanted, &found, &p);
	if (why)
		return sd_x_none(n, why);
	return found ? sd_x_place(a.w, elem, p) : zero(ev, n, a.w, elem);
}

/* The bounds of a[b:c], c at most max: any operand but NONE, or why not. */
static struct sd_x bounds(struct sd_ev *ev, const struct sd_node *n, u64 len, u64 max,
			  u64 *from_ret, u64 *to_ret)
{
	struct sd_x from = sd_x_word(NULL, 0), to = sd_x_word(NULL, len);

	if (n->b)
		from = index_of(ev, n->b);
	if (from.kind == SD_X_NONE)
		return from;
	if (n->c)
		to = index_of(ev, n->c);
	if (to.kind == SD_X_NONE)
		return to;
	if (!in_range(to, max + 1) || !in_range(from, to.word + 1))
		return sd_x_none(NULL,
				 sd_arena_printf(ev->e->arena, "slice %lld:%lld out of range %llu",
						 (long long)from.word, (long long)to.word,
						 (unsigned long long)max));
	*from_ret = from.word;
	*to_ret = to.word;
	return to;
}

static struct sd_x slice_text(struct sd_ev *ev, const struct sd_node *n, struct sd_x a)
{
	u64 from = 0, to = 0;
	struct sd_x ok = bounds(ev, n, a.n, a.n, &from, &to);

	a.type = n->type;
	a.bytes += from;
	a.n = to - from;
	return ok.kind == SD_X_NONE ? ok : a;
}

/* Elements b to c from a C pointer on, or from the start of a text without an end. */
static struct sd_x slice_pointer(struct sd_ev *ev, const struct sd_node *n, struct sd_x a)
{
	struct sd_x from = sd_x_word(NULL, 0), to;
	struct sd_type *elem = sd_type_elem(n->type);
	u64 size = a.kind == SD_X_OPEN ? 1 : elem->size, words[3];

	if (a.kind == SD_X_WORD && (!a.w || !a.type || a.type->kind != SD_KIND_PTR))
		return sd_x_none(n, "no elements");
	if (!a.word)
		return sd_x_is_nil(ev, n->a);
	if (!n->c)
		return sd_x_none(n->a, a.kind == SD_X_OPEN ? sd_x_no_end(ev, a) : "no length");
	if (n->b)
		from = index_of(ev, n->b);
	if (from.kind == SD_X_NONE)
		return from;
	to = index_of(ev, n->c);
	if (to.kind == SD_X_NONE)
		return to;
	if (a.kind == SD_X_OPEN && !in_range(to, a.n + 1))
		return sd_x_none(n->a, sd_x_no_end(ev, a));
	if ((s64)from.word < 0 || (s64)to.word < (s64)from.word ||
	    (size && to.word > SD_LEN_MAX / size))
		return sd_x_none(NULL, sd_arena_printf(ev->e->arena, "slice %lld:%lld out of range",
						       (long long)from.word, (long long)to.word));
	words[0] = a.word + from.word * size;
	words[1] = words[2] = to.word - from.word;
	return sd_x_place(a.w, n->type, sd_x_words(ev, words, 3));
}

static struct sd_x slice_run(struct sd_ev *ev, const struct sd_node *n, struct sd_x a)
{
	u64 from = 0, to = 0, words[3], elem_size = 1;
	const char *why = NULL;
	struct sd_x ok;
	struct run run;

	if (a.type->kind == SD_KIND_ARRAY && !a.p.loc)
		run = (struct run){a.p.at, a.type->count, a.type->count};
	else if (a.type->kind == SD_KIND_ARRAY)
		why = "not in memory";
	else if (a.type->kind == SD_KIND_SLICE || a.type->kind == SD_KIND_STRING)
		why = read_run(ev, a, &run);
	else
		why = "no elements";
	if (why)
		return sd_x_none(n->a, why);
	ok = bounds(ev, n, run.len, run.cap, &from, &to);
	if (ok.kind == SD_X_NONE)
		return ok;
	if (a.type->kind != SD_KIND_STRING)
		elem_size = sd_type_elem(a.type)->size;
	/* as Go: a part of no capacity does not point behind its array */
	words[0] = run.addr + (from < run.cap ? from * elem_size : 0);
	words[1] = to - from;
	words[2] = run.cap - from;
	return sd_x_place(a.w, sd_x_type(n->type, a.type), sd_x_words(ev, words, 3));
}

struct sd_x sd_x_slice(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x a = sd_x_eval(ev, n->a);

	if (a.kind == SD_X_TEXT)
		return slice_text(ev, n, a);
	a = sd_x_load(ev, n->a, a);
	if (a.kind == SD_X_WORD || a.kind == SD_X_OPEN)
		return slice_pointer(ev, n, a);
	if (a.kind == SD_X_PLACE)
		return slice_run(ev, n, a);
	return a.kind == SD_X_NONE ? a : sd_x_none(n, "no elements");
}

/* The length or capacity of what is one pointer: it begins with them. */
static struct sd_x handle_len(struct sd_ev *ev, const struct sd_node *n, struct sd_x a)
{
	bool cap = n->kind == SD_NODE_CAP;
	const char *why;
	u64 count;

	a = sd_x_load(ev, n->a, a);
	if (a.kind == SD_X_NONE)
		return a;
	if (a.kind != SD_X_WORD || !a.w || (a.type->kind == SD_KIND_MAP && cap))
		return sd_x_none(n, "no length");
	if (!a.word)
		return sd_x_word(n->type, 0);
	why = sd_place_read(a.w, (struct sd_place){.at = a.word}, cap ? 8 : 0, &count, 8);
	if (!why && count > SD_LEN_MAX)
		why = sd_arena_printf(ev->e->arena, "bad length %lld", (long long)count);
	return why ? sd_x_none(n->a, why) : sd_x_word(n->type, count);
}

/* One word of a header may be known where another is dead: what is there vouches for it. */
static struct sd_x header_len(struct sd_ev *ev, const struct sd_node *n, struct sd_x a)
{
	bool cap = n->kind == SD_NODE_CAP, whole = true;
	u64 words[3];
	const char *why;
	struct run run;

	for (u32 i = 0; i < 2; i++)
		if (sd_place_read(a.w, a.p, 8 * i, &words[i], 8))
			whole = false;
	why = whole ? read_run(ev, a, &run) : NULL;
	if (!why)
		why = sd_place_read(a.w, a.p, cap ? 16 : 8, &words[2], 8);
	if (!why && words[2] > SD_LEN_MAX)
		why = sd_arena_printf(ev->e->arena, "bad length %lld", (long long)words[2]);
	return why ? sd_x_none(n->a, why) : sd_x_word(n->type, words[2]);
}

struct sd_x sd_x_len(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x a = sd_x_eval(ev, n->a);

	if (a.kind == SD_X_NONE)
		return a;
	if (a.kind == SD_X_TEXT)
		return sd_x_word(n->type, a.n);
	if (a.kind == SD_X_OPEN)
		return sd_x_none(n->a, sd_x_no_end(ev, a));
	if (a.kind == SD_X_VALUE && (a.value->kind == SD_V_STRING || a.value->kind == SD_V_LIST))
		return sd_x_word(n->type, a.value->total);
	if (a.type && a.type->kind == SD_KIND_ARRAY)
		return sd_x_word(n->type, a.type->count);
	if (a.kind == SD_X_PLACE && a.type->kind == SD_KIND_STRING)
		return header_len(ev, n, a);
	if (a.kind == SD_X_PLACE && a.type->kind == SD_KIND_SLICE)
		return header_len(ev, n, a);
	if (a.type && (a.type->kind == SD_KIND_MAP || a.type->kind == SD_KIND_CHAN))
		return handle_len(ev, n, a);
	return sd_x_none(n, "no length");
}
