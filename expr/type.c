/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types as Go writes them, in assertions and conversions; out comes the text that Go's own tables
 * of types have: no blanks but behind the commas of parameters and in struct { … }.
 */
#include "expr/scan.h"

#include <ctype.h>

static struct sd_err *type(struct sd_scan *s, struct sd_buf *out);

static bool take(struct sd_scan *s, char c)
{
	sd_scan_blanks(s);
	if (s->text[s->pos] != c)
		return false;
	s->pos++;
	return true;
}

static struct sd_err *expect(struct sd_scan *s, char c, u32 open, const char *where)
{
	if (take(s, c))
		return NULL;
	if (!s->text[s->pos])
		return sd_scan_error(s, open, open + 1, "'%c' is never closed", s->text[open]);
	return sd_scan_unexpected(s, where);
}

/* Bytes of a type's name with the path of its package: github.com/a/b-c.T, gopkg.in/yaml%2ev3.Node.
 * Characters that no name has must stand before one that has. */
static u32 path_at(const char *p)
{
	u32 n = 0, end = 0, one;
	bool slash = false;

	for (;;) {
		one = isdigit((u8)p[n]) ? 1 : sd_scan_name(p + n);
		if (one) {
			n += one;
			end = n;
		} else if (p[n] && strchr("./-~%+@", p[n])) {
			slash |= p[n] == '/';
			n++;
		} else {
			break;
		}
	}
	if (!sd_scan_name(p) && !(isdigit((u8)*p) && slash))
		return 0;
	return end;
}

enum list { TYPE_ARGS, PARAMS, RESULTS };

/* Types up to the closing bracket, *ret of them. */
static struct sd_err *list(struct sd_scan *s, struct sd_buf *out, enum list kind, u32 open,
			   u32 *ret)
{
	char close = kind == TYPE_ARGS ? ']' : ')';
	u32 n = 0;

	while (!take(s, close)) {
		if (n && s->text[s->pos] && !take(s, ','))
			return sd_scan_unexpected(s, kind == TYPE_ARGS
							     ? "in a list of types"
							     : "in a function type; names of "
							       "parameters are left out");
		if (n)
			sd_buf_str(out, kind == TYPE_ARGS ? "," : ", ");
		sd_scan_blanks(s);
		if (!s->text[s->pos])
			return sd_scan_error(s, open, open + 1, "'%c' is never closed",
					     s->text[open]);
		if (kind == PARAMS && !strncmp(s->text + s->pos, "...", 3)) {
			s->pos += 3;
			sd_buf_str(out, "...");
		}
		SD_TRY(type(s, out));
		n++;
	}
	*ret = n;
	return NULL;
}

static bool type_begins(const char *p)
{
	return path_at(p) || *p == '*' || *p == '[' || !strncmp(p, "<-", 2);
}

/* Behind func, or a method's name: parameters and results. */
static struct sd_err *signature(struct sd_scan *s, struct sd_buf *out)
{
	u32 open, save, n;
	size_t at;

	sd_scan_blanks(s);
	open = s->pos;
	if (!take(s, '('))
		return sd_scan_unexpected(s, "where a function type's '(' should be");
	sd_buf_ch(out, '(');
	SD_TRY(list(s, out, PARAMS, open, &n));
	sd_buf_ch(out, ')');
	save = s->pos;
	sd_scan_blanks(s);
	if (type_begins(s->text + s->pos)) {
		sd_buf_ch(out, ' ');
		return type(s, out);
	}
	if (s->text[s->pos] != '(') {
		s->pos = save;
		return NULL;
	}
	open = s->pos++;
	at = out->n;
	sd_buf_str(out, " (");
	SD_TRY(list(s, out, RESULTS, open, &n));
	if (n > 1) {
		sd_buf_ch(out, ')');
	} else if (n) { /* (T) is T */
		memmove(out->p + at + 1, out->p + at + 2, out->n - at - 2);
		out->n--;
	} else {
		out->n = at;
	}
	return NULL;
}

static struct sd_err *field(struct sd_scan *s, struct sd_buf *out)
{
	const char *tag;
	u64 n;

	SD_TRY(type(s, out));
	sd_scan_blanks(s);
	if (type_begins(s->text + s->pos) || s->text[s->pos] == '(') {
		sd_buf_ch(out, ' ');
		SD_TRY(type(s, out));
		sd_scan_blanks(s);
	}
	if (s->text[s->pos] == '"' || s->text[s->pos] == '`') {
		SD_TRY(sd_scan_string(s, &tag, &n));
		sd_buf_ch(out, ' ');
		sd_quote(out, tag, n);
	}
	return NULL;
}

static struct sd_err *method(struct sd_scan *s, struct sd_buf *out)
{
	u32 n = path_at(s->text + s->pos);

	if (!n)
		return sd_scan_unexpected(s, "where a method should be");
	sd_buf_add(out, s->text + s->pos, n);
	s->pos += n;
	sd_scan_blanks(s);
	return s->text[s->pos] == '(' ? signature(s, out) : NULL;
}

/* struct { X int; Y string }, interface { M(int) error }. */
static struct sd_err *members(struct sd_scan *s, struct sd_buf *out,
			      struct sd_err *(*one)(struct sd_scan *s, struct sd_buf *out))
{
	bool first = true;
	u32 open;

	sd_scan_blanks(s);
	open = s->pos;
	if (!take(s, '{'))
		return sd_scan_unexpected(s, "where the type's '{' should be");
	sd_buf_str(out, " {");
	while (!take(s, '}')) {
		if (!first) {
			if (!s->text[s->pos])
				return sd_scan_error(s, open, open + 1, "'{' is never closed");
			if (!take(s, ';'))
				return sd_scan_unexpected(s, "where ';' or '}' should be");
			if (take(s, '}'))
				break;
			sd_buf_ch(out, ';');
		}
		first = false;
		sd_scan_blanks(s);
		sd_buf_ch(out, ' ');
		SD_TRY(one(s, out));
	}
	sd_buf_str(out, first ? "}" : " }");
	return NULL;
}

static struct sd_err *channel(struct sd_scan *s, struct sd_buf *out, const char *head)
{
	size_t at;

	sd_buf_str(out, head);
	at = out->n;
	SD_TRY(type(s, out));
	if (out->n - at > 1 && !memcmp(out->p + at, "<-", 2)) {
		sd_buf_str(out, "()");
		memmove(out->p + at + 1, out->p + at, out->n - at - 2);
		out->p[at] = '(';
		out->p[out->n - 1] = ')';
	}
	return NULL;
}

/* The package's path in quotes: "gopkg.in/yaml.v3".Node. */
static struct sd_err *quoted(struct sd_scan *s, struct sd_buf *out)
{
	u32 start = s->pos, name;
	const char *path;
	u64 n;

	SD_TRY(sd_scan_string(s, &path, &n));
	if (!n || path_at(path) != n)
		return sd_scan_error(s, start, s->pos, "this is no package's path");
	if (s->text[s->pos] != '.' || !(name = sd_scan_name(s->text + s->pos + 1)))
		return sd_scan_unexpected(s, "where .NAME should follow a package's path");
	sd_buf_add(out, path, n);
	sd_buf_add(out, s->text + s->pos, name + 1);
	s->pos += name + 1;
	return NULL;
}

static struct sd_err *named(struct sd_scan *s, struct sd_buf *out)
{
	u32 open, nargs, n = path_at(s->text + s->pos);

	if (s->text[s->pos] == '"') {
		SD_TRY(quoted(s, out));
	} else if (n) {
		sd_buf_add(out, s->text + s->pos, n);
		s->pos += n;
	} else {
		return sd_scan_unexpected(s, "where a type should be");
	}
	if (s->text[s->pos] != '[')
		return NULL;
	open = s->pos++;
	sd_buf_ch(out, '[');
	SD_TRY(list(s, out, TYPE_ARGS, open, &nargs));
	if (!nargs)
		return sd_scan_error(s, open, s->pos, "type arguments are missing");
	sd_buf_ch(out, ']');
	return NULL;
}

static struct sd_err *bracketed(struct sd_scan *s, struct sd_buf *out)
{
	u32 open = s->pos++, n;

	sd_buf_ch(out, '[');
	sd_scan_blanks(s);
	n = (u32)strspn(s->text + s->pos, "0123456789");
	sd_buf_add(out, s->text + s->pos, n);
	s->pos += n;
	SD_TRY(expect(s, ']', open, "where an array's length or ']' should be"));
	sd_buf_ch(out, ']');
	return type(s, out);
}

static struct sd_err *type_inner(struct sd_scan *s, struct sd_buf *out)
{
	const char *p;
	u32 open;

	sd_scan_blanks(s);
	p = s->text + s->pos;
	if (*p == '*') {
		s->pos++;
		sd_buf_ch(out, '*');
		return type(s, out);
	}
	if (*p == '(') {
		open = s->pos++;
		SD_TRY(type(s, out));
		return expect(s, ')', open, "in a type");
	}
	if (*p == '[')
		return bracketed(s, out);
	if (sd_scan_word(p, "map") && p[3] == '[') {
		open = s->pos += 3;
		s->pos++;
		sd_buf_str(out, "map[");
		SD_TRY(type(s, out));
		SD_TRY(expect(s, ']', open, "in a map's type"));
		sd_buf_ch(out, ']');
		return type(s, out);
	}
	if (!strncmp(p, "<-", 2)) {
		s->pos += 2;
		sd_scan_blanks(s);
		if (!sd_scan_word(s->text + s->pos, "chan"))
			return sd_scan_unexpected(s, "where chan should be");
		s->pos += 4;
		return channel(s, out, "<-chan ");
	}
	if (sd_scan_word(p, "chan")) {
		bool send = !strncmp(p + 4, "<-", 2);

		s->pos += send ? 6 : 4;
		return channel(s, out, send ? "chan<- " : "chan ");
	}
	if (sd_scan_word(p, "func")) {
		s->pos += 4;
		sd_buf_str(out, "func");
		return signature(s, out);
	}
	if (sd_scan_word(p, "struct")) {
		s->pos += 6;
		sd_buf_str(out, "struct");
		return members(s, out, field);
	}
	if (sd_scan_word(p, "interface")) {
		s->pos += 9;
		sd_buf_str(out, "interface");
		return members(s, out, method);
	}
	return named(s, out);
}

static struct sd_err *type(struct sd_scan *s, struct sd_buf *out)
{
	SD_TRY(sd_scan_enter(s));
	SD_TRY(type_inner(s, out));
	s->nest--;
	return NULL;
}

struct sd_err *sd_scan_type(struct sd_scan *s, const char **ret)
{
	struct sd_buf b = {0};
	struct sd_err *err = type(s, &b);

	if (!err)
		*ret = sd_arena_strdup(s->arena, sd_buf_cstr(&b));
	sd_buf_deinit(&b);
	return err;
}
