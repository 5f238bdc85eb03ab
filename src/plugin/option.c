/* SPDX-License-Identifier: BSD-3-Clause */
#include "plugin/option.h"

#include "trace/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

struct plugin_options plugin_options = {.sample = 1, .depth = 8, .quarantine = 64};

/* Either words, of which the first is 0, or a range of numbers. apps/README.md has the same table. */
static const struct variable {
	const char *name;
	unsigned *value;
	const char *words[3];
	unsigned least, most;
} variables[] = {
	{"EVPL_TRACE", &plugin_options.report, {"stop", "report"}, 0, 0},
	{"EVPL_TRACE_LEAKS", &plugin_options.leaks, {"list", "stop", "no"}, 0, 0},
	{"EVPL_TRACE_POOLS", &plugin_options.all_pools, {"named", "all"}, 0, 0},
	{"EVPL_TRACE_BYTES", &plugin_options.bytes, {"some", "all", "no"}, 0, 0},
	{"EVPL_TRACE_FIELDS", &plugin_options.no_fields, {"yes", "no"}, 0, 0},
	{"EVPL_TRACE_GUARDS", &plugin_options.no_guards, {"yes", "no"}, 0, 0},
	{"EVPL_TRACE_SAMPLE", &plugin_options.sample, {NULL}, 1, 1000000},
	{"EVPL_TRACE_DEPTH", &plugin_options.depth, {NULL}, 1, TRACE_STACK_DEPTH},
	{"EVPL_TRACE_QUARANTINE", &plugin_options.quarantine, {NULL}, 0, 1000000},
};

#define PREFIX "EVPL_TRACE"
#define FILE_VARIABLE "EVPL_TRACE_FILE"

static bool
is_word(const struct variable *variable, const char *text)
{
	for (unsigned i = 0; i < RTE_DIM(variable->words) && variable->words[i] != NULL; i++) {
		if (strcmp(text, variable->words[i]) == 0) {
			*variable->value = i;
			return true;
		}
	}
	return false;
}

static bool
is_number(const struct variable *variable, const char *text)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number < variable->least ||
	    number > variable->most)
		return false;
	*variable->value = (unsigned)number;
	return true;
}

/* The program has not begun yet, and nothing of EAL's has to be given back. */
static void __attribute__((noreturn)) refuse(const char *variable, const char *text, const char *wanted)
{
	fprintf(stderr, "evpl_trace: %s=%s: %s\n", variable, text, wanted);
	exit(EXIT_FAILURE);
}

static void
read_variable(const struct variable *variable, const char *text)
{
	const char *const *words = variable->words;
	char wanted[80];

	if (words[0] != NULL ? is_word(variable, text) : is_number(variable, text))
		return;
	if (words[0] == NULL)
		snprintf(wanted, sizeof(wanted), "must be a number from %u to %u", variable->least, variable->most);
	else if (words[2] == NULL)
		snprintf(wanted, sizeof(wanted), "must be %s or %s", words[0], words[1]);
	else
		snprintf(wanted, sizeof(wanted), "must be %s, %s or %s", words[0], words[1], words[2]);
	refuse(variable->name, text, wanted);
}

static void
open_file(const char *path)
{
	char wanted[160];

	plugin_options.out = fopen(path, "ae");
	if (plugin_options.out != NULL)
		return;
	snprintf(wanted, sizeof(wanted), "cannot be written: %s", strerror(errno));
	refuse(FILE_VARIABLE, path, wanted);
}

void
plugin_options_read(void)
{
	extern char **environ;

	plugin_options.out = stderr;
	for (char **entry = environ; *entry != NULL; entry++) {
		const char *equals = strchr(*entry, '=');
		char name[64];
		unsigned i = 0;

		if (equals == NULL || strncmp(*entry, PREFIX, strlen(PREFIX)) != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(equals - *entry), *entry);
		plugin_options.asked = 1;
		while (i < RTE_DIM(variables) && strcmp(name, variables[i].name) != 0)
			i++;
		if (i < RTE_DIM(variables))
			read_variable(&variables[i], equals + 1);
		else if (strcmp(name, FILE_VARIABLE) == 0)
			open_file(equals + 1);
		else
			refuse(name, equals + 1, "there is no such variable");
	}
}
