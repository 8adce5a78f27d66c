/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values as JSON that a program can use: numbers exact, pointers transparent, nil null, interfaces
 * with the type that tells a nil in them from a nil of their own; what is missing is
 * {"unavailable":REASON}, what was cut is {"value":…,"cut":{"shown":N,"len":N}}. The schema is in
 * schema.c.
 */
#include <math.h>

#include "out/out.h"
#include "out/quote.h"

static void key(struct sd_buf *out, bool *first, const char *name)
{
	if (!*first)
		sd_buf_ch(out, ',');
	*first = false;
	sd_out_json_string(name, strlen(name), out);
	sd_buf_ch(out, ':');
}

static void json_addr(u64 addr, struct sd_buf *out)
{
	sd_buf_ch(out, '"');
	sd_buf_hex(out, addr);
	sd_buf_ch(out, '"');
}

static void json_cut_mark(u64 n, u64 total, struct sd_buf *out)
{
	sd_buf_str(out, "{\"shown\":");
	sd_buf_u64(out, n);
	sd_buf_str(out, ",\"len\":");
	sd_buf_u64(out, total);
	sd_buf_ch(out, '}');
}

/* Ends what {"value": or {"hex": began. */
static void json_cut(u64 n, u64 total, struct sd_buf *out)
{
	sd_buf_str(out, ",\"cut\":");
	json_cut_mark(n, total, out);
	sd_buf_ch(out, '}');
}

static void unavailable(const struct sd_value *v, struct sd_buf *out)
{
	const char *why = v->why ? v->why : "unavailable";

	sd_buf_str(out, "{\"unavailable\":");
	sd_out_json_string(why, strlen(why), out);
	if (v->has_addr) {
		sd_buf_str(out, ",\"addr\":");
		json_addr(v->addr, out);
	}
	if (v->kind == SD_V_UNAVAILABLE && v->opened) {
		sd_buf_str(out, ",\"len\":");
		sd_buf_u64(out, v->total);
	}
	sd_buf_ch(out, '}');
}

static void json_float(double f, unsigned int bits, struct sd_buf *out)
{
	bool number = isfinite(f);

	if (!number)
		sd_buf_ch(out, '"');
	sd_out_float(f, bits, out);
	if (!number)
		sd_buf_ch(out, '"');
}

static bool is_text(const struct sd_value *v)
{
	return v->kind == SD_V_BYTES ? sd_utf8_is_text(v->bytes, v->n)
				     : sd_utf8_valid(v->bytes, v->n);
}

static void json_string(const struct sd_value *v, struct sd_buf *out)
{
	bool cut = v->n < v->total, text = is_text(v);

	if (text) {
		if (cut)
			sd_buf_str(out, "{\"value\":");
		sd_out_json_string((const char *)v->bytes, v->n, out);
	} else {
		sd_buf_str(out, "{\"hex\":\"");
		sd_out_hex_bytes(v->bytes, v->n, out);
		sd_buf_ch(out, '"');
	}
	if (cut)
		json_cut(v->n, v->total, out);
	else if (!text)
		sd_buf_ch(out, '}');
}

static void json_items(const struct sd_value *v, struct sd_buf *out)
{
	sd_buf_ch(out, '[');
	for (u64 i = 0; i < v->n; i++) {
		if (i)
			sd_buf_ch(out, ',');
		sd_out_json_value(&v->items[i], out);
	}
	sd_buf_ch(out, ']');
}

static void json_list(const struct sd_value *v, struct sd_buf *out)
{
	bool cut = v->n < v->total;

	if (cut)
		sd_buf_str(out, "{\"value\":");
	json_items(v, out);
	if (cut)
		json_cut(v->n, v->total, out);
}

static void json_struct(const struct sd_value *v, struct sd_buf *out)
{
	bool first = true;

	sd_buf_ch(out, '{');
	for (u64 i = 0; i < v->n; i++) {
		const struct sd_value *f = &v->items[i];

		if (f->name && !strcmp(f->name, "_"))
			continue;
		if (f->name && f->name[0]) {
			key(out, &first, f->name);
		} else {
			char name[32] = "_"; /* C: an anonymous member, by its index */
			struct sd_buf b = {.p = name, .n = 1, .cap = sizeof(name)};

			sd_buf_u64(&b, i);
			name[b.n] = '\0';
			key(out, &first, name);
		}
		sd_out_json_value(f, out);
	}
	sd_buf_ch(out, '}');
}

/* The type and the address that go with values which are not all there. */
static void handle(const struct sd_value *v, struct sd_buf *out, bool *first)
{
	if (v->type && v->type->name) {
		key(out, first, "type");
		sd_out_json_string(v->type->name, strlen(v->type->name), out);
	}
	key(out, first, "addr");
	json_addr(v->addr, out);
}

static void json_count(struct sd_buf *out, bool *first, const char *name, u64 n)
{
	key(out, first, name);
	sd_buf_u64(out, n);
}

static bool string_keys(const struct sd_value *v)
{
	if (!v->n)
		return v->type && v->type->key && v->type->key->kind == SD_KIND_STRING;
	for (u64 i = 0; i < v->n; i++) {
		const struct sd_value *k = &v->items[2 * i];

		if (k->kind != SD_V_STRING || k->n < k->total || !is_text(k))
			return false;
	}
	return true;
}

/* {KEY:VALUE,…} when all keys are strings that are wholly there, else [[KEY,VALUE],…]. */
static void json_pairs(const struct sd_value *v, struct sd_buf *out)
{
	bool object = string_keys(v);

	sd_buf_ch(out, object ? '{' : '[');
	for (u64 i = 0; i < v->n; i++) {
		if (i)
			sd_buf_ch(out, ',');
		if (!object)
			sd_buf_ch(out, '[');
		sd_out_json_value(&v->items[2 * i], out);
		sd_buf_ch(out, object ? ':' : ',');
		sd_out_json_value(&v->items[2 * i + 1], out);
		if (!object)
			sd_buf_ch(out, ']');
	}
	sd_buf_ch(out, object ? '}' : ']');
}

/* Of a map or channel with elements. */
static void contents_missing(const struct sd_value *v, struct sd_buf *out, bool *first)
{
	if (!v->opened || v->n || !v->total || !v->why)
		return;
	key(out, first, "value");
	sd_buf_str(out, "{\"unavailable\":");
	sd_out_json_string(v->why, strlen(v->why), out);
	sd_buf_ch(out, '}');
}

static void json_map(const struct sd_value *v, struct sd_buf *out)
{
	bool first = true;

	if (v->opened && (v->n || !v->total)) {
		if (v->n < v->total)
			sd_buf_str(out, "{\"value\":");
		json_pairs(v, out);
		if (v->n < v->total)
			json_cut(v->n, v->total, out);
		return;
	}
	sd_buf_ch(out, '{');
	handle(v, out, &first);
	if (v->opened)
		json_count(out, &first, "len", v->total);
	contents_missing(v, out, &first);
	sd_buf_ch(out, '}');
}

static void json_chan(const struct sd_value *v, struct sd_buf *out)
{
	bool first = true;

	sd_buf_ch(out, '{');
	handle(v, out, &first);
	if (v->opened) {
		const struct sd_value_chan *c = v->chan;

		json_count(out, &first, "len", v->total);
		json_count(out, &first, "cap", c->cap);
		if (c->has_closed) {
			key(out, &first, "closed");
			sd_buf_str(out, c->closed ? "true" : "false");
		}
		if (v->n) {
			key(out, &first, "value");
			json_items(v, out);
		}
		contents_missing(v, out, &first);
		if (v->n && v->n < v->total) {
			key(out, &first, "cut");
			json_cut_mark(v->n, v->total, out);
		}
		if (c->has_senders)
			json_count(out, &first, "senders", c->senders);
		if (c->has_receivers)
			json_count(out, &first, "receivers", c->receivers);
	}
	sd_buf_ch(out, '}');
}

static void json_func(const struct sd_value *v, struct sd_buf *out)
{
	bool first = true;

	sd_buf_ch(out, '{');
	handle(v, out, &first);
	if (v->text) {
		key(out, &first, "name");
		sd_out_json_string(v->text, strlen(v->text), out);
	}
	if (v->code) {
		key(out, &first, "file");
		sd_out_json_string(v->code->file, strlen(v->code->file), out);
		json_count(out, &first, "line", v->code->line);
	}
	if (v->n) {
		key(out, &first, "captured");
		json_struct(v, out);
	}
	sd_buf_ch(out, '}');
}

static void json_iface(const struct sd_value *v, struct sd_buf *out)
{
	const char *told = sd_value_told(v);
	bool first = true;

	sd_buf_ch(out, '{');
	if (v->dyn) {
		key(out, &first, "type");
		sd_out_json_string(v->dyn, strlen(v->dyn), out);
	}
	if (told && sd_utf8_valid((const u8 *)told, strlen(told))) {
		key(out, &first, "text");
		sd_out_json_string(told, strlen(told), out);
	}
	if (v->n) {
		key(out, &first, "value");
		sd_out_json_value(&v->items[0], out);
	} else {
		key(out, &first, "addr");
		json_addr(v->addr, out);
	}
	sd_buf_ch(out, '}');
}

void sd_out_json_value(const struct sd_value *v, struct sd_buf *out)
{
	switch (v->kind) {
	case SD_V_UNAVAILABLE:
		unavailable(v, out);
		break;
	case SD_V_NIL:
		sd_buf_add(out, "null", 4);
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
		json_float(v->f, v->bits, out);
		break;
	case SD_V_COMPLEX:
		sd_buf_str(out, "{\"real\":");
		json_float(v->f, v->bits, out);
		sd_buf_str(out, ",\"imag\":");
		json_float(v->f2, v->bits, out);
		sd_buf_ch(out, '}');
		break;
	case SD_V_STRING:
	case SD_V_BYTES:
		json_string(v, out);
		break;
	case SD_V_LIST:
		json_list(v, out);
		break;
	case SD_V_STRUCT:
		json_struct(v, out);
		break;
	case SD_V_MAP:
		json_map(v, out);
		break;
	case SD_V_PTR:
		if (v->n)
			sd_out_json_value(&v->items[0], out);
		else
			unavailable(v, out);
		break;
	case SD_V_IFACE:
		json_iface(v, out);
		break;
	case SD_V_CHAN:
		json_chan(v, out);
		break;
	case SD_V_FUNC:
		json_func(v, out);
		break;
	case SD_V_ADDR:
		json_addr(v->addr, out);
		break;
	case SD_V_TEXT:
		sd_out_json_string(v->text, strlen(v->text), out);
		break;
	case SD_V_NUMBER:
		sd_buf_str(out, v->text);
		break;
	}
}
