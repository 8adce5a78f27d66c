/* SPDX-License-Identifier: BSD-2-Clause */
/* Log sink: the library never prints; whoever wants its diagnostics sets a sink. Domains are room
 * names. */
#ifndef SD_BASE_LOG_H
#define SD_BASE_LOG_H

#include <stdarg.h>

#include "base/base.h"

enum sd_log_level { SD_LOG_DEBUG, SD_LOG_INFO, SD_LOG_WARN };

typedef void (*sd_log_fn)(void *ctx, enum sd_log_level level, const char *domain, const char *msg);

/** Sets the sink (NULL: none) and the domains whose debug messages pass ("site,dwarf", "all", NULL:
 * none). */
void sd_log_set(sd_log_fn fn, void *ctx, const char *debug_domains);
/** Whether debug messages of domain go anywhere: ask before you compute what is only for them. */
bool sd_log_debugging(const char *domain);
void sd_log(enum sd_log_level level, const char *domain, const char *fmt, ...) sd_printf_like(3, 4);

#define sd_debug(domain, ...)                                                                      \
	do {                                                                                       \
		if (sd_log_debugging(domain))                                                      \
			sd_log(SD_LOG_DEBUG, domain, __VA_ARGS__);                                 \
	} while (0)

#endif
