/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Holds many at once, and gives them back in order, in reverse or at random. Their bytes are written and read, or not.
 */
#include "impl.h"

static char held[BENCH_HELD_MAX * sizeof(struct evpl_iovec)] __rte_cache_aligned;

BENCH_INLINE uint64_t
hold_and_release(enum bench_impl impl, const struct bench_case *c, uint64_t n)
{
	const uint32_t *order = bench_order(c->order, c->count);
	struct bench_env env = bench_env(impl);
	unsigned length = c->length, count = c->count;
	bool touch = c->touch;
	uint64_t started = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < count; k++) {
			alloc_one(impl, &env, slot_at(impl, held, k), length);
			if (touch)
				write_bytes(bytes_of(impl, slot_at(impl, held, k)), length, k);
		}
		for (unsigned k = 0; k < count; k++) {
			void *slot = slot_at(impl, held, order[k]);

			if (touch)
				read_bytes(bytes_of(impl, slot), length);
			release_one(impl, &env, slot);
		}
	}
	return bench_now() - started;
}

#define WAY(suffix, impl) BENCH_WAY(hold_and_release, suffix, impl)
BENCH_EACH_IMPL(WAY)

/* The same with DPDK's bulk calls, for a caller that has its mbufs in one array, in order. */
static uint64_t
hold_and_release_mbuf_bulk(const struct bench_case *c, uint64_t n)
{
	struct rte_mbuf **mbufs = (struct rte_mbuf **)held;
	uint64_t started = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < c->count; k += BENCH_BURST) {
			if (rte_pktmbuf_alloc_bulk(bench_pool, mbufs + k, BENCH_BURST) != 0)
				bench_fail("%s: out of mbufs", c->name);
			for (unsigned j = k; c->touch && j < k + BENCH_BURST; j++)
				write_bytes(rte_pktmbuf_mtod(mbufs[j], void *), c->length, j);
		}
		bench_do_not_optimize(mbufs);
		for (unsigned k = 0; k < c->count; k += BENCH_BURST) {
			for (unsigned j = k; c->touch && j < k + BENCH_BURST; j++)
				read_bytes(rte_pktmbuf_mtod(mbufs[j], void *), c->length);
			rte_pktmbuf_free_bulk(mbufs + k, BENCH_BURST);
		}
	}
	return bench_now() - started;
}

BENCH_INLINE uint64_t
hold_and_release_bulk(enum bench_impl impl, const struct bench_case *c, uint64_t n)
{
	struct evpl_iovec *iovecs = (struct evpl_iovec *)held;
	struct evpl *evpl = bench_context();
	uint64_t started = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < c->count; k += BENCH_BURST) {
			if (evpl_iovecs_alloc(evpl, c->length, 0, impl == EVPL_SHARED, iovecs + k, BENCH_BURST) < 0)
				bench_fail("%s: out of memory", c->name);
			for (unsigned j = k; c->touch && j < k + BENCH_BURST; j++)
				write_bytes(evpl_iovec_data(&iovecs[j]), c->length, j);
		}
		bench_do_not_optimize(iovecs);
		for (unsigned k = 0; k < c->count; k += BENCH_BURST) {
			for (unsigned j = k; c->touch && j < k + BENCH_BURST; j++)
				read_bytes(evpl_iovec_data(&iovecs[j]), c->length);
			evpl_iovecs_release(evpl, iovecs + k, BENCH_BURST);
		}
	}
	return bench_now() - started;
}

BENCH_WAY(hold_and_release_bulk, local, EVPL_LOCAL)
BENCH_WAY(hold_and_release_bulk, shared, EVPL_SHARED)

/*
 * BENCH_HELD_MAX are always in flight, as packets in queues are. Each pass gives the oldest back and takes as many new
 * ones, which are written and read. So each mbuf that comes from the pool was last used BENCH_HELD_MAX packets ago.
 */
BENCH_INLINE uint64_t
keep_in_flight(enum bench_impl impl, const struct bench_case *c, uint64_t n)
{
	struct bench_env env = bench_env(impl);
	unsigned length = c->length, count = c->count, at = 0;
	uint64_t started, cycles;

	for (unsigned k = 0; k < BENCH_HELD_MAX; k++)
		alloc_one(impl, &env, slot_at(impl, held, k), length);
	/* All are replaced once, so that everything that is measured was in use before. */
	for (unsigned k = 0; k < BENCH_HELD_MAX; k++) {
		release_one(impl, &env, slot_at(impl, held, k));
		alloc_one(impl, &env, slot_at(impl, held, k), length);
		write_bytes(bytes_of(impl, slot_at(impl, held, k)), length, k);
	}
	started = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = at; k < at + count; k++)
			release_one(impl, &env, slot_at(impl, held, k));
		for (unsigned k = at; k < at + count; k++) {
			alloc_one(impl, &env, slot_at(impl, held, k), length);
			write_bytes(bytes_of(impl, slot_at(impl, held, k)), length, k);
		}
		for (unsigned k = at; k < at + count; k++)
			read_bytes(bytes_of(impl, slot_at(impl, held, k)), length);
		at = (at + count) % BENCH_HELD_MAX;
	}
	cycles = bench_now() - started;
	for (unsigned k = 0; k < BENCH_HELD_MAX; k++)
		release_one(impl, &env, slot_at(impl, held, k));
	return cycles;
}

BENCH_WAY(keep_in_flight, local, EVPL_LOCAL)
BENCH_WAY(keep_in_flight, shared, EVPL_SHARED)
BENCH_WAY(keep_in_flight, pktmbuf, PKTMBUF)

#define HOLD(family, touched, how, kind, pieces, sequence, name_of_it, wanted, ...)                                    \
	{                                                                                                              \
		.name = family "/" #kind "/" #pieces "/" name_of_it,                                                   \
		.what = #pieces " x 1,500 bytes held" how ", released (" name_of_it "); per packet", .unit = "ns",     \
		.want = (wanted), .operations = (pieces), .mbufs = 8191, .length = 1500, .count = (pieces),            \
		.order = (sequence), .touch = (touched), .ways = {                                                     \
			{"evpl", hold_and_release_##kind, NULL, NULL},                                                 \
			{"pktmbuf", hold_and_release_pktmbuf, NULL, NULL},                                             \
			{"malloc", hold_and_release_malloc_##kind, NULL, NULL},                                        \
			{"mimalloc", hold_and_release_mimalloc, NULL, mimalloc_present},                               \
			__VA_ARGS__                                                                                    \
		}                                                                                                      \
	}
#define SEQUENCES(family, touched, how, kind, pieces, wanted)                                                          \
	HOLD(family, touched, how, kind, pieces, BENCH_IN_ORDER, "in-order", wanted,                                   \
	     {"pktmbuf-bulk", hold_and_release_mbuf_bulk, NULL, NULL},                                                 \
	     {"evpl-bulk", hold_and_release_bulk_##kind, NULL, NULL}),                                                 \
		HOLD(family, touched, how, kind, pieces, BENCH_REVERSE, "reverse", 0, {.name = NULL}),                 \
		HOLD(family, touched, how, kind, pieces, BENCH_RANDOM, "random", 0, {.name = NULL})
#define HELD(kind, pieces, wanted) SEQUENCES("hold", false, "", kind, pieces, wanted)
#define TOUCHED(kind, pieces) SEQUENCES("touch", true, ", written and read", kind, pieces, 0)
#define IN_FLIGHT                                                                                                      \
	.unit = "ns", .operations = 32, .mbufs = 8191, .length = 1500, .count = 32, .order = BENCH_IN_ORDER,           \
	.touch = true

const struct bench_case bench_hold[] = {
	HELD(local, 32, 0),
	HELD(local, 256, 1.5),
	HELD(local, 4096, 0),
	HELD(shared, 32, 0),
	HELD(shared, 256, 1.0),
	HELD(shared, 4096, 0),
	TOUCHED(local, 32),
	TOUCHED(local, 256),
	TOUCHED(local, 4096),
	TOUCHED(shared, 32),
	TOUCHED(shared, 256),
	TOUCHED(shared, 4096),
	{
		IN_FLIGHT,
		.name = "touch/local/32/round-robin",
		.what = "32 x 1,500 bytes LOCAL, written, read, released, against a pool of 8,191 mbufs that 4,096 "
			"mbufs in flight use in turn (and this library with as many in flight); per packet",
		.want = 1.5,
		.ways =
			{
				{"evpl", hold_and_release_local, NULL, NULL},
				{"pktmbuf-4096", keep_in_flight_pktmbuf, NULL, NULL},
				{"evpl-4096", keep_in_flight_local, NULL, NULL},
			},
	},
	{
		IN_FLIGHT,
		.name = "touch/shared/32/round-robin",
		.what = "the same, SHARED",
		.ways =
			{
				{"evpl", hold_and_release_shared, NULL, NULL},
				{"pktmbuf-4096", keep_in_flight_pktmbuf, NULL, NULL},
				{"evpl-4096", keep_in_flight_shared, NULL, NULL},
			},
	},
	{.name = NULL},
};
