/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A LOCAL iovec is touched by another thread: it is sent.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
#include "zoo.h"

static void
elsewhere(void *arg)
{
	struct evpl *evpl = evpl_create(NULL);

	evpl_tx_burst(evpl, zoo_port(), 0, arg, 1); /* misused elsewhere */
	evpl_destroy(evpl);
}

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	zoo_port();
	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(elsewhere, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	zoo_port();
	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(elsewhere, &iovec);
}
