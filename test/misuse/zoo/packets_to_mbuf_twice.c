/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec of evpl_packets_alloc is sent twice.
 * expect: use after it was sent
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1); /* taken */
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);	      /* let go */
	evpl_iovecs_to_mbuf(evpl, &iovec, 1);		      /* misused */
	rte_pktmbuf_free(packet);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec, clone;
	struct rte_mbuf *packet;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1);
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
	packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	rte_pktmbuf_free(packet);
}
