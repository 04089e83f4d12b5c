/* SPDX-License-Identifier: MIT */
/* Runs a fuzzer as a plain test: every file of a corpus directory, each also cut short at every length, or at CUTS of
 * them where it is longer, since what arrives over a network can end anywhere. Prints TAP. A fuzzer says that
 * something is wrong by abort(). */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define INPUT_MAX (1 << 20)

static void replay_cuts(const uint8_t *data, size_t size, size_t n_cuts)
{
	size_t step = size / n_cuts + 1;

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

static int replay_file(const char *directory, const char *name, size_t n_cuts)
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
	replay_cuts(data, size, n_cuts);
	return 0;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* What some fuzzers define. */
#pragma weak LLVMFuzzerInitialize

static int replay_directory(const char *directory, size_t n_cuts)
{
	struct dirent **entries = NULL;
	int n_entries = scandir(directory, &entries, is_input, alphasort), n_failed = 0;

	for (int i = 0; i < n_entries; i++) {
		int failed = replay_file(directory, entries[i]->d_name, n_cuts) < 0;

		n_failed += failed;
		printf("%sok %d %s\n", failed ? "not " : "", i + 1, entries[i]->d_name);
		fflush(stdout);
		free(entries[i]);
	}
	free(entries);
	printf("1..%d\n", n_entries > 0 ? n_entries : 0);
	return n_entries > 0 && n_failed == 0;
}

int main(int argc, char **argv)
{
	size_t n_cuts = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

	if (n_cuts == 0) {
		fprintf(stderr, "usage: %s DIRECTORY CUTS\n", argv[0]);
		return 2;
	}
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	return !replay_directory(argv[1], n_cuts);
}
