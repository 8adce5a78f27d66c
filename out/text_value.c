/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values as text, in the spirit of Go's %+v:
 *   100  -1.5  (1+2i)  true  nil  "quoted\n"  [1 2 3]  {Name:"bob" Age:3}  &{Next:nil}
 *   time.Duration         1.5s
 *   []byte                "as text"  or  hex:00ff
 *   large struct          {Method:"GET" Proto:"HTTP/1.1" …}, zero fields left out
 *   cut short             "abc"<truncated 3 of 700>   [1 2 <truncated 2 of 700>]
 *   maybe an older one    100?   nil?
 *   missing               <optimized out>   <fault at 0xc000, len 5> (only the length is known)
 *   pointer not followed  0xc000012345<depth>
 *   interface             int(5)   *main.T{A:1}   (*main.T)(nil)   nil;
 *                         *main.T(0xc000012345), the data word, when the value was not captured,
 *                         error(<at 0xc000012345>) when the dynamic type is not known
 *   error                 *fs.PathError("open /x: no such file or directory")
 *   map                   map[string]int{"one":1, "two":2, <truncated 2 of 700>}
 *   channel               chan int(len 2 cap 5 closed senders 1 receivers 1)[1 2]
 *   func                  main.f.func1(app.go:31){x:5}, the variables that it captured; without
 *                         debug information main.f.func1(0x4a1b20), the func value
 *   not captured          map[string]int(len 3 <event size>)   chan int(0xc000012345)
 */
#include "out/quote.h"
#include "out/text.h"

struct text {
	struct sd_buf *out;
	bool colour;
};

static void text_value(struct text *t, const struct sd_value *v);

static void open_mark(struct text *t)
{
	if (t->colour)
		sd_buf_str(t->out, SD_COLOUR_MISSING);
	sd_buf_ch(t->out, '<');
}

static void close_mark(struct text *t)
{
	sd_buf_ch(t->out, '>');
	if (t->colour)
		sd_buf_str(t->out, SD_COLOUR_OFF);
}

static void missing(struct text *t, const struct sd_value *v)
{
	open_mark(t);
	sd_out_plain(v->why ? v->why : "unavailable", t->out);
	if (v->kind == SD_V_UNAVAILABLE && v->opened) {
		sd_buf_str(t->out, ", len ");
		sd_buf_u64(t->out, v->total);
	}
	close_mark(t);
}

static void truncated(struct text *t, u64 n, u64 total)
{
	open_mark(t);
	sd_buf_str(t->out, "truncated ");
	sd_buf_u64(t->out, n);
	sd_buf_str(t->out, " of ");
	sd_buf_u64(t->out, total);
	close_mark(t);
}

static void type_name(struct text *t, const struct sd_value *v, const char *otherwise)
{
	sd_out_plain(v->type && v->type->name ? v->type->name : otherwise, t->out);
}

static void in_parens(struct text *t, u64 addr)
{
	sd_buf_ch(t->out, '(');
	sd_buf_hex(t->out, addr);
	sd_buf_ch(t->out, ')');
}

static void text_string(struct text *t, const struct sd_value *v)
{
	if (v->kind == SD_V_BYTES && !sd_utf8_is_text(v->bytes, v->n)) {
		sd_buf_str(t->out, "hex:");
		sd_out_hex_bytes(v->bytes, v->n, t->out);
	} else {
		sd_out_quoted(v->bytes, v->n, t->out);
	}
	if (v->n < v->total)
		truncated(t, v->n, v->total);
}

static void text_list(struct text *t, const struct sd_value *v)
{
	sd_buf_ch(t->out, '[');
	for (u64 i = 0; i < v->n; i++) {
		if (i)
			sd_buf_ch(t->out, ' ');
		text_value(t, &v->items[i]);
	}
	if (v->n < v->total) {
		if (v->n)
			sd_buf_ch(t->out, ' ');
		truncated(t, v->n, v->total);
	}
	sd_buf_ch(t->out, ']');
}

static void text_struct(struct text *t, const struct sd_value *v)
{
	bool first = true, left_out = false;

	sd_buf_ch(t->out, '{');
	for (u64 i = 0; i < v->n; i++) {
		const struct sd_value *f = &v->items[i];

		if (v->brief && sd_out_is_zero(f)) {
			left_out = true;
			continue;
		}
		/* nobody can ask for a blank field, and the ABI need not pass it */
		if (f->name && !strcmp(f->name, "_") && f->kind == SD_V_UNAVAILABLE)
			continue;
		if (!first)
			sd_buf_ch(t->out, ' ');
		first = false;
		if (f->name && f->name[0]) {
			sd_out_plain(f->name, t->out);
			sd_buf_ch(t->out, ':');
		}
		text_value(t, f);
	}
	if (left_out)
		sd_buf_str(t->out, first ? "…" : " …");
	sd_buf_ch(t->out, '}');
}

/* Of a map or channel with elements. */
static void contents_missing(struct text *t, const struct sd_value *v)
{
	if (v->n || !v->total || !v->why)
		return;
	sd_buf_ch(t->out, ' ');
	missing(t, v);
}

static void text_map(struct text *t, const struct sd_value *v)
{
	type_name(t, v, "map");
	if (!v->opened) {
		in_parens(t, v->addr);
		return;
	}
	if (!v->n && v->total) {
		sd_buf_str(t->out, "(len ");
		sd_buf_u64(t->out, v->total);
		contents_missing(t, v);
		sd_buf_ch(t->out, ')');
		return;
	}
	sd_buf_ch(t->out, '{');
	for (u64 i = 0; i < v->n; i++) {
		if (i)
			sd_buf_str(t->out, ", ");
		text_value(t, &v->items[2 * i]);
		sd_buf_ch(t->out, ':');
		text_value(t, &v->items[2 * i + 1]);
	}
	if (v->n < v->total) {
		sd_buf_str(t->out, ", ");
		truncated(t, v->n, v->total);
	}
	sd_buf_ch(t->out, '}');
}

static void text_waiting(struct text *t, const char *what, u64 n)
{
	if (!n)
		return;
	sd_buf_str(t->out, what);
	sd_buf_u64(t->out, n);
}

static void text_chan(struct text *t, const struct sd_value *v)
{
	type_name(t, v, "chan");
	if (!v->opened) {
		in_parens(t, v->addr);
		return;
	}
	sd_buf_str(t->out, "(len ");
	sd_buf_u64(t->out, v->total);
	sd_buf_str(t->out, " cap ");
	sd_buf_u64(t->out, v->chan->cap);
	if (v->chan->closed)
		sd_buf_str(t->out, " closed");
	text_waiting(t, " senders ", v->chan->senders);
	text_waiting(t, " receivers ", v->chan->receivers);
	contents_missing(t, v);
	sd_buf_ch(t->out, ')');
	if (v->n)
		text_list(t, v);
}

static void text_func(struct text *t, const struct sd_value *v)
{
	const char *base;

	if (v->text)
		sd_out_plain(v->text, t->out);
	else
		type_name(t, v, "func");
	if (v->code) {
		base = strrchr(v->code->file, '/');
		sd_buf_ch(t->out, '(');
		sd_out_plain(base ? base + 1 : v->code->file, t->out);
		sd_buf_ch(t->out, ':');
		sd_buf_u64(t->out, v->code->line);
		sd_buf_ch(t->out, ')');
	} else {
		in_parens(t, v->addr);
	}
	if (v->n)
		text_struct(t, v);
}

static void text_told(struct text *t, const struct sd_value *v)
{
	const char *text = v->kind == SD_V_TEXT && v->dyn ? v->dyn : v->text;

	if (v->told == SD_TOLD_MESSAGE)
		sd_out_quoted((const u8 *)text, strlen(text), t->out);
	else
		sd_out_plain(text, t->out);
}

/* These begin with their type's name themselves. */
static bool names_itself(const struct sd_value *v)
{
	return (v->kind == SD_V_MAP || v->kind == SD_V_CHAN) && v->type && v->type->name;
}

/* The dynamic type and what it says of the value; a pointer's star stands for its ampersand. */
static void text_dynamic(struct text *t, const struct sd_value *v, const struct sd_value *x)
{
	const struct sd_value *to = x->kind == SD_V_PTR && x->n ? &x->items[0] : x;
	bool bare = !to->text && to->kind == SD_V_STRUCT;

	if (names_itself(x)) {
		text_value(t, x);
		return;
	}
	if (x->kind == SD_V_NIL)
		sd_buf_ch(t->out, '(');
	sd_out_plain(v->dyn, t->out);
	if (x->kind == SD_V_NIL)
		sd_buf_ch(t->out, ')');
	if (!bare)
		sd_buf_ch(t->out, '(');
	if (to->text && to->kind != SD_V_FUNC && to->kind != SD_V_UNAVAILABLE)
		text_told(t, to);
	else
		text_value(t, bare ? to : x);
	if (!bare)
		sd_buf_ch(t->out, ')');
}

static void text_iface(struct text *t, const struct sd_value *v)
{
	if (v->n && v->dyn) {
		text_dynamic(t, v, &v->items[0]);
		return;
	}
	if (v->dyn)
		sd_out_plain(v->dyn, t->out);
	else
		type_name(t, v, "interface");
	/* The data word of a pointer is the pointer; of anything else it is where the value lies.
	 */
	if (v->dyn && v->dyn[0] == '*') {
		in_parens(t, v->addr);
		return;
	}
	sd_buf_str(t->out, "(<at ");
	sd_buf_hex(t->out, v->addr);
	sd_buf_str(t->out, ">)");
}

static void text_complex(struct text *t, const struct sd_value *v)
{
	size_t at;

	sd_buf_ch(t->out, '(');
	sd_out_float(v->f, v->bits, t->out);
	at = t->out->n;
	sd_out_float(v->f2, v->bits, t->out);
	if (t->out->p[at] != '-' && t->out->p[at] != '+') {
		sd_buf_ch(t->out, '+');
		memmove(t->out->p + at + 1, t->out->p + at, t->out->n - 1 - at);
		t->out->p[at] = '+';
	}
	sd_buf_str(t->out, "i)");
}

static void text_value(struct text *t, const struct sd_value *v)
{
	struct sd_buf *out = t->out;

	if (v->text && v->kind != SD_V_UNAVAILABLE && v->kind != SD_V_FUNC) {
		if (v->told == SD_TOLD_MESSAGE) {
			type_name(t, v, "error");
			sd_buf_ch(out, '(');
		}
		text_told(t, v);
		if (v->told == SD_TOLD_MESSAGE)
			sd_buf_ch(out, ')');
		return;
	}
	switch (v->kind) {
	case SD_V_UNAVAILABLE:
		missing(t, v);
		break;
	case SD_V_NIL:
		sd_buf_add(out, "nil", 3);
		break;
	case SD_V_BOOL:
		sd_buf_str(out, v->u ? "true" : "false");
		break;
	case SD_V_INT:
		sd_buf_s64(out, v->s);
		break;
	case SD_V_UINT:
		sd_buf_u64(out, v->u);
		break;
	case SD_V_FLOAT:
		sd_out_float(v->f, v->bits, out);
		break;
	case SD_V_COMPLEX:
		text_complex(t, v);
		break;
	case SD_V_STRING:
	case SD_V_BYTES:
		text_string(t, v);
		break;
	case SD_V_LIST:
		text_list(t, v);
		break;
	case SD_V_STRUCT:
		text_struct(t, v);
		break;
	case SD_V_MAP:
		text_map(t, v);
		break;
	case SD_V_PTR:
		if (v->n) {
			sd_buf_ch(out, '&');
			text_value(t, &v->items[0]);
			break;
		}
		sd_buf_hex(out, v->addr);
		missing(t, v);
		break;
	case SD_V_IFACE:
		text_iface(t, v);
		break;
	case SD_V_CHAN:
		text_chan(t, v);
		break;
	case SD_V_FUNC:
		text_func(t, v);
		break;
	case SD_V_ADDR:
		sd_buf_hex(out, v->addr);
		break;
	case SD_V_TEXT:
	case SD_V_NUMBER:
		break; /* said above */
	}
}

void sd_out_unsure(const struct sd_value *v, bool colour, struct sd_buf *out)
{
	if (!v->unsure || v->kind == SD_V_UNAVAILABLE)
		return;
	if (colour)
		sd_buf_str(out, SD_COLOUR_MISSING);
	sd_buf_ch(out, '?');
	if (colour)
		sd_buf_str(out, SD_COLOUR_OFF);
}

void sd_out_text_coloured(const struct sd_value *v, bool colour, struct sd_buf *out)
{
	struct text t = {.out = out, .colour = colour};

	text_value(&t, v);
}

void sd_out_text_value(const struct sd_value *v, struct sd_buf *out)
{
	sd_out_text_coloured(v, false, out);
}
