/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of a DPDK program: EAL's options, "--", and the program's own, which all are long ones. --help and
 * --version are every program's.
 */
#ifndef APPS_COMMAND_H
#define APPS_COMMAND_H

#include <stddef.h>

#include "option.h"

/* Options that set fields of one struct. */
struct command_table {
	const struct option_row *rows;
	size_t count;
	size_t offset; /* of the struct, in the program's values */
};

struct command {
	const char *program;
	const char *version;
	const char *about; /* what it does: one line */
	const struct command_table *tables;
	size_t table_count;
	const char *anywhere;	 /* the option that may stand before "--" too, for it needs no EAL; or NULL */
	int width;		 /* of --help's first column */
	void (*help_more)(void); /* what --help ends with */
};

/*
 * Gives the options their defaults, and then what the command line says.
 * Returns how many arguments are EAL's, the program's name included; 0: help or version was printed, and nothing is left to
 * do; -1: one line on stderr says what is wrong.
 */
int command_parse(const struct command *command, int argc, char **argv, void *values);

#endif /* APPS_COMMAND_H */
