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

#define SDW_VERSION	      1

/* ---- limits that both sides compile in ---- */
#define SDW_MAX_ROOTS	      16	 /* memory roots of one site */
#define SDW_DATA_CAP	      16384	 /* bytes of ranges in one record; power of two */
#define SDW_BYTES_MAX	      (1U << 20) /* of ranges in one event, in several records */
#define SDW_PARTS_MAX	      256	 /* records of one event */
#define SDW_READ_MAX	      4096	 /* bytes of one range; power of two */
#define SDW_WINDOW	      64 /* bytes that are read of a smaller value, if they lie in its page */
#define SDW_QUEUE_MAX	      256 /* values waiting at one time; power of two */
#define SDW_SEEN_MAX	      128 /* places to remember what was queued; power of two */
/* Steps of one event's chase (bpf/chase.bpf.h), where the kernel has bpf_loop. */
#define SDW_STEPS_LOOP(bytes) (2048 + ((bytes) > SDW_DATA_CAP ? (bytes) / 32 : 0))
#define SDW_STEPS_PLAIN	      48  /* where it has not */
#define SDW_FRAMES_MAX	      256 /* of one call stack */
#define SDW_NXMM	      15  /* XMM0–14: where Go passes floats (abi-internal.md) */
#define SDW_NREGS	      17 /* DWARF order rax rdx rcx rbx rsi rdi rbp rsp r8–r15, then rip */

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
					 G_R14 or G_TLS is set too */
	SDW_SITE_FRAME = 1 << 9,      /* no site of a record: in Go's signal handler, where rdi, rdx
					 are the handler's first and third argument */
	SDW_SITE_PRE = 1 << 10,	      /* pre decides, before cond */
	SDW_SITE_PRE_NOT = 1 << 11,   /* a hit when pre does not hold */
	SDW_SITE_PRE_SIGNED = 1 << 12, /* the top bit of what pre looks at is flipped */
	SDW_SITE_REFUSE = 1 << 13,     /* a refused hit sends a record with SDW_REC_REFUSED */
	SDW_SITE_TAME = 1 << 14,       /* probes[probe] says which hits are let through */
	SDW_SITE_HITS = 1 << 15, /* count the hits of the probe; the record says which one it is
				    (SDW_HITS) */
	SDW_SITE_WHO = 1 << 16,	 /* a program wants GOID, PID or TID */
	SDW_SITE_PRE_PREFIX = 1 << 17,
	SDW_SITE_MARK = 1 << 18,   /* an entry of a function where entries can be refused: mark the
				      goroutine (g is in r14) */
	SDW_SITE_MARKED = 1 << 19, /* a return there: a hit only where the goroutine is marked */
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

/*
 * A comparison with a constant that needs no machine. v is the register; then, loads times, what
 * lies at v + off[i]: 8 bytes, the last time `size` of them. Holds when (v << shift, top bit
 * flipped or not) − lo ≤ span. size 16: when the string whose pointer and length were loaded
 * (loads 0: lie in reg and in register off[0]) is texts[lo] of span bytes, or begins with that
 * (PRE_PREFIX).
 */
struct sdw_pre {
	sdw_u8 reg;   /* 0–16 */
	sdw_u8 loads; /* 0–3 */
	sdw_u8 size;  /* 1, 2, 4, 8, 16 */
	sdw_u8 shift;
	sdw_s32 off[3];
	sdw_u64 lo, span;
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
	sdw_u32 bytes;	   /* of ranges in one event, ≤ SDW_BYTES_MAX */
	sdw_u32 cond;	   /* index in `ops` of the program that decides; 0: none */
	sdw_u64 addr;	   /* link-time address of the probed instruction */
	struct sdw_pre pre;
	sdw_u32 paths;	 /* index in `ops` of the program that captures; 0: none */
	sdw_u32 key;	 /* TAME: index in `ops` of the program that makes the key; 0: none */
	sdw_u32 probe;	 /* TAME, HITS: index in `probes` */
	sdw_u32 module;	 /* whose `rtypes` interfaces refer to: struct sdw_rtype */
	sdw_u32 frames;	 /* of the call stack: struct sdw_stack; 0: not wanted */
	sdw_u32 cfa_reg; /* 6 or 7: CFA = that register + cfa_off; else unknown. For the stack,
			    MARK, MARKED */
	sdw_s32 cfa_off;
	sdw_u32 gopc_off,
		parent_off; /* of gopc, parentGoid in g; 0: there is none. For the stack */
	sdw_u32 func;	    /* MARK, MARKED: which function */
	struct sdw_root roots[SDW_MAX_ROOTS];
};

/*
 * ---- programs: map `ops`, ARRAY; index 0 is unused ----
 *
 * Values are in slots: 64 bits, and 64 more (n) for what has a length. A slot can be bad: what was
 * wanted is unavailable; results of bad operands are bad. Jumps go forward only, and a program ends
 * with END. Plan checks all numbers; the kernel side masks them, so that wrong ones harm nobody.
 */
enum sdw_op_code {
	SDW_OP_END = 1, /* a: the result; of a condition: its truth. b: unused */
	SDW_OP_CONST,	/* dst = imm, n = off */
	SDW_OP_BITS,	/* dst = a << b, then >> off; imm & 1: with the sign */
	SDW_OP_PAIR,	/* dst = a, n = b */
	SDW_OP_LEN,	/* dst = n of slot a */
	SDW_OP_ADD,	/* dst = a + imm */
	SDW_OP_BAD,	/* dst is bad */
	/* memory at a + imm; bad when a is 0. In `paths`, off bytes from there on (at least those
	   that are loaded) are a range of the record */
	SDW_OP_LOAD,  /* dst = b & 15 bytes (1, 2, 4, 8; 0: 8, and n the 8 behind them); b &
			 SDW_LOAD_*  */
	SDW_OP_INDEX, /* dst = a + b × imm; bad when a is 0, and unless b (unsigned) < off, or < n
			 of slot a when off is 0 */
	SDW_OP_TAIL,  /* dst = a + b × imm, n = n of slot a − b; bad unless b (unsigned) ≤ n of
			 slot a */
	SDW_OP_HEAD,  /* dst = a, n = b, bad unless b (unsigned) ≤ n of slot a */
	SDW_OP_EXPECT, /* slot dst becomes bad unless a == b + imm; b is not IMM */
	SDW_OP_ARITH,  /* dst = a ALU b, off: SDW_ALU() */
	SDW_OP_CMP,    /* dst = a COND b, off: enum sdw_cond | SDW_CMP_* */
	SDW_OP_TEXT,   /* dst = string a TEXT string b (IMM: texts[(u32)imm], n = imm >> 32), off:
			  enum sdw_cond or sdw_text_op */
	SDW_OP_NOT,    /* dst = !a */
	SDW_OP_AND,    /* dst = a && b, three-valued */
	SDW_OP_OR,     /* dst = a || b, three-valued */
	SDW_OP_JFALSE, /* over the next off ops when a is false (and not bad) */
	SDW_OP_JTRUE,  /* … when a is true */
	SDW_OP_GOID,
	SDW_OP_PID,
	SDW_OP_TID,
	SDW_OP_HITS,	/* dst = … */
	SDW_OP_HASH,	/* dst = the key that a makes; b = 1: a string */
	SDW_OP_CAPTURE, /* `paths`: queues at a + imm: b (0: 1) values of type off, dst pointers
			   deep */
};

/* Operands a, b; what has an n is a slot. */
enum sdw_operand {
	SDW_SLOTS = 32, /* below: slot 0–31 */
	SDW_REG = 32,	/* + register 0–16 */
	SDW_BIAS = 62,	/* what link-time addresses are off by */
	SDW_IMM = 63,	/* the op's imm; TEXT: a constant string */
	SDW_OPERANDS = 64,
};

enum {
	SDW_LOAD_SIGNED = 1 << 4,
	SDW_LOAD_OR_0 = 1 << 5, /* 0 when a is 0 */
	SDW_OPS_MAX = 256,	/* of one program */
	SDW_TEXT_MAX = 64,	/* bytes of a constant string */
	SDW_STRING_MAX =
		1024, /* bytes of strings that are compared with one another, or searched */
	SDW_VM_STEPS_PLAIN =
		24, /* of one program, where the kernel has no bpf_loop: then it gives up */
	SDW_VM_STEPS_LOOP = 1024,
};

enum sdw_alu {
	SDW_ALU_ADD,
	SDW_ALU_SUB,
	SDW_ALU_MUL,
	SDW_ALU_DIV,
	SDW_ALU_MOD,
	SDW_ALU_AND,
	SDW_ALU_OR,
	SDW_ALU_XOR,
	SDW_ALU_ANDNOT,
	SDW_ALU_SHL,
	SDW_ALU_SHR,
};
#define SDW_ALU_SIGNED		  (1 << 5)
#define SDW_ALU_COUNT_SIGNED	  (1 << 6) /* the count of a shift */
/* bits: 8, 16, 32, 64 of the operands and the result */
#define SDW_ALU(alu, bits, flags) ((sdw_s32)((alu) | (flags) | (bits) << 8))

/* What CMP and TEXT accept: a set. */
enum sdw_cond {
	SDW_LT = 1,
	SDW_EQ = 2,
	SDW_LE = 3,
	SDW_GT = 4,
	SDW_GE = 6,
	SDW_UNORDERED = 8, /* NaN */
	SDW_NE = 13,
};
#define SDW_COND	0xf
#define SDW_CMP_SIGNED	(1 << 4)
#define SDW_CMP_FLOAT32 (1 << 5)
#define SDW_CMP_FLOAT64 (1 << 6)

enum sdw_text_op { /* beside enum sdw_cond */
		   SDW_TEXT_PREFIX = 16,
		   SDW_TEXT_SUFFIX,
		   SDW_TEXT_CONTAINS,
		   SDW_TEXT_FOLD, /* equal but for the case of ASCII letters */
};

struct sdw_op {
	sdw_u8 code; /* enum sdw_op_code */
	sdw_u8 dst;
	sdw_u8 a, b;
	sdw_s32 off;
	sdw_u64 imm;
};

struct sdw_text { /* map `texts`, ARRAY: constant strings, filled up with 0 */
	sdw_u8 bytes[SDW_TEXT_MAX];
};

/* ---- what a probe's sites share: map `probes`, ARRAY ---- */
enum sdw_tame {
	SDW_TAME_RATE = 1 << 0,	  /* a token bucket */
	SDW_TAME_SAMPLE = 1 << 1, /* one of `sample` hits; with a key: hits of one of `sample` keys
				   */
	SDW_TAME_FIRST = 1 << 2,  /* the first hit of each key */
};

struct sdw_probe {
	sdw_u32 flags; /* enum sdw_tame */
	sdw_u32 sample;
	sdw_u64 interval; /* RATE: ns a hit */
	sdw_u64 burst;	  /* RATE: ns that may be saved up */
	/* the kernel side's: */
	sdw_u64 full; /* RATE: when the bucket is full again */
	sdw_u64 seen; /* SAMPLE without a key: hits so far */
	sdw_u64 hits; /* HITS: so far */
	sdw_u64 pad[2];
};

struct sdw_open { /* map `opens`, HASH, value: stack.hi − CFA of the outermost marked entry */
	sdw_u64 g;
	sdw_u32 func;
	sdw_u32 pid;
};

struct sdw_key { /* map `firsts`, LRU_HASH */
	sdw_u64 key;
	sdw_u32 probe;
	sdw_u32 pad;
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
	SDW_PTR_RING = 10, /* as SLICE from the element on whose number lies at len_off; the word
			      before off says how many there are in all, count how large they are */
};

enum sdw_iface {
	SDW_IFACE_ITAB = 1 << 0, /* the first word is an itab, not the type: 16 bytes of it are
				    read, the type is the second word */
	SDW_IFACE_FUNC = 1 << 1, /* a func value: the first word leads to its code's address, which
				    takes the place of the type; the data word is the same */
	SDW_IFACE_SELF = 1 << 2, /* the data word is the address of the value with this pointer: the
				    code's address in a closure. Not in registers */
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
	sdw_u64 refused;   /* hits that are filtered and counted neither there nor in hits: run adds
			      them to both */
	sdw_u64 dropped;   /* not hits: taken stack checks; kept for `-v` only */
};

/* ---- what one hit sends ---- */
enum sdw_rec_flags {
	SDW_REC_G_BAD = 1 << 0,	      /* g could not be read: goid, stack_* are 0 */
	SDW_REC_SYSTEM = 1 << 1,      /* on a system stack: goid is m.curg's, stack_* are the system
					 stack's unless USER_G */
	SDW_REC_CUT_BYTES = 1 << 2,   /* the event's byte budget ended the chase */
	SDW_REC_CUT_QUEUE = 1 << 3,   /* the queue or the step budget ended the chase */
	SDW_REC_COND_UNSURE = 1 << 4, /* the condition could not be decided */
	SDW_REC_REFUSED = 1 << 5,     /* not a hit, only a note that there was none (REFUSE): the
					 header is all there is */
	SDW_REC_CONTINUES = 1 << 6,   /* another record of the same event follows: `part` */
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
	SDW_REC_XMM_SHARED = 1 << 14, /* XMM: another probe has asked at this instruction: its
					 record with FLOATS is this one's too */
};
#define SDW_REC_XMM_WHY                                                                            \
	(SDW_REC_XMM_SYSTEM | SDW_REC_XMM_UNSENT | SDW_REC_XMM_OTHER | SDW_REC_XMM_FAULT)

/*
 * The program `paths`, if there is one; then the chase, in this order: the site's roots (a deref
 * root is a range of 8 bytes of its own), then regs_type's pointers, then the queue, first in,
 * first out. A value's pointers: strings, bytes, itabs (16 bytes) and func values' code addresses
 * (8) are read where they are met, all others queued one level deeper (ONE) or at the same level.
 * NULL pointers and lengths <= 0 or > 2^40 are left out, and so is what is already queued (struct
 * sdw_seen). Elements are limited by sdw_site.items, if not otherwise said. sdw_site.bytes counts
 * everything after the header, but of a value that is smaller than SDW_WINDOW what it is in size:
 * what is read beyond that may be a neighbour that is met next. A value that lies in the range of
 * the value read last, in this record, is not read. What does not fit is cut to whole elements
 * (strings: to bytes) and flagged; what does not fit at all is left out and flagged. After the
 * chase comes the call stack (struct sdw_stack), beside that count.
 *
 * Where a range has no room in the record (SDW_PART_CAP) the record is sent with CONTINUES and the
 * chase goes on in another one, whose header differs in size, part, nranges and flags only; the
 * last one's flags are the event's. It begins with the value whose pointers are being followed,
 * read again, beside that count too. The user side has them put together (run/parts.c) to one of
 * SDW_EVENT_MAX bytes at most, part 0. After SDW_PARTS_MAX records the bytes have come to an end.
 */
struct sdw_rec {
	sdw_u32 size;	/* of the record with its ranges, bytes */
	sdw_u8 version; /* SDW_VERSION */
	sdw_u8 part;	/* which one of its event's */
	sdw_u16 flags;	/* enum sdw_rec_flags */
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
	SDW_HITS = 4,  /* no memory: addr is which hit of its probe this is, from 1; len is 0 */
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

#define SDW_REC_MAX   (sizeof(struct sdw_rec) + SDW_DATA_CAP)
#define SDW_EVENT_MAX (sizeof(struct sdw_rec) + SDW_PARTS_MAX * SDW_DATA_CAP)
/* Bytes of ranges that the chase puts into one record; the last one has the call stack too. */
#define SDW_PART_CAP(frames)                                                                       \
	(SDW_DATA_CAP -                                                                            \
	 ((frames) ? sizeof(struct sdw_range) + SDW_STACK_BYTES((sdw_u64)(frames)) : 0))
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
	sdw_u64 programs; /* some site has a program, or tames the flow */
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
_Static_assert(sizeof(struct sdw_site) == 128 + 24 * SDW_MAX_ROOTS, "wire");
_Static_assert(sizeof(struct sdw_pre) == 32 && sizeof(struct sdw_op) == 16, "wire");
_Static_assert(sizeof(struct sdw_text) == 64 && sizeof(struct sdw_probe) == 64 &&
		       sizeof(struct sdw_key) == 16 && sizeof(struct sdw_open) == 16,
	       "wire");
_Static_assert(sizeof(struct sdw_type) == 16, "wire");
_Static_assert(sizeof(struct sdw_ptr) == 16, "wire");
_Static_assert(sizeof(struct sdw_rtype) == 8 && sizeof(struct sdw_seen) == 32, "wire");
_Static_assert(sizeof(struct sdw_counts) == 72, "wire");
_Static_assert(sizeof(struct sdw_rec) == 72 + 8 * SDW_NREGS, "wire");
_Static_assert(sizeof(struct sdw_range) == 16, "wire");
_Static_assert(sizeof(struct sdw_module) == 16 && sizeof(struct sdw_addr_key) == 16, "wire");
_Static_assert(sizeof(struct sdw_config) == 80 && sizeof(struct sdw_ring) == 256, "wire");

#endif
