/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A context: what a thread allocates through.
 */
#ifndef EVPL_SRC_CONTEXT_H
#define EVPL_SRC_CONTEXT_H

#include "base.h"
#include "class.h"
#include "stash.h"
#include "stats.h"
#include "trace/hook_state.h"

#include <sys/queue.h>

struct evpl_quota;
struct evpl_wait;

/* A context. The public part comes first, so the two pointers are one. */
struct evpl_context {
	struct evpl evpl;
	struct rte_mbuf *current[2];	 /* the buffers under evpl.window[], NULL when idle */
	struct rte_mempool *direct_pool; /* the last one seen to be of direct mbufs: known without a look into it */
	struct rte_mempool *packet_pool;
	uint32_t rx_flags;
	int bank;	 /* that it takes buffers from */
	bool only_bank;	 /* and no other */
	uint32_t taking; /* 1 + the number of the slab that it takes a buffer from; 0: none. See shelf.c */
	struct evpl_stash stash[EVPL_CLASSES];
	struct evpl_stash_guard stash_guard;
	struct evpl_quota *quota;      /* NULL: none */
	uint32_t grants[EVPL_CLASSES]; /* buffers that it may take although others wait: see wait.c */
	unsigned waits;		       /* of it that are in the queue; with wait.c's lock */
	struct evpl_wait *served;      /* whose callback runs; NULL */
	uint64_t served_ticket;
	uint64_t rx_linearized, rx_too_long, rx_no_memory; /* relaxed, likewise */
	struct evpl_failures failed;
	struct evpl_counters counters;
	uint64_t clock;		/* TSC, as evpl_buffer_take() read it last */
	uint64_t clock_gap;	/* 20 microseconds */
	uint32_t clock_left;	/* takes until it is read again */
	uint64_t buffers_taken; /* from the slabs' pools; relaxed, likewise */
	unsigned number;	/* of all that were made */
	int lcore;		/* that made it; -1: another thread */
	struct hook_context hook;
	TAILQ_ENTRY(evpl_context) entry;
};

static inline struct evpl_context *
evpl_context(struct evpl *evpl)
{
	return (struct evpl_context *)evpl;
}

/* How many buffers are current in a context, 0 to 2. Any thread may ask, so it may be a moment old. */
static inline unsigned
evpl_context_current_buffers(const struct evpl_context *ctx)
{
	unsigned n = 0;

	for (unsigned kind = 0; kind < RTE_DIM(ctx->current); kind++)
		n += __atomic_load_n(&ctx->current[kind], __ATOMIC_RELAXED) != NULL;
	return n;
}

#endif /* EVPL_SRC_CONTEXT_H */
