/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The walk over a typed tree: which file decides which node, the three-valued && and ||, and how an
 * operand becomes a value or a decision.
 */
#include <string.h>

#include "eval/priv.h"

struct sd_type *sd_x_type(struct sd_type *node, struct sd_type *truth)
{
	if (!truth || truth->kind == SD_KIND_UNKNOWN)
		return node;
	if (!node || node->kind == SD_KIND_UNKNOWN)
		return truth;
	return truth->kind == node->kind && truth->size == node->size ? truth : node;
}

struct sd_place sd_x_words(struct sd_ev *ev, const u64 *words, u32 n)
{
	struct sd_loc *loc = sd_arena_new(ev->e->arena, struct sd_loc);

	loc->pieces = sd_arena_array(ev->e->arena, struct sd_piece, n);
	loc->n = n;
	for (u32 i = 0; i < n; i++)
		loc->pieces[i] = (struct sd_piece){.kind = SD_PIECE_CONST,
						   .value_off = 8 * i,
						   .size = 8,
						   .off = words ? (s64)words[i] : 0};
	return (struct sd_place){.loc = loc};
}

static const char *const builtin_names[] = {
	[SD_NODE_GOID] = "goid()",     [SD_NODE_PID] = "pid()",
	[SD_NODE_TID] = "tid()",       [SD_NODE_NOW] = "now()",
	[SD_NODE_HITS] = "hits()",     [SD_NODE_DURATION] = "duration()",
	[SD_NODE_CALLER] = "caller()", [SD_NODE_STACK] = "stack()",
};

/* Deep trees have long names; a reason needs none. */
static void put_name(const struct sd_node *n, unsigned int level, struct sd_buf *out)
{
	if (!n || level > 8) {
		sd_buf_str(out, "…");
		return;
	}
	switch (n->kind) {
	case SD_NODE_VAR:
	case SD_NODE_GLOBAL:
		sd_buf_str(out, n->name ? n->name : "…");
		return;
	case SD_NODE_FIELD:
		put_name(n->a && n->a->kind == SD_NODE_DEREF ? n->a->a : n->a, level + 1, out);
		sd_buf_ch(out, '.');
		sd_buf_str(out, n->name ? n->name : "…");
		return;
	case SD_NODE_DEREF:
		sd_buf_ch(out, '*');
		put_name(n->a, level + 1, out);
		return;
	case SD_NODE_INDEX:
	case SD_NODE_MAPINDEX:
		put_name(n->a && n->a->kind == SD_NODE_DEREF ? n->a->a : n->a, level + 1, out);
		sd_buf_ch(out, '[');
		put_name(n->b, level + 1, out);
		sd_buf_ch(out, ']');
		return;
	case SD_NODE_ASSERT:
		put_name(n->a, level + 1, out);
		sd_buf_str(out, ".(");
		sd_buf_str(out, n->name ? n->name : "…");
		sd_buf_ch(out, ')');
		return;
	case SD_NODE_CONVERT:
	case SD_NODE_SLICE:
		put_name(n->a, level + 1, out);
		return;
	case SD_NODE_CONST:
		if (n->constant.kind == SD_KIND_INT) {
			sd_buf_s64(out, n->constant.s);
			return;
		}
		if (n->constant.kind == SD_KIND_UINT) {
			sd_buf_u64(out, n->constant.u);
			return;
		}
		break;
	default:
		if ((size_t)n->kind < SD_ARRAY_SIZE(builtin_names) && builtin_names[n->kind]) {
			sd_buf_str(out, builtin_names[n->kind]);
			return;
		}
		break;
	}
	sd_buf_str(out, "…");
}

const char *sd_x_name(struct sd_ev *ev, const struct sd_node *n)
{
	struct sd_buf b = {0};
	const char *name;

	put_name(n, 0, &b);
	name = sd_arena_strndup(ev->e->arena, b.p, b.n);
	sd_buf_deinit(&b);
	return name;
}

struct sd_x sd_x_is_nil(struct sd_ev *ev, const struct sd_node *n)
{
	return sd_x_none(NULL, sd_arena_printf(ev->e->arena, "%s is nil", sd_x_name(ev, n)));
}

static struct sd_x eval_const(const struct sd_node *n)
{
	const struct sd_constant *c = &n->constant;
	bool is_float = n->type && n->type->kind == SD_KIND_FLOAT;
	struct sd_x x = {.type = n->type};

	switch (c->kind) {
	case SD_KIND_STRING:
		x.kind = SD_X_TEXT;
		x.bytes = (const u8 *)c->bytes;
		x.n = c->n;
		return x;
	case SD_KIND_FLOAT:
		x.kind = SD_X_FLOAT;
		x.f = c->f;
		break;
	case SD_KIND_INT:
	case SD_KIND_UINT:
		if (!is_float)
			return sd_x_word(n->type, sd_x_wrap(n->type, c->u));
		x.kind = SD_X_FLOAT;
		x.f = c->kind == SD_KIND_INT ? (double)c->s : (double)c->u;
		break;
	case SD_KIND_BOOL:
		return sd_x_word(n->type, c->u != 0);
	default:
		return sd_x_none(n, "no constant");
	}
	if (is_float && n->type->size == 4)
		x.f = (double)(float)x.f;
	return x;
}

/* false && unavailable is false from either side; || alike with true. */
static struct sd_x eval_logic(struct sd_ev *ev, const struct sd_node *n)
{
	u64 decides = n->kind == SD_NODE_OR;
	struct sd_x a = sd_x_scalar(ev, n->a), b;

	if (a.kind == SD_X_WORD && a.word == decides)
		return sd_x_word(n->type, decides);
	b = sd_x_scalar(ev, n->b);
	if (b.kind == SD_X_WORD && b.word == decides)
		return sd_x_word(n->type, decides);
	if (a.kind == SD_X_NONE)
		return a;
	if (b.kind == SD_X_NONE)
		return b;
	return sd_x_word(n->type, !decides);
}

static struct sd_x eval_when(struct sd_ev *ev, const struct sd_node *n)
{
	const struct sd_eval *e = ev->e;

	if (n->kind == SD_NODE_DURATION) {
		if (e->has_duration)
			return sd_x_word(n->type, e->duration_ns);
		return sd_x_none(n, "no return");
	}
	if (!ev->w[n->when].snap)
		return sd_x_none(n, n->when == SD_AT_RETURN ? "no return" : "no entry");
	return sd_x_word(n->type, e->hit[n->when]->ts_ns);
}

static struct sd_x eval_frames(struct sd_ev *ev, const struct sd_node *n)
{
	const struct sd_eval *e = ev->e;
	struct sd_value *v = NULL;

	if (n->kind == SD_NODE_CALLER && e->caller)
		v = e->caller(e->ctx, n->when, e->arena);
	if (n->kind == SD_NODE_STACK && e->stack)
		v = e->stack(e->ctx, n->when, (u32)n->constant.u, e->arena);
	if (!v)
		return sd_x_none(n, "no call stack");
	if (v->kind == SD_V_UNAVAILABLE)
		return sd_x_none(n, v->why);
	return (struct sd_x){.kind = SD_X_VALUE, .type = n->type, .value = v};
}

static struct sd_x eval_builtin(struct sd_ev *ev, const struct sd_node *n)
{
	const struct sd_eval *e = ev->e;

	switch (n->kind) {
	case SD_NODE_GOID:
		return sd_x_word(n->type, e->goid);
	case SD_NODE_PID:
		return sd_x_word(n->type, sd_x_wrap(n->type, e->pid));
	case SD_NODE_TID:
		return sd_x_word(n->type, sd_x_wrap(n->type, e->tid));
	case SD_NODE_HITS:
		if (e->hits)
			return sd_x_word(n->type, e->hits);
		return sd_x_none(n, "not counted");
	case SD_NODE_NOW:
	case SD_NODE_DURATION:
		return eval_when(ev, n);
	default:
		return eval_frames(ev, n);
	}
}

struct sd_x sd_x_eval(struct sd_ev *ev, const struct sd_node *n)
{
	switch (n->kind) {
	case SD_NODE_CONST:
		return eval_const(n);
	case SD_NODE_NIL:
		return (struct sd_x){.kind = SD_X_NIL};
	case SD_NODE_VAR:
		return sd_x_var(ev, n);
	case SD_NODE_GLOBAL:
		return sd_x_global(ev, n);
	case SD_NODE_DEREF:
		return sd_x_deref(ev, n);
	case SD_NODE_ADDR:
		return sd_x_addr(ev, n);
	case SD_NODE_FIELD:
		return sd_x_field(ev, n);
	case SD_NODE_INDEX:
		return sd_x_index(ev, n);
	case SD_NODE_MAPINDEX:
		return sd_x_mapindex(ev, n);
	case SD_NODE_SLICE:
		return sd_x_slice(ev, n);
	case SD_NODE_LEN:
	case SD_NODE_CAP:
		return sd_x_len(ev, n);
	case SD_NODE_NEG:
	case SD_NODE_COMPL:
	case SD_NODE_NOT:
		return sd_x_unary(ev, n);
	case SD_NODE_ARITH:
		return sd_x_arith(ev, n);
	case SD_NODE_COMPARE:
		return sd_x_compare(ev, n);
	case SD_NODE_AND:
	case SD_NODE_OR:
		return eval_logic(ev, n);
	case SD_NODE_CONVERT:
		return sd_x_convert(ev, n);
	case SD_NODE_PREFIX:
	case SD_NODE_SUFFIX:
	case SD_NODE_CONTAINS:
	case SD_NODE_FOLD:
	case SD_NODE_MATCHES:
		return sd_x_text_op(ev, n);
	case SD_NODE_IS_TYPE:
		return sd_x_is_type(ev, n);
	case SD_NODE_ASSERT:
		return sd_x_assert(ev, n);
	case SD_NODE_ERROR:
		return sd_x_error(ev, n);
	case SD_NODE_GOID:
	case SD_NODE_PID:
	case SD_NODE_TID:
	case SD_NODE_NOW:
	case SD_NODE_DURATION:
	case SD_NODE_HITS:
	case SD_NODE_CALLER:
	case SD_NODE_STACK:
		return eval_builtin(ev, n);
	}
	return sd_x_none(n, "not known");
}

static void ev_init(struct sd_ev *ev, const struct sd_eval *e)
{
	*ev = (struct sd_ev){.e = e, .steps = SD_X_STEPS};
	for (u32 i = 0; i < SD_ARRAY_SIZE(ev->w); i++)
		if (e->hit[i] && e->hit[i]->snap && e->hit[i]->snap->rec)
			ev->w[i] = (struct sd_walk){.snap = e->hit[i]->snap,
						    .limits = e->limits,
						    .arena = e->arena,
						    .nodes = e->limits->nodes};
}

static struct sd_value *text_value(struct sd_ev *ev, struct sd_x x)
{
	struct sd_value *v = sd_arena_new(ev->e->arena, struct sd_value);

	v->kind = x.type && x.type->kind == SD_KIND_SLICE ? SD_V_BYTES : SD_V_STRING;
	v->bytes = x.n ? x.bytes : (const u8 *)"";
	v->n = v->total = x.n;
	return v;
}

/* A number: the decoder knows what is told of its type. */
static struct sd_value *word_value(struct sd_ev *ev, struct sd_x x)
{
	static const struct sdw_rec nothing;
	static const struct sd_snapshot nowhere = {.rec = &nothing};
	u64 bits = x.word;
	struct sd_place p;
	float f;

	if (x.kind == SD_X_FLOAT) {
		memcpy(&bits, &x.f, sizeof(bits));
		if (x.type && x.type->size == 4) {
			f = (float)x.f;
			bits = 0;
			memcpy(&bits, &f, sizeof(f));
		}
	}
	p = sd_x_words(ev, &bits, 1);
	return sd_decode_place(x.w ? x.w->snap : &nowhere, x.type, p, NULL, ev->e->limits,
			       ev->e->arena);
}

struct sd_value *sd_eval(const struct sd_eval *e, const struct sd_node *n, const char *name)
{
	struct sd_value *v;
	struct sd_ev ev;
	struct sd_x x;

	ev_init(&ev, e);
	x = sd_x_eval(&ev, n);
	switch (x.kind) {
	case SD_X_PLACE:
		v = sd_decode_place(x.w->snap, x.type, x.p, NULL, e->limits, e->arena);
		break;
	case SD_X_WORD:
	case SD_X_FLOAT:
		v = word_value(&ev, x);
		break;
	case SD_X_TEXT:
		v = text_value(&ev, x);
		break;
	case SD_X_VALUE:
		v = sd_arena_memdup(e->arena, x.value, sizeof(*x.value));
		break;
	default:
		v = sd_arena_new(e->arena, struct sd_value);
		if (x.kind == SD_X_NIL)
			v->kind = SD_V_NIL;
		else
			sd_value_unavailable(v, x.kind == SD_X_OPEN ? sd_x_no_end(&ev, x) : x.why);
		break;
	}
	if (!v->type)
		v->type = x.type ? x.type : n->type;
	v->name = name;
	return v;
}

enum sd_truth sd_eval_condition(const struct sd_eval *e, const struct sd_node *n,
				const char **why_ret)
{
	struct sd_ev ev;
	struct sd_x x;

	ev_init(&ev, e);
	x = sd_x_scalar(&ev, n);
	if (x.kind == SD_X_WORD)
		return x.word ? SD_TRUE : SD_FALSE;
	if (x.kind != SD_X_NONE)
		*why_ret = "no bool";
	else if (x.at)
		*why_ret = sd_arena_printf(e->arena, "%s: %s", sd_x_name(&ev, x.at), x.why);
	else
		*why_ret = x.why;
	return SD_UNSURE;
}
