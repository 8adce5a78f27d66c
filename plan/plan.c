/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture plans: which registers and memory hold the roots, and which of their words are pointers
 * worth following. */
#include "plan/types.h"

#include <string.h>

enum {
	STACK_SPAN = 2048, /* stack values that lie this close are read as one range */
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

/* One memory piece: its pointers, moved to where the piece begins. */
static struct sd_found piece_ptrs(const struct sd_piece *piece, const struct sd_found *ptrs,
				  struct sdw_ptr *buf)
{
	struct sd_found f = {.v = buf, .cap = SD_TYPE_PTRS};

	for (u32 i = 0; i < ptrs->n; i++) {
		struct sdw_ptr p = ptrs->v[i];
		bool has_len = sd_ptr_has_len(&p);

		if (p.off < piece->value_off || p.off + 8 > piece->value_off + piece->size)
			continue;
		if (has_len && (p.len_off < piece->value_off ||
				p.len_off + 8 > piece->value_off + piece->size))
			continue;
		p.off -= piece->value_off;
		p.len_off -= has_len ? piece->value_off : 0;
		sd_found_add(&f, p);
	}
	return f;
}

static bool joins_stack(const struct capture *c, s64 off, u32 size)
{
	s64 lo = c->stack_hi > c->stack_lo ? SD_MIN(c->stack_lo, off) : off;
	s64 hi = c->stack_hi > c->stack_lo ? SD_MAX(c->stack_hi, off + (s64)size) : off + (s64)size;

	return hi - lo <= STACK_SPAN;
}

static void from_memory(struct capture *c, const struct sd_piece *piece,
			const struct sd_found *ptrs)
{
	struct sdw_ptr buf[SD_TYPE_PTRS];
	struct sd_found f = piece_ptrs(piece, ptrs, buf);
	struct sdw_root root = {.deref = piece->deref, .off = piece->off, .off2 = piece->off2};

	switch (piece->kind) {
	case SD_PIECE_CFA:
		if (!c->site->cfa.known)
			return;
		if (!piece->deref && piece->off >= 0 && joins_stack(c, piece->off, piece->size)) {
			if (c->stack_hi <= c->stack_lo)
				c->stack_lo = c->stack_hi = piece->off;
			c->stack_lo = SD_MIN(c->stack_lo, piece->off);
			c->stack_hi = SD_MAX(c->stack_hi, piece->off + (s64)piece->size);
			for (u32 i = 0; i < f.n;
			     i++) { /* CFA-relative for now: see finish_stack() */
				f.v[i].off += (u32)piece->off;
				f.v[i].len_off += (u32)piece->off;
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
	root.type = sd_types_add(c->t, piece->size, f.v, f.n);
	add_root(c, root);
}

static void finish_stack(struct capture *c)
{
	if (c->stack_hi <= c->stack_lo)
		return;
	for (u32 i = 0; i < c->stack.n; i++) {
		c->stack.v[i].off -= (u32)c->stack_lo;
		c->stack.v[i].len_off -= (u32)c->stack_lo;
	}
	add_root(c, (struct sdw_root){
			    .base = c->site->cfa.reg,
			    .off = c->site->cfa.off + c->stack_lo,
			    .type = sd_types_add(c->t, (u64)(c->stack_hi - c->stack_lo), c->stack.v,
						 c->stack.n),
		    });
}

static bool wants_xmm(const struct sd_variable *vars, u32 n)
{
	for (u32 i = 0; i < n; i++)
		for (u32 k = 0; !vars[i].loc.why && k < vars[i].loc.n; k++)
			if (vars[i].loc.pieces[k].kind == SD_PIECE_XMM &&
			    vars[i].loc.pieces[k].reg < SDW_NXMM)
				return true;
	return false;
}

void sd_plan_capture(struct sd_tables *t, const struct sd_site *site,
		     const struct sd_variable *vars, u32 n, struct sdw_site *ret)
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
	ret->bytes = SD_MIN(t->limits.bytes, (u32)SDW_DATA_CAP);
	for (u32 i = 0; i < n; i++) {
		struct sd_found ptrs = {.v = value_buf, .cap = SD_TYPE_PTRS};

		if (vars[i].loc.why || !vars[i].type->size)
			continue;
		sd_types_find(t, &ptrs, vars[i].type, t->limits.depth);
		from_registers(&c, &vars[i].loc, &ptrs);
		for (u32 k = 0; k < vars[i].loc.n; k++)
			from_memory(&c, &vars[i].loc.pieces[k], &ptrs);
	}
	finish_stack(&c);
	sd_types_finish(t);
	if (c.regs.n)
		ret->regs_type = sd_types_add(t, 8 * SDW_NREGS, c.regs.v, c.regs.n);
	ret->addr = site->addr.v;
	if (site->drop_if_be)
		ret->flags |= SDW_SITE_DROP_BE;
	ret->flags &= ~(u32)SDW_SITE_WANT_XMM;
	if (wants_xmm(vars, n)) {
		ret->flags |= SDW_SITE_WANT_XMM;
		ret->bytes = SD_MIN(ret->bytes,
				    (u32)(SDW_DATA_CAP - sizeof(struct sdw_range) - SDW_XMM_BYTES));
	} else if (!ret->nroots && !ret->regs_type) {
		ret->flags |= SDW_SITE_REGS_ONLY;
	}
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
