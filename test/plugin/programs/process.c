/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A primary process sends mbufs to a secondary one, which frees some and returns the others. Planted bug: the primary
 * frees one that it sent.
 */
#include "program.h"

#include <rte_cycles.h>
#include <rte_ring.h>

#define PACKETS 20000u
#define COUNT 1023u
#define SECONDS 60u

static void
put(struct rte_ring *ring, struct rte_mbuf *m)
{
	uint64_t end = rte_get_tsc_cycles() + SECONDS * rte_get_tsc_hz();

	while (rte_ring_enqueue(ring, m) != 0)
		need(rte_get_tsc_cycles() < end);
}

static struct rte_mbuf *
take(struct rte_ring *ring)
{
	uint64_t end = rte_get_tsc_cycles() + SECONDS * rte_get_tsc_hz();
	void *m;

	while (rte_ring_dequeue(ring, &m) != 0)
		need(rte_get_tsc_cycles() < end);
	return m;
}

void
server(void)
{
	struct rte_mempool *pool = program_pool("shared", COUNT, 0, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct rte_ring *there = rte_ring_create("there", 256, (int)rte_socket_id(), 0);
	struct rte_ring *back = rte_ring_create("back", 256, (int)rte_socket_id(), 0);
	unsigned got = 0;

	need(there != NULL && back != NULL);
	printf("ready\n");
	fflush(stdout);
	for (unsigned i = 0; i < PACKETS; i++) {
		struct rte_mbuf *m = NULL, *answer;

		while (m == NULL)
			m = rte_pktmbuf_alloc(pool);
		memset(rte_pktmbuf_append(m, 100), 1, 100);
		put(there, m);
		if (program_bug && i == 100)
			rte_pktmbuf_free(m);
		while (rte_ring_dequeue(back, (void **)&answer) == 0) {
			rte_pktmbuf_free(answer);
			got++;
		}
	}
	for (; got < PACKETS / 2; got++)
		rte_pktmbuf_free(take(back));
	while (rte_mempool_avail_count(pool) < COUNT)
		rte_delay_us_sleep(1000);
	/* The secondary process has ended, or does not touch them any more. */
	rte_ring_free(back);
	rte_ring_free(there);
	rte_mempool_free(pool);
}

void
client(void)
{
	struct rte_mempool *pool = rte_mempool_lookup("shared"), *own;
	struct rte_ring *there = rte_ring_lookup("there"), *back = rte_ring_lookup("back");

	need(pool != NULL && there != NULL && back != NULL);
	own = program_pool("own", 63, 0, 512);
	for (unsigned i = 0; i < PACKETS; i++) {
		struct rte_mbuf *m = take(there), *copy = rte_pktmbuf_copy(m, own, 0, UINT32_MAX);

		need(copy != NULL && copy->pkt_len == 100);
		rte_pktmbuf_free(copy);
		if (i % 2 == 0)
			put(back, m);
		else
			rte_pktmbuf_free(m);
	}
	rte_mempool_free(own);
}
