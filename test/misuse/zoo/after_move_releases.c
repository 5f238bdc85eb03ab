/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that was moved is used: it is released among others.
 * expect: release after move
 * plain: the iovec is empty
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);		 /* let go */
	evpl_iovecs_release(evpl, &iovec, 1);		 /* misused */
	evpl_iovec_release(evpl, &owner);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovecs_release(evpl, &clone, 1);
	evpl_iovec_release(evpl, &owner);
}
