/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a generic function is at one hit: its code serves every type of one shape, and the
 * dictionary that it was given says which (lang/go/dict.c). Names and types come from there; what
 * is captured serves all of them.
 */
#include <string.h>

#include "lib/hit.h"

enum {
	MAX_INSTANCES = 256,  /* remembered for one function */
	MAX_ALTERNATIVES = 4, /* captured for one variable */
	MAX_CAPTURED = 64,    /* variables of one site */
	MAX_COMPARED = 200,   /* parts of a type that are held against a shape's */
};

/* The true type must fill the same bytes in the same way: else something here is misunderstood. */
static struct sd_type *true_type(struct sd_go *go, const struct sd_variable *v, u64 dict)
{
	struct sd_type *t = NULL;

	if (v->dw && v->dw->has_dict_word)
		t = sd_go_dict_type(go, (struct sd_vaddr){dict}, v->dw->dict_word);
	return t && t->size == v->type->size && t->kind == v->type->kind ? t : v->type;
}

static struct sd_type **true_types(struct sonde_session *s, struct sd_go *go,
				   const struct sd_variable *vars, u32 n, u64 dict)
{
	struct sd_type **types = sd_arena_array(&s->arena, struct sd_type *, n + 1);

	for (u32 i = 0; i < n; i++)
		types[i] = true_type(go, &vars[i], dict);
	return types;
}

const struct sd_instance *sd_instance_of(struct sonde_session *s, struct sd_traced *t,
					 const struct sdw_rec *entry)
{
	struct sd_go *go = t->module->go;
	struct sd_instance *in;
	u32 n = 0;
	u64 dict;

	if (!t->sig.has_dict || !go || !entry ||
	    sd_hit_lost(&s->points.v[entry->site], entry) >> t->sig.dict_reg & 1)
		return NULL;
	dict = entry->regs[t->sig.dict_reg] -
	       (entry->regs[SD_RIP] - s->points.v[entry->site].site.addr.v);
	for (in = t->instances; in; in = in->next, n++)
		if (in->dict == dict)
			return in->name ? in : NULL;
	if (n >= MAX_INSTANCES)
		return NULL;
	in = sd_arena_new(&s->arena, struct sd_instance);
	in->dict = dict;
	in->name = sd_go_instance_name(go, t->sig.name, (struct sd_vaddr){dict}, &s->arena);
	in->next = t->instances;
	t->instances = in;
	if (!in->name)
		return NULL;
	in->params = true_types(s, go, t->sig.params, t->sig.nparams, dict);
	in->results = true_types(s, go, t->sig.results, t->sig.nresults, dict);
	return in;
}

/* ---- the only instance of a shape ---- */

struct sole {
	struct sd_go *go;
	const struct sd_variable *vars;
	u32 n, found;
	u64 dict;
	struct sd_arena *arena;
	const char *name;
};

/* Whether the variables can be of these types. What the dictionary does not tell can be anything.
 */
static bool may_be(struct sole *x, u64 dict)
{
	for (u32 i = 0; i < x->n; i++) {
		const struct sd_variable *v = &x->vars[i];
		struct sd_type *t;

		if (!v->dw || !v->dw->has_dict_word)
			continue;
		t = sd_go_dict_type(x->go, (struct sd_vaddr){dict}, v->dw->dict_word);
		if (t && (t->size != v->type->size || t->kind != v->type->kind))
			return false;
	}
	return true;
}

static bool take_sole(void *ctx, struct sd_vaddr dict, const char *name)
{
	struct sole *x = ctx;

	if (!may_be(x, dict.v))
		return true;
	x->found++;
	x->dict = dict.v;
	x->name = sd_arena_strdup(x->arena, name);
	return x->found < 2;
}

const char *sd_generic_sole(struct sonde_session *s, struct sd_module *m, const struct sd_func *fn,
			    struct sd_variable *vars, u32 n)
{
	const char *full = fn->lang == SD_LANG_GO ? sd_module_full_name(m, fn) : "";
	struct sole x = {.go = m->go, .vars = vars, .n = n, .arena = &s->arena};
	bool generic = false;

	for (u32 i = 0; i < n; i++)
		generic |= vars[i].dw && vars[i].dw->has_dict_word;
	if (!m->go || !generic || !strstr(full, "[go.shape."))
		return NULL;
	sd_go_each_instance(m->go, full, take_sole, &x);
	if (x.found != 1)
		return NULL;
	for (u32 i = 0; i < n; i++)
		vars[i].type = true_type(m->go, &vars[i], x.dict);
	return x.name;
}

/* ---- what is captured for several ---- */

struct alternatives {
	struct sd_go *go;
	const struct sd_variable *var;
	struct sd_variable *out; /* MAX_CAPTURED of them */
	u32 n, added;
};

/* Whether t can stand where the code has that type: parts of it that are of a shape are as large
 * and of the same kind. False for some that can, true for some that cannot: it saves captures. */
static bool fits_shape(struct sd_type *shape, struct sd_type *t, u32 *left)
{
	if (shape == t || !*left)
		return true;
	--*left;
	sd_type_complete(shape);
	sd_type_complete(t);
	if (shape->kind != t->kind || shape->size != t->size || shape->nfields != t->nfields ||
	    shape->count != t->count)
		return false;
	if (shape->kind == SD_KIND_PTR && shape->name && !strncmp(shape->name, "go.shape.", 9))
		return true; /* one shape for all pointers */
	for (u32 i = 0; i < shape->nfields; i++)
		if (!fits_shape(shape->fields[i].type, t->fields[i].type, left))
			return false;
	return (!shape->key || !t->key || fits_shape(shape->key, t->key, left)) &&
	       (!shape->elem || !t->elem || fits_shape(sd_type_elem(shape), sd_type_elem(t), left));
}

static bool add_alternative(void *ctx, struct sd_vaddr dict, const char *name)
{
	struct alternatives *a = ctx;
	struct sd_type *t = true_type(a->go, a->var, dict.v);
	u32 left = MAX_COMPARED;

	if (t == a->var->type || !fits_shape(a->var->type, t, &left))
		return true;
	if (a->added >= MAX_ALTERNATIVES || a->n >= MAX_CAPTURED)
		return false;
	for (u32 i = a->n - a->added; i < a->n; i++)
		if (a->out[i].type == t)
			return true;
	a->out[a->n] = *a->var;
	a->out[a->n++].type = t;
	a->added++;
	return true;
}

u32 sd_generic_vars(struct sonde_session *s, const struct sd_traced *t,
		    const struct sd_variable *vars, u32 n, const struct sd_variable **ret)
{
	struct alternatives a = {.go = t->module->go};

	*ret = vars;
	if (!t->sig.has_dict || !a.go || n > MAX_CAPTURED)
		return n;
	a.out = sd_arena_array(&s->arena, struct sd_variable, MAX_CAPTURED);
	memcpy(a.out, vars, n * sizeof(*vars));
	a.n = n;
	for (u32 i = 0; i < n; i++) {
		a.var = &vars[i];
		a.added = 0;
		if (vars[i].dw && vars[i].dw->has_dict_word)
			sd_go_each_instance(a.go, t->sig.name, add_alternative, &a);
	}
	*ret = a.out;
	return a.n;
}
