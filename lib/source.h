/* SPDX-License-Identifier: BSD-2-Clause */
/* The source files of a traced program, as far as they are at hand. */
#ifndef SD_LIB_SOURCE_H
#define SD_LIB_SOURCE_H

#include "base/err.h"
#include "lang/go/source.h"

struct sd_sources;

/** binary: the path of the program (/proc/PID/exe: files are looked for in that process's root
 * first). dirs: where else, borrowed. Nothing is read yet. */
struct sd_sources *sd_sources_create(const char *binary, const char *const *dirs, size_t ndirs);
void sd_sources_destroy(struct sd_sources *s);
/** The Go source of that path, read at most once: from the first of dirs that has a tail of it,
 * else from the path itself unless the file is newer than the program. NULL: not at hand; why then
 * goes to *why_ret (may be NULL; borrowed): "main.go is not here". */
const struct sd_go_source *sd_sources_go(struct sd_sources *s, const char *path,
					 const char **why_ret);

#endif
