/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program on lwIP, from the command line to its end: EAL, the library, ports, lwIP, their loop, and the report. The
 * program's own part is a struct host_program. Its functions are called in this order:
 *
 *	check_options(), start(), ready(), again and again turn() and now and then tick() and line(),
 *	end(), stop(), print() and json()
 *
 * stop() is called even if start() failed.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>
#include <stdio.h>

#include "options.h"
#include "report.h"

struct host_program {
	const char *name;
	/* For host_main(): the program's options, among them those of options.h, and the struct that they set. */
	const struct command *command;
	void *values;
	struct host_options *options; /* in values */
	/* Whether the program's own options fit each other. 0; else -1, after an error line. */
	int (*check_options)(void);
	/* Starts servers, or clients. lwIP runs, with all netifs. 0; else the exit status, after an error line. */
	int (*start)(void);
	/* Prints that the program is ready. The caller flushes the stream. */
	void (*ready)(const struct host_ports *ports, FILE *out);
	/* Work that no callback of lwIP does, once per turn of the loop. NULL: none. */
	void (*turn)(void);
	/* The same, but only in one of several turns. NULL: none. */
	void (*tick)(FILE *out);
	/* Prints a line of figures, for --stats-period. */
	void (*line)(const struct host_report *r, FILE *out);
	/* The loop is over: returns the exit status. */
	int (*end)(void);
	/* Stops all that start() began. */
	void (*stop)(void);
	/* Print the program's part of the report. */
	void (*print)(FILE *out);
	void (*json)(FILE *out);
};

/*
 * The whole of a program's main(). Returns the exit status: 0; 1: something failed, or a buffer did not come home; 2:
 * the command line is wrong.
 */
int host_main(const struct host_program *program, int argc, char **argv);

/* The same, when the command line has been read. The first eal_count arguments of argv are EAL's. */
int host_run(const struct host_program *program, const struct host_options *options, int eal_count, char **argv);

#endif /* HOST_HOST_H */
