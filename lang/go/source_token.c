/* SPDX-License-Identifier: BSD-2-Clause */
/* Which tokens a Go source file has, and which bracket belongs to which. */
#include "lang/go/source_token.h"

#include <string.h>

#include "base/vec.h"

#define SIZE_MAX_TEXT (16u << 20)
#define NO_TOKEN      UINT32_MAX

struct scanner {
	const char *text;
	u32 size, at, line;
	u32 line_start;
	u32 open; /* the innermost open bracket, each's match being the one around it */
	u32 depth;
	SD_VEC(struct sd_go_token) v;
};

static const struct {
	char word[12];
	u8 kind;
} keywords[] = {
	{"break", SD_GO_BREAK},
	{"case", SD_GO_CASE},
	{"chan", SD_GO_CHAN},
	{"const", SD_GO_CONST},
	{"continue", SD_GO_CONTINUE},
	{"default", SD_GO_DEFAULT},
	{"defer", SD_GO_DEFER},
	{"else", SD_GO_ELSE},
	{"fallthrough", SD_GO_FALLTHROUGH},
	{"for", SD_GO_FOR},
	{"func", SD_GO_FUNC},
	{"go", SD_GO_DEFER},
	{"goto", SD_GO_GOTO},
	{"if", SD_GO_IF},
	{"import", SD_GO_KEYWORD},
	{"interface", SD_GO_INTERFACE},
	{"map", SD_GO_MAP},
	{"package", SD_GO_KEYWORD},
	{"range", SD_GO_RANGE},
	{"return", SD_GO_RETURN},
	{"select", SD_GO_SELECT},
	{"struct", SD_GO_STRUCT},
	{"switch", SD_GO_SWITCH},
	{"type", SD_GO_TYPE},
	{"var", SD_GO_VAR},
};

/* Longer ones first. */
static const struct {
	char text[4];
	u8 kind;
} operators[] = {
	{"&^=", SD_GO_OP_ASSIGN}, {"<<=", SD_GO_OP_ASSIGN}, {">>=", SD_GO_OP_ASSIGN},
	{"...", SD_GO_ELLIPSIS},  {"&^", SD_GO_BINARY},	    {"<<", SD_GO_BINARY},
	{">>", SD_GO_BINARY},	  {"&&", SD_GO_BINARY},	    {"||", SD_GO_BINARY},
	{"==", SD_GO_BINARY},	  {"!=", SD_GO_BINARY},	    {"<=", SD_GO_BINARY},
	{">=", SD_GO_BINARY},	  {"<-", SD_GO_ARROW},	    {":=", SD_GO_DEFINE},
	{"++", SD_GO_INC},	  {"--", SD_GO_INC},	    {"+=", SD_GO_OP_ASSIGN},
	{"-=", SD_GO_OP_ASSIGN},  {"*=", SD_GO_OP_ASSIGN},  {"/=", SD_GO_OP_ASSIGN},
	{"%=", SD_GO_OP_ASSIGN},  {"&=", SD_GO_OP_ASSIGN},  {"|=", SD_GO_OP_ASSIGN},
	{"^=", SD_GO_OP_ASSIGN},
};

static struct sd_err *fail(const struct scanner *s, const char *what)
{
	return sd_err_new(SD_ERR_FAILED, "line %u: %s", s->line, what);
}

static char peek(const struct scanner *s, u32 n)
{
	return s->size - s->at > n ? s->text[s->at + n] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Any byte of a letter that is not ASCII's is taken for one of a name. */
static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static void push(struct scanner *s, u8 kind, u32 at, u32 first)
{
	sd_vec_push(&s->v, (struct sd_go_token){.at = at,
						.size = s->at - at,
						.first = first,
						.last = s->line,
						.match = NO_TOKEN,
						.kind = kind});
}

/* After which tokens the end of a line is a semicolon. */
static bool ends_statement(u8 kind)
{
	return kind == SD_GO_IDENT || kind == SD_GO_LITERAL || kind == SD_GO_INC ||
	       kind == SD_GO_BREAK || kind == SD_GO_CONTINUE || kind == SD_GO_FALLTHROUGH ||
	       kind == SD_GO_RETURN || kind == ')' || kind == ']' || kind == '}';
}

static void end_line(struct scanner *s)
{
	const struct sd_go_token *last = s->v.n ? &s->v.v[s->v.n - 1] : NULL;

	if (last && ends_statement(last->kind))
		push(s, ';', s->at, last->last);
}

static void newline(struct scanner *s)
{
	s->line++;
	s->line_start = s->at;
}

static bool is_line_directive(const struct scanner *s, u32 start)
{
	static const char word[] = "line ";
	u32 n = s->at - start;

	return n > 2 + strlen(word) && !memcmp(s->text + start + 2, word, strlen(word)) &&
	       memchr(s->text + start, ':', n);
}

/* At / of a comment. What lines it has are told by the caller's count. */
static struct sd_err *comment(struct scanner *s)
{
	u32 start = s->at;
	bool first = start == s->line_start;

	if (peek(s, 1) == '/') {
		while (s->at < s->size && s->text[s->at] != '\n')
			s->at++;
		return first && is_line_directive(s, start) ? fail(s, "a line directive") : NULL;
	}
	s->at += 2;
	while (peek(s, 0) != '*' || peek(s, 1) != '/') {
		if (s->at >= s->size)
			return fail(s, "a comment has no end");
		if (s->text[s->at] == '\n')
			end_line(s);
		if (s->text[s->at++] == '\n')
			newline(s);
	}
	s->at += 2;
	return is_line_directive(s, start) ? fail(s, "a line directive") : NULL;
}

/* A string or a rune: what is between two of the same quotes. */
static struct sd_err *quoted(struct scanner *s)
{
	u32 start = s->at, first = s->line;
	char quote = s->text[s->at++];

	while (s->at < s->size && s->text[s->at] != quote) {
		char c = s->text[s->at++];

		if (c == '\n' && quote != '`')
			return fail(s, "a string has no end");
		if (c == '\n')
			newline(s);
		if (c == '\\' && quote != '`' && s->at < s->size && s->text[s->at] != '\n')
			s->at++;
	}
	if (s->at >= s->size)
		return fail(s, "a string has no end");
	s->at++;
	push(s, SD_GO_LITERAL, start, first);
	return NULL;
}

static void number(struct scanner *s)
{
	u32 start = s->at;
	bool hex = peek(s, 0) == '0' && (peek(s, 1) | 0x20) == 'x';

	while (is_digit(peek(s, 0)) || is_letter(peek(s, 0)) || peek(s, 0) == '.') {
		char c = (char)(s->text[s->at++] | 0x20);

		if (c == (hex ? 'p' : 'e') && (peek(s, 0) == '+' || peek(s, 0) == '-'))
			s->at++;
	}
	push(s, SD_GO_LITERAL, start, s->line);
}

static void word(struct scanner *s)
{
	u32 start = s->at, n;
	u8 kind = SD_GO_IDENT;

	while (is_letter(peek(s, 0)) || is_digit(peek(s, 0)))
		s->at++;
	n = s->at - start;
	for (size_t i = 0; i < SD_ARRAY_SIZE(keywords); i++)
		if (strlen(keywords[i].word) == n && !memcmp(keywords[i].word, s->text + start, n))
			kind = keywords[i].kind;
	push(s, kind, start, s->line);
}

static struct sd_err *bracket(struct scanner *s, char c)
{
	u32 me = (u32)s->v.n;

	push(s, (u8)c, s->at - 1, s->line);
	if (c == '(' || c == '[' || c == '{') {
		if (++s->depth > SD_GO_NESTING)
			return fail(s, "brackets are nested too deep");
		s->v.v[me].match = s->open;
		s->open = me;
		return NULL;
	}
	if (s->open == NO_TOKEN)
		return fail(s, "a bracket has none before it that it closes");

	struct sd_go_token *open = &s->v.v[s->open];
	u32 around = open->match;

	if (open->kind != (c == ')' ? '(' : c == ']' ? '[' : '{'))
		return fail(s, "brackets do not match");
	open->match = me;
	s->v.v[me].match = s->open;
	s->open = around;
	s->depth--;
	return NULL;
}

static struct sd_err *operator(struct scanner *s)
{
	u32 start = s->at;

	for (size_t i = 0; i < SD_ARRAY_SIZE(operators); i++) {
		size_t n = strlen(operators[i].text);

		if (s->size - start >= n && !memcmp(s->text + start, operators[i].text, n)) {
			s->at += (u32)n;
			push(s, operators[i].kind, start, s->line);
			return NULL;
		}
	}

	char c = s->text[s->at++];

	if (c == '\0' || !strchr("()[]{},;:.=+-*/%&|^<>!~", c))
		return fail(s, "this is no Go");
	if (strchr("()[]{}", c))
		return bracket(s, c);
	push(s, (u8)c, start, s->line);
	return NULL;
}

static struct sd_err *scan(struct scanner *s)
{
	if (s->size >= 3 && !memcmp(s->text, "\xef\xbb\xbf", 3))
		s->at = 3;
	while (s->at < s->size) {
		char c = s->text[s->at];

		if (c == '\n') {
			end_line(s);
			s->at++;
			newline(s);
		} else if (c == ' ' || c == '\t' || c == '\r') {
			s->at++;
		} else if (c == '/' && (peek(s, 1) == '/' || peek(s, 1) == '*')) {
			SD_TRY(comment(s));
		} else if (c == '"' || c == '`' || c == '\'') {
			SD_TRY(quoted(s));
		} else if (is_digit(c) || (c == '.' && is_digit(peek(s, 1)))) {
			number(s);
		} else if (is_letter(c)) {
			word(s);
		} else {
			SD_TRY(operator(s));
		}
	}
	if (s->open != NO_TOKEN) {
		s->line = s->v.v[s->open].first;
		return fail(s, "a bracket is not closed");
	}
	end_line(s);
	push(s, SD_GO_END, s->at, s->line);
	return NULL;
}

struct sd_err *sd_go_tokens(const char *text, size_t size, struct sd_go_token **ret)
{
	struct scanner s = {.text = text, .size = (u32)size, .line = 1, .open = NO_TOKEN};
	struct sd_err *err;

	if (size > SIZE_MAX_TEXT)
		return sd_err_new(SD_ERR_FAILED, "the file is too large for Go source");
	err = scan(&s);
	if (err)
		sd_vec_free(&s.v);
	else
		*ret = s.v.v;
	return err;
}
