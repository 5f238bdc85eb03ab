/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes the pools of packet mbufs. packet_pool.c has their mempool operations.
 */
#include "packet_pool.h"

#include "global.h"
#include "note.h"

#include <errno.h>
#include <stdio.h>

#include <rte_mempool.h>

#define FAR_CACHE 256u /* mbufs per lcore */

/* Frees the pool. Returns NULL with rte_errno. */
static struct rte_mempool *
pool_failed(struct rte_mempool *pool, int error)
{
	rte_mempool_free(pool);
	rte_errno = error;
	return NULL;
}

static struct rte_mempool *
pool_create(const char *what, unsigned n, unsigned room, int socket_id)
{
	struct rte_pktmbuf_pool_private config = {.mbuf_data_room_size = (uint16_t)room};
	char name[RTE_MEMPOOL_NAMESIZE];
	struct rte_mempool *pool;
	int rc;

	snprintf(name, sizeof(name), "%s_%u", what, evpl_global_next_id());
	pool = rte_mempool_create_empty(name, n, sizeof(struct rte_mbuf) + room, 0, sizeof(config), socket_id, 0);
	if (pool == NULL)
		return NULL;
	rte_pktmbuf_pool_init(pool, &config);
	rc = rte_mempool_set_ops_byname(pool, EVPL_PACKET_OPS, NULL);
	return rc == 0 ? pool : pool_failed(pool, ENOTSUP); /* there are no such operations */
}

/* A pool that never has an mbuf. Its mbufs are elsewhere, and their ends are its operations' to handle. */
static struct rte_mempool *
empty_pool_create(const char *what, struct evpl_ledger *ledger)
{
	struct rte_mempool *pool = pool_create(what, 1, 0, SOCKET_ID_ANY);

	if (pool == NULL)
		return NULL;
	pool->pool_data = evpl_packets_create(pool);
	if (pool->pool_data == NULL)
		return pool_failed(pool, ENOMEM);
	evpl_packets_of(pool)->ledger = ledger;
	return pool;
}

bool
evpl_anchor_pool_create(void)
{
	evpl_global.anchor_pool = empty_pool_create("evpl_anchors", NULL);
	return evpl_global.anchor_pool != NULL;
}

struct rte_mempool *
evpl_ledger_pool_create(struct evpl_ledger *ledger)
{
	return empty_pool_create("evpl_loans", ledger);
}

/* Makes an ordinary pool, with room for a note behind each mbuf. */
static struct rte_mempool *
far_pool_create(int socket_id)
{
	struct evpl_global *g = &evpl_global;
	char name[RTE_MEMPOOL_NAMESIZE];
	struct rte_mempool *pool;

	snprintf(name, sizeof(name), "evpl_packets_%u", evpl_global_next_id());
	pool = rte_pktmbuf_pool_create(name, g->packet_mbufs, RTE_MIN(FAR_CACHE, g->packet_mbufs * 2 / 3),
				       evpl_note_size(), EVPL_PACKET_DATA_ROOM, socket_id);
	if (pool != NULL)
		rte_mempool_obj_iter(pool, evpl_note_init, NULL);
	return pool;
}

static struct rte_mempool *
near_pool_create(int socket_id)
{
	struct rte_mempool *pool =
		pool_create("evpl_packets", evpl_global.packet_mbufs, EVPL_PACKET_DATA_ROOM, socket_id);
	int rc;

	if (pool == NULL)
		return NULL;
	rc = rte_mempool_populate_default(pool);
	if (rc < 0)
		return pool_failed(pool, -rc);
	rte_mempool_obj_iter(pool, evpl_packet_mbuf_reset, NULL);
	evpl_packets_of(pool)->open = true;
	return pool;
}

struct rte_mempool *
evpl_packet_pool(int socket_id)
{
	struct evpl_global *g = &evpl_global;

	if (g->packet_pools[socket_id] == NULL)
		g->packet_pools[socket_id] = g->near ? near_pool_create(socket_id) : far_pool_create(socket_id);
	return g->packet_pools[socket_id];
}

void
evpl_packet_pools_free(void)
{
	struct evpl_global *g = &evpl_global;

	for (unsigned i = 0; i < RTE_MAX_NUMA_NODES; i++) {
		rte_mempool_free(g->packet_pools[i]);
		g->packet_pools[i] = NULL;
	}
	rte_mempool_free(g->anchor_pool);
	g->anchor_pool = NULL;
}
