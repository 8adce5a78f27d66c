/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Secrets: which values are not shown. A value is secret by the name that it goes by (a field,
 * parameter, variable, map key, expression, header), by its type's name, or by where it stands in a
 * text (password=…, Authorization: …). What looks like a secret and is none costs less than the
 * other way round: strings are redacted on less evidence than numbers.
 */
#ifndef SD_DECODE_REDACT_H
#define SD_DECODE_REDACT_H

#include "base/arena.h"
#include "decode/value.h"

#define SD_REDACTED "<redacted>"

struct sd_redact_options {
	const char *const *names; /* more names of secrets; copied */
	u32 nnames;
	bool show;	 /* secrets are shown */
	bool no_strings; /* no text of any string is shown */
};

struct sd_redact;

struct sd_redact *sd_redact_create(const struct sd_redact_options *options);
void sd_redact_destroy(struct sd_redact *r);

/** Whether nothing is to be found out about what goes by that name: a field, a variable, a map's
 * key. Never when secrets are shown. */
bool sd_redact_is_secret(struct sd_redact *r, const char *name);
/** Redacts v by its name, and everything in it, in place; new text is in the arena. */
void sd_redact_value(struct sd_redact *r, struct sd_value *v, struct sd_arena *arena);
/** The same for the value of an expression, whose text is v's name: what is found out about a
 * secret (token == "x") is one too. */
void sd_redact_expression(struct sd_redact *r, struct sd_value *v, struct sd_arena *arena);
/** The same for a result of func: one that is a text is also secret by the function's name, since
 * getToken() gives a token. */
void sd_redact_result(struct sd_redact *r, struct sd_value *v, const char *func,
		      struct sd_arena *arena);
/** The last part of a function's name, which is in it: "getToken" of
 * "main.(*T[int]).getToken[...]".
 */
const char *sd_redact_last_part(const char *func, size_t *n_ret);
/** Redacts v, which stands behind n bytes of a template's text, when these say that a secret
 * follows ("password="). sd_redact_expression() comes first. */
void sd_redact_behind(struct sd_redact *r, const char *text, u64 n, struct sd_value *v);

#endif
