/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the out room: bytes of the target as text that no terminal and no parser can trip over. */
#ifndef SD_OUT_QUOTE_H
#define SD_OUT_QUOTE_H

#include "base/buf.h"

/** Whether p is UTF-8 as Go's utf8.Valid has it: shortest forms, no surrogates, at most U+10FFFF.
 */
bool sd_utf8_valid(const u8 *p, size_t n);
/** Whether p reads as text: valid UTF-8 without control characters other than \t, \n and \r. */
bool sd_utf8_is_text(const u8 *p, size_t n);
/** In double quotes by the rules of Go's %q: escapes for what is not printable, \xNN for what is
 * not UTF-8. */
void sd_out_quoted(const u8 *p, size_t n, struct sd_buf *out);
/** A name or reason as it is, with the same escapes but no quotes. */
void sd_out_plain(const char *s, struct sd_buf *out);
/** n bytes with the same escapes and no quotes. */
void sd_out_unquoted(const u8 *p, size_t n, struct sd_buf *out);
/** Two hexadecimal digits a byte. */
void sd_out_hex_bytes(const u8 *p, size_t n, struct sd_buf *out);

#endif
