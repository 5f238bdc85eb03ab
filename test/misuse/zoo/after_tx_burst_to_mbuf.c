/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that was sent is used: it becomes a packet.
 * expect: use after it was sent
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);	 /* let go */
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);	 /* misused */
	rte_pktmbuf_free(packet);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
	packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	rte_pktmbuf_free(packet);
}
