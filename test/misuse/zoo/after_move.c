/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * An iovec that was moved is used: it is cloned.
 * expect: use after move
 * plain: src is empty
 */
ZOO_CASE(clone)

static void
clone_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);		 /* let go */
	evpl_iovec_clone(&another, &iovec);		 /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &owner);
}

static void
clone_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, another, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_clone(&another, &clone);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &clone);
	evpl_iovec_release(evpl, &owner);
}

/*
 * An iovec that was moved is used: a part of it is cloned.
 * expect: use after move
 * plain: src is empty
 */
ZOO_CASE(clone_segment)

static void
clone_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);   /* taken */
	evpl_iovec_move(&owner, &iovec);		   /* let go */
	evpl_iovec_clone_segment(&another, &iovec, 8, 16); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &owner);
}

static void
clone_segment_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, another, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_clone_segment(&another, &clone, 8, 16);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &clone);
	evpl_iovec_release(evpl, &owner);
}

/*
 * An iovec that was moved is used: it is committed.
 * expect: use after move
 * flags: LOCAL
 */
ZOO_CASE(commit)

static void
commit_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);	    /* let go */
	evpl_iovec_commit(evpl, 0, &iovec, 1);	    /* misused */
	evpl_iovec_release(evpl, &owner);
}

static void
commit_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_release(evpl, &owner);
}

/*
 * A reserved iovec was moved, and is committed where it was.
 * expect: use after move
 * flags: LOCAL
 */
ZOO_CASE(commit_reserved)

static void
commit_reserved_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_move(&another, &iovec);	    /* let go */
	evpl_iovec_commit(evpl, 0, &iovec, 1);	    /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
commit_reserved_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_move(&another, &iovec);
	evpl_iovec_commit(evpl, 0, &another, 1);
	evpl_iovec_release(evpl, &another);
}

/*
 * An iovec that was moved is used: the address of its bytes is asked for.
 * expect: use after move
 */
ZOO_CASE(data)

static void
data_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);		 /* let go */
	evpl_iovec_data(&iovec);			 /* misused */
	evpl_iovec_release(evpl, &owner);
}

static void
data_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_data(&clone);
	evpl_iovec_release(evpl, &clone);
	evpl_iovec_release(evpl, &owner);
}

/*
 * An iovec that was moved is used: its length is asked for.
 * expect: use after move
 */
ZOO_CASE(length)

static void
length_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);		 /* let go */
	evpl_iovec_length(&iovec);			 /* misused */
	evpl_iovec_release(evpl, &owner);
}

static void
length_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_length(&clone);
	evpl_iovec_release(evpl, &clone);
	evpl_iovec_release(evpl, &owner);
}

/*
 * An iovec that was moved is used: it is moved.
 * expect: use after move
 */
ZOO_CASE(move)

static void
move_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);		 /* let go */
	evpl_iovec_move(&another, &iovec);		 /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &owner);
}

static void
move_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, another, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_move(&another, &clone);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &owner);
}

/*
 * An iovec that was moved is used: a part of it is moved.
 * expect: use after move
 * plain: src is empty
 */
ZOO_CASE(move_segment)

static void
move_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);  /* taken */
	evpl_iovec_move(&owner, &iovec);		  /* let go */
	evpl_iovec_move_segment(&another, &iovec, 8, 16); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &owner);
}

static void
move_segment_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, another, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_move_segment(&another, &clone, 8, 16);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &owner);
}

/*
 * An iovec that was moved is used: it is released.
 * expect: release after move
 * plain: iovec is empty
 */
ZOO_CASE(release)

static void
release_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);		 /* let go */
	evpl_iovec_release(evpl, &iovec);		 /* misused */
	evpl_iovec_release(evpl, &owner);
}

static void
release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_release(evpl, &clone);
	evpl_iovec_release(evpl, &owner);
}

/*
 * An iovec that was moved is used: it is released among others.
 * expect: release after move
 * plain: iovec is empty
 */
ZOO_CASE(releases)

static void
releases_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);		 /* let go */
	evpl_iovecs_release(evpl, &iovec, 1);		 /* misused */
	evpl_iovec_release(evpl, &owner);
}

static void
releases_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovecs_release(evpl, &clone, 1);
	evpl_iovec_release(evpl, &owner);
}

/*
 * An iovec that was moved is used: its length is set.
 * expect: use after move
 */
ZOO_CASE(set_length)

static void
set_length_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);		 /* let go */
	evpl_iovec_set_length(&iovec, 32);		 /* misused */
	evpl_iovec_release(evpl, &owner);
}

static void
set_length_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_set_length(&clone, 32);
	evpl_iovec_release(evpl, &clone);
	evpl_iovec_release(evpl, &owner);
}

/*
 * An iovec that was moved is used: it becomes a packet.
 * expect: use after move
 */
ZOO_CASE(to_mbuf)

static void
to_mbuf_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);		 /* let go */
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);	 /* misused */
	rte_pktmbuf_free(packet);
	evpl_iovec_release(evpl, &owner);
}

static void
to_mbuf_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, owner;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	rte_pktmbuf_free(packet);
	evpl_iovec_release(evpl, &owner);
}

/*
 * An iovec that was moved is used: it is sent.
 * expect: use after move
 */
ZOO_CASE(tx_burst)

static void
tx_burst_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);		 /* let go */
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);	 /* misused */
	evpl_iovec_release(evpl, &owner);
}

static void
tx_burst_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_tx_burst(evpl, zoo_port(), 0, &clone, 1);
	evpl_iovec_release(evpl, &owner);
}
