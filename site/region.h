/* SPDX-License-Identifier: BSD-2-Clause */
/* One line in one function: the few instructions of which exactly one is executed each time control
 * comes to it. Inside site. */
#ifndef SD_SITE_REGION_H
#define SD_SITE_REGION_H

#include "site/blocks.h"
#include "site/position.h"

struct sd_region_site {
	s32 copy; /* in whose source the line is */
	u32 insn; /* index in the flow */
	const char *why;
	const char *doubt; /* why hits may be more or fewer than arrivals; NULL: they are as many */
};

struct sd_region_request {
	const struct sd_code_lines *code;
	const struct sd_blocks *blocks;
	const char *file;
	u32 line;
};

/** All sites of the line in the function, by copy; *ret malloced, the caller's. None when no
 * statement of it starts there. */
void sd_region_sites(const struct sd_region_request *req, struct sd_region_site **ret, u32 *n_ret);
/** Whether FILE:LINE is the line. */
bool sd_region_is_line(const struct sd_region_request *req, const char *file, u32 line);
/** Whether instruction i is of the line in the source of that copy (not of a callee of it). */
bool sd_region_owns(const struct sd_region_request *req, s32 copy, u32 i);

#endif
