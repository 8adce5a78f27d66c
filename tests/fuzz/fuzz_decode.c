/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records, types and locations that nobody vouches for, decoded and printed in both formats. Checks
 * what readers rely on: the limits hold, JSON is JSON, no control character gets through.
 */
#include "decode/stack.h"
#include "decode/redact.h"
#include "out/out.h"
#include "tests/fuzz/hostile.h"
#include "tests/unit/json_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static u64 count(const struct sd_value *v, const struct sd_decode_limits *limits, u32 level)
{
	u64 n = 1, items = v->items ? v->n : 0;

	require(level < 1000);
	require(v->kind != SD_V_UNAVAILABLE || v->why);
	if (v->kind == SD_V_STRING || v->kind == SD_V_BYTES)
		require(v->n <= limits->str && v->n <= v->total && v->bytes);
	if (v->kind == SD_V_LIST || v->kind == SD_V_MAP || (v->kind == SD_V_CHAN && v->opened))
		require(v->n <= limits->items && v->n <= v->total);
	if (v->kind == SD_V_MAP)
		items *= 2;
	for (u64 i = 0; i < items; i++)
		n += count(&v->items[i], limits, level + 1);
	return n;
}

static void check_text(const struct sd_buf *b)
{
	for (size_t i = 0; i < b->n; i++)
		require((u8)b->p[i] >= 0x20 && b->p[i] != 0x7f);
}

/* Any code at any address, the same each time. */
static const struct sd_code *code_at(void *ctx, u64 addr, bool exact)
{
	struct sd_code *code = sd_arena_new(ctx, struct sd_code);
	struct sd_code_call *calls = sd_arena_array(ctx, struct sd_code_call, 3);

	for (u32 i = 0; i < 3; i++) {
		calls[i].frame.func = addr >> i & 16 ? "runtime.gopanic" : "f";
		calls[i].wrapper = addr >> i & 8;
	}
	*code = (struct sd_code){.calls = calls,
				 .n = 1 + (addr >> 3) % 3,
				 .name = addr & 64 ? "f" : NULL,
				 .kind = (enum sd_code_frame)((addr >> 4) % 7),
				 .delta = (s64)(addr & 0x38) - 8,
				 .why = "why",
				 .injected = addr & 32,
				 .after_call = !exact};
	return code;
}

/* Both formats hold what readers rely on. */
static void print(const struct sd_value *v, struct sd_buf *out)
{
	out->n = 0;
	sd_out_text_value(v, out);
	check_text(out);
	out->n = 0;
	sd_out_json_value(v, out);
	check_text(out);
	require(json_valid(out->p, out->n));
}

/* Nothing is a string any more. */
static void check_no_strings(const struct sd_value *v)
{
	u64 items = v->items ? v->n : 0;

	require(v->kind != SD_V_STRING && v->kind != SD_V_BYTES);
	for (u64 i = 0; i < (v->kind == SD_V_MAP ? 2 * items : items); i++)
		check_no_strings(&v->items[i]);
}

static void redact(struct sd_value *v, bool no_strings, struct sd_arena *arena)
{
	struct sd_redact *r = sd_redact_create(
		&(struct sd_redact_options){.no_strings = no_strings});

	sd_redact_expression(r, v, arena);
	sd_redact_result(r, v, "main.getToken", arena);
	if (no_strings)
		check_no_strings(v);
	sd_redact_destroy(r);
}

/* A record's call stack lies in the record, and becomes at most as many calls as asked for. */
static void check_stack(const struct sdw_rec *rec, const struct sd_cfa *cfa, struct sd_arena *arena)
{
	u64 fp;
	u32 n;
	const struct sdw_stack *raw = sd_record_stack(rec, &fp, &n);
	struct sd_stack *stack;

	if (!raw)
		return;
	require((const u8 *)&raw->frames[n] <= (const u8 *)rec + rec->size);
	stack = sd_stack_walk(rec, cfa, 4, 5, code_at, arena, arena);
	require(stack && stack->n >= 1 && stack->n <= 5);
	for (u32 i = 0; i < stack->n; i++)
		require(stack->frames[i].func != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(8) u8 mem[SDW_REC_MAX];
	struct sd_go_layout go = {.map_kind = SD_GO_MAP_CLASSIC};
	struct sd_piece pieces[PIECES];
	struct sd_cursor c = sd_cursor_at(data, size);
	struct sd_decode_limits limits = {.depth = 4, .items = 8, .str = 64, .nodes = 300};
	struct sd_cfa cfa = {.reg = SD_RSP, .known = true, .off = 8};
	struct sd_arena arena = {0};
	struct sd_snapshot snap;
	struct sd_buf out = {0};
	struct sd_loc loc;
	struct sd_value *v;

	memset(mem, 0, sizeof(mem));
	memset(types, 0, sizeof(types));
	memset(fields, 0, sizeof(fields));
	make_types(&c);
	loc = (struct sd_loc){.pieces = pieces, .n = make_pieces(&c, pieces)};
	limits.depth = sd_cursor_u8(&c) % 64;
	go.map_kind = sd_cursor_u8(&c) % (SD_GO_MAP_SWISS_SPLIT + 1);
	go.chan = sd_go_chan_layout(15 + sd_cursor_u8(&c) % 14);
	make_record(&c, mem, sizeof(mem));
	check_stack((const struct sdw_rec *)mem, &cfa, &arena);
	if (sd_snapshot_init(&snap, (const struct sdw_rec *)mem, 0x10, &cfa, &arena)) {
		if (size & 1)
			snap.rodata = rodata;
		snap.type_name = snap.func_name = name_at;
		snap.rtype = rtype_at;
		snap.func_line = line_at;
		snap.captured = rtype_at;
		snap.go = &go;
		v = sd_decode(&snap, &types[0], &loc, "v", &limits, &arena);
		require(count(v, &limits, 0) <= 1 + limits.nodes);
		print(v, &out);
		redact(v, size & 2, &arena);
		print(v, &out);
	}
	sd_buf_deinit(&out);
	sd_arena_deinit(&arena);
	return 0;
}
