/* SPDX-License-Identifier: BSD-2-Clause */
/* Where things lie in the runtime's g and m by version, which convention the code uses, and where
 * it keeps g. */
#include <string.h>

#include "lang/go/priv.h"

#define OLDEST_MINOR 15
#define NEWEST_MINOR 27

/*
 * Seen in the DWARF of programs built by
 * go1.15.15, 1.16.15, 1.17.13, 1.18.10, 1.19.13, 1.20.14, 1.21.13, 1.22.12,
 * 1.23.12, 1.24.13, 1.25.4, 1.26.8 and 1.27.4, with and without cgo (tests/go_tables.py looks
 * again). The same in all: g.stack.lo 0, g.stack.hi 8, g.m 48, g.sched.sp 56, m.g0 0.
 */
static const struct {
	u16 goid, parent_goid, gopc, startpc, curg;
	u8 wrapper; /* funcID_wrapper: internal/abi/symtab.go, cmd/internal/objabi/funcid.go
		       before 1.21 */
} by_minor[] = {
	[15] = {152, 0, 280, 296, 192, 22},   [16] = {152, 0, 280, 296, 192, 22},
	[17] = {152, 0, 296, 312, 192, 22},   [18] = {152, 0, 296, 312, 192, 21},
	[19] = {152, 0, 296, 312, 192, 21},   [20] = {152, 0, 296, 312, 192, 21},
	[21] = {152, 272, 280, 296, 192, 21}, [22] = {152, 272, 280, 296, 192, 22},
	[23] = {160, 280, 288, 304, 192, 22}, [24] = {160, 280, 288, 304, 192, 22},
	[25] = {152, 272, 280, 296, 184, 23}, [26] = {152, 280, 288, 304, 184, 23},
	[27] = {152, 280, 288, 304, 184, 23},
};

/* How a function's first instructions find g: 1 in r14, −1 in thread-local storage, 0 cannot be
 * told. */
static int g_by_prologue(const u8 *p, u64 n)
{
	static const u8 tls[] = {0x64, 0x48, 0x8b, 0x0c, 0x25}; /* mov %fs:…,%rcx */
	static const u8 tls_pie[] = {0x64, 0x48, 0x8b, 0x09}; /* mov %fs:(%rcx),%rcx, 7 bytes on */
	static const u8 r14[] = {0x49, 0x3b, 0x66, 0x10};     /* cmp 0x10(%r14),%rsp */

	if (n < 16)
		return 0;
	if (!memcmp(p, r14, sizeof(r14)))
		return 1;
	return !memcmp(p, tls, sizeof(tls)) || !memcmp(p + 7, tls_pie, sizeof(tls_pie)) ? -1 : 0;
}

/* 1.17 and 1.18 could be built without the register ABI, and some versions are not told. */
static bool regabi_by_code(struct sd_go *go)
{
	int votes = 0, voters = 0;

	for (u32 i = 0; i < go->nfuncs && i < 4096 && voters < 64; i++) {
		struct go_bytes b = go_bytes_at(go, go_entry(go, i));
		int vote = g_by_prologue(b.p, b.n);

		votes += vote;
		voters += vote != 0;
	}
	return votes > 0;
}

/* The offset of g from the fs base, as an instruction in p has it. */
static bool tls_of_code(const u8 *p, u64 n, s32 *ret)
{
	bool in_rcx = false;
	s32 rcx = 0;

	for (u64 i = 0; i + 9 <= n; i++) {
		if (p[i] == 0x48 && p[i + 1] == 0xc7 && p[i + 2] == 0xc1) { /* mov $imm,%rcx */
			rcx = (s32)go_u32(p + i + 3);
			in_rcx = true;
		}
		if (p[i] != 0x64 || (p[i + 1] & 0xfb) != 0x48 || p[i + 2] != 0x8b)
			continue;
		if ((p[i + 3] & 0xc7) == 0x04 && p[i + 4] == 0x25) { /* mov %fs:disp32,… */
			*ret = (s32)go_u32(p + i + 5);
			return true;
		}
		if ((p[i + 3] & 0xc7) == 0x01 && in_rcx) { /* mov %fs:(%rcx),… */
			*ret = rcx;
			return true;
		}
	}
	return false;
}

/* runtime.asmcgocall is in every program and loads g first thing; of its name there may be an ABI
 * wrapper too. */
static bool tls_by_code(struct sd_go *go, s32 *ret)
{
	struct go_func f;

	for (u32 i = 0; go_func_named(go, "runtime.asmcgocall", i, &i); i++) {
		struct go_bytes b;

		if (!go_func_record(go, i, &f))
			continue;
		b = go_bytes_at(go, f.entry);
		if (tls_of_code(b.p, SD_MIN(SD_MIN(b.n, f.end - f.entry), 64), ret))
			return true;
	}
	return false;
}

/*
 * Else as linkers place it: 8 bytes below the fs base without a TLS segment, else the symbol
 * runtime.tlsg in it. The block ends at the fs base, padded so that its start is aligned as the
 * segment's address (the ELF TLS ABI, variant II).
 */
static bool tls_by_segment(struct sd_go *go, s32 *ret)
{
	u64 vaddr, memsz, align, size;
	struct sd_symbol sym;

	if (!sd_elf_tls(go->elf, &vaddr, &memsz, &align)) {
		*ret = -8;
		return true;
	}
	if (!sd_elf_symbol(go->elf, "runtime.tlsg", &sym) || sym.type != STT_TLS)
		return false;
	size = memsz + ((-vaddr - memsz) & (align ? align - 1 : 0));
	if (size > INT32_MAX || sym.addr.v > size)
		return false;
	*ret = (s32)sym.addr.v - (s32)size;
	return true;
}

/* Of 1.24 and 1.25 both kinds of maps can be: the version says which experiments it was built with,
 * the code has what only one of them needs. */
static enum sd_go_map_kind map_kind(struct sd_go *go)
{
	u32 index;

	if (go->minor < OLDEST_MINOR || go->minor > NEWEST_MINOR)
		return SD_GO_MAP_UNKNOWN;
	if (go->minor <= 23)
		return SD_GO_MAP_CLASSIC;
	if (go->minor <= 25 && (strstr(go->version.text, "noswissmap") ||
				go_func_named(go, "runtime.evacuate", 0, &index)))
		return SD_GO_MAP_CLASSIC;
	if (go->minor >= 27 && strstr(go->version.text, "mapsplitgroup") &&
	    !strstr(go->version.text, "nomapsplitgroup"))
		return SD_GO_MAP_SWISS_SPLIT;
	return SD_GO_MAP_SWISS;
}

void go_layout_init(struct sd_go *go)
{
	struct sd_go_layout *l = &go->layout;

	go->minor = go->version.minor;
	l->regabi = go->minor >= 17;
	if (!go->minor || go->minor == 17 || go->minor == 18)
		l->regabi = regabi_by_code(go);
	/* Formats whose versions do not differ in what is looked up here. */
	if (!go->minor && go->format == GO_FORMAT_12)
		go->minor = 15;
	else if (!go->minor && go->format == GO_FORMAT_116)
		go->minor = l->regabi ? 17 : 16;
	else if (!go->minor && go->format == GO_FORMAT_118)
		go->minor = 19;
	if (go->minor >= OLDEST_MINOR && go->minor <= NEWEST_MINOR) {
		*l = (struct sd_go_layout){
			.g_stack_lo = 0,
			.g_stack_hi = 8,
			.g_m = 48,
			.g_sched_sp = 56,
			.m_g0 = 0,
			.g_goid = by_minor[go->minor].goid,
			.g_parent_goid = by_minor[go->minor].parent_goid,
			.g_gopc = by_minor[go->minor].gopc,
			.g_startpc = by_minor[go->minor].startpc,
			.m_curg = by_minor[go->minor].curg,
			.regabi = l->regabi,
			.known = true,
		};
		go->wrapper_id = by_minor[go->minor].wrapper;
	}
	l->map_kind = map_kind(go);
	l->chan = sd_go_chan_layout(go->minor);
	l->tls_known = tls_by_code(go, &l->tls_off) || tls_by_segment(go, &l->tls_off);
}

const struct sd_go_layout *sd_go_layout(const struct sd_go *go)
{
	return &go->layout;
}

void sd_go_set_layout(struct sd_go *go, const struct sd_go_layout *layout)
{
	go->layout = *layout;
}
