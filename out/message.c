/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of log lines: how a value looks amid the text of a template, and what its format says.
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "out/message.h"
#include "out/quote.h"
#include "out/text.h"

enum { DIGITS_MAX = 60 }; /* behind a float's point */

struct format {
	char letter; /* 0: none */
	int digits;  /* −1: not said */
};

static struct format parse_format(const char *s)
{
	struct format f = {.digits = -1};

	if (!s)
		return f;
	if (*s == '.') {
		f.digits = 0;
		for (s++; isdigit((u8)*s); s++)
			f.digits = SD_MIN(f.digits * 10 + (*s - '0'), DIGITS_MAX);
	}
	f.letter = *s;
	return f;
}

static void put_cut(const struct sd_value *v, struct sd_buf *out)
{
	if (v->n >= v->total)
		return;
	sd_buf_str(out, "<truncated ");
	sd_buf_u64(out, v->n);
	sd_buf_str(out, " of ");
	sd_buf_u64(out, v->total);
	sd_buf_ch(out, '>');
}

/* A number's digits in a base that is a power of two. */
static void put_base(u64 u, unsigned int bits, bool upper, struct sd_buf *out)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[64];
	unsigned int n = 0;

	do {
		text[63 - n++] = digits[u & ((1u << bits) - 1)];
		u >>= bits;
	} while (u);
	sd_buf_add(out, text + 64 - n, n);
}

/* The character r as UTF-8; U+FFFD when it is none. */
static size_t utf8(u64 r, u8 buf[4])
{
	if (r >= 0x110000 || (r >= 0xd800 && r < 0xe000))
		r = 0xfffd;
	if (r < 0x80) {
		buf[0] = (u8)r;
		return 1;
	}
	if (r < 0x800) {
		buf[0] = (u8)(0xc0 | r >> 6);
		buf[1] = (u8)(0x80 | (r & 0x3f));
		return 2;
	}
	if (r < 0x10000) {
		buf[0] = (u8)(0xe0 | r >> 12);
		buf[1] = (u8)(0x80 | (r >> 6 & 0x3f));
		buf[2] = (u8)(0x80 | (r & 0x3f));
		return 3;
	}
	buf[0] = (u8)(0xf0 | r >> 18);
	buf[1] = (u8)(0x80 | (r >> 12 & 0x3f));
	buf[2] = (u8)(0x80 | (r >> 6 & 0x3f));
	buf[3] = (u8)(0x80 | (r & 0x3f));
	return 4;
}

static bool put_integer(const struct sd_value *v, char letter, struct sd_buf *out)
{
	bool negative = v->kind == SD_V_INT && v->s < 0;
	u64 u = negative ? -v->u : v->u;
	u8 text[4];

	switch (letter) {
	case 'd':
		if (v->kind == SD_V_INT)
			sd_buf_s64(out, v->s);
		else
			sd_buf_u64(out, v->u);
		return true;
	case 'c':
		sd_out_unquoted(text, utf8(v->u, text), out);
		return true;
	case 'q':
		sd_buf_ch(out, '\'');
		if (v->u == '\'' || v->u == '\\')
			sd_buf_ch(out, '\\');
		sd_out_unquoted(text, utf8(v->u, text), out);
		sd_buf_ch(out, '\'');
		return true;
	case 'x':
	case 'X':
	case 'b':
	case 'o':
		if (negative)
			sd_buf_ch(out, '-');
		put_base(u, letter == 'b' ? 1 : letter == 'o' ? 3 : 4, letter == 'X', out);
		return true;
	default:
		return false;
	}
}

static bool put_float(double f, struct format fmt, struct sd_buf *out)
{
	if (!isfinite(f))
		return false;
	switch (fmt.letter) {
	case 'f':
		sd_buf_printf(out, "%.*f", fmt.digits < 0 ? 6 : fmt.digits, f);
		return true;
	case 'e':
		sd_buf_printf(out, "%.*e", fmt.digits < 0 ? 6 : fmt.digits, f);
		return true;
	case 'g':
		if (fmt.digits >= 0)
			sd_buf_printf(out, "%.*g", fmt.digits, f);
		return fmt.digits >= 0;
	default:
		return false;
	}
}

static void put_hex(const u8 *p, u64 n, bool upper, struct sd_buf *out)
{
	for (u64 i = 0; i < n; i++) {
		put_base(p[i] >> 4, 4, upper, out);
		put_base(p[i] & 15, 4, upper, out);
	}
}

static bool put_string(const struct sd_value *v, char letter, struct sd_buf *out)
{
	bool text = v->kind == SD_V_STRING || sd_utf8_is_text(v->bytes, v->n);

	if (letter == 'x' || letter == 'X')
		put_hex(v->bytes, v->n, letter == 'X', out);
	else if (letter == 'q')
		sd_out_quoted(v->bytes, v->n, out);
	else if (text || letter == 's')
		sd_out_unquoted(v->bytes, v->n, out);
	else
		return false;
	put_cut(v, out);
	return true;
}

/* The text of an error, or of what is a text itself. */
static bool put_told(const struct sd_value *v, char letter, struct sd_buf *out)
{
	const char *told = v->kind == SD_V_TEXT ? v->text : sd_value_told(v);

	if (!told || (letter != 's' && letter != 'q'))
		return false;
	if (letter == 'q')
		sd_out_quoted((const u8 *)told, strlen(told), out);
	else
		sd_out_plain(told, out);
	return true;
}

static void put_value(const struct sd_value *v, struct format fmt, struct sd_buf *out);

static bool put_list(const struct sd_value *v, struct format fmt, struct sd_buf *out)
{
	if (!fmt.letter || fmt.letter == 'v')
		return false;
	sd_buf_ch(out, '[');
	for (u64 i = 0; i < v->n; i++) {
		if (i)
			sd_buf_ch(out, ' ');
		put_value(&v->items[i], fmt, out);
	}
	if (v->n && v->n < v->total)
		sd_buf_ch(out, ' ');
	put_cut(v, out);
	sd_buf_ch(out, ']');
	return true;
}

/* False: the value is shown as everywhere. */
static bool put_formatted(const struct sd_value *v, struct format fmt, struct sd_buf *out)
{
	if (put_told(v, fmt.letter, out))
		return true;
	switch (v->kind) {
	case SD_V_INT:
	case SD_V_UINT:
		return put_integer(v, fmt.letter, out);
	case SD_V_FLOAT:
		return put_float(v->f, fmt, out);
	case SD_V_STRING:
	case SD_V_BYTES:
		return !v->text && put_string(v, fmt.letter, out);
	case SD_V_LIST:
		return put_list(v, fmt, out);
	case SD_V_IFACE:
		return v->n == 1 && fmt.letter && fmt.letter != 'v' &&
		       put_formatted(v->items, fmt, out);
	case SD_V_PTR:
	case SD_V_ADDR:
		if (fmt.letter != 'x' && fmt.letter != 'X')
			return false;
		put_base(v->addr, 4, fmt.letter == 'X', out);
		return true;
	default:
		return false;
	}
}

static void put_value(const struct sd_value *v, struct format fmt, struct sd_buf *out)
{
	if (!put_formatted(v, fmt, out))
		sd_out_text_value(v, out);
}

static void put_all(const struct sd_message_part *p, struct sd_buf *out)
{
	for (u32 i = 0; i < p->nvalues; i++) {
		if (i)
			sd_buf_add(out, ", ", 2);
		if (p->values[i].name) {
			sd_out_plain(p->values[i].name, out);
			sd_buf_ch(out, '=');
		}
		sd_out_text_value(&p->values[i], out);
		sd_out_unsure(&p->values[i], false, out);
	}
}

void sd_out_message(const struct sd_message_part *parts, u32 n, struct sd_buf *out)
{
	for (u32 i = 0; i < n; i++) {
		const struct sd_message_part *p = &parts[i];

		if (p->text) {
			sd_out_unquoted((const u8 *)p->text, p->n, out);
		} else if (p->all) {
			put_all(p, out);
		} else if (p->nvalues) {
			put_value(&p->values[0], parse_format(p->format), out);
			sd_out_unsure(&p->values[0], false, out);
		}
	}
}
