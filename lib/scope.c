/* SPDX-License-Identifier: BSD-2-Clause */
/* What the expressions of a probe may name at one site: variables there, results, package
 * variables, constants, types. */
#include "lib/scope.h"

#include <stdlib.h>
#include <string.h>

static void set_variable(const struct sd_variable *v, enum sd_when when, u32 index,
			 struct sd_entity *ret)
{
	*ret = (struct sd_entity){
		.kind = SD_ENTITY_VAR,
		.name = v->name,
		.type = v->type,
		.when = when,
		.var = index,
	};
}

static bool find_variable(void *ctx, const char *name, struct sd_entity *ret)
{
	const struct sd_site_scope *sc = ctx;

	if (!strcmp(name, "_"))
		return false;
	for (u32 i = 0; i < sc->nhit; i++)
		if (sc->hit[i].name && !strcmp(sc->hit[i].name, name)) {
			set_variable(&sc->hit[i], SD_AT_HIT, i, ret);
			return true;
		}
	for (u32 i = 0; i < sc->nresults; i++)
		if (sc->results[i].name && !strcmp(sc->results[i].name, name)) {
			set_variable(&sc->results[i], SD_AT_RETURN, i, ret);
			return true;
		}
	return false;
}

const char *sd_site_scope_refused(void *ctx, const char *name)
{
	const struct sd_site_scope *sc = ctx;

	return sd_redact_is_secret(sc->redact, name) ? "it goes by the name of a secret" : NULL;
}

static bool find_result(void *ctx, u32 i, struct sd_entity *ret)
{
	const struct sd_site_scope *sc = ctx;

	if (i >= sc->nresults)
		return false;
	set_variable(&sc->results[i], SD_AT_RETURN, i, ret);
	return true;
}

static const char *variable_name(void *ctx, u32 i)
{
	const struct sd_site_scope *sc = ctx;

	if (i < sc->nhit)
		return sc->hit[i].name ? sc->hit[i].name : "";
	i -= sc->nhit;
	if (i >= sc->nresults)
		return NULL;
	if (!sc->results[i].named)
		return sd_arena_printf(sc->arena, "ret.%u", i);
	return sc->results[i].name;
}

/* ---- package level ---- */

/* Go's compiler describes untyped integer constants as int. */
static bool may_be_untyped(const struct sd_site_scope *sc, const struct sd_global *g)
{
	return !sc->scope.c_like && g->kind == SD_GLOBAL_INT && g->type && g->type->name &&
	       !strcmp(g->type->name, "int");
}

static void set_global(const struct sd_site_scope *sc, const struct sd_global *g,
		       struct sd_entity *ret)
{
	*ret = (struct sd_entity){.kind = g->kind == SD_GLOBAL_VAR ? SD_ENTITY_GLOBAL
								   : SD_ENTITY_CONST,
				  .name = g->name,
				  .type = may_be_untyped(sc, g) ? NULL : g->type,
				  .addr = g->addr.v};
	switch ((enum sd_global_kind)g->kind) {
	case SD_GLOBAL_VAR:
		break;
	case SD_GLOBAL_INT:
		ret->constant.kind = g->type && g->type->kind == SD_KIND_UINT ? SD_KIND_UINT
									      : SD_KIND_INT;
		ret->constant.u = g->num;
		if (g->type && g->type->kind == SD_KIND_BOOL)
			ret->constant.kind = SD_KIND_BOOL;
		break;
	case SD_GLOBAL_FLOAT:
		ret->constant.kind = SD_KIND_FLOAT;
		ret->constant.f = g->f;
		break;
	case SD_GLOBAL_STRING:
		ret->constant.kind = SD_KIND_STRING;
		ret->constant.bytes = g->bytes;
		ret->constant.n = g->nbytes;
		break;
	}
}

static const char *list_globals(const struct sd_site_scope *sc, const struct sd_global *g, u32 n)
{
	struct sd_buf b = {0};
	const char *text;

	for (u32 i = 0; i < n && i < 8; i++)
		sd_buf_printf(&b, "%s%s", i ? ", " : "", g[i].where ? g[i].where : g[i].name);
	if (n > 8)
		sd_buf_printf(&b, " and %u more", n - 8);
	text = sd_arena_strdup(sc->arena, sd_buf_cstr(&b));
	sd_buf_deinit(&b);
	return text;
}

/* Of several, the one in the package whose whole path was written: "strconv" is not
 * "internal/strconv". */
static struct sd_global *whole_path(const struct sd_site_scope *sc, const char *pkg,
				    const char *name, struct sd_global *g, u32 n)
{
	const char *full = sd_arena_printf(sc->arena, "%s.%s", pkg, name);
	struct sd_global *ret = NULL;

	for (u32 i = 0; i < n; i++)
		if (!strcmp(sd_go_unescape(g[i].name, sc->arena), full)) {
			if (ret)
				return NULL;
			ret = &g[i];
		}
	return ret;
}

static bool find_global(void *ctx, const char *pkg, const char *name, struct sd_entity *ret,
			const char **ambiguous_ret)
{
	const struct sd_site_scope *sc = ctx;
	struct sd_dwarf *dw = sd_module_dwarf(sc->module);
	struct sd_global *g = NULL;
	sd_autoerr err = NULL;
	u32 n = 0;

	*ambiguous_ret = NULL;
	if (!dw)
		return false;
	err = sd_dwarf_globals(dw, pkg ? pkg : sc->package, name, &g, &n);
	if (err || !n)
		return false;
	if (n > 1) {
		struct sd_global *one = pkg ? whole_path(sc, pkg, name, g, n) : NULL;

		if (!one) {
			*ambiguous_ret = list_globals(sc, g, n);
			return false;
		}
		g = one;
	}
	set_global(sc, g, ret);
	return true;
}

/* ---- types ---- */

/* Go's names for the same type; the runtime's descriptors have the second. */
static const struct {
	const char *alias, *name;
} aliases[] = {{"byte", "uint8"}, {"rune", "int32"}, {"any", "interface {}"}};

static bool is_word(char c)
{
	return c == '_' || c == '.' || c == '/' || c == '-' || (c >= '0' && c <= '9') ||
	       (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* The type as reflect writes it: aliases resolved, import paths cut to their last element. The path
 * of the first name that has one goes to *path_ret. */
static const char *reflect_name(const char *text, struct sd_arena *arena, const char **path_ret)
{
	struct sd_buf b = {0};
	const char *ret;

	*path_ret = NULL;
	while (*text) {
		const char *word = text, *dot = NULL, *slash = NULL, *p = text, *out = text;
		size_t n;

		if (!is_word(*p)) {
			sd_buf_ch(&b, *text++);
			continue;
		}
		for (; *p && is_word(*p); p++) {
			if (*p == '/')
				slash = p;
			else if (*p == '.' && (!dot || slash > dot))
				dot = p;
		}
		n = (size_t)(p - word);
		if (slash && dot > slash) {
			if (!*path_ret)
				*path_ret = sd_arena_strndup(arena, word, (size_t)(dot - word));
			out = slash + 1;
			n = (size_t)(p - out);
		}
		for (size_t i = 0; i < SD_ARRAY_SIZE(aliases); i++)
			if (strlen(aliases[i].alias) == n && !memcmp(out, aliases[i].alias, n)) {
				sd_buf_str(&b, aliases[i].name);
				n = 0;
			}
		sd_buf_add(&b, out, n);
		text = p;
	}
	ret = sd_arena_strdup(arena, sd_buf_cstr(&b));
	sd_buf_deinit(&b);
	return ret;
}

enum { MAX_TYPES = 8 };

struct type_search {
	struct sd_go *go;
	const char *name, *path;
	struct sd_type *found[MAX_TYPES];
	struct sd_vaddr at[MAX_TYPES];
	u32 n;
	struct sd_arena tmp;
};

/* Pointers, slices and the like have no package of their own: what they are made of has. */
static const char *package_of(struct sd_type *t)
{
	for (int i = 0; i < 16 && t; i++) {
		if (t->pkg)
			return t->pkg;
		if (t->kind != SD_KIND_PTR && t->kind != SD_KIND_SLICE &&
		    t->kind != SD_KIND_ARRAY && t->kind != SD_KIND_CHAN && t->kind != SD_KIND_MAP)
			return NULL;
		t = sd_type_elem(t);
	}
	return NULL;
}

static bool match_rtype(void *ctx, struct sd_vaddr addr)
{
	struct type_search *s = ctx;
	const char *name = sd_go_type_name(s->go, addr, &s->tmp);
	bool same = name && !strcmp(name, s->name);
	struct sd_type *t;

	sd_arena_reset(&s->tmp);
	if (!same)
		return true;
	t = sd_go_rtype_type(s->go, addr);
	if (!t)
		return true;
	if (s->path) {
		const char *pkg = package_of(t);

		if (!pkg || strcmp(pkg, s->path))
			return true;
	}
	if (s->n < MAX_TYPES) {
		s->found[s->n] = t;
		s->at[s->n++] = addr;
	}
	return s->n < MAX_TYPES;
}

/* Of several types "strconv.T", the one of the package whose whole path is "strconv". */
static void prefer_whole_path(struct type_search *s)
{
	const char *first = s->name + strspn(s->name, "*[]");
	size_t len = strcspn(first, ".");
	u32 one = MAX_TYPES;

	if (first[len] != '.')
		return;
	for (u32 i = 0; i < s->n; i++) {
		const char *pkg = package_of(s->found[i]);

		if (!pkg || strlen(pkg) != len || strncmp(pkg, first, len) != 0)
			continue;
		if (one < MAX_TYPES)
			return;
		one = i;
	}
	if (one == MAX_TYPES)
		return;
	s->found[0] = s->found[one];
	s->at[0] = s->at[one];
	s->n = 1;
}

static bool find_go_type(const struct sd_site_scope *sc, const char *text, struct sd_type **ret,
			 u64 *rtype_ret, const char **ambiguous_ret)
{
	struct type_search s = {.go = sc->module->go};
	struct sd_buf b = {0};

	s.name = reflect_name(text, sc->arena, &s.path);
	sd_go_each_rtype(s.go, match_rtype, &s);
	sd_arena_deinit(&s.tmp);
	if (!s.n)
		return false;
	if (s.n > 1 && !s.path)
		prefer_whole_path(&s);
	if (s.n > 1) {
		for (u32 i = 0; i < s.n; i++) {
			const char *pkg = package_of(s.found[i]);

			sd_buf_printf(&b, "%s%s of %s", i ? ", " : "", s.name, pkg ? pkg : "?");
		}
		*ambiguous_ret = sd_arena_strdup(sc->arena, sd_buf_cstr(&b));
		sd_buf_deinit(&b);
		return false;
	}
	*ret = s.found[0];
	*rtype_ret = s.at[0].v;
	return true;
}

/* "*T" as "*main.T" in a function of main; NULL: that is no plain name, or there is no package. */
static const char *in_own_package(const struct sd_site_scope *sc, const char *text)
{
	size_t before = strspn(text, "*[]0123456789");
	const char *p = text + before;

	if (!sc->package || !*p)
		return NULL;
	for (; *p; p++)
		if (!is_word(*p) || *p == '.' || *p == '/' || *p == '-')
			return NULL;
	return sd_arena_printf(sc->arena, "%.*s%s.%s", (int)before, text, sc->package,
			       text + before);
}

static bool find_named(const struct sd_site_scope *sc, const char *text, struct sd_type **ret,
		       u64 *rtype_ret, const char **ambiguous_ret)
{
	struct sd_dwarf *dw;
	struct sd_type *t;

	*ambiguous_ret = NULL;
	*rtype_ret = 0;
	if (sc->module->go && find_go_type(sc, text, ret, rtype_ret, ambiguous_ret))
		return true;
	if (*ambiguous_ret)
		return false;
	dw = sd_module_dwarf(sc->module);
	t = dw ? sd_dwarf_type_named(dw, text, NULL) : NULL;
	if (!t)
		return false;
	*ret = t;
	return true;
}

/* What is an alias in the standard library, since Go 1.16: no binary knows its name. */
static const char *moved(const struct sd_site_scope *sc, const char *text)
{
	static const char *const names[] = {"PathError", "FileMode", "FileInfo", "DirEntry"};
	size_t before = strspn(text, "*[]0123456789");

	if (strncmp(text + before, "os.", 3) != 0)
		return NULL;
	for (size_t i = 0; i < SD_ARRAY_SIZE(names); i++)
		if (!strcmp(text + before + 3, names[i]))
			return sd_arena_printf(sc->arena, "%.*sio/fs.%s", (int)before, text,
					       names[i]);
	return NULL;
}

static bool find_type(void *ctx, const char *text, struct sd_type **ret, u64 *rtype_ret,
		      const char **ambiguous_ret)
{
	const struct sd_site_scope *sc = ctx;
	const char *other;

	if (find_named(sc, text, ret, rtype_ret, ambiguous_ret))
		return true;
	if (*ambiguous_ret)
		return false;
	other = in_own_package(sc, text);
	if (!other)
		other = moved(sc, text);
	return other && find_named(sc, other, ret, rtype_ret, ambiguous_ret);
}

void sd_site_scope_init(struct sd_site_scope *sc, struct sd_module *m, const char *where,
			const struct sd_func *fn, struct sd_arena *arena)
{
	*sc = (struct sd_site_scope){.module = m, .arena = arena};
	if (fn->lang == SD_LANG_GO)
		sc->package = sd_go_unescape(sd_go_package(fn->name, arena), arena);
	sc->scope = (struct sd_scope){
		.ctx = sc,
		.where = where,
		.c_like = fn->lang != SD_LANG_GO,
		.variable = find_variable,
		.result = find_result,
		.global = find_global,
		.type = find_type,
		.name = variable_name,
	};
}

void sd_site_scope_hit(struct sd_site_scope *sc, const struct sd_variable *vars, u32 n)
{
	sc->hit = vars;
	sc->nhit = n;
}

void sd_site_scope_results(struct sd_site_scope *sc, const struct sd_variable *vars, u32 n)
{
	sc->results = vars;
	sc->nresults = n;
	sc->scope.returns = true;
	sc->scope.nresults = n;
}
