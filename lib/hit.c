/* SPDX-License-Identifier: BSD-2-Clause */
/* A record → the snapshot that decoding and evaluating read, with what they may ask of the binary:
 * at addresses of the running process. */
#include "lib/hit.h"

#include <string.h>

/* Bytes of a read-only mapping that the process has not touched yet (DESIGN §4.5). */
static const u8 *rodata(void *ctx, u64 runtime_addr, u64 n)
{
	const struct sd_hit *hit = ctx;
	struct sd_vaddr addr = {runtime_addr - hit->bias};
	u64 have = 0;
	const u8 *bytes;

	if (!sd_elf_is_readonly(hit->module->elf, addr, n))
		return NULL;
	bytes = sd_elf_bytes(hit->module->elf, addr, &have);
	return bytes && have >= n ? bytes : NULL;
}

static const char *type_name(void *ctx, u64 runtime_addr, struct sd_arena *arena)
{
	const struct sd_hit *hit = ctx;

	if (!hit->module->go)
		return NULL;
	return sd_go_type_name(hit->module->go, (struct sd_vaddr){runtime_addr - hit->bias}, arena);
}

static const char *func_name(void *ctx, u64 runtime_addr, struct sd_arena *arena)
{
	const struct sd_hit *hit = ctx;
	struct sd_func fn;

	if (!sd_module_func_at(hit->module, (struct sd_vaddr){runtime_addr - hit->bias}, &fn) ||
	    fn.entry.v != runtime_addr - hit->bias)
		return NULL;
	return fn.name;
}

/* Of the runtime's descriptors alone: they have all that DWARF has, and every type that an
 * interface can hold has one. */
static struct sd_type *rtype(void *ctx, u64 runtime_addr)
{
	const struct sd_hit *hit = ctx;

	if (!hit->module->go)
		return NULL;
	return sd_go_rtype_type(hit->module->go, (struct sd_vaddr){runtime_addr - hit->bias});
}

static bool func_line(void *ctx, u64 runtime_addr, const char **file_ret, u32 *line_ret)
{
	const struct sd_hit *hit = ctx;

	return hit->module->go &&
	       sd_go_line(hit->module->go, (struct sd_vaddr){runtime_addr - hit->bias}, file_ret,
			  line_ret);
}

static struct sd_type *captured(void *ctx, u64 runtime_addr)
{
	const struct sd_hit *hit = ctx;
	struct sd_dwarf *dw = hit->module->go ? sd_module_dwarf(hit->module) : NULL;
	struct sd_vaddr pc = {runtime_addr - hit->bias};
	struct sd_arena tmp = {0};
	struct sd_type *type;
	struct sd_func fn;

	if (!dw || !sd_module_func_at(hit->module, pc, &fn))
		return NULL;
	type = sd_dwarf_closure(dw, pc, sd_go_unescape(sd_go_package(fn.name, &tmp), &tmp));
	sd_arena_deinit(&tmp);
	return type;
}

static const char *constant(void *ctx, const struct sd_type *t, s64 value)
{
	const struct sd_hit *hit = ctx;
	struct sd_dwarf *dw = sd_module_dwarf(hit->module);

	return dw ? sd_dwarf_constant_name(dw, t, value) : NULL;
}

u32 sd_hit_lost(const struct sd_point *p, const struct sdw_rec *rec)
{
	u64 bias = rec->regs[SD_RIP] - p->site.addr.v;
	bool again = !p->site.restart || rec->regs[SD_RBX] == p->site.restart + bias;

	return again ? p->site.frail : 0;
}

bool sd_hit_open(struct sonde_session *s, const struct sdw_rec *rec, struct sd_hit *ret)
{
	const struct sd_point *p = &s->points.v[rec->site];

	*ret = (struct sd_hit){.module = p->module, .bias = rec->regs[SD_RIP] - p->site.addr.v};
	ret->ok = sd_snapshot_init(&ret->snap, rec, ret->bias, &p->site.cfa, &s->event_arena);
	ret->snap.lost = sd_hit_lost(p, rec);
	ret->snap.rodata = rodata;
	ret->snap.rodata_ctx = ret;
	ret->snap.type_name = type_name;
	ret->snap.func_name = func_name;
	ret->snap.func_line = func_line;
	ret->snap.captured = captured;
	ret->snap.rtype = rtype;
	ret->snap.constant = constant;
	ret->snap.go = p->module->go ? sd_go_layout(p->module->go) : NULL;
	return ret->ok;
}

struct sd_decode_limits sd_hit_limits(const struct sonde_session *s)
{
	return (struct sd_decode_limits){
		.depth = s->limits.depth,
		.items = s->limits.items,
		.str = s->limits.str,
		.nodes = 20000,
		.zero = s->opts.show_zero,
	};
}
