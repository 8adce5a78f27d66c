/* SPDX-License-Identifier: BSD-2-Clause */
/* Types, locations and records out of a fuzzer's bytes, for targets that walk over snapshots.
 * Include it in one file. */
#ifndef SD_TESTS_FUZZ_HOSTILE_H
#define SD_TESTS_FUZZ_HOSTILE_H

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "decode/decode.h"
#include "lang/go/go.h"

enum { TYPES = 16, FIELDS = 8, PIECES = 5 };

static struct sd_type types[TYPES];
static struct sd_field fields[TYPES][FIELDS];

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* Addresses near each other, so that pointers meet ranges. */
static u64 address(struct sd_cursor *c)
{
	u8 how = sd_cursor_u8(c);

	if (how == 255)
		return sd_cursor_u64(c);
	if (how == 254)
		return ~0ULL - sd_cursor_u8(c);
	return how < 16 ? 0 : 0x1000 + 8ULL * how;
}

/* The well-known types' rules meet structs that are nearly, or not at all, theirs. */
static const char *const names[] = {
	"time.Duration",       "uint8",
	"main.T\033[m",	       NULL,
	"time.Time",	       "net.IP",
	"net/netip.Addr",      "net/netip.AddrPort",
	"net/netip.Prefix",    "net/url.URL",
	"math/big.Int",	       "bytes.Buffer",
	"strings.Builder",     "errors.errorString",
	"fmt.wrapError",       "errors.joinError",
	"io/fs.PathError",     "syscall.Errno",
	"strconv.NumError",    "net.OpError",
	"net.TCPAddr",	       "context.backgroundCtx",
	"context.cancelCtx",   "context.timerCtx",
	"context.valueCtx",    "sync.Mutex",
	"sync.RWMutex",	       "sync/atomic.Int64",
	"sync/atomic.Bool",    "reflect.Value",
	"os.SyscallError",     "net/url.Error",
	"net.AddrError",       "sync.Once",
	"sync.WaitGroup",      "sync/atomic.Value",
	"sync/atomic.Pointer",
};

static const char *const field_names[] = {
	"A",	      "_",	     "",	  "\"\n",     "s",	     "msg",
	"err",	      "errs",	     "Op",	  "Path",     "Err",	     "Func",
	"Num",	      "Net",	     "Source",	  "Addr",     "IP",	     "Port",
	"Zone",	      "wall",	     "ext",	  "loc",      "name",	     "zone",
	"cacheStart", "cacheEnd",    "cacheZone", "offset",   "addr",	     "hi",
	"lo",	      "z",	     "value",	  "isV6",     "zoneV6",	     "ip",
	"port",	      "bitsPlusOne", "Scheme",	  "Opaque",   "User",	     "Host",
	"RawPath",    "RawQuery",    "Fragment",  "neg",      "abs",	     "buf",
	"off",	      "Context",     "cancelCtx", "deadline", "key",	     "val",
	"v",	      "mu",	     "state",	  "w",	      "readerCount", "readerWait",
	"Syscall",    "URL",	     "cmpVal",	  "Password", "tokenCount",  "Key",
	"Value",
};

static void make_types(struct sd_cursor *c)
{
	static const u64 sizes[] = {8, 16, 24, 4, 2, 1, 0, 32, 3, 12, 1ULL << 20, 1ULL << 60};

	for (u32 i = 0; i < TYPES; i++) {
		struct sd_type *t = &types[i];
		u8 s = sd_cursor_u8(c);

		t->kind = sd_cursor_u8(c) % (SD_KIND_FUNC + 2);
		t->name = names[sd_cursor_u8(c) % SD_ARRAY_SIZE(names)];
		t->named = s & 1;
		t->size = sizes[(s & 63) % SD_ARRAY_SIZE(sizes)];
		t->align = 1;
		t->count = sd_cursor_u8(c);
		if (t->count == 255)
			t->count = ~0ULL;
		t->elem = t->count == 254 ? NULL : &types[sd_cursor_u8(c) % TYPES];
		t->key = &types[t->count % TYPES];
		t->direct = (s >> 6) % 3;
		t->fields = fields[i];
		t->nfields = (u32)t->count % (FIELDS + 1);
		for (u32 f = 0; f < t->nfields; f++) {
			u8 how = sd_cursor_u8(c);

			fields[i][f].name =
				field_names[sd_cursor_u8(c) % SD_ARRAY_SIZE(field_names)];
			fields[i][f].embedded = how & 4;
			fields[i][f].type = how == 255 ? NULL : &types[(how >> 3) % TYPES];
			fields[i][f].off = (u64)(s64)(s8)sd_cursor_u8(c);
			if (how == 254) {
				fields[i][f].bit_off = sd_cursor_u16(c);
				fields[i][f].bit_size = sd_cursor_u16(c);
			}
		}
	}
}

static u32 make_pieces(struct sd_cursor *c, struct sd_piece *pieces)
{
	u32 n = sd_cursor_u8(c) % (PIECES + 1), at = 0;

	for (u32 i = 0; i < n; i++) {
		u8 how = sd_cursor_u8(c);

		pieces[i] = (struct sd_piece){
			.kind = (how & 15) % (SD_PIECE_REGVAL + 2),
			.deref = how & 16,
			.reg = sd_cursor_u8(c),
			.size = how & 32 ? 8 : sd_cursor_u8(c),
			.off = (s8)sd_cursor_u8(c),
			.value_off = at,
		};
		at += pieces[i].size;
		if (how & 64)
			at = sd_cursor_u16(c) * 0x10001U;
	}
	return n;
}

/* A record with some ranges in order, or whatever the bytes say. */
static void make_record(struct sd_cursor *c, u8 *mem, u32 cap)
{
	struct sdw_rec *rec = (struct sdw_rec *)mem;
	u8 how = sd_cursor_u8(c);

	if (how == 255) {
		u32 left = (u32)SD_MIN((size_t)(c->end - c->p), cap);

		sd_cursor_read(c, mem, left);
		rec->size = left;
		if (left > 8)
			rec->version = SDW_VERSION;
		return;
	}
	rec->version = SDW_VERSION;
	rec->size = sizeof(*rec);
	rec->flags = sd_cursor_u8(c);
	for (u32 i = 0; i < SDW_NREGS; i++)
		rec->regs[i] = address(c);
	for (u32 i = 0; i < how % 24; i++) {
		u8 len = sd_cursor_u8(c), shape = sd_cursor_u8(c);
		struct sdw_range r = {.addr = address(c),
				      .len = len,
				      .status = shape == 251 ? SDW_STACK : shape & 1};
		u8 *bytes = mem + rec->size + sizeof(r);

		if (shape == 253)
			r.len = sd_cursor_u32(c);
		memcpy(mem + rec->size, &r, sizeof(r));
		rec->size += (u32)sizeof(r);
		rec->nranges++;
		if (r.status == SDW_FAULT)
			continue;
		for (u32 b = 0; b < len; b += 8) {
			u64 word = shape & 2 ? address(c) : sd_cursor_u8(c);

			memcpy(bytes + b, &word, 8);
		}
		rec->size += (len + 7U) & ~7U;
	}
}

static const u8 *rodata(void *ctx, u64 addr, u64 n)
{
	static const u8 file[32] = "read-only \xff text";

	return addr >= 0x1100 && n <= 32 && addr - 0x1100 <= 32 - n ? file + (addr - 0x1100) : NULL;
}

static const char *name_at(void *ctx, u64 addr, struct sd_arena *arena)
{
	return addr & 8 ? "*errors.errorString" : NULL;
}

static struct sd_type *rtype_at(void *ctx, u64 addr)
{
	return addr % 3 ? &types[(addr >> 3) % TYPES] : NULL;
}

static bool line_at(void *ctx, u64 addr, const char **file_ret, u32 *line_ret)
{
	*file_ret = "/a/b\n.go";
	*line_ret = (u32)addr;
	return addr & 16;
}

#endif
