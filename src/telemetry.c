/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The commands of dpdk-telemetry.py, /evpl/..., which include/telemetry*.md document. Each has a struct, a table of its
 * fields, and a callback that fills the struct. The callbacks run in EAL's telemetry thread.
 */
#include "telemetry.h"

#include "census.h"
#include "context.h"
#include "global.h"
#include "packet_pool.h"
#include "rx_pool.h"
#include "slab.h"
#include "stats.h"
#include "trace/hooks.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_mempool.h>
#include <rte_version.h>

/* Dictionaries in one answer: an answer has 16 KiB. The command's parameter says which one is the first. */
#define POOLS_SHOWN 64u
#define HELD_SHOWN 32u

struct info {
	const char *version, *build, *dpdk, *packets, *iova, *allocs;
	uint32_t huge_pages, users;
	uint32_t buffer_size, large_buffer_size, max_alignment, max_slabs, idle_trim_ms, packet_mbufs, sample_period,
		ref_limit;
	uint64_t slab_size, large_slab_size, low_watermark, high_watermark;
};

#define INFO(member, unit) EVPL_FIELD(struct info, member, unit)
static const struct evpl_field info_fields[] = {
	INFO(version, "text"),
	INFO(build, "text"),
	INFO(dpdk, "text"),
	INFO(packets, "text"),
	INFO(iova, "text"),
	INFO(allocs, "text"),
	INFO(huge_pages, "0 or 1"),
	INFO(users, "calls"),
	INFO(buffer_size, "bytes"),
	INFO(large_buffer_size, "bytes"),
	INFO(slab_size, "bytes"),
	INFO(large_slab_size, "bytes"),
	INFO(max_alignment, "bytes"),
	INFO(max_slabs, "slabs"),
	INFO(low_watermark, "bytes"),
	INFO(high_watermark, "bytes"),
	INFO(idle_trim_ms, "milliseconds"),
	INFO(packet_mbufs, "mbufs"),
	INFO(sample_period, "allocations"),
	INFO(ref_limit, "references"),
};

struct figures {
	struct evpl_counts counts;
	struct evpl_counters done;
	struct evpl_failures failed;
	struct evpl_holding holding, orphans; /* of all; of contexts that are gone */
};

#define STATS(member, unit) EVPL_FIELD_NAMED(#member, struct figures, counts.stats.member, unit)
#define FIGURE(name, member, unit) EVPL_FIELD_NAMED(name, struct figures, member, unit)
static const struct evpl_field stats_fields[] = {
	STATS(contexts, "contexts"),
	FIGURE("contexts_peak", counts.contexts_peak, "contexts"),
	STATS(slabs, "slabs"),
	FIGURE("slabs_made", counts.slabs_made, "slabs"),
	FIGURE("slabs_made_ahead", counts.slabs_made_ahead, "slabs"),
	FIGURE("slabs_given_back", counts.slabs_given_back, "slabs"),
	STATS(slab_bytes, "bytes"),
	STATS(buffers, "buffers"),
	STATS(buffers_in_use, "buffers"),
	STATS(buffers_current, "buffers"),
	FIGURE("buffers_away_peak", counts.away.ever, "buffers"),
	FIGURE("buffers_away_peak_read", counts.away.since_read, "buffers"),
	STATS(large_buffers, "buffers"),
	STATS(large_buffers_in_use, "buffers"),
	FIGURE("waits", counts.waits, "waits"),
	FIGURE("stash_buffers_taken_back", counts.stash_buffers_taken_back, "buffers"),
	EVPL_COUNTER_FIELDS(struct figures),
	EVPL_HOLDING_FIELDS(struct figures),
	FIGURE("buffers_orphaned", orphans.buffers, "buffers"),
	STATS(rx_buffers, "mbufs"),
	STATS(rx_buffers_in_use, "mbufs"),
	STATS(packet_mbufs, "mbufs"),
	STATS(packet_mbufs_in_use, "mbufs"),
	FIGURE("packet_mbufs_away_peak", counts.packets.ever, "mbufs"),
	FIGURE("packet_mbufs_away_peak_read", counts.packets.since_read, "mbufs"),
	STATS(overflow_mbufs_in_use, "mbufs"),
	STATS(rx_linearized, "packets"),
	STATS(rx_too_long, "packets"),
	STATS(rx_no_memory, "packets"),
	EVPL_FAILED_FIELDS(struct figures),
};

struct pool {
	const char *name, *kind;
	int node;
	uint32_t mbufs, mbufs_in_use;
};

#define POOL(member, unit) EVPL_FIELD(struct pool, member, unit)
static const struct evpl_field pool_fields[] = {
	POOL(name, "text"),   POOL(kind, "text"),	   POOL(node, "NUMA node"),
	POOL(mbufs, "mbufs"), POOL(mbufs_in_use, "mbufs"),
};

struct site {
	const char *where;
	uint64_t iovecs, bytes, oldest_ms, sampled_iovecs, sampled_bytes;
	uint32_t estimate;
};

#define SITE(member, unit) EVPL_FIELD(struct site, member, unit)
static const struct evpl_field site_fields[] = {
	SITE(where, "text"),	      SITE(iovecs, "iovecs"),
	SITE(bytes, "bytes"),	      SITE(oldest_ms, "milliseconds"),
	SITE(estimate, "0 or 1"),     SITE(sampled_iovecs, "iovecs"),
	SITE(sampled_bytes, "bytes"),
};

static int
info_command(const char *command, const char *params, struct rte_tel_data *d)
{
	struct evpl_global *g = &evpl_global;
	struct info info = {.version = EVPL_VERSION_STRING,
			    .build = HOOK_BY_BUILD("plain", "tracing", "tracing without bytes"),
			    .dpdk = rte_version(),
			    .packets = "none",
			    .allocs = HOOK_ALLOCS(0),
			    .iova = rte_eal_iova_mode() == RTE_IOVA_PA ? "PA" : "VA",
			    .huge_pages = rte_eal_has_hugepages() != 0,
			    .ref_limit = EVPL_REF_LIMIT};

	RTE_SET_USED(command);
	RTE_SET_USED(params);
	pthread_mutex_lock(&g->lock);
	info.users = g->users;
	if (g->users > 0) {
		info.packets = g->near ? "near" : "far";
		info.buffer_size = g->classes[0].size;
		info.large_buffer_size = g->classes[1].size;
		info.slab_size = g->classes[0].slab_size;
		info.large_slab_size = g->classes[1].slab_size;
		info.max_alignment = evpl_class_largest()->max_alignment;
		info.max_slabs = g->zone_slabs;
		info.low_watermark = g->low_watermark;
		info.high_watermark = g->high_watermark;
		info.idle_trim_ms = g->idle_trim_ms;
		info.packet_mbufs = g->packet_mbufs;
		info.sample_period = g->sample_period;
		info.allocs = HOOK_ALLOCS(g->sample_period);
	}
	pthread_mutex_unlock(&g->lock);
	rte_tel_data_start_dict(d);
	evpl_fields_add(d, info_fields, RTE_DIM(info_fields), &info);
	return 0;
}

unsigned
evpl_parameter(const char *params)
{
	return params != NULL ? (unsigned)strtoul(params, NULL, 10) : 0;
}

static int
stats_command(const char *command, const char *params, struct rte_tel_data *d)
{
	struct evpl_census census;
	struct figures f;

	RTE_SET_USED(command);
	RTE_SET_USED(params);
	if (!evpl_census(&census))
		return -ENOMEM;
	free(census.holders);
	f.holding = census.all;
	f.orphans = census.orphans;
	pthread_mutex_lock(&evpl_global.lock);
	evpl_counts_collect(&f.counts);
	pthread_mutex_unlock(&evpl_global.lock);
	f.done = f.counts.done;
	f.failed = f.counts.failed;
	rte_tel_data_start_dict(d);
	evpl_fields_add(d, stats_fields, RTE_DIM(stats_fields), &f);
	return 0;
}

static void
add_pool(struct rte_tel_data *d, unsigned number, const char *kind, int node, const struct rte_mempool *mempool)
{
	struct pool p = {.name = mempool->name,
			 .kind = kind,
			 .node = node,
			 .mbufs = mempool->size,
			 .mbufs_in_use = rte_mempool_in_use_count(mempool)};
	char name[32];

	snprintf(name, sizeof(name), "pool_%u", number);
	evpl_fields_add_dict(d, name, pool_fields, RTE_DIM(pool_fields), &p);
}

static int
pools_command(const char *command, const char *params, struct rte_tel_data *d)
{
	struct evpl_global *g = &evpl_global;
	unsigned first = evpl_parameter(params), count = 0;
	const struct evpl_rx_pool *rx;

	RTE_SET_USED(command);
	rte_tel_data_start_dict(d);
	pthread_mutex_lock(&g->lock);
	for (unsigned i = 0; g->users > 0 && i < RTE_DIM(g->packet_pools); i++) {
		if (g->packet_pools[i] != NULL && count++ >= first && count - first <= POOLS_SHOWN)
			add_pool(d, count - 1, "packets", (int)i, g->packet_pools[i]);
	}
	if (g->users > 0) {
		TAILQ_FOREACH (rx, &g->rx_pools, entry) {
			if (count++ >= first && count - first <= POOLS_SHOWN)
				add_pool(d, count - 1, "receive", rx->info.socket_id, rx->pool);
		}
	}
	evpl_compat_tel_add_uint(d, "pools", count);
	pthread_mutex_unlock(&g->lock);
	return 0;
}

/* Where what is held comes from: of samples, or in a tracing build of all iovecs. */
static int
held_command(const char *command, const char *params, struct rte_tel_data *d)
{
	struct hook_held held[HELD_SHOWN];
	int n = hook_held_get(held, RTE_DIM(held));
	unsigned period = hook_held_period();
	char name[32];

	RTE_SET_USED(command);
	RTE_SET_USED(params);
	if (n < 0)
		return n;
	rte_tel_data_start_dict(d);
	for (int i = 0; i < n; i++) {
		struct site site = {.where = held[i].where,
				    .iovecs = held[i].count * period,
				    .bytes = held[i].bytes * period,
				    .oldest_ms = (uint64_t)(held[i].age_s * 1000),
				    .estimate = period > 1,
				    .sampled_iovecs = held[i].count,
				    .sampled_bytes = held[i].bytes};

		snprintf(name, sizeof(name), "site_%d", i);
		evpl_fields_add_dict(d, name, site_fields, RTE_DIM(site_fields), &site);
	}
	return 0;
}

static const struct evpl_command info_says = {"/evpl/info", info_command,
					      "Version, kind of build, sizes and limits. No parameters",
					      EVPL_COMMAND_FIELDS(info_fields)};
static const struct evpl_command stats_says = {"/evpl/stats", stats_command,
					       "Slabs, buffers, packets; what failed. No parameters",
					       EVPL_COMMAND_FIELDS(stats_fields)};
static const struct evpl_command pools_says = {"/evpl/pools", pools_command,
					       "Each pool of mbufs. Parameters: the first number to show (default 0)",
					       EVPL_COMMAND_FIELDS(pool_fields)};
static const struct evpl_command held_says = {"/evpl/held", held_command,
					      "Where held iovecs were taken, most bytes first. No parameters",
					      EVPL_COMMAND_FIELDS(site_fields)};

static const struct evpl_command *const commands[] = {
	&info_says,  &stats_says, &evpl_contexts_command,  &evpl_slabs_command, &evpl_map_command, &evpl_ports_command,
	&pools_says, &held_says,  &evpl_processes_command,
};

/* The units of a command's fields. Without a parameter: the commands. */
static int
units_command(const char *command, const char *params, struct rte_tel_data *d)
{
	RTE_SET_USED(command);
	rte_tel_data_start_dict(d);
	for (unsigned i = 0; i < RTE_DIM(commands); i++) {
		if (params == NULL)
			rte_tel_data_add_dict_string(d, commands[i]->name, commands[i]->help);
		else if (strcmp(params, commands[i]->name) == 0)
			evpl_fields_add_units(d, commands[i]->fields, commands[i]->fields_n);
	}
	return 0;
}

/*
 * Commands cannot be taken back: they stay, and say zeros, after evpl_cleanup(). DPDK would take one of the same name
 * twice. One that finds no room is tried again when the library starts the next time.
 */
static void
register_once(bool *registered, const char *name, telemetry_cb answer, const char *help)
{
	int rc;

	if (*registered)
		return;
	rc = rte_telemetry_register_cmd(name, answer, help);
	*registered = rc == 0;
	if (rc != 0)
		EVPL_LOG(WARNING, "telemetry has no command %s: %s", name, rte_strerror(-rc));
}

void
evpl_telemetry_register(void)
{
	static bool registered[RTE_DIM(commands) + 1];

	for (unsigned i = 0; i < RTE_DIM(commands); i++)
		register_once(&registered[i], commands[i]->name, commands[i]->answer, commands[i]->help);
	register_once(&registered[RTE_DIM(commands)], "/evpl/units", units_command,
		      "The unit of each field of a command. Parameters: the command, such as /evpl/stats");
}
