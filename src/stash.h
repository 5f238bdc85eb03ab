/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A context's stash of free buffers. What its thread does with it is in buffer.c. Another thread may empty it when
 * memory is short.
 */
#ifndef EVPL_SRC_STASH_H
#define EVPL_SRC_STASH_H

#include "base.h"

struct evpl_class;
struct evpl_context;

/* Most free buffers in a context's stash, and the bytes that the default comes to. */
#define EVPL_STASH_MAX 64u
#define EVPL_STASH_BYTES (4u << 20)

/* A context's free buffers of one class. */
struct evpl_stash {
	uint32_t size;				  /* at most so many now: 0 while memory is short */
	uint32_t count;				  /* written with relaxed stores: evpl_stats_get() reads it */
	uint32_t wanted_size;			  /* what size is when memory is not short */
	struct rte_mbuf *buffers[EVPL_STASH_MAX]; /* the warmest last */
};

/*
 * Who is at a context's stashes. Its thread comes often and others seldom, so its thread pays for no atomic and no
 * fence: two stores and a load. The others make up for it: after the store of `wanted`, membarrier() makes each running
 * thread of the process pass a fence. So either the owner sees `wanted`, or the other thread sees `busy`.
 */
struct evpl_stash_guard {
	bool busy;   /* the owner is at them */
	bool wanted; /* another thread is, or wants to */
};

/* Leaves, and enters when no other thread is there. */
void evpl_stash_guard_wait(struct evpl_stash_guard *guard) __attribute__((cold));

/* False: another thread is there, or wants to. Then it is not to be touched, and is to be left. */
static inline bool
evpl_stash_try_enter(struct evpl_stash_guard *guard)
{
	__atomic_store_n(&guard->busy, true, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return likely(!__atomic_load_n(&guard->wanted, __ATOMIC_ACQUIRE));
}

static inline void
evpl_stash_enter(struct evpl_stash_guard *guard)
{
	if (!evpl_stash_try_enter(guard))
		evpl_stash_guard_wait(guard);
}

static inline void
evpl_stash_leave(struct evpl_stash_guard *guard)
{
	__atomic_store_n(&guard->busy, false, __ATOMIC_RELEASE);
}

void evpl_stash_flush(struct evpl_context *ctx); /* by the owner */
/* Sets the sizes of a new context's stash; with the lock held. */
void evpl_stash_init(struct evpl_stash *stash, uint32_t wanted_size);
/* Whether a stash that keeps nothing may keep buffers again. By the owner, inside. */
bool evpl_stash_reopen(struct evpl_stash *stash);
/*
 * For ctx, on its thread: moves the buffers of all stashes to the slabs, and lets no stash keep a buffer for 10 ms.
 * True: there were some, or another thread has done it at this moment.
 */
bool evpl_stashes_take_back(struct evpl_context *ctx);
uint64_t evpl_stashes_taken_back(void); /* buffers, since the library started */
void evpl_stashes_reset(void);		/* the library starts */

#endif /* EVPL_SRC_STASH_H */
