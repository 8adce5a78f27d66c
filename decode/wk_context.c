/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The types of package context, as the chain that made them:
 *   context.Background.WithValue(main.key("user"), "bob").WithDeadline(2026-11-22T05:26:00Z)
 * and the reason where one was canceled. A parent of another package goes by its type.
 */
#include "decode/wellknown.h"

enum { MAX_TEXT = 2000 };

/* The context in v, an interface, or a pointer or struct that one embeds; NULL: not captured. */
static const char *chain(const struct sd_value *v)
{
	const char *told;

	if (!v)
		return NULL;
	told = sd_value_told(v);
	if (told)
		return told;
	if (v->kind == SD_V_NIL)
		return "nil";
	return v->kind == SD_V_IFACE ? v->dyn : NULL;
}

static void tell(struct sd_value *v, const char *text)
{
	v->text = text;
	v->told = SD_TOLD_BESIDE;
}

static const char *printed(const struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *x = v->kind == SD_V_IFACE && v->n ? v->items : v;
	const char *told = sd_value_told(v), *quoted;
	bool named = x != v && x->type && x->type->named && v->dyn;
	const char *text = v->dyn ? v->dyn : "?";

	if (v->kind == SD_V_NIL)
		return "nil";
	if (told)
		return told;
	if (x->kind == SD_V_STRING && x->n == x->total) {
		quoted = sd_wk_quote(
			x->n ? sd_arena_strndup(arena, (const char *)x->bytes, x->n) : "", arena);
		if (!quoted)
			return text;
		text = quoted;
	} else if (x->kind == SD_V_INT) {
		text = x->text ? x->text : sd_arena_printf(arena, "%lld", (long long)x->s);
	} else if (x->kind == SD_V_UINT) {
		text = sd_arena_printf(arena, "%llu", (unsigned long long)x->u);
	} else if (x->kind == SD_V_BOOL) {
		text = x->u ? "true" : "false";
	} else {
		return text;
	}
	return named ? sd_arena_printf(arena, "%s(%s)", v->dyn, text) : text;
}

/* err, from 1.25 on an atomic.Value of one. */
static const char *cancel_reason(const struct sd_value *v)
{
	const struct sd_value *err = sd_wk_field(v, "err");

	if (err && err->kind == SD_V_STRUCT)
		err = sd_wk_field(err, "v");
	if (!err || err->kind == SD_V_NIL)
		return NULL;
	if (err->kind != SD_V_IFACE)
		return NULL;
	return sd_wk_message(err) ? sd_wk_message(err) : err->dyn;
}

static void refine_background(struct sd_value *v, struct sd_arena *arena)
{
	tell(v, "context.Background");
}

static void refine_todo(struct sd_value *v, struct sd_arena *arena)
{
	tell(v, "context.TODO");
}

static void refine_cancel(struct sd_value *v, struct sd_arena *arena)
{
	const char *parent = chain(sd_wk_field(v, "Context")), *reason = cancel_reason(v);

	if (!parent)
		return;
	if (reason)
		tell(v, sd_arena_printf(arena, "%.*s.WithCancel<%s>", MAX_TEXT, parent, reason));
	else
		tell(v, sd_arena_printf(arena, "%.*s.WithCancel", MAX_TEXT, parent));
}

/* It embeds a cancelCtx, in Go 1.20 a pointer to one. */
static void refine_timer(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *inner = sd_wk_deref(sd_wk_field(v, "cancelCtx")),
			      *deadline = sd_wk_field(v, "deadline");
	const char *parent, *reason;

	if (!inner || !deadline || deadline->kind != SD_V_TEXT)
		return;
	parent = chain(sd_wk_field(inner, "Context"));
	reason = cancel_reason(inner);
	if (!parent)
		return;
	tell(v,
	     sd_arena_printf(arena, "%.*s.WithDeadline(%s)%s%s%s", MAX_TEXT, parent, deadline->text,
			     reason ? "<" : "", reason ? reason : "", reason ? ">" : ""));
}

static void refine_value(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *key = sd_wk_field(v, "key"), *val = sd_wk_field(v, "val");
	const char *parent = chain(sd_wk_field(v, "Context"));

	if (parent && key && val)
		tell(v,
		     sd_arena_printf(arena, "%.*s.WithValue(%.*s, %.*s)", MAX_TEXT, parent,
				     MAX_TEXT, printed(key, arena), MAX_TEXT, printed(val, arena)));
}

static void refine_without(struct sd_value *v, struct sd_arena *arena)
{
	const char *parent = chain(sd_wk_field(v, "c"));

	if (parent)
		tell(v, sd_arena_printf(arena, "%.*s.WithoutCancel", MAX_TEXT, parent));
}

const struct sd_wellknown sd_wk_ctx_background = {.type_name = "context.backgroundCtx",
						  .refine = refine_background};
const struct sd_wellknown sd_wk_ctx_todo = {.type_name = "context.todoCtx", .refine = refine_todo};
const struct sd_wellknown sd_wk_ctx_cancel = {.type_name = "context.cancelCtx",
					      .refine = refine_cancel};
const struct sd_wellknown sd_wk_ctx_timer = {.type_name = "context.timerCtx",
					     .refine = refine_timer};
const struct sd_wellknown sd_wk_ctx_value = {.type_name = "context.valueCtx",
					     .refine = refine_value};
const struct sd_wellknown sd_wk_ctx_without = {.type_name = "context.withoutCancelCtx",
					       .refine = refine_without};
