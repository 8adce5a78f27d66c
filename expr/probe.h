/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The syntax of a probe, PROBES of sonde-expr(7):
 *   [NAME ':'] LOCATION ['{' EXPR, … '}' | TEMPLATE] ['if' CONDITION] [';' OPTION …]
 * and of files of probes. Pure.
 */
#ifndef SD_EXPR_PROBE_H
#define SD_EXPR_PROBE_H

#include "base/base.h"
#include "base/distance.h"
#include "base/err.h"
#include "expr/expr.h"

enum sd_match {
	SD_MATCH_NAME,
	SD_MATCH_GLOB,
	SD_MATCH_REGEX,
	SD_MATCH_ADDR,
	SD_MATCH_LINE, /* FILE:LINE */
};
enum sd_part { SD_PART_CALL, SD_PART_ENTRY, SD_PART_RETURN };

/** One of '{' EXPR, … '}'. */
struct sd_probe_expr {
	struct sd_expr *expr;
	const char *text; /* as typed */
};

enum sd_probe_option {
	SD_OPTION_RATE,		/* rate=N or rate=N/s: num is N */
	SD_OPTION_SAMPLE,	/* sample=1/N: num is N */
	SD_OPTION_SAMPLE_BY,	/* sample-by=EXPR */
	SD_OPTION_FIRST_PER,	/* first-per=EXPR */
	SD_OPTION_STACK,	/* stack or stack=N: num is N, 0 when not given */
	SD_OPTION_MIN_DURATION, /* min-duration=10ms: num is ns */
	SD_OPTION_LOG,		/* log: lines as sonde log has them */
	SD_OPTION_TRACE,	/* trace: calls as sonde trace has them */
	SD_NOPTIONS
};

struct sd_probe_setting {
	const char *value; /* as typed, NULL when there is none */
	u64 num;
	struct sd_expr *expr; /* SAMPLE_BY, FIRST_PER */
	u32 start, end;	      /* in text */
};

struct sd_probe_spec {
	char *text;    /* owned: as typed; spans count in it */
	char *pattern; /* owned: the name, glob or regular expression; the tail of a file's path */
	enum sd_match match;
	enum sd_part part;
	u64 addr;    /* SD_MATCH_ADDR: link-time address */
	u32 line;    /* SD_MATCH_LINE */
	void *regex; /* owned: compiled, SD_MATCH_REGEX */

	struct sd_arena arena;	     /* owned: all that follows */
	const char *name;	     /* NULL: none was given */
	const char *title;	     /* text without blanks around it and comments */
	u32 text_end;		     /* of the probe: what is behind it is a comment */
	u32 start, end;		     /* of LOCATION */
	bool has_exprs;		     /* '{' … '}' is there */
	struct sd_probe_expr *exprs; /* nexprs 0: {}, all arguments */
	u32 nexprs;
	bool has_template;
	struct sd_template template;
	u32 show_start, show_end; /* of '{' … '}' or the template */
	struct sd_expr *cond;	  /* NULL: none */
	bool has_option[SD_NOPTIONS];
	struct sd_probe_setting option[SD_NOPTIONS];
};

enum {
	SD_PROBE_EXPRS = 64,	   /* expressions between { } or in a template */
	SD_PROBE_TEXT = 64 * 1024, /* bytes of one probe */
};

/** Parses text. Errors carry a span in it. */
sd_must_check struct sd_err *sd_probe_parse(const char *text, struct sd_probe_spec *ret);
void sd_probe_spec_deinit(struct sd_probe_spec *p);
/** What the probe is called in messages and accounts: its name, or its text. */
static inline const char *sd_probe_title(const struct sd_probe_spec *p)
{
	return p->name ? p->name : p->title;
}

/** Whether a function of that name matches; never one with SD_MATCH_ADDR and SD_MATCH_LINE. In
 * globs `*` and `?` are special, but the `(*` of a Go receiver is not. */
bool sd_probe_matches(const struct sd_probe_spec *p, const char *name);
/** Glob matching by itself, in linear time for practical purposes. */
bool sd_glob(const char *pattern, const char *name);

#endif
