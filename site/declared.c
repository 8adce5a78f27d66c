/* SPDX-License-Identifier: BSD-2-Clause */
/* What the source says of one Go variable: its scope, what assigns it, whether control comes from
 * there to a line. */
#include "site/assigned.h"

#include <stdlib.h>
#include <string.h>

bool sd_asg_is_within(const struct sd_go_source_func *f, u32 block, u32 outer)
{
	for (; block != SD_GO_NO_BLOCK; block = f->blocks[block].parent)
		if (block == outer)
			return true;
	return false;
}

/* Whether that use is of a variable of its name which is declared further in than `scope`. */
static bool is_inner(const struct sd_asg_walk *w, const struct sd_go_use *use)
{
	const struct sd_go_source_func *f = w->src;

	for (u32 i = 0; i < f->nuses; i++) {
		const struct sd_go_use *d = &f->uses[i];

		if (d->kind == SD_GO_DECLARES && d->block != w->scope && d->last <= use->first &&
		    d != use && !strcmp(d->name, use->name) &&
		    sd_asg_is_within(f, d->block, w->scope) &&
		    sd_asg_is_within(f, use->block, d->block))
			return true;
	}
	return false;
}

bool sd_asg_is_aggregate(const struct sd_type *t)
{
	return t->kind == SD_KIND_STRUCT || t->kind == SD_KIND_ARRAY;
}

static bool is_own_declaration(const struct sd_local *v, const struct sd_go_use *use)
{
	return use->kind == SD_GO_DECLARES && v->decl_line >= use->first &&
	       v->decl_line <= use->last;
}

/* The innermost function literal that the line is in, or the loop that is the function in hand,
 * since it is over a function ("main.f-range1"); SD_GO_NO_BLOCK: none. */
static u32 literal_at(const struct sd_asg_walk *w)
{
	const struct sd_go_source_func *f = w->src;
	const struct sd_func *fn = &w->l->fn;
	u32 b = sd_go_source_block_at(f, w->line);
	bool loop = w->copy == SD_NO_COPY && strstr(fn->name, "-range");

	while (b != SD_GO_NO_BLOCK && f->blocks[b].kind != SD_GO_FUNC_LIT &&
	       !(loop && f->blocks[b].kind == SD_GO_LOOP && f->blocks[b].first == fn->start_line))
		b = f->blocks[b].parent;
	return b;
}

u32 sd_asg_scope_of_captured(const struct sd_asg_walk *w)
{
	const struct sd_go_source_func *f = w->src;
	u32 lit = literal_at(w), found = SD_GO_NO_BLOCK;

	for (u32 i = 0; lit != SD_GO_NO_BLOCK && i < f->nuses; i++) {
		const struct sd_go_use *d = &f->uses[i];

		if (d->kind == SD_GO_DECLARES && !strcmp(d->name, w->v->name) && d->block != lit &&
		    sd_asg_is_within(f, lit, d->block) && d->first <= f->blocks[lit].first &&
		    (found == SD_GO_NO_BLOCK || sd_asg_is_within(f, d->block, found)))
			found = d->block;
	}
	return found;
}

/* `switch x := y.(type)` declares x in each clause anew, on the line of its `case`. */
static u32 clause_of(const struct sd_asg_walk *w)
{
	const struct sd_go_source_func *f = w->src;
	u32 found = SD_GO_NO_BLOCK;

	for (u32 i = 0; i < f->nuses; i++) {
		const struct sd_go_use *d = &f->uses[i];

		if (d->kind != SD_GO_DECLARES || f->blocks[d->block].kind != SD_GO_HEADER ||
		    strcmp(d->name, w->v->name) != 0)
			continue;
		for (u32 b = 0; b < f->nblocks; b++) {
			if (f->blocks[b].parent != d->block || f->blocks[b].kind != SD_GO_BRANCH ||
			    f->blocks[b].first != w->v->decl_line)
				continue;
			if (found != SD_GO_NO_BLOCK)
				return SD_GO_NO_BLOCK; /* two on one line */
			found = b;
		}
	}
	return found;
}

u32 sd_asg_scope_of(const struct sd_asg_walk *w)
{
	const struct sd_go_source_func *f = w->src;
	u32 found = SD_GO_NO_BLOCK;

	if (w->captured)
		return sd_asg_scope_of_captured(w);

	for (u32 i = 0; i < f->nuses; i++) {
		const struct sd_go_use *d = &f->uses[i];

		if (strcmp(d->name, w->v->name) != 0 || !is_own_declaration(w->v, d))
			continue;
		if (found != SD_GO_NO_BLOCK && found != d->block)
			return SD_GO_NO_BLOCK; /* two on one line */
		found = d->block;
	}
	return found != SD_GO_NO_BLOCK ? found : clause_of(w);
}

/* Whether that is the name of that method: 1: of a type, 2: of a pointer; 0: it is not. */
static int is_method(const char *name, const char *method)
{
	const char *dot = name ? strrchr(name, '.') : NULL;

	if (!dot || dot == name || strcmp(dot + 1, method) != 0)
		return 0;
	return dot[-1] == ')' ? 2 : 1;
}

/* Whether the call of a method may assign the variable: where the code of its lines has the method,
 * inlined or called, it is one of a pointer; else nobody knows. */
static bool is_through_pointer(const struct sd_asg_walk *w, const struct sd_go_use *use)
{
	const struct sd_code_lines *code = &w->l->code;
	const struct sd_type *t = w->v->type;
	int found = 0;

	if (!t->name || !strchr(t->name, '.') || t->kind == SD_KIND_PTR ||
	    t->kind == SD_KIND_IFACE || t->kind == SD_KIND_EFACE || t->kind == SD_KIND_FUNC)
		return false; /* it has no methods, or none that assigns it */
	for (u32 c = 0; c < code->ncopies; c++)
		if (code->copies[c].call_line >= use->first &&
		    code->copies[c].call_line <= use->last)
			found |= is_method(code->copies[c].name, use->method);
	for (u32 i = 0; i < w->l->flow.v.n && w->l->go; i++) {
		const struct sd_insn *in = &w->l->flow.v.v[i];
		u32 line = sd_asg_line_of(w, i), index;
		struct sd_func fn;

		if (in->cls == SD_INSN_CALL && in->has_target && line >= use->first &&
		    line <= use->last &&
		    sd_go_func_at(w->l->go, (struct sd_vaddr){in->target}, &index) &&
		    sd_go_func(w->l->go, index, &fn))
			found |= is_method(fn.name, use->method);
	}
	return found != 1;
}

bool sd_asg_collect(struct sd_asg_walk *w, u32 *assignments_ret)
{
	const struct sd_go_source_func *f = w->src;

	*assignments_ret = 0;
	for (u32 i = 0; i < f->nuses; i++) {
		const struct sd_go_use *use = &f->uses[i];
		bool declares = is_own_declaration(w->v, use);

		if (use->kind == SD_GO_ADDRESSES || strcmp(use->name, w->v->name) != 0 ||
		    !sd_asg_is_within(f, use->block, w->scope) ||
		    (use->kind == SD_GO_DECLARES && !declares) ||
		    (use->kind == SD_GO_ASSIGNS_PART && !sd_asg_is_aggregate(w->v->type)) ||
		    (use->kind == SD_GO_CALLS_METHOD && !is_through_pointer(w, use)) ||
		    (!declares && is_inner(w, use)))
			continue;
		*assignments_ret += !declares;
		if (declares && w->v->kind != SD_LOCAL_VARIABLE)
			continue;
		if (w->n == SD_ASG_MAX)
			return false;
		w->a[w->n++] = (struct sd_assignment){
			.first = use->first,
			.last = use->last,
			.block = use->block,
			.declares = declares,
			.step = use->step,
			.up = use->up || (declares && !use->step),
			.range = use->range && !declares,
			.method = use->kind == SD_GO_CALLS_METHOD,
			.clause = f->blocks[use->block].kind == SD_GO_LOOP,
		};
	}
	return true;
}

bool sd_asg_leads_to(const struct sd_asg_walk *w, const struct sd_assignment *a)
{
	const struct sd_go_source_func *f = w->src;
	u32 here = sd_go_source_block_at(f, w->line), b, below = SD_GO_NO_BLOCK;

	for (b = a->block; b != SD_GO_NO_BLOCK && !sd_asg_is_within(f, here, b);
	     b = f->blocks[b].parent)
		below = b;
	for (u32 c = b; c != SD_GO_NO_BLOCK; c = f->blocks[c].parent) {
		if (f->blocks[c].kind == SD_GO_LOOP)
			return true;
		if (c == w->scope)
			break; /* what goes around it goes over the declaration */
	}
	if (f->has_goto)
		return true;
	if (b != SD_GO_NO_BLOCK && f->blocks[b].kind == SD_GO_HEADER && below != SD_GO_NO_BLOCK &&
	    f->blocks[below].kind == SD_GO_BRANCH && here != b && !f->blocks[below].falls_through)
		return false; /* in another branch */
	return a->last < w->line;
}

bool sd_asg_is_hidden(const struct sd_asg_walk *w)
{
	const struct sd_go_source_func *f = w->src;
	u32 here = sd_go_source_block_at(f, w->line);

	for (u32 i = 0; i < f->nuses; i++) {
		const struct sd_go_use *d = &f->uses[i];

		if (d->kind == SD_GO_DECLARES && d->block != w->scope && d->last < w->line &&
		    !strcmp(d->name, w->v->name) && sd_asg_is_within(f, d->block, w->scope) &&
		    sd_asg_is_within(f, here, d->block))
			return true;
	}
	return false;
}

u32 sd_asg_inner_loops(const struct sd_asg_walk *w, const struct sd_assignment *a)
{
	const struct sd_go_source_func *f = w->src;
	u32 n = 0;

	for (u32 b = sd_go_source_block_at(f, w->line); b != SD_GO_NO_BLOCK;
	     b = f->blocks[b].parent)
		n += f->blocks[b].kind == SD_GO_LOOP && !sd_asg_is_within(f, a->block, b);
	return n;
}

bool sd_asg_is_being_declared(const struct sd_asg_walk *w)
{
	const struct sd_go_source_func *f = w->src;

	for (u32 i = 0; i < f->nuses && w->v->kind == SD_LOCAL_VARIABLE && !w->captured; i++) {
		const struct sd_go_use *d = &f->uses[i];

		if (d->block == w->scope && !strcmp(d->name, w->v->name) &&
		    is_own_declaration(w->v, d) && w->line >= d->first && w->line <= d->last &&
		    f->blocks[d->block].kind != SD_GO_LOOP)
			return true;
	}
	return false;
}

bool sd_asg_is_of_source(const struct sd_asg_walk *w)
{
	for (u32 i = 0; i < w->src->nuses; i++)
		if (!strcmp(w->src->uses[i].name, w->v->name))
			return true;
	return false;
}

bool sd_asg_is_elsewhere(const struct sd_asg_walk *w, const struct sd_assignment *a)
{
	const struct sd_go_source_func *f = w->src;
	u32 here = sd_go_source_block_at(f, w->line);

	if (w->captured && !sd_asg_is_within(f, a->block, literal_at(w)))
		return true;
	for (u32 b = a->block; b != SD_GO_NO_BLOCK && !sd_asg_is_within(f, here, b);
	     b = f->blocks[b].parent)
		if (f->blocks[b].kind == SD_GO_FUNC_LIT)
			return true;
	return false;
}

bool sd_asg_is_addressed(const struct sd_asg_walk *w)
{
	const struct sd_go_source_func *f = w->src;

	for (u32 i = 0; i < f->nuses; i++)
		if (f->uses[i].kind == SD_GO_ADDRESSES && !strcmp(f->uses[i].name, w->v->name) &&
		    sd_asg_is_within(f, f->uses[i].block, w->scope) && !is_inner(w, &f->uses[i]))
			return true;
	return false;
}
