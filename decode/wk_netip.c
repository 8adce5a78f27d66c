/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net/netip: {addr uint128; z}. z tells IPv4 from IPv6 and has the zone: a unique.Handle from Go
 * 1.23 on, whose pointee says both. Before that an intern.Value, which is known by its address
 * only: there an address that could be either stays as it is.
 */
#include <string.h>

#include "decode/wellknown.h"

static bool is_mapped(u64 hi, u64 lo)
{
	return !hi && lo >> 32 == 0xffff;
}

/* netip/netip.go: Addr.String; six and zone are z's. */
static const char *addr_text(u64 hi, u64 lo, bool six, const char *zone, struct sd_arena *arena)
{
	u8 bytes[16];
	const char *ip;

	for (unsigned int i = 0; i < 8; i++) {
		bytes[i] = (u8)(hi >> (56 - 8 * i));
		bytes[8 + i] = (u8)(lo >> (56 - 8 * i));
	}
	ip = sd_wk_ip(six ? bytes : bytes + 12, six ? 16 : 4, false, arena);
	return *zone ? sd_arena_printf(arena, "%s%%%s", ip, zone) : ip;
}

static void refine_addr(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *addr = sd_wk_field(v, "addr"), *z = sd_wk_field(v, "z"), *detail;
	const struct sd_value *six;
	const char *zone = "";
	bool is_six = true;
	s64 hi, lo;

	if (!addr || !z || !sd_wk_int(addr, "hi", &hi) || !sd_wk_int(addr, "lo", &lo))
		return;
	if (z->kind == SD_V_STRUCT)
		z = sd_wk_field(z, "value");
	if (!z || z->kind == SD_V_NIL) {
		if (z)
			sd_wk_set_text(v, "invalid IP");
		return;
	}
	detail = sd_wk_deref(z);
	six = detail ? sd_wk_field(detail, "isV6") : NULL;
	if (six) {
		zone = sd_wk_string(detail, "zoneV6", arena);
		if (six->kind != SD_V_BOOL || !zone)
			return;
		is_six = six->u;
	} else {
		const struct sd_value *cmp = detail ? sd_wk_field(detail, "cmpVal") : NULL;

		if (is_mapped((u64)hi, (u64)lo) || !cmp || cmp->kind != SD_V_NIL)
			return;
	}
	sd_wk_set_text(v, addr_text((u64)hi, (u64)lo, is_six, zone, arena));
}

static void refine_addrport(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *ip = sd_wk_field(v, "ip");
	s64 port;
	bool six;

	if (!ip || ip->kind != SD_V_TEXT || !sd_wk_int(v, "port", &port))
		return;
	if (!strcmp(ip->text, "invalid IP")) {
		sd_wk_set_text(v, "invalid AddrPort");
		return;
	}
	six = strchr(ip->text, ':');
	sd_wk_set_text(v, sd_arena_printf(arena, "%s%s%s:%lld", six ? "[" : "", ip->text,
					  six ? "]" : "", (long long)port));
}

static void refine_prefix(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *ip = sd_wk_field(v, "ip");
	s64 bits;

	if (!ip || ip->kind != SD_V_TEXT)
		return;
	if (sd_wk_int(v, "bitsPlusOne", &bits))
		bits--;
	else if (!sd_wk_int(v, "bits", &bits))
		return;
	if (bits < 0 || !strcmp(ip->text, "invalid IP"))
		sd_wk_set_text(v, "invalid Prefix");
	else
		sd_wk_set_text(v, sd_arena_printf(arena, "%s/%lld", ip->text, (long long)bits));
}

const struct sd_wellknown sd_wk_netip_addr = {.type_name = "net/netip.Addr", .refine = refine_addr};
const struct sd_wellknown sd_wk_netip_addrport = {.type_name = "net/netip.AddrPort",
						  .refine = refine_addrport};
const struct sd_wellknown sd_wk_netip_prefix = {.type_name = "net/netip.Prefix",
						.refine = refine_prefix};
