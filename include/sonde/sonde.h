/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * libsonde: trace functions of running Go, C, C++ and Rust programs through eBPF uprobes.
 *
 * A session is made, given targets and probes, started, polled until it is done, and destroyed. The
 * library never prints and never exits: data goes to the sink's write function, messages to the
 * message function. One thread at a time may use a session; sonde_session_stop() may be called from
 * any thread and from signal handlers.
 */
#ifndef SONDE_SONDE_H
#define SONDE_SONDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An error: owned by the caller, freed with sonde_error_free(). */
struct sonde_error;
/** The exit code that the command line gives it (1 failed, 2 usage, 3 nothing matched, 4 not
 * permitted, 125–127). */
int sonde_error_code(const struct sonde_error *err);
/** The whole text: message, causes, the place in the user's text, the next command; lines end with
 * \n. Borrowed until the error is freed. */
const char *sonde_error_text(struct sonde_error *err);
void sonde_error_free(struct sonde_error *err);

enum sonde_format { SONDE_TEXT, SONDE_JSON };
enum sonde_attach {
	SONDE_ATTACH_AUTO,
	SONDE_ATTACH_MULTI,
	SONDE_ATTACH_TRACEFS,
	SONDE_ATTACH_PERF
};
enum sonde_buffer { SONDE_BUFFER_AUTO, SONDE_BUFFER_RING, SONDE_BUFFER_PERF };
enum sonde_message { SONDE_STATUS, SONDE_WARNING, SONDE_DEBUG };

/** Options; zeroed means the defaults named here. */
struct sonde_options {
	enum sonde_format format;
	enum sonde_attach attach;
	enum sonde_buffer buffer;
	uint64_t ring_size;   /* bytes; 0: 16 MiB */
	uint64_t count;	      /* stop after that many events; 0: no limit */
	uint32_t depth;	      /* pointers followed; 0: 4 */
	uint32_t items;	      /* elements of a collection; 0: 16 */
	uint32_t string_size; /* bytes of a string; 0: 256 */
	uint32_t event_size;  /* bytes captured by one event, up to 1 MiB; 0: 16384 */
	uint32_t stack;	      /* frames of the call stack with each event, up to 256; 0: none */
	bool tree; /* calls below the calls that they were made in, shown when the outermost ends */
	uint64_t min_duration_ns; /* calls that took less are filtered; 0: none */
	uint32_t max_depth;	  /* calls in so many or more traced calls are filtered; 0: none */
	uint64_t goid;		  /* other goroutines are filtered; 0: none */
	/* What every probe that does not say otherwise lets through: */
	uint64_t rate;	 /* events a second; 0: no limit, log: a million */
	uint32_t sample; /* one of so many hits; 0: all */
	const char
		*sample_by; /* all hits of one of `sample` values of this expression; NULL: none */
	const char *first_per; /* the first hit for each value of this expression; NULL: none */
	bool no_follow;	       /* depth 0: follow no pointers */
	bool show_zero;	       /* text: zero fields of large structs too */
	bool no_float_regs; /* Go: leave floats in registers alone; else probes that need one send
			       their thread SIGURG */
	bool log;	    /* events are log lines: each probe's template, or its variables */
	const char *const *sources; /* folders of Go source, besides where the binary says it is: by
				       it values at lines of optimized code are told from old ones;
				       nsources of them */
	size_t nsources;
	const char *const *secrets; /* more names of secrets: values that go by them are shown as
				       <redacted>; nsecrets of them */
	size_t nsecrets;
	bool show_secrets; /* nothing is redacted */
	bool no_strings;   /* no text of any string is shown, its length is */
	bool colour;
	bool verbose;
	/** Data, whole lines. Returns false when nobody reads any more: the session then stops. */
	bool (*write)(void *ctx, const char *data, size_t size);
	/** Status, warnings, debug messages: one line each, without \n. NULL: dropped. */
	void (*message)(void *ctx, enum sonde_message kind, const char *text);
	void *ctx;
	const char *debug; /* domains of debug messages, "site,dwarf" or "all"; NULL: none */
};

struct sonde_session;

/** Makes a session. opts is copied. */
struct sonde_error *sonde_session_create(const struct sonde_options *opts,
					 struct sonde_session **ret);
/** Detaches and frees everything. NULL is fine. */
void sonde_session_destroy(struct sonde_session *s);

/** Targets: a running process; every process that runs a binary, now and later; a command, held
 * before its first instruction until the session is started. argv is copied. */
struct sonde_error *sonde_session_add_pid(struct sonde_session *s, pid_t pid);
struct sonde_error *sonde_session_add_binary(struct sonde_session *s, const char *path);
struct sonde_error *sonde_session_add_command(struct sonde_session *s, char *const *argv);
/** A probe (PROBE of sonde(1)). Its syntax is checked here, its functions are looked up by prepare.
 */
struct sonde_error *sonde_session_add_probe(struct sonde_session *s, const char *text);

/** The probes of a file, one a line (sonde-expr(7)). All its errors are told in one. */
struct sonde_error *sonde_session_add_probe_file(struct sonde_session *s, const char *path);

/** Resolves everything: functions, sites, values, capture plans. Needs no rights. */
struct sonde_error *sonde_session_prepare(struct sonde_session *s);
/** What would be attached, as text or as one JSON object; through opts.write. Needs prepare. */
struct sonde_error *sonde_session_explain(struct sonde_session *s);
/** Loads, attaches, releases the command. Says "tracing …" as a status message once every probe is
 * in place. */
struct sonde_error *sonde_session_start(struct sonde_session *s);
/** Waits up to timeout_ms for events and hands them to opts.write. *done_ret: the targets ended,
 * the count is reached, the reader is gone or stop was called. */
struct sonde_error *sonde_session_poll(struct sonde_session *s, int timeout_ms, bool *done_ret);
/** Makes poll return done. Async-signal-safe. */
void sonde_session_stop(struct sonde_session *s);
/** Detaches, hands out what is left, checks the accounts, writes the summary. */
struct sonde_error *sonde_session_finish(struct sonde_session *s);

/** After finish. */
struct sonde_counts {
	uint64_t hits, delivered, filtered, limited, lost, returns_lost;
};
void sonde_session_counts(const struct sonde_session *s, struct sonde_counts *ret);
/** The command's exit status as a shell has it; −1 when it has not ended or there is none. */
int sonde_session_command_status(const struct sonde_session *s);

/** The functions of a binary whose names match pattern (NULL: all), one a line, through opts.write.
 */
struct sonde_error *sonde_list(const struct sonde_options *opts, const char *binary,
			       const char *pattern);
/** What this host allows. *ok_ret: tracing is possible. */
struct sonde_error *sonde_doctor(const struct sonde_options *opts, bool *ok_ret);
/** The JSON Schema of the JSON output. */
const char *sonde_json_schema(void);
const char *sonde_version(void);

#ifdef __cplusplus
}
#endif
#endif
