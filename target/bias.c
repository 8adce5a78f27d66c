/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a process has a binary mapped. maps names device and inode as the file system's superblock
 * has them, which on overlayfs and btrfs is not what stat() says: then the mapped file is looked up
 * by other ways to the same inode.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "target/proc.h"

struct mapping {
	u64 start, end, off, dev, ino;
	bool exec;
	const char *path; /* "" for anonymous ones */
};

static bool parse(char *line, struct mapping *ret)
{
	unsigned long long start, end, off, ino;
	unsigned int major, minor;
	char perms[8];
	int at = 0;

	if (sscanf(line, "%llx-%llx %7s %llx %x:%x %llu %n", &start, &end, perms, &off, &major,
		   &minor, &ino, &at) < 7 ||
	    !at || strlen(perms) < 4)
		return false;
	line[strcspn(line, "\n")] = '\0';
	*ret = (struct mapping){.start = start,
				.end = end,
				.off = off,
				.ino = ino,
				.dev = makedev(major, minor),
				.exec = perms[2] == 'x',
				.path = line + SD_MIN((size_t)at, strlen(line))};
	return true;
}

static bool is_file(const char *path, const struct sd_elf *elf)
{
	struct stat st;

	return !stat(path, &st) && st.st_dev == sd_elf_dev(elf) && st.st_ino == sd_elf_ino(elf);
}

/* What /proc/PID/exe points to, when that is the binary; else NULL. */
static char *exe_path(pid_t pid, const struct sd_elf *elf)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return is_file(path, elf) ? sd_proc_readlink(path) : NULL;
}

static bool is_mapping_of(pid_t pid, const struct mapping *m, const struct sd_elf *elf,
			  const char *exe)
{
	char path[4200];

	if (!m->ino || m->path[0] != '/')
		return false;
	if (m->dev == sd_elf_dev(elf) && m->ino == sd_elf_ino(elf))
		return true;
	if (exe && !strcmp(m->path, exe))
		return true;
	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", (int)pid,
		 (unsigned long long)m->start, (unsigned long long)m->end);
	if (is_file(path, elf))
		return true;
	return (size_t)snprintf(path, sizeof(path), "/proc/%d/root%s", (int)pid, m->path) <
		       sizeof(path) &&
	       is_file(path, elf);
}

bool sd_target_bias(pid_t pid, const struct sd_elf *elf, u64 *ret)
{
	struct sd_vaddr first = sd_elf_first_exec(elf);
	sd_autofree char *exe = NULL, *line = NULL;
	struct sd_foff off;
	bool found = false;
	size_t room = 0;
	char path[64];
	FILE *f;

	if (!sd_elf_ino(elf) || !sd_elf_offset(elf, first, true, &off))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	exe = exe_path(pid, elf);
	while (!found && getline(&line, &room, f) > 0) {
		struct mapping m;

		/* the mapping that holds the first executable byte; other segments lie elsewhere */
		if (!parse(line, &m) || !m.exec || off.v < m.off ||
		    off.v - m.off >= m.end - m.start || !is_mapping_of(pid, &m, elf, exe))
			continue;
		*ret = m.start + (off.v - m.off) - first.v;
		found = true;
	}
	fclose(f);
	return found;
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
