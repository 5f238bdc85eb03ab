/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * A reserved iovec is committed with a length that was written into its field and is longer.
 * expect: commit of more than was reserved
 * plain: longer than what was reserved
 * flags: LOCAL
 */
ZOO_CASE(commit_by_field)

static void
commit_by_field_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	iovec.length = 65;
	evpl_iovec_commit(evpl, 0, &iovec, 1); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
commit_by_field_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	iovec.length = 63;
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A reserved iovec is grown beyond what was reserved, to be committed.
 * expect: a length beyond what was taken: 65 of 64 bytes
 * plain: longer than what was reserved
 * flags: LOCAL
 */
ZOO_CASE(commit_by_set_length)

static void
commit_by_set_length_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_set_length(&iovec, 65);	    /* misused */
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}

static void
commit_by_set_length_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_set_length(&iovec, 63);
	evpl_iovec_set_length(&iovec, 64);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * The length is set to more than a buffer has.
 * expect: a length beyond what was taken: 4294967295 of 64 bytes
 * plain: beyond the end of the buffer or packet
 */
ZOO_CASE(set_length_buffer)

static void
set_length_buffer_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_set_length(&iovec, UINT32_MAX);	 /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
set_length_buffer_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, evpl_buffer_size(), 0, 1, flags, &iovec);
	evpl_iovec_set_length(&iovec, 1);
	evpl_iovec_set_length(&iovec, evpl_buffer_size());
	evpl_iovec_release(evpl, &iovec);
}

/*
 * What was committed shorter is grown again.
 * expect: a length beyond what was taken: 64 of 10 bytes
 * flags: LOCAL
 */
ZOO_CASE(set_length_committed)

static void
set_length_committed_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_set_length(&iovec, 64); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
set_length_committed_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A received packet's iovec is grown by one byte.
 * expect: a length beyond what was taken: 101 of 100 bytes
 * plain: beyond the end of the buffer or packet
 */
ZOO_CASE(set_length_received)

static void
set_length_received_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec); /* taken */
	evpl_iovec_set_length(&iovec, 101);		       /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
set_length_received_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	struct evpl_iovec iovec;

	rte_pktmbuf_append(packet, 100);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &iovec);
	evpl_iovec_set_length(&iovec, 1);
	evpl_iovec_set_length(&iovec, 100);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A cloned segment is grown over bytes of its source that are behind it.
 * expect: a length beyond what was taken: 17 of 16 bytes
 */
ZOO_CASE(set_length_segment)

static void
set_length_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 8, 16); /* taken */
	evpl_iovec_set_length(&another, 17);		   /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
set_length_segment_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 8, 16);
	evpl_iovec_set_length(&another, 1);
	evpl_iovec_set_length(&another, 16);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * The length is set to one byte more than was taken.
 * expect: a length beyond what was taken: 65 of 64 bytes
 */
ZOO_CASE(set_length_taken)

static void
set_length_taken_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_set_length(&iovec, 65);		 /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
set_length_taken_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_set_length(&iovec, 64);
	evpl_iovec_release(evpl, &iovec);
}
