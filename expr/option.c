/* SPDX-License-Identifier: BSD-2-Clause */
/* The options behind a probe: "; rate=100/s sample=1/10 stack=8 log". */
#include <ctype.h>
#include <stdio.h>

#include "expr/spec.h"

enum value { NONE, RATE, SAMPLE, EXPR, FRAMES, DURATION };

static const struct {
	const char *name;
	enum value value;
	const char *example;
} options[SD_NOPTIONS] = {
	[SD_OPTION_RATE] = {"rate", RATE, "rate=100/s"},
	[SD_OPTION_SAMPLE] = {"sample", SAMPLE, "sample=1/10"},
	[SD_OPTION_SAMPLE_BY] = {"sample-by", EXPR, "sample-by=goid()"},
	[SD_OPTION_FIRST_PER] = {"first-per", EXPR, "first-per=key"},
	[SD_OPTION_STACK] = {"stack", FRAMES, "stack=8"},
	[SD_OPTION_MIN_DURATION] = {"min-duration", DURATION, "min-duration=10ms"},
	[SD_OPTION_LOG] = {"log", NONE, "log"},
	[SD_OPTION_TRACE] = {"trace", NONE, "trace"},
};

static struct sd_err *unknown(const struct sd_scan *s, u32 start, u32 end)
{
	struct sd_buf names = {0};
	const char *nearest = NULL;
	unsigned int best = 3;
	struct sd_err *err;
	char word[32];

	snprintf(word, sizeof(word), "%.*s", (int)SD_MIN(end - start, 31), s->text + start);
	for (size_t i = 0; i < SD_NOPTIONS; i++) {
		unsigned int d = sd_name_distance(word, options[i].name);

		sd_buf_printf(&names, "%s%s", i ? ", " : "", options[i].example);
		if (d < best) {
			best = d;
			nearest = options[i].name;
		}
	}
	err = sd_scan_error(s, start, end, "no option of a probe is called '%s'%s%s%s", word,
			    nearest ? "; did you mean '" : "", nearest ? nearest : "",
			    nearest ? "'?" : "");
	err = sd_err_hint(err, "there are %s", sd_buf_cstr(&names));
	sd_buf_deinit(&names);
	return err;
}

/* Digits at *p as a number from 1 to max; 0 when they are none. */
static u64 count(const char **p, u64 max)
{
	u64 v = 0;

	for (; isdigit((u8) * *p) && v <= max; (*p)++)
		v = v * 10 + (u32)(**p - '0');
	return v <= max ? v : 0;
}

static bool number(enum value kind, const char *value, u64 *ret)
{
	const char *p = value;

	switch (kind) {
	case RATE:
		*ret = count(&p, 1000000000);
		return *ret && (!*p || !strcmp(p, "/s"));
	case SAMPLE:
		if (strncmp(p, "1/", 2) != 0)
			return false;
		p += 2;
		*ret = count(&p, 1000000000);
		return *ret && !*p;
	default:
		*ret = count(&p, 127);
		return *ret && !*p;
	}
}

/* The value behind '=', which is before the place. */
static struct sd_err *value(struct sd_scan *s, u32 key, enum sd_probe_option which,
			    struct sd_probe_setting *set)
{
	enum value kind = options[which].value;
	u32 start = s->pos;
	struct sd_expr *x = NULL;
	struct sd_expr number_node = {0};

	if (kind == EXPR) {
		SD_TRY(sd_scan_expr(s, &x));
	} else {
		while (s->text[s->pos] && !strchr(" \t\r\n;#", s->text[s->pos]))
			s->pos++;
	}
	set->value = sd_arena_strndup(s->arena, s->text + start, s->pos - start);
	set->expr = x;
	if (kind == EXPR)
		return NULL;
	if (kind == DURATION) {
		struct sd_scan sub = {.text = set->value, .arena = s->arena};
		struct sd_err *err = NULL;
		bool ok = isdigit((u8)set->value[0]) || set->value[0] == '.';

		if (ok)
			err = sd_scan_number(&sub, &number_node);
		ok = ok && !err && !set->value[sub.pos] && number_node.duration;
		sd_err_free(err);
		set->num = number_node.num;
		if (ok)
			return NULL;
	} else if (number(kind, set->value, &set->num)) {
		return NULL;
	}
	return sd_scan_error(s, key, s->pos, "write it as in %s", options[which].example);
}

static struct sd_err *option(struct sd_scan *s, struct sd_probe_spec *p)
{
	u32 start = s->pos, n = 0;
	size_t i = 0;

	while (isalnum((u8)s->text[start + n]) || s->text[start + n] == '-' ||
	       s->text[start + n] == '_')
		n++;
	if (!n)
		return sd_scan_unexpected(s, "where an option should be");
	while (i < SD_NOPTIONS &&
	       (strlen(options[i].name) != n || memcmp(options[i].name, s->text + start, n) != 0))
		i++;
	if (i == SD_NOPTIONS)
		return unknown(s, start, start + n);
	s->pos += n;
	if (p->has_option[i])
		return sd_scan_error(s, start, s->pos, "'%s' is given twice", options[i].name);
	p->has_option[i] = true;
	p->option[i].start = start;
	if (s->text[s->pos] == '=' && options[i].value != NONE) {
		s->pos++;
		SD_TRY(value(s, start, i, &p->option[i]));
	} else if (s->text[s->pos] == '=' ||
		   (options[i].value != NONE && options[i].value != FRAMES)) {
		return sd_scan_error(s, start, s->pos, "write it as in %s", options[i].example);
	}
	p->option[i].end = s->pos;
	if (p->has_option[SD_OPTION_LOG] && p->has_option[SD_OPTION_TRACE])
		return sd_scan_error(s, start, s->pos, "'log' and 'trace' exclude each other");
	return NULL;
}

struct sd_err *sd_options_parse(struct sd_scan *s, bool comments, struct sd_probe_spec *p)
{
	for (;;) {
		u32 before = s->pos;

		sd_scan_blanks(s);
		if (s->text[s->pos] == ';') {
			s->pos++;
			continue;
		}
		if (!s->text[s->pos] || (comments && s->text[s->pos] == '#' && s->pos > before))
			return NULL;
		SD_TRY(option(s, p));
	}
}
