/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec is sent, whose data was moved by hand, so that it shows one byte behind what was taken.
 * expect: a view of more than was taken
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	iovec.data = (char *)iovec.data + 1;
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* misused */
	rte_pktmbuf_free(packet);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	iovec.data = (char *)iovec.data + 1;
	iovec.length--;
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
}
