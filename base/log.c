/* SPDX-License-Identifier: BSD-2-Clause */
/* Log sink. */
#include "base/log.h"

#include <stdio.h>
#include <string.h>

static struct {
	sd_log_fn fn;
	void *ctx;
	char domains[256];
} sink;

void sd_log_set(sd_log_fn fn, void *ctx, const char *debug_domains)
{
	sink.fn = fn;
	sink.ctx = ctx;
	snprintf(sink.domains, sizeof(sink.domains), "%s", debug_domains ? debug_domains : "");
}

bool sd_log_debugging(const char *domain)
{
	const char *p = sink.domains;
	size_t len = strlen(domain);

	if (!sink.fn || !*p)
		return false;
	while (*p) {
		size_t n = strcspn(p, ",");

		if ((n == len && !memcmp(p, domain, n)) || (n == 3 && !memcmp(p, "all", 3)))
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}

void sd_log(enum sd_log_level level, const char *domain, const char *fmt, ...)
{
	char msg[1024];
	va_list ap;

	if (!sink.fn)
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	sink.fn(sink.ctx, level, domain, msg);
}
