/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "../common/command.h"
#include "../common/error.h"

struct bench_options bench_options;

/* Less of everything: the other two may come behind it. */
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
		      "times that each implementation is measured, 1 to 999 (15)", 1, BENCH_ROUNDS_MAX, 15),
	OPTION_NUMBER(struct bench_options, batch_us, "batch", "MICROSECONDS",
		      "that one measurement lasts, at least (4000)", 1, 10000000, 4000),
	OPTION_OTHER(set_quick, "quick", NULL, "3 rounds of 200 microseconds: does it work, not how fast is it"),
	OPTION_TEXT(struct bench_options, filter, "filter", "WORD[,WORD...]",
		    "only cases whose name has one of the words", "a word", NULL),
	OPTION_FLAG(struct bench_options, list, "list", "the cases' names, and what they do; runs none"),
	OPTION_FILE(struct bench_options, json, "json", "[FILE]",
		    "every round as JSON too; no FILE, or -: to stdout, the table to stderr"),
	OPTION_FILE(struct bench_options, csv, "csv", "[FILE]", "one line per case and implementation, likewise"),
};

static const struct command_table tables[] = {{rows, RTE_DIM(rows), 0}};

static void
help_more(void)
{
	printf("\nWithout NIC, huge pages or root (two lcores; some cases use four, and are skipped without):\n"
	       "  evpl-bench -l 0,1 --no-pci --no-huge --no-shconf --no-telemetry -m 1024 -- --filter=alloc\n\n"
	       "A ratio is how many times the other's figure is of this library's: above 1, this library is ahead.\n"
	       "Exit status: 0; 1: something failed, or a buffer did not come home; 2: the command line is wrong.\n");
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
