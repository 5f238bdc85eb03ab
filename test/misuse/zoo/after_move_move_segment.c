/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that was moved is used: a part of it is moved.
 * expect: use after move
 * plain: the iovec is empty
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);  /* taken */
	evpl_iovec_move(&owner, &iovec);		  /* let go */
	evpl_iovec_move_segment(&another, &iovec, 8, 16); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &owner);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone, another, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_move_segment(&another, &clone, 8, 16);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &owner);
}
