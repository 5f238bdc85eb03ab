/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Banks: where a context takes buffers from. A bank is a NUMA node, or a group of external slabs. So a group works as
 * a node of its own, which no slab is made for.
 */
#ifndef EVPL_SRC_BANK_H
#define EVPL_SRC_BANK_H

#include "base.h"

#define EVPL_BANKS ((unsigned)(RTE_MAX_NUMA_NODES + EVPL_EXTERNAL_GROUPS))
_Static_assert(EVPL_BANKS <= 64, "evpl_class.banks has a bit for each");

static inline bool
evpl_bank_is_node(int bank)
{
	return bank < RTE_MAX_NUMA_NODES;
}

/* Of a bit per bank, those of nodes. */
static inline uint64_t
evpl_banks_nodes(uint64_t banks)
{
	return banks & (UINT64_MAX >> (64 - RTE_MAX_NUMA_NODES));
}

static inline bool
evpl_is_group(int socket_id)
{
	return socket_id >= EVPL_EXTERNAL(0) && socket_id < EVPL_EXTERNAL(EVPL_EXTERNAL_GROUPS);
}

/* Of a node, or of a group. A node that no context can ask for is taken for node 0. */
static inline int
evpl_bank_of(int socket_id)
{
	if (evpl_is_group(socket_id))
		return RTE_MAX_NUMA_NODES + (socket_id - EVPL_EXTERNAL(0));
	return socket_id >= 0 && socket_id < RTE_MAX_NUMA_NODES ? socket_id : 0;
}

/* The node or group, as programs name it. */
static inline int
evpl_bank_socket(int bank)
{
	return evpl_bank_is_node(bank) ? bank : EVPL_EXTERNAL(bank - RTE_MAX_NUMA_NODES);
}

#endif /* EVPL_SRC_BANK_H */
