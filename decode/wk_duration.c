/* SPDX-License-Identifier: BSD-2-Clause */
/* time.Duration: the text that its own String method gives (src/time/time.go). */
#include <string.h>

#include "decode/wellknown.h"

/* Puts v's last prec decimal digits before w as a fraction, without trailing zeros; returns what is
 * left of v. */
static u64 put_fraction(char **w, u64 v, unsigned int prec)
{
	bool any = false;

	for (unsigned int i = 0; i < prec; i++) {
		any = any || v % 10;
		if (any)
			*--*w = (char)('0' + v % 10);
		v /= 10;
	}
	if (any)
		*--*w = '.';
	return v;
}

static void put_int(char **w, u64 v)
{
	do {
		*--*w = (char)('0' + v % 10);
		v /= 10;
	} while (v);
}

char *sd_go_duration(s64 ns, char buf[32])
{
	u64 u = ns < 0 ? 0 - (u64)ns : (u64)ns;
	char *w = buf + 31;

	*w = '\0';
	*--w = 's';
	if (u < 1000000000) {
		unsigned int prec = u < 1000 ? 0 : u < 1000000 ? 3 : 6;

		if (prec == 3)
			w = memcpy(w - 2, "\xc2\xb5", 2);
		else if (u)
			*--w = prec ? 'm' : 'n';
		put_int(&w, put_fraction(&w, u, prec));
	} else {
		u = put_fraction(&w, u, 9);
		put_int(&w, u % 60);
		u /= 60;
		if (u) {
			*--w = 'm';
			put_int(&w, u % 60);
			u /= 60;
		}
		if (u) {
			*--w = 'h';
			put_int(&w, u);
		}
	}
	if (ns < 0)
		*--w = '-';
	return w;
}

static void refine(struct sd_value *v, struct sd_arena *arena)
{
	char buf[32];

	if (v->kind == SD_V_INT)
		v->text = sd_arena_strdup(arena, sd_go_duration(v->s, buf));
}

const struct sd_wellknown sd_wk_duration = {.type_name = "time.Duration", .refine = refine};
