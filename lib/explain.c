/* SPDX-License-Identifier: BSD-2-Clause */
/* What would be attached: each site with its instruction and why it is there, each value with where
 * it lies. */
#include <stdio.h>
#include <string.h>

#include "lib/exprs.h"

static const char *role_name(const struct sd_point *p)
{
	switch (p->site.kind) {
	case SD_SITE_ENTRY:
		return "entry";
	case SD_SITE_RETURN:
		return "return";
	case SD_SITE_INLINED:
		return "inlined copy";
	case SD_SITE_ADDR:
		return "address";
	case SD_SITE_LINE:
		return "line";
	}
	return "?";
}

/* The instruction's bytes as hex and as text. */
static void insn_text(const struct sd_point *p, char *hex, size_t hex_size, char *text,
		      size_t text_size)
{
	u64 have = 0;
	const u8 *bytes = sd_elf_bytes(p->module->elf, p->site.addr, &have);
	size_t n = 0;

	hex[0] = text[0] = '\0';
	if (!bytes || have < p->site.insn.len)
		return;
	for (u32 i = 0; i < p->site.insn.len && n + 4 < hex_size; i++)
		n += (size_t)snprintf(hex + n, hex_size - n, "%s%02x", i ? " " : "", bytes[i]);
	sd_insn_text(bytes, have, p->site.addr.v, text, text_size);
}

static const char *where(struct sonde_session *s, const struct sd_variable *v)
{
	if (v->loc.why && v->dropped)
		return sd_arena_printf(&s->event_arena, "unavailable: %s: %s", v->loc.why,
				       v->dropped);
	if (v->loc.why)
		return sd_arena_printf(&s->event_arena, "unavailable: %s", v->loc.why);
	if (!v->type->size)
		return "no bytes";
	return sd_loc_text(&v->loc, &s->event_arena);
}

/* The place, and whether what is in it may be another value of the variable. */
static void put_where(struct sonde_session *s, const struct sd_variable *v, bool at_line)
{
	sd_buf_str(&s->out, where(s, v));
	if (v->unsure)
		sd_buf_printf(&s->out,
			      at_line ? " (may be older than the line: %s)"
				      : " (may be another value of the parameter: %s)",
			      v->unsure);
	if (v->let_go)
		sd_buf_str(&s->out,
			   " (not used any more: what it points to may have been collected)");
}

static bool has_xmm(const struct sd_loc *loc)
{
	for (u32 i = 0; i < loc->n; i++)
		if (loc->pieces[i].kind == SD_PIECE_XMM)
			return true;
	return false;
}

/* Whether the sites where these values are looked at get XMM registers: the returns, or the entry.
 */
static bool reads_floats(const struct sonde_session *s, const struct sd_traced *t, bool results)
{
	bool any = false;

	for (u32 i = 0; i < t->npoints; i++) {
		const struct sd_point *p = &s->points.v[t->first_point + i];

		if ((p->site.kind == SD_SITE_RETURN) == results || p->role == SD_JOIN_WHOLE)
			any |= (p->wire.flags & SDW_SITE_WANT_XMM) != 0;
	}
	return any;
}

/* NULL: nothing to say. */
static const char *float_note(const struct sd_loc *loc, bool read)
{
	if (!has_xmm(loc))
		return NULL;
	return read ? "read through a signal frame: about +4 µs a hit"
		    : "float register: not readable";
}

static void text_values(struct sonde_session *s, const char *what, const struct sd_variable *v,
			u32 n, const char *why, bool floats)
{
	if (why) {
		sd_buf_printf(&s->out, "    %s: unavailable: %s\n", what, why);
		return;
	}
	for (u32 i = 0; i < n; i++) {
		const char *note = float_note(&v[i].loc, floats);

		sd_buf_printf(&s->out, "    %s %s %s: ", what, v[i].name,
			      v[i].type->name ? v[i].type->name : "?");
		put_where(s, &v[i], !strcmp(what, "variable"));
		if (note)
			sd_buf_printf(&s->out, " (%s)", note);
		sd_buf_ch(&s->out, '\n');
	}
}

/* Where the condition is decided; *why_ret: what is left for user space, NULL: nothing. */
static const char *decided(const struct sd_exprs *ex, const char **why_ret)
{
	const struct sd_code_condition *hit = &ex->at[SD_AT_HIT], *ret = &ex->at[SD_AT_RETURN];

	*why_ret = NULL;
	if (hit->whole || ret->whole)
		return "kernel";
	*why_ret = ex->uses[SD_AT_RETURN] && ret->why ? ret->why : hit->why;
	return hit->any || ret->any ? "kernel and user space" : "user space";
}

static void text_exprs(struct sonde_session *s, const struct sd_exprs *ex, const char *probe)
{
	const char *why;

	for (u32 i = 0; i < ex->n; i++)
		sd_buf_printf(&s->out, "    value %s %s\n", ex->names[i],
			      ex->nodes[i]->type->name ? ex->nodes[i]->type->name : "?");
	if (!ex->cond)
		return;
	sd_buf_printf(&s->out, "    condition %.*s: decided in %s%s",
		      (int)(ex->cond->end - ex->cond->start), probe + ex->cond->start,
		      !strcmp(decided(ex, &why), "kernel") ? "the " : "", decided(ex, &why));
	if (why)
		sd_buf_printf(&s->out, ": %s", why);
	sd_buf_ch(&s->out, '\n');
}

static void text_point(struct sonde_session *s, const struct sd_point *p)
{
	const struct sd_traced *t = &s->traced.v[p->traced];
	char hex[64], text[128];

	insn_text(p, hex, sizeof(hex), text, sizeof(text));
	sd_buf_printf(&s->out, "  %s at 0x%llx  [%s]  %s  (%s)\n    why here: %s\n", role_name(p),
		      (unsigned long long)p->site.addr.v, hex, text,
		      sd_completion_name((enum sd_completion)p->site.insn.completion),
		      p->site.why ? p->site.why : "?");
	if (t->line_place && t->line_place->doubt)
		sd_buf_printf(&s->out, "    count: %s\n", t->line_place->doubt);
}

static bool has_results(const struct sd_traced *t)
{
	return !t->inlined && !t->at_addr && !t->line_place;
}

static void text_traced(struct sonde_session *s, const struct sd_traced *t)
{
	sd_buf_printf(&s->out, "%s", sd_signature_text(&t->sig, &s->event_arena));
	if (s->probes.v[t->probe].spec.name)
		sd_buf_printf(&s->out, "\n  probe %s", s->probes.v[t->probe].spec.name);
	if (t->inlined && t->line_place)
		sd_buf_printf(&s->out, "\n  %s:%u, inlined into %s at %s:%u", t->file, t->line,
			      t->fn.name, t->line_place->call_file ? t->line_place->call_file : "?",
			      t->line_place->call_line);
	else if (t->inlined)
		sd_buf_printf(&s->out, "\n  inlined into %s at %s:%u", t->fn.name,
			      t->file ? t->file : "?", t->line);
	else if (t->file)
		sd_buf_printf(&s->out, "\n  %s:%u", t->file, t->line);
	sd_buf_ch(&s->out, '\n');
	if (t->problem)
		sd_buf_printf(&s->out, "  note: %s\n", t->problem);
	if (t->sig.note && s->opts.verbose)
		sd_buf_printf(&s->out, "  checked: %s\n", t->sig.note);
	for (u32 i = 0; i < t->npoints; i++)
		text_point(s, &s->points.v[t->first_point + i]);
	if (!t->npoints)
		return;
	text_values(s, t->line_place ? "variable" : "argument", t->sig.params, t->sig.nparams,
		    t->sig.params_why, reads_floats(s, t, false));
	if (has_results(t))
		text_values(s, "result", t->sig.results, t->sig.nresults, t->sig.results_why,
			    reads_floats(s, t, true));
	if (t->exprs)
		text_exprs(s, t->exprs, s->probes.v[t->probe].spec.text);
}

void sd_explain_text(struct sonde_session *s)
{
	for (size_t i = 0; i < s->traced.n; i++) {
		text_traced(s, &s->traced.v[i]);
		sd_arena_reset(&s->event_arena);
		sd_emit_flush(s, false);
	}
}

static void json_str(struct sonde_session *s, const char *key, const char *value)
{
	sd_buf_printf(&s->out, "\"%s\":", key);
	sd_out_json_string(value, strlen(value), &s->out);
}

static void json_values(struct sonde_session *s, const char *key, const struct sd_variable *v,
			u32 n, const char *why, bool floats)
{
	sd_buf_printf(&s->out, ",\"%s\":", key);
	if (why) {
		sd_buf_str(&s->out, "{");
		json_str(s, "unavailable", why);
		sd_buf_str(&s->out, "}");
		return;
	}
	sd_buf_ch(&s->out, '[');
	for (u32 i = 0; i < n; i++) {
		const char *note = float_note(&v[i].loc, floats);

		sd_buf_str(&s->out, i ? ",{" : "{");
		json_str(s, "name", v[i].name);
		sd_buf_ch(&s->out, ',');
		json_str(s, "type", v[i].type->name ? v[i].type->name : "?");
		sd_buf_ch(&s->out, ',');
		json_str(s, v[i].loc.why ? "unavailable" : "where",
			 v[i].loc.why ? v[i].loc.why : where(s, &v[i]));
		if (v[i].dropped) {
			sd_buf_ch(&s->out, ',');
			json_str(s, "dropped", v[i].dropped);
		}
		if (v[i].unsure) {
			sd_buf_ch(&s->out, ',');
			json_str(s, "unsure", v[i].unsure);
		}
		if (note) {
			sd_buf_ch(&s->out, ',');
			json_str(s, "note", note);
		}
		sd_buf_ch(&s->out, '}');
	}
	sd_buf_ch(&s->out, ']');
}

static void json_point(struct sonde_session *s, const struct sd_point *p)
{
	char hex[64], text[128];
	const struct sd_traced *t = &s->traced.v[p->traced];

	insn_text(p, hex, sizeof(hex), text, sizeof(text));
	sd_buf_str(&s->out, "{");
	json_str(s, "func", t->sig.name);
	sd_buf_printf(&s->out, ",\"kind\":\"%s\",\"addr\":\"0x%llx\",\"offset\":\"0x%llx\",",
		      role_name(p), (unsigned long long)p->site.addr.v,
		      (unsigned long long)p->site.off.v);
	json_str(s, "bytes", hex);
	sd_buf_ch(&s->out, ',');
	json_str(s, "instruction", text);
	sd_buf_ch(&s->out, ',');
	json_str(s, "completion", sd_completion_name((enum sd_completion)p->site.insn.completion));
	sd_buf_ch(&s->out, ',');
	json_str(s, "why", p->site.why ? p->site.why : "");
	if (t->line_place && t->line_place->doubt) {
		sd_buf_ch(&s->out, ',');
		json_str(s, "count_unsure", t->line_place->doubt);
	}
	if (t->file) {
		sd_buf_ch(&s->out, ',');
		json_str(s, "file", t->file);
		sd_buf_printf(&s->out, ",\"line\":%u", t->line);
	}
	sd_buf_ch(&s->out, '}');
}

static void json_exprs(struct sonde_session *s, const struct sd_exprs *ex, const char *probe)
{
	const char *why, *where;

	sd_buf_str(&s->out, ",\"values\":[");
	for (u32 i = 0; i < ex->n; i++) {
		sd_buf_str(&s->out, i ? ",{" : "{");
		json_str(s, "name", ex->names[i]);
		sd_buf_ch(&s->out, ',');
		json_str(s, "type", ex->nodes[i]->type->name ? ex->nodes[i]->type->name : "?");
		sd_buf_ch(&s->out, '}');
	}
	sd_buf_ch(&s->out, ']');
	if (!ex->cond)
		return;
	where = decided(ex, &why);
	sd_buf_str(&s->out, ",\"condition\":{");
	json_str(s, "text",
		 sd_arena_strndup(&s->event_arena, probe + ex->cond->start,
				  ex->cond->end - ex->cond->start));
	sd_buf_ch(&s->out, ',');
	json_str(s, "decided_in", where);
	if (why) {
		sd_buf_ch(&s->out, ',');
		json_str(s, "why", why);
	}
	sd_buf_ch(&s->out, '}');
}

void sd_explain_json(struct sonde_session *s)
{
	bool first = true;

	sd_buf_str(&s->out, "{\"functions\":[");
	for (size_t i = 0; i < s->traced.n; i++) {
		const struct sd_traced *t = &s->traced.v[i];

		sd_buf_str(&s->out, i ? ",{" : "{");
		json_str(s, "func", t->sig.name);
		sd_buf_ch(&s->out, ',');
		json_str(s, "signature", sd_signature_text(&t->sig, &s->event_arena));
		if (s->probes.v[t->probe].spec.name) {
			sd_buf_ch(&s->out, ',');
			json_str(s, "probe", s->probes.v[t->probe].spec.name);
		}
		if (t->problem) {
			sd_buf_ch(&s->out, ',');
			json_str(s, "note", t->problem);
		}
		json_values(s, "args", t->sig.params, t->sig.nparams, t->sig.params_why,
			    reads_floats(s, t, false));
		if (has_results(t))
			json_values(s, "results", t->sig.results, t->sig.nresults,
				    t->sig.results_why, reads_floats(s, t, true));
		if (t->exprs)
			json_exprs(s, t->exprs, s->probes.v[t->probe].spec.text);
		sd_buf_ch(&s->out, '}');
		sd_arena_reset(&s->event_arena);
	}
	sd_buf_str(&s->out, "],\"sites\":[");
	for (size_t i = 0; i < s->points.n; i++) {
		if (s->points.v[i].traced == SD_NO_TRACED)
			continue;
		if (!first)
			sd_buf_ch(&s->out, ',');
		first = false;
		json_point(s, &s->points.v[i]);
	}
	sd_buf_str(&s->out, "]}\n");
}
