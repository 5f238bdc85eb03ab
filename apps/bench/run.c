/* SPDX-License-Identifier: BSD-3-Clause */
#include "run.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_lcore.h>
#include <rte_malloc.h>

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct bench_spread
spread_of(const double *values, unsigned n)
{
	double sorted[BENCH_ROUNDS_MAX];

	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), compare_doubles);
	return (struct bench_spread){
		.median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2, .min = sorted[0], .max = sorted[n - 1]};
}

static double
measure_way(const struct bench_case *c, const struct bench_way *way, uint64_t passes)
{
	if (way->value != NULL)
		return way->value(c);
	return bench_ns(way->cycles(c, passes)) / ((double)passes * RTE_MAX(c->operations, 1u));
}

/*
 * The number of passes that take the time of a batch, computed from the fastest try. Costs that occur once, or that
 * other programs on this machine cause, must not count as work, so the last number is tried a few times. These tries
 * warm up caches, branch predictors, pools and slabs.
 */
static uint64_t
passes_of(const struct bench_case *c, const struct bench_way *way)
{
	double batch = (double)rte_get_tsc_hz() / 1e6 * bench_options.batch_us, best = batch, took;
	uint64_t passes = 1, want = 1;

	if (way->value != NULL)
		return 0;
	for (unsigned tries = 0; tries < 4;) {
		took = (double)way->cycles(c, passes) / (double)passes;
		best = RTE_MIN(best, took);
		want = (uint64_t)(batch / RTE_MAX(best, 1e-3)) + 1;
		if (passes >= want / 2)
			tries++;
		else
			passes = RTE_MIN(passes * 4, want);
	}
	return want;
}

static void
run_rounds(const struct bench_case *c, struct bench_result *result)
{
	double ratios[BENCH_ROUNDS_MAX];
	uint64_t passes[BENCH_WAYS];

	for (unsigned i = 0; i < result->ways; i++)
		passes[i] = passes_of(c, result->of[i].way);
	for (unsigned round = 0; round < result->rounds; round++) {
		/* Each round begins with another way, so that no way always follows the same one. */
		for (unsigned k = 0; k < result->ways; k++) {
			unsigned i = (round + k) % result->ways;

			result->of[i].rounds[round] = measure_way(c, result->of[i].way, passes[i]);
		}
	}
	for (unsigned i = 0; i < result->ways; i++) {
		struct bench_figures *f = &result->of[i];

		for (unsigned round = 0; round < result->rounds; round++)
			ratios[round] = f->rounds[round] / result->of[0].rounds[round];
		f->figure = spread_of(f->rounds, result->rounds);
		f->ratio = spread_of(ratios, result->rounds);
		f->best_ratio = f->figure.min / result->of[0].figure.min;
	}
}

/*
 * Whether that many lcores, as bench_run_on_lcores() takes them, have cores of their own. Two lcores on one core would
 * only take turns.
 */
static bool
have_lcores(unsigned lcores)
{
	rte_cpuset_t cpus = rte_lcore_cpuset(rte_lcore_id());
	unsigned lcore, n = 1;

	for (lcore = rte_get_next_lcore(UINT_MAX, 1, 0); n < lcores && lcore < RTE_MAX_LCORE; n++) {
		rte_cpuset_t more = rte_lcore_cpuset(lcore);

		CPU_OR(&cpus, &cpus, &more);
		lcore = rte_get_next_lcore(lcore, 1, 0);
	}
	return n >= lcores && (unsigned)CPU_COUNT(&cpus) >= lcores;
}

const char *
bench_run(const struct bench_case *c, struct bench_result *result)
{
	static char reason[64];
	const char *missing = NULL;

	if (!have_lcores(c->lcores)) {
		snprintf(reason, sizeof(reason), "needs %u lcores on cores of their own (EAL option -l)", c->lcores);
		return reason;
	}
	memset(result, 0, sizeof(*result));
	result->c = c;
	result->rounds = bench_options.rounds;
	for (unsigned i = 0; i < BENCH_WAYS && c->ways[i].name != NULL; i++) {
		if (c->ways[i].present == NULL || c->ways[i].present())
			result->of[result->ways++].way = &c->ways[i];
	}
	if (!c->own_library)
		bench_library_start(NULL);
	if (c->mbufs != 0)
		bench_pool = bench_pool_create("bench", c->mbufs, c->length);
	if (c->setup != NULL)
		missing = c->setup(c);
	if (missing == NULL) {
		run_rounds(c, result);
		if (c->teardown != NULL)
			c->teardown(c);
	}
	bench_pool_free(bench_pool);
	bench_pool = NULL;
	if (!c->own_library)
		bench_library_stop();
	return missing;
}
