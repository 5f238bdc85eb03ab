/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reservation is committed, whose data was moved by hand, so that it shows one byte behind what was reserved.
 * expect: a view of more than was taken
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	iovec.data = (char *)iovec.data + 1;
	evpl_iovec_commit(evpl, 0, &iovec, 1); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	iovec.data = (char *)iovec.data + 40;
	iovec.length = 24;
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &clone);
}
