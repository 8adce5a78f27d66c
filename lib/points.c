/* SPDX-License-Identifier: BSD-2-Clause */
/* Traced functions → sites with their capture plans and their roles in joining calls. */
#include <string.h>

#include "lib/exprs.h"
#include "lib/stack.h"
#include "lib/taming.h"

static void set_layout_from_dwarf(struct sd_module *m)
{
	struct sd_go_layout layout = *sd_go_layout(m->go);
	struct sd_dwarf *dw = sd_module_dwarf(m);
	struct sd_type *g = dw ? sd_dwarf_type_named(dw, "runtime.g", "runtime") : NULL;
	struct sd_type *mt = dw ? sd_dwarf_type_named(dw, "runtime.m", "runtime") : NULL;
	const struct sd_field *goid = g ? sd_type_field(g, "goid") : NULL;
	const struct sd_field *gm = g ? sd_type_field(g, "m") : NULL;
	const struct sd_field *sched = g ? sd_type_field(g, "sched") : NULL;
	const struct sd_field *gopc = g ? sd_type_field(g, "gopc") : NULL;
	const struct sd_field *parent = g ? sd_type_field(g, "parentGoid") : NULL;
	const struct sd_field *curg = mt ? sd_type_field(mt, "curg") : NULL;

	if (!goid || !gm || !curg || !sched)
		return;
	layout.g_goid = (u32)goid->off;
	layout.g_m = (u32)gm->off;
	layout.g_sched_sp = (u32)sched->off;
	layout.g_gopc = gopc ? (u32)gopc->off : 0;
	layout.g_parent_goid = parent ? (u32)parent->off : 0;
	layout.m_curg = (u32)curg->off;
	layout.from_dwarf = true;
	sd_go_set_layout(m->go, &layout);
}

static struct sd_point *add_point(struct sonde_session *s, struct sd_module *m,
				  const struct sd_site *site, u32 traced, enum sd_join_role role)
{
	struct sd_point p = {.site = *site, .traced = traced, .role = role, .module = m};

	p.wire.addr = site->addr.v;
	sd_vec_push(&s->points, p);
	if (traced != SD_NO_TRACED)
		s->traced.v[traced].npoints++;
	return &s->points.v[s->points.n - 1];
}

/* Of n variables those of generic types that are expressions by themselves: their types are known
 * when they are captured, not now. */
static u32 shown_shapes(struct sonde_session *s, const struct sd_exprs *ex, enum sd_when when,
			const struct sd_variable *vars, u32 n, const struct sd_variable **ret)
{
	struct sd_variable *shown = sd_arena_array(&s->arena, struct sd_variable, n + 1);
	u32 k = 0;

	for (u32 i = 0; i < n; i++)
		for (u32 j = 0; j < ex->n && vars[i].dw && vars[i].dw->has_dict_word; j++) {
			const struct sd_node *node = ex->nodes[j];

			if (node->kind != SD_NODE_VAR || node->when != when ||
			    node->var >= ex->nvars[when] ||
			    ex->vars[when][node->var].name != vars[i].name)
				continue;
			shown[k++] = vars[i];
			break;
		}
	*ret = shown;
	return k;
}

/* Captures n variables, and what the probe's expressions read there. */
static struct sd_err *plan_point(struct sonde_session *s, struct sd_point *p, enum sd_when when,
				 const struct sd_variable *vars, u32 n, bool want_stack)
{
	const struct sd_traced *t = &s->traced.v[p->traced];
	u32 frames = sd_exprs_stack(s, t);

	if (t->exprs)
		frames = SD_MAX(frames, t->exprs->frames);
	sd_tables_module(&s->tables, p->module->index,
			 p->module->go ? sd_go_layout(p->module->go) : NULL);
	/* With values of its own a line has no others; a call still has its results. */
	if (t->exprs && !t->exprs->all && (when == SD_AT_HIT || sd_exprs_is_log(s, t)))
		n = shown_shapes(s, t->exprs, when, vars, n, &vars);
	/* where an event stands among the calls of its goroutine is told by its depth on the stack
	 */
	want_stack |= s->opts.tree || s->opts.max_depth;
	n = sd_generic_vars(s, t, vars, n, &vars);
	if (t->exprs)
		SD_TRY(sd_exprs_plan(s, p, when, vars, n));
	else
		sd_plan_capture(&s->tables, &p->site, vars, n, &p->wire);
	if (t->fn.lang == SD_LANG_GO && sd_go_layout(p->module->go)->g_goid)
		sd_plan_goroutine(sd_go_layout(p->module->go), t->fn.abi0, want_stack, &p->wire);
	if (frames && p->role != SD_JOIN_RETURN)
		sd_stack_plan(s, p, frames);
	return sd_taming_plan(s, p, when);
}

static u32 arg_registers(const struct sd_signature *sig)
{
	u32 regs = sig->has_dict ? 1u << sig->dict_reg : 0;

	for (u32 i = 0; i < sig->nparams; i++)
		for (u32 k = 0; k < sig->params[i].loc.n; k++) {
			const struct sd_piece *p = &sig->params[i].loc.pieces[k];

			if (p->kind == SD_PIECE_REG || p->kind == SD_PIECE_MEM ||
			    p->kind == SD_PIECE_REGVAL)
				regs |= p->reg < 16 ? 1u << p->reg : 0;
			else if (p->kind == SD_PIECE_XMM)
				regs |= p->reg < 15 ? 1u << (SD_XMM0 + p->reg) : 0;
		}
	return regs;
}

static bool find_go_func(struct sd_module *m, const char *name, struct sd_func *ret)
{
	u32 n = sd_go_nfuncs(m->go);

	for (u32 i = 0; i < n; i++)
		if (sd_go_func(m->go, i, ret) && !strcmp(ret->name, name))
			return true;
	return false;
}

/* Whether runtime.gogo ends with `jmp *%rbx`, as it does on all versions up to 1.27. */
static bool jumps_by_rbx(struct sd_module *m)
{
	struct sd_func fn;
	struct sd_insn in;
	const u8 *bytes;
	u64 have;

	if (!find_go_func(m, "gogo", &fn))
		return false;
	for (u64 pc = fn.entry.v; pc < fn.end.v; pc += in.len) {
		bytes = sd_elf_bytes(m->elf, (struct sd_vaddr){pc}, &have);
		if (!bytes || !sd_floats_insn(m, pc, &in))
			return false;
		if (in.cls == SD_INSN_JMP_IND)
			return in.len == 2 && bytes[0] == 0xff && bytes[1] == 0xe3;
	}
	return false;
}

static bool resumes_by_rbx(struct sd_module *m)
{
	if (m->resumes == SD_NOT_ASKED)
		m->resumes = jumps_by_rbx(m) ? SD_BY_RBX : SD_OTHERWISE;
	return m->resumes == SD_BY_RBX;
}

static struct sd_err *entry_site(struct sonde_session *s, u32 index, struct sd_site *ret)
{
	struct sd_traced *t = &s->traced.v[index];
	struct sd_entry_request req = {
		.lang = t->fn.lang,
		.regabi = t->module->go && sd_go_layout(t->module->go)->regabi && !t->fn.abi0,
		.arg_regs = arg_registers(&t->sig),
	};

	SD_TRY(sd_site_entry(t->module->elf, &t->fn, &req, &s->arena, ret));
	if (ret->frail && !resumes_by_rbx(t->module))
		ret->restart = 0;
	if (!ret->args_at_abi && !t->sig.params_why)
		t->sig.params_why = "the arguments have moved where this function can be probed";
	return NULL;
}

static u32 known_params(const struct sd_signature *sig)
{
	return sig->params_why ? 0 : sig->nparams;
}

static u32 known_results(const struct sd_signature *sig)
{
	return sig->results_why ? 0 : sig->nresults;
}

static struct sd_err *entry_point(struct sonde_session *s, u32 index, const struct sd_site *site,
				  enum sd_join_role role)
{
	struct sd_traced *t = &s->traced.v[index];
	struct sd_point *p = add_point(s, t->module, site, index, role);

	return plan_point(s, p, SD_AT_HIT, t->sig.params, known_params(&t->sig),
			  role == SD_JOIN_ENTRY);
}

/* A function that is nothing but a RET: one site is both its entry and its return. */
static struct sd_err *make_whole(struct sonde_session *s, struct sd_point *p)
{
	const struct sd_signature *sig = &s->traced.v[p->traced].sig;
	u32 np = known_params(sig), nr = known_results(sig);
	struct sd_variable *all = sd_arena_array(&s->arena, struct sd_variable, np + nr + 1);

	for (u32 i = 0; i < np; i++)
		all[i] = sig->params[i];
	for (u32 i = 0; i < nr; i++)
		all[np + i] = sig->results[i];
	p->role = SD_JOIN_WHOLE;
	return plan_point(s, p, SD_AT_HIT, all, np + nr, true);
}

static struct sd_err *return_points(struct sonde_session *s, u32 index, enum sd_join_role role,
				    u32 *n_ret)
{
	struct sd_traced *t = &s->traced.v[index];
	struct sd_site *sites;
	u32 n, tail;

	SD_TRY(sd_site_returns(t->module->elf, &t->fn, &s->arena, &sites, &n, &tail));
	t->tail_jumps = tail;
	for (u32 i = 0; i < n; i++) {
		struct sd_point *p = s->points.n ? &s->points.v[s->points.n - 1] : NULL;

		if (role == SD_JOIN_RETURN && p && p->traced == index &&
		    p->site.addr.v == sites[i].addr.v) {
			SD_TRY(make_whole(s, p));
			continue;
		}
		p = add_point(s, t->module, &sites[i], index, role);
		SD_TRY(plan_point(s, p, SD_AT_RETURN, t->sig.results, known_results(&t->sig),
				  true));
	}
	*n_ret = n;
	return NULL;
}

/* What expressions may name at a function's entry: its parameters, and what a closure captured. */
static struct sd_err *check_function(struct sonde_session *s, u32 index, const struct sd_site *site)
{
	struct sd_traced *t = &s->traced.v[index];
	u32 np = known_params(&t->sig), nc = 0;
	struct sd_variable *captured = NULL, *all;

	if (!sd_exprs_wanted(s, index))
		return NULL;
	if (site)
		SD_TRY(sd_lines_variables(s, t->module, &t->fn, site, NULL, 0, 0, true, &captured,
					  &nc));
	all = sd_arena_array(&s->arena, struct sd_variable, np + nc + 1);
	memcpy(all, t->sig.params, np * sizeof(*all));
	if (nc)
		memcpy(all + np, captured, nc * sizeof(*all));
	return sd_exprs_check(s, index, all, np + nc, t->fn.lang == SD_LANG_GO, t->sig.results,
			      known_results(&t->sig));
}

static struct sd_err *not_at_entry(const char *text, const struct sd_node *n)
{
	return sd_err_span(sd_err_hint(sd_err_new(SD_ERR_USAGE,
						  "'%.*s' is there at a return, not at the entry",
						  (int)(n->end - n->start), text + n->start),
				       "leave out :entry"),
			   text, (int)n->start, (int)n->end);
}

/* A return whose entry is read as well, or that is judged by its duration, is a pair; a log line
 * that reads nothing of the return needs none. */
static enum sd_part part_of(const struct sonde_session *s, const struct sd_traced *t)
{
	const struct sd_probe_spec *spec = &s->probes.v[t->probe].spec;
	bool timed = spec->has_option[SD_OPTION_MIN_DURATION];
	const struct sd_exprs *ex = t->exprs;

	if (spec->part == SD_PART_RETURN && (timed || (ex && ex->uses[SD_AT_HIT])))
		return SD_PART_CALL;
	if (spec->part == SD_PART_CALL && !timed && ex && sd_exprs_is_log(s, t) &&
	    !ex->uses[SD_AT_RETURN])
		return SD_PART_ENTRY;
	return spec->part;
}

/* What a generic function's parameters and results are, when there is no question. */
static void sole_types(struct sonde_session *s, struct sd_traced *t)
{
	u32 np = t->sig.nparams, nr = t->sig.nresults;
	struct sd_variable *all = sd_arena_array(&s->arena, struct sd_variable, np + nr + 1);

	memcpy(all, t->sig.params, np * sizeof(*all));
	memcpy(all + np, t->sig.results, nr * sizeof(*all));
	if (!sd_generic_sole(s, t->module, &t->fn, all, np + nr))
		return;
	t->sig.params = all;
	t->sig.results = all + np;
}

/* A function: its entry, its returns, or both, as the probe and its expressions ask. */
static struct sd_err *function_points(struct sonde_session *s, u32 index)
{
	struct sd_traced *t = &s->traced.v[index];
	enum sd_part part;
	const char *full = sd_module_full_name(t->module, &t->fn);
	bool go = t->fn.lang == SD_LANG_GO;
	sd_autoerr no_entry = NULL;
	struct sd_err *err = NULL;
	u32 nreturns = 0, entry_at;
	struct sd_site site;

	SD_TRY(sd_signature_of(sd_module_dwarf(t->module), t->module->go, &t->fn, full, &s->arena,
			       &t->sig));
	sole_types(s, t);
	if (t->sig.decl_file) {
		t->file = t->sig.decl_file;
		t->line = t->sig.decl_line ? t->sig.decl_line : t->line;
	}
	no_entry = entry_site(s, index, &site);
	SD_TRY(check_function(s, index, no_entry ? NULL : &site));
	part = part_of(s, t);
	if (part == SD_PART_ENTRY && t->exprs && t->exprs->of_return)
		return not_at_entry(t->exprs->of_return_text, t->exprs->of_return);
	if (part == SD_PART_RETURN)
		return return_points(s, index, SD_JOIN_RETURN_ONLY, &nreturns);
	if (no_entry) {
		err = no_entry;
		no_entry = NULL;
		return err;
	}
	if (!go && s->probes.v[t->probe].spec.part == SD_PART_RETURN)
		return sd_err_hint(sd_err_new(SD_ERR_USAGE,
					      "%s: entries and returns of functions that are not "
					      "Go's are not put together",
					      t->sig.name),
				   "ask for it at the entry: leave out :return");
	if (part == SD_PART_ENTRY || !go)
		return entry_point(s, index, &site, SD_JOIN_ENTRY_ONLY);
	entry_at = (u32)s->points.n;
	SD_TRY(entry_point(s, index, &site, SD_JOIN_ENTRY));
	err = return_points(s, index, SD_JOIN_RETURN, &nreturns);
	t = &s->traced.v[index];
	if (err)
		t->problem = sd_arena_printf(&s->arena, "returns are not seen: %s", err->msg);
	else if (t->tail_jumps)
		t->problem = nreturns ? "some returns are not seen: it also leaves through a jump"
				      : "returns are not seen: it leaves through a jump";
	else if (!nreturns)
		t->problem = "it never returns";
	/* Where no return can ever be seen each entry is an event by itself; where there is none,
	 * the call stays open. */
	if ((err || (!nreturns && t->tail_jumps)) && s->points.v[entry_at].role == SD_JOIN_ENTRY)
		s->points.v[entry_at].role = SD_JOIN_ENTRY_ONLY;
	sd_err_free(err);
	return NULL;
}

/*
 * Which arguments of an inlined copy can be read at an instruction of its entry block: those whose
 * location there is the one they had at first, in registers or memory that nothing in between has
 * written. A parameter that the copy has already changed is no argument any more.
 */
struct copy_args {
	struct sonde_session *s;
	const struct sd_traced *t;
	struct sd_dwarf *dw;
	struct sd_loc *first; /* by parameter; why is set until it is seen */
	bool *changed;
	u64 start_pc; /* the first that was asked for, 0: none yet */
	u64 last_pc;  /* the last, 0: none yet */
};

static bool same_loc(const struct sd_loc *a, const struct sd_loc *b)
{
	return !a->why && !b->why && sd_loc_same(a, b);
}

static bool writes_loc(const struct sd_insn *insn, const struct sd_loc *loc)
{
	for (u32 i = 0; i < loc->n; i++) {
		const struct sd_piece *p = &loc->pieces[i];

		if (p->kind == SD_PIECE_XMM ? p->reg < 32 && insn->xmm_writes >> p->reg & 1
					    : p->reg < 16 && insn->writes >> p->reg & 1)
			return true;
		if ((p->kind == SD_PIECE_CFA || p->kind == SD_PIECE_MEM || p->deref) &&
		    insn->writes_mem)
			return true;
	}
	return false;
}

static u8 insn_at(const struct copy_args *c, u64 pc, struct sd_insn *ret)
{
	u64 have = 0;
	const u8 *bytes = sd_elf_bytes(c->t->module->elf, (struct sd_vaddr){pc}, &have);
	sd_autoerr err = bytes ? sd_insn_decode(bytes, have, pc, ret) : NULL;

	return bytes && !err ? ret->len : 0;
}

/* The instructions from last_pc to pc have run: what they write is no argument from here on. */
static void step_to(struct copy_args *c, u64 pc)
{
	while (c->last_pc && c->last_pc < pc) {
		struct sd_insn insn;
		u8 len = insn_at(c, c->last_pc, &insn);

		for (u32 i = 0; i < c->t->copy->nparams; i++)
			if (!len || (!c->first[i].why && writes_loc(&insn, &c->first[i])))
				c->changed[i] = true;
		if (!len)
			break;
		c->last_pc += len;
	}
	c->last_pc = pc;
}

static u32 have_args(void *ctx, u64 pc)
{
	struct copy_args *c = ctx;
	u32 n = 0;

	if (!c->start_pc)
		c->start_pc = pc;
	step_to(c, pc);
	for (u32 i = 0; i < c->t->copy->nparams; i++) {
		const struct sd_param *p = &c->t->copy->params[i];
		struct sd_loc loc;

		if (p->result || c->changed[i])
			continue;
		loc = sd_dwarf_param_loc(c->dw, p, (struct sd_vaddr){pc}, &c->s->arena);
		if (c->first[i].why)
			c->first[i] = loc;
		n += same_loc(&c->first[i], &loc);
	}
	return n;
}

/* Once more from the start to the site that was chosen. */
static void replay_to(struct copy_args *c, u64 site)
{
	struct sd_insn insn;

	for (u32 i = 0; i < c->t->copy->nparams; i++) {
		c->first[i] = (struct sd_loc){.why = "not seen"};
		c->changed[i] = false;
	}
	c->last_pc = 0;
	for (u64 pc = c->start_pc; pc && pc <= site; pc += insn.len) {
		have_args(c, pc);
		if (!insn_at(c, pc, &insn))
			break;
	}
}

static void drop_changed(struct sd_signature *sig, const struct copy_args *c)
{
	for (u32 i = 0, k = 0; i < c->t->copy->nparams; i++) {
		if (c->t->copy->params[i].result)
			continue;
		if (k < sig->nparams &&
		    (c->changed[i] || !same_loc(&c->first[i], &sig->params[k].loc)) &&
		    !sig->params[k].loc.why)
			sig->params[k].loc = (struct sd_loc){
				.why = "changed before it could be read"};
		k++;
	}
}

static struct sd_err *copy_point(struct sonde_session *s, u32 index)
{
	struct sd_traced *t = &s->traced.v[index];
	const struct sd_subprogram *copy = t->copy;
	struct sd_dwarf *dw = t->bare ? NULL : sd_module_dwarf(t->module);
	u64(*ranges)[2] = (u64(*)[2])sd_arena_alloc(&s->arena,
						    sizeof(*ranges) * (copy->nranges + 1));
	struct copy_args args = {.s = s, .t = t, .dw = dw};
	u32 nranges = copy->nranges;
	struct sd_site site;
	struct sd_point *p;
	s64 delta;

	args.first = sd_arena_array(&s->arena, struct sd_loc, copy->nparams + 1);
	args.changed = sd_arena_array(&s->arena, bool, copy->nparams + 1);
	for (u32 i = 0; i < copy->nparams; i++)
		args.first[i].why = "not seen";
	for (u32 i = 0; i < nranges; i++) {
		ranges[i][0] = copy->ranges[i].lo;
		ranges[i][1] = copy->ranges[i].hi;
	}
	if (!nranges && copy->high.v > copy->low.v) {
		ranges[0][0] = copy->low.v;
		ranges[0][1] = copy->high.v;
		nranges = 1;
	}
	if (!nranges)
		return sd_err_new(SD_ERR_NOMATCH, "an inlined copy of %s in %s has no code",
				  copy->name, t->fn.name);
	SD_TRY(sd_site_inlined_where(t->module->elf, &t->fn, (const u64(*)[2])ranges, nranges,
				     dw ? have_args : NULL, &args, &s->arena, &site));
	if (!site.cfa.known && t->module->go && sd_go_spdelta(t->module->go, site.addr, &delta))
		site.cfa = (struct sd_cfa){.reg = SD_RSP, .known = true, .off = delta + 8};
	if (t->bare) {
		t->sig = (struct sd_signature){
			.name = copy->name,
			.params_why = t->module->dwarf ? "not in the debug information"
						       : "no debug information",
			.results_why = "an inlined copy returns nowhere",
		};
	} else {
		replay_to(&args, site.addr.v);
		sd_signature_inlined(dw, copy, site.addr, &s->arena, &t->sig);
		drop_changed(&t->sig, &args);
		SD_TRY(sd_lines_copy_arguments(s, t, site.addr));
		sd_lines_dropped(t->sig.params, t->sig.nparams);
	}
	SD_TRY(sd_exprs_check(s, index, t->sig.params, known_params(&t->sig), false, NULL, 0));
	p = add_point(s, t->module, &site, index, SD_JOIN_ENTRY_ONLY);
	p->site.kind = SD_SITE_INLINED;
	return plan_point(s, p, SD_AT_HIT, t->sig.params, known_params(&t->sig), false);
}

/* An address has the variables of the source at that place. */
static struct sd_err *check_address(struct sonde_session *s, u32 index, const struct sd_site *site)
{
	struct sd_traced *t = &s->traced.v[index];
	struct sd_variable *vars;
	const char *file = NULL;
	u32 n, line;

	if (!sd_exprs_wanted(s, index))
		return NULL;
	if (t->module->go)
		sd_go_line(t->module->go, site->addr, &file, &line);
	SD_TRY(sd_lines_variables(s, t->module, &t->fn, site, file, 0, UINT32_MAX, false, &vars,
				  &n));
	return sd_exprs_check(s, index, vars, n, false, NULL, 0);
}

static struct sd_err *address_point(struct sonde_session *s, u32 index)
{
	struct sd_traced *t = &s->traced.v[index];
	struct sd_site site;
	struct sd_point *p;
	s64 delta;

	t->sig = (struct sd_signature){
		.name = sd_module_full_name(t->module, &t->fn),
		.params_why = "an address has no arguments",
		.results_why = "an address has no results",
	};
	SD_TRY(sd_site_addr(t->module->elf, &t->fn, t->addr, &s->arena, &site));
	if (t->fn.lang == SD_LANG_GO && sd_go_spdelta(t->module->go, t->addr, &delta))
		site.cfa = (struct sd_cfa){.reg = SD_RSP, .known = true, .off = delta + 8};
	SD_TRY(check_address(s, index, &site));
	t = &s->traced.v[index];
	p = add_point(s, t->module, &site, index, SD_JOIN_ENTRY_ONLY);
	return plan_point(s, p, SD_AT_HIT, t->exprs ? t->exprs->vars[SD_AT_HIT] : NULL,
			  t->exprs ? t->exprs->nvars[SD_AT_HIT] : 0, false);
}

/* A place of a source line, with all variables that are in scope there. */
static struct sd_err *line_point(struct sonde_session *s, u32 index)
{
	struct sd_traced *t = &s->traced.v[index];
	const struct sd_line_place *place = t->line_place;
	struct sd_variable *vars;
	const char *sole;
	struct sd_point *p;
	struct sd_site site = place->site;
	s64 delta;
	u32 n;

	if (place->why_not)
		return sd_err_new(SD_ERR_NOMATCH, "%s:%u in %s: %s", place->file, place->line,
				  place->in, place->why_not);
	if (!site.cfa.known && t->module->go && sd_go_spdelta(t->module->go, site.addr, &delta))
		site.cfa = (struct sd_cfa){.reg = SD_RSP, .known = true, .off = delta + 8};
	SD_TRY(sd_lines_variables(s, t->module, &t->fn, &site, place->file, place->line,
				  place->depth, false, &vars, &n));
	sole = place->depth ? NULL : sd_generic_sole(s, t->module, &t->fn, vars, n);
	if (sole)
		t->sig.name = sole;
	t->sig.params = vars;
	t->sig.nparams = n;
	t->sig.results_why = "a line has no results";
	if (!sd_module_dwarf(t->module))
		t->sig.params_why = "no debug information";
	SD_TRY(sd_exprs_check(s, index, vars, n, false, NULL, 0));
	p = add_point(s, t->module, &site, index, SD_JOIN_ENTRY_ONLY);
	return plan_point(s, p, SD_AT_HIT, vars, n, false);
}

/* ---- the runtime's own events: a goroutine ends, a panic is recovered ---- */

static void goexit_point(struct sonde_session *s, struct sd_module *m)
{
	struct sd_entry_request req = {.lang = SD_LANG_GO, .regabi = sd_go_layout(m->go)->regabi};
	struct sd_point *p;
	struct sd_func fn;
	struct sd_site site;
	sd_autoerr err = NULL;

	if (!find_go_func(m, "runtime.goexit1", &fn))
		return;
	err = sd_site_entry(m->elf, &fn, &req, &s->arena, &site);
	if (err)
		return;
	p = add_point(s, m, &site, SD_NO_TRACED, SD_JOIN_GOEXIT);
	sd_plan_capture(&s->tables, &site, NULL, 0, &p->wire);
	sd_plan_goroutine(sd_go_layout(m->go), false, true, &p->wire);
}

/* runtime.recovery runs on g0 and ends by resuming the goroutine at gobuf.sp: the frames below that
 * are gone. */
static void recovery_point(struct sonde_session *s, struct sd_module *m)
{
	const struct sd_go_layout *layout = sd_go_layout(m->go);
	struct sd_func fn, gogo;
	struct sd_point *p;
	struct sd_site site;

	if (!find_go_func(m, "runtime.recovery", &fn) || !find_go_func(m, "runtime.gogo", &gogo) ||
	    !sd_site_call_to(m->elf, &fn, gogo.entry, &site))
		return;
	p = add_point(s, m, &site, SD_NO_TRACED, SD_JOIN_RECOVERED);
	sd_plan_capture(&s->tables, &site, NULL, 0, &p->wire);
	sd_plan_goroutine(layout, false, true, &p->wire);
	p->wire.flags |= SDW_SITE_USER_G;
	p->wire.flags &= ~(u32)SDW_SITE_REGS_ONLY;
	p->wire.roots[p->wire.nroots++] = (struct sdw_root){
		.base = SDW_BASE_G, .off = layout->g_sched_sp, .type = s->tables.word_type};
}

static void bookkeeping(struct sonde_session *s, struct sd_module *m)
{
	bool pairs = false;

	if (!m->go || !sd_go_layout(m->go)->g_goid)
		return;
	for (size_t i = 0; i < s->points.n; i++)
		pairs |= s->points.v[i].module == m && s->points.v[i].role == SD_JOIN_ENTRY;
	if (!pairs)
		return;
	goexit_point(s, m);
	recovery_point(s, m);
}

static struct sd_err *points_of(struct sonde_session *s, u32 index)
{
	struct sd_traced *t = &s->traced.v[index];

	if (t->at_addr)
		return address_point(s, index);
	if (t->line_place)
		return line_point(s, index);
	if (t->inlined)
		return copy_point(s, index);
	return function_points(s, index);
}

/* Whether the kernel side lets some entries of the function pass unseen. */
static bool refuses_entries(const struct sonde_session *s, const struct sd_traced *t)
{
	for (u32 i = 0; i < t->npoints; i++) {
		const struct sd_point *p = &s->points.v[t->first_point + i];

		if (p->role == SD_JOIN_ENTRY &&
		    (p->wire.cond || (p->wire.flags & (SDW_SITE_PRE | SDW_SITE_TAME))))
			return true;
	}
	return false;
}

static bool sees_recoveries(const struct sonde_session *s, const struct sd_module *m)
{
	for (size_t i = 0; i < s->points.n; i++)
		if (s->points.v[i].role == SD_JOIN_RECOVERED && s->points.v[i].module == m)
			return true;
	return false;
}

/*
 * A call that ended unseen leaves a frame behind, which the next entry there would prove gone. When
 * that entry is refused, its return would be taken for the old call's: where calls can end unseen
 * user space decides, and what the kernel side must decide (rates, samples, firsts) leaves entries
 * by themselves.
 */
static void leave_to_user(struct sonde_session *s, struct sd_traced *t)
{
	for (u32 i = 0; i < t->npoints; i++) {
		struct sd_point *p = &s->points.v[t->first_point + i];

		if (p->role != SD_JOIN_ENTRY)
			continue;
		sd_plan_no_condition(&p->wire);
		if (s->probes.v[t->probe].default_rate)
			p->wire.flags &= ~(u32)SDW_SITE_TAME;
		if (!(p->wire.flags & SDW_SITE_TAME))
			continue;
		p->role = SD_JOIN_ENTRY_ONLY;
		t->apart = true;
		t->problem = "returns are not shown: some calls end unseen, and not all entries "
			     "are let through";
	}
	if (t->exprs && t->exprs->cond)
		t->exprs->at[SD_AT_HIT] = (struct sd_code_condition){
			.why = "calls may end unseen, and be taken for others"};
}

/* Returns of refused entries are left out where the goroutine tells which they are. */
static void mark_calls(struct sonde_session *s, u32 index)
{
	struct sd_traced *t = &s->traced.v[index];

	for (u32 i = 0; i < t->npoints; i++) {
		const struct sd_point *p = &s->points.v[t->first_point + i];

		if (!(p->wire.flags & SDW_SITE_G_R14) || !p->site.cfa.known ||
		    (p->role != SD_JOIN_ENTRY && p->role != SD_JOIN_RETURN))
			return;
	}
	for (u32 i = 0; i < t->npoints; i++) {
		struct sd_point *p = &s->points.v[t->first_point + i];

		p->wire.flags |= p->role == SD_JOIN_ENTRY ? SDW_SITE_MARK : SDW_SITE_MARKED;
		p->wire.func = index;
		p->wire.cfa_reg = p->site.cfa.reg;
		p->wire.cfa_off = (s32)p->site.cfa.off;
	}
}

static void join_table(struct sonde_session *s)
{
	for (size_t i = 0; i < s->traced.n; i++) {
		struct sd_traced *t = &s->traced.v[i];

		if (refuses_entries(s, t) && (t->tail_jumps || !sees_recoveries(s, t->module)))
			leave_to_user(s, t);
		if (refuses_entries(s, t))
			mark_calls(s, (u32)i);
	}
	for (size_t i = 0; i < s->points.n; i++) {
		const struct sd_point *p = &s->points.v[i];
		bool own = p->traced == SD_NO_TRACED;

		sd_vec_push(
			&s->join_sites,
			(struct sd_join_site){
				.role = p->role,
				.func = own ? SD_NO_TRACED : p->traced,
				.probe = own ? (u32)s->probes.n : s->traced.v[p->traced].probe,
				.cfa_reg = p->site.cfa.reg,
				.cfa_off = (s32)p->site.cfa.off,
				.refuses = !own && (s->traced.v[p->traced].apart ||
						    refuses_entries(s, &s->traced.v[p->traced])),
			});
	}
}

/* A place that cannot be probed is left out, with a note. Wrong expressions are the user's to mend,
 * unless they are right at another place of the same probe: *usage_ret keeps the first such error.
 */
static void leave_out(struct sonde_session *s, u32 index, struct sd_err *err,
		      struct sd_err **usage_ret)
{
	struct sd_traced *t = &s->traced.v[index];

	t->npoints = 0;
	t->problem = sd_arena_strdup(&s->arena, err->msg);
	if (!t->sig.name)
		t->sig.name = t->fn.name;
	sd_debug("site", "%s is not probed: %s", t->sig.name, err->msg);
	if (err->kind == SD_ERR_USAGE && !*usage_ret)
		*usage_ret = err;
	else
		sd_err_free(err);
}

/* The places of one probe, which are [first, end). */
static struct sd_err *probe_points(struct sonde_session *s, u32 first, u32 end, u32 *skipped_ret)
{
	struct sd_err *usage = NULL, *err;
	u32 made = 0;

	for (u32 i = first; i < end; i++) {
		size_t before = s->points.n;

		s->traced.v[i].first_point = (u32)before;
		err = points_of(s, i);
		if (!err) {
			made++;
			continue;
		}
		s->points.n = before;
		if (s->traced.n == 1)
			return err;
		leave_out(s, i, err, &usage);
		++*skipped_ret;
	}
	if (usage && !made) { /* told as an error: not as a number besides */
		*skipped_ret -= end - first;
		return usage;
	}
	sd_err_free(usage);
	return NULL;
}

struct sd_err *sd_make_points(struct sonde_session *s)
{
	struct sd_err *err;
	u32 skipped = 0;

	for (size_t i = 0; i < s->modules.n; i++)
		if (s->modules.v[i]->go && !sd_go_layout(s->modules.v[i]->go)->g_goid)
			set_layout_from_dwarf(s->modules.v[i]);
	for (u32 i = 0, end; i < s->traced.n; i = end) {
		for (end = i; end < s->traced.n && s->traced.v[end].probe == s->traced.v[i].probe;)
			end++;
		err = probe_points(s, i, end, &skipped);
		if (err)
			SD_TRY(sd_probe_wrong(s, s->traced.v[i].probe, err));
	}
	if (!s->points.n)
		return sd_err_hint(sd_err_new(SD_ERR_NOMATCH,
					      "none of the %zu matching functions can be probed",
					      s->traced.n),
				   "sonde explain %s PROBE says why", s->modules.v[0]->ref.display);
	if (skipped)
		sd_say(s, SONDE_WARNING,
		       "%u of %zu places cannot be probed; sonde explain says why", skipped,
		       s->traced.n);
	for (size_t i = 0; i < s->modules.n; i++)
		bookkeeping(s, s->modules.v[i]);
	for (size_t i = 0; i < s->modules.n; i++)
		sd_floats_prepare(s, s->modules.v[i]);
	join_table(s);
	return NULL;
}
