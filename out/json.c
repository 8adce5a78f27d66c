/* SPDX-License-Identifier: BSD-2-Clause */
/* The JSON format: one object a line, members in a fixed order, those that do not apply left out; a
 * summary last. */
#include <stdlib.h>

#include "out/out.h"

static const char *kind_name(enum sd_event_kind kind)
{
	switch (kind) {
	case SD_EV_CALL:
		return "call";
	case SD_EV_ENTRY:
		return "entry";
	case SD_EV_RETURN:
		return "return";
	case SD_EV_OPEN:
		return "open";
	case SD_EV_UNWOUND:
		return "unwound";
	case SD_EV_LOG:
		return "log";
	}
	return "call";
}

static void put_str(const char *s, struct sd_buf *out)
{
	sd_out_json_string(s, strlen(s), out);
}

static void put_u64(const char *before, u64 v, struct sd_buf *out)
{
	sd_buf_str(out, before);
	sd_buf_u64(out, v);
}

/* "file":…,"line":…, */
static void put_place(const struct sd_event *ev, struct sd_buf *out)
{
	if (!ev->file)
		return;
	sd_buf_str(out, "\"file\":");
	put_str(ev->file, out);
	if (ev->line)
		put_u64(",\"line\":", ev->line, out);
	sd_buf_ch(out, ',');
}

/* Of a log line, the place stands by itself: it is the line's, not the site's. */
static void put_site(const struct sd_event *ev, struct sd_buf *out)
{
	sd_buf_str(out, ",\"site\":{");
	if (ev->kind != SD_EV_LOG)
		put_place(ev, out);
	sd_buf_str(out, "\"addr\":\"");
	sd_buf_hex(out, ev->addr);
	sd_buf_str(out, ev->inlined ? "\",\"inlined\":true}" : "\",\"inlined\":false}");
}

static void put_message(const struct sd_event *ev, struct sd_buf *out)
{
	sd_buf_ch(out, ',');
	put_place(ev, out);
	sd_buf_str(out, "\"message\":");
	put_str(ev->message ? ev->message : "", out);
}

/* Values under their names; one without a name goes by its index: "_" for the first, "_1", "_2", …
 * unique: of a name the first alone. */
static void put_values(const char *before, const struct sd_value *v, u32 n, bool unique,
		       struct sd_buf *out)
{
	sd_buf_str(out, before);
	sd_buf_ch(out, '{');
	for (u32 i = 0; i < n; i++) {
		if (unique && sd_out_is_repeated(v, i))
			continue;
		if (i)
			sd_buf_ch(out, ',');
		if (v[i].name) {
			put_str(v[i].name, out);
		} else {
			sd_buf_add(out, "\"_", 2);
			if (i)
				sd_buf_u64(out, i);
			sd_buf_ch(out, '"');
		}
		sd_buf_ch(out, ':');
		sd_out_json_value(&v[i], out);
	}
	sd_buf_ch(out, '}');
}

/* When nothing is known of any of them, the reason stands for all: {"unavailable":"no debug
 * information"}. */
static void put_all(const char *before, const char *why, const struct sd_value *v, u32 n,
		    struct sd_buf *out)
{
	if (!why) {
		put_values(before, v, n, false, out);
		return;
	}
	sd_buf_str(out, before);
	sd_buf_str(out, "{\"unavailable\":");
	put_str(why, out);
	sd_buf_ch(out, '}');
}

static void put_unsure_of(const struct sd_value *v, u32 n, bool *any, struct sd_buf *out)
{
	for (u32 i = 0; i < n; i++) {
		if (!v[i].unsure || !v[i].name || v[i].kind == SD_V_UNAVAILABLE ||
		    sd_out_is_repeated(v, i))
			continue;
		sd_buf_str(out, *any ? "," : ",\"unsure\":[");
		put_str(v[i].name, out);
		*any = true;
	}
}

/* Which values may be older than their line. */
static void put_unsure(const struct sd_event *ev, struct sd_buf *out)
{
	bool any = false;

	if (ev->has_args)
		put_unsure_of(ev->args, ev->nargs, &any, out);
	if (ev->has_values)
		put_unsure_of(ev->values, ev->nvalues, &any, out);
	if (any)
		sd_buf_ch(out, ']');
}

static void put_frame(const struct sd_stack_frame *f, struct sd_buf *out)
{
	sd_buf_ch(out, '{');
	if (f->func) {
		sd_buf_str(out, "\"func\":");
		put_str(f->func, out);
		if (f->file) {
			sd_buf_str(out, ",\"file\":");
			put_str(f->file, out);
		}
		if (f->file && f->line)
			put_u64(",\"line\":", f->line, out);
		if (f->inlined)
			sd_buf_str(out, ",\"inlined\":true");
	} else {
		sd_buf_str(out, "\"addr\":\"");
		sd_buf_hex(out, f->addr);
		sd_buf_ch(out, '"');
		if (f->module) {
			sd_buf_str(out, ",\"module\":");
			put_str(f->module, out);
		}
	}
}

static void put_stack(const struct sd_stack *stack, struct sd_buf *out)
{
	sd_buf_str(out, ",\"stack\":[");
	for (u32 i = 0; i < stack->n; i++) {
		if (i)
			sd_buf_ch(out, ',');
		put_frame(&stack->frames[i], out);
		sd_buf_ch(out, '}');
	}
	sd_buf_ch(out, ']');
	if (stack->end_why) {
		sd_buf_str(out, ",\"stack_end\":");
		put_str(stack->end_why, out);
	}
	if (!stack->has_creator)
		return;
	sd_buf_str(out, ",\"created_by\":");
	put_frame(&stack->creator, out);
	if (stack->creator_goid)
		put_u64(",\"goid\":", stack->creator_goid, out);
	sd_buf_ch(out, '}');
}

static void json_event(struct sd_sink *sink, const struct sd_event *ev, struct sd_buf *out)
{
	put_u64("{\"ts\":", ev->ts_ns, out);
	put_u64(",\"pid\":", ev->pid, out);
	put_u64(",\"tid\":", ev->tid, out);
	if (ev->goid)
		put_u64(",\"goid\":", ev->goid, out);
	sd_buf_str(out, ",\"func\":");
	put_str(ev->func, out);
	if (ev->probe) {
		sd_buf_str(out, ",\"probe\":");
		put_str(ev->probe, out);
	}
	sd_buf_str(out, ",\"kind\":\"");
	sd_buf_str(out, kind_name(ev->kind));
	sd_buf_ch(out, '"');
	put_site(ev, out);
	if (ev->kind == SD_EV_LOG)
		put_message(ev, out);
	if (ev->has_args)
		put_all(",\"args\":", ev->args_why, ev->args, ev->nargs, out);
	if (ev->has_values)
		put_values(",\"values\":", ev->values, ev->nvalues, true, out);
	if (ev->has_results)
		put_all(",\"results\":", ev->results_why, ev->results, ev->nresults, out);
	put_unsure(ev, out);
	if (ev->has_duration)
		put_u64(",\"duration_ns\":", ev->duration_ns, out);
	if (ev->cond_why)
		put_all(",\"condition\":", ev->cond_why, NULL, 0, out);
	if (ev->in_tree) {
		put_u64(",\"depth\":", ev->depth, out);
		put_u64(",\"id\":", ev->id, out);
		if (ev->parent)
			put_u64(",\"parent\":", ev->parent, out);
	}
	if (ev->stack)
		put_stack(ev->stack, out);
	sd_buf_add(out, "}\n", 2);
}

static void put_account(const struct sd_account *a, struct sd_buf *out)
{
	put_u64("\"hits\":", a->hits, out);
	put_u64(",\"delivered\":", a->delivered, out);
	put_u64(",\"filtered\":", a->filtered, out);
	put_u64(",\"limited\":", a->limited, out);
	put_u64(",\"lost\":", a->lost, out);
	if (a->unsure)
		put_u64(",\"undecided\":", a->unsure, out);
	if (a->lost_return)
		put_u64(",\"returns_lost\":", a->lost_return, out);
}

static void put_reasons(const struct sd_account *a, struct sd_buf *out)
{
	const struct {
		const char *name;
		u64 n;
	} reasons[] = {
		{"ring full", a->lost_full},
		{"no scratch slot", a->lost_busy},
		{"too big", a->lost_big},
	};
	bool first = true;

	if (!a->lost)
		return;
	sd_buf_str(out, ",\"lost_reasons\":{");
	for (size_t i = 0; i < SD_ARRAY_SIZE(reasons); i++) {
		if (!reasons[i].n)
			continue;
		if (!first)
			sd_buf_ch(out, ',');
		first = false;
		put_str(reasons[i].name, out);
		put_u64(":", reasons[i].n, out);
	}
	sd_buf_ch(out, '}');
}

static void json_summary(struct sd_sink *sink, const struct sd_account *probes, u32 n,
			 const struct sd_account *sum, struct sd_buf *out)
{
	sd_buf_str(out, "{\"kind\":\"summary\",\"probes\":[");
	for (u32 i = 0; i < n; i++) {
		sd_buf_str(out, i ? ",{\"probe\":" : "{\"probe\":");
		put_str(probes[i].probe, out);
		sd_buf_ch(out, ',');
		put_account(&probes[i], out);
		put_reasons(&probes[i], out);
		if (probes[i].doubt) {
			sd_buf_str(out, ",\"count_unsure\":");
			put_str(probes[i].doubt, out);
		}
		sd_buf_ch(out, '}');
	}
	sd_buf_str(out, "],");
	put_account(sum, out);
	sd_buf_add(out, "}\n", 2);
}

static void json_destroy(struct sd_sink *sink)
{
	free(sink);
}

struct sd_sink *sd_sink_json_create(void)
{
	struct sd_sink *s = sd_xcalloc(1, sizeof(*s));

	*s = (struct sd_sink){
		.event = json_event, .summary = json_summary, .destroy = json_destroy};
	return s;
}
