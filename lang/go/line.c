/* SPDX-License-Identifier: BSD-2-Clause */
/* pcvalue tables: file and line, and how far the stack pointer has moved, at each pc of a function.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/go/priv.h"

#define MAX_FILE_NAME (64 << 10)

static inline u32 varint(struct sd_cursor *c)
{
	if (!c->bad && c->p < c->end && *c->p < 0x80)
		return *c->p++;
	return (u32)sd_cursor_uleb(c);
}

void go_pcwalk_init(struct go_pcwalk *w, const struct sd_go *go, const struct go_func *f, u32 off)
{
	*w = (struct go_pcwalk){
		.lo = f->entry,
		.hi = f->entry,
		.end = f->end,
		.value = -1,
		.quantum = go->quantum,
		.first = true,
	};
	if (off && off < go->pctab.n)
		w->c = sd_cursor_at(go->pctab.p + off, go->pctab.n - off);
	else
		w->c.bad = true;
	/* A row moves the pc on by one instruction at least; damaged tables must not go on for
	 * ever. */
	w->steps = f->end - f->entry + 1;
}

/* Format: runtime/symtab.go, step(). */
bool go_pcwalk_next(struct go_pcwalk *w)
{
	while (!w->c.bad && w->hi < w->end && w->steps--) {
		u32 uv = varint(&w->c), delta;

		if (!uv && !w->first)
			break;
		w->first = false;
		delta = varint(&w->c);
		if (w->c.bad)
			break;
		w->value = (s32)((u32)w->value + ((uv & 1) ? ~(uv >> 1) : uv >> 1));
		w->lo = w->hi;
		w->hi = SD_MIN(w->hi + (u64)delta * w->quantum, w->end);
		if (w->hi > w->lo)
			return true;
	}
	w->c.bad = true;
	return false;
}

bool go_pcvalue(const struct sd_go *go, const struct go_func *f, u32 off, u64 pc, s32 *ret)
{
	struct go_pcwalk w;

	go_pcwalk_init(&w, go, f, off);
	while (go_pcwalk_next(&w))
		if (pc < w.hi) {
			*ret = w.value;
			return true;
		}
	return false;
}

const char *go_file_name(const struct sd_go *go, const struct go_func *f, s32 fileno)
{
	u64 at = (u64)(u32)fileno;
	u32 off;

	if (fileno < 0)
		return NULL;
	if (go->format == GO_FORMAT_12) {
		/* Its first word is their number. */
		if (!at || at >= go->filetab.n / 4)
			return NULL;
		off = go_u32(go->filetab.p + 4 * at);
	} else {
		at += f->cuoff;
		if (at >= go->cutab.n / 4)
			return NULL;
		off = go_u32(go->cutab.p + 4 * at);
	}
	if (off >= go->files.n ||
	    !memchr(go->files.p + off, 0, SD_MIN(go->files.n - off, (u64)MAX_FILE_NAME)))
		return NULL;
	return (const char *)go->files.p + off;
}

bool go_line_in(const struct sd_go *go, const struct go_func *f, u64 pc, const char **file_ret,
		u32 *line_ret)
{
	const char *file;
	s32 fileno, line;

	if (!go_pcvalue(go, f, f->pcfile, pc, &fileno) || !go_pcvalue(go, f, f->pcln, pc, &line) ||
	    line < 0)
		return false;
	file = go_file_name(go, f, fileno);
	if (!file)
		return false;
	*file_ret = file;
	*line_ret = (u32)line;
	return true;
}

bool sd_go_line(struct sd_go *go, struct sd_vaddr pc, const char **file_ret, u32 *line_ret)
{
	struct go_func f;
	u32 index;

	return sd_go_func_at(go, pc, &index) && go_func_record(go, index, &f) &&
	       go_line_in(go, &f, pc.v, file_ret, line_ret);
}

bool sd_go_spdelta(struct sd_go *go, struct sd_vaddr pc, s64 *ret)
{
	struct go_func f;
	u32 index;
	s32 v;

	if (!sd_go_func_at(go, pc, &index) || !go_func_record(go, index, &f) ||
	    !go_pcvalue(go, &f, f.pcsp, pc.v, &v))
		return false;
	*ret = v;
	return true;
}

void sd_go_each_line(struct sd_go *go, u32 index,
		     bool (*cb)(void *ctx, u64 lo, u64 hi, const char *file, u32 line), void *ctx)
{
	struct go_pcwalk lines, files;
	struct go_func f;

	if (!go_func_record(go, index, &f))
		return;
	go_pcwalk_init(&lines, go, &f, f.pcln);
	go_pcwalk_init(&files, go, &f, f.pcfile);
	if (!go_pcwalk_next(&lines) || !go_pcwalk_next(&files))
		return;
	for (u64 lo = f.entry;;) {
		const char *file = go_file_name(go, &f, files.value);
		u64 hi = SD_MIN(lines.hi, files.hi);

		if (file && lines.value >= 0 && !cb(ctx, lo, hi, file, (u32)lines.value))
			return;
		lo = hi;
		if (lines.hi == hi && !go_pcwalk_next(&lines))
			return;
		if (files.hi == hi && !go_pcwalk_next(&files))
			return;
	}
}

void sd_go_each_file(struct sd_go *go, bool (*cb)(void *ctx, const char *file), void *ctx)
{
	const u8 *end = go->files.p + go->files.n;

	if (go->format == GO_FORMAT_12) {
		for (u64 i = 1; i < go->filetab.n / 4; i++) {
			const char *file = go_file_name(go, NULL, (s32)i);

			if (file && *file && !cb(ctx, file))
				return;
		}
		return;
	}
	for (const u8 *p = go->files.p; p && p < end;) {
		const u8 *nul = memchr(p, 0, SD_MIN((u64)(end - p), (u64)MAX_FILE_NAME));

		if (!nul)
			return;
		if (nul > p && !cb(ctx, (const char *)p))
			return;
		p = nul + 1;
	}
}

/* ---- the rows of a file ---- */

static bool is_file(const struct sd_go *go, const struct go_func *f, s32 fileno, const char *file)
{
	const char *name = go_file_name(go, f, fileno);

	return name && (name == file || !strcmp(name, file));
}

static bool has_file(const struct sd_go *go, const struct go_func *f, const char *file)
{
	struct go_pcwalk files;

	go_pcwalk_init(&files, go, f, f->pcfile);
	while (go_pcwalk_next(&files))
		if (is_file(go, f, files.value, file))
			return true;
	return false;
}

/* Found by a walk through all functions, so it is remembered: probe files have many lines of few
 * files. */
static const struct go_file_users *users_of(struct sd_go *go, const char *file)
{
	SD_VEC(u32) funcs = {0};
	struct go_func f;

	for (size_t i = 0; i < go->file_users.n; i++)
		if (!strcmp(go->file_users.v[i].file, file))
			return &go->file_users.v[i];
	for (u32 i = 0; i < go->nfuncs; i++)
		if (go_func_record(go, i, &f) && has_file(go, &f, file))
			sd_vec_push(&funcs, i);
	sd_vec_push(&go->file_users, (struct go_file_users){sd_xstrdup(file), funcs.v, funcs.n});
	return &go->file_users.v[go->file_users.n - 1];
}

void go_file_users_free(struct sd_go *go)
{
	for (size_t i = 0; i < go->file_users.n; i++) {
		free(go->file_users.v[i].file);
		free(go->file_users.v[i].funcs);
	}
	sd_vec_free(&go->file_users);
}

static void rows_of_function(struct sd_go *go, const struct go_func *f, const char *file,
			     const struct sd_go_row_sink *sink, bool *more)
{
	struct go_pcwalk lines, files;

	go_pcwalk_init(&files, go, f, f->pcfile);
	go_pcwalk_init(&lines, go, f, f->pcln);
	if (!go_pcwalk_next(&lines))
		return;
	while (*more && go_pcwalk_next(&files)) {
		if (!is_file(go, f, files.value, file))
			continue;
		while (lines.hi <= files.lo)
			if (!go_pcwalk_next(&lines))
				return;
		for (;;) {
			if (lines.value >= 0)
				*more = sink->cb(sink->ctx, f->index, SD_MAX(lines.lo, files.lo),
						 SD_MIN(lines.hi, files.hi), (u32)lines.value);
			if (!*more || lines.hi >= files.hi)
				break;
			if (!go_pcwalk_next(&lines))
				return;
		}
	}
}

void sd_go_each_row(struct sd_go *go, const char *file, const struct sd_go_row_sink *sink)
{
	const struct go_file_users *users = users_of(go, file);
	struct go_func f;
	bool more = true;

	for (size_t i = 0; more && i < users->n; i++)
		if (go_func_record(go, users->funcs[i], &f))
			rows_of_function(go, &f, file, sink, &more);
}
