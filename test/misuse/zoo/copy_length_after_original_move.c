/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The copy by "=" of an iovec that was moved is used: its length is asked for.
 * expect: a copy made by "=" of an iovec that was let go
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovec_move(&owner, &iovec); /* let go */
	evpl_iovec_length(&copy);	 /* misused */
	evpl_iovec_release(evpl, &owner);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy, owner;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move(&owner, &iovec);
	evpl_iovec_move(&copy, &owner);
	evpl_iovec_length(&copy);
	evpl_iovec_release(evpl, &copy);
}
