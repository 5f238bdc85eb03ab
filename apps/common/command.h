/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of a DPDK program: EAL's options, "--", and the program's own, which all are long ones. --help and
 * --version are every program's.
 */
#ifndef APPS_COMMAND_H
#define APPS_COMMAND_H

#include <stddef.h>

/* One line of the list that both getopt and --help use. */
struct command_option {
	const char *name;     /* NULL: a heading, in help */
	const char *argument; /* NULL: takes none; all in brackets: a file's name, "-" if it is left out */
	const char *help;
	int id; /* the program's */
};

struct command {
	const char *program;
	const char *version;
	const char *about; /* what it does: one line */
	const struct command_option *options;
	size_t count;
	const char *anywhere;	 /* the option that may stand before "--" too, for it needs no EAL; or NULL */
	int width;		 /* of --help's first column */
	void (*help_more)(void); /* what --help ends with */
	/* Takes one option, text NULL if it has none. 0, or -1 after an error line. */
	int (*set)(void *values, const struct command_option *option, const char *text);
};

/*
 * Returns how many arguments are EAL's, the program's name included; 0: help or version was printed, and nothing is left to
 * do; -1: one line on stderr says what is wrong.
 */
int command_parse(const struct command *command, int argc, char **argv, void *values);

#endif /* APPS_COMMAND_H */
