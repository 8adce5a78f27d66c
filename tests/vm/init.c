/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first process of a vm: mounts what the tests need, runs the commands of /plan one after the
 * other and tells the host what they print and how they end, on the second serial port, so that
 * the kernel's own messages on the first one never mix with it.
 *
 * /plan, written by boot.py, is a line for each order, its words separated by tabs:
 *   env NAME=VALUE
 *   run NAME SECONDS PROGRAM ARGS...
 * Lines to the host: `begin NAME`, `o TEXT` and `e TEXT` (a line of standard output or error; `O`
 * and `E` when no newline follows), `end NAME exit|signal|timeout|error N MILLISECONDS`, `ready`
 * before the first command, `note TEXT`, and `done` after the last one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORDS 256
#define LINE_SIZE 4096

static int host_fd = -1;

/* Writes all of it; a host that is gone cannot be told anything. */
static void host_write(const char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = write(host_fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		buf += n;
		len -= n;
	}
}

__attribute__((format(printf, 1, 2))) static void tell(const char *fmt, ...)
{
	char buf[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf) - 1, fmt, ap);
	va_end(ap);
	strcat(buf, "\n");
	host_write(buf, strlen(buf));
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000;
}

_Noreturn static void power_off(void)
{
	tcdrain(host_fd);
	sync();
	reboot(RB_POWER_OFF);
	/* a kernel that cannot switch the machine off: qemu ends on a reboot as well */
	reboot(RB_AUTOBOOT);
	_exit(1);
}

/* Opens the line to the host, without any translation of newlines and no echo. */
static void host_open(void)
{
	struct termios t;

	host_fd = open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (host_fd < 0) {
		perror("init: /dev/ttyS1");
		reboot(RB_AUTOBOOT);
	}
	if (tcgetattr(host_fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B115200);
		tcsetattr(host_fd, TCSANOW, &t);
	}
}

static void mount_one(const char *type, const char *where, const char *options, bool must)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, options) && errno != EBUSY && must)
		tell("note cannot mount %s: %s", type, strerror(errno));
}

static void mount_all(void)
{
	mount_one("proc", "/proc", NULL, true);
	mount_one("sysfs", "/sys", NULL, true);
	mount_one("debugfs", "/sys/kernel/debug", NULL, true);
	mount_one("tracefs", "/sys/kernel/tracing", NULL, true);
	mount_one("bpf", "/sys/fs/bpf", NULL, true);
	mount_one("cgroup2", "/sys/fs/cgroup", NULL, true);
	mount_one("tmpfs", "/tmp", "size=90%", true);
	mkdir("/dev/shm", 01777);
	mount_one("tmpfs", "/dev/shm", NULL, true);
	mkdir("/dev/pts", 0755);
	mount_one("devpts", "/dev/pts", "ptmxmode=0666", true);
	symlink("/proc/self/fd", "/dev/fd");
	mkdir("/run", 0755);
}

static void limit(int what, rlim_t n)
{
	struct rlimit r = {.rlim_cur = n, .rlim_max = n};

	if (setrlimit(what, &r))
		tell("note cannot set limit %d: %s", what, strerror(errno));
}

static void loopback_up(void)
{
	struct ifreq r = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r))
		tell("note no loopback device: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

struct stream {
	int fd;	   /* owned; -1 when at its end */
	char mark; /* 'o' or 'e' */
	size_t len;
	char buf[LINE_SIZE];
};

static void stream_line(struct stream *s, size_t len, bool whole)
{
	char head[2] = {whole ? s->mark : s->mark - 'a' + 'A', ' '};

	host_write(head, 2);
	host_write(s->buf, len);
	host_write("\n", 1);
}

/* Takes what is there and passes complete lines on; at the end or when full, what is left. */
static void stream_read(struct stream *s)
{
	ssize_t n = read(s->fd, s->buf + s->len, sizeof(s->buf) - s->len);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		if (s->len)
			stream_line(s, s->len, false);
		s->len = 0;
		close(s->fd);
		s->fd = -1;
		return;
	}
	s->len += n;
	for (;;) {
		char *nl = memchr(s->buf, '\n', s->len);
		size_t line;

		if (!nl)
			break;
		line = nl - s->buf;
		stream_line(s, line, true);
		s->len -= line + 1;
		memmove(s->buf, nl + 1, s->len);
	}
	if (s->len == sizeof(s->buf)) {
		stream_line(s, s->len, false);
		s->len = 0;
	}
}

_Noreturn static void child(char **argv, int out, int err)
{
	int null = open("/dev/null", O_RDONLY);

	setsid();
	dup2(null, 0);
	dup2(out, 1);
	dup2(err, 2);
	execv(argv[0], argv);
	dprintf(2, "init: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/*
 * Runs one command until it has ended or its time is up. Its output is followed for a moment after
 * its end, but a process that it left behind and that keeps the pipes open is not waited for: it
 * is killed, as all others are, so that the next command starts in an empty machine.
 */
static void run(const char *name, long seconds, char **argv)
{
	struct stream s[2] = {{.mark = 'o'}, {.mark = 'e'}};
	long start = now_ms(), end = start + seconds * 1000, drain = 0;
	bool ended = false, late = false;
	int status = 0, out[2], err[2];
	pid_t pid;

	tell("begin %s", name);
	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) || (pid = fork()) < 0) {
		tell("end %s error %d 0", name, errno);
		return;
	}
	if (pid == 0)
		child(argv, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	s[0].fd = out[0];
	s[1].fd = err[0];

	while (!ended || (now_ms() < drain && (s[0].fd >= 0 || s[1].fd >= 0))) {
		struct pollfd p[2] = {
			{.fd = s[0].fd, .events = POLLIN},
			{.fd = s[1].fd, .events = POLLIN},
		};

		/* a closed stream has fd -1, which poll leaves alone */
		poll(p, 2, 50);
		for (int i = 0; i < 2; i++)
			if (p[i].fd >= 0 && p[i].revents)
				stream_read(&s[i]);
		if (!ended && waitpid(pid, &status, WNOHANG) == pid) {
			ended = true;
			drain = now_ms() + 2000;
		}
		if (!ended && !late && now_ms() > end) {
			late = true;
			kill(-1, SIGKILL);
		}
	}
	end = now_ms();
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	for (int i = 0; i < 2; i++)
		while (s[i].fd >= 0)
			stream_read(&s[i]);
	if (late)
		tell("end %s timeout %ld %ld", name, seconds, end - start);
	else if (WIFSIGNALED(status))
		tell("end %s signal %d %ld", name, WTERMSIG(status), end - start);
	else
		tell("end %s exit %d %ld", name, WEXITSTATUS(status), end - start);
}

static void order(char *line)
{
	char *words[MAX_WORDS + 1], *save = NULL;
	int n = 0;

	/* strsep keeps empty words: an argument may be empty */
	for (save = line; save && n < MAX_WORDS;)
		words[n++] = strsep(&save, "\t");
	words[n] = NULL;
	if (n == 2 && !strcmp(words[0], "env"))
		putenv(strdup(words[1]));
	else if (n >= 4 && !strcmp(words[0], "run"))
		run(words[1], atol(words[2]), words + 3);
	else
		tell("note bad order: %s", words[0]);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *f;

	/* the kernel has put devtmpfs nowhere yet: it does so by itself only without an initramfs
	 */
	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	host_open();
	mount_all();
	limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
	limit(RLIMIT_NOFILE, 65536);
	limit(RLIMIT_CORE, 0);
	loopback_up();
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/tmp", 1);
	umask(022);
	tell("ready %ld", now_ms());

	f = fopen("/plan", "re");
	if (!f)
		tell("note no plan: %s", strerror(errno));
	while (f && (len = getline(&line, &size, f)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = 0;
		order(line);
	}
	tell("done");
	power_off();
}
