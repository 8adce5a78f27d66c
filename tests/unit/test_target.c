/* SPDX-License-Identifier: BSD-2-Clause */
/* Targets, with real processes: copies of sleep(1) that are removed or replaced while they run,
 * commands, watches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/proc.h"
#include "target/target.h"

int main(int argc, char **argv);

static char dir[] = "/tmp/sonde-test-target-XXXXXX";

static char *in_dir(const char *name)
{
	static char paths[64][256];
	static u32 next;
	char *p = paths[next++ % 64];

	snprintf(p, sizeof(paths[0]), "%s/%s", dir, name);
	return p;
}

static void write_file(const char *path, const void *data, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void copy(const char *from, const char *to)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *buf;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	buf = sd_xmalloc((size_t)st.st_size);
	assert_int_equal(read(fd, buf, (size_t)st.st_size), st.st_size);
	write_file(to, buf, (size_t)st.st_size, 0755);
	free(buf);
	close(fd);
}

/* /bin/sleep as a file, not as a link into something that looks at its own name (busybox). */
static const char *sleep_file(void)
{
	static char path[PATH_MAX];

	assert_non_null(realpath("/bin/sleep", path));
	return path;
}

/* Runs path for a minute; returns when it was executed. */
static pid_t run(const char *path)
{
	char *argv[] = {(char *)"sleep", (char *)"60", NULL};
	struct sd_child c;
	struct sd_err *err = sd_child_start(path, argv, &c);

	assert_null(err);
	err = sd_child_release(&c);
	assert_null(err);
	return c.pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* err is of that kind, its message has `text`; frees it. */
static void expect_err(struct sd_err *err, enum sd_err_kind kind, const char *text)
{
	assert_non_null(err);
	if (!strstr(err->msg, text))
		fail_msg("\"%s\" lacks \"%s\"", err->msg, text);
	assert_int_equal(err->kind, kind);
	sd_err_free(err);
}

static void expect_hint(struct sd_err *err, enum sd_err_kind kind, const char *text,
			const char *hint)
{
	assert_non_null(err);
	assert_non_null(err->hint);
	if (!strstr(err->hint, hint))
		fail_msg("hint \"%s\" lacks \"%s\"", err->hint, hint);
	expect_err(err, kind, text);
}

/* ---- processes ---- */

static void test_running(void **state)
{
	struct sd_binary_ref ref, of_path;
	pid_t pid = run(sleep_file());
	char want[64];

	assert_null(sd_target_of_pid(pid, &ref));
	snprintf(want, sizeof(want), "/proc/%d/exe", (int)pid);
	assert_string_equal(ref.path, want);
	assert_string_equal(ref.display, sleep_file());
	assert_false(ref.deleted);
	assert_null(sd_target_of_path(sleep_file(), false, &of_path));
	assert_int_equal(ref.dev, of_path.dev);
	assert_int_equal(ref.ino, of_path.ino);
	stop(pid);
	sd_binary_ref_deinit(&ref);
	sd_binary_ref_deinit(&of_path);
}

static void test_removed(void **state)
{
	char *path = in_dir("prog"), *other = in_dir("prog.new"), *odd = in_dir("odd (deleted)");
	struct sd_binary_ref ref;
	struct stat st;
	pid_t pid;

	copy(sleep_file(), path);
	assert_int_equal(stat(path, &st), 0);
	pid = run(path);
	/* replaced by another file of that name: the running inode is the one that counts */
	copy(sleep_file(), other);
	assert_int_equal(rename(other, path), 0);
	assert_null(sd_target_of_pid(pid, &ref));
	assert_true(ref.deleted);
	assert_string_equal(ref.display, path);
	assert_int_equal(ref.ino, st.st_ino);
	sd_binary_ref_deinit(&ref);
	/* removed */
	assert_int_equal(unlink(path), 0);
	assert_null(sd_target_of_pid(pid, &ref));
	assert_true(ref.deleted);
	assert_string_equal(ref.display, path);
	assert_int_equal(ref.ino, st.st_ino);
	sd_binary_ref_deinit(&ref);
	stop(pid);
	/* a name that only looks like it */
	copy(sleep_file(), odd);
	pid = run(odd);
	assert_null(sd_target_of_pid(pid, &ref));
	assert_false(ref.deleted);
	assert_string_equal(ref.display, odd);
	sd_binary_ref_deinit(&ref);
	assert_int_equal(unlink(odd), 0);
	assert_null(sd_target_of_pid(pid, &ref));
	assert_true(ref.deleted);
	assert_string_equal(ref.display, odd);
	sd_binary_ref_deinit(&ref);
	stop(pid);
}

static void test_mapping(void **state)
{
	u64 lo = 0, hi = 0, at = (u64)(uintptr_t)main;
	sd_autofree char *self = sd_target_mapping(getpid(), at, &lo, &hi);

	assert_non_null(strstr(self, "test_target"));
	assert_true(lo <= at && at < hi);
	assert_null(sd_target_mapping(getpid(), 0x10, &lo, &hi));
	assert_null(sd_target_mapping(INT_MAX, at, &lo, &hi));
}

/* On overlayfs, in a mount namespace of its own. */
static void test_overlay(void **state)
{
	char *lower = in_dir("lower"), *upper = in_dir("upper"), *work = in_dir("work"),
	     *merged = in_dir("merged"), *prog = in_dir("lower/prog"), options[4096];
	struct sd_binary_ref ref;
	int ready[2], why = 0;
	pid_t pid;

	mkdir(lower, 0755);
	mkdir(upper, 0755);
	mkdir(work, 0755);
	mkdir(merged, 0755);
	copy(sleep_file(), prog);
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", lower, upper,
		 work);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("overlay", merged, "overlay", 0, options)) {
			why = errno;
		} else {
			char name[PATH_MAX];

			snprintf(name, sizeof(name), "%s/prog", merged);
			execl(name, "sleep", "60", NULL);
			why = errno;
		}
		_exit(write(ready[1], &why, sizeof(why)) < 0);
	}
	close(ready[1]);
	if (read(ready[0], &why, sizeof(why)) == sizeof(why)) {
		close(ready[0]);
		waitpid(pid, NULL, 0);
		print_message("skipped: no overlay mount here: %s\n", strerror(why));
		skip();
	}
	close(ready[0]);
	assert_null(sd_target_of_pid(pid, &ref));
	assert_false(ref.deleted);
	assert_true(strstr(ref.display, "/prog") != NULL);
	sd_binary_ref_deinit(&ref);
	stop(pid);
}

static void test_no_process(void **state)
{
	struct sd_binary_ref ref;
	struct sd_watch *w;
	siginfo_t info;
	pid_t pid;

	expect_hint(sd_target_of_pid(INT_MAX, &ref), SD_ERR_FAILED, "no process 2147483647", "ps ");
	expect_err(sd_target_of_pid(0, &ref), SD_ERR_USAGE, "no process number");
	expect_err(sd_target_of_pid(-5, &ref), SD_ERR_USAGE, "no process number");
	expect_err(sd_watch_create(INT_MAX, &w), SD_ERR_FAILED, "no process");
	/* a zombie */
	pid = fork();
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	expect_err(sd_target_of_pid(pid, &ref), SD_ERR_FAILED, "has ended");
	assert_null(sd_watch_create_polling(pid, &w));
	assert_true(sd_watch_ended(w));
	sd_watch_destroy(w);
	waitpid(pid, NULL, 0);
	expect_err(sd_target_of_pid(pid, &ref), SD_ERR_FAILED, "no process");
}

static void *idle(void *arg)
{
	int *tid_and_pipe = arg;
	char byte;

	tid_and_pipe[0] = (int)syscall(SYS_gettid);
	assert_int_equal(write(tid_and_pipe[2], "", 1), 1);
	assert_true(read(tid_and_pipe[3], &byte, 1) >= 0);
	return NULL;
}

static void test_thread(void **state)
{
	struct sd_binary_ref ref;
	int up[2], down[2], arg[4];
	pthread_t thread;
	char want[64], byte;

	assert_int_equal(pipe(up), 0);
	assert_int_equal(pipe(down), 0);
	arg[2] = up[1];
	arg[3] = down[0];
	assert_int_equal(pthread_create(&thread, NULL, idle, arg), 0);
	assert_int_equal(read(up[0], &byte, 1), 1);
	snprintf(want, sizeof(want), "-p %d", (int)getpid());
	expect_hint(sd_target_of_pid(arg[0], &ref), SD_ERR_FAILED, "is a thread of process", want);
	close(down[1]);
	pthread_join(thread, NULL);
	close(down[0]);
	close(up[0]);
	close(up[1]);
}

static void test_kernel_thread(void **state)
{
	struct sd_binary_ref ref;
	const struct dirent *e;
	DIR *proc = opendir("/proc");
	pid_t found = 0;

	assert_non_null(proc);
	while (!found && (e = readdir(proc))) {
		pid_t pid = isdigit((unsigned char)e->d_name[0]) ? (pid_t)atoi(e->d_name) : 0;
		struct sd_proc_stat st;

		if (pid && sd_proc_stat(pid, &st) && (st.flags & SD_PF_KTHREAD))
			found = pid;
	}
	closedir(proc);
	if (!found) {
		print_message("skipped: no kernel threads are visible here\n");
		skip();
	}
	expect_err(sd_target_of_pid(found, &ref), SD_ERR_FAILED, "thread of the kernel");
}

static void test_not_permitted(void **state)
{
	pid_t target, pid;
	int status;

	if (geteuid()) {
		print_message("skipped: needs root to become another user\n");
		skip();
	}
	target = run(sleep_file());
	pid = fork();
	if (pid == 0) { /* as nobody: the message names what is needed */
		struct sd_binary_ref ref;
		struct sd_err *err;
		bool ok;

		if (setgid(65534) || setuid(65534))
			_exit(3);
		err = sd_target_of_pid(target, &ref);
		ok = err && err->kind == SD_ERR_PERM && strstr(err->msg, "user root") &&
		     strstr(err->msg, "CAP_SYS_PTRACE") && err->hint && strstr(err->hint, "sudo");
		if (!ok)
			fprintf(stderr, "%s\n", err ? err->msg : "no error");
		sd_err_free(err);
		_exit(ok ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	stop(target);
	assert_int_equal(status, 0);
}

/* ---- names ---- */

static void test_names(void **state)
{
	char *a = in_dir("a"), *b = in_dir("b"), path[2 * PATH_MAX + 64];
	char *old_path = sd_xstrdup(getenv("PATH"));
	struct sd_binary_ref ref;

	mkdir(a, 0755);
	mkdir(b, 0755);
	mkdir(in_dir("a/adir"), 0755);
	copy(sleep_file(), in_dir("b/tool"));
	write_file(in_dir("a/tool"), "x", 1, 0644); /* found first, but cannot be executed */
	write_file(in_dir("a/plain"), "x", 1, 0644);
	write_file(in_dir("b/adir"), "\177ELF", 4, 0755);
	write_file(in_dir("b/script"), "#! /usr/bin/env python3\nprint(1)\n", 33, 0755);
	snprintf(path, sizeof(path), "%s:%s", a, b);
	setenv("PATH", path, 1);
	assert_null(sd_target_of_path("tool", true, &ref));
	assert_string_equal(ref.path, in_dir("b/tool"));
	assert_string_equal(ref.display, in_dir("b/tool"));
	sd_binary_ref_deinit(&ref);
	assert_null(sd_target_of_path("adir", true, &ref));
	assert_string_equal(ref.path, in_dir("b/adir"));
	sd_binary_ref_deinit(&ref);
	expect_err(sd_target_of_path("nothing", true, &ref), SD_ERR_CMD_NOTFOUND,
		   "no such command");
	expect_hint(sd_target_of_path("plain", true, &ref), SD_ERR_CMD_NOEXEC, "not executable",
		    "chmod");
	expect_hint(sd_target_of_path("script", true, &ref), SD_ERR_CMD_NOEXEC,
		    "is a script: the program that runs is its interpreter, /usr/bin/env python3",
		    "-- /usr/bin/env python3 ");
	expect_err(sd_target_of_path("", true, &ref), SD_ERR_CMD_NOTFOUND, "empty");
	/* an empty element is the working directory */
	assert_int_equal(chdir(b), 0);
	setenv("PATH", ":/nowhere", 1);
	assert_null(sd_target_of_path("tool", true, &ref));
	assert_string_equal(ref.path, "./tool");
	sd_binary_ref_deinit(&ref);
	/* not in PATH, but here: the hint says how */
	setenv("PATH", "/nowhere", 1);
	expect_hint(sd_target_of_path("tool", true, &ref), SD_ERR_CMD_NOTFOUND, "no such command",
		    "./tool");
	unsetenv("PATH");
	assert_null(sd_target_of_path("sleep", true, &ref));
	sd_binary_ref_deinit(&ref);
	setenv("PATH", old_path, 1);
	free(old_path);
	/* without a search: a file, which need not be executable */
	assert_null(sd_target_of_path("tool", false, &ref));
	assert_string_equal(ref.path, "tool");
	sd_binary_ref_deinit(&ref);
	assert_null(sd_target_of_path(in_dir("a/plain"), false, &ref));
	sd_binary_ref_deinit(&ref);
	assert_int_equal(chdir("/"), 0);
	expect_err(sd_target_of_path(in_dir("none"), false, &ref), SD_ERR_FAILED, "No such file");
	expect_err(sd_target_of_path(in_dir("none/x"), true, &ref), SD_ERR_CMD_NOTFOUND,
		   "No such file");
	expect_err(sd_target_of_path(a, false, &ref), SD_ERR_FAILED, "is a directory");
	expect_err(sd_target_of_path(a, true, &ref), SD_ERR_CMD_NOEXEC, "is a directory");
	expect_err(sd_target_of_path("/dev/null", false, &ref), SD_ERR_FAILED, "no regular file");
	expect_err(sd_target_of_path(in_dir("b/script"), false, &ref), SD_ERR_FAILED,
		   "is a script");
}

/* ---- watching ---- */

static void watch_one(bool polling)
{
	pid_t pid = run(sleep_file());
	struct sd_watch *w;

	assert_null(polling ? sd_watch_create_polling(pid, &w) : sd_watch_create(pid, &w));
	assert_false(sd_watch_ended(w));
	if (polling)
		assert_int_equal(sd_watch_fd(w), -1);
	kill(pid, SIGKILL);
	if (sd_watch_fd(w) >= 0) {
		struct pollfd p = {.fd = sd_watch_fd(w), .events = POLLIN};

		assert_int_equal(poll(&p, 1, 10000), 1);
	}
	for (int i = 0; i < 10000 && !sd_watch_ended(w); i++)
		usleep(1000);
	assert_true(sd_watch_ended(w)); /* a zombie has ended */
	waitpid(pid, NULL, 0);
	assert_true(sd_watch_ended(w));
	sd_watch_destroy(w);
}

static void test_watch(void **state)
{
	watch_one(false);
	watch_one(true);
	sd_watch_destroy(NULL);
}

/* ---- commands ---- */

static int wait_status(struct sd_child *c)
{
	int status = -1;

	for (int i = 0; i < 20000; i++) {
		if (sd_child_reap(c, &status))
			return status;
		usleep(500);
	}
	fail_msg("the command does not end");
	return -1;
}

static void on_signal(int sig)
{
}

static unsigned long long ignored_signals(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long long mask = 0;
	char line[256];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) && sscanf(line, "SigIgn: %llx", &mask) != 1)
		;
	fclose(f);
	return mask;
}

static void test_command(void **state)
{
	unsigned long long inherited;
	char *mark = in_dir("mark"), script[PATH_MAX + 200];
	char *argv[] = {(char *)"sh", (char *)"-c", script, NULL};
	struct sd_child c;
	sigset_t set, old;
	int status = -1, nmasks = 0;
	char line[512];
	FILE *f;

	inherited = ignored_signals() & ~(1ULL << (SIGPIPE - 1));
	/* sonde's own habits are not handed on: SIGPIPE ignored, SIGINT handled, SIGTERM and
	 * SIGCHLD blocked */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* nohup: that one is */
	signal(SIGINT, on_signal);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	snprintf(script, sizeof(script), "cat /proc/self/status > %s; exit 7", mark);
	assert_null(sd_child_start("/bin/sh", argv, &c));
	sigprocmask(SIG_SETMASK, &old, NULL);
	usleep(50000);
	assert_int_equal(access(mark, F_OK), -1); /* it waits */
	assert_false(sd_child_reap(&c, &status));
	assert_null(sd_child_release(&c));
	assert_int_equal(wait_status(&c), 7);
	f = fopen(mark, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned long long mask;
		char name[4];

		if (sscanf(line, "Sig%3[BlkIgnCt]: %llx", name, &mask) != 2)
			continue;
		nmasks++;
		/* what whoever runs the tests ignores (nohup, a background shell) is handed on as
		 * well */
		assert_int_equal(mask, strcmp(name, "Ign") ? 0 : 1ULL << (SIGHUP - 1) | inherited);
	}
	assert_int_equal(nmasks, 3);
	fclose(f);
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	/* ended by a signal */
	snprintf(script, sizeof(script), "kill -TERM $$");
	assert_null(sd_child_start("/bin/sh", argv, &c));
	assert_null(sd_child_release(&c));
	assert_int_equal(wait_status(&c), 128 + SIGTERM);
	/* killed while it waits */
	assert_null(sd_child_start("/bin/sh", argv, &c));
	kill(c.pid, SIGINT);
	usleep(20000);
	assert_null(sd_child_release(&c));
	assert_int_equal(wait_status(&c), 128 + SIGINT);
}

static u32 open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	u32 n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void test_command_fails(void **state)
{
	char *argv[] = {(char *)"x", NULL}, *bad = in_dir("bad");
	u32 fds = open_fds();
	struct sd_child c;
	pid_t pid;
	int status;

	assert_null(sd_child_start(in_dir("none"), argv, &c));
	expect_err(sd_child_release(&c), SD_ERR_CMD_NOTFOUND, "No such file");
	assert_int_equal(c.pid, -1);
	assert_false(sd_child_reap(&c, &status));
	write_file(bad, "no program", 10, 0755);
	assert_null(sd_child_start(bad, argv, &c));
	expect_err(sd_child_release(&c), SD_ERR_CMD_NOEXEC, "Exec format error");
	write_file(bad, "no program", 10, 0644);
	assert_null(sd_child_start(bad, argv, &c));
	expect_err(sd_child_release(&c), SD_ERR_CMD_NOEXEC, "Permission denied");
	/* set-up failed: nothing was run, nothing is left */
	assert_null(sd_child_start(sleep_file(), argv, &c));
	pid = c.pid;
	sd_child_abandon(&c);
	assert_int_equal(kill(pid, 0), -1);
	sd_child_abandon(&c);
	assert_int_equal(open_fds(), fds);
}

/* sonde dies: before the release nothing runs; after it the command goes on. */
static void test_death(void **state)
{
	char *argv[] = {(char *)"sleep", (char *)"60", NULL};

	for (int released = 0; released < 2; released++) {
		int up[2];
		struct sd_proc_stat st;
		pid_t sonde, command;

		assert_int_equal(pipe2(up, O_CLOEXEC), 0);
		sonde = fork();
		if (sonde == 0) {
			struct sd_child c;
			struct sd_err *err = sd_child_start(sleep_file(), argv, &c);

			if (!err && released)
				err = sd_child_release(&c);
			if (err || write(up[1], &c.pid, sizeof(c.pid)) != sizeof(c.pid))
				_exit(1);
			pause();
		}
		close(up[1]);
		assert_int_equal(read(up[0], &command, sizeof(command)), sizeof(command));
		close(up[0]);
		stop(sonde);
		if (released) {
			usleep(50000);
			assert_true(sd_proc_stat(command, &st));
			assert_string_equal(st.comm, "sleep");
			assert_int_not_equal(st.state, 'Z');
			kill(command, SIGKILL);
			continue;
		}
		for (int i = 0; i < 5000; i++) {
			if (!sd_proc_stat(command, &st) || st.state == 'Z')
				break;
			assert_string_not_equal(st.comm, "sleep");
			usleep(1000);
		}
		assert_true(!sd_proc_stat(command, &st) || st.state == 'Z');
	}
}

static int set_up(void **state)
{
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char *argv[] = {(char *)"rm", (char *)"-rf", dir, NULL};
	struct sd_child c;
	struct sd_err *err = sd_child_start("/bin/rm", argv, &c);

	if (!err)
		err = sd_child_release(&c);
	return err || wait_status(&c);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running),	      cmocka_unit_test(test_removed),
		cmocka_unit_test(test_overlay),	      cmocka_unit_test(test_no_process),
		cmocka_unit_test(test_thread),	      cmocka_unit_test(test_kernel_thread),
		cmocka_unit_test(test_not_permitted), cmocka_unit_test(test_names),
		cmocka_unit_test(test_watch),	      cmocka_unit_test(test_command),
		cmocka_unit_test(test_command_fails), cmocka_unit_test(test_death),
		cmocka_unit_test(test_mapping),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
