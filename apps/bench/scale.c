/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two lcores take and give back, each for itself, against one lcore. It shows whether they share what they should not.
 */
#include "impl.h"

struct work {
	const struct bench_case *c;
	uint64_t n;
};

BENCH_INLINE void
work_alone(enum bench_impl impl, struct work *w)
{
	struct bench_env env = bench_env(impl);

	bench_begin();
	(void)alloc_release_on(impl, env, w->c, w->n);
	bench_end();
}

/* The time from the first lcore's start to the last one's end. Each lcore has done n operations. */
BENCH_INLINE uint64_t
work_on_lcores(const struct bench_case *c, uint64_t n, unsigned lcores, void (*function)(unsigned index, void *arg))
{
	struct work w = {.c = c, .n = n};

	bench_run_on_lcores(lcores, function, &w);
	return bench_elapsed() / lcores;
}

#define SCALE(suffix, impl)                                                                                            \
	static void work_##suffix(unsigned index, void *arg)                                                           \
	{                                                                                                              \
		RTE_SET_USED(index);                                                                                   \
		work_alone(impl, arg);                                                                                 \
	}                                                                                                              \
	static uint64_t one_##suffix(const struct bench_case *c, uint64_t n)                                           \
	{                                                                                                              \
		return work_on_lcores(c, n, 1, work_##suffix);                                                         \
	}                                                                                                              \
	static uint64_t two_##suffix(const struct bench_case *c, uint64_t n)                                           \
	{                                                                                                              \
		return work_on_lcores(c, n, 2, work_##suffix);                                                         \
	}

SCALE(local, EVPL_LOCAL)
SCALE(shared, EVPL_SHARED)
SCALE(pktmbuf, PKTMBUF)

#define SCALES(kind, KIND)                                                                                             \
	{                                                                                                              \
		.name = "scale/" #kind "/64",                                                                          \
		.what = "alloc 64 bytes " KIND                                                                         \
			" + release, two lcores, each for itself; ratio: their work over that of one lcore",           \
		.unit = "ns", .want = 1.9, .lcores = 2, .mbufs = 2047, .length = 64, .ways = {                         \
			{"evpl-two-lcores", two_##kind, NULL, NULL},                                                   \
			{"evpl-one-lcore", one_##kind, NULL, NULL},                                                    \
			{"pktmbuf-two-lcores", two_pktmbuf, NULL, NULL},                                               \
			{"pktmbuf-one-lcore", one_pktmbuf, NULL, NULL},                                                \
		}                                                                                                      \
	}

const struct bench_case bench_scale[] = {
	SCALES(local, "LOCAL"),
	SCALES(shared, "SHARED"),
	{.name = NULL},
};
