/* SPDX-License-Identifier: BSD-2-Clause */
/* What expressions read at a site: their variables are captured whole. */
#include <stdlib.h>
#include <string.h>

#include "plan/code_priv.h"

struct sd_err *sd_plan_expressions(struct sd_tables *t, const struct sd_site *site,
				   enum sd_when when, const struct sd_variable *vars, u32 nvars,
				   const struct sd_variable *also, u32 nalso,
				   struct sd_node *const *nodes, const bool *printed, u32 n,
				   const char *text, struct sdw_site *wire)
{
	struct sd_variable *all = sd_xcalloc(nvars + nalso + 1, sizeof(*all));

	memcpy(all, vars, nvars * sizeof(*all));
	memcpy(all + nvars, also, nalso * sizeof(*all));
	sd_plan_capture(t, site, all, nvars + nalso, wire);
	free(all);
	return NULL;
}
