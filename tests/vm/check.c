/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides whether the JSON lines that a tracer wrote about tests/vm/target.go are right:
 *   check [-calls N] [-threads N] [-kind call|entry] [-allow-lost] [-faults N] FILE
 * Each record's x, s and r0 must follow from its id and n, and each (id, n) must be there exactly
 * once. The last line must be a summary whose sums are right. Prints
 *   N records, N wrong, N missing
 *   N incomplete, N duplicate, N half, summary: HITS = DELIVERED + FILTERED + LIMITED + LOST
 * and the first few faults on stderr. Wrong: not a record, or one whose values do not fit together,
 * or a second one of the same call. Incomplete: the tracer said itself that it could not read a
 * value. Exit code 0 when nothing of all that was seen. With -allow-lost, calls may be missing as
 * long as the summary owns up to as many, and halves of calls are looked at as far as they go:
 * `open` and `unwound` (the return is missing), `return` (the entry is). With -faults, as many
 * calls may say of s that reading it faulted: the kernel takes a page away for a moment when it
 * moves it.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 64
#define MAX_SHOWN 10

/* ---- JSON: one line, checked as a whole, then looked into by member name ---- */

/* A value within the line; empty (at NULL) when there is none. */
struct span {
	const char *at, *end;
};

static const char *skip_value(const char *p, const char *end, int depth);

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* Each skip function returns what follows, NULL when it is no JSON. */
static const char *skip_string(const char *p, const char *end)
{
	if (p == end || *p++ != '"')
		return NULL;
	for (; p < end && *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			return NULL;
		if (*p != '\\')
			continue;
		if (++p == end || !strchr("\"\\/bfnrtu", *p))
			return NULL;
		if (*p == 'u') {
			for (int i = 0; i < 4; i++)
				if (++p == end || !isxdigit((unsigned char)*p))
					return NULL;
		}
	}
	return p < end ? p + 1 : NULL;
}

static const char *skip_digits(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && isdigit((unsigned char)*p))
		p++;
	return p > start ? p : NULL;
}

static const char *skip_number(const char *p, const char *end)
{
	if (p < end && *p == '-')
		p++;
	if (p < end && *p == '0')
		p++;
	else
		p = skip_digits(p, end);
	if (p && p < end && *p == '.')
		p = skip_digits(p + 1, end);
	if (p && p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		p = skip_digits(p, end);
	}
	return p;
}

static const char *skip_list(const char *p, const char *end, char close, int depth)
{
	p = skip_blanks(p + 1, end);
	if (p < end && *p == close)
		return p + 1;
	for (;;) {
		if (close == '}') {
			p = skip_string(skip_blanks(p, end), end);
			p = p ? skip_blanks(p, end) : NULL;
			if (!p || p == end || *p++ != ':')
				return NULL;
		}
		p = skip_value(p, end, depth + 1);
		p = p ? skip_blanks(p, end) : NULL;
		if (!p || p == end)
			return NULL;
		if (*p == close)
			return p + 1;
		if (*p++ != ',')
			return NULL;
	}
}

static const char *skip_value(const char *p, const char *end, int depth)
{
	static const char *const words[] = {"true", "false", "null"};

	p = skip_blanks(p, end);
	if (p == end || depth > MAX_DEPTH)
		return NULL;
	if (*p == '{' || *p == '[')
		return skip_list(p, end, *p == '{' ? '}' : ']', depth);
	if (*p == '"')
		return skip_string(p, end);
	for (int i = 0; i < 3; i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(end - p) >= len && !memcmp(p, words[i], len))
			return p + len;
	}
	return skip_number(p, end);
}

static struct span first_value(const char *p, const char *end)
{
	struct span ret = {.at = skip_blanks(p, end)};

	ret.end = skip_value(ret.at, end, 0);
	return ret;
}

/* The member of an object that was checked before; the first one of that name. */
static struct span member(struct span object, const char *name)
{
	const char *p = object.at;
	size_t len = strlen(name);

	if (!p || *p != '{')
		return (struct span){0};
	p = skip_blanks(p + 1, object.end);
	while (*p == '"') {
		const char *key = p + 1;
		struct span v;

		p = skip_string(p, object.end);
		bool same = (size_t)(p - 1 - key) == len && !memcmp(key, name, len);

		v = first_value(skip_blanks(p, object.end) + 1, object.end);
		if (same)
			return v;
		p = skip_blanks(v.end, object.end);
		if (*p == ',')
			p = skip_blanks(p + 1, object.end);
	}
	return (struct span){0};
}

static bool is_string(struct span v, const char *text, size_t len)
{
	return v.at && *v.at == '"' && (size_t)(v.end - v.at) == len + 2 &&
	       !memcmp(v.at + 1, text, len);
}

static bool is_integer(struct span v, int64_t *ret)
{
	char buf[24], *end;
	int64_t n;

	if (!v.at || (size_t)(v.end - v.at) >= sizeof(buf))
		return false;
	memcpy(buf, v.at, v.end - v.at);
	buf[v.end - v.at] = 0;
	errno = 0;
	n = strtoll(buf, &end, 10);
	if (errno || *end || end == buf)
		return false;
	*ret = n;
	return true;
}

/* ---- what the target passed: the same as in target.go ---- */

static uint64_t mix(int64_t id, int64_t n, uint64_t salt)
{
	uint64_t z = (uint64_t)id << 48 ^ (uint64_t)n ^ salt * 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void text(int64_t id, int64_t n, char ret[32])
{
	uint64_t v = mix(id, n, 2), w = mix(id, n, 3);

	for (int i = 0; i < 16; i++) {
		ret[i] = 'a' + (v >> (4 * i) & 15);
		ret[16 + i] = 'a' + (w >> (4 * i) & 15);
	}
}

/* ---- the check ---- */

struct check {
	int64_t threads, each;
	const char *kind;
	uint8_t *seen; /* owned: a flag for each call */
	long records, wrong, incomplete, duplicate, half, faults, most_faults, shown, line;
	bool has_summary, allow_lost;
	int64_t hits, delivered, filtered, limited, lost;
};

__attribute__((format(printf, 3, 4))) static void complain(struct check *c, struct span line,
							   const char *fmt, ...)
{
	va_list ap;

	if (c->shown++ >= MAX_SHOWN)
		return;
	fprintf(stderr, "line %ld: ", c->line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": %.*s\n", (int)(line.end - line.at > 400 ? 400 : line.end - line.at),
		line.at);
}

/* The tracer says itself that the value is missing or cut. */
static bool is_excuse(struct span v)
{
	return member(v, "unavailable").at || member(v, "cut").at;
}

static bool is_fault(struct span v)
{
	static const char head[] = "\"fault at 0x";
	struct span why = member(v, "unavailable");

	return why.at && (size_t)(why.end - why.at) > sizeof(head) - 1 &&
	       !memcmp(why.at, head, sizeof(head) - 1);
}

static bool read_sums(struct span s, int64_t ret[5])
{
	static const char *const names[] = {"hits", "delivered", "filtered", "limited", "lost"};

	for (int i = 0; i < 5; i++)
		if (!is_integer(member(s, names[i]), &ret[i]) || ret[i] < 0)
			return false;
	return ret[0] == ret[1] + ret[2] + ret[3] + ret[4];
}

static void check_summary(struct check *c, struct span line)
{
	struct span probes = member(line, "probes");
	int64_t all[5], one[5], sums[5] = {0};
	const char *p;

	if (c->has_summary || !read_sums(line, all) || !probes.at || *probes.at != '[') {
		complain(c, line, "bad summary");
		c->wrong++;
		return;
	}
	c->has_summary = true;
	c->hits = all[0];
	c->delivered = all[1];
	c->filtered = all[2];
	c->limited = all[3];
	c->lost = all[4];
	for (p = skip_blanks(probes.at + 1, probes.end); *p == '{' || *p == ',';) {
		struct span v = first_value(*p == ',' ? p + 1 : p, probes.end);

		if (!read_sums(v, one)) {
			complain(c, line, "a probe's sum is wrong");
			c->wrong++;
			return;
		}
		for (int i = 0; i < 5; i++)
			sums[i] += one[i];
		p = skip_blanks(v.end, probes.end);
	}
	if (memcmp(sums, all, sizeof(all))) {
		complain(c, line, "the probes' sums are not the sum");
		c->wrong++;
	}
}

static bool is_kind(struct span line, const char *kind)
{
	return is_string(member(line, "kind"), kind, strlen(kind));
}

/* What is left of a call when the record of its return, or of its entry, was lost. */
static bool is_half(struct span line)
{
	return is_kind(line, "open") || is_kind(line, "unwound") || is_kind(line, "return");
}

static void check_record(struct check *c, struct span line)
{
	struct span args = member(line, "args"), results = member(line, "results");
	struct span v[5] = {member(args, "id"), member(args, "n"), member(args, "x"),
			    member(args, "s"), member(results, "r0")};
	int nr = strcmp(c->kind, "entry") ? 5 : 4;
	int64_t id, n, x, r0 = 0;
	bool fault = is_fault(v[3]);
	char s[32];

	c->records++;
	if (!is_string(member(line, "func"), "main.check", 10) ||
	    !(is_kind(line, c->kind) || (c->allow_lost && is_half(line)))) {
		complain(c, line, "not a %s of main.check", c->kind);
		c->wrong++;
		return;
	}
	if (!is_kind(line, c->kind)) {
		c->half++;
		if (is_kind(line, "return"))
			return;
		nr = 4;
	}
	for (int i = 0; i < nr; i++)
		if (is_excuse(v[i]) && !(i == 3 && fault && c->faults < c->most_faults)) {
			complain(c, line, "incomplete");
			c->incomplete++;
			return;
		}
	if (!is_integer(v[0], &id) || !is_integer(v[1], &n) || id < 0 || id >= c->threads ||
	    n < 0 || n >= c->each) {
		complain(c, line, "no such call");
		c->wrong++;
		return;
	}
	text(id, n, s);
	if (!is_integer(v[2], &x) || (uint64_t)x != mix(id, n, 1) ||
	    (!fault && !is_string(v[3], s, 32)) ||
	    (nr == 5 && (!is_integer(v[4], &r0) || (uint64_t)r0 != (uint64_t)x + (uint64_t)n))) {
		complain(c, line, "mixed up, x=%" PRId64 " s=%.32s expected",
			 (int64_t)mix(id, n, 1), s);
		c->wrong++;
		return;
	}
	if (c->seen[id * c->each + n]) {
		complain(c, line, "a second record of this call");
		c->duplicate++;
		c->wrong++;
		return;
	}
	c->seen[id * c->each + n] = 1;
	c->faults += fault;
}

static void check_line(struct check *c, char *buf, size_t len)
{
	struct span line = {.at = buf, .end = buf + len};

	c->line++;
	if (c->has_summary) {
		complain(c, line, "after the summary");
		c->wrong++;
		return;
	}
	if (len == 0 || buf[len - 1] != '\n' || buf[0] != '{' ||
	    skip_value(buf, buf + len - 1, 0) != buf + len - 1) {
		complain(c, line, "not one JSON object on a line");
		c->wrong++;
		return;
	}
	line.end--;
	if (is_kind(line, "summary"))
		check_summary(c, line);
	else
		check_record(c, line);
}

static int usage(void)
{
	fprintf(stderr, "usage: check [-calls N] [-threads N] [-kind call|entry] [-allow-lost] "
			"[-faults N] FILE\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct check c = {.threads = 8, .kind = "call"};
	long calls = 400000, missing = 0;
	size_t size = 0;
	char *buf = NULL;
	ssize_t len;
	FILE *f;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-allow-lost"))
			c.allow_lost = true;
		else if (i + 1 == argc)
			return usage();
		else if (!strcmp(argv[i], "-calls"))
			calls = atol(argv[++i]);
		else if (!strcmp(argv[i], "-threads"))
			c.threads = atol(argv[++i]);
		else if (!strcmp(argv[i], "-faults"))
			c.most_faults = atol(argv[++i]);
		else if (!strcmp(argv[i], "-kind"))
			c.kind = argv[++i];
		else
			return usage();
	}
	if (i + 1 != argc || calls < 1 || c.threads < 1 || calls % c.threads ||
	    (strcmp(c.kind, "call") && strcmp(c.kind, "entry")))
		return usage();
	c.each = calls / c.threads;
	c.seen = calloc(calls, 1);
	f = fopen(argv[i], "re");
	if (!f || !c.seen) {
		fprintf(stderr, "check: %s: %s\n", argv[i], strerror(errno));
		return 1;
	}
	while ((len = getline(&buf, &size, f)) >= 0)
		check_line(&c, buf, len);
	for (long k = 0; k < calls; k++)
		missing += !c.seen[k];
	fclose(f);
	free(buf);
	free(c.seen);

	printf("%ld records, %ld wrong, %ld missing", c.records, c.wrong, missing);
	if (c.faults)
		printf(", %ld with a fault", c.faults);
	printf("\n");
	printf("%ld incomplete, %ld duplicate, %ld half, ", c.incomplete, c.duplicate, c.half);
	if (c.has_summary)
		printf("summary: %" PRId64 " = %" PRId64 " + %" PRId64 " + %" PRId64 " + %" PRId64
		       "\n",
		       c.hits, c.delivered, c.filtered, c.limited, c.lost);
	else
		printf("no summary\n");
	if (c.wrong || c.incomplete || !c.has_summary)
		return 1;
	return missing == 0 || (c.allow_lost && missing <= c.lost) ? 0 : 1;
}
