/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be done with a typed tree whatever is in it: print it, walk it, give it back. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "check/checker.h"

void sd_node_walk(const struct sd_node *n, bool (*fn)(void *ctx, const struct sd_node *n),
		  void *ctx)
{
	if (!n || !fn(ctx, n))
		return;
	sd_node_walk(n->a, fn, ctx);
	sd_node_walk(n->b, fn, ctx);
	sd_node_walk(n->c, fn, ctx);
}

void sd_node_release(struct sd_node *n)
{
	if (!n)
		return;
	if (n->regex)
		regfree(n->regex);
	free(n->regex);
	n->regex = NULL;
	sd_node_release(n->a);
	sd_node_release(n->b);
	sd_node_release(n->c);
}

static void print_string(const char *s, u64 n, struct sd_buf *out)
{
	sd_buf_ch(out, '"');
	for (u64 i = 0; i < n; i++) {
		unsigned char ch = (unsigned char)s[i];

		if (ch == '"' || ch == '\\')
			sd_buf_printf(out, "\\%c", ch);
		else if (ch < 0x20 || ch >= 0x7f)
			sd_buf_printf(out, "\\x%02x", ch);
		else
			sd_buf_ch(out, (char)ch);
	}
	sd_buf_ch(out, '"');
}

static void print_constant(const struct sd_node *n, struct sd_buf *out)
{
	const struct sd_constant *k = &n->constant;

	sd_buf_printf(out, "(%s ", sd_ck_type_name(n->type));
	switch (k->kind) {
	case SD_KIND_BOOL:
		sd_buf_str(out, k->u ? "true" : "false");
		break;
	case SD_KIND_INT:
		sd_buf_s64(out, k->s);
		break;
	case SD_KIND_UINT:
		sd_buf_u64(out, k->u);
		break;
	case SD_KIND_FLOAT:
		sd_buf_printf(out, "%.17g", k->f);
		break;
	case SD_KIND_STRING:
		print_string(k->bytes, k->n, out);
		break;
	default:
		sd_buf_ch(out, '?');
		break;
	}
	sd_buf_ch(out, ')');
}

static const char *const words[] = {
	[SD_NODE_DEREF] = "deref",     [SD_NODE_ADDR] = "addr",		[SD_NODE_FIELD] = "field",
	[SD_NODE_INDEX] = "index",     [SD_NODE_MAPINDEX] = "mapindex", [SD_NODE_SLICE] = "slice",
	[SD_NODE_LEN] = "len",	       [SD_NODE_CAP] = "cap",		[SD_NODE_NEG] = "neg",
	[SD_NODE_COMPL] = "compl",     [SD_NODE_NOT] = "not",		[SD_NODE_AND] = "and",
	[SD_NODE_OR] = "or",	       [SD_NODE_CONVERT] = "convert",	[SD_NODE_PREFIX] = "prefix",
	[SD_NODE_SUFFIX] = "suffix",   [SD_NODE_CONTAINS] = "contains", [SD_NODE_FOLD] = "fold",
	[SD_NODE_MATCHES] = "matches", [SD_NODE_ASSERT] = "assert",	[SD_NODE_ERROR] = "error",
	[SD_NODE_GOID] = "goid",       [SD_NODE_PID] = "pid",		[SD_NODE_TID] = "tid",
	[SD_NODE_NOW] = "now",	       [SD_NODE_DURATION] = "duration", [SD_NODE_HITS] = "hits",
	[SD_NODE_CALLER] = "caller",   [SD_NODE_STACK] = "stack",
};

static const char *word(const struct sd_node *n)
{
	if (n->kind == SD_NODE_ARITH || n->kind == SD_NODE_COMPARE)
		return sd_ck_op_text(n->op);
	if (n->kind == SD_NODE_IS_TYPE)
		return n->op == SD_XOP_NE ? "isnot" : "is";
	return (size_t)n->kind < SD_ARRAY_SIZE(words) && words[n->kind] ? words[n->kind] : "?";
}

void sd_node_print(const struct sd_node *n, struct sd_buf *out)
{
	switch (n->kind) {
	case SD_NODE_CONST:
		print_constant(n, out);
		return;
	case SD_NODE_NIL:
		sd_buf_str(out, "nil");
		return;
	case SD_NODE_VAR:
		sd_buf_printf(out, "(%s %s)", n->when == SD_AT_RETURN ? "rvar" : "var", n->name);
		return;
	case SD_NODE_GLOBAL:
		sd_buf_printf(out, "(%s %s)", n->when == SD_AT_RETURN ? "rglobal" : "global",
			      n->name);
		return;
	default:
		break;
	}
	sd_buf_printf(out, "(%s", word(n));
	if (n->kind == SD_NODE_CONVERT)
		sd_buf_printf(out, " %s", sd_ck_type_name(n->type));
	for (int i = 0; i < 3; i++) {
		const struct sd_node *child = i == 0 ? n->a : i == 1 ? n->b : n->c;

		if (child) {
			sd_buf_ch(out, ' ');
			sd_node_print(child, out);
		} else if (n->kind == SD_NODE_SLICE) {
			sd_buf_str(out, " _");
		}
	}
	if (n->kind == SD_NODE_FIELD)
		sd_buf_printf(out, " %s", n->name[0] ? n->name : "_anonymous_");
	if (n->kind == SD_NODE_IS_TYPE || n->kind == SD_NODE_ASSERT)
		sd_buf_printf(out, " %s", n->name);
	if (n->kind == SD_NODE_STACK)
		sd_buf_printf(out, " %llu", (unsigned long long)n->constant.u);
	sd_buf_ch(out, ')');
}
