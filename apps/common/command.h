/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of a DPDK program: EAL's options, "--", and the program's own options, which are all long ones.
 * Every program has --help and --version.
 */
#ifndef APPS_COMMAND_H
#define APPS_COMMAND_H

#include <stddef.h>

/* One option. getopt and --help both use this list. */
struct command_option {
	const char *name;     /* NULL: help is a heading */
	const char *argument; /* NULL: no argument; in brackets: a file name that may be left out ("-") */
	const char *help;
	int id; /* the program's */
};

struct command {
	const char *program;
	const char *version;
	const char *about; /* one line: what the program does */
	const struct command_option *options;
	size_t count;
	const char *anywhere;	 /* an option without EAL: it may stand before "--", too; NULL: none */
	int width;		 /* of the first column of --help */
	void (*help_more)(void); /* prints the end of --help */
	/* Takes one option. text is NULL if the option has no value. 0, or -1 after an error line. */
	int (*set)(void *values, const struct command_option *option, const char *text);
};

/*
 * Returns the number of EAL's arguments, including the program's name. 0: help or version was printed, and the program
 * ends. -1: one line on stderr says what is wrong.
 */
int command_parse(const struct command *command, int argc, char **argv, void *values);

#endif /* APPS_COMMAND_H */
