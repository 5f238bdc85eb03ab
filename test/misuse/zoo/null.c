/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * An iovec is cloned to nowhere.
 * expect: a NULL instead of an iovec
 */
ZOO_CASE(clone)

static void
clone_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(NULL, &iovec); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
clone_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&another, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &another);
}

/*
 * A segment is cloned to nowhere.
 * expect: a NULL instead of an iovec
 */
ZOO_CASE(clone_segment)

static void
clone_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(NULL, &iovec, 0, 32); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
clone_segment_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 0, 32);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &another);
}

/*
 * An iovec is moved to nowhere.
 * expect: a NULL instead of an iovec
 */
ZOO_CASE(move)

static void
move_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move(NULL, &iovec); /* misused */
	evpl_iovec_release(evpl, &iovec);
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
 * A segment is moved to nowhere.
 * expect: a NULL instead of an iovec
 */
ZOO_CASE(move_segment)

static void
move_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move_segment(NULL, &iovec, 0, 32); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
move_segment_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move_segment(&another, &iovec, 0, 32);
	evpl_iovec_release(evpl, &another);
}

/*
 * NULL is released.
 * expect: a NULL instead of an iovec
 * flags: LOCAL
 */
ZOO_CASE(release)

static void
release_bug(struct evpl *evpl, unsigned flags)
{
	evpl_iovec_release(evpl, NULL); /* misused */
}

static void
release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_release(evpl, &iovec);
}
