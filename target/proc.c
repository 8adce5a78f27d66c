/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the small files of /proc/PID. */
#include "target/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The file's text, cut to size - 1; false when it cannot be read. */
static bool read_file(pid_t pid, const char *name, char *buf, size_t size)
{
	sd_autoclose int fd = -1;
	char path[64];
	size_t n = 0;
	ssize_t r;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	do {
		r = read(fd, buf + n, size - 1 - n);
		if (r > 0)
			n += (size_t)r;
	} while (r > 0 || (r < 0 && errno == EINTR));
	buf[n] = '\0';
	return r == 0 && n;
}

bool sd_proc_stat(pid_t pid, struct sd_proc_stat *ret)
{
	unsigned long long flags, start;
	struct sd_proc_stat s = {0};
	char buf[2048], *open_paren, *close_paren;
	size_t n;

	if (!read_file(pid, "stat", buf, sizeof(buf)))
		return false;
	/* the command's name may hold blanks and parentheses: it ends at the last one */
	open_paren = strchr(buf, '(');
	close_paren = strrchr(buf, ')');
	if (!open_paren || !close_paren || close_paren < open_paren)
		return false;
	n = SD_MIN((size_t)(close_paren - open_paren - 1), sizeof(s.comm) - 1);
	memcpy(s.comm, open_paren + 1, n);
	/* state ppid pgrp session tty tpgid flags, 12 more, starttime: proc(5), fields 3 to 9 and
	 * 22 */
	if (sscanf(close_paren + 1,
		   " %c %*d %*d %*d %*d %*d %llu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
		   "%llu",
		   &s.state, &flags, &start) != 3)
		return false;
	s.flags = flags;
	s.starttime = start;
	*ret = s;
	return true;
}

pid_t sd_proc_tgid(pid_t pid)
{
	char buf[4096], *line;

	if (!read_file(pid, "status", buf, sizeof(buf)))
		return 0;
	line = strstr(buf, "\nTgid:");
	return line ? (pid_t)strtol(line + 6, NULL, 10) : 0;
}

char *sd_proc_readlink(const char *path)
{
	char buf[PATH_MAX + 32];
	ssize_t n = readlink(path, buf, sizeof(buf) - 1);

	return n < 0 ? NULL : sd_xstrndup(buf, (size_t)n);
}
