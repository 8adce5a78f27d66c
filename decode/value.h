/* SPDX-License-Identifier: BSD-2-Clause */
/* The value tree: what was read, by type; the one thing every output format walks. Lives in an arena of one event. */
#ifndef SD_DECODE_VALUE_H
#define SD_DECODE_VALUE_H

#include "base/base.h"
#include "types/type.h"

enum sd_value_kind {
	SD_V_UNAVAILABLE, /* why says why; addr is set when has_addr; opened: the length is known, in total */
	SD_V_NIL,
	SD_V_BOOL,	  /* u */
	SD_V_INT,	  /* s; text: name of the constant, or well-known text (time.Duration: "1.5s") when not NULL */
	SD_V_UINT,	  /* u */
	SD_V_FLOAT,	  /* f; bits 32 or 64 */
	SD_V_COMPLEX,	  /* f, f2 */
	SD_V_STRING,	  /* bytes, n; total = the real length (cut when n < total) */
	SD_V_BYTES,	  /* []byte: as STRING */
	SD_V_LIST,	  /* slice or array: items, n, total */
	SD_V_STRUCT,	  /* items with names, n */
	SD_V_MAP,	  /* items: key, value, key, value…; n pairs; opened: the header was read, total = len */
	SD_V_PTR,	  /* items[0]: the pointee; addr. n = 0: not followed, why says why */
	SD_V_IFACE,	  /* dyn: name of the dynamic type, NULL: not known; items[0] the value when n == 1; addr: the data
			     word; u: the type or itab word */
	SD_V_CHAN,	  /* addr; n = len, total = cap when opened */
	SD_V_FUNC,	  /* addr of the func value; text: name of the code when known */
	SD_V_ADDR,	  /* unsafe.Pointer and the like: addr only */
};

struct sd_value {
	enum sd_value_kind kind;
	u8 bits;		     /* FLOAT, COMPLEX parts: 32 or 64 */
	bool has_addr;
	bool opened;
	const struct sd_type *type;  /* borrowed; may be NULL */
	const char *name;	     /* of a field, parameter, result or expression; NULL when it has none */
	const char *why;	     /* UNAVAILABLE, unfollowed PTR: the reason */
	const char *text;	     /* well-known text; borrowed or in the arena */
	const char *dyn;
	u64 addr;
	union {
		u64 u;
		s64 s;
		double f;
	};
	double f2;
	const u8 *bytes;
	u64 n;
	u64 total;
	struct sd_value *items;	     /* n (or 2n) of them */
};

#endif
