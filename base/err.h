/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors as values: what went wrong, the next thing to type, the place in the user's text, and the
 * cause. */
#ifndef SD_BASE_ERR_H
#define SD_BASE_ERR_H

#include <stdarg.h>

#include "base/base.h"

/** Kinds; their numbers are the exit codes of the command line (DESIGN §2). */
enum sd_err_kind {
	SD_ERR_FAILED = 1,	   /* something did not work */
	SD_ERR_USAGE = 2,	   /* the user's text is wrong */
	SD_ERR_NOMATCH = 3,	   /* nothing matched */
	SD_ERR_PERM = 4,	   /* not permitted, or not supported by this host */
	SD_ERR_CMD_OTHER = 125,	   /* sonde's own failure around `-- COMMAND` */
	SD_ERR_CMD_NOEXEC = 126,   /* the command cannot be run */
	SD_ERR_CMD_NOTFOUND = 127, /* the command is not there */
};

/** An error; owned by whoever received it. Messages: lower case, no full stop. */
struct sd_err {
	enum sd_err_kind kind;
	char *msg;	/* owned */
	char *hint;	/* owned or NULL: the next command to type */
	char *text;	/* owned or NULL: the user's text that the span is in */
	int span_start; /* byte span in text, -1 when there is none */
	int span_end;
	struct sd_err *next; /* owned or NULL: another error, where all of a file's are told */
};

/** A new error. Never returns NULL. */
struct sd_err *sd_err_new(enum sd_err_kind kind, const char *fmt, ...) sd_printf_like(2, 3);
/** A new error that says what errno means: "MSG: No such file or directory". */
struct sd_err *sd_err_errno(enum sd_err_kind kind, int errnum, const char *fmt, ...)
	sd_printf_like(3, 4);
/** Sets the hint and returns err, so that calls can be chained. */
struct sd_err *sd_err_hint(struct sd_err *err, const char *fmt, ...) sd_printf_like(2, 3);
/** Sets the user's text and the span in it that is wrong, and returns err. */
struct sd_err *sd_err_span(struct sd_err *err, const char *text, int start, int end);
/** Puts "PREFIX: " before err's message and returns err. */
struct sd_err *sd_err_prefix(struct sd_err *err, const char *fmt, ...) sd_printf_like(2, 3);
/** Frees err and those that are next; NULL is fine. */
void sd_err_free(struct sd_err *err);
void sd_err_freep(struct sd_err **err);
#define sd_autoerr sd_cleanup(sd_err_freep) struct sd_err *

/** `SD_TRY(call)`: returns the error of call from the calling function, if any. */
#define SD_TRY(call)                                                                               \
	do {                                                                                       \
		struct sd_err *sd_try_err_ = (call);                                               \
		if (sd_try_err_)                                                                   \
			return sd_try_err_;                                                        \
	} while (0)

#endif
