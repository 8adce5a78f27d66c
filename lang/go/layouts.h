/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How Go's maps and channels lie in memory, by version: pure data and arithmetic that the planner
 * and the decoder share. Sources: runtime/map.go (to 1.23; map_noswiss.go in 1.24 and 1.25),
 * internal/runtime/maps/{map,table,group}.go (from 1.24), cmd/compile/internal/reflectdata
 * (MapBucketType, MapGroupType), runtime/chan.go; FACTS B3.3, B3.4.
 */
#ifndef SD_LANG_GO_LAYOUTS_H
#define SD_LANG_GO_LAYOUTS_H

#include "base/base.h"

enum sd_go_map_kind {
	SD_GO_MAP_UNKNOWN, /* a version that the tables do not know */
	SD_GO_MAP_CLASSIC, /* runtime.hmap: to 1.23, and GOEXPERIMENT=noswissmap of 1.24 and 1.25 */
	SD_GO_MAP_SWISS,   /* internal/runtime/maps.Map: slots are {key, elem} side by side */
	SD_GO_MAP_SWISS_SPLIT, /* the same with GOEXPERIMENT=mapsplitgroup (1.27): all keys, then
				  all elems */
};

enum {
	SD_GO_MAP_SLOTS = 8, /* in a bucket and in a group */
	SD_GO_MAP_MAX_INLINE =
		128, /* bytes of a key or element; larger ones are behind a pointer */

	/* runtime.hmap */
	SD_GO_HMAP_SIZE = 48,	 /* what is of use: 1.24 and 1.25 have a field behind it */
	SD_GO_HMAP_COUNT = 0,	 /* int */
	SD_GO_HMAP_FLAGS = 8,	 /* u8 */
	SD_GO_HMAP_B = 9,	 /* u8: 1 << B buckets at buckets */
	SD_GO_HMAP_BUCKETS = 16, /* nil when the map never held anything */
	SD_GO_HMAP_OLD = 24, /* oldbuckets: not nil while it grows; half as many, or as many with
				SAME_SIZE */
	SD_GO_HMAP_EVACUATED = 32, /* nevacuate: old buckets below it have moved */
	SD_GO_HMAP_FLAG_SAME_SIZE = 8,
	/* tophash[i], the first 8 bytes of a bucket: below MIN_TOP the slot is empty or has moved.
	 * tophash[0] in (EMPTY_ONE, MIN_TOP): the whole bucket has moved. */
	SD_GO_HMAP_EMPTY_REST = 0,
	SD_GO_HMAP_EMPTY_ONE = 1,
	SD_GO_HMAP_MIN_TOP = 5,

	/* internal/runtime/maps.Map */
	SD_GO_SWISS_SIZE = 48,
	SD_GO_SWISS_USED = 0,	  /* u64 */
	SD_GO_SWISS_DIR = 16,	  /* dirLen 0: one group (nil: never held anything); else dirLen
				     pointers to tables */
	SD_GO_SWISS_DIR_LEN = 24, /* int */
	SD_GO_SWISS_GLOBAL_DEPTH = 32, /* u8: dirLen is 1 << it */
	/* internal/runtime/maps.table: in the directory 1 << (globalDepth − localDepth) times,
	   first at its index */
	SD_GO_TABLE_SIZE = 32,
	SD_GO_TABLE_USED = 0,	     /* u16 */
	SD_GO_TABLE_CAPACITY = 2,    /* u16: slots */
	SD_GO_TABLE_LOCAL_DEPTH = 6, /* u8 */
	SD_GO_TABLE_INDEX = 8,	     /* int; −1: replaced by others */
	SD_GO_TABLE_GROUPS = 16,
	SD_GO_TABLE_LENGTH_MASK = 24, /* u64: number of groups − 1 */
	/* A group's first 8 bytes are control bytes, one a slot: full when this bit is clear. */
	SD_GO_CTRL_NOT_FULL = 0x80,

	/* runtime.waitq, runtime.sudog: 1.15 to 1.27 */
	SD_GO_WAITQ_FIRST = 0,
	SD_GO_SUDOG_G = 0,
	SD_GO_SUDOG_NEXT = 8,
	SD_GO_SUDOG_ELEM = 24,
};

/** A bucket (classic) or group (swiss) of one map type. Slot i: its state is byte i; key and elem
 * as below. */
struct sd_go_map_slots {
	u64 size; /* of the bucket or group */
	u32 key_off, key_stride;
	u32 elem_off, elem_stride;
	bool key_indirect; /* the slot holds a pointer to the key */
	bool elem_indirect;
	u32 overflow_off; /* classic: pointer to the next bucket of the chain; 0: swiss */
};

/** runtime.hchan, bytes. Element i of the queue: buf + ((recvx + i) % dataqsiz) × elemsize. */
struct sd_go_chan_layout {
	u16 size;
	u16 qcount, dataqsiz, buf, elemsize /* u16 */, closed /* u32 */, elemtype;
	u16 sendx, recvx;
	u16 recvq, sendq; /* struct waitq */
};

/** The layout of channels in go1.minor, 15 to 27; size 0: not known. */
static inline struct sd_go_chan_layout sd_go_chan_layout(int minor)
{
	struct sd_go_chan_layout l = {
		.qcount = 0, .dataqsiz = 8, .buf = 16, .elemsize = 24, .closed = 28};
	u16 timer = minor >= 23 ? 8 : 0; /* the field timer, before elemtype */

	if (minor < 15 || minor > 27)
		return (struct sd_go_chan_layout){0};
	l.elemtype = 32 + timer;
	l.sendx = 40 + timer;
	l.recvx = 48 + timer;
	l.recvq = 56 + timer;
	l.sendq = 72 + timer;
	l.size = minor >= 25 ? 112 : 96 + timer; /* the field bubble */
	return l;
}

static inline u64 sd_go_align_up(u64 v, u32 align)
{
	return (v + align - 1) / align * align;
}

/**
 * How the slots of map[key]elem lie. Sizes and alignments are of the types themselves, in bytes
 * (alignment 0 counts as 1). False when the kind is not known or an alignment is no Go type's;
 * nothing overflows whatever the sizes are.
 */
static inline bool sd_go_map_slots(enum sd_go_map_kind kind, u64 key_size, u32 key_align,
				   u64 elem_size, u32 elem_align, struct sd_go_map_slots *ret)
{
	struct sd_go_map_slots s = {.key_indirect = key_size > SD_GO_MAP_MAX_INLINE,
				    .elem_indirect = elem_size > SD_GO_MAP_MAX_INLINE};
	u64 ksize = s.key_indirect ? 8 : key_size, esize = s.elem_indirect ? 8 : elem_size;
	u32 kalign = s.key_indirect ? 8
		     : key_align    ? key_align
				    : 1,
	    ealign = s.elem_indirect ? 8
		     : elem_align    ? elem_align
				     : 1;
	u32 align = kalign > ealign ? kalign : ealign;
	u64 slot;

	if (kind == SD_GO_MAP_UNKNOWN || kalign > 8 || ealign > 8 || (kalign & (kalign - 1)) ||
	    (ealign & (ealign - 1)))
		return false;
	if (kind == SD_GO_MAP_SWISS) {
		s.elem_off = sd_go_align_up(ksize, ealign);
		slot = s.elem_off + esize;
		if (slot &&
		    !esize) /* a struct that ends in a field of size 0 gets a byte behind it */
			slot++;
		slot = sd_go_align_up(slot, align);
		s.key_off = 8;
		s.elem_off += 8;
		s.key_stride = s.elem_stride = slot;
		s.size = 8 + SD_GO_MAP_SLOTS * slot;
		if (!slot) /* the group itself ends in a field of size 0 */
			s.size = 16;
	} else {
		s.key_off = 8;
		s.key_stride = ksize;
		s.elem_off = sd_go_align_up(8 + SD_GO_MAP_SLOTS * ksize, ealign);
		s.elem_stride = esize;
		s.size = s.elem_off + SD_GO_MAP_SLOTS * esize;
		if (kind == SD_GO_MAP_CLASSIC) {
			s.overflow_off = sd_go_align_up(s.size, 8);
			s.size = s.overflow_off + 8;
		} else if (!esize) {
			s.size++;
		}
		s.size = sd_go_align_up(s.size, 8);
	}
	*ret = s;
	return true;
}

#endif
