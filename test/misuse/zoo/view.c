/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * An iovec is cloned, whose length was written by hand to be one byte more than was taken.
 * expect: a view of more than was taken
 */
ZOO_CASE(grown_clone)

static void
grown_clone_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	iovec.length = 65;
	evpl_iovec_clone(&another, &iovec); /* misused */
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &another);
}

static void
grown_clone_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	iovec.length = 60;
	iovec.length = 64;
	evpl_iovec_clone(&another, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &another);
}

/*
 * A segment of an iovec is cloned, whose length was written by hand to be one byte more than was taken.
 * expect: a view of more than was taken
 */
ZOO_CASE(grown_clone_segment)

static void
grown_clone_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	iovec.length = 65;
	evpl_iovec_clone_segment(&another, &iovec, 0, 65); /* misused */
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &another);
}

static void
grown_clone_segment_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	iovec.length = 60;
	iovec.length = 64;
	evpl_iovec_clone_segment(&another, &iovec, 0, 64);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &another);
}

/*
 * A segment of an iovec is moved, whose length was written by hand to be one byte more than was taken.
 * expect: a view of more than was taken
 */
ZOO_CASE(grown_move_segment)

static void
grown_move_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	iovec.length = 65;
	evpl_iovec_move_segment(&another, &iovec, 0, 65); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
grown_move_segment_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	iovec.length = 60;
	iovec.length = 64;
	evpl_iovec_move_segment(&another, &iovec, 0, 64);
	evpl_iovec_release(evpl, &another);
}

/*
 * An iovec is sent, whose length was written by hand to be one byte more than was taken.
 * expect: a view of more than was taken
 */
ZOO_CASE(grown_to_mbuf)

static void
grown_to_mbuf_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	iovec.length = 65;
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* misused */
	rte_pktmbuf_free(packet);
}

static void
grown_to_mbuf_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	iovec.length = 60;
	iovec.length = 64;
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
}

/*
 * An iovec is sent, whose length was written by hand to be one byte more than was taken.
 * expect: a view of more than was taken
 */
ZOO_CASE(grown_tx_burst)

static void
grown_tx_burst_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	iovec.length = 65;
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1); /* misused */
}

static void
grown_tx_burst_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	iovec.length = 60;
	iovec.length = 64;
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
}

/*
 * An iovec of evpl_packets_alloc is sent, whose length was written by hand to be one byte more than was taken.
 * expect: a view of more than was taken
 */
ZOO_CASE(packets_grown_tx_burst)

static void
packets_grown_tx_burst_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1); /* taken */
	iovec.length = 65;
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1); /* misused */
}

static void
packets_grown_tx_burst_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;

	evpl_packets_alloc(evpl, pool, 64, flags, &iovec, 1);
	iovec.length = 60;
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
}

/*
 * A reservation is committed, whose data was moved by hand, so that it shows one byte behind what was reserved.
 * expect: a view of more than was taken
 * flags: LOCAL
 */
ZOO_CASE(shifted_commit)

static void
shifted_commit_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	iovec.data = (char *)iovec.data + 1;
	evpl_iovec_commit(evpl, 0, &iovec, 1); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
shifted_commit_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	iovec.data = (char *)iovec.data + 40;
	iovec.length = 24;
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &clone);
}

/*
 * An iovec is sent, whose data was moved by hand, so that it shows one byte behind what was taken.
 * expect: a view of more than was taken
 */
ZOO_CASE(shifted_to_mbuf)

static void
shifted_to_mbuf_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	iovec.data = (char *)iovec.data + 1;
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* misused */
	rte_pktmbuf_free(packet);
}

static void
shifted_to_mbuf_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	iovec.data = (char *)iovec.data + 1;
	iovec.length--;
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
}
