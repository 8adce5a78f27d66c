/* SPDX-License-Identifier: BSD-2-Clause */
/* Rate limits, sampling and firsts: which hits of a probe are let through, decided in the kernel.
 */
#ifndef SD_LIB_TAMING_H
#define SD_LIB_TAMING_H

#include "lib/session.h"

/** Reads the options of the session and of every probe. Before anything is resolved. */
sd_must_check struct sd_err *sd_taming_prepare(struct sonde_session *s);
/** The key expression of a probe and the text that it counts in; NULL: none. */
const struct sd_expr *sd_taming_key(const struct sonde_session *s, const struct sd_probe_spec *spec,
				    const char **text_ret);
/** Sets what the hits of p are held against; after its other plans. */
sd_must_check struct sd_err *sd_taming_plan(struct sonde_session *s, struct sd_point *p,
					    enum sd_when when);
/** What the kernel side keeps of each probe, in the arena; *nfirsts_ret: keys to remember. */
struct sdw_probe *sd_taming_probes(struct sonde_session *s, u32 *nfirsts_ret);
/** Says once that a limit which nobody asked for acts. */
void sd_taming_watch(struct sonde_session *s);

#endif
