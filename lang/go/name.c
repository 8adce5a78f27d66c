/* SPDX-License-Identifier: BSD-2-Clause */
/* What a Go function's name says: its package, the function as it is written, and what must not be
 * probed. */
#include <string.h>

#include "lang/go/priv.h"

/* Compiler-made: type:.eq.[2]string, type..hash.main.T (up to 1.19), go:struct {…}: no package, no
 * source name. */
bool go_is_made(const char *func)
{
	static const char *const prefixes[] = {"type:.", "type..", "go:"};

	for (size_t i = 0; i < SD_ARRAY_SIZE(prefixes); i++)
		if (!strncmp(func, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* Dots in the last element of an import path are escaped in symbols (%2e): the first dot after it
 * ends the package. */
const char *sd_go_package(const char *func, struct sd_arena *arena)
{
	const char *end = func + strcspn(func, "[("), *slash, *dot;

	if (go_is_made(func))
		return "";
	slash = memrchr(func, '/', (size_t)(end - func));
	slash = slash ? slash : func;
	dot = memchr(slash, '.', (size_t)(end - slash));
	return dot ? sd_arena_strndup(arena, func, (size_t)(dot - func)) : "";
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *sd_go_unescape(const char *path, struct sd_arena *arena)
{
	char *copy = sd_arena_strdup(arena, path), *to = copy;

	for (const char *p = path; *p; p++) {
		int hi = *p == '%' ? hex_digit(p[1]) : -1, lo = hi >= 0 ? hex_digit(p[2]) : -1;

		if (lo >= 0 && (hi || lo)) {
			*to++ = (char)(hi << 4 | lo);
			p += 2;
		} else {
			*to++ = *p;
		}
	}
	*to = 0;
	return copy;
}

/* Past the bracket at p and all it holds, struct tags in quotes too; NULL when it is not closed. */
const char *go_skip_brackets(const char *p)
{
	int depth = 0;

	for (; *p; p++) {
		if (*p == '"') {
			for (p++; *p && *p != '"'; p++)
				if (*p == '\\' && p[1])
					p++;
			if (!*p)
				return NULL;
		} else if (*p == '[') {
			depth++;
		} else if (*p == ']' && !--depth) {
			return p + 1;
		}
	}
	return NULL;
}

const char *sd_go_source_name(const char *func, struct sd_arena *arena)
{
	char *to, *copy;
	const char *p = func;

	if (go_is_made(func) || !strchr(func, '['))
		return sd_arena_strdup(arena, func);
	copy = to = sd_arena_strdup(arena, func);
	while (*p) {
		if (*p != '[') {
			*to++ = *p++;
			continue;
		}
		p = go_skip_brackets(p);
		if (!p)
			return sd_arena_strdup(arena, func);
	}
	*to = 0;
	return copy;
}

bool sd_go_is_shape(const char *func)
{
	return !go_is_made(func) && strstr(func, "[go.shape.");
}

/*
 * Functions of the runtime that are not called and do not return like others, so that neither
 * goroutine nor pairing can be told there: they switch stacks or goroutines, run before g exists,
 * are entered by signals or in the middle, or have a convention of their own. All names are exact,
 * but for those that end in a star.
 */
static const char *const internal[] = {
	/* switch stacks or goroutines */
	"runtime.morestack*",
	"runtime.mcall",
	"runtime.gogo",
	"gogo",
	"runtime.systemstack",
	"gosave_systemstack_switch",
	"runtime.systemstack_switch",
	"runtime.gosave",
	"runtime.asmcgocall*",
	"runtime.cgocallback",
	"runtime.cgocallback_gofunc",
	"runtime.goexit",
	"runtime.jmpdefer",
	"runtime.mstart",
	"crosscall*",
	/* before there is a g */
	"runtime.rt0_go",
	"_rt0_*",
	"runtime.settls",
	/* entered by signals, or by the debugger's injected calls */
	"runtime.sigtramp",
	"runtime.cgoSigtramp",
	"runtime.sigfwd",
	"runtime.sigreturn*",
	"runtime.asyncPreempt",
	"runtime.debugCallV1",
	"runtime.debugCallV2",
	/* conventions of their own */
	"runtime.gcWriteBarrier*",
	"gcWriteBarrier",
	"runtime.duffzero",
	"runtime.duffcopy",
	"runtime.spillArgs",
	"runtime.unspillArgs",
	"callRet",
	/* two threads, or two processes on one memory, come out of them */
	"runtime.clone",
	"syscall.rawVforkSyscall",
};

/*
 * Where the kernel steps a copy of their system call instruction, it goes wrong: rt_sigreturn sets
 * the instruction pointer, which the kernel then moves by the distance to the copy; the child of
 * clone or vfork returns into the copy.
 */
static const char *const unprobeable[] = {
	"runtime.sigreturn*",
	"runtime.clone",
	"syscall.rawVforkSyscall",
};

static bool matches(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(list[i]);

		if (list[i][len - 1] == '*' ? !strncmp(name, list[i], len - 1)
					    : !strcmp(name, list[i]))
			return true;
	}
	return false;
}

bool go_is_runtime_internal(const char *name)
{
	/* Nearly all names are told apart by their first letters. */
	if (strncmp(name, "runtime.", 8) && strncmp(name, "syscall.r", 9) &&
	    !strchr("_cg", name[0]))
		return false;
	return matches(name, internal, SD_ARRAY_SIZE(internal));
}

bool sd_go_is_unprobeable(const char *func)
{
	return matches(func, unprobeable, SD_ARRAY_SIZE(unprobeable));
}
