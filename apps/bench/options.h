/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench.h"

#define BENCH_ROUNDS_MAX 999u

struct bench_options {
	unsigned rounds;
	unsigned batch_us; /* microseconds that one way runs per round, at least */
	bool quick;	   /* also: less work in cases with a fixed amount of it */
	bool list;
	const char *filter;	/* words; a case's name must have one of them; NULL: all */
	const char *json, *csv; /* file; "-": stdout; NULL: none */
};
extern struct bench_options bench_options;

/* @return the number of EAL's arguments; 0: all was printed; -1: the line is wrong, and an error line was printed. */
int options_parse(int argc, char **argv);

bool options_chosen(const struct bench_case *c);

#endif /* BENCH_OPTIONS_H */
