/* SPDX-License-Identifier: BSD-2-Clause */
/* Probes on source lines: FILE:LINE → the places that hold its code, each traced by itself. */
#include <string.h>

#include "lib/exprs.h"
#include "site/line.h"

static struct sd_lines *lines_of(struct sd_module *m)
{
	if (!m->lines)
		m->lines = sd_lines_create(m->elf, m->go, sd_module_dwarf(m));
	return m->lines;
}

struct sd_err *sd_lines_resolve(struct sonde_session *s, struct sd_module *m, u32 probe)
{
	struct sd_probe *p = &s->probes.v[probe];
	struct sd_line_place *places;
	u32 n;

	SD_TRY(sd_lines_find(lines_of(m), p->spec.pattern, p->spec.line, &s->arena, &places, &n));
	for (u32 i = 0; i < n; i++) {
		struct sd_traced t = {.module = m, .fn = places[i].fn, .probe = probe};

		t.line_place = &places[i];
		t.inlined = places[i].inlined;
		t.file = places[i].file;
		t.line = places[i].line;
		t.sig.name = places[i].inlined ? places[i].in : sd_module_full_name(m, &t.fn);
		sd_vec_push(&s->traced, t);
		if (places[i].inlined)
			p->copies++;
		else
			p->functions++;
	}
	return NULL;
}

/* What the calling convention has to say about parameters; asked only where it is needed. */
static struct sd_err *settle(struct sonde_session *s, struct sd_module *m, const struct sd_func *fn,
			     bool args_at_abi, u32 line, struct sd_local *v, u32 n)
{
	struct sd_signature sig;
	bool needed = false;

	for (u32 i = 0; i < n; i++)
		needed |= v[i].kind == SD_LOCAL_PARAM &&
			  (args_at_abi || (v[i].loc.unsure && !v[i].loc.why));
	if (!needed)
		return NULL;
	SD_TRY(sd_signature_of(sd_module_dwarf(m), m->go, fn, sd_module_full_name(m, fn), &s->arena,
			       &sig));
	sd_signature_settle(&sig, args_at_abi, line, v, n);
	return NULL;
}

void sd_lines_dropped(struct sd_variable *vars, u32 n)
{
	/* What is in no place yet, and what sonde cannot make out. All else the compiler has
	 * dropped, or a value before it was left where the location list points. */
	static const char *const others[] = {
		"optimized out", "not assigned yet", "several variables", "type is unknown",
		"too large",	 "location ",	     "a constant ",	  "no debug information",
		"changed before"};

	for (u32 i = 0; i < n; i++) {
		const char *why = vars[i].loc.why;
		bool other = !why;

		for (size_t k = 0; !other && k < SD_ARRAY_SIZE(others); k++)
			other = !strncmp(why, others[k], strlen(others[k]));
		if (other)
			continue;
		vars[i].dropped = why;
		vars[i].loc.why = "optimized out";
	}
}

struct sd_err *sd_lines_variables(struct sonde_session *s, struct sd_module *m,
				  const struct sd_func *fn, const struct sd_site *site, u32 line,
				  u32 depth, bool captured_only, struct sd_variable **ret,
				  u32 *n_ret)
{
	struct sd_local *locals;
	struct sd_variable *vars;
	u32 n, k = 0;

	SD_TRY(sd_lines_locals(lines_of(m), fn, site->addr, depth, &s->arena, &locals, &n));
	if (!captured_only)
		SD_TRY(settle(s, m, fn, site->args_at_abi && !depth, line, locals, n));
	vars = sd_arena_array(&s->arena, struct sd_variable, n + 1);
	for (u32 i = 0; i < n; i++) {
		/* Go's compiler lists parts of a variable beside it: "name.ptr" */
		if (locals[i].shadowed || strchr(locals[i].name, '.') ||
		    (captured_only && locals[i].kind != SD_LOCAL_CAPTURED))
			continue;
		vars[k++] = (struct sd_variable){
			.name = locals[i].name,
			.named = true,
			.type = locals[i].type,
			.loc = locals[i].loc,
			.dw = &locals[i].param,
		};
	}
	sd_lines_dropped(vars, k);
	*ret = vars;
	*n_ret = k;
	return NULL;
}
