/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec is moved to nowhere.
 * expect: a NULL instead of an iovec
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move(NULL, &iovec); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move(&another, &iovec);
	evpl_iovec_release(evpl, &another);
}
