/* SPDX-License-Identifier: BSD-2-Clause */
/* Names, strings and characters in the user's text, and the errors that point into it. */
#include "expr/scan.h"

#include <ctype.h>
#include <stdio.h>

void sd_scan_blanks(struct sd_scan *s)
{
	while (s->text[s->pos] == ' ' || s->text[s->pos] == '\t' || s->text[s->pos] == '\n' ||
	       s->text[s->pos] == '\r')
		s->pos++;
}

u32 sd_scan_utf8(const char *p, u32 *ret)
{
	static const u32 least[] = {0, 0, 0x80, 0x800, 0x10000};
	u8 c = (u8)*p;
	u32 n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0, v;

	if (!c || !n)
		return 0;
	v = n == 1 ? c : c & (0x7fU >> n);
	for (u32 i = 1; i < n; i++) {
		if (((u8)p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | ((u8)p[i] & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	*ret = v;
	return n;
}

/* Beyond ASCII all is a letter but for the blocks of punctuation, arrows and operators: pasted
 * quotes, dashes and blanks. */
static u32 letter(const char *p)
{
	u32 v, n;

	if (isalnum((u8)*p) || *p == '_')
		return 1;
	if (!((u8)*p & 0x80))
		return 0;
	n = sd_scan_utf8(p, &v);
	return n && v > 0xa0 && !(v >= 0x2000 && v < 0x2c00) && v != 0x3000 && v != 0xfeff ? n : 0;
}

u32 sd_scan_name(const char *p)
{
	u32 n = 0, one;

	if (isdigit((u8)*p))
		return 0;
	while ((one = letter(p + n)))
		n += one;
	return n;
}

bool sd_scan_word(const char *p, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(p, word, n) && !letter(p + n);
}

struct sd_err *sd_scan_error(const struct sd_scan *s, u32 start, u32 end, const char *fmt, ...)
{
	char msg[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return sd_err_span(sd_err_new(SD_ERR_USAGE, "%s", msg), s->text, (int)start,
			   (int)SD_MAX(end, start));
}

struct sd_err *sd_scan_unexpected(const struct sd_scan *s, const char *where)
{
	const char *p = s->text + s->pos;
	u32 v = 0, n = sd_scan_name(p);

	if (!*p)
		return sd_scan_error(s, s->pos, s->pos, "the text ends %s", where);
	if (!n)
		n = sd_scan_utf8(p, &v);
	if (n > 1 && (v == 0x2018 || v == 0x2019 || v == 0x201c || v == 0x201d))
		return sd_scan_error(s, s->pos, s->pos + n, "typographic quote: write \" or '");
	if (!n || iscntrl((u8)*p))
		return sd_scan_error(s, s->pos, s->pos + 1, "unexpected byte 0x%02x %s", (u8)*p,
				     where);
	return sd_scan_error(s, s->pos, s->pos + n, "unexpected '%.*s'%s %s", (int)SD_MIN(n, 64), p,
			     n > 64 ? "..." : "", where);
}

struct sd_err *sd_scan_enter(struct sd_scan *s)
{
	if (s->nest++ < SD_SCAN_NEST)
		return NULL;
	return sd_scan_error(s, s->pos, s->pos + (s->text[s->pos] != 0),
			     "nested deeper than %d levels", SD_SCAN_NEST);
}

/* ---- strings ---- */

static void put_utf8(struct sd_buf *out, u32 v)
{
	if (v < 0x80) {
		sd_buf_ch(out, (char)v);
		return;
	}
	if (v < 0x800) {
		sd_buf_ch(out, (char)(0xc0 | v >> 6));
	} else {
		if (v < 0x10000) {
			sd_buf_ch(out, (char)(0xe0 | v >> 12));
		} else {
			sd_buf_ch(out, (char)(0xf0 | v >> 18));
			sd_buf_ch(out, (char)(0x80 | (v >> 12 & 0x3f)));
		}
		sd_buf_ch(out, (char)(0x80 | (v >> 6 & 0x3f)));
	}
	sd_buf_ch(out, (char)(0x80 | (v & 0x3f)));
}

struct sd_err *sd_scan_escape(struct sd_scan *s, const char *quotes, struct sd_buf *out,
			      u32 *code_ret)
{
	static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
	u32 start = s->pos, v = 0, digits = 0, base = 16, i;
	char c = s->text[s->pos + 1];
	const char *known = c ? strchr(names, c) : NULL;
	bool bytes = false;

	s->pos += 2;
	if (!c)
		return sd_scan_error(s, start, start + 1, "the text ends in an escape");
	if (known || strchr(quotes, c)) {
		v = (u8)(known ? values[known - names] : c);
	} else if (c >= '0' && c <= '7') {
		s->pos--;
		digits = 3;
		base = 8;
		bytes = true;
	} else if (c == 'x') {
		digits = 2;
		bytes = true;
	} else if (c == 'u' || c == 'U') {
		digits = c == 'u' ? 4 : 8;
	} else {
		return sd_err_hint(
			sd_scan_error(s, start, start + 2, "unknown escape '\\%c'", c),
			"a backslash is written \\\\, or strings in back quotes: `a\\b`");
	}
	for (i = 0; i < digits; i++) {
		u8 d = (u8)s->text[s->pos];
		u32 x = isdigit(d) ? (u32)d - '0' : isxdigit(d) ? (u32)(d | 32) - 'a' + 10 : 99;

		if (x >= base)
			return sd_scan_error(s, start, s->pos + (d ? 1 : 0),
					     "%u %s digits belong into this escape", digits,
					     base == 8 ? "octal" : "hexadecimal");
		v = v * base + x;
		s->pos++;
	}
	if (base == 8 && v > 255)
		return sd_scan_error(s, start, s->pos, "octal escapes end at \\377");
	if (digits && !bytes && (v > 0x10ffff || (v >= 0xd800 && v < 0xe000)))
		return sd_scan_error(s, start, s->pos, "U+%04X is no character", v);
	if (code_ret)
		*code_ret = v;
	else if (bytes)
		sd_buf_ch(out, (char)v);
	else
		put_utf8(out, v);
	return NULL;
}

static struct sd_err *string(struct sd_scan *s, struct sd_buf *out)
{
	u32 start = s->pos;
	char quote = s->text[s->pos++];

	while (s->text[s->pos] != quote) {
		if (!s->text[s->pos])
			return sd_scan_error(s, start, s->pos, "the string is never closed");
		if (quote == '"' && s->text[s->pos] == '\\')
			SD_TRY(sd_scan_escape(s, "\"", out, NULL));
		else
			sd_buf_ch(out, s->text[s->pos++]);
	}
	s->pos++;
	return NULL;
}

struct sd_err *sd_scan_string(struct sd_scan *s, const char **ret, u64 *n_ret)
{
	struct sd_buf b = {0};
	struct sd_err *err = string(s, &b);

	if (!err) {
		*n_ret = b.n;
		sd_buf_ch(&b, '\0');
		*ret = sd_arena_memdup(s->arena, b.p, b.n);
	}
	sd_buf_deinit(&b);
	return err;
}

struct sd_err *sd_scan_rune(struct sd_scan *s, u64 *ret)
{
	u32 start = s->pos++, v = 0, n;
	const char *p = s->text + s->pos;

	if (*p == '\'')
		return sd_scan_error(s, start, s->pos + 1, "no character between the quotes");
	if (*p == '\\') {
		SD_TRY(sd_scan_escape(s, "'", NULL, &v));
	} else {
		n = sd_scan_utf8(p, &v);
		if (!n)
			return sd_scan_error(s, start, s->pos, "a character is missing");
		s->pos += n;
	}
	if (s->text[s->pos] == '\'') {
		s->pos++;
		*ret = v;
		return NULL;
	}
	p = strchr(s->text + s->pos, '\'');
	if (!p)
		return sd_scan_error(s, start, s->pos, "the character's quote is never closed");
	return sd_scan_error(s, start, (u32)(p - s->text) + 1,
			     "more than one character in single quotes: strings are written "
			     "\"...\"");
}

void sd_quote(struct sd_buf *out, const char *p, u64 n)
{
	static const char names[] = "nrt\"\\", values[] = "\n\r\t\"\\";
	u32 v, len;

	sd_buf_ch(out, '"');
	for (u64 i = 0; i < n; i += len) {
		const char *known = p[i] ? strchr(values, p[i]) : NULL;

		len = 1;
		if (known)
			sd_buf_printf(out, "\\%c", names[known - values]);
		else if ((u8)p[i] >= 0x80 && (len = sd_scan_utf8(p + i, &v)) && v >= 0xa0)
			sd_buf_add(out, p + i, len);
		else if ((u8)p[i] < ' ' || (u8)p[i] >= 0x7f) {
			len = 1;
			sd_buf_printf(out, "\\x%02x", (u8)p[i]);
		} else
			sd_buf_ch(out, p[i]);
	}
	sd_buf_ch(out, '"');
}
