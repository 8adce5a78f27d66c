/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text format, one line an event, local time, two blanks before what is not part of the call:
 *   19:04:11.201934 g18 strconv.ParseInt(s="100", base=10, bitSize=64) = (100, nil)  310ns
 *   TIME g18 main.e(x=1) = 2.7183  1.2ms            one result; none: no "="
 *   TIME g18 main.e(iterations=100)  inlined at app.go:40
 *   TIME g18 main.f(x=1)  entry                     entry probe that is not an inlined copy
 *   TIME g18 main.f(...) = (5, nil)  return         arguments were not captured
 *   TIME g18 main.f(<no debug information>)  310ns  nothing is known of any of them, and why
 *   TIME g18 main.f(x=1)  open 1.2s                 not returned at the end
 *   TIME g18 main.f(x=1)  unwound                   ended by a panic or Goexit
 *   TIME g18 main.f{key="a", len(xs)=3} = (5, nil)  310ns   what the probe asks for; after (…) when
 *                                                   the arguments are shown too
 *   TIME g18 app.go:40 computing e with 100         a line of the user's own
 *   TIME g18 main.f(x=1)  310ns  ?cond: p is nil    the condition could not be decided
 *   TIME pid 4242 t4243 main.f(x=1)  310ns  (note)  several processes; a thread, no goroutine
 * In trees the duration comes first, and calls are indented by their depth:
 *   TIME g18   1.204ms  main.handle(n=1) = 3
 *   TIME g18     310ns    strconv.ParseInt(s="100", base=10, bitSize=64) = (100, nil)
 *   TIME g18   unwound    main.f(x=1)
 *   TIME g18              main.e(iterations=100)  inlined at app.go:40
 * and the call stack below it, where it is wanted:
 *       main.f app.go:40
 *       main.g app.go:52  inlined
 *       0x7f0102030405 libc.so.6
 *       <cut at 3 frames>
 *       created by main.main in goroutine 1 app.go:22
 */
#include <stdlib.h>
#include <time.h>

#include "out/quote.h"
#include "out/text.h"

struct text_sink {
	struct sd_sink sink;
	bool colour, utc;
	u64 second;  /* that hms is of; UINT64_MAX: of none */
	char hms[9]; /* "19:04:11." */
};

static void colour(const struct text_sink *s, const char *code, struct sd_buf *out)
{
	if (s->colour)
		sd_buf_str(out, code);
}

static void put2(char *p, unsigned int v)
{
	p[0] = (char)('0' + v / 10 % 10);
	p[1] = (char)('0' + v % 10);
}

static void put_time(struct text_sink *s, u64 ts_ns, struct sd_buf *out)
{
	unsigned int us = (unsigned int)(ts_ns % 1000000000 / 1000);
	u64 second = ts_ns / 1000000000;
	char digits[6];

	if (s->second != second) {
		time_t t = (time_t)second;
		struct tm tm;

		if (!(s->utc ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)))
			memset(&tm, 0, sizeof(tm));
		memcpy(s->hms, "00:00:00.", 9);
		put2(s->hms, (unsigned int)tm.tm_hour);
		put2(s->hms + 3, (unsigned int)tm.tm_min);
		put2(s->hms + 6, (unsigned int)tm.tm_sec);
		s->second = second;
	}
	put2(digits, us / 10000);
	put2(digits + 2, us / 100 % 100);
	put2(digits + 4, us % 100);
	sd_buf_add(out, s->hms, sizeof(s->hms));
	sd_buf_add(out, digits, sizeof(digits));
}

static void put_value(const struct text_sink *s, const struct sd_value *v, bool named,
		      struct sd_buf *out)
{
	if (v->name && named) {
		sd_out_plain(v->name, out);
		sd_buf_ch(out, '=');
	}
	sd_out_text_coloured(v, s->colour, out);
	sd_out_unsure(v, s->colour, out);
}

static void put_values(const struct text_sink *s, const struct sd_value *v, u32 n, bool results,
		       struct sd_buf *out)
{
	for (u32 i = 0; i < n; i++) {
		if (i)
			sd_buf_add(out, ", ", 2);
		put_value(s, &v[i], !results, out);
	}
}

bool sd_out_is_repeated(const struct sd_value *values, u32 i)
{
	for (u32 k = 0; k < i; k++)
		if (values[k].name && values[i].name && !strcmp(values[k].name, values[i].name))
			return true;
	return false;
}

static void put_expressions(const struct text_sink *s, const struct sd_event *ev,
			    struct sd_buf *out)
{
	sd_buf_ch(out, '{');
	for (u32 i = 0; i < ev->nvalues; i++) {
		if (sd_out_is_repeated(ev->values, i))
			continue;
		if (i)
			sd_buf_add(out, ", ", 2);
		put_value(s, &ev->values[i], true, out);
	}
	sd_buf_ch(out, '}');
}

static void put_why(const struct text_sink *s, const char *why, struct sd_buf *out)
{
	colour(s, SD_COLOUR_DIM, out);
	sd_buf_ch(out, '<');
	sd_out_plain(why, out);
	sd_buf_ch(out, '>');
	colour(s, SD_COLOUR_OFF, out);
}

static void put_call(const struct text_sink *s, const struct sd_event *ev, struct sd_buf *out)
{
	colour(s, SD_COLOUR_BOLD, out);
	sd_out_plain(ev->func, out);
	colour(s, SD_COLOUR_OFF, out);
	if (ev->has_args || !ev->has_values) {
		sd_buf_ch(out, '(');
		if (ev->has_args && ev->args_why)
			put_why(s, ev->args_why, out);
		else if (ev->has_args)
			put_values(s, ev->args, ev->nargs, false, out);
		else
			sd_buf_add(out, "...", 3);
		sd_buf_ch(out, ')');
	}
	if (ev->has_values)
		put_expressions(s, ev, out);
	if (!ev->has_results || (!ev->nresults && !ev->results_why))
		return;
	/* One reason for everything is said once. */
	if (ev->results_why && ev->has_args && ev->args_why &&
	    !strcmp(ev->args_why, ev->results_why))
		return;
	sd_buf_add(out, " = ", 3);
	if (ev->results_why) {
		put_why(s, ev->results_why, out);
		return;
	}
	if (ev->nresults == 1) {
		put_values(s, ev->results, 1, true, out);
		return;
	}
	sd_buf_ch(out, '(');
	put_values(s, ev->results, ev->nresults, true, out);
	sd_buf_ch(out, ')');
}

/* Only the file's own name: a line of output is no place for a build machine's directories. */
static void put_place(const char *file, u32 line, struct sd_buf *out)
{
	const char *slash = strrchr(file, '/');

	sd_out_plain(slash ? slash + 1 : file, out);
	if (line) {
		sd_buf_ch(out, ':');
		sd_buf_u64(out, line);
	}
}

static void put_log(const struct text_sink *s, const struct sd_event *ev, struct sd_buf *out)
{
	if (ev->file) {
		colour(s, SD_COLOUR_BOLD, out);
		put_place(ev->file, ev->line, out);
		colour(s, SD_COLOUR_OFF, out);
		sd_buf_ch(out, ' ');
	}
	if (ev->message)
		sd_out_plain(ev->message, out);
}

static void put_remark(const struct sd_event *ev, struct sd_buf *out)
{
	const char *word = NULL;

	switch (ev->kind) {
	case SD_EV_CALL:
	case SD_EV_LOG:
		break;
	case SD_EV_ENTRY:
		word = ev->inlined ? "inlined" : "entry";
		break;
	case SD_EV_RETURN:
		word = "return";
		break;
	case SD_EV_OPEN:
		word = "open";
		break;
	case SD_EV_UNWOUND:
		word = "unwound";
		break;
	}
	if (ev->in_tree && (ev->kind == SD_EV_OPEN || ev->kind == SD_EV_UNWOUND))
		word = NULL;
	if (word || (ev->has_duration && !ev->in_tree))
		sd_buf_add(out, "  ", 2);
	if (word)
		sd_buf_str(out, word);
	if (word && ev->inlined && ev->file) {
		sd_buf_add(out, " at ", 4);
		put_place(ev->file, ev->line, out);
	}
	if (ev->has_duration && !ev->in_tree) {
		if (word)
			sd_buf_ch(out, ' ');
		sd_out_duration(ev->duration_ns, out);
	}
	if (ev->cond_why) {
		sd_buf_str(out, "  ?cond: ");
		sd_out_plain(ev->cond_why, out);
	}
	if (ev->note) {
		sd_buf_add(out, "  (", 3);
		sd_out_plain(ev->note, out);
		sd_buf_ch(out, ')');
	}
}

static void put_blanks(u32 n, struct sd_buf *out)
{
	sd_buf_grow(out, n);
	memset(out->p + out->n, ' ', n);
	out->n += n;
}

/* Duration or state, and the indentation. */
static void put_tree(const struct text_sink *s, const struct sd_event *ev, struct sd_buf *out)
{
	enum { WIDTH = 9, MAX_INDENT = 100 };
	size_t before = out->n;
	char column[32] = "";
	u32 width = 0, n;

	if (ev->has_duration)
		sd_out_duration(ev->duration_ns, out);
	else if (ev->kind == SD_EV_OPEN)
		sd_buf_str(out, "open");
	else if (ev->kind == SD_EV_UNWOUND)
		sd_buf_str(out, "unwound");
	n = (u32)SD_MIN(out->n - before, sizeof(column));
	memcpy(column, out->p + before, n);
	out->n = before;
	for (u32 i = 0; i < n; i++)
		width += ((u8)column[i] & 0xc0) != 0x80; /* µ has two bytes */
	put_blanks(width < WIDTH ? WIDTH - width : 0, out);
	colour(s, SD_COLOUR_DIM, out);
	sd_buf_add(out, column, n);
	colour(s, SD_COLOUR_OFF, out);
	put_blanks(2 + 2 * SD_MIN(ev->depth, (u32)MAX_INDENT), out);
}

static void put_frame_place(const struct sd_stack_frame *f, struct sd_buf *out)
{
	const char *file = f->func ? f->file : f->module;

	if (!file)
		return;
	sd_buf_ch(out, ' ');
	put_place(file, f->func ? f->line : 0, out);
}

static void put_frame(const struct text_sink *s, const struct sd_stack_frame *f, struct sd_buf *out)
{
	sd_buf_add(out, "    ", 4);
	if (f->func)
		sd_out_plain(f->func, out);
	else
		sd_buf_hex(out, f->addr);
	put_frame_place(f, out);
	if (f->inlined) {
		colour(s, SD_COLOUR_DIM, out);
		sd_buf_str(out, "  inlined");
		colour(s, SD_COLOUR_OFF, out);
	}
	sd_buf_ch(out, '\n');
}

static void put_stack(const struct text_sink *s, const struct sd_stack *stack, struct sd_buf *out)
{
	for (u32 i = 0; i < stack->n; i++)
		put_frame(s, &stack->frames[i], out);
	if (stack->end_why) {
		sd_buf_add(out, "    ", 4);
		put_why(s, stack->end_why, out);
		sd_buf_ch(out, '\n');
	}
	if (!stack->has_creator)
		return;
	sd_buf_str(out, "    created by ");
	sd_out_plain(stack->creator.func, out);
	if (stack->creator_goid) {
		sd_buf_str(out, " in goroutine ");
		sd_buf_u64(out, stack->creator_goid);
	}
	put_frame_place(&stack->creator, out);
	sd_buf_ch(out, '\n');
}

static void text_event(struct sd_sink *sink, const struct sd_event *ev, struct sd_buf *out)
{
	struct text_sink *s = (struct text_sink *)sink;

	colour(s, SD_COLOUR_DIM, out);
	put_time(s, ev->ts_ns, out);
	sd_buf_ch(out, ' ');
	if (ev->show_pid) {
		sd_buf_add(out, "pid ", 4);
		sd_buf_u64(out, ev->pid);
		sd_buf_ch(out, ' ');
	}
	sd_buf_ch(out, ev->goid ? 'g' : 't');
	sd_buf_u64(out, ev->goid ? ev->goid : ev->tid);
	sd_buf_ch(out, ' ');
	colour(s, SD_COLOUR_OFF, out);
	if (ev->in_tree)
		put_tree(s, ev, out);
	if (ev->kind == SD_EV_LOG)
		put_log(s, ev, out);
	else
		put_call(s, ev, out);
	colour(s, SD_COLOUR_DIM, out);
	put_remark(ev, out);
	colour(s, SD_COLOUR_OFF, out);
	sd_buf_ch(out, '\n');
	if (ev->stack)
		put_stack(s, ev->stack, out);
}

static void text_summary(struct sd_sink *sink, const struct sd_account *probes, u32 n,
			 const struct sd_account *sum, struct sd_buf *out)
{
	/* the accounts are status, and status goes to stderr: the command line prints them */
}

static void text_destroy(struct sd_sink *sink)
{
	free(sink);
}

struct sd_sink *sd_sink_text_create(bool colour_on, bool utc)
{
	struct text_sink *s = sd_xcalloc(1, sizeof(*s));

	s->sink = (struct sd_sink){
		.event = text_event, .summary = text_summary, .destroy = text_destroy};
	s->colour = colour_on;
	s->utc = utc;
	s->second = UINT64_MAX;
	if (!utc)
		tzset(); /* localtime_r() need not */
	return &s->sink;
}
