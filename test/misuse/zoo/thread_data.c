/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A LOCAL iovec is touched by another thread: the address of its bytes is asked for.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
#include "zoo.h"

static void
elsewhere(void *arg)
{
	evpl_iovec_data(arg); /* misused elsewhere */
}

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec);
}
