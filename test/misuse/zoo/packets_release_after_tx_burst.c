/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec of evpl_packets_alloc, which was sent as the mbuf that it is, is released.
 * expect: release after it was sent
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1); /* taken */
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);	      /* let go */
	evpl_iovec_release(evpl, &iovec);		      /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec, clone;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1);
	evpl_iovec_clone(&clone, &iovec);
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
	evpl_iovec_release(evpl, &clone);
}
