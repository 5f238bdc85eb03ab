/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that became a packet is used: it is committed.
 * expect: use after it was sent
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *sent;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);  /* taken */
	sent = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* let go */
	evpl_iovec_commit(evpl, 0, &iovec, 1);	     /* misused */
	rte_pktmbuf_free(sent);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *sent;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	sent = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(sent);
}
