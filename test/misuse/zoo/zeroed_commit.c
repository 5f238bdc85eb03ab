/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec of zeros, which was never taken, is used: it is committed.
 * expect: a zeroed iovec, which was never taken
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	memset(&iovec, 0, sizeof(iovec));
	evpl_iovec_commit(evpl, 0, &iovec, 1); /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}
