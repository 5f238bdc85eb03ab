/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Iovecs and mbufs are taken on one lcore and released on another. Iovecs go through the ring by value, mbufs as
 * pointers, as programs do it. Both use rte_ring, with elements of the size that they need.
 */
#include "impl.h"

#include <stdatomic.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#define RING 1024u
#define HEADER 64u /* bytes of a packet that are written and read, if it is touched */

static struct rte_ring *rings[2]; /* of iovecs, of mbufs */

struct handover {
	const struct bench_case *c;
	struct rte_ring *ring;
	uint64_t each; /* packets that each producer makes */
	atomic_uint_fast64_t consumed;
};

static struct handover now;

BENCH_INLINE void
produce(enum bench_impl impl)
{
	unsigned length = now.c->length, size = (unsigned)slot_size(impl);
	char slots[BENCH_BURST * sizeof(struct evpl_iovec)] __rte_cache_aligned;
	struct bench_env env = bench_env(impl);
	bool touch = now.c->touch;

	bench_begin();
	for (uint64_t left = now.each; left > 0;) {
		unsigned n = (unsigned)RTE_MIN(left, BENCH_BURST), sent = 0;

		for (unsigned k = 0; k < n; k++) {
			alloc_one(impl, &env, slot_at(impl, slots, k), length);
			if (touch)
				write_bytes(bytes_of(impl, slot_at(impl, slots, k)), HEADER, k);
		}
		while (sent < n) {
			unsigned got =
				rte_ring_enqueue_burst_elem(now.ring, slot_at(impl, slots, sent), size, n - sent, NULL);

			if (got == 0)
				rte_pause();
			sent += got;
		}
		left -= n;
	}
	bench_end();
}

BENCH_INLINE void
consume(enum bench_impl impl)
{
	char slots[BENCH_BURST * sizeof(struct evpl_iovec)] __rte_cache_aligned;
	uint64_t total = now.each * now.c->count;
	struct bench_env env = bench_env(impl);
	unsigned size = (unsigned)slot_size(impl);
	bool touch = now.c->touch;

	bench_begin();
	while (atomic_load_explicit(&now.consumed, memory_order_relaxed) < total) {
		unsigned n = rte_ring_dequeue_burst_elem(now.ring, slots, size, BENCH_BURST, NULL);

		if (n == 0) {
			rte_pause();
			continue;
		}
		for (unsigned k = 0; k < n; k++) {
			if (touch)
				read_bytes(bytes_of(impl, slot_at(impl, slots, k)), HEADER);
			release_one(impl, &env, slot_at(impl, slots, k));
		}
		atomic_fetch_add_explicit(&now.consumed, n, memory_order_relaxed);
	}
	bench_end();
}

/* The first half of the lcores consume, and the main lcore is one of them. */
BENCH_INLINE void
produce_or_consume(enum bench_impl impl, unsigned index)
{
	if (index < now.c->count)
		consume(impl);
	else
		produce(impl);
}

static void
play_shared(unsigned index, void *arg)
{
	RTE_SET_USED(arg);
	produce_or_consume(EVPL_SHARED, index);
}

static void
play_pktmbuf(unsigned index, void *arg)
{
	RTE_SET_USED(arg);
	produce_or_consume(PKTMBUF, index);
}

static uint64_t
hand_over(const struct bench_case *c, uint64_t n, struct rte_ring *ring, void (*player)(unsigned index, void *arg))
{
	now.c = c;
	now.ring = ring;
	now.each = n;
	atomic_store(&now.consumed, 0);
	bench_run_on_lcores(c->lcores, player, NULL);
	return bench_elapsed();
}

BENCH_WAY_CALL(handover_shared, hand_over(c, n, rings[0], play_shared))
BENCH_WAY_CALL(handover_pktmbuf, hand_over(c, n, rings[1], play_pktmbuf))

static const char *
setup(const struct bench_case *c)
{
	static const unsigned sizes[] = {sizeof(struct evpl_iovec), sizeof(void *)};
	unsigned flags = c->count == 1 ? RING_F_SP_ENQ | RING_F_SC_DEQ : 0;

	if (EVPL_IOVEC_TRACE)
		return "a ring copies iovecs, which a tracing build does not allow";
	for (unsigned i = 0; i < 2; i++) {
		char name[RTE_RING_NAMESIZE];

		snprintf(name, sizeof(name), "bench_%u", i);
		rings[i] = rte_ring_create_elem(name, sizes[i], RING, (int)rte_socket_id(), flags);
		if (rings[i] == NULL)
			bench_fail("%s: no ring: %s", c->name, rte_strerror(rte_errno));
	}
	return NULL;
}

static void
teardown(const struct bench_case *c)
{
	RTE_SET_USED(c);
	rte_ring_free(rings[0]);
	rte_ring_free(rings[1]);
}

#define HANDOVER(pairs, suffix, touched, wanted, text)                                                                 \
	{                                                                                                              \
		.name = "handover/shared/" #pairs ":" #pairs suffix,                                                   \
		.what = "1,500 bytes SHARED taken on " #pairs " lcore(s), released on " #pairs                         \
			" other(s), through one rte_ring" text,                                                        \
		.unit = "ns", .want = (wanted), .operations = (pairs), .lcores = 2 * (pairs), .mbufs = 8191,           \
		.length = 1500, .count = (pairs), .touch = (touched), .setup = setup, .teardown = teardown, .ways = {  \
			{"evpl", handover_shared, NULL, NULL},                                                         \
			{"pktmbuf", handover_pktmbuf, NULL, NULL},                                                     \
		}                                                                                                      \
	}

const struct bench_case bench_handover[] = {
	HANDOVER(1, "", false, 1.0, ""),
	HANDOVER(1, "/touch", true, 0, ", 64 bytes written and read"),
	HANDOVER(2, "", false, 0, ""),
	HANDOVER(2, "/touch", true, 0, ", 64 bytes written and read"),
	{.name = NULL},
};
