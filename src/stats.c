/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the library holds, what is away from its pools, and what failed.
 */
#include "stats.h"

#include "class.h"
#include "context.h"
#include "global.h"
#include "overflow.h"
#include "packet_pool.h"
#include "process.h"
#include "rx_pool.h"
#include "shelf.h"
#include "slab.h"
#include "stash.h"
#include "trace/hooks.h"
#include "tx_cache.h"
#include "wait.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_mempool.h>

static void
count_shelf(const struct evpl_shelf *shelf, uint32_t *buffers, uint32_t *in_use)
{
	uint32_t free = shelf != NULL ? evpl_shelf_free(shelf) : 0;

	if (shelf == NULL)
		return;
	*buffers += shelf->buffers;
	*in_use += shelf->buffers - RTE_MIN(free, shelf->buffers);
}

void
evpl_failures_add(struct evpl_failures *sum, const struct evpl_failures *f)
{
	sum->alloc_einval += __atomic_load_n(&f->alloc_einval, __ATOMIC_RELAXED);
	sum->alloc_emsgsize += __atomic_load_n(&f->alloc_emsgsize, __ATOMIC_RELAXED);
	sum->alloc_enomem += __atomic_load_n(&f->alloc_enomem, __ATOMIC_RELAXED);
	sum->send_einval += __atomic_load_n(&f->send_einval, __ATOMIC_RELAXED);
	sum->send_emsgsize += __atomic_load_n(&f->send_emsgsize, __ATOMIC_RELAXED);
	sum->send_enomem += __atomic_load_n(&f->send_enomem, __ATOMIC_RELAXED);
	sum->send_eoverflow += __atomic_load_n(&f->send_eoverflow, __ATOMIC_RELAXED);
}

void
evpl_counters_add(struct evpl_counters *sum, const struct evpl_counters *c)
{
	sum->refills += __atomic_load_n(&c->refills, __ATOMIC_RELAXED);
	sum->whole_buffers += __atomic_load_n(&c->whole_buffers, __ATOMIC_RELAXED);
	sum->rewinds += __atomic_load_n(&c->rewinds, __ATOMIC_RELAXED);
	sum->remote_returns += __atomic_load_n(&c->remote_returns, __ATOMIC_RELAXED);
	sum->splits += __atomic_load_n(&c->splits, __ATOMIC_RELAXED);
	sum->other_node += __atomic_load_n(&c->other_node, __ATOMIC_RELAXED);
	sum->spills += __atomic_load_n(&c->spills, __ATOMIC_RELAXED);
	sum->bytes_taken += __atomic_load_n(&c->bytes_taken, __ATOMIC_RELAXED);
	sum->allocs += __atomic_load_n(&c->allocs, __ATOMIC_RELAXED);
	sum->releases += __atomic_load_n(&c->releases, __ATOMIC_RELAXED);
}

/* With the lock held. */
static void
done_collect(struct evpl_counters *done)
{
	const struct evpl_global *g = &evpl_global;
	const struct evpl_context *ctx;
	uint64_t without = __atomic_load_n(&g->remote_returns, __ATOMIC_RELAXED) + evpl_tx_caches_returns();

	*done = g->counters;
	TAILQ_FOREACH (ctx, &g->contexts, entry)
		evpl_counters_add(done, &ctx->counters);
	done->remote_returns += without;
	done->spills += evpl_overflow_spills();
	done->releases += __atomic_load_n(&g->releases, __ATOMIC_RELAXED);
}

/* Likewise. */
static void
failed_collect(struct evpl_failures *failed)
{
	const struct evpl_global *g = &evpl_global;
	const struct evpl_context *ctx;

	memset(failed, 0, sizeof(*failed));
	evpl_failures_add(failed, &g->failed);
	TAILQ_FOREACH (ctx, &g->contexts, entry)
		evpl_failures_add(failed, &ctx->failed);
}

void
evpl_stats_collect(struct evpl_stats *stats)
{
	const struct evpl_global *g = &evpl_global;
	const struct evpl_context *ctx;
	const struct evpl_rx_pool *rx;
	struct evpl_counters done;
	struct evpl_failures failed;
	uint32_t stashed[EVPL_CLASSES] = {0}, buffers[EVPL_CLASSES] = {0}, in_use[EVPL_CLASSES] = {0};

	memset(stats, 0, sizeof(*stats));
	if (g->users == 0)
		return;
	stats->contexts = g->context_count;
	stats->rx_linearized = g->rx_linearized;
	stats->rx_too_long = g->rx_too_long;
	stats->rx_no_memory = g->rx_no_memory;
	stats->slabs = g->slab_count;
	stats->slab_bytes = g->slab_bytes;
	for (unsigned i = 0; i < g->class_count; i++) {
		for (unsigned node = 0; node < RTE_DIM(g->classes[i].shelves); node++)
			count_shelf(g->classes[i].shelves[node], &buffers[i], &in_use[i]);
	}
	/* After the shelves: what goes from here to there meanwhile counts as in use, and not as free twice. */
	TAILQ_FOREACH (ctx, &g->contexts, entry) {
		for (unsigned i = 0; i < EVPL_CLASSES; i++)
			stashed[i] += __atomic_load_n(&ctx->stash[i].count, __ATOMIC_RELAXED);
		stats->buffers_current += evpl_context_current_buffers(ctx);
		stats->rx_linearized += __atomic_load_n(&ctx->rx_linearized, __ATOMIC_RELAXED);
		stats->rx_too_long += __atomic_load_n(&ctx->rx_too_long, __ATOMIC_RELAXED);
		stats->rx_no_memory += __atomic_load_n(&ctx->rx_no_memory, __ATOMIC_RELAXED);
	}
	evpl_tx_caches_count(stashed);
	for (unsigned i = 0; i < EVPL_CLASSES; i++)
		in_use[i] -= RTE_MIN(stashed[i], in_use[i]);
	stats->buffers = buffers[0] + buffers[1];
	stats->buffers_in_use = in_use[0] + in_use[1];
	stats->large_buffers = buffers[1];
	stats->large_buffers_in_use = in_use[1];
	TAILQ_FOREACH (rx, &g->rx_pools, entry) {
		stats->rx_buffers += rx->n;
		stats->rx_buffers_in_use += rte_mempool_in_use_count(rx->pool);
	}
	for (unsigned i = 0; i < RTE_DIM(g->packet_pools); i++) {
		if (g->packet_pools[i] == NULL)
			continue;
		stats->packet_mbufs += g->packet_pools[i]->size;
		stats->packet_mbufs_in_use += rte_mempool_in_use_count(g->packet_pools[i]);
	}
	stats->overflow_mbufs_in_use = evpl_overflow_in_use();
	done_collect(&done);
	failed_collect(&failed);
	stats->refills = done.refills;
	stats->rewinds = done.rewinds;
	stats->remote_returns = done.remote_returns;
	stats->other_node = done.other_node;
	stats->alloc_enomem = failed.alloc_enomem;
}

static void
count_failure(struct evpl *evpl, size_t offset)
{
	uint64_t *counter;

	if (evpl == NULL) { /* of any thread */
		counter = (uint64_t *)(void *)((char *)&evpl_global.failed + offset);
		__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
		return;
	}
	counter = (uint64_t *)(void *)((char *)&evpl_context(evpl)->failed + offset);
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

int
evpl_alloc_failed(struct evpl *evpl, int error)
{
	rte_errno = error;
	if (hook_is_first_try(evpl))
		return -1;
	if (error == EINVAL)
		count_failure(evpl, offsetof(struct evpl_failures, alloc_einval));
	else if (error == EMSGSIZE)
		count_failure(evpl, offsetof(struct evpl_failures, alloc_emsgsize));
	else
		count_failure(evpl, offsetof(struct evpl_failures, alloc_enomem));
	return -1;
}

void
evpl_send_failed(struct evpl *evpl, int error)
{
	rte_errno = error;
	if (error == EINVAL)
		count_failure(evpl, offsetof(struct evpl_failures, send_einval));
	else if (error == EMSGSIZE)
		count_failure(evpl, offsetof(struct evpl_failures, send_emsgsize));
	else if (error == EOVERFLOW)
		count_failure(evpl, offsetof(struct evpl_failures, send_eoverflow));
	else
		count_failure(evpl, offsetof(struct evpl_failures, send_enomem));
}

void
evpl_counts_collect(struct evpl_counts *counts)
{
	const struct evpl_global *g = &evpl_global;

	memset(counts, 0, sizeof(*counts));
	if (g->users == 0)
		return;
	evpl_stats_collect(&counts->stats);
	failed_collect(&counts->failed);
	done_collect(&counts->done);
	counts->contexts_peak = g->contexts_peak;
	counts->slabs_made = g->slabs_made;
	counts->slabs_made_ahead = g->slabs_made_ahead;
	counts->slabs_given_back = g->slabs_given_back;
	counts->waits = evpl_waits_count();
	counts->stash_buffers_taken_back = evpl_stashes_taken_back();
	for (unsigned i = 0; i < g->class_count; i++) {
		for (unsigned node = 0; node < RTE_DIM(g->classes[i].shelves); node++) {
			if (g->classes[i].shelves[node] != NULL)
				evpl_peak_add(&counts->away, evpl_peak_read(&g->classes[i].shelves[node]->peak));
		}
	}
	for (unsigned i = 0; i < RTE_DIM(g->packet_pools); i++) {
		if (g->packet_pools[i] != NULL)
			evpl_peak_add(&counts->packets, evpl_packet_pool_peak(g->packet_pools[i]));
	}
}

void
evpl_stats_get(struct evpl_stats *stats)
{
	(void)evpl_processes_collect();
	pthread_mutex_lock(&evpl_global.lock);
	evpl_stats_collect(stats);
	pthread_mutex_unlock(&evpl_global.lock);
}
