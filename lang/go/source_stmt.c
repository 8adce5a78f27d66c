/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements of a Go source file: their blocks, what they declare and assign, which are left. */
#include "lang/go/source_parse.h"

#include <string.h>

/* ---- statements ---- */

/* The left sides from that one on, which := = += or ++ follows. */
static void use_left(struct sd_src *p, size_t from, u8 op, struct sd_go_use at)
{
	for (size_t i = from; i < p->left.n; i++) {
		struct sd_src_operand x = p->left.v[i];
		enum sd_go_use_kind k = x.place == SD_SRC_VARIABLE ? SD_GO_ASSIGNS
								   : SD_GO_ASSIGNS_PART;

		if (x.place != SD_SRC_VARIABLE && x.place != SD_SRC_PART)
			continue;
		if (op == SD_GO_DEFINE && x.place == SD_SRC_VARIABLE) {
			const struct sd_go_token *t = &p->v[x.name];
			const char *name = sd_arena_strndup(p->arena, p->text + t->at, t->size);

			k = sd_src_declare(p, p->block, name) ? SD_GO_ASSIGNS : SD_GO_DECLARES;
		}
		sd_src_use(p, k, x.name, at);
	}
}

/* An assignment, a declaration with :=, a send or an expression; of a for: its range clause. */
static struct sd_err *simple(struct sd_src *p, bool step)
{
	struct sd_go_use at = {.first = p->v[p->at].first, .step = step};
	size_t left = p->left.n, from, to;
	struct sd_src_operand x;
	bool range = false;
	u8 op;

	if (sd_src_accept(p, SD_GO_RANGE))
		return sd_src_expr(p, &x);
	do {
		SD_TRY(sd_src_expr(p, &x));
		sd_vec_push(&p->left, x);
	} while (sd_src_accept(p, ','));
	op = sd_src_kind(p);
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
		range = sd_src_accept(p, SD_GO_RANGE);
		SD_TRY(sd_src_exprs(p));
	}
	for (; from < to; from++) {
		p->uses.v[from].use.range = range;
		p->uses.v[from].use.last = sd_src_last_line(p);
	}
	return NULL;
}

/* One line of a var or const: names, a type or none, values or none. */
static struct sd_err *declaration(struct sd_src *p, u32 first)
{
	size_t from = p->uses.n, to;

	do {
		SD_TRY(sd_src_expect(p, SD_GO_IDENT));
		sd_src_use(p, SD_GO_DECLARES, p->at - 1, (struct sd_go_use){.first = first});
	} while (sd_src_accept(p, ','));
	to = p->uses.n;
	if (sd_src_begins_type(sd_src_kind(p)))
		SD_TRY(sd_src_type(p));
	if (sd_src_accept(p, '='))
		SD_TRY(sd_src_exprs(p));
	while (from < to)
		p->uses.v[from++].use.last = sd_src_last_line(p);
	return NULL;
}

static struct sd_err *declarations(struct sd_src *p)
{
	u32 close, first = p->v[p->at++].first;

	if (sd_src_kind(p) != '(')
		return declaration(p, first);
	close = p->v[p->at++].match;
	while (p->at < close) {
		if (sd_src_accept(p, ';'))
			continue;
		SD_TRY(declaration(p, p->v[p->at].first));
		if (sd_src_kind(p) != ';' && sd_src_kind(p) != ')')
			return sd_src_fail(p);
	}
	return sd_src_expect(p, ')');
}

/* What is of no use here, up to its semicolon. */
void sd_src_skip_statement(struct sd_src *p)
{
	while (sd_src_kind(p) != ';' && sd_src_kind(p) != '}' && sd_src_kind(p) != ')' &&
	       sd_src_kind(p) != SD_GO_END) {
		u8 k = sd_src_kind(p);

		p->at = k == '(' || k == '[' || k == '{' ? p->v[p->at].match + 1 : p->at + 1;
	}
}

/* The clauses between the keyword and the body. *symbol_ret (may be NULL): the x of
 * `x := y.(type)`, SD_SRC_NO_TOKEN if that is not the last of them. */
static struct sd_err *header(struct sd_src *p, bool loop, u32 *symbol_ret)
{
	bool outside = p->header;
	u32 clause = 0, symbol = SD_SRC_NO_TOKEN;

	p->header = true;
	while (sd_src_kind(p) != '{') {
		u32 first = p->at;

		if (sd_src_accept(p, ';')) {
			clause++;
			continue;
		}
		SD_TRY(simple(p, loop && clause == 2));
		if (sd_src_kind(p) != ';' && sd_src_kind(p) != '{')
			return sd_src_fail(p);
		symbol = p->v[first].kind == SD_GO_IDENT && p->v[first + 1].kind == SD_GO_DEFINE &&
					 p->v[p->at - 1].kind == ')' &&
					 p->v[p->at - 2].kind == SD_GO_TYPE
				 ? first
				 : SD_SRC_NO_TOKEN;
	}
	p->header = outside;
	if (symbol_ret)
		*symbol_ret = symbol;
	return NULL;
}

/* A block of statements in braces that is one of its own. *ret (may be NULL): its number. */
static struct sd_err *braces(struct sd_src *p, u8 k)
{
	u32 b = sd_src_open_block(p, k, p->v[p->at].first);

	SD_TRY(sd_src_block_body(p));
	p->blocks.v[b].leaves = p->ends;
	p->blocks.v[b].falls_through = p->falls;
	sd_src_close_block(p, sd_src_last_line(p));
	return NULL;
}

/* if, with each of the `else if` in it. */
static struct sd_err *if_statement(struct sd_src *p)
{
	u32 around = p->block;

	for (;;) {
		sd_src_open_block(p, SD_GO_HEADER, p->v[p->at++].first);
		SD_TRY(header(p, false, NULL));
		SD_TRY(braces(p, SD_GO_BRANCH));
		if (!sd_src_accept(p, SD_GO_ELSE))
			break;
		if (sd_src_kind(p) == '{') {
			SD_TRY(braces(p, SD_GO_BRANCH));
			break;
		}
		if (sd_src_kind(p) != SD_GO_IF)
			return sd_src_fail(p);
		sd_src_open_block(p, SD_GO_BRANCH, p->v[p->at].first);
	}
	while (p->block != around)
		sd_src_close_block(p, sd_src_last_line(p));
	return NULL;
}

static struct sd_err *for_statement(struct sd_src *p)
{
	struct sd_src_target target = {.around = p->target, .label = p->label, .loop = true};
	u32 body;

	sd_src_open_block(p, SD_GO_LOOP, p->v[p->at++].first);
	SD_TRY(header(p, true, NULL));
	p->target = &target;
	body = (u32)p->blocks.n;
	SD_TRY(braces(p, SD_GO_PLAIN));
	p->target = target.around;
	p->blocks.v[body].leaves &= !target.left;
	sd_src_close_block(p, sd_src_last_line(p));
	return NULL;
}

/* The x of `x := y.(type)` is declared even where the clause before declares one. */
static void declare_symbol(struct sd_src *p, u32 symbol)
{
	for (size_t i = p->uses.n; symbol != SD_SRC_NO_TOKEN && i-- > 0;)
		if (p->uses.v[i].token == symbol) {
			p->uses.v[i].use.kind = SD_GO_DECLARES;
			return;
		}
}

/* One case with its statements, up to the next or to the closing brace. */
static struct sd_err *branch(struct sd_src *p, u32 symbol, struct sd_src_target *target)
{
	u32 b = sd_src_open_block(p, SD_GO_BRANCH, p->v[p->at].first), close;

	if (symbol != SD_SRC_NO_TOKEN) { /* each has its own x of `x := y.(type)` */
		const struct sd_go_token *t = &p->v[symbol];

		sd_src_declare(p, b, sd_arena_strndup(p->arena, p->text + t->at, t->size));
	}
	if (!sd_src_accept(p, SD_GO_DEFAULT)) {
		SD_TRY(sd_src_expect(p, SD_GO_CASE));
		SD_TRY(simple(p, false));
	}
	SD_TRY(sd_src_expect(p, ':'));
	target->left = false;
	SD_TRY(sd_src_statements(p));
	p->blocks.v[b].leaves = p->ends && !target->left;
	p->blocks.v[b].falls_through = p->falls;
	close = p->v[p->at].first;
	sd_src_close_block(p, SD_MAX(sd_src_last_line(p), close - 1));
	return NULL;
}

/* switch and select. */
static struct sd_err *switch_statement(struct sd_src *p)
{
	struct sd_src_target target = {.around = p->target, .label = p->label};
	u32 symbol;

	sd_src_open_block(p, SD_GO_HEADER, p->v[p->at++].first);
	SD_TRY(header(p, false, &symbol));
	declare_symbol(p, symbol);
	p->target = &target;
	SD_TRY(sd_src_expect(p, '{'));
	while (sd_src_kind(p) != '}')
		SD_TRY(branch(p, symbol, &target));
	p->at++;
	p->target = target.around;
	sd_src_close_block(p, sd_src_last_line(p));
	return NULL;
}

/* break and continue, with or without a label. */
static void leave(struct sd_src *p)
{
	bool loop = p->v[p->at++].kind == SD_GO_CONTINUE;
	const struct sd_go_token *label = sd_src_kind(p) == SD_GO_IDENT ? &p->v[p->at++] : NULL;

	for (struct sd_src_target *t = p->target; t; t = t->around) {
		const struct sd_go_token *its = t->label == SD_SRC_NO_TOKEN ? NULL
									    : &p->v[t->label];

		if (label ? its && its->size == label->size &&
				    !memcmp(p->text + its->at, p->text + label->at, its->size)
			  : t->loop || !loop) {
			t->left = true;
			return;
		}
	}
}

/* panic(…) and nothing behind it. */
static bool is_panic(const struct sd_src *p, u32 first)
{
	return sd_src_is_word(p, first, "panic") && p->v[first + 1].kind == '(' &&
	       p->v[first + 1].match + 1 == p->at;
}

static struct sd_err *statement(struct sd_src *p)
{
	u32 first;
	u8 k;

	p->label = SD_SRC_NO_TOKEN;
	while (sd_src_kind(p) == SD_GO_IDENT && p->v[p->at + 1].kind == ':') {
		p->label = p->at;
		p->at += 2;
	}
	first = p->at;
	k = sd_src_kind(p);
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
		sd_src_skip_statement(p);
		break;
	case SD_GO_RETURN:
		p->at++;
		if (sd_src_kind(p) != ';' && sd_src_kind(p) != '}')
			SD_TRY(sd_src_exprs(p));
		break;
	case SD_GO_BREAK:
	case SD_GO_CONTINUE:
		leave(p);
		break;
	case SD_GO_GOTO:
		p->at++;
		p->has_goto = true;
		SD_TRY(sd_src_expect(p, SD_GO_IDENT));
		break;
	case SD_GO_FALLTHROUGH:
		p->at++;
		break;
	case SD_GO_DEFER:
		p->at++;
		SD_TRY(sd_src_exprs(p));
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

struct sd_err *sd_src_statements(struct sd_src *p)
{
	p->ends = p->falls = false;
	while (!ends_statements(sd_src_kind(p))) {
		if (sd_src_accept(p, ';'))
			continue;
		SD_TRY(statement(p));
		if (sd_src_kind(p) != ';' && !ends_statements(sd_src_kind(p)))
			return sd_src_fail(p);
	}
	return NULL;
}

struct sd_err *sd_src_block_body(struct sd_src *p)
{
	SD_TRY(sd_src_expect(p, '{'));
	SD_TRY(sd_src_statements(p));
	return sd_src_expect(p, '}');
}
