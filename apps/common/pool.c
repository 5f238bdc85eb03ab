/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool.h"

#include <rte_errno.h>
#include <rte_mbuf.h>

#include <evpl/evpl.h>

#include "error.h"

struct rte_mempool *
pool_create(const char *name, uint32_t n, uint16_t size, int socket, bool in_slabs)
{
	struct rte_mempool *pool;

	if (in_slabs)
		pool = evpl_rx_pool_create(name, n, size, socket);
	else
		pool = rte_pktmbuf_pool_create(name, n, RTE_MIN(POOL_CACHE, n * 2 / 3), 0, size, socket);
	if (pool == NULL)
		error_line("no pool of %u mbufs of %u bytes on NUMA node %d: %s (try a smaller --total-num-mbufs, or "
			   "EAL's "
			   "-m)",
			   n, size, socket, rte_strerror(rte_errno));
	return pool;
}
