/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reserved iovec is committed with a length that was written into its field and is longer.
 * expect: commit of more than was reserved
 * plain: longer than what was reserved
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	iovec.length = 65;
	evpl_iovec_commit(evpl, 0, &iovec, 1); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	iovec.length = 63;
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}
