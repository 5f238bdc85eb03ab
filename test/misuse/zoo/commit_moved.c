/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reserved iovec was moved, and is committed where it was.
 * expect: use after move
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_move(&another, &iovec);	    /* let go */
	evpl_iovec_commit(evpl, 0, &iovec, 1);	    /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_move(&another, &iovec);
	evpl_iovec_commit(evpl, 0, &another, 1);
	evpl_iovec_release(evpl, &another);
}
