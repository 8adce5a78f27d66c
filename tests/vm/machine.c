/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Says what a vm can show, without libbpf and without sonde, as lines `NAME VALUE`:
 *   machine facts              release, preemption, which probe and map kinds work (by trying them)
 *   machine clobber CALLS N    the lane's negative control: a BPF program that is careless with
 *                              per-CPU memory, hit CALLS times by N threads; how often another
 *                              task wrote into its record. 0 where the kernel never preempts a BPF
 *                              program; a lane that sees 0 where it does would find no fault of
 *                              sonde's either.
 * Exit code 0 when it could look, whatever it saw; 1 when something that all kernels have failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* Since 6.6; the headers of the building machine may be older. */
#define TRACE_UPROBE_MULTI 48

#define PT_RSP		   152
#define PT_RDI		   112
#define PT_RSI		   104

#define INSN(c, d, s, o, i)                                                                        \
	((struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})
#define MOV(d, s)	  INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOVI(d, i)	  INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ADDI(d, i)	  INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define LOAD(d, s, o)	  INSN(BPF_LDX | BPF_MEM | BPF_DW, d, s, o, 0)
#define STORE(d, o, s)	  INSN(BPF_STX | BPF_MEM | BPF_DW, d, s, o, 0)
#define STORE32(d, o, s)  INSN(BPF_STX | BPF_MEM | BPF_W, d, s, o, 0)
#define INCREMENT(d, s)	  INSN(BPF_STX | BPF_ATOMIC | BPF_DW, d, s, 0, BPF_ADD)
#define JUMP_EQI(d, i, o) INSN(BPF_JMP | BPF_JEQ | BPF_K, d, 0, o, i)
#define JUMP_EQ(d, s, o)  INSN(BPF_JMP | BPF_JEQ | BPF_X, d, s, o, 0)
#define CALL(f)		  INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define EXIT()		  INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define MAP(d, fd)	  INSN(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)

/* The probed function. Its first instruction is a nop so that the probe is emulated everywhere. */
__attribute__((noinline, noclone, noipa)) long victim(long id, long n);
__asm__(".pushsection .text\n"
	".type victim, @function\n"
	".globl victim\n"
	"victim: nop\n"
	"	leaq (%rdi,%rsi), %rax\n"
	"	ret\n"
	".size victim, .-victim\n"
	".popsection\n");

static long bpf(int cmd, void *attr, size_t size)
{
	return syscall(SYS_bpf, cmd, attr, size);
}

static int map_create(uint32_t type, uint32_t key, uint32_t value, uint32_t entries)
{
	union bpf_attr a = {
		.map_type = type,
		.key_size = key,
		.value_size = value,
		.max_entries = entries,
	};

	return bpf(BPF_MAP_CREATE, &a, sizeof(a));
}

/* Loads a probe program; expected: 0 or TRACE_UPROBE_MULTI. */
static int prog_load(const struct bpf_insn *insns, size_t n, uint32_t expected)
{
	static char log[1 << 16];
	union bpf_attr a = {
		.prog_type = BPF_PROG_TYPE_KPROBE,
		.insns = (uintptr_t)insns,
		.insn_cnt = n,
		.license = (uintptr_t) "Dual BSD/GPL",
		.expected_attach_type = expected,
	};
	int fd = bpf(BPF_PROG_LOAD, &a, sizeof(a));

	if (fd < 0 && errno == EACCES) {
		a.log_buf = (uintptr_t)log;
		a.log_size = sizeof(log);
		a.log_level = 1;
		bpf(BPF_PROG_LOAD, &a, sizeof(a));
		fprintf(stderr, "%s\n", log);
		errno = EACCES;
	}
	return fd;
}

static long map_read(int fd, uint32_t key)
{
	uint64_t value = 0;
	union bpf_attr a = {
		.map_fd = fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)&value,
	};

	return bpf(BPF_MAP_LOOKUP_ELEM, &a, sizeof(a)) ? -1 : (long)value;
}

static const char *self_path(void)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n > 0 ? n : 0] = 0;
	return path;
}

/* Where a function of this program lies in its file; 0 if it cannot be found. */
static unsigned long file_offset(const void *p)
{
	unsigned long from, to, off, ret = 0;
	char line[512];
	FILE *f = fopen("/proc/self/maps", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %*s %lx", &from, &to, &off) == 3 &&
		    (unsigned long)p >= from && (unsigned long)p < to)
			ret = (unsigned long)p - from + off;
	if (f)
		fclose(f);
	return ret;
}

static long read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	long n = -1;

	if (f && fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

/* A perf event that runs prog at victim(); -1 and errno on failure. */
static int attach_perf(int prog)
{
	struct perf_event_attr a = {
		.type = read_number("/sys/bus/event_source/devices/uprobe/type"),
		.size = sizeof(a),
		.uprobe_path = (uintptr_t)self_path(),
		.probe_offset = file_offset(victim),
	};
	int fd = syscall(SYS_perf_event_open, &a, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int attach_multi(int prog)
{
	unsigned long offset = file_offset(victim);
	struct {
		uint32_t prog_fd, target_fd, attach_type, flags;
		uint64_t path, offsets, ref_ctr_offsets, cookies;
		uint32_t cnt, multi_flags, pid, unused;
	} a = {
		.prog_fd = prog,
		.attach_type = TRACE_UPROBE_MULTI,
		.path = (uintptr_t)self_path(),
		.offsets = (uintptr_t)&offset,
		.cnt = 1,
	};

	return bpf(BPF_LINK_CREATE, &a, sizeof(a));
}

static void say(const char *name, bool ok, const char *what)
{
	if (ok)
		printf("%s yes%s%s\n", name, what ? " " : "", what ? what : "");
	else
		printf("%s no (%s)\n", name, what ? what : strerror(errno));
}

static bool write_text(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

#define TRACING "/sys/kernel/tracing"

/* One uprobe through tracefs, hit 1,000 times; its own count in uprobe_profile must say so. */
static bool tracefs_works(void)
{
	char text[4200], line[4200];
	long hits = -1;
	FILE *f;

	snprintf(text, sizeof(text), "p:vm/victim %s:0x%lx\n", self_path(), file_offset(victim));
	if (!write_text(TRACING "/uprobe_events", O_APPEND, text) ||
	    !write_text(TRACING "/events/vm/victim/enable", 0, "1\n"))
		return false;
	for (long i = 0; i < 1000; i++)
		victim(1, i);
	f = fopen(TRACING "/uprobe_profile", "re");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, " victim "))
			sscanf(strstr(line, " victim ") + 8, "%ld", &hits);
	if (f)
		fclose(f);
	write_text(TRACING "/events/vm/victim/enable", 0, "0\n");
	write_text(TRACING "/uprobe_events", O_APPEND, "-:vm/victim\n");
	errno = ERANGE;
	return hits == 1000;
}

/* A program that counts; attached in the given way and hit 1,000 times. */
static bool counting_works(int (*attach)(int prog), uint32_t expected)
{
	int counts = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 1);
	struct bpf_insn insns[] = {
		MOVI(2, 0),
		STORE32(10, -4, 2),
		MOV(2, 10),
		ADDI(2, -4),
		MAP(1, counts),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_EQI(0, 0, 2),
		MOVI(1, 1),
		INCREMENT(0, 1),
		MOVI(0, 0),
		EXIT(),
	};
	int prog, link;
	long n;

	if (counts < 0)
		return false;
	prog = prog_load(insns, sizeof(insns) / sizeof(insns[0]), expected);
	if (prog < 0)
		return false;
	link = attach(prog);
	if (link < 0)
		return false;
	for (long i = 0; i < 1000; i++)
		victim(1, i);
	n = map_read(counts, 0);
	close(link);
	close(prog);
	close(counts);
	errno = ERANGE;
	return n == 1000;
}

/* The model that is in force: the word in parentheses of `none voluntary (full)`. */
static void say_preemption(const char *version)
{
	char text[256] = "", *open_, *close_ = NULL;
	FILE *f = fopen("/sys/kernel/debug/sched/preempt", "re");

	if (f && !fgets(text, sizeof(text), f))
		text[0] = 0;
	if (f)
		fclose(f);
	open_ = strchr(text, '(');
	if (open_)
		close_ = strchr(open_, ')');
	if (close_)
		*close_ = 0;
	if (strstr(version, "PREEMPT_RT"))
		printf("preempt rt\n");
	else if (close_)
		printf("preempt %s\n", open_ + 1);
	else
		printf("preempt fixed\n");
}

static int facts(void)
{
	struct utsname u;
	bool perf, tracefs;
	int fd;

	uname(&u);
	printf("release %s\nversion %s\ncpus %ld\n", u.release, u.version,
	       sysconf(_SC_NPROCESSORS_ONLN));
	say_preemption(u.version);
	say("btf", !access("/sys/kernel/btf/vmlinux", R_OK), NULL);
	fd = map_create(BPF_MAP_TYPE_RINGBUF, 0, 0, 1 << 16);
	say("ringbuf", fd >= 0, NULL);
	close(fd);
	perf = counting_works(attach_perf, 0);
	say("perf-uprobe", perf, NULL);
	tracefs = tracefs_works();
	say("tracefs-uprobe", tracefs, NULL);
	say("uprobe-multi", counting_works(attach_multi, TRACE_UPROBE_MULTI), NULL);
	return perf && tracefs ? 0 : 1;
}

static long calls_each;

static void *hammer(void *arg)
{
	long id = (long)arg, sum = 0;

	/*
	 * Half of the threads sleep a little now and then: their timers go off in the middle of
	 * the others' hits, and the scheduler likes to let who has slept run at once.
	 */
	prctl(PR_SET_TIMERSLACK, 1);
	for (long n = 0; n < calls_each; n++) {
		sum += victim(id, n);
		if (id % 2 && n % 32 == 31)
			nanosleep(&(struct timespec){.tv_nsec = 20000 + n % 997 * 100}, NULL);
	}
	return (void *)sum;
}

#define READ_USER                                                                                  \
	MOV(1, 7), ADDI(1, 16), MOVI(2, 256), LOAD(3, 6, PT_RSP), CALL(BPF_FUNC_probe_read_user)

static int clobber(long calls, long threads)
{
	int scratch = map_create(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 512, 1);
	int counts = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 2);
	/*
	 * Writes both arguments into per-CPU memory, works for a while, and counts under 1 when
	 * they have changed there, else under 0.
	 */
	struct bpf_insn insns[] = {
		MOV(6, 1),
		MOVI(2, 0),
		STORE32(10, -4, 2),
		MOV(2, 10),
		ADDI(2, -4),
		MAP(1, scratch),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_EQI(0, 0, 61),
		MOV(7, 0),
		LOAD(8, 6, PT_RDI),
		STORE(7, 0, 8),
		LOAD(9, 6, PT_RSI),
		STORE(7, 8, 9),
		READ_USER,
		READ_USER,
		READ_USER,
		READ_USER,
		READ_USER,
		READ_USER,
		READ_USER,
		READ_USER,
		MOVI(2, 0),
		LOAD(1, 7, 0),
		JUMP_EQ(1, 8, 1),
		MOVI(2, 1),
		LOAD(1, 7, 8),
		JUMP_EQ(1, 9, 1),
		MOVI(2, 1),
		STORE32(10, -4, 2),
		MOV(2, 10),
		ADDI(2, -4),
		MAP(1, counts),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_EQI(0, 0, 2),
		MOVI(1, 1),
		INCREMENT(0, 1),
		MOVI(0, 0),
		EXIT(),
	};
	pthread_t *t = calloc(threads, sizeof(*t));
	struct timespec a, b;
	int prog, link;

	prog = prog_load(insns, sizeof(insns) / sizeof(insns[0]), 0);
	link = prog < 0 ? -1 : attach_perf(prog);
	if (!t || link < 0) {
		perror("machine: careless program");
		return 1;
	}
	calls_each = calls / threads;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long i = 0; i < threads; i++)
		if (pthread_create(&t[i], NULL, hammer, (void *)i)) {
			fprintf(stderr, "machine: no thread\n");
			return 1;
		}
	for (long i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("hits %ld\nclobbered %ld\nmilliseconds %ld\n",
	       map_read(counts, 0) + map_read(counts, 1), map_read(counts, 1),
	       (b.tv_sec - a.tv_sec) * 1000L + (b.tv_nsec - a.tv_nsec) / 1000000);
	close(link);
	free(t);
	return map_read(counts, 0) + map_read(counts, 1) == calls_each * threads ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "facts"))
		return facts();
	if (argc == 4 && !strcmp(argv[1], "clobber") && atol(argv[2]) > 0 && atol(argv[3]) > 0)
		return clobber(atol(argv[2]), atol(argv[3]));
	fprintf(stderr, "usage: machine facts | machine clobber CALLS THREADS\n");
	return 2;
}
