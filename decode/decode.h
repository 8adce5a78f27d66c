/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshot + types → value tree: the walk a debugger does over a core file. Pure and total: any
 * record, however damaged, gives a tree within the limits; what was not read says why.
 */
#ifndef SD_DECODE_DECODE_H
#define SD_DECODE_DECODE_H

#include "base/arena.h"
#include "base/base.h"
#include "bpf/wire.h"
#include "decode/value.h"
#include "types/loc.h"
#include "types/type.h"

struct sd_go_layout;

/** A sparse picture of the target at one hit. */
struct sd_snapshot {
	const struct sdw_rec *rec; /* borrowed; size bytes */
	u32 nranges; /* ranges that were read, by ascending address; they may overlap */
	const struct sdw_range **ranges; /* in the arena */
	u32 *cover;  /* cover[i]: which of ranges[0..i] ends last; in the arena */
	u32 nfaults; /* ranges that could not be read, indexed alike */
	const struct sdw_range **faults;
	u32 *fault_cover;
	const u64 *
		xmm; /* low halves of XMM0–14 at the hit; NULL: not there, rec->flags may say why */
	u64 hits;    /* which hit of its probe it is, from 1; 0: not known */
	u64 bias;    /* load bias: ip − the site's link-time address */
	u64 cfa;     /* canonical frame address at the hit, 0 when unknown */
	u32 lost;    /* bits of DWARF registers that do not hold what they should at this hit */
	/** Bytes of the binary that cannot have changed (read-only mapping of the file), for ranges
	 * that faulted; NULL: none. addr is a runtime address. Returns the bytes or NULL. */
	const u8 *(*rodata)(void *ctx, u64 runtime_addr, u64 n);
	void *rodata_ctx;
	/** Go: name of the type whose descriptor lies at that runtime address, in the arena; and
	 * name of the function whose code begins there. NULL: not known. Both take rodata_ctx;
	 * NULL: nobody knows. */
	const char *(*type_name)(void *ctx, u64 runtime_addr, struct sd_arena *arena);
	const char *(*func_name)(void *ctx, u64 runtime_addr, struct sd_arena *arena);
	/** Go: where the function that begins at that runtime address is written; *file_ret lives
	 * as long as the binary is open. Takes rodata_ctx; NULL: nobody knows. */
	bool (*func_line)(void *ctx, u64 runtime_addr, const char **file_ret, u32 *line_ret);
	/** Go: the variables that the function at that runtime address captured, as a struct over
	 * its func value; NULL: none known. Takes rodata_ctx. */
	struct sd_type *(*captured)(void *ctx, u64 runtime_addr);
	/** Go: the type whose descriptor lies at that runtime address, its direct set; NULL: not
	 * known. Takes rodata_ctx. */
	struct sd_type *(*rtype)(void *ctx, u64 runtime_addr);
	/** The name of the one constant of that very named type with this value, and no other
	 * type's; it lives as long as the binary is open. NULL: none, or several. Takes rodata_ctx;
	 * NULL: nobody knows. */
	const char *(*constant)(void *ctx, const struct sd_type *t, s64 value);
	const struct sd_go_layout
		*go; /* borrowed; NULL: not Go, or of a version that is not known */
};

struct sd_decode_limits {
	u32 depth; /* pointers */
	u32 items;
	u32 str;   /* bytes */
	u32 nodes; /* values in one tree */
	bool zero; /* text output shows all fields of large structs: no value is brief */
};

/**
 * Checks rec and indexes its ranges; false when it is not a record (too short, ranges out of
 * bounds). The caller knows that rec->size bytes are there; a record that is not aligned to 8 is
 * copied into the arena. rodata is set to NULL: set it afterwards. cfa: NULL or !known: places
 * relative to the frame are unavailable.
 */
bool sd_snapshot_init(struct sd_snapshot *snap, const struct sdw_rec *rec, u64 bias,
		      const struct sd_cfa *cfa, struct sd_arena *arena);
/** The call stack in a record, checked to lie in it: *fp_ret is the frame pointer at the hit,
 * *n_ret the number of frames. NULL: there is none, or the record is damaged. rec is aligned to 8.
 */
const struct sdw_stack *sd_record_stack(const struct sdw_rec *rec, u64 *fp_ret, u32 *n_ret);
/** n bytes of the target at addr: true when all of them are in the snapshot (or read-only in the
 * file). *fault_ret tells a range that was tried and faulted from one that was never tried. */
bool sd_snapshot_read(const struct sd_snapshot *snap, u64 addr, void *dst, u64 n, bool *fault_ret);
/** How many of the n bytes at addr, from the first on without a gap, sd_snapshot_read() can give.
 */
u64 sd_snapshot_avail(const struct sd_snapshot *snap, u64 addr, u64 n);
/** Whether at least one of the n bytes at addr is there; *fault_ret as for sd_snapshot_read(). */
bool sd_snapshot_touches(const struct sd_snapshot *snap, u64 addr, u64 n, bool *fault_ret);
/** The value of type at loc. name may be NULL. In the arena. Never NULL. */
struct sd_value *sd_decode(const struct sd_snapshot *snap, struct sd_type *type,
			   const struct sd_loc *loc, const char *name,
			   const struct sd_decode_limits *limits, struct sd_arena *arena);
struct sd_walk;
struct sd_place;

/** Well-known types (time.Duration, …): one small file each, found by the type's name. One of the
 * two is NULL. */
struct sd_wellknown {
	const char *type_name; /* whole package path, without type arguments */
	/** Adds to what the general rule decoded (sets v->text and v->told, or replaces the tree).
	 */
	void (*refine)(struct sd_value *v, struct sd_arena *arena);
	/** Instead of the general rule, which is used all the same when it returns false and leaves
	 * v alone. */
	bool (*decode)(struct sd_walk *w, struct sd_type *t, struct sd_place p, struct sd_value *v);
};

/** Go's time.Duration.String(): at most 25 characters and a NUL in buf; returns where the text
 * starts in it. */
char *sd_go_duration(s64 ns, char buf[32]);

#endif
