/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is escaped, and how. Text: Go's %q, so control and format characters (C0, C1, bidirectional
 * overrides, …) never reach a terminal. JSON: RFC 8259, and C1 and the line separators too.
 */
#include "out/quote.h"

#include "out/out.h"

enum { RUNE_BAD = 0x110000 };

/* The rune at p (n ≥ 1) and its length; RUNE_BAD and 1 when there is none. */
static u32 rune_at(const u8 *p, size_t n, unsigned int *len_ret)
{
	static const u32 least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned int len = p[0] < 0x80	 ? 1
			   : p[0] < 0xc2 ? 0
			   : p[0] < 0xe0 ? 2
			   : p[0] < 0xf0 ? 3
			   : p[0] < 0xf5 ? 4
					 : 0;
	u32 r = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));

	*len_ret = 1;
	if (!len || len > n)
		return RUNE_BAD;
	for (unsigned int i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return RUNE_BAD;
		r = r << 6 | (p[i] & 0x3f);
	}
	if (r < least[len] || r >= RUNE_BAD || (r >= 0xd800 && r < 0xe000))
		return RUNE_BAD;
	*len_ret = len;
	return r;
}

/*
 * Go's strconv.IsPrint without its table of unassigned code points: what is a control, format,
 * separator (but the blank), surrogate, private or non-character is not printable.
 */
static bool printable(u32 r)
{
	static const struct {
		u32 first, last;
	} not [] = {
		{0x0, 0x1f},	     {0x7f, 0xa0},	 {0xad, 0xad},	     {0x600, 0x605},
		{0x61c, 0x61c},	     {0x6dd, 0x6dd},	 {0x70f, 0x70f},     {0x890, 0x891},
		{0x8e2, 0x8e2},	     {0x1680, 0x1680},	 {0x180e, 0x180e},   {0x2000, 0x200f},
		{0x2028, 0x202f},    {0x205f, 0x206f},	 {0x3000, 0x3000},   {0xd800, 0xf8ff},
		{0xfdd0, 0xfdef},    {0xfeff, 0xfeff},	 {0xfff0, 0xfffb},   {0xfffe, 0xffff},
		{0x110bd, 0x110bd},  {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a},  {0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff}, {0x3fffe, 0xe00ff},
		{0xe01f0, 0x10ffff},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(not ) && r >= not [i].first; i++)
		if (r <= not [i].last)
			return false;
	return true;
}

bool sd_utf8_valid(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		unsigned int len = 1;

		if (p[i] >= 0x80 && rune_at(p + i, n - i, &len) == RUNE_BAD)
			return false;
		i += len;
	}
	return true;
}

bool sd_utf8_is_text(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		unsigned int len;
		u32 r = rune_at(p + i, n - i, &len);

		if (r == RUNE_BAD || (r >= 0x7f && r < 0xa0))
			return false;
		if (r < 0x20 && r != '\t' && r != '\n' && r != '\r')
			return false;
		i += len;
	}
	return true;
}

static void hex_digits(struct sd_buf *out, u32 v, unsigned int digits)
{
	while (digits--)
		sd_buf_ch(out, "0123456789abcdef"[v >> (4 * digits) & 15]);
}

void sd_out_hex_bytes(const u8 *p, size_t n, struct sd_buf *out)
{
	for (size_t i = 0; i < n; i++)
		hex_digits(out, p[i], 2);
}

/* A rune that is not printable, or (bad) a byte that is none. */
static void escape(struct sd_buf *out, u32 r, u8 byte)
{
	static const char letters[] = "abtnvfr"; /* \a is 7, the others follow */

	if (r == RUNE_BAD || r < 0x20 || r == 0x7f) {
		if (r >= 7 && r <= 13) {
			sd_buf_ch(out, '\\');
			sd_buf_ch(out, letters[r - 7]);
			return;
		}
		sd_buf_add(out, "\\x", 2);
		hex_digits(out, byte, 2);
	} else if (r < 0x10000) {
		sd_buf_add(out, "\\u", 2);
		hex_digits(out, r, 4);
	} else {
		sd_buf_add(out, "\\U", 2);
		hex_digits(out, r, 8);
	}
}

static void escaped(const u8 *p, size_t n, bool quotes, struct sd_buf *out)
{
	size_t i = 0;

	while (i < n) {
		size_t start = i;
		unsigned int len;
		u32 r;

		while (i < n && p[i] >= 0x20 && p[i] < 0x7f &&
		       !(quotes && (p[i] == '"' || p[i] == '\\')))
			i++;
		sd_buf_add(out, p + start, i - start);
		if (i == n)
			break;
		r = rune_at(p + i, n - i, &len);
		if (r == '"' || r == '\\') {
			sd_buf_ch(out, '\\');
			sd_buf_ch(out, (char)r);
		} else if (r != RUNE_BAD && printable(r)) {
			sd_buf_add(out, p + i, len);
		} else {
			escape(out, r, p[i]);
		}
		i += len;
	}
}

void sd_out_quoted(const u8 *p, size_t n, struct sd_buf *out)
{
	sd_buf_ch(out, '"');
	escaped(p, n, true, out);
	sd_buf_ch(out, '"');
}

void sd_out_plain(const char *s, struct sd_buf *out)
{
	escaped((const u8 *)s, strlen(s), false, out);
}

void sd_out_unquoted(const u8 *p, size_t n, struct sd_buf *out)
{
	escaped(p, n, false, out);
}

static void json_escape(u32 r, struct sd_buf *out)
{
	static const char letters[] = "btn\0fr"; /* \b is 8 */

	sd_buf_ch(out, '\\');
	if (r >= 8 && r <= 13 && r != 11) {
		sd_buf_ch(out, letters[r - 8]);
	} else if (r == '"' || r == '\\') {
		sd_buf_ch(out, (char)r);
	} else {
		sd_buf_ch(out, 'u');
		hex_digits(out, r, 4);
	}
}

void sd_out_json_string(const char *s, size_t n, struct sd_buf *out)
{
	const u8 *p = (const u8 *)s;
	size_t i = 0;

	sd_buf_ch(out, '"');
	while (i < n) {
		size_t start = i;
		unsigned int len;
		u32 r;

		while (i < n && p[i] >= 0x20 && p[i] < 0x7f && p[i] != '"' && p[i] != '\\')
			i++;
		sd_buf_add(out, p + start, i - start);
		if (i == n)
			break;
		r = rune_at(p + i, n - i, &len);
		if (r == RUNE_BAD)
			sd_buf_add(out, "\xef\xbf\xbd",
				   3); /* only names get here: no line may be invalid */
		else if (r >= 0xa0 && r != 0x2028 && r != 0x2029)
			sd_buf_add(out, p + i, len);
		else
			json_escape(r, out);
		i += len;
	}
	sd_buf_ch(out, '"');
}
