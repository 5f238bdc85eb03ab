/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec was copied by "=", and the copy is used: it is cloned.
 * expect: a copy made by "=": the reference is another iovec's
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_iovec_clone(&another, &copy); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&copy, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_clone(&another, &copy);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &copy);
}
