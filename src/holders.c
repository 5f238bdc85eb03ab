/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What hinders evpl_cleanup(), as log lines: all of it can be derived from counts that a plain build keeps anyway.
 */
#include "holders.h"

#include "census.h"
#include "context.h"
#include "global.h"
#include "rx_pool.h"
#include "slab.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>

#define LINES 8u /* of a kind */

static void
log_holding(const char *who, const struct evpl_holding *h)
{
	EVPL_LOG(ERR,
		 "cleanup: %s: %u buffers, about %" PRIu64 " bytes, %" PRIu64 " iovecs, %" PRIu64
		 " packets in flight, the oldest for %" PRIu64 " ms",
		 who, h->buffers, h->bytes_live, h->iovecs, h->packets, h->oldest_ms);
}

static void
log_contexts(void)
{
	struct evpl_census census;
	unsigned lines = 0, more = 0;
	char who[48];

	if (!evpl_census(&census))
		EVPL_LOG(ERR, "cleanup: no memory to tell which contexts took the buffers");
	for (unsigned i = 0; i < census.n; i++) {
		if (census.holders[i].holding.buffers == 0)
			continue;
		if (lines++ >= LINES) {
			more++;
			continue;
		}
		snprintf(who, sizeof(who), "taken by context %u", census.holders[i].number);
		log_holding(who, &census.holders[i].holding);
	}
	if (more > 0)
		EVPL_LOG(ERR, "cleanup: and by %u more contexts", more);
	if (census.orphans.buffers > 0)
		log_holding("taken by contexts that are gone", &census.orphans);
	free(census.holders);
}

static void
log_slabs(void)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_slab_census census;
	const struct evpl_slab *slab;
	unsigned lines = 0, more = 0;

	pthread_mutex_lock(&g->lock);
	for (slab = g->users > 0 ? evpl_slab_next(0) : NULL; slab != NULL; slab = evpl_slab_next(slab->number + 1)) {
		evpl_slab_count(slab, &census);
		if (census.current + census.held + census.lent == 0)
			continue;
		if (lines++ >= LINES) {
			more++;
			continue;
		}
		EVPL_LOG(ERR, "cleanup: slab %u has %u of its %u buffers away: %u current, %u held, %u only by packets",
			 slab->number, census.current + census.held + census.lent, slab->n, census.current, census.held,
			 census.lent);
	}
	pthread_mutex_unlock(&g->lock);
	if (more > 0)
		EVPL_LOG(ERR, "cleanup: and %u more slabs", more);
}

static void
log_rx_pools(void)
{
	struct evpl_global *g = &evpl_global;
	const struct evpl_rx_pool *rx;

	pthread_mutex_lock(&g->lock);
	if (g->users > 0) {
		TAILQ_FOREACH (rx, &g->rx_pools, entry)
			if (rte_mempool_in_use_count(rx->pool) > 0)
				EVPL_LOG(ERR, "cleanup: receive pool %s has %u of its %u mbufs away", rx->pool->name,
					 rte_mempool_in_use_count(rx->pool), rx->n);
	}
	pthread_mutex_unlock(&g->lock);
}

/* Drivers do not say how many packets their queues keep, but they give them back when they stop. */
static void
log_ports(void)
{
	struct rte_eth_dev_info info;
	uint16_t port;

	for (port = rte_eth_find_next(0); port < RTE_MAX_ETHPORTS; port = rte_eth_find_next((uint16_t)(port + 1))) {
		char name[RTE_ETH_NAME_MAX_LEN] = "";

		if (rte_eth_dev_info_get(port, &info) != 0 || info.nb_rx_queues + info.nb_tx_queues == 0)
			continue;
		(void)rte_eth_dev_get_name_by_port(port, name);
		EVPL_LOG(ERR,
			 "cleanup: port %u (%s, %s): %u receive and %u transmit queues may keep mbufs until "
			 "rte_eth_dev_stop() or rte_eth_dev_close()",
			 port, name, info.driver_name, info.nb_rx_queues, info.nb_tx_queues);
	}
}

void
evpl_holders_log(const struct evpl_stats *held)
{
	EVPL_LOG(ERR,
		 "cleanup: still held: %u contexts, %u buffers, %u receive buffers, %u packet mbufs, %u overflow mbufs",
		 held->contexts, held->buffers_in_use, held->rx_buffers_in_use, held->packet_mbufs_in_use,
		 held->overflow_mbufs_in_use);
	if (held->buffers_in_use > 0) {
		log_contexts();
		log_slabs();
	}
	log_rx_pools();
	if (held->packet_mbufs_in_use + held->rx_buffers_in_use > 0)
		log_ports();
}
