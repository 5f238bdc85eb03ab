/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that became a packet is used: a part of it is cloned.
 * expect: use after it was sent
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;
	struct rte_mbuf *sent;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);   /* taken */
	sent = evpl_iovecs_to_mbuf(evpl, &iovec, 1);	   /* let go */
	evpl_iovec_clone_segment(&another, &iovec, 8, 16); /* misused */
	evpl_iovec_release(evpl, &another);
	rte_pktmbuf_free(sent);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, another;
	struct rte_mbuf *sent;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	sent = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	evpl_iovec_clone_segment(&another, &clone, 8, 16);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &clone);
	rte_pktmbuf_free(sent);
}
