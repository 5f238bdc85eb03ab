/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cost of finding a buffer among N slabs, when there is only one, and when there is none. BUFFERS buffers are in N
 * slabs. All are held but the one that a loop gives back and takes again.
 */
#include "impl.h"

#include <rte_errno.h>

#define BUFFERS 1024u
#define BUFFER_SIZE 4096u
#define LOOPS 20000u
#define TURNS 8u /* buffers that take turns, so that none is the context's current one when it is given back */

static struct evpl_iovec iovecs[BUFFERS];

static struct evpl *
fill(unsigned slabs)
{
	const struct evpl_global_config config = {.slab_size = BUFFERS / slabs * BUFFER_SIZE,
						  .buffer_size = BUFFER_SIZE,
						  .large_buffer_size = BUFFER_SIZE,
						  .max_slabs = slabs};
	struct evpl *evpl;

	bench_library_start(&config);
	evpl = bench_context();
	for (unsigned k = 0; k < BUFFERS; k++) {
		if (evpl_iovec_alloc(evpl, BUFFER_SIZE, 0, 1, EVPL_IOVEC_FLAG_SHARED, &iovecs[k]) != 1)
			bench_fail("slabs: out of memory: %s", rte_strerror(rte_errno));
	}
	return evpl;
}

static double
empty(struct evpl *evpl, uint64_t cycles)
{
	for (unsigned k = 0; k < BUFFERS; k++)
		evpl_iovec_release(evpl, &iovecs[k]);
	bench_library_stop();
	return bench_ns(cycles) / LOOPS;
}

/* In the slab that was made last. A release without a context goes to the slab, and not to a stash. */
static double
take_only_one(unsigned slabs)
{
	struct evpl *evpl = fill(slabs);
	uint64_t started = bench_now();

	for (unsigned i = 0; i < LOOPS; i++) {
		struct evpl_iovec *iovec = &iovecs[BUFFERS - 1 - i % TURNS];

		evpl_iovec_release(NULL, iovec);
		if (unlikely(evpl_iovec_alloc(evpl, BUFFER_SIZE, 0, 1, EVPL_IOVEC_FLAG_SHARED, iovec) != 1))
			bench_fail("slabs: the only buffer is not found");
	}
	return empty(evpl, bench_now() - started);
}

static double
take_none(unsigned slabs)
{
	struct evpl *evpl = fill(slabs);
	uint64_t started = bench_now();
	struct evpl_iovec none;

	for (unsigned i = 0; i < LOOPS; i++) {
		if (unlikely(evpl_iovec_alloc(evpl, BUFFER_SIZE, 0, 1, EVPL_IOVEC_FLAG_SHARED, &none) != -1))
			bench_fail("slabs: a buffer too many");
	}
	return empty(evpl, bench_now() - started);
}

BENCH_VALUE_CALL(only_one, take_only_one(c->count))
BENCH_VALUE_CALL(only_one_of_one, (RTE_SET_USED(c), take_only_one(1)))
BENCH_VALUE_CALL(none, take_none(c->count))

/* 2 / 3: a refill takes at most 1.5 times as long as with one slab. */
#define SLABS(n)                                                                                                       \
	{                                                                                                              \
		.name = "slabs/" #n,                                                                                   \
		.what = "release and alloc of the only free buffer in " #n " slabs; with one slab; an alloc that "     \
			"finds none in " #n " slabs",                                                                  \
		.unit = "ns", .want = 2.0 / 3, .own_library = true, .count = (n), .ways = {                            \
			{"evpl", NULL, only_one, NULL},                                                                \
			{"one-slab", NULL, only_one_of_one, NULL},                                                     \
			{"none-free", NULL, none, NULL},                                                               \
		}                                                                                                      \
	}

const struct bench_case bench_slabs[] = {
	SLABS(1), SLABS(16), SLABS(256), SLABS(1024), {.name = NULL},
};
