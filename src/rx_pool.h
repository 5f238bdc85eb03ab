/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools for reception.
 */
#ifndef EVPL_SRC_RX_POOL_H
#define EVPL_SRC_RX_POOL_H

#include "base.h"

#include <sys/queue.h>

/* A memzone cut into equal rooms, and the mempool of the mbufs that are pinned to them. */
struct evpl_rx_pool {
	struct evpl_slab_info info;
	struct rte_mempool *pool;
	uint32_t n;
	TAILQ_ENTRY(evpl_rx_pool) entry;
};

void evpl_rx_pools_free(void); /* with the lock held, and nothing in use */

#endif /* EVPL_SRC_RX_POOL_H */
