/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mempool operations of packet mbufs (packet_pool_make.c makes the pools). An mbuf that comes back releases at once
 * what it was attached to (see attach.h). So the end of a packet needs no callback of DPDK, and memory that processes
 * share has no address of a function. The pools have no cache per lcore, because that would hide returned mbufs. A
 * thread's TX cache keeps them instead.
 *
 * DPDK has room for 16 kinds of operations. Its own drivers take 14 of them (22.11) up to all (26.03). So all pools, of
 * packets, of anchors and of loans (ledger.h), share one kind. It is registered after EAL has started: earlier it would
 * take the place of one of DPDK's own. If none is left, packet mbufs are in an ordinary pool, and all packets are far.
 */
#include "packet_pool.h"

#include "attach.h"
#include "buffer.h"
#include "global.h"
#include "ledger.h"
#include "process.h"
#include "ref.h"
#include "trace/hooks.h"
#include "tx_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#define BULK 64u /* mbufs that move between a TX cache and the pool */

int evpl_packet_ops = -1;

static void
cache_set_count(struct evpl_tx_cache *cache, uint32_t count)
{
	__atomic_store_n(&cache->count, count, __ATOMIC_RELEASE);
}

static void
pool_free(struct rte_mempool *pool)
{
	struct evpl_packets *packets = evpl_packets_of(pool);

	if (packets != NULL)
		rte_ring_free(packets->ring);
	rte_free(packets);
}

struct evpl_packets *
evpl_packets_create(const struct rte_mempool *pool)
{
	struct evpl_packets *packets =
		rte_zmalloc_socket("evpl", sizeof(*packets), RTE_CACHE_LINE_SIZE, pool->socket_id);

	if (packets != NULL)
		memset(packets->foreign, 0xff, sizeof(packets->foreign));
	return packets;
}

static int
pool_alloc(struct rte_mempool *pool)
{
	char name[RTE_RING_NAMESIZE];
	struct evpl_packets *packets = evpl_packets_create(pool);

	if (packets == NULL)
		return -ENOMEM;
	snprintf(name, sizeof(name), RTE_MEMPOOL_MZ_FORMAT, pool->name);
	packets->ring = rte_ring_create(name, rte_align32pow2(pool->size + 1), pool->socket_id, 0);
	if (packets->ring == NULL) {
		rte_free(packets);
		return -rte_errno;
	}
	/* As much as a cache of 256 mbufs per lcore may hold; two thirds of a small pool. */
	packets->most = RTE_MIN(EVPL_TX_CACHE_MBUFS, pool->size * 2 / 3);
	pool->pool_data = packets;
	return 0;
}

/* Runs when the last clone of a packet on a buffer ends, and nobody else holds the buffer. */
static int
anchors_ended(void *const *anchors, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *anchor = anchors[i];

#ifdef EVPL_COMPAT_TSAN
		(void)evpl_compat_ref_load(anchor); /* it does not know fences */
#endif
		evpl_buffer_counts_ended((struct evpl_buffer *)((uintptr_t)anchor->shinfo - EVPL_ON_BUFFER));
	}
	return 0;
}

/*
 * A producer of DPDK's ring waits with a relaxed load until the one before it is done, and then stores the new end with
 * release (__rte_ring_update_tail(), 22.11 to 26.07). So C11 does not order what the one before has put into the ring
 * before its taker. The CPUs do: x86 keeps all stores in order, and on arm64 a release store comes after each load
 * before it, and a store that one thread has seen is seen by all. Thread sanitizer goes by C11. So it does not look
 * into the ring, and is told here that who takes an mbuf comes after who has put it.
 */
#ifdef EVPL_COMPAT_TSAN
#include <sanitizer/tsan_interface.h>
#define UNSEEN __attribute__((no_sanitize("thread"))) static __rte_noinline
#define MBUF_PUT(mbuf) __tsan_release(mbuf)
#define MBUF_TAKEN(mbuf) __tsan_acquire(mbuf)
#else
#define UNSEEN static inline
#define MBUF_PUT(mbuf) ((void)(mbuf))
#define MBUF_TAKEN(mbuf) ((void)(mbuf))
#endif

UNSEEN unsigned
ring_enqueue(struct rte_ring *ring, void *const *mbufs, unsigned n)
{
	return rte_ring_mp_enqueue_bulk(ring, mbufs, n, NULL);
}

UNSEEN unsigned
ring_dequeue(struct rte_ring *ring, void **mbufs, unsigned n, unsigned *r_left)
{
	return rte_ring_mc_dequeue_burst(ring, mbufs, n, r_left);
}

static int
ring_put(struct rte_mempool *pool, void *const *mbufs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		MBUF_PUT(mbufs[i]);
	return ring_enqueue(evpl_packets_of(pool)->ring, mbufs, n) == n ? 0 : -ENOBUFS;
}

static unsigned
ring_take(struct evpl_packets *packets, void **mbufs, unsigned n, unsigned *r_left)
{
	unsigned got = ring_dequeue(packets->ring, mbufs, n, r_left);

	for (unsigned i = 0; i < got; i++)
		MBUF_TAKEN(mbufs[i]);
	return got;
}

void
evpl_packet_pool_return(struct rte_mempool *pool, struct rte_mbuf **mbufs, unsigned n)
{
	(void)ring_put(pool, (void **)mbufs, n);
}

/* A full TX cache keeps half. */
static int
cache_put(struct evpl_tx_cache *cache, struct rte_mempool *pool, void *const *mbufs, unsigned n)
{
	uint32_t keep, more;

	/* An lcore that only sends packets which others made needs a TX cache, too. */
	if (cache->pool == NULL && rte_lcore_id() != LCORE_ID_ANY && rte_eal_process_type() == RTE_PROC_PRIMARY &&
	    evpl_packets_of(pool)->open) {
		evpl_tx_cache_begin(pool, evpl_packets_of(pool)->most);
		cache = evpl_tx_cache;
	}
	if (cache->pool != pool || n > cache->most)
		return ring_put(pool, mbufs, n);
	if (cache->count + n > cache->most) {
		keep = RTE_MIN((cache->most - n) / 2, cache->count);
		more = cache->count - keep;
		cache_set_count(cache, keep); /* first, so that nobody counts them twice */
		if (ring_put(pool, (void **)cache->mbufs + keep, more) != 0)
			return -ENOBUFS;
	}
	memcpy(cache->mbufs + cache->count, mbufs, n * sizeof(*mbufs));
	cache_set_count(cache, cache->count + n);
	return 0;
}

/* Releases what the packet counted on. */
static void
packet_ended(const struct rte_mbuf *m, const struct evpl_tx_cache *cache)
{
	uintptr_t on = (uintptr_t)m->shinfo;

	if (on & EVPL_ON_BUFFER)
		evpl_buffer_packet_ended((struct evpl_buffer *)(on - EVPL_ON_BUFFER), cache);
	else if (on & EVPL_ON_MBUF)
		evpl_ref_drop(NULL, (struct rte_mbuf *)(on - EVPL_ON_MBUF), EVPL_IOVEC_FLAG_SHARED, 1);
}

static __rte_noinline int
enqueue_any(struct rte_mempool *pool, void *const *mbufs, unsigned n)
{
	const struct evpl_packets *packets = evpl_packets_of(pool);

	if (packets->ring == NULL)
		return packets->ledger != NULL ? evpl_ledger_ended(packets->ledger, mbufs, n) : anchors_ended(mbufs, n);
	for (unsigned i = 0; packets->open && i < n; i++) {
#ifdef EVPL_COMPAT_TSAN
		(void)evpl_compat_ref_load(mbufs[i]); /* it does not know fences */
#endif
		packet_ended(mbufs[i], evpl_tx_cache);
		hook_packet_freed(mbufs[i]);
	}
	return cache_put(evpl_tx_cache, pool, mbufs, n);
}

/* Lets the buffer come home, and then the mbuf: otherwise evpl_cleanup() could find nothing in use too early. */
static __rte_noinline int
enqueue_ended(struct evpl_tx_cache *cache, struct evpl_buffer *buffer, struct rte_mbuf *m)
{
	if (evpl_buffer_give_up_count(buffer))
		evpl_buffer_counts_ended(buffer);
	cache->mbufs[cache->count] = m;
	cache_set_count(cache, cache->count + 1);
	return 0;
}

/* Most drivers free one by one, and most packets end on the thread that made them. This takes 25 instructions. */
static int
pool_enqueue(struct rte_mempool *pool, void *const *mbufs, unsigned n)
{
	struct evpl_tx_cache *cache = evpl_tx_cache;
	uint32_t count = cache->count;

#ifndef EVPL_COMPAT_TSAN
	/* DPDK's last read of a count does not acquire what other holders of the packet did. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
	if (likely(n == 1 && cache->pool == pool && count < cache->most)) {
		struct rte_mbuf *m = mbufs[0];
		uintptr_t on = (uintptr_t)m->shinfo;
		struct evpl_buffer *buffer = (struct evpl_buffer *)(on - EVPL_ON_BUFFER);

#ifdef EVPL_COMPAT_TSAN
		(void)evpl_compat_ref_load(m); /* it does not know fences */
#endif
		if (!HOOK_COUNTS_EACH_PACKET &&
		    likely((on & EVPL_ON_BUFFER) && evpl_buffer_is_claimed(buffer, cache))) {
			if (unlikely(evpl_buffer_has_ended(buffer)))
				return enqueue_ended(cache, buffer, m);
			evpl_buffer_set_stock(buffer, evpl_buffer_stock(buffer) + 1);
			cache->mbufs[count] = m;
			cache_set_count(cache, count + 1);
			return 0;
		}
	}
	return enqueue_any(pool, mbufs, n);
}

/* mbufs move from the ring to a TX cache, which may take them all. */
static unsigned
cache_fill(struct evpl_tx_cache *cache, const struct rte_mempool *pool)
{
	struct evpl_packets *packets = evpl_packets_of(pool);
	unsigned left, got = ring_take(packets, (void **)cache->mbufs + cache->count,
				       RTE_MIN(cache->most - cache->count, BULK), &left);

	evpl_peak_note(&packets->away, pool->size - RTE_MIN(left, pool->size));
	return got;
}

/* Takes up to n as they are: neither their counts nor their fields are those of a free DPDK mbuf. */
static unsigned
take_some(struct evpl_tx_cache *cache, struct rte_mempool *pool, void **mbufs, unsigned n)
{
	unsigned got = 0;

	if (cache->pool == pool) {
		if (cache->count < n)
			cache_set_count(cache, cache->count + cache_fill(cache, pool));
		got = RTE_MIN(n, cache->count);
		cache_set_count(cache, cache->count - got);
		for (unsigned i = 0; i < got; i++)
			mbufs[i] = cache->mbufs[cache->count + got - 1 - i];
	}
	if (got < n)
		got += ring_take(evpl_packets_of(pool), mbufs + got, n - got, NULL);
	return got;
}

/* Far pools have no operations of ours, so theirs is the number at this moment. */
struct evpl_peak
evpl_packet_pool_peak(const struct rte_mempool *pool)
{
	unsigned now = evpl_global.near ? 0 : rte_mempool_in_use_count(pool);

	return evpl_global.near ? evpl_peak_read(&evpl_packets_of(pool)->away) : (struct evpl_peak){now, now};
}

void
evpl_packet_mbuf_reset(struct rte_mempool *pool, void *opaque, void *object, unsigned index)
{
	struct rte_mbuf *m = object;

	RTE_SET_USED(opaque);
	rte_pktmbuf_init(pool, NULL, m, index);
	m->shinfo = NULL;
}

/* Serves rte_pktmbuf_copy(m, m->pool, ...) and the like, whose mbufs must be ordinary ones. */
static int
pool_dequeue(struct rte_mempool *pool, void **mbufs, unsigned n)
{
	unsigned got = evpl_packets_of(pool)->ring != NULL ? take_some(evpl_tx_cache, pool, mbufs, n) : 0;

	for (unsigned i = 0; i < got; i++)
		evpl_packet_mbuf_reset(pool, NULL, mbufs[i], 0);
	if (got == n)
		return 0;
	if (got > 0)
		(void)cache_put(evpl_tx_cache, pool, mbufs, got);
	return -ENOENT;
}

/* DPDK's own count reads the ends plainly while threads move them, and the thread sanitizer sees that. */
static unsigned
ring_count(const struct rte_ring *ring)
{
#ifdef EVPL_COMPAT_TSAN
	uint32_t in = __atomic_load_n(&ring->prod.tail, __ATOMIC_RELAXED);

	return (in - __atomic_load_n(&ring->cons.tail, __ATOMIC_RELAXED)) & ring->mask;
#else
	return rte_ring_count(ring);
#endif
}

/* At most pool->size: with more, DPDK would compute a negative number in use. */
static unsigned
pool_count(const struct rte_mempool *pool)
{
	const struct evpl_packets *packets = evpl_packets_of(pool);
	unsigned count;

	if (packets->ring == NULL)
		return pool->size;
	count = ring_count(packets->ring); /* first, so that no mbuf is counted twice on its way from a TX cache */
	return RTE_MIN(count + evpl_tx_caches_mbufs(pool), pool->size);
}

static const struct rte_mempool_ops packet_ops = {
	.name = EVPL_PACKET_OPS,
	.alloc = pool_alloc,
	.free = pool_free,
	.enqueue = pool_enqueue,
	.dequeue = pool_dequeue,
	.get_count = pool_count,
};

bool
evpl_packet_ops_register(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	bool registered;

	/* Threads of a secondary process may attach at the same time. DPDK would register the operations twice. */
	pthread_mutex_lock(&lock);
#ifndef RTE_LIBRTE_MEMPOOL_DEBUG /* this build option needs a header and a trailer around each object */
	if (evpl_packet_ops < 0)
		evpl_packet_ops = rte_mempool_register_ops(&packet_ops);
#endif
	registered = evpl_packet_ops >= 0;
	pthread_mutex_unlock(&lock);
	return registered;
}

static void
check_index(struct rte_mempool *pool, void *opaque)
{
	bool *same = opaque;

	if (strncmp(pool->name, "evpl_packets_", 13) == 0 && pool->cache_size == 0)
		*same = *same && pool->ops_index == evpl_packet_ops;
}

/*
 * A mempool knows its operations by an index. It is the same in both processes if both registered the same operations
 * in the same order.
 */
bool
evpl_packet_ops_attach(void)
{
	bool same = evpl_packet_ops_register();

	rte_mempool_walk(check_index, &same);
	return same;
}

/* Takes up to n from any kind of pool. */
static unsigned
take_any(struct rte_mempool *pool, struct rte_mbuf **mbufs, unsigned n)
{
	unsigned got = 0;

	if (evpl_global.near)
		return take_some(evpl_tx_cache, pool, (void **)mbufs, n);
	if (rte_mempool_get_bulk(pool, (void **)mbufs, n) == 0)
		return n;
	/* The last few may come only one by one. */
	while (got < n && rte_mempool_get(pool, (void **)&mbufs[got]) == 0)
		got++;
	return got;
}

/* Allocates if the TX cache has too few mbufs, or if there is no TX cache yet. */
static unsigned
alloc_slow(struct rte_mempool *pool, struct rte_mbuf **mbufs, unsigned n)
{
	unsigned got;

	if (evpl_tx_cache->pool == NULL)
		evpl_tx_cache_begin(pool, evpl_global.near ? evpl_packets_of(pool)->most : 0);
	got = take_any(pool, mbufs, n);
	if (got < n && evpl_processes_collect())
		got += take_any(pool, mbufs + got, n - got);
	if (got < n)
		rte_errno = ENOMEM;
	return got;
}

unsigned
evpl_packet_alloc(struct rte_mempool *pool, struct rte_mbuf **mbufs, unsigned n)
{
	struct evpl_tx_cache *cache = evpl_tx_cache;

	if (unlikely(cache->pool != pool || cache->count < n))
		return alloc_slow(pool, mbufs, n);
	cache_set_count(cache, cache->count - n);
	memcpy(mbufs, cache->mbufs + cache->count, n * sizeof(*mbufs));
	return n;
}

struct rte_mbuf *
evpl_packet_alloc_one(struct rte_mempool *pool)
{
	struct rte_mbuf *m;

	return evpl_packet_alloc(pool, &m, 1) == 1 ? m : NULL;
}

void
evpl_packet_free(struct rte_mempool *pool, struct rte_mbuf **mbufs, unsigned n)
{
	if (evpl_global.near)
		(void)cache_put(evpl_tx_cache, pool, (void **)mbufs, n);
	else
		rte_mempool_put_bulk(pool, (void **)mbufs, n);
}
