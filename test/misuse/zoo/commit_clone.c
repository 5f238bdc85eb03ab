/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clone of a reserved iovec is committed.
 * expect: commit of what was not reserved
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_clone(&another, &iovec);	 /* taken */
	evpl_iovec_commit(evpl, 0, &another, 1); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_clone(&another, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}
