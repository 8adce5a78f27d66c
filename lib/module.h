/* SPDX-License-Identifier: BSD-2-Clause */
/* One binary that is traced: its file, its language's tables, its debug information (opened when
 * first needed). */
#ifndef SD_LIB_MODULE_H
#define SD_LIB_MODULE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "dwarf/dwarf.h"
#include "elf/elf.h"
#include "lang/func.h"
#include "lang/go/go.h"
#include "target/target.h"

struct sd_lines;

struct sd_module {
	struct sd_binary_ref ref; /* owned */
	struct sd_elf *elf;	  /* owned */
	struct sd_go *go;	  /* owned; NULL: no Go program */
	struct sd_dwarf *dwarf;	  /* owned; NULL: none, or not asked for yet */
	bool dwarf_tried;
	char *dwarf_why; /* owned: why there is none */
	bool symbols_read;
	SD_VEC(struct sd_func)
	symbols; /* functions of the symbol table that the language's table lacks */
	struct sd_arena arena;
	struct sd_sources *sources;				/* owned; NULL: not asked for yet */
	struct sd_lines *lines;					/* owned; NULL: not asked for yet */
	u32 index;						/* in its session */
	enum { SD_NOT_ASKED, SD_BY_RBX, SD_OTHERWISE } resumes; /* Go: how runtime.gogo jumps */
};

/** Opens the binary; takes over ref. */
sd_must_check struct sd_err *sd_module_open(struct sd_binary_ref *ref, struct sd_module **ret);
void sd_module_close(struct sd_module *m);
/** The debug information, NULL when there is none (dwarf_why says why). */
struct sd_dwarf *sd_module_dwarf(struct sd_module *m);
/** All functions: the language's table first, then the symbol table's. */
u32 sd_module_nfuncs(struct sd_module *m);
bool sd_module_func(struct sd_module *m, u32 index, struct sd_func *ret);
/** The function that contains pc. */
bool sd_module_func_at(struct sd_module *m, struct sd_vaddr pc, struct sd_func *ret);
/** A function's full name where its table shortens it ("main.Max[...]"), else its name. Borrowed.
 */
const char *sd_module_full_name(struct sd_module *m, const struct sd_func *fn);
/** file:line of a pc; false when unknown. */
bool sd_module_line(struct sd_module *m, struct sd_vaddr pc, const char **file_ret, u32 *line_ret);

#endif
