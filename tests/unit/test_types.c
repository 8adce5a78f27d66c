/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "types/loc.h"
#include "types/type.h"

static int completed;

static void complete(struct sd_type_source *src, struct sd_type *t)
{
	static struct sd_field fields[] = {{.name = "a"},
					   {.name = "b", .off = 8, .embedded = true}};

	completed++;
	fields[0].type = fields[1].type = sd_type_unknown();
	t->fields = fields;
	t->nfields = 2;
}

static void test_completes_once(void **state)
{
	struct sd_type_source src = {complete};
	struct sd_type t = {.kind = SD_KIND_STRUCT, .incomplete = true, .src = &src};

	completed = 0;
	assert_int_equal(sd_type_field(&t, "b")->off, 8);
	assert_null(sd_type_field(&t, "c"));
	assert_ptr_equal(sd_type_elem(&t), sd_type_unknown());
	assert_ptr_equal(sd_type_key(&t), sd_type_unknown());
	assert_int_equal(completed, 1);
}

static void test_kinds(void **state)
{
	struct sd_type t = {.kind = SD_KIND_MAP};

	assert_string_equal(sd_kind_name(SD_KIND_SLICE), "slice");
	assert_string_equal(sd_kind_name(SD_KIND_FUNC), "func");
	assert_string_equal(sd_kind_name((enum sd_kind)99), "unknown");
	assert_true(sd_type_is_pointer_shaped(&t));
	t.kind = SD_KIND_IFACE;
	assert_false(sd_type_is_pointer_shaped(&t));
	assert_int_equal(sd_type_unknown()->size, 0);
	for (int k = 0; k <= SD_KIND_FUNC; k++)
		assert_true(*sd_kind_name((enum sd_kind)k));
}

static void test_registers(void **state)
{
	assert_string_equal(sd_reg_name(SD_RAX), "rax");
	assert_string_equal(sd_reg_name(SD_RBX), "rbx");
	assert_string_equal(sd_reg_name(SD_RIP), "rip");
	assert_string_equal(sd_reg_name(SD_XMM0 + 15), "xmm15");
	assert_string_equal(sd_reg_name(33), "?");
}

static void check_text(struct sd_piece *pieces, u32 n, const char *want)
{
	struct sd_arena arena = {0};
	struct sd_loc loc = {.pieces = pieces, .n = n};

	assert_string_equal(sd_loc_text(&loc, &arena), want);
	sd_arena_deinit(&arena);
}

static void test_text(void **state)
{
	struct sd_arena arena = {0};
	struct sd_loc gone = {.why = "optimized out"};
	struct sd_piece two[] = {{.kind = SD_PIECE_REG, .reg = SD_RAX, .size = 8},
				 {.kind = SD_PIECE_XMM, .reg = 3, .size = 8}};
	struct sd_piece cfa = {.kind = SD_PIECE_CFA, .off = 8, .size = 16};
	struct sd_piece mem = {.kind = SD_PIECE_MEM, .reg = SD_RBP, .off = -16, .size = 1};
	struct sd_piece deref = {
		.kind = SD_PIECE_CFA, .deref = true, .off = 8, .off2 = 24, .size = 8};
	struct sd_piece addr = {.kind = SD_PIECE_ADDR, .off = 0x4d2000, .size = 8};
	struct sd_piece constant = {.kind = SD_PIECE_CONST, .off = -3, .size = 8};
	struct sd_piece value = {.kind = SD_PIECE_REGVAL, .reg = 255, .off = INT64_MIN, .size = 8};
	struct sd_piece none = {.kind = SD_PIECE_NONE, .why = "optimized out"};

	check_text(two, 2, "rax, xmm3");
	check_text(&cfa, 1, "CFA+8 (16 bytes)");
	check_text(&mem, 1, "[rbp-16] (1 byte)");
	check_text(&deref, 1, "[CFA+8]+24 (8 bytes)");
	check_text(&addr, 1, "0x4d2000 (8 bytes)");
	check_text(&constant, 1, "constant -3");
	check_text(&value, 1, "CFA-9223372036854775808");
	check_text(&none, 1, "<optimized out>");
	check_text(NULL, 0, "nowhere (no bytes)");
	assert_string_equal(sd_loc_text(&gone, &arena), "<optimized out>");
	sd_arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_completes_once),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
