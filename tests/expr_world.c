/* SPDX-License-Identifier: BSD-2-Clause */
/* The program that expressions are tested on: its types from a table of texts, its memory from a
 * seed. */
#include "tests/expr_world.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct named_text {
	const char *name, *text;
};

enum { MAX_TYPES = 256, MAX_ENTITIES = 64 };

/* A world with what its scope functions need. */
struct build {
	struct sd_world world;
	struct sd_arena arena;
	bool c;
	struct sd_type *types[MAX_TYPES];
	u32 ntypes;
	const struct named_text *structs;
	u32 nstructs;
	struct sd_entity consts[MAX_ENTITIES];
	u32 nconsts;
};

static const struct named_text go_named[] = {
	{"main.Level", "int8"},	    {"main.State", "int"},     {"main.Name", "string"},
	{"time.Duration", "int64"}, {"main.Flag", "bool"},     {"main.Celsius", "float64"},
	{"main.Mask", "uint16"},    {"main.Tags", "[]string"}, {"main.Header", "map[string]string"},
};

static const struct named_text go_structs[] = {
	{"main.Inner", "A int32; B string; C [3]uint16; Ok bool; F float32"},
	{"main.Node", "Val int64; Next *main.Node; Tag string; _ int"},
	{"main.Deep", "Depth int; Bottom uint8; *main.Base"},
	{"main.Base", "ID uint64; Hits int; Label string"},
	{"main.Extra", "Hits uint8; Note string; *main.Deep"},
	{"main.ErrT", "Code int; Op string; Err error"},
	{"main.Req",
	 "main.Base; *main.Extra; Method string; Path main.Name; Size int; In main.Inner; PIn "
	 "*main.Inner; Items []main.Inner; Tags []string; Data []uint8; M map[string]int; MI "
	 "map[int32]string; MN map[string]*main.Node; Err error; Any interface {}; Level "
	 "main.Level; State main.State; D time.Duration; Fn func(); Ch chan int; Bits [4]uint8; "
	 "Arr *[4]int32; Up unsafe.Pointer; C complex128; Password string"},
};

static const struct named_text go_vars[] = {
	{"i", "int"},
	{"j", "int"},
	{"i8", "int8"},
	{"i16", "int16"},
	{"i32", "int32"},
	{"i64", "int64"},
	{"u", "uint"},
	{"u8", "uint8"},
	{"u16", "uint16"},
	{"u32", "uint32"},
	{"u64", "uint64"},
	{"uptr", "uintptr"},
	{"f32", "float32"},
	{"f64", "float64"},
	{"ok", "bool"},
	{"flag", "main.Flag"},
	{"s", "string"},
	{"t", "string"},
	{"nm", "main.Name"},
	{"b", "[]uint8"},
	{"xs", "[]int"},
	{"strs", "[]string"},
	{"arr", "[4]int32"},
	{"parr", "*[4]int32"},
	{"p", "*main.Req"},
	{"r", "main.Req"},
	{"pp", "**main.Req"},
	{"nd", "*main.Node"},
	{"err", "error"},
	{"rd", "io.Reader"},
	{"v", "interface {}"},
	{"m", "map[string]int"},
	{"mi", "map[int32]string"},
	{"mf", "map[float64]bool"},
	{"me", "map[interface {}]int"},
	{"ms", "map[string]main.Inner"},
	{"d", "time.Duration"},
	{"lvl", "main.Level"},
	{"st", "main.State"},
	{"tmp", "main.Celsius"},
	{"mask", "main.Mask"},
	{"ch", "chan int"},
	{"fn", "func()"},
	{"up", "unsafe.Pointer"},
	{"c128", "complex128"},
	{"items", "[]main.Inner"},
	{"in", "main.Inner"},
	{"password", "string"},
	{"o", "main.Opaque"},
	{"sh", "go.shape.int"},
	{"pid", "uint32"},
	{"i128", "main.Wide"},
	{"hd", "main.Header"},
};

static const struct named_text go_results[] = {{"n", "int"}, {"e", "error"}};

static const struct named_text go_globals[] = {
	{"main.limit", "int"},	    {"main.cfg", "*main.Req"},
	{"main.names", "[]string"}, {"main.errBusy", "error"},
	{"main.table", "[4]int32"}, {"net/http.DefaultClient", "*main.Node"},
	{"io.EOF", "error"},
};

/* What interfaces hold. */
static const char *const go_held[] = {"*main.ErrT", "*main.Node", "main.Inner",
				      "int",	    "string",	  "main.Level",
				      "*main.Req",  "[]uint8",	  "main.ErrT"};

static const struct named_text c_structs[] = {
	{"struct node", "long val; struct node *next; char tag[8]"},
	{"union word", "unsigned int u; float f; unsigned char bytes[4]"},
	{"struct point", "double x; double y"},
	{"struct ", "short left; short right"}, /* anonymous */
	{"struct req",
	 "int fd; unsigned int mode:3; unsigned int kind:5; int delta:4; char *path; char "
	 "name[16]; "
	 "struct node *head; struct node first; union word w; struct ; enum color color; "
	 "_Bool done; unsigned char level; signed char temp; unsigned long size; short port; "
	 "float ratio; struct point *points; int counts[4]; void *data; int (*fn)(); struct req "
	 "**all; char *password; int grid[2][3]"},
};

static const struct named_text c_vars[] = {
	{"i", "int"},
	{"u", "unsigned int"},
	{"l", "long"},
	{"ul", "unsigned long"},
	{"h", "short"},
	{"uh", "unsigned short"},
	{"c", "char"},
	{"uc", "unsigned char"},
	{"done", "_Bool"},
	{"f", "float"},
	{"x", "double"},
	{"ld", "long double"},
	{"req", "struct req *"},
	{"r", "struct req"},
	{"n", "struct node *"},
	{"path", "char *"},
	{"buf", "char[16]"},
	{"argv", "char **"},
	{"col", "enum color"},
	{"data", "void *"},
	{"nums", "int *"},
	{"counts", "int[4]"},
	{"fn", "int (*)()"},
	{"w", "union word"},
};

static const struct named_text c_results[] = {{"rc", "int"}};
static const struct named_text c_globals[] = {
	{"limit", "int"}, {"version", "char *"}, {"table", "int[4]"}, {"ns::depth", "int"}};

/* ---- types ---- */

static struct sd_type *add_type(struct build *b, enum sd_kind kind, const char *name, u64 size,
				u32 align)
{
	struct sd_type *t = sd_arena_new(&b->arena, struct sd_type);

	if (b->ntypes == MAX_TYPES)
		abort();
	t->kind = kind;
	t->name = name ? sd_arena_strdup(&b->arena, name) : NULL;
	t->size = size;
	t->align = align;
	b->types[b->ntypes++] = t;
	return t;
}

static struct sd_type *known(struct build *b, const char *name)
{
	for (u32 i = 0; i < b->ntypes; i++)
		if (b->types[i]->name && !strcmp(b->types[i]->name, name))
			return b->types[i];
	return NULL;
}

static struct sd_type *type_of(struct build *b, const char *text);

static struct sd_type *add_elem(struct build *b, enum sd_kind kind, const char *name, u64 size,
				const char *elem)
{
	struct sd_type *t = add_type(b, kind, name, size, 8);

	t->elem = type_of(b, elem); /* after t is known: types that lead to themselves */
	return t->elem ? t : NULL;
}

static struct sd_type *array(struct build *b, const char *name, u64 count, const char *elem)
{
	struct sd_type *e = type_of(b, elem), *t;

	if (!e)
		return NULL;
	t = add_type(b, SD_KIND_ARRAY, name, count * e->size, e->align);
	t->elem = e;
	t->count = count;
	return t;
}

/* Go: the length of the type in [brackets] at p. */
static size_t bracketed(const char *p)
{
	size_t depth = 0, n = 0;

	do {
		depth += p[n] == '[';
		depth -= p[n] == ']';
		n++;
	} while (depth && p[n]);
	return n;
}

static struct sd_type *make_go(struct build *b, const char *text)
{
	char name[128];

	if (text[0] == '*')
		return add_elem(b, SD_KIND_PTR, text, 8, text + 1);
	if (!strncmp(text, "[]", 2))
		return add_elem(b, SD_KIND_SLICE, text, 24, text + 2);
	if (text[0] == '[')
		return array(b, text, strtoul(text + 1, NULL, 10), text + bracketed(text));
	if (!strncmp(text, "chan ", 5)) {
		struct sd_type *t = add_elem(b, SD_KIND_CHAN, text, 8, text + 5);

		return t;
	}
	if (!strncmp(text, "map[", 4)) {
		size_t n = bracketed(text + 3);
		struct sd_type *t = add_elem(b, SD_KIND_MAP, text, 8, text + 3 + n);

		snprintf(name, sizeof(name), "%.*s", (int)n - 2, text + 4);
		if (!t)
			return NULL;
		t->key = type_of(b, name);
		return t->key ? t : NULL;
	}
	return NULL;
}

static struct sd_type *make_c(struct build *b, const char *text)
{
	size_t n = strlen(text);
	char inner[128], *open;

	if (n && text[n - 1] == '*') {
		snprintf(inner, sizeof(inner), "%.*s", (int)n - 1, text);
		if (n > 1 && inner[n - 2] == ' ')
			inner[n - 2] = '\0';
		return add_elem(b, SD_KIND_PTR, text, 8, inner);
	}
	if (n && text[n - 1] == ']') {
		snprintf(inner, sizeof(inner), "%s", text);
		open = strchr(inner, '[');
		if (!open)
			return NULL;
		u64 count = strtoul(open + 1, NULL, 10);
		char *rest = strchr(open, ']') + 1;

		memmove(open, rest, strlen(rest) + 1);
		return array(b, text, count, inner);
	}
	if (strstr(text, "(*)"))
		return add_type(b, SD_KIND_FUNC, text, 8, 8);
	return NULL;
}

/* One field of a struct's text, its type filled in. */
static bool parse_field(struct build *b, char *text, struct sd_field *f)
{
	char *name = text, *type = text, *colon, *bracket;

	while (*type == ' ')
		name = ++type;
	if (!b->c) {
		type = strchr(name, ' ');
		f->embedded = !type; /* "main.Base", "*main.Extra" */
		if (type) {
			*type++ = '\0';
		} else {
			type = name;
			name = strrchr(name, '.') + 1;
		}
	} else {
		char buf[128];

		if (!strcmp(type, "struct ")) { /* anonymous */
			name = type + strlen(type);
		} else if (strstr(type, "(*")) {
			name = strstr(type, "(*") + 2;
			*strchr(name, ')') = '\0';
			f->name = sd_arena_strdup(&b->arena, name);
			f->type = type_of(b, "int (*)()");
			return f->type;
		} else {
			name = type + strlen(type);
			while (name > type &&
			       (isalnum((unsigned char)name[-1]) || strchr("_[]:", name[-1])))
				name--;
		}
		colon = strchr(name, ':');
		if (colon) {
			*colon = '\0';
			f->bit_size = (u16)atoi(colon + 1);
		}
		bracket = strchr(name, '[');
		snprintf(buf, sizeof(buf), "%.*s%s",
			 (int)(name - type) - (name > type && name[-1] == ' ' && *name), type,
			 bracket ? bracket : "");
		if (bracket)
			*bracket = '\0';
		f->name = sd_arena_strdup(&b->arena, name);
		f->type = type_of(b, buf);
		return f->type;
	}
	f->name = sd_arena_strdup(&b->arena, name);
	f->type = type_of(b, type);
	return f->type;
}

static void lay_out(struct sd_type *t)
{
	u64 at = 0, bit = 0;

	t->align = 1;
	for (u32 i = 0; i < t->nfields; i++) {
		struct sd_field *f = &t->fields[i];
		u64 align = f->type->align, bits = f->type->size * 8;

		t->align = SD_MAX(t->align, (u32)align);
		if (t->kind == SD_KIND_UNION) {
			at = SD_MAX(at, f->type->size);
			continue;
		}
		if (f->bit_size && bit && bit % bits + f->bit_size <= bits) {
			f->off = t->fields[i - 1].off;
			f->bit_off = (u16)(bit % bits);
			bit += f->bit_size;
			continue;
		}
		at = (at + align - 1) / align * align;
		f->off = at;
		at += f->type->size;
		bit = f->bit_size;
	}
	t->size = (at + t->align - 1) / t->align * t->align;
}

static struct sd_type *make_struct(struct build *b, const struct named_text *d)
{
	struct sd_type *t = add_type(
		b, strncmp(d->name, "union", 5) ? SD_KIND_STRUCT : SD_KIND_UNION, d->name, 0, 1);
	char *text = sd_arena_strdup(&b->arena, d->text), *next;

	t->named = true;
	t->fields = sd_arena_array(&b->arena, struct sd_field, 40);
	for (; text; text = next) {
		next = strchr(text, ';');
		if (next)
			*next++ = '\0';
		if (!parse_field(b, text, &t->fields[t->nfields])) {
			fprintf(stderr, "bad field of %s: %s\n", d->name, text);
			abort();
		}
		t->nfields++;
	}
	lay_out(t);
	return t;
}

static struct sd_type *type_of(struct build *b, const char *text)
{
	struct sd_type *t = known(b, text);

	for (u32 i = 0; !t && i < b->nstructs; i++)
		if (!strcmp(b->structs[i].name, text))
			t = make_struct(b, &b->structs[i]);
	if (!t)
		t = b->c ? make_c(b, text) : make_go(b, text);
	return t;
}

static void base_types(struct build *b)
{
	static const struct {
		const char *name;
		enum sd_kind kind;
		u8 size;
	} go[] = {{"int", SD_KIND_INT, 8},
		  {"int8", SD_KIND_INT, 1},
		  {"int16", SD_KIND_INT, 2},
		  {"int32", SD_KIND_INT, 4},
		  {"int64", SD_KIND_INT, 8},
		  {"uint", SD_KIND_UINT, 8},
		  {"uint8", SD_KIND_UINT, 1},
		  {"uint16", SD_KIND_UINT, 2},
		  {"uint32", SD_KIND_UINT, 4},
		  {"uint64", SD_KIND_UINT, 8},
		  {"uintptr", SD_KIND_UINT, 8},
		  {"float32", SD_KIND_FLOAT, 4},
		  {"float64", SD_KIND_FLOAT, 8},
		  {"bool", SD_KIND_BOOL, 1},
		  {"string", SD_KIND_STRING, 16},
		  {"complex128", SD_KIND_COMPLEX, 16},
		  {"error", SD_KIND_IFACE, 16},
		  {"io.Reader", SD_KIND_IFACE, 16},
		  {"interface {}", SD_KIND_EFACE, 16},
		  {"func()", SD_KIND_FUNC, 8},
		  {"main.Opaque", SD_KIND_UNKNOWN, 8},
		  {"go.shape.int", SD_KIND_INT, 8},
		  {"main.Wide", SD_KIND_INT, 16}},
	  c[] = {{"int", SD_KIND_INT, 4},
		 {"unsigned int", SD_KIND_UINT, 4},
		 {"long", SD_KIND_INT, 8},
		 {"unsigned long", SD_KIND_UINT, 8},
		 {"short", SD_KIND_INT, 2},
		 {"unsigned short", SD_KIND_UINT, 2},
		 {"char", SD_KIND_INT, 1},
		 {"signed char", SD_KIND_INT, 1},
		 {"unsigned char", SD_KIND_UINT, 1},
		 {"_Bool", SD_KIND_BOOL, 1},
		 {"float", SD_KIND_FLOAT, 4},
		 {"double", SD_KIND_FLOAT, 8},
		 {"long double", SD_KIND_FLOAT, 16},
		 {"enum color", SD_KIND_ENUM, 4}};

	for (size_t i = 0; i < (b->c ? SD_ARRAY_SIZE(c) : SD_ARRAY_SIZE(go)); i++) {
		struct sd_type *t = b->c ? add_type(b, c[i].kind, c[i].name, c[i].size, c[i].size)
					 : add_type(b, go[i].kind, go[i].name, go[i].size,
						    SD_MIN(go[i].size, 8));

		t->named = true;
		if (t->kind == SD_KIND_ENUM)
			t->elem = known(b, "unsigned int");
	}
	if (b->c) {
		add_type(b, SD_KIND_VOID, "void", 0, 1);
		return;
	}
	struct sd_type *t = add_type(b, SD_KIND_PTR, "unsafe.Pointer", 8, 8);

	t->named = true;
	t->elem = add_type(b, SD_KIND_VOID, "void", 0, 1);
	for (size_t i = 0; i < SD_ARRAY_SIZE(go_named); i++) {
		struct sd_type *u = type_of(b, go_named[i].text);

		t = add_type(b, u->kind, go_named[i].name, u->size, u->align);
		t->named = true;
		t->elem = u->elem;
		t->key = u->key;
	}
}

/* ---- the scope ---- */

static bool is_var(struct build *b, enum sd_when when, u32 i, struct sd_entity *ret)
{
	*ret = (struct sd_entity){.kind = SD_ENTITY_VAR,
				  .name = b->world.vars[when][i].name,
				  .type = b->world.vars[when][i].type,
				  .when = when,
				  .var = i};
	return true;
}

static bool variable(void *ctx, const char *name, struct sd_entity *ret)
{
	struct build *b = ctx;

	for (int when = 0; when < 2; when++)
		for (u32 i = 0; i < b->world.nvars[when]; i++)
			if (!strcmp(b->world.vars[when][i].name, name))
				return is_var(b, (enum sd_when)when, i, ret);
	return false;
}

static bool result(void *ctx, u32 i, struct sd_entity *ret)
{
	struct build *b = ctx;

	return i < b->world.nvars[SD_AT_RETURN] && is_var(b, SD_AT_RETURN, i, ret);
}

static bool global(void *ctx, const char *pkg, const char *name, struct sd_entity *ret,
		   const char **ambiguous_ret)
{
	struct build *b = ctx;
	char full[256];

	if (pkg && !strcmp(pkg, "http") && !strcmp(name, "Several")) {
		*ambiguous_ret = "net/http.Several, example.com/http.Several";
		return false;
	}
	if (pkg && !strcmp(pkg, "http"))
		pkg = "net/http";
	if (b->c)
		snprintf(full, sizeof(full), "%s%s%s", pkg ? pkg : "", pkg ? "::" : "", name);
	else
		snprintf(full, sizeof(full), "%s.%s", pkg ? pkg : "main", name);
	for (u32 i = 0; i < b->world.nglobals; i++)
		if (!strcmp(b->world.globals[i].name, full)) {
			*ret = (struct sd_entity){.kind = SD_ENTITY_GLOBAL,
						  .name = b->world.globals[i].name,
						  .type = b->world.globals[i].type,
						  .addr = b->world.globals[i].addr};
			return true;
		}
	for (u32 i = 0; i < b->nconsts; i++)
		if (!strcmp(b->consts[i].name, full)) {
			*ret = b->consts[i];
			return true;
		}
	return false;
}

static bool type(void *ctx, const char *text, struct sd_type **ret, u64 *rtype_ret,
		 const char **ambiguous_ret)
{
	struct build *b = ctx;
	struct sd_type *t;

	if (!strcmp(text, "http.Several")) {
		*ambiguous_ret = "net/http.Several, example.com/http.Several";
		return false;
	}
	t = known(b, !strcmp(text, "[]byte") ? "[]uint8" : text);
	if (!t)
		return false;
	*ret = t;
	for (u32 i = 0; i < b->world.nrtypes; i++)
		if (b->world.rtypes[i].type == t)
			*rtype_ret = b->world.rtypes[i].addr;
	return true;
}

static const char *name(void *ctx, u32 i)
{
	struct build *b = ctx;
	u32 n = b->world.nvars[SD_AT_HIT];

	if (i < n)
		return b->world.vars[SD_AT_HIT][i].name;
	return i - n < b->world.nvars[SD_AT_RETURN] ? b->world.vars[SD_AT_RETURN][i - n].name
						    : NULL;
}

static const char *refused(void *ctx, const char *word)
{
	return !strcasecmp(word, "password") ? "its name says secret" : NULL;
}

/* ---- building ---- */

static struct sd_world_var *variables(struct build *b, const struct named_text *from, size_t n,
				      u64 *at)
{
	struct sd_world_var *v = sd_arena_array(&b->arena, struct sd_world_var, n);

	for (size_t i = 0; i < n; i++) {
		v[i].name = from[i].name;
		v[i].type = type_of(b, from[i].text);
		if (!v[i].type) {
			fprintf(stderr, "no type %s\n", from[i].text);
			abort();
		}
		v[i].addr = *at;
		*at += (v[i].type->size + 15) & ~15ULL;
	}
	return v;
}

static void add_const(struct build *b, const char *full, const char *type_name,
		      struct sd_constant k)
{
	if (b->nconsts == MAX_ENTITIES)
		abort();
	b->consts[b->nconsts++] = (struct sd_entity){.kind = SD_ENTITY_CONST,
						     .name = full,
						     .type = type_name ? type_of(b, type_name)
								       : NULL,
						     .constant = k};
}

static void constants(struct build *b)
{
	struct sd_constant yes = {.kind = SD_KIND_BOOL, .u = 1};
	struct sd_constant text = {.kind = SD_KIND_STRING, .bytes = "hello", .n = 5};
	struct sd_constant pi = {.kind = SD_KIND_FLOAT, .f = 3.25};

	if (b->c) {
		static const char *const colors[] = {"RED", "GREEN", "BLUE"};

		for (u32 i = 0; i < 3; i++)
			add_const(b, colors[i], "enum color",
				  (struct sd_constant){.kind = SD_KIND_UINT, .u = i});
		return;
	}
	static const char *const states[] = {"main.StateIdle", "main.StateOpen",
					     "main.StateClosed"};

	for (int i = 0; i < 3; i++)
		add_const(b, states[i], "main.State",
			  (struct sd_constant){.kind = SD_KIND_INT, .s = i});
	add_const(b, "main.MaxLevel", "main.Level",
		  (struct sd_constant){.kind = SD_KIND_INT, .s = 100});
	add_const(b, "main.Big", NULL, (struct sd_constant){.kind = SD_KIND_INT, .s = 1LL << 40});
	add_const(b, "main.Pi", NULL, pi);
	add_const(b, "main.Greeting", NULL, text);
	add_const(b, "main.Root", "main.Name", text);
	add_const(b, "main.Debug", NULL, yes);
	add_const(b, "net/http.StatusOK", NULL,
		  (struct sd_constant){.kind = SD_KIND_INT, .s = 200});
}

static void held(struct build *b, u64 *at)
{
	u32 n = b->c ? 0 : SD_ARRAY_SIZE(go_held);

	b->world.rtypes = sd_arena_array(&b->arena, struct sd_world_rtype, n + 1);
	b->world.nrtypes = n;
	for (u32 i = 0; i < n; i++) {
		b->world.rtypes[i] = (struct sd_world_rtype){.name = go_held[i],
							     .type = type_of(b, go_held[i]),
							     .addr = 0x30000000 + 64ULL * i,
							     .itab = *at};
		*at += 32;
	}
}

static void build(struct build *b, bool c)
{
	struct sd_world *w = &b->world;
	u64 at = SD_WORLD_BASE;

	b->c = c;
	b->structs = c ? c_structs : go_structs;
	b->nstructs = c ? SD_ARRAY_SIZE(c_structs) : SD_ARRAY_SIZE(go_structs);
	base_types(b);
	w->nvars[SD_AT_HIT] = c ? SD_ARRAY_SIZE(c_vars) : SD_ARRAY_SIZE(go_vars);
	w->vars[SD_AT_HIT] = variables(b, c ? c_vars : go_vars, w->nvars[SD_AT_HIT], &at);
	w->nvars[SD_AT_RETURN] = c ? SD_ARRAY_SIZE(c_results) : SD_ARRAY_SIZE(go_results);
	w->vars[SD_AT_RETURN] = variables(b, c ? c_results : go_results, w->nvars[SD_AT_RETURN],
					  &at);
	w->nglobals = c ? SD_ARRAY_SIZE(c_globals) : SD_ARRAY_SIZE(go_globals);
	w->globals = variables(b, c ? c_globals : go_globals, w->nglobals, &at);
	constants(b);
	held(b, &at);
	w->scope = (struct sd_scope){.ctx = b,
				     .where = c ? "handle" : "main.handle",
				     .c_like = c,
				     .returns = true,
				     .nresults = w->nvars[SD_AT_RETURN],
				     .variable = variable,
				     .result = result,
				     .global = global,
				     .type = type,
				     .name = name,
				     .refused = refused};
}

struct sd_world *sd_world_go(void)
{
	static struct build b;

	if (!b.ntypes)
		build(&b, false);
	return &b.world;
}

struct sd_world *sd_world_c(void)
{
	static struct build b;

	if (!b.ntypes)
		build(&b, true);
	return &b.world;
}

struct sd_type *sd_world_type(struct sd_world *w, const char *text)
{
	return type_of(w->scope.ctx, text);
}
