/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * /evpl/stats, /evpl/slabs and /evpl/held for dpdk-telemetry.py. The callbacks run in EAL's telemetry thread.
 */
#include "telemetry.h"

#include "global.h"
#include "held/place.h"
#include "slab.h"

#include <pthread.h>
#include <stdio.h>

#include <rte_mempool.h>
#include <rte_telemetry.h>

static int
stats_command(const char *command, const char *params, struct rte_tel_data *d)
{
	struct evpl_stats stats;

	RTE_SET_USED(command);
	RTE_SET_USED(params);
	evpl_stats_get(&stats);
	rte_tel_data_start_dict(d);
	evpl_compat_tel_add_uint(d, "contexts", stats.contexts);
	evpl_compat_tel_add_uint(d, "slabs", stats.slabs);
	evpl_compat_tel_add_uint(d, "slab_bytes", stats.slab_bytes);
	evpl_compat_tel_add_uint(d, "buffer_size", evpl_buffer_size());
	evpl_compat_tel_add_uint(d, "buffers", stats.buffers);
	evpl_compat_tel_add_uint(d, "buffers_in_use", stats.buffers_in_use);
	evpl_compat_tel_add_uint(d, "buffers_current", stats.buffers_current);
	evpl_compat_tel_add_uint(d, "large_buffer_size", evpl_large_buffer_size());
	evpl_compat_tel_add_uint(d, "large_buffers", stats.large_buffers);
	evpl_compat_tel_add_uint(d, "large_buffers_in_use", stats.large_buffers_in_use);
	evpl_compat_tel_add_uint(d, "rx_buffers", stats.rx_buffers);
	evpl_compat_tel_add_uint(d, "rx_buffers_in_use", stats.rx_buffers_in_use);
	evpl_compat_tel_add_uint(d, "packet_mbufs", stats.packet_mbufs);
	evpl_compat_tel_add_uint(d, "packet_mbufs_in_use", stats.packet_mbufs_in_use);
	evpl_compat_tel_add_uint(d, "overflow_mbufs_in_use", stats.overflow_mbufs_in_use);
	evpl_compat_tel_add_uint(d, "rx_linearized", stats.rx_linearized);
	evpl_compat_tel_add_uint(d, "rx_too_long", stats.rx_too_long);
	evpl_compat_tel_add_uint(d, "rx_no_memory", stats.rx_no_memory);
	return 0;
}

/* Slab number to buffers in use, for those that fit an answer. */
static int
slabs_command(const char *command, const char *params, struct rte_tel_data *d)
{
	struct evpl_global *g = &evpl_global;
	char name[32];

	RTE_SET_USED(command);
	RTE_SET_USED(params);
	rte_tel_data_start_dict(d);
	pthread_mutex_lock(&g->lock);
	for (unsigned i = 0; g->users > 0 && i < RTE_MIN(g->slab_count, 256u); i++) {
		snprintf(name, sizeof(name), "slab_%u_node_%d", i, g->slabs[i]->socket_id);
		evpl_compat_tel_add_uint(d, name, rte_mempool_in_use_count(g->slabs[i]->pool));
	}
	pthread_mutex_unlock(&g->lock);
	return 0;
}

/* Where what is held comes from: of samples, or in a tracing build of all iovecs. */
static int
held_command(const char *command, const char *params, struct rte_tel_data *d)
{
	struct evpl_held held[32];
	unsigned n = evpl_held_get(held, RTE_DIM(held));
	char name[32];

	RTE_SET_USED(command);
	RTE_SET_USED(params);
	rte_tel_data_start_dict(d);
	for (unsigned i = 0; i < n; i++) {
		struct rte_tel_data *site = rte_tel_data_alloc();

		if (site == NULL)
			break;
		rte_tel_data_start_dict(site);
		rte_tel_data_add_dict_string(site, "where", held[i].where);
		evpl_compat_tel_add_uint(site, "iovecs", held[i].count);
		evpl_compat_tel_add_uint(site, "bytes", held[i].bytes);
		evpl_compat_tel_add_uint(site, "oldest_ms", (uint64_t)(held[i].age_s * 1000));
		snprintf(name, sizeof(name), "site_%u", i);
		rte_tel_data_add_dict_container(d, name, site, 0);
	}
	return 0;
}

/* Commands cannot be taken back: they stay, and say zeros, after evpl_cleanup(). */
void
evpl_telemetry_register(void)
{
	static bool registered;

	if (registered)
		return;
	registered = true;
	rte_telemetry_register_cmd("/evpl/stats", stats_command, "Counts of slabs, buffers and packets. No parameters");
	rte_telemetry_register_cmd("/evpl/held", held_command,
				   "Where held iovecs were taken, most bytes first. No parameters");
	rte_telemetry_register_cmd("/evpl/slabs", slabs_command,
				   "Buffers away from each slab's pool (contexts' stashes count). No parameters");
}
