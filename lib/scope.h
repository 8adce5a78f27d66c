/* SPDX-License-Identifier: BSD-2-Clause */
/* The scope of one site, as the checker asks for it. */
#ifndef SD_LIB_SCOPE_H
#define SD_LIB_SCOPE_H

#include "check/check.h"
#include "decode/redact.h"
#include "lib/module.h"
#include "plan/signature.h"

struct sd_site_scope {
	struct sd_scope scope;			 /* its ctx is this */
	struct sd_module *module;		 /* borrowed */
	struct sd_redact *redact;		 /* borrowed: sd_site_scope_refused() asks it */
	const char *package;			 /* Go: of the function; NULL: plain names */
	const struct sd_variable *hit, *results; /* borrowed: sd_node.var counts in these */
	u32 nhit, nresults;
	struct sd_arena *arena;
};

/** A scope without variables, in fn of m; everything is borrowed. */
void sd_site_scope_init(struct sd_site_scope *sc, struct sd_module *m, const char *where,
			const struct sd_func *fn, struct sd_arena *arena);
/** The variables of the first or only hit, innermost first. */
void sd_site_scope_hit(struct sd_site_scope *sc, const struct sd_variable *vars, u32 n);
/** sd_scope.refused for what must not be found out: the names of secrets. */
const char *sd_site_scope_refused(void *ctx, const char *name);
/** There is a return hit, with these results. */
void sd_site_scope_results(struct sd_site_scope *sc, const struct sd_variable *vars, u32 n);

#endif
