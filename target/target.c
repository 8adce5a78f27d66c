/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which binary a process number or a name stands for, and why there is none. A running binary is
 * opened through /proc/PID/exe: that is its inode in every mount namespace, also when the file was
 * removed or replaced.
 */
#include "target/target.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target/proc.h"

void sd_binary_ref_deinit(struct sd_binary_ref *ref)
{
	free(ref->path);
	free(ref->display);
	memset(ref, 0, sizeof(*ref));
}

/* ---- of a process ---- */

static struct sd_err *no_process(pid_t pid)
{
	return sd_err_hint(sd_err_new(SD_ERR_FAILED, "no process %d", (int)pid),
			   "ps -e -o pid,args");
}

static struct sd_err *not_permitted(pid_t pid, const char *comm)
{
	const struct passwd *pw = NULL;
	char path[64], owner[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &st))
		return no_process(pid);
	pw = getpwuid(st.st_uid);
	if (pw)
		snprintf(owner, sizeof(owner), "%s", pw->pw_name);
	else
		snprintf(owner, sizeof(owner), "%u", (unsigned int)st.st_uid);
	if (st.st_uid == geteuid())
		return sd_err_hint(
			sd_err_new(SD_ERR_PERM,
				   "process %d (%s) may not be looked into, though it is "
				   "yours: this needs CAP_SYS_PTRACE",
				   (int)pid, comm),
			"sudo sonde ... -p %d", (int)pid);
	return sd_err_hint(sd_err_new(SD_ERR_PERM,
				      "process %d (%s) is of user %s: this needs that user or "
				      "CAP_SYS_PTRACE",
				      (int)pid, comm, owner),
			   "sudo sonde ... -p %d", (int)pid);
}

/* Why /proc/PID/exe cannot be used. */
static struct sd_err *why_no_exe(pid_t pid, int errnum)
{
	struct sd_proc_stat st;

	if (!sd_proc_stat(pid, &st))
		return no_process(pid);
	if (st.flags & SD_PF_KTHREAD)
		return sd_err_new(SD_ERR_FAILED,
				  "process %d (%s) is a thread of the kernel: it runs no binary",
				  (int)pid, st.comm);
	if (st.state == 'Z' || st.state == 'X')
		return sd_err_new(
			SD_ERR_FAILED,
			"process %d (%s) has ended: its parent has not taken its status yet",
			(int)pid, st.comm);
	if (errnum == EACCES || errnum == EPERM)
		return not_permitted(pid, st.comm);
	return sd_err_errno(SD_ERR_FAILED, errnum, "the binary of process %d (%s)", (int)pid,
			    st.comm);
}

/* Takes " (deleted)" off a link's text when the kernel put it there: when no such file is the
 * running one. */
static bool cut_deleted(pid_t pid, char *text, const struct stat *running)
{
	static const char mark[] = " (deleted)";
	size_t n = strlen(text);
	sd_autofree char *in_root = NULL;
	struct stat st;

	if (n < sizeof(mark) || strcmp(text + n - (sizeof(mark) - 1), mark))
		return false;
	in_root = sd_xmalloc(n + 64);
	snprintf(in_root, n + 64, "/proc/%d/root%s", (int)pid, text);
	if (!stat(in_root, &st) && st.st_dev == running->st_dev && st.st_ino == running->st_ino)
		return false;
	text[n - (sizeof(mark) - 1)] = '\0';
	return true;
}

struct sd_err *sd_target_of_pid(pid_t pid, struct sd_binary_ref *ret)
{
	sd_autofree char *link = NULL;
	pid_t tgid = pid > 0 ? sd_proc_tgid(pid) : 0;
	struct stat st;
	char path[64];

	if (pid <= 0)
		return sd_err_new(SD_ERR_USAGE, "%d is no process number", (int)pid);
	if (!tgid)
		return no_process(pid);
	if (tgid != pid)
		return sd_err_hint(sd_err_new(SD_ERR_FAILED, "%d is a thread of process %d",
					      (int)pid, (int)tgid),
				   "sonde ... -p %d", (int)tgid);
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	link = sd_proc_readlink(path);
	if (!link || stat(path, &st))
		return why_no_exe(pid, errno);
	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS))
		return sd_err_hint(sd_err_errno(SD_ERR_PERM, errno,
						"%s, the binary of process %d, cannot be read",
						link, (int)pid),
				   "sudo sonde ... -p %d", (int)pid);
	*ret = (struct sd_binary_ref){.path = sd_xstrdup(path), .dev = st.st_dev, .ino = st.st_ino};
	ret->deleted = cut_deleted(pid, link, &st);
	ret->display = link;
	link = NULL;
	return NULL;
}

/* ---- of a name ---- */

enum find_result { NOT_THERE, NOT_EXECUTABLE, FOUND };

/* The file that execvp(3) would run for a name without a slash. */
static enum find_result search_path(const char *name, char **path_ret)
{
	const char *path = getenv("PATH");
	enum find_result best = NOT_THERE;

	if (!path)
		path = "/bin:/usr/bin";
	for (;;) {
		size_t n = strcspn(path, ":"), room = n + strlen(name) + 3;
		char *full = sd_xmalloc(room);
		struct stat st;

		snprintf(full, room, "%.*s%s%s", (int)n, path, n ? "/" : "./", name);
		if (!stat(full, &st) && S_ISREG(st.st_mode)) {
			bool ok = !faccessat(AT_FDCWD, full, X_OK, AT_EACCESS);

			if (ok || best == NOT_THERE) {
				free(*path_ret);
				*path_ret = full;
				full = NULL;
				best = ok ? FOUND : NOT_EXECUTABLE;
			}
		}
		free(full);
		if (best == FOUND || !path[n])
			return best;
		path += n + 1;
	}
}

/* An error when the file is a script: the kernel would run its interpreter, and that is what would
 * be traced. */
static struct sd_err *refuse_script(const char *path, enum sd_err_kind kind)
{
	sd_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char head[256] = "", *line = head + 2;
	struct sd_err *err;

	if (fd < 0 || read(fd, head, sizeof(head) - 1) < 3 || head[0] != '#' || head[1] != '!')
		return NULL;
	line += strspn(line, " \t");
	line[strcspn(line, "\r\n")] = '\0';
	for (char *p = line; *p; p++)
		if (!isprint((unsigned char)*p))
			*p = '?';
	err = sd_err_new(kind, "%s is a script: the program that runs is its interpreter, %s", path,
			 line);
	return *line ? sd_err_hint(err, "sonde ... -- %s %s", line, path) : err;
}

struct sd_err *sd_target_of_path(const char *name, bool search, struct sd_binary_ref *ret)
{
	enum sd_err_kind not_there = search ? SD_ERR_CMD_NOTFOUND : SD_ERR_FAILED;
	enum sd_err_kind no_exec = search ? SD_ERR_CMD_NOEXEC : SD_ERR_FAILED;
	sd_autofree char *path = NULL;
	struct stat st;

	if (!*name)
		return sd_err_new(not_there, "the name of the program is empty");
	if (search && !strchr(name, '/')) {
		switch (search_path(name, &path)) {
		case NOT_THERE:
			return sd_err_hint(
				sd_err_new(not_there, "%s: no such command in PATH", name),
				access(name, F_OK) ? "command -v %s" : "./%s", name);
		case NOT_EXECUTABLE:
			return sd_err_hint(sd_err_new(no_exec, "%s is not executable", path),
					   "chmod +x %s", path);
		case FOUND:
			break;
		}
	} else {
		path = sd_xstrdup(name);
	}
	if (stat(path, &st)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return sd_err_errno(not_there, errno, "%s", path);
		return sd_err_errno(errno == EACCES && !search ? SD_ERR_PERM : no_exec, errno, "%s",
				    path);
	}
	if (S_ISDIR(st.st_mode))
		return sd_err_hint(sd_err_new(no_exec, "%s is a directory, not a program", path),
				   "ls %s", path);
	if (!S_ISREG(st.st_mode))
		return sd_err_new(no_exec, "%s is no regular file", path);
	if (search && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS))
		return sd_err_hint(sd_err_new(no_exec, "%s is not executable", path), "chmod +x %s",
				   path);
	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS))
		return sd_err_errno(SD_ERR_PERM, errno, "%s cannot be read", path);
	SD_TRY(refuse_script(path, no_exec));
	*ret = (struct sd_binary_ref){
		.display = sd_xstrdup(path), .path = path, .dev = st.st_dev, .ino = st.st_ino};
	path = NULL;
	return NULL;
}
