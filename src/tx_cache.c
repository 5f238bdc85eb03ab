/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A TX cache is what a sending thread has at hand: free packet mbufs, and counts of the buffers that it sends from, for
 * future packets.
 *
 * A buffer's packets end on any thread, so their count is atomic. A TX cache buys COUNTS of it at once and hands them
 * out. A packet that ends on the cache's own thread goes back into the cache's stock. A packet that ends elsewhere
 * decrements the count. With an atomic operation for each packet and each end, packet/slice of evpl-bench took twice as
 * long.
 *
 * A claimed buffer does not come home as long as it has stock. The TX cache checks this when the last packet ends on
 * its thread, when it gives up the claim for a newer one, and when the thread ends. A thread that finds no free buffer
 * checks all TX caches. Otherwise only the cache's thread writes a claimed buffer's stock and the cache's claims. So
 * claims have a lock, which is taken once when a buffer is claimed and once when it leaves the cache.
 *
 * The store of the stock is the last thing that a thread does with a buffer. Once the stock has all counts, another
 * thread may bring the buffer home, and evpl_trim() may free its memory. So what the thread wants to know of the buffer
 * it reads before. If the last reference has ended, it gives up its count under the lock, which keeps the others out.
 */
#include "tx_cache.h"

#include "buffer.h"
#include "global.h"
#include "packet_pool.h"
#include "trace/hooks.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <rte_spinlock.h>

#define COUNTS 256u

struct evpl_tx_cache evpl_no_tx_cache = {.number = UINT32_MAX};
__thread struct evpl_tx_cache *evpl_tx_cache = &evpl_no_tx_cache;

static TAILQ_HEAD(, evpl_tx_cache) caches = TAILQ_HEAD_INITIALIZER(caches);
static pthread_mutex_t caches_lock = PTHREAD_MUTEX_INITIALIZER; /* taken inside evpl_global.lock */
static uint32_t caches_made;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key; /* the library is never unloaded, so the key is never deleted */

/* Runs when the thread ends. */
static void
cache_end(void *opaque)
{
	struct evpl_tx_cache *cache = opaque;

	/* Under both locks: evpl_cleanup() on another thread counts and resets TX caches, and frees what they use. */
	pthread_mutex_lock(&evpl_global.lock);
	pthread_mutex_lock(&caches_lock);
	evpl_tx_cache_flush();
	if (cache->count > 0)
		evpl_packet_pool_return(cache->pool, cache->mbufs, cache->count);
	TAILQ_REMOVE(&caches, cache, entry);
	__atomic_fetch_add(&evpl_global.remote_returns, cache->returns, __ATOMIC_RELAXED);
	evpl_tx_cache = &evpl_no_tx_cache;
	pthread_mutex_unlock(&caches_lock);
	pthread_mutex_unlock(&evpl_global.lock);
	free(cache);
}

static void
key_create(void)
{
	has_key = pthread_key_create(&key, cache_end) == 0;
}

void
evpl_tx_cache_begin(struct rte_mempool *pool, unsigned most)
{
	struct evpl_tx_cache *cache = evpl_tx_cache;

	if (cache == &evpl_no_tx_cache) {
		pthread_once(&once, key_create);
		cache = has_key ? calloc(1, sizeof(*cache)) : NULL;
		if (cache == NULL || pthread_setspecific(key, cache) != 0) {
			free(cache);
			return;
		}
		pthread_mutex_lock(&caches_lock);
		cache->number = ++caches_made;
		TAILQ_INSERT_TAIL(&caches, cache, entry);
		pthread_mutex_unlock(&caches_lock);
		evpl_tx_cache = cache;
	}
	if (cache->pool == NULL) {
		cache->most = RTE_MIN(most, EVPL_TX_CACHE_MBUFS);
		__atomic_store_n(&cache->pool, pool, __ATOMIC_RELAXED);
	}
}

void
evpl_tx_cache_unclaim(struct evpl_tx_cache *cache, struct evpl_buffer *buffer)
{
	__atomic_store_n(&cache->claims[buffer->slot], NULL, __ATOMIC_RELAXED);
	evpl_buffer_set_stock(buffer, 0);
	/* Pairs with the acquire in evpl_tx_cache_claim(): the thread that claims it next finds no stock. */
	__atomic_store_n(&buffer->cache, 0, __ATOMIC_RELEASE);
}

/* Gives the stock back. Another thread may then bring the buffer home at once. */
static void
give_up_claim(struct evpl_tx_cache *cache, struct evpl_buffer *buffer)
{
	uint16_t stock = (uint16_t)buffer->stock;

	evpl_tx_cache_unclaim(cache, buffer);
	if (evpl_compat_count_sub(buffer->packets, stock) == 0)
		evpl_buffer_counts_ended(buffer);
}

bool
evpl_tx_cache_claim(struct evpl_buffer *buffer)
{
	struct evpl_tx_cache *cache = evpl_tx_cache;
	uint32_t owner = __atomic_load_n(&buffer->cache, __ATOMIC_RELAXED), none = 0;
	bool claimed = false;

	if (HOOK_COUNTS_EACH_PACKET || cache == &evpl_no_tx_cache || buffer->iova == RTE_BAD_IOVA)
		return false;
	if (owner != 0 && owner != cache->number)
		return false; /* another thread sends from it, too */
	rte_spinlock_lock(&cache->lock);
	/* Checked before the add: other threads add at the same time, and 16 of them would wrap the count. */
	if (evpl_compat_count_load(buffer->packets) > EVPL_PACKETS_MAX - COUNTS) {
		if (owner != 0)
			give_up_claim(cache, buffer); /* the rest of the 16 bits is for all threads */
	} else if (owner == 0 && !__atomic_compare_exchange_n(&buffer->cache, &none, cache->number, false,
							      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		; /* another thread was faster */
	} else {
		(void)evpl_compat_count_add(buffer->packets, COUNTS);
		if (owner == 0) {
			buffer->slot = (uint16_t)(cache->next++ % EVPL_TX_CACHE_CLAIMS);
			if (cache->claims[buffer->slot] != NULL)
				give_up_claim(cache, cache->claims[buffer->slot]);
			__atomic_store_n(&cache->claims[buffer->slot], buffer, __ATOMIC_RELAXED);
		}
		evpl_buffer_set_stock(buffer, buffer->stock + COUNTS);
		claimed = true;
	}
	rte_spinlock_unlock(&cache->lock);
	return claimed;
}

bool
evpl_tx_cache_give_up_last(struct evpl_buffer *buffer)
{
	struct evpl_tx_cache *cache = evpl_tx_cache;
	bool leaves;

	rte_spinlock_lock(&cache->lock);
	evpl_buffer_set_stock(buffer, buffer->stock + 1);
	leaves = evpl_buffer_is_spent(buffer);
	if (leaves)
		evpl_tx_cache_unclaim(cache, buffer);
	rte_spinlock_unlock(&cache->lock);
	return leaves;
}

/* Does the work of TX caches whose threads may be idle. */
bool
evpl_tx_caches_reap(void)
{
	struct evpl_tx_cache *cache;
	bool some = false;

	pthread_mutex_lock(&caches_lock);
	TAILQ_FOREACH (cache, &caches, entry) {
		rte_spinlock_lock(&cache->lock);
		for (unsigned i = 0; i < EVPL_TX_CACHE_CLAIMS; i++) {
			struct evpl_buffer *buffer = cache->claims[i];

			if (buffer == NULL || !__atomic_load_n(&buffer->ended, __ATOMIC_ACQUIRE) ||
			    !evpl_buffer_is_spent(buffer))
				continue;
			evpl_tx_cache_unclaim(cache, buffer);
			evpl_buffer_counts_ended(buffer);
			some = true;
		}
		rte_spinlock_unlock(&cache->lock);
	}
	pthread_mutex_unlock(&caches_lock);
	return some;
}

static void
cache_flush(struct evpl_tx_cache *cache)
{
	rte_spinlock_lock(&cache->lock);
	for (unsigned i = 0; i < EVPL_TX_CACHE_CLAIMS; i++) {
		if (cache->claims[i] != NULL)
			give_up_claim(cache, cache->claims[i]);
	}
	rte_spinlock_unlock(&cache->lock);
}

void
evpl_tx_cache_flush(void)
{
	cache_flush(evpl_tx_cache);
}

unsigned
evpl_tx_caches_mbufs(const struct rte_mempool *pool)
{
	const struct evpl_tx_cache *cache;
	unsigned count = 0;

	pthread_mutex_lock(&caches_lock);
	TAILQ_FOREACH (cache, &caches, entry) {
		if (__atomic_load_n(&cache->pool, __ATOMIC_RELAXED) == pool)
			count += __atomic_load_n(&cache->count, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&caches_lock);
	return count;
}

/* The stocks change meanwhile. The answer is exact only when nothing is in use. */
void
evpl_tx_caches_count(uint32_t *free)
{
	struct evpl_tx_cache *cache;

	pthread_mutex_lock(&caches_lock);
	TAILQ_FOREACH (cache, &caches, entry) {
		for (unsigned i = 0; i < EVPL_TX_CACHE_CLAIMS; i++) {
			struct evpl_buffer *buffer = __atomic_load_n(&cache->claims[i], __ATOMIC_RELAXED);

			if (buffer != NULL && evpl_buffer_is_spent(buffer))
				free[buffer->slab->class->index]++;
		}
	}
	pthread_mutex_unlock(&caches_lock);
}

uint64_t
evpl_tx_caches_returns(void)
{
	const struct evpl_tx_cache *cache;
	uint64_t returns = 0;

	pthread_mutex_lock(&caches_lock);
	TAILQ_FOREACH (cache, &caches, entry)
		returns += __atomic_load_n(&cache->returns, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&caches_lock);
	return returns;
}

void
evpl_tx_caches_reset(void)
{
	struct evpl_tx_cache *cache;

	pthread_mutex_lock(&caches_lock);
	TAILQ_FOREACH (cache, &caches, entry) {
		cache_flush(cache);
		cache->count = 0;
		cache->returns = 0;
		cache->pool = NULL;
	}
	pthread_mutex_unlock(&caches_lock);
}
