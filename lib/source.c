/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds and reads source files. Which version of a file is there is not known but by its time: one
 * that was changed after the program was made is not believed. */
#include "lib/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"

enum { MAX_FILE = 16 << 20 };

struct file {
	const struct sd_go_source *go; /* NULL: not at hand */
	const char *why;
};

struct sd_sources {
	const char *root; /* "/proc/PID/root", NULL: none */
	const char *const *dirs;
	size_t ndirs;
	struct timespec made;	/* the program */
	struct sd_strmap files; /* path → struct file * */
	struct sd_arena arena;
};

struct sd_sources *sd_sources_create(const char *binary, const char *const *dirs, size_t ndirs)
{
	struct sd_sources *s = sd_xcalloc(1, sizeof(*s));
	struct stat st;
	int pid, end = 0;

	s->dirs = dirs;
	s->ndirs = ndirs;
	if (sscanf(binary, "/proc/%d/exe%n", &pid, &end) == 1 && end && !binary[end])
		s->root = sd_arena_printf(&s->arena, "/proc/%d/root", pid);
	if (!stat(binary, &st))
		s->made = st.st_mtim;
	return s;
}

void sd_sources_destroy(struct sd_sources *s)
{
	if (!s)
		return;
	sd_strmap_deinit(&s->files);
	sd_arena_deinit(&s->arena);
	free(s);
}

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Opens a regular file; −1: none. */
static int open_file(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && (fstat(fd, st) || !S_ISREG(st->st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The longest tail of path that lies in dir. */
static int open_tail(struct sd_sources *s, const char *dir, const char *path, struct stat *st)
{
	for (const char *tail = path; tail; tail = strchr(tail, '/')) {
		int fd;

		tail += strspn(tail, "/");
		fd = open_file(sd_arena_printf(&s->arena, "%s/%s", dir, tail), st);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

static const char *about(struct sd_sources *s, const char *path, const char *what)
{
	const char *slash = strrchr(path, '/');

	return sd_arena_printf(&s->arena, "%s%s", slash ? slash + 1 : path, what);
}

static int find(struct sd_sources *s, const char *path, struct file *f)
{
	struct stat st;
	int fd = -1;

	for (size_t i = 0; i < s->ndirs && fd < 0; i++)
		fd = open_tail(s, s->dirs[i], path, &st);
	if (fd < 0) {
		if (path[0] == '/' && s->root)
			fd = open_file(sd_arena_printf(&s->arena, "%s%s", s->root, path), &st);
		if (path[0] == '/' && fd < 0)
			fd = open_file(path, &st);
		if (fd < 0) {
			f->why = about(s, path, " is not here");
			return -1;
		}
		if (is_newer(&st.st_mtim, &s->made))
			f->why = about(s, path, " is newer than the program");
	}
	if (st.st_size > MAX_FILE)
		f->why = about(s, path, " is too large");
	if (f->why) {
		close(fd);
		return -1;
	}
	return fd;
}

static void read_file(struct sd_sources *s, const char *path, struct file *f)
{
	sd_autofree char *text = NULL;
	struct sd_go_source *go;
	sd_autoerr err = NULL;
	size_t n = 0;
	ssize_t got;
	int fd = find(s, path, f);

	if (fd < 0)
		return;
	text = sd_xcalloc(MAX_FILE + 1, 1);
	while (n <= MAX_FILE && (got = read(fd, text + n, MAX_FILE + 1 - n)) > 0)
		n += (size_t)got;
	close(fd);
	if (n > MAX_FILE) {
		f->why = about(s, path, " is too large");
		return;
	}
	err = sd_go_source_read(text, n, &s->arena, &go);
	if (err)
		f->why = about(s, path,
			       sd_arena_printf(&s->arena, " cannot be followed: %s", err->msg));
	else
		f->go = go;
}

const struct sd_go_source *sd_sources_go(struct sd_sources *s, const char *path,
					 const char **why_ret)
{
	u64 *at = sd_strmap_get(&s->files, path);
	struct file *f;

	if (at) {
		f = (struct file *)(uintptr_t)*at;
	} else {
		f = sd_arena_new(&s->arena, struct file);
		read_file(s, path, f);
		*sd_strmap_put(&s->files, sd_arena_strdup(&s->arena, path), NULL) = (uintptr_t)f;
	}
	if (why_ret)
		*why_ret = f->why;
	return f->go;
}
