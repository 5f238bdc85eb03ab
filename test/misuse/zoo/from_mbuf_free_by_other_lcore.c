/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An mbuf which another lcore freed, into its own cache, is handed to evpl_iovecs_from_mbuf.
 * expect: an mbuf that is already free
 */
#include "zoo.h"

static int
end(void *arg)
{
	rte_pktmbuf_free(arg);
	return 0;
}

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = zoo_pool(32);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	zoo_on_worker(end, packet);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = zoo_pool(32);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	zoo_on_worker(end, evpl_iovecs_to_mbuf(evpl, &iovec, 1));
}
