/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench.h"

#define BENCH_ROUNDS_MAX 999u

struct bench_options {
	unsigned rounds;
	unsigned batch_us; /* that one way runs for, at least, per round */
	bool quick;	   /* also: less work where it is a fixed amount */
	bool list;
	const char *filter;	/* words, one of which a name must have; NULL: all */
	const char *json, *csv; /* file; "-": stdout; NULL: none */
};
extern struct bench_options bench_options;

/* @return how many arguments are EAL's; 0: all is said; -1: the line is wrong, and that was said. */
int options_parse(int argc, char **argv);

bool options_chosen(const struct bench_case *c);

#endif /* BENCH_OPTIONS_H */
