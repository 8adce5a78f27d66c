/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the go folder share: the open tables and how they are read. Nobody else
 * includes this. */
#ifndef SD_LANG_GO_PRIV_H
#define SD_LANG_GO_PRIV_H

#include "base/cursor.h"
#include "base/map.h"
#include "base/vec.h"
#include "lang/go/go.h"

/** The function table's formats, by magic. */
enum go_format {
	GO_FORMAT_12,  /* fffffffb: up to Go 1.15 */
	GO_FORMAT_116, /* fffffffa: 1.16, 1.17 */
	GO_FORMAT_118, /* fffffff0: 1.18, 1.19 */
	GO_FORMAT_120, /* fffffff1: 1.20 and later */
};

/** Bytes of the file from some point to the end of what may belong to it. */
struct go_bytes {
	const u8 *p;
	u64 n;
};

/** The functions that have code of a file. */
struct go_file_users {
	char *file; /* owned: its path */
	u32 *funcs; /* owned: ascending */
	size_t n;
};

struct sd_go {
	struct sd_elf *elf; /* borrowed */
	struct sd_go_version version;
	struct sd_go_layout layout;
	int minor; /* of 1.x, by which tables are chosen: version.minor, or a guess, or 0 */

	enum go_format format;
	u64 addr;	       /* of the pclntab */
	struct go_bytes tab;   /* the pclntab, to the end of its segment */
	struct go_bytes names; /* up to and including its last NUL */
	struct go_bytes files; /* likewise */
	struct go_bytes cutab;
	struct go_bytes pctab;
	struct go_bytes funcs;	 /* functab, and what its offsets are relative to (≥ 1.16) */
	struct go_bytes filetab; /* 1.15: u32 offsets of names */
	u32 nfuncs;
	u8 quantum;
	u64 text;
	u64 *entries; /* owned: nfuncs + 1, only where the table needs relocations (PIE
			 of 1.15–1.17) */

	u64 moduledata; /* address, 0: not found */
	u64 types;	/* descriptors, their names, …: 0 when not found */
	u64 gofunc;
	struct go_bytes gofunc_bytes;
	u8 wrapper_id;

	bool full_names_built;
	struct sd_map full_names; /* address → index of the symbol */

	struct go_bytes type_bytes; /* from types to etypes */
	struct go_rtypes *rtypes;   /* owned; NULL until the first is asked for */

	SD_VEC(struct go_file_users) file_users; /* of the files that were asked for */

	bool dicts_loaded;
	SD_VEC(struct go_dict) dicts; /* by address */
};

/** One _func record, decoded. */
struct go_func {
	u64 entry, end;
	const u8 *pcdata, *funcdata; /* as many words as the counts say: checked */
	u32 index;
	u32 nameoff, pcsp, pcfile, pcln, cuoff, npcdata;
	s32 args, start_line;
	u64 funcdata_addr; /* link-time address of funcdata[0] */
	u8 nfuncdata, id, flag;
};

#define GO_FLAG_ASM 4 /* _func.flag, since 1.18 */

/** A walk over a pcvalue table: value holds in [lo, hi). */
struct go_pcwalk {
	struct sd_cursor c;
	u64 lo, hi, end;
	u64 steps;
	s32 value;
	u8 quantum;
	bool first;
};

static inline u16 go_u16(const u8 *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline u32 go_u32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline u64 go_u64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/** The bytes from addr on; n 0 when addr is not mapped from the file. */
struct go_bytes go_bytes_at(const struct sd_go *go, u64 addr);
/** A pointer in the file: the word itself, or, where linkers leave it zero, its relocation. */
bool go_read_ptr(struct sd_elf *elf, u64 addr, u64 *ret);

u64 go_entry(const struct sd_go *go, u32 index);
bool go_func_record(struct sd_go *go, u32 index, struct go_func *ret);
/** A function's name at an offset into the name table; "" when it is out of bounds. */
const char *go_name_at(const struct sd_go *go, u32 off);
/** Index of the first function of that name, from index from on; false when there is none. */
bool go_func_named(struct sd_go *go, const char *name, u32 from, u32 *index_ret);

/** Starts a walk over the table at off in pctab; go_pcwalk_next() moves to the first row. off 0: no
 * rows. */
void go_pcwalk_init(struct go_pcwalk *w, const struct sd_go *go, const struct go_func *f, u32 off);
bool go_pcwalk_next(struct go_pcwalk *w);
/** The table's value at pc; false when it does not cover it. */
bool go_pcvalue(const struct sd_go *go, const struct go_func *f, u32 off, u64 pc, s32 *ret);
/** The name of file number fileno of f's unit, NULL when there is none. */
const char *go_file_name(const struct sd_go *go, const struct go_func *f, s32 fileno);
bool go_line_in(const struct sd_go *go, const struct go_func *f, u64 pc, const char **file_ret,
		u32 *line_ret);
void go_file_users_free(struct sd_go *go);

/** "go1.26.8 X:nodwarf5", "devel go1.28-abc …": minor stays 0 when the text does not say. */
void go_version_parse(const char *text, size_t n, struct sd_go_version *ret);
/** Whether this is a Go program, and of which version (text "" when only that is known). */
bool go_version_find(struct sd_elf *elf, struct sd_go_version *ret);

/** Finds moduledata: sets moduledata, text, types, gofunc as far as they are found. Needs the
 * header. */
void go_module_find(struct sd_go *go);
/** abi.Kind. */
enum go_kind {
	GO_KIND_BOOL = 1,
	GO_KIND_INT,
	GO_KIND_INT8,
	GO_KIND_INT16,
	GO_KIND_INT32,
	GO_KIND_INT64,
	GO_KIND_UINT,
	GO_KIND_UINT8,
	GO_KIND_UINT16,
	GO_KIND_UINT32,
	GO_KIND_UINT64,
	GO_KIND_UINTPTR,
	GO_KIND_FLOAT32,
	GO_KIND_FLOAT64,
	GO_KIND_COMPLEX64,
	GO_KIND_COMPLEX128,
	GO_KIND_ARRAY,
	GO_KIND_CHAN,
	GO_KIND_FUNC,
	GO_KIND_IFACE,
	GO_KIND_MAP,
	GO_KIND_PTR,
	GO_KIND_SLICE,
	GO_KIND_STRING,
	GO_KIND_STRUCT,
	GO_KIND_UNSAFE_POINTER,
};

/** The fixed part of a type descriptor (internal/abi.Type), checked. */
struct go_desc {
	const u8 *p; /* borrowed: to the end of type_bytes */
	u64 n;
	u64 size, ptr_bytes;
	s32 str;
	u8 tflag, align, kind;
};
enum {
	GO_DESC_SIZE = 48,
	GO_TFLAG_UNCOMMON = 1,
	GO_TFLAG_EXTRA_STAR = 2,
	GO_TFLAG_NAMED = 4,
};

/** The descriptor at off behind types; false when what lies there cannot be one. */
bool go_desc_at(const struct sd_go *go, u64 off, struct go_desc *ret);
/** Its name, not terminated; false when it has none. */
bool go_desc_name(const struct sd_go *go, const struct go_desc *d, const char **p_ret, u64 *n_ret);
void go_rtypes_free(struct go_rtypes *r);

/** Fills layout from the version and the code; needs the function table. */
void go_layout_init(struct sd_go *go);
/** type:.eq.T and the like: made by the compiler for no function of the source. */
bool go_is_made(const char *func);
/** p is at '[': behind its ']'. NULL when there is none. */
const char *go_skip_brackets(const char *p);
bool go_is_runtime_internal(const char *name);

#endif
