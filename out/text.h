/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the out room: what the text sink's files share. */
#ifndef SD_OUT_TEXT_H
#define SD_OUT_TEXT_H

#include "out/out.h"

#define SD_COLOUR_DIM	  "\033[2m"
#define SD_COLOUR_BOLD	  "\033[1m"
#define SD_COLOUR_MISSING "\033[33m"
#define SD_COLOUR_OFF	  "\033[0m"

/** sd_out_text_value() with colour for what is missing or cut. */
void sd_out_text_coloured(const struct sd_value *v, bool colour, struct sd_buf *out);

/** The mark behind a value that may be older than its line. */
void sd_out_unsure(const struct sd_value *v, bool colour, struct sd_buf *out);

/** Whether v is the zero value of its type, and known to be. */
bool sd_out_is_zero(const struct sd_value *v);

#endif
