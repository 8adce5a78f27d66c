/* SPDX-License-Identifier: BSD-2-Clause */
/* Notices that a process has ended: by a pidfd, or (before 5.3) by what /proc says of that number
 * now. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "target/proc.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

struct sd_watch {
	pid_t pid;
	int fd;	       /* pidfd, −1: look into /proc */
	u64 starttime; /* of the process that is watched, not of a later one with its number */
	bool ended;
};

static struct sd_err *create(pid_t pid, bool pidfd, struct sd_watch **ret)
{
	struct sd_proc_stat st;
	struct sd_watch *w;
	int fd = -1;

	if (pidfd) {
		fd = (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by itself */
		/* not there (ENOSYS), or forbidden by a filter (EPERM): /proc will do */
		if (fd < 0 && errno != ENOSYS && errno != EPERM && errno != ESRCH)
			return sd_err_errno(SD_ERR_FAILED, errno, "process %d cannot be watched",
					    (int)pid);
	}
	if (!sd_proc_stat(pid, &st)) {
		if (fd >= 0)
			close(fd);
		return sd_err_hint(sd_err_new(SD_ERR_FAILED, "no process %d", (int)pid),
				   "ps -e -o pid,args");
	}
	w = sd_xcalloc(1, sizeof(*w));
	*w = (struct sd_watch){.pid = pid, .fd = fd, .starttime = st.starttime};
	*ret = w;
	return NULL;
}

struct sd_err *sd_watch_create(pid_t pid, struct sd_watch **ret)
{
	return create(pid, true, ret);
}

struct sd_err *sd_watch_create_polling(pid_t pid, struct sd_watch **ret)
{
	return create(pid, false, ret);
}

void sd_watch_destroy(struct sd_watch *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

int sd_watch_fd(const struct sd_watch *w)
{
	return w->fd;
}

/* A leader may end before its threads: then it is a zombie that has company. */
static bool has_threads(pid_t pid)
{
	const struct dirent *e;
	char path[64];
	DIR *dir;
	u32 n = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir)))
		n += e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n > 1;
}

bool sd_watch_ended(struct sd_watch *w)
{
	struct sd_proc_stat st;

	if (w->ended)
		return true;
	if (w->fd >= 0) {
		struct pollfd p = {.fd = w->fd, .events = POLLIN};

		w->ended = poll(&p, 1, 0) > 0 && (p.revents & POLLIN);
		return w->ended;
	}
	if (!sd_proc_stat(w->pid, &st) || st.starttime != w->starttime)
		w->ended = true;
	else if (st.state == 'Z' || st.state == 'X')
		w->ended = !has_threads(w->pid);
	return w->ended;
}
