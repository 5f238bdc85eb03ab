/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A context: what a thread allocates through.
 */
#ifndef EVPL_SRC_CONTEXT_H
#define EVPL_SRC_CONTEXT_H

#include "base.h"
#include "class.h"
#include "stash.h"

#include <sys/queue.h>

struct evpl_sample;
struct evpl_samples;

/* A context. The public part comes first, so the two pointers are one. */
struct evpl_context {
	struct evpl evpl;
	struct rte_mbuf *current[2];	 /* the buffers under evpl.window[], NULL when idle */
	struct rte_mempool *direct_pool; /* the last one seen to be of direct mbufs: known without a look into it */
	struct rte_mempool *packet_pool;
	uint32_t rx_flags;
	int socket_id;
	bool only_socket;		  /* never take from another NUMA node */
	unsigned slab_hint[EVPL_CLASSES]; /* where the last buffer came from */
	struct evpl_stash stash[EVPL_CLASSES];
	uint64_t rx_linearized, rx_too_long, rx_no_memory; /* relaxed, likewise */
	struct evpl_samples *samples;			   /* where this context notes its own; NULL: none are taken */
	struct evpl_sample_gate {			   /* how the windows come to the next one */
		struct evpl_sample *counted;		   /* as EVPL_IOVEC_COUNTED says; NULL */
		struct evpl_sample *ready; /* the same if all bytes until the next sample are in sight, or NULL */
		uint64_t left;		   /* bytes until the next one, beyond those in sight */
		uintptr_t end; /* of the current buffer, of which the window sees what comes before it; 0: none */
	} sample_gate[2];
	uint32_t sample_ticks;	    /* samples until one looks at the TSC again */
	uintptr_t sample_caller;    /* of the call that is under way */
	uintptr_t sample_committed; /* where the LOCAL window went on after the last commit; 0: it has gone on */
	uintptr_t sample_padding;   /* that was counted there */
	uint64_t trace_created, trace_used; /* tracing: trace_place of evpl_create(), and of the first use */
	uint64_t trace_owner;		    /* trace_thread.mark of that; 0: not used yet */
	uint64_t trace_number; /* in the upper half: what records of iovecs that were taken through it say */
	TAILQ_ENTRY(evpl_context) entry;
};

static inline struct evpl_context *
evpl_context(struct evpl *evpl)
{
	return (struct evpl_context *)evpl;
}

#endif /* EVPL_SRC_CONTEXT_H */
