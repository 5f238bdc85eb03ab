/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A LOCAL iovec is touched by another thread: it becomes a packet.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
#include "zoo.h"

static void
elsewhere(void *arg)
{
	struct evpl *evpl = evpl_create(NULL);
	struct rte_mbuf *packet;

	packet = evpl_iovecs_to_mbuf(evpl, arg, 1); /* misused elsewhere */
	rte_pktmbuf_free(packet);
	evpl_destroy(evpl);
}

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(elsewhere, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(elsewhere, &iovec);
}
