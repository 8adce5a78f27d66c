/* SPDX-License-Identifier: BSD-2-Clause */
/* math/big.Int: {neg bool; abs []Word}, least significant word first, as a decimal number. */
#include <string.h>

#include "decode/wellknown.h"

enum { MAX_WORDS = 256 };

/* Divides the number of n words by ten in place; returns the rest. */
static unsigned int divide_by_ten(u64 *words, u64 n)
{
	unsigned __int128 rest = 0;

	for (u64 i = n; i-- > 0;) {
		rest = rest << 64 | words[i];
		words[i] = (u64)(rest / 10);
		rest %= 10;
	}
	return (unsigned int)rest;
}

static void refine(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *neg = sd_wk_field(v, "neg"), *abs = sd_wk_field(v, "abs");
	u64 words[MAX_WORDS], n;
	char *text, *w;

	if (!neg || neg->kind != SD_V_BOOL || !abs)
		return;
	if (abs->kind != SD_V_NIL &&
	    (abs->kind != SD_V_LIST || abs->n < abs->total || abs->n > MAX_WORDS))
		return;
	n = abs->kind == SD_V_NIL ? 0 : abs->n;
	for (u64 i = 0; i < n; i++) {
		if (abs->items[i].kind != SD_V_UINT)
			return;
		words[i] = abs->items[i].u;
	}
	text = sd_arena_alloc_raw(arena, 20 * n + 3);
	w = text + 20 * n + 2;
	*w = '\0';
	do {
		*--w = (char)('0' + divide_by_ten(words, n));
		while (n && !words[n - 1])
			n--;
	} while (n);
	if (neg->u)
		*--w = '-';
	sd_wk_set_text(v, w);
	v->kind = SD_V_NUMBER;
}

const struct sd_wellknown sd_wk_big_int = {.type_name = "math/big.Int", .refine = refine};
