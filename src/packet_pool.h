/* SPDX-License-Identifier: BSD-3-Clause */
/* The pools of packet mbufs. */
#ifndef EVPL_SRC_PACKET_POOL_H
#define EVPL_SRC_PACKET_POOL_H

#include "base.h"
#include "stats.h"
#include "tx_cache.h"

#include <rte_mempool.h>

/*
 * Data room of the small mbufs that are attached to iovecs. It is unused, but rte_pktmbuf_copy(m, m->pool, ...) would
 * never end without it.
 */
#define EVPL_PACKET_DATA_ROOM (RTE_PKTMBUF_HEADROOM + 256)

/* The name of their mempool operations. */
#define EVPL_PACKET_OPS "evpl_packet"

struct evpl_ledger;

/* mempool.pool_data of a pool with these operations; in memory that processes share. */
struct evpl_packets {
	uint8_t foreign[32];	    /* 0xff: drivers with pools in hardware expect their index here */
	struct rte_ring *ring;	    /* NULL: the anchors' or a ledger's pool, which is always empty */
	struct evpl_ledger *ledger; /* whose mbufs it has; NULL: of none */
	unsigned most;		    /* mbufs that a TX cache keeps at most */
	bool open;		    /* the pool is filled: mbufs that come were in use */
	struct evpl_peak away;	    /* mbufs that were not in the ring */
};

static inline struct evpl_packets *
evpl_packets_of(const struct rte_mempool *pool)
{
	return pool->pool_data;
}

struct evpl_packets *evpl_packets_create(const struct rte_mempool *pool); /* NULL: no memory */
/* As rte_mempool_obj_iter() calls it: as the mbuf was when its pool was made. */
void evpl_packet_mbuf_reset(struct rte_mempool *pool, void *opaque, void *object, unsigned index);

struct rte_mempool *evpl_packet_pool(int socket_id); /* a node's, made on first use; NULL with rte_errno */
bool evpl_anchor_pool_create(void);		     /* of the mbufs before buffers; false: no memory */
struct rte_mempool *evpl_ledger_pool_create(struct evpl_ledger *ledger); /* NULL with rte_errno */
void evpl_packet_pools_free(void);
/* The most mbufs that were away from the pool at once, in TX caches, too. The peak since this call begins anew. */
struct evpl_peak evpl_packet_pool_peak(const struct rte_mempool *pool);
void evpl_packet_pool_return(struct rte_mempool *pool, struct rte_mbuf **mbufs,
			     unsigned n); /* of a TX cache; any thread */
extern int evpl_packet_ops;		  /* index of their operations; -1: none */
bool evpl_packet_ops_attach(void);	  /* in a secondary process; false: do not free the primary's packets */
bool evpl_packet_ops_register(void);	  /* false: impossible */
/* Takes up to n mbufs with no field set. Fewer: rte_errno is ENOMEM. */
unsigned evpl_packet_alloc(struct rte_mempool *pool, struct rte_mbuf **mbufs, unsigned n);
struct rte_mbuf *evpl_packet_alloc_one(struct rte_mempool *pool);		      /* likewise; NULL */
void evpl_packet_free(struct rte_mempool *pool, struct rte_mbuf **mbufs, unsigned n); /* unused ones */

/* As evpl_packet_alloc_one(), from this thread's TX cache first; NULL. */
static inline struct rte_mbuf *
evpl_tx_cache_take(struct rte_mempool *pool)
{
	struct evpl_tx_cache *cache = evpl_tx_cache;
	uint32_t count = cache->count;

	if (unlikely(cache->pool != pool || count == 0))
		return evpl_packet_alloc_one(pool);
	__atomic_store_n(&cache->count, count - 1, __ATOMIC_RELAXED);
	return cache->mbufs[count - 1];
}

/* Whether the mbuf belongs to a packet pool. */
static inline bool
evpl_packet_is_ours(const struct rte_mbuf *m)
{
	return m->pool != NULL && m->pool->ops_index == evpl_packet_ops;
}

#endif /* EVPL_SRC_PACKET_POOL_H */
