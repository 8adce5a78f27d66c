/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts a command in two steps, so that probes are in place before its first instruction: the
 * child waits for a byte, then executes. Without the byte (sonde died) it ends and nothing was run;
 * after it, sonde's death leaves it running.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/target.h"

enum { EXIT_NOT_RELEASED = 125, EXIT_NO_EXEC = 126 };

/*
 * Signals as a shell would hand them on: sonde's handlers and its blocked signals are not the
 * command's business; what was ignored when sonde was started (nohup) stays so, but SIGPIPE, which
 * sonde itself ignores, does not.
 */
static void reset_signals(void)
{
	struct sigaction act;
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++) {
		if (sigaction(sig, NULL, &act))
			continue;
		if (sig != SIGPIPE && !(act.sa_flags & SA_SIGINFO) && act.sa_handler == SIG_IGN)
			continue;
		memset(&act, 0, sizeof(act));
		act.sa_handler = SIG_DFL;
		sigaction(sig, &act, NULL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The child's life until exec: only calls that are safe after fork() in a process with threads. */
static void __attribute__((noreturn)) child(const char *path, char *const *argv, int go, int report)
{
	ssize_t n;
	int err;
	char byte;

	reset_signals();
	do
		n = read(go, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(EXIT_NOT_RELEASED);
	execve(path, argv, environ);
	err = errno;
	do
		n = write(report, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	_exit(EXIT_NO_EXEC);
}

static void close_pair(int fds[2])
{
	int err = errno;

	close(fds[0]);
	close(fds[1]);
	errno = err;
}

struct sd_err *sd_child_start(const char *path, char *const *argv, struct sd_child *ret)
{
	sigset_t all, before;
	int go[2], report[2];
	pid_t pid;

	/* a socket, as send() can do without SIGPIPE */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, go))
		return sd_err_errno(SD_ERR_CMD_OTHER, errno, "no pipe to the command");
	if (pipe2(report, O_CLOEXEC)) {
		close_pair(go);
		return sd_err_errno(SD_ERR_CMD_OTHER, errno, "no pipe to the command");
	}
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before); /* no handler of sonde's runs in the child */
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		close(report[0]);
		child(path, argv, go[0], report[1]);
	}
	if (pid < 0) {
		close_pair(go);
		close_pair(report);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return sd_err_errno(SD_ERR_CMD_OTHER, errno, "%s cannot be started", path);
	close(go[0]);
	close(report[1]);
	*ret = (struct sd_child){.pid = pid, .go_fd = go[1], .err_fd = report[0]};
	return NULL;
}

static void reap_now(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void close_fds(struct sd_child *c)
{
	if (c->go_fd >= 0)
		close(c->go_fd);
	if (c->err_fd >= 0)
		close(c->err_fd);
	c->go_fd = c->err_fd = -1;
}

struct sd_err *sd_child_release(struct sd_child *c)
{
	int errnum = 0;
	ssize_t n;

	do
		n = send(c->go_fd, "", 1, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	/* ends with the errno, or with the end of file that a successful exec causes */
	do
		n = read(c->err_fd, &errnum, sizeof(errnum));
	while (n < 0 && errno == EINTR);
	close_fds(c);
	if (n != sizeof(errnum))
		return NULL;
	reap_now(c->pid);
	c->pid = -1;
	if (errnum == ENOENT)
		return sd_err_errno(SD_ERR_CMD_NOTFOUND, errnum,
				    "the command or its loader is not there");
	return sd_err_errno(SD_ERR_CMD_NOEXEC, errnum, "the command cannot be run");
}

bool sd_child_reap(struct sd_child *c, int *status_ret)
{
	int status;
	pid_t pid;

	if (c->pid <= 0)
		return false;
	do
		pid = waitpid(c->pid, &status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return false;
	if (pid < 0) /* somebody else took its status */
		*status_ret = EXIT_NOT_RELEASED;
	else
		*status_ret = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

void sd_child_abandon(struct sd_child *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		reap_now(c->pid);
		c->pid = -1;
	}
	close_fds(c);
}
