/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors that carry their whole message, or those of others: errors.New, fmt.Errorf (with and
 * without %w), errors.Join, the runtime's. */
#include <string.h>

#include "decode/wellknown.h"

/* errors/errors.go: {s string}; runtime/error.go: errorString and plainError are strings. */
static void refine_s(struct sd_value *v, struct sd_arena *arena)
{
	sd_wk_set_message(v, sd_wk_string(v, "s", arena));
}

/* fmt/errors.go: {msg string; err error}, {msg string; errs []error} */
static void refine_msg(struct sd_value *v, struct sd_arena *arena)
{
	sd_wk_set_message(v, sd_wk_string(v, "msg", arena));
}

/* errors/join.go: {errs []error}, one a line */
static void refine_join(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *errs = sd_wk_field(v, "errs");
	const char *all = NULL;

	if (!errs || errs->kind != SD_V_LIST || errs->n < errs->total)
		return;
	for (u64 i = 0; i < errs->n; i++) {
		const char *one = sd_wk_message(&errs->items[i]);

		if (!one)
			return;
		all = all ? sd_arena_printf(arena, "%s\n%s", all, one) : one;
	}
	sd_wk_set_message(v, all);
}

static void refine_runtime(struct sd_value *v, struct sd_arena *arena)
{
	if (v->kind != SD_V_STRING || v->n < v->total || (v->n && memchr(v->bytes, 0, v->n)))
		return;
	sd_wk_set_message(v, sd_arena_printf(arena, "runtime error: %.*s", (int)v->n,
					     (const char *)v->bytes));
}

/* context/context.go */
static void refine_deadline(struct sd_value *v, struct sd_arena *arena)
{
	if (v->kind == SD_V_STRUCT && !v->n)
		sd_wk_set_message(v, "context deadline exceeded");
}

const struct sd_wellknown sd_wk_error_string = {.type_name = "errors.errorString",
						.refine = refine_s};
const struct sd_wellknown sd_wk_wrap_error = {.type_name = "fmt.wrapError", .refine = refine_msg};
const struct sd_wellknown sd_wk_wrap_errors = {.type_name = "fmt.wrapErrors", .refine = refine_msg};
const struct sd_wellknown sd_wk_join_error = {.type_name = "errors.joinError",
					      .refine = refine_join};
const struct sd_wellknown sd_wk_plain_error = {.type_name = "runtime.errorString",
					       .refine = refine_runtime};
const struct sd_wellknown sd_wk_deadline_error = {.type_name = "context.deadlineExceededError",
						  .refine = refine_deadline};
