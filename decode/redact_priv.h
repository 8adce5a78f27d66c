/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of redact.h share. */
#ifndef SD_DECODE_REDACT_PRIV_H
#define SD_DECODE_REDACT_PRIV_H

#include "base/buf.h"
#include "decode/redact.h"

/** What a name says of the value that goes by it. */
enum sd_secrecy {
	SD_PLAIN,
	SD_SECRET_TEXT,	   /* a secret if it is a text: auth, pin */
	SD_SECRET_MEASURE, /* a secret unless it is a number: tokenCount, passwordExpiry */
	SD_SECRET_MANY,	   /* the same: passwords, max_tokens */
	SD_SECRET,
	SD_SECRET_NAMED, /* the user says so: a secret whatever it is */
};

enum { SD_REDACT_CACHE = 512, SD_REDACT_NAME = 42 };

struct sd_redact {
	bool show, no_strings;
	char **names; /* owned, as words: "_api_key_" */
	u32 nnames;
	/* the same few names come again and again */
	struct {
		u8 n;
		u8 secrecy;
		char name[SD_REDACT_NAME];
	} cache[SD_REDACT_CACHE];
};

enum sd_secrecy sd_secrecy_of(struct sd_redact *r, const char *name, u64 n);
/** name's words in lower case, between underscores; out is emptied first. */
void sd_redact_words(const char *name, u64 n, struct sd_buf *out);

/** Appends the n bytes of text with the secrets in it replaced; false: there are none, and out is
 * as it was. cut: the text is longer than that. */
bool sd_redact_scan(struct sd_redact *r, const u8 *p, u64 n, bool cut, struct sd_buf *out);
/** What n bytes of text say of a value that follows them: "password=". */
enum sd_secrecy sd_secrecy_behind(struct sd_redact *r, const u8 *p, u64 n);

#endif
