/* SPDX-License-Identifier: BSD-2-Clause */
/* The tokens of a Go source file. Inside lang/go. */
#ifndef SD_LANG_GO_SOURCE_TOKEN_H
#define SD_LANG_GO_SOURCE_TOKEN_H

#include "base/err.h"

/* A token of one byte is of the kind that its byte is, but = is that of all assignments. */
enum sd_go_token_kind {
	SD_GO_END = 0, /* of the file: always the last token, and only that */
	SD_GO_IDENT = 128,
	SD_GO_LITERAL,
	SD_GO_DEFINE,	 /* := */
	SD_GO_OP_ASSIGN, /* += and its like */
	SD_GO_INC,	 /* ++ -- */
	SD_GO_ARROW,	 /* <- */
	SD_GO_ELLIPSIS,	 /* ... */
	SD_GO_BINARY,	 /* an operator of several bytes between two operands */
	SD_GO_KEYWORD,	 /* one that needs no kind of its own: import, package, else excepted */
	SD_GO_BREAK,
	SD_GO_CASE,
	SD_GO_CHAN,
	SD_GO_CONST,
	SD_GO_CONTINUE,
	SD_GO_DEFAULT,
	SD_GO_DEFER, /* defer and go */
	SD_GO_ELSE,
	SD_GO_FALLTHROUGH,
	SD_GO_FOR,
	SD_GO_FUNC,
	SD_GO_GOTO,
	SD_GO_IF,
	SD_GO_INTERFACE,
	SD_GO_MAP,
	SD_GO_RANGE,
	SD_GO_RETURN,
	SD_GO_SELECT,
	SD_GO_STRUCT,
	SD_GO_SWITCH,
	SD_GO_TYPE,
	SD_GO_VAR,
};

struct sd_go_token {
	u32 at, size;	 /* bytes of the text; a semicolon that a line's end stands for has none */
	u32 first, last; /* lines, from 1: a raw string may have several */
	u32 match;	 /* of ( [ { and ) ] }: the index of the other */
	u8 kind;	 /* enum sd_go_token_kind, or the byte */
};

/* Brackets in each other: what bounds the depth of whoever follows them. */
#define SD_GO_NESTING 1000

/** The tokens with the semicolons that ends of lines stand for (The Go Programming Language
 * Specification, "Semicolons"), without comments. *ret is the caller's to free. Error: bytes that
 * begin no token, a string or comment without end, brackets that do not match or are nested deeper
 * than SD_GO_NESTING, a line directive (the lines are then others' than the file's). */
sd_must_check struct sd_err *sd_go_tokens(const char *text, size_t size, struct sd_go_token **ret);

#endif
