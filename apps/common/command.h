/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of a DPDK program: EAL's options, "--", and the program's own options, which are all long ones.
 * Every program has --help and --version.
 */
#ifndef APPS_COMMAND_H
#define APPS_COMMAND_H

#include <stddef.h>

#include "option.h"

/* A list of options that set fields of one struct. getopt and --help both use it. */
struct command_table {
	const struct option_row *rows;
	size_t count;
	size_t offset; /* of the struct, in the program's values */
};

struct command {
	const char *program;
	const char *version;
	const char *about; /* one line: what the program does */
	const struct command_table *tables;
	size_t table_count;
	const char *anywhere;	 /* an option without EAL: it may stand before "--", too; NULL: none */
	int width;		 /* of the first column of --help */
	void (*help_more)(void); /* prints the end of --help */
};

/*
 * Sets the options to their defaults, and then to the values on the command line. Returns the number of EAL's
 * arguments, including the program's name. 0: help or version was printed, and the program ends. -1: one line on stderr
 * says what is wrong. Without memory the program ends here with exit code 1, which is not that of wrong options.
 */
int command_parse(const struct command *command, int argc, char **argv, void *values);

#endif /* APPS_COMMAND_H */
