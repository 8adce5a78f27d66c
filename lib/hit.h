/* SPDX-License-Identifier: BSD-2-Clause */
/* One record of an event, open for reading. */
#ifndef SD_LIB_HIT_H
#define SD_LIB_HIT_H

#include "lib/session.h"

struct sd_hit {
	struct sd_module *module; /* borrowed */
	u64 bias;		  /* load bias */
	struct sd_snapshot snap;  /* refers to this struct: it must not move */
	bool ok;		  /* false: the record is damaged, nothing may be read */
};

/** Opens rec for this event; memory comes from the session's event arena. Returns ret->ok. */
bool sd_hit_open(struct sonde_session *s, const struct sdw_rec *rec, struct sd_hit *ret);

/** Bits of the DWARF registers that do not hold their arguments at this hit (sd_site.frail). */
u32 sd_hit_lost(const struct sd_point *p, const struct sdw_rec *rec);

/** The session's limits for decoding one value. */
struct sd_decode_limits sd_hit_limits(const struct sonde_session *s);

#endif
