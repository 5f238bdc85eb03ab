/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers. A buffer is free (in a pool or stash, refcnt 1, packets 1), or under a window, or only held.
 */
#ifndef EVPL_SRC_BUFFER_H
#define EVPL_SRC_BUFFER_H

#include "base.h"
#include "slab.h"
#include "trace/hook_state.h"
#include "tx_cache.h"

struct evpl_context;

/* Packets on one buffer are refused above this. The rest of the 16 bits is for threads that add at once. */
#define EVPL_PACKETS_MAX 0xF000u

/*
 * In the private area of a buffer's mbuf. What each packet needs of it is one cache line. packets is 1 while the buffer
 * is free or has a reference, and counts more: the packets on it, and what its TX cache has in stock. It is the
 * anchor's refcnt, or that of the mbuf's shinfo.
 */
struct evpl_buffer {
	/*
	 * The number of the TX cache that has the stock, or 0. It is the first field, so that 0 there shows that
	 * another mbuf is no buffer.
	 */
	uint32_t cache;
	uint32_t stock;		    /* counts that the TX cache can hand out; at least 1 while there is a TX cache */
	uint16_t slot;		    /* in the TX cache's claims */
	bool ended;		    /* a hint: the last reference has ended */
	uint8_t state;		    /* enum evpl_buffer_state; relaxed, for census.c alone */
	uint32_t taker;		    /* number of the context that took it last; likewise */
	evpl_compat_count *packets; /* above */
	uintptr_t room;		    /* its bytes ... */
	rte_iova_t iova;	    /* ... for devices */
	uint64_t ol_flags;	    /* of packets on it: none, or RTE_MBUF_F_EXTERNAL */
	uintptr_t shinfo;	    /* of these: a mark (see attach.h), or the address of a shinfo */
	struct evpl_slab *slab;
	struct rte_mbuf *mbuf;
	/* For census.c. Whoever moves the buffer writes them, and nobody else has it then. Relaxed. */
	uint64_t taken_at;	 /* TSC, or up to 32 takes of the context before */
	uint64_t takes, rewinds; /* so far */
	uint64_t remote_returns; /* so far: it came home, but not through the context that took it */
	uint32_t carved;	 /* bytes that iovecs were made of, since it is no longer current */
	uint32_t iovecs_left;	 /* references that were left at that moment */
	struct hook_buffer hook;
};

/* Where a buffer is. A buffer of which only packets are left is still held. */
enum evpl_buffer_state { EVPL_BUFFER_FREE, EVPL_BUFFER_STASH, EVPL_BUFFER_CURRENT, EVPL_BUFFER_HELD };

static inline void
evpl_buffer_set_state(struct evpl_buffer *buffer, enum evpl_buffer_state state)
{
	__atomic_store_n(&buffer->state, (uint8_t)state, __ATOMIC_RELAXED);
}

/* It leaves its window, or never was in one. */
static inline void
evpl_buffer_note_held(struct evpl_buffer *buffer, uintptr_t carved, uint32_t iovecs)
{
	__atomic_store_n(&buffer->carved, (uint32_t)carved, __ATOMIC_RELAXED);
	__atomic_store_n(&buffer->iovecs_left, iovecs, __ATOMIC_RELAXED);
	evpl_buffer_set_state(buffer, EVPL_BUFFER_HELD);
}

static inline struct evpl_buffer *
evpl_buffer(struct rte_mbuf *buffer)
{
	return rte_mbuf_to_priv(buffer);
}

static inline const struct evpl_class *
evpl_buffer_class(struct rte_mbuf *buffer)
{
	return evpl_buffer(buffer)->slab->class;
}

/* Whether its stock is this thread's. */
static inline bool
evpl_buffer_is_claimed(const struct evpl_buffer *buffer, const struct evpl_tx_cache *cache)
{
	return __atomic_load_n(&buffer->cache, __ATOMIC_RELAXED) == cache->number;
}

/* Of a buffer whose references have ended another thread may take the stock meanwhile. */
static inline uint32_t
evpl_buffer_stock(const struct evpl_buffer *buffer)
{
	return __atomic_load_n(&buffer->stock, __ATOMIC_RELAXED);
}

/* The TX cache's thread's; released for evpl_tx_caches_reap(), and whole for evpl_tx_caches_count(). */
static inline void
evpl_buffer_set_stock(struct evpl_buffer *buffer, uint32_t stock)
{
	__atomic_store_n(&buffer->stock, stock, __ATOMIC_RELEASE);
}

/*
 * Whether nothing but stock is left of it. The stock is read first: without a reference it only grows, so once both
 * are equal they stay equal.
 */
static inline bool
evpl_buffer_is_spent(const struct evpl_buffer *buffer)
{
	uint32_t stock = __atomic_load_n(&buffer->stock, __ATOMIC_ACQUIRE);

	return evpl_compat_count_load(buffer->packets) == stock;
}

/* Takes it off this thread's TX cache if it is spent. False: it is not, or another thread has taken it. */
static inline bool
evpl_buffer_unclaim_spent(struct evpl_buffer *buffer)
{
	return unlikely(evpl_buffer_is_spent(buffer)) && evpl_tx_cache_unclaim_spent(buffer);
}

void evpl_buffer_counts_ended(struct evpl_buffer *buffer); /* of all counts, not only of packets */

/* One packet less, on any thread. */
static inline void
evpl_buffer_packet_ended(struct evpl_buffer *buffer, const struct evpl_tx_cache *cache)
{
	if (likely(evpl_buffer_is_claimed(buffer, cache))) {
		evpl_buffer_set_stock(buffer, evpl_buffer_stock(buffer) + 1);
		if (unlikely(__atomic_load_n(&buffer->ended, __ATOMIC_RELAXED)) && evpl_buffer_unclaim_spent(buffer))
			evpl_buffer_counts_ended(buffer);
	} else if (evpl_compat_count_sub(buffer->packets, 1) == 0) {
		evpl_buffer_counts_ended(buffer);
	}
}

struct rte_mbuf *evpl_buffer_take(struct evpl_context *ctx, struct evpl_class *class);
void evpl_buffer_give_back(struct evpl_context *ctx, struct rte_mbuf *buffer); /* ctx may be NULL */
void evpl_buffers_init(struct evpl_slab *slab);				       /* prepares a new slab's mbufs */
struct rte_mbuf *evpl_buffer_of(const struct rte_mbuf *ref); /* the buffer under a reference, or NULL */

#endif /* EVPL_SRC_BUFFER_H */
