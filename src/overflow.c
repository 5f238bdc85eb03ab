/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts of an mbuf beyond 16 bits: other mbufs count for it, which is their base. A table keeps these mbufs by their
 * base, as long as base has its own count. So all clones beyond the limit share them. A fresh mbuf for each clone would
 * empty any pool. The spinlocks of the table are taken only beyond the limit, or when the last reference of a base ends
 * while such mbufs exist. 200,000 clones and releases of one iovec take 4 mbufs.
 */
#include "overflow.h"

#include "buffer.h"
#include "global.h"
#include "lane.h"
#include "packet_pool.h"
#include "pause.h"
#include "ref.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/queue.h>

#include <rte_mempool.h>
#include <rte_spinlock.h>

#define BUCKETS 64u
#define POOLS 64u /* of 1,023: 64 * 1,023 * 49,152 is about 2^32 references */
#define POOL_MBUFS 1023u

/* The private area of an mbuf that counts for another. */
struct overflow {
	uint64_t no_lane; /* 0, as in a buffer that no lane has claimed */
	struct rte_mbuf *mbuf;
	struct rte_mbuf *base; /* may be gone if root counts */
	struct rte_mbuf *root; /* the mbuf that has the bytes; the same mbuf if it is attached to them */
	uintptr_t end;	       /* views of the bytes may grow up to here */
	LIST_ENTRY(overflow) entry;
};

static struct bucket {
	rte_spinlock_t lock;
	LIST_HEAD(, overflow) others;
} buckets[BUCKETS];

unsigned evpl_overflow_count;

/* Appended with evpl_global.lock held. A thread that has read the count may read as many pools. */
static struct rte_mempool *pools[POOLS];
static unsigned pool_count;
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

	if (!evpl_pause_is_over(&no_pool))
		return false;
	pthread_mutex_lock(&evpl_global.lock);
	if (pool_count == seen && seen < POOLS) {
		snprintf(name, sizeof(name), "evpl_overflow_%u", evpl_global.next_id++);
		pool = rte_pktmbuf_pool_create(name, POOL_MBUFS, 0,
					       RTE_ALIGN(sizeof(struct overflow), RTE_MBUF_PRIV_ALIGN),
					       EVPL_PACKET_DATA_ROOM, SOCKET_ID_ANY);
		pools[pool_count] = pool;
		added = pool != NULL;
		if (!added)
			evpl_pause_begin(&no_pool);
		else
			__atomic_store_n(&pool_count, pool_count + 1, __ATOMIC_RELEASE);
	} else {
		added = pool_count != seen;
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
		count = __atomic_load_n(&pool_count, __ATOMIC_ACQUIRE);
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
	unsigned count = __atomic_load_n(&pool_count, __ATOMIC_ACQUIRE);

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

uintptr_t
evpl_view_limit(const struct rte_mbuf *ref)
{
	if (is_overflow(ref))
		return overflow_of(ref)->end;
	if (evpl_buffer_of(ref) == ref)
		return (uintptr_t)ref->buf_addr + evpl_buffer_class((struct rte_mbuf *)(uintptr_t)ref)->size;
	return rte_pktmbuf_mtod(ref, uintptr_t) + ref->data_len; /* of a packet: the end of its received bytes */
}

struct rte_mbuf *
evpl_overflow_root(const struct rte_mbuf *ref)
{
	return is_overflow(ref) ? overflow_of(ref)->root : (struct rte_mbuf *)(uintptr_t)ref;
}

/*
 * The count of the packets on base, and of the mbufs that count for it. NULL: there is none, so these mbufs hold base
 * itself.
 */
static evpl_compat_count *
packets_of(const struct rte_mbuf *base)
{
	struct rte_mbuf *root = evpl_overflow_root(base);

	if (evpl_buffer_of(root) == root)
		return evpl_buffer(root)->packets;
	return RTE_MBUF_HAS_EXTBUF(root) ? &root->shinfo->refcnt : NULL;
}

bool
evpl_overflow_ended(struct rte_mbuf *m)
{
	struct rte_mbuf *root, *base;

	if (!is_overflow(m))
		return false;
	root = overflow_of(m)->root;
	base = overflow_of(m)->base;
	rte_pktmbuf_free_seg(m);
	if (root == m)
		return true;
	if (evpl_buffer_of(root) == root)
		evpl_buffer_packet_ended(evpl_buffer(root), evpl_lane);
	else
		evpl_ref_drop(base);
	return true;
}

struct rte_mbuf *
evpl_overflow_new(struct rte_mbuf *base)
{
	struct rte_mbuf *m = mbuf_alloc();
	evpl_compat_count *count;
	struct overflow *o;

	if (m == NULL)
		return NULL;
	o = rte_mbuf_to_priv(m);
	count = packets_of(base);
	if (count != NULL && evpl_compat_count_add(count, 1) > EVPL_COUNT_MAX) {
		(void)evpl_compat_count_sub(count, 1); /* not the last: the caller's reference holds one */
		rte_pktmbuf_free(m);
		return NULL;
	}
	o->no_lane = 0;
	o->base = base;
	o->root = evpl_overflow_root(base);
	if (RTE_MBUF_HAS_EXTBUF(o->root) && evpl_buffer_of(o->root) != o->root) {
		/* DPDK counts this attachment, so base may go. */
		rte_pktmbuf_attach_extbuf(m, base->buf_addr, rte_mbuf_iova_get(base), base->buf_len, base->shinfo);
		o->root = m;
	}
	o->end = evpl_view_limit(base);
	return m;
}

struct rte_mbuf *
evpl_overflow_take(struct rte_mbuf *base, uint32_t kind)
{
	struct bucket *bucket = bucket_of(base);
	struct overflow *o;
	struct rte_mbuf *m = NULL;

	rte_spinlock_lock(&bucket->lock);
	LIST_FOREACH(o, &bucket->others, entry)
	{
		if (o->base == base && evpl_compat_ref_load(o->mbuf) < EVPL_REF_LIMIT)
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
		o = rte_mbuf_to_priv(m);
		o->mbuf = m;
		__atomic_add_fetch(&evpl_overflow_count, 1, __ATOMIC_RELAXED);
	}
	LIST_INSERT_HEAD(&bucket->others, o, entry);
	/* The table's own count keeps m while it is found here. */
	(void)evpl_ref_add(m, kind, 1);
	rte_spinlock_unlock(&bucket->lock);
	return m;
}

/*
 * The caller holds the only count of base. A base with an external buffer may go, because the other mbufs count on its
 * shinfo. Any other base must stay for as long as they do: the caller's count becomes theirs, one for each.
 */
bool
evpl_overflow_base_ended(struct rte_mbuf *base)
{
	struct bucket *bucket = bucket_of(base);
	LIST_HEAD(, overflow) dropped = LIST_HEAD_INITIALIZER(dropped);
	bool kept_by_others = false;
	struct overflow *o, *next;
	uint16_t n = 0;

	rte_spinlock_lock(&bucket->lock);
	for (o = LIST_FIRST(&bucket->others); o != NULL; o = next) {
		next = LIST_NEXT(o, entry);
		if (o->base == base) {
			LIST_REMOVE(o, entry);
			LIST_INSERT_HEAD(&dropped, o, entry);
			n++;
		}
	}
	rte_spinlock_unlock(&bucket->lock);
	if (n == 0)
		return false;
	__atomic_sub_fetch(&evpl_overflow_count, n, __ATOMIC_RELAXED);
	if (packets_of(base) == NULL) {
		evpl_compat_ref_store(base, n);
		kept_by_others = true;
	}
	while ((o = LIST_FIRST(&dropped)) != NULL) {
		LIST_REMOVE(o, entry);
		evpl_ref_drop(o->mbuf);
	}
	return kept_by_others;
}

bool
evpl_overflow_has(const struct rte_mbuf *base)
{
	struct bucket *bucket = bucket_of(base);
	const struct overflow *o;

	rte_spinlock_lock(&bucket->lock);
	LIST_FOREACH(o, &bucket->others, entry)
	{
		if (o->base == base)
			break;
	}
	rte_spinlock_unlock(&bucket->lock);
	return o != NULL;
}

unsigned
evpl_overflow_in_use(void)
{
	unsigned in_use = 0;

	for (unsigned i = 0; i < pool_count; i++)
		in_use += rte_mempool_in_use_count(pools[i]);
	return in_use;
}

void
evpl_overflow_free(void)
{
	while (pool_count > 0)
		rte_mempool_free(pools[--pool_count]);
	evpl_overflow_try_again();
}
