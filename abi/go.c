/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Go's two calling conventions on amd64: registers (ABIInternal, Go's
 * src/cmd/compile/abi-internal.md) and the stack (ABI0, which is the same algorithm with no
 * registers). Sizes and alignments are worked out anew from the document's "Memory layout"; a type
 * that does not add up (a field that the debug information lacks) is unavailable.
 */
#include <string.h>

#include "abi/assign.h"

enum { NINT = 9, NFP = 15 };

static const u8 int_regs[NINT] = {SD_RAX, SD_RBX, SD_RCX, SD_RDI, SD_RSI,
				  SD_R8,  SD_R9,  SD_R10, SD_R11};

static const char why_unknown[] = "its type is not described";
static const char why_union[] = "a union is no Go type";
static const char why_layout[] = "its type does not add up to its size";
static const char why_tree[] = "its type is too large or too deep";
static const char why_after[] = "it stands behind a value of a type that is not understood";
static const char why_wide[] = "in a vector register wider than 16 bytes";

/* ---- is the type one that the rules speak of, and what is its alignment? ---- */

/* The alignment of a type of one basic kind, whose size must be one of sizes (a mask of 1, 2, 4,
 * …); 0: damaged. */
static u64 basic_align(const struct sd_type *t, u64 sizes, u64 max_align)
{
	if (!t->size || t->size > 32 || (t->size & (t->size - 1)) || !(t->size & sizes))
		return 0;
	return SD_MIN(t->size, max_align);
}

static const char *check(struct sd_type *t, unsigned int depth, unsigned int *nodes,
			 u64 *align_ret);

static const char *check_struct(struct sd_type *t, unsigned int depth, unsigned int *nodes,
				u64 *align_ret)
{
	u64 align = 1, end = 0;

	for (u32 i = 0; i < t->nfields; i++) {
		const struct sd_field *f = &t->fields[i];
		const char *why;
		u64 a;

		if (!f->type || f->bit_size)
			return why_layout;
		why = check(f->type, depth + 1, nodes, &a);
		if (why)
			return why;
		if (f->off != sd_abi_align(end, a))
			return why_layout;
		end = f->off + f->type->size;
		if (end > t->size)
			return why_layout;
		align = SD_MAX(align, a);
	}
	/* a last field without size is followed by a byte, so that its address stays inside */
	if (end && !t->fields[t->nfields - 1].type->size)
		end++;
	if (sd_abi_align(end, align) != t->size)
		return why_layout;
	*align_ret = align;
	return NULL;
}

static const char *check_array(struct sd_type *t, unsigned int depth, unsigned int *nodes,
			       u64 *align_ret)
{
	const char *why;

	if (!t->elem)
		return why_unknown;
	why = check(t->elem, depth + 1, nodes, align_ret);
	if (why)
		return why;
	if (t->elem->size && t->count > SD_ABI_SIZE_MAX / t->elem->size)
		return why_tree;
	return t->count * t->elem->size == t->size ? NULL : why_layout;
}

/* NULL when the size and every part of t are understood, else the reason why not. */
static const char *check(struct sd_type *t, unsigned int depth, unsigned int *nodes, u64 *align_ret)
{
	u64 want = 8;

	if (depth > SD_ABI_DEPTH || ++*nodes > SD_ABI_NODES || t->size > SD_ABI_SIZE_MAX)
		return why_tree;
	sd_type_complete(t);
	*align_ret = 8;
	switch (t->kind) {
	case SD_KIND_UNKNOWN:
	case SD_KIND_VOID:
		return why_unknown;
	case SD_KIND_UNION:
		return why_union;
	case SD_KIND_BOOL:
		want = 1;
		*align_ret = 1;
		break;
	case SD_KIND_INT:
	case SD_KIND_UINT:
	case SD_KIND_ENUM:
		*align_ret = basic_align(t, 1 | 2 | 4 | 8, 8);
		return *align_ret ? NULL : why_layout;
	case SD_KIND_FLOAT:
		*align_ret = basic_align(t, 4 | 8, 8);
		return *align_ret ? NULL : why_layout;
	case SD_KIND_COMPLEX:
		*align_ret = basic_align(t, 8 | 16, 16) / 2;
		return *align_ret ? NULL : why_layout;
	case SD_KIND_STRING:
	case SD_KIND_IFACE:
	case SD_KIND_EFACE:
		want = 16;
		break;
	case SD_KIND_SLICE:
		want = 24;
		break;
	case SD_KIND_PTR:
	case SD_KIND_MAP:
	case SD_KIND_CHAN:
	case SD_KIND_FUNC:
		break;
	case SD_KIND_ARRAY:
		return check_array(t, depth, nodes, align_ret);
	case SD_KIND_STRUCT:
		return check_struct(t, depth, nodes, align_ret);
	default:
		return why_unknown;
	}
	return t->size == want ? NULL : why_layout;
}

/* ---- register assignment of one value ---- */

struct regs {
	u32 i, fp; /* the next integer and floating-point register */
	u32 max_i, max_fp;
	u32 n;
	struct sd_piece pieces[NINT + NFP];
};

static bool take_int(struct regs *r, u64 at, u64 size)
{
	if (r->i == r->max_i)
		return false;
	r->pieces[r->n++] = (struct sd_piece){.kind = SD_PIECE_REG,
					      .reg = int_regs[r->i++],
					      .value_off = (u32)at,
					      .size = (u32)size};
	return true;
}

static bool take_fp(struct regs *r, u64 at, u64 size)
{
	struct sd_piece p = {.kind = SD_PIECE_XMM, .value_off = (u32)at, .size = (u32)size};

	if (r->fp == r->max_fp)
		return false;
	if (size > 16) {
		p.kind = SD_PIECE_NONE;
		p.why = why_wide;
	} else {
		p.reg = (u8)r->fp;
	}
	r->fp++;
	r->pieces[r->n++] = p;
	return true;
}

/* GOEXPERIMENT=simd (1.26): a struct that begins with a tag is one vector register, whatever its
 * fields (cmd/compile/internal/types/size.go, simdify). */
static bool is_simd(const struct sd_type *t)
{
	const char *name;

	if (!t->nfields || t->fields[0].type->size)
		return false;
	name = t->fields[0].type->name;
	return name && (!strcmp(name, "simd/archsimd.v128") ||
			!strcmp(name, "simd/archsimd.v256") || !strcmp(name, "simd/archsimd.v512"));
}

/* "Register-assignment of a value V of underlying type T"; at: where V lies in the whole value. t
 * passed check(). */
static bool assign_regs(struct regs *r, struct sd_type *t, u64 at)
{
	u64 words = 1;

	switch (t->kind) {
	case SD_KIND_FLOAT:
		return take_fp(r, at, t->size);
	case SD_KIND_COMPLEX:
		return take_fp(r, at, t->size / 2) && take_fp(r, at + t->size / 2, t->size / 2);
	case SD_KIND_STRUCT:
		if (is_simd(t))
			return take_fp(r, at, t->size);
		for (u32 i = 0; i < t->nfields; i++)
			if (!assign_regs(r, t->fields[i].type, at + t->fields[i].off))
				return false;
		return true;
	case SD_KIND_ARRAY:
		if (t->count > 1)
			return false;
		return !t->count || assign_regs(r, t->elem, at);
	case SD_KIND_STRING:
	case SD_KIND_IFACE:
	case SD_KIND_EFACE:
		words = 2;
		break;
	case SD_KIND_SLICE:
		words = 3;
		break;
	default:
		return take_int(r, at, t->size);
	}
	for (u64 i = 0; i < words; i++)
		if (!take_int(r, at + 8 * i, 8))
			return false;
	return true;
}

/* ---- the sequence of values ---- */

struct seq {
	struct sd_arena *arena;
	struct regs regs;
	u64 off;	       /* of the stack sequence: CFA + off is its next byte */
	const char *regs_why;  /* not NULL: which registers come next is not known */
	const char *stack_why; /* not NULL: the same of the stack */
};

/* "Assigning a receiver, argument, or result V". */
static struct sd_loc assign(struct seq *s, struct sd_type *t)
{
	struct regs tried = s->regs;
	unsigned int nodes = 0;
	struct sd_loc loc;
	const char *why;
	u64 align;

	why = t ? check(t, 0, &nodes, &align) : why_unknown;
	if (why) {
		s->regs_why = s->stack_why = why_after;
		return sd_abi_unavailable(why);
	}
	if (!t->size) { /* no bytes, but it aligns what follows on the stack */
		s->off = sd_abi_align(s->off, align);
		return (struct sd_loc){0};
	}
	tried.n = 0;
	if (s->regs_why)
		return sd_abi_unavailable(s->regs_why);
	if (assign_regs(&tried, t, 0)) {
		s->regs = tried;
		loc = (struct sd_loc){.n = tried.n};
		loc.pieces = sd_arena_memdup(s->arena, tried.pieces,
					     tried.n * sizeof(*tried.pieces));
		return loc;
	}
	if (s->stack_why)
		return sd_abi_unavailable(s->stack_why);
	s->off = sd_abi_align(s->off, align);
	loc = sd_abi_at_cfa(s->arena, s->off, t->size);
	s->off += t->size;
	if (s->off > SD_ABI_SIZE_MAX)
		s->stack_why = why_tree;
	return loc;
}

void sd_abi_assign_go(bool regs, struct sd_type *const *params, u32 np,
		      struct sd_type *const *results, u32 nr, enum sd_dict dict,
		      struct sd_arena *arena, struct sd_loc *params_ret, struct sd_loc *results_ret,
		      struct sd_loc *dict_ret)
{
	struct sd_type pointer = {.kind = SD_KIND_PTR, .name = "*uint8", .size = 8, .align = 8};
	u32 dict_at = dict == SD_DICT_FIRST ? 0 : dict == SD_DICT_SECOND ? 1 : UINT32_MAX;
	struct sd_loc dict_loc = sd_abi_unavailable("the function has no dictionary");
	struct seq s = {.arena = arena};

	s.regs.max_i = regs ? NINT : 0;
	s.regs.max_fp = regs ? NFP : 0;
	for (u32 i = 0; i < np; i++) {
		if (i == dict_at)
			dict_loc = assign(&s, &pointer);
		params_ret[i] = assign(&s, params[i]);
	}
	if (dict_at != UINT32_MAX && dict_at >= np)
		dict_loc = dict_at == np ? assign(&s, &pointer) : sd_abi_unavailable(why_unknown);
	if (dict_ret)
		*dict_ret = dict_loc;
	s.off = sd_abi_align(s.off, 8);
	s.regs.i = s.regs.fp = 0;
	s.regs_why = NULL;
	for (u32 i = 0; i < nr; i++)
		results_ret[i] = assign(&s, results[i]);
}
