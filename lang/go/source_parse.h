/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that follow the tokens of a Go source file share. Inside lang/go. */
#ifndef SD_LANG_GO_SOURCE_PARSE_H
#define SD_LANG_GO_SOURCE_PARSE_H

#include "base/map.h"
#include "base/vec.h"
#include "lang/go/source.h"
#include "lang/go/source_token.h"

#define SD_SRC_NO_TOKEN UINT32_MAX

/* What an expression is the place of. */
struct sd_src_operand {
	enum {
		SD_SRC_NO_PLACE,
		SD_SRC_VARIABLE,
		SD_SRC_PART,
		SD_SRC_ADDRESS,
		SD_SRC_ADDRESS_OF_PART
	} place;
	u32 name; /* token */
};

/* What a break or continue may be of. */
struct sd_src_target {
	struct sd_src_target *around;
	u32 label; /* token, SD_SRC_NO_TOKEN if none */
	bool loop;
	bool left; /* some break (of a loop: or continue) is of it */
};

struct sd_src_use {
	struct sd_go_use use;
	u32 token;
};

struct sd_src {
	const char *text;
	const struct sd_go_token *v;
	u32 at;
	struct sd_arena *arena;
	bool header; /* of a statement, outside of brackets: a { behind a name begins its body */
	bool ends;   /* the statement before is one that nothing is reached from */
	bool falls;  /* it is fallthrough */
	u32 label;   /* of the statement that begins, SD_SRC_NO_TOKEN if it has none */
	u32 block;   /* the innermost one */
	bool has_goto;
	struct sd_src_target *target;	    /* the innermost one, on the stack */
	struct sd_strmap names;		    /* to a number of its own each */
	struct sd_map declared;		    /* block << 32 | name's number */
	SD_VEC(struct sd_src_operand) left; /* sides, of the statements that are open */
	SD_VEC(struct sd_go_block) blocks;
	SD_VEC(struct sd_src_use) uses;
	SD_VEC(struct sd_go_source_func) funcs;
};

/* source_parse.c */
/** The error that the token in hand is none that could be followed. */
struct sd_err *sd_src_fail(const struct sd_src *p);
/** The kind of the token in hand. */
u8 sd_src_kind(const struct sd_src *p);
/** Goes on if it is of that kind. */
bool sd_src_accept(struct sd_src *p, u8 k);
/** Goes on; error: it is not of that kind. */
sd_must_check struct sd_err *sd_src_expect(struct sd_src *p, u8 k);
/** Over an opening bracket and all that is in it. */
sd_must_check struct sd_err *sd_src_skip_brackets(struct sd_src *p, u8 open);
/** The line where the token before ends. */
u32 sd_src_last_line(const struct sd_src *p);
bool sd_src_is_word(const struct sd_src *p, u32 token, const char *word);
/** Begins a block in the innermost one; its index. */
u32 sd_src_open_block(struct sd_src *p, u8 k, u32 first);
void sd_src_close_block(struct sd_src *p, u32 last);
/** Whether that block has a declaration of the name; from now on it has. */
bool sd_src_declare(struct sd_src *p, u32 block, const char *name);
/** Notes a use of the token's name in the innermost block, none of `_`. */
void sd_src_use(struct sd_src *p, enum sd_go_use_kind k, u32 token, struct sd_go_use at);

/* source_expr.c */
bool sd_src_begins_type(u8 k);
sd_must_check struct sd_err *sd_src_type(struct sd_src *p);
/** Over parameters and results; *params_ret and *results_ret: their opening brackets,
 * SD_SRC_NO_TOKEN: none. */
sd_must_check struct sd_err *sd_src_signature(struct sd_src *p, u32 *params_ret, u32 *results_ret);
/** Declares those with names; open: their opening bracket or SD_SRC_NO_TOKEN. */
void sd_src_declare_params(struct sd_src *p, u32 open, struct sd_go_use at);
sd_must_check struct sd_err *sd_src_expr(struct sd_src *p, struct sd_src_operand *ret);
/** Several, with commas between them. */
sd_must_check struct sd_err *sd_src_exprs(struct sd_src *p);

/* source_stmt.c */
/** Over what is of no use here, up to its semicolon. */
void sd_src_skip_statement(struct sd_src *p);
/** Up to a closing brace or the next case. */
sd_must_check struct sd_err *sd_src_statements(struct sd_src *p);
/** { … } */
sd_must_check struct sd_err *sd_src_block_body(struct sd_src *p);

#endif
