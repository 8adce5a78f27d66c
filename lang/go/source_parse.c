/* SPDX-License-Identifier: BSD-2-Clause */
/* Steps over the tokens of a Go source file; the blocks and uses that were seen. */
#include "lang/go/source_parse.h"

#include <string.h>

struct sd_err *sd_src_fail(const struct sd_src *p)
{
	const struct sd_go_token *t = &p->v[p->at];

	if (t->kind == SD_GO_END)
		return sd_err_new(SD_ERR_FAILED, "line %u: the file ends here", t->first);
	return sd_err_new(SD_ERR_FAILED, "line %u: no Go that could be followed", t->first);
}

u8 sd_src_kind(const struct sd_src *p)
{
	return p->v[p->at].kind;
}

bool sd_src_accept(struct sd_src *p, u8 k)
{
	if (sd_src_kind(p) != k)
		return false;
	p->at++;
	return true;
}

struct sd_err *sd_src_expect(struct sd_src *p, u8 k)
{
	return sd_src_accept(p, k) ? NULL : sd_src_fail(p);
}

/* Over an opening bracket and all that is in it. */
struct sd_err *sd_src_skip_brackets(struct sd_src *p, u8 open)
{
	if (sd_src_kind(p) != open)
		return sd_src_fail(p);
	p->at = p->v[p->at].match + 1;
	return NULL;
}

/* The line where the token before ends. */
u32 sd_src_last_line(const struct sd_src *p)
{
	return p->v[p->at - 1].last;
}

bool sd_src_is_word(const struct sd_src *p, u32 token, const char *word)
{
	const struct sd_go_token *t = &p->v[token];

	return t->kind == SD_GO_IDENT && t->size == strlen(word) &&
	       !memcmp(p->text + t->at, word, t->size);
}

/* ---- blocks and uses ---- */

u32 sd_src_open_block(struct sd_src *p, u8 k, u32 first)
{
	u32 b = (u32)p->blocks.n;

	sd_vec_push(&p->blocks,
		    (struct sd_go_block){.parent = p->block, .first = first, .kind = k});
	p->block = b;
	return b;
}

void sd_src_close_block(struct sd_src *p, u32 last)
{
	p->blocks.v[p->block].last = last;
	p->block = p->blocks.v[p->block].parent;
}

/* Whether that block has a declaration of the name; from now on it has. */
bool sd_src_declare(struct sd_src *p, u32 block, const char *name)
{
	bool is_new;
	u64 *number = sd_strmap_put(&p->names, name, &is_new);

	if (is_new)
		*number = p->names.n;
	sd_map_put(&p->declared, (u64)block << 32 | *number, &is_new);
	return !is_new;
}

void sd_src_use(struct sd_src *p, enum sd_go_use_kind k, u32 token, struct sd_go_use at)
{
	const struct sd_go_token *t = &p->v[token];

	if (sd_src_is_word(p, token, "_"))
		return;
	at.name = sd_arena_strndup(p->arena, p->text + t->at, t->size);
	at.line = t->first;
	at.block = p->block;
	at.kind = k;
	if (k == SD_GO_DECLARES)
		sd_src_declare(p, p->block, at.name);
	sd_vec_push(&p->uses, (struct sd_src_use){at, token});
}
