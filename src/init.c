/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The start of the library. cleanup.c has its end.
 */
#include "argument.h"
#include "base.h"
#include "class.h"
#include "cleanup.h"
#include "global.h"
#include "keeper.h"
#include "packet_pool.h"
#include "preallocate.h"
#include "process.h"
#include "slab.h"
#include "stash.h"
#include "stats.h"
#include "telemetry.h"
#include "trace/hooks.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#define MAX_SLAB_SIZE ((uint64_t)64 << 30)
#define MAX_BUFFER_SIZE ((uint64_t)UINT32_MAX - RTE_CACHE_LINE_SIZE)
#define MAX_PACKET_MBUFS (1u << 24)

static void
configure_lead(struct evpl_class *class, uint32_t lead)
{
	class->lead = lead;
	/* The address of every buffer is a multiple of what divides both; a page is enough to ask EAL for. */
	class->align = RTE_MIN((class->size | lead) & (0 - (class->size | lead)), (uint32_t)RTE_PGSIZE_2M);
}

static uint32_t
round_buffer(uint32_t size)
{
	return RTE_ALIGN(size, (uint32_t)RTE_CACHE_LINE_SIZE);
}

/* A whole number of buffers. */
static uint64_t
round_slab(uint64_t slab_size, uint32_t size)
{
	return (slab_size + size - 1) / size * size;
}

/* Rounds the sizes of a class. */
static void
configure_class(struct evpl_class *class, unsigned index, uint32_t size, uint64_t slab_size, bool near)
{
	class->index = index;
	class->size = round_buffer(size);
	class->slab_size = round_slab(RTE_MAX(slab_size, (uint64_t) class->size), class->size);
	class->max_alignment = rte_align32prevpow2(class->size);
	/* An anchor must reach all of a buffer. */
	if (near && !HOOK_COUNTS_EACH_PACKET && class->size <= EVPL_ANCHOR_REACH)
		configure_lead(class, EVPL_ANCHOR_LEAD);
	else
		configure_lead(class, 0);
}

/* The sizes that a configuration asks for, with the defaults for those that it does not name. */
struct sizes {
	uint64_t slab;
	uint32_t buffer, large;
};

static struct sizes
choose_sizes(const struct evpl_global_config *asked)
{
	struct sizes s = {.slab = asked->slab_size != 0 ? asked->slab_size : EVPL_DEFAULT_SLAB_SIZE,
			  .buffer = asked->buffer_size != 0 ? asked->buffer_size : EVPL_DEFAULT_BUFFER_SIZE,
			  .large = asked->large_buffer_size};

	/* A slab that was not asked for is as large as the buffers need, a buffer as small as the slab needs. */
	if (asked->slab_size == 0)
		s.slab = RTE_MAX(s.slab, (uint64_t)RTE_MAX(s.buffer, s.large));
	if (asked->buffer_size == 0 && s.buffer > s.slab)
		s.buffer = (uint32_t)s.slab;
	if (asked->buffer_size == 0 && s.large != 0 && s.buffer > s.large)
		s.buffer = s.large;
	s.slab = RTE_ALIGN(s.slab, (uint64_t)RTE_CACHE_LINE_SIZE); /* as its buffers are rounded */
	/*
	 * Without a request for large buffers there are none where a slab has no room for one, or where small buffers
	 * are as large.
	 */
	if (s.large == 0)
		s.large = EVPL_DEFAULT_LARGE_BUFFER_SIZE > s.slab ? s.buffer
								  : RTE_MAX(s.buffer, EVPL_DEFAULT_LARGE_BUFFER_SIZE);
	return s;
}

static bool
asked_in_range(const char *field, uint64_t asked, uint64_t least, uint64_t most)
{
	return asked == 0 || evpl_in_range("evpl_init", field, asked, least, most);
}

/* Whether what is asked for is possible. The log names the first field that is not. */
static bool
check_config(const struct evpl_global_config *asked)
{
	struct sizes s = choose_sizes(asked);
	uint64_t most = asked->slab_size != 0 ? RTE_MIN(s.slab, MAX_BUFFER_SIZE) : MAX_BUFFER_SIZE;
	unsigned max_slabs = asked->max_slabs != 0 ? asked->max_slabs : EVPL_MAX_SLABS;

	return evpl_reserved_is_zero("evpl_init", 0, asked->reserved, RTE_DIM(asked->reserved)) &&
	       asked_in_range("slab_size", asked->slab_size, EVPL_MIN_BUFFER_SIZE, MAX_SLAB_SIZE) &&
	       asked_in_range("buffer_size", asked->buffer_size, EVPL_MIN_BUFFER_SIZE, most) &&
	       asked_in_range("large_buffer_size", asked->large_buffer_size, RTE_MAX(s.buffer, EVPL_MIN_BUFFER_SIZE),
			      most) &&
	       asked_in_range("max_slabs", asked->max_slabs, 1, EVPL_MAX_SLABS) &&
	       asked_in_range("preallocate_slabs", asked->preallocate_slabs, 0, max_slabs) &&
	       asked_in_range("high_watermark", asked->high_watermark, asked->low_watermark, UINT64_MAX) &&
	       asked_in_range("packet_mbufs", asked->packet_mbufs, 1, MAX_PACKET_MBUFS);
}

/* Fills g's sizes from what was asked for, and check_config() let pass. */
static void
configure_global(struct evpl_global *g, const struct evpl_global_config *asked)
{
	struct sizes s = choose_sizes(asked);

	configure_class(&g->classes[0], 0, s.buffer, s.slab, g->near);
	configure_class(&g->classes[1], 1, s.large, s.slab, g->near);
	g->class_count = g->classes[0].size == g->classes[1].size ? 1 : 2;
	/*
	 * With one class only, every byte of a buffer must be available at the alignment of a page, if that costs
	 * little memory.
	 */
	if (g->class_count == 1 && g->classes[0].lead != 0)
		configure_lead(&g->classes[0], g->classes[0].size >= 16 * 4096 ? 4096 : 0);
	g->max_slabs = asked->max_slabs != 0 ? asked->max_slabs : EVPL_MAX_SLABS;
	g->zone_slabs = RTE_MIN(g->max_slabs, evpl_compat_memzones());
	g->low_watermark = asked->low_watermark;
	g->high_watermark = RTE_MAX(asked->high_watermark, asked->low_watermark);
	g->idle_trim_ms = asked->idle_trim_ms;
	g->sample_period = asked->sample_period;
	g->packet_mbufs = asked->packet_mbufs != 0 ? asked->packet_mbufs : EVPL_DEFAULT_PACKET_MBUFS;
}

/* Whether the library runs with what another caller asks for, after rounding. False: the log names the field. */
static bool
runs_with(const char *field, uint64_t running, uint64_t asked, uint64_t rounded)
{
	if (asked == 0 || running == rounded)
		return true;
	EVPL_LOG(ERR, "evpl_init: %s is %" PRIu64 ", but the library runs with %" PRIu64, field, asked, running);
	return false;
}

/* Whether the running library is what another caller asks for. */
static bool
fits_running(const struct evpl_global *g, const struct evpl_global_config *asked)
{
	uint32_t size = g->classes[0].size;
	/* Less than a buffer is another size, and not rounded up to one. */
	uint64_t slab_size = asked->slab_size > size - RTE_CACHE_LINE_SIZE ? round_slab(asked->slab_size, size) : 0;

	if (asked->far_packets && g->near) {
		EVPL_LOG(ERR, "evpl_init: far_packets is set, but the library runs without it");
		return false;
	}
	if (asked->preallocate_slabs > g->slab_count - g->externals) {
		EVPL_LOG(ERR, "evpl_init: preallocate_slabs is %u, but the library runs with %u slabs",
			 asked->preallocate_slabs, g->slab_count - g->externals);
		return false;
	}
	return runs_with("buffer_size", size, asked->buffer_size, round_buffer(asked->buffer_size)) &&
	       runs_with("slab_size", g->classes[0].slab_size, asked->slab_size, slab_size) &&
	       runs_with("large_buffer_size", g->classes[1].size, asked->large_buffer_size,
			 round_buffer(asked->large_buffer_size)) &&
	       runs_with("max_slabs", g->max_slabs, asked->max_slabs, asked->max_slabs) &&
	       runs_with("low_watermark", g->low_watermark, asked->low_watermark, asked->low_watermark) &&
	       runs_with("high_watermark", g->high_watermark, asked->high_watermark, asked->high_watermark) &&
	       runs_with("idle_trim_ms", g->idle_trim_ms, asked->idle_trim_ms, asked->idle_trim_ms) &&
	       runs_with("sample_period", g->sample_period, asked->sample_period, asked->sample_period) &&
	       runs_with("packet_mbufs", g->packet_mbufs, asked->packet_mbufs, asked->packet_mbufs);
}

/* The oldest slabs of small buffers are never given back: so many in all. */
static void
keep_preallocated(const struct evpl_global *g, unsigned n)
{
	struct evpl_slab *slab;

	for (slab = evpl_slab_next(0); slab != NULL && n > 0; slab = evpl_slab_next(slab->number + 1)) {
		if (slab->class != &g->classes[0] || evpl_slab_is_external(slab))
			continue;
		slab->stays = true;
		n--;
	}
}

/* The kernel's nodes, and those of EAL's lcores, which are the same. */
static void
read_topology(struct evpl_topology *t)
{
	evpl_topology_read(t, "/sys/devices/system/node");
	for (unsigned i = 0; i < rte_socket_count(); i++) {
		int node = rte_socket_id_by_idx(i);

		if (node >= 0 && node < RTE_MAX_NUMA_NODES)
			t->nodes |= (uint64_t)1 << node;
	}
}

/* The first caller's share of evpl_init(). */
static int
start_library(struct evpl_global *g, const struct evpl_global_config *config)
{
	g->near = !config->far_packets && evpl_packet_ops_register();
	if (!g->near && !config->far_packets)
		EVPL_LOG(WARNING, "packets are sent the slower way: no mempool operations can be registered");
	configure_global(g, config);
	TAILQ_INIT(&g->rx_pools);
	TAILQ_INIT(&g->contexts);
	evpl_slabs_try_again();
	evpl_stashes_reset();
	read_topology(&g->topology);
	g->rx_linearized = g->rx_too_long = g->rx_no_memory = 0;
	g->failed = (struct evpl_failures){0};
	g->counters = (struct evpl_counters){0};
	g->remote_returns = g->releases = 0;
	g->contexts_peak = g->contexts_made = 0;
	g->slabs_made = g->slabs_made_ahead = g->slabs_given_back = 0;
	g->slabs = calloc(g->max_slabs, sizeof(struct evpl_slab *));
	if (g->slabs == NULL) {
		EVPL_LOG(ERR, "no memory for a table of %u slabs", g->max_slabs);
		return -ENOMEM;
	}
	if (g->near && !evpl_anchor_pool_create()) {
		EVPL_LOG(ERR, "no memory for the pool of anchors");
		evpl_library_free();
		return -ENOMEM;
	}
	if (!evpl_preallocate(config->preallocate_slabs, (int)rte_socket_id())) {
		evpl_library_free();
		return -ENOMEM;
	}
	if ((g->low_watermark != 0 || g->idle_trim_ms != 0) && !evpl_keeper_start()) {
		EVPL_LOG(ERR, "the keeper's thread cannot be made");
		evpl_library_free();
		return -ENOMEM;
	}
	return 0;
}

int
evpl_init(const struct evpl_global_config *config)
{
	static const struct evpl_global_config defaults;
	struct evpl_global *g = &evpl_global;
	int rc = 0;

	if (config == NULL)
		config = &defaults;
	if (rte_lcore_count() == 0)
		return -ENODEV;
	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		if (!evpl_packet_ops_attach())
			EVPL_LOG(ERR, "packets of the primary must not be freed in this process: it has other mempool "
				      "operations");
		return -ENOTSUP;
	}
	if (!check_config(config))
		return -EINVAL;
	pthread_mutex_lock(&g->lock);
	if (g->ending)
		rc = -EBUSY;
	else if (g->users > 0)
		rc = fits_running(g, config) ? 0 : -EALREADY;
	else
		rc = start_library(g, config);
	if (rc == 0 && g->users++ == 0)
		evpl_telemetry_register();
	if (rc == 0)
		keep_preallocated(g, config->preallocate_slabs);
	pthread_mutex_unlock(&g->lock);
	return rc;
}
