/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * An iovec was copied by "=", and the copy is used: it is cloned.
 * expect: a copy made by "=": the reference is another iovec's
 */
ZOO_CASE(clone)

static void
clone_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovec_clone(&another, &copy); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
clone_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&copy, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_clone(&another, &copy);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &copy);
}

/*
 * An iovec was copied by "=", and the copy is used: the address of its bytes is asked for.
 * expect: a copy made by "=": the reference is another iovec's
 */
ZOO_CASE(data)

static void
data_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovec_data(&copy); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
data_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&copy, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_data(&copy);
	evpl_iovec_release(evpl, &copy);
}

/*
 * The copy by "=" of an iovec that was released is used: the address of its bytes is asked for.
 * expect: a copy made by "=" of an iovec that was let go
 */
ZOO_CASE(data_after_original_release)

static void
data_after_original_release_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovec_release(evpl, &iovec); /* let go */
	evpl_iovec_data(&copy);		  /* misused */
}

static void
data_after_original_release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move(&copy, &iovec);
	evpl_iovec_data(&copy);
	evpl_iovec_release(evpl, &copy);
}

/*
 * The copy by "=" of an iovec that was moved is used: its length is asked for.
 * expect: a copy made by "=" of an iovec that was let go
 */
ZOO_CASE(length_after_original_move)

static void
length_after_original_move_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovec_move(&owner, &iovec); /* let go */
	evpl_iovec_length(&copy);	 /* misused */
	evpl_iovec_release(evpl, &owner);
}

static void
length_after_original_move_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_move(&copy, &owner);
	evpl_iovec_length(&copy);
	evpl_iovec_release(evpl, &copy);
}

/*
 * An iovec was copied by "=", and the copy is used: it is moved.
 * expect: a copy made by "=": the reference is another iovec's
 */
ZOO_CASE(move)

static void
move_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovec_move(&another, &copy); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
move_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&copy, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_move(&another, &copy);
	evpl_iovec_release(evpl, &another);
}

/*
 * An iovec was copied by "=", and the copy is used: it is released.
 * expect: a copy made by "=": the reference is another iovec's
 */
ZOO_CASE(release)

static void
release_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovec_release(evpl, &copy); /* misused */
}

static void
release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&copy, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &copy);
}

/*
 * The copy by "=" of an iovec that was released is used: it is released.
 * expect: a copy made by "=" of an iovec that was let go
 */
ZOO_CASE(release_after_original_release)

static void
release_after_original_release_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovec_release(evpl, &iovec); /* let go */
	evpl_iovec_release(evpl, &copy);  /* misused */
}

static void
release_after_original_release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move(&copy, &iovec);
	evpl_iovec_release(evpl, &copy);
}

/*
 * An iovec was copied by "=", and the copy is used: it is released among others.
 * expect: a copy made by "=": the reference is another iovec's
 */
ZOO_CASE(releases)

static void
releases_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovecs_release(evpl, &copy, 1); /* misused */
}

static void
releases_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&copy, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovecs_release(evpl, &copy, 1);
}

/*
 * An iovec was copied by "=", and the copy is used: it becomes a packet.
 * expect: a copy made by "=": the reference is another iovec's
 */
ZOO_CASE(to_mbuf)

static void
to_mbuf_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	packet = evpl_iovecs_to_mbuf(evpl, &copy, 1); /* misused */
	rte_pktmbuf_free(packet);
}

static void
to_mbuf_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&copy, &iovec);
	evpl_iovec_release(evpl, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &copy, 1);
	rte_pktmbuf_free(packet);
}

/*
 * The copy by "=" of an iovec that was released is used: it becomes a packet.
 * expect: a copy made by "=" of an iovec that was let go
 */
ZOO_CASE(to_mbuf_after_original_release)

static void
to_mbuf_after_original_release_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovec_release(evpl, &iovec);	      /* let go */
	packet = evpl_iovecs_to_mbuf(evpl, &copy, 1); /* misused */
	rte_pktmbuf_free(packet);
}

static void
to_mbuf_after_original_release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move(&copy, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &copy, 1);
	rte_pktmbuf_free(packet);
}

/*
 * An iovec was copied by "=", and the copy is used: it is sent.
 * expect: a copy made by "=": the reference is another iovec's
 */
ZOO_CASE(tx_burst)

static void
tx_burst_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_tx_burst(evpl, zoo_port(), 0, &copy, 1); /* misused */
}

static void
tx_burst_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&copy, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_tx_burst(evpl, zoo_port(), 0, &copy, 1);
}
