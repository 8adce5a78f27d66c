/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arithmetic as Go does it: integers wrap at their width, shifts may be of any count, floats are
 * rounded to their type after each step. What Go leaves to the machine (a float that no integer of
 * the type can hold) is unavailable.
 */
#include <math.h>

#include "eval/priv.h"

static struct sd_x make_float(struct sd_type *type, double f)
{
	if (type && type->size == 4)
		f = (double)(float)f;
	return (struct sd_x){.kind = SD_X_FLOAT, .type = type, .f = f};
}

struct sd_x sd_x_unary(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x a = sd_x_scalar(ev, n->a);

	if (a.kind == SD_X_NONE)
		return a;
	if (a.kind == SD_X_FLOAT && n->kind == SD_NODE_NEG)
		return make_float(n->type, -a.f);
	if (a.kind != SD_X_WORD)
		return sd_x_none(n, "no number");
	if (n->kind == SD_NODE_NOT)
		return sd_x_word(n->type, !a.word);
	return sd_x_word(n->type, sd_x_wrap(n->type, n->kind == SD_NODE_NEG ? -a.word : ~a.word));
}

static struct sd_x shift(const struct sd_node *n, struct sd_x a, struct sd_x b)
{
	bool is_signed = sd_x_signed(n->type);
	u64 count = b.word, v;

	if (sd_x_signed(b.type) && (s64)count < 0)
		return sd_x_none(n->b, "negative shift count");
	if (n->op == SD_XOP_SHL)
		v = count < 64 ? a.word << count : 0;
	else if (is_signed)
		v = (u64)((s64)a.word >> SD_MIN(count, 63));
	else
		v = count < 64 ? a.word >> count : 0;
	return sd_x_word(n->type, sd_x_wrap(n->type, v));
}

/* b is not 0. The least integer by −1 is itself again. */
static u64 quotient(bool is_signed, u64 a, u64 b)
{
	if (!is_signed)
		return a / b;
	return (s64)b == -1 ? -a : (u64)((s64)a / (s64)b);
}

static u64 remainder_of(bool is_signed, u64 a, u64 b)
{
	if (!is_signed)
		return a % b;
	return (s64)b == -1 ? 0 : (u64)((s64)a % (s64)b);
}

static struct sd_x arith_word(const struct sd_node *n, struct sd_x a, struct sd_x b)
{
	bool is_signed = sd_x_signed(n->type);
	u64 v;

	switch (n->op) {
	case SD_XOP_ADD:
		v = a.word + b.word;
		break;
	case SD_XOP_SUB:
		v = a.word - b.word;
		break;
	case SD_XOP_MUL:
		v = a.word * b.word;
		break;
	case SD_XOP_DIV:
	case SD_XOP_MOD:
		if (!b.word)
			return sd_x_none(NULL, "division by zero");
		v = n->op == SD_XOP_DIV ? quotient(is_signed, a.word, b.word)
					: remainder_of(is_signed, a.word, b.word);
		break;
	case SD_XOP_BAND:
		v = a.word & b.word;
		break;
	case SD_XOP_BCLEAR:
		v = a.word & ~b.word;
		break;
	case SD_XOP_BOR:
		v = a.word | b.word;
		break;
	case SD_XOP_XOR:
		v = a.word ^ b.word;
		break;
	default:
		return sd_x_none(n, "no such operation");
	}
	return (struct sd_x){.kind = SD_X_WORD,
			     .type = n->type,
			     .w = a.w ? a.w : b.w,
			     .word = sd_x_wrap(n->type, v)};
}

static struct sd_x arith_float(const struct sd_node *n, double a, double b)
{
	switch (n->op) {
	case SD_XOP_ADD:
		return make_float(n->type, a + b);
	case SD_XOP_SUB:
		return make_float(n->type, a - b);
	case SD_XOP_MUL:
		return make_float(n->type, a * b);
	case SD_XOP_DIV:
		return make_float(n->type, a / b);
	default:
		return sd_x_none(n, "no such operation");
	}
}

struct sd_x sd_x_arith(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_x a = sd_x_scalar(ev, n->a), b;

	if (a.kind == SD_X_NONE)
		return a;
	b = sd_x_scalar(ev, n->b);
	if (b.kind == SD_X_NONE)
		return b;
	if (n->op == SD_XOP_ADD && n->type->kind == SD_KIND_STRING)
		return sd_x_concat(ev, n, a, b);
	if (a.kind == SD_X_FLOAT && b.kind == SD_X_FLOAT)
		return arith_float(n, a.f, b.f);
	if (a.kind != SD_X_WORD || b.kind != SD_X_WORD)
		return sd_x_none(n, "no number");
	if (n->op == SD_XOP_SHL || n->op == SD_XOP_SHR)
		return shift(n, a, b);
	return arith_word(n, a, b);
}

static struct sd_x float_to_word(struct sd_ev *ev, const struct sd_node *n, double f)
{
	unsigned int bits = n->type->size && n->type->size < 8 ? 8 * (unsigned int)n->type->size
							       : 64;
	bool is_signed = sd_x_signed(n->type);
	double t = trunc(f), past = ldexp(1, (int)bits - is_signed);

	if (!(t < past && t >= (is_signed ? -past : 0)))
		return sd_x_none(NULL, sd_arena_printf(ev->e->arena, "%g is no %s", f,
						       n->type->name ? n->type->name : "integer"));
	return sd_x_word(n->type, is_signed ? (u64)(s64)t : (u64)t);
}

static struct sd_x word_to_float(const struct sd_node *n, struct sd_x a)
{
	/* one rounding, not two */
	if (n->type->size == 4)
		return make_float(n->type, (double)(sd_x_signed(a.type) ? (float)(s64)a.word
									: (float)a.word));
	return make_float(n->type, sd_x_signed(a.type) ? (double)(s64)a.word : (double)a.word);
}

/* []byte(s) of a string in memory: its header with a capacity. */
static struct sd_x string_to_slice(struct sd_ev *ev, const struct sd_node *n, struct sd_x a)
{
	const char *why;
	u64 words[3];

	why = sd_walk_header(a.w, a.p, &words[0], &words[1]);
	if (why)
		return sd_x_none(n->a, why);
	words[2] = words[1];
	return sd_x_place(a.w, n->type, sd_x_words(ev, words, 3));
}

struct sd_x sd_x_convert(struct sd_ev *ev, const struct sd_node *n)
{
	enum sd_kind to = n->type->kind;
	struct sd_x a = sd_x_scalar(ev, n->a);
	bool number = to == SD_KIND_INT || to == SD_KIND_UINT || to == SD_KIND_ENUM;

	if (a.kind == SD_X_NONE)
		return a;
	if (to == SD_KIND_STRING && a.type &&
	    (a.type->kind == SD_KIND_PTR || a.type->kind == SD_KIND_ARRAY))
		return sd_x_c_string(ev, n, a);
	if (a.kind == SD_X_FLOAT && number)
		return float_to_word(ev, n, a.f);
	if (a.kind == SD_X_FLOAT && to == SD_KIND_FLOAT)
		return make_float(n->type, a.f);
	if (a.kind == SD_X_WORD && to == SD_KIND_FLOAT)
		return word_to_float(n, a);
	if (a.kind == SD_X_WORD &&
	    (number || to == SD_KIND_BOOL || sd_type_is_pointer_shaped(n->type))) {
		a.word = sd_x_wrap(n->type, a.word);
		a.type = n->type;
		return a;
	}
	if (a.kind == SD_X_OPEN && to == SD_KIND_STRING)
		return a;
	if (a.kind == SD_X_TEXT && (to == SD_KIND_STRING || to == SD_KIND_SLICE)) {
		a.type = n->type;
		return a;
	}
	if (a.kind != SD_X_PLACE)
		return sd_x_none(n, "cannot be converted");
	if (a.type->kind == SD_KIND_STRING && to == SD_KIND_SLICE)
		return string_to_slice(ev, n, a);
	/* the same shape under another name; a string's header is how a slice's begins */
	if (to == a.type->kind || (to == SD_KIND_STRING && a.type->kind == SD_KIND_SLICE))
		return sd_x_place(a.w, n->type, a.p);
	return sd_x_none(n, "cannot be converted");
}
