/* SPDX-License-Identifier: BSD-2-Clause */
/* Which types have a rule of their own. */
#include "decode/wellknown.h"

#include <string.h>

#include "decode/walk.h"

static const struct sd_wellknown *const rules[] = {
	&sd_wk_duration,
};

void sd_wellknown_refine(struct sd_value *v, struct sd_arena *arena)
{
	if (!v->type->name)
		return;
	for (size_t i = 0; i < SD_ARRAY_SIZE(rules); i++) {
		if (!strcmp(rules[i]->type_name, v->type->name)) {
			rules[i]->refine(v, arena);
			return;
		}
	}
}
