/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters at a place inside a function: where the debug information alone cannot be believed,
 * the calling convention decides. */
#include <string.h>

#include "plan/signature.h"
#include "site/line.h"

static const struct sd_variable *param_of(const struct sd_signature *sig, const char *name)
{
	const struct sd_variable *found = NULL;

	for (u32 i = 0; i < sig->nparams && !sig->params_why; i++) {
		if (!sig->params[i].named || strcmp(sig->params[i].name, name) != 0)
			continue;
		if (found)
			return NULL;
		found = &sig->params[i];
	}
	return found;
}

/* Where the function's head ends, as far as its parameters and results tell; in the line behind it
 * nothing has been assigned yet. */
static u32 last_line(const struct sd_signature *sig, const struct sd_local *v, u32 n)
{
	u32 line = sig->decl_line;

	for (u32 i = 0; i < n; i++)
		if (v[i].kind == SD_LOCAL_PARAM || v[i].kind == SD_LOCAL_RESULT)
			line = SD_MAX(line, v[i].decl_line);
	return line;
}

void sd_signature_settle(const struct sd_signature *sig, bool args_at_abi, u32 line,
			 struct sd_local *v, u32 n)
{
	bool first = !line || line <= last_line(sig, v, n) + 1;

	for (u32 i = 0; i < n; i++) {
		const struct sd_variable *p;

		if (v[i].kind != SD_LOCAL_PARAM || v[i].escaped)
			continue;
		p = param_of(sig, v[i].name);
		if (p && args_at_abi && p->type == v[i].type && (first || !v[i].loc.why))
			v[i].loc = p->loc;
		else if (v[i].loc.unsure && !v[i].loc.why &&
			 !(p && sd_loc_agree(&p->loc, &v[i].loc)))
			v[i].loc = (struct sd_loc){.why = "only a part of it has a location"};
		if (v[i].known == SD_KNOWN_PASSED &&
		    !(p && !p->loc.why && sd_loc_agree(&p->loc, &v[i].loc)))
			v[i].known = SD_KNOWN_NOT;
	}
}
