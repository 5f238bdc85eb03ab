/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A SHARED iovec is released by another thread, and then once more.
 * expect: double release
 * flags: SHARED
 */
#include "zoo.h"

static void
elsewhere(void *arg)
{
	evpl_iovec_release(NULL, arg); /* let go elsewhere */
}

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec); /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&another, &iovec);
	threads_run_elsewhere(elsewhere, &iovec);
	evpl_iovec_release(evpl, &another);
}
