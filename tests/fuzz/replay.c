/* SPDX-License-Identifier: MIT */
/* Runs a fuzzer as a plain test: every file of the corpus directories given, each also cut short at every
 * length up to a limit, since what arrives over a network can end anywhere. Prints TAP. A fuzzer says that
 * something is wrong by abort(). */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define CUTS_MAX 2048
#define INPUT_MAX (1 << 20)

static void replay_cuts(const uint8_t *data, size_t size)
{
	size_t step = size / CUTS_MAX + 1;

	for (size_t length = 0; length < size; length += step) {
		/* A copy of that very length, so that a sanitizer sees a read past its end. */
		uint8_t *cut = malloc(length ? length : 1);

		if (!cut)
			abort();
		memcpy(cut, data, length);
		LLVMFuzzerTestOneInput(cut, length);
		free(cut);
	}
	LLVMFuzzerTestOneInput(data, size);
}

static int replay_file(const char *directory, const char *name)
{
	static uint8_t data[INPUT_MAX];
	char path[4096];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "rb");
	if (!file)
		return -1;
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	replay_cuts(data, size);
	return 0;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	int n = 0, n_failed = 0;

	for (int i = 1; i < argc; i++) {
		struct dirent **entries = NULL;
		int n_entries = scandir(argv[i], &entries, is_input, alphasort);

		for (int e = 0; e < n_entries; e++) {
			int failed = replay_file(argv[i], entries[e]->d_name) < 0;

			n_failed += failed;
			printf("%sok %d %s\n", failed ? "not " : "", ++n, entries[e]->d_name);
			fflush(stdout);
			free(entries[e]);
		}
		free(entries);
	}
	printf("1..%d\n", n);
	return n == 0 || n_failed > 0;
}
