/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls → events → bytes: decodes what join hands out and gives it to the sink. */
#include <stdlib.h>
#include <string.h>

#include "lib/exprs.h"
#include "lib/stack.h"
#include "lib/tree.h"
#include "out/message.h"

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
		values[i].unsure = vars[i].unsure;
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
			struct sd_hit *const hits[2], struct sd_event *ev)
{
	if (call->entry && (!t->exprs || t->exprs->all)) {
		ev->has_args = true;
		ev->args_why = t->sig.params_why;
		if (!t->sig.params_why) {
			ev->nargs = t->sig.nparams;
			ev->args = decode_all(s, hits[SD_AT_HIT], t->sig.params, t->sig.nparams,
					      in ? in->params : NULL);
		}
	}
	if (call->ret) {
		ev->has_results = true;
		ev->results_why = t->sig.results_why;
		if (!t->sig.results_why) {
			ev->nresults = t->sig.nresults;
			ev->results = decode_all(s, hits[SD_AT_RETURN], t->sig.results,
						 t->sig.nresults, in ? in->results : NULL);
		}
	} else if (call->return_lost && t->sig.nresults) {
		ev->has_results = true;
		ev->nresults = t->sig.nresults;
		ev->results = unavailable_all(s, t->sig.results, t->sig.nresults,
					      "return record lost");
	}
}

static u64 duration_of(const struct sd_call *call)
{
	return call->ret->ts > call->entry->ts ? call->ret->ts - call->entry->ts : 0;
}

/* What the user does not want to see: counted as filtered. */
static bool filters(struct sonde_session *s, const struct sd_call *call, u32 probe)
{
	const struct sdw_rec *rec = call->entry ? call->entry : call->ret;
	const struct sd_probe_spec *spec = &s->probes.v[probe].spec;
	u64 least = spec->has_option[SD_OPTION_MIN_DURATION]
			    ? spec->option[SD_OPTION_MIN_DURATION].num
			    : s->opts.min_duration_ns;
	bool quick = least && call->entry && call->ret && duration_of(call) < least;
	bool never = spec->part == SD_PART_RETURN && !call->return_lost &&
		     (call->kind == SD_CALL_OPEN || call->kind == SD_CALL_UNWOUND);

	if (!quick && !never && !(s->opts.goid && rec->goid != s->opts.goid) &&
	    !(s->opts.max_depth && call->level >= s->opts.max_depth))
		return false;
	s->probes.v[probe].account.filtered++;
	if (s->opts.tree)
		sd_tree_refuse(s, call, quick);
	return true;
}

bool sd_emit_refuses(struct sonde_session *s, u32 probe)
{
	if (!s->reader_gone && !(s->opts.count && s->emitted >= s->opts.count))
		return false;
	s->suppressed++;
	s->probes.v[probe].account.limited++;
	return true;
}

void sd_emit_count(struct sonde_session *s, u32 probe, bool unsure)
{
	s->emitted++;
	s->probes.v[probe].account.unsure += unsure;
	s->probes.v[probe].account.delivered++;
	if (s->out.n >= FLUSH_AT)
		sd_emit_flush(s, true);
}

/* Secrets are taken out before anything is made of the values: here, and in sd_exprs_values(). */
static void redact(struct sonde_session *s, struct sd_event *ev)
{
	struct sd_arena *a = &s->event_arena;

	for (u32 i = 0; i < ev->nargs; i++)
		sd_redact_value(s->redact, &ev->args[i], a);
	for (u32 i = 0; i < ev->nresults; i++)
		sd_redact_result(s->redact, &ev->results[i], ev->func, a);
}

/* "password={x}": the text says what the expression does not. */
static void redact_behind(struct sonde_session *s, const struct sd_message_part *before,
			  struct sd_value *v)
{
	if (before->text)
		sd_redact_behind(s->redact, before->text, before->n, v);
}

/* Variables become values of the log line, behind the expressions. */
static void add_variables(struct sonde_session *s, struct sd_event *ev)
{
	u32 n = ev->nvalues + ev->nargs + ev->nresults;
	struct sd_value *v = sd_arena_array(&s->event_arena, struct sd_value, n + 1);

	memcpy(v, ev->values, ev->nvalues * sizeof(*v));
	memcpy(v + ev->nvalues, ev->args, ev->nargs * sizeof(*v));
	memcpy(v + ev->nvalues + ev->nargs, ev->results, ev->nresults * sizeof(*v));
	ev->values = v;
	ev->nvalues = n;
}

/* A call → a line of the user's own: the template over the values, or all of them by name. */
static void make_log(struct sonde_session *s, const struct sd_traced *t, struct sd_event *ev)
{
	const struct sd_probe_spec *spec = &s->probes.v[t->probe].spec;
	const struct sd_template *tm = &spec->template;
	u32 n = spec->has_template ? tm->n : 1, nvalues = ev->nvalues;
	struct sd_message_part *parts = sd_arena_array(&s->event_arena, struct sd_message_part, n);
	struct sd_buf b = {0};

	if (t->exprs->all)
		add_variables(s, ev);
	for (u32 i = 0; i < n; i++) {
		u32 node = spec->has_template ? t->exprs->part_node[i] : SD_NO_NODE;

		if (spec->has_template && tm->parts[i].text)
			parts[i] = (struct sd_message_part){.text = tm->parts[i].text,
							    .n = tm->parts[i].n};
		else if (node != SD_NO_NODE)
			parts[i] = (struct sd_message_part){.values = ev->values + node,
							    .nvalues = 1,
							    .format = tm->parts[i].format};
		else if (spec->has_template)
			parts[i] = (struct sd_message_part){.values = ev->values + nvalues,
							    .nvalues = ev->nvalues - nvalues,
							    .all = true};
		else
			parts[i] = (struct sd_message_part){
				.values = ev->values, .nvalues = ev->nvalues, .all = true};
	}
	for (u32 i = 1; i < n; i++)
		if (!parts[i].text && !parts[i].all)
			redact_behind(s, &parts[i - 1], ev->values + t->exprs->part_node[i]);
	if (ev->args_why && t->exprs->all && !ev->nvalues)
		sd_buf_printf(&b, "<%s>", ev->args_why);
	sd_out_message(parts, n, &b);
	ev->message = sd_arena_strdup(&s->event_arena, sd_buf_cstr(&b));
	sd_buf_deinit(&b);
	ev->kind = SD_EV_LOG;
	ev->has_args = ev->has_results = ev->has_duration = false;
	ev->has_values = true;
}

/* False: the condition refuses the event. */
static bool fill_event(struct sonde_session *s, const struct sd_call *call, struct sd_traced *t,
		       const struct sd_instance *in, struct sd_event *ev)
{
	const struct sdw_rec *rec = call->entry ? call->entry : call->ret;
	struct sd_hit storage[2], *hits[2] = {NULL, NULL};
	u32 frames = sd_exprs_stack(s, t);
	struct sd_exprs_event e;

	if (call->entry)
		sd_hit_open(s, call->entry, hits[SD_AT_HIT] = &storage[SD_AT_HIT]);
	if (call->ret)
		sd_hit_open(s, call->ret, hits[SD_AT_RETURN] = &storage[SD_AT_RETURN]);
	if (t->exprs) {
		sd_exprs_open(s, call, t, in, hits, &e);
		if (!sd_exprs_pass(&e, call, &ev->cond_why))
			return false;
		ev->has_values = t->exprs->n != 0;
		ev->nvalues = t->exprs->n;
		ev->values = sd_exprs_values(&e);
	}
	fill_values(s, call, t, in, hits, ev);
	redact(s, ev);
	if (sd_exprs_is_log(s, t))
		make_log(s, t, ev);
	if (frames) /* a template may have asked for more */
		ev->stack = sd_stack_of(s, rec, frames, &s->event_arena);
	return true;
}

void sd_emit_call(void *ctx, const struct sd_call *call)
{
	struct sonde_session *s = ctx;
	const struct sdw_rec *rec = call->entry ? call->entry : call->ret;
	const struct sd_point *p = &s->points.v[rec->site];
	struct sd_traced *t = &s->traced.v[p->traced];
	const struct sd_instance *in;
	struct sd_event ev = {
		.kind = kinds[call->kind],
		.ts_ns = rec->ts + s->clock_offset,
		.pid = rec->pid,
		.tid = rec->tid,
		.goid = rec->goid,
		.file = t->file,
		.line = t->line,
		.addr = p->site.addr.v,
		.inlined = t->inlined,
		.show_pid = s->many_pids,
		.probe = s->probes.v[t->probe].spec.name,
	};

	if (call->kind == SD_CALL_WITHDRAWN) { /* told for the tree only; counted by join */
		sd_tree_refuse(s, call, false);
		return;
	}
	if (filters(s, call, t->probe) || sd_emit_refuses(s, t->probe))
		return;
	in = sd_instance_of(s, t, call->entry);
	ev.func = in ? in->name : t->sig.name;
	/* The kind "unwound" is a claim; with lost returns it cannot be made. */
	if (call->return_lost && ev.kind == SD_EV_UNWOUND)
		ev.kind = SD_EV_OPEN;
	if (call->entry && call->ret) {
		ev.has_duration = true;
		ev.duration_ns = duration_of(call);
	}
	if (!fill_event(s, call, t, in, &ev)) {
		s->probes.v[t->probe].account.filtered++;
		if (s->opts.tree)
			sd_tree_refuse(s, call, false);
	} else if (s->opts.tree) {
		sd_tree_add(s, call, t->probe, &ev);
	} else {
		s->sink->event(s->sink, &ev, &s->out);
		sd_emit_count(s, t->probe, ev.cond_why);
	}
	sd_arena_reset(&s->event_arena);
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
