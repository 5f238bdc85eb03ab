/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether an mbuf that a program hands in is free.
 */
#include "trace/free_mbuf.h"

#include "attach.h"
#include "packet_pool.h"
#include "trace/hooks.h"

#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <rte_ring.h>

/* Whether an lcore's cache of the pool holds it, and where. */
static bool
is_cached(const struct rte_mempool *pool, unsigned lcore_id, const struct rte_mbuf *mbuf, uint32_t *at)
{
	const struct rte_mempool_cache *cache = &pool->local_cache[lcore_id];
	uint32_t length = RTE_MIN(__atomic_load_n(&cache->len, __ATOMIC_RELAXED), (uint32_t)RTE_DIM(cache->objs));

	for (*at = length; *at > 0; --*at) {
		if (__atomic_load_n(&cache->objs[*at - 1], __ATOMIC_RELAXED) == mbuf)
			return true;
	}
	return false;
}

/*
 * Another lcore's cache has it. That lcore may be adding to its cache at this moment. Then the length counts places
 * that are not written yet, in which lies what came out long ago. So the mbuf must lie there for a tenth of a second;
 * if it does, the program ends.
 */
static bool
stays_cached(const struct rte_mempool *pool, unsigned lcore_id, const struct rte_mbuf *mbuf, uint32_t at)
{
	const struct rte_mempool_cache *cache = &pool->local_cache[lcore_id];

	for (unsigned i = 0; i < 100; i++) {
		if (__atomic_load_n(&cache->len, __ATOMIC_RELAXED) < at ||
		    __atomic_load_n(&cache->objs[at - 1], __ATOMIC_RELAXED) != mbuf)
			return false;
		rte_delay_us_sleep(1000);
	}
	return true;
}

void
trace_packet_freed(struct rte_mbuf *m)
{
	m->shinfo = (struct rte_mbuf_ext_shared_info *)EVPL_ON_FREE;
}

#define FREE_LOOK 256u

/*
 * Whether an mbuf lies in its pool's caches of lcores, or among the last FREE_LOOK that were put into a ring. A free
 * mbuf looks like a used one, and DPDK has no call that tells. An mbuf that was freed longer ago is not found.
 */
bool
trace_mbuf_is_free(const struct rte_mbuf *mbuf)
{
	const struct rte_mempool *pool = mbuf->pool;
	unsigned own = rte_lcore_id();
	uint32_t at;

	if (evpl_packet_is_ours(mbuf))
		return (uintptr_t)mbuf->shinfo == EVPL_ON_FREE;
	for (unsigned i = 0; pool->cache_size > 0 && i < RTE_MAX_LCORE; i++) {
		if (rte_eal_lcore_role(i) != ROLE_OFF && is_cached(pool, i, mbuf, &at) &&
		    (i == own || stays_cached(pool, i, mbuf, at)))
			return true;
	}
	if (strncmp(rte_mempool_get_ops(pool->ops_index)->name, "ring_", 5) == 0) {
		const struct rte_ring *ring = pool->pool_data;
		void *const *objects = (void *const *)(ring + 1);
		/*
		 * In this order. What lies between the two was put there before, and had not been taken when head was
		 * read.
		 */
		uint32_t head = __atomic_load_n(&ring->cons.head, __ATOMIC_ACQUIRE);
		uint32_t tail = __atomic_load_n(&ring->prod.tail, __ATOMIC_ACQUIRE);
		uint32_t count = tail - head > ring->capacity ? 0 : RTE_MIN(tail - head, FREE_LOOK);

		for (uint32_t k = 1; k <= count; k++) {
			if (__atomic_load_n(&objects[(tail - k) & ring->mask], __ATOMIC_RELAXED) == mbuf)
				return true;
		}
	}
	return false;
}
