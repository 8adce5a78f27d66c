/* SPDX-License-Identifier: BSD-2-Clause */
/* Where code is in the source: its row, the inlined copy it belongs to, and its line as each of the
 * functions around that copy sees it. */
#include "site/position.h"

const struct sd_dwarf_row *sd_code_row(const struct sd_code_lines *code, u64 addr)
{
	size_t lo = 0, hi = code->nrows;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (code->rows[mid].hi <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < code->nrows && code->rows[lo].lo <= addr ? &code->rows[lo] : NULL;
}

s32 sd_code_copy(const struct sd_code_lines *code, u64 addr)
{
	size_t lo = 0, hi = code->nspans;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (code->spans[mid].hi <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == code->nspans || code->spans[lo].lo > addr ||
	    code->spans[lo].node >= code->ncopies)
		return SD_NO_COPY;
	return (s32)code->spans[lo].node;
}

bool sd_code_is_statement(const struct sd_code_lines *code, u64 addr)
{
	size_t lo = 0, hi = code->nstmts;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (code->stmts[mid] < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < code->nstmts && code->stmts[lo] == addr;
}

u32 sd_code_depth(const struct sd_code_lines *code, s32 copy)
{
	u32 depth = 0;

	for (; copy != SD_NO_COPY; copy = code->copies[copy].parent)
		depth++;
	return depth;
}

struct sd_position sd_code_position(const struct sd_code_lines *code, u64 addr, u32 depth)
{
	const struct sd_dwarf_row *row = sd_code_row(code, addr);
	struct sd_position p = {.copy = sd_code_copy(code, addr)};

	if (row) {
		p.file = row->file;
		p.line = row->line;
	}
	for (u32 d = sd_code_depth(code, p.copy); d > depth; d--) {
		const struct sd_dwarf_copy *copy = &code->copies[p.copy];

		p = (struct sd_position){copy->parent, copy->call_file, copy->call_line};
	}
	return p;
}
