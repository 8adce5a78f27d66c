/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Location expressions to pieces. Only what can be said as "register, or memory at register +
 * offset, once dereferenced" is translated; anything else makes its piece unavailable and says why.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dwarf/priv.h"

#define MAX_PIECES 256
#define MAX_STACK  8

/* A value on the expression's stack: base + off, or what lies there, + off2. */
enum base {
	BASE_CONST,
	BASE_REG,
	BASE_CFA,
	BASE_ADDR,
};

struct value {
	enum base base;
	u8 reg;
	bool deref;
	s64 off, off2;
};

struct reader {
	struct sd_dwarf *dw;
	struct sd_arena *arena;
	Dwarf_Attribute *attr; /* whose expression this is */
	u64 pc;
	Dwarf_Die owner; /* has the frame base */
	bool has_owner, inlined;
	bool is_go, optimized;
	Dwarf_Op *ops;
	size_t n, at;
	/* of the piece in hand: */
	struct value stack[MAX_STACK];
	unsigned int depth;
	bool is_value; /* DW_OP_stack_value */
	bool done;     /* piece is complete but for its size */
	struct sd_piece piece;
	const u8 *block; /* DW_OP_implicit_value */
	u64 block_size;
	const char *why;
};

bool sd_dw_location(Dwarf_Die *die, unsigned int name, Dwarf_Attribute *ret)
{
	Dwarf_Block block;

	if (!dwarf_attr_integrate(die, name, ret))
		return false;
	/*
	 * Go writes expressions as blocks, which libdw takes only from DWARF 3 and older. Below 128
	 * bytes a block of one length byte is the same bytes as an exprloc (DWARF 5 §7.5.5).
	 */
	if (ret->form == DW_FORM_block1 && !dwarf_formblock(ret, &block) && block.length < 128)
		ret->form = DW_FORM_exprloc;
	return true;
}

static void fail(struct reader *r, const char *why)
{
	if (!r->why)
		r->why = why;
}

static void push(struct reader *r, struct value v)
{
	if (r->depth == MAX_STACK)
		fail(r, "location is too complex");
	else
		r->stack[r->depth++] = v;
}

static struct value *top(struct reader *r)
{
	if (r->depth)
		return &r->stack[r->depth - 1];
	fail(r, "location is damaged");
	return NULL;
}

static void add(struct reader *r, struct value *v, u64 n)
{
	if (v && v->deref)
		v->off2 = (s64)((u64)v->off2 + n);
	else if (v)
		v->off = (s64)((u64)v->off + n);
}

static void deref(struct reader *r)
{
	struct value *v = top(r);

	if (!v)
		return;
	if (v->deref || v->base == BASE_CONST)
		fail(r, "location follows more than one pointer");
	v->deref = true;
}

/* a + b or a - b where at least b (for +, either) is a constant. */
static void arithmetic(struct reader *r, bool minus)
{
	struct value a, b;

	if (r->depth < 2) {
		fail(r, "location is damaged");
		return;
	}
	b = r->stack[--r->depth];
	a = r->stack[--r->depth];
	if (!minus && a.base == BASE_CONST && !a.deref) {
		struct value swap = a;

		a = b;
		b = swap;
	}
	if (b.base != BASE_CONST || b.deref) {
		fail(r, "location adds two addresses");
		return;
	}
	add(r, &a, minus ? -(u64)b.off : (u64)b.off);
	push(r, a);
}

static void in_register(struct reader *r, u64 reg)
{
	r->done = true;
	if (reg < SD_RIP) {
		r->piece.kind = SD_PIECE_REG;
		r->piece.reg = (u8)reg;
	} else if (reg >= SD_XMM0 && reg < SD_XMM0 + 16) {
		r->piece.kind = SD_PIECE_XMM;
		r->piece.reg = (u8)(reg - SD_XMM0);
	} else {
		fail(r,
		     sd_arena_printf(r->arena, "in DWARF register %" PRIu64 ": not readable", reg));
	}
}

static void register_value(struct reader *r, u64 reg, u64 off)
{
	if (reg < SD_RIP)
		push(r, (struct value){.base = BASE_REG, .reg = (u8)reg, .off = (s64)off});
	else
		fail(r, sd_arena_printf(r->arena, "location is relative to DWARF register %" PRIu64,
					reg));
}

/* The DIE whose frame base counts for the parameter: remembered, or the innermost subprogram around
 * it. */
static void find_owner(struct reader *r, Dwarf_Die *die)
{
	u64 *known = sd_map_get(&r->dw->owners, dwarf_dieoffset(die));
	Dwarf_Die *scopes = NULL;
	int n;

	if (known) {
		r->has_owner = dwarf_offdie(r->dw->dw, *known / 2, &r->owner) != NULL;
		r->inlined = *known % 2;
		return;
	}
	if (r->dw->walking && dwarf_dieoffset(die) > r->dw->walking) {
		r->has_owner = dwarf_offdie(r->dw->dw, r->dw->walking, &r->owner) != NULL;
		return;
	}
	n = dwarf_getscopes_die(die, &scopes);
	for (int i = 1; i < n && !r->has_owner; i++) {
		r->has_owner = dwarf_tag(&scopes[i]) == DW_TAG_subprogram;
		r->inlined = r->inlined || dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine;
		r->owner = scopes[i];
	}
	free(scopes);
}

static void frame_base(struct reader *r, u64 off)
{
	Dwarf_Attribute attr;
	Dwarf_Op *ops;
	size_t n;

	if (!r->has_owner || !sd_dw_location(&r->owner, DW_AT_frame_base, &attr) ||
	    dwarf_getlocation_addr(&attr, r->pc, &ops, &n, 1) != 1 || n != 1) {
		fail(r, "frame base is unknown here");
		return;
	}
	if (ops[0].atom == DW_OP_call_frame_cfa)
		push(r, (struct value){.base = BASE_CFA, .off = (s64)off});
	else if (ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31)
		register_value(r, ops[0].atom - DW_OP_reg0, off);
	else if (ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31)
		register_value(r, ops[0].atom - DW_OP_breg0, ops[0].number + off);
	else
		fail(r, sd_arena_printf(r->arena, "frame base uses DW_OP_0x%02x", ops[0].atom));
}

static void address_by_index(struct reader *r, Dwarf_Op *op)
{
	Dwarf_Attribute attr;
	Dwarf_Addr addr;

	if (dwarf_getlocation_attr(r->attr, op, &attr) || dwarf_formaddr(&attr, &addr))
		fail(r, "location is damaged");
	else
		push(r, (struct value){.base = BASE_ADDR, .off = (s64)addr});
}

static void implicit_value(struct reader *r, Dwarf_Op *op)
{
	Dwarf_Block block;

	if (dwarf_getlocation_implicit_value(r->attr, op, &block) || !block.data) {
		fail(r, "location is damaged");
		return;
	}
	r->done = true;
	r->block = block.data;
	r->block_size = block.length;
}

static void step(struct reader *r, Dwarf_Op *op)
{
	unsigned int atom = op->atom;

	if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31) {
		in_register(r, atom - DW_OP_reg0);
	} else if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31) {
		register_value(r, atom - DW_OP_breg0, op->number);
	} else if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) {
		push(r, (struct value){.off = atom - DW_OP_lit0});
	} else {
		switch (atom) {
		case DW_OP_regx:
			in_register(r, op->number);
			break;
		case DW_OP_bregx:
			register_value(r, op->number, op->number2);
			break;
		case DW_OP_fbreg:
			frame_base(r, op->number);
			break;
		case DW_OP_call_frame_cfa:
			push(r, (struct value){.base = BASE_CFA});
			break;
		case DW_OP_addr:
			push(r, (struct value){.base = BASE_ADDR, .off = (s64)op->number});
			break;
		case DW_OP_addrx:
		case DW_OP_GNU_addr_index:
			address_by_index(r, op);
			break;
		case DW_OP_const1u:
		case DW_OP_const1s:
		case DW_OP_const2u:
		case DW_OP_const2s:
		case DW_OP_const4u:
		case DW_OP_const4s:
		case DW_OP_const8u:
		case DW_OP_const8s:
		case DW_OP_constu:
		case DW_OP_consts:
			push(r, (struct value){.off = (s64)op->number});
			break;
		case DW_OP_plus_uconst:
			add(r, top(r), op->number);
			break;
		case DW_OP_plus:
			arithmetic(r, false);
			break;
		case DW_OP_minus:
			arithmetic(r, true);
			break;
		case DW_OP_deref:
			deref(r);
			break;
		case DW_OP_stack_value:
			r->is_value = true;
			break;
		case DW_OP_implicit_value:
			implicit_value(r, op);
			break;
		case DW_OP_nop:
			break;
		case DW_OP_entry_value:
		case DW_OP_GNU_entry_value:
			fail(r, "entry value: only the caller had it");
			break;
		case DW_OP_implicit_pointer:
		case DW_OP_GNU_implicit_pointer:
			fail(r, "points to a value that was optimized out");
			break;
		case DW_OP_form_tls_address:
		case DW_OP_GNU_push_tls_address:
			fail(r, "thread-local");
			break;
		default:
			fail(r, sd_arena_printf(r->arena, "location uses DW_OP_0x%02x", atom));
			break;
		}
	}
}

/* The piece that the stack's top describes. */
static void from_stack(struct reader *r, u64 size)
{
	struct value v = r->stack[r->depth - 1];
	struct sd_piece *p = &r->piece;

	p->off = v.off;
	p->reg = v.reg;
	if (!r->is_value) {
		if (v.base == BASE_CONST) {
			fail(r, "location is a constant address");
			return;
		}
		p->kind = v.base == BASE_REG   ? SD_PIECE_MEM
			  : v.base == BASE_CFA ? SD_PIECE_CFA
					       : SD_PIECE_ADDR;
		p->deref = v.deref;
		p->off2 = v.off2;
		return;
	}
	if (size > 8) {
		fail(r, "location is a value wider than its register");
		return;
	}
	if (v.deref) {
		/* The value is what lies there: memory. Only when nothing is added to it
		 * afterwards. */
		if (v.off2 || v.base == BASE_CONST) {
			fail(r, "location computes with memory");
			return;
		}
		p->kind = v.base == BASE_REG   ? SD_PIECE_MEM
			  : v.base == BASE_CFA ? SD_PIECE_CFA
					       : SD_PIECE_ADDR;
		return;
	}
	switch (v.base) {
	case BASE_CONST:
		p->kind = SD_PIECE_CONST;
		break;
	case BASE_REG:
		p->kind = SD_PIECE_REGVAL;
		break;
	case BASE_CFA:
		p->kind = SD_PIECE_REGVAL;
		p->reg = 255;
		break;
	case BASE_ADDR:
		/* An address as the value: it would move with the load bias. */
		if (sd_elf_is_pie(r->dw->elf))
			fail(r, "location is an address that moves with the program");
		p->kind = SD_PIECE_CONST;
		break;
	}
}

static void reset_piece(struct reader *r)
{
	r->depth = 0;
	r->is_value = r->done = false;
	r->piece = (struct sd_piece){0};
	r->block = NULL;
	r->why = NULL;
}

static bool emit(struct sd_piece *pieces, u32 *n, struct sd_piece p, u64 size)
{
	if (!size)
		return true;
	if (*n == MAX_PIECES)
		return false;
	p.size = (u32)size;
	pieces[(*n)++] = p;
	return true;
}

/* Ends the piece in hand, size bytes long; false when there are too many. */
static bool end_piece(struct reader *r, u64 size, struct sd_piece *pieces, u32 *n)
{
	if (r->block && !r->why && r->block_size != size)
		fail(r, "location is damaged");
	if (r->block && !r->why) {
		for (u64 o = 0; o < size; o += 8) {
			struct sd_piece p = {.kind = SD_PIECE_CONST};
			u64 step_size = SD_MIN(size - o, (u64)8);

			memcpy(&p.off, r->block + o, step_size);
			if (!emit(pieces, n, p, step_size))
				return false;
		}
		reset_piece(r);
		return true;
	}
	if (!r->why && !r->done) {
		if (r->depth)
			from_stack(r, size);
		else
			fail(r, "optimized out");
	}
	if (!r->why && ((r->piece.kind == SD_PIECE_REG && size > 8) ||
			(r->piece.kind == SD_PIECE_XMM && size > 16)))
		fail(r, "value is wider than its register");
	if (r->why)
		r->piece = (struct sd_piece){.kind = SD_PIECE_NONE, .why = r->why};
	if (!emit(pieces, n, r->piece, size))
		return false;
	reset_piece(r);
	return true;
}

/* The size of a DW_OP_piece or DW_OP_bit_piece in bytes; false when it is not whole bytes of a
 * place's start. */
static bool piece_size(const Dwarf_Op *op, u64 *ret)
{
	*ret = op->number;
	if (op->atom == DW_OP_piece)
		return op->number <= UINT32_MAX;
	*ret = op->number / 8;
	return !(op->number % 8) && !op->number2 && *ret <= UINT32_MAX;
}

static bool is_list(Dwarf_Attribute *attr)
{
	switch (dwarf_whatform(attr)) {
	case DW_FORM_sec_offset:
	case DW_FORM_loclistx:
	case DW_FORM_data4:
	case DW_FORM_data8:
		return true;
	}
	return false;
}

/*
 * Go's optimiser keeps a value as parts ("slots"), drops those that are never used, and writes no
 * DW_OP_piece when one is left: a slice of which only the length is used has a list that says where
 * the length lies, as if that were the slice (cmd/compile/internal/ssa/debug.go, writePendingEntry)
 * [X 1.15, 1.26]. So a place without pieces is that of the whole value only when there is but one
 * part, or when it is no list, or without optimisation.
 */
static struct sd_loc place_whole(struct reader *r, struct sd_type *type, struct sd_piece *p)
{
	bool is_memory = p->kind == SD_PIECE_CFA || p->kind == SD_PIECE_MEM ||
			 p->kind == SD_PIECE_ADDR;
	struct sd_loc loc = {.pieces = p, .n = 1};
	u64 off = 0, size = 0;
	u32 leaves;

	if (!r->is_go || (is_memory && (!r->optimized || !is_list(r->attr))))
		return loc;
	leaves = sd_dw_leaves(type, &off, &size);
	if (leaves == 1 && !is_memory) {
		p->value_off = (u32)off;
		p->size = (u32)size;
		return loc;
	}
	if (leaves == 1)
		return off || size != type->size
			       ? (struct sd_loc){.why = "pieces do not fit the type"}
			       : loc;
	if (p->kind == SD_PIECE_CFA && !p->deref && p->off >= 0 && !r->inlined) {
		loc.unsure = true;
		return loc;
	}
	return (struct sd_loc){.why = "only a part of it has a location"};
}

/* An expression without pieces. */
static struct sd_loc translate_whole(struct reader *r, struct sd_type *type,
				     struct sd_piece *pieces)
{
	u64 size = type->size, off;
	u32 n = 0;

	/* A struct around one scalar is in a register as that scalar is; more than one never are.
	 */
	if (r->is_go && r->done && !r->block && sd_dw_leaves(type, &off, &size) != 1)
		return (struct sd_loc){.why = "only a part of it has a location"};
	if (size > UINT32_MAX)
		return (struct sd_loc){.why = "too large"};
	if (!end_piece(r, size, pieces, &n))
		return (struct sd_loc){.why = "location has too many pieces"};
	if (n == 1 && pieces[0].kind == SD_PIECE_NONE)
		return (struct sd_loc){.why = pieces[0].why};
	if (n == 1)
		return place_whole(r, type, &pieces[0]);
	return sd_dw_place(pieces, n, type, false);
}

/* pieces: MAX_PIECES of them. */
static struct sd_loc translate(struct reader *r, struct sd_type *type, struct sd_piece *pieces)
{
	bool in_pieces = false;
	u64 size, total = 0;
	u32 n = 0;

	for (r->at = 0; r->at < r->n; r->at++) {
		Dwarf_Op *op = &r->ops[r->at];

		if (op->atom != DW_OP_piece && op->atom != DW_OP_bit_piece) {
			step(r, op);
			continue;
		}
		in_pieces = true;
		if (!piece_size(op, &size))
			return (struct sd_loc){.why = "location has pieces of single bits"};
		if (!end_piece(r, size, pieces, &n))
			return (struct sd_loc){.why = "location has too many pieces"};
		total += size;
	}
	if (!in_pieces)
		return translate_whole(r, type, pieces);
	/* Other compilers than Go's count padding, but may leave out the end. */
	if (!r->is_go && total < type->size && type->size - total <= UINT32_MAX) {
		fail(r, "optimized out");
		if (!end_piece(r, type->size - total, pieces, &n))
			return (struct sd_loc){.why = "location has too many pieces"};
	}
	return sd_dw_place(pieces, n, type, r->is_go);
}

/* Keeps the pieces that there are in the arena. When all are gone: says it once. */
static struct sd_loc keep(struct sd_loc loc, struct sd_arena *arena)
{
	u32 gone = 0;

	for (u32 i = 0; i < loc.n; i++)
		gone += loc.pieces[i].kind == SD_PIECE_NONE;
	if (loc.n && gone == loc.n)
		return (struct sd_loc){.why = loc.pieces[0].why};
	if (loc.n)
		loc.pieces = sd_arena_memdup(arena, loc.pieces, loc.n * sizeof(*loc.pieces));
	return loc;
}

static struct sd_loc constant(Dwarf_Attribute *attr, struct sd_type *type, struct sd_arena *arena)
{
	struct sd_piece *p = sd_arena_new(arena, struct sd_piece);
	Dwarf_Block block;
	Dwarf_Sword v;

	p->kind = SD_PIECE_CONST;
	p->size = (u32)type->size;
	if (type->size > 8)
		return (struct sd_loc){.why = "a constant that is too wide"};
	if (!dwarf_formsdata(attr, &v)) {
		p->off = v;
	} else if (!dwarf_formblock(attr, &block) && block.length == type->size) {
		memcpy(&p->off, block.data, block.length);
	} else {
		return (struct sd_loc){.why = "a constant of unknown form"};
	}
	return (struct sd_loc){.pieces = p, .n = 1};
}

bool sd_dw_has_location(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Addr base, lo, hi;
	ptrdiff_t at = 0;
	Dwarf_Op *ops;
	size_t n;

	if (dwarf_hasattr(die, DW_AT_const_value))
		return true;
	if (!sd_dw_location(die, DW_AT_location, &attr))
		return false;
	while ((at = dwarf_getlocations(&attr, at, &base, &lo, &hi, &ops, &n)) > 0)
		for (size_t i = 0; i < n && lo < hi; i++)
			if (ops[i].atom != DW_OP_piece)
				return true;
	return false;
}

static struct sd_loc read_loc(struct sd_dwarf *dw, Dwarf_Die *die, Dwarf_Attribute *attr,
			      Dwarf_Op *ops, size_t n, u64 pc, struct sd_type *type,
			      struct sd_arena *arena)
{
	struct reader r = {.dw = dw, .arena = arena, .attr = attr, .pc = pc, .ops = ops, .n = n};
	struct sd_dw_unit *unit = sd_dw_unit_of(dw, die);
	struct sd_piece pieces[MAX_PIECES];

	r.is_go = unit && unit->lang == DW_LANG_Go;
	r.optimized = !unit || unit->optimized;
	find_owner(&r, die);
	return keep(translate(&r, type, pieces), arena);
}

struct sd_loc sd_dwarf_param_loc(struct sd_dwarf *dw, const struct sd_param *p, struct sd_vaddr pc,
				 struct sd_arena *arena)
{
	Dwarf_Attribute attr;
	Dwarf_Op *ops[4];
	size_t n[4];
	Dwarf_Die die;
	int found;

	if (p->type->kind == SD_KIND_UNKNOWN || p->type->kind == SD_KIND_VOID)
		return (struct sd_loc){.why = "type is unknown"};
	if (!p->type->size)
		return (struct sd_loc){0};
	if (!dwarf_offdie(dw->dw, p->die, &die))
		return (struct sd_loc){.why = "no location"};
	if (!sd_dw_location(&die, DW_AT_location, &attr)) {
		if (dwarf_attr(&die, DW_AT_const_value, &attr))
			return constant(&attr, p->type, arena);
		return (struct sd_loc){.why = "no location"};
	}
	found = dwarf_getlocation_addr(&attr, pc.v, ops, n, SD_ARRAY_SIZE(ops));
	for (int i = 0; i < found; i++)
		if (n[i])
			return read_loc(dw, &die, &attr, ops[i], n[i], pc.v, p->type, arena);
	return (struct sd_loc){.why = sd_dw_has_location(&die) ? "optimized out" : "no location"};
}

bool sd_dwarf_param_from_entry(struct sd_dwarf *dw, const struct sd_param *p)
{
	Dwarf_Attribute attr;
	Dwarf_Op *op;
	Dwarf_Die die;
	size_t n;

	if (!dwarf_offdie(dw->dw, p->die, &die))
		return false;
	if (!sd_dw_location(&die, DW_AT_location, &attr))
		return dwarf_hasattr(&die, DW_AT_const_value);
	if (!sd_dw_is_fixed(&die))
		return true;
	return !dwarf_getlocation(&attr, &op, &n) && n == 1 &&
	       ((op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31) || op->atom == DW_OP_regx);
}
