/* SPDX-License-Identifier: BSD-2-Clause */
/* The expressions of a probe at one traced place: against the scope there, into the plan of its
 * sites, over its events. */
#include "lib/exprs.h"

#include <string.h>

#include "lib/scope.h"
#include "lib/secret.h"
#include "lib/stack.h"
#include "lib/taming.h"

/* ---- checking ---- */

enum {
	CALLER_FRAMES = 3, /* the function itself, one that has no frame of its own, the caller */
	STACK_FRAMES = 32,
};

static bool note_use(void *ctx, const struct sd_node *n)
{
	struct sd_exprs *ex = ctx;

	if (n->kind == SD_NODE_CALLER)
		ex->frames = SD_MAX(ex->frames, (u32)CALLER_FRAMES);
	else if (n->kind == SD_NODE_STACK)
		ex->frames = SD_MAX(ex->frames,
				    n->constant.u ? (u32)n->constant.u : (u32)STACK_FRAMES);

	if (n->kind == SD_NODE_VAR)
		ex->uses[n->when] = true;
	else if (n->kind == SD_NODE_DURATION)
		ex->uses[SD_AT_HIT] = ex->uses[SD_AT_RETURN] = true;
	if (!ex->of_return &&
	    (n->kind == SD_NODE_DURATION || (n->kind == SD_NODE_VAR && n->when == SD_AT_RETURN)))
		ex->of_return = n;
	return true;
}

static void note_uses(struct sd_exprs *ex, const struct sd_node *n, const char *text)
{
	sd_node_walk(n, note_use, ex);
	if (ex->of_return && !ex->of_return_text)
		ex->of_return_text = text;
}

struct unsure_walk {
	const struct sd_exprs *ex;
	const struct sd_variable *found;
};

static bool find_unsure(void *ctx, const struct sd_node *n)
{
	struct unsure_walk *w = ctx;
	const struct sd_variable *v;

	if (n->kind != SD_NODE_VAR || n->var >= w->ex->nvars[n->when])
		return true;
	v = &w->ex->vars[n->when][n->var];
	if (v->unsure && !w->found)
		w->found = v;
	return !w->found;
}

/* The first variable in it whose value may be an older one; NULL: none. */
static const struct sd_variable *unsure_of(const struct sd_exprs *ex, const struct sd_node *n)
{
	struct unsure_walk w = {.ex = ex};

	sd_node_walk(n, find_unsure, &w);
	return w.found;
}

static bool note_keys(void *ctx, const struct sd_node *n)
{
	bool *keyed = ctx;

	*keyed |= n->kind == SD_NODE_MAPINDEX && n->b->kind != SD_NODE_CONST;
	return !*keyed;
}

static struct sd_err *add_value(struct sonde_session *s, struct sd_exprs *ex,
				const struct sd_expr *x, const char *text,
				const struct sd_site_scope *sc)
{
	struct sd_node *node;
	u32 i = ex->n;

	SD_TRY(sd_check(x, text, &sc->scope, &s->arena, &node));
	sd_vec_push(&s->checked, node);
	note_uses(ex, node, text);
	ex->nodes[i] = node;
	ex->printed[i] = true;
	ex->unsure[i] = unsure_of(ex, node);
	ex->names[i] = sd_arena_strndup(&s->arena, text + x->start, x->end - x->start);
	ex->judged[i] = sd_secret_text(node, ex->names[i], sc->scope.where, ex->vars[SD_AT_RETURN],
				       &s->arena);
	sd_node_walk(node, note_keys, &ex->keyed[i]);
	ex->n++;
	return NULL;
}

static struct sd_err *check_template(struct sonde_session *s, struct sd_exprs *ex,
				     const struct sd_probe_spec *spec,
				     const struct sd_site_scope *sc)
{
	const struct sd_template *t = &spec->template;

	for (u32 i = 0; i < t->n; i++) {
		ex->part_node[i] = SD_NO_NODE;
		if (t->parts[i].expr) {
			ex->part_node[i] = ex->n;
			SD_TRY(add_value(s, ex, t->parts[i].expr, spec->text, sc));
		} else if (!t->parts[i].text) {
			ex->all = true;
		}
	}
	return NULL;
}

/* What --sample-by or --first-per, or the probe's own option, takes as the key. */
static struct sd_err *check_key(struct sonde_session *s, struct sd_exprs *ex,
				const struct sd_probe_spec *spec, const struct sd_site_scope *sc)
{
	const char *text;
	const struct sd_expr *x = sd_taming_key(s, spec, &text);
	struct sd_scope scope = sc->scope;

	if (!x)
		return NULL;
	scope.refused = sd_site_scope_refused;
	SD_TRY(sd_check(x, text, &scope, &s->arena, &ex->key));
	sd_vec_push(&s->checked, ex->key);
	note_uses(ex, ex->key, text);
	ex->key_text = text;
	ex->key_unsure = unsure_of(ex, ex->key);
	return NULL;
}

static struct sd_err *check_all(struct sonde_session *s, struct sd_exprs *ex,
				const struct sd_probe_spec *spec, const struct sd_site_scope *sc)
{
	struct sd_scope scope = sc->scope; /* of the condition: a secret must not be guessed */

	for (u32 i = 0; i < spec->nexprs; i++)
		SD_TRY(add_value(s, ex, spec->exprs[i].expr, spec->text, sc));
	ex->all = spec->has_exprs ? !spec->nexprs : !spec->has_template;
	if (spec->has_template)
		SD_TRY(check_template(s, ex, spec, sc));
	SD_TRY(check_key(s, ex, spec, sc));
	if (!spec->cond)
		return NULL;
	scope.refused = sd_site_scope_refused;
	SD_TRY(sd_check_condition(spec->cond, spec->text, &scope, &s->arena, &ex->cond));
	sd_vec_push(&s->checked, ex->cond);
	SD_TRY(sd_secret_refuse(s->redact, ex->cond, spec->text, sc->scope.where,
				ex->vars[SD_AT_RETURN], &s->arena));
	note_uses(ex, ex->cond, spec->text);
	ex->nodes[ex->n] = ex->cond;
	ex->unsure[ex->n] = unsure_of(ex, ex->cond);
	return NULL;
}

bool sd_exprs_is_log(const struct sonde_session *s, const struct sd_traced *t)
{
	const struct sd_probe_spec *spec = &s->probes.v[t->probe].spec;

	if (t->line_place || spec->has_option[SD_OPTION_LOG])
		return true;
	return s->opts.log && !spec->has_option[SD_OPTION_TRACE];
}

u32 sd_exprs_stack(const struct sonde_session *s, const struct sd_traced *t)
{
	const struct sd_probe_spec *spec = &s->probes.v[t->probe].spec;
	u64 n = spec->option[SD_OPTION_STACK].num;

	if (!spec->has_option[SD_OPTION_STACK])
		return s->opts.stack;
	return !n ? STACK_FRAMES : n > SDW_FRAMES_MAX ? SDW_FRAMES_MAX : (u32)n;
}

bool sd_exprs_wanted(const struct sonde_session *s, u32 index)
{
	const struct sd_traced *t = &s->traced.v[index];
	const struct sd_probe_spec *spec = &s->probes.v[t->probe].spec;

	const char *text;

	return spec->has_exprs || spec->has_template || spec->cond || sd_exprs_is_log(s, t) ||
	       sd_taming_key(s, spec, &text);
}

struct sd_err *sd_exprs_check(struct sonde_session *s, u32 index, const struct sd_variable *hit,
			      u32 nhit, bool returns, const struct sd_variable *results,
			      u32 nresults)
{
	struct sd_traced *t = &s->traced.v[index];
	const struct sd_probe_spec *spec = &s->probes.v[t->probe].spec;
	struct sd_exprs *ex;
	struct sd_site_scope sc;
	u32 n = spec->nexprs + (spec->has_template ? spec->template.n : 0) + 1;

	if (!sd_exprs_wanted(s, index))
		return NULL;
	ex = sd_arena_new(&s->arena, struct sd_exprs);
	ex->nodes = sd_arena_array(&s->arena, struct sd_node *, n);
	ex->printed = sd_arena_array(&s->arena, bool, n);
	ex->names = sd_arena_array(&s->arena, const char *, n);
	ex->unsure = sd_arena_array(&s->arena, const struct sd_variable *, n);
	ex->judged = sd_arena_array(&s->arena, const char *, n);
	ex->keyed = sd_arena_array(&s->arena, bool, n);
	ex->part_node = sd_arena_array(&s->arena, u32, n);
	ex->vars[SD_AT_HIT] = hit;
	ex->nvars[SD_AT_HIT] = nhit;
	ex->vars[SD_AT_RETURN] = results;
	ex->nvars[SD_AT_RETURN] = nresults;
	sd_site_scope_init(&sc, t->module, t->sig.name, &t->fn, &s->arena);
	sc.redact = s->redact;
	sd_site_scope_hit(&sc, hit, nhit);
	sc.scope.return_alone = spec->part == SD_PART_RETURN;
	if (!nhit)
		sc.scope.variables_why = !sd_module_dwarf(t->module) ? "no debug information"
					 : t->at_addr		     ? NULL
								     : t->sig.params_why;
	if (!nresults)
		sc.scope.results_why = t->sig.results_why;
	if (returns)
		sd_site_scope_results(&sc, results, nresults);
	SD_TRY(check_all(s, ex, spec, &sc));
	t->exprs = ex;
	return NULL;
}

/* ---- planning ---- */

struct sd_err *sd_exprs_plan(struct sonde_session *s, struct sd_point *p, enum sd_when when,
			     const struct sd_variable *also, u32 nalso)
{
	const struct sd_traced *t = &s->traced.v[p->traced];
	struct sd_exprs *ex = t->exprs;

	SD_TRY(sd_plan_expressions(&s->tables, &p->site, when, ex->vars[when], ex->nvars[when],
				   also, nalso, ex->nodes, ex->printed, ex->n + (ex->cond ? 1 : 0),
				   s->probes.v[t->probe].spec.text, &p->wire));
	if (ex->cond)
		sd_plan_condition(&s->tables, &p->site, when, ex->vars[when], ex->nvars[when],
				  ex->cond, &s->arena, &p->wire, &ex->at[when]);
	if (p->role == SD_JOIN_RETURN) /* else the entry would stay open */
		p->wire.flags |= SDW_SITE_REFUSE;
	return NULL;
}

/* ---- events ---- */

static struct sd_value *text_value(const char *text, struct sd_arena *arena)
{
	struct sd_value *v = sd_arena_new(arena, struct sd_value);

	v->kind = SD_V_STRING;
	v->bytes = (const u8 *)text;
	v->n = v->total = strlen(text);
	return v;
}

static struct sd_value *no_stack(const char *why, struct sd_arena *arena)
{
	struct sd_value *v = sd_arena_new(arena, struct sd_value);

	v->kind = SD_V_UNAVAILABLE;
	v->why = why;
	return v;
}

static const struct sd_stack *stack_at(struct sd_exprs_event *e, enum sd_when when, u32 n,
				       struct sd_arena *arena)
{
	const struct sdw_rec *at = e->recs[when], *hit = e->recs[SD_AT_HIT];
	const struct sd_stack *st = at ? sd_stack_of(e->session, at, n, arena) : NULL;

	/* the stack of a call is captured at its entry */
	return st || !hit || hit == at ? st : sd_stack_of(e->session, hit, n, arena);
}

static const char *frame_text(const struct sd_stack_frame *f, struct sd_arena *arena)
{
	const char *slash = f->file ? strrchr(f->file, '/') : NULL;

	if (!f->func)
		return sd_arena_printf(arena, "0x%llx", (unsigned long long)f->addr);
	if (!f->file)
		return f->func;
	return sd_arena_printf(arena, "%s %s:%u", f->func, slash ? slash + 1 : f->file, f->line);
}

static struct sd_value *stack_value(void *ctx, enum sd_when when, u32 n, struct sd_arena *arena)
{
	const struct sd_stack *st = stack_at(ctx, when, n ? n : STACK_FRAMES, arena);
	struct sd_value *v;

	if (!st)
		return no_stack("no call stack", arena);
	v = sd_arena_new(arena, struct sd_value);
	v->kind = SD_V_LIST;
	v->n = v->total = st->n;
	v->items = sd_arena_array(arena, struct sd_value, st->n + 1);
	for (u32 i = 0; i < st->n; i++)
		v->items[i] = *text_value(frame_text(&st->frames[i], arena), arena);
	return v;
}

static struct sd_value *caller_value(void *ctx, enum sd_when when, struct sd_arena *arena)
{
	const struct sd_stack *st = stack_at(ctx, when, 2, arena);

	if (!st || st->n < 2)
		return no_stack(st && st->end_why ? st->end_why : "no caller", arena);
	if (!st->frames[1].func)
		return no_stack("a caller without a name", arena);
	return text_value(st->frames[1].func, arena);
}

static void open_hit(struct sonde_session *s, struct sd_exprs_event *e, enum sd_when when,
		     const struct sd_hit *hit, u64 ts, const struct sd_variable *params,
		     struct sd_type *const *types, u32 ntypes)
{
	u32 n = e->ex->nvars[when];
	const struct sd_variable *vars = e->ex->vars[when];
	struct sd_eval_var *v = sd_arena_array(&s->event_arena, struct sd_eval_var, n + 1);

	for (u32 i = 0; i < n; i++) {
		v[i] = (struct sd_eval_var){.type = vars[i].type, .loc = &vars[i].loc};
		for (u32 k = 0; types && k < ntypes; k++)
			if (vars[i].name && params[k].name && !strcmp(params[k].name, vars[i].name))
				v[i].type = types[k];
	}
	e->hit[when] = (struct sd_eval_hit){
		.snap = &hit->snap,
		.vars = v,
		.nvars = n,
		.ts_ns = ts + s->clock_offset,
	};
	e->eval.hit[when] = &e->hit[when];
}

void sd_exprs_open(struct sonde_session *s, const struct sd_call *call, struct sd_traced *t,
		   const struct sd_instance *in, struct sd_hit *const hits[2],
		   struct sd_exprs_event *ret)
{
	const struct sdw_rec *rec = call->entry ? call->entry : call->ret;

	*ret = (struct sd_exprs_event){
		.session = s,
		.recs = {call->entry, call->ret},
		.ex = t->exprs,
		.limits = sd_hit_limits(s),
	};
	ret->eval = (struct sd_eval){
		.stack = stack_value,
		.caller = caller_value,
		.ctx = ret,
		.limits = &ret->limits,
		.arena = &s->event_arena,
		.goid = rec->goid,
		.pid = rec->pid,
		.tid = rec->tid,
	};
	if (hits[SD_AT_HIT] && hits[SD_AT_HIT]->ok)
		open_hit(s, ret, SD_AT_HIT, hits[SD_AT_HIT], call->entry->ts, t->sig.params,
			 in ? in->params : NULL, t->sig.nparams);
	if (hits[SD_AT_RETURN] && hits[SD_AT_RETURN]->ok)
		open_hit(s, ret, SD_AT_RETURN, hits[SD_AT_RETURN], call->ret->ts, t->sig.results,
			 in ? in->results : NULL, t->sig.nresults);
	for (u32 i = 0; i < 2 && !ret->eval.hits; i++)
		if (ret->eval.hit[i])
			ret->eval.hits = ret->eval.hit[i]->snap->hits;
	if (call->entry && call->ret) {
		ret->eval.has_duration = true;
		ret->eval.duration_ns = call->ret->ts > call->entry->ts
						? call->ret->ts - call->entry->ts
						: 0;
	}
}

bool sd_exprs_pass(struct sd_exprs_event *e, const struct sd_call *call, const char **why_ret)
{
	const struct sd_exprs *ex = e->ex;
	u32 flags = (call->entry ? call->entry->flags : 0) | (call->ret ? call->ret->flags : 0);

	bool decided = (call->entry && ex->at[SD_AT_HIT].whole) ||
		       (call->ret && ex->at[SD_AT_RETURN].whole);

	*why_ret = NULL;
	if (!ex->cond || (decided && !(flags & SDW_REC_COND_UNSURE)))
		return true;
	return sd_eval_condition(&e->eval, ex->cond, why_ret) != SD_FALSE;
}

struct sd_value *sd_exprs_values(struct sd_exprs_event *e)
{
	struct sd_value *values = sd_arena_array(e->eval.arena, struct sd_value, e->ex->n + 1);

	for (u32 i = 0; i < e->ex->n; i++) {
		values[i] = *sd_eval(&e->eval, e->ex->nodes[i], e->ex->names[i]);
		values[i].unsure = e->ex->unsure[i];
		sd_secret_value(e, i, &values[i]);
	}
	return values;
}
