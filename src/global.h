/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the process has.
 */
#ifndef EVPL_SRC_GLOBAL_H
#define EVPL_SRC_GLOBAL_H

#include "base.h"
#include "class.h"
#include "node.h"
#include "stats.h"

#include <pthread.h>
#include <sys/queue.h>

struct evpl_context;
struct evpl_slab;

struct evpl_rx_pool;

/*
 * lock guards everything. Without it shelf.c reads slabs[], and may only look at a slab as it says there; and counts of
 * slabs are read, which may be a moment old.
 */
struct evpl_global {
	pthread_mutex_t lock;
	unsigned users;
	unsigned class_count;			 /* 1 or 2 */
	struct evpl_class classes[EVPL_CLASSES]; /* smaller buffers first */
	unsigned max_slabs;			 /* of both classes together, external ones included */
	unsigned zone_slabs;			 /* the same, without external ones: no more than EAL has memzones */
	uint64_t low_watermark, high_watermark;	 /* bytes */
	unsigned idle_trim_ms;
	unsigned packet_mbufs;
	unsigned sample_period;
	bool near; /* packets may be near: see attach.h */
	unsigned slab_count;
	unsigned slabs_coming;	/* that the keeper is making */
	unsigned slabs_going;	/* that are being freed without the lock */
	pthread_cond_t settled; /* there are fewer of these */
	uint64_t slab_bytes;
	unsigned externals; /* slabs of evpl_slab_add_external() */
	unsigned no_iova;   /* of those: some page has no IO address; relaxed */
	uint64_t untouched; /* a bit per bank whose bytes the library must not touch; relaxed */
	struct evpl_topology topology;
	uint32_t slab_end;	   /* one past the highest number of a slab */
	struct evpl_slab **slabs;  /* by number, max_slabs of them; NULL: there is none with the number */
	unsigned slabs_made;	   /* since the library started; stored with release after the slab */
	unsigned slabs_made_ahead; /* by the keeper */
	unsigned slabs_given_back;
	uint32_t removals; /* begun and ended; odd: a slab's buffers are out of sight. See evpl_slab_take() */
	unsigned next_id;  /* for names, unique for the life of the process: see evpl_global_next_id() */
	struct rte_mempool *packet_pools[RTE_MAX_NUMA_NODES];
	struct rte_mempool *anchor_pool;
	bool ending; /* evpl_cleanup_deferred() has begun */
	TAILQ_HEAD(, evpl_rx_pool) rx_pools;
	TAILQ_HEAD(, evpl_context) contexts;
	unsigned context_count;
	unsigned contexts_peak, contexts_made;
	struct evpl_failures failed;   /* of contexts that are gone, and of calls without one */
	struct evpl_counters counters; /* of contexts that are gone */
	uint64_t remote_returns; /* without a context, on threads without a TX cache or gone; atomic, of any thread */
	uint64_t releases;	 /* tracing: without a context; likewise */
	uint64_t rx_linearized, rx_too_long, rx_no_memory; /* of contexts that are gone */
};
extern struct evpl_global evpl_global;

/* With or without the lock. */
static inline unsigned
evpl_global_next_id(void)
{
	return __atomic_fetch_add(&evpl_global.next_id, 1, __ATOMIC_RELAXED);
}

/* Whether there may be one more slab. An external one takes no memzone. With the lock held. */
static inline bool
evpl_global_has_room(bool external)
{
	const struct evpl_global *g = &evpl_global;
	unsigned all = g->slab_count + g->slabs_coming;

	return all < g->max_slabs && (external || all - g->externals < g->zone_slabs);
}

/* Whether the library must not touch the bytes of buffers of that bank. */
static inline bool
evpl_bank_is_untouched(int bank)
{
	return (__atomic_load_n(&evpl_global.untouched, __ATOMIC_RELAXED) >> bank & 1) != 0;
}

/* Of the largest buffers. */
static inline const struct evpl_class *
evpl_class_largest(void)
{
	return &evpl_global.classes[evpl_global.class_count - 1];
}

/* The smallest buffers of which one has room for all; else the largest. */
static inline struct evpl_class *
evpl_class_for(uint32_t length, unsigned alignment)
{
	struct evpl_global *g = &evpl_global;
	unsigned i = 0;

	while (i + 1 < g->class_count && length > evpl_class_capacity(&g->classes[i], alignment))
		i++;
	return &g->classes[i];
}

#endif /* EVPL_SRC_GLOBAL_H */
