/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redaction of value trees: what a name says covers everything that goes by it, so a struct, a
 * pointer or a map under such a name is redacted whole; elsewhere the walk goes on, and every text
 * is searched.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "decode/redact_priv.h"

struct walk {
	struct sd_redact *r;
	struct sd_arena *arena;
	u64 redacted; /* values so far */
};

struct sd_redact *sd_redact_create(const struct sd_redact_options *options)
{
	struct sd_redact *r = sd_xcalloc(1, sizeof(*r));
	struct sd_buf words = {0};

	r->show = options->show;
	r->no_strings = options->no_strings;
	r->names = sd_xcalloc(options->nnames + 1, sizeof(*r->names));
	for (u32 i = 0; i < options->nnames; i++) {
		sd_redact_words(options->names[i], strlen(options->names[i]), &words);
		if (words.n > 1)
			r->names[r->nnames++] = sd_xstrdup(sd_buf_cstr(&words));
	}
	sd_buf_deinit(&words);
	return r;
}

void sd_redact_destroy(struct sd_redact *r)
{
	if (!r)
		return;
	for (u32 i = 0; i < r->nnames; i++)
		free(r->names[i]);
	free(r->names);
	free(r);
}

bool sd_redact_is_secret(struct sd_redact *r, const char *name)
{
	enum sd_secrecy s = !r->show && name ? sd_secrecy_of(r, name, strlen(name)) : SD_PLAIN;

	return s != SD_PLAIN && s != SD_SECRET_MEASURE;
}

static void become_text(struct sd_value *v, const char *text)
{
	*v = (struct sd_value){.kind = SD_V_TEXT, .type = v->type, .name = v->name, .text = text};
}

static void hide(struct walk *w, struct sd_value *v)
{
	become_text(v, SD_REDACTED);
	w->redacted++;
}

static const struct sd_value *inside(const struct sd_value *v)
{
	for (int i = 0; i < 8 && (v->kind == SD_V_IFACE || v->kind == SD_V_PTR) && v->n == 1; i++)
		v = v->items;
	return v;
}

static bool is_string(const struct sd_value *v)
{
	return v->kind == SD_V_STRING || v->kind == SD_V_BYTES;
}

static bool is_number(const struct sd_value *v)
{
	return v->kind == SD_V_INT || v->kind == SD_V_UINT || v->kind == SD_V_FLOAT ||
	       v->kind == SD_V_COMPLEX || v->kind == SD_V_NUMBER;
}

static bool has_type(const struct sd_value *v, const char *name)
{
	return v->type && v->type->named && v->type->name && !strcmp(v->type->name, name);
}

/* An error is not what it is about, though its text may have it. */
static bool is_error(const struct sd_value *v)
{
	const struct sd_value *in = inside(v);

	return (v->kind == SD_V_IFACE && v->type && v->type->name &&
		!strcmp(v->type->name, "error")) ||
	       (in->text && in->told == SD_TOLD_MESSAGE);
}

/* Whether a value whose name says that much is the secret. */
static bool is_secret(const struct sd_value *v, enum sd_secrecy s)
{
	const struct sd_value *in = inside(v);

	if (s == SD_PLAIN || in->kind == SD_V_NIL || in->kind == SD_V_UNAVAILABLE)
		return false;
	if (s == SD_SECRET_NAMED)
		return true;
	if (in->kind == SD_V_BOOL || in->kind == SD_V_FUNC || has_type(in, "time.Time") ||
	    has_type(in, "time.Duration") || is_error(v))
		return false;
	if (s == SD_SECRET_TEXT)
		return is_string(in);
	return s == SD_SECRET || !is_number(in);
}

/* The name that a defined type has in its package. */
static enum sd_secrecy type_says(struct walk *w, const struct sd_value *v)
{
	const char *name = v->type && v->type->named ? v->type->name : NULL, *dot;
	size_t n;

	if (!name)
		return SD_PLAIN;
	n = strcspn(name, "[");
	dot = memrchr(name, '.', n);
	if (dot)
		n -= (size_t)(dot + 1 - name);
	return sd_secrecy_of(w->r, dot ? dot + 1 : name, n);
}

static void redact(struct walk *w, struct sd_value *v, const char *name);

/* The text of v with the secrets in it replaced, or as it is. */
static const char *clean_text(struct walk *w, const char *text)
{
	struct sd_buf b = {0};

	if (sd_redact_scan(w->r, (const u8 *)text, strlen(text), false, &b))
		text = sd_arena_strndup(w->arena, b.p, b.n);
	sd_buf_deinit(&b);
	return text;
}

static void clean_bytes(struct walk *w, struct sd_value *v)
{
	u64 hidden = v->total - v->n;
	struct sd_buf b = {0};

	if (sd_redact_scan(w->r, v->bytes, v->n, hidden != 0, &b)) {
		v->bytes = sd_arena_memdup(w->arena, b.p, b.n);
		v->n = b.n;
		v->total = b.n + hidden;
	}
	sd_buf_deinit(&b);
}

/* A string's text as a name; n 0: it is none. */
static const char *as_name(const struct sd_value *v, u64 *n_ret)
{
	v = inside(v);
	*n_ret = v->kind == SD_V_STRING ? v->n : v->kind == SD_V_TEXT ? strlen(v->text) : 0;
	return v->kind == SD_V_STRING ? (const char *)v->bytes : v->text;
}

/* A value that goes by the text of another: a map's, or the field Value beside the field Name. */
static void redact_by_key(struct walk *w, const struct sd_value *key, struct sd_value *v)
{
	u64 n;
	const char *name = as_name(key, &n);
	enum sd_secrecy s = n ? sd_secrecy_of(w->r, name, n) : SD_PLAIN;

	if (is_secret(v, s))
		hide(w, v);
	else
		redact(w, v, NULL);
}

static void redact_map(struct walk *w, struct sd_value *v)
{
	for (u64 i = 0; i < v->n; i++) {
		redact_by_key(w, &v->items[2 * i], &v->items[2 * i + 1]);
		redact(w, &v->items[2 * i], NULL);
	}
}

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) /* the first letter saves most comparisons */
		if (!((*name ^ *list[i]) & ~('a' ^ 'A')) && !strcasecmp(name, list[i]))
			return true;
	return false;
}

/* {Name: "password", Value: "x"}: attributes, labels, header fields. */
static const struct sd_value *key_field(const struct sd_value *v)
{
	static const char *const names[] = {"name", "key", "k", "header", "field", "attr"};

	for (u64 i = 0; i < v->n; i++) {
		const struct sd_value *f = &v->items[i], *in = inside(f);

		if (f->name && is_one_of(f->name, names, SD_ARRAY_SIZE(names)) &&
		    in->kind == SD_V_STRING && in->n)
			return f;
	}
	return NULL;
}

/* net/http: a cookie's value is one whatever its name. */
static bool is_cookie_value(const struct sd_value *v, const char *field)
{
	static const char *const names[] = {"Value", "Raw", "Unparsed"};
	const char *type = v->type && v->type->named ? v->type->name : NULL;

	return type && (!strcmp(type, "net/http.Cookie") || !strcmp(type, "http.Cookie")) &&
	       is_one_of(field, names, SD_ARRAY_SIZE(names));
}

static void redact_struct(struct walk *w, struct sd_value *v)
{
	static const char *const values[] = {"value", "val", "v", "values", "data"};
	const struct sd_value *key = key_field(v);

	for (u64 i = 0; i < v->n; i++) {
		struct sd_value *f = &v->items[i];
		const char *name = f->name ? f->name : "";

		if (is_cookie_value(v, name) && inside(f)->kind != SD_V_NIL)
			hide(w, f);
		else if (key && is_one_of(name, values, SD_ARRAY_SIZE(values)))
			redact_by_key(w, key, f);
		else
			redact(w, f, f->name);
	}
}

/* A command's arguments: "--password", "x". */
static void redact_list(struct walk *w, struct sd_value *v)
{
	for (u64 i = 0; i < v->n; i++) {
		struct sd_value *x = &v->items[i];

		if (i && x[-1].kind == SD_V_STRING && x[-1].n && x[-1].bytes[0] == '-' &&
		    !memchr(x[-1].bytes, '=', x[-1].n))
			redact_by_key(w, &x[-1], x);
		else
			redact(w, x, NULL);
	}
}

static void redact_items(struct walk *w, struct sd_value *v)
{
	for (u64 i = 0; i < v->n; i++)
		redact(w, &v->items[i], v->items[i].name);
}

/* Whether v has text that came out of the target's memory: all but what is told of a number. */
static bool is_told(const struct sd_value *v)
{
	return v->text && v->kind != SD_V_FUNC && !is_number(v);
}

static void redact_told(struct walk *w, struct sd_value *v)
{
	if (!is_told(v))
		return;
	v->text = clean_text(w, v->text);
	if (v->kind == SD_V_TEXT && v->dyn)
		v->dyn = clean_text(w, v->dyn);
}

static void redact_parts(struct walk *w, struct sd_value *v, enum sd_secrecy s)
{
	switch (v->kind) {
	case SD_V_STRING:
	case SD_V_BYTES:
		clean_bytes(w, v);
		break;
	case SD_V_LIST:
		redact_list(w, v);
		break;
	case SD_V_STRUCT:
		redact_struct(w, v);
		break;
	case SD_V_MAP:
		redact_map(w, v);
		break;
	case SD_V_PTR:
	case SD_V_IFACE:
	case SD_V_CHAN:
	case SD_V_FUNC:
		redact_items(w, v);
		break;
	case SD_V_UNAVAILABLE:
		if (s != SD_PLAIN)
			v->opened = false; /* how long it is says something of it */
		break;
	default:
		break;
	}
}

static void redact(struct walk *w, struct sd_value *v, const char *name)
{
	enum sd_secrecy s = name ? sd_secrecy_of(w->r, name, strlen(name)) : SD_PLAIN;
	u64 before = w->redacted;

	if (is_secret(v, s) || (is_string(v) && is_secret(v, type_says(w, v)))) {
		hide(w, v);
		return;
	}
	redact_told(w, v);
	redact_parts(w, v, s);
	/* what is told of the whole may have it too */
	if (w->redacted != before && is_told(v))
		v->text = SD_REDACTED;
}

static bool is_byte_list(const struct sd_value *v)
{
	struct sd_type *t = v->type ? v->type->elem : NULL;

	return v->kind == SD_V_LIST && t && t->size == 1 &&
	       (t->kind == SD_KIND_INT || t->kind == SD_KIND_UINT);
}

/* Texts that are made of numbers alone. */
static bool is_no_string(const struct sd_value *v)
{
	static const char *const types[] = {"time.Time", "net.IP", "net/netip.Addr",
					    "net/netip.AddrPort", "net/netip.Prefix"};

	if (!v->type || !v->type->name)
		return false;
	return is_one_of(v->type->name, types, SD_ARRAY_SIZE(types));
}

static void hide_strings(struct sd_value *v, struct sd_arena *arena)
{
	u64 items = v->kind == SD_V_MAP ? 2 * v->n : v->n;

	if (is_string(v) || is_byte_list(v)) {
		become_text(v, sd_arena_printf(arena, "<%s, %llu bytes>",
					       v->kind == SD_V_STRING  ? "string"
					       : v->kind == SD_V_BYTES ? "[]byte"
								       : "bytes",
					       (unsigned long long)v->total));
		return;
	}
	if (v->kind == SD_V_TEXT && strcmp(v->text, SD_REDACTED) != 0 && !is_no_string(v)) {
		become_text(v, "<text>");
		return;
	}
	if (v->text && !is_number(v) && v->kind != SD_V_FUNC && v->kind != SD_V_TEXT) {
		v->text = NULL;
		v->told = SD_TOLD_TEXT;
	}
	for (u64 i = 0; v->items && i < items; i++)
		hide_strings(&v->items[i], arena);
}

static void finish(struct walk *w, struct sd_value *v)
{
	if (w->r->no_strings)
		hide_strings(v, w->arena);
}

void sd_redact_value(struct sd_redact *r, struct sd_value *v, struct sd_arena *arena)
{
	struct walk w = {.r = r, .arena = arena};

	if (!r->show)
		redact(&w, v, v->name);
	finish(&w, v);
}

/* The expression without the string literals in it that are no keys. */
static const char *without_literals(const char *text, struct sd_buf *out)
{
	char quote = 0, before = 0;
	bool keep = true;

	for (const char *p = text; *p; p++) {
		if (quote) {
			if (*p == '\\' && quote == '"' && p[1])
				p++;
			else if (*p == quote)
				quote = 0;
			else if (keep)
				sd_buf_ch(out, *p);
			continue;
		}
		if (*p == '"' || *p == '`') {
			quote = *p;
			keep = before == '[';
		} else {
			sd_buf_ch(out, *p);
		}
		if (*p != ' ')
			before = *p;
	}
	return sd_buf_cstr(out);
}

/* x.y.z, perhaps held against nil: what it is, and nothing that was found out about it. */
static bool is_path(const char *text)
{
	size_t n = strlen(text);
	const char *op = strstr(text, "nil");

	if (op && op[3] == '\0')
		n = (size_t)(op - text);
	for (size_t i = 0; i < n; i++)
		if (strchr("()<>&|+*/%^", text[i]) || (text[i] == '=' && n == strlen(text)))
			return false;
	return true;
}

/* caller(), stack(8): names of functions are none of the target's strings. */
static bool names_functions(const char *text)
{
	const char *args = text ? strchr(text, '(') : NULL;

	if (!args || strcspn(args, ")") + 1 != strlen(args))
		return false;
	return !strncmp(text, "caller(", 7) || !strncmp(text, "stack(", 6);
}

void sd_redact_expression(struct sd_redact *r, struct sd_value *v, struct sd_arena *arena)
{
	struct walk w = {.r = r, .arena = arena};
	struct sd_buf b = {0};
	const char *text;

	if (!r->show) {
		text = without_literals(v->name ? v->name : "", &b);
		if (v->kind == SD_V_BOOL && !is_path(text) &&
		    sd_secrecy_of(r, text, strlen(text)) != SD_PLAIN)
			become_text(v, SD_REDACTED);
		else
			redact(&w, v, text);
		sd_buf_deinit(&b);
	}
	if (!names_functions(v->name))
		finish(&w, v);
}

const char *sd_redact_last_part(const char *func, size_t *n_ret)
{
	size_t n = strlen(func), start;
	int depth = 0;

	for (; n && (func[n - 1] == ']' || depth); n--)
		depth += func[n - 1] == ']' ? 1 : func[n - 1] == '[' ? -1 : 0;
	for (start = n; start && func[start - 1] != '.';)
		start--;
	*n_ret = n - start;
	return func + start;
}

void sd_redact_result(struct sd_redact *r, struct sd_value *v, const char *func,
		      struct sd_arena *arena)
{
	size_t n = 0;
	const char *last = func ? sd_redact_last_part(func, &n) : "";

	if (!r->show && is_string(inside(v)) && is_secret(v, sd_secrecy_of(r, last, n)))
		become_text(v, SD_REDACTED);
	else
		sd_redact_value(r, v, arena);
}

void sd_redact_behind(struct sd_redact *r, const char *text, u64 n, struct sd_value *v)
{
	if (!r->show && is_secret(v, sd_secrecy_behind(r, (const u8 *)text, n)))
		become_text(v, SD_REDACTED);
}
