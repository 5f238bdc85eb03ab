/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A segment is cloned to nowhere.
 * expect: a NULL instead of an iovec
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(NULL, &iovec, 0, 32); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 0, 32);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &another);
}
