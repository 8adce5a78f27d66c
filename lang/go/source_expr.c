/* SPDX-License-Identifier: BSD-2-Clause */
/* Types and expressions of a Go source file: what they are the places of, the literals in them. */
#include "lang/go/source_parse.h"

#include <string.h>

/* ---- types ---- */

bool sd_src_begins_type(u8 k)
{
	return k == SD_GO_IDENT || k == SD_GO_FUNC || k == SD_GO_STRUCT || k == SD_GO_INTERFACE ||
	       k == SD_GO_MAP || k == SD_GO_CHAN || k == SD_GO_ARROW || k == '*' || k == '[' ||
	       k == '(';
}

struct sd_err *sd_src_type(struct sd_src *p)
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
			SD_TRY(sd_src_skip_brackets(p, '['));
			break;
		case SD_GO_CHAN:
			sd_src_accept(p, SD_GO_ARROW);
			break;
		case SD_GO_ARROW:
			SD_TRY(sd_src_expect(p, SD_GO_CHAN));
			break;
		case SD_GO_FUNC:
			SD_TRY(sd_src_skip_brackets(p, '('));
			if (!sd_src_begins_type(sd_src_kind(p)))
				return NULL;
			break;
		case SD_GO_STRUCT:
		case SD_GO_INTERFACE:
			return sd_src_skip_brackets(p, '{');
		case '(': /* of a type, or of a function's results */
			p->at = p->v[t].match + 1;
			return NULL;
		case SD_GO_IDENT:
			while (sd_src_accept(p, '.'))
				SD_TRY(sd_src_expect(p, SD_GO_IDENT));
			return sd_src_kind(p) == '[' ? sd_src_skip_brackets(p, '[') : NULL;
		default:
			p->at = t;
			return sd_src_fail(p);
		}
	}
}

/* The end of a parameter: its comma, or the list's bracket. */
static u32 param_end(const struct sd_src *p, u32 i, u32 close)
{
	while (i < close && p->v[i].kind != ',') {
		u8 k = p->v[i].kind;

		i = k == '(' || k == '[' || k == '{' ? p->v[i].match + 1 : i + 1;
	}
	return i;
}

/* Whether it is a name with a type: not pkg.T, not T[A]. */
static bool is_named_param(const struct sd_src *p, u32 i, u32 end)
{
	return p->v[i].kind == SD_GO_IDENT && end > i + 1 && p->v[i + 1].kind != '.' &&
	       !(p->v[i + 1].kind == '[' && p->v[i + 1].match + 1 == end);
}

/* The names of a list of parameters or results, if it has names. */
void sd_src_declare_params(struct sd_src *p, u32 open, struct sd_go_use at)
{
	u32 close = open == SD_SRC_NO_TOKEN ? 0 : p->v[open].match;
	bool named = false;

	for (u32 i = open + 1, end; i < close; i = end + 1) {
		end = param_end(p, i, close);
		named |= is_named_param(p, i, end);
	}
	for (u32 i = open + 1, end; named && i < close; i = end + 1) {
		end = param_end(p, i, close);
		if (p->v[i].kind == SD_GO_IDENT && (end == i + 1 || is_named_param(p, i, end)))
			sd_src_use(p, SD_GO_DECLARES, i, at);
	}
}

/* Parameters and results of a function, and of which tokens they are the brackets. */
struct sd_err *sd_src_signature(struct sd_src *p, u32 *params_ret, u32 *results_ret)
{
	u32 params = p->at, results = SD_SRC_NO_TOKEN;

	SD_TRY(sd_src_skip_brackets(p, '('));
	if (sd_src_kind(p) == '(') {
		results = p->at;
		SD_TRY(sd_src_skip_brackets(p, '('));
	} else if (sd_src_begins_type(sd_src_kind(p))) {
		SD_TRY(sd_src_type(p));
	}
	*params_ret = params;
	*results_ret = results;
	return NULL;
}

/* ---- expressions ---- */

/* What is in brackets: expressions and types, with , or : between them, up to the closing one.
 * literal: those of a composite literal, in which braces without a type may be. */
static struct sd_err *in_brackets(struct sd_src *p, bool literal)
{
	u32 close = p->v[p->at].match;
	bool header = p->header;
	struct sd_src_operand x;

	p->at++;
	p->header = false;
	while (p->at < close) {
		if (sd_src_accept(p, ',') || sd_src_accept(p, ':') ||
		    sd_src_accept(p, SD_GO_ELLIPSIS))
			continue;
		if (literal && sd_src_kind(p) == '{')
			SD_TRY(in_brackets(p, true));
		else
			SD_TRY(sd_src_expr(p, &x));
	}
	p->header = header;
	return sd_src_expect(p, p->v[close].kind);
}

/* A function type, or a literal with its body. */
static struct sd_err *func_lit(struct sd_src *p)
{
	u32 first = p->v[p->at++].first, params, results;
	struct sd_src_target *target = p->target;
	bool header = p->header;

	SD_TRY(sd_src_signature(p, &params, &results));
	if (sd_src_kind(p) != '{')
		return NULL;
	sd_src_open_block(p, SD_GO_FUNC_LIT, first);
	sd_src_declare_params(p, params,
			      (struct sd_go_use){.first = first, .last = p->v[p->at].first});
	sd_src_declare_params(p, results,
			      (struct sd_go_use){.first = first, .last = p->v[p->at].first});
	p->target = NULL;
	p->header = false;
	SD_TRY(sd_src_block_body(p));
	p->target = target;
	p->header = header;
	sd_src_close_block(p, sd_src_last_line(p));
	return NULL;
}

/* The first part of a primary expression. *ret_names: T{ may follow, but not in a header;
 * *ret_type: T{ follows even there. */
static struct sd_err *operand(struct sd_src *p, struct sd_src_operand *ret, bool *names_ret,
			      bool *type_ret)
{
	bool header = p->header;

	switch (sd_src_kind(p)) {
	case SD_GO_IDENT:
		*ret = (struct sd_src_operand){SD_SRC_VARIABLE, p->at++};
		*names_ret = true;
		return NULL;
	case SD_GO_LITERAL:
		p->at++;
		return NULL;
	case '(':
		p->at++;
		p->header = false;
		SD_TRY(sd_src_expr(p, ret));
		p->header = header;
		return sd_src_expect(p, ')');
	case SD_GO_FUNC:
		return func_lit(p);
	case '[':
	case SD_GO_MAP:
	case SD_GO_STRUCT:
		*type_ret = true;
		return sd_src_type(p);
	case SD_GO_CHAN:
	case SD_GO_INTERFACE:
		return sd_src_type(p);
	default:
		return sd_src_fail(p);
	}
}

/* The call of x's method whose arguments begin at that token, and have been read. */
static void use_method(struct sd_src *p, const struct sd_src_operand *x, u32 open)
{
	const struct sd_go_token *t = &p->v[open - 1];

	if (x->place == SD_SRC_PART && t->kind == SD_GO_IDENT && p->v[open - 2].kind == '.')
		sd_src_use(p, SD_GO_CALLS_METHOD, x->name,
			   (struct sd_go_use){
				   .first = p->v[x->name].first,
				   .last = sd_src_last_line(p),
				   .method = sd_arena_strndup(p->arena, p->text + t->at, t->size)});
}

static struct sd_err *primary(struct sd_src *p, struct sd_src_operand *ret)
{
	struct sd_src_operand x = {SD_SRC_NO_PLACE, SD_SRC_NO_TOKEN};
	bool names = false, is_type = false;
	u32 at;

	SD_TRY(operand(p, &x, &names, &is_type));
	for (;;) {
		switch (sd_src_kind(p)) {
		case '.':
			p->at++;
			if (sd_src_kind(p) == '(') { /* of a type */
				SD_TRY(sd_src_skip_brackets(p, '('));
				x.place = SD_SRC_NO_PLACE;
				names = is_type = false;
				break;
			}
			SD_TRY(sd_src_expect(p, SD_GO_IDENT));
			x.place = x.place ? SD_SRC_PART : SD_SRC_NO_PLACE;
			is_type = false;
			break;
		case '[':
			SD_TRY(in_brackets(p, false));
			x.place = x.place ? SD_SRC_PART : SD_SRC_NO_PLACE;
			is_type = false;
			break;
		case '(':
			at = p->at;
			SD_TRY(in_brackets(p, false));
			use_method(p, &x, at);
			x.place = SD_SRC_NO_PLACE;
			names = is_type = false;
			break;
		case '{':
			if (!is_type && (!names || p->header)) {
				*ret = x;
				return NULL;
			}
			SD_TRY(in_brackets(p, true));
			x.place = SD_SRC_NO_PLACE;
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

static void apply_unary(struct sd_src_operand *x, u8 k)
{
	if (k == '&' && (x->place == SD_SRC_VARIABLE || x->place == SD_SRC_PART))
		x->place = x->place == SD_SRC_VARIABLE ? SD_SRC_ADDRESS : SD_SRC_ADDRESS_OF_PART;
	else if (k == '*' && (x->place == SD_SRC_ADDRESS || x->place == SD_SRC_ADDRESS_OF_PART))
		x->place = x->place == SD_SRC_ADDRESS ? SD_SRC_VARIABLE : SD_SRC_PART;
	else
		x->place = SD_SRC_NO_PLACE;
}

struct sd_err *sd_src_expr(struct sd_src *p, struct sd_src_operand *ret)
{
	bool binary = false;
	struct sd_src_operand x;

	for (;; binary = true) {
		u32 first = p->at, after;

		while (is_unary(sd_src_kind(p)))
			p->at++;
		after = p->at;
		SD_TRY(primary(p, &x));
		while (after-- > first) {
			u32 line = p->v[after].first;

			if (p->v[after].kind == '&' &&
			    (x.place == SD_SRC_VARIABLE || x.place == SD_SRC_PART))
				sd_src_use(p, SD_GO_ADDRESSES, x.name,
					   (struct sd_go_use){.first = line, .last = line});
			apply_unary(&x, p->v[after].kind);
		}
		if (!is_binary(sd_src_kind(p)))
			break;
		p->at++;
	}
	if (binary)
		x.place = SD_SRC_NO_PLACE;
	*ret = x;
	return NULL;
}

struct sd_err *sd_src_exprs(struct sd_src *p)
{
	struct sd_src_operand x;

	do
		SD_TRY(sd_src_expr(p, &x));
	while (sd_src_accept(p, ','));
	return NULL;
}
