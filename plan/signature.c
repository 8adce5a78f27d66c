/* SPDX-License-Identifier: BSD-2-Clause */
/* Signatures: DWARF's parameter list placed by the ABI rules, checked against location lists and
 * the argument size. */
#include "plan/signature.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/vec.h"

/* Blank and unnamed ones: "_", "~p0" (Go ≥ 1.22), "~b1", "~r0" (results). */
static bool is_blank(const char *name)
{
	return !name || !*name || !strcmp(name, "_") || name[0] == '~';
}

static void name_variables(struct sd_variable *v, u32 n, bool results, struct sd_arena *arena)
{
	u32 blanks = 0;

	for (u32 i = 0; i < n; i++) {
		v[i].named = !is_blank(v[i].name);
		if (v[i].named)
			continue;
		if (results)
			v[i].name = sd_arena_printf(arena, "r%u", i);
		else if (blanks)
			v[i].name = sd_arena_printf(arena, "_%u", blanks);
		else
			v[i].name = "_";
		blanks++;
	}
}

static struct sd_loc unavailable(const char *why)
{
	return (struct sd_loc){.why = why};
}

static bool on_stack(const struct sd_loc *loc)
{
	return loc->n && loc->pieces[0].kind == SD_PIECE_CFA;
}

static u64 align_to(u64 v, u64 align)
{
	return align > 1 ? (v + align - 1) & ~(align - 1) : v;
}

/* One past the last argument byte that loc uses above the CFA. */
static u64 stack_end(const struct sd_variable *v, u32 n, u64 end)
{
	for (u32 i = 0; i < n; i++)
		for (u32 k = 0; k < v[i].loc.n; k++) {
			const struct sd_piece *p = &v[i].loc.pieces[k];

			if (p->kind == SD_PIECE_CFA)
				end = SD_MAX(end, (u64)p->off + p->size);
		}
	return end;
}

/*
 * The size of the argument area as the compiler counts it in the function table: stack arguments,
 * stack results and, with the register ABI, a spill slot for every register argument
 * (abi-internal.md, "Architecture specifics").
 */
static u64 args_end(const struct sd_signature *sig, bool regs, enum sd_dict dict,
		    const struct sd_loc *dict_loc)
{
	struct sd_variable dict_variable = {.loc = *dict_loc};
	u64 size = stack_end(&dict_variable, 1, stack_end(sig->params, sig->nparams, 0));

	if (on_stack(dict_loc))
		dict = SD_DICT_NONE; /* a stack argument as others */
	size = align_to(size, 8);
	size = align_to(stack_end(sig->results, sig->nresults, size), 8);
	if (!regs)
		return size;
	if (dict == SD_DICT_FIRST)
		size += 8;
	for (u32 i = 0; i < sig->nparams; i++) {
		const struct sd_variable *v = &sig->params[i];

		if (dict == SD_DICT_SECOND && i == 1)
			size = align_to(size, 8) + 8;
		if (v->loc.why || on_stack(&v->loc))
			continue;
		size = align_to(size, v->type->align) + v->type->size;
	}
	if (dict == SD_DICT_SECOND && sig->nparams < 2)
		size = align_to(size, 8) + 8;
	return size;
}

struct check {
	u32 agree, differ, silent;
};

/*
 * Location lists that cannot be true at a function's entry, each seen on real programs: a value
 * partly in registers and partly in its spill slot (1.17), an argument on the stack that is said to
 * be in the register it is loaded into later (1.16), the spill slot of an argument that
 * arrives in registers (1.27, unused parameters), stack arguments described 8 bytes too high
 * (1.15, 1.16, functions without a frame), both words of an interface at the first one's address
 * (1.16). A blank parameter that is not listed and that the argument size cannot show hides in
 * padding: it moves others by less than 8 bytes.
 */
static bool is_plausible(const struct sd_loc *abi, const struct sd_loc *dw, bool size_fits,
			 bool frameless)
{
	bool regs = false, stack = false;
	s64 start = 0;

	for (u32 i = 0; i < dw->n; i++) {
		const struct sd_piece *p = &dw->pieces[i];

		regs |= p->kind == SD_PIECE_REG || p->kind == SD_PIECE_XMM;
		if (p->kind != SD_PIECE_CFA)
			continue;
		if (stack && p->off - (s64)p->value_off != start)
			return false;
		start = p->off - (s64)p->value_off;
		stack = true;
	}
	if (regs && (stack || (!abi->why && on_stack(abi))))
		return false;
	if (!stack || abi->why || !abi->n)
		return true;
	if (!on_stack(abi))
		return false;
	if (frameless)
		return false;
	return !size_fits ||
	       llabs((long long)(dw->pieces[0].off - (s64)dw->pieces[0].value_off -
				 abi->pieces[0].off + (s64)abi->pieces[0].value_off)) < 8;
}

/* The calling convention's order of places; 0: not one of arguments. */
static u32 rank_of(const struct sd_piece *p)
{
	static const u8 ints[] = {SD_RAX, SD_RBX, SD_RCX, SD_RDI, SD_RSI,
				  SD_R8,  SD_R9,  SD_R10, SD_R11};

	if (p->kind == SD_PIECE_XMM)
		return 1000 + p->reg;
	if (p->kind == SD_PIECE_CFA)
		return p->off >= 0 && p->off < 1 << 20 ? 2000 + (u32)p->off : 0;
	for (u32 i = 0; p->kind == SD_PIECE_REG && i < SD_ARRAY_SIZE(ints); i++)
		if (ints[i] == p->reg)
			return 1 + i;
	return 0;
}

/* Whether the lists put each parameter, and each part of one, behind those before it. Where the
 * source assigns one from another (`p, q = q, p`), the lists name one place for both from the
 * start. */
static bool in_order(const struct sd_loc *locs, u32 n)
{
	u32 last[3] = {0};

	for (u32 i = 0; i < n; i++)
		for (u32 k = 0; !locs[i].why && k < locs[i].n; k++) {
			u32 rank = rank_of(&locs[i].pieces[k]), class = SD_MIN(rank / 1000, 2);

			if (!rank)
				continue;
			if (rank <= last[class])
				return false;
			last[class] = rank;
		}
	return true;
}

/* What the location lists say at entry, held against the ABI's account. */
static struct check cross_check(struct sd_dwarf *dw, struct sd_signature *sig,
				struct sd_vaddr entry, bool size_fits, bool frameless,
				struct sd_loc *dw_locs, struct sd_arena *arena)
{
	struct check c = {0};

	for (u32 i = 0; i < sig->nparams; i++) {
		struct sd_variable *v = &sig->params[i];

		dw_locs[i] = unavailable("no location");
		if (v->dw && v->type->size)
			dw_locs[i] = sd_dwarf_param_loc(dw, v->dw, entry, arena);
		if (!dw_locs[i].why && dw_locs[i].unsure && !sd_loc_agree(&v->loc, &dw_locs[i]))
			dw_locs[i] = unavailable("only a part of it has a location");
		if (!dw_locs[i].why && !sd_loc_agree(&v->loc, &dw_locs[i]) &&
		    !is_plausible(&v->loc, &dw_locs[i], size_fits, frameless))
			dw_locs[i] = unavailable("its location at entry cannot be true");
		if (dw_locs[i].why)
			c.silent++;
		else if (sd_loc_agree(&v->loc, &dw_locs[i]))
			c.agree++;
		else
			c.differ++;
	}
	return c;
}

static void assign(enum sd_abi abi, struct sd_signature *sig, enum sd_dict dict,
		   struct sd_arena *arena, struct sd_loc *dict_ret)
{
	struct sd_type **params = sd_arena_array(arena, struct sd_type *, sig->nparams + 1);
	struct sd_type **results = sd_arena_array(arena, struct sd_type *, sig->nresults + 1);
	struct sd_loc *ploc = sd_arena_array(arena, struct sd_loc, sig->nparams + 1);
	struct sd_loc *rloc = sd_arena_array(arena, struct sd_loc, sig->nresults + 1);
	struct sd_loc dloc = {0};

	for (u32 i = 0; i < sig->nparams; i++)
		params[i] = sig->params[i].type;
	for (u32 i = 0; i < sig->nresults; i++)
		results[i] = sig->results[i].type;
	sd_abi_assign(abi, params, sig->nparams, results, sig->nresults, dict, arena, ploc, rloc,
		      &dloc);
	if (dict != SD_DICT_NONE && !dloc.why && dloc.n == 1 &&
	    dloc.pieces[0].kind == SD_PIECE_REG) {
		sig->has_dict = true;
		sig->dict_reg = dloc.pieces[0].reg;
	}
	for (u32 i = 0; i < sig->nparams; i++)
		sig->params[i].loc = ploc[i];
	for (u32 i = 0; i < sig->nresults; i++)
		sig->results[i].loc = rloc[i];
	*dict_ret = dloc;
}

/*
 * The debug information lacks parameters (blank ones, Go ≤ 1.21). Named ones are where the location
 * lists say; results in registers do not depend on parameters; results on the stack end the
 * argument area with the stack ABI, and are somewhere unknown with the register ABI.
 */
static void place_with_holes(struct sd_signature *sig, const struct sd_loc *dw_locs, bool regs,
			     s64 total, struct sd_arena *arena)
{
	u64 results_end = align_to(stack_end(sig->results, sig->nresults, 0), 8);
	u64 results_start = align_to(stack_end(sig->params, sig->nparams, 0), 8);
	s64 shift = total - (s64)results_end;

	for (u32 i = 0; i < sig->nparams; i++) {
		if (dw_locs && !dw_locs[i].why)
			sig->params[i].loc = dw_locs[i];
		else if (sig->params[i].type->size)
			sig->params[i].loc = unavailable(
				"a blank parameter that the debug information leaves out moves it");
	}
	for (u32 i = 0; i < sig->nresults; i++) {
		struct sd_loc *loc = &sig->results[i].loc;

		if (loc->why || !on_stack(loc))
			continue;
		if (regs || total < 0 || shift < 0 || (u64)total < results_start) {
			*loc = unavailable(
				"a blank parameter that the debug information leaves out moves it");
			continue;
		}
		loc->pieces = sd_arena_memdup(arena, loc->pieces, sizeof(*loc->pieces) * loc->n);
		for (u32 k = 0; k < loc->n; k++)
			loc->pieces[k].off += shift;
	}
}

static void split_params(const struct sd_subprogram *sp, struct sd_signature *sig,
			 struct sd_arena *arena)
{
	sig->params = sd_arena_array(arena, struct sd_variable, sp->nparams + 1);
	sig->results = sd_arena_array(arena, struct sd_variable, sp->nparams + 1);
	for (u32 i = 0; i < sp->nparams; i++) {
		const struct sd_param *p = &sp->params[i];
		struct sd_variable *v;

		if (!p->result && !strcmp(p->name, ".dict"))
			continue; /* Go 1.27 lists the dictionary */
		v = p->result ? &sig->results[sig->nresults++] : &sig->params[sig->nparams++];
		v->name = p->name;
		v->type = p->type;
		v->dw = p;
	}
	name_variables(sig->params, sig->nparams, false, arena);
	name_variables(sig->results, sig->nresults, true, arena);
}

static enum sd_dict dict_place(const struct sd_go *go, const char *name)
{
	const struct sd_go_version *v = sd_go_version(go);
	const char *paren = strstr(name, ".(*");
	bool method;

	if (!sd_go_is_shape(name))
		return SD_DICT_NONE;
	/* "main.(*L[go.shape.int]).Put", "main.L[go.shape.int].Len": something follows the type's
	 * bracket. */
	method = paren != NULL;
	if (!method) {
		const char *close = strrchr(name, ']');

		method = close && close[1] == '.' && strncmp(close + 1, ".func", 5) != 0 &&
			 strncmp(close + 1, ".gowrap", 7) != 0 &&
			 strncmp(close + 1, ".deferwrap", 10) != 0;
	}
	if (!method)
		return SD_DICT_FIRST;
	return v->minor && v->minor <= 19 ? SD_DICT_FIRST : SD_DICT_SECOND;
}

/* A closure inside a generic function is named after it, but captures its dictionary: it takes
 * none. */
static bool is_closure_name(const char *name)
{
	const char *close = strrchr(name, ']');
	const char *rest = close ? close + 1 : name;

	if (*rest == ')')
		rest++;
	return strstr(rest, ".func") || strstr(rest, ".gowrap") || strstr(rest, ".deferwrap") ||
	       strstr(rest, "-range");
}

static bool is_frameless(struct sd_go *go, const struct sd_func *fn)
{
	s64 delta;

	for (u64 pc = fn->entry.v; pc < fn->end.v; pc++)
		if (sd_go_spdelta(go, (struct sd_vaddr){pc}, &delta) && delta)
			return false;
	return true;
}

/* Go 1.17 lists a named result that is moved to the heap as a local variable: those behind it would
 * be taken for it. Where one result has no name ("~r0"), none has. */
static bool lacks_result(struct sd_dwarf *dw, const struct sd_func *fn, const char *unit,
			 struct sd_arena *arena)
{
	struct sd_local *v;
	u32 n, last = 0;
	sd_autoerr err = sd_dwarf_locals(dw, fn->entry, unit, fn->entry, 0, arena, &v, &n);

	for (u32 i = 0; !err && i < n; i++) {
		if (v[i].kind != SD_LOCAL_RESULT)
			continue;
		if (!strncmp(v[i].name, "~r", 2))
			return false;
		last = SD_MAX(last, v[i].decl_line);
	}
	for (u32 i = 0; !err && i < n; i++) {
		bool is_param = false;

		if (!v[i].escaped || v[i].kind != SD_LOCAL_VARIABLE || v[i].block ||
		    v[i].decl_line > last)
			continue;
		for (u32 k = 0; k < n; k++)
			is_param |= v[k].kind == SD_LOCAL_PARAM && !strcmp(v[i].name, v[k].name);
		if (!is_param)
			return true;
	}
	return err != NULL;
}

static void check_and_place(struct sd_dwarf *dw, struct sd_go *go, const struct sd_func *fn,
			    const struct sd_subprogram *sp, const char *full_name,
			    struct sd_arena *arena, struct sd_signature *sig)
{
	bool regs = sd_go_layout(go)->regabi && !fn->abi0;
	enum sd_dict dict = is_closure_name(full_name) ? SD_DICT_NONE : dict_place(go, full_name);
	struct sd_loc *dw_locs = sd_arena_array(arena, struct sd_loc, sig->nparams + 1);
	const struct sd_go_version *version = sd_go_version(go);
	struct check c = {0};
	struct sd_loc dict_loc;
	s64 total = -1;
	u64 end, own;
	bool size_fits, ordered;

	if (regs && version->minor == 17 &&
	    (sp->optimized ||
	     lacks_result(dw, fn, sd_go_unescape(sd_go_package(full_name, arena), arena), arena))) {
		/* Seen on 1.17.13: of an optimized function's results only those on the stack are
		 * listed. */
		sig->results_why = "go1.17 leaves results out of its debug information";
		sig->nresults = 0;
	}
	assign(regs ? SD_ABI_GO_REGS : SD_ABI_GO_STACK, sig, dict, arena, &dict_loc);
	end = args_end(sig, regs, dict, &dict_loc);
	own = align_to(end, 8);
	size_fits = sd_go_args_size(go, fn->index, &total) && (u64)total == own;
	if (sp->optimized ||
	    !regs) /* unoptimized code describes spill slots, which are not filled yet at entry */
		c = cross_check(dw, sig, fn->entry, size_fits, !regs && is_frameless(go, fn),
				dw_locs, arena);
	sig->note = sd_arena_printf(
		arena,
		"calling convention and location lists: %u agree, %u differ, %u have none; "
		"argument area %lld bytes in the function table, %llu by the rules",
		c.agree, c.differ, c.silent, (long long)total, (unsigned long long)own);
	/* From 1.22 on every parameter is listed: the rules, confirmed by the size, stand against a
	 * location list. So they do where the size has no room for one that is not. */
	if (size_fits && (!c.differ || version->minor >= 22 || (regs && end == own)))
		return;
	ordered = in_order(dw_locs, sig->nparams);
	for (u32 i = 0; !ordered && i < sig->nparams; i++)
		if (!size_fits || !sd_loc_agree(&sig->params[i].loc, &dw_locs[i]))
			dw_locs[i] = unavailable("its location at entry cannot be true");
	place_with_holes(sig, sp->optimized || !regs ? dw_locs : NULL, regs, total, arena);
}

/* Whether the caller has placed the arguments by the rules of System V's ABI. Rust has rules of its
 * own; optimizers take parameters from functions that only they call: GCC names these f.isra.0,
 * f.constprop.0; LLVM marks them. */
static bool is_by_rules(const struct sd_func *fn, const struct sd_subprogram *sp)
{
	return !sp->nocall && !strchr(fn->name, '.');
}

/* C, C++, Rust: what the debug information says of a parameter at the entry holds. Where it says
 * nothing of the entry, the calling convention does. */
static void place_sysv(struct sd_dwarf *dw, const struct sd_func *fn,
		       const struct sd_subprogram *sp, struct sd_arena *arena,
		       struct sd_signature *sig)
{
	struct sd_loc no_dict;
	struct sd_variable result = {.type = sp->returns};
	bool rules = is_by_rules(fn, sp);

	sig->results = &result; /* one in memory takes a register from the parameters */
	sig->nresults = sp->returns && sp->returns->kind != SD_KIND_VOID &&
			sp->returns->kind != SD_KIND_UNKNOWN;
	assign(SD_ABI_SYSV, sig, SD_DICT_NONE, arena, &no_dict);
	sig->results = NULL;
	sig->nresults = 0;
	for (u32 i = 0; i < sig->nparams; i++) {
		struct sd_variable *v = &sig->params[i];
		struct sd_loc loc;

		if (!v->dw || !v->type->size)
			continue;
		if (!sd_dwarf_param_from_entry(dw, v->dw)) {
			if (!rules)
				v->loc = unavailable("where callers put it is not described");
			continue;
		}
		loc = sd_dwarf_param_loc(dw, v->dw, fn->entry, arena);
		if (!loc.why && loc.unsure && !(rules && sd_loc_agree(&v->loc, &loc)))
			loc = unavailable("only a part of it has a location");
		v->loc = loc;
	}
}

static const char *no_debug_info(struct sd_dwarf *dw)
{
	return dw ? "not in the debug information" : "no debug information";
}

struct sd_err *sd_signature_of(struct sd_dwarf *dw, struct sd_go *go, const struct sd_func *fn,
			       const char *full_name, struct sd_arena *arena,
			       struct sd_signature *ret)
{
	struct sd_signature sig = {.name = full_name};
	struct sd_subprogram *sp = NULL;
	const char *unit = NULL;

	if (dw && fn->lang == SD_LANG_GO)
		unit = sd_go_unescape(sd_go_package(full_name, arena), arena);
	if (dw)
		SD_TRY(sd_dwarf_subprogram_at(dw, fn->entry, unit, &sp));
	if (!sp) {
		sig.params_why = no_debug_info(dw);
		sig.results_why = sig.params_why;
		*ret = sig;
		return NULL;
	}
	sig.decl_file = sp->decl_file;
	sig.decl_line = sp->decl_line;
	sig.trampoline = sp->trampoline;
	split_params(sp, &sig, arena);
	if (fn->lang == SD_LANG_GO && go) {
		check_and_place(dw, go, fn, sp, full_name, arena, &sig);
	} else {
		place_sysv(dw, fn, sp, arena, &sig);
		sig.results_why = "results of C, C++ and Rust functions are not read yet";
	}
	*ret = sig;
	return NULL;
}

void sd_signature_inlined(struct sd_dwarf *dw, const struct sd_subprogram *copy, struct sd_vaddr pc,
			  struct sd_arena *arena, struct sd_signature *ret)
{
	struct sd_signature sig = {
		.name = copy->name,
		.decl_file = copy->decl_file,
		.decl_line = copy->decl_line,
		.results_why = "an inlined copy returns nowhere",
	};

	split_params(copy, &sig, arena);
	for (u32 i = 0; i < sig.nparams; i++)
		sig.params[i].loc = sd_dwarf_param_loc(dw, sig.params[i].dw, pc, arena);
	*ret = sig;
}

static void add_list(struct sd_buf *b, const struct sd_variable *v, u32 n, bool results)
{
	for (u32 i = 0; i < n; i++) {
		if (i)
			sd_buf_str(b, ", ");
		if (v[i].named || !results)
			sd_buf_printf(b, "%s ", v[i].named ? v[i].name : "_");
		sd_buf_str(b, v[i].type->name ? v[i].type->name : "?");
	}
}

const char *sd_signature_text(const struct sd_signature *sig, struct sd_arena *arena)
{
	struct sd_buf b = {0};
	const char *text;

	sd_buf_str(&b, sig->name);
	if (sig->params_why) {
		sd_buf_str(&b, "(…)");
	} else {
		sd_buf_ch(&b, '(');
		add_list(&b, sig->params, sig->nparams, false);
		sd_buf_ch(&b, ')');
		if (sig->nresults) {
			bool paren = sig->nresults > 1 || sig->results[0].named;

			sd_buf_str(&b, paren ? " (" : " ");
			add_list(&b, sig->results, sig->nresults, true);
			if (paren)
				sd_buf_ch(&b, ')');
		}
	}
	text = sd_arena_strdup(arena, sd_buf_cstr(&b));
	sd_buf_deinit(&b);
	return text;
}
