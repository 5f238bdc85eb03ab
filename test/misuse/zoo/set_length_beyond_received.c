/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A received packet's iovec is grown by one byte.
 * expect: a length beyond what was taken: 101 of 100 bytes
 * plain: beyond the end of the buffer or packet
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec); /* taken */
	evpl_iovec_set_length(&iovec, 101);		       /* misused */
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
	evpl_iovec_set_length(&iovec, 1);
	evpl_iovec_set_length(&iovec, 100);
	evpl_iovec_release(evpl, &iovec);
}
