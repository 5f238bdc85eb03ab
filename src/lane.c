/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A lane is what a sending thread has at hand: free packet mbufs, and counts of the buffers that it sends from, for
 * future packets.
 *
 * A buffer's packets end on any thread, so their count is atomic. A lane buys COUNTS of it at once and hands them out.
 * A packet that ends on the lane's own thread goes back into the lane's stock. A packet that ends elsewhere decrements
 * the count. With an atomic operation for each packet and each end, packet/slice of evpl-bench took twice as long.
 *
 * A claimed buffer does not come home as long as it has stock. The lane checks this when the last packet ends on its
 * thread, when it gives up the claim for a newer one, and when the thread ends. A thread that finds no free buffer
 * checks all lanes. Otherwise only the lane's thread writes a claimed buffer's stock and the lane's claims. So claims
 * have a lock, which is taken once when a buffer is claimed and once when it leaves the lane.
 */
#include "lane.h"

#include "buffer.h"
#include "global.h"
#include "packet_pool.h"
#include "trace/hooks.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <rte_spinlock.h>

#define COUNTS 256u

struct evpl_lane evpl_no_lane = {.number = UINT32_MAX};
__thread struct evpl_lane *evpl_lane = &evpl_no_lane;

static TAILQ_HEAD(, evpl_lane) lanes = TAILQ_HEAD_INITIALIZER(lanes);
static pthread_mutex_t lanes_lock = PTHREAD_MUTEX_INITIALIZER; /* taken inside evpl_global.lock */
static uint32_t lanes_made;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key; /* the library is never unloaded, so the key is never deleted */

/* Runs when the thread ends. */
static void
lane_end(void *opaque)
{
	struct evpl_lane *lane = opaque;

	/* Under both locks: evpl_cleanup() on another thread counts and resets lanes, and frees what they use. */
	pthread_mutex_lock(&evpl_global.lock);
	pthread_mutex_lock(&lanes_lock);
	evpl_lane_flush();
	if (lane->count > 0)
		evpl_packet_pool_return(lane->pool, lane->mbufs, lane->count);
	TAILQ_REMOVE(&lanes, lane, entry);
	evpl_lane = &evpl_no_lane;
	pthread_mutex_unlock(&lanes_lock);
	pthread_mutex_unlock(&evpl_global.lock);
	free(lane);
}

static void
key_create(void)
{
	has_key = pthread_key_create(&key, lane_end) == 0;
}

void
evpl_lane_begin(struct rte_mempool *pool, unsigned most)
{
	struct evpl_lane *lane = evpl_lane;

	if (lane == &evpl_no_lane) {
		pthread_once(&once, key_create);
		lane = has_key ? calloc(1, sizeof(*lane)) : NULL;
		if (lane == NULL || pthread_setspecific(key, lane) != 0) {
			free(lane);
			return;
		}
		pthread_mutex_lock(&lanes_lock);
		lane->number = ++lanes_made;
		TAILQ_INSERT_TAIL(&lanes, lane, entry);
		pthread_mutex_unlock(&lanes_lock);
		evpl_lane = lane;
	}
	if (lane->pool == NULL) {
		lane->most = RTE_MIN(most, EVPL_LANE_MBUFS);
		__atomic_store_n(&lane->pool, pool, __ATOMIC_RELAXED);
	}
}

void
evpl_lane_unclaim(struct evpl_lane *lane, struct evpl_buffer *buffer)
{
	__atomic_store_n(&lane->claims[buffer->slot], NULL, __ATOMIC_RELAXED);
	evpl_buffer_set_stock(buffer, 0);
	/* Pairs with the acquire in evpl_lane_claim(): the thread that claims it next finds no stock. */
	__atomic_store_n(&buffer->lane, 0, __ATOMIC_RELEASE);
}

/* Gives the stock back. Another thread may then bring the buffer home at once. */
static void
give_up(struct evpl_lane *lane, struct evpl_buffer *buffer)
{
	uint16_t stock = (uint16_t)buffer->stock;

	evpl_lane_unclaim(lane, buffer);
	if (evpl_compat_count_sub(buffer->packets, stock) == 0)
		evpl_buffer_counts_ended(buffer);
}

bool
evpl_lane_claim(struct evpl_buffer *buffer)
{
	struct evpl_lane *lane = evpl_lane;
	uint32_t owner = __atomic_load_n(&buffer->lane, __ATOMIC_RELAXED), none = 0;
	bool claimed = false;

	if (HOOK_COUNTS_EACH_PACKET || lane == &evpl_no_lane || buffer->iova == RTE_BAD_IOVA)
		return false;
	if (owner != 0 && owner != lane->number)
		return false; /* another thread sends from it, too */
	if (owner != 0 && buffer->stock > 1)
		return true;
	rte_spinlock_lock(&lane->lock);
	/* Checked before the add: other threads add at the same time, and 16 of them would wrap the count. */
	if (evpl_compat_count_load(buffer->packets) > EVPL_PACKETS_MAX - COUNTS) {
		if (owner != 0)
			give_up(lane, buffer); /* the rest of the 16 bits is for all threads */
	} else if (owner == 0 && !__atomic_compare_exchange_n(&buffer->lane, &none, lane->number, false,
							      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		; /* another thread was faster */
	} else {
		(void)evpl_compat_count_add(buffer->packets, COUNTS);
		if (owner == 0) {
			buffer->slot = (uint16_t)(lane->next++ % EVPL_LANE_CLAIMS);
			if (lane->claims[buffer->slot] != NULL)
				give_up(lane, lane->claims[buffer->slot]);
			__atomic_store_n(&lane->claims[buffer->slot], buffer, __ATOMIC_RELAXED);
		}
		evpl_buffer_set_stock(buffer, buffer->stock + COUNTS);
		claimed = true;
	}
	rte_spinlock_unlock(&lane->lock);
	return claimed;
}

bool
evpl_lane_unclaim_spent(struct evpl_buffer *buffer)
{
	struct evpl_lane *lane = evpl_lane;
	bool leaves;

	rte_spinlock_lock(&lane->lock);
	leaves = evpl_buffer_is_claimed(buffer, lane) && evpl_buffer_is_spent(buffer);
	if (leaves)
		evpl_lane_unclaim(lane, buffer);
	rte_spinlock_unlock(&lane->lock);
	return leaves;
}

/* Does the work of lanes whose threads may be idle. */
bool
evpl_lanes_reap(void)
{
	struct evpl_lane *lane;
	bool some = false;

	pthread_mutex_lock(&lanes_lock);
	TAILQ_FOREACH (lane, &lanes, entry) {
		rte_spinlock_lock(&lane->lock);
		for (unsigned i = 0; i < EVPL_LANE_CLAIMS; i++) {
			struct evpl_buffer *buffer = lane->claims[i];

			if (buffer == NULL || !__atomic_load_n(&buffer->ended, __ATOMIC_ACQUIRE) ||
			    !evpl_buffer_is_spent(buffer))
				continue;
			evpl_lane_unclaim(lane, buffer);
			evpl_buffer_counts_ended(buffer);
			some = true;
		}
		rte_spinlock_unlock(&lane->lock);
	}
	pthread_mutex_unlock(&lanes_lock);
	return some;
}

static void
lane_flush(struct evpl_lane *lane)
{
	rte_spinlock_lock(&lane->lock);
	for (unsigned i = 0; i < EVPL_LANE_CLAIMS; i++) {
		if (lane->claims[i] != NULL)
			give_up(lane, lane->claims[i]);
	}
	rte_spinlock_unlock(&lane->lock);
}

void
evpl_lane_flush(void)
{
	lane_flush(evpl_lane);
}

unsigned
evpl_lanes_mbufs(const struct rte_mempool *pool)
{
	const struct evpl_lane *lane;
	unsigned count = 0;

	pthread_mutex_lock(&lanes_lock);
	TAILQ_FOREACH (lane, &lanes, entry) {
		if (__atomic_load_n(&lane->pool, __ATOMIC_RELAXED) == pool)
			count += __atomic_load_n(&lane->count, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&lanes_lock);
	return count;
}

/* The stocks change meanwhile. The answer is exact only when nothing is in use. */
void
evpl_lanes_count(uint32_t *free)
{
	struct evpl_lane *lane;

	pthread_mutex_lock(&lanes_lock);
	TAILQ_FOREACH (lane, &lanes, entry) {
		for (unsigned i = 0; i < EVPL_LANE_CLAIMS; i++) {
			struct evpl_buffer *buffer = __atomic_load_n(&lane->claims[i], __ATOMIC_RELAXED);

			if (buffer != NULL && evpl_buffer_is_spent(buffer))
				free[buffer->slab->class->index]++;
		}
	}
	pthread_mutex_unlock(&lanes_lock);
}

void
evpl_lanes_reset(void)
{
	struct evpl_lane *lane;

	pthread_mutex_lock(&lanes_lock);
	TAILQ_FOREACH (lane, &lanes, entry) {
		lane_flush(lane);
		lane->count = 0;
		lane->pool = NULL;
	}
	pthread_mutex_unlock(&lanes_lock);
}
