/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A received packet's iovec is released, and the packet is handed to evpl_iovecs_from_mbuf again.
 * expect: an mbuf that is already free
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec); /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	evpl_iovec_release(evpl, &iovec);
}
