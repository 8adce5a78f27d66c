/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * time.Time: {wall, ext, loc} (src/time/time.go, zoneinfo.go) as RFC 3339. The offset is what the
 * location keeps for the present (cacheStart, cacheEnd, cacheZone) or a lone zone; where that does
 * not tell, or the location was not captured, the instant stands in UTC. Text output adds the
 * location's name in brackets (RFC 9557).
 */
#include <stdio.h>
#include <string.h>

#include "decode/wellknown.h"

#define HAS_MONOTONIC	(1ULL << 63)
#define YEAR_1_TO_1885	59453308800LL /* seconds */
#define YEAR_1_TO_UNIX	62135596800LL
#define YEAR_10000_UNIX 253402300800LL

/* Days since 1970-01-01 to a date of the Gregorian calendar. */
static void civil(s64 days, s64 *year_ret, unsigned int *month_ret, unsigned int *day_ret)
{
	s64 z = days + 719468, era = z / 146097; /* from 0000-03-01; z is not negative here */
	unsigned int doe = (unsigned int)(z - era * 146097);
	unsigned int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned int m = (5 * doy + 2) / 153;

	*day_ret = doy - (153 * m + 2) / 5 + 1;
	*month_ret = m < 10 ? m + 3 : m - 9;
	*year_ret = (s64)yoe + era * 400 + (*month_ret <= 2);
}

const char *sd_wk_rfc3339(s64 unix_sec, u32 nsec, s32 offset, struct sd_arena *arena)
{
	char fraction[16] = "", zone[16] = "Z";
	unsigned int month, day, len;
	s64 sec, day_sec, year;

	if (unix_sec < -YEAR_1_TO_UNIX - 86400 || unix_sec > YEAR_10000_UNIX + 86400 ||
	    nsec > 999999999 || offset % 60 || offset > 86400 || offset < -86400)
		return NULL;
	sec = unix_sec + offset;
	if (sec < -YEAR_1_TO_UNIX || sec >= YEAR_10000_UNIX)
		return NULL;
	day_sec = (sec % 86400 + 86400) % 86400;
	civil((sec - day_sec) / 86400, &year, &month, &day);
	if (nsec) {
		len = (unsigned int)snprintf(fraction, sizeof(fraction), ".%09u", nsec);
		while (fraction[len - 1] == '0')
			fraction[--len] = '\0';
	}
	if (offset)
		snprintf(zone, sizeof(zone), "%c%02d:%02d", offset < 0 ? '-' : '+',
			 (offset < 0 ? -offset : offset) / 3600,
			 (offset < 0 ? -offset : offset) / 60 % 60);
	return sd_arena_printf(arena, "%04lld-%02u-%02uT%02lld:%02lld:%02lld%s%s", (long long)year,
			       month, day, (long long)(day_sec / 3600),
			       (long long)(day_sec / 60 % 60), (long long)(day_sec % 60), fraction,
			       zone);
}

static bool has_zones(const struct sd_value *loc)
{
	const struct sd_value *zones = sd_wk_field(loc, "zone");

	return !zones || (zones->kind != SD_V_NIL && (zones->kind != SD_V_LIST || zones->total));
}

/* Seconds east of UTC at sec, which the location says for itself; false when it does not. */
static bool offset_at(const struct sd_value *loc, s64 sec, s32 *ret)
{
	const struct sd_value *zone = sd_wk_field(loc, "cacheZone");
	s64 start, end, offset;

	if (!has_zones(loc)) {
		*ret = 0;
		return true;
	}
	zone = zone && zone->kind == SD_V_PTR ? sd_wk_deref(zone) : NULL;
	if (!zone || !sd_wk_int(loc, "cacheStart", &start) || !sd_wk_int(loc, "cacheEnd", &end) ||
	    !sd_wk_int(zone, "offset", &offset) || sec < start || sec >= end || offset > 86400 ||
	    offset < -86400)
		return false;
	*ret = (s32)offset;
	return true;
}

static void refine(struct sd_value *v, struct sd_arena *arena)
{
	const struct sd_value *loc = sd_wk_field(v, "loc"), *location;
	s64 wall, ext, sec;
	const char *text, *name = NULL;
	s32 offset = 0;

	if (!loc || !sd_wk_int(v, "wall", &wall) || !sd_wk_int(v, "ext", &ext))
		return;
	if ((u64)wall & HAS_MONOTONIC)
		sec = YEAR_1_TO_1885 + (s64)((u64)wall << 1 >> 31);
	else
		sec = ext;
	if (sec < 0 || sec > YEAR_1_TO_UNIX + YEAR_10000_UNIX)
		return;
	sec -= YEAR_1_TO_UNIX;
	if (loc->kind != SD_V_NIL) {
		location = loc->kind == SD_V_PTR ? sd_wk_deref(loc) : NULL;
		name = location ? sd_wk_string(location, "name", arena) : NULL;
		/* the local zone before the program first asked for it: nothing is known yet */
		if (name && !*name)
			name = has_zones(location) ? NULL : "Local";
		else if (!name)
			name = "?";
		if (!location || !offset_at(location, sec, &offset))
			offset = 0;
	}
	text = sd_wk_rfc3339(sec, (u32)(wall & 0x3fffffff), offset, arena);
	if (!text)
		return;
	sd_wk_set_text(v, text);
	if (name && strcmp(name, "UTC"))
		v->dyn = sd_arena_printf(arena, "%s[%s]", text, name);
}

const struct sd_wellknown sd_wk_time = {.type_name = "time.Time", .refine = refine};
