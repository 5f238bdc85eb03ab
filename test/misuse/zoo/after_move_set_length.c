/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that was moved is used: its length is set.
 * expect: use after move
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_move(&owner, &iovec);		 /* let go */
	evpl_iovec_set_length(&iovec, 32);		 /* misused */
	evpl_iovec_release(evpl, &owner);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_set_length(&clone, 32);
	evpl_iovec_release(evpl, &clone);
	evpl_iovec_release(evpl, &owner);
}
