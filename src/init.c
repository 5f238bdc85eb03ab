/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library as a whole: init and cleanup.
 */
#include "base.h"
#include "class.h"
#include "global.h"
#include "overflow.h"
#include "packet_pool.h"
#include "reserved_bytes.h"
#include "slab.h"
#include "stats.h"
#include "telemetry.h"
#include "trace/hooks.h"
#include "tx_cache.h"

#include <inttypes.h>
#include <pthread.h>
#include <sys/queue.h>

#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#define MAX_SLAB_SIZE ((uint64_t)64 << 30)

static void
configure_lead(struct evpl_class *class, uint32_t lead)
{
	class->lead = lead;
	/* The address of every buffer is a multiple of what divides both; a page is enough to ask EAL for. */
	class->align = RTE_MIN((class->size | lead) & (0 - (class->size | lead)), (uint32_t)RTE_PGSIZE_2M);
}

/* Rounds the sizes of a class. */
static void
configure_class(struct evpl_class *class, unsigned index, uint32_t size, uint64_t slab_size, bool near)
{
	class->index = index;
	class->size = RTE_ALIGN(size, (uint32_t)RTE_CACHE_LINE_SIZE);
	slab_size = RTE_MAX(slab_size, (uint64_t) class->size);
	class->slab_size = (slab_size + class->size - 1) / class->size * class->size;
	class->max_alignment = rte_align32prevpow2(class->size);
	/* An anchor must reach all of a buffer. */
	if (near && !HOOK_COUNTS_EACH_PACKET && class->size <= EVPL_ANCHOR_REACH)
		configure_lead(class, EVPL_ANCHOR_LEAD);
	else
		configure_lead(class, 0);
}

/* Fills g's sizes from what was asked for; false where that is out of range. */
static bool
configure(struct evpl_global *g, const struct evpl_global_config *asked)
{
	uint64_t slab_size = asked->slab_size != 0 ? asked->slab_size : EVPL_DEFAULT_SLAB_SIZE;
	uint32_t buffer_size = asked->buffer_size != 0 ? asked->buffer_size : EVPL_DEFAULT_BUFFER_SIZE;
	uint32_t large_size = asked->large_buffer_size;

	/* A slab that was not asked for is as large as the buffers need, a buffer as small as the slab needs. */
	if (asked->slab_size == 0)
		slab_size = RTE_MAX(slab_size, (uint64_t)RTE_MAX(buffer_size, large_size));
	if (asked->buffer_size == 0 && buffer_size > slab_size)
		buffer_size = (uint32_t)slab_size;
	if (asked->buffer_size == 0 && large_size != 0 && buffer_size > large_size)
		buffer_size = large_size;
	slab_size = RTE_ALIGN(slab_size, (uint64_t)RTE_CACHE_LINE_SIZE); /* as its buffers are rounded */
	/*
	 * Without a request for large buffers there are none where a slab has no room for one, or where small buffers
	 * are as large.
	 */
	if (large_size == 0)
		large_size = EVPL_DEFAULT_LARGE_BUFFER_SIZE > slab_size
				     ? buffer_size
				     : RTE_MAX(buffer_size, EVPL_DEFAULT_LARGE_BUFFER_SIZE);
	if (slab_size > MAX_SLAB_SIZE || buffer_size < EVPL_MIN_BUFFER_SIZE || large_size < buffer_size ||
	    large_size > slab_size || large_size > UINT32_MAX - RTE_CACHE_LINE_SIZE ||
	    asked->max_slabs > EVPL_MAX_SLABS || asked->packet_mbufs > (1u << 24))
		return false;
	configure_class(&g->classes[0], 0, buffer_size, slab_size, g->near);
	configure_class(&g->classes[1], 1, large_size, slab_size, g->near);
	g->class_count = g->classes[0].size == g->classes[1].size ? 1 : 2;
	/*
	 * With one class only, every byte of a buffer must be available at the alignment of a page, if that costs
	 * little memory.
	 */
	if (g->class_count == 1 && g->classes[0].lead != 0)
		configure_lead(&g->classes[0], g->classes[0].size >= 16 * 4096 ? 4096 : 0);
	g->max_slabs = asked->max_slabs != 0 ? asked->max_slabs : EVPL_MAX_SLABS;
	g->sample_period = asked->sample_period;
	g->packet_mbufs = asked->packet_mbufs != 0 ? asked->packet_mbufs : EVPL_DEFAULT_PACKET_MBUFS;
	return asked->preallocate_slabs <= g->max_slabs;
}

/* Whether the running library is what another caller asks for: 0 or -errno. */
static int
fits_running(const struct evpl_global *g, const struct evpl_global_config *asked)
{
	struct evpl_global_config filled = *asked;
	struct evpl_global wanted = {.near = g->near};

	if (!configure(&wanted, asked))
		return -EINVAL;
	if (filled.slab_size == 0)
		filled.slab_size = g->classes[0].slab_size;
	if (filled.buffer_size == 0)
		filled.buffer_size = g->classes[0].size;
	if (filled.large_buffer_size == 0)
		filled.large_buffer_size = g->classes[1].size;
	return configure(&wanted, &filled) && wanted.classes[0].slab_size == g->classes[0].slab_size &&
			       wanted.classes[0].size == g->classes[0].size &&
			       wanted.classes[1].size == g->classes[1].size &&
			       (asked->max_slabs == 0 || wanted.max_slabs == g->max_slabs) &&
			       (asked->sample_period == 0 || wanted.sample_period == g->sample_period) &&
			       (asked->packet_mbufs == 0 || wanted.packet_mbufs == g->packet_mbufs) &&
			       !(asked->far_packets && g->near) && asked->preallocate_slabs <= g->slab_count
		       ? 0
		       : -EALREADY;
}

/* With nothing in use. */
static void
release_all(struct evpl_global *g)
{
	struct evpl_slab *slab;

	while ((slab = TAILQ_FIRST(&g->rx_pools)) != NULL) {
		TAILQ_REMOVE(&g->rx_pools, slab, entry);
		evpl_slab_destroy(slab);
	}
	evpl_tx_caches_reset();
	while (g->slab_count > 0) {
		hook_slab_end(g->slabs[g->slab_count - 1]);
		evpl_slab_destroy(g->slabs[--g->slab_count]);
	}
	evpl_packet_pools_free();
	evpl_overflow_free();
	hook_library_end();
}

/* The first caller's share of evpl_init(). */
static int
start(struct evpl_global *g, const struct evpl_global_config *config)
{
	int socket_id = (int)rte_socket_id();

	g->near = !config->far_packets && evpl_packet_ops_register();
	if (!g->near && !config->far_packets)
		EVPL_LOG(WARNING, "packets are sent the slower way: no mempool operations can be registered");
	if (!configure(g, config))
		return -EINVAL;
	TAILQ_INIT(&g->rx_pools);
	TAILQ_INIT(&g->contexts);
	evpl_slabs_try_again();
	g->rx_linearized = g->rx_too_long = g->rx_no_memory = 0;
	if (g->near && !evpl_anchor_pool_create()) {
		EVPL_LOG(ERR, "no memory for the pool of anchors");
		return -ENOMEM;
	}
	for (unsigned i = 0; i < config->preallocate_slabs; i++) {
		if (evpl_slab_grow(&g->classes[0], socket_id) == NULL) {
			EVPL_LOG(ERR, "no memory for slab %u of %u (%" PRIu64 " bytes each)", i + 1,
				 config->preallocate_slabs, g->classes[0].slab_size);
			release_all(g);
			return -ENOMEM;
		}
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
	if (!reserved_is_zero(config->reserved_word, config->reserved, RTE_DIM(config->reserved)))
		return -EINVAL;
	pthread_mutex_lock(&g->lock);
	if (g->users > 0)
		rc = fits_running(g, config);
	else
		rc = start(g, config);
	if (rc == 0 && g->users++ == 0)
		evpl_telemetry_register();
	pthread_mutex_unlock(&g->lock);
	return rc;
}

int
evpl_cleanup(void)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_stats stats;
	int rc = 0;

	pthread_mutex_lock(&g->lock);
	if (g->users == 0) {
		rc = -EPERM;
	} else if (g->users == 1) {
		evpl_stats_collect(&stats);
		if (stats.contexts + stats.buffers_in_use + stats.rx_buffers_in_use + stats.packet_mbufs_in_use +
			    stats.overflow_mbufs_in_use !=
		    0) {
			EVPL_LOG(ERR,
				 "cleanup: still held: %u contexts, %u buffers, %u receive buffers, %u packet mbufs, "
				 "%u overflow mbufs",
				 stats.contexts, stats.buffers_in_use, stats.rx_buffers_in_use,
				 stats.packet_mbufs_in_use, stats.overflow_mbufs_in_use);
			rc = -EBUSY;
		} else {
			release_all(g);
		}
	}
	if (rc == 0)
		g->users--;
	pthread_mutex_unlock(&g->lock);
	return rc;
}
