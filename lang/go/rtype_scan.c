/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All types of a binary. What its linker lists (typelinks; from 1.27 on the first typedesclen
 * bytes) is what reflect can make: a type that only code mentions is not reached from there. So
 * every aligned place is asked whether a descriptor lies there.
 */
#include "lang/go/priv.h"

/* What the kind says of the name: stops most of what only looks like a descriptor. */
static bool name_fits(const struct go_desc *d, const char *name, u64 n)
{
	if (d->tflag & GO_TFLAG_NAMED)
		return true;
	switch (d->kind) {
	case GO_KIND_PTR:
		return *name == '*';
	case GO_KIND_ARRAY:
	case GO_KIND_SLICE:
		return *name == '[';
	case GO_KIND_FUNC:
	case GO_KIND_CHAN:
	case GO_KIND_IFACE:
	case GO_KIND_MAP:
		return n >= 4;
	case GO_KIND_STRUCT:
		return true;
	}
	return false; /* all others have names */
}

void sd_go_each_rtype(struct sd_go *go, bool (*cb)(void *ctx, struct sd_vaddr type), void *ctx)
{
	u64 n = go->type_bytes.n;

	for (u64 off = -go->types & 7; off + GO_DESC_SIZE <= n; off += 8) {
		struct go_desc d;
		const char *name;
		u64 len;

		if (!go_desc_at(go, off, &d) || !go_desc_name(go, &d, &name, &len) ||
		    !name_fits(&d, name, len))
			continue;
		if (!cb(ctx, (struct sd_vaddr){go->types + off}))
			return;
		off += GO_DESC_SIZE - 8;
	}
}
