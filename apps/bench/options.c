/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "../common/command.h"
#include "../common/error.h"

struct bench_options bench_options;

/* Makes the run short. --rounds and --batch may follow, and change it again. */
static void
set_quick(struct value *v, void *values)
{
	struct bench_options *o = values;

	(void)v;
	o->quick = true;
	o->rounds = 3;
	o->batch_us = 200;
}

static const struct option_row rows[] = {
	OPTION_NUMBER(struct bench_options, rounds, "rounds", "N",
		      "measure each implementation that often, 1 to 999 (15)", 1, BENCH_ROUNDS_MAX, 15),
	OPTION_NUMBER(struct bench_options, batch_us, "batch", "MICROSECONDS",
		      "the least time of one measurement (4000)", 1, 10000000, 4000),
	OPTION_OTHER(set_quick, "quick", NULL, "3 rounds of 200 microseconds: shows that it works, not how fast it is"),
	OPTION_TEXT(struct bench_options, filter, "filter", "WORD[,WORD...]",
		    "run only cases whose name has one of the words", "a word", NULL),
	OPTION_FLAG(struct bench_options, list, "list", "print the cases' names and what they do; run none"),
	OPTION_FILE(struct bench_options, json, "json", "[FILE]",
		    "write every round as JSON too; no FILE, or -: to stdout; the table to stderr"),
	OPTION_FILE(struct bench_options, csv, "csv", "[FILE]",
		    "write a line per case and implementation; FILE as for --json"),
};

static const struct command_table tables[] = {{rows, RTE_DIM(rows), 0}};

static void
help_more(void)
{
	printf("\nAn example that needs no NIC, no huge pages and no root (cases that need four lcores are skipped):\n"
	       "  evpl-bench -l 0,1 --no-pci --no-huge --no-shconf --no-telemetry -m 1024 -- --filter=alloc\n\n"
	       "A ratio is the other's figure divided by this library's: above 1, this library is faster.\n"
	       "Exit status: 0: all went well; 1: something failed, or a buffer did not come home;\n"
	       "2: the command line is wrong.\n");
}

int
options_parse(int argc, char **argv)
{
	static const struct command command = {
		.program = "evpl-bench",
		.version = EVPL_IOVEC_TRACE ? EVPL_BENCH_VERSION " (tracing)" : EVPL_BENCH_VERSION,
		.about = "Measures evpl-dpdk's calls against rte_pktmbuf, malloc and mimalloc, in turns, in one "
			 "process.",
		.tables = tables,
		.table_count = RTE_DIM(tables),
		.anywhere = "list",
		.width = 28,
		.help_more = help_more,
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
