/* SPDX-License-Identifier: BSD-3-Clause */
/* What a sending thread has at hand. Only its thread uses its fields, so they need no lock, except claims. */
#ifndef EVPL_SRC_TX_CACHE_H
#define EVPL_SRC_TX_CACHE_H

#include "base.h"

#include <sys/queue.h>

#include <rte_spinlock.h>

struct evpl_buffer;

#define EVPL_TX_CACHE_CLAIMS 32u /* buffers: 2 MiB with the default size */
#define EVPL_TX_CACHE_MBUFS 384u
struct evpl_tx_cache {
	uint32_t number;	  /* from 1 on; TX caches of other processes have none */
	struct rte_mempool *pool; /* of the mbufs: the first that the thread sent from; NULL */
	uint32_t most;		  /* mbufs that the TX cache may keep */
	uint32_t count;		  /* relaxed stores, because other threads read it */
	uint64_t returns;	  /* buffers that came home on its thread, but through no context; likewise */
	rte_spinlock_t lock;	  /* for claims: its thread, and evpl_tx_caches_reap() */
	unsigned next;		  /* the claim that a new one replaces */
	struct evpl_buffer *claims[EVPL_TX_CACHE_CLAIMS]; /* NULL: free; relaxed stores, too */
	TAILQ_ENTRY(evpl_tx_cache) entry;
	struct rte_mbuf *mbufs[EVPL_TX_CACHE_MBUFS];
};
extern struct evpl_tx_cache evpl_no_tx_cache; /* of threads that have not sent; always empty */
extern __thread struct evpl_tx_cache *evpl_tx_cache __attribute__((tls_model("initial-exec")));
void evpl_tx_cache_begin(struct rte_mempool *pool, unsigned most);

uint64_t evpl_tx_caches_returns(void);		      /* of all threads; call with the lock held */
bool evpl_tx_cache_claim(struct evpl_buffer *buffer); /* if it has at most 1 in stock; true: now more */
void evpl_tx_cache_unclaim(struct evpl_tx_cache *cache,
			   struct evpl_buffer *buffer);	     /* the stock is already accounted for */
bool evpl_tx_cache_give_up_last(struct evpl_buffer *buffer); /* see evpl_buffer_give_up_count() */
bool evpl_tx_caches_reap(void); /* brings home buffers that only stock keeps, on any TX cache; true: some */
void evpl_tx_cache_flush(void); /* gives up every claim */
unsigned evpl_tx_caches_mbufs(const struct rte_mempool *pool);
void evpl_tx_caches_count(uint32_t *free); /* buffers that reaping would find, per class; call with the lock held */
void evpl_tx_caches_reset(void);	   /* brings buffers home, forgets all mbufs; call with nothing in use */

#endif /* EVPL_SRC_TX_CACHE_H */
