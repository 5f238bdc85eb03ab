/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The commands of dpdk-telemetry.py, /evpl/..., which include/telemetry.md documents. Each has a struct, a table of its
 * fields, and a callback that fills the struct. The callbacks run in EAL's telemetry thread.
 */
#include "telemetry.h"

#include "context.h"
#include "field.h"
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
#include <rte_telemetry.h>
#include <rte_version.h>

/* Dictionaries in one answer: an answer has 16 KiB. The command's parameter says which one is the first. */
#define CONTEXTS_SHOWN 24u
#define SLABS_SHOWN 80u
#define POOLS_SHOWN 64u
#define HELD_SHOWN 32u

struct info {
	const char *version, *build, *dpdk, *packets, *iova;
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

#define STATS(member, unit) EVPL_FIELD_NAMED(#member, struct evpl_counts, stats.member, unit)
#define FAILED(type)                                                                                                   \
	EVPL_FIELD_NAMED("alloc_einval", type, failed.alloc_einval, "calls"),                                          \
		EVPL_FIELD_NAMED("alloc_emsgsize", type, failed.alloc_emsgsize, "calls"),                              \
		EVPL_FIELD_NAMED("alloc_enomem", type, failed.alloc_enomem, "calls"),                                  \
		EVPL_FIELD_NAMED("send_einval", type, failed.send_einval, "packets"),                                  \
		EVPL_FIELD_NAMED("send_emsgsize", type, failed.send_emsgsize, "packets"),                              \
		EVPL_FIELD_NAMED("send_enomem", type, failed.send_enomem, "packets"),                                  \
		EVPL_FIELD_NAMED("send_eoverflow", type, failed.send_eoverflow, "packets")
static const struct evpl_field stats_fields[] = {
	STATS(contexts, "contexts"),
	EVPL_FIELD(struct evpl_counts, contexts_peak, "contexts"),
	STATS(slabs, "slabs"),
	EVPL_FIELD(struct evpl_counts, slabs_made, "slabs"),
	EVPL_FIELD(struct evpl_counts, slabs_made_ahead, "slabs"),
	EVPL_FIELD(struct evpl_counts, slabs_given_back, "slabs"),
	STATS(slab_bytes, "bytes"),
	STATS(buffers, "buffers"),
	STATS(buffers_in_use, "buffers"),
	STATS(buffers_current, "buffers"),
	EVPL_FIELD(struct evpl_counts, buffers_away_peak, "buffers"),
	STATS(large_buffers, "buffers"),
	STATS(large_buffers_in_use, "buffers"),
	STATS(rx_buffers, "mbufs"),
	STATS(rx_buffers_in_use, "mbufs"),
	STATS(packet_mbufs, "mbufs"),
	STATS(packet_mbufs_in_use, "mbufs"),
	STATS(overflow_mbufs_in_use, "mbufs"),
	STATS(rx_linearized, "packets"),
	STATS(rx_too_long, "packets"),
	STATS(rx_no_memory, "packets"),
	FAILED(struct evpl_counts),
};

struct context {
	int node, lcore;
	uint32_t buffers_current, stash_buffers, stash_size, large_stash_buffers, large_stash_size;
	uint64_t buffers_taken, rx_linearized, rx_too_long, rx_no_memory;
	struct evpl_failures failed;
};

#define CONTEXT(member, unit) EVPL_FIELD(struct context, member, unit)
static const struct evpl_field context_fields[] = {
	CONTEXT(node, "NUMA node"),
	CONTEXT(lcore, "lcore"),
	CONTEXT(buffers_current, "buffers"),
	CONTEXT(buffers_taken, "buffers"),
	CONTEXT(stash_buffers, "buffers"),
	CONTEXT(stash_size, "buffers"),
	CONTEXT(large_stash_buffers, "buffers"),
	CONTEXT(large_stash_size, "buffers"),
	CONTEXT(rx_linearized, "packets"),
	CONTEXT(rx_too_long, "packets"),
	CONTEXT(rx_no_memory, "packets"),
	FAILED(struct context),
};

struct slab {
	int node;
	uint32_t buffer_size, buffers, buffers_away, buffers_away_peak;
	uint64_t bytes;
};

#define SLAB(member, unit) EVPL_FIELD(struct slab, member, unit)
static const struct evpl_field slab_fields[] = {
	SLAB(node, "NUMA node"),  SLAB(bytes, "bytes"),		 SLAB(buffer_size, "bytes"),
	SLAB(buffers, "buffers"), SLAB(buffers_away, "buffers"), SLAB(buffers_away_peak, "buffers"),
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
		info.max_slabs = g->slab_room;
		info.low_watermark = g->low_watermark;
		info.high_watermark = g->high_watermark;
		info.idle_trim_ms = g->idle_trim_ms;
		info.packet_mbufs = g->packet_mbufs;
		info.sample_period = g->sample_period;
	}
	pthread_mutex_unlock(&g->lock);
	rte_tel_data_start_dict(d);
	evpl_fields_add(d, info_fields, RTE_DIM(info_fields), &info);
	return 0;
}

static int
stats_command(const char *command, const char *params, struct rte_tel_data *d)
{
	struct evpl_counts counts;

	RTE_SET_USED(command);
	RTE_SET_USED(params);
	pthread_mutex_lock(&evpl_global.lock);
	evpl_counts_collect(&counts);
	pthread_mutex_unlock(&evpl_global.lock);
	rte_tel_data_start_dict(d);
	evpl_fields_add(d, stats_fields, RTE_DIM(stats_fields), &counts);
	return 0;
}

/* The number that a command's parameter is; 0 without one. */
static unsigned
first_shown(const char *params)
{
	return params != NULL ? (unsigned)strtoul(params, NULL, 10) : 0;
}

static uint64_t
load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void
add_context(struct rte_tel_data *d, const struct evpl_context *ctx)
{
	struct context c = {.node = ctx->socket_id,
			    .lcore = ctx->lcore,
			    .buffers_current = evpl_context_current_buffers(ctx),
			    .buffers_taken = load(&ctx->buffers_taken),
			    .rx_linearized = load(&ctx->rx_linearized),
			    .rx_too_long = load(&ctx->rx_too_long),
			    .rx_no_memory = load(&ctx->rx_no_memory),
			    .stash_size = ctx->stash[0].size,
			    .large_stash_size = ctx->stash[1].size};
	char name[32];

	c.stash_buffers = __atomic_load_n(&ctx->stash[0].count, __ATOMIC_RELAXED);
	c.large_stash_buffers = __atomic_load_n(&ctx->stash[1].count, __ATOMIC_RELAXED);
	evpl_failures_add(&c.failed, &ctx->failed);
	snprintf(name, sizeof(name), "context_%u", ctx->number);
	evpl_fields_add_dict(d, name, context_fields, RTE_DIM(context_fields), &c);
}

static int
contexts_command(const char *command, const char *params, struct rte_tel_data *d)
{
	struct evpl_global *g = &evpl_global;
	unsigned first = first_shown(params), shown = 0;
	const struct evpl_context *ctx;

	RTE_SET_USED(command);
	rte_tel_data_start_dict(d);
	pthread_mutex_lock(&g->lock);
	evpl_compat_tel_add_uint(d, "contexts", g->users > 0 ? g->context_count : 0);
	if (g->users > 0) {
		TAILQ_FOREACH (ctx, &g->contexts, entry) {
			if (ctx->number >= first && shown++ < CONTEXTS_SHOWN)
				add_context(d, ctx);
		}
	}
	pthread_mutex_unlock(&g->lock);
	return 0;
}

static int
slabs_command(const char *command, const char *params, struct rte_tel_data *d)
{
	struct evpl_global *g = &evpl_global;
	const struct evpl_slab *slab;
	unsigned shown = 0;
	char name[32];

	RTE_SET_USED(command);
	rte_tel_data_start_dict(d);
	pthread_mutex_lock(&g->lock);
	evpl_compat_tel_add_uint(d, "slabs", g->slab_count);
	for (slab = evpl_slab_next(first_shown(params)); slab != NULL && shown++ < SLABS_SHOWN;
	     slab = evpl_slab_next(slab->number + 1)) {
		struct slab s = {.node = slab->socket_id,
				 .bytes = slab->zone->len,
				 .buffer_size = slab->class->size,
				 .buffers = slab->n,
				 .buffers_away_peak = __atomic_load_n(&slab->away_peak, __ATOMIC_RELAXED)};

		s.buffers_away = slab->n - RTE_MIN(__atomic_load_n(&slab->home, __ATOMIC_RELAXED), slab->n);
		snprintf(name, sizeof(name), "slab_%u", slab->number);
		evpl_fields_add_dict(d, name, slab_fields, RTE_DIM(slab_fields), &s);
	}
	pthread_mutex_unlock(&g->lock);
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
	unsigned first = first_shown(params), count = 0;
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
				add_pool(d, count - 1, "receive", rx->socket_id, rx->pool);
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
	unsigned n = hook_held_get(held, RTE_DIM(held)), period = hook_held_period();
	char name[32];

	RTE_SET_USED(command);
	RTE_SET_USED(params);
	rte_tel_data_start_dict(d);
	for (unsigned i = 0; i < n; i++) {
		struct site site = {.where = held[i].where,
				    .iovecs = held[i].count * period,
				    .bytes = held[i].bytes * period,
				    .oldest_ms = (uint64_t)(held[i].age_s * 1000),
				    .estimate = period > 1,
				    .sampled_iovecs = held[i].count,
				    .sampled_bytes = held[i].bytes};

		snprintf(name, sizeof(name), "site_%u", i);
		evpl_fields_add_dict(d, name, site_fields, RTE_DIM(site_fields), &site);
	}
	return 0;
}

static const struct {
	const char *name;
	telemetry_cb answer;
	const char *help;
	const struct evpl_field *fields;
	unsigned n;
} commands[] = {
#define FIELDS(table) table, RTE_DIM(table)
	{"/evpl/info", info_command, "Version, kind of build, sizes and limits. No parameters", FIELDS(info_fields)},
	{"/evpl/stats", stats_command, "Slabs, buffers, packets; what failed. No parameters", FIELDS(stats_fields)},
	{"/evpl/contexts", contexts_command, "Each context. Parameters: the first number to show (default 0)",
	 FIELDS(context_fields)},
	{"/evpl/slabs", slabs_command, "Each slab. Parameters: the first number to show (default 0)",
	 FIELDS(slab_fields)},
	{"/evpl/pools", pools_command, "Each pool of mbufs. Parameters: the first number to show (default 0)",
	 FIELDS(pool_fields)},
	{"/evpl/held", held_command, "Where held iovecs were taken, most bytes first. No parameters",
	 FIELDS(site_fields)},
};

/* The units of a command's fields. Without a parameter: the commands. */
static int
units_command(const char *command, const char *params, struct rte_tel_data *d)
{
	RTE_SET_USED(command);
	rte_tel_data_start_dict(d);
	for (unsigned i = 0; i < RTE_DIM(commands); i++) {
		if (params == NULL)
			rte_tel_data_add_dict_string(d, commands[i].name, commands[i].help);
		else if (strcmp(params, commands[i].name) == 0)
			evpl_fields_add_units(d, commands[i].fields, commands[i].n);
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
	for (unsigned i = 0; i < RTE_DIM(commands); i++)
		rte_telemetry_register_cmd(commands[i].name, commands[i].answer, commands[i].help);
	rte_telemetry_register_cmd("/evpl/units", units_command,
				   "The unit of each field of a command. Parameters: the command, such as /evpl/stats");
}
