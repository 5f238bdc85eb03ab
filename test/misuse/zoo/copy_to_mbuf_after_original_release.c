/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The copy by "=" of an iovec that was released is used: it becomes a packet.
 * expect: a copy made by "=" of an iovec that was let go
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovec_release(evpl, &iovec);	      /* let go */
	packet = evpl_iovecs_to_mbuf(evpl, &copy, 1); /* misused */
	rte_pktmbuf_free(packet);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move(&copy, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &copy, 1);
	rte_pktmbuf_free(packet);
}
