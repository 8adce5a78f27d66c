/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of a value from wherever they are: pieces in registers, on the stack, elsewhere in memory,
 * constants. A read succeeds as a whole or says why not; bytes that no piece covers are padding and
 * never data.
 */
#include "decode/walk.h"

#include <string.h>

const char *sd_why_missing(struct sd_walk *w, u64 addr, bool fault)
{
	static const char head[] = "fault at 0x";
	char digits[16];
	unsigned int n = 0;
	char *why;

	if (!fault) {
		if (w->snap->rec->flags & SDW_REC_CUT_BYTES)
			return "event size";
		return w->snap->rec->flags & SDW_REC_CUT_QUEUE ? "too many pointers"
							       : "not captured";
	}
	do {
		digits[15 - n++] = "0123456789abcdef"[addr & 15];
		addr >>= 4;
	} while (addr);
	why = sd_arena_alloc_raw(w->arena, sizeof(head) + n);
	memcpy(why, head, sizeof(head) - 1);
	memcpy(why + sizeof(head) - 1, digits + 16 - n, n);
	why[sizeof(head) - 1 + n] = '\0';
	return why;
}

static const char *read_memory(struct sd_walk *w, u64 addr, void *dst, u32 n)
{
	bool fault;

	if (sd_snapshot_read(w->snap, addr, dst, n, &fault))
		return NULL;
	return sd_why_missing(w, addr, fault);
}

static const char *xmm_why(struct sd_walk *w, u8 reg)
{
	u16 flags = w->snap->rec->flags;
	const char *why = "not readable";

	if (flags & SDW_REC_XMM_SYSTEM)
		why = "not readable on a system stack";
	else if (flags & SDW_REC_XMM_UNSENT)
		why = "no signal could be sent";
	else if (flags & SDW_REC_XMM_OTHER)
		why = "the signal came elsewhere";
	else if (flags & SDW_REC_XMM_FAULT)
		why = "the signal frame could not be read";
	else if (flags & SDW_REC_XMM)
		why = "the signal frame did not come";
	return sd_arena_printf(w->arena, "in xmm%u: %s", reg, why);
}

/* base + off of the piece, where base is the CFA (255 or kind CFA) or a register. */
static const char *piece_base(struct sd_walk *w, const struct sd_piece *pc, bool cfa, u64 *ret)
{
	if (cfa) {
		if (!w->snap->cfa)
			return "frame address unknown";
		*ret = w->snap->cfa + (u64)pc->off;
		return NULL;
	}
	if (pc->reg >= SDW_NREGS)
		return "unknown register";
	*ret = w->snap->rec->regs[pc->reg] + (u64)pc->off;
	return NULL;
}

static bool in_memory(const struct sd_piece *pc)
{
	return pc->kind == SD_PIECE_CFA || pc->kind == SD_PIECE_MEM || pc->kind == SD_PIECE_ADDR;
}

static const char *piece_addr(struct sd_walk *w, const struct sd_piece *pc, u64 *ret)
{
	u64 addr = (u64)pc->off + w->snap->bias;
	const char *why = NULL;

	if (pc->kind != SD_PIECE_ADDR)
		why = piece_base(w, pc, pc->kind == SD_PIECE_CFA, &addr);
	if (!why && pc->deref) {
		why = read_memory(w, addr, &addr, sizeof(addr));
		addr += (u64)pc->off2;
	}
	if (!why)
		*ret = addr;
	return why;
}

static const char lost[] = "unused argument, lost in the stack check";

/* Bytes skip to skip + n of the piece. */
static const char *read_piece(struct sd_walk *w, const struct sd_piece *pc, u64 skip, u8 *dst,
			      u32 n)
{
	const char *why = NULL;
	u64 word = 0;

	switch (pc->kind) {
	case SD_PIECE_REG:
		if (pc->reg >= SDW_NREGS)
			return "unknown register";
		if (w->snap->lost >> pc->reg & 1)
			return lost;
		word = w->snap->rec->regs[pc->reg];
		break;
	case SD_PIECE_XMM:
		if (!w->snap->xmm || pc->reg >= SDW_NXMM)
			return xmm_why(w, pc->reg);
		if (w->snap->lost >> (SD_XMM0 + pc->reg) & 1)
			return lost;
		memcpy(&word, &w->snap->xmm[pc->reg], sizeof(word));
		break;
	case SD_PIECE_CFA:
	case SD_PIECE_MEM:
	case SD_PIECE_ADDR:
		why = piece_addr(w, pc, &word);
		return why ? why : read_memory(w, word + skip, dst, n);
	case SD_PIECE_CONST:
		word = (u64)pc->off;
		break;
	case SD_PIECE_REGVAL:
		why = piece_base(w, pc, pc->reg == 255, &word);
		if (why)
			return why;
		break;
	default:
		return pc->why ? pc->why : "optimized out";
	}
	if (skip + n > sizeof(word))
		return "wider than its register";
	memcpy(dst, (const u8 *)&word + skip, n);
	return NULL;
}

const char *sd_place_read(struct sd_walk *w, struct sd_place p, u64 off, void *dst, u32 n)
{
	u64 at = p.at + off, end = at + n;
	u8 *to = dst;

	if (!n)
		return NULL;
	if (!p.loc)
		return read_memory(w, at, dst, n);
	for (u32 i = 0; i < p.loc->n && at < end; i++) {
		const struct sd_piece *pc = &p.loc->pieces[i];
		u64 first = pc->value_off, past = first + pc->size;
		const char *why;
		u32 take;

		if (past <= at)
			continue;
		if (first > at)
			break;
		take = (u32)(SD_MIN(past, end) - at);
		why = read_piece(w, pc, at - first, to, take);
		if (why)
			return why;
		to += take;
		at += take;
	}
	return at == end ? NULL : "no location";
}

const char *sd_place_of(struct sd_walk *w, const struct sd_loc *loc, u64 size, struct sd_place *ret)
{
	struct sd_place p = {.loc = loc};

	if (loc->n == 1 && in_memory(&loc->pieces[0]) && !loc->pieces[0].value_off &&
	    loc->pieces[0].size >= size) {
		const char *why = piece_addr(w, &loc->pieces[0], &p.at);

		if (why)
			return why;
		p.loc = NULL;
	}
	*ret = p;
	return NULL;
}
