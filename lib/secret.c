/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions name secrets without saying so: ret.0 is the result "token", x.Value is in the
 * embedded struct Token, m[k] is m["password"] when k is that. Here such names are found. */
#include "lib/secret.h"

#include <string.h>

struct names {
	const char *typed;
	const char *func; /* the last part of its name, as the source has it */
	const struct sd_variable *results;
	struct sd_buf more;
};

static bool is_text(struct sd_type *t)
{
	struct sd_type *elem = t->kind == SD_KIND_SLICE ? sd_type_elem(t) : NULL;

	return t->kind == SD_KIND_STRING || (elem && elem->kind == SD_KIND_UINT && elem->size == 1);
}

static bool is_result(const struct sd_node *n)
{
	return n->kind == SD_NODE_VAR && n->when == SD_AT_RETURN;
}

static bool note_name(void *ctx, const struct sd_node *n)
{
	struct names *s = ctx;
	const char *name = NULL;

	if (is_result(n) && s->results[n->var].named)
		name = s->results[n->var].name;
	else if (is_result(n))
		name = is_text(n->type) ? s->func : NULL;
	else if (n->kind == SD_NODE_FIELD)
		name = n->name;
	if (name && *name && !strstr(s->typed, name))
		sd_buf_printf(&s->more, " | %s", name);
	return true;
}

static const char *last_part(const char *func, struct sd_arena *arena)
{
	size_t n;
	const char *name = sd_redact_last_part(func ? func : "", &n);

	return sd_arena_strndup(arena, name, n);
}

const char *sd_secret_text(const struct sd_node *n, const char *typed, const char *func,
			   const struct sd_variable *results, struct sd_arena *arena)
{
	struct names s = {.typed = typed, .func = last_part(func, arena), .results = results};
	const char *ret = typed;

	sd_node_walk(n, note_name, &s);
	if (s.more.n)
		ret = sd_arena_printf(arena, "%s%s", typed, sd_buf_cstr(&s.more));
	sd_buf_deinit(&s.more);
	return ret;
}

struct search {
	const struct sd_variable *results;
	const struct sd_node *found;
};

static bool find_text_result(void *ctx, const struct sd_node *n)
{
	struct search *s = ctx;

	if (!s->found && is_result(n) && !s->results[n->var].named && is_text(n->type))
		s->found = n;
	return !s->found;
}

struct sd_err *sd_secret_refuse(struct sd_redact *r, const struct sd_node *n, const char *text,
				const char *func, const struct sd_variable *results,
				struct sd_arena *arena)
{
	const char *name = last_part(func, arena);
	struct search s = {.results = results};

	if (!sd_redact_is_secret(r, name))
		return NULL;
	sd_node_walk(n, find_text_result, &s);
	if (!s.found)
		return NULL;
	return sd_err_hint(
		sd_err_span(sd_err_new(SD_ERR_USAGE,
				       "what '%s' gives is not shown nor compared: it goes by the "
				       "name of a secret",
				       name),
			    text, (int)s.found->start, (int)s.found->end),
		"--show-secrets switches that off");
}

struct keys {
	struct sd_exprs_event *e;
	struct sd_buf text;
};

static bool note_key(void *ctx, const struct sd_node *n)
{
	struct keys *k = ctx;
	struct sd_value *key;

	if (n->kind != SD_NODE_MAPINDEX || n->b->kind == SD_NODE_CONST || !is_text(n->b->type))
		return true;
	key = sd_eval(&k->e->eval, n->b, "");
	if (key->kind == SD_V_STRING || key->kind == SD_V_BYTES) {
		sd_buf_str(&k->text, " | ");
		sd_buf_add(&k->text, key->bytes, key->n);
	}
	return true;
}

static bool find_byte(void *ctx, const struct sd_node *n)
{
	bool *found = ctx;

	*found |= n->kind == SD_NODE_INDEX && is_text(n->a->type);
	return !*found;
}

/* --no-strings: s[0] is text too, and so is what is computed from it. */
static void hide_bytes(struct sd_exprs_event *e, const struct sd_node *n, struct sd_value *v)
{
	bool found = false;

	if (!e->session->opts.no_strings || (v->kind != SD_V_INT && v->kind != SD_V_UINT))
		return;
	sd_node_walk(n, find_byte, &found);
	if (found)
		*v = (struct sd_value){
			.kind = SD_V_TEXT, .type = v->type, .name = v->name, .text = "<text>"};
}

void sd_secret_value(struct sd_exprs_event *e, u32 i, struct sd_value *v)
{
	const struct sd_exprs *ex = e->ex;
	struct keys k = {.e = e};

	v->name = ex->judged[i];
	if (ex->keyed[i])
		sd_node_walk(ex->nodes[i], note_key, &k);
	if (k.text.n)
		v->name = sd_arena_printf(e->eval.arena, "%s%s", v->name, sd_buf_cstr(&k.text));
	sd_buf_deinit(&k.text);
	hide_bytes(e, ex->nodes[i], v);
	sd_redact_expression(e->session->redact, v, e->eval.arena);
	v->name = ex->names[i];
}
