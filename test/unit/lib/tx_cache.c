/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet mbufs that a thread keeps (src/tx_cache.c): they do not go through the ring of the packet pool.
 *
 * What would break: nothing but the speed. Each packet would cost two atomics on a cache line that all threads share.
 */
#include <rte_mempool.h>
#include <rte_ring.h>

#include "support.h"

static const struct evpl_global_config tiny = {.slab_size = 1 << 20, .buffer_size = 64 << 10, .packet_mbufs = 12};

#define PACKETS 8u /* two thirds of the pool: as many as a TX cache has room for */

struct packets {
	struct rte_mbuf *mbuf[PACKETS];
	const struct rte_ring *ring; /* of their pool */
};

/* Far packets are of a pool of DPDK's, which has caches of its own. */
#define near_packets_only() skip_unless(!home_is_far(), "these packets are far")

static struct packets
take_packets(struct evpl *evpl)
{
	char name[RTE_RING_NAMESIZE];
	struct evpl_iovec iovec;
	struct packets p = {0};

	for (unsigned i = 0; i < PACKETS; i++) {
		iovec_take(evpl, 100, SHARED, &iovec, i);
		p.mbuf[i] = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		assert_non_null(p.mbuf[i]);
	}
	snprintf(name, sizeof(name), RTE_MEMPOOL_MZ_FORMAT, p.mbuf[0]->pool->name);
	p.ring = rte_ring_lookup(name);
	assert_non_null(p.ring);
	return p;
}

static void
free_packets(unsigned index, void *arg)
{
	struct packets *p = arg;

	if (index == 1) /* the thread that has made no packet */
		rte_pktmbuf_free_bulk(p->mbuf, PACKETS);
}

static void
packets_that_fill_a_tx_cache_stay_in_it(void **state)
{
	struct packets p;
	unsigned n;

	near_packets_only();
	p = take_packets(home_context(state));
	n = rte_ring_count(p.ring);
	free_packets(1, &p);
	assert_int_equal(rte_ring_count(p.ring), n);
}

static void
packets_that_another_lcore_frees_stay_with_it(void **state)
{
	struct packets p;
	unsigned n;

	near_packets_only();
	two_lcores_only();
	p = take_packets(home_context(state));
	n = rte_ring_count(p.ring);
	threads_run(THREADS_LCORES, free_packets, &p);
	assert_int_equal(rte_ring_count(p.ring), n);
}

static const struct CMUnitTest cases[] = {
	home_case(packets_that_fill_a_tx_cache_stay_in_it, tiny),
	home_case(packets_that_another_lcore_frees_stay_with_it, tiny),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "tx_cache", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
