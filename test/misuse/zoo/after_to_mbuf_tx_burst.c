/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that became a packet is used: it is sent.
 * expect: use after it was sent
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *sent;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	sent = evpl_iovecs_to_mbuf(evpl, &iovec, 1);	 /* let go */
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);	 /* misused */
	rte_pktmbuf_free(sent);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone;
	struct rte_mbuf *sent;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	sent = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	evpl_tx_burst(evpl, zoo_port(), 0, &clone, 1);
	rte_pktmbuf_free(sent);
}
