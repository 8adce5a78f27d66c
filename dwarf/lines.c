/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Line tables (DWARF 2–5, §6.2): rows of one unit, decoded straight from .debug_line. libdw would
 * need the section in its image and keep every row of a unit; a probe needs those of one function.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "dwarf/priv.h"

#define MAX_FILES   (1u << 20)
#define MAX_FORMATS 32

struct strings {
	const u8 *p;
	u64 n;
};

struct section {
	bool read;
	struct strings line, line_str, str;
};

/* A line table's header. */
struct table {
	u16 version;
	bool wide; /* 64-bit DWARF */
	u8 min_len, opcode_base, line_range;
	s8 line_base;
	bool default_stmt;
	u8 lengths[255]; /* operands of the standard opcodes */
	struct sd_cursor program;
	const char **files; /* in dw's arena; by file number */
	u32 nfiles;
	bool bad;
};

struct sd_dw_lines {
	struct section s;
	struct sd_strmap paths;	 /* path → itself, so that equal paths are one pointer */
	struct sd_map tables;	 /* unit's index → struct table * */
	struct sd_map functions; /* unit's index → struct functions * */
};

struct function {
	u64 lo, hi;
	Dwarf_Off die;
};

struct functions {
	SD_VEC(struct function) v; /* by lo */
};

void sd_dw_lines_free(struct sd_dw_lines *l)
{
	size_t pos = 0;
	u64 key, *value;

	if (!l)
		return;
	while (sd_map_next(&l->functions, &pos, &key, &value)) {
		struct functions *f = (struct functions *)(uintptr_t)*value;

		sd_vec_free(&f->v);
	}
	sd_strmap_deinit(&l->paths);
	sd_map_deinit(&l->tables);
	sd_map_deinit(&l->functions);
	free(l);
}

static struct sd_dw_lines *lines_of(struct sd_dwarf *dw)
{
	if (!dw->lines)
		dw->lines = sd_xcalloc(1, sizeof(*dw->lines));
	return dw->lines;
}

static const char *intern(struct sd_dwarf *dw, const char *path)
{
	struct sd_strmap *paths = &lines_of(dw)->paths;
	u64 *known = sd_strmap_get(paths, path);

	if (!known) {
		const char *own = sd_arena_strdup(&dw->arena, path);

		*sd_strmap_put(paths, own, NULL) = (uintptr_t)own;
		return own;
	}
	return (const char *)(uintptr_t)*known;
}

static struct strings section_named(struct sd_dwarf *dw, const char *name)
{
	struct strings s = {0};
	sd_autoerr err = sd_elf_debug_section(dw->elf, name, &s.p, &s.n);

	return err ? (struct strings){0} : s;
}

static const struct section *section_of(struct sd_dwarf *dw)
{
	struct section *s = &lines_of(dw)->s;

	if (!s->read) {
		s->read = true;
		s->line = section_named(dw, ".debug_line");
		s->line_str = section_named(dw, ".debug_line_str");
		s->str = section_named(dw, ".debug_str");
	}
	return s;
}

static const char *string_at(const struct strings *s, u64 off)
{
	return off < s->n && memchr(s->p + off, 0, s->n - off) ? (const char *)s->p + off : NULL;
}

static u64 offset(struct sd_cursor *c, bool wide)
{
	return wide ? sd_cursor_u64(c) : sd_cursor_u32(c);
}

static const char *join(struct sd_dwarf *dw, const char *dir, const char *name)
{
	size_t n = dir ? strlen(dir) : 0;

	if (!n || name[0] == '/')
		return name;
	return sd_arena_printf(&dw->arena, "%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}

/* ---- headers ---- */

typedef SD_VEC(const char *) names;

static void add_file(struct sd_dwarf *dw, names *files, const names *dirs, u64 dir,
		     const char *name)
{
	const char *d = dir < dirs->n ? dirs->v[dir] : NULL;

	const char *path = intern(dw, join(dw, d, name));

	sd_vec_push(files, path);
}

static void read_files_4(struct sd_dwarf *dw, struct sd_cursor *c, const char *comp_dir,
			 names *files)
{
	names dirs = {0};
	const char *s;

	sd_vec_push(&dirs, comp_dir);
	while ((s = sd_cursor_cstr(c)) && *s && dirs.n < MAX_FILES) {
		s = join(dw, comp_dir, s);
		sd_vec_push(&dirs, s);
	}
	sd_vec_push(files, NULL); /* they count from 1 */
	while ((s = sd_cursor_cstr(c)) && *s && files->n < MAX_FILES) {
		u64 dir = sd_cursor_uleb(c);

		sd_cursor_uleb(c);
		sd_cursor_uleb(c);
		add_file(dw, files, &dirs, dir, s);
	}
	sd_vec_free(&dirs);
}

struct entry {
	const char *name;
	u64 dir;
};

/* One entry of a DWARF 5 table: only names and directories are kept. */
static void read_entry(const struct section *s, const struct table *t, struct sd_cursor *c,
		       const u64 (*formats)[2], u32 n, struct entry *ret)
{
	for (u32 i = 0; i < n; i++) {
		const char *text = NULL;
		u64 v = 0;

		switch (formats[i][1]) {
		case DW_FORM_string:
			text = sd_cursor_cstr(c);
			break;
		case DW_FORM_line_strp:
			text = string_at(&s->line_str, offset(c, t->wide));
			break;
		case DW_FORM_strp:
			text = string_at(&s->str, offset(c, t->wide));
			break;
		case DW_FORM_udata:
			v = sd_cursor_uleb(c);
			break;
		case DW_FORM_data1:
			v = sd_cursor_u8(c);
			break;
		case DW_FORM_data2:
			v = sd_cursor_u16(c);
			break;
		case DW_FORM_data4:
			v = sd_cursor_u32(c);
			break;
		case DW_FORM_data8:
			v = sd_cursor_u64(c);
			break;
		case DW_FORM_data16:
			sd_cursor_skip(c, 16);
			break;
		case DW_FORM_block:
			sd_cursor_skip(c, sd_cursor_uleb(c));
			break;
		default:
			c->bad = true;
			return;
		}
		if (formats[i][0] == DW_LNCT_path)
			ret->name = text;
		else if (formats[i][0] == DW_LNCT_directory_index)
			ret->dir = v;
	}
}

static u32 read_formats(struct sd_cursor *c, u64 (*formats)[2])
{
	u32 n = sd_cursor_u8(c);

	if (n > MAX_FORMATS) {
		c->bad = true;
		return 0;
	}
	for (u32 i = 0; i < n; i++) {
		formats[i][0] = sd_cursor_uleb(c);
		formats[i][1] = sd_cursor_uleb(c);
	}
	return n;
}

static void read_files_5(struct sd_dwarf *dw, const struct table *t, struct sd_cursor *c,
			 const char *comp_dir, names *files)
{
	const struct section *s = section_of(dw);
	u64 formats[MAX_FORMATS][2], count;
	names dirs = {0};
	u32 n = read_formats(c, formats);

	count = sd_cursor_uleb(c);
	for (u64 i = 0; i < count && n && !c->bad && dirs.n < MAX_FILES; i++) {
		struct entry e = {0};
		const char *dir;

		read_entry(s, t, c, formats, n, &e);
		/* The first one is the directory of the compilation. */
		dir = join(dw, dirs.n ? dirs.v[0] : comp_dir, e.name ? e.name : "");
		sd_vec_push(&dirs, dir);
	}
	n = read_formats(c, formats);
	count = sd_cursor_uleb(c);
	for (u64 i = 0; i < count && n && !c->bad && files->n < MAX_FILES; i++) {
		struct entry e = {0};

		read_entry(s, t, c, formats, n, &e);
		add_file(dw, files, &dirs, e.dir, e.name ? e.name : "");
	}
	sd_vec_free(&dirs);
}

/* DWARF 5 §6.2.4. */
static void read_header(struct sd_dwarf *dw, u64 at, const char *comp_dir, struct table *t)
{
	const struct section *s = section_of(dw);
	struct sd_cursor c, all;
	names files = {0};
	u64 n;

	t->bad = true;
	if (at >= s->line.n)
		return;
	all = sd_cursor_at(s->line.p + at, s->line.n - at);
	n = sd_cursor_u32(&all);
	if (n == 0xffffffff) {
		t->wide = true;
		n = sd_cursor_u64(&all);
	}
	if (all.bad || n > (u64)(all.end - all.p))
		return;
	all.end = all.p + n;
	t->version = sd_cursor_u16(&all);
	if (t->version < 2 || t->version > 5)
		return;
	if (t->version >= 5)
		sd_cursor_skip(&all, 2); /* sizes of addresses and of segment selectors */
	n = offset(&all, t->wide);
	if (all.bad || n > (u64)(all.end - all.p))
		return;
	t->program = sd_cursor_at(all.p + n, (size_t)(all.end - all.p - n));
	c = sd_cursor_at(all.p, n);
	t->min_len = sd_cursor_u8(&c);
	if (t->version >= 4 && sd_cursor_u8(&c) > 1)
		return; /* VLIW */
	t->default_stmt = sd_cursor_u8(&c);
	t->line_base = (s8)sd_cursor_u8(&c);
	t->line_range = sd_cursor_u8(&c);
	t->opcode_base = sd_cursor_u8(&c);
	if (c.bad || !t->line_range || !t->opcode_base)
		return;
	sd_cursor_read(&c, t->lengths + 1, t->opcode_base - 1u);
	if (t->version >= 5)
		read_files_5(dw, t, &c, comp_dir, &files);
	else
		read_files_4(dw, &c, comp_dir, &files);
	t->bad = c.bad;
	if (files.n)
		t->files = sd_arena_memdup(&dw->arena, files.v, files.n * sizeof(*files.v));
	t->nfiles = (u32)files.n;
	sd_vec_free(&files);
}

/* DW_AT_stmt_list, which libdw only gives when it has the section. */
static bool table_offset(Dwarf_Die *die, u64 *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;

	if (!dwarf_attr(die, DW_AT_stmt_list, &attr))
		return false;
	if (attr.form == DW_FORM_sec_offset)
		attr.form = DW_FORM_data4; /* 64-bit DWARF: the low half */
	attr.code = DW_AT_byte_size;
	if (dwarf_formudata(&attr, &v))
		return false;
	*ret = v;
	return true;
}

static struct table *table_of(struct sd_dwarf *dw, u32 unit)
{
	bool is_new;
	u64 at, *slot = sd_map_put(&lines_of(dw)->tables, unit, &is_new);
	Dwarf_Attribute attr;
	const char *comp_dir = NULL;
	struct table *t;
	Dwarf_Die die;

	if (!is_new)
		return (struct table *)(uintptr_t)*slot;
	t = sd_arena_new(&dw->arena, struct table);
	*slot = (uintptr_t)t;
	t->bad = true;
	if (unit >= dw->units.n || !dwarf_offdie(dw->dw, dw->units.v[unit].die, &die) ||
	    !table_offset(&die, &at))
		return t;
	if (dwarf_attr(&die, DW_AT_comp_dir, &attr))
		comp_dir = dwarf_formstring(&attr);
	read_header(dw, at, comp_dir, t);
	return t;
}

const char *sd_dw_file(struct sd_dwarf *dw, Dwarf_Die *die, u64 n)
{
	struct sd_dw_unit *unit = sd_dw_unit_of(dw, die);
	const struct table *t = unit ? table_of(dw, (u32)(unit - dw->units.v)) : NULL;

	return t && !t->bad && n < t->nfiles ? t->files[n] : NULL;
}

/* ---- programs ---- */

struct machine {
	const struct table *t;
	struct sd_cursor c;
	u64 addr;
	u64 file;
	u32 line;
	bool is_stmt;
	bool pending; /* row is one that the next address ends */
	struct sd_dwarf_row row;
	bool (*cb)(void *ctx, const struct sd_dwarf_row *row);
	void *ctx;
	bool stop;
};

static void begin_sequence(struct machine *m)
{
	m->addr = 0;
	m->file = 1;
	m->line = 1;
	m->is_stmt = m->t->default_stmt;
	m->pending = false;
}

static void flush(struct machine *m)
{
	if (!m->pending || m->addr <= m->row.lo || m->stop)
		return;
	m->row.hi = m->addr;
	m->pending = false;
	m->stop = m->row.file && !m->cb(m->ctx, &m->row);
}

/* Of several rows at one address the last counts, but one where a statement starts before one where
 * none does: compilers put the line of the code behind that of the statement that it came of. */
static void emit_row(struct machine *m)
{
	flush(m);
	if (m->pending && m->row.is_stmt && !m->is_stmt && m->row.lo == m->addr)
		return;
	m->row = (struct sd_dwarf_row){
		.lo = m->addr,
		.file = m->file < m->t->nfiles ? m->t->files[m->file] : NULL,
		.line = m->line,
		.is_stmt = m->is_stmt,
	};
	m->pending = true;
}

static void extended(struct machine *m)
{
	u64 n = sd_cursor_uleb(&m->c);
	struct sd_cursor c;

	if (m->c.bad || !n || n > (u64)(m->c.end - m->c.p)) {
		m->c.bad = true;
		return;
	}
	c = sd_cursor_at(m->c.p, n);
	sd_cursor_skip(&m->c, n);
	switch (sd_cursor_u8(&c)) {
	case DW_LNE_end_sequence:
		flush(m);
		begin_sequence(m);
		break;
	case DW_LNE_set_address:
		m->addr = n == 9 ? sd_cursor_u64(&c) : n == 5 ? sd_cursor_u32(&c) : 0;
		break;
	default: /* discriminators and what else there is */
		break;
	}
}

static void special(struct machine *m, u32 op)
{
	op -= m->t->opcode_base;
	m->addr += (u64)(op / m->t->line_range) * m->t->min_len;
	m->line = (u32)((s64)m->line + m->t->line_base + (s64)(op % m->t->line_range));
	emit_row(m);
}

static void standard(struct machine *m, u32 op)
{
	switch (op) {
	case DW_LNS_copy:
		emit_row(m);
		break;
	case DW_LNS_advance_pc:
		m->addr += sd_cursor_uleb(&m->c) * m->t->min_len;
		break;
	case DW_LNS_advance_line:
		m->line = (u32)((s64)m->line + sd_cursor_sleb(&m->c));
		break;
	case DW_LNS_set_file:
		m->file = sd_cursor_uleb(&m->c);
		break;
	case DW_LNS_negate_stmt:
		m->is_stmt = !m->is_stmt;
		break;
	case DW_LNS_const_add_pc:
		m->addr += (u64)((255u - m->t->opcode_base) / m->t->line_range) * m->t->min_len;
		break;
	case DW_LNS_fixed_advance_pc:
		m->addr += sd_cursor_u16(&m->c);
		break;
	default: /* set_column, set_basic_block, prologue_end …: operands are passed over */
		for (u32 i = 0; i < m->t->lengths[op]; i++)
			sd_cursor_uleb(&m->c);
		break;
	}
}

static void run(struct machine *m)
{
	m->c = m->t->program;
	begin_sequence(m);
	while (!m->stop && !m->c.bad && m->c.p < m->c.end) {
		u32 op = sd_cursor_u8(&m->c);

		if (!op)
			extended(m);
		else if (op >= m->t->opcode_base)
			special(m, op);
		else
			standard(m, op);
	}
}

void sd_dwarf_each_row(struct sd_dwarf *dw, u32 unit,
		       bool (*cb)(void *ctx, const struct sd_dwarf_row *row), void *ctx)
{
	struct table *t = table_of(dw, unit);
	struct machine m = {.t = t, .cb = cb, .ctx = ctx};

	if (!t->bad)
		run(&m);
}

struct wanted {
	u64 lo, hi;
	SD_VEC(struct sd_dwarf_row) rows;
};

static bool take_row(void *ctx, const struct sd_dwarf_row *row)
{
	struct wanted *w = ctx;

	if (row->hi > w->lo && row->lo < w->hi)
		sd_vec_push(&w->rows, *row);
	return true;
}

static int by_lo(const void *a, const void *b)
{
	u64 x = ((const struct sd_dwarf_row *)a)->lo, y = ((const struct sd_dwarf_row *)b)->lo;

	return x < y ? -1 : x > y;
}

struct sd_err *sd_dwarf_rows(struct sd_dwarf *dw, struct sd_vaddr entry, const char *unit_hint,
			     u64 lo, u64 hi, struct sd_arena *arena, struct sd_dwarf_row **ret,
			     u32 *n_ret)
{
	struct wanted w = {.lo = lo, .hi = hi};
	struct sd_dw_unit *unit;
	struct table *t;
	Dwarf_Die die;

	*ret = NULL;
	*n_ret = 0;
	if (!sd_dw_find_entry(dw, entry.v, unit_hint, &die) || !(unit = sd_dw_unit_of(dw, &die)))
		return NULL;
	t = table_of(dw, (u32)(unit - dw->units.v));
	if (t->bad && section_of(dw)->line.n)
		return sd_err_new(SD_ERR_FAILED,
				  "the debug information of %s is damaged: a line table",
				  sd_elf_display(dw->elf));
	sd_dwarf_each_row(dw, (u32)(unit - dw->units.v), take_row, &w);
	if (w.rows.n) {
		qsort(w.rows.v, w.rows.n, sizeof(*w.rows.v), by_lo);
		*ret = sd_arena_memdup(arena, w.rows.v, w.rows.n * sizeof(*w.rows.v));
	}
	*n_ret = (u32)w.rows.n;
	sd_vec_free(&w.rows);
	return NULL;
}

void sd_dwarf_each_file(struct sd_dwarf *dw, bool (*cb)(void *ctx, u32 unit, const char *file),
			void *ctx)
{
	for (u32 u = 0; u < dw->units.n; u++) {
		const struct table *t;

		if (dw->units.v[u].lang == DW_LANG_Go)
			continue;
		t = table_of(dw, u);
		for (u32 i = 0; i < t->nfiles && !t->bad; i++)
			if (t->files[i] && !cb(ctx, u, t->files[i]))
				return;
	}
}

/* ---- functions by address ---- */

static bool add_function(void *ctx, Dwarf_Die *die)
{
	struct functions *f = ctx;
	Dwarf_Addr base, lo, hi;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &lo, &hi)) > 0)
		if (lo < hi)
			sd_vec_push(&f->v, (struct function){lo, hi, dwarf_dieoffset(die)});
	return true;
}

static int by_function(const void *a, const void *b)
{
	u64 x = ((const struct function *)a)->lo, y = ((const struct function *)b)->lo;

	return x < y ? -1 : x > y;
}

static struct functions *functions_of(struct sd_dwarf *dw, u32 unit)
{
	bool is_new;
	u64 *slot = sd_map_put(&lines_of(dw)->functions, unit, &is_new);
	struct functions *f;
	Dwarf_Die die;

	if (!is_new)
		return (struct functions *)(uintptr_t)*slot;
	f = sd_arena_new(&dw->arena, struct functions);
	*slot = (uintptr_t)f;
	if (unit < dw->units.n && dwarf_offdie(dw->dw, dw->units.v[unit].die, &die))
		sd_dw_each_function(&die, dw->units.v[unit].lang == DW_LANG_Go, add_function, f);
	if (f->v.n)
		qsort(f->v.v, f->v.n, sizeof(*f->v.v), by_function);
	return f;
}

bool sd_dwarf_function_at(struct sd_dwarf *dw, u32 unit, u64 pc, struct sd_vaddr *low_ret,
			  struct sd_vaddr *high_ret, const char **name_ret)
{
	struct functions *f = functions_of(dw, unit);
	size_t lo = 0, hi = f->v.n;
	Dwarf_Attribute attr;
	const char *name;
	Dwarf_Die die;
	u64 entry;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->v.v[mid].lo <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || pc >= f->v.v[lo - 1].hi || !dwarf_offdie(dw->dw, f->v.v[lo - 1].die, &die) ||
	    !sd_dw_entry(&die, &entry) || entry != f->v.v[lo - 1].lo)
		return false; /* cold parts of split functions are left out: they have no entry */
	name = dwarf_diename(&die);
	if (dwarf_attr_integrate(&die, DW_AT_linkage_name, &attr))
		name = dwarf_formstring(&attr);
	low_ret->v = entry;
	high_ret->v = f->v.v[lo - 1].hi;
	*name_ret = name ? name : "";
	return true;
}
