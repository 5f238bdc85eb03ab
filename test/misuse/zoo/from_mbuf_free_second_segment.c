/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Of a packet of two segments that is handed to evpl_iovecs_from_mbuf, the second one is free.
 * expect: an mbuf that is already free
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = zoo_pool(32);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool), *second = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovecs[2];

	rte_pktmbuf_append(packet, 100);
	rte_pktmbuf_append(second, 100);
	rte_pktmbuf_chain(packet, second);
	rte_pktmbuf_free_seg(second);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 2, iovecs); /* misused */
	evpl_iovecs_release(evpl, iovecs, 2);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = zoo_pool(32);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool), *second = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovecs[2];

	rte_pktmbuf_append(packet, 100);
	rte_pktmbuf_append(second, 100);
	rte_pktmbuf_chain(packet, second);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 2, iovecs);
	evpl_iovecs_release(evpl, iovecs, 2);
}
