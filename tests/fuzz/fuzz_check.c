/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any text, over the made-up program or over variables of types that nobody vouches for: what
 * parses is an error with a place in the text, or a tree that keeps every rule. First byte: which
 * scope.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "check/check.h"
#include "tests/expr_tree.h"
#include "tests/expr_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TYPES = 16, FIELDS = 6 };

static struct sd_type types[TYPES];
static struct sd_field fields[TYPES][FIELDS];

static void require(bool ok)
{
	if (!ok)
		abort();
}

static const char *const names[] = {"int",	"main.T", "string",	     NULL,
				    "",		"uint8",  "go.shape.int",    "error",
				    "[]byte",	"*int",	  "go.shape.*uint8", "time.Duration",
				    "map[int]T"};
static const char *const field_names[] = {"a", "b", "c", "d", "_", "", "len", "T"};

/* 16 types, 2 bytes and its fields each; whatever the bytes say, but elements of enums. */
static void make_types(struct sd_cursor *c)
{
	static const u64 sizes[] = {8, 1, 2, 4, 16, 24, 0, 3, 1ULL << 60};

	for (u32 i = 0; i < TYPES; i++) {
		struct sd_type *t = &types[i];
		u8 how = sd_cursor_u8(c), more = sd_cursor_u8(c);

		*t = (struct sd_type){.kind = how % (SD_KIND_FUNC + 1),
				      .named = more & 1,
				      .name = names[more % SD_ARRAY_SIZE(names)],
				      .size = sizes[(how >> 3) % SD_ARRAY_SIZE(sizes)],
				      .align = 1,
				      .count = more >> 2,
				      .elem = more & 2 ? &types[(more >> 2) % TYPES] : NULL,
				      .key = more & 4 ? &types[(how >> 2) % TYPES] : NULL,
				      .fields = fields[i],
				      .nfields = how % (FIELDS + 1)};
		for (u32 f = 0; f < t->nfields; f++) {
			u8 b = sd_cursor_u8(c);

			fields[i][f] = (struct sd_field){
				.name = field_names[b % SD_ARRAY_SIZE(field_names)],
				.type = b == 255 ? NULL : &types[(b >> 3) % TYPES],
				.embedded = b & 0x80,
				.bit_size = b == 0x7f ? 70 : 0};
		}
	}
}

static bool variable(void *ctx, const char *name, struct sd_entity *ret)
{
	if (name[1] || name[0] < 'a' || name[0] >= 'a' + TYPES)
		return false;
	*ret = (struct sd_entity){.kind = name[0] & 1 ? SD_ENTITY_VAR : SD_ENTITY_GLOBAL,
				  .name = name,
				  .type = name[0] == 'p' ? NULL : &types[name[0] - 'a']};
	return true;
}

/* Constants of any type and value; the checker is not told which fit. */
static bool global(void *ctx, const char *pkg, const char *name, struct sd_entity *ret,
		   const char **ambiguous_ret)
{
	u32 i = (u32)name[0] % TYPES;

	if (!strcmp(name, "several"))
		*ambiguous_ret = "a.several, b.several";
	if (name[0] < 'A' || name[0] > 'Z')
		return false;
	*ret = (struct sd_entity){.kind = SD_ENTITY_CONST,
				  .name = name,
				  .type = name[0] & 1 ? &types[i] : NULL,
				  .constant = {.kind = types[i].kind, .u = types[i].count}};
	if (types[i].kind == SD_KIND_STRING) {
		ret->constant.bytes = "text";
		ret->constant.n = 4;
	}
	return true;
}

static bool type(void *ctx, const char *text, struct sd_type **ret, u64 *rtype_ret,
		 const char **ambiguous_ret)
{
	if (text[0] != 'T' || text[1] < 'a' || text[1] >= 'a' + TYPES || text[2])
		return false;
	*ret = &types[text[1] - 'a'];
	*rtype_ret = 0x1000;
	return true;
}

static void try(const char *text, const struct sd_scope *scope, bool condition)
{
	struct sd_arena arena = {0};
	struct sd_expr *x = NULL;
	struct sd_node *n = NULL;
	struct sd_buf out = {0};
	struct sd_err *err;
	u32 end = 0;

	err = sd_expr_parse(text, 0, &arena, &x, &end);
	if (!err) {
		err = condition ? sd_check_condition(x, text, scope, &arena, &n)
				: sd_check(x, text, scope, &arena, &n);
		require(!err == !!n);
	}
	if (err) {
		require(err->msg && err->msg[0] && err->text && !strcmp(err->text, text));
		require(err->span_start >= 0 && err->span_start <= err->span_end &&
			(size_t)err->span_end <= strlen(text));
		sd_err_free(err);
	} else {
		const char *why = sd_tree_wrong(n, scope->c_like, end);

		if (why)
			fprintf(stderr, "%s: %s\n", text, why);
		require(!why);
		require(!condition || n->type->kind == SD_KIND_BOOL);
		sd_node_print(n, &out);
		require(out.n);
		sd_buf_deinit(&out);
		sd_node_release(n);
	}
	sd_arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sd_cursor c = sd_cursor_at(data, size);
	u8 how = sd_cursor_u8(&c);
	struct sd_scope scope = how & 1 ? sd_world_c()->scope : sd_world_go()->scope;
	char *text;
	size_t n;

	if (how & 2) {
		make_types(&c);
		scope = (struct sd_scope){.where = "f",
					  .c_like = how & 1,
					  .variable = variable,
					  .global = global,
					  .type = type};
	}
	scope.return_alone = how & 4;
	if (how & 8)
		scope.returns = false;
	n = SD_MIN((size_t)(c.end - c.p), (size_t)4096);
	text = sd_xstrndup((const char *)c.p, n);
	try(text, &scope, false);
	try(text, &scope, true);
	free(text);
	return 0;
}
