/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The main() of a fuzz target where there is no libFuzzer: gives the target each file that is named, or that is in a
 * named folder, once. Prints TAP. An input that goes wrong ends the program.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static unsigned inputs;

static void
give(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(FUZZ_LONGEST);
	size_t n;

	if (file == NULL || bytes == NULL) {
		perror(path);
		exit(2);
	}
	n = fread(bytes, 1, FUZZ_LONGEST, file);
	fclose(file);
	fprintf(stderr, "# %s\n", path); /* the last one is what went wrong */
	/* A sanitizer sees a read past the input's end. */
	bytes = realloc(bytes, n > 0 ? n : 1);
	(void)LLVMFuzzerTestOneInput(bytes, n);
	free(bytes);
	inputs++;
}

static int
is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* In the order of names, which is the same everywhere. */
static void
give_folder(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_file, alphasort);

	if (n < 0) {
		give(folder);
		return;
	}
	for (int i = 0; i < n; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		give(path);
		free(entries[i]);
	}
	free(entries);
}

int
main(int argc, char **argv)
{
	printf("1..1\n");
	fflush(stdout);
	for (int i = 1; i < argc; i++)
		give_folder(argv[i]);
	printf("%sok 1 - each of %u inputs\n", inputs == 0 ? "not " : "", inputs);
	return inputs == 0;
}
