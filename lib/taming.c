/* SPDX-License-Identifier: BSD-2-Clause */
/* Rate limits, sampling, firsts: from options to the kernel side's state of each probe. */
#include "lib/taming.h"

#include <string.h>

#include "lib/exprs.h"

enum {
	LOG_RATE = 1000000, /* a second, where nothing was said */
	FIRSTS = 16384,	    /* keys that are remembered */
};
#define SECOND 1000000000ULL

static struct sd_err *parse_key(struct sonde_session *s, const char *text, const char *option,
				const struct sd_expr **ret)
{
	struct sd_expr *x;
	u32 end;

	if (!text)
		return NULL;
	SD_TRY(sd_expr_parse(text, 0, &s->arena, &x, &end));
	while (text[end] == ' ')
		end++;
	if (text[end])
		return sd_err_span(sd_err_new(SD_ERR_USAGE, "--%s wants one expression", option),
				   text, (int)end, (int)strlen(text));
	*ret = x;
	return NULL;
}

/* err is about the probe's own option, where it has that. */
static struct sd_err *at_option(const struct sd_probe *p, enum sd_probe_option option,
				struct sd_err *err)
{
	const struct sd_probe_setting *o = &p->spec.option[option];

	return p->spec.has_option[option]
		       ? sd_err_span(err, p->spec.text, (int)o->start, (int)o->end)
		       : err;
}

static struct sd_err *prepare_probe(struct sonde_session *s, struct sd_probe *p)
{
	const struct sd_probe_spec *spec = &p->spec;
	const struct sd_probe_setting *o = spec->option;
	bool log = (s->opts.log && !spec->has_option[SD_OPTION_TRACE]) ||
		   spec->has_option[SD_OPTION_LOG] || spec->match == SD_MATCH_LINE;
	u64 rate = spec->has_option[SD_OPTION_RATE] ? o[SD_OPTION_RATE].num : s->opts.rate;
	u64 sample = spec->has_option[SD_OPTION_SAMPLE] ? o[SD_OPTION_SAMPLE].num : s->opts.sample;
	bool by = spec->has_option[SD_OPTION_SAMPLE_BY] || s->sample_by;
	bool first = spec->has_option[SD_OPTION_FIRST_PER] || s->first_per;

	if (by && first)
		return at_option(p,
				 spec->has_option[SD_OPTION_FIRST_PER] ? SD_OPTION_FIRST_PER
								       : SD_OPTION_SAMPLE_BY,
				 sd_err_new(SD_ERR_USAGE, "a probe has one key: --sample-by and "
							  "--first-per exclude each other"));
	if (by && sample <= 1)
		return sd_err_hint(
			at_option(p, SD_OPTION_SAMPLE_BY,
				  sd_err_new(SD_ERR_USAGE,
					     "%s says what to sample by, not how much of it",
					     spec->has_option[SD_OPTION_SAMPLE_BY]
						     ? "sample-by"
						     : "--sample-by")),
			spec->has_option[SD_OPTION_SAMPLE_BY] ? "add sample=1/N"
							      : "add --sample 1/N");
	p->default_rate = !rate && log;
	if (p->default_rate)
		rate = LOG_RATE;
	if (rate) {
		p->taming.flags |= SDW_TAME_RATE;
		p->taming.interval = rate < SECOND ? SECOND / rate : 1;
		p->taming.burst = SD_MAX(SECOND, p->taming.interval);
	}
	if (sample > 1) {
		p->taming.flags |= SDW_TAME_SAMPLE;
		p->taming.sample = (u32)SD_MIN(sample, (u64)UINT32_MAX);
	}
	if (first)
		p->taming.flags |= SDW_TAME_FIRST;
	return NULL;
}

struct sd_err *sd_taming_prepare(struct sonde_session *s)
{
	SD_TRY(parse_key(s, s->opts.sample_by, "sample-by", &s->sample_by));
	SD_TRY(parse_key(s, s->opts.first_per, "first-per", &s->first_per));
	for (u32 i = 0; i < s->probes.n; i++) {
		struct sd_err *err = prepare_probe(s, &s->probes.v[i]);

		if (err)
			SD_TRY(sd_probe_wrong(s, i, err));
	}
	return NULL;
}

const struct sd_expr *sd_taming_key(const struct sonde_session *s, const struct sd_probe_spec *spec,
				    const char **text_ret)
{
	*text_ret = spec->text;
	if (spec->has_option[SD_OPTION_SAMPLE_BY])
		return spec->option[SD_OPTION_SAMPLE_BY].expr;
	if (spec->has_option[SD_OPTION_FIRST_PER])
		return spec->option[SD_OPTION_FIRST_PER].expr;
	*text_ret = s->sample_by ? s->opts.sample_by : s->opts.first_per;
	return s->sample_by ? s->sample_by : s->first_per;
}

struct sd_err *sd_taming_plan(struct sonde_session *s, struct sd_point *p, enum sd_when when)
{
	const struct sd_traced *t = &s->traced.v[p->traced];
	const struct sd_exprs *ex = t->exprs;
	const char *why;

	p->wire.probe = t->probe;
	if (!s->probes.v[t->probe].taming.flags || p->role == SD_JOIN_RETURN)
		return NULL;
	p->wire.flags |= SDW_SITE_TAME;
	if (!ex || !ex->key ||
	    sd_plan_key(&s->tables, &p->site, when, ex->vars[when], ex->nvars[when], ex->key,
			&s->arena, &p->wire, &why))
		return NULL;
	return sd_err_span(
		sd_err_new(SD_ERR_USAGE, "the kernel side cannot make a key of this: %s", why),
		ex->key_text, (int)ex->key->start, (int)ex->key->end);
}

struct sdw_probe *sd_taming_probes(struct sonde_session *s, u32 *nfirsts_ret)
{
	struct sdw_probe *probes = sd_arena_array(&s->arena, struct sdw_probe, s->probes.n + 1);

	*nfirsts_ret = 0;
	for (size_t i = 0; i < s->probes.n; i++) {
		probes[i] = s->probes.v[i].taming;
		if (probes[i].flags & SDW_TAME_FIRST)
			*nfirsts_ret = FIRSTS;
	}
	return probes;
}

void sd_taming_watch(struct sonde_session *s)
{
	for (u32 i = 0; i < s->points.n; i++) {
		const struct sd_point *pt = &s->points.v[i];
		struct sd_probe *p;
		struct sdw_counts c;
		sd_autoerr err = NULL;

		if (pt->traced == SD_NO_TRACED)
			continue;
		p = &s->probes.v[s->traced.v[pt->traced].probe];
		/* What samples and firsts leave out is counted as limited too. */
		if (!p->default_rate || p->taming.flags & ~(u32)SDW_TAME_RATE)
			continue;
		err = sd_run_counts(s->run, i, &c);
		if (err || !c.limited)
			continue;
		p->default_rate = false;
		sd_say(s, SONDE_WARNING,
		       "%s: more than %d events a second; what is beyond is counted as limited, "
		       "and "
		       "--rate sets another limit",
		       sd_probe_title(&p->spec), LOG_RATE);
	}
}
