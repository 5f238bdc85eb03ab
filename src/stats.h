/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the library holds.
 */
#ifndef EVPL_SRC_STATS_H
#define EVPL_SRC_STATS_H

#include "base.h"

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

/* Both set rte_errno and count; evpl may be NULL. */
int evpl_alloc_failed(struct evpl *evpl, int error) __attribute__((cold)); /* returns -1 */
void evpl_send_failed(struct evpl *evpl, int error) __attribute__((cold));
void evpl_failures_add(struct evpl_failures *sum, const struct evpl_failures *f);

/* What evpl_stats_get() tells, and what only telemetry does. */
struct evpl_counts {
	struct evpl_stats stats;
	struct evpl_failures failed; /* of all contexts, those that are gone included */
	uint32_t contexts_peak;	     /* most contexts at once */
	uint32_t slabs_made, slabs_made_ahead, slabs_given_back;
	uint32_t buffers_away_peak; /* sum of the slabs' peaks: never were more away from their pools at once */
};

/* With the lock held. */
void evpl_stats_collect(struct evpl_stats *stats);
void evpl_counts_collect(struct evpl_counts *counts);

#endif /* EVPL_SRC_STATS_H */
