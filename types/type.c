/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions about types that need no more than the type itself; each completes it first where it
 * must. */
#include "types/type.h"

#include <string.h>

struct sd_type *sd_type_unknown(void)
{
	static struct sd_type unknown = {.kind = SD_KIND_UNKNOWN, .name = "?", .align = 1};

	return &unknown;
}

struct sd_type *sd_type_elem(struct sd_type *t)
{
	/* Go generics: all pointers share the shape *uint8; what they point to only the dictionary
	 * knows. */
	if (t->kind == SD_KIND_PTR && t->name && !strncmp(t->name, "go.shape.*", 10))
		return sd_type_unknown();
	sd_type_complete(t);
	return t->elem ? t->elem : sd_type_unknown();
}

struct sd_type *sd_type_key(struct sd_type *t)
{
	sd_type_complete(t);
	return t->key ? t->key : sd_type_unknown();
}

const struct sd_field *sd_type_field(struct sd_type *t, const char *name)
{
	sd_type_complete(t);
	for (u32 i = 0; i < t->nfields; i++)
		if (!strcmp(t->fields[i].name, name))
			return &t->fields[i];
	return NULL;
}

const char *sd_kind_name(enum sd_kind kind)
{
	static const char *const names[] = {
		[SD_KIND_UNKNOWN] = "unknown", [SD_KIND_VOID] = "void",
		[SD_KIND_BOOL] = "bool",       [SD_KIND_INT] = "int",
		[SD_KIND_UINT] = "uint",       [SD_KIND_FLOAT] = "float",
		[SD_KIND_COMPLEX] = "complex", [SD_KIND_STRING] = "string",
		[SD_KIND_SLICE] = "slice",     [SD_KIND_ARRAY] = "array",
		[SD_KIND_STRUCT] = "struct",   [SD_KIND_UNION] = "union",
		[SD_KIND_ENUM] = "enum",       [SD_KIND_PTR] = "pointer",
		[SD_KIND_IFACE] = "interface", [SD_KIND_EFACE] = "interface",
		[SD_KIND_MAP] = "map",	       [SD_KIND_CHAN] = "chan",
		[SD_KIND_FUNC] = "func",
	};

	if ((unsigned int)kind >= SD_ARRAY_SIZE(names))
		return "unknown";
	return names[kind];
}

bool sd_type_is_pointer_shaped(const struct sd_type *t)
{
	return t->kind == SD_KIND_PTR || t->kind == SD_KIND_MAP || t->kind == SD_KIND_CHAN ||
	       t->kind == SD_KIND_FUNC;
}

struct sd_type *sd_type_atomic_pointer(struct sd_type *t, u64 *off_ret)
{
	const char *name = t->named && t->kind == SD_KIND_STRUCT && t->name ? t->name : "";
	struct sd_type *ptr = NULL, *first;
	const struct sd_field *v;

	name += strncmp(name, "sync/", 5) ? 0 : 5;
	if (strncmp(name, "atomic.Pointer[", 15) || t->size != 8)
		return NULL;
	v = sd_type_field(t, "v");
	first = v ? t->fields[0].type : NULL;
	if (first && first->kind == SD_KIND_ARRAY && !first->size)
		ptr = sd_type_elem(first);
	if (!ptr || ptr->kind != SD_KIND_PTR || v->type->kind != SD_KIND_PTR)
		return NULL;
	*off_ret = v->off;
	return ptr;
}

bool sd_type_is_direct(struct sd_type *t)
{
	for (int level = 0; level < 32; level++) {
		if (t->direct)
			return t->direct == SD_DIRECT_YES;
		if (sd_type_is_pointer_shaped(t))
			return true;
		sd_type_complete(t);
		if (t->kind == SD_KIND_STRUCT && t->nfields == 1)
			t = t->fields[0].type;
		else if (t->kind == SD_KIND_ARRAY && t->count == 1)
			t = sd_type_elem(t);
		else
			return false;
		if (!t)
			return false;
	}
	return false;
}
