/* SPDX-License-Identifier: BSD-2-Clause */
/* Is it a Go program, and of which version: the linker's build information, else the runtime's own
 * version string. */
#include <ctype.h>
#include <string.h>

#include "lang/go/priv.h"

#define MAGIC		 "\xff Go buildinf:"
#define MAGIC_SIZE	 14
#define ALIGN		 16
#define FLAGS_BIG_ENDIAN 1
#define FLAGS_INLINE	 2
#define INLINE_OFFSET	 32

static int number(const char **p, const char *end)
{
	int v = 0;

	while (*p < end && isdigit((unsigned char)**p) && v < 100000)
		v = v * 10 + *(*p)++ - '0';
	return v;
}

void go_version_parse(const char *text, size_t n, struct sd_go_version *ret)
{
	const char *p, *end;

	memset(ret, 0, sizeof(*ret));
	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	n = SD_MIN(n, sizeof(ret->text) - 1);
	memcpy(ret->text, text, n);
	for (char *c = ret->text; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	end = ret->text + strlen(ret->text);
	for (p = ret->text; (p = strstr(p, "go")); p += 2) {
		if (p != ret->text && p[-1] != ' ')
			continue;
		if (!isdigit((unsigned char)p[2]))
			continue;
		p += 2;
		ret->major = number(&p, end);
		if (*p == '.') {
			p++;
			ret->minor = number(&p, end);
		}
		if (*p == '.') {
			p++;
			ret->patch = number(&p, end);
		}
		return;
	}
}

/* A Go string header at addr. */
static bool read_string(struct sd_elf *elf, u64 addr, struct sd_go_version *ret)
{
	u64 data, len, n;
	const u8 *p;

	if (!go_read_ptr(elf, addr, &data))
		return false;
	p = sd_elf_bytes(elf, (struct sd_vaddr){addr + 8}, &n);
	if (!p || n < 8)
		return false;
	len = go_u64(p);
	p = sd_elf_bytes(elf, (struct sd_vaddr){data}, &n);
	if (!p || !len || len > n)
		return false;
	go_version_parse((const char *)p, len, ret);
	return true;
}

/* The blob at p, mapped at addr. False when it does not say; *ret says what it can. */
static bool read_blob(struct sd_elf *elf, const u8 *p, u64 n, u64 addr, struct sd_go_version *ret)
{
	u64 at;

	if (n < INLINE_OFFSET || (p[15] & FLAGS_BIG_ENDIAN))
		return false;
	if (p[15] & FLAGS_INLINE) {
		struct sd_cursor c = sd_cursor_at(p + INLINE_OFFSET, n - INLINE_OFFSET);
		u64 len = sd_cursor_uleb(&c);

		if (c.bad || !len || len > (u64)(c.end - c.p))
			return false;
		go_version_parse((const char *)c.p, len, ret);
		return true;
	}
	return p[14] == 8 && go_read_ptr(elf, addr + 16, &at) && read_string(elf, at, ret);
}

static bool scan(struct sd_elf *elf, const u8 *p, u64 n, u64 addr, struct sd_go_version *ret)
{
	u64 skew = -addr & (ALIGN - 1);

	for (u64 i = skew; i + INLINE_OFFSET <= n; i += ALIGN)
		if (p[i] == 0xff && !memcmp(p + i, MAGIC, MAGIC_SIZE)) {
			read_blob(elf, p + i, n - i, addr + i, ret);
			return true;
		}
	return false;
}

bool go_version_find(struct sd_elf *elf, struct sd_go_version *ret)
{
	const struct sd_section *s = sd_elf_section(elf, ".go.buildinfo");
	struct sd_symbol sym;
	bool found = false;
	u64 n;

	memset(ret, 0, sizeof(*ret));
	if (s) {
		const u8 *p = sd_elf_bytes(elf, s->addr, &n);

		found = true;
		if (p)
			scan(elf, p, SD_MIN(n, s->size), s->addr.v, ret);
	} else if (sd_elf_nsections(elf) <= 1) {
		struct sd_vaddr addr;
		u64 size;
		u32 flags;

		for (u32 i = 0; !found && sd_elf_segment_at(elf, i, &addr, &size, &flags); i++) {
			const u8 *p = sd_elf_bytes(elf, addr, &n);

			if (p && (flags & PF_W))
				found = scan(elf, p, n, addr.v, ret);
		}
	} else {
		found = sd_elf_section(elf, ".gopclntab") ||
			sd_elf_section(elf, ".data.rel.ro.gopclntab");
	}
	if (found && !ret->text[0] && sd_elf_symbol(elf, "runtime.buildVersion", &sym))
		read_string(elf, sym.addr.v, ret);
	return found;
}
