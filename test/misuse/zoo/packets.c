/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * The bytes of an iovec of evpl_packets_alloc are looked at, after it became a packet.
 * expect: use after it was sent
 */
ZOO_CASE(data_after_to_mbuf)

static void
data_after_to_mbuf_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1); /* taken */
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);	      /* let go */
	evpl_iovec_data(&iovec);			      /* misused */
	rte_pktmbuf_free(packet);
}

static void
data_after_to_mbuf_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1);
	evpl_iovec_data(&iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
}

/*
 * An iovec of evpl_packets_alloc is released twice.
 * expect: double release
 */
ZOO_CASE(double_release)

static void
double_release_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1); /* taken */
	evpl_iovec_release(evpl, &iovec);		      /* let go */
	evpl_iovec_release(evpl, &iovec);		      /* misused */
}

static void
double_release_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec, clone;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &clone);
}

/*
 * An iovec of evpl_packets_alloc, which was sent as the mbuf that it is, is released.
 * expect: release after it was sent
 */
ZOO_CASE(release_after_tx_burst)

static void
release_after_tx_burst_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1); /* taken */
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);	      /* let go */
	evpl_iovec_release(evpl, &iovec);		      /* misused */
}

static void
release_after_tx_burst_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec, clone;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1);
	evpl_iovec_clone(&clone, &iovec);
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
	evpl_iovec_release(evpl, &clone);
}

/*
 * An iovec of evpl_packets_alloc is sent twice.
 * expect: use after it was sent
 */
ZOO_CASE(to_mbuf_twice)

static void
to_mbuf_twice_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1); /* taken */
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);	      /* let go */
	evpl_iovecs_to_mbuf(evpl, &iovec, 1);		      /* misused */
	rte_pktmbuf_free(packet);
}

static void
to_mbuf_twice_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec, clone;
	struct rte_mbuf *packet;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1);
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
	packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	rte_pktmbuf_free(packet);
}

/*
 * An iovec of evpl_packets_alloc is sent, whose length was written by hand to be one byte more than was taken.
 * expect: a view of more than was taken
 */
ZOO_CASE(view_grown_tx_burst)

static void
view_grown_tx_burst_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1); /* taken */
	iovec.length = 65;
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1); /* misused */
}

static void
view_grown_tx_burst_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1);
	iovec.length = 60;
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
}
