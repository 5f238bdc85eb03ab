/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec of zeros, which was never taken, is used: it is moved.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovec_move(&another, &iovec); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move(&another, &iovec);
	evpl_iovec_release(evpl, &another);
}
