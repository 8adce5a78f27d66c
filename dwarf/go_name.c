/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of Go's struct literals: the debug information puts a package before fields that are not
 * exported, and a name before embedded instances of generic types; Go itself does not
 * (reflect.Type.String). "struct { main.a int; G = main.G[int] }" is
 * "struct { a int; main.G[int] }".
 */
#include <string.h>

#include "base/buf.h"
#include "dwarf/priv.h"

enum { MAX_NESTED = 64 };

static const char literal[] = "struct {";

struct scan {
	const char *p;
	char open[MAX_NESTED]; /* brackets that are open: 's' is a struct's */
	u32 n;
	struct sd_buf *out;
};

/* The end of a quoted tag. */
static const char *past_quotes(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

/* The end of a field's first word: a name, or the type of an embedded field. */
static const char *past_word(const char *p)
{
	for (u32 depth = 0; *p; p++) {
		if (strchr("([{", *p))
			depth++;
		else if (!depth && strchr(" ;)]}", *p))
			break;
		else if (strchr(")]}", *p))
			depth--;
	}
	return p;
}

/* Leaves out what Go does not say of a field's name. */
static void begin_field(struct scan *s)
{
	const char *end;

	while (*s->p == ' ')
		sd_buf_ch(s->out, *s->p++);
	end = past_word(s->p);
	if (!strncmp(end, " = ", 3))
		s->p = end + 3;
	else if (*end == ' ' && end[1] != '}')
		for (const char *at = s->p; at < end; at++)
			if (*at == '.')
				s->p = at + 1;
}

/* One step; false when the brackets do not match. */
static bool step(struct scan *s)
{
	bool in_struct = s->n && s->open[s->n - 1] == 's';
	char c = *s->p;

	if (c == '"') {
		const char *end = past_quotes(s->p);

		sd_buf_add(s->out, s->p, (size_t)(end - s->p));
		s->p = end;
		return true;
	}
	if (s->n == MAX_NESTED)
		return false;
	if (!strncmp(s->p, literal, sizeof(literal) - 1)) {
		sd_buf_str(s->out, literal);
		s->p += sizeof(literal) - 1;
		s->open[s->n++] = 's';
		if (*s->p == ' ')
			begin_field(s);
		return true;
	}
	if (strchr("([{", c))
		s->open[s->n++] = c;
	else if (strchr(")]}", c) && !s->n--)
		return false;
	sd_buf_ch(s->out, c);
	s->p++;
	if (c == ';' && in_struct)
		begin_field(s);
	return true;
}

const char *sd_dw_go_name(const char *name, struct sd_arena *arena)
{
	struct sd_buf out = {0};
	struct scan s = {.p = name, .out = &out};

	if (!strstr(name, literal))
		return name;
	while (*s.p && step(&s))
		;
	if (!*s.p && !s.n)
		name = sd_arena_strdup(arena, sd_buf_cstr(&out));
	sd_buf_deinit(&out);
	return name;
}
