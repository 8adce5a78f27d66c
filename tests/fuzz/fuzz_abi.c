/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calling conventions on type graphs that nobody vouches for: cycles, sizes and offsets that do
 * not add up. Checks what every reader of a location relies on: pieces inside the value, ascending,
 * apart; registers that exist.
 */
#include <stdlib.h>

#include "abi/abi.h"
#include "base/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TYPES = 24, FIELDS = 6, VALUES = 12 };

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check(enum sd_abi abi, const struct sd_type *t, const struct sd_loc *loc)
{
	u64 end = 0;

	require(!loc->why || !loc->n);
	for (u32 i = 0; i < loc->n; i++) {
		const struct sd_piece *p = &loc->pieces[i];

		require(p->size && p->value_off >= end);
		end = (u64)p->value_off + p->size;
		require(end <= t->size);
		switch (p->kind) {
		case SD_PIECE_REG:
			require(p->reg < SD_NREGS && p->reg != SD_RSP && p->size <= 8);
			break;
		case SD_PIECE_XMM:
			require(p->reg < 16 && p->size <= 16);
			break;
		case SD_PIECE_CFA:
			require(p->off >= 0 && p->off <= 1LL << 31);
			break;
		case SD_PIECE_MEM:
			require(abi == SD_ABI_SYSV && p->reg == SD_RAX);
			break;
		default:
			require(p->kind == SD_PIECE_NONE && p->why);
		}
	}
	require(sd_loc_agree(loc, loc) || (loc->n && loc->pieces->kind == SD_PIECE_NONE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"int", "long double", "_Float128",
					    "simd/archsimd.v128"};
	static const u64 sizes[] = {0, 1, 2, 4, 8, 16, 24, 32, 3, 9, 1ULL << 20, 1ULL << 40};
	struct sd_cursor c = sd_cursor_at(data, size);
	struct sd_type types[TYPES] = {0}, *params[VALUES], *results[VALUES];
	struct sd_field fields[TYPES][FIELDS] = {0};
	struct sd_loc ploc[VALUES], rloc[VALUES], dict;
	struct sd_arena arena = {0};
	u32 np, nr;

	for (u32 i = 0; i < TYPES; i++) {
		struct sd_type *t = &types[i];
		u8 how = sd_cursor_u8(&c), s = sd_cursor_u8(&c);

		t->kind = how % (SD_KIND_FUNC + 2);
		t->name = names[s >> 6];
		t->size = sizes[(s & 63) % SD_ARRAY_SIZE(sizes)];
		t->align = 1U << (how >> 5);
		if (s == 255)
			t->align = how;
		t->count = sd_cursor_u8(&c) & 31;
		if (t->count == 31)
			t->count = ~0ULL >> (how & 7);
		t->elem = t->count == 30 ? NULL : &types[sd_cursor_u8(&c) % TYPES];
		t->fields = fields[i];
		t->nfields = t->kind == SD_KIND_STRUCT || t->kind == SD_KIND_UNION
				     ? (u32)t->count % (FIELDS + 1)
				     : 0;
		for (u32 f = 0; f < t->nfields; f++) {
			fields[i][f].type = &types[sd_cursor_u8(&c) % TYPES];
			fields[i][f].off = (u64)(s64)(s8)sd_cursor_u8(&c);
			if (how == 200)
				fields[i][f].bit_size = s;
		}
	}
	np = sd_cursor_u8(&c) % (VALUES + 1);
	nr = sd_cursor_u8(&c) % (VALUES + 1);
	for (u32 i = 0; i < VALUES; i++) {
		params[i] = &types[sd_cursor_u8(&c) % TYPES];
		results[i] = &types[sd_cursor_u8(&c) % TYPES];
	}
	for (int abi = SD_ABI_GO_STACK; abi <= SD_ABI_SYSV; abi++) {
		sd_abi_assign(abi, params, np, results, nr, np % 3, &arena, ploc, rloc, &dict);
		for (u32 i = 0; i < np; i++)
			check(abi, params[i], &ploc[i]);
		for (u32 i = 0; i < nr; i++)
			check(abi, results[i], &rloc[i]);
		sd_arena_reset(&arena);
	}
	sd_arena_deinit(&arena);
	return 0;
}
