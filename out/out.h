/* SPDX-License-Identifier: BSD-2-Clause */
/* One event model, many formats: each sink is a file of its own. Sinks format; writing is the
 * caller's (sd_out). */
#ifndef SD_OUT_OUT_H
#define SD_OUT_OUT_H

#include "base/buf.h"
#include "base/err.h"
#include "decode/stack.h"
#include "decode/value.h"

enum sd_event_kind {
	SD_EV_CALL,
	SD_EV_ENTRY,
	SD_EV_RETURN,
	SD_EV_OPEN,
	SD_EV_UNWOUND,
	SD_EV_LOG, /* a line of the user's own: message */
};

struct sd_event {
	enum sd_event_kind kind;
	u64 ts_ns; /* since the Unix epoch: of the entry, or of the only hit */
	u32 pid, tid;
	u64 goid;	   /* 0: none */
	const char *func;  /* as shown */
	const char *probe; /* the name that the user gave the probe; NULL: none. JSON alone */
	const char *file;  /* of the site (inlined: the caller's line; LOG: the line itself); NULL:
			      unknown */
	u32 line;
	u64 addr; /* link-time address of the site */
	bool inlined;
	bool has_args, has_results, has_duration, has_values;
	struct sd_value *args; /* array, names set */
	u32 nargs;
	struct sd_value *results;
	u32 nresults;
	const char
		*args_why; /* not NULL: the arguments as a whole are unknown, and why; nargs is 0 */
	const char *results_why; /* the same for results */
	struct sd_value *values; /* of the probe's expressions: the names are their texts */
	u32 nvalues;
	const char *message;  /* LOG: sd_out_message() made it */
	const char *cond_why; /* not NULL: the condition could not be decided, and why */
	u64 duration_ns;
	bool show_pid;		      /* text: several processes are traced */
	bool in_tree;		      /* the next three are set */
	u32 depth;		      /* in how many calls of the tree it was made */
	u64 id, parent;		      /* its number, and that of the call it was made in; 0: none */
	const struct sd_stack *stack; /* NULL: not wanted */
	const char *note;	      /* text: appended, e.g. "began before tracing"; NULL */
};

struct sd_account { /* one probe's, or the sum's */
	const char *probe;
	u64 hits, delivered, filtered, limited, lost;
	u64 lost_full, lost_busy, lost_big, lost_return;
	u64 unsure; /* of the delivered: their condition could not be decided */
	const char
		*doubt; /* why hits may be more or fewer than passages of the line; NULL: as many */
};

struct sd_sink {
	void (*event)(struct sd_sink *sink, const struct sd_event *ev, struct sd_buf *out);
	/** Last line of data; text sinks write nothing here. */
	void (*summary)(struct sd_sink *sink, const struct sd_account *probes, u32 n,
			const struct sd_account *sum, struct sd_buf *out);
	void (*destroy)(struct sd_sink *sink);
};

/** colour: ANSI colours; utc: times in UTC (tests). */
struct sd_sink *sd_sink_text_create(bool colour, bool utc);
struct sd_sink *sd_sink_json_create(void);
/** The JSON Schema of the json sink's lines. */
const char *sd_sink_json_schema(void);

/** One value as text ("&{Name:\"bob\"}", "[1, 2]", "100") / as JSON. */
void sd_out_text_value(const struct sd_value *v, struct sd_buf *out);
void sd_out_json_value(const struct sd_value *v, struct sd_buf *out);
/** Whether a value before values[i] has its name: the same expression twice is shown once. */
bool sd_out_is_repeated(const struct sd_value *values, u32 i);
/** A JSON string literal of n bytes: invalid UTF-8 never gets here as text. */
void sd_out_json_string(const char *s, size_t n, struct sd_buf *out);
/** Shortest decimal that reads back equal (bits 32 or 64); JSON numbers; NaN and infinities as Go
 * prints them. */
void sd_out_float(double f, unsigned int bits, struct sd_buf *out);
/** "310ns", "1.204ms", "2.5s". */
void sd_out_duration(u64 ns, struct sd_buf *out);

#endif
