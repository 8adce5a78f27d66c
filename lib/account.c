/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Law 3: per probe, hits = delivered + filtered + limited + lost. A hit is a call (or, for
 * ":return", a return): the entry's hits, and the returns of calls that began before tracing. Lost
 * returns are counted beside it: their calls are delivered without results.
 */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "lib/session.h"

static void add_point_counts(struct sd_account *a, const struct sd_point *p,
			     const struct sdw_counts *c)
{
	u64 lost = c->lost_full + c->lost_busy + c->lost_big;

	if (p->role == SD_JOIN_RETURN) {
		a->lost_return += lost;
		return;
	}
	a->hits += c->hits;
	a->filtered += c->filtered;
	a->limited += c->limited;
	a->lost += lost;
	a->lost_full += c->lost_full;
	a->lost_busy += c->lost_busy;
	a->lost_big += c->lost_big;
}

static void add_up(struct sd_account *sum, const struct sd_account *a)
{
	sum->hits += a->hits;
	sum->delivered += a->delivered;
	sum->filtered += a->filtered;
	sum->limited += a->limited;
	sum->lost += a->lost;
	sum->lost_full += a->lost_full;
	sum->lost_busy += a->lost_busy;
	sum->lost_big += a->lost_big;
	sum->lost_return += a->lost_return;
	sum->unsure += a->unsure;
}

struct sd_err *sd_account(struct sonde_session *s)
{
	u32 n = (u32)s->points.n;
	sd_autofree struct sdw_counts *counts = sd_xcalloc(n + 1, sizeof(*counts));

	SD_TRY(sd_run_all_counts(s->run, n, counts));
	for (u32 i = 0; i < n; i++) {
		const struct sd_point *p = &s->points.v[i];

		if (p->traced == SD_NO_TRACED)
			continue;
		add_point_counts(&s->probes.v[s->traced.v[p->traced].probe].account, p, &counts[i]);
	}
	if (sd_join_bad_records(s->join))
		sd_say(s, SONDE_WARNING, "%llu damaged records were left out: please report this",
		       (unsigned long long)sd_join_bad_records(s->join));
	memset(&s->sum, 0, sizeof(s->sum));
	for (u32 i = 0; i < s->probes.n; i++) {
		struct sd_account *a = &s->probes.v[i].account;
		const struct sd_join_account *j = sd_join_account(s->join, i);

		a->probe = sd_probe_title(&s->probes.v[i].spec);
		a->hits += j->before;
		a->filtered += j->filtered;
		if (a->hits != a->delivered + a->filtered + a->limited + a->lost)
			sd_say(s, SONDE_WARNING,
			       "accounts of %s do not add up: %llu hits, %llu delivered, %llu "
			       "filtered, "
			       "%llu limited, %llu lost: please report this",
			       a->probe, (unsigned long long)a->hits,
			       (unsigned long long)a->delivered, (unsigned long long)a->filtered,
			       (unsigned long long)a->limited, (unsigned long long)a->lost);
		add_up(&s->sum, a);
	}
	return NULL;
}

static void say_one(struct sonde_session *s, const char *title, const struct sd_account *a)
{
	struct sd_buf b = {0};

	if (title)
		sd_buf_printf(&b, "%s: ", title);
	sd_buf_printf(&b, "%llu hits, %llu delivered, %llu filtered, ", (unsigned long long)a->hits,
		      (unsigned long long)a->delivered, (unsigned long long)a->filtered);
	if (a->limited)
		sd_buf_printf(&b, "%llu limited, ", (unsigned long long)a->limited);
	sd_buf_printf(&b, "%llu lost", (unsigned long long)a->lost);
	if (a->lost) {
		const char *sep = " (";

		if (a->lost_full) {
			sd_buf_printf(&b, "%s%llu buffer full", sep,
				      (unsigned long long)a->lost_full);
			sep = ", ";
		}
		if (a->lost_busy) {
			sd_buf_printf(&b, "%s%llu no free slot", sep,
				      (unsigned long long)a->lost_busy);
			sep = ", ";
		}
		if (a->lost_big)
			sd_buf_printf(&b, "%s%llu too big for the buffer", sep,
				      (unsigned long long)a->lost_big);
		sd_buf_ch(&b, ')');
	}
	if (a->lost_return)
		sd_buf_printf(&b, ", %llu returns lost", (unsigned long long)a->lost_return);
	if (a->unsure)
		sd_buf_printf(&b, ", %llu passed as their condition could not be decided",
			      (unsigned long long)a->unsure);
	sd_say(s, SONDE_STATUS, "%s", sd_buf_cstr(&b));
	sd_buf_deinit(&b);
}

void sd_account_say(struct sonde_session *s)
{
	for (u32 i = 0; s->probes.n > 1 && i < s->probes.n; i++)
		say_one(s, sd_probe_title(&s->probes.v[i].spec), &s->probes.v[i].account);
	say_one(s, NULL, &s->sum);
	if (s->sum.lost || s->sum.lost_return)
		sd_say(s, SONDE_STATUS,
		       "events were lost: a larger --ring-size, fewer probes or :entry help");
}
