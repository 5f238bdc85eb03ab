/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include "../common/host/options.h"
#include "load.h"

/* The values of the command line. */
struct program_options {
	struct host_options host;
	struct load_options load;
};

/*
 * Splits argv at "--" and parses the arguments behind it.
 * Returns the number of EAL's arguments, the program's name included; 0: help or version was printed, nothing is left
 * to do; -1: one line on stderr says what is wrong.
 */
int options_parse(int argc, char **argv, struct program_options *o);

#endif /* LOAD_OPTIONS_H */
