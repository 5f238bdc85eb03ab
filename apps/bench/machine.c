/* SPDX-License-Identifier: BSD-3-Clause */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* Reads the text behind the colon of "model name	: AMD EPYC". */
static void
read_cpuinfo(char *text, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];

	while (file != NULL && text[0] == '\0' && fgets(line, sizeof(line), file) != NULL) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) == 0 && colon != NULL)
			snprintf(text, size, "%s", colon + 1 + strspn(colon + 1, " "));
	}
	if (file != NULL)
		fclose(file);
}

void
machine_model(char *text, size_t size)
{
	struct utsname name;

	text[0] = '\0';
	read_cpuinfo(text, size);
	if (text[0] == '\0' && uname(&name) == 0)
		snprintf(text, size, "%s", name.machine);
	text[strcspn(text, "\n\"\\")] = '\0';
}
