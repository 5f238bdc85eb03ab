/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec of zeros, which was never taken, is used: it is released among others.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 * plain: the iovec is empty
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovecs_release(evpl, &iovec, 1); /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovecs_release(evpl, &iovec, 1);
}
