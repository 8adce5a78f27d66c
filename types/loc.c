/* SPDX-License-Identifier: BSD-2-Clause */
/* Locations as text for people, and the names of registers. */
#include "types/loc.h"

#include <inttypes.h>
#include <stdio.h>

const char *sd_reg_name(unsigned int dwarf_reg)
{
	static const char *const names[] = {
		"rax",	 "rdx",	  "rcx",   "rbx",   "rsi",   "rdi",   "rbp",  "rsp",  "r8",
		"r9",	 "r10",	  "r11",   "r12",   "r13",   "r14",   "r15",  "rip",  "xmm0",
		"xmm1",	 "xmm2",  "xmm3",  "xmm4",  "xmm5",  "xmm6",  "xmm7", "xmm8", "xmm9",
		"xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
	};

	return dwarf_reg < SD_ARRAY_SIZE(names) ? names[dwarf_reg] : "?";
}

/* "base+off", and just "base" for +0. */
static const char *plus(struct sd_arena *arena, const char *base, s64 off)
{
	if (!off)
		return base;
	if (off < 0)
		return sd_arena_printf(arena, "%s-%" PRIu64, base, -(u64)off);
	return sd_arena_printf(arena, "%s+%" PRId64, base, off);
}

static const char *memory(struct sd_arena *arena, const struct sd_piece *p, const char *at)
{
	if (p->deref)
		at = plus(arena, sd_arena_printf(arena, "[%s]", at), p->off2);
	return sd_arena_printf(arena, "%s (%" PRIu32 " byte%s)", at, p->size,
			       p->size == 1 ? "" : "s");
}

static const char *piece_text(const struct sd_piece *p, struct sd_arena *arena)
{
	switch ((enum sd_piece_kind)p->kind) {
	case SD_PIECE_REG:
		return sd_reg_name(p->reg);
	case SD_PIECE_XMM:
		return sd_reg_name(SD_XMM0 + p->reg);
	case SD_PIECE_CFA:
		return memory(arena, p, plus(arena, "CFA", p->off));
	case SD_PIECE_MEM:
		return memory(
			arena, p,
			sd_arena_printf(arena, "[%s]", plus(arena, sd_reg_name(p->reg), p->off)));
	case SD_PIECE_ADDR:
		return memory(arena, p, sd_arena_printf(arena, "0x%" PRIx64, (u64)p->off));
	case SD_PIECE_CONST:
		return sd_arena_printf(arena, "constant %" PRId64, p->off);
	case SD_PIECE_REGVAL:
		return plus(arena, p->reg == 255 ? "CFA" : sd_reg_name(p->reg), p->off);
	case SD_PIECE_NONE:
		break;
	}
	return sd_arena_printf(arena, "<%s>", p->why ? p->why : "not there");
}

bool sd_loc_same(const struct sd_loc *a, const struct sd_loc *b)
{
	if (!a->why != !b->why || a->n != b->n)
		return false;
	for (u32 i = 0; i < a->n; i++) {
		const struct sd_piece *x = &a->pieces[i], *y = &b->pieces[i];

		if (x->kind != y->kind || x->reg != y->reg || x->deref != y->deref ||
		    x->value_off != y->value_off || x->size != y->size || x->off != y->off ||
		    x->off2 != y->off2)
			return false;
	}
	return true;
}

const char *sd_loc_text(const struct sd_loc *loc, struct sd_arena *arena)
{
	const char *text = NULL;

	if (loc->why)
		return sd_arena_printf(arena, "<%s>", loc->why);
	for (u32 i = 0; i < loc->n; i++) {
		const char *one = piece_text(&loc->pieces[i], arena);

		text = text ? sd_arena_printf(arena, "%s, %s", text, one) : one;
	}
	return text ? text : "nowhere (no bytes)";
}
