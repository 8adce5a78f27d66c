/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes, errors with a place in the text, and names that are near: what every part of check needs.
 */
#include "check/checker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/distance.h"

struct sd_node *sd_ck_node(struct sd_checker *c, enum sd_node_kind kind, const struct sd_expr *x,
			   struct sd_type *type)
{
	struct sd_node *n = sd_arena_new(c->arena, struct sd_node);

	n->kind = kind;
	n->start = x->start;
	n->end = x->end;
	n->type = type;
	return n;
}

struct sd_operand sd_ck_typed(struct sd_node *n)
{
	return (struct sd_operand){.n = n, .u = SD_TYPED};
}

struct sd_err *sd_ck_err(struct sd_checker *c, u32 start, u32 end, const char *fmt, ...)
{
	struct sd_err *err;
	char *msg = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&msg, fmt, ap) < 0)
		abort();
	va_end(ap);
	err = sd_err_new(SD_ERR_USAGE, "%s", msg);
	free(msg);
	return sd_err_span(err, c->text, (int)start, (int)end);
}

const char *sd_ck_source(struct sd_checker *c, const struct sd_expr *x)
{
	enum { MAX = 40 };
	const char *s = c->text + x->start;
	u32 n = x->end - x->start;
	char *ret;

	if (n <= MAX) {
		ret = sd_arena_printf(c->arena, "'%.*s'", (int)n, s);
	} else {
		for (n = MAX; n > MAX - 4 && ((u8)s[n] & 0xc0) == 0x80; n--) /* whole characters */
			;
		ret = sd_arena_printf(c->arena, "'%.*s…'", (int)n, s);
	}
	for (char *p = ret; *p; p++)
		if ((u8)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	return ret;
}

struct sd_err *sd_ck_refused(struct sd_checker *c, const char *name, u32 start, u32 end)
{
	const char *why = c->scope->refused ? c->scope->refused(c->scope->ctx, name) : NULL;

	if (!why)
		return NULL;
	return sd_err_hint(
		sd_ck_err(c, start, end, "'%s' is not shown nor compared: %s", name, why),
		"--show-secrets switches that off");
}

const char *sd_ck_nearest(const char *name, const char *(*next)(void *ctx, u32 i), void *ctx)
{
	enum { MAX = 4096 };
	size_t len = strlen(name);
	unsigned int best = len < 3 ? 0 : (unsigned int)(len / 3) + 1;
	const char *ret = NULL, *s;

	for (u32 i = 0; i < MAX && (s = next(ctx, i)); i++) {
		unsigned int d = sd_name_distance(name, s);

		if (d && d < best && d < strlen(s)) {
			best = d;
			ret = s;
		}
	}
	return ret;
}
