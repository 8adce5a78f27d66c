/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dictionaries of generic instances: read-only data that says which types a shape stands for. They
 * are known by their symbols ("main..dict.Max[int]"): a pointer that is none of them, or one of
 * another function, is never believed. Sources: cmd/compile/internal/noder/reader.go (dictNameOf;
 * from 1.20 on methods take their type's dictionary), stencil.go (1.18, 1.19); the word that holds
 * a parameter's type is DWARF's DW_AT_go_dict_index.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/go/priv.h"

#define MARK "..dict."

struct go_dict {
	u64 addr, size;
	const char *symbol; /* borrowed */
	const char *mark;   /* where MARK is in it */
};

static int by_addr(const void *a, const void *b)
{
	const struct go_dict *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void load(struct sd_go *go)
{
	u64 n = sd_elf_nsymbols(go->elf);
	struct sd_symbol sym;

	go->dicts_loaded = true;
	for (u64 i = 0; i < n; i++) {
		const char *mark, *bracket;

		if (!sd_elf_symbol_at(go->elf, i, &sym) || sym.type != STT_OBJECT ||
		    !(mark = strstr(sym.name, MARK)))
			continue;
		bracket = strchr(sym.name, '[');
		if (bracket && bracket > mark)
			sd_vec_push(&go->dicts,
				    (struct go_dict){sym.addr.v, sym.size, sym.name, mark});
	}
	if (go->dicts.n)
		qsort(go->dicts.v, go->dicts.n, sizeof(go->dicts.v[0]), by_addr);
}

/* "main.(*List).Put" → "main.List.Put". */
static void drop_star(char *name)
{
	char *to = name;

	for (const char *p = name; *p; p++) {
		if (p[0] == '(' && p[1] == '*')
			p++;
		else if (*p != ')')
			*to++ = *p;
	}
	*to = 0;
}

/* func's name with its first bracket replaced by what is in the dictionary's. */
static const char *method_name(const char *func, const char *object, struct sd_arena *arena)
{
	const char *from = strchr(func, '['), *args = strchr(object, '[');
	const char *to = from ? go_skip_brackets(from) : NULL,
		   *end = args ? go_skip_brackets(args) : NULL;

	if (!to || !end)
		return NULL;
	return sd_arena_printf(arena, "%.*s%.*s%s", (int)(from - func), func, (int)(end - args),
			       args, to);
}

/* Whether both begin with the same package and object, up to the bracket: cheap, for there may be
 * thousands. */
static bool same_head(const struct go_dict *d, const char *func)
{
	const char *object = d->mark + strlen(MARK);
	size_t n = (size_t)(d->mark - d->symbol);

	if (strncmp(func, d->symbol, n) || func[n] != '.')
		return false;
	func += n + 1;
	func += strncmp(func, "(*", 2) ? 0 : 2;
	object += strncmp(object, "(*", 2) ? 0 : 2;
	n = strcspn(object, "[");
	return !strncmp(func, object, n + 1);
}

/* The name of the instance of func that d belongs to; NULL when it is no dictionary of func. */
static const char *instance(const struct go_dict *d, const char *func, struct sd_arena *arena)
{
	char *object, *func_source, *dict_source;
	size_t n;

	if (!same_head(d, func))
		return NULL;
	object = sd_arena_printf(arena, "%.*s.%s", (int)(d->mark - d->symbol), d->symbol,
				 d->mark + strlen(MARK));
	func_source = sd_arena_strdup(arena, sd_go_source_name(func, arena));
	dict_source = sd_arena_strdup(arena, sd_go_source_name(object, arena));
	if (!strcmp(func_source, dict_source))
		return object;
	drop_star(func_source);
	drop_star(dict_source);
	n = strlen(dict_source);
	if (strncmp(func_source, dict_source, n) || func_source[n] != '.' ||
	    strchr(func_source + n + 1, '.'))
		return NULL;
	return method_name(func, object, arena);
}

/* Index of the first dictionary at addr or behind it. */
static size_t lower_bound(const struct sd_go *go, u64 addr)
{
	size_t lo = 0, hi = go->dicts.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (go->dicts.v[mid].addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const char *sd_go_instance_name(struct sd_go *go, const char *func, struct sd_vaddr dict,
				struct sd_arena *arena)
{
	const char *found = NULL;

	if (!go->dicts_loaded)
		load(go);
	for (size_t i = lower_bound(go, dict.v); i < go->dicts.n && go->dicts.v[i].addr == dict.v;
	     i++) {
		const char *name = instance(&go->dicts.v[i], func, arena);

		/* Empty ones share addresses: two of one function cannot be told apart. */
		if (name && found && strcmp(name, found))
			return NULL;
		if (name)
			found = name;
	}
	return found;
}

struct sd_type *sd_go_dict_type(struct sd_go *go, struct sd_vaddr dict, u32 word)
{
	u64 addr, size = 0;

	if (!go->dicts_loaded)
		load(go);
	for (size_t i = lower_bound(go, dict.v); i < go->dicts.n && go->dicts.v[i].addr == dict.v;
	     i++)
		size = SD_MAX(size, go->dicts.v[i].size);
	if (word >= size / 8 || !go_read_ptr(go->elf, dict.v + 8ULL * word, &addr))
		return NULL;
	return sd_go_rtype_type(go, (struct sd_vaddr){addr});
}

void sd_go_each_instance(struct sd_go *go, const char *func,
			 bool (*cb)(void *ctx, struct sd_vaddr dict, const char *name), void *ctx)
{
	struct sd_arena arena = {0};
	bool more = true;

	if (!go->dicts_loaded)
		load(go);
	for (size_t i = 0; more && i < go->dicts.n; i++) {
		const char *name;

		sd_arena_reset(&arena);
		name = instance(&go->dicts.v[i], func, &arena);
		if (name)
			more = cb(ctx, (struct sd_vaddr){go->dicts.v[i].addr}, name);
	}
	sd_arena_deinit(&arena);
}
