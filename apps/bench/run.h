/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures one case: its ways take turns, round by round. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "bench.h"
#include "options.h"

struct bench_spread {
	double median, min, max;
};

struct bench_figures {
	const struct bench_way *way;
	double rounds[BENCH_ROUNDS_MAX]; /* in the case's unit */
	struct bench_spread figure;
	struct bench_spread ratio; /* to ways[0], per round: a disturbance of a round affects both */
	double best_ratio;	   /* to ways[0], from the best round of each: what a quiet machine shows */
};

struct bench_result {
	const struct bench_case *c;
	unsigned ways, rounds;
	struct bench_figures of[BENCH_WAYS]; /* [0] is this library */
};

/* @return NULL, or why the case cannot run here. */
const char *bench_run(const struct bench_case *c, struct bench_result *result);

#endif /* BENCH_RUN_H */
