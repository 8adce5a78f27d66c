/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture plans: which registers and memory hold the roots, and which of their words are pointers worth following. */
#include "plan/plan.h"

#include <string.h>

enum {
	MAX_TYPES = 1 << 15,
	MAX_PTRS = 1 << 17,
	MAX_TYPE_PTRS = 128, /* of one type: an array of structs of strings ends here */
	STACK_SPAN = 2048,   /* stack values that lie this close are read as one range */
};

/** One pointer inside a value, before it is known where the value lies. */
struct found {
	struct sdw_ptr *v;
	u32 n, cap;
};

void sd_tables_init(struct sd_tables *t, const struct sd_limits *limits)
{
	memset(t, 0, sizeof(*t));
	t->limits = *limits;
	sd_vec_push(&t->types, (struct sdw_type){ 0 });
	sd_vec_push(&t->ptrs, (struct sdw_ptr){ 0 });
	sd_vec_push(&t->types, (struct sdw_type){ .size = 8 });
	t->word_type = 1;
}

void sd_tables_deinit(struct sd_tables *t)
{
	sd_arena_deinit(&t->arena);
	sd_vec_free(&t->types);
	sd_vec_free(&t->ptrs);
	sd_map_deinit(&t->by_type);
}

static u32 type_index(struct sd_tables *t, struct sd_type *type, u32 depth);

static void emit(struct found *f, struct sdw_ptr p)
{
	if (f->n < f->cap)
		f->v[f->n++] = p;
}

static void emit_one(struct sd_tables *t, struct found *f, struct sd_type *elem, u64 off, u32 depth)
{
	u32 index;

	if (!depth || !elem->size)
		return;
	index = type_index(t, elem, depth - 1);
	if (index)
		emit(f, (struct sdw_ptr){ .off = (u32)off, .kind = SDW_PTR_ONE, .type = index });
}

static void emit_raw(struct found *f, u64 off, u16 bytes)
{
	emit(f, (struct sdw_ptr){ .off = (u32)off, .kind = SDW_PTR_RAW, .count = bytes });
}

/* Every pointer worth following in a value of type at off, in field order. level bounds nesting of hostile types. */
static void walk(struct sd_tables *t, struct found *f, struct sd_type *type, u64 off, u32 depth, u32 level)
{
	struct sd_type *elem;

	if (level > 16 || off > SDW_READ_MAX || f->n == f->cap)
		return;
	sd_type_complete(type);
	switch (type->kind) {
	case SD_KIND_STRING:
		emit(f, (struct sdw_ptr){ .off = (u32)off, .len_off = (u32)off + 8, .kind = SDW_PTR_BYTES });
		break;
	case SD_KIND_SLICE:
		elem = sd_type_elem(type);
		if (elem->size == 1)
			emit(f, (struct sdw_ptr){ .off = (u32)off, .len_off = (u32)off + 8,
						  .kind = SDW_PTR_BYTES });
		else if (elem->size)
			emit(f, (struct sdw_ptr){ .off = (u32)off, .len_off = (u32)off + 8,
						  .kind = SDW_PTR_SLICE, .type = type_index(t, elem, depth) });
		break;
	case SD_KIND_ARRAY:
		elem = sd_type_elem(type);
		for (u64 i = 0; elem->size && i < SD_MIN(type->count, (u64)t->limits.items); i++)
			walk(t, f, elem, off + i * elem->size, depth, level + 1);
		break;
	case SD_KIND_STRUCT:
		for (u32 i = 0; i < type->nfields; i++)
			walk(t, f, type->fields[i].type, off + type->fields[i].off, depth, level + 1);
		break;
	case SD_KIND_PTR:
		emit_one(t, f, sd_type_elem(type), off, depth);
		break;
	case SD_KIND_IFACE:
		emit_raw(f, off, 16); /* the itab's interface and type words */
		break;
	case SD_KIND_MAP:
		emit_raw(f, off, 8); /* count: the first word of every hash map layout */
		break;
	case SD_KIND_CHAN:
		emit_raw(f, off, 16); /* qcount, dataqsiz */
		break;
	case SD_KIND_FUNC:
		emit_raw(f, off, 8); /* the code pointer */
		break;
	default:
		break;
	}
}

static u32 add_type(struct sd_tables *t, u64 size, const struct sdw_ptr *ptrs, u32 n)
{
	struct sdw_type type = { .size = (u32)SD_MIN(size, (u64)SDW_READ_MAX),
				 .first_ptr = (u32)t->ptrs.n, .nptr = n };

	for (u32 i = 0; i < n; i++)
		sd_vec_push(&t->ptrs, ptrs[i]);
	sd_vec_push(&t->types, type);
	return (u32)t->types.n - 1;
}

static u32 type_index(struct sd_tables *t, struct sd_type *type, u32 depth)
{
	struct sdw_ptr ptrs[MAX_TYPE_PTRS];
	struct found f = { .v = ptrs, .cap = MAX_TYPE_PTRS };
	u64 key = sd_hash64((u64)(uintptr_t)type) ^ depth;
	bool is_new;
	u64 *slot;
	u32 index;

	if (t->types.n >= MAX_TYPES || t->ptrs.n >= MAX_PTRS)
		return 0;
	slot = sd_map_put(&t->by_type, key, &is_new);
	if (!is_new)
		return (u32)*slot;
	index = add_type(t, type->size, NULL, 0);
	*slot = index; /* before the walk: types refer to themselves */
	walk(t, &f, type, 0, depth, 0);
	t->types.v[index].first_ptr = (u32)t->ptrs.n;
	t->types.v[index].nptr = f.n;
	for (u32 i = 0; i < f.n; i++)
		sd_vec_push(&t->ptrs, f.v[i]);
	return index;
}

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
	struct found regs;  /* pointers in the register array */
	struct found stack; /* pointers relative to the CFA */
	s64 stack_lo, stack_hi; /* CFA-relative span to read; empty when hi <= lo */
};

static void add_root(struct capture *c, struct sdw_root root)
{
	if (c->out->nroots < SDW_MAX_ROOTS)
		c->out->roots[c->out->nroots++] = root;
}

/* A value's pointers whose words lie in registers. The length must be in a register as well. */
static void from_registers(struct capture *c, const struct sd_loc *loc, const struct found *ptrs)
{
	for (u32 i = 0; i < ptrs->n; i++) {
		struct sdw_ptr p = ptrs->v[i];
		const struct sd_piece *word = piece_at(loc, p.off, 8), *len = NULL;

		if (!word || word->kind != SD_PIECE_REG || word->value_off != p.off)
			continue;
		if (p.kind == SDW_PTR_BYTES || p.kind == SDW_PTR_SLICE) {
			len = piece_at(loc, p.len_off, 8);
			if (!len || len->kind != SD_PIECE_REG || len->value_off != p.len_off)
				continue;
			p.len_off = 8 * len->reg;
		}
		p.off = 8 * word->reg;
		emit(&c->regs, p);
	}
}

/* One memory piece: its pointers, moved to where the piece begins. */
static struct found piece_ptrs(const struct sd_piece *piece, const struct found *ptrs, struct sdw_ptr *buf)
{
	struct found f = { .v = buf, .cap = MAX_TYPE_PTRS };

	for (u32 i = 0; i < ptrs->n; i++) {
		struct sdw_ptr p = ptrs->v[i];
		bool has_len = p.kind == SDW_PTR_BYTES || p.kind == SDW_PTR_SLICE;

		if (p.off < piece->value_off || p.off + 8 > piece->value_off + piece->size)
			continue;
		if (has_len && (p.len_off < piece->value_off ||
				p.len_off + 8 > piece->value_off + piece->size))
			continue;
		p.off -= piece->value_off;
		p.len_off -= has_len ? piece->value_off : 0;
		emit(&f, p);
	}
	return f;
}

static bool joins_stack(const struct capture *c, s64 off, u32 size)
{
	s64 lo = c->stack_hi > c->stack_lo ? SD_MIN(c->stack_lo, off) : off;
	s64 hi = c->stack_hi > c->stack_lo ? SD_MAX(c->stack_hi, off + (s64)size) : off + (s64)size;

	return hi - lo <= STACK_SPAN;
}

static void from_memory(struct capture *c, const struct sd_piece *piece, const struct found *ptrs)
{
	struct sdw_ptr buf[MAX_TYPE_PTRS];
	struct found f = piece_ptrs(piece, ptrs, buf);
	struct sdw_root root = { .deref = piece->deref, .off = piece->off, .off2 = piece->off2 };

	switch (piece->kind) {
	case SD_PIECE_CFA:
		if (!c->site->cfa.known)
			return;
		if (!piece->deref && piece->off >= 0 && joins_stack(c, piece->off, piece->size)) {
			if (c->stack_hi <= c->stack_lo)
				c->stack_lo = c->stack_hi = piece->off;
			c->stack_lo = SD_MIN(c->stack_lo, piece->off);
			c->stack_hi = SD_MAX(c->stack_hi, piece->off + (s64)piece->size);
			for (u32 i = 0; i < f.n; i++) { /* CFA-relative for now: see finish_stack() */
				f.v[i].off += (u32)piece->off;
				f.v[i].len_off += (u32)piece->off;
				emit(&c->stack, f.v[i]);
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
	root.type = add_type(c->t, piece->size, f.v, f.n);
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
			    .type = add_type(c->t, (u64)(c->stack_hi - c->stack_lo), c->stack.v, c->stack.n),
		    });
}

void sd_plan_capture(struct sd_tables *t, const struct sd_site *site, const struct sd_variable *vars, u32 n,
		     struct sdw_site *ret)
{
	struct sdw_ptr reg_buf[MAX_TYPE_PTRS], stack_buf[MAX_TYPE_PTRS], value_buf[MAX_TYPE_PTRS];
	struct capture c = {
		.t = t, .site = site, .out = ret,
		.regs = { .v = reg_buf, .cap = MAX_TYPE_PTRS },
		.stack = { .v = stack_buf, .cap = MAX_TYPE_PTRS },
	};

	ret->flags &= ~(u32)SDW_SITE_REGS_ONLY;
	ret->nroots = 0;
	ret->regs_type = 0;
	ret->depth = t->limits.depth;
	ret->str_limit = SD_MIN(t->limits.str, (u32)SDW_READ_MAX);
	ret->items = t->limits.items;
	ret->bytes = SD_MIN(t->limits.bytes, (u32)SDW_DATA_CAP);
	for (u32 i = 0; i < n; i++) {
		struct found ptrs = { .v = value_buf, .cap = MAX_TYPE_PTRS };

		if (vars[i].loc.why || !vars[i].type->size)
			continue;
		walk(t, &ptrs, vars[i].type, 0, t->limits.depth, 0);
		from_registers(&c, &vars[i].loc, &ptrs);
		for (u32 k = 0; k < vars[i].loc.n; k++)
			from_memory(&c, &vars[i].loc.pieces[k], &ptrs);
	}
	finish_stack(&c);
	if (c.regs.n)
		ret->regs_type = add_type(t, 8 * SDW_NREGS, c.regs.v, c.regs.n);
	ret->addr = site->addr.v;
	if (site->drop_if_be)
		ret->flags |= SDW_SITE_DROP_BE;
	if (!ret->nroots && !ret->regs_type)
		ret->flags |= SDW_SITE_REGS_ONLY;
}

void sd_plan_goroutine(const struct sd_go_layout *layout, bool abi0, bool want_stack, struct sdw_site *ret)
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
