/* SPDX-License-Identifier: BSD-2-Clause */
/* Which source file a tail of a path means; when it is none or several, how those that may have
 * been meant are told apart. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/distance.h"
#include "base/map.h"
#include "site/lines.h"

enum {
	NEAREST_FILES = 3,
	MAX_LISTED = 8,
};

struct search {
	const char *tail;
	size_t n;
	struct sd_strmap seen;
	SD_VEC(const char *) v;	   /* distinct paths of that tail */
	SD_VEC(const char *) same; /* others, with its last part */
	const char *whole;	   /* the very path; NULL: not met */
	struct {
		const char *name;
		unsigned int distance;
	} near[NEAREST_FILES + 1];
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void keep_near(struct search *f, const char *path)
{
	unsigned int d = sd_name_distance(last_part(f->tail), last_part(path));

	for (int i = 0; i < NEAREST_FILES; i++) {
		if (f->near[i].name && !strcmp(f->near[i].name, last_part(path)))
			return;
		if (!f->near[i].name || d < f->near[i].distance) {
			memmove(&f->near[i + 1], &f->near[i],
				sizeof(f->near[0]) * (size_t)(NEAREST_FILES - 1 - i));
			f->near[i].name = last_part(path);
			f->near[i].distance = d;
			return;
		}
	}
}

static bool has_tail(const char *path, const char *tail, size_t n)
{
	size_t len = strlen(path);

	return len >= n && !strcmp(path + len - n, tail) &&
	       (len == n || tail[0] == '/' || path[len - n - 1] == '/');
}

static bool take_file(void *ctx, const char *path)
{
	struct search *f = ctx;
	bool is_new, has = has_tail(path, f->tail, f->n);

	if (!has && strcmp(last_part(path), last_part(f->tail)) != 0) {
		keep_near(f, path);
		return true;
	}
	sd_strmap_put(&f->seen, path, &is_new);
	if (!is_new)
		return true;
	if (has)
		sd_vec_push(&f->v, path);
	else
		sd_vec_push(&f->same, path);
	if (!strcmp(path, f->tail))
		f->whole = path;
	return true;
}

static bool take_unit_file(void *ctx, u32 unit, const char *path)
{
	return take_file(ctx, path);
}

/* The shortest tail of path that no other of the files has; all of it when there is none. */
static const char *shortest_tail(const char *path, const char *const *files, size_t n)
{
	for (const char *p = last_part(path);; p--) {
		size_t have = 0;

		if (p > path && p[-1] != '/')
			continue;
		for (size_t i = 0; i < n; i++)
			have += has_tail(files[i], p, strlen(p));
		if (have <= 1 || p == path)
			return p;
	}
}

static void list(const char *const *files, size_t n, struct sd_buf *out)
{
	for (size_t i = 0; i < n && i < MAX_LISTED; i++)
		sd_buf_printf(out, "%s%s", i ? ", " : "", shortest_tail(files[i], files, n));
	if (n > MAX_LISTED)
		sd_buf_printf(out, " and %zu more", n - MAX_LISTED);
}

/* How much of their ends is alike. */
static size_t alike(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), n = 0;

	while (n < na && n < nb && a[na - n - 1] == b[nb - n - 1])
		n++;
	return n;
}

static int more_alike(const void *a, const void *b, void *tail)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	size_t nx = alike(x, tail), ny = alike(y, tail);

	return nx != ny ? (nx > ny ? -1 : 1) : strcmp(x, y);
}

static struct sd_err *no_such_file(struct sd_lines *l, struct search *f)
{
	struct sd_buf names = {0};
	struct sd_err *err;

	if (f->same.n) {
		qsort_r(f->same.v, f->same.n, sizeof(*f->same.v), more_alike, (void *)f->tail);
		sd_buf_str(&names, f->same.n > 1 ? "; there are " : "; there is ");
		list(f->same.v, f->same.n, &names);
	}
	for (int i = 0; i < NEAREST_FILES && f->near[i].name && !f->same.n; i++)
		if (f->near[i].distance <= strlen(last_part(f->tail)) / 2 + 1)
			sd_buf_printf(&names, "%s%s",
				      names.n ? ", " : "; nearest: ", f->near[i].name);
	err = sd_err_new(SD_ERR_NOMATCH, "no source file of %s is called %s%s",
			 sd_elf_display(l->elf), f->tail, sd_buf_cstr(&names));
	sd_buf_deinit(&names);
	return err;
}

static struct sd_err *ambiguous(const struct search *f)
{
	struct sd_buf names = {0};
	struct sd_err *err;

	list(f->v.v, f->v.n, &names);
	err = sd_err_hint(
		sd_err_new(SD_ERR_NOMATCH, "%s may be any of %s", f->tail, sd_buf_cstr(&names)),
		"give more of the path, as in %s", shortest_tail(f->v.v[0], f->v.v, f->v.n));
	sd_buf_deinit(&names);
	return err;
}

static const char *remember(struct sd_lines *l, const char *path, size_t tail)
{
	bool is_new;

	*sd_strmap_put(&l->files, path + strlen(path) - tail, &is_new) = (u64)(uintptr_t)path;
	return path;
}

struct sd_err *sd_lines_file(struct sd_lines *l, const char *tail, const char **ret)
{
	struct search f = {.tail = tail};
	struct sd_err *err = NULL;
	u64 *known;

	while (!strncmp(f.tail, "./", 2))
		f.tail += 2;
	f.n = strlen(f.tail);
	known = sd_strmap_get(&l->files, f.tail);
	if (known) {
		*ret = (const char *)(uintptr_t)*known;
		return NULL;
	}
	if (l->go)
		sd_go_each_file(l->go, take_file, &f);
	if (l->dw)
		sd_dwarf_each_file(l->dw, take_unit_file, &f);
	if (!f.v.n)
		err = no_such_file(l, &f);
	else if (f.v.n > 1 && !f.whole)
		err = ambiguous(&f);
	else
		*ret = remember(l, f.whole ? f.whole : f.v.v[0], f.n);
	sd_strmap_deinit(&f.seen);
	sd_vec_free(&f.v);
	sd_vec_free(&f.same);
	return err;
}
