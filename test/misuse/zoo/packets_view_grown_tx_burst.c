/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec of evpl_packets_alloc is sent, whose length was written by hand to be one byte more than was taken.
 * expect: a view of more than was taken
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1); /* taken */
	iovec.length = 65;
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1); /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1);
	iovec.length = 60;
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
}
