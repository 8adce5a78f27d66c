/* SPDX-License-Identifier: BSD-2-Clause */
/* Events of several records: put together in order; left out when a record is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/state.h"

/* What was handed out: thread, ts, and the first byte of each range. */
static char out[4096];
static bool more = true;

static bool collect(void *ctx, const struct sdw_rec *rec)
{
	const u8 *p = (const u8 *)(rec + 1), *end = (const u8 *)rec + rec->size;
	size_t n = strlen(out);

	assert_ptr_equal(ctx, out);
	assert_int_equal(rec->part, 0);
	assert_false(rec->flags & SDW_REC_CONTINUES);
	n += (size_t)sprintf(out + n, "%u.%llu%s:", rec->tid, (unsigned long long)rec->ts,
			     rec->flags & SDW_REC_CUT_BYTES ? "cut" : "");
	for (u32 i = 0; i < rec->nranges; i++) {
		const struct sdw_range *r = (const void *)p;

		assert_true(p + sizeof(*r) + r->len <= end);
		out[n++] = (char)p[sizeof(*r)];
		p += sizeof(*r) + r->len;
	}
	assert_ptr_equal(p, end);
	strcpy(out + n, " ");
	return more;
}

/* One record with a range of 8 bytes for each letter. */
static bool feed(struct sd_parts *p, u32 tid, u64 ts, u32 part, u32 flags, const char *letters)
{
	u8 mem[sizeof(struct sdw_rec) + 24 * 26] __attribute__((aligned(8))) = {};
	struct sdw_rec *rec = (struct sdw_rec *)mem;
	u8 *at = (u8 *)(rec + 1);

	*rec = (struct sdw_rec){.version = SDW_VERSION,
				.part = (u8)part,
				.flags = (u16)flags,
				.pid = 9,
				.tid = tid,
				.ts = ts,
				.nranges = (u32)strlen(letters)};
	for (; *letters; letters++, at += 24) {
		((struct sdw_range *)(void *)at)->len = 8;
		at[sizeof(struct sdw_range)] = (u8)*letters;
	}
	rec->size = (u32)(at - mem);
	return sd_parts_take(p, rec, collect, out);
}

static void expect(const char *want)
{
	assert_string_equal(out, want);
	out[0] = 0;
}

#define ON SDW_REC_CONTINUES

static void test_order(void **state)
{
	struct sd_parts *p = sd_parts_create(4);

	feed(p, 1, 10, 0, 0, "ab");
	expect("1.10:ab ");
	feed(p, 1, 11, 0, ON, "ab");
	feed(p, 2, 12, 0, ON, "x"); /* between them, of another thread */
	feed(p, 3, 13, 0, 0, "");
	feed(p, 1, 11, 1, ON, "cd");
	feed(p, 2, 12, 1, SDW_REC_CUT_BYTES, "yz");
	expect("3.13: 2.12cut:xyz ");
	more = false;
	assert_false(feed(p, 1, 11, 2, 0, "e"));
	more = true;
	expect("1.11:abcde ");
	sd_parts_destroy(p);
}

static void test_missing(void **state)
{
	struct sd_parts *p = sd_parts_create(4);

	feed(p, 1, 10, 0, ON, "a");
	feed(p, 1, 10, 2, 0, "c");  /* the second is missing */
	feed(p, 1, 11, 1, ON, "b"); /* the first is */
	feed(p, 1, 11, 2, 0, "c");
	expect("");
	feed(p, 1, 12, 0, ON, "a");
	feed(p, 1, 13, 0, 0, "n"); /* the last is: the thread has gone on */
	feed(p, 1, 12, 1, 0, "b");
	expect("1.13:n ");
	feed(p, 1, 14, 0, ON, "a");
	feed(p, 1, 15, 0, ON, "b");
	feed(p, 1, 15, 1, 0, "c");
	expect("1.15:bc ");
	feed(p, 1, 16, 0, ON, "a"); /* left over */
	sd_parts_destroy(p);
	sd_parts_destroy(NULL);
}

/* The oldest makes room: it cannot be under way any more. */
static void test_many(void **state)
{
	struct sd_parts *p = sd_parts_create(3);

	for (u32 tid = 1; tid <= 4; tid++)
		feed(p, tid, 10 + tid, 0, ON, "a");
	for (u32 tid = 1; tid <= 4; tid++)
		feed(p, tid, 10 + tid, 1, 0, "b");
	expect("2.12:ab 3.13:ab 4.14:ab ");
	sd_parts_destroy(p);
}

/* Part 0 begins an event, also behind the last one that has a number. */
static void test_endless(void **state)
{
	struct sd_parts *p = sd_parts_create(1);

	for (u32 i = 0; i < SDW_PARTS_MAX; i++)
		feed(p, 1, 10, i, ON, "abc");
	feed(p, 1, 10, 0, ON, "x");
	feed(p, 1, 10, 1, 0, "y");
	expect("1.10:xy ");
	sd_parts_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
