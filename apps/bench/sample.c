/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of evpl_global_config.sample_period, which records the place of every 128th allocation. */
#include "impl.h"

/*
 * Every period runs the same code. The speed of two copies of such a loop, at different addresses, differs by more than
 * samples cost. The variables are volatile, so that the compiler makes no copy for a constant.
 */
static volatile unsigned on = 128, off;

static __rte_noinline uint64_t
with_period(enum bench_impl impl, const struct bench_case *c, uint64_t n, unsigned period)
{
	struct evpl_global_config config = {.sample_period = period};
	uint64_t cycles;

	bench_library_start(&config);
	cycles = impl == EVPL_LOCAL ? alloc_release(EVPL_LOCAL, c, n) : alloc_release(EVPL_SHARED, c, n);
	bench_library_stop();
	return cycles;
}

BENCH_WAY_CALL(sampled_local, with_period(EVPL_LOCAL, c, n, on))
BENCH_WAY_CALL(sampled_shared, with_period(EVPL_SHARED, c, n, on))
BENCH_WAY_CALL(plain_local, with_period(EVPL_LOCAL, c, n, off))
BENCH_WAY_CALL(plain_shared, with_period(EVPL_SHARED, c, n, off))

#define SAMPLE(kind, KIND)                                                                                             \
	{                                                                                                              \
		.name = "sample/" #kind "/64",                                                                         \
		.what = "alloc 64 bytes " KIND " + release with sample_period 128, against 0", .unit = "ns",           \
		.own_library = true, .length = 64, .ways = {                                                           \
			{"evpl-128", sampled_##kind, NULL, NULL},                                                      \
			{"evpl-0", plain_##kind, NULL, NULL},                                                          \
		}                                                                                                      \
	}

const struct bench_case bench_sample[] = {
	SAMPLE(local, "LOCAL"),
	SAMPLE(shared, "SHARED"),
	{.name = NULL},
};
