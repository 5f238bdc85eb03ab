/* SPDX-License-Identifier: BSD-3-Clause */
/* Pools of mbufs that ports receive into, or that copies are sent from. */
#ifndef APPS_POOL_H
#define APPS_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mempool;

/* What an lcore's cache of such a pool holds: as testpmd's --mbcache. */
#define POOL_CACHE 250u

/*
 * n mbufs with that data room, headroom included. in_slabs: their bytes lie in slabs, and the library frees the pool; else it is an
 * ordinary one, which the caller frees. NULL after an error line.
 */
struct rte_mempool *pool_create(const char *name, uint32_t n, uint16_t size, int socket, bool in_slabs);

#endif /* APPS_POOL_H */
