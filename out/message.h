/* SPDX-License-Identifier: BSD-2-Clause */
/* A template's parts and their values → the message of a log line: one line of text, whatever the
 * values hold. */
#ifndef SD_OUT_MESSAGE_H
#define SD_OUT_MESSAGE_H

#include "out/out.h"

struct sd_message_part {
	const char *text; /* literal text of n bytes; NULL: values */
	u64 n;
	const struct sd_value *values; /* borrowed: nvalues of them, one unless all is set */
	u32 nvalues;
	bool all;	    /* {}: each with its name: "x=1, y=2" */
	const char *format; /* of {EXPR:FORMAT}: "x", ".2f"; NULL, "": none */
};

/**
 * Appends the message. Without a format, strings come as they are (control characters escaped) and
 * everything else as in the text output; what is unavailable is <REASON>, and behind what may be
 * older than the line stands a ?. Formats, of which each changes the values that it is for and
 * leaves others as they would be without: d        integers in decimal (a time.Duration: ns) x X b
 * o  integers in that base; x X: strings and bytes as hexadecimal digits, pointers' addresses c an
 * integer's character q        strings, bytes and errors' texts in quotes; an integer's character
 * in quotes s        errors' texts alone e f g    floats as C's printf has them, .N digits; g
 * without digits: as short as is exact t v      as without They reach into lists and interfaces.
 */
void sd_out_message(const struct sd_message_part *parts, u32 n, struct sd_buf *out);

#endif
