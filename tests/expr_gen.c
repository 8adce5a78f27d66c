/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random well-typed expressions. What is wanted is a type; whatever gives it is chosen from. Each
 * operator has at least one operand that is no constant: folded constants could be errors.
 */
#include "tests/expr_gen.h"

#include <string.h>

enum { STEPS = 6, TRIES = 24 };

static u64 random_of(struct sd_gen *g, u64 n)
{
	g->rng += 0x9e3779b97f4a7c15ULL;
	u64 z = g->rng;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (z ^ (z >> 31)) % n;
}

static void typed(struct sd_gen *g, struct sd_type *t, int depth, struct sd_buf *out);

static struct sd_type *pick_type(struct sd_gen *g, const char *const *names, size_t n)
{
	return sd_world_type(g->w, names[random_of(g, n)]);
}

static struct sd_type *number_type(struct sd_gen *g)
{
	static const char *const names[] = {
		"int",	      "int8",	    "int16",	 "int32",   "int64",   "uint",
		"uint8",      "uint16",	    "uint32",	 "uint64",  "uintptr", "time.Duration",
		"main.Level", "main.State", "main.Mask", "float32", "float64", "main.Celsius"};

	return pick_type(g, names, SD_ARRAY_SIZE(names) - (g->plain ? 3 : 0));
}

static struct sd_type *integer_type(struct sd_gen *g)
{
	static const char *const names[] = {"int",  "int8",  "int16",  "int32",	 "int64",
					    "uint", "uint8", "uint16", "uint32", "uint64"};

	return pick_type(g, names, SD_ARRAY_SIZE(names));
}

static bool is_secret(const char *name)
{
	return !strcasecmp(name, "password");
}

/* A walk from a variable: what it has reached so far. */
struct walk {
	struct sd_buf text;
	struct sd_type *type;
	bool addressable;
};

static void start(struct sd_gen *g, struct walk *k)
{
	u32 nhit = g->w->nvars[SD_AT_HIT], nret = g->w->nvars[SD_AT_RETURN];
	struct sd_world_var *v;
	u64 i;

	do {
		i = random_of(g, nhit + nret + g->w->nglobals);
		v = i < nhit	      ? &g->w->vars[SD_AT_HIT][i]
		    : i < nhit + nret ? &g->w->vars[SD_AT_RETURN][i - nhit]
				      : &g->w->globals[i - nhit - nret];
	} while (is_secret(v->name));
	k->text.n = 0;
	k->type = v->type;
	k->addressable = true;
	if (i >= nhit && i < nhit + nret && random_of(g, 2))
		sd_buf_printf(&k->text, "ret.%d", (int)(i - nhit));
	else if (strchr(v->name, '/'))
		sd_buf_printf(&k->text, "\"net/http\"%s", strrchr(v->name, '.'));
	else
		sd_buf_str(&k->text, v->name);
}

static bool step_field(struct sd_gen *g, struct walk *k, struct sd_type *t)
{
	const struct sd_field *f = t->nfields ? &t->fields[random_of(g, t->nfields)] : NULL;

	if (!f || is_secret(f->name) || !strcmp(f->name, "_"))
		return false;
	if (f->embedded && random_of(g, 2)) { /* promoted, where one level deep and unambiguous */
		static const char *const promoted[] = {"ID", "Label", "Note", "Depth"};

		if (strcmp(t->name, "main.Req") != 0)
			return false;
		u64 i = random_of(g, SD_ARRAY_SIZE(promoted));
		static const char *const types[] = {"uint64", "string", "string", "int"};

		sd_buf_printf(&k->text, ".%s", promoted[i]);
		k->type = sd_world_type(g->w, types[i]);
		return true;
	}
	sd_buf_printf(&k->text, ".%s", f->name);
	k->type = f->type;
	return true;
}

static void wrap(struct walk *k, const char *before, const char *after)
{
	struct sd_buf b = {0};

	sd_buf_printf(&b, "%s%s%s", before, sd_buf_cstr(&k->text), after);
	sd_buf_deinit(&k->text);
	k->text = b;
}

static void index_text(struct sd_gen *g, struct sd_type *t, int depth, struct sd_buf *out)
{
	if (t->kind == SD_KIND_ARRAY && t->count && random_of(g, 2))
		sd_buf_u64(out, random_of(g, t->count));
	else if (t->kind != SD_KIND_ARRAY && random_of(g, 2))
		sd_buf_u64(out, random_of(g, 4));
	else
		typed(g, integer_type(g), depth - 1, out);
}

static bool step_pointer(struct sd_gen *g, struct walk *k)
{
	struct sd_type *e = sd_type_elem(k->type);

	if (e->kind == SD_KIND_VOID)
		return false;
	k->addressable = true;
	if (e->kind == SD_KIND_STRUCT && random_of(g, 5))
		return step_field(g, k, e);
	wrap(k, "(*", ")");
	k->type = e;
	return true;
}

static bool step_map(struct sd_gen *g, struct walk *k, int depth)
{
	struct sd_type *key = sd_type_key(k->type);

	if (g->plain ||
	    (key->kind != SD_KIND_STRING && key->kind != SD_KIND_INT && key->kind != SD_KIND_FLOAT))
		return false;
	k->addressable = false;
	sd_buf_ch(&k->text, '[');
	if (key->kind == SD_KIND_STRING && random_of(g, 2))
		sd_buf_str(&k->text, "\"k\"");
	else if (key->kind != SD_KIND_STRING && random_of(g, 2))
		sd_buf_str(&k->text, "7");
	else
		typed(g, key, depth - 1, &k->text);
	sd_buf_ch(&k->text, ']');
	k->type = sd_type_elem(k->type);
	return true;
}

/* One step further; false: there is none from here. */
static bool step(struct sd_gen *g, struct walk *k, int depth)
{
	struct sd_world_rtype *r;

	switch (k->type->kind) {
	case SD_KIND_STRUCT:
		return step_field(g, k, k->type);
	case SD_KIND_PTR:
		return step_pointer(g, k);
	case SD_KIND_SLICE:
	case SD_KIND_ARRAY:
		if (depth <= 0 && k->type->kind == SD_KIND_SLICE)
			sd_buf_str(&k->text, "[0]");
		else if (depth <= 0)
			sd_buf_str(&k->text, "[1]");
		else {
			sd_buf_ch(&k->text, '[');
			index_text(g, k->type, depth, &k->text);
			sd_buf_ch(&k->text, ']');
		}
		k->addressable |= k->type->kind == SD_KIND_SLICE;
		k->type = sd_type_elem(k->type);
		return true;
	case SD_KIND_MAP:
		return depth > 0 && step_map(g, k, depth);
	case SD_KIND_IFACE:
	case SD_KIND_EFACE:
		r = &g->w->rtypes[random_of(g, g->w->nrtypes)];
		sd_buf_printf(&k->text, ".(%s)", r->name);
		k->type = r->type;
		k->addressable = false;
		return true;
	default:
		return false;
	}
}

/* A path of type t (NULL: any); a variable of that type when no walk comes there. */
static void path(struct sd_gen *g, struct sd_type *t, int depth, struct sd_buf *out)
{
	struct walk k = {0};
	bool there = false;

	for (int i = 0; i < TRIES && !there; i++) {
		u64 steps = random_of(g, STEPS);

		start(g, &k);
		while (!(there = t ? sd_type_same(k.type, t) : !steps) && steps--)
			if (!step(g, &k, depth))
				break;
	}
	for (int when = 0; !there && when < 2; when++)
		for (u32 i = 0; i < g->w->nvars[when]; i++)
			if (!is_secret(g->w->vars[when][i].name) &&
			    (!t || g->w->vars[when][i].type == t)) {
				k.text.n = 0;
				sd_buf_str(&k.text, g->w->vars[when][i].name);
				there = true;
				break;
			}
	sd_buf_str(out, there ? sd_buf_cstr(&k.text) : "?");
	sd_buf_deinit(&k.text);
}

static void integer_constant(struct sd_gen *g, struct sd_type *t, bool positive, struct sd_buf *out)
{
	static const u64 marks[] = {1, 2, 3, 7, 8, 10, 100, 127, 128, 255, 1000, 32767};
	u64 max = t->kind == SD_KIND_UINT ? ~0ULL >> (64 - 8 * t->size)
					  : ~0ULL >> (65 - 8 * t->size);
	u64 v = random_of(g, 6) ? marks[random_of(g, SD_ARRAY_SIZE(marks))] : random_of(g, max) + 1;

	v = SD_MIN(v, max);
	if (!positive && !random_of(g, 8))
		v = 0;
	if (!positive && t->kind == SD_KIND_INT && !random_of(g, 4))
		sd_buf_printf(out, "(-%llu)", (unsigned long long)v);
	else
		sd_buf_printf(out, random_of(g, 5) ? "%llu" : "0x%llx", (unsigned long long)v);
}

static void constant(struct sd_gen *g, struct sd_type *t, struct sd_buf *out)
{
	static const char *const floats[] = {"0", "1.5", "(-2.25)", "3.25", "100", "1e9", "0.1"};
	static const char *const texts[] = {"\"\"",	 "\"user/17\"", "\"POST\"",	"\"hello\"",
					    "\"user/\"", "\"a\"",	"`hello world`"};

	if (t->kind == SD_KIND_STRING)
		sd_buf_str(out, texts[random_of(g, SD_ARRAY_SIZE(texts))]);
	else if (t->kind == SD_KIND_FLOAT)
		sd_buf_str(out, floats[random_of(g, SD_ARRAY_SIZE(floats))]);
	else if (t->kind == SD_KIND_BOOL)
		sd_buf_str(out, random_of(g, 2) ? "true" : "false");
	else
		integer_constant(g, t, false, out);
}

/* The second operand of an operator: t or a constant. */
static void second(struct sd_gen *g, struct sd_type *t, int depth, struct sd_buf *out)
{
	if (random_of(g, 2))
		constant(g, t, out);
	else
		typed(g, t, depth, out);
}

static void arithmetic(struct sd_gen *g, struct sd_type *t, int depth, struct sd_buf *out)
{
	static const char *const ops[] = {"+", "-", "*", "/", "%", "&", "|", "^", "&^", "<<", ">>"};
	const char *op = ops[random_of(g, t->kind == SD_KIND_FLOAT ? 4 : SD_ARRAY_SIZE(ops))];

	sd_buf_ch(out, '(');
	typed(g, t, depth - 1, out);
	sd_buf_printf(out, " %s ", op);
	if (op[1] != '^' && op[1]) { /* a shift */
		if (random_of(g, 2))
			sd_buf_u64(out, random_of(g, 70));
		else
			typed(g, integer_type(g), depth - 1, out);
	} else if (*op == '/' || *op == '%') {
		if (t->kind == SD_KIND_FLOAT)
			sd_buf_str(out, "1.5");
		else if (random_of(g, 2))
			integer_constant(g, t, true, out);
		else
			typed(g, t, depth - 1, out);
	} else {
		second(g, t, depth - 1, out);
	}
	sd_buf_ch(out, ')');
}

static void measured(struct sd_gen *g, struct sd_buf *out)
{
	static const char *const kinds[] = {"string",	    "[]int",	"[]uint8",
					    "[]main.Inner", "chan int", "map[string]int"};
	u64 i = random_of(g, g->plain ? 5 : 6);
	bool cap = i != 0 && i != 5 && !random_of(g, 3);

	sd_buf_str(out, cap ? "cap(" : "len(");
	path(g, sd_world_type(g->w, kinds[i]), 1, out);
	sd_buf_ch(out, ')');
}

static void number(struct sd_gen *g, struct sd_type *t, int depth, struct sd_buf *out)
{
	switch (random_of(g, 8)) {
	case 0:
		sd_buf_printf(out, "(%s", t->kind == SD_KIND_FLOAT || random_of(g, 2) ? "-" : "^");
		typed(g, t, depth - 1, out);
		sd_buf_ch(out, ')');
		break;
	case 1:
		sd_buf_printf(out, "%s(", t->name);
		typed(g, number_type(g), depth - 1, out);
		sd_buf_ch(out, ')');
		break;
	case 2:
		if (!strcmp(t->name, "int")) {
			measured(g, out);
			break;
		}
		if (!strcmp(t->name, "uint8")) {
			path(g, sd_world_type(g->w, "string"), 1, out);
			sd_buf_printf(out, "[%d]", (int)random_of(g, 4));
			break;
		}
		if (!strcmp(t->name, "uint64")) {
			sd_buf_str(out, "goid()");
			break;
		}
		if (!strcmp(t->name, "time.Duration")) {
			sd_buf_str(out, "duration()");
			break;
		}
		/* fall through */
	default:
		arithmetic(g, t, depth, out);
		break;
	}
}

static void bounds(struct sd_gen *g, struct sd_buf *out)
{
	u64 low = random_of(g, 3);

	sd_buf_ch(out, '[');
	if (random_of(g, 3))
		sd_buf_u64(out, low);
	sd_buf_ch(out, ':');
	if (random_of(g, 3))
		sd_buf_u64(out, low + random_of(g, 4));
	sd_buf_ch(out, ']');
}

static void string(struct sd_gen *g, struct sd_type *t, int depth, struct sd_buf *out)
{
	bool named = strcmp(t->name, "string") != 0;

	switch (random_of(g, 6)) {
	case 0:
		if (named || g->plain) {
			path(g, t, depth, out);
			break;
		}
		sd_buf_ch(out, '(');
		typed(g, t, depth - 1, out);
		sd_buf_str(out, " + ");
		second(g, t, depth - 1, out);
		sd_buf_ch(out, ')');
		break;
	case 1:
		sd_buf_printf(out, "%s(", t->name);
		path(g, sd_world_type(g->w, random_of(g, 2) ? "[]uint8" : "main.Name"), 1, out);
		sd_buf_ch(out, ')');
		break;
	case 2:
		if (!named && !g->plain) {
			path(g, sd_world_type(g->w, "error"), 1, out);
			sd_buf_str(out, ".Error()");
			break;
		}
		/* fall through */
	default:
		path(g, t, depth, out);
		bounds(g, out);
		break;
	}
}

static void nil_test(struct sd_gen *g, struct sd_buf *out)
{
	static const char *const kinds[] = {
		"*main.Node", "*main.Req", "error",	     "interface {}",   "[]uint8",  "[]int",
		"func()",     "chan int",  "map[string]int", "unsafe.Pointer", "io.Reader"};

	path(g, sd_world_type(g->w, kinds[random_of(g, SD_ARRAY_SIZE(kinds))]), 1, out);
	sd_buf_str(out, random_of(g, 2) ? " == nil" : " != nil");
}

static void same_test(struct sd_gen *g, struct sd_buf *out)
{
	static const char *const kinds[] = {"*main.Node", "*main.Req", "chan int",    "bool",
					    "complex128", "error",     "interface {}"};
	struct sd_type *t = sd_world_type(
		g->w, kinds[random_of(g, SD_ARRAY_SIZE(kinds) - (g->plain ? 3 : 0))]);

	path(g, t, 1, out);
	sd_buf_str(out, random_of(g, 2) ? " == " : " != ");
	path(g, t, 1, out);
}

static void type_test(struct sd_gen *g, struct sd_buf *out)
{
	static const char *const kinds[] = {"error", "interface {}", "io.Reader"};

	path(g, sd_world_type(g->w, kinds[random_of(g, SD_ARRAY_SIZE(kinds))]), 1, out);
	sd_buf_printf(out, ".(type) %s %s", random_of(g, 2) ? "==" : "!=",
		      random_of(g, 6) ? g->w->rtypes[random_of(g, g->w->nrtypes)].name : "nil");
}

static void text_test(struct sd_gen *g, int depth, struct sd_buf *out)
{
	static const char *const functions[] = {"strings.HasPrefix", "strings.HasSuffix",
						"strings.Contains", "strings.EqualFold"};
	static const char *const res[] = {"\"^user/[0-9]+$\"", "`^P`", "\"l+o\"", "\"\""};
	struct sd_type *t = sd_world_type(g->w, random_of(g, 3) ? "string" : "main.Name");

	if (!g->plain && !random_of(g, 5)) {
		sd_buf_str(out, "matches(");
		typed(g, t, depth - 1, out);
		sd_buf_printf(out, ", %s)", res[random_of(g, SD_ARRAY_SIZE(res))]);
		return;
	}
	sd_buf_printf(out, "%s(", functions[random_of(g, SD_ARRAY_SIZE(functions))]);
	typed(g, t, depth - 1, out);
	sd_buf_str(out, ", ");
	second(g, t, depth - 1, out);
	sd_buf_ch(out, ')');
}

static void comparison(struct sd_gen *g, int depth, struct sd_buf *out)
{
	static const char *const ops[] = {"==", "!=", "<", "<=", ">", ">="};
	struct sd_type *t = random_of(g, 3)
				    ? number_type(g)
				    : sd_world_type(g->w, random_of(g, 3) ? "string" : "main.Name");
	bool turned = !random_of(g, 4);

	if (turned)
		second(g, t, 0, out);
	else
		typed(g, t, depth - 1, out);
	sd_buf_printf(out, " %s ", ops[random_of(g, SD_ARRAY_SIZE(ops))]);
	if (turned)
		typed(g, t, depth - 1, out);
	else
		second(g, t, depth - 1, out);
}

static void boolean(struct sd_gen *g, int depth, struct sd_buf *out)
{
	u64 choice = random_of(g, 16);

	sd_buf_ch(out, '(');
	if (depth > 0 && choice < 4) {
		boolean(g, depth - 1, out);
		sd_buf_str(out, choice < 2 ? " && " : " || ");
		boolean(g, depth - 1, out);
	} else if (depth > 0 && choice < 5) {
		sd_buf_ch(out, '!');
		boolean(g, depth - 1, out);
	} else if (choice < 6) {
		path(g, sd_world_type(g->w, random_of(g, 3) ? "bool" : "main.Flag"), depth, out);
	} else if (choice < 8) {
		nil_test(g, out);
	} else if (choice < 9) {
		same_test(g, out);
	} else if (choice < 10) {
		type_test(g, out);
	} else if (choice < 12) {
		text_test(g, depth, out);
	} else {
		comparison(g, depth, out);
	}
	sd_buf_ch(out, ')');
}

static void typed(struct sd_gen *g, struct sd_type *t, int depth, struct sd_buf *out)
{
	bool numeric = t->kind == SD_KIND_INT || t->kind == SD_KIND_UINT ||
		       t->kind == SD_KIND_FLOAT;

	if (t->kind == SD_KIND_BOOL && depth > 0)
		boolean(g, depth, out);
	else if (depth <= 0 || random_of(g, 2))
		path(g, t, depth, out);
	else if (numeric)
		number(g, t, depth, out);
	else if (t->kind == SD_KIND_STRING)
		string(g, t, depth, out);
	else
		path(g, t, depth, out);
}

void sd_gen_condition(struct sd_gen *g, int depth, struct sd_buf *out)
{
	boolean(g, depth, out);
}

void sd_gen_value(struct sd_gen *g, int depth, struct sd_buf *out)
{
	switch (random_of(g, 6)) {
	case 0:
		boolean(g, depth, out);
		break;
	case 1:
	case 2:
		typed(g, number_type(g), depth, out);
		break;
	case 3:
		typed(g, sd_world_type(g->w, "string"), depth, out);
		break;
	default:
		path(g, NULL, depth, out);
		break;
	}
}
