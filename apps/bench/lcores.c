/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs work on several lcores at once. The time begins when all lcores are ready. */
#include "bench.h"

#include <limits.h>
#include <stdatomic.h>

#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>

static struct {
	void (*function)(unsigned index, void *arg);
	void *arg;
	unsigned lcores;
	unsigned index_of[RTE_MAX_LCORE];
	uint64_t started[RTE_MAX_LCORE], ended[RTE_MAX_LCORE]; /* by index */
	atomic_uint met;
} crowd;

static int
call_function(void *unused)
{
	(void)unused;
	crowd.function(crowd.index_of[rte_lcore_id()], crowd.arg);
	return 0;
}

void
bench_run_on_lcores(unsigned lcores, void (*function)(unsigned index, void *arg), void *arg)
{
	unsigned lcore, index = 0;

	crowd.function = function;
	crowd.arg = arg;
	crowd.lcores = lcores;
	atomic_store(&crowd.met, 0);
	crowd.index_of[rte_lcore_id()] = index++;
	for (lcore = rte_get_next_lcore(UINT_MAX, 1, 0); index < lcores && lcore < RTE_MAX_LCORE;
	     lcore = rte_get_next_lcore(lcore, 1, 0)) {
		crowd.index_of[lcore] = index++;
		if (rte_eal_remote_launch(call_function, NULL, lcore) != 0)
			bench_fail("lcore %u is busy", lcore);
	}
	if (index != lcores)
		bench_fail("%u lcores are needed", lcores);
	call_function(NULL);
	rte_eal_mp_wait_lcore();
}

void
bench_begin(void)
{
	/* Pairs with the additions of the other lcores: what they did before is visible after this. */
	atomic_fetch_add(&crowd.met, 1);
	while (atomic_load(&crowd.met) < crowd.lcores)
		rte_pause();
	crowd.started[crowd.index_of[rte_lcore_id()]] = bench_now();
}

void
bench_end(void)
{
	crowd.ended[crowd.index_of[rte_lcore_id()]] = bench_now();
}

uint64_t
bench_elapsed(void)
{
	uint64_t first = UINT64_MAX, last = 0;

	for (unsigned i = 0; i < crowd.lcores; i++) {
		first = RTE_MIN(first, crowd.started[i]);
		last = RTE_MAX(last, crowd.ended[i]);
	}
	return last - first;
}
