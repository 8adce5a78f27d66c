/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers: booleans, integers, C enumerations and bit-fields, floats, complex numbers. */
#include "decode/walk.h"

#include <string.h>

void sd_value_int(struct sd_value *v, u64 raw, u64 size, bool is_signed)
{
	unsigned int unused = 64 - 8 * (unsigned int)size;

	v->kind = is_signed ? SD_V_INT : SD_V_UINT;
	raw <<= unused;
	if (is_signed)
		v->s = (s64)raw >> unused;
	else
		v->u = raw >> unused;
}

void sd_value_constant(const struct sd_snapshot *snap, const struct sd_type *t,
		       struct sd_arena *arena, struct sd_value *v)
{
	const char *name, *slash;

	if (!t->named || !snap->constant || (v->kind != SD_V_INT && v->kind != SD_V_UINT))
		return;
	name = snap->constant(snap->rodata_ctx, t, v->s);
	if (!name)
		return;
	slash = strrchr(name, '/');
	name = slash ? slash + 1 : name;
	v->text = v->kind == SD_V_INT
			  ? sd_arena_printf(arena, "%s(%lld)", name, (long long)v->s)
			  : sd_arena_printf(arena, "%s(%llu)", name, (unsigned long long)v->u);
}

static void set_bool(struct sd_walk *w, u64 raw, struct sd_value *v)
{
	if (raw > 1) {
		/* not a value that the language can have: a dead register or torn memory */
		sd_value_unavailable(
			v, sd_arena_printf(w->arena, "bad bool 0x%02x", (unsigned int)raw));
		return;
	}
	v->kind = SD_V_BOOL;
	v->u = raw;
}

void sd_decode_bool(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	u8 byte = 0;
	const char *why = sd_place_read(w, p, 0, &byte, 1);

	if (why)
		sd_value_unavailable(v, why);
	else
		set_bool(w, byte, v);
}

static void decode_integer(struct sd_walk *w, u64 size, bool is_signed, struct sd_place p,
			   struct sd_value *v)
{
	const char *why;
	u64 raw = 0;

	if (size != 1 && size != 2 && size != 4 && size != 8) {
		sd_value_unavailable(v, "integer of an unknown size");
		return;
	}
	why = sd_place_read(w, p, 0, &raw, (u32)size);
	if (why)
		sd_value_unavailable(v, why);
	else
		sd_value_int(v, raw, size, is_signed);
}

void sd_decode_int(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	decode_integer(w, t->size, t->kind == SD_KIND_INT, p, v);
	sd_value_constant(w->snap, t, w->arena, v);
}

void sd_decode_enum(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	decode_integer(w, t->size, sd_type_elem(t)->kind == SD_KIND_INT, p, v);
	sd_value_constant(w->snap, t, w->arena, v);
}

void sd_decode_bits(struct sd_walk *w, const struct sd_field *f, struct sd_place p,
		    struct sd_value *v)
{
	const struct sd_type *t = f->type ? f->type : sd_type_unknown();
	unsigned int shift = f->bit_off % 8, bits = f->bit_size;
	enum sd_kind kind = t->kind == SD_KIND_ENUM ? sd_type_elem(f->type)->kind : t->kind;
	u8 raw[16] = {0};
	u64 low, high;
	const char *why;

	v->type = t;
	if (bits > 64 || (kind != SD_KIND_INT && kind != SD_KIND_UINT && kind != SD_KIND_BOOL)) {
		sd_value_unavailable(v, "bit-field of an unknown type");
		return;
	}
	why = sd_place_read(w, p, f->off + f->bit_off / 8, raw, (shift + bits + 7) / 8);
	if (why) {
		sd_value_unavailable(v, why);
		return;
	}
	memcpy(&low, raw, 8);
	memcpy(&high, raw + 8, 8);
	low >>= shift;
	if (shift)
		low |= high << (64 - shift);
	low <<= 64 - bits;
	if (kind == SD_KIND_INT) {
		v->kind = SD_V_INT;
		v->s = (s64)low >> (64 - bits);
		return;
	}
	low >>= 64 - bits;
	if (kind == SD_KIND_BOOL) {
		set_bool(w, low, v);
		return;
	}
	v->kind = SD_V_UINT;
	v->u = low;
}

static double float_at(const u8 *p, u64 size)
{
	double d;
	float f;

	if (size == 4) {
		memcpy(&f, p, 4);
		return (double)f;
	}
	memcpy(&d, p, 8);
	return d;
}

void sd_decode_float(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	const char *why = NULL;
	u8 raw[8];

	if (t->size != 4 && t->size != 8)
		why = "float of an unknown size";
	if (!why)
		why = sd_place_read(w, p, 0, raw, (u32)t->size);
	if (why) {
		sd_value_unavailable(v, why);
		return;
	}
	v->kind = SD_V_FLOAT;
	v->bits = (u8)(t->size * 8);
	v->f = float_at(raw, t->size);
}

void sd_decode_complex(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v)
{
	const char *why = NULL;
	u64 half = t->size / 2;
	u8 raw[16];

	if (t->size != 8 && t->size != 16)
		why = "complex number of an unknown size";
	if (!why)
		why = sd_place_read(w, p, 0, raw, (u32)t->size);
	if (why) {
		sd_value_unavailable(v, why);
		return;
	}
	v->kind = SD_V_COMPLEX;
	v->bits = (u8)(half * 8);
	v->f = float_at(raw, half);
	v->f2 = float_at(raw + half, half);
}
