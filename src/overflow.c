/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts of an mbuf beyond 16 bits: other mbufs count for it, which is their base. Each of them has one reference of
 * its base, so the base stays for as long as they do, whoever else counts on it. A table keeps them by their base, so
 * that all clones beyond the limit share them: a fresh mbuf for each clone would empty any pool. The table has no
 * reference. An mbuf leaves it when its own count ends. The spinlocks of the table are taken only beyond the limit, and
 * when such an mbuf ends. 200,000 clones of one iovec take 4 mbufs.
 */
#include "overflow.h"

#include "global.h"
#include "packet_pool.h"
#include "pause.h"
#include "ref.h"
#include "stats.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/queue.h>

#include <rte_eal.h>
#include <rte_mempool.h>
#include <rte_spinlock.h>

#define BUCKETS 64u
#define POOLS 64u /* of 1,023: 64 * 1,023 * 49,152 is about 2^32 references */
#define POOL_MBUFS 1023u

/* The private area of an mbuf that counts for another. */
struct overflow {
	uint64_t no_cache; /* 0, as in a buffer that no TX cache has claimed */
	struct rte_mbuf *mbuf;
	struct rte_mbuf *base; /* it has one reference of this mbuf */
	struct rte_mbuf *root; /* has the bytes: the base, or the root of the base */
	bool listed;	       /* in the table */
	LIST_ENTRY(overflow) entry;
};

static struct bucket {
	rte_spinlock_t lock;
	LIST_HEAD(, overflow) others;
	uint64_t spills; /* written with the lock held */
} buckets[BUCKETS];

/* Appended with evpl_global.lock held. A thread that has read the count may read as many pools. */
static struct rte_mempool *pools[POOLS];
unsigned evpl_overflow_pool_count;
static evpl_pause no_pool; /* after a pool found no memory */

static struct bucket *
bucket_of(const struct rte_mbuf *base)
{
	return &buckets[((uintptr_t)base / RTE_CACHE_LINE_SIZE * 0x9E3779B97F4A7C15u) >> 58]; /* 2^64 / golden ratio */
}

void
evpl_overflow_try_again(void)
{
	evpl_pause_end(&no_pool);
}

/* Adds a pool. False: there is no memory, or a pause. */
static bool
pool_add(unsigned seen)
{
	char name[RTE_MEMPOOL_NAMESIZE];
	struct rte_mempool *pool;
	bool added = true;

	/* A secondary process makes no pools: if it is killed meanwhile, it keeps EAL's locks. */
	if (!evpl_pause_is_over(&no_pool) || rte_eal_process_type() != RTE_PROC_PRIMARY)
		return false;
	pthread_mutex_lock(&evpl_global.lock);
	if (evpl_overflow_pool_count == seen && seen < POOLS) {
		snprintf(name, sizeof(name), "evpl_overflow_%u", evpl_global_next_id());
		pool = rte_pktmbuf_pool_create(name, POOL_MBUFS, 0,
					       RTE_ALIGN(sizeof(struct overflow), RTE_MBUF_PRIV_ALIGN),
					       EVPL_PACKET_DATA_ROOM, SOCKET_ID_ANY);
		pools[evpl_overflow_pool_count] = pool;
		added = pool != NULL;
		if (!added)
			evpl_pause_begin(&no_pool);
		else
			__atomic_store_n(&evpl_overflow_pool_count, evpl_overflow_pool_count + 1, __ATOMIC_RELEASE);
	} else {
		added = evpl_overflow_pool_count != seen;
	}
	pthread_mutex_unlock(&evpl_global.lock);
	return added;
}

static struct rte_mbuf *
mbuf_alloc(void)
{
	struct rte_mbuf *m;
	unsigned count;

	do {
		count = __atomic_load_n(&evpl_overflow_pool_count, __ATOMIC_ACQUIRE);
		for (unsigned i = count; i-- > 0;) {
			m = rte_pktmbuf_alloc(pools[i]);
			if (m != NULL) {
				(void)evpl_compat_ref_load(m);
				return m;
			}
		}
	} while (pool_add(count));
	return NULL;
}

/* Whether the mbuf counts for another. */
static bool
is_overflow(const struct rte_mbuf *m)
{
	unsigned count = __atomic_load_n(&evpl_overflow_pool_count, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < count; i++) {
		if (m->pool == pools[i])
			return true;
	}
	return false;
}

static struct overflow *
overflow_of(const struct rte_mbuf *m)
{
	return rte_mbuf_to_priv((struct rte_mbuf *)(uintptr_t)m);
}

struct rte_mbuf *
evpl_overflow_root_of(const struct rte_mbuf *ref)
{
	return is_overflow(ref) ? overflow_of(ref)->root : (struct rte_mbuf *)(uintptr_t)ref;
}

struct rte_mbuf *
evpl_overflow_new(struct rte_mbuf *base)
{
	struct rte_mbuf *m = NULL;
	struct overflow *o;

	/* All mbufs that count for base, DPDK's clones and packets share its 16 bits. */
	if (evpl_compat_ref_add(base, 1) <= EVPL_COUNT_MAX)
		m = mbuf_alloc();
	if (m == NULL) {
		(void)evpl_compat_ref_sub(base, 1); /* not the last: the caller holds one */
		return NULL;
	}
	o = overflow_of(m);
	o->no_cache = 0;
	o->mbuf = m;
	o->base = base;
	o->root = evpl_overflow_root(base);
	o->listed = false;
	return m;
}

/* Adds a count to an mbuf of the table, with the lock held. False: it is full, or its last count has ended. */
static bool
try_count(struct rte_mbuf *m, uint32_t kind)
{
	if (evpl_compat_ref_load(m) >= EVPL_REF_LIMIT)
		return false;
	if (evpl_pvt_ref_add(m, kind, 1) != 1)
		return true;
	/* Whoever ended it waits for the lock in evpl_overflow_end_of(). */
	(void)evpl_pvt_ref_sub(m, kind, 1);
	return false;
}

struct rte_mbuf *
evpl_overflow_take(struct rte_mbuf *base, uint32_t kind)
{
	struct bucket *bucket = bucket_of(base);
	struct rte_mbuf *m = NULL;
	struct overflow *o;

	rte_spinlock_lock(&bucket->lock);
	LIST_FOREACH(o, &bucket->others, entry)
	{
		if (o->base == base && try_count(o->mbuf, kind))
			break;
	}
	if (o != NULL) {
		m = o->mbuf;
		LIST_REMOVE(o, entry); /* to the front, where the next clone looks first */
	} else {
		rte_spinlock_unlock(&bucket->lock); /* a new pool takes memory */
		m = evpl_overflow_new(base);
		if (m == NULL)
			return NULL;
		rte_spinlock_lock(&bucket->lock);
		o = overflow_of(m);
		o->listed = true;
	}
	LIST_INSERT_HEAD(&bucket->others, o, entry);
	evpl_count(&bucket->spills, 1);
	rte_spinlock_unlock(&bucket->lock);
	return m;
}

bool
evpl_overflow_end_of(struct rte_mbuf *m, struct rte_mbuf **base)
{
	struct bucket *bucket;
	struct overflow *o;
	bool last;

	if (!is_overflow(m))
		return false;
	o = overflow_of(m);
	*base = NULL;
	bucket = bucket_of(o->base);
	rte_spinlock_lock(&bucket->lock);
	/* A holder who read 1 has not subtracted it. Since then evpl_overflow_take() may have added more. */
	last = evpl_compat_ref_load(m) <= 1 || evpl_compat_ref_sub(m, 1) == 0;
	if (last && o->listed)
		LIST_REMOVE(o, entry);
	rte_spinlock_unlock(&bucket->lock);
	if (last) {
		*base = o->base;
		rte_mbuf_refcnt_set(m, 1);
		rte_mbuf_raw_free(m);
	}
	return true;
}

uint64_t
evpl_overflow_spills(void)
{
	uint64_t spills = 0;

	for (unsigned i = 0; i < BUCKETS; i++)
		spills += __atomic_load_n(&buckets[i].spills, __ATOMIC_RELAXED);
	return spills;
}

unsigned
evpl_overflow_in_use(void)
{
	unsigned in_use = 0;

	for (unsigned i = 0; i < evpl_overflow_pool_count; i++)
		in_use += rte_mempool_in_use_count(pools[i]);
	return in_use;
}

void
evpl_overflow_free(void)
{
	while (evpl_overflow_pool_count > 0)
		rte_mempool_free(pools[--evpl_overflow_pool_count]);
	for (unsigned i = 0; i < BUCKETS; i++)
		buckets[i].spills = 0;
	evpl_overflow_try_again();
}
