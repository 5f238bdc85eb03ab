/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * A received packet's iovec is released, and the packet is handed to evpl_iovecs_from_mbuf again.
 * expect: an mbuf that is already free
 */
ZOO_CASE(after_iovec_release)

static void
after_iovec_release_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec); /* misused */
}

static void
after_iovec_release_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * An mbuf which another lcore freed, into its own cache, is handed to evpl_iovecs_from_mbuf.
 * expect: an mbuf that is already free
 */
ZOO_CASE(by_other_lcore)

static int
by_other_lcore_end(void *arg)
{
	rte_pktmbuf_free(arg);
	return 0;
}

static void
by_other_lcore_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = zoo_pool(32);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	zoo_on_worker(by_other_lcore_end, packet);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
by_other_lcore_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = zoo_pool(32);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	zoo_on_worker(by_other_lcore_end, evpl_iovecs_to_mbuf(evpl, &iovec, 1));
}

/*
 * An mbuf of a pool with data inside and with caches, which was freed, is handed to evpl_iovecs_from_mbuf.
 * expect: an mbuf that is already free
 */
ZOO_CASE(direct_pool_cached)

static void
direct_pool_cached_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = zoo_pool(32);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	rte_pktmbuf_free(packet);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
direct_pool_cached_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = zoo_pool(32);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * An mbuf of a pool with data inside and without caches, which was freed, is handed to evpl_iovecs_from_mbuf.
 * expect: an mbuf that is already free
 */
ZOO_CASE(direct_pool_uncached)

static void
direct_pool_uncached_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = zoo_pool(0);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	rte_pktmbuf_free(packet);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
direct_pool_uncached_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = zoo_pool(0);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * An mbuf of evpl_rx_pool_create(), which was freed, is handed to evpl_iovecs_from_mbuf.
 * expect: an mbuf that is already free
 */
ZOO_CASE(rx_pool)

static void
rx_pool_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	rte_pktmbuf_free(packet);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
rx_pool_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * An mbuf of evpl_rx_pool_create(), which another lcore freed, is handed to evpl_iovecs_from_mbuf.
 * expect: an mbuf that is already free
 */
ZOO_CASE(rx_pool_by_other_lcore)

static int
rx_pool_by_other_lcore_end(void *arg)
{
	rte_pktmbuf_free(arg);
	return 0;
}

static void
rx_pool_by_other_lcore_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	zoo_on_worker(rx_pool_by_other_lcore_end, packet);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
rx_pool_by_other_lcore_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	zoo_on_worker(rx_pool_by_other_lcore_end, evpl_iovecs_to_mbuf(evpl, &iovec, 1));
}

/*
 * Of a packet of two segments that is handed to evpl_iovecs_from_mbuf, the second one is free.
 * expect: an mbuf that is already free
 */
ZOO_CASE(second_segment)

static void
second_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = zoo_pool(32);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool), *second = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovecs[2];

	rte_pktmbuf_append(packet, 100);
	rte_pktmbuf_append(second, 100);
	rte_pktmbuf_chain(packet, second);
	rte_pktmbuf_free_seg(second);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 2, iovecs); /* misused */
	evpl_iovecs_release(evpl, iovecs, 2);
}

static void
second_segment_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = zoo_pool(32);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool), *second = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovecs[2];

	rte_pktmbuf_append(packet, 100);
	rte_pktmbuf_append(second, 100);
	rte_pktmbuf_chain(packet, second);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 2, iovecs);
	evpl_iovecs_release(evpl, iovecs, 2);
}
