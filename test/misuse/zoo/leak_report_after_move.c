/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is held is asked for: the line that moved an iovec last, and the received packet.
 * expect: evpl_leak_report: iovecs are held: 2 iovecs, 110 bytes
 * ends: well
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(zoo_pool(32));
	struct evpl_iovec iovec, another, received;

	rte_pktmbuf_append(packet, 100);
	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move_segment(&another, &iovec, 1, 10);	  /* leaked: 1 iovec, 10 bytes */
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &received); /* leaked: 1 iovec, 100 bytes */
	evpl_leak_report(stderr);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &received);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(zoo_pool(32));
	struct evpl_iovec iovec, another, received;

	rte_pktmbuf_append(packet, 100);
	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move_segment(&another, &iovec, 1, 10);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &received);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &received);
}
