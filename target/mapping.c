/* SPDX-License-Identifier: BSD-2-Clause */
/* Which file a process has mapped at an address. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/target.h"

struct mapping {
	u64 start, end;
	const char *path; /* "" for anonymous ones */
};

static bool parse(char *line, struct mapping *ret)
{
	unsigned long long start, end;
	int at = 0;

	if (sscanf(line, "%llx-%llx %*s %*x %*x:%*x %*u %n", &start, &end, &at) < 2 || !at)
		return false;
	line[strcspn(line, "\n")] = '\0';
	*ret = (struct mapping){
		.start = start,
		.end = end,
		.path = line + SD_MIN((size_t)at, strlen(line)),
	};
	return true;
}

char *sd_target_mapping(pid_t pid, u64 addr, u64 *lo_ret, u64 *hi_ret)
{
	sd_autofree char *line = NULL;
	char path[64], *found = NULL;
	size_t room = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return NULL;
	while (!found && getline(&line, &room, f) > 0) {
		struct mapping m;

		if (!parse(line, &m) || addr < m.start || addr >= m.end)
			continue;
		if (!*m.path)
			break;
		found = sd_xstrdup(m.path);
		*lo_ret = m.start;
		*hi_ret = m.end;
	}
	fclose(f);
	return found;
}
