/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs: a memzone cut into equal rooms, with a mempool of mbufs that are pinned to them.
 */
#ifndef EVPL_SRC_SLAB_H
#define EVPL_SRC_SLAB_H

#include "base.h"
#include "class.h"
#include "stats.h"

#include <stddef.h>
#include <sys/queue.h>

#include <rte_memzone.h>

struct evpl_context;

/* A memzone cut into equal rooms, and the mempool of the mbufs pinned to them. */
struct evpl_slab {
	const struct rte_memzone *zone;
	struct rte_mempool *pool;
	struct evpl_class *class; /* of its buffers; NULL: an RX pool's */
	uint32_t n;
	struct evpl_peak away; /* buffers that were away from the pool at once */
	int socket_id;
	uint32_t number;	      /* in evpl_global.slabs */
	TAILQ_ENTRY(evpl_slab) entry; /* of RX pools */
};

struct evpl_slab *evpl_slab_create(const char *name, size_t lead, size_t room, size_t distance, unsigned n,
				   unsigned cache_size, unsigned priv_size, int socket_id);
void evpl_slab_destroy(struct evpl_slab *slab);
bool evpl_slab_is_home(const struct evpl_slab *slab);			   /* every mbuf in its pool */
struct evpl_slab *evpl_slab_grow(struct evpl_class *class, int socket_id); /* with the lock held */
void evpl_slabs_try_again(void); /* EAL may have memory again; with the lock held */
/* A free buffer; NULL. */
struct rte_mbuf *evpl_slab_take(struct evpl_context *ctx, struct evpl_class *class, bool grow);

/* Slabs that exist: for (... = evpl_slab_next(0); ... != NULL; ... = evpl_slab_next(slab->number + 1)). Lock held. */
struct evpl_slab *evpl_slab_next(uint32_t number);
uint32_t evpl_slab_away(const struct evpl_slab *slab); /* buffers that are not at home */

#endif /* EVPL_SRC_SLAB_H */
