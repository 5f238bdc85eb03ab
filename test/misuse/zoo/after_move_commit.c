/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that was moved is used: it is committed.
 * expect: use after move
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);	    /* let go */
	evpl_iovec_commit(evpl, 0, &iovec, 1);	    /* misused */
	evpl_iovec_release(evpl, &owner);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_release(evpl, &owner);
}
