/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Joining of records that nobody vouches for. Checks what the sink relies on: an entry is handed
 * out once, a pair is of one function and one process, the accounts add up, nothing stays open.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "join/join.h"
#include "types/loc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROLES = SD_JOIN_RECOVERED + 1, NSITES = 2 * ROLES, NPROBES = 4, RECORDS = 512 };

static struct sd_join_site sites[NSITES];
static u8 handed[RECORDS]; /* entries by serial number, in rax */
static u64 calls;
static u8 lost_bits;

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void collect(void *ctx, const struct sd_call *c)
{
	calls++;
	require(c->entry || c->ret);
	require((c->kind == SD_CALL_DONE) == (c->entry && c->ret));
	require(!c->return_lost || c->kind == SD_CALL_OPEN || c->kind == SD_CALL_UNWOUND);
	if (c->entry) {
		u64 serial = c->entry->regs[SD_RAX];

		require(serial < RECORDS && !handed[serial]);
		handed[serial] = 1;
		require(c->entry->size >= sizeof(*c->entry) && c->entry->size <= SDW_EVENT_MAX);
	}
	if (c->kind == SD_CALL_DONE)
		require(c->entry->pid == c->ret->pid &&
			sites[c->entry->site].func == sites[c->ret->site].func);
}

static bool is_lost(void *ctx, u32 func, bool entries)
{
	return lost_bits >> (entries ? 0 : 1) & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static u8 buf[SDW_REC_MAX + 64];
	struct sd_cursor c = sd_cursor_at(data, size);
	struct sdw_rec *r = (struct sdw_rec *)buf;
	u64 expected = 0, orphans = 0, delivered = 0;
	struct sd_join *j;

	memset(handed, 0, sizeof(handed));
	calls = 0;
	for (u32 i = 0; i < NSITES; i++)
		sites[i] = (struct sd_join_site){.role = i % ROLES,
						 .func = i / ROLES,
						 .probe = i % 5,
						 .cfa_reg = i & 1 ? SD_RBP : SD_RSP,
						 .cfa_off = (s32)i - 4};
	j = sd_join_create(sites, NSITES, NPROBES, collect, is_lost, NULL);
	for (u32 n = 0; n < RECORDS && !c.bad && c.p < c.end; n++) {
		u8 what = sd_cursor_u8(&c), pos = sd_cursor_u8(&c), who = sd_cursor_u8(&c);
		u64 bad = sd_join_bad_records(j);
		u32 role;

		memset(r, 0, sizeof(*r) + 64);
		r->size = sizeof(*r) + (what & 16 ? 24 : 0) + (what & 32 ? 8 * pos : 0);
		r->version = SDW_VERSION;
		r->site = what % (NSITES + 2);
		r->pid = who & 1;
		r->tid = who >> 1 & 3;
		r->g = who >> 3 & 3;
		r->goid = who >> 5;
		r->flags = what >> 6;
		r->ts = what & 8 ? n : pos;
		r->stack_lo = 16;
		r->stack_hi = pos & 128 ? 0 : 256;
		r->losses = who & 64 ? n / 8 : 1;
		r->nranges = 1;
		r->regs[SD_RAX] = n;
		r->regs[SD_RSP] = pos;
		r->regs[SD_RBP] = pos ^ (what & 4);
		r->regs[SD_RIP] = r->site % 6;
		if (what == 255)
			sd_cursor_read(&c, r, 32); /* a damaged header */
		if (what & 16) {
			struct sdw_range range = {.len = pos, .status = who & 1};
			u64 sp = who * 2;

			memcpy(r + 1, &range, sizeof(range));
			memcpy((char *)(r + 1) + sizeof(range), &sp, sizeof(sp));
		}
		lost_bits = what ^ who;
		sd_join_record(j, r);
		if (sd_join_bad_records(j) != bad)
			continue;
		role = sites[r->site].role;
		expected += role == SD_JOIN_ENTRY || role == SD_JOIN_ENTRY_ONLY ||
			    role == SD_JOIN_WHOLE;
		if (who == 200)
			sd_join_process_gone(j, 1);
	}
	sd_join_finish(j);
	require(!sd_join_open_calls(j) && !sd_join_open_bytes(j));
	for (u32 i = 0; i < RECORDS; i++)
		expected -= handed[i];
	require(!expected);
	for (u32 p = 0; p < NPROBES; p++) {
		delivered += sd_join_account(j, p)->delivered;
		orphans += sd_join_account(j, p)->orphans;
		require(sd_join_account(j, p)->before <= sd_join_account(j, p)->delivered);
	}
	require(delivered == calls && orphans <= RECORDS);
	sd_join_destroy(j);
	return 0;
}
