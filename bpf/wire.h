/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The only contract between the kernel side and the user side: what a site captures, how types lead
 * to more memory, and the record that comes back. Included by BPF programs and by user code:
 * fixed-size members, explicit padding.
 */
#ifndef SD_BPF_WIRE_H
#define SD_BPF_WIRE_H

#ifdef __bpf__
#include <linux/types.h>
typedef __u8 sdw_u8;
typedef __u16 sdw_u16;
typedef __u32 sdw_u32;
typedef __u64 sdw_u64;
typedef __s32 sdw_s32;
typedef __s64 sdw_s64;
#else
#include <stdint.h>
typedef uint8_t sdw_u8;
typedef uint16_t sdw_u16;
typedef uint32_t sdw_u32;
typedef uint64_t sdw_u64;
typedef int32_t sdw_s32;
typedef int64_t sdw_s64;
#endif

#define SDW_VERSION   1

/* ---- limits that both sides compile in ---- */
#define SDW_MAX_ROOTS 16    /* memory roots of one site */
#define SDW_DATA_CAP  16384 /* bytes of ranges in one record; power of two */
#define SDW_READ_MAX  4096  /* bytes of one range; power of two */
#define SDW_QUEUE_MAX 256   /* values waiting at one time; power of two */
#define SDW_SEEN_MAX  128   /* places to remember what was queued; power of two */
#define SDW_STEPS_LOOP                                                                             \
	2048 /* steps of one event's chase (bpf/chase.bpf.h), where the kernel has bpf_loop */
#define SDW_STEPS_PLAIN 48  /* where it has not */
#define SDW_FRAMES_MAX	256 /* of one call stack */
#define SDW_NXMM	15  /* XMM0–14: where Go passes floats (abi-internal.md) */
#define SDW_NREGS	17  /* DWARF order rax rdx rcx rbx rsi rdi rbp rsp r8–r15, then rip */

/* ---- a site: map `sites`, ARRAY, index = cookie ---- */
enum sdw_site_flags {
	SDW_SITE_DROP_BE =
		1 << 0, /* not a hit when eflags has CF or ZF: the stack check's jbe is taken */
	SDW_SITE_WANT_STACK = 1 << 1, /* fill stack_lo, stack_hi: needed to pair entry and return */
	SDW_SITE_G_R14 = 1 << 2,      /* g in r14 */
	SDW_SITE_G_TLS = 1 << 3,      /* g at fs base + tls_off; needs config.fsbase_off */
	SDW_SITE_USER_G = 1 << 4,     /* g is g0: report m.curg (its goid, its stack) instead */
	SDW_SITE_REGS_ONLY = 1 << 5,  /* nothing to chase: the small fixed record */
	SDW_SITE_PID_FILTER = 1 << 6, /* only processes in map `pids` */
	SDW_SITE_WANT_XMM = 1 << 8,   /* read XMM registers through a signal frame: bpf/float.bpf.h;
					 G_R14 is set too */
	SDW_SITE_FRAME = 1 << 9, /* no site of a record: the call in runtime.sigtramp, where rdi,
				    rdx are the handler's first and third argument */
};

enum sdw_base {			   /* what a root's address starts from: 0–16 a register, then */
		SDW_BASE_ABS = 30, /* 0: off is an absolute link-time address, the load bias is
				      added (ip − site_addr) */
		SDW_BASE_G = 31,   /* the header's g */
};

struct sdw_root {      /* "at base + off lies a value of type `type`" (count of them) */
	sdw_u8 base;   /* register 0–16 or enum sdw_base */
	sdw_u8 deref;  /* 1: base + off holds the address (then + off2) */
	sdw_u16 count; /* elements of type at the address; 0 counts as 1 */
	sdw_u32 type;  /* index in `types` */
	sdw_s64 off;
	sdw_s64 off2;
};

struct sdw_site {
	sdw_u32 flags; /* enum sdw_site_flags */
	sdw_u32 nroots;
	sdw_u32 regs_type; /* type whose pointers are taken from the register array itself (offset =
			      8 * DWARF number); 0: none */
	sdw_u32 goid_off;  /* of goid in g */
	sdw_s32 tls_off;   /* G_TLS: of g from the fs base */
	sdw_u32 m_off;	   /* of m in g */
	sdw_u32 curg_off;  /* of curg in m */
	sdw_u32 depth;	   /* how many pointers deep */
	sdw_u32 str_limit; /* bytes of one string, ≤ SDW_READ_MAX */
	sdw_u32 items;	   /* elements of one slice */
	sdw_u32 bytes;	   /* of ranges in one event, ≤ SDW_DATA_CAP */
	sdw_u32 cond;	   /* later: index of a condition program + 1 */
	sdw_u64 addr;	   /* link-time address of the probed instruction */
	sdw_u64 rate;	   /* later */
	sdw_u32 module;	   /* whose `rtypes` interfaces refer to: struct sdw_rtype */
	sdw_u32 frames;	   /* of the call stack: struct sdw_stack; 0: not wanted */
	sdw_u32 cfa_reg;   /* 6 or 7: CFA = that register + cfa_off; else unknown. For the stack */
	sdw_s32 cfa_off;
	sdw_u32 gopc_off,
		parent_off; /* of gopc, parentGoid in g; 0: there is none. For the stack */
	struct sdw_root roots[SDW_MAX_ROOTS];
};

/* ---- where a thread goes on behind a site with WANT_XMM: map `nexts`, ARRAY, index = site ---- */
enum sdw_next_flags {
	SDW_NEXT_RET = 1 << 0, /* a return: at the address that lies at rsp; ip, alt mean nothing */
	SDW_NEXT_SP = 1 << 1,  /* sp is known */
	SDW_NEXT_REGS = 1 << 2, /* the other general registers are as they were */
};

struct sdw_next {
	sdw_s32 ip, alt; /* relative to the site; alt is the same when there is only one place */
	sdw_s32 sp;	 /* relative to rsp there */
	sdw_u32 flags;	 /* enum sdw_next_flags */
};

/* ---- types: map `types`, ARRAY, index = type id (0 is none); their pointers: map `ptrs`, ARRAY
 * ---- */
struct sdw_type {
	sdw_u32 size;	   /* bytes to read of one value; ≤ SDW_READ_MAX */
	sdw_u32 first_ptr; /* index of its first pointer in `ptrs` */
	sdw_u32 nptr;
	sdw_u32 flags;
};

enum sdw_ptr_kind {
	SDW_PTR_ONE = 1,   /* pointer to one value of `type` (or count of them) */
	SDW_PTR_BYTES = 2, /* pointer to a number of bytes that lies at len_off: string, []byte */
	SDW_PTR_SLICE = 3, /* pointer to a number of elements of `type` that lies at len_off. count,
			      unless 0: no more than that */
	SDW_PTR_RAW = 4,   /* pointer to `count` bytes that hold no pointers: read at once, whatever
			      the depth */
	SDW_PTR_SAME = 5,  /* as ONE at the same level: a map's header, a bucket's overflow */
	SDW_PTR_IFACE = 6, /* an interface: its first word at off, its data word at len_off;
			      `rtypes` says what that leads to. count: enum sdw_iface */
	SDW_PTR_LOG2 = 7,  /* as SLICE of 1 << (byte at len_off) elements. count & 1: of half as
			      many, at least 1;  count >> 1, unless 0: no more than that */
	SDW_PTR_PLUS1 = 8, /* as SLICE with one element more than len_off says */
	SDW_PTR_SWISS = 9, /* len_off 0: one value of `type`; else as SLICE of `type` + 1 */
};

enum sdw_iface {
	SDW_IFACE_ITAB = 1 << 0, /* the first word is an itab, not the type: 16 bytes of it are
				    read, the type is the second word */
	SDW_IFACE_FUNC = 1 << 1, /* a func value: the first word leads to its code's address, which
				    takes the place of the type; the data word is the same */
	SDW_IFACE_SELF = 1 << 2, /* the data word is the address of the value with this pointer, if
				    that is the only one: the code's address in a closure */
};

#define SDW_OFF_REG (1U << 31) /* not in the value: SDW_OFF_REG + 8 * number of a register */

struct sdw_ptr {
	sdw_u32 off;	 /* of the pointer in the value */
	sdw_u32 len_off; /* of the 64-bit length in the value; all but ONE, RAW and SAME have one */
	sdw_u32 type;	 /* of what it points to; not BYTES, RAW, IFACE */
	sdw_u16 kind;	 /* enum sdw_ptr_kind */
	sdw_u16 count;	 /* ONE, SAME: elements; 0 counts as 1. RAW: bytes */
};

/* ---- Go's types by the address of their runtime descriptor, and what closures captured by the
 * address of their code: map `rtypes`, HASH, key = SDW_RTYPE_KEY() ---- */
#define SDW_RTYPE_KEY(module, addr)                                                                \
	((addr) ^ (sdw_u64)(module) << 48) /* addr: link-time, of a descriptor or of code */

enum sdw_rtype_flags {
	SDW_RTYPE_DIRECT = 1 << 0, /* the data word is itself a pointer to `type`: as ONE */
	SDW_RTYPE_SAME = 1 << 1,   /* DIRECT, but as SAME: maps, channels, functions */
};

struct sdw_rtype {
	sdw_u32 type; /* 0: leads nowhere. Not DIRECT: the data word points to the value, as SAME */
	sdw_u32 flags; /* enum sdw_rtype_flags */
};

/* ---- counters: map `counts`, PERCPU_ARRAY, index = site ---- */
struct sdw_counts {
	sdw_u64 hits;	   /* the instruction was reached (dropped stack checks and foreign pids
			      excepted) */
	sdw_u64 delivered; /* records handed to the buffer */
	sdw_u64 filtered;  /* refused by a condition */
	sdw_u64 limited;   /* refused by a rate limit */
	sdw_u64 lost_full; /* the buffer had no room */
	sdw_u64 lost_busy; /* no scratch slot was free (kernels 6.0–6.9 that preempt) */
	sdw_u64 lost_big;  /* no buffer of this size can hold the record */
	sdw_u64 dropped;   /* not hits: taken stack checks; kept for `-v` only */
};

/* ---- what one hit sends ---- */
enum sdw_rec_flags {
	SDW_REC_G_BAD = 1 << 0,	    /* g could not be read: goid, stack_* are 0 */
	SDW_REC_SYSTEM = 1 << 1,    /* on a system stack: goid is m.curg's, stack_* are the system
				       stack's unless USER_G */
	SDW_REC_CUT_BYTES = 1 << 2, /* the event's byte budget ended the chase */
	SDW_REC_CUT_QUEUE = 1 << 3, /* the queue or the step budget ended the chase */
	/* XMM registers (SDW_SITE_WANT_XMM): they come in a record of their own, from the same
	   thread */
	SDW_REC_FLOATS = 1 << 8, /* this is that record: g is the ts of the one it belongs to (pid,
				    tid and site are equal), regs[0–14] the low halves of XMM0–14,
				    unless a flag below says why not */
	SDW_REC_XMM =
		1 << 9, /* wanted: a record with FLOATS follows, unless a flag below says why not */
	SDW_REC_XMM_SYSTEM = 1 << 10, /* not asked for on a system stack */
	SDW_REC_XMM_UNSENT = 1 << 11, /* the signal could not be sent */
	SDW_REC_XMM_OTHER = 1 << 12,  /* the next signal interrupted something else */
	SDW_REC_XMM_FAULT = 1 << 13,  /* the signal frame could not be read */
};
#define SDW_REC_XMM_WHY                                                                            \
	(SDW_REC_XMM_SYSTEM | SDW_REC_XMM_UNSENT | SDW_REC_XMM_OTHER | SDW_REC_XMM_FAULT)

/*
 * The chase, in this order: the site's roots (a deref root is a range of 8 bytes of its own), then
 * regs_type's pointers, then the queue, first in, first out. A value's pointers: strings, bytes,
 * itabs (16 bytes) and func values' code addresses (8) are read where they are met, all others
 * queued one level deeper (ONE) or at the same level. NULL pointers and lengths <= 0 or > 2^40 are
 * left out, and so is what is already queued (struct sdw_seen). Elements are limited by
 * sdw_site.items, if not otherwise said. sdw_site.bytes counts everything after the header. What
 * does not fit is cut to whole elements (strings: to bytes) and flagged; what does not fit at all
 * is left out and flagged. After the chase comes the call stack (struct sdw_stack), beside that
 * count.
 */
struct sdw_rec {
	sdw_u32 size;	 /* of the record with its ranges, bytes */
	sdw_u16 version; /* SDW_VERSION */
	sdw_u16 flags;	 /* enum sdw_rec_flags */
	sdw_u32 site;
	sdw_u32 pid; /* tgid, as the initial pid namespace numbers it */
	sdw_u32 tid;
	sdw_u32 nranges;
	sdw_u64 ts;		    /* CLOCK_MONOTONIC, ns */
	sdw_u64 g;		    /* address of the g that goid belongs to; 0: none */
	sdw_u64 goid;		    /* 0: none */
	sdw_u64 stack_lo, stack_hi; /* of g, when asked for */
	sdw_u64 losses; /* records of all sites lost so far, + 1: equal in two records, none was
			   lost between */
	sdw_u64 regs[SDW_NREGS];
};

enum sdw_range_status {
	SDW_OK = 0,
	SDW_FAULT = 1, /* could not be read: len bytes were wanted, none follow */
	SDW_XMM = 2,   /* no memory: the low halves of XMM0–14; put there by the user side
			  (lib/float.c) */
	SDW_STACK = 3, /* a struct sdw_stack; addr is the frame pointer at the hit */
};
#define SDW_XMM_BYTES (8 * SDW_NXMM)

/*
 * The call stack: what lies where the frame pointers lead, unchecked. frames[0] is at the frame
 * pointer of the hit, each other one at `up` of the one before. They end with the site's number of
 * frames, at an `up` of 0 or (but on a system stack) not above the frame itself, or where memory
 * cannot be read.
 */
struct sdw_frame {
	sdw_u64 up;  /* the caller's frame pointer */
	sdw_u64 ret; /* where the call goes on */
};

struct sdw_stack {
	sdw_u64 ret;	/* what lies at CFA − 8: where the call goes on; 0: could not be read */
	sdw_u64 gopc;	/* g's: where the `go` statement that made the goroutine goes on; 0: none */
	sdw_u64 parent; /* g's: the goroutine of that statement; 0: not known */
	struct sdw_frame frames[];
};
#define SDW_STACK_BYTES(frames) (sizeof(struct sdw_stack) + sizeof(struct sdw_frame) * (frames))

struct sdw_range { /* after sdw_rec, each followed by its bytes, padded to 8 */
	sdw_u64 addr;
	sdw_u32 len;	/* bytes wanted; that many follow when OK, none when FAULT */
	sdw_u16 status; /* enum sdw_range_status */
	sdw_u16 pad;
};

#define SDW_REC_MAX    (sizeof(struct sdw_rec) + SDW_DATA_CAP)
/* What may be touched behind the largest record, as far as the verifier can see: one read. */
#define SDW_RING_SLACK (SDW_REC_MAX + SDW_READ_MAX + 64)

/*
 * What was queued in this event, one entry a place (SDW_SEEN_PLACE), the later one overwriting: the
 * same type at the same address is not queued again unless for more elements or more levels. Lists
 * whose nodes point back, shared objects.
 */
struct sdw_seen {
	sdw_u64 addr;
	sdw_u64 event; /* of which event */
	sdw_u32 type;
	sdw_u32 count;
	sdw_u32 depth;
	sdw_u32 pad;
};
#define SDW_SEEN_PLACE(addr, type)                                                                 \
	((((sdw_u64)(addr) + (type)) * 0x9e3779b97f4a7c15ULL >> 32) & (SDW_SEEN_MAX - 1))

/* ---- sites by address: where the attach cookie cannot name the site ---- */
enum sdw_find {
	SDW_FIND_COOKIE = 0, /* the cookie is the site */
	SDW_FIND_ADDR =
		1, /* one module (0), its sites by link-time address: no cookies before 5.15 */
	SDW_FIND_MODULE =
		2, /* the cookie is the module, its sites by address: one tracefs event for all */
};

struct sdw_module {	    /* map `modules`, ARRAY, index = module */
	sdw_u64 first_exec; /* lowest link-time address of an executable segment, where
			       mm->start_code lies */
	sdw_u64 pie;	    /* 0: loaded where it was linked */
};

struct sdw_addr_key { /* map `addr_sites`, HASH, value = site index (u32) */
	sdw_u64 addr; /* link-time address */
	sdw_u32 module;
	sdw_u32 pad;
};

/* ---- set before load (.rodata) ---- */
struct sdw_config {
	sdw_u64 fsbase_off; /* of thread.fsbase in task_struct, 0: not known (from BTF) */
	sdw_u64 mm_off, start_code_off; /* of mm in task_struct, start_code in mm_struct: load bias
					   without cookies; 0: none */
	sdw_u32 by_addr;		/* enum sdw_find: how a hit finds its site */
	sdw_u32 use_perf_buffer;	/* perf event array instead of the ring buffer */
	sdw_u32 pidns_dev_lo, pidns_dev_hi; /* not in the initial pid namespace: number pids as this
					       one does; 0: initial */
	sdw_u64 pidns_ino;
	sdw_u64 wakeup_bytes; /* force a wake-up each time this much was written to the ring; power
				 of two */
	sdw_u64 ring_bytes; /* the largest record, with its header, that the buffer can ever hold */
	sdw_u64 ring_mask; /* of a CPU's ring (struct sdw_ring): its bytes − 1; 0: there are none */
};

/*
 * A ring of one CPU: map `rings`, ARRAY, index = CPU, where programs are not preempted and records
 * can be built in place. head and tail are free-running and multiples of 8; a record begins at
 * data + (head & ring_mask) and is in one piece: SDW_RING_SLACK bytes follow the last place.
 */
struct sdw_ring {
	sdw_u64 head; /* the kernel side's: everything before it is complete */
	sdw_u64 pad[15];
	sdw_u64 tail; /* the reader's: everything before it may be overwritten */
	sdw_u64 pad2[15];
	sdw_u8 data[];
};

_Static_assert(sizeof(struct sdw_root) == 24, "wire");
_Static_assert(sizeof(struct sdw_next) == 16, "wire");
_Static_assert(sizeof(struct sdw_site) == 88 + 24 * SDW_MAX_ROOTS, "wire");
_Static_assert(sizeof(struct sdw_type) == 16, "wire");
_Static_assert(sizeof(struct sdw_ptr) == 16, "wire");
_Static_assert(sizeof(struct sdw_rtype) == 8 && sizeof(struct sdw_seen) == 32, "wire");
_Static_assert(sizeof(struct sdw_counts) == 64, "wire");
_Static_assert(sizeof(struct sdw_rec) == 72 + 8 * SDW_NREGS, "wire");
_Static_assert(sizeof(struct sdw_range) == 16, "wire");
_Static_assert(sizeof(struct sdw_module) == 16 && sizeof(struct sdw_addr_key) == 16, "wire");
_Static_assert(sizeof(struct sdw_config) == 72 && sizeof(struct sdw_ring) == 256, "wire");

#endif
