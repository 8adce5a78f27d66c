/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which names say secret. A name is taken apart into words (camelCase, snake_case, kebab-case), so
 * that a tokenizer, a secretary and an author are none. Words that are written together are known
 * by their ends (authtoken, dbpassword) where no other word ends so.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "decode/redact_priv.h"

struct word {
	const char *p;
	u64 n;
	bool alone; /* something other than a mere joint stands before it */
};

static bool is_letter(char c)
{
	return isalpha((u8)c) || (u8)c >= 0x80;
}

/* The letters of one word from *at on: false at the end. Digits part words and are none. */
static bool next_word(const char *name, u64 n, u64 *at, struct word *ret)
{
	u64 i = *at, end;
	bool alone = false;

	for (; i < n && !is_letter(name[i]); i++)
		if (!isdigit((u8)name[i]) && !strchr("_-. \t", name[i]))
			alone = true;
	if (i == n)
		return false;
	end = i + 1;
	if (isupper((u8)name[i])) {
		while (end < n && isupper((u8)name[end]))
			end++;
		/* HTTPServer: the last capital is the next word's, but for a plural's (IDs) */
		if (end < n && end > i + 1 && islower((u8)name[end]) &&
		    !(name[end] == 's' && (end + 1 == n || !islower((u8)name[end + 1]))))
			end--;
	}
	while (end < n && is_letter(name[end]) && !isupper((u8)name[end]))
		end++;
	*ret = (struct word){name + i, end - i, alone};
	*at = end;
	return true;
}

/* Two letters but for their case; saves most comparisons of words, of which each name needs
 * hundreds. */
static bool like(char a, char b)
{
	return !((a ^ b) & ~('a' ^ 'A'));
}

static bool is(struct word w, const char *text)
{
	return like(*w.p, *text) && strlen(text) == w.n && !strncasecmp(w.p, text, w.n);
}

static bool begins(struct word w, const char *text)
{
	size_t n;

	if (!like(*w.p, *text))
		return false;
	n = strlen(text);
	return w.n >= n && !strncasecmp(w.p, text, n);
}

static bool ends(struct word w, const char *text)
{
	size_t n = strlen(text);

	return w.n >= n && like(w.p[w.n - n], *text) && !strncasecmp(w.p + w.n - n, text, n);
}

static bool is_one_of(struct word w, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is(w, list[i]))
			return true;
	return false;
}
#define ONE_OF(w, list) is_one_of((w), (list), SD_ARRAY_SIZE(list))

static bool says_secret(struct word w)
{
	static const char *const whole[] = {
		"secret", "bearer",	   "jwt",	 "otp",	      "totp",	"csrf",
		"xsrf",	  "authorization", "credential", "cred",      "sid",	"passkey",
		"hmac",	  "authorisation", "sessid",	 "sessionid", "authkey"};
	static const char *const tails[] = {"password",	  "passwd",	"passphrase",  "passcode",
					    "pwd",	  "token",	"cookie",      "apikey",
					    "privatekey", "secretkey",	"accesskey",   "sessionid",
					    "sessid",	  "authsecret", "clientsecret"};
	static const char *const heads[] = {"password", "passwd",     "passphrase",
					    "apikey",	"secretkey",  "tokenid",
					    "tokenkey", "tokenvalue", "cookievalue"};

	if (ONE_OF(w, whole))
		return true;
	for (size_t i = 0; i < SD_ARRAY_SIZE(tails); i++)
		if (ends(w, tails[i]))
			return true;
	for (size_t i = 0; i < SD_ARRAY_SIZE(heads); i++)
		if (begins(w, heads[i]))
			return true;
	return false;
}

/* Two words that say together what neither says alone. */
static bool pair_says_secret(struct word a, struct word b)
{
	static const char *const of_key[] = {"api",	   "private", "secret",	   "access",
					     "encryption", "signing", "session",   "auth",
					     "master",	   "ssh",     "shared",	   "hmac",
					     "aes",	   "license", "symmetric", "decryption"};
	static const char *const of_auth[] = {"code", "header", "data", "string", "value"};

	if (b.alone)
		return false;
	if (is(b, "key") || is(b, "keys"))
		return ONE_OF(a, of_key);
	if (is(a, "session") || is(a, "sess"))
		return is(b, "id") || is(b, "ids");
	if (is(a, "pass"))
		return is(b, "word") || is(b, "phrase") || is(b, "code");
	return is(a, "auth") && ONE_OF(b, of_auth);
}

/* A number that goes by such a word is no secret. */
static bool says_measure(struct word w)
{
	static const char *const words[] = {
		"count",    "counts", "counter",   "len",      "length",     "size",	 "num",
		"number",   "n",      "index",	   "idx",      "pos",	     "position", "offset",
		"ttl",	    "expiry", "expires",   "expire",   "expiration", "timeout",	 "duration",
		"time",	    "at",     "age",	   "deadline", "since",	     "until",	 "max",
		"min",	    "limit",  "total",	   "type",     "kind",	     "version",	 "bits",
		"bytes",    "cap",    "capacity",  "rate",     "cost",	     "rounds",	 "retries",
		"attempts", "left",   "remaining", "line",     "col",	     "column",	 "start",
		"end",	    "depth",  "level",	   "used",     "err",	     "error",	 "bucket"};

	return ONE_OF(w, words);
}

/* bucket: tokens and buckets are of a rate limiter, whatever they are kept in. */
static bool is_limiter(struct word a, struct word b)
{
	return (is(a, "token") || is(a, "tokens")) && (begins(b, "bucket") || begins(b, "ring"));
}

static enum sd_secrecy by_words(const char *name, u64 n)
{
	static const char *const texts[] = {"auth", "pin", "pass", "pw", "passwort"};
	bool secret = false, text = false, measure = false, many = false;
	struct word w, before = {0};
	u64 at = 0;

	while (next_word(name, n, &at, &w)) {
		struct word one = w;

		if (before.n && is_limiter(before, w))
			return SD_PLAIN;
		if (says_measure(w))
			measure = true;
		if (before.n && pair_says_secret(before, w))
			secret = true;
		if (ONE_OF(w, texts))
			text = true;
		if (w.n > 4 && (w.p[w.n - 1] == 's' || w.p[w.n - 1] == 'S'))
			one.n--;
		/* a number of them is a count */
		if (one.n < w.n && says_secret(one))
			secret = many = true;
		else if (says_secret(w))
			secret = true;
		before = w;
	}
	if (secret)
		return measure ? SD_SECRET_MEASURE : many ? SD_SECRET_MANY : SD_SECRET;
	return text ? SD_SECRET_TEXT : SD_PLAIN;
}

void sd_redact_words(const char *name, u64 n, struct sd_buf *out)
{
	struct word w;
	u64 at = 0;

	out->n = 0;
	sd_buf_ch(out, '_');
	while (next_word(name, n, &at, &w)) {
		for (u64 i = 0; i < w.n; i++)
			sd_buf_ch(out, (char)tolower((u8)w.p[i]));
		sd_buf_ch(out, '_');
	}
}

static bool is_named(const struct sd_redact *r, const char *name, u64 n)
{
	struct sd_buf words = {0};
	bool named = false;
	const char *text;

	sd_redact_words(name, n, &words);
	text = sd_buf_cstr(&words);
	for (u32 i = 0; i < r->nnames && !named; i++)
		named = strstr(text, r->names[i]) != NULL;
	sd_buf_deinit(&words);
	return named;
}

static enum sd_secrecy decide(const struct sd_redact *r, const char *name, u64 n)
{
	return r->nnames && is_named(r, name, n) ? SD_SECRET_NAMED : by_words(name, n);
}

enum sd_secrecy sd_secrecy_of(struct sd_redact *r, const char *name, u64 n)
{
	u32 hash = 2166136261u;
	enum sd_secrecy s;

	if (n > SD_REDACT_NAME)
		return decide(r, name, n);
	for (u64 i = 0; i < n; i++)
		hash = (hash ^ (u8)name[i]) * 16777619u;
	hash = (hash ^ hash >> 16) % SD_REDACT_CACHE;
	if (n && r->cache[hash].n == n && !memcmp(r->cache[hash].name, name, n))
		return r->cache[hash].secrecy;
	s = decide(r, name, n);
	r->cache[hash].n = (u8)n;
	r->cache[hash].secrecy = (u8)s;
	memcpy(r->cache[hash].name, name, n);
	return s;
}
