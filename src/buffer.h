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
struct evpl_quota;
struct evpl_room;

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
	struct evpl_quota *quota; /* of the context that took it; NULL: it has none */
	struct rte_mbuf *mbuf;
	uint32_t number; /* in the slab */
	uint32_t next;	 /* while it is free: 1 + the number of the free buffer below it, or 0; relaxed */
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

void evpl_buffer_counts_ended(struct evpl_buffer *buffer); /* of all counts, not only of packets */

/* Whether the buffer's last reference has ended. Read before the caller's count is given up: see tx_cache.c. */
static inline bool
evpl_buffer_has_ended(const struct evpl_buffer *buffer)
{
	return __atomic_load_n(&buffer->ended, __ATOMIC_RELAXED);
}

/*
 * On the TX cache's thread: one count of a buffer whose last reference has ended goes into the stock. True: it was the
 * last count, and the claim has ended.
 */
static inline bool
evpl_buffer_give_up_count(struct evpl_buffer *buffer)
{
	uint32_t stock = evpl_buffer_stock(buffer) + 1;

	/* With packets elsewhere it is not spent. Whoever brings it home after the last of them must check. */
	if (likely(evpl_compat_count_load(buffer->packets) != stock)) {
		evpl_buffer_set_stock(buffer, stock);
		return false;
	}
	return evpl_tx_cache_give_up_last(buffer);
}

/* One packet less, on any thread. */
static inline void
evpl_buffer_packet_ended(struct evpl_buffer *buffer, const struct evpl_tx_cache *cache)
{
	if (likely(evpl_buffer_is_claimed(buffer, cache))) {
		if (likely(!evpl_buffer_has_ended(buffer)))
			evpl_buffer_set_stock(buffer, evpl_buffer_stock(buffer) + 1);
		else if (evpl_buffer_give_up_count(buffer))
			evpl_buffer_counts_ended(buffer);
	} else if (evpl_compat_count_sub(buffer->packets, 1) == 0) {
		evpl_buffer_counts_ended(buffer);
	}
}

/* Brings home what only TX caches keep, and what other processes have returned. True: some. */
bool evpl_buffers_collect(void);
struct rte_mbuf *evpl_buffer_take(struct evpl_context *ctx, struct evpl_class *class);
void evpl_buffer_give_back(struct evpl_context *ctx, struct rte_mbuf *buffer); /* ctx may be NULL */
/* Prepares the mbufs of a new slab, for its rooms. */
void evpl_buffers_init(struct evpl_slab *slab, const struct evpl_room *rooms);
struct rte_mbuf *evpl_buffer_of(const struct rte_mbuf *ref); /* the buffer under a reference, or NULL */

#endif /* EVPL_SRC_BUFFER_H */
