/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program on lwIP, from the command line to its end: EAL, the library, ports, lwIP, their loop, and the report. What the
 * program itself does is in a struct host_program, whose functions are called in this order:
 *
 *	start(), ready(), again and again turn() and now and then tick(), end(), stop(), print() and json()
 *
 * stop() is called after a start() that failed, too.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>
#include <stdio.h>

#include "options.h"
#include "report.h"

struct host_program {
	const char *name;
	/* Servers, or clients. lwIP runs, with all netifs. 0; else the exit status, after an error line. */
	int (*start)(void);
	/* Says that it is ready, and flushes that. */
	void (*ready)(const struct host_ports *ports, FILE *out);
	/* What is not called by lwIP, once per turn of the loop. NULL: nothing. */
	void (*turn)(void);
	/* The same, after some turns. NULL: nothing. */
	void (*tick)(FILE *out);
	/* A line of figures, for --stats-period. */
	void (*line)(const struct host_report *r, FILE *out);
	/* The loop is over: the exit status. */
	int (*end)(void);
	/* All that start() has begun. */
	void (*stop)(void);
	/* Its part of the report. */
	void (*print)(FILE *out);
	void (*json)(FILE *out);
};

/*
 * Runs it: the first eal_count of argv are EAL's. Returns the exit status: 0;
 * 1: something failed, or a buffer did not come home; 2: the command line is wrong.
 */
int host_run(const struct host_program *program, const struct host_options *options, int eal_count, char **argv);

#endif /* HOST_HOST_H */
