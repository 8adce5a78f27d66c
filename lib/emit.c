/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls → events → bytes: decodes what join hands out and gives it to the sink. */
#include <string.h>

#include "lib/hit.h"
#include "lib/stack.h"

enum { FLUSH_AT = 1 << 16 };

/* types: the variables' true types where they are not those of vars; may be NULL. */
static struct sd_value *decode_all(struct sonde_session *s, const struct sd_hit *hit,
				   const struct sd_variable *vars, u32 n,
				   struct sd_type *const *types)
{
	struct sd_value *values = sd_arena_alloc_raw(&s->event_arena, sizeof(*values) * (n + 1));
	struct sd_decode_limits limits = sd_hit_limits(s);

	for (u32 i = 0; i < n; i++) {
		if (hit->ok)
			values[i] = *sd_decode(&hit->snap, types ? types[i] : vars[i].type,
					       &vars[i].loc, vars[i].name, &limits,
					       &s->event_arena);
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
	struct sd_hit *hits = sd_arena_array(&s->event_arena, struct sd_hit, 2);

	if (call->entry) {
		ev->has_args = true;
		ev->args_why = t->sig.params_why;
		if (!t->sig.params_why) {
			sd_hit_open(s, call->entry, &hits[0]);
			ev->nargs = t->sig.nparams;
			ev->args = decode_all(s, &hits[0], t->sig.params, t->sig.nparams,
					      in ? in->params : NULL);
		}
	}
	if (call->ret) {
		ev->has_results = true;
		ev->results_why = t->sig.results_why;
		if (!t->sig.results_why) {
			sd_hit_open(s, call->ret, &hits[1]);
			ev->nresults = t->sig.nresults;
			ev->results = decode_all(s, &hits[1], t->sig.results, t->sig.nresults,
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
	ev.stack = sd_stack_of(s, rec, s->opts.stack, &s->event_arena);
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
