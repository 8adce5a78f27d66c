/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a Go binary says of itself: version, function table (pclntab), lines, inlining trees,
 * runtime layout. Works on stripped binaries (1.15–1.27).
 */
#ifndef SD_LANG_GO_GO_H
#define SD_LANG_GO_GO_H

#include "base/arena.h"
#include "base/err.h"
#include "elf/elf.h"
#include "lang/func.h"
#include "lang/go/layouts.h"
#include "types/type.h"

struct sd_go;

struct sd_go_version {
	int major, minor, patch; /* 1, 26, 8; minor 0 when unknown (devel) */
	char text[64];		 /* "go1.26.8" */
};

/** How g is found at a site. */
enum sd_g_source {
	SD_G_NONE,
	SD_G_R14, /* register ABI */
	SD_G_TLS, /* *(fs base + tls_off): stack ABI and ABI0 code */
};

/** Offsets inside the runtime's structs (FACTS B3.1), bytes. */
struct sd_go_layout {
	u32 g_stack_lo, g_stack_hi, g_m, g_goid, g_sched_sp, g_parent_goid /* 0: none */, g_gopc,
		g_startpc;
	u32 m_curg, m_g0;
	s32 tls_off; /* of g from fs base */
	bool tls_known;
	bool regabi; /* arguments in registers, g in r14 */
	bool known;  /* the offsets in g and m are known (else: Go 1.28 or later, or no version) */
	bool from_dwarf; /* else from the table by version */
	enum sd_go_map_kind map_kind;
	struct sd_go_chan_layout chan; /* size 0: not known */
};

/** Opens the Go side of elf (which must outlive it). *ret NULL without an error when elf is no Go
 * program. An error when it is Go but its tables are damaged or of a version that is not known. */
sd_must_check struct sd_err *sd_go_open(struct sd_elf *elf, struct sd_go **ret);
void sd_go_close(struct sd_go *go);
const struct sd_go_version *sd_go_version(const struct sd_go *go);
const struct sd_go_layout *sd_go_layout(const struct sd_go *go);
/** Replaces the layout: by what DWARF says, for versions that the tables do not know. Copied. */
void sd_go_set_layout(struct sd_go *go, const struct sd_go_layout *layout);

/** The function table, in address order. C functions of cgo are not in it. start_line before
 * Go 1.20: the line of the first instruction, which is the first statement's in functions without a
 * stack check. */
u32 sd_go_nfuncs(const struct sd_go *go);
bool sd_go_func(struct sd_go *go, u32 index, struct sd_func *ret);
/** Size of the function's argument area as the table has it (_func.args: stack arguments, stack
 * results and, with the register ABI, spill slots), bytes; false when it does not know (assembly:
 * ArgsSizeUnknown). */
bool sd_go_args_size(struct sd_go *go, u32 index, s64 *ret);
/** The name with its type arguments: pclntab has "main.Max[...]" in 1.18–1.20, the symbol table
 *  "main.Max[go.shape.int_0]". Without a symbol table (or outside of 1.18–1.20) the name as
 * sd_go_func() gives it. Borrowed. */
const char *sd_go_full_name(struct sd_go *go, u32 index);
/** Index of the function that contains pc; false when none. */
bool sd_go_func_at(struct sd_go *go, struct sd_vaddr pc, u32 *index_ret);
/** file:line of pc in the outermost function's terms (pcfile/pcln: the innermost inlined position).
 * *file_ret borrowed. */
bool sd_go_line(struct sd_go *go, struct sd_vaddr pc, const char **file_ret, u32 *line_ret);
/** sp delta at pc: CFA = rsp + delta + 8 (pcsp table). False when the table does not cover pc. */
bool sd_go_spdelta(struct sd_go *go, struct sd_vaddr pc, s64 *ret);
/** Every row of pcln of one function in order: [lo, hi) → file, line. cb returns false to stop. */
void sd_go_each_line(struct sd_go *go, u32 index,
		     bool (*cb)(void *ctx, u64 lo, u64 hi, const char *file, u32 line), void *ctx);

/** One node of an inlining tree: callee was inlined into function outer. */
struct sd_go_inlined {
	u32 outer;		   /* index of the function that holds the code */
	u32 node;		   /* index in outer's tree */
	s32 parent;		   /* parent node, −1: outer itself */
	const char *callee;	   /* borrowed */
	struct sd_vaddr parent_pc; /* a pc in the caller whose line is the call's line */
	const char *call_file;	   /* borrowed; may be NULL */
	u32 call_line;
};
/** All inlined nodes whose callee passes want (NULL: all); cb returns false to stop. 4–7 ms for a
 * large binary. */
void sd_go_each_inlined(struct sd_go *go, bool (*want)(void *ctx, const char *callee),
			bool (*cb)(void *ctx, const struct sd_go_inlined *inl), void *ctx);
/** The pc ranges that belong to that node itself (PCDATA_InlTreeIndex), descendants included when
 * deep. In the arena. */
void sd_go_inlined_ranges(struct sd_go *go, const struct sd_go_inlined *inl, bool deep,
			  struct sd_arena *arena, u64 (**ranges_ret)[2], u32 *n_ret);

/** A call that is open at some pc. Strings are borrowed. */
struct sd_go_frame {
	const char *func; /* as the function table has it, or the inlining tree */
	const char *file; /* NULL: unknown */
	u32 line;
	bool inlined; /* into the function of the next frame */
	bool wrapper; /* compiler-made: Go's tracebacks leave it out */
};
/** The calls that are open at pc: the innermost inlined one first, the function that holds the code
 * last. Fills at most max of them, returns how many there are; 0: pc is in no function. */
u32 sd_go_frames_at(struct sd_go *go, struct sd_vaddr pc, struct sd_go_frame *ret, u32 max);

struct sd_go_span {
	u64 lo, hi;
	u32 node;
};
/** The inlining tree of one function and the code of each of its nodes (nested ones' code is theirs
 * alone); code in no span is the function's own. Parents come before their children. */
struct sd_go_inlining {
	struct sd_go_inlined *nodes; /* node i is nodes[i] */
	u32 n;
	struct sd_go_span *spans; /* ascending */
	u32 nspans;
};
/** All empty when nothing was inlined into the function, or its tree cannot be read. In the arena.
 */
void sd_go_inlining(struct sd_go *go, u32 index, struct sd_arena *arena,
		    struct sd_go_inlining *ret);
/** Every source file of the function table, borrowed; some more than once in Go 1.15. */
void sd_go_each_file(struct sd_go *go, bool (*cb)(void *ctx, const char *file), void *ctx);
/** Who takes rows: code [lo, hi) of function func_index is of that line. cb returns false to stop.
 */
struct sd_go_row_sink {
	bool (*cb)(void *ctx, u32 func_index, u64 lo, u64 hi, u32 line);
	void *ctx;
};
/** Every row of every function whose file is that one (by path). */
void sd_go_each_row(struct sd_go *go, const char *file, const struct sd_go_row_sink *sink);

/** Name of the type whose runtime descriptor lies at that link-time address
 * ("*errors.errorString"), in the arena; NULL when none lies there (a type made at run time).
 * Source: internal/abi.Type, the same layout from Go 1.15 to 1.27. */
const char *sd_go_type_name(struct sd_go *go, struct sd_vaddr type, struct sd_arena *arena);

/** The type whose runtime descriptor lies at that link-time address, completed lazily from
 * descriptors alone (no DWARF is needed). name is as reflect's String() has it, go_rtype the offset
 * from runtime.types, direct is set, id the address. The same pointer for the same address; owned
 * by go. NULL when no descriptor lies there. */
struct sd_type *sd_go_rtype_type(struct sd_go *go, struct sd_vaddr type);
/** Every type that the binary has a descriptor of, by ascending address: whatever an interface can
 * hold, except types made at run time and those of plugins. Some few may be bytes that only look
 * like a descriptor: harmless in a table that is looked up by addresses from type words. cb returns
 * false to stop. About 1 ms for 10,000 types. */
void sd_go_each_rtype(struct sd_go *go, bool (*cb)(void *ctx, struct sd_vaddr type), void *ctx);

/**
 * Generics: the instance of the shape function func (full name: "main.Max[go.shape.int]") whose
 * dictionary lies at that link-time address: "main.Max[int]". NULL when it is none of func's, or
 * nothing tells (no symbol table; dictionaries without words, which share addresses). In the arena.
 */
const char *sd_go_instance_name(struct sd_go *go, const char *func, struct sd_vaddr dict,
				struct sd_arena *arena);
/** The type whose descriptor word number word of the dictionary points to (DWARF:
 * DW_AT_go_dict_index); NULL: none. */
struct sd_type *sd_go_dict_type(struct sd_go *go, struct sd_vaddr dict, u32 word);
/** Every dictionary of instances of the source function of func, whatever their shape; name is
 * valid during cb only. cb returns false to stop. */
void sd_go_each_instance(struct sd_go *go, const char *func,
			 bool (*cb)(void *ctx, struct sd_vaddr dict, const char *name), void *ctx);

/** Package path of a function name: "net/http" of "net/http.(*conn).serve"; escapes (%2e) as in the
 * symbol. */
const char *sd_go_package(const char *func, struct sd_arena *arena);
/** A package path as imports and DWARF's unit names write it: "example.com/do.t" of
 * "example.com/do%2et". In the arena. (Seen with 1.15–1.27: DW_AT_name of the unit is unescaped,
 * names of functions are escaped there as in symbols.) */
const char *sd_go_unescape(const char *path, struct sd_arena *arena);
/** The source name of an instance: "main.Max" of "main.Max[go.shape.int_0]", "main.(*L).Put" of
 *  "main.(*L[go.shape.int]).Put"; others as they are. In the arena. */
const char *sd_go_source_name(const char *func, struct sd_arena *arena);
/** True when the name is a shape instance: it takes a hidden dictionary. Needs the full name:
 * "[...]" does not tell. */
bool sd_go_is_shape(const char *func);
/** Among those with sd_func.runtime_internal, the ones where a probe can break the program and does
 * not only yield odd records: to be refused even when they are named exactly. */
bool sd_go_is_unprobeable(const char *func);

#endif
