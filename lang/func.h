/* SPDX-License-Identifier: BSD-2-Clause */
/* A function as a language's own tables or the symbol table know it: what patterns are matched
 * against. */
#ifndef SD_LANG_FUNC_H
#define SD_LANG_FUNC_H

#include "base/base.h"

enum sd_lang {
	SD_LANG_UNKNOWN,
	SD_LANG_C, /* C, C++, Rust: System V ABI; not told apart yet */
	SD_LANG_GO,
};

struct sd_func {
	const char *name; /* as stored: "main.(*T).F", "main.Max[go.shape.int_0]", "main.f.func1" */
	struct sd_vaddr entry;
	struct sd_vaddr end; /* one past the last byte (padding may be included) */
	u8 lang;	     /* enum sd_lang */
	bool wrapper;	     /* compiler-made: left out of patterns */
	bool abi0; /* Go ≥ 1.17: assembly or ABI0: arguments on the stack, r14 may not be g */
	bool runtime_internal; /* must never be probed: morestack, sigtramp, systemstack, gogo, … */
	u32 index;	       /* in its table */
	u32 start_line;	       /* 0: unknown */
};

#endif
