/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Contexts: one per thread.
 */
#include "context.h"

#include "argument.h"
#include "class.h"
#include "global.h"
#include "heap.h"
#include "packet_pool.h"
#include "quota.h"
#include "slab.h"
#include "stash.h"
#include "trace/hooks.h"
#include "tx_cache.h"
#include "wait.h"
#include "window.h"

#include <pthread.h>
#include <sys/queue.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

/* Whether what is asked for is possible. The log names the first field that is not. */
static bool
check_config(const struct evpl_thread_config *asked)
{
	static const char call[] = "evpl_create";

	return evpl_in_range(call, "rx_flags", asked->rx_flags, 0, EVPL_IOVEC_FLAG_SHARED) &&
	       evpl_in_range(call, "stash_buffers", asked->stash_buffers, 0, EVPL_STASH_MAX) &&
	       (evpl_is_group(asked->socket_id) ||
		evpl_in_signed_range(call, "socket_id", asked->socket_id, EVPL_SOCKET_ID_0, RTE_MAX_NUMA_NODES - 1)) &&
	       evpl_reserved_is_zero(call, asked->reserved_word, asked->reserved, RTE_DIM(asked->reserved));
}

/* The node for what is not in slabs: the one that a configuration names, or else the thread's. */
static int
choose_node(int asked)
{
	int socket_id;

	if (asked == EVPL_SOCKET_ID_0)
		return 0;
	if (asked > 0 && !evpl_is_group(asked))
		return asked;
	socket_id = (int)rte_socket_id();
	if (socket_id < 0) /* a plain thread that floats over nodes */
		socket_id = (int)rte_lcore_to_socket_id(rte_get_main_lcore());
	return socket_id;
}

/* With the lock held; a pool from any node's memory, the nearest first, if the own has none and any will do. */
static struct rte_mempool *
choose_packet_pool(int node, bool only_node)
{
	struct rte_mempool *pool = evpl_packet_pool(node);
	uint32_t free[RTE_MAX_NUMA_NODES];
	uint8_t order[RTE_MAX_NUMA_NODES];
	unsigned n;

	if (pool != NULL || only_node)
		return pool;
	for (unsigned i = 0; i < RTE_MAX_NUMA_NODES; i++)
		free[i] = evpl_global.packet_pools[i] != NULL;
	n = evpl_node_order(&evpl_global.topology, free, node, order);
	for (unsigned i = 1; pool == NULL && i < n; i++)
		pool = evpl_global.packet_pools[order[i]];
	return pool;
}

/* What was asked for is of small buffers; of large ones no more than fit the default. */
static uint32_t
choose_stash(const struct evpl_class *class, unsigned asked)
{
	uint32_t fitting = RTE_MIN(RTE_MAX(EVPL_STASH_BYTES / class->size, 2u), EVPL_STASH_MAX);

	if (asked == 0)
		return fitting;
	return class == &evpl_global.classes[0] ? asked : RTE_MIN(asked, fitting);
}

struct evpl *
evpl_create(const struct evpl_thread_config *config)
{
	static const struct evpl_thread_config defaults;
	struct evpl_global *g = &evpl_global;
	struct evpl_context *ctx;
	bool only_node, group;
	int node;

	if (config == NULL)
		config = &defaults;
	if (!check_config(config)) {
		rte_errno = EINVAL;
		return NULL;
	}
	pthread_mutex_lock(&g->lock);
	if (g->users == 0 || g->ending) {
		pthread_mutex_unlock(&g->lock);
		rte_errno = rte_eal_process_type() == RTE_PROC_PRIMARY ? EPERM : ENOTSUP;
		return NULL;
	}
	if (config->quota != 0 && !evpl_in_range("evpl_create", "quota", config->quota,
						 EVPL_QUOTA_LEAST(evpl_class_largest()->size), UINT64_MAX)) {
		pthread_mutex_unlock(&g->lock);
		rte_errno = EINVAL;
		return NULL;
	}
	group = evpl_is_group(config->socket_id);
	only_node = !group && (config->socket_id > 0 || config->socket_id == EVPL_SOCKET_ID_0);
	node = choose_node(config->socket_id);
	evpl_heap_lock();
	ctx = rte_zmalloc_socket("evpl", sizeof(*ctx), RTE_CACHE_LINE_SIZE, only_node ? node : SOCKET_ID_ANY);
	evpl_heap_unlock();
	if (ctx == NULL)
		goto fail;
	ctx->bank = group ? evpl_bank_of(config->socket_id) : node;
	ctx->only_bank = only_node || group;
	ctx->clock_gap = rte_get_tsc_hz() / 50000;
	ctx->rx_flags = config->rx_flags;
	for (unsigned i = 0; i < g->class_count; i++)
		evpl_stash_init(&ctx->stash[i], choose_stash(&g->classes[i], config->stash_buffers));
	evpl_window_close(ctx, 0);
	evpl_window_close(ctx, EVPL_IOVEC_FLAG_SHARED);
	ctx->packet_pool = choose_packet_pool(node, only_node);
	if (ctx->packet_pool == NULL)
		goto fail;
	if (config->quota != 0) {
		ctx->quota = evpl_quota_create(config->quota, node);
		if (ctx->quota == NULL)
			goto fail;
	}
	if (g->low_watermark != 0 && !group) /* so that the keeper makes slabs for this node */
		(void)evpl_slab_shelf(&g->classes[0], node);
	hook_context_begin(ctx);
	TAILQ_INSERT_TAIL(&g->contexts, ctx, entry);
	g->context_count++;
	g->contexts_peak = RTE_MAX(g->contexts_peak, g->context_count);
	ctx->number = g->contexts_made++;
	ctx->lcore = rte_lcore_id() == LCORE_ID_ANY ? -1 : (int)rte_lcore_id();
	pthread_mutex_unlock(&g->lock);
	return &ctx->evpl;

fail:
	rte_free(ctx);
	pthread_mutex_unlock(&g->lock);
	rte_errno = ENOMEM;
	return NULL;
}

void
evpl_destroy(struct evpl *evpl)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_context *ctx = evpl_context(evpl);

	if (evpl == NULL)
		return;
	evpl_waits_end(ctx);
	evpl_window_close(ctx, 0);
	evpl_window_close(ctx, EVPL_IOVEC_FLAG_SHARED);
	evpl_stash_enter(&ctx->stash_guard);
	evpl_stash_flush(ctx);
	evpl_stash_leave(&ctx->stash_guard);
	evpl_tx_cache_flush();
	pthread_mutex_lock(&g->lock);
	/* Off the list first: evpl_stats_get() reads the cache of whoever is on it. */
	TAILQ_REMOVE(&g->contexts, ctx, entry);
	hook_context_end(ctx);
	g->context_count--;
	g->rx_linearized += ctx->rx_linearized;
	g->rx_too_long += ctx->rx_too_long;
	g->rx_no_memory += ctx->rx_no_memory;
	evpl_failures_add(&g->failed, &ctx->failed);
	evpl_counters_add(&g->counters, &ctx->counters);
	evpl_quota_leave(ctx->quota);
	/*
	 * Under the lock, as in evpl_create(): thread sanitizer does not see into EAL's heap, and learns from the lock
	 * who had the memory before.
	 */
	rte_free(ctx);
	pthread_mutex_unlock(&g->lock);
}
