/* SPDX-License-Identifier: BSD-2-Clause */
/* How long a call took: at most three decimals, cut, not rounded; Go's units. Values of type
 * time.Duration are exact. */
#include "out/out.h"

/* v / 1000 with up to three decimals, zeros at the end left out. */
static void put_thousandths(u64 v, struct sd_buf *out)
{
	unsigned int frac = (unsigned int)(v % 1000);

	sd_buf_u64(out, v / 1000);
	if (!frac)
		return;
	sd_buf_ch(out, '.');
	for (unsigned int unit = 100; frac; frac %= unit, unit /= 10)
		sd_buf_ch(out, (char)('0' + frac / unit));
}

void sd_out_duration(u64 ns, struct sd_buf *out)
{
	u64 minutes = ns / 60000000000ULL;

	if (ns < 1000) {
		sd_buf_u64(out, ns);
		sd_buf_add(out, "ns", 2);
	} else if (ns < 1000000) {
		put_thousandths(ns, out);
		sd_buf_add(out, "\xc2\xb5s", 3);
	} else if (ns < 1000000000) {
		put_thousandths(ns / 1000, out);
		sd_buf_add(out, "ms", 2);
	} else {
		if (minutes >= 60) {
			sd_buf_u64(out, minutes / 60);
			sd_buf_ch(out, 'h');
		}
		if (minutes) {
			sd_buf_u64(out, minutes % 60);
			sd_buf_ch(out, 'm');
		}
		put_thousandths(ns % 60000000000ULL / 1000000, out);
		sd_buf_ch(out, 's');
	}
}
