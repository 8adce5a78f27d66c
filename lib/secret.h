/* SPDX-License-Identifier: BSD-2-Clause */
/* Under which names the values of expressions are secrets: more than the user typed. */
#ifndef SD_LIB_SECRET_H
#define SD_LIB_SECRET_H

#include "lib/exprs.h"

/**
 * The text that a value is judged by: as typed, and behind it the names that this does not say: of
 * the result that ret.0 is (or of func, where that is unnamed text), of the embedded struct that a
 * promoted field is in. typed when there are none. results: what variables of the return count in.
 */
const char *sd_secret_text(const struct sd_node *n, const char *typed, const char *func,
			   const struct sd_variable *results, struct sd_arena *arena);
/** Refuses a condition over an unnamed text that func's name says is secret (getToken). text: what
 * n was parsed from. */
sd_must_check struct sd_err *sd_secret_refuse(struct sd_redact *r, const struct sd_node *n,
					      const char *text, const char *func,
					      const struct sd_variable *results,
					      struct sd_arena *arena);
/** Redacts value i of an event, by its text and by the keys that it was looked up with in maps. */
void sd_secret_value(struct sd_exprs_event *e, u32 i, struct sd_value *v);

#endif
