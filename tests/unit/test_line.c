/* SPDX-License-Identifier: BSD-2-Clause */
/* Source lines: which instructions are chosen, on hand-made code and on C programs of gcc and clang
 * (tests/fixtures/c_lines.c); variables there; globals. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "site/line.h"
#include "site/region.h"
#include "tests/fixtures/fixture.h"

/* ---- regions of hand-made code ---- */

#define BASE 0x401000

/* Code whose instruction at off[i] begins row i of line line[i]; the rows where statements start.
 */
struct region_case {
	const u8 *code;
	size_t n;
	const struct {
		u8 off;
		u8 line;
		bool stmt;
	} rows[12];
	u32 line;
	u8 want[4];	   /* offsets of the sites, ascending; 0xff ends */
	const char *doubt; /* part of what is doubted of each, NULL: nothing */
	bool as_written;
};

static void check_region(const struct region_case *c)
{
	struct sd_func fn = {
		.name = "f", .entry = {BASE}, .end = {BASE + c->n}, .lang = SD_LANG_GO};
	struct sd_code_lines code = {.fn = &fn, .as_written = c->as_written};
	struct sd_dwarf_row rows[12];
	u64 stmts[12];
	struct sd_flow flow = {.code = {.fn = &fn, .p = c->code, .lo = BASE, .hi = BASE + c->n}};
	struct sd_blocks blocks;
	struct sd_region_request req = {
		.code = &code, .blocks = &blocks, .file = "f.go", .line = c->line};
	struct sd_region_site *sites;
	u32 n, want = 0;

	for (u32 i = 0; i < 12 && (!i || c->rows[i].off); i++) {
		if (i)
			rows[i - 1].hi = BASE + c->rows[i].off;
		rows[i] = (struct sd_dwarf_row){.lo = BASE + c->rows[i].off,
						.hi = BASE + c->n,
						.file = "f.go",
						.line = c->rows[i].line};
		if (c->rows[i].stmt)
			stmts[code.nstmts++] = rows[i].lo;
		code.nrows++;
	}
	code.rows = rows;
	code.stmts = stmts;
	for (u64 at = 0; at < c->n;) {
		struct sd_insn in;

		assert_true(sd_insn_try(c->code + at, c->n - at, BASE + at, &in));
		sd_vec_push(&flow.v, in);
		at += in.len;
	}
	assert_null(sd_blocks_init(&flow, NULL, NULL, &blocks));
	sd_region_sites(&req, &sites, &n);
	while (want < 4 && c->want[want] != 0xff)
		want++;
	assert_int_equal(n, want);
	for (u32 i = 0; i < n; i++) {
		bool found = false;

		for (u32 k = 0; k < want; k++)
			found |= flow.v.v[sites[i].insn].addr == BASE + (u64)c->want[k];
		assert_true(found);
		if (!c->doubt != !sites[i].doubt || (c->doubt && !strstr(sites[i].doubt, c->doubt)))
			fail_msg("line %u: doubt '%s', not '%s'", c->line,
				 sites[i].doubt ? sites[i].doubt : "", c->doubt ? c->doubt : "");
	}
	free(sites);
	sd_blocks_deinit(&blocks);
	sd_vec_free(&flow.v);
}

/* 0 xor ecx,ecx; 2 jmp 9 | 4 add rdx,rcx; 7 inc ecx | 9 cmp ebx,ecx; b jg 4 | d ret */
static const u8 tested_first[] = {0x31, 0xc9, 0xeb, 0x05, 0x48, 0x01, 0xca,
				  0xff, 0xc1, 0x39, 0xcb, 0x7f, 0xf7, 0xc3};

static void a_loops_line_is_its_test(void **state)
{
	struct region_case c = {
		.code = tested_first,
		.n = sizeof(tested_first),
		.rows = {{0, 10, true},
			 {4, 11, true},
			 {7, 10, true},
			 {9, 10, false},
			 {13, 12, true}},
		.line = 10,
		.want = {9, 0xff},
	};

	check_region(&c);
	c.line = 11;
	c.want[0] = 4;
	check_region(&c);
	c.line = 12;
	c.want[0] = 13;
	check_region(&c);
	c.line = 13;
	c.want[0] = 0xff;
	check_region(&c);
}

/* 0 xor ecx,ecx | 2 add rdx,rcx; 5 inc ecx; 7 cmp ebx,ecx; 9 jg 2 | b ret */
static const u8 tested_last[] = {0x31, 0xc9, 0x48, 0x01, 0xca, 0xff,
				 0xc1, 0x39, 0xcb, 0x7f, 0xf7, 0xc3};

static void a_loop_tested_at_its_end_has_its_init_too(void **state)
{
	struct region_case c = {
		.code = tested_last,
		.n = sizeof(tested_last),
		.rows = {{0, 10, true}, {2, 11, true}, {5, 10, true}, {11, 12, true}},
		.line = 10,
		.want = {0, 9, 0xff},
	};

	check_region(&c);
}

/* 0 test eax,eax; 2 je 8 | 4 inc ecx; 6 jmp a | 8 inc edx | a ret */
static const u8 branches[] = {0x85, 0xc0, 0x74, 0x04, 0xff, 0xc1, 0xeb, 0x02, 0xff, 0xc2, 0xc3};

static void branches_that_exclude_each_other_have_a_site_each(void **state)
{
	struct region_case c = {
		.code = branches,
		.n = sizeof(branches),
		.rows = {{0, 5, true}, {4, 7, true}, {8, 7, true}, {10, 9, true}},
		.line = 7,
		.want = {4, 8, 0xff},
	};

	check_region(&c);
}

/* The same line before a branch and in one arm of it is come to once. */
static void parts_of_one_statement_count_once(void **state)
{
	struct region_case c = {
		.code = branches,
		.n = sizeof(branches),
		.rows = {{0, 7, true}, {4, 7, true}, {8, 8, true}, {10, 7, true}},
		.line = 7,
		.want = {0, 0xff},
	};

	check_region(&c);
}

/* Instructions of other lines between those of one block: no arrival; nor where no statement
 * starts. */
static void scheduled_code_counts_once(void **state)
{
	struct region_case c = {
		.code = tested_first,
		.n = sizeof(tested_first),
		.rows = {{0, 20, true},
			 {4, 21, true},
			 {7, 22, true},
			 {9, 20, false},
			 {13, 21, false}},
		.line = 21,
		.want = {4, 0xff},
	};

	check_region(&c);
	c.line = 22;
	c.want[0] = 7;
	check_region(&c);
}

/* 0 xor ecx,ecx; 2 jmp 6 | 4 inc ecx | 6 cmp ecx,4; 9 jl 4 | b ret */
static const u8 no_body[] = {0x31, 0xc9, 0xeb, 0x02, 0xff, 0xc1,
			     0x83, 0xf9, 0x04, 0x7c, 0xf9, 0xc3};

static void a_loop_whose_body_has_no_code_counts_its_tests(void **state)
{
	struct region_case c = {
		.code = no_body,
		.n = sizeof(no_body),
		.rows = {{0, 10, true}, {4, 10, true}, {6, 10, false}, {11, 12, true}},
		.line = 10,
		.want = {6, 0xff},
	};

	check_region(&c);
}

/* 0 test eax,eax; 2 je 8 | 4 inc ecx; 6 jmp a | 8 inc edx | a inc eax; c ret */
static const u8 joined[] = {0x85, 0xc0, 0x74, 0x04, 0xff, 0xc1, 0xeb,
			    0x02, 0xff, 0xc2, 0xff, 0xc0, 0xc3};

/* The mark of the statement's start is left on a jump to it, on one of the ways there. */
static void a_jump_to_the_line_is_not_its_beginning(void **state)
{
	struct region_case c = {
		.code = joined,
		.n = sizeof(joined),
		.rows = {{0, 5, true},
			 {4, 6, true},
			 {6, 9, true},
			 {8, 8, true},
			 {10, 9, false},
			 {12, 10, true}},
		.line = 9,
		.want = {10, 0xff},
	};

	check_region(&c);
}

/* ---- hits that may not be as many as passages ---- */

/* 0 test eax,eax; 2 je 8 | 4 inc ecx | 6 inc esi | 8 inc edx | a ret */
static const u8 sunk[] = {0x85, 0xc0, 0x74, 0x04, 0xff, 0xc1, 0xff, 0xc6, 0xff, 0xc2, 0xc3};

static void code_behind_a_later_branch_is_doubted(void **state)
{
	struct region_case c = {
		.code = sunk,
		.n = sizeof(sunk),
		.rows = {{0, 6, true}, {4, 5, true}, {6, 7, true}, {8, 9, true}, {10, 10, true}},
		.line = 5,
		.want = {4, 0xff},
		.doubt = "a branch of a later line",
	};

	check_region(&c);
	c.as_written = true; /* a goto then: nothing is moved */
	c.doubt = NULL;
	check_region(&c);
	c.as_written = false;
	c.line = 6;
	c.want[0] = 0;
	check_region(&c);
	c.line = 7;
	c.want[0] = 6;
	check_region(&c);
	c.line = 9;
	c.want[0] = 8;
	check_region(&c);
}

/* 0 inc edx | 2 xor ecx,ecx; 4 jmp 8 | 6 inc ecx | 8 cmp ebx,ecx; a jg 6 | c ret */
static const u8 hoisted[] = {0xff, 0xc2, 0x31, 0xc9, 0xeb, 0x02, 0xff,
			     0xc1, 0x39, 0xcb, 0x7f, 0xfa, 0xc3};

static void code_before_the_loop_that_it_is_in_is_doubted(void **state)
{
	struct region_case c = {
		.code = hoisted,
		.n = sizeof(hoisted),
		.rows = {{0, 11, true},
			 {2, 10, true},
			 {6, 10, true},
			 {8, 10, false},
			 {12, 12, true}},
		.line = 11,
		.want = {0, 0xff},
		.doubt = "a branch of an earlier line",
	};

	check_region(&c);
	c.line = 10;
	c.want[0] = 8;
	c.doubt = NULL;
	check_region(&c);
}

/* 0 test eax,eax; 2 je 9 | 4 mov 8(%rsp),%rax | 9 inc edx; b ret */
static const u8 loaded[] = {0x85, 0xc0, 0x74, 0x05, 0x48, 0x8b, 0x44, 0x24, 0x08, 0xff, 0xc2, 0xc3};

static void a_value_that_is_only_loaded_is_doubted(void **state)
{
	struct region_case c = {
		.code = loaded,
		.n = sizeof(loaded),
		.rows = {{0, 5, true}, {4, 7, true}, {9, 9, true}},
		.line = 7,
		.want = {4, 0xff},
		.doubt = "saved or loaded",
	};

	check_region(&c);
}

/* 0 lea 1(%rdi),%rdx; 4 test al,al; 6 cmovne %rdi,%rdx | a inc ecx; c ret */
static const u8 chosen[] = {0x48, 0x8d, 0x57, 0x01, 0x84, 0xc0, 0x48,
			    0x0f, 0x45, 0xd7, 0xff, 0xc1, 0xc3};

static void an_assignment_that_became_a_conditional_move_is_doubted(void **state)
{
	struct region_case c = {
		.code = chosen,
		.n = sizeof(chosen),
		.rows = {{0, 7, true}, {10, 9, true}},
		.line = 7,
		.want = {0, 0xff},
		.doubt = "conditional move",
	};

	check_region(&c);
}

/* 0 lea 8(%rax),%rsi | 4 mov %edx,(%rax) | 6 mov %rsi,%rcx | 9 ret */
static const u8 ahead[] = {0x48, 0x8d, 0x70, 0x08, 0x89, 0x10, 0x48, 0x89, 0xf1, 0xc3};

static void an_address_that_is_computed_ahead_is_not_the_line(void **state)
{
	struct region_case c = {
		.code = ahead,
		.n = sizeof(ahead),
		.rows = {{0, 14, true}, {4, 12, true}, {6, 14, false}, {9, 15, true}},
		.line = 14,
		.want = {6, 0xff},
	};

	check_region(&c);
}

/* 0 inc eax | 2 jmp 4; 4 mov 8(%rsp),%ecx | 8 cmp ecx,1; b jne 13 | d incl 8(%rsp) | 11 jmp 4 |
 * 13 ret */
static const u8 first_in_loop[] = {0xff, 0xc0, 0xeb, 0x00, 0x8b, 0x4c, 0x24, 0x08, 0x83, 0xf9,
				   0x01, 0x75, 0x06, 0xff, 0x44, 0x24, 0x08, 0xeb, 0xf1, 0xc3};

static void an_unoptimized_line_that_begins_a_loop_s_body_is_in_the_loop(void **state)
{
	struct region_case c = {
		.code = first_in_loop,
		.n = sizeof(first_in_loop),
		.rows = {{0, 3, true},
			 {2, 5, true},
			 {8, 6, true},
			 {13, 7, true},
			 {17, 5, true},
			 {19, 9, true}},
		.line = 5,
		.want = {4, 0xff},
		.as_written = true,
	};

	check_region(&c);
}

/* 0 cmp eax,34; 3 jle e | 5 inc ecx | 7 cmp eax,34; a jle e | c inc edx | e ret */
static const u8 decided[] = {0x83, 0xf8, 0x22, 0x7e, 0x09, 0xff, 0xc1, 0x83,
			     0xf8, 0x22, 0x7e, 0x02, 0xff, 0xc2, 0xc3};

static void a_condition_that_an_earlier_one_decides_is_doubted(void **state)
{
	struct region_case c = {
		.code = decided,
		.n = sizeof(decided),
		.rows = {{0, 5, true}, {5, 6, true}, {7, 8, true}, {12, 9, true}, {14, 11, true}},
		.line = 8,
		.want = {7, 0xff},
		.doubt = "an earlier condition",
	};

	check_region(&c);
	c.line = 5;
	c.want[0] = 0;
	c.doubt = NULL;
	check_region(&c);
	c.line = 9;
	c.want[0] = 12;
	check_region(&c);
}

/* ---- C programs ---- */

struct program {
	u8 *p; /* owned */
	struct sd_elf *elf;
	struct sd_dwarf *dw;
	struct sd_lines *lines;
	struct sd_arena arena;
};

static void open_program(struct program *p, const char *name)
{
	size_t n;

	memset(p, 0, sizeof(*p));
	p->p = fixture_load(name, &n);
	assert_non_null(p->p);
	assert_null(sd_elf_open_memory(p->p, n, name, &p->elf));
	assert_null(sd_dwarf_open(p->elf, &p->dw));
	p->lines = sd_lines_create(p->elf, NULL, p->dw);
}

static void close_program(struct program *p)
{
	sd_lines_destroy(p->lines);
	sd_dwarf_close(p->dw);
	sd_elf_close(p->elf);
	sd_arena_deinit(&p->arena);
	free(p->p);
}

static const struct sd_line_place *places(struct program *p, u32 line, u32 want)
{
	struct sd_line_place *v;
	u32 n;

	assert_null(sd_lines_find(p->lines, "c_lines.c", line, &p->arena, &v, &n));
	assert_int_equal(n, want);
	return v;
}

static const struct sd_local *local(struct program *p, const struct sd_line_place *at,
				    const char *name)
{
	struct sd_local *v;
	u32 n;

	assert_null(sd_lines_locals(p->lines, &at->fn, at->site.addr, at->line, at->depth,
				    &p->arena, &v, &n));
	for (u32 i = 0; i < n; i++)
		if (!strcmp(v[i].name, name))
			return &v[i];
	return NULL;
}

static void unoptimized_c(void **state)
{
	const struct sd_line_place *at;
	struct program p;

	open_program(&p, "lines-gcc-O0");
	at = places(&p, 16, 1);
	assert_string_equal(at->fn.name, "sum");
	assert_string_equal(at->file, "/src/c_lines.c");
	assert_int_equal(at->site.kind, SD_SITE_LINE);
	assert_true(at->site.cfa.known);
	assert_null(local(&p, at, "i")->loc.why);
	assert_int_equal(local(&p, at, "s")->decl_line, 15);
	assert_int_equal(local(&p, at, "s")->known, SD_KNOWN_MEMORY); /* needs no source */
	at = places(&p, 15, 1);
	assert_string_equal(local(&p, at, "s")->loc.why, "not assigned yet");
	assert_null(local(&p, at, "n")->loc.why);
	assert_null(local(&p, at, "i")); /* its block begins later */
	/* The inlined one: its own variables, none of its caller's. */
	at = places(&p, 9, 1);
	assert_true(at->inlined);
	assert_string_equal(at->in, "square");
	assert_string_equal(at->fn.name, "sum");
	assert_int_equal(at->depth, 1);
	assert_int_equal(at->call_line, 17);
	assert_null(local(&p, at, "x")->loc.why);
	assert_null(local(&p, at, "s"));
	/* Both arms assign out: behind them no single store has been passed by all ways. */
	at = places(&p, 32, 1);
	assert_string_equal(local(&p, at, "out")->loc.why, "not assigned yet");
	close_program(&p);
}

static void optimized_c(void **state)
{
	static const char *const names[] = {"lines-gcc-O2", "lines-clang-O1"};

	for (size_t i = 0; i < SD_ARRAY_SIZE(names); i++) {
		const struct sd_line_place *at;
		struct program p;

		open_program(&p, names[i]);
		at = places(&p, 16, 2); /* the first test, and the one at the loop's end */
		assert_true(at[0].site.addr.v < at[1].site.addr.v);
		assert_null(local(&p, &at[1], "s")->loc.why);
		assert_null(local(&p, &at[1], "n")->loc.why);
		at = places(&p, 18, 1);
		assert_null(local(&p, at, "s")->loc.why);
		at = places(&p, 31, 1);
		assert_string_equal(at->in, "pick");
		close_program(&p);
	}
}

static void check_error(struct program *p, const char *file, u32 line, const char *want)
{
	struct sd_line_place *v = NULL;
	u32 n = 0;
	struct sd_err *err = sd_lines_find(p->lines, file, line, &p->arena, &v, &n);

	assert_non_null(err);
	assert_int_equal(err->kind, SD_ERR_NOMATCH);
	if (!strstr(err->msg, want))
		fail_msg("'%s' has no '%s'", err->msg, want);
	sd_err_free(err);
}

static void lines_without_code(void **state)
{
	struct sd_line_place *v;
	struct program p;
	u32 n;

	open_program(&p, "lines-gcc-O0");
	check_error(&p, "c_lines.c", 12,
		    "c_lines.c:12 has no code; the nearest lines that have some "
		    "are 10 and 14");
	check_error(&p, "c_lines.c", 1, "the nearest line that has some is 9");
	check_error(&p, "c_lines.c", 4000, "the nearest line that has some is 40");
	check_error(&p, "c_line.c", 16, "called c_line.c; nearest: c_lines.c");
	check_error(&p, "lines.c", 16, "no source file"); /* a tail begins at a path element */
	assert_null(sd_lines_find(p.lines, "src/c_lines.c", 16, &p.arena, &v, &n));
	assert_null(sd_lines_find(p.lines, "/src/c_lines.c", 16, &p.arena, &v, &n));
	close_program(&p);
}

static void rows_of_every_version(void **state)
{
	static const char *const names[] = {"lines-gcc-O0", "lines-gcc-O2", "lines-clang-O1"};

	for (size_t i = 0; i < SD_ARRAY_SIZE(names); i++) {
		const struct sd_line_place *at;
		struct sd_dwarf_row *rows;
		struct program p;
		u32 n, stmts = 0;

		open_program(&p, names[i]);
		at = places(&p, 18, 1);
		assert_null(sd_dwarf_rows(p.dw, at->fn.entry, NULL, at->fn.entry.v, at->fn.end.v,
					  &p.arena, &rows, &n));
		assert_true(n > 5);
		assert_true(rows[0].lo == at->fn.entry.v);
		for (u32 k = 0; k < n; k++) {
			assert_true(rows[k].lo < rows[k].hi);
			assert_true(!k || rows[k - 1].hi <= rows[k].lo);
			assert_string_equal(rows[k].file, "/src/c_lines.c");
			assert_true(!rows[k].line || (rows[k].line >= 7 && rows[k].line <= 23));
			stmts += rows[k].is_stmt;
		}
		assert_true(stmts > 3);
		close_program(&p);
	}
}

static void globals_by_name(void **state)
{
	struct sd_global *g;
	struct program p;
	u32 n;

	open_program(&p, "lines-gcc-O0");
	assert_null(sd_dwarf_globals(p.dw, NULL, "total", &g, &n));
	assert_int_equal(n, 1);
	assert_int_equal(g->kind, SD_GLOBAL_VAR);
	assert_string_equal(g->type->name, "int");
	assert_non_null(sd_elf_bytes(p.elf, g->addr, &(u64){0}));
	assert_null(sd_dwarf_globals(p.dw, NULL, "calls", &g, &n));
	assert_int_equal(n, 1);
	assert_null(sd_dwarf_globals(p.dw, NULL, "HIGH", &g, &n));
	assert_int_equal(n, 1);
	assert_int_equal(g->kind, SD_GLOBAL_INT);
	assert_int_equal(g->num, 9);
	assert_string_equal(g->type->name, "enum level");
	assert_null(sd_dwarf_globals(p.dw, NULL, "nothing", &g, &n));
	assert_int_equal(n, 0);
	close_program(&p);
}

/* Whatever is in a line table: an error or fewer rows, never a read out of bounds. */
static void damaged_line_tables(void **state)
{
	const struct sd_section *s;
	struct sd_elf *elf;
	size_t n;
	u8 *bytes = fixture_load("lines-clang-O1", &n);
	u64 off, size;

	assert_non_null(bytes);
	assert_null(sd_elf_open_memory(bytes, n, "p", &elf));
	s = sd_elf_section(elf, ".debug_line");
	assert_non_null(s);
	off = s->off.v;
	size = s->size;
	sd_elf_close(elf);
	for (u64 i = 0; i < size; i++)
		for (unsigned int bit = 0; bit < 8; bit += 3) {
			struct sd_line_place *v;
			struct program p = {0};
			sd_autoerr err = NULL;
			u32 found;

			bytes[off + i] ^= (u8)(1u << bit);
			assert_null(sd_elf_open_memory(bytes, n, "p", &p.elf));
			assert_null(sd_dwarf_open(p.elf, &p.dw));
			p.lines = sd_lines_create(p.elf, NULL, p.dw);
			err = sd_lines_find(p.lines, "c_lines.c", 18, &p.arena, &v, &found);
			assert_true(err || found);
			bytes[off + i] ^= (u8)(1u << bit);
			close_program(&p);
		}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loops_line_is_its_test),
		cmocka_unit_test(a_loop_tested_at_its_end_has_its_init_too),
		cmocka_unit_test(branches_that_exclude_each_other_have_a_site_each),
		cmocka_unit_test(parts_of_one_statement_count_once),
		cmocka_unit_test(scheduled_code_counts_once),
		cmocka_unit_test(a_loop_whose_body_has_no_code_counts_its_tests),
		cmocka_unit_test(a_jump_to_the_line_is_not_its_beginning),
		cmocka_unit_test(code_behind_a_later_branch_is_doubted),
		cmocka_unit_test(code_before_the_loop_that_it_is_in_is_doubted),
		cmocka_unit_test(a_value_that_is_only_loaded_is_doubted),
		cmocka_unit_test(an_assignment_that_became_a_conditional_move_is_doubted),
		cmocka_unit_test(an_address_that_is_computed_ahead_is_not_the_line),
		cmocka_unit_test(an_unoptimized_line_that_begins_a_loop_s_body_is_in_the_loop),
		cmocka_unit_test(a_condition_that_an_earlier_one_decides_is_doubted),
		cmocka_unit_test(unoptimized_c),
		cmocka_unit_test(optimized_c),
		cmocka_unit_test(lines_without_code),
		cmocka_unit_test(rows_of_every_version),
		cmocka_unit_test(globals_by_name),
		cmocka_unit_test(damaged_line_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
