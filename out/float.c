/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shortest decimal that reads back as the same float, laid out as Go's %v does: "2.7183",
 * "1e+21", "1e-05". Numbers with few decimals are found by arithmetic, the rest by asking the C
 * library with more and more digits.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out/out.h"

/* digits × 10^(point − their number): "27183" with point 1 is 2.7183. */
struct decimal {
	char digits[24];
	int n;
	int point;
};

static void put_decimal(const struct decimal *d, struct sd_buf *out)
{
	int exp = d->point - 1;

	if (exp < -4 || exp >= 21) {
		sd_buf_ch(out, d->digits[0]);
		if (d->n > 1) {
			sd_buf_ch(out, '.');
			sd_buf_add(out, d->digits + 1, (size_t)d->n - 1);
		}
		sd_buf_ch(out, 'e');
		sd_buf_ch(out, exp < 0 ? '-' : '+');
		exp = abs(exp);
		if (exp < 10)
			sd_buf_ch(out, '0');
		sd_buf_u64(out, (u64)exp);
		return;
	}
	if (d->point <= 0) {
		sd_buf_add(out, "0.", 2);
		for (int i = d->point; i < 0; i++)
			sd_buf_ch(out, '0');
		sd_buf_add(out, d->digits, (size_t)d->n);
		return;
	}
	sd_buf_add(out, d->digits, (size_t)SD_MIN(d->n, d->point));
	for (int i = d->n; i < d->point; i++)
		sd_buf_ch(out, '0');
	if (d->n > d->point) {
		sd_buf_ch(out, '.');
		sd_buf_add(out, d->digits + d->point, (size_t)(d->n - d->point));
	}
}

static bool same(double a, double f, unsigned int bits)
{
	return bits == 32 ? (float)a == (float)f : a == f;
}

/*
 * r / 10^k for a small k. With r below 10^15 (10^6 for 32 bits) at most one such decimal reads back
 * as f, and the quotient of two exactly held integers is that decimal rounded once. For 32 bits k ≤
 * 8 keeps the second rounding, from double to float, from deciding: no decimal of that kind lies
 * within half a double's ulp of a float's midpoint.
 */
static bool few_decimals(double f, unsigned int bits, struct decimal *ret)
{
	static const double pow10[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
	double most = bits == 32 ? 1e6 : 1e15;

	for (int k = 0; k < (int)SD_ARRAY_SIZE(pow10); k++) {
		int at = sizeof(ret->digits);
		u64 r;

		if (f * pow10[k] >= most - 1)
			return false;
		r = (u64)(f * pow10[k] + 0.5);
		if (!r || !same((double)r / pow10[k], f, bits))
			continue;
		for (; r; r /= 10)
			ret->digits[--at] = (char)('0' + r % 10);
		ret->n = (int)sizeof(ret->digits) - at;
		memmove(ret->digits, ret->digits + at, (size_t)ret->n);
		ret->point = ret->n - k;
		return true;
	}
	return false;
}

static bool reads_back(const char *s, double f, unsigned int bits)
{
	return bits == 32 ? strtof(s, NULL) == (float)f : strtod(s, NULL) == f;
}

/* s is "d.ddde±x". Next to a power of two the nearest decimal may miss where its upper neighbour
 * does not. */
static bool bump(char *s)
{
	char *e = strchr(s, 'e');

	for (char *p = e - 1; p >= s; p--) {
		if (*p == '.')
			continue;
		if (*p != '9') {
			++*p;
			return true;
		}
		*p = '0';
	}
	return false;
}

static void by_trial(double f, unsigned int bits, struct decimal *ret)
{
	int sure = bits == 32 ? 6 : 15, most = bits == 32 ? 9 : 17;
	double least_normal = bits == 32 ? 0x1p-126 : 0x1p-1022;
	char s[32];
	const char *p;

	/* what has at most `sure` digits is found with exactly that many, but for the zeros at its
	 * end */
	for (int n = f < least_normal ? 1 : sure; n <= most; n++) {
		snprintf(s, sizeof(s), "%.*e", n - 1, f);
		if (reads_back(s, f, bits) || n == most)
			break;
		if (bump(s) && reads_back(s, f, bits))
			break;
	}
	ret->n = 0;
	for (p = s; *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			ret->digits[ret->n++] = *p;
	ret->point = atoi(p + 1) + 1;
	while (ret->n > 1 && ret->digits[ret->n - 1] == '0')
		ret->n--;
}

void sd_out_float(double f, unsigned int bits, struct sd_buf *out)
{
	struct decimal d;

	if (isnan(f)) {
		sd_buf_str(out, "NaN");
		return;
	}
	if (isinf(f)) {
		sd_buf_str(out, f < 0 ? "-Inf" : "+Inf");
		return;
	}
	if (signbit(f)) {
		sd_buf_ch(out, '-');
		f = -f;
	}
	if (f == 0) {
		sd_buf_ch(out, '0');
		return;
	}
	if (!few_decimals(f, bits, &d))
		by_trial(f, bits, &d);
	put_decimal(&d, out);
}
