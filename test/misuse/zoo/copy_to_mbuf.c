/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec was copied by "=", and the copy is used: it becomes a packet.
 * expect: a copy made by "=": the reference is another iovec's
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	packet = evpl_iovecs_to_mbuf(evpl, &copy, 1); /* misused */
	rte_pktmbuf_free(packet);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&copy, &iovec);
	evpl_iovec_release(evpl, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &copy, 1);
	rte_pktmbuf_free(packet);
}
