/* SPDX-License-Identifier: BSD-2-Clause */
/* base: arenas, vectors, maps, buffers, cursors, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"

static void arena_keeps_and_forgets(void **state)
{
	struct sd_arena a = {0};
	char *first = sd_arena_strdup(&a, "first");

	for (int i = 0; i < 5000; i++) {
		u8 *p = sd_arena_alloc(&a, 100);

		assert_int_equal((uintptr_t)p % 16, 0);
		for (int k = 0; k < 100; k++)
			assert_int_equal(p[k], 0);
		p[99] = 0xff;
	}
	assert_string_equal(first, "first");
	sd_arena_reset(&a);
	/* the same memory again, and zeroed again */
	assert_ptr_equal(sd_arena_alloc(&a, 6), first);
	assert_int_equal(first[0], 0);
	assert_non_null(sd_arena_alloc(&a, 5 << 20));
	assert_string_equal(sd_arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	sd_arena_deinit(&a);
}

static void map_agrees_with_an_array(void **state)
{
	struct sd_map m = {0};
	static u64 truth[1000];
	static bool there[1000];
	u64 seed = 1, key, *value;
	size_t pos = 0, n = 0;

	for (int i = 0; i < 200000; i++) {
		u64 k;
		bool is_new;

		seed = sd_hash64(seed + (u64)i);
		k = seed % 1000;
		switch (seed >> 60 & 3) {
		case 0:
			assert_int_equal(sd_map_del(&m, k), there[k]);
			there[k] = false;
			break;
		case 1:
			value = sd_map_get(&m, k);
			assert_int_equal(value != NULL, there[k]);
			if (value)
				assert_int_equal(*value, truth[k]);
			break;
		default:
			*sd_map_put(&m, k, &is_new) = truth[k] = (u64)i;
			assert_int_equal(is_new, !there[k]);
			there[k] = true;
		}
	}
	while (sd_map_next(&m, &pos, &key, &value)) {
		assert_true(key < 1000 && there[key]);
		n++;
	}
	assert_int_equal(n, m.n);
	sd_map_deinit(&m);
}

static void strmap_finds_what_was_put(void **state)
{
	struct sd_strmap m = {0};
	static char keys[2000][12];
	size_t pos = 0, n = 0;

	for (int i = 0; i < 2000; i++) {
		snprintf(keys[i], sizeof(keys[i]), "key%d", i);
		*sd_strmap_put(&m, keys[i], NULL) = (u64)i;
	}
	for (int i = 0; i < 2000; i++)
		assert_int_equal(*sd_strmap_get(&m, keys[i]), i);
	assert_null(sd_strmap_get(&m, "key2000"));
	while (sd_strmap_next(&m, &pos))
		n++;
	assert_int_equal(n, 2000);
	sd_strmap_deinit(&m);
}

static void buffers_write_numbers(void **state)
{
	struct sd_buf b = {0};

	sd_buf_u64(&b, UINT64_MAX);
	sd_buf_ch(&b, ' ');
	sd_buf_s64(&b, INT64_MIN);
	sd_buf_ch(&b, ' ');
	sd_buf_s64(&b, 0);
	sd_buf_ch(&b, ' ');
	sd_buf_hex(&b, 0xdeadbeefULL);
	sd_buf_printf(&b, " %0500d", 1);
	assert_memory_equal(sd_buf_cstr(&b),
			    "18446744073709551615 -9223372036854775808 0 0xdeadbeef 000", 58);
	assert_int_equal(b.n, 54 + 501);
	sd_buf_deinit(&b);
}

static void cursors_never_read_past_the_end(void **state)
{
	static const u8 bytes[] = {0x80, 0x80, 0x7f, 0xff, 0xff};
	struct sd_cursor c = sd_cursor_at(bytes, sizeof(bytes));

	assert_int_equal(sd_cursor_uleb(&c), 0x7fu << 14);
	assert_false(c.bad);
	assert_int_equal(sd_cursor_u32(&c), 0);
	assert_true(c.bad);
	assert_null(sd_cursor_cstr(&c));
	c = sd_cursor_at(bytes, 3);
	assert_int_equal(sd_cursor_sleb(&c), -(1 << 14));
	c = sd_cursor_at(bytes, 2); /* a LEB128 that never ends */
	sd_cursor_uleb(&c);
	assert_true(c.bad);
	c = sd_cursor_at("ab", 3);
	assert_string_equal(sd_cursor_cstr(&c), "ab");
	sd_cursor_skip(&c, UINT64_MAX);
	assert_true(c.bad);
}

static void errors_carry_their_story(void **state)
{
	struct sd_err *e = sd_err_hint(sd_err_errno(SD_ERR_PERM, 2, "cannot open %s", "x"),
				       "try %s", "y");

	assert_string_equal(e->msg, "cannot open x: No such file or directory");
	assert_string_equal(e->hint, "try y");
	assert_int_equal(e->kind, SD_ERR_PERM);
	assert_int_equal(e->span_start, -1);
	sd_err_free(sd_err_span(e, "text", 3, 5));
}

static void vectors_grow(void **state)
{
	SD_VEC(int) v = {0};

	for (int i = 0; i < 1000; i++)
		sd_vec_push(&v, i);
	assert_int_equal(v.n, 1000);
	assert_int_equal(v.v[999], 999);
	sd_vec_free(&v);
}

static char last[64];

static void keep(void *ctx, enum sd_log_level level, const char *domain, const char *msg)
{
	snprintf(last, sizeof(last), "%s/%s", domain, msg);
}

static void debug_domains_filter(void **state)
{
	sd_log_set(keep, NULL, "site,run");
	assert_true(sd_log_debugging("run"));
	assert_false(sd_log_debugging("ru"));
	sd_debug("site", "at %d", 5);
	assert_string_equal(last, "site/at 5");
	sd_log_set(keep, NULL, "all");
	assert_true(sd_log_debugging("anything"));
	sd_log_set(NULL, NULL, NULL);
	assert_false(sd_log_debugging("run"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_keeps_and_forgets),
		cmocka_unit_test(map_agrees_with_an_array),
		cmocka_unit_test(strmap_finds_what_was_put),
		cmocka_unit_test(buffers_write_numbers),
		cmocka_unit_test(cursors_never_read_past_the_end),
		cmocka_unit_test(errors_carry_their_story),
		cmocka_unit_test(vectors_grow),
		cmocka_unit_test(debug_domains_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
