/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NUMA nodes: which ones there are, how far apart they are, and in which order a context tries them.
 */
#ifndef EVPL_SRC_NODE_H
#define EVPL_SRC_NODE_H

#include "base.h"

/* Distances as the kernel has them: 10 is the node itself, and 20 is twice as far. 0: unknown. */
struct evpl_topology {
	uint64_t nodes; /* a bit per node that has CPUs or memory */
	uint8_t distance[RTE_MAX_NUMA_NODES][RTE_MAX_NUMA_NODES];
};

/* folder: the kernel's /sys/devices/system/node. Where it says nothing, distances are unknown. */
void evpl_topology_read(struct evpl_topology *t, const char *folder);

/*
 * The nodes to try, in order, for a context of node `wish`. Returns how many. It depends on its arguments only.
 *
 *	1. the wish: its free buffers, and then a new slab there
 *	2. other nodes that have free buffers, because these cost nothing: the nearest first
 *	3. all others, where a slab has to be made: the nearest first
 *
 * Nodes whose distance is unknown come after the others. Of nodes that are equally far, the one with more free buffers
 * comes first, and then the one with the lower number.
 */
unsigned evpl_node_order(const struct evpl_topology *t, const uint32_t free[RTE_MAX_NUMA_NODES], int wish,
			 uint8_t order[RTE_MAX_NUMA_NODES]);

#endif /* EVPL_SRC_NODE_H */
