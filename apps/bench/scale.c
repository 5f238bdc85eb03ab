/* SPDX-License-Identifier: BSD-3-Clause */
/* Two lcores that each take and give back for themselves, against one: what do they share that they should not? */
#include "impl.h"

struct work {
	const struct bench_case *c;
	uint64_t n;
	uint64_t cycles[2]; /* of each lcore */
};

BENCH_INLINE void
alone(enum bench_impl impl, unsigned index, struct work *w)
{
	struct bench_env env = bench_env(impl);

	bench_meet();
	w->cycles[index] = alloc_release_on(impl, env, w->c, w->n);
}

/* By the sum of their rates: where one is disturbed, the other's time is not made longer by it. */
static uint64_t
both(const struct work *w)
{
	double first = (double)w->cycles[0], second = (double)w->cycles[1];

	return (uint64_t)(first * second / (first + second));
}

#define SCALE(suffix, impl)                                                                                            \
	static void work_##suffix(unsigned index, void *arg)                                                           \
	{                                                                                                              \
		alone(impl, index, arg);                                                                               \
	}                                                                                                              \
	static uint64_t one_##suffix(const struct bench_case *c, uint64_t n)                                           \
	{                                                                                                              \
		struct work w = {.c = c, .n = n};                                                                      \
                                                                                                                       \
		bench_together(1, work_##suffix, &w);                                                                  \
		return w.cycles[0];                                                                                    \
	}                                                                                                              \
	static uint64_t two_##suffix(const struct bench_case *c, uint64_t n)                                           \
	{                                                                                                              \
		struct work w = {.c = c, .n = n};                                                                      \
                                                                                                                       \
		bench_together(2, work_##suffix, &w);                                                                  \
		return both(&w);                                                                                       \
	}

SCALE(local, EVPL_LOCAL)
SCALE(shared, EVPL_SHARED)
SCALE(pktmbuf, PKTMBUF)

#define SCALES(kind, KIND)                                                                                             \
	{                                                                                                              \
		.name = "scale/" #kind "/64",                                                                          \
		.what = "alloc 64 bytes " KIND                                                                         \
			" + release, two lcores each their own against one: how many times the work",                  \
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
