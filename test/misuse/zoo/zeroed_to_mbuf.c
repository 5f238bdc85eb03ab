/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec of zeros, which was never taken, is used: it becomes a packet.
 * expect: nothing
 * flags: LOCAL
 * why: the call refuses it with EINVAL, as it says, in every build
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	memset(&iovec, 0, sizeof(iovec));
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
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
