/* SPDX-License-Identifier: BSD-2-Clause */
/* The value tree: what was read, by type; the one thing every output format walks. Lives in an
 * arena of one event. */
#ifndef SD_DECODE_VALUE_H
#define SD_DECODE_VALUE_H

#include "base/base.h"
#include "types/type.h"

enum sd_value_kind {
	SD_V_UNAVAILABLE, /* why says why; addr is set when has_addr; opened: the length is known,
			     in total */
	SD_V_NIL,
	SD_V_BOOL, /* u */
	SD_V_INT,  /* s; text: name of the constant, or well-known text (time.Duration: "1.5s") when
		      not NULL */
	SD_V_UINT, /* u */
	SD_V_FLOAT,   /* f; bits 32 or 64 */
	SD_V_COMPLEX, /* f, f2 */
	SD_V_STRING,  /* bytes, n; total = the real length (cut when n < total) */
	SD_V_BYTES,   /* []byte: as STRING */
	SD_V_LIST,    /* slice or array: items, n, total */
	SD_V_STRUCT,  /* items with names, n */
	SD_V_MAP, /* items: key, value, key, value…; n pairs; opened: the header was read, total =
		     len; none of total > 0 shown: why says why */
	SD_V_PTR, /* items[0]: the pointee; addr. n = 0: not followed, why says why */
	SD_V_IFACE, /* dyn: name of the dynamic type, NULL: not known; items[0] the value when n ==
		       1; addr: the data word; u: the type or itab word */
	SD_V_CHAN,  /* addr; opened: chan says the rest, total = len; items: the n oldest elements;
		       none of total > 0 shown: why says why */
	SD_V_FUNC,  /* addr of the func value; text: name of the code when known; code: where it is,
		       or NULL; items with names: the n variables that it captured */
	SD_V_ADDR,  /* unsafe.Pointer and the like: addr only */
	SD_V_TEXT,  /* text stands for the value: a string in JSON (time.Time, net.IP); dyn: what
		       text output shows instead when not NULL */
	SD_V_NUMBER, /* text is a number of any length: a number in JSON too (big.Int) */
};

/** How text goes with a value of any other kind. */
enum sd_told {
	SD_TOLD_TEXT,	 /* text output shows it instead of the value, JSON the value alone
			    (time.Duration) */
	SD_TOLD_BESIDE,	 /* text output shows it instead, JSON beside the value (context.Context) */
	SD_TOLD_MESSAGE, /* an error's message: text output quotes it after the type's name; JSON:
			    beside the value */
};

struct sd_value_chan {
	u64 cap;
	bool has_closed, closed;
	bool has_senders, has_receivers; /* those that wait could be counted */
	u64 senders, receivers;
};

struct sd_value_code {
	const char *file;
	u32 line;
};

struct sd_value {
	enum sd_value_kind kind;
	u8 bits; /* FLOAT, COMPLEX parts: 32 or 64 */
	u8 told; /* enum sd_told */
	bool has_addr;
	bool opened;
	bool unsure; /* of a variable or expression: it may be of a time before the line */
	bool brief;  /* STRUCT: of so many fields that text output leaves the zero ones out */
	const struct sd_type *type; /* borrowed; may be NULL */
	const char *name; /* of a field, parameter, result or expression; NULL when it has none */
	const char *why;  /* UNAVAILABLE, unfollowed PTR: the reason */
	const char *text; /* well-known text; borrowed or in the arena */
	const char *dyn;
	u64 addr;
	union {
		u64 u;
		s64 s;
		double f;
	};
	double f2;
	union {
		const u8 *bytes;
		const struct sd_value_chan *chan; /* in the arena */
		const struct sd_value_code *code; /* in the arena */
	};
	u64 n;
	u64 total;
	struct sd_value *items; /* n (or 2n) of them */
};

/** What is told of an interface's value, or of what it points to, beside the value itself: an
 * error's message, a context's chain; NULL: nothing. */
static inline const char *sd_value_told(const struct sd_value *v)
{
	bool in_iface = false;
	int ptrs = 0;

	for (int i = 0; i < 8 && (v->kind == SD_V_IFACE || v->kind == SD_V_PTR) && v->n == 1; i++) {
		/* an interface that holds a *error has no method of it */
		if (in_iface && (v->kind == SD_V_IFACE || ++ptrs > 1))
			return NULL;
		in_iface |= v->kind == SD_V_IFACE;
		v = v->items;
	}
	return v->told != SD_TOLD_TEXT && v->kind != SD_V_UNAVAILABLE ? v->text : NULL;
}

#endif
