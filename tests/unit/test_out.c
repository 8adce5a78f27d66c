/* SPDX-License-Identifier: BSD-2-Clause */
/* The output formats: whole lines as a person and a program read them, numbers to the last digit,
 * hostile text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "out/message.h"
#include "out/out.h"
#include "tests/unit/json_check.h"

static struct sd_buf buf;

static int forget(void **state)
{
	sd_buf_deinit(&buf);
	return 0;
}

static void shows(const struct sd_value *v, const char *text, const char *json)
{
	buf.n = 0;
	sd_out_text_value(v, &buf);
	assert_string_equal(sd_buf_cstr(&buf), text);
	buf.n = 0;
	sd_out_json_value(v, &buf);
	assert_true(json_valid(buf.p, buf.n));
	assert_string_equal(sd_buf_cstr(&buf), json);
}

static struct sd_value text_of(const char *s, size_t n)
{
	return (struct sd_value){.kind = SD_V_STRING, .bytes = (const u8 *)s, .n = n, .total = n};
}

static struct sd_value integer(const char *name, s64 s)
{
	return (struct sd_value){.kind = SD_V_INT, .name = name, .s = s};
}

#define CALL(...)                                                                                  \
	(struct sd_event)                                                                          \
	{                                                                                          \
		.pid = 4242, .tid = 4243, __VA_ARGS__                                              \
	}

/* Events of thread 4243, in goroutine 18 unless show_pid is set, at 22:13:20 unless they say when.
 */
static void line_is(struct sd_sink *sink, struct sd_event ev, const char *want)
{
	if (!ev.ts_ns)
		ev.ts_ns = 1700000000201934567;
	if (!ev.goid && !ev.show_pid)
		ev.goid = 18;
	buf.n = 0;
	sink->event(sink, &ev, &buf);
	assert_string_equal(sd_buf_cstr(&buf), want);
	if (want[0] == '{')
		assert_true(json_valid(buf.p, buf.n - 1));
}

static void test_text_lines(void **state)
{
	struct sd_sink *sink = sd_sink_text_create(false, true);
	struct sd_value args[] = {text_of("100", 3), integer("base", 10), integer("bitSize", 64)};
	struct sd_value results[] = {integer("r0", 100), {.kind = SD_V_NIL, .name = "r1"}};
	struct sd_value named[] = {integer("n", 5), {.kind = SD_V_NIL, .name = "err"}};
	struct sd_value e = {.kind = SD_V_FLOAT, .bits = 64, .f = 2.7183, .name = "r0"};
	struct sd_value one = integer("iterations", 100), bare = integer(NULL, 7);

	args[0].name = "s";
	line_is(sink,
		CALL(.func = "strconv.ParseInt", .has_args = true, .args = args, .nargs = 3,
		     .has_results = true, .results = results, .nresults = 2, .has_duration = true,
		     .duration_ns = 310),
		"22:13:20.201934 g18 strconv.ParseInt(s=\"100\", base=10, bitSize=64) = (100, nil) "
		" 310ns\n");
	line_is(sink,
		CALL(.func = "main.computeE", .has_args = true, .args = &one, .nargs = 1,
		     .has_results = true, .results = &e, .nresults = 1, .has_duration = true,
		     .duration_ns = 1204567),
		"22:13:20.201934 g18 main.computeE(iterations=100) = 2.7183  1.204ms\n");
	line_is(sink,
		CALL(.func = "main.computeE", .kind = SD_EV_ENTRY, .has_args = true, .args = &one,
		     .nargs = 1, .inlined = true, .file = "/home/u/src/app.go", .line = 40),
		"22:13:20.201934 g18 main.computeE(iterations=100)  inlined at app.go:40\n");
	line_is(sink,
		CALL(.func = "main.f", .kind = SD_EV_ENTRY, .has_args = true, .file = "/x/a.go",
		     .line = 4),
		"22:13:20.201934 g18 main.f()  entry\n");
	line_is(sink,
		CALL(.func = "main.f", .has_args = true, .has_results = true, .has_duration = true),
		"22:13:20.201934 g18 main.f()  0ns\n");
	line_is(sink,
		CALL(.func = "main.f", .kind = SD_EV_RETURN, .has_results = true, .results = named,
		     .nresults = 2, .note = "began before tracing"),
		"22:13:20.201934 g18 main.f(...) = (5, nil)  return  (began before tracing)\n");
	line_is(sink,
		CALL(.func = "main.f", .has_args = true, .has_results = true, .results = named,
		     .nresults = 1),
		"22:13:20.201934 g18 main.f() = 5\n");
	/* nothing is known of any of them: said once when the reason is the same */
	line_is(sink,
		CALL(.func = "main.f", .has_args = true, .args_why = "dead", .has_results = true,
		     .results_why = "dead"),
		"22:13:20.201934 g18 main.f(<dead>)\n");
	line_is(sink,
		CALL(.func = "main.f", .has_args = true, .has_results = true,
		     .results_why = "gone"),
		"22:13:20.201934 g18 main.f() = <gone>\n");
	line_is(sink,
		CALL(.func = "main.f", .kind = SD_EV_OPEN, .has_args = true, .args = &bare,
		     .nargs = 1, .has_duration = true, .duration_ns = 1200000000),
		"22:13:20.201934 g18 main.f(7)  open 1.2s\n");
	line_is(sink,
		CALL(.func = "main.f", .kind = SD_EV_UNWOUND, .has_args = true, .show_pid = true),
		"22:13:20.201934 pid 4242 t4243 main.f()  unwound\n");
	/* the next second, and a time before it again */
	line_is(sink, CALL(.func = "f", .has_args = true, .ts_ns = 1700000001000000999),
		"22:13:21.000000 g18 f()\n");
	line_is(sink, CALL(.func = "f", .has_args = true, .ts_ns = 1), "00:00:00.000000 g18 f()\n");
	buf.n = 0;
	sink->summary(sink, NULL, 0, NULL, &buf);
	assert_int_equal(buf.n, 0);
	sink->destroy(sink);
}

static void test_local_time(void **state)
{
	struct sd_sink *sink;

	setenv("TZ", "XXX-5:30", 1);
	sink = sd_sink_text_create(false, false);
	line_is(sink, CALL(.func = "f", .has_args = true), "03:43:20.201934 g18 f()\n");
	sink->destroy(sink);
	unsetenv("TZ");
}

static void test_colour(void **state)
{
	struct sd_sink *sink = sd_sink_text_create(true, true);
	struct sd_value v = {.kind = SD_V_UNAVAILABLE, .why = "dead", .name = "x"};

	line_is(sink,
		CALL(.func = "f", .has_args = true, .args = &v, .nargs = 1, .has_duration = true),
		"\033[2m22:13:20.201934 g18 \033[0m\033[1mf\033[0m(x=\033[33m<dead>\033[0m)\033[2m "
		" 0ns\033[0m\n");
	sink->destroy(sink);
}

/* Nothing that comes from the target may steer the terminal or break a line. */
static void test_hostile_names(void **state)
{
	struct sd_sink *text = sd_sink_text_create(false, true), *json = sd_sink_json_create();
	struct sd_type type = {.kind = SD_KIND_MAP, .name = "map\033]0;x\a"};
	struct sd_value v = {
		.kind = SD_V_MAP, .name = "a\nb\xff", .type = &type, .addr = 1, .has_addr = true};
	struct sd_event ev = CALL(.func = "f\033[2J\xc2\x9b\xe2\x80\xae", .has_args = true,
				  .args = &v, .nargs = 1, .file = "/a/\r.go", .line = 1,
				  .inlined = true, .kind = SD_EV_ENTRY);

	line_is(text, ev,
		"22:13:20.201934 g18 f\\x1b[2J\\u009b\\u202e(a\\nb\\xff=map\\x1b]0;x\\a(0x1))  "
		"inlined at \\r.go:1\n");
	line_is(json, ev,
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,"
		"\"func\":\"f\\u001b[2J\\u009b\xe2\x80\xae\",\"kind\":\"entry\","
		"\"site\":{\"file\":\"/a/\\r.go\",\"line\":1,\"addr\":\"0x0\",\"inlined\":true},"
		"\"args\":{\"a\\nb\xef\xbf\xbd\":{\"type\":\"map\\u001b]0;x\\u0007\",\"addr\":"
		"\"0x1\"}}}\n");
	text->destroy(text);
	json->destroy(json);
}

static void test_json_lines(void **state)
{
	struct sd_sink *sink = sd_sink_json_create();
	struct sd_value args[] = {integer("_", 1), integer(NULL, -2), integer("x", INT64_MIN)};
	struct sd_value result = {.kind = SD_V_UINT, .name = "r0", .u = UINT64_MAX};
	struct sd_account probes[] = {
		{.probe = "main.f",
		 .hits = 10,
		 .delivered = 3,
		 .filtered = 2,
		 .limited = 1,
		 .lost = 4,
		 .lost_full = 3,
		 .lost_big = 1,
		 .unsure = 1,
		 .lost_return = 2},
		{.probe = "main.*", .hits = 5, .delivered = 5},
	};
	struct sd_account sum = {
		.hits = 15, .delivered = 8, .filtered = 2, .limited = 1, .lost = 4};

	line_is(sink,
		CALL(.func = "main.f", .has_args = true, .args = args, .nargs = 3,
		     .has_results = true, .results = &result, .nresults = 1, .has_duration = true,
		     .duration_ns = 310, .file = "/s/app.go", .line = 12, .addr = 0x4a1b20,
		     .note = "text only"),
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":\"main."
		"f\","
		"\"kind\":\"call\",\"site\":{\"file\":\"/s/"
		"app.go\",\"line\":12,\"addr\":\"0x4a1b20\","
		"\"inlined\":false},\"args\":{\"_\":1,\"_1\":-2,\"x\":-9223372036854775808},"
		"\"results\":{\"r0\":18446744073709551615},\"duration_ns\":310}\n");
	line_is(sink, CALL(.func = "f", .probe = "slow", .kind = SD_EV_ENTRY),
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":\"f\","
		"\"probe\":\"slow\",\"kind\":\"entry\",\"site\":{\"addr\":\"0x0\",\"inlined\":"
		"false}}\n");
	line_is(sink, CALL(.func = "f", .kind = SD_EV_OPEN, .show_pid = true, .has_args = true),
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"func\":\"f\",\"kind\":"
		"\"open\","
		"\"site\":{\"addr\":\"0x0\",\"inlined\":false},\"args\":{}}\n");
	line_is(sink,
		CALL(.func = "f", .has_args = true, .args_why = "dead", .has_results = true,
		     .results_why = "gone"),
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":\"f\","
		"\"kind\":\"call\","
		"\"site\":{\"addr\":\"0x0\",\"inlined\":false},\"args\":{\"unavailable\":\"dead\"},"
		"\"results\":{\"unavailable\":\"gone\"}}\n");
	line_is(sink, CALL(.func = "f", .kind = SD_EV_RETURN),
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":\"f\","
		"\"kind\":\"return\","
		"\"site\":{\"addr\":\"0x0\",\"inlined\":false}}\n");
	line_is(sink, CALL(.func = "f", .kind = SD_EV_UNWOUND, .goid = UINT64_MAX),
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":"
		"18446744073709551615,\"func\":\"f\","
		"\"kind\":\"unwound\",\"site\":{\"addr\":\"0x0\",\"inlined\":false}}\n");
	buf.n = 0;
	sink->summary(sink, probes, 2, &sum, &buf);
	assert_string_equal(
		sd_buf_cstr(&buf),
		"{\"kind\":\"summary\",\"probes\":[{\"probe\":\"main.f\",\"hits\":10,"
		"\"delivered\":3,\"filtered\":2,"
		"\"limited\":1,\"lost\":4,\"undecided\":1,\"returns_lost\":2,"
		"\"lost_reasons\":{\"ring full\":3,\"too big\":1}},{\"probe\":\"main.*\","
		"\"hits\":5,\"delivered\":5,\"filtered\":0,\"limited\":0,\"lost\":0}],"
		"\"hits\":15,\"delivered\":8,"
		"\"filtered\":2,\"limited\":1,\"lost\":4}\n");
	assert_true(json_valid(buf.p, buf.n - 1));
	sink->destroy(sink);
}

/* What a probe asks for, beside the arguments and instead of them; log lines; conditions that could
 * not be decided. */
static void test_expressions(void **state)
{
	struct sd_sink *text = sd_sink_text_create(false, true), *json = sd_sink_json_create();
	struct sd_value values[] = {text_of("a", 1), integer("len(s.items)", 3), text_of("b", 1)};
	struct sd_value arg = integer("x", 1), result = {.kind = SD_V_NIL, .name = "r0"};
	struct sd_event ev = CALL(.func = "main.f", .has_values = true, .values = values,
				  .nvalues = 3, .has_results = true, .results = &result,
				  .nresults = 1, .has_duration = true, .duration_ns = 310);

	values[0].name = values[2].name = "key";
	line_is(text, ev, "22:13:20.201934 g18 main.f{key=\"a\", len(s.items)=3} = nil  310ns\n");
	line_is(json, ev,
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":\"main."
		"f\",\"kind\":\"call\",\"site\":{\"addr\":\"0x0\",\"inlined\":false},\"values\":{"
		"\"key\":\"a\",\"len(s.items)\":3},\"results\":{\"r0\":null},\"duration_ns\":310}"
		"\n");
	ev.has_args = true;
	ev.args = &arg;
	ev.nargs = 1;
	ev.has_results = false;
	ev.cond_why = "p is nil";
	line_is(text, ev,
		"22:13:20.201934 g18 main.f(x=1){key=\"a\", len(s.items)=3}  310ns  ?cond: p is "
		"nil\n");
	line_is(json, ev,
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":\"main."
		"f\",\"kind\":\"call\",\"site\":{\"addr\":\"0x0\",\"inlined\":false},\"args\":{"
		"\"x\":1},\"values\":{\"key\":\"a\",\"len(s.items)\":3},\"duration_ns\":310,"
		"\"condition\":{\"unavailable\":\"p is nil\"}}\n");
	ev = CALL(.func = "main.f", .kind = SD_EV_LOG, .file = "/src/app.go", .line = 40,
		  .addr = 0x4a1b20, .message = "computing e\n\"now\"", .has_values = true,
		  .values = values, .nvalues = 1);
	line_is(text, ev, "22:13:20.201934 g18 app.go:40 computing e\\n\"now\"\n");
	line_is(json, ev,
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":\"main."
		"f\",\"kind\":\"log\",\"site\":{\"addr\":\"0x4a1b20\",\"inlined\":false},\"file\":"
		"\"/src/app.go\",\"line\":40,\"message\":\"computing e\\n\\\"now\\\"\",\"values\":{"
		"\"key\":\"a\"}}\n");
	ev = CALL(.func = "main.f", .kind = SD_EV_LOG, .message = "x", .show_pid = true,
		  .cond_why = "q: optimized out");
	line_is(text, ev, "22:13:20.201934 pid 4242 t4243 x  ?cond: q: optimized out\n");
	text->destroy(text);
	json->destroy(json);
}

/* What may be older than its line: never what is not there, and never a part by itself. */
static void test_unsure(void **state)
{
	struct sd_sink *text = sd_sink_text_create(false, true), *json = sd_sink_json_create();
	struct sd_sink *coloured = sd_sink_text_create(true, true);
	struct sd_value items[] = {integer(NULL, 1), integer(NULL, 2)};
	struct sd_value values[] = {
		integer("i", 10),
		{.kind = SD_V_LIST, .name = "xs", .items = items, .n = 2, .total = 2},
		{.kind = SD_V_UNAVAILABLE, .name = "p", .why = "fault"},
		integer("i", 10),
	};
	struct sd_value arg = integer("n", 7);
	struct sd_event ev = CALL(.func = "main.f", .has_values = true, .values = values,
				  .nvalues = 4, .kind = SD_EV_ENTRY);
	struct sd_message_part parts[] = {
		{.values = values, .nvalues = 3, .all = true},
		{.text = ": ", .n = 2},
		{.values = &values[0], .nvalues = 1, .format = "x"},
		{.text = "!", .n = 1},
		{.values = &values[2], .nvalues = 1},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(values); i++)
		values[i].unsure = true;
	line_is(text, ev, "22:13:20.201934 g18 main.f{i=10?, xs=[1 2]?, p=<fault>}  entry\n");
	line_is(json, ev,
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":\"main."
		"f\",\"kind\":\"entry\",\"site\":{\"addr\":\"0x0\",\"inlined\":false},\"values\":{"
		"\"i\":10,\"xs\":[1,2],\"p\":{\"unavailable\":\"fault\"}},\"unsure\":[\"i\",\"xs\"]"
		"}"
		"\n");
	buf.n = 0;
	sd_out_message(parts, SD_ARRAY_SIZE(parts), &buf);
	assert_string_equal(sd_buf_cstr(&buf), "i=10?, xs=[1 2]?, p=<fault>: a?!<fault>");
	arg.unsure = true;
	ev = CALL(.func = "main.f", .has_args = true, .args = &arg, .nargs = 1,
		  .kind = SD_EV_ENTRY);
	line_is(text, ev, "22:13:20.201934 g18 main.f(n=7?)  entry\n");
	line_is(coloured, ev,
		"\033[2m22:13:20.201934 g18 "
		"\033[0m\033[1mmain.f\033[0m(n=7\033[33m?\033[0m)\033[2m  "
		"entry\033[0m\n");
	ev.has_args = false; /* it is not shown */
	line_is(json, ev,
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":\"main."
		"f\",\"kind\":\"entry\",\"site\":{\"addr\":\"0x0\",\"inlined\":false}}\n");
	text->destroy(text);
	json->destroy(json);
	coloured->destroy(coloured);
}

static void message_is(const struct sd_value *v, const char *format, const char *want)
{
	struct sd_message_part parts[] = {
		{.text = "<", .n = 1},
		{.values = v, .nvalues = 1, .format = format},
		{.text = ">", .n = 1},
	};

	buf.n = 0;
	sd_out_message(parts, SD_ARRAY_SIZE(parts), &buf);
	assert_true(buf.n >= 2 && buf.p[0] == '<' && buf.p[buf.n - 1] == '>');
	buf.n--;
	assert_string_equal(sd_buf_cstr(&buf) + 1, want);
}

static void test_messages(void **state)
{
	struct sd_value text = text_of("a\tb\n\x1b[m \xe2\x82\xac\xff", 12), n = integer("n", -31);
	struct sd_value cut = {.kind = SD_V_BYTES, .bytes = (const u8 *)"abc", .n = 3, .total = 9};
	struct sd_value raw = {
		.kind = SD_V_BYTES, .bytes = (const u8 *)"\0\xff", .n = 2, .total = 2};
	struct sd_value u = {.kind = SD_V_UINT, .u = UINT64_MAX}, euro = integer(NULL, 0x20ac);
	struct sd_value quote = integer(NULL, '\''), none = integer(NULL, -1);
	struct sd_value f = {.kind = SD_V_FLOAT, .bits = 64, .f = 2.0 / 3};
	struct sd_value inf = {.kind = SD_V_FLOAT, .bits = 64, .f = INFINITY};
	struct sd_value yes = {.kind = SD_V_BOOL, .u = 1};
	struct sd_value gone = {.kind = SD_V_UNAVAILABLE, .why = "optimized out"};
	struct sd_value p = {.kind = SD_V_PTR, .addr = 0xc0de, .has_addr = true, .why = "depth"};
	struct sd_value when = {.kind = SD_V_INT, .s = 1500000000, .text = "1.5s"};
	struct sd_value st = {.kind = SD_V_STRUCT, .text = "EOF", .told = SD_TOLD_MESSAGE};
	struct sd_value err = {.kind = SD_V_IFACE, .dyn = "*errors.errorString", .n = 1};
	struct sd_value items[] = {integer(NULL, 10), integer(NULL, 255)};
	struct sd_value list = {.kind = SD_V_LIST, .items = items, .n = 2, .total = 5};
	struct sd_value any = {.kind = SD_V_IFACE, .dyn = "int", .n = 1, .items = &items[1]};

	err.items = &st;
	message_is(&text, NULL, "a\\tb\\n\\x1b[m \xe2\x82\xac\\xff");
	message_is(&text, "q", "\"a\\tb\\n\\x1b[m \xe2\x82\xac\\xff\"");
	message_is(&text, "x", "6109620a1b5b6d20e282acff");
	message_is(&cut, "", "abc<truncated 3 of 9>");
	message_is(&cut, "X", "616263<truncated 3 of 9>");
	message_is(&raw, "", "hex:00ff");
	message_is(&raw, "s", "\\x00\\xff");
	message_is(&n, "", "-31");
	message_is(&n, "x", "-1f");
	message_is(&n, "X", "-1F");
	message_is(&n, "b", "-11111");
	message_is(&n, "o", "-37");
	message_is(&n, "t", "-31");
	message_is(&u, "x", "ffffffffffffffff");
	message_is(&u, "o", "1777777777777777777777");
	message_is(&u, "d", "18446744073709551615");
	message_is(&euro, "c", "\xe2\x82\xac");
	message_is(&euro, "q", "'\xe2\x82\xac'");
	message_is(&quote, "q", "'\\''");
	message_is(&none, "c", "\xef\xbf\xbd");
	message_is(&f, "", "0.6666666666666666");
	message_is(&f, "f", "0.666667");
	message_is(&f, ".2f", "0.67");
	message_is(&f, ".3e", "6.667e-01");
	message_is(&f, ".3g", "0.667");
	message_is(&f, "g", "0.6666666666666666");
	message_is(&f, "x", "0.6666666666666666");
	message_is(&inf, ".2f", "+Inf");
	message_is(&yes, "t", "true");
	message_is(&yes, "x", "true");
	message_is(&gone, "x", "<optimized out>");
	message_is(&p, "", "0xc0de<depth>");
	message_is(&p, "x", "c0de");
	message_is(&when, "", "1.5s");
	message_is(&when, "d", "1500000000");
	message_is(&err, "", "*errors.errorString(\"EOF\")");
	message_is(&err, "s", "EOF");
	message_is(&err, "q", "\"EOF\"");
	message_is(&list, "", "[10 255 <truncated 2 of 5>]");
	message_is(&list, "x", "[a ff <truncated 2 of 5>]");
	message_is(&any, "", "int(255)");
	message_is(&any, "x", "ff");
}

static void test_all_variables(void **state)
{
	struct sd_value values[] = {integer("x", 1), text_of("b", 1)};
	struct sd_message_part parts[] = {
		{.text = "at ", .n = 3},
		{.values = values, .nvalues = 2, .all = true},
		{.values = values, .nvalues = 0, .all = true},
	};

	values[1].name = "s";
	buf.n = 0;
	sd_out_message(parts, SD_ARRAY_SIZE(parts), &buf);
	assert_string_equal(sd_buf_cstr(&buf), "at x=1, s=\"b\"");
}

static void test_quoting(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *text, *json;
	} cases[] = {
		{"", 0, "\"\"", "\"\""},
		{"a\"b\\c/", 6, "\"a\\\"b\\\\c/\"", "\"a\\\"b\\\\c/\""},
		{"\a\b\f\n\r\t\v\0\x1b\x7f", 10, "\"\\a\\b\\f\\n\\r\\t\\v\\x00\\x1b\\x7f\"",
		 "\"\\u0007\\b\\f\\n\\r\\t\\u000b\\u0000\\u001b\\u007f\""},
		{"\xe2\x82\xac\xf0\x9f\x98\x80", 7, "\"\xe2\x82\xac\xf0\x9f\x98\x80\"",
		 "\"\xe2\x82\xac\xf0\x9f\x98\x80\""},
		{"\xc2\x85\xc2\xa0\xef\xbb\xbf", 7, "\"\\u0085\\u00a0\\ufeff\"",
		 "\"\\u0085\xc2\xa0\xef\xbb\xbf\""},
		{"\xe2\x80\xa8\xf3\xa0\x80\x81", 7, "\"\\u2028\\U000e0001\"",
		 "\"\\u2028\xf3\xa0\x80\x81\""},
		/* a continuation alone, overlong, surrogate, beyond U+10FFFF, cut off */
		{"\x80", 1, "\"\\x80\"", "{\"hex\":\"80\"}"},
		{"\xc0\x80", 2, "\"\\xc0\\x80\"", "{\"hex\":\"c080\"}"},
		{"\xe0\x80\x80", 3, "\"\\xe0\\x80\\x80\"", "{\"hex\":\"e08080\"}"},
		{"\xed\xa0\x80", 3, "\"\\xed\\xa0\\x80\"", "{\"hex\":\"eda080\"}"},
		{"\xf4\x90\x80\x80", 4, "\"\\xf4\\x90\\x80\\x80\"", "{\"hex\":\"f4908080\"}"},
		{"a\xe2\x82", 3, "\"a\\xe2\\x82\"", "{\"hex\":\"61e282\"}"},
		{"\xef\xbf\xbd", 3, "\"\xef\xbf\xbd\"", "\"\xef\xbf\xbd\""},
	};

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
		struct sd_value v = text_of(cases[i].bytes, cases[i].n);

		shows(&v, cases[i].text, cases[i].json);
	}
}

static void test_composites(void **state)
{
	struct sd_type string = {.kind = SD_KIND_STRING, .name = "string"};
	struct sd_type map = {.kind = SD_KIND_MAP, .name = "map[string]int"};
	struct sd_type iface = {.kind = SD_KIND_IFACE, .name = "error"};
	struct sd_value pairs[4] = {text_of("one", 3), integer(NULL, 1), text_of("two", 3),
				    integer(NULL, 2)};
	struct sd_value field = text_of("EOF", 3);
	struct sd_value st = {.kind = SD_V_STRUCT, .items = &field, .n = 1};
	struct sd_value ptr = {
		.kind = SD_V_PTR, .items = &st, .n = 1, .addr = 0x10, .has_addr = true};
	struct sd_value v = {.kind = SD_V_MAP,
			     .type = &map,
			     .items = pairs,
			     .n = 2,
			     .total = 5,
			     .opened = true,
			     .addr = 0x20,
			     .has_addr = true};

	field.name = "s";
	shows(&v, "map[string]int{\"one\":1, \"two\":2, <truncated 2 of 5>}",
	      "{\"value\":{\"one\":1,\"two\":2},\"cut\":{\"shown\":2,\"len\":5}}");
	pairs[0] = integer(NULL, 9);
	v.total = 2;
	shows(&v, "map[string]int{9:1, \"two\":2}", "[[9,1],[\"two\",2]]");
	v.n = v.total = 0;
	shows(&v, "map[string]int{}", "[]");
	map.key = &string;
	shows(&v, "map[string]int{}", "{}");
	v.total = 7;
	shows(&v, "map[string]int(len 7)",
	      "{\"type\":\"map[string]int\",\"addr\":\"0x20\",\"len\":7}");
	v = (struct sd_value){.kind = SD_V_IFACE,
			      .type = &iface,
			      .dyn = "*errors.errorString",
			      .items = &ptr,
			      .n = 1,
			      .addr = 0x10,
			      .has_addr = true};
	shows(&v, "*errors.errorString{s:\"EOF\"}",
	      "{\"type\":\"*errors.errorString\",\"value\":{\"s\":\"EOF\"}}");
	st.text = "EOF";
	st.told = SD_TOLD_MESSAGE;
	shows(&v, "*errors.errorString(\"EOF\")",
	      "{\"type\":\"*errors.errorString\",\"text\":\"EOF\",\"value\":{\"s\":\"EOF\"}}");
	st.text = "\xff";
	shows(&v, "*errors.errorString(\"\\xff\")",
	      "{\"type\":\"*errors.errorString\",\"value\":{\"s\":\"EOF\"}}");
	ptr.kind = SD_V_NIL;
	shows(&v, "(*errors.errorString)(nil)",
	      "{\"type\":\"*errors.errorString\",\"value\":null}");
	ptr = integer(NULL, 1500000000);
	ptr.text = "1.5s";
	v.dyn = "time.Duration";
	shows(&v, "time.Duration(1.5s)", "{\"type\":\"time.Duration\",\"value\":1500000000}");
	v.n = 0;
	shows(&v, "time.Duration(<at 0x10>)", "{\"type\":\"time.Duration\",\"addr\":\"0x10\"}");
	v = (struct sd_value){
		.kind = SD_V_FUNC, .text = "main.f.func1", .addr = 0x30, .has_addr = true};
	shows(&v, "main.f.func1(0x30)", "{\"addr\":\"0x30\",\"name\":\"main.f.func1\"}");
	v.code = &(struct sd_value_code){.file = "/src/app.go", .line = 31};
	v.items = &field;
	v.n = 1;
	shows(&v, "main.f.func1(app.go:31){s:\"EOF\"}",
	      "{\"addr\":\"0x30\",\"name\":\"main.f.func1\",\"file\":\"/src/app.go\",\"line\":31,"
	      "\"captured\":{\"s\":\"EOF\"}}");
	v = (struct sd_value){.kind = SD_V_CHAN,
			      .addr = 0x40,
			      .opened = true,
			      .items = pairs,
			      .n = 1,
			      .total = 2,
			      .chan = &(struct sd_value_chan){.cap = 5,
							      .has_closed = true,
							      .closed = true,
							      .has_senders = true,
							      .has_receivers = true,
							      .receivers = 3}};
	shows(&v, "chan(len 2 cap 5 closed receivers 3)[9 <truncated 1 of 2>]",
	      "{\"addr\":\"0x40\",\"len\":2,\"cap\":5,\"closed\":true,\"value\":[9],"
	      "\"cut\":{\"shown\":1,\"len\":2},\"senders\":0,\"receivers\":3}");
	v = (struct sd_value){.kind = SD_V_TEXT, .text = "10.0.0.1"};
	shows(&v, "10.0.0.1", "\"10.0.0.1\"");
	v = (struct sd_value){.kind = SD_V_NUMBER, .text = "-123456789012345678901234567890"};
	shows(&v, "-123456789012345678901234567890", "-123456789012345678901234567890");
	v = (struct sd_value){.kind = SD_V_COMPLEX, .bits = 64, .f = -1, .f2 = NAN};
	shows(&v, "(-1+NaNi)", "{\"real\":-1,\"imag\":\"NaN\"}");
	v = (struct sd_value){.kind = SD_V_COMPLEX, .bits = 64, .f = INFINITY, .f2 = -0.0};
	shows(&v, "(+Inf-0i)", "{\"real\":\"+Inf\",\"imag\":-0}");
	v = (struct sd_value){.kind = SD_V_LIST, .n = 0, .total = 4};
	shows(&v, "[<truncated 0 of 4>]", "{\"value\":[],\"cut\":{\"shown\":0,\"len\":4}}");
}

static void float_is(double f, unsigned int bits, const char *want)
{
	buf.n = 0;
	sd_out_float(f, bits, &buf);
	assert_string_equal(sd_buf_cstr(&buf), want);
}

static void test_floats(void **state)
{
	float_is(0, 64, "0");
	float_is(-0.0, 64, "-0");
	float_is(1, 64, "1");
	float_is(100, 64, "100");
	float_is(2.7183, 64, "2.7183");
	float_is(M_E, 64, "2.718281828459045");
	float_is(0.1, 64, "0.1");
	float_is(0.1 + 0.2, 64, "0.30000000000000004");
	float_is(1.0 / 3, 64, "0.3333333333333333");
	float_is(123456789012345680, 64, "123456789012345680");
	float_is(1e20, 64, "100000000000000000000");
	float_is(1e21, 64, "1e+21");
	float_is(1e22, 64, "1e+22");
	float_is(1.5e300, 64, "1.5e+300");
	float_is(0.0001, 64, "0.0001");
	float_is(0.00012345678901, 64, "0.00012345678901");
	float_is(0.00001, 64, "1e-05");
	float_is(-1.25e-7, 64, "-1.25e-07");
	float_is(5e-324, 64, "5e-324");
	float_is(2.2250738585072011e-308, 64, "2.225073858507201e-308");
	float_is(1.7976931348623157e308, 64, "1.7976931348623157e+308");
	float_is(0x1p-44, 64, "5.684341886080802e-14"); /* the lower neighbour is nearer, and does
							   not read back */
	float_is((double)0.1f, 32, "0.1");
	float_is((double)16777216.0f, 32, "16777216");
	float_is((double)3.4028235e38f, 32, "3.4028235e+38");
	float_is((double)1e-45f, 32, "1e-45");
	float_is((double)(1.0f / 3), 32, "0.33333334");
	float_is(NAN, 64, "NaN");
	float_is(INFINITY, 64, "+Inf");
	float_is(-INFINITY, 32, "-Inf");
}

/* Random bit patterns: what is printed reads back as the same number, and no shorter decimal does.
 */
static void test_floats_random(void **state)
{
	u64 x = 0x9e3779b97f4a7c15;

	for (int i = 0; i < 20000; i++) {
		unsigned int bits = i & 1 ? 32 : 64;
		char shorter[64];
		double f;
		float f32;
		u32 low;
		int n = 0;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		low = (u32)x;
		memcpy(&f, &x, 8);
		memcpy(&f32, &low, 4);
		if (i % 8 == 2)
			f = (double)(x % 100000000) / 1000;
		if (bits == 32)
			f = (double)f32;
		if (!isfinite(f) || f == 0)
			continue;
		buf.n = 0;
		sd_out_float(f, bits, &buf);
		assert_true(json_valid(buf.p, buf.n));
		sd_buf_cstr(&buf);
		assert_true(bits == 32 ? strtof(buf.p, NULL) == f32 : strtod(buf.p, NULL) == f);
		for (const char *p = buf.p; *p && *p != 'e'; p++)
			n += *p >= '0' && *p <= '9' && (n || *p != '0');
		for (const char *p = buf.p + strcspn(buf.p, "e") - 1; *p == '0'; p--)
			n--;
		if (n < 2)
			continue;
		snprintf(shorter, sizeof(shorter), "%.*e", n - 2, f);
		assert_false(bits == 32 ? strtof(shorter, NULL) == f32
					: strtod(shorter, NULL) == f);
	}
}

static void duration_is(u64 ns, const char *want)
{
	buf.n = 0;
	sd_out_duration(ns, &buf);
	assert_string_equal(sd_buf_cstr(&buf), want);
}

static void test_durations(void **state)
{
	duration_is(0, "0ns");
	duration_is(310, "310ns");
	duration_is(1000, "1\xc2\xb5s");
	duration_is(1050, "1.05\xc2\xb5s");
	duration_is(999999, "999.999\xc2\xb5s");
	duration_is(1204999, "1.204ms");
	duration_is(2500000000, "2.5s");
	duration_is(1001000000, "1.001s");
	duration_is(60000000000, "1m0s");
	duration_is(3661500000000, "1h1m1.5s");
	duration_is(UINT64_MAX, "5124095h34m33.709s");
}

static void test_stacks(void **state)
{
	struct sd_stack_frame frames[] = {
		{.func = "main.f", .file = "/s/app.go", .line = 40, .addr = 0x4a1b20},
		{.func = "main.g", .file = "/s/b.go", .line = 7, .inlined = true},
		{.func = "c_func"},
		{.addr = 0x7f01, .module = "/lib/libc.so.6"},
		{.addr = 0x10},
	};
	struct sd_stack stack = {.frames = frames, .n = 5, .end_why = "cut at 5 frames"};
	struct sd_stack whole = {
		.frames = frames,
		.n = 1,
		.has_creator = true,
		.creator = {.func = "main.main", .file = "/s/app.go", .line = 22},
		.creator_goid = 1,
	};
	struct sd_sink *text = sd_sink_text_create(false, true), *json = sd_sink_json_create();

	line_is(text, CALL(.func = "main.f", .has_args = true, .stack = &stack),
		"22:13:20.201934 g18 main.f()\n"
		"    main.f app.go:40\n"
		"    main.g b.go:7  inlined\n"
		"    c_func\n"
		"    0x7f01 libc.so.6\n"
		"    0x10\n"
		"    <cut at 5 frames>\n");
	line_is(text, CALL(.func = "main.f", .has_args = true, .stack = &whole),
		"22:13:20.201934 g18 main.f()\n"
		"    main.f app.go:40\n"
		"    created by main.main in goroutine 1 app.go:22\n");
	whole.creator_goid = 0;
	whole.creator.file = NULL;
	line_is(text, CALL(.func = "main.f", .has_args = true, .stack = &whole),
		"22:13:20.201934 g18 main.f()\n"
		"    main.f app.go:40\n"
		"    created by main.main\n");
	line_is(json, CALL(.func = "main.f", .has_args = true, .stack = &stack),
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":"
		"\"main.f\",\"kind\":\"call\",\"site\":{\"addr\":\"0x0\",\"inlined\":false},"
		"\"args\":{},\"stack\":[{\"func\":\"main.f\",\"file\":\"/s/app.go\",\"line\":40},"
		"{\"func\":\"main.g\",\"file\":\"/s/b.go\",\"line\":7,\"inlined\":true},"
		"{\"func\":\"c_func\"},{\"addr\":\"0x7f01\",\"module\":\"/lib/libc.so.6\"},"
		"{\"addr\":\"0x10\"}],\"stack_end\":\"cut at 5 frames\"}\n");
	whole.creator_goid = 3;
	whole.n = 0;
	line_is(json, CALL(.func = "main.f", .has_args = true, .stack = &whole),
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":"
		"\"main.f\",\"kind\":\"call\",\"site\":{\"addr\":\"0x0\",\"inlined\":false},"
		"\"args\":{},\"stack\":[],\"created_by\":{\"func\":\"main.main\",\"goid\":3}}\n");
	text->destroy(text);
	json->destroy(json);
}

static void test_trees(void **state)
{
	struct sd_sink *text = sd_sink_text_create(false, true), *json = sd_sink_json_create();

	line_is(text,
		CALL(.func = "main.f", .has_args = true, .in_tree = true, .has_duration = true,
		     .duration_ns = 1204000),
		"22:13:20.201934 g18   1.204ms  main.f()\n");
	line_is(text,
		CALL(.func = "main.f", .has_args = true, .in_tree = true, .depth = 2,
		     .has_duration = true, .duration_ns = 33921),
		"22:13:20.201934 g18  33.921\xc2\xb5s      main.f()\n");
	line_is(text,
		CALL(.func = "main.f", .has_args = true, .in_tree = true, .depth = 1,
		     .kind = SD_EV_UNWOUND),
		"22:13:20.201934 g18   unwound    main.f()\n");
	line_is(text, CALL(.func = "main.f", .has_args = true, .in_tree = true, .kind = SD_EV_OPEN),
		"22:13:20.201934 g18      open  main.f()\n");
	line_is(text,
		CALL(.func = "main.f", .has_args = true, .in_tree = true, .depth = 1,
		     .kind = SD_EV_ENTRY, .inlined = true, .file = "/s/app.go", .line = 40),
		"22:13:20.201934 g18              main.f()  inlined at app.go:40\n");
	buf.n = 0;
	text->event(text, &CALL(.func = "f", .goid = 1, .in_tree = true, .depth = 1000000), &buf);
	assert_true(buf.n < 300);
	line_is(json, CALL(.func = "main.f", .in_tree = true, .depth = 2, .id = 9, .parent = 7),
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":"
		"\"main.f\",\"kind\":\"call\",\"site\":{\"addr\":\"0x0\",\"inlined\":false},"
		"\"depth\":2,\"id\":9,\"parent\":7}\n");
	line_is(json, CALL(.func = "main.f", .in_tree = true, .id = 9),
		"{\"ts\":1700000000201934567,\"pid\":4242,\"tid\":4243,\"goid\":18,\"func\":"
		"\"main.f\",\"kind\":\"call\",\"site\":{\"addr\":\"0x0\",\"inlined\":false},"
		"\"depth\":0,\"id\":9}\n");
	text->destroy(text);
	json->destroy(json);
}

static void test_schema(void **state)
{
	const char *schema = sd_sink_json_schema();
	char *packed = test_malloc(strlen(schema) + 1);
	size_t n = 0;

	for (const char *p = schema; *p; p++)
		if (*p != '\n' && !(*p == ' ' && (p[-1] == '\n' || p[-1] == ' ')))
			packed[n++] = *p;
	assert_true(json_valid(packed, n));
	assert_non_null(strstr(schema, "draft/2020-12/schema"));
	test_free(packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_text_lines, forget),
		cmocka_unit_test_teardown(test_local_time, forget),
		cmocka_unit_test_teardown(test_colour, forget),
		cmocka_unit_test_teardown(test_hostile_names, forget),
		cmocka_unit_test_teardown(test_json_lines, forget),
		cmocka_unit_test_teardown(test_expressions, forget),
		cmocka_unit_test_teardown(test_unsure, forget),
		cmocka_unit_test_teardown(test_messages, forget),
		cmocka_unit_test_teardown(test_all_variables, forget),
		cmocka_unit_test_teardown(test_quoting, forget),
		cmocka_unit_test_teardown(test_composites, forget),
		cmocka_unit_test_teardown(test_floats, forget),
		cmocka_unit_test_teardown(test_floats_random, forget),
		cmocka_unit_test_teardown(test_durations, forget),
		cmocka_unit_test_teardown(test_stacks, forget),
		cmocka_unit_test_teardown(test_trees, forget),
		cmocka_unit_test_teardown(test_schema, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
