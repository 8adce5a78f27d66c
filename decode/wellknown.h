/* SPDX-License-Identifier: BSD-2-Clause */
/* The well-known types: to add one, write wk_NAME.c with its rule, declare the rule here and list
 * it in wellknown.c. */
#ifndef SD_DECODE_WELLKNOWN_H
#define SD_DECODE_WELLKNOWN_H

#include "decode/decode.h"

extern const struct sd_wellknown sd_wk_duration;

#endif
