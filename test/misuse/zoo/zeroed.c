/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * An iovec of zeros, which was never taken, is used: it is cloned.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 * plain: src is empty
 */
ZOO_CASE(clone)

static void
clone_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovec_clone(&another, &iovec); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
clone_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&another, &iovec);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * An iovec of zeros, which was never taken, is used: a part of it is cloned.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 * plain: the segment is out of range
 */
ZOO_CASE(clone_segment)

static void
clone_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovec_clone_segment(&another, &iovec, 8, 16); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
clone_segment_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 8, 16);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * An iovec of zeros, which was never taken, is used: it is committed.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 */
ZOO_CASE(commit)

static void
commit_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovec_commit(evpl, 0, &iovec, 1); /* misused */
}

static void
commit_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * An iovec of zeros, which was never taken, is used: the address of its bytes is asked for.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 */
ZOO_CASE(data)

static void
data_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovec_data(&iovec); /* misused */
}

static void
data_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_data(&iovec);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * An iovec of zeros, which was never taken, is used: its length is asked for.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 */
ZOO_CASE(length)

static void
length_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovec_length(&iovec); /* misused */
}

static void
length_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_length(&iovec);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * An iovec of zeros, which was never taken, is used: it is moved.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 */
ZOO_CASE(move)

static void
move_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovec_move(&another, &iovec); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
move_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move(&another, &iovec);
	evpl_iovec_release(evpl, &another);
}

/*
 * An iovec of zeros, which was never taken, is used: a part of it is moved.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 * plain: the segment is out of range
 */
ZOO_CASE(move_segment)

static void
move_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovec_move_segment(&another, &iovec, 8, 16); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
move_segment_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move_segment(&another, &iovec, 8, 16);
	evpl_iovec_release(evpl, &another);
}

/*
 * An iovec of zeros, which was never taken, is used: it is released.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 * plain: iovec is empty
 */
ZOO_CASE(release)

static void
release_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovec_release(evpl, &iovec); /* misused */
}

static void
release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * An iovec of zeros, which was never taken, is used: it is released among others.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 * plain: iovec is empty
 */
ZOO_CASE(releases)

static void
releases_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovecs_release(evpl, &iovec, 1); /* misused */
}

static void
releases_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovecs_release(evpl, &iovec, 1);
}

/*
 * An iovec of zeros, which was never taken, is used: its length is set.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 * plain: iovec is empty
 */
ZOO_CASE(set_length)

static void
set_length_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovec_set_length(&iovec, 32); /* misused */
}

static void
set_length_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_set_length(&iovec, 32);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * An iovec of zeros, which was never taken, is used: it becomes a packet.
 * expect: nothing
 * flags: LOCAL
 * why: the call refuses it with EINVAL, as it says, in every build
 */
ZOO_CASE(to_mbuf)

static void
to_mbuf_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	memset(&iovec, 0, sizeof(iovec));
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
}

static void
to_mbuf_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
}

/*
 * An iovec of zeros, which was never taken, is used: it is sent.
 * expect: nothing
 * flags: LOCAL
 * why: the call refuses it with EINVAL, as it says, in every build
 */
ZOO_CASE(tx_burst)

static void
tx_burst_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	memset(&iovec, 0, sizeof(iovec));
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
}

static void
tx_burst_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
}
