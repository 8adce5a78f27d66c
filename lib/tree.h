/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls under the calls that they were made in: held back until the outermost one ends. */
#ifndef SD_LIB_TREE_H
#define SD_LIB_TREE_H

#include "lib/session.h"

/** Takes a call: shown, with all that was made in it, when no call is open any more on its stack.
 * Counts it as delivered or limited then. */
void sd_tree_add(struct sonde_session *s, const struct sd_call *call, u32 probe,
		 struct sd_event *ev);
/** The call is not shown (and counted by the caller); inside: nor is what was made in it, which
 * counts as filtered. */
void sd_tree_refuse(struct sonde_session *s, const struct sd_call *call, bool inside);
/** Shows what is held back. */
void sd_tree_finish(struct sonde_session *s);
void sd_trees_destroy(struct sd_trees *k);

#endif
