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

struct sd_file_probe {
	struct sd_probe_spec spec; /* text: the line, continued ones joined */
	u32 line;		   /* the first one, from 1 */
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

#endif
