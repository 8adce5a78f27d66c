/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts: strings, []byte, C's characters up to a NUL. Only a part of one may have been captured: a
 * question is answered when that part decides it, and is unavailable otherwise.
 */
#include <ctype.h>
#include <regex.h>
#include <string.h>

#include "eval/priv.h"

static bool is_char(struct sd_type *t)
{
	return t->size == 1 && (t->kind == SD_KIND_INT || t->kind == SD_KIND_UINT);
}

bool sd_x_is_text(struct sd_x x)
{
	if (x.kind == SD_X_TEXT || x.kind == SD_X_OPEN)
		return true;
	if (x.kind == SD_X_VALUE)
		return x.value->kind == SD_V_STRING;
	return x.kind == SD_X_PLACE && x.type->kind == SD_KIND_STRING;
}

/* How many bytes of a chunk at addr there are. Where a file's bytes end is not known: less is asked
 * for then. */
static u64 chunk_at(const struct sd_walk *w, u64 addr)
{
	static const u32 sizes[] = {256, 16, 1};
	u64 n = 0;

	for (u32 i = 0; i < SD_ARRAY_SIZE(sizes) && !n; i++)
		n = sd_snapshot_avail(w->snap, addr, sizes[i]);
	return n;
}

/* The characters at addr up to a NUL. */
static void open_chars(struct sd_walk *w, u64 addr, struct sd_text *t)
{
	u8 buf[256];
	bool fault;

	*t = (struct sd_text){.w = w, .addr = addr, .open = true};
	while (t->len < SD_X_TEXT_MAX) {
		u64 n = chunk_at(w, addr + t->len);
		const u8 *nul;

		if (!n || !sd_snapshot_read(w->snap, addr + t->len, buf, n, &fault))
			return;
		nul = memchr(buf, 0, n);
		if (nul) {
			t->len += (u64)(nul - buf);
			t->open = false;
			return;
		}
		t->len += n;
	}
}

static const char *open_array(struct sd_ev *ev, struct sd_x x, struct sd_text *t)
{
	u64 n = x.type->count;
	u8 *bytes;
	const char *why;

	if (n > SD_X_TEXT_MAX)
		return "array too large";
	bytes = sd_arena_alloc_raw(ev->e->arena, n + 1);
	why = sd_place_read(x.w, x.p, 0, bytes, (u32)n);
	if (!why)
		*t = (struct sd_text){.own = bytes, .len = strnlen((const char *)bytes, n)};
	return why;
}

static const char *open_header(struct sd_x x, struct sd_text *t)
{
	u64 addr = 0, len = 0;
	const char *why = sd_walk_header(x.w, x.p, &addr, &len);

	if (!why)
		*t = (struct sd_text){.w = x.w, .addr = addr, .len = len};
	return why;
}

const char *sd_text_open(struct sd_ev *ev, struct sd_x x, struct sd_text *ret)
{
	if (x.kind == SD_X_TEXT) {
		*ret = (struct sd_text){.own = x.bytes, .len = x.n};
		return NULL;
	}
	if (x.kind == SD_X_OPEN) {
		*ret = (struct sd_text){.w = x.w, .addr = x.word, .len = x.n, .open = true};
		return NULL;
	}
	if (x.kind == SD_X_VALUE && x.value->kind == SD_V_STRING && x.value->n == x.value->total) {
		*ret = (struct sd_text){.own = x.value->bytes, .len = x.value->n};
		return NULL;
	}
	if (x.kind == SD_X_PLACE) {
		switch (x.type->kind) {
		case SD_KIND_STRING:
		case SD_KIND_SLICE:
			return open_header(x, ret);
		case SD_KIND_ARRAY:
			return is_char(sd_type_elem(x.type)) ? open_array(ev, x, ret) : "no text";
		default:
			break;
		}
	}
	x = sd_x_load(ev, NULL, x);
	if (x.kind == SD_X_NONE)
		return x.why;
	if (x.kind != SD_X_WORD || !x.w || !x.type || x.type->kind != SD_KIND_PTR ||
	    !is_char(sd_type_elem(x.type)))
		return "no text";
	if (!x.word)
		return "nil pointer";
	open_chars(x.w, x.word, ret);
	return NULL;
}

/* Why the byte at off is not there. */
static const char *missing(struct sd_ev *ev, const struct sd_text *t, u64 off)
{
	u64 first = sd_snapshot_avail(t->w->snap, t->addr, off + 1);
	bool fault = false;

	sd_snapshot_touches(t->w->snap, t->addr + off, 1, &fault);
	if (fault || !first)
		return sd_why_missing(t->w, t->addr + off, fault);
	if (t->open)
		return sd_arena_printf(ev->e->arena, "no end among %llu bytes captured",
				       (unsigned long long)first);
	return sd_arena_printf(ev->e->arena, "%llu of %llu bytes captured",
			       (unsigned long long)first, (unsigned long long)t->len);
}

const char *sd_x_no_end(struct sd_ev *ev, struct sd_x x)
{
	struct sd_text t = {.w = x.w, .addr = x.word, .len = x.n, .open = true};

	return missing(ev, &t, t.len);
}

struct sd_x sd_x_c_string(struct sd_ev *ev, const struct sd_node *n, struct sd_x x)
{
	struct sd_x ret = {.kind = SD_X_TEXT, .type = n->type};
	struct sd_text t;
	const char *why;
	u64 words[2];

	x = sd_x_load(ev, n->a, x);
	if (x.kind == SD_X_NONE)
		return x;
	if (x.kind == SD_X_WORD && !x.word)
		return sd_x_is_nil(ev, n->a);
	why = sd_text_open(ev, x, &t);
	if (why)
		return sd_x_none(n->a, why);
	if (t.open)
		return (struct sd_x){
			.kind = SD_X_OPEN, .type = n->type, .w = t.w, .word = t.addr, .n = t.len};
	if (t.w) {
		words[0] = t.addr;
		words[1] = t.len;
		return sd_x_place(t.w, n->type, sd_x_words(ev, words, 2));
	}
	ret.bytes = t.own;
	ret.n = t.len;
	return ret;
}

/* Up to n bytes from off on into dst; how many there are. */
static u64 read_some(const struct sd_text *t, u64 off, u8 *dst, u64 n)
{
	bool fault;

	if (!t->w) {
		memcpy(dst, t->own + off, n);
		return n;
	}
	n = sd_snapshot_avail(t->w->snap, t->addr + off, n);
	if (n)
		sd_snapshot_read(t->w->snap, t->addr + off, dst, n, &fault);
	return n;
}

/* Two runs of n bytes side by side, byte for byte as far as both are there. */
struct pair {
	const struct sd_text *a, *b;
	u64 a_off, b_off, n;
	bool fold;
	u64 same;	 /* bytes that are equal, from the first on */
	int order;	 /* of the first that differ; 0: none do */
	const char *why; /* same < n and none differ */
};

static u8 lower(u8 c)
{
	return c >= 'A' && c <= 'Z' ? (u8)(c + 'a' - 'A') : c;
}

static void compare_runs(struct sd_ev *ev, struct pair *p)
{
	u8 a[128], b[128];

	while (p->same < p->n) {
		u64 want = SD_MIN(p->n - p->same, sizeof(a));
		u64 na = read_some(p->a, p->a_off + p->same, a, want);
		u64 nb = read_some(p->b, p->b_off + p->same, b, want), n = SD_MIN(na, nb);

		for (u64 i = 0; i < n; i++, p->same++) {
			u8 x = p->fold ? lower(a[i]) : a[i], y = p->fold ? lower(b[i]) : b[i];

			if (x != y) {
				p->order = x < y ? -1 : 1;
				return;
			}
		}
		if (n < want) {
			p->why = na < nb ? missing(ev, p->a, p->a_off + p->same)
					 : missing(ev, p->b, p->b_off + p->same);
			return;
		}
	}
}

/* Why the length of one of the two is not known. */
static const char *no_end(struct sd_ev *ev, const struct sd_text *a, const struct sd_text *b)
{
	const struct sd_text *t = a->open ? a : b;

	return missing(ev, t, t->len);
}

static enum sd_truth equal(struct sd_ev *ev, const struct sd_text *a, const struct sd_text *b,
			   bool fold, const char **why_ret)
{
	struct pair p = {.a = a, .b = b, .n = SD_MIN(a->len, b->len), .fold = fold};

	/* an open one is at least as long as what is known of it */
	if ((a->len != b->len && !a->open && !b->open) || (a->len > b->len && !b->open) ||
	    (b->len > a->len && !a->open))
		return SD_FALSE;
	compare_runs(ev, &p);
	if (p.order)
		return SD_FALSE;
	if (!p.why && !a->open && !b->open)
		return SD_TRUE;
	*why_ret = p.why ? p.why : no_end(ev, a, b);
	return SD_UNSURE;
}

enum sd_truth sd_text_equal(struct sd_ev *ev, const struct sd_text *a, const struct sd_text *b,
			    const char **why_ret)
{
	return equal(ev, a, b, false, why_ret);
}

const char *sd_text_order(struct sd_ev *ev, const struct sd_text *a, const struct sd_text *b,
			  int *ret)
{
	struct pair p = {.a = a, .b = b, .n = SD_MIN(a->len, b->len)};

	compare_runs(ev, &p);
	if (p.why)
		return p.why;
	if (p.order)
		*ret = p.order;
	else if (a->len < b->len && !a->open)
		*ret = -1;
	else if (b->len < a->len && !b->open)
		*ret = 1;
	else if (a->open || b->open)
		return no_end(ev, a, b);
	else
		*ret = 0;
	return NULL;
}

static enum sd_truth has_prefix(struct sd_ev *ev, const struct sd_text *a, const struct sd_text *b,
				const char **why_ret)
{
	struct pair p = {.a = a, .b = b, .n = SD_MIN(a->len, b->len)};

	if (b->len > a->len && !a->open)
		return SD_FALSE;
	compare_runs(ev, &p);
	if (p.order)
		return SD_FALSE;
	if (!p.why && b->len <= a->len && !b->open)
		return SD_TRUE;
	*why_ret = p.why ? p.why : no_end(ev, b, a);
	return SD_UNSURE;
}

static enum sd_truth has_suffix(struct sd_ev *ev, const struct sd_text *a, const struct sd_text *b,
				const char **why_ret)
{
	struct pair p = {.a = a, .b = b, .a_off = a->len - b->len, .n = b->len};

	if (b->len > a->len && !a->open)
		return SD_FALSE;
	if (a->open || b->open) {
		*why_ret = no_end(ev, a, b);
		return SD_UNSURE;
	}
	compare_runs(ev, &p);
	if (p.order)
		return SD_FALSE;
	*why_ret = p.why;
	return p.why ? SD_UNSURE : SD_TRUE;
}

/* The first bytes of t that are there, at most SD_X_TEXT_MAX, NUL-terminated, in the arena. */
static const u8 *fetch(struct sd_ev *ev, const struct sd_text *t, u64 *n_ret)
{
	u64 want = SD_MIN(t->len, SD_X_TEXT_MAX);
	u8 *bytes = sd_arena_alloc_raw(ev->e->arena, want + 1);

	*n_ret = want ? read_some(t, 0, bytes, want) : 0;
	bytes[*n_ret] = '\0';
	return bytes;
}

static const char *not_whole(struct sd_ev *ev, const struct sd_text *t, u64 have)
{
	if (!t->open && have == t->len)
		return NULL;
	return t->w ? missing(ev, t, have) : "too long";
}

static enum sd_truth contains(struct sd_ev *ev, const struct sd_text *a, const struct sd_text *b,
			      const char **why_ret)
{
	const u8 *where, *what;
	u64 na, nb;

	if (b->len > a->len && !a->open)
		return SD_FALSE;
	what = fetch(ev, b, &nb);
	*why_ret = not_whole(ev, b, nb);
	if (*why_ret)
		return SD_UNSURE;
	where = fetch(ev, a, &na);
	if (!nb || memmem(where, na, what, nb))
		return SD_TRUE;
	*why_ret = not_whole(ev, a, na);
	return *why_ret ? SD_UNSURE : SD_FALSE;
}

static enum sd_truth matches(struct sd_ev *ev, const struct sd_node *n, const struct sd_text *a,
			     const char **why_ret)
{
	const u8 *text;
	u64 have;

	if (!n->regex) {
		*why_ret = "no expression";
		return SD_UNSURE;
	}
	text = fetch(ev, a, &have);
	*why_ret = memchr(text, 0, have) ? NULL : not_whole(ev, a, have);
	if (*why_ret)
		return SD_UNSURE;
	return !regexec(n->regex, (const char *)text, 0, NULL, 0);
}

static struct sd_x text_of(struct sd_ev *ev, const struct sd_node *n, struct sd_text *ret)
{
	struct sd_x x = sd_x_eval(ev, n);
	const char *why;

	if (x.kind == SD_X_NONE)
		return x;
	why = sd_text_open(ev, x, ret);
	return why ? sd_x_none(n, why) : x;
}

struct sd_x sd_x_text_op(struct sd_ev *ev, const struct sd_node *n)
{
	const char *why = NULL;
	struct sd_text a, b;
	struct sd_x x = text_of(ev, n->a, &a);
	enum sd_truth t;

	if (x.kind != SD_X_NONE && n->kind != SD_NODE_MATCHES)
		x = text_of(ev, n->b, &b);
	if (x.kind == SD_X_NONE)
		return x;
	switch (n->kind) {
	case SD_NODE_PREFIX:
		t = has_prefix(ev, &a, &b, &why);
		break;
	case SD_NODE_SUFFIX:
		t = has_suffix(ev, &a, &b, &why);
		break;
	case SD_NODE_CONTAINS:
		t = contains(ev, &a, &b, &why);
		break;
	case SD_NODE_FOLD:
		t = equal(ev, &a, &b, true, &why);
		break;
	default:
		t = matches(ev, n, &a, &why);
		break;
	}
	return t == SD_UNSURE ? sd_x_none(n->a, why) : sd_x_word(n->type, t == SD_TRUE);
}

struct sd_x sd_x_concat(struct sd_ev *ev, const struct sd_node *n, struct sd_x a, struct sd_x b)
{
	struct sd_x ret = {.kind = SD_X_TEXT, .type = n->type};
	const struct sd_x *parts[2] = {&a, &b};
	const struct sd_node *nodes[2] = {n->a, n->b};
	const u8 *bytes[2];
	u64 len[2];
	u8 *all;

	for (u32 i = 0; i < 2; i++) {
		struct sd_text t;
		const char *why = sd_text_open(ev, *parts[i], &t);

		if (!why) {
			bytes[i] = fetch(ev, &t, &len[i]);
			why = not_whole(ev, &t, len[i]);
		}
		if (why)
			return sd_x_none(nodes[i], why);
	}
	if (len[0] + len[1] > SD_X_TEXT_MAX)
		return sd_x_none(n, "too long");
	all = sd_arena_alloc_raw(ev->e->arena, len[0] + len[1] + 1);
	memcpy(all, bytes[0], len[0]);
	memcpy(all + len[0], bytes[1], len[1]);
	ret.bytes = all;
	ret.n = len[0] + len[1];
	return ret;
}
