/* SPDX-License-Identifier: BSD-2-Clause */
/* The option tables of all commands, and the one parser that reads them. */
#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- values ---- */

static bool parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	*ret = strtoull(s, &end, 10);
	return !errno && !*end && *ret <= max;
}

/* 4K, 16M, 1G, plain bytes. */
static bool parse_size(const char *s, uint64_t *ret)
{
	char *end;
	int shift = 0;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	*ret = strtoull(s, &end, 10);
	switch (*end) {
	case 'k':
	case 'K':
		shift = 10;
		break;
	case 'm':
	case 'M':
		shift = 20;
		break;
	case 'g':
	case 'G':
		shift = 30;
		break;
	default:
		break;
	}
	if (shift)
		end++;
	if (errno || *end || *ret > (1ULL << 40) >> shift)
		return false;
	*ret <<= shift;
	return true;
}

/* 500ms, 10s, 1.5m, 2h; a plain number is seconds. */
static bool parse_duration(const char *s, uint64_t *ret)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"", 1e9},	 {"ns", 1},   {"us", 1e3},  {"ms", 1e6},
		     {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
	char *end;
	double v;

	if (!isdigit((unsigned char)*s) && *s != '.')
		return false;
	v = strtod(s, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].unit)) {
			v *= units[i].ns;
			if (!(v > 0 && v < 1e18))
				return false;
			*ret = (uint64_t)v;
			return true;
		}
	return false;
}

static const char *set_pid(struct sd_cli *c, const char *v)
{
	uint64_t pid;

	if (!parse_u64(v, 1 << 22, &pid) || !pid)
		return "not a process id";
	if (c->npids == SD_MAX_PIDS)
		return "too many processes";
	c->pids[c->npids++] = (pid_t)pid;
	return NULL;
}

static const char *set_format(struct sd_cli *c, const char *v)
{
	if (!strcmp(v, "text"))
		c->opts.format = SONDE_TEXT;
	else if (!strcmp(v, "json"))
		c->opts.format = SONDE_JSON;
	else
		return "neither text nor json";
	return NULL;
}

static const char *set_json(struct sd_cli *c, const char *v)
{
	(void)v;
	c->opts.format = SONDE_JSON;
	return NULL;
}

static const char *set_output(struct sd_cli *c, const char *v)
{
	c->output = v;
	return NULL;
}

static const char *set_count(struct sd_cli *c, const char *v)
{
	return parse_u64(v, UINT64_MAX, &c->opts.count) && c->opts.count ? NULL
									 : "not a positive number";
}

static const char *set_for(struct sd_cli *c, const char *v)
{
	return parse_duration(v, &c->for_ns) ? NULL : "not a duration such as 10s, 500ms, 2m";
}

static const char *set_strict(struct sd_cli *c, const char *v)
{
	(void)v;
	c->strict = true;
	return NULL;
}

static const char *set_ring(struct sd_cli *c, const char *v)
{
	if (!parse_size(v, &c->opts.ring_size) || c->opts.ring_size < 4096 ||
	    c->opts.ring_size > 1ULL << 30)
		return "not a size from 4K to 1G";
	return NULL;
}

static const char *set_buffer(struct sd_cli *c, const char *v)
{
	if (!strcmp(v, "ring"))
		c->opts.buffer = SONDE_BUFFER_RING;
	else if (!strcmp(v, "perf"))
		c->opts.buffer = SONDE_BUFFER_PERF;
	else
		return "neither ring nor perf";
	return NULL;
}

static const char *set_attach(struct sd_cli *c, const char *v)
{
	if (!strcmp(v, "auto"))
		c->opts.attach = SONDE_ATTACH_AUTO;
	else if (!strcmp(v, "multi"))
		c->opts.attach = SONDE_ATTACH_MULTI;
	else if (!strcmp(v, "tracefs"))
		c->opts.attach = SONDE_ATTACH_TRACEFS;
	else if (!strcmp(v, "perf"))
		c->opts.attach = SONDE_ATTACH_PERF;
	else
		return "none of auto, multi, tracefs, perf";
	return NULL;
}

static const char *set_limit(const char *v, uint64_t min, uint64_t max, uint32_t *ret)
{
	static char why[64];
	uint64_t n;

	if (!parse_u64(v, max, &n) || n < min) {
		snprintf(why, sizeof(why), "not a number from %llu to %llu",
			 (unsigned long long)min, (unsigned long long)max);
		return why;
	}
	*ret = (uint32_t)n;
	return NULL;
}

static const char *set_depth(struct sd_cli *c, const char *v)
{
	const char *why = set_limit(v, 0, 32, &c->opts.depth);

	c->opts.no_follow = !why && !c->opts.depth;
	return why;
}

static const char *set_items(struct sd_cli *c, const char *v)
{
	return set_limit(v, 1, 1024, &c->opts.items);
}

static const char *set_string(struct sd_cli *c, const char *v)
{
	return set_limit(v, 1, 4096, &c->opts.string_size);
}

static const char *set_bytes(struct sd_cli *c, const char *v)
{
	return set_limit(v, 256, 1 << 20, &c->opts.event_size);
}

static const char *set_stack(struct sd_cli *c, const char *v)
{
	if (v)
		return set_limit(v, 1, 256, &c->opts.stack);
	c->opts.stack = 32;
	return NULL;
}

static const char *set_tree(struct sd_cli *c, const char *v)
{
	(void)v;
	c->opts.tree = true;
	return NULL;
}

static const char *set_min_duration(struct sd_cli *c, const char *v)
{
	return parse_duration(v, &c->opts.min_duration_ns) ? NULL
							   : "not a duration such as 10ms, 500us";
}

static const char *set_max_depth(struct sd_cli *c, const char *v)
{
	return set_limit(v, 1, 1000000, &c->opts.max_depth);
}

static const char *set_goid(struct sd_cli *c, const char *v)
{
	return parse_u64(v, UINT64_MAX, &c->opts.goid) && c->opts.goid ? NULL
								       : "not a goroutine's number";
}

static const char *set_verbose(struct sd_cli *c, const char *v)
{
	(void)v;
	c->opts.verbose = true;
	return NULL;
}

static const char *set_debug(struct sd_cli *c, const char *v)
{
	c->opts.debug = v;
	return NULL;
}

static const char *set_dry_run(struct sd_cli *c, const char *v)
{
	(void)v;
	c->dry_run = true;
	return NULL;
}

static const char *set_schema(struct sd_cli *c, const char *v)
{
	(void)v;
	c->schema = true;
	return NULL;
}

static const char *set_help(struct sd_cli *c, const char *v)
{
	(void)v;
	c->help = true;
	return NULL;
}

static const char *set_zero(struct sd_cli *c, const char *v)
{
	(void)v;
	c->opts.show_zero = true;
	return NULL;
}

static const char *set_no_float_regs(struct sd_cli *c, const char *v)
{
	(void)v;
	c->opts.no_float_regs = true;
	return NULL;
}

static const char *set_source(struct sd_cli *c, const char *v)
{
	if (c->opts.nsources == SD_MAX_SOURCES)
		return "too many folders of source";
	if (!*v)
		return "not a folder";
	c->sources[c->opts.nsources++] = v;
	c->opts.sources = c->sources;
	return NULL;
}

static const char *set_secret(struct sd_cli *c, const char *v)
{
	if (c->opts.nsecrets == SD_MAX_SECRETS)
		return "too many names of secrets";
	for (const char *p = v; *p; p++)
		if (isalpha((unsigned char)*p) || (unsigned char)*p >= 0x80) {
			c->secrets[c->opts.nsecrets++] = v;
			c->opts.secrets = c->secrets;
			return NULL;
		}
	return "not a name";
}

static const char *set_show_secrets(struct sd_cli *c, const char *v)
{
	(void)v;
	c->opts.show_secrets = true;
	return NULL;
}

static const char *set_no_strings(struct sd_cli *c, const char *v)
{
	(void)v;
	c->opts.no_strings = true;
	return NULL;
}

static const char *set_file(struct sd_cli *c, const char *v)
{
	if (c->nfiles == SD_MAX_FILES)
		return "too many files of probes";
	c->files[c->nfiles++] = v;
	return NULL;
}

/* N or N/s. */
static const char *set_rate(struct sd_cli *c, const char *v)
{
	size_t n = strlen(v);
	char number[32];

	if (n > 2 && !strcmp(v + n - 2, "/s"))
		n -= 2;
	if (n >= sizeof(number))
		return "not a rate such as 100/s";
	memcpy(number, v, n);
	number[n] = '\0';
	if (!parse_u64(number, 1000000000, &c->opts.rate) || !c->opts.rate)
		return "not a rate from 1/s to 1000000000/s";
	return NULL;
}

/* 1/N or N. */
static const char *set_sample(struct sd_cli *c, const char *v)
{
	if (!strncmp(v, "1/", 2))
		v += 2;
	return set_limit(v, 1, 1000000000, &c->opts.sample) ? "not a share such as 1/100" : NULL;
}

static const char *set_sample_by(struct sd_cli *c, const char *v)
{
	c->opts.sample_by = v;
	return NULL;
}

static const char *set_first_per(struct sd_cli *c, const char *v)
{
	c->opts.first_per = v;
	return NULL;
}

/* ---- tables ---- */

/* clang-format off */

#define COMMON_OPTIONS                                                                             \
	{ 0, "format", "FORMAT", "text (default) or json, one object a line", set_format },        \
	{ 'v', "verbose", NULL, "say more on stderr", set_verbose },                               \
	{ 0, "debug", "DOMAINS", "debug messages of rooms: site,dwarf,run or all", set_debug },    \
	{ 'h', "help", NULL, "show this help", set_help }

#define TARGET_OPTION { 'p', "pid", "PID", "trace that process; may be repeated", set_pid }

#define VALUE_OPTIONS                                                                              \
	{ 0, "depth", "N", "follow pointers N deep (default 4)", set_depth },                      \
	{ 0, "items", "N", "show N elements of a collection (default 16)", set_items },            \
	{ 0, "string", "BYTES", "show that much of a string (default 256)", set_string },          \
	{ 0, "bytes", "BYTES", "capture that much in one event: up to 1 MiB (default 16384)", set_bytes },      \
	{ 0, "zero", NULL, "text: show zero fields of large structs too", set_zero },              \
	{ 0, "no-float-regs", NULL, "Go: do not read floats in registers (no signals)",            \
	  set_no_float_regs },                                                                     \
	{ 0, "source", "DIR", "Go source is in DIR; may be repeated", set_source },                \
	{ 0, "secret", "NAME", "redact what goes by NAME too; may be repeated", set_secret },      \
	{ 0, "show-secrets", NULL, "redact nothing", set_show_secrets },                           \
	{ 0, "no-strings", NULL, "show no text of any string", set_no_strings }

#define FILE_OPTION { 'f', "file", "FILE", "probes from FILE, one a line; may be repeated", set_file }

/* What commands that attach share. */
#define FLOW_OPTIONS \
	TARGET_OPTION, \
	FILE_OPTION, \
	{ 'o', "output", "FILE", "write data to FILE instead of stdout", set_output }, \
	{ 'n', "count", "N", "stop after N events", set_count }, \
	{ 0, "for", "DURATION", "stop after that time: 10s, 500ms, 2m", set_for }, \
	{ 0, "rate", "N", "at most N events a second of each probe: 100/s", set_rate }, \
	{ 0, "sample", "SHARE", "one of N hits of each probe: 1/N", set_sample }, \
	{ 0, "sample-by", "EXPR", "with --sample: all hits of one of N values of EXPR", set_sample_by }, \
	{ 0, "first-per", "EXPR", "only the first hit for each value of EXPR", set_first_per }, \
	VALUE_OPTIONS, \
	{ 0, "stack", "[=N]", "with the call stack of each event, N frames (default 32)", set_stack }, \
	{ 0, "goid", "N", "only events of that goroutine", set_goid }, \
	{ 0, "strict", NULL, "exit with 5 when any event was lost", set_strict }, \
	{ 0, "ring-size", "SIZE", "bytes of the buffer: 4K to 1G (default 16M)", set_ring }, \
	{ 0, "buffer", "KIND", "ring, or perf for kernels without the ring buffer", set_buffer }, \
	{ 0, "attach", "HOW", "auto (default), multi, tracefs or perf", set_attach }, \
	{ 0, "dry-run", NULL, "say what would be attached, attach nothing", set_dry_run }, \
	{ 0, "json-schema", NULL, "print the JSON Schema of the output", set_schema }, \
	COMMON_OPTIONS

static const struct sd_option trace_options[] = {
	FLOW_OPTIONS,
	{ 0, "tree", NULL, "show calls below the calls that they were made in", set_tree },
	{ 0, "min-duration", "D", "only calls that took D or longer: 10ms, 500us", set_min_duration },
	{ 0, "max-depth", "N", "only events in fewer than N other traced calls", set_max_depth },
	{ 0 },
};

static const struct sd_option log_options[] = {
	FLOW_OPTIONS,
	{ 0 },
};

static const struct sd_option list_options[] = {
	COMMON_OPTIONS,
	{ 0 },
};

static const struct sd_option explain_options[] = {
	TARGET_OPTION,
	FILE_OPTION,
	VALUE_OPTIONS,
	COMMON_OPTIONS,
	{ 0 },
};

static const struct sd_option doctor_options[] = {
	{ 0, "json", NULL, "the same as --format json", set_json },
	COMMON_OPTIONS,
	{ 0 },
};

const struct sd_command sd_commands[] = {
	{ "trace", "sonde trace [OPTIONS] {-p PID | BINARY | -- COMMAND ARGS...} PROBE...",
	  "show calls as they happen: arguments, results, duration", trace_options, true, sd_run_trace },
	{ "log", "sonde log [OPTIONS] {-p PID | BINARY | -- COMMAND ARGS...} PROBE...",
	  "log lines of your own at any source line or function", log_options, true, sd_run_log },
	{ "list", "sonde list [OPTIONS] BINARY [PATTERN]", "functions with their signatures", list_options, false,
	  sd_run_list },
	{ "explain", "sonde explain [OPTIONS] {-p PID | BINARY} PROBE...",
	  "what would be attached, where each value lies, and what is missing and why", explain_options, false,
	  sd_run_explain },
	{ "doctor", "sonde doctor [OPTIONS]", "what this host allows, and what to do about what it doesn't",
	  doctor_options, false, sd_run_doctor_command },
	{ 0 },
};

/* clang-format on */

/* ---- parser ---- */

static int bad_option(const struct sd_command *cmd, const char *fmt, const char *a, const char *b)
{
	fprintf(stderr, "sonde: ");
	fprintf(stderr, fmt, a, b);
	fprintf(stderr, "\nhint: sonde %s --help\n", cmd->name);
	return 2;
}

static const struct sd_option *find_long(const struct sd_command *cmd, const char *name, size_t n)
{
	for (const struct sd_option *o = cmd->options; o->name; o++)
		if (strlen(o->name) == n && !memcmp(o->name, name, n))
			return o;
	return NULL;
}

static const struct sd_option *find_letter(const struct sd_command *cmd, char letter)
{
	for (const struct sd_option *o = cmd->options; o->name; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

static int apply(const struct sd_command *cmd, const struct sd_option *o, struct sd_cli *cli,
		 const char *value)
{
	const char *why = o->set(cli, value);

	if (!why)
		return 0;
	fprintf(stderr, "sonde: --%s %s: %s\nhint: sonde %s --help\n", o->name, value ? value : "",
		why, cmd->name);
	return 2;
}

static int parse_one(const struct sd_command *cmd, char **argv, int argc, int *i,
		     struct sd_cli *cli)
{
	const char *arg = argv[*i], *value = NULL;
	const struct sd_option *o;

	if (arg[1] == '-') {
		const char *eq = strchr(arg, '=');
		size_t n = eq ? (size_t)(eq - arg) - 2 : strlen(arg) - 2;

		o = find_long(cmd, arg + 2, n);
		value = eq ? eq + 1 : NULL;
		if (o && !o->value && value)
			return bad_option(cmd, "--%s takes no value", o->name, "");
	} else {
		o = find_letter(cmd, arg[1]);
		if (o && arg[2]) {
			if (!o->value)
				return bad_option(cmd, "'%s': give flags one by one", arg, "");
			value = arg + 2;
		}
	}
	if (!o)
		return bad_option(cmd, "unknown option %s of 'sonde %s'", arg, cmd->name);
	if (o->value && *o->value != '[' && !value) {
		if (*i + 1 >= argc)
			return bad_option(cmd, "%s needs a %s", arg, o->value);
		value = argv[++*i];
	}
	return apply(cmd, o, cli, value);
}

int sd_cli_parse(const struct sd_command *cmd, int argc, char **argv, struct sd_cli *cli)
{
	for (int i = 0; i < argc; i++) {
		int rc;

		if (!strcmp(argv[i], "--")) {
			if (!cmd->takes_command)
				return bad_option(cmd, "'sonde %s' takes no command%s", cmd->name,
						  "");
			/* `-- COMMAND` may stand before or after the probes: everything behind it
			 * is the command. */
			cli->command = argv + i + 1;
			if (!cli->command[0])
				return bad_option(cmd, "no command after '--'%s%s", "", "");
			return 0;
		}
		if (argv[i][0] == '-' && argv[i][1]) {
			rc = parse_one(cmd, argv, argc, &i, cli);
			if (rc)
				return rc;
			continue;
		}
		if (cli->nargs == SD_MAX_PROBES)
			return bad_option(cmd, "too many arguments%s%s", "", "");
		cli->args[cli->nargs++] = argv[i];
	}
	return 0;
}

void sd_cli_help(const struct sd_command *cmd)
{
	printf("usage: %s\n%s\n\noptions:\n", cmd->usage, cmd->what);
	for (const struct sd_option *o = cmd->options; o->name; o++) {
		char left[64];

		snprintf(left, sizeof(left), "%c%c%s--%s%s%s", o->letter ? '-' : ' ',
			 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
			 o->value && *o->value != '[' ? " " : "", o->value ? o->value : "");
		printf("  %-26s %s\n", left, o->help);
	}
}
