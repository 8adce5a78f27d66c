/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture plans of hand-made types: what is followed from registers and memory, and how far types
 * are looked into. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "plan/types.h"

static u32 completed; /* how many types were completed */

static void count_complete(struct sd_type_source *src, struct sd_type *type)
{
	completed++;
}
static struct sd_type_source source = {count_complete};

static struct sd_type t_int = {.kind = SD_KIND_INT, .size = 8, .align = 8};
static struct sd_type t_string = {.kind = SD_KIND_STRING, .size = 16, .align = 8};
static struct sd_type t_any = {.kind = SD_KIND_EFACE, .size = 16, .align = 8};
static struct sd_type t_error = {.kind = SD_KIND_IFACE, .size = 16, .align = 8};
static struct sd_type t_func = {.kind = SD_KIND_FUNC, .size = 8, .align = 8};
static struct sd_type t_big = {
	.kind = SD_KIND_ARRAY, .size = 160, .align = 8, .elem = &t_int, .count = 20};

static struct sd_type ptr_to(struct sd_type *elem)
{
	return (struct sd_type){.kind = SD_KIND_PTR, .size = 8, .align = 8, .elem = elem};
}

static struct sd_type map_of(struct sd_type *key, struct sd_type *elem)
{
	return (struct sd_type){
		.kind = SD_KIND_MAP, .size = 8, .align = 8, .key = key, .elem = elem};
}

struct bench {
	struct sd_tables t;
	struct sd_go_layout go;
	struct sdw_site wire;
	struct sd_site site;
};

static void begin(struct bench *b, u32 depth, enum sd_go_map_kind maps, int minor)
{
	struct sd_limits limits = {.depth = depth, .items = 16, .str = 256, .bytes = 16384};

	memset(b, 0, sizeof(*b));
	b->site.cfa = (struct sd_cfa){.reg = SD_RSP, .known = true, .off = 8};
	b->go.map_kind = maps;
	b->go.chan = sd_go_chan_layout(minor);
	sd_tables_init(&b->t, &limits);
	sd_tables_module(&b->t, 3, maps ? &b->go : NULL);
}

/* One variable in these registers, a word each. */
static void capture(struct bench *b, struct sd_type *type, u8 reg, u8 reg2)
{
	struct sd_piece pieces[2] = {
		{.kind = SD_PIECE_REG, .reg = reg, .size = 8},
		{.kind = SD_PIECE_REG, .reg = reg2, .value_off = 8, .size = 8},
	};
	struct sd_variable v = {
		.name = "v", .type = type, .loc = {.pieces = pieces, .n = (u32)type->size / 8}};

	sd_plan_capture(&b->t, &b->site, &v, 1, &b->wire);
}

static struct sdw_ptr ptr_of(const struct bench *b, u32 type, u32 i)
{
	assert_true(type && type < b->t.types.n && i < b->t.types.v[type].nptr);
	return b->t.ptrs.v[b->t.types.v[type].first_ptr + i];
}

#define assert_ptr(p, k, o, lo, c)                                                                 \
	do {                                                                                       \
		struct sdw_ptr p_ = (p);                                                           \
		assert_int_equal(p_.kind, k);                                                      \
		assert_int_equal(p_.off, o);                                                       \
		assert_int_equal(p_.len_off, lo);                                                  \
		assert_int_equal(p_.count, c);                                                     \
	} while (0)

static void interfaces(void **state)
{
	struct bench b;

	begin(&b, 4, SD_GO_MAP_SWISS, 26);
	capture(&b, &t_int, SD_RAX, 0);
	assert_true(b.wire.flags & SDW_SITE_REGS_ONLY);
	assert_false(sd_plan_wants_rtypes(&b.t, 3));
	capture(&b, &t_any, SD_RAX, SD_RBX);
	assert_ptr(ptr_of(&b, b.wire.regs_type, 0), SDW_PTR_IFACE, 8 * SD_RAX, 8 * SD_RBX, 0);
	assert_false(b.wire.flags & SDW_SITE_REGS_ONLY);
	capture(&b, &t_error, SD_RCX, SD_RDI);
	assert_ptr(ptr_of(&b, b.wire.regs_type, 0), SDW_PTR_IFACE, 8 * SD_RCX, 8 * SD_RDI, 1);
	assert_int_equal(b.wire.module, 3);
	assert_true(sd_plan_wants_rtypes(&b.t, 3));
	assert_false(sd_plan_wants_rtypes(&b.t, 0));
	sd_tables_deinit(&b.t);
}

/* An id holds for all depths; what cannot be reached is not completed; more is found when it comes
 * nearer. */
static void depths(void **state)
{
	struct sd_type leaf = {
		.kind = SD_KIND_STRUCT, .size = 32, .src = &source, .incomplete = true};
	struct sd_type to_leaf = {
		.kind = SD_KIND_PTR, .size = 8, .elem = &leaf, .src = &source, .incomplete = true};
	struct sd_field fields[] = {{"s", &t_string, 0}, {"p", &to_leaf, 16}};
	struct sd_type node = {.kind = SD_KIND_STRUCT,
			       .size = 24,
			       .fields = fields,
			       .nfields = 2,
			       .src = &source,
			       .incomplete = true};
	struct sd_type near = ptr_to(&node), far = ptr_to(&near);
	struct bench b;
	u32 id, n;

	begin(&b, 2, SD_GO_MAP_SWISS, 26);
	completed = 0;
	capture(&b, &far, SD_RAX, 0); /* **node: no pointer left at node */
	id = ptr_of(&b, ptr_of(&b, b.wire.regs_type, 0).type, 0).type;
	assert_int_equal(b.t.types.v[id].size, 24);
	assert_int_equal(b.t.types.v[id].nptr, 1); /* the string */
	assert_int_equal(completed, 1);
	capture(&b, &near, SD_RAX, 0);
	assert_int_equal(ptr_of(&b, b.wire.regs_type, 0).type, id);
	assert_int_equal(b.t.types.v[id].nptr, 2);
	assert_ptr(ptr_of(&b, id, 1), SDW_PTR_ONE, 16, 0, 0);
	assert_int_equal(b.t.types.v[ptr_of(&b, id, 1).type].size, 32);
	assert_int_equal(completed, 3);
	n = (u32)b.t.types.n;
	capture(&b, &near, SD_RAX, 0); /* nothing new but the registers themselves */
	assert_int_equal(b.t.types.n, n + 1);
	sd_tables_deinit(&b.t);
}

/* Known types that come nearer are passed on without being looked into again. */
static void nearer(void **state)
{
	struct sd_type d = {.kind = SD_KIND_STRUCT, .size = 8}, to_d = ptr_to(&d);
	struct sd_field c_fields[] = {{"d", &to_d, 0}};
	struct sd_type c = {.kind = SD_KIND_STRUCT, .size = 8, .fields = c_fields, .nfields = 1},
		       to_c = ptr_to(&c);
	struct sd_field b_fields[] = {{"c", &to_c, 0}};
	struct sd_type bt = {.kind = SD_KIND_STRUCT, .size = 8, .fields = b_fields, .nfields = 1},
		       to_b = ptr_to(&bt);
	struct sd_type far = ptr_to(&to_b);
	struct bench b;
	u32 id;

	begin(&b, 3, SD_GO_MAP_SWISS, 26);
	capture(&b, &far, SD_RAX, 0); /* **b: c is reached with nothing left */
	id = ptr_of(&b, ptr_of(&b, b.wire.regs_type, 0).type, 0).type;
	assert_int_equal(b.t.types.v[ptr_of(&b, id, 0).type].nptr, 0);
	capture(&b, &to_b, SD_RAX, 0);
	assert_int_equal(ptr_of(&b, b.wire.regs_type, 0).type, id);
	assert_int_equal(b.t.types.v[ptr_of(&b, id, 0).type].nptr, 1);
	sd_tables_deinit(&b.t);
}

/* The same type from the debug information and from its descriptor; one that claims another's
 * descriptor. */
static void same_descriptor(void **state)
{
	struct sd_type one = {.kind = SD_KIND_STRUCT, .size = 24, .go_rtype = 64}, other = one,
		       wrong = one;
	struct bench b;
	u32 id;

	wrong.size = 32;
	begin(&b, 1, SD_GO_MAP_SWISS, 26);
	id = sd_types_value(&b.t, &one, 1);
	assert_true(id);
	assert_int_equal(sd_types_value(&b.t, &other, 1), id);
	assert_int_not_equal(sd_types_value(&b.t, &wrong, 1), id);
	assert_int_equal(b.t.types.v[sd_types_value(&b.t, &wrong, 1)].size, 32);
	sd_tables_module(&b.t, 4, &b.go);
	assert_int_not_equal(sd_types_value(&b.t, &other, 1), id);
	sd_types_finish(&b.t);
	sd_tables_deinit(&b.t);
}

static void classic_maps(void **state)
{
	struct sd_type map = map_of(&t_string, &t_int);
	struct sdw_ptr p;
	struct bench b;
	u32 head, bucket;

	begin(&b, 1, SD_GO_MAP_CLASSIC, 20);
	capture(&b, &map, SD_RAX, 0);
	p = ptr_of(&b, b.wire.regs_type, 0);
	assert_int_equal(p.kind, SDW_PTR_SAME);
	head = p.type;
	assert_int_equal(b.t.types.v[head].size, 48);
	assert_ptr(ptr_of(&b, head, 0), SDW_PTR_LOG2, 16, 9, 8 << 1);
	assert_ptr(ptr_of(&b, head, 1), SDW_PTR_LOG2, 24, 9, 8 << 1 | 1);
	bucket = ptr_of(&b, head, 0).type;
	assert_int_equal(ptr_of(&b, head, 1).type, bucket);
	assert_int_equal(b.t.types.v[bucket].size, 8 + 8 * 24 + 8);
	assert_int_equal(b.t.types.v[bucket].nptr, 9);
	assert_ptr(ptr_of(&b, bucket, 0), SDW_PTR_SAME, 8 + 8 * 24, 0, 0); /* overflow */
	assert_int_equal(ptr_of(&b, bucket, 0).type, bucket);
	assert_ptr(ptr_of(&b, bucket, 8), SDW_PTR_BYTES, 8 + 7 * 16, 16 + 7 * 16, 0);
	sd_tables_deinit(&b.t);
}

static void swiss_maps(void **state)
{
	struct sd_type map = map_of(&t_big, &t_string);
	struct bench b;
	u32 head, group, table;

	begin(&b, 1, SD_GO_MAP_SWISS, 26);
	capture(&b, &map, SD_RAX, 0);
	head = ptr_of(&b, b.wire.regs_type, 0).type;
	assert_ptr(ptr_of(&b, head, 0), SDW_PTR_SWISS, 16, 24, 2);
	group = ptr_of(&b, head, 0).type;
	assert_int_equal(b.t.types.v[group].size, 8 + 8 * 24); /* 160 bytes: behind a pointer */
	assert_int_equal(b.t.types.v[group].nptr, 16);
	assert_ptr(ptr_of(&b, group, 0), SDW_PTR_SAME, 8, 0, 0);
	assert_int_equal(b.t.types.v[ptr_of(&b, group, 0).type].size, 160);
	assert_ptr(ptr_of(&b, group, 1), SDW_PTR_BYTES, 16, 24, 0);
	assert_int_equal(b.t.types.v[group + 1].size, 8);
	assert_ptr(ptr_of(&b, group + 1, 0), SDW_PTR_SAME, 0, 0, 0);
	table = ptr_of(&b, group + 1, 0).type;
	assert_int_equal(b.t.types.v[table].size, 32);
	assert_ptr(ptr_of(&b, table, 0), SDW_PTR_PLUS1, 16, 24, 8);
	assert_int_equal(ptr_of(&b, table, 0).type, group);
	sd_tables_deinit(&b.t);
}

static void channels(void **state)
{
	struct sd_type chan = {.kind = SD_KIND_CHAN, .size = 8, .elem = &t_string};
	struct bench b;
	u32 head, waiting, n = 1;

	begin(&b, 1, SD_GO_MAP_SWISS, 25);
	capture(&b, &chan, SD_RAX, 0);
	head = ptr_of(&b, b.wire.regs_type, 0).type;
	assert_int_equal(b.t.types.v[head].size, 112);
	assert_ptr(ptr_of(&b, head, 0), SDW_PTR_RING, 16, b.go.chan.recvx, 16);
	assert_ptr(ptr_of(&b, head, 1), SDW_PTR_SLICE, 16, b.go.chan.sendx, 0);
	assert_ptr(ptr_of(&b, head, 2), SDW_PTR_SAME, 64, 0, 0);
	assert_ptr(ptr_of(&b, head, 3), SDW_PTR_SAME, 80, 0, 0);
	waiting = ptr_of(&b, head, 2).type;
	for (; b.t.types.v[waiting].nptr; waiting = ptr_of(&b, waiting, 0).type)
		n++;
	assert_int_equal(n, 16);
	sd_tables_deinit(&b.t);
}

/* One variable whose words lie in these pieces. */
static void capture_pieces(struct bench *b, struct sd_type *type, struct sd_piece *pieces, u32 n)
{
	struct sd_variable v = {.name = "v", .type = type, .loc = {.pieces = pieces, .n = n}};

	for (u32 i = 0; i < n; i++) {
		pieces[i].value_off = 8 * i;
		pieces[i].size = 8;
	}
	sd_plan_capture(&b->t, &b->site, &v, 1, &b->wire);
}

static void mixed_pieces(void **state)
{
	struct sd_piece spilled[] = {{.kind = SD_PIECE_CFA, .off = -40},
				     {.kind = SD_PIECE_REG, .reg = SD_RBX}};
	struct sd_piece loaded[] = {{.kind = SD_PIECE_REG, .reg = SD_RCX},
				    {.kind = SD_PIECE_CFA, .off = 16}};
	struct sd_piece apart[] = {{.kind = SD_PIECE_CFA, .off = -40},
				   {.kind = SD_PIECE_CFA, .off = -64}};
	struct sd_piece far[] = {{.kind = SD_PIECE_CFA, .off = -40},
				 {.kind = SD_PIECE_CFA, .off = -4000}};
	struct bench b;

	begin(&b, 1, SD_GO_MAP_SWISS, 26);
	capture_pieces(&b, &t_string, spilled, 2);
	assert_int_equal(b.wire.nroots, 1);
	assert_int_equal(b.wire.roots[0].off, -32);
	assert_int_equal(b.t.types.v[b.wire.roots[0].type].size, 8);
	assert_ptr(ptr_of(&b, b.wire.roots[0].type, 0), SDW_PTR_BYTES, 0, SDW_OFF_REG + 8 * SD_RBX,
		   0);
	assert_int_equal(b.wire.regs_type, 0);

	capture_pieces(&b, &t_string, loaded, 2); /* joins what else is on the stack */
	assert_int_equal(b.wire.nroots, 1);
	assert_int_equal(b.wire.roots[0].off, 24);
	assert_ptr(ptr_of(&b, b.wire.roots[0].type, 0), SDW_PTR_BYTES, SDW_OFF_REG + 8 * SD_RCX, 0,
		   0);

	capture_pieces(&b, &t_string, apart, 2);
	assert_int_equal(b.wire.nroots, 1);
	assert_int_equal(b.wire.roots[0].off, -56);
	assert_int_equal(b.t.types.v[b.wire.roots[0].type].size, 32);
	assert_ptr(ptr_of(&b, b.wire.roots[0].type, 0), SDW_PTR_BYTES, 24, 0, 0);

	capture_pieces(&b, &t_string, far, 2);
	assert_int_equal(b.wire.nroots, 2);
	for (u32 i = 0; i < 2; i++)
		assert_int_equal(b.t.types.v[b.wire.roots[i].type].nptr, 0);

	/* the other words of a mixed value are in their own places all the same */
	spilled[1].kind = SD_PIECE_NONE;
	capture_pieces(&b, &t_string, spilled, 2);
	assert_int_equal(b.wire.nroots, 1);
	assert_int_equal(b.t.types.v[b.wire.roots[0].type].nptr, 0);
	sd_tables_deinit(&b.t);
}

static void functions_and_unknown_layouts(void **state)
{
	struct sd_type map = map_of(&t_string, &t_int);
	struct bench b;

	begin(&b, 1, SD_GO_MAP_SWISS, 26);
	capture(&b, &t_func, SD_RAX, 0);
	assert_ptr(ptr_of(&b, b.wire.regs_type, 0), SDW_PTR_IFACE, 8 * SD_RAX, 8 * SD_RAX,
		   SDW_IFACE_FUNC);
	assert_true(sd_plan_wants_closures(&b.t, 3));
	sd_tables_deinit(&b.t);
	begin(&b, 1, SD_GO_MAP_UNKNOWN, 28);
	capture(&b, &map, SD_RAX, 0);
	assert_ptr(ptr_of(&b, b.wire.regs_type, 0), SDW_PTR_RAW, 0, 0, 8);
	sd_tables_deinit(&b.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces),	   cmocka_unit_test(depths),
		cmocka_unit_test(nearer),	   cmocka_unit_test(classic_maps),
		cmocka_unit_test(swiss_maps),	   cmocka_unit_test(channels),
		cmocka_unit_test(mixed_pieces),	   cmocka_unit_test(functions_and_unknown_layouts),
		cmocka_unit_test(same_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
