/* SPDX-License-Identifier: BSD-2-Clause */
/* net.IP and the addresses that hold one: what their String methods give (net/ip.go). */
#include <stdio.h>
#include <string.h>

#include "decode/wellknown.h"

static const u8 four_in_six[12] = {[10] = 0xff, [11] = 0xff};

/* Where the longest run of at least two zero groups begins and ends; 8 and 8 when there is none. */
static void longest_zeros(const u8 *p, unsigned int *from_ret, unsigned int *to_ret)
{
	unsigned int from = 8, to = 8, best = 1;

	for (unsigned int i = 0; i < 8; i++) {
		unsigned int end = i;

		while (end < 8 && !p[2 * end] && !p[2 * end + 1])
			end++;
		if (end - i > best) {
			best = end - i;
			from = i;
			to = end;
		}
		if (end > i)
			i = end - 1;
	}
	*from_ret = from;
	*to_ret = to;
}

const char *sd_wk_ip(const u8 *p, u64 n, bool four, struct sd_arena *arena)
{
	char text[48], *w = text;
	unsigned int from, to;

	if (n == 16 && four && !memcmp(p, four_in_six, 12)) {
		p += 12;
		n = 4;
	}
	if (n == 4)
		return sd_arena_printf(arena, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
	if (n != 16)
		return NULL;
	if (!memcmp(p, four_in_six, 12))
		return sd_arena_printf(arena, "::ffff:%u.%u.%u.%u", p[12], p[13], p[14], p[15]);
	longest_zeros(p, &from, &to);
	for (unsigned int i = 0; i < 8; i++) {
		if (i == from) {
			*w++ = ':';
			*w++ = ':';
			i = to;
			if (i >= 8)
				break;
		} else if (i) {
			*w++ = ':';
		}
		w += snprintf(w, 5, "%x", (unsigned int)p[2 * i] << 8 | p[2 * i + 1]);
	}
	*w = '\0';
	return sd_arena_strdup(arena, text);
}

static void refine_ip(struct sd_value *v, struct sd_arena *arena)
{
	if (v->kind == SD_V_BYTES && v->n == v->total)
		sd_wk_set_text(v, sd_wk_ip(v->bytes, v->n, true, arena));
}

/* {IP, Port, Zone}: JoinHostPort */
static void refine_addr(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *ip = sd_wk_field(v, "IP");
	const char *zone = sd_wk_string(v, "Zone", arena), *host;
	bool six;
	s64 port;

	if (!ip || !zone || !sd_wk_int(v, "Port", &port))
		return;
	if (ip->kind == SD_V_TEXT)
		host = ip->text;
	else if (ip->kind == SD_V_NIL || (ip->kind == SD_V_BYTES && !ip->total))
		host = "";
	else
		return;
	six = strchr(host, ':') || strchr(zone, ':');
	v->text = sd_arena_printf(arena, "%s%s%s%s%s:%lld", six ? "[" : "", host, *zone ? "%" : "",
				  zone, six ? "]" : "", (long long)port);
	v->told = SD_TOLD_BESIDE;
}

/* net/unixsock.go: the name */
static void refine_unix(struct sd_value *v, struct sd_arena *arena)
{
	v->text = sd_wk_string(v, "Name", arena);
	v->told = SD_TOLD_BESIDE;
}

const struct sd_wellknown sd_wk_net_ip = {.type_name = "net.IP", .refine = refine_ip};
const struct sd_wellknown sd_wk_tcp_addr = {.type_name = "net.TCPAddr", .refine = refine_addr};
const struct sd_wellknown sd_wk_udp_addr = {.type_name = "net.UDPAddr", .refine = refine_addr};
const struct sd_wellknown sd_wk_unix_addr = {.type_name = "net.UnixAddr", .refine = refine_unix};
