/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expressions → trees. Go's grammar and precedence; C's ->, :: and ~ besides. What stands behind
 * the expression is the caller's, but for words and signs of other languages (foreign.c).
 */
#include "expr/scan.h"

#include <ctype.h>
#include <stdio.h>

static struct sd_err *binary(struct sd_scan *s, int min, struct sd_expr **ret);
static struct sd_err *unary(struct sd_scan *s, struct sd_expr **ret);

/* ---- nodes ---- */

static struct sd_err *node(struct sd_scan *s, enum sd_expr_kind kind, u32 start,
			   struct sd_expr **ret)
{
	struct sd_expr *x = NULL;

	if (s->nodes++ == SD_EXPR_NODES)
		return sd_scan_error(s, start, s->pos, "the expression has more than %d parts",
				     SD_EXPR_NODES);
	x = sd_arena_new(s->arena, struct sd_expr);
	x->kind = kind;
	x->start = start;
	x->height = 1;
	*ret = x;
	return NULL;
}

/* The node is complete: its end and height. */
static struct sd_err *done(struct sd_scan *s, struct sd_expr *x)
{
	struct sd_expr *const under[] = {x->a, x->b, x->c};
	u32 most = 0;

	for (size_t i = 0; i < SD_ARRAY_SIZE(under); i++)
		if (under[i])
			most = SD_MAX(most, under[i]->height);
	for (u32 i = 0; i < x->nargs; i++)
		most = SD_MAX(most, x->args[i]->height);
	x->height = most + 1;
	x->end = s->pos;
	if (x->height > SD_EXPR_DEPTH)
		return sd_err_hint(sd_scan_error(s, x->start, x->end,
						 "the expression is nested deeper than %d",
						 SD_EXPR_DEPTH),
				   "split it: a pattern in matches(x, \"a|b\") takes many "
				   "alternatives");
	return NULL;
}

/* x.(type) that is not yet compared with anything. */
static bool bare_typeof(const struct sd_expr *x)
{
	return x->kind == SD_EXPR_TYPEOF && !x->b;
}

static struct sd_err *refuse_bare(const struct sd_scan *s, const struct sd_expr *x)
{
	if (!bare_typeof(x))
		return NULL;
	return sd_err_hint(
		sd_scan_error(s, x->start, x->end, ".(type) is only compared with a type"),
		"x.(type) == *net.OpError, x.(type) != nil");
}

static struct sd_err *close_bracket(struct sd_scan *s, char c, u32 open, const char *where)
{
	sd_scan_blanks(s);
	if (s->text[s->pos] == c) {
		s->pos++;
		return NULL;
	}
	if (!s->text[s->pos])
		return sd_scan_error(s, open, open + 1, "'%c' is never closed", s->text[open]);
	return sd_scan_unexpected(s, where);
}

/* ---- operands ---- */

static struct sd_err *type_node(struct sd_scan *s, struct sd_expr **ret)
{
	struct sd_expr *x = NULL;
	u32 start;

	sd_scan_blanks(s);
	start = s->pos;
	SD_TRY(node(s, SD_EXPR_TYPE, start, &x));
	SD_TRY(sd_scan_type(s, &x->str));
	x->n = strlen(x->str);
	x->end = s->pos;
	*ret = x;
	return NULL;
}

/* Bytes of the selector at p: a, a.b, a.b.c. */
static u32 selector(const char *p)
{
	u32 end = sd_scan_name(p), n;

	while (end && p[end] == '.' && (n = sd_scan_name(p + end + 1)))
		end += n + 1;
	return end;
}

/*
 * A type that is called, a conversion: []byte(s), (*T)(p), Pair[int,string](p). *ret stays NULL
 * when there is none at the place, which is then as before: nothing but what follows a type tells
 * (*p)(x) from (*p).x.
 */
static void conversion(struct sd_scan *s, struct sd_expr **ret)
{
	struct sd_scan try = *s;
	bool parens = s->text[s->pos] == '(';
	struct sd_expr *x = NULL;
	struct sd_err *err;

	if (parens)
		try.pos++;
	err = type_node(&try, &x);
	if (!err && parens) {
		sd_scan_blanks(&try);
		if (try.text[try.pos] != ')' || x->start + selector(s->text + x->start) == x->end)
			return;
		try.pos++;
	}
	if (err) {
		sd_err_free(err);
		return;
	}
	x->start = s->pos;
	x->end = try.pos;
	sd_scan_blanks(&try);
	if (try.text[try.pos] != '(')
		return;
	try.pos = x->end;
	*s = try;
	*ret = x;
}

/* Names that only debug information has: ~r0, ~b1 (a result without a name), .dict. */
static u32 odd_name(const char *p)
{
	u32 n;

	if (p[0] == '.')
		return (n = sd_scan_name(p + 1)) ? n + 1 : 0;
	if (p[0] != '~' || (p[1] != 'r' && p[1] != 'b'))
		return 0;
	n = (u32)strspn(p + 2, "0123456789");
	return n && sd_scan_name(p + 1) == n + 1 ? n + 2 : 0;
}

static struct sd_err *name(struct sd_scan *s, u32 n, struct sd_expr **ret)
{
	const char *p = s->text + s->pos;
	struct sd_expr *x = NULL;

	if (sd_scan_word(p, "not")) {
		struct sd_scan after = *s;

		after.pos += 3;
		sd_scan_blanks(&after);
		if (sd_scan_name(after.text + after.pos) || after.text[after.pos] == '(')
			return sd_scan_error(s, s->pos, s->pos + 3, "did you mean '!'?");
	}
	SD_TRY(node(s, SD_EXPR_NAME, s->pos, &x));
	x->str = sd_arena_strndup(s->arena, p, n);
	x->n = n;
	s->pos += n;
	x->end = s->pos;
	*ret = x;
	return NULL;
}

static struct sd_err *parenthesised(struct sd_scan *s, struct sd_expr **ret)
{
	u32 open = s->pos++;

	SD_TRY(sd_scan_enter(s));
	SD_TRY(binary(s, 1, ret));
	SD_TRY(close_bracket(s, ')', open, "where ')' should be"));
	s->nest--;
	(*ret)->start = open;
	(*ret)->end = s->pos;
	return NULL;
}

static struct sd_err *operand(struct sd_scan *s, struct sd_expr **ret)
{
	const char *p;
	struct sd_expr *x = NULL;
	u32 start, n;

	sd_scan_blanks(s);
	start = s->pos;
	p = s->text + start;
	if (isdigit((u8)*p) || (*p == '.' && isdigit((u8)p[1]))) {
		SD_TRY(node(s, SD_EXPR_INT, start, &x));
		SD_TRY(sd_scan_number(s, x));
	} else if (*p == '"' || *p == '`') {
		SD_TRY(node(s, SD_EXPR_STRING, start, &x));
		SD_TRY(sd_scan_string(s, &x->str, &x->n));
	} else if (*p == '\'') {
		SD_TRY(node(s, SD_EXPR_INT, start, &x));
		SD_TRY(sd_scan_rune(s, &x->num));
		x->rune = true;
	} else if (*p == '(' || *p == '[' || (sd_scan_word(p, "map") && p[3] == '[') ||
		   sd_scan_word(p, "chan") || sd_scan_word(p, "func") ||
		   sd_scan_word(p, "struct") || sd_scan_word(p, "interface") ||
		   p[selector(p)] == '[') {
		conversion(s, &x);
	}
	if (x) {
		x->end = s->pos;
		*ret = x;
		return NULL;
	}
	if (*p == '(')
		return parenthesised(s, ret);
	n = sd_scan_name(p);
	if (!n)
		n = odd_name(p);
	if (n)
		return name(s, n, ret);
	if (*p == '[')
		return sd_err_hint(sd_scan_unexpected(s, "where an operand should be"),
				   "a conversion is written []byte(x)");
	return sd_scan_no_operand(s);
}

/* ---- what follows an operand: .x  .0  .(T)  ->x  ::x  [i]  [i:j]  (args) ---- */

static struct sd_err *field(struct sd_scan *s, struct sd_expr *a, struct sd_expr **ret)
{
	const char *p;
	struct sd_expr *x = NULL;
	u32 n;

	sd_scan_blanks(s);
	p = s->text + s->pos;
	n = sd_scan_name(p);
	if (!n && isdigit((u8)*p)) {
		n = (u32)strspn(p, "0123456789");
		if (sd_scan_name(p + n) || n > 9 || (*p == '0' && n > 1))
			return sd_scan_error(s, s->pos, s->pos + n + sd_scan_name(p + n),
					     "malformed number of a field");
	}
	if (!n)
		return sd_scan_unexpected(s, "where a field's name should be");
	SD_TRY(node(s, SD_EXPR_FIELD, a->start, &x));
	x->a = a;
	x->str = sd_arena_strndup(s->arena, p, n);
	x->n = n;
	s->pos += n;
	*ret = x;
	return done(s, x);
}

static struct sd_err *assertion(struct sd_scan *s, struct sd_expr *a, struct sd_expr **ret)
{
	u32 open = s->pos++;
	struct sd_expr *x = NULL;

	sd_scan_blanks(s);
	if (sd_scan_word(s->text + s->pos, "type")) {
		SD_TRY(node(s, SD_EXPR_TYPEOF, a->start, &x));
		s->pos += 4;
	} else {
		SD_TRY(node(s, SD_EXPR_ASSERT, a->start, &x));
		SD_TRY(type_node(s, &x->b));
	}
	x->a = a;
	SD_TRY(close_bracket(s, ')', open, "where ')' should be"));
	*ret = x;
	return done(s, x);
}

static struct sd_err *subscript(struct sd_scan *s, struct sd_expr *a, struct sd_expr **ret)
{
	u32 open = s->pos++;
	struct sd_expr *x = NULL;

	SD_TRY(sd_scan_enter(s));
	SD_TRY(node(s, SD_EXPR_INDEX, a->start, &x));
	x->a = a;
	sd_scan_blanks(s);
	if (s->text[s->pos] == ']')
		return sd_scan_error(s, open, s->pos + 1, "an index is missing");
	if (s->text[s->pos] != ':')
		SD_TRY(binary(s, 1, &x->b));
	sd_scan_blanks(s);
	if (s->text[s->pos] == ':') {
		x->kind = SD_EXPR_SLICE;
		s->pos++;
		sd_scan_blanks(s);
		if (s->text[s->pos] != ']' && s->text[s->pos])
			SD_TRY(binary(s, 1, &x->c));
		sd_scan_blanks(s);
		if (s->text[s->pos] == ':')
			return sd_scan_error(s, s->pos, s->pos + 1,
					     "slices have two bounds here, not three");
	}
	SD_TRY(close_bracket(s, ']', open, "where ']' should be"));
	s->nest--;
	*ret = x;
	return done(s, x);
}

enum { MAX_ARGS = 16 };

static struct sd_err *call(struct sd_scan *s, struct sd_expr *a, struct sd_expr **ret)
{
	struct sd_expr *args[MAX_ARGS], *x = NULL;
	u32 open = s->pos++;

	if (a->kind != SD_EXPR_NAME && a->kind != SD_EXPR_FIELD && a->kind != SD_EXPR_TYPE)
		return sd_scan_error(s, a->start, a->end,
				     "only types and the functions of sonde-expr(7) are called");
	SD_TRY(sd_scan_enter(s));
	SD_TRY(node(s, SD_EXPR_CALL, a->start, &x));
	x->a = a;
	sd_scan_blanks(s);
	while (s->text[s->pos] != ')') {
		if (x->nargs && s->text[s->pos] != ',') {
			if (!s->text[s->pos])
				return sd_scan_error(s, open, open + 1, "'(' is never closed");
			return sd_scan_unexpected(s, "where ',' or ')' should be");
		}
		if (x->nargs)
			s->pos++;
		if (x->nargs == SD_ARRAY_SIZE(args))
			return sd_scan_error(s, open, s->pos, "too many arguments");
		SD_TRY(binary(s, 1, &args[x->nargs]));
		x->nargs++;
		sd_scan_blanks(s);
	}
	s->pos++;
	s->nest--;
	x->args = sd_arena_memdup(s->arena, args, x->nargs * sizeof(struct sd_expr *));
	*ret = x;
	return done(s, x);
}

static struct sd_err *postfix(struct sd_scan *s, struct sd_expr **ret)
{
	struct sd_expr *x = NULL;

	SD_TRY(operand(s, &x));
	for (;;) {
		u32 end = s->pos;
		const char *p;

		sd_scan_blanks(s);
		p = s->text + s->pos;
		if (*p == '.' || *p == '[' || *p == '(' || (p[0] == '-' && p[1] == '>') ||
		    (p[0] == ':' && p[1] == ':'))
			SD_TRY(refuse_bare(s, x));
		if (*p == '.') {
			s->pos++;
			sd_scan_blanks(s);
			if (s->text[s->pos] == '(')
				SD_TRY(assertion(s, x, &x));
			else
				SD_TRY(field(s, x, &x));
		} else if ((p[0] == '-' && p[1] == '>') || (p[0] == ':' && p[1] == ':')) {
			s->pos += 2;
			SD_TRY(field(s, x, &x));
		} else if (*p == '[') {
			SD_TRY(subscript(s, x, &x));
		} else if (*p == '(') {
			SD_TRY(call(s, x, &x));
		} else {
			s->pos = end;
			break;
		}
	}
	*ret = x;
	return NULL;
}

/* ---- operators ---- */

static struct sd_err *unary(struct sd_scan *s, struct sd_expr **ret)
{
	static const char signs[] = "*&-!^~+";
	static const enum sd_xop ops[] = {SD_XOP_DEREF, SD_XOP_ADDR,  SD_XOP_NEG, SD_XOP_NOT,
					  SD_XOP_COMPL, SD_XOP_COMPL, SD_XOP_NONE};
	const char *p, *sign;
	struct sd_expr *x = NULL;
	u32 start;

	sd_scan_blanks(s);
	start = s->pos;
	p = s->text + start;
	sign = *p && !odd_name(p) ? strchr(signs, *p) : NULL;
	if (!sign)
		return postfix(s, ret);
	if ((*p == '+' || *p == '-') && p[1] == *p)
		return sd_scan_error(s, start, start + 2, "'%.2s' assigns: expressions only read",
				     p);
	if (p[0] == '&' && (p[1] == '&' || p[1] == '^'))
		return sd_scan_no_operand(s);
	s->pos++;
	if (s->text[s->pos] == '=')
		return sd_scan_no_operand(s);
	SD_TRY(sd_scan_enter(s));
	if (*sign == '+') {
		SD_TRY(unary(s, &x));
		SD_TRY(refuse_bare(s, x));
		x->start = start;
		s->nest--;
		*ret = x;
		return NULL;
	}
	SD_TRY(node(s, SD_EXPR_UNARY, start, &x));
	x->op = ops[sign - signs];
	SD_TRY(unary(s, &x->a));
	SD_TRY(refuse_bare(s, x->a));
	s->nest--;
	*ret = x;
	return done(s, x);
}

enum { COMPARISONS = 3 };

/* Longer ones before their beginnings. */
static const struct {
	char sign[3];
	enum sd_xop op;
	int level;
} operators[] = {
	{"||", SD_XOP_OR, 1},  {"&&", SD_XOP_AND, 2}, {"==", SD_XOP_EQ, 3},
	{"!=", SD_XOP_NE, 3},  {"<=", SD_XOP_LE, 3},  {">=", SD_XOP_GE, 3},
	{"<<", SD_XOP_SHL, 5}, {">>", SD_XOP_SHR, 5}, {"&^", SD_XOP_BCLEAR, 5},
	{"<", SD_XOP_LT, 3},   {">", SD_XOP_GT, 3},   {"+", SD_XOP_ADD, 4},
	{"-", SD_XOP_SUB, 4},  {"|", SD_XOP_BOR, 4},  {"^", SD_XOP_XOR, 4},
	{"*", SD_XOP_MUL, 5},  {"/", SD_XOP_DIV, 5},  {"%", SD_XOP_MOD, 5},
	{"&", SD_XOP_BAND, 5},
};

static struct sd_err *comparison_of_type(struct sd_scan *s, struct sd_expr *x, enum sd_xop op)
{
	x->op = op;
	SD_TRY(type_node(s, &x->b));
	return done(s, x);
}

static struct sd_err *binary(struct sd_scan *s, int min, struct sd_expr **ret)
{
	struct sd_expr *x = NULL, *a = NULL;

	bool type = false; /* behind x.(type) == T */

	SD_TRY(unary(s, &a));
	for (;;) {
		u32 end = s->pos;
		size_t i = 0;
		const char *p;

		sd_scan_blanks(s);
		p = s->text + s->pos;
		while (i < SD_ARRAY_SIZE(operators) &&
		       strncmp(p, operators[i].sign, strlen(operators[i].sign)) != 0)
			i++;
		if (i == SD_ARRAY_SIZE(operators) || operators[i].level < min) {
			s->pos = end;
			break;
		}
		if ((*p == '+' || *p == '-') && p[1] == *p)
			return sd_scan_error(s, s->pos, s->pos + 2,
					     "'%.2s' assigns: expressions only read", p);
		if (type && operators[i].level > COMPARISONS)
			return sd_scan_unexpected(s, "behind a type");
		s->pos += (u32)strlen(operators[i].sign);
		if (bare_typeof(a) &&
		    (operators[i].op == SD_XOP_EQ || operators[i].op == SD_XOP_NE)) {
			SD_TRY(comparison_of_type(s, a, operators[i].op));
			type = true;
			continue;
		}
		SD_TRY(refuse_bare(s, a));
		SD_TRY(node(s, SD_EXPR_BINARY, a->start, &x));
		x->op = operators[i].op;
		x->a = a;
		SD_TRY(binary(s, operators[i].level + 1, &x->b));
		SD_TRY(done(s, x));
		type = false;
		a = x;
	}
	SD_TRY(refuse_bare(s, a));
	*ret = a;
	return NULL;
}

/* ---- the whole ---- */

struct sd_err *sd_scan_expr(struct sd_scan *s, struct sd_expr **ret)
{
	struct sd_expr *x = NULL;

	s->nodes = s->nest = 0;
	SD_TRY(binary(s, 1, &x));
	SD_TRY(sd_scan_foreign(s));
	*ret = x;
	return NULL;
}

struct sd_err *sd_expr_parse(const char *text, u32 start, struct sd_arena *arena,
			     struct sd_expr **ret, u32 *end_ret)
{
	struct sd_scan s = {.text = text, .pos = start, .arena = arena};
	struct sd_expr *x = NULL;

	SD_TRY(sd_scan_expr(&s, &x));
	*ret = x;
	*end_ret = s.pos;
	return NULL;
}

struct sd_err *sd_expr_parse_all(const char *text, struct sd_arena *arena, struct sd_expr **ret)
{
	struct sd_scan s = {.text = text, .arena = arena};
	struct sd_expr *x = NULL;

	SD_TRY(sd_scan_expr(&s, &x));
	sd_scan_blanks(&s);
	if (s.text[s.pos] == ')' || s.text[s.pos] == ']')
		return sd_scan_error(&s, s.pos, s.pos + 1, "'%c' was never opened", s.text[s.pos]);
	if (s.text[s.pos])
		return sd_scan_unexpected(&s, "behind the expression");
	*ret = x;
	return NULL;
}
