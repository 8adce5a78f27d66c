/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The examples of sonde-expr(7): every line of a block that a comment "; test: KIND" announces is
 * parsed (expressions, probes, file, demo) or must be refused; every block is announced. In a
 * grammar each word is defined or names a token. All options and kinds of expressions must occur.
 * Prints "N passed, N failed, N skipped".
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "expr/file.h"

static unsigned int passed, failed;
static bool options_seen[SD_NOPTIONS];
static bool kinds_seen[SD_EXPR_TYPE + 1];

static void check(struct sd_err *err, bool wanted, const char *text)
{
	if (!err == wanted) {
		passed++;
	} else {
		failed++;
		printf("FAIL %s: %s\n", text, err ? err->msg : "is taken");
	}
	sd_err_free(err);
}

static void see(const struct sd_expr *x)
{
	const struct sd_expr *const under[] = {x->a, x->b, x->c};

	kinds_seen[x->kind] = true;
	for (size_t i = 0; i < SD_ARRAY_SIZE(under); i++)
		if (under[i])
			see(under[i]);
	for (u32 i = 0; i < x->nargs; i++)
		see(x->args[i]);
}

static void expression(const char *text, bool wanted)
{
	struct sd_arena arena = {0};
	struct sd_expr *x = NULL;
	struct sd_err *err = sd_expr_parse_all(text, &arena, &x);

	if (!err)
		see(x);
	check(err, wanted, text);
	sd_arena_deinit(&arena);
}

static void see_options(const struct sd_probe_spec *p)
{
	for (size_t i = 0; i < SD_NOPTIONS; i++)
		options_seen[i] |= p->has_option[i];
}

static void probe(const char *text)
{
	struct sd_probe_spec p;
	struct sd_err *err = sd_probe_parse(text, &p);

	if (!err) {
		see_options(&p);
		sd_probe_spec_deinit(&p);
	}
	check(err, true, text);
}

static void file(const struct sd_buf *text)
{
	struct sd_probe_file f;
	struct sd_err *err = sd_probe_file_parse("example", text->p, text->n, &f);

	if (!err) {
		for (u32 i = 0; i < f.n; i++)
			see_options(&f.probes[i].spec);
		sd_probe_file_deinit(&f);
	}
	check(err, true, "the file of probes");
}

/* Words outside of quotes that no line begins with: tokens that the text below the grammar
 * explains. */
static void grammar(const char *text)
{
	static const char *const tokens[] = {"label",  "name",	   "glob",  "regex",  "address",
					     "file",   "line",	   "quote", "text",   "digits",
					     "number", "duration", "rune",  "string", "path"};

	for (const char *p = text; *p;) {
		size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz");
		char word[32], rule[40];
		bool known = false;

		if (*p == '"') {
			p = strchr(p + 1, '"');
			if (!p)
				break;
		}
		if (!n || n >= sizeof(word)) {
			p++;
			continue;
		}
		snprintf(word, sizeof(word), "%.*s", (int)n, p);
		snprintf(rule, sizeof(rule), "\n%s ", word);
		for (size_t i = 0; i < SD_ARRAY_SIZE(tokens); i++)
			known |= !strcmp(word, tokens[i]);
		known |= strstr(text, rule) != NULL;
		if (known) {
			passed++;
		} else {
			failed++;
			printf("FAIL grammar: '%s' is not defined\n", word);
		}
		p += n;
	}
}

/* The comment of an example is behind two blanks and a '#'. */
static void strip(char *line)
{
	char *comment = strstr(line, "  #");
	size_t n;

	if (comment)
		*comment = '\0';
	n = strlen(line);
	while (n && isspace((u8)line[n - 1]))
		line[--n] = '\0';
}

/* In literal blocks too, scdoc takes a backslash away from what it stands before. */
static void unescape(char *line)
{
	char *to = line;

	for (const char *p = line; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		*to++ = *p;
	}
	*to = '\0';
}

static bool one(const char *kind, char *line)
{
	strip(line);
	if (!strcmp(kind, "probes") || !strcmp(kind, "demo"))
		probe(line);
	else if (!strcmp(kind, "expressions") || !strcmp(kind, "refused"))
		expression(line, kind[0] == 'e');
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	char line[1024], kind[32] = "";
	struct sd_buf block = {0};
	bool inside = false;

	if (!f) {
		fprintf(stderr, "usage: man_examples sonde-expr.7.scd\n");
		return 1;
	}
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "; test: %31s", kind) == 1)
			continue;
		if (strncmp(line, "```", 3) != 0) {
			if (!inside)
				continue;
			unescape(line);
			if (!strcmp(kind, "file") || !strcmp(kind, "grammar"))
				sd_buf_str(&block, line);
			else if (!strcmp(kind, "none"))
				continue;
			else if (!one(kind, line)) {
				failed++;
				printf("FAIL a block that no '; test: KIND' announces: %s\n", line);
			}
			continue;
		}
		inside = !inside;
		if (inside) {
			block.n = 0;
			sd_buf_ch(&block, '\n');
			continue;
		}
		if (!strcmp(kind, "file"))
			file(&block);
		else if (!strcmp(kind, "grammar"))
			grammar(sd_buf_cstr(&block));
		kind[0] = '\0';
	}
	fclose(f);
	sd_buf_deinit(&block);
	for (size_t i = 0; i < SD_NOPTIONS; i++)
		if (!options_seen[i]) {
			failed++;
			printf("FAIL no example has option %zu\n", i);
		}
	for (size_t i = 0; i <= SD_EXPR_TYPE; i++)
		if (!kinds_seen[i]) {
			failed++;
			printf("FAIL no example has an expression of kind %zu\n", i);
		}
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed || !passed;
}
