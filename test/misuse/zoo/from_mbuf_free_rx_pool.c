/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An mbuf of evpl_rx_pool_create(), which was freed, is handed to evpl_iovecs_from_mbuf.
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
	rte_pktmbuf_free(packet);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	evpl_iovec_release(evpl, &iovec);
}
