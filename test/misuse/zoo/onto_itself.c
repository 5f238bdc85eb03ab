/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * An iovec is cloned onto the iovec that it is of: one reference more, which nobody is left to give back.
 * expect: a clone onto itself
 */
ZOO_CASE(clone)

static void
clone_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_clone(&iovec, &iovec);		 /* misused */
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
 * A segment is cloned onto the iovec that it is of: one reference more, which nobody is left to give back.
 * expect: a clone onto itself
 */
ZOO_CASE(clone_segment)

static void
clone_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_clone_segment(&iovec, &iovec, 0, 32); /* misused */
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
