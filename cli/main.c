/* SPDX-License-Identifier: BSD-2-Clause */
/* Picks the command. */
#include <stdio.h>
#include <string.h>

#include "cli/options.h"

static void usage(FILE *f)
{
	fprintf(f, "usage: sonde COMMAND ...\n\ncommands:\n");
	for (const struct sd_command *c = sd_commands; c->name; c++)
		fprintf(f, "  %-8s %s\n", c->name, c->what);
	fprintf(f,
		"\nsonde COMMAND --help shows a command's options; sonde --version the version.\n");
}

int main(int argc, char **argv)
{
	static struct sd_cli cli;
	int rc;

	if (argc < 2) {
		fprintf(stderr, "sonde: no command\nhint: sonde --help\n");
		return 2;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("sonde %s\n", sonde_version());
		return 0;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return 0;
	}
	for (const struct sd_command *c = sd_commands; c->name; c++) {
		if (strcmp(argv[1], c->name) != 0)
			continue;
		rc = sd_cli_parse(c, argc - 2, argv + 2, &cli);
		if (rc)
			return rc;
		if (cli.help) {
			sd_cli_help(c);
			return 0;
		}
		return c->run(&cli);
	}
	fprintf(stderr, "sonde: no command '%s'\nhint: sonde --help\n", argv[1]);
	return 2;
}
