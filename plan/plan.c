/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture plans: which registers and memory hold the roots, and which of their words are pointers
 * worth following. */
#include "plan/types.h"

#include <string.h>

enum {
	STACK_SPAN = 2048, /* stack values that lie this close are read as one range */
	GROUP_SPAN = 256,  /* so are the pieces of one value in any memory */
	MAX_PIECES = 64,   /* of one value: bits of an u64 */
};

static const struct sd_piece *piece_at(const struct sd_loc *loc, u32 off, u32 size)
{
	for (u32 i = 0; i < loc->n; i++) {
		const struct sd_piece *p = &loc->pieces[i];

		if (p->value_off <= off && off + size <= p->value_off + p->size)
			return p;
	}
	return NULL;
}

struct capture {
	struct sd_tables *t;
	const struct sd_site *site;
	struct sdw_site *out;
	struct sd_found regs;	/* pointers in the register array */
	struct sd_found stack;	/* pointers relative to the CFA */
	s64 stack_lo, stack_hi; /* CFA-relative span to read; empty when hi <= lo */
};

static void add_root(struct capture *c, struct sdw_root root)
{
	if (c->out->nroots < SDW_MAX_ROOTS)
		c->out->roots[c->out->nroots++] = root;
}

/* A value's pointers whose words lie in registers. The length must be in a register as well. */
static void from_registers(struct capture *c, const struct sd_loc *loc, const struct sd_found *ptrs)
{
	for (u32 i = 0; i < ptrs->n; i++) {
		struct sdw_ptr p = ptrs->v[i];
		const struct sd_piece *word = piece_at(loc, p.off, 8), *len = NULL;

		if (!word || word->kind != SD_PIECE_REG || word->value_off != p.off)
			continue;
		if (sd_ptr_has_len(&p)) {
			len = piece_at(loc, p.len_off, 8);
			if (!len || len->kind != SD_PIECE_REG || len->value_off != p.len_off)
				continue;
			p.len_off = 8 * len->reg;
		}
		p.off = 8 * word->reg;
		sd_found_add(&c->regs, p);
	}
}

/* Pieces of one value in memory that are read as one range, [lo, hi) from their base. */
struct group {
	const struct sd_loc *loc;
	u64 members; /* bits: indexes of pieces */
	const struct sd_piece *first;
	s64 lo, hi;
};

/* The piece k and what lies near it. */
static struct group group_of(const struct sd_loc *loc, u32 k)
{
	const struct sd_piece *first = &loc->pieces[k];
	struct group g = {loc, 1ULL << k, first, first->off, first->off + (s64)first->size};

	for (u32 i = k + 1; i < loc->n && i < MAX_PIECES && !first->deref; i++) {
		const struct sd_piece *p = &loc->pieces[i];
		s64 lo = SD_MIN(g.lo, p->off), hi = SD_MAX(g.hi, p->off + (s64)p->size);

		if (p->kind != first->kind || p->reg != first->reg || p->deref ||
		    hi - lo > SD_MAX(GROUP_SPAN, g.hi - g.lo))
			continue;
		g.members |= 1ULL << i;
		g.lo = lo;
		g.hi = hi;
	}
	return g;
}

/* Where the word at off of the value lies: in the group, whose start is 0, or in a register. */
static bool word_at(const struct group *g, u32 off, u32 *ret)
{
	for (u32 i = 0; i < g->loc->n && i < MAX_PIECES; i++) {
		const struct sd_piece *p = &g->loc->pieces[i];

		if (off < p->value_off || off + 8 > p->value_off + p->size)
			continue;
		if (g->members >> i & 1)
			*ret = (u32)(p->off - g->lo) + (off - p->value_off);
		else if (p->kind == SD_PIECE_REG && p->reg < 16 && p->value_off == off)
			*ret = SDW_OFF_REG + 8 * p->reg;
		else
			return false;
		return true;
	}
	return false;
}

/* The pointers with a word in the group: its bytes are their element. */
static struct sd_found group_ptrs(const struct group *g, const struct sd_found *ptrs,
				  struct sdw_ptr *buf)
{
	struct sd_found f = {.v = buf, .cap = SD_TYPE_PTRS};

	for (u32 i = 0; i < ptrs->n; i++) {
		struct sdw_ptr p = ptrs->v[i];
		bool has_len = sd_ptr_has_len(&p);

		if (!word_at(g, p.off, &p.off) || (has_len && !word_at(g, p.len_off, &p.len_off)))
			continue;
		if (!(p.off & SDW_OFF_REG) || (has_len && !(p.len_off & SDW_OFF_REG)))
			sd_found_add(&f, p);
	}
	return f;
}

static void move(struct sdw_ptr *p, s64 by)
{
	p->off += p->off & SDW_OFF_REG ? 0 : (u32)by;
	p->len_off += p->len_off & SDW_OFF_REG ? 0 : (u32)by;
}

static bool joins_stack(const struct capture *c, s64 off, u32 size)
{
	s64 lo = c->stack_hi > c->stack_lo ? SD_MIN(c->stack_lo, off) : off;
	s64 hi = c->stack_hi > c->stack_lo ? SD_MAX(c->stack_hi, off + (s64)size) : off + (s64)size;

	return hi - lo <= STACK_SPAN;
}

static void group_root(struct capture *c, const struct group *g, const struct sd_found *ptrs)
{
	const struct sd_piece *piece = g->first;
	struct sdw_ptr buf[SD_TYPE_PTRS];
	struct sd_found f = group_ptrs(g, ptrs, buf);
	struct sdw_root root = {.deref = piece->deref, .off = g->lo, .off2 = piece->off2};
	u32 size = (u32)(g->hi - g->lo);

	switch (piece->kind) {
	case SD_PIECE_CFA:
		if (!c->site->cfa.known)
			return;
		if (!piece->deref && g->lo >= 0 && joins_stack(c, g->lo, size)) {
			if (c->stack_hi <= c->stack_lo)
				c->stack_lo = c->stack_hi = g->lo;
			c->stack_lo = SD_MIN(c->stack_lo, g->lo);
			c->stack_hi = SD_MAX(c->stack_hi, g->hi);
			for (u32 i = 0; i < f.n; i++) { /* CFA-relative: see finish_stack() */
				move(&f.v[i], g->lo);
				sd_found_add(&c->stack, f.v[i]);
			}
			return;
		}
		root.base = c->site->cfa.reg;
		root.off += c->site->cfa.off;
		break;
	case SD_PIECE_MEM:
		root.base = piece->reg;
		break;
	case SD_PIECE_ADDR:
		root.base = SDW_BASE_ABS;
		break;
	default:
		return;
	}
	root.type = sd_types_add(c->t, size, f.v, f.n);
	add_root(c, root);
}

static void from_memory(struct capture *c, const struct sd_loc *loc, const struct sd_found *ptrs)
{
	u64 done = 0;

	for (u32 k = 0; k < loc->n && k < MAX_PIECES; k++) {
		struct group g;

		if (done >> k & 1)
			continue;
		g = group_of(loc, k);
		done |= g.members;
		group_root(c, &g, ptrs);
	}
}

static void finish_stack(struct capture *c)
{
	if (c->stack_hi <= c->stack_lo)
		return;
	for (u32 i = 0; i < c->stack.n; i++)
		move(&c->stack.v[i], -c->stack_lo);
	add_root(c, (struct sdw_root){
			    .base = c->site->cfa.reg,
			    .off = c->site->cfa.off + c->stack_lo,
			    .type = sd_types_add(c->t, (u64)(c->stack_hi - c->stack_lo), c->stack.v,
						 c->stack.n),
		    });
}

static bool wants_xmm(const struct sd_wanted *v, u32 n)
{
	for (u32 i = 0; i < n; i++)
		for (u32 k = 0; !v[i].loc.why && k < v[i].loc.n; k++)
			if (v[i].loc.pieces[k].kind == SD_PIECE_XMM &&
			    v[i].loc.pieces[k].reg < SDW_NXMM)
				return true;
	return false;
}

void sd_capture_wanted(struct sd_tables *t, const struct sd_site *site,
		       const struct sd_wanted *wanted, u32 n, struct sdw_site *ret)
{
	struct sdw_ptr reg_buf[SD_TYPE_PTRS], stack_buf[SD_TYPE_PTRS], value_buf[SD_TYPE_PTRS];
	struct capture c = {
		.t = t,
		.site = site,
		.out = ret,
		.regs = {.v = reg_buf, .cap = SD_TYPE_PTRS},
		.stack = {.v = stack_buf, .cap = SD_TYPE_PTRS},
	};

	ret->flags &= ~(u32)SDW_SITE_REGS_ONLY;
	ret->nroots = 0;
	ret->regs_type = 0;
	ret->module = t->module;
	ret->depth = t->limits.depth;
	ret->str_limit = SD_MIN(t->limits.str, (u32)SDW_READ_MAX);
	ret->items = t->limits.items;
	ret->bytes = SD_MIN(t->limits.bytes, SDW_BYTES_MAX);
	for (u32 i = 0; i < n; i++) {
		struct sd_found ptrs = {.v = value_buf, .cap = SD_TYPE_PTRS};

		if (wanted[i].loc.why || !wanted[i].type->size)
			continue;
		if (!wanted[i].bytes_only)
			sd_types_find(t, &ptrs, wanted[i].type, wanted[i].depth);
		from_registers(&c, &wanted[i].loc, &ptrs);
		from_memory(&c, &wanted[i].loc, &ptrs);
	}
	finish_stack(&c);
	sd_types_finish(t);
	if (c.regs.n)
		ret->regs_type = sd_types_add(t, 8 * SDW_NREGS, c.regs.v, c.regs.n);
	ret->addr = site->addr.v;
	if (site->drop_if_be)
		ret->flags |= SDW_SITE_DROP_BE;
	ret->flags &= ~(u32)SDW_SITE_WANT_XMM;
	if (wants_xmm(wanted, n)) {
		ret->flags |= SDW_SITE_WANT_XMM;
	} else if (!ret->nroots && !ret->regs_type) {
		ret->flags |= SDW_SITE_REGS_ONLY;
	}
}

void sd_plan_capture(struct sd_tables *t, const struct sd_site *site,
		     const struct sd_variable *vars, u32 n, struct sdw_site *ret)
{
	sd_autofree struct sd_wanted *wanted = sd_xcalloc(SD_MAX(n, 1u), sizeof(*wanted));

	for (u32 i = 0; i < n; i++)
		wanted[i] = (struct sd_wanted){
			.type = vars[i].type, .loc = vars[i].loc, .depth = t->limits.depth};
	sd_capture_wanted(t, site, wanted, n, ret);
}

void sd_plan_stack(const struct sd_go_layout *layout, const struct sd_site *site, u32 frames,
		   struct sdw_site *ret)
{
	ret->frames = frames;
	ret->cfa_reg = site->cfa.known ? site->cfa.reg : 0;
	ret->cfa_off = site->cfa.known ? (s32)site->cfa.off : 0;
	ret->gopc_off = layout ? layout->g_gopc : 0;
	ret->parent_off = layout ? layout->g_parent_goid : 0;
	ret->flags &= ~(u32)SDW_SITE_REGS_ONLY;
}

void sd_plan_goroutine(const struct sd_go_layout *layout, bool abi0, bool want_stack,
		       struct sdw_site *ret)
{
	if (layout->regabi && !abi0) {
		ret->flags |= SDW_SITE_G_R14;
	} else if (layout->tls_known) {
		ret->flags |= SDW_SITE_G_TLS;
		ret->tls_off = layout->tls_off;
	} else {
		return;
	}
	if (want_stack)
		ret->flags |= SDW_SITE_WANT_STACK;
	ret->goid_off = layout->g_goid;
	ret->m_off = layout->g_m;
	ret->curg_off = layout->m_curg;
}
