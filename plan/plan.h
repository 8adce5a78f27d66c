/* SPDX-License-Identifier: BSD-2-Clause */
/* Variables and limits → what the kernel side captures at a site: roots, types and their pointers
 * (bpf/wire.h). */
#ifndef SD_PLAN_PLAN_H
#define SD_PLAN_PLAN_H

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "bpf/wire.h"
#include "lang/go/go.h"
#include "plan/signature.h"
#include "site/site.h"

struct sd_limits {
	u32 depth; /* pointers */
	u32 items; /* elements of a collection */
	u32 str;   /* bytes of a string */
	u32 bytes; /* of one event */
};

/** What a type id stands for: inside the plan room. */
struct sd_type_info {
	struct sd_type *type; /* borrowed; NULL: nothing to find out */
	u32 reach;	      /* 1 + the most pointers that may be followed from here */
	u8 role, state;
};

/** The tables that all sites of a session share: types and their pointers. Index 0 of each is
 * unused. */
struct sd_tables {
	SD_VEC(struct sdw_type) types;
	SD_VEC(struct sd_type_info) info; /* of each type */
	SD_VEC(struct sdw_ptr) ptrs;
	SD_VEC(u64) rtype_keys; /* map `rtypes`, from sd_plan_rtypes() */
	SD_VEC(struct sdw_rtype) rtypes;
	SD_VEC(struct sdw_op) ops; /* programs: plan/code.h */
	SD_VEC(struct sdw_text) texts;
	SD_VEC(u32) todo;	     /* types that are to be looked into */
	struct sd_map by_type;	     /* sd_type *, role -> type index */
	struct sd_map iface_modules; /* modules with interfaces in some plan */
	struct sd_map func_modules;  /* modules with func values in some plan */
	struct sd_limits limits;
	const struct sd_go_layout *go; /* borrowed: of the module that is planned; NULL: not Go */
	u32 module;
	u32 map_items;		      /* of maps in which keys are looked up; else limits.items */
	bool from_descriptors;	      /* sd_plan_rtypes() is at work */
	u32 word_type;		      /* 8 bytes without pointers */
	u32 closure_type, sudog_type; /* 0: not made yet */
};

void sd_tables_init(struct sd_tables *t, const struct sd_limits *limits);
void sd_tables_deinit(struct sd_tables *t);
/** What is planned next belongs to that module: its index, its Go layout (borrowed; NULL: no Go
 * program). */
void sd_tables_module(struct sd_tables *t, u32 module, const struct sd_go_layout *go);

/** Whether a plan of that module leads to an interface: then sd_plan_rtypes() is due, once all its
 * sites are planned. */
bool sd_plan_wants_rtypes(const struct sd_tables *t, u32 module);
/** Adds all runtime types of a module: to types and ptrs, and what their descriptors lead to to
 * rtype_keys and rtypes. */
void sd_plan_rtypes(struct sd_tables *t, u32 module, struct sd_go *go);

/** Whether a plan of that module leads to a func value: then sd_plan_closures() is due. Plans of
 * runtime types may, and what closures captured may lead to interfaces. */
bool sd_plan_wants_closures(const struct sd_tables *t, u32 module);
/** Adds what the functions of a module captured: to types and ptrs, and by the functions' addresses
 * to rtype_keys and rtypes. */
void sd_plan_closures(struct sd_tables *t, u32 module, const struct sd_go_layout *layout,
		      struct sd_dwarf *dw);

/** What to capture of n variables at site (their locations there). Fills roots, regs_type and
 * limits of *ret; leaves its flags' goroutine part alone and sets SDW_SITE_REGS_ONLY when registers
 * are all that is needed, SDW_SITE_WANT_XMM when some of it lies in XMM registers (whoever cannot
 * read them there clears it). A variable that does not fit (too many roots) is not captured:
 * decoding then says so. */
void sd_plan_capture(struct sd_tables *t, const struct sd_site *site,
		     const struct sd_variable *vars, u32 n, struct sdw_site *ret);
/** Adds the call stack to what is captured at that site: `frames` of them, ≤ SDW_FRAMES_MAX. After
 * sd_plan_capture(). layout NULL: no Go function. */
void sd_plan_stack(const struct sd_go_layout *layout, const struct sd_site *site, u32 frames,
		   struct sdw_site *ret);
/** How the goroutine is found at that site. */
void sd_plan_goroutine(const struct sd_go_layout *layout, bool abi0, bool want_stack,
		       struct sdw_site *ret);

#endif
