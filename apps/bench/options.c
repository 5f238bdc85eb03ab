/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "../common/args.h"
#include "../common/command.h"
#include "../common/error.h"

struct bench_options bench_options = {.rounds = 15, .batch_us = 4000};

enum option_id {
	OPT_ROUNDS,
	OPT_BATCH,
	OPT_QUICK,
	OPT_FILTER,
	OPT_LIST,
	OPT_JSON,
	OPT_CSV,
};

static const struct command_option table[] = {
	{"rounds", "N", "measure each implementation that often, 1 to 999 (15)", OPT_ROUNDS},
	{"batch", "MICROSECONDS", "the least time of one measurement (4000)", OPT_BATCH},
	{"quick", NULL, "3 rounds of 200 microseconds: shows that it works, not how fast it is", OPT_QUICK},
	{"filter", "WORD[,WORD...]", "run only cases whose name has one of the words", OPT_FILTER},
	{"list", NULL, "print the cases' names and what they do; run none", OPT_LIST},
	{"json", "[FILE]", "write every round as JSON too; no FILE, or -: to stdout; the table to stderr", OPT_JSON},
	{"csv", "[FILE]", "write a line per case and implementation; FILE as for --json", OPT_CSV},
};

static void
help_more(void)
{
	printf("\nAn example that needs no NIC, no huge pages and no root (cases that need four lcores are skipped):\n"
	       "  evpl-bench -l 0,1 --no-pci --no-huge --no-shconf --no-telemetry -m 1024 -- --filter=alloc\n\n"
	       "A ratio is the other's figure divided by this library's: above 1, this library is faster.\n"
	       "Exit status: 0: all went well; 1: something failed, or a buffer did not come home;\n"
	       "2: the command line is wrong.\n");
}

static int
set_number(const char *name, const char *text, uint64_t max, unsigned *number)
{
	uint64_t value;

	if (!args_number(text, 1, max, &value)) {
		error_line("--%s=%s: not a number from 1 to %u", name, text, (unsigned)max);
		return -1;
	}
	*number = (unsigned)value;
	return 0;
}

static int
check_file(const struct command_option *option, const char *name)
{
	if (name[0] != '\0')
		return 0;
	error_line("--%s=: no file's name", option->name);
	return -1;
}

static int
set_option(void *values, const struct command_option *option, const char *text)
{
	struct bench_options *o = values;

	switch (option->id) {
	case OPT_ROUNDS:
		return set_number(option->name, text, BENCH_ROUNDS_MAX, &o->rounds);
	case OPT_BATCH:
		return set_number(option->name, text, 10000000, &o->batch_us);
	case OPT_QUICK:
		o->quick = true;
		o->rounds = 3;
		o->batch_us = 200;
		return 0;
	case OPT_FILTER:
		if (text[0] == '\0') {
			error_line("--filter needs a word");
			return -1;
		}
		o->filter = text;
		return 0;
	case OPT_LIST:
		o->list = true;
		return 0;
	case OPT_JSON:
		o->json = text;
		return check_file(option, text);
	case OPT_CSV:
		o->csv = text;
		return check_file(option, text);
	default:
		return 0;
	}
}

int
options_parse(int argc, char **argv)
{
	static const struct command command = {
		.program = "evpl-bench",
		.version = EVPL_IOVEC_TRACE ? EVPL_BENCH_VERSION " (tracing)" : EVPL_BENCH_VERSION,
		.about = "Measures evpl-dpdk's calls against rte_pktmbuf, malloc and mimalloc, in turns, in one "
			 "process.",
		.options = table,
		.count = RTE_DIM(table),
		.anywhere = "list",
		.width = 28,
		.help_more = help_more,
		.set = set_option,
	};
	int eal_count = command_parse(&command, argc, argv, &bench_options);

	if (eal_count > 0 && bench_options.json != NULL && bench_options.csv != NULL &&
	    strcmp(bench_options.json, bench_options.csv) == 0) {
		error_line("--json and --csv cannot both go to %s", bench_options.json);
		return -1;
	}
	return eal_count;
}

bool
options_chosen(const struct bench_case *c)
{
	const char *word = bench_options.filter;

	while (word != NULL && *word != '\0') {
		size_t length = strcspn(word, ",");

		if (length != 0 && memmem(c->name, strlen(c->name), word, length) != NULL)
			return true;
		word += length + (word[length] == ',');
	}
	return bench_options.filter == NULL;
}
