/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NULL is released.
 * expect: a NULL instead of an iovec
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	evpl_iovec_release(evpl, NULL); /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_release(evpl, &iovec);
}
