/* SPDX-License-Identifier: BSD-2-Clause */
/* Variables and limits → what the kernel side captures at a site: roots, types and their pointers (bpf/wire.h). */
#ifndef SD_PLAN_PLAN_H
#define SD_PLAN_PLAN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "bpf/wire.h"
#include "lang/go/go.h"
#include "plan/signature.h"
#include "site/site.h"

struct sd_limits {
	u32 depth;  /* pointers */
	u32 items;  /* elements of a collection */
	u32 str;    /* bytes of a string */
	u32 bytes;  /* of one event */
};

/** The tables that all sites of a session share: types and their pointers. Index 0 of each is unused. */
struct sd_tables {
	struct sd_arena arena;
	SD_VEC(struct sdw_type) types;
	SD_VEC(struct sdw_ptr) ptrs;
	struct sd_map by_type; /* (sd_type *, remaining depth) -> type index */
	struct sd_limits limits;
	u32 word_type; /* 8 bytes without pointers */
};

void sd_tables_init(struct sd_tables *t, const struct sd_limits *limits);
void sd_tables_deinit(struct sd_tables *t);

/** What to capture of n variables at site (their locations there). Fills roots, regs_type and limits of *ret; leaves its
 *  flags' goroutine part alone and sets SDW_SITE_REGS_ONLY when registers are all that is needed. A variable that does not
 *  fit (too many roots) is not captured: decoding then says so. */
void sd_plan_capture(struct sd_tables *t, const struct sd_site *site, const struct sd_variable *vars, u32 n,
		     struct sdw_site *ret);
/** How the goroutine is found at that site. */
void sd_plan_goroutine(const struct sd_go_layout *layout, bool abi0, bool want_stack, struct sdw_site *ret);

#endif
