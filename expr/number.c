/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers as Go writes them (spec: Integer literals, Floating-point literals), and durations. */
#include "expr/scan.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

static const struct {
	const char *name;
	u64 ns;
} units[] = {
	{"ns", 1},	 {"us", 1000},	    {"\xc2\xb5s", 1000}, {"\xce\xbcs", 1000},
	{"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000},	 {"h", 3600000000000},
};

/* Bytes of the unit of time at p, 0 when there is none; none is the beginning of another. */
static u32 unit_at(const char *p, u64 *ns_ret)
{
	for (size_t i = 0; i < SD_ARRAY_SIZE(units); i++) {
		u32 n = (u32)strlen(units[i].name);

		if (!strncmp(p, units[i].name, n) && (isdigit((u8)p[n]) || !sd_scan_name(p + n))) {
			*ns_ret = units[i].ns;
			return n;
		}
	}
	return 0;
}

/* Goes past all that looks like one number: letters and digits, points, signs behind exponents. */
static u32 extent(const char *p)
{
	bool hex = p[0] == '0' && (p[1] | 32) == 'x';
	u32 n = 0, one;

	for (;;) {
		char c = p[n];

		if ((c == '+' || c == '-') && n && (p[n - 1] | 32) == (hex ? 'p' : 'e'))
			n++;
		else if (c == '.' || isdigit((u8)c))
			n++;
		else if ((one = sd_scan_name(p + n)))
			n += isalpha((u8)c) || c == '_' ? 1 : one;
		else
			return n;
	}
}

static struct sd_err *malformed(const struct sd_scan *s, u32 start, const char *why)
{
	u32 n = extent(s->text + start);

	return sd_scan_error(s, start, start + n, "malformed number '%.*s'%s%s", (int)SD_MIN(n, 64),
			     s->text + start, why ? ": " : "", why ? why : "");
}

/* Digits of that base with underscores between them; how many, 0 when the underscores are amiss. */
static u32 digits(struct sd_scan *s, u32 base, struct sd_buf *out)
{
	u32 n = 0;

	for (;; s->pos++) {
		u8 c = (u8)s->text[s->pos];
		u32 v = isdigit(c) ? (u32)c - '0' : isxdigit(c) ? (u32)(c | 32) - 'a' + 10 : 99;

		if (c == '_') {
			u8 next = (u8)s->text[s->pos + 1];

			if (!(base > 10 ? isxdigit(next) : isdigit(next)))
				return 0;
			continue;
		}
		if (v >= base)
			return n;
		sd_buf_ch(out, (char)c);
		n++;
	}
}

/* Go on from the first run of digits: 1h30m, 1.5s, 100us. out: that run, with its fraction. */
static struct sd_err *duration(struct sd_scan *s, u32 start, struct sd_buf *out,
			       struct sd_expr *ret)
{
	u64 total = 0, ns = UINT64_MAX, last;

	for (;;) {
		const char *p = sd_buf_cstr(out);
		unsigned __int128 value = 0, fraction = 0, scale = 1;
		bool point = false;

		last = ns;
		s->pos += unit_at(s->text + s->pos, &ns);
		if (ns >= last)
			return malformed(s, start, "units of time go from large to small");
		for (; *p; p++) {
			if (*p == '.') {
				point = true;
			} else if (!point) {
				value = value * 10 + (u32)(*p - '0');
				if (value > INT64_MAX)
					return malformed(s, start,
							 "durations end at 2562047h (292 years)");
			} else if (scale < 10000000000000000ULL) {
				fraction = fraction * 10 + (u32)(*p - '0');
				scale *= 10;
			} else if (*p != '0') {
				return malformed(s, start, "not a whole number of nanoseconds");
			}
		}
		if (fraction * ns % scale)
			return malformed(s, start, "not a whole number of nanoseconds");
		value = value * ns + fraction * ns / scale + total;
		if (value > INT64_MAX)
			return malformed(s, start, "durations end at 2562047h (292 years)");
		total = (u64)value;
		if (!isdigit((u8)s->text[s->pos]))
			break;
		out->n = 0;
		if (!digits(s, 10, out))
			return malformed(s, start, NULL);
		if (s->text[s->pos] == '.') {
			sd_buf_ch(out, '.');
			s->pos++;
			if (!digits(s, 10, out))
				return malformed(s, start, NULL);
		}
		if (!unit_at(s->text + s->pos, &last))
			return malformed(s, start, "a unit is missing");
	}
	ret->kind = SD_EXPR_INT;
	ret->duration = true;
	ret->num = total;
	return NULL;
}

static struct sd_err *floating(const struct sd_scan *s, u32 start, const char *text,
			       struct sd_expr *ret)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	ret->kind = SD_EXPR_FLOAT;
	ret->f = strtod_l(text, NULL, c);
	freelocale(c);
	return isfinite(ret->f)
		       ? NULL
		       : malformed(s, start, "larger than any 64-bit floating-point number");
}

static struct sd_err *integer(const struct sd_scan *s, u32 start, const char *text, u32 base,
			      struct sd_expr *ret)
{
	u64 v = 0;

	for (const char *p = text; *p; p++) {
		u32 d = isdigit((u8)*p) ? (u32)(*p - '0') : (u32)(*p | 32) - 'a' + 10;

		if (d >= base)
			return malformed(s, start, "octal digits end at 7");
		if (v > (UINT64_MAX - d) / base)
			return malformed(s, start, "larger than 64 bits");
		v = v * base + d;
	}
	ret->kind = SD_EXPR_INT;
	ret->num = v;
	return NULL;
}

static struct sd_err *number(struct sd_scan *s, struct sd_buf *b, struct sd_expr *ret)
{
	u32 start = s->pos, base = 10, whole, fraction = 0;
	const char *p = s->text + start;
	bool point = false, exponent = false;
	u64 ns;

	if (p[0] == '0' && p[1])
		base = (p[1] | 32) == 'x'   ? 16
		       : (p[1] | 32) == 'b' ? 2
		       : (p[1] | 32) == 'o' ? 8
					    : 10;
	if (base != 10) {
		s->pos += 2;
		if (s->text[s->pos] == '_')
			s->pos++;
		if (base == 16)
			sd_buf_str(b, "0x");
	}
	whole = digits(s, base, b);
	if (s->text[s->pos] == '.' && (base == 10 || base == 16)) {
		point = true;
		sd_buf_ch(b, '.');
		s->pos++;
		if (s->text[s->pos] != '_')
			fraction = digits(s, base, b);
	}
	if (!whole && !fraction)
		return malformed(s, start, NULL);
	p = s->text + s->pos;
	if (base == 10 && unit_at(p, &ns))
		return duration(s, start, b, ret);
	if ((base == 10 && (*p | 32) == 'e') || (base == 16 && (*p | 32) == 'p')) {
		exponent = true;
		sd_buf_ch(b, *p);
		s->pos++;
		if (p[1] == '+' || p[1] == '-')
			sd_buf_ch(b, s->text[s->pos++]);
		if (!digits(s, 10, b))
			return malformed(s, start, "an exponent is missing");
	}
	if (sd_scan_name(s->text + s->pos) || isdigit((u8)s->text[s->pos]))
		return malformed(s, start, NULL);
	p = sd_buf_cstr(b);
	if (base == 16 && point && !exponent)
		return malformed(s, start, "a p exponent is missing");
	if (point || exponent)
		return floating(s, start, p, ret);
	if (base == 10 && whole > 1 && *p == '0')
		base = 8; /* as in Go and C */
	return integer(s, start, base == 16 ? p + 2 : p, base, ret);
}

struct sd_err *sd_scan_number(struct sd_scan *s, struct sd_expr *ret)
{
	struct sd_buf b = {0};
	struct sd_err *err = number(s, &b, ret);

	sd_buf_deinit(&b);
	return err;
}
