/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec of evpl_packets_alloc is released twice.
 * expect: double release
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1); /* taken */
	evpl_iovec_release(evpl, &iovec);		      /* let go */
	evpl_iovec_release(evpl, &iovec);		      /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec, clone;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &clone);
}
