/* SPDX-License-Identifier: BSD-2-Clause */
/* What text output may leave out of large structs: zero values, as Go has them. What is missing,
 * cut or has a text of its own is none. */
#include <math.h>

#include "out/text.h"

static bool all_zero(const struct sd_value *v)
{
	for (u64 i = 0; i < v->n; i++)
		if (!sd_out_is_zero(&v->items[i]))
			return false;
	return true;
}

static bool is_zero_float(double f)
{
	return f == 0 && !signbit(f);
}

bool sd_out_is_zero(const struct sd_value *v)
{
	switch (v->kind) {
	case SD_V_NIL:
		return true;
	case SD_V_BOOL:
	case SD_V_INT:
	case SD_V_UINT:
		return v->u == 0;
	case SD_V_FLOAT:
		return is_zero_float(v->f);
	case SD_V_COMPLEX:
		return is_zero_float(v->f) && is_zero_float(v->f2);
	case SD_V_STRING:
		return v->total == 0;
	case SD_V_NUMBER:
		return !strcmp(v->text, "0");
	case SD_V_ADDR:
		return v->addr == 0;
	case SD_V_LIST: /* an empty slice is not nil */
		return v->type && v->type->kind == SD_KIND_ARRAY && v->n == v->total && all_zero(v);
	case SD_V_STRUCT:
		return all_zero(v);
	default:
		return false;
	}
}
