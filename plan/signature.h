/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a function takes and gives, and where each of it lies at its entry and at its returns: debug
 * information and the calling convention, each checked against the other (DESIGN §5). Where they
 * disagree the value is unavailable.
 */
#ifndef SD_PLAN_SIGNATURE_H
#define SD_PLAN_SIGNATURE_H

#include "abi/abi.h"
#include "base/arena.h"
#include "dwarf/dwarf.h"
#include "lang/func.h"
#include "lang/go/go.h"
#include "types/loc.h"
#include "types/type.h"

struct sd_variable {
	const char *name; /* as shown: "iterations", "_", "_1", "r0" */
	bool named;	  /* the source gives it a name */
	struct sd_type *type;
	struct sd_loc loc;	   /* parameters: at entry; results: at RET */
	const struct sd_param *dw; /* NULL: not from the debug information */
	const char *dropped;	   /* loc.why is "optimized out": what shows that it was; for
				      explain. NULL: nothing more is known */
	const char *unsure; /* not NULL: the value there may be an older one of the variable, and
			       why that cannot be told ("main.go is not here") */
	bool let_go; /* at lines: no code uses it any more, and the garbage collector may have taken
		      * what it points to; for explain */
};

struct sd_signature {
	const char *name; /* of the function, as shown */
	struct sd_variable *params;
	u32 nparams;
	struct sd_variable *results;
	u32 nresults;
	const char *params_why;	 /* not NULL: parameters are unknown, and why */
	const char *results_why; /* not NULL: results are unknown, and why */
	const char *note;	 /* for explain: how the check went; may be NULL */
	const char *decl_file;	 /* NULL: unknown */
	u32 decl_line;
	bool trampoline;
	bool has_dict; /* Go generics: at entry, the dictionary's address is in register dict_reg */
	u8 dict_reg;
};

/** The signature of an out-of-line function. dw and go may be NULL (no debug information, no Go
 * program). full_name is the symbol's name where the function table shortens it
 * ("main.Max[go.shape.int]"). Everything is in the arena or borrowed from dw. Errors: damaged debug
 * information. */
sd_must_check struct sd_err *sd_signature_of(struct sd_dwarf *dw, struct sd_go *go,
					     const struct sd_func *fn, const char *full_name,
					     struct sd_arena *arena, struct sd_signature *ret);
/** The parameters of an inlined copy, located at pc. No results: nothing says where they end up. */
void sd_signature_inlined(struct sd_dwarf *dw, const struct sd_subprogram *copy, struct sd_vaddr pc,
			  struct sd_arena *arena, struct sd_signature *ret);
/** Parameters among the variables at a place inside the function: at its entry (args_at_abi) they
 * lie where the calling convention puts them; anywhere else, what the debug information is unsure
 * about (sd_loc.unsure) must agree with it. SD_KNOWN_PASSED becomes SD_KNOWN_NOT where it does not.
 * line: whose values are asked for, 0: those of the arguments; behind the first line of the body
 * what is known to be unavailable stays so, since an assignment before that line may have left no
 * code. */
void sd_signature_settle(const struct sd_signature *sig, bool args_at_abi, u32 line,
			 struct sd_local *v, u32 n);
/** "main.computeE(iterations int64) float64", as Go writes it. */
const char *sd_signature_text(const struct sd_signature *sig, struct sd_arena *arena);

#endif
