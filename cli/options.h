/* SPDX-License-Identifier: BSD-2-Clause */
/* Options: one table per command feeds the parser, --help, the man page check and the completions.
 */
#ifndef SD_CLI_OPTIONS_H
#define SD_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "include/sonde/sonde.h"

enum {
	SD_MAX_PIDS = 64,
	SD_MAX_PROBES = 1024,
	SD_MAX_FILES = 16,
	SD_MAX_SECRETS = 64,
	SD_MAX_SOURCES = 16
};

/** What a command line says. Strings are borrowed from argv. */
struct sd_cli {
	struct sonde_options opts;
	pid_t pids[SD_MAX_PIDS];
	int npids;
	const char *args[SD_MAX_PROBES]; /* positional: BINARY, PROBE… */
	int nargs;
	const char *files[SD_MAX_FILES]; /* -f: files of probes */
	int nfiles;
	const char *sources[SD_MAX_SOURCES]; /* --source; opts.sources points here */
	const char *secrets[SD_MAX_SECRETS]; /* --secret; opts.secrets points here */
	char **command;			     /* after --; NULL: none */
	const char *output;		     /* -o */
	uint64_t for_ns;		     /* --for; 0: none */
	bool strict, dry_run, help, schema, json;
};

struct sd_option {
	char letter;	   /* 0: none */
	const char *name;  /* long, without -- */
	const char *value; /* NULL: a flag; else its name in the help; "[=N]": may be left out */
	const char *help;
	/** NULL, or what is wrong with the value: "not a number". A flag's value is NULL, and so is
	 * one that was left out. */
	const char *(*set)(struct sd_cli *cli, const char *value);
};

struct sd_command {
	const char *name;
	const char *usage;
	const char *what;
	const struct sd_option *options; /* ends with name NULL */
	bool takes_command;		 /* `-- COMMAND` is allowed */
	int (*run)(struct sd_cli *cli);
};

extern const struct sd_command sd_commands[]; /* ends with name NULL */

/** Parses argv after the command's name. 0, or the exit code after having said on stderr what is
 * wrong. */
int sd_cli_parse(const struct sd_command *cmd, int argc, char **argv, struct sd_cli *cli);
void sd_cli_help(const struct sd_command *cmd);

int sd_run_trace(struct sd_cli *cli);
int sd_run_log(struct sd_cli *cli);
int sd_run_list(struct sd_cli *cli);
int sd_run_explain(struct sd_cli *cli);
int sd_run_doctor_command(struct sd_cli *cli);
/** Says an error on stderr as sonde does, frees it, returns its exit code. */
int sd_fail(struct sonde_error *err);

#endif
