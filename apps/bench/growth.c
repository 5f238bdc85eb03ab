/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of a new slab: for the thread that needs it, and for a thread that does not. */
#include "impl.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <rte_lcore.h>
#include <rte_mempool.h>
#include <rte_pause.h>

#define SLABS 8u
#define HELD 32u

/* In a running library: contexts and their pools exist already. */
static double
first_alloc(const struct bench_case *c)
{
	struct evpl_iovec iovec;
	struct evpl *evpl;
	uint64_t started;

	bench_library_start(NULL);
	evpl = bench_context();
	started = bench_now();
	if (evpl_iovec_alloc(evpl, c->length, 0, 1, 0, &iovec) != 1)
		bench_fail("%s: out of memory", c->name);
	started = bench_now() - started;
	evpl_iovec_release(evpl, &iovec);
	bench_library_stop();
	return bench_ns(started) / 1000;
}

/* A pool of mbufs with as many bytes as a slab has. */
static double
first_pool(const struct bench_case *c)
{
	uint64_t started = bench_now();
	struct rte_mempool *pool;
	struct rte_mbuf *mbuf;

	pool = bench_pool_create("bench_growth", EVPL_DEFAULT_SLAB_SIZE / RTE_MBUF_DEFAULT_BUF_SIZE, c->length);
	mbuf = rte_pktmbuf_alloc(pool);
	started = bench_now() - started;
	rte_pktmbuf_free(mbuf);
	bench_pool_free(pool);
	return bench_ns(started) / 1000;
}

static struct {
	bool grow;
	atomic_bool begun, done;
	uint64_t longest, quiet; /* TSC */
} stall;

/* Takes whole buffers until there are SLABS more slabs; without stall.grow it waits as long as that took. */
static void
grow_slabs(void)
{
	static struct evpl_iovec iovecs[SLABS * EVPL_DEFAULT_SLAB_SIZE / EVPL_DEFAULT_BUFFER_SIZE];
	struct evpl *evpl = bench_context();
	uint64_t started;

	bench_begin();
	while (!atomic_load(&stall.begun))
		rte_pause();
	started = bench_now();
	if (stall.grow) {
		for (unsigned k = 0; k < RTE_DIM(iovecs); k++) {
			if (evpl_iovec_alloc(evpl, EVPL_DEFAULT_BUFFER_SIZE, 0, 1, EVPL_IOVEC_FLAG_SHARED,
					     &iovecs[k]) != 1)
				bench_fail("growth: out of memory");
		}
		stall.quiet = bench_now() - started;
	} else {
		while (bench_now() - started < stall.quiet)
			;
	}
	atomic_store(&stall.done, true);
	bench_end();
	for (unsigned k = 0; stall.grow && k < RTE_DIM(iovecs); k++)
		evpl_iovec_release(evpl, &iovecs[k]);
}

/* Takes buffers now and then. They are always buffers that it gave back before. */
static void
alloc_beside(void)
{
	struct bench_env env = bench_env(EVPL_LOCAL);
	struct evpl_iovec held[HELD];
	uint64_t longest = 0;

	for (unsigned warm = 0; warm < 100; warm++) {
		for (unsigned k = 0; k < HELD; k++)
			alloc_one(EVPL_LOCAL, &env, &held[k], 8192);
		for (unsigned k = 0; k < HELD; k++)
			release_one(EVPL_LOCAL, &env, &held[k]);
	}
	bench_begin();
	/* The loop runs at least once, to its end. */
	do {
		atomic_store_explicit(&stall.begun, true, memory_order_relaxed);
		for (unsigned k = 0; k < HELD; k++) {
			uint64_t started = bench_now(), took;

			alloc_one(EVPL_LOCAL, &env, &held[k], 8192);
			took = bench_now() - started;
			longest = RTE_MAX(longest, took);
		}
		for (unsigned k = 0; k < HELD; k++)
			release_one(EVPL_LOCAL, &env, &held[k]);
	} while (!atomic_load_explicit(&stall.done, memory_order_relaxed));
	stall.longest = longest;
	bench_end();
}

static void
grow_or_alloc(unsigned index, void *arg)
{
	RTE_SET_USED(arg);
	if (index == 0)
		grow_slabs();
	else
		alloc_beside();
}

static double
longest_stall(const struct bench_case *c, bool grow)
{
	stall.grow = grow;
	if (stall.quiet == 0)
		stall.quiet = rte_get_tsc_hz() / 50; /* in the first round only */
	atomic_store(&stall.begun, false);
	atomic_store(&stall.done, false);
	bench_library_start(NULL);
	bench_run_on_lcores(c->lcores, grow_or_alloc, NULL);
	bench_library_stop();
	return bench_ns(stall.longest) / 1000;
}

/*
 * The 99.99th percentile of allocs that use up TAIL_SLABS slabs, at a pace that the keeper can follow without huge
 * pages, too: 100 MB/s. The slabs are enough for seven stalls in 65,536 allocs, which is what the percentile shows.
 */
#define TAIL_SLABS 8u
#define TAIL_LENGTH 2048u
#define TAIL_ALLOCS (TAIL_SLABS * (EVPL_DEFAULT_SLAB_SIZE / TAIL_LENGTH))
#define TAIL_PACE_US 20u

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Sorts the times, and returns the percentile in us. */
static double
percentile(uint64_t *took)
{
	qsort(took, TAIL_ALLOCS, sizeof(*took), compare);
	return bench_ns(took[TAIL_ALLOCS - 1 - TAIL_ALLOCS / 10000]) / 1000;
}

/* Without a context it takes nothing. */
static void
take_at_a_pace(struct evpl *evpl, struct evpl_iovec *iovecs, uint64_t *took)
{
	uint64_t pace = rte_get_tsc_hz() / 1000000 * TAIL_PACE_US, next = bench_now(), started;

	for (unsigned k = 0; k < TAIL_ALLOCS; k++) {
		while (bench_now() < next)
			rte_pause();
		started = bench_now();
		if (evpl != NULL && evpl_iovec_alloc(evpl, TAIL_LENGTH, 0, 1, 0, &iovecs[k]) != 1)
			bench_fail("growth: out of memory");
		took[k] = bench_now() - started;
		next = started + pace;
	}
}

static double
tail(const struct evpl_global_config *config)
{
	struct evpl_iovec *iovecs = calloc(TAIL_ALLOCS, sizeof(*iovecs));
	uint64_t *took = calloc(TAIL_ALLOCS, sizeof(*took));
	struct evpl *evpl;
	double found;

	if (iovecs == NULL || took == NULL)
		bench_fail("growth: out of memory");
	/* Their pages are there before, so that no alloc waits for one. */
	memset(iovecs, 1, sizeof(*iovecs) * TAIL_ALLOCS);
	memset(took, 1, sizeof(*took) * TAIL_ALLOCS);
	bench_library_start(config);
	evpl = bench_context();
	take_at_a_pace(evpl, iovecs, took);
	for (unsigned k = 0; k < TAIL_ALLOCS; k++)
		evpl_iovec_release(evpl, &iovecs[k]);
	bench_library_stop();
	found = percentile(took);
	free(took);
	free(iovecs);
	return found;
}

/* What the machine does to the figure: the same reads of the clock, with no call between them. */
static double
tail_of_nothing(const struct bench_case *c)
{
	uint64_t *took = calloc(TAIL_ALLOCS, sizeof(*took));
	double found;

	RTE_SET_USED(c);
	if (took == NULL)
		bench_fail("growth: out of memory");
	memset(took, 1, sizeof(*took) * TAIL_ALLOCS);
	take_at_a_pace(NULL, NULL, took);
	found = percentile(took);
	free(took);
	return found;
}

/* The first slab is there in both. */
static double
tail_keeper(const struct bench_case *c)
{
	const struct evpl_global_config config = {.preallocate_slabs = 1, .low_watermark = EVPL_DEFAULT_SLAB_SIZE};

	RTE_SET_USED(c);
	return tail(&config);
}

static double
tail_inline(const struct bench_case *c)
{
	const struct evpl_global_config config = {.preallocate_slabs = 1};

	RTE_SET_USED(c);
	return tail(&config);
}

static double
tail_without_growth(const struct bench_case *c)
{
	const struct evpl_global_config config = {.preallocate_slabs = TAIL_SLABS};

	RTE_SET_USED(c);
	return tail(&config);
}

BENCH_VALUE_CALL(stall_growing, longest_stall(c, true))
BENCH_VALUE_CALL(stall_quiet, longest_stall(c, false))

const struct bench_case bench_growth[] = {
	{
		.name = "growth/first-alloc",
		.what = "the first alloc, which makes a slab of 16 MiB; pool: rte_pktmbuf_pool_create of as many bytes "
			"+ alloc",
		.unit = "us",
		.own_library = true,
		.length = 64,
		.ways = {{"evpl", NULL, first_alloc, NULL}, {"pool", NULL, first_pool, NULL}},
	},
	{
		.name = "growth/longest-stall",
		.what = "the longest alloc of an lcore that needs no slab, while another lcore makes eight; against "
			"while it makes none",
		.unit = "us",
		.lcores = 2,
		.own_library = true,
		.ways = {{"evpl-growing", NULL, stall_growing, NULL}, {"evpl-quiet", NULL, stall_quiet, NULL}},
	},
	{
		.name = "growth/tail",
		.what = "the 99.99th percentile of allocs of 2,048 bytes, 20 us apart, that use up eight slabs: with "
			"a keeper, and without; if all slabs are there before; and of no alloc at all",
		.unit = "us",
		.at_most = 20,
		.own_library = true,
		.ways = {{"evpl-keeper", NULL, tail_keeper, NULL},
			 {"evpl-inline", NULL, tail_inline, NULL},
			 {"evpl-all-there", NULL, tail_without_growth, NULL},
			 {"no-alloc", NULL, tail_of_nothing, NULL}},
	},
	{.name = NULL},
};
