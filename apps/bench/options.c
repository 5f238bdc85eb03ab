/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_version.h>

#include "../common/args.h"

struct bench_options bench_options = {.rounds = 15, .batch_us = 4000};

enum option_id {
	OPT_ROUNDS = 256,
	OPT_BATCH,
	OPT_QUICK,
	OPT_FILTER,
	OPT_LIST,
	OPT_JSON,
	OPT_CSV,
	OPT_HELP,
	OPT_VERSION,
};

/* One list for getopt and for --help. */
static const struct {
	const char *name;
	const char *argument; /* NULL: takes none; in brackets: may be left out */
	const char *help;
	enum option_id id;
} table[] = {
	{"rounds", "N", "times that each implementation is measured, 1 to 999 (15)", OPT_ROUNDS},
	{"batch", "MICROSECONDS", "that one measurement lasts, at least (4000)", OPT_BATCH},
	{"quick", NULL, "3 rounds of 200 microseconds: does it work, not how fast is it", OPT_QUICK},
	{"filter", "WORD[,WORD...]", "only cases whose name has one of the words", OPT_FILTER},
	{"list", NULL, "the cases' names, and what they do; runs none", OPT_LIST},
	{"json", "[FILE]", "every round as JSON too; no FILE, or -: to stdout, the table to stderr", OPT_JSON},
	{"csv", "[FILE]", "one line per case and implementation, likewise", OPT_CSV},
	{"help", NULL, "this text", OPT_HELP},
	{"version", NULL, "the version", OPT_VERSION},
};

static void option_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
option_error(const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, "evpl-bench: %s\n", line);
}

static void
print_help(void)
{
	char option[48];

	printf("Usage: evpl-bench [EAL options] -- [options]\n"
	       "Measures evpl-dpdk's calls against rte_pktmbuf, malloc and mimalloc, in turns, in one process.\n\n"
	       "Options:\n");
	for (size_t i = 0; i < RTE_DIM(table); i++) {
		const char *argument = table[i].argument != NULL ? table[i].argument : "";
		bool may = argument[0] == '[';

		snprintf(option, sizeof(option), "--%s%s%s", table[i].name,
			 may		     ? "[="
			 : *argument != '\0' ? "="
					     : "",
			 argument + may);
		printf("  %-28s %s\n", option, table[i].help);
	}
	printf("\nWithout NIC, huge pages or root (two lcores; some cases use four, and are skipped without):\n"
	       "  evpl-bench -l 0,1 --no-pci --no-huge --no-shconf --no-telemetry -m 1024 -- --filter=alloc\n\n"
	       "A ratio is how many times the other's figure is of this library's: above 1, this library is ahead.\n"
	       "Exit status: 0; 1: something failed, or a buffer did not come home; 2: the command line is wrong.\n");
}

static int
set_number(const char *name, const char *text, uint64_t max, unsigned *number)
{
	uint64_t value;

	if (!args_number(text, 1, max, &value)) {
		option_error("--%s=%s: not a number from 1 to %u", name, text, (unsigned)max);
		return -1;
	}
	*number = (unsigned)value;
	return 0;
}

/* The option's value behind "=", or the next argument when that is no option itself. */
static const char *
file_name(int argc, char **argv)
{
	if (optarg != NULL)
		return optarg;
	if (optind < argc && (argv[optind][0] != '-' || argv[optind][1] == '\0'))
		return argv[optind++];
	return "-";
}

static int
set_option(int id, int argc, char **argv)
{
	struct bench_options *o = &bench_options;

	switch (id) {
	case OPT_ROUNDS:
		return set_number("rounds", optarg, BENCH_ROUNDS_MAX, &o->rounds);
	case OPT_BATCH:
		return set_number("batch", optarg, 10000000, &o->batch_us);
	case OPT_QUICK:
		o->quick = true;
		o->rounds = 3;
		o->batch_us = 200;
		return 0;
	case OPT_FILTER:
		if (optarg[0] == '\0') {
			option_error("--filter needs a word");
			return -1;
		}
		o->filter = optarg;
		return 0;
	case OPT_LIST:
		o->list = true;
		return 0;
	case OPT_JSON:
		o->json = file_name(argc, argv);
		return 0;
	case OPT_CSV:
		o->csv = file_name(argc, argv);
		return 0;
	default:
		return 0;
	}
}

/* The line for what getopt did not take. */
static void
refuse(int id, const char *argument)
{
	bool is_short = optopt != 0 && optopt < OPT_ROUNDS;

	if (is_short && isgraph((unsigned char)optopt))
		option_error("-%c: no such option (see --help)", optopt);
	else if (is_short)
		option_error("-\\x%02x: no such option (see --help)", (unsigned)(unsigned char)optopt);
	else if (id == ':')
		option_error("%s needs a value", argument);
	else
		option_error("%s: no such option, or a value too many (see --help)", argument);
}

static void
print_version(void)
{
	printf("evpl-bench %s%s, %s\n", EVPL_BENCH_VERSION, EVPL_IOVEC_TRACE ? " (tracing)" : "", rte_version());
}

/* Before "--" only EAL's options stand, but for those that need no EAL. */
static int
check_eal_part(int count, char **argv)
{
	for (int i = 1; i < count; i++) {
		size_t length = strcspn(argv[i], "=");

		if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
			print_help();
			return 0;
		}
		if (strcmp(argv[i], "--version") == 0) {
			print_version();
			return 0;
		}
		if (strcmp(argv[i], "--list") == 0) {
			bench_options.list = true;
			continue;
		}
		for (size_t k = 0; k < RTE_DIM(table); k++) {
			if (length > 2 && strncmp(argv[i], "--", 2) == 0 && strlen(table[k].name) == length - 2 &&
			    strncmp(argv[i] + 2, table[k].name, length - 2) == 0) {
				option_error("%s belongs behind --: evpl-bench [EAL options] -- [options]", argv[i]);
				return -1;
			}
		}
	}
	return count;
}

int
options_parse(int argc, char **argv)
{
	struct option longs[RTE_DIM(table) + 1] = {0};
	int eal_count = 1, id, index = 0;

	while (eal_count < argc && strcmp(argv[eal_count], "--") != 0)
		eal_count++;
	id = check_eal_part(eal_count, argv);
	if (id <= 0)
		return id;
	for (size_t i = 0; i < RTE_DIM(table); i++) {
		const char *argument = table[i].argument;

		longs[i].name = table[i].name;
		longs[i].has_arg = argument == NULL	? no_argument
				   : argument[0] == '[' ? optional_argument
							: required_argument;
		longs[i].val = (int)table[i].id;
	}
	/* getopt skips its first argument: here that is the "--". */
	argc -= eal_count;
	argv += eal_count;
	opterr = 0;
	optind = 1;
	while (argc > 1 && (id = getopt_long(argc, argv, "+:h", longs, &index)) != -1) {
		if (id == '?' || id == ':') {
			refuse(id, argv[optind - 1]);
			return -1;
		}
		if (id == OPT_HELP || id == 'h') {
			print_help();
			return 0;
		}
		if (id == OPT_VERSION) {
			print_version();
			return 0;
		}
		if (set_option(id, argc, argv) != 0)
			return -1;
	}
	if (argc > 1 && optind < argc) {
		option_error("%s: not an option", argv[optind]);
		return -1;
	}
	if (bench_options.json != NULL && bench_options.csv != NULL &&
	    strcmp(bench_options.json, bench_options.csv) == 0) {
		option_error("--json and --csv cannot both go to %s", bench_options.json);
		return -1;
	}
	optind = 1;
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
