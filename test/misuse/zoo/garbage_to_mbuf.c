/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that was never taken, of garbage bytes, is used: it becomes a packet.
 * expect: an uninitialised or garbage iovec, which was never taken
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	memset(&iovec, 0xA5, sizeof(iovec));
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* misused */
	rte_pktmbuf_free(packet);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
}
