/* SPDX-License-Identifier: BSD-2-Clause */
/* What this host allows, as text or JSON. */
#include <stdlib.h>
#include <string.h>

#include "lib/session.h"

static void json_pair(struct sd_buf *b, const char *key, const char *value)
{
	sd_buf_printf(b, ",\"%s\":", key);
	sd_out_json_string(value, strlen(value), b);
}

static void json_check(struct sd_buf *b, const struct sd_check *c)
{
	sd_buf_str(b, "{\"name\":");
	sd_out_json_string(c->name, strlen(c->name), b);
	sd_buf_printf(b, ",\"ok\":%s,\"needed\":%s", c->ok ? "true" : "false",
		      c->needed ? "true" : "false");
	json_pair(b, "found", c->found);
	if (c->effect[0])
		json_pair(b, "effect", c->effect);
	if (c->help[0])
		json_pair(b, "help", c->help);
	sd_buf_ch(b, '}');
}

static void text_check(struct sd_buf *b, const struct sd_check *c)
{
	sd_buf_printf(b, "%-8s %-24s %s\n",
		      c->ok	  ? "ok"
		      : c->needed ? "MISSING"
				  : "without",
		      c->name, c->found);
	if (!c->ok && c->effect[0])
		sd_buf_printf(b, "%34s%s\n", "", c->effect);
	if (!c->ok && c->help[0])
		sd_buf_printf(b, "%34stry: %s\n", "", c->help);
}

struct sonde_error *sonde_doctor(const struct sonde_options *opts, bool *ok_ret)
{
	struct sd_check *checks;
	struct sd_buf b = {0};
	bool ok = true;
	u32 n;

	sd_run_doctor(&checks, &n);
	for (u32 i = 0; i < n; i++)
		ok &= checks[i].ok || !checks[i].needed;
	if (opts->format == SONDE_JSON) {
		sd_buf_printf(&b, "{\"ok\":%s,\"checks\":[", ok ? "true" : "false");
		for (u32 i = 0; i < n; i++) {
			sd_buf_str(&b, i ? "," : "");
			json_check(&b, &checks[i]);
		}
		sd_buf_str(&b, "]}\n");
	} else {
		for (u32 i = 0; i < n; i++)
			text_check(&b, &checks[i]);
		sd_buf_printf(&b, "%s\n",
			      ok ? "sonde can trace on this host"
				 : "sonde cannot trace here as it is");
	}
	opts->write(opts->ctx, b.p, b.n);
	sd_buf_deinit(&b);
	free(checks);
	*ok_ret = ok;
	return NULL;
}
