/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A shelf: the slabs of one class in one bank (bank.h), and which of them have free buffers. To take a buffer and to
 * put one back costs the same with one slab and with thousands, needs no lock, and never waits for another thread.
 */
#ifndef EVPL_SRC_SHELF_H
#define EVPL_SRC_SHELF_H

#include "base.h"
#include "stats.h"

struct evpl_buffer;
struct evpl_context;
struct evpl_slab;

/* In memory that processes share: a secondary process puts buffers back, too. It lives until the library stops. */
struct evpl_shelf {
	int64_t free;	       /* free buffers; the last that a thread changes when it puts one back */
	uint32_t away;	       /* buffers that are not home */
	struct evpl_peak peak; /* of away. A slab that goes takes its own peak with it */
	/* The rest changes rarely. */
	uint32_t words __rte_cache_aligned; /* of the map, that have slabs */
	uint32_t buffers;		    /* in its slabs; with the lock held */
	uint64_t map[];			    /* a bit per slab number: the slab may have free buffers */
};

struct evpl_shelf *evpl_shelf_create(int socket_id); /* with the lock held; NULL: no memory */
void evpl_shelf_put(struct evpl_buffer *buffer);     /* makes it free; on any thread, in any process */
/* A free buffer; NULL. *slab is where it was. */
struct rte_mbuf *evpl_shelf_take(struct evpl_shelf *shelf, struct evpl_context *ctx);

/* With the lock held. */
void evpl_shelf_add(struct evpl_slab *slab);	/* a new slab, whose buffers all become free; it has a number */
bool evpl_shelf_remove(struct evpl_slab *slab); /* false: a buffer is not home, and nothing has changed */

/* How many buffers of a shelf are free; a moment old. */
static inline uint32_t
evpl_shelf_free(const struct evpl_shelf *shelf)
{
	int64_t n = __atomic_load_n(&shelf->free, __ATOMIC_ACQUIRE);

	return n > 0 ? (uint32_t)n : 0;
}

#endif /* EVPL_SRC_SHELF_H */
