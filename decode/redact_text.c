/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Secrets within texts, by what stands before them: NAME=VALUE and NAME: VALUE of queries, lists,
 * headers, JSON and Go's %+v, --NAME VALUE, <NAME>VALUE<; and by their shape: user:password@ in a
 * URL, Bearer and Basic, JSON web tokens, private keys in PEM. One pass, and nothing is looked at
 * further ahead than AHEAD bytes but for where a secret ends.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "decode/redact_priv.h"

enum { AHEAD = 256 };

struct text {
	struct sd_redact *r;
	const u8 *p;
	u64 n;
	bool cut; /* it goes on, out of sight */
};

/* Bytes from to to, to behind the last. */
struct span {
	u64 from, to;
};

static bool is_key(u8 c)
{
	return isalnum(c) || c == '_' || c == '-' || c == '.';
}

static bool is_blank(u8 c)
{
	return c == ' ' || c == '\t';
}

static bool is_end_of_word(u8 c)
{
	return c <= ' ' || c == '"' || c == '\'' || c == '`' || c == 0x7f;
}

static u8 at(const struct text *t, u64 i)
{
	return i < t->n ? t->p[i] : 0;
}

static u64 skip_blanks(const struct text *t, u64 i)
{
	while (i < t->n && is_blank(t->p[i]))
		i++;
	return i;
}

static bool starts(const struct text *t, u64 i, const char *with)
{
	size_t n = strlen(with);

	return i <= t->n && n <= t->n - i && !memcmp(t->p + i, with, n);
}

/* The length of the quote at i with the backslashes before it; 0: none. */
static u64 quote_at(const struct text *t, u64 i)
{
	u64 n = 0;

	while (n < 8 && at(t, i + n) == '\\')
		n++;
	if (at(t, i + n) == '"' || (!n && (at(t, i) == '\'' || at(t, i) == '`')))
		return n + 1;
	return 0;
}

/* What is between the quote of q bytes at i and the one that closes it, or the end. */
static struct span quoted(const struct text *t, u64 i, u64 q)
{
	struct span s = {i + q, i + q};

	while (s.to < t->n) {
		u64 back = 0;

		if (t->p[s.to] != '\\' && t->p[s.to] != t->p[i + q - 1]) {
			s.to++;
			continue;
		}
		while (at(t, s.to + back) == '\\')
			back++;
		/* a quote with as many backslashes closes, with more it belongs to the text */
		if (at(t, s.to + back) == t->p[i + q - 1] && back <= q - 1)
			break;
		s.to += back + 1;
	}
	if (s.to > t->n)
		s.to = t->n;
	return s;
}

/* From the bracket at i to the one that closes it, or the end. */
static struct span bracketed(const struct text *t, u64 i)
{
	struct span s = {i, i};
	u64 level = 0;

	while (s.to < t->n) {
		u8 c = t->p[s.to];
		u64 q = quote_at(t, s.to);

		if (q && c != '\'') {
			s.to = quoted(t, s.to, q).to + q;
			continue;
		}
		level += c == '{' || c == '[';
		level -= c == '}' || c == ']';
		s.to++;
		if (!level)
			break;
	}
	if (s.to > t->n)
		s.to = t->n;
	return s;
}

/* Behind a comma: whether the next NAME= or NAME: begins. */
static bool next_pair_at(const struct text *t, u64 i)
{
	u64 from = i = skip_blanks(t, i);

	i += quote_at(t, i);
	while (i < t->n && i - from < 64 && is_key(t->p[i]))
		i++;
	i += quote_at(t, i);
	return i > from && (at(t, i) == '=' || at(t, i) == ':');
}

/* A value without quotes. A password may hold all kinds of characters: what could end it does so
 * when something follows that fits. */
static struct span bare(const struct text *t, u64 i)
{
	struct span s = {i, i};

	if (starts(t, i, SD_REDACTED))
		return s;
	for (; s.to < t->n; s.to++) {
		u8 c = t->p[s.to], next = at(t, s.to + 1);

		if (is_end_of_word(c) || c == '&' || (c == '<' && next == '/'))
			break;
		if ((c == ',' || c == ';') && (is_end_of_word(next) || next_pair_at(t, s.to + 1)))
			break;
		if (strchr(")]}", c) && (is_end_of_word(next) || strchr(",;)]}&", next)))
			break;
	}
	return s;
}

static struct span to_end_of_line(const struct text *t, u64 i)
{
	struct span s = {i, i};

	while (s.to < t->n && t->p[s.to] != '\n' && t->p[s.to] != '\r')
		s.to++;
	return s;
}

/* A plain value at i, wherever it stands. */
static struct span value_at(const struct text *t, u64 i)
{
	u64 q = quote_at(t, i);

	if (q)
		return quoted(t, i, q);
	if (at(t, i) == '{' || at(t, i) == '[')
		return bracketed(t, i);
	return bare(t, i);
}

static bool is_number(const struct text *t, struct span s)
{
	for (u64 i = s.from; i < s.to; i++)
		if (!isdigit(t->p[i]) && !strchr("+-.eE", t->p[i]))
			return false;
	return true;
}

/* Where the value of the key that ends at i begins: behind quotes, brackets, blanks and one of = :
 * => := ; 0: no value follows. */
static u64 behind_key(const struct text *t, u64 i, bool *quoted_ret, bool *line_ret)
{
	u64 q, from;
	u8 sep;

	i += at(t, i) == ']';
	q = quote_at(t, i);
	i += q;
	i += q && at(t, i) == ']';
	from = i = skip_blanks(t, i);
	sep = at(t, i);
	if (starts(t, i, "%3D") || starts(t, i, "%3d"))
		return i + 3 < t->n ? i + 3 : 0;
	if (sep != '=' && sep != ':')
		return 0;
	i++;
	if (sep == ':' && (at(t, i) == ':' || starts(t, i, "//")))
		return 0;
	if ((sep == '=' && (at(t, i) == '>' || at(t, i) == '=')) || (sep == ':' && at(t, i) == '='))
		i++;
	from = i;
	i = skip_blanks(t, i);
	*quoted_ret = q != 0;
	*line_ret = sep == ':' && !q && i > from;
	return i < t->n ? i : 0;
}

/* The secret that the key of bytes from to to announces. */
static bool by_key(const struct text *t, u64 from, u64 to, struct span *ret)
{
	bool flag = t->p[from] == '-', quotes = false, line = false;
	u64 value = behind_key(t, to, &quotes, &line);
	enum sd_secrecy secrecy;

	if (!value && flag && is_blank(at(t, to)) && at(t, to + 1) > ' ' && at(t, to + 1) != '-')
		value = to + 1;
	else if (!value && from && t->p[from - 1] == '<' && at(t, to) == '>')
		value = to + 1;
	if (!value)
		return false;
	secrecy = sd_secrecy_of(t->r, (const char *)t->p + from, to - from);
	/* "PASS: 3 tests": what is weak by itself needs a stronger sign */
	if (secrecy == SD_PLAIN || (secrecy == SD_SECRET_TEXT && line))
		return false;
	*ret = line && !quote_at(t, value) ? to_end_of_line(t, value) : value_at(t, value);
	return (secrecy != SD_SECRET_MEASURE && secrecy != SD_SECRET_MANY) || !is_number(t, *ret);
}

static bool is_token68(u8 c)
{
	return isalnum(c) || (c && strchr("-._~+/=", c));
}

/* Whether the base64 in s decodes to something with a colon in it. */
static bool holds_colon(const struct text *t, struct span s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	u32 bits = 0, n = 0;

	for (u64 i = s.from; i < s.to && t->p[i] != '='; i++) {
		const char *d = strchr(digits, t->p[i]);

		if (!d)
			return false;
		bits = bits << 6 | (u32)(d - digits);
		n += 6;
		if (n >= 8) {
			n -= 8;
			if ((bits >> n & 0xff) == ':')
				return true;
		}
	}
	return false;
}

/* Authorization's schemes, wherever they stand: Bearer TOKEN, Basic BASE64. */
static bool by_scheme(const struct text *t, u64 from, u64 to, struct span *ret)
{
	bool bearer = to - from == 6 && !strncasecmp((const char *)t->p + from, "bearer", 6);
	bool basic = to - from == 5 && !strncasecmp((const char *)t->p + from, "basic", 5);
	struct span s = {to + 1, to + 1};
	bool digit = false;

	if ((!bearer && !basic) || at(t, to) != ' ')
		return false;
	for (; s.to < t->n && is_token68(t->p[s.to]); s.to++)
		digit |= !isalpha(t->p[s.to]);
	*ret = s;
	return basic ? holds_colon(t, s) : s.to - s.from >= 16 || (digit && s.to - s.from >= 6);
}

/* eyJ….eyJ….…: JSON in base64 twice, and a signature. */
static bool by_jwt(const struct text *t, u64 from, u64 to, struct span *ret)
{
	const u8 *dot;

	if (to - from < 20 || !starts(t, from, "eyJ"))
		return false;
	dot = memchr(t->p + from, '.', to - from);
	*ret = (struct span){from, to};
	return dot && starts(t, (u64)(dot - t->p) + 1, "eyJ");
}

static bool by_pem(const struct text *t, u64 from, struct span *ret)
{
	static const char end[] = "-----END";
	struct span s = {from, t->n};
	const u8 *what, *past;

	if (!starts(t, from, "-----BEGIN"))
		return false;
	what = memmem(t->p + from, SD_MIN(t->n - from, 64), "PRIVATE KEY", 11);
	/* cut off before it says what it is: what is there is no key either */
	if (!what)
		return false;
	past = memmem(t->p + from, t->n - from, end, sizeof(end) - 1);
	if (past) {
		s.to = (u64)(past - t->p) + sizeof(end) - 1;
		while (s.to < t->n && t->p[s.to] != '\n' && t->p[s.to] != '\\')
			s.to++;
	}
	*ret = s;
	return true;
}

/* user:password@tcp(host)/db of a MySQL data source; to: the end of the user. */
static bool by_source(const struct text *t, u64 to, struct span *ret)
{
	u64 end = SD_MIN(t->n, to + AHEAD);

	if (at(t, to) != ':')
		return false;
	for (u64 i = to + 1; i < end && !is_end_of_word(t->p[i]); i++) {
		if (t->p[i] != '@')
			continue;
		if (starts(t, i + 1, "tcp(") || starts(t, i + 1, "unix(") ||
		    starts(t, i + 1, "(")) {
			*ret = (struct span){to + 1, i};
			return i > to + 1;
		}
	}
	return false;
}

/* How far from i the next byte c is, or the end. */
static u64 distance(const struct text *t, u64 i, u8 c)
{
	const u8 *found = memchr(t->p + i, c, t->n - i);

	return found ? (u64)(found - t->p) - i : t->n - i - 1;
}

/* The password of scheme://user:password@host; i: behind the slashes. */
static bool by_userinfo(const struct text *t, u64 i, struct span *ret)
{
	u64 at_sign = 0, colon = 0, end = i;
	bool port = true;

	for (; end < t->n && !is_end_of_word(t->p[end]); end++) {
		u8 c = t->p[end];

		/* a path: then an @ is none of the password's, unless that has a slash in it */
		if ((c == '/' || c == '?' || c == '#') && (at_sign || !colon || port))
			break;
		if (c == '[' && end == i)
			end += distance(t, end, ']');
		else if (c == ':' && !colon)
			colon = end;
		else if (c == '@' && colon)
			at_sign = end;
		else if (c == '@')
			break;
		else if (colon && !isdigit(c))
			port = false;
	}
	*ret = (struct span){colon + 1, at_sign};
	/* cut off in the middle of what may be a password */
	if (colon && !at_sign && !port && t->cut && end == t->n)
		ret->to = t->n;
	return colon && ret->to > ret->from;
}

/* A secret that the word from to to is or announces. */
static bool by_word(const struct text *t, u64 from, u64 to, struct span *ret)
{
	return by_pem(t, from, ret) || by_key(t, from, to, ret) || by_scheme(t, from, to, ret) ||
	       by_jwt(t, from, to, ret) || by_source(t, to, ret);
}

/* The first secret from *i on; *i is set to where the search goes on. */
static bool next_secret(const struct text *t, u64 *i, struct span *ret)
{
	while (*i < t->n) {
		u64 from = *i, to = from;

		while (to < t->n && is_key(t->p[to]))
			to++;
		if (to == from) {
			*i = from + 1;
			if (t->p[from] == ':' && starts(t, from, "://") &&
			    by_userinfo(t, from + 3, ret))
				return true;
			continue;
		}
		*i = to;
		if (by_word(t, from, to, ret) && ret->to > ret->from)
			return true;
	}
	return false;
}

/* The text, where runs of bytes that are marked are replaced. */
static void put_unmarked(const struct text *t, const char *marks, struct sd_buf *out)
{
	for (u64 i = 0, from; i < t->n;) {
		bool secret = marks[i];

		for (from = i; i < t->n && marks[i] == secret; i++)
			;
		if (secret)
			sd_buf_str(out, SD_REDACTED);
		else
			sd_buf_add(out, t->p + from, i - from);
	}
}

bool sd_redact_scan(struct sd_redact *r, const u8 *p, u64 n, bool cut, struct sd_buf *out)
{
	struct text t = {.r = r, .p = p, .n = n, .cut = cut};
	struct sd_buf marks = {0}; /* one a byte, once there is a secret */
	struct span s;
	u64 i = 0;

	/* What is a secret may announce another, and one may lie within another: the search goes on
	 * behind what announced it. */
	while (next_secret(&t, &i, &s)) {
		if (!marks.n) {
			sd_buf_grow(&marks, n);
			marks.n = n;
			memset(marks.p, 0, n);
		}
		memset(marks.p + s.from, 1, s.to - s.from);
	}
	if (!marks.n)
		return false;
	put_unmarked(&t, marks.p, out);
	sd_buf_deinit(&marks);
	return true;
}

enum sd_secrecy sd_secrecy_behind(struct sd_redact *r, const u8 *p, u64 n)
{
	u64 to = n, from;

	while (to && (is_blank(p[to - 1]) || p[to - 1] == '"' || p[to - 1] == '\''))
		to--;
	if (!to || (p[to - 1] != '=' && p[to - 1] != ':'))
		return SD_PLAIN;
	to--;
	while (to && (is_blank(p[to - 1]) || p[to - 1] == '"' || p[to - 1] == '\''))
		to--;
	for (from = to; from && is_key(p[from - 1]);)
		from--;
	return to > from ? sd_secrecy_of(r, (const char *)p + from, to - from) : SD_PLAIN;
}
