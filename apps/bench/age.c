/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures whether use makes the library slower: millions of packets are held and released in random order first. */
#include "impl.h"

#include "options.h"

#define PACKETS 4000000u
#define LENGTH 64u
#define OPERATIONS 2000000u

/* Holds as many packets as there is memory for, and repeats that until PACKETS were held in all. */
static void
hold_and_release_in_random_order(unsigned flags)
{
	unsigned packets = bench_options.quick ? PACKETS / 10 : PACKETS, held;
	struct evpl_iovec *iovecs = calloc(packets, sizeof(*iovecs));
	uint32_t *order = malloc(packets * sizeof(*order));
	struct evpl *evpl = bench_context();

	if (iovecs == NULL || order == NULL)
		bench_fail("age: out of memory");
	for (unsigned left = packets; left > 0; left -= held) {
		for (held = 0; held < left; held++) {
			if (evpl_iovec_alloc(evpl, LENGTH, 0, 1, flags, &iovecs[held]) != 1)
				break;
		}
		if (held == 0)
			bench_fail("age: not even one packet");
		bench_shuffle(order, held);
		for (unsigned k = 0; k < held; k++)
			evpl_iovec_release(evpl, &iovecs[order[k]]);
	}
	free(order);
	free(iovecs);
}

/* The time of one piece: taken and released, with c->count held at once, in a library that is old or fresh. */
BENCH_INLINE double
ns_of_pieces(enum bench_impl impl, const struct bench_case *c, bool old)
{
	struct bench_env env;
	struct evpl_iovec held[256];
	uint64_t started = 0, passes = OPERATIONS / (bench_options.quick ? 100 : 1) / c->count;

	bench_library_start(NULL);
	env = bench_env(impl);
	if (old)
		hold_and_release_in_random_order(impl == EVPL_SHARED ? EVPL_IOVEC_FLAG_SHARED : 0);
	/*
	 * The first passes, a fourth of the measured ones, are not measured: they pay for what a new slab costs once.
	 */
	for (uint64_t i = 0; i < passes + passes / 4; i++) {
		if (i == passes / 4)
			started = bench_now();
		for (unsigned k = 0; k < c->count; k++)
			alloc_one(impl, &env, &held[k], c->length);
		for (unsigned k = 0; k < c->count; k++)
			release_one(impl, &env, &held[k]);
	}
	started = bench_now() - started;
	bench_library_stop();
	return bench_ns(started) / (double)(passes * c->count);
}

BENCH_VALUE_CALL(old_local, ns_of_pieces(EVPL_LOCAL, c, true))
BENCH_VALUE_CALL(fresh_local, ns_of_pieces(EVPL_LOCAL, c, false))
BENCH_VALUE_CALL(old_shared, ns_of_pieces(EVPL_SHARED, c, true))
BENCH_VALUE_CALL(fresh_shared, ns_of_pieces(EVPL_SHARED, c, false))

#define AGE(kind, KIND, pieces, bytes, text)                                                                           \
	{                                                                                                              \
		.name = "age/" #kind "/" #pieces "x" #bytes,                                                           \
		.what = text " " KIND                                                                                  \
			     " after 4,000,000 packets of 64 bytes (--quick: 400,000) were held and released in "      \
			     "random order, against a fresh start",                                                    \
		.unit = "ns", .want = 0.9, .own_library = true, .length = (bytes), .count = (pieces), .ways = {        \
			{"evpl-aged", NULL, old_##kind, NULL},                                                         \
			{"evpl-fresh", NULL, fresh_##kind, NULL},                                                      \
		}                                                                                                      \
	}

const struct bench_case bench_age[] = {
	AGE(local, "LOCAL", 1, 64, "alloc 64 bytes + release"),
	AGE(local, "LOCAL", 256, 1500, "256 x 1,500 bytes held"),
	AGE(shared, "SHARED", 1, 64, "alloc 64 bytes + release"),
	AGE(shared, "SHARED", 256, 1500, "256 x 1,500 bytes held"),
	{.name = NULL},
};
