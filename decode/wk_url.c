/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net/url.URL: what its String method gives (src/net/url/url.go), for URLs of a scheme, a host, a
 * path and a query. One with a user, with a raw path or fragment, or with a host that would be
 * escaped stays a structure.
 */
#include <ctype.h>
#include <string.h>

#include "decode/wellknown.h"

/* Go's escape() with encodePath. */
static const char *escape_path(const char *s, struct sd_arena *arena)
{
	char *q = sd_arena_alloc_raw(arena, 3 * strlen(s) + 1), *w = q;

	if (!strcmp(s, "*"))
		return s;
	for (; *s; s++) {
		u8 c = (u8)*s;

		if (c < 0x80 && (isalnum(c) || strchr("-_.~$&+,/:;=@", c))) {
			*w++ = (char)c;
			continue;
		}
		*w++ = '%';
		*w++ = "0123456789ABCDEF"[c >> 4];
		*w++ = "0123456789ABCDEF"[c & 15];
	}
	*w = '\0';
	return q;
}

static bool plain_host(const char *s)
{
	for (; *s; s++)
		if ((u8)*s >= 0x80 || (!isalnum((u8)*s) && !strchr("-_.~:[]", *s)))
			return false;
	return true;
}

/* Absent (before Go 1.19) or false. */
static bool is_unset(const struct sd_value *v, const char *name)
{
	const struct sd_value *f = sd_wk_field(v, name);

	return !f || (f->kind == SD_V_BOOL && !f->u);
}

static void refine(struct sd_value *v, struct sd_arena *arena)
{
	const char *scheme = sd_wk_string(v, "Scheme", arena), *host, *path, *query;
	const char *opaque = sd_wk_string(v, "Opaque", arena), *raw, *fragment;
	const struct sd_value *user = sd_wk_field(v, "User");
	size_t first;

	host = sd_wk_string(v, "Host", arena);
	path = sd_wk_string(v, "Path", arena);
	raw = sd_wk_string(v, "RawPath", arena);
	query = sd_wk_string(v, "RawQuery", arena);
	fragment = sd_wk_string(v, "Fragment", arena);
	if (!scheme || !opaque || !host || !path || !raw || !query || !fragment || !user)
		return;
	if (user->kind != SD_V_NIL || *opaque || *raw || *fragment || !plain_host(host) ||
	    !is_unset(v, "ForceQuery") || !is_unset(v, "OmitHost"))
		return;
	path = escape_path(path, arena);
	first = strcspn(path, "/");
	if (!*scheme && !*host && memchr(path, ':', first))
		return;
	sd_wk_set_text(v, sd_arena_printf(arena, "%s%s%s%s%s%s%s%s", scheme, *scheme ? ":" : "",
					  *host || (*scheme && *path) ? "//" : "", host,
					  *path && *path != '/' && *host ? "/" : "", path,
					  *query ? "?" : "", query));
}

const struct sd_wellknown sd_wk_url = {.type_name = "net/url.URL", .refine = refine};
