/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which blocks a Go function's source has and what is declared and assigned where. The grammar is
 * that of go/parser, told by the tokens' shapes: what is a type and what a value is not asked. How
 * deep this goes is bounded by the brackets: nothing here calls itself without one.
 */
#include "lang/go/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "lang/go/source_token.h"

#define NO_TOKEN UINT32_MAX

/* What an expression is the place of. */
struct operand {
	enum { NO_PLACE, VARIABLE, PART, ADDRESS, ADDRESS_OF_PART } place;
	u32 name; /* token */
};

/* What a break or continue may be of. */
struct target {
	struct target *around;
	u32 label; /* token, NO_TOKEN if none */
	bool loop;
	bool left; /* some break (of a loop: or continue) is of it */
};

struct use {
	struct sd_go_use use;
	u32 token;
};

struct parser {
	const char *text;
	const struct sd_go_token *v;
	u32 at;
	struct sd_arena *arena;
	bool header; /* of a statement, outside of brackets: a { behind a name begins its body */
	bool ends;   /* the statement before is one that nothing is reached from */
	bool falls;  /* it is fallthrough */
	u32 label;   /* of the statement that begins, NO_TOKEN if it has none */
	u32 block;   /* the innermost one */
	bool has_goto;
	struct target *target;	     /* the innermost one, on the stack */
	struct sd_strmap names;	     /* to a number of its own each */
	struct sd_map declared;	     /* block << 32 | name's number */
	SD_VEC(struct operand) left; /* sides, of the statements that are open */
	SD_VEC(struct sd_go_block) blocks;
	SD_VEC(struct use) uses;
	SD_VEC(struct sd_go_source_func) funcs;
};

static struct sd_err *expr(struct parser *p, struct operand *ret);
static struct sd_err *statements(struct parser *p);
static struct sd_err *block_body(struct parser *p);

static struct sd_err *fail(const struct parser *p)
{
	const struct sd_go_token *t = &p->v[p->at];

	if (t->kind == SD_GO_END)
		return sd_err_new(SD_ERR_FAILED, "line %u: the file ends here", t->first);
	return sd_err_new(SD_ERR_FAILED, "line %u: no Go that could be followed", t->first);
}

static u8 kind(const struct parser *p)
{
	return p->v[p->at].kind;
}

static bool accept(struct parser *p, u8 k)
{
	if (kind(p) != k)
		return false;
	p->at++;
	return true;
}

static struct sd_err *expect(struct parser *p, u8 k)
{
	return accept(p, k) ? NULL : fail(p);
}

/* Over an opening bracket and all that is in it. */
static struct sd_err *skip_brackets(struct parser *p, u8 open)
{
	if (kind(p) != open)
		return fail(p);
	p->at = p->v[p->at].match + 1;
	return NULL;
}

/* The line where the token before ends. */
static u32 last_line(const struct parser *p)
{
	return p->v[p->at - 1].last;
}

static bool is_word(const struct parser *p, u32 token, const char *word)
{
	const struct sd_go_token *t = &p->v[token];

	return t->kind == SD_GO_IDENT && t->size == strlen(word) &&
	       !memcmp(p->text + t->at, word, t->size);
}

/* ---- blocks and uses ---- */

static u32 open_block(struct parser *p, u8 k, u32 first)
{
	u32 b = (u32)p->blocks.n;

	sd_vec_push(&p->blocks,
		    (struct sd_go_block){.parent = p->block, .first = first, .kind = k});
	p->block = b;
	return b;
}

static void close_block(struct parser *p, u32 last)
{
	p->blocks.v[p->block].last = last;
	p->block = p->blocks.v[p->block].parent;
}

/* Whether that block has a declaration of the name; from now on it has. */
static bool declare(struct parser *p, u32 block, const char *name)
{
	bool is_new;
	u64 *number = sd_strmap_put(&p->names, name, &is_new);

	if (is_new)
		*number = p->names.n;
	sd_map_put(&p->declared, (u64)block << 32 | *number, &is_new);
	return !is_new;
}

static void use(struct parser *p, enum sd_go_use_kind k, u32 token, struct sd_go_use at)
{
	const struct sd_go_token *t = &p->v[token];

	if (is_word(p, token, "_"))
		return;
	at.name = sd_arena_strndup(p->arena, p->text + t->at, t->size);
	at.line = t->first;
	at.block = p->block;
	at.kind = k;
	if (k == SD_GO_DECLARES)
		declare(p, p->block, at.name);
	sd_vec_push(&p->uses, (struct use){at, token});
}

/* ---- types ---- */

static bool begins_type(u8 k)
{
	return k == SD_GO_IDENT || k == SD_GO_FUNC || k == SD_GO_STRUCT || k == SD_GO_INTERFACE ||
	       k == SD_GO_MAP || k == SD_GO_CHAN || k == SD_GO_ARROW || k == '*' || k == '[' ||
	       k == '(';
}

static struct sd_err *type(struct parser *p)
{
	for (;;) {
		u32 t = p->at++;

		switch (p->v[t].kind) {
		case '*':
			break;
		case '[':
			p->at = p->v[t].match + 1;
			break;
		case SD_GO_MAP:
			SD_TRY(skip_brackets(p, '['));
			break;
		case SD_GO_CHAN:
			accept(p, SD_GO_ARROW);
			break;
		case SD_GO_ARROW:
			SD_TRY(expect(p, SD_GO_CHAN));
			break;
		case SD_GO_FUNC:
			SD_TRY(skip_brackets(p, '('));
			if (!begins_type(kind(p)))
				return NULL;
			break;
		case SD_GO_STRUCT:
		case SD_GO_INTERFACE:
			return skip_brackets(p, '{');
		case '(': /* of a type, or of a function's results */
			p->at = p->v[t].match + 1;
			return NULL;
		case SD_GO_IDENT:
			while (accept(p, '.'))
				SD_TRY(expect(p, SD_GO_IDENT));
			return kind(p) == '[' ? skip_brackets(p, '[') : NULL;
		default:
			p->at = t;
			return fail(p);
		}
	}
}

/* The end of a parameter: its comma, or the list's bracket. */
static u32 param_end(const struct parser *p, u32 i, u32 close)
{
	while (i < close && p->v[i].kind != ',') {
		u8 k = p->v[i].kind;

		i = k == '(' || k == '[' || k == '{' ? p->v[i].match + 1 : i + 1;
	}
	return i;
}

/* Whether it is a name with a type: not pkg.T, not T[A]. */
static bool is_named_param(const struct parser *p, u32 i, u32 end)
{
	return p->v[i].kind == SD_GO_IDENT && end > i + 1 && p->v[i + 1].kind != '.' &&
	       !(p->v[i + 1].kind == '[' && p->v[i + 1].match + 1 == end);
}

/* The names of a list of parameters or results, if it has names. */
static void declare_params(struct parser *p, u32 open, struct sd_go_use at)
{
	u32 close = open == NO_TOKEN ? 0 : p->v[open].match;
	bool named = false;

	for (u32 i = open + 1, end; i < close; i = end + 1) {
		end = param_end(p, i, close);
		named |= is_named_param(p, i, end);
	}
	for (u32 i = open + 1, end; named && i < close; i = end + 1) {
		end = param_end(p, i, close);
		if (p->v[i].kind == SD_GO_IDENT && (end == i + 1 || is_named_param(p, i, end)))
			use(p, SD_GO_DECLARES, i, at);
	}
}

/* Parameters and results of a function, and of which tokens they are the brackets. */
static struct sd_err *signature(struct parser *p, u32 *params_ret, u32 *results_ret)
{
	u32 params = p->at, results = NO_TOKEN;

	SD_TRY(skip_brackets(p, '('));
	if (kind(p) == '(') {
		results = p->at;
		SD_TRY(skip_brackets(p, '('));
	} else if (begins_type(kind(p))) {
		SD_TRY(type(p));
	}
	*params_ret = params;
	*results_ret = results;
	return NULL;
}

/* ---- expressions ---- */

/* What is in brackets: expressions and types, with , or : between them, up to the closing one. */
static struct sd_err *in_brackets(struct parser *p)
{
	u32 close = p->v[p->at].match;
	bool header = p->header;
	struct operand x;

	p->at++;
	p->header = false;
	while (p->at < close) {
		if (accept(p, ',') || accept(p, ':') || accept(p, SD_GO_ELLIPSIS))
			continue;
		SD_TRY(expr(p, &x));
	}
	p->header = header;
	return expect(p, p->v[close].kind);
}

/* The braces of a composite literal, with those that are in them and have no type. */
static struct sd_err *literal_value(struct parser *p)
{
	u32 close = p->v[p->at].match;
	bool header = p->header;
	struct operand x;

	p->at++;
	p->header = false;
	while (p->at < close) {
		if (accept(p, ',') || accept(p, ':'))
			continue;
		if (kind(p) == '{')
			SD_TRY(literal_value(p));
		else
			SD_TRY(expr(p, &x));
	}
	p->header = header;
	return expect(p, '}');
}

/* A function type, or a literal with its body. */
static struct sd_err *func_lit(struct parser *p)
{
	u32 first = p->v[p->at++].first, params, results;
	struct target *target = p->target;
	bool header = p->header;

	SD_TRY(signature(p, &params, &results));
	if (kind(p) != '{')
		return NULL;
	open_block(p, SD_GO_FUNC_LIT, first);
	declare_params(p, params, (struct sd_go_use){.first = first, .last = p->v[p->at].first});
	declare_params(p, results, (struct sd_go_use){.first = first, .last = p->v[p->at].first});
	p->target = NULL;
	p->header = false;
	SD_TRY(block_body(p));
	p->target = target;
	p->header = header;
	close_block(p, last_line(p));
	return NULL;
}

/* The first part of a primary expression. *ret_names: T{ may follow, but not in a header;
 * *ret_type: T{ follows even there. */
static struct sd_err *operand(struct parser *p, struct operand *ret, bool *names_ret,
			      bool *type_ret)
{
	bool header = p->header;

	switch (kind(p)) {
	case SD_GO_IDENT:
		*ret = (struct operand){VARIABLE, p->at++};
		*names_ret = true;
		return NULL;
	case SD_GO_LITERAL:
		p->at++;
		return NULL;
	case '(':
		p->at++;
		p->header = false;
		SD_TRY(expr(p, ret));
		p->header = header;
		return expect(p, ')');
	case SD_GO_FUNC:
		return func_lit(p);
	case '[':
	case SD_GO_MAP:
	case SD_GO_STRUCT:
		*type_ret = true;
		return type(p);
	case SD_GO_CHAN:
	case SD_GO_INTERFACE:
		return type(p);
	default:
		return fail(p);
	}
}

static struct sd_err *primary(struct parser *p, struct operand *ret)
{
	struct operand x = {NO_PLACE, NO_TOKEN};
	bool names = false, is_type = false;

	SD_TRY(operand(p, &x, &names, &is_type));
	for (;;) {
		switch (kind(p)) {
		case '.':
			p->at++;
			if (kind(p) == '(') { /* of a type */
				SD_TRY(skip_brackets(p, '('));
				x.place = NO_PLACE;
				names = is_type = false;
				break;
			}
			SD_TRY(expect(p, SD_GO_IDENT));
			x.place = x.place ? PART : NO_PLACE;
			is_type = false;
			break;
		case '[':
			SD_TRY(in_brackets(p));
			x.place = x.place ? PART : NO_PLACE;
			is_type = false;
			break;
		case '(':
			SD_TRY(in_brackets(p));
			x.place = NO_PLACE;
			names = is_type = false;
			break;
		case '{':
			if (!is_type && (!names || p->header)) {
				*ret = x;
				return NULL;
			}
			SD_TRY(literal_value(p));
			x.place = NO_PLACE;
			names = is_type = false;
			break;
		default:
			*ret = x;
			return NULL;
		}
	}
}

static bool is_unary(u8 k)
{
	return k == '*' || k == '&' || k == SD_GO_ARROW || k == '+' || k == '-' || k == '!' ||
	       k == '^' || k == '~';
}

static bool is_binary(u8 k)
{
	return k == SD_GO_BINARY || (k && k < 128 && strchr("+-*/%&|^<>", k));
}

static void apply_unary(struct operand *x, u8 k)
{
	if (k == '&' && (x->place == VARIABLE || x->place == PART))
		x->place = x->place == VARIABLE ? ADDRESS : ADDRESS_OF_PART;
	else if (k == '*' && (x->place == ADDRESS || x->place == ADDRESS_OF_PART))
		x->place = x->place == ADDRESS ? VARIABLE : PART;
	else
		x->place = NO_PLACE;
}

static struct sd_err *expr(struct parser *p, struct operand *ret)
{
	bool binary = false;
	struct operand x;

	for (;; binary = true) {
		u32 first = p->at, after;

		while (is_unary(kind(p)))
			p->at++;
		after = p->at;
		SD_TRY(primary(p, &x));
		while (after-- > first) {
			u32 line = p->v[after].first;

			if (p->v[after].kind == '&' && (x.place == VARIABLE || x.place == PART))
				use(p, SD_GO_ADDRESSES, x.name,
				    (struct sd_go_use){.first = line, .last = line});
			apply_unary(&x, p->v[after].kind);
		}
		if (!is_binary(kind(p)))
			break;
		p->at++;
	}
	if (binary)
		x.place = NO_PLACE;
	*ret = x;
	return NULL;
}

static struct sd_err *exprs(struct parser *p)
{
	struct operand x;

	do
		SD_TRY(expr(p, &x));
	while (accept(p, ','));
	return NULL;
}

/* ---- statements ---- */

/* The left sides from that one on, which := = += or ++ follows. */
static void use_left(struct parser *p, size_t from, u8 op, struct sd_go_use at)
{
	for (size_t i = from; i < p->left.n; i++) {
		struct operand x = p->left.v[i];
		enum sd_go_use_kind k = x.place == VARIABLE ? SD_GO_ASSIGNS : SD_GO_ASSIGNS_PART;

		if (x.place != VARIABLE && x.place != PART)
			continue;
		if (op == SD_GO_DEFINE && x.place == VARIABLE) {
			const struct sd_go_token *t = &p->v[x.name];
			const char *name = sd_arena_strndup(p->arena, p->text + t->at, t->size);

			k = declare(p, p->block, name) ? SD_GO_ASSIGNS : SD_GO_DECLARES;
		}
		use(p, k, x.name, at);
	}
}

/* An assignment, a declaration with :=, a send or an expression; of a for: its range clause. */
static struct sd_err *simple(struct parser *p, bool step)
{
	struct sd_go_use at = {.first = p->v[p->at].first, .step = step};
	size_t left = p->left.n, from, to;
	struct operand x;
	u8 op;

	if (accept(p, SD_GO_RANGE))
		return expr(p, &x);
	do {
		SD_TRY(expr(p, &x));
		sd_vec_push(&p->left, x);
	} while (accept(p, ','));
	op = kind(p);
	at.up = op == SD_GO_INC && p->text[p->v[p->at].at] == '+';
	from = p->uses.n;
	if (op == SD_GO_DEFINE || op == '=' || op == SD_GO_OP_ASSIGN || op == SD_GO_INC)
		use_left(p, left, op, at);
	else if (op != SD_GO_ARROW)
		op = SD_GO_END;
	to = p->uses.n;
	p->left.n = left;
	if (op)
		p->at++;
	if (op && op != SD_GO_INC) {
		accept(p, SD_GO_RANGE);
		SD_TRY(exprs(p));
	}
	while (from < to)
		p->uses.v[from++].use.last = last_line(p);
	return NULL;
}

/* One line of a var or const: names, a type or none, values or none. */
static struct sd_err *declaration(struct parser *p, u32 first)
{
	size_t from = p->uses.n, to;

	do {
		SD_TRY(expect(p, SD_GO_IDENT));
		use(p, SD_GO_DECLARES, p->at - 1, (struct sd_go_use){.first = first});
	} while (accept(p, ','));
	to = p->uses.n;
	if (begins_type(kind(p)))
		SD_TRY(type(p));
	if (accept(p, '='))
		SD_TRY(exprs(p));
	while (from < to)
		p->uses.v[from++].use.last = last_line(p);
	return NULL;
}

static struct sd_err *declarations(struct parser *p)
{
	u32 close, first = p->v[p->at++].first;

	if (kind(p) != '(')
		return declaration(p, first);
	close = p->v[p->at++].match;
	while (p->at < close) {
		if (accept(p, ';'))
			continue;
		SD_TRY(declaration(p, p->v[p->at].first));
		if (kind(p) != ';' && kind(p) != ')')
			return fail(p);
	}
	return expect(p, ')');
}

/* What is of no use here, up to its semicolon. */
static void skip_statement(struct parser *p)
{
	while (kind(p) != ';' && kind(p) != '}' && kind(p) != ')' && kind(p) != SD_GO_END) {
		u8 k = kind(p);

		p->at = k == '(' || k == '[' || k == '{' ? p->v[p->at].match + 1 : p->at + 1;
	}
}

/* The clauses between the keyword and the body. *symbol_ret (may be NULL): the x of
 * `x := y.(type)`, NO_TOKEN if that is not the last of them. */
static struct sd_err *header(struct parser *p, bool loop, u32 *symbol_ret)
{
	bool outside = p->header;
	u32 clause = 0, symbol = NO_TOKEN;

	p->header = true;
	while (kind(p) != '{') {
		u32 first = p->at;

		if (accept(p, ';')) {
			clause++;
			continue;
		}
		SD_TRY(simple(p, loop && clause == 2));
		if (kind(p) != ';' && kind(p) != '{')
			return fail(p);
		symbol = p->v[first].kind == SD_GO_IDENT && p->v[first + 1].kind == SD_GO_DEFINE &&
					 p->v[p->at - 1].kind == ')' &&
					 p->v[p->at - 2].kind == SD_GO_TYPE
				 ? first
				 : NO_TOKEN;
	}
	p->header = outside;
	if (symbol_ret)
		*symbol_ret = symbol;
	return NULL;
}

/* A block of statements in braces that is one of its own. *ret (may be NULL): its number. */
static struct sd_err *braces(struct parser *p, u8 k)
{
	u32 b = open_block(p, k, p->v[p->at].first);

	SD_TRY(block_body(p));
	p->blocks.v[b].leaves = p->ends;
	p->blocks.v[b].falls_through = p->falls;
	close_block(p, last_line(p));
	return NULL;
}

/* if, with each of the `else if` in it. */
static struct sd_err *if_statement(struct parser *p)
{
	u32 around = p->block;

	for (;;) {
		open_block(p, SD_GO_HEADER, p->v[p->at++].first);
		SD_TRY(header(p, false, NULL));
		SD_TRY(braces(p, SD_GO_BRANCH));
		if (!accept(p, SD_GO_ELSE))
			break;
		if (kind(p) == '{') {
			SD_TRY(braces(p, SD_GO_BRANCH));
			break;
		}
		if (kind(p) != SD_GO_IF)
			return fail(p);
		open_block(p, SD_GO_BRANCH, p->v[p->at].first);
	}
	while (p->block != around)
		close_block(p, last_line(p));
	return NULL;
}

static struct sd_err *for_statement(struct parser *p)
{
	struct target target = {.around = p->target, .label = p->label, .loop = true};
	u32 body;

	open_block(p, SD_GO_LOOP, p->v[p->at++].first);
	SD_TRY(header(p, true, NULL));
	p->target = &target;
	body = (u32)p->blocks.n;
	SD_TRY(braces(p, SD_GO_PLAIN));
	p->target = target.around;
	p->blocks.v[body].leaves &= !target.left;
	close_block(p, last_line(p));
	return NULL;
}

/* The x of `x := y.(type)` is declared even where the clause before declares one. */
static void declare_symbol(struct parser *p, u32 symbol)
{
	for (size_t i = p->uses.n; symbol != NO_TOKEN && i-- > 0;)
		if (p->uses.v[i].token == symbol) {
			p->uses.v[i].use.kind = SD_GO_DECLARES;
			return;
		}
}

/* One case with its statements, up to the next or to the closing brace. */
static struct sd_err *branch(struct parser *p, u32 symbol, struct target *target)
{
	u32 b = open_block(p, SD_GO_BRANCH, p->v[p->at].first), close;

	if (symbol != NO_TOKEN) { /* each has its own x of `x := y.(type)` */
		const struct sd_go_token *t = &p->v[symbol];

		declare(p, b, sd_arena_strndup(p->arena, p->text + t->at, t->size));
	}
	if (!accept(p, SD_GO_DEFAULT)) {
		SD_TRY(expect(p, SD_GO_CASE));
		SD_TRY(simple(p, false));
	}
	SD_TRY(expect(p, ':'));
	target->left = false;
	SD_TRY(statements(p));
	p->blocks.v[b].leaves = p->ends && !target->left;
	p->blocks.v[b].falls_through = p->falls;
	close = p->v[p->at].first;
	close_block(p, SD_MAX(last_line(p), close - 1));
	return NULL;
}

/* switch and select. */
static struct sd_err *switch_statement(struct parser *p)
{
	struct target target = {.around = p->target, .label = p->label};
	u32 symbol;

	open_block(p, SD_GO_HEADER, p->v[p->at++].first);
	SD_TRY(header(p, false, &symbol));
	declare_symbol(p, symbol);
	p->target = &target;
	SD_TRY(expect(p, '{'));
	while (kind(p) != '}')
		SD_TRY(branch(p, symbol, &target));
	p->at++;
	p->target = target.around;
	close_block(p, last_line(p));
	return NULL;
}

/* break and continue, with or without a label. */
static void leave(struct parser *p)
{
	bool loop = p->v[p->at++].kind == SD_GO_CONTINUE;
	const struct sd_go_token *label = kind(p) == SD_GO_IDENT ? &p->v[p->at++] : NULL;

	for (struct target *t = p->target; t; t = t->around) {
		const struct sd_go_token *its = t->label == NO_TOKEN ? NULL : &p->v[t->label];

		if (label ? its && its->size == label->size &&
				    !memcmp(p->text + its->at, p->text + label->at, its->size)
			  : t->loop || !loop) {
			t->left = true;
			return;
		}
	}
}

/* panic(…) and nothing behind it. */
static bool is_panic(const struct parser *p, u32 first)
{
	return is_word(p, first, "panic") && p->v[first + 1].kind == '(' &&
	       p->v[first + 1].match + 1 == p->at;
}

static struct sd_err *statement(struct parser *p)
{
	u32 first;
	u8 k;

	p->label = NO_TOKEN;
	while (kind(p) == SD_GO_IDENT && p->v[p->at + 1].kind == ':') {
		p->label = p->at;
		p->at += 2;
	}
	first = p->at;
	k = kind(p);
	switch (k) {
	case ';': /* these are behind a label */
	case '}':
	case SD_GO_CASE:
	case SD_GO_DEFAULT:
		break;
	case '{':
		SD_TRY(braces(p, SD_GO_PLAIN));
		break;
	case SD_GO_IF:
		SD_TRY(if_statement(p));
		break;
	case SD_GO_FOR:
		SD_TRY(for_statement(p));
		break;
	case SD_GO_SWITCH:
	case SD_GO_SELECT:
		SD_TRY(switch_statement(p));
		break;
	case SD_GO_VAR:
	case SD_GO_CONST:
		SD_TRY(declarations(p));
		break;
	case SD_GO_TYPE:
		skip_statement(p);
		break;
	case SD_GO_RETURN:
		p->at++;
		if (kind(p) != ';' && kind(p) != '}')
			SD_TRY(exprs(p));
		break;
	case SD_GO_BREAK:
	case SD_GO_CONTINUE:
		leave(p);
		break;
	case SD_GO_GOTO:
		p->at++;
		p->has_goto = true;
		SD_TRY(expect(p, SD_GO_IDENT));
		break;
	case SD_GO_FALLTHROUGH:
		p->at++;
		break;
	case SD_GO_DEFER:
		p->at++;
		SD_TRY(exprs(p));
		break;
	default:
		SD_TRY(simple(p, false));
	}
	p->ends = k == SD_GO_RETURN || k == SD_GO_BREAK || k == SD_GO_CONTINUE || k == SD_GO_GOTO ||
		  is_panic(p, first);
	p->falls = k == SD_GO_FALLTHROUGH;
	return NULL;
}

static bool ends_statements(u8 k)
{
	return k == '}' || k == SD_GO_CASE || k == SD_GO_DEFAULT;
}

static struct sd_err *statements(struct parser *p)
{
	p->ends = p->falls = false;
	while (!ends_statements(kind(p))) {
		if (accept(p, ';'))
			continue;
		SD_TRY(statement(p));
		if (kind(p) != ';' && !ends_statements(kind(p)))
			return fail(p);
	}
	return NULL;
}

static struct sd_err *block_body(struct parser *p)
{
	SD_TRY(expect(p, '{'));
	SD_TRY(statements(p));
	return expect(p, '}');
}

/* ---- functions ---- */

static int compare_uses(const void *a, const void *b)
{
	u32 x = ((const struct use *)a)->token, y = ((const struct use *)b)->token;

	return x < y ? -1 : x > y;
}

static void finish(struct parser *p, u32 first)
{
	struct sd_go_source_func fn = {.first = first,
				       .last = last_line(p),
				       .nblocks = (u32)p->blocks.n,
				       .nuses = (u32)p->uses.n,
				       .has_goto = p->has_goto};

	/* a literal in a left side has been read before the side itself was told */
	if (p->uses.n)
		qsort(p->uses.v, p->uses.n, sizeof(*p->uses.v), compare_uses);
	fn.blocks = sd_arena_memdup(p->arena, p->blocks.v, p->blocks.n * sizeof(*fn.blocks));
	fn.uses = sd_arena_array(p->arena, struct sd_go_use, fn.nuses);
	for (u32 i = 0; i < fn.nuses; i++)
		fn.uses[i] = p->uses.v[i].use;
	sd_vec_push(&p->funcs, fn);
	p->blocks.n = p->uses.n = 0;
	p->has_goto = false;
	sd_map_deinit(&p->declared);
	p->declared = (struct sd_map){0};
}

/* At func, outside of all functions. */
static struct sd_err *function(struct parser *p)
{
	u32 first = p->v[p->at++].first, receiver = NO_TOKEN, params, results;
	struct sd_go_use at = {.first = first};

	if (kind(p) == '(') {
		receiver = p->at;
		SD_TRY(skip_brackets(p, '('));
	}
	SD_TRY(expect(p, SD_GO_IDENT));
	if (kind(p) == '[')
		SD_TRY(skip_brackets(p, '['));
	SD_TRY(signature(p, &params, &results));
	if (kind(p) != '{')
		return NULL;
	open_block(p, SD_GO_PLAIN, first);
	at.last = p->v[p->at].first;
	declare_params(p, receiver, at);
	declare_params(p, params, at);
	declare_params(p, results, at);
	SD_TRY(block_body(p));
	close_block(p, last_line(p));
	finish(p, first);
	return NULL;
}

static struct sd_err *file(struct parser *p)
{
	while (kind(p) != SD_GO_END) {
		if (kind(p) == SD_GO_FUNC)
			SD_TRY(function(p));
		else
			skip_statement(p);
		if (!accept(p, ';') && kind(p) != SD_GO_END)
			return fail(p);
	}
	return NULL;
}

struct sd_err *sd_go_source_read(const char *text, size_t size, struct sd_arena *arena,
				 struct sd_go_source **ret)
{
	struct parser p = {.text = text, .arena = arena, .block = SD_GO_NO_BLOCK};
	struct sd_go_token *tokens;
	struct sd_go_source *src;
	struct sd_err *err;

	SD_TRY(sd_go_tokens(text, size, &tokens));
	p.v = tokens;
	err = file(&p);
	if (!err) {
		src = sd_arena_new(arena, struct sd_go_source);
		src->nfuncs = (u32)p.funcs.n;
		if (p.funcs.n)
			src->funcs = sd_arena_memdup(arena, p.funcs.v,
						     p.funcs.n * sizeof(*src->funcs));
		*ret = src;
	}
	free(tokens);
	sd_strmap_deinit(&p.names);
	sd_map_deinit(&p.declared);
	sd_vec_free(&p.left);
	sd_vec_free(&p.blocks);
	sd_vec_free(&p.uses);
	sd_vec_free(&p.funcs);
	return err;
}

/* ---- questions ---- */

const struct sd_go_source_func *sd_go_source_func_at(const struct sd_go_source *src, u32 line)
{
	u32 lo = 0, hi = src->nfuncs;

	while (lo < hi) { /* the first one that does not end before the line */
		u32 mid = lo + (hi - lo) / 2;

		if (src->funcs[mid].last < line)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == src->nfuncs || src->funcs[lo].first > line)
		return NULL;
	return lo + 1 < src->nfuncs && src->funcs[lo + 1].first <= line ? NULL : &src->funcs[lo];
}

static bool has_line(const struct sd_go_block *b, u32 line)
{
	return b->first <= line && line <= b->last;
}

u32 sd_go_source_block_at(const struct sd_go_source_func *fn, u32 line)
{
	u32 in = 0;

	if (!fn->nblocks || !has_line(&fn->blocks[0], line))
		return SD_GO_NO_BLOCK;
	for (u32 i = 0; i < fn->nblocks; i++) {
		const struct sd_go_block *b = &fn->blocks[i];

		if (i && (b->parent != in || !has_line(b, line)))
			continue;
		if (b->first != line && b->last != line) {
			in = i;
			continue;
		}
		for (u32 k = i + 1; i && k < fn->nblocks; k++)
			if (fn->blocks[k].parent == in && has_line(&fn->blocks[k], line))
				return in;
		return i;
	}
	return in;
}
