/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * The clone of a reserved iovec is committed.
 * expect: commit of what was not reserved
 * flags: LOCAL
 */
ZOO_CASE(clone)

static void
clone_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_clone(&another, &iovec);	 /* taken */
	evpl_iovec_commit(evpl, 0, &another, 1); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
clone_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_clone(&another, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A reserved iovec is committed with a length that was written into its field and is longer.
 * expect: commit of more than was reserved
 * plain: longer than what was reserved
 * flags: LOCAL
 */
ZOO_CASE(longer_by_field)

static void
longer_by_field_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	iovec.length = 65;
	evpl_iovec_commit(evpl, 0, &iovec, 1); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
longer_by_field_twin(struct evpl *evpl, unsigned flags)
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
ZOO_CASE(longer_by_set_length)

static void
longer_by_set_length_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_set_length(&iovec, 65);	    /* misused */
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}

static void
longer_by_set_length_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_set_length(&iovec, 63);
	evpl_iovec_set_length(&iovec, 64);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A reserved iovec was moved, and is committed where it was.
 * expect: use after move
 * flags: LOCAL
 */
ZOO_CASE(moved)

static void
moved_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_move(&another, &iovec);	    /* let go */
	evpl_iovec_commit(evpl, 0, &iovec, 1);	    /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
moved_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_move(&another, &iovec);
	evpl_iovec_commit(evpl, 0, &another, 1);
	evpl_iovec_release(evpl, &another);
}

/*
 * An iovec is committed that was not reserved.
 * expect: commit of what was not reserved
 */
ZOO_CASE(not_reserved)

static void
not_reserved_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_commit(evpl, 0, &iovec, 1);		 /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
not_reserved_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A reserved iovec is committed twice.
 * expect: committed twice
 * flags: LOCAL
 */
ZOO_CASE(twice)

static void
twice_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_commit(evpl, 0, &iovec, 1); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
twice_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_reserve(evpl, 64, 0, 1, &another);
	evpl_iovec_commit(evpl, 0, &another, 1);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &another);
}
