/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which blocks a Go function's source has and what is declared and assigned where. The grammar is
 * that of go/parser, told by the tokens' shapes: what is a type and what a value is not asked. How
 * deep this goes is bounded by the brackets: nothing here calls itself without one.
 */
#include "lang/go/source.h"

#include <stdlib.h>

#include "lang/go/source_parse.h"

/* ---- functions ---- */

static int compare_uses(const void *a, const void *b)
{
	const struct sd_src_use *x = a, *y = b;

	if (x->token != y->token)
		return x->token < y->token ? -1 : 1;
	return (y->use.kind == SD_GO_ADDRESSES) - (x->use.kind == SD_GO_ADDRESSES);
}

static void finish(struct sd_src *p, u32 first)
{
	struct sd_go_source_func fn = {.first = first,
				       .last = sd_src_last_line(p),
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
static struct sd_err *function(struct sd_src *p)
{
	u32 first = p->v[p->at++].first, receiver = SD_SRC_NO_TOKEN, params, results;
	struct sd_go_use at = {.first = first};

	if (sd_src_kind(p) == '(') {
		receiver = p->at;
		SD_TRY(sd_src_skip_brackets(p, '('));
	}
	SD_TRY(sd_src_expect(p, SD_GO_IDENT));
	if (sd_src_kind(p) == '[')
		SD_TRY(sd_src_skip_brackets(p, '['));
	SD_TRY(sd_src_signature(p, &params, &results));
	if (sd_src_kind(p) != '{')
		return NULL;
	sd_src_open_block(p, SD_GO_PLAIN, first);
	at.last = p->v[p->at].first;
	sd_src_declare_params(p, receiver, at);
	sd_src_declare_params(p, params, at);
	sd_src_declare_params(p, results, at);
	SD_TRY(sd_src_block_body(p));
	sd_src_close_block(p, sd_src_last_line(p));
	finish(p, first);
	return NULL;
}

static struct sd_err *file(struct sd_src *p)
{
	while (sd_src_kind(p) != SD_GO_END) {
		if (sd_src_kind(p) == SD_GO_FUNC)
			SD_TRY(function(p));
		else
			sd_src_skip_statement(p);
		if (!sd_src_accept(p, ';') && sd_src_kind(p) != SD_GO_END)
			return sd_src_fail(p);
	}
	return NULL;
}

struct sd_err *sd_go_source_read(const char *text, size_t size, struct sd_arena *arena,
				 struct sd_go_source **ret)
{
	struct sd_src p = {.text = text, .arena = arena, .block = SD_GO_NO_BLOCK};
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
