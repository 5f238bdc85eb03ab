/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of a new slab: for the thread that needs it, and for a thread that does not. */
#include "impl.h"

#include <stdatomic.h>

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
	{.name = NULL},
};
