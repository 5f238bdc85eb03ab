/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that was released is used: it becomes a packet.
 * expect: use after release
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_release(evpl, &iovec);		 /* let go */
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
	evpl_iovec_release(evpl, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	rte_pktmbuf_free(packet);
}
