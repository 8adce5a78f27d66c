/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a probe's parser. */
#ifndef SD_EXPR_SPEC_H
#define SD_EXPR_SPEC_H

#include "expr/probe.h"
#include "expr/scan.h"

/** The place is behind LOCATION: sets what p says of it. comments: '#' behind a blank ends it. */
sd_must_check struct sd_err *sd_location_parse(struct sd_scan *s, bool comments,
					       struct sd_probe_spec *p);
/** The options behind a ';', which is at the place. */
sd_must_check struct sd_err *sd_options_parse(struct sd_scan *s, bool comments,
					      struct sd_probe_spec *p);
/** As sd_probe_parse(); comments: what is behind a '#' does not count. */
sd_must_check struct sd_err *sd_spec_parse(const char *text, bool comments,
					   struct sd_probe_spec *ret);

#endif
