/* SPDX-License-Identifier: BSD-2-Clause */
/* Trees → text that parses back to them; and their equality. */
#include "expr/scan.h"

#include <stdio.h>

enum { LEVEL_UNARY = 6, LEVEL_POSTFIX = 7 };

static const struct {
	const char *sign;
	int level;
} ops[] = {
	[SD_XOP_NONE] = {"", 0},     [SD_XOP_DEREF] = {"*", 6}, [SD_XOP_ADDR] = {"&", 6},
	[SD_XOP_NEG] = {"-", 6},     [SD_XOP_NOT] = {"!", 6},	[SD_XOP_COMPL] = {"^", 6},
	[SD_XOP_MUL] = {"*", 5},     [SD_XOP_DIV] = {"/", 5},	[SD_XOP_MOD] = {"%", 5},
	[SD_XOP_SHL] = {"<<", 5},    [SD_XOP_SHR] = {">>", 5},	[SD_XOP_BAND] = {"&", 5},
	[SD_XOP_BCLEAR] = {"&^", 5}, [SD_XOP_ADD] = {"+", 4},	[SD_XOP_SUB] = {"-", 4},
	[SD_XOP_BOR] = {"|", 4},     [SD_XOP_XOR] = {"^", 4},	[SD_XOP_EQ] = {"==", 3},
	[SD_XOP_NE] = {"!=", 3},     [SD_XOP_LT] = {"<", 3},	[SD_XOP_LE] = {"<=", 3},
	[SD_XOP_GT] = {">", 3},	     [SD_XOP_GE] = {">=", 3},	[SD_XOP_AND] = {"&&", 2},
	[SD_XOP_OR] = {"||", 1},
};

static int level_of(const struct sd_expr *x)
{
	switch (x->kind) {
	case SD_EXPR_UNARY:
		return LEVEL_UNARY;
	case SD_EXPR_BINARY:
	case SD_EXPR_TYPEOF:
		return ops[x->op].level;
	default:
		return LEVEL_POSTFIX;
	}
}

/* x where something of that level stands: in brackets when it binds less. */
static void print_at(const struct sd_expr *x, int level, struct sd_buf *out)
{
	bool brackets = level_of(x) < level;

	if (brackets)
		sd_buf_ch(out, '(');
	sd_expr_print(x, out);
	if (brackets)
		sd_buf_ch(out, ')');
}

/* What .x, [i] and .(T) stand behind: a number would swallow the point. */
static void print_base(const struct sd_expr *x, struct sd_buf *out)
{
	print_at(x,
		 x->kind == SD_EXPR_INT || x->kind == SD_EXPR_FLOAT ? LEVEL_POSTFIX + 1
								    : LEVEL_POSTFIX,
		 out);
}

static void print_int(const struct sd_expr *x, struct sd_buf *out)
{
	static const struct {
		const char *name;
		u64 ns;
	} units[] = {{"h", 3600000000000}, {"m", 60000000000}, {"s", 1000000000},
		     {"ms", 1000000},	   {"us", 1000},       {"ns", 1}};
	size_t i = 0;

	if (x->rune) {
		if (x->num >= ' ' && x->num < 0x7f)
			sd_buf_printf(out, x->num == '\'' || x->num == '\\' ? "'\\%c'" : "'%c'",
				      (char)x->num);
		else
			sd_buf_printf(out, x->num > 0xffff ? "'\\U%08x'" : "'\\u%04x'",
				      (u32)x->num);
		return;
	}
	if (x->duration) {
		while (x->num % units[i].ns || (!x->num && units[i].ns != 1000000000))
			i++;
		sd_buf_u64(out, x->num / units[i].ns);
		sd_buf_str(out, units[i].name);
		return;
	}
	sd_buf_u64(out, x->num);
}

static void print_float(double f, struct sd_buf *out)
{
	char text[40];

	snprintf(text, sizeof(text), "%.17g", f);
	for (char *p = text; *p; p++)
		if (*p == ',') /* the decimal point of a locale */
			*p = '.';
	sd_buf_str(out, text);
	if (!strpbrk(text, ".e"))
		sd_buf_str(out, ".0");
}

static void print_call(const struct sd_expr *x, struct sd_buf *out)
{
	const char *type = x->a->kind == SD_EXPR_TYPE ? x->a->str : NULL;
	/* []byte(x); others might swallow what follows, or be something else without */
	bool brackets = type && (*type != '[' || strstr(type, "func") || strstr(type, "chan"));

	if (brackets)
		sd_buf_ch(out, '(');
	sd_expr_print(x->a, out);
	if (brackets)
		sd_buf_ch(out, ')');
	sd_buf_ch(out, '(');
	for (u32 i = 0; i < x->nargs; i++) {
		if (i)
			sd_buf_str(out, ", ");
		sd_expr_print(x->args[i], out);
	}
	sd_buf_ch(out, ')');
}

static void print_unary(const struct sd_expr *x, struct sd_buf *out)
{
	/* --x and &&x are other tokens, and so is &^x */
	bool brackets = x->a->kind == SD_EXPR_UNARY &&
			(x->op == SD_XOP_NEG || x->op == SD_XOP_ADDR);

	sd_buf_str(out, ops[x->op].sign);
	print_at(x->a, brackets ? LEVEL_POSTFIX : LEVEL_UNARY, out);
}

void sd_expr_print(const struct sd_expr *x, struct sd_buf *out)
{
	switch (x->kind) {
	case SD_EXPR_INT:
		print_int(x, out);
		return;
	case SD_EXPR_FLOAT:
		print_float(x->f, out);
		return;
	case SD_EXPR_STRING:
		sd_quote(out, x->str, x->n);
		return;
	case SD_EXPR_NAME:
	case SD_EXPR_TYPE:
		sd_buf_str(out, x->str);
		return;
	case SD_EXPR_FIELD:
		print_base(x->a, out);
		sd_buf_printf(out, ".%s", x->str);
		return;
	case SD_EXPR_INDEX:
	case SD_EXPR_SLICE:
		print_base(x->a, out);
		sd_buf_ch(out, '[');
		if (x->b)
			sd_expr_print(x->b, out);
		if (x->kind == SD_EXPR_SLICE)
			sd_buf_ch(out, ':');
		if (x->c)
			sd_expr_print(x->c, out);
		sd_buf_ch(out, ']');
		return;
	case SD_EXPR_UNARY:
		print_unary(x, out);
		return;
	case SD_EXPR_BINARY:
		print_at(x->a, ops[x->op].level, out);
		sd_buf_printf(out, " %s ", ops[x->op].sign);
		print_at(x->b, ops[x->op].level + 1, out);
		return;
	case SD_EXPR_CALL:
		print_call(x, out);
		return;
	case SD_EXPR_ASSERT:
		print_base(x->a, out);
		sd_buf_printf(out, ".(%s)", x->b->str);
		return;
	case SD_EXPR_TYPEOF:
		print_base(x->a, out);
		sd_buf_printf(out, ".(type) %s %s", ops[x->op].sign, x->b->str);
		return;
	}
}

static bool both_equal(const struct sd_expr *a, const struct sd_expr *b)
{
	return a && b ? sd_expr_equal(a, b) : a == b;
}

bool sd_expr_equal(const struct sd_expr *a, const struct sd_expr *b)
{
	if (a->kind != b->kind || a->op != b->op || a->num != b->num ||
	    memcmp(&a->f, &b->f, sizeof(a->f)) != 0 || a->rune != b->rune ||
	    a->duration != b->duration || a->n != b->n || a->nargs != b->nargs ||
	    !a->str != !b->str || (a->str && memcmp(a->str, b->str, a->n) != 0))
		return false;
	for (u32 i = 0; i < a->nargs; i++)
		if (!sd_expr_equal(a->args[i], b->args[i]))
			return false;
	return both_equal(a->a, b->a) && both_equal(a->b, b->b) && both_equal(a->c, b->c);
}
