/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts and names that nobody vouches for. A secret that is announced in so many words does not get
 * through, whatever stands before it and behind it; what is announced nowhere does, and names are
 * answered alike each time.
 */
#include <stdlib.h>
#include <string.h>

#include "decode/redact_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char secret[] = "zQ7vX9pLw3";

static void require(bool ok)
{
	if (!ok)
		abort();
}

static bool has(const void *text, size_t n, const char *what)
{
	return n && memmem(text, n, what, strlen(what));
}

/* A text on the heap, of exactly its size. */
static void scan(struct sd_redact *r, const struct sd_buf *text, bool cut, struct sd_buf *out)
{
	u8 *exact = malloc(text->n + !text->n);

	require(exact);
	memcpy(exact, text->p, text->n);
	out->n = 0;
	if (!sd_redact_scan(r, exact, text->n, cut, out)) {
		require(!out->n);
		sd_buf_add(out, text->p, text->n);
	}
	free(exact);
}

static void announced(struct sd_redact *r, const uint8_t *data, size_t size)
{
	static const struct {
		const char *before, *behind;
	} forms[] = {
		{"&password=", "&"},
		{" token=", " "},
		{"\r\nAuthorization: Bearer ", "\r\n"},
		{"\nset-cookie: id=", "\n"},
		{" --client-secret ", " "},
		{" {Name:bob Password:", " Age:3}"},
		{"<api_key>", "</api_key>"},
	};
	size_t form = data[0] % SD_ARRAY_SIZE(forms), front = data[1] < size - 2 ? data[1] : 0;
	struct sd_buf text = {0}, out = {0};

	sd_buf_add(&text, data + 2, front);
	sd_buf_str(&text, forms[form].before);
	sd_buf_str(&text, secret);
	sd_buf_str(&text, forms[form].behind);
	sd_buf_add(&text, data + 2 + front, size - 2 - front);
	scan(r, &text, data[0] & 128, &out);
	require(has(data, size, secret) || !has(out.p, out.n, secret));
	require(has(out.p, out.n, SD_REDACTED));
	sd_buf_deinit(&text);
	sd_buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"ssn"};
	struct sd_redact *r;
	struct sd_buf text = {0}, out = {0};

	if (size < 2)
		return 0;
	r = sd_redact_create(&(struct sd_redact_options){.names = names, .nnames = data[0] & 1});
	sd_buf_add(&text, data, size);
	scan(r, &text, size & 1, &out);
	announced(r, data, size);
	require(sd_secrecy_of(r, (const char *)data, size) ==
		sd_secrecy_of(r, (const char *)data, size));
	sd_secrecy_behind(r, data, size);
	sd_redact_destroy(r);
	sd_buf_deinit(&text);
	sd_buf_deinit(&out);
	return 0;
}
