/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a value's type is, whatever language it came from. Type graphs are completed on demand: a
 * program such as an HTTP server has tens of thousands of types, and a probe needs a few. Pure:
 * whoever makes types gives a source.
 */
#ifndef SD_TYPES_TYPE_H
#define SD_TYPES_TYPE_H

#include "base/base.h"

enum sd_kind {
	SD_KIND_UNKNOWN, /* exists, cannot be described: printed as unavailable */
	SD_KIND_VOID,
	SD_KIND_BOOL,
	SD_KIND_INT,  /* signed; C's char too */
	SD_KIND_UINT, /* unsigned; Go's uintptr too */
	SD_KIND_FLOAT,
	SD_KIND_COMPLEX,
	SD_KIND_STRING, /* Go string: {ptr, len} */
	SD_KIND_SLICE,	/* Go slice: {ptr, len, cap}; elem */
	SD_KIND_ARRAY,	/* elem, count */
	SD_KIND_STRUCT, /* fields */
	SD_KIND_UNION,	/* fields */
	SD_KIND_ENUM,	/* elem is the integer type */
	SD_KIND_PTR,	/* elem; VOID elem: unsafe.Pointer, void * */
	SD_KIND_IFACE,	/* Go interface with methods: {itab, data} */
	SD_KIND_EFACE,	/* Go empty interface: {type, data} */
	SD_KIND_MAP,	/* Go map: one pointer; key, elem; hmap is the struct it points to */
	SD_KIND_CHAN,	/* Go channel: one pointer; elem; hmap is the hchan struct */
	SD_KIND_FUNC,	/* Go func value: one pointer to {code, captures…}; C code pointer */
};

struct sd_type;

/** What an interface's data word is for values of a Go type (abi.Type: KindDirectIface, from 1.26
 * on TFlagDirectIface). */
enum sd_direct {
	SD_DIRECT_UNKNOWN, /* nobody said: by kind, pointers and what holds one pointer alone are
			      the word itself */
	SD_DIRECT_YES,	   /* the value itself */
	SD_DIRECT_NO,	   /* its address */
};

struct sd_field {
	const char *name; /* "_" when blank, "" when anonymous (C) */
	struct sd_type *type;
	u64 off;       /* bytes from the start of the struct */
	bool embedded; /* Go embedded field */
	u16 bit_off;   /* C bit-fields: bits from off, little endian */
	u16 bit_size;  /* 0: not a bit-field */
};

/** Completes a type: fills elem, key, hmap and fields; called once per type. Owned by the room that
 * made the type. */
struct sd_type_source {
	void (*complete)(struct sd_type_source *src, struct sd_type *type);
};

/** Lives in the arena of the room that made it; every pointer member is borrowed from that arena.
 */
struct sd_type {
	enum sd_kind kind; /* of the type underneath: named types and typedefs are peeled */
	bool named;	   /* a defined type: name is not a type literal */
	bool incomplete;   /* members below the line are not there yet: use the accessors */
	const char *name;  /* as the language writes it: "main.T", "[]int", "map[string]int",
			      "time.Duration" */
	const char *pkg;   /* Go: path of its package, where name has its last part only; NULL: not
			      known */
	u64 size;	   /* bytes */
	u32 align;	   /* bytes; ≥ 1 */
	u64 go_rtype;	   /* Go: offset of the runtime descriptor from runtime.types; 0: none */
	u64 id;		   /* the source's own (a DIE's offset) */
	u8 direct;	   /* enum sd_direct: set where the runtime's descriptor was read */
	bool rule_known;   /* rule is what decode found */
	const void *rule;  /* decode's: of a well-known type, borrowed; NULL: it has none */
	struct sd_type_source *src;
	/* ---- complete only after sd_type_complete(): */
	struct sd_type *elem;
	struct sd_type *key;
	struct sd_type *hmap;
	u64 count; /* ARRAY: elements */
	struct sd_field *fields;
	u32 nfields;
};

/** Makes the members below the line valid. Cheap when they are. */
static inline struct sd_type *sd_type_complete(struct sd_type *t)
{
	if (t->incomplete) {
		t->incomplete = false;
		if (t->src)
			t->src->complete(t->src, t);
	}
	return t;
}

/** The element type; never NULL for kinds that have one (the unknown type stands in). */
struct sd_type *sd_type_elem(struct sd_type *t);
struct sd_type *sd_type_key(struct sd_type *t);
/** The field of that name among t's own, NULL when there is none. */
const struct sd_field *sd_type_field(struct sd_type *t, const char *name);
/** The one unknown type: size 0, kind UNKNOWN. Shared, constant in all but signature. */
struct sd_type *sd_type_unknown(void);
/** Kind as a word, for messages: "slice". */
const char *sd_kind_name(enum sd_kind kind);
/** True when a value of t is one machine word that is a pointer (ptr, map, chan, func). */
bool sd_type_is_pointer_shaped(const struct sd_type *t);
/** Go: the pointer type that a sync/atomic.Pointer[T] stands for (src/sync/atomic/type.go: _ [0]*T,
 * and v of type unsafe.Pointer), and v's offset; NULL: t is none. */
struct sd_type *sd_type_atomic_pointer(struct sd_type *t, u64 *off_ret);
/** Go: whether an interface that holds a t has the value in its data word, and not its address. */
bool sd_type_is_direct(struct sd_type *t);

#endif
