/* SPDX-License-Identifier: BSD-2-Clause */
/* bytes.Buffer: its unread part, buf[off:]. strings.Builder: what was written so far. */
#include "decode/wellknown.h"

/* Makes v the bytes of buf from off on, of the given kind. */
static void become(struct sd_value *v, const struct sd_value *buf, u64 off, enum sd_value_kind kind)
{
	struct sd_value is = {
		.kind = kind, .type = v->type, .name = v->name, .bytes = (const u8 *)""};

	if (buf->kind != SD_V_NIL) {
		is.bytes = buf->bytes + off;
		is.n = buf->n - off;
		is.total = buf->total - off;
	}
	*v = is;
}

static void refine_buffer(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *buf = sd_wk_field(v, "buf");
	s64 off;

	if (!buf || !sd_wk_int(v, "off", &off) || off < 0)
		return;
	if (buf->kind == SD_V_NIL ? !off : buf->kind == SD_V_BYTES && (u64)off <= buf->n)
		become(v, buf, (u64)off, SD_V_BYTES);
}

static void refine_builder(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *buf = sd_wk_field(v, "buf");

	if (buf && (buf->kind == SD_V_NIL || buf->kind == SD_V_BYTES))
		become(v, buf, 0, SD_V_STRING);
}

const struct sd_wellknown sd_wk_buffer = {.type_name = "bytes.Buffer", .refine = refine_buffer};
const struct sd_wellknown sd_wk_builder = {.type_name = "strings.Builder",
					   .refine = refine_builder};
