/* SPDX-License-Identifier: BSD-3-Clause */
/* Pools of mbufs. Ports receive into them, or copies are sent from them. */
#ifndef APPS_POOL_H
#define APPS_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mempool;

/* The mbufs in the mempool cache of an lcore, as in testpmd's --mbcache. */
#define POOL_CACHE 250u

/*
 * Creates a pool of n mbufs. size: their data room, including the headroom. in_slabs: their bytes are in slabs, and the
 * library frees the pool. Otherwise it is an ordinary pool, and the caller frees it. NULL after an error line.
 */
struct rte_mempool *pool_create(const char *name, uint32_t n, uint16_t size, int socket, bool in_slabs);

#endif /* APPS_POOL_H */
