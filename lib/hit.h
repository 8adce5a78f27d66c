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

/** The session's limits for decoding one value. */
struct sd_decode_limits sd_hit_limits(const struct sonde_session *s);

#endif
