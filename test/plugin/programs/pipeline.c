/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One lcore makes packets, another takes them out of a ring and brings them into order (rte_reorder). Planted bug: a
 * packet is lost.
 */
#include "program.h"

#include <netinet/in.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <rte_reorder.h>
#include <rte_ring.h>

#define PACKETS 20000u
#define BURST 16u

static struct rte_ring *ring;
static struct rte_mempool *pool;
static struct rte_reorder_buffer *order;

static int
make(void *arg)
{
	struct rte_mbuf *burst[BURST];

	(void)arg;
	for (unsigned made = 0; made < PACKETS;) {
		if (rte_pktmbuf_alloc_bulk(pool, burst, BURST) != 0) {
			rte_pause();
			continue;
		}
		for (unsigned i = 0; i < BURST; i++) {
			rte_pktmbuf_append(burst[i], 60);
			/* Neighbours change places. */
			*rte_reorder_seqn(burst[i]) = made + (i ^ 1u);
		}
		for (unsigned done = 0; done < BURST;)
			done += rte_ring_enqueue_burst(ring, (void **)burst + done, BURST - done, NULL);
		made += BURST;
	}
	return 0;
}

static unsigned
drain(unsigned next)
{
	struct rte_mbuf *sorted[BURST];
	unsigned n = rte_reorder_drain(order, sorted, BURST);

	for (unsigned i = 0; i < n; i++) {
		need(*rte_reorder_seqn(sorted[i]) == next + i);
		if (!program_bug || next + i != 100)
			rte_pktmbuf_free(sorted[i]);
	}
	return next + n;
}

static void
sort(void)
{
	unsigned next = 0;

	/* The first packet that comes sets the number that is waited for. */
	while (next < PACKETS) {
		struct rte_mbuf *burst[BURST];
		unsigned n = rte_ring_dequeue_burst(ring, (void **)burst, BURST, NULL);

		if (next == 0 && n > 1)
			RTE_SWAP(burst[0], burst[1]);
		for (unsigned i = 0; i < n; i++)
			need(rte_reorder_insert(order, burst[i]) == 0);
		next = drain(next);
	}
}

void
pipeline(void)
{
	unsigned other = rte_get_next_lcore((unsigned)-1, 1, 0);

	pool = program_pool("packets", 1023, 0, RTE_MBUF_DEFAULT_BUF_SIZE);
	ring = rte_ring_create("ring", 512, (int)rte_socket_id(), RING_F_SP_ENQ | RING_F_SC_DEQ);
	order = rte_reorder_create("order", rte_socket_id(), 256); /* registers the field that mbufs have for it */
	need(ring != NULL && order != NULL && other < RTE_MAX_LCORE);
	need(rte_eal_remote_launch(make, NULL, other) == 0);
	sort();
	need(rte_eal_wait_lcore(other) == 0);
	rte_reorder_free(order);
	rte_ring_free(ring);
	rte_mempool_free(pool);
}
