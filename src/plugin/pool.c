/* SPDX-License-Identifier: BSD-3-Clause */
#include "plugin/pool.h"

#include "plugin/option.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_memzone.h>

#define MAGIC UINT64_C(0x7061636574766c70) /* no mempool driver's data begins so: a ring begins with its name */

struct traced_pool *
traced_pool_of(const struct rte_mempool *mempool)
{
	struct traced_pool *pool = mempool->pool_data;

	return pool != NULL && pool->magic == MAGIC ? pool : NULL;
}

bool
traced_pool_is_there(const struct traced_pool *pool)
{
	return pool->magic == MAGIC;
}

/* Whether DPDK's mbufs are what the pool will have. Then its private area says how large their parts are. */
static bool
is_of_mbufs(struct rte_mempool *mempool, bool *pinned)
{
	const struct rte_pktmbuf_pool_private *private = rte_mempool_get_priv(mempool);
	uint32_t size;

	if (mempool->private_data_size < sizeof(*private) || private->mbuf_data_room_size == 0)
		return false;
	*pinned = (private->flags & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF) != 0;
	size = (uint32_t)sizeof(struct rte_mbuf) + private->mbuf_priv_size;
	return mempool->elt_size ==
	       size + (*pinned ? sizeof(struct rte_mbuf_ext_shared_info) : private->mbuf_data_room_size);
}

/*
 * Notes where the data room will be, and makes room for the guards while the mempool has no memory yet. Some programs
 * initialise the private area of a pool that has memory: its mbufs have no guards.
 */
static void
lay_out(struct traced_pool *pool, bool guards)
{
	struct rte_mempool *mempool = pool->mempool;
	struct rte_pktmbuf_pool_private *private = rte_mempool_get_priv(mempool);
	struct rte_mempool_objsz size;
	bool pinned = false;

	pool->of_mbufs = is_of_mbufs(mempool, &pinned);
	if (!pool->of_mbufs || pinned)
		return;
	if (guards && !plugin_options.no_guards && private->mbuf_priv_size + OBJECT_FRONT <= UINT16_MAX) {
		private->mbuf_priv_size = (uint16_t)(private->mbuf_priv_size + OBJECT_FRONT);
		rte_mempool_calc_obj_size(mempool->elt_size + OBJECT_FRONT + OBJECT_GUARD, mempool->flags, &size);
		mempool->elt_size = size.elt_size;
		mempool->header_size = size.header_size;
		mempool->trailer_size = size.trailer_size;
		pool->guard = OBJECT_GUARD;
		pool->front = true;
	}
	pool->room = (uint32_t)sizeof(struct rte_mbuf) + private->mbuf_priv_size;
	pool->room_length = private->mbuf_data_room_size;
}

/* The parts of the memory, one behind the other. Without memory: only its size. */
static size_t
divide(struct traced_pool *pool, char *memory)
{
	size_t at = RTE_ALIGN(sizeof(*pool), RTE_CACHE_LINE_SIZE);
	size_t n = pool->capacity;

#define PART(field, count)                                                                                             \
	do {                                                                                                           \
		if (memory != NULL)                                                                                    \
			pool->field = (void *)(memory + at);                                                           \
		at = RTE_ALIGN(at + (count) * sizeof(*pool->field), RTE_CACHE_LINE_SIZE);                              \
	} while (0)
	PART(objects, n);
	if (pool->mempool->private_data_size >= sizeof(struct rte_pktmbuf_pool_private))
		PART(headers, n);
	PART(addresses, n);
	PART(table, (size_t)pool->table_mask + 1);
	PART(free, n);
	PART(waiting, pool->waiting_size);
#undef PART
	return at;
}

/*
 * Caches of size 0 let every object that is taken or freed come to the operations. The mempool keeps its cache_size,
 * because its private data lie behind the caches, and programs may have asked for their address already.
 */
static void
close_caches(struct rte_mempool *mempool)
{
	for (unsigned i = 0; mempool->cache_size != 0 && i < RTE_MAX_LCORE; i++) {
		mempool->local_cache[i].size = 0;
		mempool->local_cache[i].flushthresh = 0;
	}
}

int
traced_pool_make(struct rte_mempool *mempool)
{
	struct traced_pool pool = {.magic = MAGIC, .mempool = mempool, .process = (int32_t)getpid()}, *made;
	const struct rte_memzone *memory;
	char name[RTE_MEMZONE_NAMESIZE];

	pool.capacity = mempool->size;
	pool.table_mask = rte_align32pow2(2 * RTE_MAX(pool.capacity, 1u)) - 1;
	pool.waiting_size = RTE_MIN(plugin_options.quarantine, pool.capacity / 2);
	/* As the mempool's own memzone, "MP_...": cut short, so that it fits. */
	snprintf(name, sizeof(name), "ET%.*s", (int)sizeof(name) - 4, mempool->name);
	memory = rte_memzone_reserve_aligned(name, divide(&pool, NULL), mempool->socket_id, RTE_MEMZONE_SIZE_HINT_ONLY,
					     RTE_CACHE_LINE_SIZE);
	if (memory == NULL && mempool->socket_id != SOCKET_ID_ANY)
		memory = rte_memzone_reserve_aligned(name, divide(&pool, NULL), SOCKET_ID_ANY,
						     RTE_MEMZONE_SIZE_HINT_ONLY, RTE_CACHE_LINE_SIZE);
	if (memory == NULL) {
		fprintf(plugin_options.out,
			"evpl_trace: no memory for the records of %s's %u objects: %zu KiB more are needed (-m)\n",
			mempool->name, pool.capacity, divide(&pool, NULL) / 1024);
		return -ENOMEM;
	}
	memset(memory->addr, 0, divide(&pool, NULL));
	made = memory->addr;
	pool.memory = memory;
	close_caches(mempool);
	lay_out(&pool, true);
	*made = pool;
	divide(made, memory->addr);
	rte_spinlock_init(&made->lock);
	made->single.number = POOL_NO_OBJECT;
	mempool->pool_data = made;
	return 0;
}

/* Some programs put the bytes of their mbufs where they want them. What lies behind such an mbuf is no data room. */
static void
find_room(struct traced_pool *pool)
{
	const struct rte_mbuf *m = pool->count > 0 ? pool->addresses[0] : NULL;

	if (pool->room != 0 && m != NULL && m->buf_addr != traced_pool_room(pool, 0))
		pool->room = pool->guard = 0;
}

/* Mbufs for clones have no data room, so the private area's bytes do not tell whether the pool is of mbufs. */
static bool
has_mbufs(const struct traced_pool *pool)
{
	const struct rte_mbuf *m = pool->count > 0 ? pool->addresses[0] : NULL;

	return m != NULL && pool->headers != NULL && pool->mempool->elt_size >= sizeof(*m) &&
	       m->pool == pool->mempool && rte_mbuf_refcnt_read(m) == 1 && m->next == NULL && m->nb_segs == 1 &&
	       m->buf_addr == (const char *)(m + 1) + m->priv_size;
}

void
traced_pool_look(struct traced_pool *pool)
{
	rte_spinlock_lock(&pool->lock);
	if (!pool->looked && !pool->of_mbufs)
		lay_out(pool, false);
	if (!pool->looked)
		find_room(pool);
	if (!pool->looked && !pool->of_mbufs)
		pool->of_mbufs = has_mbufs(pool);
	__atomic_store_n(&pool->looked, true, __ATOMIC_RELEASE);
	rte_spinlock_unlock(&pool->lock);
}

void
traced_pool_empty(struct traced_pool *pool)
{
	pool->count = pool->free_count = pool->waiting_count = pool->waiting_first = 0;
	pool->ending = false;
	pool->single.number = POOL_NO_OBJECT;
	memset(pool->table, 0, ((size_t)pool->table_mask + 1) * sizeof(*pool->table));
	memset(pool->objects, 0, pool->capacity * sizeof(*pool->objects));
}

void
traced_pool_free(struct traced_pool *pool)
{
	pool->mempool->pool_data = NULL;
	pool->magic = 0;
	rte_memzone_free(pool->memory);
}

static uint32_t
slot_of(const struct traced_pool *pool, const void *address)
{
	/* 2^64 / golden ratio */
	return (uint32_t)(((uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & pool->table_mask;
}

uint32_t
traced_pool_find(const struct traced_pool *pool, const void *address)
{
	for (uint32_t at = slot_of(pool, address); pool->table[at] != 0; at = (at + 1) & pool->table_mask) {
		if (pool->addresses[pool->table[at] - 1] == address)
			return pool->table[at] - 1;
	}
	return POOL_NO_OBJECT;
}

void
traced_pool_add(struct traced_pool *pool, void *const *addresses, unsigned n)
{
	for (unsigned i = 0; i < n && pool->count < pool->capacity; i++) {
		uint32_t at = slot_of(pool, addresses[i]), number = pool->count++;

		while (pool->table[at] != 0)
			at = (at + 1) & pool->table_mask;
		pool->addresses[number] = addresses[i];
		pool->table[at] = pool->count;
		pool->free[pool->free_count++] = number;
	}
}

bool
traced_pool_pop(struct traced_pool *pool, uint32_t *numbers, unsigned n)
{
	bool enough;

	rte_spinlock_lock(&pool->lock);
	enough = pool->free_count + pool->waiting_count >= n;
	for (unsigned i = 0; enough && i < n; i++) {
		if (likely(pool->free_count > 0)) {
			numbers[i] = pool->free[--pool->free_count];
			continue;
		}
		numbers[i] = pool->waiting[pool->waiting_first];
		pool->waiting_first = pool->waiting_first + 1 == pool->waiting_size ? 0 : pool->waiting_first + 1;
		pool->waiting_count--;
	}
	rte_spinlock_unlock(&pool->lock);
	return enough;
}

void
traced_pool_push(struct traced_pool *pool, const uint32_t *numbers, unsigned n)
{
	rte_spinlock_lock(&pool->lock);
	for (unsigned i = 0; i < n; i++) {
		uint32_t *oldest = &pool->waiting[pool->waiting_first];

		if (unlikely(pool->waiting_size == 0)) {
			pool->free[pool->free_count++] = numbers[i];
		} else if (pool->waiting_count < pool->waiting_size) {
			uint32_t end = pool->waiting_first + pool->waiting_count++;

			pool->waiting[end < pool->waiting_size ? end : end - pool->waiting_size] = numbers[i];
		} else {
			pool->free[pool->free_count++] = *oldest;
			*oldest = numbers[i];
			pool->waiting_first =
				pool->waiting_first + 1 == pool->waiting_size ? 0 : pool->waiting_first + 1;
		}
	}
	rte_spinlock_unlock(&pool->lock);
}

unsigned
traced_pool_free_count(struct traced_pool *pool)
{
	unsigned n;

	rte_spinlock_lock(&pool->lock);
	n = pool->free_count + pool->waiting_count;
	rte_spinlock_unlock(&pool->lock);
	return n;
}

void
traced_pool_each_free(struct traced_pool *pool,
		      void (*each)(struct traced_pool *pool, uint32_t number, const void *arg), const void *arg)
{
	rte_spinlock_lock(&pool->lock);
	for (uint32_t i = 0; i < pool->free_count; i++)
		each(pool, pool->free[i], arg);
	for (uint32_t i = 0; i < pool->waiting_count; i++)
		each(pool, pool->waiting[(pool->waiting_first + i) % pool->waiting_size], arg);
	rte_spinlock_unlock(&pool->lock);
}
