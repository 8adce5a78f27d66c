/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rung between: one tracefs event with many probes (append_trace_uprobe(), 5.4), one program on
 * it. The event is a name in a table of the whole system, sonde_PID/evN: removed on detach, or by
 * the next sonde when we were killed.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "run/state.h"

const char *sd_tracefs_dir(void)
{
	static const char *const dirs[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	int why = ENOENT;

	for (size_t i = 0; i < SD_ARRAY_SIZE(dirs); i++) {
		char path[64];
		int fd;

		snprintf(path, sizeof(path), "%s/uprobe_events", dirs[i]);
		fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
		if (fd >= 0) {
			close(fd);
			return dirs[i];
		}
		if (errno != ENOENT)
			why = errno;
	}
	errno = why;
	return NULL;
}

static int events_open(int flags)
{
	const char *dir = sd_tracefs_dir();
	char path[64];

	if (!dir)
		return -1;
	snprintf(path, sizeof(path), "%s/uprobe_events", dir);
	return open(path, flags | O_CLOEXEC);
}

void sd_tracefs_remove(const char *event)
{
	sd_autoclose int fd = event ? events_open(O_WRONLY | O_APPEND) : -1;
	char line[96];
	int n = snprintf(line, sizeof(line), "-:%s\n", event ? event : "");

	if (fd >= 0 && write(fd, line, (size_t)n) < 0)
		sd_debug("run", "cannot remove the tracefs event %s: %s", event, strerror(errno));
}

void sd_tracefs_sweep(void)
{
	sd_autoclose int fd = events_open(O_RDONLY);
	FILE *f = fd >= 0 ? fdopen(dup(fd), "r") : NULL;
	char *line = NULL, last[80] = "";
	size_t cap = 0;

	if (!f)
		return;
	while (getline(&line, &cap, f) > 0) {
		char event[80];
		int pid, number;

		if (sscanf(line, "p:sonde_%d/ev%d ", &pid, &number) != 2 || pid <= 0 ||
		    !kill(pid, 0) || errno != ESRCH)
			continue;
		snprintf(event, sizeof(event), "sonde_%d/ev%d", pid, number);
		if (!strcmp(event, last))
			continue; /* one event has many lines */
		strcpy(last, event);
		sd_tracefs_remove(event); /* an event that is in use (a pid of another namespace) is
					     refused: EBUSY */
	}
	free(line);
	fclose(f);
}

static int event_id(const char *event)
{
	const char *dir = sd_tracefs_dir();
	char path[160];
	FILE *f;
	int id = -1;

	if (!dir)
		return -errno;
	snprintf(path, sizeof(path), "%s/events/%s/id", dir, event);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	if (fscanf(f, "%d", &id) != 1)
		id = -EIO;
	fclose(f);
	return id;
}

/* Defines the event with its probes; the file by descriptor, since a path with a blank would end
 * there. */
static int define(const char *event, int file_fd, const u64 *offs, u32 n)
{
	sd_autoclose int fd = events_open(O_WRONLY | O_APPEND);

	if (fd < 0)
		return -errno;
	for (u32 i = 0; i < n; i++) {
		char line[160];
		int len = snprintf(line, sizeof(line), "p:%s /proc/self/fd/%d:0x%llx\n", event,
				   file_fd, (unsigned long long)offs[i]);

		if (write(fd, line, (size_t)len) < 0)
			return -errno;
	}
	return 0;
}

int sd_tracefs_link(struct sd_run *run, int prog_fd, const char *path, pid_t pid, u32 module,
		    const u64 *offs, u32 n, struct sd_link *ret)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT,
				       .size = sizeof(attr),
				       .disabled = 1,
				       .sample_period = 1};
	struct sd_link link = {.link_fd = -1, .perf_fd = -1};
	sd_autoclose int file_fd = open(path, O_RDONLY | O_CLOEXEC);
	char event[64];
	int err;

	if (file_fd < 0)
		return -errno;
	if (!run->nevents)
		sd_tracefs_sweep();
	/* A name that is taken belongs to another session of this process, or to one whose event
	 * could not be removed: a probe that is added there would be hit for both. */
	do
		snprintf(event, sizeof(event), "sonde_%d/ev%u", (int)getpid(), run->nevents++);
	while (event_id(event) >= 0);
	err = define(event, file_fd, offs, n);
	if (!err) {
		int id = event_id(event);

		attr.config = (u64)id;
		err = id < 0 ? id : 0;
	}
	if (!err) {
		link.perf_fd = sd_perf_event_open(&attr, pid ? pid : -1, pid ? -1 : 0);
		err = link.perf_fd < 0
			      ? -errno
			      : sd_perf_set_prog(run, link.perf_fd, prog_fd, module, &link.link_fd);
	}
	if (err) {
		sd_closep(&link.perf_fd);
		sd_tracefs_remove(event);
		return err;
	}
	link.event = sd_xstrdup(event);
	*ret = link;
	return 0;
}
