/* SPDX-License-Identifier: BSD-2-Clause */
/* Secrets: which names say so and which only look it, where texts hold some, and every shape of
 * value that one can be in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "decode/redact_priv.h"
#include "out/out.h"
#include "tests/unit/json_check.h"

struct fixture {
	struct sd_redact *r;
	struct sd_arena arena;
	struct sd_buf buf;
};

static int setup(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	f->r = sd_redact_create(&(struct sd_redact_options){0});
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sd_redact_destroy(f->r);
	sd_arena_deinit(&f->arena);
	sd_buf_deinit(&f->buf);
	test_free(f);
	return 0;
}

static void again(struct fixture *f, struct sd_redact_options options)
{
	sd_redact_destroy(f->r);
	f->r = sd_redact_create(&options);
}

/* ---- names ---- */
static void test_names(void **state)
{
	static const struct {
		const char *name;
		enum sd_secrecy secrecy;
	} cases[] = {
		{"password", SD_SECRET},
		{"Password", SD_SECRET},
		{"PASSWORD", SD_SECRET},
		{"userPassword", SD_SECRET},
		{"DBPassword", SD_SECRET},
		{"db_password", SD_SECRET},
		{"dbpassword", SD_SECRET},
		{"passwordHash", SD_SECRET},
		{"passwd", SD_SECRET},
		{"pwd", SD_SECRET},
		{"passphrase", SD_SECRET},
		{"pass_phrase", SD_SECRET},
		{"token", SD_SECRET},
		{"accessToken", SD_SECRET},
		{"oauth2token", SD_SECRET},
		{"id-token", SD_SECRET},
		{"csrf_token", SD_SECRET},
		{"clientSecret", SD_SECRET},
		{"secret", SD_SECRET},
		{"Authorization", SD_SECRET},
		{"Proxy-Authorization", SD_SECRET},
		{"Cookie", SD_SECRET},
		{"Set-Cookie", SD_SECRET},
		{"X-Api-Key", SD_SECRET},
		{"apiKey", SD_SECRET},
		{"APIKey", SD_SECRET},
		{"apikey", SD_SECRET},
		{"api_key", SD_SECRET},
		{"APIKEY", SD_SECRET},
		{"privateKey", SD_SECRET},
		{"private_key", SD_SECRET},
		{"Private Key", SD_SECRET},
		{"aws_secret_access_key", SD_SECRET},
		{"credential", SD_SECRET},
		{"credentials", SD_SECRET_MANY},
		{"creds", SD_SECRET_MANY},
		{"sessionId", SD_SECRET},
		{"sessionID", SD_SECRET},
		{"session_id", SD_SECRET},
		{"JSESSIONID", SD_SECRET},
		{"PHPSESSID", SD_SECRET},
		{"bearer", SD_SECRET},
		{"jwt", SD_SECRET},
		{"user.Password", SD_SECRET},
		{"r.Header[Authorization]", SD_SECRET},
		{"passwords", SD_SECRET_MANY},
		{"tokens", SD_SECRET_MANY},
		{"max_tokens", SD_SECRET_MEASURE},
		{"tokenCount", SD_SECRET_MEASURE},
		{"cookieCount", SD_SECRET_MEASURE},
		{"tokenExpiry", SD_SECRET_MEASURE},
		{"len(password)", SD_SECRET_MEASURE},
		{"auth", SD_SECRET_TEXT},
		{"pin", SD_SECRET_TEXT},
		{"tokenizer", SD_PLAIN},
		{"Tokenize", SD_PLAIN},
		{"secretary", SD_PLAIN},
		{"author", SD_PLAIN},
		{"authors", SD_PLAIN},
		{"authority", SD_PLAIN},
		{"passenger", SD_PLAIN},
		{"compass", SD_PLAIN},
		{"bypass", SD_PLAIN},
		{"passed", SD_PLAIN},
		{"key", SD_PLAIN},
		{"publicKey", SD_PLAIN},
		{"keyboard", SD_PLAIN},
		{"session", SD_PLAIN},
		{"sessions[id]", SD_PLAIN},
		{"ssid", SD_PLAIN},
		{"spinner", SD_PLAIN},
		{"tokenBucket", SD_PLAIN},
		{"s", SD_PLAIN},
		{"", SD_PLAIN},
		{"_", SD_PLAIN},
		{"r0", SD_PLAIN},
	};
	struct fixture *f = *state;

	for (int round = 0; round < 2; round++) /* the second answers come from the cache */
		for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
			const char *name = cases[i].name;

			if (sd_secrecy_of(f->r, name, strlen(name)) != cases[i].secrecy)
				fail_msg("%s: %d", name, sd_secrecy_of(f->r, name, strlen(name)));
			assert_int_equal(sd_redact_is_secret(f->r, name),
					 cases[i].secrecy != SD_PLAIN &&
						 cases[i].secrecy != SD_SECRET_MEASURE);
		}
	assert_true(sd_redact_is_secret(f->r,
					"aVeryLongNameThatDoesNotFitIntoTheCacheOfNames_password"));
	assert_false(sd_redact_is_secret(f->r, NULL));
}

static void test_names_of_the_user(void **state)
{
	static const char *const names[] = {"ssn", "creditCard", "--", "x"};
	struct fixture *f = *state;

	again(f, (struct sd_redact_options){.names = names, .nnames = 4});
	assert_int_equal(sd_secrecy_of(f->r, "userSSN", 7), SD_SECRET_NAMED);
	assert_int_equal(sd_secrecy_of(f->r, "credit_card_no", 14), SD_SECRET_NAMED);
	assert_int_equal(sd_secrecy_of(f->r, "card", 4), SD_PLAIN);
	assert_int_equal(sd_secrecy_of(f->r, "lesson", 6), SD_PLAIN);
	assert_int_equal(sd_secrecy_of(f->r, "p.x", 3), SD_SECRET_NAMED);
	assert_int_equal(sd_secrecy_of(f->r, "xs", 2), SD_PLAIN);
	assert_int_equal(sd_secrecy_of(f->r, "password", 8), SD_SECRET);
	again(f, (struct sd_redact_options){.names = names, .nnames = 1, .show = true});
	assert_false(sd_redact_is_secret(f->r, "password"));
	assert_false(sd_redact_is_secret(f->r, "ssn"));
}

/* ---- texts ---- */
static void text_is(struct fixture *f, const char *text, const char *want)
{
	size_t n = strlen(text);
	/* of exactly that size, so that a sanitizer sees a read behind it */
	u8 *exact = test_malloc(n + !n);

	memcpy(exact, text, n);
	f->buf.n = 0;
	if (!sd_redact_scan(f->r, exact, n, false, &f->buf))
		sd_buf_str(&f->buf, text);
	assert_string_equal(sd_buf_cstr(&f->buf), want);
	test_free(exact);
}

#define R "<redacted>"

static void test_texts(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", ""},
		{"GET /?a=1&token=abc&b=2 HTTP/1.1", "GET /?a=1&token=" R "&b=2 HTTP/1.1"},
		{"token=abc", "token=" R},
		{"token=", "token="},
		{"max_tokens=4096&token_type=x", "max_tokens=4096&token_type=" R},
		{"user[password]=a&user[name]=b", "user[password]=" R "&user[name]=b"},
		{"host=h user=u password=p,;w dbname=d", "host=h user=u password=" R " dbname=d"},
		{"a=1, password=xy, b=2", "a=1, password=" R ", b=2"},
		{"Server=h;Password=p;Database=d", "Server=h;Password=" R ";Database=d"},
		{"password = 'it''s', x", "password = '" R "''s', x"},
		{"SET PASSWORD = \"a b\" FOR u", "SET PASSWORD = \"" R "\" FOR u"},
		{"{\"user\":\"bob\",\"password\":\"a\\\"b\",\"n\":1}",
		 "{\"user\":\"bob\",\"password\":\"" R "\",\"n\":1}"},
		{"{\"token\": 123, \"n\": 1}", "{\"token\": " R ", \"n\": 1}"},
		{"{\"tokens\": 123, \"n\": 1}", "{\"tokens\": 123, \"n\": 1}"},
		{"{\"secret\":{\"a\":\"}\",\"b\":[1]},\"n\":1}", "{\"secret\":" R ",\"n\":1}"},
		{"{\"credentials\":[\"a\",\"b\"]}", "{\"credentials\":" R "}"},
		{"{\\\"password\\\":\\\"x\\\",\\\"n\\\":1}",
		 "{\\\"password\\\":\\\"" R "\\\",\\\"n\\\":1}"},
		{"{\"password\":\"abc", "{\"password\":\"" R},
		{"Authorization: Bearer abc def\r\nHost: h", "Authorization: " R "\r\nHost: h"},
		{"Cookie: a=b; c=d\r\n\r\n", "Cookie: " R "\r\n\r\n"},
		{"X-Api-Key: 123\nA: b", "X-Api-Key: " R "\nA: b"},
		{"{Name:bob Password:hunter2 Age:3}", "{Name:bob Password:" R " Age:3}"},
		{"{Name:\"bob\", Password:\"hunter2\"}", "{Name:\"bob\", Password:\"" R "\"}"},
		{"map[password:hunter2 user:bob]", "map[password:" R " user:bob]"},
		{"map[password:hunter2]", "map[password:" R "]"},
		{"curl -u x --password hunter2 h", "curl -u x --password " R " h"},
		{"--token=abc -v", "--token=" R " -v"},
		{"--password -v", "--password -v"},
		{"<user>bob</user><password>x y</password>",
		 "<user>bob</user><password>" R " y</password>"},
		{"https://u:pw@h:80/p?x=1", "https://u:" R "@h:80/p?x=1"},
		{"postgres://u:p/w@h/db", "postgres://u:" R "@h/db"},
		{"http://h:8080/a@b", "http://h:8080/a@b"},
		{"http://[::1]:8080/x", "http://[::1]:8080/x"},
		{"https://u@h/?api_key=k#f", "https://u@h/?api_key=" R},
		{"u:pw@tcp(h:3306)/db", "u:" R "@tcp(h:3306)/db"},
		{"auth=abc", "auth=" R},
		{"PASS: TestX", "PASS: TestX"},
		{"got Bearer abcdefghijklmnopqrstuvwxyz.", "got Bearer " R},
		{"a bearer certificate", "a bearer certificate"},
		{"Basic dXNlcjpwYXNzd29yZA==", "Basic " R},
		{"Basic understanding", "Basic understanding"},
		{"x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_d y", "x " R " y"},
		{"-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nx", R "\nx"},
		{"-----BEGIN CERTIFICATE-----\nMII", "-----BEGIN CERTIFICATE-----\nMII"},
		{"?next=%3Ftoken%3Dabc%26x%3D1&y=2", "?next=%3Ftoken%3D" R "&y=2"},
		{"Token::parse(x)", "Token::parse(x)"},
		{"the author: bob, tokenizer=x key=y", "the author: bob, tokenizer=x key=y"},
		{"password := \"x\"", "password := \"" R "\""},
		{":password=>\"x\"", ":password=>\"" R "\""},
		{"token=<redacted>", "token=" R},
		{"token=<a<b>", "token=" R},
		{"no colon here password", "no colon here password"},
		{"password", "password"},
		{"password:", "password:"},
		{"password: ", "password: "},
		{"password=\"", "password=\""},
		{"eyJ", "eyJ"},
		{"://", "://"},
		{"a://:", "a://:"},
		{"-----BEGIN", "-----BEGIN"},
		{"--token ", "--token "},
		{"Bearer ", "Bearer "},
		{"\"password\":[\"a\",", "\"password\":" R},
		{"token=\\\\\\", "token=" R},
		{"token=\\\\\\\"x", "token=\\\\\\\"" R},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++)
		text_is(f, cases[i].text, cases[i].want);
	/* a text that goes on: the end of a password may be out of sight */
	f->buf.n = 0;
	assert_true(sd_redact_scan(f->r, (const u8 *)"pg://u:pas", 10, true, &f->buf));
	assert_string_equal(sd_buf_cstr(&f->buf), "pg://u:" R);
}

/* ---- values ---- */
static struct sd_value str(const char *name, const char *text)
{
	return (struct sd_value){.kind = SD_V_STRING,
				 .name = name,
				 .bytes = (const u8 *)text,
				 .n = strlen(text),
				 .total = strlen(text)};
}

static struct sd_value num(const char *name, s64 s)
{
	return (struct sd_value){.kind = SD_V_INT, .name = name, .s = s};
}

static struct sd_value of(enum sd_value_kind kind, const char *name, struct sd_value *items, u64 n)
{
	return (struct sd_value){
		.kind = kind, .name = name, .items = items, .n = n, .total = n, .opened = true};
}

static void shows(struct fixture *f, struct sd_value v, const char *want)
{
	sd_redact_value(f->r, &v, &f->arena);
	f->buf.n = 0;
	sd_out_json_value(&v, &f->buf);
	assert_true(json_valid(f->buf.p, f->buf.n));
	f->buf.n = 0;
	sd_out_text_value(&v, &f->buf);
	assert_string_equal(sd_buf_cstr(&f->buf), want);
}

static void test_values(void **state)
{
	struct fixture *f = *state;
	struct sd_value items[8], inner[4];
	struct sd_type cookie = {.kind = SD_KIND_STRUCT, .name = "net/http.Cookie", .named = true};
	struct sd_type secret = {.kind = SD_KIND_STRING, .name = "main.Password", .named = true};
	struct sd_type time = {.kind = SD_KIND_STRUCT, .name = "time.Time", .named = true};
	struct sd_type map = {.kind = SD_KIND_MAP, .name = "http.Header"};
	struct sd_value v;

	shows(f, str("password", "hunter2"), R);
	shows(f, str("s", "hunter2"), "\"hunter2\"");
	shows(f, str("s", "x?token=hunter2"), "\"x?token=" R "\"");
	shows(f, num("token", 42), R);
	shows(f, num("tokenCount", 42), "42");
	v = (struct sd_value){.kind = SD_V_BOOL, .name = "hasPassword", .u = 1};
	shows(f, v, "true");
	v = (struct sd_value){.kind = SD_V_NIL, .name = "token"};
	shows(f, v, "nil");
	v = (struct sd_value){
		.kind = SD_V_UNAVAILABLE, .name = "token", .why = "gone", .opened = true};
	v.total = 7;
	shows(f, v, "<gone>");
	v = (struct sd_value){.kind = SD_V_TEXT, .name = "tokenAt", .type = &time, .text = "2026"};
	shows(f, v, "2026");
	v = str("s", "hunter2");
	v.type = &secret;
	shows(f, v, R);
	v = str("s", "a=1&token=hunter2");
	v.kind = SD_V_BYTES;
	v.total += 5;
	shows(f, v, "\"a=1&token=" R "\"<truncated 20 of 25>");
	/* fields, at any depth */
	inner[0] = str("Name", "bob");
	inner[1] = str("Password", "hunter2");
	items[0] = of(SD_V_STRUCT, NULL, inner, 2);
	items[1] = num(NULL, 1);
	shows(f, of(SD_V_PTR, "u", items, 1), "&{Name:\"bob\" Password:" R "}");
	inner[1] = str("Password", "hunter2");
	shows(f, of(SD_V_LIST, "us", items, 2), "[{Name:\"bob\" Password:" R "} 1]");
	inner[1] = str("Password", "hunter2");
	shows(f, of(SD_V_PTR, "credentials", items, 1), R);
	inner[0] = str("Name", "sid");
	inner[1] = str("Value", "hunter2");
	v = of(SD_V_STRUCT, "c", inner, 2);
	v.type = &cookie;
	shows(f, v, "{Name:\"sid\" Value:" R "}");
	inner[0] = str("Key", "api_key");
	inner[1] = str("Value", "hunter2");
	shows(f, of(SD_V_STRUCT, "attr", inner, 2), "{Key:\"api_key\" Value:" R "}");
	inner[0] = str("Key", "colour");
	inner[1] = str("Value", "red");
	shows(f, of(SD_V_STRUCT, "attr", inner, 2), "{Key:\"colour\" Value:\"red\"}");
	/* maps */
	items[0] = str(NULL, "Authorization");
	items[1] = of(SD_V_LIST, NULL, inner, 1);
	inner[0] = str(NULL, "Bearer x");
	items[2] = str(NULL, "Accept");
	items[3] = str(NULL, "*/*");
	v = of(SD_V_MAP, "h", items, 2);
	v.type = &map;
	shows(f, v, "http.Header{\"Authorization\":" R ", \"Accept\":\"*/*\"}");
	/* what is told of the whole, in whatever way: a part of it is secret */
	inner[0] = str("key", "token");
	inner[1] = str("val", "hunter2");
	v = of(SD_V_STRUCT, "ctx", inner, 2);
	v.text = "context.Background.WithValue(\"token\", \"hunter2\")";
	v.told = SD_TOLD_BESIDE;
	shows(f, v, R);
	/* a command's arguments */
	items[0] = str(NULL, "--password");
	items[1] = str(NULL, "hunter2");
	items[2] = str(NULL, "--token=hunter2");
	shows(f, of(SD_V_LIST, "argv", items, 3), "[\"--password\" " R " \"--token=" R "\"]");
	/* interfaces, errors, closures, channels */
	inner[0] = str("s", "bad token=hunter2");
	items[0] = of(SD_V_STRUCT, NULL, inner, 1);
	items[0].text = "bad token=hunter2";
	items[0].told = SD_TOLD_MESSAGE;
	v = of(SD_V_IFACE, "tokenErr", items, 1);
	v.dyn = "*errors.errorString";
	shows(f, v, "*errors.errorString(\"bad token=" R "\")");
	items[0] = str("password", "hunter2");
	v = of(SD_V_FUNC, "login", items, 1);
	v.text = "main.f.func1";
	v.addr = 1;
	shows(f, v, "main.f.func1(0x1){password:" R "}");
	inner[0] = str(NULL, "secret=hunter2");
	v = of(SD_V_CHAN, "c", inner, 1);
	v.chan = &(struct sd_value_chan){.cap = 2};
	shows(f, v, "chan(len 1 cap 2)[\"secret=" R "\"]");
	v = (struct sd_value){
		.kind = SD_V_TEXT, .name = "u", .text = "https://h/?sig=1&token=hunter2"};
	shows(f, v, "https://h/?sig=1&token=" R);
}

static void test_expressions(void **state)
{
	static const struct {
		const char *text;
		enum sd_value_kind kind;
		bool secret;
	} cases[] = {
		{"user.Password", SD_V_STRING, true},
		{"r.Header[\"Authorization\"]", SD_V_LIST, true},
		{"m[`api_key`]", SD_V_STRING, true},
		{"len(password)", SD_V_INT, false},
		{"password[0]", SD_V_UINT, true},
		{"password == \"x\"", SD_V_BOOL, true},
		{"strings.HasPrefix(token, \"a\")", SD_V_BOOL, true},
		{"token != nil", SD_V_BOOL, false},
		{"u.HasPassword", SD_V_BOOL, false},
		{"strings.Contains(url, \"token=\")", SD_V_BOOL, false},
		{"url + \"password\"", SD_V_STRING, false},
		{"n == 3", SD_V_BOOL, false},
	};
	struct fixture *f = *state;
	struct sd_value item = str(NULL, "x");

	for (size_t i = 0; i < SD_ARRAY_SIZE(cases); i++) {
		struct sd_value v = str(cases[i].text, "x");

		v.kind = cases[i].kind;
		v.items = &item;
		sd_redact_expression(f->r, &v, &f->arena);
		if ((v.kind == SD_V_TEXT) != cases[i].secret)
			fail_msg("%s", cases[i].text);
		assert_string_equal(v.name, cases[i].text);
	}
}

static void test_results_and_templates(void **state)
{
	struct fixture *f = *state;
	struct sd_value v = str("r0", "hunter2");

	sd_redact_result(f->r, &v, "main.(*Store).getToken", &f->arena);
	assert_int_equal(v.kind, SD_V_TEXT);
	v = str("r0", "hunter2");
	sd_redact_result(f->r, &v, "main.(*Store[go.shape.int]).getToken[a.B,[]c.D]", &f->arena);
	assert_int_equal(v.kind, SD_V_TEXT);
	v = str("r0", "x");
	sd_redact_result(f->r, &v, "main.Get[main.Token]", &f->arena);
	assert_int_equal(v.kind, SD_V_STRING);
	v = str("r0", "x");
	sd_redact_result(f->r, &v, "token.Get", &f->arena);
	assert_int_equal(v.kind, SD_V_STRING);
	v = num("r0", 3);
	sd_redact_result(f->r, &v, "main.Token", &f->arena);
	assert_int_equal(v.kind, SD_V_INT);
	v = str("x", "hunter2");
	sd_redact_behind(f->r, "login password=", 15, &v);
	assert_int_equal(v.kind, SD_V_TEXT);
	v = str("x", "hunter2");
	sd_redact_behind(f->r, "{\"token\": \"", 11, &v);
	assert_int_equal(v.kind, SD_V_TEXT);
	v = str("x", "hunter2");
	sd_redact_behind(f->r, "password of ", 12, &v);
	assert_int_equal(v.kind, SD_V_STRING);
	sd_redact_behind(f->r, "", 0, &v);
	assert_int_equal(v.kind, SD_V_STRING);
}

static void test_no_strings(void **state)
{
	struct fixture *f = *state;
	struct sd_type ip = {.kind = SD_KIND_SLICE, .name = "net.IP", .named = true};
	struct sd_type byte = {.kind = SD_KIND_UINT, .name = "main.b", .size = 1};
	struct sd_type bytes = {.kind = SD_KIND_ARRAY, .name = "[2]main.b", .elem = &byte};
	struct sd_value items[4] = {num(NULL, 104), num(NULL, 105)}, v;

	again(f, (struct sd_redact_options){.no_strings = true});
	shows(f, str("s", "hello, world"), "<string, 12 bytes>");
	v = str("b", "abc");
	v.kind = SD_V_BYTES;
	v.total = 9;
	shows(f, v, "<[]byte, 9 bytes>");
	shows(f, str("password", "x"), R);
	shows(f, num("n", 3), "3");
	v = of(SD_V_LIST, "l", items, 2);
	v.type = &bytes;
	shows(f, v, "<bytes, 2 bytes>");
	v = (struct sd_value){.kind = SD_V_TEXT, .text = "10.0.0.1", .type = &ip};
	shows(f, v, "10.0.0.1");
	v = (struct sd_value){.kind = SD_V_TEXT, .text = "https://h/"};
	shows(f, v, "<text>");
	v = (struct sd_value){.kind = SD_V_INT, .s = 1500000000, .text = "1.5s"};
	shows(f, v, "1.5s");
	items[0] = str("s", "EOF");
	items[1] = of(SD_V_STRUCT, NULL, items, 1);
	items[1].text = "EOF";
	items[1].told = SD_TOLD_MESSAGE;
	v = of(SD_V_IFACE, "err", &items[1], 1);
	v.dyn = "*errors.errorString";
	shows(f, v, "*errors.errorString{s:<string, 3 bytes>}");
	items[0] = str(NULL, "k");
	items[1] = num(NULL, 1);
	shows(f, of(SD_V_MAP, "m", items, 1), "map{<string, 1 bytes>:1}");
	v = str("caller()", "main.main");
	sd_redact_expression(f->r, &v, &f->arena);
	assert_int_equal(v.kind, SD_V_STRING);
	v = str("caller() + x", "main.main");
	sd_redact_expression(f->r, &v, &f->arena);
	assert_int_equal(v.kind, SD_V_TEXT);
	v = str("x.y", "main.main");
	sd_redact_expression(f->r, &v, &f->arena);
	assert_int_equal(v.kind, SD_V_TEXT);
	again(f, (struct sd_redact_options){.no_strings = true, .show = true});
	shows(f, str("password", "x"), "<string, 1 bytes>");
	again(f, (struct sd_redact_options){.show = true});
	shows(f, str("password", "token=x"), "\"token=x\"");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_names),	    T(test_names_of_the_user), T(test_texts),
		T(test_values),	    T(test_expressions),       T(test_results_and_templates),
		T(test_no_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
