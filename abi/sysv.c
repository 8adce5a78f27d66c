/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The System V AMD64 calling convention (psABI §3.2.3 "Parameter Passing"): eightbytes are
 * classified, values of one or two of them travel in registers, the rest in memory. C types; C++
 * classes that are passed by reference look different.
 */
#include <string.h>

#include "abi/assign.h"

enum class { NO_CLASS, INTEGER, SSE, SSEUP, X87, MEMORY };

enum { NINT = 6, NSSE = 8 };

static const u8 int_regs[NINT] = {SD_RDI, SD_RSI, SD_RDX, SD_RCX, SD_R8, SD_R9};
static const u8 int_results[2] = {SD_RAX, SD_RDX};

static const char why_unknown[] = "its type is not described";
static const char why_layout[] = "its type does not add up to its size";
static const char why_tree[] = "its type is too large or too deep";
static const char why_vector[] = "vectors and arrays as such are not understood";
static const char why_align[] = "its type is aligned to more than 16 bytes";
static const char why_after[] = "it stands behind a value of a type that is not understood";
static const char why_x87[] = "in the x87 registers";
static const char why_x87_mem[] = "long double is not understood";

struct classes {
	u8 c[2];	 /* enum class of the first two eightbytes */
	bool in_memory;	 /* a misaligned field was met: all of it is MEMORY */
	bool x87;	 /* a long double is somewhere in it */
	const char *why; /* not NULL: not understood */
	unsigned int nodes;
};

/* psABI §3.2.3, classification, step 4. */
static u8 merge(u8 a, u8 b)
{
	if (a == b || b == NO_CLASS)
		return a;
	if (a == NO_CLASS)
		return b;
	if (a == MEMORY || b == MEMORY)
		return MEMORY;
	if (a == INTEGER || b == INTEGER)
		return INTEGER;
	if (a == X87 || b == X87)
		return MEMORY;
	return SSE;
}

/* Merges class c into the eightbytes that [at, at + size) touches; those beyond 16 bytes do not
 * matter. */
static void mark(struct classes *k, u64 at, u64 size, u8 c)
{
	if (!size)
		return;
	for (u64 i = at / 8; i <= (at + size - 1) / 8 && i < 2; i++)
		k->c[i] = merge(k->c[i], c);
}

static void classify(struct classes *k, struct sd_type *t, u64 at, u64 whole, unsigned int depth);

static void classify_fields(struct classes *k, struct sd_type *t, u64 at, u64 whole,
			    unsigned int depth)
{
	for (u32 i = 0; i < t->nfields && !k->why; i++) {
		const struct sd_field *f = &t->fields[i];
		u64 bits = (u64)f->bit_off + f->bit_size;

		if (!f->type || f->off > t->size ||
		    (f->bit_size ? (bits + 7) / 8 : f->type->size) > t->size - f->off) {
			k->why = why_layout;
			return;
		}
		if (f->bit_size) {
			u64 first = at + f->off + f->bit_off / 8;

			mark(k, first, at + f->off + (bits + 7) / 8 - first, INTEGER);
			continue;
		}
		if (f->type->align > 1 && (at + f->off) % f->type->align)
			k->in_memory = true;
		classify(k, f->type, at + f->off, whole, depth + 1);
	}
}

static void classify_array(struct classes *k, struct sd_type *t, u64 at, u64 whole,
			   unsigned int depth)
{
	struct sd_type *e = t->elem;

	if (!e) {
		k->why = why_unknown;
	} else if (t->align > e->align && t->align > 1) {
		k->why = why_vector; /* only vector types are aligned to more than their elements */
	} else if (e->size && t->count > t->size / e->size) {
		k->why = why_layout;
	} else if (!e->size || !t->count || whole > 16) {
		if (t->count)
			classify(k, e, at, whole, depth + 1);
	} else {
		for (u64 i = 0; i < t->count && !k->why; i++)
			classify(k, e, at + i * e->size, whole, depth + 1);
	}
}

static void classify_float(struct classes *k, struct sd_type *t, u64 at)
{
	if (t->size == 2 || t->size == 4 || t->size == 8) {
		mark(k, at, t->size, SSE);
	} else if (t->size == 16 && t->name && strstr(t->name, "long double")) {
		k->x87 = true;
		mark(k, at, 16, X87);
	} else if (t->size == 16 && t->name && strstr(t->name, "loat128") && at % 16 == 0) {
		mark(k, at, 8, SSE);
		mark(k, at + 8, 8, SSEUP);
	} else {
		k->why = why_unknown;
	}
}

static void classify_complex(struct classes *k, struct sd_type *t, u64 at)
{
	if (t->size == 8 || t->size == 16) {
		mark(k, at, t->size, SSE);
	} else if (t->size == 32) {
		k->x87 = true;
		mark(k, at, 32, MEMORY);
	} else {
		k->why = why_unknown;
	}
}

/* Adds the classes of a value of type t that lies at byte `at` of the whole one. */
static void classify(struct classes *k, struct sd_type *t, u64 at, u64 whole, unsigned int depth)
{
	if (depth > SD_ABI_DEPTH || ++k->nodes > SD_ABI_NODES || t->size > SD_ABI_SIZE_MAX) {
		k->why = why_tree;
		return;
	}
	if (!t->align || (t->align & (t->align - 1))) {
		k->why = why_layout;
		return;
	}
	if (t->align > 16) {
		k->why = why_align;
		return;
	}
	sd_type_complete(t);
	switch (t->kind) {
	case SD_KIND_BOOL:
	case SD_KIND_INT:
	case SD_KIND_UINT:
	case SD_KIND_ENUM:
		if (!t->size || t->size > 16 || (t->size & (t->size - 1)))
			k->why = why_layout;
		else
			mark(k, at, t->size, INTEGER);
		break;
	case SD_KIND_PTR:
	case SD_KIND_FUNC:
	case SD_KIND_MAP:
	case SD_KIND_CHAN:
		if (t->size != 8)
			k->why = why_layout;
		else
			mark(k, at, 8, INTEGER);
		break;
	case SD_KIND_STRING: /* Go's in exported cgo functions: structs of words */
	case SD_KIND_IFACE:
	case SD_KIND_EFACE:
	case SD_KIND_SLICE:
		mark(k, at, t->size, INTEGER);
		break;
	case SD_KIND_FLOAT:
		classify_float(k, t, at);
		break;
	case SD_KIND_COMPLEX:
		classify_complex(k, t, at);
		break;
	case SD_KIND_ARRAY:
		if (depth)
			classify_array(k, t, at, whole, depth);
		else
			k->why = why_vector;
		break;
	case SD_KIND_STRUCT:
	case SD_KIND_UNION:
		classify_fields(k, t, at, whole, depth);
		break;
	default:
		k->why = why_unknown;
	}
}

static struct classes classes_of(struct sd_type *t)
{
	struct classes k = {0};

	classify(&k, t, 0, t->size, 0);
	if (k.why)
		return k;
	/* post-merger clean-up (step 5), and more than two eightbytes */
	if (t->size > 16 || k.in_memory || k.c[0] == MEMORY || k.c[1] == MEMORY ||
	    (k.c[1] == X87 && k.c[0] != X87))
		k.c[0] = k.c[1] = MEMORY;
	else if (k.c[1] == SSEUP && k.c[0] != SSE)
		k.c[1] = SSE;
	return k;
}

/* What the argument area aligns a value to: scalars to their size, aggregates as declared, all
 * to 8. */
static u64 area_align(const struct sd_type *t)
{
	u64 align = SD_MAX(t->align, 8);

	if (t->size == 16 &&
	    (t->kind == SD_KIND_INT || t->kind == SD_KIND_UINT || t->kind == SD_KIND_FLOAT))
		align = 16;
	return align;
}

static bool is_memory(const struct classes *k)
{
	return k->c[0] == MEMORY;
}

/* Pieces of a value whose eightbytes travel in registers; the counters move. */
static struct sd_loc in_registers(const struct classes *k, u64 size, const u8 *ints, u32 *i,
				  u32 *sse, struct sd_arena *arena)
{
	struct sd_loc loc = {.pieces = sd_arena_array(arena, struct sd_piece, 2)};

	for (u32 b = 0; b < 2; b++) {
		struct sd_piece p = {.value_off = 8 * b,
				     .size = (u32)SD_MIN(size - SD_MIN(size, 8 * b), 8)};

		if (k->c[b] == INTEGER) {
			p.kind = SD_PIECE_REG;
			p.reg = ints[(*i)++];
		} else if (k->c[b] == SSE) {
			p.kind = SD_PIECE_XMM;
			p.reg = (u8)(*sse)++;
			if (b == 0 && k->c[1] == SSEUP)
				p.size = 16;
		} else {
			continue; /* padding, or the upper half of the register before */
		}
		loc.pieces[loc.n++] = p;
	}
	return loc;
}

struct args {
	u32 i, sse;	 /* the next registers */
	u64 off;	 /* of the next argument in memory */
	const char *why; /* not NULL: where the next one lies is not known */
	struct sd_arena *arena;
};

static struct sd_loc assign_arg(struct args *a, struct sd_type *t)
{
	struct classes k = {.why = why_unknown};
	u32 ints = 0, sses = 0;
	struct sd_loc loc;

	if (a->why)
		return sd_abi_unavailable(a->why);
	if (t)
		k = classes_of(t);
	if (k.why) {
		a->why = why_after;
		return sd_abi_unavailable(k.why);
	}
	for (u32 b = 0; b < 2; b++) {
		ints += k.c[b] == INTEGER;
		sses += k.c[b] == SSE;
	}
	if (!is_memory(&k) && !k.x87 && (ints || sses) && a->i + ints <= NINT &&
	    a->sse + sses <= NSSE)
		return in_registers(&k, t->size, int_regs, &a->i, &a->sse, a->arena);
	if (!is_memory(&k) && !k.x87 && !ints && !sses)
		return (struct sd_loc){0}; /* nothing in it: not passed at all */
	a->off = sd_abi_align(a->off, area_align(t));
	loc = k.x87 && t->kind != SD_KIND_STRUCT && t->kind != SD_KIND_UNION
		      ? sd_abi_unavailable(why_x87_mem)
		      : sd_abi_at_cfa(a->arena, a->off, t->size);
	a->off += sd_abi_align(t->size, 8);
	if (a->off > SD_ABI_SIZE_MAX)
		a->why = why_tree;
	return loc;
}

static struct sd_loc result_loc(const struct classes *k, const struct sd_type *t,
				struct sd_arena *arena)
{
	u32 i = 0, sse = 0;
	struct sd_loc loc;

	if (k->why)
		return sd_abi_unavailable(k->why);
	if (!is_memory(k))
		return k->x87 ? sd_abi_unavailable(why_x87)
			      : in_registers(k, t->size, int_results, &i, &sse, arena);
	if (k->x87 && t->kind == SD_KIND_COMPLEX)
		return sd_abi_unavailable(why_x87);
	/* rax holds the address that the caller passed in rdi */
	loc = (struct sd_loc){.pieces = sd_arena_new(arena, struct sd_piece), .n = 1};
	*loc.pieces = (struct sd_piece){.kind = SD_PIECE_MEM, .reg = SD_RAX, .size = (u32)t->size};
	return loc;
}

void sd_abi_assign_sysv(struct sd_type *const *params, u32 np, struct sd_type *const *results,
			u32 nr, struct sd_arena *arena, struct sd_loc *params_ret,
			struct sd_loc *results_ret)
{
	struct args a = {.arena = arena};

	for (u32 i = 0; i < nr; i++) {
		struct sd_type *t = results[i];
		struct classes k = {.why = why_unknown};

		if (i) {
			results_ret[i] = sd_abi_unavailable("a C function has one result");
			continue;
		}
		if (t && t->kind == SD_KIND_VOID) {
			results_ret[0] = (struct sd_loc){0};
			continue;
		}
		if (t)
			k = classes_of(t);
		results_ret[0] = result_loc(&k, t, arena);
		/* a result in memory takes rdi; when the result is not understood, nor are the
		 * arguments */
		if (k.why)
			a.why = "its place depends on the result, whose type is not understood";
		else if (is_memory(&k) && !(k.x87 && t->kind == SD_KIND_COMPLEX))
			a.i = 1;
	}
	for (u32 i = 0; i < np; i++)
		params_ret[i] = assign_arg(&a, params[i]);
}
