/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls → events → bytes: decodes what join hands out and gives it to the sink. */
#include <string.h>

#include "lib/session.h"

enum { FLUSH_AT = 1 << 16 };

/* What the decoder may ask of the binary: at addresses of the running process. */
struct image {
	struct sd_module *module;
	u64 bias;
};

/* Bytes of a read-only mapping that the process has not touched yet (DESIGN §4.5). */
static const u8 *rodata(void *ctx, u64 runtime_addr, u64 n)
{
	const struct image *im = ctx;
	struct sd_vaddr addr = {runtime_addr - im->bias};
	u64 have = 0;
	const u8 *bytes;

	if (!sd_elf_is_readonly(im->module->elf, addr, n))
		return NULL;
	bytes = sd_elf_bytes(im->module->elf, addr, &have);
	return bytes && have >= n ? bytes : NULL;
}

static const char *type_name(void *ctx, u64 runtime_addr, struct sd_arena *arena)
{
	const struct image *im = ctx;

	if (!im->module->go)
		return NULL;
	return sd_go_type_name(im->module->go, (struct sd_vaddr){runtime_addr - im->bias}, arena);
}

static const char *func_name(void *ctx, u64 runtime_addr, struct sd_arena *arena)
{
	const struct image *im = ctx;
	struct sd_func fn;

	if (!sd_module_func_at(im->module, (struct sd_vaddr){runtime_addr - im->bias}, &fn) ||
	    fn.entry.v != runtime_addr - im->bias)
		return NULL;
	return fn.name;
}

/* Of the runtime's descriptors alone: they have all that DWARF has, and every type that an
 * interface can hold has one. */
static struct sd_type *rtype(void *ctx, u64 runtime_addr)
{
	const struct image *im = ctx;

	if (!im->module->go)
		return NULL;
	return sd_go_rtype_type(im->module->go, (struct sd_vaddr){runtime_addr - im->bias});
}

static bool func_line(void *ctx, u64 runtime_addr, const char **file_ret, u32 *line_ret)
{
	const struct image *im = ctx;

	return im->module->go &&
	       sd_go_line(im->module->go, (struct sd_vaddr){runtime_addr - im->bias}, file_ret,
			  line_ret);
}

static struct sd_type *captured(void *ctx, u64 runtime_addr)
{
	const struct image *im = ctx;
	struct sd_dwarf *dw = im->module->go ? sd_module_dwarf(im->module) : NULL;
	struct sd_vaddr pc = {runtime_addr - im->bias};
	struct sd_arena tmp = {0};
	struct sd_type *type;
	struct sd_func fn;

	if (!dw || !sd_module_func_at(im->module, pc, &fn))
		return NULL;
	type = sd_dwarf_closure(dw, pc, sd_go_unescape(sd_go_package(fn.name, &tmp), &tmp));
	sd_arena_deinit(&tmp);
	return type;
}

/* types: the variables' true types where they are not those of vars; may be NULL. */
static struct sd_value *decode_all(struct sonde_session *s, const struct sdw_rec *rec,
				   const struct sd_variable *vars, u32 n,
				   struct sd_type *const *types)
{
	struct sd_point *p = &s->points.v[rec->site];
	struct sd_value *values = sd_arena_alloc_raw(&s->event_arena, sizeof(*values) * (n + 1));
	struct sd_decode_limits limits = {
		.depth = s->limits.depth,
		.items = s->limits.items,
		.str = s->limits.str,
		.nodes = 20000,
	};
	struct image im = {.module = p->module, .bias = rec->regs[SD_RIP] - p->site.addr.v};
	struct sd_snapshot snap = {0};
	bool ok = sd_snapshot_init(&snap, rec, im.bias, &p->site.cfa, &s->event_arena);

	snap.rodata = rodata;
	snap.rodata_ctx = &im;
	snap.type_name = type_name;
	snap.func_name = func_name;
	snap.func_line = func_line;
	snap.captured = captured;
	snap.rtype = rtype;
	snap.go = p->module->go ? sd_go_layout(p->module->go) : NULL;
	for (u32 i = 0; i < n; i++) {
		if (ok)
			values[i] = *sd_decode(&snap, types ? types[i] : vars[i].type, &vars[i].loc,
					       vars[i].name, &limits, &s->event_arena);
		else
			values[i] = (struct sd_value){.kind = SD_V_UNAVAILABLE,
						      .name = vars[i].name,
						      .why = "damaged record"};
	}
	return values;
}

static struct sd_value *unavailable_all(struct sonde_session *s, const struct sd_variable *vars,
					u32 n, const char *why)
{
	struct sd_value *values = sd_arena_array(&s->event_arena, struct sd_value, n + 1);

	for (u32 i = 0; i < n; i++)
		values[i] = (struct sd_value){
			.kind = SD_V_UNAVAILABLE, .name = vars[i].name, .why = why};
	return values;
}

static const enum sd_event_kind kinds[] = {
	[SD_CALL_DONE] = SD_EV_CALL,	   [SD_CALL_ENTRY] = SD_EV_ENTRY,
	[SD_CALL_RETURN] = SD_EV_RETURN,   [SD_CALL_OPEN] = SD_EV_OPEN,
	[SD_CALL_UNWOUND] = SD_EV_UNWOUND,
};

static void fill_values(struct sonde_session *s, const struct sd_call *call,
			const struct sd_traced *t, const struct sd_instance *in,
			struct sd_event *ev)
{
	if (call->entry) {
		ev->has_args = true;
		ev->args_why = t->sig.params_why;
		if (!t->sig.params_why) {
			ev->nargs = t->sig.nparams;
			ev->args = decode_all(s, call->entry, t->sig.params, t->sig.nparams,
					      in ? in->params : NULL);
		}
	}
	if (call->ret) {
		ev->has_results = true;
		ev->results_why = t->sig.results_why;
		if (!t->sig.results_why) {
			ev->nresults = t->sig.nresults;
			ev->results = decode_all(s, call->ret, t->sig.results, t->sig.nresults,
						 in ? in->results : NULL);
		}
	} else if (call->return_lost && t->sig.nresults) {
		ev->has_results = true;
		ev->nresults = t->sig.nresults;
		ev->results = unavailable_all(s, t->sig.results, t->sig.nresults,
					      "return record lost");
	}
}

void sd_emit_call(void *ctx, const struct sd_call *call)
{
	struct sonde_session *s = ctx;
	const struct sdw_rec *rec = call->entry ? call->entry : call->ret;
	const struct sd_point *p = &s->points.v[rec->site];
	struct sd_traced *t = &s->traced.v[p->traced];
	const struct sd_instance *in = sd_instance_of(s, t, call->entry);
	struct sd_event ev = {
		.kind = kinds[call->kind],
		.ts_ns = rec->ts + s->clock_offset,
		.pid = rec->pid,
		.tid = rec->tid,
		.goid = rec->goid,
		.func = in ? in->name : t->sig.name,
		.file = t->file,
		.line = t->line,
		.addr = p->site.addr.v,
		.inlined = t->inlined,
		.show_pid = s->many_pids,
	};

	if (s->reader_gone || (s->opts.count && s->emitted >= s->opts.count)) {
		s->suppressed++;
		s->probes.v[t->probe].account.limited++;
		return;
	}
	/* The kind "unwound" is a claim; with lost returns it cannot be made. */
	if (call->return_lost && ev.kind == SD_EV_UNWOUND)
		ev.kind = SD_EV_OPEN;
	fill_values(s, call, t, in, &ev);
	if (call->entry && call->ret) {
		ev.has_duration = true;
		ev.duration_ns = call->ret->ts > call->entry->ts ? call->ret->ts - call->entry->ts
								 : 0;
	}
	s->sink->event(s->sink, &ev, &s->out);
	sd_arena_reset(&s->event_arena);
	s->emitted++;
	s->probes.v[t->probe].account.delivered++;
	if (s->out.n >= FLUSH_AT)
		sd_emit_flush(s, true);
}

void sd_emit_flush(struct sonde_session *s, bool force)
{
	if (!s->out.n || (!force && s->out.n < FLUSH_AT))
		return;
	if (!s->reader_gone && s->opts.write && !s->opts.write(s->opts.ctx, s->out.p, s->out.n))
		s->reader_gone = true;
	s->out.n = 0;
}

bool sd_emit_lost(void *ctx, u32 func, bool entries)
{
	struct sonde_session *s = ctx;
	const struct sd_traced *t;

	if (func >= s->traced.n || !s->run)
		return false;
	t = &s->traced.v[func];
	for (u32 i = 0; i < t->npoints; i++) {
		const struct sd_point *p = &s->points.v[t->first_point + i];
		struct sdw_counts c;
		sd_autoerr err = NULL;

		if ((p->role == SD_JOIN_ENTRY) != entries)
			continue;
		err = sd_run_counts(s->run, t->first_point + i, &c);
		if (err || c.lost_full || c.lost_busy || c.lost_big)
			return true;
	}
	return false;
}
