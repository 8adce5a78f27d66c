/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target without a fuzzer, over the files and folders that are named: its corpus, as an
 * ordinary test. A fault is a crash, as it is under the fuzzer. No input at all is a failure: it
 * would show nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int replayed;

static bool fail(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return false;
}

static bool replay_file(const char *path, size_t size)
{
	/* of exactly that size, so that a sanitizer sees a read behind it */
	uint8_t *data = malloc(size ? size : 1);
	FILE *f = fopen(path, "rb");
	bool ok = f && data && fread(data, 1, size, f) == size;

	if (!ok)
		fail(path);
	if (f)
		fclose(f);
	if (ok) {
		printf("%s\n", path);
		fflush(stdout);
		LLVMFuzzerTestOneInput(data, size);
		replayed++;
	}
	free(data);
	return ok;
}

static bool replay(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return fail(path);
	if (!S_ISDIR(st.st_mode))
		return replay_file(path, (size_t)st.st_size);

	DIR *dir = opendir(path);
	bool ok = dir || fail(path);

	for (struct dirent *e; ok && (e = readdir(dir));) {
		char name[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		ok = replay(name);
	}
	if (dir)
		closedir(dir);
	return ok;
}

int main(int argc, char **argv)
{
	bool ok = true;

	for (int i = 1; i < argc; i++)
		ok &= replay(argv[i]);
	printf("%u inputs\n", replayed);
	return ok && replayed ? 0 : 1;
}
