/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that became a packet is used: the address of its bytes is asked for.
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
	evpl_iovec_data(&iovec);			 /* misused */
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
	evpl_iovec_data(&clone);
	evpl_iovec_release(evpl, &clone);
	rte_pktmbuf_free(sent);
}
