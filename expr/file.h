/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of probes, PROBE FILES of sonde-expr(7): one probe a line, comments, continued lines. Pure.
 */
#ifndef SD_EXPR_FILE_H
#define SD_EXPR_FILE_H

#include "expr/probe.h"

enum {
	SD_PROBE_FILE_SIZE = 1024 * 1024, /* bytes of a file */
	SD_PROBE_FILE_PROBES = 4096,
	SD_PROBE_FILE_ERRORS = 1000, /* then the rest is not looked at */
};

/** A line of a file and where it is in the text of its probe. */
struct sd_file_line {
	u32 line; /* from 1 */
	u32 off;  /* in the probe's text */
	u32 skip; /* bytes of the line before what the probe's text has of it */
	char *text;
};

/** Where a probe of a file stands. */
struct sd_file_place {
	char *file;
	struct sd_file_line *lines; /* n of them, with their texts */
	u32 n;
};

struct sd_file_probe {
	/* text: the line, or the lines of which all but the last end in a backslash: joined, the
	 * blanks around a break made one */
	struct sd_probe_spec spec;
	struct sd_file_place place; /* owned */
};

struct sd_probe_file {
	struct sd_file_probe *probes; /* owned */
	u32 n;
};

/**
 * Parses all of a file. name: for the messages. Errors (SD_ERR_USAGE): all that there are, strung
 * together by next, each with its line in the message and the line's own text.
 */
sd_must_check struct sd_err *sd_probe_file_parse(const char *name, const char *text, size_t size,
						 struct sd_probe_file *ret);
void sd_probe_file_deinit(struct sd_probe_file *f);
/** Makes err, whose span is in the text of a probe, one about the line that it is in: "FILE:LINE: "
 * before the message, and the span in that line. Without a span: the first line, shown as a whole
 * when whole is set. Returns err. */
struct sd_err *sd_file_error(const struct sd_file_place *place, struct sd_err *err, bool whole);
void sd_file_place_deinit(struct sd_file_place *place);

#endif
