/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the library holds.
 */
#ifndef EVPL_SRC_STATS_H
#define EVPL_SRC_STATS_H

#include "base.h"

/* The most at once. Relaxed: of two threads that note one at a time, one may be lost. */
struct evpl_peak {
	uint32_t ever, since_read;
};

static inline void
evpl_peak_note(struct evpl_peak *peak, uint32_t n)
{
	if (n > __atomic_load_n(&peak->ever, __ATOMIC_RELAXED))
		__atomic_store_n(&peak->ever, n, __ATOMIC_RELAXED);
	if (n > __atomic_load_n(&peak->since_read, __ATOMIC_RELAXED))
		__atomic_store_n(&peak->since_read, n, __ATOMIC_RELAXED);
}

/* since_read begins anew. */
static inline struct evpl_peak
evpl_peak_read(struct evpl_peak *peak)
{
	return (struct evpl_peak){.ever = __atomic_load_n(&peak->ever, __ATOMIC_RELAXED),
				  .since_read = __atomic_exchange_n(&peak->since_read, 0, __ATOMIC_RELAXED)};
}

static inline void
evpl_peak_add(struct evpl_peak *sum, struct evpl_peak peak)
{
	sum->ever += peak.ever;
	sum->since_read += peak.since_read;
}

/* Calls that failed, by rte_errno. A context has its own; what has no context counts in evpl_global. Relaxed. */
struct evpl_failures {
	uint64_t alloc_einval; /* evpl_iovec_alloc(), evpl_iovecs_alloc(), evpl_iovec_reserve(), evpl_packets_alloc() */
	uint64_t alloc_emsgsize;
	uint64_t alloc_enomem;
	uint64_t send_einval; /* packets that evpl_iovecs_to_mbuf() and evpl_tx_burst() could not make */
	uint64_t send_emsgsize;
	uint64_t send_enomem;
	uint64_t send_eoverflow;
};

/* One thread adds, others read. */
static inline void
evpl_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/*
 * What a context did, beside its hot path: only its thread adds. No figure here costs an inline alloc or release
 * anything. So a plain build does not know their numbers: it counts bytes when a buffer is used up, and buffers when
 * they move.
 */
struct evpl_counters {
	uint64_t refills;	 /* buffers that became current */
	uint64_t whole_buffers;	 /* buffers that became one iovec each, without being current */
	uint64_t rewinds;	 /* current buffers that started again in place, because everything was home */
	uint64_t remote_returns; /* buffers of other contexts that came home through this one */
	uint64_t splits;	 /* requests that took more than one iovec */
	uint64_t other_node;	 /* buffers that were taken from another NUMA node than the context's */
	uint64_t spills;	 /* current buffers whose 16 bits were used up: other mbufs count from there on */
	uint64_t bytes_taken;	 /* out of buffers that are used up or started again: iovecs and their padding */
	uint64_t allocs;	 /* iovecs. Tracing builds count them, sampling estimates them; 0 otherwise */
	uint64_t releases;	 /* iovecs, those that were sent included. Only tracing builds count them */
};
void evpl_counters_add(struct evpl_counters *sum, const struct evpl_counters *c);

/* Both set rte_errno and count; evpl may be NULL. */
int evpl_alloc_failed(struct evpl *evpl, int error) __attribute__((cold)); /* returns -1 */
void evpl_send_failed(struct evpl *evpl, int error) __attribute__((cold));
void evpl_failures_add(struct evpl_failures *sum, const struct evpl_failures *f);

/* What evpl_stats_get() tells, and what only telemetry does. */
struct evpl_counts {
	struct evpl_stats stats;
	struct evpl_failures failed; /* of all contexts, those that are gone included */
	struct evpl_counters done;   /* likewise; returns without a context are in its remote_returns, too */
	uint32_t contexts_peak;	     /* most contexts at once */
	uint32_t slabs_made, slabs_made_ahead, slabs_given_back;
	uint32_t waits;			   /* for memory, now */
	uint64_t stash_buffers_taken_back; /* from stashes, when memory was short */
	struct evpl_peak away;		   /* sums of the shelves' peaks: never were more away from them at once */
	struct evpl_peak packets;	   /* packet mbufs that were away from their pools, likewise */
};

/* With the lock held. The second begins the peaks since they were read anew. */
void evpl_stats_collect(struct evpl_stats *stats);
void evpl_counts_collect(struct evpl_counts *counts);

#endif /* EVPL_SRC_STATS_H */
