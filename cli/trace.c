/* SPDX-License-Identifier: BSD-2-Clause */
/* `sonde trace`, `list`, `explain`, `doctor`: options to sessions, sessions to exit codes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"

enum { EXIT_LOST = 5, EXIT_OWN_FAILURE = 125 };

static struct sonde_session *current; /* for the signal handler only */

struct output {
	int fd;
	int error;
};

static bool write_all(void *ctx, const char *data, size_t size)
{
	struct output *out = ctx;

	while (size) {
		ssize_t n = write(out->fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			out->error = errno;
			return false;
		}
		data += n;
		size -= (size_t)n;
	}
	return true;
}

static void say(void *ctx, enum sonde_message kind, const char *text)
{
	(void)ctx;
	fprintf(stderr, "sonde: %s%s\n",
		kind == SONDE_WARNING ? "warning: "
		: kind == SONDE_DEBUG ? "debug: "
				      : "",
		text);
}

int sd_fail(struct sonde_error *err)
{
	int code = sonde_error_code(err);

	fprintf(stderr, "sonde: %s", sonde_error_text(err));
	sonde_error_free(err);
	return code;
}

static void on_signal(int sig)
{
	(void)sig;
	if (current)
		sonde_session_stop(current);
}

static void catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static struct sonde_error *add_targets(struct sonde_session *s, const struct sd_cli *cli,
				       int *first_probe)
{
	struct sonde_error *err = NULL;

	*first_probe = 0;
	for (int i = 0; i < cli->npids && !err; i++)
		err = sonde_session_add_pid(s, cli->pids[i]);
	if (!err && cli->command)
		err = sonde_session_add_command(s, cli->command);
	if (!err && !cli->npids && !cli->command && cli->nargs) {
		err = sonde_session_add_binary(s, cli->args[0]);
		*first_probe = 1;
	}
	return err;
}

static struct sonde_error *set_up(struct sonde_session *s, const struct sd_cli *cli)
{
	struct sonde_error *err;
	int first;

	err = add_targets(s, cli, &first);
	for (int i = first; i < cli->nargs && !err; i++)
		err = sonde_session_add_probe(s, cli->args[i]);
	for (int i = 0; i < cli->nfiles && !err; i++)
		err = sonde_session_add_probe_file(s, cli->files[i]);
	return err ? err : sonde_session_prepare(s);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static struct sonde_error *trace_until_done(struct sonde_session *s, const struct sd_cli *cli)
{
	uint64_t end = cli->for_ns ? now_ns() + cli->for_ns : 0;
	struct sonde_error *err = sonde_session_start(s);
	bool done = false;

	while (!err && !done) {
		int wait = 1000;

		if (end) {
			uint64_t now = now_ns();

			if (now >= end)
				break;
			wait = (int)((end - now) / 1000000) < 1000
				       ? (int)((end - now) / 1000000) + 1
				       : 1000;
		}
		err = sonde_session_poll(s, wait, &done);
	}
	return err;
}

static int exit_code(struct sonde_session *s, const struct sd_cli *cli, const struct output *out)
{
	struct sonde_counts c;
	int status = sonde_session_command_status(s);

	sonde_session_counts(s, &c);
	if (out->error && out->error != EPIPE) {
		fprintf(stderr, "sonde: cannot write the output: %s\n", strerror(out->error));
		return cli->command ? EXIT_OWN_FAILURE : 1;
	}
	if (cli->strict && (c.lost || c.returns_lost))
		return EXIT_LOST;
	return cli->command && status >= 0 ? status : 0;
}

/* What the command's own exit codes could be mistaken for is moved out of their way, as env and
 * timeout do. */
static int fail_code(int code, const struct sd_cli *cli)
{
	return cli->command && code < EXIT_OWN_FAILURE ? EXIT_OWN_FAILURE : code;
}

int sd_run_trace(struct sd_cli *cli)
{
	struct output out = {.fd = STDOUT_FILENO};
	struct sonde_session *s = NULL;
	struct sonde_error *err;
	int code;

	if (cli->schema) {
		printf("%s\n", sonde_json_schema());
		return 0;
	}
	if (cli->output) {
		out.fd = open(cli->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (out.fd < 0) {
			fprintf(stderr, "sonde: cannot write %s: %s\n", cli->output,
				strerror(errno));
			return fail_code(1, cli);
		}
	}
	cli->opts.colour = !cli->output && isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	cli->opts.write = write_all;
	cli->opts.message = say;
	cli->opts.ctx = &out;
	err = sonde_session_create(&cli->opts, &s);
	if (!err) {
		current = s;
		catch_signals();
		err = set_up(s, cli);
	}
	if (!err && cli->dry_run) {
		err = sonde_session_explain(s);
		code = 0;
	} else {
		struct sonde_error *end;

		if (!err)
			err = trace_until_done(s, cli);
		end = s ? sonde_session_finish(s) : NULL;
		if (err)
			sonde_error_free(end);
		else
			err = end;
		code = err ? 0 : exit_code(s, cli, &out);
	}
	if (err)
		code = fail_code(sd_fail(err), cli);
	current = NULL;
	sonde_session_destroy(s);
	if (cli->output && close(out.fd))
		code = code ? code : 1;
	return code;
}

int sd_run_log(struct sd_cli *cli)
{
	cli->opts.log = true;
	return sd_run_trace(cli);
}

int sd_run_explain(struct sd_cli *cli)
{
	struct output out = {.fd = STDOUT_FILENO};
	struct sonde_session *s = NULL;
	struct sonde_error *err;
	int code = 0;

	cli->opts.write = write_all;
	cli->opts.message = say;
	cli->opts.ctx = &out;
	err = sonde_session_create(&cli->opts, &s);
	if (!err)
		err = set_up(s, cli);
	if (!err)
		err = sonde_session_explain(s);
	if (err)
		code = sd_fail(err);
	sonde_session_destroy(s);
	return code;
}

int sd_run_list(struct sd_cli *cli)
{
	struct output out = {.fd = STDOUT_FILENO};
	struct sonde_error *err;

	if (cli->nargs < 1 || cli->nargs > 2) {
		fprintf(stderr, "sonde: list takes a binary and at most one pattern\nhint: sonde "
				"list --help\n");
		return 2;
	}
	cli->opts.write = write_all;
	cli->opts.message = say;
	cli->opts.ctx = &out;
	err = sonde_list(&cli->opts, cli->args[0], cli->nargs > 1 ? cli->args[1] : NULL);
	return err ? sd_fail(err) : 0;
}

int sd_run_doctor_command(struct sd_cli *cli)
{
	struct output out = {.fd = STDOUT_FILENO};
	struct sonde_error *err;
	bool ok = false;

	cli->opts.write = write_all;
	cli->opts.message = say;
	cli->opts.ctx = &out;
	err = sonde_doctor(&cli->opts, &ok);
	if (err)
		return sd_fail(err);
	return ok ? 0 : 4;
}
