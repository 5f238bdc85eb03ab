/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The copy by "=" of an iovec that was released is used: the address of its bytes is asked for.
 * expect: a copy made by "=" of an iovec that was let go
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovec_release(evpl, &iovec); /* let go */
	evpl_iovec_data(&copy);		  /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move(&copy, &iovec);
	evpl_iovec_data(&copy);
	evpl_iovec_release(evpl, &copy);
}
