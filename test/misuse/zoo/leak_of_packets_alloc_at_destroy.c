/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A context is destroyed while LOCAL iovecs of evpl_packets_alloc that were taken through it are live.
 * expect: evpl_destroy: LOCAL iovecs that were taken through it are still held: 3 iovecs, 192 bytes
 * ends: well
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovecs[3];

	evpl_packets_alloc(context, pool, 64, flags, iovecs, 3); /* leaked: 3 iovecs, 192 bytes */
	evpl_destroy(context);
	evpl_iovecs_release(evpl, iovecs, 3);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovecs[3];

	evpl_packets_alloc(context, pool, 64, flags, iovecs, 3);
	evpl_iovecs_release(context, iovecs, 3);
	evpl_destroy(context);
}
