/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Typed trees, types and records that nobody vouches for: an evaluation ends, stays within its
 * limits, gives a reason when it gives nothing else, and decides a condition as its value says.
 */
#include <regex.h>

#include "eval/eval.h"
#include "out/message.h"
#include "tests/fuzz/hostile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VARS = 4, NODES = 40, STACK = 12 };

static struct sd_node nodes[NODES];
static regex_t regex;

static struct sd_type *some_type(struct sd_cursor *c)
{
	return &types[sd_cursor_u8(c) % TYPES];
}

static void leaf(struct sd_cursor *c, struct sd_node *n)
{
	static const enum sd_node_kind kinds[] = {
		SD_NODE_VAR,  SD_NODE_VAR, SD_NODE_VAR,	     SD_NODE_CONST,  SD_NODE_CONST,
		SD_NODE_NIL,  SD_NODE_NOW, SD_NODE_GLOBAL,   SD_NODE_CALLER, SD_NODE_STACK,
		SD_NODE_GOID, SD_NODE_PID, SD_NODE_DURATION, SD_NODE_HITS,   SD_NODE_TID,
	};
	static const enum sd_kind constants[] = {SD_KIND_INT, SD_KIND_UINT, SD_KIND_FLOAT,
						 SD_KIND_BOOL, SD_KIND_STRING};

	n->kind = kinds[sd_cursor_u8(c) % SD_ARRAY_SIZE(kinds)];
	n->when = sd_cursor_u8(c) & 1;
	n->type = n->kind == SD_NODE_NIL ? NULL : some_type(c);
	n->name = "v";
	n->var = sd_cursor_u8(c) % (VARS + 1);
	if (n->kind == SD_NODE_VAR && n->var < VARS)
		n->type = &types[n->var];
	n->addr = address(c);
	n->constant.kind = constants[sd_cursor_u8(c) % SD_ARRAY_SIZE(constants)];
	n->constant.u = sd_cursor_u8(c) & 1 ? sd_cursor_u64(c) : sd_cursor_u8(c);
	n->constant.bytes = "read-only \xff";
	n->constant.n = n->constant.u % 12;
}

/* The type that the checker would give n, mostly. */
static struct sd_type *result(struct sd_cursor *c, const struct sd_node *n)
{
	struct sd_type *t = n->a->type;

	if (!t || sd_cursor_u8(c) % 8 == 0)
		return some_type(c);
	switch (n->kind) {
	case SD_NODE_DEREF:
	case SD_NODE_INDEX:
	case SD_NODE_MAPINDEX:
		return sd_type_elem(t);
	case SD_NODE_FIELD:
		return n->field && n->field->type ? n->field->type : some_type(c);
	case SD_NODE_SLICE:
	case SD_NODE_NEG:
	case SD_NODE_COMPL:
	case SD_NODE_ARITH:
		return t;
	default:
		return some_type(c);
	}
}

static void inner(struct sd_cursor *c, struct sd_node *n)
{
	u8 how = sd_cursor_u8(c);
	struct sd_type *t = n->a->type;

	n->op = SD_XOP_MUL + sd_cursor_u8(c) % (SD_XOP_GE - SD_XOP_MUL + 1);
	if (n->kind == SD_NODE_FIELD && t && t->nfields)
		n->field = &t->fields[how % t->nfields];
	n->name = how & 1 ? "*errors.errorString" : "x";
	n->rtype = how & 2 ? address(c) : 0;
	n->target = how & 4 ? some_type(c) : NULL;
	n->regex = &regex;
	n->type = result(c, n);
}

static struct sd_node *make_tree(struct sd_cursor *c)
{
	static const enum sd_node_kind binary[] = {
		SD_NODE_INDEX, SD_NODE_MAPINDEX, SD_NODE_ARITH,	  SD_NODE_COMPARE,  SD_NODE_AND,
		SD_NODE_OR,    SD_NODE_PREFIX,	 SD_NODE_SUFFIX,  SD_NODE_CONTAINS, SD_NODE_FOLD,
		SD_NODE_SLICE, SD_NODE_COMPARE,	 SD_NODE_COMPARE,
	};
	static const enum sd_node_kind unary[] = {
		SD_NODE_DEREF, SD_NODE_ADDR,	SD_NODE_FIELD,	SD_NODE_LEN,	 SD_NODE_CAP,
		SD_NODE_NEG,   SD_NODE_COMPL,	SD_NODE_NOT,	SD_NODE_SLICE,	 SD_NODE_CONVERT,
		SD_NODE_ERROR, SD_NODE_MATCHES, SD_NODE_ASSERT, SD_NODE_IS_TYPE,
	};
	struct sd_node *stack[STACK];
	u32 top = 0;

	memset(nodes, 0, sizeof(nodes));
	for (u32 i = 0; i < NODES; i++) {
		struct sd_node *n = &nodes[i];
		u8 how = sd_cursor_u8(c);

		if (!how && top)
			break;
		if (top == 0 || (how % 3 == 0 && top < STACK)) {
			leaf(c, n);
			stack[top++] = n;
			continue;
		}
		if (how % 3 == 1 || top < 2) {
			n->kind = unary[how / 3 % SD_ARRAY_SIZE(unary)];
		} else {
			n->kind = binary[how / 3 % SD_ARRAY_SIZE(binary)];
			n->b = stack[--top];
			if (n->kind == SD_NODE_SLICE && top > 1)
				n->c = stack[--top];
		}
		n->a = stack[--top];
		inner(c, n);
		stack[top++] = n;
	}
	return stack[top - 1];
}

static struct sd_value *caller(void *ctx, enum sd_when when, struct sd_arena *arena)
{
	struct sd_value *v = sd_arena_new(arena, struct sd_value);

	v->kind = SD_V_STRING;
	v->bytes = (const u8 *)"main.main";
	v->n = v->total = 9;
	return v;
}

static u64 count(const struct sd_value *v, u32 level)
{
	u64 n = 1, items = v->items ? v->n : 0;

	require(level < 1000);
	require(v->kind != SD_V_UNAVAILABLE || v->why);
	if (v->kind == SD_V_STRING || v->kind == SD_V_BYTES)
		require(v->n <= v->total && v->bytes);
	if (v->kind == SD_V_MAP)
		items *= 2;
	for (u64 i = 0; i < items; i++)
		n += count(&v->items[i], level + 1);
	return n;
}

static void evaluate(const struct sd_eval *e, const struct sd_node *n)
{
	static const char *const formats[] = {"", "x", "q", ".2f", "c"};
	struct sd_value *v = sd_eval(e, n, "x");
	struct sd_message_part part = {.values = v, .nvalues = 1};
	const char *why = NULL;
	enum sd_truth truth = sd_eval_condition(e, n, &why);
	struct sd_buf out = {0};

	require(count(v, 0) <= 1 + e->limits->nodes);
	require(truth != SD_UNSURE || why);
	if (v->kind == SD_V_BOOL && truth != SD_UNSURE)
		require(v->u == (truth == SD_TRUE));
	part.format = formats[v->total % SD_ARRAY_SIZE(formats)];
	sd_out_message(&part, 1, &out);
	for (size_t i = 0; i < out.n; i++)
		require((u8)out.p[i] >= 0x20 && out.p[i] != 0x7f);
	sd_buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(8) u8 mem[SDW_REC_MAX];
	struct sd_go_layout go = {.map_kind = SD_GO_MAP_CLASSIC};
	struct sd_piece pieces[VARS][PIECES];
	struct sd_loc locs[VARS];
	struct sd_eval_var vars[VARS];
	struct sd_cursor c = sd_cursor_at(data, size);
	struct sd_decode_limits limits = {.depth = 4, .items = 8, .str = 64, .nodes = 300};
	struct sd_cfa cfa = {.reg = SD_RSP, .known = true, .off = 8};
	struct sd_arena arena = {0};
	struct sd_snapshot snap;
	struct sd_eval_hit hit = {.snap = &snap, .vars = vars, .nvars = VARS};
	struct sd_eval e = {.hit = {&hit}, .limits = &limits, .arena = &arena, .caller = caller};
	const struct sd_node *tree;

	if (!regex.re_nsub && !regex.buffer)
		require(!regcomp(&regex, "^r.*(o|x)", REG_EXTENDED | REG_NOSUB));
	memset(mem, 0, sizeof(mem));
	memset(types, 0, sizeof(types));
	memset(fields, 0, sizeof(fields));
	make_types(&c);
	for (u32 i = 0; i < VARS; i++) {
		locs[i] = (struct sd_loc){.pieces = pieces[i], .n = make_pieces(&c, pieces[i])};
		vars[i] = (struct sd_eval_var){.type = &types[i], .loc = &locs[i]};
	}
	go.map_kind = sd_cursor_u8(&c) % (SD_GO_MAP_SWISS_SPLIT + 1);
	tree = make_tree(&c);
	make_record(&c, mem, sizeof(mem));
	if (sd_snapshot_init(&snap, (const struct sdw_rec *)mem, 0x10, &cfa, &arena)) {
		if (size & 1)
			snap.rodata = rodata;
		snap.type_name = snap.func_name = name_at;
		snap.rtype = rtype_at;
		snap.func_line = line_at;
		snap.captured = rtype_at;
		snap.go = &go;
		evaluate(&e, tree);
	}
	sd_arena_deinit(&arena);
	return 0;
}
